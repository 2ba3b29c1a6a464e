// mappingproxy: hands every reading operation to the mapping it stands for.
#include "objects/mapping_proxy.h"

#include "builtins/container_support.h"
#include "objects/dict.h"
#include "protocols/operators.h"

namespace orochi {

Result<Local<>> make_mapping_proxy(Mutator& m, Borrowed<> mapping) {
  Local<MappingProxy> proxy = TRY(make_object<MappingProxy>(m));
  proxy->mapping.init_share(mapping);
  return proxy;
}

namespace {

Borrowed<> mapping_of(Borrowed<> self) { return self.as<MappingProxy>()->mapping.borrow(); }
bool is_proxy(Value v) { return type_of(v) == &types::MappingProxy; }

Result<Local<>> mapping_proxy_new(Thread& t, Borrowed<Type> cls, Borrowed<> mapping) {
  if (!type_of(mapping)->slots.getitem || is_list(mapping) || is_tuple(mapping)) {
    return raise(t, types::TypeError, "mappingproxy() argument must be a mapping, not {}", TypeName(mapping));
  }
  Local<MappingProxy> proxy = TRY(allocate_for<MappingProxy>(t, cls));
  proxy->mapping.init_share(mapping);
  return proxy;
}
constexpr NativeDef kMappingProxyNew = arguments<mapping_proxy_new>("mappingproxy(type, mapping)");

Result<Local<>> mapping_proxy_op_repr(Thread& t, Borrowed<> self) {
  Local<Str> inner = TRY(repr_of(t, mapping_of(self)));
  return format_str(t, "mappingproxy({})", inner);
}
Result<Local<>> mapping_proxy_op_str(Thread& t, Borrowed<> self) { return str_of(t, mapping_of(self)); }
Result<int64_t> mapping_proxy_op_hash(Thread& t, Borrowed<> self) { return hash_of(t, mapping_of(self)); }
Result<Local<>> mapping_proxy_op_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  return rich_compare(t, mapping_of(a), b, op);
}
Result<Local<>> mapping_proxy_op_or(Thread& t, Borrowed<> a, Borrowed<> b) {
  return binary_op(t, BinaryOp::Or, is_proxy(a) ? mapping_of(a) : a, is_proxy(b) ? mapping_of(b) : b);
}
Result<Local<>> mapping_proxy_op_ior(Thread& t, Borrowed<>, Borrowed<>) {
  return raise(t, types::TypeError, "'|=' is not supported by mappingproxy; use '|' instead");
}
Result<int64_t> mapping_proxy_op_len(Thread& t, Borrowed<> self) { return length_of(t, mapping_of(self)); }
Result<Local<>> mapping_proxy_op_getitem(Thread& t, Borrowed<> self, Borrowed<> key) {
  return get_item(t, mapping_of(self), key);
}
Result<bool> mapping_proxy_op_contains(Thread& t, Borrowed<> self, Borrowed<> key) {
  Borrowed<> mapping = mapping_of(self);
  if (is_exact_dict(mapping)) return dict_contains(t, mapping.as<Dict>(), key);
  return contains(t, mapping, key);
}
Result<Local<>> mapping_proxy_op_iter(Thread& t, Borrowed<> self) { return get_iter(t, mapping_of(self)); }

Result<Local<>> mapping_proxy_get(Thread& t, Borrowed<MappingProxy> self, Borrowed<> key, Borrowed<> default_value) {
  return call_method(t, mapping_of(self), "get"_n, key, default_value);
}
Result<Local<>> mapping_proxy_keys(Thread& t, Borrowed<MappingProxy> self) {
  return call_method(t, mapping_of(self), "keys"_n);
}
Result<Local<>> mapping_proxy_values(Thread& t, Borrowed<MappingProxy> self) {
  return call_method(t, mapping_of(self), "values"_n);
}
Result<Local<>> mapping_proxy_items(Thread& t, Borrowed<MappingProxy> self) {
  return call_method(t, mapping_of(self), "items"_n);
}
Result<Local<>> mapping_proxy_copy(Thread& t, Borrowed<MappingProxy> self) {
  return call_method(t, mapping_of(self), "copy"_n);
}
Result<Local<>> mapping_proxy_reversed(Thread& t, Borrowed<MappingProxy> self) {
  return call_method(t, mapping_of(self), "__reversed__"_n);
}

constexpr NativeDef kMappingProxyMethods[] = {
    method<mapping_proxy_get>("get(self, key, default=None, /)",
                              "Return the value for key if key is in the mapping, else default."),
    method<mapping_proxy_keys>("keys(self, /)", "a set-like object providing a view on the underlying mapping's keys"),
    method<mapping_proxy_values>("values(self, /)", "an object providing a view on the underlying mapping's values"),
    method<mapping_proxy_items>("items(self, /)", "a set-like object providing a view on the underlying mapping's items"),
    method<mapping_proxy_copy>("copy(self, /)", "a shallow copy of the underlying mapping"),
    class_method<generic_class_getitem>("__class_getitem__(type, object, /)",
                                        "mappingproxies are generic over two types, signifying (respectively) the types "
                                        "of their keys and values"),
    method<mapping_proxy_reversed>("__reversed__(self, /)", "reverse iterator over keys of the underlying mapping"),
};

constinit const Layout kMappingProxyLayout{
    "mappingproxy", sizeof(MappingProxy), 0,
    [](Object* object, Visitor& v) { v.visit(static_cast<MappingProxy*>(object)->mapping); }, nullptr, nullptr, nullptr};

const TypeDef kMappingProxyDef = {
    .name = "mappingproxy",
    .signature = "(mapping)",
    .doc = "Read-only proxy of a mapping.",
    .layout = &kMappingProxyLayout,
    .flags = kTypeMapping,
    OROCHI_METHODS(kMappingProxyMethods),
    .slots = {.repr = mapping_proxy_op_repr,
              .str = mapping_proxy_op_str,
              .hash = mapping_proxy_op_hash,
              .compare = mapping_proxy_op_compare,
              .iter = mapping_proxy_op_iter,
              .new_ = new_slot<kMappingProxyNew>,
              .binary = {nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                         nullptr, mapping_proxy_op_or},
              .inplace = {nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                          nullptr, mapping_proxy_op_ior},
              .len = mapping_proxy_op_len,
              .getitem = mapping_proxy_op_getitem,
              .contains = mapping_proxy_op_contains},
};
static_assert(static_cast<int>(BinaryOp::Or) == 11);

}  // namespace

OROCHI_TYPE(MappingProxy, kMappingProxyDef)

}  // namespace orochi
