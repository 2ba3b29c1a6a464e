// Rank checking, and the blocking halves of Mutex, Condition, Event and Once.
#include "sync/mutex.h"

#include "base/check.h"

namespace orochi {

namespace {

constexpr ParkMode kWaiting[] = {
#define LOCK(name, waiting) ParkMode::waiting,
#include "sync/locks.def"
#undef LOCK
};

bool always(void*) { return true; }
uint32_t no_token(void*, UnparkInfo) { return 0; }

}  // namespace

#if OROCHI_DEBUG_CHECKS
namespace {
constexpr int kMaxHeld = 32;
struct Held {
  LockRank ranks[kMaxHeld];
  int count = 0;
};
constinit thread_local Held held{};
}  // namespace

void note_locked(LockRank rank, bool check) {
  CHECK(held.count < kMaxHeld);
  if (check) {
    // Ranks only grow: see locks.def.
    for (int i = 0; i < held.count; i++) CHECK(held.ranks[i] < rank);
  }
  held.ranks[held.count++] = rank;
}

void note_unlocked(LockRank rank) {
  for (int i = held.count; i-- > 0;) {
    if (held.ranks[i] != rank) continue;
    for (int j = i + 1; j < held.count; j++) held.ranks[j - 1] = held.ranks[j];
    held.count--;
    return;
  }
  CHECK(false && "unlocking a mutex that this thread does not hold");
}

bool holds_raw_lock() {
  for (int i = 0; i < held.count; i++) {
    if (kWaiting[static_cast<int>(held.ranks[i])] == ParkMode::Raw) return true;
  }
  return false;
}
#endif

void Mutex::lock_slow() {
  LockResult result = ByteLock::lock_until(&byte_, platform::kForever, kWaiting[static_cast<int>(rank_)]);
  DCHECK(result == LockResult::Acquired);
}

bool Condition::wait(Mutex& mutex, int64_t deadline, ParkMode mode) NO_THREAD_SAFETY_ANALYSIS {
  Parked parked =
      park(&address_, always, &mutex, mode, deadline, [](void* m) NO_THREAD_SAFETY_ANALYSIS { static_cast<Mutex*>(m)->unlock(); });
  mutex.lock();
  return parked.result != ParkResult::TimedOut;
}

void Condition::notify_one() { unpark_one(&address_, no_token, nullptr); }
void Condition::notify_all() { unpark_all(&address_); }

void Event::set() {
  state_.publish_release(1);  // pairs with is_set
  unpark_all(&state_);
}

LockResult Event::wait(int64_t deadline, ParkMode mode) {
  while (!is_set()) {
    Parked parked = park(&state_, [](void* event) { return !static_cast<Event*>(event)->is_set(); }, this, mode, deadline);
    if (parked.result == ParkResult::TimedOut) return is_set() ? LockResult::Acquired : LockResult::TimedOut;
    if (parked.result == ParkResult::Interrupted && mode == ParkMode::Interruptible) return LockResult::Interrupted;
  }
  return LockResult::Acquired;
}

bool Once::begin() {
  uint8_t expected = kNew;
  if (state_.claim(expected, kRunning)) return true;
  while (state_.load_acquire() != kDone) {
    park(&state_, [](void* state) { return static_cast<Shared<uint8_t>*>(state)->load_acquire() == kRunning; }, &state_,
         ParkMode::Detach);
  }
  return false;
}

void Once::finish() {
  state_.publish_release(kDone);  // pairs with call
  unpark_all(&state_);
}

}  // namespace orochi
