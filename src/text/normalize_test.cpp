// Normalisation against the conformance file of the Unicode Character Database, and names in both directions.
#include "text/normalize.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "text/identifiers.h"
#include "text/names.h"

namespace orochi::text {
namespace {

std::u32string normalized(NormalForm form, const std::u32string& s, UnicodeVersion v = UnicodeVersion::Current) {
  CharBuffer out;
  normalize(form, s.data(), s.size(), out, v);
  EXPECT_FALSE(out.failed());
  return std::u32string(out.begin(), out.end());
}

std::u32string parse(const char* field) {
  std::u32string s;
  for (char* end = nullptr;; field = end) {
    unsigned long c = strtoul(field, &end, 16);
    if (end == field) return s;
    s.push_back(static_cast<char32_t>(c));
  }
}

TEST(Normalize, ConformanceFile) {
  FILE* file = fopen(OROCHI_NORMALIZATION_TEST, "r");
  ASSERT_NE(file, nullptr);
  char line[4096];
  size_t rows = 0;
  while (fgets(line, sizeof line, file)) {
    if (line[0] == '#' || line[0] == '@' || line[0] == '\n') continue;
    std::vector<std::u32string> column;
    char* rest = line;
    for (int i = 0; i < 5; i++) {
      char* field = strsep(&rest, ";");
      ASSERT_NE(field, nullptr);
      column.push_back(parse(field));
    }
    bool newer = false;  // the file may describe a later version than ours
    for (const auto& s : column)
      for (char32_t c : s) newer |= record_of(c).category == 0;
    if (newer) continue;
    rows++;
    for (int i = 0; i < 5; i++) {
      int compatible = i < 3 ? 1 : 3;
      EXPECT_EQ(normalized(NormalForm::NFC, column[i]), column[compatible]) << line;
      EXPECT_EQ(normalized(NormalForm::NFD, column[i]), column[compatible + 1]) << line;
      EXPECT_EQ(normalized(NormalForm::NFKC, column[i]), column[3]) << line;
      EXPECT_EQ(normalized(NormalForm::NFKD, column[i]), column[4]) << line;
      EXPECT_EQ(is_normalized(NormalForm::NFC, column[i].data(), column[i].size()), column[i] == column[compatible]);
    }
  }
  fclose(file);
  EXPECT_GT(rows, 19000u);
}

TEST(Normalize, LongRunsOfMarksAreOrderedStably) {
  std::u32string s = U"a";
  for (int i = 0; i < 5000; i++) s += i % 2 ? U'\u0301' : U'\u0323';
  std::u32string expected = U"a" + std::u32string(2500, U'\u0323') + std::u32string(2500, U'\u0301');
  EXPECT_EQ(normalized(NormalForm::NFD, s), expected);
}

TEST(Normalize, OldVersionKeepsItsMistakes) {
  EXPECT_EQ(normalized(NormalForm::NFC, U"\U0002F868"), U"\u36FC");
  EXPECT_EQ(normalized(NormalForm::NFC, U"\U0002F868", UnicodeVersion::V3_2), U"\U0002136A");
}

TEST(Names, RoundTrip) {
  char name[kLongestCharName];
  size_t named = 0;
  for (char32_t c = 0; c <= kMaxChar; c++) {
    size_t n = name_of_char(c, name);
    if (n == 0) continue;
    named++;
    char32_t found[kLongestSequence];
    ASSERT_EQ(chars_by_name({name, n}, NameScope::Characters, found), 1u) << std::string(name, n);
    ASSERT_EQ(found[0], c) << std::string(name, n);
  }
  EXPECT_GT(named, 130000u);
}

TEST(Names, AliasesAndSequencesByScope) {
  char32_t out[kLongestSequence];
  EXPECT_EQ(chars_by_name("line feed", NameScope::Characters, out), 0u);
  ASSERT_EQ(chars_by_name("Line Feed", NameScope::WithAliases, out), 1u);
  EXPECT_EQ(out[0], U'\n');
  EXPECT_EQ(chars_by_name("KEYCAP DIGIT ONE", NameScope::WithAliases, out), 0u);
  EXPECT_EQ(chars_by_name("KEYCAP DIGIT ONE", NameScope::WithAliasesAndSequences, out), 3u);
  for (const char* unknown : {"", "X", "HANGUL SYLLABLE ", "HANGUL SYLLABLE GGGG", "CJK UNIFIED IDEOGRAPH-",
                              "CJK UNIFIED IDEOGRAPH-04E00", "CJK UNIFIED IDEOGRAPH-FFFF", "LATIN  SMALL LETTER A"})
    EXPECT_EQ(chars_by_name(unknown, NameScope::WithAliasesAndSequences, out), 0u) << unknown;
}

TEST(Identifiers, NfkcOfNames) {
  std::string out;
  EXPECT_TRUE(nfkc("\xef\xac\x81x", out));  // fi ligature
  EXPECT_EQ(out, "fix");
  EXPECT_TRUE(nfkc("plain", out));
  EXPECT_EQ(out, "plain");
  EXPECT_FALSE(nfkc("\xff", out));
  EXPECT_FALSE(nfkc("\xed\xa0\x80", out));
  EXPECT_TRUE(is_xid_start('_'));
  EXPECT_FALSE(is_xid_start('1'));
  EXPECT_TRUE(is_xid_continue('1'));
  EXPECT_FALSE(is_xid_start(0x110000));
}

}  // namespace
}  // namespace orochi::text
