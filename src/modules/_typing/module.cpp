// The _typing module: type parameters, type aliases, Generic (PEP 484, 612, 646, 695, 696). What a type parameter says
// about itself (bound, constraints, default) may be a function that is called on first use. The checks are in typing.py.
#include "builtins/container_support.h"
#include "builtins/generic_alias.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/shape_table.h"
#include "objects/tuple.h"
#include "protocols/dunder_slots.h"

namespace orochi {

extern const Layout kObjectLayout;

OROCHI_MODULE_TYPE(TypeVar)
OROCHI_MODULE_TYPE(ParamSpec)
OROCHI_MODULE_TYPE(TypeVarTuple)
OROCHI_MODULE_TYPE(ParamSpecArgs)
OROCHI_MODULE_TYPE(ParamSpecKwargs)
OROCHI_MODULE_TYPE(TypeAliasType)
OROCHI_MODULE_TYPE(TypingGeneric)
OROCHI_MODULE_TYPE(NoDefaultType)
OROCHI_MODULE_TYPE(ConstEvaluator)

namespace typing_module {

namespace {

enum ParamFlag : uint64_t { kCovariant = 1, kContravariant = 2, kInferVariance = 4 };

// A value that may still have to be computed. Two Fields: the value once known, the function that gives it.
struct Lazy {
  Field<> value;
  Field<> evaluate;
  void trace(Visitor& v) {
    v.visit(value);
    v.visit(evaluate);
  }
};

struct TypeParam : Object {   // TypeVar, ParamSpec, TypeVarTuple
  Field<Str> name;
  Lazy bound;
  Lazy constraints;
  Lazy default_value;
  uint64_t flags;
  static void trace(Object* o, Visitor& v) {
    auto* p = static_cast<TypeParam*>(o);
    v.visit(p->name);
    p->bound.trace(v);
    p->constraints.trace(v);
    p->default_value.trace(v);
  }
};
struct ParamPart : Object {   // P.args, P.kwargs
  Field<> origin;
  uint64_t reserved;
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<ParamPart*>(o)->origin); }
};
struct TypeAlias : Object {
  static Type& python_type() { return types::TypeAliasType; }
  Field<Str> name;
  Field<> type_params;   // tuple, or None
  Lazy value;
  Field<> module;
  uint64_t reserved;
  static void trace(Object* o, Visitor& v) {
    auto* a = static_cast<TypeAlias*>(o);
    v.visit(a->name);
    v.visit(a->type_params);
    a->value.trace(v);
    v.visit(a->module);
  }
};
struct ConstEvaluator : Object {
  static Type& python_type() { return types::ConstEvaluator; }
  Field<> value;
  uint64_t reserved;
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<ConstEvaluator*>(o)->value); }
};
struct NoDefault : Object {
  static Type& python_type() { return types::NoDefaultType; }
};

Value no_default;   // the singleton; held by this word for ever

template <typename... Args>
Result<Local<>> call_typing(Thread& t, Borrowed<Str> function, const Args&... args) {
  Local<> module = TRY(import_module(t, "typing"_n));
  Local<> f = TRY(get_attr(t, module, function));
  return call(t, f, args...);
}
Result<Local<>> unpack_of(Thread& t, Borrowed<> v) {
  Local<> module = TRY(import_module(t, "typing"_n));
  Local<> unpack = TRY(get_attr(t, module, "Unpack"_n));
  return get_item(t, unpack, v);
}
Result<Local<>> checked_type(Thread& t, Borrowed<> v, const char* message) {
  if (v.value() == kNone) return Local<>::share(Value(&types::NoneType));
  if (is_type(v)) return Local<>::share(v);
  Local<Str> text = TRY(make_str(t, message));
  return call_typing(t, "_type_check"_n, v, text);
}

Result<Local<>> get_lazy(Thread& t, Lazy& lazy, Object* holder, Value if_none) {
  Local<> known = lazy.value.load(holder);
  if (known) return known;
  Local<> evaluate = lazy.evaluate.load(holder);
  if (!evaluate) return Local<>::share(if_none);
  Local<> value = TRY(call(t, evaluate, Borrowed<>(Value::fixnum(1))));
  lazy.value.set(value.dup());
  return value;
}
Result<Local<>> get_evaluator(Thread& t, Lazy& lazy, Object* holder) {
  Local<> evaluate = lazy.evaluate.load(holder);
  if (evaluate) return evaluate;
  Local<> value = lazy.value.load(holder);
  if (!value || value.value() == no_default) return kNone;
  Local<ConstEvaluator> made = TRY(make_object<ConstEvaluator>(t));
  made->value.init(std::move(value));
  return made;
}
Borrowed<TypeParam> param(Borrowed<> v) { return v.as<TypeParam>(); }

