// Between int_type.cpp, int_methods.cpp and bool_type.cpp.
#pragma once

#include "protocols/native.h"

namespace orochi {

extern const NativeDef kIntMethods[];
extern const size_t kIntMethodCount;
extern const GetSetDef kIntGetSets[];
extern const size_t kIntGetSetCount;

Result<Local<>> int_op_and(Thread& t, Borrowed<> a, Borrowed<> b);
Result<Local<>> int_op_or(Thread& t, Borrowed<> a, Borrowed<> b);
Result<Local<>> int_op_xor(Thread& t, Borrowed<> a, Borrowed<> b);
Result<Local<>> int_op_invert(Thread& t, Borrowed<> v);

}  // namespace orochi
