// String literals: decoding of escapes, implicit concatenation, f-strings and t-strings, and number literals.
// Text without escapes is not copied: constants point into the source, which lives in the tree's arena.
#include <charconv>
#include <cstdlib>

#include "syntax/lexer_chars.h"
#include "syntax/parser.h"
#include "text/identifiers.h"

namespace orochi::syntax {

// ---- numbers -----------------------------------------------------------------------------------------------------

namespace {

// The value of digits that from_chars calls out of range: infinity or zero, by the decimal exponent of the first
// digit that is not zero.
double out_of_range_value(std::string_view digits) {
  long exponent = 0;
  size_t e = digits.find_first_of("eE");
  if (e != std::string_view::npos) {
    std::string_view part = digits.substr(e + 1);
    bool negative = part.starts_with('-');
    if (negative || part.starts_with('+')) part.remove_prefix(1);
    for (char c : part) {
      if (exponent < 100000000) exponent = exponent * 10 + (c - '0');
    }
    if (negative) exponent = -exponent;
    digits = digits.substr(0, e);
  }
  size_t dot = digits.find('.');
  size_t whole = dot == std::string_view::npos ? digits.size() : dot;
  size_t first = digits.find_first_not_of("0.");
  if (first == std::string_view::npos) return 0.0;
  long magnitude = exponent + static_cast<long>(whole) - static_cast<long>(first);
  return magnitude > 0 ? __builtin_inf() : 0.0;
}

double to_double(std::string_view digits) {
  double value = 0;
  auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (result.ec == std::errc::result_out_of_range) return out_of_range_value(digits);
  return value;
}

}  // namespace

ExprNode* Parser::number() {
  const Token& token = advance();
  std::string_view text = token_text(token);
  auto* e = make<Constant>(of(token));
  std::string clean;
  if (text.find('_') != std::string_view::npos) {
    if (!check_version(6, "Underscores in numeric literals are")) return nullptr;
    for (char c : text) {
      if (c != '_') clean += c;
    }
    text = clean;
  }
  uint8_t base = 10;
  if (text.size() > 2 && text[0] == '0') {
    char radix = static_cast<char>(text[1] | 0x20);
    base = radix == 'x' ? 16 : radix == 'o' ? 8 : radix == 'b' ? 2 : 10;
  }
  if (base != 10) {
    text.remove_prefix(2);
  } else {
    char last = text.back();
    if (last == 'j' || last == 'J') {
      e->value = ConstantValue::of_complex(0, to_double(text.substr(0, text.size() - 1)));
      return e;
    }
    if (text.find_first_of(".eE") != std::string_view::npos) {
      e->value = ConstantValue::of_float(to_double(text));
      return e;
    }
  }
  size_t zeros = text.find_first_not_of('0');
  text = zeros == std::string_view::npos ? text.substr(text.size() - 1) : text.substr(zeros);
  int64_t value = 0;
  auto result = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (result.ec == std::errc()) {
    e->value = ConstantValue::of_int(value);
    return e;
  }
  if (base == 10 && options_.max_str_digits > 0 && text.size() > static_cast<size_t>(options_.max_str_digits)) {
    return raise({token.lineno, -1, token.end_lineno, -1},
                 "Exceeds the limit (" + std::to_string(options_.max_str_digits) +
                     " digits) for integer string conversion: value has " + std::to_string(text.size()) +
                     " digits; use sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal for "
                     "huge integer literals to avoid decimal conversion limits.");
  }
  e->value = ConstantValue::of_text(ConstantKind::BigInt, arena_.copy(text), base);
  return e;
}

// ---- escapes -----------------------------------------------------------------------------------------------------

void Parser::warn_escape(const Token& token, std::string_view body, size_t at, std::string_view sequence, bool octal) {
  if (diagnose_) return;
  int32_t lineno = token.lineno;
  for (const char* p = source_.data() + token.begin; p < body.data() + at; ++p) lineno += *p == '\n';
  std::string shown(sequence);
  std::string message = "\"" + shown + "\" is an invalid " + (octal ? "octal " : "") +
                        "escape sequence. Such sequences will not work in the future. Did you mean \"\\" + shown +
                        "\"? A raw string is also an option.";
  warnings_.push_back({"SyntaxWarning", std::move(message), lineno, token.col + 1, token.end_lineno,
                       token.end_col + 1});
}

// The value of a literal's text between the quotes. False: raised.
bool Parser::decode_string(const Token& token, std::string_view body, bool raw, bool bytes, std::string_view& out) {
  if (bytes) {
    for (char c : body) {
      if (static_cast<unsigned char>(c) >= 0x80) {
        raise_at(token, "bytes can only contain ASCII literal characters");
        return false;
      }
    }
  }
  if (raw || body.find('\\') == std::string_view::npos) {
    out = body;
    return true;
  }
  std::string value;
  value.reserve(body.size());
  // A decoder's error counts positions in the text with every non-ASCII character spelt \UXXXXXXXX.
  size_t wide = 0;
  auto unicode_error = [&](size_t begin, size_t end, const char* reason) {
    raise_at(token, "(unicode error) 'unicodeescape' codec can't decode bytes in position " +
                        std::to_string(begin + wide) + "-" + std::to_string(end - 1 + wide) + ": " + reason);
    return false;
  };
  bool warned = false;
  for (size_t i = 0; i < body.size();) {
    auto c = static_cast<unsigned char>(body[i]);
    if (c != '\\') {
      if (c >= 0xc0) wide += 10 - (c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2);
      value += static_cast<char>(c);
      ++i;
      continue;
    }
    size_t start = i++;
    if (i >= body.size()) {  // before a replacement field
      value += '\\';
      break;
    }
    char escape = body[i++];
    switch (escape) {
      case '\n': break;
      case '\\': value += '\\'; break;
      case '\'': value += '\''; break;
      case '"': value += '"'; break;
      case 'a': value += '\a'; break;
      case 'b': value += '\b'; break;
      case 'f': value += '\f'; break;
      case 'n': value += '\n'; break;
      case 'r': value += '\r'; break;
      case 't': value += '\t'; break;
      case 'v': value += '\v'; break;
      case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': {
        unsigned code = static_cast<unsigned>(escape - '0');
        for (int k = 0; k < 2 && i < body.size() && body[i] >= '0' && body[i] <= '7'; ++k, ++i) {
          code = code * 8 + static_cast<unsigned>(body[i] - '0');
        }
        if (code > 0377 && !warned) {
          warned = true;
          warn_escape(token, body, start, body.substr(start, i - start), true);
        }
        if (bytes) {
          value += static_cast<char>(code & 0xff);
        } else {
          text::append_utf8(value, code);
        }
        break;
      }
      case 'x': case 'u': case 'U': {
        if (bytes && escape != 'x') goto unknown;
        size_t want = escape == 'x' ? 2 : escape == 'u' ? 4 : 8;
        uint32_t code = 0;
        size_t got = 0;
        while (got < want && i < body.size() && is_hex_digit(body[i])) {
          code = code << 4 | static_cast<uint32_t>(hex_value(body[i]));
          ++i;
          ++got;
        }
        if (got < want) {
          if (bytes) {
            raise_at(token, "(value error) invalid \\x escape at position " + std::to_string(start));
            return false;
          }
          return unicode_error(start, i,
                               escape == 'x'   ? "truncated \\xXX escape"
                               : escape == 'u' ? "truncated \\uXXXX escape"
                                               : "truncated \\UXXXXXXXX escape");
        }
        if (code > 0x10ffff) return unicode_error(start, i, "illegal Unicode character");
        if (bytes) {
          value += static_cast<char>(code);
        } else {
          text::append_utf8(value, code);
        }
        break;
      }
      case 'N': {
        if (bytes) goto unknown;
        if (i >= body.size() || body[i] != '{') return unicode_error(start, i, "malformed \\N character escape");
        size_t name_start = i + 1;
        size_t close = body.find('}', name_start);
        if (close == std::string_view::npos) {
          return unicode_error(start, body.size(), "malformed \\N character escape");
        }
        if (close == name_start) return unicode_error(start, close, "malformed \\N character escape");
        char32_t found;
        if (!text::char_by_name(body.substr(name_start, close - name_start), found)) {
          return unicode_error(start, close + 1, "unknown Unicode character name");
        }
        text::append_utf8(value, found);
        i = close + 1;
        break;
      }
      default:
      unknown:
        if (!warned && (escape != '{' && escape != '}')) {
          warned = true;
          uint32_t length;
          decode_utf8(body.substr(i - 1), length);
          warn_escape(token, body, start, body.substr(start, 1 + length), false);
        }
        value += '\\';
        --i;  // the character itself follows as ordinary text
        break;
    }
  }
  out = arena_.copy(value);
  return true;
}

