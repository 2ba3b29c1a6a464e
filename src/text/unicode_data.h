// Properties of characters (Unicode 16.0): one table walk gives the record of a character, predicates are bits of it.
// What str's methods ask (isalpha, isspace, …) follows the definitions in the Python library reference.
// Invariant: every code point up to 0x10FFFF has a record; callers pass nothing above.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "text/unicode_tables.h"

namespace orochi::text {

// The generated arrays, as words; see unicode_tables.h.
extern const uint64_t kRecordStage1Words[];
extern const uint64_t kRecordStage2Words[];
extern const uint64_t kRecordWords[];

inline const CharRecord& record_of(char32_t c) {
  size_t block = reinterpret_cast<const uint16_t*>(kRecordStage1Words)[c >> kRecordShift];
  size_t index = reinterpret_cast<const uint16_t*>(
      kRecordStage2Words)[(block << kRecordShift) | (c & ((1u << kRecordShift) - 1))];
  return reinterpret_cast<const CharRecord*>(kRecordWords)[index];
}
inline bool has_flag(char32_t c, uint32_t flags) { return (record_of(c).flags & flags) != 0; }

inline bool is_alpha(char32_t c) { return has_flag(c, kAlpha); }
inline bool is_decimal(char32_t c) { return has_flag(c, kDecimal); }
inline bool is_digit(char32_t c) { return has_flag(c, kDigit); }
inline bool is_numeric(char32_t c) { return has_flag(c, kNumeric); }
inline bool is_alnum(char32_t c) { return has_flag(c, kAlpha | kDecimal | kDigit | kNumeric); }
inline bool is_lower(char32_t c) { return has_flag(c, kLower); }
inline bool is_upper(char32_t c) { return has_flag(c, kUpper); }
inline bool is_title(char32_t c) { return has_flag(c, kTitle); }
inline bool is_space(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x1F);
  return has_flag(c, kSpace);
}
inline bool is_line_break(char32_t c) {
  if (c < 0x80) return (c >= 10 && c <= 13) || (c >= 0x1C && c <= 0x1E);
  return c == 0x85 || c == 0x2028 || c == 0x2029;
}

// Value of a decimal digit or digit, -1 if c has none.
inline int decimal_value(char32_t c) {
  int d = record_of(c).decimal;
  return d == kNoDigit ? -1 : d;
}
inline int digit_value(char32_t c) {
  int d = record_of(c).digit;
  return d == kNoDigit ? -1 : d;
}
// False if c has no numeric value.
bool numeric_value(char32_t c, double& value);

inline char32_t simple_upper(char32_t c) { return c + static_cast<char32_t>(record_of(c).upper); }
inline char32_t simple_lower(char32_t c) { return c + static_cast<char32_t>(record_of(c).lower); }
inline char32_t simple_title(char32_t c) { return c + static_cast<char32_t>(record_of(c).title); }

// Full mapping of one character to 1..3 characters; returns how many. Final sigma is the caller's affair.
int full_case(char32_t c, CaseMap map, char32_t out[3]);

inline const char* category(char32_t c) { return kCategoryNames[record_of(c).category]; }
inline const char* bidirectional(char32_t c) { return kBidirectionalNames[record_of(c).bidirectional]; }
inline const char* east_asian_width(char32_t c) { return kEastAsianWidthNames[record_of(c).east_asian_width]; }

// Decomposition mapping as in UnicodeData.txt: not recursive, Hangul syllables not included.
struct Decomposition {
  const char* tag;        // "<compat>" and so on; "" when canonical
  const uint32_t* chars;
  uint32_t length;        // 0: none
};
Decomposition decomposition(char32_t c);

// unicodedata.ucd_3_2_0: the same questions to Unicode 3.2.0.
struct Properties32 {
  bool assigned;
  const char* category;
  const char* bidirectional;
  const char* east_asian_width;
  uint8_t combining;
  bool mirrored;
  int decimal, digit;  // -1: none
  bool has_numeric;
  double numeric;
};
Properties32 properties_3_2(char32_t c);

// The decomposition in 3.2.0 of the few characters it was corrected for later; 0: same as now.
char32_t original_decomposition_3_2(char32_t c);

}  // namespace orochi::text
