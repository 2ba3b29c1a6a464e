// Items of a memoryview: native single-character formats of the struct module, to and from objects.
#pragma once

#include "protocols/native.h"

namespace orochi {

// Bytes of an item of a native format ("i", "@i"); 0 if it is not one character of those.
int64_t native_item_size(const char* format);
inline char native_code(const char* format) { return format[0] == '@' ? format[1] : format[0]; }

Result<Local<>> unpack_item(Thread& t, const char* format, const uint8_t* at);   // NotImplementedError for other formats
Result<void> pack_item(Thread& t, const char* format, uint8_t* at, Borrowed<> value);

}  // namespace orochi
