// The tokenizer: a whole source to a vector of tokens, f-strings and t-strings included (PEP 701, PEP 750).
// Input is normalised UTF-8 (see source.h): '\n' newlines, a newline at the end, one NUL after it.
// A lexical error ends the vector with an Error token; it becomes the program's error only if the parser gets there,
// so a grammar error earlier in the file is reported first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "syntax/parse.h"

namespace orochi::syntax {

enum class Tok : uint8_t {
#define TOKEN(Name, python_name) Name,
#define KEYWORD(Name, text) kw##Name,
#include "syntax/tokens.def"
};
inline constexpr Tok kFirstKeyword = Tok::kwFalse;
// The name in the `token` module ("NAME" for keywords) and its number.
const char* token_name(Tok kind);
inline int token_number(Tok kind) { return kind >= kFirstKeyword ? 1 : static_cast<int>(kind); }

// Names that are keywords only where the grammar says so.
enum class Soft : uint8_t { None, Match, Case, Type, Underscore, Print, Exec };

struct Token {
  Tok kind;
  Soft soft;            // of a Name
  uint8_t quote_size;   // likewise: 1 or 3; of a Colon that begins a format spec: 'f' or 't'
  uint8_t prefix_size;  // of a string or f-string start
  uint8_t level;        // brackets open after this token
  uint32_t begin;       // byte offsets into the source
  uint32_t end;
  int32_t lineno;
  int32_t col;          // in bytes, from 0
  int32_t end_lineno;
  int32_t end_col;
  uint32_t name;        // of a Name or keyword: index into NameTable
};

// Interns identifiers in the tree's arena. Index 0 is the absent name.
class NameTable {
 public:
  explicit NameTable(Arena& arena);
  uint32_t intern(std::string_view text, uint32_t hash);
  uint32_t intern(std::string_view text) { return intern(text, hash_of(text)); }
  std::string_view name(uint32_t index) const { return names_[index].text; }
  Tok keyword(uint32_t index) const { return names_[index].kind; }
  Soft soft(uint32_t index) const { return names_[index].soft; }
  // The NFKC form of a name with non-ASCII characters; itself otherwise.
  std::string_view normalized(uint32_t index);

  static uint32_t hash_step(uint32_t hash, unsigned char c) { return (hash ^ c) * 0x01000193u; }
  static constexpr uint32_t kHashStart = 0x811c9dc5u;
  static uint32_t hash_of(std::string_view text) {
    uint32_t hash = kHashStart;
    for (unsigned char c : text) hash = hash_step(hash, c);
    return hash;
  }

 private:
  struct Entry {
    std::string_view text;
    uint32_t hash;
    uint32_t normalized;  // index + 1, 0 = not computed
    Tok kind;
    Soft soft;
  };
  void grow();
  Arena& arena_;
  std::vector<Entry> names_;
  std::vector<uint32_t> slots_;  // power of two; 0 = free
};

struct TypeIgnoreComment {
  int32_t lineno;
  std::string_view tag;
};

struct LexerOptions {
  bool type_comments = false;
  bool newline_added = false;     // the source did not end in a newline, and the mode lets that show
  bool extra_tokens = false;      // COMMENT and NL, for the tokenize module
};

// The lexer's error, in the terms of SyntaxErrorInfo but with columns in bytes of the error line.
struct LexerError {
  bool set = false;
  SyntaxErrorKind kind = SyntaxErrorKind::SyntaxError;
  std::string message;
  int32_t lineno = 0;
  int32_t col = 0;          // offset, already in characters from 1
  int32_t end_col = 0;
  uint32_t line_begin = 0;  // where the line shown starts
  bool line_is_partial = false;  // the text shown has no newline
  // Where the innermost f-string around it begins, plus 1; 0 = none. Such an error is preferred to an error of the
  // parser before it only if the f-string begins after that, on the same line.
  uint32_t fstring_start = 0;
  int32_t fstring_lineno = 0;
};

class Lexer {
 public:
  Lexer(std::string_view source, NameTable& names, const LexerOptions& options);

