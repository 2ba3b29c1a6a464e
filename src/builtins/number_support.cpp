// See number_support.h.
#include "builtins/number_support.h"

#include <clocale>
#include <cmath>

#include "numeric/float_text.h"
#include "objects/bytes.h"
#include "objects/int_big.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/buffer.h"
#include "protocols/call.h"
#include "text/unicode_data.h"

namespace orochi {

namespace {

bool ascii_space(uint8_t c) { return c == ' ' || (c >= 9 && c <= 13); }

void strip_into(std::string_view text, CharBuf& out) {
  while (!text.empty() && ascii_space(static_cast<uint8_t>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && ascii_space(static_cast<uint8_t>(text.back()))) text.remove_suffix(1);
  out.append(text);
}

Raised raise_format_error(Thread& t, const FormatError& error) {
  if (error.kind == FormatErrorKind::Memory) return raise_no_memory(t);
  Type& type = error.kind == FormatErrorKind::Overflow ? types::OverflowError : types::ValueError;
  return raise(t, type, "{}", error.message.view());
}

// Type names in messages of the format kernels.
struct ShortName {
  Local<Str> name;
  Utf8 text;
};

template <typename Format>
Result<Local<>> format_value(Thread& t, Borrowed<> v, Borrowed<Str> spec_text, Format&& format) {
  Borrowed<Type> type(type_of(v));
  Local<Str> type_name = TRY(Result<Local<Str>>(type->name.load(type.get())));
  Utf8 name = TRY(str_utf8(t, type_name, Surrogates::Pass));
  Utf8 text = TRY(str_utf8(t, spec_text, Surrogates::Pass));
  FormatSpec spec;
  FormatError error;
  if (!parse_format_spec(text.view, name.view, 0, '>', spec, error)) return raise_format_error(t, error);
  NumericLocale locale;
  if (spec.type == 'n') {
    const lconv* conv = localeconv();
    locale = {conv->decimal_point, conv->thousands_sep, conv->grouping};
  }
  CharBuf out;
  if (!TRY(format(spec, name.view, &locale, out, error))) return raise_format_error(t, error);
  if (out.failed()) return raise_no_memory(t);
  return make_str(t, out.view());
}

}  // namespace

Result<bool> number_text(Thread& t, Borrowed<> v, CharBuf& out) {
  if (is_str(v)) {
    Borrowed<Str> s = v.as<Str>();
    if (s->is_ascii()) {
      // \x1c to \x1f are spaces in str only.
      std::string_view text = s->ascii_view();
      while (!text.empty() && text::is_space(static_cast<uint8_t>(text.front()))) text.remove_prefix(1);
      while (!text.empty() && text::is_space(static_cast<uint8_t>(text.back()))) text.remove_suffix(1);
      out.append(text);
    } else {
      size_t start = 0, end = s->length();
      while (start < end && text::is_space(s->at(start))) start++;
      while (end > start && text::is_space(s->at(end - 1))) end--;
      for (size_t i = start; i < end; i++) {
        char32_t c = s->at(i);
        int digit;
        if (c < 0x80) out.append(static_cast<char>(c));
        else if ((digit = text::decimal_value(c)) >= 0) out.append(static_cast<char>('0' + digit));
        else out.append(text::is_space(c) ? ' ' : '?');
      }
    }
  } else if (is_bytes(v)) {
    strip_into(v.as<Bytes>()->view(), out);
  } else if (has_buffer(v)) {
    Buffer buffer = TRY(Buffer::get(t, v));
    strip_into(buffer.view(), out);
  } else {
    return false;
  }
  if (out.failed()) return raise_no_memory(t);
  return true;
}

Result<Local<Str>> number_text_repr(Thread& t, Borrowed<> v) {
  Local<Str> repr;
  if (is_str(v) || is_bytes(v) || !has_buffer(v)) {
    repr = TRY(repr_of(t, v));
  } else {
    Buffer buffer = TRY(Buffer::get(t, v));
    Local<Bytes> bytes = TRY(make_bytes(t, buffer.view()));
    repr = TRY(repr_of(t, bytes));
  }
  if (repr->length() > 200) return str_substring(t, repr, 0, 200);
  return repr;
}

Result<Local<>> format_int_value(Thread& t, Borrowed<> v, Borrowed<Str> spec) {
  if (spec->length() == 0) return str_of(t, v);
  return format_value(t, v, spec, [&](const FormatSpec& parsed, std::string_view name, const NumericLocale* locale,
                                      CharBuf& out, FormatError& error) -> Result<bool> {
    switch (parsed.type) {
      case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': case '%': {
        bool overflow = false;
        double d = int_to_double(v, &overflow);
        if (overflow) return raise(t, types::OverflowError, "int too large to convert to float");
        return format_float(d, parsed, name, locale, out, error);
      }
      default:
        return format_int(IntView(v), parsed, name, static_cast<uint64_t>(int_max_str_digits), locale, out, error);
    }
  });
}

Result<Local<>> format_float_value(Thread& t, Borrowed<> v, Borrowed<Str> spec) {
  if (spec->length() == 0) return str_of(t, v);
  double d = float_value(v);
  return format_value(t, v, spec, [&](const FormatSpec& parsed, std::string_view name, const NumericLocale* locale,
                                      CharBuf& out, FormatError& error) -> Result<bool> {
    return format_float(d, parsed, name, locale, out, error);
  });
}

Result<Local<>> format_complex_value(Thread& t, Borrowed<> v, Borrowed<Str> spec) {
  if (spec->length() == 0) return str_of(t, v);
  auto c = v.as<Complex>();
  return format_value(t, v, spec, [&](const FormatSpec& parsed, std::string_view name, const NumericLocale* locale,
                                      CharBuf& out, FormatError& error) -> Result<bool> {
    return format_complex(c->real, c->imag, parsed, name, locale, out, error);
  });
}

Result<Local<>> float_power(Thread& t, double a, double b) {
  double r = 0;
  switch (float_pow(a, b, &r)) {
    case FloatStatus::ZeroDivision: return raise(t, types::ZeroDivisionError, "zero to a negative power");
    case FloatStatus::Overflow: {
      Local<Str> text = TRY(make_str(t, "Numerical result out of range"));
      const Value args[] = {Value::fixnum(34), text.value()};
      Local<Exception> e = TRY(make_exception(t, types::OverflowError, args, 2));
      return raise_exception(t, std::move(e));
    }
    case FloatStatus::Complex: {
      ComplexResult c = complex_pow({a, 0}, {b, 0});
      if (c.error != ComplexError::None) return raise(t, types::OverflowError, "complex exponentiation");
      return make_complex(t, c.value.real, c.value.imag);
    }
    default: return make_float(t, r);
  }
}

Result<Local<>> int_from_float(Thread& t, double d) {
  if (std::isinf(d)) return raise(t, types::OverflowError, "cannot convert float infinity to integer");
  if (std::isnan(d)) return raise(t, types::ValueError, "cannot convert float NaN to integer");
  return make_int_from_double(t, d);
}

Result<Local<>> exact_int(Mutator& m, Borrowed<> v) {
  Value w = v.value();
  if (w.is_fixnum()) return w;
  if (w == kTrue || w == kFalse) return Value::fixnum(w == kTrue);
  if (type_of(w) == &types::Int) return Local<>::share(w);
  auto big = v.as<Int>();
  return make_int_from_limbs(m, big->limbs(), big->size, big->negative);
}

Result<Local<>> int_for_class(Thread& t, Borrowed<Type> cls, Local<> value) {
  if (cls.get() == &types::Int) return exact_int(t, value);
  if (cls.get() == &types::Bool) return Value::boolean(int_sign(value.value()) != 0);
  IntView view(value.value());
  BigView limbs = view.view();
  Local<Int> r = TRY(allocate_for<Int>(t, cls, limbs.size));
  r->size = limbs.size;
  r->negative = limbs.negative;
  for (uint32_t i = 0; i < limbs.size; i++) r->limbs_[i] = limbs.limbs[i];
  return r;
}

Result<Local<>> float_for_class(Thread& t, Borrowed<Type> cls, double value) {
  if (cls.get() == &types::Float) return make_float(t, value);
  Local<Float> r = TRY(allocate_for<Float>(t, cls));
  r->value = value;
  return r;
}

Result<Local<>> complex_for_class(Thread& t, Borrowed<Type> cls, double real, double imag) {
  Local<Complex> r = TRY(allocate_for<Complex>(t, cls));
  r->real = real;
  r->imag = imag;
  return r;
}

Result<Local<>> make_int_pair(Thread& t, const BigBuf& a, const BigBuf& b) {
  Local<> first = TRY(int_result(t, BigStatus::Ok, a));
  Local<> second = TRY(int_result(t, BigStatus::Ok, b));
  return make_tuple(t, {first.value(), second.value()});
}

Operand int_operand(Thread& t, Value v, double* out) {
  if (has_flag(v, kShapeIsFloat)) return *out = static_cast<Float*>(v.as_object())->value, Operand::Real;
  if (!is_int(v)) return Operand::Other;
  bool overflow = false;
  *out = int_to_double(v, &overflow);
  if (!overflow) return Operand::Real;
  (void)raise(t, types::OverflowError, "int too large to convert to float");
  return Operand::Raised;
}

Result<void> warn(Thread& t, Type& category, Borrowed<Str> message, int stack_level) {
  Local<> warnings = TRY(import_module(t, "warnings"_n));
  (void)TRY(call_method(t, warnings, "warn"_n, message, Borrowed<>(&category), Borrowed<>(Value::fixnum(stack_level))));
  return ok();
}

bool compare_reals(Value a, Value b, int* order, bool* unordered) {
  *unordered = false;
  bool fa = is_float(a), fb = is_float(b);
  if ((!fa && !is_int(a)) || (!fb && !is_int(b))) return false;
  if ((fa && std::isnan(float_value(a))) || (fb && std::isnan(float_value(b)))) {
    *unordered = true;
  } else if (fa && fb) {
    double x = float_value(a), y = float_value(b);
    *order = x < y ? -1 : x > y;
  } else if (fa) {
    *order = -big_compare_double(IntView(b), float_value(a));
  } else if (fb) {
    *order = big_compare_double(IntView(a), float_value(b));
  } else {
    *order = int_compare(a, b);
  }
  return true;
}

Value ordered_result(int order, CompareOp op) {
  switch (op) {
    case CompareOp::Lt: return Value::boolean(order < 0);
    case CompareOp::Le: return Value::boolean(order <= 0);
    case CompareOp::Eq: return Value::boolean(order == 0);
    case CompareOp::Ne: return Value::boolean(order != 0);
    case CompareOp::Gt: return Value::boolean(order > 0);
    case CompareOp::Ge: return Value::boolean(order >= 0);
  }
  OROCHI_UNREACHABLE();
}

}  // namespace orochi
