// Suspending and resuming generators, coroutines and async generators: send, throw, close, delegation, finalisation
// (PEP 342, 380, 479, 492, 525).
//
// Who resumes a generator claims its state by compare and swap; then its registers move to the thread's register stack
// and a frame is pushed. Suspending moves them back, and only then publishes the state.
#include "objects/generator.h"

#include "interpreter/interpret.h"
#include "interpreter/ops.h"
#include "objects/frame_object.h"
#include "objects/traceback.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/dunder_slots.h"
#include "protocols/operators.h"

namespace orochi {

namespace {

Generator* generator_of(Frame* frame) { return static_cast<Generator*>(frame->generator.as_object()); }

Type& generator_type(const Code* code) {
  if (code->flags & kCoAsyncGenerator) return types::AsyncGenerator;
  if (code->flags & kCoCoroutine) return types::Coroutine;
  return types::Generator;
}

// ((file, line, function), …) of the innermost frames, for sys.set_coroutine_origin_tracking_depth.
Result<Local<>> coroutine_origin(Thread& t, Frame* from) {
  size_t n = 0;
  for (Frame* f = from; f && n < static_cast<size_t>(t.coroutine_origin_depth); f = f->previous) n++;
  Local<Tuple> all = TRY(make_tuple_uninitialised(t, n));
  Frame* f = from;
  for (size_t i = 0; i < n; i++, f = f->previous) {
    Value line = Value::fixnum(code_line(f->code, f->code->offset_of(f->pc)));
    Local<Tuple> entry = TRY(make_tuple(t, {f->code->filename.raw(), line, f->code->name.raw()}));
    all->items()[i].init(std::move(entry));
  }
  return all;
}

}  // namespace

Result<Local<>> make_generator_from_frame(Thread& t, Frame* frame) {
  Code* code = frame->code;
  const Shape* shape = generator_type(code).root_shape;
  Local<> origin;
  if (OROCHI_UNLIKELY(t.coroutine_origin_depth > 0) && (code->flags & kCoCoroutine)) {
    origin = TRY(coroutine_origin(t, frame->previous));
  }
  Local<Generator> g = TRY(allocate<Generator>(t, shape, sizeof(Generator) + code->nregs * sizeof(Value)));
  g->reg_count = code->nregs;
  g->state = kGenCreated;
  g->pc = code->offset_of(frame->pc) + 1;
  auto* fn = static_cast<Function*>(frame->function.as_object());
  g->code.init_share(Borrowed<Code>(code));
  g->function.init_share(Borrowed<>(frame->function));
  g->name.init(fn->name.load(fn));
  g->qualname.init(fn->qualname.load(fn));
  if (origin) g->origin.init(std::move(origin));
  for (uint32_t i = 0; i < code->nregs; i++) {
    g->regs()[i] = frame->regs[i];
    frame->regs[i] = Value();
  }
  if (frame->frame_object) {  // somebody looked at the frame while arguments were bound
    auto* fo = static_cast<FrameObject*>(frame->frame_object.as_object());
    fo->generator = g.get();
    fo->last_pc = g->pc;
    __atomic_store_n(&fo->live, nullptr, __ATOMIC_RELEASE);
    g->frame_object.init(Local<>::adopt(frame->frame_object));
    frame->frame_object = Value();
  }
  return g;
}

Frame* push_generator(Thread& t, Frame* caller, Borrowed<Generator> generator, uint32_t before, uint32_t dst,
                      uint32_t words, uint32_t flags) {
  Generator* g = generator.get();
  Code* code = g->code.borrow().get();
  Value* regs = free_registers(t, caller);
  Frame* f = push_frame(&t, caller, g->function.raw(), code, regs, dst, words, flags | kFrameGenerator | kFrameExtras);
  if (!f) {
    g->publish_state(static_cast<GenState>(before));
    return nullptr;
  }
  // Claimed: nobody else touches these fields. The frame takes what they hold.
  *g->function.slot() = Value();
  Value* saved = g->regs();
  for (uint32_t i = 0, n = code->nregs; i < n; i++) {
    regs[i] = saved[i];
    saved[i] = Value();
  }
  f->generator = generator;
  f->pc = code->code + g->pc;
  if (OROCHI_UNLIKELY(!g->handled.slot()->is_empty())) set_handled(t, f, g->handled.take());
  if (OROCHI_UNLIKELY(!g->frame_object.slot()->is_empty())) {
    Local<> object = g->frame_object.take();
    auto* fo = static_cast<FrameObject*>(object.value().as_object());
    fo->thread = &t;
    f->frame_object = object.release();
    __atomic_store_n(&fo->live, f, __ATOMIC_RELEASE);
  }
  __atomic_store_n(&g->running_frame, f, __ATOMIC_RELEASE);
  return f;
}

Frame* resume_generator(Thread& t, Frame* caller, Borrowed<Generator> generator, uint32_t before, Local<> value,
                        uint32_t dst, uint32_t words, uint32_t flags) {
  Frame* f = push_generator(t, caller, generator, before, dst, words, flags);
  if (!f || before == kGenCreated) return f;
  Value* regs = f->regs;
  uint64_t word = load_word(f->pc);
  auto op = static_cast<Op>(word & 0xffff);  // neither is ever specialised
  Value* at;
  if (OROCHI_LIKELY(op == Op::Yield)) {
    at = regs + static_cast<uint16_t>(word >> 16);
    f->pc++;
  } else if (op == Op::YieldFrom) {
    at = regs + static_cast<uint16_t>(word >> 48);
  } else {
    return f;
  }
  Value old = *at;
  *at = value.release();
  if (is_object(old)) release(old);
  return f;
}

void suspend_generator(Thread& t, Frame* frame, const uint64_t* pc) {
  Generator* g = generator_of(frame);
  g->pc = frame->code->offset_of(pc);
  Value* saved = g->regs();
  Value* regs = frame->regs;
  for (uint32_t i = 0, n = frame->code->nregs; i < n; i++) {
    saved[i] = regs[i];
    if (is_object(regs[i])) regs[i] = Value();
  }
  if (OROCHI_UNLIKELY(!frame->handled.is_empty())) g->handled.set(take_handled(t, frame));
  if (OROCHI_UNLIKELY(!frame->frame_object.is_empty())) {
    auto* fo = static_cast<FrameObject*>(frame->frame_object.as_object());
    g->frame_object.set(Local<>::adopt(frame->frame_object));
    frame->frame_object = Value();
    __atomic_store_n(&fo->live, nullptr, __ATOMIC_RELEASE);
  }
  *g->function.slot() = frame->function;
  frame->function = Value();
  frame->generator = Value();
  __atomic_store_n(&g->running_frame, nullptr, __ATOMIC_RELEASE);
  t.frame = frame->previous;
  g->publish_state(kGenSuspended);  // pairs with claim_state: the next one sees the registers
}

void finish_generator(Thread& t, Frame* frame) {
  Generator* g = generator_of(frame);
  frame->generator = Value();
  frame->flags &= static_cast<uint16_t>(~kFrameGenerator);
  __atomic_store_n(&g->running_frame, nullptr, __ATOMIC_RELEASE);
  __atomic_fetch_or(&g->gc_byte, uint8_t{kGcFinalized}, __ATOMIC_RELAXED);  // nothing left to close
  g->publish_state(kGenDone);
}

// ---- resuming from native code ----

namespace {

Raised raise_executing(Thread& t, Borrowed<Generator> g) {
  const char* kind = generator_kind(g);
  if (g->type() == &types::Coroutine) return raise(t, types::ValueError, "coroutine already executing");
  return raise(t, types::ValueError, "{} already executing", kind);
}

// Claims it. Result: 0 Created, 1 Suspended, 3 Done; -1: running, raised.
int claim(Thread& t, Borrowed<Generator> g) {
  for (;;) {
    uint32_t state = g->load_state();
    if (state == kGenDone) return kGenDone;
    if (state == kGenRunning) {
      (void)raise_executing(t, g);
      return -1;
    }
    if (g->claim_state(state)) return static_cast<int>(state);
  }
}

// The generator has been run until it yielded, returned or raised.
Lookup<> outcome(Thread& t, Borrowed<Generator> g, Value word, Local<>* result) {
  if (word.is_empty()) return Raised{};
  if (g->load_state() == kGenDone) {
    Local<> value = Local<>::adopt(word);
    if (result) *result = std::move(value);
    return kAbsent;
  }
  return Local<>::adopt(word);
}

bool too_deep(Thread& t) {
  if (!t.native_stack_low()) return false;
  (void)raise(t, types::RecursionError, "maximum recursion depth exceeded");
  return true;
}

}  // namespace

Lookup<> generator_send(Thread& t, Borrowed<Generator> g, Borrowed<> value, Local<>* result) {
  int before = claim(t, g);
  if (before < 0) return Raised{};
  if (before == kGenDone) {
    if (g->type() == &types::Coroutine) {
      return raise(t, types::RuntimeError, "cannot reuse already awaited coroutine");
    }
    if (result) *result = immediate(kNone);
    return kAbsent;
  }
  if (before == kGenCreated && value.value() != kNone) {
    g->publish_state(kGenCreated);
    return raise(t, types::TypeError, "can't send non-None value to a just-started {}", generator_kind(g));
  }
  if (too_deep(t)) {
    g->publish_state(static_cast<GenState>(before));
    return Raised{};
  }
  Local<Generator> alive = Local<Generator>::share(g);
  Frame* f = resume_generator(t, t.frame, g, static_cast<uint32_t>(before), Local<>::share(value), 0, 0, kFrameNativeEntry);
  if (!f) return Raised{};
  return outcome(t, g, run_frame(t, f), result);
}

Lookup<> generator_throw_pending(Thread& t, Borrowed<Generator> g, Local<>* result) {
  Local<> exception = take_pending(t);
  int before = claim(t, g);
  if (before < 0) return Raised{};
  if (before == kGenDone) {
    set_pending(t, std::move(exception));
    return Raised{};
  }
  if (too_deep(t)) {
    g->publish_state(static_cast<GenState>(before));
    return Raised{};
  }
  Local<Generator> alive = Local<Generator>::share(g);
  Frame* f = push_generator(t, t.frame, g, static_cast<uint32_t>(before), 0, 0, kFrameNativeEntry);
  if (!f) return Raised{};
  // Raised inside the generator: what it handles, or else what its caller does, becomes the context.
  (void)raise_exception(t, std::move(exception));
  return outcome(t, g, run_frame_raising(t, f), result);
}

Local<> generator_yield_from(Mutator& m, Borrowed<Generator> g) {
  uint32_t before = kGenSuspended;
  if (!g->claim_state(before)) return {};
  uint64_t word = load_word(g->code.borrow()->code + g->pc);
  Local<> sub;
  if (op_info(static_cast<Op>(word & 0xffff)).family == Op::YieldFrom) {
    sub = Local<>::share(g->regs()[static_cast<uint16_t>(word >> 32)]);
  }
  g->publish_state(kGenSuspended);
  return sub;
}

// The instance that throw(type, value, traceback) raises; becomes pending. False: raised another error (also pending).
static bool make_thrown(Thread& t, Borrowed<> type, Borrowed<> value, Borrowed<> traceback, Local<>* exception) {
  if (traceback && traceback.value() != kNone && type_of(traceback) != &types::Traceback) {
    (void)raise(t, types::TypeError, "throw() third argument must be a traceback object");
    return false;
  }
  bool has_value = value && value.value() != kNone;
  if (is_type(type) && is_subtype(type.as<Type>().get(), &types::BaseException)) {
    if (has_value && is_instance(value, *type.as<Type>().get())) {
      *exception = Local<>::share(value);
    } else {
      Result<Local<>> made = !has_value ? call(t, type)
                             : is_tuple(value)
                                 ? call_with(t, type, CallArgs{value.as<Tuple>()->values(), value.as<Tuple>()->length(), {}})
                                 : call(t, type, value);
      if (made.raised()) return false;
      *exception = made.take();
      if (!is_exception(exception->value())) {
        (void)raise(t, types::TypeError, "calling {} should have returned an instance of BaseException, not {}",
                    type.as<Type>(), TypeName(exception->value()));
        return false;
      }
    }
  } else if (is_exception(type)) {
    if (has_value) {
      (void)raise(t, types::TypeError, "instance exception may not have a separate value");
      return false;
    }
    *exception = Local<>::share(type);
  } else {
    (void)raise(t, types::TypeError, "exceptions must be classes or instances deriving from BaseException, not {}",
                TypeName(type));
    return false;
  }
  if (traceback && traceback.value() != kNone) {
    static_cast<Exception*>(exception->value().as_object())->traceback.set_share(traceback);
  }
  return true;
}

// close() of whatever a generator delegates to; false: raised.
static bool close_iterator(Thread& t, Borrowed<> iterator) {
  if (is_generator(iterator) || is_coroutine(iterator)) {
    return !generator_close(t, iterator.as<Generator>()).raised();
  }
  Lookup<> method = find_attr(t, iterator, "close"_n);
  if (method.raised()) {
    if (report_unraisable) report_unraisable(t, nullptr, iterator);
    clear_pending(t);
    return true;
  }
  if (method.absent()) return true;
  return !call(t, *method).raised();
}

Lookup<> generator_throw(Thread& t, Borrowed<Generator> g, Borrowed<> type, Borrowed<> value, Borrowed<> traceback,
                         Local<>* result) {
  if (too_deep(t)) return Raised{};
  Local<> sub = generator_yield_from(t, g);
  if (sub) {
    bool exiting = (is_type(type) && is_subtype(type.as<Type>().get(), &types::GeneratorExit)) ||
                   is_instance(type, types::GeneratorExit);
    Lookup<> yielded = Raised{};
    Local<> returned;
    if (exiting) {
      // close() the inner one, then raise here.
      if (!g->claim_state(kGenSuspended)) return raise_executing(t, g);
      bool closed = close_iterator(t, sub);
      g->publish_state(kGenSuspended);
      if (!closed) return generator_throw_pending(t, g, result);
      Local<> exception;
      if (!make_thrown(t, type, value, traceback, &exception)) return Raised{};
      set_pending(t, std::move(exception));
      return generator_throw_pending(t, g, result);
    }
    if (!g->claim_state(kGenSuspended)) return raise_executing(t, g);
    if (is_generator(sub.value()) || is_coroutine(sub.value())) {
      yielded = generator_throw(t, sub.borrow().as<Generator>(), type, value, traceback, &returned);
    } else {
      Lookup<> method = find_attr(t, sub, "throw"_n);
      if (method.raised()) {
        g->publish_state(kGenSuspended);
        return Raised{};
      }
      if (method.absent()) {
        g->publish_state(kGenSuspended);
        Local<> exception;
        if (!make_thrown(t, type, value, traceback, &exception)) return Raised{};
        set_pending(t, std::move(exception));
        return generator_throw_pending(t, g, result);
      }
      Value args[3] = {type, value, traceback};
      size_t n = traceback ? 3 : value ? 2 : 1;
      if (n == 3 && !args[1]) args[1] = kNone;
      auto r = call_with(t, *method, CallArgs{args, n, {}});
      if (!r.raised()) {
        yielded = r.take();
      } else if (pending_matches(t, types::StopIteration)) {
        Local<> stop = take_pending(t);
        returned = exception_extra(stop.borrow().as<Exception>(), 0);
        yielded = kAbsent;
      }
    }
    if (yielded.found()) {
      g->publish_state(kGenSuspended);
      return yielded;
    }
    if (yielded.raised()) {
      g->publish_state(kGenSuspended);
      return generator_throw_pending(t, g, result);
    }
    // The delegation is over with `returned`: continue after the YieldFrom.
    uint64_t* at = g->code.borrow()->code + g->pc;
    uint64_t word = load_word(at);
    Value* regs = g->regs();
    uint32_t a = static_cast<uint16_t>(word >> 16), b = static_cast<uint16_t>(word >> 32),
             c = static_cast<uint16_t>(word >> 48);
    for (uint32_t i : {b, c, a}) {
      Local<> old = Local<>::adopt(regs[i]);
      regs[i] = Value();
    }
    regs[a] = returned ? returned.release() : kNone;
    g->pc++;
    Local<Generator> alive = Local<Generator>::share(g);
    Frame* f = push_generator(t, t.frame, g, kGenSuspended, 0, 0, kFrameNativeEntry);
    if (!f) return Raised{};
    return outcome(t, g, run_frame(t, f), result);
  }
  Local<> exception;
  if (!make_thrown(t, type, value, traceback, &exception)) return Raised{};
  uint32_t state = g->load_state();
  if (state == kGenDone && g->type() == &types::Coroutine) {
    return raise(t, types::RuntimeError, "cannot reuse already awaited coroutine");
  }
  if (state == kGenDone) return raise_exception(t, std::move(exception));
  set_pending(t, std::move(exception));
  return generator_throw_pending(t, g, result);
}

Result<Local<>> generator_close(Thread& t, Borrowed<Generator> g) {
  if (too_deep(t)) return Raised{};
  uint32_t state = g->load_state();
  if (state == kGenDone) return kNone;
  if (state == kGenRunning) return raise_executing(t, g);
  if (state == kGenCreated) {
    if (!g->claim_state(kGenCreated)) return raise_executing(t, g);
    // Never started: nothing to run. Drop what it holds.
    if (Local<> object = g->frame_object.take()) {
      auto* fo = static_cast<FrameObject*>(object.value().as_object());
      for (uint32_t i = 0; i < fo->reg_count; i++) {
        fo->regs()[i] = g->regs()[i];
        g->regs()[i] = Value();
      }
      fo->last_pc = g->pc;
      fo->generator = nullptr;
    }
    for (uint32_t i = 0; i < g->reg_count; i++) {
      Local<> old = Local<>::adopt(g->regs()[i]);
      g->regs()[i] = Value();
    }
    g->function.set({});
    __atomic_fetch_or(&g->gc_byte, uint8_t{kGcFinalized}, __ATOMIC_RELAXED);
    g->publish_state(kGenDone);
    return kNone;
  }
  Local<> sub = generator_yield_from(t, g);
  bool raised = false;
  if (sub) {
    if (!g->claim_state(kGenSuspended)) return raise_executing(t, g);
    raised = !close_iterator(t, sub);
    g->publish_state(kGenSuspended);
  }
  if (!raised) {
    auto exit = make_exception(t, types::GeneratorExit, nullptr, 0);
    if (exit.raised()) return Raised{};
    set_pending(t, exit.take());
  }
  Local<> returned;
  Lookup<> r = generator_throw_pending(t, g, &returned);
  if (r.found()) return raise(t, types::RuntimeError, "{} ignored GeneratorExit", generator_kind(g));
  if (r.absent()) return returned ? Result<Local<>>(std::move(returned)) : Result<Local<>>(kNone);
  if (clear_pending_if(t, types::GeneratorExit)) return kNone;
  if (clear_pending_if(t, types::StopIteration)) return kNone;
  return Raised{};
}

// ---- delegation ----

Lookup<> send_to_iterator(Thread& t, Borrowed<> iterator, Borrowed<> value, Local<>* result) {
  if (is_generator(iterator) || is_coroutine(iterator)) {
    return generator_send(t, iterator.as<Generator>(), value, result);
  }
  NextFn next = type_of(iterator)->slots.next;
  if (value.value() == kNone && next) {
    // A Python iterator's slot drops StopIteration's value: ask the method itself.
    Lookup<> item = next == dispatch_next ? call_special(t, iterator, "__next__"_n) : next(t, iterator);
    if (item.found()) return item;
    if (item.absent()) {
      if (result) *result = immediate(kNone);
      return kAbsent;
    }
  } else {
    auto r = call_method(t, iterator, "send"_n, value);
    if (!r.raised()) return r.take();
  }
  if (!pending_matches(t, types::StopIteration)) return Raised{};
  Local<> stop = take_pending(t);
  if (result) *result = exception_extra(stop.borrow().as<Exception>(), 0);
  return kAbsent;
}

Value yield_from_step(Thread& t, Value iterator, Value sent, Value* returned) {
  Local<> value = Local<>::adopt(sent);
  Local<> keep = Local<>::share(iterator);
  Local<> result;
  Lookup<> r = send_to_iterator(t, keep, value, &result);
  if (r.absent()) *returned = result ? result.release() : kNone;
  return r.release();
}

Result<Local<>> get_awaitable_iterator(Thread& t, Borrowed<> awaitable) {
  if (is_coroutine(awaitable)) return Local<>::share(awaitable);
  if (is_generator(awaitable) && (awaitable.as<Generator>()->code.borrow()->flags & kCoIterableCoroutine)) {
    return Local<>::share(awaitable);
  }
  UnaryFn await = type_of(awaitable)->slots.await;
  if (!await) return raise(t, types::TypeError, "'{}' object can't be awaited", TypeName(awaitable));
  Local<> iterator = TRY(await(t, awaitable));
  if (is_coroutine(iterator.value()) ||
      (is_generator(iterator.value()) &&
       (static_cast<Generator*>(iterator.value().as_object())->code.borrow()->flags & kCoIterableCoroutine))) {
    return raise(t, types::TypeError, "__await__() returned a coroutine");
  }
  if (!type_of(iterator.value())->slots.next) {
    return raise(t, types::TypeError, "__await__() returned non-iterator of type '{}'", TypeName(iterator.value()));
  }
  return iterator;
}

// ---- the end ----

static void warn_never_awaited(Thread& t, Borrowed<Generator> g) {
  auto text = format_str(t, "coroutine '{}' was never awaited", g->qualname.borrow());
  if (!text.raised() && warn_hook) {
    if (!warn_hook(t, types::RuntimeWarning, *text, 1, g).raised()) return;
  }
  if (t.has_pending() && report_unraisable) report_unraisable(t, nullptr, g);
  clear_pending(t);
}

void generator_finalize(Thread& t, Borrowed<> self) {
  Borrowed<Generator> g = self.as<Generator>();
  uint32_t state = g->load_state();
  if (state == kGenDone || state == kGenRunning) return;
  Local<> pending = take_pending(t);
  if (g->type() == &types::AsyncGenerator) {
    if (Local<> finalizer = g->finalizer.take()) {
      if (!g->closed) {
        auto r = call(t, finalizer, self);
        if (r.raised() && report_unraisable) report_unraisable(t, nullptr, self);
        clear_pending(t);
        if (pending) set_pending(t, std::move(pending));
        return;
      }
    }
  }
  if (g->type() == &types::Coroutine && state == kGenCreated) warn_never_awaited(t, g);
  auto r = generator_close(t, g);
  if (r.raised()) {
    if (report_unraisable) report_unraisable(t, "Exception ignored while closing generator ", self);
    clear_pending(t);
  }
  if (pending) set_pending(t, std::move(pending));
}

}  // namespace orochi
