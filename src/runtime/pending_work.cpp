// What a thread does at a safepoint on behalf of native modules: Python signal handlers and gc.callbacks. (Finalizers,
// weak-reference callbacks and asynchronous exceptions are the interpreter's.) Installed once at start-up.
#include "runtime/pending_work.h"

#include "threads/safepoint.h"

namespace orochi {

Result<void> (*signal_handlers_hook)(Thread& t) = nullptr;
void (*collection_hook)(Thread& t, bool start, int generation, const CollectionResult* result) = nullptr;

void install_pending_work() {
  SafepointHooks hooks{};
  hooks.signals = [](Thread& t) -> Result<void> {
    t.withdraw(kPollSignal);
    return signal_handlers_hook ? signal_handlers_hook(t) : ok();
  };
  hooks.collection = [](Thread& t, bool start, int generation, const CollectionResult* result) {
    if (collection_hook) collection_hook(t, start, generation, result);
  };
  set_safepoint_hooks(hooks);
}

}  // namespace orochi