Result<Local<>> make_param(Thread& t, Type& type, Borrowed<Str> name, uint64_t flags) {
  Local<TypeParam> p = TRY(allocate<TypeParam>(t, type.root_shape, instance_size(type.root_shape, 0)));
  p->name.init_share(name);
  p->flags = flags;
  return p;
}
Result<void> set_module(Thread& t, Borrowed<> v) {
  if (!caller_module_hook) return ok();
  Local<> module = TRY(caller_module_hook(t));
  if (module.value() == kNone) return ok();
  return set_attr(t, v, "__module__"_n, module);
}
Result<uint64_t> variance(Thread& t, bool covariant, bool contravariant, bool infer) {
  if (covariant && contravariant) return raise(t, types::ValueError, "Bivariant types are not supported.");
  if (infer && (covariant || contravariant)) {
    return raise(t, types::ValueError, "Variance cannot be specified with infer_variance.");
  }
  return uint64_t{covariant ? kCovariant : 0u} | (contravariant ? kContravariant : 0u) | (infer ? kInferVariance : 0u);
}

// ---- constructors ----

Result<Local<>> typevar_new(Thread& t, Borrowed<Type>, Borrowed<Str> name, Rest constraints, Borrowed<> bound,
                            Maybe<Borrowed<>> default_value, bool covariant, bool contravariant, bool infer) {
  uint64_t flags = TRY(variance(t, covariant, contravariant, infer));
  Local<> checked;
  if (bound.value() != kNone) checked = TRY(checked_type(t, bound, "Bound must be a type."));
  if (constraints.count == 1) return raise(t, types::TypeError, "A single constraint is not allowed");
  if (constraints.count && checked) {
    return raise(t, types::TypeError, "Constraints cannot be combined with bound=...");
  }
  Local<> p = TRY(make_param(t, types::TypeVar, name, flags));
  if (checked) param(p)->bound.value.init(std::move(checked));
  if (constraints.count) {
    Local<Tuple> all = TRY(make_tuple(t, constraints.values, constraints.count));
    param(p)->constraints.value.init(std::move(all));
  }
  if (default_value) param(p)->default_value.value.init_share(*default_value);
  TRY(set_module(t, p));
  return p;
}
constexpr NativeDef kTypeVarNew = arguments<typevar_new>(
    "typevar(type, name, *constraints, bound=None, default=typing.NoDefault, covariant=False, contravariant=False, "
    "infer_variance=False)");
Result<Local<>> paramspec_new(Thread& t, Borrowed<Type>, Borrowed<Str> name, Borrowed<> bound,
                              Maybe<Borrowed<>> default_value, bool covariant, bool contravariant, bool infer) {
  uint64_t flags = TRY(variance(t, covariant, contravariant, infer));
  Local<> checked;
  if (bound.value() != kNone) checked = TRY(checked_type(t, bound, "Bound must be a type."));
  Local<> p = TRY(make_param(t, types::ParamSpec, name, flags));
  if (checked) param(p)->bound.value.init(std::move(checked));
  if (default_value) param(p)->default_value.value.init_share(*default_value);
  TRY(set_module(t, p));
  return p;
}
constexpr NativeDef kParamSpecNew = arguments<paramspec_new>(
    "paramspec(type, name, *, bound=None, default=typing.NoDefault, covariant=False, contravariant=False, "
    "infer_variance=False)");
Result<Local<>> typevartuple_new(Thread& t, Borrowed<Type>, Borrowed<Str> name, Maybe<Borrowed<>> default_value) {
  Local<> p = TRY(make_param(t, types::TypeVarTuple, name, 0));
  if (default_value) param(p)->default_value.value.init_share(*default_value);
  TRY(set_module(t, p));
  return p;
}
constexpr NativeDef kTypeVarTupleNew =
    arguments<typevartuple_new>("typevartuple(type, name, *, default=typing.NoDefault)");

// ---- common to the parameters ----

