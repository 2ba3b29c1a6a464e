// Codecs: round trips, error ranges and reasons, handlers, incremental decoding cut at every place.
#include "text/codecs.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "text/escape.h"
#include "text/utf8.h"

namespace orochi::text {
namespace {

using String = std::u32string;

String chars_of(AnyText text) {
  String s;
  for (size_t i = 0; i < text.length; i++) s += text[i];
  return s;
}

String decoded(Codec codec, std::string_view bytes, ErrorHandler handler = ErrorHandler::Strict) {
  DecodeState state(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  TextBuilder out;
  CodecError error;
  EXPECT_EQ(decode(codec, handler, state, out, error), Outcome::Done);
  EXPECT_EQ(state.position, bytes.size());
  return chars_of(out.view());
}

std::string encoded(Codec codec, const String& text, ErrorHandler handler = ErrorHandler::Strict) {
  EncodeState state(AnyText(text.data(), text.size()));
  ByteBuffer out;
  CodecError error;
  EXPECT_EQ(encode(codec, handler, state, out, error), Outcome::Done);
  return std::string(out.begin(), out.end());
}

String random_text(std::mt19937& random, size_t n) {
  String s;
  while (s.size() < n) {
    static constexpr char32_t kTops[] = {0x80, 0x100, 0x800, 0x10000, 0x110000};
    char32_t c = random() % kTops[random() % 5];
    if (c - 0xD800 >= 0x800) s += c;
  }
  return s;
}

constexpr Codec kLossless[] = {Codec::Utf8, Codec::Utf16, Codec::Utf16LE, Codec::Utf16BE, Codec::Utf32, Codec::Utf32LE,
                               Codec::Utf32BE, Codec::UnicodeEscape, Codec::Utf7};

TEST(Codecs, RoundTrip) {
  std::mt19937 random(1);
  for (int i = 0; i < 400; i++) {
    String s = random_text(random, random() % 40);
    for (Codec codec : kLossless) ASSERT_EQ(decoded(codec, encoded(codec, s)), s) << static_cast<int>(codec);
  }
}

// Cutting the input anywhere and decoding the parts incrementally gives the same text.
TEST(Codecs, IncrementalAtEveryCut) {
  std::mt19937 random(2);
  for (int i = 0; i < 40; i++) {
    String s = random_text(random, 12);
    for (Codec codec : kLossless) {
      std::string bytes = encoded(codec, s);
      for (size_t cut = 0; cut <= bytes.size(); cut++) {
        TextBuilder out;
        CodecError error;
        DecodeState first(reinterpret_cast<const uint8_t*>(bytes.data()), cut);
        first.final = false;
        ASSERT_EQ(decode(codec, ErrorHandler::Strict, first, out, error), Outcome::Done);
        DecodeState rest(first.data + first.position, bytes.size() - first.position);
        rest.byte_order = first.byte_order;
        ASSERT_EQ(decode(codec, ErrorHandler::Strict, rest, out, error), Outcome::Done);
        ASSERT_EQ(chars_of(out.view()), s) << static_cast<int>(codec) << " cut at " << cut;
      }
    }
  }
}

struct BadInput {
  Codec codec;
  std::string_view bytes;
  size_t start, end;
  const char* reason;
};

TEST(Codecs, ErrorRangesAndReasons) {
  using namespace std::string_view_literals;
  const BadInput kRows[] = {
      {Codec::Utf8, "a\x80", 1, 2, "invalid start byte"},
      {Codec::Utf8, "\xc0\x80", 0, 1, "invalid start byte"},
      {Codec::Utf8, "\xe2\x82", 0, 2, "unexpected end of data"},
      {Codec::Utf8, "\xe2\x82z", 0, 2, "invalid continuation byte"},
      {Codec::Utf8, "\xed\xa0\x80", 0, 1, "invalid continuation byte"},
      {Codec::Utf8, "\xf4\x90\x80\x80", 0, 1, "invalid continuation byte"},
      {Codec::Utf8, "\xf0\x9f\x98", 0, 3, "unexpected end of data"},
      {Codec::Ascii, "ab\xff", 2, 3, "ordinal not in range(128)"},
      {Codec::Utf16LE, "\0\xd8"sv, 0, 2, "unexpected end of data"},
      {Codec::Utf16LE, "\0\xd8\0"sv, 0, 3, "unexpected end of data"},
      {Codec::Utf16LE, "\0\xd8z\0"sv, 0, 2, "illegal UTF-16 surrogate"},
      {Codec::Utf16BE, "\xdc\0"sv, 0, 2, "illegal encoding"},
      {Codec::Utf16, "\xff\xfez", 2, 3, "truncated data"},
      {Codec::Utf32LE, "\0\0\x11\0"sv, 0, 4, "code point not in range(0x110000)"},
      {Codec::Utf32BE, "\0\0\xd8\0"sv, 0, 4, "code point in surrogate code point range(0xd800, 0xe000)"},
      {Codec::UnicodeEscape, "\\", 0, 1, "\\ at end of string"},
      {Codec::UnicodeEscape, "\\x1g", 0, 3, "truncated \\xXX escape"},
      {Codec::UnicodeEscape, "a\\U00110000", 1, 11, "illegal Unicode character"},
      {Codec::UnicodeEscape, "\\N{no such}", 0, 11, "unknown Unicode character name"},
      {Codec::UnicodeEscape, "\\N{}", 0, 3, "malformed \\N character escape"},
      {Codec::RawUnicodeEscape, "\\U00110000", 0, 10, "\\Uxxxxxxxx out of range"},
      {Codec::Utf7, "+A-", 0, 3, "partial character in shift sequence"},
      {Codec::Utf7, "x+!", 1, 3, "ill-formed sequence"},
      {Codec::Utf7, "\x80", 0, 1, "unexpected special character"},
      {Codec::Utf7, "+AGEA", 0, 5, "unterminated shift sequence"},
  };
  for (const BadInput& row : kRows) {
    DecodeState state(reinterpret_cast<const uint8_t*>(row.bytes.data()), row.bytes.size());
    TextBuilder out;
    CodecError error;
    ASSERT_EQ(decode(row.codec, ErrorHandler::Strict, state, out, error), Outcome::Error) << row.reason;
    EXPECT_EQ(error.start, row.start) << row.reason;
    EXPECT_EQ(error.end, row.end) << row.reason;
    EXPECT_STREQ(error.reason, row.reason);
  }
}

TEST(Codecs, Handlers) {
  EXPECT_EQ(decoded(Codec::Utf8, "a\xff\xe2\x82z", ErrorHandler::Replace), U"a\uFFFD\uFFFDz");
  EXPECT_EQ(decoded(Codec::Utf8, "a\xffz", ErrorHandler::BackslashReplace), U"a\\xffz");
  EXPECT_EQ(decoded(Codec::Utf8, "\xed\xa0\x80", ErrorHandler::SurrogatePass), String(1, 0xD800));
  String surrogates{U'a', 0xD800, 0xDC80, U'b'};
  EXPECT_EQ(encoded(Codec::Utf8, surrogates, ErrorHandler::Replace), "a??b");
  EXPECT_EQ(encoded(Codec::Utf8, surrogates, ErrorHandler::SurrogatePass), "a\xed\xa0\x80\xed\xb2\x80" "b");
  EXPECT_EQ(encoded(Codec::Ascii, U"\u00e9\u1234", ErrorHandler::XmlCharRefReplace), "&#233;&#4660;");
  EXPECT_EQ(encoded(Codec::Ascii, U"\u00e9", ErrorHandler::NameReplace), "\\N{LATIN SMALL LETTER E WITH ACUTE}");
  EXPECT_EQ(encoded(Codec::Latin1, U"\u00e9\U00012345", ErrorHandler::BackslashReplace), "\xe9\\U00012345");
}

// surrogateescape takes any bytes there and back.
TEST(Codecs, SurrogateEscapeRoundTrip) {
  std::mt19937 random(3);
  for (int i = 0; i < 2000; i++) {
    std::string bytes;
    for (size_t n = random() % 12; n > 0; n--) bytes += static_cast<char>(random());
    for (Codec codec : {Codec::Utf8, Codec::Ascii})
      ASSERT_EQ(encoded(codec, decoded(codec, bytes, ErrorHandler::SurrogateEscape), ErrorHandler::SurrogateEscape), bytes);
  }
}

TEST(Codecs, OneShotAgreesWithSteps) {
  std::mt19937 random(4);
  for (int i = 0; i < 3000; i++) {
    String s = random_text(random, random() % 50);
    std::string bytes = encoded(Codec::Utf8, s);
    if (i % 2 && !bytes.empty()) bytes[random() % bytes.size()] = static_cast<char>(random());
    auto* p = reinterpret_cast<const uint8_t*>(bytes.data());
    Utf8Info info = utf8_decoded_info(p, bytes.size());
    DecodeState state(p, bytes.size());
    TextBuilder out;
    CodecError error;
    Outcome outcome = decode(Codec::Utf8, ErrorHandler::Strict, state, out, error);
    ASSERT_EQ(info.valid, outcome == Outcome::Done);
    ASSERT_EQ(info.length, out.length());
    ASSERT_EQ(info.max_char, out.max_char_class());
    ASSERT_EQ(info.valid_bytes, state.position);
    String direct(info.length, 0);
    utf8_decode_unchecked(p, info.valid_bytes, direct.data());
    ASSERT_EQ(direct, chars_of(out.view()));
    AnyText view = out.view();
    Utf8Size size = utf8_encoded_size(view);
    ASSERT_EQ(size.bytes, info.valid_bytes);
    ASSERT_EQ(size.first_surrogate, kNotFound);
  }
}

TEST(Codecs, CharmapBothWays) {
  String table(256, 0xFFFE);
  for (size_t i = 0; i < 256; i++) table[i] = i < 128 ? i : i < 200 ? 0x400 + i : i < 210 ? 0x10000 + i : 0xFFFE;
  ByteMap map;
  ASSERT_TRUE(map.build(AnyText(table.data(), table.size())));
  for (size_t i = 0; i < 210; i++) EXPECT_EQ(map.find(table[i]), static_cast<int>(i));
  EXPECT_EQ(map.find(0xFFFE), -1);
  EXPECT_EQ(map.find(0x3FF), -1);
  EXPECT_EQ(map.find(0x20000), -1);
}

TEST(Escape, ReprChoosesQuotes) {
  auto repr = [](const String& s, ReprStyle style) {
    ReprPlan plan;
    EXPECT_TRUE(plan_repr(AnyText(s.data(), s.size()), style, plan));
    String out(plan.length, 0);
    write_repr(AnyText(s.data(), s.size()), plan, out.data(), Kind::Four);
    return out;
  };
  EXPECT_EQ(repr(U"it's", ReprStyle::Repr), U"\"it's\"");
  EXPECT_EQ(repr(U"it's \"x\"", ReprStyle::Repr), U"'it\\'s \"x\"'");
  EXPECT_EQ(repr(U"\n\x7f\u00e9\u00ad\U000e0001", ReprStyle::Repr), U"'\\n\\x7f\u00e9\\xad\\U000e0001'");
  EXPECT_EQ(repr(U"\u00e9\u1234", ReprStyle::Ascii), U"'\\xe9\\u1234'");
}

TEST(Escape, HexBothWays) {
  const uint8_t kBytes[] = {0x01, 0xAB, 0xFF};
  ByteBuffer out;
  hex_bytes(kBytes, 3, ':', 2, out);
  EXPECT_EQ(std::string(out.begin(), out.end()), "01:abff");
  out.clear();
  hex_bytes(kBytes, 3, ':', -2, out);
  EXPECT_EQ(std::string(out.begin(), out.end()), "01ab:ff");
  out.clear();
  size_t position;
  EXPECT_TRUE(unhex(AnyText(std::string_view(" 01 aB\tff ")), out, position));
  EXPECT_EQ(std::string(out.begin(), out.end()), "\x01\xab\xff");
  EXPECT_FALSE(unhex(AnyText(std::string_view("0g")), out, position));
  EXPECT_EQ(position, 1u);
  EXPECT_FALSE(unhex(AnyText(std::string_view("123")), out, position));
  EXPECT_EQ(position, kNotFound);
}

}  // namespace
}  // namespace orochi::text
