// Character classes of Python source, for ASCII; every byte above counts as part of a name and is checked later.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>

namespace orochi::syntax {

enum class CharClass : uint8_t { Other, Name, Digit, Quote, Hash, Newline, Backslash, Dot, Nul };

consteval std::array<CharClass, 256> make_char_classes() {
  std::array<CharClass, 256> table{};
  for (int c = 'a'; c <= 'z'; ++c) table[c] = CharClass::Name;
  for (int c = 'A'; c <= 'Z'; ++c) table[c] = CharClass::Name;
  for (int c = 0x80; c < 0x100; ++c) table[c] = CharClass::Name;
  for (int c = '0'; c <= '9'; ++c) table[c] = CharClass::Digit;
  table['_'] = CharClass::Name;
  table['\''] = table['"'] = CharClass::Quote;
  table['#'] = CharClass::Hash;
  table['\n'] = CharClass::Newline;
  table['\\'] = CharClass::Backslash;
  table['.'] = CharClass::Dot;
  table[0] = CharClass::Nul;
  return table;
}
inline constexpr std::array<CharClass, 256> kCharClass = make_char_classes();

inline bool is_name_byte(unsigned char c) {
  return kCharClass[c] == CharClass::Name || kCharClass[c] == CharClass::Digit;
}
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
inline int hex_value(char c) { return is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10; }
inline bool is_alphanumeric(unsigned char c) {
  return is_digit(static_cast<char>(c)) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Letters of b, u, r, f, t in either case, each at most once.
inline bool is_string_prefix(std::string_view name) {
  unsigned seen = 0;
  for (char c : name) {
    unsigned bit;
    switch (c | 0x20) {
      case 'b': bit = 1; break;
      case 'u': bit = 2; break;
      case 'r': bit = 4; break;
      case 'f': bit = 8; break;
      case 't': bit = 16; break;
      default: return false;
    }
    if ((seen & bit) != 0) return false;
    seen |= bit;
  }
  return true;
}

// The character at the start of `bytes` (valid UTF-8, or WTF-8) and its length; U+FFFD and 1 if it is neither.
inline char32_t decode_utf8(std::string_view bytes, uint32_t& length) {
  auto at = [&](size_t i) { return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u; };
  unsigned c = at(0);
  auto tail = [&](size_t i) { return (at(i) & 0xc0) == 0x80; };
  if (c < 0x80) {
    length = 1;
    return c;
  }
  if ((c & 0xe0) == 0xc0 && tail(1)) {
    length = 2;
    return (c & 0x1f) << 6 | (at(1) & 0x3f);
  }
  if ((c & 0xf0) == 0xe0 && tail(1) && tail(2)) {
    length = 3;
    return (c & 0x0f) << 12 | (at(1) & 0x3f) << 6 | (at(2) & 0x3f);
  }
  if ((c & 0xf8) == 0xf0 && tail(1) && tail(2) && tail(3)) {
    length = 4;
    return (c & 0x07) << 18 | (at(1) & 0x3f) << 12 | (at(2) & 0x3f) << 6 | (at(3) & 0x3f);
  }
  length = 1;
  return 0xfffd;
}

}  // namespace orochi::syntax