// ---- literals ----------------------------------------------------------------------------------------------------

// One or more adjacent string tokens and f-strings.
ExprNode* Parser::strings() {
  const Token& start = cur();
  bool any_format = false;
  bool any_template = false;
  bool any_bytes = false;
  bool any_str = false;
  std::vector<ExprNode*> parts;
  const Token* last_plain = nullptr;
  Constant* only = nullptr;
  for (;;) {
    const Token& token = cur();
    if (token.kind == Tok::String) {
      advance();
      std::string_view text = token_text(token);
      bool raw = false;
      bool bytes = false;
      for (char c : text.substr(0, token.prefix_size)) {
        raw |= (c | 0x20) == 'r';
        bytes |= (c | 0x20) == 'b';
      }
      std::string_view body = text.substr(token.prefix_size + token.quote_size,
                                          text.size() - token.prefix_size - 2u * token.quote_size);
      std::string_view value;
      if (!decode_string(token, body, raw, bytes, value)) return nullptr;
      auto* constant = make<Constant>(of(token));
      constant->value = ConstantValue::of_text(bytes ? ConstantKind::Bytes : ConstantKind::Str, value);
      if (text[0] == 'u') constant->kind = "u";
      (bytes ? any_bytes : any_str) = true;
      parts.push_back(constant);
      only = constant;
      last_plain = &token;
    } else if (token.kind == Tok::FStringStart || token.kind == Tok::TStringStart) {
      bool is_template = token.kind == Tok::TStringStart;
      (is_template ? any_template : any_format) = true;
      advance();
      bool raw = false;
      for (char c : token_text(token).substr(0, token.prefix_size)) raw |= (c | 0x20) == 'r';
      Tok end = is_template ? Tok::TStringEnd : Tok::FStringEnd;
      char outer = string_letter_;
      string_letter_ = is_template ? 't' : 'f';
      bool fits = string_parts(parts, end, raw, is_template);
      string_letter_ = outer;
      if (!fits) return nullptr;
      if (kind() != end) {
        if (diagnose_ && !raised_) return nullptr;
        return nullptr;
      }
      advance();
    } else {
      break;
    }
  }
  (void)last_plain;
  if (any_template && (any_str || any_bytes || any_format)) {
    if (diagnose_) {
      const Token* end = t_ - 1;
      return raise({start.lineno, start.col, end->end_lineno, end->end_col},
                   "cannot mix t-string literals with string or bytes literals");
    }
    return nullptr;
  }
  if (any_bytes && (any_str || any_format)) {
    return raise_last("cannot mix bytes and nonbytes literals");
  }
  if (!any_format && !any_template) {
    if (parts.size() == 1) return only;
    auto* first = as_Constant(parts[0]);
    size_t size = 0;
    for (ExprNode* part : parts) size += as_Constant(part)->value.size;
    char* joined = static_cast<char*>(arena_.allocate(size + 1, 1));
    size_t at = 0;
    for (ExprNode* part : parts) {
      std::string_view text = as_Constant(part)->value.text();
      if (!text.empty()) memcpy(joined + at, text.data(), text.size());
      at += text.size();
    }
    auto* constant = make<Constant>(from(start));
    constant->value = ConstantValue::of_text(first->value.kind, {joined, size});
    constant->kind = first->kind;
    return constant;
  }
  Location where = from(start);
  Seq<ExprNode*> values = merge_parts(parts);
  if (any_template) {
    auto* node = make<TemplateStr>(where);
    node->values = values;
    return node;
  }
  auto* node = make<JoinedStr>(where);
  node->values = values;
  return node;
}

