// dict: lookups and changes that may run __hash__ and __eq__ of keys. Python code never runs under the dict's lock;
// after it the table is looked at again, because the dict may have changed, and the search starts over if it was
// replaced or the compared entry is gone.
#include <optional>

#include "objects/dict_table.h"
#include "objects/exception.h"
#include "objects/list.h"
#include "protocols/attr.h"
#include "protocols/hashing.h"
#include "protocols/call.h"
#include "protocols/dunder_slots.h"
#include "protocols/operators.h"

namespace orochi {

Result<int64_t> hash_for(Thread& t, Borrowed<> key, const char* role) {
  if (key.value().is_fixnum()) return int_hash(key);
  if (is_exact_str(key)) return str_hash(key.as<Str>());
  HashFn fn = type_of(key)->slots.hash;
  if (!fn || fn == hash_not_implemented) {
    return raise(t, types::TypeError, "cannot use '{}' as {} (unhashable type: '{}')", TypeName(key), role,
                 TypeName(key));
  }
  auto hash = fn(t, key);
  if (hash.raised() && pending_matches(t, types::TypeError)) {
    // The message of a key that contains something unhashable names both.
    Local<> error = take_pending(t);
    auto text = type_of(error.value()) == &types::TypeError ? str_of(t, error) : Result<Local<Str>>(Local<Str>::share(empty_str()));
    if (text.raised()) clear_pending(t);
    if (text.raised() || !(*text)->is_ascii() || !(*text)->ascii_view().starts_with("unhashable type:")) {
      set_pending(t, std::move(error));
      return Raised{};
    }
    return raise(t, types::TypeError, "cannot use '{}' as {} ({})", TypeName(key), role, *text);
  }
  return hash;
}

namespace {

Result<int64_t> hash_key(Thread& t, Borrowed<> key) { return hash_for(t, key, "a dict key"); }

// The entry of `key` with the lock held in *guard; kNoEntry if there is none. Raised: not locked.
Result<uint32_t> find_and_lock(Thread& t, Dict* dict, Borrowed<> key, int64_t hash, std::optional<ObjectLock>& guard) {
restart:
  guard.emplace(t, dict);
  DictTable* table = dict->table;
  if (!table) return kNoEntry;
  for (DictProbe probe(table, hash);; probe.next()) {
    uint32_t ix = probe.load();
    if (!ix) return kNoEntry;
    DictEntry& entry = table->entries()[ix - 1];
    if (entry.key == key.value()) return ix - 1;
    if (entry.hash != hash || entry.key.is_empty()) continue;
    int quick = quick_equal(entry.key, key);
    if (quick > 0) return ix - 1;
    if (quick == 0) continue;
    Local<> candidate = Local<>::share(entry.key);
    uint32_t used = table->used_entries;
    guard.reset();
    bool equal = TRY(equals(t, candidate, key));
    guard.emplace(t, dict);
    // A table at the same address with as many entries and this key at the same place is the same for our purpose:
    // the probe sequence up to here is what it was.
    if (dict->table != table || table->used_entries < used || table->entries()[ix - 1].key != candidate.value() ||
        probe.load() != ix) {
      guard.reset();
      goto restart;
    }
    if (equal) return ix - 1;
    if (table->used_entries != used) {
      guard.reset();
      goto restart;
    }
  }
}

}  // namespace

Lookup<> dict_find_hashed(Thread& t, Borrowed<Dict> dict, Borrowed<> key, int64_t hash) {
  bool exact_str = is_exact_str(key);
restart:
  DictTable* table = load_table(dict.get());
  if (!table) return kAbsent;
  for (DictProbe probe(table, hash);; probe.next()) {
    uint32_t ix = probe.load();
    if (!ix) {
      if (multi_threaded() && load_table(dict.get()) != table) goto restart;
      return kAbsent;
    }
    DictEntry& entry = table->entries()[ix - 1];
    Value found = peek_slot_acquire(&entry.key);
    if (found != key.value()) {
      if (entry.hash != hash || found.is_empty()) continue;
      if (found.is_fixnum() && key.value().is_fixnum()) continue;
      StrMatch match = exact_str ? match_str_slot(&entry.key, key.as<Str>(), false) : StrMatch::NotStr;
      if (match == StrMatch::Different) continue;
      if (match == StrMatch::NotStr) {
        Local<> candidate = Local<>::adopt(load_slot(&entry.key, dict.get()));
        if (!candidate) continue;
        int quick = quick_equal(candidate.value(), key);
        if (quick == 0) continue;
        if (quick < 0) {
          bool equal = TRY(equals(t, candidate, key));
          if (load_table(dict.get()) != table || peek_slot_acquire(&table->entries()[ix - 1].key) != candidate.value() ||
              probe.load() != ix) {
            goto restart;
          }
          if (!equal) continue;
        }
      }
    }
    Value v = load_slot(&entry.value, dict.get());
    if (OROCHI_LIKELY(!v.is_empty())) return Local<>::adopt(v);
    if (load_table(dict.get()) != table) goto restart;
  }
}

Lookup<> dict_find(Thread& t, Borrowed<Dict> dict, Borrowed<> key) {
  int64_t hash = TRY(hash_key(t, key));
  return dict_find_hashed(t, dict, key, hash);
}

Result<bool> dict_contains(Thread& t, Borrowed<Dict> dict, Borrowed<> key) {
  Lookup<> r = dict_find(t, dict, key);
  if (r.raised()) return Raised{};
  return r.found();
}

Result<void> dict_set_hashed(Thread& t, Borrowed<Dict> dict, Borrowed<> key, int64_t hash, Borrowed<> value) {
  Local<> old;
  std::optional<ObjectLock> guard;
  uint32_t e = TRY(find_and_lock(t, dict.get(), key, hash, guard));
  if (e != kNoEntry) {
    old = replace_value_locked(dict->table, e, Local<>::share(value));
  } else if (!insert_new_locked(dict.get(), key, hash, Local<>::share(value))) {
    guard.reset();
    return raise_no_memory(t);
  }
  guard.reset();
  return ok();
}

Result<void> dict_set(Thread& t, Borrowed<Dict> dict, Borrowed<> key, Borrowed<> value) {
  int64_t hash = TRY(hash_key(t, key));
  return dict_set_hashed(t, dict, key, hash, value);
}

Result<bool> dict_delete(Thread& t, Borrowed<Dict> dict, Borrowed<> key) {
  Lookup<> r = dict_pop(t, dict, key);
  if (r.raised()) return Raised{};
  return r.found();
}

Lookup<> dict_pop(Thread& t, Borrowed<Dict> dict, Borrowed<> key) {
  if (dict->length() == 0) return kAbsent;
  int64_t hash = TRY(hash_key(t, key));
  DictItem item;
  std::optional<ObjectLock> guard;
  uint32_t e = TRY(find_and_lock(t, dict.get(), key, hash, guard));
  if (e == kNoEntry) return kAbsent;
  item = remove_entry_locked(dict.get(), e);
  guard.reset();
  return std::move(item.value);
}

Result<Local<>> dict_setdefault(Thread& t, Borrowed<Dict> dict, Borrowed<> key, Borrowed<> default_value) {
  int64_t hash = TRY(hash_key(t, key));
  std::optional<ObjectLock> guard;
  uint32_t e = TRY(find_and_lock(t, dict.get(), key, hash, guard));
  if (e != kNoEntry) return Local<>::share(dict->table->entries()[e].value);
  if (!insert_new_locked(dict.get(), key, hash, Local<>::share(default_value))) {
    guard.reset();
    return raise_no_memory(t);
  }
  guard.reset();
  return Local<>::share(default_value);
}

Result<void> dict_update_from_dict(Thread& t, Borrowed<Dict> target, Borrowed<Dict> source, bool overwrite) {
  if (target.value() == source.value() || source->length() == 0) return ok();
  Local<Dict> snapshot;
  if (multi_threaded() || target->length() == 0) snapshot = TRY(dict_copy(t, source));
  if (snapshot && target->length() == 0) {
    // Take the copied table over, if the target is still empty.
    ObjectLock guard(t, target.get());
    if (target->live == 0) {
      DictTable* old = target->table;
      if (old) forget_version(old);
      publish_table(target.get(), snapshot->table);
      store_live(target.get(), snapshot->live);
      snapshot->table = nullptr;
      snapshot->live = 0;
      guard.release();
      drop_dict_table(target.get(), old);
      return ok();
    }
  }
  Borrowed<Dict> from = snapshot ? snapshot.borrow() : source;
  size_t length = from->length();
  size_t position = 0;
  Local<> key, value;
  int64_t hash;
  while (dict_next(t, from, &position, &key, &value, &hash)) {
    if (overwrite) {
      TRY(dict_set_hashed(t, target, key, hash, value));
    } else {
      Lookup<> known = dict_find_hashed(t, target, key, hash);
      if (known.raised()) return Raised{};
      if (known.absent()) TRY(dict_set_hashed(t, target, key, hash, value));
    }
    if (from->length() != length) return raise(t, types::RuntimeError, "dict mutated during update");
  }
  return ok();
}

Result<void> dict_merge(Thread& t, Borrowed<Dict> target, Borrowed<> mapping) {
  if (is_dict(mapping) && type_of(mapping)->slots.iter == types::Dict.slots.iter) {
    return dict_update_from_dict(t, target, mapping.as<Dict>());
  }
  Local<> keys = TRY(call_method(t, mapping, "keys"_n));
  return for_each(t, keys, [&](Local<> key) -> Result<bool> {
    Local<> value = TRY(get_item(t, mapping, key));
    TRY(dict_set(t, target, key, value));
    return true;
  });
}

}  // namespace orochi
