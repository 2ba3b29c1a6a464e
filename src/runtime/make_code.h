// Code blobs to code objects.
#pragma once

#include <memory>

#include "objects/code.h"

namespace orochi {

// Nested blobs become nested code objects. `filename` replaces the blob's (a cached blob may have moved); empty: keep.
Result<Local<Code>> make_code(Mutator& m, const CodeBlob& blob, std::string_view filename = {});
Result<Local<>> make_constant(Mutator& m, const Const& c);

}  // namespace orochi
