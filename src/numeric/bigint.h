// Arbitrary-precision integers without objects: Python's int arithmetic as functions from spans of GMP limbs to a
// result buffer. The heap's Int holds sign, limb count and limbs; it makes a BigView of itself, calls a function here,
// and copies the BigBuf into a fresh object (or a fixnum: BigBuf::to_int64).
//
// Invariants: a view is normalised (its top limb is not zero, zero has size 0 and is not negative); results are too.
// Results never alias operands unless a function says so. Nothing here throws or aborts on large operands: every
// function that allocates answers BigStatus, and sizes are checked before GMP's own scratch memory is asked for.
#pragma once

#include <gmp.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/check.h"
#include "numeric/char_buf.h"
#include "numeric/fixnum_math.h"

namespace orochi {

static_assert(sizeof(mp_limb_t) == 8 && GMP_NUMB_BITS == 64);

enum class BigStatus : uint8_t {
  Ok,
  NoMemory,        // MemoryError
  TooLarge,        // more than kMaxLimbs: MemoryError or "too many digits in integer"
  ZeroDivision,    // ZeroDivisionError; the caller words it
  Overflow,        // does not fit the target (double, byte count): OverflowError
  Negative,        // a negative operand where none is allowed: ValueError, or OverflowError for unsigned bytes
  NotInvertible,   // ValueError: base is not invertible for the given modulus
  Syntax,          // not a number in that base
  TooManyDigits,   // the int/str conversion limit
};

// 2 GiB of limbs; GMP's mpz counters hold it with room to spare.
inline constexpr uint32_t kMaxLimbs = uint32_t{1} << 28;

struct BigView {
  const mp_limb_t* limbs = nullptr;
  uint32_t size = 0;
  bool negative = false;

  bool is_zero() const { return size == 0; }
  bool is_odd() const { return size != 0 && (limbs[0] & 1); }
  bool is_one() const { return size == 1 && limbs[0] == 1 && !negative; }
  int sign() const { return size == 0 ? 0 : negative ? -1 : 1; }
  BigView negated() const { return {limbs, size, size != 0 && !negative}; }
  BigView absolute() const { return {limbs, size, false}; }
};

// A machine integer in the shape of a view: `SmallBig(5)` converts to BigView while it lives.
class SmallBig {
 public:
  explicit SmallBig(int64_t value) : limb_(magnitude(value)), negative_(value < 0) {}
  static SmallBig of_unsigned(uint64_t value) {
    SmallBig result(0);
    result.limb_ = value;
    return result;
  }
  operator BigView() const { return view(); }
  BigView view() const { return {&limb_, limb_ != 0 ? 1u : 0u, negative_}; }

 private:
  mp_limb_t limb_;
  bool negative_;
};

// An owning, move-only big integer: a few limbs inline, malloc beyond.
class BigBuf {
 public:
  static constexpr uint32_t kInline = 4;

  BigBuf() = default;
  ~BigBuf() { release(); }
  BigBuf(const BigBuf&) = delete;
  BigBuf& operator=(const BigBuf&) = delete;
  BigBuf(BigBuf&& other) noexcept { take(other); }
  BigBuf& operator=(BigBuf&& other) noexcept {
    if (this != &other) {
      release();
      take(other);
    }
    return *this;
  }

  BigView view() const { return {limbs_, size_, negative_}; }
  operator BigView() const { return view(); }
  mp_limb_t* limbs() { return limbs_; }
  const mp_limb_t* limbs() const { return limbs_; }
  uint32_t size() const { return size_; }
  bool negative() const { return negative_; }
  bool is_zero() const { return size_ == 0; }

  // True when the value fits; the usual end of an operation: a fixnum or a heap Int.
  bool to_int64(int64_t* value) const;

  void set_int64(int64_t value) {
    limbs_[0] = magnitude(value);
    size_ = value != 0;
    negative_ = value < 0;
  }
  void set_uint64(uint64_t value) {
    limbs_[0] = value;
    size_ = value != 0;
    negative_ = false;
  }
  void set_int128(__int128 value) {
    unsigned __int128 m = value < 0 ? 0 - static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
    limbs_[0] = static_cast<mp_limb_t>(m);
    limbs_[1] = static_cast<mp_limb_t>(m >> 64);
    size_ = limbs_[1] ? 2 : limbs_[0] ? 1 : 0;
    negative_ = value < 0;
  }
  [[nodiscard]] BigStatus assign(BigView source);  // source may be this buffer's own view

  // Room for `size` limbs; the old value is lost. For the kernels and for readers that fill limbs themselves.
  [[nodiscard]] BigStatus prepare(size_t size) {
    if (size <= capacity_) [[likely]] return BigStatus::Ok;
    return prepare_slow(size);
  }
  // Sets size and sign after the limbs were written: drops zero limbs at the top.
  void normalize(size_t size, bool negative) {
    while (size > 0 && limbs_[size - 1] == 0) --size;
    size_ = static_cast<uint32_t>(size);
    negative_ = negative && size != 0;
  }
  void set_negative(bool negative) { negative_ = negative && size_ != 0; }

 private:
  BigStatus prepare_slow(size_t size);
  void release() {
    if (limbs_ != inline_) free(limbs_);
  }
  void take(BigBuf& other) {
    size_ = other.size_;
    negative_ = other.negative_;
    if (other.limbs_ == other.inline_) {
      limbs_ = inline_;
      capacity_ = kInline;
      memcpy(inline_, other.inline_, sizeof inline_);
    } else {
      limbs_ = other.limbs_;
      capacity_ = other.capacity_;
      other.limbs_ = other.inline_;
      other.capacity_ = kInline;
    }
    other.size_ = 0;
    other.negative_ = false;
  }

