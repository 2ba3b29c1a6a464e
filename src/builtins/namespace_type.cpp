// types.SimpleNamespace: attributes by keyword, compared and shown by their dict.
#include "builtins/namespace_type.h"

#include "builtins/type_type.h"
#include "objects/dict.h"
#include "objects/shape_table.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/operators.h"

namespace orochi {

extern const Layout kObjectLayout;

namespace {

Result<Local<>> namespace_new(Thread& t, Borrowed<Type> cls, Rest, KwRest) { return allocate_instance(t, cls); }
constexpr NativeDef kNamespaceNew = arguments<namespace_new>("SimpleNamespace(cls, *args, **kwargs)");

Result<Local<>> namespace_init(Thread& t, Borrowed<> self, Rest args, KwRest kwargs) {
  if (args.count > 1) {
    return raise(t, types::TypeError, "SimpleNamespace expected at most 1 argument, got {}", args.count);
  }
  Local<Dict> attributes = TRY(ensure_instance_dict(t, self.value().as_object()));
  if (args.count == 1) {
    Local<Dict> from = TRY(make_dict(t));
    Local<> filled = TRY(call(t, Borrowed<>(&types::Dict), args[0]));
    size_t position = 0;
    Local<> key, value;
    while (dict_next(t, filled.borrow().as<Dict>(), &position, &key, &value)) {
      if (!is_str(key.value())) return raise(t, types::TypeError, "keywords must be strings");
      TRY(dict_set(t, attributes, key, value));
    }
  }
  for (size_t i = 0; i < kwargs.count; i++) {
    TRY(dict_set(t, attributes, Borrowed<>(kwargs.names[i]), Borrowed<>(kwargs.values[i])));
  }
  return kNone;
}
constexpr NativeDef kNamespaceInit = arguments<namespace_init>("SimpleNamespace(self, *args, **kwargs)");

Result<Local<>> namespace_op_repr(Thread& t, Borrowed<> self) {
  Local<Dict> dict = TRY(ensure_instance_dict(t, self.value().as_object()));
  ENTER_RECURSION(t, " while getting the repr of an object");
  StrBuilder out(t);
  bool own = type_of(self)->def != nullptr;
  if (own) {
    out.append_ascii("namespace(");
  } else {
    out.append(type_of(self)->name.load(type_of(self)));
    out.append_ascii("(");
  }
  static thread_local Value shown[32];
  static thread_local int depth = 0;
  for (int i = 0; i < depth; i++) {
    if (shown[i] == self.value()) {
      out.append_ascii("...)");
      return out.finish();
    }
  }
  if (depth < 32) shown[depth] = self;
  depth++;
  auto body = [&]() -> Result<void> {
    size_t position = 0;
    bool first = true;
    Local<> key, value;
    while (dict_next(t, dict, &position, &key, &value)) {
      if (!is_str(key.value()) || key.borrow().as<Str>()->length() == 0) continue;
      if (!first) out.append_ascii(", ");
      first = false;
      out.append(key.borrow().as<Str>());
      out.append_ascii("=");
      Local<Str> text = TRY(repr_of(t, value));
      out.append(text);
    }
    return ok();
  };
  auto r = body();
  depth--;
  if (r.raised()) return Raised{};
  out.append_ascii(")");
  return out.finish();
}

Result<Local<>> namespace_op_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (!is_instance(a, types::SimpleNamespace) || !is_instance(b, types::SimpleNamespace)) return kNotImplemented;
  Local<Dict> x = TRY(ensure_instance_dict(t, a.value().as_object()));
  Local<Dict> y = TRY(ensure_instance_dict(t, b.value().as_object()));
  return rich_compare(t, x, y, op);
}

Result<Local<>> namespace_reduce(Thread& t, Borrowed<> self) {
  Local<Dict> dict = TRY(copy_instance_attributes(t, self.value().as_object()));
  return make_tuple(t, {Value(type_of(self)), empty_tuple().value(), dict.value()});
}
Result<Local<>> namespace_replace(Thread& t, Borrowed<> self, Rest args, KwRest kwargs) {
  if (args.count) return raise(t, types::TypeError, "__replace__() takes no positional arguments");
  Local<> fresh = TRY(call(t, Borrowed<>(type_of(self))));
  if (!is_instance(fresh.value(), types::SimpleNamespace)) {
    return raise(t, types::TypeError, "expect SimpleNamespace type, but {}() returned '{}' object", type_of(self),
                 TypeName(fresh.value()));
  }
  Local<Dict> target = TRY(ensure_instance_dict(t, fresh.value().as_object()));
  Local<Dict> source = TRY(copy_instance_attributes(t, self.value().as_object()));
  TRY(dict_update_from_dict(t, target, source));
  for (size_t i = 0; i < kwargs.count; i++) {
    TRY(dict_set(t, target, Borrowed<>(kwargs.names[i]), Borrowed<>(kwargs.values[i])));
  }
  return fresh;
}

constexpr NativeDef kNamespaceMethods[] = {
    method<namespace_reduce>("__reduce__(self, /)", "Return state information for pickling"),
    method<namespace_replace>("__replace__(self, /, *args, **changes)", "Return a copy of the namespace object with new values for the specified attributes."),
};
constexpr GetSetDef kNamespaceGetSets[] = {getset<instance_get_dict, instance_set_dict>("__dict__", nullptr)};
const TypeDef kSimpleNamespaceDef = {
    .name = "types.SimpleNamespace",
    .signature = "(mapping_or_iterable=(), /, **kwargs)",
    .doc = "A simple attribute-based namespace.",
    .layout = &kObjectLayout,
    .flags = kTypeSubclassable | kTypeHasDict | kTypeWeakrefable,
    OROCHI_METHODS(kNamespaceMethods),
    OROCHI_GETSETS(kNamespaceGetSets),
    .slots = {.repr = namespace_op_repr,
              .compare = namespace_op_compare,
              .init = init_slot<kNamespaceInit>,
              .new_ = new_slot<kNamespaceNew>},
};

}  // namespace

Result<Local<>> make_namespace(Thread& t, Borrowed<Dict> attributes) {
  Local<> n = TRY(allocate_instance(t, &types::SimpleNamespace));
  TRY(replace_instance_dict(t, n.value().as_object(), TRY(dict_copy(t, attributes))));
  return n;
}

OROCHI_TYPE(SimpleNamespace, kSimpleNamespaceDef)

}  // namespace orochi
