// types.GenericAlias: a class with type arguments (PEP 585). Attributes it does not define itself come from the class.
// Substitution goes by protocol: a type variable is whatever has __typing_subst__.
#include "builtins/generic_alias.h"

#include "builtins/container_support.h"
#include "objects/list.h"

namespace orochi {

Result<Local<>> (*make_generic_alias_hook)(Thread& t, Borrowed<> origin, Borrowed<> args) = make_generic_alias;

namespace {

Result<Local<>> alias_of(Mutator& m, Borrowed<Type> cls, Borrowed<> origin, Borrowed<> args, bool starred) {
  Local<Tuple> tuple = is_tuple(args) ? Local<Tuple>::share(args.value()) : TRY(make_tuple(m, {args.value()}));
  Local<GenericAlias> alias = TRY(allocate_for<GenericAlias>(m, cls));
  alias->origin.init_share(origin);
  alias->args.init(std::move(tuple));
  alias->starred = starred;
  return alias;
}

// The attribute if it is there and not None.
Lookup<> attribute_not_none(Thread& t, Borrowed<> v, Borrowed<Str> name) {
  Lookup<> found = find_attr(t, v, name);
  if (found.found() && (*found).value() == kNone) return kAbsent;
  return found;
}

Result<bool> list_has(Mutator& m, Borrowed<List> list, Value v) {
  for (size_t i = 0; i < list->length(); i++) {
    Lookup<> item = list_get(m, list, static_cast<int64_t>(i));
    if (item.found() && (*item).value() == v) return true;
  }
  return false;
}

Result<void> collect_into(Thread& t, Borrowed<List> out, Borrowed<> arg) {
  if (is_type(arg)) return ok();
  if (is_tuple(arg) || is_list(arg)) {
    ENTER_RECURSION(t, "");
    Local<Tuple> items = TRY(tuple_from(t, arg));
    for (size_t i = 0; i < items->length(); i++) TRY(collect_into(t, out, items->at(i)));
    return ok();
  }
  if (TRY(has_attr(t, arg, "__typing_subst__"_n))) {
    if (!TRY(list_has(t, out, arg))) TRY(list_append(t, out, Local<>::share(arg)));
    return ok();
  }
  Lookup<> nested = find_attr(t, arg, "__parameters__"_n);
  if (nested.raised()) return Raised{};
  if (!nested.found() || !is_tuple((*nested).value())) return ok();
  Local<> parameters = nested.take();
  auto tuple = parameters.borrow().as<Tuple>();
  for (size_t i = 0; i < tuple->length(); i++) {
    if (!TRY(list_has(t, out, tuple->at(i)))) TRY(list_append(t, out, Local<>::share(tuple->at(i))));
  }
  return ok();
}

int64_t index_in(Borrowed<Tuple> tuple, Value v) {
  for (size_t i = 0; i < tuple->length(); i++) {
    if (tuple->at(i).value() == v) return static_cast<int64_t>(i);
  }
  return -1;
}

// item as a list of arguments, unpacked tuples in place.
Result<Local<List>> unpack_arguments(Thread& t, Borrowed<> item) {
  Local<List> out = TRY(make_list(t));
  const Value single[] = {item.value()};
  const Value* values = single;
  size_t count = 1;
  if (is_tuple(item)) {
    values = item.as<Tuple>()->values();
    count = item.as<Tuple>()->length();
  }
  for (size_t i = 0; i < count; i++) {
    Borrowed<> each(values[i]);
    if (!is_type(each)) {
      Lookup<> parts = attribute_not_none(t, each, "__typing_unpacked_tuple_args__"_n);
      if (parts.raised()) return Raised{};
      if (parts.found() && is_tuple((*parts).value())) {
        auto tuple = (*parts).borrow().as<Tuple>();
        size_t n = tuple->length();
        if (n == 0 || tuple->at(n - 1).value() != kEllipsis) {
          TRY(list_extend_values(t, out, tuple->values(), n));
          continue;
        }
      }
    }
    TRY(list_append(t, out, Local<>::share(each)));
  }
  return out;
}

Result<Local<>> substitute_nested(Thread& t, Borrowed<> arg, Borrowed<Tuple> parameters, Borrowed<Tuple> items) {
  Lookup<> nested = find_attr(t, arg, "__parameters__"_n);
  if (nested.raised()) return Raised{};
  if (!nested.found() || !is_tuple((*nested).value())) return Local<>::share(arg);
  Local<> own = nested.take();
  auto mine = own.borrow().as<Tuple>();
  if (mine->length() == 0) return Local<>::share(arg);
  Local<List> list = TRY(make_list(t));
  for (size_t i = 0; i < mine->length(); i++) {
    int64_t at = index_in(parameters, mine->at(i));
    if (at < 0) {
      TRY(list_append(t, list, Local<>::share(mine->at(i))));
      continue;
    }
    Borrowed<> value = items->at(static_cast<size_t>(at));
    if (is_tuple(value) && type_of(mine->at(i))->slots.iter) {   // a TypeVarTuple
      TRY(list_extend_values(t, list, value.as<Tuple>()->values(), value.as<Tuple>()->length()));
    } else {
      TRY(list_append(t, list, Local<>::share(value)));
    }
  }
  Local<Tuple> key = TRY(list_to_tuple(t, list));
  return get_item(t, arg, key);
}

Result<Local<List>> substitute_all(Thread& t, Borrowed<Tuple> args, Borrowed<Tuple> parameters, Borrowed<Tuple> items) {
  ENTER_RECURSION(t, "");
  Local<List> out = TRY(make_list(t));
  for (size_t i = 0; i < args->length(); i++) {
    Borrowed<> arg = args->at(i);
    if (is_type(arg)) {
      TRY(list_append(t, out, Local<>::share(arg)));
      continue;
    }
    if (is_tuple(arg) || is_list(arg)) {
      Local<Tuple> inner = TRY(tuple_from(t, arg));
      Local<List> fresh = TRY(substitute_all(t, inner, parameters, items));
      if (is_tuple(arg)) TRY(list_append(t, out, TRY(list_to_tuple(t, fresh))));
      else TRY(list_append(t, out, std::move(fresh)));
      continue;
    }
    bool unpack = false;
    Lookup<> unpacked = find_attr(t, arg, "__typing_is_unpacked_typevartuple__"_n);
    if (unpacked.raised()) return Raised{};
    if (unpacked.found()) unpack = TRY(is_true(t, *unpacked));
    Lookup<> subst = find_attr(t, arg, "__typing_subst__"_n);
    if (subst.raised()) return Raised{};
    Local<> fresh;
    if (subst.found()) {
      int64_t at = index_in(parameters, arg);
      if (at < 0) return raise(t, types::TypeError, "Cannot substitute an unknown type parameter");
      fresh = TRY(call(t, *subst, items->at(static_cast<size_t>(at))));
    } else {
      fresh = TRY(substitute_nested(t, arg, parameters, items));
    }
    if (unpack) {
      if (!is_tuple(fresh.value())) {
        return raise(t, types::TypeError, "expected __typing_subst__ of {} objects to return a tuple, not {}",
                     TypeName(arg), TypeName(fresh.value()));
      }
      auto tuple = fresh.borrow().as<Tuple>();
      TRY(list_extend_values(t, out, tuple->values(), tuple->length()));
    } else {
      TRY(list_append(t, out, std::move(fresh)));
    }
  }
  return out;
}

}  // namespace

Result<Local<Tuple>> collect_type_parameters(Thread& t, Borrowed<Tuple> args) {
  Local<List> out = TRY(make_list(t));
  for (size_t i = 0; i < args->length(); i++) TRY(collect_into(t, out, args->at(i)));
  return list_to_tuple(t, out);
}

Result<Local<Tuple>> substitute_type_parameters(Thread& t, Borrowed<> self, Borrowed<Tuple> args,
                                                Borrowed<Tuple> parameters, Borrowed<> item) {
  size_t wanted = parameters->length();
  if (wanted == 0) {
    Local<Str> text = TRY(repr_of(t, self));
    return raise(t, types::TypeError, "{} is not a generic class", text);
  }
  Local<List> list = TRY(unpack_arguments(t, item));
  Local<> prepared = TRY(list_to_tuple(t, list));
  for (size_t i = 0; i < wanted; i++) {
    Lookup<> prepare = attribute_not_none(t, parameters->at(i), "__typing_prepare_subst__"_n);
    if (prepare.raised()) return Raised{};
    if (!prepare.found()) continue;
    prepared = TRY(call(t, *prepare, self, prepared));
    if (!is_tuple(prepared.value())) prepared = TRY(make_tuple(t, {prepared.value()}));
  }
  auto items = prepared.borrow().as<Tuple>();
  if (items->length() != wanted) {
    Local<Str> text = TRY(repr_of(t, self));
    return raise(t, types::TypeError, "Too {} arguments for {}; actual {}, expected {}",
                 items->length() > wanted ? "many" : "few", text, items->length(), wanted);
  }
  Local<List> fresh = TRY(substitute_all(t, args, parameters, items));
  return list_to_tuple(t, fresh);
}

Result<void> append_type_repr(Thread& t, StrBuilder& out, Borrowed<> type) {
  if (type.value() == kEllipsis) {
    out.append_ascii("...");
    return ok();
  }
  if (type.is(Value(&types::NoneType))) {
    out.append_ascii("None");
    return ok();
  }
  bool alias = TRY(has_attr(t, type, "__origin__"_n)) && TRY(has_attr(t, type, "__args__"_n));
  if (!alias) {
    Lookup<> qualname = find_attr(t, type, "__qualname__"_n);
    if (qualname.raised()) return Raised{};
    Lookup<> module = find_attr(t, type, "__module__"_n);
    if (module.raised()) return Raised{};
    if (qualname.found() && module.found() && (*module).value() != kNone) {
      Local<Str> place = TRY(str_of(t, *module));
      if (!place->equals_ascii("builtins")) {
        out.append(place);
        out.append_ascii(".");
      }
      Local<Str> name = TRY(str_of(t, *qualname));
      out.append(name);
      return ok();
    }
  }
  Local<Str> text = TRY(repr_of(t, type));
  out.append(text);
  return ok();
}

Result<Local<>> make_generic_alias(Thread& t, Borrowed<> origin, Borrowed<> args) {
  return alias_of(t, &types::GenericAlias, origin, args, false);
}

namespace {

Result<Local<>> alias_new(Thread& t, Borrowed<Type> cls, Borrowed<> origin, Borrowed<> args) {
  return alias_of(t, cls, origin, args, false);
}
constexpr NativeDef kAliasNew = arguments<alias_new>("GenericAlias(type, origin, args, /)");

Result<Local<Tuple>> alias_parameters(Thread& t, Borrowed<GenericAlias> self) {
  Local<Tuple> known = self->parameters.load(self.get());
  if (known) return known;
  Local<Tuple> made = TRY(collect_type_parameters(t, self->args.borrow()));
  self->parameters.set(made.dup());
  return made;
}

Result<void> append_args(Thread& t, StrBuilder& out, const Value* values, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (i) out.append_ascii(", ");
    Borrowed<> arg(values[i]);
    if (is_list(arg)) {
      ENTER_RECURSION(t, " while getting the repr of an object");
      Local<Tuple> inner = TRY(list_to_tuple(t, arg.as<List>()));
      out.append_ascii("[");
      TRY(append_args(t, out, inner->values(), inner->length()));
      out.append_ascii("]");
    } else {
      TRY(append_type_repr(t, out, arg));
    }
  }
  return ok();
}

Result<Local<>> alias_op_repr(Thread& t, Borrowed<> v) {
  auto self = v.as<GenericAlias>();
  ENTER_RECURSION(t, " while getting the repr of an object");
  StrBuilder out(t);
  if (self->starred) out.append_ascii("*");
  TRY(append_type_repr(t, out, self->origin.borrow()));
  out.append_ascii("[");
  auto args = self->args.borrow();
  if (args->length() == 0) out.append_ascii("()");
  TRY(append_args(t, out, args->values(), args->length()));
  out.append_ascii("]");
  return out.finish();
}

Result<int64_t> alias_op_hash(Thread& t, Borrowed<> v) {
  auto self = v.as<GenericAlias>();
  int64_t a = TRY(hash_of(t, self->origin.borrow()));
  int64_t b = TRY(hash_of(t, self->args.borrow()));
  int64_t h = a ^ b;
  return h == -1 ? -2 : h;
}

Result<Local<>> alias_op_call(Thread& t, Borrowed<> v, const CallArgs& args) {
  auto self = v.as<GenericAlias>();
  Local<> made = TRY(call_with(t, self->origin.borrow(), args));
  if (set_attr(t, made, "__orig_class__"_n, v).raised()) {
    if (!clear_pending_if(t, types::AttributeError) && !clear_pending_if(t, types::TypeError)) return Raised{};
  }
  return made;
}

bool own_attribute(Borrowed<Str> name) {
  if (!name->is_ascii()) return false;
  std::string_view s = name->ascii_view();
  if (s.size() < 4 || s.substr(0, 2) != "__" || s.substr(s.size() - 2) != "__") return false;
  static constexpr std::string_view kOwn[] = {
      "__class__", "__origin__", "__args__", "__unpacked__", "__parameters__", "__typing_unpacked_tuple_args__",
      "__mro_entries__", "__reduce_ex__", "__reduce__", "__bases__", "__copy__", "__deepcopy__"};
  for (std::string_view own : kOwn) {
    if (s == own) return true;
  }
  return false;
}

Lookup<> alias_op_getattr(Thread& t, Borrowed<> v, Borrowed<Str> name) {
  if (own_attribute(name)) return generic_getattr(t, v, name);
  return get_attr(t, v.as<GenericAlias>()->origin.borrow(), name);
}

Result<Local<>> alias_op_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (!is_instance(a, types::GenericAlias) || !is_instance(b, types::GenericAlias) ||
      (op != CompareOp::Eq && op != CompareOp::Ne)) {
    return kNotImplemented;
  }
  auto x = a.as<GenericAlias>(), y = b.as<GenericAlias>();
  bool same = x->starred == y->starred && TRY(equals(t, x->origin.borrow(), y->origin.borrow())) &&
              TRY(equals(t, x->args.borrow(), y->args.borrow()));
  return Value::boolean(same == (op == CompareOp::Eq));
}

