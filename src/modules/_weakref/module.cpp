// _weakref: ref, proxies and the functions over the side table of heap/weak_references.h (PEP 205).
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "heap/weak_references.h"
#include "builtins/type_type.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/dunder_slots.h"
#include "protocols/native.h"
#include "protocols/operators.h"

namespace orochi {

namespace types {
extern ::orochi::Type WeakReference, WeakProxy, WeakCallableProxy;
}

struct WeakReference : WeakRef {
  static Type& python_type() { return types::WeakReference; }
};

namespace {

void trace_weak(Object* o, Visitor& v) { v.visit(static_cast<WeakRef*>(o)->callback); }
void destroy_weak(Object* o) { weak_unregister(static_cast<WeakRef*>(o)); }
constinit const Layout kWeakLayout{"weakref", sizeof(WeakReference), 0, trace_weak, destroy_weak, nullptr, nullptr};

WeakRef* as_ref(Borrowed<> v) { return static_cast<WeakRef*>(v.value().as_object()); }
Local<> target_of(Borrowed<> v) { return weak_get(as_ref(v)); }

Result<Local<>> make_ref(Thread& t, Borrowed<Type> cls, Borrowed<> object, Borrowed<> callback) {
  if (!object.value().is_heap() || !object.value().as_object()->has(kShapeWeakrefable)) {
    return raise(t, types::TypeError, "cannot create weak reference to '{}' object", TypeName(object));
  }
  bool has_callback = callback && callback.value() != kNone;
  Object* target = object.value().as_object();
  if (!has_callback && cls->def) {
    Local<> known = weak_find_plain(target, cls->root_shape);
    if (known) return known;
  }
  Local<WeakReference> ref = TRY(allocate_for<WeakReference>(t, cls));
  ref->hash = -1;
  if (has_callback) ref->callback.init_share(callback);
  if (!weak_register(ref.get(), target)) return raise_no_memory(t);
  return ref;
}

// ---- weakref.ref ----

Result<Local<>> ref_new(Thread& t, Borrowed<Type> cls, Borrowed<> object, Borrowed<> callback, Rest, KwRest) {
  return make_ref(t, cls, object, callback);
}
constexpr NativeDef kRefNew = arguments<ref_new>("weakref(cls, object, callback=None, /, *args, **kwargs)");
Result<void> ref_op_init(Thread& t, Borrowed<> self, const CallArgs& args) {
  if (type_of(self) == &types::WeakReference && args.has_names() && args.names->length()) {
    return raise(t, types::TypeError, "ReferenceType() takes no keyword arguments");
  }
  if (args.count > 2 && type_of(self) == &types::WeakReference) {
    return raise(t, types::TypeError, "ReferenceType expected at most 2 arguments, got {}", args.count);
  }
  return ok();
}
Result<Local<>> ref_op_call(Thread& t, Borrowed<> self, const CallArgs& args) {
  if (args.count || args.has_names()) {
    return raise(t, types::TypeError, "ReferenceType() takes no arguments ({} given)", args.count);
  }
  Local<> target = target_of(self);
  if (!target) return kNone;
  return target;
}
Result<int64_t> ref_op_hash(Thread& t, Borrowed<> self) {
  WeakRef* ref = as_ref(self);
  int64_t known = __atomic_load_n(&ref->hash, __ATOMIC_RELAXED);  // a pure function of the referent
  if (known != -1) return known;
  Local<> target = weak_get(ref);
  if (!target) return raise(t, types::TypeError, "weak object has gone away");
  int64_t h = TRY(hash_of(t, target));
  __atomic_store_n(&ref->hash, h, __ATOMIC_RELAXED);
  return h;
}
Result<Local<>> ref_op_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if ((op != CompareOp::Eq && op != CompareOp::Ne) || !is_instance(a, types::WeakReference) ||
      !is_instance(b, types::WeakReference)) {
    return kNotImplemented;
  }
  Local<> x = target_of(a), y = target_of(b);
  if (!x || !y) return Value::boolean((a.value() == b.value()) == (op == CompareOp::Eq));
  return rich_compare(t, x, y, op);
}
Result<Local<>> ref_op_repr(Thread& t, Borrowed<> self) {
  Local<> target = target_of(self);
  if (!target) return format_str(t, "<weakref at {}; dead>", AddressArg(self));
  Lookup<> name = kAbsent;
  if (is_type(target.value()) || !type_of(target.value())->is_heap_type()) name = find_attr(t, target, "__name__"_n);
  if (name.raised()) return Raised{};
  if (name.found() && is_str((*name).value())) {
    return format_str(t, "<weakref at {}; to '{}' at {} ({})>", AddressArg(self), TypeName(target.value()),
                      AddressArg(target.value()), (*name).borrow().as<Str>());
  }
  return format_str(t, "<weakref at {}; to '{}' at {}>", AddressArg(self), TypeName(target.value()), AddressArg(target.value()));
}
Result<Local<>> ref_callback(Thread& t, Borrowed<WeakReference> self) {
  if (!weak_get(self.get())) return kNone;
  Local<> c = self->callback.load(self.get());
  if (!c) return kNone;
  return c;
}
Result<Local<>> ref_class_getitem(Thread& t, Borrowed<Type> cls, Borrowed<> item) {
  return make_generic_alias_hook(t, cls, item);
}
constexpr NativeDef kRefMethods[] = {class_method<ref_class_getitem>("__class_getitem__(cls, item, /)", "See PEP 585")};
constexpr GetSetDef kRefGetSets[] = {getter<ref_callback>("__callback__", nullptr)};
const TypeDef kWeakReferenceDef = {
    .name = "weakref.ReferenceType",
    .layout = &kWeakLayout,
    .flags = kTypeSubclassable,
    OROCHI_METHODS(kRefMethods),
    OROCHI_GETSETS(kRefGetSets),
    .slots = {.repr = ref_op_repr, .hash = ref_op_hash, .call = ref_op_call, .compare = ref_op_compare,
              .init = ref_op_init, .new_ = new_slot<kRefNew>},
};

// ---- proxies: every operation goes to the referent ----

Result<Local<>> live(Thread& t, Borrowed<> proxy) {
  Local<> target = target_of(proxy);
  if (!target) return raise(t, types::ReferenceError, "weakly-referenced object no longer exists");
  return target;
}
bool is_proxy(Value v) { return type_of(v) == &types::WeakProxy || type_of(v) == &types::WeakCallableProxy; }
Result<Local<>> unwrap(Thread& t, Borrowed<> v) { return is_proxy(v) ? live(t, v) : Result<Local<>>(Local<>::share(v)); }

template <Result<Local<>> (*F)(Thread&, Borrowed<>)>
Result<Local<>> proxy_unary(Thread& t, Borrowed<> self) {
  Local<> v = TRY(live(t, self));
  return F(t, v);
}
template <int Op>
Result<Local<>> proxy_binary(Thread& t, Borrowed<> a, Borrowed<> b) {
  Local<> x = TRY(unwrap(t, a)), y = TRY(unwrap(t, b));
  return binary_op(t, static_cast<BinaryOp>(Op), x, y);
}
template <int Op>
Result<Local<>> proxy_inplace(Thread& t, Borrowed<> a, Borrowed<> b) {
  Local<> x = TRY(unwrap(t, a)), y = TRY(unwrap(t, b));
  return inplace_op(t, static_cast<BinaryOp>(Op), x, y);
}
Result<Local<>> proxy_str(Thread& t, Borrowed<> self) {
  Local<> v = TRY(live(t, self));
  return str_of(t, v);
}
Result<Local<>> proxy_repr(Thread& t, Borrowed<> self) {
  Local<> target = target_of(self);
  return format_str(t, "<weakproxy at {}; to {} at {}>", AddressArg(self),
                    target ? type_of(target.value()) : &types::NoneType, AddressArg(target ? target.value() : kNone));
}
Lookup<> proxy_getattr(Thread& t, Borrowed<> self, Borrowed<Str> name) {
  Local<> v = TRY(live(t, self));
  return get_attr(t, v, name);
}
Result<void> proxy_setattr(Thread& t, Borrowed<> self, Borrowed<Str> name, Borrowed<> value) {
  Local<> v = TRY(live(t, self));
  return set_attr(t, v, name, value);
}
Result<Local<>> proxy_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  Local<> x = TRY(unwrap(t, a)), y = TRY(unwrap(t, b));
  return rich_compare(t, x, y, op);
}
Result<bool> proxy_bool(Thread& t, Borrowed<> self) {
  Local<> v = TRY(live(t, self));
  return is_true(t, v);
}
Result<int64_t> proxy_len(Thread& t, Borrowed<> self) {
  Local<> v = TRY(live(t, self));
  return length_of(t, v);
}
Result<Local<>> proxy_getitem(Thread& t, Borrowed<> self, Borrowed<> key) {
  Local<> v = TRY(live(t, self));
  return get_item(t, v, key);
}
Result<void> proxy_setitem(Thread& t, Borrowed<> self, Borrowed<> key, Borrowed<> value) {
  Local<> v = TRY(live(t, self));
  return value ? set_item(t, v, key, value) : delete_item(t, v, key);
}
Result<bool> proxy_contains(Thread& t, Borrowed<> self, Borrowed<> item) {
  Local<> v = TRY(live(t, self));
  return contains(t, v, item);
}
Lookup<> proxy_next(Thread& t, Borrowed<> self) {
  Local<> v = TRY(live(t, self));
  if (!is_iterator(v.value())) {
    return raise(t, types::TypeError, "Weakref proxy referenced a non-iterator '{}' object", TypeName(v.value()));
  }
  return iter_next(t, v);
}
Result<Local<>> proxy_power3(Thread& t, Borrowed<> a, Borrowed<> b, Borrowed<> c) {
  Local<> x = TRY(unwrap(t, a)), y = TRY(unwrap(t, b)), z = TRY(unwrap(t, c));
  return power3(t, x, y, z);
}
Result<Local<>> proxy_int(Thread& t, Borrowed<> v) { return to_int(t, v); }
Result<Local<>> proxy_float(Thread& t, Borrowed<> v) { return call(t, Borrowed<>(&types::Float), v); }
Result<Local<>> proxy_call(Thread& t, Borrowed<> self, const CallArgs& args) {
  Local<> v = TRY(live(t, self));
  return call_with(t, v, args);
}
Result<Local<>> proxy_bytes(Thread& t, Borrowed<> self) {
  Local<> v = TRY(live(t, self));
  return call_method(t, v, "__bytes__"_n);
}
Result<Local<>> proxy_reversed(Thread& t, Borrowed<> self) {
  Local<> v = TRY(live(t, self));
  return call_method(t, v, "__reversed__"_n);
}
constexpr NativeDef kProxyMethods[] = {method<proxy_bytes>("__bytes__(self, /)", nullptr),
                                       method<proxy_reversed>("__reversed__(self, /)", nullptr)};

