// Layout of the generated Unicode tables, shared by their generator (tools/unicode_tables.cpp) and their reader
// (unicode_data.cpp). Every code point maps through a two-stage table to one of a few hundred distinct CharRecords.
// Tables are emitted as 64-bit words because clang compiles those several times faster than byte lists.
#pragma once

#include <bit>
#include <cstdint>

namespace orochi::text {

static_assert(std::endian::native == std::endian::little, "generated tables are little-endian words");

inline constexpr char32_t kMaxChar = 0x10FFFF;
inline constexpr int kRecordShift = 7;  // block = code point >> kRecordShift

enum CharFlag : uint32_t {
  kAlpha = 1u << 0,          // general category L*
  kDecimal = 1u << 1,        // has a decimal digit value
  kDigit = 1u << 2,          // has a digit value
  kNumeric = 1u << 3,        // has a numeric value
  kSpace = 1u << 4,          // bidirectional WS, B or S, or category Zs
  kLineBreak = 1u << 5,      // ends a line for str.splitlines
  kLower = 1u << 6,          // Lowercase
  kUpper = 1u << 7,          // Uppercase
  kTitle = 1u << 8,          // category Lt
  kPrintable = 1u << 9,      // not C*, not Z* except U+0020
  kXidStart = 1u << 10,      // XID_Start, and '_'
  kXidContinue = 1u << 11,   // XID_Continue
  kCased = 1u << 12,         // Cased
  kCaseIgnorable = 1u << 13, // Case_Ignorable
  kMirrored = 1u << 14,      // Bidi_Mirrored
  kFullCase = 1u << 15,      // some full case mapping has a row in the full-case table
  kIn32 = 1u << 16,          // assigned in Unicode 3.2.0
  kComposesFirst = 1u << 17, // first half of some primary composite
  kComposesSecond = 1u << 18,// second half of some primary composite
  kDecomposes = 1u << 19,    // has a decomposition mapping
  kChanged32 = 1u << 20,     // has a row in the table of 3.2.0 differences
};

// Two bits a form in CharRecord::quick_check, at 2 * form.
enum class NormalForm : uint8_t { NFD, NFC, NFKD, NFKC };
enum QuickCheck : uint8_t { kQuickYes = 0, kQuickMaybe = 1, kQuickNo = 2 };

struct CharRecord {
  uint32_t flags;
  int32_t upper, lower, title, fold;  // to be added to the code point: simple mappings; fold is the common (C) folding
  uint8_t category;                   // index into kCategoryNames
  uint8_t bidirectional;              // index into kBidirectionalNames
  uint8_t combining;                  // canonical combining class
  uint8_t east_asian_width;           // index into kEastAsianWidthNames
  uint8_t decimal, digit;             // kNoDigit: none
  uint8_t quick_check;
  uint8_t reserved;
  uint16_t numeric;  // index into the table of numeric values; 0: none
  uint16_t reserved2;
};
static_assert(sizeof(CharRecord) == 32);
inline constexpr uint8_t kNoDigit = 0xFF;

enum class CaseMap : uint8_t { Upper, Lower, Title, Fold };

// One full mapping that differs from the simple one; sorted by (code point, map).
struct FullCase {
  uint32_t code_point;
  CaseMap map;
  uint8_t length;  // 1..3
  uint16_t reserved;
  uint32_t chars[3];
};
static_assert(sizeof(FullCase) == 20);

// What unicodedata.ucd_3_2_0 answers where it differs from the current version.
struct Change32 {
  uint32_t code_point;
  uint8_t category, bidirectional, mirrored, east_asian_width;
  uint8_t decimal, reserved;
  uint16_t numeric;
};
static_assert(sizeof(Change32) == 12);

struct Composition {
  uint32_t first, second, composite;  // sorted by (first, second)
};

// Names that are a prefix and the code point in hexadecimal.
struct NameFamily {
  uint32_t first, last;
  uint32_t prefix;  // index into kNameFamilyPrefixes
};

// A run of consecutive code points with consecutive name numbers.
struct NameRun {
  uint32_t first, count, name;
};

inline constexpr const char* kCategoryNames[] = {"Cn", "Lu", "Ll", "Lt", "Mn", "Mc", "Me", "Nd", "Nl", "No",
                                                 "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Lm", "Lo", "Pc",
                                                 "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So"};
inline constexpr const char* kBidirectionalNames[] = {"",   "L",  "LRE", "LRO", "R", "AL", "RLE", "RLO",
                                                      "PDF", "EN", "ES",  "ET",  "AN", "CS", "NSM", "BN",
                                                      "B",  "S",  "WS",  "ON",  "LRI", "RLI", "FSI", "PDI"};
inline constexpr const char* kEastAsianWidthNames[] = {"N", "A", "F", "H", "Na", "W"};

// Tags of compatibility decompositions; index 0 is canonical.
inline constexpr const char* kDecompositionTags[] = {
    "",          "<font>",   "<noBreak>", "<initial>", "<medial>", "<final>", "<isolated>", "<circle>", "<super>",
    "<sub>",     "<vertical>", "<wide>",  "<narrow>",  "<small>",  "<square>", "<fraction>", "<compat>"};

// FNV-1a over the upper-case name.
inline constexpr uint32_t name_hash_step(uint32_t h, unsigned char c) { return (h ^ c) * 16777619u; }
inline constexpr uint32_t kNameHashSeed = 2166136261u;

}  // namespace orochi::text
