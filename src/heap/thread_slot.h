// ThreadSlot: what belongs to a thread id and outlives the thread: heap, QSBR mark, merge queue, state word, and the
// bounds of the native stack for conservative scanning. Slots are made once and adopted by thread after thread.
//
// state: the hand-over between a thread and those who need it to stand still.
//   Detached   the thread (if any) runs no Python code and touches no object. Whoever claims the word away from Detached
//              may look at the slot's thread and queues until giving it back.
//   Attached   the thread runs. Only the thread itself leaves this state.
//   Suspended  the world is stopped; set by the stopper (from Detached) or by the thread itself (at a safepoint).
//   Merging    another thread merges counts on behalf of a detached one, for a moment.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/mutator.h"
#include "heap/page_heap.h"
#include "sync/mutex.h"
#include "sync/qsbr.h"

namespace orochi {

enum SlotState : uint32_t { kSlotDetached = 0, kSlotAttached = 1, kSlotSuspended = 2, kSlotMerging = 3 };

// FIFO of objects in raw memory. push: false when out of memory.
class ObjectQueue {
 public:
  bool push(Object* object);
  Object* pop();  // nullptr: empty
  bool is_empty() const { return begin_ == end_; }
  size_t size() const { return end_ - begin_; }
  Object* at(size_t i) const { return items_[begin_ + i]; }
  void swap(ObjectQueue& other);
  ObjectQueue() = default;
  ~ObjectQueue();
  ObjectQueue(const ObjectQueue&) = delete;
  ObjectQueue& operator=(const ObjectQueue&) = delete;

 private:
  Object** items_ = nullptr;
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t capacity_ = 0;
};

// One thread's share of the count of an object whose owner is kOwnerSpread. A direct-mapped table: an entry that must
// make room is added to the object's own count.
struct SpreadEntry {
  Object* object;
  int64_t delta;
};
inline constexpr size_t kSpreadEntries = 512;
inline constexpr size_t kHotEntries = 64;

struct alignas(64) ThreadSlot {
  uint32_t id = 0;
  Shared<uint32_t> state{kSlotDetached};
  Mutator* mutator = nullptr;  // the thread; null: the slot is free. Written under merge_lock and the registry's lock
  uintptr_t stack_low = 0;
  uintptr_t stack_high = 0;
  uintptr_t saved_stack = 0;   // while not attached: the stack pointer and the callee-saved registers at that moment
  uint64_t saved_registers[8] = {};

  // Objects whose last reference from outside went away while this slot's thread may still count locally. Each entry
  // owns one reference, and its object has kSharedQueued.
  Mutex merge_lock{LockRank::MergeQueue};
  ObjectQueue merge_queue GUARDED_BY(merge_lock);

  // The rest is the thread's own.
  ThreadHeap heap;
  QsbrSlot qsbr;
  uint64_t dead_first = 0;        // chain of dying objects, see counts.cpp
  bool draining = false;
  uint32_t finalizer_depth = 0;
  ObjectQueue finalizers;         // dead objects kept alive (one reference) for __del__
  ObjectQueue weak_callbacks;     // WeakRefs (one reference) whose referent died
  SpreadEntry* spread = nullptr;  // made on first use
  uint32_t samples = 0;           // references made to other threads' objects: every so many of them one is looked at
  struct {
    Object* object;
    uint32_t hits;
  } hot[kHotEntries] = {};        // what was found; addresses only, possibly stale
};

// Ends the spreading of counts of all objects; those whose count turns out to be zero are added to `zero` with one
// reference each, for the caller to drop once the world runs. World stopped.
void settle_spread_counts(ObjectQueue& zero);
// How many objects are spread; when there are many, safepoints settle them.
uint32_t spread_count();
// The thread ends: its shares go to the objects.
void flush_spread_counts(ThreadSlot& slot);

// By id; an entry never changes once set.
extern Shared<ThreadSlot*> thread_slots[kOwnerMaxSlot + 1];
extern Shared<uint32_t> thread_slot_count;  // ids 1..count exist

inline ThreadSlot* thread_slot(uint32_t id) { return thread_slots[id].load_acquire(); }

// Merges what waits in the slot's queue. The caller is the slot's thread, attached, or has claimed the slot. What dies,
// dies in the calling thread.
void process_merge_queue(ThreadSlot& slot);

// One reference more if the object is certainly alive, although the caller holds none: for pointers that are not
// counted (weak references, tables of canonical objects). Such objects need mark_shared() while still counted; the
// caller checks afterwards that the place where it found the pointer still holds it, and drops the reference if not.
bool try_retain(Object* object);
void mark_shared(Object* object);

// Makes an object uncounted for ever: constants, interned strings. Deferred: the collector frees it when unreachable.
void make_immortal(Object* object);
void make_deferred(Object* object);

// sys.getrefcount; the number of counted references.
int64_t reference_count(const Object* object);

// Frees an object that nothing refers to and whose Fields have been dropped already (the collector).
void destroy_cleared(ThreadSlot& slot, Object* object);
// The object's Fields, inline attribute slots included (not the type, which is not counted).
void visit_fields(Object* object, Visitor& visitor);

// Wakes a thread that waits for its slot's state to change.
void wake_slot(ThreadSlot& slot);

}  // namespace orochi
