// The contended paths of ByteLock.
#include "sync/byte_lock.h"

#include "base/check.h"

namespace orochi {

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
  return load_relaxed(wait->byte) == (ByteLock::kLocked | ByteLock::kParked);  // the bucket's lock orders it
}

// Nobody else changes the byte here: it is locked (ours) and its parked bit is set, which is changed under the bucket's
// lock only.
uint32_t release(void* context, UnparkInfo info) {
  auto* byte = static_cast<uint8_t*>(context);
  uint8_t parked = info.more ? ByteLock::kParked : 0;
  if (info.found && info.starving) {
    publish_release(byte, ByteLock::kLocked | parked);
    return kHandedOver;
  }
  publish_release(byte, parked);  // pairs with the claim of the next owner
  return 0;
}

}  // namespace

void set_interrupt_pending_hook(bool (*pending)()) { interrupt_pending.store_relaxed(pending); }

LockResult ByteLock::lock_until(uint8_t* byte, int64_t deadline, ParkMode mode) {
  for (int i = 0; i < kSpins; i++) {
    if (try_lock(byte)) return LockResult::Acquired;
    if ((load_relaxed(byte) & kParked) != 0) break;  // others sleep already: it takes longer
    spin_pause();
  }
  bool interruptible = mode == ParkMode::Interruptible;
  for (;;) {
    uint8_t seen = load_relaxed(byte);
    if ((seen & kLocked) == 0) {
      if (claim(byte, seen, seen | kLocked)) return LockResult::Acquired;
      continue;
    }
    if ((seen & kParked) == 0 && !claim(byte, seen, seen | kParked)) continue;
    Wait wait{byte, interruptible, false};
    Parked parked = park(byte, still_locked, &wait, mode, deadline);
    if (parked.result == ParkResult::Unparked && parked.token == kHandedOver) return LockResult::Acquired;
    if (parked.result == ParkResult::TimedOut) {
      return try_lock(byte) ? LockResult::Acquired : LockResult::TimedOut;
    }
    if (wait.interrupted || (interruptible && parked.result == ParkResult::Interrupted)) return LockResult::Interrupted;
  }
}

void ByteLock::lock_slow(uint8_t* byte) {
  LockResult result = lock_until(byte, platform::kForever, ParkMode::Detach);
  DCHECK(result == LockResult::Acquired);
}

void ByteLock::unlock_slow(uint8_t* byte) {
  DCHECK(is_locked(byte));
  unpark_one(byte, release, byte);
}

}  // namespace orochi
