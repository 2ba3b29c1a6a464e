// Shared by the files of this folder only: the registry of thread slots and what of the stop-the-world protocol the
// registry takes part in.
#pragma once

#include "threads/safepoint.h"

namespace orochi {

bool holds_world(const Mutator& m);

namespace threads_internal {

extern Mutex registry_lock;      // slots' mutators, the free list, world_stopping
extern bool world_stopping;      // guarded by registry_lock
extern Shared<uint32_t> stop_progress;
extern Shared<uint32_t> world_owner;

void stand_still(Mutator& m);    // a stop is requested: park until it is over
void yield_gil(Mutator& m);
void install_hooks(GilMode gil);
void reset_locks_after_fork(Thread& t);
void maybe_back_to_single_thread(Thread& t);  // at a safepoint of the only thread left
void visit_thread_roots(RootVisitor& roots);
bool take_orphan(Local<>* object, bool* is_callback);

}  // namespace threads_internal
}  // namespace orochi
