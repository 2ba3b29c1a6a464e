// clock_gettime behind clock.h.
#include "platform/clock.h"

#include <ctime>

namespace orochi::platform {

namespace {
int64_t read_clock(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return static_cast<int64_t>(now.tv_sec) * kSecond + now.tv_nsec;
}
}  // namespace

int64_t monotonic_ns() { return read_clock(CLOCK_MONOTONIC); }
int64_t realtime_ns() { return read_clock(CLOCK_REALTIME); }
int64_t process_cpu_ns() { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }
int64_t thread_cpu_ns() { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

int64_t deadline_after(int64_t ns) {
  if (ns == kForever) return kForever;
  int64_t deadline;
  if (__builtin_add_overflow(monotonic_ns(), ns, &deadline)) return kForever;
  return deadline;
}

}  // namespace orochi::platform
