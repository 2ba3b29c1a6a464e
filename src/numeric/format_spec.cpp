// Parsing and applying format specifications. A number is taken apart into sign, prefix, whole digits, fraction and tail
// (exponent, '%', inf, nan); assemble() groups, pads and joins them again. See PEP 3101, 378, 515, 682 and the library
// reference, "Format Specification Mini-Language".
#include "numeric/format_spec.h"

#include <algorithm>
#include <climits>
#include <cmath>

#include "numeric/float_text.h"

namespace orochi {

namespace {

bool fail(FormatError& error, FormatErrorKind kind, std::string_view message) {
  error.kind = kind;
  error.message.clear();
  error.message.append(message);
  return false;
}
bool fail_value(FormatError& error, std::string_view message) { return fail(error, FormatErrorKind::Value, message); }
bool fail_memory(FormatError& error) { return fail(error, FormatErrorKind::Memory, ""); }
bool finished(const CharBuf& out, FormatError& error) { return out.failed() ? fail_memory(error) : true; }

// A character as messages show it: itself when printable ASCII, else \x and hexadecimal digits.
void append_shown(CharBuf& message, char32_t c) {
  message.append('\'');
  if (c > 32 && c < 128) {
    message.append(static_cast<char>(c));
  } else {
    message.append("\\x");
    (void)big_print(SmallBig(static_cast<int64_t>(c)), 16, 0, message);
  }
  message.append('\'');
}

bool unknown_type(FormatError& error, char32_t type, std::string_view type_name) {
  fail_value(error, "Unknown format code ");
  append_shown(error.message, type);
  error.message.append(" for object of type '");
  error.message.append(type_name);
  error.message.append('\'');
  return false;
}

bool bad_grouping(FormatError& error, char grouping, char32_t type) {
  fail_value(error, "Cannot specify '");
  error.message.append(grouping);
  error.message.append("' with ");
  append_shown(error.message, type);
  error.message.append('.');
  return false;
}

bool is_align(char32_t c) { return c == '<' || c == '>' || c == '=' || c == '^'; }

// Reads the digits at text[i]; false when the number leaves int64.
bool read_number(std::u32string_view text, size_t& i, int64_t& value) {
  value = 0;
  for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
    if (__builtin_mul_overflow(value, int64_t{10}, &value)) return false;
    if (__builtin_add_overflow(value, static_cast<int64_t>(text[i] - '0'), &value)) return false;
  }
  return true;
}

// Reads "," or "_" or neither.
bool read_grouping(std::u32string_view text, size_t& i, char& grouping, FormatError& error) {
  constexpr std::string_view kBoth = "Cannot specify both ',' and '_'.";
  auto at = [&](char32_t c) { return i < text.size() && text[i] == c; };
  if (at(',')) {
    grouping = ',';
    ++i;
  }
  if (at('_')) {
    if (grouping != 0) return fail_value(error, kBoth);
    grouping = '_';
    ++i;
    if (at(',')) return fail_value(error, kBoth);
  }
  return true;
}

size_t count_code_points(std::string_view text) {
  size_t count = 0;
  for (char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

struct Grouping {
  std::string_view separator;
  std::string_view sizes;  // as in NumericLocale
};

struct NumberParts {
  char sign = 0;
  std::string_view prefix;
  std::string_view digits;    // empty for inf, nan and 'c'
  std::string_view point;
  std::string_view fraction;
  std::string_view tail;
};

// Appends digits with separators between groups, with zeros in front until at least `least` characters are written
// (a separator never comes first, so one more character may be). Works from the right into a reversed buffer.
void append_grouped(std::string_view digits, int64_t least, const Grouping& grouping, CharBuf& out) {
  auto left = static_cast<int64_t>(digits.size());
  if (grouping.separator.empty() || grouping.sizes.empty()) {
    if (least > left) out.append(static_cast<size_t>(least - left), '0');
    return out.append(digits);
  }
  CharBuf reversed;
  auto separator_width = static_cast<int64_t>(count_code_points(grouping.separator));
  for (size_t group = 0; !reversed.failed(); ++group) {
    if (group != 0) {
      for (size_t i = grouping.separator.size(); i-- > 0;) reversed.append(grouping.separator[i]);
    }
    int64_t most = std::max({left, least, int64_t{1}});
    // The last size repeats, also when a zero follows it; 127 means no more groups.
    unsigned char size = static_cast<unsigned char>(grouping.sizes[std::min(group, grouping.sizes.size() - 1)]);
    int64_t length = size == 0 || size >= 127 ? most : std::min<int64_t>(size, most);
    for (int64_t i = 0; i < length; ++i) {
      reversed.append(left > 0 ? digits[static_cast<size_t>(left - 1)] : '0');
      --left;
    }
    least -= length;
    if (left <= 0 && least <= 0) break;
    least -= separator_width;
  }
  if (reversed.failed()) return out.fail();
  std::reverse(reversed.begin(), reversed.end());
  out.append(reversed.view());
}

void assemble(const NumberParts& parts, const FormatSpec& spec, const Grouping& grouping, char fraction_separator,
              CharBuf& out) {
  size_t separators =
      fraction_separator != 0 && !parts.fraction.empty() ? (parts.fraction.size() - 1) / 3 : 0;
  size_t fixed = (parts.sign != 0) + parts.prefix.size() + count_code_points(parts.point) + parts.fraction.size() +
                 separators + count_code_points(parts.tail);
  int64_t width = std::max<int64_t>(spec.width, 0);
  CharBuf whole;
  if (!parts.digits.empty()) {
    bool zeros = spec.fill == '0' && spec.align == '=';
    append_grouped(parts.digits, zeros ? width - static_cast<int64_t>(fixed) : 0, grouping, whole);
    if (whole.failed()) return out.fail();
  }
  size_t total = fixed + count_code_points(whole.view());
  size_t padding = static_cast<size_t>(width) > total ? static_cast<size_t>(width) - total : 0;
  size_t before = spec.align == '>' ? padding : spec.align == '^' ? padding / 2 : 0;
  size_t inner = spec.align == '=' ? padding : 0;
  out.append_code_points(before, spec.fill);
  if (parts.sign != 0) out.append(parts.sign);
  out.append(parts.prefix);
  out.append_code_points(inner, spec.fill);
  out.append(whole.view());
  out.append(parts.point);
  if (separators == 0) {
    out.append(parts.fraction);
  } else {
    for (size_t i = 0; i < parts.fraction.size(); i += 3) {
      if (i != 0) out.append(fraction_separator);
      out.append(parts.fraction.substr(i, 3));
    }
  }
  out.append(parts.tail);
  out.append_code_points(padding - before - inner, spec.fill);
}

char sign_character(bool negative, char wanted) {
  if (negative) return '-';
  return wanted == '+' || wanted == ' ' ? wanted : 0;
}

Grouping grouping_of(const FormatSpec& spec, const NumericLocale* locale, bool by_four) {
  if (spec.type == 'n') return locale ? Grouping{locale->thousands_sep, locale->grouping} : Grouping{};
  if (spec.grouping == ',') return {",", "\3"};
  if (spec.grouping == '_') return {"_", by_four ? "\4" : "\3"};
  return {};
}

// Takes the text of a double (no sign) apart.
void split_float_text(std::string_view text, const FormatSpec& spec, const NumericLocale* locale, NumberParts& parts) {
  size_t i = 0;
  auto digit_at = [&](size_t k) { return k < text.size() && text[k] >= '0' && text[k] <= '9'; };
  while (digit_at(i)) ++i;
  parts.digits = text.substr(0, i);
  if (i < text.size() && text[i] == '.') {
    parts.point = spec.type == 'n' && locale ? locale->decimal_point : text.substr(i, 1);
    size_t start = ++i;
    while (digit_at(i)) ++i;
    parts.fraction = text.substr(start, i - start);
  }
  parts.tail = text.substr(i);
}

// The precision and code that a float type means. False: precision too big.
bool float_layout(const FormatSpec& spec, char32_t type, bool alternate, bool add_dot_0, FloatLayout& layout) {
  if (spec.precision >= INT_MAX) return false;
  char code = type == 0 ? 'r' : type == '%' ? 'f' : type == 'n' ? 'g' : static_cast<char>(type);
  int precision = type == 0 ? 0 : 6;
  if (spec.precision >= 0) {
    precision = static_cast<int>(spec.precision);
    if (code == 'r') code = 'g';
  }
  layout = {.code = code,
            .precision = precision,
            .alternate = alternate,
            .add_dot_0 = add_dot_0,
            .no_negative_zero = spec.no_negative_zero};
  return true;
}

bool is_float_type(char32_t type) {
  switch (type) {
    case 0: case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': case 'n': case '%': return true;
    default: return false;
  }
}

bool format_float_unchecked(double value, const FormatSpec& spec, const NumericLocale* locale, CharBuf& out,
                            FormatError& error) {
  FloatLayout layout;
  if (!float_layout(spec, spec.type, spec.alternate, spec.type == 0, layout)) {
    return fail_value(error, "precision too big");
  }
  CharBuf text;
  format_double(text, spec.type == '%' ? value * 100 : value, layout);
  if (spec.type == '%') text.append('%');
  if (text.failed()) return fail_memory(error);
  std::string_view body = text.view();
  bool negative = body.starts_with('-');
  if (negative) body.remove_prefix(1);
  NumberParts parts;
  parts.sign = sign_character(negative, spec.sign);
  split_float_text(body, spec, locale, parts);
  assemble(parts, spec, grouping_of(spec, locale, false), spec.fraction_grouping, out);
  return finished(out, error);
}

}  // namespace

bool parse_format_spec(std::u32string_view text, std::string_view type_name, char32_t default_type, char default_align,
                       FormatSpec& spec, FormatError& error) {
  spec = {};
  spec.align = default_align;
  spec.type = default_type;
  size_t i = 0;
  auto at = [&](char32_t c) { return i < text.size() && text[i] == c; };

  bool fill_given = false, align_given = false;
  if (text.size() >= 2 && is_align(text[1])) {
    spec.fill = text[0];
    spec.align = static_cast<char>(text[1]);
    fill_given = align_given = true;
    i = 2;
  } else if (!text.empty() && is_align(text[0])) {
    spec.align = static_cast<char>(text[0]);
    align_given = true;
    i = 1;
  }
  if (at('+') || at('-') || at(' ')) spec.sign = static_cast<char>(text[i++]);
  if (at('z')) {
    spec.no_negative_zero = true;
    ++i;
  }
  if (at('#')) {
    spec.alternate = true;
    ++i;
  }
  if (!fill_given && at('0')) {
    spec.fill = '0';
    if (!align_given && default_align == '>') spec.align = '=';
    ++i;
  }
  constexpr std::string_view kTooMany = "Too many decimal digits in format string";
  size_t start = i;
  int64_t number;
  if (!read_number(text, i, number)) return fail_value(error, kTooMany);
  if (i != start) spec.width = number;
  if (!read_grouping(text, i, spec.grouping, error)) return false;
  if (at('.')) {
    start = ++i;
    if (!read_number(text, i, number)) return fail_value(error, kTooMany);
    if (i != start) spec.precision = number;
    bool missing = i == start;
    if (!read_grouping(text, i, spec.fraction_grouping, error)) return false;
    if (missing && spec.fraction_grouping == 0) return fail_value(error, "Format specifier missing precision");
  }
  if (text.size() - i > 1) {
    fail_value(error, "Invalid format specifier '");
    for (char32_t c : text) error.message.append_code_point(c);
    error.message.append("' for object of type '");
    error.message.append(type_name);
    error.message.append('\'');
    return false;
  }
  if (i < text.size()) spec.type = text[i];

  if (spec.grouping != 0) {
    switch (spec.type) {
      case 'd': case 'e': case 'f': case 'g': case 'E': case 'G': case '%': case 'F': case 0: break;
      case 'b': case 'o': case 'x': case 'X':
        if (spec.grouping == '_') break;
        [[fallthrough]];
      default: return bad_grouping(error, spec.grouping, spec.type);
    }
  }
  if (spec.fraction_grouping != 0 && spec.type == 'n') return bad_grouping(error, spec.fraction_grouping, spec.type);
  return true;
}

bool parse_format_spec(std::string_view utf8, std::string_view type_name, char32_t default_type, char default_align,
                       FormatSpec& spec, FormatError& error) {
  char32_t small[128];
  char32_t* points = small;
  if (utf8.size() > std::size(small)) {
    points = static_cast<char32_t*>(malloc(utf8.size() * sizeof(char32_t)));
    if (points == nullptr) return fail_memory(error);
  }
  size_t count = 0;
  for (size_t i = 0; i < utf8.size();) {
    auto lead = static_cast<unsigned char>(utf8[i++]);
    int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    char32_t c = more == 3 ? lead & 7 : more == 2 ? lead & 15 : more == 1 ? lead & 31 : lead;
    for (; more > 0 && i < utf8.size(); --more) c = c << 6 | (static_cast<unsigned char>(utf8[i++]) & 63);
    points[count++] = c;
  }
  bool ok = parse_format_spec(std::u32string_view(points, count), type_name, default_type, default_align, spec, error);
  if (points != small) free(points);
  return ok;
}

void digit_limit_message(uint64_t max_digits, FormatError& error) {
  fail_value(error, "Exceeds the limit (");
  print_int64(static_cast<int64_t>(max_digits), error.message);
  error.message.append(" digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit");
}

bool format_int(BigView value, const FormatSpec& spec, std::string_view type_name, uint64_t max_digits,
                const NumericLocale* locale, CharBuf& out, FormatError& error) {
  int base = 10;
  std::string_view prefix;
  switch (spec.type) {
    case 'b': base = 2, prefix = "0b"; break;
    case 'o': base = 8, prefix = "0o"; break;
    case 'x': base = 16, prefix = "0x"; break;
    case 'X': base = 16, prefix = "0X"; break;
    case 0: case 'c': case 'd': case 'n': break;
    default: {
      if (!is_float_type(spec.type)) return unknown_type(error, spec.type, type_name);
      double number;
      if (big_to_double(value, &number) != BigStatus::Ok) {
        return fail(error, FormatErrorKind::Overflow, "int too large to convert to float");
      }
      return format_float_unchecked(number, spec, locale, out, error);
    }
  }
  if (spec.precision != FormatSpec::kNone) {
    return fail_value(error, "Precision not allowed in integer format specifier");
  }
  if (spec.no_negative_zero) {
    return fail_value(error, "Negative zero coercion (z) not allowed in integer format specifier");
  }
  NumberParts parts;
  CharBuf text;
  if (spec.type == 'c') {
    if (spec.sign != 0) return fail_value(error, "Sign not allowed with integer format specifier 'c'");
    if (spec.alternate) return fail_value(error, "Alternate form (#) not allowed with integer format specifier 'c'");
    int64_t code;
    if (!big_to_int64(value, &code)) {
      return fail(error, FormatErrorKind::Overflow, "Python int too large to convert to C long");
    }
    if (code < 0 || code > 0x10FFFF) return fail(error, FormatErrorKind::Overflow, "%c arg not in range(0x110000)");
    text.append_code_point(static_cast<char32_t>(code));
    parts.tail = text.view();
  } else {
    auto status = big_print(value.absolute(), base, max_digits, text, spec.type == 'X');
    if (status == BigStatus::TooManyDigits) return digit_limit_message(max_digits, error), false;
    if (status != BigStatus::Ok) return fail_memory(error);
    parts.sign = sign_character(value.negative, spec.sign);
    if (spec.alternate) parts.prefix = prefix;
    parts.digits = text.view();
  }
  assemble(parts, spec, grouping_of(spec, locale, base != 10), 0, out);
  return finished(out, error);
}

bool format_float(double value, const FormatSpec& spec, std::string_view type_name, const NumericLocale* locale,
                  CharBuf& out, FormatError& error) {
  if (!is_float_type(spec.type)) return unknown_type(error, spec.type, type_name);
  return format_float_unchecked(value, spec, locale, out, error);
}

bool format_complex(double real, double imaginary, const FormatSpec& spec, std::string_view type_name,
                    const NumericLocale* locale, CharBuf& out, FormatError& error) {
  if (!is_float_type(spec.type) || spec.type == '%') return unknown_type(error, spec.type, type_name);
  if (spec.fill == '0') return fail_value(error, "Zero padding is not allowed in complex format specifier");
  if (spec.align == '=') {
    return fail_value(error, "'=' alignment flag is not allowed in complex format specifier");
  }
  FloatLayout layout;
  if (!float_layout(spec, spec.type, spec.alternate, false, layout)) return fail_value(error, "precision too big");
  bool skip_real = spec.type == 0 && real == 0 && !std::signbit(real);
  bool parentheses = spec.type == 0 && !skip_real;

  FormatSpec part = spec;
  part.width = FormatSpec::kNone;
  part.align = '<';
  CharBuf whole;
  if (parentheses) whole.append('(');
  auto append_part = [&](double value, char sign) {
    CharBuf text;
    format_double(text, value, layout);
    std::string_view body = text.view();
    bool negative = body.starts_with('-');
    if (negative) body.remove_prefix(1);
    NumberParts parts;
    parts.sign = sign_character(negative, sign);
    split_float_text(body, part, locale, parts);
    assemble(parts, part, grouping_of(part, locale, false), part.fraction_grouping, whole);
    if (text.failed()) whole.fail();
  };
  if (!skip_real) append_part(real, spec.sign);
  append_part(imaginary, skip_real ? spec.sign : '+');
  whole.append('j');
  if (parentheses) whole.append(')');
  if (whole.failed()) return fail_memory(error);
  NumberParts all;
  all.tail = whole.view();
  assemble(all, spec, {}, 0, out);
  return finished(out, error);
}

bool plan_str_format(const FormatSpec& spec, std::string_view type_name, size_t length, StrFormatPlan& plan,
                     FormatError& error) {
  if (spec.type != 's') return unknown_type(error, spec.type, type_name);
  if (spec.sign == ' ') return fail_value(error, "Space not allowed in string format specifier");
  if (spec.sign != 0) return fail_value(error, "Sign not allowed in string format specifier");
  if (spec.no_negative_zero) {
    return fail_value(error, "Negative zero coercion (z) not allowed in string format specifier");
  }
  if (spec.alternate) return fail_value(error, "Alternate form (#) not allowed in string format specifier");
  if (spec.align == '=') return fail_value(error, "'=' alignment not allowed in string format specifier");
  if (spec.precision >= 0) length = std::min(length, static_cast<size_t>(spec.precision));
  size_t width = spec.width > 0 ? static_cast<size_t>(spec.width) : 0;
  size_t padding = width > length ? width - length : 0;
  plan.length = length;
  plan.left = spec.align == '>' ? padding : spec.align == '^' ? padding / 2 : 0;
  plan.right = padding - plan.left;
  return true;
}

// ---- '%' formatting

namespace {

BigStatus percent_assemble(char sign, std::string_view prefix, size_t zeros, std::string_view body,
                           const PercentSpec& spec, CharBuf& out) {
  size_t total = (sign != 0) + prefix.size() + zeros + body.size();
  size_t width = spec.width > 0 ? static_cast<size_t>(spec.width) : 0;
  size_t padding = width > total ? width - total : 0;
  if (!spec.left && !spec.zero) out.append(padding, ' ');
  if (sign != 0) out.append(sign);
  out.append(prefix);
  if (!spec.left && spec.zero) out.append(padding, '0');
  out.append(zeros, '0');
  out.append(body);
  if (spec.left) out.append(padding, ' ');
  return out.failed() ? BigStatus::NoMemory : BigStatus::Ok;
}

char percent_sign(bool negative, const PercentSpec& spec) {
  return negative ? '-' : spec.plus ? '+' : spec.space ? ' ' : 0;
}

}  // namespace

BigStatus percent_int(BigView value, const PercentSpec& spec, uint64_t max_digits, CharBuf& out) {
  int base = spec.conversion == 'o' ? 8 : spec.conversion == 'x' || spec.conversion == 'X' ? 16 : 10;
  std::string_view prefix;
  if (spec.alternate && base != 10) prefix = base == 8 ? "0o" : spec.conversion == 'x' ? "0x" : "0X";
  CharBuf text;
  auto status = big_print(value.absolute(), base, max_digits, text, spec.conversion == 'X');
  if (status != BigStatus::Ok) return status;
  size_t precision = spec.precision > 0 ? static_cast<size_t>(spec.precision) : 0;
  size_t zeros = precision > text.size() ? precision - text.size() : 0;
  return percent_assemble(percent_sign(value.negative, spec), prefix, zeros, text.view(), spec, out);
}

BigStatus percent_float(double value, const PercentSpec& spec, CharBuf& out) {
  if (spec.precision >= INT_MAX) return BigStatus::NoMemory;
  CharBuf text;
  int precision = spec.precision < 0 ? 6 : static_cast<int>(spec.precision);
  format_double(text, value, {.code = spec.conversion, .precision = precision, .alternate = spec.alternate});
  if (text.failed()) return BigStatus::NoMemory;
  std::string_view body = text.view();
  bool negative = body.starts_with('-');
  if (negative) body.remove_prefix(1);
  return percent_assemble(percent_sign(negative, spec), "", 0, body, spec, out);
}

}  // namespace orochi
