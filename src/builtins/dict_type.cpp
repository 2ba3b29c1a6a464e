// dict: methods and operators.
#include "builtins/dict_type.h"

#include "builtins/container_support.h"
#include "builtins/repr_guard.h"
#include "objects/dict_table.h"
#include "objects/list.h"
#include "objects/set_table.h"
#include "protocols/dunder_slots.h"
#include "protocols/hashing.h"

namespace orochi {

extern const Layout kDictLayout;

namespace {

Result<Local<>> dict_op_new(Thread& t, Borrowed<Type> cls, const CallArgs&) {
  if (cls.get() == &types::Dict) return make_dict(t);
  return allocate_instance(t, cls);
}

Result<void> update_from_keywords(Thread& t, Borrowed<Dict> dict, Borrowed<Tuple> names, const Value* values) {
  for (size_t i = 0; i < names->length(); i++) TRY(dict_set(t, dict, names->at(i), Borrowed<>(values[i])));
  return ok();
}

Result<void> dict_op_init(Thread& t, Borrowed<> self, const CallArgs& args) {
  auto dict = self.as<Dict>();
  if (args.count > 1) return raise(t, types::TypeError, "dict expected at most 1 argument, got {}", args.count);
  if (args.count == 1) TRY(dict_update_from(t, dict, args[0]));
  if (args.has_names()) TRY(update_from_keywords(t, dict, args.names, args.values + args.count));
  return ok();
}

Result<Local<>> dict_op_repr(Thread& t, Borrowed<> self) {
  auto dict = self.as<Dict>();
  if (dict->length() == 0) return make_str(t, "{}");
  ReprGuard guard(self);
  if (guard.recursive()) return make_str(t, "{...}");
  StrBuilder out(t);
  out.append_char('{');
  size_t position = 0;
  Local<> key, value;
  bool first = true;
  while (dict_next(t, dict, &position, &key, &value)) {
    if (!first) out.append_ascii(", ");
    first = false;
    Local<Str> text = TRY(repr_of(t, key));
    out.append(text);
    out.append_ascii(": ");
    text = TRY(repr_of(t, value));
    out.append(text);
  }
  out.append_char('}');
  return out.finish();
}

Result<bool> dicts_equal(Thread& t, Borrowed<Dict> a, Borrowed<Dict> b) {
  if (a->length() != b->length()) return false;
  size_t position = 0;
  Local<> key, value;
  int64_t hash;
  while (dict_next(t, a, &position, &key, &value, &hash)) {
    Lookup<> other = dict_find_hashed(t, b, key, hash);
    if (other.raised()) return Raised{};
    if (other.absent()) return false;
    bool same = TRY(equals(t, value, *other));
    if (!same) return false;
  }
  return true;
}

Result<Local<>> dict_op_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (!is_dict(a) || !is_dict(b) || (op != CompareOp::Eq && op != CompareOp::Ne)) return kNotImplemented;
  bool same = TRY(dicts_equal(t, a.as<Dict>(), b.as<Dict>()));
  return Value::boolean(same == (op == CompareOp::Eq));
}

Result<int64_t> dict_op_len(Thread&, Borrowed<> self) { return static_cast<int64_t>(self.as<Dict>()->length()); }

Result<Local<>> dict_op_getitem(Thread& t, Borrowed<> self, Borrowed<> key) {
  Lookup<> found = dict_find(t, self.as<Dict>(), key);
  if (OROCHI_LIKELY(found.found())) return found.take();
  if (found.raised()) return Raised{};
  if (!is_exact_dict(self)) {
    const Value args[] = {key};
    Lookup<> r = call_special(t, self, "__missing__"_n, args, 1);
    if (r.raised()) return Raised{};
    if (r.found()) return r.take();
  }
  return raise_key_error(t, key);
}

Result<void> dict_op_setitem(Thread& t, Borrowed<> self, Borrowed<> key, Borrowed<> value) {
  auto dict = self.as<Dict>();
  if (value) return dict_set(t, dict, key, value);
  int64_t hash = TRY(hash_for(t, key, "a dict key"));
  (void)hash;
  bool was_there = TRY(dict_delete(t, dict, key));
  if (!was_there) return raise_key_error(t, key);
  return ok();
}

Result<bool> dict_op_contains(Thread& t, Borrowed<> self, Borrowed<> key) {
  return dict_contains(t, self.as<Dict>(), key);
}

Result<Local<>> dict_op_iter(Thread& t, Borrowed<> self) {
  return make_dict_iterator(t, types::DictKeyIterator, self.as<Dict>());
}

Result<Local<>> dict_op_or(Thread& t, Borrowed<> a, Borrowed<> b) {
  if (!is_dict(a) || !is_dict(b)) return kNotImplemented;
  Local<Dict> out = TRY(dict_copy(t, a.as<Dict>()));
  TRY(dict_update_from(t, out, b));
  return out;
}
Result<Local<>> dict_op_ior(Thread& t, Borrowed<> self, Borrowed<> other) {
  TRY(dict_update_from(t, self.as<Dict>(), other));
  return Local<>::share(self);
}

// ---- methods ----

Result<Local<>> dict_get(Thread& t, Borrowed<Dict> self, Borrowed<> key, Borrowed<> default_value) {
  Lookup<> found = dict_find(t, self, key);
  if (found.raised()) return Raised{};
  if (found.absent()) return Local<>::share(default_value);
  return found.take();
}
Result<Local<>> dict_do_setdefault(Thread& t, Borrowed<Dict> self, Borrowed<> key, Borrowed<> default_value) {
  return dict_setdefault(t, self, key, default_value);
}
Result<Local<>> dict_do_pop(Thread& t, Borrowed<Dict> self, Borrowed<> key, Maybe<Borrowed<>> default_value) {
  Lookup<> found = dict_pop(t, self, key);
  if (found.raised()) return Raised{};
  if (found.found()) return found.take();
  if (default_value) return Local<>::share(*default_value);
  return raise_key_error(t, key);
}
Result<Local<>> dict_popitem(Mutator& m, Borrowed<Dict> self) { return dict_pop_item(m, self); }
Result<Local<>> dict_keys(Thread& t, Borrowed<Dict> self) { return make_dict_view(t, types::DictKeys, self); }
Result<Local<>> dict_items(Thread& t, Borrowed<Dict> self) { return make_dict_view(t, types::DictItems, self); }
Result<Local<>> dict_values(Thread& t, Borrowed<Dict> self) { return make_dict_view(t, types::DictValues, self); }

Result<void> dict_update(Thread& t, Borrowed<Dict> self, Rest args, KwRest keywords) {
  if (args.count > 1) return raise(t, types::TypeError, "update expected at most 1 argument, got {}", args.count);
  if (args.count == 1) TRY(dict_update_from(t, self, args[0]));
  for (size_t i = 0; i < keywords.count; i++) {
    TRY(dict_set(t, self, Borrowed<>(keywords.names[i]), Borrowed<>(keywords.values[i])));
  }
  return ok();
}

Result<Local<>> dict_fromkeys(Thread& t, Borrowed<Type> cls, Borrowed<> iterable, Borrowed<> value) {
  Local<> made = TRY(call(t, cls));
  if (is_exact_dict(made.value())) {
    Borrowed<Dict> dict = made.borrow().as<Dict>();
    if (is_exact_dict(iterable) || type_of(iterable) == &types::Set || type_of(iterable) == &types::FrozenSet) {
      // Their hashes are known. Both refuse to be changed meanwhile.
      bool from_dict = is_exact_dict(iterable);
      int64_t length = TRY(length_of(t, iterable));
      size_t position = 0;
      Local<> key;
      int64_t hash;
      while (from_dict ? dict_next(t, iterable.as<Dict>(), &position, &key, nullptr, &hash)
                       : set_next_hashed(iterable.as<Set>(), &position, &key, &hash)) {
        TRY(dict_set_hashed(t, dict, key, hash, value));
        int64_t now = TRY(length_of(t, iterable));
        if (now != length) {
          return raise(t, types::RuntimeError, from_dict ? "dictionary changed size during iteration"
                                                         : "Set changed size during iteration");
        }
      }
      return made;
    }
    TRY(for_each(t, iterable, [&](Local<> key) -> Result<bool> {
      TRY(dict_set(t, dict, key, value));
      return true;
    }));
    return made;
  }
  TRY(for_each(t, iterable, [&](Local<> key) -> Result<bool> {
    TRY(set_item(t, made, key, value));
    return true;
  }));
  return made;
}

void dict_do_clear(Mutator& m, Borrowed<Dict> self) { dict_clear(m, self); }
Result<Local<Dict>> dict_do_copy(Mutator& m, Borrowed<Dict> self) { return dict_copy(m, self); }
Result<Local<>> dict_reversed(Thread& t, Borrowed<Dict> self) {
  return make_dict_iterator(t, types::DictReverseKeyIterator, self);
}
int64_t dict_sizeof(Mutator&, Borrowed<Dict> self) {
  DictTable* table = load_table(self.get());
  return static_cast<int64_t>(type_of(self)->layout->basic_size + self->shape()->slot_capacity * sizeof(Value) +
                              (table ? dict_table_bytes(table) : 0));
}

constexpr NativeDef kDictMethods[] = {
    method<dict_sizeof>("__sizeof__(self, /)", "Return the size of the dict in memory, in bytes."),
    method<dict_get>("get(self, key, default=None, /)",
                     "Return the value for key if key is in the dictionary, else default."),
    method<dict_do_setdefault>("setdefault(self, key, default=None, /)",
                               "Insert key with a value of default if key is not in the dictionary.\n\nReturn the value "
                               "for key if key is in the dictionary, else default."),
    method<dict_do_pop>("pop(self, key, default=<unrepresentable>, /)",
                        "D.pop(k[,d]) -> v, remove specified key and return the corresponding value.\n\nIf the key is "
                        "not found, return the default if given; otherwise,\nraise a KeyError."),
    method<dict_popitem>("popitem(self, /)",
                         "Remove and return a (key, value) pair as a 2-tuple.\n\nPairs are returned in LIFO (last-in, "
                         "first-out) order.\nRaises KeyError if the dict is empty."),
    method<dict_keys>("keys(self, /)", "Return a set-like object providing a view on the dict's keys."),
    method<dict_items>("items(self, /)", "Return a set-like object providing a view on the dict's items."),
    method<dict_values>("values(self, /)", "Return an object providing a view on the dict's values."),
    method<dict_update>("update(self, /, *args, **kwargs)",
                        "D.update([E, ]**F) -> None.  Update D from mapping/iterable E and F.\nIf E is present and has a "
                        ".keys() method, then does:  for k in E.keys(): D[k] = E[k]\nIf E is present and lacks a .keys() "
                        "method, then does:  for k, v in E: D[k] = v\nIn either case, this is followed by: for k in F:  "
                        "D[k] = F[k]"),
    class_method<dict_fromkeys>("fromkeys(type, iterable, value=None, /)",
                                "Create a new dictionary with keys from iterable and values set to value."),
    method<dict_do_clear>("clear(self, /)", "Remove all items from the dict."),
    method<dict_do_copy>("copy(self, /)", "Return a shallow copy of the dict."),
    method<dict_reversed>("__reversed__(self, /)", "Return a reverse iterator over the dict keys."),
    class_method<generic_class_getitem>("__class_getitem__(type, object, /)",
                                        "dicts are generic over two types, signifying (respectively) the types of their "
                                        "keys and values"),
};

const TypeDef kDictDef = {
    .name = "dict",
    .doc = "dict() -> new empty dictionary\ndict(mapping) -> new dictionary initialized from a mapping object's\n    "
           "(key, value) pairs\ndict(iterable) -> new dictionary initialized as if via:\n    d = {}\n    for k, v in "
           "iterable:\n        d[k] = v\ndict(**kwargs) -> new dictionary initialized with the name=value pairs\n    in "
           "the keyword argument list.  For example:  dict(one=1, two=2)",
    .layout = &kDictLayout,
    .flags = kTypeSubclassable | kTypeMapping | kTypeMatchSelf,
    .shape_flags = kShapeIsDict | kShapeExact,
    OROCHI_METHODS(kDictMethods),
    .slots = {.repr = dict_op_repr,
              .hash = hash_not_implemented,
              .compare = dict_op_compare,
              .iter = dict_op_iter,
              .init = dict_op_init,
              .new_ = dict_op_new,
              .binary = {nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                         nullptr, dict_op_or},
              .inplace = {nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                          nullptr, dict_op_ior},
              .len = dict_op_len,
              .getitem = dict_op_getitem,
              .setitem = dict_op_setitem,
              .contains = dict_op_contains},
};
static_assert(static_cast<int>(BinaryOp::Or) == 11);

// One (key, value) of an update sequence.
Result<void> add_pair(Thread& t, Borrowed<Dict> dict, Borrowed<> item, size_t number) {
  Local<Tuple> owned;
  if (is_exact_tuple(item)) {
    owned = Local<Tuple>::share(item.as<Tuple>());
  } else {
    auto made = tuple_from(t, item);
    if (made.raised()) {
      if (!pending_matches(t, types::TypeError)) return Raised{};
      if (!type_of(item)->slots.iter && !type_of(item)->slots.getitem) {
        clear_pending(t);
        (void)raise(t, types::TypeError, "object is not iterable");
      }
      Local<> error = take_pending(t);
      Local<Str> note = TRY(format_str(t, "Cannot convert dictionary update sequence element #{} to a sequence", number));
      (void)TRY(call_method(t, error, "add_note"_n, note));
      set_pending(t, std::move(error));
      return Raised{};
    }
    owned = made.take();
  }
  if (owned->length() != 2) {
    return raise(t, types::ValueError, "dictionary update sequence element #{} has length {}; 2 is required", number,
                 owned->length());
  }
  return dict_set(t, dict, owned->at(0), owned->at(1));
}

}  // namespace

