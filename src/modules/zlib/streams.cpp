// zlib: compression and decompression objects. Long calls run detached; the object's `busy` lock orders them.
#include <cstring>
#include <optional>

#include "modules/zlib/zlib_module.h"
#include "threads/thread.h"

namespace orochi {

OROCHI_MODULE_TYPE(ZlibCompress)
OROCHI_MODULE_TYPE(ZlibDecompress)
OROCHI_MODULE_TYPE(ZlibDecompressor)

namespace zlib_module {

void Stream::trace(Object* o, Visitor& v) {
  auto* s = static_cast<Stream*>(o);
  v.visit(s->unused_data);
  v.visit(s->unconsumed_tail);
  v.visit(s->zdict);
}
void Stream::destroy_deflate(Object* o) {
  auto* s = static_cast<Stream*>(o);
  if (!s->zst) return;
  deflateEnd(s->zst);
  free_raw(s->zst);
}
void Stream::destroy_inflate(Object* o) {
  auto* s = static_cast<Stream*>(o);
  if (!s->zst) return;
  inflateEnd(s->zst);
  free_raw(s->zst);
}

namespace {

constexpr Layout kDeflateLayout{"Compress", sizeof(Stream), 0, &Stream::trace, &Stream::destroy_deflate, nullptr, nullptr};
constexpr Layout kInflateLayout{"Decompress", sizeof(Stream), 0, &Stream::trace, &Stream::destroy_inflate, nullptr, nullptr};
constexpr size_t kDetachSize = 8192;

Result<Local<Stream>> make_stream(Thread& t, Type& type) {
  Local<Stream> s = TRY(allocate<Stream>(t, type.root_shape, sizeof(Stream)));
  s->unused_data.init_share(empty_bytes());
  s->unconsumed_tail.init_share(empty_bytes());
  s->needs_input = 1;
  return s;
}
z_stream* new_zstream() { return static_cast<z_stream*>(allocate_raw_zeroed(sizeof(z_stream))); }

Result<Local<Bytes>> bytes_copy(Thread& t, Borrowed<> v) {
  Buffer buffer = TRY(Buffer::get(t, v));
  return make_bytes(t, buffer.view());
}

// ---- compression

Result<Local<>> compress_method(Thread& t, Borrowed<CompressStream> self, Borrowed<> data) {
  Buffer buffer = TRY(Buffer::get(t, data));
  OutBuffer out;
  int code;
  {
    BusyGuard guard(self.get());
    if (!self->zst) return raise_zlib(t, nullptr, Z_STREAM_ERROR, "while compressing data");
    Input input{buffer.data(), buffer.size()};
    std::optional<Detached> detached;
    if (buffer.size() >= kDetachSize) detached.emplace(t);
    code = run_deflate(self->zst, input, Z_NO_FLUSH, out);
  }
  if (code == Z_MEM_ERROR) return raise_no_memory(t);
  if (code == Z_STREAM_ERROR) return raise_zlib(t, nullptr, code, "while compressing data");
  return out.finish(t);
}

Result<Local<>> compress_flush(Thread& t, Borrowed<CompressStream> self, Maybe<int32_t> mode_arg) {
  int mode = mode_arg.value_or(Z_FINISH);
  if (mode == Z_NO_FLUSH) return Local<>::share(empty_bytes());
  OutBuffer out;
  int code;
  {
    BusyGuard guard(self.get());
    if (!self->zst) return raise_zlib(t, nullptr, Z_STREAM_ERROR, "while flushing");
    Input input{nullptr, 0};
    std::optional<Detached> detached;
    detached.emplace(t);
    code = run_deflate(self->zst, input, mode, out);
    if (code == Z_STREAM_END && mode == Z_FINISH) {
      deflateEnd(self->zst);
      free_raw(self->zst);
      self->zst = nullptr;
    }
  }
  if (code == Z_MEM_ERROR) return raise_no_memory(t);
  if (code != Z_OK && code != Z_BUF_ERROR && code != Z_STREAM_END) return raise_zlib(t, nullptr, code, "while flushing");
  return out.finish(t);
}

Result<Local<>> compress_copy(Thread& t, Borrowed<CompressStream> self) {
  Local<Stream> copy = TRY(make_stream(t, types::ZlibCompress));
  BusyGuard guard(self.get());
  if (!self->zst) return raise(t, types::ValueError, "Inconsistent stream state");
  z_stream* zst = new_zstream();
  if (!zst) return raise_no_memory(t);
  int code = deflateCopy(zst, self->zst);
  if (code != Z_OK) {
    free_raw(zst);
    if (code == Z_MEM_ERROR) return raise(t, types::MemoryError, "Can't allocate memory for compression object");
    return raise(t, types::ValueError, "Inconsistent stream state");
  }
  copy->zst = zst;
  return copy;
}
Result<Local<>> compress_deepcopy(Thread& t, Borrowed<CompressStream> self, Borrowed<>) { return compress_copy(t, self); }

// ---- decompression

// zlib's inflate from `data`, at most `limit` bytes out; what was not read is returned in *rest.
Result<Local<>> inflate_step(Thread& t, Borrowed<Stream> self, const uint8_t* data, size_t size, size_t limit, int flush,
                             bool fresh_dict, int* code, size_t* rest) {
  OutBuffer out(limit);
  int dict_error = Z_OK;
  Local<Bytes> zdict = self->zdict.load(self.get());
  std::string_view dict = zdict ? zdict->view() : std::string_view();
  Input input{data, size};
  {
    std::optional<Detached> detached;
    if (size >= kDetachSize / 4) detached.emplace(t);
    self->zst->avail_in = 0;
    *code = run_inflate(self->zst, input, flush, out, dict, &dict_error);
    *rest = input.remaining(self->zst);
  }
  if (dict_error != Z_OK) return raise_zlib(t, self->zst, dict_error, "while setting zdict");
  if (*code == Z_MEM_ERROR) return raise_no_memory(t);
  return out.finish(t);
}

// After a step: what lies behind the end of the stream, or was not read because of the limit.
Result<void> keep_rest(Thread& t, Borrowed<Stream> self, const uint8_t* data, size_t size, size_t rest, int code) {
  std::string_view tail(reinterpret_cast<const char*>(data) + (size - rest), rest);
  if (code == Z_STREAM_END) {
    if (rest) {
      Local<Bytes> unused = self->unused_data.load(self.get());
      Local<Bytes> joined = TRY(make_bytes_uninitialised(t, unused->length() + rest));
      if (unused->length()) std::memcpy(joined->mutable_data(), unused->data(), unused->length());
      std::memcpy(joined->mutable_data() + unused->length(), tail.data(), rest);
      self->unused_data.set(std::move(joined));
    }
    self->unconsumed_tail.set_share(empty_bytes());
    return ok();
  }
  if (rest || self->unconsumed_tail.load(self.get())->length()) {
    Local<Bytes> left = TRY(make_bytes(t, tail));
    self->unconsumed_tail.set(std::move(left));
  }
  return ok();
}

Result<Local<>> decompress_method(Thread& t, Borrowed<DecompressStream> self, Borrowed<> data, Index max_length) {
  if (max_length < 0) return raise(t, types::ValueError, "max_length must be non-negative");
  Buffer buffer = TRY(Buffer::get(t, data));
  BusyGuard guard(self.get());
  if (!self->zst) {
    TRY(keep_rest(t, self, buffer.data(), buffer.size(), buffer.size(), Z_STREAM_END));
    return Local<>::share(empty_bytes());
  }
  int code;
  size_t rest;
  size_t limit = max_length == 0 ? SIZE_MAX : static_cast<size_t>(max_length.value);
  Local<> out = TRY(inflate_step(t, self, buffer.data(), buffer.size(), limit, Z_SYNC_FLUSH, true, &code, &rest));
  if (code != Z_OK && code != Z_BUF_ERROR && code != Z_STREAM_END) {
    return raise_zlib(t, self->zst, code, "while decompressing data");
  }
  TRY(keep_rest(t, self, buffer.data(), buffer.size(), rest, code));
  if (code == Z_STREAM_END) store_relaxed(&self->eof, uint8_t{1});
  return out;
}

Result<Local<>> decompress_flush(Thread& t, Borrowed<DecompressStream> self, Maybe<Index> length) {
  if (length && (*length).value <= 0) return raise(t, types::ValueError, "length must be greater than zero");
  BusyGuard guard(self.get());
  if (!self->zst) return Local<>::share(empty_bytes());
  Local<Bytes> tail = self->unconsumed_tail.load(self.get());
  int code;
  size_t rest;
  Local<> out = TRY(inflate_step(t, self, tail->data(), tail->length(), SIZE_MAX, Z_FINISH, true, &code, &rest));
  if (code != Z_OK && code != Z_BUF_ERROR && code != Z_STREAM_END && code != Z_NEED_DICT) {
    return raise_zlib(t, self->zst, code, "while decompressing data");
  }
  TRY(keep_rest(t, self, tail->data(), tail->length(), rest, code));
  if (code == Z_STREAM_END) {
    store_relaxed(&self->eof, uint8_t{1});
    inflateEnd(self->zst);
    free_raw(self->zst);
    self->zst = nullptr;
  }
  return out;
}

Result<Local<>> decompress_copy(Thread& t, Borrowed<DecompressStream> self) {
  Local<Stream> copy = TRY(make_stream(t, types::ZlibDecompress));
  BusyGuard guard(self.get());
  if (!self->zst) return raise(t, types::ValueError, "Inconsistent stream state");
  z_stream* zst = new_zstream();
  if (!zst) return raise_no_memory(t);
  int code = inflateCopy(zst, self->zst);
  if (code != Z_OK) {
    free_raw(zst);
    if (code == Z_MEM_ERROR) return raise(t, types::MemoryError, "Can't allocate memory for decompression object");
    return raise(t, types::ValueError, "Inconsistent stream state");
  }
  copy->zst = zst;
  copy->unused_data.set(self->unused_data.load(self.get()));
  copy->unconsumed_tail.set(self->unconsumed_tail.load(self.get()));
  copy->zdict.set(self->zdict.load(self.get()));
  copy->eof = self->eof;
  return copy;
}
Result<Local<>> decompress_deepcopy(Thread& t, Borrowed<DecompressStream> self, Borrowed<>) { return decompress_copy(t, self); }

Result<Local<>> get_unused_data(Thread&, Borrowed<Stream> self) { return self->unused_data.load(self.get()); }
Result<Local<>> get_unconsumed_tail(Thread&, Borrowed<Stream> self) { return self->unconsumed_tail.load(self.get()); }
bool get_eof(Thread&, Borrowed<Stream> self) { return load_relaxed(&self->eof); }
bool get_needs_input(Thread&, Borrowed<Stream> self) { return load_relaxed(&self->needs_input); }

// ---- _ZlibDecompressor: keeps the input it has not used itself (in unconsumed_tail)

Result<Local<>> decompressor_decompress(Thread& t, Borrowed<DecompressorStream> self, Borrowed<> data, Index max_length) {
  Buffer buffer = TRY(Buffer::get(t, data));
  BusyGuard guard(self.get());
  if (load_relaxed(&self->eof)) return raise(t, types::EOFError, "End of stream already reached");
  Local<Bytes> tail = self->unconsumed_tail.load(self.get());
  Local<Bytes> joined;
  const uint8_t* in = buffer.data();
  size_t size = buffer.size();
  if (tail->length()) {
    joined = TRY(make_bytes_uninitialised(t, tail->length() + size));
    std::memcpy(joined->mutable_data(), tail->data(), tail->length());
    if (size) std::memcpy(joined->mutable_data() + tail->length(), in, size);
    in = joined->data();
    size = joined->length();
  }
  int code;
  size_t rest;
  size_t limit = max_length < 0 ? SIZE_MAX : static_cast<size_t>(max_length.value);
  Local<> out = TRY(inflate_step(t, self, in, size, limit, Z_SYNC_FLUSH, true, &code, &rest));
  if (code != Z_OK && code != Z_BUF_ERROR && code != Z_STREAM_END) {
    return raise_zlib(t, self->zst, code, "while decompressing data");
  }
  bool at_limit = out.borrow().as<Bytes>()->length() == limit;
  TRY(keep_rest(t, self, in, size, rest, code));
  store_relaxed(&self->needs_input, static_cast<uint8_t>(code != Z_STREAM_END && rest == 0 && !at_limit));
  if (code == Z_STREAM_END) store_relaxed(&self->eof, uint8_t{1});
  return out;
}

Result<Local<>> make_inflater(Thread& t, Borrowed<Type> cls, int wbits, Maybe<Borrowed<>> zdict) {
  if (zdict && !has_buffer(*zdict)) {
    return raise(t, types::TypeError, "zdict argument must support the buffer protocol");
  }
  Local<Stream> s = TRY(allocate_for<Stream>(t, cls));
  s->unused_data.init_share(empty_bytes());
  s->unconsumed_tail.init_share(empty_bytes());
  s->needs_input = 1;
  Local<Bytes> dict;
  if (zdict) {
    dict = TRY(bytes_copy(t, *zdict));
    s->zdict.init(dict.dup());
  }
  z_stream* zst = new_zstream();
  if (!zst) return raise_no_memory(t);
  int code = inflateInit2(zst, wbits);
  if (code != Z_OK) {
    free_raw(zst);
    if (code == Z_STREAM_ERROR) return raise(t, types::ValueError, "Invalid initialization option");
    return raise(t, types::MemoryError, "Can't allocate memory for decompression object");
  }
  s->zst = zst;
  if (dict && wbits < 0 && dict->length()) {  // a raw stream has no header that would ask for it
    code = inflateSetDictionary(zst, dict->data(), static_cast<uInt>(dict->length()));
    if (code != Z_OK) return raise_zlib(t, zst, code, "while setting zdict");
  }
  return s;
}

Result<Local<>> decompressor_new(Thread& t, Borrowed<Type> cls, Maybe<int32_t> wbits, Maybe<Borrowed<>> zdict) {
  return make_inflater(t, cls, wbits.value_or(MAX_WBITS), zdict);
}
constexpr NativeDef kDecompressorNew = arguments<decompressor_new>("_ZlibDecompressor(cls, wbits=15, zdict=b'')");

constexpr NativeDef kCompressMethods[] = {
    method<compress_method>("compress(self, data, /)", "Compressed data for some of the input so far."),
    method<compress_flush>("flush(self, mode=zlib.Z_FINISH, /)", "The rest of the compressed data."),
    method<compress_copy>("copy(self, /)", "A copy of the compression object."),
    method<compress_copy>("__copy__(self, /)", nullptr),
    method<compress_deepcopy>("__deepcopy__(self, memo, /)", nullptr),
};
const TypeDef kCompressDef = {.name = "zlib.Compress",
                              .layout = &kDeflateLayout,
                              .flags = kTypeNoNew,
                              OROCHI_METHODS(kCompressMethods)};

constexpr NativeDef kDecompressMethods[] = {
    method<decompress_method>("decompress(self, data, /, max_length=0)", "Decompressed data, at most max_length of it."),
    method<decompress_flush>("flush(self, length=zlib.DEF_BUF_SIZE, /)", "The rest of the decompressed data."),
    method<decompress_copy>("copy(self, /)", "A copy of the decompression object."),
    method<decompress_copy>("__copy__(self, /)", nullptr),
    method<decompress_deepcopy>("__deepcopy__(self, memo, /)", nullptr),
};
constexpr GetSetDef kDecompressGetSets[] = {
    getter<get_unused_data>("unused_data", "Data found after the end of the compressed stream."),
    getter<get_unconsumed_tail>("unconsumed_tail", "Input that max_length kept from being read."),
    getter<get_eof>("eof", "True if the end of the stream has been reached."),
};
const TypeDef kDecompressDef = {.name = "zlib.Decompress",
                                .layout = &kInflateLayout,
                                .flags = kTypeNoNew,
                                OROCHI_METHODS(kDecompressMethods),
                                OROCHI_GETSETS(kDecompressGetSets)};

constexpr NativeDef kDecompressorMethods[] = {
    method<decompressor_decompress>("decompress(self, /, data, max_length=-1)",
                                    "Decompressed data, at most max_length of it; unread input is kept."),
};
constexpr GetSetDef kDecompressorGetSets[] = {
    getter<get_eof>("eof", "True if the end-of-stream marker has been reached."),
    getter<get_unused_data>("unused_data", "Data found after the end of the compressed stream."),
    getter<get_needs_input>("needs_input", "True if more input is needed before more output."),
};
const TypeDef kDecompressorDef = {.name = "zlib._ZlibDecompressor",
                                  .signature = "(wbits=15, zdict=b'')",
                                  .doc = "A decompressor that keeps the input it could not use yet.",
                                  .layout = &kInflateLayout,
                                  OROCHI_METHODS(kDecompressorMethods),
                                  OROCHI_GETSETS(kDecompressorGetSets),
                                  .slots = {.new_ = new_slot<kDecompressorNew>}};

}  // namespace

Result<Local<>> zlib_compressobj(Thread& t, int32_t level, Maybe<int32_t> method, Maybe<int32_t> wbits,
                                 Maybe<int32_t> memLevel, int32_t strategy, Maybe<Borrowed<>> zdict) {
  Local<Bytes> dict;
  if (zdict && (*zdict).value() != kNone) dict = TRY(bytes_copy(t, *zdict));
  if (dict && dict->length() > UINT32_MAX) {
    return raise(t, types::OverflowError, "zdict length does not fit in an unsigned int");
  }
  Local<Stream> s = TRY(make_stream(t, types::ZlibCompress));
  z_stream* zst = new_zstream();
  if (!zst) return raise_no_memory(t);
  int code = deflateInit2(zst, level, method.value_or(Z_DEFLATED), wbits.value_or(MAX_WBITS), memLevel.value_or(8),
                          strategy);
  if (code != Z_OK) {
    free_raw(zst);
    if (code == Z_STREAM_ERROR) return raise(t, types::ValueError, "Invalid initialization option");
    return raise(t, types::MemoryError, "Can't allocate memory for compression object");
  }
  s->zst = zst;
  if (dict) {
    code = deflateSetDictionary(zst, dict->data(), static_cast<uInt>(dict->length()));
    if (code == Z_STREAM_ERROR) return raise(t, types::ValueError, "Invalid dictionary");
    if (code != Z_OK) return raise(t, types::ValueError, "deflateSetDictionary()");
  }
  return s;
}

Result<Local<>> zlib_decompressobj(Thread& t, Maybe<int32_t> wbits, Maybe<Borrowed<>> zdict) {
  return make_inflater(t, Borrowed<Type>(&types::ZlibDecompress), wbits.value_or(MAX_WBITS), zdict);
}

Result<void> add_stream_types(Thread& t, Borrowed<Module> module) {
  TRY(ensure_type(t, types::ZlibCompress, kCompressDef));
  TRY(ensure_type(t, types::ZlibDecompress, kDecompressDef));
  return module_add_type(t, module, types::ZlibDecompressor, kDecompressorDef);
}

}  // namespace zlib_module

}  // namespace orochi
