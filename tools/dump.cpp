// The front end without the runtime: prints the AST or the bytecode of a file, or checks and times many files.
//   dump --ast file.py | --bytecode file.py | --check file.py... | --codes file.py... | --outcomes sources
// --check parses, compiles, verifies and serializes every file, and reports failures and the total time.
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "bytecode/disassembler.h"
#include "bytecode/instruction.h"
#include "bytecode/verifier.h"
#include "compiler/compile.h"
#include "syntax/parse.h"

namespace {

using namespace orochi;

bool read_file(const char* path, std::string& out) {
  std::FILE* file = std::fopen(path, "rb");
  if (file == nullptr) return false;
  char buffer[65536];
  out.clear();
  while (size_t n = std::fread(buffer, 1, sizeof buffer, file)) out.append(buffer, n);
  std::fclose(file);
  return true;
}

double now() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return double(t.tv_sec) + double(t.tv_nsec) * 1e-9;
}

void print_error(const char* path, const SyntaxErrorInfo& e) {
  std::printf("%s:%d:%d: %s: %s\n", path, e.lineno, e.col, syntax_error_kind_name(e.kind), e.message.c_str());
}

// One line a code object, for comparison with another implementation's.
void print_codes(const CodeBlob& b) {
  std::printf("%s|%d|%u,%u,%u|%x|", b.qualname.c_str(), b.firstlineno, b.argcount, b.posonlyargcount, b.kwonlyargcount, b.flags);
  for (uint32_t i = 0; i < b.nparams; i++) std::printf("%s ", b.locals[i].name.c_str());
  std::printf("|");
  for (uint32_t i = b.nparams; i < b.locals.size(); i++) {
    if ((b.locals[i].kind & (kLocalCell | kLocalHidden)) == 0) std::printf("%s ", b.locals[i].name.c_str());
  }
  std::printf("|");
  for (const LocalInfo& local : b.locals) {
    if ((local.kind & kLocalCell) != 0 && (local.kind & kLocalHidden) == 0) std::printf("%s ", local.name.c_str());
  }
  std::printf("|");
  for (const std::string& name : b.freevars) std::printf("%s ", name.c_str());
  std::printf("|");
  std::vector<bool> lines;
  PositionReader reader(b.positions, b.firstlineno);
  while (reader.next()) {
    if (reader.position.line <= 0) continue;
    if (lines.size() <= size_t(reader.position.line)) lines.resize(size_t(reader.position.line) + 1);
    lines[size_t(reader.position.line)] = true;
  }
  for (size_t i = 0; i < lines.size(); i++) {
    if (lines[i]) std::printf("%zu ", i);
  }
  std::printf("|");
  // Where a traceback may point: calls, attributes, subscripts, raises.
  for (size_t at = 0; at < b.code.size();) {
    Op op = Instruction(b.code[at]).op();
    std::string_view name = op_info(op).name;
    char kind = name.starts_with("Call") && !name.starts_with("CallIntrinsic")                            ? 'c'
                : name == "LoadAttr" || name == "LoadMethod" || name == "StoreAttr"                       ? 'a'
                : name == "GetItem" || name == "GetItemI" || name == "GetSlice" || name == "SetItem"      ? 's'
                : name == "LoadGlobal" || name == "LoadName"                                              ? 'g'
                : name == "Raise" || name == "RaiseFrom"                                                  ? 'r'
                                                                                                          : 0;
    if (kind != 0) {
      Position p = position_at(b, uint32_t(at));
      std::printf("%c%d:%d-%d:%d ", kind, p.line, p.column, p.end_line, p.end_column);
    }
    at += size_t(op_info(op).words());
  }
  std::printf("|");
  if ((b.flags & kCoHasDocstring) != 0) {
    for (char c : b.consts[0].text) std::printf("%02x", uint8_t(c));
  }
  std::printf("\n");
  for (const Const& c : b.consts) {
    if (c.kind == ConstKind::Code) print_codes(*c.code);
  }
}

