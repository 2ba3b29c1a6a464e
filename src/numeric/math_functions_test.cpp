// The math kernels and the Mersenne Twister against a table written by CPython 3.14: special values, messages, exact sums,
// norms, dot products and random sequences. Values that depend on libm's rounding are not in it.
#include "numeric/math_functions.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "numeric/complex_math.h"
#include "numeric/float_text.h"
#include "numeric/random_mt.h"

namespace orochi {
namespace {

struct Case {
  const char* call;
  const char* expected;
};
const Case kCases[] = {
#include "numeric/math_expected.inc"
};

std::string random_sequence(const std::string& seed, unsigned bits) {
  BigBuf number, drawn;
  EXPECT_EQ(big_parse(seed, 10, 0, number).status, BigStatus::Ok);
  MersenneTwister twister;
  EXPECT_EQ(twister.seed(number.view()), BigStatus::Ok);
  CharBuf text;
  float_hex(twister.random(), text);
  EXPECT_EQ(twister.bits(bits, drawn), BigStatus::Ok);
  text.append(' ');
  EXPECT_EQ(big_print(drawn, 16, 0, text), BigStatus::Ok);
  double last = 0;
  for (int i = 0; i < 700; ++i) last = twister.random();
  text.append(' ');
  float_hex(last, text);
  return std::string(text.view());
}

std::string run(std::string_view call) {
  size_t space = call.find(' ');
  std::string op(call.substr(0, space));
  std::string_view rest = call.substr(space + 1);
  if (op == "rng") {
    size_t second = rest.find(' ');
    return random_sequence(std::string(rest.substr(0, second)),
                           static_cast<unsigned>(atoi(std::string(rest.substr(second + 1)).c_str())));
  }
  CharBuf text;
  if (op == "pc") {
    ComplexNumber z;
    if (!parse_complex(rest, &z)) return "E";
    complex_repr(z, text);
    return std::string(text.view());
  }
  std::vector<double> d;
  while (!rest.empty()) {
    size_t end = rest.find(' ');
    d.push_back(0);
    EXPECT_EQ(parse_float_hex(rest.substr(0, end), &d.back()), FloatStatus::Ok);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  MathResult r;
  if (op == "fsum") {
    ExactSum sum;
    for (double x : d) {
      r.error = sum.add(x);
      if (r.error != MathError::None) break;
    }
    if (r.error == MathError::None) r = sum.value();
  } else if (op == "sum") {
    CompensatedSum sum;
    for (double x : d) sum.add(x);
    r.value = sum.value();
  } else if (op == "dot") {
    ExactDot dot;
    for (size_t i = 0; i + 1 < d.size(); i += 2) dot.add(d[i], d[i + 1]);
    r.value = dot.value();
  } else if (op == "hypot") {
    r.value = math_hypot(d);
  } else if (op == "pow") {
    r = math_pow(d[0], d[1]);
  } else if (op == "fmod") {
    r = math_fmod(d[0], d[1]);
  } else if (op == "remainder") {
    r = math_remainder(d[0], d[1]);
  } else if (op == "fma") {
    r = math_fma(d[0], d[1], d[2]);
  } else if (op == "ldexp") {
    r = math_ldexp(d[0], static_cast<int64_t>(d[1]));
  } else if (op == "ulp") {
    r.value = math_ulp(d[0]);
  } else if (op == "nextafter") {
    r.value = math_nextafter(d[0], d[1], static_cast<uint64_t>(d[2]));
  } else {
    const char* names[] = {"acos", "acosh", "asin", "asinh", "atan",  "atanh",  "cbrt", "cos",   "cosh",
                           "erf",  "erfc",  "exp",  "exp2",  "expm1", "gamma",  "lgamma", "log", "log10",
                           "log1p", "log2", "sin",  "sinh",  "sqrt",  "tan",    "tanh"};
    bool known = false;
    for (size_t i = 0; i < std::size(names); ++i) {
      if (op != names[i]) continue;
      known = true;
      auto function = static_cast<MathFunction>(i);
      r = math_function(function, d[0]);
      if (r.error == MathError::Domain) {
        text.append("V ");
        math_domain_message(function, d[0], text);
        return std::string(text.view());
      }
    }
    EXPECT_TRUE(known) << op;
  }
  if (r.error == MathError::Domain) return "V math domain error";
  if (r.error == MathError::Range) return "O";
  float_hex(r.value, text);
  return std::string(text.view());
}

TEST(Math, AsPython) {
  for (const Case& c : kCases) EXPECT_EQ(run(c.call), c.expected) << c.call;
}

TEST(Math, ExactSumAgreesWithIntegers) {
  std::mt19937_64 random(31);
  for (int i = 0; i < 2000; ++i) {
    // Doubles that are integers times 2^-60: the exact sum is an integer, its true quotient by 2^60 the answer.
    BigBuf total, scale;
    ASSERT_EQ(big_shift_left(SmallBig(1), 60, scale), BigStatus::Ok);
    ExactSum sum;
    for (int k = 0; k < 60; ++k) {
      double x = std::ldexp(static_cast<double>(static_cast<int64_t>(random()) >> 11), static_cast<int>(random() % 100) - 60);
      ASSERT_EQ(sum.add(x), MathError::None);
      BigBuf term, next;
      ASSERT_EQ(big_from_double(std::ldexp(x, 60), term), BigStatus::Ok);
      ASSERT_EQ(big_add(total, term, next), BigStatus::Ok);
      total = std::move(next);
    }
    double expected;
    ASSERT_EQ(big_true_divide(total, scale, &expected), BigStatus::Ok);
    EXPECT_EQ(sum.value().value, expected);
  }
}

TEST(Math, LogarithmsOfBigInts) {
  BigBuf big;
  ASSERT_EQ(big_pow(SmallBig(10), SmallBig(400), big), BigStatus::Ok);
  EXPECT_DOUBLE_EQ(math_log_big(MathFunction::Log, big).value, 921.0340371976182);
  EXPECT_DOUBLE_EQ(math_log_big(MathFunction::Log10, big).value, 400.0);
  ASSERT_EQ(big_shift_left(SmallBig(1), 5000, big), BigStatus::Ok);
  EXPECT_EQ(math_log_big(MathFunction::Log2, big).value, 5000.0);
  EXPECT_EQ(math_log_big(MathFunction::Log, SmallBig(0)).error, MathError::Domain);
  EXPECT_EQ(math_log_big(MathFunction::Log, big.view().negated()).error, MathError::Domain);
}

TEST(Math, GammaOfSmallIntegersIsExact) {
  double product = 1;
  for (int n = 1; n <= 23; ++n) {
    EXPECT_EQ(math_function(MathFunction::Gamma, n).value, product);
    product *= n;
  }
  EXPECT_NEAR(math_function(MathFunction::Lgamma, 0.5).value, 0.5723649429247001, 1e-15);
}

TEST(Math, LongSumsGrowTheirPartials) {
  ExactSum sum;
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(sum.add(std::ldexp(1.0, (i * 733) % 2000 - 1050)), MathError::None);
  EXPECT_EQ(sum.value().value, std::ldexp(1.0, 950));
}

}  // namespace
}  // namespace orochi
