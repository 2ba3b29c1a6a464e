// Getting and giving back buffers. Whoever holds a Buffer keeps the exporter alive and its memory in place.
#include "protocols/buffer.h"

#include <cstring>

namespace orochi {

bool is_c_contiguous(const BufferInfo& info) {
  if (info.suboffsets) {
    for (int d = 0; d < info.ndim; d++) {
      if (info.suboffsets[d] >= 0) return false;
    }
  }
  if (!info.strides || info.length == 0) return true;
  int64_t expected = info.item_size;
  for (int d = info.ndim - 1; d >= 0; d--) {
    if (info.shape[d] > 1 && info.strides[d] != expected) return false;
    expected *= info.shape[d];
  }
  return true;
}

namespace {

uint8_t* copy_dimension(const BufferInfo& info, int d, const uint8_t* from, uint8_t* out) {
  int64_t stride = info.strides[d];
  for (int64_t i = 0; i < info.shape[d]; i++, from += stride) {
    const uint8_t* at = from;
    if (info.suboffsets && info.suboffsets[d] >= 0) at = *reinterpret_cast<uint8_t* const*>(at) + info.suboffsets[d];
    if (d + 1 < info.ndim) {
      out = copy_dimension(info, d + 1, at, out);
    } else {
      std::memcpy(out, at, static_cast<size_t>(info.item_size));
      out += info.item_size;
    }
  }
  return out;
}

}  // namespace

void copy_to_contiguous(const BufferInfo& info, uint8_t* out) {
  if (info.length == 0) return;
  if (is_c_contiguous(info) || info.ndim == 0) {
    std::memcpy(out, info.data, static_cast<size_t>(info.length));
  } else {
    copy_dimension(info, 0, static_cast<const uint8_t*>(info.data), out);
  }
}

bool has_buffer(Value v) { return type_of(v)->slots.get_buffer != nullptr; }

Result<Buffer> Buffer::get(Thread& t, Borrowed<> exporter, int flags) {
  BufferFn fn = type_of(exporter)->slots.get_buffer;
  if (!fn) return raise(t, types::TypeError, "a bytes-like object is required, not '{}'", TypeName(exporter));
  Buffer buffer;
  BufferInfo info;
  TRY(fn(t, exporter, &info, flags));
  if (info.owner.is_empty()) info.owner = Local<>::share(exporter).release();
  buffer.info_ = info;
  return buffer;
}

void Buffer::release() {
  if (info_.owner.is_empty()) return;
  Local<> owner = Local<>::adopt(info_.owner);
  info_.owner = Value();
  if (ReleaseBufferFn fn = type_of(owner.value())->slots.release_buffer) fn(owner, &info_);
  info_ = BufferInfo();
}

}  // namespace orochi
