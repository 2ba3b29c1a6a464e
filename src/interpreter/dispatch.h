// How handlers are written. A handler is a function over the machine's state, which stays in registers:
//
//   t, pc (the instruction being executed), regs, frame, word (*pc), table (where the next handler is found)
//
// and ends in a guaranteed tail call: NEXT(n), GO(handler), or FINISH(value) to leave this run of the interpreter. In
// builds without preserve_none and musttail (sanitizers, other compilers) GO stores the state in Thread::vm and
// returns to a loop; the handlers are the same.
//
// Rules: `frame->pc = pc` before anything that raises, calls out or pauses. No object with a destructor may be alive
// at a GO: work with owners goes into plain functions (ops.h).
#pragma once

#include "bytecode/instruction.h"
#include "objects/function.h"
#include "threads/thread.h"

#if defined(OROCHI_ASAN) || defined(OROCHI_TSAN) || !__has_attribute(preserve_none)
#define OROCHI_LOOP_DISPATCH 1
#endif

namespace orochi {

#if OROCHI_LOOP_DISPATCH
#define OROCHI_HANDLER
#define OROCHI_KEEPS_REGISTERS
#else
#define OROCHI_HANDLER __attribute__((preserve_none))
#define OROCHI_KEEPS_REGISTERS __attribute__((preserve_most))
#endif

#define HANDLER_PARAMETERS \
  Thread *t, const uint64_t *pc, Value *regs, Frame *frame, uint64_t word, const void *table
using HandlerFn = OROCHI_HANDLER uint64_t (*)(HANDLER_PARAMETERS);
#define HANDLER_FUNCTION(name) OROCHI_HANDLER uint64_t name(HANDLER_PARAMETERS)
#define HANDLER(name) HANDLER_FUNCTION(op_##name)

#if OROCHI_LOOP_DISPATCH
#define GO(fn)                                                                       \
  do {                                                                               \
    t->vm = {pc, regs, frame, word, reinterpret_cast<const void*>(HandlerFn(fn))};   \
    return 0;                                                                        \
  } while (false)
#define FINISH(bits_)     \
  do {                    \
    t->vm.next = nullptr; \
    return bits_;         \
  } while (false)
#else
#define GO(fn) [[clang::musttail]] return (fn)(t, pc, regs, frame, word, table)
#define FINISH(bits_) return bits_
#endif

OROCHI_INLINE uint64_t load_word(const uint64_t* pc) { return __atomic_load_n(pc, __ATOMIC_RELAXED); }

#define DISPATCH()                                                      \
  do {                                                                  \
    word = load_word(pc);                                               \
    GO(static_cast<const HandlerFn*>(table)[word & 0xffff]);            \
  } while (false)
#define NEXT(n) \
  do {          \
    pc += (n);  \
    DISPATCH(); \
  } while (false)

// Operands.
#define A_ static_cast<uint16_t>(word >> 16)
#define B_ static_cast<uint16_t>(word >> 32)
#define C_ static_cast<uint16_t>(word >> 48)
#define SB_ static_cast<int16_t>(word >> 32)
#define SC_ static_cast<int16_t>(word >> 48)
#define BC_ static_cast<int32_t>(word >> 32)

// Words of an instruction by opcode.
inline constexpr uint8_t kEmittedWords[] = {
#define OP(name, a, b, c, extra, effects) \
  static_cast<uint8_t>(1 + (static_cast<int>(Extra::extra) & 1) + (static_cast<int>(Extra::extra) >> 1)),
#include "bytecode/opcodes.def"
};
template <Op op>
inline constexpr int kWords = kEmittedWords[static_cast<int>(op)];

// The handlers of the table, and those that only other handlers go to.
#define OP(name, a, b, c, extra, effects) HANDLER(name);
#define QUICK(name, family) HANDLER(name);
#include "bytecode/opcodes.def"
HANDLER_FUNCTION(unwind);             // exception pending, frame->pc set: adds a traceback entry, finds the handler
HANDLER_FUNCTION(unwind_quietly);     // the same without an entry for this frame
HANDLER_FUNCTION(drop_then_next);     // drops the value in `word`, then runs the instruction at pc
HANDLER_FUNCTION(poll_then_next);     // safepoint, then the instruction at pc
HANDLER_FUNCTION(return_value);       // leaves the frame with the owned value in `word`
HANDLER_FUNCTION(return_slow);
HANDLER_FUNCTION(enter_frame);        // a frame was pushed: continue at the start of t->frame
HANDLER_FUNCTION(deliver);            // the owned value in `word` is the result of the instruction at frame->pc

extern const HandlerFn kHandlers[];

OROCHI_INLINE bool is_object(Value v) { return (v.bits & 7) == 0 && v.bits != 0; }

// Out of line parts that leave the machine's registers alone.
OROCHI_KEEPS_REGISTERS void retain_out_of_line(Object* object);
OROCHI_KEEPS_REGISTERS void release_out_of_line(Object* object);  // count word not yet changed

OROCHI_INLINE void keep(Thread* t, Value v) {
  if (!is_object(v)) return;
  auto* counter = reinterpret_cast<uint32_t*>(&v.as_object()->owner);
  uint32_t counts = __atomic_load_n(counter, __ATOMIC_RELAXED);
  uint32_t next;
  if (OROCHI_LIKELY((counts & 0xffff) == t->slot_id && !__builtin_add_overflow(counts, 0x10000u, &next))) {
    __atomic_store_n(counter, next, __ATOMIC_RELAXED);
  } else if (static_cast<uint16_t>(counts) < kOwnerDeferred) {
    retain_out_of_line(v.as_object());
  }
}

OROCHI_INLINE void drop(Thread* t, Value v) {
  if (!is_object(v)) return;
  auto* counter = reinterpret_cast<uint32_t*>(&v.as_object()->owner);
  uint32_t counts = __atomic_load_n(counter, __ATOMIC_RELAXED);
  if (OROCHI_LIKELY((counts & 0xffff) == t->slot_id && counts >= 0x20000)) {
    __atomic_store_n(counter, counts - 0x10000u, __ATOMIC_RELAXED);
  } else if (static_cast<uint16_t>(counts) < kOwnerDeferred) {
    release_out_of_line(v.as_object());
  }
}

// Drops `old`, then goes to the instruction n words on. A last reference goes out of line, where finalizers are polled.
#define DROP_NEXT(old_, n)                                                                           \
  do {                                                                                               \
    Value dropped_ = (old_);                                                                         \
    if (OROCHI_UNLIKELY(is_object(dropped_))) {                                                      \
      auto* counter_ = reinterpret_cast<uint32_t*>(&dropped_.as_object()->owner);                    \
      uint32_t counts_ = __atomic_load_n(counter_, __ATOMIC_RELAXED);                                \
      if (OROCHI_LIKELY((counts_ & 0xffff) == t->slot_id && counts_ >= 0x20000)) {                   \
        __atomic_store_n(counter_, counts_ - 0x10000u, __ATOMIC_RELAXED);                            \
      } else {                                                                                       \
        pc += (n);                                                                                   \
        word = dropped_.bits;                                                                        \
        GO(drop_then_next);                                                                          \
      }                                                                                              \
    }                                                                                                \
    NEXT(n);                                                                                         \
  } while (false)

// Writes an owned value (or immediate) to register `dst`, dropping what was there.
#define WRITE_NEXT(dst_, value_, n)        \
  do {                                     \
    Value* slot_ = regs + (dst_);          \
    Value old_value_ = *slot_;             \
    *slot_ = (value_);                     \
    DROP_NEXT(old_value_, n);              \
  } while (false)

// After a slow operation: finalizers of what it dropped run now.
#define SLOW_NEXT(n)                                                        \
  do {                                                                      \
    pc += (n);                                                              \
    if (OROCHI_UNLIKELY(t->load_poll() & kPollFinalizers)) GO(poll_then_next); \
    DISPATCH();                                                             \
  } while (false)

// Taken jump of `offset` words relative to the word after this instruction (of 1 word).
#define JUMP(offset)                                                                     \
  do {                                                                                   \
    int64_t offset_ = (offset);                                                          \
    pc += 1 + offset_;                                                                   \
    if (OROCHI_UNLIKELY(t->load_poll() != 0) && offset_ < 0) GO(poll_then_next);         \
    DISPATCH();                                                                          \
  } while (false)

OROCHI_INLINE bool both_fixnum(Value x, Value y) { return x.bits & y.bits & 1; }
OROCHI_INLINE bool both_float(Value x, Value y) { return ((x.bits & 3) == 2) & ((y.bits & 3) == 2); }

// Rewrites the opcode of an instruction; its cache word has been stored before.
OROCHI_INLINE void quicken(const uint64_t* pc, Op op) {
  __atomic_store_n(reinterpret_cast<uint16_t*>(const_cast<uint64_t*>(pc)), static_cast<uint16_t>(op), __ATOMIC_RELEASE);
}

}  // namespace orochi
