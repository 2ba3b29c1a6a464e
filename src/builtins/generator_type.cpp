// The types generator, coroutine, async_generator and the awaitables that async generators hand out (PEP 492, 525).
#include "objects/generator.h"

#include "builtins/type_type.h"
#include "objects/frame_object.h"
#include "objects/traceback.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/native.h"
#include "protocols/operators.h"
#include "protocols/type_ready.h"

namespace orochi {

namespace {

constinit const Layout kGeneratorLayout{"generator",          sizeof(Generator), Generator::kItemSize, Generator::trace, nullptr,
                                        Generator::item_count, nullptr};

Result<Local<>> or_none(Local<> v) {
  if (!v) return kNone;
  return v;
}

// ---- common to the three ----

Result<Local<>> generator_op_repr(Thread& t, Borrowed<> self) {
  auto g = self.as<Generator>();
  Local<Str> name = g->qualname.load(g.get());
  const char* kind = self.value().as_object()->type() == &types::Coroutine        ? "coroutine"
                     : self.value().as_object()->type() == &types::AsyncGenerator ? "async_generator"
                                                                                  : "generator";
  return format_str(t, "<{} object {} at {}>", kind, name, AddressArg(self.value()));
}

// What a call that resumes gives back: a yielded value, or StopIteration with the returned one.
Result<Local<>> yielded_or_stop(Thread& t, Lookup<> r, Local<> result) {
  if (r.raised()) return Raised{};
  if (r.found()) return r.take();
  if (!result || result.value() == kNone) return raise_stop_iteration(t, Borrowed<>());
  // A tuple or an exception as the value must not be spread over the arguments.
  Value args[] = {result.value()};
  Local<Exception> stop = TRY(make_exception(t, types::StopIteration, args, 1));
  return raise_exception(t, std::move(stop));
}

Result<Local<>> generator_method_send(Thread& t, Borrowed<Generator> g, Borrowed<> value) {
  Local<> result;
  Lookup<> r = generator_send(t, g, value, &result);
  return yielded_or_stop(t, std::move(r), std::move(result));
}
Result<Local<>> generator_method_throw(Thread& t, Borrowed<Generator> g, Borrowed<> type, Maybe<Borrowed<>> value,
                                       Maybe<Borrowed<>> traceback) {
  Local<> result;
  Lookup<> r = generator_throw(t, g, type, value.value, traceback.value, &result);
  return yielded_or_stop(t, std::move(r), std::move(result));
}
Result<Local<>> generator_method_close(Thread& t, Borrowed<Generator> g) { return generator_close(t, g); }

Lookup<> generator_op_next(Thread& t, Borrowed<> self) {
  Local<> result;
  Lookup<> r = generator_send(t, self.as<Generator>(), Borrowed<>(kNone), &result);
  if (!r.absent() || !result || result.value() == kNone) return r;
  // The value travels in StopIteration; whoever iterates drops it.
  Value args[] = {result.value()};
  auto stop = make_exception(t, types::StopIteration, args, 1);
  if (stop.raised()) return Raised{};
  return raise_exception(t, stop.take());
}
Result<Local<>> generator_op_iter(Thread&, Borrowed<> self) { return Local<>::share(self); }

Result<Local<>> generator_name(Thread&, Borrowed<Generator> g) { return or_none(g->name.load(g.get())); }
Result<void> generator_set_name(Thread& t, Borrowed<Generator> g, Borrowed<> value) {
  if (!value || !is_str(value)) return raise(t, types::TypeError, "__name__ must be set to a string object");
  g->name.set_share(value.as<Str>());
  return ok();
}
Result<Local<>> generator_qualname(Thread&, Borrowed<Generator> g) { return or_none(g->qualname.load(g.get())); }
Result<void> generator_set_qualname(Thread& t, Borrowed<Generator> g, Borrowed<> value) {
  if (!value || !is_str(value)) return raise(t, types::TypeError, "__qualname__ must be set to a string object");
  g->qualname.set_share(value.as<Str>());
  return ok();
}
Result<Local<>> generator_code(Thread&, Borrowed<Generator> g) { return g->code.load(g.get()); }
Result<Local<>> generator_delegate(Thread& t, Borrowed<Generator> g) { return or_none(generator_yield_from(t, g)); }
bool generator_running(Thread&, Borrowed<Generator> g) { return g->load_state() == kGenRunning; }
bool generator_suspended(Thread&, Borrowed<Generator> g) { return g->load_state() == kGenSuspended; }

Result<Local<>> generator_frame(Thread& t, Borrowed<Generator> g) {
  uint32_t state = g->load_state();
  if (state == kGenDone) return kNone;
  if (state == kGenRunning) {
    Frame* f = __atomic_load_n(&g->running_frame, __ATOMIC_ACQUIRE);
    if (!f || f < t.frames_base || f > t.frame) return kNone;  // on another thread
    return ensure_frame_object(t, f);
  }
  if (!g->claim_state(state)) return kNone;
  Local<> known = g->frame_object.load(g.get());
  if (!known) {
    Local<Code> code = g->code.load(g.get());
    auto made = allocate<FrameObject>(t, types::Frame.root_shape, sizeof(FrameObject) + code->nlocals * sizeof(Value));
    if (!made.raised()) {
      Local<FrameObject> f = made.take();
      f->reg_count = code->nlocals;
      f->thread = &t;
      f->trace_lines = 1;
      f->code.init_share(code);
      f->function.init(std::move(g->function.load(g.get())).as<Function>());
      f->generator = g.get();
      f->last_pc = g->pc;
      g->frame_object.set_share(f);
      known = std::move(f);
    }
  }
  g->publish_state(static_cast<GenState>(state));
  if (!known) return Raised{};
  return known;
}

Result<Local<>> no_pickle(Thread& t, Borrowed<> self, int64_t) {
  return raise(t, types::TypeError, "cannot pickle '{}' object", TypeName(self));
}
Result<Local<>> generator_class_getitem(Thread& t, Borrowed<Type> cls, Borrowed<> item) {
  if (!make_generic_alias_hook) return raise(t, types::TypeError, "type is not subscriptable");
  return make_generic_alias_hook(t, cls, item);
}

constexpr NativeDef kGeneratorMethods[] = {
    method<generator_method_send>("send(self, value, /)",
                                  "send(value) -> send 'value' into generator,\nreturn next yielded value or raise StopIteration."),
    method<generator_method_throw>("throw(self, typ, val=<x>, tb=<x>, /)",
                                   "throw(value)\nthrow(type[,value[,tb]])\n\nRaise exception in generator, return next yielded value or raise\nStopIteration."),
    method<generator_method_close>("close(self, /)", "close() -> raise GeneratorExit inside generator."),
    method<no_pickle>("__reduce_ex__(self, protocol, /)", nullptr),
    class_method<generator_class_getitem>("__class_getitem__(cls, item, /)", "See PEP 585"),
};
constexpr GetSetDef kGeneratorGetSets[] = {
    getset<generator_name, generator_set_name>("__name__", "name of the generator"),
    getset<generator_qualname, generator_set_qualname>("__qualname__", "qualified name of the generator"),
    getter<generator_delegate>("gi_yieldfrom", "object being iterated by yield from, or None"),
    getter<generator_running>("gi_running", nullptr),
    getter<generator_frame>("gi_frame", nullptr),
    getter<generator_suspended>("gi_suspended", nullptr),
    getter<generator_code>("gi_code", nullptr),
};
const TypeDef kGeneratorDef = {
    .name = "generator",
    .layout = &kGeneratorLayout,
    .flags = kTypeNoNew | kTypeWeakrefable,
    .shape_flags = kShapeHasFinalizer,
    OROCHI_METHODS(kGeneratorMethods),
    OROCHI_GETSETS(kGeneratorGetSets),
    .slots = {.repr = generator_op_repr,
              .iter = generator_op_iter,
              .next = generator_op_next,
              .finalize = generator_finalize},
};

// ---- coroutine ----

Result<Local<>> coroutine_op_await(Thread& t, Borrowed<> self) {
  Local<CoroutineWrapper> w =
      TRY(allocate<CoroutineWrapper>(t, types::CoroutineWrapper.root_shape, sizeof(CoroutineWrapper)));
  w->coroutine.init_share(self.as<Generator>());
  return w;
}
Result<Local<>> coroutine_origin(Thread&, Borrowed<Generator> g) { return or_none(g->origin.load(g.get())); }
constexpr NativeDef kCoroutineMethods[] = {
    method<generator_method_send>("send(self, value, /)",
                                  "send(arg) -> send 'arg' into coroutine,\nreturn next iterated value or raise StopIteration."),
    method<generator_method_throw>("throw(self, typ, val=<x>, tb=<x>, /)",
                                   "throw(value)\nthrow(type[,value[,traceback]])\n\nRaise exception in coroutine, return next iterated value or raise\nStopIteration."),
    method<generator_method_close>("close(self, /)", "close() -> raise GeneratorExit inside coroutine."),
    method<no_pickle>("__reduce_ex__(self, protocol, /)", nullptr),
    class_method<generator_class_getitem>("__class_getitem__(cls, item, /)", "See PEP 585"),
};
constexpr GetSetDef kCoroutineGetSets[] = {
    getset<generator_name, generator_set_name>("__name__", "name of the coroutine"),
    getset<generator_qualname, generator_set_qualname>("__qualname__", "qualified name of the coroutine"),
    getter<generator_delegate>("cr_await", "object being awaited on, or None"),
    getter<generator_running>("cr_running", nullptr),
    getter<generator_frame>("cr_frame", nullptr),
    getter<generator_suspended>("cr_suspended", nullptr),
    getter<generator_code>("cr_code", nullptr),
    getter<coroutine_origin>("cr_origin", nullptr),
};
const TypeDef kCoroutineDef = {
    .name = "coroutine",
    .layout = &kGeneratorLayout,
    .flags = kTypeNoNew | kTypeWeakrefable,
    .shape_flags = kShapeHasFinalizer,
    OROCHI_METHODS(kCoroutineMethods),
    OROCHI_GETSETS(kCoroutineGetSets),
    .slots = {.repr = generator_op_repr, .await = coroutine_op_await, .finalize = generator_finalize},
};

constinit const Layout kWrapperLayout{"coroutine_wrapper", sizeof(CoroutineWrapper), 0, CoroutineWrapper::trace, nullptr,
                                      nullptr, nullptr};
Borrowed<Generator> wrapped(Borrowed<> self) { return self.as<CoroutineWrapper>()->coroutine.borrow(); }
Lookup<> wrapper_op_next(Thread& t, Borrowed<> self) { return generator_op_next(t, wrapped(self)); }
Result<Local<>> wrapper_send(Thread& t, Borrowed<CoroutineWrapper> self, Borrowed<> value) {
  return generator_method_send(t, wrapped(self), value);
}
Result<Local<>> wrapper_throw(Thread& t, Borrowed<CoroutineWrapper> self, Borrowed<> type, Maybe<Borrowed<>> value,
                              Maybe<Borrowed<>> traceback) {
  return generator_method_throw(t, wrapped(self), type, value, traceback);
}
Result<Local<>> wrapper_close(Thread& t, Borrowed<CoroutineWrapper> self) { return generator_close(t, wrapped(self)); }
constexpr NativeDef kWrapperMethods[] = {
    method<wrapper_send>("send(self, value, /)", nullptr),
    method<wrapper_throw>("throw(self, typ, val=<x>, tb=<x>, /)", nullptr),
    method<wrapper_close>("close(self, /)", nullptr),
};
const TypeDef kCoroutineWrapperDef = {
    .name = "coroutine_wrapper",
    .doc = "A wrapper object implementing __await__ for coroutines.",
    .layout = &kWrapperLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kWrapperMethods),
    .slots = {.iter = generator_op_iter, .next = wrapper_op_next},
};

// ---- async generator ----

// First use: tell the event loop's hooks.
Result<void> async_init_hooks(Thread& t, Borrowed<Generator> g) {
  if (__atomic_exchange_n(&g->hooks_called, 1u, __ATOMIC_ACQ_REL)) return ok();
  if (t.async_gen_finalizer && t.async_gen_finalizer != kNone) {
    g->finalizer.set(Local<>::share(t.async_gen_finalizer));
  }
  if (t.async_gen_firstiter && t.async_gen_firstiter != kNone) {
    Local<> hook = Local<>::share(t.async_gen_firstiter);
    (void)TRY(call(t, hook, g));
  }
  return ok();
}

template <typename T>
Result<Local<>> make_awaitable(Thread& t, Borrowed<Generator> g, Borrowed<> argument, bool athrow) {
  TRY(async_init_hooks(t, g));
  Local<T> a = TRY(allocate<T>(t, T::python_type().root_shape, sizeof(T)));
  a->generator.init_share(g);
  if (argument) a->argument.init_share(argument);
  a->is_athrow = athrow;
  return a;
}
Result<Local<>> async_op_anext(Thread& t, Borrowed<> self) {
  return make_awaitable<AsyncGenASend>(t, self.as<Generator>(), Borrowed<>(kNone), false);
}
Result<Local<>> async_asend(Thread& t, Borrowed<Generator> g, Borrowed<> value) {
  return make_awaitable<AsyncGenASend>(t, g, value, false);
}
Result<Local<>> async_aclose(Thread& t, Borrowed<Generator> g) {
  return make_awaitable<AsyncGenAThrow>(t, g, Borrowed<>(), true);
}
Result<Local<>> async_athrow(Thread& t, Borrowed<Generator> g, Rest args) {
  if (args.count < 1 || args.count > 3) {
    return raise(t, types::TypeError, "athrow expected at {} {} argument{}, got {}", args.count < 1 ? "least" : "most",
                 args.count < 1 ? 1 : 3, args.count < 1 ? "" : "s", args.count);
  }
  Local<Tuple> tuple = TRY(make_tuple(t, args.values, args.count));
  return make_awaitable<AsyncGenAThrow>(t, g, tuple, true);
}
bool async_running(Thread&, Borrowed<Generator> g) { return __atomic_load_n(&g->running_async, __ATOMIC_ACQUIRE); }

constexpr NativeDef kAsyncMethods[] = {
    method<async_asend>("asend(self, value, /)", "asend(v) -> send 'v' in generator."),
    method<async_athrow>("athrow(self, /, *args)", "athrow(value)\nathrow(type[,value[,tb]])\n\nraise exception in generator."),
    method<async_aclose>("aclose(self, /)", "aclose() -> raise GeneratorExit inside generator."),
    method<no_pickle>("__reduce_ex__(self, protocol, /)", nullptr),
    class_method<generator_class_getitem>("__class_getitem__(cls, item, /)", "See PEP 585"),
};
constexpr GetSetDef kAsyncGetSets[] = {
    getset<generator_name, generator_set_name>("__name__", "name of the async generator"),
    getset<generator_qualname, generator_set_qualname>("__qualname__", "qualified name of the async generator"),
    getter<generator_delegate>("ag_await", "object being awaited on, or None"),
    getter<async_running>("ag_running", nullptr),
    getter<generator_frame>("ag_frame", nullptr),
    getter<generator_suspended>("ag_suspended", nullptr),
    getter<generator_code>("ag_code", nullptr),
};
const TypeDef kAsyncGeneratorDef = {
    .name = "async_generator",
    .layout = &kGeneratorLayout,
    .flags = kTypeNoNew | kTypeWeakrefable,
    .shape_flags = kShapeHasFinalizer,
    OROCHI_METHODS(kAsyncMethods),
    OROCHI_GETSETS(kAsyncGetSets),
    .slots = {.repr = generator_op_repr,
              .aiter = generator_op_iter,
              .anext = async_op_anext,
              .finalize = generator_finalize},
};

// ---- asend, athrow, aclose: iterators over one step of the generator ----

enum : uint32_t { kInit = 0, kIterating = 1, kClosed = 2 };

void stop_running(Borrowed<Generator> g) { __atomic_store_n(&g->running_async, 0u, __ATOMIC_RELEASE); }
bool start_running(Borrowed<Generator> g) {
  uint32_t expected = 0;
  return __atomic_compare_exchange_n(&g->running_async, &expected, 1u, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

// Turns the outcome of a resumption into that of the awaitable: a wrapped value is what the generator yielded, anything
// else is passed up to the event loop.
Result<Local<>> async_unwrap(Thread& t, Borrowed<Generator> g, Lookup<> r) {
  if (r.absent()) {  // the generator returned
    g->closed = 1;
    stop_running(g);
    return raise_value(t, types::StopAsyncIteration, Borrowed<>());
  }
  if (r.raised()) {
    if (pending_matches(t, types::StopAsyncIteration) || pending_matches(t, types::GeneratorExit)) g->closed = 1;
    stop_running(g);
    return Raised{};
  }
  Local<> v = r.take();
  if (type_of(v.value()) != &types::AsyncGenWrappedValue) return v;
  stop_running(g);
  auto* wrapped_value = static_cast<AsyncGenWrappedValue*>(v.value().as_object());
  Local<> inner = wrapped_value->value.load(wrapped_value);
  Value args[] = {inner.value()};
  Local<Exception> stop = TRY(make_exception(t, types::StopIteration, args, 1));
  return raise_exception(t, std::move(stop));
}

Result<Local<>> asend_send(Thread& t, Borrowed<AsyncGenASend> a, Borrowed<> value) {
  Borrowed<Generator> g = a->generator.borrow();
  if (a->state == kClosed) return raise(t, types::RuntimeError, "cannot reuse already awaited __anext__()/asend()");
  Local<> sent = Local<>::share(value);
  if (a->state == kInit) {
    if (!start_running(g)) {
      a->state = kClosed;
      return raise(t, types::RuntimeError, "anext(): asynchronous generator is already running");
    }
    if (sent.value() == kNone) sent = a->argument.load(a.get());
    a->state = kIterating;
  }
  auto r = async_unwrap(t, g, generator_send(t, g, sent, nullptr));
  if (r.raised()) a->state = kClosed;
  return r;
}

Result<Local<>> asend_throw(Thread& t, Borrowed<AsyncGenASend> a, Borrowed<> type, Maybe<Borrowed<>> value,
                            Maybe<Borrowed<>> traceback) {
  Borrowed<Generator> g = a->generator.borrow();
  if (a->state == kClosed) return raise(t, types::RuntimeError, "cannot reuse already awaited __anext__()/asend()");
  if (a->state == kInit) {
    if (!start_running(g)) {
      a->state = kClosed;
      return raise(t, types::RuntimeError, "anext(): asynchronous generator is already running");
    }
    a->state = kIterating;
  }
  auto r = async_unwrap(t, g, generator_throw(t, g, type, value.value, traceback.value, nullptr));
  if (r.raised()) a->state = kClosed;
  return r;
}

// athrow() and aclose().
Result<Local<>> athrow_send(Thread& t, Borrowed<AsyncGenAThrow> a, Borrowed<> value) {
  Borrowed<Generator> g = a->generator.borrow();
  bool closing = !a->argument.borrow();
  if (a->state == kClosed) return raise(t, types::RuntimeError, "cannot reuse already awaited aclose()/athrow()");
  Local<> result;
  Lookup<> r = Raised{};
  if (a->state == kInit) {
    if (__atomic_load_n(&g->running_async, __ATOMIC_ACQUIRE)) {
      a->state = kClosed;
      return raise(t, types::RuntimeError, closing ? "aclose(): asynchronous generator is already running"
                                                   : "athrow(): asynchronous generator is already running");
    }
    if (g->closed) {
      a->state = kClosed;
      return closing ? Result<Local<>>(raise_stop_iteration(t, Borrowed<>()))
                     : Result<Local<>>(raise_value(t, types::StopAsyncIteration, Borrowed<>()));
    }
    if (value.value() != kNone) {
      return raise(t, types::RuntimeError, "can't send non-None value to a just-started coroutine");
    }
    a->state = kIterating;
    if (!start_running(g)) {
      a->state = kClosed;
      return raise(t, types::RuntimeError, "athrow(): asynchronous generator is already running");
    }
    if (closing) {
      g->closed = 1;
      Local<Exception> exit = TRY(make_exception(t, types::GeneratorExit, nullptr, 0));
      r = generator_throw(t, g, exit, Borrowed<>(), Borrowed<>(), &result);
    } else {
      Borrowed<Tuple> args = a->argument.borrow().as<Tuple>();
      r = generator_throw(t, g, args->at(0), args->length() > 1 ? args->at(1) : Borrowed<>(),
                          args->length() > 2 ? args->at(2) : Borrowed<>(), &result);
    }
  } else {
    r = generator_send(t, g, value, &result);
  }
  if (closing) {
    if (r.found()) {
      if (type_of((*r).value()) == &types::AsyncGenWrappedValue) {
        a->state = kClosed;
        stop_running(g);
        return raise(t, types::RuntimeError, "async generator ignored GeneratorExit");
      }
      return r.take();
    }
    a->state = kClosed;
    stop_running(g);
    if (r.absent() || clear_pending_if(t, types::StopAsyncIteration) || clear_pending_if(t, types::GeneratorExit)) {
      return raise_stop_iteration(t, Borrowed<>());
    }
    return Raised{};
  }
  auto unwrapped = async_unwrap(t, g, std::move(r));
  if (unwrapped.raised()) a->state = kClosed;
  return unwrapped;
}

Result<Local<>> athrow_throw(Thread& t, Borrowed<AsyncGenAThrow> a, Borrowed<> type, Maybe<Borrowed<>> value,
                             Maybe<Borrowed<>> traceback) {
  Borrowed<Generator> g = a->generator.borrow();
  bool closing = !a->argument.borrow();
  if (a->state == kClosed) return raise(t, types::RuntimeError, "cannot reuse already awaited aclose()/athrow()");
  if (a->state == kInit) {
    if (!start_running(g)) {
      a->state = kClosed;
      return raise(t, types::RuntimeError, closing ? "aclose(): asynchronous generator is already running"
                                                   : "athrow(): asynchronous generator is already running");
    }
    a->state = kIterating;
  }
  Lookup<> r = generator_throw(t, g, type, value.value, traceback.value, nullptr);
  if (!closing) {
    auto unwrapped = async_unwrap(t, g, std::move(r));
    if (unwrapped.raised()) a->state = kClosed;
    return unwrapped;
  }
  if (r.found()) {
    if (type_of((*r).value()) == &types::AsyncGenWrappedValue) {
      a->state = kClosed;
      stop_running(g);
      return raise(t, types::RuntimeError, "async generator ignored GeneratorExit");
    }
    return r.take();
  }
  a->state = kClosed;
  stop_running(g);
  if (r.absent() || clear_pending_if(t, types::StopAsyncIteration) || clear_pending_if(t, types::GeneratorExit)) {
    return raise_stop_iteration(t, Borrowed<>());
  }
  return Raised{};
}

// close() of an awaitable: it is over; if it was under way the generator sees GeneratorExit.
template <typename T, Result<Local<>> (*Throw)(Thread&, Borrowed<T>, Borrowed<>, Maybe<Borrowed<>>, Maybe<Borrowed<>>)>
Result<Local<>> awaitable_close(Thread& t, Borrowed<T> a) {
  if (a->state == kClosed) return kNone;
  if (a->state == kInit) {
    a->state = kClosed;
    return kNone;
  }
  Local<Exception> exit = TRY(make_exception(t, types::GeneratorExit, nullptr, 0));
  auto r = Throw(t, a, exit, Maybe<Borrowed<>>{}, Maybe<Borrowed<>>{});
  if (!r.raised()) return raise(t, types::RuntimeError, "coroutine ignored GeneratorExit");
  if (clear_pending_if(t, types::StopIteration) || clear_pending_if(t, types::StopAsyncIteration) ||
      clear_pending_if(t, types::GeneratorExit)) {
    return kNone;
  }
  return Raised{};
}

Lookup<> asend_op_next(Thread& t, Borrowed<> self) { return asend_send(t, self.as<AsyncGenASend>(), Borrowed<>(kNone)); }
Lookup<> athrow_op_next(Thread& t, Borrowed<> self) {
  return athrow_send(t, self.as<AsyncGenAThrow>(), Borrowed<>(kNone));
}

constinit const Layout kAwaitableLayout{"async_generator_asend", sizeof(AsyncGenAwaitable), 0, AsyncGenAwaitable::trace,
                                        nullptr, nullptr, nullptr};
constexpr NativeDef kASendMethods[] = {
    method<asend_send>("send(self, value, /)", nullptr),
    method<asend_throw>("throw(self, typ, val=<x>, tb=<x>, /)", nullptr),
    method<awaitable_close<AsyncGenASend, asend_throw>>("close(self, /)", nullptr),
};
const TypeDef kASendDef = {
    .name = "async_generator_asend",
    .layout = &kAwaitableLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kASendMethods),
    .slots = {.iter = generator_op_iter, .next = asend_op_next, .await = generator_op_iter},
};
constexpr NativeDef kAThrowMethods[] = {
    method<athrow_send>("send(self, value, /)", nullptr),
    method<athrow_throw>("throw(self, typ, val=<x>, tb=<x>, /)", nullptr),
    method<awaitable_close<AsyncGenAThrow, athrow_throw>>("close(self, /)", nullptr),
};
const TypeDef kAThrowDef = {
    .name = "async_generator_athrow",
    .layout = &kAwaitableLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kAThrowMethods),
    .slots = {.iter = generator_op_iter, .next = athrow_op_next, .await = generator_op_iter},
};

constinit const Layout kWrappedLayout{"async_generator_wrapped_value", sizeof(AsyncGenWrappedValue), 0,
                                      AsyncGenWrappedValue::trace, nullptr, nullptr, nullptr};
const TypeDef kWrappedDef = {
    .name = "async_generator_wrapped_value", .layout = &kWrappedLayout, .flags = kTypeNoNew};

}  // namespace

OROCHI_TYPE(Generator, kGeneratorDef)
OROCHI_TYPE(Coroutine, kCoroutineDef)
OROCHI_TYPE(AsyncGenerator, kAsyncGeneratorDef)
OROCHI_TYPE(CoroutineWrapper, kCoroutineWrapperDef)
OROCHI_TYPE(AsyncGenASend, kASendDef)
OROCHI_TYPE(AsyncGenAThrow, kAThrowDef)
OROCHI_TYPE(AsyncGenWrappedValue, kWrappedDef)

}  // namespace orochi
