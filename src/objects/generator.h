// Generators, coroutines and async generators: a suspended frame in one heap object, registers inline after the struct.
//
//   Created -> Suspended <-> Running -> Done         state is atomic: claimed by compare and swap, so of two threads
//                                                    that resume one generator one gets "already executing"
//
// While it runs, its registers live on the thread's register stack and `regs()` is empty.
#pragma once

#include "objects/function.h"

namespace orochi {

namespace types {
extern ::orochi::Type Generator, Coroutine, AsyncGenerator, CoroutineWrapper, AsyncGenASend, AsyncGenAThrow,
    AsyncGenWrappedValue;
}

enum GenState : uint32_t { kGenCreated, kGenSuspended, kGenRunning, kGenDone };

struct Generator : Object {
  static Type& python_type() { return types::Generator; }
  uint32_t state;          // GenState; atomic
  uint32_t reg_count;      // fixed
  uint64_t pc;             // word offset of the instruction it is suspended at
  Field<Code> code;        // kept after the end, for gi_code
  Field<> function;        // the Function; empty when done
  Field<> handled;         // the exception it is handling, while suspended
  Field<> frame_object;    // gi_frame once asked for; empty when done
  Field<Str> name;
  Field<Str> qualname;
  Field<> origin;          // cr_origin
  Field<> finalizer;       // ag: hook
  uint32_t hooks_called;   // ag: firstiter hook has run
  uint32_t running_async;  // ag: an asend/athrow/aclose is in progress (atomic)
  uint32_t closed;         // ag
  uint32_t awaited;        // coroutine: has been started, or warned about
  Frame* running_frame;    // while Running; only the running thread and stopped-world readers look
  Value* regs() { return reinterpret_cast<Value*>(this + 1); }

  uint32_t load_state() const { return __atomic_load_n(&state, __ATOMIC_ACQUIRE); }
  void publish_state(GenState s) { __atomic_store_n(&state, s, __ATOMIC_RELEASE); }
  bool claim_state(uint32_t from) {
    return __atomic_compare_exchange_n(&state, &from, kGenRunning, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
  }

  static constexpr uint32_t kItemSize = sizeof(Value);
  static size_t item_count(const Object* object) { return static_cast<const Generator*>(object)->reg_count; }
  static void trace(Object* object, Visitor& v);
};
static_assert(sizeof(Generator) % 8 == 0);

OROCHI_INLINE bool is_generator(Value v) { return v.is_heap() && v.as_object()->type() == &types::Generator; }
OROCHI_INLINE bool is_coroutine(Value v) { return v.is_heap() && v.as_object()->type() == &types::Coroutine; }
OROCHI_INLINE bool is_async_generator(Value v) {
  return v.is_heap() && v.as_object()->type() == &types::AsyncGenerator;
}

// The three share their methods.
template <>
OROCHI_INLINE bool is_a<Generator>(Value v) {
  return is_generator(v) || is_coroutine(v) || is_async_generator(v);
}

// coroutine.__await__(): iterates the coroutine.
struct CoroutineWrapper : Object {
  static Type& python_type() { return types::CoroutineWrapper; }
  Field<Generator> coroutine;
  static void trace(Object* object, Visitor& v);
};

// What __anext__, asend (AsyncGenASend), athrow and aclose (AsyncGenAThrow) return.
struct AsyncGenAwaitable : Object {
  Field<Generator> generator;
  Field<> argument;   // asend: the value; athrow: tuple of arguments; aclose: empty
  uint32_t state;     // 0 init, 1 iterating, 2 closed; atomic
  uint32_t is_athrow;
  static void trace(Object* object, Visitor& v);
};
struct AsyncGenASend : AsyncGenAwaitable {
  static Type& python_type() { return types::AsyncGenASend; }
};
struct AsyncGenAThrow : AsyncGenAwaitable {
  static Type& python_type() { return types::AsyncGenAThrow; }
};

// A value yielded by an async generator, as opposed to one that an inner await passes up.
struct AsyncGenWrappedValue : Object {
  static Type& python_type() { return types::AsyncGenWrappedValue; }
  Field<> value;
  static void trace(Object* object, Visitor& v);
};

// Resuming. Defined by the interpreter. Results: found = yielded, absent = returned (*result has the value; it may be
// null if nobody asks), raised.
Lookup<> generator_send(Thread& t, Borrowed<Generator> generator, Borrowed<> value, Local<>* result);
// The pending exception is thrown in at the point of suspension.
Lookup<> generator_throw_pending(Thread& t, Borrowed<Generator> generator, Local<>* result);
// generator.throw(type[, value[, traceback]]) including delegation.
Lookup<> generator_throw(Thread& t, Borrowed<Generator> generator, Borrowed<> type, Borrowed<> value,
                         Borrowed<> traceback, Local<>* result);
Result<Local<>> generator_close(Thread& t, Borrowed<Generator> generator);   // the value it returned, or None
// What it is delegating to, or empty.
Local<> generator_yield_from(Mutator& m, Borrowed<Generator> generator);
const char* generator_kind(Borrowed<Generator> generator);   // "generator", "coroutine", "async generator"
// Sends to any iterator as `yield from` does: found = yielded, absent = returned with *result.
Lookup<> send_to_iterator(Thread& t, Borrowed<> iterator, Borrowed<> value, Local<>* result);
// The awaitable's iterator, as `await` takes it.
Result<Local<>> get_awaitable_iterator(Thread& t, Borrowed<> awaitable);
// A finalizer for types with suspended frames: closes it, or warns that it was never awaited.
void generator_finalize(Thread& t, Borrowed<> self);

}  // namespace orochi
