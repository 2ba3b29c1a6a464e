// __build_class__: what a class statement calls. And small helpers of the builtins module.
#pragma once

#include "protocols/native.h"
#include "runtime/compile_source.h"

namespace orochi {

Result<Local<>> builtins_build_class(Thread& t, Borrowed<> func, Borrowed<> name, Rest bases, KwRest kwds);
// An awaitable that gives default_value instead of raising StopAsyncIteration.
Result<Local<>> make_anext_awaitable(Thread& t, Borrowed<> awaitable, Borrowed<> default_value);

}  // namespace orochi
