// Handlers of moves, arithmetic, comparisons, jumps and returns. Fast paths only; what falls through goes to the plain
// functions of ops.h by way of the SLOW handlers.
#include "interpreter/ops.h"
#include "objects/float.h"
#include "objects/list.h"
#include "objects/exception.h"

namespace orochi {

// The slow form of an opcode: saves the place, runs do_X, goes on.
#define SLOW(name)                                                          \
  HANDLER_FUNCTION(slow_##name) {                                           \
    frame->pc = pc;                                                         \
    if (!do_##name(OpContext{*t, frame, regs, word, pc})) GO(unwind);       \
    table = t->dispatch;                                                    \
    SLOW_NEXT(kWords<Op::name>);                                            \
  }
// The same where the result is a truth value: jump on it.
#define SLOW_JUMP(name, offset)                                             \
  HANDLER_FUNCTION(slow_##name) {                                           \
    frame->pc = pc;                                                         \
    bool taken = do_##name(OpContext{*t, frame, regs, word, pc});           \
    if (t->has_pending()) GO(unwind);                                       \
    table = t->dispatch;                                                    \
    if (OROCHI_UNLIKELY(t->load_poll() & kPollFinalizers)) {                \
      pc += 1 + (taken ? (offset) : 0);                                     \
      GO(poll_then_next);                                                   \
    }                                                                       \
    if (taken) JUMP(offset);                                                \
    NEXT(1);                                                                \
  }
// An opcode that has no fast path.
#define ONLY_SLOW(name)                                                     \
  HANDLER(name) {                                                           \
    frame->pc = pc;                                                         \
    if (!do_##name(OpContext{*t, frame, regs, word, pc})) GO(unwind);       \
    table = t->dispatch;                                                    \
    SLOW_NEXT(kWords<Op::name>);                                            \
  }

OROCHI_KEEPS_REGISTERS void retain_out_of_line(Object* object) { retain_slow(object); }
OROCHI_KEEPS_REGISTERS void release_out_of_line(Object* object) { release_object(object, tls_slot_id); }

HANDLER_FUNCTION(drop_then_next) {
  release(Value(word));
  table = t->dispatch;
  SLOW_NEXT(0);
}

HANDLER_FUNCTION(poll_then_next) {
  frame->pc = pc;
  if (safepoint(*t).raised()) GO(unwind);
  table = t->dispatch;
  DISPATCH();
}

HANDLER_FUNCTION(enter_frame) {
  frame = t->frame;
  regs = frame->regs;
  pc = frame->pc;
  table = t->dispatch;
  DISPATCH();
}

// ---- moves and constants ----
HANDLER(Nop) { NEXT(1); }
HANDLER(Resume) {
  if (OROCHI_UNLIKELY(t->load_poll() != 0)) {
    pc++;
    GO(poll_then_next);
  }
  NEXT(1);
}
HANDLER(Move) {
  Value v = regs[B_];
  if (B_ >= frame->first_temp) regs[B_] = Value();
  else keep(t, v);
  WRITE_NEXT(A_, v, 1);
}
HANDLER(Copy) {
  Value v = regs[B_];
  keep(t, v);
  WRITE_NEXT(A_, v, 1);
}
HANDLER(Clear) {
  Value v = regs[A_];
  regs[A_] = Value();
  DROP_NEXT(v, 1);
}
HANDLER(LoadConst) {
  Value v = frame->code->const_values[BC_];
  keep(t, v);
  WRITE_NEXT(A_, v, 1);
}
HANDLER(LoadInt) { WRITE_NEXT(A_, Value::fixnum(BC_), 1); }
HANDLER(LoadNone) { WRITE_NEXT(A_, kNone, 1); }
HANDLER(LoadTrue) { WRITE_NEXT(A_, kTrue, 1); }
HANDLER(LoadFalse) { WRITE_NEXT(A_, kFalse, 1); }
HANDLER(LoadEmpty) { WRITE_NEXT(A_, Value(), 1); }
SLOW(CheckLocal)
HANDLER(CheckLocal) {
  if (OROCHI_UNLIKELY(regs[A_].is_empty())) GO(slow_CheckLocal);
  NEXT(1);
}

// ---- cells ----
SLOW(LoadDeref)
HANDLER(LoadDeref) {
  Value cell = regs[B_];
  if (OROCHI_LIKELY(!multi_threaded() && is_object(cell))) {
    Value v = *static_cast<Cell*>(cell.as_object())->value.slot();
    if (OROCHI_LIKELY(!v.is_empty())) {
      keep(t, v);
      WRITE_NEXT(A_, v, 1);
    }
  }
  GO(slow_LoadDeref);
}
SLOW(LoadFree)
HANDLER(LoadFree) {
  if (OROCHI_LIKELY(!multi_threaded())) {
    auto* fn = static_cast<Function*>(frame->function.as_object());
    Value cell = static_cast<Tuple*>(fn->closure.slot()->as_object())->values()[B_];
    Value v = *static_cast<Cell*>(cell.as_object())->value.slot();
    if (OROCHI_LIKELY(!v.is_empty())) {
      keep(t, v);
      WRITE_NEXT(A_, v, 1);
    }
  }
  GO(slow_LoadFree);
}

// ---- arithmetic ----
// Tagged words: x = 2a+1, y = 2b+1, so x + (y - 1) and x - (y - 1) are the tagged sum and difference, and
// (x - 1) * (y >> 1) + 1 is the tagged product.
#define FIXNUM_BINARY(name, compute, float_op)                                      \
  SLOW(name)                                                                        \
  HANDLER(name) {                                                                   \
    Value x = regs[B_], y = regs[C_];                                               \
    if (OROCHI_LIKELY(both_fixnum(x, y))) {                                         \
      int64_t r;                                                                    \
      auto xi = static_cast<int64_t>(x.bits), yi = static_cast<int64_t>(y.bits);    \
      if (OROCHI_LIKELY(!(compute))) WRITE_NEXT(A_, Value(static_cast<uint64_t>(r)), 1); \
    } else if (both_float(x, y)) {                                                  \
      double d = x.as_tagged_float() float_op y.as_tagged_float();                  \
      Value v;                                                                      \
      if (OROCHI_LIKELY(Value::try_float(d, &v))) WRITE_NEXT(A_, v, 1);             \
    }                                                                               \
    GO(slow_##name);                                                                \
  }
#define ADD_TAGGED __builtin_saddl_overflow(xi, yi - 1, &r)
#define SUB_TAGGED __builtin_ssubl_overflow(xi, yi - 1, &r)
#define MUL_TAGGED (__builtin_smull_overflow(xi - 1, yi >> 1, &r) || (r |= 1, false))
FIXNUM_BINARY(Add, ADD_TAGGED, +)
FIXNUM_BINARY(Sub, SUB_TAGGED, -)
FIXNUM_BINARY(Mul, MUL_TAGGED, *)
FIXNUM_BINARY(InplaceAdd, ADD_TAGGED, +)
FIXNUM_BINARY(InplaceSub, SUB_TAGGED, -)
FIXNUM_BINARY(InplaceMul, MUL_TAGGED, *)

#define FIXNUM_IMMEDIATE(name, compute)                                             \
  SLOW(name)                                                                        \
  HANDLER(name) {                                                                   \
    Value x = regs[B_];                                                             \
    if (OROCHI_LIKELY(x.is_fixnum())) {                                             \
      int64_t r;                                                                    \
      auto xi = static_cast<int64_t>(x.bits);                                       \
      int64_t yi = (int64_t{SC_} << 1) | 1;                                         \
      if (OROCHI_LIKELY(!(compute))) WRITE_NEXT(A_, Value(static_cast<uint64_t>(r)), 1); \
    }                                                                               \
    GO(slow_##name);                                                                \
  }
FIXNUM_IMMEDIATE(AddI, ADD_TAGGED)
FIXNUM_IMMEDIATE(SubI, SUB_TAGGED)
FIXNUM_IMMEDIATE(MulI, MUL_TAGGED)
FIXNUM_IMMEDIATE(InplaceAddI, ADD_TAGGED)
FIXNUM_IMMEDIATE(InplaceSubI, SUB_TAGGED)

// Floor division and remainder by the sign of the divisor.
OROCHI_INLINE bool floor_divide(int64_t x, int64_t y, int64_t* q) {
  if (OROCHI_UNLIKELY(y == 0)) return false;
  *q = x / y;  // |x| < 2^62: no overflow
  if ((x % y != 0) && ((x ^ y) < 0)) (*q)--;
  return Value::fits_fixnum(*q);
}
OROCHI_INLINE bool floor_remainder(int64_t x, int64_t y, int64_t* r) {
  if (OROCHI_UNLIKELY(y == 0)) return false;
  *r = x % y;
  if (*r != 0 && ((*r ^ y) < 0)) *r += y;
  return true;
}
OROCHI_INLINE bool shift_left(int64_t x, int64_t by, int64_t* r) {
  if (by < 0 || by > 60) return false;
  *r = static_cast<int64_t>(static_cast<uint64_t>(x) << by);
  return (*r >> by) == x && Value::fits_fixnum(*r);
}
OROCHI_INLINE bool shift_right(int64_t x, int64_t by, int64_t* r) {
  if (by < 0) return false;
  *r = x >> (by > 63 ? 63 : by);
  return true;
}
#define FIXNUM_HELPER(name, helper)                                                               \
  SLOW(name)                                                                                      \
  HANDLER(name) {                                                                                 \
    Value x = regs[B_], y = regs[C_];                                                             \
    int64_t r;                                                                                    \
    if (OROCHI_LIKELY(both_fixnum(x, y) && helper(x.as_fixnum(), y.as_fixnum(), &r))) {           \
      WRITE_NEXT(A_, Value::fixnum(r), 1);                                                        \
    }                                                                                             \
    GO(slow_##name);                                                                              \
  }
#define FIXNUM_HELPER_IMMEDIATE(name, helper)                                                     \
  SLOW(name)                                                                                      \
  HANDLER(name) {                                                                                 \
    Value x = regs[B_];                                                                           \
    int64_t r;                                                                                    \
    if (OROCHI_LIKELY(x.is_fixnum() && helper(x.as_fixnum(), int64_t{SC_}, &r))) {                \
      WRITE_NEXT(A_, Value::fixnum(r), 1);                                                        \
    }                                                                                             \
    GO(slow_##name);                                                                              \
  }
FIXNUM_HELPER(FloorDiv, floor_divide)
FIXNUM_HELPER(Mod, floor_remainder)
FIXNUM_HELPER(LShift, shift_left)
FIXNUM_HELPER(RShift, shift_right)
FIXNUM_HELPER(InplaceFloorDiv, floor_divide)
FIXNUM_HELPER(InplaceMod, floor_remainder)
FIXNUM_HELPER(InplaceLShift, shift_left)
FIXNUM_HELPER(InplaceRShift, shift_right)
FIXNUM_HELPER_IMMEDIATE(FloorDivI, floor_divide)
FIXNUM_HELPER_IMMEDIATE(ModI, floor_remainder)
FIXNUM_HELPER_IMMEDIATE(LShiftI, shift_left)
FIXNUM_HELPER_IMMEDIATE(RShiftI, shift_right)

#define FIXNUM_BITS(name, expression)                                               \
  SLOW(name)                                                                        \
  HANDLER(name) {                                                                   \
    Value x = regs[B_], y = regs[C_];                                               \
    if (OROCHI_LIKELY(both_fixnum(x, y))) WRITE_NEXT(A_, Value(expression), 1);     \
    GO(slow_##name);                                                                \
  }
FIXNUM_BITS(And, x.bits & y.bits)
FIXNUM_BITS(Or, x.bits | y.bits)
FIXNUM_BITS(Xor, (x.bits ^ y.bits) | 1)
FIXNUM_BITS(InplaceAnd, x.bits & y.bits)
FIXNUM_BITS(InplaceOr, x.bits | y.bits)
FIXNUM_BITS(InplaceXor, (x.bits ^ y.bits) | 1)
SLOW(AndI)
HANDLER(AndI) {
  Value x = regs[B_];
  if (OROCHI_LIKELY(x.is_fixnum())) {
    WRITE_NEXT(A_, Value(x.bits & static_cast<uint64_t>((int64_t{SC_} << 1) | 1)), 1);
  }
  GO(slow_AndI);
}

#define TRUE_DIVIDE(name)                                                                    \
  SLOW(name)                                                                                 \
  HANDLER(name) {                                                                            \
    Value x = regs[B_], y = regs[C_];                                                        \
    double a, b;                                                                             \
    if (both_float(x, y)) {                                                                  \
      a = x.as_tagged_float();                                                               \
      b = y.as_tagged_float();                                                               \
    } else if (both_fixnum(x, y)) {                                                          \
      a = static_cast<double>(x.as_fixnum());                                                \
      b = static_cast<double>(y.as_fixnum());                                                \
      if (a > 0x1p53 || a < -0x1p53 || b > 0x1p53 || b < -0x1p53) GO(slow_##name);           \
    } else {                                                                                 \
      GO(slow_##name);                                                                       \
    }                                                                                        \
    Value v;                                                                                 \
    if (OROCHI_LIKELY(b != 0.0 && Value::try_float(a / b, &v))) WRITE_NEXT(A_, v, 1);        \
    GO(slow_##name);                                                                         \
  }
TRUE_DIVIDE(TrueDiv)
TRUE_DIVIDE(InplaceTrueDiv)

SLOW(Neg)
HANDLER(Neg) {
  Value x = regs[B_];
  if (x.is_fixnum() && OROCHI_LIKELY(x.as_fixnum() != Value::kFixnumMin)) {
    WRITE_NEXT(A_, Value::fixnum(-x.as_fixnum()), 1);
  }
  Value v;
  if (x.is_tagged_float() && Value::try_float(-x.as_tagged_float(), &v)) WRITE_NEXT(A_, v, 1);
  GO(slow_Neg);
}
SLOW(Not)
HANDLER(Not) {
  Value x = regs[B_];
  if (x == kTrue || x == kFalse) WRITE_NEXT(A_, Value::boolean(x == kFalse), 1);
  if (x == kNone) WRITE_NEXT(A_, kTrue, 1);
  if (x.is_fixnum()) WRITE_NEXT(A_, Value::boolean(x.bits == 1), 1);
  GO(slow_Not);
}

// ---- comparisons ----
#define COMPARE(name, op)                                                                              \
  SLOW(name)                                                                                           \
  HANDLER(name) {                                                                                      \
    Value x = regs[B_], y = regs[C_];                                                                  \
    if (OROCHI_LIKELY(both_fixnum(x, y))) {                                                            \
      WRITE_NEXT(A_, Value::boolean(static_cast<int64_t>(x.bits) op static_cast<int64_t>(y.bits)), 1); \
    }                                                                                                  \
    if (both_float(x, y)) WRITE_NEXT(A_, Value::boolean(x.as_tagged_float() op y.as_tagged_float()), 1); \
    GO(slow_##name);                                                                                   \
  }
COMPARE(Lt, <)
COMPARE(Le, <=)
COMPARE(Eq, ==)
COMPARE(Ne, !=)
COMPARE(Gt, >)
COMPARE(Ge, >=)

SLOW(Is)
HANDLER(Is) {
  if (B_ < frame->first_temp && C_ < frame->first_temp) {
    WRITE_NEXT(A_, Value::boolean(regs[B_] == regs[C_]), 1);
  }
  GO(slow_Is);
}
SLOW(IsNot)
HANDLER(IsNot) {
  if (B_ < frame->first_temp && C_ < frame->first_temp) {
    WRITE_NEXT(A_, Value::boolean(regs[B_] != regs[C_]), 1);
  }
  GO(slow_IsNot);
}

// ---- jumps ----
HANDLER(Jump) { NEXT(1 + int64_t{BC_}); }
HANDLER(JumpBack) {
  pc += 1 + int64_t{BC_};
  if (OROCHI_UNLIKELY(t->load_poll() != 0)) GO(poll_then_next);
  DISPATCH();
}

// -1: not an immediate whose truth is known at once.
OROCHI_INLINE int quick_truth(Value v) {
  if (v == kTrue) return 1;
  if (v == kFalse || v == kNone) return 0;
  if (v.is_fixnum()) return v.bits != 1;
  if (v.is_tagged_float()) return v.bits != Value::kZeroFloat;
  return -1;
}
SLOW_JUMP(JumpIfTrue, int64_t{BC_})
HANDLER(JumpIfTrue) {
  int truth = quick_truth(regs[A_]);
  if (OROCHI_UNLIKELY(truth < 0)) GO(slow_JumpIfTrue);
  if (truth) JUMP(int64_t{BC_});
  NEXT(1);
}
SLOW_JUMP(JumpIfFalse, int64_t{BC_})
HANDLER(JumpIfFalse) {
  int truth = quick_truth(regs[A_]);
  if (OROCHI_UNLIKELY(truth < 0)) GO(slow_JumpIfFalse);
  if (!truth) JUMP(int64_t{BC_});
  NEXT(1);
}
SLOW_JUMP(JumpIfTrueKeep, int64_t{BC_})
HANDLER(JumpIfTrueKeep) {
  int truth = quick_truth(regs[A_]);
  if (OROCHI_UNLIKELY(truth < 0)) GO(slow_JumpIfTrueKeep);
  if (truth) JUMP(int64_t{BC_});
  NEXT(1);
}
SLOW_JUMP(JumpIfFalseKeep, int64_t{BC_})
HANDLER(JumpIfFalseKeep) {
  int truth = quick_truth(regs[A_]);
  if (OROCHI_UNLIKELY(truth < 0)) GO(slow_JumpIfFalseKeep);
  if (!truth) JUMP(int64_t{BC_});
  NEXT(1);
}
SLOW_JUMP(JumpIfNone, int64_t{BC_})
HANDLER(JumpIfNone) {
  Value v = regs[A_];
  if (v == kNone) JUMP(int64_t{BC_});
  if (is_object(v) && A_ >= frame->first_temp) GO(slow_JumpIfNone);
  NEXT(1);
}
SLOW_JUMP(JumpIfNotNone, int64_t{BC_})
HANDLER(JumpIfNotNone) {
  Value v = regs[A_];
  if (v == kNone) NEXT(1);
  if (is_object(v) && A_ >= frame->first_temp) GO(slow_JumpIfNotNone);
  JUMP(int64_t{BC_});
}

#define COMPARE_JUMP(name, op, wanted)                                                      \
  SLOW_JUMP(name, int64_t{SC_})                                                             \
  HANDLER(name) {                                                                           \
    Value x = regs[A_], y = regs[B_];                                                       \
    if (OROCHI_LIKELY(both_fixnum(x, y))) {                                                 \
      if ((static_cast<int64_t>(x.bits) op static_cast<int64_t>(y.bits)) == wanted) JUMP(int64_t{SC_}); \
      NEXT(1);                                                                              \
    }                                                                                       \
    if (both_float(x, y)) {                                                                 \
      if ((x.as_tagged_float() op y.as_tagged_float()) == wanted) JUMP(int64_t{SC_});       \
      NEXT(1);                                                                              \
    }                                                                                       \
    GO(slow_##name);                                                                        \
  }                                                                                         \
  SLOW_JUMP(name##I, int64_t{SC_})                                                          \
  HANDLER(name##I) {                                                                        \
    Value x = regs[A_];                                                                     \
    if (OROCHI_LIKELY(x.is_fixnum())) {                                                     \
      if ((static_cast<int64_t>(x.bits) op ((int64_t{SB_} << 1) | 1)) == wanted) JUMP(int64_t{SC_}); \
      NEXT(1);                                                                              \
    }                                                                                       \
    GO(slow_##name##I);                                                                     \
  }
COMPARE_JUMP(JumpIfLt, <, true)
COMPARE_JUMP(JumpIfLe, <=, true)
COMPARE_JUMP(JumpIfEq, ==, true)
COMPARE_JUMP(JumpIfNe, !=, true)
COMPARE_JUMP(JumpIfGt, >, true)
COMPARE_JUMP(JumpIfGe, >=, true)
COMPARE_JUMP(JumpIfNotLt, <, false)
COMPARE_JUMP(JumpIfNotLe, <=, false)
COMPARE_JUMP(JumpIfNotEq, ==, false)
COMPARE_JUMP(JumpIfNotNe, !=, false)
COMPARE_JUMP(JumpIfNotGt, >, false)
COMPARE_JUMP(JumpIfNotGe, >=, false)

SLOW_JUMP(JumpIfIs, int64_t{SC_})
HANDLER(JumpIfIs) {
  if (OROCHI_UNLIKELY(A_ >= frame->first_temp || B_ >= frame->first_temp)) GO(slow_JumpIfIs);
  if (regs[A_] == regs[B_]) JUMP(int64_t{SC_});
  NEXT(1);
}
SLOW_JUMP(JumpIfIsNot, int64_t{SC_})
HANDLER(JumpIfIsNot) {
  if (OROCHI_UNLIKELY(A_ >= frame->first_temp || B_ >= frame->first_temp)) GO(slow_JumpIfIsNot);
  if (regs[A_] != regs[B_]) JUMP(int64_t{SC_});
  NEXT(1);
}
#define ONLY_SLOW_JUMP(name) \
  SLOW_JUMP(name, int64_t{SC_}) \
  HANDLER(name) { GO(slow_##name); }
ONLY_SLOW_JUMP(JumpIfIn)
ONLY_SLOW_JUMP(JumpIfNotIn)

// ---- returns ----
HANDLER(Return) {
  Value v = regs[A_];
  regs[A_] = Value();  // moved out: the register is dropped with the frame anyway
  word = v.bits;
  frame->pc = pc;
  GO(return_value);
}
HANDLER(ReturnNone) {
  word = kNone.bits;
  frame->pc = pc;
  GO(return_value);
}

HANDLER_FUNCTION(return_value) {
  if (OROCHI_UNLIKELY(frame->flags != 0)) GO(return_slow);
  for (uint32_t i = 0, n = frame->first_temp; i < n; i++) {
    Value v = regs[i];
    if (is_object(v)) {
      regs[i] = Value();
      drop(t, v);
    }
  }
  drop(t, frame->function);
  uint32_t dst = frame->dst;
  uint32_t words = frame->words;
  frame = frame->previous;
  t->frame = frame;
  regs = frame->regs;
  pc = frame->pc + words;
  Value old = regs[dst];
  regs[dst] = Value(word);
  if (OROCHI_UNLIKELY(t->load_poll() & kPollFinalizers)) {
    word = old.bits;
    GO(drop_then_next);
  }
  DROP_NEXT(old, 0);
}

// ---- everything without a fast path here ----
ONLY_SLOW(ClearRange)
ONLY_SLOW(LoadCommonConstant)
ONLY_SLOW(DeleteLocal)
ONLY_SLOW(MakeCell)
ONLY_SLOW(StoreDeref)
ONLY_SLOW(DeleteDeref)
ONLY_SLOW(StoreFree)
ONLY_SLOW(DeleteFree)
ONLY_SLOW(LoadClosure)
ONLY_SLOW(LoadFromDictOrFree)
ONLY_SLOW(LoadFromDictOrGlobals)
ONLY_SLOW(LoadLocals)
ONLY_SLOW(DeleteGlobal)
ONLY_SLOW(StoreName)
ONLY_SLOW(DeleteName)
ONLY_SLOW(DeleteAttr)
ONLY_SLOW(LoadSuperAttr)
ONLY_SLOW(LoadSuperAttr2)
ONLY_SLOW(LoadSuperMethod)
ONLY_SLOW(LoadSuperMethod2)
ONLY_SLOW(DelItem)
ONLY_SLOW(BuildSlice)
ONLY_SLOW(GetSlice)
ONLY_SLOW(SetSlice)
ONLY_SLOW(MatMul)
ONLY_SLOW(Pow)
ONLY_SLOW(InplaceMatMul)
ONLY_SLOW(InplacePow)
ONLY_SLOW(Pos)
ONLY_SLOW(Invert)
ONLY_SLOW(In)
ONLY_SLOW(NotIn)
ONLY_SLOW(CallIntrinsic1)
ONLY_SLOW(CallIntrinsic2)
ONLY_SLOW(MakeFunction)
ONLY_SLOW(LoadBuildClass)
ONLY_SLOW(SetupAnnotations)
ONLY_SLOW(GetIter)
ONLY_SLOW(UnpackSequence)
ONLY_SLOW(UnpackEx)
ONLY_SLOW(BuildTuple)
ONLY_SLOW(BuildList)
ONLY_SLOW(BuildSet)
ONLY_SLOW(BuildMap)
ONLY_SLOW(BuildString)
ONLY_SLOW(ListAppend)
ONLY_SLOW(ListExtend)
ONLY_SLOW(SetAdd)
ONLY_SLOW(SetUpdate)
ONLY_SLOW(MapAdd)
ONLY_SLOW(DictUpdate)
ONLY_SLOW(DictMerge)
ONLY_SLOW(ListToTuple)
ONLY_SLOW(ConvertValue)
ONLY_SLOW(FormatSimple)
ONLY_SLOW(FormatWithSpec)
ONLY_SLOW(BuildInterpolation)
ONLY_SLOW(BuildTemplate)
ONLY_SLOW(CheckExcMatch)
ONLY_SLOW(CheckExcGroupMatch)
ONLY_SLOW(WithSetup)
ONLY_SLOW(AsyncWithSetup)
ONLY_SLOW(WithExitNone)
ONLY_SLOW(WithExitException)
ONLY_SLOW(GetYieldFromIter)
ONLY_SLOW(GetAwaitable)
ONLY_SLOW(AsyncGenWrap)
ONLY_SLOW(GetAiter)
ONLY_SLOW(GetAnext)
ONLY_SLOW(ImportName)
ONLY_SLOW(ImportFrom)
ONLY_SLOW(MatchMapping)
ONLY_SLOW(MatchSequence)
ONLY_SLOW(MatchKeys)
ONLY_SLOW(MatchClass)
ONLY_SLOW(GetLen)
ONLY_SLOW(EnterHandler)
ONLY_SLOW(LeaveHandler)
ONLY_SLOW(Raise)
ONLY_SLOW(RaiseFrom)

const HandlerFn kHandlers[] = {
#define OP(name, a, b, c, extra, effects) op_##name,
#define QUICK(name, family) op_##name,
#include "bytecode/opcodes.def"
};

}  // namespace orochi