  mp_limb_t* limbs_ = inline_;
  uint32_t size_ = 0;
  uint32_t capacity_ = kInline;
  bool negative_ = false;
  mp_limb_t inline_[kInline] = {};
};

// ---- comparison and conversion (no allocation)

int big_compare(BigView a, BigView b);  // -1, 0, 1
bool big_equal(BigView a, BigView b);
bool big_to_int64(BigView a, int64_t* value);
bool big_to_uint64(BigView a, uint64_t* value);  // false for negative values too
uint64_t big_to_uint64_wrapped(BigView a);       // modulo 2^64, two's complement
uint64_t big_bit_length(BigView a);              // of the magnitude
uint64_t big_bit_count(BigView a);               // ones in the magnitude
uint64_t big_trailing_zeros(BigView a);          // a != 0
int64_t big_hash(BigView a);                     // Python's hash(), never -1
// Nearest double, ties to even; Overflow when it rounds beyond the largest one.
BigStatus big_to_double(BigView a, double* value);
// a = m * 2^exponent with 0.5 <= |m| < 1, m correctly rounded (for log and sqrt of ints beyond doubles).
double big_frexp(BigView a, int64_t* exponent);
// Exact comparison with a double that is not a nan: -1, 0, 1.
int big_compare_double(BigView a, double b);
// mantissa * 2^exponent, plus something smaller than one unit when sticky, rounded once (ties to even, subnormals
// included). Overflow when beyond the largest double.
BigStatus round_to_double(uint64_t mantissa, bool sticky, int64_t exponent, bool negative, double* value);

// ---- arithmetic

[[nodiscard]] BigStatus big_add(BigView a, BigView b, BigBuf& out);
[[nodiscard]] BigStatus big_sub(BigView a, BigView b, BigBuf& out);
[[nodiscard]] BigStatus big_mul(BigView a, BigView b, BigBuf& out);
// Floor division: a == q*b + r, r has the sign of b. Either result may be null.
[[nodiscard]] BigStatus big_divmod(BigView a, BigView b, BigBuf* quotient, BigBuf* remainder);
// Division towards zero.
[[nodiscard]] BigStatus big_divmod_truncated(BigView a, BigView b, BigBuf* quotient, BigBuf* remainder);
// a / b correctly rounded; ZeroDivision, Overflow ("integer division result too large for a float").
[[nodiscard]] BigStatus big_true_divide(BigView a, BigView b, double* value);
// exponent >= 0, else Negative.
[[nodiscard]] BigStatus big_pow(BigView base, BigView exponent, BigBuf& out);
// pow(base, exponent, modulus): the result has the sign of the modulus; a negative exponent inverts the base first.
[[nodiscard]] BigStatus big_pow_mod(BigView base, BigView exponent, BigView modulus, BigBuf& out);
[[nodiscard]] BigStatus big_gcd(BigView a, BigView b, BigBuf& out);
[[nodiscard]] BigStatus big_lcm(BigView a, BigView b, BigBuf& out);
[[nodiscard]] BigStatus big_isqrt(BigView a, BigBuf& out);  // Negative when a < 0
[[nodiscard]] BigStatus big_factorial(uint64_t n, BigBuf& out);
[[nodiscard]] BigStatus big_comb(BigView n, uint64_t k, BigBuf& out);  // 0 <= k <= n
[[nodiscard]] BigStatus big_perm(BigView n, uint64_t k, BigBuf& out);  // 0 <= k <= n

// ---- bits, in two's complement of unlimited width

[[nodiscard]] BigStatus big_shift_left(BigView a, uint64_t count, BigBuf& out);
[[nodiscard]] BigStatus big_shift_right(BigView a, uint64_t count, BigBuf& out);  // floor
[[nodiscard]] BigStatus big_and(BigView a, BigView b, BigBuf& out);
[[nodiscard]] BigStatus big_or(BigView a, BigView b, BigBuf& out);
[[nodiscard]] BigStatus big_xor(BigView a, BigView b, BigBuf& out);
[[nodiscard]] BigStatus big_invert(BigView a, BigBuf& out);

// ---- doubles, bytes, text

// Truncates; the caller has excluded inf and nan.
[[nodiscard]] BigStatus big_from_double(double value, BigBuf& out);

enum class Endian : uint8_t { Little, Big };
enum class Signedness : uint8_t { Unsigned, Signed };
// Fills all of bytes[0..count). Overflow when it does not fit, Negative for a negative value as unsigned.
[[nodiscard]] BigStatus big_to_bytes(BigView a, uint8_t* bytes, size_t count, Endian endian, Signedness signedness);
[[nodiscard]] BigStatus big_from_bytes(const uint8_t* bytes, size_t count, Endian endian, Signedness signedness,
                                       BigBuf& out);

struct BigParse {
  BigStatus status;
  size_t digits;  // digits seen, for the message of the conversion limit
};
// int(text, base): [sign] [prefix] digits with single underscores between them; base 0 takes the base from the prefix
// and refuses leading zeros, as a literal does. No whitespace: the caller strips it, and maps Unicode digits to ASCII.
// A base that is not a power of two refuses more than max_digits digits (0: no limit).
[[nodiscard]] BigParse big_parse(std::string_view text, int base, uint64_t max_digits, BigBuf& out);
// Appends the digits, with '-' first if negative; no prefix. `upper` selects A-Z for digits above 9.
[[nodiscard]] BigStatus big_print(BigView a, int base, uint64_t max_digits, CharBuf& out, bool upper = false);
void print_int64(int64_t value, CharBuf& out);

}  // namespace orochi