Result<Local<>> alias_op_getitem(Thread& t, Borrowed<> v, Borrowed<> item) {
  auto self = v.as<GenericAlias>();
  Local<Tuple> parameters = TRY(alias_parameters(t, self));
  Local<Tuple> args = TRY(substitute_type_parameters(t, v, self->args.borrow(), parameters, item));
  return alias_of(t, &types::GenericAlias, self->origin.borrow(), args, self->starred != 0);
}

Result<Local<>> starred_of(Mutator& m, Borrowed<GenericAlias> self) {
  return alias_of(m, &types::GenericAlias, self->origin.borrow(), self->args.borrow(), true);
}
Result<Local<>> alias_op_iter(Thread& t, Borrowed<> v) {
  Local<> starred = TRY(starred_of(t, v.as<GenericAlias>()));
  Local<Tuple> once = TRY(make_tuple(t, {starred.value()}));
  return get_iter(t, once);
}

Result<Local<>> alias_mro_entries(Thread& t, Borrowed<GenericAlias> self, Borrowed<>) {
  return make_tuple(t, {self->origin.raw()});
}
Result<bool> alias_instancecheck(Thread& t, Borrowed<GenericAlias>, Borrowed<>) {
  return raise(t, types::TypeError, "isinstance() argument 2 cannot be a parameterized generic");
}
Result<bool> alias_subclasscheck(Thread& t, Borrowed<GenericAlias>, Borrowed<>) {
  return raise(t, types::TypeError, "issubclass() argument 2 cannot be a parameterized generic");
}
Result<Local<>> alias_reduce(Thread& t, Borrowed<GenericAlias> self) {
  Value cls(&types::GenericAlias);
  if (self->starred) {
    Local<> plain = TRY(alias_of(t, &types::GenericAlias, self->origin.borrow(), self->args.borrow(), false));
    Local<> iterator = TRY(get_iter(t, plain));
    Local<> next = TRY(builtin_named(t, "next"_n));
    Local<Tuple> args = TRY(make_tuple(t, {iterator.value()}));
    return make_tuple(t, {next.value(), args.value()});
  }
  Local<Tuple> args = TRY(make_tuple(t, {self->origin.raw(), self->args.raw()}));
  return make_tuple(t, {cls, args.value()});
}
Result<Local<>> alias_dir(Thread& t, Borrowed<GenericAlias> self) {
  Local<> dir = TRY(builtin_named(t, "dir"_n));
  Local<> names = TRY(call(t, dir, self->origin.borrow()));
  Local<> list = TRY(list_from(t, names));
  for (Borrowed<Str> extra : {"__origin__"_n, "__args__"_n, "__parameters__"_n, "__mro_entries__"_n,
                              "__reduce_ex__"_n, "__reduce__"_n, "__unpacked__"_n,
                              "__typing_unpacked_tuple_args__"_n, "__class__"_n}) {
    if (!TRY(contains(t, list, extra))) TRY(list_append(t, list.borrow().as<List>(), Local<>::share(extra)));
  }
  return list;
}

