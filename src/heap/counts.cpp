// Slow paths of biased reference counting, and death.
//
// Word 1 of the header as one 64-bit little-endian word: owner:16 | local:16 | shared:32, shared being
// mark:1 | queued:1 | merged:1 | count:29.
//
//   no mark            only the owner has references; local == 0: dead
//   mark, not merged   references = local + count. The owner whose local count becomes zero merges; another thread that
//                      would make count negative gives its reference to the owner's merge queue instead (queued)
//   merged             owner none, local 0; references = count; who brings it to zero destroys the object
//
// Merging changes owner, local and shared in one 64-bit compare-and-swap, while the owner's fast path stores the lower
// half and other threads change the upper: x86-64 keeps such overlapping accesses coherent.
//
// Objects that several threads reference all the time would bounce their cache line between cores. They are found by
// sampling and their counts spread (owner kOwnerSpread): each thread adds up its references in a table of its own
// (after Refcache: Clements, Kaashoek, Zeldovich, 2013). The true count is
//   count - kSpreadBias + sum of all tables' entries
// known only with the world stopped. Collections settle all spread objects: they become merged ones again, and those
// with count zero die. So a spread object dies late; objects with finalizers or weak references are never spread.
//
// Dying objects are chained through word 1 (owner dead, the other 48 bits an index), so dropping a structure of any
// depth needs neither native stack nor memory.
#include "heap/thread_slot.h"
#include "heap/weak_references.h"
#include "platform/futex.h"
#include "platform/membarrier.h"
#include "platform/os_thread.h"

