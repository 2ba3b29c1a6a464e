// int: a fixnum, or a heap Int (sign and limbs) for what does not fit 63 bits, and for instances of subclasses (whose
// values may be small). bool values are the constants True and False.
#pragma once

#include "objects/type.h"

namespace orochi {

struct Int : Object {
  static constexpr uint32_t kShapeFlag = kShapeIsInt;  // heap ones only; is_int() covers fixnum and bool
  static Type& python_type() { return types::Int; }
  uint32_t size;      // limbs in use, no leading zero limb
  uint32_t negative;  // 0 or 1
  uint64_t limbs_[];
  const uint64_t* limbs() const { return limbs_; }
};

// Every fixnum-sized result is a fixnum.
Result<Local<>> make_int(Mutator& m, int64_t value);
Result<Local<>> make_uint(Mutator& m, uint64_t value);
Result<Local<>> make_int_from_double(Mutator& m, double truncated_finite);
Result<Local<>> make_int_from_limbs(Mutator& m, const uint64_t* limbs, size_t size, bool negative);

// `v` is any int (is_int(v)). False: does not fit.
bool int_as_int64(Value v, int64_t* out);
bool int_as_uint64(Value v, uint64_t* out);
int int_sign(Value v);
double int_to_double(Value v, bool* overflow);
int64_t int_hash(Value v);
// Arithmetic on any two ints, no Python code.
Result<Local<>> int_add(Mutator& m, Value a, Value b);
Result<Local<>> int_subtract(Mutator& m, Value a, Value b);
Result<Local<>> int_multiply(Mutator& m, Value a, Value b);
Result<Local<>> int_floor_divide(Mutator& m, Value a, Value b);   // ZeroDivisionError
Result<Local<>> int_remainder(Mutator& m, Value a, Value b);
Result<Local<>> int_true_divide(Mutator& m, Value a, Value b);
int int_compare(Value a, Value b);
Result<Local<Str>> int_to_str(Mutator& m, Value v, int base = 10);  // ValueError past the digit limit

}  // namespace orochi
