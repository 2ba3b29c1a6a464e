// Prints ast.dump(ast.parse(source), include_attributes=True) of each file named, or its syntax error.
//   ast_dump [--indent N] [--no-attributes] [--type-comments] [--mode exec|eval|single|func_type] [--quiet] FILE...
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "syntax/parse.h"

namespace {

bool read_file(const char* path, std::string& out) {
  FILE* file = std::strcmp(path, "-") == 0 ? stdin : std::fopen(path, "rb");
  if (file == nullptr) return false;
  char buffer[65536];
  size_t n;
  while ((n = std::fread(buffer, 1, sizeof buffer, file)) > 0) out.append(buffer, n);
  if (file != stdin) std::fclose(file);
  return true;
}

std::string describe(const orochi::ParseResult& result, const orochi::DumpOptions& options) {
  if (result) return orochi::dump(result.mod, options);
  const orochi::SyntaxErrorInfo& e = result.error;
  return std::string(orochi::syntax_error_kind_name(e.kind)) + ": " + e.message + " (" + std::to_string(e.lineno) +
         ", " + std::to_string(e.col) + ", " + std::to_string(e.end_lineno) + ", " + std::to_string(e.end_col) + ") " +
         (e.has_text ? "|" + e.text + "|" : "-");
}

// Records on stdin: "MODE FLAGS IS_STR LENGTH\n" and the source; results on stdout: "LENGTH\n" and the text.
int batch(const orochi::DumpOptions& dump_options) {
  char mode[16];
  int flags;
  int is_str;
  size_t length;
  while (std::scanf("%15s %d %d %zu", mode, &flags, &is_str, &length) == 4) {
    std::getchar();
    std::string source(length, '\0');
    if (std::fread(source.data(), 1, length, stdin) != length) return 2;
    orochi::ParseOptions options;
    options.type_comments = (flags & 1) != 0;
    options.allow_incomplete_input = (flags & 2) != 0;
    options.dont_imply_dedent = (flags & 4) != 0;
    options.source_is_utf8 = is_str != 0;
    options.mode = std::strcmp(mode, "eval") == 0     ? orochi::ParseMode::Eval
                   : std::strcmp(mode, "single") == 0 ? orochi::ParseMode::Single
                                                      : orochi::ParseMode::Exec;
    std::string text = describe(orochi::parse(source, options), dump_options);
    std::printf("%zu\n", text.size());
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  orochi::ParseOptions options;
  orochi::DumpOptions dump_options;
  dump_options.include_attributes = true;
  bool quiet = false;
  bool separate = false;
  int status = 0;
  for (int i = 1; i < argc; ++i) {
    std::string arg = argv[i];
    if (arg == "--indent" && i + 1 < argc) {
      dump_options.indent = std::atoi(argv[++i]);
    } else if (arg == "--no-attributes") {
      dump_options.include_attributes = false;
    } else if (arg == "--type-comments") {
      options.type_comments = true;
    } else if (arg == "--batch") {
      return batch(dump_options);
    } else if (arg == "--quiet") {
      quiet = true;
    } else if (arg == "--separate") {
      separate = true;  // each file's result goes to stdout as "length\nbytes"
    } else if (arg == "--mode" && i + 1 < argc) {
      std::string mode = argv[++i];
      options.mode = mode == "eval"        ? orochi::ParseMode::Eval
                     : mode == "single"    ? orochi::ParseMode::Single
                     : mode == "func_type" ? orochi::ParseMode::FuncType
                                           : orochi::ParseMode::Exec;
    } else {
      std::string source;
      if (!read_file(argv[i], source)) {
        std::fprintf(stderr, "cannot read %s\n", argv[i]);
        return 2;
      }
      options.filename = argv[i];
      orochi::ParseResult result = orochi::parse(source, options);
      std::string text;
      if (!quiet || !result) text = describe(result, dump_options);
      if (!result) status = 1;
      if (separate) {
        std::printf("%zu\n%s", text.size(), text.c_str());
      } else if (!quiet || !result) {
        std::printf("%s\n", text.c_str());
      }
    }
  }
  return status;
}
