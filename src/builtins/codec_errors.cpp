// strict, ignore, replace, xmlcharrefreplace, backslashreplace, namereplace, surrogateescape, surrogatepass: each takes
// a UnicodeError and returns (replacement, position) or raises it. The kernels' own handlers do the work.
#include "builtins/codec_errors.h"

#include "builtins/codec_registry.h"
#include "builtins/str_common.h"
#include "objects/tuple.h"
#include "text/escape.h"

namespace orochi {

namespace {

struct Failure {
  Local<> object;
  int64_t start = 0, end = 0, size = 0;
};

// The range of the exception, clipped to its object.
Result<Failure> failure_of(Thread& t, Borrowed<> exception) {
  Borrowed<Exception> e = exception.as<Exception>();
  Failure f;
  f.object = exception_extra(e, 1);
  bool decode = is_instance(exception, types::UnicodeDecodeError);
  if (decode ? !is_bytes(f.object.value()) : !is_str(f.object.value())) {
    if (!f.object || f.object.value() == kNone) {
      return raise(t, types::TypeError, "UnicodeError 'object' attribute is not set");
    }
    return raise(t, types::TypeError, "UnicodeError 'object' attribute must be a {}", decode ? "bytes" : "string");
  }
  f.size = static_cast<int64_t>(decode ? Borrowed<Bytes>(f.object.value())->length()
                                       : Borrowed<Str>(f.object.value())->length());
  Local<> start = exception_extra(e, 2), end = exception_extra(e, 3);
  if (start.value() != kNone) f.start = TRY(to_index_clipped(t, start));
  if (end.value() != kNone) f.end = TRY(to_index_clipped(t, end));
  if (f.start < 0) f.start = 0;
  if (f.start >= f.size) f.start = f.size ? f.size - 1 : 0;
  if (f.end < 1) f.end = 1;
  if (f.end > f.size) f.end = f.size;
  return f;
}

Raised reraise(Thread& t, Borrowed<> exception) { return raise_exception(t, Local<>::share(exception)); }

Raised raise_wrong_exception(Thread& t, Borrowed<> exception) {
  return raise(t, types::TypeError, "don't know how to handle {} in error callback", TypeName(exception));
}

Result<Local<>> answer(Mutator& m, Local<> replacement, int64_t position) {
  Local<> at = TRY(make_int(m, position));
  return make_tuple(m, {replacement.value(), at.value()});
}

Result<text::Codec> codec_of(Thread& t, Borrowed<> exception, bool* known) {
  Local<> name = exception_extra(exception.as<Exception>(), 0);
  text::Codec codec = text::Codec::Utf8;
  *known = false;
  if (!is_str(name.value())) {
    return raise(t, types::TypeError, "UnicodeError 'encoding' attribute must be a string");
  }
  if (Borrowed<Str>(name.value())->is_ascii()) {
    *known = text::codec_by_name(Borrowed<Str>(name.value())->ascii_view(), codec);
  }
  if (*known && codec == text::Codec::Utf16) codec = text::Codec::Utf16LE;
  if (*known && codec == text::Codec::Utf32) codec = text::Codec::Utf32LE;
  return codec;
}

// Which kinds of UnicodeError a handler deals with.
enum Accepts { kEncode = 1, kDecode = 2, kTranslate = 4 };

template <text::ErrorHandler H, int Accepted>
Result<Local<>> handler(Thread& t, Borrowed<> exception) {
  bool encode = is_instance(exception, types::UnicodeEncodeError);
  bool decode = is_instance(exception, types::UnicodeDecodeError);
  bool translate = is_instance(exception, types::UnicodeTranslateError);
  if (!((encode && (Accepted & kEncode)) || (decode && (Accepted & kDecode)) || (translate && (Accepted & kTranslate)))) {
    return raise_wrong_exception(t, exception);
  }
  Failure f = TRY(failure_of(t, exception));
  if (H == text::ErrorHandler::Ignore) return answer(t, Local<>::share(empty_str()), f.end);
  bool known = true;
  text::Codec codec = text::Codec::Utf8;
  if (H == text::ErrorHandler::SurrogatePass) codec = TRY(codec_of(t, exception, &known));
  if (!known) return reraise(t, exception);
  auto start = static_cast<size_t>(f.start), end = static_cast<size_t>(f.end < f.start ? f.start : f.end);
  if (decode) {
    if (H == text::ErrorHandler::Replace) {
      Local<Str> mark = TRY(make_str_char(t, 0xfffd));
      return answer(t, std::move(mark), f.end);
    }
    Borrowed<Bytes> bytes(f.object.value());
    text::DecodeState state(bytes->data(), bytes->length());
    state.position = start;
    text::CodecError error{start, end, ""};
    text::TextBuilder out;
    size_t resume = end;
    if (!text::handle_decode_error(H, codec, state, error, out, resume)) return reraise(t, exception);
    Local<Str> s = TRY(str_from_builder(t, out));
    return answer(t, std::move(s), static_cast<int64_t>(resume));
  }
  size_t count = end - start;
  if (H == text::ErrorHandler::Replace) {
    StrBuilder out(t);
    out.append_repeat(translate ? 0xfffd : '?', count);
    Local<Str> marks = TRY(out.finish());
    return answer(t, std::move(marks), f.end);
  }
  text::CodecError error{start, end, ""};
  text::EncodeReply reply;
  if (!text::handle_encode_error(H, codec, text_of(Borrowed<Str>(f.object.value())), error, reply)) {
    return reraise(t, exception);
  }
  if (reply.is_bytes) {
    if (reply.bytes.failed()) return raise_no_memory(t);
    Local<Bytes> b =
        TRY(make_bytes(t, std::string_view(reinterpret_cast<const char*>(reply.bytes.data()), reply.bytes.size())));
    return answer(t, std::move(b), static_cast<int64_t>(reply.resume));
  }
  Local<Str> s = TRY(str_from_builder(t, reply.text));
  return answer(t, std::move(s), static_cast<int64_t>(reply.resume));
}

Result<Local<>> strict_errors(Thread& t, Borrowed<> exception) {
  if (is_exception(exception)) return reraise(t, exception);
  return raise(t, types::TypeError, "codec must pass exception instance");
}

using text::ErrorHandler;
constexpr NativeDef kStrict =
    function<strict_errors>("strict_errors(exception, /)", "Implements the 'strict' error handling, which raises a "
                                                           "UnicodeError on coding errors.");
constexpr NativeDef kIgnore = function<handler<ErrorHandler::Ignore, kEncode | kDecode | kTranslate>>(
    "ignore_errors(exception, /)",
    "Implements the 'ignore' error handling, which ignores malformed data and continues.");
constexpr NativeDef kReplace = function<handler<ErrorHandler::Replace, kEncode | kDecode | kTranslate>>(
    "replace_errors(exception, /)",
    "Implements the 'replace' error handling, which replaces malformed data with a replacement marker.");
constexpr NativeDef kXml = function<handler<ErrorHandler::XmlCharRefReplace, kEncode>>(
    "xmlcharrefreplace_errors(exception, /)",
    "Implements the 'xmlcharrefreplace' error handling, which replaces an unencodable character with the appropriate "
    "XML character reference.");
constexpr NativeDef kBackslash = function<handler<ErrorHandler::BackslashReplace, kEncode | kDecode | kTranslate>>(
    "backslashreplace_errors(exception, /)",
    "Implements the 'backslashreplace' error handling, which replaces malformed data with a backslashed escape "
    "sequence.");
constexpr NativeDef kName = function<handler<ErrorHandler::NameReplace, kEncode>>(
    "namereplace_errors(exception, /)",
    "Implements the 'namereplace' error handling, which replaces an unencodable character with a \\N{...} escape "
    "sequence.");
constexpr NativeDef kPass = function<handler<ErrorHandler::SurrogatePass, kEncode | kDecode>>(
    "surrogatepass(exception, /)", "");
constexpr NativeDef kEscape = function<handler<ErrorHandler::SurrogateEscape, kEncode | kDecode>>(
    "surrogateescape(exception, /)", "");

}  // namespace

constinit const BuiltinHandler kBuiltinHandlers[kBuiltinHandlerCount] = {
    {"strict", kStrict},         {"ignore", kIgnore},
    {"replace", kReplace},       {"xmlcharrefreplace", kXml},
    {"backslashreplace", kBackslash}, {"namereplace", kName},
    {"surrogatepass", kPass},    {"surrogateescape", kEscape},
};

}  // namespace orochi
