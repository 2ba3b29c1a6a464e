// The parts of the _functools module.
#pragma once

#include "protocols/native.h"

namespace orochi::functools_module {

Result<void> add_lru_cache(Thread& t, Borrowed<Module> module);

}  // namespace orochi::functools_module
