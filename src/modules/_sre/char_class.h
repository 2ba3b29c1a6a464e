// Character classification and simple case mapping as `re` uses them: ASCII, current C locale, and Unicode.
// Latin-1 is answered inline; the rest comes from src/text. Case mappings are the simple (one to one) ones.
#pragma once

#include <cstdint>

#include "modules/_sre/code.h"

namespace orochi::sre {

uint32_t unicode_lower_slow(uint32_t c);
uint32_t unicode_upper_slow(uint32_t c);
bool unicode_alnum_slow(uint32_t c);    // str.isalnum
bool unicode_space_slow(uint32_t c);    // str.isspace
bool unicode_decimal_slow(uint32_t c);  // str.isdecimal

// Locale: characters above 255 have no case and are no word characters.
uint32_t locale_lower(uint32_t c);
uint32_t locale_upper(uint32_t c);
bool locale_word(uint32_t c);

inline constexpr bool ascii_digit(uint32_t c) { return c - '0' < 10; }
inline constexpr bool ascii_word(uint32_t c) { return ascii_digit(c) || (c | 32) - 'a' < 26 || c == '_'; }
inline constexpr bool ascii_space(uint32_t c) { return c == ' ' || c - 9 < 5; }
inline constexpr uint32_t ascii_lower(uint32_t c) { return c - 'A' < 26 ? c + 32 : c; }

inline uint32_t unicode_lower(uint32_t c) {
  if (c < 128) return ascii_lower(c);
  if (c < 256) return c >= 0xC0 && c <= 0xDE && c != 0xD7 ? c + 32 : c;
  return unicode_lower_slow(c);
}
inline uint32_t unicode_upper(uint32_t c) {
  if (c < 128) return c - 'a' < 26 ? c - 32 : c;
  return unicode_upper_slow(c);
}
inline constexpr bool latin1_word(uint32_t c) {
  return ascii_word(c) || c == 0xAA || c == 0xB2 || c == 0xB3 || c == 0xB5 || c == 0xB9 || c == 0xBA ||
         (c >= 0xBC && c <= 0xBE) || (c >= 0xC0 && c != 0xD7 && c != 0xF7);
}
inline bool unicode_word(uint32_t c) { return c < 256 ? latin1_word(c) : unicode_alnum_slow(c); }
inline bool unicode_space(uint32_t c) {
  if (c < 256) return ascii_space(c) || c - 0x1C < 4 || c == 0x85 || c == 0xA0;
  return unicode_space_slow(c);
}
inline bool unicode_digit(uint32_t c) { return c < 256 ? ascii_digit(c) : unicode_decimal_slow(c); }
inline constexpr bool unicode_line_break(uint32_t c) {
  return c - 10 < 4 || c - 0x1C < 3 || c == 0x85 || c == 0x2028 || c == 0x2029;
}

// `category` is a CategoryCode.
bool in_category(uint32_t category, uint32_t c);

}  // namespace orochi::sre
