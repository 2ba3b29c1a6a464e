// unicode_escape, raw_unicode_escape (the escapes of string literals over Latin-1) and UTF-7 (RFC 2152).
#include <string>

#include "text/codecs_internal.h"
#include "text/escape.h"
#include "text/names.h"

namespace orochi::text {

namespace {

// Reads up to `digits` hexadecimal digits at `at`; returns how many were there.
size_t read_hex(const DecodeState& s, size_t at, size_t digits, char32_t& value) {
  value = 0;
  size_t n = 0;
  for (; n < digits && at + n < s.size; n++) {
    int d = hex_value(s.data[at + n]);
    if (d < 0) break;
    value = value << 4 | static_cast<char32_t>(d);
  }
  return n;
}

bool is_octal(uint8_t c) { return c >= '0' && c <= '7'; }

enum class Escape : uint8_t { Ok, Error, Incomplete };

// The hexadecimal escapes; s.position is at the backslash and moves past the escape.
Escape hex_escape(DecodeState& s, size_t digits, const char* truncated, const char* too_big, TextBuilder& out,
                  CodecError& error) {
  char32_t value;
  size_t at = s.position + 2;
  size_t n = read_hex(s, at, digits, value);
  if (n < digits) {
    if (at + n == s.size && !s.final) return Escape::Incomplete;
    error = {s.position, at + n, truncated};
    return Escape::Error;
  }
  if (value > 0x10FFFF) {
    error = {s.position, at + n, too_big};
    return Escape::Error;
  }
  out.push(value);
  s.position = at + n;
  return Escape::Ok;
}

Escape named_escape(DecodeState& s, TextBuilder& out, CodecError& error) {
  size_t at = s.position + 2;
  if (at >= s.size && !s.final) return Escape::Incomplete;
  if (at < s.size && s.data[at] == '{') {
    size_t start = ++at;
    while (at < s.size && s.data[at] != '}') at++;
    if (at == s.size && !s.final) return Escape::Incomplete;
    if (at < s.size && at > start) {
      char32_t c[kLongestSequence];
      std::string_view name(reinterpret_cast<const char*>(s.data) + start, at - start);
      if (chars_by_name(name, NameScope::WithAliases, c) == 1) {
        out.push(c[0]);
        s.position = at + 1;
        return Escape::Ok;
      }
      error = {s.position, at + 1, "unknown Unicode character name"};
      return Escape::Error;
    }
  }
  error = {s.position, at, "malformed \\N character escape"};
  return Escape::Error;
}

void note_invalid(DecodeState& s, bool octal) {
  if (s.first_invalid_escape != kNotFound) return;
  s.first_invalid_escape = s.position;
  s.invalid_escape_is_octal = octal;
}

// s.position is at a backslash.
Escape one_escape(DecodeState& s, TextBuilder& out, CodecError& error) {
  size_t at = s.position + 1;
  if (at == s.size) {
    if (!s.final) return Escape::Incomplete;
    error = {s.position, at, "\\ at end of string"};
    return Escape::Error;
  }
  uint8_t c = s.data[at];
  char32_t simple;
  switch (c) {
    case '\n': s.position += 2; return Escape::Ok;
    case '\\': case '\'': case '"': simple = c; break;
    case 'a': simple = 7; break;
    case 'b': simple = 8; break;
    case 't': simple = 9; break;
    case 'n': simple = 10; break;
    case 'v': simple = 11; break;
    case 'f': simple = 12; break;
    case 'r': simple = 13; break;
    case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': {
      char32_t value = 0;
      size_t n = 0;
      for (; n < 3 && at + n < s.size && is_octal(s.data[at + n]); n++) value = value * 8 + (s.data[at + n] - '0');
      if (value > 0xFF) note_invalid(s, true);
      out.push(value);
      s.position = at + n;
      return Escape::Ok;
    }
    case 'x': return hex_escape(s, 2, "truncated \\xXX escape", "illegal Unicode character", out, error);
    case 'u': return hex_escape(s, 4, "truncated \\uXXXX escape", "illegal Unicode character", out, error);
    case 'U': return hex_escape(s, 8, "truncated \\UXXXXXXXX escape", "illegal Unicode character", out, error);
    case 'N': return named_escape(s, out, error);
    default:
      note_invalid(s, false);
      out.push('\\');
      simple = c;
  }
  out.push(simple);
  s.position += 2;
  return Escape::Ok;
}

}  // namespace

Outcome decode_unicode_escape(DecodeState& s, TextBuilder& out, CodecError& error) {
  while (s.position < s.size) {
    const void* hit = memchr(s.data + s.position, '\\', s.size - s.position);
    size_t at = hit ? static_cast<size_t>(static_cast<const uint8_t*>(hit) - s.data) : s.size;
    out.append({s.data + s.position, at - s.position});
    s.position = at;
    if (!hit) break;
    Escape result = one_escape(s, out, error);
    if (result == Escape::Error) return Outcome::Error;
    if (result == Escape::Incomplete) break;
  }
  return Outcome::Done;
}

Outcome decode_raw_unicode_escape(DecodeState& s, TextBuilder& out, CodecError& error) {
  while (s.position < s.size) {
    uint8_t c = s.data[s.position];
    if (c != '\\') {
      out.push(c);
      s.position++;
      continue;
    }
    // Backslashes pair up; only an unpaired one may start an escape.
    if (s.position + 1 == s.size) {
      if (!s.final) break;
      out.push('\\');
      s.position++;
      break;
    }
    uint8_t next = s.data[s.position + 1];
    if (next != 'u' && next != 'U') {
      out.push('\\');
      out.push(next);
      s.position += 2;
      continue;
    }
    Escape result = next == 'u' ? hex_escape(s, 4, "truncated \\uXXXX escape", "", out, error)
                                : hex_escape(s, 8, "truncated \\UXXXXXXXX escape", "\\Uxxxxxxxx out of range", out, error);
    if (result == Escape::Error) return Outcome::Error;
    if (result == Escape::Incomplete) break;
  }
  return Outcome::Done;
}

