// UTF-8 by table 3-7 of the Unicode Standard (well-formed byte sequences). ASCII runs go eight bytes at a time.
#include "text/utf8.h"

#include <cstring>

namespace orochi::text {

namespace {
constexpr uint64_t kHighBits = 0x8080808080808080u;

uint64_t load8(const uint8_t* p) {
  uint64_t v;
  memcpy(&v, p, 8);
  return v;
}
bool is_continuation(uint8_t b) { return (b & 0xC0) == 0x80; }
}  // namespace

size_t ascii_prefix(const uint8_t* bytes, size_t size) {
  size_t i = 0;
  for (; i + 32 <= size; i += 32) {
    if ((load8(bytes + i) | load8(bytes + i + 8) | load8(bytes + i + 16) | load8(bytes + i + 24)) & kHighBits) break;
  }
  for (; i + 8 <= size; i += 8) {
    if (uint64_t high = load8(bytes + i) & kHighBits) return i + static_cast<size_t>(__builtin_ctzll(high)) / 8;
  }
  while (i < size && bytes[i] < 0x80) i++;
  return i;
}

Utf8Char utf8_next(const uint8_t* p, size_t size) {
  uint8_t b = p[0];
  if (b < 0x80) return {Utf8Step::Char, 1, b};
  if (b < 0xC2 || b > 0xF4) return {Utf8Step::InvalidStart, 1, 0};
  if (size < 2) return {Utf8Step::UnexpectedEnd, 1, 0};
  uint8_t b1 = p[1];
  if (b < 0xE0) {
    if (!is_continuation(b1)) return {Utf8Step::InvalidContinuation, 1, 0};
    return {Utf8Step::Char, 2, static_cast<char32_t>(b & 0x1F) << 6 | (b1 & 0x3F)};
  }
  uint8_t low = b == 0xE0 ? 0xA0 : b == 0xF0 ? 0x90 : 0x80;
  uint8_t high = b == 0xED ? 0x9F : b == 0xF4 ? 0x8F : 0xBF;
  if (b1 < low || b1 > high) return {Utf8Step::InvalidContinuation, 1, 0};
  if (size < 3) return {Utf8Step::UnexpectedEnd, 2, 0};
  if (!is_continuation(p[2])) return {Utf8Step::InvalidContinuation, 2, 0};
  if (b < 0xF0)
    return {Utf8Step::Char, 3, static_cast<char32_t>(b & 0x0F) << 12 | static_cast<char32_t>(b1 & 0x3F) << 6 | (p[2] & 0x3F)};
  if (size < 4) return {Utf8Step::UnexpectedEnd, 3, 0};
  if (!is_continuation(p[3])) return {Utf8Step::InvalidContinuation, 3, 0};
  return {Utf8Step::Char, 4,
          static_cast<char32_t>(b & 0x07) << 18 | static_cast<char32_t>(b1 & 0x3F) << 12 |
              static_cast<char32_t>(p[2] & 0x3F) << 6 | (p[3] & 0x3F)};
}

Utf8Info utf8_decoded_info(const uint8_t* bytes, size_t size) {
  size_t at = ascii_prefix(bytes, size);
  if (at == size) return {true, size, 0x7F, size};
  size_t length = at;
  uint8_t top = 0;  // highest lead byte
  while (at < size) {
    uint8_t lead = bytes[at];
    if (lead < 0x80) {
      if (size - at >= 16 && !((load8(bytes + at) | load8(bytes + at + 8)) & kHighBits)) {
        size_t run = ascii_prefix(bytes + at, size - at);
        at += run;
        length += run;
      } else {
        at++;
        length++;
      }
      continue;
    }
    // Common well-formed cases without the general step.
    if (lead >= 0xC2 && lead < 0xE0 && size - at >= 2 && is_continuation(bytes[at + 1])) {
      if (lead > top) top = lead;
      at += 2;
      length++;
      continue;
    }
    if (lead > 0xE0 && lead < 0xED && size - at >= 3 && is_continuation(bytes[at + 1]) && is_continuation(bytes[at + 2])) {
      if (lead > top) top = lead;
      at += 3;
      length++;
      continue;
    }
    Utf8Char next = utf8_next(bytes + at, size - at);
    if (next.step != Utf8Step::Char) break;
    if (bytes[at] > top) top = bytes[at];
    at += next.size;
    length++;
  }
  char32_t max_char = top == 0 ? 0x7F : top <= 0xC3 ? 0xFF : top < 0xF0 ? 0xFFFF : 0x10FFFF;
  return {at == size, length, max_char, at};
}

template <typename Unit>
void utf8_decode_unchecked(const uint8_t* p, size_t size, Unit* out) {
  const uint8_t* end = p + size;
  while (p < end) {
    uint8_t b = *p;
    if (b < 0x80) {
      while (end - p >= 8 && !(load8(p) & kHighBits)) {
        for (int i = 0; i < 8; i++) out[i] = p[i];
        p += 8;
        out += 8;
      }
      while (p < end && *p < 0x80) *out++ = *p++;
    } else if (b < 0xE0) {
      *out++ = static_cast<Unit>((b & 0x1F) << 6 | (p[1] & 0x3F));
      p += 2;
    } else if (b < 0xF0) {
      *out++ = static_cast<Unit>((b & 0x0F) << 12 | (p[1] & 0x3F) << 6 | (p[2] & 0x3F));
      p += 3;
    } else {
      *out++ = static_cast<Unit>((b & 0x07) << 18 | (p[1] & 0x3F) << 12 | (p[2] & 0x3F) << 6 | (p[3] & 0x3F));
      p += 4;
    }
  }
}
template void utf8_decode_unchecked(const uint8_t*, size_t, uint8_t*);
template void utf8_decode_unchecked(const uint8_t*, size_t, char16_t*);
template void utf8_decode_unchecked(const uint8_t*, size_t, char32_t*);

void utf8_decode_unchecked(const uint8_t* bytes, size_t size, void* out, Kind kind) {
  with_units_out(out, kind, [&](auto* units) { utf8_decode_unchecked(bytes, size, units); });
}

Utf8Size utf8_encoded_size(AnyText text) {
  size_t n = text.length;
  size_t bytes = n;
  size_t surrogate = kNotFound;
  if (text.kind == Kind::One) {
    const uint8_t* p = text.bytes();
    for (size_t i = 0; i < n; i++) bytes += p[i] >> 7;
    return {bytes, surrogate};
  }
  with_units(text, [&](auto* p) {
    for (size_t i = 0; i < n; i++) {
      char32_t c = p[i];
      bytes += (c >= 0x80) + (c >= 0x800) + (c >= 0x10000);
      if (c - 0xD800 < 0x800 && surrogate == kNotFound) surrogate = i;
    }
  });
  return {bytes, surrogate};
}

void utf8_encode_unchecked(AnyText text, uint8_t* out) {
  size_t n = text.length;
  if (text.kind == Kind::One) {
    const uint8_t* p = text.bytes();
    for (size_t i = 0; i < n;) {
      size_t run = ascii_prefix(p + i, n - i);
      memcpy(out, p + i, run);
      out += run;
      i += run;
      for (; i < n && p[i] >= 0x80; i++) {
        *out++ = static_cast<uint8_t>(0xC0 | p[i] >> 6);
        *out++ = static_cast<uint8_t>(0x80 | (p[i] & 0x3F));
      }
    }
    return;
  }
  with_units(text, [&](auto* p) {
    for (size_t i = 0; i < n;) {
      if (n - i >= 8 && (p[i] | p[i + 1] | p[i + 2] | p[i + 3] | p[i + 4] | p[i + 5] | p[i + 6] | p[i + 7]) < 0x80) {
        for (size_t j = 0; j < 8; j++) out[j] = static_cast<uint8_t>(p[i + j]);
        out += 8;
        i += 8;
        continue;
      }
      for (size_t end = n - i < 8 ? n : i + 8; i < end; i++) out += put_utf8(p[i], out);
    }
  });
}

}  // namespace orochi::text
