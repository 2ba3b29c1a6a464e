// The second pass over the scopes: where every name lives.
#pragma once

#include <string>

#include "compiler/symtable.h"

namespace orochi {

struct ResolveError {
  std::string message;
  Scope* scope = nullptr;
  NameId name = kNoName;
};

bool resolve_names(SymbolTable& table, NameTable& names, ResolveError& error);

}  // namespace orochi
