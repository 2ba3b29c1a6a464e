// The format mini-language of format() and f-strings (3.14: [[fill]align][sign][z][#][0][width][grouping]
// [.precision[grouping]][type]), and the number kernels of '%' formatting. Output is UTF-8 in a CharBuf, ASCII unless the
// fill or the locale is not. Errors carry the message that Python users expect.
#pragma once

#include <cstdint>
#include <string_view>

#include "numeric/bigint.h"
#include "numeric/char_buf.h"

namespace orochi {

enum class FormatErrorKind : uint8_t { None, Value, Overflow, Memory };

struct FormatError {
  FormatErrorKind kind = FormatErrorKind::None;
  CharBuf message;  // UTF-8
};

struct FormatSpec {
  static constexpr int64_t kNone = -1;

  char32_t fill = ' ';
  char align = '<';       // '<' '>' '^' '='
  char sign = 0;          // 0, '+', '-', ' '
  bool no_negative_zero = false;
  bool alternate = false;
  int64_t width = kNone;
  int64_t precision = kNone;
  char grouping = 0;           // 0, ',', '_'
  char fraction_grouping = 0;  // likewise, behind the point
  char32_t type = 0;           // as written, or the default type of the caller
};

// What localeconv() says, for type 'n'.
struct NumericLocale {
  std::string_view decimal_point = ".";
  std::string_view thousands_sep = "";
  std::string_view grouping = "";  // group sizes as bytes; the last one repeats, 127 ends
};

// All return false with `error` filled. `type_name` is the name of the value's type, for messages.
// Defaults: int and float '>' with type 0, str '<' with type 's', complex '>' with type 0.
bool parse_format_spec(std::u32string_view text, std::string_view type_name, char32_t default_type, char default_align,
                       FormatSpec& spec, FormatError& error);
bool parse_format_spec(std::string_view utf8, std::string_view type_name, char32_t default_type, char default_align,
                       FormatSpec& spec, FormatError& error);

// `max_digits`: the int/str conversion limit, 0 for none. `locale` may be null when the type is not 'n'.
bool format_int(BigView value, const FormatSpec& spec, std::string_view type_name, uint64_t max_digits,
                const NumericLocale* locale, CharBuf& out, FormatError& error);
bool format_float(double value, const FormatSpec& spec, std::string_view type_name, const NumericLocale* locale,
                  CharBuf& out, FormatError& error);
bool format_complex(double real, double imaginary, const FormatSpec& spec, std::string_view type_name,
                    const NumericLocale* locale, CharBuf& out, FormatError& error);

// str formatting only pads and cuts; the caller copies its own characters.
struct StrFormatPlan {
  size_t left = 0;   // fill characters before
  size_t length = 0; // characters kept
  size_t right = 0;  // fill characters behind
};
bool plan_str_format(const FormatSpec& spec, std::string_view type_name, size_t length, StrFormatPlan& plan,
                     FormatError& error);

// The message of the int/str conversion limit.
void digit_limit_message(uint64_t max_digits, FormatError& error);

// ---- '%' formatting of numbers

struct PercentSpec {
  bool left = false;       // '-'
  bool plus = false;       // '+'
  bool space = false;      // ' '
  bool alternate = false;  // '#'
  bool zero = false;       // '0'
  int64_t width = -1;
  int64_t precision = -1;
  char conversion = 'd';   // d i u o x X, or e E f F g G
};
// Ok, NoMemory or TooManyDigits.
[[nodiscard]] BigStatus percent_int(BigView value, const PercentSpec& spec, uint64_t max_digits, CharBuf& out);
[[nodiscard]] BigStatus percent_float(double value, const PercentSpec& spec, CharBuf& out);

}  // namespace orochi
