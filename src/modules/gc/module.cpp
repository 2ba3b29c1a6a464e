// gc: the collector's policy, statistics and views of the heap (heap/collector.h does the work).
#include <vector>

#include "objects/dict.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/call.h"
#include "protocols/native.h"
#include "protocols/operators.h"
#include "runtime/pending_work.h"
#include "threads/safepoint.h"

namespace orochi {
namespace {

constexpr uint32_t kDebugStats = 1, kDebugCollectable = 2, kDebugUncollectable = 4, kDebugSaveAll = 32,
                   kDebugLeak = kDebugCollectable | kDebugUncollectable | kDebugSaveAll;

uint64_t callbacks_bits = 0;  // the list gc.callbacks, owned by the process once made

// Appending allocates, which the walk over the heap forbids: objects are gathered first.
struct Gathered {
  std::vector<Value> values;  // owned
  Gathered() = default;
  Gathered(const Gathered&) = delete;
  ~Gathered() {
    for (Value v : values) release(v);
  }
  static void sink(void* context, Local<> object) {
    static_cast<Gathered*>(context)->values.push_back(object.release());
  }
};

Result<void> gc_enable(Thread& t) {
  set_collector_enabled(t, true);
  return ok();
}
Result<void> gc_disable(Thread& t) {
  set_collector_enabled(t, false);
  return ok();
}
bool gc_isenabled(Thread&) { return collector_state.enabled.load_relaxed() != 0; }

Result<int64_t> gc_collect(Thread& t, Index generation) {
  if (generation.value < 0 || generation.value > 2) return raise(t, types::ValueError, "invalid generation");
  return static_cast<int64_t>(collect_garbage(t, static_cast<int>(generation.value)));
}
Result<Local<>> three_ints(Thread& t, int64_t a, int64_t b, int64_t c) {
  Local<> x = TRY(make_int(t, a)), y = TRY(make_int(t, b)), z = TRY(make_int(t, c));
  return make_tuple(t, {x.value(), y.value(), z.value()});
}
// There are no generations to count in: what is reported is zero.
Result<Local<>> gc_get_count(Thread& t) { return three_ints(t, 0, 0, 0); }
Result<Local<>> gc_get_threshold(Thread& t) {
  return three_ints(t, collector_state.thresholds[0].load_relaxed(), collector_state.thresholds[1].load_relaxed(),
                    collector_state.thresholds[2].load_relaxed());
}
Result<void> gc_set_threshold(Thread&, int32_t first, Maybe<int32_t> second, Maybe<int32_t> third) {
  collector_state.thresholds[0].store_relaxed(first);
  if (second) collector_state.thresholds[1].store_relaxed(*second);
  if (third) collector_state.thresholds[2].store_relaxed(*third);
  return ok();
}
Result<void> put_int(Thread& t, Borrowed<Dict> dict, Borrowed<Str> key, int64_t n) {
  Local<> value = TRY(make_int(t, n));
  return dict_set_str(t, dict, key, std::move(value));
}
Result<Local<>> gc_get_stats(Thread& t) {
  Local<List> list = TRY(make_list(t, 3));
  for (int i = 0; i < 3; i++) {
    Local<Dict> row = TRY(make_dict(t));
    TRY(put_int(t, row, "collections"_n, static_cast<int64_t>(collector_state.collections[i].load_relaxed())));
    TRY(put_int(t, row, "collected"_n, static_cast<int64_t>(collector_state.collected[i].load_relaxed())));
    TRY(put_int(t, row, "uncollectable"_n, static_cast<int64_t>(collector_state.uncollectable[i].load_relaxed())));
    TRY(list_append(t, list, std::move(row)));
  }
  return list;
}
// Orochi's own: how long the world stood still, in nanoseconds.
Result<Local<>> gc_pauses(Thread& t) {
  Local<Dict> row = TRY(make_dict(t));
  TRY(put_int(t, row, "last"_n, collector_state.last_pause_ns.load_relaxed()));
  TRY(put_int(t, row, "longest"_n, collector_state.longest_pause_ns.load_relaxed()));
  TRY(put_int(t, row, "total"_n, collector_state.total_pause_ns.load_relaxed()));
  return row;
}
Result<Local<>> to_list(Thread& t, const Gathered& found, Value leave_out = {}) {
  Local<List> list = TRY(make_list(t, found.values.size()));
  for (Value v : found.values) {
    if (v.is_empty() || v == leave_out) continue;
    TRY(list_append(t, list, Local<>::share(v)));
  }
  return list;
}
Result<Local<>> gc_get_objects(Thread& t, OrNone<Index> generation) {
  if (generation && generation->value >= 3) {
    return raise(t, types::ValueError, "generation parameter must be less than the number of available generations (3)");
  }
  if (generation && generation->value < 0) return raise(t, types::ValueError, "generation parameter cannot be negative");
  Gathered found;
  // Every object is in the oldest generation; an explicit younger one is empty.
  if (!generation || generation->value == 2) gc_for_each_object(t, Gathered::sink, &found);
  return to_list(t, found);
}
Result<Local<>> get_referrers(Thread& t, Rest objects) {
  Gathered found;
  gc_referrers(t, objects.values, objects.count, Gathered::sink, &found);
  return to_list(t, found);
}
Result<Local<>> get_referents(Thread& t, Rest objects) {
  Gathered found;
  for (Value v : objects) {
    if (v.is_heap()) gc_referents(t, v.as_object(), Gathered::sink, &found);
  }
  return to_list(t, found);
}
bool is_tracked(Thread&, Borrowed<> object) {
  return object.value().is_heap() && gc_is_tracked(object.value().as_object());
}
bool is_finalized(Thread&, Borrowed<> object) {
  return object.value().is_heap() && (__atomic_load_n(&object.value().as_object()->gc_byte, __ATOMIC_RELAXED) & kGcFinalized);
}
Result<void> freeze(Thread& t) {
  gc_freeze(t);
  return ok();
}
Result<void> unfreeze(Thread& t) {
  gc_unfreeze(t);
  return ok();
}
int64_t get_freeze_count(Thread&) { return static_cast<int64_t>(collector_state.frozen.load_relaxed()); }
int64_t get_debug(Thread&) { return collector_state.debug_flags.load_relaxed(); }
Result<void> set_debug(Thread&, int32_t flags) {
  collector_state.debug_flags.store_relaxed(static_cast<uint32_t>(flags));
  return ok();
}

// gc.callbacks: each is called with ("start" | "stop", {generation, collected, uncollectable}).
Result<void> run_callbacks(Thread& t, bool start, int generation, const CollectionResult* result) {
  Local<List> callbacks = Local<List>::share(Value(__atomic_load_n(&callbacks_bits, __ATOMIC_ACQUIRE)));
  if (!callbacks || callbacks->length() == 0) return ok();
  Local<Dict> info = TRY(make_dict(t));
  TRY(put_int(t, info, "generation"_n, generation));
  TRY(put_int(t, info, "collected"_n, result ? static_cast<int64_t>(result->freed) : 0));
  TRY(put_int(t, info, "uncollectable"_n, 0));
  Borrowed<Str> phase = start ? "start"_n : "stop"_n;
  for (int64_t i = 0;; i++) {
    Lookup<> callback = list_get(t, callbacks, i);
    if (callback.raised()) return Raised{};
    if (callback.absent()) return ok();
    if (call(t, *callback, phase, info).raised()) {
      if (report_unraisable) {
        report_unraisable(t, "Exception ignored while calling GC callback", *callback);
      } else {
        clear_pending(t);
      }
    }
  }
}
void on_collection(Thread& t, bool start, int generation, const CollectionResult* result) {
  Local<> pending = take_pending(t);
  if (run_callbacks(t, start, generation, result).raised()) {
    if (report_unraisable) report_unraisable(t, "Exception ignored while calling GC callbacks", kNone);
    else clear_pending(t);
  }
  if (pending) set_pending(t, std::move(pending));
}

constexpr NativeDef kFunctions[] = {
    function<gc_enable>("enable()", "Enable automatic garbage collection."),
    function<gc_disable>("disable()", "Disable automatic garbage collection."),
    function<gc_isenabled>("isenabled()", "Returns true if automatic garbage collection is enabled."),
    function<gc_collect>("collect(generation=2)",
                         "Run the garbage collector.\n\nThe number of unreachable objects is returned."),
    function<gc_get_count>("get_count()", "Return a three-tuple of the current collection counts."),
    function<gc_get_threshold>("get_threshold()", "Return the current collection thresholds."),
    function<gc_set_threshold>("set_threshold(threshold0, threshold1=<unrepresentable>, threshold2=<unrepresentable>, /)",
                               "Set the collection thresholds (the collection frequency)."),
    function<gc_get_stats>("get_stats()", "Return a list of dictionaries containing per-generation statistics."),
    function<gc_pauses>("_get_pauses()", "How long collections have stopped all threads, in nanoseconds."),
    function<gc_get_objects>("get_objects(generation=None)", "Return a list of objects tracked by the collector."),
    function<get_referrers>("get_referrers(*objs)", "Return the list of objects that directly refer to any of 'objs'."),
    function<get_referents>("get_referents(*objs)", "Return the list of objects that are directly referred to by 'objs'."),
    function<is_tracked>("is_tracked(obj, /)", "Returns true if the object is tracked by the garbage collector."),
    function<is_finalized>("is_finalized(obj, /)", "Returns true if the object has been already finalized by the GC."),
    function<freeze>("freeze()", "Freeze all current tracked objects and ignore them for future collections."),
    function<unfreeze>("unfreeze()", "Unfreeze all objects in the permanent generation."),
    function<get_freeze_count>("get_freeze_count()", "Return the number of objects in the permanent generation."),
    function<get_debug>("get_debug()", "Get the garbage collection debugging flags."),
    function<set_debug>("set_debug(flags, /)", "Set the garbage collection debugging flags."),
};

Result<void> init_gc(Thread& t, Borrowed<Module> module) {
  Local<List> garbage = TRY(make_list(t)), callbacks = TRY(make_list(t));
  TRY(module_set(t, module, "garbage", garbage));
  TRY(module_set(t, module, "callbacks", callbacks));
  TRY(module_set_int(t, module, "DEBUG_STATS", kDebugStats));
  TRY(module_set_int(t, module, "DEBUG_COLLECTABLE", kDebugCollectable));
  TRY(module_set_int(t, module, "DEBUG_UNCOLLECTABLE", kDebugUncollectable));
  TRY(module_set_int(t, module, "DEBUG_SAVEALL", kDebugSaveAll));
  TRY(module_set_int(t, module, "DEBUG_LEAK", kDebugLeak));
  __atomic_store_n(&callbacks_bits, callbacks.release().bits, __ATOMIC_RELEASE);  // a native module is made once
  constexpr int32_t kThresholds[] = {2000, 10, 10};  // only reported: growth of the heap decides
  for (int i = 0; i < 3; i++) collector_state.thresholds[i].store_relaxed(kThresholds[i]);
  collection_hook = on_collection;
  return ok();
}

}  // namespace

OROCHI_MODULE(gc, "This module provides access to the garbage collector for reference cycles.", kFunctions, init_gc)

}  // namespace orochi
