// Whole-string kernels over code units: widest character, copies between kinds, comparison, hash.
#pragma once

#include "base/hash.h"
#include "text/view.h"

namespace orochi::text {

// An upper bound of the characters that decides the kind: at least the widest, below 0x80, 0x100, 0x10000 or 0x110000
// exactly if the widest is.
char32_t max_char_class(AnyText text);
inline bool is_ascii(AnyText text) { return max_char_class(text) < 0x80; }

// Copies `text` into units of `kind`; every character must fit.
void copy_units(void* to, Kind kind, AnyText text);
// Sets `count` units to c.
void fill_units(void* to, Kind kind, size_t count, char32_t c);
// Address of unit i of a buffer.
inline void* unit_at(void* data, Kind kind, size_t i) { return static_cast<char*>(data) + i * static_cast<size_t>(kind); }

// Writes every step-th character from `start`, `count` of them (extended slices; step may be negative).
void copy_strided(void* to, Kind kind, AnyText text, size_t start, ptrdiff_t step, size_t count);

// Code point order, kinds may differ.
bool equal(AnyText a, AnyText b);
int compare(AnyText a, AnyText b);
bool starts_with(AnyText text, AnyText prefix);
bool ends_with(AnyText text, AnyText suffix);

// Hash of the units of canonical text (and of bytes). Empty text hashes to 0.
inline uint64_t hash_text(HashKey key, AnyText canonical) {
  return canonical.length == 0 ? 0 : siphash13(key, canonical.data, canonical.size_bytes());
}

}  // namespace orochi::text
