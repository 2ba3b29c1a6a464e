// repr() of text and bytes, and hexadecimal. Sizes are planned first, so that the result is written in place.
#pragma once

#include <string_view>

#include "text/buffer.h"
#include "text/view.h"

namespace orochi::text {

enum class ReprStyle : uint8_t {
  Repr,   // printable characters stay
  Ascii,  // ascii(): everything above 0x7E is escaped
};

struct ReprPlan {
  size_t length;      // including the quotes
  char32_t max_char;  // class of the widest character written (0x7F, 0xFF, 0xFFFF, 0x10FFFF)
  uint8_t quote;
  ReprStyle style;
  bool plain;         // nothing to escape
};
// False: the length would not fit an index.
bool plan_repr(AnyText text, ReprStyle style, ReprPlan& plan);
void write_repr(AnyText text, const ReprPlan& plan, void* out, Kind kind);

// repr() of bytes, appended: b'…'. See Buffer::failed().
void bytes_repr(const uint8_t* bytes, size_t size, ByteBuffer& out);

// \xNN, \uNNNN or \UNNNNNNNN, the shortest that holds c; returns the length (4, 6 or 10).
size_t put_escape(char32_t c, uint8_t* out);
inline size_t escape_length(char32_t c) { return c < 0x100 ? 4 : c < 0x10000 ? 6 : 10; }

// Hexadecimal digits, lower case, with `separator` (if `group` is not 0) between groups of |group| bytes counted from
// the right when positive, from the left when negative.
void hex_bytes(const uint8_t* bytes, size_t size, uint8_t separator, ptrdiff_t group, ByteBuffer& out);

// bytes.fromhex: pairs of digits, white space between pairs. On failure `position` is the index of the first character
// that is not a digit, or kNotFound if the digits are odd in number.
bool unhex(AnyText text, ByteBuffer& out, size_t& position);

// Value of a hexadecimal digit, -1 otherwise.
inline int hex_value(char32_t c) {
  if (c >= '0' && c <= '9') return static_cast<int>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<int>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<int>(c - 'A' + 10);
  return -1;
}

}  // namespace orochi::text
