// deque: a ring buffer of power-of-two size, read and written under the object's lock. `version` changes with every
// structural change, so that iterators notice.
#include "modules/_collections/collections_module.h"

#include <cstring>

#include "builtins/container_support.h"
#include "builtins/repr_guard.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "protocols/dunder_slots.h"
#include "objects/tuple.h"

namespace orochi {

OROCHI_MODULE_TYPE(Deque)
OROCHI_MODULE_TYPE(DequeIterator)
OROCHI_MODULE_TYPE(DequeReverseIterator)

namespace collections_module {

namespace {

struct Deque : Object {
  static Type& python_type() { return types::Deque; }
  Value* items;        // counted; capacity is 0 or a power of two
  uint64_t capacity;
  uint64_t head;
  uint64_t count;      // atomic for reads without the lock
  int64_t maxlen;      // -1: none
  uint64_t version;    // atomic
  size_t length() const { return __atomic_load_n(&count, __ATOMIC_RELAXED); }
  Value& at(uint64_t i) { return items[(head + i) & (capacity - 1)]; }
  static void trace(Object* o, Visitor& v) {
    auto* d = static_cast<Deque*>(o);
    for (uint64_t i = 0; i < d->count; i++) v.visit_slot(&d->at(i));
  }
  static void destroy(Object* o) { free_raw(static_cast<Deque*>(o)->items); }
  static size_t extra_size(const Object* o) { return static_cast<const Deque*>(o)->capacity * sizeof(Value); }
};
struct DequeIterator : Object {
  Field<Deque> deque;
  uint64_t left;       // atomic
  uint64_t version;
  uint64_t reserved;
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<DequeIterator*>(o)->deque); }
};

Borrowed<Deque> deque_of(Borrowed<> v) { return v.as<Deque>(); }
bool is_deque(Value v) { return is_instance(v, types::Deque); }

// ---- under the lock ----

void touch(Deque* d) { __atomic_store_n(&d->version, d->version + 1, __ATOMIC_RELAXED); }
void set_count(Deque* d, uint64_t n) { __atomic_store_n(&d->count, n, __ATOMIC_RELAXED); }

bool reserve(Deque* d, uint64_t wanted) {
  if (wanted <= d->capacity) return true;
  if (wanted > (uint64_t{1} << 42)) return false;
  uint64_t capacity = d->capacity ? d->capacity : 8;
  while (capacity < wanted) capacity *= 2;
  auto* items = static_cast<Value*>(allocate_raw(capacity * sizeof(Value)));
  if (!items) return false;
  for (uint64_t i = 0; i < d->count; i++) items[i] = d->at(i);
  free_raw(d->items);
  d->items = items;
  d->capacity = capacity;
  d->head = 0;
  return true;
}
Local<> take_first(Deque* d) {
  Value v = d->items[d->head];
  d->head = (d->head + 1) & (d->capacity - 1);
  set_count(d, d->count - 1);
  touch(d);
  return Local<>::adopt(v);
}
Local<> take_last(Deque* d) {
  Value v = d->at(d->count - 1);
  set_count(d, d->count - 1);
  touch(d);
  return Local<>::adopt(v);
}
bool put_last(Deque* d, Local<>& item) {
  if (!reserve(d, d->count + 1)) return false;
  d->at(d->count) = item.release();
  set_count(d, d->count + 1);
  touch(d);
  return true;
}
bool put_first(Deque* d, Local<>& item) {
  if (!reserve(d, d->count + 1)) return false;
  d->head = (d->head - 1) & (d->capacity - 1);
  d->items[d->head] = item.release();
  set_count(d, d->count + 1);
  touch(d);
  return true;
}

// ---- each taking the lock ----

Result<void> append(Mutator& m, Borrowed<Deque> d, Local<> item) {
  Local<> dropped;
  ObjectLock lock(m, d.get());
  if (d->maxlen == 0) return ok();
  if (d->maxlen >= 0 && d->count >= static_cast<uint64_t>(d->maxlen)) dropped = take_first(d.get());
  if (!put_last(d.get(), item)) return raise_no_memory(m);
  return ok();
}
Result<void> append_left(Mutator& m, Borrowed<Deque> d, Local<> item) {
  Local<> dropped;
  ObjectLock lock(m, d.get());
  if (d->maxlen == 0) return ok();
  if (d->maxlen >= 0 && d->count >= static_cast<uint64_t>(d->maxlen)) dropped = take_last(d.get());
  if (!put_first(d.get(), item)) return raise_no_memory(m);
  return ok();
}
Local<> item_at(Mutator& m, Borrowed<Deque> d, int64_t i) {   // empty: out of range
  ObjectLock lock(m, d.get());
  if (i < 0 || i >= static_cast<int64_t>(d->count)) return Local<>();
  return Local<>::share(d->at(static_cast<uint64_t>(i)));
}
uint64_t version_of(Borrowed<Deque> d) { return __atomic_load_n(&d->version, __ATOMIC_RELAXED); }
Result<Local<Tuple>> snapshot(Mutator& m, Borrowed<Deque> d) {
  for (;;) {
    size_t n = d->length();
    Local<Tuple> all = TRY(make_tuple_uninitialised(m, n));
    ObjectLock lock(m, d.get());
    if (d->count != n) continue;
    for (size_t i = 0; i < n; i++) all->items()[i].init_share(Borrowed<>(d->at(i)));
    return all;
  }
}
void clear(Mutator& m, Borrowed<Deque> d) {
  Value* items;
  uint64_t head, count, capacity;
  {
    ObjectLock lock(m, d.get());
    items = d->items;
    head = d->head;
    count = d->count;
    capacity = d->capacity;
    d->items = nullptr;
    d->capacity = 0;
    d->head = 0;
    set_count(d.get(), 0);
    touch(d.get());
  }
  for (uint64_t i = 0; i < count; i++) release(items[(head + i) & (capacity - 1)]);
  free_raw(items);
}

Result<void> extend(Thread& t, Borrowed<Deque> d, Borrowed<> iterable, bool left) {
  Local<> source = Local<>::share(iterable);
  if (is_deque(iterable)) source = TRY(snapshot(t, deque_of(iterable)));
  return for_each(t, source, [&](Local<> item) -> Result<bool> {
    if (left) TRY(append_left(t, d, std::move(item)));
    else TRY(append(t, d, std::move(item)));
    return true;
  });
}

Result<Local<Deque>> fresh(Thread& t, int64_t maxlen) {
  Local<Deque> d = TRY(make_object<Deque>(t));
  d->maxlen = maxlen;
  return d;
}

// ---- construction ----

Result<Local<>> deque_new(Thread& t, Borrowed<Type> cls, const CallArgs&) {
  Local<Deque> d = TRY(allocate_for<Deque>(t, cls));
  d->maxlen = -1;
  return d;
}
Result<Local<>> deque_init(Thread& t, Borrowed<> self, Maybe<Borrowed<>> iterable, Borrowed<> maxlen) {
  auto d = deque_of(self);
  int64_t limit = -1;
  if (maxlen.value() != kNone) {
    if (!is_int(maxlen)) return raise(t, types::TypeError, "an integer is required");
    limit = TRY(to_index(t, maxlen));
    if (limit < 0) return raise(t, types::ValueError, "maxlen must be non-negative");
  }
  if (d->length()) clear(t, d);
  d->maxlen = limit;
  if (iterable && (*iterable).value().bits) TRY(extend(t, d, *iterable, false));
  return kNone;
}
constexpr NativeDef kDequeInit = arguments<deque_init>("deque(self, iterable=(), maxlen=None)");

// ---- methods ----

Result<void> deque_append(Mutator& m, Borrowed<Deque> d, Borrowed<> item) { return append(m, d, Local<>::share(item)); }
Result<void> deque_appendleft(Mutator& m, Borrowed<Deque> d, Borrowed<> item) {
  return append_left(m, d, Local<>::share(item));
}
Result<Local<>> deque_pop(Mutator& m, Borrowed<Deque> d) {
  {
    ObjectLock lock(m, d.get());
    if (d->count) return take_last(d.get());
  }
  return raise(m, types::IndexError, "pop from an empty deque");
}
Result<Local<>> deque_popleft(Mutator& m, Borrowed<Deque> d) {
  {
    ObjectLock lock(m, d.get());
    if (d->count) return take_first(d.get());
  }
  return raise(m, types::IndexError, "pop from an empty deque");
}
Result<void> deque_extend(Thread& t, Borrowed<Deque> d, Borrowed<> iterable) { return extend(t, d, iterable, false); }
Result<void> deque_extendleft(Thread& t, Borrowed<Deque> d, Borrowed<> iterable) {
  return extend(t, d, iterable, true);
}
Result<void> deque_clear(Mutator& m, Borrowed<Deque> d) {
  clear(m, d);
  return ok();
}
void rotate(Mutator& m, Borrowed<Deque> d, int64_t n) {
  ObjectLock lock(m, d.get());
  auto count = static_cast<int64_t>(d->count);
  if (count <= 1) return;
  n %= count;
  if (n > count / 2) n -= count;
  if (n < -(count / 2)) n += count;
  if (n == 0) return;
  Deque* raw = d.get();
  uint64_t mask = raw->capacity - 1;
  for (; n > 0; n--) {
    Value v = raw->at(raw->count - 1);
    raw->head = (raw->head - 1) & mask;
    raw->items[raw->head] = v;
  }
  for (; n < 0; n++) {
    Value v = raw->items[raw->head];
    raw->items[(raw->head + raw->count) & mask] = v;
    raw->head = (raw->head + 1) & mask;
  }
  touch(raw);
}
Result<void> deque_rotate(Mutator& m, Borrowed<Deque> d, Index n) {
  rotate(m, d, n);
  return ok();
}
Result<void> deque_reverse(Mutator& m, Borrowed<Deque> d) {
  ObjectLock lock(m, d.get());
  for (uint64_t i = 0, k = d->count; i + 1 < k; i++) std::swap(d->at(i), d->at(--k));
  return ok();
}

Result<Local<>> copy_of(Thread& t, Borrowed<Deque> d) {
  Local<Tuple> all = TRY(snapshot(t, d));
  Type* type = type_of(d);
  if (type == &types::Deque) {
    Local<Deque> copy = TRY(fresh(t, d->maxlen));
    for (size_t i = 0; i < all->length(); i++) TRY(append(t, copy, Local<>::share(all->at(i))));
    return copy;
  }
  if (d->maxlen < 0) return call(t, Borrowed<>(type), all);
  Local<> maxlen = TRY(make_int(t, d->maxlen));
  return call(t, Borrowed<>(type), all, maxlen);
}
Result<Local<>> deque_copy(Thread& t, Borrowed<Deque> d) { return copy_of(t, d); }

// Calls f(i, item) for each item; RuntimeError if the deque changes meanwhile.
template <typename F>
Result<void> scan(Thread& t, Borrowed<Deque> d, int64_t start, int64_t stop, Type& error, const char* message, F&& f) {
  uint64_t version = version_of(d);
  for (int64_t i = start; i < stop; i++) {
    Local<> item = item_at(t, d, i);
    if (!item) break;
    bool more = TRY(f(i, item.borrow()));
    if (version_of(d) != version) return raise(t, error, message);
    if (!more) return ok();
  }
  return ok();
}
constexpr const char* kMutated = "deque mutated during iteration";

Result<int64_t> deque_count(Thread& t, Borrowed<Deque> d, Borrowed<> value) {
  int64_t n = 0;
  TRY(scan(t, d, 0, static_cast<int64_t>(d->length()), types::RuntimeError, kMutated,
           [&](int64_t, Borrowed<> item) -> Result<bool> {
             if (TRY(equals(t, item, value))) n++;
             return true;
           }));
  return n;
}
Result<bool> deque_contains(Thread& t, Borrowed<> self, Borrowed<> value) {
  auto d = deque_of(self);
  bool found = false;
  TRY(scan(t, d, 0, static_cast<int64_t>(d->length()), types::RuntimeError, kMutated,
           [&](int64_t, Borrowed<> item) -> Result<bool> {
             found = TRY(equals(t, item, value));
             return !found;
           }));
  return found;
}
Result<int64_t> deque_index(Thread& t, Borrowed<Deque> d, Borrowed<> value, Maybe<Borrowed<>> start,
                            Maybe<Borrowed<>> stop) {
  auto n = static_cast<int64_t>(d->length());
  int64_t from = start ? TRY(to_index_clipped(t, *start)) : 0;
  int64_t to = stop ? TRY(to_index_clipped(t, *stop)) : n;
  if (from < 0) from = from + n < 0 ? 0 : from + n;
  if (to < 0) to = to + n < 0 ? 0 : to + n;
  if (to > n) to = n;
  int64_t found = -1;
  TRY(scan(t, d, from, to, types::RuntimeError, kMutated, [&](int64_t i, Borrowed<> item) -> Result<bool> {
    if (!TRY(equals(t, item, value))) return true;
    found = i;
    return false;
  }));
  if (found < 0) return raise(t, types::ValueError, "deque.index(x): x not in deque");
  return found;
}
Local<> delete_at(Mutator& m, Borrowed<Deque> d, int64_t i) {   // empty: out of range
  ObjectLock lock(m, d.get());
  if (i < 0 || i >= static_cast<int64_t>(d->count)) return Local<>();
  auto at = static_cast<uint64_t>(i);
  Value v = d->at(at);
  if (at < d->count / 2) {
    for (uint64_t k = at; k > 0; k--) d->at(k) = d->at(k - 1);
    d->head = (d->head + 1) & (d->capacity - 1);
  } else {
    for (uint64_t k = at; k + 1 < d->count; k++) d->at(k) = d->at(k + 1);
  }
  set_count(d.get(), d->count - 1);
  touch(d.get());
  return Local<>::adopt(v);
}
Result<void> deque_remove(Thread& t, Borrowed<Deque> d, Borrowed<> value) {
  int64_t found = -1;
  TRY(scan(t, d, 0, static_cast<int64_t>(d->length()), types::IndexError, "deque mutated during remove().",
           [&](int64_t i, Borrowed<> item) -> Result<bool> {
             if (!TRY(equals(t, item, value))) return true;
             found = i;
             return false;
           }));
  if (found < 0) return raise(t, types::ValueError, "deque.remove(x): x not in deque");
  Local<> dropped = delete_at(t, d, found);
  return ok();
}
Result<void> deque_insert(Mutator& m, Borrowed<Deque> d, Index index, Borrowed<> item) {
  Local<> fresh = Local<>::share(item);
  bool full = false, failed = false;
  {
    ObjectLock lock(m, d.get());
    auto n = static_cast<int64_t>(d->count);
    full = d->maxlen >= 0 && n >= d->maxlen;
    if (!full) {
      int64_t i = index.value < 0 ? index.value + n : index.value;
      if (i < 0) i = 0;
      if (i > n) i = n;
      auto at = static_cast<uint64_t>(i);
      if (!reserve(d.get(), d->count + 1)) {
        failed = true;
      } else {
        if (at < d->count / 2) {
          d->head = (d->head - 1) & (d->capacity - 1);
          for (uint64_t k = 0; k < at; k++) d->at(k) = d->at(k + 1);
        } else {
          for (uint64_t k = d->count; k > at; k--) d->at(k) = d->at(k - 1);
        }
        d->at(at) = fresh.release();
        set_count(d.get(), d->count + 1);
        touch(d.get());
      }
    }
  }
  if (full) return raise(m, types::IndexError, "deque already at its maximum size");
  if (failed) return raise_no_memory(m);
  return ok();
}

Result<Local<>> deque_reduce(Thread& t, Borrowed<Deque> d) {
  Lookup<> state = call_method(t, d, "__getstate__"_n);
  if (state.raised()) return Raised{};
  Local<> iterator = TRY(get_iter(t, d));
  Local<> maxlen = d->maxlen < 0 ? Local<>() : TRY(make_int(t, d->maxlen));
  Local<Tuple> args = maxlen ? TRY(make_tuple(t, {empty_tuple().value(), maxlen.value()}))
                             : Local<Tuple>::share(empty_tuple());
  return make_tuple(t, {Value(type_of(d)), args.value(), (*state).value(), iterator.value()});
}
Result<Local<>> deque_maxlen(Thread& t, Borrowed<Deque> d) {
  if (d->maxlen < 0) return kNone;
  return make_int(t, d->maxlen);
}

// ---- operators ----

Result<int64_t> deque_len(Thread&, Borrowed<> self) { return static_cast<int64_t>(deque_of(self)->length()); }

Result<Local<>> deque_repr(Thread& t, Borrowed<> self) {
  auto d = deque_of(self);
  ENTER_RECURSION(t, " while getting the repr of an object");
  ReprGuard guard(self);
  if (guard.recursive()) return make_str(t, "[...]");
  Local<Tuple> all = TRY(snapshot(t, d));
  Local<> list = TRY(list_from(t, all));
  Local<Str> text = TRY(repr_of(t, list));
  Local<Str> name = type_name_of(self);
  if (d->maxlen >= 0) return format_str(t, "{}({}, maxlen={})", name, text, d->maxlen);
  return format_str(t, "{}({})", name, text);
}

Result<Local<>> deque_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (!is_deque(a) || !is_deque(b)) return kNotImplemented;
  auto x = deque_of(a), y = deque_of(b);
  if (x->length() != y->length() && op == CompareOp::Eq) return kFalse;
  if (x->length() != y->length() && op == CompareOp::Ne) return kTrue;
  ENTER_RECURSION(t, " in comparison");
  Local<Tuple> left = TRY(snapshot(t, x));
  Local<Tuple> right = TRY(snapshot(t, y));
  return rich_compare(t, left, right, op);
}

