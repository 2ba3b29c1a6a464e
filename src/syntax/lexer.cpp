// The tokenizer's main loop: lines and indentation, names, operators and brackets. Numbers and strings are in
// lexer_literals.cpp. Written from the language reference chapter "Lexical analysis", PEP 701 and PEP 750; error
// texts and positions follow what CPython 3.14 reports.
#include "syntax/lexer.h"

#include "syntax/lexer_chars.h"
#include "text/identifiers.h"

namespace orochi::syntax {

const char* token_name(Tok kind) {
  switch (kind) {
#define TOKEN(Name, python_name) \
  case Tok::Name: return #python_name;
#define KEYWORD(Name, text) \
  case Tok::kw##Name: return "NAME";
#include "syntax/tokens.def"
  }
  return "";
}

int32_t count_characters(std::string_view utf8) {
  int32_t n = 0;
  for (unsigned char c : utf8) n += (c & 0xc0) != 0x80;
  return n;
}

// ---- names -------------------------------------------------------------------------------------------------------

NameTable::NameTable(Arena& arena) : arena_(arena) {
  names_.reserve(128);
  names_.push_back({{}, 0, 0, Tok::Name, Soft::None});
  slots_.assign(256, 0);
#define KEYWORD(Name, text) names_[intern(text)].kind = Tok::kw##Name;
#include "syntax/tokens.def"
  names_[intern("match")].soft = Soft::Match;
  names_[intern("case")].soft = Soft::Case;
  names_[intern("type")].soft = Soft::Type;
  names_[intern("_")].soft = Soft::Underscore;
  names_[intern("print")].soft = Soft::Print;
  names_[intern("exec")].soft = Soft::Exec;
}

uint32_t NameTable::intern(std::string_view text, uint32_t hash) {
  uint32_t mask = static_cast<uint32_t>(slots_.size()) - 1;
  uint32_t at = (hash ^ (hash >> 15)) & mask;
  for (uint32_t index; (index = slots_[at]) != 0; at = (at + 1) & mask) {
    const Entry& entry = names_[index];
    if (entry.hash == hash && entry.text == text) return index;
  }
  auto index = static_cast<uint32_t>(names_.size());
  names_.push_back({arena_.copy(text), hash, 0, Tok::Name, Soft::None});
  slots_[at] = index;
  if (names_.size() * 2 > slots_.size()) grow();
  return index;
}

void NameTable::grow() {
  slots_.assign(slots_.size() * 2, 0);
  uint32_t mask = static_cast<uint32_t>(slots_.size()) - 1;
  for (uint32_t index = 1; index < names_.size(); ++index) {
    uint32_t hash = names_[index].hash;
    uint32_t at = (hash ^ (hash >> 15)) & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = index;
  }
}

std::string_view NameTable::normalized(uint32_t index) {
  std::string_view raw = names_[index].text;
  if (names_[index].normalized != 0) return names_[names_[index].normalized - 1].text;
  bool ascii = true;
  for (char c : raw) ascii &= static_cast<unsigned char>(c) < 0x80;
  uint32_t result = index;
  std::string out;
  if (!ascii && text::nfkc(raw, out)) result = intern(out);
  names_[index].normalized = result + 1;
  return names_[result].text;
}

// ---- tokens and errors -------------------------------------------------------------------------------------------

Lexer::Lexer(std::string_view source, NameTable& names, const LexerOptions& options)
    : text_(source.data()), size_(static_cast<uint32_t>(source.size())), names_(names), options_(options) {}

void Lexer::push(Tok kind, uint32_t begin, uint32_t end) {
  out_->push_back({kind, Soft::None, 0, 0, static_cast<uint8_t>(brackets_.size()), begin, end, lineno_, static_cast<int32_t>(begin - line_begin_), lineno_,
                   static_cast<int32_t>(end - line_begin_), 0});
}

// For a token without text: it has no columns, and at the end of the source it belongs to the last line.
void Lexer::mark_without_columns() {
  Token& token = out_->back();
  token.col = token.end_col = -1;
  if (pos_ >= size_) token.lineno = token.end_lineno = lineno_ - 1;
}

// A token that began on an earlier line.
void Lexer::push_from(Tok kind, uint32_t begin, uint32_t end, int32_t lineno, uint32_t line_begin) {
  out_->push_back({kind, Soft::None, 0, 0, static_cast<uint8_t>(brackets_.size()), begin, end, lineno, static_cast<int32_t>(begin - line_begin), lineno_,
                   static_cast<int32_t>(end - line_begin_), 0});
}

int32_t Lexer::characters(uint32_t begin, uint32_t end) const {
  return count_characters({text_ + begin, end - begin});
}

bool Lexer::fail(std::string message, SyntaxErrorKind kind) {
  int32_t col = characters(line_begin_, pos_);
  error_ = {true, kind, std::move(message), lineno_, col, col, line_begin_, true};
  return false;
}

// Marks the characters of this line from `begin` to before `end`.
bool Lexer::fail_range(std::string message, uint32_t begin, uint32_t end) {
  error_ = {true, SyntaxErrorKind::SyntaxError, std::move(message), lineno_, characters(line_begin_, begin) + 1,
            characters(line_begin_, end), line_begin_, true};
  return false;
}

// Marks the start of a token that may have begun on an earlier line.
bool Lexer::fail_at(std::string message, uint32_t start, uint32_t line_begin, int32_t lineno) {
  int32_t col = characters(line_begin, start) + 1;
  error_ = {true, SyntaxErrorKind::SyntaxError, std::move(message), lineno, col, col, line_begin, true};
  return false;
}

void Lexer::warn(std::string message, int32_t lineno) {
  int32_t col = characters(line_begin_, pos_);
  warnings_.push_back({"SyntaxWarning", std::move(message), lineno, col, lineno, col});
}

Lexer::OpenBracket Lexer::open_bracket() const {
  if (brackets_.empty()) return {0, 0, 0};
  const Bracket& b = brackets_.back();
  return {b.character, b.lineno, b.col};
}

bool Lexer::run(std::vector<Token>& tokens) {
  out_ = &tokens;
  tokens.reserve(size_ / 4 + 16);
  while (!done_) {
    if (!next()) {
      if (in_fstring()) {
        error_.fstring_start = fstrings_.back().start + 1;
        error_.fstring_lineno = fstrings_.back().lineno;
      }
      push(Tok::Error, pos_, pos_);
      return false;
    }
  }
  return true;
}

bool Lexer::next() {
  if (OROCHI_UNLIKELY(in_fstring_text_)) return lex_fstring_part();
  if (at_line_start_ && !begin_line()) return false;
  return lex_normal();
}

// ---- lines -------------------------------------------------------------------------------------------------------

// Measures the indentation twice, with tabs to multiples of 8 and of 1: where the two disagree about the order of
// lines, the indentation depends on the reader's tab width and is an error.
bool Lexer::begin_line() {
  at_line_start_ = false;
  blank_line_ = false;
  int col = 0;
  int alt_col = 0;
  int continued_col = 0;
  char c;
  for (;;) {
    c = text_[pos_];
    if (c == ' ') {
      ++col;
      ++alt_col;
    } else if (c == '\t') {
      col = (col / 8 + 1) * 8;
      ++alt_col;
    } else if (c == '\f') {
      col = alt_col = 0;
    } else if (c == '\\') {
      // The indentation is that of the first of the joined lines.
      if (continued_col == 0) continued_col = col;
      ++pos_;
      if (!continuation_line()) return false;
      continue;
    } else {
      break;
    }
    ++pos_;
  }
  if (c == '#' || (c == '\n' && !(options_.newline_added && pos_ + 1 == size_ && pos_ != line_begin_))) {
    blank_line_ = true;
    return true;
  }
  if (!brackets_.empty()) return true;
  if (continued_col != 0) col = alt_col = continued_col;

  auto indentation_error = [this](SyntaxErrorKind kind, const char* message) {
    // Reported at the end of the line, newline included.
    uint32_t end = pos_;
    while (end < size_ && text_[end] != '\n') ++end;
    if (end < size_ && !(options_.newline_added && end + 1 == size_)) ++end;
    error_ = {true, kind, message, lineno_, characters(line_begin_, end), -1, line_begin_, false};
    if (kind == SyntaxErrorKind::TabError) error_.col = 1, error_.end_col = 0;
    return false;
  };
  auto tab_error = [&] {
    return indentation_error(SyntaxErrorKind::TabError, "inconsistent use of tabs and spaces in indentation");
  };
  if (col == indents_[indent_depth_]) {
    if (alt_col != alt_indents_[indent_depth_]) return tab_error();
    return true;
  }
  auto push_change = [this](Tok kind) {
    push(kind, pos_, pos_);
    mark_without_columns();
  };
  if (col > indents_[indent_depth_]) {
    if (indent_depth_ + 1 >= kMaxIndents) {
      return indentation_error(SyntaxErrorKind::IndentationError, "too many levels of indentation");
    }
    if (alt_col <= alt_indents_[indent_depth_]) return tab_error();
    ++indent_depth_;
    indents_[indent_depth_] = col;
    alt_indents_[indent_depth_] = alt_col;
    push_change(Tok::Indent);
    return true;
  }
  while (indent_depth_ > 0 && col < indents_[indent_depth_]) {
    --indent_depth_;
    push_change(Tok::Dedent);
  }
  if (col != indents_[indent_depth_]) {
    // The Dedent tokens of this line are never seen: the error comes in their place.
    while (out_->back().kind == Tok::Dedent && out_->back().begin == pos_) out_->pop_back();
    return indentation_error(SyntaxErrorKind::IndentationError,
                             "unindent does not match any outer indentation level");
  }
  if (alt_col != alt_indents_[indent_depth_]) return tab_error();
  return true;
}

// After a backslash outside of strings: takes the newline.
bool Lexer::continuation_line() {
  bool at_end = options_.newline_added && pos_ + 1 >= size_;
  if (text_[pos_] != '\n' || at_end) {
    int32_t col = characters(line_begin_, pos_) + (at_end ? 0 : 1);
    error_ = {true, SyntaxErrorKind::SyntaxError, "unexpected character after line continuation character",
              lineno_, col, 0, line_begin_, false};
    return false;
  }
  ++pos_;
  if (pos_ >= size_) {
    eof_error_ = true;
    if (!brackets_.empty()) return false;
    error_ = {true, SyntaxErrorKind::SyntaxError, "unexpected EOF while parsing", lineno_,
              characters(line_begin_, pos_), -1, line_begin_, false};
    return false;
  }
  new_line();
  return true;
}

// At '#': goes to the end of the line. Type comments become tokens when asked for.
bool Lexer::lex_comment() {
  uint32_t start = pos_;
  if (!options_.extra_tokens) comment_start_ = start;
  while (text_[pos_] != '\n' && pos_ < size_) ++pos_;
  if (options_.extra_tokens) push(Tok::Comment, start, pos_);
  if (!options_.type_comments) return true;
  // "# type: " where a space stands for any number of spaces and tabs.
  uint32_t at = start;
  for (const char* expected = "# type: "; *expected != 0; ++expected) {
    if (*expected == ' ') {
      while (text_[at] == ' ' || text_[at] == '\t') ++at;
    } else if (text_[at] == *expected) {
      ++at;
    } else {
      return true;
    }
  }
  std::string_view rest{text_ + at, pos_ - at};
  if (rest.starts_with("ignore")) {
    unsigned char after = rest.size() > 6 ? rest[6] : 0;
    if (after < 0x80 && !is_alphanumeric(after)) {
      type_ignores_.push_back({lineno_, rest.substr(6)});
      return true;
    }
  }
  push(Tok::TypeComment, at, pos_);
  blank_line_ = false;
  return true;
}

// ---- one token ---------------------------------------------------------------------------------------------------

bool Lexer::lex_normal() {
  for (;;) {
    while (text_[pos_] == ' ' || text_[pos_] == '\t' || text_[pos_] == '\f') ++pos_;
    uint32_t start = pos_;
    auto c = static_cast<unsigned char>(text_[pos_]);
    switch (kCharClass[c]) {
      case CharClass::Name:
        return lex_name(start);
      case CharClass::Digit:
        return lex_number(c);
      case CharClass::Quote:
        return lex_string(start, start, 0);
      case CharClass::Hash:
        if (!lex_comment()) return false;
        continue;
      case CharClass::Newline: {
        bool significant = !blank_line_ && brackets_.empty();
        if (significant) {
          // After a comment the token covers the comment.
          push(Tok::Newline, comment_start_ != 0 && comment_start_ >= line_begin_ ? comment_start_ : start, start + 1);
          if (options_.newline_added && start + 1 == size_) mark_without_columns();
        } else if (options_.extra_tokens) {
          push(Tok::Nl, start, start + 1);
        }
        ++pos_;
        new_line();
        if (!brackets_.empty()) continue;
        at_line_start_ = true;
        return true;
      }
      case CharClass::Backslash:
        ++pos_;
        if (!continuation_line()) return false;
        continue;
      case CharClass::Dot:
        if (is_digit(text_[pos_ + 1])) return lex_number(c);
        if (text_[pos_ + 1] == '.' && text_[pos_ + 2] == '.') {
          pos_ += 3;
          push(Tok::Ellipsis, start, pos_);
        } else {
          ++pos_;
          push(Tok::Dot, start, pos_);
        }
        return true;
      case CharClass::Nul:
        if (pos_ >= size_) {
          if (!brackets_.empty()) {
            eof_error_ = true;
            return false;
          }
          push(Tok::EndMarker, pos_, pos_);
          mark_without_columns();
          done_ = true;
          return true;
        }
        [[fallthrough]];
      case CharClass::Other:
        return lex_operator(start, c);
    }
  }
}

bool Lexer::lex_name(uint32_t start) {
  uint32_t hash = NameTable::kHashStart;
  unsigned char any = 0;
  unsigned char c;
  while (is_name_byte(c = static_cast<unsigned char>(text_[pos_]))) {
    hash = NameTable::hash_step(hash, c);
    any |= c;
    ++pos_;
  }
  uint32_t length = pos_ - start;
  if ((c == '\'' || c == '"') && length <= 5 && is_string_prefix({text_ + start, length})) {
    return lex_string(start, pos_, static_cast<uint8_t>(length));
  }
  if (any >= 0x80 && !check_name(start, pos_)) return false;
  uint32_t name = names_.intern({text_ + start, length}, hash);
  out_->push_back({names_.keyword(name), names_.soft(name), 0, 0, static_cast<uint8_t>(brackets_.size()), start, pos_, lineno_,
                   static_cast<int32_t>(start - line_begin_), lineno_, static_cast<int32_t>(pos_ - line_begin_), name});
  return true;
}

// A name with non-ASCII bytes: every character must be allowed where it stands.
bool Lexer::check_name(uint32_t start, uint32_t end) {
  for (uint32_t at = start; at < end;) {
    uint32_t length = 0;
    char32_t c = decode_utf8({text_ + at, end - at}, length);
    bool fits = at == start ? text::is_xid_start(c) : text::is_xid_continue(c);
    if (!fits) {
      pos_ = at + length;
      char code[16];
      snprintf(code, sizeof code, "U+%04X", static_cast<unsigned>(c));
      if (!text::is_printable(c)) return fail(std::string("invalid non-printable character ") + code);
      return fail("invalid character '" + std::string(text_ + at, length) + "' (" + code + ")");
    }
    at += length;
  }
  return true;
}

bool Lexer::lex_operator(uint32_t start, unsigned char c) {
  char next = text_[start + 1];
  char after = next != 0 ? text_[start + 2] : '\0';
  Tok kind;
  uint32_t length = 1;
  auto choose = [&](Tok plain, Tok with_equal) {
    if (next == '=') {
      length = 2;
      return with_equal;
    }
    return plain;
  };
  // c doubled, with or without '=' after it
  auto choose_doubled = [&](Tok plain, Tok with_equal, Tok doubled, Tok doubled_with_equal) {
    if (next == static_cast<char>(c)) {
      length = after == '=' ? 3 : 2;
      return after == '=' ? doubled_with_equal : doubled;
    }
    return choose(plain, with_equal);
  };
  switch (c) {
    case '(':
    case '[':
    case '{':
      ++pos_;
      if (brackets_.size() >= kMaxBrackets) return fail("too many nested parentheses");
      brackets_.push_back({static_cast<char>(c), false, lineno_, static_cast<int32_t>(start - line_begin_)});
      push(c == '(' ? Tok::LeftParen : c == '[' ? Tok::LeftBracket : Tok::LeftBrace, start, pos_);
      return true;
    case ')':
    case ']':
    case '}': {
      ++pos_;
      if (brackets_.empty()) return fail(std::string("unmatched '") + static_cast<char>(c) + "'");
      Bracket open = brackets_.back();
      brackets_.pop_back();
      bool matches = (open.character == '(' && c == ')') || (open.character == '[' && c == ']') ||
                     (open.character == '{' && c == '}');
      if (!matches) {
        if (open.is_field && in_fstring()) {
          return fail(std::string(1, string_letter()) + "-string: unmatched '" + static_cast<char>(c) + "'");
        }
        std::string message = std::string("closing parenthesis '") + static_cast<char>(c) +
                              "' does not match opening parenthesis '" + open.character + "'";
        if (open.lineno != lineno_) message += " on line " + std::to_string(open.lineno);
        return fail(std::move(message));
      }
      push(c == ')' ? Tok::RightParen : c == ']' ? Tok::RightBracket : Tok::RightBrace, start, pos_);
      if (open.is_field && in_fstring()) in_fstring_text_ = true;
      return true;
    }
    case ':':
      if (in_fstring() && !brackets_.empty() && brackets_.back().is_field) {
        ++pos_;
        push(Tok::Colon, start, pos_);
        out_->back().quote_size = static_cast<uint8_t>(string_letter());
        in_fstring_text_ = true;
        return true;
      }
      kind = choose(Tok::Colon, Tok::ColonEqual);
      break;
    case ',': kind = Tok::Comma; break;
    case ';': kind = Tok::Semicolon; break;
    case '~': kind = Tok::Tilde; break;
    case '+': kind = choose(Tok::Plus, Tok::PlusEqual); break;
    case '-':
      if (next == '>') {
        length = 2;
        kind = Tok::RightArrow;
      } else {
        kind = choose(Tok::Minus, Tok::MinusEqual);
      }
      break;
    case '*': kind = choose_doubled(Tok::Star, Tok::StarEqual, Tok::DoubleStar, Tok::DoubleStarEqual); break;
    case '/': kind = choose_doubled(Tok::Slash, Tok::SlashEqual, Tok::DoubleSlash, Tok::DoubleSlashEqual); break;
    case '<':
      if (next == '>') {
        length = 2;
        kind = Tok::NotEqual;  // the parser refuses it unless barry_as_FLUFL
      } else {
        kind = choose_doubled(Tok::Less, Tok::LessEqual, Tok::LeftShift, Tok::LeftShiftEqual);
      }
      break;
    case '>':
      kind = choose_doubled(Tok::Greater, Tok::GreaterEqual, Tok::RightShift, Tok::RightShiftEqual);
      break;
    case '|': kind = choose(Tok::VerticalBar, Tok::VerticalBarEqual); break;
    case '&': kind = choose(Tok::Ampersand, Tok::AmpersandEqual); break;
    case '^': kind = choose(Tok::Circumflex, Tok::CircumflexEqual); break;
    case '%': kind = choose(Tok::Percent, Tok::PercentEqual); break;
    case '@': kind = choose(Tok::At, Tok::AtEqual); break;
    case '=': kind = choose(Tok::Equal, Tok::EqualEqual); break;
    case '!': kind = choose(Tok::Exclamation, Tok::NotEqual); break;
    default:
      if (c < 0x20 || c == 0x7f) {
        ++pos_;
        char code[64];
        snprintf(code, sizeof code, "invalid non-printable character U+%04X", static_cast<unsigned>(c));
        return fail(code);
      }
      kind = Tok::Op;  // '$', '?', '`': the parser's error
      break;
  }
  pos_ += length;
  push(kind, start, pos_);
  return true;
}

}  // namespace orochi::syntax
