// slice: comparisons as a tuple of its parts, indices() over ints of any size.
#include "objects/slice.h"

#include "builtins/container_support.h"
#include "objects/tuple.h"
#include "protocols/operators.h"
#include "protocols/slicing.h"

namespace orochi {

namespace {

Result<Local<Tuple>> parts_tuple(Mutator& m, Borrowed<Slice> s) {
  return make_tuple(m, {s->start.raw(), s->stop.raw(), s->step.raw()});
}

Result<Local<>> slice_op_new(Thread& t, Borrowed<Type>, const CallArgs& args) {
  TRY(check_arguments(t, "slice", args, 1, 3));
  if (args.count == 1) return make_slice(t, Borrowed<>(kNone), args[0], Borrowed<>(kNone));
  return make_slice(t, args[0], args[1], args.count == 3 ? args[2] : Borrowed<>(kNone));
}

Result<Local<>> slice_op_repr(Thread& t, Borrowed<> self) {
  auto s = self.as<Slice>();
  Local<Str> start = TRY(repr_of(t, s->start.borrow()));
  Local<Str> stop = TRY(repr_of(t, s->stop.borrow()));
  Local<Str> step = TRY(repr_of(t, s->step.borrow()));
  return format_str(t, "slice({}, {}, {})", start, stop, step);
}

Result<Local<>> slice_op_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (!is_slice(a) || !is_slice(b)) return kNotImplemented;
  if (a.value() == b.value()) {
    return Value::boolean(op == CompareOp::Eq || op == CompareOp::Le || op == CompareOp::Ge);
  }
  Local<Tuple> x = TRY(parts_tuple(t, a.as<Slice>()));
  Local<Tuple> y = TRY(parts_tuple(t, b.as<Slice>()));
  return rich_compare(t, x, y, op);
}

Result<int64_t> slice_op_hash(Thread& t, Borrowed<> self) {
  Local<Tuple> parts = TRY(parts_tuple(t, self.as<Slice>()));
  return hash_of(t, parts);
}

Result<Local<>> slice_start(Thread&, Borrowed<Slice> s) { return Local<>::share(s->start.borrow()); }
Result<Local<>> slice_stop(Thread&, Borrowed<Slice> s) { return Local<>::share(s->stop.borrow()); }
Result<Local<>> slice_step(Thread&, Borrowed<Slice> s) { return Local<>::share(s->step.borrow()); }

Result<Local<>> part_as_int(Thread& t, Borrowed<> v) {
  if (!is_int(v) && !type_of(v)->slots.index) {
    return raise(t, types::TypeError, "slice indices must be integers or None or have an __index__ method");
  }
  return index_of(t, v);
}

// One bound against the length, in ints of any size.
Result<Local<>> clip(Thread& t, Borrowed<> part, Value length, Value lower, Value upper) {
  Local<> v = TRY(part_as_int(t, part));
  if (int_sign(v.value()) < 0) {
    v = TRY(int_add(t, v.value(), length));
    if (int_compare(v.value(), lower) < 0) return Local<>::share(lower);
    return v;
  }
  if (int_compare(v.value(), upper) > 0) return Local<>::share(upper);
  return v;
}

Result<Local<Tuple>> indices(Thread& t, Borrowed<Slice> s, Borrowed<> length) {
  Local<> step = immediate(Value::fixnum(1));
  if (s->step.raw() != kNone) {
    step = TRY(part_as_int(t, s->step.borrow()));
    if (int_sign(step.value()) == 0) return raise(t, types::ValueError, "slice step cannot be zero");
  }
  bool down = int_sign(step.value()) < 0;
  Local<> lower = immediate(Value::fixnum(down ? -1 : 0));
  Local<> upper = down ? TRY(int_add(t, length.value(), Value::fixnum(-1))) : Local<>::share(length);
  Local<> start = down ? upper.dup() : lower.dup();
  if (s->start.raw() != kNone) {
    start = TRY(clip(t, s->start.borrow(), length.value(), lower.value(), upper.value()));
  }
  Local<> stop = down ? lower.dup() : upper.dup();
  if (s->stop.raw() != kNone) {
    stop = TRY(clip(t, s->stop.borrow(), length.value(), lower.value(), upper.value()));
  }
  return make_tuple(t, {start.value(), stop.value(), step.value()});
}

Result<Local<>> slice_indices(Thread& t, Borrowed<Slice> s, Borrowed<> length_argument) {
  Local<> length = TRY(index_of(t, length_argument));
  if (int_sign(length.value()) < 0) return raise(t, types::ValueError, "length should not be negative");
  return indices(t, s, length);
}

Result<Local<>> slice_reduce(Thread& t, Borrowed<Slice> s) {
  Local<Tuple> parts = TRY(parts_tuple(t, s));
  return make_tuple(t, {Value(&types::Slice), parts.value()});
}

constexpr NativeDef kSliceMethods[] = {
    method<slice_indices>("indices(self, length, /)",
                          "S.indices(len) -> (start, stop, stride)\n\nAssuming a sequence of length len, calculate the "
                          "start and stop\nindices, and the stride length of the extended slice described by\nS. "
                          "Out of bounds indices are clipped in a manner consistent with the\nhandling of normal slices."),
    method<slice_reduce>("__reduce__(self, /)", "Return state information for pickling."),
};
constexpr GetSetDef kSliceGetSets[] = {
    getter<slice_start>("start", nullptr),
    getter<slice_stop>("stop", nullptr),
    getter<slice_step>("step", nullptr),
};

constinit const Layout kSliceLayout{"slice", sizeof(Slice), 0, Slice::trace, nullptr, nullptr, nullptr};
const TypeDef kSliceDef = {
    .name = "slice",
    .doc = "slice(stop)\nslice(start, stop[, step])\n\nCreate a slice object.  This is used for extended slicing (e.g. "
           "a[0:10:2]).",
    .layout = &kSliceLayout,
    OROCHI_METHODS(kSliceMethods),
    OROCHI_GETSETS(kSliceGetSets),
    .slots = {.repr = slice_op_repr, .hash = slice_op_hash, .compare = slice_op_compare, .new_ = slice_op_new},
};

}  // namespace

Result<Local<Tuple>> slice_indices_of(Thread& t, Borrowed<Slice> slice, Borrowed<> length) {
  return indices(t, slice, length);
}

OROCHI_TYPE(Slice, kSliceDef)

}  // namespace orochi
