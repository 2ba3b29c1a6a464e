// Dispatch by encoding, the built-in error handlers, and the loops that put them together.
#include "text/codecs.h"

#include "text/codecs_internal.h"
#include "text/escape.h"
#include "text/names.h"
#include "text/utf8.h"

namespace orochi::text {

namespace {

bool is_surrogate(char32_t c) { return c - 0xD800 < 0x800; }

ByteOrder order_of(Codec codec, ByteOrder given) {
  switch (codec) {
    case Codec::Utf16LE:
    case Codec::Utf32LE: return ByteOrder::Little;
    case Codec::Utf16BE:
    case Codec::Utf32BE: return ByteOrder::Big;
    default: return given;
  }
}
bool is_utf16(Codec c) { return c == Codec::Utf16 || c == Codec::Utf16LE || c == Codec::Utf16BE; }
bool is_utf32(Codec c) { return c == Codec::Utf32 || c == Codec::Utf32LE || c == Codec::Utf32BE; }

}  // namespace

bool codec_by_name(std::string_view name, Codec& codec) {
  struct Row {
    std::string_view name;
    Codec codec;
  };
  static constexpr Row kRows[] = {
      {"utf_8", Codec::Utf8},       {"utf8", Codec::Utf8},         {"utf_16", Codec::Utf16},
      {"utf16", Codec::Utf16},      {"utf_16_le", Codec::Utf16LE}, {"utf_16le", Codec::Utf16LE},
      {"utf_16_be", Codec::Utf16BE}, {"utf_16be", Codec::Utf16BE}, {"utf_32", Codec::Utf32},
      {"utf32", Codec::Utf32},      {"utf_32_le", Codec::Utf32LE}, {"utf_32le", Codec::Utf32LE},
      {"utf_32_be", Codec::Utf32BE}, {"utf_32be", Codec::Utf32BE}, {"latin_1", Codec::Latin1},
      {"latin1", Codec::Latin1},    {"iso_8859_1", Codec::Latin1}, {"iso8859_1", Codec::Latin1},
      {"ascii", Codec::Ascii},      {"us_ascii", Codec::Ascii},
  };
  char folded[16];
  if (name.size() > sizeof folded) return false;
  for (size_t i = 0; i < name.size(); i++) {
    char c = name[i];
    folded[i] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c == '-' || c == ' ' ? '_' : c;
  }
  for (const Row& row : kRows) {
    if (row.name == std::string_view(folded, name.size())) {
      codec = row.codec;
      return true;
    }
  }
  return false;
}

Outcome decode_step(Codec codec, DecodeState& s, TextBuilder& out, CodecError& error) {
  Outcome outcome = Outcome::Done;
  switch (codec) {
    case Codec::Utf8: outcome = decode_utf8(s, out, error); break;
    case Codec::Utf16:
    case Codec::Utf16LE:
    case Codec::Utf16BE: outcome = decode_utf16(s, order_of(codec, s.byte_order), out, error); break;
    case Codec::Utf32:
    case Codec::Utf32LE:
    case Codec::Utf32BE: outcome = decode_utf32(s, order_of(codec, s.byte_order), out, error); break;
    case Codec::Latin1: outcome = decode_latin1(s, out); break;
    case Codec::Ascii: outcome = decode_ascii(s, out, error); break;
    case Codec::UnicodeEscape: outcome = decode_unicode_escape(s, out, error); break;
    case Codec::RawUnicodeEscape: outcome = decode_raw_unicode_escape(s, out, error); break;
    case Codec::Utf7: outcome = decode_utf7(s, out, error); break;
    case Codec::Charmap: outcome = decode_charmap(s, out, error); break;
  }
  return out.failed() ? Outcome::NoMemory : outcome;
}

Outcome encode_step(Codec codec, EncodeState& s, ByteBuffer& out, CodecError& error) {
  Outcome outcome = Outcome::Done;
  switch (codec) {
    case Codec::Utf8: outcome = encode_utf8(s, out, error); break;
    case Codec::Utf16:
    case Codec::Utf16LE:
    case Codec::Utf16BE: outcome = encode_utf16(s, order_of(codec, s.byte_order), out, error); break;
    case Codec::Utf32:
    case Codec::Utf32LE:
    case Codec::Utf32BE: outcome = encode_utf32(s, order_of(codec, s.byte_order), out, error); break;
    case Codec::Latin1: outcome = encode_narrow(s, 0x100, out, error); break;
    case Codec::Ascii: outcome = encode_narrow(s, 0x80, out, error); break;
    case Codec::UnicodeEscape: outcome = encode_unicode_escape(s, out); break;
    case Codec::RawUnicodeEscape: outcome = encode_raw_unicode_escape(s, out); break;
    case Codec::Utf7: outcome = encode_utf7(s, out); break;
    case Codec::Charmap: outcome = encode_charmap(s, out, error); break;
  }
  return out.failed() ? Outcome::NoMemory : outcome;
}

ErrorHandler error_handler_by_name(std::string_view name) {
  if (name == "strict") return ErrorHandler::Strict;
  if (name == "ignore") return ErrorHandler::Ignore;
  if (name == "replace") return ErrorHandler::Replace;
  if (name == "backslashreplace") return ErrorHandler::BackslashReplace;
  if (name == "xmlcharrefreplace") return ErrorHandler::XmlCharRefReplace;
  if (name == "namereplace") return ErrorHandler::NameReplace;
  if (name == "surrogateescape") return ErrorHandler::SurrogateEscape;
  if (name == "surrogatepass") return ErrorHandler::SurrogatePass;
  return ErrorHandler::Other;
}

bool handle_decode_error(ErrorHandler handler, Codec codec, const DecodeState& s, const CodecError& error,
                         TextBuilder& out, size_t& resume) {
  resume = error.end;
  switch (handler) {
    case ErrorHandler::Ignore: return true;
    case ErrorHandler::Replace: out.push(0xFFFD); return true;
    case ErrorHandler::BackslashReplace: {
      uint8_t escape[10];
      for (size_t i = error.start; i < error.end; i++) out.append({escape, put_escape(s.data[i], escape)});
      return true;
    }
    case ErrorHandler::SurrogateEscape: {
      // Up to four bytes, stopping before an ASCII byte; ASCII bytes are never escaped.
      size_t i = error.start;
      for (; i < error.end && i < error.start + 4 && s.data[i] >= 0x80; i++) out.push(0xDC00 + s.data[i]);
      resume = i;
      return i > error.start;
    }
    case ErrorHandler::SurrogatePass: {
      const uint8_t* p = s.data + error.start;
      size_t left = s.size - error.start;
      bool big = order_of(codec, s.byte_order) == ByteOrder::Big;
      char32_t c = 0;
      size_t size = 0;
      if (codec == Codec::Utf8) {
        size = 3;
        if (left >= 3 && (p[0] & 0xF0) == 0xE0 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80)
          c = static_cast<char32_t>((p[0] & 0xF) << 12 | (p[1] & 0x3F) << 6 | (p[2] & 0x3F));
      } else if (is_utf16(codec)) {
        size = 2;
        if (left >= 2) c = static_cast<char32_t>(big ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
      } else if (is_utf32(codec)) {
        size = 4;
        if (left >= 4)
          c = big ? static_cast<char32_t>(p[0]) << 24 | p[1] << 16 | p[2] << 8 | p[3]
                  : static_cast<char32_t>(p[3]) << 24 | p[2] << 16 | p[1] << 8 | p[0];
      }
      if (!is_surrogate(c)) return false;
      out.push(c);
      resume = error.start + size;
      return true;
    }
    default: return false;
  }
}

bool handle_encode_error(ErrorHandler handler, Codec codec, AnyText text, const CodecError& error, EncodeReply& reply) {
  reply.resume = error.end;
  uint8_t scratch[16];
  for (size_t i = error.start; i < error.end; i++) {
    char32_t c = text[i];
    switch (handler) {
      case ErrorHandler::Ignore: break;
      case ErrorHandler::Replace: reply.text.push('?'); break;
      case ErrorHandler::NameReplace: {
        char name[kLongestCharName];
        if (size_t n = name_of_char(c, name)) {
          reply.text.append(AnyText(std::string_view("\\N{")));
          reply.text.append(AnyText(std::string_view(name, n)));
          reply.text.push('}');
          break;
        }
        reply.text.append({scratch, put_escape(c, scratch)});
        break;
      }
      case ErrorHandler::BackslashReplace: reply.text.append({scratch, put_escape(c, scratch)}); break;
      case ErrorHandler::XmlCharRefReplace: {
        size_t at = sizeof scratch;
        scratch[--at] = ';';
        for (char32_t rest = c; at == sizeof scratch - 1 || rest; rest /= 10)
          scratch[--at] = static_cast<uint8_t>('0' + rest % 10);
        scratch[--at] = '#';
        scratch[--at] = '&';
        reply.text.append({scratch + at, sizeof scratch - at});
        break;
      }
      case ErrorHandler::SurrogateEscape:
        if (c < 0xDC80 || c > 0xDCFF) return false;
        reply.is_bytes = true;
        reply.bytes.push(static_cast<uint8_t>(c - 0xDC00));
        break;
      case ErrorHandler::SurrogatePass: {
        if (!is_surrogate(c)) return false;
        bool big = order_of(codec, ByteOrder::Unknown) == ByteOrder::Big;
        size_t n = 0;
        if (codec == Codec::Utf8) {
          n = put_utf8(c, scratch);
        } else if (is_utf16(codec) || is_utf32(codec)) {
          n = is_utf16(codec) ? 2 : 4;
          for (size_t j = 0; j < n; j++) scratch[j] = static_cast<uint8_t>(c >> 8 * (big ? n - 1 - j : j));
        } else {
          return false;
        }
        reply.is_bytes = true;
        reply.bytes.append(scratch, n);
        break;
      }
      default: return false;
    }
  }
  return true;
}

bool append_replacement(Codec codec, const EncodeState& state, AnyText replacement, ByteBuffer& out) {
  char32_t limit = codec == Codec::Latin1 ? 0xFF : 0x7F;
  if (codec != Codec::Charmap && max_char_class(replacement) > limit) return false;
  EncodeState inner(replacement);
  inner.map = state.map;
  inner.byte_order = state.byte_order == ByteOrder::Unknown ? ByteOrder::Little : state.byte_order;
  CodecError ignored;
  return encode_step(codec, inner, out, ignored) != Outcome::Error;
}

bool append_replacement_bytes(Codec codec, const uint8_t* bytes, size_t size, ByteBuffer& out) {
  if ((is_utf16(codec) && size % 2 != 0) || (is_utf32(codec) && size % 4 != 0)) return false;
  out.append(bytes, size);
  return true;
}

Outcome decode(Codec codec, ErrorHandler handler, DecodeState& state, TextBuilder& out, CodecError& error) {
  Outcome outcome;
  while ((outcome = decode_step(codec, state, out, error)) == Outcome::Error) {
    size_t resume;
    if (!handle_decode_error(handler, codec, state, error, out, resume)) return Outcome::Error;
    state.position = resume;
  }
  return out.failed() ? Outcome::NoMemory : outcome;
}

Outcome encode(Codec codec, ErrorHandler handler, EncodeState& state, ByteBuffer& out, CodecError& error) {
  Outcome outcome;
  while ((outcome = encode_step(codec, state, out, error)) == Outcome::Error) {
    EncodeReply reply;
    if (!handle_encode_error(handler, codec, state.text, error, reply)) {
      // These three escape what they can before they complain about the rest.
      bool partial = codec == Codec::Utf8 || codec == Codec::Latin1 || codec == Codec::Ascii;
      if (partial && handler == ErrorHandler::SurrogateEscape) error.start += reply.bytes.size();
      return Outcome::Error;
    }
    if (reply.text.failed() || reply.bytes.failed()) return Outcome::NoMemory;
    bool ok = reply.is_bytes ? append_replacement_bytes(codec, reply.bytes.data(), reply.bytes.size(), out)
                             : append_replacement(codec, state, reply.text.view(), out);
    if (!ok) return Outcome::Error;
    state.position = reply.resume;
  }
  return out.failed() ? Outcome::NoMemory : outcome;
}

const char* decode_error_name(Codec codec, ByteOrder order) {
  switch (codec) {
    case Codec::Utf8: return "utf-8";
    case Codec::Utf16: return order == ByteOrder::Big ? "utf-16-be" : "utf-16-le";
    case Codec::Utf16LE: return "utf-16-le";
    case Codec::Utf16BE: return "utf-16-be";
    case Codec::Utf32: return order == ByteOrder::Big ? "utf-32-be" : "utf-32-le";
    case Codec::Utf32LE: return "utf-32-le";
    case Codec::Utf32BE: return "utf-32-be";
    case Codec::Latin1: return "latin-1";
    case Codec::Ascii: return "ascii";
    case Codec::UnicodeEscape: return "unicodeescape";
    case Codec::RawUnicodeEscape: return "rawunicodeescape";
    case Codec::Utf7: return "utf7";
    case Codec::Charmap: return "charmap";
  }
  return "";
}

const char* encode_error_name(Codec codec) {
  if (codec == Codec::Utf16) return "utf-16";
  if (codec == Codec::Utf32) return "utf-32";
  return decode_error_name(codec, ByteOrder::Unknown);
}

}  // namespace orochi::text