Result<Local<>> param_name(Thread&, Borrowed<> v) { return Local<>::share(param(v)->name.borrow()); }
Result<Local<>> param_bound(Thread& t, Borrowed<> v) {
  return get_lazy(t, param(v)->bound, param(v).get(), kNone);
}
Result<Local<>> param_constraints(Thread& t, Borrowed<> v) {
  return get_lazy(t, param(v)->constraints, param(v).get(), empty_tuple().value());
}
Result<Local<>> param_default(Thread& t, Borrowed<> v) {
  return get_lazy(t, param(v)->default_value, param(v).get(), no_default);
}
Result<Local<>> param_evaluate_bound(Thread& t, Borrowed<> v) { return get_evaluator(t, param(v)->bound, param(v).get()); }
Result<Local<>> param_evaluate_constraints(Thread& t, Borrowed<> v) {
  return get_evaluator(t, param(v)->constraints, param(v).get());
}
Result<Local<>> param_evaluate_default(Thread& t, Borrowed<> v) {
  return get_evaluator(t, param(v)->default_value, param(v).get());
}
Result<Local<>> param_covariant(Thread&, Borrowed<> v) { return Value::boolean(param(v)->flags & kCovariant); }
Result<Local<>> param_contravariant(Thread&, Borrowed<> v) { return Value::boolean(param(v)->flags & kContravariant); }
Result<Local<>> param_infer_variance(Thread&, Borrowed<> v) { return Value::boolean(param(v)->flags & kInferVariance); }
bool has_default(Borrowed<> v) {
  auto p = param(v);
  return !p->default_value.evaluate.is_empty() ||
         (!p->default_value.value.is_empty() && p->default_value.value.raw() != no_default);
}
bool param_has_default(Thread&, Borrowed<> v) { return has_default(v); }
Result<Local<>> param_reduce(Thread&, Borrowed<> v) { return Local<>::share(param(v)->name.borrow()); }
Result<Local<>> param_or(Thread& t, Borrowed<> a, Borrowed<> b) {
  const Value both[] = {a.value(), b.value()};
  return make_union_of(t, both, 2);
}
Result<Local<>> param_repr(Thread& t, Borrowed<> v) {
  auto p = param(v);
  if (type_of(v) == &types::TypeVarTuple || (p->flags & kInferVariance)) return Local<>::share(p->name.borrow());
  const char* sign = p->flags & kCovariant ? "+" : p->flags & kContravariant ? "-" : "~";
  return format_str(t, "{}{}", sign, p->name.borrow());
}
Result<Local<>> param_mro_entries(Thread& t, Borrowed<> v, Borrowed<>) {
  Local<Str> name = type_name_of(v);
  return raise(t, types::TypeError, "Cannot subclass an instance of {}", name);
}

Result<Local<>> typevar_subst(Thread& t, Borrowed<> v, Borrowed<> arg) {
  return call_typing(t, "_typevar_subst"_n, v, arg);
}
Result<Local<>> typevar_prepare(Thread& t, Borrowed<> v, Borrowed<> alias, Borrowed<Tuple> args) {
  Local<> params = TRY(get_attr(t, alias, "__parameters__"_n));
  Local<Tuple> all = TRY(tuple_from(t, params));
  size_t index = 0;
  while (index < all->length() && all->at(index).value() != v.value()) index++;
  if (index < args->length()) return Local<>::share(args);
  if (index == args->length() && has_default(v)) {
    Local<List> list = TRY(make_list(t, args->values(), args->length()));
    TRY(list_append(t, list, TRY(param_default(t, v))));
    return list_to_tuple(t, list);
  }
  Local<Str> text = TRY(str_of(t, alias));
  return raise(t, types::TypeError, "Too few arguments for {}", text);
}
Result<Local<>> paramspec_subst(Thread& t, Borrowed<> v, Borrowed<> arg) {
  return call_typing(t, "_paramspec_subst"_n, v, arg);
}
Result<Local<>> paramspec_prepare(Thread& t, Borrowed<> v, Borrowed<> alias, Borrowed<> args) {
  return call_typing(t, "_paramspec_prepare_subst"_n, v, alias, args);
}
Result<Local<>> typevartuple_subst(Thread& t, Borrowed<>, Borrowed<>) {
  return raise(t, types::TypeError, "Substitution of bare TypeVarTuple is not supported");
}
Result<Local<>> typevartuple_prepare(Thread& t, Borrowed<> v, Borrowed<> alias, Borrowed<> args) {
  return call_typing(t, "_typevartuple_prepare_subst"_n, v, alias, args);
}
Result<Local<>> typevartuple_iter(Thread& t, Borrowed<> v) {
  Local<> unpacked = TRY(unpack_of(t, v));
  Local<Tuple> once = TRY(make_tuple(t, {unpacked.value()}));
  return get_iter(t, once);
}

// ---- P.args, P.kwargs ----

