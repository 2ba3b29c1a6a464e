// Writing and reading the values of a compiled format.
#include <bit>
#include <cmath>
#include <cstring>

#include "modules/_struct/struct_format.h"
#include "numeric/complex_math.h"
#include "objects/int_big.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"

namespace orochi::struct_module {

namespace {

void store(uint8_t* at, uint64_t bits, unsigned size, bool swapped) {
  if (swapped) bits = std::byteswap(bits) >> (64 - 8 * size);
  std::memcpy(at, &bits, size);
}
uint64_t fetch(const uint8_t* at, unsigned size, bool swapped) {
  uint64_t bits = 0;
  std::memcpy(&bits, at, size);
  return swapped ? std::byteswap(bits) >> (64 - 8 * size) : bits;
}
int64_t sign_extend(uint64_t bits, unsigned size) {
  unsigned shift = 64 - 8 * size;
  return static_cast<int64_t>(bits << shift) >> shift;
}

// IEEE half precision, ties to even. False: too large.
bool half_bits(double x, uint16_t* out) {
  uint16_t sign = std::signbit(x) ? 0x8000 : 0;
  if (std::isnan(x)) {
    // Keeps what fits of the payload, and always some.
    uint64_t payload = (std::bit_cast<uint64_t>(x) >> 42) & 0x3ff;
    *out = static_cast<uint16_t>(sign | 0x7c00 | (payload ? payload : 0x200));
    return true;
  }
  if (std::isinf(x) || x == 0) return *out = static_cast<uint16_t>(sign | (x == 0 ? 0 : 0x7c00)), true;
  int e;
  double f = std::frexp(std::fabs(x), &e) * 2;  // 1 <= f < 2
  e--;
  if (e >= 16) return false;
  if (e < -25) return *out = sign, true;
  if (e < -14) {
    f = std::ldexp(f, 14 + e);
    e = 0;
  } else {
    e += 15;
    f -= 1;
  }
  f *= 1024;
  auto bits = static_cast<unsigned>(f);
  f -= bits;
  if (f > 0.5 || (f == 0.5 && (bits & 1))) {
    if (++bits == 1024) {
      bits = 0;
      if (++e == 31) return false;
    }
  }
  *out = static_cast<uint16_t>(sign | (static_cast<unsigned>(e) << 10) | bits);
  return true;
}
double half_value(uint16_t bits) {
  int e = (bits >> 10) & 31;
  unsigned f = bits & 0x3ff;
  double x;
  if (e == 31) {
    x = f ? std::bit_cast<double>(0x7ff0000000000000u | (static_cast<uint64_t>(f) << 42)) : HUGE_VAL;
  } else {
    x = e == 0 ? std::ldexp(f, -24) : std::ldexp(1024 + f, e - 25);
  }
  return bits & 0x8000 ? std::copysign(x, -1.0) : x;
}

Raised raise_range(Thread& t, char kind, unsigned size) {
  bool is_signed = kind >= 'a';
  if (!is_signed) {
    uint64_t top = size == 8 ? UINT64_MAX : (uint64_t{1} << (8 * size)) - 1;
    return raise(t, types::StructError, "'{}' format requires 0 <= number <= {}", CharArg(static_cast<uint32_t>(kind)), top);
  }
  int64_t top = size == 8 ? INT64_MAX : (int64_t{1} << (8 * size - 1)) - 1;
  return raise(t, types::StructError, "'{}' format requires {} <= number <= {}", CharArg(static_cast<uint32_t>(kind)),
               -top - 1, top);
}

Result<uint64_t> integer_bits(Thread& t, const Code& code, Borrowed<> v) {
  unsigned size = code.size;
  int64_t n;
  Local<> held;
  if (OROCHI_LIKELY(v.value().is_fixnum())) {
    n = v.value().as_fixnum();
  } else {
    if (!is_int(v) && !type_of(v)->slots.index) {
      return raise(t, types::StructError, "required argument is not an integer");
    }
    held = TRY(index_of(t, v));
    if (code.kind == 'P') {
      uint64_t u;
      if (int_as_uint64(held.value(), &u)) return u;
      if (int_as_int64(held.value(), &n)) return static_cast<uint64_t>(n);
      return raise(t, types::StructError, "int too large to convert");
    }
    if (size == 8 && code.kind < 'a') {
      uint64_t u;
      if (!int_as_uint64(held.value(), &u)) return raise_range(t, code.kind, size);
      return u;
    }
    if (!int_as_int64(held.value(), &n)) return raise_range(t, code.kind, size);
  }
  if (code.kind == 'P') return static_cast<uint64_t>(n);
  if (code.kind >= 'a') {
    if (size < 8 && n != sign_extend(static_cast<uint64_t>(n), size)) return raise_range(t, code.kind, size);
  } else if (n < 0 || (size < 8 && static_cast<uint64_t>(n) >> (8 * size))) {
    return raise_range(t, code.kind, size);
  }
  return static_cast<uint64_t>(n);
}

Result<double> float_argument(Thread& t, Borrowed<> v) {
  auto d = to_double(t, v);
  if (!d.raised()) return d;
  if (is_int(v) && clear_pending_if(t, types::OverflowError)) {
    return raise(t, types::StructError, "int too large to convert");
  }
  if (clear_pending_if(t, types::TypeError)) return raise(t, types::StructError, "required argument is not a float");
  return Raised{};
}

Result<void> store_float(Thread& t, double d, uint8_t* at, unsigned size, bool swapped, bool was_int) {
  if (size == 8) return store(at, std::bit_cast<uint64_t>(d), 8, swapped), ok();
  if (size == 4) {
    auto f = static_cast<float>(d);
    if (std::isinf(f) && !std::isinf(d)) {
      if (was_int) return raise(t, types::StructError, "int too large to convert");
      return raise(t, types::OverflowError, "float too large to pack with f format");
    }
    return store(at, std::bit_cast<uint32_t>(f), 4, swapped), ok();
  }
  uint16_t half;
  if (!half_bits(d, &half)) {
    if (was_int) return raise(t, types::StructError, "int too large to convert");
    return raise(t, types::OverflowError, "float too large to pack with e format");
  }
  return store(at, half, 2, swapped), ok();
}

double fetch_float(const uint8_t* at, unsigned size, bool swapped) {
  uint64_t bits = fetch(at, size, swapped);
  if (size == 8) return std::bit_cast<double>(bits);
  if (size == 4) return static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(bits)));
  return half_value(static_cast<uint16_t>(bits));
}

