// Between the files of the zlib module.
#pragma once

#include <zlib.h>

#include "objects/bytes.h"
#include "protocols/buffer.h"
#include "protocols/native.h"
#include "sync/byte_lock.h"

namespace orochi {
namespace types {
extern ::orochi::Type ZlibError, ZlibCompress, ZlibDecompress, ZlibDecompressor;
}
}  // namespace orochi

namespace orochi::zlib_module {

// What a compressor or decompressor is. `busy` makes its calls follow one another; its holder may be detached.
struct Stream : Object {
  z_stream* zst;          // under busy; nullptr when closed
  uint8_t busy;
  uint8_t eof;            // atomic
  uint8_t needs_input;    // atomic
  uint8_t raw;
  uint32_t reserved;
  Field<Bytes> unused_data;
  Field<Bytes> unconsumed_tail;
  Field<Bytes> zdict;     // or empty
  static void trace(Object* o, Visitor& v);
  static void destroy_deflate(Object* o);
  static void destroy_inflate(Object* o);
};

// One C++ layout, three Python types.
struct CompressStream : Stream {
  static Type& python_type() { return types::ZlibCompress; }
};
struct DecompressStream : Stream {
  static Type& python_type() { return types::ZlibDecompress; }
};
struct DecompressorStream : Stream {
  static Type& python_type() { return types::ZlibDecompressor; }
};

class BusyGuard {
 public:
  explicit BusyGuard(Stream* s) : s_(s) { ByteLock::lock(&s->busy); }
  ~BusyGuard() { ByteLock::unlock(&s_->busy); }
  BusyGuard(const BusyGuard&) = delete;

 private:
  Stream* s_;
};

// Growing output in raw memory, so that a detached thread can fill it. Grows up to `limit`.
class OutBuffer {
 public:
  explicit OutBuffer(size_t limit = SIZE_MAX) : limit_(limit) {}
  ~OutBuffer() { free_raw(data_); }
  bool prepare(z_stream* zst, size_t first);   // makes room; false: out of memory or at the limit (see full())
  void update(z_stream* zst) { size_ = capacity_ - zst->avail_out; }
  bool full() const { return size_ == limit_; }
  size_t size() const { return size_; }
  Result<Local<>> finish(Thread& t) const {
    return make_bytes(t, std::string_view(reinterpret_cast<char*>(data_), size_));
  }

 private:
  uint8_t* data_ = nullptr;
  size_t size_ = 0, capacity_ = 0, limit_;
};

// Feeds `input` in pieces that fit zlib's counters.
struct Input {
  const uint8_t* data;
  size_t left;   // beyond what zst->avail_in holds
  void refill(z_stream* zst);
  size_t remaining(const z_stream* zst) const { return left + zst->avail_in; }
  const uint8_t* position(const z_stream* zst) const { return zst->next_in; }
};

// Runs without touching objects. Returns a zlib code; Z_MEM_ERROR too when the output cannot grow.
int run_deflate(z_stream* zst, Input& input, int flush, OutBuffer& out);
int run_inflate(z_stream* zst, Input& input, int flush, OutBuffer& out, std::string_view zdict, int* dict_error);

Raised raise_zlib(Thread& t, const z_stream* zst, int code, const char* what);

Result<Local<>> zlib_compressobj(Thread& t, int32_t level, Maybe<int32_t> method, Maybe<int32_t> wbits,
                                 Maybe<int32_t> memLevel, int32_t strategy, Maybe<Borrowed<>> zdict);
Result<Local<>> zlib_decompressobj(Thread& t, Maybe<int32_t> wbits, Maybe<Borrowed<>> zdict);
Result<void> add_stream_types(Thread& t, Borrowed<Module> module);

}  // namespace orochi::zlib_module
