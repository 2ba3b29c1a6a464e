// Unit tests of the tokenizer: kinds, positions, and the errors it finds itself.
#include "syntax/lexer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace orochi::syntax {
namespace {

struct Lexed {
  Arena arena;
  std::vector<Token> tokens;
  LexerError error;
  std::vector<ParseWarning> warnings;
};

void lex(Lexed& out, const std::string& source, LexerOptions options = {}) {
  NameTable names(out.arena);
  Lexer lexer(source, names, options);
  lexer.run(out.tokens);
  out.error = lexer.error();
  out.warnings = lexer.warnings();
}

std::string kinds(const std::string& source, LexerOptions options = {}) {
  Lexed lexed;
  lex(lexed, source, options);
  std::string text;
  for (const Token& token : lexed.tokens) {
    if (!text.empty()) text += ' ';
    text += token_name(token.kind);
  }
  return text;
}

std::string error_of(const std::string& source) {
  Lexed lexed;
  lex(lexed, source);
  return lexed.error.message + " @" + std::to_string(lexed.error.lineno) + ":" + std::to_string(lexed.error.col);
}

TEST(Lexer, Indentation) {
  EXPECT_EQ(kinds("if x:\n  y\n\n  # c\n  z\nw\n"),
            "NAME NAME COLON NEWLINE INDENT NAME NEWLINE NAME NEWLINE DEDENT NAME NEWLINE ENDMARKER");
  EXPECT_EQ(error_of("if x:\n  y\n z\n"), "unindent does not match any outer indentation level @3:3");
  EXPECT_EQ(error_of("if x:\n\ty\n        z\n"), "inconsistent use of tabs and spaces in indentation @3:1");
}

TEST(Lexer, LineJoining) {
  EXPECT_EQ(kinds("(a,\n b)\n"), "LPAR NAME COMMA NAME RPAR NEWLINE ENDMARKER");
  EXPECT_EQ(kinds("a \\\n b\n"), "NAME NAME NEWLINE ENDMARKER");
  EXPECT_EQ(error_of("a \\ b\n"), "unexpected character after line continuation character @1:4");
}

TEST(Lexer, NestedFormattedStrings) {
  EXPECT_EQ(kinds("f'a{b!r:{f'c'}}'\n"),
            "FSTRING_START FSTRING_MIDDLE LBRACE NAME EXCLAMATION NAME COLON LBRACE FSTRING_START FSTRING_MIDDLE "
            "FSTRING_END RBRACE RBRACE FSTRING_END NEWLINE ENDMARKER");
  EXPECT_EQ(kinds("t'{{}}'\n"), "TSTRING_START TSTRING_MIDDLE TSTRING_MIDDLE TSTRING_END NEWLINE ENDMARKER");
  EXPECT_EQ(error_of("f'}'\n"), "f-string: single '}' is not allowed @1:3");
  EXPECT_EQ(error_of("f'{a)}'\n"), "f-string: unmatched ')' @1:5");
}

TEST(Lexer, NumberErrors) {
  EXPECT_EQ(error_of("0b2\n"), "invalid digit '2' in binary literal @1:3");
  EXPECT_EQ(error_of("1__0\n"), "invalid decimal literal @1:2");
  EXPECT_EQ(error_of("0x\n"), "invalid hexadecimal literal @1:2");
  EXPECT_EQ(error_of("1jx\n"), "invalid imaginary literal @1:2");
}

TEST(Lexer, StringErrors) {
  EXPECT_EQ(error_of("x = 'abc\n"), "unterminated string literal (detected at line 1) @1:5");
  EXPECT_EQ(error_of("'''a\nb\n"), "unterminated triple-quoted string literal (detected at line 2) @1:1");
  EXPECT_EQ(error_of("bf''\n"), "'b' and 'f' prefixes are incompatible @1:1");
}

TEST(Lexer, BracketErrors) {
  EXPECT_EQ(error_of(")\n"), "unmatched ')' @1:1");
  EXPECT_EQ(error_of("(\n]\n"), "closing parenthesis ']' does not match opening parenthesis '(' on line 1 @2:1");
  EXPECT_EQ(error_of(std::string(201, '(')), "too many nested parentheses @1:201");
}

TEST(Lexer, CharactersOutsideAscii) {
  EXPECT_EQ(kinds("\xc3\xa9t\xc3\xa9 = 1\n"), "NAME EQUAL NUMBER NEWLINE ENDMARKER");
  EXPECT_EQ(error_of("x = \xe2\x82\xac\n"), "invalid character '\xe2\x82\xac' (U+20AC) @1:5");
  EXPECT_EQ(error_of("a\xc2\xa0" "b\n"), "invalid non-printable character U+00A0 @1:2");
}

TEST(Lexer, TypeComments) {
  LexerOptions options;
  options.type_comments = true;
  EXPECT_EQ(kinds("x = 1  # type: int\n", options), "NAME EQUAL NUMBER TYPE_COMMENT NEWLINE ENDMARKER");
  EXPECT_EQ(kinds("x = 1  # type: ignore[x]\n", options), "NAME EQUAL NUMBER NEWLINE ENDMARKER");
}

TEST(Lexer, KeywordAfterNumberWarns) {
  Lexed lexed;
  lex(lexed, "1if x else 2\n");
  ASSERT_EQ(lexed.warnings.size(), 1u);
  EXPECT_EQ(lexed.warnings[0].message, "invalid decimal literal");
}

}  // namespace
}  // namespace orochi::syntax
