// Threads of the runtime: registration, attach and detach, safepoints, stopping the world, the optional global lock,
// fork. A thread runs Python code only while attached; whoever needs all threads to stand still stops the world.
// States and their transitions: heap/thread_slot.h; the protocol: docs/design/threads.md.
#pragma once

#include "heap/collector.h"
#include "heap/thread_slot.h"
#include "threads/thread.h"

namespace orochi {

// What the upper layers do at a safepoint. All may be null.
struct SafepointHooks {
  void (*finalize)(Thread& t, Borrowed<> object);           // runs __del__; errors are reported unraisable
  void (*weak_callback)(Thread& t, Borrowed<> weak_ref);    // calls WeakRef::callback; the same
  Result<void> (*signals)(Thread& t);                       // kPollSignal
  Result<void> (*async_exception)(Thread& t);               // kPollAsyncExc
  Result<void> (*pending_calls)(Thread& t);                 // kPollCall
  Result<void> (*tracing)(Thread& t);                       // kPollTrace
  void (*collection)(Thread& t, bool start, int generation, const CollectionResult* result);  // gc.callbacks
};
// Installs those that are not null; the others stay. At start-up, before there is a second thread.
void set_safepoint_hooks(const SafepointHooks& hooks);

enum class GilMode { Off, On };

// Heap, hooks, barriers. Once, before the first thread registers; false: no address space.
bool initialise_threads(GilMode gil);
bool gil_enabled();

// The calling OS thread becomes `t`: gets a slot (tls_slot_id, tls_mutator) and is attached. False: no memory, or as
// many threads as there are slots. Call note_thread_starting() in the starting thread before each but the first, so
// that it stops leaving locks out; note_thread_start_failed() if the OS then refuses.
bool register_thread(Thread& t);
void note_thread_starting();
void note_thread_start_failed();
// Runs what finalizers it has queued, detaches, gives the slot back. The stacks of `t` are empty by now.
void unregister_thread(Thread& t);

// detach_thread, attach_thread and class Detached: thread.h.
bool is_attached(const Thread& t);

uint32_t registered_threads();
// With the world stopped, or for the caller's own needs under the registry's lock: `visit` must not block.
void for_each_thread(void (*visit)(void* context, Thread& t), void* context);
// Sets poll bits of all threads, or of the one with this ident (false: there is none). `prepare` runs before the bits
// are set, under the registry's lock.
void request_all(uint32_t bits);
bool request_thread(uint64_t ident, uint32_t bits, void (*prepare)(void* context, Thread& t) = nullptr,
                    void* context = nullptr);

// From here until start_the_world() no other thread is attached. The caller is attached; it may wait detached while
// another one stops the world.
void stop_the_world(Mutator& m);
void start_the_world(Mutator& m);

class WorldStopped {
 public:
  explicit WorldStopped(Mutator& m) : m_(m) { stop_the_world(m); }
  ~WorldStopped() { start_the_world(m_); }
  WorldStopped(const WorldStopped&) = delete;
  WorldStopped& operator=(const WorldStopped&) = delete;

 private:
  Mutator& m_;
};

// Runs the queued finalizers and weak-reference callbacks of this thread (and those that ended threads left).
void run_finalizers(Thread& t);
// gc.collect(): collects, runs finalizers, collects again what they left. Returns the number of objects freed.
size_t collect_garbage(Thread& t, int generation);

// GIL mode: how long a thread keeps the lock when others wait (sys.setswitchinterval).
void set_switch_interval(int64_t ns);
int64_t switch_interval();

// Around fork(): before stops the world; after in the child, only `t` is left.
void before_fork(Thread& t);
void after_fork_parent(Thread& t);
void after_fork_child(Thread& t);

}  // namespace orochi
