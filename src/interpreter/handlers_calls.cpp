// Handlers of calls, iteration, generators and exceptions: everything that pushes, pops or switches frames.
#include "interpreter/cache.h"
#include "interpreter/ops.h"
#include "objects/iterators.h"
#include "objects/traceback.h"
#include "protocols/native.h"
#include "protocols/operators.h"
#include "protocols/type_ready.h"
#include "protocols/dunder_slots.h"
#include "objects/shape_table.h"

namespace orochi {

// ---- delivering the result of a call ----

// `word` is the owned result of the instruction at frame->pc, whose target register and length are in its operands:
// the callee was not a pushed frame.
#define FINISH_CALL(called_, dst_, n)                                      \
  do {                                                                     \
    Called result_ = (called_);                                            \
    if (OROCHI_UNLIKELY(result_.outcome == CallOutcome::Raised)) GO(unwind); \
    if (result_.outcome == CallOutcome::Pushed) GO(enter_frame);           \
    table = t->dispatch;                                                   \
    Value* slot_ = regs + (dst_);                                          \
    Value old_ = *slot_;                                                   \
    *slot_ = result_.value;                                                \
    if (OROCHI_UNLIKELY(t->load_poll() != 0)) {                            \
      pc += (n);                                                           \
      word = old_.bits;                                                    \
      GO(drop_then_poll);                                                  \
    }                                                                      \
    DROP_NEXT(old_, n);                                                    \
  } while (false)

static HANDLER_FUNCTION(drop_then_poll) {
  if (Value(word)) release(Value(word));
  GO(poll_then_next);
}

// ---- Python functions with exactly the right arguments ----

#define PUSH_EXACT(function_value, arguments, count, failure)                             \
  do {                                                                                    \
    Value fv_ = (function_value);                                                         \
    if (OROCHI_UNLIKELY(!is_function(fv_))) GO(failure);                                  \
    auto* fn_ = static_cast<Function*>(fv_.as_object());                                  \
    auto* code_ = reinterpret_cast<Code*>(fn_->code.slot()->bits);                        \
    if (OROCHI_UNLIKELY(code_->exact_args != (count))) GO(failure);                       \
    Value* callee_ = (arguments);                                                         \
    Frame* f_ = frame + 1;                                                                \
    if (OROCHI_UNLIKELY(f_ >= t->frames_limit || callee_ + code_->nregs > t->stack_limit)) GO(failure); \
    frame->pc = pc;                                                                       \
    uint32_t dst_ = A_;                                                                   \
    regs[B_] = Value();                                                                   \
    zero_locals(code_, callee_, (count));                                                 \
    f_ = push_frame(t, frame, fv_, code_, callee_, dst_, 2, 0);                           \
    frame = f_;                                                                           \
    regs = callee_;                                                                       \
    pc = code_->code;                                                                     \
    DISPATCH();                                                                           \
  } while (false)

HANDLER(CallPyExact) { PUSH_EXACT(regs[B_], regs + B_ + 1, C_, op_Call); }

HANDLER(CallMethodPyExact) {
  if (OROCHI_LIKELY(!regs[B_ + 1].is_empty())) PUSH_EXACT(regs[B_], regs + B_ + 1, C_ + 1u, op_CallMethod);
  Value callable = regs[B_];
  if (!is_function(callable)) GO(op_CallMethod);
  PUSH_EXACT(regs[B_], regs + B_ + 2, C_, op_CallMethod);
}

// ---- native functions ----

HANDLER(CallNative) {
  Value callable = regs[B_];
  if (OROCHI_UNLIKELY(!is_object(callable) || callable.as_object()->type() != &types::NativeFunction)) GO(op_Call);
  const NativeDef* def = static_cast<NativeFunction*>(callable.as_object())->def;
  if (OROCHI_UNLIKELY(def->is_method() || def == &kNewFunction)) GO(op_Call);
  frame->pc = pc;
  CallArgs args{regs + B_ + 1, C_, {}};
  Value result = def->stub(*t, *def, args);
  Value* at = regs + B_;
  for (uint32_t i = 0, n = C_; i <= n; i++) {
    Value v = at[i];
    if (is_object(v)) {
      at[i] = Value();
      drop(t, v);
    }
  }
  if (OROCHI_UNLIKELY(result.is_empty())) GO(unwind);
  table = t->dispatch;
  if (OROCHI_UNLIKELY(t->load_poll() != 0)) {
    Value old = regs[A_];
    regs[A_] = result;
    word = old.bits;
    pc += 2;
    GO(drop_then_poll);
  }
  WRITE_NEXT(A_, result, 2);
}

HANDLER(CallMethodNative) {
  Value callable = regs[B_];
  if (OROCHI_UNLIKELY(!is_object(callable) || callable.as_object()->type() != &types::MethodDescriptor)) {
    GO(op_CallMethod);
  }
  if (OROCHI_UNLIKELY(regs[B_ + 1].is_empty())) GO(op_CallMethod);
  const NativeDef* def = static_cast<NativeFunction*>(callable.as_object())->def;
  frame->pc = pc;
  CallArgs args{regs + B_ + 1, C_ + 1u, {}};
  Value result = def->stub(*t, *def, args);
  Value* at = regs + B_;
  at[0] = Value();  // method descriptors are not counted
  for (uint32_t i = 1, n = C_ + 1u; i <= n; i++) {
    Value v = at[i];
    if (is_object(v)) {
      at[i] = Value();
      drop(t, v);
    }
  }
  if (OROCHI_UNLIKELY(result.is_empty())) GO(unwind);
  table = t->dispatch;
  if (OROCHI_UNLIKELY(t->load_poll() != 0)) {
    Value old = regs[A_];
    regs[A_] = result;
    word = old.bits;
    pc += 2;
    GO(drop_then_poll);
  }
  WRITE_NEXT(A_, result, 2);
}

// ---- general calls ----

namespace {

void specialise_call(Thread& t, const uint64_t* pc, Value callable, uint32_t count, bool has_self) {
  bool method = op_info(static_cast<Op>(load_word(pc) & 0xffff)).family == Op::CallMethod;
  if (is_function(callable)) {
    Code* code = static_cast<Function*>(callable.as_object())->code.borrow().get();
    if (code->exact_args == count) quicken(pc, method ? Op::CallMethodPyExact : Op::CallPyExact);
    return;
  }
  Type* type = type_of(callable);
  if (!method && type == &types::NativeFunction) {
    const NativeDef* def = static_cast<NativeFunction*>(callable.as_object())->def;
    if (!def->is_method() && def != &kNewFunction) quicken(pc, Op::CallNative);
  } else if (method && has_self && type == &types::MethodDescriptor) {
    quicken(pc, Op::CallMethodNative);
  } else if (!method && is_type(callable)) {
    auto* cls = static_cast<Type*>(callable.as_object());
    if (cls->slots.new_ == types::Object.slots.new_ && cls->slots.init == dispatch_init) quicken(pc, Op::CallClass);
  }
}

}  // namespace

HANDLER(CallClass) {
  // call_registers tests for this case first among those that are not functions.
  if (OROCHI_UNLIKELY(!is_type(regs[B_]))) GO(op_Call);
  frame->pc = pc;
  FINISH_CALL(call_registers(*t, frame, regs + B_, C_, A_, 2), A_, 2);
}

HANDLER(Call) {
  frame->pc = pc;
  specialise_call(*t, pc, regs[B_], C_, false);
  FINISH_CALL(call_registers(*t, frame, regs + B_, C_, A_, 2), A_, 2);
}

HANDLER(CallMethod) {
  frame->pc = pc;
  Value* base = regs + B_;
  uint32_t count = C_;
  bool has_self = !base[1].is_empty();
  if (has_self) {
    count++;
  } else {
    base[1] = base[0];
    base[0] = Value();
    base++;
  }
  specialise_call(*t, pc, base[0], count, has_self);
  FINISH_CALL(call_registers(*t, frame, base, count, A_, 2), A_, 2);
}

HANDLER(CallKw) {
  frame->pc = pc;
  Borrowed<Tuple> names(frame->code->const_values[pc[2]]);
  FINISH_CALL(call_registers_named(*t, frame, regs + B_, C_, names, A_, 3), A_, 3);
}

HANDLER(CallMethodKw) {
  frame->pc = pc;
  Borrowed<Tuple> names(frame->code->const_values[pc[2]]);
  Value* base = regs + B_;
  uint32_t count = C_;
  if (!base[1].is_empty()) {
    count++;
  } else {
    base[1] = base[0];
    base[0] = Value();
    base++;
  }
  FINISH_CALL(call_registers_named(*t, frame, base, count, names, A_, 3), A_, 3);
}

HANDLER(CallEx) {
  frame->pc = pc;
  FINISH_CALL(call_registers_ex(*t, frame, regs + B_, A_, 2), A_, 2);
}

// ---- leaving a frame, all cases ----

HANDLER_FUNCTION(deliver) {
  // To the caller's instruction, as `dst` and `words` of the frame that was popped say; they were put in t->result_place.
  uint32_t dst = static_cast<uint32_t>(t->result_place & 0xffff), words = static_cast<uint32_t>(t->result_place >> 16);
  Value old = regs[dst];
  regs[dst] = Value(word);
  pc = frame->pc + words;
  word = old.bits;
  table = t->dispatch;
  GO(drop_then_next);
}

HANDLER_FUNCTION(return_slow) {
  Value result(word);
  uint32_t flags = frame->flags;
  if (flags & kFrameInit) {
    if (OROCHI_UNLIKELY(result != kNone)) {
      // Raised in the caller: handlers inside __init__ do not see it.
      pop_frame(*t, frame);
      (void)raise(*t, types::TypeError, "__init__() should return None, not '{}'", TypeName(result));
      release(result);
      if (flags & kFrameNativeEntry) FINISH(0);
      frame = t->frame;
      GO(unwind);
    }
    result = frame->generator;  // the instance
    frame->generator = Value();
    frame->flags &= static_cast<uint16_t>(~kFrameInit);
  }
  if (flags & kFrameGenerator) finish_generator(*t, frame);
  uint64_t place = frame->dst | uint64_t{frame->words} << 16;
  pop_frame(*t, frame);
  if (flags & kFrameNativeEntry) FINISH(result.bits);
  frame = t->frame;
  regs = frame->regs;
  pc = frame->pc;
  word = result.bits;
  table = t->dispatch;
  if (flags & (kFrameForIter | kFrameForNext)) {
    // The generator of a loop is exhausted.
    release(result);
    word = load_word(pc);
    Value iterator = regs[B_];
    regs[B_] = Value();
    pc += flags & kFrameForIter ? 1 + int64_t{SC_} : 1;
    word = iterator.bits;
    GO(drop_then_next);
  }
  if (flags & kFrameYieldFrom) {
    // The subgenerator's value is the result of the delegation; its operands are consumed.
    word = load_word(pc);
    Value iterator = regs[B_], sent = regs[C_];
    regs[B_] = Value();
    if (C_ != B_) regs[C_] = Value();
    Value old = regs[A_];
    regs[A_] = result;
    release(iterator);
    if (C_ != B_) release(sent);
    pc += 1;
    word = old.bits;
    GO(drop_then_next);
  }
  t->result_place = place;
  GO(deliver);
}

// ---- iteration ----

#define FOR_SLOW(name, kind, on_value, on_end)                                                   \
  HANDLER_FUNCTION(slow_##name) {                                                                \
    frame->pc = pc;                                                                              \
    Value iterator = regs[B_];                                                                   \
    if (is_generator(iterator)) {                                                                \
      auto* g = static_cast<Generator*>(iterator.as_object());                                   \
      uint32_t state = g->load_state();                                                          \
      if (state < kGenRunning && g->claim_state(state)) {                                        \
        if (!resume_generator(*t, frame, Borrowed<Generator>(g), state, immediate(kNone), A_, 1, kind)) GO(unwind); \
        GO(enter_frame);                                                                         \
      }                                                                                          \
    }                                                                                            \
    NextFn next = type_of(iterator)->slots.next;                                                 \
    Value item = next ? next(*t, Borrowed<>(iterator)).release() : next_not_iterator(*t, iterator); \
    if (OROCHI_UNLIKELY(item.is_empty())) {                                                      \
      if (!clear_pending_if(*t, types::StopIteration)) GO(unwind);                               \
      item = kAbsentWord;                                                                        \
    }                                                                                            \
    table = t->dispatch;                                                                         \
    if (item == kAbsentWord) {                                                                   \
      iterator = regs[B_];                                                                       \
      regs[B_] = Value();                                                                        \
      pc += (on_end);                                                                            \
      word = iterator.bits;                                                                      \
      GO(drop_then_next);                                                                        \
    }                                                                                            \
    Value old = regs[A_];                                                                        \
    regs[A_] = item;                                                                             \
    pc += (on_value);                                                                            \
    if (OROCHI_UNLIKELY(t->load_poll() != 0)) {                                                  \
      word = old.bits;                                                                           \
      GO(drop_then_poll);                                                                        \
    }                                                                                            \
    DROP_NEXT(old, 0);                                                                           \
  }

static Value next_not_iterator(Thread& t, Value v) {
  (void)raise(t, types::TypeError, "'{}' object is not an iterator", TypeName(v));
  return Value();
}
FOR_SLOW(ForIter, kFrameForIter, 1, 1 + int64_t{SC_})
FOR_SLOW(ForNext, kFrameForNext, 1 + int64_t{SC_}, 1)

// The iterators of range, list and tuple without a call. Their ends go the slow way.
#define FOR_FAST(name, on_value, poll)                                                                   \
  HANDLER(name) {                                                                                        \
    Value iterator = regs[B_];                                                                           \
    if (OROCHI_UNLIKELY(!is_object(iterator))) GO(slow_##name);                                          \
    Value item;                                                                                          \
    const Type* type = iterator.as_object()->type();                                                     \
    if (type == &types::RangeIterator) {                                                                 \
      auto* it = static_cast<RangeIterator*>(iterator.as_object());                                      \
      uint64_t left = __atomic_load_n(&it->remaining, __ATOMIC_RELAXED);                                 \
      if (OROCHI_UNLIKELY(left == 0)) GO(slow_##name);                                                   \
      __atomic_store_n(&it->remaining, left - 1, __ATOMIC_RELAXED);                                      \
      item = Value::fixnum(it->start + static_cast<int64_t>(it->count - left) * it->step);               \
    } else if (type == &types::ListIterator) {                                                           \
      auto* it = static_cast<ListIterator*>(iterator.as_object());                                       \
      if (OROCHI_UNLIKELY(multi_threaded() || it->list.slot()->is_empty())) GO(slow_##name);             \
      auto* list = static_cast<List*>(it->list.slot()->as_object());                                     \
      if (OROCHI_UNLIKELY(it->index >= list->length_)) GO(slow_##name);                                  \
      item = list->array->items[it->index++];                                                            \
      keep(t, item);                                                                                     \
    } else if (type == &types::TupleIterator) {                                                          \
      auto* it = static_cast<TupleIterator*>(iterator.as_object());                                      \
      if (OROCHI_UNLIKELY(multi_threaded() || it->tuple.slot()->is_empty())) GO(slow_##name);            \
      auto* tuple = static_cast<Tuple*>(it->tuple.slot()->as_object());                                  \
      if (OROCHI_UNLIKELY(it->index >= tuple->length_)) GO(slow_##name);                                 \
      item = tuple->values()[it->index++];                                                               \
      keep(t, item);                                                                                     \
    } else {                                                                                             \
      GO(slow_##name);                                                                                   \
    }                                                                                                    \
    Value old = regs[A_];                                                                                \
    regs[A_] = item;                                                                                     \
    pc += (on_value);                                                                                    \
    if ((poll) && OROCHI_UNLIKELY(t->load_poll() != 0)) {                                                \
      word = old.bits;                                                                                   \
      GO(drop_then_poll);                                                                                \
    }                                                                                                    \
    DROP_NEXT(old, 0);                                                                                   \
  }
FOR_FAST(ForIter, 1, false)
FOR_FAST(ForNext, 1 + int64_t{SC_}, true)

// ---- generators ----

HANDLER(ReturnGenerator) {
  frame->pc = pc;
  Value made = make_generator_from_frame(*t, frame).release();
  if (made.is_empty()) GO(unwind);
  word = made.bits;
  GO(return_value);
}

// The generator of `frame` yields the owned value in `word`; it continues at t->resume_pc when resumed.
static HANDLER_FUNCTION(yield_value) {
  Value result(word);
  uint32_t flags = frame->flags;
  uint64_t place = frame->dst | uint64_t{frame->words} << 16;
  suspend_generator(*t, frame, t->resume_pc);
  if (flags & kFrameNativeEntry) FINISH(result.bits);
  frame = t->frame;
  regs = frame->regs;
  pc = frame->pc;
  table = t->dispatch;
  if (flags & kFrameYieldFrom) {
    // The delegating generator passes the value on; it stays at its YieldFrom.
    t->resume_pc = pc;
    word = result.bits;
    GO(yield_value);
  }
  if (flags & kFrameForNext) {
    word = load_word(pc);
    place = (place & 0xffff) | static_cast<uint64_t>(1 + int64_t{SC_}) << 16;
    Value old = regs[A_];
    regs[A_] = result;
    pc += 1 + int64_t{SC_};
    if (OROCHI_UNLIKELY(t->load_poll() != 0)) {
      word = old.bits;
      GO(drop_then_poll);
    }
    DROP_NEXT(old, 0);
  }
  t->result_place = place;
  word = result.bits;
  GO(deliver);
}

HANDLER(Yield) {
  Value v = regs[B_];
  if (B_ >= frame->first_temp) regs[B_] = Value();
  else keep(t, v);
  frame->pc = pc;
  t->resume_pc = pc;
  word = v.bits;
  GO(yield_value);
}

HANDLER(YieldFrom) {
  frame->pc = pc;
  Value iterator = regs[B_];
  if (is_generator(iterator) || is_coroutine(iterator)) {
    auto* g = static_cast<Generator*>(iterator.as_object());
    uint32_t state = g->load_state();
    Value sent = regs[C_];
    if ((state == kGenSuspended || (state == kGenCreated && sent == kNone)) && g->claim_state(state)) {
      regs[C_] = Value();
      if (!resume_generator(*t, frame, Borrowed<Generator>(g), state, Local<>::adopt(sent), A_, 1, kFrameYieldFrom)) {
        GO(unwind);
      }
      GO(enter_frame);
    }
  }
  Value returned;
  Value sent = regs[C_];
  regs[C_] = Value();
  Value yielded = yield_from_step(*t, iterator, sent, &returned);
  if (yielded.is_empty()) GO(unwind);
  table = t->dispatch;
  if (yielded == kAbsentWord) {
    regs[B_] = Value();
    Value old = regs[A_];
    regs[A_] = returned;
    release(iterator);
    DROP_NEXT(old, 1);
  }
  t->resume_pc = pc;
  word = yielded.bits;
  GO(yield_value);
}

// ---- exceptions ----

HANDLER_FUNCTION(unwind) {
  add_traceback(*t, frame, frame->code->offset_of(frame->pc));
  GO(unwind_quietly);
}

HANDLER_FUNCTION(unwind_quietly) {
  for (;;) {
    DCHECK(t->has_pending());
    Code* code = frame->code;
    regs = frame->regs;
    const ExceptionEntry* entry = find_handler(code->exceptions, code->exception_count, code->offset_of(frame->pc));
    if (entry) {
      for (uint32_t i = entry->clear_from, n = code->nregs; i < n; i++) {
        Value v = regs[i];
        if (v.is_heap()) {
          regs[i] = Value();
          release(v);
        }
      }
      pc = code->code + entry->handler;
      frame->pc = pc;
      table = t->dispatch;
      DISPATCH();
    }
    uint32_t flags = frame->flags;
    if (flags & kFrameGenerator) finish_generator(*t, frame);
    pop_frame(*t, frame);
    if (flags & kFrameNativeEntry) FINISH(0);
    frame = t->frame;
    regs = frame->regs;
    add_traceback(*t, frame, frame->code->offset_of(frame->pc));
  }
}

// Handled exception of the frame back to r[a]; the exception in r[a+1] is pending again.
HANDLER(ReraiseLeave) {
  frame->pc = pc;
  Value outer = regs[A_], again = regs[A_ + 1];
  regs[A_] = regs[A_ + 1] = Value();
  set_handled(*t, frame, Local<>::adopt(outer));
  set_pending(*t, Local<>::adopt(again));
  GO(unwind_quietly);
}
HANDLER(UnwindHandler) {
  frame->pc = pc;
  Value outer = regs[A_], dropped = regs[A_ + 1];
  regs[A_] = regs[A_ + 1] = Value();
  set_handled(*t, frame, Local<>::adopt(outer));
  release(dropped);
  GO(unwind_quietly);
}
HANDLER(RaiseBare) {
  frame->pc = pc;
  if (do_RaiseBare(OpContext{*t, frame, regs, word, pc})) GO(unwind_quietly);
  GO(unwind);
}
HANDLER(Reraise) {
  frame->pc = pc;
  (void)do_Reraise(OpContext{*t, frame, regs, word, pc});
  GO(unwind_quietly);
}
HANDLER(EndAsyncFor) {
  frame->pc = pc;
  if (!do_EndAsyncFor(OpContext{*t, frame, regs, word, pc})) GO(unwind_quietly);
  table = t->dispatch;
  SLOW_NEXT(1);
}
HANDLER(GeneratorUnwind) {
  frame->pc = pc;
  (void)do_GeneratorUnwind(OpContext{*t, frame, regs, word, pc});
  GO(unwind_quietly);
}

}  // namespace orochi