Result<Local<>> make_part(Thread& t, Type& type, Borrowed<> origin) {
  Local<ParamPart> part = TRY(allocate<ParamPart>(t, type.root_shape, instance_size(type.root_shape, 0)));
  part->origin.init_share(origin);
  return part;
}
Result<Local<>> paramspec_args(Thread& t, Borrowed<> v) { return make_part(t, types::ParamSpecArgs, v); }
Result<Local<>> paramspec_kwargs(Thread& t, Borrowed<> v) { return make_part(t, types::ParamSpecKwargs, v); }
template <Type& T>
Result<Local<>> part_new(Thread& t, Borrowed<Type>, Borrowed<> origin) {
  return make_part(t, T, origin);
}
constexpr NativeDef kArgsNew = arguments<part_new<types::ParamSpecArgs>>("paramspecargs(type, origin)");
constexpr NativeDef kKwargsNew = arguments<part_new<types::ParamSpecKwargs>>("paramspeckwargs(type, origin)");
Result<Local<>> part_origin(Thread&, Borrowed<> v) { return Local<>::share(v.as<ParamPart>()->origin.borrow()); }
Result<Local<>> part_repr(Thread& t, Borrowed<> v) {
  Borrowed<> origin = v.as<ParamPart>()->origin.borrow();
  const char* what = type_of(v) == &types::ParamSpecArgs ? "args" : "kwargs";
  if (is_instance(origin, types::ParamSpec)) return format_str(t, "{}.{}", param(origin)->name.borrow(), what);
  Local<Str> text = TRY(repr_of(t, origin));
  return format_str(t, "{}.{}", text, what);
}
Result<Local<>> part_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (type_of(a) != type_of(b) || (op != CompareOp::Eq && op != CompareOp::Ne)) return kNotImplemented;
  bool same = TRY(equals(t, a.as<ParamPart>()->origin.borrow(), b.as<ParamPart>()->origin.borrow()));
  return Value::boolean(same == (op == CompareOp::Eq));
}

// ---- type aliases ----

Result<Local<>> make_alias(Thread& t, Borrowed<Str> name, Borrowed<> type_params, Local<> value, Local<> evaluate) {
  Local<TypeAlias> a = TRY(make_object<TypeAlias>(t));
  a->name.init_share(name);
  a->type_params.init_share(type_params);
  if (value) a->value.value.init(std::move(value));
  if (evaluate) a->value.evaluate.init(std::move(evaluate));
  Local<> module = caller_module_hook ? TRY(caller_module_hook(t)) : immediate(kNone);
  a->module.init(std::move(module));
  return a;
}
Result<Local<>> alias_new(Thread& t, Borrowed<Type>, Borrowed<Str> name, Borrowed<> value, Maybe<Borrowed<>> params) {
  if (params && !is_tuple(*params)) return raise(t, types::TypeError, "type_params must be a tuple");
  bool defaults = false;
  for (size_t i = 0; params && i < (*params).as<Tuple>()->length(); i++) {
    Borrowed<> each = (*params).as<Tuple>()->at(i);
    Type* type = type_of(each);
    if (type != &types::TypeVar && type != &types::ParamSpec && type != &types::TypeVarTuple) {
      Local<Str> text = TRY(repr_of(t, each));
      return raise(t, types::TypeError, "Expected a type param, got {}", text);
    }
    if (has_default(each)) {
      defaults = true;
    } else if (defaults) {
      Local<Str> text = TRY(repr_of(t, each));
      return raise(t, types::TypeError, "non-default type parameter '{}' follows default type parameter", text);
    }
  }
  return make_alias(t, name, params ? *params : Borrowed<>(empty_tuple()), Local<>::share(value), Local<>());
}
constexpr NativeDef kAliasNew = arguments<alias_new>("typealias(type, name, value, *, type_params=())");

