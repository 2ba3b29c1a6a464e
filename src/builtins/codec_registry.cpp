// Names to codecs, and text to bytes and back (PEP 100, PEP 293). The registry's list and dicts are immortal objects
// made on first use and published once; they are as safe to share as any list or dict.
#include "builtins/codec_registry.h"

#include "builtins/codec_errors.h"
#include "builtins/str_common.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/buffer.h"
#include "protocols/call.h"
#include "protocols/type_ready.h"
#include "sync/mutex.h"
#include "text/utf8.h"

namespace orochi {

namespace {

// ---- the registry ----

Value search_path_cell, cache_cell, handlers_cell;   // set once with release; immortal

template <typename T>
Borrowed<T> publish(Value* cell, Local<T> fresh) {
  __atomic_store_n(&fresh->owner, kOwnerImmortal, __ATOMIC_RELEASE);
  uint64_t expected = 0;
  uint64_t mine = fresh.value().bits;
  if (__atomic_compare_exchange_n(&cell->bits, &expected, mine, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
    return Borrowed<T>(fresh.release());
  }
  return Borrowed<T>(Value(expected));  // another thread was first; ours stays as garbage
}
Value load_cell(const Value* cell) { return Value(__atomic_load_n(&cell->bits, __ATOMIC_ACQUIRE)); }  // pairs with publish

Result<Borrowed<List>> search_path(Mutator& m) {
  if (Value v = load_cell(&search_path_cell)) return Borrowed<List>(v);
  return publish(&search_path_cell, TRY(make_list(m)));
}
Result<Borrowed<Dict>> codec_cache(Mutator& m) {
  if (Value v = load_cell(&cache_cell)) return Borrowed<Dict>(v);
  return publish(&cache_cell, TRY(make_dict(m)));
}
Result<Borrowed<Dict>> handlers(Thread& t) {
  if (Value v = load_cell(&handlers_cell)) return Borrowed<Dict>(v);
  Local<Dict> dict = TRY(make_dict(t));
  for (size_t i = 0; i < kBuiltinHandlerCount; i++) {
    Local<NativeFunction> f = TRY(make_native_function(t, kBuiltinHandlers[i].def, Borrowed<>(), Borrowed<>()));
    Local<Str> name = TRY(intern(t, kBuiltinHandlers[i].name));
    TRY(dict_set_str(t, dict, name, std::move(f)));
  }
  return publish(&handlers_cell, std::move(dict));
}

// "UTF-8" and "utf 8" are "utf_8": ASCII letters in lower case, runs of all but letters, digits and '.' one '_'.
Result<Local<Str>> normalise(Mutator& m, Borrowed<Str> name) {
  StrBuilder out(m);
  bool gap = false;
  for (size_t i = 0; i < name->length(); i++) {
    uint32_t c = name->at(i);
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
    if (!letter) {
      gap = true;
      continue;
    }
    if (gap && out.length()) out.append_char('_');
    gap = false;
    out.append_char(c >= 'A' && c <= 'Z' ? c + 32 : c);
  }
  return out.finish();
}

Raised raise_unknown_encoding(Mutator& m, Borrowed<Str> encoding) {
  return raise(m, types::LookupError, "unknown encoding: {}", encoding);
}

Result<void> check_name(Mutator& m, Borrowed<Str> name) {
  for (size_t i = 0; i < name->length(); i++) {
    if (name->at(i) == 0) return raise(m, types::ValueError, "embedded null character");
  }
  return ok();
}

}  // namespace

Result<void> codec_register(Thread& t, Borrowed<> search_function) {
  if (!is_callable(search_function)) return raise(t, types::TypeError, "argument must be callable");
  Borrowed<List> path = TRY(search_path(t));
  return list_append(t, path, Local<>::share(search_function));
}

Result<void> codec_unregister(Thread& t, Borrowed<> search_function) {
  Borrowed<List> path = TRY(search_path(t));
  for (int64_t i = 0;; i++) {
    Lookup<> f = list_get(t, path, i);
    if (f.raised()) return Raised{};
    if (f.absent()) return ok();
    if ((*f).value() != search_function.value()) continue;
    Borrowed<Dict> cache = TRY(codec_cache(t));
    dict_clear(t, cache);
    Local<> index = TRY(make_int(t, i));
    return delete_item(t, path, index);
  }
}

Result<Local<>> codec_lookup(Thread& t, Borrowed<Str> encoding) {
  TRY(check_name(t, encoding));
  Local<Str> name = TRY(normalise(t, encoding));
  Borrowed<Dict> cache = TRY(codec_cache(t));
  Lookup<> known = dict_find_str(t, cache, name);
  if (known.raised()) return Raised{};
  if (known.found()) return known.take();
  Borrowed<List> path = TRY(search_path(t));
  if (path->length() == 0) {
    (void)TRY(import_module(t, "encodings"_n));
    if (path->length() == 0) {
      return raise(t, types::LookupError, "no codec search functions registered: can't find encoding");
    }
  }
  for (int64_t i = 0;; i++) {
    Lookup<> f = list_get(t, path, i);
    if (f.raised()) return Raised{};
    if (f.absent()) return raise_unknown_encoding(t, encoding);
    Local<> info = TRY(call(t, *f, name));
    if (info.value() == kNone) continue;
    if (!is_tuple(info.value()) || Borrowed<Tuple>(info.value())->length() != 4) {
      return raise(t, types::TypeError, "codec search functions must return 4-tuples");
    }
    TRY(dict_set_str(t, cache, name, info.dup()));
    return info;
  }
}

Result<bool> codec_known(Thread& t, Borrowed<Str> encoding) {
  auto info = codec_lookup(t, encoding);
  if (!info.raised()) return true;
  if (!clear_pending_if(t, types::LookupError)) return Raised{};
  return false;
}

namespace {

Raised note_failure(Thread& t, const char* operation, Borrowed<Str> encoding) {
  Local<> e = take_pending(t);
  auto note = format_str(t, "{} with '{}' codec failed", operation, encoding);
  if (note.raised() || call_method(t, e, "add_note"_n, *note).raised()) clear_pending(t);
  set_pending(t, std::move(e));
  return {};
}

Result<Local<>> run_codec(Thread& t, Borrowed<> info, size_t which, Borrowed<> object, Borrowed<Str> encoding,
                          Borrowed<Str> errors) {
  Borrowed<> coder = info.as<Tuple>()->at(which);
  auto r = errors ? call(t, coder, object, errors) : call(t, coder, object);
  if (r.raised()) return note_failure(t, which == 0 ? "encoding" : "decoding", encoding);
  if (!is_tuple(r->value()) || Borrowed<Tuple>(r->value())->length() != 2) {
    return raise(t, types::TypeError, "{} must return a tuple (object, integer)", which == 0 ? "encoder" : "decoder");
  }
  return Local<>::share(Borrowed<Tuple>(r->value())->at(0));
}

// What str.encode and bytes.decode look up: LookupError for codecs that are not about text.
Result<Local<>> lookup_text_codec(Thread& t, Borrowed<Str> encoding, const char* alternative) {
  Local<> info = TRY(codec_lookup(t, encoding));
  if (type_of(info.value()) != &types::Tuple) {
    Lookup<> is_text = find_attr(t, info, "_is_text_encoding"_n);
    if (is_text.raised()) return Raised{};
    if (is_text.found() && !TRY(is_true(t, *is_text))) {
      return raise(t, types::LookupError, "'{}' is not a text encoding; use {} to handle arbitrary codecs", encoding,
                   alternative);
    }
  }
  return info;
}

}  // namespace

Result<Local<>> codec_encode(Thread& t, Borrowed<> object, Borrowed<Str> encoding, Borrowed<Str> errors) {
  Local<> info = TRY(codec_lookup(t, encoding));
  return run_codec(t, info, 0, object, encoding, errors);
}
Result<Local<>> codec_decode(Thread& t, Borrowed<> object, Borrowed<Str> encoding, Borrowed<Str> errors) {
  Local<> info = TRY(codec_lookup(t, encoding));
  return run_codec(t, info, 1, object, encoding, errors);
}

Result<void> codec_register_error(Thread& t, Borrowed<Str> name, Borrowed<> handler) {
  if (!is_callable(handler)) return raise(t, types::TypeError, "handler must be callable");
  Borrowed<Dict> all = TRY(handlers(t));
  Local<Str> key = TRY(exact_str(t, name));
  return dict_set_str(t, all, key, Local<>::share(handler));
}
Result<bool> codec_unregister_error(Thread& t, Borrowed<Str> name) {
  for (size_t i = 0; i < kBuiltinHandlerCount; i++) {
    if (name->equals_ascii(kBuiltinHandlers[i].name)) {
      return raise(t, types::ValueError, "cannot un-register built-in error handler '{}'", name);
    }
  }
  Borrowed<Dict> all = TRY(handlers(t));
  Local<Str> key = TRY(exact_str(t, name));
  return dict_delete_str(t, all, key);
}
Result<Local<>> codec_lookup_error(Thread& t, Borrowed<Str> name) {
  Borrowed<Dict> all = TRY(handlers(t));
  Local<Str> key = TRY(exact_str(t, name));
  Lookup<> found = dict_find_str(t, all, key);
  if (found.raised()) return Raised{};
  if (found.absent()) return raise(t, types::LookupError, "unknown error handler name '{}'", name);
  return found.take();
}

// ---- exceptions ----

namespace {

Result<Local<Exception>> make_unicode_error(Mutator& m, Type& type, std::string_view encoding, Borrowed<> object,
                                            size_t start, size_t end, std::string_view reason) {
  Local<Str> name = TRY(make_str(m, encoding));
  Local<Str> why = TRY(make_str(m, reason));
  const Value args[] = {name.value(), object.value(), Value::fixnum(static_cast<int64_t>(start)),
                        Value::fixnum(static_cast<int64_t>(end)), why.value()};
  Local<Exception> e = TRY(make_exception(m, type, args, 5));
  for (int i = 0; i < 5; i++) TRY(set_exception_extra(m, e, i, Borrowed<>(args[i])));
  return e;
}

}  // namespace

Raised raise_unicode_encode_error(Mutator& m, std::string_view encoding, Borrowed<Str> object, size_t start, size_t end,
                                  std::string_view reason) {
  auto e = make_unicode_error(m, types::UnicodeEncodeError, encoding, object, start, end, reason);
  if (e.raised()) return {};
  return raise_exception(m, e.take());
}
Raised raise_unicode_decode_error(Mutator& m, std::string_view encoding, Borrowed<> object, size_t start, size_t end,
                                  std::string_view reason) {
  auto e = make_unicode_error(m, types::UnicodeDecodeError, encoding, object, start, end, reason);
  if (e.raised()) return {};
  return raise_exception(m, e.take());
}

// ---- running the kernels ----

namespace {

Result<text::ErrorHandler> handler_of(Thread& t, Borrowed<Str> errors) {
  if (!errors) return text::ErrorHandler::Strict;
  if (!errors->is_ascii()) return text::ErrorHandler::Other;
  return text::error_handler_by_name(errors->ascii_view());
}

// (replacement, position) as handlers return it.
struct Reply {
  Local<> tuple;
  Borrowed<> replacement;
  size_t resume = 0;
};
Result<Reply> call_handler(Thread& t, Borrowed<> handler, Borrowed<> exception, bool decoding) {
  Reply reply;
  reply.tuple = TRY(call(t, handler, exception));
  Value v = reply.tuple.value();
  bool good = is_tuple(v) && Borrowed<Tuple>(v)->length() == 2;
  if (good) {
    reply.replacement = Borrowed<Tuple>(v)->at(0);
    good = is_str(reply.replacement) || (!decoding && is_bytes(reply.replacement));
  }
  if (!good) {
    return raise(t, types::TypeError, "{} error handler must return ({}, int) tuple", decoding ? "decoding" : "encoding",
                 decoding ? "str" : "str/bytes");
  }
  return reply;
}
Result<size_t> resume_position(Thread& t, const Reply& reply, size_t size) {
  int64_t at = TRY(to_index(t, Borrowed<Tuple>(reply.tuple.value())->at(1)));
  auto n = static_cast<int64_t>(size);
  int64_t position = at < 0 ? at + n : at;
  if (position < 0 || position > n) {
    return raise(t, types::IndexError, "position {} from error handler out of bounds", at);
  }
  return static_cast<size_t>(position);
}

// The next error of the same operation: the exception object is reused, as handlers may notice.
Result<void> update_error(Thread& t, Borrowed<> exception, const text::CodecError& error) {
  Borrowed<Exception> e = exception.as<Exception>();
  Local<Str> reason = TRY(make_str(t, error.reason));
  TRY(set_exception_extra(t, e, 2, Value::fixnum(static_cast<int64_t>(error.start))));
  TRY(set_exception_extra(t, e, 3, Value::fixnum(static_cast<int64_t>(error.end))));
  return set_exception_extra(t, e, 4, reason);
}

}  // namespace

Result<void> DecodeErrors::handle(text::DecodeState& state, const text::CodecError& error, text::TextBuilder& out) {
  text::ErrorHandler kind = TRY(handler_of(t_, job_.errors));
  const char* name = job_.name ? job_.name : text::decode_error_name(job_.codec, state.byte_order);
  if (kind != text::ErrorHandler::Other && kind != text::ErrorHandler::Strict) {
    size_t resume = error.end;
    if (text::handle_decode_error(kind, job_.codec, state, error, out, resume)) {
      if (out.failed()) return raise_no_memory(t_);
      state.position = resume;
      return ok();
    }
  }
  if (!object_) {
    if (job_.object && type_of(job_.object) == &types::Bytes && job_.object.as<Bytes>()->data() == state.data) {
      object_ = Local<>::share(job_.object);
    } else {
      object_ = TRY(make_bytes(t_, std::string_view(reinterpret_cast<const char*>(state.data), state.size)));
    }
  }
  if (kind != text::ErrorHandler::Other) {
    return raise_unicode_decode_error(t_, name, object_, error.start, error.end, error.reason);
  }
  if (!handler_) handler_ = TRY(codec_lookup_error(t_, job_.errors));
  if (!exception_) {
    exception_ =
        TRY(make_unicode_error(t_, types::UnicodeDecodeError, name, object_, error.start, error.end, error.reason));
  } else {
    TRY(update_error(t_, exception_, error));
  }
  Reply reply = TRY(call_handler(t_, handler_, exception_, true));
  // The handler may have put other bytes into the exception.
  Local<> now = exception_extra(Borrowed<Exception>(exception_.value()), 1);
  if (!is_bytes(now.value())) return raise(t_, types::TypeError, "exception attribute object must be bytes");
  if (now.value() != object_.value()) {
    object_ = std::move(now);
    Borrowed<Bytes> bytes(object_.value());
    state.data = bytes->data();
    state.size = bytes->length();
  }
  state.position = TRY(resume_position(t_, reply, state.size));
  out.append(text_of(reply.replacement.as<Str>()));
  if (out.failed()) return raise_no_memory(t_);
  return ok();
}

Result<Local<Str>> run_decode(Thread& t, const DecodeJob& job, text::DecodeState& state) {
  using text::Outcome;
  text::TextBuilder out;
  text::CodecError error;
  text::ErrorHandler kind = TRY(handler_of(t, job.errors));
  DecodeErrors errors(t, job);
  for (;;) {
    Outcome outcome = kind == text::ErrorHandler::Other ? text::decode_step(job.codec, state, out, error)
                                                        : text::decode(job.codec, kind, state, out, error);
    if (outcome == Outcome::NoMemory || out.failed()) return raise_no_memory(t);
    if (outcome == Outcome::Done) return str_from_builder(t, out);
    TRY(errors.handle(state, error, out));
  }
}

Raised EncodeErrors::raise(const text::CodecError& error) {
  return raise_unicode_encode_error(t_, name_, object_, error.start, error.end, error.reason);
}

Result<Local<>> EncodeErrors::handle(const text::CodecError& error, size_t* resume) {
  text::ErrorHandler kind = TRY(handler_of(t_, errors_));
  if (kind == text::ErrorHandler::Strict) return raise(error);
  if (kind != text::ErrorHandler::Other) {
    text::EncodeReply reply;
    if (!text::handle_encode_error(kind, codec_, text_of(object_), error, reply)) return raise(error);
    *resume = reply.resume;
    if (!reply.is_bytes) return str_from_builder(t_, reply.text);
    if (reply.bytes.failed()) return raise_no_memory(t_);
    return make_bytes(t_, std::string_view(reinterpret_cast<const char*>(reply.bytes.data()), reply.bytes.size()));
  }
  if (!handler_) handler_ = TRY(codec_lookup_error(t_, errors_));
  if (!exception_) {
    exception_ =
        TRY(make_unicode_error(t_, types::UnicodeEncodeError, name_, object_, error.start, error.end, error.reason));
  } else {
    TRY(update_error(t_, exception_, error));
  }
  Reply reply = TRY(call_handler(t_, handler_, exception_, false));
  *resume = TRY(resume_position(t_, reply, object_->length()));
  return Local<>::share(reply.replacement);
}

Result<Local<Bytes>> run_encode(Thread& t, text::Codec codec, Borrowed<Str> s, Borrowed<Str> errors,
                                text::EncodeState& state, const char* given_name) {
  using text::Outcome;
  text::ByteBuffer out;
  text::CodecError error;
  text::ErrorHandler kind = TRY(handler_of(t, errors));
  EncodeErrors handler(t, codec, given_name ? given_name : text::encode_error_name(codec), s, errors);
  for (;;) {
    Outcome outcome = kind == text::ErrorHandler::Other ? text::encode_step(codec, state, out, error)
                                                        : text::encode(codec, kind, state, out, error);
    if (outcome == Outcome::NoMemory || out.failed()) return raise_no_memory(t);
    if (outcome == Outcome::Done) {
      return make_bytes(t, std::string_view(reinterpret_cast<const char*>(out.data()), out.size()));
    }
    if (kind != text::ErrorHandler::Other) return handler.raise(error);
    size_t resume;
    Local<> replacement = TRY(handler.handle(error, &resume));
    state.position = resume;
    bool done;
    if (is_bytes(replacement.value())) {
      Borrowed<Bytes> b(replacement.value());
      done = text::append_replacement_bytes(codec, b->data(), b->length(), out);
    } else {
      done = text::append_replacement(codec, state, text_of(Borrowed<Str>(replacement.value())), out);
    }
    if (out.failed()) return raise_no_memory(t);
    if (!done) return handler.raise(error);
  }
}

// ---- str.encode and bytes.decode ----

namespace {

const uint8_t* bytes_of(std::string_view v) { return reinterpret_cast<const uint8_t*>(v.data()); }

// Empty: not that simple.
Result<Local<Str>> try_decode_simple(Mutator& m, text::Codec codec, std::string_view bytes, bool* done) {
  *done = true;
  if (codec == text::Codec::Latin1) return make_str_latin1(m, bytes_of(bytes), bytes.size());
  if (codec == text::Codec::Utf8 || codec == text::Codec::Ascii) {
    size_t ascii = text::ascii_prefix(bytes_of(bytes), bytes.size());
    if (ascii == bytes.size()) return make_str_latin1(m, bytes_of(bytes), bytes.size());
    if (codec == text::Codec::Utf8) {
      text::Utf8Info info = text::utf8_decoded_info(bytes_of(bytes), bytes.size());
      if (info.valid) {
        int shift = info.max_char < 0x100 ? 0 : info.max_char < 0x10000 ? 1 : 2;
        Local<Str> s = TRY(make_str_uninitialised(m, info.length, shift, false));
        text::utf8_decode_unchecked(bytes_of(bytes), bytes.size(), s->mutable_data(), static_cast<text::Kind>(1 << shift));
        return s;
      }
    }
  }
  *done = false;
  return Local<Str>::share(empty_str());
}

// What a name given to encode() or decode() means without the registry. Charmap and the like go through it.
bool direct_codec(std::string_view name, text::Codec* codec) {
  if (name.empty()) {
    *codec = text::Codec::Utf8;
    return true;
  }
  if (!text::codec_by_name(name, *codec)) return false;
  switch (*codec) {
    case text::Codec::Utf8: case text::Codec::Utf16: case text::Codec::Utf16LE: case text::Codec::Utf16BE:
    case text::Codec::Utf32: case text::Codec::Utf32LE: case text::Codec::Utf32BE: case text::Codec::Latin1:
    case text::Codec::Ascii:
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<Local<>> decode_object(Thread& t, Borrowed<> object, std::string_view bytes, Borrowed<Str> encoding,
                              Borrowed<Str> errors) {
  text::Codec codec;
  if (encoding) TRY(check_name(t, encoding));
  if (errors) TRY(check_name(t, errors));
  if (!encoding || (encoding->is_ascii() && direct_codec(encoding->ascii_view(), &codec))) {
    if (!encoding) codec = text::Codec::Utf8;
    bool done;
    Local<Str> simple = TRY(try_decode_simple(t, codec, bytes, &done));
    if (done) return simple;
    text::DecodeState state(bytes_of(bytes), bytes.size());
    return run_decode(t, DecodeJob{codec, errors, nullptr, object}, state);
  }
  Local<> info = TRY(lookup_text_codec(t, encoding, "codecs.decode()"));
  Local<> source;
  if (object) source = Local<>::share(object);
  else source = TRY(make_bytes(t, bytes));
  Local<> text = TRY(run_codec(t, info, 1, source, encoding, errors));
  if (!is_str(text.value())) {
    return raise(t, types::TypeError,
                 "'{}' decoder returned '{}' instead of 'str'; use codecs.decode() to decode to arbitrary types", encoding,
                 TypeName(text.value()));
  }
  return text;
}

Result<Local<Str>> decode_text(Thread& t, std::string_view bytes, std::string_view encoding, std::string_view errors) {
  Local<Str> encoding_name, errors_name;
  if (!encoding.empty()) encoding_name = TRY(make_str(t, encoding));
  if (!errors.empty()) errors_name = TRY(make_str(t, errors));
  Local<> text = TRY(decode_object(t, Borrowed<>(), bytes, encoding_name, errors_name));
  return std::move(text).as<Str>();
}

Result<Local<Bytes>> encode_text(Thread& t, Borrowed<Str> s, std::string_view encoding, std::string_view errors) {
  text::Codec codec;
  if (direct_codec(encoding, &codec)) {
    bool bytewise = codec == text::Codec::Utf8 || codec == text::Codec::Ascii || codec == text::Codec::Latin1;
    if (bytewise && s->is_ascii()) return make_bytes(t, s->ascii_view());
    if (codec == text::Codec::Latin1 && s->unit_shift() == 0) {
      return make_bytes(t, std::string_view(reinterpret_cast<const char*>(s->latin1()), s->length()));
    }
    if (codec == text::Codec::Utf8) {
      text::Utf8Size size = text::utf8_encoded_size(text_of(s));
      if (size.first_surrogate == text::kNotFound) {
        Local<Bytes> out = TRY(make_bytes_uninitialised(t, size.bytes));
        text::utf8_encode_unchecked(text_of(s), out->mutable_data());
        return out;
      }
    }
    Local<Str> errors_name;
    if (!errors.empty()) errors_name = TRY(make_str(t, errors));
    text::EncodeState state(text_of(s));
    return run_encode(t, codec, s, errors_name, state);
  }
  Local<Str> encoding_name = TRY(make_str(t, encoding));
  Local<Str> errors_name;
  if (!errors.empty()) errors_name = TRY(make_str(t, errors));
  Local<> info = TRY(lookup_text_codec(t, encoding_name, "codecs.encode()"));
  Local<> bytes = TRY(run_codec(t, info, 0, s, encoding_name, errors_name));
  if (is_bytes(bytes.value())) return std::move(bytes).as<Bytes>();
  if (has_flag(bytes.value(), kShapeIsByteArray)) {
    Buffer buffer = TRY(Buffer::get(t, bytes));
    return make_bytes(t, buffer.view());
  }
  return raise(t, types::TypeError,
               "'{}' encoder returned '{}' instead of 'bytes'; use codecs.encode() to encode to arbitrary types",
               encoding_name, TypeName(bytes.value()));
}

}  // namespace orochi