Result<int64_t> index_number(Thread& t, Borrowed<Deque> d, Borrowed<> key) {
  if (!is_int(key) && !type_of(key)->slots.index) {
    return raise(t, types::TypeError, "sequence index must be integer, not '{}'", TypeName(key));
  }
  int64_t i = TRY(to_index(t, key, types::IndexError));
  return i < 0 ? i + static_cast<int64_t>(d->length()) : i;
}
Result<Local<>> deque_getitem(Thread& t, Borrowed<> self, Borrowed<> key) {
  auto d = deque_of(self);
  int64_t i = TRY(index_number(t, d, key));
  Local<> item = item_at(t, d, i);
  if (!item) return raise(t, types::IndexError, "deque index out of range");
  return item;
}
Result<void> deque_setitem(Thread& t, Borrowed<> self, Borrowed<> key, Borrowed<> value) {
  auto d = deque_of(self);
  int64_t i = TRY(index_number(t, d, key));
  Local<> dropped;
  if (!value) {
    dropped = delete_at(t, d, i);
  } else {
    ObjectLock lock(t, d.get());
    if (i >= 0 && i < static_cast<int64_t>(d->count)) {
      Value& slot = d->at(static_cast<uint64_t>(i));
      dropped = Local<>::adopt(slot);
      retain(value.value());
      slot = value.value();
    }
  }
  if (!dropped) return raise(t, types::IndexError, "deque index out of range");
  return ok();
}

