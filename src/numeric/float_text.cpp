// Doubles to and from text: Python's layouts over <charconv>, and C99 hexadecimal. See the header.
#include "numeric/float_text.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <system_error>

namespace orochi {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// "d.ddde+XX" taken apart: the digits without the point, and the decimal exponent of the first.
struct Scientific {
  std::string_view first;  // one digit
  std::string_view rest;
  int exponent;
};

Scientific split_scientific(std::string_view text) {
  Scientific result{text.substr(0, 1), {}, 0};
  size_t e = text.rfind('e');
  if (e > 2) result.rest = text.substr(2, e - 2);
  const char* p = text.data() + e + 1;
  bool negative = *p == '-';
  ++p;
  for (const char* end = text.data() + text.size(); p < end; ++p) result.exponent = result.exponent * 10 + (*p - '0');
  if (negative) result.exponent = -result.exponent;
  return result;
}

char* put(char* at, std::string_view text) {
  if (!text.empty()) memcpy(at, text.data(), text.size());
  return at + text.size();
}

char* put_exponent(char* at, int exponent, char e) {
  *at++ = e;
  *at++ = exponent < 0 ? '-' : '+';
  int n = std::abs(exponent);
  if (n >= 100) {
    *at++ = static_cast<char>('0' + n / 100);
    n %= 100;
  }
  *at++ = static_cast<char>('0' + n / 10);
  *at++ = static_cast<char>('0' + n % 10);
  return at;
}

// Lays digits out without exponent. `at` has room for the digits, 20 zeros and a point. Adds no point after an integer.
char* put_fixed(char* at, const Scientific& s) {
  auto count = static_cast<int>(1 + s.rest.size());
  if (s.exponent < 0) {
    at = put(at, "0.");
    for (int i = -1; i > s.exponent; --i) *at++ = '0';
    at = put(at, s.first);
    return put(at, s.rest);
  }
  *at++ = s.first[0];
  auto whole = static_cast<size_t>(std::min(s.exponent, count - 1));
  at = put(at, s.rest.substr(0, whole));
  for (int i = count - 1; i < s.exponent; ++i) *at++ = '0';
  if (whole < s.rest.size()) {
    *at++ = '.';
    at = put(at, s.rest.substr(whole));
  }
  return at;
}

// The decimal digits of |value| in the shortest form that reads back, laid out as repr does.
char* put_shortest(char* at, double value, bool add_dot_0, bool alternate, char e) {
  char digits[32];
  auto end = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::scientific).ptr;
  Scientific s = split_scientific({digits, static_cast<size_t>(end - digits)});
  if (s.exponent < -4 || s.exponent >= 16) {
    *at++ = s.first[0];
    if (!s.rest.empty() || alternate) *at++ = '.';
    at = put(at, s.rest);
    return put_exponent(at, s.exponent, e);
  }
  char* start = at;
  at = put_fixed(at, s);
  if (memchr(start, '.', static_cast<size_t>(at - start)) == nullptr) {
    if (add_dot_0) {
      at = put(at, ".0");
    } else if (alternate) {
      *at++ = '.';
    }
  }
  return at;
}

bool is_upper(char code) { return code >= 'A' && code <= 'Z'; }

}  // namespace

size_t float_repr(double value, char* text) {
  char* at = text;
  if (std::isnan(value)) return static_cast<size_t>(put(at, "nan") - text);
  if (std::signbit(value)) *at++ = '-';
  if (std::isinf(value)) return static_cast<size_t>(put(at, "inf") - text);
  return static_cast<size_t>(put_shortest(at, std::fabs(value), true, false, 'e') - text);
}

