// Character names in both directions (Unicode 16.0), with the algorithmic families, Hangul syllables, aliases and named
// sequences. Lookups ignore the case of ASCII letters and nothing else.
#pragma once

#include <cstddef>
#include <string_view>

#include "text/buffer.h"

namespace orochi::text {

inline constexpr size_t kLongestCharName = 128;

// Writes the name of c into `out`; returns its length, 0 if c has none (controls, private use, unassigned).
size_t name_of_char(char32_t c, char (&out)[kLongestCharName]);

enum class NameScope {
  Characters,            // ucd_3_2_0.lookup
  WithAliases,           // \N{...}
  WithAliasesAndSequences,  // unicodedata.lookup
};

// Longest named sequence has 4 characters. Returns how many characters `name` stands for, 0 if unknown.
inline constexpr size_t kLongestSequence = 8;
size_t chars_by_name(std::string_view name, NameScope scope, char32_t (&out)[kLongestSequence]);

}  // namespace orochi::text
