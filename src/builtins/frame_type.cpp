// The types frame and FrameLocalsProxy (PEP 667).
#include "objects/frame_object.h"

#include "objects/generator.h"
#include "objects/list.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/dunder_slots.h"
#include "protocols/native.h"
#include "protocols/operators.h"

namespace orochi {

namespace {

constinit const Layout kFrameLayout{"frame", sizeof(FrameObject), FrameObject::kItemSize, FrameObject::trace, nullptr,
                                    FrameObject::item_count, nullptr};

Result<Local<>> or_none(Local<> v) {
  if (!v) return kNone;
  return v;
}

Result<Local<>> frame_op_repr(Thread& t, Borrowed<> self) {
  auto f = self.as<FrameObject>();
  Borrowed<Code> code = f->code.borrow();
  return format_str(t, "<frame at {}, file '{}', line {}, code {}>", AddressArg(self.value()), code->filename.borrow(),
                    frame_line(f), code->name.borrow());
}

Result<Local<>> get_back(Thread& t, Borrowed<FrameObject> f) { return frame_back(t, f); }
Result<Local<>> get_code(Thread&, Borrowed<FrameObject> f) { return Local<>::share(f->code.raw()); }
Result<Local<>> get_locals(Thread& t, Borrowed<FrameObject> f) { return frame_get_locals(t, f); }
Result<Local<>> get_globals(Thread&, Borrowed<FrameObject> f) {
  Borrowed<Function> fn = f->function.borrow();
  if (!fn) return kNone;
  return fn->globals.load(fn.get());
}
Result<Local<>> get_builtins(Thread&, Borrowed<FrameObject> f) {
  Borrowed<Function> fn = f->function.borrow();
  if (!fn) return kNone;
  return or_none(fn->builtins.load(fn.get()));
}
Result<Local<>> get_lineno(Thread&, Borrowed<FrameObject> f) {
  int32_t line = frame_line(f);
  if (line < 0) return kNone;
  return Value::fixnum(line);
}
Result<void> set_lineno(Thread& t, Borrowed<FrameObject> f, Borrowed<> value) {
  if (!value) return raise(t, types::AttributeError, "cannot delete attribute");
  if (!is_int(value)) return raise(t, types::ValueError, "lineno must be an integer");
  return raise(t, types::ValueError, "f_lineno can only be set in a trace function");
}
Result<Local<>> get_lasti(Thread& t, Borrowed<FrameObject> f) { return make_int(t, int64_t{frame_offset(f)} * 2); }
Result<Local<>> get_trace(Thread&, Borrowed<FrameObject> f) { return or_none(f->trace_function.load(f.get())); }
Result<void> set_trace(Thread&, Borrowed<FrameObject> f, Borrowed<> value) {
  f->trace_function.set(value && value.value() != kNone ? Local<>::share(value) : Local<>());
  return ok();
}
bool get_trace_lines(Thread&, Borrowed<FrameObject> f) { return f->trace_lines; }
Result<void> set_trace_lines(Thread& t, Borrowed<FrameObject> f, Borrowed<> value) {
  if (!value) return raise(t, types::TypeError, "cannot delete attribute");
  f->trace_lines = TRY(is_true(t, value));
  return ok();
}
bool get_trace_opcodes(Thread&, Borrowed<FrameObject> f) { return f->trace_opcodes; }
Result<void> set_trace_opcodes(Thread& t, Borrowed<FrameObject> f, Borrowed<> value) {
  if (!value) return raise(t, types::TypeError, "cannot delete attribute");
  f->trace_opcodes = TRY(is_true(t, value));
  return ok();
}
Result<Local<>> get_generator(Thread&, Borrowed<FrameObject> f) {
  if (!f->generator) return kNone;
  return Local<>::share(Value(f->generator));
}
Result<void> method_clear(Thread& t, Borrowed<FrameObject> f) { return frame_clear(t, f); }

constexpr NativeDef kFrameMethods[] = {
    method<method_clear>("clear(self, /)", "Clear all references held by the frame."),
};
constexpr GetSetDef kFrameGetSets[] = {
    getter<get_back>("f_back", nullptr),
    getter<get_code>("f_code", nullptr),
    getter<get_locals>("f_locals", "Return the mapping used by the frame to look up local variables."),
    getter<get_globals>("f_globals", nullptr),
    getter<get_builtins>("f_builtins", nullptr),
    getset<get_lineno, set_lineno>("f_lineno", nullptr),
    getter<get_lasti>("f_lasti", nullptr),
    getset<get_trace, set_trace>("f_trace", nullptr),
    getset<get_trace_lines, set_trace_lines>("f_trace_lines", nullptr),
    getset<get_trace_opcodes, set_trace_opcodes>("f_trace_opcodes", nullptr),
    getter<get_generator>("f_generator", nullptr),
};
const TypeDef kFrameDef = {
    .name = "frame",
    .layout = &kFrameLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kFrameMethods),
    OROCHI_GETSETS(kFrameGetSets),
    .slots = {.repr = frame_op_repr},
};

// ---- FrameLocalsProxy ----

constinit const Layout kProxyLayout{"FrameLocalsProxy", sizeof(FrameLocalsProxy), 0, FrameLocalsProxy::trace, nullptr,
                                    nullptr, nullptr};

Borrowed<FrameObject> frame_of(Borrowed<> self) { return self.as<FrameLocalsProxy>()->frame.borrow(); }
Result<Local<>> snapshot(Thread& t, Borrowed<> self) { return frame_locals_snapshot(t, frame_of(self)); }

Result<Local<>> proxy_op_repr(Thread& t, Borrowed<> self) {
  Local<> dict = TRY(snapshot(t, self));
  return repr_of(t, dict);
}
Result<int64_t> proxy_op_len(Thread& t, Borrowed<> self) {
  Local<> dict = TRY(snapshot(t, self));
  return length_of(t, dict);
}
Result<Local<>> proxy_op_getitem(Thread& t, Borrowed<> self, Borrowed<> key) {
  if (is_str(key)) {
    Lookup<> found = frame_find_variable(t, frame_of(self), key.as<Str>());
    if (found.raised()) return Raised{};
    if (found.found()) return found.take();
  } else {
    (void)TRY(hash_of(t, key));
  }
  return raise_key_error(t, key);
}
Result<void> proxy_op_setitem(Thread& t, Borrowed<> self, Borrowed<> key, Borrowed<> value) {
  if (!value) return raise(t, types::ValueError, "cannot remove local variables from FrameLocalsProxy");
  if (!is_str(key)) return raise(t, types::TypeError, "FrameLocalsProxy keys must be strings");
  (void)TRY(frame_set_variable(t, frame_of(self), key.as<Str>(), value));
  return ok();
}
Result<bool> proxy_op_contains(Thread& t, Borrowed<> self, Borrowed<> key) {
  if (!is_str(key)) return false;
  Lookup<> found = frame_find_variable(t, frame_of(self), key.as<Str>());
  if (found.raised()) return Raised{};
  return found.found();
}
Result<Local<>> proxy_op_iter(Thread& t, Borrowed<> self) {
  Local<> dict = TRY(snapshot(t, self));
  Local<> keys = TRY(dict_keys_list(t, dict.borrow().as<Dict>()));
  return get_iter(t, keys);
}
Result<Local<>> proxy_op_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (op != CompareOp::Eq && op != CompareOp::Ne) return kNotImplemented;
  if (is_a<FrameLocalsProxy>(b)) {
    return Value::boolean((frame_of(a).value() == frame_of(b).value()) == (op == CompareOp::Eq));
  }
  if (!is_dict(b)) return kNotImplemented;
  Local<> dict = TRY(snapshot(t, a));
  return rich_compare(t, dict, b, op);
}
Result<Local<>> proxy_or(Thread& t, Borrowed<> a, Borrowed<> b) {
  Local<Dict> result = TRY(make_dict(t));
  for (Borrowed<> v : {a, b}) {
    Local<> source = is_a<FrameLocalsProxy>(v) ? TRY(snapshot(t, v)) : Local<>::share(v);
    if (!is_dict(source.value())) return kNotImplemented;
    TRY(dict_update_from_dict(t, result, source.borrow().as<Dict>()));
  }
  return result;
}
Result<void> proxy_merge(Thread& t, Borrowed<> self, Borrowed<> other) {
  Local<Dict> given = TRY(make_dict(t));
  TRY(dict_merge(t, given, other));
  size_t position = 0;
  Local<> key, value;
  while (dict_next(t, given, &position, &key, &value)) TRY(proxy_op_setitem(t, self, key, value));
  return ok();
}
Result<Local<>> proxy_ior(Thread& t, Borrowed<> a, Borrowed<> b) {
  TRY(proxy_merge(t, a, b));
  return Local<>::share(a);
}

