// What the call instructions do beyond their fast paths: callables of every kind over arguments in registers. Python
// functions (also as bound methods, and as __init__ of a class) are pushed as frames, never run from here.
#include "interpreter/ops.h"
#include "objects/frame_object.h"
#include "objects/list.h"
#include "objects/shape_table.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/dunder_slots.h"
#include "protocols/operators.h"
#include "protocols/type_ready.h"

namespace orochi {

namespace {

constexpr Called kRaisedCall{Value(), CallOutcome::Raised};
constexpr Called kPushedCall{Value(), CallOutcome::Pushed};

void drop_range(Value* first, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    Value v = first[i];
    first[i] = Value();
    release(v);
  }
}

Called finished(Result<Local<>> r) {
  if (r.raised()) return kRaisedCall;
  return Called{r.release(), CallOutcome::Value};
}

// args[0..count) are owned and lie where the callee's registers start; `function` is owned.
Called push_function(Thread& t, Frame* caller, Local<> function, Value* args, uint32_t count, uint32_t dst,
                     uint32_t words, uint32_t flags, Value instance) {
  auto* fn = static_cast<Function*>(function.value().as_object());
  Code* code = fn->code.borrow().get();
  if (count == code->exact_args) {
    zero_locals(code, args, count);
  } else if (args + code->nregs > t.stack_limit || !bind_in_place(t, fn, code, args, count)) {
    if (!t.has_pending()) {
      drop_range(args, count);
      (void)raise(t, types::RecursionError, "maximum recursion depth exceeded");
    }
    release(instance);
    return kRaisedCall;
  }
  Frame* f = push_frame(&t, caller, function.value(), code, args, dst, words, flags);
  if (!f) {
    drop_range(args, code->nlocals);
    release(instance);
    return kRaisedCall;
  }
  (void)function.release();
  f->generator = instance;
  return kPushedCall;
}

// A class whose instances are made by object.__new__ and set up by a Python __init__: the __init__ frame is pushed.
// Absent: not that kind of class.
Lookup<> plain_init(Thread& t, Type* type) {
  if (type->slots.new_ != types::Object.slots.new_ || type->slots.init != dispatch_init ||
      type_of(Value(type))->slots.call != types::Type.slots.call || (type->load_type_flags() & (kTypeAbstract | kTypeNoNew))) {
    return kAbsent;
  }
  Lookup<> init = type_lookup(t, type, "__init__"_n);
  if (init.found() && is_function((*init).value())) return init;
  if (init.raised()) return Raised{};
  return kAbsent;
}

}  // namespace

Called call_registers(Thread& t, Frame* caller, Value* base, uint32_t count, uint32_t dst, uint32_t words) {
  Value callable = base[0];
  Type* type = type_of(callable);
  if (type == &types::Function) {
    base[0] = Value();
    return push_function(t, caller, Local<>::adopt(callable), base + 1, count, dst, words, 0, Value());
  }
  if (type == &types::Method) {
    auto* method = static_cast<Method*>(callable.as_object());
    Local<> function = method->function.load(method);
    base[0] = method->self.load(method).release();
    release(callable);
    if (is_function(function.value())) {
      return push_function(t, caller, std::move(function), base, count + 1, dst, words, 0, Value());
    }
    auto result = call_with(t, function, CallArgs{base, count + 1, {}});
    drop_range(base, count + 1);
    return finished(std::move(result));
  }
  if (callable.is_heap() && callable.as_object()->has(kShapeIsType)) {
    auto* cls = static_cast<Type*>(callable.as_object());
    Lookup<> init = plain_init(t, cls);
    if (init.found()) {
      auto instance = allocate_instance(t, Borrowed<Type>(cls));
      if (instance.raised()) {
        drop_range(base, count + 1);
        return kRaisedCall;
      }
      base[0] = instance->dup().release();
      Value kept = instance.release();
      release(callable);  // the instance keeps its class
      return push_function(t, caller, init.take(), base, count + 1, dst, words, kFrameInit, kept);
    }
    if (init.raised()) {
      drop_range(base, count + 1);
      return kRaisedCall;
    }
  }
  auto result = call_with(t, callable, CallArgs{base + 1, count, {}});
  drop_range(base, count + 1);
  return finished(std::move(result));
}

