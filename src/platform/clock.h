// The clocks, in nanoseconds, and deadlines made from them. A deadline is a time of the monotonic clock.
#pragma once

#include <cstdint>

namespace orochi::platform {

inline constexpr int64_t kForever = INT64_MAX;
inline constexpr int64_t kMillisecond = 1'000'000;
inline constexpr int64_t kSecond = 1'000'000'000;

int64_t monotonic_ns();
int64_t realtime_ns();
int64_t process_cpu_ns();
int64_t thread_cpu_ns();

// Now plus `ns`; kForever when that does not fit or `ns` is kForever.
int64_t deadline_after(int64_t ns);

}  // namespace orochi::platform
