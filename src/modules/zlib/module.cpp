// The zlib module: one-shot functions, checksums, constants.
#include <optional>

#include "modules/zlib/zlib_module.h"
#include "objects/int_big.h"
#include "threads/thread.h"

namespace orochi {

OROCHI_MODULE_TYPE(ZlibError)

namespace zlib_module {

namespace {

constexpr int kDefaultMemLevel = 8;

Result<Local<>> zlib_compress(Thread& t, Borrowed<> data, Maybe<int32_t> level, Maybe<int32_t> wbits) {
  Buffer buffer = TRY(Buffer::get(t, data));
  z_stream zst{};
  int code = deflateInit2(&zst, level.value_or(Z_DEFAULT_COMPRESSION), Z_DEFLATED, wbits.value_or(MAX_WBITS),
                          kDefaultMemLevel, Z_DEFAULT_STRATEGY);
  if (code == Z_MEM_ERROR) return raise(t, types::MemoryError, "Out of memory while compressing data");
  if (code == Z_STREAM_ERROR) return raise(t, types::ZlibError, "Bad compression level");
  if (code != Z_OK) return raise_zlib(t, &zst, code, "while compressing data");
  OutBuffer out;
  {
    Detached detached(t);
    Input input{buffer.data(), buffer.size()};
    code = run_deflate(&zst, input, Z_FINISH, out);
    deflateEnd(&zst);
  }
  if (code == Z_MEM_ERROR) return raise_no_memory(t);
  if (code != Z_STREAM_END) return raise_zlib(t, nullptr, code, "while compressing data");
  return out.finish(t);
}

Result<Local<>> zlib_decompress(Thread& t, Borrowed<> data, Maybe<int32_t> wbits, Maybe<Index> bufsize) {
  Buffer buffer = TRY(Buffer::get(t, data));
  if (bufsize && (*bufsize).value < 0) return raise(t, types::ValueError, "bufsize must be non-negative");
  z_stream zst{};
  int code = inflateInit2(&zst, wbits.value_or(MAX_WBITS));
  if (code == Z_MEM_ERROR) return raise(t, types::MemoryError, "Out of memory while decompressing data");
  if (code != Z_OK) return raise_zlib(t, &zst, code, "while preparing to decompress data");
  OutBuffer out;
  {
    Detached detached(t);
    Input input{buffer.data(), buffer.size()};
    int dict_error;
    code = run_inflate(&zst, input, Z_SYNC_FLUSH, out, {}, &dict_error);
  }
  char* message = zst.msg;  // a constant of the library
  inflateEnd(&zst);
  if (code == Z_MEM_ERROR) return raise(t, types::MemoryError, "Out of memory while decompressing data");
  if (code != Z_STREAM_END) {
    if (code == Z_OK) code = Z_BUF_ERROR;
    zst.msg = message;
    return raise_zlib(t, &zst, code, "while decompressing data");
  }
  return out.finish(t);
}

Result<uint32_t> low_word(Thread& t, Maybe<Borrowed<>> v, uint32_t otherwise) {
  if (!v) return otherwise;
  Local<> index = TRY(index_of(t, *v));
  return static_cast<uint32_t>(big_to_uint64_wrapped(IntView(index.value())));
}

template <uLong (*Checksum)(uLong, const Bytef*, z_size_t), uint32_t Start>
Result<int64_t> checksum(Thread& t, Borrowed<> data, Maybe<Borrowed<>> value) {
  Buffer buffer = TRY(Buffer::get(t, data));
  uint32_t start = TRY(low_word(t, value, Start));
  std::optional<Detached> detached;
  if (buffer.size() > 5 * 1024) detached.emplace(t);
  return static_cast<int64_t>(Checksum(start, buffer.data(), buffer.size()) & 0xffffffffu);
}

constexpr NativeDef kFunctions[] = {
    function<zlib_compress>("compress(data, /, level=Z_DEFAULT_COMPRESSION, wbits=MAX_WBITS)",
                            "Returns a bytes object containing compressed data."),
    function<zlib_decompress>("decompress(data, /, wbits=MAX_WBITS, bufsize=DEF_BUF_SIZE)",
                              "Returns a bytes object containing the uncompressed data."),
    function<zlib_compressobj>("compressobj(level=-1, method=DEFLATED, wbits=MAX_WBITS, memLevel=DEF_MEM_LEVEL, "
                               "strategy=0, zdict=<unrepresentable>)",
                               "Return a compressor object."),
    function<zlib_decompressobj>("decompressobj(wbits=MAX_WBITS, zdict=b'')", "Return a decompressor object."),
    function<checksum<crc32_z, 0>>("crc32(data, value=0, /)", "Compute a CRC-32 checksum of data."),
    function<checksum<adler32_z, 1>>("adler32(data, value=1, /)", "Compute an Adler-32 checksum of data."),
};

const TypeDef kErrorDef = {.name = "zlib.error", .base = &types::Exception, .flags = kTypeSubclassable};

Result<void> init(Thread& t, Borrowed<Module> module) {
  TRY(module_add_type(t, module, types::ZlibError, kErrorDef));
  TRY(add_stream_types(t, module));
#define CONSTANT(name) TRY(module_set_int(t, module, #name, name));
  CONSTANT(MAX_WBITS)
  CONSTANT(Z_BEST_COMPRESSION)
  CONSTANT(Z_BEST_SPEED)
  CONSTANT(Z_BLOCK)
  CONSTANT(Z_DEFAULT_COMPRESSION)
  CONSTANT(Z_DEFAULT_STRATEGY)
  CONSTANT(Z_FILTERED)
  CONSTANT(Z_FINISH)
  CONSTANT(Z_FIXED)
  CONSTANT(Z_FULL_FLUSH)
  CONSTANT(Z_HUFFMAN_ONLY)
  CONSTANT(Z_NO_COMPRESSION)
  CONSTANT(Z_NO_FLUSH)
  CONSTANT(Z_PARTIAL_FLUSH)
  CONSTANT(Z_RLE)
  CONSTANT(Z_SYNC_FLUSH)
  CONSTANT(Z_TREES)
#undef CONSTANT
  TRY(module_set_int(t, module, "DEFLATED", Z_DEFLATED));
  TRY(module_set_int(t, module, "DEF_MEM_LEVEL", kDefaultMemLevel));
  TRY(module_set_int(t, module, "DEF_BUF_SIZE", 16384));
  TRY(module_set_str(t, module, "ZLIB_VERSION", ZLIB_VERSION));
  TRY(module_set_str(t, module, "ZLIB_RUNTIME_VERSION", zlibVersion()));
  return module_set_str(t, module, "__version__", "1.0");
}

}  // namespace

OROCHI_MODULE(zlib, "Compression and decompression compatible with gzip.", kFunctions, init)

}  // namespace zlib_module

}  // namespace orochi