void format_double(CharBuf& out, double value, const FloatLayout& layout) {
  bool upper = is_upper(layout.code);
  char code = lower(layout.code);
  bool negative = std::signbit(value);
  if (!std::isfinite(value)) {
    if (std::isnan(value)) negative = false;
    if (negative) {
      out.append('-');
    } else if (layout.always_sign) {
      out.append('+');
    }
    std::string_view name = std::isnan(value) ? (upper ? "NAN" : "nan") : (upper ? "INF" : "inf");
    return out.append(name);
  }

  // Everything is produced behind the sign, which the digits may still cancel ('z').
  size_t sign_at = out.size();
  out.append('-');
  size_t start = out.size();
  double magnitude = std::fabs(value);
  int precision = code == 'g' && layout.precision == 0 ? 1 : layout.precision;
  size_t room = (code == 'f' ? 320 : 48) + static_cast<size_t>(std::max(precision, 0));
  char* at = out.extend(room);
  if (at == nullptr) return;
  char* limit = at + room;
  char* end = at;
  if (code == 'r') {
    end = put_shortest(at, magnitude, layout.add_dot_0, layout.alternate, upper ? 'E' : 'e');
  } else if (code == 'f') {
    end = std::to_chars(at, limit, magnitude, std::chars_format::fixed, precision).ptr;
    if (precision == 0 && layout.alternate) {
      *end++ = '.';
    } else if (precision == 0 && layout.add_dot_0) {
      end = put(end, ".0");
    }
  } else if (code == 'e') {
    end = std::to_chars(at, limit, magnitude, std::chars_format::scientific, precision).ptr;
    if (precision == 0 && layout.alternate) {
      memmove(at + 2, at + 1, static_cast<size_t>(end - at - 1));
      at[1] = '.';
      ++end;
    }
    if (upper) *std::find(at, end, 'e') = 'E';
  } else {
    // 'g': the digits first, beside their final place, then the layout that their exponent asks for.
    CharBuf digits;
    char* d = digits.extend(room);
    if (d == nullptr) return out.fail();
    char* d_end = std::to_chars(d, d + room, magnitude, std::chars_format::scientific, precision - 1).ptr;
    Scientific s = split_scientific({d, static_cast<size_t>(d_end - d)});
    if (!layout.alternate) {
      while (!s.rest.empty() && s.rest.back() == '0') s.rest.remove_suffix(1);
    }
    if (s.exponent < -4 || s.exponent >= precision - (layout.add_dot_0 ? 1 : 0)) {
      *end++ = s.first[0];
      if (!s.rest.empty() || layout.alternate) *end++ = '.';
      end = put(end, s.rest);
      end = put_exponent(end, s.exponent, upper ? 'E' : 'e');
    } else {
      end = put_fixed(at, s);
      if (memchr(at, '.', static_cast<size_t>(end - at)) == nullptr) {
        if (layout.alternate) {
          *end++ = '.';
        } else if (layout.add_dot_0) {
          end = put(end, ".0");
        }
      }
    }
  }
  out.truncate(start + static_cast<size_t>(end - at));
  if (negative && layout.no_negative_zero) {
    negative = false;
    for (const char* p = out.data() + start; p < out.data() + out.size() && lower(*p) != 'e'; ++p) {
      if (*p >= '1' && *p <= '9') negative = true;
    }
  }
  if (negative) return;
  if (layout.always_sign) {
    out[sign_at] = '+';
  } else {
    memmove(out.data() + sign_at, out.data() + start, out.size() - start);
    out.truncate(out.size() - 1);
  }
}

// ---- parsing

namespace {

// The length of the decimal float at the start of text (no sign), 0 when there is none.
size_t scan_decimal(std::string_view text) {
  size_t i = 0;
  size_t digits = 0;
  while (i < text.size() && is_digit(text[i])) ++i, ++digits;
  if (i < text.size() && text[i] == '.') {
    ++i;
    while (i < text.size() && is_digit(text[i])) ++i, ++digits;
  }
  if (digits == 0) return 0;
  size_t end = i;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    size_t exponent_start = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    if (i > exponent_start) end = i;
  }
  return end;
}

bool starts_with_folded(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  for (size_t i = 0; i < word.size(); ++i) {
    if (lower(text[i]) != word[i]) return false;
  }
  return true;
}

// Whether a decimal that from_chars found out of range is too large (else too small): by the decimal exponent of its
// first significant digit.
bool is_beyond_largest(std::string_view text) {
  int64_t point = 0;
  bool seen_point = false, seen_digit = false;
  size_t i = 0;
  for (; i < text.size() && lower(text[i]) != 'e'; ++i) {
    if (text[i] == '.') {
      seen_point = true;
      continue;
    }
    if (text[i] != '0') seen_digit = true;
    if (seen_digit && !seen_point) ++point;
    if (!seen_digit && seen_point) --point;
  }
  int64_t exponent = 0;
  if (i < text.size()) {
    ++i;
    bool negative = text[i] == '-';
    if (text[i] == '-' || text[i] == '+') ++i;
    for (; i < text.size() && exponent < (int64_t{1} << 50); ++i) exponent = exponent * 10 + (text[i] - '0');
    if (negative) exponent = -exponent;
  }
  return point + exponent > 0;
}

double convert_decimal(std::string_view text) {
  double value = 0;
  auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec == std::errc::result_out_of_range) return is_beyond_largest(text) ? HUGE_VAL : 0.0;
  return value;
}

}  // namespace