Result<Local<>> alias_origin(Thread&, Borrowed<GenericAlias> self) { return Local<>::share(self->origin.borrow()); }
Result<Local<>> alias_args(Thread&, Borrowed<GenericAlias> self) { return Local<>::share(self->args.borrow()); }
Result<Local<>> alias_get_parameters(Thread& t, Borrowed<GenericAlias> self) { return alias_parameters(t, self); }
Result<Local<>> alias_unpacked(Thread&, Borrowed<GenericAlias> self) { return Value::boolean(self->starred != 0); }
Result<Local<>> alias_unpacked_args(Thread&, Borrowed<GenericAlias> self) {
  if (self->starred && self->origin.raw() == Value(&types::Tuple)) return Local<>::share(self->args.borrow());
  return kNone;
}

constexpr NativeDef kAliasMethods[] = {
    method<alias_mro_entries>("__mro_entries__(self, bases, /)", nullptr),
    method<alias_instancecheck>("__instancecheck__(self, instance, /)", nullptr),
    method<alias_subclasscheck>("__subclasscheck__(self, cls, /)", nullptr),
    method<alias_reduce>("__reduce__(self, /)", nullptr),
    method<alias_dir>("__dir__(self, /)", nullptr),
};
constexpr GetSetDef kAliasGetSets[] = {
    getter<alias_origin>("__origin__", nullptr),
    getter<alias_args>("__args__", nullptr),
    getter<alias_get_parameters>("__parameters__", "Type variables in the GenericAlias."),
    getter<alias_unpacked>("__unpacked__", nullptr),
    getter<alias_unpacked_args>("__typing_unpacked_tuple_args__", nullptr),
};
constexpr Layout kGenericAliasLayout = layout_of<GenericAlias>("GenericAlias");

Result<Local<>> union_op_or(Thread& t, Borrowed<> a, Borrowed<> b) { return make_union(t, a, b); }

const TypeDef kGenericAliasDef = [] {
  TypeDef d{.name = "types.GenericAlias",
            .signature = "(origin, args, /)",
            .doc = "Represent a PEP 585 generic type\n\nE.g. for t = list[int], t.__origin__ is list and t.__args__ is (int,).",
            .layout = &kGenericAliasLayout,
            .flags = kTypeSubclassable | kTypeWeakrefable,
            OROCHI_METHODS(kAliasMethods),
            OROCHI_GETSETS(kAliasGetSets)};
  d.slots.repr = alias_op_repr;
  d.slots.hash = alias_op_hash;
  d.slots.call = alias_op_call;
  d.slots.getattr = alias_op_getattr;
  d.slots.compare = alias_op_compare;
  d.slots.iter = alias_op_iter;
  d.slots.new_ = new_slot<kAliasNew>;
  d.slots.getitem = alias_op_getitem;
  d.slots.binary[static_cast<int>(BinaryOp::Or)] = union_op_or;
  return d;
}();

}  // namespace

OROCHI_TYPE(GenericAlias, kGenericAliasDef)

}  // namespace orochi
