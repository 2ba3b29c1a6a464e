// One collection:
//
//   1 stop the world
//   2 mark what the roots reach: registers of threads precisely, native stacks conservatively, root sources
//   3 among what is left, references[i] = counted references less those from others that are left; where that is
//     positive somebody outside holds the object: mark it with all it reaches
//   4 what is left now is garbage. Split off what a finalizer not yet run can reach: it is only finalized this time
//   5 empty the weak references to the rest; start the world
//   6 drop the rest's Fields, free it; deferred objects last, as instances need their classes
//
// (The order of 2 and 3 is CPython 3.14's; finalization follows PEP 442. A later collection finds what its finalizers
// did not resurrect.) Marks are bits in the headers and are cleared by the walk of step 4.
#include "heap/collector.h"

#include "heap/thread_slot.h"
#include "platform/clock.h"

namespace orochi {

constinit CollectorState collector_state;

namespace {

constexpr size_t kMinimumGrowth = size_t{4} << 20;
constexpr size_t kFirstGrowth = size_t{16} << 20;

constinit CollectorHooks hooks{};
constexpr size_t kMaxSources = 256;
Mutex sources_lock{LockRank::Tables};
void (*sources[kMaxSources])(RootVisitor&);
constinit Shared<uint32_t> source_count{0};
constinit Mutex collector_lock{LockRank::Collector};
constinit Shared<uint32_t> policy_started{0};

// A growing array of objects in raw memory. Once out of memory it stays failed.
class ObjectStack {
 public:
  ~ObjectStack() { free_raw(items_); }
  void push(Object* object) {
    if (size_ == capacity_ && !grow()) return;
    items_[size_++] = object;
  }
  Object* pop() { return items_[--size_]; }
  bool is_empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  Object* operator[](size_t i) const { return items_[i]; }
  void swap(size_t i, size_t j) {
    Object* kept = items_[i];
    items_[i] = items_[j];
    items_[j] = kept;
  }
  bool failed() const { return failed_; }
  Object** begin() { return items_; }
  Object** end() { return items_ + size_; }

 private:
  bool grow() {
    if (failed_) return false;
    size_t capacity = capacity_ == 0 ? 1024 : capacity_ * 2;
    auto* items = static_cast<Object**>(reallocate_raw(items_, capacity * sizeof(Object*)));
    if (items == nullptr) {
      failed_ = true;
      return false;
    }
    items_ = items;
    capacity_ = capacity;
    return true;
  }
  Object** items_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
  bool failed_ = false;
};

// World stopped or unreachable objects only: plain accesses suffice.
OROCHI_INLINE bool has_gc_bit(const Object* object, uint8_t bit) { return (object->gc_byte & bit) != 0; }

OROCHI_INLINE bool is_deferred(const Object* object) { return object->owner == kOwnerDeferred; }

Object* type_object(const Object* object) { return reinterpret_cast<Object*>(object->shape()->type); }

int32_t& references_of(Object* object) {
  Page* page = page_of(object);
  return page->references[block_index(page, object)];
}

bool is_traced_block(const Object* object) { return in_heap(object) && page_of(object)->kind == PageKind::Traced; }

class Collection {
 public:
  explicit Collection(Mutator& m) : m_(m) {}

  CollectionResult run() {
    CollectionResult result = find_and_free();
    while (Object* object = settled_.pop()) release_object(object, m_.slot_id);
    return result;
  }

 private:
  CollectionResult find_and_free() {
    hooks.stop_world(m_);
    int64_t start = platform::monotonic_ns();
    settle_spread_counts(settled_);
    mark_roots();
    bool counted = !stack_.failed() && count_candidates();
    if (counted) {
      subtract_internal();
      rescue_external();
    }
    bool found = counted && !stack_.failed();
    sweep_marks(found);
    free_references();
    for (Object* object : statics_) object->gc_byte &= static_cast<uint8_t>(~kGcMarked);
    if (!found || garbage_.failed() || statics_.failed()) {
      for (Object* object : garbage_) object->gc_byte &= static_cast<uint8_t>(~kGcGarbage);
      result_.aborted = true;
      finish_pause(start);
      return result_;
    }
    split_finalizable();
    for (Object* object : dead_) {
      if (has_gc_bit(object, kGcHasWeakrefs)) weak_clear(object, *m_.slot, true);
    }
    qsbr_drain_world_stopped();
    set_triggers();
    finish_pause(start);
    free_dead();
    return result_;
  }

