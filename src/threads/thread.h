// Thread: a Python thread, and the capability to run arbitrary Python code and to block. Everything read from shared
// objects before a call that takes Thread& may have changed after it.
#pragma once

#include "heap/mutator.h"

namespace orochi {

struct Code;
struct Function;
struct Dict;
struct Frame;

// One activation of Python code. Lives on the thread's frame stack, or inside a generator while that is suspended.
//
//   registers: [ params | locals (cells included) | pinned temporaries | consumable temporaries ]   code->nregs words
//
// Every register is always empty or a valid owned reference, so a frame can be dropped and traced at any safepoint.
struct Frame {
  Code* code;              // kept alive by `function`/the caller; deferred
  const uint64_t* pc;      // the instruction being executed (saved at calls, safepoints and raises)
  Value* regs;             // on the register stack
  Frame* previous;         // the caller's frame; nullptr at a native entry's bottom of the thread
  Value function;          // owned: the Function; keeps code, globals, closure alive
  Value globals;           // borrowed from function (Dict, or a mapping for exec)
  Value builtins;          // borrowed from function
  Value locals;            // owned: mapping for class/module/exec bodies, or empty
  Value handled;           // owned: the exception being handled by this frame's innermost handler, or empty
  Value frame_object;      // owned: the Python frame object once somebody asked, or empty
  Value generator;         // kFrameGenerator: borrowed, what runs here; kFrameInit: owned, the new instance; else empty
  uint16_t flags;          // FrameFlag
  uint16_t dst;            // the caller's register that takes the result
  uint16_t words;          // length of the caller's instruction: where it continues
  uint16_t first_temp;     // == code->first_temp
};

enum FrameFlag : uint32_t {
  kFrameNativeEntry = 1,   // returning from it leaves this run of the interpreter loop
  kFrameGenerator = 2,     // registers belong to a generator
  kFrameInit = 4,          // result of __init__: must be None, the caller keeps the instance
  kFrameTraced = 8,
  kFrameDiscardResult = 16,
  kFrameExtras = 32,       // locals, handled, frame_object or generator is set: leaving takes the slow path
  kFrameForIter = 64,      // a generator run by ForIter (kFrameForNext: ForNext) of the caller
  kFrameForNext = 128,
  kFrameYieldFrom = 256,   // a generator run by YieldFrom of the caller, itself a generator
  kFrameLeft = 512,        // (unwinding) no traceback entry for this frame any more
};

class Thread : public Mutator {
 public:
  Frame* frame = nullptr;            // innermost Python frame
  Value* stack_top = nullptr;        // first free word of the register stack
  Value* stack_base = nullptr;
  Value* stack_limit = nullptr;
  Frame* frames_base = nullptr;      // frame stack, parallel to the register stack
  Frame* frames_top = nullptr;
  Frame* frames_limit = nullptr;
  uintptr_t native_limit = 0;        // lowest address native code may use before RecursionError
  int32_t recursion_depth = 0;       // Python frames now
  int32_t native_depth = 0;          // nested native calls that may recurse (repr, compare, …)
  uint32_t handlers_active = 0;      // frames on this thread with a non-empty `handled`
  Value context;                     // owned: the current contextvars Context, or empty
  uint64_t context_version = 0;
  Value trace_function;              // owned: sys.settrace
  Value profile_function;            // owned: sys.setprofile
  Value async_gen_firstiter;         // owned: sys.set_asyncgen_hooks
  Value async_gen_finalizer;
  Value async_exception;             // owned; set by other threads under the registry lock
  Value thread_dict;                 // owned: per-thread storage for threading.local and friends
  int32_t coroutine_origin_depth = 0;
  uint64_t ident = 0;                // threading.get_ident()
  uint64_t native_id = 0;
  bool is_main = false;
  bool finalizing = false;
  const void* dispatch = nullptr;    // the interpreter's handler table for this thread
  uint32_t cache_misses = 0;         // thins out re-specialising of polymorphic sites
  size_t register_stack_bytes = 0;
  size_t frame_stack_bytes = 0;
  const uint64_t* resume_pc = nullptr;  // the interpreter's: where a generator that yields goes on
  uint64_t result_place = 0;            // the interpreter's: register and instruction length for a result
  struct {                           // between two handlers, in builds without guaranteed tail calls
    const uint64_t* pc;
    Value* regs;
    Frame* frame;
    uint64_t word;
    const void* next;
  } vm = {};

  // Bytes of native stack left before the red zone; < 0 means raise RecursionError now.
  OROCHI_INLINE bool native_stack_low() const {
    return reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) < native_limit;
  }
};

OROCHI_INLINE Thread& current_thread() { return *static_cast<Thread*>(tls_mutator); }

// What a thread must do at a safepoint when its poll word is not zero: park for stop-the-world, merge counts, run
// finalizers and weakref callbacks, handle signals, raise asynchronous exceptions. May run Python code.
Result<void> safepoint_slow(Thread& t);
OROCHI_INLINE Result<void> safepoint(Thread& t) {
  if (OROCHI_LIKELY(t.load_poll() == 0)) return ok();
  return safepoint_slow(t);
}

// The end of the registers of a thread's innermost frame. Installed by the interpreter.
extern Value* (*register_top_hook)(Thread& t);

// From detach to attach the thread must not touch objects. Prefer the class.
void detach_thread(Thread& t);
void attach_thread(Thread& t);

// While it lives the thread is detached: it may block and must not touch objects.
class Detached {
 public:
  // Inlined: detach_thread records the registers of the function that called it.
  OROCHI_INLINE explicit Detached(Thread& t) : thread_(t) { detach_thread(t); }
  ~Detached() { attach_thread(thread_); }
  Detached(const Detached&) = delete;
  Detached& operator=(const Detached&) = delete;

 private:
  Thread& thread_;
};

}  // namespace orochi
