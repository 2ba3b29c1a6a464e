// The cycle collector: stop-the-world, not generational. Counts free most things; this frees cycles and everything
// deferred (functions, code, modules, classes). See docs/design/heap.md for the phases.
//
// The heap does not know threads: what the collector needs from them comes through CollectorHooks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/mutator.h"
#include "heap/weak_references.h"
#include "sync/shared.h"

namespace orochi {

// Handed to root sources: everything visited is alive, with all it reaches.
class RootVisitor : public Visitor {
 public:
  explicit RootVisitor(Visit visit) : Visitor(visit) {}
  void visit_value(Value value) {
    Value copy = value;
    visit_slot(&copy);
  }
  // Any word in [low, high) that looks like the address of a live deferred object, or into one, keeps it alive. Counted
  // objects are left to their counts, or stale words would keep cycles that programs expect gc.collect() to free.
  void visit_conservatively(const uint64_t* low, const uint64_t* high);
};

struct CollectorHooks {
  void (*stop_world)(Mutator& m);
  void (*start_world)(Mutator& m);
  void (*visit_threads)(RootVisitor& roots);  // registers, frames, native stacks; world stopped
};
void set_collector_hooks(const CollectorHooks& hooks);

// Roots beside the threads: called in every collection with the world stopped. For modules' native state, tables of
// types, preallocated objects. Counted references need no root; deferred objects held only by native code do.
void add_root_source(void (*visit)(RootVisitor& roots));

struct CollectionResult {
  size_t freed = 0;       // objects
  size_t finalizers = 0;  // finalizers queued: collect again after they have run
  int64_t pause_ns = 0;   // world stopped
  bool aborted = false;   // out of memory: nothing was done
};

// One collection. Frees what is garbage and cannot be resurrected; queues finalizers of the rest to the calling thread.
// Runs no Python code. (threads/safepoint.h has collect_garbage(Thread&), which also runs them and repeats.)
CollectionResult collect_once(Mutator& m);

// Ends the spreading of counts (counts.cpp), as every collection does: objects that only wait for that die now.
void settle_shared_counts(Mutator& m);

// --- policy and the gc module's state; any thread ---

struct CollectorState {
  Shared<uint32_t> enabled{1};
  Shared<uint32_t> debug_flags{0};
  Shared<int32_t> thresholds[3];          // as set by gc.set_threshold; 0 for the first means never automatically
  Shared<uint64_t> collections[3];        // per emulated generation
  Shared<uint64_t> collected[3];
  Shared<uint64_t> uncollectable[3];
  Shared<uint64_t> frozen{0};
  Shared<int64_t> last_pause_ns{0};
  Shared<int64_t> longest_pause_ns{0};
  Shared<int64_t> total_pause_ns{0};
  Shared<uint64_t> live_bytes{0};         // traced, after the last collection
};
extern CollectorState collector_state;

void set_collector_enabled(Mutator& m, bool enabled);
// Bytes of growth after which the next collection is due.
size_t collection_growth();

// --- looking at objects; each stops the world for its walk ---

bool gc_is_tracked(const Object* object);
using ObjectSink = void (*)(void* context, Local<> object);
// All tracked objects that nobody is about to free.
void gc_for_each_object(Mutator& m, ObjectSink sink, void* context);
// Objects with a Field that is one of `targets`.
void gc_referrers(Mutator& m, const Value* targets, size_t count, ObjectSink sink, void* context);
// The Fields of one object.
void gc_referents(Mutator& m, Object* object, ObjectSink sink, void* context);
void gc_freeze(Mutator& m);
void gc_unfreeze(Mutator& m);

void collector_after_fork_child();

}  // namespace orochi
