// Positions in text: tell() gives an opaque number (a cookie) from which seek() restores the decoder. Its fields, 64
// bits each from the lowest: the byte position of a safe start point, the decoder's flags there, how many bytes to feed
// it, how many characters to skip then, and whether it must be told that the input ends.
#include <cstring>

#include "modules/_io/text_io.h"
#include "objects/int_big.h"

namespace orochi::io_module {

namespace {

struct Cookie {
  int64_t start = 0;
  int64_t flags = 0;
  int64_t feed = 0;
  int64_t skip = 0;
  int64_t need_eof = 0;
};

Result<Local<>> pack(Thread& t, const Cookie& c) {
  const uint64_t limbs[] = {static_cast<uint64_t>(c.start), static_cast<uint64_t>(c.flags),
                            static_cast<uint64_t>(c.feed), static_cast<uint64_t>(c.skip),
                            static_cast<uint64_t>(c.need_eof)};
  size_t n = 5;
  while (n > 0 && limbs[n - 1] == 0) n--;
  return make_int_from_limbs(t, limbs, n, false);
}

Result<Cookie> unpack(Thread& t, Value v) {
  uint64_t limbs[5] = {};
  int64_t small;
  if (int_as_int64(v, &small)) {
    limbs[0] = static_cast<uint64_t>(small);
  } else {
    auto* big = static_cast<Int*>(v.as_object());
    if (big->size > 5) return raise(t, types::OverflowError, "int too big to convert");
    memcpy(limbs, big->limbs(), big->size * sizeof(uint64_t));
  }
  Cookie c;
  c.start = static_cast<int64_t>(limbs[0]);
  c.flags = static_cast<int64_t>(limbs[1]);
  c.feed = static_cast<int64_t>(limbs[2]);
  c.skip = static_cast<int64_t>(limbs[3]);
  c.need_eof = limbs[4] != 0;
  return c;
}

Result<int64_t> position_of(Thread& t, Borrowed<> v) { return to_int64(t, v); }

// Walks the snapshot from the decoder state before it until `skip` characters have come out, remembering the last
// point where the decoder held nothing back. The caller restores the decoder's state.
Result<Cookie> find_cookie(Thread& t, Borrowed<TextIO> self, Borrowed<Bytes> input, Cookie c, int64_t skip) {
  c.skip = skip;
  TRY(text_set_decoder_state(t, self, empty_bytes(), c.flags));
  int64_t decoded = 0;  // since the start point
  size_t at = 0;
  size_t size = input->length();
  // Bytes are fed in halving steps: as many as surely give too few characters, then one at a time.
  while (at < size) {
    size_t step = 1;
    int64_t left = c.skip - decoded;
    if (left > 16) step = static_cast<size_t>(left) / 8;  // no character takes more than 8 bytes, nor less than one
    if (step > size - at) step = size - at;
    Local<Bytes> piece = TRY(make_bytes(t, input->view().substr(at, step)));
    DecoderState before;
    if (step > 1) before = TRY(text_decoder_state(t, self));
    Local<Str> text = TRY(text_decode(t, self, piece, false));
    if (step > 1 && decoded + static_cast<int64_t>(text->length()) > c.skip) {
      // Too far (an error handler that writes more than it read): go back, one byte at a time.
      TRY(text_set_decoder_state(t, self, before.input, before.flags));
      piece = TRY(make_bytes(t, input->view().substr(at, 1)));
      text = TRY(text_decode(t, self, piece, false));
      step = 1;
    }
    at += step;
    c.feed += static_cast<int64_t>(step);
    decoded += static_cast<int64_t>(text->length());
    DecoderState state = TRY(text_decoder_state(t, self));
    if (state.input->length() == 0 && decoded <= c.skip) {
      c.start += c.feed;
      c.skip -= decoded;
      c.flags = state.flags;
      c.feed = 0;
      decoded = 0;
    }
    if (decoded >= c.skip) return c;
  }
  Local<Str> text = TRY(text_decode(t, self, empty_bytes(), true));
  c.need_eof = 1;
  decoded += static_cast<int64_t>(text->length());
  if (decoded < c.skip) return raise(t, types::OSError, "can't reconstruct logical file position");
  return c;
}

}  // namespace

Result<Local<>> text_tell(Thread& t, Borrowed<TextIO> self) {
  (void)TRY(text_buffer(t, self));
  IoLockGuard guard(t, self->lock);
  TRY(text_check_open(t, self));
  if (!self->seekable) return raise_unsupported(t, "underlying stream is not seekable");
  if (!self->telling) return raise(t, types::OSError, "telling position disabled by next() call");
  TRY(text_flush_output(t, self));
  Local<> buffer = TRY(text_buffer(t, self));
  (void)TRY(call_method(t, self, "flush"_n));
  Local<> at = TRY(call_method(t, buffer, "tell"_n));
  Local<Bytes> snapshot = self->snapshot.load(self.get());
  if (!text_can_decode(self) || !snapshot) return at;
  Cookie c;
  c.start = TRY(position_of(t, at));
  c.start -= static_cast<int64_t>(snapshot->length());
  c.flags = self->snapshot_flags;
  Local<Str> decoded = self->decoded.load(self.get());
  if (!decoded || self->used == 0) return pack(t, c);
  if (self->coding != Coding::Python && self->partial_size == 0 && !self->pending_cr && c.flags == 0 &&
      decoded->length() == snapshot->length() && (decoded->is_ascii() || self->coding == Coding::Latin1)) {
    c.start += self->used;  // one byte is one character
    return pack(t, c);
  }
  DecoderState saved = TRY(text_decoder_state(t, self));
  auto found = find_cookie(t, self, snapshot, c, self->used);
  Local<> error;
  if (found.raised()) error = take_pending(t);
  auto restored = text_set_decoder_state(t, self, saved.input, saved.flags);
  if (error) {
    if (restored.raised()) clear_pending(t);
    set_pending(t, std::move(error));
    return Raised{};
  }
  if (restored.raised()) return Raised{};
  return pack(t, *found);
}

Result<Local<>> text_seek(Thread& t, Borrowed<TextIO> self, Borrowed<> given, int32_t whence) {
  (void)TRY(text_buffer(t, self));
  IoLockGuard guard(t, self->lock);
  TRY(text_check_open(t, self));
  if (!self->seekable) return raise_unsupported(t, "underlying stream is not seekable");
  Local<> buffer = TRY(text_buffer(t, self));
  Local<> cookie = Local<>::share(given);
  if (whence == 1) {
    bool zero = TRY(equals(t, cookie, Borrowed<>(Value::fixnum(0))));
    if (!zero) return raise_unsupported(t, "can't do nonzero cur-relative seeks");
    (void)TRY(call_method(t, self, "flush"_n));
    cookie = TRY(call_method(t, self, "tell"_n));
  } else if (whence == 2) {
    bool zero = TRY(equals(t, cookie, Borrowed<>(Value::fixnum(0))));
    if (!zero) return raise_unsupported(t, "can't do nonzero end-relative seeks");
    (void)TRY(call_method(t, self, "flush"_n));
    text_set_decoded(self, Local<Str>());
    self->snapshot.set(Local<Bytes>());
    TRY(text_reset_decoder(t, self));
    Local<> at = TRY(call_method(t, buffer, "seek"_n, Borrowed<>(Value::fixnum(0)), Borrowed<>(Value::fixnum(2))));
    bool start = TRY(equals(t, at, Borrowed<>(Value::fixnum(0))));
    TRY(text_reset_encoder(t, self, start));
    return at;
  } else if (whence != 0) {
    return raise(t, types::ValueError, "invalid whence ({}, should be 0, 1 or 2)", whence);
  }
  if (!is_int(cookie.value())) {
    return raise(t, types::TypeError, "'{}' object cannot be interpreted as an integer", TypeName(cookie.value()));
  }
  if (int_sign(cookie.value()) < 0) {
    Local<Str> shown = TRY(repr_of(t, cookie));
    return raise(t, types::ValueError, "negative seek position {}", shown);
  }
  (void)TRY(call_method(t, self, "flush"_n));
  Cookie c = TRY(unpack(t, cookie.value()));
  Local<> start = TRY(make_int(t, c.start));
  (void)TRY(call_method(t, buffer, "seek"_n, start));
  text_set_decoded(self, Local<Str>());
  self->snapshot.set(Local<Bytes>());
  if (text_can_decode(self)) {
    if (c.start == 0 && c.flags == 0) TRY(text_reset_decoder(t, self));
    else TRY(text_set_decoder_state(t, self, empty_bytes(), c.flags));
    self->snapshot_flags = c.flags;
  }
  if (c.skip) {
    if (!text_can_decode(self)) return raise_unsupported(t, "not readable");
    Local<> feed = TRY(make_int(t, c.feed));
    Local<> input = TRY(call_method(t, buffer, "read"_n, feed));
    if (!is_bytes(input.value())) {
      return raise(t, types::TypeError, "underlying read() should have returned a bytes object, not '{}'",
                   TypeName(input.value()));
    }
    Local<Str> text = TRY(text_decode(t, self, input, c.need_eof));
    self->snapshot.set(Local<Bytes>::share(input.value()));
    int64_t length = static_cast<int64_t>(text->length());
    text_set_decoded(self, std::move(text));
    if (length < c.skip) return raise(t, types::OSError, "can't restore logical file position");
    self->used = c.skip;
  } else if (text_can_decode(self)) {
    self->snapshot.set(Local<Bytes>::share(empty_bytes()));
  }
  TRY(text_reset_encoder(t, self, c.start == 0 && c.flags == 0));
  return cookie;
}

}  // namespace orochi::io_module