// Joins neighbouring constants and drops empty ones.
Seq<ExprNode*> Parser::merge_parts(std::vector<ExprNode*>& parts) {
  std::vector<ExprNode*> merged;
  for (size_t i = 0; i < parts.size();) {
    auto* first = try_as<Constant>(parts[i]);
    if (first == nullptr) {
      merged.push_back(parts[i++]);
      continue;
    }
    size_t end = i + 1;
    size_t size = first->value.size;
    while (end < parts.size() && parts[end]->kind == NodeKind::Constant) size += as_Constant(parts[end++])->value.size;
    if (size != 0 && end == i + 1) {
      merged.push_back(first);
    } else if (size != 0) {
      char* joined = static_cast<char*>(arena_.allocate(size + 1, 1));
      size_t at = 0;
      for (size_t k = i; k < end; ++k) {
        std::string_view text = as_Constant(parts[k])->value.text();
        if (!text.empty()) memcpy(joined + at, text.data(), text.size());
        at += text.size();
      }
      auto* last = as_Constant(parts[end - 1]);
      auto* constant = make<Constant>(
          Location{first->lineno, first->col_offset, last->end_lineno, last->end_col_offset});
      constant->value = ConstantValue::of_text(ConstantKind::Str, {joined, size});
      constant->kind = first->kind;
      merged.push_back(constant);
    }
    i = end;
  }
  Seq<ExprNode*> list = make_list<ExprNode*>(arena_, static_cast<uint32_t>(merged.size()));
  for (uint32_t i = 0; i < list.count; ++i) list.items[i] = merged[i];
  return list;
}

ExprNode* Parser::text_constant(const Token& token, bool raw) {
  std::string_view value;
  if (!decode_string(token, token_text(token), raw, false, value)) return nullptr;
  auto* constant = make<Constant>(of(token));
  constant->value = ConstantValue::of_text(ConstantKind::Str, value);
  return constant;
}

