// The complex type. A real operand is not widened first (3.14), so it leaves the other part's sign and infinities alone.
#include <cmath>

#include "builtins/number_support.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"

namespace orochi {

extern const Layout kComplexLayout;

namespace {

struct ComplexOperand {
  enum Kind : uint8_t { Real, Complex, Other, Raised } kind;
  ComplexNumber z;
};

ComplexOperand operand_of(Thread& t, Value v) {
  if (has_flag(v, kShapeIsComplex)) {
    auto* c = static_cast<Complex*>(v.as_object());
    return {ComplexOperand::Complex, {c->real, c->imag}};
  }
  double d = 0;
  switch (real_operand(t, v, &d)) {
    case Operand::Real: return {ComplexOperand::Real, {d, 0}};
    case Operand::Other: return {ComplexOperand::Other, {}};
    case Operand::Raised: break;
  }
  return {ComplexOperand::Raised, {}};
}

#define COMPLEX_OPERANDS(t, a, b, x, y)                                                                \
  ComplexOperand x = operand_of(t, a.value());                                                         \
  if (x.kind >= ComplexOperand::Other) {                                                               \
    if (x.kind == ComplexOperand::Other) return kNotImplemented;                                       \
    return Raised{};                                                                                   \
  }                                                                                                    \
  ComplexOperand y = operand_of(t, b.value());                                                         \
  if (y.kind >= ComplexOperand::Other) {                                                               \
    if (y.kind == ComplexOperand::Other) return kNotImplemented;                                       \
    return Raised{};                                                                                   \
  }

Result<Local<>> finish(Thread& t, ComplexNumber z) { return make_complex(t, z.real, z.imag); }

Result<Local<>> finish(Thread& t, ComplexResult r, const char* zero) {
  if (r.error == ComplexError::ZeroDivision) return raise(t, types::ZeroDivisionError, zero);
  if (r.error == ComplexError::Overflow) return raise(t, types::OverflowError, "complex exponentiation");
  return finish(t, r.value);
}

Result<Local<>> complex_op_add(Thread& t, Borrowed<> a, Borrowed<> b) {
  COMPLEX_OPERANDS(t, a, b, x, y)
  if (y.kind == ComplexOperand::Real) return finish(t, complex_add_cr(x.z, y.z.real));
  if (x.kind == ComplexOperand::Real) return finish(t, complex_add_cr(y.z, x.z.real));
  return finish(t, complex_add(x.z, y.z));
}
Result<Local<>> complex_op_subtract(Thread& t, Borrowed<> a, Borrowed<> b) {
  COMPLEX_OPERANDS(t, a, b, x, y)
  if (y.kind == ComplexOperand::Real) return finish(t, complex_sub_cr(x.z, y.z.real));
  if (x.kind == ComplexOperand::Real) return finish(t, complex_sub_rc(x.z.real, y.z));
  return finish(t, complex_sub(x.z, y.z));
}
Result<Local<>> complex_op_multiply(Thread& t, Borrowed<> a, Borrowed<> b) {
  COMPLEX_OPERANDS(t, a, b, x, y)
  if (y.kind == ComplexOperand::Real) return finish(t, complex_mul_cr(x.z, y.z.real));
  if (x.kind == ComplexOperand::Real) return finish(t, complex_mul_cr(y.z, x.z.real));
  return finish(t, complex_mul(x.z, y.z));
}
Result<Local<>> complex_op_true_divide(Thread& t, Borrowed<> a, Borrowed<> b) {
  COMPLEX_OPERANDS(t, a, b, x, y)
  if (y.kind == ComplexOperand::Real) return finish(t, complex_div_cr(x.z, y.z.real), "division by zero");
  if (x.kind == ComplexOperand::Real) return finish(t, complex_div_rc(x.z.real, y.z), "division by zero");
  return finish(t, complex_div(x.z, y.z), "division by zero");
}
Result<Local<>> complex_op_power(Thread& t, Borrowed<> a, Borrowed<> b) {
  COMPLEX_OPERANDS(t, a, b, x, y)
  return finish(t, complex_pow(x.z, y.z), "zero to a negative or complex power");
}
Result<Local<>> complex_op_power3(Thread& t, Borrowed<> a, Borrowed<> b, Borrowed<> c) {
  if (c.value() == kNone) return complex_op_power(t, a, b);
  return raise(t, types::ValueError, "complex modulo");
}

Result<Local<>> complex_op_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if ((op != CompareOp::Eq && op != CompareOp::Ne) || !is_a<Complex>(a)) return kNotImplemented;
  auto x = a.as<Complex>();
  bool equal;
  if (is_a<Complex>(b)) {
    auto y = b.as<Complex>();
    equal = x->real == y->real && x->imag == y->imag;
  } else if (is_float(b)) {
    equal = x->real == float_value(b) && x->imag == 0;
  } else if (is_int(b)) {
    Local<> real = TRY(make_float(t, x->real));
    int order = 1;
    bool unordered;
    compare_reals(real.value(), b, &order, &unordered);
    equal = x->imag == 0 && !unordered && order == 0;
  } else {
    return kNotImplemented;
  }
  return Value::boolean(equal == (op == CompareOp::Eq));
}

Result<int64_t> complex_op_hash(Thread&, Borrowed<> v) {
  auto c = v.as<Complex>();
  return complex_hash({c->real, c->imag}, float_hash(c->real, v), float_hash(c->imag, v));
}

Result<Local<>> complex_op_repr(Thread& t, Borrowed<> v) {
  auto c = v.as<Complex>();
  CharBuf out;
  complex_repr({c->real, c->imag}, out);
  if (out.failed()) return raise_no_memory(t);
  return make_str(t, out.view());
}

Result<Local<>> complex_op_negative(Thread& t, Borrowed<> v) {
  auto c = v.as<Complex>();
  return make_complex(t, -c->real, -c->imag);
}
Result<Local<>> complex_exact(Thread& t, Borrowed<Complex> c) {
  if (type_of(c) == &types::Complex) return Local<>::share(c);
  return make_complex(t, c->real, c->imag);
}
Result<Local<>> complex_op_positive(Thread& t, Borrowed<> v) { return complex_exact(t, v.as<Complex>()); }
Result<Local<>> complex_op_absolute(Thread& t, Borrowed<> v) {
  auto c = v.as<Complex>();
  double d;
  if (complex_abs({c->real, c->imag}, &d) != ComplexError::None) {
    return raise(t, types::OverflowError, "absolute value too large");
  }
  return make_float(t, d);
}
Result<bool> complex_op_bool(Thread&, Borrowed<> v) {
  auto c = v.as<Complex>();
  return c->real != 0 || c->imag != 0;
}

// ---- construction

// v.__complex__() if its type has one.
Lookup<> try_complex_special(Thread& t, Borrowed<> v) {
  if (is_a<Complex>(v) && type_of(v) == &types::Complex) return Local<>::share(v);
  if (v.value().is_immediate()) return kAbsent;
  Lookup<> r = call_special(t, v, "__complex__"_n);
  if (!r.found()) return r;
  Value z = (*r).value();
  if (!is_a<Complex>(z)) {
    return raise(t, types::TypeError, "__complex__ returned non-complex (type {})", TypeName(z));
  }
  if (type_of(z) != &types::Complex) {
    auto message = format_str(
        t,
        "__complex__ returned non-complex (type {}).  The ability to return an instance of a strict subclass of "
        "complex is deprecated, and may not be supported in a future version of Python.",
        TypeName(z));
    if (message.raised() || warn(t, types::DeprecationWarning, *message).raised()) return Raised{};
  }
  return r;
}

bool is_real_number(Value v) {
  return is_float(v) || is_int(v) || type_of(v)->slots.float_ || type_of(v)->slots.index;
}

Result<Local<>> complex_from_text(Thread& t, Borrowed<Type> cls, Borrowed<Str> v) {
  CharBuf text;
  TRY(number_text(t, v, text));
  ComplexNumber z;
  if (!parse_complex(text.view(), &z)) {
    return raise(t, types::ValueError, "complex() arg is a malformed string");
  }
  return complex_for_class(t, cls, z.real, z.imag);
}

Result<Local<>> complex_from_one(Thread& t, Borrowed<Type> cls, Borrowed<> v, const char* complaint) {
  if (cls.get() == &types::Complex && type_of(v) == &types::Complex) return Local<>::share(v);
  Lookup<> special = try_complex_special(t, v);
  if (special.raised()) return Raised{};
  if (special.found() || is_a<Complex>(v)) {
    auto z = special.found() ? (*special).borrow().as<Complex>() : v.as<Complex>();
    return complex_for_class(t, cls, z->real, z->imag);
  }
  if (!is_real_number(v)) return raise(t, types::TypeError, complaint, TypeName(v));
  double d = TRY(to_double(t, v));
  return complex_for_class(t, cls, d, 0);
}

Result<void> warn_complex_argument(Thread& t, const char* which, Borrowed<> v) {
  Local<Str> message = TRY(format_str(t, "complex() argument '{}' must be a real number, not {}", which, TypeName(v)));
  return warn(t, types::DeprecationWarning, message);
}

Result<Local<>> complex_new_two(Thread& t, Borrowed<Type> cls, Maybe<Borrowed<>> real, Maybe<Borrowed<>> imag) {
  double re = 0, im = 0, real_imag = 0;
  bool real_complex = false;
  if (real) {
    Borrowed<> r = *real;
    Lookup<> special = try_complex_special(t, r);
    if (special.raised()) return Raised{};
    if (special.found() || is_a<Complex>(r)) {
      TRY(warn_complex_argument(t, "real", r));
      auto z = special.found() ? (*special).borrow().as<Complex>() : r.as<Complex>();
      re = z->real;
      real_imag = z->imag;
      real_complex = true;
    } else if (is_real_number(r)) {
      re = TRY(to_double(t, r));
    } else {
      return raise(t, types::TypeError, "complex() argument 'real' must be a real number, not {}", TypeName(r));
    }
  }
  if (!imag) return complex_for_class(t, cls, re, real_imag);
  Borrowed<> i = *imag;
  if (is_a<Complex>(i)) {
    TRY(warn_complex_argument(t, "imag", i));
    re -= i.as<Complex>()->imag;
    im = i.as<Complex>()->real;
  } else if (is_real_number(i)) {
    im = TRY(to_double(t, i));
  } else {
    return raise(t, types::TypeError, "complex() argument 'imag' must be a real number, not {}", TypeName(i));
  }
  if (real_complex) im += real_imag;
  return complex_for_class(t, cls, re, im);
}
constexpr NativeDef kComplexNew = arguments<complex_new_two>("complex(cls, real=0, imag=0)");

Result<Local<>> complex_op_new(Thread& t, Borrowed<Type> cls, const CallArgs& args) {
  if (args.count == 1 && !args.has_names()) {
    if (is_str(args[0])) return complex_from_text(t, cls, args[0].as<Str>());
    return complex_from_one(t, cls, args[0], "complex() argument must be a string or a number, not {}");
  }
  return Result<Local<>>::adopt(invoke_with_first(t, kComplexNew, cls, args));
}

// ---- methods

Result<Local<>> complex_from_number(Thread& t, Borrowed<Type> cls, Borrowed<> number) {
  Local<> z = TRY(complex_from_one(t, Borrowed<Type>(&types::Complex), number, "must be real number, not {}"));
  if (cls.get() == &types::Complex) return z;
  return call(t, cls, z);
}
Result<Local<>> complex_conjugate(Thread& t, Borrowed<Complex> c) { return make_complex(t, c->real, -c->imag); }
Result<Local<>> complex_getnewargs(Thread& t, Borrowed<Complex> c) {
  Local<> real = TRY(make_float(t, c->real));
  Local<> imag = TRY(make_float(t, c->imag));
  return make_tuple(t, {real.value(), imag.value()});
}
Result<Local<>> complex_format(Thread& t, Borrowed<Complex> c, Borrowed<Str> spec) {
  return format_complex_value(t, c, spec);
}
double complex_get_real(Thread&, Borrowed<Complex> c) { return c->real; }
double complex_get_imag(Thread&, Borrowed<Complex> c) { return c->imag; }

constexpr NativeDef kComplexMethods[] = {
    class_method<complex_from_number>("from_number(type, number, /)", "Convert number to a complex floating-point number."),
    method<complex_conjugate>("conjugate(self, /)", "Return the complex conjugate of its argument."),
    method<complex_exact>("__complex__(self, /)", "Convert this value to exact type complex."),
    method<complex_getnewargs>("__getnewargs__(self, /)", nullptr),
    method<complex_format>("__format__(self, format_spec, /)", "Convert to a string according to format_spec."),
};
constexpr GetSetDef kComplexGetSets[] = {
    getter<complex_get_real>("real", "the real part of a complex number"),
    getter<complex_get_imag>("imag", "the imaginary part of a complex number"),
};

const TypeDef kComplexDef = {
    .name = "complex",
    .signature = "(real=0, imag=0)",
    .doc = "Create a complex number from a string or numbers.",
    .layout = &kComplexLayout,
    .flags = kTypeSubclassable,
    .shape_flags = kShapeIsComplex,
    OROCHI_METHODS(kComplexMethods),
    OROCHI_GETSETS(kComplexGetSets),
    .slots = {.repr = complex_op_repr,
              .hash = complex_op_hash,
              .compare = complex_op_compare,
              .new_ = complex_op_new,
              .bool_ = complex_op_bool,
              .negative = complex_op_negative,
              .positive = complex_op_positive,
              .absolute = complex_op_absolute,
              .binary = {complex_op_add, complex_op_subtract, complex_op_multiply, nullptr, complex_op_true_divide,
                         nullptr, nullptr, complex_op_power, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr},
              .power = complex_op_power3},
};

}  // namespace

OROCHI_TYPE(Complex, kComplexDef)

}  // namespace orochi
