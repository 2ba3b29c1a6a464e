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
  int64_t exports;     // live buffer exports; under the lock
};

Result<Local<Bytes>> make_bytes(Mutator& m, std::string_view data);
Result<Local<Bytes>> make_bytes_uninitialised(Mutator& m, size_t length);
Borrowed<Bytes> empty_bytes();
Result<void> init_empty_bytes(Mutator& m);   // start-up
Result<Local<ByteArray>> make_bytearray(Mutator& m, std::string_view data);

}  // namespace orochi