  // Fills `tokens` up to EndMarker or Error. False if it ends in an Error.
  bool run(std::vector<Token>& tokens);

  const LexerError& error() const { return error_; }
  // True if the Error token means that the source ended within brackets.
  bool at_eof() const { return eof_error_; }
  // True if the source ended within a string.
  bool in_string_at_eof() const { return eof_in_string_; }
  // The innermost bracket open at the end: its character (0 = none), line and byte column.
  struct OpenBracket {
    char character;
    int32_t lineno;
    int32_t col;
  };
  OpenBracket open_bracket() const;
  std::vector<TypeIgnoreComment>& type_ignores() { return type_ignores_; }
  std::vector<ParseWarning>& warnings() { return warnings_; }

  static constexpr int kMaxBrackets = 200;
  static constexpr int kMaxIndents = 100;
  static constexpr int kMaxStringNesting = 149;

 private:
  struct Bracket {
    char character;
    bool is_field;  // the '{' of a replacement field: directly inside an f-string
    int32_t lineno;
    int32_t col;
  };
  struct FString {
    char quote;
    uint8_t quote_size;
    bool raw;
    bool is_template;
    int bracket_base;     // brackets open outside of it
    uint32_t start;       // of the token
    uint32_t line_begin;
    int32_t lineno;
  };

  bool next();
  bool begin_line();
  bool lex_normal();
  bool lex_fstring_part();
  bool lex_number(unsigned char c);
  bool lex_name(uint32_t start);
  bool lex_string(uint32_t start, uint32_t quote_at, uint8_t prefix_size);
  bool begin_fstring(uint32_t start, uint32_t quote_at, bool raw, bool is_template);
  bool lex_operator(uint32_t start, unsigned char c);
  bool continuation_line();
  bool lex_comment();
  bool check_prefixes(uint32_t start, uint32_t end);
  bool check_name(uint32_t start, uint32_t end);
  bool end_number(const char* kind);
  bool digits_tail();
  bool exponent_tail(bool& consumed);
  bool finish_number(uint32_t start, const char* kind);

  bool in_fstring() const { return !fstrings_.empty(); }
  char string_letter() const { return fstrings_.back().is_template ? 't' : 'f'; }
  void push(Tok kind, uint32_t begin, uint32_t end);
  void mark_without_columns();
  void push_from(Tok kind, uint32_t begin, uint32_t end, int32_t lineno, uint32_t line_begin);
  void new_line() {
    ++lineno_;
    line_begin_ = pos_;
  }
  // The error is at pos_: the last character taken is the one marked.
  bool fail(std::string message, SyntaxErrorKind kind = SyntaxErrorKind::SyntaxError);
  bool fail_range(std::string message, uint32_t begin, uint32_t end);
  bool fail_at(std::string message, uint32_t start, uint32_t line_begin, int32_t lineno);
  int32_t characters(uint32_t begin, uint32_t end) const;
  void warn(std::string message, int32_t lineno);
  void warn_invalid_escape(uint32_t at, char escaped);

  const char* text_;
  uint32_t size_;  // without the NUL
  NameTable& names_;
  LexerOptions options_;
  std::vector<Token>* out_ = nullptr;

  uint32_t pos_ = 0;
  uint32_t line_begin_ = 0;
  uint32_t comment_start_ = 0;
  int32_t lineno_ = 1;
  bool at_line_start_ = true;
  bool blank_line_ = false;
  bool in_fstring_text_ = false;  // between the quotes of fstrings_.back(), outside its fields
  bool eof_error_ = false;
  bool done_ = false;
  bool eof_in_string_ = false;

  int indent_depth_ = 0;
  int indents_[kMaxIndents + 1] = {};
  int alt_indents_[kMaxIndents + 1] = {};
  std::vector<Bracket> brackets_;
  std::vector<FString> fstrings_;
  std::vector<TypeIgnoreComment> type_ignores_;
  std::vector<ParseWarning> warnings_;
  LexerError error_;
};

// For columns: the number of characters in valid UTF-8.
int32_t count_characters(std::string_view utf8);

}  // namespace orochi::syntax
