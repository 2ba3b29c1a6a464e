// Between the files of the _io module: the layouts of its types, their lock, and reading and writing descriptors.
//
// FileIO is a descriptor and some flags. Buffered (reader, writer, random) and TextIOWrapper are guarded each by a lock
// of their own that is held around blocking calls, so whoever waits for it is detached. BytesIO and StringIO never run
// Python code inside an operation: their object lock is enough.
#pragma once

#include "builtins/codec_registry.h"
#include "objects/bytes.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/buffer.h"
#include "protocols/call.h"
#include "protocols/native.h"
#include "sync/byte_lock.h"

namespace orochi::types {
extern ::orochi::Type IoBase, IoRawBase, IoBufferedBase, IoTextBase, IoFileIO, IoBytesIO, IoBytesIOBuffer, IoStringIO,
    IoBufferedReader, IoBufferedWriter, IoBufferedRandom, IoBufferedRWPair, IoTextIOWrapper, IoNewlineDecoder;
}  // namespace orochi::types

namespace orochi::io_module {

inline constexpr int64_t kDefaultBufferSize = 131072;
inline constexpr int64_t kWouldBlock = -2;

// The lock of a buffered or text object; knows its owner, so that a reentrant call is noticed.
struct IoLock {
  uint8_t byte;
  uint8_t padding[3];
  uint32_t owner;   // thread slot; atomic relaxed
  uint32_t depth;   // of the owner, for recursive use
  uint32_t reserved;
};
class IoLockGuard {
 public:
  // Recursive: for objects whose every step leaves them whole.
  explicit IoLockGuard(Thread& t, IoLock& lock) : lock_(&lock) {
    if (__atomic_load_n(&lock.owner, __ATOMIC_RELAXED) == t.slot_id) {  // only we write our own id
      lock.depth++;
      return;
    }
    ByteLock::lock(&lock.byte);
    __atomic_store_n(&lock.owner, t.slot_id, __ATOMIC_RELAXED);
    lock.depth = 1;
  }
  ~IoLockGuard() { unlock(); }
  IoLockGuard(const IoLockGuard&) = delete;
  IoLockGuard& operator=(const IoLockGuard&) = delete;
  void unlock() {
    if (!lock_) return;
    if (--lock_->depth == 0) {
      __atomic_store_n(&lock_->owner, 0u, __ATOMIC_RELAXED);
      ByteLock::unlock(&lock_->byte);
    }
    lock_ = nullptr;
  }

 private:
  IoLock* lock_;
};
inline bool lock_held_by(const Thread& t, const IoLock& lock) {
  return __atomic_load_n(&lock.owner, __ATOMIC_RELAXED) == t.slot_id;
}

struct FileIO : Object {
  static Type& python_type() { return types::IoFileIO; }
  int32_t fd;         // -1: closed; atomic relaxed
  uint8_t open_once;  // __init__ has run
  uint8_t created, readable, writable, appending, closefd, finalizing;
  int8_t seekable;    // -1: not known yet
  int32_t padding;
  int64_t block_size;
  int64_t size_hint;  // st_size at open, for readall
  int load_fd() const { return open_once ? __atomic_load_n(&fd, __ATOMIC_RELAXED) : -1; }
};

struct Buffered : Object {
  static Type& python_type() { return types::IoBufferedReader; }  // for messages; see is_a below
  Field<> raw;          // empty: not initialised or detached
  IoLock lock;
  uint8_t* data;        // capacity bytes
  int64_t capacity;
  int64_t pos;          // read-ahead is [pos, read_end)
  int64_t read_end;
  int64_t write_end;    // pending output is [0, write_end); then there is no read-ahead
  int64_t raw_position; // -1: not known
  uint8_t ok, detached, readable, writable, finalizing, fast_raw;
  uint8_t reserved[2];
  int64_t have() const { return read_end - pos; }
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<Buffered*>(o)->raw); }
  static void destroy(Object* o) {
    auto* b = static_cast<Buffered*>(o);
    if (b->data) free_raw(b->data);
  }
};

struct RWPair : Object {
  static Type& python_type() { return types::IoBufferedRWPair; }
  Field<> reader;
  Field<> writer;
  static void trace(Object* o, Visitor& v) {
    v.visit(static_cast<RWPair*>(o)->reader);
    v.visit(static_cast<RWPair*>(o)->writer);
  }
};

struct BytesIO : Object {
  static Type& python_type() { return types::IoBytesIO; }
  uint8_t* data;      // all under the object's lock
  size_t capacity;
  size_t size;
  int64_t pos;
  int64_t exports;
  uint64_t open;      // 1 once initialised and not closed
  static void destroy(Object* o) {
    auto* b = static_cast<BytesIO*>(o);
    if (b->data) free_raw(b->data);
  }
  static size_t extra_size(const Object* o) { return static_cast<const BytesIO*>(o)->capacity; }
};

}  // namespace orochi::io_module

