// The parking lot's buckets and sleeping. A bucket is a small spin-then-futex lock and a list of parkers in order of
// arrival. A parker is in at most one queue, and only its own thread and a holder of that bucket's lock touch it.
#include "sync/parking_lot.h"

#include "base/check.h"
#include "platform/futex.h"
#include "platform/os_thread.h"

namespace orochi {

namespace {
enum : uint32_t { kAwake = 0, kSleeping = 1, kInterrupted = 2 };
constexpr int64_t kStarvation = platform::kMillisecond;
}  // namespace

struct Parker {
  Shared<uint32_t> state{kAwake};     // the futex word
  Shared<uint32_t> interruptible{0};  // read by interrupt_park from handlers
  const void* address = nullptr;      // guarded by the bucket's lock, as all below
  Parker* next = nullptr;
  int64_t since = 0;
  uint32_t token = 0;
  bool queued = false;
};

namespace {

// 0 free, 1 taken, 2 taken and somebody waits. Held for a few dozen instructions only, never while sleeping.
class BucketLock {
 public:
  void lock() {
    uint32_t expected = 0;
    if (state_.claim(expected, 1)) return;
    for (int i = 0; i < 60; i++) {
      spin_pause();
      expected = 0;
      if (state_.load_relaxed() == 0 && state_.claim(expected, 1)) return;
    }
    while (state_.exchange_acq_rel(2) != 0) platform::futex_wait(state_.address(), 2);
  }
  void unlock() {
    if (state_.exchange_acq_rel(0) == 2) platform::futex_wake(state_.address());
  }
  void reset() { state_.store_relaxed(0); }

 private:
  Shared<uint32_t> state_{0};
};

struct alignas(64) Bucket {
  BucketLock lock;
  Parker* first = nullptr;  // guarded by lock
  Parker* last = nullptr;

