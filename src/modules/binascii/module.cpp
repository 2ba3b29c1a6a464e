// The binascii module: hexadecimal, checksums, and the table.
#include <zlib.h>

#include "modules/binascii/binascii_module.h"
#include "objects/int_big.h"
#include "threads/thread.h"

namespace orochi {

OROCHI_MODULE_TYPE(BinasciiError)
OROCHI_MODULE_TYPE(BinasciiIncomplete)

namespace binascii_module {

Result<void> AsciiData::open(Thread& t, Borrowed<> v) {
  if (is_str(v)) {
    auto s = v.as<Str>();
    if (!s->is_ascii()) {
      return raise(t, types::ValueError, "string argument should contain only ASCII characters");
    }
    view_ = s->ascii_view();
    return ok();
  }
  if (!has_buffer(v)) {
    return raise(t, types::TypeError, "argument should be bytes, buffer or ASCII string, not '{}'", TypeName(v));
  }
  buffer_ = TRY(Buffer::get(t, v));
  view_ = buffer_.view();
  return ok();
}

namespace {

// The low 32 bits of an int argument.
Result<uint32_t> low_word(Thread& t, Borrowed<> v) {
  if (v.value().is_fixnum()) return static_cast<uint32_t>(v.value().as_fixnum());
  Local<> index = TRY(index_of(t, v));
  return static_cast<uint32_t>(big_to_uint64_wrapped(IntView(index.value())));
}

Result<Local<>> b2a_hex(Thread& t, Borrowed<> data, Maybe<Borrowed<>> sep, Index bytes_per_sep) {
  uint8_t separator = 0;
  bool separated = false;
  if (sep) {
    int64_t length = TRY(length_of(t, *sep));
    if (length != 1) return raise(t, types::ValueError, "sep must be length 1.");
    if (is_str(*sep)) {
      uint32_t c = (*sep).as<Str>()->at(0);
      if (c > 255) return raise(t, types::ValueError, "sep must be ASCII.");
      separator = static_cast<uint8_t>(c);
    } else if (is_bytes(*sep)) {
      separator = (*sep).as<Bytes>()->data()[0];
    } else {
      return raise(t, types::TypeError, "sep must be str or bytes.");
    }
    separated = bytes_per_sep != 0;
  }
  Buffer buffer = TRY(Buffer::get(t, data));
  size_t n = buffer.size();
  uint64_t group = separated ? magnitude(bytes_per_sep.value) : 0;
  size_t separators = separated && n ? (n - 1) / group : 0;
  if (n > SIZE_MAX / 4) return raise_no_memory(t);
  Local<Bytes> out = TRY(make_bytes_uninitialised(t, 2 * n + separators));
  if (n == 0) return out;
  uint8_t* at = out->mutable_data();
  static constexpr char kDigits[] = "0123456789abcdef";
  for (size_t i = 0; i < n; i++) {
    if (separated && i > 0) {
      // Positive groups are counted from the right.
      bool here = bytes_per_sep.value > 0 ? (n - i) % group == 0 : i % group == 0;
      if (here) *at++ = separator;
    }
    uint8_t c = buffer.data()[i];
    *at++ = static_cast<uint8_t>(kDigits[c >> 4]);
    *at++ = static_cast<uint8_t>(kDigits[c & 15]);
  }
  return out;
}

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<Local<>> a2b_hex(Thread& t, Borrowed<> arg) {
  AsciiData data;
  TRY(data.open(t, arg));
  std::string_view text = data.view();
  if (text.size() % 2) return raise(t, types::BinasciiError, "Odd-length string");
  Output out;
  if (!out.reserve(text.size() / 2)) return raise_no_memory(t);
  for (size_t i = 0; i < text.size(); i += 2) {
    int high = nibble(text[i]), low = nibble(text[i + 1]);
    if (high < 0 || low < 0) return raise(t, types::BinasciiError, "Non-hexadecimal digit found");
    out.put(static_cast<uint8_t>(high * 16 + low));
  }
  return out.finish(t);
}

// The CRC-CCITT of BinHex 4: polynomial x^16 + x^12 + x^5 + 1.
Result<int64_t> crc_hqx(Thread& t, Borrowed<> data, Borrowed<> start) {
  Buffer buffer = TRY(Buffer::get(t, data));
  uint32_t crc = TRY(low_word(t, start)) & 0xffff;
  for (size_t i = 0; i < buffer.size(); i++) {
    crc ^= uint32_t{buffer.data()[i]} << 8;
    for (int bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021u : 0)) & 0xffff;
  }
  return crc;
}

Result<int64_t> binascii_crc32(Thread& t, Borrowed<> data, Borrowed<> start) {
  Buffer buffer = TRY(Buffer::get(t, data));
  uint32_t crc = TRY(low_word(t, start));
  if (buffer.size() < 5 * 1024) return static_cast<int64_t>(crc32_z(crc, buffer.data(), buffer.size()));
  Detached detached(t);
  return static_cast<int64_t>(crc32_z(crc, buffer.data(), buffer.size()));
}

constexpr NativeDef kFunctions[] = {
    function<a2b_uu>("a2b_uu(data, /)", "Decode a line of uuencoded data."),
    function<b2a_uu>("b2a_uu(data, /, *, backtick=False)", "Uuencode line of data."),
    function<a2b_base64>("a2b_base64(data, /, *, strict_mode=False)", "Decode base64 data."),
    function<b2a_base64>("b2a_base64(data, /, *, newline=True)", "Base64-code line of data."),
    function<b2a_hex>("b2a_hex(data, sep=<unrepresentable>, bytes_per_sep=1)", "Hexadecimal representation of data."),
    function<b2a_hex>("hexlify(data, sep=<unrepresentable>, bytes_per_sep=1)", "Hexadecimal representation of data."),
    function<a2b_hex>("a2b_hex(hexstr, /)", "Binary data of hexadecimal representation."),
    function<a2b_hex>("unhexlify(hexstr, /)", "Binary data of hexadecimal representation."),
    function<a2b_qp>("a2b_qp(data, header=False)", "Decode a string of qp-encoded data."),
    function<b2a_qp>("b2a_qp(data, quotetabs=False, istext=True, header=False)",
                     "Encode a string using quoted-printable encoding."),
    function<crc_hqx>("crc_hqx(data, crc, /)", "Compute CRC-CCITT incrementally."),
    function<binascii_crc32>("crc32(data, crc=0, /)", "Compute CRC-32 incrementally."),
};

const TypeDef kErrorDef = {.name = "binascii.Error", .base = &types::ValueError, .flags = kTypeSubclassable};
const TypeDef kIncompleteDef = {.name = "binascii.Incomplete", .base = &types::Exception, .flags = kTypeSubclassable};

Result<void> init(Thread& t, Borrowed<Module> module) {
  TRY(module_add_type(t, module, types::BinasciiError, kErrorDef));
  return module_add_type(t, module, types::BinasciiIncomplete, kIncompleteDef);
}

}  // namespace

OROCHI_MODULE(binascii, "Conversion between binary data and ASCII.", kFunctions, init)

}  // namespace binascii_module

}  // namespace orochi