Outcome encode_unicode_escape(EncodeState& s, ByteBuffer& out) {
  uint8_t escape[10];
  for (; s.position < s.text.length; s.position++) {
    char32_t c = s.text[s.position];
    uint8_t letter = c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : c == '\\' ? '\\' : 0;
    if (letter) {
      out.push('\\');
      out.push(letter);
    } else if (c >= 0x20 && c < 0x7F) {
      out.push(static_cast<uint8_t>(c));
    } else {
      out.append(escape, put_escape(c, escape));
    }
  }
  return Outcome::Done;
}

Outcome encode_raw_unicode_escape(EncodeState& s, ByteBuffer& out) {
  uint8_t escape[10];
  for (; s.position < s.text.length; s.position++) {
    char32_t c = s.text[s.position];
    if (c < 0x100) out.push(static_cast<uint8_t>(c));
    else out.append(escape, put_escape(c, escape));
  }
  return Outcome::Done;
}

// ---- UTF-7 ----

namespace {
constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int base64_value(uint8_t c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}
// Characters the encoder writes as they are: sets D and O of the RFC and white space, but not '+'.
bool is_direct(char32_t c) {
  if (c == '\t' || c == '\n' || c == '\r' || c == ' ') return true;
  return c > 0x20 && c < 0x7F && c != '+' && c != '\\' && c != '~';
}
}  // namespace

Outcome decode_utf7(DecodeState& s, TextBuilder& out, CodecError& error) {
  size_t i = s.position;
  bool shifted = false;
  size_t shift_start = i, shift_out = out.length();
  uint32_t bits = 0, buffer = 0;
  char32_t surrogate = 0;
  auto fail = [&](size_t start, size_t end, const char* reason) {
    error = {start, end, reason};
    s.position = start;
    return Outcome::Error;
  };
  while (i < s.size) {
    uint8_t c = s.data[i];
    if (shifted) {
      int value = base64_value(c);
      if (value >= 0) {
        buffer = buffer << 6 | static_cast<uint32_t>(value);
        bits += 6;
        i++;
        if (bits < 16) continue;
        char32_t unit = buffer >> (bits - 16) & 0xFFFF;
        bits -= 16;
        buffer &= (1u << bits) - 1;
        if (surrogate) {
          char32_t high = surrogate;
          surrogate = 0;
          if (unit - 0xDC00 < 0x400) {
            out.push(0x10000 + ((high - 0xD800) << 10 | (unit - 0xDC00)));
            continue;
          }
          out.push(high);
        }
        if (unit - 0xD800 < 0x400) surrogate = unit;
        else out.push(unit);
        continue;
      }
      shifted = false;
      if (bits >= 6) return fail(shift_start, i + 1, "partial character in shift sequence");
      if (bits > 0 && buffer != 0) return fail(shift_start, i + 1, "non-zero padding bits in shift sequence");
      if (surrogate && c < 0x80 && c != '+') out.push(surrogate);
      surrogate = 0;
      if (c == '-') i++;
      continue;
    }
    if (c == '+') {
      shift_start = i++;
      if (i < s.size && s.data[i] == '-') {
        out.push('+');
        i++;
      } else if (i < s.size && base64_value(s.data[i]) < 0) {
        return fail(shift_start, i + 1, "ill-formed sequence");
      } else {
        shifted = true;
        shift_out = out.length();
        bits = buffer = 0;
        surrogate = 0;
      }
      continue;
    }
    if (c >= 0x80) return fail(i, i + 1, "unexpected special character");
    out.push(c);
    i++;
  }
  if (shifted) {
    if (!s.final) {
      out.truncate(shift_out);
      s.position = shift_start;
      return Outcome::Done;
    }
    if (surrogate || bits >= 6 || (bits > 0 && buffer != 0))
      return fail(shift_start, s.size, "unterminated shift sequence");
  }
  s.position = s.size;
  return Outcome::Done;
}

Outcome encode_utf7(EncodeState& s, ByteBuffer& out) {
  bool shifted = false;
  uint32_t bits = 0, buffer = 0;
  auto put_unit = [&](char32_t unit) {
    buffer = buffer << 16 | unit;
    for (bits += 16; bits >= 6; bits -= 6) out.push(static_cast<uint8_t>(kBase64[buffer >> (bits - 6) & 63]));
    buffer &= 63;
  };
  auto flush = [&] {
    if (bits) out.push(static_cast<uint8_t>(kBase64[buffer << (6 - bits) & 63]));
    bits = buffer = 0;
  };
  for (; s.position < s.text.length; s.position++) {
    char32_t c = s.text[s.position];
    if (!shifted && c == '+') {
      out.push('+');
      out.push('-');
      continue;
    }
    if (is_direct(c)) {
      if (shifted) {
        flush();
        shifted = false;
        // The shift must be ended by '-' when the next character could be taken for a part of it.
        if (c < 0x80 && (base64_value(static_cast<uint8_t>(c)) >= 0 || c == '-')) out.push('-');
      }
      out.push(static_cast<uint8_t>(c));
      continue;
    }
    if (!shifted) {
      out.push('+');
      shifted = true;
    }
    if (c >= 0x10000) {
      put_unit(0xD800 + ((c - 0x10000) >> 10));
      c = 0xDC00 + ((c - 0x10000) & 0x3FF);
    }
    put_unit(c);
  }
  if (shifted) {
    flush();
    out.push('-');
  }
  return Outcome::Done;
}

}  // namespace orochi::text
