// Dict iterators and the views dict_keys, dict_values, dict_items. An iterator remembers the size it started with and
// refuses to go on with another; under concurrent changes it may miss or repeat items, never give a torn one.
#include "builtins/container_support.h"
#include "builtins/dict_type.h"
#include "builtins/repr_guard.h"
#include "objects/dict_table.h"
#include "objects/list.h"
#include "objects/mapping_proxy.h"
#include "objects/set.h"
#include "protocols/dunder_slots.h"
#include "protocols/operators.h"

namespace orochi {

namespace {

enum class Part : uint8_t { Keys, Values, Items };

Part part_of_iterator(const Type* type) {
  if (type == &types::DictKeyIterator || type == &types::DictReverseKeyIterator) return Part::Keys;
  if (type == &types::DictValueIterator || type == &types::DictReverseValueIterator) return Part::Values;
  return Part::Items;
}
bool is_reverse(const Type* type) {
  return type == &types::DictReverseKeyIterator || type == &types::DictReverseValueIterator ||
         type == &types::DictReverseItemIterator;
}

// As dict_next, backwards: the last live entry before *position.
bool dict_previous(Borrowed<Dict> dict, uint64_t* position, Local<>* key, Local<>* value) {
  DictTable* table = load_table(dict.get());
  if (!table) return false;
  uint64_t at = *position;
  uint32_t used = load_used(table);
  if (at > used) return false;  // the entries it was going through are gone
  while (at > 0) {
    DictEntry& entry = table->entries()[--at];
    Local<> k = Local<>::adopt(load_slot(&entry.key, dict.get()));
    if (!k) continue;
    Local<> v = Local<>::adopt(load_slot(&entry.value, dict.get()));
    if (!v) continue;
    *key = std::move(k);
    *value = std::move(v);
    *position = at;
    return true;
  }
  return false;
}

template <Part kPart, bool kReverse>
Lookup<> dict_iterator_next(Thread& t, Borrowed<> self) {
  auto it = self.as<DictIterator>();
  Pinned<Dict> dict(it->dict, it.get());
  if (!dict) return kAbsent;
  if (OROCHI_UNLIKELY(load_counter(it->expected) != dict->length())) {
    store_counter(it->expected, kDictChanged);  // and stays so
    return raise(t, types::RuntimeError, "dictionary changed size during iteration");
  }
  uint64_t position = load_counter(it->position);
  Local<> key, value;
  bool found;
  if constexpr (kReverse) {
    found = dict_previous(dict, &position, &key, &value);
  } else {
    size_t at = position;
    found = dict_next(t, dict, &at, kPart == Part::Values ? nullptr : &key, kPart == Part::Keys ? nullptr : &value);
    position = at;
  }
  if (!found) {
    it->dict.set(Local<Dict>());
    return kAbsent;
  }
  uint64_t remaining = load_counter(it->remaining);
  if (OROCHI_UNLIKELY(remaining == 0)) {
    it->dict.set(Local<Dict>());
    return raise(t, types::RuntimeError, "dictionary keys changed during iteration");
  }
  store_counter(it->position, position);
  store_counter(it->remaining, remaining - 1);
  if constexpr (kPart == Part::Keys) return key;
  if constexpr (kPart == Part::Values) return value;
  Local<Tuple> pair = TRY(make_tuple_uninitialised(t, 2));
  pair->items()[0].init(std::move(key));
  pair->items()[1].init(std::move(value));
  return pair;
}

Result<Local<>> dict_iterator_length_hint(Thread& t, Borrowed<> self) {
  auto it = self.as<DictIterator>();
  Pinned<Dict> dict(it->dict, it.get());
  if (!dict || load_counter(it->expected) != dict->length()) return Value::fixnum(0);
  return make_int(t, static_cast<int64_t>(load_counter(it->remaining)));
}

Result<Local<>> dict_iterator_reduce(Thread& t, Borrowed<> self) {
  auto it = self.as<DictIterator>();
  Local<> iter = TRY(builtin_named(t, "iter"_n));
  Local<List> rest = TRY(make_list(t));
  Local<Dict> dict = it->dict.load(it.get());
  if (dict) {
    Part part = part_of_iterator(type_of(it));
    bool reverse = is_reverse(type_of(it));
    size_t position = load_counter(it->position);
    Local<> key, value;
    for (;;) {
      if (reverse) {
        uint64_t at = position;
        if (!dict_previous(dict, &at, &key, &value)) break;
        position = at;
      } else if (!dict_next(t, dict, &position, &key, &value)) {
        break;
      }
      if (load_counter(it->expected) != dict->length()) {
        return raise(t, types::RuntimeError, "dictionary changed size during iteration");
      }
      if (part == Part::Items) {
        Local<Tuple> pair = TRY(make_tuple(t, {key.value(), value.value()}));
        TRY(list_append(t, rest, std::move(pair)));
      } else {
        TRY(list_append(t, rest, part == Part::Keys ? std::move(key) : std::move(value)));
      }
    }
  }
  Local<Tuple> args = TRY(make_tuple(t, {rest.value()}));
  return make_tuple(t, {iter.value(), args.value()});
}

void trace_iterator(Object* object, Visitor& v) { v.visit(static_cast<DictIterator*>(object)->dict); }
constinit const Layout kDictIteratorLayout{"dict_iterator", sizeof(DictIterator), 0, trace_iterator, nullptr, nullptr,
                                           nullptr};
constexpr NativeDef kDictIteratorMethods[] = {
    method<dict_iterator_length_hint>("__length_hint__(self, /)",
                                      "Private method returning an estimate of len(list(it))."),
    method<dict_iterator_reduce>("__reduce__(self, /)", "Return state information for pickling."),
};

template <Part kPart, bool kReverse>
constexpr TypeDef iterator_def(const char* name) {
  return {.name = name,
          .layout = &kDictIteratorLayout,
          .flags = kTypeNoNew,
          OROCHI_METHODS(kDictIteratorMethods),
          .slots = {.iter = iter_self, .next = dict_iterator_next<kPart, kReverse>}};
}
const TypeDef kDictKeyIteratorDef = iterator_def<Part::Keys, false>("dict_keyiterator");
const TypeDef kDictValueIteratorDef = iterator_def<Part::Values, false>("dict_valueiterator");
const TypeDef kDictItemIteratorDef = iterator_def<Part::Items, false>("dict_itemiterator");
const TypeDef kDictReverseKeyIteratorDef = iterator_def<Part::Keys, true>("dict_reversekeyiterator");
const TypeDef kDictReverseValueIteratorDef = iterator_def<Part::Values, true>("dict_reversevalueiterator");
const TypeDef kDictReverseItemIteratorDef = iterator_def<Part::Items, true>("dict_reverseitemiterator");

// ---- views ----

Borrowed<Dict> dict_of(Borrowed<> view) { return view.as<DictView>()->dict.borrow(); }
bool is_keys_or_items(Value v) { return type_of(v) == &types::DictKeys || type_of(v) == &types::DictItems; }

Result<int64_t> view_op_len(Thread&, Borrowed<> self) { return static_cast<int64_t>(dict_of(self)->length()); }

Result<Local<>> view_op_iter(Thread& t, Borrowed<> self) {
  Type* type = type_of(self);
  Type& iterator = type == &types::DictKeys     ? types::DictKeyIterator
                   : type == &types::DictValues ? types::DictValueIterator
                                                : types::DictItemIterator;
  return make_dict_iterator(t, iterator, dict_of(self));
}
Result<Local<>> view_reversed(Thread& t, Borrowed<> self) {
  Type* type = type_of(self);
  Type& iterator = type == &types::DictKeys     ? types::DictReverseKeyIterator
                   : type == &types::DictValues ? types::DictReverseValueIterator
                                                : types::DictReverseItemIterator;
  return make_dict_iterator(t, iterator, dict_of(self));
}

Result<bool> view_op_contains(Thread& t, Borrowed<> self, Borrowed<> item) {
  if (type_of(self) == &types::DictKeys) return dict_contains(t, dict_of(self), item);
  if (!is_tuple(item) || item.as<Tuple>()->length() != 2) return false;
  auto pair = item.as<Tuple>();
  Lookup<> found = dict_find(t, dict_of(self), pair->at(0));
  if (found.raised()) return Raised{};
  if (found.absent()) return false;
  return equals(t, *found, pair->at(1));
}

Result<Local<>> view_op_repr(Thread& t, Borrowed<> self) {
  ReprGuard guard(self);
  if (guard.recursive()) return make_str(t, "...");
  Local<> list = TRY(list_from(t, self));
  Local<Str> inner = TRY(repr_of(t, list));
  return format_str(t, "{}({})", TypeName(self), inner);
}

// Is every element of `a` in `b`?
Result<bool> all_contained(Thread& t, Borrowed<> a, Borrowed<> b) {
  bool all = true;
  TRY(for_each(t, a, [&](Local<> item) -> Result<bool> {
    all = TRY(contains(t, b, item));
    return all;
  }));
  return all;
}

Result<Local<>> view_op_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (!is_set_or_frozenset(b) && !is_keys_or_items(b)) return kNotImplemented;
  int64_t n = TRY(length_of(t, a));
  int64_t k = TRY(length_of(t, b));
  bool result = false;
  switch (op) {
    case CompareOp::Eq:
    case CompareOp::Ne:
      result = n == k && TRY(all_contained(t, a, b));
      if (op == CompareOp::Ne) result = !result;
      break;
    case CompareOp::Lt: result = n < k && TRY(all_contained(t, a, b)); break;
    case CompareOp::Le: result = n <= k && TRY(all_contained(t, a, b)); break;
    case CompareOp::Gt: result = n > k && TRY(all_contained(t, b, a)); break;
    case CompareOp::Ge: result = n >= k && TRY(all_contained(t, b, a)); break;
  }
  return Value::boolean(result);
}

Result<Local<Set>> set_of(Thread& t, Borrowed<> iterable) {
  Local<Set> set = TRY(make_set(t));
  TRY(set_update(t, set, iterable));
  return set;
}

Result<Local<>> view_op_subtract(Thread& t, Borrowed<> a, Borrowed<> b) {
  Local<Set> result = TRY(set_of(t, a));
  TRY(for_each(t, b, [&](Local<> item) -> Result<bool> {
    TRY(set_discard(t, result, item));
    return true;
  }));
  return result;
}

Result<Local<>> view_op_and(Thread& t, Borrowed<> a, Borrowed<> b) {
  // `other & view` comes here too: then the view is on the right.
  Borrowed<> view = is_keys_or_items(a) ? a : b;
  Borrowed<> other = is_keys_or_items(a) ? b : a;
  Local<Set> result = TRY(make_set(t));
  // Walks the smaller one if the other is a set too.
  if (is_set_or_frozenset(other) || is_keys_or_items(other)) {
    if (TRY(length_of(t, other)) > TRY(length_of(t, view)) && (type_of(other) == &types::Set || type_of(other) == &types::FrozenSet || is_keys_or_items(other))) {
      std::swap(view, other);
    }
  }
  TRY(for_each(t, other, [&](Local<> item) -> Result<bool> {
    if (TRY(contains(t, view, item))) TRY(set_add(t, result, item));
    return true;
  }));
  return result;
}

Result<Local<>> view_op_or(Thread& t, Borrowed<> a, Borrowed<> b) {
  Local<Set> result = TRY(set_of(t, a));
  TRY(set_update(t, result, b));
  return result;
}

Result<Local<>> view_op_xor(Thread& t, Borrowed<> a, Borrowed<> b) {
  Local<Set> left = TRY(set_of(t, a));
  Local<Set> right = TRY(set_of(t, b));
  return binary_op(t, BinaryOp::Xor, left, right);
}

Result<bool> view_isdisjoint(Thread& t, Borrowed<> self, Borrowed<> other) {
  if (self.value() == other.value()) return TRY(length_of(t, self)) == 0;
  Borrowed<> walked = other, asked = self;
  if (is_set_or_frozenset(other) || is_keys_or_items(other)) {
    if (TRY(length_of(t, other)) > TRY(length_of(t, self))) std::swap(walked, asked);
  }
  bool disjoint = true;
  TRY(for_each(t, walked, [&](Local<> item) -> Result<bool> {
    disjoint = !TRY(contains(t, asked, item));
    return disjoint;
  }));
  return disjoint;
}

Result<Local<>> view_mapping(Thread& t, Borrowed<DictView> self) { return make_mapping_proxy(t, self->dict.borrow()); }

constexpr NativeDef kSetViewMethods[] = {
    method<view_isdisjoint>("isdisjoint(self, other, /)",
                            "Return True if the view and the given iterable have a null intersection."),
    method<view_reversed>("__reversed__(self, /)", "Return a reverse iterator over the dict view."),
};
constexpr NativeDef kValuesMethods[] = {
    method<view_reversed>("__reversed__(self, /)", "Return a reverse iterator over the dict values."),
};
constexpr GetSetDef kViewGetSets[] = {
    getter<view_mapping>("mapping", "dictionary that this view refers to"),
};
void trace_view(Object* object, Visitor& v) { v.visit(static_cast<DictView*>(object)->dict); }
constinit const Layout kDictViewLayout{"dict_view", sizeof(DictView), 0, trace_view, nullptr, nullptr, nullptr};

constexpr TypeDef set_view_def(const char* name) {
  TypeDef def = {.name = name,
                 .layout = &kDictViewLayout,
                 .flags = kTypeNoNew,
                 OROCHI_METHODS(kSetViewMethods),
                 OROCHI_GETSETS(kViewGetSets),
                 .slots = {.repr = view_op_repr,
                           .hash = hash_not_implemented,
                           .compare = view_op_compare,
                           .iter = view_op_iter,
                           .len = view_op_len,
                           .contains = view_op_contains}};
  def.slots.binary[static_cast<int>(BinaryOp::Subtract)] = view_op_subtract;
  def.slots.binary[static_cast<int>(BinaryOp::And)] = view_op_and;
  def.slots.binary[static_cast<int>(BinaryOp::Or)] = view_op_or;
  def.slots.binary[static_cast<int>(BinaryOp::Xor)] = view_op_xor;
  return def;
}
const TypeDef kDictKeysDef = set_view_def("dict_keys");
const TypeDef kDictItemsDef = set_view_def("dict_items");
const TypeDef kDictValuesDef = {
    .name = "dict_values",
    .layout = &kDictViewLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kValuesMethods),
    OROCHI_GETSETS(kViewGetSets),
    .slots = {.repr = view_op_repr, .iter = view_op_iter, .len = view_op_len},
};

}  // namespace