Result<Local<>> alias_name(Thread&, Borrowed<TypeAlias> a) { return Local<>::share(a->name.borrow()); }
Result<Local<>> alias_value(Thread& t, Borrowed<TypeAlias> a) { return get_lazy(t, a->value, a.get(), kNone); }
Result<Local<>> alias_evaluate(Thread& t, Borrowed<TypeAlias> a) { return get_evaluator(t, a->value, a.get()); }
Result<Local<>> alias_type_params(Thread&, Borrowed<TypeAlias> a) {
  if (a->type_params.raw() == kNone) return Local<>::share(empty_tuple());
  return Local<>::share(a->type_params.borrow());
}
// TypeVarTuples as Unpack[Ts].
Result<Local<Tuple>> unpack_params(Thread& t, Borrowed<Tuple> params) {
  Local<List> list = TRY(make_list(t));
  for (size_t i = 0; i < params->length(); i++) {
    Borrowed<> p = params->at(i);
    if (is_instance(p, types::TypeVarTuple)) TRY(list_append(t, list, TRY(unpack_of(t, p))));
    else TRY(list_append(t, list, Local<>::share(p)));
  }
  return list_to_tuple(t, list);
}
Result<Local<>> alias_parameters(Thread& t, Borrowed<TypeAlias> a) {
  if (!is_tuple(a->type_params.raw())) return Local<>::share(empty_tuple());
  return unpack_params(t, a->type_params.borrow().as<Tuple>());
}
Result<Local<>> alias_module(Thread&, Borrowed<TypeAlias> a) { return Local<>::share(a->module.borrow()); }
Result<Local<>> alias_reduce(Thread&, Borrowed<TypeAlias> a) { return Local<>::share(a->name.borrow()); }
Result<Local<>> alias_repr(Thread&, Borrowed<> v) { return Local<>::share(v.as<TypeAlias>()->name.borrow()); }
Result<Local<>> alias_getitem(Thread& t, Borrowed<> v, Borrowed<> args) {
  auto a = v.as<TypeAlias>();
  if (!is_tuple(a->type_params.raw()) || a->type_params.borrow().as<Tuple>()->length() == 0) {
    return raise(t, types::TypeError, "Only generic type aliases are subscriptable");
  }
  return make_generic_alias(t, v, args);
}

// ---- Generic, NoDefault, evaluators ----

Result<Local<>> generic_getitem(Thread& t, Borrowed<Type> cls, Rest args, KwRest kwargs) {
  if (args.count != 1 || kwargs.count) {
    return raise(t, types::TypeError, "Generic.__class_getitem__() takes exactly one argument ({} given)", args.count);
  }
  return call_typing(t, "_generic_class_getitem"_n, cls, args[0]);
}
Result<Local<>> generic_init_subclass(Thread& t, Borrowed<Type> cls, Rest args, KwRest kwargs) {
  Local<> module = TRY(import_module(t, "typing"_n));
  Local<> f = TRY(get_attr(t, module, "_generic_init_subclass"_n));
  Local<Tuple> all = TRY(make_tuple_uninitialised(t, args.count + 1));
  all->items()[0].init_share(cls);
  for (size_t i = 0; i < args.count; i++) all->items()[i + 1].init_share(args[i]);
  Local<Dict> keywords = TRY(make_dict(t));
  for (size_t i = 0; i < kwargs.count; i++) {
    TRY(dict_set(t, keywords, Borrowed<>(kwargs.names[i]), Borrowed<>(kwargs.values[i])));
  }
  return call_tuple_dict(t, f, all, keywords);
}
Result<Local<>> no_default_new(Thread& t, Borrowed<Type>, const CallArgs& args) {
  if (args.count || args.has_names()) return raise(t, types::TypeError, "NoDefaultType takes no arguments");
  return Local<>::share(no_default);
}
Result<Local<>> no_default_repr(Thread& t, Borrowed<>) { return make_str(t, "typing.NoDefault"); }
Result<Local<>> no_default_reduce(Thread& t, Borrowed<>) { return make_str(t, "NoDefault"); }

Result<Local<>> evaluator_call(Thread& t, Borrowed<> v, const CallArgs& args) {
  if (args.count != 1 || args.has_names()) {
    return raise(t, types::TypeError, "constevaluator expected 1 argument, got {}", args.count);
  }
  int64_t format = TRY(to_int64(t, args[0]));
  Borrowed<> value = v.as<ConstEvaluator>()->value.borrow();
  if (format != 4) return Local<>::share(value);   // annotationlib.Format.STRING
  StrBuilder out(t);
  if (is_tuple(value)) {
    auto tuple = value.as<Tuple>();
    out.append_ascii("(");
    for (size_t i = 0; i < tuple->length(); i++) {
      if (i) out.append_ascii(", ");
      TRY(append_type_repr(t, out, tuple->at(i)));
    }
    out.append_ascii(")");
  } else {
    TRY(append_type_repr(t, out, value));
  }
  return out.finish();
}
Result<Local<>> evaluator_repr(Thread& t, Borrowed<> v) {
  Local<Str> text = TRY(repr_of(t, v.as<ConstEvaluator>()->value.borrow()));
  return format_str(t, "<constevaluator {}>", text);
}