Result<Local<>> deque_concat(Thread& t, Borrowed<> a, Borrowed<> b) {
  if (!is_deque(b)) {
    return raise(t, types::TypeError, "can only concatenate deque (not \"{}\") to deque", TypeName(b));
  }
  Local<> sum = TRY(copy_of(t, deque_of(a)));
  if (!is_deque(sum.value())) return sum;
  TRY(extend(t, deque_of(sum), b, false));
  return sum;
}
Result<Local<>> deque_inplace_concat(Thread& t, Borrowed<> a, Borrowed<> b) {
  TRY(extend(t, deque_of(a), b, false));
  return Local<>::share(a);
}
Result<Local<>> deque_inplace_repeat(Thread& t, Borrowed<> self, int64_t times) {
  auto d = deque_of(self);
  if (times <= 0) {
    clear(t, d);
    return Local<>::share(self);
  }
  Local<Tuple> all = TRY(snapshot(t, d));
  size_t n = all->length();
  if (n == 0 || times == 1) return Local<>::share(self);
  size_t total;
  if (__builtin_mul_overflow(n, static_cast<size_t>(times), &total) || total > (size_t{1} << 42)) {
    if (d->maxlen < 0) return raise_no_memory(t);
  }
  int64_t rounds = times;
  if (d->maxlen >= 0) {   // what falls off the left end need not be put there
    auto useful = static_cast<int64_t>(static_cast<size_t>(d->maxlen) / n + 2);
    if (rounds > useful) rounds = useful;
  }
  for (int64_t k = 1; k < rounds; k++) {
    for (size_t i = 0; i < n; i++) TRY(append(t, d, Local<>::share(all->at(i))));
    TRY(safepoint(t));
  }
  return Local<>::share(self);
}
Result<Local<>> deque_repeat(Thread& t, Borrowed<> self, int64_t times) {
  Local<> copy = TRY(copy_of(t, deque_of(self)));
  if (!is_deque(copy.value())) return copy;
  return deque_inplace_repeat(t, copy, times);
}

