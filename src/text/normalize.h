// Unicode normalisation (UAX #15): decompose, order by combining class, compose. Hangul is arithmetic.
#pragma once

#include <cstddef>

#include "text/buffer.h"
#include "text/unicode_data.h"

namespace orochi::text {

enum class UnicodeVersion { Current, V3_2 };

// Appends the normalisation of the text to `out`; see Buffer::failed().
void normalize(NormalForm form, const char32_t* text, size_t length, CharBuffer& out,
               UnicodeVersion version = UnicodeVersion::Current);

// Quick check first; normalises only when that says "maybe". Out of memory answers false.
bool is_normalized(NormalForm form, const char32_t* text, size_t length,
                   UnicodeVersion version = UnicodeVersion::Current);

// What the quick check alone says (current version).
QuickCheck quick_check(NormalForm form, const char32_t* text, size_t length);

// The two or three jamo of a Hangul syllable; 0 if c is not one.
size_t hangul_decomposition(char32_t c, char32_t (&out)[3]);

// The primary composite of the pair, 0 if there is none. Hangul not included.
char32_t compose_pair(char32_t first, char32_t second);

}  // namespace orochi::text
