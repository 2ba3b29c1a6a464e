// Big integers: algebraic properties over random operands of awkward sizes, machine arithmetic as the reference where
// it reaches, and tables of values written by CPython 3.14.
#include "numeric/bigint.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace orochi {
namespace {

using enum BigStatus;

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  uint64_t below(uint64_t n) { return engine_() % n; }
  uint64_t word() { return engine_(); }
  // Sizes around limb borders; random bits, runs of ones, powers of two and their neighbours; either sign.
  BigBuf big(uint32_t most_limbs = 12) {
    BigBuf result;
    auto size = static_cast<uint32_t>(below(most_limbs + 1));
    EXPECT_EQ(result.prepare(size + 1), Ok);
    uint64_t kind = below(5);
    for (uint32_t i = 0; i < size; ++i) {
      uint64_t limb = word();
      if (kind == 1) limb = ~uint64_t{0};
      if (kind == 2) limb = 0;
      if (kind == 3 && (limb & 1)) limb = limb & 2 ? 0 : ~uint64_t{0};
      result.limbs()[i] = limb;
    }
    if (kind == 2 && size) result.limbs()[size - 1] = uint64_t{1} << below(64);
    if (kind == 4 && size) result.limbs()[size - 1] >>= below(64);
    result.normalize(size, below(2));
    return result;
  }
  int64_t small() {
    int64_t value = static_cast<int64_t>(word()) >> below(64);
    return below(30) == 0 ? INT64_MIN : value;
  }

 private:
  std::mt19937_64 engine_;
};

BigBuf parse(std::string_view text, int base = 10) {
  BigBuf result;
  EXPECT_EQ(big_parse(text, base, 0, result).status, Ok) << text;
  return result;
}
std::string print(BigView a, int base = 10) {
  CharBuf text;
  EXPECT_EQ(big_print(a, base, 0, text), Ok);
  return std::string(text.view());
}
BigBuf of(int64_t value) {
  BigBuf result;
  result.set_int64(value);
  return result;
}
BigBuf of128(__int128 value) {
  BigBuf result;
  result.set_int128(value);
  return result;
}
#define EXPECT_BIG(a, b) EXPECT_TRUE(big_equal(a, b)) << print(a, 16) << " != " << print(b, 16)

template <auto Op>
BigBuf apply(BigView a, BigView b) {
  BigBuf result;
  EXPECT_EQ(Op(a, b, result), Ok);
  EXPECT_TRUE(result.size() == 0 || result.limbs()[result.size() - 1] != 0);
  EXPECT_TRUE(result.size() != 0 || !result.negative());
  return result;
}

TEST(BigInt, AgreesWithMachineArithmetic) {
  Random random(1);
  for (int i = 0; i < 20000; ++i) {
    int64_t x = random.small(), y = random.small();
    BigBuf a = of(x), b = of(y);
    EXPECT_BIG(apply<big_add>(a, b), of128(__int128{x} + y));
    EXPECT_BIG(apply<big_sub>(a, b), of128(__int128{x} - y));
    EXPECT_BIG(apply<big_mul>(a, b), of128(__int128{x} * y));
    EXPECT_BIG(apply<big_and>(a, b), of(x & y));
    EXPECT_BIG(apply<big_or>(a, b), of(x | y));
    EXPECT_BIG(apply<big_xor>(a, b), of(x ^ y));
    EXPECT_EQ(big_compare(a, b), (x > y) - (x < y));
    EXPECT_EQ(big_hash(a), hash_int64(x));
    uint64_t count = random.below(70);
    BigBuf shifted;
    ASSERT_EQ(big_shift_right(a, count, shifted), Ok);
    EXPECT_BIG(shifted, of(shift_right(x, count)));
    if (y != 0 && !(x == INT64_MIN && y == -1)) {
      BigBuf q, r;
      ASSERT_EQ(big_divmod(a, b, &q, &r), Ok);
      EXPECT_BIG(q, of(floor_div(x, y)));
      EXPECT_BIG(r, of(floor_mod(x, y)));
    }
    int64_t back;
    ASSERT_TRUE(a.to_int64(&back));
    EXPECT_EQ(back, x);
  }
}

