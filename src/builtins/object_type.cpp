// `object`: the root type's slots and methods, and the pickling protocol of plain instances (PEP 307, 3.11 __getstate__).
#include "builtins/type_type.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/shape_table.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/dunder_slots.h"
#include "protocols/operators.h"
#include "protocols/type_ready.h"

namespace orochi {

extern const Layout kObjectLayout;
constinit const Layout kObjectLayout{"object", sizeof(Object), 0, nullptr, nullptr, nullptr, nullptr};

namespace {

bool excess(const CallArgs& args) { return args.count > 0 || (args.has_names() && args.names->length() > 0); }

Result<Local<>> object_op_new(Thread& t, Borrowed<Type> cls, const CallArgs& args);

Result<void> object_op_init(Thread& t, Borrowed<> self, const CallArgs& args) {
  if (!excess(args)) return ok();
  Type* type = type_of(self);
  if (type->slots.init != object_op_init) {
    return raise(t, types::TypeError, "object.__init__() takes exactly one argument (the instance to initialize)");
  }
  if (type->slots.new_ == object_op_new) {
    return raise(t, types::TypeError, "{}.__init__() takes exactly one argument (the instance to initialize)", type);
  }
  return ok();
}

// "Can't instantiate abstract class C without an implementation for abstract methods 'a', 'b'"
Raised raise_abstract(Thread& t, Borrowed<Type> cls) {
  auto names = [&]() -> Result<Local<Str>> {
    Local<> methods = TRY(get_attr(t, cls, "__abstractmethods__"_n));
    Local<> list = TRY(list_from(t, methods));
    (void)TRY(call_method(t, list, "sort"_n));
    Borrowed<List> sorted = list.borrow().as<List>();
    size_t n = sorted->length();
    Local<Str> text = TRY(make_str(t, n == 1 ? "method '" : "methods '"));
    for (size_t i = 0; i < n; i++) {
      Lookup<> item = list_get(t, sorted, static_cast<int64_t>(i));
      if (!item.found()) break;
      Local<Str> shown = TRY(str_of(t, *item));
      text = TRY(format_str(t, "{}{}{}", text, i ? "', '" : "", shown));
    }
    return format_str(t, "{}'", text);
  }();
  if (names.raised()) return {};
  return raise(t, types::TypeError, "Can't instantiate abstract class {} without an implementation for abstract {}", cls,
               *names);
}

Result<Local<>> object_op_new(Thread& t, Borrowed<Type> cls, const CallArgs& args) {
  if (excess(args)) {
    if (cls->slots.new_ != object_op_new) {
      return raise(t, types::TypeError, "object.__new__() takes exactly one argument (the type to instantiate)");
    }
    if (cls->slots.init == object_op_init) return raise(t, types::TypeError, "{}() takes no arguments", cls);
  }
  if (cls->load_type_flags() & kTypeAbstract) return raise_abstract(t, cls);
  return allocate_instance(t, cls);
}

Result<Local<>> object_op_repr(Thread& t, Borrowed<> self) {
  Type* type = type_of(self);
  Local<> module = TRY(type_module(t, type));
  Local<Str> qualname = type->qualname.load(type);
  if (is_str(module.value()) && !module.borrow().as<Str>()->equals_ascii("builtins")) {
    return format_str(t, "<{}.{} object at {}>", module.borrow().as<Str>(), qualname, AddressArg(self));
  }
  return format_str(t, "<{} object at {}>", type, AddressArg(self));
}

Result<Local<>> object_op_str(Thread& t, Borrowed<> self) { return repr_of(t, self); }

Result<int64_t> object_op_hash(Thread& t, Borrowed<> self) {
  auto h = static_cast<int64_t>(self.value().bits >> 4 | self.value().bits << 60);
  return h == -1 ? -2 : h;
}

Result<Local<>> object_op_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (op == CompareOp::Eq) return a.value() == b.value() ? kTrue : kNotImplemented;
  if (op == CompareOp::Ne) {  // != is the opposite of the type's ==
    CompareFn compare = type_of(a)->slots.compare;
    if (!compare) return kNotImplemented;
    Local<> r = TRY(compare(t, a, b, CompareOp::Eq));
    if (r.value() == kNotImplemented) return r;
    return Value::boolean(!TRY(is_true(t, r)));
  }
  return kNotImplemented;
}

// ---- __class__ ----

Result<Local<>> object_get_class(Thread& t, Borrowed<> self) { return Local<>::share(Value(type_of(self))); }

Result<void> object_set_class(Thread& t, Borrowed<> self, Borrowed<> value) {
  if (!value) return raise(t, types::TypeError, "can't delete __class__ attribute");
  if (!is_type(value)) {
    return raise(t, types::TypeError, "__class__ must be set to a class, not '{}' object", TypeName(value));
  }
  Type* to = value.as<Type>().get();
  Type* from = type_of(self);
  if (to == from) return ok();
  bool module_pair = is_a<Module>(self) && is_subtype(to, &types::Module);
  if (!module_pair && (!from->is_heap_type() || !to->is_heap_type())) {
    return raise(t, types::TypeError, "__class__ assignment only supported for mutable types or ModuleType subclasses");
  }
  constexpr uint32_t kMustMatch = kTypeHasDict | kTypeWeakrefable;
  bool compatible = from->layout == to->layout && from->fixed_slots == to->fixed_slots;
  if (!module_pair && ((from->load_type_flags() ^ to->load_type_flags()) & kMustMatch)) compatible = false;
  if (!compatible) {
    return raise(t, types::TypeError, "__class__ assignment: '{}' object layout differs from '{}'", to, from);
  }
  Object* object = self.value().as_object();
  // The memory block stays; only the shape changes. With attributes the new shape is a dictionary-mode one of the same
  // inline capacity, so that slot numbers keep their meaning.
  Shape* old = object->shape();
  if (has_attr_room(old)) (void)TRY(ensure_instance_dict(t, object));
  old = object->shape();
  Shape* fresh = make_shape(to, to->layout,
                            (to->root_shape->load_flags() & ~kShapeDictMode) | (old->load_flags() & kShapeDictMode),
                            old->slot_capacity, old->slot_count);
  if (!fresh) return raise_no_memory(t);
  ObjectLock guard(t, object);
  __atomic_store_n(&object->shape_word, fresh->word(), __ATOMIC_RELEASE);  // pairs with readers of the shape
  return ok();
}

// ---- pickling ----

Result<Local<>> import_copyreg(Thread& t) { return import_module(t, "copyreg"_n); }

// The names of all __slots__ of a class, with private ones mangled: copyreg keeps that list.
Result<Local<>> object_getstate(Thread& t, Borrowed<> self) {
  Local<> state = immediate(kNone);
  if (self.value().is_heap() && has_attr_room(self.value().as_object()->shape())) {
    Local<Dict> attributes = TRY(copy_instance_attributes(t, self.value().as_object()));
    if (attributes->length()) state = std::move(attributes);
  } else if (self.value().is_heap()) {
    Lookup<Dict> dict = instance_dict(t, self);
    if (dict.raised()) return Raised{};
    if (dict.found() && (*dict)->length()) state = TRY(dict_copy(t, *dict));
  }
  Type* type = type_of(self);
  if (!type->is_heap_type() || type->fixed_slots == 0) return state;
  Local<> slotnames = TRY(get_attr(t, TRY(import_copyreg(t)), "_slotnames"_n));
  Local<> names = TRY(call(t, slotnames, Borrowed<>(type)));
  Local<Dict> slots = TRY(make_dict(t));
  TRY(for_each(t, names, [&](Local<> name) -> Result<bool> {
    if (!is_str(name.value())) return true;
    Lookup<> v = find_attr(t, self, name.borrow().as<Str>());
    if (v.raised()) return Raised{};
    if (v.found()) TRY(dict_set_str(t, slots, name.borrow().as<Str>(), v.take()));
    return true;
  }));
  if (slots->length() == 0) return state;
  return make_tuple(t, {state.value(), slots.value()});
}

Result<Local<>> get_state(Thread& t, Borrowed<> self) { return call_method(t, self, "__getstate__"_n); }

// __reduce_ex__(2…): copyreg.__newobj__(cls, *args), state, list items, dict items.
Result<Local<>> reduce_newobj(Thread& t, Borrowed<> self) {
  Type* type = type_of(self);
  if (!type->slots.new_) return raise(t, types::TypeError, "cannot pickle '{}' object", type);
  Local<> copyreg = TRY(import_copyreg(t));
  Local<Tuple> args = Local<Tuple>::share(empty_tuple());
  Local<> kwargs;
  Lookup<> with_names = find_special(t, self, "__getnewargs_ex__"_n);
  if (with_names.raised()) return Raised{};
  Lookup<> plain = find_special(t, self, "__getnewargs__"_n);
  if (plain.raised()) return Raised{};
  bool has_args = with_names.found() || plain.found();
  if (with_names.found()) {
    Local<> pair = TRY(call(t, *with_names));
    if (!is_tuple(pair.value())) {
      return raise(t, types::TypeError, "__getnewargs_ex__ should return a tuple, not '{}'", TypeName(pair.value()));
    }
    Borrowed<Tuple> both = pair.borrow().as<Tuple>();
    if (both->length() != 2) {
      return raise(t, types::ValueError, "__getnewargs_ex__ should return a tuple of length 2, not {}", both->length());
    }
    if (!is_tuple(both->at(0))) {
      return raise(t, types::TypeError, "first item of the tuple returned by __getnewargs_ex__ must be a tuple, not '{}'",
                   TypeName(both->at(0)));
    }
    if (!is_dict(both->at(1))) {
      return raise(t, types::TypeError, "second item of the tuple returned by __getnewargs_ex__ must be a dict, not '{}'",
                   TypeName(both->at(1)));
    }
    args = Local<Tuple>::share(both->at(0).as<Tuple>());
    if (both->at(1).as<Dict>()->length()) kwargs = Local<>::share(both->at(1));
  } else if (plain.found()) {
    Local<> r = TRY(call(t, *plain));
    if (!is_tuple(r.value())) {
      return raise(t, types::TypeError, "__getnewargs__ should return a tuple, not '{}'", TypeName(r.value()));
    }
    args = std::move(r).as<Tuple>();
  }
  Local<> constructor;
  Local<Tuple> constructor_args;
  if (!kwargs) {
    constructor = TRY(get_attr(t, copyreg, "__newobj__"_n));
    constructor_args = TRY(make_tuple_uninitialised(t, args->length() + 1));
    constructor_args->items()[0].init_share(Borrowed<>(type));
    for (size_t i = 0; i < args->length(); i++) constructor_args->items()[i + 1].init_share(args->at(i));
  } else {
    constructor = TRY(get_attr(t, copyreg, "__newobj_ex__"_n));
    constructor_args = TRY(make_tuple(t, {Value(type), args.value(), kwargs.value()}));
  }
  // Objects whose memory holds more than attributes cannot be rebuilt without arguments or __getstate__ of their own.
  Lookup<> getstate = type_lookup(t, type, "__getstate__"_n);
  if (getstate.raised()) return Raised{};
  bool default_state = getstate.found() && type_of((*getstate).value()) == &types::MethodDescriptor &&
                       Borrowed<NativeFunction>((*getstate).value())->owner.raw() == Value(&types::Object);
  bool container = is_list(self) || is_dict(self);
  if (default_state && !has_args && !container) {
    Type* built_in = type;
    while (built_in->is_heap_type()) built_in = built_in->base.borrow().get();
    if (built_in != &types::Object && built_in->layout != &kObjectLayout) {
      return raise(t, types::TypeError, "cannot pickle '{}' object", type);
    }
  }
  Local<> state = TRY(get_state(t, self));
  Local<> list_items = immediate(kNone);
  if (is_list(self)) list_items = TRY(get_iter(t, self));
  Local<> dict_items = immediate(kNone);
  if (is_dict(self)) {
    Local<> items = TRY(call_method(t, self, "items"_n));
    dict_items = TRY(get_iter(t, items));
  }
  return make_tuple(t, {constructor.value(), constructor_args.value(), state.value(), list_items.value(),
                        dict_items.value()});
}

Result<Local<>> object_reduce(Thread& t, Borrowed<> self) {
  Local<> fn = TRY(get_attr(t, TRY(import_copyreg(t)), "_reduce_ex"_n));
  return call(t, fn, self, Value::fixnum(0));
}

Result<Local<>> object_reduce_ex(Thread& t, Borrowed<> self, int64_t protocol) {
  Lookup<> own = type_lookup(t, type_of(self), "__reduce__"_n);
  if (own.raised()) return Raised{};
  if (own.found()) {
    bool overridden = type_of((*own).value()) != &types::MethodDescriptor ||
                      Borrowed<NativeFunction>((*own).value())->owner.raw() != Value(&types::Object);
    if (overridden) return call_method(t, self, "__reduce__"_n);
  }
  if (protocol >= 2) return reduce_newobj(t, self);
  Local<> fn = TRY(get_attr(t, TRY(import_copyreg(t)), "_reduce_ex"_n));
  Local<> number = TRY(make_int(t, protocol));
  return call(t, fn, self, number);
}

Result<Local<>> object_format(Thread& t, Borrowed<> self, Borrowed<Str> spec) {
  if (spec->length() > 0) {
    return raise(t, types::TypeError, "unsupported format string passed to {}.__format__", TypeName(self));
  }
  return str_of(t, self);
}

Result<int64_t> object_sizeof(Thread& t, Borrowed<> self) {
  if (!self.value().is_heap()) return 0;  // immediates take no memory of their own
  Object* o = self.value().as_object();
  const Shape* shape = o->shape();
  size_t items = shape->layout->item_count ? shape->layout->item_count(o) : 0;
  size_t bytes = instance_size(shape, items);
  if (shape->layout->extra_size) bytes += shape->layout->extra_size(o);
  return static_cast<int64_t>(bytes);
}

Result<Local<>> object_dir(Thread& t, Borrowed<> self) {
  Local<Dict> names = TRY(make_dict(t));
  Lookup<> cls = find_attr(t, self, "__class__"_n);
  if (cls.raised()) return Raised{};
  if (cls.found() && is_type((*cls).value())) {
    Borrowed<Tuple> mro = (*cls).borrow().as<Type>()->mro.borrow();
    for (size_t i = mro->length(); i-- > 0;) {
      TRY(dict_update_from_dict(t, names, mro->at(i).as<Type>()->dict.borrow()));
    }
  }
  Lookup<> own = find_attr(t, self, "__dict__"_n);
  if (own.raised()) return Raised{};
  if (own.found() && is_dict((*own).value())) TRY(dict_update_from_dict(t, names, (*own).borrow().as<Dict>()));
  return dict_keys_list(t, names);
}

Result<Local<>> object_init_subclass(Thread& t, Borrowed<Type> cls) { return kNone; }
Result<Local<>> object_subclasshook(Thread& t, Borrowed<Type> cls, Rest) { return kNotImplemented; }

constexpr NativeDef kObjectMethods[] = {
    method<object_reduce>("__reduce__(self, /)", "Helper for pickle."),
    method<object_reduce_ex>("__reduce_ex__(self, protocol, /)", "Helper for pickle."),
    method<object_getstate>("__getstate__(self, /)", "Helper for pickle."),
    method<object_format>("__format__(self, format_spec, /)",
                          "Default object formatter.\n\nReturn str(self) if format_spec is empty. Raise TypeError otherwise."),
    method<object_sizeof>("__sizeof__(self, /)", "Size of object in memory, in bytes."),
    method<object_dir>("__dir__(self, /)", "Default dir() implementation."),
    class_method<object_init_subclass>("__init_subclass__(cls, /)", "This method is called when a class is subclassed."),
    class_method<object_subclasshook>("__subclasshook__(cls, /, *args)",
                                      "Abstract classes can override this to customize issubclass()."),
};
constexpr GetSetDef kObjectGetSets[] = {
    getset<object_get_class, object_set_class>("__class__", "the object's class"),
};

const TypeDef kObjectDef = {
    .name = "object",
    .signature = "()",
    .doc = "The base class of the class hierarchy.\n\nWhen called, it accepts no arguments and returns a new featureless\n"
           "instance that has no instance attributes and cannot be given any.\n",
    .layout = &kObjectLayout,
    .flags = kTypeSubclassable,
    OROCHI_METHODS(kObjectMethods),
    OROCHI_GETSETS(kObjectGetSets),
    .slots = {.repr = object_op_repr,
              .str = object_op_str,
              .hash = object_op_hash,
              .getattr = generic_getattr,
              .setattr = generic_setattr,
              .compare = object_op_compare,
              .init = object_op_init,
              .new_ = object_op_new},
};

}  // namespace

OROCHI_TYPE(Object, kObjectDef)

}  // namespace orochi
