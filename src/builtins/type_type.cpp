// `type`: creating classes (Python data model, "Metaclasses" and "Creating the class object"), their attributes, and
// type.__call__.
#include "builtins/type_type.h"

#include <cstring>

#include "objects/dict.h"
#include "objects/mapping_proxy.h"
#include "objects/function.h"
#include "objects/list.h"
#include "objects/shape_table.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/dunder_slots.h"
#include "protocols/operators.h"
#include "protocols/type_ready.h"

namespace orochi {

extern const Layout kTypeLayout;

Type& MemberDescriptor::python_type() { return types::MemberDescriptor; }

namespace {

Borrowed<Type> as_type(Borrowed<> v) { return v.as<Type>(); }

// ---- __slots__ ----

// _Outer__name for private names, as the compiler mangles them.
Result<Local<Str>> mangle(Thread& t, Borrowed<Str> class_name, Borrowed<Str> name) {
  size_t n = name->length();
  if (n < 3 || name->at(0) != '_' || name->at(1) != '_' || (name->at(n - 1) == '_' && name->at(n - 2) == '_')) {
    return intern(t, name);
  }
  size_t start = 0;
  while (start < class_name->length() && class_name->at(start) == '_') start++;
  if (start == class_name->length()) return intern(t, name);
  Local<Str> stripped = TRY(str_substring(t, class_name, start, class_name->length()));
  Local<Str> mangled = TRY(format_str(t, "_{}{}", stripped, name));
  return intern(t, mangled);
}

struct SlotNames {
  Local<List> names;      // interned, mangled, without __dict__ and __weakref__
  bool given = false;
  bool wants_dict = false;
  bool wants_weakref = false;
};

bool is_identifier(Borrowed<Str> s) {
  if (s->length() == 0) return false;
  for (size_t i = 0; i < s->length(); i++) {
    uint32_t c = s->at(i);
    bool letter = c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
    if (!letter && !(i > 0 && c >= '0' && c <= '9')) return false;
  }
  return true;
}

Result<void> read_slots(Thread& t, Borrowed<Str> class_name, Borrowed<Dict> ns, Borrowed<Type> base, SlotNames* out) {
  Lookup<> declared = dict_find_str(t, ns, "__slots__"_n);
  if (declared.raised()) return Raised{};
  out->names = TRY(make_list(t));
  if (declared.absent()) return ok();
  out->given = true;
  Local<Tuple> all = is_str((*declared).value()) ? TRY(make_tuple(t, {(*declared).value()}))
                                                  : TRY(tuple_from(t, *declared));
  if (all->length() > 0 && base->layout->item_size != 0) {
    bool only_dict = true;
    for (size_t i = 0; i < all->length(); i++) {
      if (!is_str(all->at(i)) || !all->at(i).as<Str>()->equals_ascii("__dict__")) only_dict = false;
    }
    if (!only_dict) {
      return raise(t, types::TypeError, "nonempty __slots__ not supported for subtype of '{}'", base);
    }
  }
  for (size_t i = 0; i < all->length(); i++) {
    Borrowed<> item = all->at(i);
    if (!is_str(item)) {
      return raise(t, types::TypeError, "__slots__ items must be strings, not '{}'", TypeName(item));
    }
    Borrowed<Str> name = item.as<Str>();
    if (!is_identifier(name)) return raise(t, types::TypeError, "__slots__ must be identifiers");
    if (name->equals_ascii("__dict__")) {
      if (out->wants_dict || (base->load_type_flags() & kTypeHasDict)) {
        return raise(t, types::TypeError, "__dict__ slot disallowed: we already got one");
      }
      out->wants_dict = true;
      continue;
    }
    if (name->equals_ascii("__weakref__")) {
      if (out->wants_weakref || (base->load_type_flags() & kTypeWeakrefable)) {
        return raise(t, types::TypeError, "__weakref__ slot disallowed: we already got one");
      }
      out->wants_weakref = true;
      continue;
    }
    Local<Str> mangled = TRY(mangle(t, class_name, name));
    Lookup<> clash = dict_find_str(t, ns, mangled);
    if (clash.raised()) return Raised{};
    if (clash.found() && !mangled->equals_ascii("__qualname__") && !mangled->equals_ascii("__classcell__") &&
        !mangled->equals_ascii("__classdictcell__")) {
      return raise(t, types::ValueError, "'{}' in __slots__ conflicts with class variable", name);
    }
    TRY(list_append(t, out->names, std::move(mangled)));
  }
  return ok();
}

Result<void> call_set_names(Thread& t, Borrowed<Type> type) {
  Local<Dict> snapshot = TRY(dict_copy(t, type->dict.borrow()));
  size_t position = 0;
  Local<> key, value;
  while (dict_next(t, snapshot, &position, &key, &value)) {
    const Value args[] = {type, key.value()};
    Lookup<> r = call_special(t, value, "__set_name__"_n, args, 2);
    if (r.raised()) {
      Local<> e = take_pending(t);
      if (is_str(key.value())) {
        auto note = format_str(t, "Error calling __set_name__ on '{}' instance '{}' in '{}'", TypeName(value.value()),
                               key.borrow().as<Str>(), type);
        if (!note.raised()) {
          auto added = call_method(t, e, "add_note"_n, *note);
          if (added.raised()) clear_pending(t);
        } else {
          clear_pending(t);
        }
      }
      set_pending(t, std::move(e));
      return Raised{};
    }
  }
  return ok();
}

Result<void> call_init_subclass(Thread& t, Borrowed<Type> type, const CallArgs& kwargs) {
  // super(type, type).__init_subclass__(**kwargs)
  Borrowed<Tuple> mro = type->mro.borrow();
  for (size_t i = 1; i < mro->length(); i++) {
    Borrowed<Type> each = mro->at(i).as<Type>();
    Lookup<> found = dict_find_str(t, each->dict.borrow(), "__init_subclass__"_n);
    if (found.raised()) return Raised{};
    if (found.absent()) continue;
    Local<> method = found.take();
    if (DescrGetFn get = type_of(method.value())->slots.descr_get) method = TRY(get(t, method, Borrowed<>(), type));
    (void)TRY(call_with(t, method, CallArgs{kwargs.values + kwargs.count, 0, kwargs.names}));
    return ok();
  }
  return ok();
}

Result<void> check_name(Thread& t, Borrowed<> value) {
  if (!is_str(value)) {
    return raise(t, types::TypeError, "type.__new__() argument 1 must be str, not {}", TypeName(value));
  }
  Borrowed<Str> s = value.as<Str>();
  for (size_t i = 0; i < s->length(); i++) {
    if (s->at(i) == 0) return raise(t, types::ValueError, "type name must not contain null characters");
  }
  return ok();
}

}  // namespace

Result<Local<>> (*caller_module_hook)(Thread& t) = nullptr;

Result<Local<>> type_new(Thread& t, Borrowed<Type> metatype, Borrowed<Str> name, Borrowed<Tuple> bases,
                         Borrowed<Dict> original, const CallArgs& keywords) {
  // Bases, and the metaclass that all of them agree on.
  Local<Tuple> actual_bases = bases->length() ? Local<Tuple>::share(bases) : TRY(make_tuple(t, {Value(&types::Object)}));
  Type* winner = metatype.get();
  for (size_t i = 0; i < bases->length(); i++) {
    Borrowed<> base = bases->at(i);
    if (!is_type(base)) {
      Lookup<> entries = find_attr(t, base, "__mro_entries__"_n);
      if (entries.raised()) return Raised{};
      if (entries.found()) {
        return raise(t, types::TypeError, "type() doesn't support MRO entry resolution; use types.new_class()");
      }
      return raise(t, types::TypeError, "metaclass conflict: the metaclass of a derived class must be a (non-strict) "
                                        "subclass of the metaclasses of all its bases");
    }
    Type* m = type_of(base);
    if (is_subtype(winner, m)) continue;
    if (is_subtype(m, winner)) {
      winner = m;
      continue;
    }
    return raise(t, types::TypeError, "metaclass conflict: the metaclass of a derived class must be a (non-strict) "
                                      "subclass of the metaclasses of all its bases");
  }
  if (winner != metatype.get() && winner->slots.new_ != types::Type.slots.new_) {
    size_t names = keywords.has_names() ? keywords.names->length() : 0;
    Local<Tuple> all = TRY(make_tuple_uninitialised(t, 3 + names));
    all->items()[0].init_share(name);
    all->items()[1].init_share(bases);
    all->items()[2].init_share(original);
    for (size_t i = 0; i < names; i++) all->items()[3 + i].init_share(Borrowed<>(keywords.values[keywords.count + i]));
    return winner->slots.new_(t, Borrowed<Type>(winner), CallArgs{all->values(), 3, keywords.names});
  }
  metatype = Borrowed<Type>(winner);
  Borrowed<Type> base = TRY(best_base(t, actual_bases));

  Local<Dict> ns = TRY(dict_copy(t, original));
  SlotNames slots;
  TRY(read_slots(t, name, ns, base, &slots));

  uint32_t flags = kTypeSubclassable | (base->load_type_flags() & (kTypeHasDict | kTypeWeakrefable | kTypeSequence |
                                                                   kTypeMapping | kTypeMatchSelf |
                                                                   kTypeDeferredInstances));
  // Sequence or mapping patterns: the first base that says so decides.
  for (size_t i = 0; i < actual_bases->length() && !(flags & (kTypeSequence | kTypeMapping)); i++) {
    flags |= actual_bases->at(i).as<Type>()->load_type_flags() & (kTypeSequence | kTypeMapping);
  }
  if (!slots.given) {
    flags |= kTypeHasDict | kTypeWeakrefable;
  } else {
    if (slots.wants_dict) flags |= kTypeHasDict;
    if (slots.wants_weakref) flags |= kTypeWeakrefable;
    // A second base may bring what this one lacks.
    for (size_t i = 0; i < actual_bases->length(); i++) {
      flags |= actual_bases->at(i).as<Type>()->load_type_flags() & (kTypeHasDict | kTypeWeakrefable);
    }
  }
  // Classes and modules keep their attributes in a dict of their own, not in instance slots.
  if (base->root_shape->load_flags() & (kShapeIsType | kShapeIsModule)) flags &= ~static_cast<uint32_t>(kTypeHasDict);
  uint32_t fixed = base->fixed_slots + static_cast<uint32_t>(slots.names->length());
  if (fixed > 0x7fff) return raise(t, types::TypeError, "too many __slots__");
  // Room for the attributes that the methods of this class and its bases assign (the compiler lists them).
  uint32_t wanted = base->wanted_slots > base->fixed_slots && base->is_heap_type() ? base->wanted_slots - base->fixed_slots : 0;
  Lookup<> assigned = dict_find_str(t, ns, "__static_attributes__"_n);
  if (assigned.raised()) return Raised{};
  if (assigned.found() && is_tuple((*assigned).value())) {
    uint32_t own = static_cast<uint32_t>((*assigned).borrow().as<Tuple>()->length());
    wanted = base->is_heap_type() && wanted > own && base.get() != &types::Object ? wanted : wanted + own;
  }
  if (wanted < 2) wanted = 2;

  Local<Type> type = TRY(make_heap_type(t, metatype, base, actual_bases, fixed, wanted, flags));
  type->name.init_share(name);
  Lookup<> qualname = dict_find_str(t, ns, "__qualname__"_n);
  if (qualname.raised()) return Raised{};
  if (qualname.found()) {
    if (!is_str((*qualname).value())) {
      return raise(t, types::TypeError, "type __qualname__ must be a str, not {}", TypeName((*qualname).value()));
    }
    type->qualname.init(std::move(*qualname).as<Str>());
    (void)TRY(dict_delete_str(t, ns, "__qualname__"_n));
  } else {
    type->qualname.init_share(name);
  }
  Lookup<> module = dict_find_str(t, ns, "__module__"_n);
  if (module.raised()) return Raised{};
  if (module.absent() && caller_module_hook) {
    Local<> from_caller = TRY(caller_module_hook(t));
    if (from_caller.value() != kNone) TRY(dict_set_str(t, ns, "__module__"_n, std::move(from_caller)));
  }
  // __new__ is a static method and __init_subclass__, __class_getitem__ are class methods without saying so.
  auto wrap = [&](Borrowed<Str> which, bool as_static) -> Result<void> {
    Lookup<> f = dict_find_str(t, ns, which);
    if (f.raised()) return Raised{};
    if (f.absent() || !is_function((*f).value())) return ok();
    if (as_static) {
      Local<StaticMethod> w = TRY(make_object<StaticMethod>(t));
      w->callable.init(f.take());
      return dict_set_str(t, ns, which, std::move(w));
    }
    Local<ClassMethod> w = TRY(make_object<ClassMethod>(t));
    w->callable.init(f.take());
    return dict_set_str(t, ns, which, std::move(w));
  };
  TRY(wrap("__new__"_n, true));
  TRY(wrap("__init_subclass__"_n, false));
  TRY(wrap("__class_getitem__"_n, false));
  // A type that defines __eq__ but not __hash__ is unhashable.
  Lookup<> eq = dict_find_str(t, ns, "__eq__"_n);
  Lookup<> hash = dict_find_str(t, ns, "__hash__"_n);
  if (eq.raised() || hash.raised()) return Raised{};
  if (eq.found() && hash.absent()) TRY(dict_set_str(t, ns, "__hash__"_n, immediate(kNone)));
  Lookup<> doc = dict_find_str(t, ns, "__doc__"_n);
  if (doc.raised()) return Raised{};
  if (doc.absent()) TRY(dict_set_str(t, ns, "__doc__"_n, immediate(kNone)));

  for (size_t i = 0; i < slots.names->length(); i++) {
    Lookup<> slot_name = list_get(t, slots.names, static_cast<int64_t>(i));
    if (!slot_name.found()) return Raised{};
    Local<MemberDescriptor> d = TRY(make_object<MemberDescriptor>(t));
    d->name.init_share((*slot_name).borrow().as<Str>());
    d->owner.init_share(type.borrow());
    d->slot = base->fixed_slots + static_cast<uint32_t>(i);
    TRY(dict_set_str(t, ns, (*slot_name).borrow().as<Str>(), std::move(d)));
  }
  bool adds_dict = (flags & kTypeHasDict) && !(base->load_type_flags() & kTypeHasDict);
  bool adds_weakref = (flags & kTypeWeakrefable) && !(base->load_type_flags() & kTypeWeakrefable);
  if (adds_dict) TRY(add_property(t, ns, type, kInstanceDictGetSet));
  if (adds_weakref) TRY(add_property(t, ns, type, kWeakrefGetSet));

  Lookup<> classcell = dict_find_str(t, ns, "__classcell__"_n);
  if (classcell.raised()) return Raised{};
  if (classcell.found()) (void)TRY(dict_delete_str(t, ns, "__classcell__"_n));
  Lookup<> classdictcell = dict_find_str(t, ns, "__classdictcell__"_n);
  if (classdictcell.raised()) return Raised{};
  if (classdictcell.found()) (void)TRY(dict_delete_str(t, ns, "__classdictcell__"_n));

  type->dict.init(ns.dup());
  // The metaclass may compute the linearisation itself.
  Lookup<> custom_mro = type_lookup(t, metatype, "mro"_n);
  if (custom_mro.raised()) return Raised{};
  if (custom_mro.found() && type_of((*custom_mro).value()) != &types::MethodDescriptor) {
    type->mro.init(TRY(compute_mro(t, type, actual_bases)));
    TRY(install_custom_mro(t, type));
  } else {
    type->mro.init(TRY(compute_mro(t, type, actual_bases)));
  }
  TRY(update_slots(t, type));
  type->type_flags |= kTypeReady;
  for (auto* cell : {&classcell, &classdictcell}) {
    if (!cell->found()) continue;
    if (!is_cell((**cell).value())) {
      return raise(t, types::TypeError, "__classcell__ must be a nonlocal cell, not <class '{}'>", TypeName((**cell).value()));
    }
    (**cell).borrow().as<Cell>()->value.set(cell == &classcell ? Local<>(type.dup()) : Local<>(ns.dup()));
  }
  TRY(call_set_names(t, type));
  TRY(call_init_subclass(t, type, keywords));
  return type;
}

Result<void> install_custom_mro(Thread& t, Borrowed<Type> type) {
  Local<> result = TRY(call_method(t, type, "mro"_n));
  Local<Tuple> mro = TRY(tuple_from(t, result));
  for (size_t i = 0; i < mro->length(); i++) {
    if (!is_type(mro->at(i))) {
      return raise(t, types::TypeError, "mro() returned a non-class ('{}')", TypeName(mro->at(i)));
    }
    Type* each = mro->at(i).as<Type>().get();
    if (each != type.get() && each->layout != type->layout && !is_subtype(type->base.borrow().get(), each) &&
        each->layout != types::Object.layout) {
      return raise(t, types::TypeError, "mro() returned base with unsuitable layout ('{}')", each);
    }
  }
  type->mro.set(std::move(mro));
  type_modified(type.get());
  return ok();
}

Result<void> add_property(Thread& t, Borrowed<Dict> ns, Borrowed<Type> owner, const GetSetDef& def) {
  Local<Str> key = TRY(intern(t, std::string_view(def.name)));
  Lookup<> existing = dict_find_str(t, ns, key);
  if (existing.raised()) return Raised{};
  if (existing.found()) return ok();
  Local<GetSetDescriptor> d = TRY(make_object<GetSetDescriptor>(t));
  d->def = &def;
  d->owner.init_share(owner);
  return dict_set_str(t, ns, key, std::move(d));
}

namespace {

// ---- type's own slots ----

Result<Local<>> type_op_new(Thread& t, Borrowed<Type> metatype, const CallArgs& args) {
  if (args.count != 3) {
    return raise(t, types::TypeError, "type.__new__() takes exactly 3 arguments ({} given)", args.count);
  }
  TRY(check_name(t, args[0]));
  if (!is_tuple(args[1])) {
    return raise(t, types::TypeError, "type.__new__() argument 2 must be tuple, not {}", TypeName(args[1]));
  }
  if (!is_dict(args[2])) {
    return raise(t, types::TypeError, "type.__new__() argument 3 must be dict, not {}", TypeName(args[2]));
  }
  return type_new(t, metatype, args[0].as<Str>(), args[1].as<Tuple>(), args[2].as<Dict>(), args);
}

Result<void> type_op_init(Thread& t, Borrowed<> self, const CallArgs& args) {
  if (args.count == 1 && args.has_names()) {
    return raise(t, types::TypeError, "type.__init__() takes no keyword arguments");
  }
  if (args.count != 1 && args.count != 3) return raise(t, types::TypeError, "type.__init__() takes 1 or 3 arguments");
  return ok();
}

Result<Local<>> type_op_call(Thread& t, Borrowed<> self, const CallArgs& args) {
  Borrowed<Type> type = as_type(self);
  if (type.get() == &types::Type) {
    if (args.count == 1 && !args.has_names()) return Local<>::share(Value(type_of(args[0])));
    if (args.count != 3) return raise(t, types::TypeError, "type() takes 1 or 3 arguments");
  }
  NewFn make = type->slots.new_;
  if (!make) {
    if (type->def) return raise(t, types::TypeError, "cannot create '{}' instances", type->def->name);
    return raise(t, types::TypeError, "cannot create '{}' instances", type);
  }
  Local<> object = TRY(make(t, type, args));
  Type* made = type_of(object.value());
  if (made != type.get() && !is_subtype(made, type.get())) return object;
  if (InitFn init = made->slots.init) TRY(init(t, object, args));
  return object;
}

Result<Local<>> type_op_repr(Thread& t, Borrowed<> self) {
  Borrowed<Type> type = as_type(self);
  Local<> module = TRY(type_module(t, type));
  Local<Str> qualname = type->qualname.load(type.get());
  if (is_str(module.value()) && !module.borrow().as<Str>()->equals_ascii("builtins")) {
    return format_str(t, "<class '{}.{}'>", module.borrow().as<Str>(), qualname);
  }
  return format_str(t, "<class '{}'>", type->is_heap_type() ? qualname.borrow() : type->name.borrow());
}

Result<Local<>> type_op_or(Thread& t, Borrowed<> left, Borrowed<> right) {
  if (!make_union_hook) return kNotImplemented;
  return make_union_hook(t, left, right);
}

// ---- properties ----

Result<Local<>> type_name(Thread& t, Borrowed<Type> type) { return type->name.load(type.get()); }
Result<void> heap_only(Thread& t, Borrowed<Type> type, const char* what, Borrowed<> value) {
  if (!type->is_heap_type()) {
    return raise(t, types::TypeError, "cannot set '{}' attribute of immutable type '{}'", what, type);
  }
  if (!value) return raise(t, types::TypeError, "cannot delete '{}' attribute of immutable type '{}'", what, type);
  return ok();
}
Result<void> type_set_name(Thread& t, Borrowed<Type> type, Borrowed<> value) {
  TRY(heap_only(t, type, "__name__", value));
  if (!is_str(value)) {
    return raise(t, types::TypeError, "can only assign string to {}.__name__, not '{}'", type, TypeName(value));
  }
  Borrowed<Str> s = value.as<Str>();
  for (size_t i = 0; i < s->length(); i++) {
    if (s->at(i) == 0) return raise(t, types::ValueError, "type name must not contain null characters");
  }
  type->name.set_share(s);
  return ok();
}
Result<Local<>> type_qualname(Thread& t, Borrowed<Type> type) { return type->qualname.load(type.get()); }
Result<void> type_set_qualname(Thread& t, Borrowed<Type> type, Borrowed<> value) {
  TRY(heap_only(t, type, "__qualname__", value));
  if (!is_str(value)) {
    return raise(t, types::TypeError, "can only assign string to {}.__qualname__, not '{}'", type, TypeName(value));
  }
  type->qualname.set_share(value.as<Str>());
  return ok();
}
Result<Local<>> type_get_module(Thread& t, Borrowed<Type> type) {
  Local<> module = TRY(type_module(t, type));
  if (!module) return raise(t, types::AttributeError, "__module__");
  return module;
}
Result<void> type_set_module(Thread& t, Borrowed<Type> type, Borrowed<> value) {
  TRY(heap_only(t, type, "__module__", value));
  TRY(dict_set_str(t, type->dict.borrow(), "__module__"_n, Local<>::share(value)));
  type_modified(type.get());
  return ok();
}
Result<Local<>> type_bases(Thread& t, Borrowed<Type> type) { return type->bases.load(type.get()); }
Result<void> type_set_bases(Thread& t, Borrowed<Type> type, Borrowed<> value) {
  TRY(heap_only(t, type, "__bases__", value));
  if (!is_tuple(value)) {
    return raise(t, types::TypeError, "can only assign tuple to {}.__bases__, not {}", type, TypeName(value));
  }
  Borrowed<Tuple> bases = value.as<Tuple>();
  if (bases->length() == 0) {
    return raise(t, types::TypeError, "can only assign non-empty tuple to {}.__bases__, not ()", type);
  }
  for (size_t i = 0; i < bases->length(); i++) {
    if (!is_type(bases->at(i))) {
      return raise(t, types::TypeError, "{}.__bases__ must be tuple of classes, not '{}'", type, TypeName(bases->at(i)));
    }
    if (is_subtype(bases->at(i).as<Type>().get(), type.get())) {
      return raise(t, types::TypeError, "a __bases__ item causes an inheritance cycle");
    }
  }
  Borrowed<Type> base = TRY(best_base(t, bases));
  if (base->layout != type->base.borrow()->layout || base->fixed_slots != type->base.borrow()->fixed_slots ||
      ((base->load_type_flags() ^ type->base.borrow()->load_type_flags()) & kTypeHasDict)) {
    return raise(t, types::TypeError, "__bases__ assignment: '{}' object layout differs from '{}'", base,
                 type->base.borrow());
  }
  auto* raw = static_cast<Type**>(allocate_raw(bases->length() * sizeof(Type*)));
  if (!raw) return raise_no_memory(t);
  {
    TypeLock lock;
    for (uint32_t i = 0; i < type->raw_base_count; i++) remove_subclass(type->raw_bases[i], type.get());
    for (size_t i = 0; i < bases->length(); i++) {
      raw[i] = bases->at(i).as<Type>().get();
      add_subclass(raw[i], type.get());
    }
    free_raw(type->raw_bases);
    type->raw_bases = raw;
    type->raw_base_count = static_cast<uint32_t>(bases->length());
  }
  type->bases.set_share(bases);
  type->base.set_share(base);
  // The linearisation of the whole tree below changes.
  Type* queue[256];
  size_t count = 0;
  queue[count++] = type.get();
  for (size_t i = 0; i < count; i++) {
    Type* each = queue[i];
    auto mro = compute_mro(t, Borrowed<Type>(each), each->bases.borrow());
    if (mro.raised()) return Raised{};
    each->mro.set(mro.take());
    TypeLock lock;
    for (uint32_t k = 0; k < each->subclass_count && count < std::size(queue); k++) queue[count++] = each->subclass_items[k];
  }
  type_modified(type.get());
  return update_slots(t, type);
}
Result<Local<>> type_mro(Thread& t, Borrowed<Type> type) {
  Local<Tuple> mro = type->mro.load(type.get());
  if (!mro) return kNone;
  return mro;
}
Result<Local<>> type_base(Thread& t, Borrowed<Type> type) {
  Local<Type> base = type->base.load(type.get());
  if (!base) return kNone;
  return base;
}
Result<Local<>> type_dict(Thread& t, Borrowed<Type> type) {
  return make_mapping_proxy(t, type->dict.borrow());
}
Result<Local<>> type_doc(Thread& t, Borrowed<Type> type) {
  Lookup<> found = dict_find_str(t, type->dict.borrow(), "__doc__"_n);
  if (found.raised()) return Raised{};
  if (found.absent()) return kNone;
  if (DescrGetFn get = type_of((*found).value())->slots.descr_get) return get(t, *found, Borrowed<>(), type);
  return found.take();
}
Result<void> type_set_doc(Thread& t, Borrowed<Type> type, Borrowed<> value) {
  TRY(heap_only(t, type, "__doc__", value));
  TRY(dict_set_str(t, type->dict.borrow(), "__doc__"_n, Local<>::share(value)));
  type_modified(type.get());
  return ok();
}
Result<Local<>> type_text_signature(Thread& t, Borrowed<Type> type) {
  if (type->def && type->def->signature) return make_str(t, type->def->signature);
  return kNone;
}
Result<Local<>> type_flags_number(Thread& t, Borrowed<Type> type) {
  // The bits that Python code tests: Py_TPFLAGS_HEAPTYPE, BASETYPE, IMMUTABLETYPE, IS_ABSTRACT, and the fast subclasses.
  uint32_t f = type->load_type_flags();
  uint64_t out = 0;
  if (f & kTypeHeap) out |= 1u << 9;
  if (f & kTypeSubclassable) out |= 1u << 10;
  if (f & kTypeImmutable) out |= 1u << 8;
  if (f & kTypeAbstract) out |= 1u << 20;
  if (f & kTypeSequence) out |= 1u << 5;
  if (f & kTypeMapping) out |= 1u << 6;
  if (f & kTypeHasDict) out |= 1u << 4;
  return Value::fixnum(static_cast<int64_t>(out));
}
Result<Local<>> type_abstractmethods(Thread& t, Borrowed<Type> type) {
  Lookup<> found = dict_find_str(t, type->dict.borrow(), "__abstractmethods__"_n);
  if (found.raised()) return Raised{};
  if (found.absent() || type.get() == &types::Type) return raise(t, types::AttributeError, "__abstractmethods__");
  return found.take();
}
Result<void> type_set_abstractmethods(Thread& t, Borrowed<Type> type, Borrowed<> value) {
  TRY(heap_only(t, type, "__abstractmethods__", value ? value : Borrowed<>(kNone)));
  bool abstract = false;
  if (value) {
    abstract = TRY(is_true(t, value));
    TRY(dict_set_str(t, type->dict.borrow(), "__abstractmethods__"_n, Local<>::share(value)));
  } else if (!TRY(dict_delete_str(t, type->dict.borrow(), "__abstractmethods__"_n))) {
    return raise(t, types::AttributeError, "__abstractmethods__");
  }
  if (abstract) {
    __atomic_fetch_or(&type->type_flags, static_cast<uint32_t>(kTypeAbstract), __ATOMIC_RELAXED);
  } else {
    __atomic_fetch_and(&type->type_flags, ~static_cast<uint32_t>(kTypeAbstract), __ATOMIC_RELAXED);
  }
  type_modified(type.get());
  return ok();
}
Result<Local<>> type_params(Thread& t, Borrowed<Type> type) {
  Lookup<> found = dict_find_str(t, type->dict.borrow(), "__type_params__"_n);
  if (found.raised()) return Raised{};
  if (found.absent()) return Local<>::share(empty_tuple());
  return found.take();
}
Result<void> type_set_params(Thread& t, Borrowed<Type> type, Borrowed<> value) {
  TRY(heap_only(t, type, "__type_params__", value));
  TRY(dict_set_str(t, type->dict.borrow(), "__type_params__"_n, Local<>::share(value)));
  type_modified(type.get());
  return ok();
}

// PEP 649: __annotate__ computes, __annotations__ caches.
Result<Local<>> type_annotate(Thread& t, Borrowed<Type> type) {
  if (!type->is_heap_type()) {
    return raise(t, types::AttributeError, "type object '{}' has no attribute '__annotate__'", type);
  }
  for (Borrowed<Str> key : {"__annotate_func__"_n, "__annotate__"_n}) {
    Lookup<> found = dict_find_str(t, type->dict.borrow(), key);
    if (found.raised()) return Raised{};
    if (found.found()) {
      if (DescrGetFn get = type_of((*found).value())->slots.descr_get) return get(t, *found, Borrowed<>(), type);
      return found.take();
    }
  }
  return kNone;
}
Result<void> type_set_annotate(Thread& t, Borrowed<Type> type, Borrowed<> value) {
  TRY(heap_only(t, type, "__annotate__", value));
  if (value.value() != kNone && !is_callable(value)) {
    return raise(t, types::TypeError, "__annotate__ must be callable or None");
  }
  TRY(dict_set_str(t, type->dict.borrow(), "__annotate_func__"_n, Local<>::share(value)));
  if (value.value() != kNone) (void)TRY(dict_delete_str(t, type->dict.borrow(), "__annotations_cache__"_n));
  type_modified(type.get());
  return ok();
}
Result<Local<>> type_annotations(Thread& t, Borrowed<Type> type) {
  if (!type->is_heap_type()) {
    return raise(t, types::AttributeError, "type object '{}' has no attribute '__annotations__'", type);
  }
  Borrowed<Dict> dict = type->dict.borrow();
  for (Borrowed<Str> key : {"__annotations__"_n, "__annotations_cache__"_n}) {
    Lookup<> found = dict_find_str(t, dict, key);
    if (found.raised()) return Raised{};
    if (found.found()) {
      if (DescrGetFn get = type_of((*found).value())->slots.descr_get) return get(t, *found, Borrowed<>(), type);
      return found.take();
    }
  }
  Local<> annotate = TRY(type_annotate(t, type));
  Local<> annotations;
  if (annotate.value() == kNone) {
    annotations = TRY(make_dict(t));
  } else {
    annotations = TRY(call(t, annotate, Value::fixnum(1)));
    if (!is_dict(annotations.value())) {
      return raise(t, types::TypeError, "__annotate__() must return a dict, not {}", TypeName(annotations.value()));
    }
  }
  TRY(dict_set_str(t, dict, "__annotations_cache__"_n, annotations.dup()));
  type_modified(type.get());
  return annotations;
}
Result<void> type_set_annotations(Thread& t, Borrowed<Type> type, Borrowed<> value) {
  TRY(heap_only(t, type, "__annotations__", value ? value : Borrowed<>(kNone)));
  Borrowed<Dict> dict = type->dict.borrow();
  if (value) {
    Lookup<> plain = dict_find_str(t, dict, "__annotations__"_n);
    if (plain.raised()) return Raised{};
    TRY(dict_set_str(t, dict, plain.found() ? "__annotations__"_n : "__annotations_cache__"_n, Local<>::share(value)));
  } else {
    bool had = TRY(dict_delete_str(t, dict, "__annotations__"_n));
    had |= TRY(dict_delete_str(t, dict, "__annotations_cache__"_n));
    if (!had) return raise(t, types::AttributeError, "__annotations__");
  }
  (void)TRY(dict_delete_str(t, dict, "__annotate_func__"_n));
  (void)TRY(dict_delete_str(t, dict, "__annotate__"_n));
  type_modified(type.get());
  return ok();
}

// ---- methods ----

Result<Local<>> type_method_mro(Thread& t, Borrowed<Type> type) {
  Local<Tuple> mro = TRY(compute_mro(t, type, type->bases.borrow()));
  return make_list(t, mro->values(), mro->length());
}
Result<Local<>> type_subclasses(Thread& t, Borrowed<Type> type) {
  Local<List> out = TRY(make_list(t));
  for (uint32_t i = 0;; i++) {
    Local<> each;
    {
      TypeLock lock;
      if (i >= type->subclass_count) break;
      each = Local<>::share(Value(type->subclass_items[i]));
    }
    TRY(list_append(t, out, std::move(each)));
  }
  return out;
}
Result<Local<>> type_prepare(Thread& t, Borrowed<Type> cls, Rest, KwRest) { return make_dict(t); }
Result<bool> type_instancecheck(Thread& t, Borrowed<Type> self, Borrowed<> instance) {
  return default_instance_check(t, instance, self);
}
Result<bool> type_subclasscheck(Thread& t, Borrowed<Type> self, Borrowed<> subclass) {
  return default_subclass_check(t, subclass, self);
}
Result<Local<>> type_dir(Thread& t, Borrowed<Type> self) {
  Local<Dict> merged = TRY(make_dict(t));
  Borrowed<Tuple> mro = self->mro.borrow();
  for (size_t i = mro->length(); i-- > 0;) {
    TRY(dict_update_from_dict(t, merged, mro->at(i).as<Type>()->dict.borrow()));
  }
  return dict_keys_list(t, merged);
}
int64_t type_sizeof(Thread& t, Borrowed<Type> self) { return sizeof(Type); }

constexpr NativeDef kTypeMethods[] = {
    method<type_method_mro>("mro(self, /)", "Return a type's method resolution order."),
    method<type_subclasses>("__subclasses__(self, /)", "Return a list of immediate subclasses."),
    class_method<type_prepare>("__prepare__(cls, /, *args, **kwargs)", "Create the namespace for the class statement"),
    method<type_instancecheck>("__instancecheck__(self, instance, /)", "Check if an object is an instance."),
    method<type_subclasscheck>("__subclasscheck__(self, subclass, /)", "Check if a class is a subclass."),
    method<type_dir>("__dir__(self, /)", "Specialized __dir__ implementation for types."),
    method<type_sizeof>("__sizeof__(self, /)", "Return memory consumption of the type object."),
};
constexpr GetSetDef kTypeGetSets[] = {
    getset<type_name, type_set_name>("__name__", nullptr),
    getset<type_qualname, type_set_qualname>("__qualname__", nullptr),
    getset<type_bases, type_set_bases>("__bases__", nullptr),
    getset<type_get_module, type_set_module>("__module__", nullptr),
    getset<type_abstractmethods, type_set_abstractmethods>("__abstractmethods__", nullptr),
    getter<type_mro>("__mro__", nullptr),
    getter<type_base>("__base__", nullptr),
    getter<type_dict>("__dict__", nullptr),
    getset<type_doc, type_set_doc>("__doc__", nullptr),
    getter<type_text_signature>("__text_signature__", nullptr),
    getter<type_flags_number>("__flags__", nullptr),
    getset<type_annotate, type_set_annotate>("__annotate__", nullptr),
    getset<type_annotations, type_set_annotations>("__annotations__", nullptr),
    getset<type_params, type_set_params>("__type_params__", nullptr),
};

const TypeDef kTypeDef = {
    .name = "type",
    .signature = nullptr,
    .doc = "type(object) -> the object's type\ntype(name, bases, dict, **kwds) -> a new type",
    .layout = &kTypeLayout,
    .flags = kTypeSubclassable | kTypeWeakrefable | kTypeDeferredInstances,
    .shape_flags = kShapeIsType,
    OROCHI_METHODS(kTypeMethods),
    OROCHI_GETSETS(kTypeGetSets),
    .slots = {.repr = type_op_repr,
              .call = type_op_call,
              .getattr = type_getattr,
              .setattr = type_setattr,
              .init = type_op_init,
              .new_ = type_op_new,
              .binary = {nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                         nullptr, type_op_or}},
};

// ---- member_descriptor: one __slots__ entry ----

Value* member_slot(Borrowed<MemberDescriptor> d, Borrowed<> instance) {
  Object* object = instance.value().as_object();
  return attr_slots(object, object->shape()) + d->slot;
}

Result<Local<>> member_op_get(Thread& t, Borrowed<> self, Borrowed<> instance, Borrowed<>) {
  if (!instance) return Local<>::share(self);
  auto d = self.as<MemberDescriptor>();
  if (!is_instance(instance, *d->owner.borrow().get())) {
    return raise(t, types::TypeError, "descriptor '{}' for '{}' objects doesn't apply to a '{}' object",
                 d->name.borrow(), d->owner.borrow(), TypeName(instance));
  }
  Local<> v = Local<>::adopt(load_slot(member_slot(d, instance), instance.value().as_object()));
  if (!v) return raise_no_attribute(t, instance, d->name.borrow());
  return v;
}

Result<void> member_op_set(Thread& t, Borrowed<> self, Borrowed<> instance, Borrowed<> value) {
  auto d = self.as<MemberDescriptor>();
  if (!is_instance(instance, *d->owner.borrow().get())) {
    return raise(t, types::TypeError, "descriptor '{}' for '{}' objects doesn't apply to a '{}' object",
                 d->name.borrow(), d->owner.borrow(), TypeName(instance));
  }
  // The slot never moves, so this is a plain Field exchange.
  auto* field = reinterpret_cast<Field<>*>(member_slot(d, instance));
  Local<> old = field->exchange(value ? Local<>::share(value) : Local<>());
  if (!value && !old) return raise_no_attribute(t, instance, d->name.borrow());
  return ok();
}

Result<Local<>> member_op_repr(Thread& t, Borrowed<> self) {
  auto d = self.as<MemberDescriptor>();
  return format_str(t, "<member '{}' of '{}' objects>", d->name.borrow(), d->owner.borrow());
}
Result<Local<>> member_name(Thread& t, Borrowed<MemberDescriptor> d) { return Local<>::share(d->name.borrow()); }
Result<Local<>> member_objclass(Thread& t, Borrowed<MemberDescriptor> d) { return Local<>::share(d->owner.borrow()); }
Result<Local<>> member_qualname(Thread& t, Borrowed<MemberDescriptor> d) {
  Borrowed<Type> owner = d->owner.borrow();
  Local<Str> qualname = owner->qualname.load(owner.get());
  return format_str(t, "{}.{}", qualname, d->name.borrow());
}
Result<Local<>> member_doc(Thread& t, Borrowed<MemberDescriptor>) { return kNone; }
Result<Local<>> member_reduce(Thread& t, Borrowed<MemberDescriptor> d) {
  Local<> getattr = TRY(get_attr(t, TRY(import_builtins(t)), "getattr"_n));
  Local<Tuple> args = TRY(make_tuple(t, {d->owner.raw(), d->name.raw()}));
  return make_tuple(t, {getattr.value(), args.value()});
}

void trace_member(Object* object, Visitor& v) {
  v.visit(static_cast<MemberDescriptor*>(object)->name);
  v.visit(static_cast<MemberDescriptor*>(object)->owner);
}
constinit const Layout kMemberLayout{"member_descriptor", sizeof(MemberDescriptor), 0, trace_member, nullptr, nullptr,
                                     nullptr};
constexpr GetSetDef kMemberGetSets[] = {
    getter<member_name>("__name__", nullptr),
    getter<member_qualname>("__qualname__", nullptr),
    getter<member_doc>("__doc__", nullptr),
    getter<member_objclass>("__objclass__", nullptr),
};
constexpr NativeDef kMemberMethods[] = {method<member_reduce>("__reduce__(self, /)", nullptr)};
const TypeDef kMemberDescriptorDef = {
    .name = "member_descriptor",
    .layout = &kMemberLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kMemberMethods),
    OROCHI_GETSETS(kMemberGetSets),
    .slots = {.repr = member_op_repr, .descr_get = member_op_get, .descr_set = member_op_set},
};

// ---- __dict__ and __weakref__ of instances ----

}  // namespace