// ---- iterators ----

Result<Local<>> iterator_over(Thread& t, Type& type, Borrowed<Deque> d) {
  Local<DequeIterator> it = TRY(allocate<DequeIterator>(t, type.root_shape));
  it->deque.init_share(d);
  it->left = d->length();
  it->version = version_of(d);
  return it;
}
Result<Local<>> deque_iter(Thread& t, Borrowed<> self) { return iterator_over(t, types::DequeIterator, deque_of(self)); }
Result<Local<>> deque_reversed(Thread& t, Borrowed<Deque> d) { return iterator_over(t, types::DequeReverseIterator, d); }

template <bool Reverse>
Lookup<> iterator_next(Thread& t, Borrowed<> self) {
  auto it = self.as<DequeIterator>();
  Borrowed<Deque> d = it->deque.borrow();
  uint64_t left = load_counter(it->left);
  if (version_of(d) != it->version) {
    store_counter(it->left, 0);
    return raise(t, types::RuntimeError, kMutated);
  }
  if (left == 0) return kAbsent;
  auto n = static_cast<int64_t>(d->length());
  int64_t i = Reverse ? static_cast<int64_t>(left) - 1 : n - static_cast<int64_t>(left);
  Local<> item = item_at(t, d, i);
  if (!item) return kAbsent;
  store_counter(it->left, left - 1);
  return item;
}
Result<int64_t> iterator_length_hint(Thread&, Borrowed<> self) {
  return static_cast<int64_t>(load_counter(self.as<DequeIterator>()->left));
}
Result<Local<>> iterator_reduce(Thread& t, Borrowed<> self) {
  auto it = self.as<DequeIterator>();
  auto d = it->deque.borrow();
  Local<> index = TRY(make_int(t, static_cast<int64_t>(d->length() - load_counter(it->left))));
  Local<Tuple> args = TRY(make_tuple(t, {d.value(), index.value()}));
  return make_tuple(t, {Value(type_of(self)), args.value()});
}
template <bool Reverse>
Result<Local<>> iterator_new(Thread& t, Borrowed<Type>, Borrowed<> deque, Index index) {
  if (!is_deque(deque)) {
    return raise(t, types::TypeError, "{}() argument 1 must be collections.deque, not {}",
                 Reverse ? "_collections._deque_reverse_iterator" : "_collections._deque_iterator", TypeName(deque));
  }
  Type& type = Reverse ? types::DequeReverseIterator : types::DequeIterator;
  Local<> it = TRY(iterator_over(t, type, deque_of(deque)));
  auto* raw = static_cast<DequeIterator*>(it.value().as_object());
  uint64_t skip = index.value < 0 ? 0 : static_cast<uint64_t>(index.value);
  raw->left = skip > raw->left ? 0 : raw->left - skip;
  return it;
}
constexpr NativeDef kIteratorNew = arguments<iterator_new<false>>("_deque_iterator(type, deque, index=0, /)");
constexpr NativeDef kReverseIteratorNew = arguments<iterator_new<true>>("_deque_reverse_iterator(type, deque, index=0, /)");

