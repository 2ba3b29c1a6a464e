// ByteLock: a lock in one byte, such as the one in every object's header: 0 free, 1 locked. The parking lot is its queue.
//
// Unlocking is a plain store and a check. Whether somebody sleeps is not in the byte but in a small table of counters,
// by address. The store and the load of the counter may be reordered by the processor, so a thread that is going to
// sleep counts itself, makes every running thread execute a barrier (membarrier), and only then looks at the byte for
// the last time: either it sees the byte free, or the unlocking thread sees the counter. Where the system has no such
// barrier, unlocking executes a fence.
//
// Whoever is awake may take a free lock, unless a sleeper has waited for about a millisecond: then unlocking takes it
// again and hands it over, so nobody starves. A thread that sleeps here is detached from the runtime meanwhile.
#pragma once

#include <cstdint>

#include "sync/parking_lot.h"
#include "sync/shared.h"

namespace orochi {

enum class LockResult : uint8_t { Acquired, TimedOut, Interrupted };

class ByteLock {
 public:
  static constexpr uint8_t kLocked = 1;

  OROCHI_INLINE static bool try_lock(uint8_t* byte) {
    uint8_t seen = load_relaxed(byte);  // claim orders what follows
    return seen == 0 && claim(byte, seen, kLocked);
  }

  OROCHI_INLINE static void lock(uint8_t* byte) {
    uint8_t expected = 0;
    if (!claim(byte, expected, kLocked)) [[unlikely]] lock_slow(byte);
  }

  OROCHI_INLINE static void unlock(uint8_t* byte) {
    publish_release(byte, 0);  // pairs with the claim of the next owner
    if (!has_barrier_) [[unlikely]] fence_seq_cst();
    asm volatile("" ::: "memory");  // the compiler keeps the order; the sleeper's barrier makes it real
    if (sleepers_[index_of(byte)].load_relaxed() != 0) [[unlikely]] unlock_slow(byte);
  }

  static bool is_locked(const uint8_t* byte) { return load_relaxed(byte) != 0; }

  // For locks that programs see: a deadline of the monotonic clock, and signals may end the wait.
  static LockResult lock_until(uint8_t* byte, int64_t deadline, ParkMode mode);

  // Once at start-up, while single-threaded: use membarrier if there is one.
  static void initialise();
  static void after_fork_child();

 private:
  static constexpr uint32_t kCounters = 256;
  static OROCHI_INLINE uint32_t index_of(const uint8_t* byte) {
    uint64_t address = reinterpret_cast<uint64_t>(byte);
    return static_cast<uint32_t>((address >> 4) ^ (address >> 12)) % kCounters;
  }
  OROCHI_COLD static void lock_slow(uint8_t* byte);
  OROCHI_COLD static void unlock_slow(uint8_t* byte);

  static Shared<uint32_t> sleepers_[kCounters];
  static bool has_barrier_;  // fixed by initialise()
};

// Asked under the bucket's lock before an interruptible sleep: is a signal already waiting to be handled?
void set_interrupt_pending_hook(bool (*pending)());

}  // namespace orochi
