// Methods and properties of int.
#include <cstring>

#include "builtins/int_type.h"
#include "builtins/number_support.h"
#include "objects/bytes.h"
#include "objects/int_big.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/buffer.h"
#include "protocols/call.h"

namespace orochi {

namespace {

Result<Local<>> int_self(Thread& t, Borrowed<> self) { return exact_int(t, self); }
Result<Local<>> int_get_zero(Thread&, Borrowed<>) { return Value::fixnum(0); }
Result<Local<>> int_get_one(Thread&, Borrowed<>) { return Value::fixnum(1); }

int64_t int_bit_length(Thread&, Borrowed<> self) { return static_cast<int64_t>(big_bit_length(IntView(self))); }
int64_t int_bit_count(Thread&, Borrowed<> self) { return static_cast<int64_t>(big_bit_count(IntView(self))); }

// a rounded to a multiple of 10**digits, ties to even.
Result<Local<>> round_to_power(Thread& t, Borrowed<> a, uint64_t digits) {
  uint64_t bits = big_bit_length(IntView(a));
  if (digits > bits / 3 + 2) return Value::fixnum(0);  // |a| < 10**digits / 2
  BigBuf power, quotient, remainder, twice;
  BigStatus status = big_pow(SmallBig(10), SmallBig(static_cast<int64_t>(digits)), power);
  if (status == BigStatus::Ok) status = big_divmod(IntView(a), power, &quotient, &remainder);
  if (status == BigStatus::Ok) status = big_shift_left(remainder, 1, twice);
  if (status != BigStatus::Ok) return raise_big_status(t, status);
  int order = big_compare(twice, power);
  if (order > 0 || (order == 0 && quotient.view().is_odd())) {
    BigBuf next;
    if ((status = big_add(quotient, SmallBig(1), next)) == BigStatus::Ok) quotient = std::move(next);
  }
  BigBuf out;
  if (status == BigStatus::Ok) status = big_mul(quotient, power, out);
  return int_result(t, status, out);
}

Result<Local<>> int_round(Thread& t, Borrowed<> self, Borrowed<> ndigits) {
  if (ndigits.value() == kNone) return exact_int(t, self);
  Local<> n = TRY(index_of(t, ndigits));
  if (int_sign(n.value()) >= 0) return exact_int(t, self);
  uint64_t digits = big_bit_length(IntView(n.value())) > 62 ? UINT64_MAX : static_cast<uint64_t>(-n.value().as_fixnum());
  return round_to_power(t, self, digits);
}

Result<Local<>> int_getnewargs(Thread& t, Borrowed<> self) {
  Local<> value = TRY(exact_int(t, self));
  return make_tuple(t, {value.value()});
}

Result<Local<>> int_format(Thread& t, Borrowed<> self, Borrowed<Str> spec) { return format_int_value(t, self, spec); }

int64_t int_sizeof(Thread&, Borrowed<> self) {
  // As if stored in digits of 30 bits behind a header, which is what programs compare with.
  uint64_t digits = (big_bit_length(IntView(self)) + 29) / 30;
  return 24 + 4 * static_cast<int64_t>(digits ? digits : 1);
}

Result<Local<>> int_as_integer_ratio(Thread& t, Borrowed<> self) {
  Local<> value = TRY(exact_int(t, self));
  return make_tuple(t, {value.value(), Value::fixnum(1)});
}

bool int_is_integer(Thread&, Borrowed<>) { return true; }

Result<Endian> endian_of(Thread& t, Maybe<Borrowed<Str>> byteorder) {
  if (!byteorder) return Endian::Big;
  if ((*byteorder)->equals_ascii("little")) return Endian::Little;
  if ((*byteorder)->equals_ascii("big")) return Endian::Big;
  return raise(t, types::ValueError, "byteorder must be either 'little' or 'big'");
}

Result<Local<>> int_to_bytes(Thread& t, Borrowed<> self, Index length, Maybe<Borrowed<Str>> byteorder, bool is_signed) {
  Endian endian = TRY(endian_of(t, byteorder));
  if (length < 0) return raise(t, types::ValueError, "length argument must be non-negative");
  Local<Bytes> bytes = TRY(make_bytes_uninitialised(t, static_cast<size_t>(length.value)));
  uint8_t scratch[8];
  uint8_t* data = length ? bytes->mutable_data() : scratch;
  BigStatus status = big_to_bytes(IntView(self), data, static_cast<size_t>(length.value), endian,
                                  is_signed ? Signedness::Signed : Signedness::Unsigned);
  if (status == BigStatus::Negative) {
    return raise(t, types::OverflowError, "can't convert negative int to unsigned");
  }
  if (status == BigStatus::Overflow) return raise(t, types::OverflowError, "int too big to convert");
  if (status != BigStatus::Ok) return raise_big_status(t, status);
  return bytes;
}

// What bytes(v) gives for the argument of from_bytes: __bytes__, a buffer, or an iterable of small ints.
Result<Local<>> bytes_of(Thread& t, Borrowed<> v) {
  if (is_bytes(v)) return Local<>::share(v);
  Lookup<> special = call_special(t, v, "__bytes__"_n);
  if (special.raised()) return Raised{};
  if (special.found()) {
    if (!is_bytes((*special).value())) {
      return raise(t, types::TypeError, "__bytes__ returned non-bytes (type {})", TypeName((*special).value()));
    }
    return special.take();
  }
  if (has_buffer(v)) {
    Buffer buffer = TRY(Buffer::get(t, v));
    return make_bytes(t, buffer.view());
  }
  if (is_str(v) || is_int(v) || (!type_of(v)->slots.iter && !type_of(v)->slots.getitem)) {
    return raise(t, types::TypeError, "cannot convert '{}' object to bytes", TypeName(v));
  }
  CharBuf out;
  TRY(for_each(t, v, [&](Local<> item) -> Result<bool> {
    Local<> index = TRY(index_of(t, item));
    int64_t byte;
    if (!int_as_int64(index.value(), &byte) || byte < 0 || byte > 255) {
      return raise(t, types::ValueError, "bytes must be in range(0, 256)");
    }
    out.append(static_cast<char>(byte));
    return true;
  }));
  if (out.failed()) return raise_no_memory(t);
  return make_bytes(t, out.view());
}

Result<Local<>> int_from_bytes(Thread& t, Borrowed<Type> cls, Borrowed<> source, Maybe<Borrowed<Str>> byteorder,
                               bool is_signed) {
  Endian endian = TRY(endian_of(t, byteorder));
  Local<> bytes = TRY(bytes_of(t, source));
  auto data = bytes.borrow().as<Bytes>();
  BigBuf out;
  BigStatus status = big_from_bytes(data->data(), data->length(), endian,
                                    is_signed ? Signedness::Signed : Signedness::Unsigned, out);
  Local<> value = TRY(int_result(t, status, out));
  if (cls.get() == &types::Int) return value;
  return call(t, cls, value);
}

}  // namespace

constinit const NativeDef kIntMethods[] = {
    method<int_self>("conjugate(self, /)", "Returns self, the complex conjugate of any int."),
    method<int_bit_length>("bit_length(self, /)", "Number of bits necessary to represent self in binary."),
    method<int_bit_count>("bit_count(self, /)",
                          "Number of ones in the binary representation of the absolute value of self."),
    method<int_to_bytes>("to_bytes(self, /, length=1, byteorder='big', *, signed=False)",
                         "The bytes that represent the integer."),
    class_method<int_from_bytes>("from_bytes(type, /, bytes, byteorder='big', *, signed=False)",
                                 "The integer that the given bytes represent."),
    method<int_as_integer_ratio>("as_integer_ratio(self, /)", "The pair (self, 1)."),
    method<int_self>("__trunc__(self, /)", "Truncating an Integral returns itself."),
    method<int_self>("__floor__(self, /)", "Flooring an Integral returns itself."),
    method<int_self>("__ceil__(self, /)", "Ceiling of an Integral returns itself."),
    method<int_round>("__round__(self, ndigits=None, /)",
                      "Rounding an Integral returns itself, or with negative ndigits a multiple of a power of ten."),
    method<int_getnewargs>("__getnewargs__(self, /)", nullptr),
    method<int_format>("__format__(self, format_spec, /)", "Convert to a string according to format_spec."),
    method<int_sizeof>("__sizeof__(self, /)", "Returns size in memory, in bytes."),
    method<int_is_integer>("is_integer(self, /)", "Returns True. Exists for duck type compatibility with float."),
};
const size_t kIntMethodCount = std::size(kIntMethods);

constinit const GetSetDef kIntGetSets[] = {
    getter<int_self>("real", "the real part of a complex number"),
    getter<int_get_zero>("imag", "the imaginary part of a complex number"),
    getter<int_self>("numerator", "the numerator of a rational number in lowest terms"),
    getter<int_get_one>("denominator", "the denominator of a rational number in lowest terms"),
};
const size_t kIntGetSetCount = std::size(kIntGetSets);

}  // namespace orochi
