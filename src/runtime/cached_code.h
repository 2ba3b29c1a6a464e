// Code of library files that are needed before importlib runs, through the same __pycache__ files.
#pragma once

#include <string>

#include "objects/code.h"

namespace orochi {

// Compiles `path`, or takes the cached code if it is current. co_filename is `shown_name`.
Result<Local<Code>> load_cached_code(Thread& t, const std::string& path, const std::string& shown_name);

}  // namespace orochi
