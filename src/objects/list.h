// list: a published array of Fields with a capacity header. Reads take no lock (load array, bounds check, secure the
// item); writers take the list's lock; an array that other threads may still read is freed through QSBR.
#pragma once

#include "objects/type.h"

namespace orochi {

// Raw buffer; items beyond the list's length are empty.
struct ListArray {
  uint64_t capacity;
  Value items[];
};

struct List : Object {
  static constexpr uint32_t kShapeFlag = kShapeIsList;
  static Type& python_type() { return types::List; }
  ListArray* array;   // published with release; nullptr when capacity is 0
  uint64_t length_;   // atomic; written under the lock
  size_t length() const { return __atomic_load_n(&length_, __ATOMIC_ACQUIRE); }
};

Result<Local<List>> make_list(Mutator& m, size_t capacity = 0);                        // empty, with room
Result<Local<List>> make_list(Mutator& m, const Value* items, size_t length);          // shares each
// All of these take the lock themselves; any thread.
Lookup<> list_get(Mutator& m, Borrowed<List> list, int64_t index);                     // absent: out of range (0 <= index only)
bool list_set(Mutator& m, Borrowed<List> list, int64_t index, Local<> item);           // false: out of range
Result<void> list_append(Mutator& m, Borrowed<List> list, Local<> item);
Result<void> list_extend_values(Mutator& m, Borrowed<List> list, const Value* items, size_t count);
Result<Local<Tuple>> list_to_tuple(Mutator& m, Borrowed<List> list);                   // one consistent snapshot
Result<Local<List>> list_slice(Mutator& m, Borrowed<List> list, size_t start, size_t end);
Result<void> list_insert_at(Mutator& m, Borrowed<List> list, int64_t index, Local<> item);
void list_clear_items(Mutator& m, Borrowed<List> list);

}  // namespace orochi