Result<ComplexNumber> complex_argument(Thread& t, Borrowed<> v) {
  if (is_a<Complex>(v)) return ComplexNumber{v.as<Complex>()->real, v.as<Complex>()->imag};
  Lookup<> r = v.value().is_immediate() ? Lookup<>(kAbsent) : call_special(t, v, "__complex__"_n);
  if (r.raised()) return Raised{};
  if (r.found() && is_a<Complex>((*r).value())) {
    auto c = (*r).borrow().as<Complex>();
    return ComplexNumber{c->real, c->imag};
  }
  auto d = to_double(t, v);
  if (!d.raised()) return ComplexNumber{*d, 0};
  if (clear_pending_if(t, types::TypeError)) return raise(t, types::StructError, "required argument is not a complex");
  return Raised{};
}

// bytes or bytearray, copied: another thread may change a bytearray.
Result<void> store_text(Thread& t, const Code& code, Borrowed<> v, uint8_t* at) {
  Local<Bytes> copy;
  std::string_view text;
  if (is_bytes(v)) {
    text = v.as<Bytes>()->view();
  } else if (has_flag(v, kShapeIsByteArray)) {
    auto array = v.as<ByteArray>();
    ObjectLock lock(t, array.get());
    copy = TRY(make_bytes(t, std::string_view(reinterpret_cast<char*>(array->start), array->length_)));
    text = copy->view();
  } else {
    return raise(t, types::StructError, "argument for '{}' must be a bytes object",
                 CharArg(static_cast<uint32_t>(code.kind)));
  }
  auto room = static_cast<size_t>(code.repeat);
  if (code.kind == 's') {
    std::memcpy(at, text.data(), text.size() < room ? text.size() : room);
  } else if (room > 0) {
    size_t n = text.size() < room - 1 ? text.size() : room - 1;
    if (n) std::memcpy(at + 1, text.data(), n);
    at[0] = static_cast<uint8_t>(n > 255 ? 255 : n);
  }
  return ok();
}

