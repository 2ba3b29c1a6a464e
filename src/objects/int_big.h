// Any int value as the limb kernels see it, and kernel results as values.
#pragma once

#include "numeric/bigint.h"
#include "objects/int.h"

namespace orochi {

// A BigView of a fixnum, bool or heap Int (which must stay alive).
class IntView {
 public:
  explicit IntView(Value v) : small_(v.is_fixnum() ? v.as_fixnum() : v == kTrue ? 1 : 0) {
    if (v.is_heap()) {
      auto* big = static_cast<const Int*>(v.as_object());
      view_ = BigView{big->limbs(), big->size, big->negative != 0};
      heap_ = true;
    }
  }
  BigView view() const { return heap_ ? view_ : small_.view(); }
  operator BigView() const { return view(); }

 private:
  SmallBig small_;
  BigView view_;
  bool heap_ = false;
};

// The value of `out` if status is Ok, else the exception that fits.
Result<Local<>> int_result(Mutator& m, BigStatus status, const BigBuf& out);
Raised raise_big_status(Mutator& m, BigStatus status);

extern int32_t int_max_str_digits;   // sys.set_int_max_str_digits; 0: no limit; atomic relaxed

}  // namespace orochi
