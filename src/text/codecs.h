// Encodings as resumable kernels. A kernel runs until the input is done or until an error; on an error it reports the
// offending range and reason and leaves `position` at its start. The caller lets an error handler produce a
// replacement, appends it, sets `position` to where the handler says, and calls again. decode() and encode() do this for
// the built-in handlers; only a Python callback needs the loop:
//
//   while ((outcome = decode_step(codec, state, out, error)) == Outcome::Error) {
//     call the handler with [error.start, error.end) and error.reason; out.append(replacement); state.position = resume;
//   }
//
// Ranges and reasons are those Python programs see in UnicodeDecodeError and UnicodeEncodeError.
#pragma once

#include <string_view>

#include "text/buffer.h"
#include "text/text_builder.h"
#include "text/view.h"

namespace orochi::text {

enum class Codec : uint8_t {
  Utf8, Utf16, Utf16LE, Utf16BE, Utf32, Utf32LE, Utf32BE, Latin1, Ascii, UnicodeEscape, RawUnicodeEscape, Utf7, Charmap,
};

// The codec that a name given to encode() or decode() means, in the usual spellings of the common ones.
// False: ask the codec registry.
bool codec_by_name(std::string_view name, Codec& codec);

enum class Outcome : uint8_t { Done, Error, NoMemory };

struct CodecError {
  size_t start = 0, end = 0;
  const char* reason = nullptr;
};

enum class ByteOrder : int8_t { Little = -1, Unknown = 0, Big = 1 };

class ByteMap;

struct DecodeState {
  const uint8_t* data = nullptr;
  size_t size = 0;
  size_t position = 0;
  bool final = true;  // false: an incomplete sequence at the end is left; Done, with position < size
  // Utf16, Utf32: Unknown at the start looks for a byte order mark, and is set to what was found.
  ByteOrder byte_order = ByteOrder::Unknown;
  // Charmap: text of up to 256 characters, U+FFFE for undefined.
  AnyText table;
  // UnicodeEscape: the first invalid escape (position of its backslash), for the deprecation warning.
  size_t first_invalid_escape = kNotFound;
  bool invalid_escape_is_octal = false;

  DecodeState(const uint8_t* d, size_t n) : data(d), size(n) {}
};

struct EncodeState {
  AnyText text;
  size_t position = 0;
  // Utf16, Utf32: Unknown writes a byte order mark first, then native order.
  ByteOrder byte_order = ByteOrder::Unknown;
  const ByteMap* map = nullptr;  // Charmap

  explicit EncodeState(AnyText t) : text(t) {}
};

Outcome decode_step(Codec codec, DecodeState& state, TextBuilder& out, CodecError& error);
Outcome encode_step(Codec codec, EncodeState& state, ByteBuffer& out, CodecError& error);

enum class ErrorHandler : uint8_t {
  Strict, Ignore, Replace, BackslashReplace, XmlCharRefReplace, NameReplace, SurrogateEscape, SurrogatePass, Other,
};
ErrorHandler error_handler_by_name(std::string_view name);

// The whole job with a built-in handler. Error: the handler is strict or does not apply; raise for `error`.
Outcome decode(Codec codec, ErrorHandler handler, DecodeState& state, TextBuilder& out, CodecError& error);
Outcome encode(Codec codec, ErrorHandler handler, EncodeState& state, ByteBuffer& out, CodecError& error);

// One application of a built-in handler. False: it does not apply, raise. `codec` matters to SurrogatePass only.
bool handle_decode_error(ErrorHandler handler, Codec codec, const DecodeState& state, const CodecError& error,
                         TextBuilder& out, size_t& resume);
// The replacement is text or, from the surrogate handlers, bytes.
struct EncodeReply {
  TextBuilder text;
  ByteBuffer bytes;
  bool is_bytes = false;
  size_t resume = 0;
};
bool handle_encode_error(ErrorHandler handler, Codec codec, AnyText text, const CodecError& error, EncodeReply& reply);

// Appends a handler's replacement to encoded output. False: it cannot be encoded; raise for the original error.
bool append_replacement(Codec codec, const EncodeState& state, AnyText replacement, ByteBuffer& out);
bool append_replacement_bytes(Codec codec, const uint8_t* bytes, size_t size, ByteBuffer& out);

// The name that UnicodeError.encoding carries.
const char* decode_error_name(Codec codec, ByteOrder order);
const char* encode_error_name(Codec codec);

// Inverse of a charmap decoding table: character to byte.
class ByteMap {
 public:
  // Builds from a table of at most 256 characters; U+FFFE is undefined. False: out of memory.
  bool build(AnyText table);
  // -1: not mapped. When several bytes decode to c, the last wins.
  int find(char32_t c) const {
    if (c > 0xFFFF) return find_wide(c);
    uint8_t page = pages_[c >> 8];
    return page == 0 ? -1 : entries_[static_cast<size_t>(page - 1) * 256 + (c & 0xFF)];
  }
  size_t memory() const { return sizeof *this + entries_.size() * sizeof(int16_t) + wide_.size() * sizeof(Wide); }

 private:
  struct Wide {
    char32_t c;
    int byte;
  };
  int find_wide(char32_t c) const;
  uint8_t pages_[256] = {};  // 0: none, else 1 + page number; up to 255 pages, further ones go to wide_
  Buffer<int16_t> entries_;
  Buffer<Wide> wide_;
};

}  // namespace orochi::text
