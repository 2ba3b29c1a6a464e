// List operations that may run Python code.
#pragma once

#include "objects/list.h"

namespace orochi {

Result<void> list_extend_iterable(Thread& t, Borrowed<List> list, Borrowed<> iterable);
// list.sort(); key may be None.
Result<void> list_sort(Thread& t, Borrowed<List> list, Borrowed<> key, bool reverse);

}  // namespace orochi
