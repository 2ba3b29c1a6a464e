// Registration: slots and their adoption, the flip between single- and multi-thread mode, requests to threads, fork.
#include "threads/registry.h"

#include <cstdlib>
#include <new>

#include "platform/os_thread.h"

namespace orochi {

using namespace threads_internal;

namespace {

// All guarded by registry_lock.
uint32_t running = 0;
uint32_t starting = 0;
uint32_t free_ids[kOwnerMaxSlot];  // a stack: the slot used last is adopted first, its memory is warm
uint32_t free_count = 0;
// Finalizers and callbacks that ended threads left.
constinit ObjectQueue orphan_finalizers;
constinit ObjectQueue orphan_callbacks;
constinit Shared<uint32_t> orphan_count{0};

ThreadSlot* new_slot() REQUIRES(registry_lock) {
  uint32_t id = thread_slot_count.load_relaxed() + 1;
  if (id > kOwnerMaxSlot) return nullptr;
  void* memory = std::aligned_alloc(alignof(ThreadSlot), sizeof(ThreadSlot));
  if (memory == nullptr) return nullptr;
  auto* slot = new (memory) ThreadSlot;
  slot->id = id;
  slot->heap.poll_bit = kPollCollect;
  qsbr_register(&slot->qsbr);
  thread_slots[id].publish_release(slot);      // pairs with thread_slot()
  thread_slot_count.publish_release(id);
  return slot;
}

void flip_to_multi() { __atomic_store_n(&multi_threaded_flag, 1u, __ATOMIC_SEQ_CST); }

}  // namespace

bool initialise_threads(GilMode gil) {
  if (!initialise_heap()) return false;
  install_hooks(gil);
  set_collector_hooks({stop_the_world, start_the_world, visit_thread_roots});
  return true;
}

void note_thread_starting() {
  MutexGuard guard(registry_lock);
  starting++;
  flip_to_multi();
}

void note_thread_start_failed() {
  MutexGuard guard(registry_lock);
  if (starting > 0) starting--;
}

bool register_thread(Thread& t) {
  platform::StackBounds stack = platform::current_stack_bounds();
  ThreadSlot* slot;
  {
    MutexGuard guard(registry_lock);
    if (starting > 0) starting--;
    slot = free_count > 0 ? thread_slot(free_ids[--free_count]) : new_slot();
    if (slot == nullptr) return false;
    MutexGuard merge_guard(slot->merge_lock);
    slot->stack_low = stack.low;
    slot->stack_high = stack.high;
    slot->saved_stack = stack.high;  // nothing to scan yet
    slot->mutator = &t;
    slot->heap.poll = &t.poll;
    if (slot->heap.collect_at == 0 && collector_state.enabled.load_relaxed() != 0) {
      slot->heap.collect_at = static_cast<int64_t>(collection_growth());
    }
    t.slot = slot;
    t.slot_id = slot->id;
    t.heap = &slot->heap;
    if (world_stopping) {
      t.request(kPollStop);
      slot->state.store_seq_cst(kSlotSuspended);
    }
    if (!slot->finalizers.is_empty() || !slot->weak_callbacks.is_empty()) t.request(kPollFinalizers);
    running++;
    if (running > 1) flip_to_multi();
  }
  t.ident = platform::thread_ident();
  t.native_id = platform::native_thread_id();
  if (t.native_limit == 0) {
    size_t size = stack.high - stack.low;
    t.native_limit = stack.low + (size / 8 < (size_t{256} << 10) ? size / 8 : size_t{256} << 10);
  }
  tls_slot_id = slot->id;
  tls_mutator = &t;
  attach_thread(t);
  return true;
}

void unregister_thread(Thread& t) {
  ThreadSlot& slot = *t.slot;
  process_merge_queue(slot);
  run_finalizers(t);
  {
    MutexGuard guard(slot.merge_lock);
    slot.mutator = nullptr;  // from now on others merge objects of this slot by themselves
  }
  process_merge_queue(slot);
  flush_spread_counts(slot);
  qsbr_process(&slot.qsbr);
  tidy_heap(slot.heap);
  qsbr_abandon(&slot.qsbr);
  bool left_something = !slot.finalizers.is_empty() || !slot.weak_callbacks.is_empty();
  {
    MutexGuard guard(registry_lock);
    while (Object* object = slot.finalizers.pop()) orphan_finalizers.push(object);
    while (Object* object = slot.weak_callbacks.pop()) orphan_callbacks.push(object);
    if (left_something) orphan_count.store_relaxed(1);
  }
  if (left_something) request_all(kPollFinalizers);
  detach_thread(t);
  // The stopper may have claimed us already: a slot without a mutator is none of its business.
  MutexGuard guard(registry_lock);
  slot.state.store_seq_cst(kSlotDetached);
  slot.heap.poll = nullptr;
  slot.saved_stack = 0;
  tls_slot_id = 0;
  tls_mutator = nullptr;
  t.slot = nullptr;
  t.slot_id = 0;
  t.heap = nullptr;
  running--;
  free_ids[free_count++] = slot.id;
  if (running == 1 && starting == 0) {
    // The one that is left leaves multi-thread mode at its next safepoint.
    uint32_t count = thread_slot_count.load_relaxed();
    for (uint32_t id = 1; id <= count; id++) {
      Mutator* other = thread_slot(id)->mutator;
      if (other != nullptr) other->request(kPollMerge);
    }
  }
}

namespace threads_internal {

void maybe_back_to_single_thread(Thread& t) {
  if (!multi_threaded()) return;
  MutexGuard guard(registry_lock);
  // Acquires what the threads that ended have written: they decremented under this lock.
  if (running == 1 && starting == 0 && t.locks_held == 0) __atomic_store_n(&multi_threaded_flag, 0u, __ATOMIC_SEQ_CST);
}

bool take_orphan(Local<>* object, bool* is_callback) {
  if (orphan_count.load_relaxed() == 0) return false;
  MutexGuard guard(registry_lock);
  Object* found = orphan_callbacks.pop();
  *is_callback = found != nullptr;
  if (found == nullptr) found = orphan_finalizers.pop();
  if (found == nullptr) {
    orphan_count.store_relaxed(0);
    return false;
  }
  *object = Local<>::adopt(Value(found));
  return true;
}

}  // namespace threads_internal

uint32_t registered_threads() {
  MutexGuard guard(registry_lock);
  return running;
}

void for_each_thread(void (*visit)(void* context, Thread& t), void* context) {
  MutexGuard guard(registry_lock);
  uint32_t count = thread_slot_count.load_acquire();
  for (uint32_t id = 1; id <= count; id++) {
    Mutator* mutator = thread_slot(id)->mutator;
    if (mutator != nullptr) visit(context, *static_cast<Thread*>(mutator));
  }
}

void request_all(uint32_t bits) {
  for_each_thread([](void* bits, Thread& t) { t.request(*static_cast<uint32_t*>(bits)); }, &bits);
}

bool request_thread(uint64_t ident, uint32_t bits, void (*prepare)(void* context, Thread& t), void* context) {
  struct Search {
    uint64_t ident;
    uint32_t bits;
    void (*prepare)(void* context, Thread& t);
    void* context;
    bool found;
  } search{ident, bits, prepare, context, false};
  for_each_thread(
      [](void* s, Thread& t) {
        auto& search = *static_cast<Search*>(s);
        if (t.ident != search.ident || search.found) return;
        search.found = true;
        if (search.prepare != nullptr) search.prepare(search.context, t);
        t.request(search.bits);
      },
      &search);
  return search.found;
}

void before_fork(Thread& t) NO_THREAD_SAFETY_ANALYSIS {
  stop_the_world(t);
  registry_lock.lock();
  heap_before_fork();
  parking_lot_before_fork();
}

void after_fork_parent(Thread& t) NO_THREAD_SAFETY_ANALYSIS {
  parking_lot_after_fork_parent();
  heap_after_fork(false);
  registry_lock.unlock();
  start_the_world(t);
}

void after_fork_child(Thread& t) NO_THREAD_SAFETY_ANALYSIS {
  parking_lot_after_fork_child();
  heap_after_fork(true);
  reset_locks_after_fork(t);
  weak_after_fork_child();
  // The other threads are gone; their slots wait for new ones. They stood still, so their heaps are consistent.
  uint32_t count = thread_slot_count.load_relaxed();
  for (uint32_t id = 1; id <= count; id++) {
    ThreadSlot& slot = *thread_slot(id);
    slot.merge_lock.reset_after_fork();
    if (slot.mutator == nullptr || slot.mutator == &t) continue;
    slot.mutator = nullptr;
    slot.heap.poll = nullptr;
    slot.state.store_seq_cst(kSlotDetached);
    free_ids[free_count++] = id;
  }
  qsbr_after_fork_child(&t.slot->qsbr);
  collector_after_fork_child();
  running = 1;
  starting = 0;
  world_stopping = false;
  t.native_id = platform::native_thread_id();
  registry_lock.unlock();
  start_the_world(t);
  __atomic_store_n(&multi_threaded_flag, 0u, __ATOMIC_SEQ_CST);
}

}  // namespace orochi
