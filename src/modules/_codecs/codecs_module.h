// Shared by the files of `_codecs`.
#pragma once

#include "builtins/codec_registry.h"
#include "builtins/str_common.h"

namespace orochi {

// (value, consumed)
Result<Local<>> codec_result(Mutator& m, Local<> value, size_t consumed);

Result<Local<>> codecs_charmap_decode(Thread& t, Borrowed<> data, OrNone<Borrowed<Str>> errors, Borrowed<> mapping);
Result<Local<>> codecs_charmap_encode(Thread& t, Borrowed<Str> s, OrNone<Borrowed<Str>> errors, Borrowed<> mapping);
Result<Local<>> codecs_charmap_build(Thread& t, Borrowed<Str> table);
Result<void> init_charmap(Thread& t);

}  // namespace orochi
