// Inline caches: one word in the instruction stream, read and written atomically.
//
//   0xffff in the upper 16 bits   of a generic instruction: executions and failures counted (low bits)
//   0 in the upper 16 bits        a pointer to an immutable CacheRecord (or the zero word: nothing yet)
//   anything else                 {key:32, index:16, kind:16} packed: a stamp or dict version, and where to look
//
// The kind is part of the word (or of the record), so a thread that still runs the previous form of an instruction
// recognises that the word is not for it. Replaced records are freed through QSBR.
#pragma once

#include "interpreter/dispatch.h"

namespace orochi {

enum CacheKind : uint16_t {
  kCacheNone = 0,
  kCacheSlot = 1,          // key: shape stamp, index: byte offset of the slot in the object
  kCacheGlobal = 2,        // key: version of the globals' table, index: entry
  kCacheModule = 3,        // key: version of the module's dict table, index: entry
  kCacheStoreSlot = 4,
  kCacheStoreGlobal = 5,
  kCacheCounter = 0xffff,
};

enum RecordKind : uint32_t { kRecordValue = 1, kRecordMethod, kRecordType, kRecordBuiltin, kRecordAdd, kRecordClass, kRecordProperty };

// Immutable after publication. `value` is not counted: the guards hold only while the class (whose dictionary owns it)
// is unchanged. If it is counted and other threads run, `stable` is false and the record is not used.
struct CacheRecord {
  uint32_t kind;      // RecordKind
  uint32_t stamp;     // of the receiver's shape; kRecordBuiltin: version of the globals' table
  uint32_t version;   // kRecordType: the class's version; kRecordBuiltin: version of the builtins' table
  uint32_t index;     // kRecordBuiltin: entry
  Value value;
  Shape* from;        // kRecordAdd: transition
  Shape* to;
  bool stable;
};

inline uint64_t packed_cache(CacheKind kind, uint32_t key, uint32_t index) {
  return uint64_t{key} | uint64_t{index} << 32 | uint64_t{kind} << 48;
}
OROCHI_INLINE bool cache_matches(uint64_t cache, CacheKind kind, uint32_t key) {
  return (cache & 0xffff0000ffffffffu) == (uint64_t{kind} << 48 | key);
}
OROCHI_INLINE uint32_t cache_index(uint64_t cache) { return static_cast<uint16_t>(cache >> 32); }
OROCHI_INLINE const CacheRecord* cache_record(uint64_t cache, RecordKind kind) {
  if (OROCHI_UNLIKELY(cache == 0 || (cache >> 48) != 0)) return nullptr;
  auto* record = reinterpret_cast<const CacheRecord*>(cache);
  return OROCHI_LIKELY(record->kind == kind) ? record : nullptr;
}
OROCHI_INLINE uint64_t load_cache(const uint64_t* pc) { return __atomic_load_n(pc + 1, __ATOMIC_ACQUIRE); }

// Puts a new word in place; a record that was there is retired.
void replace_cache(const uint64_t* pc, uint64_t word);
// A generic instruction asks whether to specialise now; counts, and backs off after failures.
bool should_specialise(Thread& t, const uint64_t* pc, Op generic);
// Specialising failed: back to the generic form, with a longer wait.
void give_up_specialising(const uint64_t* pc, Op generic);
CacheRecord* new_record(RecordKind kind);   // nullptr: no memory

}  // namespace orochi
