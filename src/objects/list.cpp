// list: storage. Everything here takes the list's lock itself (except the _locked functions of list_storage.h), and
// none of it runs Python code.
#include "objects/list.h"

#include "objects/exception.h"
#include "objects/list_storage.h"
#include "objects/tuple.h"

namespace orochi {

namespace {

void trace_list(Object* object, Visitor& v) {
  auto* list = static_cast<List*>(object);
  if (list->array) v.visit_slots(list->array->items, list->length_);
}
void destroy_list(Object* object) { free_raw(static_cast<List*>(object)->array); }
size_t extra_list(const Object* object) {
  ListArray* array = load_array(static_cast<const List*>(object));
  return array ? sizeof(ListArray) + array->capacity * sizeof(Value) : 0;
}

}  // namespace

extern const Layout kListLayout;
constinit const Layout kListLayout{"list", sizeof(List), 0, trace_list, destroy_list, nullptr, extra_list};

ListArray* make_list_array(size_t capacity) {
  if (capacity > kMaxListLength) return nullptr;
  auto* array = static_cast<ListArray*>(allocate_raw_zeroed(sizeof(ListArray) + capacity * sizeof(Value)));
  if (array) array->capacity = capacity;
  return array;
}

void retire_list_array(List* list, ListArray* array, size_t used) {
  if (!array) return;
  bool shared = others_may_read(list);
  if (shared) {
    for (size_t i = 0; i < used; i++) __atomic_store_n(&array->items[i].bits, uint64_t{0}, __ATOMIC_SEQ_CST);
  }
  free_buffer(array, shared);
}

void drop_list_array(List* list, ListArray* array, size_t used) {
  if (!array) return;
  bool shared = others_may_read(list);
  for (size_t i = used; i-- > 0;) release(exchange_slot(&array->items[i], Value()));
  free_buffer(array, shared);
}

bool list_reserve_locked(List* list, size_t wanted) {
  ListArray* old = list->array;
  size_t capacity = old ? old->capacity : 0;
  if (wanted <= capacity) return true;
  if (wanted > kMaxListLength) return false;
  // About an eighth more than asked for, in whole cache lines' quarters.
  size_t target = (wanted + (wanted >> 3) + 6) & ~size_t{3};
  if (capacity == 0 && wanted > 1 && wanted < (size_t{1} << 20)) target = (wanted + 1) & ~size_t{1};
  if (target < 4) target = 4;
  if (!multi_threaded()) {
    auto* array = static_cast<ListArray*>(reallocate_raw(old, sizeof(ListArray) + target * sizeof(Value)));
    if (!array) return false;
    std::memset(static_cast<void*>(array->items + capacity), 0, (target - capacity) * sizeof(Value));
    array->capacity = target;
    list->array = array;
    return true;
  }
  ListArray* array = make_list_array(target);
  if (!array) return false;
  if (old) std::memcpy(static_cast<void*>(array->items), old->items, list->length_ * sizeof(Value));
  publish_array(list, array);
  retire_list_array(list, old, list->length_);
  return true;
}

Result<Local<List>> make_list(Mutator& m, size_t capacity) {
  Local<List> list = TRY(allocate<List>(m, types::List.root_shape));
  if (capacity) {
    ListArray* array = make_list_array(capacity);
    if (!array) return raise_no_memory(m);
    list->array = array;
  }
  return list;
}

Result<Local<List>> make_list(Mutator& m, const Value* items, size_t length) {
  Local<List> list = TRY(make_list(m, length));
  for (size_t i = 0; i < length; i++) {
    retain(items[i]);
    list->array->items[i] = items[i];
  }
  list->length_ = length;
  return list;
}

Lookup<> list_get(Mutator&, Borrowed<List> list, int64_t index) {
  if (OROCHI_LIKELY(!multi_threaded())) {
    if (static_cast<uint64_t>(index) >= list->length_) return kAbsent;
    return Local<>::share(list->array->items[index]);
  }
  for (;;) {
    ListArray* array = load_array(list.get());
    if (static_cast<uint64_t>(index) >= list->length()) return kAbsent;
    if (!array || static_cast<uint64_t>(index) >= array->capacity) continue;  // a longer array is there by now
    Value v = load_slot(&array->items[index], list.get());
    if (OROCHI_LIKELY(!v.is_empty())) return Local<>::adopt(v);
  }
}

bool list_set(Mutator& m, Borrowed<List> list, int64_t index, Local<> item) {
  Local<> old;
  ObjectLock guard(m, list.get());
  if (static_cast<uint64_t>(index) >= list->length_) return false;
  old = Local<>::adopt(exchange_slot(&list->array->items[index], item.release()));
  guard.release();
  return true;
}

Result<void> list_append(Mutator& m, Borrowed<List> list, Local<> item) {
  ObjectLock guard(m, list.get());
  size_t length = list->length_;
  if (OROCHI_UNLIKELY(!list->array || length == list->array->capacity)) {
    if (!list_reserve_locked(list.get(), length + 1)) return raise_no_memory(m);
  }
  publish_slot(&list->array->items[length], item.release());
  publish_length(list.get(), length + 1);
  return ok();
}

Result<void> list_extend_values(Mutator& m, Borrowed<List> list, const Value* items, size_t count) {
  if (count == 0) return ok();
  ObjectLock guard(m, list.get());
  size_t length = list->length_;
  if (!list_reserve_locked(list.get(), length + count)) return raise_no_memory(m);
  for (size_t i = 0; i < count; i++) {
    retain(items[i]);
    publish_slot(&list->array->items[length + i], items[i]);
  }
  publish_length(list.get(), length + count);
  return ok();
}

Result<Local<Tuple>> list_to_tuple(Mutator& m, Borrowed<List> list) {
  for (;;) {
    size_t length = list->length();
    Local<Tuple> tuple = TRY(make_tuple_uninitialised(m, length));
    ObjectLock guard(m, list.get());
    if (list->length_ != length) continue;
    Field<>* to = tuple->items();
    for (size_t i = 0; i < length; i++) to[i].init_share(Borrowed<>(list->array->items[i]));
    return tuple;
  }
}

Result<Local<List>> list_slice(Mutator& m, Borrowed<List> list, size_t start, size_t end) {
  for (;;) {
    size_t length = list->length();
    size_t to = end < length ? end : length;
    size_t count = start < to ? to - start : 0;
    Local<List> out = TRY(make_list(m, count));
    ObjectLock guard(m, list.get());
    if (list->length_ != length) continue;
    for (size_t i = 0; i < count; i++) {
      Value v = list->array->items[start + i];
      retain(v);
      out->array->items[i] = v;
    }
    out->length_ = count;
    return out;
  }
}

Result<void> list_insert_at(Mutator& m, Borrowed<List> list, int64_t index, Local<> item) {
  ObjectLock guard(m, list.get());
  size_t length = list->length_;
  if (!list_reserve_locked(list.get(), length + 1)) return raise_no_memory(m);
  int64_t at = index < 0 ? index + static_cast<int64_t>(length) : index;
  if (at < 0) at = 0;
  if (at > static_cast<int64_t>(length)) at = static_cast<int64_t>(length);
  Value* items = list->array->items;
  move_slots(items + at + 1, items + at, length - static_cast<size_t>(at));
  publish_slot(&items[at], item.release());
  publish_length(list.get(), length + 1);
  return ok();
}

void list_clear_items(Mutator& m, Borrowed<List> list) {
  ObjectLock guard(m, list.get());
  ListArray* array = list->array;
  size_t used = list->length_;
  publish_length(list.get(), 0);
  publish_array(list.get(), nullptr);
  guard.release();
  drop_list_array(list.get(), array, used);
}

}  // namespace orochi