TEST(BigInt, RingLawsAndDivision) {
  Random random(2);
  for (int i = 0; i < 20000; ++i) {
    BigBuf a = random.big(), b = random.big(), c = random.big(4);
    EXPECT_BIG(apply<big_sub>(apply<big_add>(a, b), b), a);
    EXPECT_BIG(apply<big_mul>(apply<big_add>(a, b), c), apply<big_add>(apply<big_mul>(a, c), apply<big_mul>(b, c)));
    if (b.is_zero()) {
      BigBuf q;
      EXPECT_EQ(big_divmod(a, b, &q, nullptr), ZeroDivision);
      continue;
    }
    BigBuf q, r, only_q, only_r;
    ASSERT_EQ(big_divmod(a, b, &q, &r), Ok);
    ASSERT_EQ(big_divmod(a, b, &only_q, nullptr), Ok);
    ASSERT_EQ(big_divmod(a, b, nullptr, &only_r), Ok);
    EXPECT_BIG(apply<big_add>(apply<big_mul>(q, b), r), a);
    EXPECT_BIG(q, only_q);
    EXPECT_BIG(r, only_r);
    EXPECT_TRUE(r.is_zero() || r.negative() == b.negative());
    EXPECT_LT(big_compare(r.view().absolute(), b.view().absolute()), 0);
  }
}

TEST(BigInt, TwosComplement) {
  Random random(3);
  BigBuf minus_one = of(-1);
  for (int i = 0; i < 20000; ++i) {
    BigBuf a = random.big(), b = random.big(), inverted_a, inverted_b, inverted;
    ASSERT_EQ(big_invert(a, inverted_a), Ok);
    ASSERT_EQ(big_invert(b, inverted_b), Ok);
    EXPECT_BIG(apply<big_add>(a, inverted_a), minus_one);
    // a + b == (a ^ b) + 2*(a & b), and De Morgan.
    BigBuf both = apply<big_and>(a, b);
    EXPECT_BIG(apply<big_add>(a, b), apply<big_add>(apply<big_xor>(a, b), apply<big_add>(both, both)));
    ASSERT_EQ(big_invert(apply<big_or>(inverted_a, inverted_b), inverted), Ok);
    EXPECT_BIG(inverted, both);
    uint64_t count = random.below(300);
    BigBuf up, down, power, q;
    ASSERT_EQ(big_shift_left(a, count, up), Ok);
    ASSERT_EQ(big_shift_right(up, count, down), Ok);
    EXPECT_BIG(down, a);
    ASSERT_EQ(big_shift_left(of(1), count, power), Ok);
    EXPECT_BIG(apply<big_mul>(a, power), up);
    ASSERT_EQ(big_shift_right(a, count, down), Ok);
    ASSERT_EQ(big_divmod(a, power, &q, nullptr), Ok);
    EXPECT_BIG(down, q);
  }
}

TEST(BigInt, PowersRootsAndGcd) {
  Random random(4);
  for (int i = 0; i < 3000; ++i) {
    BigBuf a = random.big(4), b = random.big(4), m = random.big(4);
    uint64_t n = random.below(24);
    BigBuf product = of(1), power;
    for (uint64_t k = 0; k < n; ++k) product = apply<big_mul>(product, a);
    ASSERT_EQ(big_pow(a, of(static_cast<int64_t>(n)), power), Ok);
    EXPECT_BIG(power, product);
    if (!m.is_zero()) {
      BigBuf reduced, direct, inverse, one;
      ASSERT_EQ(big_divmod(product, m, nullptr, &reduced), Ok);
      ASSERT_EQ(big_pow_mod(a, of(static_cast<int64_t>(n)), m, direct), Ok);
      EXPECT_BIG(direct, reduced);
      auto status = big_pow_mod(a, of(-1), m, inverse);
      BigBuf gcd = apply<big_gcd>(a, m);
      EXPECT_EQ(status, gcd.view().is_one() ? Ok : NotInvertible);
      if (status == Ok) {
        ASSERT_EQ(big_divmod(apply<big_sub>(apply<big_mul>(a, inverse), of(1)), m, nullptr, &one), Ok);
        EXPECT_TRUE(one.is_zero());
      }
    }
    BigBuf root;
    BigView positive = a.view().absolute();
    ASSERT_EQ(big_isqrt(positive, root), Ok);
    BigBuf next = apply<big_add>(root, of(1));
    EXPECT_LE(big_compare(apply<big_mul>(root, root), positive), 0);
    EXPECT_GT(big_compare(apply<big_mul>(next, next), positive), 0);
    // gcd(a, b) * lcm(a, b) == |a * b|
    BigBuf left = apply<big_mul>(apply<big_gcd>(a, b), apply<big_lcm>(a, b));
    BigBuf right = apply<big_mul>(a, b);
    EXPECT_BIG(left, right.view().absolute());
  }
  BigBuf ignored;
  EXPECT_EQ(big_isqrt(of(-1), ignored), Negative);
  EXPECT_EQ(big_pow(of(2), of(-1), ignored), Negative);
  EXPECT_EQ(big_pow_mod(of(2), of(1), of(0), ignored), ZeroDivision);
}

