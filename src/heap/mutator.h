// Mutator: a running thread as the heap sees it, and a capability: a function that takes `Mutator&` may allocate,
// raise, and pause for a collection, but never runs Python code. `Thread` (threads/thread.h) derives from it.
#pragma once

#include "heap/layout.h"
#include "heap/result.h"

namespace orochi {

class ThreadHeap;
struct ThreadSlot;

// Bits of Mutator::poll. Set by any thread (atomic or), tested by the owner at safepoints.
enum PollBit : uint32_t {
  kPollStop = 1,         // stop-the-world requested
  kPollMerge = 2,        // the merge queue of this slot is not empty
  kPollSignal = 4,       // a signal arrived (main thread)
  kPollAsyncExc = 8,     // an asynchronous exception waits
  kPollFinalizers = 16,  // objects wait for __del__ or weakref callbacks
  kPollCollect = 32,     // a collection is due
  kPollCall = 64,        // pending calls
  kPollTrace = 128,      // tracing or profiling state changed
  kPollGil = 256,        // GIL mode: somebody waits for the lock
};

class Mutator {
 public:
  uint32_t poll = 0;         // PollBit; atomic
  uint32_t slot_id = 0;      // == tls_slot_id while attached
  ThreadHeap* heap = nullptr;
  ThreadSlot* slot = nullptr;
  Value pending;             // the exception that is set (owned), or empty
  uint32_t locks_held = 0;   // object locks this thread holds now (debug checks)

  bool has_pending() const { return !pending.is_empty(); }
  uint32_t load_poll() const { return __atomic_load_n(&poll, __ATOMIC_RELAXED); }
  void request(uint32_t bits) { __atomic_fetch_or(&poll, bits, __ATOMIC_SEQ_CST); }
  void withdraw(uint32_t bits) { __atomic_fetch_and(&poll, ~bits, __ATOMIC_SEQ_CST); }
};

// A new object of `shape`, `bytes` long in all, header set (owner: this thread, one reference, which the caller now
// holds), everything after the header zero. Leaf shapes go to leaf pages, deferred shapes are born deferred. Empty and
// MemoryError raised when out of memory. May request a collection (which happens at the next safepoint, never here).
Object* allocate_object(Mutator& m, const Shape* shape, size_t bytes);

// The exception MemoryError, preallocated. Defined in objects/exception.cpp.
Raised raise_no_memory(Mutator& m);

template <typename T>
Result<Local<T>> allocate(Mutator& m, const Shape* shape, size_t bytes = sizeof(T)) {
  Object* object = allocate_object(m, shape, bytes);
  if (!object) [[unlikely]] return raise_no_memory(m);
  return Local<T>::adopt(static_cast<T*>(object));
}

// Raw buffers (mimalloc). nullptr when out of memory. free_raw_shared: the buffer may still be read by other threads
// without a lock, so it is freed through QSBR.
void* allocate_raw(size_t bytes);
void* allocate_raw_zeroed(size_t bytes);
void* reallocate_raw(void* p, size_t bytes);
void free_raw(void* p);
void free_raw_shared(void* p);

// Guard for an object's one-byte lock. A no-op in single-thread mode. Not recursive. Under it call only functions
// without capability or with Mutator&. Drops under it are fine: finalizers and weakref callbacks never run inside a
// drop, they are queued for the next safepoint (see counts.cpp).
class ObjectLock {
 public:
  // `object` may be null: then nothing is locked.
  ObjectLock(Mutator& m, Object* object) : object_(multi_threaded() ? object : nullptr) {
    if (object_) lock(m);
  }
  ~ObjectLock() {
    if (object_) unlock();
  }
  ObjectLock(const ObjectLock&) = delete;
  ObjectLock& operator=(const ObjectLock&) = delete;
  // Gives the lock up early.
  void release() {
    if (object_) unlock();
    object_ = nullptr;
  }

 private:
  void lock(Mutator& m);
  void unlock();
  Object* object_;
};

// Two objects, in address order; a == b is fine.
class ObjectLock2 {
 public:
  ObjectLock2(Mutator& m, Object* a, Object* b)
      : first_(m, a < b ? a : b), second_(m, a == b ? nullptr : (a < b ? b : a)) {}

 private:
  ObjectLock first_;
  ObjectLock second_;
};

}  // namespace orochi
