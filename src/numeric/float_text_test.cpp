// Doubles to and from text and Python's float arithmetic: tables written by CPython 3.14, and properties over random
// bit patterns with strtod, printf and exact integers as references.
#include "numeric/float_text.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace orochi {
namespace {

struct ReprCase {
  const char* hex;
  const char* repr;
  int64_t hash;
};
const ReprCase kReprCases[] = {
#include "numeric/float_repr_expected.inc"
};
struct RoundCase {
  const char* hex;
  int ndigits;
  const char* rounded;
};
const RoundCase kRoundCases[] = {
#include "numeric/float_round_expected.inc"
};

double from_hex(std::string_view text) {
  double value = 0;
  EXPECT_EQ(parse_float_hex(text, &value), FloatStatus::Ok) << text;
  return value;
}
std::string hex(double value) {
  CharBuf text;
  float_hex(value, text);
  return std::string(text.view());
}
std::string repr(double value) {
  char text[kFloatReprSize];
  return std::string(text, float_repr(value, text));
}
bool same(double a, double b) { return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b); }

double random_double(std::mt19937_64& random) {
  while (true) {
    auto value = std::bit_cast<double>(random());
    if (std::isfinite(value)) return value;
  }
}

TEST(FloatText, ReprAndHashAsPython) {
  for (const ReprCase& c : kReprCases) {
    double value = from_hex(c.hex);
    EXPECT_EQ(hex(value), c.hex);
    EXPECT_EQ(repr(value), c.repr);
    EXPECT_EQ(hash_double(value), c.hash) << c.repr;
    double back;
    ASSERT_EQ(parse_float(c.repr, &back), FloatStatus::Ok);
    EXPECT_TRUE(same(back, value)) << c.repr;
  }
  EXPECT_EQ(repr(HUGE_VAL), "inf");
  EXPECT_EQ(repr(-HUGE_VAL), "-inf");
  EXPECT_EQ(repr(-std::nan("")), "nan");
}

TEST(FloatText, RoundTripsAndHashesOfRandomBits) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 50000; ++i) {
    double value = random_double(random);
    std::string text = repr(value);
    double back;
    ASSERT_EQ(parse_float(text, &back), FloatStatus::Ok);
    EXPECT_TRUE(same(back, value)) << text;
    EXPECT_TRUE(same(strtod(text.c_str(), nullptr), value)) << text;
    EXPECT_TRUE(same(from_hex(hex(value)), value));
    double whole = std::trunc(value);
    BigBuf integer;
    ASSERT_EQ(big_from_double(whole, integer), BigStatus::Ok);
    EXPECT_EQ(hash_double(whole), big_hash(integer));
  }
}

TEST(FloatText, PrecisionAsPrintf) {
  std::mt19937_64 random(12);
  char expected[800];
  for (int i = 0; i < 30000; ++i) {
    double value = i % 3 == 0 ? random_double(random) : static_cast<double>(static_cast<int64_t>(random())) / 65536 / 65536;
    int precision = static_cast<int>(random() % 25);
    for (char code : {'e', 'f', 'g', 'E', 'F', 'G'}) {
      for (bool alternate : {false, true}) {
        char format[] = {'%', '#', '.', '*', code, 0};
        if (!alternate) memmove(format + 1, format + 2, 4);
        snprintf(expected, sizeof expected, format, precision, value);
        CharBuf text;
        format_double(text, value, {.code = code, .precision = precision, .alternate = alternate});
        ASSERT_EQ(text.view(), expected);
      }
    }
  }
}

