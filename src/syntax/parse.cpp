// parse(): decoding, lexing, parsing, and the error in the terms of Python's SyntaxError.
#include "syntax/parse.h"

#include <vector>

#include "syntax/lexer.h"
#include "syntax/parser.h"
#include "syntax/source.h"

namespace orochi {

const char* syntax_error_kind_name(SyntaxErrorKind kind) {
  switch (kind) {
    case SyntaxErrorKind::SyntaxError: return "SyntaxError";
    case SyntaxErrorKind::IndentationError: return "IndentationError";
    case SyntaxErrorKind::TabError: return "TabError";
    case SyntaxErrorKind::IncompleteInput: return "_IncompleteInputError";
    case SyntaxErrorKind::MemoryError: return "MemoryError";
    case SyntaxErrorKind::RecursionError: return "RecursionError";
    case SyntaxErrorKind::ValueError: return "ValueError";
    case SyntaxErrorKind::UnicodeDecodeError: return "UnicodeDecodeError";
    case SyntaxErrorKind::OverflowError: return "OverflowError";
  }
  return "SyntaxError";
}

namespace {

using namespace syntax;  // NOLINT

// The line numbered `lineno`, without its newline; the last one if there are fewer.
std::string_view find_line(std::string_view text, int32_t lineno) {
  size_t begin = 0;
  for (int32_t i = 1; i < lineno; ++i) {
    size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) return {};
    begin = end + 1;
  }
  if (begin > text.size()) return {};
  size_t end = text.find('\n', begin);
  return text.substr(begin, end == std::string_view::npos ? end : end - begin);
}

// A byte column as SyntaxError.offset: characters from 1, at most one after the line. The end of an error that spans
// lines is measured on the first of them too, as everybody has come to expect.
int32_t character_offset(std::string_view line, int32_t byte_col) {
  if (byte_col < 0) return byte_col + 1;
  auto bytes = static_cast<size_t>(byte_col);
  if (bytes <= line.size()) return count_characters(line.substr(0, bytes)) + 1;
  return count_characters(line) + 1;
}

void fill_from_parser(SyntaxErrorInfo& info, const RaisedError& error, std::string_view text, bool with_newline) {
  info.kind = error.kind;
  info.message = error.message;
  if (error.kind == SyntaxErrorKind::MemoryError) {
    info.lineno = 0;
    info.col = info.end_lineno = info.end_col = -1;
    return;
  }
  info.lineno = error.lineno;
  info.end_lineno = error.end_lineno;
  std::string_view line = find_line(text, error.lineno);
  info.has_text = true;
  info.text = std::string(line);
  if (with_newline && line.data() != nullptr && line.data() + line.size() < text.data() + text.size()) {
    info.text += '\n';
  }
  info.col = character_offset(info.text, error.col);
  info.end_col = character_offset(info.text, error.end_col);
}

void fill_from_lexer(SyntaxErrorInfo& info, const LexerError& error, std::string_view text) {
  info.kind = error.kind;
  info.message = error.message;
  info.lineno = info.end_lineno = error.lineno;
  info.col = error.col;
  info.end_col = error.end_col;
  size_t end = text.find('\n', error.line_begin);
  if (end == std::string_view::npos) end = text.size();
  if (!error.line_is_partial && end < text.size()) ++end;
  info.text = std::string(text.substr(error.line_begin, end - error.line_begin));
  info.has_text = true;
}

}  // namespace

ParseResult parse(std::string_view source, const ParseOptions& given_options) {
  ParseOptions options = given_options;
  ParseResult result;
  result.arena = std::make_unique<Arena>();
  DecodedSource decoded = decode_source(source, options, *result.arena);
  result.encoding = decoded.encoding;
  if (!decoded.ok) {
    result.error = std::move(decoded.error);
    return result;
  }
  // A file always ends its last line; an expression or an interactive statement may end in the middle of one.
  options.newline_added = decoded.newline_added && options.mode != ParseMode::Exec;
  std::string_view shown = decoded.text.substr(0, decoded.text.size() - options.newline_added);
  NameTable names(*result.arena);
  LexerOptions lexer_options;
  lexer_options.type_comments = options.type_comments;
  lexer_options.newline_added = options.newline_added;
  Lexer lexer(decoded.text, names, lexer_options);
  std::vector<Token> tokens;
  // The token before the first: locations end at "the last token taken", of which there is none yet.
  tokens.push_back({Tok::EndMarker, Soft::None, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0});
  lexer.run(tokens);
  Parser parser(decoded.text, tokens, lexer, names, *result.arena, options, result.warnings);
  result.mod = parser.run();
  for (ParseWarning& warning : lexer.warnings()) result.warnings.push_back(std::move(warning));
  if (result.mod != nullptr) return result;
  if (options.allow_incomplete_input && parser.incomplete_input()) {
    result.error.kind = SyntaxErrorKind::IncompleteInput;
    result.error.message = "incomplete input";
    const Token& last = tokens.back();
    result.error.lineno = last.lineno;
    result.error.end_lineno = last.end_lineno;
    return result;
  }
  if (parser.lexer_failed()) {
    if (lexer.error().set) {
      fill_from_lexer(result.error, lexer.error(), shown);
    } else {
      Lexer::OpenBracket open = lexer.open_bracket();
      RaisedError error{SyntaxErrorKind::SyntaxError, std::string("'") + open.character + "' was never closed",
                        open.lineno, open.col, open.lineno, -1};
      fill_from_parser(result.error, error, shown, tokens.back().lineno - 1 <= open.lineno);
    }
    return result;
  }
  fill_from_parser(result.error, parser.error(), shown, parser.error_shows_newline());
  return result;
}

}  // namespace orochi
