// The int type: construction and operators. Methods are in int_methods.cpp, arithmetic in objects/int.cpp and
// numeric/bigint. bool, a subclass without instances of its own, is in bool_type.cpp.
#include "builtins/int_type.h"

#include "builtins/number_support.h"
#include "numeric/fixnum_math.h"
#include "objects/int_big.h"
#include "objects/tuple.h"
#include "protocols/attr.h"

namespace orochi {

extern const Layout kIntLayout;

#define INT_BINARY(name, operation)                                    \
  Result<Local<>> name(Thread& t, Borrowed<> a, Borrowed<> b) {        \
    if (!is_int(a) || !is_int(b)) return kNotImplemented;              \
    return operation(t, a.value(), b.value());                         \
  }

namespace {

INT_BINARY(int_op_add, int_add)
INT_BINARY(int_op_subtract, int_subtract)
INT_BINARY(int_op_multiply, int_multiply)
INT_BINARY(int_op_true_divide, int_true_divide)
INT_BINARY(int_op_floor_divide, int_floor_divide)
INT_BINARY(int_op_remainder, int_remainder)

Result<Local<>> int_divmod(Mutator& m, Value a, Value b) {
  if (a.is_fixnum() && b.is_fixnum() && b.as_fixnum() != 0) {
    Local<> q = TRY(make_int(m, floor_div(a.as_fixnum(), b.as_fixnum())));
    return make_tuple(m, {q.value(), Value::fixnum(floor_mod(a.as_fixnum(), b.as_fixnum()))});
  }
  BigBuf quotient, remainder;
  BigStatus status = big_divmod(IntView(a), IntView(b), &quotient, &remainder);
  Local<> q = TRY(int_result(m, status, quotient));
  Local<> r = TRY(int_result(m, status, remainder));
  return make_tuple(m, {q.value(), r.value()});
}
INT_BINARY(int_op_divmod, int_divmod)

Result<Local<>> int_power(Thread& t, Value a, Value b) {
  if (int_sign(b) < 0) {
    double x, y;
    if (real_operand(t, a, &x) != Operand::Real || real_operand(t, b, &y) != Operand::Real) return Raised{};
    return float_power(t, x, y);
  }
  if (a.is_fixnum() && b.is_fixnum()) {
    int64_t small;
    if (fixnum_pow(a.as_fixnum(), static_cast<uint64_t>(b.as_fixnum()), &small)) return make_int(t, small);
  }
  BigBuf out;
  BigStatus status = big_pow(IntView(a), IntView(b), out);
  return int_result(t, status, out);
}
INT_BINARY(int_op_power, int_power)

Result<Local<>> int_op_power3(Thread& t, Borrowed<> a, Borrowed<> b, Borrowed<> c) {
  if (!is_int(a) || !is_int(b)) return kNotImplemented;
  if (c.value() == kNone) return int_power(t, a, b);
  if (!is_int(c)) return kNotImplemented;
  BigBuf out;
  BigStatus status = big_pow_mod(IntView(a), IntView(b), IntView(c), out);
  if (status == BigStatus::ZeroDivision) return raise(t, types::ValueError, "pow() 3rd argument cannot be 0");
  return int_result(t, status, out);
}

Result<Local<>> int_left_shift(Mutator& m, Value a, Value b) {
  int sign = int_sign(b);
  if (sign < 0) return raise(m, types::ValueError, "negative shift count");
  if (int_sign(a) == 0) return Value::fixnum(0);
  uint64_t count;
  if (!int_as_uint64(b, &count)) return raise(m, types::OverflowError, "too many digits in integer");
  int64_t small;
  if (a.is_fixnum() && fixnum_shift_left(a.as_fixnum(), count, &small)) return Value::fixnum(small);
  BigBuf out;
  BigStatus status = big_shift_left(IntView(a), count, out);
  return int_result(m, status, out);
}
INT_BINARY(int_op_left_shift, int_left_shift)

Result<Local<>> int_right_shift(Mutator& m, Value a, Value b) {
  if (int_sign(b) < 0) return raise(m, types::ValueError, "negative shift count");
  uint64_t count;
  if (!int_as_uint64(b, &count)) return Value::fixnum(int_sign(a) < 0 ? -1 : 0);
  if (a.is_fixnum()) return Value::fixnum(shift_right(a.as_fixnum(), count));
  BigBuf out;
  BigStatus status = big_shift_right(IntView(a), count, out);
  return int_result(m, status, out);
}
INT_BINARY(int_op_right_shift, int_right_shift)

}  // namespace

#define INT_BITS(name, op, kernel)                                                                            \
  Result<Local<>> name(Mutator& m, Value a, Value b) {                                                        \
    if (a.is_fixnum() && b.is_fixnum()) return Value::fixnum(a.as_fixnum() op b.as_fixnum());                 \
    BigBuf out;                                                                                               \
    BigStatus status = kernel(IntView(a), IntView(b), out);                                                   \
    return int_result(m, status, out);                                                                        \
  }
namespace {
INT_BITS(int_and, &, big_and)
INT_BITS(int_or, |, big_or)
INT_BITS(int_xor, ^, big_xor)
}  // namespace
INT_BINARY(int_op_and, int_and)
INT_BINARY(int_op_or, int_or)
INT_BINARY(int_op_xor, int_xor)

Result<Local<>> int_op_invert(Thread& t, Borrowed<> v) {
  if (v.value().is_fixnum()) return Value::fixnum(~v.value().as_fixnum());
  BigBuf out;
  BigStatus status = big_invert(IntView(v), out);
  return int_result(t, status, out);
}

namespace {

Result<Local<>> int_op_negative(Thread& t, Borrowed<> v) {
  if (v.value().is_fixnum()) return make_int(t, -v.value().as_fixnum());
  IntView view(v);
  BigView limbs = view.view();
  return make_int_from_limbs(t, limbs.limbs, limbs.size, !limbs.negative);
}
Result<Local<>> int_op_absolute(Thread& t, Borrowed<> v) {
  if (int_sign(v) < 0) return int_op_negative(t, v);
  return exact_int(t, v);
}
Result<Local<>> int_op_int(Thread& t, Borrowed<> v) { return exact_int(t, v); }
Result<Local<>> int_op_float(Thread& t, Borrowed<> v) {
  double d;
  if (real_operand(t, v, &d) != Operand::Real) return Raised{};
  return make_float(t, d);
}
Result<bool> int_op_bool(Thread&, Borrowed<> v) { return int_sign(v) != 0; }
Result<int64_t> int_op_hash(Thread&, Borrowed<> v) { return int_hash(v); }
Result<Local<>> int_op_repr(Thread& t, Borrowed<> v) { return int_to_str(t, v); }
Result<Local<>> int_op_compare(Thread&, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (!is_int(a) || !is_int(b)) return kNotImplemented;
  return ordered_result(int_compare(a, b), op);
}

Raised raise_invalid_literal(Thread& t, Borrowed<> v, int64_t base) {
  Local<Str> shown = TRY(number_text_repr(t, v));
  return raise(t, types::ValueError, "invalid literal for int() with base {}: {}", base, shown);
}

// `text` is what number_text made of `v`.
Result<Local<>> parse_int(Thread& t, Borrowed<> v, std::string_view text, int base) {
  if (base == 10 && !text.empty() && text.size() <= 18) {
    size_t i = text[0] == '-' || text[0] == '+';
    int64_t n = 0;
    bool plain = i < text.size();
    for (; i < text.size(); i++) {
      unsigned digit = static_cast<unsigned char>(text[i]) - '0';
      if (digit > 9) {
        plain = false;
        break;
      }
      n = n * 10 + digit;
    }
    if (plain) return Value::fixnum(text[0] == '-' ? -n : n);
  }
  BigBuf out;
  BigParse parsed = big_parse(text, base, static_cast<uint64_t>(int_max_str_digits), out);
  if (parsed.status == BigStatus::Syntax) return raise_invalid_literal(t, v, base);
  if (parsed.status == BigStatus::TooManyDigits) {
    return raise(t, types::ValueError,
                 "Exceeds the limit ({} digits) for integer string conversion: value has {} digits; use "
                 "sys.set_int_max_str_digits() to increase the limit",
                 int_max_str_digits, parsed.digits);
  }
  return int_result(t, parsed.status, out);
}

}  // namespace

Result<Local<>> int_from_object(Thread& t, Borrowed<> v) {
  if (v.value().is_fixnum() || type_of(v) == &types::Int) return Local<>::share(v);
  Type* type = type_of(v);
  if (type->slots.int_) {
    Local<> r = TRY(type->slots.int_(t, v));
    if (r.value().is_fixnum() || type_of(r.value()) == &types::Int) return r;
    if (!is_int(r.value())) {
      return raise(t, types::TypeError, "__int__ returned non-int (type {})", TypeName(r.value()));
    }
    Local<Str> message = TRY(format_str(
        t,
        "__int__ returned non-int (type {}).  The ability to return an instance of a strict subclass of int is "
        "deprecated, and may not be supported in a future version of Python.",
        TypeName(r.value())));
    TRY(warn(t, types::DeprecationWarning, message));
    return exact_int(t, r);
  }
  if (type->slots.index) {
    Local<> r = TRY(index_of(t, v));
    return exact_int(t, r);
  }
  CharBuf text;
  if (TRY(number_text(t, v, text))) return parse_int(t, v, text.view(), 10);
  return raise(t, types::TypeError,
               "int() argument must be a string, a bytes-like object or a real number, not '{}'", TypeName(v));
}

namespace {

Result<Local<>> int_op_new(Thread& t, Borrowed<Type> cls, const CallArgs& args) {
  Value x, base;
  size_t names = args.has_names() ? args.names->length() : 0;
  if (args.count + names > 2) {
    return raise(t, types::TypeError, "int expected at most 2 arguments, got {}", args.count + names);
  }
  if (args.count > 0) x = args[0];
  if (args.count > 1) base = args[1];
  for (size_t i = 0; i < names; i++) {
    Borrowed<Str> name = args.names->at(i).as<Str>();
    if (!is_str(name) || !name->equals_ascii("base")) {
      return raise(t, types::TypeError, "int() got an unexpected keyword argument '{}'", name);
    }
    if (base) return raise(t, types::TypeError, "argument for int() given by name ('base') and position (2)");
    base = args.values[args.count + i];
  }
  if (!x) {
    if (base) return raise(t, types::TypeError, "int() missing string argument");
    return int_for_class(t, cls, immediate(Value::fixnum(0)));
  }
  if (!base) {
    Local<> value = TRY(int_from_object(t, x));
    if (cls.get() == &types::Int) return value;
    return int_for_class(t, cls, std::move(value));
  }
  int64_t b = TRY(to_index_clipped(t, base));
  if ((b != 0 && b < 2) || b > 36) return raise(t, types::ValueError, "int() base must be >= 2 and <= 36, or 0");
  CharBuf text;
  bool is_text = is_str(x) || is_bytes(x) || has_flag(x, kShapeIsByteArray);
  if (!is_text) return raise(t, types::TypeError, "int() can't convert non-string with explicit base");
  TRY(number_text(t, x, text));
  Local<> value = TRY(parse_int(t, x, text.view(), static_cast<int>(b)));
  if (cls.get() == &types::Int) return value;
  return int_for_class(t, cls, std::move(value));
}

const TypeDef kIntDef = {
    .name = "int",
    .doc = "int([x]) -> integer\nint(x, base=10) -> integer\n\n"
           "Convert a number or string to an integer, or return 0 if no arguments\n"
           "are given.  Floating-point numbers are truncated towards zero.\n\n"
           "With a base, x must be a string, bytes, or bytearray instance holding an\n"
           "integer literal in that base, 2 to 36; base 0 reads the base from the\n"
           "literal's prefix.",
    .layout = &kIntLayout,
    .flags = kTypeSubclassable | kTypeMatchSelf,
    .shape_flags = kShapeIsInt,
    .methods = kIntMethods,
    .method_count = kIntMethodCount,
    .getsets = kIntGetSets,
    .getset_count = kIntGetSetCount,
    .slots = {.repr = int_op_repr,
              .hash = int_op_hash,
              .compare = int_op_compare,
              .new_ = int_op_new,
              .bool_ = int_op_bool,
              .int_ = int_op_int,
              .float_ = int_op_float,
              .index = int_op_int,
              .negative = int_op_negative,
              .positive = int_op_int,
              .absolute = int_op_absolute,
              .invert = int_op_invert,
              .binary = {int_op_add, int_op_subtract, int_op_multiply, nullptr, int_op_true_divide,
                         int_op_floor_divide, int_op_remainder, int_op_power, int_op_left_shift, int_op_right_shift,
                         int_op_and, int_op_or, int_op_xor, int_op_divmod},
              .power = int_op_power3},
};

}  // namespace

OROCHI_TYPE(Int, kIntDef)

}  // namespace orochi