TEST(FloatText, Layouts) {
  auto format = [](double value, FloatLayout layout) {
    CharBuf text;
    format_double(text, value, layout);
    return std::string(text.view());
  };
  EXPECT_EQ(format(123.0, {.code = 'g', .precision = 3, .add_dot_0 = true}), "1.23e+02");
  EXPECT_EQ(format(12.0, {.code = 'g', .precision = 3, .add_dot_0 = true}), "12.0");
  EXPECT_EQ(format(-0.001, {.code = 'f', .precision = 1, .no_negative_zero = true}), "0.0");
  EXPECT_EQ(format(-0.06, {.code = 'f', .precision = 1, .no_negative_zero = true}), "-0.1");
  EXPECT_EQ(format(1.0, {.code = 'r', .always_sign = true}), "+1");
  EXPECT_EQ(format(HUGE_VAL, {.code = 'F', .precision = 2}), "INF");
  EXPECT_EQ(format(-std::nan(""), {.code = 'f', .always_sign = true}), "+nan");
  EXPECT_EQ(format(1e300, {.code = 'f', .precision = 2}).size(), 304u);
  EXPECT_EQ(format(0.1, {.code = 'f', .precision = 5000}).size(), 5002u);
}

TEST(FloatText, ParseFollowsFloatRules) {
  const char* good[] = {"1", "1.", ".5", "+1.5", "-1e5", "1E+5", "1_0.0_1e1_0", "inf", "-Infinity", "NaN", "+nan",
                        "1e400", "-1e400", "1e-400", "0e99999999999999999999", "1e-99999999999999999999"};
  const double values[] = {1, 1, .5, 1.5, -1e5, 1e5, 10.01e10, HUGE_VAL, -HUGE_VAL, NAN, NAN, HUGE_VAL, -HUGE_VAL, 0, 0, 0};
  for (size_t i = 0; i < std::size(good); ++i) {
    double value;
    ASSERT_EQ(parse_float(good[i], &value), FloatStatus::Ok) << good[i];
    if (std::isnan(values[i])) {
      EXPECT_TRUE(std::isnan(value));
    } else {
      EXPECT_EQ(value, values[i]) << good[i];
    }
  }
  for (const char* bad : {"", ".", "e5", "1e", "1e+", "_1", "1_", "1__0", "1_.0", "1._0", "1_e5", "1e_5", "infin", "in", "0x1", "1 ",
                          "nan(1)", "--1", "+-1", "1.2.3"}) {
    double value;
    EXPECT_EQ(parse_float(bad, &value), FloatStatus::Syntax) << bad;
  }
  double value;
  size_t used;
  parse_float_prefix("1.5e+j", &value, &used);
  EXPECT_EQ(used, 3u);
  std::string zeros(500, '0');
  EXPECT_EQ(parse_float("1" + zeros + "e-500", &value), FloatStatus::Ok);
  EXPECT_EQ(value, 1.0);
  EXPECT_EQ(parse_float("0." + zeros + "1e+501", &value), FloatStatus::Ok);
  EXPECT_EQ(value, 1.0);
}

TEST(FloatText, Hexadecimal) {
  EXPECT_EQ(from_hex("  0x1.8p1\n"), 3.0);
  EXPECT_EQ(from_hex("1.8"), 1.5);
  EXPECT_EQ(from_hex("0x.8p+1"), 1.0);
  EXPECT_EQ(from_hex("-0x0p0"), 0.0);
  EXPECT_EQ(from_hex("0x1.00000000000008p0"), 1.0);                       // tie to even
  EXPECT_EQ(from_hex("0x1.000000000000080000000000000001p0"), 0x1.0000000000001p0);  // sticky far behind
  EXPECT_EQ(from_hex("0x0.8p-1074"), 0.0);
  EXPECT_EQ(from_hex("0x0.80000001p-1074"), 5e-324);
  EXPECT_EQ(from_hex("iNf"), HUGE_VAL);
  EXPECT_EQ(from_hex("0x1p-99999999999999999999999"), 0.0);
  EXPECT_EQ(from_hex("0x0p99999999999999999999999"), 0.0);
  double value;
  for (const char* bad : {"", "0x", ".p1", "0x1p", "0x1g", "1 2", "0x1..2", "infx", "0x1p+"}) {
    EXPECT_EQ(parse_float_hex(bad, &value), FloatStatus::Syntax) << bad;
  }
  EXPECT_EQ(parse_float_hex("0x1p1024", &value), FloatStatus::Overflow);
  EXPECT_EQ(parse_float_hex("0x1.fffffffffffff8p1023", &value), FloatStatus::Overflow);
  EXPECT_EQ(from_hex("0x1.fffffffffffff7p1023"), 1.7976931348623157e308);
}

