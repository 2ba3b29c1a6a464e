// An expression as source text, for `from __future__ import annotations`.
#pragma once

#include <string>

#include "syntax/ast.h"

namespace orochi {

std::string unparse(const ast::ExprNode* e);

}  // namespace orochi