TEST(BigInt, TextRoundTrips) {
  Random random(5);
  for (int i = 0; i < 5000; ++i) {
    BigBuf a = random.big(i % 100 == 0 ? 400 : 8);
    int base = 2 + static_cast<int>(random.below(35));
    EXPECT_BIG(parse(print(a, base), base), a);
    EXPECT_BIG(parse(print(a)), a);
  }
}

TEST(BigInt, ParseFollowsIntRules) {
  struct Case {
    const char* text;
    int base;
    const char* expected;  // null: ValueError
  };
  const Case cases[] = {
      {"0", 10, "0"}, {"-0", 10, "0"}, {"+7", 10, "7"}, {"-12", 10, "-12"}, {"1_000", 10, "1000"}, {"0_1", 10, "1"},
      {"1__0", 10, nullptr}, {"_1", 10, nullptr}, {"1_", 10, nullptr}, {"", 10, nullptr}, {"+", 10, nullptr},
      {"- 1", 10, nullptr}, {"1a", 10, nullptr}, {"0x1f", 16, "31"}, {"1F", 16, "31"}, {"0x", 16, nullptr},
      {"0x_f", 16, "15"}, {"0x__f", 16, nullptr}, {"0b1", 16, "177"}, {"0b1", 2, "1"}, {"0b2", 2, nullptr},
      {"0o17", 8, "15"}, {"0o17", 0, "15"}, {"0b101", 0, "5"}, {"0XfF", 0, "255"}, {"12", 0, "12"}, {"012", 0, nullptr},
      {"0", 0, "0"}, {"000", 0, "0"}, {"0_0", 0, "0"}, {"0_7", 0, nullptr}, {"-0x10", 0, "-16"}, {"0b", 0, nullptr},
      {"z", 36, "35"}, {"Zz", 36, "1295"}, {"zz", 35, nullptr}, {"0x10", 10, nullptr}, {"--1", 10, nullptr},
      {"9223372036854775807", 10, "9223372036854775807"}, {"18446744073709551615", 10, "18446744073709551615"},
      {"18446744073709551616", 10, "18446744073709551616"},
      {"0000000000000000000000000000000000000000012", 10, "12"},
      {"-0xffff_ffff_ffff_ffff_f", 16, "-295147905179352825855"},
  };
  for (const Case& c : cases) {
    BigBuf value;
    auto result = big_parse(c.text, c.base, 0, value);
    if (c.expected == nullptr) {
      EXPECT_EQ(result.status, Syntax) << c.text;
    } else {
      EXPECT_EQ(result.status, Ok) << c.text;
      EXPECT_EQ(print(value), c.expected) << c.text;
    }
  }
}

TEST(BigInt, ConversionLimit) {
  BigBuf value;
  std::string digits(4301, '1');
  auto result = big_parse(digits, 10, 4300, value);
  EXPECT_EQ(result.status, TooManyDigits);
  EXPECT_EQ(result.digits, 4301u);
  EXPECT_EQ(big_parse(digits, 16, 4300, value).status, Ok);
  EXPECT_EQ(big_parse(digits.substr(1), 10, 4300, value).status, Ok);
  CharBuf text;
  EXPECT_EQ(big_print(value, 10, 4300, text), Ok);
  EXPECT_EQ(big_print(value, 10, 4299, text), TooManyDigits);
  EXPECT_EQ(big_print(value, 10, 640, text), TooManyDigits);
  EXPECT_EQ(text.size(), 4300u);
}

