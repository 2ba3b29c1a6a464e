// Arithmetic, comparison and double conversion of big integers. GMP's mpn functions do the work on limbs; this file adds
// signs, Python's floor semantics and the size and memory checks. GMP aborts when its own scratch allocation fails, so
// before a large operation we ask malloc for as much ourselves and report NoMemory instead.
#include "numeric/bigint.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "numeric/bigint_internal.h"

namespace orochi {

using enum BigStatus;

bool scratch_available(size_t limbs) {
  if (limbs < (size_t{1} << 15)) return true;
  void* volatile probe = malloc(limbs * sizeof(mp_limb_t));
  if (probe == nullptr) return false;
  free(probe);
  return true;
}

// ---- BigBuf

BigStatus BigBuf::prepare_slow(size_t size) {
  if (size > size_t{kMaxLimbs} + 64) return TooLarge;
  auto* limbs = static_cast<mp_limb_t*>(malloc(size * sizeof(mp_limb_t)));
  if (limbs == nullptr) return NoMemory;
  release();
  limbs_ = limbs;
  capacity_ = static_cast<uint32_t>(size);
  size_ = 0;
  negative_ = false;
  return Ok;
}

BigStatus BigBuf::assign(BigView source) {
  if (source.limbs != limbs_) {
    if (auto status = prepare(source.size); status != Ok) return status;
    std::copy_n(source.limbs, source.size, limbs_);
  }
  size_ = source.size;
  negative_ = source.negative;
  return Ok;
}

bool BigBuf::to_int64(int64_t* value) const { return big_to_int64(view(), value); }

// ---- comparison and small conversions

namespace {

int compare_magnitude(BigView a, BigView b) {
  if (a.size != b.size) return a.size < b.size ? -1 : 1;
  if (a.size == 0) return 0;
  int order = mpn_cmp(a.limbs, b.limbs, a.size);
  return (order > 0) - (order < 0);
}

BigStatus finish(BigBuf& out, size_t size, bool negative) {
  out.normalize(size, negative);
  return out.size() > kMaxLimbs ? TooLarge : Ok;
}

// out = |a| + |b|, with the sign given.
BigStatus add_magnitude(BigView a, BigView b, bool negative, BigBuf& out) {
  if (a.size < b.size) std::swap(a, b);
  if (auto status = out.prepare(size_t{a.size} + 1); status != Ok) return status;
  mp_limb_t* r = out.limbs();
  if (b.size == 0) {
    std::copy_n(a.limbs, a.size, r);
    return finish(out, a.size, negative);
  }
  r[a.size] = mpn_add(r, a.limbs, a.size, b.limbs, b.size);
  return finish(out, size_t{a.size} + 1, negative);
}

// out = |a| - |b|, negated when `negative`.
BigStatus sub_magnitude(BigView a, BigView b, bool negative, BigBuf& out) {
  int order = compare_magnitude(a, b);
  if (order == 0) return out.set_int64(0), Ok;
  if (order < 0) {
    std::swap(a, b);
    negative = !negative;
  }
  if (auto status = out.prepare(a.size); status != Ok) return status;
  mp_limb_t* r = out.limbs();
  if (b.size == 0) {
    std::copy_n(a.limbs, a.size, r);
  } else {
    mpn_sub(r, a.limbs, a.size, b.limbs, b.size);
  }
  return finish(out, a.size, negative);
}

// The top 64 bits of the magnitude, highest bit set; *sticky tells whether any lower bit is set. a != 0.
uint64_t top_bits(BigView a, bool* sticky) {
  uint64_t high = a.limbs[a.size - 1];
  int shift = std::countl_zero(high);
  *sticky = false;
  if (a.size == 1) return high << shift;
  uint64_t next = a.limbs[a.size - 2];
  uint64_t top = shift == 0 ? high : (high << shift) | (next >> (64 - shift));
  bool rest = (shift == 0 ? next : next << shift) != 0;
  for (uint32_t i = a.size - 2; !rest && i > 0; --i) rest = a.limbs[i - 1] != 0;
  *sticky = rest;
  return top;
}

}  // namespace

int big_compare(BigView a, BigView b) {
  if (a.negative != b.negative) return a.negative ? -1 : 1;
  int order = compare_magnitude(a, b);
  return a.negative ? -order : order;
}

bool big_equal(BigView a, BigView b) {
  return a.size == b.size && a.negative == b.negative && std::equal(a.limbs, a.limbs + a.size, b.limbs);
}

bool big_to_int64(BigView a, int64_t* value) {
  if (a.size > 1) return false;
  if (a.size == 0) return *value = 0, true;
  uint64_t limb = a.limbs[0];
  if (limb > uint64_t{INT64_MAX} + a.negative) return false;
  *value = static_cast<int64_t>(a.negative ? 0 - limb : limb);
  return true;
}

bool big_to_uint64(BigView a, uint64_t* value) {
  if (a.size > 1 || a.negative) return false;
  *value = a.size ? a.limbs[0] : 0;
  return true;
}

uint64_t big_to_uint64_wrapped(BigView a) {
  uint64_t low = a.size ? a.limbs[0] : 0;
  return a.negative ? 0 - low : low;
}

uint64_t big_bit_length(BigView a) {
  if (a.size == 0) return 0;
  return uint64_t{a.size} * 64 - static_cast<uint64_t>(std::countl_zero(uint64_t{a.limbs[a.size - 1]}));
}

uint64_t big_bit_count(BigView a) { return a.size == 0 ? 0 : mpn_popcount(a.limbs, a.size); }

uint64_t big_trailing_zeros(BigView a) {
  DCHECK(a.size != 0);
  uint32_t i = 0;
  while (a.limbs[i] == 0) ++i;
  return uint64_t{i} * 64 + static_cast<uint64_t>(std::countr_zero(uint64_t{a.limbs[i]}));
}

int64_t big_hash(BigView a) {
  // Horner in base 2^64, where 2^64 == 8 modulo 2^61-1.
  uint64_t hash = 0;
  for (uint32_t i = a.size; i-- > 0;) {
    unsigned __int128 x = static_cast<unsigned __int128>(hash) * 8 + a.limbs[i];
    uint64_t low = static_cast<uint64_t>(x) & kHashModulus;
    uint64_t high = static_cast<uint64_t>(x >> kHashBits);
    hash = low + high;
    if (hash >= kHashModulus) hash -= kHashModulus;
  }
  int64_t result = static_cast<int64_t>(hash);
  if (a.negative) result = -result;
  return result == -1 ? -2 : result;
}

// ---- doubles

BigStatus round_to_double(uint64_t mantissa, bool sticky, int64_t exponent, bool negative, double* value) {
  *value = negative ? -0.0 : 0.0;
  if (mantissa == 0) return Ok;
  int64_t bits = bit_length_u64(mantissa);
  int64_t top = bits + exponent;  // 2^(top-1) <= value < 2^top
  if (top > 1024) return Overflow;
  int64_t keep = std::min<int64_t>(53, top + 1074);
  if (keep < 0) return Ok;
  int64_t drop = bits - keep;
  DCHECK(drop > 0 || !sticky);
  uint64_t kept = mantissa;
  if (drop > 0) {
    kept = drop == 64 ? 0 : mantissa >> drop;
    uint64_t half = uint64_t{1} << (drop - 1);
    uint64_t rest = drop == 64 ? mantissa : mantissa & ((half << 1) - 1);
    if (rest > half || (rest == half && (sticky || (kept & 1)))) ++kept;
    exponent += drop;
  }
  double result = std::ldexp(static_cast<double>(kept), static_cast<int>(exponent));
  if (std::isinf(result)) return Overflow;
  *value = negative ? -result : result;
  return Ok;
}

BigStatus big_to_double(BigView a, double* value) {
  if (a.size <= 1) {
    double magnitude = a.size ? static_cast<double>(a.limbs[0]) : 0.0;
    *value = a.negative ? -magnitude : magnitude;
    return Ok;
  }
  bool sticky;
  uint64_t top = top_bits(a, &sticky);
  return round_to_double(top, sticky, static_cast<int64_t>(big_bit_length(a)) - 64, a.negative, value);
}

double big_frexp(BigView a, int64_t* exponent) {
  *exponent = 0;
  if (a.size == 0) return 0.0;
  bool sticky;
  uint64_t top = top_bits(a, &sticky);
  double fraction = 0;
  (void)round_to_double(top, sticky, -64, a.negative, &fraction);
  *exponent = static_cast<int64_t>(big_bit_length(a));
  if (std::fabs(fraction) == 1.0) {
    fraction /= 2;
    ++*exponent;
  }
  return fraction;
}

int big_compare_double(BigView a, double b) {
  int sign_a = a.sign();
  int sign_b = (b > 0) - (b < 0);
  if (sign_a != sign_b) return sign_a < sign_b ? -1 : 1;
  if (sign_a == 0) return 0;
  if (std::isinf(b)) return -sign_b;
  int exponent;
  double fraction = std::frexp(std::fabs(b), &exponent);
  auto bits = static_cast<int64_t>(big_bit_length(a));
  if (bits != exponent) return bits < exponent ? -sign_a : sign_a;
  bool sticky;
  uint64_t top = top_bits(a, &sticky);
  uint64_t other = static_cast<uint64_t>(std::ldexp(fraction, 53)) << 11;
  if (top != other) return top < other ? -sign_a : sign_a;
  return sticky ? sign_a : 0;
}

BigStatus big_from_double(double value, BigBuf& out) {
  DCHECK(std::isfinite(value));
  double magnitude = std::trunc(std::fabs(value));
  if (magnitude < 18446744073709551616.0) {
    out.set_uint64(static_cast<uint64_t>(magnitude));
    out.set_negative(value < 0);
    return Ok;
  }
  int exponent;
  double fraction = std::frexp(magnitude, &exponent);
  SmallBig mantissa = SmallBig::of_unsigned(static_cast<uint64_t>(std::ldexp(fraction, 53)));
  auto status = big_shift_left(mantissa, static_cast<uint64_t>(exponent - 53), out);
  out.set_negative(value < 0);
  return status;
}

// ---- addition, multiplication, division

BigStatus big_add(BigView a, BigView b, BigBuf& out) {
  if (a.negative == b.negative) return add_magnitude(a, b, a.negative, out);
  return sub_magnitude(a, b, a.negative, out);
}

BigStatus big_sub(BigView a, BigView b, BigBuf& out) {
  if (a.negative != b.negative) return add_magnitude(a, b, a.size ? a.negative : !b.negative, out);
  return sub_magnitude(a, b, a.negative, out);
}

BigStatus big_mul(BigView a, BigView b, BigBuf& out) {
  if (a.size < b.size) std::swap(a, b);
  if (b.size == 0) return out.set_int64(0), Ok;
  bool negative = a.negative != b.negative;
  size_t size = size_t{a.size} + b.size;
  if (auto status = out.prepare(size); status != Ok) return status;
  mp_limb_t* r = out.limbs();
  if (b.size == 1) {
    r[a.size] = mpn_mul_1(r, a.limbs, a.size, b.limbs[0]);
    return finish(out, size, negative);
  }
  if (!scratch_available(size * 4)) return NoMemory;
  if (a.limbs == b.limbs && a.size == b.size) {
    mpn_sqr(r, a.limbs, a.size);
  } else {
    mpn_mul(r, a.limbs, a.size, b.limbs, b.size);
  }
  return finish(out, size, negative);
}

BigStatus big_divmod_truncated(BigView a, BigView b, BigBuf* quotient, BigBuf* remainder) {
  if (b.size == 0) return ZeroDivision;
  if (compare_magnitude(a, b) < 0) {
    if (quotient) quotient->set_int64(0);
    return remainder ? remainder->assign(a) : Ok;
  }
  BigBuf spare;
  bool negative = a.negative != b.negative;
  if (b.size == 1) {
    mp_limb_t rest;
    if (quotient) {
      if (auto status = quotient->prepare(a.size); status != Ok) return status;
      rest = mpn_divrem_1(quotient->limbs(), 0, a.limbs, a.size, b.limbs[0]);
      quotient->normalize(a.size, negative);
    } else {
      rest = mpn_mod_1(a.limbs, a.size, b.limbs[0]);
    }
    if (remainder) {
      remainder->set_uint64(rest);
      remainder->set_negative(a.negative);
    }
    return Ok;
  }
  if (a.size == 2) {
    auto wide = [](BigView x) { return static_cast<unsigned __int128>(x.limbs[1]) << 64 | x.limbs[0]; };
    unsigned __int128 x = wide(a), y = wide(b), q = x / y;  // q < 2^64: y has two limbs
    unsigned __int128 r = x - q * y;
    if (quotient) {
      quotient->set_uint64(static_cast<uint64_t>(q));
      quotient->set_negative(negative);
    }
    if (remainder) {
      remainder->limbs()[0] = static_cast<mp_limb_t>(r);
      remainder->limbs()[1] = static_cast<mp_limb_t>(r >> 64);
      remainder->normalize(2, a.negative);
    }
    return Ok;
  }
  BigBuf spare_quotient;
  if (!quotient) quotient = &spare_quotient;
  if (!remainder) remainder = &spare;
  size_t size = size_t{a.size} - b.size + 1;
  if (auto status = quotient->prepare(size); status != Ok) return status;
  if (auto status = remainder->prepare(b.size); status != Ok) return status;
  if (!scratch_available(size_t{a.size} * 4)) return NoMemory;
  mpn_tdiv_qr(quotient->limbs(), remainder->limbs(), 0, a.limbs, a.size, b.limbs, b.size);
  quotient->normalize(size, negative);
  remainder->normalize(b.size, a.negative);
  return Ok;
}

BigStatus big_divmod(BigView a, BigView b, BigBuf* quotient, BigBuf* remainder) {
  BigBuf spare;
  if (!remainder) remainder = &spare;
  if (auto status = big_divmod_truncated(a, b, quotient, remainder); status != Ok) return status;
  if (remainder->is_zero() || a.negative == b.negative) return Ok;
  if (quotient) {
    // The truncated quotient is -|q|; the floor is one below.
    uint32_t size = quotient->size();
    BigBuf lower;
    if (auto status = lower.prepare(size_t{size} + 1); status != Ok) return status;
    mp_limb_t carry = 1;
    if (size != 0) carry = mpn_add_1(lower.limbs(), quotient->limbs(), size, 1);
    lower.limbs()[size] = carry;
    lower.normalize(size_t{size} + 1, true);
    *quotient = std::move(lower);
  }
  BigBuf moved;
  if (auto status = big_add(remainder->view(), b, moved); status != Ok) return status;
  *remainder = std::move(moved);
  return Ok;
}

BigStatus big_true_divide(BigView a, BigView b, double* value) {
  if (b.size == 0) return ZeroDivision;
  bool negative = a.negative != b.negative;
  *value = negative ? -0.0 : 0.0;
  if (a.size == 0) return Ok;
  auto bits_a = static_cast<int64_t>(big_bit_length(a));
  auto bits_b = static_cast<int64_t>(big_bit_length(b));
  if (bits_a <= 53 && bits_b <= 53) {
    double quotient = static_cast<double>(a.limbs[0]) / static_cast<double>(b.limbs[0]);
    *value = negative ? -quotient : quotient;
    return Ok;
  }
  int64_t difference = bits_a - bits_b;  // 2^(difference-1) < a/b < 2^(difference+1)
  if (difference > 1025) return Overflow;
  if (difference < -1080) return Ok;
  // Scale so that the integer quotient has 62 or 63 bits; what is lost below is the sticky bit.
  int64_t shift = difference - 62;
  BigBuf scaled, quotient, remainder;
  bool sticky = false;
  BigStatus status;
  if (shift >= 0) {
    sticky = big_trailing_zeros(a) < static_cast<uint64_t>(shift);
    status = big_shift_right(a.absolute(), static_cast<uint64_t>(shift), scaled);
  } else {
    status = big_shift_left(a.absolute(), static_cast<uint64_t>(-shift), scaled);
  }
  if (status != Ok) return status;
  if (status = big_divmod_truncated(scaled, b.absolute(), &quotient, &remainder); status != Ok) return status;
  DCHECK(quotient.size() == 1);
  return round_to_double(quotient.limbs()[0], sticky || !remainder.is_zero(), shift, negative, value);
}

// ---- powers

BigStatus big_pow(BigView base, BigView exponent, BigBuf& out) {
  if (exponent.negative) return Negative;
  if (exponent.size == 0) return out.set_int64(1), Ok;
  bool negative = base.negative && exponent.is_odd();
  if (base.size == 0) return out.set_int64(0), Ok;
  if (base.size == 1 && base.limbs[0] == 1) return out.set_int64(negative ? -1 : 1), Ok;
  constexpr uint64_t kMaxBits = uint64_t{kMaxLimbs} * 64;
  if (exponent.size > 1) return TooLarge;
  uint64_t n = exponent.limbs[0];
  uint64_t base_bits = big_bit_length(base);
  if (n > kMaxBits || static_cast<unsigned __int128>(base_bits - 1) * n > kMaxBits) return TooLarge;

  // base = odd << zeros: the power of two is a shift at the end.
  uint64_t zeros = big_trailing_zeros(base);
  BigBuf odd;
  if (auto status = big_shift_right(base.absolute(), zeros, odd); status != Ok) return status;
  if (zeros != 0) {
    BigBuf power;
    if (auto status = big_pow(odd, exponent, power); status != Ok) return status;
    auto status = big_shift_left(power, zeros * n, out);
    out.set_negative(negative);
    return status;
  }

  uint64_t bits = base_bits * n;  // cannot wrap: (base_bits-1)*n <= 2^34 and n <= 2^34
  size_t bound = bits / 64 + odd.size() + 4;
  if (bits / 64 > kMaxLimbs) return TooLarge;
  BigBuf other;
  if (auto status = out.prepare(bound); status != Ok) return status;
  if (auto status = other.prepare(bound); status != Ok) return status;
  if (!scratch_available(bound * 4)) return NoMemory;
  mp_limb_t* value = out.limbs();
  mp_limb_t* next = other.limbs();
  mp_size_t size = odd.size();
  std::copy_n(odd.limbs(), size, value);
  for (int bit = 62 - std::countl_zero(n); bit >= 0; --bit) {
    mpn_sqr(next, value, size);
    size *= 2;
    size -= next[size - 1] == 0;
    std::swap(value, next);
    if ((n >> bit) & 1) {
      if (odd.size() == 1) {
        mp_limb_t carry = mpn_mul_1(value, value, size, odd.limbs()[0]);
        if (carry != 0) value[size++] = carry;
      } else {
        mpn_mul(next, value, size, odd.limbs(), odd.size());
        size += odd.size();
        size -= next[size - 1] == 0;
        std::swap(value, next);
      }
    }
  }
  if (value != out.limbs()) std::swap(out, other);  // both are malloc memory: bound > BigBuf::kInline
  return finish(out, static_cast<size_t>(size), negative);
}

BigStatus big_pow_mod(BigView base, BigView exponent, BigView modulus, BigBuf& out) {
  if (modulus.size == 0) return ZeroDivision;
  if (modulus.size == 1 && modulus.limbs[0] == 1) return out.set_int64(0), Ok;
  BigView m = modulus.absolute();
  BigBuf reduced;
  if (auto status = big_divmod(base, m, nullptr, &reduced); status != Ok) return status;
  BigBuf inverse;
  if (exponent.negative) {
    if (!scratch_available(size_t{m.size} * 16)) return NoMemory;
    Mpz result;
    ReadOnlyMpz x(reduced), y(m);
    if (mpz_invert(result.z, x.z, y.z) == 0) return NotInvertible;
    if (auto status = result.copy_to(reduced); status != Ok) return status;
  }
  if (m.size == 1 && exponent.size <= 1) {
    uint64_t modulo = m.limbs[0];
    uint64_t n = exponent.size ? exponent.limbs[0] : 0;
    uint64_t value = 1, square = reduced.is_zero() ? 0 : reduced.limbs()[0];
    for (; n != 0; n >>= 1) {
      if (n & 1) value = static_cast<uint64_t>(static_cast<unsigned __int128>(value) * square % modulo);
      square = static_cast<uint64_t>(static_cast<unsigned __int128>(square) * square % modulo);
    }
    out.set_uint64(value);
  } else {
    if (!scratch_available(size_t{m.size} * 64 + exponent.size)) return NoMemory;
    Mpz result;
    ReadOnlyMpz x(reduced), y(exponent.absolute()), z(m);
    mpz_powm(result.z, x.z, y.z, z.z);
    if (auto status = result.copy_to(out); status != Ok) return status;
  }
  if (modulus.negative && !out.is_zero()) {
    BigBuf moved;
    if (auto status = big_add(out, modulus, moved); status != Ok) return status;
    out = std::move(moved);
  }
  return Ok;
}

// ---- number theory

BigStatus big_gcd(BigView a, BigView b, BigBuf& out) {
  if (a.size < b.size) std::swap(a, b);
  if (b.size == 0) return out.assign(a.absolute());
  if (b.size == 1) {
    out.set_uint64(a.size == 1 ? gcd_u64(a.limbs[0], b.limbs[0]) : mpn_gcd_1(a.limbs, a.size, b.limbs[0]));
    return Ok;
  }
  if (!scratch_available(size_t{a.size} * 16)) return NoMemory;
  Mpz result;
  ReadOnlyMpz x(a.absolute()), y(b.absolute());
  mpz_gcd(result.z, x.z, y.z);
  return result.copy_to(out);
}

BigStatus big_lcm(BigView a, BigView b, BigBuf& out) {
  if (a.size == 0 || b.size == 0) return out.set_int64(0), Ok;
  BigBuf gcd, quotient;
  if (auto status = big_gcd(a, b, gcd); status != Ok) return status;
  if (auto status = big_divmod_truncated(a.absolute(), gcd, &quotient, nullptr); status != Ok) return status;
  return big_mul(quotient, b.absolute(), out);
}

BigStatus big_isqrt(BigView a, BigBuf& out) {
  if (a.negative) return Negative;
  if (a.size == 0) return out.set_int64(0), Ok;
  size_t size = (size_t{a.size} + 1) / 2;
  if (auto status = out.prepare(size); status != Ok) return status;
  if (!scratch_available(size_t{a.size} * 4)) return NoMemory;
  mpn_sqrtrem(out.limbs(), nullptr, a.limbs, a.size);
  return finish(out, size, false);
}

BigStatus big_factorial(uint64_t n, BigBuf& out) {
  constexpr double kMaxBits = double{kMaxLimbs} * 64;
  if (n > (uint64_t{1} << 32)) return TooLarge;
  double bits = std::lgamma(static_cast<double>(n) + 1) / std::log(2.0);
  if (bits > kMaxBits) return TooLarge;
  if (!scratch_available(static_cast<size_t>(bits / 64) * 6)) return NoMemory;
  Mpz result;
  mpz_fac_ui(result.z, n);
  return result.copy_to(out);
}

BigStatus big_comb(BigView n, uint64_t k, BigBuf& out) {
  DCHECK(!n.negative);
  uint64_t small;
  if (big_to_uint64(n, &small) && k > small / 2) {
    DCHECK(k <= small);
    k = small - k;
  }
  if (k == 0) return out.set_int64(1), Ok;
  if (k == 1) return out.assign(n);
  // C(n, k) < (e*n/k)^k
  double bits = static_cast<double>(k) *
                (static_cast<double>(big_bit_length(n)) + 1.45 - std::log2(static_cast<double>(k)));
  if (bits > double{kMaxLimbs} * 64) return TooLarge;
  if (!scratch_available(static_cast<size_t>(bits / 64) * 6)) return NoMemory;
  Mpz result;
  if (n.size == 1) {
    mpz_bin_uiui(result.z, n.limbs[0], k);
  } else {
    ReadOnlyMpz x(n);
    mpz_bin_ui(result.z, x.z, k);
  }
  return result.copy_to(out);
}

namespace {

// out = n * (n-1) * ... * (n-count+1), count >= 1. The recursion is as deep as log2(count).
BigStatus falling_product(BigView n, uint64_t count, BigBuf& out) {
  uint64_t small;
  if (big_to_uint64(n, &small)) {
    // As many factors as fit a limb at once.
    uint64_t product = small;
    uint64_t done = 1;
    while (done < count) {
      uint64_t next;
      if (__builtin_mul_overflow(product, small - done, &next)) break;
      product = next;
      ++done;
    }
    if (done == count) return out.set_uint64(product), Ok;
  } else if (count == 1) {
    return out.assign(n);
  }
  uint64_t half = count / 2;
  BigBuf lower, left, right;
  if (auto status = big_sub(n, SmallBig::of_unsigned(half), lower); status != Ok) return status;
  if (auto status = falling_product(n, half, left); status != Ok) return status;
  if (auto status = falling_product(lower, count - half, right); status != Ok) return status;
  return big_mul(left, right, out);
}

}  // namespace

BigStatus big_perm(BigView n, uint64_t k, BigBuf& out) {
  DCHECK(!n.negative);
  if (k == 0) return out.set_int64(1), Ok;
  // The smaller half of the factors has nearly full width, so this is a bound within a factor of two.
  double bits = static_cast<double>(k) / 2 * static_cast<double>(big_bit_length(n) - 1);
  if (bits > double{kMaxLimbs} * 64) return TooLarge;
  return falling_product(n, k, out);
}

}  // namespace orochi
