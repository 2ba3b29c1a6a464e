// _thread: locks, starting and joining threads, thread-local data.
//
// A Lock is one byte (sync/byte_lock.h); whoever waits for it is detached, so that the holder may reach a safepoint. A
// ThreadHandle is shared by the thread and those that join it; its Event is set as the thread's last act as Python.
#include <climits>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "builtins/structseq.h"
#include "interpreter/interpret.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "platform/clock.h"
#include "platform/os_thread.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/native.h"
#include "runtime/start.h"
#include "sync/byte_lock.h"
#include "sync/mutex.h"
#include "threads/safepoint.h"

namespace orochi {

namespace types {
extern ::orochi::Type ThreadLock, ThreadRLock, ThreadHandle, ThreadLocal;
}

struct ThreadLock : Object {
  static Type& python_type() { return types::ThreadLock; }
  uint8_t byte;       // ByteLock
  uint8_t padding[7];
};

struct ThreadRLock : Object {
  static Type& python_type() { return types::ThreadRLock; }
  uint64_t owner;     // ident of the holder, 0: free; atomic
  uint64_t depth;     // by the holder only
  uint8_t byte;
  uint8_t padding[7];
};

constexpr StructSeqField kExceptHookFields[] = {{"exc_type"}, {"exc_value"}, {"exc_traceback"}, {"thread"}};
OROCHI_STRUCTSEQ(ThreadExceptHookArgs, kExceptHookFields, 4, "_thread._ExceptHookArgs", "Arguments of threading.excepthook.", 0)

namespace {

// ---- what a handle and its thread share; freed by whichever lets go last ----

enum HandleState : uint32_t { kNotStarted, kStarting, kRunning, kDone };
struct HandleShared {
  uint32_t references = 1;   // atomic
  uint32_t state = kNotStarted;  // atomic
  uint64_t ident = 0;        // atomic
  bool daemon = false;
  Event done;
};
void drop(HandleShared* h) {
  if (__atomic_sub_fetch(&h->references, 1, __ATOMIC_ACQ_REL) == 0) {
    h->~HandleShared();
    free_raw(h);
  }
}

// Threads that _shutdown() waits for: those started joinable and not daemon.
Mutex alive_mutex(LockRank::Module);
HandleShared** alive = nullptr;  // guarded by alive_mutex
size_t alive_count = 0, alive_capacity = 0;
uint64_t running_threads = 0;    // _count(); atomic
size_t new_stack_size = 0;       // stack_size(); atomic
uint64_t main_ident = 0;         // set at import by the main thread

bool note_alive(HandleShared* h) {
  MutexGuard guard(alive_mutex);
  if (alive_count == alive_capacity) {
    size_t capacity = alive_capacity ? alive_capacity * 2 : 16;
    auto** more = static_cast<HandleShared**>(reallocate_raw(alive, capacity * sizeof(*alive)));
    if (!more) return false;
    alive = more;
    alive_capacity = capacity;
  }
  __atomic_add_fetch(&h->references, 1, __ATOMIC_RELAXED);
  alive[alive_count++] = h;
  return true;
}
void forget_alive(HandleShared* h) {
  MutexGuard guard(alive_mutex);
  for (size_t i = 0; i < alive_count; i++) {
    if (alive[i] != h) continue;
    alive[i] = alive[--alive_count];
    drop(h);
    return;
  }
}

struct ThreadHandle : Object {
  static Type& python_type() { return types::ThreadHandle; }
  HandleShared* shared;
};

// ---- time-outs ----

constexpr double kTimeoutMax = 9223372036.0;

// blocking/timeout arguments to a deadline: 0 = do not wait, kForever = no limit.
Result<int64_t> deadline_of(Thread& t, bool blocking, Borrowed<> timeout) {
  double seconds = -1;
  if (timeout && timeout.value() != Value::fixnum(-1)) {
    seconds = TRY(to_double(t, timeout));
    if (std::isnan(seconds)) return raise(t, types::ValueError, "Invalid value NaN (not a number)");
  }
  if (!blocking) {
    if (seconds != -1) return raise(t, types::ValueError, "can't specify a timeout for a non-blocking call");
    return 0;
  }
  if (seconds == -1) return platform::kForever;
  if (seconds < 0) return raise(t, types::ValueError, "timeout value must be a non-negative number");
  if (seconds > kTimeoutMax) return raise(t, types::OverflowError, "timeout value is too large");
  return platform::monotonic_ns() + static_cast<int64_t>(std::ceil(seconds * 1e9));
}

// Waits for the byte, handling signals in between. False: timed out.
Result<bool> acquire_byte(Thread& t, uint8_t* byte, int64_t deadline) {
  if (ByteLock::try_lock(byte)) return true;
  if (deadline == 0) return false;
  for (;;) {
    switch (ByteLock::lock_until(byte, deadline, ParkMode::Interruptible)) {
      case LockResult::Acquired: return true;
      case LockResult::TimedOut: return false;
      case LockResult::Interrupted: TRY(safepoint(t)); break;
    }
  }
}

// ---- lock ----

constinit const Layout kLockLayout{"lock", sizeof(ThreadLock), 0, nullptr, nullptr, nullptr, nullptr};

Result<Local<>> make_lock(Thread& t) { return make_object<ThreadLock>(t); }
Result<Local<>> lock_new(Thread& t, Borrowed<Type> cls) { return allocate_for<ThreadLock>(t, cls); }
constexpr NativeDef kLockNew = arguments<lock_new>("lock(cls)");
Result<bool> lock_acquire(Thread& t, Borrowed<ThreadLock> self, bool blocking, Borrowed<> timeout) {
  int64_t deadline = TRY(deadline_of(t, blocking, timeout));
  return acquire_byte(t, &self->byte, deadline);
}
Result<Local<>> lock_release(Thread& t, Borrowed<ThreadLock> self) {
  // Any thread may release it; of two that do so at once one gets the error.
  if (!ByteLock::is_locked(&self->byte)) return raise(t, types::RuntimeError, "release unlocked lock");
  ByteLock::unlock(&self->byte);
  return kNone;
}
bool lock_locked(Thread&, Borrowed<ThreadLock> self) { return ByteLock::is_locked(&self->byte); }
Result<Local<>> lock_enter(Thread& t, Borrowed<ThreadLock> self) {
  (void)TRY(acquire_byte(t, &self->byte, platform::kForever));
  return kTrue;
}
Result<Local<>> lock_exit(Thread& t, Borrowed<ThreadLock> self, Rest) { return lock_release(t, self); }
Result<Local<>> lock_at_fork(Thread&, Borrowed<ThreadLock> self) {
  self->byte = 0;
  return kNone;
}
Result<Local<>> lock_op_repr(Thread& t, Borrowed<> self) {
  return format_str(t, "<{} _thread.lock object at {}>",
                    ByteLock::is_locked(&self.as<ThreadLock>()->byte) ? "locked" : "unlocked", AddressArg(self));
}
constexpr NativeDef kLockMethods[] = {
    method<lock_acquire>("acquire(self, blocking=True, timeout=-1)", "Lock the lock."),
    method<lock_acquire>("acquire_lock(self, blocking=True, timeout=-1)", "An obsolete synonym of acquire()."),
    method<lock_release>("release(self, /)", "Release the lock."),
    method<lock_release>("release_lock(self, /)", "An obsolete synonym of release()."),
    method<lock_locked>("locked(self, /)", "Return whether the lock is in the locked state."),
    method<lock_locked>("locked_lock(self, /)", "An obsolete synonym of locked()."),
    method<lock_enter>("__enter__(self, /)", "Lock the lock."),
    method<lock_exit>("__exit__(self, /, *exc_info)", "Release the lock."),
    method<lock_at_fork>("_at_fork_reinit(self, /)", nullptr),
};
const TypeDef kThreadLockDef = {.name = "_thread.lock",
                                .doc = "A lock object is a synchronization primitive.",
                                .layout = &kLockLayout,
                                .flags = kTypeWeakrefable,
                                OROCHI_METHODS(kLockMethods),
                                .slots = {.repr = lock_op_repr, .new_ = new_slot<kLockNew>}};

// ---- RLock ----

constinit const Layout kRLockLayout{"RLock", sizeof(ThreadRLock), 0, nullptr, nullptr, nullptr, nullptr};

uint64_t owner_of(Borrowed<ThreadRLock> l) { return __atomic_load_n(&l->owner, __ATOMIC_RELAXED); }  // only "is it me" matters
Result<Local<>> rlock_new(Thread& t, Borrowed<Type> cls, Rest, KwRest) { return allocate_for<ThreadRLock>(t, cls); }
constexpr NativeDef kRLockNew = arguments<rlock_new>("RLock(cls, *args, **kwargs)");
Result<bool> rlock_take(Thread& t, Borrowed<ThreadRLock> self, int64_t deadline) {
  if (owner_of(self) == t.ident) {
    self->depth++;
    return true;
  }
  if (!TRY(acquire_byte(t, &self->byte, deadline))) return false;
  __atomic_store_n(&self->owner, t.ident, __ATOMIC_RELAXED);
  self->depth = 1;
  return true;
}
Result<bool> rlock_acquire(Thread& t, Borrowed<ThreadRLock> self, bool blocking, Borrowed<> timeout) {
  int64_t deadline = TRY(deadline_of(t, blocking, timeout));
  return rlock_take(t, self, deadline);
}
Result<Local<>> rlock_release(Thread& t, Borrowed<ThreadRLock> self) {
  if (owner_of(self) != t.ident) return raise(t, types::RuntimeError, "cannot release un-acquired lock");
  if (--self->depth == 0) {
    __atomic_store_n(&self->owner, uint64_t{0}, __ATOMIC_RELAXED);
    ByteLock::unlock(&self->byte);
  }
  return kNone;
}
Result<Local<>> rlock_enter(Thread& t, Borrowed<ThreadRLock> self) {
  (void)TRY(rlock_take(t, self, platform::kForever));
  return kTrue;
}
Result<Local<>> rlock_exit(Thread& t, Borrowed<ThreadRLock> self, Rest) { return rlock_release(t, self); }
bool rlock_locked(Thread&, Borrowed<ThreadRLock> self) { return ByteLock::is_locked(&self->byte); }
bool rlock_is_owned(Thread& t, Borrowed<ThreadRLock> self) { return owner_of(self) == t.ident; }
int64_t rlock_recursion_count(Thread& t, Borrowed<ThreadRLock> self) {
  return owner_of(self) == t.ident ? static_cast<int64_t>(self->depth) : 0;
}
Result<Local<>> rlock_release_save(Thread& t, Borrowed<ThreadRLock> self) {
  if (owner_of(self) != t.ident) return raise(t, types::RuntimeError, "cannot release un-acquired lock");
  Local<> depth = TRY(make_uint(t, self->depth)), owner = TRY(make_uint(t, t.ident));
  Local<Tuple> state = TRY(make_tuple(t, {depth.value(), owner.value()}));
  self->depth = 0;
  __atomic_store_n(&self->owner, uint64_t{0}, __ATOMIC_RELAXED);
  ByteLock::unlock(&self->byte);
  return state;
}
Result<Local<>> rlock_acquire_restore(Thread& t, Borrowed<ThreadRLock> self, Borrowed<Tuple> state) {
  if (state->length() != 2) return raise(t, types::TypeError, "a (count, owner) pair is expected");
  int64_t depth = TRY(to_int64(t, state->at(0)));
  (void)TRY(acquire_byte(t, &self->byte, platform::kForever));
  __atomic_store_n(&self->owner, t.ident, __ATOMIC_RELAXED);
  self->depth = static_cast<uint64_t>(depth);
  return kNone;
}
Result<Local<>> rlock_at_fork(Thread&, Borrowed<ThreadRLock> self) {
  self->byte = 0;
  self->owner = 0;
  self->depth = 0;
  return kNone;
}
Result<Local<>> rlock_op_repr(Thread& t, Borrowed<> self) {
  auto l = self.as<ThreadRLock>();
  return format_str(t, "<{} {} object owner={} count={} at {}>", ByteLock::is_locked(&l->byte) ? "locked" : "unlocked",
                    "_thread.RLock", owner_of(l), owner_of(l) ? l->depth : 0, AddressArg(self));
}
constexpr NativeDef kRLockMethods[] = {
    method<rlock_acquire>("acquire(self, blocking=True, timeout=-1)", "Lock the lock."),
    method<rlock_release>("release(self, /)", "Release the lock."),
    method<rlock_locked>("locked(self, /)", "Return a boolean indicating whether this object is locked right now."),
    method<rlock_enter>("__enter__(self, /)", "Lock the lock."),
    method<rlock_exit>("__exit__(self, /, *exc_info)", "Release the lock."),
    method<rlock_is_owned>("_is_owned(self, /)", "For internal use by `threading.Condition`."),
    method<rlock_recursion_count>("_recursion_count(self, /)", "For internal use by reentrancy checks."),
    method<rlock_release_save>("_release_save(self, /)", "For internal use by `threading.Condition`."),
    method<rlock_acquire_restore>("_acquire_restore(self, state, /)", "For internal use by `threading.Condition`."),
    method<rlock_at_fork>("_at_fork_reinit(self, /)", nullptr),
};
const TypeDef kThreadRLockDef = {.name = "_thread.RLock",
                                 .layout = &kRLockLayout,
                                 .flags = kTypeSubclassable | kTypeWeakrefable,
                                 OROCHI_METHODS(kRLockMethods),
                                 .slots = {.repr = rlock_op_repr, .new_ = new_slot<kRLockNew>}};

// ---- handles ----

void destroy_handle(Object* o) {
  if (auto* h = static_cast<ThreadHandle*>(o)->shared) drop(h);
}
constinit const Layout kHandleLayout{"_ThreadHandle", sizeof(ThreadHandle), 0, nullptr, destroy_handle, nullptr, nullptr};

Result<Local<ThreadHandle>> new_handle(Thread& t, Borrowed<Type> cls) {
  Local<ThreadHandle> h = TRY(allocate_for<ThreadHandle>(t, cls));
  void* memory = allocate_raw_zeroed(sizeof(HandleShared));
  if (!memory) return raise_no_memory(t);
  h->shared = new (memory) HandleShared;
  return h;
}
Result<Local<>> handle_new(Thread& t, Borrowed<Type> cls) { return new_handle(t, cls); }
constexpr NativeDef kHandleNew = arguments<handle_new>("_ThreadHandle(cls)");

uint32_t state_of(HandleShared* h) { return __atomic_load_n(&h->state, __ATOMIC_ACQUIRE); }
void set_state(HandleShared* h, uint32_t s) { __atomic_store_n(&h->state, s, __ATOMIC_RELEASE); }

Result<Local<>> handle_ident(Thread& t, Borrowed<ThreadHandle> self) {
  return make_uint(t, __atomic_load_n(&self->shared->ident, __ATOMIC_ACQUIRE));
}
Result<Local<>> handle_join(Thread& t, Borrowed<ThreadHandle> self, Borrowed<> timeout) {
  HandleShared* h = self->shared;
  int64_t deadline = platform::kForever;
  if (timeout && timeout.value() != kNone) {
    double seconds = TRY(to_double(t, timeout));
    if (seconds > kTimeoutMax) return raise(t, types::OverflowError, "timeout value is too large");
    if (seconds >= 0) deadline = platform::monotonic_ns() + static_cast<int64_t>(std::ceil(seconds * 1e9));
  }
  if (state_of(h) == kNotStarted) return raise(t, types::RuntimeError, "thread not started");
  if (state_of(h) != kDone && __atomic_load_n(&h->ident, __ATOMIC_ACQUIRE) == t.ident) {
    return raise(t, types::RuntimeError, "Cannot join current thread");
  }
  for (;;) {
    switch (h->done.wait(deadline, ParkMode::Interruptible)) {
      case LockResult::Acquired: return kNone;
      case LockResult::TimedOut: return kNone;
      case LockResult::Interrupted: TRY(safepoint(t)); break;
    }
  }
}
bool handle_is_done(Thread&, Borrowed<ThreadHandle> self) { return self->shared->done.is_set(); }
Result<Local<>> handle_set_done(Thread&, Borrowed<ThreadHandle> self) {
  set_state(self->shared, kDone);
  self->shared->done.set();
  return kNone;
}
Result<Local<>> handle_op_repr(Thread& t, Borrowed<> self) {
  return format_str(t, "<_ThreadHandle object: ident={}>", __atomic_load_n(&self.as<ThreadHandle>()->shared->ident, __ATOMIC_ACQUIRE));
}
constexpr NativeDef kHandleMethods[] = {
    method<handle_join>("join(self, timeout=None, /)", nullptr),
    method<handle_is_done>("is_done(self, /)", nullptr),
    method<handle_set_done>("_set_done(self, /)", nullptr),
};
constexpr GetSetDef kHandleGetSets[] = {getter<handle_ident>("ident", nullptr)};
const TypeDef kThreadHandleDef = {.name = "_thread._ThreadHandle",
                                  .layout = &kHandleLayout,
                                  .flags = kTypeWeakrefable,
                                  OROCHI_METHODS(kHandleMethods),
                                  OROCHI_GETSETS(kHandleGetSets),
                                  .slots = {.repr = handle_op_repr, .new_ = new_slot<kHandleNew>}};

// ---- starting ----

struct Start {
  Value function;      // owned; counted for the new thread by being in shared memory before it runs
  Value args;          // owned Tuple
  Value kwargs;        // owned Dict, or empty
  Value context;       // owned: the starter's context, or empty
  HandleShared* handle;
};

void report_thread_exception(Thread& t, Borrowed<> function) {
  if (clear_pending_if(t, types::SystemExit)) return;
  if (report_unraisable) report_unraisable(t, "Exception ignored in thread started by", function);
  else clear_pending(t);
}

void drop_thread_state(Thread& t) {
  for (Value* v : {&t.context, &t.trace_function, &t.profile_function, &t.async_gen_firstiter, &t.async_gen_finalizer,
                   &t.async_exception, &t.thread_dict}) {
    Local<> old = Local<>::adopt(*v);
    *v = Value();
  }
}

void thread_main(void* argument) {
  auto* start = static_cast<Start*>(argument);
  HandleShared* handle = start->handle;
  void* memory = std::aligned_alloc(64, (sizeof(Thread) + 63) & ~size_t{63});
  Thread* thread = memory ? new (memory) Thread : nullptr;
  if (thread && register_thread(*thread)) {
    Thread& t = *thread;
    __atomic_store_n(&handle->ident, t.ident, __ATOMIC_RELEASE);
    set_state(handle, kRunning);
    {
      // References made by the starting thread are shared ones here; adopting them moves that count to these locals.
      Local<> function = Local<>::adopt(start->function);
      Local<> args = Local<>::adopt(start->args);
      Local<> kwargs = Local<>::adopt(start->kwargs);
      t.context = start->context;
      free_raw(start);
      auto r = call_tuple_dict(t, function, args.borrow().as<Tuple>(),
                               kwargs ? kwargs.borrow().as<Dict>() : Borrowed<Dict>());
      if (r.raised()) report_thread_exception(t, function);
    }
    drop_thread_state(t);
    if (safepoint(t).raised()) clear_pending(t);
    release_stacks(t);
    unregister_thread(t);
  }
  if (thread) {
    thread->~Thread();
    std::free(memory);
  }
  __atomic_sub_fetch(&running_threads, 1, __ATOMIC_RELAXED);
  set_state(handle, kDone);
  handle->done.set();
  if (!handle->daemon) forget_alive(handle);
  drop(handle);
}

Result<void> start(Thread& t, Borrowed<> function, Borrowed<Tuple> args, Borrowed<> kwargs, HandleShared* handle,
                   bool daemon) {
  if (runtime_finalizing()) {
    return raise(t, types::PythonFinalizationError, "can't create new thread at interpreter shutdown");
  }
  auto* s = static_cast<Start*>(allocate_raw_zeroed(sizeof(Start)));
  if (!s) return raise_no_memory(t);
  handle->daemon = daemon;
  note_thread_starting();
  s->function = Local<>::share(function).release();
  s->args = Local<>::share(args).release();
  if (kwargs && kwargs.value() != kNone) s->kwargs = Local<>::share(kwargs).release();
  s->handle = handle;
  __atomic_add_fetch(&handle->references, 1, __ATOMIC_RELAXED);
  set_state(handle, kStarting);
  bool listed = daemon || note_alive(handle);
  __atomic_add_fetch(&running_threads, 1, __ATOMIC_RELAXED);
  int error = listed ? platform::start_thread(thread_main, s, __atomic_load_n(&new_stack_size, __ATOMIC_RELAXED)) : ENOMEM;
  if (error == 0) return ok();
  __atomic_sub_fetch(&running_threads, 1, __ATOMIC_RELAXED);
  if (!daemon) forget_alive(handle);
  set_state(handle, kNotStarted);
  drop(handle);
  for (Value v : {s->function, s->args, s->kwargs}) (void)Local<>::adopt(v);
  free_raw(s);
  note_thread_start_failed();
  return raise(t, types::RuntimeError, "can't start new thread");
}

Result<Local<>> thread_start_joinable(Thread& t, Borrowed<> function, Borrowed<> handle, bool daemon) {
  if (!is_callable(function)) return raise(t, types::TypeError, "thread function must be callable");
  Local<ThreadHandle> h;
  if (!handle || handle.value() == kNone) {
    h = TRY(new_handle(t, &types::ThreadHandle));
  } else {
    if (!is_a<ThreadHandle>(handle)) return raise(t, types::TypeError, "'handle' must be a _ThreadHandle");
    h = Local<ThreadHandle>::share(handle.as<ThreadHandle>());
  }
  uint32_t expected = kNotStarted;
  if (!__atomic_compare_exchange_n(&h->shared->state, &expected, kStarting, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
    return raise(t, types::RuntimeError, "thread already started");
  }
  TRY(start(t, function, empty_tuple(), {}, h->shared, daemon));
  // The caller may ask for the ident at once.
  while (__atomic_load_n(&h->shared->ident, __ATOMIC_ACQUIRE) == 0 && !h->shared->done.is_set()) {
    Detached detached(t);
    platform::yield_thread();
  }
  return h;
}

Result<Local<>> thread_start_new(Thread& t, Borrowed<> function, Borrowed<Tuple> args, Borrowed<> kwargs) {
  if (!is_callable(function)) return raise(t, types::TypeError, "first arg must be callable");
  if (kwargs && kwargs.value() != kNone && !is_dict(kwargs)) {
    return raise(t, types::TypeError, "optional 3rd arg must be a dictionary");
  }
  Local<ThreadHandle> h = TRY(new_handle(t, &types::ThreadHandle));
  TRY(start(t, function, args, kwargs, h->shared, true));
  while (__atomic_load_n(&h->shared->ident, __ATOMIC_ACQUIRE) == 0 && !h->shared->done.is_set()) {
    Detached detached(t);
    platform::yield_thread();
  }
  return make_uint(t, __atomic_load_n(&h->shared->ident, __ATOMIC_ACQUIRE));
}

Result<Local<>> thread_make_handle(Thread& t, Borrowed<> ident) {
  Local<ThreadHandle> h = TRY(new_handle(t, &types::ThreadHandle));
  int64_t n = TRY(to_int64(t, ident));
  h->shared->ident = static_cast<uint64_t>(n);
  set_state(h->shared, kRunning);
  return h;
}

// Joins every thread that is neither daemon nor the caller.
Result<Local<>> thread_shutdown(Thread& t) {
  for (;;) {
    HandleShared* next = nullptr;
    {
      MutexGuard guard(alive_mutex);
      for (size_t i = 0; i < alive_count && !next; i++) {
        if (__atomic_load_n(&alive[i]->ident, __ATOMIC_ACQUIRE) != t.ident) next = alive[i];
      }
      if (next) __atomic_add_fetch(&next->references, 1, __ATOMIC_RELAXED);
    }
    if (!next) return kNone;
    for (bool waiting = true; waiting;) {
      if (next->done.wait(platform::kForever, ParkMode::Interruptible) != LockResult::Interrupted) {
        waiting = false;
      } else if (safepoint(t).raised()) {
        drop(next);
        return Raised{};
      }
    }
    forget_alive(next);
    drop(next);
  }
}

Result<Local<>> thread_get_ident(Thread& t) { return make_uint(t, t.ident); }
Result<Local<>> thread_get_native_id(Thread& t) { return make_uint(t, platform::native_thread_id()); }
Result<Local<>> thread_main_ident(Thread& t) { return make_uint(t, main_ident); }
bool thread_is_main_interpreter(Thread&) { return true; }
bool thread_daemon_allowed(Thread&) { return true; }
int64_t thread_count(Thread&) { return static_cast<int64_t>(__atomic_load_n(&running_threads, __ATOMIC_RELAXED)); }
Result<Local<>> thread_exit(Thread& t) { return raise_value(t, types::SystemExit, Borrowed<>()); }
Result<int64_t> thread_stack_size(Thread& t, int64_t size) {
  if (size < 0) return raise(t, types::ValueError, "size must be 0 or a positive value");
  if (size != 0 && size < 32768) return raise(t, types::ValueError, "size not valid: {} bytes", size);
  return static_cast<int64_t>(__atomic_exchange_n(&new_stack_size, static_cast<size_t>(size), __ATOMIC_RELAXED));
}
Result<Local<>> thread_set_name(Thread& t, Borrowed<Str> name) {
  Utf8 text = TRY(str_utf8(t, name, Surrogates::Pass));
  std::string_view view = text.view.substr(0, 15);
  while (!view.empty() && view.size() < text.view.size() && (static_cast<uint8_t>(text.view[view.size()]) & 0xc0) == 0x80) {
    view.remove_suffix(1);
  }
  char buffer[16] = {};
  std::memcpy(buffer, view.data(), view.size());
  platform::set_thread_name(buffer);
  return kNone;
}
Result<Local<>> thread_excepthook(Thread& t, Borrowed<> args) {
  if (type_of(args) != &types::ThreadExceptHookArgs) {
    return raise(t, types::TypeError, "_thread.excepthook argument type must be ExceptHookArgs");
  }
  auto v = args.as<Tuple>();
  if (v->at(0).value() == Value(&types::SystemExit)) return kNone;
  Lookup<> err = sys_get(t, "stderr");
  if (err.raised()) return Raised{};
  if (err.absent() || (*err).value() == kNone) return kNone;
  Local<Str> name;
  if (v->at(3).value() != kNone) {
    Lookup<> n = find_attr(t, v->at(3), "_name"_n);
    if (n.raised()) return Raised{};
    if (n.found()) name = TRY(str_of(t, *n));
  }
  if (!name) name = TRY(format_str(t, "{}", t.ident));
  Local<Str> head = TRY(format_str(t, "Exception in thread {}:\n", name));
  (void)TRY(call_method(t, *err, "write"_n, head));
  Local<> traceback = TRY(import_module(t, "traceback"_n));
  (void)TRY(call_method(t, traceback, "print_exception"_n, v->at(0), v->at(1), v->at(2)));
  (void)TRY(call_method(t, *err, "flush"_n));
  return kNone;
}

// ---- _local: a dict per thread, kept in the thread's own dictionary under the local's identity ----

struct ThreadLocal : Object {
  static Type& python_type() { return types::ThreadLocal; }
  Field<> args;    // of the constructor, for __init__ in each thread
  Field<> kwargs;
  Field<> key;     // the name in thread dictionaries
};
void trace_local(Object* o, Visitor& v) {
  auto* l = static_cast<ThreadLocal*>(o);
  v.visit(l->args);
  v.visit(l->kwargs);
  v.visit(l->key);
}
constinit const Layout kLocalLayout{"_local", sizeof(ThreadLocal), 0, trace_local, nullptr, nullptr, nullptr};
uint64_t next_local = 1;  // atomic

Result<Local<>> local_new(Thread& t, Borrowed<Type> cls, Rest args, KwRest kwargs) {
  if ((args.count || kwargs.count) && cls->slots.init == types::Object.slots.init) {
    return raise(t, types::TypeError, "Initialization arguments are not supported");
  }
  Local<ThreadLocal> l = TRY(allocate_for<ThreadLocal>(t, cls));
  l->args.init(TRY(make_tuple(t, args.values, args.count)));
  Local<Dict> named = TRY(make_dict(t));
  for (size_t i = 0; i < kwargs.count; i++) TRY(dict_set(t, named, Borrowed<>(kwargs.names[i]), Borrowed<>(kwargs.values[i])));
  l->kwargs.init(std::move(named));
  Local<Str> key = TRY(format_str(t, "local-{}", __atomic_fetch_add(&next_local, 1, __ATOMIC_RELAXED)));
  l->key.init(std::move(key));
  // The creating thread's dict; its __init__ runs as part of the call.
  if (!t.thread_dict) t.thread_dict = TRY(make_dict(t)).release();
  TRY(dict_set_str(t, Borrowed<Dict>(t.thread_dict), l->key.borrow().as<Str>(), TRY(make_dict(t))));
  return l;
}
constexpr NativeDef kLocalNew = arguments<local_new>("_local(cls, *args, **kwargs)");

Result<Local<Dict>> local_dict(Thread& t, Borrowed<ThreadLocal> self) {
  if (!t.thread_dict) t.thread_dict = TRY(make_dict(t)).release();
  auto key = self->key.borrow().as<Str>();
  Lookup<> mine = dict_find_str(t, Borrowed<Dict>(t.thread_dict), key);
  if (mine.raised()) return Raised{};
  if (mine.found()) return mine.take().as<Dict>();
  Local<Dict> fresh = TRY(make_dict(t));
  TRY(dict_set_str(t, Borrowed<Dict>(t.thread_dict), key, Local<>(fresh.dup())));
  // First use in this thread: run __init__ with the constructor's arguments.
  Type* type = type_of(self);
  if (type->slots.init && type->slots.init != types::Object.slots.init) {
    Local<> method = TRY(get_attr(t, self, "__init__"_n));
    auto r = call_tuple_dict(t, method, self->args.borrow().as<Tuple>(), self->kwargs.borrow().as<Dict>());
    if (r.raised()) {
      Local<> e = take_pending(t);
      if (dict_delete_str(t, Borrowed<Dict>(t.thread_dict), key).raised()) clear_pending(t);
      set_pending(t, std::move(e));
      return Raised{};
    }
  }
  return fresh;
}
Lookup<> local_op_getattr(Thread& t, Borrowed<> self, Borrowed<Str> name) {
  Local<Dict> dict = TRY(local_dict(t, self.as<ThreadLocal>()));
  if (name->equals_ascii("__dict__")) return dict;
  Type* type = type_of(self);
  Lookup<> descr = type_lookup(t, type, name);
  if (descr.raised()) return Raised{};
  if (descr.found() && type_of((*descr).value())->slots.descr_set) {
    if (DescrGetFn get = type_of((*descr).value())->slots.descr_get) return get(t, *descr, self, Borrowed<>(type));
  }
  Lookup<> own = dict_find_str(t, dict, name);
  if (!own.absent()) return own;
  if (descr.found()) {
    if (DescrGetFn get = type_of((*descr).value())->slots.descr_get) return get(t, *descr, self, Borrowed<>(type));
    return descr;
  }
  return kAbsent;
}
Result<void> local_op_setattr(Thread& t, Borrowed<> self, Borrowed<Str> name, Borrowed<> value) {
  if (name->equals_ascii("__dict__")) {
    return raise(t, types::AttributeError, "'{}' object attribute '__dict__' is read-only", TypeName(self));
  }
  Local<Dict> dict = TRY(local_dict(t, self.as<ThreadLocal>()));
  Lookup<> descr = type_lookup(t, type_of(self), name);
  if (descr.raised()) return Raised{};
  if (descr.found()) {
    if (DescrSetFn set = type_of((*descr).value())->slots.descr_set) return set(t, *descr, self, value);
  }
  if (value) {
    Local<Str> key = TRY(intern(t, name));
    return dict_set_str(t, dict, key, Local<>::share(value));
  }
  if (!TRY(dict_delete_str(t, dict, name))) return raise_no_attribute(t, self, name);
  return ok();
}
const TypeDef kThreadLocalDef = {.name = "_thread._local",
                                 .doc = "Thread-local data",
                                 .layout = &kLocalLayout,
                                 .flags = kTypeSubclassable | kTypeWeakrefable,
                                 .slots = {.getattr = local_op_getattr, .setattr = local_op_setattr, .new_ = new_slot<kLocalNew>}};

constexpr NativeDef kFunctions[] = {
    function<make_lock>("allocate_lock()", "Create a new lock object."),
    function<make_lock>("allocate()", "An obsolete synonym of allocate_lock()."),
    function<thread_start_new>("start_new_thread(function, args, kwargs=None, /)", "Start a new thread and return its identifier."),
    function<thread_start_new>("start_new(function, args, kwargs=None, /)", "An obsolete synonym of start_new_thread()."),
    function<thread_start_joinable>("start_joinable_thread(function, handle=None, daemon=True)", "*For internal use only*: start a new thread."),
    function<thread_make_handle>("_make_thread_handle(ident, /)", "Internal only. Make a thread handle for threads not spawned by the _thread or threading module."),
    function<thread_shutdown>("_shutdown()", "Wait for all non-daemon threads to finish."),
    function<thread_get_ident>("get_ident()", "Return a non-zero integer that uniquely identifies the current thread."),
    function<thread_get_native_id>("get_native_id()", "Return a non-negative integer identifying the thread as reported by the OS (kernel)."),
    function<thread_main_ident>("_get_main_thread_ident()", "Internal only. Return a non-zero integer that uniquely identifies the main thread."),
    function<thread_is_main_interpreter>("_is_main_interpreter()", "Return True if the current interpreter is the main Python interpreter."),
    function<thread_daemon_allowed>("daemon_threads_allowed()", "Return True if daemon threads are allowed in the current interpreter, and False otherwise."),
    function<thread_count>("_count()", "Return the number of currently running Python threads, excluding the main thread."),
    function<thread_exit>("exit()", "This is synonymous to ``raise SystemExit''."),
    function<thread_exit>("exit_thread()", "An obsolete synonym of exit()."),
    function<thread_stack_size>("stack_size(size=0, /)", "Return the thread stack size used when creating new threads."),
    function<thread_set_name>("set_name(name)", "Set the name of the current thread."),
    function<thread_excepthook>("_excepthook(exc_info, /)", "Handle uncaught Thread.run() exception."),
};

Result<void> init_thread(Thread& t, Borrowed<Module> module) {
  main_ident = t.ident;
  TRY(module_add_structseq(t, module, types::ThreadExceptHookArgs, kStructSeqThreadExceptHookArgs));
  TRY(module_set(t, module, "_ExceptHookArgs", Borrowed<>(&types::ThreadExceptHookArgs)));
  TRY(module_set(t, module, "error", Borrowed<>(&types::RuntimeError)));
  TRY(module_set(t, module, "lock", Borrowed<>(&types::ThreadLock)));
  TRY(module_set(t, module, "LockType", Borrowed<>(&types::ThreadLock)));
  TRY(module_set(t, module, "RLock", Borrowed<>(&types::ThreadRLock)));
  TRY(module_set(t, module, "_ThreadHandle", Borrowed<>(&types::ThreadHandle)));
  TRY(module_set(t, module, "_local", Borrowed<>(&types::ThreadLocal)));
  Local<> timeout_max = TRY(make_float(t, kTimeoutMax));
  return module_set(t, module, "TIMEOUT_MAX", timeout_max);
}

}  // namespace

OROCHI_TYPE(ThreadLock, kThreadLockDef)
OROCHI_TYPE(ThreadRLock, kThreadRLockDef)
OROCHI_TYPE(ThreadHandle, kThreadHandleDef)
OROCHI_TYPE(ThreadLocal, kThreadLocalDef)
OROCHI_MODULE(_thread, "This module provides primitive operations to write multi-threaded programs.", kFunctions, init_thread)

}  // namespace orochi
