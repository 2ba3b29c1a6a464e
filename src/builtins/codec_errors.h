// The built-in error handlers of codecs as Python functions (PEP 293).
#pragma once

#include "protocols/native.h"

namespace orochi {

struct BuiltinHandler {
  const char* name;       // "strict"
  const NativeDef& def;   // strict_errors
};
inline constexpr size_t kBuiltinHandlerCount = 8;
extern const BuiltinHandler kBuiltinHandlers[kBuiltinHandlerCount];

}  // namespace orochi
