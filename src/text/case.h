// Case mapping of whole strings, and the questions str's is…() methods ask of them.
#pragma once

#include "text/buffer.h"
#include "text/view.h"

namespace orochi::text {

enum class Casing : uint8_t { Upper, Lower, Title, Swap, Capitalize, Fold };

// Appends the mapped text (full mappings, final sigma). See Buffer::failed().
void map_case(Casing casing, AnyText text, CharBuffer& out);

// The same for ASCII text and for bytes: as many units out as in, other bytes unchanged. `out` may be `in`.
void map_case_ascii(Casing casing, const uint8_t* in, size_t size, uint8_t* out);

enum class TextTest : uint8_t { Alpha, Alnum, Decimal, Digit, Numeric, Lower, Upper, Title, Space, Printable, Identifier };

// str.is…(): false for empty text, except Printable.
bool test_text(TextTest test, AnyText text);
// bytes.is…(): ASCII only; Alpha, Alnum, Digit, Lower, Upper, Title, Space.
bool test_bytes(TextTest test, const uint8_t* bytes, size_t size);

}  // namespace orochi::text
