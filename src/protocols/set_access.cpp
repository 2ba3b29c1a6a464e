// set and frozenset: lookups and changes that may run __hash__ and __eq__. The protocol is that of dict_access.cpp.
#include <optional>

#include "objects/dict.h"
#include "objects/dict_table.h"
#include "objects/exception.h"
#include "objects/set_table.h"
#include "protocols/hashing.h"
#include "protocols/operators.h"

namespace orochi {

namespace {

constexpr size_t kNowhere = SIZE_MAX;

Result<int64_t> hash_element(Thread& t, Borrowed<> key) { return hash_for(t, key, "a set element"); }

// The slot of `key`, with the lock held in *guard.
Result<size_t> find_and_lock(Thread& t, Set* set, Borrowed<> key, int64_t hash, std::optional<ObjectLock>& guard) {
restart:
  guard.emplace(t, set);
  SetTable* table = set->table;
  if (!table) return kNowhere;
  for (SetProbe probe(table, hash);; probe.next()) {
    SetEntry& entry = table->entries[probe.at];
    if (entry.key.is_empty()) return kNowhere;
    if (entry.key == key.value()) return probe.at;
    if (entry.hash != hash || entry.key == kDeletedEntry) continue;
    int quick = quick_equal(entry.key, key);
    if (quick > 0) return probe.at;
    if (quick == 0) continue;
    Local<> candidate = Local<>::share(entry.key);
    uint64_t fill = table->fill;
    size_t mask = table->mask;
    guard.reset();
    bool equal = TRY(equals(t, candidate, key));
    guard.emplace(t, set);
    if (set->table != table || table->mask != mask || table->entries[probe.at].key != candidate.value() ||
        (!equal && table->fill != fill)) {
      guard.reset();
      goto restart;
    }
    if (equal) return probe.at;
  }
}

}  // namespace

Result<bool> set_contains_hashed(Thread& t, Borrowed<Set> set, Borrowed<> key, int64_t hash) {
  bool exact_str = is_exact_str(key);
restart:
  SetTable* table = load_table(set.get());
  if (!table) return false;
  for (SetProbe probe(table, hash);; probe.next()) {
    SetEntry& entry = table->entries[probe.at];
    Value found = peek_slot_acquire(&entry.key);
    if (found == key.value()) return true;
    if (found.is_empty()) {
      if (multi_threaded() && load_table(set.get()) != table) goto restart;
      return false;
    }
    if (found == kDeletedEntry || entry.hash != hash) continue;
    if (exact_str) {
      StrMatch match = match_str_slot(&entry.key, key.as<Str>(), false);
      if (match == StrMatch::Equal) return true;
      if (match == StrMatch::Different) continue;
    }
    Local<> candidate = Local<>::adopt(load_slot(&entry.key, set.get()));
    if (!candidate) goto restart;
    if (candidate.value() == kDeletedEntry) continue;
    int quick = quick_equal(candidate.value(), key);
    if (quick > 0) return true;
    if (quick == 0) continue;
    bool equal = TRY(equals(t, candidate, key));
    if (load_table(set.get()) != table || peek_slot_acquire(&table->entries[probe.at].key) != candidate.value()) {
      goto restart;
    }
    if (equal) return true;
  }
}

Result<bool> set_add_hashed(Thread& t, Borrowed<Set> set, Borrowed<> key, int64_t hash) {
  std::optional<ObjectLock> guard;
  size_t at = TRY(find_and_lock(t, set.get(), key, hash, guard));
  if (at != kNowhere) return false;
  if (!insert_new_locked(set.get(), key, hash)) {
    guard.reset();
    return raise_no_memory(t);
  }
  return true;
}

Result<bool> set_discard_hashed(Thread& t, Borrowed<Set> set, Borrowed<> key, int64_t hash) {
  Local<> old;
  std::optional<ObjectLock> guard;
  size_t at = TRY(find_and_lock(t, set.get(), key, hash, guard));
  if (at == kNowhere) return false;
  old = remove_entry_locked(set.get(), set->table, at);
  guard.reset();
  return true;
}

Result<bool> set_add(Thread& t, Borrowed<Set> set, Borrowed<> key) {
  int64_t hash = TRY(hash_element(t, key));
  return set_add_hashed(t, set, key, hash);
}
Result<bool> set_contains(Thread& t, Borrowed<Set> set, Borrowed<> key) {
  int64_t hash = TRY(hash_element(t, key));
  return set_contains_hashed(t, set, key, hash);
}
Result<bool> set_discard(Thread& t, Borrowed<Set> set, Borrowed<> key) {
  int64_t hash = TRY(hash_element(t, key));
  return set_discard_hashed(t, set, key, hash);
}

Result<void> set_update(Thread& t, Borrowed<Set> set, Borrowed<> iterable) {
  if (is_set_or_frozenset(iterable)) {
    auto source = iterable.as<Set>();
    if (source.value() == set.value() || source->length() == 0) return ok();
    Local<Set> snapshot;
    if (multi_threaded() || set->length() == 0) snapshot = TRY(set_snapshot(t, source));
    if (snapshot && set->length() == 0) {
      ObjectLock guard(t, set.get());
      if (set->live == 0) {
        SetTable* old = set->table;
        publish_table(set.get(), snapshot->table);
        store_live(set.get(), snapshot->live);
        snapshot->table = nullptr;
        snapshot->live = 0;
        guard.release();
        drop_set_table(set.get(), old);
        return ok();
      }
    }
    Borrowed<Set> from = snapshot ? snapshot.borrow() : source;
    size_t position = 0;
    Local<> key;
    int64_t hash;
    while (set_next_hashed(from, &position, &key, &hash)) TRY(set_add_hashed(t, set, key, hash));
    return ok();
  }
  if (is_exact_dict(iterable)) {
    auto dict = iterable.as<Dict>();
    size_t length = dict->length();
    size_t position = 0;
    Local<> key;
    int64_t hash;
    while (dict_next(t, dict, &position, &key, nullptr, &hash)) {
      TRY(set_add_hashed(t, set, key, hash));
      if (dict->length() != length) {
        return raise(t, types::RuntimeError, "dictionary changed size during iteration");
      }
    }
    return ok();
  }
  return for_each(t, iterable, [&](Local<> item) -> Result<bool> {
    TRY(set_add(t, set, item));
    return true;
  });
}

Result<Local<Set>> make_frozenset(Thread& t, const Value* items, size_t count) {
  Local<Set> set = TRY(allocate<Set>(t, types::FrozenSet.root_shape));
  for (size_t i = 0; i < count; i++) TRY(set_add(t, set, Borrowed<>(items[i])));
  return set;
}

}  // namespace orochi