namespace {

// Pushes `function` over registers above the caller's, its arguments bound from elsewhere.
Called push_bound(Thread& t, Frame* caller, Local<> function, const CallArgs& args, uint32_t dst, uint32_t words,
                  uint32_t flags, Value instance) {
  auto* fn = static_cast<Function*>(function.value().as_object());
  Code* code = fn->code.borrow().get();
  Value* registers = free_registers(t, caller);
  Frame* f = nullptr;
  if (registers + code->nregs > t.stack_limit) {
    (void)raise(t, types::RecursionError, "maximum recursion depth exceeded");
  } else if (bind_general(t, fn, code, registers, args)) {
    f = push_frame(&t, caller, function.value(), code, registers, dst, words, flags);
    if (!f) drop_range(registers, code->nlocals);
  }
  if (!f) {
    release(instance);
    return kRaisedCall;
  }
  (void)function.release();
  f->generator = instance;
  return kPushedCall;
}

// Any callable with arguments that live elsewhere (borrowed).
Called call_args(Thread& t, Frame* caller, Borrowed<> callable, const CallArgs& args, uint32_t dst, uint32_t words) {
  Type* type = type_of(callable);
  if (type == &types::Function) return push_bound(t, caller, Local<>::share(callable), args, dst, words, 0, Value());
  return finished(call_with(t, callable, args));
}

}  // namespace

Called call_registers_named(Thread& t, Frame* caller, Value* base, uint32_t count, Borrowed<Tuple> names, uint32_t dst,
                            uint32_t words) {
  Local<> callable = Local<>::adopt(base[0]);
  base[0] = Value();
  auto named = static_cast<uint32_t>(names->length());
  Value* values = base + 1;
  uint32_t total = count;
  if (type_of(callable.value()) == &types::Method) {
    auto* method = static_cast<Method*>(callable.value().as_object());
    Local<> function = method->function.load(method);
    if (is_function(function.value())) {
      base[0] = method->self.load(method).release();
      values = base;
      total++;
      callable = std::move(function);
    }
  } else if (callable.value().is_heap() && callable.value().as_object()->has(kShapeIsType)) {
    auto* cls = static_cast<Type*>(callable.value().as_object());
    Lookup<> init = plain_init(t, cls);
    if (init.raised()) {
      drop_range(base, count + 1);
      return kRaisedCall;
    }
    if (init.found()) {
      auto instance = allocate_instance(t, Borrowed<Type>(cls));
      if (instance.raised()) {
        drop_range(base, count + 1);
        return kRaisedCall;
      }
      base[0] = instance->dup().release();
      Called c = push_bound(t, caller, init.take(), CallArgs{base, count + 1 - named, names}, dst, words, kFrameInit,
                            instance.release());
      drop_range(base, count + 1);
      return c;
    }
  }
  Called c = call_args(t, caller, callable, CallArgs{values, total - named, names}, dst, words);
  drop_range(base, count + 1);
  return c;
}

