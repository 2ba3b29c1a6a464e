// zlib: the loops around deflate and inflate, and errors.
#include "modules/zlib/zlib_module.h"

namespace orochi::zlib_module {

bool OutBuffer::prepare(z_stream* zst, size_t first) {
  if (size_ == capacity_) {
    size_t wanted = capacity_ == 0 ? first : capacity_ + capacity_ / 2;
    if (wanted > limit_) wanted = limit_;
    if (wanted == capacity_) return false;
    auto* grown = static_cast<uint8_t*>(reallocate_raw(data_, wanted));
    if (!grown) return false;
    data_ = grown;
    capacity_ = wanted;
  }
  zst->next_out = data_ + size_;
  size_t room = capacity_ - size_;
  if (room > UINT32_MAX) {
    room = UINT32_MAX;
    capacity_ = size_ + room;  // the rest is given back by the next reallocation
  }
  zst->avail_out = static_cast<uInt>(room);
  return true;
}

void Input::refill(z_stream* zst) {
  if (zst->avail_in || !left) return;
  size_t piece = left > UINT32_MAX ? UINT32_MAX : left;
  zst->next_in = const_cast<uint8_t*>(data);
  zst->avail_in = static_cast<uInt>(piece);
  data += piece;
  left -= piece;
}

int run_deflate(z_stream* zst, Input& input, int flush, OutBuffer& out) {
  zst->avail_in = 0;
  int code;
  do {
    input.refill(zst);
    int mode = input.left ? Z_NO_FLUSH : flush;
    do {
      if (!out.prepare(zst, 16384)) return Z_MEM_ERROR;
      code = deflate(zst, mode);
      out.update(zst);
      if (code == Z_STREAM_ERROR) return code;
    } while (zst->avail_out == 0);
  } while (input.left || (flush == Z_FINISH && code != Z_STREAM_END && code == Z_OK));
  return code;
}

int run_inflate(z_stream* zst, Input& input, int flush, OutBuffer& out, std::string_view zdict, int* dict_error) {
  int code = Z_OK;
  *dict_error = Z_OK;
  do {
    input.refill(zst);
    int mode = input.left ? Z_SYNC_FLUSH : flush;
    do {
      if (!out.prepare(zst, 16384)) return out.full() ? code : Z_MEM_ERROR;
      code = inflate(zst, mode);
      out.update(zst);
      if (code == Z_NEED_DICT && !zdict.empty()) {
        *dict_error = inflateSetDictionary(zst, reinterpret_cast<const Bytef*>(zdict.data()),
                                           static_cast<uInt>(zdict.size()));
        if (*dict_error != Z_OK) return code;
        code = Z_OK;
        continue;
      }
      if (code != Z_OK && code != Z_BUF_ERROR) return code;
      if (code == Z_BUF_ERROR && zst->avail_out != 0) break;
    } while (zst->avail_out == 0 || zst->avail_in != 0);
  } while (input.left);
  return code;
}

Raised raise_zlib(Thread& t, const z_stream* zst, int code, const char* what) {
  const char* detail = code == Z_VERSION_ERROR ? "library version mismatch" : zst ? zst->msg : nullptr;
  if (!detail) {
    switch (code) {
      case Z_BUF_ERROR: detail = "incomplete or truncated stream"; break;
      case Z_STREAM_ERROR: detail = "inconsistent stream state"; break;
      case Z_DATA_ERROR: detail = "invalid input data"; break;
      default: break;
    }
  }
  if (!detail) return raise(t, types::ZlibError, "Error {} {}", code, what);
  return raise(t, types::ZlibError, "Error {} {}: {}", code, what, detail);
}

}  // namespace orochi::zlib_module
