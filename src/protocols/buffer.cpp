// Getting and giving back buffers. Whoever holds a Buffer keeps the exporter alive and its memory in place.
#include "protocols/buffer.h"

namespace orochi {

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
