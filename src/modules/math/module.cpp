// The math module: functions of one and two floats, and the table of all.
#include <cmath>

#include "modules/math/math_module.h"
#include "numeric/float_text.h"
#include "numeric/math_functions.h"
#include "objects/int_big.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"

namespace orochi::math_module {

namespace {

Result<double> finish(Thread& t, MathResult r) {
  if (r.error == MathError::Domain) return raise(t, types::ValueError, "math domain error");
  if (r.error == MathError::Range) return raise(t, types::OverflowError, "math range error");
  return r.value;
}

Result<double> apply(Thread& t, MathFunction function, double x) {
  MathResult r = math_function(function, x);
  if (OROCHI_LIKELY(r.error == MathError::None)) return r.value;
  if (r.error == MathError::Range) return raise(t, types::OverflowError, "math range error");
  CharBuf message;
  math_domain_message(function, x, message);
  if (message.failed()) return raise_no_memory(t);
  return raise(t, types::ValueError, "{}", message.view());
}

template <MathFunction F>
Result<double> math_unary(Thread& t, double x) {
  return apply(t, F, x);
}

// Logarithms take ints of any size.
Result<double> logarithm(Thread& t, MathFunction function, Borrowed<> x) {
  if (is_int(x)) {
    MathResult r = math_log_big(function, IntView(x));
    if (r.error != MathError::None) return raise(t, types::ValueError, "expected a positive input");
    return r.value;
  }
  double d = TRY(to_double(t, x));
  return apply(t, function, d);
}
template <MathFunction F>
Result<double> math_log_of(Thread& t, Borrowed<> x) {
  return logarithm(t, F, x);
}

Result<double> math_log(Thread& t, Borrowed<> x, Maybe<Borrowed<>> base) {
  double numerator = TRY(logarithm(t, MathFunction::Log, x));
  if (!base) return numerator;
  double denominator = TRY(logarithm(t, MathFunction::Log, *base));
  if (denominator == 0) return raise(t, types::ZeroDivisionError, "division by zero");
  return numerator / denominator;
}

double math_atan2(Thread&, double y, double x) { return std::atan2(y, x); }
double math_copysign(Thread&, double x, double y) { return std::copysign(x, y); }
double math_fabs(Thread&, double x) { return std::fabs(x); }
double math_degrees(Thread&, double x) { return x * (180.0 / M_PI); }
double math_radians(Thread&, double x) { return x * (M_PI / 180.0); }
bool math_isfinite(Thread&, double x) { return std::isfinite(x); }
bool math_isinf(Thread&, double x) { return std::isinf(x); }
bool math_isnan(Thread&, double x) { return std::isnan(x); }
Result<double> math_pow(Thread& t, double x, double y) { return finish(t, orochi::math_pow(x, y)); }
Result<double> math_fmod(Thread& t, double x, double y) { return finish(t, orochi::math_fmod(x, y)); }
Result<double> math_remainder(Thread& t, double x, double y) { return finish(t, orochi::math_remainder(x, y)); }
double math_ulp(Thread&, double x) { return orochi::math_ulp(x); }

Result<double> math_fma(Thread& t, double x, double y, double z) {
  MathResult r = orochi::math_fma(x, y, z);
  if (r.error == MathError::Domain) return raise(t, types::ValueError, "invalid operation in fma");
  if (r.error == MathError::Range) return raise(t, types::OverflowError, "overflow in fma");
  return r.value;
}

Result<double> math_ldexp(Thread& t, double x, Borrowed<> i) {
  if (!is_int(i)) return raise(t, types::TypeError, "Expected an int as second argument to ldexp.");
  int64_t exponent;
  if (!int_as_int64(i, &exponent)) exponent = int_sign(i) < 0 ? INT64_MIN / 4 : INT64_MAX / 4;
  return finish(t, orochi::math_ldexp(x, exponent));
}

Result<Local<>> math_frexp(Thread& t, double x) {
  int exponent = 0;
  double mantissa = std::isfinite(x) && x != 0 ? std::frexp(x, &exponent) : x;
  Local<> m = TRY(make_float(t, mantissa));
  return make_tuple(t, {m.value(), Value::fixnum(exponent)});
}

Result<Local<>> math_modf(Thread& t, double x) {
  double whole;
  double fraction = std::modf(x, &whole);
  Local<> f = TRY(make_float(t, fraction));
  Local<> w = TRY(make_float(t, whole));
  return make_tuple(t, {f.value(), w.value()});
}

Result<double> math_nextafter(Thread& t, double x, double y, OrNone<Borrowed<>> steps) {
  if (!steps) return std::nextafter(x, y);
  Local<> n = TRY(index_of(t, *steps));
  if (int_sign(n.value()) < 0) return raise(t, types::ValueError, "steps must be a non-negative integer");
  uint64_t count;
  if (!int_as_uint64(n.value(), &count)) count = UINT64_MAX;
  return orochi::math_nextafter(x, y, count);
}

Result<bool> math_isclose(Thread& t, double a, double b, Maybe<double> rel_tol, Maybe<double> abs_tol) {
  double relative = rel_tol.value_or(1e-9), absolute = abs_tol.value_or(0);
  if (relative < 0 || absolute < 0) return raise(t, types::ValueError, "tolerances must be non-negative");
  return math_is_close(a, b, relative, absolute);
}

Result<Local<>> int_of_double(Thread& t, double d) {
  if (std::isinf(d)) return raise(t, types::OverflowError, "cannot convert float infinity to integer");
  if (std::isnan(d)) return raise(t, types::ValueError, "cannot convert float NaN to integer");
  return make_int_from_double(t, d);
}

bool exact_float(Value v) { return v.is_tagged_float() || (v.is_heap() && type_of(v) == &types::Float); }

Result<Local<>> math_floor(Thread& t, Borrowed<> x) {
  if (x.value().is_fixnum()) return x.value();
  if (!exact_float(x)) {
    Lookup<> r = call_special(t, x, "__floor__"_n);
    if (r.raised()) return Raised{};
    if (r.found()) return r.take();
  }
  double d = TRY(to_double(t, x));
  return int_of_double(t, std::floor(d));
}
Result<Local<>> math_ceil(Thread& t, Borrowed<> x) {
  if (x.value().is_fixnum()) return x.value();
  if (!exact_float(x)) {
    Lookup<> r = call_special(t, x, "__ceil__"_n);
    if (r.raised()) return Raised{};
    if (r.found()) return r.take();
  }
  double d = TRY(to_double(t, x));
  return int_of_double(t, std::ceil(d));
}
Result<Local<>> math_trunc(Thread& t, Borrowed<> x) {
  if (x.value().is_fixnum()) return x.value();
  if (exact_float(x)) return int_of_double(t, std::trunc(float_value(x)));
  Lookup<> r = call_special(t, x, "__trunc__"_n);
  if (r.raised()) return Raised{};
  if (r.absent()) return raise(t, types::TypeError, "type {} doesn't define __trunc__ method", TypeName(x));
  return r.take();
}

using enum MathFunction;

constexpr NativeDef kFunctions[] = {
    function<math_unary<Acos>>("acos(x, /)", "Return the arc cosine (measured in radians) of x."),
    function<math_unary<Acosh>>("acosh(x, /)", "Return the inverse hyperbolic cosine of x."),
    function<math_unary<Asin>>("asin(x, /)", "Return the arc sine (measured in radians) of x."),
    function<math_unary<Asinh>>("asinh(x, /)", "Return the inverse hyperbolic sine of x."),
    function<math_unary<Atan>>("atan(x, /)", "Return the arc tangent (measured in radians) of x."),
    function<math_atan2>("atan2(y, x, /)", "Return the arc tangent (measured in radians) of y/x, by quadrant."),
    function<math_unary<Atanh>>("atanh(x, /)", "Return the inverse hyperbolic tangent of x."),
    function<math_unary<Cbrt>>("cbrt(x, /)", "Return the cube root of x."),
    function<math_ceil>("ceil(x, /)", "Return the smallest Integral that is not less than x."),
    function<math_comb>("comb(n, k, /)", "Number of ways to choose k of n items without repetition and order."),
    function<math_copysign>("copysign(x, y, /)", "Return a float with the magnitude of x and the sign of y."),
    function<math_unary<Cos>>("cos(x, /)", "Return the cosine of x (measured in radians)."),
    function<math_unary<Cosh>>("cosh(x, /)", "Return the hyperbolic cosine of x."),
    function<math_degrees>("degrees(x, /)", "Convert angle x from radians to degrees."),
    function<math_dist>("dist(p, q, /)", "Return the Euclidean distance between two points of one dimension."),
    function<math_unary<Erf>>("erf(x, /)", "Error function at x."),
    function<math_unary<Erfc>>("erfc(x, /)", "Complementary error function at x."),
    function<math_unary<Exp>>("exp(x, /)", "Return e raised to the power of x."),
    function<math_unary<Exp2>>("exp2(x, /)", "Return 2 raised to the power of x."),
    function<math_unary<Expm1>>("expm1(x, /)", "Return exp(x)-1, precise for small x."),
    function<math_fabs>("fabs(x, /)", "Return the absolute value of the float x."),
    function<math_factorial>("factorial(n, /)", "Find n!."),
    function<math_floor>("floor(x, /)", "Return the largest Integral that is not greater than x."),
    function<math_fma>("fma(x, y, z, /)", "Compute (x * y) + z with a single rounding."),
    function<math_fmod>("fmod(x, y, /)", "Return the remainder of x / y as C has it."),
    function<math_frexp>("frexp(x, /)", "Return the mantissa and exponent of x, as pair (m, e)."),
    function<math_fsum>("fsum(seq, /)", "Return an accurate floating-point sum of the values in seq."),
    function<math_unary<Gamma>>("gamma(x, /)", "Gamma function at x."),
    function<math_gcd>("gcd(*integers)", "Greatest Common Divisor."),
    function<math_hypot>("hypot(*coordinates)", "The Euclidean norm, sqrt(sum(x**2 for x in coordinates))."),
    function<math_isclose>("isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0)",
                           "Determine whether two floating-point numbers are close in value."),
    function<math_isfinite>("isfinite(x, /)", "Return True if x is neither an infinity nor a NaN."),
    function<math_isinf>("isinf(x, /)", "Return True if x is a positive or negative infinity."),
    function<math_isnan>("isnan(x, /)", "Return True if x is a NaN (not a number)."),
    function<math_isqrt>("isqrt(n, /)", "Return the integer part of the square root of the input."),
    function<math_lcm>("lcm(*integers)", "Least Common Multiple."),
    function<math_ldexp>("ldexp(x, i, /)", "Return x * (2**i)."),
    function<math_unary<Lgamma>>("lgamma(x, /)", "Natural logarithm of absolute value of Gamma function at x."),
    function<math_log>("log(x, base=math.e, /)", "Return the logarithm of x to the given base, by default e."),
    function<math_log_of<Log10>>("log10(x, /)", "Return the base 10 logarithm of x."),
    function<math_unary<Log1p>>("log1p(x, /)", "Return the natural logarithm of 1+x, precise for x near zero."),
    function<math_log_of<Log2>>("log2(x, /)", "Return the base 2 logarithm of x."),
    function<math_modf>("modf(x, /)", "Return the fractional and integer parts of x."),
    function<math_nextafter>("nextafter(x, y, /, *, steps=None)",
                             "Return the floating-point value the given number of steps after x towards y."),
    function<math_perm>("perm(n, k=None, /)", "Number of ways to choose k of n items without repetition, in order."),
    function<math_pow>("pow(x, y, /)", "Return x**y (x to the power of y)."),
    function<math_prod>("prod(iterable, /, *, start=1)", "Calculate the product of all the elements."),
    function<math_radians>("radians(x, /)", "Convert angle x from degrees to radians."),
    function<math_remainder>("remainder(x, y, /)", "Difference between x and the closest integer multiple of y."),
    function<math_unary<Sin>>("sin(x, /)", "Return the sine of x (measured in radians)."),
    function<math_unary<Sinh>>("sinh(x, /)", "Return the hyperbolic sine of x."),
    function<math_unary<Sqrt>>("sqrt(x, /)", "Return the square root of x."),
    function<math_sumprod>("sumprod(p, q, /)", "Return the sum of products of values from two iterables."),
    function<math_unary<Tan>>("tan(x, /)", "Return the tangent of x (measured in radians)."),
    function<math_unary<Tanh>>("tanh(x, /)", "Return the hyperbolic tangent of x."),
    function<math_trunc>("trunc(x, /)", "Truncates the Real x to the nearest Integral toward 0."),
    function<math_ulp>("ulp(x, /)", "Return the value of the least significant bit of the float x."),
};

Result<void> set_float(Thread& t, Borrowed<Module> module, const char* name, double d) {
  Local<> v = TRY(make_float(t, d));
  return module_set(t, module, name, v);
}

Result<void> init(Thread& t, Borrowed<Module> module) {
  TRY(set_float(t, module, "pi", M_PI));
  TRY(set_float(t, module, "e", M_E));
  TRY(set_float(t, module, "tau", 2 * M_PI));
  TRY(set_float(t, module, "inf", HUGE_VAL));
  return set_float(t, module, "nan", std::nan(""));
}

}  // namespace

OROCHI_MODULE(math, "Mathematical functions of the C standard, and more on integers and sums.", kFunctions, init)

}  // namespace orochi::math_module
