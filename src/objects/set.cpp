// set and frozenset: storage. Nothing here runs Python code.
#include "objects/set.h"

#include "objects/exception.h"
#include "objects/set_table.h"

namespace orochi {

namespace {

void trace_set(Object* object, Visitor& v) {
  SetTable* table = static_cast<Set*>(object)->table;
  if (!table) return;
  for (size_t i = 0; i <= table->mask; i++) {
    if (table->entries[i].key.is_heap()) v.visit_slot(&table->entries[i].key);
  }
}
void destroy_set(Object* object) { free_raw(static_cast<Set*>(object)->table); }
size_t extra_set(const Object* object) {
  SetTable* table = load_table(static_cast<const Set*>(object));
  return table ? set_table_bytes(table) : 0;
}

SetTable* make_set_table(size_t slots) {
  if (slots > (size_t{1} << 40)) return nullptr;
  auto* table = static_cast<SetTable*>(allocate_raw_zeroed(sizeof(SetTable) + slots * sizeof(SetEntry)));
  if (table) table->mask = slots - 1;
  return table;
}

bool grow(Set* set) {
  SetTable* old = set->table;
  size_t wanted = set->live > 50000 ? set->live * 2 : set->live * 4;
  size_t slots = 8;
  while (slots <= wanted) slots <<= 1;
  SetTable* fresh = make_set_table(slots);
  if (!fresh) return false;
  if (old) {
    for (size_t i = 0; i <= old->mask; i++) {
      const SetEntry& entry = old->entries[i];
      if (!is_live_key(entry.key)) continue;
      SetProbe probe(fresh, entry.hash);
      while (!fresh->entries[probe.at].key.is_empty()) probe.next();
      fresh->entries[probe.at] = entry;
      fresh->fill++;
    }
  }
  publish_table(set, fresh);
  if (!old) return true;
  bool shared = others_may_read(set);
  if (shared) {
    for (size_t i = 0; i <= old->mask; i++) {
      __atomic_store_n(&old->entries[i].key.bits, uint64_t{0}, __ATOMIC_SEQ_CST);  // pairs with load_slot
    }
  }
  free_buffer(old, shared);
  return true;
}

}  // namespace

extern const Layout kSetLayout;
constinit const Layout kSetLayout{"set", sizeof(Set), 0, trace_set, destroy_set, nullptr, extra_set};

size_t set_table_bytes(const SetTable* table) { return sizeof(SetTable) + (table->mask + 1) * sizeof(SetEntry); }

bool insert_new_locked(Set* set, Borrowed<> key, int64_t hash) {
  SetTable* table = set->table;
  if (!table || (table->fill + 1) * 5 > (table->mask + 1) * 3) {
    if (!grow(set)) return false;
    table = set->table;
  }
  SetProbe probe(table, hash);
  while (!table->entries[probe.at].key.is_empty()) probe.next();
  SetEntry& entry = table->entries[probe.at];
  entry.hash = hash;
  retain(key.value());
  publish_slot(&entry.key, key.value());
  table->fill++;
  store_live(set, set->live + 1);
  return true;
}

Local<> remove_entry_locked(Set* set, SetTable* table, size_t at) {
  Local<> key = Local<>::adopt(exchange_slot(&table->entries[at].key, kDeletedEntry));
  store_live(set, set->live - 1);
  return key;
}

void drop_set_table(Set* set, SetTable* table) {
  if (!table) return;
  bool shared = others_may_read(set);
  for (size_t i = 0; i <= table->mask; i++) {
    if (table->entries[i].key.is_heap()) release(exchange_slot(&table->entries[i].key, Value()));
  }
  free_buffer(table, shared);
}

Result<void> copy_set_into(Mutator& m, Borrowed<Set> from, Borrowed<Set> to) {
  ObjectLock guard(m, from.get());
  SetTable* table = from->table;
  if (!table || from->live == 0) return ok();
  if (table->fill == from->live) {  // nothing removed: the same table again
    size_t bytes = set_table_bytes(table);
    auto* fresh = static_cast<SetTable*>(allocate_raw(bytes));
    if (!fresh) return raise_no_memory(m);
    std::memcpy(static_cast<void*>(fresh), table, bytes);
    for (size_t i = 0; i <= fresh->mask; i++) retain(fresh->entries[i].key);
    to->table = fresh;
    to->live = from->live;
    return ok();
  }
  for (size_t i = 0; i <= table->mask; i++) {
    const SetEntry& entry = table->entries[i];
    if (!is_live_key(entry.key)) continue;
    if (!insert_new_locked(to.get(), Borrowed<>(entry.key), entry.hash)) return raise_no_memory(m);
  }
  return ok();
}

Result<Local<Set>> make_set(Mutator& m) { return allocate<Set>(m, types::Set.root_shape); }

Result<Local<Set>> set_snapshot(Mutator& m, Borrowed<Set> set) {
  Local<Set> copy = TRY(make_set(m));
  TRY(copy_set_into(m, set, copy));
  return copy;
}

void replace_set_contents(Mutator& m, Borrowed<Set> target, Borrowed<Set> source) {
  ObjectLock guard(m, target.get());
  SetTable* old = target->table;
  publish_table(target.get(), source->table);
  store_live(target.get(), source->live);
  source->table = nullptr;
  source->live = 0;
  guard.release();
  drop_set_table(target.get(), old);
}

void set_clear(Mutator& m, Borrowed<Set> set) {
  ObjectLock guard(m, set.get());
  SetTable* old = set->table;
  store_live(set.get(), 0);
  publish_table(set.get(), nullptr);
  guard.release();
  drop_set_table(set.get(), old);
}

bool set_next_hashed(Borrowed<Set> set, size_t* position, Local<>* key, int64_t* hash) {
  size_t at = *position;
  for (;;) {
    SetTable* table = load_table(set.get());
    if (!table) return false;
    for (; at <= table->mask; at++) {
      if (!is_live_key(peek_slot_acquire(&table->entries[at].key))) continue;
      Value v = load_slot(&table->entries[at].key, set.get());
      if (!is_live_key(v)) continue;
      if (hash) *hash = table->entries[at].hash;
      *key = Local<>::adopt(v);
      *position = at + 1;
      return true;
    }
    if (load_table(set.get()) == table) {
      *position = at;
      return false;
    }
  }
}

bool set_next(Mutator&, Borrowed<Set> set, size_t* position, Local<>* key) {
  return set_next_hashed(set, position, key, nullptr);
}

Lookup<> set_take_any(Mutator& m, Borrowed<Set> set) {
  ObjectLock guard(m, set.get());
  if (set->live == 0) return kAbsent;
  SetTable* table = set->table;
  size_t at = table->finger & table->mask;
  while (!is_live_key(table->entries[at].key)) at = (at + 1) & table->mask;
  table->finger = at + 1;
  return remove_entry_locked(set.get(), table, at);
}

}  // namespace orochi
