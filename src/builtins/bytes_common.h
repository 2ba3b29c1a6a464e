// What bytes and bytearray share. Methods are templates over the two; `Reading` gives a method the bytes in place: of
// bytes directly, of a bytearray under its lock for as long as the Reading lives (so nothing may run Python then).
#pragma once

#include <cstring>

#include "objects/bytes.h"
#include "protocols/buffer.h"
#include "protocols/native.h"
#include "text/buffer.h"
#include "text/view.h"

namespace orochi {

template <typename T>
class Reading;
template <>
class Reading<Bytes> {
 public:
  Reading(Mutator&, Borrowed<Bytes> b) : view(b->view()) {}
  std::string_view view;
};
template <>
class Reading<ByteArray> {
 public:
  Reading(Mutator& m, Borrowed<ByteArray> b) : lock_(m, b.get()) {
    view = {reinterpret_cast<const char*>(b->start), b->length_};
  }

 private:
  ObjectLock lock_;

 public:
  std::string_view view;
};

// The bytes for longer: a bytearray's are copied.
template <typename T>
class Snapshot;
template <>
class Snapshot<Bytes> {
 public:
  Snapshot(Mutator&, Borrowed<Bytes> b) : view(b->view()) {}
  bool failed() const { return false; }
  std::string_view view;
};
template <>
class Snapshot<ByteArray> {
 public:
  Snapshot(Mutator& m, Borrowed<ByteArray> b) {
    ObjectLock lock(m, b.get());
    copy_.append(b->start, b->length_);
    view = {reinterpret_cast<const char*>(copy_.data()), copy_.size()};
  }
  bool failed() const { return copy_.failed(); }

 private:
  text::ByteBuffer copy_;

 public:
  std::string_view view;
};

inline text::AnyText bytes_text(std::string_view v) { return text::AnyText(v); }
inline const uint8_t* byte_pointer(std::string_view v) { return reinterpret_cast<const uint8_t*>(v.data()); }
inline std::string_view view_of(const text::ByteBuffer& b) {
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}

template <typename T>
Result<Local<T>> make_like(Mutator& m, std::string_view data) {
  if constexpr (std::is_same_v<T, Bytes>) return make_bytes(m, data);
  else return make_bytearray(m, data);
}
template <typename T>
Result<Local<T>> make_like_uninitialised(Mutator& m, size_t length) {
  if constexpr (std::is_same_v<T, Bytes>) return make_bytes_uninitialised(m, length);
  else return make_bytearray_uninitialised(m, length);
}
inline uint8_t* fresh_data(const Local<Bytes>& b) { return b->mutable_data(); }
inline uint8_t* fresh_data(const Local<ByteArray>& b) { return b->start; }
template <typename T>
Result<Local<T>> make_like(Mutator& m, const text::ByteBuffer& out) {
  if (out.failed()) return raise_no_memory(m);
  return make_like<T>(m, view_of(out));
}
// bytes that stay the same are shared.
template <typename T>
Result<Local<T>> unchanged(Mutator& m, Borrowed<T> self, std::string_view view) {
  if constexpr (std::is_same_v<T, Bytes>) {
    if (type_of(self) == &types::Bytes) return Local<Bytes>::share(self);
  }
  return make_like<T>(m, view);
}

inline bool is_bytearray(Value v) { return has_flag(v, kShapeIsByteArray); }

// A byte given as a number; ValueError `message` out of range.
Result<uint8_t> byte_of(Thread& t, Borrowed<> v, const char* message = "byte must be in range(0, 256)");
// The bytes of an iterable of ints (not of a buffer or int), appended. `type_name`: for "cannot convert 'x' object to …".
Result<void> append_from_iterable(Thread& t, Borrowed<> v, text::ByteBuffer& out, const char* range_message);
// bytes(source, encoding, errors) and bytearray(…): the contents.
struct BytesArguments {
  Maybe<Borrowed<>> source;
  Maybe<Borrowed<Str>> encoding, errors;
};
Result<void> collect_bytes(Thread& t, const BytesArguments& args, const char* type_name, text::ByteBuffer& out);

// x.hex(sep, bytes_per_sep)
Result<Local<Str>> hex_of_bytes(Thread& t, std::string_view data, Borrowed<> sep, int64_t group);

// What find, count and `in` look for: a byte or bytes.
class Needle {
 public:
  static Result<Needle> of(Thread& t, Borrowed<> v, bool operator_in);
  text::AnyText text() const { return is_byte_ ? text::AnyText(&byte_, 1) : bytes_text(buffer_.view()); }

 private:
  Buffer buffer_;
  uint8_t byte_ = 0;
  bool is_byte_ = false;
};

// left % right for either type.
Result<void> bytes_percent(Thread& t, std::string_view format, Borrowed<> args, text::ByteBuffer& out);

template <typename T>
Result<Local<>> make_bytes_iterator(Thread& t, Borrowed<> self);

inline constexpr size_t kBytesMethodCount = 45;
inline constexpr size_t kByteArrayMethodCount = 55;
extern const NativeDef kBytesMethods[kBytesMethodCount];
extern const NativeDef kByteArrayMethods[kByteArrayMethodCount];

// bytearray's own methods (bytearray_type.cpp).
Result<void> bytearray_append(Thread& t, Borrowed<ByteArray> self, Borrowed<> item);
Result<void> bytearray_clear(Mutator& m, Borrowed<ByteArray> self);
Result<Local<ByteArray>> bytearray_copy(Mutator& m, Borrowed<ByteArray> self);
Result<void> bytearray_extend(Thread& t, Borrowed<ByteArray> self, Borrowed<> items);
Result<void> bytearray_insert(Thread& t, Borrowed<ByteArray> self, Index index, Borrowed<> item);
Result<Local<>> bytearray_pop(Thread& t, Borrowed<ByteArray> self, Index index);
Result<void> bytearray_remove(Thread& t, Borrowed<ByteArray> self, Borrowed<> value);
void bytearray_reverse(Mutator& m, Borrowed<ByteArray> self);
Result<void> bytearray_resize(Thread& t, Borrowed<ByteArray> self, Index size);
int64_t bytearray_alloc(Mutator& m, Borrowed<ByteArray> self);
Result<Local<>> bytearray_reduce(Thread& t, Borrowed<ByteArray> self);
Result<Local<>> bytearray_reduce_ex(Thread& t, Borrowed<ByteArray> self, int64_t protocol);
int64_t bytearray_sizeof(Mutator& m, Borrowed<ByteArray> self);

}  // namespace orochi