  void append(Parker* parker) {
    parker->next = nullptr;
    if (last != nullptr) {
      last->next = parker;
    } else {
      first = parker;
    }
    last = parker;
    parker->queued = true;
  }
  // `before` is the one in front of `parker`, or null.
  void remove(Parker* before, Parker* parker) {
    if (before != nullptr) {
      before->next = parker->next;
    } else {
      first = parker->next;
    }
    if (last == parker) last = before;
    parker->next = nullptr;
    parker->queued = false;
  }
};

constexpr uint64_t kBuckets = 512;
constinit Bucket buckets[kBuckets];
constinit Shared<bool (*)()> detach_hook{nullptr};
constinit Shared<void (*)()> attach_hook{nullptr};
constinit thread_local Parker this_parker;

Bucket& bucket_of(const void* address) {
  uint64_t hash = reinterpret_cast<uint64_t>(address) * 0x9E3779B97F4A7C15ull;
  return buckets[hash >> 55];
}
static_assert(kBuckets == 1u << (64 - 55));

void wake(Parker* parker) {
  // After the store the parker's thread may return from park() and even exit: wake by address only. A futex wake on an
  // unmapped or reused word is harmless.
  uint32_t* word = parker->state.address();
  parker->state.publish_release(kAwake);
  platform::futex_wake(word);
}

}  // namespace

Parked park(const void* address, ValidatePark validate, void* context, ParkMode mode, int64_t deadline,
            BeforeSleep before_sleep, int64_t waiting_since) {
  Parker* self = &this_parker;
  Bucket& bucket = bucket_of(address);
  bucket.lock.lock();
  self->state.store_relaxed(kSleeping);
  // From here interrupt_park works; what it was called for before, validate sees.
  if (mode == ParkMode::Interruptible) self->interruptible.store_seq_cst(1);
  if (!validate(context)) {
    self->interruptible.store_relaxed(0);
    self->state.store_relaxed(kAwake);
    bucket.lock.unlock();
    return {ParkResult::Refused, 0};
  }
  self->address = address;
  self->since = waiting_since != 0 ? waiting_since : platform::monotonic_ns();
  self->token = 0;
  bucket.append(self);
  bucket.lock.unlock();

  if (before_sleep != nullptr) before_sleep(context);
  bool (*detach)() = mode == ParkMode::Raw ? nullptr : detach_hook.load_acquire();
  bool was_attached = detach != nullptr && detach();

  ParkResult result = ParkResult::Unparked;
  for (;;) {
    uint32_t state = self->state.load_acquire();
    if (state == kAwake) break;
    if (state == kInterrupted) {
      result = ParkResult::Interrupted;
      break;
    }
    platform::FutexResult slept = platform::futex_wait(self->state.address(), kSleeping, deadline);
    if (slept == platform::FutexResult::TimedOut) {
      result = ParkResult::TimedOut;
      break;
    }
    if (slept == platform::FutexResult::Interrupted && mode == ParkMode::Interruptible) {
      result = ParkResult::Interrupted;
      break;
    }
  }
  self->interruptible.store_relaxed(0);
  if (result != ParkResult::Unparked) {
    bucket.lock.lock();
    if (self->queued) {
      Parker* before = nullptr;
      for (Parker* p = bucket.first; p != self; p = p->next) before = p;
      bucket.remove(before, self);
    } else {
      result = ParkResult::Unparked;  // unparked meanwhile: what was handed over is ours
    }
    bucket.lock.unlock();
    if (result == ParkResult::Unparked) {
      // The waker took us out under the lock and stores kAwake after it: wait for that store, or it would hit our
      // next sleep.
      for (int i = 0; self->state.load_acquire() != kAwake; i++) {
        if (i < 100) {
          spin_pause();
        } else {
          platform::yield_thread();
        }
      }
    } else {
      self->state.store_relaxed(kAwake);
    }
  }
  uint32_t token = self->token;
  if (was_attached) attach_hook.load_relaxed()();
  return {result, token};
}

void unpark_one(const void* address, DecideUnpark decide, void* context) {
  Bucket& bucket = bucket_of(address);
  bucket.lock.lock();
  Parker* before = nullptr;
  Parker* parker = bucket.first;
  while (parker != nullptr && parker->address != address) {
    before = parker;
    parker = parker->next;
  }
  UnparkInfo info{false, false, false};
  if (parker != nullptr) {
    info.found = true;
    for (Parker* p = parker->next; p != nullptr; p = p->next) {
      if (p->address == address) {
        info.more = true;
        break;
      }
    }
    info.starving = platform::monotonic_ns() - parker->since > kStarvation;
    bucket.remove(before, parker);
    parker->token = decide(context, info);
  } else {
    decide(context, info);
  }
  bucket.lock.unlock();
  if (parker != nullptr) wake(parker);
}

uint32_t unpark_all(const void* address) {
  Bucket& bucket = bucket_of(address);
  bucket.lock.lock();
  Parker* woken = nullptr;
  Parker** woken_end = &woken;
  Parker* before = nullptr;
  uint32_t count = 0;
  for (Parker* parker = bucket.first; parker != nullptr;) {
    Parker* next = parker->next;
    if (parker->address == address) {
      bucket.remove(before, parker);
      parker->token = 0;
      *woken_end = parker;
      woken_end = &parker->next;
      count++;
    } else {
      before = parker;
    }
    parker = next;
  }
  bucket.lock.unlock();
  while (woken != nullptr) {
    Parker* next = woken->next;  // read before the wake: after it the parker may be gone
    wake(woken);
    woken = next;
  }
  return count;
}

Parker* current_parker() { return &this_parker; }

void interrupt_park(Parker* parker) {
  if (parker->interruptible.load_seq_cst() == 0) return;
  uint32_t expected = kSleeping;
  if (parker->state.claim(expected, kInterrupted)) platform::futex_wake(parker->state.address());
}

void set_block_hooks(BlockHooks hooks) {
  attach_hook.store_relaxed(hooks.attach);
  detach_hook.publish_release(hooks.detach);  // pairs with park: who sees detach sees attach
}

BlockHooks block_hooks() {
  bool (*detach)() = detach_hook.load_acquire();
  return {detach, attach_hook.load_relaxed()};
}

void parking_lot_before_fork() {
  for (Bucket& bucket : buckets) bucket.lock.lock();
}

void parking_lot_after_fork_parent() {
  for (Bucket& bucket : buckets) bucket.lock.unlock();
}

void parking_lot_after_fork_child() {
  for (Bucket& bucket : buckets) {
    bucket.first = bucket.last = nullptr;
    bucket.lock.reset();
  }
  this_parker.queued = false;
  this_parker.state.store_relaxed(kAwake);
}

}  // namespace orochi