namespace orochi {

constinit Shared<ThreadSlot*> thread_slots[kOwnerMaxSlot + 1];
constinit Shared<uint32_t> thread_slot_count{0};

namespace {

OROCHI_INLINE uint64_t* counts_word(Object* object) { return reinterpret_cast<uint64_t*>(&object->owner); }
OROCHI_INLINE uint32_t* low_word(Object* object) { return reinterpret_cast<uint32_t*>(&object->owner); }
OROCHI_INLINE uint16_t load_owner(const Object* object) { return load_relaxed(&object->owner); }
OROCHI_INLINE int32_t count_of(uint32_t shared) { return static_cast<int32_t>(shared) >> 3; }
OROCHI_INLINE bool is_slot(uint16_t owner) { return static_cast<uint16_t>(owner - 1) < kOwnerMaxSlot; }
OROCHI_INLINE uint64_t compose(uint32_t owner, uint32_t local, uint32_t shared) {
  return owner | (uint64_t{local} << 16) | (uint64_t{shared} << 32);
}

constexpr int32_t kCountSaturates = 1 << 27;
constexpr int32_t kSpreadBias = 1 << 26;       // keeps a late decrement of the header from reaching zero
#if OROCHI_PARANOID
constexpr uint32_t kSampleEvery = 2;
constexpr uint32_t kHotHits = 1;
#else
constexpr uint32_t kSampleEvery = 32;          // cross-thread references
constexpr uint32_t kHotHits = 8;               // samples of one object by one thread
#endif

// ThreadSanitizer keeps one happens-before record per address: tie the half-word's to the whole word's.
OROCHI_INLINE void acquire_shared_half(Object* object) {
#if OROCHI_TSAN
  __atomic_fetch_add(&object->shared_word, 0u, __ATOMIC_ACQ_REL);
#endif
}

void saturate(Object* object) {
  uint64_t word = load_relaxed(counts_word(object));
  while ((word & 0xffff) < kOwnerMaxSlot && !claim(counts_word(object), word, compose(kOwnerImmortal, 0, kSharedMark))) {
  }
}

ThreadSlot& current_slot() { return *tls_mutator->slot; }

// --- death ---

uint64_t link_of(const Object* object) {
  return object == nullptr ? 0 : ((reinterpret_cast<uintptr_t>(object) - heap_range.base) >> 4) + 1;
}
Object* object_of_link(uint64_t link) { return reinterpret_cast<Object*>(heap_range.base + ((link - 1) << 4)); }
// 47 bits of link around the mark bit, which stays clear: nobody tries to count a dying object.
uint64_t word_of_link(uint64_t link) {
  return compose(kOwnerDead, static_cast<uint32_t>(link & 0xffff), static_cast<uint32_t>(link >> 16) << 1);
}
uint64_t link_of_word(uint64_t word) { return ((word >> 16) & 0xffff) | ((word >> 33) << 16); }

void drop_child(Visitor&, Value* slot) { release(*slot); }

void bury(ThreadSlot& slot, Object* object) {
  const Shape* shape = object->shape();
  if (shape->layout->destroy != nullptr) shape->layout->destroy(object);
  free_block(slot.heap, object);
}

void drain(ThreadSlot& slot) {
  slot.draining = true;
  Visitor drop(drop_child);
  while (slot.dead_first != 0) {
    Object* object = object_of_link(slot.dead_first);
    slot.dead_first = link_of_word(load_relaxed(counts_word(object)));
    visit_fields(object, drop);  // children that die go to the front of the chain
    bury(slot, object);
  }
  slot.draining = false;
}

void queue_finalizer(ThreadSlot& slot, Object* object) {
  uint32_t mark = load_relaxed(&object->shared_word) & kSharedMark;
  store_relaxed(counts_word(object), compose(tls_slot_id, 1, mark));  // the queue's reference
  __atomic_fetch_or(&object->gc_byte, uint8_t{kGcPending}, __ATOMIC_RELAXED);
  if (!slot.finalizers.push(object)) return;  // out of memory: it stays, unfinalized, rather than dying wrongly
  tls_mutator->request(kPollFinalizers);
}

// Nobody refers to the object any more, and the caller is the one who found out.
void die(Object* object) {
  ThreadSlot& slot = current_slot();
  const Shape* shape = object->shape();
  uint8_t gc = load_relaxed(&object->gc_byte);
  uint32_t flags = shape->load_flags();
  if ((flags & kShapeHasFinalizer) != 0 && (gc & (kGcFinalized | kGcPending)) == 0) {
    queue_finalizer(slot, object);
    return;
  }
  if ((gc & kGcHasWeakrefs) != 0) weak_clear(object, slot, false);
  if (shape->layout->trace == nullptr && shape->slot_capacity == 0) {
    bury(slot, object);
    return;
  }
  store_relaxed(counts_word(object), word_of_link(slot.dead_first));
  slot.dead_first = link_of(object);
  if (!slot.draining) drain(slot);
}

// Adds the local count to the shared one and drops the queue's reference. True: that was the last one.
bool merge_queued(Object* object) {
  uint64_t word = load_acquire(counts_word(object));
  for (;;) {
    uint32_t shared = static_cast<uint32_t>(word >> 32);
    uint32_t local = static_cast<uint32_t>(word >> 16) & 0xffff;
    uint32_t owner = word & 0xffff;
    if (owner >= kOwnerSpread) return false;  // (never spread while queued)
    uint32_t merged = ((shared + local * kSharedOne - kSharedOne) & ~kSharedQueued) | kSharedMark | kSharedMerged;
    acquire_shared_half(object);
    if (claim(counts_word(object), word, compose(kOwnerNone, 0, merged))) {
      acquire_shared_half(object);
      return count_of(merged) == 0;
    }
  }
}

// The caller's reference becomes the queue's.
void hand_to_owner(Object* object) {
  uint32_t id = load_owner(object);
  if (!is_slot(static_cast<uint16_t>(id))) {
    // Merged meanwhile by the owner: the queued bit is set, but the object is in no queue. Drop what we hold.
    if (merge_queued(object)) die(object);
    return;
  }
  ThreadSlot& slot = *thread_slot(id);
  bool dead = false;
  bool merge_now = false;
  slot.merge_lock.lock();
  uint32_t detached = kSlotDetached;
  if (slot.mutator == nullptr) {
    dead = merge_queued(object);  // nobody can adopt the slot while we hold its lock
  } else if (slot.merge_queue.push(object)) {
    // A detached owner may not come back for long: do its work.
    merge_now = slot.state.claim(detached, kSlotMerging);
    if (!merge_now) slot.mutator->request(kPollMerge);
  }  // else out of memory: one reference too many is kept for ever
  slot.merge_lock.unlock();
  if (dead) die(object);
  if (merge_now) {
    // What dies is only chained while the slot is claimed: its thread may want to come back.
    ThreadSlot& mine = current_slot();
    bool was_draining = mine.draining;
    mine.draining = true;
    process_merge_queue(slot);
    slot.state.publish_release(kSlotDetached);  // pairs with the claim in attach
    wake_slot(slot);
    mine.draining = was_draining;
    if (!was_draining) drain(mine);
  }
}

// --- spread counts ---

constinit Mutex spread_lock{LockRank::SpreadCounts};
constinit ObjectQueue spread_objects;  // guarded by spread_lock
constinit Shared<uint32_t> spread_total{0};
// Which thread last found an object hot: a second one makes it spread. Hints only.
struct HotSeen {
  Shared<uint64_t> object;
  Shared<uint32_t> slot;
};
constinit HotSeen hot_seen[256];

size_t hash_of(const Object* object) {
  return static_cast<size_t>((reinterpret_cast<uint64_t>(object) >> 4) * 0x9E3779B97F4A7C15ull >> 40);
}

void add_to_header(Object* object, int64_t delta) {
  __atomic_fetch_add(&object->shared_word, static_cast<uint32_t>(delta) * kSharedOne, __ATOMIC_ACQ_REL);
}

OROCHI_INLINE void spread_add(Object* object, int64_t delta) {
  ThreadSlot& slot = current_slot();
  if (OROCHI_UNLIKELY(slot.spread == nullptr)) {
    slot.spread = static_cast<SpreadEntry*>(allocate_raw_zeroed(kSpreadEntries * sizeof(SpreadEntry)));
    if (slot.spread == nullptr) {
      add_to_header(object, delta);
      return;
    }
  }
  SpreadEntry& entry = slot.spread[hash_of(object) % kSpreadEntries];
  if (OROCHI_UNLIKELY(entry.object != object)) {
    if (entry.delta != 0) add_to_header(entry.object, entry.delta);
    entry = {object, 0};
  }
  entry.delta += delta;
}

// The object is counted in its header by several threads, and this one has met it often.
OROCHI_COLD void found_hot(Object* object) {
  if (!in_heap(object) || object->has(kShapeHasFinalizer)) return;
  if ((load_relaxed(&object->gc_byte) & (kGcHasWeakrefs | kGcPending)) != 0) return;
  uint64_t word = load_acquire(counts_word(object));
  uint32_t shared = static_cast<uint32_t>(word >> 32);
  uint16_t owner = static_cast<uint16_t>(word);
  if (is_slot(owner)) {
    // Owned by another thread: merge first. The owner's fast path is lost, but its cache line already was.
    if ((shared & kSharedQueued) != 0) return;
    retain_slow(object);  // the queue's reference
    shared = load_relaxed(&object->shared_word);
    while ((shared & (kSharedQueued | kSharedMerged)) == 0) {
      if (claim(&object->shared_word, shared, shared | kSharedQueued)) {
        hand_to_owner(object);
        return;
      }
    }
    release_slow(object);
    return;
  }
  if (owner != kOwnerNone || (shared & kSharedQueued) != 0) return;
  HotSeen& seen = hot_seen[hash_of(object) % 256];
  if (seen.object.load_relaxed() != reinterpret_cast<uint64_t>(object)) {
    seen.object.store_relaxed(reinterpret_cast<uint64_t>(object));
    seen.slot.store_relaxed(tls_slot_id);
    return;
  }
  if (seen.slot.load_relaxed() == tls_slot_id) return;  // one thread alone gains nothing
  MutexGuard guard(spread_lock);
  while ((word & 0xffff) == kOwnerNone && (word >> 32 & kSharedQueued) == 0) {
    if (spread_objects.size() == spread_total.load_relaxed() && !spread_objects.push(object)) return;
    uint32_t biased = static_cast<uint32_t>(word >> 32) + static_cast<uint32_t>(kSpreadBias) * kSharedOne;
    acquire_shared_half(object);
    if (claim(counts_word(object), word, compose(kOwnerSpread, 0, biased))) {
      spread_total.store_relaxed(static_cast<uint32_t>(spread_objects.size()));
      return;
    }
  }
  // Lost a race; the entry stays and is looked at again when settling, where only kOwnerSpread counts.
  spread_total.store_relaxed(static_cast<uint32_t>(spread_objects.size()));
}

OROCHI_INLINE void sample(Object* object) {
  ThreadSlot& slot = current_slot();
  if (OROCHI_LIKELY(++slot.samples % kSampleEvery != 0)) return;
  auto& entry = slot.hot[hash_of(object) % kHotEntries];
  if (entry.object != object) {
    entry.object = object;
    entry.hits = 0;
    return;
  }
  if (++entry.hits < kHotHits) return;
  entry.hits = 0;
  found_hot(object);
}

// Sets the mark of an object found in `*slot_address`. False: look again from the start.
bool mark_found(const Value* slot_address, Value value, Object* holder) {
  Object* object = value.as_object();
  // A writer that stores plainly under the holder's lock may drop the old value before its store is visible. Marking
  // under the same lock excludes that; where the lock is not to be had at once (we may not block: the caller holds
  // pointers that QSBR protects), a barrier on all threads does.
  bool locked = false;
  if (holder != nullptr) {
    for (int i = 0; i < 50 && !locked; i++) {
      locked = ByteLock::try_lock(&holder->lock_byte);
      if (!locked) spin_pause();
    }
  }
  bool marked = false;
  if (Value(load_seq_cst(&slot_address->bits)) == value) {
    uint64_t word = load_acquire(counts_word(object));
    // A mark on an object that took this block's place meanwhile costs a little time and nothing else.
    marked = is_slot(word & 0xffff) &&
             claim_seq_cst(counts_word(object), word, word | (uint64_t{kSharedMark} << 32));
  }
  if (locked) {
    ByteLock::unlock(&holder->lock_byte);
  } else if (holder != nullptr && marked) {
    static const bool have_barrier = platform::register_barrier_all_threads();
    if (have_barrier) {
      platform::barrier_all_threads();
    } else {
      platform::yield_thread();
    }
  }
  return marked;
}

}  // namespace

void visit_fields(Object* object, Visitor& visitor) {
  const Shape* shape = object->shape();
  const Layout* layout = shape->layout;
  if (layout->trace != nullptr) layout->trace(object, visitor);
  if (shape->slot_capacity == 0) return;
  size_t offset = layout->basic_size;
  if (layout->item_size != 0) offset += (layout->item_count(object) * layout->item_size + 7) & ~size_t{7};
  visitor.visit_slots(reinterpret_cast<Value*>(reinterpret_cast<char*>(object) + offset), shape->slot_capacity);
}

void destroy_cleared(ThreadSlot& slot, Object* object) { bury(slot, object); }

void retain_slow(Object* object) {
  uint16_t owner = load_owner(object);
  if (owner >= kOwnerDeferred) return;
  DCHECK(owner != kOwnerDead);
  if (owner == kOwnerSpread) {
    spread_add(object, 1);
    return;
  }
  if (owner == tls_slot_id) {
    // 65535 local references: half of them move to the shared count. Shared first, so the sum never falls.
    uint32_t shared = load_relaxed(&object->shared_word);
    while (!claim(&object->shared_word, shared, (shared | kSharedMark) + 0x8000 * kSharedOne)) {
    }
    store_relaxed(low_word(object), owner | (uint32_t{0x8000} << 16));  // 0xffff + 1 - 0x8000
    if (count_of(shared) > kCountSaturates) saturate(object);
    return;
  }
  uint32_t shared = load_relaxed(&object->shared_word);
  if ((shared & kSharedMark) != 0) {
    shared = __atomic_fetch_add(&object->shared_word, kSharedOne, __ATOMIC_RELAXED);  // the caller keeps it alive
  } else {
    while (!claim(&object->shared_word, shared, (shared | kSharedMark) + kSharedOne)) {
    }
  }
  if (OROCHI_UNLIKELY(count_of(shared) > kCountSaturates)) saturate(object);
  sample(object);
}

void release_slow(Object* object) {
  uint16_t owner = load_owner(object);
  if (owner >= kOwnerDeferred) return;
  DCHECK(owner != kOwnerDead);
  if (owner == kOwnerSpread) {
    spread_add(object, -1);
    return;
  }
  uint32_t shared = load_relaxed(&object->shared_word);
  for (;;) {
    if ((shared & kSharedMerged) == 0 && count_of(shared) <= 0 && (shared & kSharedQueued) == 0) {
      if (claim(&object->shared_word, shared, shared | kSharedQueued | kSharedMark)) {
        hand_to_owner(object);
        return;
      }
      continue;
    }
    uint32_t next = shared - kSharedOne;
    if (!claim(&object->shared_word, shared, next)) continue;
    if ((next & kSharedMerged) != 0 && count_of(next) == 0) die(object);
    return;
  }
}

void release_last(Object* object) {
  uint32_t shared = load_acquire(&object->shared_word);
  if (shared == 0) {
    die(object);
    return;
  }
  uint64_t word = load_relaxed(counts_word(object));
  for (;;) {
    shared = static_cast<uint32_t>(word >> 32);
    uint32_t merged = shared | kSharedMark | kSharedMerged;
    acquire_shared_half(object);
    if (claim(counts_word(object), word, compose(kOwnerNone, 0, merged))) {
      acquire_shared_half(object);
      if (count_of(merged) == 0) die(object);
      return;
    }
  }
}

Value load_slot_shared(const Value* slot, Object* holder) {
  for (;;) {
    Value value(load_acquire(&slot->bits));  // pairs with Field::exchange
    if (!value.is_heap()) return value;
    Object* object = value.as_object();
    uint64_t word = load_acquire(counts_word(object));
    uint16_t owner = static_cast<uint16_t>(word);
    if (owner == tls_slot_id) {
      retain_object(object, tls_slot_id);  // only we could end its life, and we are here
      return value;
    }
    if (owner >= kOwnerDeferred) return value;
    if (owner == kOwnerSpread) {
      // It cannot die before our next safepoint; but is it still what the slot holds?
      spread_add(object, 1);
      if (Value(load_acquire(&slot->bits)) == value) return value;
      release_object(object, tls_slot_id);
      continue;
    }
    if (owner == kOwnerDead) {
      spin_pause();
      continue;
    }
    uint32_t shared = static_cast<uint32_t>(word >> 32);
    if ((shared & kSharedMark) == 0) {
      mark_found(slot, value, holder);
      continue;
    }
    if ((shared & kSharedMerged) != 0 && count_of(shared) <= 0) {
      spin_pause();
      continue;
    }
    if (!claim_seq_cst(&object->shared_word, shared, shared + kSharedOne)) continue;
    if (Value(load_seq_cst(&slot->bits)) == value) {
      if (OROCHI_UNLIKELY(count_of(shared) > kCountSaturates)) saturate(object);
      sample(object);
      return value;
    }
    release_object(object, tls_slot_id);  // whatever object it is now: our reference to it is real
  }
}

bool try_retain(Object* object) {
  for (;;) {
    uint64_t word = load_acquire(counts_word(object));
    uint16_t owner = static_cast<uint16_t>(word);
    if (owner == tls_slot_id) {
      retain_object(object, tls_slot_id);
      return true;
    }
    if (owner >= kOwnerDeferred) return true;
    if (owner == kOwnerSpread) {
      spread_add(object, 1);
      return true;
    }
    uint32_t shared = static_cast<uint32_t>(word >> 32);
    if (owner == kOwnerDead || (shared & kSharedMark) == 0) return false;
    if ((shared & kSharedMerged) != 0 && count_of(shared) <= 0) return false;
    if (claim_seq_cst(&object->shared_word, shared, shared + kSharedOne)) return true;
  }
}

void mark_shared(Object* object) {
  if (load_owner(object) >= kOwnerDeferred) return;
  __atomic_fetch_or(&object->shared_word, kSharedMark, __ATOMIC_SEQ_CST);
}

void make_immortal(Object* object) { store_relaxed(counts_word(object), compose(kOwnerImmortal, 0, kSharedMark)); }

void make_deferred(Object* object) {
  if (load_owner(object) == kOwnerImmortal) return;
  store_relaxed(counts_word(object), compose(kOwnerDeferred, 0, kSharedMark));
}

int64_t reference_count(const Object* object) {
  uint64_t word = load_acquire(counts_word(const_cast<Object*>(object)));
  if ((word & 0xffff) >= kOwnerDead) return INT32_MAX;
  if ((word & 0xffff) == kOwnerSpread) {  // other threads' shares are not known
    const SpreadEntry* table = current_slot().spread;
    const SpreadEntry* entry = table == nullptr ? nullptr : &table[hash_of(object) % kSpreadEntries];
    int64_t mine = entry != nullptr && entry->object == object ? entry->delta : 0;
    return count_of(static_cast<uint32_t>(word >> 32)) - kSpreadBias + mine;
  }
  return static_cast<int64_t>((word >> 16) & 0xffff) + count_of(static_cast<uint32_t>(word >> 32));
}

void process_merge_queue(ThreadSlot& slot) {
  ObjectQueue mine;
  {
    MutexGuard guard(slot.merge_lock);
    if (slot.merge_queue.is_empty()) return;
    mine.swap(slot.merge_queue);
  }
  while (Object* object = mine.pop()) {
    if (merge_queued(object)) die(object);
  }
}

void flush_spread_counts(ThreadSlot& slot) {
  if (slot.spread == nullptr) return;
  for (size_t i = 0; i < kSpreadEntries; i++) {
    SpreadEntry& entry = slot.spread[i];
    if (entry.delta != 0) add_to_header(entry.object, entry.delta);
    entry = {nullptr, 0};
  }
}

uint32_t spread_count() { return spread_total.load_relaxed(); }

void settle_spread_counts(ObjectQueue& zero) {
  if (spread_total.load_relaxed() == 0) return;
  uint32_t slots = thread_slot_count.load_acquire();
  for (uint32_t id = 1; id <= slots; id++) flush_spread_counts(*thread_slot(id));
  MutexGuard guard(spread_lock);
  while (Object* object = spread_objects.pop()) {
    if (load_owner(object) != kOwnerSpread) continue;
    uint32_t shared = load_relaxed(&object->shared_word) - static_cast<uint32_t>(kSpreadBias) * kSharedOne;
    bool dead = count_of(shared) == 0;
    DCHECK(count_of(shared) >= 0);
    if (dead) shared += kSharedOne;
    store_relaxed(counts_word(object), compose(kOwnerNone, 0, shared));
    if (dead) zero.push(object);  // out of memory: it is kept for ever
  }
  spread_total.store_relaxed(0);
}

void wake_slot(ThreadSlot& slot) { platform::futex_wake(slot.state.address(), INT32_MAX); }

}  // namespace orochi