#define TABLE(f) \
  { f<0>, f<1>, f<2>, f<3>, f<4>, f<5>, f<6>, f<7>, f<8>, f<9>, f<10>, f<11>, f<12>, f<13> }
#define INPLACE_TABLE(f) \
  { f<0>, f<1>, f<2>, f<3>, f<4>, f<5>, f<6>, f<7>, f<8>, f<9>, f<10>, f<11>, f<12>, nullptr }
constexpr TypeSlots proxy_slots(CallFn call) {
  return {.repr = proxy_repr,
          .str = proxy_str,
          .hash = hash_not_implemented,
          .call = call,
          .getattr = proxy_getattr,
          .setattr = proxy_setattr,
          .compare = proxy_compare,
          .iter = proxy_unary<get_iter>,
          .next = proxy_next,
          .bool_ = proxy_bool,
          .int_ = proxy_unary<proxy_int>,
          .float_ = proxy_unary<proxy_float>,
          .index = proxy_unary<index_of>,
          .negative = proxy_unary<negative>,
          .positive = proxy_unary<positive>,
          .absolute = proxy_unary<absolute>,
          .invert = proxy_unary<invert>,
          .binary = TABLE(proxy_binary),
          .inplace = INPLACE_TABLE(proxy_inplace),
          .power = proxy_power3,
          .len = proxy_len,
          .getitem = proxy_getitem,
          .setitem = proxy_setitem,
          .contains = proxy_contains};
}
const TypeDef kWeakProxyDef = {.name = "weakref.ProxyType",
                               .layout = &kWeakLayout,
                               .flags = kTypeNoNew,
                               OROCHI_METHODS(kProxyMethods),
                               .slots = proxy_slots(nullptr)};
