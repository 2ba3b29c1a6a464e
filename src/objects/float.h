// float: a tagged word, or a heap Float for -0.0, the rare exponents, inf, nan, and instances of subclasses.
#pragma once

#include "objects/type.h"

namespace orochi {

struct Float : Object {
  static constexpr uint32_t kShapeFlag = kShapeIsFloat;
  static Type& python_type() { return types::Float; }
  double value;
};

Result<Local<>> make_float(Mutator& m, double d);
// `v` is any float (is_float(v)).
OROCHI_INLINE double float_value(Value v) {
  return v.is_tagged_float() ? v.as_tagged_float() : static_cast<Float*>(v.as_object())->value;
}
int64_t float_hash(double d, Value identity);  // nan hashes by identity

struct Complex : Object {
  static constexpr uint32_t kShapeFlag = kShapeIsComplex;
  static Type& python_type() { return types::Complex; }
  double real;
  double imag;
};
Result<Local<Complex>> make_complex(Mutator& m, double real, double imag);

}  // namespace orochi
