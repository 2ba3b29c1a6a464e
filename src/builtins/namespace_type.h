// types.SimpleNamespace.
#pragma once

#include "protocols/native.h"

namespace orochi {

namespace types {
extern ::orochi::Type SimpleNamespace;
}
// A namespace with a copy of these attributes.
Result<Local<>> make_namespace(Thread& t, Borrowed<Dict> attributes);

}  // namespace orochi