Result<Local<>> instance_get_dict(Thread& t, Borrowed<> self) {
  Lookup<Dict> dict = instance_dict(t, self);
  if (dict.raised()) return Raised{};
  if (dict.absent()) return raise_no_attribute(t, self, "__dict__"_n);
  return dict.take();
}
Result<void> instance_set_dict(Thread& t, Borrowed<> self, Borrowed<> value) {
  Object* object = self.value().as_object();
  if (!has_attr_room(object->shape())) return raise_no_attribute(t, self, "__dict__"_n);
  if (value && !is_dict(value)) {
    return raise(t, types::TypeError, "__dict__ must be set to a dictionary, not a '{}'", TypeName(value));
  }
  Local<Dict> fresh = value ? Local<Dict>::share(value.as<Dict>()) : TRY(make_dict(t));
  return replace_instance_dict(t, object, std::move(fresh));
}
namespace {

Result<Local<>> instance_get_weakref(Thread& t, Borrowed<> self) {
  Local<> getter = TRY(get_attr(t, TRY(import_module(t, "_weakref"_n)), "getweakrefs"_n));
  Local<> list = TRY(call(t, getter, self));
  if (!is_list(list.value()) || list.borrow().as<List>()->length() == 0) return kNone;
  return get_item(t, list, Value::fixnum(0));
}

}  // namespace

constinit const GetSetDef kInstanceDictGetSet = getset<instance_get_dict, instance_set_dict>("__dict__", "dictionary for instance variables");
constinit const GetSetDef kWeakrefGetSet = getter<instance_get_weakref>("__weakref__", "list of weak references to the object");

Result<Local<>> type_module(Thread& t, Borrowed<Type> type) {
  if (type->is_heap_type()) {
    Lookup<> found = dict_find_str(t, type->dict.borrow(), "__module__"_n);
    if (found.raised()) return Raised{};
    if (found.found()) return found.take();
    return kNone;
  }
  Local<> module = type->module.load(type.get());
  if (!module) return kNone;
  return module;
}

OROCHI_TYPE(Type, kTypeDef)
OROCHI_TYPE(MemberDescriptor, kMemberDescriptorDef)

}  // namespace orochi
