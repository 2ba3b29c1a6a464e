// Search, comparison and cutting against naive references, over all mixes of kinds.
#include "text/search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "text/split.h"
#include "text/text_builder.h"
#include "text/units.h"

namespace orochi::text {
namespace {

using String = std::u32string;

// A string stored in units of the given kind; its characters must fit.
struct Stored {
  std::vector<uint8_t> bytes;
  AnyText view;
  Stored(const String& s, Kind kind) : bytes(s.size() * static_cast<size_t>(kind) + 1) {
    copy_units(bytes.data(), kind, AnyText(s.data(), s.size()));
    view = {bytes.data(), s.size(), kind};
  }
};

Kind narrowest(const String& s) {
  char32_t top = 0;
  for (char32_t c : s) top = std::max(top, c);
  return kind_for(top);
}
std::vector<Kind> kinds_of(const String& s) {
  std::vector<Kind> kinds;
  for (Kind k : {Kind::One, Kind::Two, Kind::Four})
    if (k >= narrowest(s)) kinds.push_back(k);
  return kinds;
}
size_t as_index(size_t npos_or_index) { return npos_or_index == String::npos ? kNotFound : npos_or_index; }

void check_search(const String& text, const String& needle) {
  size_t first = as_index(text.find(needle)), last = as_index(text.rfind(needle));
  size_t total = 0;
  if (needle.empty()) {
    total = text.size() + 1;
  } else {
    for (size_t at = 0; (at = text.find(needle, at)) != String::npos; at += needle.size()) total++;
  }
  for (Kind a : kinds_of(text)) {
    for (Kind b : kinds_of(needle)) {
      Stored t(text, a), n(needle, b);
      ASSERT_EQ(find(t.view, n.view), first);
      ASSERT_EQ(rfind(t.view, n.view), last);
      ASSERT_EQ(count(t.view, n.view), total);
      ASSERT_EQ(equal(t.view, n.view), text == needle);
      int order = text.compare(needle);
      ASSERT_EQ(compare(t.view, n.view), order < 0 ? -1 : order > 0);
      ASSERT_EQ(starts_with(t.view, n.view), text.starts_with(needle));
      ASSERT_EQ(ends_with(t.view, n.view), text.ends_with(needle));
    }
  }
}

String random_string(std::mt19937& random, const String& alphabet, size_t longest) {
  String s;
  for (size_t n = random() % (longest + 1); n > 0; n--) s += alphabet[random() % alphabet.size()];
  return s;
}

TEST(Search, RandomAgainstNaive) {
  std::mt19937 random(1);
  const String alphabets[] = {U"ab", U"a\u00e9", U"a\u1234\u0161", U"ab\U00012345\u1234a"};
  for (int i = 0; i < 20000; i++) {
    const String& alphabet = alphabets[random() % 4];
    String text = random_string(random, alphabet, i % 20 == 0 ? 600 : 20);
    check_search(text, random_string(random, alphabet, i % 7 == 0 ? 12 : 3));
  }
}

// Inputs that make naive search quadratic; they reach the two-way matcher.
TEST(Search, PeriodicInputs) {
  std::mt19937 random(2);
  for (int i = 0; i < 16; i++) {
    size_t m = 100 + random() % 900;
    String needle = i % 3 == 0 ? String(m, U'a') + U"b" : i % 3 == 1 ? U"b" + String(m, U'a') : String(m, U'a') + U"b" + String(m, U'a');
    String text;
    for (int j = 0; j < 6; j++) text += String(random() % 4000, U'a') + (random() % 2 ? U"b" : U"");
    if (i % 2) text.insert(random() % (text.size() + 1), needle);
    if (i % 4 > 1) text += U"\u1234";
    check_search(text, needle);
  }
}

TEST(Search, QuadraticInputsAreLinear) {
  constexpr size_t kSize = 2'000'000;
  String text(kSize, U'a'), needle = U"b" + String(kSize / 2, U'a');
  String mirrored = String(kSize / 2, U'a') + U"b" + String(10, U'a');
  Stored t(text, Kind::Two), n(needle, Kind::Two), m(mirrored, Kind::One);
  EXPECT_EQ(find(t.view, n.view), kNotFound);
  EXPECT_EQ(rfind(t.view, n.view), kNotFound);
  EXPECT_EQ(find(t.view, m.view), kNotFound);
  EXPECT_EQ(rfind(t.view, m.view), kNotFound);
}

TEST(Search, CharacterTooWideForTheText) {
  Stored t(U"abc", Kind::One);
  EXPECT_EQ(find_char(t.view, 0x161), kNotFound);  // 0x61 after truncation
  EXPECT_EQ(rfind_char(t.view, 0x10061), kNotFound);
  EXPECT_EQ(count_char(t.view, 0x161), 0u);
}

std::vector<String> pieces(const String& s, const SpanBuffer& spans) {
  std::vector<String> out;
  for (Span span : spans) out.push_back(s.substr(span.start, span.end - span.start));
  return out;
}

TEST(Split, BySeparatorJoinsBack) {
  std::mt19937 random(3);
  for (int i = 0; i < 5000; i++) {
    String text = random_string(random, U"ab\u1234", 15), separator = random_string(random, U"ab", 1) + U"a";
    size_t limit = random() % 4 == 0 ? SIZE_MAX : random() % 4;
    for (bool right : {false, true}) {
      SpanBuffer spans;
      Stored t(text, Kind::Two), sep(separator, Kind::One);
      if (right) rsplit_by(t.view, sep.view, limit, spans);
      else split_by(t.view, sep.view, limit, spans);
      String joined;
      for (const String& piece : pieces(text, spans)) joined += piece + separator;
      joined.resize(joined.size() - separator.size());
      ASSERT_EQ(joined, text);
      ASSERT_LE(spans.size() - 1, limit);
      if (limit == SIZE_MAX) {
        ASSERT_EQ(spans.size(), count(t.view, sep.view) + 1);
      }
    }
  }
}

TEST(Split, WhiteSpaceAndLines) {
  String text = U" a\u2003b\u0085 c\x1c";
  Stored t(text, Kind::Two);
  SpanBuffer spans;
  split_space(t.view, SIZE_MAX, Alphabet::Text, spans);
  EXPECT_EQ(pieces(text, spans), (std::vector<String>{U"a", U"b", U"c"}));
  spans.clear();
  split_space(t.view, 1, Alphabet::Text, spans);
  EXPECT_EQ(pieces(text, spans), (std::vector<String>{U"a", U"b\u0085 c\x1c"}));
  spans.clear();
  rsplit_space(t.view, 1, Alphabet::Text, spans);
  EXPECT_EQ(pieces(text, spans), (std::vector<String>{U" a\u2003b", U"c"}));
  spans.clear();
  split_space(t.view, SIZE_MAX, Alphabet::Bytes, spans);
  EXPECT_EQ(pieces(text, spans), (std::vector<String>{U"a\u2003b\u0085", U"c\x1c"}));
  String lines = U"a\r\nb\n\r\u2028c";
  Stored l(lines, Kind::Four);
  spans.clear();
  split_lines(l.view, LineEnds::Drop, Alphabet::Text, spans);
  EXPECT_EQ(pieces(lines, spans), (std::vector<String>{U"a", U"b", U"", U"", U"c"}));
  spans.clear();
  split_lines(l.view, LineEnds::Keep, Alphabet::Bytes, spans);
  EXPECT_EQ(pieces(lines, spans), (std::vector<String>{U"a\r\n", U"b\n", U"\r", U"\u2028c"}));
}

TEST(Split, StripSides) {
  String text = U"xxa\u1234bx\u1234";
  Stored t(text, Kind::Two), chars(U"x\u1234", Kind::Two);
  Span s = strip_chars(t.view, chars.view, Side::Both);
  EXPECT_EQ(s.start, 2u);
  EXPECT_EQ(s.end, 5u);
  s = strip_chars(t.view, chars.view, Side::Left);
  EXPECT_EQ(s.end, text.size());
  s = strip_chars(t.view, t.view, Side::Both);
  EXPECT_EQ(s.start, s.end);
}

TEST(Units, KindsAndCopies) {
  std::mt19937 random(4);
  for (char32_t top : {0x7Fu, 0xFFu, 0xFFFFu, 0x10FFFFu}) {
    for (size_t n : {size_t{1}, size_t{7}, size_t{300}, size_t{1000}}) {
      String s(n, U'a');
      s[random() % n] = top;
      for (Kind k : kinds_of(s)) {
        Stored stored(s, k);
        EXPECT_EQ(max_char_class(stored.view), top);
        TextBuilder builder;
        for (char32_t c : s) builder.push(c);
        EXPECT_EQ(builder.kind(), narrowest(s));
        EXPECT_TRUE(equal(builder.view(), stored.view));
        EXPECT_EQ(builder.max_char_class(), top);
      }
    }
  }
}

TEST(Units, StridedCopy) {
  Stored t(U"abcdefg", Kind::One);
  char32_t out[4];
  copy_strided(out, Kind::Four, t.view, 6, -2, 4);
  EXPECT_EQ(String(out, 4), U"geca");
}

}  // namespace
}  // namespace orochi::text
