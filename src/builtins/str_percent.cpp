// '%' formatting of str, and the parts that bytes shares.
#include "builtins/number_support.h"
#include "builtins/percent_format.h"
#include "builtins/str_common.h"
#include "objects/int_big.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "text/units.h"

namespace orochi {

PercentArgs::PercentArgs(Thread& t, Borrowed<> args, bool bytes) : t_(t), args_(args), bytes_(bytes) {
  bool text = bytes ? is_bytes(args) || has_flag(args, kShapeIsByteArray) : is_str(args);
  is_mapping_ = !is_tuple(args) && !text && (bytes ? !is_str(args) : true) && type_of(args)->slots.getitem != nullptr;
}

Result<Local<>> PercentArgs::next() {
  size_t n = is_tuple(args_) ? args_.as<Tuple>()->length() : 1;
  if (mapping_used_ || used_ >= n) return raise(t_, types::TypeError, "not enough arguments for format string");
  size_t i = used_++;
  return Local<>::share(is_tuple(args_) ? args_.as<Tuple>()->at(i) : args_);
}

Result<void> PercentArgs::finish() {
  if (is_mapping_ || mapping_used_) return ok();
  size_t n = is_tuple(args_) ? args_.as<Tuple>()->length() : 1;
  if (used_ >= n) return ok();
  return raise(t_, types::TypeError, "not all arguments converted during {} formatting", bytes_ ? "bytes" : "string");
}

Result<void> PercentArgs::read(const void* text, CharAt char_at, MakeKey key, size_t length, size_t* at,
                               PercentItem* out) {
  size_t i = *at + 1;
  auto incomplete = [&]() -> Raised { return raise(t_, types::ValueError, "incomplete format"); };
  *out = PercentItem{};
  if (i < length && char_at(text, i) == '(') {
    if (!is_mapping_) return raise(t_, types::TypeError, "format requires a mapping");
    size_t start = ++i;
    int depth = 1;
    for (; i < length; i++) {
      uint32_t c = char_at(text, i);
      if (c == '(') depth++;
      else if (c == ')' && --depth == 0) break;
    }
    if (i >= length) return raise(t_, types::ValueError, "incomplete format key");
    Local<> name = TRY(key(t_, text, start, i));
    i++;
    out->value = TRY(get_item(t_, args_, name));
    mapping_used_ = true;
  }
  PercentSpec& spec = out->spec;
  for (bool more = true; more && i < length; i += more) {
    switch (char_at(text, i)) {
      case '-': spec.left = true; break;
      case '+': spec.plus = true; break;
      case ' ': spec.space = true; break;
      case '#': spec.alternate = true; break;
      case '0': spec.zero = true; break;
      default: more = false;
    }
  }
  auto number = [&](int64_t* to, const char* too_big, bool precision) -> Result<void> {
    if (i < length && char_at(text, i) == '*') {
      i++;
      Local<> v = TRY(next());
      if (!is_int(v.value())) return raise(t_, types::TypeError, "* wants int");
      int64_t n;
      if (!int_as_int64(v.value(), &n)) {
        return raise(t_, types::OverflowError, "Python int too large to convert to C {}", precision ? "int" : "ssize_t");
      }
      if (precision) {
        if (n > INT32_MAX || n < INT32_MIN) {
          return raise(t_, types::OverflowError, "Python int too large to convert to C int");
        }
        *to = n < 0 ? 0 : n;
      } else {
        if (n < 0) spec.left = true;
        *to = n < 0 ? (n == INT64_MIN ? INT64_MAX : -n) : n;
      }
      return ok();
    }
    if (precision) *to = 0;
    int64_t limit = precision ? INT32_MAX : INT64_MAX;
    while (i < length) {
      uint32_t c = char_at(text, i);
      if (c < '0' || c > '9') break;
      int64_t so_far = *to < 0 ? 0 : *to;
      if (so_far > (limit - static_cast<int64_t>(c - '0')) / 10) return raise(t_, types::ValueError, "{}", too_big);
      *to = so_far * 10 + static_cast<int64_t>(c - '0');
      i++;
    }
    return ok();
  };
  TRY(number(&spec.width, "width too big", false));
  if (i < length && char_at(text, i) == '.') {
    i++;
    TRY(number(&spec.precision, bytes_ ? "prec too big" : "precision too big", true));
  }
  if (i < length && (char_at(text, i) == 'h' || char_at(text, i) == 'l' || char_at(text, i) == 'L')) i++;
  if (i >= length) return incomplete();
  out->conversion = char_at(text, i);
  out->position = i;
  bool bare = i == *at + 1;
  *at = i + 1;
  if (out->conversion == '%' && bare) {
    out->literal = true;
    return ok();
  }
  if (!out->value) out->value = TRY(next());
  return ok();
}

Raised raise_unsupported_conversion(Thread& t, const PercentItem& item) {
  char hex[16];
  int n = __builtin_snprintf(hex, sizeof hex, "%x", item.conversion);
  return raise(t, types::ValueError, "unsupported format character '{}' (0x{}) at index {}",
               CharArg(item.conversion > 31 && item.conversion < 128 ? item.conversion : '?'),
               std::string_view(hex, static_cast<size_t>(n)), item.position);
}

namespace {

// The int that %d or %x shows. %d takes what int() takes from numbers; the others want __index__.
Result<Local<>> percent_integer(Thread& t, const PercentItem& item) {
  Borrowed<> v = item.value;
  if (is_int(v)) return Local<>::share(v);
  auto c = static_cast<char>(item.conversion);
  bool decimal = c == 'd' || c == 'i' || c == 'u';
  Type* type = type_of(v);
  Result<Local<>> got = Raised{};
  if (decimal ? (type->slots.int_ || type->slots.index) : type->slots.index != nullptr) {
    got = decimal ? to_int(t, v) : index_of(t, v);
    if (!got.raised()) return got;
    if (!clear_pending_if(t, types::TypeError)) return Raised{};
  }
  return raise(t, types::TypeError, "%{} format: {} is required, not {}", CharArg(item.conversion),
               decimal ? "a real number" : "an integer", TypeName(v));
}

}  // namespace

Result<bool> percent_number(Thread& t, PercentItem& item, CharBuf& out) {
  switch (item.conversion) {
    case 'd': case 'i': case 'u': case 'o': case 'x': case 'X': {
      Local<> n = TRY(percent_integer(t, item));
      item.spec.conversion = static_cast<char>(item.conversion);
      auto limit = static_cast<uint64_t>(__atomic_load_n(&int_max_str_digits, __ATOMIC_RELAXED));
      IntView view(n.value());
      BigStatus status = percent_int(view, item.spec, limit, out);
      if (status == BigStatus::TooManyDigits) {
        FormatError error;
        digit_limit_message(limit, error);
        return raise(t, types::ValueError, "{}", error.message.view());
      }
      if (status != BigStatus::Ok) return raise_big_status(t, status);
      break;
    }
    case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': {
      double d = TRY(to_double(t, item.value));
      item.spec.conversion = static_cast<char>(item.conversion);
      BigStatus status = percent_float(d, item.spec, out);
      if (status != BigStatus::Ok) return raise_big_status(t, status);
      break;
    }
    default: return false;
  }
  if (out.failed()) return raise_no_memory(t);
  return true;
}

