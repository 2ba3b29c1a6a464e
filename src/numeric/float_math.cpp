// Float arithmetic with Python's rules: exact ratio, hash, decimal rounding, floor division, power. See float_text.h.
#include <bit>
#include <charconv>
#include <cmath>
#include <system_error>

#include "numeric/float_text.h"

namespace orochi {

BigStatus float_as_integer_ratio(double value, BigBuf& numerator, BigBuf& denominator) {
  DCHECK(std::isfinite(value));
  if (value == 0) {
    numerator.set_int64(0);
    denominator.set_int64(1);
    return BigStatus::Ok;
  }
  int exponent;
  double fraction = std::frexp(std::fabs(value), &exponent);
  auto mantissa = static_cast<uint64_t>(std::ldexp(fraction, 53));
  exponent -= 53;
  int zeros = std::countr_zero(mantissa);
  mantissa >>= zeros;
  exponent += zeros;
  SmallBig one(1), odd = SmallBig::of_unsigned(mantissa);
  BigStatus status;
  if (exponent >= 0) {
    denominator.set_int64(1);
    status = big_shift_left(odd, static_cast<uint64_t>(exponent), numerator);
  } else {
    numerator.set_uint64(mantissa);
    status = big_shift_left(one, static_cast<uint64_t>(-exponent), denominator);
  }
  numerator.set_negative(value < 0);
  return status;
}

int64_t hash_double(double value) {
  if (std::isinf(value)) return value > 0 ? kHashInfinity : -kHashInfinity;
  DCHECK(!std::isnan(value));
  if (value == 0) return 0;
  // value = mantissa * 2^exponent; modulo 2^61-1 a power of two is a rotation of 61 bits.
  int exponent;
  double fraction = std::frexp(std::fabs(value), &exponent);
  auto mantissa = static_cast<uint64_t>(std::ldexp(fraction, 53));
  int rotate = (exponent - 53) % kHashBits;
  if (rotate < 0) rotate += kHashBits;
  uint64_t hash = mantissa;
  if (rotate != 0) hash = ((mantissa << rotate) & kHashModulus) | (mantissa >> (kHashBits - rotate));
  if (hash == kHashModulus) hash = 0;
  auto result = static_cast<int64_t>(hash);
  if (value < 0) result = -result;
  return result == -1 ? -2 : result;
}

bool float_is_integer(double value) { return std::isfinite(value) && std::trunc(value) == value; }

bool float_to_int64_exact(double value, int64_t* result) {
  if (!(value >= -9223372036854775808.0 && value < 9223372036854775808.0)) return false;
  auto truncated = static_cast<int64_t>(value);
  if (static_cast<double>(truncated) != value) return false;
  *result = truncated;
  return true;
}

double float_round_half_even(double value) { return __builtin_roundeven(value); }

namespace {

// Rounds the integer part's decimal digits at 10^position (position >= 1); the fraction only breaks ties.
FloatStatus round_to_tens(double value, int position, double* result) {
  double magnitude = std::fabs(value);
  double whole = std::trunc(magnitude);
  char digits[400];
  // One leading zero takes a carry.
  digits[0] = '0';
  char* end = std::to_chars(digits + 1, digits + 340, whole, std::chars_format::fixed, 0).ptr;
  auto count = static_cast<int>(end - digits);
  int kept = count - position;
  if (kept < 1) {
    // The rounding digit lies above the number: nothing can round up.
    *result = std::copysign(0.0, value);
    return FloatStatus::Ok;
  }
  bool rest = magnitude != whole;
  for (int i = kept + 1; i < count; ++i) rest = rest || digits[i] != '0';
  char first = digits[kept];
  bool up = first > '5' || (first == '5' && (rest || ((digits[kept - 1] - '0') & 1)));
  if (up) {
    int i = kept - 1;
    while (digits[i] == '9') digits[i--] = '0';
    ++digits[i];
  }
  for (int i = kept; i < count; ++i) digits[i] = '0';
  double rounded = 0;
  if (std::from_chars(digits, digits + count, rounded).ec == std::errc::result_out_of_range) {
    return FloatStatus::Overflow;
  }
  *result = std::copysign(rounded, value);
  return FloatStatus::Ok;
}

}  // namespace

FloatStatus float_round(double value, int64_t ndigits, double* result) {
  *result = value;
  if (!std::isfinite(value) || value == 0 || ndigits > 323) return FloatStatus::Ok;
  if (ndigits < -308) {
    *result = std::copysign(0.0, value);
    return FloatStatus::Ok;
  }
  if (ndigits < 0) return round_to_tens(value, static_cast<int>(-ndigits), result);
  char text[700];
  char* end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, static_cast<int>(ndigits)).ptr;
  double rounded = 0;
  if (std::from_chars(text, end, rounded).ec == std::errc::result_out_of_range) rounded = 0;  // only downwards here
  *result = std::copysign(rounded, value);
  return FloatStatus::Ok;
}

void float_divmod(double a, double b, double* quotient, double* remainder) {
  double mod = std::fmod(a, b);
  double div = (a - mod) / b;
  if (mod != 0) {
    if ((b < 0) != (mod < 0)) {
      mod += b;
      div -= 1.0;
    }
  } else {
    mod = std::copysign(0.0, b);
  }
  if (div != 0) {
    // (a - mod) / b is close to an integer, not always exactly one.
    double floored = std::floor(div);
    if (div - floored > 0.5) floored += 1.0;
    *quotient = floored;
  } else {
    *quotient = std::copysign(0.0, a / b);
  }
  *remainder = mod;
}

double float_floor_div(double a, double b) {
  double quotient, remainder;
  float_divmod(a, b, &quotient, &remainder);
  return quotient;
}

double float_mod(double a, double b) {
  double mod = std::fmod(a, b);
  if (mod != 0) return (b < 0) != (mod < 0) ? mod + b : mod;
  return std::copysign(0.0, b);
}

FloatStatus float_pow(double a, double b, double* result) {
  if (a == 0 && b < 0) {  // also -inf: C says inf, and so does Python
    if (!std::isinf(b)) return FloatStatus::ZeroDivision;
    *result = HUGE_VAL;
    return FloatStatus::Ok;
  }
  if (std::isfinite(a) && a < 0 && std::isfinite(b) && b != std::floor(b)) return FloatStatus::Complex;
  double value = std::pow(a, b);
  *result = value;
  if (std::isinf(value) && std::isfinite(a) && std::isfinite(b)) return FloatStatus::Overflow;
  return FloatStatus::Ok;
}

}  // namespace orochi