Called call_registers_ex(Thread& t, Frame* caller, Value* base, uint32_t dst, uint32_t words) {
  Local<> callable = Local<>::adopt(base[0]);
  Local<> positional = Local<>::adopt(base[1]);
  Local<> keywords = Local<>::adopt(base[2]);
  base[0] = base[1] = base[2] = Value();
  if (!is_exact_tuple(positional.value())) {
    if (!is_list(positional.value()) && !type_of(positional.value())->slots.iter &&
        !type_of(positional.value())->slots.getitem) {
      auto name = callable_name(t, callable);
      if (!name.raised()) {
        (void)raise(t, types::TypeError, "{} argument after * must be an iterable, not {}", *name,
                    TypeName(positional.value()));
      }
      return kRaisedCall;
    }
    auto tuple = tuple_from(t, positional);
    if (tuple.raised()) return kRaisedCall;
    positional = tuple.take();
  }
  Borrowed<Tuple> args = positional.borrow().as<Tuple>();
  if (!keywords || static_cast<Dict*>(keywords.value().as_object())->length() == 0) {
    return call_args(t, caller, callable, CallArgs{args->values(), args->length(), {}}, dst, words);
  }
  if (!is_function(callable.value())) {
    return finished(call_tuple_dict(t, callable, args, keywords.borrow().as<Dict>()));
  }
  auto snapshot = dict_copy(t, keywords.borrow().as<Dict>());
  if (snapshot.raised()) return kRaisedCall;
  size_t n = (*snapshot)->length();
  auto names = make_tuple_uninitialised(t, n);
  if (names.raised()) return kRaisedCall;
  auto values = make_tuple_uninitialised(t, args->length() + n);
  if (values.raised()) return kRaisedCall;
  for (size_t i = 0; i < args->length(); i++) (*values)->items()[i].init_share(args->at(i));
  size_t position = 0, i = 0;
  Local<> key, value;
  while (i < n && dict_next(t, *snapshot, &position, &key, &value)) {
    if (!is_str(key.value())) {
      (void)raise(t, types::TypeError, "keywords must be strings");
      return kRaisedCall;
    }
    (*names)->items()[i].init(std::move(key));
    (*values)->items()[args->length() + i].init(std::move(value));
    i++;
  }
  return call_args(t, caller, callable, CallArgs{(*values)->values(), args->length(), *names}, dst, words);
}

// ---- frames ----

Frame* push_frame_slow(Thread& t, Frame* caller, Code* code, Value* callee_regs) {
  if (!ensure_stacks(t)) return nullptr;
  Frame* f = caller ? caller + 1 : t.frames_base;
  if (f < t.frames_limit && callee_regs + code->nregs <= t.stack_limit) return f;  // the limit was raised elsewhere
  (void)raise(t, types::RecursionError, "maximum recursion depth exceeded");
  return nullptr;
}

void pop_frame(Thread& t, Frame* frame) {
  if (frame->frame_object) detach_frame_object(t, frame);
  Value* regs = frame->regs;
  for (uint32_t i = 0, n = frame->code->nregs; i < n; i++) {
    Value v = regs[i];
    if (v.is_heap()) {
      regs[i] = Value();
      release(v);
    }
  }
  if (frame->handled) set_handled(t, frame, Local<>());
  t.frame = frame->previous;
  Value locals = frame->locals, function = frame->function;
  frame->locals = Value();
  frame->function = Value();
  if (frame->flags & kFrameInit) release(frame->generator);
  frame->generator = Value();
  release(locals);
  release(function);
}

// ---- handled exceptions ----

void set_handled(Thread& t, Frame* frame, Local<> exception) {
  bool had = !frame->handled.is_empty(), has = static_cast<bool>(exception);
  Local<> old = Local<>::adopt(frame->handled);
  frame->handled = exception.release();
  if (has && !had) {
    t.handlers_active++;
    frame->flags |= kFrameExtras;
  } else if (had && !has) {
    t.handlers_active--;
  }
}

Local<> take_handled(Thread& t, Frame* frame) {
  Local<> old = Local<>::adopt(frame->handled);
  if (old) t.handlers_active--;
  frame->handled = Value();
  return old;
}

Local<> current_handled(Mutator& m) {
  auto& t = static_cast<Thread&>(m);
  if (t.handlers_active == 0) return {};
  for (Frame* f = t.frame; f; f = f->previous) {
    if (f->handled && f->handled != kNone) return Local<>::share(f->handled);
  }
  return {};
}

}  // namespace orochi
