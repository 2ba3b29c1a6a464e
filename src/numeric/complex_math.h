// Complex arithmetic with Python's rules, and the functions of cmath. Products and quotients recover infinities as C99
// Annex G describes; since 3.14 a real operand is not widened first, so it leaves the other part's sign and infinities
// alone. The elementary functions are libm's, with Python's choice of what is an error.
#pragma once

#include <cstdint>
#include <string_view>

#include "numeric/char_buf.h"

namespace orochi {

struct Complex {
  double real = 0;
  double imag = 0;
};

enum class ComplexError : uint8_t {
  None,
  ZeroDivision,  // "division by zero"; for powers "zero to a negative or complex power"
  Overflow,      // powers: "complex exponentiation"; abs: "absolute value too large"; cmath: "math range error"
  Domain,        // "math domain error"
};

struct ComplexResult {
  Complex value;
  ComplexError error = ComplexError::None;
};

// ---- arithmetic; cr: complex op real, rc: real op complex

inline Complex complex_add(Complex a, Complex b) { return {a.real + b.real, a.imag + b.imag}; }
inline Complex complex_add_cr(Complex a, double b) { return {a.real + b, a.imag}; }
inline Complex complex_sub(Complex a, Complex b) { return {a.real - b.real, a.imag - b.imag}; }
inline Complex complex_sub_cr(Complex a, double b) { return {a.real - b, a.imag}; }
inline Complex complex_sub_rc(double a, Complex b) { return {a - b.real, -b.imag}; }
inline Complex complex_negate(Complex a) { return {-a.real, -a.imag}; }
Complex complex_mul(Complex a, Complex b);
inline Complex complex_mul_cr(Complex a, double b) { return {a.real * b, a.imag * b}; }
ComplexResult complex_div(Complex a, Complex b);
ComplexResult complex_div_cr(Complex a, double b);
ComplexResult complex_div_rc(double a, Complex b);
ComplexResult complex_pow(Complex a, Complex b);
ComplexError complex_abs(Complex a, double* value);

// hash(); the parts' hashes are the caller's when a part is nan (hash by identity).
int64_t complex_hash(Complex a, int64_t real_hash, int64_t imag_hash);

// ---- text

void complex_repr(Complex a, CharBuf& out);
// complex(text): whitespace, one pair of parentheses, underscores; false: "complex() arg is a malformed string".
bool parse_complex(std::string_view text, Complex* value);

// ---- cmath

enum class ComplexFunction : uint8_t {
  Acos, Acosh, Asin, Asinh, Atan, Atanh, Cos, Cosh, Exp, Log, Log10, Sin, Sinh, Sqrt, Tan, Tanh,
};
ComplexResult complex_function(ComplexFunction function, Complex z);
ComplexResult complex_log_base(Complex z, Complex base);
double complex_phase(Complex z);
ComplexError complex_polar(Complex z, double* radius, double* angle);
ComplexResult complex_rect(double radius, double angle);
// Tolerances are not negative: the caller has checked.
bool complex_is_close(Complex a, Complex b, double relative, double absolute);

}  // namespace orochi
