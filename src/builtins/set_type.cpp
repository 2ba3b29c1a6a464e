// set and frozenset: methods and operators. Both have one layout; results of operators are of the left operand's
// built-in type. The hash of a frozenset is the one that collections.abc.Set documents.
#include "builtins/container_support.h"
#include "builtins/repr_guard.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/set_table.h"
#include "protocols/dunder_slots.h"
#include "protocols/hashing.h"

namespace orochi {

extern const Layout kSetLayout;

struct SetIterator : Object {
  static Type& python_type();
  Field<Set> set;
  uint64_t position;
  uint64_t expected;   // size at the start; UINT64_MAX once it was found changed
  uint64_t remaining;
};
namespace types {
extern ::orochi::Type SetIterator;
}
Type& SetIterator::python_type() { return types::SetIterator; }

namespace {

bool is_frozen(Value v) { return has_flag(v, kShapeIsFrozenSet); }
bool is_any_set(Value v) { return is_set_or_frozenset(v); }

// A new set of the built-in type that `like` derives from.
Result<Local<Set>> make_like(Mutator& m, Borrowed<> like) {
  return allocate<Set>(m, is_frozen(like) ? types::FrozenSet.root_shape : types::Set.root_shape);
}
Result<Local<Set>> copy_like(Mutator& m, Borrowed<Set> set) {
  Local<Set> copy = TRY(make_like(m, set));
  TRY(copy_set_into(m, set, copy));
  return copy;
}
// `v` itself if it is a set, otherwise a new set of what it yields.
Result<Local<Set>> to_set(Thread& t, Borrowed<> v) {
  if (is_any_set(v)) return Local<Set>::share(v.as<Set>());
  Local<Set> set = TRY(make_set(t));
  TRY(set_update(t, set, v));
  return set;
}

// ---- construction ----

Result<Local<>> set_op_new(Thread& t, Borrowed<Type> cls, const CallArgs&) { return allocate_instance(t, cls); }

Result<void> set_op_init(Thread& t, Borrowed<> self, const CallArgs& args) {
  auto set = self.as<Set>();
  if (args.has_names() && args.names->length()) return raise(t, types::TypeError, "set() takes no keyword arguments");
  if (args.count > 1) return raise(t, types::TypeError, "set expected at most 1 argument, got {}", args.count);
  if (set->length()) set_clear(t, set);
  if (args.count == 1) TRY(set_update(t, set, args[0]));
  return ok();
}

Result<Local<>> frozenset_op_new(Thread& t, Borrowed<Type> cls, const CallArgs& args) {
  if (args.has_names() && args.names->length() &&
      (cls.get() == &types::FrozenSet || cls->slots.init == types::FrozenSet.slots.init)) {
    return raise(t, types::TypeError, "frozenset() takes no keyword arguments");
  }
  if (args.count > 1) return raise(t, types::TypeError, "frozenset expected at most 1 argument, got {}", args.count);
  if (cls.get() == &types::FrozenSet && args.count == 1 && type_of(args[0]) == &types::FrozenSet) {
    return Local<>::share(args[0]);
  }
  Local<Set> set = TRY(allocate_for<Set>(t, cls));
  if (args.count == 1) TRY(set_update(t, set, args[0]));
  return set;
}

// ---- operators ----

Result<Local<>> set_op_repr(Thread& t, Borrowed<> self) {
  auto set = self.as<Set>();
  ReprGuard guard(self);
  bool plain = type_of(self) == &types::Set;
  if (guard.recursive()) return format_str(t, "{}(...)", TypeName(self));
  if (set->length() == 0) return format_str(t, "{}()", TypeName(self));
  Local<List> items = TRY(make_list(t));
  size_t position = 0;
  Local<> key;
  while (set_next(t, set, &position, &key)) TRY(list_append(t, items, std::move(key)));
  StrBuilder out(t);
  if (!plain) {
    Local<Str> name = type_name_of(self);
    out.append(name);
    out.append_char('(');
  }
  out.append_char('{');
  for (size_t i = 0; i < items->length(); i++) {
    Lookup<> item = list_get(t, items, static_cast<int64_t>(i));
    if (i) out.append_ascii(", ");
    Local<Str> text = TRY(repr_of(t, *item));
    out.append(text);
  }
  out.append_char('}');
  if (!plain) out.append_char(')');
  return out.finish();
}

Result<int64_t> frozenset_op_hash(Thread& t, Borrowed<> self) {
  auto set = self.as<Set>();
  int64_t known = __atomic_load_n(&set->hash_cache, __ATOMIC_RELAXED);  // one word, same for all who compute it
  if (known) return known;
  uint64_t h = 1927868237u * (set->length() + 1);
  size_t position = 0;
  Local<> key;
  int64_t hash;
  while (set_next_hashed(set, &position, &key, &hash)) {
    auto x = static_cast<uint64_t>(hash);
    h ^= (x ^ (x << 16) ^ 89869747u) * 3644798167u;
  }
  h ^= (h >> 11) ^ (h >> 25);
  h = h * 69069u + 907133923u;
  auto result = static_cast<int64_t>(h);
  if (result == -1) result = 590923713;
  __atomic_store_n(&set->hash_cache, result, __ATOMIC_RELAXED);
  return result;
}

// Is every element of `a` in `b`?
Result<bool> is_subset(Thread& t, Borrowed<Set> a, Borrowed<Set> b) {
  if (a->length() > b->length()) return false;
  size_t position = 0;
  Local<> key;
  int64_t hash;
  while (set_next_hashed(a, &position, &key, &hash)) {
    bool there = TRY(set_contains_hashed(t, b, key, hash));
    if (!there) return false;
  }
  return true;
}

Result<Local<>> set_op_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (!is_any_set(b)) return kNotImplemented;
  auto x = a.as<Set>();
  auto y = b.as<Set>();
  bool result = false;
  switch (op) {
    case CompareOp::Eq:
    case CompareOp::Ne:
      if (x->length() == y->length() && !(x->hash_cache && y->hash_cache && x->hash_cache != y->hash_cache)) {
        result = TRY(is_subset(t, x, y));
      }
      if (op == CompareOp::Ne) result = !result;
      break;
    case CompareOp::Le: result = TRY(is_subset(t, x, y)); break;
    case CompareOp::Ge: result = TRY(is_subset(t, y, x)); break;
    case CompareOp::Lt: result = x->length() < y->length() && TRY(is_subset(t, x, y)); break;
    case CompareOp::Gt: result = x->length() > y->length() && TRY(is_subset(t, y, x)); break;
  }
  return Value::boolean(result);
}

Result<int64_t> set_op_len(Thread&, Borrowed<> self) { return static_cast<int64_t>(self.as<Set>()->length()); }

// An unhashable set as key stands for the frozenset of its elements.
template <typename Body>
Result<bool> with_key(Thread& t, Borrowed<> key, Body&& body) {
  auto hash = hash_for(t, key, "a set element");
  if (!hash.raised()) return body(key, *hash);
  if (!has_flag(key, kShapeIsSet) || !clear_pending_if(t, types::TypeError)) return Raised{};
  Local<Set> frozen = TRY(allocate<Set>(t, types::FrozenSet.root_shape));
  TRY(copy_set_into(t, key.as<Set>(), frozen));
  int64_t h = TRY(frozenset_op_hash(t, frozen));
  return body(Borrowed<>(frozen), h);
}

Result<bool> set_op_contains(Thread& t, Borrowed<> self, Borrowed<> item) {
  return with_key(t, item, [&](Borrowed<> key, int64_t hash) { return set_contains_hashed(t, self.as<Set>(), key, hash); });
}

Result<Local<>> set_op_iter(Thread& t, Borrowed<> self) {
  Local<SetIterator> it = TRY(make_object<SetIterator>(t));
  it->set.init_share(self.as<Set>());
  it->expected = self.as<Set>()->length();
  it->remaining = it->expected;
  return it;
}

Result<void> intersect_into(Thread& t, Borrowed<Set> result, Borrowed<Set> set, Borrowed<> other) {
  if (set.value() == other.value()) return copy_set_into(t, set, result);
  if (is_any_set(other)) {
    Borrowed<Set> walked = other.as<Set>(), asked = set;
    if (walked->length() > asked->length()) std::swap(walked, asked);
    size_t position = 0;
    Local<> key;
    int64_t hash;
    while (set_next_hashed(walked, &position, &key, &hash)) {
      bool there = TRY(set_contains_hashed(t, asked, key, hash));
      if (there) TRY(set_add_hashed(t, result, key, hash));
    }
    return ok();
  }
  return for_each(t, other, [&](Local<> item) -> Result<bool> {
    int64_t hash = TRY(hash_for(t, item, "a set element"));
    bool there = TRY(set_contains_hashed(t, set, item, hash));
    if (there) TRY(set_add_hashed(t, result, item, hash));
    return true;
  });
}

Result<void> remove_all(Thread& t, Borrowed<Set> set, Borrowed<> other) {
  if (set.value() == other.value()) {
    set_clear(t, set);
    return ok();
  }
  if (is_any_set(other)) {
    Local<Set> from = multi_threaded() ? TRY(set_snapshot(t, other.as<Set>())) : Local<Set>::share(other.as<Set>());
    size_t position = 0;
    Local<> key;
    int64_t hash;
    while (set_next_hashed(from, &position, &key, &hash)) TRY(set_discard_hashed(t, set, key, hash));
    return ok();
  }
  if (is_exact_dict(other)) {
    size_t position = 0;
    Local<> key;
    int64_t hash;
    while (dict_next(t, other.as<Dict>(), &position, &key, nullptr, &hash)) {
      TRY(set_discard_hashed(t, set, key, hash));
    }
    return ok();
  }
  return for_each(t, other, [&](Local<> item) -> Result<bool> {
    TRY(set_discard(t, set, item));
    return true;
  });
}

// A new set of what is in `set` and not in `other`.
Result<Local<Set>> difference_of(Thread& t, Borrowed<Set> set, Borrowed<> other) {
  if (!is_any_set(other) && !is_exact_dict(other)) {
    Local<Set> result = TRY(copy_like(t, set));
    TRY(remove_all(t, result, other));
    return result;
  }
  Local<Set> result = TRY(make_like(t, set));
  size_t position = 0;
  Local<> key;
  int64_t hash;
  while (set_next_hashed(set, &position, &key, &hash)) {
    bool there;
    if (is_any_set(other)) {
      there = TRY(set_contains_hashed(t, other.as<Set>(), key, hash));
    } else {
      Lookup<> found = dict_find_hashed(t, other.as<Dict>(), key, hash);
      if (found.raised()) return Raised{};
      there = found.found();
    }
    if (!there) TRY(set_add_hashed(t, result, key, hash));
  }
  return result;
}

// `set` becomes its symmetric difference with `other`.
Result<void> toggle_all(Thread& t, Borrowed<Set> set, Borrowed<> other) {
  if (set.value() == other.value()) {
    set_clear(t, set);
    return ok();
  }
  Local<Set> from = is_any_set(other) && multi_threaded() ? TRY(set_snapshot(t, other.as<Set>())) : TRY(to_set(t, other));
  size_t position = 0;
  Local<> key;
  int64_t hash;
  while (set_next_hashed(from, &position, &key, &hash)) {
    bool was_there = TRY(set_discard_hashed(t, set, key, hash));
    if (!was_there) TRY(set_add_hashed(t, set, key, hash));
  }
  return ok();
}

Result<Local<>> set_op_and(Thread& t, Borrowed<> a, Borrowed<> b) {
  if (!is_any_set(a) || !is_any_set(b)) return kNotImplemented;
  Local<Set> result = TRY(make_like(t, a));
  TRY(intersect_into(t, result, a.as<Set>(), b));
  return result;
}
Result<Local<>> set_op_or(Thread& t, Borrowed<> a, Borrowed<> b) {
  if (!is_any_set(a) || !is_any_set(b)) return kNotImplemented;
  Local<Set> result = TRY(copy_like(t, a.as<Set>()));
  TRY(set_update(t, result, b));
  return result;
}
Result<Local<>> set_op_xor(Thread& t, Borrowed<> a, Borrowed<> b) {
  if (!is_any_set(a) || !is_any_set(b)) return kNotImplemented;
  Local<Set> result = TRY(copy_like(t, a.as<Set>()));
  TRY(toggle_all(t, result, b));
  return result;
}
Result<Local<>> set_op_subtract(Thread& t, Borrowed<> a, Borrowed<> b) {
  if (!is_any_set(a) || !is_any_set(b)) return kNotImplemented;
  return difference_of(t, a.as<Set>(), b);
}

Result<Local<>> set_op_iand(Thread& t, Borrowed<> self, Borrowed<> other) {
  if (!is_any_set(other)) return kNotImplemented;
  Local<Set> result = TRY(make_set(t));
  TRY(intersect_into(t, result, self.as<Set>(), other));
  replace_set_contents(t, self.as<Set>(), result);
  return Local<>::share(self);
}
Result<Local<>> set_op_ior(Thread& t, Borrowed<> self, Borrowed<> other) {
  if (!is_any_set(other)) return kNotImplemented;
  TRY(set_update(t, self.as<Set>(), other));
  return Local<>::share(self);
}
Result<Local<>> set_op_ixor(Thread& t, Borrowed<> self, Borrowed<> other) {
  if (!is_any_set(other)) return kNotImplemented;
  TRY(toggle_all(t, self.as<Set>(), other));
  return Local<>::share(self);
}
Result<Local<>> set_op_isub(Thread& t, Borrowed<> self, Borrowed<> other) {
  if (!is_any_set(other)) return kNotImplemented;
  TRY(remove_all(t, self.as<Set>(), other));
  return Local<>::share(self);
}

// ---- methods; self is a set or frozenset, checked by the descriptor of its type ----

// Methods that both types have: the check that a parameter type would do.
Result<void> check_self(Thread& t, Borrowed<> self) {
  if (is_any_set(self)) return ok();
  return raise(t, types::TypeError, "descriptor for 'set' objects doesn't apply to a '{}' object", TypeName(self));
}

Result<void> set_do_add(Thread& t, Borrowed<Set> self, Borrowed<> object) {
  TRY(set_add(t, self, object));
  return ok();
}
void set_do_clear(Mutator& m, Borrowed<Set> self) { set_clear(m, self); }

Result<Local<>> set_copy(Thread& t, Borrowed<> self) {
  TRY(check_self(t, self));
  if (type_of(self) == &types::FrozenSet) return Local<>::share(self);
  return copy_like(t, self.as<Set>());
}
Result<void> set_do_discard(Thread& t, Borrowed<Set> self, Borrowed<> object) {
  TRY(with_key(t, object, [&](Borrowed<> key, int64_t hash) { return set_discard_hashed(t, self, key, hash); }));
  return ok();
}
Result<void> set_remove(Thread& t, Borrowed<Set> self, Borrowed<> object) {
  bool was_there =
      TRY(with_key(t, object, [&](Borrowed<> key, int64_t hash) { return set_discard_hashed(t, self, key, hash); }));
  if (!was_there) return raise_key_error(t, object);
  return ok();
}
Result<Local<>> set_pop(Thread& t, Borrowed<Set> self) {
  Lookup<> taken = set_take_any(t, self);
  if (taken.found()) return taken.take();
  return raise(t, types::KeyError, "pop from an empty set");
}
Result<void> set_do_update(Thread& t, Borrowed<Set> self, Rest others) {
  for (Value other : others) TRY(set_update(t, self, Borrowed<>(other)));
  return ok();
}
Result<Local<>> set_union(Thread& t, Borrowed<> self, Rest others) {
  TRY(check_self(t, self));
  Local<Set> result = TRY(copy_like(t, self.as<Set>()));
  for (Value other : others) TRY(set_update(t, result, Borrowed<>(other)));
  return result;
}
Result<Local<Set>> intersection_of(Thread& t, Borrowed<Set> self, Rest others) {
  if (others.count == 0) return copy_like(t, self);
  Local<Set> result = Local<Set>::share(self);
  for (Value other : others) {
    Local<Set> next = TRY(make_like(t, self));
    TRY(intersect_into(t, next, result, Borrowed<>(other)));
    result = std::move(next);
  }
  return result;
}
Result<Local<>> set_intersection(Thread& t, Borrowed<> self, Rest others) {
  TRY(check_self(t, self));
  return intersection_of(t, self.as<Set>(), others);
}
Result<void> set_intersection_update(Thread& t, Borrowed<Set> self, Rest others) {
  Local<Set> result = TRY(intersection_of(t, self, others));
  replace_set_contents(t, self, result);
  return ok();
}
Result<Local<>> set_difference(Thread& t, Borrowed<> self, Rest others) {
  TRY(check_self(t, self));
  if (others.count == 0) return copy_like(t, self.as<Set>());
  Local<Set> result = TRY(difference_of(t, self.as<Set>(), others[0]));
  for (size_t i = 1; i < others.count; i++) TRY(remove_all(t, result, others[i]));
  return result;
}
Result<void> set_difference_update(Thread& t, Borrowed<Set> self, Rest others) {
  for (Value other : others) TRY(remove_all(t, self, Borrowed<>(other)));
  return ok();
}
Result<Local<>> set_symmetric_difference(Thread& t, Borrowed<> self, Borrowed<> other) {
  TRY(check_self(t, self));
  Local<Set> result = TRY(copy_like(t, self.as<Set>()));
  TRY(toggle_all(t, result, other));
  return result;
}
Result<void> set_symmetric_difference_update(Thread& t, Borrowed<Set> self, Borrowed<> other) {
  return toggle_all(t, self, other);
}
Result<bool> set_isdisjoint(Thread& t, Borrowed<> self_any, Borrowed<> other) {
  TRY(check_self(t, self_any));
  Borrowed<Set> self = self_any.as<Set>();
  if (self.value() == other.value()) return self->length() == 0;
  if (is_any_set(other)) {
    Borrowed<Set> walked = other.as<Set>(), asked = self;
    if (walked->length() > asked->length()) std::swap(walked, asked);
    size_t position = 0;
    Local<> key;
    int64_t hash;
    while (set_next_hashed(walked, &position, &key, &hash)) {
      if (TRY(set_contains_hashed(t, asked, key, hash))) return false;
    }
    return true;
  }
  bool disjoint = true;
  TRY(for_each(t, other, [&](Local<> item) -> Result<bool> {
    disjoint = !TRY(set_contains(t, self, item));
    return disjoint;
  }));
  return disjoint;
}
Result<bool> set_issubset(Thread& t, Borrowed<> self, Borrowed<> other) {
  TRY(check_self(t, self));
  if (is_any_set(other)) return is_subset(t, self.as<Set>(), other.as<Set>());
  Local<Set> common = TRY(make_set(t));
  TRY(intersect_into(t, common, self.as<Set>(), other));
  return common->length() == self.as<Set>()->length();
}
Result<bool> set_issuperset(Thread& t, Borrowed<> self, Borrowed<> other) {
  TRY(check_self(t, self));
  if (is_any_set(other)) return is_subset(t, other.as<Set>(), self.as<Set>());
  bool all = true;
  TRY(for_each(t, other, [&](Local<> item) -> Result<bool> {
    all = TRY(set_contains(t, self.as<Set>(), item));
    return all;
  }));
  return all;
}
Result<bool> set_do_contains(Thread& t, Borrowed<> self, Borrowed<> object) {
  TRY(check_self(t, self));
  return set_op_contains(t, self, object);
}
Result<Local<>> set_reduce(Thread& t, Borrowed<> self) {
  TRY(check_self(t, self));
  Local<> items = TRY(list_from(t, self));
  Local<> state = TRY(call_method(t, self, "__getstate__"_n));
  Local<Tuple> args = TRY(make_tuple(t, {items.value()}));
  return make_tuple(t, {Value(type_of(self)), args.value(), state.value()});
}
Result<int64_t> set_sizeof(Thread& t, Borrowed<> self) {
  TRY(check_self(t, self));
  SetTable* table = load_table(self.as<Set>().get());
  return static_cast<int64_t>(type_of(self)->layout->basic_size +
                              self.value().as_object()->shape()->slot_capacity * sizeof(Value) +
                              (table ? set_table_bytes(table) : 0));
}

#define SHARED_SET_METHODS                                                                                            \
  method<set_do_contains>("__contains__(self, object, /)", "x.__contains__(y) <==> y in x."),                         \
      method<set_copy>("copy(self, /)", "Return a shallow copy of a set."),                                           \
      method<set_difference>("difference(self, /, *others)",                                                          \
                             "Return a new set with elements in the set that are not in the others."),                \
      method<set_intersection>("intersection(self, /, *others)",                                                      \
                               "Return a new set with elements common to the set and all others."),                   \
      method<set_isdisjoint>("isdisjoint(self, other, /)", "Return True if two sets have a null intersection."),      \
      method<set_issubset>("issubset(self, other, /)", "Report whether another set contains this set."),              \
      method<set_issuperset>("issuperset(self, other, /)", "Report whether this set contains another set."),          \
      method<set_reduce>("__reduce__(self, /)", "Return state information for pickling."),                            \
      method<set_sizeof>("__sizeof__(self, /)", "S.__sizeof__() -> size of S in memory, in bytes."),                  \
      method<set_symmetric_difference>(                                                                               \
          "symmetric_difference(self, other, /)",                                                                     \
          "Return a new set with elements in either the set or other but not both."),                                 \
      method<set_union>("union(self, /, *others)", "Return a new set with elements from the set and all others.")

constexpr NativeDef kSetMethods[] = {
    SHARED_SET_METHODS,
    method<set_do_add>("add(self, object, /)",
                       "Add an element to a set.\n\nThis has no effect if the element is already present."),
    method<set_do_clear>("clear(self, /)", "Remove all elements from this set."),
    method<set_do_discard>("discard(self, object, /)",
                           "Remove an element from a set if it is a member.\n\nUnlike set.remove(), the discard() method "
                           "does not raise\nan exception when an element is missing from the set."),
    method<set_difference_update>("difference_update(self, /, *others)",
                                  "Update the set, removing elements found in others."),
    method<set_intersection_update>("intersection_update(self, /, *others)",
                                    "Update the set, keeping only elements found in it and all others."),
    method<set_pop>("pop(self, /)", "Remove and return an arbitrary set element.\n\nRaises KeyError if the set is empty."),
    method<set_remove>("remove(self, object, /)",
                       "Remove an element from a set; it must be a member.\n\nIf the element is not a member, raise a "
                       "KeyError."),
    method<set_symmetric_difference_update>(
        "symmetric_difference_update(self, other, /)",
        "Update the set, keeping only elements found in either set, but not in both."),
    method<set_do_update>("update(self, /, *others)", "Update the set, adding elements from all others."),
    class_method<generic_class_getitem>("__class_getitem__(type, object, /)",
                                        "sets are generic over the type of their elements"),
};
constexpr NativeDef kFrozenSetMethods[] = {
    SHARED_SET_METHODS,
    class_method<generic_class_getitem>("__class_getitem__(type, object, /)",
                                        "frozensets are generic over the type of their elements"),
};

constexpr TypeSlots common_slots() {
  TypeSlots s = {.repr = set_op_repr,
                 .compare = set_op_compare,
                 .iter = set_op_iter,
                 .len = set_op_len,
                 .contains = set_op_contains};
  s.binary[static_cast<int>(BinaryOp::Subtract)] = set_op_subtract;
  s.binary[static_cast<int>(BinaryOp::And)] = set_op_and;
  s.binary[static_cast<int>(BinaryOp::Or)] = set_op_or;
  s.binary[static_cast<int>(BinaryOp::Xor)] = set_op_xor;
  return s;
}
constexpr TypeSlots set_slots() {
  TypeSlots s = common_slots();
  s.hash = hash_not_implemented;
  s.init = set_op_init;
  s.new_ = set_op_new;
  s.inplace[static_cast<int>(BinaryOp::Subtract)] = set_op_isub;
  s.inplace[static_cast<int>(BinaryOp::And)] = set_op_iand;
  s.inplace[static_cast<int>(BinaryOp::Or)] = set_op_ior;
  s.inplace[static_cast<int>(BinaryOp::Xor)] = set_op_ixor;
  return s;
}
constexpr TypeSlots frozenset_slots() {
  TypeSlots s = common_slots();
  s.hash = frozenset_op_hash;
  s.new_ = frozenset_op_new;
  return s;
}

const TypeDef kSetDef = {
    .name = "set",
    .signature = "(iterable=(), /)",
    .doc = "Build an unordered collection of unique elements.",
    .layout = &kSetLayout,
    .flags = kTypeSubclassable | kTypeMatchSelf | kTypeWeakrefable,
    .shape_flags = kShapeIsSet | kShapeExact | kShapeWeakrefable,
    OROCHI_METHODS(kSetMethods),
    .slots = set_slots(),
};
const TypeDef kFrozenSetDef = {
    .name = "frozenset",
    .signature = "(iterable=(), /)",
    .doc = "Build an immutable unordered collection of unique elements.",
    .layout = &kSetLayout,
    .flags = kTypeSubclassable | kTypeMatchSelf | kTypeWeakrefable,
    .shape_flags = kShapeIsFrozenSet | kShapeExact | kShapeWeakrefable,
    OROCHI_METHODS(kFrozenSetMethods),
    .slots = frozenset_slots(),
};

// ---- iterator ----

Lookup<> set_iterator_op_next(Thread& t, Borrowed<> self) {
  auto it = self.as<SetIterator>();
  Pinned<Set> set(it->set, it.get());
  if (!set) return kAbsent;
  if (OROCHI_UNLIKELY(load_counter(it->expected) != set->length())) {
    store_counter(it->expected, UINT64_MAX);  // and stays so
    return raise(t, types::RuntimeError, "Set changed size during iteration");
  }
  size_t position = load_counter(it->position);
  Local<> key;
  if (!set_next(t, set, &position, &key)) {
    it->set.set(Local<Set>());
    return kAbsent;
  }
  store_counter(it->position, position);
  uint64_t remaining = load_counter(it->remaining);
  store_counter(it->remaining, remaining ? remaining - 1 : 0);
  return key;
}
Result<Local<>> set_iterator_length_hint(Thread& t, Borrowed<SetIterator> it) {
  Pinned<Set> set(it->set, it.get());
  if (!set || load_counter(it->expected) != set->length()) return Value::fixnum(0);
  return make_int(t, static_cast<int64_t>(load_counter(it->remaining)));
}
Result<Local<>> set_iterator_reduce(Thread& t, Borrowed<SetIterator> it) {
  Local<> iter = TRY(builtin_named(t, "iter"_n));
  Local<List> rest = TRY(make_list(t));
  Local<Set> set = it->set.load(it.get());
  if (set) {
    if (load_counter(it->expected) != set->length()) {
      return raise(t, types::RuntimeError, "Set changed size during iteration");
    }
    size_t position = load_counter(it->position);
    Local<> key;
    while (set_next(t, set, &position, &key)) TRY(list_append(t, rest, std::move(key)));
  }
  Local<Tuple> args = TRY(make_tuple(t, {rest.value()}));
  return make_tuple(t, {iter.value(), args.value()});
}

constexpr NativeDef kSetIteratorMethods[] = {
    method<set_iterator_length_hint>("__length_hint__(self, /)",
                                     "Private method returning an estimate of len(list(it))."),
    method<set_iterator_reduce>("__reduce__(self, /)", "Return state information for pickling."),
};
constinit const Layout kSetIteratorLayout{
    "set_iterator", sizeof(SetIterator), 0,
    [](Object* object, Visitor& v) { v.visit(static_cast<SetIterator*>(object)->set); }, nullptr, nullptr, nullptr};
const TypeDef kSetIteratorDef = {
    .name = "set_iterator",
    .layout = &kSetIteratorLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kSetIteratorMethods),
    .slots = {.iter = iter_self, .next = set_iterator_op_next},
};

}  // namespace

OROCHI_TYPE(Set, kSetDef)
OROCHI_TYPE(FrozenSet, kFrozenSetDef)
OROCHI_TYPE(SetIterator, kSetIteratorDef)

}  // namespace orochi
