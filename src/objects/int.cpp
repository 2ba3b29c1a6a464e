// Int objects over the limb kernels of numeric/bigint.h. Every result that fits a fixnum is one.
#include "objects/int.h"

#include <cstring>

#include "numeric/bigint.h"
#include "objects/exception.h"
#include "objects/float.h"
#include "objects/int_big.h"
#include "objects/str.h"

namespace orochi {

namespace {
size_t int_item_count(const Object* object) { return static_cast<const Int*>(object)->size; }
}  // namespace

extern const Layout kIntLayout;
constinit const Layout kIntLayout{"int", sizeof(Int), 8, nullptr, nullptr, int_item_count, nullptr};

int32_t int_max_str_digits = 4300;

Result<Local<>> make_int_from_limbs(Mutator& m, const uint64_t* limbs, size_t size, bool negative) {
  while (size && limbs[size - 1] == 0) size--;
  if (size == 0) return Value::fixnum(0);
  if (size == 1 && limbs[0] <= static_cast<uint64_t>(Value::kFixnumMax) + (negative ? 1 : 0)) {
    auto v = static_cast<int64_t>(limbs[0]);
    return Value::fixnum(negative ? -v : v);
  }
  Local<Int> r = TRY(allocate<Int>(m, types::Int.root_shape, sizeof(Int) + size * 8));
  r->size = static_cast<uint32_t>(size);
  r->negative = negative;
  std::memcpy(r->limbs_, limbs, size * 8);
  return r;
}

Result<Local<>> make_int(Mutator& m, int64_t value) {
  if (OROCHI_LIKELY(Value::fits_fixnum(value))) return Value::fixnum(value);
  uint64_t magnitude = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  return make_int_from_limbs(m, &magnitude, 1, value < 0);
}

Result<Local<>> make_uint(Mutator& m, uint64_t value) { return make_int_from_limbs(m, &value, 1, false); }

Result<Local<>> make_int_from_double(Mutator& m, double d) {
  if (d > -4e18 && d < 4e18) return make_int(m, static_cast<int64_t>(d));
  BigBuf out;
  return int_result(m, big_from_double(d, out), out);
}

Result<Local<>> int_result(Mutator& m, BigStatus status, const BigBuf& out) {
  if (OROCHI_LIKELY(status == BigStatus::Ok)) return make_int_from_limbs(m, out.limbs(), out.size(), out.negative());
  return raise_big_status(m, status);
}

Raised raise_big_status(Mutator& m, BigStatus status) {
  switch (status) {
    case BigStatus::ZeroDivision: return raise(m, types::ZeroDivisionError, "division by zero");
    case BigStatus::Overflow: return raise(m, types::OverflowError, "int too large to convert to float");
    case BigStatus::TooLarge: return raise(m, types::OverflowError, "too many digits in integer");
    case BigStatus::Negative: return raise(m, types::ValueError, "negative shift count");
    case BigStatus::NotInvertible:
      return raise(m, types::ValueError, "base is not invertible for the given modulus");
    case BigStatus::Syntax: return raise(m, types::ValueError, "invalid literal for int()");
    case BigStatus::TooManyDigits:
      return raise(m, types::ValueError,
                   "Exceeds the limit ({} digits) for integer string conversion; use sys.set_int_max_str_digits() to "
                   "increase the limit",
                   int_max_str_digits);
    case BigStatus::NoMemory:
    case BigStatus::Ok: break;
  }
  return raise_no_memory(m);
}

bool int_as_int64(Value v, int64_t* out) {
  if (v.is_fixnum()) {
    *out = v.as_fixnum();
    return true;
  }
  return big_to_int64(IntView(v), out);
}

bool int_as_uint64(Value v, uint64_t* out) { return big_to_uint64(IntView(v), out); }

int int_sign(Value v) { return IntView(v).view().sign(); }

double int_to_double(Value v, bool* overflow) {
  *overflow = false;
  if (v.is_fixnum()) return static_cast<double>(v.as_fixnum());
  double d = 0;
  if (big_to_double(IntView(v), &d) != BigStatus::Ok) *overflow = true;
  return d;
}

int64_t int_hash(Value v) {
  if (v.is_fixnum()) return hash_int64(v.as_fixnum());
  return big_hash(IntView(v));
}

int int_compare(Value a, Value b) {
  if (a.is_fixnum() && b.is_fixnum()) {
    int64_t x = a.as_fixnum(), y = b.as_fixnum();
    return x < y ? -1 : x > y;
  }
  return big_compare(IntView(a), IntView(b));
}

#define BIG_BINARY(name, kernel)                              \
  Result<Local<>> name(Mutator& m, Value a, Value b) {        \
    BigBuf out;                                               \
    BigStatus status = kernel(IntView(a), IntView(b), out);   \
    return int_result(m, status, out);                        \
  }
namespace {
BIG_BINARY(big_add_objects, big_add)
BIG_BINARY(big_subtract_objects, big_sub)
BIG_BINARY(big_multiply_objects, big_mul)
}  // namespace
#undef BIG_BINARY

Result<Local<>> int_add(Mutator& m, Value a, Value b) {
  if (a.is_fixnum() && b.is_fixnum()) return make_int(m, a.as_fixnum() + b.as_fixnum());
  return big_add_objects(m, a, b);
}
Result<Local<>> int_subtract(Mutator& m, Value a, Value b) {
  if (a.is_fixnum() && b.is_fixnum()) return make_int(m, a.as_fixnum() - b.as_fixnum());
  return big_subtract_objects(m, a, b);
}
Result<Local<>> int_multiply(Mutator& m, Value a, Value b) {
  int64_t product;
  if (a.is_fixnum() && b.is_fixnum() && !__builtin_mul_overflow(a.as_fixnum(), b.as_fixnum(), &product)) {
    return make_int(m, product);
  }
  return big_multiply_objects(m, a, b);
}

Result<Local<>> int_floor_divide(Mutator& m, Value a, Value b) {
  if (a.is_fixnum() && b.is_fixnum()) {
    if (b.as_fixnum() == 0) return raise(m, types::ZeroDivisionError, "division by zero");
    return make_int(m, floor_div(a.as_fixnum(), b.as_fixnum()));
  }
  BigBuf quotient;
  BigStatus status = big_divmod(IntView(a), IntView(b), &quotient, nullptr);
  return int_result(m, status, quotient);
}

Result<Local<>> int_remainder(Mutator& m, Value a, Value b) {
  if (a.is_fixnum() && b.is_fixnum()) {
    if (b.as_fixnum() == 0) return raise(m, types::ZeroDivisionError, "division by zero");
    return Value::fixnum(floor_mod(a.as_fixnum(), b.as_fixnum()));
  }
  BigBuf remainder;
  BigStatus status = big_divmod(IntView(a), IntView(b), nullptr, &remainder);
  return int_result(m, status, remainder);
}

Result<Local<>> int_true_divide(Mutator& m, Value a, Value b) {
  if (a.is_fixnum() && b.is_fixnum()) {
    int64_t x = a.as_fixnum(), y = b.as_fixnum();
    constexpr int64_t kExact = int64_t{1} << 53;
    if (y != 0 && x > -kExact && x < kExact && y > -kExact && y < kExact) {
      return make_float(m, static_cast<double>(x) / static_cast<double>(y));
    }
  }
  double d = 0;
  BigStatus status = big_true_divide(IntView(a), IntView(b), &d);
  if (status == BigStatus::Ok) return make_float(m, d);
  if (status == BigStatus::Overflow) {
    return raise(m, types::OverflowError, "integer division result too large for a float");
  }
  return raise_big_status(m, status);
}

Result<Local<Str>> int_to_str(Mutator& m, Value v, int base) {
  if (v.is_fixnum() && base == 10) {
    char text[24];
    char* end = text + sizeof text;
    char* p = end;
    int64_t n = v.as_fixnum();
    uint64_t u = magnitude(n);
    do {
      *--p = static_cast<char>('0' + u % 10);
      u /= 10;
    } while (u);
    if (n < 0) *--p = '-';
    return make_str_latin1(m, reinterpret_cast<uint8_t*>(p), static_cast<size_t>(end - p));
  }
  CharBuf out;
  BigStatus status = big_print(IntView(v), base, static_cast<uint64_t>(int_max_str_digits), out);
  if (status != BigStatus::Ok) return raise_big_status(m, status);
  return make_str(m, out.view());
}

}  // namespace orochi
