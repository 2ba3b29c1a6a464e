// Where to cut: positions for split, rsplit, splitlines, partition, strip, expandtabs and padding. Kernels yield spans,
// callers make the objects. Text and bytes differ only in what is white space and what ends a line.
#pragma once

#include "text/buffer.h"
#include "text/view.h"

namespace orochi::text {

using SpanBuffer = Buffer<Span>;

enum class Alphabet : uint8_t {
  Text,   // white space and line ends as str sees them
  Bytes,  // ASCII white space; lines end with \n, \r or \r\n
};

// At most `limit` cuts; spans are in text order in every case. See Buffer::failed().
void split_space(AnyText text, size_t limit, Alphabet alphabet, SpanBuffer& out);
void rsplit_space(AnyText text, size_t limit, Alphabet alphabet, SpanBuffer& out);
// `separator` is not empty.
void split_by(AnyText text, AnyText separator, size_t limit, SpanBuffer& out);
void rsplit_by(AnyText text, AnyText separator, size_t limit, SpanBuffer& out);

enum class LineEnds : uint8_t { Drop, Keep };
void split_lines(AnyText text, LineEnds ends, Alphabet alphabet, SpanBuffer& out);

enum class Side : uint8_t { Left = 1, Right = 2, Both = 3 };
Span strip_space(AnyText text, Side side, Alphabet alphabet);
Span strip_chars(AnyText text, AnyText chars, Side side);

// Columns count from the last \n or \r. False: the result would not fit an index.
bool expanded_tabs_size(AnyText text, size_t tab_size, size_t& size);
void expand_tabs(AnyText text, size_t tab_size, void* out, Kind kind);

// Left padding of str.center: the odd space goes left when the width is odd.
inline size_t center_left(size_t length, size_t width) {
  size_t pad = width - length;
  return pad / 2 + (pad & width & 1);
}

}  // namespace orochi::text
