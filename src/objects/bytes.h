// bytes: immutable, one allocation, a NUL follows. bytearray: a growable raw buffer guarded by the object's lock;
// while `exports` is not zero it cannot be resized (BufferError).
#pragma once

#include <string_view>

#include "objects/type.h"

namespace orochi {

struct Bytes : Object {
  static constexpr uint32_t kShapeFlag = kShapeIsBytes;
  static Type& python_type() { return types::Bytes; }
  int64_t hash_cache;
  uint64_t length_;
  size_t length() const { return length_; }
  const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(this + 1); }
  uint8_t* mutable_data() { return reinterpret_cast<uint8_t*>(this + 1); }  // only before publication
  std::string_view view() const { return {reinterpret_cast<const char*>(this + 1), length_}; }
};

struct ByteArray : Object {
  static constexpr uint32_t kShapeFlag = kShapeIsByteArray;
  static Type& python_type() { return types::ByteArray; }
  uint8_t* buffer;     // allocation; under the lock
  uint8_t* start;      // first byte in use (deletions at the front move it); under the lock
  size_t length_;      // atomic relaxed for unlocked len()
  size_t capacity;
  int64_t exports;     // live buffer exports; grows under the lock, shrinks atomically
};

Result<Local<Bytes>> make_bytes(Mutator& m, std::string_view data);
Result<Local<Bytes>> make_bytes_uninitialised(Mutator& m, size_t length);
Borrowed<Bytes> empty_bytes();
Result<void> init_empty_bytes(Mutator& m);   // start-up
Result<Local<ByteArray>> make_bytearray(Mutator& m, std::string_view data);
Result<Local<ByteArray>> make_bytearray_uninitialised(Mutator& m, size_t length);

// The hash of bytes-like data with the process's key; equal data hash equal whatever holds them. Never -1.
int64_t hash_of_bytes(std::string_view data);

// Under the lock. Existing exports refuse every change of size (BufferError).
Result<void> bytearray_resize_locked(Mutator& m, ByteArray* b, size_t length);   // new bytes are not initialised
// Replaces [start, end) by `count` bytes, which do not overlap the buffer.
Result<void> bytearray_replace_locked(Mutator& m, ByteArray* b, size_t start, size_t end, const uint8_t* data, size_t count);

}  // namespace orochi
