// The cmath module: functions of complex numbers, over numeric/complex_math.
#include <cmath>

#include "numeric/complex_math.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/native.h"

namespace orochi::cmath_module {

namespace {

// complex(v): __complex__, or a real number.
Result<ComplexNumber> to_complex(Thread& t, Borrowed<> v) {
  if (!is_float(v) && !v.value().is_fixnum()) {
    if (type_of(v) != &types::Complex) {
      Lookup<> r = call_special(t, v, "__complex__"_n);
      if (r.raised()) return Raised{};
      if (r.found()) {
        if (!is_a<Complex>((*r).value())) {
          return raise(t, types::TypeError, "__complex__ returned non-complex (type {})", TypeName((*r).value()));
        }
        auto c = (*r).borrow().as<Complex>();
        return ComplexNumber{c->real, c->imag};
      }
    }
    if (is_a<Complex>(v)) {
      auto c = v.as<Complex>();
      return ComplexNumber{c->real, c->imag};
    }
  }
  double d = TRY(to_double(t, v));
  return ComplexNumber{d, 0};
}

Result<Local<>> finish(Thread& t, ComplexResult r) {
  if (r.error == ComplexError::Overflow) return raise(t, types::OverflowError, "math range error");
  if (r.error != ComplexError::None) return raise(t, types::ValueError, "math domain error");
  return make_complex(t, r.value.real, r.value.imag);
}

template <ComplexFunction F>
Result<Local<>> cmath_unary(Thread& t, Borrowed<> z) {
  ComplexNumber c = TRY(to_complex(t, z));
  return finish(t, complex_function(F, c));
}

Result<Local<>> cmath_log(Thread& t, Borrowed<> z, Maybe<Borrowed<>> base) {
  ComplexNumber c = TRY(to_complex(t, z));
  if (!base) return finish(t, complex_function(ComplexFunction::Log, c));
  ComplexNumber b = TRY(to_complex(t, *base));
  return finish(t, complex_log_base(c, b));
}

Result<double> cmath_phase(Thread& t, Borrowed<> z) {
  ComplexNumber c = TRY(to_complex(t, z));
  return complex_phase(c);
}

Result<Local<>> cmath_polar(Thread& t, Borrowed<> z) {
  ComplexNumber c = TRY(to_complex(t, z));
  double radius, angle;
  if (complex_polar(c, &radius, &angle) != ComplexError::None) {
    return raise(t, types::OverflowError, "math range error");
  }
  Local<> r = TRY(make_float(t, radius));
  Local<> phi = TRY(make_float(t, angle));
  return make_tuple(t, {r.value(), phi.value()});
}

Result<Local<>> cmath_rect(Thread& t, double r, double phi) { return finish(t, complex_rect(r, phi)); }

Result<bool> cmath_isfinite(Thread& t, Borrowed<> z) {
  ComplexNumber c = TRY(to_complex(t, z));
  return std::isfinite(c.real) && std::isfinite(c.imag);
}
Result<bool> cmath_isinf(Thread& t, Borrowed<> z) {
  ComplexNumber c = TRY(to_complex(t, z));
  return std::isinf(c.real) || std::isinf(c.imag);
}
Result<bool> cmath_isnan(Thread& t, Borrowed<> z) {
  ComplexNumber c = TRY(to_complex(t, z));
  return std::isnan(c.real) || std::isnan(c.imag);
}

Result<bool> cmath_isclose(Thread& t, Borrowed<> a, Borrowed<> b, Maybe<double> rel_tol, Maybe<double> abs_tol) {
  ComplexNumber x = TRY(to_complex(t, a));
  ComplexNumber y = TRY(to_complex(t, b));
  double relative = rel_tol.value_or(1e-9), absolute = abs_tol.value_or(0);
  if (relative < 0 || absolute < 0) return raise(t, types::ValueError, "tolerances must be non-negative");
  return complex_is_close(x, y, relative, absolute);
}

using enum ComplexFunction;

constexpr NativeDef kFunctions[] = {
    function<cmath_unary<Acos>>("acos(z, /)", "Return the arc cosine of z."),
    function<cmath_unary<Acosh>>("acosh(z, /)", "Return the inverse hyperbolic cosine of z."),
    function<cmath_unary<Asin>>("asin(z, /)", "Return the arc sine of z."),
    function<cmath_unary<Asinh>>("asinh(z, /)", "Return the inverse hyperbolic sine of z."),
    function<cmath_unary<Atan>>("atan(z, /)", "Return the arc tangent of z."),
    function<cmath_unary<Atanh>>("atanh(z, /)", "Return the inverse hyperbolic tangent of z."),
    function<cmath_unary<Cos>>("cos(z, /)", "Return the cosine of z."),
    function<cmath_unary<Cosh>>("cosh(z, /)", "Return the hyperbolic cosine of z."),
    function<cmath_unary<Exp>>("exp(z, /)", "Return the exponential value e**z."),
    function<cmath_isclose>("isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0)",
                            "Determine whether two complex numbers are close in value."),
    function<cmath_isfinite>("isfinite(z, /)", "Return True if both parts of z are finite."),
    function<cmath_isinf>("isinf(z, /)", "Checks if a part of z is infinite."),
    function<cmath_isnan>("isnan(z, /)", "Checks if a part of z is not a number (NaN)."),
    function<cmath_log>("log(z, base=<unrepresentable>, /)", "The logarithm of z to the given base, by default e."),
    function<cmath_unary<Log10>>("log10(z, /)", "Return the base-10 logarithm of z."),
    function<cmath_phase>("phase(z, /)", "Return argument, also known as the phase angle, of a complex."),
    function<cmath_polar>("polar(z, /)", "Convert a complex from rectangular coordinates to polar coordinates."),
    function<cmath_rect>("rect(r, phi, /)", "Convert from polar coordinates to rectangular coordinates."),
    function<cmath_unary<Sin>>("sin(z, /)", "Return the sine of z."),
    function<cmath_unary<Sinh>>("sinh(z, /)", "Return the hyperbolic sine of z."),
    function<cmath_unary<Sqrt>>("sqrt(z, /)", "Return the square root of z."),
    function<cmath_unary<Tan>>("tan(z, /)", "Return the tangent of z."),
    function<cmath_unary<Tanh>>("tanh(z, /)", "Return the hyperbolic tangent of z."),
};

Result<void> set_float(Thread& t, Borrowed<Module> module, const char* name, double d) {
  Local<> v = TRY(make_float(t, d));
  return module_set(t, module, name, v);
}
Result<void> set_imaginary(Thread& t, Borrowed<Module> module, const char* name, double d) {
  Local<Complex> v = TRY(make_complex(t, 0, d));
  return module_set(t, module, name, v);
}

Result<void> init(Thread& t, Borrowed<Module> module) {
  TRY(set_float(t, module, "pi", M_PI));
  TRY(set_float(t, module, "e", M_E));
  TRY(set_float(t, module, "tau", 2 * M_PI));
  TRY(set_float(t, module, "inf", HUGE_VAL));
  TRY(set_float(t, module, "nan", std::nan("")));
  TRY(set_imaginary(t, module, "infj", HUGE_VAL));
  return set_imaginary(t, module, "nanj", std::nan(""));
}

}  // namespace

OROCHI_MODULE(cmath, "Mathematical functions of complex numbers.", kFunctions, init)

}  // namespace orochi::cmath_module
