// The _functools module: partial, reduce, cmp_to_key. The cache is in lru_cache.cpp.
#include "modules/_functools/functools_module.h"

#include <vector>

#include "builtins/container_support.h"
#include "builtins/repr_guard.h"
#include "objects/dict.h"
#include "objects/function.h"
#include "objects/shape_table.h"
#include "objects/tuple.h"
#include "protocols/dunder_slots.h"

namespace orochi {

OROCHI_MODULE_TYPE(Partial)
OROCHI_MODULE_TYPE(PartialPlaceholder)
OROCHI_MODULE_TYPE(KeyWrapper)

namespace functools_module {

namespace {

struct Partial : Object {
  static Type& python_type() { return types::Partial; }
  Field<> function;
  Field<Tuple> args;
  Field<Dict> keywords;
  uint64_t placeholders;
  static void trace(Object* o, Visitor& v) {
    auto* p = static_cast<Partial*>(o);
    v.visit(p->function);
    v.visit(p->args);
    v.visit(p->keywords);
  }
};
struct Placeholder : Object {
  static Type& python_type() { return types::PartialPlaceholder; }
};
struct KeyWrapper : Object {
  static Type& python_type() { return types::KeyWrapper; }
  Field<> compare;
  Field<> object;   // empty: what cmp_to_key returned
  static void trace(Object* o, Visitor& v) {
    v.visit(static_cast<KeyWrapper*>(o)->compare);
    v.visit(static_cast<KeyWrapper*>(o)->object);
  }
};

Value placeholder;   // the singleton; held by this word for ever

uint64_t count_placeholders(const Value* values, size_t count) {
  uint64_t n = 0;
  for (size_t i = 0; i < count; i++) n += values[i] == placeholder;
  return n;
}

// ---- partial ----

bool plain_partial(Value v) { return type_of(v) == &types::Partial; }

Result<Local<>> partial_new(Thread& t, Borrowed<Type> cls, Rest args, KwRest kwargs) {
  if (args.count < 1) return raise(t, types::TypeError, "type 'partial' takes at least one argument");
  Local<> function = Local<>::share(args[0]);
  if (!is_callable(function.value())) return raise(t, types::TypeError, "the first argument must be callable");
  if (args.count > 1 && args.values[args.count - 1] == placeholder) {
    return raise(t, types::TypeError, "trailing Placeholders are not allowed");
  }
  for (size_t i = 0; i < kwargs.count; i++) {
    if (kwargs.values[i] == placeholder) {
      return raise(t, types::TypeError, "Placeholder cannot be passed as a keyword argument");
    }
  }
  std::vector<Value> all;
  Local<Dict> keywords;
  Local<> inner;
  Local<Tuple> inner_args;
  const Value* fresh = args.values + 1;
  size_t fresh_count = args.count - 1;
  if (plain_partial(function.value()) && cls.get() == &types::Partial &&
      !existing_instance_dict(function.value().as_object())) {
    inner = std::move(function);
    auto p = inner.borrow().as<Partial>();
    inner_args = p->args.load(p.get());
    function = p->function.load(p.get());
    Local<Dict> inner_keywords = p->keywords.load(p.get());
    keywords = TRY(dict_copy(t, inner_keywords));
    all.assign(inner_args->values(), inner_args->values() + inner_args->length());
    for (Value& v : all) {
      if (v != placeholder || fresh_count == 0) continue;
      v = *fresh++;
      fresh_count--;
    }
    while (!all.empty() && fresh_count == 0 && all.back() == placeholder) {
      return raise(t, types::TypeError, "trailing Placeholders are not allowed");
    }
  } else {
    keywords = TRY(make_dict(t, kwargs.count));
  }
  all.insert(all.end(), fresh, fresh + fresh_count);
  for (size_t i = 0; i < kwargs.count; i++) {
    TRY(dict_set(t, keywords, Borrowed<>(kwargs.names[i]), Borrowed<>(kwargs.values[i])));
  }
  Local<Tuple> tuple = TRY(make_tuple(t, all.data(), all.size()));
  Local<Partial> p = TRY(allocate_for<Partial>(t, cls));
  p->function.init(std::move(function));
  p->args.init(std::move(tuple));
  p->keywords.init(std::move(keywords));
  p->placeholders = count_placeholders(all.data(), all.size());
  return p;
}
constexpr NativeDef kPartialNew = arguments<partial_new>("partial(type, /, *args, **kwargs)");

Result<Local<>> partial_call(Thread& t, Borrowed<> self, const CallArgs& args) {
  auto p = self.as<Partial>();
  Local<> function = p->function.load(p.get());
  Local<Tuple> own = p->args.load(p.get());
  Local<Dict> keywords = p->keywords.load(p.get());
  size_t own_count = own->length();
  size_t waiting = p->placeholders ? count_placeholders(own->values(), own_count) : 0;
  if (args.count < waiting) {
    return raise(t, types::TypeError, "missing positional arguments in 'partial' call; expected at least {}, got {}",
                 waiting, args.count);
  }
  size_t names = args.has_names() ? args.names->length() : 0;
  size_t positional = own_count + args.count - waiting;
  Value small[16];
  std::vector<Value> large;
  Value* values = small;
  if (positional + names > std::size(small)) {
    large.resize(positional + names);
    values = large.data();
  }
  const Value* next = args.values;
  for (size_t i = 0; i < own_count; i++) {
    Value v = own->values()[i];
    values[i] = waiting && v == placeholder ? *next++ : v;
  }
  size_t at = own_count;
  while (next < args.values + args.count) values[at++] = *next++;
  if (keywords->length() == 0) {
    for (size_t i = 0; i < names; i++) values[at + i] = args.values[args.count + i];
    return call_with(t, function, CallArgs{values, positional, args.names});
  }
  Local<Dict> merged = TRY(dict_copy(t, keywords));
  for (size_t i = 0; i < names; i++) {
    TRY(dict_set(t, merged, args.names->at(i), Borrowed<>(args.values[args.count + i])));
  }
  Local<Tuple> tuple = TRY(make_tuple(t, values, positional));
  return call_tuple_dict(t, function, tuple, merged);
}

Result<Local<>> partial_get(Thread& t, Borrowed<> self, Borrowed<> instance, Borrowed<>) {
  if (!instance || instance.value() == kNone) return Local<>::share(self);
  return make_method(t, self, instance);
}

Result<Local<>> partial_repr(Thread& t, Borrowed<> self) {
  auto p = self.as<Partial>();
  ENTER_RECURSION(t, " while getting the repr of an object");
  ReprGuard guard(self);
  if (guard.recursive()) return make_str(t, "...");
  Local<> module = TRY(get_attr(t, Borrowed<>(type_of(self)), "__module__"_n));
  Local<> name = TRY(get_attr(t, Borrowed<>(type_of(self)), "__qualname__"_n));
  Local<> function = p->function.load(p.get());
  Local<Tuple> args = p->args.load(p.get());
  Local<Dict> keywords = p->keywords.load(p.get());
  StrBuilder out(t);
  out.append(TRY(str_of(t, module)));
  out.append_ascii(".");
  out.append(TRY(str_of(t, name)));
  out.append_ascii("(");
  out.append(TRY(repr_of(t, function)));
  for (size_t i = 0; i < args->length(); i++) {
    out.append_ascii(", ");
    out.append(TRY(repr_of(t, args->at(i))));
  }
  size_t position = 0;
  Local<> key, value;
  while (dict_next(t, keywords, &position, &key, &value)) {
    out.append_ascii(", ");
    out.append(TRY(str_of(t, key)));
    out.append_ascii("=");
    out.append(TRY(repr_of(t, value)));
  }
  out.append_ascii(")");
  return out.finish();
}

Result<Local<>> partial_function(Thread&, Borrowed<Partial> p) { return p->function.load(p.get()); }
Result<Local<>> partial_args(Thread&, Borrowed<Partial> p) { return p->args.load(p.get()); }
Result<Local<>> partial_keywords(Thread&, Borrowed<Partial> p) { return p->keywords.load(p.get()); }

Result<Local<>> partial_reduce(Thread& t, Borrowed<Partial> p) {
  Local<> function = p->function.load(p.get());
  Local<Tuple> args = p->args.load(p.get());
  Local<Dict> keywords = p->keywords.load(p.get());
  Local<Dict> attributes = existing_instance_dict(p.get());
  if (!attributes) attributes = TRY(copy_instance_attributes(t, p.get()));
  Value dict = attributes->length() ? attributes.value() : kNone;
  Local<Tuple> first = TRY(make_tuple(t, {function.value()}));
  Local<Tuple> state = TRY(make_tuple(t, {function.value(), args.value(), keywords.value(), dict}));
  return make_tuple(t, {Value(type_of(p)), first.value(), state.value()});
}
Result<Local<>> partial_setstate(Thread& t, Borrowed<Partial> p, Borrowed<> state) {
  if (!is_tuple(state)) return raise(t, types::TypeError, "argument to __setstate__ must be a tuple");
  auto parts = state.as<Tuple>();
  auto invalid = [&]() -> Result<Local<>> { return raise(t, types::TypeError, "invalid partial state"); };
  if (parts->length() != 4) return invalid();
  Borrowed<> function = parts->at(0), args = parts->at(1), keywords = parts->at(2), attributes = parts->at(3);
  if (!is_callable(function) || !is_tuple(args) || (keywords.value() != kNone && !is_dict(keywords)) ||
      (attributes.value() != kNone && !is_dict(attributes))) {
    return invalid();
  }
  Local<Tuple> all = TRY(make_tuple(t, args.as<Tuple>()->values(), args.as<Tuple>()->length()));
  size_t n = all->length();
  if (n && all->at(n - 1).value() == placeholder) {
    return raise(t, types::TypeError, "trailing Placeholders are not allowed");
  }
  Local<Dict> names = keywords.value() == kNone ? TRY(make_dict(t)) : TRY(dict_copy(t, keywords.as<Dict>()));
  if (attributes.value() != kNone) TRY(replace_instance_dict(t, p.get(), Local<Dict>::share(attributes.as<Dict>())));
  p->function.set_share(function);
  __atomic_store_n(&p->placeholders, count_placeholders(all->values(), n), __ATOMIC_RELAXED);
  p->args.set(std::move(all));
  p->keywords.set(std::move(names));
  return kNone;
}

// ---- Placeholder ----

Result<Local<>> placeholder_new(Thread& t, Borrowed<Type>, const CallArgs& args) {
  if (args.count || args.has_names()) return raise(t, types::TypeError, "PlaceholderType takes no arguments");
  return Local<>::share(placeholder);
}
Result<Local<>> placeholder_repr(Thread& t, Borrowed<>) { return make_str(t, "Placeholder"); }
Result<Local<>> placeholder_reduce(Thread& t, Borrowed<>) { return make_str(t, "Placeholder"); }

// ---- cmp_to_key ----

Result<Local<>> wrap_key(Mutator& m, Borrowed<> compare, Borrowed<> object) {
  Local<KeyWrapper> k = TRY(make_object<KeyWrapper>(m));
  k->compare.init_share(compare);
  if (object) k->object.init_share(object);
  return k;
}
Result<Local<>> key_new(Thread& t, Borrowed<KeyWrapper> self, Borrowed<> obj) {
  return wrap_key(t, self->compare.borrow(), obj);
}
constexpr NativeDef kKeyCall = arguments<key_new>("K(self, obj)");
Result<Local<>> key_call(Thread& t, Borrowed<> self, const CallArgs& args) {
  return Result<Local<>>::adopt(invoke_with_first(t, kKeyCall, self, args));
}
Result<Local<>> key_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (!is_instance(a, types::KeyWrapper) || !is_instance(b, types::KeyWrapper)) {
    return raise(t, types::TypeError, "other argument must be K instance");
  }
  auto x = a.as<KeyWrapper>(), y = b.as<KeyWrapper>();
  Local<> left = x->object.load(x.get()), right = y->object.load(y.get());
  if (!left || !right) return raise(t, types::AttributeError, "object");
  Local<> order = TRY(call(t, x->compare.borrow(), left, right));
  return rich_compare(t, order, Borrowed<>(Value::fixnum(0)), op);
}
Result<Local<>> key_object(Thread& t, Borrowed<KeyWrapper> self) {
  Local<> object = self->object.load(self.get());
  if (!object) return raise(t, types::AttributeError, "obj");
  return object;
}
Result<void> key_set_object(Thread&, Borrowed<KeyWrapper> self, Borrowed<> value) {
  self->object.set(value ? Local<>::share(value) : Local<>());
  return ok();
}
Result<Local<>> cmp_to_key(Thread& t, Borrowed<> compare) { return wrap_key(t, compare, Borrowed<>()); }

// ---- reduce ----

Result<Local<>> reduce(Thread& t, Borrowed<> function, Borrowed<> iterable, Maybe<Borrowed<>> initial) {
  auto iterator = get_iter(t, iterable);
  if (iterator.raised()) {
    if (!clear_pending_if(t, types::TypeError)) return Raised{};
    return raise(t, types::TypeError, "reduce() arg 2 must support iteration");
  }
  Local<> total;
  if (initial) total = Local<>::share(*initial);
  for (;;) {
    Lookup<> item = iter_next(t, *iterator);
    if (item.raised()) return Raised{};
    if (item.absent()) break;
    if (!total) total = item.take();
    else total = TRY(call(t, function, total, *item));
  }
  if (!total) return raise(t, types::TypeError, "reduce() of empty iterable with no initial value");
  return total;
}

// ---- tables ----

constexpr NativeDef kPartialMethods[] = {
    method<partial_reduce>("__reduce__(self, /)", nullptr),
    method<partial_setstate>("__setstate__(self, state, /)", nullptr),
    class_method<generic_class_getitem>("__class_getitem__(type, object, /)", kClassGetItemDoc),
};
constexpr GetSetDef kPartialGetSets[] = {
    getter<partial_function>("func", "function object to use in future partial calls"),
    getter<partial_args>("args", "tuple of arguments to future partial calls"),
    getter<partial_keywords>("keywords", "dictionary of keyword arguments to future partial calls"),
    getset<instance_get_dict, instance_set_dict>("__dict__", nullptr),
};
constexpr NativeDef kPlaceholderMethods[] = {method<placeholder_reduce>("__reduce__(self, /)", nullptr)};
constexpr GetSetDef kKeyGetSets[] = {getset<key_object, key_set_object>("obj", "Value wrapped by a key function.")};

constexpr Layout kPartialLayout = layout_of<Partial>("partial");
constexpr Layout kPlaceholderLayout = layout_of<Placeholder>("_PlaceholderType");
constexpr Layout kKeyLayout = layout_of<KeyWrapper>("KeyWrapper");

const TypeDef kPartialDef = {
    .name = "functools.partial",
    .signature = "(func, /, *args, **keywords)",
    .doc = "Create a new function with partial application of the given arguments and keywords.",
    .layout = &kPartialLayout,
    .flags = kTypeSubclassable | kTypeHasDict | kTypeWeakrefable,
    OROCHI_METHODS(kPartialMethods),
    OROCHI_GETSETS(kPartialGetSets),
    .slots = {.repr = partial_repr, .call = partial_call, .descr_get = partial_get, .new_ = new_slot<kPartialNew>},
};
const TypeDef kPlaceholderDef = {
    .name = "functools._PlaceholderType",
    .doc = "The type of the Placeholder singleton.\n\nUsed as a placeholder for partial arguments.",
    .layout = &kPlaceholderLayout,
    OROCHI_METHODS(kPlaceholderMethods),
    .slots = {.repr = placeholder_repr, .new_ = placeholder_new},
};
const TypeDef kKeyDef = {
    .name = "functools.KeyWrapper",
    .layout = &kKeyLayout,
    .flags = kTypeNoNew,
    OROCHI_GETSETS(kKeyGetSets),
    .slots = {.hash = hash_not_implemented, .call = key_call, .compare = key_compare},
};

constexpr NativeDef kFunctions[] = {
    function<reduce>("reduce(function, iterable, /, initial=<functools initial sentinel>)",
                     "Apply a function of two arguments cumulatively to the items of an iterable, from left to right.\n\n"
                     "This effectively reduces the iterable to a single value.  If initial is present,\nit is placed "
                     "before the items of the iterable in the calculation, and serves as\na default when the iterable is "
                     "empty."),
    function<cmp_to_key>("cmp_to_key(mycmp)", "Convert a cmp= function into a key= function."),
};

Result<void> init(Thread& t, Borrowed<Module> module) {
  TRY(module_add_type(t, module, types::Partial, kPartialDef));
  TRY(module_add_type(t, module, types::PartialPlaceholder, kPlaceholderDef));
  TRY(ensure_type(t, types::KeyWrapper, kKeyDef));
  if (placeholder.is_empty()) {
    Local<Placeholder> made = TRY(make_object<Placeholder>(t));
    placeholder = made.release();
  }
  TRY(module_set(t, module, "Placeholder", Borrowed<>(placeholder)));
  return add_lru_cache(t, module);
}

}  // namespace

OROCHI_MODULE(_functools, "Tools that operate on functions.", kFunctions, init)

}  // namespace functools_module

}  // namespace orochi
