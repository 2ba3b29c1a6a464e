// list: methods and operators. Each changes the list under its lock in one step; what a step displaces is dropped after
// unlocking. Comparisons of items may run Python code, so they are done on secured items without the lock.
#include "builtins/list_type.h"

#include "builtins/container_support.h"
#include "builtins/repr_guard.h"
#include "objects/dict.h"
#include "objects/iterators.h"
#include "objects/list_storage.h"
#include "protocols/dunder_slots.h"
#include "protocols/slicing.h"

namespace orochi {

extern const Layout kListLayout;

namespace {

// Values taken out of the list under its lock; dropped when it goes (declare it before the lock).
class Removed {
 public:
  Removed() = default;
  ~Removed() {
    for (size_t i = 0; i < count_; i++) release(values_[i]);
    if (values_ != inline_) free_raw(values_);
  }
  Removed(const Removed&) = delete;
  bool reserve(size_t n) {
    if (n <= std::size(inline_)) return true;
    auto* more = static_cast<Value*>(allocate_raw(n * sizeof(Value)));
    if (!more) return false;
    values_ = more;
    return true;
  }
  void add(Value v) { values_[count_++] = v; }

 private:
  Value inline_[8];
  Value* values_ = inline_;
  size_t count_ = 0;
};

// items[start, start + gone) become `fresh[0, count)`, whose references are taken over. Locked; `removed` has room.
// False: no memory, nothing changed.
bool splice_locked(List* list, size_t start, size_t gone, const Value* fresh, size_t count, Removed& removed) {
  size_t length = list->length_;
  if (count > gone && !list_reserve_locked(list, length - gone + count)) return false;
  if (!list->array) return true;
  Value* items = list->array->items;
  size_t tail = length - start - gone;
  for (size_t i = 0; i < gone; i++) removed.add(items[start + i]);
  if (count != gone) move_slots(items + start + count, items + start + gone, tail);
  for (size_t i = 0; i < count; i++) publish_slot(&items[start + i], fresh[i]);
  size_t new_length = length - gone + count;
  if (multi_threaded()) __atomic_thread_fence(__ATOMIC_SEQ_CST);  // before what was removed is dropped; see load_slot
  if (new_length < length) {
    publish_length(list, new_length);
    for (size_t i = new_length; i < length; i++) publish_slot(&items[i], Value());
  } else {
    publish_length(list, new_length);
  }
  return true;
}

// Gives memory back when a list has become much smaller. Locked.
void shrink_locked(List* list) {
  ListArray* old = list->array;
  size_t length = list->length_;
  if (!old || old->capacity < 32 || length >= old->capacity / 2) return;
  if (length == 0) {
    publish_array(list, nullptr);
    retire_list_array(list, old, 0);
    return;
  }
  size_t capacity = (length + (length >> 3) + 6) & ~size_t{3};
  ListArray* array = make_list_array(capacity);
  if (!array) return;
  std::memcpy(static_cast<void*>(array->items), old->items, length * sizeof(Value));
  publish_array(list, array);
  retire_list_array(list, old, length);
}

Result<Local<List>> new_list(Thread& t, Borrowed<Type> cls) {
  if (cls.get() == &types::List) return make_list(t);
  return allocate_for<List>(t, cls);
}

Result<Local<>> list_op_new(Thread& t, Borrowed<Type> cls, const CallArgs&) { return new_list(t, cls); }

Result<void> list_op_init(Thread& t, Borrowed<> self, const CallArgs& args) {
  auto list = self.as<List>();
  if (args.has_names() && args.names->length() && type_of(self)->slots.new_ == list_op_new) {
    return raise(t, types::TypeError, "list() takes no keyword arguments");
  }
  if (args.count > 1) return raise(t, types::TypeError, "list expected at most 1 argument, got {}", args.count);
  if (list->length()) list_clear_items(t, list);
  if (args.count == 1) TRY(list_extend_iterable(t, list, args[0]));
  return ok();
}

Result<Local<>> list_op_repr(Thread& t, Borrowed<> self) {
  auto list = self.as<List>();
  if (list->length() == 0) return make_str(t, "[]");
  ReprGuard guard(self);
  if (guard.recursive()) return make_str(t, "[...]");
  StrBuilder out(t);
  out.append_char('[');
  for (int64_t i = 0;; i++) {
    Lookup<> item = list_get(t, list, i);
    if (item.absent()) break;
    if (i) out.append_ascii(", ");
    Local<Str> text = TRY(repr_of(t, *item));
    out.append(text);
  }
  out.append_char(']');
  return out.finish();
}

Result<Local<>> list_op_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (!is_list(a) || !is_list(b)) return kNotImplemented;
  auto x = a.as<List>();
  auto y = b.as<List>();
  if (x->length() != y->length() && (op == CompareOp::Eq || op == CompareOp::Ne)) {
    return Value::boolean(op == CompareOp::Ne);
  }
  for (int64_t i = 0;; i++) {
    Lookup<> p = list_get(t, x, i);
    Lookup<> q = list_get(t, y, i);
    if (p.absent() || q.absent()) break;
    if ((*p).value() == (*q).value()) continue;
    bool equal = TRY(equals(t, *p, *q));
    if (equal) continue;
    // A comparison that shortened a list leaves nothing to tell them apart here.
    if (static_cast<uint64_t>(i) >= x->length() || static_cast<uint64_t>(i) >= y->length()) break;
    if (op == CompareOp::Eq) return kFalse;
    if (op == CompareOp::Ne) return kTrue;
    return rich_compare(t, *p, *q, op);
  }
  return Value::boolean(compare_lengths(x->length(), y->length(), op));
}

Result<int64_t> list_op_len(Thread&, Borrowed<> self) { return static_cast<int64_t>(self.as<List>()->length()); }

Result<Local<>> get_extended(Thread& t, Borrowed<List> list, SliceParts parts) {
  for (;;) {
    size_t length = list->length();
    SliceBounds b = slice_adjust(parts, static_cast<int64_t>(length));
    if (b.step == 1 || b.length <= 0) {
      if (b.length <= 0) return make_list(t);
    }
    Local<List> out = TRY(make_list(t, static_cast<size_t>(b.length)));
    ObjectLock guard(t, list.get());
    if (list->length_ != length) continue;
    for (int64_t i = 0, at = b.start; i < b.length; i++, at += b.step) {
      Value v = list->array->items[at];
      retain(v);
      out->array->items[i] = v;
    }
    out->length_ = static_cast<size_t>(b.length);
    return out;
  }
}

Result<Local<>> list_op_getitem(Thread& t, Borrowed<> self, Borrowed<> key) {
  auto list = self.as<List>();
  if (OROCHI_LIKELY(key.value().is_fixnum())) {
    int64_t i = key.value().as_fixnum();
    if (i < 0) i += static_cast<int64_t>(list->length());
    if (OROCHI_LIKELY(i >= 0)) {
      Lookup<> item = list_get(t, list, i);
      if (OROCHI_LIKELY(item.found())) return item.take();
    }
    return raise(t, types::IndexError, "list index out of range");
  }
  if (is_slice(key)) {
    SliceParts parts = TRY(slice_parts(t, key.as<Slice>()));
    return get_extended(t, list, parts);
  }
  if (!is_int(key) && !type_of(key)->slots.index) {
    return raise(t, types::TypeError, "list indices must be integers or slices, not {}", TypeName(key));
  }
  int64_t i = TRY(to_index(t, key, types::IndexError));
  if (i < 0) i += static_cast<int64_t>(list->length());
  if (i < 0) return raise(t, types::IndexError, "list index out of range");
  Lookup<> item = list_get(t, list, i);
  if (item.absent()) return raise(t, types::IndexError, "list index out of range");
  return item.take();
}

Result<void> delete_slice(Thread& t, Borrowed<List> list, SliceParts parts) {
  Removed removed;
  ObjectLock guard(t, list.get());
  size_t length = list->length_;
  SliceBounds b = slice_adjust(parts, static_cast<int64_t>(length));
  if (b.length <= 0) return ok();
  auto count = static_cast<size_t>(b.length);
  if (!removed.reserve(count)) return raise_no_memory(t);
  auto start = static_cast<size_t>(b.start);
  if (b.step == 1) {
    splice_locked(list.get(), start, count, nullptr, 0, removed);
    shrink_locked(list.get());
    guard.release();
    return ok();
  }
  auto step = static_cast<size_t>(b.step < 0 ? -b.step : b.step);
  if (b.step < 0) start = static_cast<size_t>(b.start + (b.length - 1) * b.step);
  Value* items = list->array->items;
  size_t to = start, next = start, gone = 0;
  for (size_t from = start; from < length; from++) {
    if (from == next && gone < count) {
      removed.add(items[from]);
      gone++;
      next += step;
    } else {
      publish_slot(&items[to++], items[from]);
    }
  }
  if (multi_threaded()) __atomic_thread_fence(__ATOMIC_SEQ_CST);  // see splice_locked
  publish_length(list.get(), to);
  for (size_t i = to; i < length; i++) publish_slot(&items[i], Value());
  guard.release();
  return ok();
}

Result<void> assign_slice(Thread& t, Borrowed<List> list, SliceParts parts, Borrowed<> value) {
  // A snapshot of the values first: `a[:] = a` and generators that look at the list are fine then.
  Local<List> fresh;
  {
    auto made = list_from(t, value);
    if (made.raised()) {
      if (type_of(value)->slots.iter || type_of(value)->slots.getitem || !clear_pending_if(t, types::TypeError)) return Raised{};
      return raise(t, types::TypeError, "must assign iterable to extended slice");
    }
    fresh = made.take().as<List>();
  }
  size_t count = fresh->length_;
  Removed removed;
  ObjectLock guard(t, list.get());
  SliceBounds b = slice_adjust(parts, static_cast<int64_t>(list->length_));
  if (b.length < 0) b.length = 0;
  if (b.step == 1) {
    if (!removed.reserve(static_cast<size_t>(b.length))) return raise_no_memory(t);
    bool fine = splice_locked(list.get(), static_cast<size_t>(b.start), static_cast<size_t>(b.length),
                              fresh->array ? fresh->array->items : nullptr, count, removed);
    if (!fine) return raise_no_memory(t);
    // The references moved over.
    fresh->length_ = 0;
    shrink_locked(list.get());
    guard.release();
    return ok();
  }
  if (static_cast<size_t>(b.length) != count) {
    guard.release();
    return raise(t, types::ValueError, "attempt to assign sequence of size {} to extended slice of size {}", count, b.length);
  }
  if (!removed.reserve(count)) return raise_no_memory(t);
  for (size_t i = 0; i < count; i++) {
    removed.add(exchange_slot(&list->array->items[b.start + static_cast<int64_t>(i) * b.step], fresh->array->items[i]));
  }
  fresh->length_ = 0;
  guard.release();
  return ok();
}

Result<void> list_op_setitem(Thread& t, Borrowed<> self, Borrowed<> key, Borrowed<> value) {
  auto list = self.as<List>();
  if (is_slice(key)) {
    SliceParts parts = TRY(slice_parts(t, key.as<Slice>()));
    return value ? assign_slice(t, list, parts, value) : delete_slice(t, list, parts);
  }
  if (!is_int(key) && !type_of(key)->slots.index) {
    return raise(t, types::TypeError, "list indices must be integers or slices, not {}", TypeName(key));
  }
  int64_t i = TRY(to_index(t, key, types::IndexError));
  if (value) {
    if (i < 0) i += static_cast<int64_t>(list->length());
    if (i >= 0 && list_set(t, list, i, Local<>::share(value))) return ok();
    return raise(t, types::IndexError, "list assignment index out of range");
  }
  Removed removed;
  ObjectLock guard(t, list.get());
  auto length = static_cast<int64_t>(list->length_);
  if (i < 0) i += length;
  if (i < 0 || i >= length) {
    guard.release();
    return raise(t, types::IndexError, "list assignment index out of range");
  }
  splice_locked(list.get(), static_cast<size_t>(i), 1, nullptr, 0, removed);
  guard.release();
  return ok();
}

Result<bool> list_op_contains(Thread& t, Borrowed<> self, Borrowed<> item) {
  auto list = self.as<List>();
  for (int64_t i = 0;; i++) {
    Lookup<> each = list_get(t, list, i);
    if (each.absent()) return false;
    if (TRY(equals(t, *each, item))) return true;
  }
}

Result<Local<>> list_op_concat(Thread& t, Borrowed<> a, Borrowed<> b) {
  if (!is_list(b)) return raise(t, types::TypeError, "can only concatenate list (not \"{}\") to list", TypeName(b));
  auto x = a.as<List>();
  auto y = b.as<List>();
  for (;;) {
    size_t n = x->length(), k = y->length();
    Local<List> out = TRY(make_list(t, n + k));
    ObjectLock2 guard(t, x.get(), y.get());
    if (x->length_ != n || y->length_ != k) continue;
    for (size_t i = 0; i < n + k; i++) {
      Value v = i < n ? x->array->items[i] : y->array->items[i - n];
      retain(v);
      out->array->items[i] = v;
    }
    out->length_ = n + k;
    return out;
  }
}

Result<Local<>> list_op_inplace_concat(Thread& t, Borrowed<> self, Borrowed<> other) {
  TRY(list_extend_iterable(t, self.as<List>(), other));
  return Local<>::share(self);
}

Result<Local<>> list_op_repeat(Thread& t, Borrowed<> self, int64_t times) {
  auto list = self.as<List>();
  if (times <= 0) return make_list(t);
  for (;;) {
    size_t n = list->length();
    if (n == 0) return make_list(t);
    if (static_cast<uint64_t>(times) > kMaxListLength / n) return raise_no_memory(t);
    Local<List> out = TRY(make_list(t, n * static_cast<size_t>(times)));
    ObjectLock guard(t, list.get());
    if (list->length_ != n) continue;
    Value* to = out->array->items;
    for (int64_t k = 0; k < times; k++) {
      for (size_t i = 0; i < n; i++) {
        retain(list->array->items[i]);
        *to++ = list->array->items[i];
      }
    }
    out->length_ = n * static_cast<size_t>(times);
    return out;
  }
}

Result<Local<>> list_op_inplace_repeat(Thread& t, Borrowed<> self, int64_t times) {
  auto list = self.as<List>();
  if (times <= 0) {
    list_clear_items(t, list);
    return Local<>::share(self);
  }
  ObjectLock guard(t, list.get());
  size_t n = list->length_;
  if (n == 0 || times == 1) return Local<>::share(self);
  if (static_cast<uint64_t>(times) > kMaxListLength / n || !list_reserve_locked(list.get(), n * static_cast<size_t>(times))) {
    guard.release();
    return raise_no_memory(t);
  }
  Value* items = list->array->items;
  for (size_t i = n; i < n * static_cast<size_t>(times); i++) {
    retain(items[i - n]);
    publish_slot(&items[i], items[i - n]);
  }
  publish_length(list.get(), n * static_cast<size_t>(times));
  guard.release();
  return Local<>::share(self);
}

// ---- methods ----

Result<void> list_do_append(Mutator& m, Borrowed<List> self, Borrowed<> object) {
  return list_append(m, self, Local<>::share(object));
}

Result<void> list_insert(Thread& t, Borrowed<List> self, Index index, Borrowed<> object) {
  return list_insert_at(t, self, index, Local<>::share(object));
}

Result<void> list_extend(Thread& t, Borrowed<List> self, Borrowed<> iterable) {
  return list_extend_iterable(t, self, iterable);
}

Result<Local<>> list_pop(Thread& t, Borrowed<List> self, Index index) {
  ObjectLock guard(t, self.get());
  auto length = static_cast<int64_t>(self->length_);
  int64_t i = index.value;
  if (i < 0) i += length;
  if (i < 0 || i >= length) {
    guard.release();
    return raise(t, types::IndexError, length ? "pop index out of range" : "pop from empty list");
  }
  Value* items = self->array->items;
  Value taken = items[i];
  if (i + 1 < length) move_slots(items + i, items + i + 1, static_cast<size_t>(length - i - 1));
  publish_length(self.get(), static_cast<size_t>(length - 1));
  (void)exchange_slot(&items[length - 1], Value());
  if (OROCHI_UNLIKELY(self->length_ < self->array->capacity / 2)) shrink_locked(self.get());
  guard.release();
  return Local<>::adopt(taken);
}

Result<void> list_remove(Thread& t, Borrowed<List> self, Borrowed<> value) {
  for (int64_t i = 0;; i++) {
    Lookup<> each = list_get(t, self, i);
    if (each.absent()) break;
    if (!TRY(equals(t, *each, value))) continue;
    Removed removed;
    ObjectLock guard(t, self.get());
    if (static_cast<uint64_t>(i) >= self->length_) return ok();
    // The one we compared, unless the list changed meanwhile; then look for it here.
    size_t at = static_cast<size_t>(i);
    if (self->array->items[at] != (*each).value()) {
      size_t k = 0;
      while (k < self->length_ && self->array->items[k] != (*each).value()) k++;
      if (k < self->length_) at = k;
    }
    splice_locked(self.get(), at, 1, nullptr, 0, removed);
    guard.release();
    return ok();
  }
  return raise(t, types::ValueError, "list.remove(x): x not in list");
}

void list_clear(Mutator& m, Borrowed<List> self) { list_clear_items(m, self); }
Result<Local<List>> list_copy(Mutator& m, Borrowed<List> self) { return list_slice(m, self, 0, SIZE_MAX); }

Result<Local<>> list_index(Thread& t, Borrowed<List> self, Borrowed<> value, Borrowed<> start_argument,
                           Maybe<Borrowed<>> stop_argument) {
  int64_t start = TRY(slice_index_argument(t, start_argument));
  int64_t stop = stop_argument ? TRY(slice_index_argument(t, *stop_argument)) : INT64_MAX;
  auto n = static_cast<int64_t>(self->length());
  if (start < 0) start = start < -n ? 0 : start + n;
  if (stop < 0) stop = stop < -n ? 0 : stop + n;
  for (int64_t i = start; i < stop; i++) {
    Lookup<> each = list_get(t, self, i);
    if (each.absent()) break;
    if (TRY(equals(t, *each, value))) return make_int(t, i);
  }
  return raise(t, types::ValueError, "list.index(x): x not in list");
}

Result<int64_t> list_count(Thread& t, Borrowed<List> self, Borrowed<> value) {
  int64_t count = 0;
  for (int64_t i = 0;; i++) {
    Lookup<> each = list_get(t, self, i);
    if (each.absent()) return count;
    count += TRY(equals(t, *each, value));
  }
}

void list_reverse(Mutator& m, Borrowed<List> self) {
  ObjectLock guard(m, self.get());
  if (self->length_ < 2) return;
  Value* low = self->array->items;
  Value* high = low + self->length_ - 1;
  for (; low < high; low++, high--) {
    Value v = *low;
    publish_slot(low, *high);
    publish_slot(high, v);
  }
}

Result<Local<>> list_do_sort(Thread& t, Borrowed<List> self, Borrowed<> key, bool reverse) {
  TRY(list_sort(t, self, key, reverse));
  return kNone;
}

Result<Local<>> list_op_iter(Thread& t, Borrowed<> self) {
  Local<ListIterator> it = TRY(make_object<ListIterator>(t));
  it->list.init_share(self.as<List>());
  return it;
}
Result<Local<>> list_reversed(Thread& t, Borrowed<List> self) {
  Local<ListReverseIterator> it = TRY(make_object<ListReverseIterator>(t));
  it->list.init_share(self);
  it->index = self->length();
  return it;
}
int64_t list_sizeof(Mutator&, Borrowed<List> self) {
  ListArray* array = load_array(self.get());
  return static_cast<int64_t>(type_of(self)->layout->basic_size + self->shape()->slot_capacity * sizeof(Value) +
                              (array ? sizeof(ListArray) + array->capacity * sizeof(Value) : 0));
}

constexpr NativeDef kListMethods[] = {
    method<list_reversed>("__reversed__(self, /)", "Return a reverse iterator over the list."),
    method<list_sizeof>("__sizeof__(self, /)", "Return the size of the list in memory, in bytes."),
    method<list_clear>("clear(self, /)", "Remove all items from list."),
    method<list_copy>("copy(self, /)", "Return a shallow copy of the list."),
    method<list_do_append>("append(self, object, /)", "Append object to the end of the list."),
    method<list_insert>("insert(self, index, object, /)", "Insert object before index."),
    method<list_extend>("extend(self, iterable, /)", "Extend list by appending elements from the iterable."),
    method<list_pop>("pop(self, index=-1, /)",
                     "Remove and return item at index (default last).\n\nRaises IndexError if list is empty or index is "
                     "out of range."),
    method<list_remove>("remove(self, value, /)",
                        "Remove first occurrence of value.\n\nRaises ValueError if the value is not present."),
    method<list_index>("index(self, value, start=0, stop=sys.maxsize, /)",
                       "Return first index of value.\n\nRaises ValueError if the value is not present."),
    method<list_count>("count(self, value, /)", "Return number of occurrences of value."),
    method<list_reverse>("reverse(self, /)", "Reverse *IN PLACE*."),
    method<list_do_sort>("sort(self, /, *, key=None, reverse=False)",
                         "Sort the list in ascending order and return None.\n\nThe sort is in-place (i.e. the list "
                         "itself is modified) and stable\n(i.e. the order of two equal elements is maintained).\n\nIf a "
                         "key function is given, apply it once to each list item and sort\nthem, ascending or "
                         "descending, according to their function values.\n\nThe reverse flag can be set to sort in "
                         "descending order."),
    class_method<generic_class_getitem>("__class_getitem__(type, object, /)",
                                        "lists are generic over the type of their contents"),
};

const TypeDef kListDef = {
    .name = "list",
    .signature = "(iterable=(), /)",
    .doc = "Built-in mutable sequence.\n\nIf no argument is given, the constructor creates a new empty list.\n"
           "The argument must be an iterable if specified.",
    .layout = &kListLayout,
    .flags = kTypeSubclassable | kTypeSequence | kTypeMatchSelf,
    .shape_flags = kShapeIsList | kShapeExact,
    OROCHI_METHODS(kListMethods),
    .slots = {.repr = list_op_repr,
              .hash = hash_not_implemented,
              .compare = list_op_compare,
              .iter = list_op_iter,
              .init = list_op_init,
              .new_ = list_op_new,
              .len = list_op_len,
              .getitem = list_op_getitem,
              .setitem = list_op_setitem,
              .contains = list_op_contains,
              .concat = list_op_concat,
              .inplace_concat = list_op_inplace_concat,
              .repeat = list_op_repeat,
              .inplace_repeat = list_op_inplace_repeat},
};

}  // namespace

