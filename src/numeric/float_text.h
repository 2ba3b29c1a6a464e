// Doubles to and from decimal and hexadecimal text, and the parts of Python's float that need no object: rounding, hash,
// floor division, power with Python's errors. Decimal conversion rests on std::to_chars (Ryu: shortest and exact) and
// std::from_chars (correctly rounded); what is added here is Python's layout of the digits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "numeric/bigint.h"
#include "numeric/char_buf.h"

namespace orochi {

enum class FloatStatus : uint8_t {
  Ok,
  Syntax,        // not a float: ValueError
  ZeroDivision,  // ZeroDivisionError
  Overflow,      // OverflowError
  Complex,       // negative ** fraction: the result is complex
  Domain,        // ValueError: math domain error
  NoMemory,
};

// ---- text

// repr(value), at most kFloatReprSize bytes into `text`; returns the length.
inline constexpr size_t kFloatReprSize = 32;
size_t float_repr(double value, char* text);

// How a double is laid out, as in '%' formatting and format().
struct FloatLayout {
  char code = 'r';          // 'r' shortest; 'e' 'f' 'g' with precision; 'E' 'F' 'G' upper case
  int precision = 0;        // ignored for 'r'
  bool always_sign = false; // '+' before non-negative values
  bool alternate = false;   // '#': always a point, 'g' keeps zeros
  bool add_dot_0 = false;   // ".0" after what would look like an int
  bool no_negative_zero = false;  // 'z'
};
void format_double(CharBuf& out, double value, const FloatLayout& layout);

// float(text) without surrounding whitespace (the caller strips it and maps Unicode digits to ASCII).
FloatStatus parse_float(std::string_view text, double* value);
// The longest prefix that is a float without underscores; *used is 0 when there is none.
void parse_float_prefix(std::string_view text, double* value, size_t* used);
// A literal or a parsed text: digits with single underscores between them to the same without; false when misplaced.
bool strip_underscores(std::string_view text, CharBuf& out);

void float_hex(double value, CharBuf& out);
// float.fromhex(text), whitespace around it included. Overflow: "hexadecimal value too large to represent as a float".
FloatStatus parse_float_hex(std::string_view text, double* value);

// ---- exact views of a finite double

// value == numerator / denominator in lowest terms, denominator > 0.
[[nodiscard]] BigStatus float_as_integer_ratio(double value, BigBuf& numerator, BigBuf& denominator);
// hash(value) for every double but nan, which hashes by identity.
int64_t hash_double(double value);
bool float_is_integer(double value);
// The int64 equal to value, if there is one.
bool float_to_int64_exact(double value, int64_t* result);

// ---- arithmetic with Python's rules

// round(value, ndigits), exact decimal rounding, ties to even. Overflow: "rounded value too large to represent".
FloatStatus float_round(double value, int64_t ndigits, double* result);
double float_round_half_even(double value);  // round(value) before it becomes an int

// divisor != 0 in these three: the caller raises ZeroDivisionError.
double float_floor_div(double a, double b);
double float_mod(double a, double b);
void float_divmod(double a, double b, double* quotient, double* remainder);
// a ** b: ZeroDivision (zero to a negative power), Overflow, Complex.
FloatStatus float_pow(double a, double b, double* result);

}  // namespace orochi