constexpr NativeDef kIteratorMethods[] = {
    method<iterator_length_hint>("__length_hint__(self, /)", "Private method returning an estimate of len(list(it))."),
    method<iterator_reduce>("__reduce__(self, /)", "Return state information for pickling."),
};
constexpr NativeDef kDequeMethods[] = {
    method<deque_append>("append(self, item, /)", "Add an element to the right side of the deque."),
    method<deque_appendleft>("appendleft(self, item, /)", "Add an element to the left side of the deque."),
    method<deque_clear>("clear(self, /)", "Remove all elements from the deque."),
    method<deque_copy>("__copy__(self, /)", "Return a shallow copy of a deque."),
    method<deque_copy>("copy(self, /)", "Return a shallow copy of a deque."),
    method<deque_count>("count(self, value, /)", "Return number of occurrences of value."),
    method<deque_extend>("extend(self, iterable, /)", "Extend the right side of the deque with elements from the iterable."),
    method<deque_extendleft>("extendleft(self, iterable, /)", "Extend the left side of the deque with elements from the iterable."),
    method<deque_index>("index(self, value, start=..., stop=..., /)",
                        "Return first index of value.\n\nRaises ValueError if the value is not present."),
    method<deque_insert>("insert(self, index, value, /)", "Insert value before index."),
    method<deque_pop>("pop(self, /)", "Remove and return the rightmost element."),
    method<deque_popleft>("popleft(self, /)", "Remove and return the leftmost element."),
    method<deque_reduce>("__reduce__(self, /)", "Return state information for pickling."),
    method<deque_remove>("remove(self, value, /)", "Remove first occurrence of value."),
    method<deque_reverse>("reverse(self, /)", "Reverse *IN PLACE*."),
    method<deque_reversed>("__reversed__(self, /)", "Return a reverse iterator over the deque."),
    method<deque_rotate>("rotate(self, n=1, /)", "Rotate the deque n steps to the right.  If n is negative, rotates left."),
    class_method<generic_class_getitem>("__class_getitem__(type, object, /)", kClassGetItemDoc),
};
constexpr GetSetDef kDequeGetSets[] = {getter<deque_maxlen>("maxlen", "maximum size of a deque or None if unbounded")};

