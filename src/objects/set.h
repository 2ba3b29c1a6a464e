// set and frozenset: open addressing over {hash, key}, published table as for dict.
#pragma once

#include "objects/type.h"

namespace orochi {

struct SetTable;
struct Set : Object {
  static constexpr uint32_t kShapeFlag = kShapeIsSet;
  static Type& python_type() { return types::Set; }
  SetTable* table;
  uint64_t live;
  int64_t hash_cache;  // frozenset
  size_t length() const { return __atomic_load_n(&live, __ATOMIC_RELAXED); }
};

Result<Local<Set>> make_set(Mutator& m);
Result<Local<Set>> make_frozenset(Thread& t, const Value* items, size_t count);
// `set` is a set or frozenset (is_set_or_frozenset).
Result<bool> set_add(Thread& t, Borrowed<Set> set, Borrowed<> key);        // false: was there
Result<bool> set_contains(Thread& t, Borrowed<Set> set, Borrowed<> key);
Result<bool> set_discard(Thread& t, Borrowed<Set> set, Borrowed<> key);
Result<void> set_update(Thread& t, Borrowed<Set> set, Borrowed<> iterable);
bool set_next(Mutator& m, Borrowed<Set> set, size_t* position, Local<>* key);

}  // namespace orochi
