// The front door of the syntax layer: Python source to an AST, or to one syntax error.
// Nothing here touches the runtime; a tree is plain data owned by the Arena in ParseResult. Any thread may parse.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "syntax/ast.h"

namespace orochi {

enum class ParseMode : uint8_t { Exec, Eval, Single, FuncType };

enum class SyntaxErrorKind : uint8_t {
  SyntaxError,
  IndentationError,
  TabError,
  IncompleteInput,  // _IncompleteInputError, only with ParseOptions::allow_incomplete_input
  MemoryError,      // nested too deeply for the parser
  RecursionError,
  ValueError,       // an int literal with too many digits is a SyntaxError; kept for the decoder's errors
  UnicodeDecodeError,
  OverflowError,
};
const char* syntax_error_kind_name(SyntaxErrorKind kind);

struct SyntaxErrorInfo {
  SyntaxErrorKind kind = SyntaxErrorKind::SyntaxError;
  std::string message;
  int32_t lineno = 0;       // from 1; 0 = no location at all
  int32_t col = 0;          // as SyntaxError.offset: characters from 1; 0 = before the first; -1 = None
  int32_t end_lineno = 0;   // -1 = None
  int32_t end_col = 0;      // as end_offset; -1 = None
  std::string text;         // the source line with its newline, as SyntaxError.text
  bool has_text = false;
};

struct ParseWarning {
  const char* category;     // "SyntaxWarning", "DeprecationWarning"
  std::string message;
  int32_t lineno;
  // Where the SyntaxError points when a filter turns the warning into an error (as SyntaxErrorInfo has it).
  int32_t col;
  int32_t end_lineno;
  int32_t end_col;
};

// Decodes source bytes in an encoding the layer does not know itself. False: unknown encoding or bad bytes, and `error`
// says what (the message of the SyntaxError). `name` is the normalised encoding name.
struct SourceDecoder {
  bool (*decode)(void* context, std::string_view name, std::string_view bytes, std::string& utf8, std::string& error);
  void* context;
};

struct ParseOptions {
  std::string_view filename = "<string>";
  ParseMode mode = ParseMode::Exec;
  bool type_comments = false;
  bool allow_top_level_await = false;  // accepted always by the grammar; for the compiler's sake
  bool allow_incomplete_input = false;
  bool dont_imply_dedent = false;
  bool barry_as_flufl = false;         // from __future__ import barry_as_FLUFL
  bool source_is_utf8 = false;         // the source was a str: no BOM, no cookie, it may hold surrogates (WTF-8)
  int feature_version = 14;            // minor version
  int max_str_digits = 4300;           // sys.get_int_max_str_digits(); 0 = no limit
  size_t stack_budget = 512 * 1024;    // bytes of native stack the parser may use below its caller
  SourceDecoder decoder = {nullptr, nullptr};
  bool newline_added = false;          // set by parse(): the source lacks a last newline and the mode lets that show
};

struct ParseResult {
  std::unique_ptr<Arena> arena;      // owns the tree
  ast::ModNode* mod = nullptr;       // nullptr: see error
  SyntaxErrorInfo error;
  std::vector<ParseWarning> warnings;
  std::string encoding;              // of the source bytes: "utf-8" if nothing else was declared

  explicit operator bool() const { return mod != nullptr; }
};

ParseResult parse(std::string_view source, const ParseOptions& options);

// ast.dump(node, annotate_fields=True, include_attributes=..., indent=...); indent < 0 is None.
struct DumpOptions {
  bool include_attributes = false;
  bool show_empty = false;
  int indent = -1;
};
std::string dump(const ast::Node* node, const DumpOptions& options);

}  // namespace orochi