// Text and fields up to but without `end` (an end of string, or '}' for a format spec).
bool Parser::string_parts(std::vector<ExprNode*>& parts, Tok end, bool raw, bool is_template) {
  for (;;) {
    if (kind() == Tok::FStringMiddle || kind() == Tok::TStringMiddle) {
      ExprNode* constant = text_constant(advance(), raw);
      if (constant == nullptr) return false;
      parts.push_back(constant);
    } else if (kind() == Tok::LeftBrace) {
      if (!replacement_field(parts, raw, is_template)) return false;
    } else {
      return kind() == end;
    }
  }
}

namespace {

// The text of an expression as `=` shows it: comments are left out.
std::string without_comments(std::string_view text) {
  std::string out;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quote != 0) {
      if (c == '\\' && i + 1 < text.size()) {
        out += c;
        out += text[++i];
        continue;
      }
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '#') {
      while (i + 1 < text.size() && text[i + 1] != '\n') ++i;
      continue;
    }
    out += c;
  }
  return out;
}

}  // namespace

// '{' expression ['='] ['!' conversion] [':' spec] '}'
bool Parser::replacement_field(std::vector<ExprNode*>& parts, bool raw, bool is_template) {
  if (!check_stack()) return false;
  const Token& open = advance();
  const char letter = string_letter_;
  ExprNode* value = nullptr;
  if (starts_expression(kind()) || kind() == Tok::Star || kind() == Tok::kwYield) value = yield_or_star_expressions();
  auto decline = [&] {
    if (diagnose_ && !raised_) diagnose_field(open, letter);
    return false;
  };
  if (value == nullptr) return decline();
  const Token& equal = cur();
  bool debug = accept(Tok::Equal);
  const Token* after = t_;  // '!', ':' or '}': the expression's text ends before it
  const Token* conversion_name = nullptr;
  int conversion = -1;
  if (kind() == Tok::Exclamation) {
    const Token& mark = advance();
    if (kind() != Tok::Name) return decline();
    const Token& name = advance();
    if (mark.end != name.begin) {
      raise_range(of(mark), of(name),
                  std::string(1, letter) + "-string: conversion type must come right after the exclamation mark");
      return false;
    }
    std::string_view text = token_text(name);
    if (text != "s" && text != "r" && text != "a") {
      raise_at(name, std::string(1, letter) + "-string: invalid conversion character '" + std::string(text) +
                         "': expected 's', 'r', or 'a'");
      return false;
    }
    conversion = static_cast<unsigned char>(text[0]);
    conversion_name = &name;
  }
  ExprNode* spec = nullptr;
  if (kind() == Tok::Colon) {
    const Token& colon = advance();
    std::vector<ExprNode*> spec_parts;
    // Fields within a spec are formatted at once, in t-strings too.
    if (!string_parts(spec_parts, Tok::RightBrace, raw, false)) return raised_ ? false : decline();
    auto* joined = make<JoinedStr>(from(colon));
    joined->values = merge_parts(spec_parts);
    spec = joined;
  }
  if (!accept(Tok::RightBrace)) return decline();

  std::string_view shown(source_.data() + open.end, after->begin - open.end);
  if (debug && conversion < 0 && spec == nullptr) conversion = 'r';
  if (debug) {
    Location where{open.lineno, open.end_col, 0, 0};
    const Token& close = t_[-1];
    if (conversion_name != nullptr) {
      where.end_lineno = conversion_name->lineno;
      where.end_col_offset = conversion_name->col - 1;
    } else if (spec != nullptr) {
      where.end_lineno = spec->lineno;
      where.end_col_offset = spec->col_offset;
    } else {
      where.end_lineno = close.end_lineno;
      where.end_col_offset = close.end_col - 1;
    }
    auto* constant = make<Constant>(where);
    std::string_view text = shown;
    if (text.find('#') != std::string_view::npos) text = arena_.copy(without_comments(shown));
    constant->value = ConstantValue::of_text(ConstantKind::Str, text);
    parts.push_back(constant);
  }
  if (is_template) {
    auto* node = make<Interpolation>(from(open));
    node->value = value;
    std::string text = without_comments(debug ? shown.substr(0, equal.begin - open.end) : shown);
    node->str = ConstantValue::of_text(ConstantKind::Str, arena_.copy(text));
    node->conversion = conversion;
    node->format_spec = spec;
    parts.push_back(node);
  } else {
    auto* node = make<FormattedValue>(from(open));
    node->value = value;
    node->conversion = conversion;
    node->format_spec = spec;
    parts.push_back(node);
  }
  return true;
}

}  // namespace orochi::syntax
