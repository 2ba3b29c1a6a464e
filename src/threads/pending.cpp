// What a thread does at a safepoint when its poll word says so: stand still, merge counts, collect, run finalizers and
// weak-reference callbacks, handle signals and asynchronous exceptions. Also gc.collect().
#include "threads/registry.h"

#include "platform/clock.h"

namespace orochi {

using namespace threads_internal;

namespace {

constinit SafepointHooks hooks{};  // set once at start-up
constinit Shared<uint32_t> collecting{0};

constexpr uint32_t kMaxFinalizerDepth = 16;  // finalizers whose garbage has finalizers
constexpr uint32_t kManySpread = 1024;       // objects with spread counts: time to see which of them are dead
constexpr int kMaxCollectionRounds = 4;      // finalizers that make new garbage each time

void run_one(Thread& t, Local<> object, bool is_callback) {
  Object* raw = object.value().as_object();
  if (is_callback) {
    if (hooks.weak_callback != nullptr) hooks.weak_callback(t, object);
    return;
  }
  uint8_t bits = load_relaxed(&raw->gc_byte);
  while (!claim(&raw->gc_byte, bits, static_cast<uint8_t>((bits | kGcFinalized) & ~kGcPending))) {
  }
  if (hooks.finalize != nullptr && (bits & kGcFinalized) == 0) hooks.finalize(t, object);
}  // dropping the queue's reference here ends the object, unless it was resurrected

}  // namespace

void set_safepoint_hooks(const SafepointHooks& added) {
  if (added.finalize) hooks.finalize = added.finalize;
  if (added.weak_callback) hooks.weak_callback = added.weak_callback;
  if (added.signals) hooks.signals = added.signals;
  if (added.async_exception) hooks.async_exception = added.async_exception;
  if (added.pending_calls) hooks.pending_calls = added.pending_calls;
  if (added.tracing) hooks.tracing = added.tracing;
  if (added.collection) hooks.collection = added.collection;
}

void run_finalizers(Thread& t) {
  t.withdraw(kPollFinalizers);
  ThreadSlot& slot = *t.slot;
  if (slot.finalizer_depth >= kMaxFinalizerDepth) return;  // an outer loop goes on
  slot.finalizer_depth++;
  Value pending = t.pending;  // finalizers see no exception and leave none
  t.pending = Value();
  for (;;) {
    if (Object* ref = slot.weak_callbacks.pop()) {
      run_one(t, Local<>::adopt(Value(ref)), true);
    } else if (Object* object = slot.finalizers.pop()) {
      run_one(t, Local<>::adopt(Value(object)), false);
    } else {
      Local<> orphan;
      bool is_callback = false;
      if (!take_orphan(&orphan, &is_callback)) break;
      run_one(t, std::move(orphan), is_callback);
    }
    DCHECK(!t.has_pending());
  }
  t.pending = pending;
  slot.finalizer_depth--;
}

size_t collect_garbage(Thread& t, int generation) {
  uint32_t idle = 0;
  if (!collecting.claim(idle, 1)) return 0;  // by another thread, or by a finalizer of this very collection
  if (generation < 0 || generation > 2) generation = 2;
  if (hooks.collection != nullptr) hooks.collection(t, true, generation, nullptr);
  process_merge_queue(*t.slot);
  CollectionResult total;
  for (int round = 0; round < kMaxCollectionRounds; round++) {
    CollectionResult result = collect_once(t);
    total.freed += result.freed;
    total.pause_ns += result.pause_ns;
    total.aborted |= result.aborted;
    bool again = result.finalizers != 0;
    total.finalizers += result.finalizers;
    if ((t.load_poll() & kPollFinalizers) != 0) run_finalizers(t);
    if (!again) break;
  }
  collector_state.collections[generation].count_relaxed(1);
  collector_state.collected[generation].count_relaxed(total.freed);
  collecting.publish_release(0);
  if (hooks.collection != nullptr) hooks.collection(t, false, generation, &total);
  return total.freed;
}

Result<void> safepoint_slow(Thread& t) {
  DCHECK(t.locks_held == 0);
  DCHECK(!holds_raw_lock());
  uint32_t poll = t.load_poll();
  if ((poll & kPollStop) != 0) stand_still(t);
  if ((poll & kPollGil) != 0) yield_gil(t);
  if ((poll & kPollMerge) != 0) {
    t.withdraw(kPollMerge);
    process_merge_queue(*t.slot);
    maybe_back_to_single_thread(t);
    if (spread_count() >= (multi_threaded() ? kManySpread : 1)) settle_shared_counts(t);
  }
  qsbr_quiescent(&t.slot->qsbr);
  if ((poll & kPollCollect) != 0) {
    t.withdraw(kPollCollect);
    if (collector_state.enabled.load_relaxed() != 0) collect_garbage(t, 0);
  }
  if ((t.load_poll() & kPollFinalizers) != 0) run_finalizers(t);
  if ((poll & kPollCall) != 0) {
    t.withdraw(kPollCall);
    if (hooks.pending_calls != nullptr) TRY(hooks.pending_calls(t));
  }
  if ((poll & kPollTrace) != 0) {
    t.withdraw(kPollTrace);
    if (hooks.tracing != nullptr) TRY(hooks.tracing(t));
  }
  if ((poll & kPollSignal) != 0) {
    t.withdraw(kPollSignal);
    if (hooks.signals != nullptr) TRY(hooks.signals(t));
  }
  if ((poll & kPollAsyncExc) != 0) {
    t.withdraw(kPollAsyncExc);
    if (hooks.async_exception != nullptr) TRY(hooks.async_exception(t));
  }
  return ok();
}

}  // namespace orochi