void parse_float_prefix(std::string_view text, double* value, size_t* used) {
  *used = 0;
  size_t i = 0;
  bool negative = false;
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) negative = text[i++] == '-';
  std::string_view body = text.substr(i);
  double magnitude;
  if (size_t length = scan_decimal(body)) {
    magnitude = convert_decimal(body.substr(0, length));
    *used = i + length;
  } else if (starts_with_folded(body, "infinity")) {
    magnitude = HUGE_VAL;
    *used = i + 8;
  } else if (starts_with_folded(body, "inf")) {
    magnitude = HUGE_VAL;
    *used = i + 3;
  } else if (starts_with_folded(body, "nan")) {
    magnitude = std::bit_cast<double>(uint64_t{0x7FF8000000000000});
    *used = i + 3;
  } else {
    return;
  }
  *value = negative ? -magnitude : magnitude;
}

bool strip_underscores(std::string_view text, CharBuf& out) {
  char previous = 0;
  for (char c : text) {
    if (c == '_') {
      if (!is_digit(previous)) return false;
    } else {
      if (previous == '_' && !is_digit(c)) return false;
      out.append(c);
    }
    previous = c;
  }
  return previous != '_';
}

FloatStatus parse_float(std::string_view text, double* value) {
  if (text.find('_') != std::string_view::npos) {
    CharBuf plain;
    if (!strip_underscores(text, plain)) return FloatStatus::Syntax;
    if (plain.failed()) return FloatStatus::NoMemory;
    return parse_float(plain.view(), value);
  }
  size_t used;
  parse_float_prefix(text, value, &used);
  return used != 0 && used == text.size() ? FloatStatus::Ok : FloatStatus::Syntax;
}

// ---- hexadecimal

void float_hex(double value, CharBuf& out) {
  if (!std::isfinite(value)) {
    char text[kFloatReprSize];
    return out.append(std::string_view(text, float_repr(value, text)));
  }
  auto bits = std::bit_cast<uint64_t>(value);
  uint64_t fraction = bits & ((uint64_t{1} << 52) - 1);
  auto biased = static_cast<int>((bits >> 52) & 0x7FF);
  if (bits >> 63) out.append('-');
  if (biased == 0 && fraction == 0) return out.append("0x0.0p+0");
  out.append(biased == 0 ? "0x0." : "0x1.");
  for (int shift = 48; shift >= 0; shift -= 4) out.append("0123456789abcdef"[(fraction >> shift) & 0xF]);
  out.append('p');
  int exponent = biased == 0 ? -1022 : biased - 1023;
  out.append(exponent < 0 ? '-' : '+');
  print_int64(std::abs(exponent), out);
}

FloatStatus parse_float_hex(std::string_view text, double* value) {
  auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  size_t used;
  std::string_view unsigned_text = text;
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    unsigned_text.remove_prefix(1);
  }
  if (starts_with_folded(unsigned_text, "inf") || starts_with_folded(unsigned_text, "nan")) {
    parse_float_prefix(text, value, &used);
    return used == text.size() ? FloatStatus::Ok : FloatStatus::Syntax;
  }
  std::string_view s = unsigned_text;
  if (starts_with_folded(s, "0x")) s.remove_prefix(2);

  // The first 16 significant digits make the mantissa; later ones only count and stick.
  uint64_t mantissa = 0;
  bool sticky = false, seen_point = false;
  size_t digits = 0;
  int64_t exponent = 0;
  size_t i = 0;
  for (; i < s.size(); ++i) {
    char c = lower(s[i]);
    if (c == '.') {
      if (seen_point) return FloatStatus::Syntax;
      seen_point = true;
      continue;
    }
    int digit = is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) break;
    ++digits;
    if (mantissa >> 60) {
      sticky = sticky || digit != 0;
      if (!seen_point) exponent += 4;
    } else {
      mantissa = mantissa << 4 | static_cast<uint64_t>(digit);
      if (seen_point) exponent -= 4;
    }
  }
  if (digits == 0) return FloatStatus::Syntax;
  int64_t power = 0;
  if (i < s.size() && lower(s[i]) == 'p') {
    ++i;
    bool power_negative = false;
    if (i < s.size() && (s[i] == '+' || s[i] == '-')) power_negative = s[i++] == '-';
    size_t first = i;
    for (; i < s.size() && is_digit(s[i]); ++i) {
      if (power < (int64_t{1} << 58)) power = power * 10 + (s[i] - '0');
    }
    if (i == first) return FloatStatus::Syntax;
    if (power_negative) power = -power;
  }
  if (i != s.size()) return FloatStatus::Syntax;
  int64_t total = 0;
  if (__builtin_add_overflow(exponent, power, &total)) total = power;
  return round_to_double(mantissa, sticky, total, negative, value) == BigStatus::Ok ? FloatStatus::Ok
                                                                                    : FloatStatus::Overflow;
}

}  // namespace orochi
