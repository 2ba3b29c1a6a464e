// Native items in memory as Python values. Memory may be shared with other threads: every access is one memcpy of the
// item, so a value is as torn as the program's own writes make it, and nothing worse.
#include "builtins/memoryview_items.h"

#include <cstring>

#include "builtins/bytes_common.h"

namespace orochi {

int64_t native_item_size(const char* format) {
  char c = native_code(format);
  if (c == 0 || format[format[0] == '@' ? 2 : 1] != 0) return 0;
  switch (c) {
    case 'b': case 'B': case 'c': case '?': return 1;
    case 'h': case 'H': case 'e': return 2;
    case 'i': case 'I': case 'f': return 4;
    case 'l': case 'L': case 'q': case 'Q': case 'n': case 'N': case 'd': case 'P': return 8;
    default: return 0;
  }
}

namespace {

template <typename T>
T read(const uint8_t* at) {
  T v;
  std::memcpy(&v, at, sizeof v);
  return v;
}
template <typename T>
void write(uint8_t* at, T v) {
  std::memcpy(at, &v, sizeof v);
}

Raised raise_type(Thread& t, const char* format) {
  return raise(t, types::TypeError, "memoryview: invalid type for format '{}'", format);
}
Raised raise_value(Thread& t, const char* format) {
  return raise(t, types::ValueError, "memoryview: invalid value for format '{}'", format);
}

}  // namespace

Result<Local<>> unpack_item(Thread& t, const char* format, const uint8_t* at) {
  if (native_item_size(format) == 0) {
    return raise(t, types::NotImplementedError, "memoryview: format {} not supported", format);
  }
  switch (native_code(format)) {
    case 'B': return Value::fixnum(*at);
    case 'b': return Value::fixnum(static_cast<int8_t>(*at));
    case 'c': return make_bytes(t, std::string_view(reinterpret_cast<const char*>(at), 1));
    case '?': return Value::boolean(*at != 0);
    case 'h': return Value::fixnum(read<int16_t>(at));
    case 'H': return Value::fixnum(read<uint16_t>(at));
    case 'i': return Value::fixnum(read<int32_t>(at));
    case 'I': return Value::fixnum(read<uint32_t>(at));
    case 'l': case 'q': case 'n': return make_int(t, read<int64_t>(at));
    case 'L': case 'Q': case 'N': case 'P': return make_uint(t, read<uint64_t>(at));
    case 'e': return make_float(t, static_cast<double>(read<_Float16>(at)));
    case 'f': return make_float(t, static_cast<double>(read<float>(at)));
    default: return make_float(t, read<double>(at));
  }
}

Result<void> pack_item(Thread& t, const char* format, uint8_t* at, Borrowed<> value) {
  int64_t size = native_item_size(format);
  if (size == 0) return raise(t, types::NotImplementedError, "memoryview: format {} not supported", format);
  char code = native_code(format);
  const char shown[] = {code, 0};
  switch (code) {
    case 'c':
      if (!is_bytes(value)) return raise_type(t, shown);
      if (value.as<Bytes>()->length() != 1) return raise_value(t, shown);
      *at = value.as<Bytes>()->data()[0];
      return ok();
    case '?':
      *at = TRY(is_true(t, value));
      return ok();
    case 'e': case 'f': case 'd': {
      auto d = to_double(t, value);
      if (d.raised()) {
        if (!clear_pending_if(t, types::TypeError)) return Raised{};
        return raise_type(t, shown);
      }
      if (code == 'd') {
        write(at, *d);
      } else if (code == 'f') {
        auto f = static_cast<float>(*d);
        if (__builtin_isinf(f) && !__builtin_isinf(*d)) {
          return raise(t, types::OverflowError, "float too large to pack with f format");
        }
        write(at, f);
      } else {
        auto h = static_cast<_Float16>(*d);
        if (__builtin_isinf(static_cast<double>(h)) && !__builtin_isinf(*d)) {
          return raise(t, types::OverflowError, "float too large to pack with e format");
        }
        write(at, h);
      }
      return ok();
    }
    default: break;
  }
  if (!is_int(value) && !type_of(value)->slots.index) return raise_type(t, shown);
  Local<> n = TRY(index_of(t, value));
  if (code == 'L' || code == 'Q' || code == 'N' || code == 'P') {
    uint64_t u;
    if (!int_as_uint64(n.value(), &u)) return raise_value(t, shown);
    write(at, u);
    return ok();
  }
  int64_t i;
  if (!int_as_int64(n.value(), &i)) return raise_value(t, shown);
  bool is_unsigned = code == 'B' || code == 'H' || code == 'I';
  if (size < 8) {
    int64_t low = is_unsigned ? 0 : -(int64_t{1} << (size * 8 - 1));
    int64_t high = is_unsigned ? (int64_t{1} << (size * 8)) - 1 : (int64_t{1} << (size * 8 - 1)) - 1;
    if (i < low || i > high) return raise_value(t, shown);
  }
  if (size == 1) *at = static_cast<uint8_t>(i);
  else if (size == 2) write(at, static_cast<uint16_t>(i));
  else if (size == 4) write(at, static_cast<uint32_t>(i));
  else write(at, i);
  return ok();
}

}  // namespace orochi
