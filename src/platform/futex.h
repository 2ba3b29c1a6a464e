// Sleeping on a 32-bit word of this process. All blocking of the runtime ends here.
#pragma once

#include <cstdint>

#include "platform/clock.h"

namespace orochi::platform {

// Woken may be spurious: the caller looks at its word again. Changed: the word did not hold `expected`.
enum class FutexResult { Woken, Changed, TimedOut, Interrupted };

FutexResult futex_wait(const uint32_t* word, uint32_t expected, int64_t deadline = kForever);
void futex_wake(const uint32_t* word, int count = 1);

}  // namespace orochi::platform
