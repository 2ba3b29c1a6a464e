// The types of native callables and properties: builtin_function_or_method, method_descriptor, classmethod_descriptor,
// getset_descriptor. All immutable.
#include "objects/shape_table.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/dunder_slots.h"
#include "protocols/type_ready.h"

namespace orochi {

Type& NativeFunction::python_type() { return types::NativeFunction; }
Type& GetSetDescriptor::python_type() { return types::GetSetDescriptor; }

namespace {

void trace_native_function(Object* object, Visitor& v) {
  auto* f = static_cast<NativeFunction*>(object);
  v.visit(f->self);
  v.visit(f->module);
  v.visit(f->owner);
}
constinit const Layout kNativeFunctionLayout{"builtin_function_or_method", sizeof(NativeFunction), 0,
                                             trace_native_function, nullptr, nullptr, nullptr};

void trace_getset(Object* object, Visitor& v) { v.visit(static_cast<GetSetDescriptor*>(object)->owner); }
constinit const Layout kGetSetLayout{"getset_descriptor", sizeof(GetSetDescriptor), 0, trace_getset, nullptr, nullptr,
                                     nullptr};

Borrowed<NativeFunction> as_function(Borrowed<> v) { return v.as<NativeFunction>(); }

// The type an instance of `s` is really laid out as: its nearest built-in base.
Type* nearest_builtin(Type* s) {
  while (s->is_heap_type()) s = s->base.borrow().get();
  return s;
}

Result<Local<>> call_new(Thread& t, Borrowed<Type> owner, const CallArgs& args) {
  if (args.count == 0) return raise(t, types::TypeError, "{}.__new__(): not enough arguments", owner);
  if (!is_type(args[0])) {
    return raise(t, types::TypeError, "{}.__new__(X): X is not a type object ({})", owner, TypeName(args[0]));
  }
  Borrowed<Type> cls = args[0].as<Type>();
  if (!is_subtype(cls.get(), owner.get())) {
    return raise(t, types::TypeError, "{}.__new__({}): {} is not a subtype of {}", owner, cls, cls, owner);
  }
  Type* built_in = nearest_builtin(cls.get());
  if (built_in->slots.new_ != owner->slots.new_) {
    return raise(t, types::TypeError, "{}.__new__({}) is not safe, use {}.__new__()", owner, cls, built_in);
  }
  return owner->slots.new_(t, cls, CallArgs{args.values + 1, args.count - 1, args.names});
}

Result<Local<>> function_op_call(Thread& t, Borrowed<> self, const CallArgs& args) {
  Borrowed<NativeFunction> f = as_function(self);
  if (f->def == &kNewFunction) return call_new(t, f->owner.borrow(), args);
  if (f->def->is_method()) return Result<Local<>>::adopt(invoke_with_first(t, *f->def, f->self.borrow(), args));
  return Result<Local<>>::adopt(f->def->stub(t, *f->def, args));
}

Result<Local<>> method_descriptor_op_call(Thread& t, Borrowed<> self, const CallArgs& args) {
  Borrowed<NativeFunction> f = as_function(self);
  Borrowed<Type> owner = f->owner.borrow();
  if (args.count == 0) {
    return raise(t, types::TypeError, "unbound method {}.{}() needs an argument", owner, f->def->name());
  }
  if (!is_instance(args[0], *owner.get())) {
    return raise(t, types::TypeError, "descriptor '{}' for '{}' objects doesn't apply to a '{}' object", f->def->name(),
                 owner, TypeName(args[0]));
  }
  return Result<Local<>>::adopt(f->def->stub(t, *f->def, args));
}

Result<Local<>> method_descriptor_op_get(Thread& t, Borrowed<> self, Borrowed<> instance, Borrowed<>) {
  if (!instance) return Local<>::share(self);
  Borrowed<NativeFunction> f = as_function(self);
  if (!is_instance(instance, *f->owner.borrow().get())) {
    return raise(t, types::TypeError, "descriptor '{}' for '{}' objects doesn't apply to a '{}' object", f->def->name(),
                 f->owner.borrow(), TypeName(instance));
  }
  Local<NativeFunction> bound = TRY(make_native_function(t, *f->def, instance, Borrowed<>()));
  bound->owner.init_share(f->owner.borrow());
  return bound;
}

Result<Local<>> class_method_op_get(Thread& t, Borrowed<> self, Borrowed<> instance, Borrowed<> owner) {
  Borrowed<NativeFunction> f = as_function(self);
  Borrowed<> cls = owner && owner.value() != kNone ? owner : Borrowed<>(type_of(instance));
  if (!is_type(cls)) {
    return raise(t, types::TypeError, "descriptor '{}' for type '{}' needs a type, not a '{}' as arg 2", f->def->name(),
                 f->owner.borrow(), TypeName(cls));
  }
  if (!is_subtype(cls.as<Type>().get(), f->owner.borrow().get())) {
    return raise(t, types::TypeError, "descriptor '{}' requires a subtype of '{}' but received '{}'", f->def->name(),
                 f->owner.borrow(), cls.as<Type>());
  }
  Local<NativeFunction> bound = TRY(make_native_function(t, *f->def, cls, Borrowed<>()));
  bound->owner.init_share(f->owner.borrow());
  return bound;
}

Result<Local<>> class_method_op_call(Thread& t, Borrowed<> self, const CallArgs& args) {
  if (args.count == 0) {
    return raise(t, types::TypeError, "descriptor '{}' of '{}' object needs an argument", as_function(self)->def->name(),
                 as_function(self)->owner.borrow());
  }
  Local<> bound = TRY(class_method_op_get(t, self, Borrowed<>(), args[0]));
  return call_with(t, bound, CallArgs{args.values + 1, args.count - 1, args.names});
}

Result<Local<>> function_op_repr(Thread& t, Borrowed<> self) {
  Borrowed<NativeFunction> f = as_function(self);
  Borrowed<> bound = f->self.borrow();
  if (!bound || is_a<Module>(bound)) {
    if (f->def == &kNewFunction) {
      return format_str(t, "<built-in method __new__ of type object at {}>", "0x0");
    }
    return format_str(t, "<built-in function {}>", f->def->name());
  }
  return format_str(t, "<built-in method {} of {} object at {}>", f->def->name(), TypeName(bound), AddressArg(bound.value()));
}

Result<Local<>> method_descriptor_op_repr(Thread& t, Borrowed<> self) {
  Borrowed<NativeFunction> f = as_function(self);
  return format_str(t, "<method '{}' of '{}' objects>", f->def->name(), f->owner.borrow());
}

Result<Local<>> function_op_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if ((op != CompareOp::Eq && op != CompareOp::Ne) || type_of(a) != type_of(b)) return kNotImplemented;
  auto x = as_function(a), y = as_function(b);
  bool same = x->def == y->def && x->self.raw() == y->self.raw() && x->owner.raw() == y->owner.raw();
  return Value::boolean(same == (op == CompareOp::Eq));
}

Result<int64_t> function_op_hash(Thread& t, Borrowed<> self) {
  auto f = as_function(self);
  uint64_t h = reinterpret_cast<uint64_t>(f->def) ^ (f->self.raw().bits >> 4) * 0x9e3779b97f4a7c15u;
  h ^= f->owner.raw().bits;
  auto result = static_cast<int64_t>(h >> 4);
  return result == -1 ? -2 : result;
}

// ---- properties shared by the three function types ----

Result<Local<>> function_name(Thread& t, Borrowed<NativeFunction> f) { return intern(t, f->def->name()); }

Result<Local<>> function_qualname(Thread& t, Borrowed<NativeFunction> f) {
  Borrowed<Type> owner = f->owner.borrow();
  Borrowed<> self = f->self.borrow();
  if (self && is_type(self)) owner = self.as<Type>();
  else if (self && !is_a<Module>(self)) owner = type_of(self);
  if (!owner) return intern(t, f->def->name());
  Local<Str> qualname = owner->qualname.load(owner.get());
  return format_str(t, "{}.{}", qualname, f->def->name());
}

Result<Local<>> function_doc(Thread& t, Borrowed<NativeFunction> f) {
  if (!f->def->doc) return kNone;
  return make_str(t, f->def->doc);
}

// "pop(self, index=-1, /)" -> "($self, index=-1, /)"
Result<Local<>> function_text_signature(Thread& t, Borrowed<NativeFunction> f) {
  if (f->def->flags & kNativeHidden) return kNone;
  std::string_view text = f->def->text;
  text.remove_prefix(f->def->signature.name_length + 1);
  if (f->def->is_method()) return format_str(t, "(${}", text);
  return format_str(t, "({}", text);
}

Result<Local<>> function_self(Thread& t, Borrowed<NativeFunction> f) {
  Borrowed<> self = f->self.borrow();
  if (f->def == &kNewFunction) return Local<>::share(f->owner.borrow());
  if (!self) return kNone;
  return Local<>::share(self);
}

Result<Local<>> function_module(Thread& t, Borrowed<NativeFunction> f) {
  Borrowed<> module = f->module.borrow();
  if (!module) return kNone;
  return Local<>::share(module);
}

Result<Local<>> function_objclass(Thread& t, Borrowed<NativeFunction> f) { return Local<>::share(f->owner.borrow()); }

Result<Local<>> function_reduce(Thread& t, Borrowed<NativeFunction> f) {
  Borrowed<> self = f->self.borrow();
  if (!self || is_a<Module>(self)) {
    if (f->owner.borrow()) {  // an unbound method: getattr(owner, name)
      Local<> builtins_getattr = TRY(get_attr(t, TRY(import_builtins(t)), "getattr"_n));
      Local<Str> name = TRY(intern(t, f->def->name()));
      Local<Tuple> args = TRY(make_tuple(t, {f->owner.raw(), name.value()}));
      return make_tuple(t, {builtins_getattr.value(), args.value()});
    }
    return intern(t, f->def->name());
  }
  Local<> builtins_getattr = TRY(get_attr(t, TRY(import_builtins(t)), "getattr"_n));
  Local<Str> name = TRY(intern(t, f->def->name()));
  Local<Tuple> args = TRY(make_tuple(t, {self.value(), name.value()}));
  return make_tuple(t, {builtins_getattr.value(), args.value()});
}

constexpr GetSetDef kFunctionGetSets[] = {
    getter<function_name>("__name__", nullptr),
    getter<function_qualname>("__qualname__", nullptr),
    getter<function_doc>("__doc__", nullptr),
    getter<function_text_signature>("__text_signature__", nullptr),
    getter<function_self>("__self__", nullptr),
    getter<function_module>("__module__", nullptr),
};
constexpr NativeDef kFunctionMethods[] = {method<function_reduce>("__reduce__(self, /)", nullptr)};

constexpr GetSetDef kDescriptorGetSets[] = {
    getter<function_name>("__name__", nullptr),
    getter<function_qualname>("__qualname__", nullptr),
    getter<function_doc>("__doc__", nullptr),
    getter<function_text_signature>("__text_signature__", nullptr),
    getter<function_objclass>("__objclass__", nullptr),
};

const TypeDef kNativeFunctionDef = {
    .name = "builtin_function_or_method",
    .layout = &kNativeFunctionLayout,
    .flags = kTypeNoNew | kTypeWeakrefable,
    OROCHI_METHODS(kFunctionMethods),
    OROCHI_GETSETS(kFunctionGetSets),
    .slots = {.repr = function_op_repr, .hash = function_op_hash, .call = function_op_call, .compare = function_op_compare},
};

const TypeDef kMethodDescriptorDef = {
    .name = "method_descriptor",
    .layout = &kNativeFunctionLayout,
    .flags = kTypeNoNew | kTypeMethodDescriptor,
    .shape_flags = kShapeDeferred,
    OROCHI_METHODS(kFunctionMethods),
    OROCHI_GETSETS(kDescriptorGetSets),
    .slots = {.repr = method_descriptor_op_repr, .call = method_descriptor_op_call, .descr_get = method_descriptor_op_get},
};

const TypeDef kClassMethodDescriptorDef = {
    .name = "classmethod_descriptor",
    .layout = &kNativeFunctionLayout,
    .flags = kTypeNoNew,
    OROCHI_GETSETS(kDescriptorGetSets),
    .slots = {.repr = method_descriptor_op_repr, .call = class_method_op_call, .descr_get = class_method_op_get},
};

// ---- getset_descriptor ----

Result<Local<>> getset_op_get(Thread& t, Borrowed<> self, Borrowed<> instance, Borrowed<>) {
  if (!instance) return Local<>::share(self);
  auto d = self.as<GetSetDescriptor>();
  if (!is_instance(instance, *d->owner.borrow().get())) {
    return raise(t, types::TypeError, "descriptor '{}' for '{}' objects doesn't apply to a '{}' object", d->def->name,
                 d->owner.borrow(), TypeName(instance));
  }
  if (!d->def->get) return raise(t, types::AttributeError, "unreadable attribute");
  return d->def->get(t, instance);
}

Result<void> getset_op_set(Thread& t, Borrowed<> self, Borrowed<> instance, Borrowed<> value) {
  auto d = self.as<GetSetDescriptor>();
  if (!is_instance(instance, *d->owner.borrow().get())) {
    return raise(t, types::TypeError, "descriptor '{}' for '{}' objects doesn't apply to a '{}' object", d->def->name,
                 d->owner.borrow(), TypeName(instance));
  }
  if (!d->def->set) {
    return raise(t, types::AttributeError, "attribute '{}' of '{}' objects is not writable", d->def->name,
                 d->owner.borrow());
  }
  return d->def->set(t, instance, value);
}

Result<Local<>> getset_op_repr(Thread& t, Borrowed<> self) {
  auto d = self.as<GetSetDescriptor>();
  return format_str(t, "<attribute '{}' of '{}' objects>", d->def->name, d->owner.borrow());
}

Result<Local<>> getset_name(Thread& t, Borrowed<GetSetDescriptor> d) { return intern(t, std::string_view(d->def->name)); }
Result<Local<>> getset_qualname(Thread& t, Borrowed<GetSetDescriptor> d) {
  Borrowed<Type> owner = d->owner.borrow();
  Local<Str> qualname = owner->qualname.load(owner.get());
  return format_str(t, "{}.{}", qualname, d->def->name);
}
Result<Local<>> getset_doc(Thread& t, Borrowed<GetSetDescriptor> d) {
  if (!d->def->doc) return kNone;
  return make_str(t, d->def->doc);
}
Result<Local<>> getset_objclass(Thread& t, Borrowed<GetSetDescriptor> d) { return Local<>::share(d->owner.borrow()); }

constexpr GetSetDef kGetSetGetSets[] = {
    getter<getset_name>("__name__", nullptr),
    getter<getset_qualname>("__qualname__", nullptr),
    getter<getset_doc>("__doc__", nullptr),
    getter<getset_objclass>("__objclass__", nullptr),
};

const TypeDef kGetSetDescriptorDef = {
    .name = "getset_descriptor",
    .layout = &kGetSetLayout,
    .flags = kTypeNoNew,
    OROCHI_GETSETS(kGetSetGetSets),
    .slots = {.repr = getset_op_repr, .descr_get = getset_op_get, .descr_set = getset_op_set},
};

}  // namespace

OROCHI_TYPE(NativeFunction, kNativeFunctionDef)
OROCHI_TYPE(MethodDescriptor, kMethodDescriptorDef)
OROCHI_TYPE(ClassMethodDescriptor, kClassMethodDescriptorDef)
OROCHI_TYPE(GetSetDescriptor, kGetSetDescriptorDef)

}  // namespace orochi
