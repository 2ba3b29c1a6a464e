// _io.BufferedReader, BufferedWriter, BufferedRandom: one buffer that holds either read-ahead, data[pos, read_end), or
// pending output, data[0, write_end), never both. Invariants, under the lock:
//   0 <= pos <= read_end <= capacity, 0 <= write_end <= capacity, pos == read_end or write_end == 0
//   the raw stream stands at the end of the read-ahead, and before the pending output.
// A raw FileIO is used without going through Python calls.
#include <cerrno>
#include <cstring>
#include <string>

#include <unistd.h>

#include "modules/_io/io_module.h"

namespace orochi {

OROCHI_MODULE_TYPE(IoBufferedReader)
OROCHI_MODULE_TYPE(IoBufferedWriter)
OROCHI_MODULE_TYPE(IoBufferedRandom)

namespace io_module {

namespace {

// ---- states and checks

Result<Local<>> raw_of(Thread& t, Borrowed<Buffered> self) {
  if (!self->ok) {
    if (self->detached) return raise(t, types::ValueError, "raw stream has been detached");
    return raise(t, types::ValueError, "I/O operation on uninitialized object");
  }
  Local<> raw = self->raw.load(self.get());
  if (!raw) return raise(t, types::ValueError, "raw stream has been detached");
  return raw;
}

Result<bool> raw_closed(Thread& t, Borrowed<> raw) {
  if (type_of(raw) == &types::IoFileIO) return raw.as<FileIO>()->load_fd() < 0;
  return is_closed(t, raw);
}

Result<void> check_open(Thread& t, Borrowed<Buffered> self, const char* message) {
  Local<> raw = TRY(raw_of(t, self));
  bool closed = self->data == nullptr || TRY(raw_closed(t, raw));
  if (closed) return raise(t, types::ValueError, message);
  return ok();
}

Result<void> check_not_reentrant(Thread& t, Borrowed<Buffered> self) {
  if (!lock_held_by(t, self->lock)) return ok();
  Local<Str> shown = TRY(repr_of(t, self));
  return raise(t, types::RuntimeError, "reentrant call inside {}", shown);
}

#define ENTER(self)                          \
  TRY(check_not_reentrant(t, self));         \
  IoLockGuard guard(t, (self)->lock);        \
  if (!(self)->data) return raise(t, types::ValueError, "I/O operation on closed file")

// ---- the raw stream

// Reads into `space`; kWouldBlock, or the count.
Result<int64_t> raw_read(Thread& t, Borrowed<Buffered> self, uint8_t* space, int64_t size) {
  Local<> raw = TRY(raw_of(t, self));
  int64_t n;
  if (self->fast_raw) {
    auto file = raw.borrow().as<FileIO>();
    int fd = file->load_fd();
    if (fd < 0) return raise_file_closed(t);
    if (!file->readable) return raise_unsupported(t, "File not open for reading");
    n = TRY(fd_read(t, fd, space, static_cast<size_t>(size)));
    if (n == kWouldBlock) return n;
  } else {
    Local<ByteArray> target;
    {
      Local<Bytes> zeros = TRY(make_bytes_uninitialised(t, static_cast<size_t>(size)));
      memset(zeros->mutable_data(), 0, static_cast<size_t>(size));
      target = TRY(make_bytearray(t, zeros->view()));
    }
    Local<> got = TRY(call_method(t, raw, "readinto"_n, target));
    if (got.value() == kNone) return kWouldBlock;
    if (!is_int(got.value()) && !type_of(got.value())->slots.index) {
      return raise(t, types::OSError, "raw readinto() failed");
    }
    n = TRY(to_index(t, got, types::ValueError));
    if (n < 0 || n > size) {
      return raise(t, types::OSError, "raw readinto() returned invalid length {} (should have been between 0 and {})", n,
                   size);
    }
    Buffer view = TRY(Buffer::get(t, target));
    if (static_cast<int64_t>(view.size()) < n) return raise(t, types::OSError, "raw readinto() resized its buffer");
    memcpy(space, view.data(), static_cast<size_t>(n));
  }
  if (n > 0 && self->raw_position >= 0) self->raw_position += n;
  return n;
}

Result<int64_t> raw_write(Thread& t, Borrowed<Buffered> self, const uint8_t* data, int64_t size) {
  Local<> raw = TRY(raw_of(t, self));
  int64_t n;
  if (self->fast_raw) {
    auto file = raw.borrow().as<FileIO>();
    int fd = file->load_fd();
    if (fd < 0) return raise_file_closed(t);
    if (!file->writable) return raise_unsupported(t, "File not open for writing");
    n = TRY(fd_write(t, fd, data, static_cast<size_t>(size)));
    if (n == kWouldBlock) return n;
  } else {
    Local<Bytes> copy = TRY(make_bytes(t, {reinterpret_cast<const char*>(data), static_cast<size_t>(size)}));
    Local<> got = TRY(call_method(t, raw, "write"_n, copy));
    if (got.value() == kNone) return kWouldBlock;
    n = TRY(to_index(t, got, types::ValueError));
    if (n < 0 || n > size) {
      return raise(t, types::OSError, "raw write() returned invalid length {} (should have been between 0 and {})", n,
                   size);
    }
  }
  if (n > 0 && self->raw_position >= 0) self->raw_position += n;
  return n;
}

Result<int64_t> offset_of(Thread& t, Borrowed<> v, const char* what) {
  int64_t n = TRY(to_int64(t, v));
  if (n < 0) return raise(t, types::OSError, "Raw stream returned invalid position {}", n);
  (void)what;
  return n;
}

Result<int64_t> raw_tell(Thread& t, Borrowed<Buffered> self) {
  Local<> raw = TRY(raw_of(t, self));
  self->raw_position = -1;
  Local<> at = self->fast_raw ? TRY(file_seek(t, raw.borrow().as<FileIO>(), Value::fixnum(0), SEEK_CUR))
                              : TRY(call_method(t, raw, "tell"_n));
  int64_t n = TRY(offset_of(t, at, "tell"));
  self->raw_position = n;
  return n;
}

Result<int64_t> raw_seek(Thread& t, Borrowed<Buffered> self, int64_t target, int whence) {
  Local<> raw = TRY(raw_of(t, self));
  self->raw_position = -1;
  Local<> where = TRY(make_int(t, target));
  Local<> at = self->fast_raw ? TRY(file_seek(t, raw.borrow().as<FileIO>(), where, whence))
                              : TRY(call_method(t, raw, "seek"_n, where, Borrowed<>(Value::fixnum(whence))));
  int64_t n = TRY(offset_of(t, at, "seek"));
  self->raw_position = n;
  return n;
}

// ---- buffer

void forget_read_ahead(Borrowed<Buffered> self) { self->pos = self->read_end = 0; }

// Writes the pending output. BlockingIOError when the raw stream would block: the rest stays.
Result<void> flush_pending(Thread& t, Borrowed<Buffered> self) {
  int64_t done = 0;
  while (done < self->write_end) {
    auto r = raw_write(t, self, self->data + done, self->write_end - done);
    bool blocked = !r.raised() && *r == kWouldBlock;
    if (r.raised() || blocked) {
      memmove(self->data, self->data + done, static_cast<size_t>(self->write_end - done));
      self->write_end -= done;
      if (blocked) return raise_blocking(t, "write could not complete without blocking", 0);
      return Raised{};
    }
    done += *r;
    // Signal handlers run between partial writes, so that a handler which raises can stop a slow one.
    if (done < self->write_end && safepoint(t).raised()) {
      memmove(self->data, self->data + done, static_cast<size_t>(self->write_end - done));
      self->write_end -= done;
      return Raised{};
    }
  }
  self->write_end = 0;
  return ok();
}

// After it, there is no read-ahead and the raw stream stands where the program thinks it is.
Result<void> rewind_read_ahead(Thread& t, Borrowed<Buffered> self) {
  int64_t have = self->have();
  if (have > 0) {
    TRY(raw_seek(t, self, -have, SEEK_CUR));
  }
  forget_read_ahead(self);
  return ok();
}

// Flush, and for random streams give the read-ahead back.
Result<void> flush_and_rewind(Thread& t, Borrowed<Buffered> self) {
  TRY(flush_pending(t, self));
  if (self->readable) return rewind_read_ahead(t, self);
  return ok();
}

// Refills an empty read-ahead with one raw read; the count, 0 at the end, or kWouldBlock.
Result<int64_t> fill(Thread& t, Borrowed<Buffered> self) {
  forget_read_ahead(self);
  int64_t n = TRY(raw_read(t, self, self->data, self->capacity));
  if (n > 0) self->read_end = n;
  return n;
}

Result<Local<>> take_bytes(Thread& t, Borrowed<Buffered> self, int64_t n) {
  Local<Bytes> out =
      TRY(make_bytes(t, {reinterpret_cast<const char*>(self->data + self->pos), static_cast<size_t>(n)}));
  self->pos += n;
  return out;
}

Result<Local<>> read_all(Thread& t, Borrowed<Buffered> self) {
  if (self->write_end) TRY(flush_pending(t, self));
  std::string_view head(reinterpret_cast<char*>(self->data + self->pos), static_cast<size_t>(self->have()));
  Local<> raw = TRY(raw_of(t, self));
  Local<Bytes> first;
  if (!head.empty()) first = TRY(make_bytes(t, head));
  forget_read_ahead(self);
  Local<> rest;
  if (self->fast_raw) {
    rest = TRY(file_readall(t, raw.borrow().as<FileIO>()));
    self->raw_position = -1;
  } else {
    Lookup<> readall = find_attr(t, raw, "readall"_n);
    if (readall.raised()) return Raised{};
    self->raw_position = -1;
    if (readall.found()) {
      rest = TRY(call(t, *readall));
      if (rest.value() != kNone && !is_bytes(rest.value())) {
        return raise(t, types::TypeError, "readall() should return bytes");
      }
    } else {
      std::string all(first ? first->view() : std::string_view());
      bool any = !all.empty();
      for (;;) {
        Local<> piece = TRY(call_method(t, raw, "read"_n));
        if (piece.value() != kNone && !is_bytes(piece.value())) {
          return raise(t, types::TypeError, "read() should return bytes");
        }
        if (piece.value() == kNone) {
          if (!any) return kNone;
          break;
        }
        std::string_view got = piece.borrow().as<Bytes>()->view();
        if (got.empty()) break;
        any = true;
        all.append(got);
      }
      return make_bytes(t, all);
    }
  }
  if (!first) return rest;
  if (rest.value() == kNone || rest.borrow().as<Bytes>()->length() == 0) return first;
  std::string_view a = first->view(), b = rest.borrow().as<Bytes>()->view();
  Local<Bytes> out = TRY(make_bytes_uninitialised(t, a.size() + b.size()));
  memcpy(out->mutable_data(), a.data(), a.size());
  memcpy(out->mutable_data() + a.size(), b.data(), b.size());
  return out;
}

// Fills space[0, size) as far as the stream goes; kWouldBlock only if nothing was there.
Result<int64_t> read_into(Thread& t, Borrowed<Buffered> self, uint8_t* space, int64_t size, bool once) {
  int64_t done = self->have() < size ? self->have() : size;
  if (done > 0) {
    memcpy(space, self->data + self->pos, static_cast<size_t>(done));
    self->pos += done;
  }
  if (once && done > 0 && size - done <= self->capacity) return done;
  if (self->write_end) TRY(flush_pending(t, self));
  while (done < size) {
    int64_t left = size - done;
    int64_t n;
    if (left >= self->capacity) {
      forget_read_ahead(self);
      int64_t whole = once ? left : left - left % self->capacity;
      n = TRY(raw_read(t, self, space + done, whole));
    } else {
      n = TRY(fill(t, self));
      if (n > 0) {
        n = n < left ? n : left;
        memcpy(space + done, self->data, static_cast<size_t>(n));
        self->pos = n;
      }
    }
    if (n == kWouldBlock) return done > 0 ? done : kWouldBlock;
    if (n == 0) break;
    done += n;
    if (once) break;
  }
  return done;
}

Result<Local<>> read_count(Thread& t, Borrowed<Buffered> self, int64_t n) {
  if (n <= self->have()) return take_bytes(t, self, n);
  Local<Bytes> out = TRY(make_bytes_uninitialised(t, static_cast<size_t>(n)));
  int64_t got = TRY(read_into(t, self, out->mutable_data(), n, false));
  if (got == kWouldBlock) return kNone;
  if (got == n) return out;
  return make_bytes(t, out->view().substr(0, static_cast<size_t>(got)));
}

Result<Local<>> read_line(Thread& t, Borrowed<Buffered> self, int64_t limit) {
  if (self->write_end) TRY(flush_and_rewind(t, self));
  int64_t have = self->have();
  if (limit < 0 || limit > have) {
    // falls through to the search below
  } else {
    have = limit;
  }
  const uint8_t* start = self->data + self->pos;
  if (have > 0) {
    const void* end = memchr(start, '\n', static_cast<size_t>(have));
    if (end) return take_bytes(t, self, static_cast<const uint8_t*>(end) - start + 1);
  }
  if (have == limit) return take_bytes(t, self, have);
  std::string line(reinterpret_cast<const char*>(start), static_cast<size_t>(have));
  self->pos += have;
  for (;;) {
    int64_t n = TRY(fill(t, self));
    if (n <= 0) break;
    if (limit >= 0 && n > limit - static_cast<int64_t>(line.size())) n = limit - static_cast<int64_t>(line.size());
    const void* end = memchr(self->data, '\n', static_cast<size_t>(n));
    if (end) n = static_cast<const uint8_t*>(end) - self->data + 1;
    line.append(reinterpret_cast<const char*>(self->data), static_cast<size_t>(n));
    self->pos = n;
    if (end || static_cast<int64_t>(line.size()) == limit) break;
  }
  return make_bytes(t, line);
}

// ---- construction

Result<void> initialise(Thread& t, Borrowed<Buffered> self, Borrowed<> raw, int64_t size) {
  if (size <= 0) return raise(t, types::ValueError, "buffer size must be strictly positive");
  if (lock_held_by(t, self->lock)) return check_not_reentrant(t, self);
  IoLockGuard guard(t, self->lock);
  auto* data = static_cast<uint8_t*>(allocate_raw(static_cast<size_t>(size)));
  if (!data) return raise_no_memory(t);
  if (self->data) free_raw(self->data);
  self->data = data;
  self->capacity = size;
  self->pos = self->read_end = self->write_end = 0;
  self->raw_position = -1;
  self->raw.set(Local<>::share(raw));
  self->fast_raw = type_of(raw) == &types::IoFileIO;
  self->detached = 0;
  self->ok = 1;
  if (raw_tell(t, self).raised()) {
    if (!pending_matches(t, types::Exception)) return Raised{};
    clear_pending(t);
  }
  return ok();
}

Result<void> reader_init(Thread& t, Borrowed<Buffered> self, Borrowed<> raw, Index size) {
  self->ok = 0;
  TRY(check_attribute(t, raw, "readable"_n, "File or stream is not readable."));
  self->readable = 1;
  self->writable = 0;
  return initialise(t, self, raw, size);
}
Result<void> writer_init(Thread& t, Borrowed<Buffered> self, Borrowed<> raw, Index size) {
  self->ok = 0;
  TRY(check_attribute(t, raw, "writable"_n, "File or stream is not writable."));
  self->readable = 0;
  self->writable = 1;
  return initialise(t, self, raw, size);
}
Result<void> random_init(Thread& t, Borrowed<Buffered> self, Borrowed<> raw, Index size) {
  self->ok = 0;
  TRY(check_attribute(t, raw, "seekable"_n, "File or stream is not seekable."));
  TRY(check_attribute(t, raw, "readable"_n, "File or stream is not readable."));
  TRY(check_attribute(t, raw, "writable"_n, "File or stream is not writable."));
  self->readable = 1;
  self->writable = 1;
  return initialise(t, self, raw, size);
}
constexpr NativeDef kReaderInit = arguments<reader_init>("BufferedReader(self, raw, buffer_size=131072)");
constexpr NativeDef kWriterInit = arguments<writer_init>("BufferedWriter(self, raw, buffer_size=131072)");
constexpr NativeDef kRandomInit = arguments<random_init>("BufferedRandom(self, raw, buffer_size=131072)");

Result<Local<>> buffered_op_new(Thread& t, Borrowed<Type> cls, const CallArgs&) { return allocate_for<Buffered>(t, cls); }

// ---- reading

Result<Local<>> reader_read(Thread& t, Borrowed<Buffered> self, Borrowed<> size_value) {
  (void)TRY(raw_of(t, self));
  int64_t n = -1;
  if (size_value.value() != kNone) n = TRY(size_argument(t, size_value));
  if (n < -1) return raise(t, types::ValueError, "read length must be non-negative or -1");
  TRY(check_open(t, self, "read of closed file"));
  ENTER(self);
  if (n < 0) return read_all(t, self);
  return read_count(t, self, n);
}

Result<Local<>> reader_peek(Thread& t, Borrowed<Buffered> self, Index) {
  TRY(check_open(t, self, "peek of closed file"));
  ENTER(self);
  if (self->writable) TRY(flush_pending(t, self));
  if (self->have() == 0) {
    int64_t n = TRY(fill(t, self));
    if (n <= 0) return Local<>::share(empty_bytes());
  }
  return make_bytes(t, {reinterpret_cast<char*>(self->data + self->pos), static_cast<size_t>(self->have())});
}

Result<Local<>> readinto_any(Thread& t, Borrowed<Buffered> self, Borrowed<> target, bool once) {
  (void)TRY(raw_of(t, self));
  Buffer space = TRY(Buffer::get(t, target, kBufferWritable));
  TRY(check_open(t, self, "readinto of closed file"));
  ENTER(self);
  int64_t n = TRY(read_into(t, self, space.writable_data(), static_cast<int64_t>(space.size()), once));
  if (n == kWouldBlock) return kNone;
  return Value::fixnum(n);
}
Result<Local<>> reader_readinto(Thread& t, Borrowed<Buffered> self, Borrowed<> target) {
  return readinto_any(t, self, target, false);
}
Result<Local<>> reader_readinto1(Thread& t, Borrowed<Buffered> self, Borrowed<> target) {
  return readinto_any(t, self, target, true);
}

Result<Local<>> reader_readline(Thread& t, Borrowed<Buffered> self, Borrowed<> size_value) {
  (void)TRY(raw_of(t, self));
  int64_t limit = TRY(size_argument(t, size_value));
  TRY(check_open(t, self, "readline of closed file"));
  ENTER(self);
  return read_line(t, self, limit < 0 ? -1 : limit);
}

Lookup<> reader_op_next(Thread& t, Borrowed<> v) {
  auto self = v.as<Buffered>();
  (void)TRY(raw_of(t, self));
  Local<> line;
  if (type_of(v) == &types::IoBufferedReader || type_of(v) == &types::IoBufferedRandom) {
    line = TRY(reader_readline(t, self, kNone));
  } else {
    line = TRY(call_method(t, v, "readline"_n));
    if (!is_bytes(line.value())) {
      return raise(t, types::OSError, "readline() should have returned a bytes object, not '{}'",
                   TypeName(line.value()));
    }
  }
  if (line.borrow().as<Bytes>()->length() == 0) return kAbsent;
  return line;
}

// ---- writing

// All of data, or BlockingIOError with how much was taken.
Result<void> write_bytes(Thread& t, Borrowed<Buffered> self, const uint8_t* data, int64_t size) {
  if (self->readable && self->read_end) {
    if (self->have()) TRY(rewind_read_ahead(t, self));
    forget_read_ahead(self);
  }
  if (size <= self->capacity - self->write_end) {
    memcpy(self->data + self->write_end, data, static_cast<size_t>(size));
    self->write_end += size;
    return ok();
  }
  if (flush_pending(t, self).raised()) {
    if (!pending_matches(t, types::BlockingIOError)) return Raised{};
    int64_t room = self->capacity - self->write_end;
    if (size <= room) {
      clear_pending(t);
      memcpy(self->data + self->write_end, data, static_cast<size_t>(size));
      self->write_end += size;
      return ok();
    }
    memcpy(self->data + self->write_end, data, static_cast<size_t>(room));
    self->write_end += room;
    clear_pending(t);
    return raise_blocking(t, "write could not complete without blocking", room);
  }
  int64_t done = 0;
  while (size - done > self->capacity) {
    int64_t n = TRY(raw_write(t, self, data + done, size - done));
    if (n == kWouldBlock) {
      if (size - done > self->capacity) {
        memcpy(self->data, data + done, static_cast<size_t>(self->capacity));
        self->write_end = self->capacity;
        return raise_blocking(t, "write could not complete without blocking", done + self->capacity);
      }
      break;
    }
    done += n;
    if (size - done > 0) TRY(safepoint(t));
  }
  memcpy(self->data, data + done, static_cast<size_t>(size - done));
  self->write_end = size - done;
  return ok();
}

Result<Local<>> writer_write(Thread& t, Borrowed<Buffered> self, Borrowed<> data) {
  (void)TRY(raw_of(t, self));
  Buffer source = TRY(Buffer::get(t, data));
  TRY(check_not_reentrant(t, self));
  IoLockGuard guard(t, self->lock);
  TRY(check_open(t, self, "write to closed file"));
  TRY(write_bytes(t, self, source.data(), static_cast<int64_t>(source.size())));
  return make_int(t, static_cast<int64_t>(source.size()));
}

Result<Local<>> raw_flush_only(Thread& t, Borrowed<Buffered> self) {
  Local<> raw = TRY(raw_of(t, self));
  return call_method(t, raw, "flush"_n);
}

Result<Local<>> buffered_flush_method(Thread& t, Borrowed<Buffered> self) {
  (void)TRY(raw_of(t, self));
  if (!self->writable) return raw_flush_only(t, self);
  TRY(check_open(t, self, "flush of closed file"));
  ENTER(self);
  TRY(flush_and_rewind(t, self));
  return kNone;
}

// ---- position

Result<int64_t> buffered_tell(Thread& t, Borrowed<Buffered> self) {
  (void)TRY(raw_of(t, self));
  TRY(check_not_reentrant(t, self));
  IoLockGuard guard(t, self->lock);
  int64_t at = TRY(raw_tell(t, self));
  at += self->write_end - self->have();
  if (at < 0) at = 0;  // the raw stream was moved behind our back
  return at;
}

Result<Local<>> buffered_seek(Thread& t, Borrowed<Buffered> self, Borrowed<> target_value, int32_t whence) {
  (void)TRY(raw_of(t, self));
  if ((whence < 0 || whence > 2) && whence != SEEK_DATA && whence != SEEK_HOLE) {
    return raise(t, types::ValueError, "whence value {} unsupported", whence);
  }
  TRY(check_open(t, self, "seek of closed file"));
  Local<> raw = TRY(raw_of(t, self));
  TRY(check_attribute(t, raw, "seekable"_n, "File or stream is not seekable."));
  int64_t target = TRY(to_int64(t, target_value));
  ENTER(self);
  if ((whence == 0 || whence == 1) && self->readable && self->write_end == 0 && self->read_end > 0) {
    int64_t current = self->raw_position >= 0 ? self->raw_position : TRY(raw_tell(t, self));
    int64_t logical = current - self->have();
    int64_t offset = whence == 0 ? target - logical : target;
    if (offset >= -self->pos && offset <= self->have()) {
      self->pos += offset;
      return make_int(t, logical + offset < 0 ? 0 : logical + offset);  // devices have no position
    }
  }
  TRY(flush_pending(t, self));
  if (whence == 1) target -= self->have();
  int64_t at = TRY(raw_seek(t, self, target, whence));
  forget_read_ahead(self);
  return make_int(t, at);
}

Result<Local<>> buffered_truncate(Thread& t, Borrowed<Buffered> self, Borrowed<> size) {
  Local<> raw = TRY(raw_of(t, self));
  TRY(check_open(t, self, "truncate of closed file"));
  if (!self->writable) return raise_unsupported(t, "truncate");
  ENTER(self);
  TRY(flush_and_rewind(t, self));
  Local<> wanted = Local<>::share(size);
  if (size.value() == kNone) {
    int64_t at = TRY(raw_tell(t, self));
    wanted = TRY(make_int(t, at));
  }
  Local<> r = TRY(call_method(t, raw, "truncate"_n, wanted));
  if (raw_tell(t, self).raised()) {
    if (!pending_matches(t, types::Exception)) return Raised{};
    clear_pending(t);
  }
  return r;
}

// ---- life

Result<Local<>> buffered_dealloc_warn(Thread& t, Borrowed<Buffered> self, Borrowed<> source) {
  if (self->ok) {
    Local<> raw = self->raw.load(self.get());
    if (raw && call_method(t, raw, "_dealloc_warn"_n, source).raised()) clear_pending(t);
  }
  return kNone;
}

Result<Local<>> buffered_close(Thread& t, Borrowed<Buffered> self) {
  Local<> raw = TRY(raw_of(t, self));
  TRY(check_not_reentrant(t, self));
  {
    IoLockGuard guard(t, self->lock);
    bool closed = TRY(is_closed(t, self));
    if (closed) return kNone;
    if (self->finalizing) (void)TRY(buffered_dealloc_warn(t, self, self));
  }
  Local<> error;
  {
    auto flushed = call_method(t, self, "flush"_n);
    if (flushed.raised()) error = take_pending(t);
  }
  auto closed = call_method(t, raw, "close"_n);
  {
    IoLockGuard guard(t, self->lock);
    // Keep what could not be written only as long as the raw stream is open.
    if (!closed.raised()) {
      if (self->data) free_raw(self->data);
      self->data = nullptr;
      self->pos = self->read_end = self->write_end = 0;
    }
  }
  if (closed.raised()) {
    chain_pending(t, std::move(error));
    return Raised{};
  }
  if (error) {
    set_pending(t, std::move(error));
    return Raised{};
  }
  return kNone;
}

Result<Local<>> buffered_detach(Thread& t, Borrowed<Buffered> self) {
  (void)TRY(raw_of(t, self));
  (void)TRY(call_method(t, self, "flush"_n));
  IoLockGuard guard(t, self->lock);
  Local<> raw = self->raw.take();
  if (!raw) return raise(t, types::ValueError, "raw stream has been detached");
  self->detached = 1;
  self->ok = 0;
  return raw;
}

// ---- delegates

Result<Local<>> buffered_seekable(Thread& t, Borrowed<Buffered> self) {
  Local<> raw = TRY(raw_of(t, self));
  return call_method(t, raw, "seekable"_n);
}
Result<Local<>> buffered_readable(Thread& t, Borrowed<Buffered> self) {
  Local<> raw = TRY(raw_of(t, self));
  return call_method(t, raw, "readable"_n);
}
Result<Local<>> buffered_writable(Thread& t, Borrowed<Buffered> self) {
  Local<> raw = TRY(raw_of(t, self));
  return call_method(t, raw, "writable"_n);
}
Result<Local<>> buffered_fileno(Thread& t, Borrowed<Buffered> self) {
  Local<> raw = TRY(raw_of(t, self));
  return call_method(t, raw, "fileno"_n);
}
Result<Local<>> buffered_isatty(Thread& t, Borrowed<Buffered> self) {
  Local<> raw = TRY(raw_of(t, self));
  return call_method(t, raw, "isatty"_n);
}
Result<Local<>> buffered_closed_get(Thread& t, Borrowed<Buffered> self) {
  Local<> raw = TRY(raw_of(t, self));
  return get_attr(t, raw, "closed"_n);
}
Result<Local<>> buffered_name(Thread& t, Borrowed<Buffered> self) {
  Local<> raw = TRY(raw_of(t, self));
  return get_attr(t, raw, "name"_n);
}
Result<Local<>> buffered_mode(Thread& t, Borrowed<Buffered> self) {
  Local<> raw = TRY(raw_of(t, self));
  return get_attr(t, raw, "mode"_n);
}
Result<Local<>> buffered_raw(Thread& t, Borrowed<Buffered> self) {
  Local<> raw = self->raw.load(self.get());
  if (!raw) return kNone;
  return raw;
}
bool buffered_finalizing(Thread&, Borrowed<Buffered> self) { return self->finalizing; }
Result<void> buffered_set_finalizing(Thread& t, Borrowed<Buffered> self, Borrowed<> v) {
  if (!v) return raise(t, types::TypeError, "can't delete numeric/char attribute");
  if (v.value() != kTrue && v.value() != kFalse) return raise(t, types::TypeError, "attribute value type must be bool");
  self->finalizing = v.value() == kTrue;
  return ok();
}
Result<Local<>> buffered_getstate(Thread& t, Borrowed<> self) {
  return raise(t, types::TypeError, "cannot pickle '{}' instances", TypeName(self));
}
Result<Local<>> buffered_sizeof(Thread& t, Borrowed<Buffered> self) {
  return make_int(t, static_cast<int64_t>(sizeof(Buffered)) + (self->data ? self->capacity : 0));
}

Result<Local<>> buffered_op_repr(Thread& t, Borrowed<> v) {
  Lookup<> name = find_attr(t, v, "name"_n);
  if (name.raised()) {
    if (!clear_pending_if(t, types::ValueError)) return Raised{};
    return format_str(t, "<{}>", FullTypeName(v));
  }
  if (name.absent()) return format_str(t, "<{}>", FullTypeName(v));
  if ((*name).value() == v.value()) {
    return raise(t, types::RuntimeError, "reentrant call inside {}.__repr__", FullTypeName(v));
  }
  ENTER_RECURSION(t, " while getting the repr of an object");
  Local<Str> shown = TRY(repr_of(t, *name));
  return format_str(t, "<{} name={}>", FullTypeName(v), shown);
}

#define COMMON_METHODS                                                                                   \
  method<buffered_flush_method>("flush(self, /)", nullptr), method<buffered_close>("close(self, /)", nullptr), \
      method<buffered_detach>("detach(self, /)", nullptr),                                               \
      method<buffered_seekable>("seekable(self, /)", nullptr),                                           \
      method<buffered_fileno>("fileno(self, /)", nullptr), method<buffered_isatty>("isatty(self, /)", nullptr),   \
      method<buffered_dealloc_warn>("_dealloc_warn(self, source, /)", nullptr),                          \
      method<buffered_tell>("tell(self, /)", nullptr),                                                   \
      method<buffered_seek>("seek(self, target, whence=0, /)", nullptr),                                 \
      method<buffered_truncate>("truncate(self, pos=None, /)", nullptr),                                 \
      method<buffered_getstate>("__getstate__(self, /)", nullptr),                                       \
      method<buffered_sizeof>("__sizeof__(self, /)", nullptr)
#define READ_METHODS                                                                                      \
  method<reader_read>("read(self, size=-1, /)", nullptr), method<buffered_read1>("read1(self, size=-1, /)", nullptr), \
      method<reader_peek>("peek(self, size=0, /)", nullptr),                                              \
      method<reader_readinto>("readinto(self, buffer, /)", nullptr),                                      \
      method<reader_readinto1>("readinto1(self, buffer, /)", nullptr),                                    \
      method<reader_readline>("readline(self, size=-1, /)", nullptr),                                     \
      method<buffered_readable>("readable(self, /)", nullptr)
#define WRITE_METHODS                               \
  method<writer_write>("write(self, buffer, /)", nullptr), \
      method<buffered_writable>("writable(self, /)", nullptr)

constexpr NativeDef kReaderMethods[] = {COMMON_METHODS, READ_METHODS};
constexpr NativeDef kWriterMethods[] = {COMMON_METHODS, WRITE_METHODS};
constexpr NativeDef kRandomMethods[] = {COMMON_METHODS, READ_METHODS, WRITE_METHODS};
constexpr GetSetDef kGetSets[] = {
    getter<buffered_closed_get>("closed", nullptr),
    getter<buffered_name>("name", nullptr),
    getter<buffered_mode>("mode", nullptr),
    getter<buffered_raw>("raw", nullptr),
    getset<buffered_finalizing, buffered_set_finalizing>("_finalizing", nullptr),
};
constexpr Layout kLayout = layout_of<Buffered>("Buffered");
constexpr uint32_t kFlags = kTypeSubclassable | kTypeHasDict | kTypeWeakrefable;
constexpr TypeDef kReaderDef{.name = "_io.BufferedReader",
                             .signature = "(raw, buffer_size=131072)",
                             .doc = "Create a new buffered reader using the given readable raw IO object.",
                             .base = &types::IoBufferedBase,
                             .layout = &kLayout,
                             .flags = kFlags,
                             OROCHI_METHODS(kReaderMethods),
                             OROCHI_GETSETS(kGetSets),
                             .slots = {.repr = buffered_op_repr, .next = reader_op_next,
                                       .init = init_slot<kReaderInit>, .new_ = buffered_op_new}};
constexpr TypeDef kWriterDef{.name = "_io.BufferedWriter",
                             .signature = "(raw, buffer_size=131072)",
                             .doc = "A buffer for a writeable sequential RawIO object.",
                             .base = &types::IoBufferedBase,
                             .layout = &kLayout,
                             .flags = kFlags,
                             OROCHI_METHODS(kWriterMethods),
                             OROCHI_GETSETS(kGetSets),
                             .slots = {.repr = buffered_op_repr, .init = init_slot<kWriterInit>,
                                       .new_ = buffered_op_new}};
constexpr TypeDef kRandomDef{.name = "_io.BufferedRandom",
                             .signature = "(raw, buffer_size=131072)",
                             .doc = "A buffered interface to random access streams.",
                             .base = &types::IoBufferedBase,
                             .layout = &kLayout,
                             .flags = kFlags,
                             OROCHI_METHODS(kRandomMethods),
                             OROCHI_GETSETS(kGetSets),
                             .slots = {.repr = buffered_op_repr, .next = reader_op_next,
                                       .init = init_slot<kRandomInit>, .new_ = buffered_op_new}};

}  // namespace

Result<Local<>> buffered_read1(Thread& t, Borrowed<Buffered> self, Borrowed<> size_value) {
  (void)TRY(raw_of(t, self));
  int64_t n = TRY(size_argument(t, size_value));
  if (n < 0) n = self->capacity;
  TRY(check_open(t, self, "read of closed file"));
  if (n == 0) return Local<>::share(empty_bytes());
  ENTER(self);
  if (self->have() > 0) return take_bytes(t, self, n < self->have() ? n : self->have());
  if (self->write_end) TRY(flush_pending(t, self));
  Local<Bytes> out = TRY(make_bytes_uninitialised(t, static_cast<size_t>(n)));
  forget_read_ahead(self);
  int64_t got = TRY(raw_read(t, self, out->mutable_data(), n));
  if (got == kWouldBlock) return kNone;
  if (got == n) return out;
  return make_bytes(t, out->view().substr(0, static_cast<size_t>(got)));
}

Result<void> buffered_write_all(Thread& t, Borrowed<Buffered> self, const uint8_t* data, size_t size) {
  TRY(check_not_reentrant(t, self));
  IoLockGuard guard(t, self->lock);
  TRY(check_open(t, self, "write to closed file"));
  return write_bytes(t, self, data, static_cast<int64_t>(size));
}
Result<void> buffered_flush(Thread& t, Borrowed<Buffered> self) {
  (void)TRY(buffered_flush_method(t, self));
  return ok();
}
Result<bool> buffered_closed(Thread& t, Borrowed<Buffered> self) {
  Local<> raw = TRY(raw_of(t, self));
  return raw_closed(t, raw);
}

Result<Local<>> make_buffered(Thread& t, Type& type, Borrowed<> raw, int64_t size) {
  return call(t, Borrowed<>(&type), raw, Borrowed<>(Value::fixnum(size)));
}

Result<void> init_buffered(Thread& t, Borrowed<Module> module) {
  TRY(module_add_type(t, module, types::IoBufferedReader, kReaderDef));
  TRY(module_add_type(t, module, types::IoBufferedWriter, kWriterDef));
  return module_add_type(t, module, types::IoBufferedRandom, kRandomDef);
}

}  // namespace io_module

}  // namespace orochi
