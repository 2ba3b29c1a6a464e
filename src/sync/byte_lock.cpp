// The contended paths of ByteLock.
#include "sync/byte_lock.h"

#include "base/check.h"
#include "platform/clock.h"
#include "platform/membarrier.h"

namespace orochi {

constinit Shared<uint32_t> ByteLock::sleepers_[kCounters];
constinit bool ByteLock::has_barrier_ = false;

namespace {

constexpr int kSpins = 40;
constexpr uint32_t kHandedOver = 1;

constinit Shared<bool (*)()> interrupt_pending{nullptr};

struct Wait {
  uint8_t* byte;
  bool interruptible;
  bool interrupted;
};

bool still_locked(void* context) {
  auto* wait = static_cast<Wait*>(context);
  if (wait->interruptible) {
    bool (*pending)() = interrupt_pending.load_relaxed();  // set once at start-up
    if (pending != nullptr && pending()) {
      wait->interrupted = true;
      return false;
    }
  }
  // The bucket's lock orders this against unlock_slow, the barrier in lock_until against unlock.
  return load_seq_cst(wait->byte) != 0;
}

// The lock is free, or somebody has been quicker.
uint32_t wake_or_hand_over(void* context, UnparkInfo info) {
  if (!info.found || !info.starving) return 0;
  return ByteLock::try_lock(static_cast<uint8_t*>(context)) ? kHandedOver : 0;
}

}  // namespace

void set_interrupt_pending_hook(bool (*pending)()) { interrupt_pending.store_relaxed(pending); }

void ByteLock::initialise() { has_barrier_ = platform::register_barrier_all_threads(); }

void ByteLock::after_fork_child() {
  for (auto& counter : sleepers_) counter.store_relaxed(0);
}

LockResult ByteLock::lock_until(uint8_t* byte, int64_t deadline, ParkMode mode) {
  Shared<uint32_t>& sleepers = sleepers_[index_of(byte)];
  for (int i = 0; i < kSpins; i++) {
    if (try_lock(byte)) return LockResult::Acquired;
    spin_pause();
  }
  if (deadline != platform::kForever && deadline <= platform::monotonic_ns()) return LockResult::TimedOut;
  bool interruptible = mode == ParkMode::Interruptible;
  int64_t since = platform::monotonic_ns();
  LockResult result;
  sleepers.count_seq_cst(1);
  if (has_barrier_) platform::barrier_all_threads();
  for (;;) {
    if (try_lock(byte)) {
      result = LockResult::Acquired;
      break;
    }
    Wait wait{byte, interruptible, false};
    Parked parked = park(byte, still_locked, &wait, mode, deadline, nullptr, since);
    if (parked.result == ParkResult::Unparked && parked.token == kHandedOver) {
      result = LockResult::Acquired;
      break;
    }
    if (parked.result == ParkResult::TimedOut) {
      result = try_lock(byte) ? LockResult::Acquired : LockResult::TimedOut;
      break;
    }
    if (wait.interrupted || (interruptible && parked.result == ParkResult::Interrupted)) {
      result = LockResult::Interrupted;
      break;
    }
  }
  sleepers.count_seq_cst(static_cast<uint32_t>(-1));
  return result;
}

void ByteLock::lock_slow(uint8_t* byte) {
  LockResult result = lock_until(byte, platform::kForever, ParkMode::Detach);
  DCHECK(result == LockResult::Acquired);
}

void ByteLock::unlock_slow(uint8_t* byte) { unpark_one(byte, wake_or_hand_over, byte); }

}  // namespace orochi
