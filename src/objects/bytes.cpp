// The bytes and bytearray objects: layouts and constructors. Methods are in builtins/bytes_*.cpp.
#include "objects/bytes.h"

#include <cstring>

#include "objects/exception.h"

namespace orochi {

namespace {

size_t bytes_item_count(const Object* object) { return static_cast<const Bytes*>(object)->length_ + 1; }

void destroy_bytearray(Object* object) { free_raw(static_cast<ByteArray*>(object)->buffer); }
size_t bytearray_extra_size(const Object* object) { return static_cast<const ByteArray*>(object)->capacity; }

Bytes* empty = nullptr;  // made on first use by the starting thread, then fixed

}  // namespace

extern const Layout kBytesLayout;
constinit const Layout kBytesLayout{"bytes", sizeof(Bytes), 1, nullptr, nullptr, bytes_item_count, nullptr};
extern const Layout kByteArrayLayout;
constinit const Layout kByteArrayLayout{"bytearray", sizeof(ByteArray), 0, nullptr, destroy_bytearray, nullptr,
                                        bytearray_extra_size};

Result<void> init_empty_bytes(Mutator& m) {
  Local<Bytes> b = TRY(allocate<Bytes>(m, types::Bytes.root_shape, sizeof(Bytes) + 1));
  __atomic_store_n(&b->owner, kOwnerImmortal, __ATOMIC_RELEASE);
  empty = b.get();
  return ok();
}

Borrowed<Bytes> empty_bytes() { return Borrowed<Bytes>(empty); }

Result<Local<Bytes>> make_bytes_uninitialised(Mutator& m, size_t length) {
  if (length == 0) return Local<Bytes>::share(empty_bytes());
  if (length > (size_t{1} << 46)) return raise_no_memory(m);
  Local<Bytes> b = TRY(allocate<Bytes>(m, types::Bytes.root_shape, sizeof(Bytes) + length + 1));
  b->length_ = length;
  b->mutable_data()[length] = 0;
  return b;
}

Result<Local<Bytes>> make_bytes(Mutator& m, std::string_view data) {
  Local<Bytes> b = TRY(make_bytes_uninitialised(m, data.size()));
  if (!data.empty()) std::memcpy(b->mutable_data(), data.data(), data.size());
  return b;
}

Result<Local<ByteArray>> make_bytearray(Mutator& m, std::string_view data) {
  Local<ByteArray> b = TRY(allocate<ByteArray>(m, types::ByteArray.root_shape));
  if (data.empty()) return b;
  b->buffer = static_cast<uint8_t*>(allocate_raw(data.size() + 1));
  if (!b->buffer) return raise_no_memory(m);
  std::memcpy(b->buffer, data.data(), data.size());
  b->buffer[data.size()] = 0;
  b->start = b->buffer;
  b->length_ = data.size();
  b->capacity = data.size() + 1;
  return b;
}

}  // namespace orochi
