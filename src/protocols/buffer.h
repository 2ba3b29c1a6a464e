// The buffer protocol (PEP 3118) between native types.
#pragma once

#include "objects/exception.h"

namespace orochi {

struct BufferInfo {
  void* data = nullptr;
  int64_t length = 0;        // bytes
  int64_t item_size = 1;
  bool readonly = true;
  int ndim = 1;
  const char* format = "B";  // static or owned by the exporter until release
  int64_t* shape = nullptr;  // ndim entries; nullptr: one dimension of length / item_size
  int64_t* strides = nullptr;
  int64_t* suboffsets = nullptr;
  Value owner;               // owned reference to the exporter
  void* internal = nullptr;  // the exporter's
};
enum BufferFlag : int { kBufferSimple = 0, kBufferWritable = 1, kBufferFormat = 4, kBufferND = 8, kBufferStrides = 0x18 };

// Holds an exported buffer; releases it when it goes. Data stays valid and cannot be resized meanwhile.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& o) noexcept : info_(o.info_) { o.info_ = BufferInfo(); }
  Buffer& operator=(Buffer&& o) noexcept {
    std::swap(info_, o.info_);
    return *this;
  }
  ~Buffer() { release(); }
  static Result<Buffer> get(Thread& t, Borrowed<> exporter, int flags = kBufferSimple);  // a bytes-like object is required, not 'x'
  void release();
  const uint8_t* data() const { return static_cast<const uint8_t*>(info_.data); }
  uint8_t* writable_data() const { return static_cast<uint8_t*>(info_.data); }
  size_t size() const { return static_cast<size_t>(info_.length); }
  const BufferInfo& info() const { return info_; }
  std::string_view view() const { return {static_cast<const char*>(info_.data), size()}; }

 private:
  BufferInfo info_;
};
bool has_buffer(Value v);

// What memoryview asks for: format, strides and suboffsets, read-only is fine.
inline constexpr int kBufferFullReadOnly = 0x100 | kBufferStrides | kBufferFormat;
// The items in C order, one after the other; `out` has room for info.length bytes.
void copy_to_contiguous(const BufferInfo& info, uint8_t* out);
bool is_c_contiguous(const BufferInfo& info);

namespace types {
extern ::orochi::Type MemoryView, BufferWrapper;
}
// memoryview(exporter) by a given pair of slots (`release` may be null). In builtins/memoryview_type.cpp.
Result<Local<>> make_memoryview(Thread& t, Borrowed<> exporter, BufferFn get, ReleaseBufferFn release, int flags);
// The get_buffer slot of Python classes that define __buffer__ (PEP 688).
Result<void> dispatch_get_buffer(Thread& t, Borrowed<> self, BufferInfo* out, int flags);

}  // namespace orochi