Result<void> list_extend_iterable(Thread& t, Borrowed<List> list, Borrowed<> iterable) {
  if (is_exact_tuple(iterable)) {
    auto tuple = iterable.as<Tuple>();
    return list_extend_values(t, list, tuple->values(), tuple->length());
  }
  if (Type* kind = type_of(iterable); kind == &types::DictItems || kind == &types::DictValues || kind == &types::DictKeys) {
    Local<> copy = TRY(list_from(t, iterable));  // in one step
    return list_extend_iterable(t, list, copy);
  }
  if (is_exact_list(iterable)) {
    auto source = iterable.as<List>();
    ObjectLock2 guard(t, list.get(), source.get());
    size_t count = source->length_;
    if (count == 0) return ok();
    size_t length = list->length_;
    if (!list_reserve_locked(list.get(), length + count)) return raise_no_memory(t);
    for (size_t i = 0; i < count; i++) {
      Value v = source->array->items[i];
      retain(v);
      publish_slot(&list->array->items[length + i], v);
    }
    publish_length(list.get(), length + count);
    return ok();
  }
  if (is_exact_dict(iterable)) {
    Local<> keys = TRY(dict_keys_list(t, iterable.as<Dict>()));
    return list_extend_iterable(t, list, keys);
  }
  Local<> iterator = TRY(get_iter(t, iterable));
  int64_t hint = TRY(length_hint(t, iterable, 8));
  if (hint > 16 && hint < (1 << 24)) {
    ObjectLock guard(t, list.get());
    list_reserve_locked(list.get(), list->length_ + static_cast<size_t>(hint));  // only a hint: failure is fine
  }
  for (;;) {
    Lookup<> item = iter_next(t, iterator);
    if (item.raised()) return Raised{};
    if (item.absent()) break;
    TRY(list_append(t, list, item.take()));
  }
  return ok();
}

OROCHI_TYPE(List, kListDef)

}  // namespace orochi
