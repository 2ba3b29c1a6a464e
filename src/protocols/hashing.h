// Hashes of keys, with an error that says what the key was for.
#pragma once

#include "objects/type.h"

namespace orochi {

// hash(key); an unhashable one raises TypeError "cannot use 'list' as a dict key (unhashable type: 'list')", where role
// is "a dict key".
Result<int64_t> hash_for(Thread& t, Borrowed<> key, const char* role);

}  // namespace orochi
