// UTF-8, whole strings at a time: measure and validate in one pass, then write into a buffer of the right size. The
// resumable codec with error handling is in codecs.h. WTF-8 means that lone surrogates are encoded as three bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "text/view.h"

namespace orochi::text {

struct Utf8Info {
  bool valid;         // strictly: no surrogates, nothing overlong
  size_t length;      // code points (of the valid prefix)
  char32_t max_char;  // 0x7F, 0xFF, 0xFFFF or 0x10FFFF: an upper bound that decides the kind
  size_t valid_bytes; // length of the valid prefix
};
Utf8Info utf8_decoded_info(const uint8_t* bytes, size_t size);

// Decodes what utf8_decoded_info found valid; `out` has room for its length in units of a sufficient kind.
template <typename Unit>
void utf8_decode_unchecked(const uint8_t* bytes, size_t size, Unit* out);
void utf8_decode_unchecked(const uint8_t* bytes, size_t size, void* out, Kind kind);

// Size of the text in WTF-8, and the first surrogate (kNotFound: none, so that it is UTF-8).
struct Utf8Size {
  size_t bytes;
  size_t first_surrogate;
};
Utf8Size utf8_encoded_size(AnyText text);
void utf8_encode_unchecked(AnyText text, uint8_t* out);

// Length of the ASCII prefix.
size_t ascii_prefix(const uint8_t* bytes, size_t size);

// Writes one character as WTF-8, 1..4 bytes; returns how many.
inline size_t put_utf8(char32_t c, uint8_t* out) {
  if (c < 0x80) {
    out[0] = static_cast<uint8_t>(c);
    return 1;
  }
  if (c < 0x800) {
    out[0] = static_cast<uint8_t>(0xC0 | c >> 6);
    out[1] = static_cast<uint8_t>(0x80 | (c & 0x3F));
    return 2;
  }
  if (c < 0x10000) {
    out[0] = static_cast<uint8_t>(0xE0 | c >> 12);
    out[1] = static_cast<uint8_t>(0x80 | (c >> 6 & 0x3F));
    out[2] = static_cast<uint8_t>(0x80 | (c & 0x3F));
    return 3;
  }
  out[0] = static_cast<uint8_t>(0xF0 | c >> 18);
  out[1] = static_cast<uint8_t>(0x80 | (c >> 12 & 0x3F));
  out[2] = static_cast<uint8_t>(0x80 | (c >> 6 & 0x3F));
  out[3] = static_cast<uint8_t>(0x80 | (c & 0x3F));
  return 4;
}

// One step of a strict decoder over bytes[0..size), size > 0. A maximal subpart (Unicode 3.9, "substitution of maximal
// subparts") of an ill-formed sequence is reported as one error.
enum class Utf8Step : uint8_t { Char, InvalidStart, InvalidContinuation, UnexpectedEnd };
struct Utf8Char {
  Utf8Step step;
  uint8_t size;  // bytes of the character, or of the ill-formed subpart
  char32_t c;
};
Utf8Char utf8_next(const uint8_t* bytes, size_t size);

}  // namespace orochi::text
