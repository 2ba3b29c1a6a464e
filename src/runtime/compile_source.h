// Source text to code object: parser, compiler, conversion; errors become SyntaxError instances, warnings go through the
// warnings machinery.
#pragma once

#include "compiler/compile.h"
#include "objects/code.h"
#include "objects/exception.h"
#include "objects/str.h"

namespace orochi {

struct SourceOptions {
  ParseMode mode = ParseMode::Exec;
  uint32_t flags = 0;             // future features and kCompileAllowTopLevelAwait
  int optimize = -1;              // -1: the interpreter's own -O level
  bool source_is_str = false;     // came from a str: WTF-8, no coding cookie
  bool type_comments = false;
  bool allow_incomplete_input = false;
  bool dont_imply_dedent = false;
  int feature_version = 14;
};

extern int default_optimize;      // -O level; set at start-up

Result<Local<Code>> compile_source(Thread& t, std::string_view source, Borrowed<Str> filename,
                                   const SourceOptions& options);
// From a tree that is already there (compile() of an AST object).
Result<Local<Code>> compile_tree(Thread& t, ast::ModNode* tree, Borrowed<Str> filename, const SourceOptions& options);
// Parses only; on error raises. For compile(…, PyCF_ONLY_AST).
Result<ParseResult> parse_source(Thread& t, std::string_view source, Borrowed<Str> filename,
                                 const SourceOptions& options);
Raised raise_syntax_error(Thread& t, const SyntaxErrorInfo& info, Borrowed<Str> filename);
// warnings.warn_explicit(message, category, filename, lineno); turned into SyntaxError when a filter says "error".
Result<void> report_source_warnings(Thread& t, const std::vector<ParseWarning>& warnings, Borrowed<Str> filename);

}  // namespace orochi
