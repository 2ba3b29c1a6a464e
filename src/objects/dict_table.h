// The inside of dict: probing, inserting and removing in its table, for dict.cpp, the lookups that may run Python code
// (protocols/dict_access.cpp) and the methods in builtins.
//
// A table only grows: entry e is written once (hash, key, value, then the index slot, then used_entries) and later at
// most emptied (value, then key); index slots are never reused. So a probe sequence stays valid as long as the table is
// the dict's, and a reader that finds an emptied entry goes on, or starts again if the table was replaced: then all
// entries were emptied after the new table was published.
// Probing: open addressing; the sequence i -> 5i + 1 + perturbation visits every slot, and the perturbation brings the
// high bits of the hash in (Knuth, TAOCP 3, 6.4; the linear congruential sequence has full period).
#pragma once

#include "objects/dict.h"
#include "objects/shared_buffer.h"
#include "objects/str.h"

namespace orochi {

inline constexpr uint32_t kNoEntry = UINT32_MAX;
inline constexpr int kMaxLog2Slots = 31;

OROCHI_INLINE DictTable* load_table(const Dict* dict) { return __atomic_load_n(&dict->table, __ATOMIC_ACQUIRE); }
OROCHI_INLINE void publish_table(Dict* dict, DictTable* table) {
  __atomic_store_n(&dict->table, table, __ATOMIC_RELEASE);  // pairs with load_table
}
OROCHI_INLINE uint32_t load_used(const DictTable* table) { return __atomic_load_n(&table->used_entries, __ATOMIC_ACQUIRE); }
OROCHI_INLINE void store_live(Dict* dict, uint64_t live) { __atomic_store_n(&dict->live, live, __ATOMIC_RELAXED); }
OROCHI_INLINE void forget_version(DictTable* table) { __atomic_store_n(&table->keys_version, 0u, __ATOMIC_RELEASE); }

struct DictProbe {
  const char* index;
  size_t mask;
  uint64_t perturb;
  size_t at;
  int width;  // log2 of bytes

  OROCHI_INLINE DictProbe(const DictTable* table, int64_t hash)
      : index(reinterpret_cast<const char*>(table->entries() + table->capacity)),
        mask((size_t{1} << table->log2_slots) - 1),
        perturb(static_cast<uint64_t>(hash)),
        at(static_cast<size_t>(hash) & mask),
        width(table->log2_index_bytes) {}
  OROCHI_INLINE void next() {
    perturb >>= 5;
    at = (at * 5 + perturb + 1) & mask;
  }
  // Entry number + 1, or 0: end of the sequence.
  OROCHI_INLINE uint32_t load() const {
    if (width == 0) return __atomic_load_n(reinterpret_cast<const uint8_t*>(index) + at, __ATOMIC_ACQUIRE);
    if (width == 1) return __atomic_load_n(reinterpret_cast<const uint16_t*>(index) + at, __ATOMIC_ACQUIRE);
    return __atomic_load_n(reinterpret_cast<const uint32_t*>(index) + at, __ATOMIC_ACQUIRE);
  }
  OROCHI_INLINE void store(uint32_t entry_plus_1) {
    char* base = const_cast<char*>(index);
    if (width == 0) {
      __atomic_store_n(reinterpret_cast<uint8_t*>(base) + at, static_cast<uint8_t>(entry_plus_1), __ATOMIC_RELEASE);
    } else if (width == 1) {
      __atomic_store_n(reinterpret_cast<uint16_t*>(base) + at, static_cast<uint16_t>(entry_plus_1), __ATOMIC_RELEASE);
    } else {
      __atomic_store_n(reinterpret_cast<uint32_t*>(base) + at, entry_plus_1, __ATOMIC_RELEASE);
    }
  }
};

size_t dict_table_bytes(const DictTable* table);
DictTable* make_dict_table(size_t entries);   // room for that many; nullptr: no memory

// From here the dict's lock is held, or no other thread can reach the dict.
uint32_t find_str_locked(const DictTable* table, Borrowed<Str> key, int64_t hash);
bool reserve_dict_entry(Dict* dict);          // room for one more; false: no memory
// `key` is not in the dict. Makes a reference to it. False: no memory.
bool insert_new_locked(Dict* dict, Borrowed<> key, int64_t hash, Local<>&& value);
OROCHI_INLINE Local<> replace_value_locked(DictTable* table, uint32_t e, Local<>&& value) {
  return Local<>::adopt(exchange_slot(&table->entries()[e].value, value.release()));
}
struct DictItem {
  Local<> key;
  Local<> value;
};
DictItem remove_entry_locked(Dict* dict, uint32_t e);

// Empties a table nobody can find any more and frees it. Needs no lock.
void drop_dict_table(Dict* dict, DictTable* table);

// For keys compared without Python code: 1 equal, 0 different, -1 ask rich comparison.
OROCHI_INLINE int quick_equal(Value a, Value b) {
  if (a == b) return 1;
  if (a.is_fixnum() && b.is_fixnum()) return 0;
  if (a.is_heap() && b.is_heap()) {
    if (a.as_object()->type() == &types::Str && b.as_object()->type() == &types::Str) {
      return str_equal(Borrowed<Str>(a), Borrowed<Str>(b));
    }
    return -1;
  }
  if (a.is_fixnum() && is_exact_str(b)) return 0;
  if (b.is_fixnum() && is_exact_str(a)) return 0;
  return -1;
}

// Lock-free: does the key slot hold a str (subclasses too if `any_str`) equal to `key`? Compares without securing: the
// memory of a str that dies meanwhile stays readable until we pass a quiescent point, and the slot is looked at again
// afterwards, so a garbled comparison is never believed.
enum class StrMatch : uint8_t { Different, Equal, NotStr };
StrMatch match_str_slot(const Value* slot, Borrowed<Str> key, bool any_str);

}  // namespace orochi
