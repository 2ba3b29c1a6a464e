// `_codecs`: what the `codecs` module and the `encodings` package are built on. The work is in builtins/codec_registry
// and the kernels of src/text; charmap codecs with a Python mapping are in charmap.cpp.
#include "modules/_codecs/codecs_module.h"

#include "builtins/bytes_common.h"
#include "builtins/number_support.h"
#include "objects/dict.h"
#include "objects/tuple.h"
#include "text/escape.h"

namespace orochi {

Result<Local<>> codec_result(Mutator& m, Local<> value, size_t consumed) {
  Local<> n = TRY(make_int(m, static_cast<int64_t>(consumed)));
  return make_tuple(m, {value.value(), n.value()});
}

namespace {

using text::Codec;

// ---- the registry ----

Result<Local<>> codecs_encode(Thread& t, Borrowed<> object, Maybe<Borrowed<Str>> encoding, Maybe<Borrowed<Str>> errors) {
  Local<Str> name = encoding ? Local<Str>::share(*encoding) : TRY(make_str(t, "utf-8"));
  return codec_encode(t, object, name, errors.value);
}
Result<Local<>> codecs_decode(Thread& t, Borrowed<> object, Maybe<Borrowed<Str>> encoding, Maybe<Borrowed<Str>> errors) {
  Local<Str> name = encoding ? Local<Str>::share(*encoding) : TRY(make_str(t, "utf-8"));
  return codec_decode(t, object, name, errors.value);
}

// ---- codecs by kernel ----

// The bytes of a buffer, or the UTF-8 of a str where old codecs take one.
class Input {
 public:
  static Result<Input> of(Thread& t, Borrowed<> v, bool text_too) {
    Input in;
    if (text_too && is_str(v)) {
      auto utf8 = str_utf8(t, v.as<Str>());
      if (utf8.raised()) return Raised{};
      in.utf8_.view = (*utf8).view;
      std::swap(in.utf8_.owned, (*utf8).owned);
      in.view = in.utf8_.view;
      return in;
    }
    in.buffer_ = TRY(Buffer::get(t, v));
    in.view = in.buffer_.view();
    return in;
  }
  Input() = default;
  Input(Input&& o) noexcept : view(o.view), buffer_(std::move(o.buffer_)) {
    utf8_.view = o.utf8_.view;
    std::swap(utf8_.owned, o.utf8_.owned);
  }
  std::string_view view;

