// Access to the generated property tables. Everything here is read-only data and a table walk or a binary search.
#include "text/unicode_data.h"

#include <algorithm>

#include "base/check.h"
#include "text/normalize.h"

namespace orochi::text {

#include "unicode_tables.inc"

namespace {
template <typename T>
const T* rows(const uint64_t* words) {
  return reinterpret_cast<const T*>(words);
}
}  // namespace

bool numeric_value(char32_t c, double& value) {
  uint16_t index = record_of(c).numeric;
  value = rows<double>(kNumericValueWords)[index];
  return index != 0;
}

int full_case(char32_t c, CaseMap map, char32_t out[3]) {
  const CharRecord& r = record_of(c);
  if (r.flags & kFullCase) {
    const FullCase* first = rows<FullCase>(kFullCaseRowWords);
    const FullCase* last = first + kFullCaseRowCount;
    const FullCase* row = std::lower_bound(first, last, c, [&](const FullCase& a, char32_t code) {
      return a.code_point != code ? a.code_point < code : a.map < map;
    });
    if (row != last && row->code_point == c && row->map == map) {
      for (int i = 0; i < row->length; i++) out[i] = row->chars[i];
      return row->length;
    }
  }
  int32_t delta = map == CaseMap::Upper ? r.upper : map == CaseMap::Lower ? r.lower : map == CaseMap::Title ? r.title : r.fold;
  out[0] = c + static_cast<char32_t>(delta);
  return 1;
}

Decomposition decomposition(char32_t c) {
  if (!(record_of(c).flags & kDecomposes)) return {"", nullptr, 0};
  const uint16_t* stage1 = rows<uint16_t>(kDecompositionStage1Words);
  const uint16_t* stage2 = rows<uint16_t>(kDecompositionStage2Words);
  size_t block = stage1[c >> kRecordShift];
  uint16_t at = stage2[(block << kRecordShift) | (c & ((1u << kRecordShift) - 1))];
  const uint32_t* row = rows<uint32_t>(kDecompositionWords) + at;
  return {kDecompositionTags[row[0] >> 8], row + 1, row[0] & 0xFF};
}

char32_t compose_pair(char32_t first, char32_t second) {
  const Composition* begin = rows<Composition>(kCompositionRowWords);
  const Composition* end = begin + kCompositionRowCount;
  const Composition* row = std::lower_bound(begin, end, first, [&](const Composition& a, char32_t f) {
    return a.first != f ? a.first < f : a.second < second;
  });
  return row != end && row->first == first && row->second == second ? row->composite : 0;
}

Properties32 properties_3_2(char32_t c) {
  const CharRecord& r = record_of(c);
  if (!(r.flags & kIn32)) {
    // Characters of later versions are unassigned; those still unassigned keep today's default width,
    // and digit() has always answered from today's table.
    const char* width = r.category == 0 ? kEastAsianWidthNames[r.east_asian_width] : "N";
    return {false, "Cn", "", width, 0, false, -1, digit_value(c), false, 0.0};
  }
  Properties32 p{true, kCategoryNames[r.category], kBidirectionalNames[r.bidirectional],
                 kEastAsianWidthNames[r.east_asian_width], r.combining, (r.flags & kMirrored) != 0,
                 decimal_value(c), digit_value(c), false, 0.0};
  uint16_t numeric = r.numeric;
  if (r.flags & kChanged32) {
    const Change32* first = rows<Change32>(kChange32RowWords);
    const Change32* last = first + kChange32RowCount;
    const Change32* row =
        std::lower_bound(first, last, c, [](const Change32& a, char32_t code) { return a.code_point < code; });
    DCHECK(row != last && row->code_point == c);
    p.category = kCategoryNames[row->category];
    p.bidirectional = kBidirectionalNames[row->bidirectional];
    p.mirrored = row->mirrored;
    p.east_asian_width = kEastAsianWidthNames[row->east_asian_width];
    p.decimal = row->decimal == kNoDigit ? -1 : row->decimal;
    numeric = row->numeric;
  }
  p.has_numeric = numeric != 0;
  p.numeric = rows<double>(kNumericValueWords)[numeric];
  return p;
}

char32_t original_decomposition_3_2(char32_t c) {
  const uint32_t* pairs = rows<uint32_t>(kOriginal32Words);
  for (size_t i = 0; i < kOriginal32Count; i += 2)
    if (pairs[i] == c) return pairs[i + 1];
  return 0;
}

}  // namespace orochi::text
