// The arithmetic of slicing, apart from the conversion of a slice's parts: that may run __index__, so a container
// converts first and looks at its length under its lock afterwards.
#pragma once

#include "objects/slice.h"
#include "protocols/operators.h"

namespace orochi {

struct SliceParts {
  int64_t start, stop, step;  // step != 0; extremes stand for "not given"
};
Result<SliceParts> slice_parts(Thread& t, Borrowed<Slice> slice);
SliceBounds slice_adjust(SliceParts parts, int64_t length);

// A start or stop argument of index() and the like: __index__, saturating.
Result<int64_t> slice_index_argument(Thread& t, Borrowed<> v);

}  // namespace orochi
