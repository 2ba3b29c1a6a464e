// The _bisect module: binary search in sorted sequences.
#include "objects/list.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/native.h"

namespace orochi::bisect_module {

namespace {

enum class Side : uint8_t { Left, Right };

Result<int64_t> search(Thread& t, Borrowed<> a, Borrowed<> x, int64_t low, Maybe<Borrowed<>> hi, Borrowed<> key,
                       Side side) {
  if (low < 0) return raise(t, types::ValueError, "lo must be non-negative");
  int64_t high = -1;
  if (hi && (*hi).value() != kNone) high = TRY(to_index(t, *hi));
  else high = TRY(length_of(t, a));
  bool list = is_exact_list(a);
  while (low < high) {
    int64_t middle = static_cast<int64_t>((static_cast<uint64_t>(low) + static_cast<uint64_t>(high)) / 2);
    Local<> item;
    if (list) {
      Lookup<> found = list_get(t, a.as<List>(), middle);
      if (found.raised()) return Raised{};
      if (found.absent()) return raise(t, types::IndexError, "list index out of range");
      item = found.take();
    } else {
      Local<> index = TRY(make_int(t, middle));
      item = TRY(get_item(t, a, index));
    }
    if (key && key.value() != kNone) item = TRY(call(t, key, item));
    bool below = side == Side::Left ? TRY(compare_bool(t, item, x, CompareOp::Lt))
                                    : !TRY(compare_bool(t, x, item, CompareOp::Lt));
    if (below) low = middle + 1;
    else high = middle;
  }
  return low;
}

template <Side S>
Result<int64_t> bisect(Thread& t, Borrowed<> a, Borrowed<> x, Index lo, Maybe<Borrowed<>> hi, Borrowed<> key) {
  return search(t, a, x, lo, hi, key, S);
}

template <Side S>
Result<Local<>> insort(Thread& t, Borrowed<> a, Borrowed<> x, Index lo, Maybe<Borrowed<>> hi, Borrowed<> key) {
  Local<> wanted = key.value() == kNone ? Local<>::share(x) : TRY(call(t, key, x));
  int64_t at = TRY(search(t, a, wanted, lo, hi, key, S));
  if (is_exact_list(a)) {
    TRY(list_insert_at(t, a.as<List>(), at, Local<>::share(x)));
  } else {
    Local<> index = TRY(make_int(t, at));
    (void)TRY(call_method(t, a, "insert"_n, index, x));
  }
  return kNone;
}

constexpr NativeDef kFunctions[] = {
    function<bisect<Side::Left>>("bisect_left(a, x, lo=0, hi=None, *, key=None)",
                                 "Where to insert x into sorted a so that it comes before equal items."),
    function<bisect<Side::Right>>("bisect_right(a, x, lo=0, hi=None, *, key=None)",
                                  "Where to insert x into sorted a so that it comes behind equal items."),
    function<insort<Side::Left>>("insort_left(a, x, lo=0, hi=None, *, key=None)",
                                 "Insert x into sorted a, before equal items."),
    function<insort<Side::Right>>("insort_right(a, x, lo=0, hi=None, *, key=None)",
                                  "Insert x into sorted a, behind equal items."),
};

}  // namespace

OROCHI_MODULE(_bisect, "Binary search in sorted sequences.", kFunctions, nullptr)

}  // namespace orochi::bisect_module
