// The float type: operators, construction, methods. Mixed arithmetic with int converts the int (OverflowError when it
// is too large), comparison is exact.
#include <cmath>

#include "builtins/number_support.h"
#include "numeric/float_text.h"
#include "objects/int_big.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"

namespace orochi {

extern const Layout kFloatLayout;

#define FLOAT_OPERANDS(t, a, b, x, y)                         \
  double x, y;                                                \
  switch (real_operand(t, a.value(), &x)) {                   \
    case Operand::Real: break;                                \
    case Operand::Other: return kNotImplemented;              \
    case Operand::Raised: return Raised{};                    \
  }                                                           \
  switch (real_operand(t, b.value(), &y)) {                   \
    case Operand::Real: break;                                \
    case Operand::Other: return kNotImplemented;              \
    case Operand::Raised: return Raised{};                    \
  }

namespace {

Result<Local<>> float_op_add(Thread& t, Borrowed<> a, Borrowed<> b) {
  FLOAT_OPERANDS(t, a, b, x, y)
  return make_float(t, x + y);
}
Result<Local<>> float_op_subtract(Thread& t, Borrowed<> a, Borrowed<> b) {
  FLOAT_OPERANDS(t, a, b, x, y)
  return make_float(t, x - y);
}
Result<Local<>> float_op_multiply(Thread& t, Borrowed<> a, Borrowed<> b) {
  FLOAT_OPERANDS(t, a, b, x, y)
  return make_float(t, x * y);
}
Result<Local<>> float_op_true_divide(Thread& t, Borrowed<> a, Borrowed<> b) {
  FLOAT_OPERANDS(t, a, b, x, y)
  if (y == 0) return raise(t, types::ZeroDivisionError, "division by zero");
  return make_float(t, x / y);
}
Result<Local<>> float_op_floor_divide(Thread& t, Borrowed<> a, Borrowed<> b) {
  FLOAT_OPERANDS(t, a, b, x, y)
  if (y == 0) return raise(t, types::ZeroDivisionError, "division by zero");
  return make_float(t, float_floor_div(x, y));
}
Result<Local<>> float_op_remainder(Thread& t, Borrowed<> a, Borrowed<> b) {
  FLOAT_OPERANDS(t, a, b, x, y)
  if (y == 0) return raise(t, types::ZeroDivisionError, "division by zero");
  return make_float(t, float_mod(x, y));
}
Result<Local<>> float_op_divmod(Thread& t, Borrowed<> a, Borrowed<> b) {
  FLOAT_OPERANDS(t, a, b, x, y)
  if (y == 0) return raise(t, types::ZeroDivisionError, "division by zero");
  double quotient, remainder;
  float_divmod(x, y, &quotient, &remainder);
  Local<> q = TRY(make_float(t, quotient));
  Local<> r = TRY(make_float(t, remainder));
  return make_tuple(t, {q.value(), r.value()});
}
Result<Local<>> float_op_power(Thread& t, Borrowed<> a, Borrowed<> b) {
  FLOAT_OPERANDS(t, a, b, x, y)
  return float_power(t, x, y);
}
Result<Local<>> float_op_power3(Thread& t, Borrowed<> a, Borrowed<> b, Borrowed<> c) {
  if (c.value() == kNone) return float_op_power(t, a, b);
  return raise(t, types::TypeError, "pow() 3rd argument not allowed unless all arguments are integers");
}

Result<Local<>> float_op_compare(Thread&, Borrowed<> a, Borrowed<> b, CompareOp op) {
  int order = 0;
  bool unordered;
  if (!compare_reals(a, b, &order, &unordered)) return kNotImplemented;
  if (unordered) return Value::boolean(op == CompareOp::Ne);
  return ordered_result(order, op);
}

Result<Local<>> float_op_negative(Thread& t, Borrowed<> v) { return make_float(t, -float_value(v)); }
Result<Local<>> float_op_absolute(Thread& t, Borrowed<> v) { return make_float(t, std::fabs(float_value(v))); }
Result<Local<>> float_exact(Thread& t, Borrowed<> v) {
  if (v.value().is_tagged_float() || type_of(v) == &types::Float) return Local<>::share(v);
  return make_float(t, float_value(v));
}
Result<bool> float_op_bool(Thread&, Borrowed<> v) { return float_value(v) != 0; }
Result<int64_t> float_op_hash(Thread&, Borrowed<> v) { return float_hash(float_value(v), v); }
Result<Local<>> float_op_int(Thread& t, Borrowed<> v) { return int_from_float(t, float_value(v)); }
Result<Local<>> float_op_repr(Thread& t, Borrowed<> v) {
  char text[kFloatReprSize];
  size_t length = float_repr(float_value(v), text);
  return make_str_latin1(t, reinterpret_cast<uint8_t*>(text), length);
}

// ---- methods

Result<Local<>> float_floor(Thread& t, Borrowed<> v) { return int_from_float(t, std::floor(float_value(v))); }
Result<Local<>> float_ceil(Thread& t, Borrowed<> v) { return int_from_float(t, std::ceil(float_value(v))); }

Result<Local<>> float_round_method(Thread& t, Borrowed<> v, Borrowed<> ndigits) {
  double d = float_value(v);
  if (ndigits.value() == kNone) return int_from_float(t, float_round_half_even(d));
  int64_t n = TRY(to_index_clipped(t, ndigits));
  double r;
  if (float_round(d, n, &r) != FloatStatus::Ok) {
    return raise(t, types::OverflowError, "rounded value too large to represent");
  }
  return make_float(t, r);
}

Result<Local<>> float_as_ratio(Thread& t, Borrowed<> v) {
  double d = float_value(v);
  if (std::isinf(d)) return raise(t, types::OverflowError, "cannot convert Infinity to integer ratio");
  if (std::isnan(d)) return raise(t, types::ValueError, "cannot convert NaN to integer ratio");
  BigBuf numerator, denominator;
  BigStatus status = float_as_integer_ratio(d, numerator, denominator);
  if (status != BigStatus::Ok) return raise_big_status(t, status);
  return make_int_pair(t, numerator, denominator);
}

Result<Local<>> float_hex_method(Thread& t, Borrowed<> v) {
  CharBuf out;
  float_hex(float_value(v), out);
  if (out.failed()) return raise_no_memory(t);
  return make_str(t, out.view());
}

Result<Local<>> float_fromhex(Thread& t, Borrowed<Type> cls, Borrowed<Str> text) {
  Utf8 utf8 = TRY(str_utf8(t, text));
  double d = 0;
  switch (parse_float_hex(utf8.view, &d)) {
    case FloatStatus::Ok: break;
    case FloatStatus::Overflow:
      return raise(t, types::OverflowError, "hexadecimal value too large to represent as a float");
    default: return raise(t, types::ValueError, "invalid hexadecimal floating-point string");
  }
  Local<> value = TRY(make_float(t, d));
  if (cls.get() == &types::Float) return value;
  return call(t, cls, value);
}

Result<Local<>> float_from_number(Thread& t, Borrowed<Type> cls, Borrowed<> number) {
  if (is_float(number) && cls.get() == &types::Float) return float_exact(t, number);
  double d = TRY(to_double(t, number));
  Local<> value = TRY(make_float(t, d));
  if (cls.get() == &types::Float) return value;
  return call(t, cls, value);
}

bool float_is_integer_method(Thread&, Borrowed<> v) { return float_is_integer(float_value(v)); }

Result<Local<>> float_getnewargs(Thread& t, Borrowed<> v) {
  Local<> value = TRY(make_float(t, float_value(v)));
  return make_tuple(t, {value.value()});
}

Result<Local<>> float_getformat(Thread& t, Borrowed<Type>, Borrowed<Str> kind) {
  if (!kind->equals_ascii("double") && !kind->equals_ascii("float")) {
    return raise(t, types::ValueError, "__getformat__() argument 1 must be 'double' or 'float'");
  }
  return make_str(t, "IEEE, little-endian");
}

Result<Local<>> float_format(Thread& t, Borrowed<> v, Borrowed<Str> spec) { return format_float_value(t, v, spec); }
Result<Local<>> float_get_imag(Thread& t, Borrowed<>) { return make_float(t, 0.0); }

}  // namespace

Result<double> float_from_object(Thread& t, Borrowed<> v) {
  if (is_float(v) && (v.value().is_tagged_float() || type_of(v) == &types::Float)) return float_value(v);
  Type* type = type_of(v);
  if (type->slots.float_ || type->slots.index) {
    if (is_float(v) && type->slots.float_) {
      Local<> r = TRY(type->slots.float_(t, v));
      if (!is_float(r.value())) {
        return raise(t, types::TypeError, "{}.__float__ returned non-float (type {})", type, TypeName(r.value()));
      }
      if (type_of(r.value()) != &types::Float) {
        Local<Str> message = TRY(format_str(
            t,
            "{}.__float__ returned non-float (type {}).  The ability to return an instance of a strict subclass of "
            "float is deprecated, and may not be supported in a future version of Python.",
            type, TypeName(r.value())));
        TRY(warn(t, types::DeprecationWarning, message));
      }
      return float_value(r.value());
    }
    return to_double(t, v);
  }
  CharBuf text;
  if (!TRY(number_text(t, v, text))) {
    return raise(t, types::TypeError, "float() argument must be a string or a real number, not '{}'", TypeName(v));
  }
  double d = 0;
  if (parse_float(text.view(), &d) != FloatStatus::Ok) {
    Local<Str> shown = TRY(number_text_repr(t, v));
    return raise(t, types::ValueError, "could not convert string to float: {}", shown);
  }
  return d;
}

namespace {

Result<Local<>> float_new(Thread& t, Borrowed<Type> cls, Maybe<Borrowed<>> x) {
  if (!x) return float_for_class(t, cls, 0);
  if (cls.get() == &types::Float && type_of(*x) == &types::Float) return Local<>::share(*x);
  double d = TRY(float_from_object(t, *x));
  return float_for_class(t, cls, d);
}
constexpr NativeDef kFloatNew = arguments<float_new>("float(cls, x=0, /)");
// A subclass may take keywords in its __init__.
Result<Local<>> float_op_new(Thread& t, Borrowed<Type> cls, const CallArgs& args) {
  CallArgs taken = args;
  if (cls->slots.init != types::Float.slots.init) taken.names = {};
  return Result<Local<>>::adopt(invoke_with_first(t, kFloatNew, cls, taken));
}

constexpr NativeDef kFloatMethods[] = {
    class_method<float_from_number>("from_number(type, number, /)", "Convert a real number to a floating-point number."),
    method<float_exact>("conjugate(self, /)", "Return self, the complex conjugate of any float."),
    method<float_op_int>("__trunc__(self, /)", "Return the Integral closest to x between 0 and x."),
    method<float_floor>("__floor__(self, /)", "Return the floor as an Integral."),
    method<float_ceil>("__ceil__(self, /)", "Return the ceiling as an Integral."),
    method<float_round_method>("__round__(self, ndigits=None, /)",
                               "Return the Integral closest to x, rounding half toward even."),
    method<float_as_ratio>("as_integer_ratio(self, /)", "A pair of integers, whose ratio is exactly equal to the float."),
    class_method<float_fromhex>("fromhex(type, string, /)", "Create a floating-point number from a hexadecimal string."),
    method<float_hex_method>("hex(self, /)", "Return a hexadecimal representation of a floating-point number."),
    method<float_is_integer_method>("is_integer(self, /)", "Return True if the float is an integer."),
    method<float_getnewargs>("__getnewargs__(self, /)", nullptr),
    class_method<float_getformat>("__getformat__(type, typestr, /)", "For the tests: how a C double or float is stored."),
    method<float_format>("__format__(self, format_spec, /)", "Formats the float according to format_spec."),
};
constexpr GetSetDef kFloatGetSets[] = {
    getter<float_exact>("real", "the real part of a complex number"),
    getter<float_get_imag>("imag", "the imaginary part of a complex number"),
};

const TypeDef kFloatDef = {
    .name = "float",
    .signature = "(x=0, /)",
    .doc = "Convert a string or number to a floating-point number, if possible.",
    .layout = &kFloatLayout,
    .flags = kTypeSubclassable | kTypeMatchSelf,
    .shape_flags = kShapeIsFloat,
    OROCHI_METHODS(kFloatMethods),
    OROCHI_GETSETS(kFloatGetSets),
    .slots = {.repr = float_op_repr,
              .hash = float_op_hash,
              .compare = float_op_compare,
              .new_ = float_op_new,
              .bool_ = float_op_bool,
              .int_ = float_op_int,
              .float_ = float_exact,
              .negative = float_op_negative,
              .positive = float_exact,
              .absolute = float_op_absolute,
              .binary = {float_op_add, float_op_subtract, float_op_multiply, nullptr, float_op_true_divide,
                         float_op_floor_divide, float_op_remainder, float_op_power, nullptr, nullptr, nullptr, nullptr,
                         nullptr, float_op_divmod},
              .power = float_op_power3},
};

}  // namespace

OROCHI_TYPE(Float, kFloatDef)

}  // namespace orochi
