// Mutex and MutexGuard: the runtime's own locks, ranked in locks.def, known to clang's thread-safety analysis.
// Whether a blocked thread detaches from the runtime is the row's second column, not the caller's choice.
#pragma once

#include <cstdint>

#include "base/compiler.h"
#include "sync/byte_lock.h"

namespace orochi {

enum class LockRank : uint8_t {
#define LOCK(name, waiting) name,
#include "sync/locks.def"
#undef LOCK
};

#if OROCHI_DEBUG_CHECKS
void note_locked(LockRank rank, bool check);
void note_unlocked(LockRank rank);
// True when this thread holds a Mutex whose row says Raw: then it must not pause or block.
bool holds_raw_lock();
#else
OROCHI_INLINE void note_locked(LockRank, bool) {}
OROCHI_INLINE void note_unlocked(LockRank) {}
OROCHI_INLINE bool holds_raw_lock() { return false; }
#endif

class CAPABILITY("mutex") Mutex {
 public:
  constexpr explicit Mutex(LockRank rank) : rank_(rank) {}
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() ACQUIRE() NO_THREAD_SAFETY_ANALYSIS {
    note_locked(rank_, true);
    uint8_t expected = 0;
    if (!claim(&byte_, expected, ByteLock::kLocked)) [[unlikely]] lock_slow();
  }
  bool try_lock() TRY_ACQUIRE(true) NO_THREAD_SAFETY_ANALYSIS {
    if (!ByteLock::try_lock(&byte_)) return false;
    note_locked(rank_, false);
    return true;
  }
  void unlock() RELEASE() NO_THREAD_SAFETY_ANALYSIS {
    note_unlocked(rank_);
    ByteLock::unlock(&byte_);
  }
  bool is_locked() const { return ByteLock::is_locked(&byte_); }

  // In the child of a fork: whoever held it is gone.
  void reset_after_fork() { byte_ = 0; }

 private:
  OROCHI_COLD void lock_slow();
  uint8_t byte_ = 0;
  LockRank rank_;
};

class SCOPED_CAPABILITY MutexGuard {
 public:
  explicit MutexGuard(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex.lock(); }
  ~MutexGuard() RELEASE() { mutex_.unlock(); }
  MutexGuard(const MutexGuard&) = delete;
  MutexGuard& operator=(const MutexGuard&) = delete;

 private:
  Mutex& mutex_;
};

// Waiting for something that a mutex protects. May wake spuriously; wait in a loop.
class Condition {
 public:
  // False when the deadline passed.
  bool wait(Mutex& mutex, int64_t deadline = platform::kForever, ParkMode mode = ParkMode::Detach) REQUIRES(mutex);
  void notify_one();
  void notify_all();

 private:
  uint8_t address_ = 0;  // only its address is used
};

// Happens once. set() wakes everybody who waits, now and later.
class Event {
 public:
  void set();
  bool is_set() const { return state_.load_acquire() != 0; }  // pairs with set
  LockResult wait(int64_t deadline = platform::kForever, ParkMode mode = ParkMode::Detach);

 private:
  Shared<uint8_t> state_{0};
};

// Runs a function exactly once; others wait until it has finished.
class Once {
 public:
  template <class F>
  void call(F&& function) {
    if (state_.load_acquire() == kDone) [[likely]] return;  // pairs with finish
    if (!begin()) return;
    function();
    finish();
  }
  bool is_done() const { return state_.load_acquire() == kDone; }

 private:
  enum : uint8_t { kNew, kRunning, kDone };
  bool begin();  // true: the caller runs it
  void finish();
  Shared<uint8_t> state_{kNew};
};

}  // namespace orochi
