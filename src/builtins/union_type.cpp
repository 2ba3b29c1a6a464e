// typing.Union, also known as types.UnionType: an immutable set of types that remembers its order (PEP 604).
#include "builtins/container_support.h"
#include "builtins/generic_alias.h"
#include "objects/list.h"
#include "objects/set.h"

namespace orochi {

Result<Local<>> (*make_union_hook)(Thread& t, Borrowed<> left, Borrowed<> right) = make_union;

namespace {

bool is_union(Value v) { return type_of(v) == &types::Union; }

Result<bool> can_be_member(Thread& t, Borrowed<> v) {
  if (v.value() == kNone || is_type(v) || is_instance(v, types::GenericAlias) || is_union(v)) return true;
  Lookup<> alias = find_attr(t, Borrowed<>(type_of(v)), "__name__"_n);   // typing.TypeAliasType has no C++ type here
  if (alias.raised()) return Raised{};
  return alias.found() && is_str((*alias).value()) && (*alias).borrow().as<Str>()->equals_ascii("TypeAliasType");
}

Result<void> add_member(Thread& t, Borrowed<List> members, Borrowed<> v) {
  if (is_union(v)) {
    auto args = v.as<Union>()->args.borrow();
    for (size_t i = 0; i < args->length(); i++) TRY(add_member(t, members, args->at(i)));
    return ok();
  }
  Local<> member = Local<>::share(v);
  if (v.value() == kNone) {
    member = Local<>::share(Value(&types::NoneType));
  } else if (is_str(v)) {
    Local<Str> name = TRY(make_str(t, "annotationlib"));
    Local<> module = TRY(import_module(t, name));
    Local<> make = TRY(get_attr(t, module, "ForwardRef"_n));
    member = TRY(call(t, make, v));
  }
  for (size_t i = 0; i < members->length(); i++) {
    Lookup<> other = list_get(t, members, static_cast<int64_t>(i));
    if (other.raised()) return Raised{};
    if (!other.found()) break;
    if ((*other).value() == member.value()) return ok();
    if (is_type((*other).value()) && is_type(member.value()) &&
        type_of((*other).value()) == &types::Type && type_of(member.value()) == &types::Type) {
      continue;
    }
    if (TRY(equals(t, *other, member))) return ok();
  }
  return list_append(t, members, std::move(member));
}

}  // namespace

Result<Local<>> make_union_of(Thread& t, const Value* args, size_t count) {
  Local<List> members = TRY(make_list(t, count));
  for (size_t i = 0; i < count; i++) TRY(add_member(t, members, Borrowed<>(args[i])));
  if (members->length() == 0) return raise(t, types::TypeError, "Cannot take a Union of no types.");
  Local<Tuple> all = TRY(list_to_tuple(t, members));
  if (all->length() == 1) return Local<>::share(all->at(0));
  Local<Union> u = TRY(make_object<Union>(t));
  u->args.init(std::move(all));
  return u;
}

Result<Local<>> make_union(Thread& t, Borrowed<> left, Borrowed<> right) {
  if (!TRY(can_be_member(t, left)) || !TRY(can_be_member(t, right))) return kNotImplemented;
  const Value both[] = {left.value(), right.value()};
  return make_union_of(t, both, 2);
}

namespace {

Result<Local<Tuple>> union_parameters(Thread& t, Borrowed<Union> self) {
  Local<Tuple> known = self->parameters.load(self.get());
  if (known) return known;
  Local<Tuple> made = TRY(collect_type_parameters(t, self->args.borrow()));
  self->parameters.set(made.dup());
  return made;
}

Result<Local<>> union_op_repr(Thread& t, Borrowed<> v) {
  ENTER_RECURSION(t, " while getting the repr of an object");
  auto args = v.as<Union>()->args.borrow();
  StrBuilder out(t);
  for (size_t i = 0; i < args->length(); i++) {
    if (i) out.append_ascii(" | ");
    TRY(append_type_repr(t, out, args->at(i)));
  }
  return out.finish();
}

Result<int64_t> union_op_hash(Thread& t, Borrowed<> v) {
  auto args = v.as<Union>()->args.borrow();
  size_t bad = 0;
  for (size_t i = 0; i < args->length(); i++) {
    if (!hash_of(t, args->at(i)).raised()) continue;
    if (!clear_pending_if(t, types::TypeError)) return Raised{};
    bad++;
  }
  if (bad) return raise(t, types::TypeError, "union contains {} unhashable element{}", bad, bad == 1 ? "" : "s");
  Local<Set> set = TRY(make_frozenset(t, args->values(), args->length()));
  return hash_of(t, set);
}

Result<bool> union_has(Thread& t, Borrowed<Tuple> args, Borrowed<> v) {
  for (size_t i = 0; i < args->length(); i++) {
    if (TRY(equals(t, args->at(i), v))) return true;
  }
  return false;
}

Result<Local<>> union_op_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (!is_union(a) || !is_union(b) || (op != CompareOp::Eq && op != CompareOp::Ne)) return kNotImplemented;
  auto x = a.as<Union>()->args.borrow(), y = b.as<Union>()->args.borrow();
  bool same = x->length() == y->length();
  for (size_t i = 0; same && i < x->length(); i++) same = TRY(union_has(t, y, x->at(i)));
  return Value::boolean(same == (op == CompareOp::Eq));
}

Result<Local<>> union_op_or(Thread& t, Borrowed<> a, Borrowed<> b) { return make_union(t, a, b); }

Result<Local<>> union_op_getitem(Thread& t, Borrowed<> v, Borrowed<> item) {
  auto self = v.as<Union>();
  Local<Tuple> parameters = TRY(union_parameters(t, self));
  Local<Tuple> args = TRY(substitute_type_parameters(t, v, self->args.borrow(), parameters, item));
  return make_union_of(t, args->values(), args->length());
}

Result<Local<>> union_class_getitem(Thread& t, Borrowed<Type>, Borrowed<> item) {
  if (is_tuple(item)) return make_union_of(t, item.as<Tuple>()->values(), item.as<Tuple>()->length());
  const Value one[] = {item.value()};
  return make_union_of(t, one, 1);
}
Result<Local<>> union_mro_entries(Thread& t, Borrowed<Union> self, Borrowed<>) {
  Local<Str> text = TRY(repr_of(t, self));
  return raise(t, types::TypeError, "Cannot subclass {}", text);
}
Result<bool> union_instancecheck(Thread& t, Borrowed<Union> self, Borrowed<> v) {
  auto args = self->args.borrow();
  for (size_t i = 0; i < args->length(); i++) {
    if (TRY(instance_check(t, v, args->at(i)))) return true;
  }
  return false;
}
Result<bool> union_subclasscheck(Thread& t, Borrowed<Union> self, Borrowed<> v) {
  auto args = self->args.borrow();
  for (size_t i = 0; i < args->length(); i++) {
    if (TRY(subclass_check(t, v, args->at(i)))) return true;
  }
  return false;
}
Result<Local<>> union_reduce(Thread& t, Borrowed<Union> self) {
  // Pickled as a chain of `|`.
  Local<Str> name = TRY(make_str(t, "functools"));
  Local<> functools = TRY(import_module(t, name));
  Local<> reduce = TRY(get_attr(t, functools, "reduce"_n));
  Local<Str> operator_name = TRY(make_str(t, "operator"));
  Local<> operators = TRY(import_module(t, operator_name));
  Local<> either = TRY(get_attr(t, operators, "or_"_n));
  Local<Tuple> args = TRY(make_tuple(t, {either.value(), self->args.raw()}));
  return make_tuple(t, {reduce.value(), args.value()});
}

Result<Local<>> union_args(Thread&, Borrowed<Union> self) { return Local<>::share(self->args.borrow()); }
Result<Local<>> union_get_parameters(Thread& t, Borrowed<Union> self) { return union_parameters(t, self); }
Result<Local<>> union_origin(Thread&, Borrowed<Union>) { return Local<>::share(Value(&types::Union)); }
Result<Local<>> union_name(Thread& t, Borrowed<Union>) { return make_str(t, "Union"); }

constexpr NativeDef kUnionMethods[] = {
    method<union_mro_entries>("__mro_entries__(self, bases, /)", nullptr),
    method<union_instancecheck>("__instancecheck__(self, instance, /)", nullptr),
    method<union_subclasscheck>("__subclasscheck__(self, cls, /)", nullptr),
    method<union_reduce>("__reduce__(self, /)", nullptr),
    class_method<union_class_getitem>("__class_getitem__(type, object, /)", kClassGetItemDoc),
};
constexpr GetSetDef kUnionGetSets[] = {
    getter<union_args>("__args__", nullptr),
    getter<union_get_parameters>("__parameters__", "Type variables in the types.UnionType."),
    getter<union_origin>("__origin__", "Always returns the type"),
    getter<union_name>("__name__", "Name of the type"),
    getter<union_name>("__qualname__", "Qualified name of the type"),
};
constexpr Layout kUnionLayout = layout_of<Union>("Union");

const TypeDef kUnionDef = [] {
  TypeDef d{.name = "typing.Union",
            .doc = "Represent a union type\n\nE.g. for int | str",
            .layout = &kUnionLayout,
            .flags = kTypeWeakrefable | kTypeNoNew,
            OROCHI_METHODS(kUnionMethods),
            OROCHI_GETSETS(kUnionGetSets)};
  d.slots.repr = union_op_repr;
  d.slots.hash = union_op_hash;
  d.slots.compare = union_op_compare;
  d.slots.getitem = union_op_getitem;
  d.slots.binary[static_cast<int>(BinaryOp::Or)] = union_op_or;
  return d;
}();

}  // namespace

OROCHI_TYPE(Union, kUnionDef)

}  // namespace orochi
