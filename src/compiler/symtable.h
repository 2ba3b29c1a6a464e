// Symbol tables: one Scope for each block of the program, made in two passes. The first walks the tree and records how
// each block uses each name; the second decides where every name lives (local, cell, free, global).
//
// Resolution walks outwards through the enclosing blocks for each name that a block does not bind. That gives the same
// answers as passing sets of bound names down, without copying sets. A comprehension that is inlined (PEP 709) belongs
// to the code object of its `unit`: a name shared only among scopes of one unit needs no cell.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "compiler/names.h"
#include "syntax/ast.h"
#include "syntax/parse.h"

namespace orochi {

// How a block uses a name. The values are those of the `_symtable` module.
enum SymbolFlag : uint32_t {
  kDefGlobal = 1,
  kDefLocal = 2,
  kDefParam = 4,
  kDefNonlocal = 8,
  kUse = 16,
  kDefFreeClass = 64,
  kDefImport = 128,
  kDefAnnot = 256,
  kDefCompIter = 512,
  kDefTypeParam = 1024,
  kDefCompCell = 2048,
  kDefBound = kDefLocal | kDefParam | kDefImport | kDefTypeParam,
  // ours
  kSymbolDeleted = 1 << 20,  // unbound somewhere: del, or the name of an except clause
  kSymbolWalrus = 1 << 21,   // assigned inside an expression
};

enum class SymbolScope : uint8_t { None, Local = 1, GlobalExplicit = 2, GlobalImplicit = 3, Free = 4, Cell = 5 };

// The order is that of the `_symtable` module's TYPE_ constants.
enum class ScopeType : uint8_t { Function, Class, Module, Annotation, TypeAlias, TypeParameters, TypeVariable };
enum class ComprehensionType : uint8_t { None, List, Dict, Set, Generator };

struct Symbol {
  NameId name;
  uint32_t flags = 0;
  SymbolScope scope = SymbolScope::None;
  int32_t reg = -1;  // the compiler's: register of a local, or index of a free variable
};

struct Scope {
  ScopeType type = ScopeType::Module;
  ComprehensionType comprehension = ComprehensionType::None;
  NameId name = 0;
  ast::Location location;
  Scope* parent = nullptr;
  Scope* unit = nullptr;  // the scope whose code object this one's code goes to
  NameId private_name = kNoName;
  std::vector<Symbol> symbols;
  IdMap index;
  std::vector<Scope*> children;
  std::vector<NameId> parameters;
  std::vector<NameId> mangled_names;  // type parameters of a generic class: the only names mangled there
  Scope* annotation_block = nullptr;
  const void* key = nullptr;
  const char* place = nullptr;  // "a TypeVar bound": for messages

  bool nested = false;
  bool generator = false;
  bool coroutine = false;
  bool varargs = false;
  bool varkeywords = false;
  bool inlined = false;
  bool has_mangled_names = false;
  bool returns_value = false;
  bool needs_class_closure = false;
  bool needs_classdict = false;
  bool has_conditional_annotations = false;
  bool in_conditional_block = false;
  bool in_unevaluated_annotation = false;
  bool can_see_class_scope = false;
  bool comprehension_iterable = false;  // visiting the iterable of a generator
  bool comprehension_target = false;    // visiting the target
  bool has_docstring = false;
  bool is_method = false;
  bool annotations_used = false;
  bool discarded = false;               // an annotation kept as text: its names are not looked up

  bool is_function_like() const { return type != ScopeType::Class && type != ScopeType::Module; }
  Symbol* find(NameId id) {
    uint32_t i = index.find(id);
    return i == UINT32_MAX ? nullptr : &symbols[i];
  }
  Symbol& get(NameId id) {
    uint32_t& i = index.at(id);
    if (i == UINT32_MAX) {
      i = uint32_t(symbols.size());
      symbols.push_back({id});
    }
    return symbols[i];
  }
};

struct SymbolTable {
  std::deque<Scope> scopes;
  Scope* top = nullptr;
  std::unordered_map<const void*, Scope*> by_key;
  std::unordered_set<const void*> walrus_statements;  // the innermost statement around each assignment expression

  Scope* find(const void* key) const {
    auto it = by_key.find(key);
    return it == by_key.end() ? nullptr : it->second;
  }
};

struct SymbolTableInput {
  ast::ModNode* mod;
  NameTable* names;
  bool future_annotations;
  bool top_level_await;
  uintptr_t stack_limit;  // lowest stack address that may be used
};

// False with `error` set when the program breaks a scoping rule.
bool build_symbol_table(const SymbolTableInput& input, SymbolTable& table, SyntaxErrorInfo& error);

// `__x` inside class C is `_C__x`.
NameId mangle(NameTable& names, NameId class_name, NameId name);
NameId mangle_in(NameTable& names, const Scope* scope, NameId class_name, NameId name);

}  // namespace orochi