Result<Local<>> proxy_keys(Thread& t, Borrowed<FrameLocalsProxy> self) {
  Local<> dict = TRY(snapshot(t, self));
  return dict_keys_list(t, dict.borrow().as<Dict>());
}
Result<Local<>> proxy_values(Thread& t, Borrowed<FrameLocalsProxy> self) {
  Local<> dict = TRY(snapshot(t, self));
  return dict_values_list(t, dict.borrow().as<Dict>());
}
Result<Local<>> proxy_items(Thread& t, Borrowed<FrameLocalsProxy> self) {
  Local<> dict = TRY(snapshot(t, self));
  return dict_items_list(t, dict.borrow().as<Dict>());
}
Result<Local<>> proxy_copy(Thread& t, Borrowed<FrameLocalsProxy> self) { return snapshot(t, self); }
Result<Local<>> proxy_reversed(Thread& t, Borrowed<FrameLocalsProxy> self) {
  Local<> keys = TRY(proxy_keys(t, self));
  (void)TRY(call_method(t, keys, "reverse"_n));
  return get_iter(t, keys);
}
Result<Local<>> proxy_get(Thread& t, Borrowed<FrameLocalsProxy> self, Borrowed<> key, Borrowed<> default_value) {
  if (!is_str(key)) return Local<>::share(default_value);
  Lookup<> found = frame_find_variable(t, frame_of(self), key.as<Str>());
  if (found.raised()) return Raised{};
  if (found.found()) return found.take();
  return Local<>::share(default_value);
}
Result<Local<>> proxy_setdefault(Thread& t, Borrowed<FrameLocalsProxy> self, Borrowed<> key, Borrowed<> default_value) {
  if (is_str(key)) {
    Lookup<> found = frame_find_variable(t, frame_of(self), key.as<Str>());
    if (found.raised()) return Raised{};
    if (found.found()) return found.take();
  }
  TRY(proxy_op_setitem(t, self, key, default_value));
  return Local<>::share(default_value);
}
Result<Local<>> proxy_pop(Thread& t, Borrowed<FrameLocalsProxy>, Borrowed<>, Maybe<Borrowed<>>) {
  return raise(t, types::ValueError, "cannot remove local variables from FrameLocalsProxy");
}
Result<void> proxy_update(Thread& t, Borrowed<FrameLocalsProxy> self, Borrowed<> other) {
  return proxy_merge(t, self, other);
}
Result<Local<>> proxy_new(Thread& t, Borrowed<Type> cls, Borrowed<> frame) {
  if (!is_a<FrameObject>(frame)) return raise(t, types::TypeError, "expect frame, not {}", TypeName(frame));
  Local<FrameLocalsProxy> proxy = TRY(allocate_for<FrameLocalsProxy>(t, cls));
  proxy->frame.init_share(frame.as<FrameObject>());
  return proxy;
}
constexpr NativeDef kProxyNew = arguments<proxy_new>("FrameLocalsProxy(cls, frame, /)");