 private:
  Buffer buffer_;
  Utf8 utf8_;
};

template <Codec C>
Result<Local<>> decode_with(Thread& t, Borrowed<> data, OrNone<Borrowed<Str>> errors, bool final) {
  constexpr bool kText = C == Codec::UnicodeEscape || C == Codec::RawUnicodeEscape;
  Input in = TRY(Input::of(t, data, kText));
  text::DecodeState state(byte_pointer(in.view), in.view.size());
  state.final = final;
  Local<Str> s = TRY(run_decode(t, DecodeJob{C, errors.value, nullptr, data}, state));
  if (C == Codec::UnicodeEscape && state.first_invalid_escape != text::kNotFound) {
    size_t at = state.first_invalid_escape;
    size_t length = 2;
    if (state.invalid_escape_is_octal) length = 4;
    if (at < in.view.size()) {
      Local<Str> escape = TRY(make_str_latin1(t, byte_pointer(in.view) + at,
                                              length < in.view.size() - at ? length : in.view.size() - at));
      Local<Str> message = TRY(format_str(t, "\"{}\" is an invalid {}escape sequence. Such sequences will not work in the "
                                             "future. ", escape, state.invalid_escape_is_octal ? "octal " : ""));
      TRY(warn(t, types::DeprecationWarning, message, 1));
    }
  }
  return codec_result(t, std::move(s), state.position);
}
template <Codec C>
Result<Local<>> decode_whole(Thread& t, Borrowed<> data, OrNone<Borrowed<Str>> errors) {
  return decode_with<C>(t, data, errors, true);
}
template <Codec C>
Result<Local<>> decode_ordered(Thread& t, Borrowed<> data, OrNone<Borrowed<Str>> errors, int32_t byteorder, bool final) {
  Input in = TRY(Input::of(t, data, false));
  text::DecodeState state(byte_pointer(in.view), in.view.size());
  state.final = final;
  state.byte_order = byteorder < 0 ? text::ByteOrder::Little : byteorder > 0 ? text::ByteOrder::Big : text::ByteOrder::Unknown;
  Local<Str> s = TRY(run_decode(t, DecodeJob{C, errors.value, nullptr, data}, state));
  Local<> consumed = TRY(make_int(t, static_cast<int64_t>(state.position)));
  return make_tuple(t, {s.value(), consumed.value(), Value::fixnum(static_cast<int>(state.byte_order))});
}
template <Codec C>
Result<Local<>> encode_with(Thread& t, Borrowed<Str> s, OrNone<Borrowed<Str>> errors) {
  if ((C == Codec::Utf8 || C == Codec::Ascii || C == Codec::Latin1) && s->is_ascii()) {
    Local<Bytes> b = TRY(make_bytes(t, s->ascii_view()));
    return codec_result(t, std::move(b), s->length());
  }
  text::EncodeState state(text_of(s));
  Local<Bytes> b = TRY(run_encode(t, C, s, errors.value, state));
  return codec_result(t, std::move(b), s->length());
}
template <Codec C>
Result<Local<>> encode_ordered(Thread& t, Borrowed<Str> s, OrNone<Borrowed<Str>> errors, int32_t byteorder) {
  text::EncodeState state(text_of(s));
  state.byte_order = byteorder < 0 ? text::ByteOrder::Little : byteorder > 0 ? text::ByteOrder::Big : text::ByteOrder::Unknown;
  Local<Bytes> b = TRY(run_encode(t, C, s, errors.value, state));
  return codec_result(t, std::move(b), s->length());
}

// ---- bytes escapes ----

Result<void> warn_escape(Thread& t, std::string_view escape, bool octal) {
  Local<Str> shown = TRY(make_str_latin1(t, byte_pointer(escape), escape.size()));
  Local<Str> message = TRY(format_str(
      t, "b\"{}\" is an invalid {}escape sequence. Such sequences will not work in the future. ", shown,
      octal ? "octal " : ""));
  return warn(t, types::DeprecationWarning, message, 1);
}

// The escapes of a bytes literal; see the Python reference, "Escape sequences".
Result<Local<>> codecs_escape_decode(Thread& t, Borrowed<> data, OrNone<Borrowed<Str>> errors) {
  Input in = TRY(Input::of(t, data, true));
  std::string_view s = in.view;
  text::ByteBuffer out;
  size_t bad = text::kNotFound;
  bool bad_octal = false;
  for (size_t i = 0; i < s.size();) {
    if (s[i] != '\\') {
      out.push(static_cast<uint8_t>(s[i++]));
      continue;
    }
    size_t start = i++;
    if (i >= s.size()) return raise(t, types::ValueError, "Trailing \\ in string");
    char c = s[i++];
    switch (c) {
      case '\n': break;
      case '\\': case '\'': case '"': out.push(static_cast<uint8_t>(c)); break;
      case 'a': out.push(7); break;
      case 'b': out.push(8); break;
      case 't': out.push(9); break;
      case 'n': out.push(10); break;
      case 'v': out.push(11); break;
      case 'f': out.push(12); break;
      case 'r': out.push(13); break;
      case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': {
        int value = c - '0';
        for (int k = 0; k < 2 && i < s.size() && s[i] >= '0' && s[i] <= '7'; k++) value = value * 8 + (s[i++] - '0');
        if (value > 255 && bad == text::kNotFound) {
          bad = start;
          bad_octal = true;
        }
        out.push(static_cast<uint8_t>(value));
        break;
      }
      case 'x': {
        int high = i < s.size() ? text::hex_value(static_cast<uint8_t>(s[i])) : -1;
        int low = i + 1 < s.size() ? text::hex_value(static_cast<uint8_t>(s[i + 1])) : -1;
        if (high >= 0 && low >= 0) {
          out.push(static_cast<uint8_t>(high * 16 + low));
          i += 2;
          break;
        }
        if (!errors || errors.value->equals_ascii("strict")) {
          return raise(t, types::ValueError, "invalid \\x escape at position {}", start);
        }
        if (errors.value->equals_ascii("replace")) {
          out.push('?');
        } else if (!errors.value->equals_ascii("ignore")) {
          return raise(t, types::ValueError, "decoding error; unknown error handling code: {}", errors.value);
        }
        if (high >= 0) i++;
        break;
      }
      default:
        if (bad == text::kNotFound) bad = start;
        out.push('\\');
        out.push(static_cast<uint8_t>(c));
    }
  }
  if (bad != text::kNotFound) TRY(warn_escape(t, s.substr(bad, bad_octal ? 4 : 2), bad_octal));
  Local<Bytes> b = TRY(make_like<Bytes>(t, out));
  return codec_result(t, std::move(b), s.size());
}

Result<Local<>> codecs_escape_encode(Thread& t, Borrowed<Bytes> data, OrNone<Borrowed<Str>>) {
  static constexpr char kHex[] = "0123456789abcdef";
  text::ByteBuffer out;
  for (char each : data->view()) {
    auto c = static_cast<uint8_t>(each);
    const char* short_form = c == '\'' ? "\\'" : c == '\\' ? "\\\\" : c == '\t' ? "\\t" : c == '\n' ? "\\n" : c == '\r' ? "\\r" : nullptr;
    if (short_form) {
      out.push(static_cast<uint8_t>(short_form[0]));
      out.push(static_cast<uint8_t>(short_form[1]));
    } else if (c < ' ' || c >= 0x7f) {
      out.push('\\');
      out.push('x');
      out.push(static_cast<uint8_t>(kHex[c >> 4]));
      out.push(static_cast<uint8_t>(kHex[c & 15]));
    } else {
      out.push(c);
    }
  }
  Local<Bytes> b = TRY(make_like<Bytes>(t, out));
  return codec_result(t, std::move(b), data->length());
}

Result<Local<>> codecs_readbuffer_encode(Thread& t, Borrowed<> data, OrNone<Borrowed<Str>>) {
  Input in = TRY(Input::of(t, data, true));
  Local<Bytes> b = TRY(make_bytes(t, in.view));
  return codec_result(t, std::move(b), in.view.size());
}

#define ENCODER(name, codec) function<encode_with<codec>>(name "(str, errors=None, /)", "")
#define DECODER(name, codec) function<decode_with<codec>>(name "(data, errors=None, final=False, /)", "")

constexpr NativeDef kFunctions[] = {
    function<codec_register>("register(search_function, /)",
                             "Register a codec search function.\n\nSearch functions are expected to take one argument, the "
                             "encoding name in\nall lower case letters, and either return None, or a tuple of functions\n"
                             "(encoder, decoder, stream_reader, stream_writer) (or a CodecInfo object)."),
    function<codec_unregister>("unregister(search_function, /)",
                               "Unregister a codec search function and clear the registry's cache.\n\nIf the search "
                               "function is not registered, do nothing."),
    function<codec_lookup>("lookup(encoding, /)",
                           "Looks up a codec tuple in the Python codec registry and returns a CodecInfo object."),
    function<codecs_encode>("encode(obj, encoding='utf-8', errors='strict')",
                            "Encodes obj using the codec registered for encoding."),
    function<codecs_decode>("decode(obj, encoding='utf-8', errors='strict')",
                            "Decodes obj using the codec registered for encoding."),
    function<codec_register_error>("register_error(errors, handler, /)",
                                   "Register the specified error handler under the name errors."),
    function<codec_unregister_error>("_unregister_error(errors, /)", "Un-register the specified error handler."),
    function<codec_lookup_error>("lookup_error(name, /)",
                                 "lookup_error(errors) -> handler\n\nReturn the error handler for the specified error "
                                 "handling name or raise a\nLookupError, if no handler exists under this name."),
    function<codecs_escape_decode>("escape_decode(data, errors=None, /)", ""),
    function<codecs_escape_encode>("escape_encode(data, errors=None, /)", ""),
    function<codecs_readbuffer_encode>("readbuffer_encode(data, errors=None, /)", ""),
    function<codecs_charmap_decode>("charmap_decode(data, errors=None, mapping=None, /)", ""),
    function<codecs_charmap_encode>("charmap_encode(str, errors=None, mapping=None, /)", ""),
    function<codecs_charmap_build>("charmap_build(map, /)", ""),
    ENCODER("utf_8_encode", Codec::Utf8),
    DECODER("utf_8_decode", Codec::Utf8),
    ENCODER("utf_7_encode", Codec::Utf7),
    DECODER("utf_7_decode", Codec::Utf7),
    function<encode_ordered<Codec::Utf16>>("utf_16_encode(str, errors=None, byteorder=0, /)", ""),
    DECODER("utf_16_decode", Codec::Utf16),
    function<decode_ordered<Codec::Utf16>>("utf_16_ex_decode(data, errors=None, byteorder=0, final=False, /)", ""),
    ENCODER("utf_16_le_encode", Codec::Utf16LE),
    DECODER("utf_16_le_decode", Codec::Utf16LE),
    ENCODER("utf_16_be_encode", Codec::Utf16BE),
    DECODER("utf_16_be_decode", Codec::Utf16BE),
    function<encode_ordered<Codec::Utf32>>("utf_32_encode(str, errors=None, byteorder=0, /)", ""),
    DECODER("utf_32_decode", Codec::Utf32),
    function<decode_ordered<Codec::Utf32>>("utf_32_ex_decode(data, errors=None, byteorder=0, final=False, /)", ""),
    ENCODER("utf_32_le_encode", Codec::Utf32LE),
    DECODER("utf_32_le_decode", Codec::Utf32LE),
    ENCODER("utf_32_be_encode", Codec::Utf32BE),
    DECODER("utf_32_be_decode", Codec::Utf32BE),
    ENCODER("unicode_escape_encode", Codec::UnicodeEscape),
    function<decode_with<Codec::UnicodeEscape>>("unicode_escape_decode(data, errors=None, final=True, /)", ""),
    ENCODER("raw_unicode_escape_encode", Codec::RawUnicodeEscape),
    function<decode_with<Codec::RawUnicodeEscape>>("raw_unicode_escape_decode(data, errors=None, final=True, /)", ""),
    ENCODER("latin_1_encode", Codec::Latin1),
    function<decode_whole<Codec::Latin1>>("latin_1_decode(data, errors=None, /)", ""),
    ENCODER("ascii_encode", Codec::Ascii),
    function<decode_whole<Codec::Ascii>>("ascii_decode(data, errors=None, /)", ""),
};

Result<void> init(Thread& t, Borrowed<Module>) { return init_charmap(t); }

}  // namespace

OROCHI_MODULE(_codecs, "", kFunctions, init)

}  // namespace orochi