// Sources separated by NUL bytes in one file: the outcome of compiling each, one a line.
int outcomes(const std::string& all) {
  size_t at = 0;
  while (at < all.size()) {
    size_t end = all.find('\0', at);
    if (end == std::string::npos) end = all.size();
    std::string source = all.substr(at, end - at);
    at = end + 1;
    ParseOptions options;
    options.source_is_utf8 = true;
    ParseResult tree = parse(source, options);
    SyntaxErrorInfo error = tree.error;
    std::vector<ParseWarning> warnings = tree.warnings;
    bool good = false;
    if (tree) {
      CompileOptions compile_options;
      CompileResult result = compile(tree.mod, compile_options);
      error = result.error;
      for (const ParseWarning& w : result.warnings) warnings.push_back(w);
      if (result) {
        good = true;
        std::string problem = verify(*result.blob);
        if (!problem.empty()) std::printf("VERIFIER %s; ", problem.c_str());
      }
    }
    for (const ParseWarning& w : warnings) std::printf("%s:%d:%s; ", w.category, w.lineno, w.message.c_str());
    if (good) {
      std::printf("ok\n");
    } else {
      std::printf("%s: %s @%d:%d-%d:%d\n", syntax_error_kind_name(error.kind), error.message.c_str(), error.lineno, error.col,
                  error.end_lineno, error.end_col);
    }
  }
  return 0;
}

int check(int count, char** files) {
  double parsing = 0, compiling = 0, checking = 0;
  size_t bytes = 0, words = 0;
  int failed = 0;
  for (int i = 0; i < count; i++) {
    std::string source;
    if (!read_file(files[i], source)) continue;
    bytes += source.size();
    double t0 = now();
    ParseOptions options;
    options.filename = files[i];
    ParseResult tree = parse(source, options);
    double t1 = now();
    parsing += t1 - t0;
    if (!tree) {
      print_error(files[i], tree.error);
      failed++;
      continue;
    }
    CompileOptions compile_options;
    compile_options.filename = files[i];
    CompileResult result = compile(tree.mod, compile_options);
    double t2 = now();
    compiling += t2 - t1;
    if (!result) {
      print_error(files[i], result.error);
      failed++;
      continue;
    }
    words += result.blob->code.size();
    std::string problem = verify(*result.blob);
    if (problem.empty()) {
      std::string stored = serialize(*result.blob);
      auto back = deserialize(stored);
      if (back == nullptr || serialize(*back) != stored) problem = "serialization does not round-trip";
    }
    if (!problem.empty()) {
      std::printf("%s: verifier: %s\n", files[i], problem.c_str());
      failed++;
    }
    checking += now() - t2;
  }
  std::printf("%d files, %d failed, %.1f MB; parse %.3f s, compile %.3f s, verify %.3f s; %zu module words\n", count, failed,
              double(bytes) / 1e6, parsing, compiling, checking, words);
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: dump --ast|--bytecode|--check file.py...\n");
    return 2;
  }
  if (std::strcmp(argv[1], "--check") == 0) return check(argc - 2, argv + 2);
  std::string source;
  if (!read_file(argv[2], source)) {
    std::fprintf(stderr, "cannot read %s\n", argv[2]);
    return 2;
  }
  if (std::strcmp(argv[1], "--outcomes") == 0) return outcomes(source);
  if (std::strcmp(argv[1], "--codes") == 0) {
    for (int i = 2; i < argc; i++) {
      if (!read_file(argv[i], source)) continue;
      ParseResult tree = parse(source, ParseOptions{});
      if (!tree) continue;
      CompileResult result = compile(tree.mod, CompileOptions{});
      if (!result) continue;
      std::printf("FILE %s\n", argv[i]);
      print_codes(*result.blob);
    }
    return 0;
  }
  ParseOptions options;
  options.filename = argv[2];
  ParseResult tree = parse(source, options);
  if (!tree) {
    print_error(argv[2], tree.error);
    return 1;
  }
  if (std::strcmp(argv[1], "--ast") == 0) {
    DumpOptions dump_options;
    dump_options.indent = 2;
    std::printf("%s\n", dump(tree.mod, dump_options).c_str());
    return 0;
  }
  CompileOptions compile_options;
  compile_options.filename = "golden.py";
  CompileResult result = compile(tree.mod, compile_options);
  for (const ParseWarning& w : result.warnings) std::printf("%d:%d: %s: %s\n", w.lineno, w.col, w.category, w.message.c_str());
  if (!result) {
    print_error(argv[2], result.error);
    return 1;
  }
  std::printf("%s", disassemble(*result.blob).c_str());
  return 0;
}
