// Slice arithmetic (the language reference, "Slicings", and the documentation of slice.indices).
#include "protocols/slicing.h"

namespace orochi {

namespace {

Result<int64_t> part(Thread& t, Borrowed<> v) {
  if (v.value().is_fixnum()) return v.value().as_fixnum();
  if (!is_int(v) && !type_of(v)->slots.index) {
    return raise(t, types::TypeError, "slice indices must be integers or None or have an __index__ method");
  }
  return to_index_clipped(t, v);
}

}  // namespace

Result<int64_t> slice_index_argument(Thread& t, Borrowed<> v) {
  if (!is_int(v) && !type_of(v)->slots.index) {
    return raise(t, types::TypeError, "slice indices must be integers or have an __index__ method");
  }
  return to_index_clipped(t, v);
}

Result<SliceParts> slice_parts(Thread& t, Borrowed<Slice> slice) {
  SliceParts p{};
  p.step = 1;
  if (slice->step.raw() != kNone) {
    p.step = TRY(part(t, slice->step.borrow()));
    if (p.step == 0) return raise(t, types::ValueError, "slice step cannot be zero");
    if (p.step < -INT64_MAX) p.step = -INT64_MAX;  // so that it can be negated
  }
  p.start = p.step < 0 ? INT64_MAX : 0;
  p.stop = p.step < 0 ? INT64_MIN : INT64_MAX;
  if (slice->start.raw() != kNone) p.start = TRY(part(t, slice->start.borrow()));
  if (slice->stop.raw() != kNone) p.stop = TRY(part(t, slice->stop.borrow()));
  return p;
}

SliceBounds slice_adjust(SliceParts p, int64_t length) {
  auto clip = [&](int64_t i) {
    if (i < 0) {
      i = i < -length ? -1 : i + length;  // saturated extremes do not overflow
      if (i < 0) i = p.step < 0 ? -1 : 0;
    } else if (i >= length) {
      i = p.step < 0 ? length - 1 : length;
    }
    return i;
  };
  SliceBounds b{clip(p.start), clip(p.stop), p.step, 0};
  if (p.step < 0) {
    if (b.stop < b.start) b.length = (b.start - b.stop - 1) / -p.step + 1;
  } else if (b.start < b.stop) {
    b.length = (b.stop - b.start - 1) / p.step + 1;
  }
  return b;
}

Result<SliceBounds> slice_bounds(Thread& t, Borrowed<Slice> slice, int64_t length) {
  SliceParts p = TRY(slice_parts(t, slice));
  return slice_adjust(p, length);
}

}  // namespace orochi