Result<void> store_one(Thread& t, const Code& code, Borrowed<> v, uint8_t* at) {
  switch (code.kind) {
    case 'c':
      if (!is_bytes(v) || v.as<Bytes>()->length() != 1) {
        return raise(t, types::StructError, "char format requires a bytes object of length 1");
      }
      *at = v.as<Bytes>()->data()[0];
      return ok();
    case '?':
      *at = TRY(is_true(t, v));
      return ok();
    case 'e': case 'f': case 'd': {
      double d = TRY(float_argument(t, v));
      return store_float(t, d, at, code.size, code.swapped, is_int(v));
    }
    case 'F': case 'D': {
      ComplexNumber z = TRY(complex_argument(t, v));
      unsigned half = code.size / 2u;
      TRY(store_float(t, z.real, at, half, code.swapped, false));
      return store_float(t, z.imag, at + half, half, code.swapped, false);
    }
    default: {
      uint64_t bits = TRY(integer_bits(t, code, v));
      store(at, bits, code.size, code.swapped);
      return ok();
    }
  }
}

Result<Local<>> fetch_one(Thread& t, const Code& code, const uint8_t* at) {
  switch (code.kind) {
    case 'c': return make_bytes(t, std::string_view(reinterpret_cast<const char*>(at), 1));
    case '?': return Value::boolean(*at != 0);
    case 'e': case 'f': case 'd': return make_float(t, fetch_float(at, code.size, code.swapped));
    case 'F': case 'D': {
      unsigned half = code.size / 2u;
      return make_complex(t, fetch_float(at, half, code.swapped), fetch_float(at + half, half, code.swapped));
    }
    case 'P': return make_uint(t, fetch(at, 8, code.swapped));
    default: {
      uint64_t bits = fetch(at, code.size, code.swapped);
      if (code.kind >= 'a') return make_int(t, sign_extend(bits, code.size));
      return make_uint(t, bits);
    }
  }
}

}  // namespace

Result<void> pack_values(Thread& t, const Compiled& c, const Value* values, uint8_t* data) {
  std::memset(data, 0, static_cast<size_t>(c.size));
  size_t next = 0;
  for (int64_t i = 0; i < c.code_count; i++) {
    const Code& code = c.codes[i];
    uint8_t* at = data + code.offset;
    if (code.kind == 's' || code.kind == 'p') {
      TRY(store_text(t, code, values[next++], at));
      continue;
    }
    for (int64_t k = 0; k < code.repeat; k++, at += code.size) TRY(store_one(t, code, values[next++], at));
  }
  return ok();
}

Result<Local<Tuple>> unpack_values(Thread& t, const Compiled& c, const uint8_t* data) {
  Local<Tuple> result = TRY(make_tuple_uninitialised(t, static_cast<size_t>(c.items)));
  size_t next = 0;
  for (int64_t i = 0; i < c.code_count; i++) {
    const Code& code = c.codes[i];
    const uint8_t* at = data + code.offset;
    if (code.kind == 's' || code.kind == 'p') {
      auto n = static_cast<size_t>(code.repeat);
      if (code.kind == 'p') {
        size_t length = n ? at[0] : 0;
        if (n && length > n - 1) length = n - 1;
        at++;
        n = length;
      }
      Local<> text = TRY(make_bytes(t, std::string_view(reinterpret_cast<const char*>(at), n)));
      result->items()[next++].init(std::move(text));
      continue;
    }
    for (int64_t k = 0; k < code.repeat; k++, at += code.size) {
      Local<> item = TRY(fetch_one(t, code, at));
      result->items()[next++].init(std::move(item));
    }
  }
  return result;
}

}  // namespace orochi::struct_module
