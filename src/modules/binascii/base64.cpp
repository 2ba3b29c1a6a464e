// binascii: base64 (RFC 4648) and uuencode.
#include "modules/binascii/binascii_module.h"

namespace orochi::binascii_module {

namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct Decoding {
  int8_t value[256];
};
consteval Decoding make_decoding() {
  Decoding d{};
  for (int i = 0; i < 256; i++) d.value[i] = -1;
  for (int i = 0; i < 64; i++) d.value[static_cast<uint8_t>(kAlphabet[i])] = static_cast<int8_t>(i);
  return d;
}
constexpr Decoding kDecoding = make_decoding();

}  // namespace

Result<Local<>> a2b_base64(Thread& t, Borrowed<> arg, bool strict) {
  AsciiData data;
  TRY(data.open(t, arg));
  std::string_view text = data.view();
  Output out;
  if (!out.reserve(text.size() / 4 * 3 + 4)) return raise_no_memory(t);
  if (strict && !text.empty() && text[0] == '=') {
    return raise(t, types::BinasciiError, "Leading padding not allowed");
  }
  int quad = 0;             // characters of the group seen
  unsigned left = 0;        // bits not yet written
  int pads = 0;             // '=' seen in this group
  bool padding_started = false;
  for (size_t i = 0; i < text.size(); i++) {
    auto c = static_cast<uint8_t>(text[i]);
    if (c == '=') {
      padding_started = true;
      if (strict && quad == 0) return raise(t, types::BinasciiError, "Excess padding not allowed");
      if (quad >= 2 && quad + ++pads > 4 && strict) {
        return raise(t, types::BinasciiError, "Excess padding not allowed");
      }
      continue;
    }
    int value = kDecoding.value[c];
    if (value < 0) {
      if (strict) return raise(t, types::BinasciiError, "Only base64 data is allowed");
      continue;
    }
    if (strict && padding_started) {
      return raise(t, types::BinasciiError,
                   quad + pads >= 4 ? "Excess data after padding" : "Discontinuous padding not allowed");
    }
    pads = 0;
    auto bits = static_cast<unsigned>(value);
    switch (quad) {
      case 0:
        quad = 1;
        left = bits;
        break;
      case 1:
        quad = 2;
        out.put(static_cast<uint8_t>((left << 2) | (bits >> 4)));
        left = bits & 0x0f;
        break;
      case 2:
        quad = 3;
        out.put(static_cast<uint8_t>((left << 4) | (bits >> 2)));
        left = bits & 0x03;
        break;
      default:
        quad = 0;
        out.put(static_cast<uint8_t>((left << 6) | bits));
        left = 0;
        break;
    }
  }
  if (quad == 1) {
    return raise(t, types::BinasciiError,
                 "Invalid base64-encoded string: number of data characters ({}) cannot be 1 more than a multiple of 4",
                 out.size() / 3 * 4 + 1);
  }
  if (quad != 0 && quad + pads < 4) return raise(t, types::BinasciiError, "Incorrect padding");
  return out.finish(t);
}

Result<Local<>> b2a_base64(Thread& t, Borrowed<> data, bool newline) {
  Buffer buffer = TRY(Buffer::get(t, data));
  size_t n = buffer.size();
  if (n > SIZE_MAX / 4) return raise(t, types::BinasciiError, "Too much data for base64 line");
  Local<Bytes> out = TRY(make_bytes_uninitialised(t, (n + 2) / 3 * 4 + newline));
  const uint8_t* in = buffer.data();
  uint8_t* at = out->mutable_data();
  size_t i = 0;
  for (; i + 2 < n; i += 3) {
    unsigned word = (unsigned{in[i]} << 16) | (unsigned{in[i + 1]} << 8) | in[i + 2];
    *at++ = static_cast<uint8_t>(kAlphabet[word >> 18]);
    *at++ = static_cast<uint8_t>(kAlphabet[(word >> 12) & 63]);
    *at++ = static_cast<uint8_t>(kAlphabet[(word >> 6) & 63]);
    *at++ = static_cast<uint8_t>(kAlphabet[word & 63]);
  }
  if (i < n) {
    unsigned word = (unsigned{in[i]} << 16) | (i + 1 < n ? unsigned{in[i + 1]} << 8 : 0);
    *at++ = static_cast<uint8_t>(kAlphabet[word >> 18]);
    *at++ = static_cast<uint8_t>(kAlphabet[(word >> 12) & 63]);
    *at++ = i + 1 < n ? static_cast<uint8_t>(kAlphabet[(word >> 6) & 63]) : '=';
    *at++ = '=';
  }
  if (newline) *at = '\n';
  return out;
}

Result<Local<>> a2b_uu(Thread& t, Borrowed<> arg) {
  AsciiData data;
  TRY(data.open(t, arg));
  std::string_view text = data.view();
  if (text.empty()) return raise(t, types::BinasciiError, "Missing length byte");
  size_t wanted = (static_cast<uint8_t>(text[0]) - ' ') & 077;
  Output out;
  if (!out.reserve(wanted)) return raise_no_memory(t);
  size_t i = 1;
  unsigned bits = 0;
  int held = 0;
  while (out.size() < wanted) {
    unsigned value = 0;  // what is missing at the end counts as zero
    if (i < text.size()) {
      auto c = static_cast<uint8_t>(text[i]);
      if (c == '\n' || c == '\r') {
        value = 0;
        i = text.size();
      } else {
        if (c < ' ' || c > ' ' + 64) return raise(t, types::BinasciiError, "Illegal char");
        value = (c - ' ') & 077u;
        i++;
      }
    }
    bits = (bits << 6) | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.put(static_cast<uint8_t>(bits >> held));
      bits &= (1u << held) - 1;
    }
  }
  for (; i < text.size(); i++) {
    char c = text[i];
    if (c != ' ' && c != ' ' + 64 && c != '\n' && c != '\r') {
      return raise(t, types::BinasciiError, "Trailing garbage");
    }
  }
  return out.finish(t);
}

Result<Local<>> b2a_uu(Thread& t, Borrowed<> data, bool backtick) {
  Buffer buffer = TRY(Buffer::get(t, data));
  size_t n = buffer.size();
  if (n > 45) return raise(t, types::BinasciiError, "At most 45 bytes at once");
  Output out;
  if (!out.reserve(2 + (n + 2) / 3 * 4)) return raise_no_memory(t);
  auto put = [&](unsigned six) {
    out.put(static_cast<uint8_t>(six == 0 && backtick ? '`' : ' ' + six));
  };
  put(static_cast<unsigned>(n));
  for (size_t i = 0; i < n; i += 3) {
    unsigned word = unsigned{buffer.data()[i]} << 16;
    if (i + 1 < n) word |= unsigned{buffer.data()[i + 1]} << 8;
    if (i + 2 < n) word |= buffer.data()[i + 2];
    put(word >> 18);
    put((word >> 12) & 63);
    put((word >> 6) & 63);
    put(word & 63);
  }
  out.put('\n');
  return out.finish(t);
}

}  // namespace orochi::binascii_module
