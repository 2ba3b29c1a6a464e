// A compiled struct format: what to read or write where. It lives in a Bytes object, so that several threads share one
// and a Struct that is initialised again keeps the old one alive for whoever uses it.
#pragma once

#include "objects/bytes.h"
#include "protocols/native.h"

namespace orochi {
namespace types {
extern ::orochi::Type StructError;
}
}  // namespace orochi

namespace orochi::struct_module {

struct Code {
  int64_t offset;
  int64_t repeat;   // for 's' and 'p': the length
  uint8_t size;     // of one item
  char kind;        // the format character
  bool swapped;     // byte order differs from the machine's
  bool native_range;
};

struct Compiled {
  int64_t size;
  int64_t items;    // values packed or unpacked
  int64_t code_count;
  Code codes[];
};

inline const Compiled& compiled(Borrowed<Bytes> b) { return *reinterpret_cast<const Compiled*>(b->data()); }

// From the cache of the module's functions, or fresh.
Result<Local<Bytes>> compile_format(Thread& t, Borrowed<> format, bool cached);
// The format as str.
Result<Local<Str>> format_text(Thread& t, Borrowed<> format);

// data[0..size): zero-filled, then written. values[0..items).
Result<void> pack_values(Thread& t, const Compiled& c, const Value* values, uint8_t* data);
Result<Local<Tuple>> unpack_values(Thread& t, const Compiled& c, const uint8_t* data);

}  // namespace orochi::struct_module
