// The tokenizer's numbers, strings, and the text parts of f-strings and t-strings.
// A replacement field's '{' is an ordinary bracket marked is_field; while the innermost bracket is such a mark, the
// lexer is at the top level of the field, where ':' begins the format spec and '}' ends the field.
#include "syntax/lexer.h"
#include "syntax/lexer_chars.h"

namespace orochi::syntax {

// ---- numbers -----------------------------------------------------------------------------------------------------

// A number may be followed directly by a keyword ("1if x else y", deprecated) but not by another name.
bool Lexer::end_number(const char* kind) {
  const char* at = text_ + pos_;
  auto follows = [at](std::string_view word) {
    return std::string_view(at, strnlen(at, 4)).starts_with(word) &&
           !is_name_byte(static_cast<unsigned char>(at[word.size()]));
  };
  bool keyword = false;
  switch (*at) {
    case 'a': keyword = follows("and"); break;
    case 'e': keyword = follows("else"); break;
    case 'f': keyword = follows("for"); break;
    case 'i': keyword = at[1] == 'f' || at[1] == 'n' || at[1] == 's'; break;
    case 'n': keyword = follows("not"); break;
    case 'o': keyword = follows("or"); break;
  }
  if (keyword) {
    ++pos_;
    warn(std::string("invalid ") + kind + " literal", lineno_);
    --pos_;
    return true;
  }
  auto c = static_cast<unsigned char>(*at);
  if (c < 0x80 && is_name_byte(c)) return fail(std::string("invalid ") + kind + " literal");
  return true;
}

// Digits with single underscores between them; stands after the first digit or at it.
bool Lexer::digits_tail() {
  for (;;) {
    while (is_digit(text_[pos_])) ++pos_;
    if (text_[pos_] != '_') return true;
    ++pos_;
    if (!is_digit(text_[pos_])) return fail("invalid decimal literal");
  }
}

bool Lexer::finish_number(uint32_t start, const char* kind) {
  if (!end_number(kind)) return false;
  push(Tok::Number, start, pos_);
  return true;
}

// At a possible 'e'. consumed = false: what follows is no exponent, and the number ends here.
bool Lexer::exponent_tail(bool& consumed) {
  consumed = true;
  if ((text_[pos_] | 0x20) != 'e') return true;
  char sign = text_[pos_ + 1];
  if (sign == '+' || sign == '-') {
    pos_ += 2;
    if (!is_digit(text_[pos_])) return fail("invalid decimal literal");
    return digits_tail();
  }
  if (!is_digit(sign)) {
    consumed = false;
    return true;
  }
  ++pos_;
  return digits_tail();
}


bool Lexer::lex_number(unsigned char c) {
  uint32_t start = pos_;
  if (c == '0') {
    char radix = static_cast<char>(text_[pos_ + 1] | 0x20);
    if (radix == 'x' || radix == 'o' || radix == 'b') {
      const char* name = radix == 'x' ? "hexadecimal" : radix == 'o' ? "octal" : "binary";
      auto fits = [radix](char d) {
        return radix == 'x' ? is_hex_digit(d) : radix == 'o' ? d >= '0' && d < '8' : d == '0' || d == '1';
      };
      auto bad_digit = [&] {
        ++pos_;
        return fail(std::string("invalid digit '") + text_[pos_ - 1] + "' in " + name + " literal");
      };
      pos_ += 2;
      do {
        if (text_[pos_] == '_') ++pos_;
        if (!fits(text_[pos_])) {
          if (is_digit(text_[pos_])) return bad_digit();
          return fail(std::string("invalid ") + name + " literal");
        }
        while (fits(text_[pos_])) ++pos_;
      } while (text_[pos_] == '_');
      if (is_digit(text_[pos_])) return bad_digit();
      return finish_number(start, name);
    }
    // Zeros may be followed by more digits only in a float or an imaginary number.
    for (;;) {
      if (text_[pos_] == '_') {
        ++pos_;
        if (!is_digit(text_[pos_])) return fail("invalid decimal literal");
      }
      if (text_[pos_] != '0') break;
      ++pos_;
    }
    uint32_t zeros_end = pos_ + 1;
    bool nonzero = is_digit(text_[pos_]);
    if (nonzero && !digits_tail()) return false;
    char next = text_[pos_];
    bool exponent = (next | 0x20) == 'e' &&
                    (is_digit(text_[pos_ + 1]) || text_[pos_ + 1] == '+' || text_[pos_ + 1] == '-');
    if (nonzero && next != '.' && !exponent && (next | 0x20) != 'j') {
      if ((next | 0x20) == 'e' && !end_number("decimal")) return false;
      return fail_range(
          "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers", start,
          zeros_end);
    }
  } else if (c != '.') {
    if (!digits_tail()) return false;
  }
  if (text_[pos_] == '.') {
    ++pos_;
    if (is_digit(text_[pos_]) && !digits_tail()) return false;
  }
  bool consumed;
  if (!exponent_tail(consumed)) return false;
  if (consumed && (text_[pos_] | 0x20) == 'j') {
    ++pos_;
    return finish_number(start, "imaginary");
  }
  return finish_number(start, "decimal");
}

// ---- strings -----------------------------------------------------------------------------------------------------

bool Lexer::check_prefixes(uint32_t start, uint32_t end) {
  auto has = [&](char wanted) {
    for (uint32_t i = start; i < end; ++i) {
      if ((text_[i] | 0x20) == wanted) return true;
    }
    return false;
  };
  static constexpr const char* kIncompatible[] = {"ub", "ur", "uf", "ut", "bf", "bt", "ft"};
  for (const char* pair : kIncompatible) {
    if (has(pair[0]) && has(pair[1])) {
      return fail_range(std::string("'") + pair[0] + "' and '" + pair[1] + "' prefixes are incompatible", start,
                        end + 1);
    }
  }
  return true;
}

bool Lexer::lex_string(uint32_t start, uint32_t quote_at, uint8_t prefix_size) {
  if (prefix_size > 1 && !check_prefixes(start, quote_at)) return false;
  bool raw = false;
  for (uint32_t i = start; i < quote_at; ++i) {
    char letter = static_cast<char>(text_[i] | 0x20);
    if (letter == 'r') raw = true;
    if (letter == 'f' || letter == 't') {
      for (uint32_t k = i + 1; k < quote_at; ++k) raw |= (text_[k] | 0x20) == 'r';
      return begin_fstring(start, quote_at, raw, letter == 't');
    }
  }
  char quote = text_[quote_at];
  pos_ = quote_at + 1;
  uint8_t quote_size = 1;
  if (text_[pos_] == quote) {
    if (text_[pos_ + 1] == quote) {
      quote_size = 3;
      pos_ += 2;
    } else {  // the empty string
      ++pos_;
      push(Tok::String, start, pos_);
      out_->back().quote_size = 1;
      out_->back().prefix_size = prefix_size;
      return true;
    }
  }
  int32_t first_lineno = lineno_;
  uint32_t first_line_begin = line_begin_;
  bool escaped_quote = false;
  for (;;) {
    char c = text_[pos_];
    if (c == quote) {
      if (quote_size == 1) {
        ++pos_;
        break;
      }
      if (text_[pos_ + 1] == quote && text_[pos_ + 2] == quote) {
        pos_ += 3;
        break;
      }
      ++pos_;
    } else if (c == '\\') {
      ++pos_;
      if (pos_ >= size_) continue;
      if (text_[pos_] == quote) escaped_quote = true;
      ++pos_;
      if (text_[pos_ - 1] == '\n') new_line();
    } else if (c == '\n' && quote_size == 3) {
      ++pos_;
      new_line();
    } else if (c == '\n' || (c == 0 && pos_ >= size_)) {
      if (in_fstring() && fstrings_.back().quote == quote && fstrings_.back().quote_size == quote_size) {
        fail_at(std::string(1, string_letter()) + "-string: expecting '}'", start, first_line_begin, first_lineno);
        return false;
      }
      // At the end of the source the newline that was read last does not count as a line.
      int32_t detected = pos_ >= size_ && lineno_ > first_lineno ? lineno_ - 1 : lineno_;
      std::string message = quote_size == 3 ? "unterminated triple-quoted string literal" : "unterminated string literal";
      message += " (detected at line " + std::to_string(detected) + ")";
      if (quote_size == 1 && escaped_quote) message += "; perhaps you escaped the end quote?";
      if (pos_ + options_.newline_added >= size_) eof_in_string_ = true;
      return fail_at(std::move(message), start, first_line_begin, first_lineno);
    } else {
      ++pos_;
    }
  }
  push_from(Tok::String, start, pos_, first_lineno, first_line_begin);
  out_->back().quote_size = quote_size;
  out_->back().prefix_size = prefix_size;
  return true;
}

bool Lexer::begin_fstring(uint32_t start, uint32_t quote_at, bool raw, bool is_template) {
  char quote = text_[quote_at];
  pos_ = quote_at + 1;
  uint8_t quote_size = 1;
  if (text_[pos_] == quote && text_[pos_ + 1] == quote) {
    quote_size = 3;
    pos_ += 2;
  }
  if (fstrings_.size() >= kMaxStringNesting) return fail("too many nested f-strings or t-strings");
  fstrings_.push_back({quote, quote_size, raw, is_template, static_cast<int>(brackets_.size()), start, line_begin_,
                       lineno_});
  push(is_template ? Tok::TStringStart : Tok::FStringStart, start, pos_);
  out_->back().quote_size = quote_size;
  out_->back().prefix_size = static_cast<uint8_t>(quote_at - start);
  in_fstring_text_ = true;
  return true;
}

// Between the quotes and outside of fields (or within a format spec): a text part, the start of a field, or the end.
bool Lexer::lex_fstring_part() {
  FString& string = fstrings_.back();
  const char quote = string.quote;
  const bool in_spec = static_cast<int>(brackets_.size()) > string.bracket_base;
  const uint32_t start = pos_;
  const int32_t start_lineno = lineno_;
  const uint32_t start_line_begin = line_begin_;
  const Tok middle = string.is_template ? Tok::TStringMiddle : Tok::FStringMiddle;

  auto at_end_quote = [&] {
    if (text_[pos_] != quote) return false;
    return string.quote_size == 1 || (text_[pos_ + 1] == quote && text_[pos_ + 2] == quote);
  };
  auto emit_text = [&](uint32_t end) {
    if (end > start) push_from(middle, start, end, start_lineno, start_line_begin);
  };
  if (at_end_quote()) {
    pos_ += string.quote_size;
    push(string.is_template ? Tok::TStringEnd : Tok::FStringEnd, start, pos_);
    fstrings_.pop_back();
    in_fstring_text_ = false;
    return true;
  }
  for (;;) {
    char c = text_[pos_];
    if (c == '\n' || (c == 0 && pos_ >= size_)) {
      if (c == '\n' && string.quote_size == 3) {
        ++pos_;
        new_line();
        continue;
      }
      std::string letter(1, string_letter());
      if (in_spec && c == '\n') {
        ++pos_;
        return fail(letter + "-string: newlines are not allowed in format specifiers for single quoted " + letter +
                    "-strings");
      }
      int32_t detected = pos_ >= size_ && lineno_ > string.lineno ? lineno_ - 1 : lineno_;
      if (pos_ + options_.newline_added >= size_) eof_in_string_ = true;
      return fail_at(std::string("unterminated ") + (string.quote_size == 3 ? "triple-quoted " : "") + letter +
                         "-string literal (detected at line " + std::to_string(detected) + ")",
                     string.start, string.line_begin, string.lineno);
    }
    if (c == quote && at_end_quote()) {
      emit_text(pos_);
      return true;
    }
    if (c == '{') {
      if (!in_spec && text_[pos_ + 1] == '{') {
        ++pos_;
        emit_text(pos_);  // one of the braces is text; the token's location covers both
        ++out_->back().end_col;
        ++pos_;
        return true;
      }
      if (pos_ > start) {
        emit_text(pos_);
        return true;
      }
      int depth = 0;
      for (size_t i = static_cast<size_t>(string.bracket_base); i < brackets_.size(); ++i) {
        depth += brackets_[i].is_field;
      }
      if (depth >= 3) {
        return fail(std::string(1, string_letter()) + "-string: expressions nested too deeply");
      }
      ++pos_;
      if (brackets_.size() >= kMaxBrackets) return fail("too many nested parentheses");
      brackets_.push_back({'{', true, lineno_, static_cast<int32_t>(start - line_begin_)});
      push(Tok::LeftBrace, start, pos_);
      in_fstring_text_ = false;
      return true;
    }
    if (c == '}') {
      if (!in_spec && text_[pos_ + 1] == '}') {
        ++pos_;
        emit_text(pos_);  // one of the braces is text; the token's location covers both
        ++out_->back().end_col;
        ++pos_;
        return true;
      }
      emit_text(pos_);
      if (!in_spec) {
        ++pos_;
        return fail(std::string(1, string_letter()) + "-string: single '}' is not allowed");
      }
      in_fstring_text_ = false;  // lex_operator closes the field
      return true;
    }
    ++pos_;
    if (c != '\\') continue;
    char escaped = text_[pos_];
    if (escaped == '{' || escaped == '}') {
      if (!string.raw) warn_invalid_escape(pos_ - 1, escaped);
      continue;
    }
    if (pos_ >= size_) continue;
    if (string.raw) {
      // A backslash keeps a quote from ending the string, in raw strings too.
      ++pos_;
      if (escaped == '\n') new_line();
      continue;
    }
    if (escaped == 'N' && text_[pos_ + 1] == '{') {
      // \N{name}: the braces belong to the escape.
      pos_ += 2;
      while (pos_ < size_ && text_[pos_] != '}' && text_[pos_] != '\n' && !at_end_quote()) ++pos_;
      if (text_[pos_] == '}') ++pos_;
      continue;
    }
    ++pos_;
    if (escaped == '\n') new_line();
  }
}

void Lexer::warn_invalid_escape(uint32_t at, char escaped) {
  std::string shown = std::string("\\") + escaped;
  std::string message = "\"" + shown + "\" is an invalid escape sequence. Such sequences will not work in the future. "
                        "Did you mean \"\\" + shown + "\"? A raw string is also an option.";
  int32_t col = characters(line_begin_, at) + 1;
  warnings_.push_back({"SyntaxWarning", std::move(message), lineno_, col, lineno_, col});
}

}  // namespace orochi::syntax
