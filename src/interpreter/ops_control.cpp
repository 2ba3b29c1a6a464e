// Plain functions behind the opcodes, part two: exceptions, with, awaiting, functions and classes, imports, matching.
#include "interpreter/interpret.h"
#include "interpreter/ops.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/set.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/native.h"
#include "protocols/operators.h"
#include "protocols/type_ready.h"

namespace orochi {

#define DO(name) bool do_##name(const OpContext& o)

static bool raised(Raised) { return false; }

// ---- handlers ----
DO(EnterHandler) {
  Local<> exception = take_pending(o.t);
  o.put(o.a(), take_handled(o.t, o.frame));
  set_handled(o.t, o.frame, exception.dup());
  o.put(o.a() + 1, std::move(exception));
  return true;
}
DO(LeaveHandler) {
  set_handled(o.t, o.frame, o.take_temp(o.a()));
  Local<> dropped = o.take_temp(o.a() + 1);
  return true;
}

// An exception instance for `raise v`; raises TypeError itself.
static Result<Local<>> exception_instance(Thread& t, Borrowed<> v, const char* complaint) {
  if (is_exception(v)) return Local<>::share(v);
  if (is_type(v) && is_subtype(v.as<Type>().get(), &types::BaseException)) {
    Local<> made = TRY(call(t, v));
    if (!is_exception(made.value())) {
      Local<Str> text = TRY(repr_of(t, v));
      return raise(t, types::TypeError, "calling {} should have returned an instance of BaseException, not {}", text,
                   type_of(made.value()));
    }
    return made;
  }
  return raise(t, types::TypeError, "{}", complaint);
}

DO(Raise) {
  Local<> v = o.take(o.a());
  auto e = exception_instance(o.t, v, "exceptions must derive from BaseException");
  if (e.raised()) return false;
  return raised(raise_exception(o.t, e.take()));
}
DO(RaiseFrom) {
  Local<> v = o.take(o.a());
  Local<> from = o.take(o.b());
  auto e = exception_instance(o.t, v, "exceptions must derive from BaseException");
  if (e.raised()) return false;
  Local<> cause;
  if (from.value() != kNone) {
    auto c = exception_instance(o.t, from, "exception causes must derive from BaseException");
    if (c.raised()) return false;
    cause = c.take();
  }
  auto* exception = static_cast<Exception*>(e->value().as_object());
  exception->cause.set(std::move(cause));
  exception->suppress_context = 1;
  return raised(raise_exception(o.t, e.take()));
}
// True: the handled exception is pending again. False: another error.
DO(RaiseBare) {
  Local<> handled = current_handled(o.t);
  if (!handled) return raised(raise(o.t, types::RuntimeError, "No active exception to reraise"));
  set_pending(o.t, std::move(handled));
  return true;
}
DO(Reraise) {
  Local<> e = o.take(o.a());
  set_pending(o.t, std::move(e));
  return true;
}

static bool check_exception_class(Thread& t, Borrowed<> cls, bool group) {
  auto bad = [&](Borrowed<> c) { return !is_type(c) || !is_subtype(c.as<Type>().get(), &types::BaseException); };
  auto is_group = [&](Borrowed<> c) { return group && is_subtype(c.as<Type>().get(), &types::BaseExceptionGroup); };
  size_t n = is_tuple(cls) ? cls.as<Tuple>()->length() : 1;
  for (size_t i = 0; i < n; i++) {
    Borrowed<> c = is_tuple(cls) ? cls.as<Tuple>()->at(i) : cls;
    if (bad(c)) {
      return raised(
          raise(t, types::TypeError, "catching classes that do not inherit from BaseException is not allowed"));
    }
    if (is_group(c)) {
      return raised(raise(t, types::TypeError,
                          "catching ExceptionGroup with except* is not allowed. Use except instead."));
    }
  }
  return true;
}
static bool exception_matches(Value e, Borrowed<> cls) {
  if (is_tuple(cls)) {
    for (size_t i = 0; i < cls.as<Tuple>()->length(); i++) {
      if (exception_matches(e, cls.as<Tuple>()->at(i))) return true;
    }
    return false;
  }
  return is_instance(e, *cls.as<Type>().get());
}
DO(CheckExcMatch) {
  Local<> e = o.take(o.b());
  Local<> cls = o.take(o.c());
  if (!check_exception_class(o.t, cls, false)) return false;
  o.put(o.a(), immediate(Value::boolean(exception_matches(e.value(), cls))));
  return true;
}
DO(CheckExcGroupMatch) {
  Local<> e = o.take(o.b());
  Local<> cls = o.take(o.c());
  if (!check_exception_class(o.t, cls, true)) return false;
  if (e.value() == kNone) {
    o.put(o.a(), immediate(kNone));
    o.put(o.a() + 1, immediate(kNone));
    return true;
  }
  Local<> match = immediate(kNone), rest = immediate(kNone);
  bool is_group = is_instance(e.value(), types::BaseExceptionGroup);
  if (exception_matches(e.value(), cls)) {
    if (is_group) {
      match = e.dup();
    } else {
      // A naked exception is wrapped.
      Value one[] = {e.value()};
      auto list = make_tuple(o.t, one, 1);
      if (list.raised()) return false;
      Type& type = is_instance(e.value(), types::Exception) ? types::ExceptionGroup : types::BaseExceptionGroup;
      auto group = call(o.t, Borrowed<>(Value(&type)), empty_str(), *list);
      if (group.raised()) return false;
      match = group.take();
      auto* wrapped = static_cast<Exception*>(match.value().as_object());
      wrapped->traceback.set(static_cast<Exception*>(e.value().as_object())->traceback.load(e.value().as_object()));
    }
  } else if (is_group) {
    auto pair = call_method(o.t, e, "split"_n, cls);
    if (pair.raised()) return false;
    if (!is_tuple(pair->value()) || static_cast<Tuple*>(pair->value().as_object())->length() < 2) {
      return raised(raise(o.t, types::TypeError, "{}.split must return a tuple, not {}", TypeName(e.value()),
                          TypeName(pair->value())));
    }
    auto* both = static_cast<Tuple*>(pair->value().as_object());
    match = Local<>::share(both->at(0));
    rest = Local<>::share(both->at(1));
  } else {
    rest = e.dup();
  }
  if (match.value() != kNone) set_handled(o.t, o.frame, match.dup());
  o.put(o.a(), std::move(match));
  o.put(o.a() + 1, std::move(rest));
  return true;
}

DO(EndAsyncFor) {
  if (!clear_pending_if(o.t, types::StopAsyncIteration)) return false;
  Local<> dropped = o.take_temp(o.a());
  return true;
}

// PEP 479.
DO(GeneratorUnwind) {
  uint32_t flags = o.frame->code->flags;
  const char* what = nullptr;
  if (pending_matches(o.t, types::StopIteration)) {
    what = flags & kCoAsyncGenerator ? "async generator raised StopIteration"
           : flags & kCoCoroutine    ? "coroutine raised StopIteration"
                                     : "generator raised StopIteration";
  } else if ((flags & kCoAsyncGenerator) && pending_matches(o.t, types::StopAsyncIteration)) {
    what = "async generator raised StopAsyncIteration";
  }
  if (!what) return true;
  Local<> original = take_pending(o.t);
  (void)raise(o.t, types::RuntimeError, "{}", what);
  Local<> error = take_pending(o.t);
  auto* e = static_cast<Exception*>(error.value().as_object());
  e->cause.set(original.dup());
  e->context.set(std::move(original));
  e->suppress_context = 1;
  set_pending(o.t, std::move(error));
  return true;
}

// ---- with ----
// The method `name` of a manager as LoadMethod leaves it.
static Lookup<> special_method(Thread& t, Borrowed<> object, Borrowed<Str> name, bool* self_needed) {
  *self_needed = false;
  Lookup<> found = type_lookup(t, type_of(object), name);
  if (!found.found()) return found;
  Type* kind = type_of((*found).value());
  if (kind->load_type_flags() & kTypeMethodDescriptor) {
    *self_needed = true;
    return found;
  }
  DescrGetFn get = kind->slots.descr_get;
  if (!get) return found;
  return get(t, *found, object, Borrowed<>(type_of(object)));
}

static bool has_special(Thread& t, Borrowed<> object, Borrowed<Str> name) {
  Lookup<> found = type_lookup(t, type_of(object), name);
  if (found.raised()) clear_pending(t);
  return found.found();
}

static bool with_setup(const OpContext& o, Borrowed<Str> enter, Borrowed<Str> exit, bool is_async) {
  Local<> manager = o.take(o.c());
  bool exit_self, enter_self;
  auto missing = [&](Borrowed<Str> name) {
    bool other = is_async ? has_special(o.t, manager, "__enter__"_n) && has_special(o.t, manager, "__exit__"_n)
                          : has_special(o.t, manager, "__aenter__"_n) && has_special(o.t, manager, "__aexit__"_n);
    const char* hint = !other ? ""
                       : is_async
                           ? " but it supports the context manager protocol. Did you mean to use 'with'?"
                           : " but it supports the asynchronous context manager protocol. Did you mean to use 'async with'?";
    return raised(raise(o.t, types::TypeError, "'{}' object does not support the {}context manager protocol (missed {} method){}",
                        TypeName(manager.value()), is_async ? "asynchronous " : "", name, hint));
  };
  Lookup<> on_exit = special_method(o.t, manager, exit, &exit_self);
  if (on_exit.raised()) return false;
  if (on_exit.absent()) return missing(exit);
  Lookup<> on_enter = special_method(o.t, manager, enter, &enter_self);
  if (on_enter.raised()) return false;
  if (on_enter.absent()) return missing(enter);
  o.put(o.b(), on_exit.take());
  o.put(o.b() + 1, exit_self ? manager.dup() : Local<>());
  o.put(o.a(), on_enter.take());
  o.put(o.a() + 1, enter_self ? std::move(manager) : Local<>());
  return true;
}
DO(WithSetup) { return with_setup(o, "__enter__"_n, "__exit__"_n, false); }
DO(AsyncWithSetup) { return with_setup(o, "__aenter__"_n, "__aexit__"_n, true); }
DO(WithExitNone) {
  o.put(o.a(), o.take_temp(o.b()));
  o.put(o.a() + 1, o.take_temp(o.b() + 1));
  for (uint32_t i = 2; i < 5; i++) o.put(o.a() + i, immediate(kNone));
  return true;
}
DO(WithExitException) {
  Local<> e = o.keep(o.c());
  o.put(o.a(), o.take_temp(o.b()));
  o.put(o.a() + 1, o.take_temp(o.b() + 1));
  Local<> traceback = static_cast<Exception*>(e.value().as_object())->traceback.load(e.value().as_object());
  o.put(o.a() + 2, Local<>::share(Value(type_of(e.value()))));
  o.put(o.a() + 3, std::move(e));
  o.put(o.a() + 4, traceback ? std::move(traceback) : immediate(kNone));
  return true;
}

// ---- awaiting ----
DO(GetYieldFromIter) {
  Local<> v = o.take(o.b());
  if (is_generator(v.value())) {
    o.put(o.a(), std::move(v));
    return true;
  }
  if (is_coroutine(v.value())) {
    if (!(o.frame->code->flags & (kCoCoroutine | kCoIterableCoroutine))) {
      return raised(raise(o.t, types::TypeError, "cannot 'yield from' a coroutine object in a non-coroutine generator"));
    }
    o.put(o.a(), std::move(v));
    return true;
  }
  return o.put_result(o.a(), get_iter(o.t, v));
}
DO(GetAwaitable) {
  Local<> v = o.take(o.b());
  auto kind = static_cast<AwaitKind>(o.c());
  if (kind == AwaitKind::AsyncEnter || kind == AwaitKind::AsyncExit) {
    if (!type_of(v.value())->slots.await && !is_coroutine(v.value()) && !is_generator(v.value())) {
      return raised(raise(o.t, types::TypeError,
                          "'async with' received an object from {} that does not implement __await__: {}",
                          kind == AwaitKind::AsyncEnter ? "__aenter__" : "__aexit__", TypeName(v.value())));
    }
  }
  auto iterator = get_awaitable_iterator(o.t, v);
  if (iterator.raised()) return false;
  if (is_coroutine(iterator->value())) {
    Local<> inner = generator_yield_from(o.t, iterator->borrow().as<Generator>());
    if (inner) return raised(raise(o.t, types::RuntimeError, "coroutine is being awaited already"));
  }
  o.put(o.a(), iterator.take());
  return true;
}
DO(AsyncGenWrap) {
  Local<> v = o.take(o.b());
  auto wrapped = allocate<AsyncGenWrappedValue>(o.t, types::AsyncGenWrappedValue.root_shape);
  if (wrapped.raised()) return false;
  (*wrapped)->value.init(std::move(v));
  o.put(o.a(), wrapped.take());
  return true;
}
DO(GetAiter) {
  Local<> v = o.take(o.b());
  UnaryFn aiter = type_of(v.value())->slots.aiter;
  if (!aiter) {
    return raised(raise(o.t, types::TypeError, "'async for' requires an object with __aiter__ method, got {}",
                        TypeName(v.value())));
  }
  auto iterator = aiter(o.t, v);
  if (iterator.raised()) return false;
  if (!type_of(iterator->value())->slots.anext) {
    return raised(raise(o.t, types::TypeError,
                        "'async for' received an object from __aiter__ that does not implement __anext__: {}",
                        TypeName(iterator->value())));
  }
  o.put(o.a(), iterator.take());
  return true;
}
DO(GetAnext) {
  Local<> v = o.keep(o.b());
  UnaryFn anext = type_of(v.value())->slots.anext;
  if (!anext) {
    return raised(raise(o.t, types::TypeError, "'async for' requires an iterator with __anext__ method, got {}",
                        TypeName(v.value())));
  }
  auto awaitable = anext(o.t, v);
  if (awaitable.raised()) return false;
  if (is_async_generator(v.value())) {  // what it returns is its own iterator
    o.put(o.a(), awaitable.take());
    return true;
  }
  auto iterator = get_awaitable_iterator(o.t, *awaitable);
  if (iterator.raised()) {
    if (!pending_matches(o.t, types::TypeError)) return false;
    Local<> cause = take_pending(o.t);
    (void)raise(o.t, types::TypeError, "'async for' received an invalid object from __anext__: {}",
                TypeName(awaitable->value()));
    Local<> error = take_pending(o.t);
    auto* e = static_cast<Exception*>(error.value().as_object());
    e->context.set(cause.dup());
    e->cause.set(std::move(cause));
    e->suppress_context = 1;
    set_pending(o.t, std::move(error));
    return false;
  }
  o.put(o.a(), iterator.take());
  return true;
}

// ---- functions and classes ----
DO(MakeFunction) {
  uint32_t words = kWords<Op::MakeFunction>;
  auto code = Borrowed<Code>(o.constant(static_cast<uint32_t>(o.pc[words - 1])));
  uint32_t flags = o.c(), at = o.b();
  auto made = make_function(o.t, code, Borrowed<>(o.frame->globals), Borrowed<>(o.frame->builtins));
  if (made.raised()) return false;
  Function* f = made->get();
  if (flags & kFunctionDefaults) f->defaults.set(o.take_temp(at++).as<Tuple>());
  if (flags & kFunctionKwDefaults) f->kwdefaults.set(o.take_temp(at++).as<Dict>());
  if (flags & kFunctionAnnotations) f->annotations.set(o.take_temp(at++));
  if (flags & kFunctionAnnotate) f->annotate.set(o.take_temp(at++));
  if (flags & kFunctionClosure) f->closure.set(o.take_temp(at++).as<Tuple>());
  o.put(o.a(), made.take());
  return true;
}

static Lookup<> find_builtin(const OpContext& o, Borrowed<Str> name) {
  if (is_exact_dict(o.frame->builtins)) return dict_find_str(o.t, Borrowed<Dict>(o.frame->builtins), name);
  auto r = get_item(o.t, Borrowed<>(o.frame->builtins), name);
  if (!r.raised()) return r.take();
  if (clear_pending_if(o.t, types::KeyError)) return kAbsent;
  return Raised{};
}

DO(LoadBuildClass) {
  Lookup<> found = find_builtin(o, "__build_class__"_n);
  if (found.raised()) return false;
  if (found.absent()) return raised(raise(o.t, types::NameError, "__build_class__ not found"));
  o.put(o.a(), found.take());
  return true;
}

DO(SetupAnnotations) {
  Local<> mapping = Local<>::share(o.frame->locals ? o.frame->locals : o.frame->globals);
  if (is_exact_dict(mapping.value())) {
    Lookup<> found = dict_find_str(o.t, mapping.borrow().as<Dict>(), "__annotations__"_n);
    if (!found.absent()) return found.found();
  } else {
    auto r = get_item(o.t, mapping, "__annotations__"_n);
    if (!r.raised()) return true;
    if (!clear_pending_if(o.t, types::KeyError)) return false;
  }
  auto dict = make_dict(o.t);
  if (dict.raised()) return false;
  return !set_item(o.t, mapping, "__annotations__"_n, *dict).raised();
}

static Result<Local<>> typing_call(Thread& t, Borrowed<Str> function, Borrowed<> a, Borrowed<> b = {}) {
  Local<> module = TRY(import_module(t, "_typing"_n));
  Local<> f = TRY(get_attr(t, module, function));
  if (b) return call(t, f, a, b);
  return call(t, f, a);
}

static Result<Local<>> import_star(const OpContext& o, Borrowed<> module) {
  Thread& t = o.t;
  Local<> into = Local<>::share(o.frame->locals ? o.frame->locals : o.frame->globals);
  Lookup<> all = find_attr(t, module, "__all__"_n);
  if (all.raised()) return Raised{};
  bool skip_private = all.absent();
  Local<> names;
  if (all.found()) {
    names = all.take();
  } else {
    Lookup<> dict = find_attr(t, module, "__dict__"_n);
    if (dict.raised()) return Raised{};
    if (dict.absent()) return raise(t, types::ImportError, "from-import-* object has no __dict__ and no __all__");
    names = TRY(list_from(t, *dict));
  }
  TRY(for_each(t, names, [&](Local<> name) -> Result<bool> {
    if (!is_str(name.value())) {
      Lookup<> module_name = find_attr(t, module, "__name__"_n);
      if (module_name.raised()) return Raised{};
      Local<Str> text = TRY(str_of(t, module_name.found() ? (*module_name).borrow() : Borrowed<>(empty_str())));
      return raise(t, types::TypeError, "{} in {}.{} must be str, not {}", skip_private ? "Key" : "Item", text,
                   skip_private ? "__dict__" : "__all__", TypeName(name.value()));
    }
    auto key = name.borrow().as<Str>();
    if (skip_private && key->length() > 0 && key->at(0) == '_') return true;
    Local<> value = TRY(get_attr(t, module, key));
    TRY(set_item(t, into, key, value));
    return true;
  }));
  return kNone;
}

DO(CallIntrinsic1) {
  Local<> v = o.take(o.c());
  Thread& t = o.t;
  auto run = [&]() -> Result<Local<>> {
    switch (static_cast<Intrinsic1>(o.b())) {
      case Intrinsic1::Print: {
        Local<> sys = TRY(import_module(t, "sys"_n));
        Lookup<> hook = find_attr(t, sys, "displayhook"_n);
        if (hook.raised()) return Raised{};
        if (hook.absent()) return raise(t, types::RuntimeError, "lost sys.displayhook");
        return call(t, *hook, v);
      }
      case Intrinsic1::ImportStar: return import_star(o, v);
      case Intrinsic1::TypeVar: return typing_call(t, "_make_typevar"_n, v);
      case Intrinsic1::ParamSpec: return typing_call(t, "_make_paramspec"_n, v);
      case Intrinsic1::TypeVarTuple: return typing_call(t, "_make_typevartuple"_n, v);
      case Intrinsic1::SubscriptGeneric: return typing_call(t, "_subscript_generic"_n, v);
      case Intrinsic1::TypeAlias: return typing_call(t, "_make_typealias"_n, v);
    }
    OROCHI_UNREACHABLE();
  };
  return o.put_result(o.a(), run());
}

// The exception that except* raises at its end: the original group without what was handled, and what handlers raised.
static Result<Local<>> prepare_reraise_star(Thread& t, Borrowed<> original, Borrowed<> raised_list) {
  Borrowed<List> list = raised_list.as<List>();
  Local<Tuple> items = TRY(list_to_tuple(t, list));
  bool is_group = is_instance(original, types::BaseExceptionGroup);
  size_t n = 0;
  Value some;
  for (size_t i = 0; i < items->length(); i++) {
    if (items->at(i).value() == kNone) continue;
    n++;
    some = items->at(i);
  }
  if (n == 0) return kNone;
  if (!is_group) return Local<>::share(some);  // a naked exception was either raised anew or not handled
  // Those that are parts of the original (same traceback, context, cause objects) are put back into one group.
  auto* o = static_cast<Exception*>(original.value().as_object());
  Local<List> anew = TRY(make_list(t)), unhandled = TRY(make_list(t));
  for (size_t i = 0; i < items->length(); i++) {
    if (items->at(i).value() == kNone) continue;
    auto* e = static_cast<Exception*>(items->at(i).value().as_object());
    bool part = e->traceback.raw() == o->traceback.raw() && e->context.raw() == o->context.raw() &&
                e->cause.raw() == o->cause.raw() && is_instance(Value(e), types::BaseExceptionGroup);
    if (Value(e) == original.value()) part = true;
    TRY(list_append(t, part ? unhandled : anew, Local<>::share(Value(e))));
  }
  Local<> rest;
  if (unhandled->length() == 1 && static_cast<List*>(unhandled.get())->array->items[0] == original.value()) {
    rest = Local<>::share(original);
  } else if (unhandled->length() > 0) {
    // Leaves of the unhandled groups, by identity, projected from the original.
    Local<Set> leaves = TRY(make_set(t));
    auto collect = [&](auto& self, Borrowed<> e, int depth) -> Result<void> {
      if (depth > 500) return raise(t, types::RecursionError, "maximum recursion depth exceeded in exceptiongroup");
      if (!is_instance(e, types::BaseExceptionGroup)) {
        (void)TRY(set_add(t, leaves, Value::fixnum(static_cast<int64_t>(e.value().bits >> 4))));
        return ok();
      }
      Local<> children = TRY(get_attr(t, e, "exceptions"_n));
      Local<Tuple> tuple = TRY(tuple_from(t, children));
      for (size_t i = 0; i < tuple->length(); i++) TRY(self(self, tuple->at(i), depth + 1));
      return ok();
    };
    Local<Tuple> groups = TRY(list_to_tuple(t, unhandled));
    for (size_t i = 0; i < groups->length(); i++) TRY(collect(collect, groups->at(i), 0));
    auto project = [&](auto& self, Borrowed<> e, int depth) -> Result<Local<>> {
      if (!is_instance(e, types::BaseExceptionGroup)) {
        bool in = TRY(set_contains(t, leaves, Value::fixnum(static_cast<int64_t>(e.value().bits >> 4))));
        if (in) return Local<>::share(e);
        return kNone;
      }
      Local<> children = TRY(get_attr(t, e, "exceptions"_n));
      Local<Tuple> tuple = TRY(tuple_from(t, children));
      Local<List> kept = TRY(make_list(t));
      for (size_t i = 0; i < tuple->length(); i++) {
        Local<> part = TRY(self(self, tuple->at(i), depth + 1));
        if (part.value() != kNone) TRY(list_append(t, kept, std::move(part)));
      }
      if (kept->length() == 0) return kNone;
      Local<> group = TRY(call_method(t, e, "derive"_n, kept));
      if (is_exception(group.value())) {
        auto* to = static_cast<Exception*>(group.value().as_object());
        auto* from = static_cast<Exception*>(e.value().as_object());
        to->traceback.set(from->traceback.load(from));
        to->context.set(from->context.load(from));
        to->cause.set(from->cause.load(from));
        to->suppress_context = from->suppress_context;
        Lookup<> notes = find_attr(t, e, "__notes__"_n);
        if (notes.raised()) return Raised{};
        if (notes.found()) {
          Local<> copy = TRY(list_from(t, *notes));
          TRY(set_attr(t, group, "__notes__"_n, copy));
        }
      }
      return group;
    };
    rest = TRY(project(project, original, 0));
  }
  if (anew->length() == 0) return rest ? Result<Local<>>(std::move(rest)) : Result<Local<>>(kNone);
  if (rest && rest.value() != kNone) TRY(list_append(t, anew, std::move(rest)));
  if (anew->length() == 1) return Local<>::share(anew->array->items[0]);
  Local<Tuple> all = TRY(list_to_tuple(t, anew));
  bool plain = true;
  for (size_t i = 0; i < all->length(); i++) plain = plain && is_instance(all->at(i), types::Exception);
  Type& type = plain ? types::ExceptionGroup : types::BaseExceptionGroup;
  return call(t, Borrowed<>(Value(&type)), empty_str(), all);
}

DO(CallIntrinsic2) {
  Local<> a = o.take_temp(o.c()), b = o.take_temp(o.c() + 1);
  Thread& t = o.t;
  auto run = [&]() -> Result<Local<>> {
    switch (static_cast<Intrinsic2>(o.b())) {
      case Intrinsic2::PrepReraiseStar: return prepare_reraise_star(t, a, b);
      case Intrinsic2::TypeVarWithBound: return typing_call(t, "_make_typevar_with_bound"_n, a, b);
      case Intrinsic2::TypeVarWithConstraints: return typing_call(t, "_make_typevar_with_constraints"_n, a, b);
      case Intrinsic2::SetFunctionTypeParams:
        static_cast<Function*>(a.value().as_object())->type_params.set(std::move(b));
        return a.dup();
      case Intrinsic2::SetTypeParamDefault: return typing_call(t, "_set_typeparam_default"_n, a, b);
    }
    OROCHI_UNREACHABLE();
  };
  return o.put_result(o.a(), run());
}

// ---- imports ----
DO(ImportName) {
  Local<> level = o.take_temp(o.b()), fromlist = o.take_temp(o.b() + 1);
  Lookup<> import = find_builtin(o, "__import__"_n);
  if (import.raised()) return false;
  if (import.absent()) return raised(raise(o.t, types::ImportError, "__import__ not found"));
  Local<> function = import.take();
  Borrowed<> locals = o.frame->locals ? Borrowed<>(o.frame->locals)
                      : o.frame->code->flags & kCoOptimized ? Borrowed<>(kNone) : Borrowed<>(o.frame->globals);
  return o.put_result(o.a(), call(o.t, function, o.name(o.c()), Borrowed<>(o.frame->globals), locals, fromlist, level));
}

static Raised raise_cannot_import(Thread& t, Borrowed<> module, Borrowed<Str> name) {
  Lookup<> module_name = find_attr(t, module, "__name__"_n);
  if (module_name.raised()) return {};
  auto unknown = make_str(t, "<unknown module name>");
  if (unknown.raised()) return {};
  Local<> shown = module_name.found() && is_str((*module_name).value()) ? module_name.take() : Local<>(unknown.take());
  Lookup<> file = find_attr(t, module, "__file__"_n);
  if (file.raised()) return {};
  Lookup<> spec = find_attr(t, module, "__spec__"_n);
  if (spec.raised()) return {};
  bool initializing = false;
  if (spec.found() && (*spec).value() != kNone) {
    Lookup<> flag = find_attr(t, *spec, "_initializing"_n);
    if (flag.raised()) return {};
    if (flag.found()) {
      auto r = is_true(t, *flag);
      if (r.raised()) return {};
      initializing = *r;
    }
  }
  bool has_file = file.found() && is_str((*file).value());
  Local<Str> message;
  auto text = initializing
                  ? format_str(t, "cannot import name '{}' from partially initialized module '{}' (most likely due to a circular import) ({})",
                               name, shown.borrow().as<Str>(), has_file ? (*file).borrow().as<Str>() : "unknown location"_n)
                  : format_str(t, "cannot import name '{}' from '{}' ({})", name, shown.borrow().as<Str>(),
                               has_file ? (*file).borrow().as<Str>() : "unknown location"_n);
  if (text.raised()) return {};
  Value args[] = {text->value()};
  auto e = make_exception(t, types::ImportError, args, 1);
  if (e.raised()) return {};
  if (set_exception_extra(t, *e, 1, shown).raised()) return {};
  if (has_file && set_exception_extra(t, *e, 2, *file).raised()) return {};
  if (set_exception_extra(t, *e, 3, name).raised()) return {};
  return raise_exception(t, e.take());
}

DO(ImportFrom) {
  Local<> module = o.keep(o.b());
  Borrowed<Str> name = o.name(o.c());
  Lookup<> found = find_attr(o.t, module, name);
  if (found.raised()) return false;
  if (found.found()) {
    o.put(o.a(), found.take());
    return true;
  }
  // A submodule that is being imported is in sys.modules before it is an attribute.
  Lookup<> package = find_attr(o.t, module, "__name__"_n);
  if (package.raised()) return false;
  if (package.found() && is_str((*package).value())) {
    auto full = format_str(o.t, "{}.{}", (*package).borrow().as<Str>(), name);
    if (full.raised()) return false;
    auto sys = import_module(o.t, "sys"_n);
    if (sys.raised()) return false;
    Lookup<> modules = find_attr(o.t, *sys, "modules"_n);
    if (modules.raised()) return false;
    if (modules.found() && is_dict((*modules).value())) {
      Lookup<> sub = dict_find(o.t, (*modules).borrow().as<Dict>(), *full);
      if (sub.raised()) return false;
      if (sub.found()) {
        o.put(o.a(), sub.take());
        return true;
      }
    }
  }
  return raised(raise_cannot_import(o.t, module, name));
}

// ---- matching ----
DO(MatchMapping) {
  bool is = type_of(o.regs[o.b()])->load_type_flags() & kTypeMapping;
  o.put(o.a(), immediate(Value::boolean(is)));
  return true;
}
DO(MatchSequence) {
  bool is = type_of(o.regs[o.b()])->load_type_flags() & kTypeSequence;
  o.put(o.a(), immediate(Value::boolean(is)));
  return true;
}

static Result<Local<>> match_keys(Thread& t, Borrowed<> subject, Borrowed<Tuple> keys) {
  size_t n = keys->length();
  Local<Set> seen = TRY(make_set(t));
  Local<Tuple> values = TRY(make_tuple_uninitialised(t, n));
  Local<> get = TRY(get_attr(t, subject, "get"_n));
  Local<List> dummy = TRY(make_list(t));
  for (size_t i = 0; i < n; i++) {
    if (!TRY(set_add(t, seen, keys->at(i)))) {
      Local<Str> text = TRY(repr_of(t, keys->at(i)));
      return raise(t, types::ValueError, "mapping pattern checks duplicate key ({})", text);
    }
    Local<> v = TRY(call(t, get, keys->at(i), dummy));
    if (v.value() == dummy.value()) return kNone;
    values->items()[i].init(std::move(v));
  }
  return values;
}
DO(MatchKeys) {
  Local<> subject = o.keep(o.b()), keys = o.keep(o.c());
  return o.put_result(o.a(), match_keys(o.t, subject, keys.borrow().as<Tuple>()));
}

static Result<Local<>> match_class(Thread& t, Borrowed<> subject, Borrowed<> cls, Borrowed<Tuple> keywords, size_t positional) {
  if (!is_type(cls)) return raise(t, types::TypeError, "called match pattern must be a class");
  if (!TRY(instance_check(t, subject, cls))) return kNone;
  Local<Tuple> result = TRY(make_tuple_uninitialised(t, positional + keywords->length()));
  Local<Set> seen = TRY(make_set(t));
  auto attribute = [&](Borrowed<Str> name) -> Lookup<> {
    auto added = set_add(t, seen, name);
    if (added.raised()) return Raised{};
    if (!*added) {
      auto text = repr_of(t, name);
      if (text.raised()) return Raised{};
      return raise(t, types::TypeError, "{}() got multiple sub-patterns for attribute {}", cls.as<Type>(), *text);
    }
    return find_attr(t, subject, name);
  };
  size_t at = 0;
  if (positional > 0) {
    Lookup<> match_args = find_attr(t, cls, "__match_args__"_n);
    if (match_args.raised()) return Raised{};
    bool match_self = false;
    Local<> names;
    if (match_args.found()) {
      names = match_args.take();
      if (!is_exact_tuple(names.value())) {
        return raise(t, types::TypeError, "{}.__match_args__ must be a tuple (got {})", cls.as<Type>(),
                     TypeName(names.value()));
      }
    } else {
      names = Local<>::share(empty_tuple());
      match_self = cls.as<Type>()->load_type_flags() & kTypeMatchSelf;
    }
    Borrowed<Tuple> list = names.borrow().as<Tuple>();
    size_t allowed = match_self ? 1 : list->length();
    if (allowed < positional) {
      return raise(t, types::TypeError, "{}() accepts {} positional sub-pattern{} ({} given)", cls.as<Type>(), allowed,
                   allowed == 1 ? "" : "s", positional);
    }
    if (match_self) {
      result->items()[at++].init_share(subject);
    } else {
      for (size_t i = 0; i < positional; i++) {
        if (!is_str(list->at(i))) {
          return raise(t, types::TypeError, "__match_args__ elements must be strings (got {})", TypeName(list->at(i)));
        }
        Lookup<> v = attribute(list->at(i).as<Str>());
        if (v.raised()) return Raised{};
        if (v.absent()) return kNone;
        result->items()[at++].init(v.take());
      }
    }
  }
  for (size_t i = 0; i < keywords->length(); i++) {
    Lookup<> v = attribute(keywords->at(i).as<Str>());
    if (v.raised()) return Raised{};
    if (v.absent()) return kNone;
    result->items()[at++].init(v.take());
  }
  return result;
}
DO(MatchClass) {
  Local<> subject = o.take_temp(o.b()), cls = o.take_temp(o.b() + 1), keywords = o.take_temp(o.b() + 2);
  return o.put_result(o.a(), match_class(o.t, subject, cls, keywords.borrow().as<Tuple>(), o.c()));
}
DO(GetLen) {
  Local<> v = o.keep(o.b());
  auto n = length_of(o.t, v);
  if (n.raised()) return false;
  return o.put_result(o.a(), make_int(o.t, *n));
}

}  // namespace orochi