// ---- tables ----

constexpr NativeDef kTypeVarMethods[] = {
    method<typevar_subst>("__typing_subst__(self, arg, /)", nullptr),
    method<typevar_prepare>("__typing_prepare_subst__(self, alias, args, /)", nullptr),
    method<param_reduce>("__reduce__(self, /)", nullptr),
    method<param_has_default>("has_default(self, /)", nullptr),
    method<param_mro_entries>("__mro_entries__(self, bases, /)", nullptr),
};
constexpr NativeDef kParamSpecMethods[] = {
    method<paramspec_subst>("__typing_subst__(self, arg, /)", nullptr),
    method<paramspec_prepare>("__typing_prepare_subst__(self, alias, args, /)", nullptr),
    method<param_reduce>("__reduce__(self, /)", nullptr),
    method<param_has_default>("has_default(self, /)", nullptr),
    method<param_mro_entries>("__mro_entries__(self, bases, /)", nullptr),
};
constexpr NativeDef kTypeVarTupleMethods[] = {
    method<typevartuple_subst>("__typing_subst__(self, arg, /)", nullptr),
    method<typevartuple_prepare>("__typing_prepare_subst__(self, alias, args, /)", nullptr),
    method<param_reduce>("__reduce__(self, /)", nullptr),
    method<param_has_default>("has_default(self, /)", nullptr),
    method<param_mro_entries>("__mro_entries__(self, bases, /)", nullptr),
};
constexpr GetSetDef kTypeVarGetSets[] = {
    getter<param_name>("__name__", nullptr),
    getter<param_bound>("__bound__", nullptr),
    getter<param_constraints>("__constraints__", nullptr),
    getter<param_default>("__default__", nullptr),
    getter<param_evaluate_bound>("evaluate_bound", nullptr),
    getter<param_evaluate_constraints>("evaluate_constraints", nullptr),
    getter<param_evaluate_default>("evaluate_default", nullptr),
    getter<param_covariant>("__covariant__", nullptr),
    getter<param_contravariant>("__contravariant__", nullptr),
    getter<param_infer_variance>("__infer_variance__", nullptr),
};
constexpr GetSetDef kParamSpecGetSets[] = {
    getter<param_name>("__name__", nullptr),
    getter<param_bound>("__bound__", nullptr),
    getter<param_default>("__default__", nullptr),
    getter<param_evaluate_default>("evaluate_default", nullptr),
    getter<param_covariant>("__covariant__", nullptr),
    getter<param_contravariant>("__contravariant__", nullptr),
    getter<param_infer_variance>("__infer_variance__", nullptr),
    getter<paramspec_args>("args", "Represents positional arguments."),
    getter<paramspec_kwargs>("kwargs", "Represents keyword arguments."),
};
constexpr GetSetDef kTypeVarTupleGetSets[] = {
    getter<param_name>("__name__", nullptr),
    getter<param_default>("__default__", nullptr),
    getter<param_evaluate_default>("evaluate_default", nullptr),
};
constexpr GetSetDef kPartGetSets[] = {getter<part_origin>("__origin__", nullptr)};
constexpr NativeDef kPartMethods[] = {method<param_mro_entries>("__mro_entries__(self, bases, /)", nullptr)};
constexpr NativeDef kAliasMethods[] = {method<alias_reduce>("__reduce__(self, /)", nullptr)};
constexpr GetSetDef kAliasGetSets[] = {
    getter<alias_name>("__name__", nullptr),         getter<alias_value>("__value__", nullptr),
    getter<alias_evaluate>("evaluate_value", nullptr), getter<alias_type_params>("__type_params__", nullptr),
    getter<alias_parameters>("__parameters__", nullptr), getter<alias_module>("__module__", nullptr),
};
constexpr NativeDef kGenericMethods[] = {
    class_method<generic_getitem>("__class_getitem__(type, /, *args, **kwargs)", "Parameterizes a generic class."),
    class_method<generic_init_subclass>("__init_subclass__(type, /, *args, **kwargs)",
                                        "Function to initialize subclasses."),
};
constexpr NativeDef kNoDefaultMethods[] = {method<no_default_reduce>("__reduce__(self, /)", nullptr)};

constexpr Layout kParamLayout = layout_of<TypeParam>("type parameter");
constexpr Layout kPartLayout = layout_of<ParamPart>("ParamSpec part");
constexpr Layout kAliasLayout = layout_of<TypeAlias>("TypeAliasType");
constexpr Layout kEvaluatorLayout = layout_of<ConstEvaluator>("constevaluator");
constexpr Layout kNoDefaultLayout = layout_of<NoDefault>("NoDefaultType");