TEST(BigInt, Bytes) {
  Random random(6);
  for (int i = 0; i < 20000; ++i) {
    BigBuf a = random.big(5);
    auto sign = random.below(2) ? Signedness::Signed : Signedness::Unsigned;
    auto endian = random.below(2) ? Endian::Little : Endian::Big;
    std::vector<uint8_t> bytes(random.below(44));
    auto status = big_to_bytes(a, bytes.data(), bytes.size(), endian, sign);
    if (status == Ok) {
      BigBuf back;
      ASSERT_EQ(big_from_bytes(bytes.data(), bytes.size(), endian, sign, back), Ok);
      EXPECT_BIG(back, a);
    } else if (a.negative() && sign == Signedness::Unsigned) {
      EXPECT_EQ(status, Negative);
    } else {
      // The largest that fits is 2^n - 1 or 2^(n-1) - 1, the smallest -2^(n-1): compare with a bound made by shifting.
      EXPECT_EQ(status, Overflow);
      auto bits = static_cast<int64_t>(bytes.size() * 8) - (sign == Signedness::Signed);
      BigBuf bound;
      ASSERT_EQ(big_shift_left(of(1), bits < 0 ? 0 : static_cast<uint64_t>(bits), bound), Ok);
      if (a.negative()) {
        EXPECT_GT(big_compare(a.view().absolute(), bits < 0 ? of(0).view() : bound.view()), 0);
      } else {
        EXPECT_GE(big_compare(a, bound), 0);
      }
    }
  }
}

TEST(BigInt, Doubles) {
  Random random(7);
  for (int i = 0; i < 20000; ++i) {
    double d = std::ldexp(static_cast<double>(random.word()), static_cast<int>(random.below(900)) - 40);
    d = std::trunc(random.below(2) ? d : -d);
    BigBuf a;
    ASSERT_EQ(big_from_double(d, a), Ok);
    double back;
    ASSERT_EQ(big_to_double(a, &back), Ok);
    EXPECT_EQ(back, d);
    EXPECT_EQ(big_compare_double(a, d), 0);
    EXPECT_EQ(big_compare_double(apply<big_add>(a, of(1)), d), 1);
    EXPECT_EQ(big_compare_double(apply<big_sub>(a, of(1)), d), -1);
  }
  // a / b lies within half a unit: |a/b - d| * 2 <= ulp is checked as exact integers by multiplying out.
  for (int i = 0; i < 20000; ++i) {
    BigBuf a = random.big(6), b = random.big(6);
    if (a.is_zero() || b.is_zero()) continue;
    double d;
    ASSERT_EQ(big_true_divide(a, b, &d), Ok);
    int exponent;
    auto mantissa = static_cast<int64_t>(std::ldexp(std::frexp(d, &exponent), 53));
    exponent -= 53;
    // a == (mantissa + error) * 2^exponent * b with |error| <= 1/2
    BigBuf scaled_a, scaled_b;
    ASSERT_EQ(big_shift_left(a, exponent < 0 ? static_cast<uint64_t>(-exponent) : 0, scaled_a), Ok);
    ASSERT_EQ(big_shift_left(b, exponent > 0 ? static_cast<uint64_t>(exponent) : 0, scaled_b), Ok);
    BigBuf error = apply<big_sub>(scaled_a, apply<big_mul>(of(mantissa), scaled_b));
    BigBuf twice = apply<big_add>(error, error);
    int order = big_compare(twice.view().absolute(), scaled_b.view().absolute());
    EXPECT_LE(order, 0);
    if (order == 0) EXPECT_EQ(mantissa & 1, 0);
  }
  BigBuf huge;
  ASSERT_EQ(big_shift_left(of(1), 1024, huge), Ok);
  double d;
  EXPECT_EQ(big_to_double(huge, &d), Overflow);
  EXPECT_EQ(big_true_divide(huge, of(1), &d), Overflow);
  EXPECT_EQ(big_true_divide(of(1), of(0), &d), ZeroDivision);
  EXPECT_EQ(big_true_divide(of(0), of(-5), &d), Ok);
  EXPECT_TRUE(std::signbit(d));
  // Halfway cases of 2^53, and the border of overflow.
  EXPECT_EQ(big_to_double(parse("9007199254740993"), &d), Ok);
  EXPECT_EQ(d, 9007199254740992.0);
  BigBuf border = apply<big_sub>(huge, apply<big_pow>(of(2), of(970)));
  EXPECT_EQ(big_to_double(border, &d), Overflow);
  EXPECT_EQ(big_to_double(apply<big_sub>(border, of(1)), &d), Ok);
  EXPECT_EQ(d, 1.7976931348623157e308);
}

