// The _json module: string scanning and escaping, the hot parts of json. (The scanner and encoder classes are the Python
// ones of json, which use these.)
#include <vector>

#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/native.h"

namespace orochi::json_module {

namespace {

Raised raise_decode_error(Thread& t, const char* message, Borrowed<Str> text, size_t at) {
  Local<Str> name = TRY(make_str(t, "json.decoder"));
  Local<> module = TRY(import_module(t, name));
  // An import of a submodule may give the package.
  Lookup<> type = find_attr(t, module, "JSONDecodeError"_n);
  if (type.raised()) return Raised{};
  if (type.absent()) {
    Local<> decoder = TRY(get_attr(t, module, "decoder"_n));
    type = find_attr(t, decoder, "JSONDecodeError"_n);
    if (!type.found()) return raise(t, types::ValueError, message);
  }
  Local<Str> what = TRY(make_str(t, message));
  Local<> position = TRY(make_int(t, static_cast<int64_t>(at)));
  Local<> error = TRY(call(t, *type, what, text, position));
  return raise_exception(t, std::move(error));
}

int hex_digit(uint32_t c) {
  if (c >= '0' && c <= '9') return static_cast<int>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<int>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<int>(c - 'A' + 10);
  return -1;
}

// The four hex digits at `at`, or -1.
int64_t hex4(Borrowed<Str> s, size_t at) {
  if (at + 4 > s->length()) return -1;
  int64_t n = 0;
  for (size_t i = 0; i < 4; i++) {
    int d = hex_digit(s->at(at + i));
    if (d < 0) return -1;
    n = n * 16 + d;
  }
  return n;
}

Result<Local<>> scanstring(Thread& t, Borrowed<Str> s, Index end, bool strict) {
  size_t length = s->length();
  if (end.value < 0 || static_cast<size_t>(end.value) > length) {
    return raise(t, types::ValueError, "end is out of bounds");
  }
  auto at = static_cast<size_t>(end.value);
  size_t begin = at == 0 ? 0 : at - 1;
  StrBuilder out(t);
  bool pieces = false;
  for (;;) {
    size_t start = at;
    uint32_t c = 0;
    while (at < length) {
      c = s->at(at);
      if (c == '"' || c == '\\') break;
      if (c < 0x20 && strict) return raise_decode_error(t, "Invalid control character at", s, at);
      at++;
    }
    if (at >= length) return raise_decode_error(t, "Unterminated string starting at", s, begin);
    if (c == '"') {
      Local<Str> text;
      if (!pieces) {
        text = TRY(str_substring(t, s, start, at));
      } else {
        if (at > start) out.append(s, start, at);
        text = TRY(out.finish());
      }
      Local<> next = TRY(make_int(t, static_cast<int64_t>(at + 1)));
      return make_tuple(t, {text.value(), next.value()});
    }
    pieces = true;
    if (at > start) out.append(s, start, at);
    size_t escape = at++;   // at the backslash
    if (at >= length) return raise_decode_error(t, "Unterminated string starting at", s, begin);
    c = s->at(at++);
    switch (c) {
      case '"': case '\\': case '/': out.append_char(c); break;
      case 'b': out.append_char('\b'); break;
      case 'f': out.append_char('\f'); break;
      case 'n': out.append_char('\n'); break;
      case 'r': out.append_char('\r'); break;
      case 't': out.append_char('\t'); break;
      case 'u': {
        int64_t unit = hex4(s, at);
        if (unit < 0) return raise_decode_error(t, "Invalid \\uXXXX escape", s, escape + 1);
        at += 4;
        if (unit >= 0xd800 && unit <= 0xdbff && at + 6 <= length && s->at(at) == '\\' && s->at(at + 1) == 'u') {
          int64_t low = hex4(s, at + 2);
          if (low >= 0xdc00 && low <= 0xdfff) {
            unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
            at += 6;
          }
        }
        out.append_char(static_cast<uint32_t>(unit));
        break;
      }
      default: return raise_decode_error(t, "Invalid \\escape", s, escape);
    }
  }
}

void append_unit(StrBuilder& out, uint32_t unit) {
  static constexpr char kDigits[] = "0123456789abcdef";
  char text[] = {'\\', 'u', kDigits[(unit >> 12) & 15], kDigits[(unit >> 8) & 15], kDigits[(unit >> 4) & 15],
                 kDigits[unit & 15]};
  out.append_ascii({text, sizeof text});
}

template <bool Ascii>
Result<Local<>> encode_string(Thread& t, Borrowed<> v) {
  if (!is_str(v)) return raise(t, types::TypeError, "first argument must be a string, not {}", TypeName(v));
  auto s = v.as<Str>();
  StrBuilder out(t);
  out.append_ascii("\"");
  size_t plain = 0;   // start of the run that needs no escape
  for (size_t i = 0; i < s->length(); i++) {
    uint32_t c = s->at(i);
    if (c >= 0x20 && c != '"' && c != '\\' && (!Ascii || c < 0x7f)) continue;
    if (i > plain) out.append(s, plain, i);
    plain = i + 1;
    switch (c) {
      case '"': out.append_ascii("\\\""); break;
      case '\\': out.append_ascii("\\\\"); break;
      case '\b': out.append_ascii("\\b"); break;
      case '\f': out.append_ascii("\\f"); break;
      case '\n': out.append_ascii("\\n"); break;
      case '\r': out.append_ascii("\\r"); break;
      case '\t': out.append_ascii("\\t"); break;
      default:
        if (c >= 0x10000) {
          append_unit(out, 0xd800 + ((c - 0x10000) >> 10));
          append_unit(out, 0xdc00 + ((c - 0x10000) & 0x3ff));
        } else {
          append_unit(out, c);
        }
    }
  }
  if (s->length() > plain) out.append(s, plain, s->length());
  out.append_ascii("\"");
  return out.finish();
}

constexpr NativeDef kFunctions[] = {
    function<scanstring>("scanstring(string, end, strict=True, /)",
                         "scanstring(string, end, strict=True) -> (string, end)\n\nScan the string s for a JSON string. "
                         "End is the index of the\ncharacter in s after the quote that started the JSON string."),
    function<encode_string<true>>("encode_basestring_ascii(string, /)",
                                  "Return an ASCII-only JSON representation of a Python string"),
    function<encode_string<false>>("encode_basestring(string, /)", "Return a JSON representation of a Python string"),
};

}  // namespace

OROCHI_MODULE(_json, "JSON string handling.", kFunctions, nullptr)

}  // namespace orochi::json_module
