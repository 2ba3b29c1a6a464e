// _io.TextIOWrapper: construction, reading and writing. UTF-8, Latin-1 and ASCII are decoded and encoded here; every
// other encoding goes through the incremental decoder and encoder of its codec. The lock is recursive: a step that calls
// Python code leaves the object whole, and what it holds it holds in locals.
#include "modules/_io/text_io.h"

#include <cerrno>
#include <cstring>

#include "objects/str_text.h"
#include "text/utf8.h"

namespace orochi {

OROCHI_MODULE_TYPE(IoTextIOWrapper)

namespace io_module {

// ---- newlines

Result<NewlineMode> newline_mode(Thread& t, Borrowed<> newline) {
  NewlineMode mode;
  if (!newline || newline.value() == kNone) {
    mode.read_universal = mode.read_translate = true;
    mode.read = ReadNewline::Universal;
    return mode;
  }
  if (!is_str(newline)) {
    return raise(t, types::TypeError, "newline must be str or None, not {}", TypeName(newline));
  }
  auto text = newline.as<Str>();
  if (text->length() == 0) {
    mode.read_universal = true;
    mode.read = ReadNewline::Universal;
  } else if (text->equals_ascii("\n")) {
  } else if (text->equals_ascii("\r")) {
    mode.read = ReadNewline::Cr;
    mode.write = WriteNewline::Cr;
  } else if (text->equals_ascii("\r\n")) {
    mode.read = ReadNewline::CrLf;
    mode.write = WriteNewline::CrLf;
  } else {
    Local<Str> shown = TRY(repr_of(t, newline));
    return raise(t, types::ValueError, "illegal newline value: {}", shown);
  }
  return mode;
}

namespace {

template <typename Unit>
int64_t find_unit(const Unit* units, size_t start, size_t end, Unit c) {
  if constexpr (sizeof(Unit) == 1) {
    const void* p = memchr(units + start, c, end - start);
    return p ? static_cast<const Unit*>(p) - units : -1;
  } else {
    for (size_t i = start; i < end; i++) {
      if (units[i] == c) return static_cast<int64_t>(i);
    }
    return -1;
  }
}

template <typename Unit>
int64_t line_end_in(const Unit* units, size_t start, size_t end, bool translated, bool universal, ReadNewline newline) {
  if (translated || (!universal && newline == ReadNewline::Lf)) {
    int64_t at = find_unit(units, start, end, static_cast<Unit>('\n'));
    return at < 0 ? -1 : at + 1;
  }
  if (universal) {
    for (size_t i = start; i < end; i++) {
      if (units[i] > '\r') continue;
      if (units[i] == '\n') return static_cast<int64_t>(i) + 1;
      if (units[i] == '\r') {
        if (i + 1 < end && units[i + 1] == '\n') i++;
        return static_cast<int64_t>(i) + 1;
      }
    }
    return -1;
  }
  if (newline == ReadNewline::Cr) {
    int64_t at = find_unit(units, start, end, static_cast<Unit>('\r'));
    return at < 0 ? -1 : at + 1;
  }
  for (size_t i = start; i + 1 < end; i++) {
    if (units[i] == '\r' && units[i + 1] == '\n') return static_cast<int64_t>(i) + 2;
  }
  return -1;
}

}  // namespace

int64_t find_line_end(Borrowed<Str> text, size_t start, bool translated, bool universal, ReadNewline newline) {
  size_t end = text->length();
  switch (text->unit_shift()) {
    case 0: return line_end_in(text->latin1(), start, end, translated, universal, newline);
    case 1: return line_end_in(text->ucs2(), start, end, translated, universal, newline);
    default: return line_end_in(text->ucs4(), start, end, translated, universal, newline);
  }
}

Result<Local<Str>> expand_newlines(Mutator& m, Local<Str> text, WriteNewline newline) {
  if (newline == WriteNewline::Lf) return text;
  size_t n = text->length();
  StrBuilder out(m);
  size_t start = 0;
  bool any = false;
  for (size_t i = 0; i < n; i++) {
    if (text->at(i) != '\n') continue;
    any = true;
    out.append(text, start, i);
    out.append_ascii(newline == WriteNewline::Cr ? "\r" : "\r\n");
    start = i + 1;
  }
  if (!any) return text;
  out.append(text, start, n);
  return out.finish();
}

// ---- state

Result<Local<>> text_buffer(Thread& t, Borrowed<TextIO> self) {
  if (!self->ok) {
    if (self->detached) return raise(t, types::ValueError, "underlying buffer has been detached");
    return raise(t, types::ValueError, "I/O operation on uninitialized object");
  }
  Local<> buffer = self->buffer.load(self.get());
  if (!buffer) return raise(t, types::ValueError, "underlying buffer has been detached");
  return buffer;
}

Result<void> text_check_open(Thread& t, Borrowed<TextIO> self) {
  Local<> buffer = TRY(text_buffer(t, self));
  bool closed;
  Type* type = type_of(buffer.value());
  if (type_of(self) == &types::IoTextIOWrapper && (type == &types::IoBufferedWriter || type == &types::IoBufferedReader ||
                                                   type == &types::IoBufferedRandom)) {
    closed = TRY(buffered_closed(t, buffer.borrow().as<Buffered>()));
  } else {
    closed = TRY(is_closed(t, self));
  }
  if (closed) return raise(t, types::ValueError, "I/O operation on closed file.");
  return ok();
}

bool text_can_decode(Borrowed<TextIO> self) {
  return self->coding == Coding::Python ? !self->decoder.is_empty() : self->readable;
}
static bool can_encode(Borrowed<TextIO> self) {
  return self->coding == Coding::Python ? !self->encoder.is_empty() : self->writable;
}

void text_set_decoded(Borrowed<TextIO> self, Local<Str> text) {
  self->decoded.set(std::move(text));
  self->used = 0;
}

static text::Codec codec_of(Coding c) {
  return c == Coding::Utf8 ? text::Codec::Utf8 : c == Coding::Latin1 ? text::Codec::Latin1 : text::Codec::Ascii;
}

Result<Local<Str>> text_decode(Thread& t, Borrowed<TextIO> self, Borrowed<> input, bool final) {
  if (self->coding == Coding::Python) {
    Local<> decoder = self->decoder.load(self.get());
    if (!decoder) return raise_unsupported(t, "not readable");
    Local<> text = TRY(call_method(t, decoder, "decode"_n, input, Borrowed<>(Value::boolean(final))));
    if (!is_str(text.value())) {
      return raise(t, types::TypeError, "decoder should return a string result, not '{}'", TypeName(text.value()));
    }
    if (type_of(decoder.value()) == &types::IoNewlineDecoder || !self->read_universal) return std::move(text).as<Str>();
    return translate_newlines(t, std::move(text).as<Str>(), self->read_translate, final, &self->pending_cr, &self->seen);
  }
  Local<Bytes> joined;
  std::string_view bytes;
  Buffer view;
  if (is_bytes(input)) {
    bytes = input.as<Bytes>()->view();
  } else {
    view = TRY(Buffer::get(t, input));
    bytes = view.view();
  }
  if (self->partial_size) {
    size_t head = self->partial_size;
    joined = TRY(make_bytes_uninitialised(t, head + bytes.size()));
    memcpy(joined->mutable_data(), self->partial, head);
    memcpy(joined->mutable_data() + head, bytes.data(), bytes.size());
    bytes = joined->view();
    self->partial_size = 0;
  }
  auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  Local<Str> text;
  if (self->coding == Coding::Latin1 || text::ascii_prefix(data, bytes.size()) == bytes.size()) {
    text = TRY(make_str_latin1(t, data, bytes.size()));
  } else {
    Local<Bytes> whole;
    Borrowed<> object = input;
    if (joined) {
      object = joined;
    } else if (!is_bytes(input)) {
      whole = TRY(make_bytes(t, bytes));
      object = whole;
    }
    text::DecodeState state(data, bytes.size());
    state.final = final;
    Local<> errors = self->errors.load(self.get());
    DecodeJob job{codec_of(self->coding), Borrowed<Str>(errors.value()), nullptr, object};
    text = TRY(run_decode(t, job, state));
    size_t left = bytes.size() - state.position;
    if (left > 0 && left <= sizeof self->partial && !final) {
      memcpy(self->partial, data + state.position, left);
      self->partial_size = static_cast<uint8_t>(left);
    }
  }
  if (!self->read_universal) return text;
  return translate_newlines(t, std::move(text), self->read_translate, final, &self->pending_cr, &self->seen);
}

Result<DecoderState> text_decoder_state(Thread& t, Borrowed<TextIO> self) {
  DecoderState s;
  if (self->coding != Coding::Python) {
    s.input = TRY(make_bytes(t, {reinterpret_cast<char*>(self->partial), self->partial_size}));
    s.flags = self->pending_cr;
    return s;
  }
  Local<> decoder = self->decoder.load(self.get());
  if (!decoder) return raise_unsupported(t, "not readable");
  Local<> state = TRY(call_method(t, decoder, "getstate"_n));
  if (!is_tuple(state.value()) || state.borrow().as<Tuple>()->length() != 2) {
    return raise(t, types::TypeError, "illegal decoder state");
  }
  auto pair = state.borrow().as<Tuple>();
  if (!is_bytes(pair->at(0))) {
    return raise(t, types::TypeError, "illegal decoder state: the first item should be a bytes object, not '{}'",
                 TypeName(pair->at(0)));
  }
  if (!is_int(pair->at(1)) || !int_as_int64(pair->at(1), &s.flags)) {
    return raise(t, types::TypeError, "illegal decoder state");
  }
  s.input = Local<Bytes>::share(pair->at(0).value());
  return s;
}

Result<void> text_set_decoder_state(Thread& t, Borrowed<TextIO> self, Borrowed<Bytes> input, int64_t flags) {
  if (self->coding != Coding::Python) {
    size_t n = input->length();
    if (n > sizeof self->partial) n = sizeof self->partial;
    memcpy(self->partial, input->data(), n);
    self->partial_size = static_cast<uint8_t>(n);
    self->pending_cr = self->read_universal && (flags & 1);
    return ok();
  }
  Local<> decoder = self->decoder.load(self.get());
  if (!decoder) return ok();
  Local<> number = TRY(make_int(t, flags));
  Local<Tuple> state = TRY(make_tuple(t, {input.value(), number.value()}));
  (void)TRY(call_method(t, decoder, "setstate"_n, state));
  return ok();
}

Result<void> text_reset_decoder(Thread& t, Borrowed<TextIO> self) {
  self->partial_size = 0;
  self->pending_cr = 0;
  if (self->coding != Coding::Python) {
    self->seen = 0;
    return ok();
  }
  Local<> decoder = self->decoder.load(self.get());
  if (decoder) (void)TRY(call_method(t, decoder, "reset"_n));
  return ok();
}

Result<void> text_reset_encoder(Thread& t, Borrowed<TextIO> self, bool at_start) {
  Local<> encoder = self->encoder.load(self.get());
  if (!encoder) return ok();
  if (at_start) (void)TRY(call_method(t, encoder, "reset"_n));
  else (void)TRY(call_method(t, encoder, "setstate"_n, Borrowed<>(Value::fixnum(0))));
  return ok();
}

Result<void> text_flush_output(Thread& t, Borrowed<TextIO> self) {
  if (self->output_size == 0) return ok();
  Local<> buffer = TRY(text_buffer(t, self));
  Type* type = type_of(buffer.value());
  // Whatever happens below, the text is the buffer's concern from here on.
  uint8_t* data = self->output;
  size_t size = self->output_size;
  if (type == &types::IoBufferedWriter || type == &types::IoBufferedRandom) {
    self->output = nullptr;
    self->output_size = 0;
    uint64_t capacity = self->output_capacity;
    auto r = buffered_write_all(t, buffer.borrow().as<Buffered>(), data, size);
    if (self->output) {
      free_raw(data);
    } else {
      self->output = data;
      self->output_capacity = capacity;
    }
    return r;
  }
  Local<Bytes> bytes = TRY(make_bytes(t, {reinterpret_cast<char*>(data), size}));
  self->output_size = 0;
  for (;;) {
    auto r = call_method(t, buffer, "write"_n, bytes);
    if (!r.raised()) return ok();
    // An interrupted write of a Python class: as PEP 475 asks, again.
    if (!pending_matches(t, types::InterruptedError)) return Raised{};
    clear_pending(t);
  }
}

namespace {

// Appends to the output; grows it. False: no memory.
uint8_t* output_room(Borrowed<TextIO> self, size_t more) {
  size_t wanted = self->output_size + more;
  if (!self->output || wanted > self->output_capacity) {
    size_t capacity = self->output ? self->output_capacity : 0;
    size_t roomy = capacity + capacity / 2 + 256;
    if (wanted < roomy) wanted = roomy;
    void* p = reallocate_raw(self->output, wanted);
    if (!p) return nullptr;
    self->output = static_cast<uint8_t*>(p);
    self->output_capacity = wanted;
  }
  return self->output + self->output_size;
}

Result<void> append_output(Thread& t, Borrowed<TextIO> self, const void* data, size_t size) {
  uint8_t* to = output_room(self, size);
  if (!to) return raise_no_memory(t);
  memcpy(to, data, size);
  self->output_size += size;
  return ok();
}

Result<void> append_encoded(Thread& t, Borrowed<TextIO> self, Borrowed<Str> text) {
  if (self->coding != Coding::Python) {
    if (text->is_ascii() || (self->coding == Coding::Latin1 && text->unit_shift() == 0)) {
      return append_output(t, self, text->data(), text->length());
    }
    if (self->coding == Coding::Utf8) {
      static constexpr text::Kind kKinds[] = {text::Kind::One, text::Kind::Two, text::Kind::Four};
      text::AnyText any(text->data(), text->length(), kKinds[text->unit_shift()]);
      text::Utf8Size size = text::utf8_encoded_size(any);
      if (size.first_surrogate == text::kNotFound) {
        uint8_t* to = output_room(self, size.bytes);
        if (!to) return raise_no_memory(t);
        text::utf8_encode_unchecked(any, to);
        self->output_size += size.bytes;
        return ok();
      }
    }
    Local<> errors = self->errors.load(self.get());
    static constexpr const char* kNames[] = {"", "utf-8", "latin-1", "ascii"};
    Utf8 handler = TRY(str_utf8(t, Borrowed<Str>(errors.value()), Surrogates::Pass));
    Local<Bytes> bytes = TRY(encode_text(t, text, kNames[static_cast<int>(self->coding)], handler.view));
    return append_output(t, self, bytes->data(), bytes->length());
  }
  Local<> encoder = self->encoder.load(self.get());
  if (!encoder) return raise_unsupported(t, "not writable");
  Local<> bytes = TRY(call_method(t, encoder, "encode"_n, text));
  if (!is_bytes(bytes.value())) {
    return raise(t, types::TypeError, "encoder should return a bytes object, not '{}'", TypeName(bytes.value()));
  }
  return append_output(t, self, bytes.borrow().as<Bytes>()->data(), bytes.borrow().as<Bytes>()->length());
}

// ---- codecs

Coding native_coding(std::string_view name) {
  text::Codec codec;
  if (!text::codec_by_name(name, codec)) return Coding::Python;
  switch (codec) {
    case text::Codec::Utf8: return Coding::Utf8;
    case text::Codec::Latin1: return Coding::Latin1;
    case text::Codec::Ascii: return Coding::Ascii;
    default: return Coding::Python;
  }
}

Result<void> set_up_codec(Thread& t, Borrowed<TextIO> self, Borrowed<Str> encoding, Borrowed<Str> errors) {
  Local<> buffer = TRY(text_buffer(t, self));
  Local<> readable = TRY(call_method(t, buffer, "readable"_n));
  self->readable = TRY(is_true(t, readable));
  Local<> writable = TRY(call_method(t, buffer, "writable"_n));
  self->writable = TRY(is_true(t, writable));
  self->decoder.set(Local<>());
  self->encoder.set(Local<>());
  self->partial_size = self->pending_cr = 0;
  self->coding = encoding->is_ascii() ? native_coding(encoding->ascii_view()) : Coding::Python;
  if (self->coding != Coding::Python) return ok();
  Local<> info = TRY(codec_lookup(t, encoding));
  Lookup<> is_text = find_attr(t, info, "_is_text_encoding"_n);
  if (is_text.raised()) return Raised{};
  if (is_text.found()) {
    bool text = TRY(is_true(t, *is_text));
    if (!text) {
      Local<Str> shown = TRY(repr_of(t, encoding));
      return raise(t, types::LookupError,
                   "{} is not a text encoding; use codecs.open() to handle arbitrary codecs", shown);
    }
  }
  if (self->readable) {
    Local<> decoder = TRY(call_method(t, info, "incrementaldecoder"_n, errors));
    if (self->read_universal) {
      decoder = TRY(call(t, Borrowed<>(&types::IoNewlineDecoder), decoder,
                         Borrowed<>(Value::boolean(self->read_translate))));
    }
    self->decoder.set(std::move(decoder));
  }
  if (self->writable) {
    Local<> encoder = TRY(call_method(t, info, "incrementalencoder"_n, errors));
    self->encoder.set(std::move(encoder));
  }
  return ok();
}

// An encoder in the middle of a file writes no byte order mark.
Result<void> fix_encoder_state(Thread& t, Borrowed<TextIO> self) {
  if (!self->seekable || self->encoder.is_empty()) return ok();
  Local<> buffer = TRY(text_buffer(t, self));
  Local<> at = TRY(call_method(t, buffer, "tell"_n));
  bool zero = TRY(equals(t, at, Borrowed<>(Value::fixnum(0))));
  if (!zero) return text_reset_encoder(t, self, false);
  return ok();
}

Result<void> set_newline(Thread& t, Borrowed<TextIO> self, Borrowed<> newline) {
  NewlineMode mode = TRY(newline_mode(t, newline));
  self->read_universal = mode.read_universal;
  self->read_translate = mode.read_translate;
  self->read_newline = mode.read;
  self->write_newline = mode.write;
  self->newline.set(Local<>::share(newline ? newline : Borrowed<>(kNone)));
  return ok();
}

bool has_nul(Borrowed<Str> s) {
  for (size_t i = 0; i < s->length(); i++) {
    if (s->at(i) == 0) return true;
  }
  return false;
}

Result<void> text_init(Thread& t, Borrowed<TextIO> self, Borrowed<> buffer, Borrowed<> encoding_value,
                       Borrowed<> errors_value, Borrowed<> newline, bool line_buffering, bool write_through) {
  self->ok = 0;
  self->detached = 0;
  if (encoding_value.value() != kNone && !is_str(encoding_value)) {
    return raise(t, types::TypeError, "TextIOWrapper() argument 'encoding' must be str or None, not {}",
                 TypeName(encoding_value));
  }
  if (errors_value.value() != kNone && !is_str(errors_value)) {
    return raise(t, types::TypeError, "TextIOWrapper() argument 'errors' must be str or None, not {}",
                 TypeName(errors_value));
  }
  if ((is_str(encoding_value) && has_nul(encoding_value.as<Str>())) ||
      (is_str(errors_value) && has_nul(errors_value.as<Str>()))) {
    return raise(t, types::ValueError, "embedded null character");
  }
  if (is_str(encoding_value)) (void)TRY(str_utf8(t, encoding_value.as<Str>()));   // no surrogates
  if (is_str(errors_value)) (void)TRY(str_utf8(t, errors_value.as<Str>()));
  if (newline.value() != kNone && !is_str(newline)) {
    return raise(t, types::TypeError, "TextIOWrapper() argument 'newline' must be str or None, not {}",
                 TypeName(newline));
  }
  IoLockGuard guard(t, self->lock);
  TRY(set_newline(t, self, newline));
  Local<Str> encoding;
  if (encoding_value.value() == kNone || encoding_value.as<Str>()->equals_ascii("locale")) {
    encoding = TRY(make_str(t, "UTF-8"));
  } else {
    encoding = Local<Str>::share(encoding_value.as<Str>());
  }
  Local<Str> errors = is_str(errors_value) ? Local<Str>::share(errors_value.as<Str>()) : TRY(make_str(t, "strict"));
  self->buffer.set(Local<>::share(buffer));
  self->encoding.set(encoding.dup());
  self->errors.set(errors.dup());
  self->chunk_size = 8192;
  self->line_buffering = line_buffering;
  self->write_through = write_through;
  self->used = 0;
  self->decoded.set(Local<Str>());
  self->snapshot.set(Local<Bytes>());
  self->output_size = 0;
  self->seen = 0;
  self->ok = 1;
  auto rest = [&]() -> Result<void> {
    TRY(set_up_codec(t, self, encoding, errors));
    Local<> seekable = TRY(call_method(t, buffer, "seekable"_n));
    self->seekable = self->telling = TRY(is_true(t, seekable));
    self->has_read1 = TRY(has_attr(t, buffer, "read1"_n));
    return fix_encoder_state(t, self);
  };
  if (rest().raised()) {
    self->ok = 0;
    return Raised{};
  }
  return ok();
}
constexpr NativeDef kInit = arguments<text_init>(
    "TextIOWrapper(self, buffer, encoding=None, errors=None, newline=None, line_buffering=False, write_through=False)");

Result<Local<>> text_op_new(Thread& t, Borrowed<Type> cls, const CallArgs&) { return allocate_for<TextIO>(t, cls); }

Result<void> text_reconfigure(Thread& t, Borrowed<TextIO> self, Borrowed<> encoding, Borrowed<> errors,
                              Maybe<Borrowed<>> newline, Borrowed<> line_buffering, Borrowed<> write_through) {
  (void)TRY(text_buffer(t, self));
  IoLockGuard guard(t, self->lock);
  bool recode = encoding.value() != kNone || errors.value() != kNone || newline;
  if (recode && (!self->decoded.is_empty() || !self->snapshot.is_empty())) {
    return raise_unsupported(t, "It is not possible to set the encoding or newline of stream after the first read");
  }
  if (encoding.value() != kNone && !is_str(encoding)) {
    return raise(t, types::TypeError, "reconfigure() argument 'encoding' must be str or None, not {}", TypeName(encoding));
  }
  if (errors.value() != kNone && !is_str(errors)) {
    return raise(t, types::TypeError, "reconfigure() argument 'errors' must be str or None, not {}", TypeName(errors));
  }
  if (newline && (*newline).value() != kNone && !is_str(*newline)) {
    return raise(t, types::TypeError, "reconfigure() argument 'newline' must be str or None, not {}", TypeName(*newline));
  }
  if (is_str(encoding)) (void)TRY(str_utf8(t, encoding.as<Str>()));
  if (is_str(errors)) (void)TRY(str_utf8(t, errors.as<Str>()));
  bool lines = self->line_buffering, through = self->write_through;
  if (line_buffering.value() != kNone) lines = TRY(is_true(t, line_buffering));
  if (write_through.value() != kNone) through = TRY(is_true(t, write_through));
  (void)TRY(call_method(t, self, "flush"_n));
  self->snapshot.set(Local<Bytes>());
  if (newline) TRY(set_newline(t, self, *newline));
  if (recode) {
    Local<> new_encoding, new_errors;
    if (encoding.value() == kNone) {
      new_encoding = self->encoding.load(self.get());
      new_errors = errors.value() == kNone ? self->errors.load(self.get()) : Local<>::share(errors);
    } else {
      if (encoding.as<Str>()->equals_ascii("locale")) new_encoding = TRY(make_str(t, "UTF-8"));
      else new_encoding = Local<>::share(encoding);
      if (errors.value() == kNone) new_errors = TRY(make_str(t, "strict"));
      else new_errors = Local<>::share(errors);
    }
    TRY(set_up_codec(t, self, new_encoding.borrow().as<Str>(), new_errors.borrow().as<Str>()));
    self->encoding.set(std::move(new_encoding));
    self->errors.set(std::move(new_errors));
    TRY(fix_encoder_state(t, self));
  }
  self->line_buffering = lines;
  self->write_through = through;
  return ok();
}

// ---- writing

Result<Local<>> text_write(Thread& t, Borrowed<TextIO> self, Borrowed<Str> given) {
  (void)TRY(text_buffer(t, self));
  IoLockGuard guard(t, self->lock);
  TRY(text_check_open(t, self));
  if (!can_encode(self)) return raise_unsupported(t, "not writable");
  size_t length = given->length();
  Local<Str> text = Local<Str>::share(given);
  bool flush = false;
  if (self->line_buffering || self->write_newline != WriteNewline::Lf) {
    bool has_lf = find_line_end(given, 0, true, false, ReadNewline::Lf) >= 0;
    if (has_lf && self->write_newline != WriteNewline::Lf) {
      text = TRY(expand_newlines(t, std::move(text), self->write_newline));
    }
    if (self->line_buffering) {
      flush = has_lf || find_line_end(given, 0, false, false, ReadNewline::Cr) >= 0;
    }
  }
  bool force = self->write_through;
  if (self->output_size && self->output_size + length > static_cast<uint64_t>(self->chunk_size)) {
    // Large text does not pile up behind small text.
    TRY(text_flush_output(t, self));
  }
  TRY(append_encoded(t, self, text));
  if (self->output_size >= static_cast<uint64_t>(self->chunk_size) || flush || force) TRY(text_flush_output(t, self));
  if (flush) {
    Local<> buffer = TRY(text_buffer(t, self));
    (void)TRY(call_method(t, buffer, "flush"_n));
  }
  if (!self->snapshot.is_empty()) {
    text_set_decoded(self, Local<Str>());
    self->snapshot.set(Local<Bytes>());
    TRY(text_reset_decoder(t, self));
  }
  return make_int(t, static_cast<int64_t>(length));
}

Result<void> text_flush(Thread& t, Borrowed<TextIO> self) {
  (void)TRY(text_buffer(t, self));
  IoLockGuard guard(t, self->lock);
  TRY(text_check_open(t, self));
  self->telling = self->seekable;
  TRY(text_flush_output(t, self));
  Local<> buffer = TRY(text_buffer(t, self));
  guard.unlock();
  (void)TRY(call_method(t, buffer, "flush"_n));
  return ok();
}

// ---- reading

// Decodes one more chunk. False: the end of the input.
Result<bool> read_chunk(Thread& t, Borrowed<TextIO> self, int64_t size_hint) {
  if (!text_can_decode(self)) return raise_unsupported(t, "not readable");
  Local<> buffer = TRY(text_buffer(t, self));
  DecoderState before;
  bool telling = self->telling;
  if (telling) before = TRY(text_decoder_state(t, self));
  int64_t wanted = size_hint > self->chunk_size ? size_hint : self->chunk_size;
  Local<> input;
  if (type_of(buffer.value()) == &types::IoBufferedReader || type_of(buffer.value()) == &types::IoBufferedRandom) {
    input = TRY(buffered_read1(t, buffer.borrow().as<Buffered>(), Value::fixnum(wanted)));
  } else {
    Borrowed<Str> name = self->has_read1 ? "read1"_n : "read"_n;
    input = TRY(call_method(t, buffer, name, Borrowed<>(Value::fixnum(wanted))));
    if (!is_bytes(input.value()) && !(input.value() != kNone && has_buffer(input.value()))) {
      return raise(t, types::TypeError, "underlying {}() should have returned a bytes-like object, not '{}'",
                   self->has_read1 ? "read1" : "read", TypeName(input.value()));
    }
  }
  if (input.value() == kNone) {
    return raise(t, types::TypeError, "underlying {}() should have returned a bytes-like object, not '{}'",
                 self->has_read1 ? "read1" : "read", TypeName(input.value()));
  }
  Local<Bytes> bytes;
  if (is_bytes(input.value())) {
    bytes = Local<Bytes>::share(input.value());
  } else {
    Buffer view = TRY(Buffer::get(t, input));
    bytes = TRY(make_bytes(t, view.view()));
  }
  bool eof = bytes->length() == 0;
  Local<Str> text = TRY(text_decode(t, self, bytes, eof));
  if (text->length() > 0) eof = false;
  text_set_decoded(self, std::move(text));
  if (telling) {
    if (before.input->length() == 0) {
      self->snapshot.set(std::move(bytes));
    } else {
      std::string_view a = before.input->view(), b = bytes->view();
      Local<Bytes> all = TRY(make_bytes_uninitialised(t, a.size() + b.size()));
      memcpy(all->mutable_data(), a.data(), a.size());
      memcpy(all->mutable_data() + a.size(), b.data(), b.size());
      self->snapshot.set(std::move(all));
    }
    self->snapshot_flags = before.flags;
  }
  return !eof;
}

// Up to n of the decoded characters (n < 0: all).
Result<Local<Str>> take_decoded(Thread& t, Borrowed<TextIO> self, int64_t n) {
  Local<Str> text = self->decoded.load(self.get());
  if (!text) return Local<Str>::share(empty_str());
  int64_t have = static_cast<int64_t>(text->length()) - self->used;
  if (n < 0 || n > have) n = have;
  if (self->used == 0 && n == static_cast<int64_t>(text->length())) {
    self->used = n;
    return text;
  }
  Local<Str> out = TRY(str_substring(t, text, static_cast<size_t>(self->used), static_cast<size_t>(self->used + n)));
  self->used += n;
  return out;
}

Result<Local<>> text_read(Thread& t, Borrowed<TextIO> self, Borrowed<> size_value) {
  int64_t n = TRY(size_argument(t, size_value));
  (void)TRY(text_buffer(t, self));
  IoLockGuard guard(t, self->lock);
  TRY(text_check_open(t, self));
  if (!text_can_decode(self)) return raise_unsupported(t, "not readable");
  TRY(text_flush_output(t, self));
  if (n < 0) {
    Local<> buffer = TRY(text_buffer(t, self));
    Local<> bytes = TRY(call_method(t, buffer, "read"_n));
    if (bytes.value() == kNone) return raise_blocking(t, "Read returned None.", 0);
    if (!is_bytes(bytes.value()) && !has_buffer(bytes.value())) {
      return raise(t, types::TypeError, "a bytes-like object is required, not '{}'", TypeName(bytes.value()));
    }
    Local<Str> rest = TRY(text_decode(t, self, bytes, true));
    Local<Str> head = TRY(take_decoded(t, self, -1));
    Local<Str> all = head->length() == 0   ? std::move(rest)
                     : rest->length() == 0 ? std::move(head)
                                           : TRY(str_concat(t, head, rest));
    if (!self->snapshot.is_empty()) {
      text_set_decoded(self, Local<Str>());
      self->snapshot.set(Local<Bytes>());
    }
    return all;
  }
  Local<Str> first = TRY(take_decoded(t, self, n));
  int64_t left = n - static_cast<int64_t>(first->length());
  if (left <= 0) return first;
  StrBuilder out(t);
  out.append(first);
  while (left > 0) {
    bool more = TRY(read_chunk(t, self, left));
    if (!more) break;
    Local<Str> piece = TRY(take_decoded(t, self, left));
    out.append(piece);
    left -= static_cast<int64_t>(piece->length());
  }
  return out.finish();
}

Result<Local<Str>> read_line(Thread& t, Borrowed<TextIO> self, int64_t limit) {
  TRY(text_check_open(t, self));
  TRY(text_flush_output(t, self));
  StrBuilder out(t);
  bool building = false;
  Local<Str> carried;   // text of earlier chunks that may end in half a \r\n
  for (;;) {
    Local<Str> text = self->decoded.load(self.get());
    if (!text || self->used >= static_cast<int64_t>(text->length())) {
      bool more = TRY(read_chunk(t, self, 0));
      if (!more) {
        text_set_decoded(self, Local<Str>());
        self->snapshot.set(Local<Bytes>());
        break;
      }
      continue;
    }
    auto start = static_cast<size_t>(self->used);
    size_t length = text->length();
    if (!building) {
      int64_t end = find_line_end(text, start, self->read_translate, self->read_universal, self->read_newline);
      if (end >= 0 && !(limit >= 0 && end - static_cast<int64_t>(start) > limit)) {
        self->used = end;
        if (start == 0 && static_cast<size_t>(end) == length) return text;
        return str_substring(t, text, start, static_cast<size_t>(end));
      }
      if (limit >= 0 && static_cast<int64_t>(length - start) >= limit) {
        self->used = static_cast<int64_t>(start) + limit;
        return str_substring(t, text, start, start + static_cast<size_t>(limit));
      }
      building = true;
      // \r at the end of a chunk, \n at the start of the next: only for CrLf, where the pair is one line end.
      if (self->read_newline == ReadNewline::CrLf && text->at(length - 1) == '\r') {
        out.append(text, start, length - 1);
        carried = TRY(make_str_char(t, '\r'));
      } else {
        out.append(text, start, length);
      }
      self->used = static_cast<int64_t>(length);
      continue;
    }
    if (carried) {
      text = TRY(str_concat(t, carried, start ? TRY(str_substring(t, text, start, length)) : std::move(text)));
      carried = Local<Str>();
      self->decoded.set(text.dup());
      // The position of the snapshot is one character off now; a \r\n split between chunks cannot be told.
      self->used = 0;
      self->snapshot.set(Local<Bytes>());
      start = 0;
      length = text->length();
    }
    int64_t end = find_line_end(text, start, self->read_translate, self->read_universal, self->read_newline);
    int64_t room = limit < 0 ? INT64_MAX : limit - static_cast<int64_t>(out.length());
    if (end >= 0 && end - static_cast<int64_t>(start) <= room) {
      out.append(text, start, static_cast<size_t>(end));
      self->used = end;
      break;
    }
    if (static_cast<int64_t>(length - start) >= room) {
      out.append(text, start, start + static_cast<size_t>(room));
      self->used = static_cast<int64_t>(start) + room;
      break;
    }
    if (self->read_newline == ReadNewline::CrLf && text->at(length - 1) == '\r') {
      out.append(text, start, length - 1);
      carried = TRY(make_str_char(t, '\r'));
    } else {
      out.append(text, start, length);
    }
    self->used = static_cast<int64_t>(length);
  }
  if (carried) out.append(carried);
  return out.finish();
}

Result<Local<>> text_readline(Thread& t, Borrowed<TextIO> self, Borrowed<> size_value) {
  int64_t limit = TRY(size_argument(t, size_value));
  (void)TRY(text_buffer(t, self));
  IoLockGuard guard(t, self->lock);
  return read_line(t, self, limit < 0 ? -1 : limit);
}

Lookup<> text_op_next(Thread& t, Borrowed<> v) {
  auto self = v.as<TextIO>();
  (void)TRY(text_buffer(t, self));
  Local<> line;
  if (type_of(v) == &types::IoTextIOWrapper) {
    IoLockGuard guard(t, self->lock);
    self->telling = 0;
    line = TRY(read_line(t, self, -1));
  } else {
    self->telling = 0;
    line = TRY(call_method(t, v, "readline"_n));
    if (!is_str(line.value())) {
      return raise(t, types::OSError, "readline() should have returned a str object, not '{}'", TypeName(line.value()));
    }
  }
  if (line.borrow().as<Str>()->length() == 0) {
    self->snapshot.set(Local<Bytes>());
    self->telling = self->seekable;
    return kAbsent;
  }
  return line;
}

// ---- life

Result<Local<>> text_close(Thread& t, Borrowed<TextIO> self) {
  Local<> buffer = TRY(text_buffer(t, self));
  bool closed = TRY(is_closed(t, self));
  if (closed) return kNone;
  if (self->finalizing && call_method(t, buffer, "_dealloc_warn"_n, self).raised()) clear_pending(t);
  Local<> error;
  if (call_method(t, self, "flush"_n).raised()) error = take_pending(t);
  auto r = call_method(t, buffer, "close"_n);
  if (r.raised()) {
    chain_pending(t, std::move(error));
    return Raised{};
  }
  if (error) {
    set_pending(t, std::move(error));
    return Raised{};
  }
  return kNone;
}

Result<Local<>> text_detach(Thread& t, Borrowed<TextIO> self) {
  (void)TRY(text_buffer(t, self));
  (void)TRY(call_method(t, self, "flush"_n));
  Local<> buffer = self->buffer.take();
  if (!buffer) return raise(t, types::ValueError, "underlying buffer has been detached");
  self->detached = 1;
  self->ok = 0;
  return buffer;
}

Result<Local<>> text_truncate(Thread& t, Borrowed<TextIO> self, Borrowed<> pos) {
  (void)TRY(text_buffer(t, self));
  (void)TRY(call_method(t, self, "flush"_n));
  Local<> buffer = TRY(text_buffer(t, self));
  return call_method(t, buffer, "truncate"_n, pos);
}

Result<Local<>> text_fileno(Thread& t, Borrowed<TextIO> self) {
  Local<> buffer = TRY(text_buffer(t, self));
  return call_method(t, buffer, "fileno"_n);
}
Result<Local<>> text_seekable(Thread& t, Borrowed<TextIO> self) {
  Local<> buffer = TRY(text_buffer(t, self));
  return call_method(t, buffer, "seekable"_n);
}
Result<Local<>> text_readable(Thread& t, Borrowed<TextIO> self) {
  Local<> buffer = TRY(text_buffer(t, self));
  return call_method(t, buffer, "readable"_n);
}
Result<Local<>> text_writable(Thread& t, Borrowed<TextIO> self) {
  Local<> buffer = TRY(text_buffer(t, self));
  return call_method(t, buffer, "writable"_n);
}
Result<Local<>> text_isatty(Thread& t, Borrowed<TextIO> self) {
  Local<> buffer = TRY(text_buffer(t, self));
  return call_method(t, buffer, "isatty"_n);
}
Result<Local<>> text_getstate(Thread& t, Borrowed<> self) {
  return raise(t, types::TypeError, "cannot pickle '{}' instances", TypeName(self));
}
Result<Local<>> text_closed(Thread& t, Borrowed<TextIO> self) {
  Local<> buffer = TRY(text_buffer(t, self));
  return get_attr(t, buffer, "closed"_n);
}
Result<Local<>> text_name(Thread& t, Borrowed<TextIO> self) {
  Local<> buffer = TRY(text_buffer(t, self));
  return get_attr(t, buffer, "name"_n);
}
Result<Local<>> field_or_none(Thread& t, Borrowed<TextIO> self, const Field<>& field) {
  Local<> v = field.load(self.get());
  if (!v) return kNone;
  return v;
}
Result<Local<>> text_encoding_get(Thread& t, Borrowed<TextIO> self) {
  if (!self->ok && !self->detached) return raise(t, types::ValueError, "I/O operation on uninitialized object");
  return field_or_none(t, self, self->encoding);
}
Result<Local<>> text_errors_get(Thread& t, Borrowed<TextIO> self) {
  if (!self->ok && !self->detached) return raise(t, types::ValueError, "I/O operation on uninitialized object");
  return field_or_none(t, self, self->errors);
}
Result<Local<>> text_buffer_get(Thread& t, Borrowed<TextIO> self) {
  Local<> v = self->buffer.load(self.get());
  if (!v) return raise_no_attribute(t, self, "buffer"_n);
  return v;
}
Result<Local<>> text_newlines_get(Thread& t, Borrowed<TextIO> self) {
  (void)TRY(text_buffer(t, self));
  if (self->coding != Coding::Python) return newlines_seen(t, self->seen);
  Local<> decoder = self->decoder.load(self.get());
  if (!decoder) return kNone;
  Lookup<> r = find_attr(t, decoder, "newlines"_n);
  if (r.raised()) return Raised{};
  if (r.absent()) return kNone;
  return r.take();
}
bool text_line_buffering(Thread&, Borrowed<TextIO> self) { return self->line_buffering; }
bool text_write_through(Thread&, Borrowed<TextIO> self) { return self->write_through; }
bool text_finalizing(Thread&, Borrowed<TextIO> self) { return self->finalizing; }
Result<void> text_set_finalizing(Thread& t, Borrowed<TextIO> self, Borrowed<> v) {
  if (!v) return raise(t, types::TypeError, "can't delete numeric/char attribute");
  if (v.value() != kTrue && v.value() != kFalse) return raise(t, types::TypeError, "attribute value type must be bool");
  self->finalizing = v.value() == kTrue;
  return ok();
}
Result<Local<>> text_chunk_size(Thread& t, Borrowed<TextIO> self) {
  (void)TRY(text_buffer(t, self));
  return make_int(t, self->chunk_size);
}
Result<void> text_set_chunk_size(Thread& t, Borrowed<TextIO> self, Borrowed<> v) {
  (void)TRY(text_buffer(t, self));
  if (!v) return raise(t, types::AttributeError, "attribute cannot be deleted");
  int64_t n = TRY(to_index(t, v, types::ValueError));
  if (n <= 0) return raise(t, types::ValueError, "a strictly positive integer is required");
  self->chunk_size = n;
  return ok();
}

Result<Local<>> text_op_repr(Thread& t, Borrowed<> v) {
  auto self = v.as<TextIO>();
  if (!self->ok && !self->detached) return raise(t, types::ValueError, "I/O operation on uninitialized object");
  ENTER_RECURSION(t, " while getting the repr of an object");
  StrBuilder out(t);
  Local<Str> type = TRY(format_str(t, "<{}", FullTypeName(v)));
  out.append(type);
  static constexpr const char* kParts[] = {"name", "mode"};
  for (const char* part : kParts) {
    Local<Str> key = TRY(intern(t, std::string_view(part)));
    Lookup<> value = find_attr(t, v, key);
    if (value.raised()) {
      if (!clear_pending_if(t, types::ValueError)) return Raised{};
      continue;
    }
    if (value.absent()) continue;
    if ((*value).value() == v.value()) {
      return raise(t, types::RuntimeError, "reentrant call inside {}.__repr__", FullTypeName(v));
    }
    Local<Str> shown = TRY(repr_of(t, *value));
    out.append_char(' ');
    out.append(key);
    out.append_char('=');
    out.append(shown);
  }
  Local<> encoding = self->encoding.load(self.get());
  Local<Str> shown = TRY(repr_of(t, encoding));
  out.append_ascii(" encoding=");
  out.append(shown);
  out.append_char('>');
  return out.finish();
}

constexpr NativeDef kMethods[] = {
    method<text_read>("read(self, size=-1, /)", nullptr),
    method<text_readline>("readline(self, size=-1, /)", nullptr),
    method<text_write>("write(self, text, /)", nullptr),
    method<text_flush>("flush(self, /)", nullptr),
    method<text_close>("close(self, /)", nullptr),
    method<text_detach>("detach(self, /)", nullptr),
    method<text_reconfigure>("reconfigure(self, *, encoding=None, errors=None, newline=..., line_buffering=None, "
                             "write_through=None)",
                             "Reconfigure the text stream with new parameters."),
    method<text_seek>("seek(self, cookie, whence=0, /)", "Set the stream position, and return the new stream position."),
    method<text_tell>("tell(self, /)", "Return the stream position as an opaque number."),
    method<text_truncate>("truncate(self, pos=None, /)", nullptr),
    method<text_fileno>("fileno(self, /)", nullptr),
    method<text_seekable>("seekable(self, /)", nullptr),
    method<text_readable>("readable(self, /)", nullptr),
    method<text_writable>("writable(self, /)", nullptr),
    method<text_isatty>("isatty(self, /)", nullptr),
    method<text_getstate>("__getstate__(self, /)", nullptr),
};
constexpr GetSetDef kGetSets[] = {
    getter<text_closed>("closed", nullptr),
    getter<text_name>("name", nullptr),
    getter<text_encoding_get>("encoding", nullptr),
    getter<text_errors_get>("errors", nullptr),
    getter<text_buffer_get>("buffer", nullptr),
    getter<text_newlines_get>("newlines", nullptr),
    getter<text_line_buffering>("line_buffering", nullptr),
    getter<text_write_through>("write_through", nullptr),
    getset<text_finalizing, text_set_finalizing>("_finalizing", nullptr),
    getset<text_chunk_size, text_set_chunk_size>("_CHUNK_SIZE", nullptr),
};
constexpr Layout kLayout = layout_of<TextIO>("TextIOWrapper");
constexpr TypeDef kDef{.name = "_io.TextIOWrapper",
                       .signature = "(buffer, encoding=None, errors=None, newline=None, line_buffering=False, "
                                    "write_through=False)",
                       .doc = "Character and line based layer over a BufferedIOBase object, buffer.",
                       .base = &types::IoTextBase,
                       .layout = &kLayout,
                       .flags = kTypeSubclassable | kTypeHasDict | kTypeWeakrefable,
                       OROCHI_METHODS(kMethods),
                       OROCHI_GETSETS(kGetSets),
                       .slots = {.repr = text_op_repr, .next = text_op_next, .init = init_slot<kInit>,
                                 .new_ = text_op_new}};

}  // namespace

Result<void> init_text(Thread& t, Borrowed<Module> module) {
  return module_add_type(t, module, types::IoTextIOWrapper, kDef);
}

}  // namespace io_module

}  // namespace orochi