constexpr NativeDef kProxyMethods[] = {
    method<proxy_keys>("keys(self, /)", nullptr),
    method<proxy_values>("values(self, /)", nullptr),
    method<proxy_items>("items(self, /)", nullptr),
    method<proxy_copy>("copy(self, /)", nullptr),
    method<proxy_copy>("__copy__(self, /)", nullptr),
    method<proxy_reversed>("__reversed__(self, /)", nullptr),
    method<proxy_get>("get(self, key, default=None, /)", nullptr),
    method<proxy_setdefault>("setdefault(self, key, default=None, /)", nullptr),
    method<proxy_pop>("pop(self, key, default=<x>, /)", nullptr),
    method<proxy_update>("update(self, other, /)", nullptr),
};

consteval TypeSlots proxy_slots() {
  TypeSlots s;
  s.repr = proxy_op_repr;
  s.hash = hash_not_implemented;
  s.compare = proxy_op_compare;
  s.iter = proxy_op_iter;
  s.len = proxy_op_len;
  s.getitem = proxy_op_getitem;
  s.setitem = proxy_op_setitem;
  s.contains = proxy_op_contains;
  s.binary[static_cast<int>(BinaryOp::Or)] = proxy_or;
  s.inplace[static_cast<int>(BinaryOp::Or)] = proxy_ior;
  s.new_ = new_slot<kProxyNew>;
  return s;
}
const TypeDef kProxyDef = {
    .name = "FrameLocalsProxy",
    .layout = &kProxyLayout,
    .flags = kTypeMapping,
    OROCHI_METHODS(kProxyMethods),
    .slots = proxy_slots(),
};

}  // namespace

OROCHI_TYPE(Frame, kFrameDef)
OROCHI_TYPE(FrameLocalsProxy, kProxyDef)

}  // namespace orochi