const TypeDef kWeakCallableProxyDef = {.name = "weakref.CallableProxyType",
                                       .layout = &kWeakLayout,
                                       .flags = kTypeNoNew,
                                       OROCHI_METHODS(kProxyMethods),
                                       .slots = proxy_slots(proxy_call)};

// ---- functions ----

Result<Local<>> weakref_proxy(Thread& t, Borrowed<> object, Borrowed<> callback) {
  return make_ref(t, is_callable(object) ? &types::WeakCallableProxy : &types::WeakProxy, object, callback);
}
int64_t weakref_getweakrefcount(Thread&, Borrowed<> object) {
  return object.value().is_heap() ? static_cast<int64_t>(weak_count(object.value().as_object())) : 0;
}
Result<Local<>> weakref_getweakrefs(Thread& t, Borrowed<> object) {
  Local<List> list = TRY(make_list(t));
  if (!object.value().is_heap()) return list;
  // Collected first: appending may allocate while the table's shard is locked.
  struct Refs {
    Local<> items[64];
    size_t count = 0;
  } refs;
  weak_list(object.value().as_object(), [](void* c, Local<> ref) {
    auto* r = static_cast<Refs*>(c);
    if (r->count < std::size(r->items)) r->items[r->count++] = std::move(ref);
  }, &refs);
  for (size_t i = 0; i < refs.count; i++) TRY(list_append(t, list, std::move(refs.items[i])));
  return list;
}
// Deletes dict[key] if its value is a dead weak reference; one step for other threads is not needed: a live one stays.
Result<void> weakref_remove_dead(Thread& t, Borrowed<Dict> dict, Borrowed<> key) {
  Lookup<> v = dict_find(t, dict, key);
  if (v.raised()) return Raised{};
  if (v.absent() || !is_instance((*v).value(), types::WeakReference)) return ok();
  if (!target_of(*v)) (void)TRY(dict_delete(t, dict, key));
  return ok();
}

