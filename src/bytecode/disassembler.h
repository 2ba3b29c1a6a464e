// Text of a blob for people and golden tests.
#pragma once

#include <string>

#include "bytecode/code_blob.h"

namespace orochi {

std::string disassemble(const CodeBlob& blob);
std::string repr_const(const Const& value);

}  // namespace orochi
