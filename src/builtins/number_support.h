// Shared by the number types: text to digits, the format mini-language on objects, warnings about odd conversions.
#pragma once

#include "numeric/char_buf.h"
#include "numeric/complex_math.h"
#include "numeric/format_spec.h"
#include "protocols/native.h"

namespace orochi {

// The characters of a str, bytes or bytes-like object as int(), float() and complex() read them: Unicode decimal digits
// become ASCII digits, Unicode spaces ' ', all else beyond ASCII '?'; space around it is gone. False: not text.
Result<bool> number_text(Thread& t, Borrowed<> v, CharBuf& out);
// The digits of a bytes-like object in messages are shown as bytes; str as itself.
Result<Local<Str>> number_text_repr(Thread& t, Borrowed<> v);

Result<Local<>> format_int_value(Thread& t, Borrowed<> v, Borrowed<Str> spec);
Result<Local<>> format_float_value(Thread& t, Borrowed<> v, Borrowed<Str> spec);
Result<Local<>> format_complex_value(Thread& t, Borrowed<> v, Borrowed<Str> spec);

Result<Local<>> float_power(Thread& t, double a, double b);
// int(d), with Python's complaints about infinity and NaN.
Result<Local<>> int_from_float(Thread& t, double d);
// An exact int with the value of any int.
Result<Local<>> exact_int(Mutator& m, Borrowed<> v);
// An instance of `cls` (int or a subclass) with the value of an int.
Result<Local<>> int_for_class(Thread& t, Borrowed<Type> cls, Local<> value);
Result<Local<>> float_for_class(Thread& t, Borrowed<Type> cls, double value);
Result<Local<>> complex_for_class(Thread& t, Borrowed<Type> cls, double real, double imag);
// int(v) for one argument that may be text; float(v) likewise.
Result<Local<>> int_from_object(Thread& t, Borrowed<> v);
Result<double> float_from_object(Thread& t, Borrowed<> v);
Result<Local<>> make_int_pair(Thread& t, const BigBuf& a, const BigBuf& b);

// A real operand of float arithmetic: float or int.
enum class Operand : uint8_t { Real, Other, Raised };
Operand int_operand(Thread& t, Value v, double* out);
OROCHI_INLINE Operand real_operand(Thread& t, Value v, double* out) {
  if (OROCHI_LIKELY(v.is_tagged_float())) return *out = v.as_tagged_float(), Operand::Real;
  if (v.is_fixnum()) return *out = static_cast<double>(v.as_fixnum()), Operand::Real;
  return int_operand(t, v, out);
}

// warnings.warn(message, category, stack_level).
Result<void> warn(Thread& t, Type& category, Borrowed<Str> message, int stack_level = 1);

// Compares a float with any int or float; false for types it does not know. `unordered` when a nan is involved.
bool compare_reals(Value a, Value b, int* order, bool* unordered);
Value ordered_result(int order, CompareOp op);

}  // namespace orochi