  struct Marker : RootVisitor {
    explicit Marker(Collection& collection) : RootVisitor(visit), collection(collection) {}
    static void visit(Visitor& self, Value* slot) {
      Value value = *slot;
      if (value.is_heap()) static_cast<Marker&>(self).collection.mark(value.as_object());
    }
    Collection& collection;
  };

  // Puts the object on the stack; whether it is marked already is looked up when it is popped, after a prefetch.
  OROCHI_INLINE void mark(Object* object) {
    if (OROCHI_LIKELY(in_heap(object)) && page_of(object)->kind == PageKind::Leaf) return;
    stack_.push(object);
  }

  void trace(Object* object, Marker& marker) {
    // A dead block can only be named by a register or root that should have been emptied; there is nothing to keep.
    if (has_gc_bit(object, kGcMarked) || OROCHI_UNLIKELY(!is_live_block(object))) return;
    if (OROCHI_UNLIKELY(!in_heap(object))) {
      statics_.push(object);
      if (statics_.failed()) return;  // its mark could not be cleared
    }
    object->gc_byte |= kGcMarked;
    Object* type = type_object(object);
    if (!has_gc_bit(type, kGcMarked)) mark(type);
    visit_fields(object, marker);
  }

  void drain() {
    constexpr uint32_t kAhead = 16;
    Object* ahead[kAhead];
    uint32_t first = 0;
    uint32_t count = 0;
    Marker marker(*this);
    for (;;) {
      while (count < kAhead && !stack_.is_empty()) {
        Object* object = stack_.pop();
        __builtin_prefetch(object);
        ahead[(first + count++) % kAhead] = object;
      }
      if (count == 0) return;
      Object* object = ahead[first];
      first = (first + 1) % kAhead;
      count--;
      trace(object, marker);
    }
  }

  void mark_roots() {
    Marker marker(*this);
    if (hooks.visit_threads != nullptr) hooks.visit_threads(marker);
    drain();
    uint32_t count = source_count.load_acquire();  // pairs with add_root_source
    for (uint32_t i = 0; i < count; i++) {
      sources[i](marker);
      drain();
    }
    uint32_t slots = thread_slot_count.load_acquire();
    for (uint32_t id = 1; id <= slots; id++) {
      ThreadSlot& slot = *thread_slot(id);
      for (size_t i = 0; i < slot.finalizers.size(); i++) mark(slot.finalizers.at(i));
      for (size_t i = 0; i < slot.weak_callbacks.size(); i++) mark(slot.weak_callbacks.at(i));
      drain();
    }
  }

  bool count_candidates() {
    struct Walk {
      bool failed = false;
    } walk;
    for_each_block(
        PageKind::Traced,
        [](void* w, void* block) {
          auto* object = static_cast<Object*>(block);
          if (has_gc_bit(object, kGcMarked)) return;
          Page* page = page_of(object);
          if (page->references == nullptr) {
            page->references = static_cast<int32_t*>(allocate_raw_zeroed(page->capacity * sizeof(int32_t)));
            if (page->references == nullptr) {
              static_cast<Walk*>(w)->failed = true;
              return;
            }
          }
          int64_t count = is_deferred(object) ? 0 : reference_count(object);
          if (object->owner == kOwnerImmortal || has_gc_bit(object, kGcFrozen)) count = INT32_MAX / 2;
          page->references[block_index(page, object)] = static_cast<int32_t>(count > INT32_MAX / 2 ? INT32_MAX / 2 : count);
        },
        &walk);
    return !walk.failed;
  }

  struct Subtractor : Visitor {
    Subtractor() : Visitor(visit) {}
    static void visit(Visitor&, Value* slot) {
      Value value = *slot;
      if (!value.is_heap()) return;
      Object* object = value.as_object();
      if (!in_heap(object)) return;
      // Marked neighbours of candidates are counted down too: nobody looks at their numbers.
      Page* page = page_of(object);
      if (page->references != nullptr) page->references[block_index(page, object)]--;
    }
  };

  void subtract_internal() {
    Subtractor subtractor;
    for_each_block(
        PageKind::Traced,
        [](void* visitor, void* block) {
          auto* object = static_cast<Object*>(block);
          if (!has_gc_bit(object, kGcMarked)) visit_fields(object, *static_cast<Subtractor*>(visitor));
        },
        &subtractor);
  }

