// The _collections module: deque (deque.cpp), defaultdict, namedtuple's field descriptor, the loop of Counter.
// (OrderedDict is the Python one of collections.)
#include "builtins/container_support.h"
#include "builtins/repr_guard.h"
#include "modules/_collections/collections_module.h"
#include "objects/dict.h"
#include "objects/tuple.h"

namespace orochi {

extern const Layout kDictLayout;

OROCHI_MODULE_TYPE(DefaultDict)
OROCHI_MODULE_TYPE(TupleGetter)

namespace collections_module {

namespace {

struct DefaultDict : Dict {
  static Type& python_type() { return types::DefaultDict; }
  Field<> factory;   // empty or None: none
  static void trace(Object* o, Visitor& v) {
    kDictLayout.trace(o, v);
    v.visit(static_cast<DefaultDict*>(o)->factory);
  }
  static void destroy(Object* o) { kDictLayout.destroy(o); }
  static size_t extra_size(const Object* o) { return kDictLayout.extra_size ? kDictLayout.extra_size(o) : 0; }
};
struct TupleGetter : Object {
  static Type& python_type() { return types::TupleGetter; }
  int64_t index;
  Field<> doc;
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<TupleGetter*>(o)->doc); }
};

Borrowed<DefaultDict> as_default(Borrowed<> v) { return Borrowed<DefaultDict>(v.value()); }
Local<> factory_of(Borrowed<> self) {
  Local<> f = as_default(self)->factory.load(self.value().as_object());
  return f ? std::move(f) : immediate(kNone);
}

Result<void> default_init(Thread& t, Borrowed<> self, const CallArgs& args) {
  CallArgs rest = args;
  Local<> factory = immediate(kNone);
  if (args.count > 0) {
    if (args[0].value() != kNone && !is_callable(args[0])) {
      return raise(t, types::TypeError, "first argument must be callable or None");
    }
    factory = Local<>::share(args[0]);
    rest.values++;
    rest.count--;
  }
  as_default(self)->factory.set(std::move(factory));
  return types::Dict.slots.init(t, self, rest);
}
Result<Local<>> default_missing(Thread& t, Borrowed<> self, Borrowed<> key) {
  Local<> factory = factory_of(self);
  if (factory.value() == kNone) return raise_key_error(t, key);
  Local<> value = TRY(call(t, factory));
  return dict_setdefault(t, self.as<Dict>(), key, value);
}
Result<Local<>> default_copy(Thread& t, Borrowed<> self) {
  Local<> factory = factory_of(self);
  return call(t, Borrowed<>(type_of(self)), factory, self);
}
Result<Local<>> default_reduce(Thread& t, Borrowed<> self) {
  Local<> factory = factory_of(self);
  Local<Tuple> args = factory.value() == kNone ? Local<Tuple>::share(empty_tuple())
                                               : TRY(make_tuple(t, {factory.value()}));
  Local<> items = TRY(call_method(t, self, "items"_n));
  Local<> iterator = TRY(get_iter(t, items));
  return make_tuple(t, {Value(type_of(self)), args.value(), kNone, kNone, iterator.value()});
}
Result<Local<>> default_repr(Thread& t, Borrowed<> self) {
  ENTER_RECURSION(t, " while getting the repr of an object");
  Local<> base = TRY(types::Dict.slots.repr(t, self));
  Local<> factory = factory_of(self);
  Local<Str> text;
  {
    ReprGuard guard(factory);
    if (factory.value().is_heap() && guard.recursive()) text = TRY(make_str(t, "..."));
    else text = TRY(repr_of(t, factory));
  }
  return format_str(t, "{}({}, {})", type_name_of(self), text, base.borrow().as<Str>());
}
Result<Local<>> default_or(Thread& t, Borrowed<> a, Borrowed<> b) {
  if (!is_dict(a) || !is_dict(b)) return kNotImplemented;
  Borrowed<> self = is_instance(a, types::DefaultDict) ? a : b;
  Local<> factory = factory_of(self);
  Local<> made = TRY(call(t, Borrowed<>(type_of(self)), factory, a));
  TRY(dict_merge(t, made.borrow().as<Dict>(), b));
  return made;
}
Result<Local<>> default_get_factory(Thread&, Borrowed<DefaultDict> self) { return factory_of(self); }
Result<void> default_set_factory(Thread&, Borrowed<DefaultDict> self, Borrowed<> value) {
  self->factory.set(value ? Local<>::share(value) : immediate(kNone));
  return ok();
}

constexpr NativeDef kDefaultMethods[] = {
    method<default_missing>("__missing__(self, key, /)",
                            "__missing__(key) # Called by __getitem__ for missing key; pseudo-code:\n  if "
                            "self.default_factory is None: raise KeyError((key,))\n  self[key] = value = "
                            "self.default_factory()\n  return value"),
    method<default_copy>("copy(self, /)", "D.copy() -> a shallow copy of D."),
    method<default_copy>("__copy__(self, /)", "D.copy() -> a shallow copy of D."),
    method<default_reduce>("__reduce__(self, /)", "Return state information for pickling."),
    class_method<generic_class_getitem>("__class_getitem__(type, object, /)", kClassGetItemDoc),
};
constexpr GetSetDef kDefaultGetSets[] = {
    getset<default_get_factory, default_set_factory>("default_factory", "Factory for default value called by __missing__().")};
constexpr Layout kDefaultLayout = layout_of<DefaultDict>("defaultdict");
const TypeDef kDefaultDef = [] {
  TypeDef d{.name = "collections.defaultdict",
            .doc = "defaultdict(default_factory=None, /, [...]) --> dict with default factory\n\nThe default factory is "
                   "called without arguments to produce\na new value when a key is not present, in __getitem__ only.\nA "
                   "defaultdict compares equal to a dict with the same items.\nAll remaining arguments are treated the "
                   "same as if they were\npassed to the dict constructor, including keyword arguments.",
            .base = &types::Dict,
            .layout = &kDefaultLayout,
            .flags = kTypeSubclassable | kTypeWeakrefable | kTypeMapping,
            OROCHI_METHODS(kDefaultMethods),
            OROCHI_GETSETS(kDefaultGetSets)};
  d.shape_flags = kShapeIsDict;
  d.slots.repr = default_repr;
  d.slots.init = default_init;
  d.slots.binary[static_cast<int>(BinaryOp::Or)] = default_or;
  return d;
}();

// ---- _tuplegetter ----

Result<Local<>> getter_new(Thread& t, Borrowed<Type> cls, Index index, Borrowed<> doc) {
  Local<TupleGetter> g = TRY(allocate_for<TupleGetter>(t, cls));
  g->index = index;
  g->doc.init_share(doc);
  return g;
}
constexpr NativeDef kGetterNew = arguments<getter_new>("_tuplegetter(type, index, doc, /)");
Result<Local<>> getter_get(Thread& t, Borrowed<> self, Borrowed<> instance, Borrowed<>) {
  auto g = self.as<TupleGetter>();
  if (!instance) return Local<>::share(self);
  if (!is_tuple(instance)) {
    if (instance.value() == kNone) return Local<>::share(self);
    return raise(t, types::TypeError,
                 "descriptor for index '{}' for tuple subclasses doesn't apply to '{}' object", g->index,
                 TypeName(instance));
  }
  auto tuple = instance.as<Tuple>();
  if (g->index < 0 || g->index >= static_cast<int64_t>(tuple->length())) {
    return raise(t, types::IndexError, "tuple index out of range");
  }
  return Local<>::share(tuple->at(static_cast<size_t>(g->index)));
}
Result<void> getter_set(Thread& t, Borrowed<>, Borrowed<>, Borrowed<> value) {
  return raise(t, types::AttributeError, value ? "can't set attribute" : "can't delete attribute");
}
Result<Local<>> getter_repr(Thread& t, Borrowed<> self) {
  auto g = self.as<TupleGetter>();
  Local<> doc = g->doc.load(g.get());
  Local<Str> text = TRY(repr_of(t, doc));
  return format_str(t, "{}({}, {})", type_name_of(self), g->index, text);
}
Result<Local<>> getter_reduce(Thread& t, Borrowed<TupleGetter> g) {
  Local<> doc = g->doc.load(g.get());
  Local<Tuple> args = TRY(make_tuple(t, {Value::fixnum(g->index), doc.value()}));
  return make_tuple(t, {Value(type_of(g)), args.value()});
}
Result<Local<>> getter_doc(Thread&, Borrowed<TupleGetter> g) { return g->doc.load(g.get()); }
Result<void> getter_set_doc(Thread&, Borrowed<TupleGetter> g, Borrowed<> value) {
  g->doc.set(value ? Local<>::share(value) : immediate(kNone));
  return ok();
}
constexpr NativeDef kGetterMethods[] = {method<getter_reduce>("__reduce__(self, /)", nullptr)};
constexpr GetSetDef kGetterGetSets[] = {getset<getter_doc, getter_set_doc>("__doc__", nullptr)};
constexpr Layout kGetterLayout = layout_of<TupleGetter>("_tuplegetter");
const TypeDef kGetterDef = {
    .name = "_collections._tuplegetter",
    .layout = &kGetterLayout,
    OROCHI_METHODS(kGetterMethods),
    OROCHI_GETSETS(kGetterGetSets),
    .slots = {.repr = getter_repr, .descr_get = getter_get, .descr_set = getter_set, .new_ = new_slot<kGetterNew>},
};

// ---- _count_elements ----

Result<Local<>> count_elements(Thread& t, Borrowed<> mapping, Borrowed<> iterable) {
  bool plain = false;
  if (is_dict(mapping) && type_of(mapping)->slots.setitem == types::Dict.slots.setitem) {
    Lookup<> mine = type_lookup(t, type_of(mapping), "get"_n);
    Lookup<> dicts = type_lookup(t, &types::Dict, "get"_n);
    plain = mine.found() && dicts.found() && (*mine).value() == (*dicts).value();
  }
  Local<> get;
  if (!plain) get = TRY(get_attr(t, mapping, "get"_n));
  TRY(for_each(t, iterable, [&](Local<> key) -> Result<bool> {
    if (plain) {
      int64_t hash = TRY(hash_of(t, key));
      Lookup<> old = dict_find_hashed(t, mapping.as<Dict>(), key, hash);
      if (old.raised()) return Raised{};
      Local<> sum;
      if (old.absent()) sum = immediate(Value::fixnum(1));
      else sum = TRY(binary_op(t, BinaryOp::Add, *old, Borrowed<>(Value::fixnum(1))));
      TRY(dict_set_hashed(t, mapping.as<Dict>(), key, hash, sum));
    } else {
      Local<> old = TRY(call(t, get, key, Borrowed<>(Value::fixnum(0))));
      Local<> sum = TRY(binary_op(t, BinaryOp::Add, old, Borrowed<>(Value::fixnum(1))));
      TRY(set_item(t, mapping, key, sum));
    }
    return true;
  }));
  return kNone;
}

constexpr NativeDef kFunctions[] = {
    function<count_elements>("_count_elements(mapping, iterable, /)",
                             "Count elements in the iterable, updating the mapping"),
};

Result<void> init(Thread& t, Borrowed<Module> module) {
  TRY(add_deque(t, module));
  TRY(module_add_type(t, module, types::DefaultDict, kDefaultDef));
  return module_add_type(t, module, types::TupleGetter, kGetterDef);
}

}  // namespace

OROCHI_MODULE(_collections, "High performance data structures.", kFunctions, init)

}  // namespace collections_module

}  // namespace orochi