namespace orochi {
template <>
inline bool is_a<io_module::Buffered>(Value v) {
  return is_instance(v, types::IoBufferedReader) || is_instance(v, types::IoBufferedWriter) ||
         is_instance(v, types::IoBufferedRandom);
}
}  // namespace orochi

namespace orochi::io_module {

// Line ends seen by universal newlines.
enum SeenNewlines : uint8_t { kSeenCr = 1, kSeenLf = 2, kSeenCrLf = 4 };

struct NewlineDecoder : Object {
  static Type& python_type() { return types::IoNewlineDecoder; }
  Field<> decoder;    // None: input is text already
  Field<> errors;
  uint8_t translate, pending_cr, seen, ready;
  uint8_t reserved[4];
  static void trace(Object* o, Visitor& v) {
    v.visit(static_cast<NewlineDecoder*>(o)->decoder);
    v.visit(static_cast<NewlineDecoder*>(o)->errors);
  }
};
// One step of universal newlines: holds a trailing \r back unless final.
Result<Local<Str>> translate_newlines(Mutator& m, Local<Str> text, bool translate, bool final, uint8_t* pending_cr,
                                      uint8_t* seen);
Result<Local<>> newlines_seen(Mutator& m, uint8_t seen);

// "_io.FileIO", or the bare name of a class made by a program.
struct FullTypeName : FormatArg {
  explicit FullTypeName(Value v) : FormatArg(type_of(v)->def ? type_of(v)->def->name : "") {
    if (!type_of(v)->def) static_cast<FormatArg&>(*this) = TypeName(v);
  }
};

// ---- errors
extern Value unsupported_operation;   // the class; set at import
Raised raise_unsupported(Thread& t, const char* message);
Raised raise_blocking(Thread& t, const char* message, int64_t written);
// Puts `first` (an exception, or empty) as the context of the pending one.
void chain_pending(Thread& t, Local<> first);
void warn_unclosed(Thread& t, Borrowed<> source);
Result<void> warn(Thread& t, Type& category, const char* message, int stacklevel = 1);

// ---- descriptors: EINTR is retried after signal handlers have run (PEP 475). kWouldBlock: EAGAIN.
Result<int64_t> fd_read(Thread& t, int fd, void* data, size_t size);
Result<int64_t> fd_write(Thread& t, int fd, const void* data, size_t size);

// ---- iobase.cpp
Result<bool> check_closed(Thread& t, Borrowed<> self, const char* message = nullptr);
Result<bool> is_closed(Thread& t, Borrowed<> self);       // the `closed` attribute
Result<void> check_attribute(Thread& t, Borrowed<> self, Borrowed<Str> method, const char* message);
void iobase_finalize(Thread& t, Borrowed<> self);
Result<int64_t> size_argument(Thread& t, Borrowed<> v);    // None: -1

// ---- file_io.cpp
Result<Local<>> file_readall(Thread& t, Borrowed<FileIO> self);
Result<Local<>> file_seek(Thread& t, Borrowed<FileIO> self, Borrowed<> pos, int32_t whence);
Result<Local<>> make_file(Thread& t, Borrowed<> file, Borrowed<> mode, bool closefd, Borrowed<> opener);
Raised raise_file_closed(Thread& t);

// ---- buffered.cpp: entries for TextIOWrapper
Result<Local<>> make_buffered(Thread& t, Type& type, Borrowed<> raw, int64_t size);
// Appends to the writer's buffer; `type(self)` is exactly BufferedWriter or BufferedRandom.
Result<void> buffered_write_all(Thread& t, Borrowed<Buffered> self, const uint8_t* data, size_t size);
Result<void> buffered_flush(Thread& t, Borrowed<Buffered> self);
Result<Local<>> buffered_read1(Thread& t, Borrowed<Buffered> self, Borrowed<> size);
Result<bool> buffered_closed(Thread& t, Borrowed<Buffered> self);

// ---- init of each file's types
Result<void> init_base(Thread& t, Borrowed<Module> module);
Result<void> init_file(Thread& t, Borrowed<Module> module);
Result<void> init_bytes(Thread& t, Borrowed<Module> module);
Result<void> init_string(Thread& t, Borrowed<Module> module);
Result<void> init_buffered(Thread& t, Borrowed<Module> module);
Result<void> init_newlines(Thread& t, Borrowed<Module> module);
Result<void> init_text(Thread& t, Borrowed<Module> module);

}  // namespace orochi::io_module
