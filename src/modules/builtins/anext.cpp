// anext(iterator, default): drives the wrapped awaitable and turns StopAsyncIteration into the default value.
#include "modules/builtins/build_class.h"
#include "objects/generator.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/type_ready.h"

namespace orochi {

struct AnextAwaitable : Object {
  static Type& python_type();
  Field<> wrapped;
  Field<> default_value;
  Field<> iterator;  // of wrapped, made at the first step
  static void trace(Object* o, Visitor& v) {
    auto* a = static_cast<AnextAwaitable*>(o);
    v.visit(a->wrapped);
    v.visit(a->default_value);
    v.visit(a->iterator);
  }
};
namespace types {
extern ::orochi::Type AnextAwaitable;
}
Type& AnextAwaitable::python_type() { return types::AnextAwaitable; }

namespace {

constexpr Layout kAnextLayout = layout_of<AnextAwaitable>("anext_awaitable");

Result<Local<>> iterator_of(Thread& t, Borrowed<AnextAwaitable> self) {
  Local<> it = self->iterator.load(self.get());
  if (it) return it;
  Local<> wrapped = self->wrapped.load(self.get());
  it = TRY(get_awaitable_iterator(t, wrapped));
  self->iterator.set(it.dup());
  return it;
}

// A step ended with StopAsyncIteration: the await is over, its result is the default.
Raised finish(Thread& t, Borrowed<AnextAwaitable> self) {
  if (!clear_pending_if(t, types::StopAsyncIteration)) return {};
  return raise_stop_iteration(t, self->default_value.load(self.get()));
}

Result<Local<>> step(Thread& t, Borrowed<AnextAwaitable> self, Borrowed<> value) {
  Local<> it = TRY(iterator_of(t, self));
  Local<> result;
  Lookup<> r = send_to_iterator(t, it, value, &result);
  if (r.found()) return r.take();
  if (r.raised()) return finish(t, self);
  return raise_stop_iteration(t, result);
}

Result<Local<>> anext_send(Thread& t, Borrowed<AnextAwaitable> self, Borrowed<> value) { return step(t, self, value); }
Result<Local<>> anext_throw(Thread& t, Borrowed<AnextAwaitable> self, Rest args) {
  Local<> it = TRY(iterator_of(t, self));
  Local<> method = TRY(get_attr(t, it, "throw"_n));
  auto r = call_with(t, method, CallArgs{args.values, args.count, {}});
  if (r.raised()) return finish(t, self);
  return r;
}
Result<Local<>> anext_close(Thread& t, Borrowed<AnextAwaitable> self) {
  Local<> it = TRY(iterator_of(t, self));
  return call_method(t, it, "close"_n);
}
Result<Local<>> anext_op_iter(Thread& t, Borrowed<> self) { return Local<>::share(self); }
Lookup<> anext_op_next(Thread& t, Borrowed<> self) { return step(t, self.as<AnextAwaitable>(), Borrowed<>(kNone)); }

constexpr NativeDef kMethods[] = {
    method<anext_send>("send(self, value, /)", nullptr),
    method<anext_throw>("throw(self, *args)", nullptr),
    method<anext_close>("close(self, /)", nullptr),
};
const TypeDef kAnextAwaitableDef = {
    .name = "anext_awaitable",
    .layout = &kAnextLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kMethods),
    .slots = {.iter = anext_op_iter, .next = anext_op_next, .await = anext_op_iter},
};

}  // namespace

OROCHI_TYPE(AnextAwaitable, kAnextAwaitableDef)

Result<Local<>> make_anext_awaitable(Thread& t, Borrowed<> awaitable, Borrowed<> default_value) {
  Local<AnextAwaitable> a = TRY(make_object<AnextAwaitable>(t));
  a->wrapped.init_share(awaitable);
  a->default_value.init_share(default_value);
  return a;
}

}  // namespace orochi
