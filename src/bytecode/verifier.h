// Checks that a blob keeps the rules of opcodes.def: opcodes, operand ranges, jump targets, handler ranges, and that every
// consumable temp is written before it is consumed, consumed once on every path, and not live at a handler beyond its
// clear_from. Used on every blob in debug builds, and on blobs that come from files.
#pragma once

#include <string>

#include "bytecode/code_blob.h"

namespace orochi {

// Empty when the blob (and its nested blobs) is sound, else what is wrong and where.
std::string verify(const CodeBlob& blob);

}  // namespace orochi