  void rescue_external() {
    for_each_block(
        PageKind::Traced,
        [](void* c, void* block) {
          auto& collection = *static_cast<Collection*>(c);
          auto* object = static_cast<Object*>(block);
          if (has_gc_bit(object, kGcMarked)) return;
          bool frozen = has_gc_bit(object, kGcFrozen);
          if (is_deferred(object) && !frozen) return;
          // More Fields than counts: somebody counts wrongly. Keeping the object is the safe answer.
          PARANOID_CHECK(is_deferred(object) || references_of(object) >= 0);
          if (references_of(object) == 0 && !frozen) return;
          collection.mark(object);
          collection.drain();
        },
        this);
  }

  void sweep_marks(bool collect_garbage) {
    collect_garbage_ = collect_garbage;
    for_each_block(
        PageKind::Traced,
        [](void* c, void* block) {
          auto& collection = *static_cast<Collection*>(c);
          auto* object = static_cast<Object*>(block);
          if (has_gc_bit(object, kGcMarked)) {
            object->gc_byte &= static_cast<uint8_t>(~kGcMarked);
          } else if (collection.collect_garbage_) {
            collection.garbage_.push(object);
            if (!collection.garbage_.failed()) object->gc_byte |= kGcGarbage;
          }
        },
        this);
  }

  static void free_references() {
    for_each_page(
        [](void*, Page* page) {
          free_raw(page->references);
          page->references = nullptr;
        },
        nullptr);
  }

  struct GarbageMarker : Visitor {
    explicit GarbageMarker(Collection& collection) : Visitor(visit), collection(collection) {}
    static void visit(Visitor& self, Value* slot) {
      Value value = *slot;
      if (value.is_heap()) static_cast<GarbageMarker&>(self).collection.mark_garbage(value.as_object());
    }
    Collection& collection;
  };

  void mark_garbage(Object* object) {
    if (!is_traced_block(object) || !has_gc_bit(object, kGcGarbage) || has_gc_bit(object, kGcMarked)) return;
    object->gc_byte |= kGcMarked;
    stack_.push(object);
  }

  static bool wants_finalizer(const Object* object) {
    return object->has(kShapeHasFinalizer) && !has_gc_bit(object, kGcFinalized | kGcPending);
  }

  void split_finalizable() {
    bool any = false;
    for (Object* object : garbage_) {
      if (!wants_finalizer(object)) continue;
      any = true;
      mark_garbage(object);
    }
    if (any) {
      GarbageMarker marker(*this);
      while (!stack_.is_empty()) {
        Object* object = stack_.pop();
        mark_garbage(type_object(object));
        visit_fields(object, marker);
      }
    }
    bool give_up = stack_.failed();  // the marks are incomplete: free nothing this time
    for (Object* object : garbage_) {
      bool reachable = has_gc_bit(object, kGcMarked) || give_up;
      if (!reachable) dead_.push(object);
      if (reachable || dead_.failed()) object->gc_byte &= static_cast<uint8_t>(~kGcGarbage);
      object->gc_byte &= static_cast<uint8_t>(~kGcMarked);
    }
    if (dead_.failed()) {  // what refers to an object that stays must stay too
      for (Object* object : dead_) object->gc_byte &= static_cast<uint8_t>(~kGcGarbage);
      while (!dead_.is_empty()) dead_.pop();
    }
    for (Object* object : garbage_) {
      if (has_gc_bit(object, kGcGarbage) || !wants_finalizer(object)) continue;
      retain_object(object, m_.slot_id);  // the queue's reference
      object->gc_byte |= kGcPending;
      if (m_.slot->finalizers.push(object)) result_.finalizers++;
    }
    if (result_.finalizers != 0) m_.request(kPollFinalizers);
  }

  void finish_pause(int64_t start) {
    hooks.start_world(m_);
    result_.pause_ns = platform::monotonic_ns() - start;
  }

  struct Dropper : Visitor {
    Dropper() : Visitor(visit) {}
    static void visit(Visitor&, Value* slot) {
      Value value = *slot;
      *slot = Value();
      if (!value.is_heap()) return;
      Object* object = value.as_object();
      // References among the dead need no counting. Only this thread can reach them, so their bits are stable.
      if (is_traced_block(object) && (load_relaxed(&object->gc_byte) & kGcGarbage) != 0) return;
      release(value);
    }
  };

