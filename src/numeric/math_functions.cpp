// The kernels of the math module; see the header. Sources: C99 Annex F for special values; J. R. Shewchuk, "Adaptive
// Precision Floating-Point Arithmetic" (1997) for the exact sum; T. Ogita, S. M. Rump, S. Oishi, "Accurate Sum and Dot
// Product" (2005) for sumprod and the norm.
#include "numeric/math_functions.h"

#include <algorithm>
#include <bit>

#include "numeric/float_text.h"

namespace orochi {

using enum MathError;

namespace {

struct TwoDoubles {
  double high, low;
};
// high + low == a + b exactly, barring overflow.
TwoDoubles two_sum(double a, double b) {
  double sum = a + b;
  double part = sum - a;
  return {sum, (a - (sum - part)) + (b - part)};
}
TwoDoubles two_product(double a, double b) {
  double product = a * b;
  return {product, std::fma(a, b, -product)};
}

// What a result says about its argument: nan out of a number is a domain error, infinity out of a finite number is an
// overflow, or a domain error for functions that only have poles.
enum class Infinity : uint8_t { Overflow, Pole };
MathResult checked(double x, double value, Infinity meaning) {
  if (std::isnan(value) && !std::isnan(x)) return {value, Domain};
  if (std::isinf(value) && std::isfinite(x)) return {value, meaning == Infinity::Overflow ? Range : Domain};
  return {value};
}

MathResult math_gamma(double x) {
  if (!std::isfinite(x)) return {x, std::isinf(x) && x < 0 ? Domain : None};
  if (x == 0) return {std::copysign(HUGE_VAL, x), Domain};
  if (x == std::floor(x)) {
    if (x < 0) return {NAN, Domain};
    if (x <= 23) {
      // Factorials up to 22! are exact doubles.
      double product = 1;
      for (double k = 2; k < x; ++k) product *= k;
      return {product};
    }
  }
  return checked(x, std::tgamma(x), Infinity::Overflow);
}

MathResult math_lgamma(double x) {
  if (std::isnan(x)) return {x};
  if (std::isinf(x)) return {HUGE_VAL};
  if (x == std::floor(x) && x <= 2) {
    if (x <= 0) return {HUGE_VAL, Domain};
    return {0.0};
  }
  int sign;
  return checked(x, lgamma_r(x, &sign), Infinity::Overflow);
}

MathResult math_log(double x, double (*log)(double)) {
  if (std::isnan(x)) return {x};
  if (!(x > 0)) return {x == 0 ? -HUGE_VAL : NAN, Domain};
  return {log(x)};
}

}  // namespace

MathResult math_function(MathFunction function, double x) {
  using enum MathFunction;
  switch (function) {
    case Acos: return checked(x, std::acos(x), Infinity::Pole);
    case Acosh: return checked(x, std::acosh(x), Infinity::Pole);
    case Asin: return checked(x, std::asin(x), Infinity::Pole);
    case Asinh: return checked(x, std::asinh(x), Infinity::Pole);
    case Atan: return checked(x, std::atan(x), Infinity::Pole);
    case Atanh: return checked(x, std::atanh(x), Infinity::Pole);
    case Cbrt: return checked(x, std::cbrt(x), Infinity::Pole);
    case Cos: return checked(x, std::cos(x), Infinity::Pole);
    case Cosh: return checked(x, std::cosh(x), Infinity::Overflow);
    case Erf: return checked(x, std::erf(x), Infinity::Pole);
    case Erfc: return checked(x, std::erfc(x), Infinity::Pole);
    case Exp: return checked(x, std::exp(x), Infinity::Overflow);
    case Exp2: return checked(x, std::exp2(x), Infinity::Overflow);
    case Expm1: return checked(x, std::expm1(x), Infinity::Overflow);
    case Gamma: return math_gamma(x);
    case Lgamma: return math_lgamma(x);
    case Log: return math_log(x, std::log);
    case Log10: return math_log(x, std::log10);
    case Log1p: return checked(x, x == 0 ? x : std::log1p(x), Infinity::Pole);
    case Log2: return math_log(x, std::log2);
    case Sin: return checked(x, std::sin(x), Infinity::Pole);
    case Sinh: return checked(x, std::sinh(x), Infinity::Overflow);
    case Sqrt: return checked(x, std::sqrt(x), Infinity::Pole);
    case Tan: return checked(x, std::tan(x), Infinity::Pole);
    case Tanh: return checked(x, std::tanh(x), Infinity::Pole);
  }
  OROCHI_UNREACHABLE();
}

void math_domain_message(MathFunction function, double x, CharBuf& message) {
  using enum MathFunction;
  std::string_view expected = "math domain error";
  bool shows_value = true;
  switch (function) {
    case Acos: case Asin: expected = "expected a number in range from -1 up to 1"; break;
    case Acosh: expected = "expected argument value not less than 1"; break;
    case Atanh: expected = "expected a number between -1 and 1"; break;
    case Cos: case Sin: case Tan: expected = "expected a finite input"; break;
    case Gamma: case Lgamma: expected = "expected a noninteger or positive integer"; break;
    case Log: case Log2: case Log10: expected = "expected a positive input"; break;
    case Log1p: expected = "expected argument value > -1"; break;
    case Sqrt: expected = "expected a nonnegative input"; break;
    default: shows_value = false;
  }
  message.append(expected);
  if (!shows_value) return;
  char text[kFloatReprSize];
  message.append(", got ");
  message.append(std::string_view(text, float_repr(x, text)));
}

MathResult math_log_big(MathFunction function, BigView x) {
  if (x.sign() <= 0) return {NAN, Domain};
  double value;
  if (big_to_double(x, &value) == BigStatus::Ok) return math_function(function, value);
  // log(m * 2^e) = log(m) + e * log(2)
  int64_t exponent;
  double fraction = big_frexp(x, &exponent);
  auto e = static_cast<double>(exponent);
  switch (function) {
    case MathFunction::Log2: return {std::log2(fraction) + e};
    case MathFunction::Log10: return {std::log10(fraction) + e * std::log10(2.0)};
    default: return {std::log(fraction) + e * std::log(2.0)};
  }
}

MathResult math_pow(double x, double y) {
  double value = std::pow(x, y);
  if (std::isfinite(x) && std::isfinite(y) && !std::isfinite(value)) {
    if (std::isnan(value) || x == 0) return {value, Domain};
    return {value, Range};
  }
  return {value};
}

MathResult math_fmod(double x, double y) {
  double value = std::fmod(x, y);
  return {value, std::isnan(value) && !std::isnan(x) && !std::isnan(y) ? Domain : None};
}

MathResult math_remainder(double x, double y) {
  double value = std::remainder(x, y);
  return {value, std::isnan(value) && !std::isnan(x) && !std::isnan(y) ? Domain : None};
}

MathResult math_fma(double x, double y, double z) {
  double value = std::fma(x, y, z);
  if (std::isfinite(value)) return {value};
  if (std::isnan(value)) return {value, !std::isnan(x) && !std::isnan(y) && !std::isnan(z) ? Domain : None};
  return {value, std::isfinite(x) && std::isfinite(y) && std::isfinite(z) ? Range : None};
}

MathResult math_ldexp(double x, int64_t exponent) {
  if (x == 0 || !std::isfinite(x)) return {x};
  double value = std::ldexp(x, static_cast<int>(std::clamp<int64_t>(exponent, -5000, 5000)));
  return {value, std::isinf(value) ? Range : None};
}

double math_ulp(double x) {
  if (std::isnan(x)) return x;
  x = std::fabs(x);
  if (std::isinf(x)) return x;
  double above = std::nextafter(x, HUGE_VAL);
  return std::isinf(above) ? x - std::nextafter(x, 0.0) : above - x;
}

double math_nextafter(double x, double y, uint64_t steps) {
  if (steps == 0) return x;
  if (std::isnan(x)) return x;
  if (std::isnan(y)) return y;
  if (x == y) return y;
  // Doubles of one sign are ordered as their bits; both zeros count as one step of distance none.
  constexpr uint64_t kSign = uint64_t{1} << 63;
  auto bits_x = std::bit_cast<uint64_t>(x), bits_y = std::bit_cast<uint64_t>(y);
  uint64_t ax = bits_x & ~kSign, ay = bits_y & ~kSign;
  if ((bits_x ^ bits_y) & kSign) {
    if (steps >= ax + ay) return y;
    if (steps < ax) return std::bit_cast<double>((bits_x & kSign) | (ax - steps));
    if (steps == ax) return std::bit_cast<double>(bits_x & kSign);
    return std::bit_cast<double>((bits_y & kSign) | (steps - ax));
  }
  if (ax > ay) return ax - ay > steps ? std::bit_cast<double>((bits_x & kSign) | (ax - steps)) : y;
  return ay - ax > steps ? std::bit_cast<double>((bits_x & kSign) | (ax + steps)) : y;
}

bool math_is_close(double a, double b, double relative, double absolute) {
  if (a == b) return true;
  if (std::isinf(a) || std::isinf(b)) return false;
  double difference = std::fabs(b - a);
  return difference <= std::fabs(relative * b) || difference <= std::fabs(relative * a) || difference <= absolute;
}

double math_hypot(std::span<const double> coordinates) {
  double largest = 0;
  bool has_nan = false;
  for (double x : coordinates) {
    x = std::fabs(x);
    has_nan = has_nan || std::isnan(x);
    if (x > largest) largest = x;
  }
  if (std::isinf(largest)) return largest;
  if (has_nan) return NAN;
  if (largest == 0 || coordinates.size() == 1) return largest;
  // Scale so that the largest is in [1/2, 1), which is exact; sum the squares with their errors kept; correct the root
  // by one Newton step from the exact residue.
  int exponent;
  std::frexp(largest, &exponent);
  double sum = 0, errors = 0;
  for (double x : coordinates) {
    double scaled = std::ldexp(std::fabs(x), -exponent);
    auto [square, square_error] = two_product(scaled, scaled);
    auto [total, total_error] = two_sum(sum, square);
    sum = total;
    errors += square_error + total_error;
  }
  double root = std::sqrt(sum + errors);
  auto [square, square_error] = two_product(root, root);
  auto [rest, rest_error] = two_sum(sum, -square);
  double correction = (rest + (rest_error + errors - square_error)) / (2 * root);
  return std::ldexp(root + correction, exponent);
}

// ---- exact sums

MathError ExactSum::add(double original) {
  double x = original;
  // Each partial takes part in a sum whose error stays behind as a partial; what is left over becomes the top one.
  size_t kept = 0;
  for (size_t i = 0; i < count_; ++i) {
    auto [high, low] = two_sum(x, partials_[i]);
    if (low != 0) partials_[kept++] = low;
    x = high;
  }
  count_ = kept;
  if (x == 0) return None;
  if (!std::isfinite(x)) {
    if (std::isfinite(original)) return Range;
    if (std::isinf(original)) infinities_ += original;
    special_ += original;
    count_ = 0;
    return None;
  }
  if (count_ == capacity_) {
    size_t capacity = capacity_ * 2;
    auto* grown = static_cast<double*>(malloc(capacity * sizeof(double)));
    if (grown == nullptr) return failed_ = true, Range;
    std::copy_n(partials_, count_, grown);
    if (partials_ != inline_) free(partials_);
    partials_ = grown;
    capacity_ = capacity;
  }
  partials_[count_++] = x;
  return None;
}

MathResult ExactSum::value() const {
  if (special_ != 0 || std::isnan(special_)) {
    if (std::isnan(infinities_)) return {NAN, Domain};
    return {special_};
  }
  if (count_ == 0) return {0.0};
  // From the top: exact until a sum is inexact. Then round, but see which way the rest would break a tie.
  size_t i = count_;
  double high = partials_[--i], low = 0;
  while (i > 0) {
    auto [total, error] = two_sum(high, partials_[--i]);
    high = total;
    low = error;
    if (low != 0) break;
  }
  if (i > 0 && ((low < 0 && partials_[i - 1] < 0) || (low > 0 && partials_[i - 1] > 0))) {
    double twice = low * 2;
    double moved = high + twice;
    if (moved - high == twice) high = moved;
  }
  return {high};
}

void ExactDot::add(double x, double y) {
  plain_ += x * y;
  auto [product, product_error] = two_product(x, y);
  auto [high, high_error] = two_sum(high_, product);
  auto [low, low_error] = two_sum(low_, product_error);
  auto [middle, middle_error] = two_sum(low, high_error);
  high_ = high;
  low_ = middle;
  tiny_ += low_error + middle_error;
}

double ExactDot::value() const {
  // Infinities and nans turn the error terms into nan: then the plain sum is the answer.
  if (!std::isfinite(high_) || !std::isfinite(low_) || !std::isfinite(tiny_)) return plain_;
  auto [low, rest] = two_sum(tiny_, low_);
  auto [high, error] = two_sum(high_, low);
  return high + (error + rest);
}

}  // namespace orochi
