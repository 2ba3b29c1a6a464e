// The parts of the _collections module.
#pragma once

#include "protocols/native.h"

namespace orochi::collections_module {

Result<void> add_deque(Thread& t, Borrowed<Module> module);

}  // namespace orochi::collections_module