  void free_dead() {
    result_.freed = dead_.size();
    Dropper dropper;
    for (Object* object : dead_) visit_fields(object, dropper);
    size_t counted = 0;  // those go to the front
    for (size_t i = 0; i < dead_.size(); i++) {
      if (!is_deferred(dead_[i])) dead_.swap(i, counted++);
    }
    for (Object* object : dead_) destroy_cleared(*m_.slot, object);
  }

  static void set_triggers() {
    HeapStatistics statistics = heap_statistics();
    collector_state.live_bytes.store_relaxed(statistics.traced_bytes);
    size_t growth = collection_growth();
    uint32_t slots = thread_slot_count.load_acquire();
    uint32_t running = 0;
    for (uint32_t id = 1; id <= slots; id++) running += thread_slot(id)->mutator != nullptr;
    if (running == 0) running = 1;
    bool enabled = collector_state.enabled.load_relaxed() != 0;
    for (uint32_t id = 1; id <= slots; id++) {
      ThreadHeap& heap = thread_slot(id)->heap;
      int64_t live = heap.live_bytes[static_cast<size_t>(PageKind::Traced)];
      int64_t at = live + static_cast<int64_t>(growth / running);
      heap.collect_at = enabled ? (at > 0 ? at : 1) : 0;
    }
  }

