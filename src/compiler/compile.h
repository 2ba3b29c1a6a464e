// The front door of the compiler: an AST to a code blob, or to one error. No heap objects, no runtime; any thread may
// compile. The tree is read, and constant nodes in it may be replaced by their folded value.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bytecode/code_blob.h"
#include "syntax/ast.h"
#include "syntax/parse.h"

namespace orochi {

// Flags of compile() and __future__ features that are on from the start; the values are CPython's (CodeFlag has the
// future bits, kCoFuture...).
inline constexpr uint32_t kCompileAllowTopLevelAwait = 0x2000;

struct CompileOptions {
  std::string_view filename = "<string>";
  uint32_t flags = 0;          // kCoFuture... bits and kCompileAllowTopLevelAwait
  int optimize = 0;            // 0; 1: no assert, __debug__ is False; 2: no docstrings either
  size_t stack_budget = 0;     // bytes of native stack the compiler may use below its caller; 0: 400 KB
};

struct CompileResult {
  std::unique_ptr<CodeBlob> blob;      // null: see error
  SyntaxErrorInfo error;               // SyntaxError, RecursionError, MemoryError, OverflowError
  std::vector<ParseWarning> warnings;  // also when there is an error
  uint32_t flags = 0;                  // the options' flags and the __future__ features found in the source

  explicit operator bool() const { return blob != nullptr; }
};

// The kind of `mod` decides: Module (exec), Expression (eval), Interactive (single).
CompileResult compile(ast::ModNode* mod, const CompileOptions& options);

}  // namespace orochi
