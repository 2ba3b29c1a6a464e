// The kernels of the math module: libm's functions with Python's idea of what is an error, and the sums and norms that
// must be more exact than a plain loop.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "numeric/bigint.h"
#include "numeric/char_buf.h"

namespace orochi {

enum class MathError : uint8_t {
  None,
  Domain,  // ValueError
  Range,   // OverflowError: "math range error" unless the function says otherwise
};
struct MathResult {
  double value = 0;
  MathError error = MathError::None;
};

enum class MathFunction : uint8_t {
  Acos, Acosh, Asin, Asinh, Atan, Atanh, Cbrt, Cos, Cosh, Erf, Erfc, Exp, Exp2, Expm1, Gamma, Lgamma, Log, Log10, Log1p,
  Log2, Sin, Sinh, Sqrt, Tan, Tanh,
};
MathResult math_function(MathFunction function, double x);
// The message of its domain error, e.g. "expected a nonnegative input, got -1.0".
void math_domain_message(MathFunction function, double x, CharBuf& message);

// Log, Log2 or Log10 of an int of any size; Domain unless positive.
MathResult math_log_big(MathFunction function, BigView x);

MathResult math_pow(double x, double y);
MathResult math_fmod(double x, double y);
MathResult math_remainder(double x, double y);
MathResult math_fma(double x, double y, double z);  // "invalid operation in fma", "overflow in fma"
MathResult math_ldexp(double x, int64_t exponent);  // the caller clamps larger exponents
double math_ulp(double x);
double math_nextafter(double x, double y, uint64_t steps);
// Tolerances are not negative: the caller has checked.
bool math_is_close(double a, double b, double relative, double absolute);
// The Euclidean norm, within a hair of correctly rounded, without spurious overflow.
double math_hypot(std::span<const double> coordinates);

// Neumaier's compensated sum: what sum() does with floats.
class CompensatedSum {
 public:
  explicit CompensatedSum(double start = 0) : high_(start) {}
  void add(double x) {
    double total = high_ + x;
    low_ += std::fabs(high_) >= std::fabs(x) ? (high_ - total) + x : (x - total) + high_;
    high_ = total;
  }
  // A compensation of zero is not added (it would lose a negative zero), nor one that overflowed.
  double value() const { return low_ != 0 && std::isfinite(low_) ? high_ + low_ : high_; }

 private:
  double high_;
  double low_ = 0;
};

// math.fsum: the exact sum, rounded once. Partials grow as needed and never overlap.
class ExactSum {
 public:
  ExactSum() = default;
  ~ExactSum() {
    if (partials_ != inline_) free(partials_);
  }
  ExactSum(const ExactSum&) = delete;
  ExactSum& operator=(const ExactSum&) = delete;
  // Range: "intermediate overflow in fsum". Out of memory is a Range error as well, with failed() set.
  [[nodiscard]] MathError add(double x);
  // Domain: "-inf + inf in fsum".
  MathResult value() const;
  bool failed() const { return failed_; }

 private:
  double inline_[32];
  double* partials_ = inline_;
  size_t count_ = 0;
  size_t capacity_ = 32;
  double special_ = 0;     // sum of all infinities and nans
  double infinities_ = 0;  // sum of the infinities
  bool failed_ = false;
};

// math.sumprod over floats: a dot product in three-fold precision.
class ExactDot {
 public:
  void add(double x, double y);
  double value() const;

 private:
  double high_ = 0, low_ = 0, tiny_ = 0;
  double plain_ = 0;
};

}  // namespace orochi
