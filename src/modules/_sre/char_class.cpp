// Locale part and dispatch of character classification; the Unicode part asks src/text.
#include "modules/_sre/char_class.h"

#include <cctype>

#include "text/unicode_data.h"

namespace orochi::sre {

uint32_t unicode_lower_slow(uint32_t c) { return c <= 0x10FFFF ? text::simple_lower(c) : c; }
uint32_t unicode_upper_slow(uint32_t c) { return c <= 0x10FFFF ? text::simple_upper(c) : c; }
bool unicode_alnum_slow(uint32_t c) { return c <= 0x10FFFF && text::is_alnum(c); }
bool unicode_space_slow(uint32_t c) { return c <= 0x10FFFF && text::is_space(c); }
bool unicode_decimal_slow(uint32_t c) { return c <= 0x10FFFF && text::is_decimal(c); }

uint32_t locale_lower(uint32_t c) { return c < 256 ? static_cast<uint32_t>(std::tolower(static_cast<int>(c))) : c; }
uint32_t locale_upper(uint32_t c) { return c < 256 ? static_cast<uint32_t>(std::toupper(static_cast<int>(c))) : c; }
bool locale_word(uint32_t c) { return c < 256 && (std::isalnum(static_cast<int>(c)) != 0 || c == '_'); }

bool in_category(uint32_t category, uint32_t c) {
  bool in = false;
  switch (category & ~1u) {
    case kDigit: in = ascii_digit(c); break;
    case kSpace: in = ascii_space(c); break;
    case kWord: in = ascii_word(c); break;
    case kLineBreak: in = c == '\n'; break;
    case kLocWord: in = locale_word(c); break;
    case kUniDigit: in = unicode_digit(c); break;
    case kUniSpace: in = unicode_space(c); break;
    case kUniWord: in = unicode_word(c); break;
    case kUniLineBreak: in = unicode_line_break(c); break;
    default: break;
  }
  return in != ((category & 1) != 0);
}

}  // namespace orochi::sre
