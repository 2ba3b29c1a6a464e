// binascii: quoted-printable (RFC 2045, and RFC 2047 for headers).
#include "modules/binascii/binascii_module.h"

namespace orochi::binascii_module {

namespace {

constexpr size_t kMaxLine = 76;

int hex_value(uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Result<Local<>> a2b_qp(Thread& t, Borrowed<> arg, bool header) {
  AsciiData data;
  TRY(data.open(t, arg));
  std::string_view text = data.view();
  Output out;
  if (!out.reserve(text.size())) return raise_no_memory(t);
  size_t i = 0;
  while (i < text.size()) {
    auto c = static_cast<uint8_t>(text[i]);
    if (c == '=') {
      i++;
      if (i >= text.size()) break;
      if (text[i] == '\n' || text[i] == '\r') {  // a soft line break: nothing up to the newline
        while (i < text.size() && text[i] != '\n') i++;
        if (i < text.size()) i++;
      } else if (text[i] == '=') {  // broken encoders write this
        out.put('=');
        i++;
      } else if (i + 1 < text.size() && hex_value(static_cast<uint8_t>(text[i])) >= 0 &&
                 hex_value(static_cast<uint8_t>(text[i + 1])) >= 0) {
        out.put(static_cast<uint8_t>(hex_value(static_cast<uint8_t>(text[i])) * 16 +
                                     hex_value(static_cast<uint8_t>(text[i + 1]))));
        i += 2;
      } else {
        out.put('=');
      }
    } else {
      out.put(header && c == '_' ? ' ' : c);
      i++;
    }
  }
  return out.finish(t);
}

Result<Local<>> b2a_qp(Thread& t, Borrowed<> data, bool quotetabs, bool istext, bool header) {
  Buffer buffer = TRY(Buffer::get(t, data));
  const uint8_t* in = buffer.data();
  size_t n = buffer.size();
  Output out;
  if (n > SIZE_MAX / 8 || !out.reserve(n * 5 + 8)) return raise_no_memory(t);
  // Line ends are written as the first one of the text is.
  bool crlf = false;
  for (size_t i = 0; i < n; i++) {
    if (in[i] != '\n') continue;
    crlf = i > 0 && in[i - 1] == '\r';
    break;
  }
  auto newline = [&] {
    if (crlf) out.put('\r');
    out.put('\n');
  };
  auto hex = [&](uint8_t c) {
    static constexpr char kDigits[] = "0123456789ABCDEF";
    out.put('=');
    out.put(static_cast<uint8_t>(kDigits[c >> 4]));
    out.put(static_cast<uint8_t>(kDigits[c & 15]));
  };
  size_t line = 0;  // characters on this output line
  for (size_t i = 0; i < n;) {
    uint8_t c = in[i];
    bool at_end = i + 1 == n;
    uint8_t next = at_end ? 0 : in[i + 1];
    bool quote = c > 126 || c == '=' || (header && c == '_') ||
                 (c == '.' && line == 0 && (at_end || next == '\n' || next == '\r' || next == 0)) ||
                 (!istext && (c == '\r' || c == '\n')) || ((c == '\t' || c == ' ') && at_end) ||
                 (c < 33 && c != '\r' && c != '\n' && c != '\t' && c != ' ') ||
                 (c < 33 && c != '\r' && c != '\n' && (quotetabs || (!quotetabs && c != '\t' && c != ' ')));
    if (quote) {
      if (line + 3 >= kMaxLine) {
        out.put('=');
        newline();
        line = 0;
      }
      hex(c);
      i++;
      line += 3;
      continue;
    }
    if (istext && (c == '\n' || (c == '\r' && !at_end && next == '\n'))) {
      line = 0;
      // White space before a line end is encoded.
      if (out.size() && (out.data()[out.size() - 1] == ' ' || out.data()[out.size() - 1] == '\t')) {
        uint8_t space = out.data()[out.size() - 1];
        out.set_size(out.size() - 1);
        hex(space);
      }
      newline();
      i += c == '\r' ? 2 : 1;
      continue;
    }
    if (!at_end && next != '\n' && line + 1 >= kMaxLine) {
      out.put('=');
      newline();
      line = 0;
    }
    line++;
    out.put(header && c == ' ' ? '_' : c);
    i++;
  }
  return out.finish(t);
}

}  // namespace orochi::binascii_module
