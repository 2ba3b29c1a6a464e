// Helpers for objects whose items lie in a raw buffer that other threads read without a lock (list arrays, dict and set
// tables): storing into their slots, and giving up a buffer that was replaced.
//
// A reader secures what it finds by looking at the slot again (load_slot). So a slot must change before its reference
// is dropped, and a buffer that is replaced has its slots emptied *after* the new one is published: then an empty slot
// tells a reader to look at the holder again.
#pragma once

#include <cstring>

#include "heap/mutator.h"

namespace orochi {

// Owning store under the holder's lock; hands back the old value, which the caller owns then.
OROCHI_INLINE Value exchange_slot(Value* slot, Value fresh) {
  if (!multi_threaded()) {
    Value old = *slot;
    *slot = fresh;
    return old;
  }
  return Value(__atomic_exchange_n(&slot->bits, fresh.bits, __ATOMIC_SEQ_CST));  // pairs with load_slot
}
OROCHI_INLINE Value peek_slot_acquire(const Value* slot) { return Value(__atomic_load_n(&slot->bits, __ATOMIC_ACQUIRE)); }
OROCHI_INLINE void publish_slot(Value* slot, Value v) { __atomic_store_n(&slot->bits, v.bits, __ATOMIC_RELEASE); }

// True if another thread may have a reference to `holder`, so that it may be reading the buffer that was just
// replaced. The fence orders our publication of the new buffer before the look at the mark; the other thread marks
// before it reads the buffer pointer.
OROCHI_INLINE bool others_may_read(const Object* holder) {
  if (!multi_threaded()) return false;
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  return (__atomic_load_n(&holder->shared_word, __ATOMIC_RELAXED) & kSharedMark) != 0 ||
         __atomic_load_n(&holder->owner, __ATOMIC_RELAXED) != tls_slot_id;
}

OROCHI_INLINE void free_buffer(void* buffer, bool shared) {
  if (shared) {
    free_raw_shared(buffer);
  } else {
    free_raw(buffer);
  }
}

// Moves `count` words inside a buffer that others may be reading: each word is written whole.
OROCHI_INLINE void move_slots(Value* to, const Value* from, size_t count) {
  if (!multi_threaded()) {
    std::memmove(to, from, count * sizeof(Value));
    return;
  }
  if (to < from) {
    for (size_t i = 0; i < count; i++) publish_slot(&to[i], from[i]);
  } else {
    for (size_t i = count; i-- > 0;) publish_slot(&to[i], from[i]);
  }
}

}  // namespace orochi