TEST(Float, RoundAsPython) {
  for (const RoundCase& c : kRoundCases) {
    double rounded;
    ASSERT_EQ(float_round(from_hex(c.hex), c.ndigits, &rounded), FloatStatus::Ok);
    EXPECT_EQ(hex(rounded), c.rounded) << c.hex << " " << c.ndigits;
  }
  double rounded;
  EXPECT_EQ(float_round(1.7e308, -308, &rounded), FloatStatus::Overflow);
  EXPECT_EQ(float_round(1.7e308, -309, &rounded), FloatStatus::Ok);
  EXPECT_EQ(rounded, 0.0);
}

TEST(Float, RatioIsExact) {
  std::mt19937_64 random(13);
  for (int i = 0; i < 20000; ++i) {
    double value = random_double(random);
    BigBuf numerator, denominator, gcd;
    ASSERT_EQ(float_as_integer_ratio(value, numerator, denominator), BigStatus::Ok);
    double back;
    ASSERT_EQ(big_true_divide(numerator, denominator, &back), BigStatus::Ok);
    EXPECT_EQ(back, value);
    ASSERT_EQ(big_gcd(numerator, denominator, gcd), BigStatus::Ok);
    EXPECT_TRUE(gcd.view().is_one());
  }
}

TEST(Float, FloorDivision) {
  struct Case {
    double a, b, q, r;
  };
  const Case cases[] = {{7, 3, 2, 1}, {-7, 3, -3, 2}, {7, -3, -3, -2}, {-7, -3, 2, -1}, {1, 0.1, 9, 0.09999999999999995},
                        {0.0, -1, -0.0, -0.0}, {-0.0, 1, -0.0, 0.0}, {1e-300, -1e300, -1, -1e300},
                        {5, HUGE_VAL, 0, 5}, {-5, HUGE_VAL, -1, HUGE_VAL}};
  for (const Case& c : cases) {
    double q, r;
    float_divmod(c.a, c.b, &q, &r);
    EXPECT_TRUE(same(q, c.q)) << c.a << " // " << c.b << " = " << q;
    EXPECT_TRUE(same(r, c.r)) << c.a << " % " << c.b << " = " << r;
    EXPECT_TRUE(same(float_mod(c.a, c.b), c.r));
    EXPECT_TRUE(same(float_floor_div(c.a, c.b), c.q));
  }
}

TEST(Float, PowErrors) {
  double r;
  EXPECT_EQ(float_pow(0.0, -1, &r), FloatStatus::ZeroDivision);
  EXPECT_EQ(float_pow(-0.0, -0.5, &r), FloatStatus::ZeroDivision);
  EXPECT_EQ(float_pow(0.0, -HUGE_VAL, &r), FloatStatus::Ok);
  EXPECT_EQ(float_pow(-2, 0.5, &r), FloatStatus::Complex);
  EXPECT_EQ(float_pow(1e200, 2, &r), FloatStatus::Overflow);
  EXPECT_EQ(float_pow(1e-200, 2, &r), FloatStatus::Ok);
  EXPECT_EQ(r, 0.0);
  EXPECT_EQ(float_pow(-HUGE_VAL, 0.5, &r), FloatStatus::Ok);
  EXPECT_EQ(r, HUGE_VAL);
  EXPECT_EQ(float_pow(1, NAN, &r), FloatStatus::Ok);
  EXPECT_EQ(r, 1.0);
  EXPECT_EQ(float_pow(NAN, 0, &r), FloatStatus::Ok);
  EXPECT_EQ(r, 1.0);
}

}  // namespace
}  // namespace orochi
