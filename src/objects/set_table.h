// The inside of set and frozenset. A table's entry goes empty -> key -> kDeletedEntry and never back, so a probe
// sequence stays valid while the table is the set's; a replaced table has its keys emptied after the new one is
// published (see dict_table.h, which this follows). An entry's hash is written before its key and never changes.
#pragma once

#include "objects/set.h"
#include "objects/shared_buffer.h"

namespace orochi {

struct SetEntry {
  int64_t hash;
  Value key;   // counted; empty: never used; kDeletedEntry: removed
};
struct SetTable {
  uint64_t mask;
  uint64_t fill;     // entries used, removed ones included
  uint64_t finger;   // where pop() goes on looking
  uint64_t reserved;
  SetEntry entries[];
};

OROCHI_INLINE SetTable* load_table(const Set* set) { return __atomic_load_n(&set->table, __ATOMIC_ACQUIRE); }
OROCHI_INLINE void publish_table(Set* set, SetTable* table) {
  __atomic_store_n(&set->table, table, __ATOMIC_RELEASE);  // pairs with load_table
}
OROCHI_INLINE void store_live(Set* set, uint64_t live) { __atomic_store_n(&set->live, live, __ATOMIC_RELAXED); }

struct SetProbe {
  size_t mask;
  uint64_t perturb;
  size_t at;
  OROCHI_INLINE SetProbe(const SetTable* table, int64_t hash)
      : mask(table->mask), perturb(static_cast<uint64_t>(hash)), at(static_cast<size_t>(hash) & mask) {}
  OROCHI_INLINE void next() {
    perturb >>= 5;
    at = (at * 5 + perturb + 1) & mask;
  }
};

inline bool is_live_key(Value key) { return !key.is_empty() && key != kDeletedEntry; }

// The set's lock is held, or nobody else can reach it.
bool insert_new_locked(Set* set, Borrowed<> key, int64_t hash);   // not in the set; false: no memory
Local<> remove_entry_locked(Set* set, SetTable* table, size_t at);
void drop_set_table(Set* set, SetTable* table);                   // nobody can find it any more
size_t set_table_bytes(const SetTable* table);

// One consistent copy of the table of `from` into the new, unpublished `to`.
Result<void> copy_set_into(Mutator& m, Borrowed<Set> from, Borrowed<Set> to);
Result<Local<Set>> set_snapshot(Mutator& m, Borrowed<Set> set);   // a new plain set
// `target` takes over what `source`, which nobody else has, holds.
void replace_set_contents(Mutator& m, Borrowed<Set> target, Borrowed<Set> source);
void set_clear(Mutator& m, Borrowed<Set> set);
// As set_next, with the hash.
bool set_next_hashed(Borrowed<Set> set, size_t* position, Local<>* key, int64_t* hash);
// An arbitrary element taken out; absent: empty.
Lookup<> set_take_any(Mutator& m, Borrowed<Set> set);

// With the hash known; may run __eq__.
Result<bool> set_add_hashed(Thread& t, Borrowed<Set> set, Borrowed<> key, int64_t hash);
Result<bool> set_contains_hashed(Thread& t, Borrowed<Set> set, Borrowed<> key, int64_t hash);
Result<bool> set_discard_hashed(Thread& t, Borrowed<Set> set, Borrowed<> key, int64_t hash);

}  // namespace orochi
