// replace(), translate() and zfill(): size first, then write in place.
#pragma once

#include "text/text_builder.h"
#include "text/view.h"

namespace orochi::text {

// What text.replace(old, with, limit) amounts to.
struct ReplacePlan {
  size_t count;   // replacements to make; 0: the result is the text itself
  size_t length;  // of the result
};
// False: the result would not fit an index.
bool plan_replace(AnyText text, AnyText old, AnyText with, size_t limit, ReplacePlan& plan);
// `kind` holds every character of the text and of `with`.
void write_replaced(AnyText text, AnyText old, AnyText with, const ReplacePlan& plan, void* out, Kind kind);

// bytes.translate: `out` has room for `size`; returns the bytes written. `drop` may be null, as may `table` (identity).
struct ByteSet {
  uint64_t bits[4] = {};
  void add(uint8_t b) { bits[b >> 6] |= uint64_t{1} << (b & 63); }
  bool has(uint8_t b) const { return bits[b >> 6] >> (b & 63) & 1; }
};
size_t translate_bytes(const uint8_t* in, size_t size, const uint8_t* table, const ByteSet* drop, uint8_t* out);

// str.translate: a memory of what the mapping answered for characters below 128, so that each is asked for once.
class TranslateCache {
 public:
  static constexpr uint32_t kAsk = 0xFFFFFFFF;   // not asked yet, or the answer is not one character
  static constexpr uint32_t kDrop = 0xFFFFFFFE;  // mapped to None
  TranslateCache() {
    for (uint32_t& e : entries_) e = kAsk;
  }
  void remember(char32_t c, uint32_t answer) {
    if (c < 128) entries_[c] = answer;
  }
  // Appends what is known from `position` on; returns the index of the first character to ask about, or the length.
  size_t run(AnyText text, size_t position, TextBuilder& out) const;

 private:
  uint32_t entries_[128];
};

// zfill: where the zeros go, 1 after a sign, else 0.
inline size_t zfill_position(AnyText text) {
  return text.length > 0 && (text[0] == '+' || text[0] == '-') ? 1 : 0;
}

}  // namespace orochi::text
