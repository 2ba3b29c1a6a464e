// The class statement (Python reference, "Customizing class creation": __mro_entries__, the metaclass, __prepare__,
// running the body, calling the metaclass).
#include "modules/builtins/build_class.h"

#include "builtins/type_type.h"
#include "objects/dict.h"
#include "objects/function.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"

namespace orochi {

namespace {

// Replaces bases that are not classes by what their __mro_entries__ gives. *changed: __orig_bases__ must be set.
Result<Local<Tuple>> resolve_bases(Thread& t, Borrowed<Tuple> bases, bool* changed) {
  Local<List> out;
  for (size_t i = 0; i < bases->length(); i++) {
    Borrowed<> base = bases->at(i);
    Lookup<> entries = kAbsent;
    if (!is_type(base)) {
      entries = find_attr(t, base, "__mro_entries__"_n);
      if (entries.raised()) return Raised{};
    }
    if (entries.absent()) {
      if (out) TRY(list_append(t, out, Local<>::share(base)));
      continue;
    }
    Local<> replacement = TRY(call(t, *entries, bases));
    if (!is_tuple(replacement.value())) {
      return raise(t, types::TypeError, "__mro_entries__ must return a tuple");
    }
    if (!out) {
      out = TRY(make_list(t));
      TRY(list_extend_values(t, out, bases->values(), i));
    }
    auto tuple = replacement.borrow().as<Tuple>();
    TRY(list_extend_values(t, out, tuple->values(), tuple->length()));
  }
  *changed = static_cast<bool>(out);
  if (!out) return Local<Tuple>::share(bases);
  return list_to_tuple(t, out);
}

}  // namespace

Result<Local<>> builtins_build_class(Thread& t, Borrowed<> func, Borrowed<> name, Rest base_args, KwRest kwds) {
  if (!is_function(func)) return raise(t, types::TypeError, "__build_class__: func must be a function");
  if (!is_str(name)) return raise(t, types::TypeError, "__build_class__: name is not a string");
  Local<Tuple> original = TRY(make_tuple(t, base_args.values, base_args.count));
  bool changed = false;
  Local<Tuple> bases = TRY(resolve_bases(t, original, &changed));

  Local<> meta;
  Local<List> keyword_names = TRY(make_list(t)), keyword_values = TRY(make_list(t));
  for (size_t i = 0; i < kwds.count; i++) {
    if (Borrowed<Str>(kwds.names[i])->equals_ascii("metaclass")) {
      meta = Local<>::share(kwds.values[i]);
      continue;
    }
    TRY(list_append(t, keyword_names, Local<>::share(kwds.names[i])));
    TRY(list_append(t, keyword_values, Local<>::share(kwds.values[i])));
  }
  if (!meta) {
    meta = bases->length() ? Local<>::share(Value(type_of(bases->at(0)))) : Local<>::share(Value(&types::Type));
  }
  if (is_type(meta.value())) {  // the most derived metaclass
    Type* winner = meta.borrow().as<Type>().get();
    for (size_t i = 0; i < bases->length(); i++) {
      Type* m = type_of(bases->at(i));
      if (is_subtype(winner, m)) continue;
      if (is_subtype(m, winner)) {
        winner = m;
        continue;
      }
      return raise(t, types::TypeError, "metaclass conflict: the metaclass of a derived class must be a (non-strict) "
                                        "subclass of the metaclasses of all its bases");
    }
    meta = Local<>::share(Value(winner));
  }

  Local<Tuple> names = TRY(list_to_tuple(t, keyword_names));
  Local<Tuple> extra = TRY(list_to_tuple(t, keyword_values));
  auto call_with_keywords = [&](Borrowed<> callable, std::initializer_list<Value> positional) -> Result<Local<>> {
    Local<Tuple> all = TRY(make_tuple_uninitialised(t, positional.size() + extra->length()));
    size_t n = 0;
    for (Value v : positional) all->items()[n++].init_share(Borrowed<>(v));
    for (size_t i = 0; i < extra->length(); i++) all->items()[n++].init_share(extra->at(i));
    return call_with(t, callable,
                     CallArgs{all->values(), positional.size(), names->length() ? names.borrow() : Borrowed<Tuple>()});
  };

  Local<> ns;
  Lookup<> prepare = find_attr(t, meta, "__prepare__"_n);
  if (prepare.raised()) return Raised{};
  if (prepare.absent()) {
    ns = TRY(make_dict(t));
  } else {
    ns = TRY(call_with_keywords(*prepare, {name.value(), bases.value()}));
  }
  if (!type_of(ns.value())->slots.getitem) {
    Local<Str> shown = is_type(meta.value()) ? meta.borrow().as<Type>()->name.load(meta.value().as_object())
                                             : TRY(make_str(t, "<metaclass>"));
    return raise(t, types::TypeError, "{}.__prepare__() must return a mapping, not {}", shown, TypeName(ns.value()));
  }
  Local<> cell = TRY(call_function_with_locals(t, func.as<Function>(), ns));
  if (changed) TRY(set_item(t, ns, "__orig_bases__"_n, original));
  Local<> cls = TRY(call_with_keywords(meta, {name.value(), bases.value(), ns.value()}));
  if (is_type(cls.value()) && is_cell(cell.value())) {
    Local<> content = cell.borrow().as<Cell>()->value.load(cell.value().as_object());
    if (!content) {
      Local<Str> shown = TRY(repr_of(t, name));
      Local<Str> shown_class = TRY(repr_of(t, cls));
      return raise(t, types::RuntimeError,
                   "__class__ not set defining {} as {}. Was __classcell__ propagated to type.__new__?", shown, shown_class);
    }
    if (content.value() != cls.value()) {
      Local<Str> a = TRY(repr_of(t, content)), b = TRY(repr_of(t, name)), c = TRY(repr_of(t, cls));
      return raise(t, types::TypeError, "__class__ set to {} defining {} as {}", a, b, c);
    }
  }
  return cls;
}

}  // namespace orochi
