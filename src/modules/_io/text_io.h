// TextIOWrapper: the object and what its files share. docs: how positions are made is in text_position.cpp.
#pragma once

#include "modules/_io/io_module.h"

namespace orochi::io_module {

// Which line ends readline() looks for.
enum class ReadNewline : uint8_t { Universal, Lf, Cr, CrLf };
// What \n becomes when written.
enum class WriteNewline : uint8_t { Lf, Cr, CrLf };

struct NewlineMode {
  bool read_universal = false;   // look for all of them …
  bool read_translate = false;   // … and make them \n
  ReadNewline read = ReadNewline::Lf;
  WriteNewline write = WriteNewline::Lf;
};
// Parses the `newline` argument (None or a str).
Result<NewlineMode> newline_mode(Thread& t, Borrowed<> newline);

// The end (past the line end) of the line that starts at `start`, or -1 when it goes on beyond the text.
int64_t find_line_end(Borrowed<Str> text, size_t start, bool translated, bool universal, ReadNewline newline);

// Text with every \n replaced; the text itself if there is none.
Result<Local<Str>> expand_newlines(Mutator& m, Local<Str> text, WriteNewline newline);

enum class Coding : uint8_t { Python, Utf8, Latin1, Ascii };

struct TextIO : Object {
  static Type& python_type() { return types::IoTextIOWrapper; }
  Field<> buffer;
  Field<> encoding;      // str
  Field<> errors;        // str
  Field<> newline;       // as given
  Field<> decoder;       // Coding::Python
  Field<> encoder;
  Field<Str> decoded;    // text read ahead; from `used` on not yet given out
  Field<Bytes> snapshot; // the input that `decoded` came from; empty: no position can be told
  IoLock lock;
  uint8_t* output;       // encoded text not yet given to the buffer
  uint64_t output_size, output_capacity;
  int64_t chunk_size;
  int64_t used;
  int64_t snapshot_flags;  // decoder state before the snapshot
  uint8_t ok, detached, line_buffering, write_through, seekable, telling, finalizing, has_read1;
  Coding coding;
  uint8_t readable, writable, at_start;   // at_start: a byte order mark is due
  uint8_t read_universal, read_translate;
  ReadNewline read_newline;
  WriteNewline write_newline;
  uint8_t pending_cr, seen, partial_size, has_newline;
  uint8_t partial[4];      // the native decoder's incomplete sequence
  static void trace(Object* o, Visitor& v) {
    auto* s = static_cast<TextIO*>(o);
    v.visit(s->buffer);
    v.visit(s->encoding);
    v.visit(s->errors);
    v.visit(s->newline);
    v.visit(s->decoder);
    v.visit(s->encoder);
    v.visit(s->decoded);
    v.visit(s->snapshot);
  }
  static void destroy(Object* o) {
    auto* s = static_cast<TextIO*>(o);
    if (s->output) free_raw(s->output);
  }
};

// All under the object's lock.
struct DecoderState {
  Local<Bytes> input;
  int64_t flags = 0;
};
Result<Local<Str>> text_decode(Thread& t, Borrowed<TextIO> self, Borrowed<> bytes, bool final);
Result<DecoderState> text_decoder_state(Thread& t, Borrowed<TextIO> self);
Result<void> text_set_decoder_state(Thread& t, Borrowed<TextIO> self, Borrowed<Bytes> input, int64_t flags);
Result<void> text_reset_decoder(Thread& t, Borrowed<TextIO> self);
Result<void> text_reset_encoder(Thread& t, Borrowed<TextIO> self, bool at_start);
Result<void> text_flush_output(Thread& t, Borrowed<TextIO> self);
void text_set_decoded(Borrowed<TextIO> self, Local<Str> text);   // empty: none
Result<Local<>> text_buffer(Thread& t, Borrowed<TextIO> self);   // ValueError if detached or not made
Result<void> text_check_open(Thread& t, Borrowed<TextIO> self);
bool text_can_decode(Borrowed<TextIO> self);

// text_position.cpp
Result<Local<>> text_tell(Thread& t, Borrowed<TextIO> self);
Result<Local<>> text_seek(Thread& t, Borrowed<TextIO> self, Borrowed<> cookie, int32_t whence);

}  // namespace orochi::io_module
