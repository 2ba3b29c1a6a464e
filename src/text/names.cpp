// Names are stored as sequences of tokens of a shared lexicon (frequent tokens take one byte), and found by an open
// hash table of name numbers. Numbers below kFirstAlias are characters in code point order, then aliases, then
// sequences. Families ("CJK UNIFIED IDEOGRAPH-4E00") and Hangul syllables are computed.
#include "text/names.h"

#include <algorithm>
#include <cstdio>

#include "text/identifiers.h"
#include "text/unicode_data.h"

namespace orochi::text {

namespace {
#include "unicode_names.inc"

static_assert(kLongestName < kLongestCharName);

template <typename T>
const T* rows(const uint64_t* words) {
  return reinterpret_cast<const T*>(words);
}

constexpr const char* kLead[] = {"G", "GG", "N", "D", "DD", "R", "M", "B", "BB", "S", "SS", "", "J", "JJ", "C", "K",
                                 "T", "P", "H"};
constexpr const char* kVowel[] = {"A", "AE", "YA", "YAE", "EO", "E", "YEO", "YE", "O", "WA", "WAE",
                                  "OE", "YO", "U", "WEO", "WE", "WI", "YU", "EU", "YI", "I"};
constexpr const char* kTrail[] = {"",  "G",  "GG", "GS", "N", "NJ", "NH", "D", "L",  "LG", "LM", "LB", "LS", "LT",
                                  "LP", "LH", "M",  "B",  "BS", "S", "SS", "NG", "J", "C",  "K",  "T",  "P",  "H"};
constexpr std::string_view kHangul = "HANGUL SYLLABLE ";
constexpr char32_t kHangulBase = 0xAC00, kHangulCount = 11172;

unsigned char upper(char c) {
  auto u = static_cast<unsigned char>(c);
  return u >= 'a' && u <= 'z' ? u - 32 : u;
}

bool equal_ignoring_case(std::string_view a, std::string_view upper_case) {
  if (a.size() != upper_case.size()) return false;
  for (size_t i = 0; i < a.size(); i++)
    if (upper(a[i]) != static_cast<unsigned char>(upper_case[i])) return false;
  return true;
}

size_t decode_name(uint32_t number, char (&out)[kLongestCharName]) {
  const uint8_t* p = rows<uint8_t>(kEncodedNameWords) + rows<uint32_t>(kEncodedStartWords)[number / kNameStride];
  for (uint32_t skip = number % kNameStride; skip > 0; skip--) p += 1 + *p;
  const uint8_t* end = p + 1 + *p;
  p++;
  size_t length = 0;
  bool space = false;
  while (p < end) {
    uint32_t id = *p++;
    if (id >= kShortTokens) id = kShortTokens + (id - kShortTokens) * 256 + *p++;
    uint32_t first = rows<uint32_t>(kTokenStartWords)[id], last = rows<uint32_t>(kTokenStartWords)[id + 1];
    if (space) out[length++] = ' ';
    memcpy(out + length, rows<char>(kTokenTextWords) + first, last - first);
    length += last - first;
    char c = out[length - 1];
    space = c != '-' && c != ' ';
  }
  return length;
}

char32_t char_of_number(uint32_t number) {
  const NameRun* first = rows<NameRun>(kNameRunRowWords);
  const NameRun* run = std::upper_bound(first, first + kNameRunRowCount, number,
                                        [](uint32_t n, const NameRun& r) { return n < r.name; }) - 1;
  return run->first + (number - run->name);
}

// Longest match of one of `parts` at the start of `s`.
template <size_t N>
int take_part(std::string_view& s, const char* const (&parts)[N]) {
  int best = -1;
  size_t best_length = 0;
  for (size_t i = 0; i < N; i++) {
    std::string_view part = parts[i];
    if ((best < 0 || part.size() > best_length) && equal_ignoring_case(s.substr(0, part.size()), part))
      best = static_cast<int>(i), best_length = part.size();
  }
  s.remove_prefix(best_length);
  return best;
}

bool hangul_by_name(std::string_view name, char32_t& out) {
  if (!equal_ignoring_case(name.substr(0, kHangul.size()), kHangul)) return false;
  name.remove_prefix(kHangul.size());
  int l = take_part(name, kLead);
  int v = take_part(name, kVowel);
  int t = take_part(name, kTrail);
  if (l < 0 || v < 0 || t < 0 || !name.empty()) return false;
  out = kHangulBase + (l * 21 + v) * 28 + t;
  return true;
}

bool family_by_name(std::string_view name, char32_t& out) {
  for (size_t p = 0; p < std::size(kNameFamilyPrefixes); p++) {
    std::string_view prefix = kNameFamilyPrefixes[p];
    if (name.size() < prefix.size() + 4 || name.size() > prefix.size() + 5 ||
        !equal_ignoring_case(name.substr(0, prefix.size()), prefix))
      continue;
    char32_t value = 0;
    for (char ch : name.substr(prefix.size())) {
      unsigned char u = upper(ch);
      if (u >= '0' && u <= '9') value = value * 16 + (u - '0');
      else if (u >= 'A' && u <= 'F') value = value * 16 + (u - 'A' + 10);
      else return false;
    }
    if (name[prefix.size()] == '0') return false;
    const NameFamily* row = rows<NameFamily>(kNameFamilyRowWords);
    for (size_t i = 0; i < kNameFamilyRowCount; i++, row++) {
      if (row->prefix == p && value >= row->first && value <= row->last) {
        out = value;
        return true;
      }
    }
  }
  return false;
}

}  // namespace

size_t name_of_char(char32_t c, char (&out)[kLongestCharName]) {
  if (c - kHangulBase < kHangulCount) {
    char32_t index = c - kHangulBase;
    return static_cast<size_t>(snprintf(out, sizeof out, "HANGUL SYLLABLE %s%s%s", kLead[index / 588],
                                        kVowel[index % 588 / 28], kTrail[index % 28]));
  }
  const NameFamily* family = rows<NameFamily>(kNameFamilyRowWords);
  for (size_t i = 0; i < kNameFamilyRowCount; i++, family++) {
    if (c < family->first || c > family->last) continue;
    // unicodedata.name() of 3.14 knows no Tangut ideographs, though lookup() does.
    if (std::string_view(kNameFamilyPrefixes[family->prefix]).starts_with("TANGUT IDEOGRAPH")) return 0;
    return static_cast<size_t>(snprintf(out, sizeof out, "%s%04X", kNameFamilyPrefixes[family->prefix].data(),
                                          static_cast<unsigned>(c)));
  }
  const NameRun* first = rows<NameRun>(kNameRunRowWords);
  const NameRun* run = std::upper_bound(first, first + kNameRunRowCount, c,
                                        [](char32_t code, const NameRun& r) { return code < r.first; });
  if (run == first) return 0;
  run--;
  if (c - run->first >= run->count) return 0;
  return decode_name(run->name + (c - run->first), out);
}

size_t chars_by_name(std::string_view name, NameScope scope, char32_t (&out)[kLongestSequence]) {
  if (name.empty() || name.size() >= kLongestCharName) return 0;
  if (hangul_by_name(name, out[0]) || family_by_name(name, out[0])) return 1;
  uint32_t h = kNameHashSeed;
  for (char c : name) h = name_hash_step(h, upper(c));
  h ^= h >> 15;
  const uint16_t* buckets = rows<uint16_t>(kNameBucketWords);
  char stored[kLongestCharName];
  for (;; h++) {
    uint32_t number = buckets[h % kNameBucketCount];
    if (number == 0) return 0;
    number--;
    size_t length = decode_name(number, stored);
    if (!equal_ignoring_case(name, {stored, length})) continue;
    if (number < kFirstAlias) {
      out[0] = char_of_number(number);
      return 1;
    }
    if (number < kFirstSequence) {
      if (scope == NameScope::Characters) return 0;
      out[0] = rows<uint32_t>(kAliasCharWords)[number - kFirstAlias];
      return 1;
    }
    if (scope != NameScope::WithAliasesAndSequences) return 0;
    const uint32_t* starts = rows<uint32_t>(kSequenceStartWords) + (number - kFirstSequence);
    size_t count = std::min<size_t>(starts[1] - starts[0], kLongestSequence);
    for (size_t i = 0; i < count; i++) out[i] = rows<uint32_t>(kSequenceCharWords)[starts[0] + i];
    return count;
  }
}

bool char_by_name(std::string_view name, char32_t& out) {
  char32_t chars[kLongestSequence];
  if (chars_by_name(name, NameScope::WithAliases, chars) != 1) return false;
  out = chars[0];
  return true;
}

}  // namespace orochi::text
