// The array object: numbers of one kind in a raw buffer that is only touched under the object's lock. While `exports`
// is not zero the buffer cannot be resized.
#pragma once

#include "objects/bytes.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/native.h"

namespace orochi {
namespace types {
extern ::orochi::Type ArrayArray, ArrayIterator;
}
}  // namespace orochi

namespace orochi::array_module {

enum class Kind : uint8_t { Signed, Unsigned, Real, Text };
struct Descr {
  char code;
  uint8_t size;
  Kind kind;
  uint8_t machine_format;
  const char* format;       // for buffers
  const char* name;         // in messages
};
const Descr* find_descr(uint32_t code);

struct Array : Object {
  static Type& python_type() { return types::ArrayArray; }
  const Descr* descr;
  uint8_t* data;       // under the lock
  uint64_t length_;    // in items; under the lock, atomic for unlocked len()
  uint64_t capacity;   // bytes; under the lock
  int64_t exports;     // atomic; raised under the lock
  static void destroy(Object* o) { free_raw(static_cast<Array*>(o)->data); }
  static size_t extra_size(const Object* o) { return static_cast<const Array*>(o)->capacity; }
  size_t length() const { return __atomic_load_n(&length_, __ATOMIC_RELAXED); }
};

struct Item {
  uint8_t bytes[8];
};

// One item from a value: may run Python code, so it comes before taking the lock.
Result<Item> item_from(Thread& t, const Descr& d, Borrowed<> v);
Result<Local<>> value_of(Mutator& m, const Descr& d, const uint8_t* at);

Result<Local<Array>> make_array(Mutator& m, Borrowed<Type> cls, const Descr& d, size_t length);
// Changes the number of items; new ones are uninitialised. BufferError while exported. Caller holds the lock.
Result<void> resize_locked(Mutator& m, Array* a, size_t length);
// Replaces items [start, start + removed) by `count` items at `source`. Caller holds the lock.
Result<void> splice_locked(Mutator& m, Array* a, size_t start, size_t removed, const uint8_t* source, size_t count);

// A private copy of the contents.
class Snapshot {
 public:
  Snapshot() = default;
  Snapshot(Snapshot&& o) noexcept : data_(o.data_), length_(o.length_) { o.data_ = nullptr; }
  Snapshot& operator=(Snapshot&& o) noexcept {
    std::swap(data_, o.data_);
    std::swap(length_, o.length_);
    return *this;
  }
  ~Snapshot() { free_raw(data_); }
  static Result<Snapshot> of(Mutator& m, Array* a);
  const uint8_t* data() const { return data_; }
  size_t length() const { return length_; }

 private:
  uint8_t* data_ = nullptr;
  size_t length_ = 0;
};

Result<void> append_item(Thread& t, Borrowed<Array> self, Borrowed<> v);
Result<void> extend_from(Thread& t, Borrowed<Array> self, Borrowed<> iterable);
Result<void> append_bytes(Thread& t, Borrowed<Array> self, std::string_view bytes);
Result<void> append_text(Thread& t, Borrowed<Array> self, Borrowed<Str> text);
Result<Local<>> array_to_list(Thread& t, Borrowed<Array> self);
Result<Local<>> array_to_bytes(Thread& t, Borrowed<Array> self);
Result<Local<Str>> array_to_text(Thread& t, Borrowed<Array> self);

Result<Local<>> array_op_new(Thread& t, Borrowed<Type> cls, const CallArgs& args);
Result<Local<>> array_reconstructor(Thread& t, Borrowed<> cls, Borrowed<Str> typecode, int32_t mformat_code, Borrowed<> items);
extern const NativeDef kArrayMethods[];
extern const size_t kArrayMethodCount;

}  // namespace orochi::array_module
