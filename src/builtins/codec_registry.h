// Codecs: names to encoders and decoders, error handlers, and text to bytes and back for the rest of the runtime. The
// common encodings with the built-in error handlers never run Python code and never import `encodings`; every other
// name goes through the registry that `_codecs.register` fills.
#pragma once

#include <string_view>

#include "objects/bytes.h"
#include "protocols/native.h"
#include "text/codecs.h"

namespace orochi {

// bytes.decode and str.encode. Empty names mean "utf-8" and "strict".
Result<Local<Str>> decode_text(Thread& t, std::string_view bytes, std::string_view encoding = {},
                               std::string_view errors = {});
// The same; `original` (bytes or another buffer's owner) becomes UnicodeDecodeError.object if it is bytes.
Result<Local<>> decode_object(Thread& t, Borrowed<> object, std::string_view bytes, Borrowed<Str> encoding,
                              Borrowed<Str> errors);
Result<Local<Bytes>> encode_text(Thread& t, Borrowed<Str> s, std::string_view encoding = {},
                                 std::string_view errors = {});

// ---- registry (PEP 100). Lookups import the `encodings` package on first need.
Result<void> codec_register(Thread& t, Borrowed<> search_function);
Result<void> codec_unregister(Thread& t, Borrowed<> search_function);
Result<Local<>> codec_lookup(Thread& t, Borrowed<Str> encoding);        // a CodecInfo (tuple)
Result<bool> codec_known(Thread& t, Borrowed<Str> encoding);
Result<Local<>> codec_encode(Thread& t, Borrowed<> object, Borrowed<Str> encoding, Borrowed<Str> errors);
Result<Local<>> codec_decode(Thread& t, Borrowed<> object, Borrowed<Str> encoding, Borrowed<Str> errors);
Result<void> codec_register_error(Thread& t, Borrowed<Str> name, Borrowed<> handler);
Result<bool> codec_unregister_error(Thread& t, Borrowed<Str> name);
Result<Local<>> codec_lookup_error(Thread& t, Borrowed<Str> name);     // LookupError: unknown error handler name 'x'

// ---- running a kernel with any error handler, Python callbacks included.
struct DecodeJob {
  text::Codec codec;
  Borrowed<Str> errors;          // empty: strict
  const char* name = nullptr;    // encoding name in exceptions; nullptr: the kernel's
  Borrowed<> object;             // the exporter; bytes become UnicodeDecodeError.object as they are
};
Result<Local<Str>> run_decode(Thread& t, const DecodeJob& job, text::DecodeState& state);
Result<Local<Bytes>> run_encode(Thread& t, text::Codec codec, Borrowed<Str> s, Borrowed<Str> errors,
                                text::EncodeState& state, const char* name = nullptr);

// What to do about one error: the built-in handlers in place, any other by a call with an exception that is made once
// and then changed. For codecs whose kernel is not in src/text.
class DecodeErrors {
 public:
  DecodeErrors(Thread& t, const DecodeJob& job) : t_(t), job_(job) {}
  // Appends the replacement and moves state.position to where decoding goes on.
  Result<void> handle(text::DecodeState& state, const text::CodecError& error, text::TextBuilder& out);

 private:
  Thread& t_;
  const DecodeJob& job_;
  Local<> object_, handler_, exception_;
};
class EncodeErrors {
 public:
  EncodeErrors(Thread& t, text::Codec codec, const char* name, Borrowed<Str> object, Borrowed<Str> errors)
      : t_(t), codec_(codec), name_(name), object_(object), errors_(errors) {}
  // The replacement (str or bytes), and where encoding goes on.
  Result<Local<>> handle(const text::CodecError& error, size_t* resume);
  Raised raise(const text::CodecError& error);

 private:
  Thread& t_;
  text::Codec codec_;
  const char* name_;
  Borrowed<Str> object_, errors_;
  Local<> handler_, exception_;
};

Raised raise_unicode_encode_error(Mutator& m, std::string_view encoding, Borrowed<Str> object, size_t start, size_t end,
                                  std::string_view reason);
Raised raise_unicode_decode_error(Mutator& m, std::string_view encoding, Borrowed<> object_bytes, size_t start,
                                  size_t end, std::string_view reason);

}  // namespace orochi
