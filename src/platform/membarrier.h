// A memory barrier on every running thread of the process at once: lets the frequent side of a store-then-load
// protocol go without one.
#pragma once

namespace orochi::platform {

// True when the system offers it; asks once and registers the process. Call before the first barrier_all_threads().
bool register_barrier_all_threads();

// After it returns, every thread has executed a full barrier between the call and the return.
void barrier_all_threads();

}  // namespace orochi::platform
