// The _abc module: what abc.ABCMeta is made of. Each abstract base class has an _AbcData with three sets of weak
// references: registered classes, known subclasses, known non-subclasses. The last is dropped when any class anywhere
// was registered since (PEP 3119).
#include "builtins/container_support.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/set.h"
#include "objects/tuple.h"

namespace orochi {

OROCHI_MODULE_TYPE(AbcData)

namespace abc_module {

namespace {

struct AbcData : Object {
  static Type& python_type() { return types::AbcData; }
  Field<Set> registry;
  Field<Set> cache;
  Field<Set> negative;
  uint64_t negative_version;   // atomic
  static void trace(Object* o, Visitor& v) {
    auto* d = static_cast<AbcData*>(o);
    v.visit(d->registry);
    v.visit(d->cache);
    v.visit(d->negative);
  }
};

uint64_t invalidation_counter = 0;   // atomic

Value ref_type;   // weakref.ref; immortal

Result<Local<>> reference_to(Thread& t, Borrowed<> cls) { return call(t, Borrowed<>(ref_type), cls); }

Result<Local<AbcData>> data_of(Thread& t, Borrowed<> cls) {
  Local<> data = TRY(get_attr(t, cls, "_abc_impl"_n));
  if (type_of(data.value()) != &types::AbcData) {
    return raise(t, types::TypeError, "_abc_impl is set to a wrong type");
  }
  return std::move(data).as<AbcData>();
}

Result<bool> set_has(Thread& t, Field<Set>& field, Object* holder, Borrowed<> cls) {
  Local<Set> set = field.load(holder);
  if (set->length() == 0) return false;
  auto ref = reference_to(t, cls);
  if (ref.raised()) {
    if (clear_pending_if(t, types::TypeError)) return false;
    return Raised{};
  }
  return set_contains(t, set, *ref);
}
Result<void> set_put(Thread& t, Field<Set>& field, Object* holder, Borrowed<> cls) {
  Local<Set> set = field.load(holder);
  Local<> ref = TRY(reference_to(t, cls));
  (void)TRY(set_add(t, set, ref));
  return ok();
}

Result<bool> is_abstract(Thread& t, Borrowed<> v) {
  Lookup<> mark = find_attr(t, v, "__isabstractmethod__"_n);
  if (mark.raised()) return Raised{};
  if (mark.absent()) return false;
  return is_true(t, *mark);
}

Result<void> compute_abstract_methods(Thread& t, Borrowed<Type> cls) {
  Local<Set> abstracts = TRY(make_set(t));
  Local<> ns = TRY(get_attr(t, cls, "__dict__"_n));
  Local<> pairs = TRY(call_method(t, ns, "items"_n));
  Local<> items = TRY(list_from(t, pairs));
  TRY(for_each(t, items, [&](Local<> pair) -> Result<bool> {
    auto tuple = pair.borrow().as<Tuple>();
    if (TRY(is_abstract(t, tuple->at(1)))) (void)TRY(set_add(t, abstracts, tuple->at(0)));
    return true;
  }));
  Local<Tuple> bases = cls->bases.load(cls.get());
  for (size_t i = 0; bases && i < bases->length(); i++) {
    Lookup<> inherited = find_attr(t, bases->at(i), "__abstractmethods__"_n);
    if (inherited.raised()) return Raised{};
    if (inherited.absent()) continue;
    TRY(for_each(t, *inherited, [&](Local<> name) -> Result<bool> {
      if (!is_str(name.value())) return true;
      Lookup<> value = find_attr(t, cls, name.borrow().as<Str>());
      if (value.raised()) return Raised{};
      if (value.found() && TRY(is_abstract(t, *value))) (void)TRY(set_add(t, abstracts, name));
      return true;
    }));
  }
  Local<> names = TRY(list_from(t, abstracts));
  Local<Tuple> tuple = TRY(list_to_tuple(t, names.borrow().as<List>()));
  Local<Set> frozen = TRY(make_frozenset(t, tuple->values(), tuple->length()));
  return set_attr(t, cls, "__abstractmethods__"_n, frozen);
}

constexpr uint32_t kCollectionFlags = kTypeSequence | kTypeMapping;

void set_collection_flag(Type* type, uint32_t flag) {
  if (!type->is_heap_type()) return;
  __atomic_fetch_and(&type->type_flags, ~kCollectionFlags, __ATOMIC_RELAXED);
  __atomic_fetch_or(&type->type_flags, flag, __ATOMIC_RELAXED);
}

Result<Local<>> abc_init(Thread& t, Borrowed<> self) {
  if (!is_type(self)) return raise(t, types::TypeError, "_abc_init() argument must be a type");
  auto cls = self.as<Type>();
  TRY(compute_abstract_methods(t, cls));
  Local<Set> registry = TRY(make_set(t)), cache = TRY(make_set(t)), negative = TRY(make_set(t));
  Local<AbcData> data = TRY(make_object<AbcData>(t));
  data->registry.init(std::move(registry));
  data->cache.init(std::move(cache));
  data->negative.init(std::move(negative));
  data->negative_version = load_counter(invalidation_counter);
  TRY(set_attr(t, self, "_abc_impl"_n, data));
  // Collection classes say which kind of pattern their instances match.
  Local<Dict> own = cls->dict.load(cls.get());
  Lookup<> flags = dict_find_str(t, own, "__abc_tpflags__"_n);
  if (flags.raised()) return Raised{};
  if (flags.found() && (*flags).value().is_fixnum()) {
    int64_t bits = (*flags).value().as_fixnum();
    if ((bits & 0x60) == 0x60) {
      return raise(t, types::TypeError, "__abc_tpflags__ cannot be both Py_TPFLAGS_SEQUENCE and Py_TPFLAGS_MAPPING");
    }
    if (bits & 0x20) set_collection_flag(cls.get(), kTypeSequence);
    if (bits & 0x40) set_collection_flag(cls.get(), kTypeMapping);
    TRY(delete_attr(t, self, "__abc_tpflags__"_n));
  }
  return kNone;
}

Result<Local<>> abc_register(Thread& t, Borrowed<> self, Borrowed<> subclass) {
  if (!is_type(subclass)) return raise(t, types::TypeError, "Can only register classes");
  if (TRY(subclass_check(t, subclass, self))) return Local<>::share(subclass);
  if (TRY(subclass_check(t, self, subclass))) {
    return raise(t, types::RuntimeError, "Refusing to create an inheritance cycle");
  }
  Local<AbcData> data = TRY(data_of(t, self));
  TRY(set_put(t, data->registry, data.get(), subclass));
  __atomic_fetch_add(&invalidation_counter, 1, __ATOMIC_ACQ_REL);
  if (is_type(self)) {
    uint32_t flag = self.as<Type>()->load_type_flags() & kCollectionFlags;
    if (flag) {
      TypeLock lock;
      for_type_tree(
          subclass.as<Type>().get(),
          [](Type* type, void* context) { set_collection_flag(type, *static_cast<uint32_t*>(context)); }, &flag);
    }
  }
  return Local<>::share(subclass);
}

Result<Local<>> subclass_answer(Thread& t, Borrowed<> self, Borrowed<> subclass) {
  return call_method(t, self, "__subclasscheck__"_n, subclass);
}

Result<Local<>> abc_instancecheck(Thread& t, Borrowed<> self, Borrowed<> instance) {
  Local<AbcData> data = TRY(data_of(t, self));
  Local<> subclass = TRY(get_attr(t, instance, "__class__"_n));
  if (TRY(set_has(t, data->cache, data.get(), subclass))) return kTrue;
  Borrowed<> subtype(type_of(instance));
  if (subtype.value() == subclass.value()) {
    if (load_counter(data->negative_version) == load_counter(invalidation_counter) &&
        TRY(set_has(t, data->negative, data.get(), subclass))) {
      return kFalse;
    }
    return subclass_answer(t, self, subclass);
  }
  Local<> first = TRY(subclass_answer(t, self, subclass));
  if (TRY(is_true(t, first))) return first;
  return subclass_answer(t, self, subtype);
}

Result<bool> abc_subclasscheck(Thread& t, Borrowed<> self, Borrowed<> subclass) {
  if (!is_type(subclass)) return raise(t, types::TypeError, "issubclass() arg 1 must be a class");
  ENTER_RECURSION(t, " in __subclasscheck__");
  Local<AbcData> data = TRY(data_of(t, self));
  if (TRY(set_has(t, data->cache, data.get(), subclass))) return true;
  uint64_t now = load_counter(invalidation_counter);
  if (load_counter(data->negative_version) < now) {
    Local<Set> fresh = TRY(make_set(t));
    data->negative.set(std::move(fresh));
    store_counter(data->negative_version, now);
  } else if (TRY(set_has(t, data->negative, data.get(), subclass))) {
    return false;
  }
  auto yes = [&]() -> Result<bool> {
    TRY(set_put(t, data->cache, data.get(), subclass));
    return true;
  };
  auto no = [&]() -> Result<bool> {
    TRY(set_put(t, data->negative, data.get(), subclass));
    return false;
  };
  Local<> hook = TRY(call_method(t, self, "__subclasshook__"_n, subclass));
  if (hook.value() == kTrue) return yes();
  if (hook.value() == kFalse) return no();
  if (hook.value() != kNotImplemented) {
    return raise(t, types::AssertionError, "__subclasshook__ must return either False, True, or NotImplemented");
  }
  if (is_type(self) && is_subtype(subclass.as<Type>().get(), self.as<Type>().get())) return yes();
  // Registered classes and subclasses, recursively.
  Local<Set> registry = data->registry.load(data.get());
  Local<> references = TRY(list_from(t, registry));
  bool found = false;
  TRY(for_each(t, references, [&](Local<> ref) -> Result<bool> {
    Local<> registered = TRY(call(t, ref));
    if (registered.value() != kNone) found = TRY(subclass_check(t, subclass, registered));
    return !found;
  }));
  if (found) return yes();
  Local<> direct = TRY(call_method(t, self, "__subclasses__"_n));
  if (!is_list(direct.value())) return raise(t, types::TypeError, "__subclasses__() must return a list");
  TRY(for_each(t, direct, [&](Local<> each) -> Result<bool> {
    found = TRY(subclass_check(t, subclass, each));
    return !found;
  }));
  return found ? yes() : no();
}

Result<int64_t> get_cache_token(Thread&) { return static_cast<int64_t>(load_counter(invalidation_counter)); }
Result<Local<>> reset_registry(Thread& t, Borrowed<> self) {
  Local<AbcData> data = TRY(data_of(t, self));
  Local<Set> fresh = TRY(make_set(t));
  data->registry.set(std::move(fresh));
  return kNone;
}
Result<Local<>> reset_caches(Thread& t, Borrowed<> self) {
  Local<AbcData> data = TRY(data_of(t, self));
  Local<Set> cache = TRY(make_set(t)), negative = TRY(make_set(t));
  data->cache.set(std::move(cache));
  data->negative.set(std::move(negative));
  return kNone;
}
Result<Local<>> copy_set(Thread& t, Field<Set>& field, Object* holder) {
  Local<Set> set = field.load(holder);
  Local<Set> copy = TRY(make_set(t));
  TRY(set_update(t, copy, set));
  return copy;
}
Result<Local<>> get_dump(Thread& t, Borrowed<> self) {
  Local<AbcData> data = TRY(data_of(t, self));
  Local<> registry = TRY(copy_set(t, data->registry, data.get()));
  Local<> cache = TRY(copy_set(t, data->cache, data.get()));
  Local<> negative = TRY(copy_set(t, data->negative, data.get()));
  Value version = Value::fixnum(static_cast<int64_t>(load_counter(data->negative_version)));
  return make_tuple(t, {registry.value(), cache.value(), negative.value(), version});
}

constexpr NativeDef kFunctions[] = {
    function<get_cache_token>("get_cache_token()",
                              "Returns the current ABC cache token.\n\nThe token is an opaque object (supporting equality "
                              "testing) identifying the\ncurrent version of the ABC cache for virtual subclasses. The "
                              "token changes\nwith every call to register() on any ABC."),
    function<abc_init>("_abc_init(self, /)", "Internal ABC helper for class set-up. Should be never used outside abc module."),
    function<abc_register>("_abc_register(self, subclass, /)",
                           "Internal ABC helper for subclasss registration. Should be never used outside abc module."),
    function<abc_instancecheck>("_abc_instancecheck(self, instance, /)",
                                "Internal ABC helper for instance checks. Should be never used outside abc module."),
    function<abc_subclasscheck>("_abc_subclasscheck(self, subclass, /)",
                                "Internal ABC helper for subclasss checks. Should be never used outside abc module."),
    function<get_dump>("_get_dump(self, /)", "Internal ABC helper for cache and registry debugging."),
    function<reset_registry>("_reset_registry(self, /)", "Internal ABC helper to reset registry of a given class."),
    function<reset_caches>("_reset_caches(self, /)", "Internal ABC helper to reset both caches of a given class."),
};

constexpr Layout kDataLayout = layout_of<AbcData>("_abc_data");
const TypeDef kDataDef = {.name = "_abc._abc_data",
                          .doc = "Internal state held by ABC machinery.",
                          .layout = &kDataLayout,
                          .flags = kTypeNoNew};

Result<void> init(Thread& t, Borrowed<Module> module) {
  Local<> weakref = TRY(import_module(t, "_weakref"_n));
  Local<> ref = TRY(get_attr(t, weakref, "ref"_n));
  if (ref_type.is_empty()) ref_type = ref.release();
  return module_add_type(t, module, types::AbcData, kDataDef);
}

}  // namespace

OROCHI_MODULE(_abc, "Module contains faster C implementation of abc.ABCMeta", kFunctions, init)

}  // namespace abc_module

}  // namespace orochi
