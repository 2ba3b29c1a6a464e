// range: start, stop and step of any size. Iteration over fixnum-sized ranges computes start + i * step in machine
// words; longer ones use int arithmetic.
#include "builtins/container_support.h"
#include "objects/iterators.h"
#include "objects/slice.h"
#include "protocols/slicing.h"

namespace orochi {

namespace {

Value one() { return Value::fixnum(1); }

// How many values: ceil((stop - start) / step), at least 0.
Result<Local<>> range_length(Mutator& m, Value start, Value stop, Value step) {
  if (start.is_fixnum() && stop.is_fixnum() && step.is_fixnum()) {
    int64_t a = start.as_fixnum(), b = stop.as_fixnum(), s = step.as_fixnum();
    if (s > 0) return make_uint(m, a < b ? static_cast<uint64_t>(b - a - 1) / static_cast<uint64_t>(s) + 1 : 0);
    return make_uint(m, b < a ? static_cast<uint64_t>(a - b - 1) / static_cast<uint64_t>(-s) + 1 : 0);
  }
  bool up = int_sign(step) > 0;
  Value low = up ? start : stop, high = up ? stop : start;
  if (int_compare(low, high) >= 0) return Value::fixnum(0);
  Local<> stride = up ? Local<>::share(step) : TRY(int_subtract(m, Value::fixnum(0), step));
  Local<> span = TRY(int_subtract(m, high, low));
  span = TRY(int_subtract(m, span.value(), one()));
  Local<> full = TRY(int_floor_divide(m, span.value(), stride.value()));
  return int_add(m, full.value(), one());
}

Result<Local<Range>> make_range(Mutator& m, Borrowed<> start, Borrowed<> stop, Borrowed<> step) {
  Local<> length = TRY(range_length(m, start, stop, step));
  Local<Range> range = TRY(make_object<Range>(m));
  range->start.init_share(start);
  range->stop.init_share(stop);
  range->step.init_share(step);
  range->length.init(std::move(length));
  return range;
}

// An argument as a plain int.
Result<Local<>> plain_int(Thread& t, Borrowed<> v) {
  if (v.value().is_fixnum()) return Local<>::share(v);
  Local<> index = TRY(index_of(t, v));
  if (index.value().is_fixnum() || type_of(index.value()) == &types::Int) return index;
  return int_add(t, index.value(), Value::fixnum(0));  // True, or an instance of a subclass
}

Result<Local<>> range_op_new(Thread& t, Borrowed<Type>, const CallArgs& args) {
  TRY(check_arguments(t, "range", args, 1, 3));
  Local<> start = immediate(Value::fixnum(0)), stop, step = immediate(one());
  if (args.count == 1) {
    stop = TRY(plain_int(t, args[0]));
  } else {
    start = TRY(plain_int(t, args[0]));
    stop = TRY(plain_int(t, args[1]));
    if (args.count == 3) {
      step = TRY(plain_int(t, args[2]));
      if (int_sign(step.value()) == 0) return raise(t, types::ValueError, "range() arg 3 must not be zero");
    }
  }
  return make_range(t, start, stop, step);
}

Result<Local<>> range_op_repr(Thread& t, Borrowed<> self) {
  auto r = self.as<Range>();
  Local<Str> start = TRY(repr_of(t, r->start.borrow()));
  Local<Str> stop = TRY(repr_of(t, r->stop.borrow()));
  if (r->step.raw() == one()) return format_str(t, "range({}, {})", start, stop);
  Local<Str> step = TRY(repr_of(t, r->step.borrow()));
  return format_str(t, "range({}, {}, {})", start, stop, step);
}

Result<bool> range_op_bool(Thread&, Borrowed<> self) { return int_sign(self.as<Range>()->length.raw()) != 0; }

Result<int64_t> range_op_len(Thread& t, Borrowed<> self) {
  int64_t n;
  if (int_as_int64(self.as<Range>()->length.raw(), &n)) return n;
  return raise(t, types::OverflowError, "Python int too large to convert to C ssize_t");
}

bool same_int(Value a, Value b) { return a == b || int_compare(a, b) == 0; }

Result<Local<>> range_op_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (type_of(b) != &types::Range || (op != CompareOp::Eq && op != CompareOp::Ne)) return kNotImplemented;
  auto x = a.as<Range>();
  auto y = b.as<Range>();
  bool same = x.value() == y.value();
  if (!same && same_int(x->length.raw(), y->length.raw())) {
    if (int_sign(x->length.raw()) == 0) {
      same = true;
    } else if (same_int(x->start.raw(), y->start.raw())) {
      same = x->length.raw() == one() || same_int(x->step.raw(), y->step.raw());
    }
  }
  return Value::boolean(same == (op == CompareOp::Eq));
}

Result<int64_t> range_op_hash(Thread& t, Borrowed<> self) {
  auto r = self.as<Range>();
  Value length = r->length.raw();
  bool empty = int_sign(length) == 0;
  Local<Tuple> key = TRY(make_tuple(t, {length, empty ? kNone : r->start.raw(),
                                        empty || length == one() ? kNone : r->step.raw()}));
  return hash_of(t, key);
}

// start + i * step
Result<Local<>> range_item(Mutator& m, Borrowed<Range> r, Value i) {
  Local<> offset = TRY(int_multiply(m, i, r->step.raw()));
  return int_add(m, r->start.raw(), offset.value());
}

Result<Local<>> range_op_getitem(Thread& t, Borrowed<> self, Borrowed<> key) {
  auto r = self.as<Range>();
  if (is_slice(key)) {
    Local<Tuple> parts = TRY(slice_indices_of(t, key.as<Slice>(), r->length.borrow()));
    Local<> start = TRY(range_item(t, r, parts->at(0)));
    Local<> stop = TRY(range_item(t, r, parts->at(1)));
    Local<> step = TRY(int_multiply(t, r->step.raw(), parts->at(2)));
    return make_range(t, start, stop, step);
  }
  if (!is_int(key) && !type_of(key)->slots.index) {
    return raise(t, types::TypeError, "range indices must be integers or slices, not {}", TypeName(key));
  }
  Local<> i = TRY(index_of(t, key));
  if (int_sign(i.value()) < 0) i = TRY(int_add(t, i.value(), r->length.raw()));
  if (int_sign(i.value()) < 0 || int_compare(i.value(), r->length.raw()) >= 0) {
    return raise(t, types::IndexError, "range object index out of range");
  }
  return range_item(t, r, i.value());
}

bool is_plain_int(Value v) { return v.is_fixnum() || v == kTrue || v == kFalse || type_of(v) == &types::Int; }

Result<bool> contains_int(Thread& t, Borrowed<Range> r, Value v) {
  bool up = int_sign(r->step.raw()) > 0;
  int to_start = int_compare(v, r->start.raw());
  int to_stop = int_compare(v, r->stop.raw());
  if (up ? (to_start < 0 || to_stop >= 0) : (to_start > 0 || to_stop <= 0)) return false;
  Local<> offset = TRY(int_subtract(t, v, r->start.raw()));
  Local<> rest = TRY(int_remainder(t, offset.value(), r->step.raw()));
  return int_sign(rest.value()) == 0;
}

Result<bool> range_op_contains(Thread& t, Borrowed<> self, Borrowed<> item) {
  if (is_plain_int(item)) return contains_int(t, self.as<Range>(), item);
  bool found = false;
  TRY(for_each(t, self, [&](Local<> each) -> Result<bool> {
    found = TRY(equals(t, each, item));
    return !found;
  }));
  return found;
}

Result<Local<>> range_count(Thread& t, Borrowed<Range> self, Borrowed<> value) {
  if (is_plain_int(value)) return Value::fixnum(TRY(contains_int(t, self, value)));
  int64_t count = 0;
  TRY(for_each(t, self, [&](Local<> each) -> Result<bool> {
    count += TRY(equals(t, each, value));
    return true;
  }));
  return make_int(t, count);
}

Result<Local<>> range_index(Thread& t, Borrowed<Range> self, Borrowed<> value) {
  if (is_plain_int(value)) {
    bool there = TRY(contains_int(t, self, value));
    if (!there) return raise(t, types::ValueError, "range.index(x): x not in range");
    Local<> offset = TRY(int_subtract(t, value, self->start.raw()));
    return int_floor_divide(t, offset.value(), self->step.raw());
  }
  int64_t i = 0;
  bool found = false;
  TRY(for_each(t, self, [&](Local<> each) -> Result<bool> {
    found = TRY(equals(t, each, value));
    i += !found;
    return !found;
  }));
  if (found) return make_int(t, i);
  return raise(t, types::ValueError, "sequence.index(x): x not in sequence");
}

Result<Local<>> range_reduce(Thread& t, Borrowed<Range> self) {
  Local<Tuple> args = TRY(make_tuple(t, {self->start.raw(), self->stop.raw(), self->step.raw()}));
  return make_tuple(t, {Value(&types::Range), args.value()});
}
Result<Local<>> range_start(Thread&, Borrowed<Range> r) { return Local<>::share(r->start.borrow()); }
Result<Local<>> range_stop(Thread&, Borrowed<Range> r) { return Local<>::share(r->stop.borrow()); }
Result<Local<>> range_step(Thread&, Borrowed<Range> r) { return Local<>::share(r->step.borrow()); }

// `count` values from `start`.
Result<Local<>> iterate(Mutator& m, Borrowed<> start, Borrowed<> step, Borrowed<> count) {
  int64_t n;
  Local<> last_offset = TRY(int_multiply(m, count, step));
  Local<> end = TRY(int_add(m, start, last_offset.value()));
  if (start.value().is_fixnum() && step.value().is_fixnum() && end.value().is_fixnum() && int_as_int64(count, &n)) {
    Local<RangeIterator> it = TRY(make_object<RangeIterator>(m));
    it->start = start.value().as_fixnum();
    it->step = step.value().as_fixnum();
    it->count = static_cast<uint64_t>(n);
    it->remaining = it->count;
    return it;
  }
  Local<LongRangeIterator> it = TRY(make_object<LongRangeIterator>(m));
  it->next.init_share(start);
  it->step.init_share(step);
  it->remaining.init_share(count);
  return it;
}

Result<Local<>> range_op_iter(Thread& t, Borrowed<> self) {
  auto r = self.as<Range>();
  return iterate(t, r->start.borrow(), r->step.borrow(), r->length.borrow());
}
Result<Local<>> range_reversed(Thread& t, Borrowed<Range> self) {
  Local<> last = TRY(int_subtract(t, self->length.raw(), one()));
  Local<> start = TRY(range_item(t, self, last.value()));
  Local<> step = TRY(int_subtract(t, Value::fixnum(0), self->step.raw()));
  return iterate(t, start, step, self->length.borrow());
}

// ---- iterators ----

Lookup<> range_iterator_op_next(Thread& t, Borrowed<> self) {
  auto it = self.as<RangeIterator>();
  uint64_t left = load_counter(it->remaining);
  if (left == 0) return kAbsent;
  store_counter(it->remaining, left - 1);
  return Value::fixnum(it->start + static_cast<int64_t>(it->count - left) * it->step);
}
Result<Local<>> range_iterator_length_hint(Thread& t, Borrowed<RangeIterator> it) {
  return make_uint(t, load_counter(it->remaining));
}
Result<Local<>> reduce_range(Thread& t, Borrowed<> start, Borrowed<> step, Borrowed<> count) {
  Local<> offset = TRY(int_multiply(t, count, step));
  Local<> stop = TRY(int_add(t, start, offset.value()));
  Local<> range = TRY(make_range(t, start, stop, step));
  Local<> iter = TRY(builtin_named(t, "iter"_n));
  Local<Tuple> args = TRY(make_tuple(t, {range.value()}));
  return make_tuple(t, {iter.value(), args.value(), kNone});
}
Result<Local<>> range_iterator_reduce(Thread& t, Borrowed<RangeIterator> it) {
  uint64_t left = load_counter(it->remaining);
  Local<> start = TRY(make_int(t, it->start + static_cast<int64_t>(it->count - left) * it->step));
  Local<> count = TRY(make_uint(t, left));
  return reduce_range(t, start, Borrowed<>(Value::fixnum(it->step)), count);
}
Result<void> range_iterator_setstate(Thread& t, Borrowed<RangeIterator> it, Borrowed<> state) {
  int64_t i = TRY(to_index_clipped(t, state));
  uint64_t left = load_counter(it->remaining);
  uint64_t skip = i < 0 ? 0 : static_cast<uint64_t>(i);
  store_counter(it->remaining, skip > left ? 0 : left - skip);
  return ok();
}

Lookup<> long_range_iterator_op_next(Thread& t, Borrowed<> self) {
  auto it = self.as<LongRangeIterator>();
  Local<> remaining = it->remaining.load(it.get());
  if (int_sign(remaining.value()) <= 0) return kAbsent;
  Local<> value = it->next.load(it.get());
  Local<> following = TRY(int_add(t, value.value(), it->step.raw()));
  Local<> left = TRY(int_subtract(t, remaining.value(), one()));
  it->next.set(std::move(following));
  it->remaining.set(std::move(left));
  return value;
}
Result<Local<>> long_range_iterator_length_hint(Thread& t, Borrowed<LongRangeIterator> it) {
  return it->remaining.load(it.get());
}
Result<Local<>> long_range_iterator_reduce(Thread& t, Borrowed<LongRangeIterator> it) {
  Local<> start = it->next.load(it.get());
  Local<> remaining = it->remaining.load(it.get());
  return reduce_range(t, start, it->step.borrow(), remaining);
}
Result<void> long_range_iterator_setstate(Thread& t, Borrowed<LongRangeIterator> it, Borrowed<> state) {
  Local<> skip = TRY(plain_int(t, state));
  Local<> remaining = it->remaining.load(it.get());
  if (int_sign(skip.value()) < 0) return ok();
  if (int_compare(skip.value(), remaining.value()) > 0) skip = std::move(remaining);
  remaining = it->remaining.load(it.get());
  Local<> offset = TRY(int_multiply(t, skip.value(), it->step.raw()));
  Local<> next = it->next.load(it.get());
  it->next.set(TRY(int_add(t, next.value(), offset.value())));
  it->remaining.set(TRY(int_subtract(t, remaining.value(), skip.value())));
  return ok();
}

constexpr NativeDef kRangeMethods[] = {
    method<range_reversed>("__reversed__(self, /)", "Return a reverse iterator."),
    method<range_reduce>("__reduce__(self, /)", nullptr),
    method<range_count>("count(self, object, /)",
                        "rangeobject.count(value) -> integer -- return number of occurrences of value"),
    method<range_index>("index(self, object, /)",
                        "rangeobject.index(value) -> integer -- return index of value.\nRaise ValueError if the value is "
                        "not present."),
};
constexpr GetSetDef kRangeGetSets[] = {
    getter<range_start>("start", nullptr),
    getter<range_stop>("stop", nullptr),
    getter<range_step>("step", nullptr),
};
#define ITERATOR_METHODS(name)                                                                                       \
  method<name##_length_hint>("__length_hint__(self, /)", "Private method returning an estimate of len(list(it))."), \
      method<name##_reduce>("__reduce__(self, /)", "Return state information for pickling."),                        \
      method<name##_setstate>("__setstate__(self, state, /)", "Set state information for unpickling.")
constexpr NativeDef kRangeIteratorMethods[] = {ITERATOR_METHODS(range_iterator)};
constexpr NativeDef kLongRangeIteratorMethods[] = {ITERATOR_METHODS(long_range_iterator)};

constinit const Layout kRangeLayout{"range", sizeof(Range), 0,
                                    [](Object* object, Visitor& v) {
                                      auto* r = static_cast<Range*>(object);
                                      v.visit(r->start);
                                      v.visit(r->stop);
                                      v.visit(r->step);
                                      v.visit(r->length);
                                    },
                                    nullptr, nullptr, nullptr};
constinit const Layout kRangeIteratorLayout{"range_iterator", sizeof(RangeIterator), 0, nullptr, nullptr, nullptr, nullptr};
constinit const Layout kLongRangeIteratorLayout{"longrange_iterator", sizeof(LongRangeIterator), 0,
                                                [](Object* object, Visitor& v) {
                                                  auto* it = static_cast<LongRangeIterator*>(object);
                                                  v.visit(it->next);
                                                  v.visit(it->step);
                                                  v.visit(it->remaining);
                                                },
                                                nullptr, nullptr, nullptr};

const TypeDef kRangeDef = {
    .name = "range",
    .doc = "range(stop) -> range object\nrange(start, stop[, step]) -> range object\n\nReturn an object that produces a "
           "sequence of integers from start (inclusive)\nto stop (exclusive) by step.  range(i, j) produces i, i+1, "
           "i+2, ..., j-1.\nstart defaults to 0, and stop is omitted!  range(4) produces 0, 1, 2, 3.\nThese are exactly "
           "the valid indices for a list of 4 elements.\nWhen step is given, it specifies the increment (or decrement).",
    .layout = &kRangeLayout,
    .flags = kTypeSequence,
    OROCHI_METHODS(kRangeMethods),
    OROCHI_GETSETS(kRangeGetSets),
    .slots = {.repr = range_op_repr,
              .hash = range_op_hash,
              .compare = range_op_compare,
              .iter = range_op_iter,
              .new_ = range_op_new,
              .bool_ = range_op_bool,
              .len = range_op_len,
              .getitem = range_op_getitem,
              .contains = range_op_contains},
};
const TypeDef kRangeIteratorDef = {
    .name = "range_iterator",
    .layout = &kRangeIteratorLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kRangeIteratorMethods),
    .slots = {.iter = iter_self, .next = range_iterator_op_next},
};
const TypeDef kLongRangeIteratorDef = {
    .name = "longrange_iterator",
    .layout = &kLongRangeIteratorLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kLongRangeIteratorMethods),
    .slots = {.iter = iter_self, .next = long_range_iterator_op_next},
};

}  // namespace

OROCHI_TYPE(Range, kRangeDef)
OROCHI_TYPE(RangeIterator, kRangeIteratorDef)
OROCHI_TYPE(LongRangeIterator, kLongRangeIteratorDef)

}  // namespace orochi
