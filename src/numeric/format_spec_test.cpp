// Format specifications: a table of specifications, values, outputs and messages written by CPython 3.14, and the locale
// type 'n', which the table cannot show.
#include "numeric/format_spec.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "numeric/float_text.h"

namespace orochi {
namespace {

struct Case {
  const char* type;
  const char* value;
  const char* second;
  const char* spec;
  const char* expected;
};
const Case kCases[] = {
#include "numeric/format_expected.inc"
};

BigBuf integer(const char* text) {
  BigBuf value;
  EXPECT_EQ(big_parse(text, 10, 0, value).status, BigStatus::Ok);
  return value;
}
double real(const char* text) {
  double value = 0;
  if (*text) EXPECT_EQ(parse_float(text, &value), FloatStatus::Ok);
  return value;
}

std::string percent(const Case& c) {
  PercentSpec spec;
  std::string_view flags = c.second;
  spec.conversion = flags.back();
  flags.remove_suffix(1);
  spec.left = flags.find('-') != flags.npos;
  spec.plus = flags.find('+') != flags.npos;
  spec.space = flags.find(' ') != flags.npos;
  spec.alternate = flags.find('#') != flags.npos;
  spec.zero = flags.find('0') != flags.npos;
  int width, precision;
  EXPECT_EQ(sscanf(c.spec, "%d %d", &width, &precision), 2);
  spec.width = width;
  spec.precision = precision;
  CharBuf out;
  bool is_int = std::string_view("diuoxX").find(spec.conversion) != std::string_view::npos;
  EXPECT_EQ(is_int ? percent_int(integer(c.value), spec, 0, out) : percent_float(real(c.value), spec, out), BigStatus::Ok);
  return std::string(out.view());
}

std::string format(const Case& c, const NumericLocale& locale) {
  std::string_view type = c.type;
  if (type == "%") return percent(c);
  FormatSpec spec;
  FormatError error;
  CharBuf out;
  bool is_str = type == "str";
  bool ok = parse_format_spec(std::string_view(c.spec), type, is_str ? 's' : 0, is_str ? '<' : '>', spec, error);
  if (ok && type == "int") ok = format_int(integer(c.value), spec, type, 0, &locale, out, error);
  if (ok && type == "float") ok = format_float(real(c.value), spec, type, &locale, out, error);
  if (ok && type == "complex") ok = format_complex(real(c.value), real(c.second), spec, type, &locale, out, error);
  if (ok && is_str) {
    StrFormatPlan plan;
    std::string_view text = c.value;
    ok = plan_str_format(spec, type, text.size(), plan, error);
    if (ok) {
      out.append_code_points(plan.left, spec.fill);
      out.append(text.substr(0, plan.length));
      out.append_code_points(plan.right, spec.fill);
    }
  }
  if (ok) return std::string(out.view());
  return "E" + std::to_string(static_cast<int>(error.kind)) + " " + std::string(error.message.view());
}

TEST(FormatSpec, AsPython) {
  for (const Case& c : kCases) {
    EXPECT_EQ(format(c, {}), c.expected) << c.type << " " << c.value << " " << c.second << " '" << c.spec << "'";
  }
}

TEST(FormatSpec, Locale) {
  NumericLocale german{",", ".", "\3"};
  EXPECT_EQ(format({"int", "1234567", "", "n", ""}, german), "1.234.567");
  EXPECT_EQ(format({"float", "1234567.25", "", ".10n", ""}, german), "1.234.567,25");
  EXPECT_EQ(format({"int", "-1234", "", "010n", ""}, german), "-0.001.234");
  NumericLocale indian{".", ",", "\3\2"};
  EXPECT_EQ(format({"int", "123456789", "", "n", ""}, indian), "12,34,56,789");
  NumericLocale once{".", ",", "\3\177"};
  EXPECT_EQ(format({"int", "123456789", "", "n", ""}, once), "123456,789");
  NumericLocale thin{"\u00b7", "\u202f", "\3"};
  EXPECT_EQ(format({"float", "12345.5", "", "*>10.9n", ""}, thin), "**12\u202f345\u00b75");
}

TEST(FormatSpec, LimitsAreMessages) {
  BigBuf big;
  ASSERT_EQ(big_pow(SmallBig(10), SmallBig(5000), big), BigStatus::Ok);
  FormatSpec spec;
  FormatError error;
  CharBuf out;
  ASSERT_TRUE(parse_format_spec(std::string_view("d"), "int", 0, '>', spec, error));
  EXPECT_FALSE(format_int(big, spec, "int", 4300, nullptr, out, error));
  EXPECT_EQ(error.message.view(),
            "Exceeds the limit (4300 digits) for integer string conversion; use sys.set_int_max_str_digits() to increase "
            "the limit");
  EXPECT_EQ(format({"int", "1", "", "9223372036854775807", ""}, {}), "E3 ");
  EXPECT_EQ(format({"float", "1", "", ".2147483647f", ""}, {}), "E1 precision too big");
}

}  // namespace
}  // namespace orochi
