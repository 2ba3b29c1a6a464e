// _io.FileIO: a file descriptor as a raw stream. Every system call runs detached; EINTR runs signal handlers and tries
// again (PEP 475).
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "modules/_io/io_module.h"
#include "runtime/import.h"

namespace orochi {

OROCHI_MODULE_TYPE(IoFileIO)

namespace io_module {

namespace {
constexpr size_t kMaxTransfer = 0x7ffff000;  // what Linux moves in one call
}

Result<int64_t> fd_read(Thread& t, int fd, void* data, size_t size) {
  if (size > kMaxTransfer) size = kMaxTransfer;
  for (;;) {
    ssize_t n;
    int error;
    {
      Detached detached(t);
      n = ::read(fd, data, size);
      error = errno;
    }
    if (n >= 0) return n;
    if (error == EAGAIN) return kWouldBlock;
    if (error != EINTR) return raise_os_error(t, error);
    TRY(safepoint(t));
  }
}

Result<int64_t> fd_write(Thread& t, int fd, const void* data, size_t size) {
  if (size > kMaxTransfer) size = kMaxTransfer;
  for (;;) {
    ssize_t n;
    int error;
    {
      Detached detached(t);
      n = ::write(fd, data, size);
      error = errno;
    }
    if (n >= 0) return n;
    if (error == EAGAIN) return kWouldBlock;
    if (error != EINTR) return raise_os_error(t, error);
    TRY(safepoint(t));
  }
}

Raised raise_file_closed(Thread& t) { return raise(t, types::ValueError, "I/O operation on closed file"); }

namespace {

Result<int> open_fd(Thread& t, Borrowed<FileIO> self) {
  int fd = self->load_fd();
  if (fd < 0) return raise_file_closed(t);
  return fd;
}

Raised raise_mode(Thread& t, const char* action) {
  Result<Local<Str>> text = format_str(t, "File not open for {}", action);
  if (text.raised()) return {};
  return raise_value(t, *reinterpret_cast<Type*>(unsupported_operation.bits), *text);
}

const char* mode_text(const FileIO* f) {
  if (f->created) return f->readable ? "xb+" : "xb";
  if (f->appending) return f->readable ? "ab+" : "ab";
  if (f->readable) return f->writable ? "rb+" : "rb";
  return "wb";
}

Result<Local<>> fileio_op_new(Thread& t, Borrowed<Type> cls, const CallArgs&) {
  Local<FileIO> f = TRY(allocate_for<FileIO>(t, cls));
  f->fd = -1;
  f->seekable = -1;
  f->closefd = 1;
  f->block_size = kDefaultBufferSize;
  return f;
}

Result<void> internal_close(Thread& t, Borrowed<FileIO> self) {
  int fd = __atomic_exchange_n(&self->fd, -1, __ATOMIC_ACQ_REL);
  if (fd < 0 || !self->open_once) return ok();
  int r, error;
  {
    Detached detached(t);
    r = ::close(fd);
    error = errno;
  }
  if (r != 0 && error != EINTR) return raise_os_error(t, error);
  return ok();
}

Result<void> fileio_init(Thread& t, Borrowed<FileIO> self, Borrowed<> file, Maybe<Borrowed<Str>> mode_value,
                         bool closefd, Borrowed<> opener) {
  if (self->load_fd() >= 0) {
    if (self->closefd) TRY(internal_close(t, self));
    else self->fd = -1;
  }
  int fd = -1;
  if (file.value() == kTrue || file.value() == kFalse) {
    TRY(warn(t, types::RuntimeWarning, "bool is used as a file descriptor"));
  }
  if (is_int(file)) {
    int64_t number;
    if (!int_as_int64(file, &number) || number > INT32_MAX || number < INT32_MIN) {
      return raise(t, types::OverflowError, "Python int too large to convert to C int");
    }
    if (number < 0) return raise(t, types::ValueError, "negative file descriptor");
    fd = static_cast<int>(number);
  }
  std::string_view mode = "r";
  Utf8 mode_storage;
  if (mode_value) {
    Result<Utf8> text = str_utf8(t, *mode_value, Surrogates::Pass);
    if (text.raised()) return Raised{};
    if (!(*mode_value)->is_ascii()) {
      Local<Str> shown = TRY(str_of(t, *mode_value));
      return raise(t, types::ValueError, "invalid mode: {}", shown);
    }
    mode = (*mode_value)->ascii_view();
  }
  int flags = 0;
  bool chosen = false, plus = false, readable = false, writable = false, created = false, appending = false;
  for (char c : mode) {
    switch (c) {
      case 'x': case 'r': case 'w': case 'a':
        if (chosen) {
          return raise(t, types::ValueError,
                       "Must have exactly one of create/read/write/append mode and at most one plus");
        }
        chosen = true;
        if (c == 'r') readable = true;
        else writable = true;
        if (c == 'x') created = true, flags |= O_EXCL | O_CREAT;
        if (c == 'w') flags |= O_CREAT | O_TRUNC;
        if (c == 'a') appending = true, flags |= O_APPEND | O_CREAT;
        break;
      case 'b': break;
      case '+':
        if (plus) {
          return raise(t, types::ValueError,
                       "Must have exactly one of create/read/write/append mode and at most one plus");
        }
        plus = true;
        readable = writable = true;
        break;
      default: return raise(t, types::ValueError, "invalid mode: {}", mode);
    }
  }
  if (!chosen) {
    return raise(t, types::ValueError, "Must have exactly one of create/read/write/append mode and at most one plus");
  }
  flags |= readable && writable ? O_RDWR : readable ? O_RDONLY : O_WRONLY;
  flags |= O_CLOEXEC;
  self->created = created;
  self->readable = readable;
  self->writable = writable;
  self->appending = appending;
  self->seekable = -1;
  self->open_once = 1;
  bool own = false;
  if (fd >= 0) {
    self->closefd = closefd;
  } else {
    self->closefd = 1;
    Local<> path = TRY(fs_path_text(t, file, "FileIO"));
    if (!closefd) return raise(t, types::ValueError, "Cannot use closefd=False with file name");
    if (opener.value() == kNone) {
      Utf8 name = TRY(str_utf8(t, path.borrow().as<Str>(), Surrogates::Escape));
      if (name.view.find('\0') != std::string_view::npos) {
        return raise(t, types::ValueError, "embedded null byte");
      }
      for (;;) {
        int error;
        {
          Detached detached(t);
          fd = ::open(name.c_str(), flags, 0666);
          error = errno;
        }
        if (fd >= 0) break;
        if (error != EINTR) return raise_os_error(t, error, file);
        TRY(safepoint(t));
      }
    } else {
      Local<> opened = TRY(call(t, opener, file, Borrowed<>(Value::fixnum(flags))));
      if (!is_int(opened.value())) return raise(t, types::TypeError, "expected integer from opener");
      fd = TRY(to_int32(t, opened));
      if (fd < 0) return raise(t, types::ValueError, "opener returned {}", fd);
      if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return raise_os_error(t, errno, file);
    }
    own = true;
  }
  struct stat st;
  int error = 0;
  {
    Detached detached(t);
    if (fstat(fd, &st) != 0) error = errno;
  }
  auto fail = [&]() {
    if (own) ::close(fd);
    self->fd = -1;
  };
  if (error) {
    fail();
    return raise_os_error(t, error, file);
  }
  if (S_ISDIR(st.st_mode)) {
    fail();
    return raise_os_error(t, EISDIR, file);
  }
  self->block_size = st.st_blksize > 1 ? st.st_blksize : kDefaultBufferSize;
  self->size_hint = S_ISREG(st.st_mode) ? st.st_size : -1;
  __atomic_store_n(&self->fd, fd, __ATOMIC_RELEASE);
  if (set_attr(t, self, "name"_n, file).raised()) {
    if (own) {
      fail();
    } else {
      self->fd = -1;
    }
    return Raised{};
  }
  if (appending) {
    auto r = file_seek(t, self, Value::fixnum(0), SEEK_END);
    if (r.raised()) {
      Local<> e = take_pending(t);
      Local<> number = is_exception(e.value()) ? exception_extra(e.borrow().as<Exception>(), 0) : immediate(kNone);
      if (number.value() != Value::fixnum(ESPIPE)) {  // a pipe has no position, which is fine
        if (own) fail();
        set_pending(t, std::move(e));
        return Raised{};
      }
    }
  }
  return ok();
}
constexpr NativeDef kFileInit =
    arguments<fileio_init>("FileIO(self, file, mode='r', closefd=True, opener=None)");

Result<void> fileio_close(Thread& t, Borrowed<FileIO> self) {
  Local<> error;
  if (type_of(self) == &types::IoFileIO) {
    // _IOBase.close() only flushes, which does nothing here, and marks the object.
  }
  {
    Lookup<> base = type_lookup(t, Borrowed<Type>(&types::IoRawBase), "close"_n);
    if (base.raised()) return Raised{};
    auto r = call(t, *base, self);
    if (r.raised()) error = take_pending(t);
  }
  if (!self->closefd) {
    __atomic_store_n(&self->fd, -1, __ATOMIC_RELAXED);
  } else {
    if (self->finalizing && self->load_fd() >= 0) warn_unclosed(t, self);
    if (internal_close(t, self).raised()) {
      chain_pending(t, std::move(error));
      return Raised{};
    }
  }
  if (error) {
    set_pending(t, std::move(error));
    return Raised{};
  }
  return ok();
}

Result<int64_t> fileio_fileno(Thread& t, Borrowed<FileIO> self) {
  int fd = TRY(open_fd(t, self));
  return fd;
}
Result<bool> fileio_readable(Thread& t, Borrowed<FileIO> self) {
  TRY(open_fd(t, self));
  return self->readable != 0;
}
Result<bool> fileio_writable(Thread& t, Borrowed<FileIO> self) {
  TRY(open_fd(t, self));
  return self->writable != 0;
}
Result<bool> fileio_seekable(Thread& t, Borrowed<FileIO> self) {
  int fd = TRY(open_fd(t, self));
  if (self->seekable < 0) {
    off_t at;
    {
      Detached detached(t);
      at = lseek(fd, 0, SEEK_CUR);
    }
    self->seekable = at >= 0;
  }
  return self->seekable == 1;
}
Result<bool> fileio_isatty(Thread& t, Borrowed<FileIO> self) {
  int fd = TRY(open_fd(t, self));
  Detached detached(t);
  return ::isatty(fd) != 0;
}
Result<bool> fileio_isatty_open_only(Thread& t, Borrowed<FileIO> self) {
  if (self->size_hint >= 0) return false;  // a regular file
  return fileio_isatty(t, self);
}

Result<Local<>> fileio_read(Thread& t, Borrowed<FileIO> self, Borrowed<> size_value) {
  int fd = TRY(open_fd(t, self));
  if (!self->readable) return raise_mode(t, "reading");
  int64_t size = TRY(size_argument(t, size_value));
  if (size < 0) return file_readall(t, self);
  if (size > static_cast<int64_t>(kMaxTransfer)) size = kMaxTransfer;
  Local<Bytes> out = TRY(make_bytes_uninitialised(t, static_cast<size_t>(size)));
  int64_t n = TRY(fd_read(t, fd, out->mutable_data(), static_cast<size_t>(size)));
  if (n == kWouldBlock) return kNone;
  if (n == size) return out;
  return make_bytes(t, out->view().substr(0, static_cast<size_t>(n)));
}

Result<Local<>> fileio_readinto(Thread& t, Borrowed<FileIO> self, Borrowed<> target) {
  int fd = TRY(open_fd(t, self));
  if (!self->readable) return raise_mode(t, "reading");
  Buffer space = TRY(Buffer::get(t, target, kBufferWritable));
  int64_t n = TRY(fd_read(t, fd, space.writable_data(), space.size()));
  if (n == kWouldBlock) return kNone;
  return Value::fixnum(n);
}

Result<Local<>> fileio_write(Thread& t, Borrowed<FileIO> self, Borrowed<> data) {
  int fd = TRY(open_fd(t, self));
  if (!self->writable) return raise_mode(t, "writing");
  Buffer source = TRY(Buffer::get(t, data));
  int64_t n = TRY(fd_write(t, fd, source.data(), source.size()));
  if (n == kWouldBlock) return kNone;
  return Value::fixnum(n);
}

Result<Local<>> fileio_seek(Thread& t, Borrowed<FileIO> self, Borrowed<> pos, int32_t whence) {
  TRY(open_fd(t, self));
  return file_seek(t, self, pos, whence);
}
Result<Local<>> fileio_tell(Thread& t, Borrowed<FileIO> self) {
  TRY(open_fd(t, self));
  return file_seek(t, self, Value::fixnum(0), SEEK_CUR);
}
Result<Local<>> fileio_truncate(Thread& t, Borrowed<FileIO> self, Borrowed<> size) {
  int fd = TRY(open_fd(t, self));
  if (!self->writable) return raise_mode(t, "writing");
  Local<> wanted = Local<>::share(size);
  if (size.value() == kNone) wanted = TRY(file_seek(t, self, Value::fixnum(0), SEEK_CUR));
  int64_t length = TRY(to_int64(t, wanted));
  self->size_hint = -1;
  for (;;) {
    int r, error;
    {
      Detached detached(t);
      r = ftruncate(fd, length);
      error = errno;
    }
    if (r == 0) return wanted;
    if (error != EINTR) return raise_os_error(t, error);
    TRY(safepoint(t));
  }
}

Result<Local<>> fileio_dealloc_warn(Thread& t, Borrowed<FileIO> self, Borrowed<> source) {
  if (self->load_fd() >= 0 && self->closefd) warn_unclosed(t, source);
  return kNone;
}
Result<Local<>> fileio_getstate(Thread& t, Borrowed<> self) {
  return raise(t, types::TypeError, "cannot pickle '{}' instances", TypeName(self));
}

bool fileio_closed(Thread&, Borrowed<FileIO> self) { return self->load_fd() < 0; }
bool fileio_closefd(Thread&, Borrowed<FileIO> self) { return self->closefd; }
Result<Local<>> fileio_mode(Thread& t, Borrowed<FileIO> self) { return make_str(t, mode_text(self.get())); }
int64_t fileio_blksize(Thread&, Borrowed<FileIO> self) { return self->block_size; }
bool fileio_finalizing(Thread&, Borrowed<FileIO> self) { return self->finalizing; }
Result<void> fileio_set_finalizing(Thread& t, Borrowed<FileIO> self, Borrowed<> v) {
  if (!v) return raise(t, types::TypeError, "can't delete numeric/char attribute");
  if (v.value() != kTrue && v.value() != kFalse) return raise(t, types::TypeError, "attribute value type must be bool");
  self->finalizing = v.value() == kTrue;
  return ok();
}

Result<Local<>> fileio_op_repr(Thread& t, Borrowed<> v) {
  auto self = v.as<FileIO>();
  if (self->load_fd() < 0) return format_str(t, "<{} [closed]>", FullTypeName(v));
  Lookup<> name = find_attr(t, v, "name"_n);
  if (name.raised()) return Raised{};
  const char* closefd = self->closefd ? "True" : "False";
  if (name.absent()) {
    return format_str(t, "<{} fd={} mode='{}' closefd={}>", FullTypeName(v), self->load_fd(),
                      mode_text(self.get()), closefd);
  }
  ENTER_RECURSION(t, " while getting the repr of an object");
  Local<Str> shown = TRY(repr_of(t, *name));
  return format_str(t, "<{} name={} mode='{}' closefd={}>", FullTypeName(v), shown, mode_text(self.get()),
                    closefd);
}

constexpr NativeDef kMethods[] = {
    method<fileio_read>("read(self, size=-1, /)", "Read at most size bytes, returned as bytes."),
    method<file_readall>("readall(self, /)", "Read all data from the file, returned as bytes."),
    method<fileio_readinto>("readinto(self, buffer, /)", "Same as RawIOBase.readinto()."),
    method<fileio_write>("write(self, b, /)", "Write buffer b to file, return number of bytes written."),
    method<fileio_seek>("seek(self, pos, whence=0, /)", "Move to new file position and return the file position."),
    method<fileio_tell>("tell(self, /)", "Current file position."),
    method<fileio_truncate>("truncate(self, size=None, /)", "Truncate the file to at most size bytes."),
    method<fileio_close>("close(self, /)", "Close the file."),
    method<fileio_seekable>("seekable(self, /)", "True if file supports random-access."),
    method<fileio_readable>("readable(self, /)", "True if file was opened in a read mode."),
    method<fileio_writable>("writable(self, /)", "True if file was opened in a write mode."),
    method<fileio_fileno>("fileno(self, /)", "Return the underlying file descriptor (an integer)."),
    method<fileio_isatty>("isatty(self, /)", "True if the file is connected to a TTY device."),
    method<fileio_isatty_open_only>("_isatty_open_only(self, /)", nullptr),
    method<fileio_dealloc_warn>("_dealloc_warn(self, source, /)", nullptr),
    method<fileio_getstate>("__getstate__(self, /)", nullptr),
};
constexpr GetSetDef kGetSets[] = {
    getter<fileio_closed>("closed", "True if the file is closed"),
    getter<fileio_closefd>("closefd", "True if the file descriptor will be closed by close()."),
    getter<fileio_mode>("mode", "String giving the file mode"),
    getter<fileio_blksize>("_blksize", "Stat st_blksize if available"),
    getset<fileio_finalizing, fileio_set_finalizing>("_finalizing", nullptr),
};
constexpr Layout kLayout = layout_of<FileIO>("FileIO");
constexpr TypeDef kDef{.name = "_io.FileIO",
                       .signature = "(file, mode='r', closefd=True, opener=None)",
                       .doc = "Open a file.",
                       .base = &types::IoRawBase,
                       .layout = &kLayout,
                       .flags = kTypeSubclassable | kTypeHasDict | kTypeWeakrefable,
                       OROCHI_METHODS(kMethods),
                       OROCHI_GETSETS(kGetSets),
                       .slots = {.repr = fileio_op_repr, .init = init_slot<kFileInit>, .new_ = fileio_op_new}};

}  // namespace

Result<Local<>> file_seek(Thread& t, Borrowed<FileIO> self, Borrowed<> pos, int32_t whence) {
  int fd = TRY(open_fd(t, self));
  if (is_float(pos)) return raise(t, types::TypeError, "'float' object cannot be interpreted as an integer");
  int64_t offset = TRY(to_int64(t, pos));
  off_t at;
  int error;
  {
    Detached detached(t);
    at = lseek(fd, offset, whence);
    error = errno;
  }
  if (self->seekable < 0) self->seekable = at >= 0;
  if (at < 0) return raise_os_error(t, error);
  return make_int(t, at);
}

Result<Local<>> file_readall(Thread& t, Borrowed<FileIO> self) {
  int fd = TRY(open_fd(t, self));
  if (!self->readable) return raise_mode(t, "reading");
  // The size at open; a file that has grown since costs another round.
  int64_t guess = 65536;
  if (self->size_hint >= 0) {
    off_t at = 0;
    if (self->size_hint > 65536) {
      Detached detached(t);
      at = lseek(fd, 0, SEEK_CUR);
    }
    if (at >= 0 && self->size_hint >= at) guess = self->size_hint - at + 1;
  }
  if (guess < 0 || guess > (int64_t{1} << 62)) guess = 65536;
  Local<Bytes> out = TRY(make_bytes_uninitialised(t, static_cast<size_t>(guess)));
  size_t used = 0;
  for (;;) {
    if (used == out->length()) {
      size_t more = used + (used > 65536 ? used / 2 : used) + 256;
      Local<Bytes> larger = TRY(make_bytes_uninitialised(t, more));
      memcpy(larger->mutable_data(), out->data(), used);
      out = std::move(larger);
    }
    int64_t n = TRY(fd_read(t, fd, out->mutable_data() + used, out->length() - used));
    if (n == kWouldBlock) {
      if (used == 0) return kNone;
      break;
    }
    if (n == 0) break;
    used += static_cast<size_t>(n);
  }
  if (used == out->length()) return out;
  return make_bytes(t, out->view().substr(0, used));
}

Result<Local<>> make_file(Thread& t, Borrowed<> file, Borrowed<> mode, bool closefd, Borrowed<> opener) {
  return call(t, Borrowed<>(&types::IoFileIO), file, mode, Borrowed<>(Value::boolean(closefd)), opener);
}

Result<void> init_file(Thread& t, Borrowed<Module> module) { return module_add_type(t, module, types::IoFileIO, kDef); }

}  // namespace io_module

}  // namespace orochi