Result<void> dict_update_from(Thread& t, Borrowed<Dict> dict, Borrowed<> argument) {
  if (is_exact_dict(argument)) return dict_update_from_dict(t, dict, argument.as<Dict>());
  Lookup<> keys = find_attr(t, argument, "keys"_n);
  if (keys.raised()) return Raised{};
  if (keys.found()) return dict_merge(t, dict, argument);
  size_t number = 0;
  return for_each(t, argument, [&](Local<> item) -> Result<bool> {
    TRY(add_pair(t, dict, item, number));
    number++;
    return true;
  });
}

Result<Local<>> dict_pop_item(Mutator& m, Borrowed<Dict> dict) {
  Local<Tuple> pair = TRY(make_tuple_uninitialised(m, 2));
  ObjectLock guard(m, dict.get());
  if (dict->live == 0) {
    guard.release();
    return raise(m, types::KeyError, "popitem(): dictionary is empty");
  }
  DictTable* table = dict->table;
  uint32_t e = table->tail;
  while (table->entries()[e - 1].value.is_empty()) e--;
  table->tail = e;
  DictItem item = remove_entry_locked(dict.get(), e - 1);
  guard.release();
  pair->items()[0].init(std::move(item.key));
  pair->items()[1].init(std::move(item.value));
  return pair;
}

OROCHI_TYPE(Dict, kDictDef)

}  // namespace orochi
