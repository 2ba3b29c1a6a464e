// Text of unknown width, appended to: starts with one-byte units and widens when a wider character arrives, so the kind
// is always the narrowest for what was pushed. Failure to allocate is remembered in failed(), as in Buffer.
#pragma once

#include "text/buffer.h"
#include "text/units.h"
#include "text/view.h"

namespace orochi::text {

class TextBuilder {
 public:
  TextBuilder() = default;
  TextBuilder(const TextBuilder&) = delete;
  TextBuilder& operator=(const TextBuilder&) = delete;
  ~TextBuilder() { free(data_); }

  size_t length() const { return length_; }
  Kind kind() const { return kind_; }
  bool failed() const { return failed_; }
  AnyText view() const { return {data_, length_, kind_}; }
  // 0x7F, 0xFF, 0xFFFF or 0x10FFFF. May be wider than the text after truncate().
  char32_t max_char_class() const {
    return seen_ < 0x80 ? 0x7F : seen_ < 0x100 ? 0xFF : seen_ < 0x10000 ? 0xFFFF : 0x10FFFF;
  }

  void push(char32_t c) {
    if ((length_ == capacity_ || c > top_) && !grow(1, c)) [[unlikely]] return;
    seen_ |= c;
    if (kind_ == Kind::One) static_cast<uint8_t*>(data_)[length_++] = static_cast<uint8_t>(c);
    else if (kind_ == Kind::Two) static_cast<char16_t*>(data_)[length_++] = static_cast<char16_t>(c);
    else static_cast<char32_t*>(data_)[length_++] = c;
  }
  void append(AnyText text) {
    if (text.length == 0) return;
    char32_t widest = text::max_char_class(text);
    if ((text.length > capacity_ - length_ || widest > top_) && !grow(text.length, widest)) return;
    seen_ |= widest;
    copy_units(unit_at(data_, kind_, length_), kind_, text);
    length_ += text.length;
  }
  bool reserve_more(size_t more) { return more <= capacity_ - length_ || grow(more, 0); }
  void truncate(size_t length) {
    if (length < length_) length_ = length;
  }

 private:
  [[gnu::noinline]] bool grow(size_t more, char32_t widest) {
    if (failed_) return false;
    size_t wanted = length_ + more;
    Kind kind = kind_for(widest) > kind_ ? kind_for(widest) : kind_;
    if (wanted > capacity_) {
      size_t roomy = capacity_ + capacity_ / 2 + 16;
      if (wanted < roomy) wanted = roomy;
    } else {
      wanted = capacity_;
    }
    if (wanted < length_ || wanted > PTRDIFF_MAX / static_cast<size_t>(kind)) return fail();
    if (kind == kind_) {
      void* p = realloc(data_, wanted * static_cast<size_t>(kind));
      if (!p) return fail();
      data_ = p;
    } else {
      void* p = malloc(wanted * static_cast<size_t>(kind));
      if (!p) return fail();
      copy_units(p, kind, view());
      free(data_);
      data_ = p;
      kind_ = kind;
      top_ = kind == Kind::Two ? 0xFFFF : 0x10FFFF;
    }
    capacity_ = wanted;
    return true;
  }
  bool fail() {
    failed_ = true;
    return false;
  }

  void* data_ = nullptr;
  size_t length_ = 0;
  size_t capacity_ = 0;
  char32_t top_ = 0xFF;  // widest character the kind holds
  char32_t seen_ = 0;    // or of all characters pushed
  Kind kind_ = Kind::One;
  bool failed_ = false;
};

}  // namespace orochi::text
