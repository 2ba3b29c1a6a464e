// ByteLock: a lock in one byte, such as the one in every object's header. The parking lot is its queue.
//
//   bit 0  locked
//   bit 1  somebody may be parked: unlocking goes through the parking lot
//
// 0 free, 1 locked, 3 locked with sleepers, 2 free with sleepers (between a wake-up and the woken thread's attempt).
// Whoever is awake may take a free lock, unless a sleeper has waited for about a millisecond: then it is handed over,
// so nobody starves. A thread that sleeps here is detached from the runtime meanwhile (ParkMode::Detach).
#pragma once

#include <cstdint>

#include "sync/parking_lot.h"
#include "sync/shared.h"

namespace orochi {

enum class LockResult : uint8_t { Acquired, TimedOut, Interrupted };

class ByteLock {
 public:
  static constexpr uint8_t kLocked = 1;
  static constexpr uint8_t kParked = 2;

  OROCHI_INLINE static bool try_lock(uint8_t* byte) {
    uint8_t seen = load_relaxed(byte);  // claim orders what follows
    return (seen & kLocked) == 0 && claim(byte, seen, seen | kLocked);
  }

  OROCHI_INLINE static void lock(uint8_t* byte) {
    uint8_t expected = 0;
    if (!claim(byte, expected, kLocked)) [[unlikely]] lock_slow(byte);
  }

  OROCHI_INLINE static void unlock(uint8_t* byte) {
    uint8_t expected = kLocked;
    if (!claim(byte, expected, 0)) [[unlikely]] unlock_slow(byte);
  }

  static bool is_locked(const uint8_t* byte) { return (load_relaxed(byte) & kLocked) != 0; }

  // For locks that programs see: a deadline of the monotonic clock, and signals may end the wait.
  static LockResult lock_until(uint8_t* byte, int64_t deadline, ParkMode mode);

 private:
  OROCHI_COLD static void lock_slow(uint8_t* byte);
  OROCHI_COLD static void unlock_slow(uint8_t* byte);
};

// Asked under the bucket's lock before an interruptible sleep: is a signal already waiting to be handled?
void set_interrupt_pending_hook(bool (*pending)());

}  // namespace orochi
