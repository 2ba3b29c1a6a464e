// Growing arrays for kernels' results. There are no exceptions to report a failed allocation with, so a buffer that
// cannot grow drops what is appended from then on and says so once, in failed(); callers turn that into MemoryError.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <type_traits>
#include <utility>

namespace orochi::text {

template <typename T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)), failed_(std::exchange(other.failed_, false)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    std::swap(failed_, other.failed_);
    return *this;
  }
  ~Buffer() { free(data_); }

  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool failed() const { return failed_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T& back() { return data_[size_ - 1]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }

  void clear() { size_ = 0; }
  void truncate(size_t size) {
    if (size < size_) size_ = size;
  }

  // Makes room for `more` items after the present ones. False: out of memory, nothing changed.
  bool reserve_more(size_t more) {
    if (more <= capacity_ - size_) return true;
    return grow(more);
  }
  void push(T item) {
    if (size_ == capacity_ && !grow(1)) [[unlikely]] return;
    data_[size_++] = item;
  }
  void append(const T* items, size_t count) {
    if (count == 0 || !reserve_more(count)) return;
    memcpy(data_ + size_, items, count * sizeof(T));
    size_ += count;
  }
  void append_fill(size_t count, T item) {
    if (!reserve_more(count)) return;
    for (size_t i = 0; i < count; i++) data_[size_++] = item;
  }
  // Adds `count` uninitialised items and returns the first; null if out of memory.
  T* extend(size_t count) {
    if (!reserve_more(count)) return nullptr;
    T* first = data_ + size_;
    size_ += count;
    return first;
  }

 private:
  [[gnu::noinline]] bool grow(size_t more) {
    if (failed_) return false;
    size_t wanted = size_ + more;
    size_t roomy = capacity_ + capacity_ / 2 + 32;
    if (wanted < roomy) wanted = roomy;
    if (wanted < size_ || wanted > PTRDIFF_MAX / sizeof(T)) {
      failed_ = true;
      return false;
    }
    void* p = realloc(static_cast<void*>(data_), wanted * sizeof(T));
    if (!p) {
      failed_ = true;
      return false;
    }
    data_ = static_cast<T*>(p);
    capacity_ = wanted;
    return true;
  }

  T* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
  bool failed_ = false;
};

using ByteBuffer = Buffer<uint8_t>;
using CharBuffer = Buffer<char32_t>;

}  // namespace orochi::text
