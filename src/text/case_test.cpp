// Case mapping, the is…() questions, character properties, and the hash.
#include "text/case.h"

#include <gtest/gtest.h>

#include <string>

#include "text/unicode_data.h"
#include "text/units.h"

namespace orochi::text {
namespace {

using String = std::u32string;

String mapped(Casing casing, const String& s) {
  CharBuffer out;
  map_case(casing, AnyText(s.data(), s.size()), out);
  return String(out.begin(), out.end());
}
bool test(TextTest question, const String& s) { return test_text(question, AnyText(s.data(), s.size())); }

TEST(Case, FullMappings) {
  EXPECT_EQ(mapped(Casing::Upper, U"stra\u00dfe \ufb01"), U"STRASSE FI");
  EXPECT_EQ(mapped(Casing::Lower, U"\u0130"), U"i\u0307");
  EXPECT_EQ(mapped(Casing::Title, U"\u01c6a they're"), U"\u01c5a They'Re");
  EXPECT_EQ(mapped(Casing::Fold, U"\u1e9e\u00b5"), U"ss\u03bc");
  EXPECT_EQ(mapped(Casing::Swap, U"aB\u00df"), U"AbSS");
  EXPECT_EQ(mapped(Casing::Capitalize, U"\ufb01 X"), U"Fi x");
}

TEST(Case, FinalSigma) {
  EXPECT_EQ(mapped(Casing::Lower, U"A\u03a3"), U"a\u03c2");
  EXPECT_EQ(mapped(Casing::Lower, U"\u03a3"), U"\u03c3");
  EXPECT_EQ(mapped(Casing::Lower, U"A\u03a3B"), U"a\u03c3b");
  EXPECT_EQ(mapped(Casing::Lower, U"A.\u03a3. "), U"a.\u03c2. ");
  EXPECT_EQ(mapped(Casing::Lower, U"A\u03a3.B"), U"a\u03c3.b");
}

TEST(Case, AsciiAgreesWithUnicode) {
  uint8_t all[128];
  String text;
  for (int i = 0; i < 128; i++) all[i] = static_cast<uint8_t>(i), text += static_cast<char32_t>(i);
  for (Casing casing : {Casing::Upper, Casing::Lower, Casing::Title, Casing::Swap, Casing::Capitalize, Casing::Fold}) {
    uint8_t out[128];
    map_case_ascii(casing, all, 128, out);
    EXPECT_EQ(String(out, out + 128), mapped(casing, text)) << static_cast<int>(casing);
  }
}

TEST(Case, Questions) {
  EXPECT_TRUE(test(TextTest::Printable, U""));
  for (TextTest q : {TextTest::Alpha, TextTest::Alnum, TextTest::Lower, TextTest::Space, TextTest::Identifier})
    EXPECT_FALSE(test(q, U""));
  EXPECT_TRUE(test(TextTest::Decimal, U"\u0663"));
  EXPECT_TRUE(test(TextTest::Digit, U"\u00b2"));
  EXPECT_FALSE(test(TextTest::Decimal, U"\u00b2"));
  EXPECT_TRUE(test(TextTest::Numeric, U"\u00bd\u4e03"));
  EXPECT_TRUE(test(TextTest::Space, U"\u2003\x1c\u0085"));
  EXPECT_FALSE(test(TextTest::Space, U"\u200b"));
  EXPECT_TRUE(test(TextTest::Title, U"The \u01c5 X"));
  EXPECT_FALSE(test(TextTest::Title, U"THe"));
  EXPECT_FALSE(test(TextTest::Lower, U"1"));
  EXPECT_TRUE(test(TextTest::Lower, U"a\u00aa1"));
  EXPECT_TRUE(test(TextTest::Identifier, U"_\u00e91"));
  EXPECT_FALSE(test(TextTest::Identifier, U"1a"));
  EXPECT_FALSE(test(TextTest::Printable, U"a\u00ad"));
}

TEST(UnicodeData, Properties) {
  EXPECT_STREQ(category(0x295), "Ll");  // "Lo" since 17.0
  EXPECT_STREQ(category(0x378), "Cn");
  EXPECT_STREQ(bidirectional(0x5D0), "R");
  EXPECT_STREQ(east_asian_width(0x4E00), "W");
  double value;
  EXPECT_TRUE(numeric_value(0xBD, value));
  EXPECT_EQ(value, 0.5);
  EXPECT_FALSE(numeric_value('a', value));
  EXPECT_EQ(decimal_value(0x667), 7);
  EXPECT_EQ(digit_value('a'), -1);
  Decomposition d = decomposition(0xFB01);
  EXPECT_STREQ(d.tag, "<compat>");
  ASSERT_EQ(d.length, 2u);
  EXPECT_EQ(d.chars[1], static_cast<uint32_t>('i'));
  EXPECT_STREQ(properties_3_2(0xAA).category, "Ll");
  EXPECT_FALSE(properties_3_2(0x1F600).assigned);
}

TEST(Hash, SipHash13IsRepresentationIndependentAndKeyed) {
  // With the key zero, as for PYTHONHASHSEED=0.
  EXPECT_EQ(siphash13({}, "abc", 3), 13851880170939887858u);
  EXPECT_EQ(hash_text({}, AnyText()), 0u);
  EXPECT_NE(siphash13({1, 2}, "abc", 3), siphash13({}, "abc", 3));
}

}  // namespace
}  // namespace orochi::text
