// Between the files of the binascii module.
#pragma once

#include "objects/bytes.h"
#include "protocols/buffer.h"
#include "protocols/native.h"

namespace orochi {
namespace types {
extern ::orochi::Type BinasciiError, BinasciiIncomplete;
}
}  // namespace orochi

namespace orochi::binascii_module {

// The argument of a2b functions: bytes-like, or str of ASCII characters.
class AsciiData {
 public:
  Result<void> open(Thread& t, Borrowed<> v);
  std::string_view view() const { return view_; }

 private:
  Buffer buffer_;
  std::string_view view_;
};

// Output of a size known only at the end.
class Output {
 public:
  ~Output() { free_raw(data_); }
  bool reserve(size_t n) {
    data_ = static_cast<uint8_t*>(allocate_raw(n ? n : 1));
    return data_ != nullptr;
  }
  void put(uint8_t c) { data_[size_++] = c; }
  uint8_t* data() { return data_; }
  size_t size() const { return size_; }
  void set_size(size_t n) { size_ = n; }
  Result<Local<>> finish(Thread& t) {
    return make_bytes(t, std::string_view(reinterpret_cast<char*>(data_), size_));
  }

 private:
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

Result<Local<>> a2b_base64(Thread& t, Borrowed<> data, bool strict_mode);
Result<Local<>> b2a_base64(Thread& t, Borrowed<> data, bool newline);
Result<Local<>> a2b_uu(Thread& t, Borrowed<> data);
Result<Local<>> b2a_uu(Thread& t, Borrowed<> data, bool backtick);
Result<Local<>> a2b_qp(Thread& t, Borrowed<> data, bool header);
Result<Local<>> b2a_qp(Thread& t, Borrowed<> data, bool quotetabs, bool istext, bool header);

}  // namespace orochi::binascii_module
