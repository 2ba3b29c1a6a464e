// ComplexNumber arithmetic with Python's rules, and the functions of cmath. Products and quotients recover infinities as C99
// Annex G describes; since 3.14 a real operand is not widened first, so it leaves the other part's sign and infinities
// alone. The elementary functions are libm's, with Python's choice of what is an error.
#pragma once

#include <cstdint>
#include <string_view>

#include "numeric/char_buf.h"

namespace orochi {

struct ComplexNumber {
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
  ComplexNumber value;
  ComplexError error = ComplexError::None;
};

// ---- arithmetic; cr: complex op real, rc: real op complex

inline ComplexNumber complex_add(ComplexNumber a, ComplexNumber b) { return {a.real + b.real, a.imag + b.imag}; }
inline ComplexNumber complex_add_cr(ComplexNumber a, double b) { return {a.real + b, a.imag}; }
inline ComplexNumber complex_sub(ComplexNumber a, ComplexNumber b) { return {a.real - b.real, a.imag - b.imag}; }
inline ComplexNumber complex_sub_cr(ComplexNumber a, double b) { return {a.real - b, a.imag}; }
inline ComplexNumber complex_sub_rc(double a, ComplexNumber b) { return {a - b.real, -b.imag}; }
inline ComplexNumber complex_negate(ComplexNumber a) { return {-a.real, -a.imag}; }
ComplexNumber complex_mul(ComplexNumber a, ComplexNumber b);
inline ComplexNumber complex_mul_cr(ComplexNumber a, double b) { return {a.real * b, a.imag * b}; }
ComplexResult complex_div(ComplexNumber a, ComplexNumber b);
ComplexResult complex_div_cr(ComplexNumber a, double b);
ComplexResult complex_div_rc(double a, ComplexNumber b);
ComplexResult complex_pow(ComplexNumber a, ComplexNumber b);
ComplexError complex_abs(ComplexNumber a, double* value);

// hash(); the parts' hashes are the caller's when a part is nan (hash by identity).
int64_t complex_hash(ComplexNumber a, int64_t real_hash, int64_t imag_hash);

// ---- text

void complex_repr(ComplexNumber a, CharBuf& out);
// complex(text): whitespace, one pair of parentheses, underscores; false: "complex() arg is a malformed string".
bool parse_complex(std::string_view text, ComplexNumber* value);

// ---- cmath

enum class ComplexFunction : uint8_t {
  Acos, Acosh, Asin, Asinh, Atan, Atanh, Cos, Cosh, Exp, Log, Log10, Sin, Sinh, Sqrt, Tan, Tanh,
};
ComplexResult complex_function(ComplexFunction function, ComplexNumber z);
ComplexResult complex_log_base(ComplexNumber z, ComplexNumber base);
double complex_phase(ComplexNumber z);
ComplexError complex_polar(ComplexNumber z, double* radius, double* angle);
ComplexResult complex_rect(double radius, double angle);
// Tolerances are not negative: the caller has checked.
bool complex_is_close(ComplexNumber a, ComplexNumber b, double relative, double absolute);

}  // namespace orochi
