// property, staticmethod, classmethod, super: the descriptors of the language.
#include "builtins/type_type.h"
#include "objects/dict.h"
#include "objects/function.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/operators.h"
#include "protocols/type_ready.h"

namespace orochi {

Type& StaticMethod::python_type() { return types::StaticMethod; }
Type& ClassMethod::python_type() { return types::ClassMethod; }

struct Property : Object {
  static Type& python_type() { return types::Property; }
  Field<> get;
  Field<> set;
  Field<> del;
  Field<> doc;
  Field<> name;
  uint64_t doc_from_getter;
};

struct Super : Object {
  static Type& python_type() { return types::Super; }
  Field<> cls;       // the class whose successors in the mro are searched
  Field<> object;    // instance or class, or empty when unbound
  Field<> object_type;
};

Result<void> (*super_from_frame_hook)(Thread& t, Local<>* cls, Local<>* object) = nullptr;

namespace {

// functools.WRAPPER_ASSIGNMENTS of a wrapped callable, into the wrapper's own attributes.
Result<void> copy_wrapper_attributes(Thread& t, Borrowed<> wrapper, Borrowed<> callable) {
  for (Borrowed<Str> name : {"__module__"_n, "__name__"_n, "__qualname__"_n, "__doc__"_n}) {
    Lookup<> v = find_attr(t, callable, name);
    if (v.raised()) return Raised{};
    if (v.found()) TRY(instance_set(t, wrapper, name, v.take()));
  }
  return ok();
}

// ---- staticmethod and classmethod: same layout, one Field ----

void trace_callable(Object* object, Visitor& v) { v.visit(static_cast<StaticMethod*>(object)->callable); }
constinit const Layout kCallableLayout{"staticmethod", sizeof(StaticMethod), 0, trace_callable, nullptr, nullptr,
                                       nullptr};

Result<Local<>> wrapper_new(Thread& t, Borrowed<Type> cls, Rest, KwRest) {
  Local<StaticMethod> w = TRY(allocate_for<StaticMethod>(t, cls));
  w->callable.init(immediate(kNone));
  return w;
}
constexpr NativeDef kWrapperNew = arguments<wrapper_new>("staticmethod(cls, *args, **kwargs)");

// Of both types; the slot is only reached with an instance of either.
Result<Local<>> static_method_init(Thread& t, Borrowed<> self, Borrowed<> function) {
  self.as<StaticMethod>()->callable.set_share(function);
  TRY(copy_wrapper_attributes(t, self, function));
  return kNone;
}
constexpr NativeDef kStaticMethodInit = arguments<static_method_init>("staticmethod(self, function, /)");
constexpr NativeDef kClassMethodInit = arguments<static_method_init>("classmethod(self, function, /)");

Local<> callable_of(Borrowed<> self) { return self.as<StaticMethod>()->callable.load(self.value().as_object()); }

Result<Local<>> static_method_op_get(Thread& t, Borrowed<> self, Borrowed<>, Borrowed<>) { return callable_of(self); }

Result<Local<>> static_method_op_call(Thread& t, Borrowed<> self, const CallArgs& args) {
  Local<> f = callable_of(self);
  return call_with(t, f, args);
}

Result<Local<>> class_method_op_get(Thread& t, Borrowed<> self, Borrowed<> instance, Borrowed<> owner) {
  Borrowed<> cls = owner ? owner : Borrowed<>(type_of(instance));
  Local<> f = callable_of(self);
  return make_method(t, f, cls);
}

Result<Local<>> wrapper_op_repr(Thread& t, Borrowed<> self) {
  Local<Str> inner = TRY(repr_of(t, callable_of(self)));
  return format_str(t, "<{}({})>", TypeName(self), inner);
}
Result<Local<>> wrapper_func(Thread& t, Borrowed<StaticMethod> self) { return callable_of(self); }
Result<bool> wrapper_isabstract(Thread& t, Borrowed<StaticMethod> self) {
  Lookup<> v = find_attr(t, callable_of(self), "__isabstractmethod__"_n);
  if (v.raised()) return Raised{};
  return v.found() && TRY(is_true(t, *v));
}
// __annotations__ and __annotate__ are the wrapped callable's, unless set here.
Result<Local<>> wrapper_annotations(Thread& t, Borrowed<StaticMethod> self) {
  return get_attr(t, callable_of(self), "__annotations__"_n);
}
Result<void> wrapper_set_annotations(Thread& t, Borrowed<StaticMethod> self, Borrowed<> value) {
  return set_attr(t, callable_of(self), "__annotations__"_n, value);
}
Result<Local<>> wrapper_annotate(Thread& t, Borrowed<StaticMethod> self) {
  return get_attr(t, callable_of(self), "__annotate__"_n);
}
Result<void> wrapper_set_annotate(Thread& t, Borrowed<StaticMethod> self, Borrowed<> value) {
  return set_attr(t, callable_of(self), "__annotate__"_n, value);
}
Result<Local<>> wrapper_class_getitem(Thread& t, Borrowed<Type> cls, Borrowed<> item) {
  return make_generic_alias_hook(t, cls, item);
}

Result<Local<>> wrapper_dict(Thread& t, Borrowed<> self) {
  Lookup<Dict> dict = instance_dict(t, self);
  if (dict.raised()) return Raised{};
  return dict.take();
}

constexpr GetSetDef kWrapperGetSets[] = {
    getter<wrapper_func>("__func__", nullptr),
    getter<wrapper_func>("__wrapped__", nullptr),
    getter<wrapper_isabstract>("__isabstractmethod__", nullptr),
    getter<wrapper_dict>("__dict__", nullptr),
    getset<wrapper_annotations, wrapper_set_annotations>("__annotations__", nullptr),
    getset<wrapper_annotate, wrapper_set_annotate>("__annotate__", nullptr),
};
constexpr NativeDef kWrapperMethods[] = {
    class_method<wrapper_class_getitem>("__class_getitem__(cls, item, /)", nullptr),
};

const TypeDef kStaticMethodDef = {
    .name = "staticmethod",
    .signature = "(function, /)",
    .doc = "Convert a function to be a static method.",
    .layout = &kCallableLayout,
    .flags = kTypeSubclassable | kTypeHasDict | kTypeWeakrefable,
    OROCHI_METHODS(kWrapperMethods),
    OROCHI_GETSETS(kWrapperGetSets),
    .slots = {.repr = wrapper_op_repr,
              .call = static_method_op_call,
              .descr_get = static_method_op_get,
              .init = init_slot<kStaticMethodInit>,
              .new_ = new_slot<kWrapperNew>},
};
const TypeDef kClassMethodDef = {
    .name = "classmethod",
    .signature = "(function, /)",
    .doc = "Convert a function to be a class method.",
    .layout = &kCallableLayout,
    .flags = kTypeSubclassable | kTypeHasDict | kTypeWeakrefable,
    OROCHI_METHODS(kWrapperMethods),
    OROCHI_GETSETS(kWrapperGetSets),
    .slots = {.repr = wrapper_op_repr,
              .descr_get = class_method_op_get,
              .init = init_slot<kClassMethodInit>,
              .new_ = new_slot<kWrapperNew>},
};

// ---- property ----

void trace_property(Object* object, Visitor& v) {
  auto* p = static_cast<Property*>(object);
  v.visit(p->get);
  v.visit(p->set);
  v.visit(p->del);
  v.visit(p->doc);
  v.visit(p->name);
}
constinit const Layout kPropertyLayout{"property", sizeof(Property), 0, trace_property, nullptr, nullptr, nullptr};

Result<Local<>> property_new(Thread& t, Borrowed<Type> cls, Rest, KwRest) { return allocate_for<Property>(t, cls); }
constexpr NativeDef kPropertyNew = arguments<property_new>("property(cls, *args, **kwargs)");

Local<> field_or_none(const Field<>& f, const Object* holder) {
  Local<> v = f.load(holder);
  if (!v) return immediate(kNone);
  return v;
}

Result<Local<>> property_init(Thread& t, Borrowed<Property> self, OrNone<Borrowed<>> fget, OrNone<Borrowed<>> fset,
                              OrNone<Borrowed<>> fdel, OrNone<Borrowed<>> doc) {
  auto put = [](Field<>& field, const OrNone<Borrowed<>>& v) {
    field.set(v ? Local<>::share(v.value) : Local<>());
  };
  put(self->get, fget);
  put(self->set, fset);
  put(self->del, fdel);
  self->name.set({});
  self->doc_from_getter = 0;
  Local<> text;
  if (doc) {
    text = Local<>::share(doc.value);
  } else if (fget) {
    Lookup<> from = find_attr(t, fget.value, "__doc__"_n);
    if (from.raised()) return Raised{};
    if (from.found() && (*from).value() != kNone) {
      text = from.take();
      self->doc_from_getter = 1;
    }
  }
  if (type_of(self) != &types::Property) {
    // Subclasses keep __doc__ as an attribute of the instance, where the class attribute would hide it.
    if (text || !doc) {
      auto stored = set_attr(t, self, "__doc__"_n, text ? Borrowed<>(text) : Borrowed<>(kNone));
      if (stored.raised() && (text || !clear_pending_if(t, types::AttributeError))) {
        if (!doc && clear_pending_if(t, types::AttributeError)) return kNone;
        return Raised{};
      }
    }
    self->doc.set({});
  } else {
    self->doc.set(std::move(text));
  }
  return kNone;
}
constexpr NativeDef kPropertyInit = arguments<property_init>("property(self, fget=None, fset=None, fdel=None, doc=None)");

Raised raise_property(Thread& t, Borrowed<Property> self, Borrowed<> instance, const char* what) {
  Local<> name = self->name.load(self.get());
  Type* type = type_of(instance);
  Local<Str> qualname = type->qualname.load(type);
  if (name) {
    auto shown = repr_of(t, name);
    if (shown.raised()) return {};
    return raise(t, types::AttributeError, "property {} of '{}' object has no {}", *shown, qualname, what);
  }
  return raise(t, types::AttributeError, "property of '{}' object has no {}", qualname, what);
}

Result<Local<>> property_op_get(Thread& t, Borrowed<> self, Borrowed<> instance, Borrowed<>) {
  if (!instance) return Local<>::share(self);
  auto p = self.as<Property>();
  Local<> get = p->get.load(p.get());
  if (!get) return raise_property(t, p, instance, "getter");
  return call(t, get, instance);
}
Result<void> property_op_set(Thread& t, Borrowed<> self, Borrowed<> instance, Borrowed<> value) {
  auto p = self.as<Property>();
  Local<> f = value ? p->set.load(p.get()) : p->del.load(p.get());
  if (!f) return raise_property(t, p, instance, value ? "setter" : "deleter");
  if (value) {
    (void)TRY(call(t, f, instance, value));
  } else {
    (void)TRY(call(t, f, instance));
  }
  return ok();
}

Result<Local<>> property_copy(Thread& t, Borrowed<Property> self, Borrowed<> get, Borrowed<> set, Borrowed<> del) {
  auto pick = [&](Borrowed<> fresh, const Field<>& old) {
    return fresh && fresh.value() != kNone ? Local<>::share(fresh) : field_or_none(old, self.get());
  };
  Local<> g = pick(get, self->get), s = pick(set, self->set), d = pick(del, self->del);
  Local<> doc = self->doc_from_getter && g.value() != kNone ? immediate(kNone) : field_or_none(self->doc, self.get());
  Local<> fresh = TRY(call(t, Borrowed<>(type_of(self)), g, s, d, doc));
  if (is_a<Property>(fresh.value())) {
    fresh.borrow().as<Property>()->name.set(self->name.load(self.get()));
  }
  return fresh;
}
Result<Local<>> property_getter(Thread& t, Borrowed<Property> self, Borrowed<> f) { return property_copy(t, self, f, {}, {}); }
Result<Local<>> property_setter(Thread& t, Borrowed<Property> self, Borrowed<> f) { return property_copy(t, self, {}, f, {}); }
Result<Local<>> property_deleter(Thread& t, Borrowed<Property> self, Borrowed<> f) { return property_copy(t, self, {}, {}, f); }
Result<Local<>> property_set_name(Thread& t, Borrowed<Property> self, Borrowed<>, Borrowed<> name) {
  self->name.set_share(name);
  return kNone;
}
Result<Local<>> property_fget(Thread& t, Borrowed<Property> self) { return field_or_none(self->get, self.get()); }
Result<Local<>> property_fset(Thread& t, Borrowed<Property> self) { return field_or_none(self->set, self.get()); }
Result<Local<>> property_fdel(Thread& t, Borrowed<Property> self) { return field_or_none(self->del, self.get()); }
Result<Local<>> property_doc(Thread& t, Borrowed<Property> self) { return field_or_none(self->doc, self.get()); }
Result<void> property_set_doc(Thread& t, Borrowed<Property> self, Borrowed<> v) {
  self->doc.set(v ? Local<>::share(v) : Local<>());
  return ok();
}
Result<Local<>> property_name(Thread& t, Borrowed<Property> self) {
  Local<> name = self->name.load(self.get());
  if (name) return name;
  Local<> get = self->get.load(self.get());
  if (get) {
    Lookup<> from = find_attr(t, get, "__name__"_n);
    if (from.raised()) return Raised{};
    if (from.found()) return from.take();
  }
  return raise(t, types::AttributeError, "'{}' object has no attribute '__name__'", TypeName(self));
}
Result<void> property_assign_name(Thread& t, Borrowed<Property> self, Borrowed<> v) {
  self->name.set(v ? Local<>::share(v) : Local<>());
  return ok();
}
Result<bool> property_isabstract(Thread& t, Borrowed<Property> self) {
  for (Field<>* f : {&self->get, &self->set, &self->del}) {
    Local<> fn = f->load(self.get());
    if (!fn) continue;
    Lookup<> v = find_attr(t, fn, "__isabstractmethod__"_n);
    if (v.raised()) return Raised{};
    if (v.found() && TRY(is_true(t, *v))) return true;
  }
  return false;
}

constexpr NativeDef kPropertyMethods[] = {
    method<property_getter>("getter(self, fget, /)", "Descriptor to obtain a copy of the property with a different getter."),
    method<property_setter>("setter(self, fset, /)", "Descriptor to obtain a copy of the property with a different setter."),
    method<property_deleter>("deleter(self, fdel, /)", "Descriptor to obtain a copy of the property with a different deleter."),
    method<property_set_name>("__set_name__(self, owner, name, /)", "Method to set name of a property."),
};
constexpr GetSetDef kPropertyGetSets[] = {
    getter<property_fget>("fget", nullptr),
    getter<property_fset>("fset", nullptr),
    getter<property_fdel>("fdel", nullptr),
    getset<property_doc, property_set_doc>("__doc__", nullptr),
    getset<property_name, property_assign_name>("__name__", nullptr),
    getter<property_isabstract>("__isabstractmethod__", nullptr),
};
const TypeDef kPropertyDef = {
    .name = "property",
    .signature = "(fget=None, fset=None, fdel=None, doc=None)",
    .layout = &kPropertyLayout,
    .flags = kTypeSubclassable,
    OROCHI_METHODS(kPropertyMethods),
    OROCHI_GETSETS(kPropertyGetSets),
    .slots = {.descr_get = property_op_get,
              .descr_set = property_op_set,
              .init = init_slot<kPropertyInit>,
              .new_ = new_slot<kPropertyNew>},
};

// ---- super ----

void trace_super(Object* object, Visitor& v) {
  auto* s = static_cast<Super*>(object);
  v.visit(s->cls);
  v.visit(s->object);
  v.visit(s->object_type);
}
constinit const Layout kSuperLayout{"super", sizeof(Super), 0, trace_super, nullptr, nullptr, nullptr};

// The type whose mro is searched for super(cls, object).
Result<Local<>> super_check(Thread& t, Borrowed<Type> cls, Borrowed<> object) {
  if (is_type(object) && is_subtype(object.as<Type>().get(), cls.get())) return Local<>::share(object);
  if (is_subtype(type_of(object), cls.get())) return Local<>::share(Value(type_of(object)));
  Lookup<> claimed = find_attr(t, object, "__class__"_n);
  if (claimed.raised()) return Raised{};
  if (claimed.found() && is_type((*claimed).value()) && is_subtype((*claimed).borrow().as<Type>().get(), cls.get())) {
    return claimed.take();
  }
  if (is_type(object)) {
    return raise(t, types::TypeError,
                 "super(type, obj): obj ({} {}) is not an instance or subtype of type ({}).", "type", object.as<Type>(), cls);
  }
  return raise(t, types::TypeError, "super(type, obj): obj ({} {}) is not an instance or subtype of type ({}).",
               "instance of", TypeName(object), cls);
}

Result<Local<>> super_new(Thread& t, Borrowed<Type> cls, Rest, KwRest) { return allocate_for<Super>(t, cls); }
constexpr NativeDef kSuperNew = arguments<super_new>("super(cls, *args, **kwargs)");

Result<Local<>> super_init(Thread& t, Borrowed<Super> self, Maybe<Borrowed<>> cls, Maybe<Borrowed<>> object) {
  Local<> c, o;
  if (cls) {
    c = Local<>::share(cls.value);
    if (object && object.value.value() != kNone) o = Local<>::share(object.value);
    if (!is_type(c.value())) {
      return raise(t, types::TypeError, "super() argument 1 must be a type, not {}", TypeName(c.value()));
    }
  } else {
    if (!super_from_frame_hook) return raise(t, types::RuntimeError, "super(): no current frame");
    TRY(super_from_frame_hook(t, &c, &o));
  }
  if (o) {
    Local<> type = TRY(super_check(t, c.borrow().as<Type>(), o));
    self->object.set(std::move(o));
    self->object_type.set(std::move(type));
  }
  self->cls.set(std::move(c));
  return kNone;
}
constexpr NativeDef kSuperInit = arguments<super_init>("super(self, type=<x>, obj=<x>, /)");

Lookup<> super_op_getattr(Thread& t, Borrowed<> self, Borrowed<Str> name) {
  auto s = self.as<Super>();
  Local<> start = s->object_type.load(s.get());
  if (start && !name->equals_ascii("__class__")) {
    Local<> cls = s->cls.load(s.get());
    Local<> object = s->object.load(s.get());
    Lookup<> found = super_lookup(t, cls.borrow().as<Type>(), start.borrow().as<Type>(), object, name);
    if (!found.absent()) return found;
  }
  return generic_getattr(t, self, name);
}

Result<Local<>> super_op_get(Thread& t, Borrowed<> self, Borrowed<> instance, Borrowed<>) {
  auto s = self.as<Super>();
  if (!instance || s->object.raw()) return Local<>::share(self);
  if (type_of(self) != &types::Super) return call(t, Borrowed<>(type_of(self)), s->cls.load(s.get()), instance);
  Local<> cls = s->cls.load(s.get());
  Local<> type = TRY(super_check(t, cls.borrow().as<Type>(), instance));
  Local<Super> bound = TRY(make_object<Super>(t));
  bound->cls.init(std::move(cls));
  bound->object.init_share(instance);
  bound->object_type.init(std::move(type));
  return bound;
}

Result<Local<>> super_op_repr(Thread& t, Borrowed<> self) {
  auto s = self.as<Super>();
  Local<> cls = s->cls.load(s.get());
  Local<> type = s->object_type.load(s.get());
  Borrowed<> shown = cls;
  if (type) {
    return format_str(t, "<super: <class '{}'>, <{} object>>", shown.as<Type>(), type.borrow().as<Type>());
  }
  return format_str(t, "<super: <class '{}'>, NULL>", shown.as<Type>());
}
Result<Local<>> super_thisclass(Thread& t, Borrowed<Super> s) { return field_or_none(s->cls, s.get()); }
Result<Local<>> super_self(Thread& t, Borrowed<Super> s) { return field_or_none(s->object, s.get()); }
Result<Local<>> super_self_class(Thread& t, Borrowed<Super> s) { return field_or_none(s->object_type, s.get()); }

constexpr GetSetDef kSuperGetSets[] = {
    getter<super_thisclass>("__thisclass__", "the class invoking super()"),
    getter<super_self>("__self__", "the instance invoking super(); may be None"),
    getter<super_self_class>("__self_class__", "the type of the instance invoking super(); may be None"),
};
const TypeDef kSuperDef = {
    .name = "super",
    .doc = "super() -> same as super(__class__, <first argument>)\nsuper(type) -> unbound super object\n"
           "super(type, obj) -> bound super object; requires isinstance(obj, type)\n"
           "super(type, type2) -> bound super object; requires issubclass(type2, type)",
    .layout = &kSuperLayout,
    .flags = kTypeSubclassable,
    OROCHI_GETSETS(kSuperGetSets),
    .slots = {.repr = super_op_repr,
              .getattr = super_op_getattr,
              .descr_get = super_op_get,
              .init = init_slot<kSuperInit>,
              .new_ = new_slot<kSuperNew>},
};

}  // namespace

Lookup<> super_lookup(Thread& t, Borrowed<Type> cls, Borrowed<Type> start, Borrowed<> object, Borrowed<Str> name) {
  Local<Tuple> mro = start->mro.load(start.get());
  size_t i = 0, n = mro->length();
  while (i < n && mro->at(i).value() != cls.value()) i++;
  for (i++; i < n; i++) {
    Lookup<> found = dict_find_str(t, mro->at(i).as<Type>()->dict.borrow(), name);
    if (found.raised()) return Raised{};
    if (found.absent()) continue;
    DescrGetFn get = type_of((*found).value())->slots.descr_get;
    if (!get) return found;
    // Through a class there is no instance to bind to.
    Borrowed<> instance = object.value() == start.value() ? Borrowed<>() : object;
    return get(t, *found, instance, start);
  }
  return kAbsent;
}

OROCHI_TYPE(StaticMethod, kStaticMethodDef)
OROCHI_TYPE(ClassMethod, kClassMethodDef)
OROCHI_TYPE(Property, kPropertyDef)
OROCHI_TYPE(Super, kSuperDef)

}  // namespace orochi
