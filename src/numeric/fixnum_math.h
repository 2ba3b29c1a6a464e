// Arithmetic on machine-sized integers with Python's rules: floor division, sign of the divisor in the remainder, the
// 2^61-1 hash. A fixnum is a signed 63-bit value held in an int64_t; every function says whether its result must fit one.
#pragma once

#include <bit>
#include <cstdint>

namespace orochi {

inline constexpr int64_t kFixnumMax = (int64_t{1} << 62) - 1;
inline constexpr int64_t kFixnumMin = -(int64_t{1} << 62);
inline constexpr int kHashBits = 61;
inline constexpr uint64_t kHashModulus = (uint64_t{1} << kHashBits) - 1;
inline constexpr int64_t kHashInfinity = 314159;
inline constexpr uint64_t kHashImaginary = 1000003;

constexpr bool fits_fixnum(int64_t value) { return value >= kFixnumMin && value <= kFixnumMax; }
constexpr bool fits_fixnum(__int128 value) { return value >= kFixnumMin && value <= kFixnumMax; }

// False when the result is not a fixnum; *result is then the low 64 bits of it.
constexpr bool fixnum_add(int64_t a, int64_t b, int64_t* result) {
  *result = a + b;  // two 63-bit values cannot overflow 64 bits
  return fits_fixnum(*result);
}
constexpr bool fixnum_sub(int64_t a, int64_t b, int64_t* result) {
  *result = a - b;
  return fits_fixnum(*result);
}
constexpr bool fixnum_mul(int64_t a, int64_t b, int64_t* result) {
  return !__builtin_mul_overflow(a, b, result) && fits_fixnum(*result);
}

constexpr uint64_t magnitude(int64_t a) { return a < 0 ? 0 - static_cast<uint64_t>(a) : static_cast<uint64_t>(a); }

// b != 0, and not INT64_MIN / -1 (impossible for fixnums).
constexpr int64_t floor_div(int64_t a, int64_t b) {
  int64_t q = a / b;
  return q - ((a % b != 0) & ((a < 0) != (b < 0)));
}
constexpr int64_t floor_mod(int64_t a, int64_t b) {
  int64_t r = a % b;
  return r != 0 && ((r < 0) != (b < 0)) ? r + b : r;
}

// a << count for a fixnum result; false when it does not fit.
constexpr bool fixnum_shift_left(int64_t a, uint64_t count, int64_t* result) {
  if (a == 0) return *result = 0, true;
  if (count > 62) return false;
  *result = static_cast<int64_t>(static_cast<uint64_t>(a) << count);
  return (*result >> count) == a && fits_fixnum(*result);
}
constexpr int64_t shift_right(int64_t a, uint64_t count) { return a >> (count > 63 ? 63 : count); }

// base ** exponent; false when some step leaves 63 bits (the caller then takes big_pow).
constexpr bool fixnum_pow(int64_t base, uint64_t exponent, int64_t* result) {
  int64_t value = 1;
  while (true) {
    if (exponent & 1) {
      if (__builtin_mul_overflow(value, base, &value)) return false;
    }
    exponent >>= 1;
    if (exponent == 0) break;
    if (__builtin_mul_overflow(base, base, &base)) return false;
  }
  *result = value;
  return fits_fixnum(value);
}

constexpr uint64_t gcd_u64(uint64_t a, uint64_t b) {
  if (a == 0) return b;
  if (b == 0) return a;
  int shift = std::countr_zero(a | b);
  a >>= std::countr_zero(a);
  while (b != 0) {
    b >>= std::countr_zero(b);
    if (a > b) {
      uint64_t swap = a;
      a = b;
      b = swap;
    }
    b -= a;
  }
  return a << shift;
}

constexpr int bit_length_u64(uint64_t a) { return 64 - std::countl_zero(a); }

// x mod 2^61-1 for any 64-bit x.
constexpr uint64_t hash_reduce(uint64_t x) {
  x = (x & kHashModulus) + (x >> kHashBits);
  return x >= kHashModulus ? x - kHashModulus : x;
}
constexpr int64_t hash_int64(int64_t value) {
  int64_t hash = static_cast<int64_t>(hash_reduce(magnitude(value)));
  if (value < 0) hash = -hash;
  return hash == -1 ? -2 : hash;
}

}  // namespace orochi
