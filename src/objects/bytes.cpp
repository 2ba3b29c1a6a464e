// The bytes and bytearray objects: layouts and constructors. Methods are in builtins/bytes_*.cpp.
#include "objects/bytes.h"

#include <cstring>

#include "objects/exception.h"
#include "objects/str_text.h"

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

int64_t hash_of_bytes(std::string_view data) {
  auto h = data.empty() ? int64_t{0} : static_cast<int64_t>(siphash13(hash_key, data.data(), data.size()));
  if (h == 0 || h == -1) h = h == 0 ? 1 : -2;
  return h;
}

Result<Local<ByteArray>> make_bytearray_uninitialised(Mutator& m, size_t length) {
  Local<ByteArray> b = TRY(allocate<ByteArray>(m, types::ByteArray.root_shape));
  if (length == 0) return b;
  if (length > (size_t{1} << 46)) return raise_no_memory(m);
  b->buffer = static_cast<uint8_t*>(allocate_raw(length + 1));
  if (!b->buffer) return raise_no_memory(m);
  b->buffer[length] = 0;
  b->start = b->buffer;
  b->length_ = length;
  b->capacity = length + 1;
  return b;
}

Result<Local<ByteArray>> make_bytearray(Mutator& m, std::string_view data) {
  Local<ByteArray> b = TRY(make_bytearray_uninitialised(m, data.size()));
  if (!data.empty()) std::memcpy(b->buffer, data.data(), data.size());
  return b;
}

namespace {

void set_length(ByteArray* b, size_t length) {
  __atomic_store_n(&b->length_, length, __ATOMIC_RELAXED);  // len() may look without the lock: a whole number, maybe old
  if (b->start) b->start[length] = 0;
}

}  // namespace

Result<void> bytearray_resize_locked(Mutator& m, ByteArray* b, size_t length) {
  size_t old = b->length_;
  if (length == old) return ok();
  if (__atomic_load_n(&b->exports, __ATOMIC_ACQUIRE) > 0) {  // pairs with the release of a buffer
    return raise(m, types::BufferError, "Existing exports of data: object cannot be re-sized");
  }
  if (length > (size_t{1} << 46)) return raise_no_memory(m);
  auto front = static_cast<size_t>(b->start - b->buffer);
  if (b->buffer && length + 1 <= b->capacity - front && (length + 1 > b->capacity / 2 || b->capacity < 64)) {
    set_length(b, length);
    return ok();
  }
  size_t wanted = length + 1;
  if (length > old) wanted += (length >> 3) + (length < 9 ? 3 : 6);
  if (length == 0) {
    free_raw(b->buffer);
    b->buffer = b->start = nullptr;
    b->capacity = 0;
    set_length(b, 0);
    return ok();
  }
  size_t kept = old < length ? old : length;
  uint8_t* fresh;
  if (front == 0 && b->buffer) {
    fresh = static_cast<uint8_t*>(reallocate_raw(b->buffer, wanted));
    if (!fresh) return raise_no_memory(m);
  } else {
    fresh = static_cast<uint8_t*>(allocate_raw(wanted));
    if (!fresh) return raise_no_memory(m);
    if (kept) std::memcpy(fresh, b->start, kept);
    free_raw(b->buffer);
  }
  b->buffer = b->start = fresh;
  b->capacity = wanted;
  set_length(b, length);
  return ok();
}

Result<void> bytearray_replace_locked(Mutator& m, ByteArray* b, size_t start, size_t end, const uint8_t* data,
                                      size_t count) {
  size_t removed = end - start, old = b->length_;
  if (count < removed) {
    if (__atomic_load_n(&b->exports, __ATOMIC_ACQUIRE) > 0) {
      return raise(m, types::BufferError, "Existing exports of data: object cannot be re-sized");
    }
    size_t gap = removed - count;
    if (start == 0) {  // the front just moves: deleting from the front is cheap
      b->start += gap;
      __atomic_store_n(&b->length_, old - gap, __ATOMIC_RELAXED);
      if (static_cast<size_t>(b->start - b->buffer) > b->capacity / 2) {
        std::memmove(b->buffer, b->start, b->length_ + 1);
        b->start = b->buffer;
        if (b->capacity > 64) {
          if (auto* smaller = static_cast<uint8_t*>(reallocate_raw(b->buffer, b->length_ + 1))) {
            b->buffer = b->start = smaller;
            b->capacity = b->length_ + 1;
          }
        }
      }
    } else {
      std::memmove(b->start + start + count, b->start + end, old - end);
      TRY(bytearray_resize_locked(m, b, old - gap));
    }
  } else if (count > removed) {
    size_t extra = count - removed;
    TRY(bytearray_resize_locked(m, b, old + extra));
    std::memmove(b->start + end + extra, b->start + end, old - end);
  }
  if (count) std::memcpy(b->start + start, data, count);
  return ok();
}

}  // namespace orochi