namespace {

uint32_t str_char_at(const void* text, size_t i) { return static_cast<const Str*>(text)->at(i); }
Result<Local<>> str_key(Thread& t, const void* text, size_t start, size_t end) {
  return str_substring(t, Borrowed<Str>(static_cast<const Str*>(text)), start, end);
}

Result<uint32_t> percent_char(Thread& t, Borrowed<> v) {
  if (is_str(v)) {
    if (v.as<Str>()->length() == 1) return v.as<Str>()->at(0);
    return raise(t, types::TypeError, "%c requires an int or a unicode character, not a string of length {}",
                 v.as<Str>()->length());
  }
  if (!is_int(v) && !type_of(v)->slots.index) {
    return raise(t, types::TypeError, "%c requires an int or a unicode character, not {}", TypeName(v));
  }
  Local<> n = TRY(index_of(t, v));
  int64_t c;
  if (!int_as_int64(n.value(), &c) || c < 0 || c > 0x10ffff) {
    return raise(t, types::OverflowError, "%c arg not in range(0x110000)");
  }
  return static_cast<uint32_t>(c);
}

void append_padded(StrBuilder& out, Borrowed<Str> s, const PercentSpec& spec, bool cut) {
  size_t n = s->length();
  if (cut && spec.precision >= 0 && static_cast<size_t>(spec.precision) < n) n = static_cast<size_t>(spec.precision);
  size_t pad = spec.width > static_cast<int64_t>(n) ? static_cast<size_t>(spec.width) - n : 0;
  if (pad && !spec.left) out.append_repeat(' ', pad);
  out.append(s, 0, n);
  if (pad && spec.left) out.append_repeat(' ', pad);
}

}  // namespace

Result<Local<>> str_op_mod(Thread& t, Borrowed<> left, Borrowed<> right) {
  if (!is_str(left)) return kNotImplemented;
  Borrowed<Str> format = left.as<Str>();
  PercentArgs args(t, right, false);
  StrBuilder out(t);
  size_t n = format->length();
  for (size_t i = 0; i < n;) {
    size_t start = i;
    while (i < n && format->at(i) != '%') i++;
    if (i > start) out.append(format, start, i);
    if (i >= n) break;
    PercentItem item;
    TRY(args.read(format.get(), str_char_at, str_key, n, &i, &item));
    if (item.literal) {
      out.append_char('%');
      continue;
    }
    if (item.spec.width > (int64_t{1} << 46)) return raise_no_memory(t);
    switch (item.conversion) {
      case 's': {
        Local<Str> s = TRY(str_of(t, item.value));
        append_padded(out, s, item.spec, true);
        break;
      }
      case 'r': {
        Local<Str> s = TRY(repr_of(t, item.value));
        append_padded(out, s, item.spec, true);
        break;
      }
      case 'a': {
        Local<Str> s = TRY(ascii_of(t, item.value));
        append_padded(out, s, item.spec, true);
        break;
      }
      case 'c': {
        uint32_t c = TRY(percent_char(t, item.value));
        Local<Str> s = TRY(make_str_char(t, c));
        append_padded(out, s, item.spec, false);
        break;
      }
      default: {
        CharBuf number;
        if (!TRY(percent_number(t, item, number))) return raise_unsupported_conversion(t, item);
        out.append_ascii(number.view());
      }
    }
  }
  TRY(args.finish());
  return out.finish();
}

}  // namespace orochi