constexpr NativeDef kFunctions[] = {
    function<weakref_proxy>("proxy(object, callback=None, /)", "Create a proxy object that weakly references 'object'."),
    function<weakref_getweakrefcount>("getweakrefcount(object, /)", "Return the number of weak references to 'object'."),
    function<weakref_getweakrefs>("getweakrefs(object, /)", "Return a list of all weak reference objects pointing to 'object'."),
    function<weakref_remove_dead>("_remove_dead_weakref(dct, key, /)", "Atomically remove key from dict if it points to a dead weakref."),
};

Result<void> init_weakref(Thread& t, Borrowed<Module> module) {
  TRY(module_set(t, module, "ref", Borrowed<>(&types::WeakReference)));
  TRY(module_set(t, module, "ReferenceType", Borrowed<>(&types::WeakReference)));
  TRY(module_set(t, module, "ProxyType", Borrowed<>(&types::WeakProxy)));
  return module_set(t, module, "CallableProxyType", Borrowed<>(&types::WeakCallableProxy));
}

}  // namespace

OROCHI_TYPE(WeakReference, kWeakReferenceDef)
OROCHI_TYPE(WeakProxy, kWeakProxyDef)
OROCHI_TYPE(WeakCallableProxy, kWeakCallableProxyDef)
OROCHI_MODULE(_weakref, "Weak-reference support module.", kFunctions, init_weakref)

}  // namespace orochi
