// The inside of list: for list.cpp, the methods in builtins and sort. The caller holds the list's lock where a name says
// _locked.
//
// Invariants: items[length .. capacity) are empty; length <= capacity of the published array; a longer array is
// published before a longer length.
#pragma once

#include "objects/list.h"
#include "objects/shared_buffer.h"

namespace orochi {

inline constexpr size_t kMaxListLength = (size_t{1} << 46) / sizeof(Value);

OROCHI_INLINE ListArray* load_array(const List* list) { return __atomic_load_n(&list->array, __ATOMIC_ACQUIRE); }
OROCHI_INLINE void publish_array(List* list, ListArray* array) {
  __atomic_store_n(&list->array, array, __ATOMIC_RELEASE);  // pairs with load_array
}
OROCHI_INLINE void publish_length(List* list, size_t length) {
  __atomic_store_n(&list->length_, length, __ATOMIC_RELEASE);  // pairs with List::length
}

ListArray* make_list_array(size_t capacity);                              // zeroed; nullptr: no memory
void retire_list_array(List* list, ListArray* array, size_t used);        // its items live on elsewhere
void drop_list_array(List* list, ListArray* array, size_t used);          // drops the items too; needs no lock
bool list_reserve_locked(List* list, size_t wanted);                      // false: no memory

}  // namespace orochi