TypeDef param_def(const char* name, const char* doc, NewFn make) {
  TypeDef d{.name = name, .doc = doc, .layout = &kParamLayout, .flags = kTypeHasDict | kTypeWeakrefable};
  d.slots.repr = param_repr;
  d.slots.new_ = make;
  d.slots.binary[static_cast<int>(BinaryOp::Or)] = param_or;
  return d;
}
const TypeDef kTypeVarDef = [] {
  TypeDef d = param_def("typing.TypeVar", "Type variable.", new_slot<kTypeVarNew>);
  d.methods = kTypeVarMethods;
  d.method_count = std::size(kTypeVarMethods);
  d.getsets = kTypeVarGetSets;
  d.getset_count = std::size(kTypeVarGetSets);
  return d;
}();
const TypeDef kParamSpecDef = [] {
  TypeDef d = param_def("typing.ParamSpec", "Parameter specification variable.", new_slot<kParamSpecNew>);
  d.methods = kParamSpecMethods;
  d.method_count = std::size(kParamSpecMethods);
  d.getsets = kParamSpecGetSets;
  d.getset_count = std::size(kParamSpecGetSets);
  return d;
}();
const TypeDef kTypeVarTupleDef = [] {
  TypeDef d = param_def("typing.TypeVarTuple", "Type variable tuple.", new_slot<kTypeVarTupleNew>);
  d.methods = kTypeVarTupleMethods;
  d.method_count = std::size(kTypeVarTupleMethods);
  d.getsets = kTypeVarTupleGetSets;
  d.getset_count = std::size(kTypeVarTupleGetSets);
  d.slots.iter = typevartuple_iter;
  d.slots.binary[static_cast<int>(BinaryOp::Or)] = nullptr;
  return d;
}();
TypeDef part_def(const char* name, NewFn make) {
  TypeDef d{.name = name, .layout = &kPartLayout, .flags = kTypeWeakrefable, OROCHI_METHODS(kPartMethods),
            OROCHI_GETSETS(kPartGetSets)};
  d.slots.repr = part_repr;
  d.slots.hash = hash_not_implemented;
  d.slots.compare = part_compare;
  d.slots.new_ = make;
  return d;
}
const TypeDef kArgsDef = part_def("typing.ParamSpecArgs", new_slot<kArgsNew>);
const TypeDef kKwargsDef = part_def("typing.ParamSpecKwargs", new_slot<kKwargsNew>);
const TypeDef kAliasDef = [] {
  TypeDef d{.name = "typing.TypeAliasType",
            .doc = "Type alias.",
            .layout = &kAliasLayout,
            .flags = kTypeWeakrefable,
            OROCHI_METHODS(kAliasMethods),
            OROCHI_GETSETS(kAliasGetSets)};
  d.slots.repr = alias_repr;
  d.slots.new_ = new_slot<kAliasNew>;
  d.slots.getitem = alias_getitem;
  d.slots.iter = typevartuple_iter;
  d.slots.binary[static_cast<int>(BinaryOp::Or)] = param_or;
  return d;
}();
const TypeDef kGenericDef = {
    .name = "typing.Generic",
    .doc = "Abstract base class for generic types.\n\nOn Python 3.12 and newer, generic classes implicitly inherit "
           "from\nGeneric when they declare a parameter list after the class's name::\n\n    class Mapping[KT, VT]:\n  "
           "      def __getitem__(self, key: KT) -> VT:\n            ...",
    .layout = &kObjectLayout,
    .flags = kTypeSubclassable,
    OROCHI_METHODS(kGenericMethods),
};
const TypeDef kNoDefaultDef = {
    .name = "typing.NoDefaultType",
    .doc = "The type of the NoDefault singleton.",
    .layout = &kNoDefaultLayout,
    OROCHI_METHODS(kNoDefaultMethods),
    .slots = {.repr = no_default_repr, .new_ = no_default_new},
};
const TypeDef kEvaluatorDef = {
    .name = "_typing._ConstEvaluator",
    .layout = &kEvaluatorLayout,
    .flags = kTypeNoNew,
    .slots = {.repr = evaluator_repr, .call = evaluator_call},
};

// ---- functions, the ones with _make_ and _set_ for the compiler's intrinsics ----

