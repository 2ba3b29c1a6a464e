// ComplexNumber arithmetic, text and functions against a table written by CPython 3.14 (special values above all), and a few
// identities where libm's rounding would make a table brittle.
#include "numeric/complex_math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "numeric/float_text.h"

namespace orochi {
namespace {

struct Case {
  const char* call;
  const char* expected;
};
const Case kCases[] = {
#include "numeric/complex_expected.inc"
};

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> result;
  while (!text.empty()) {
    size_t end = text.find(' ');
    result.emplace_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return result;
}

std::string run(std::string_view call) {
  auto w = words(call);
  double d[4] = {};
  for (size_t i = 1; i < w.size(); ++i) EXPECT_EQ(parse_float_hex(w[i], &d[i - 1]), FloatStatus::Ok);
  ComplexNumber a{d[0], d[1]}, b{d[2], d[3]};
  CharBuf text;
  ComplexResult r;
  const std::string& op = w[0];
  if (op == "repr") {
    complex_repr(a, text);
    return std::string(text.view());
  }
  if (op == "mul") r.value = complex_mul(a, b);
  else if (op == "div") r = complex_div(a, b);
  else if (op == "divcr") r = complex_div_cr(a, d[2]);
  else if (op == "divrc") r = complex_div_rc(d[2], a);
  else if (op == "subrc") r.value = complex_sub_rc(d[2], a);
  else if (op == "pow") r = complex_pow(a, b);
  else if (op == "rect") r = complex_rect(d[0], d[1]);
  else {
    const char* names[] = {"acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh",
                           "exp", "log", "log10", "sin", "sinh", "sqrt", "tan", "tanh"};
    bool known = false;
    for (size_t i = 0; i < std::size(names); ++i) {
      if (op != names[i]) continue;
      known = true;
      r = complex_function(static_cast<ComplexFunction>(i), a);
    }
    EXPECT_TRUE(known) << op;
  }
  if (r.error != ComplexError::None) return "E" + std::to_string(static_cast<int>(r.error));
  float_hex(r.value.real, text);
  text.append(' ');
  float_hex(r.value.imag, text);
  return std::string(text.view());
}

TEST(ComplexNumber, AsPython) {
  for (const Case& c : kCases) EXPECT_EQ(run(c.call), c.expected) << c.call;
}

TEST(ComplexNumber, Parse) {
  struct ParseCase {
    const char* text;
    const char* repr;  // null: malformed
  };
  const ParseCase cases[] = {{"1+2j", "(1+2j)"}, {" ( 1+2j ) ", "(1+2j)"}, {"j", "1j"}, {"-j", "-1j"}, {"1+j", "(1+1j)"},
                             {"1_0+2_0j", "(10+20j)"}, {"nan+infj", "(nan+infj)"}, {"1e3j", "1000j"}, {"infinityj", "infj"},
                             {"1-2J", "(1-2j)"}, {"5", "(5+0j)"}, {"-0j", "-0j"}, {"1+2", nullptr}, {"(1", nullptr},
                             {"+ 1j", nullptr}, {"1 +2j", nullptr}, {"", nullptr}, {"1j2", nullptr}, {"((1))", nullptr},
                             {"1+2j+3j", nullptr}, {"1__0", nullptr}, {"()", nullptr}};
  for (const ParseCase& c : cases) {
    ComplexNumber value;
    bool ok = parse_complex(c.text, &value);
    ASSERT_EQ(ok, c.repr != nullptr) << c.text;
    if (!ok) continue;
    CharBuf text;
    complex_repr(value, text);
    EXPECT_EQ(text.view(), c.repr);
  }
}

TEST(ComplexNumber, FunctionsInvertEachOther) {
  std::mt19937_64 random(21);
  std::uniform_real_distribution<double> part(-1.4, 1.4);
  struct Pair {
    ComplexFunction function, inverse;
  };
  using enum ComplexFunction;
  const Pair pairs[] = {{Sin, Asin}, {Sinh, Asinh}, {Tan, Atan}, {Tanh, Atanh}, {Exp, Log}};
  for (int i = 0; i < 5000; ++i) {
    ComplexNumber z{part(random), part(random)};
    for (auto [function, inverse] : pairs) {
      ComplexNumber back = complex_function(inverse, complex_function(function, z).value).value;
      EXPECT_TRUE(complex_is_close(back, z, 1e-9, 1e-9)) << static_cast<int>(function) << " " << z.real << " " << z.imag;
    }
    ComplexNumber root = complex_function(Sqrt, z).value;
    EXPECT_TRUE(complex_is_close(complex_mul(root, root), z, 1e-14, 0));
    double radius, angle;
    ASSERT_EQ(complex_polar(z, &radius, &angle), ComplexError::None);
    EXPECT_TRUE(complex_is_close(complex_rect(radius, angle).value, z, 1e-14, 0));
    ComplexNumber w{part(random), part(random)};
    EXPECT_TRUE(complex_is_close(complex_mul(complex_div(z, w).value, w), z, 1e-13, 0));
  }
  double value;
  EXPECT_EQ(complex_abs({1.7e308, 1.7e308}, &value), ComplexError::Overflow);
  EXPECT_EQ(complex_hash({1, 2}, 1, 2), 2000007);
  EXPECT_EQ(complex_hash({0, -1}, 0, -2), -2000006);
}

}  // namespace
}  // namespace orochi
