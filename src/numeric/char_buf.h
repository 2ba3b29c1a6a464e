// A growing byte buffer for formatted text: inline room first, malloc beyond. An allocation failure is sticky: later
// appends do nothing, and the caller asks failed() once at the end (and raises MemoryError).
// Invariant: size() <= capacity_; data() is never null.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace orochi {

class CharBuf {
 public:
  static constexpr size_t kInline = 112;

  CharBuf() = default;
  ~CharBuf() {
    if (data_ != inline_) free(data_);
  }
  CharBuf(const CharBuf&) = delete;
  CharBuf& operator=(const CharBuf&) = delete;
  CharBuf(CharBuf&& other) noexcept { take(other); }
  CharBuf& operator=(CharBuf&& other) noexcept {
    if (this != &other) {
      if (data_ != inline_) free(data_);
      take(other);
    }
    return *this;
  }

  [[nodiscard]] bool failed() const { return failed_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  char* data() { return data_; }
  const char* data() const { return data_; }
  std::string_view view() const { return {data_, size_}; }
  char& operator[](size_t i) { return data_[i]; }
  char operator[](size_t i) const { return data_[i]; }
  char* begin() { return data_; }
  char* end() { return data_ + size_; }

  void clear() { size_ = 0; }
  void truncate(size_t size) {
    if (size < size_) size_ = size;
  }
  void fail() { failed_ = true; }

  // Makes room for `more` bytes after size(); false (and failed()) when there is none.
  bool reserve(size_t more) {
    if (failed_) return false;
    if (more <= capacity_ - size_) return true;
    return grow(more);
  }
  // Room for `count` bytes that the caller fills; null when failed.
  char* extend(size_t count) {
    if (!reserve(count)) return nullptr;
    char* at = data_ + size_;
    size_ += count;
    return at;
  }
  void append(char c) {
    if (reserve(1)) data_[size_++] = c;
  }
  void append(std::string_view text) {
    if (text.empty()) return;
    if (char* at = extend(text.size())) memcpy(at, text.data(), text.size());
  }
  void append(size_t count, char c) {
    if (char* at = extend(count)) memset(at, c, count);
  }
  // Appends a code point as UTF-8 (lone surrogates in their three-byte form: the caller decodes them back).
  void append_code_point(char32_t c) {
    if (c < 0x80) return append(static_cast<char>(c));
    char bytes[4];
    append(std::string_view(bytes, encode(c, bytes)));
  }
  void append_code_points(size_t count, char32_t c) {
    if (c < 0x80) return append(count, static_cast<char>(c));
    char bytes[4];
    size_t width = encode(c, bytes);
    if (count > (SIZE_MAX / 8)) return fail();
    if (char* at = extend(count * width)) {
      for (size_t i = 0; i < count; ++i) memcpy(at + i * width, bytes, width);
    }
  }

 private:
  static size_t encode(char32_t c, char* out) {
    if (c < 0x80) return out[0] = static_cast<char>(c), 1;
    if (c < 0x800) {
      out[0] = static_cast<char>(0xC0 | (c >> 6));
      out[1] = static_cast<char>(0x80 | (c & 0x3F));
      return 2;
    }
    if (c < 0x10000) {
      out[0] = static_cast<char>(0xE0 | (c >> 12));
      out[1] = static_cast<char>(0x80 | ((c >> 6) & 0x3F));
      out[2] = static_cast<char>(0x80 | (c & 0x3F));
      return 3;
    }
    out[0] = static_cast<char>(0xF0 | (c >> 18));
    out[1] = static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out[2] = static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out[3] = static_cast<char>(0x80 | (c & 0x3F));
    return 4;
  }
  [[gnu::noinline]] bool grow(size_t more) {
    if (more > SIZE_MAX / 4 || size_ > SIZE_MAX / 4) return fail(), false;
    size_t wanted = size_ + more;
    size_t capacity = capacity_ + capacity_ / 2;
    if (capacity < wanted) capacity = wanted;
    char* data = static_cast<char*>(data_ == inline_ ? malloc(capacity) : realloc(data_, capacity));
    if (data == nullptr) return fail(), false;
    if (data_ == inline_) memcpy(data, inline_, size_);
    data_ = data;
    capacity_ = capacity;
    return true;
  }
  void take(CharBuf& other) {
    size_ = other.size_;
    failed_ = other.failed_;
    if (other.data_ == other.inline_) {
      data_ = inline_;
      capacity_ = kInline;
      memcpy(inline_, other.inline_, size_);
    } else {
      data_ = other.data_;
      capacity_ = other.capacity_;
      other.data_ = other.inline_;
      other.capacity_ = kInline;
    }
    other.size_ = 0;
  }

  char* data_ = inline_;
  size_t size_ = 0;
  size_t capacity_ = kInline;
  bool failed_ = false;
  char inline_[kInline];
};

}  // namespace orochi