constexpr Layout kDequeLayout = layout_of<Deque>("deque");
constexpr Layout kIteratorLayout = layout_of<DequeIterator>("_deque_iterator");

const TypeDef kDequeDef = [] {
  TypeDef d{.name = "collections.deque",
            .signature = "([iterable[, maxlen]])",
            .doc = "A list-like sequence optimized for data accesses near its endpoints.",
            .layout = &kDequeLayout,
            .flags = kTypeSubclassable | kTypeWeakrefable | kTypeSequence,
            OROCHI_METHODS(kDequeMethods),
            OROCHI_GETSETS(kDequeGetSets)};
  d.signature = nullptr;
  d.slots.repr = deque_repr;
  d.slots.hash = hash_not_implemented;
  d.slots.compare = deque_compare;
  d.slots.iter = deque_iter;
  d.slots.init = init_slot<kDequeInit>;
  d.slots.new_ = deque_new;
  d.slots.len = deque_len;
  d.slots.getitem = deque_getitem;
  d.slots.setitem = deque_setitem;
  d.slots.contains = deque_contains;
  d.slots.concat = deque_concat;
  d.slots.inplace_concat = deque_inplace_concat;
  d.slots.repeat = deque_repeat;
  d.slots.inplace_repeat = deque_inplace_repeat;
  return d;
}();

TypeDef iterator_type(const char* name, NextFn next, NewFn make) {
  TypeDef d{.name = name, .layout = &kIteratorLayout, OROCHI_METHODS(kIteratorMethods)};
  d.slots.iter = iter_self;
  d.slots.next = next;
  d.slots.new_ = make;
  return d;
}
const TypeDef kIteratorDef = iterator_type("_collections._deque_iterator", iterator_next<false>, new_slot<kIteratorNew>);
const TypeDef kReverseIteratorDef =
    iterator_type("_collections._deque_reverse_iterator", iterator_next<true>, new_slot<kReverseIteratorNew>);

}  // namespace

Result<void> add_deque(Thread& t, Borrowed<Module> module) {
  TRY(module_add_type(t, module, types::Deque, kDequeDef));
  TRY(module_add_type(t, module, types::DequeIterator, kIteratorDef));
  return module_add_type(t, module, types::DequeReverseIterator, kReverseIteratorDef);
}

}  // namespace collections_module

}  // namespace orochi
