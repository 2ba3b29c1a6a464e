// Shifts, two's complement logic and byte conversion of big integers. A negative number -m is, limb by limb, ~m + 1 with
// the carry running up and ones for ever above: the loops below make those limbs on the fly instead of copying operands.
#include <algorithm>

#include "numeric/bigint.h"

namespace orochi {

using enum BigStatus;

namespace {

// Reads the two's complement limbs of a view from the lowest up.
class TwosComplement {
 public:
  explicit TwosComplement(BigView a) : a_(a), carry_(a.negative), mask_(a.negative ? ~mp_limb_t{0} : 0) {}
  mp_limb_t next() {
    mp_limb_t limb = (i_ < a_.size ? a_.limbs[i_] : 0) ^ mask_;
    ++i_;
    mp_limb_t result = limb + carry_;
    carry_ = result < limb;
    return result;
  }

 private:
  BigView a_;
  uint32_t i_ = 0;
  mp_limb_t carry_;
  mp_limb_t mask_;
};

template <class Op>
BigStatus bitwise(BigView a, BigView b, BigBuf& out, Op op) {
  bool negative = op(mp_limb_t{a.negative}, mp_limb_t{b.negative}) & 1;
  size_t size = std::max(a.size, b.size);
  if (a.negative || b.negative) ++size;  // -2^64n needs one more limb
  if (auto status = out.prepare(size); status != Ok) return status;
  mp_limb_t* r = out.limbs();
  TwosComplement left(a), right(b);
  mp_limb_t mask = negative ? ~mp_limb_t{0} : 0;
  mp_limb_t carry = negative;
  for (size_t i = 0; i < size; ++i) {
    mp_limb_t limb = op(left.next(), right.next()) ^ mask;
    r[i] = limb + carry;
    carry = r[i] < limb;
  }
  out.normalize(size, negative);
  return Ok;
}

}  // namespace

BigStatus big_and(BigView a, BigView b, BigBuf& out) {
  // A non-negative operand bounds the result.
  if (!a.negative && !b.negative) a.size = b.size = std::min(a.size, b.size);
  return bitwise(a, b, out, [](mp_limb_t x, mp_limb_t y) { return x & y; });
}
BigStatus big_or(BigView a, BigView b, BigBuf& out) {
  return bitwise(a, b, out, [](mp_limb_t x, mp_limb_t y) { return x | y; });
}
BigStatus big_xor(BigView a, BigView b, BigBuf& out) {
  return bitwise(a, b, out, [](mp_limb_t x, mp_limb_t y) { return x ^ y; });
}

BigStatus big_invert(BigView a, BigBuf& out) {
  // ~a == -(a + 1)
  auto status = big_add(a, SmallBig(1), out);
  out.set_negative(!out.negative());
  return status;
}

BigStatus big_shift_left(BigView a, uint64_t count, BigBuf& out) {
  if (a.size == 0) return out.set_int64(0), Ok;
  uint64_t limbs = count / 64;
  if (limbs + a.size > kMaxLimbs) return TooLarge;
  size_t size = limbs + a.size + 1;
  if (auto status = out.prepare(size); status != Ok) return status;
  mp_limb_t* r = out.limbs();
  std::fill_n(r, limbs, 0);
  if (unsigned bits = count % 64) {
    r[size - 1] = mpn_lshift(r + limbs, a.limbs, a.size, bits);
  } else {
    std::copy_n(a.limbs, a.size, r + limbs);
    r[size - 1] = 0;
  }
  out.normalize(size, a.negative);
  return out.size() > kMaxLimbs ? TooLarge : Ok;
}

BigStatus big_shift_right(BigView a, uint64_t count, BigBuf& out) {
  uint64_t limbs = count / 64;
  if (limbs >= a.size) return out.set_int64(a.negative ? -1 : 0), Ok;
  size_t size = a.size - limbs;
  if (auto status = out.prepare(size + 1); status != Ok) return status;
  mp_limb_t* r = out.limbs();
  if (unsigned bits = count % 64) {
    mpn_rshift(r, a.limbs + limbs, static_cast<mp_size_t>(size), bits);
  } else {
    std::copy_n(a.limbs + limbs, size, r);
  }
  r[size] = 0;
  // Floor: a negative number that lost bits goes one further down.
  if (a.negative && big_trailing_zeros(a) < count) r[size] = mpn_add_1(r, r, static_cast<mp_size_t>(size), 1);
  out.normalize(size + 1, a.negative);
  return Ok;
}

// ---- bytes

BigStatus big_to_bytes(BigView a, uint8_t* bytes, size_t count, Endian endian, Signedness signedness) {
  if (a.negative && signedness == Signedness::Unsigned) return Negative;
  uint64_t bits = big_bit_length(a);
  uint64_t room = count > SIZE_MAX / 8 ? SIZE_MAX : count * 8;
  if (a.negative) {
    // -2^(room-1) is the lowest that fits.
    if (bits > room || (bits == room && big_trailing_zeros(a) != bits - 1)) return Overflow;
  } else if (bits != 0 && bits + (signedness == Signedness::Signed) > room) {
    return Overflow;
  }
  TwosComplement limbs(a);
  for (size_t i = 0; i < count; i += 8) {
    mp_limb_t limb = limbs.next();
    size_t width = std::min<size_t>(8, count - i);
    for (size_t j = 0; j < width; ++j) {
      bytes[endian == Endian::Little ? i + j : count - 1 - i - j] = static_cast<uint8_t>(limb >> (8 * j));
    }
  }
  return Ok;
}

BigStatus big_from_bytes(const uint8_t* bytes, size_t count, Endian endian, Signedness signedness, BigBuf& out) {
  auto at = [&](size_t i) { return bytes[endian == Endian::Little ? i : count - 1 - i]; };
  bool negative = signedness == Signedness::Signed && count != 0 && at(count - 1) >= 0x80;
  uint8_t extension = negative ? 0xFF : 0;
  while (count != 0 && at(count - 1) == extension) {
    --count;
    if (endian == Endian::Big) ++bytes;
  }
  size_t size = count / 8 + 1;
  if (size > kMaxLimbs) return TooLarge;
  if (auto status = out.prepare(size); status != Ok) return status;
  mp_limb_t* r = out.limbs();
  mp_limb_t mask = negative ? ~mp_limb_t{0} : 0;
  mp_limb_t carry = negative;
  for (size_t i = 0; i < size; ++i) {
    mp_limb_t limb = 0;
    for (size_t j = 0; j < 8; ++j) {
      size_t k = i * 8 + j;
      limb |= mp_limb_t{k < count ? at(k) : extension} << (8 * j);
    }
    limb ^= mask;
    r[i] = limb + carry;
    carry = r[i] < limb;
  }
  out.normalize(size, negative);
  return Ok;
}

}  // namespace orochi
