// dict: compact, insertion-ordered. A published immutable-size table: index array (1/2/4/8 bytes a slot) plus dense
// entries {hash, key, value}. Reads take no lock: load the table, probe, secure the value, check. Writers take the
// dict's lock. A table that other threads may still read is freed through QSBR.
//
// `keys_version` of a table (32 bits, process-wide unique, 0 = not cacheable) is given on request (dict_locate_str)
// and falls back to 0 whenever a key is added or removed or the table is replaced, but not when a value is
// overwritten: global-variable caches hold {version, entry index}. (On request, so that inserting into private dicts
// does not contend for one counter.)
#pragma once

#include "objects/type.h"

namespace orochi {

struct DictEntry {
  int64_t hash;
  Value key;    // Field semantics: counted
  Value value;  // Field semantics; empty: deleted
};

struct DictTable {
  uint32_t keys_version;   // atomic
  uint8_t log2_slots;
  uint8_t log2_index_bytes;
  uint8_t all_str_keys;    // every key is an exact str: probing never runs Python code
  uint8_t padding;
  uint32_t capacity;       // entries allocated
  uint32_t used_entries;   // entries written, deleted ones included; atomic release
  uint32_t head;           // entries before it are all deleted; atomic relaxed
  uint32_t tail;           // entries from it on are all deleted (popitem); under the lock
  // then: entries[capacity], then the index array
  DictEntry* entries() { return reinterpret_cast<DictEntry*>(this + 1); }
  const DictEntry* entries() const { return reinterpret_cast<const DictEntry*>(this + 1); }
};

struct Dict : Object {
  static constexpr uint32_t kShapeFlag = kShapeIsDict;
  static Type& python_type() { return types::Dict; }
  DictTable* table;   // published with release; nullptr: empty
  uint64_t live;      // number of items; atomic
  size_t length() const { return __atomic_load_n(&live, __ATOMIC_RELAXED); }
};

Result<Local<Dict>> make_dict(Mutator& m, size_t expected = 0);

// Exact-str keys: never run Python code. (A dict may hold other keys: their __eq__ is never needed for a str key
// unless a str *subclass* or foreign key has the same hash; those cases go through the Thread& functions below,
// and the _str functions treat such keys as different only if they are not str at all.)
Lookup<> dict_find_str(Mutator& m, Borrowed<Dict> dict, Borrowed<Str> key);
Result<void> dict_set_str(Mutator& m, Borrowed<Dict> dict, Borrowed<Str> key, Local<> value);
Result<bool> dict_delete_str(Mutator& m, Borrowed<Dict> dict, Borrowed<Str> key);   // false: was not there

// Any key: may run __hash__ and __eq__.
Lookup<> dict_find(Thread& t, Borrowed<Dict> dict, Borrowed<> key);
Lookup<> dict_find_hashed(Thread& t, Borrowed<Dict> dict, Borrowed<> key, int64_t hash);
Result<void> dict_set(Thread& t, Borrowed<Dict> dict, Borrowed<> key, Borrowed<> value);
Result<void> dict_set_hashed(Thread& t, Borrowed<Dict> dict, Borrowed<> key, int64_t hash, Borrowed<> value);
Result<bool> dict_delete(Thread& t, Borrowed<Dict> dict, Borrowed<> key);           // false: was not there
Lookup<> dict_pop(Thread& t, Borrowed<Dict> dict, Borrowed<> key);
Result<Local<>> dict_setdefault(Thread& t, Borrowed<Dict> dict, Borrowed<> key, Borrowed<> default_value);
Result<bool> dict_contains(Thread& t, Borrowed<Dict> dict, Borrowed<> key);
Result<Local<Dict>> dict_copy(Mutator& m, Borrowed<Dict> dict);                     // one consistent snapshot
Result<void> dict_update_from_dict(Thread& t, Borrowed<Dict> target, Borrowed<Dict> source, bool overwrite = true);
Result<void> dict_merge(Thread& t, Borrowed<Dict> target, Borrowed<> mapping);      // dict, or keys()/__getitem__
void dict_clear(Mutator& m, Borrowed<Dict> dict);

// Iteration by position: entries keep their index until a resize. Gives owned key and value of the first live entry at
// or after *position and advances it past it; false at the end. Safe against concurrent changes (an entry may be
// missed or seen twice then, never torn).
bool dict_next(Mutator& m, Borrowed<Dict> dict, size_t* position, Local<>* key, Local<>* value, int64_t* hash = nullptr);
Result<Local<>> dict_keys_list(Mutator& m, Borrowed<Dict> dict);   // new list
Result<Local<>> dict_values_list(Mutator& m, Borrowed<Dict> dict);
Result<Local<>> dict_items_list(Mutator& m, Borrowed<Dict> dict);

// For inline caches of global variables: where `key` is now, and the table's version; version 0: do not cache.
struct DictSlot {
  uint32_t version;
  uint32_t entry;   // UINT32_MAX: the key is absent (version guards that too)
};
DictSlot dict_locate_str(Mutator& m, Borrowed<Dict> dict, Borrowed<Str> key);

}  // namespace orochi
