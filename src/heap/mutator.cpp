// What a Mutator may do: make objects, get raw memory, take an object's lock. And the per-thread words that counting
// reads, with the flag that leaves locking out while one thread runs.
#include "heap/mutator.h"

#include <cstdlib>

#include "heap/thread_slot.h"
#include "sync/byte_lock.h"

#if !OROCHI_ASAN && !OROCHI_TSAN
#include <mimalloc.h>
#define OROCHI_RAW(function) mi_##function
#else
#define OROCHI_RAW(function) std::function  // the sanitizers watch the system's allocator
#endif

namespace orochi {

thread_local constinit uint32_t tls_slot_id = 0;
thread_local constinit Mutator* tls_mutator = nullptr;
constinit uint32_t multi_threaded_flag = 0;  // see object.h: who may write it

namespace {

// Zeroes bytes 16.. of a block; `bytes` is rounded up to 16, which every block has room for.
OROCHI_INLINE void zero_payload(Object* object, size_t bytes) {
  typedef long long Pair __attribute__((vector_size(16)));
  auto* at = reinterpret_cast<Pair*>(object + 1);
  auto* end = reinterpret_cast<Pair*>(reinterpret_cast<char*>(object) + ((bytes + 15) & ~size_t{15}));
  if (bytes <= 256) {
    while (at < end) {
      *at++ = Pair{0, 0};
      asm volatile("" ::: "memory");  // keeps the loop: a call costs more than these few stores
    }
    return;
  }
  __builtin_memset(at, 0, static_cast<size_t>(reinterpret_cast<char*>(end) - reinterpret_cast<char*>(at)));
}

}  // namespace

Object* allocate_object(Mutator& m, const Shape* shape, size_t bytes) {
  uint32_t flags = shape->load_flags();
  if (shape->slot_capacity != 0 && shape->layout->item_size == 0) {  // makers that only think of the struct
    size_t whole = shape->layout->basic_size + shape->slot_capacity * sizeof(Value);
    if (bytes < whole) bytes = whole;
  }
  // A leaf of a class made at run time is traced all the same: it keeps its class alive.
  constexpr uint32_t kLeaf = kShapeLeaf | kShapeExact;
  PageKind kind = (flags & kLeaf) == kLeaf ? PageKind::Leaf : PageKind::Traced;
  auto* object = static_cast<Object*>(allocate(*m.heap, bytes, kind));
  if (OROCHI_UNLIKELY(object == nullptr)) return nullptr;
  if (OROCHI_LIKELY(bytes <= kMediumLimit) || page_of(object)->dirty) zero_payload(object, bytes);
  store_relaxed(reinterpret_cast<uint64_t*>(object), uint64_t{shape->word()});
  uint64_t counts = OROCHI_UNLIKELY((flags & kShapeDeferred) != 0)
                        ? kOwnerDeferred | (uint64_t{kSharedMark} << 32)
                        : m.slot_id | uint64_t{0x10000};
  // Release: who sees a live owner (a stale reader of this block) sees a shape.
  publish_release(reinterpret_cast<uint64_t*>(&object->owner), counts);
  return object;
}

void* allocate_raw(size_t bytes) { return OROCHI_RAW(malloc)(bytes); }
void* allocate_raw_zeroed(size_t bytes) { return OROCHI_RAW(calloc)(1, bytes); }
void* reallocate_raw(void* p, size_t bytes) { return OROCHI_RAW(realloc)(p, bytes); }
void free_raw(void* p) { OROCHI_RAW(free)(p); }

void free_raw_shared(void* p) {
  if (p == nullptr) return;
  if (!multi_threaded() || tls_mutator == nullptr) {
    free_raw(p);
    return;
  }
  qsbr_retire(&tls_mutator->slot->qsbr, p, free_raw);
}

void ObjectLock::lock(Mutator& m) {
  ByteLock::lock(&object_->lock_byte);
  m.locks_held++;
}

void ObjectLock::unlock() {
  ByteLock::unlock(&object_->lock_byte);
  tls_mutator->locks_held--;
}

}  // namespace orochi