Result<Local<>> idfunc(Thread&, Borrowed<> v) { return Local<>::share(v); }
Result<Local<>> make_typevar(Thread& t, Borrowed<Str> name) {
  Local<> p = TRY(make_param(t, types::TypeVar, name, kInferVariance));
  TRY(set_module(t, p));
  return p;
}
Result<Local<>> make_typevar_with_bound(Thread& t, Borrowed<Str> name, Borrowed<> evaluate) {
  Local<> p = TRY(make_typevar(t, name));
  param(p)->bound.evaluate.init_share(evaluate);
  return p;
}
Result<Local<>> make_typevar_with_constraints(Thread& t, Borrowed<Str> name, Borrowed<> evaluate) {
  Local<> p = TRY(make_typevar(t, name));
  param(p)->constraints.evaluate.init_share(evaluate);
  return p;
}
Result<Local<>> make_paramspec(Thread& t, Borrowed<Str> name) {
  Local<> p = TRY(make_param(t, types::ParamSpec, name, kInferVariance));
  TRY(set_module(t, p));
  return p;
}
Result<Local<>> make_typevartuple(Thread& t, Borrowed<Str> name) {
  Local<> p = TRY(make_param(t, types::TypeVarTuple, name, 0));
  TRY(set_module(t, p));
  return p;
}
Result<Local<>> set_typeparam_default(Thread& t, Borrowed<> p, Borrowed<> evaluate) {
  if (type_of(p)->layout != &kParamLayout) {
    return raise(t, types::TypeError, "Expected a type param, got {}", TypeName(p));
  }
  param(p)->default_value.evaluate.set_share(evaluate);
  return Local<>::share(p);
}
Result<Local<>> make_typealias(Thread& t, Borrowed<Tuple> parts) {
  if (parts->length() != 3 || !is_str(parts->at(0))) {
    return raise(t, types::TypeError, "a type alias needs a name, its parameters and a function");
  }
  return make_alias(t, parts->at(0).as<Str>(), parts->at(1), Local<>(), Local<>::share(parts->at(2)));
}
Result<Local<>> subscript_generic(Thread& t, Borrowed<> params) {
  Local<Tuple> all = is_tuple(params) ? Local<Tuple>::share(params.as<Tuple>()) : TRY(make_tuple(t, {params.value()}));
  Local<Tuple> unpacked = TRY(unpack_params(t, all));
  return call_typing(t, "_GenericAlias"_n, Borrowed<>(&types::TypingGeneric), unpacked);
}

constexpr NativeDef kFunctions[] = {
    function<idfunc>("_idfunc(x, /)", nullptr),
    function<make_typevar>("_make_typevar(name, /)", nullptr),
    function<make_typevar_with_bound>("_make_typevar_with_bound(name, evaluate, /)", nullptr),
    function<make_typevar_with_constraints>("_make_typevar_with_constraints(name, evaluate, /)", nullptr),
    function<make_paramspec>("_make_paramspec(name, /)", nullptr),
    function<make_typevartuple>("_make_typevartuple(name, /)", nullptr),
    function<set_typeparam_default>("_set_typeparam_default(param, evaluate, /)", nullptr),
    function<make_typealias>("_make_typealias(parts, /)", nullptr),
    function<subscript_generic>("_subscript_generic(params, /)", nullptr),
};

Result<void> init(Thread& t, Borrowed<Module> module) {
  TRY(ensure_type(t, types::NoDefaultType, kNoDefaultDef));
  TRY(ensure_type(t, types::ConstEvaluator, kEvaluatorDef));
  if (no_default.is_empty()) {
    Local<NoDefault> made = TRY(make_object<NoDefault>(t));
    no_default = made.release();
  }
  TRY(module_add_type(t, module, types::TypeVar, kTypeVarDef));
  TRY(module_add_type(t, module, types::ParamSpec, kParamSpecDef));
  TRY(module_add_type(t, module, types::TypeVarTuple, kTypeVarTupleDef));
  TRY(module_add_type(t, module, types::ParamSpecArgs, kArgsDef));
  TRY(module_add_type(t, module, types::ParamSpecKwargs, kKwargsDef));
  TRY(module_add_type(t, module, types::TypeAliasType, kAliasDef));
  TRY(module_add_type(t, module, types::TypingGeneric, kGenericDef));
  TRY(module_set(t, module, "Union", Borrowed<>(&types::Union)));
  return module_set(t, module, "NoDefault", Borrowed<>(no_default));
}

}  // namespace

OROCHI_MODULE(_typing, "Primitives and accelerators for the typing module.", kFunctions, init)

}  // namespace typing_module

}  // namespace orochi
