// ComplexNumber arithmetic and functions; see the header. Sources: C99 Annex G (products, quotients, special values of the
// functions), R. L. Smith, "Algorithm 116: ComplexNumber division" (1962), the Python library reference for cmath.
#include "numeric/complex_math.h"

#include <cmath>

#include "numeric/fixnum_math.h"
#include "numeric/float_text.h"

// libm's complex functions by their C types; <complex.h> means something else in C++.
extern "C" {
double _Complex cacos(double _Complex) noexcept;
double _Complex cacosh(double _Complex) noexcept;
double _Complex casin(double _Complex) noexcept;
double _Complex casinh(double _Complex) noexcept;
double _Complex catanh(double _Complex) noexcept;
double _Complex ccosh(double _Complex) noexcept;
double _Complex cexp(double _Complex) noexcept;
double _Complex clog(double _Complex) noexcept;
double _Complex csinh(double _Complex) noexcept;
double _Complex csqrt(double _Complex) noexcept;
double _Complex ctanh(double _Complex) noexcept;
}

namespace orochi {

using enum ComplexError;

namespace {

// An infinite part becomes 1, a finite one 0, with its sign: the direction of an infinite number.
double box(double x) { return std::copysign(std::isinf(x) ? 1.0 : 0.0, x); }
double nan_to_zero(double x) { return std::isnan(x) ? std::copysign(0.0, x) : x; }

}  // namespace

ComplexNumber complex_mul(ComplexNumber z, ComplexNumber w) {
  double a = z.real, b = z.imag, c = w.real, d = w.imag;
  double ac = a * c, bd = b * d, ad = a * d, bc = b * c;
  ComplexNumber result{ac - bd, ad + bc};
  if (!(std::isnan(result.real) && std::isnan(result.imag))) [[likely]] return result;
  // Annex G.5.1: recover infinities that came out as nan + nan i.
  bool recalculate = false;
  if (std::isinf(a) || std::isinf(b)) {
    a = box(a), b = box(b), c = nan_to_zero(c), d = nan_to_zero(d);
    recalculate = true;
  }
  if (std::isinf(c) || std::isinf(d)) {
    c = box(c), d = box(d), a = nan_to_zero(a), b = nan_to_zero(b);
    recalculate = true;
  }
  if (!recalculate && (std::isinf(ac) || std::isinf(bd) || std::isinf(ad) || std::isinf(bc))) {
    a = nan_to_zero(a), b = nan_to_zero(b), c = nan_to_zero(c), d = nan_to_zero(d);
    recalculate = true;
  }
  if (recalculate) result = {HUGE_VAL * (a * c - b * d), HUGE_VAL * (a * d + b * c)};
  return result;
}

ComplexResult complex_div(ComplexNumber z, ComplexNumber w) {
  double a = z.real, b = z.imag, c = w.real, d = w.imag;
  double abs_c = std::fabs(c), abs_d = std::fabs(d);
  ComplexNumber result;
  // Smith: divide through by the larger part of the divisor.
  if (abs_c >= abs_d) {
    if (abs_c == 0) return {{}, ZeroDivision};
    double ratio = d / c, scale = c + d * ratio;
    result = {(a + b * ratio) / scale, (b - a * ratio) / scale};
  } else if (abs_d >= abs_c) {
    double ratio = c / d, scale = c * ratio + d;
    result = {(a * ratio + b) / scale, (b * ratio - a) / scale};
  } else {
    result = {NAN, NAN};
  }
  if (std::isnan(result.real) && std::isnan(result.imag)) {
    if ((std::isinf(a) || std::isinf(b)) && std::isfinite(c) && std::isfinite(d)) {
      a = box(a), b = box(b);
      result = {HUGE_VAL * (a * c + b * d), HUGE_VAL * (b * c - a * d)};
    } else if ((std::isinf(abs_c) || std::isinf(abs_d)) && std::isfinite(a) && std::isfinite(b)) {
      c = box(c), d = box(d);
      result = {0.0 * (a * c + b * d), 0.0 * (b * c - a * d)};
    }
  }
  return {result};
}

ComplexResult complex_div_cr(ComplexNumber a, double b) {
  if (b == 0) return {{}, ZeroDivision};
  return {{a.real / b, a.imag / b}};
}

ComplexResult complex_div_rc(double a, ComplexNumber w) {
  double c = w.real, d = w.imag;
  double abs_c = std::fabs(c), abs_d = std::fabs(d);
  ComplexNumber result;
  if (abs_c >= abs_d) {
    if (abs_c == 0) return {{}, ZeroDivision};
    double ratio = d / c, scale = c + d * ratio;
    result = {a / scale, -a * ratio / scale};
  } else if (abs_d >= abs_c) {
    double ratio = c / d, scale = c * ratio + d;
    result = {a * ratio / scale, -a / scale};
  } else {
    result = {NAN, NAN};
  }
  if (std::isnan(result.real) && std::isnan(result.imag) && std::isfinite(a) &&
      (std::isinf(abs_c) || std::isinf(abs_d))) {
    result = {0.0 * (a * box(c)), 0.0 * (-a * box(d))};
  }
  return {result};
}

namespace {

ComplexNumber power_of_unsigned(ComplexNumber x, unsigned n) {
  ComplexNumber result{1, 0};
  for (ComplexNumber power = x;; power = complex_mul(power, power)) {
    if (n & 1) result = complex_mul(result, power);
    n >>= 1;
    if (n == 0) return result;
  }
}

ComplexResult checked_power(ComplexResult r) {
  if (r.error == None && (std::isinf(r.value.real) || std::isinf(r.value.imag))) r.error = Overflow;
  return r;
}

}  // namespace

ComplexResult complex_pow(ComplexNumber a, ComplexNumber b) {
  // Small integral exponents by multiplication: faster and more accurate.
  if (b.imag == 0 && b.real == std::floor(b.real) && std::fabs(b.real) <= 100) {
    int n = static_cast<int>(b.real);
    if (n > 0) return checked_power({power_of_unsigned(a, static_cast<unsigned>(n))});
    return checked_power(complex_div({1, 0}, power_of_unsigned(a, static_cast<unsigned>(-n))));
  }
  if (a.real == 0 && a.imag == 0) {
    if (b.imag != 0 || b.real < 0) return {{}, ZeroDivision};
    return {{}};
  }
  double modulus = std::hypot(a.real, a.imag);
  double length = std::pow(modulus, b.real);
  double angle = std::atan2(a.imag, a.real);
  double phase = angle * b.real;
  if (b.imag != 0) {
    length *= std::exp(-angle * b.imag);
    phase += b.imag * std::log(modulus);
  }
  if (std::isinf(phase)) return {{}, ZeroDivision};  // no direction; Python words all of these alike
  return checked_power({{length * std::cos(phase), length * std::sin(phase)}});
}

ComplexError complex_abs(ComplexNumber a, double* value) {
  *value = std::hypot(a.real, a.imag);
  return std::isinf(*value) && std::isfinite(a.real) && std::isfinite(a.imag) ? Overflow : None;
}

int64_t complex_hash(ComplexNumber, int64_t real_hash, int64_t imag_hash) {
  auto hash = static_cast<int64_t>(static_cast<uint64_t>(real_hash) + kHashImaginary * static_cast<uint64_t>(imag_hash));
  return hash == -1 ? -2 : hash;
}

// ---- text

void complex_repr(ComplexNumber a, CharBuf& out) {
  if (a.real == 0 && !std::signbit(a.real)) {
    format_double(out, a.imag, {});
    return out.append('j');
  }
  out.append('(');
  format_double(out, a.real, {});
  format_double(out, a.imag, {.always_sign = true});
  out.append("j)");
}

bool parse_complex(std::string_view text, ComplexNumber* value) {
  if (text.find('_') != std::string_view::npos) {
    CharBuf plain;
    if (!strip_underscores(text, plain) || plain.failed()) return false;
    return parse_complex(plain.view(), value);
  }
  auto strip = [](std::string_view s) {
    auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
    while (!s.empty() && is_space(s.front())) s.remove_prefix(1);
    while (!s.empty() && is_space(s.back())) s.remove_suffix(1);
    return s;
  };
  text = strip(text);
  if (text.size() >= 2 && text.front() == '(' && text.back() == ')') {
    text = strip(text.substr(1, text.size() - 2));
  }
  auto is_unit = [](std::string_view s) { return s == "j" || s == "J"; };
  // "j" alone after an optional sign counts one.
  auto read_unit = [&](std::string_view s, double* imag) {
    bool sign = !s.empty() && (s[0] == '+' || s[0] == '-');
    if (!is_unit(s.substr(sign))) return false;
    *imag = sign && s[0] == '-' ? -1.0 : 1.0;
    return true;
  };
  *value = {};
  double first;
  size_t used;
  parse_float_prefix(text, &first, &used);
  if (used == 0) return read_unit(text, &value->imag);
  std::string_view rest = text.substr(used);
  if (rest.empty()) return value->real = first, true;
  if (is_unit(rest)) return value->imag = first, true;
  if (rest[0] != '+' && rest[0] != '-') return false;
  value->real = first;
  parse_float_prefix(rest, &value->imag, &used);
  if (used == 0) return read_unit(rest, &value->imag);
  return is_unit(rest.substr(used));
}

// ---- cmath

namespace {

double _Complex pack(ComplexNumber z) {
  double _Complex result;
  __real__ result = z.real;
  __imag__ result = z.imag;
  return result;
}
ComplexNumber unpack(double _Complex z) { return {__real__ z, __imag__ z}; }

// f(i z) / i, which turns sinh into sin, asinh into asin, tanh into tan, atanh into atan.
template <class F>
ComplexResult rotated(F f, ComplexNumber z) {
  ComplexResult r = f(ComplexNumber{-z.imag, z.real});
  return {{r.value.imag, -r.value.real}, r.error};
}

bool is_finite(ComplexNumber z) { return std::isfinite(z.real) && std::isfinite(z.imag); }

// Errors of exp, sinh and cosh: an infinite angle, or a finite argument with an infinite result.
ComplexResult checked_growth(ComplexNumber z, ComplexNumber value, bool angle_matters) {
  if (std::isinf(z.imag) && angle_matters) return {value, Domain};
  if (is_finite(z) && (std::isinf(value.real) || std::isinf(value.imag))) return {value, Overflow};
  return {value};
}

ComplexResult complex_exp(ComplexNumber z) {
  bool vanishes = std::isinf(z.real) && z.real < 0;
  if (vanishes && std::isinf(z.imag)) return {{0.0, 0.0}};
  bool angle_matters = !std::isnan(z.real) && !vanishes;
  return checked_growth(z, unpack(cexp(pack(z))), angle_matters);
}
// Where Annex G leaves the sign of a zero or an infinity beside a nan open, the functions below choose as Python does.
ComplexResult complex_cosh(ComplexNumber z) {
  if (std::isnan(z.real) && z.imag == 0) return {{NAN, 0.0}};
  return checked_growth(z, unpack(ccosh(pack(z))), !std::isnan(z.real));
}
ComplexResult complex_sinh(ComplexNumber z) {
  if (z.real == 0 && std::isnan(z.imag)) return {{0.0, NAN}};
  return checked_growth(z, unpack(csinh(pack(z))), !std::isnan(z.real));
}
ComplexResult complex_acos(ComplexNumber z) {
  if (std::isinf(z.real) && std::isnan(z.imag)) return {{NAN, HUGE_VAL}};
  return {unpack(cacos(pack(z)))};
}
ComplexResult complex_asin(ComplexNumber z) {
  if (std::isinf(z.real) && std::isnan(z.imag)) return {{NAN, -HUGE_VAL}};
  return {unpack(casin(pack(z)))};
}
ComplexResult complex_tanh(ComplexNumber z) {
  if (std::isinf(z.imag) && std::isfinite(z.real)) return {{NAN, NAN}, Domain};
  return {unpack(ctanh(pack(z)))};
}
ComplexResult complex_atanh(ComplexNumber z) {
  if (z.imag == 0 && std::fabs(z.real) == 1) return {{std::copysign(HUGE_VAL, z.real), z.imag}, Domain};
  return {unpack(catanh(pack(z)))};
}
ComplexResult complex_log(ComplexNumber z) {
  ComplexNumber value = unpack(clog(pack(z)));
  return {value, z.real == 0 && z.imag == 0 ? Domain : None};
}

}  // namespace

ComplexResult complex_function(ComplexFunction function, ComplexNumber z) {
  switch (function) {
    case ComplexFunction::Acos: return complex_acos(z);
    case ComplexFunction::Acosh: return {unpack(cacosh(pack(z)))};
    case ComplexFunction::Asin: return complex_asin(z);
    case ComplexFunction::Asinh: return {unpack(casinh(pack(z)))};
    case ComplexFunction::Atan: return rotated(complex_atanh, z);
    case ComplexFunction::Atanh: return complex_atanh(z);
    case ComplexFunction::Cos: return complex_cosh({-z.imag, z.real});
    case ComplexFunction::Cosh: return complex_cosh(z);
    case ComplexFunction::Exp: return complex_exp(z);
    case ComplexFunction::Log: return complex_log(z);
    case ComplexFunction::Log10: {
      ComplexResult r = complex_log(z);
      r.value.real /= M_LN10;
      r.value.imag /= M_LN10;
      return r;
    }
    case ComplexFunction::Sin: return rotated(complex_sinh, z);
    case ComplexFunction::Sinh: return complex_sinh(z);
    case ComplexFunction::Sqrt: return {unpack(csqrt(pack(z)))};
    case ComplexFunction::Tan: return rotated(complex_tanh, z);
    case ComplexFunction::Tanh: return complex_tanh(z);
  }
  OROCHI_UNREACHABLE();
}

ComplexResult complex_log_base(ComplexNumber z, ComplexNumber base) {
  // Only the base's errors and a zero logarithm of it count: log(0, 2) has a value.
  ComplexResult below = complex_log(base);
  ComplexResult result = complex_div(complex_log(z).value, below.value);
  if (below.error != None || result.error != None) result.error = Domain;
  return result;
}

double complex_phase(ComplexNumber z) { return std::atan2(z.imag, z.real); }

ComplexError complex_polar(ComplexNumber z, double* radius, double* angle) {
  *angle = complex_phase(z);
  return complex_abs(z, radius);
}

ComplexResult complex_rect(double r, double phi) {
  if (!std::isfinite(r) || !std::isfinite(phi)) {
    if (std::isinf(r) && std::isfinite(phi) && phi != 0) {
      // Infinity in the direction phi: each part is infinite or, where cos or sin vanish, keeps the sign only.
      return {{std::copysign(HUGE_VAL, std::cos(phi)) * (r > 0 ? 1 : -1),
               std::copysign(HUGE_VAL, std::sin(phi)) * (r > 0 ? 1 : -1)}};
    }
    if (r == 0) return {{std::isinf(phi) || std::isnan(phi) ? 0.0 : r * std::cos(phi), 0.0}};
    if (std::isinf(r) && phi == 0) return {{r, r > 0 ? phi : -phi}};
    if (std::isnan(r) && phi == 0) return {{r, phi == 0 ? 0.0 : r}};
    if (std::isnan(r)) return {{NAN, NAN}};
    if (std::isinf(phi)) return {{std::isinf(r) ? HUGE_VAL : NAN, NAN}, Domain};
    return {{std::isinf(r) ? HUGE_VAL : NAN, NAN}};
  }
  if (phi == 0) return {{r, r * phi}};  // keeps the sign of a zero
  return {{r * std::cos(phi), r * std::sin(phi)}};
}

bool complex_is_close(ComplexNumber a, ComplexNumber b, double relative, double absolute) {
  if (a.real == b.real && a.imag == b.imag) return true;
  if (std::isinf(a.real) || std::isinf(a.imag) || std::isinf(b.real) || std::isinf(b.imag)) return false;
  double difference = std::hypot(a.real - b.real, a.imag - b.imag);
  return difference <= relative * std::hypot(b.real, b.imag) || difference <= relative * std::hypot(a.real, a.imag) ||
         difference <= absolute;
}

}  // namespace orochi