  Mutator& m_;
  ObjectStack stack_;
  ObjectStack statics_;   // marked objects outside the heap
  ObjectStack garbage_;
  ObjectStack dead_;      // garbage to free now; every object of it has kGcGarbage, and no other object has
  ObjectQueue settled_;   // had spread counts, and nobody refers to them
  bool collect_garbage_ = false;
  CollectionResult result_;
};

struct StoppedWorld {
  explicit StoppedWorld(Mutator& m) : m(m) { hooks.stop_world(m); }
  ~StoppedWorld() { hooks.start_world(m); }
  Mutator& m;
};

// Gives out what a walk collected, after the world has started again.
void hand_out(ObjectStack& found, ObjectSink sink, void* context) {
  for (Object* object : found) sink(context, Local<>::adopt(Value(object)));
}

}  // namespace

// Other threads' stacks are read as they are; a word that changes meanwhile belongs to a frame that holds no reference.
#if OROCHI_ASAN || OROCHI_TSAN
[[clang::no_sanitize("address", "thread"), gnu::noinline]]
#endif
void RootVisitor::visit_conservatively(const uint64_t* low, const uint64_t* high) {
  for (const uint64_t* word = low; word < high; word++) {
    auto* object = static_cast<Object*>(block_of_address(reinterpret_cast<void*>(*word)));
    if (object != nullptr && is_deferred(object)) visit_value(Value(object));
  }
}

void set_collector_hooks(const CollectorHooks& new_hooks) { hooks = new_hooks; }

void add_root_source(void (*visit)(RootVisitor& roots)) {
  MutexGuard guard(sources_lock);
  uint32_t count = source_count.load_relaxed();
  CHECK(count < kMaxSources);
  sources[count] = visit;
  source_count.publish_release(count + 1);  // pairs with mark_roots
}

size_t collection_growth() {
  size_t growth = collector_state.live_bytes.load_relaxed() / 2;
  size_t least = policy_started.load_relaxed() ? kMinimumGrowth : kFirstGrowth;
  return growth > least ? growth : least;
}

CollectionResult collect_once(Mutator& m) {
  MutexGuard guard(collector_lock);
  policy_started.store_relaxed(1);
  CollectionResult result;
  {
    Collection collection(m);
    result = collection.run();
  }
  tidy_heap(m.slot->heap);
  tidy_pool();
  CollectorState& state = collector_state;
  state.last_pause_ns.store_relaxed(result.pause_ns);
  if (result.pause_ns > state.longest_pause_ns.load_relaxed()) state.longest_pause_ns.store_relaxed(result.pause_ns);
  state.total_pause_ns.count_relaxed(result.pause_ns);
  return result;
}

void set_collector_enabled(Mutator& m, bool enabled) {
  collector_state.enabled.store_relaxed(enabled);
  StoppedWorld stopped(m);
  uint32_t slots = thread_slot_count.load_acquire();
  for (uint32_t id = 1; id <= slots; id++) {
    ThreadHeap& heap = thread_slot(id)->heap;
    int64_t live = heap.live_bytes[static_cast<size_t>(PageKind::Traced)];
    heap.collect_at = enabled ? (live > 0 ? live : 0) + static_cast<int64_t>(collection_growth()) : 0;
  }
}

bool gc_is_tracked(const Object* object) {
  const Shape* shape = object->shape();
  if ((load_relaxed(&object->gc_byte) & kGcUntracked) != 0) return false;
  return shape->layout->trace != nullptr || shape->slot_capacity != 0;
}

void gc_for_each_object(Mutator& m, ObjectSink sink, void* context) {
  ObjectStack found;
  {
    StoppedWorld stopped(m);
    for_each_block(
        PageKind::Traced,
        [](void* f, void* block) {
          auto* object = static_cast<Object*>(block);
          if (has_gc_bit(object, kGcGarbage) || !gc_is_tracked(object)) return;
          auto& found = *static_cast<ObjectStack*>(f);
          found.push(object);
          if (!found.failed()) retain_object(object, tls_slot_id);
        },
        &found);
  }
  hand_out(found, sink, context);
}

void gc_referrers(Mutator& m, const Value* targets, size_t count, ObjectSink sink, void* context) {
  struct Search : Visitor {
    Search() : Visitor(visit) {}
    static void visit(Visitor& self, Value* slot) {
      auto& search = static_cast<Search&>(self);
      for (size_t i = 0; i < search.count; i++) search.hit |= *slot == search.targets[i];
    }
    const Value* targets;
    size_t count;
    bool hit = false;
    ObjectStack found;
  } search;
  search.targets = targets;
  search.count = count;
  {
    StoppedWorld stopped(m);
    for_each_block(
        PageKind::Traced,
        [](void* s, void* block) {
          auto* object = static_cast<Object*>(block);
          if (has_gc_bit(object, kGcGarbage) || !gc_is_tracked(object)) return;
          auto& search = *static_cast<Search*>(s);
          search.hit = false;
          visit_fields(object, search);
          if (!search.hit) return;
          search.found.push(object);
          if (!search.found.failed()) retain_object(object, tls_slot_id);
        },
        &search);
  }
  hand_out(search.found, sink, context);
}

void gc_referents(Mutator& m, Object* object, ObjectSink sink, void* context) {
  struct Collect : Visitor {
    Collect() : Visitor(visit) {}
    static void visit(Visitor& self, Value* slot) {
      if (!slot->is_heap()) return;
      auto& found = static_cast<Collect&>(self).found;
      found.push(slot->as_object());
      if (!found.failed()) retain_object(slot->as_object(), tls_slot_id);
    }
    ObjectStack found;
  } collect;
  {
    StoppedWorld stopped(m);
    visit_fields(object, collect);
  }
  hand_out(collect.found, sink, context);
}

void settle_shared_counts(Mutator& m) {
  ObjectQueue zero;
  {
    StoppedWorld stopped(m);
    settle_spread_counts(zero);
  }
  while (Object* object = zero.pop()) release_object(object, m.slot_id);
}

namespace {
void set_frozen(Mutator& m, bool frozen) {
  struct Walk {
    bool frozen;
    uint64_t count = 0;
  } walk{frozen};
  StoppedWorld stopped(m);
  for_each_block(
      PageKind::Traced,
      [](void* w, void* block) {
        auto* object = static_cast<Object*>(block);
        auto& walk = *static_cast<Walk*>(w);
        if (has_gc_bit(object, kGcGarbage)) return;
        if (walk.frozen) {
          object->gc_byte |= kGcFrozen;
        } else {
          object->gc_byte &= static_cast<uint8_t>(~kGcFrozen);
        }
        walk.count += walk.frozen && gc_is_tracked(object);
      },
      &walk);
  collector_state.frozen.store_relaxed(walk.count);
}
}  // namespace

void gc_freeze(Mutator& m) { set_frozen(m, true); }
void gc_unfreeze(Mutator& m) { set_frozen(m, false); }

// A collection of another thread that was freeing is gone: what it had not freed yet stays for ever.
void collector_after_fork_child() {
  collector_lock.reset_after_fork();
  sources_lock.reset_after_fork();
}

}  // namespace orochi
