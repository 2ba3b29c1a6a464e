// futex(2). FUTEX_WAIT_BITSET takes an absolute time of the monotonic clock, so early wake-ups cost no drift.
#include "platform/futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace orochi::platform {

FutexResult futex_wait(const uint32_t* word, uint32_t expected, int64_t deadline) {
  timespec until{};
  timespec* limit = nullptr;
  if (deadline != kForever) {
    if (deadline < 0) deadline = 0;
    until.tv_sec = deadline / kSecond;
    until.tv_nsec = deadline % kSecond;
    limit = &until;
  }
  int saved = errno;
  long result = syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected, limit, nullptr,
                        FUTEX_BITSET_MATCH_ANY);
  int error = errno;
  errno = saved;
  if (result == 0) return FutexResult::Woken;
  if (error == ETIMEDOUT) return FutexResult::TimedOut;
  if (error == EINTR) return FutexResult::Interrupted;
  return FutexResult::Changed;
}

void futex_wake(const uint32_t* word, int count) {
  int saved = errno;
  syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, count, nullptr, nullptr, 0);
  errno = saved;
}

}  // namespace orochi::platform