TEST(BigInt, TooLargeIsAnAnswer) {
  BigBuf out;
  EXPECT_EQ(big_shift_left(of(1), uint64_t{1} << 62, out), TooLarge);
  EXPECT_EQ(big_shift_left(of(0), ~uint64_t{0}, out), Ok);
  EXPECT_EQ(big_shift_right(of(-5), ~uint64_t{0}, out), Ok);
  EXPECT_BIG(out, of(-1));
  EXPECT_EQ(big_pow(of(3), of(INT64_MAX), out), TooLarge);
  EXPECT_EQ(big_pow(of(10), parse("100000000000000000000000"), out), TooLarge);
  EXPECT_EQ(big_pow(of(-1), parse("100000000000000000000001"), out), Ok);
  EXPECT_BIG(out, of(-1));
  EXPECT_EQ(big_factorial(uint64_t{1} << 40, out), TooLarge);
  EXPECT_EQ(big_perm(parse("100000000000000000000000"), uint64_t{1} << 60, out), TooLarge);
}

// From CPython 3.14.
TEST(BigInt, KnownValues) {
  EXPECT_EQ(big_hash(parse("123456789012345678901234567890")), 248789772095949448);
  EXPECT_EQ(big_hash(parse("-123456789012345678901234567890")), -248789772095949448);
  EXPECT_EQ(big_hash(parse("2305843009213693951")), 0);
  EXPECT_EQ(big_hash(parse("-2305843009213693952")), -2);
  BigBuf out;
  ASSERT_EQ(big_factorial(30, out), Ok);
  EXPECT_EQ(print(out), "265252859812191058636308480000000");
  ASSERT_EQ(big_comb(of(100), 50, out), Ok);
  EXPECT_EQ(print(out), "100891344545564193334812497256");
  ASSERT_EQ(big_perm(of(25), 20, out), Ok);
  EXPECT_EQ(print(out), "129260083694424883200000");
  EXPECT_EQ(big_bit_length(parse("-18446744073709551616")), 65u);
  EXPECT_EQ(big_bit_count(parse("-18446744073709551615")), 64u);
}

TEST(Fixnum, OverflowIsSeen) {
  int64_t r;
  EXPECT_TRUE(fixnum_add(kFixnumMax - 1, 1, &r));
  EXPECT_FALSE(fixnum_add(kFixnumMax, 1, &r));
  EXPECT_FALSE(fixnum_sub(kFixnumMin, 1, &r));
  EXPECT_FALSE(fixnum_mul(kFixnumMax, 2, &r));
  EXPECT_TRUE(fixnum_mul(int64_t{1} << 31, int64_t{-1} << 31, &r));
  EXPECT_FALSE(fixnum_mul(int64_t{1} << 31, int64_t{1} << 31, &r));
  EXPECT_TRUE(fixnum_pow(3, 39, &r));
  EXPECT_FALSE(fixnum_pow(3, 40, &r));
  EXPECT_TRUE(fixnum_pow(-2, 62, &r) == false && fixnum_pow(-2, 61, &r));
  EXPECT_TRUE(fixnum_shift_left(-1, 62, &r));
  EXPECT_EQ(r, kFixnumMin);
  EXPECT_FALSE(fixnum_shift_left(1, 62, &r));
  EXPECT_EQ(gcd_u64(0, 5), 5u);
  EXPECT_EQ(gcd_u64(48, 180), 12u);
}

}  // namespace
}  // namespace orochi