Result<Local<>> make_dict_iterator(Mutator& m, Type& type, Borrowed<Dict> dict) {
  Local<DictIterator> it = TRY(allocate<DictIterator>(m, type.root_shape));
  it->dict.init_share(dict);
  it->expected = dict->length();
  it->remaining = it->expected;
  if (is_reverse(&type)) {
    DictTable* table = load_table(dict.get());
    it->position = table ? load_used(table) : 0;
  }
  return it;
}

Result<Local<>> make_dict_view(Mutator& m, Type& type, Borrowed<Dict> dict) {
  Local<DictView> view = TRY(allocate<DictView>(m, type.root_shape));
  view->dict.init_share(dict);
  return view;
}

OROCHI_TYPE(DictKeyIterator, kDictKeyIteratorDef)
OROCHI_TYPE(DictValueIterator, kDictValueIteratorDef)
OROCHI_TYPE(DictItemIterator, kDictItemIteratorDef)
OROCHI_TYPE(DictReverseKeyIterator, kDictReverseKeyIteratorDef)
OROCHI_TYPE(DictReverseValueIterator, kDictReverseValueIteratorDef)
OROCHI_TYPE(DictReverseItemIterator, kDictReverseItemIteratorDef)
OROCHI_TYPE(DictKeys, kDictKeysDef)
OROCHI_TYPE(DictValues, kDictValuesDef)
OROCHI_TYPE(DictItems, kDictItemsDef)

}  // namespace orochi
