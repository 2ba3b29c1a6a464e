// Escapes as the language reference writes string literals.
#include "text/escape.h"

#include "text/unicode_data.h"

namespace orochi::text {

namespace {
constexpr char kHexDigits[] = "0123456789abcdef";

bool stays(char32_t c, ReprStyle style) {
  if (c < 0x7F) return c >= 0x20;
  return style == ReprStyle::Repr && has_flag(c, kPrintable);
}
// Letter of a two-character escape, 0 if there is none.
uint8_t short_escape(char32_t c) { return c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : c == '\\' ? '\\' : 0; }
}  // namespace

size_t put_escape(char32_t c, uint8_t* out) {
  size_t n = escape_length(c);
  out[0] = '\\';
  out[1] = n == 4 ? 'x' : n == 6 ? 'u' : 'U';
  for (size_t i = n; i > 2; i--, c >>= 4) out[i - 1] = static_cast<uint8_t>(kHexDigits[c & 15]);
  return n;
}

bool plan_repr(AnyText text, ReprStyle style, ReprPlan& plan) {
  return with_units(text, [&](auto* p) {
    size_t extra = 0, single = 0, dbl = 0;
    char32_t all = '\'';
    for (size_t i = 0; i < text.length; i++) {
      char32_t c = p[i];
      if (c == '\'') single++;
      else if (c == '"') dbl++;
      else if (short_escape(c)) extra += 1;
      else if (stays(c, style)) all |= c;
      else extra += escape_length(c) - 1;
      if (extra > PTRDIFF_MAX / 2) return false;
    }
    plan.quote = single > 0 && dbl == 0 ? '"' : '\'';
    if (plan.quote == '\'') extra += single;
    if (text.length > PTRDIFF_MAX - 2 - extra) return false;
    plan.length = text.length + extra + 2;
    plan.max_char = all < 0x80 ? 0x7F : all < 0x100 ? 0xFF : all < 0x10000 ? 0xFFFF : 0x10FFFF;
    plan.style = style;
    plan.plain = extra == 0;
    return true;
  });
}

void write_repr(AnyText text, const ReprPlan& plan, void* out, Kind kind) {
  with_units(text, [&](auto* p) {
    with_units_out(out, kind, [&](auto* to) {
      using Out = std::remove_cvref_t<decltype(*to)>;
      *to++ = plan.quote;
      if (plan.plain) {
        for (size_t i = 0; i < text.length; i++) to[i] = static_cast<Out>(p[i]);
        to[text.length] = plan.quote;
        return;
      }
      for (size_t i = 0; i < text.length; i++) {
        char32_t c = p[i];
        if (c == plan.quote) {
          *to++ = '\\';
          *to++ = static_cast<Out>(c);
        } else if (uint8_t letter = short_escape(c)) {
          *to++ = '\\';
          *to++ = letter;
        } else if (stays(c, plan.style)) {
          *to++ = static_cast<Out>(c);
        } else {
          uint8_t escape[10];
          size_t n = put_escape(c, escape);
          for (size_t j = 0; j < n; j++) *to++ = escape[j];
        }
      }
      *to++ = plan.quote;
    });
  });
}

void bytes_repr(const uint8_t* bytes, size_t size, ByteBuffer& out) {
  bool single = size && memchr(bytes, '\'', size), dbl = size && memchr(bytes, '"', size);
  uint8_t quote = single && !dbl ? '"' : '\'';
  if (size > PTRDIFF_MAX - 3 || !out.reserve_more(size + 3)) {
    out.reserve_more(SIZE_MAX / 2);  // record the failure
    return;
  }
  out.push('b');
  out.push(quote);
  for (size_t i = 0; i < size; i++) {
    uint8_t c = bytes[i];
    if (c == quote) {
      out.push('\\');
      out.push(c);
    } else if (uint8_t letter = short_escape(c)) {
      out.push('\\');
      out.push(letter);
    } else if (c >= 0x20 && c < 0x7F) {
      out.push(c);
    } else {
      uint8_t escape[10];
      out.append(escape, put_escape(c, escape));
    }
  }
  out.push(quote);
}

void hex_bytes(const uint8_t* bytes, size_t size, uint8_t separator, ptrdiff_t group, ByteBuffer& out) {
  if (size > PTRDIFF_MAX / 3 || !out.reserve_more(size * (group ? 3 : 2))) return;
  size_t every = group < 0 ? size_t{0} - static_cast<size_t>(group) : static_cast<size_t>(group);
  for (size_t i = 0; i < size; i++) {
    if (every && i > 0 && (group > 0 ? size - i : i) % every == 0) out.push(separator);
    out.push(static_cast<uint8_t>(kHexDigits[bytes[i] >> 4]));
    out.push(static_cast<uint8_t>(kHexDigits[bytes[i] & 15]));
  }
}

bool unhex(AnyText text, ByteBuffer& out, size_t& position) {
  return with_units(text, [&](auto* p) {
    size_t n = text.length;
    for (size_t i = 0; i < n;) {
      char32_t c = p[i];
      if (c == ' ' || (c >= 9 && c <= 13)) {
        i++;
        continue;
      }
      int high = hex_value(c);
      if (high < 0) {
        position = i;
        return false;
      }
      if (i + 1 == n) {
        position = kNotFound;
        return false;
      }
      int low = hex_value(p[i + 1]);
      if (low < 0) {
        position = i + 1;
        return false;
      }
      out.push(static_cast<uint8_t>(high << 4 | low));
      i += 2;
    }
    return true;
  });
}

}  // namespace orochi::text
