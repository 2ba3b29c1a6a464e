// Substring and character search over any mix of kinds. Worst case linear in the text plus the needle (two-way string
// matching, Crochemore and Perrin, 1991); the usual case runs at memchr speed. No allocation.
#pragma once

#include "text/view.h"

namespace orochi::text {

// Index of the first or last occurrence in `text`, kNotFound if there is none. An empty needle is found at the start
// (find) or the end (rfind).
size_t find(AnyText text, AnyText needle);
size_t rfind(AnyText text, AnyText needle);
size_t find_char(AnyText text, char32_t c);
size_t rfind_char(AnyText text, char32_t c);

// Occurrences that do not overlap, at most `limit`. An empty needle occurs length + 1 times.
size_t count(AnyText text, AnyText needle, size_t limit = SIZE_MAX);
size_t count_char(AnyText text, char32_t c);

// str.find(sub, start, end) after slice clipping: start > end finds nothing, not even the empty needle.
inline size_t find_in(AnyText text, AnyText needle, size_t start, size_t end) {
  if (start > end || start > text.length) return kNotFound;
  size_t at = find(text.slice(start, end), needle);
  return at == kNotFound ? at : at + start;
}
inline size_t rfind_in(AnyText text, AnyText needle, size_t start, size_t end) {
  if (start > end || start > text.length) return kNotFound;
  size_t at = rfind(text.slice(start, end), needle);
  return at == kNotFound ? at : at + start;
}

}  // namespace orochi::text
