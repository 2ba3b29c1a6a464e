// The plain functions behind the handlers: what an instruction does when its fast path does not apply. They may hold
// owners, run Python code and raise; the handler saves frame->pc first and dispatches afterwards.
#pragma once

#include "interpreter/dispatch.h"
#include "objects/exception.h"
#include "objects/generator.h"

namespace orochi {

struct OpContext {
  Thread& t;
  Frame* frame;
  Value* regs;
  uint64_t word;
  const uint64_t* pc;

  uint32_t a() const { return static_cast<uint16_t>(word >> 16); }
  uint32_t b() const { return static_cast<uint16_t>(word >> 32); }
  uint32_t c() const { return static_cast<uint16_t>(word >> 48); }
  int32_t sc() const { return static_cast<int16_t>(word >> 48); }
  int32_t bc() const { return static_cast<int32_t>(word >> 32); }

  // The operand for the duration of the instruction: a temp is consumed, another register shared.
  Local<> take(uint32_t i) const {
    Value v = regs[i];
    if (i >= frame->first_temp) {
      regs[i] = Value();
      return Local<>::adopt(v);
    }
    return Local<>::share(v);
  }
  Local<> keep(uint32_t i) const { return Local<>::share(regs[i]); }
  Local<> take_temp(uint32_t i) const {
    Value v = regs[i];
    regs[i] = Value();
    return Local<>::adopt(v);
  }
  void put(uint32_t i, Local<> v) const {
    Local<> old = Local<>::adopt(regs[i]);
    regs[i] = v.release();
  }
  // Result to `i`; false: raised.
  bool put_result(uint32_t i, Result<Local<>> r) const {
    if (r.raised()) return false;
    put(i, r.take());
    return true;
  }
  Borrowed<Str> name(uint32_t i) const { return Borrowed<Str>(frame->code->name_values()[i]); }
  Value constant(uint32_t i) const { return frame->code->const_values[i]; }
};

// One function an opcode with a slow path: false means raised.
#define OP(name, a, b, c, extra, effects) bool do_##name(const OpContext& o);
#include "bytecode/opcodes.def"

// What a call did.
enum class CallOutcome : uint64_t { Raised, Value, Pushed };
struct Called {
  Value value;  // owned, when the outcome is Value
  CallOutcome outcome;
};
// base[0] is the callable, base[1..count] the positional arguments: all owned, all consumed. Python functions are not
// run but pushed.
Called call_registers(Thread& t, Frame* caller, Value* base, uint32_t count, uint32_t dst, uint32_t words);
// The same with names (a tuple) for the last arguments.
Called call_registers_named(Thread& t, Frame* caller, Value* base, uint32_t count, Borrowed<Tuple> names, uint32_t dst,
                            uint32_t words);
Called call_registers_ex(Thread& t, Frame* caller, Value* base, uint32_t dst, uint32_t words);

// Frames. push_frame checks the limits; nullptr: RecursionError raised (nothing consumed).
Frame* push_frame_slow(Thread& t, Frame* caller, Code* code, Value* callee_regs);
OROCHI_INLINE Frame* push_frame(Thread* t, Frame* caller, Value function, Code* code, Value* callee_regs, uint32_t dst,
                                uint32_t words, uint32_t flags) {
  Frame* f = caller ? caller + 1 : t->frames_base;
  if (OROCHI_UNLIKELY(f >= t->frames_limit || callee_regs + code->nregs > t->stack_limit)) {
    f = push_frame_slow(*t, caller, code, callee_regs);
    if (!f) return nullptr;
  }
  auto* fn = static_cast<Function*>(function.as_object());
  f->code = code;
  f->pc = code->code;
  f->regs = callee_regs;
  f->previous = caller;
  f->function = function;
  f->globals = *fn->globals.slot();
  f->builtins = *fn->builtins.slot();
  // locals, handled, frame_object and generator of a frame that is not in use are empty.
  DCHECK(!f->locals && !f->handled && !f->frame_object && !f->generator);
  f->flags = static_cast<uint16_t>(flags);
  f->dst = static_cast<uint16_t>(dst);
  f->words = static_cast<uint16_t>(words);
  f->first_temp = static_cast<uint16_t>(code->first_temp);
  t->frame = f;
  return f;
}
// First register free for a callee that does not overlap `frame`.
OROCHI_INLINE Value* free_registers(Thread& t, Frame* frame) {
  return frame ? frame->regs + frame->code->nregs : t.stack_base;
}
// Drops everything a frame holds and makes its caller the current frame. The generator's own state is not touched.
void pop_frame(Thread& t, Frame* frame);
bool ensure_stacks(Thread& t);

// Argument binding. In place: `regs[0..count)` hold the owned positional arguments where the callee's registers start.
// False: raised, registers cleared.
bool bind_in_place(Thread& t, Function* function, Code* code, Value* regs, size_t count);
// From elsewhere: registers [0, nlocals) of the callee are filled with new references.
bool bind_general(Thread& t, Function* function, Code* code, Value* regs, const CallArgs& args);
OROCHI_INLINE void zero_locals(Code* code, Value* regs, uint32_t from) {
  for (uint32_t i = from, n = code->nlocals; i < n; i++) regs[i] = Value();
}

// The frame's handled exception; keeps Thread::handlers_active right.
void set_handled(Thread& t, Frame* frame, Local<> exception);
Local<> take_handled(Thread& t, Frame* frame);
Local<> current_handled(Mutator& m);

// Runs the frame on top until it (marked kFrameNativeEntry) is left. Owned result, or empty.
Value run_frame(Thread& t, Frame* frame);
// The same, starting by unwinding with the pending exception.
Value run_frame_raising(Thread& t, Frame* frame);

// Generators (generators.cpp).
Result<Local<>> make_generator_from_frame(Thread& t, Frame* frame);
// Pushes the frame of a claimed generator (its state was `before`, which is published again on failure: nullptr,
// raised). resume_generator also stores the sent value where it was suspended.
Frame* push_generator(Thread& t, Frame* caller, Borrowed<Generator> generator, uint32_t before, uint32_t dst,
                      uint32_t words, uint32_t flags);
Frame* resume_generator(Thread& t, Frame* caller, Borrowed<Generator> generator, uint32_t before, Local<> value,
                        uint32_t dst, uint32_t words, uint32_t flags);
// Moves the registers back and pops the frame; the state becomes Suspended.
void suspend_generator(Thread& t, Frame* frame, const uint64_t* pc);
// The frame of a generator is over (returned or raised).
void finish_generator(Thread& t, Frame* frame);

// One step of delegation to any iterator: owned value yielded; kAbsentWord: over, *returned is owned; empty: raised.
// `sent` is consumed.
Value yield_from_step(Thread& t, Value iterator, Value sent, Value* returned);

// Loads of names.
Lookup<> load_global_word(Thread& t, Frame* frame, Borrowed<Str> name);
bool load_global_slow(const OpContext& o);   // with caching; writes a
Raised raise_name_error(Thread& t, Borrowed<Str> name);
// "module.f()", for argument errors.
Result<Local<Str>> callable_name(Thread& t, Borrowed<> callable);
Raised raise_unbound_local(Thread& t, Frame* frame, uint32_t index);

}  // namespace orochi
