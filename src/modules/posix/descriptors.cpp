// posix: file descriptors: open, read, write and what else works on them.
#include "runtime/posix_support.h"

#include <climits>
#include <cstdlib>
#include <vector>

#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

namespace orochi {

namespace {
constexpr StructSeqField kTerminalSizeFields[] = {
    {"columns", "width of the terminal window in characters"},
    {"lines", "height of the terminal window in characters"},
};
}  // namespace
OROCHI_STRUCTSEQ(PosixTerminalSize, kTerminalSizeFields, 2, "os.terminal_size",
                 "A tuple of (columns, lines) for holding terminal window size", 0)

namespace posix_module {

namespace {

Result<int64_t> posix_open(Thread& t, Borrowed<> path, int32_t flags, int32_t mode, Borrowed<> dir_fd) {
  Path p;
  TRY(to_path(t, path, "open", "path", kPathOnly, &p));
  int dir = TRY(to_dir_fd(t, dir_fd));
  return system_call(t, [&] { return openat(dir, p.c_str(), flags | O_CLOEXEC, static_cast<mode_t>(mode)); }, path);
}
Result<void> posix_close(Thread& t, int32_t fd) {
  int r, error;
  {
    Detached detached(t);
    r = close(fd);  // never retried: Linux has closed it even when interrupted
    error = errno;
  }
  if (r != 0 && error != EINTR) return raise_os_error(t, error);
  return ok();
}
void posix_closerange(Thread& t, int32_t low, int32_t high) {
  Detached detached(t);
  if (low < 0) low = 0;
  if (high <= low) return;
  if (close_range(static_cast<unsigned>(low), static_cast<unsigned>(high - 1), 0) == 0) return;
  for (int fd = low; fd < high; fd++) close(fd);
}

constexpr int64_t kMaxTransfer = 0x7ffff000;

Result<Local<>> shortened(Thread& t, Local<Bytes> bytes, int64_t n) {
  if (static_cast<size_t>(n) == bytes->length()) return bytes;
  return make_bytes(t, bytes->view().substr(0, static_cast<size_t>(n)));
}

Result<Local<>> posix_read(Thread& t, int32_t fd, Index length) {
  if (length < 0) return raise_os_error(t, EINVAL);
  int64_t size = length < kMaxTransfer ? length.value : kMaxTransfer;
  Local<Bytes> out = TRY(make_bytes_uninitialised(t, static_cast<size_t>(size)));
  auto* data = out->mutable_data();
  int64_t n = TRY(system_call(t, [&] { return read(fd, data, static_cast<size_t>(size)); }));
  return shortened(t, std::move(out), n);
}
Result<int64_t> posix_readinto(Thread& t, int32_t fd, Borrowed<> target) {
  Buffer space = TRY(Buffer::get(t, target, kBufferWritable));
  return system_call(t, [&] { return read(fd, space.writable_data(), space.size()); });
}
Result<Local<>> posix_pread(Thread& t, int32_t fd, Index length, int64_t offset) {
  if (length < 0) return raise_os_error(t, EINVAL);
  Local<Bytes> out = TRY(make_bytes_uninitialised(t, static_cast<size_t>(length.value)));
  auto* data = out->mutable_data();
  int64_t n = TRY(system_call(t, [&] { return pread(fd, data, static_cast<size_t>(length.value), offset); }));
  return shortened(t, std::move(out), n);
}
Result<int64_t> posix_write(Thread& t, int32_t fd, Borrowed<> data) {
  Buffer source = TRY(Buffer::get(t, data));
  size_t size = source.size() < kMaxTransfer ? source.size() : kMaxTransfer;
  return system_call(t, [&] { return write(fd, source.data(), size); });
}
Result<int64_t> posix_pwrite(Thread& t, int32_t fd, Borrowed<> data, int64_t offset) {
  Buffer source = TRY(Buffer::get(t, data));
  return system_call(t, [&] { return pwrite(fd, source.data(), source.size(), offset); });
}

struct Vector {
  std::vector<Buffer> buffers;
  std::vector<iovec> parts;
};
Result<void> to_vector(Thread& t, const char* function, Borrowed<> v, int flags, Vector* out) {
  if (!type_of(v)->slots.len || !type_of(v)->slots.getitem || is_dict(v)) {
    return raise(t, types::TypeError, "{}() arg 2 must be a sequence", function);
  }
  return for_each(t, v, [&](Local<> item) -> Result<bool> {
    Buffer b = TRY(Buffer::get(t, item, flags));
    out->parts.push_back({b.writable_data(), b.size()});
    out->buffers.push_back(std::move(b));
    return true;
  });
}
Result<int64_t> posix_readv(Thread& t, int32_t fd, Borrowed<> buffers) {
  Vector v;
  TRY(to_vector(t, "readv", buffers, kBufferWritable, &v));
  return system_call(t, [&] { return readv(fd, v.parts.data(), static_cast<int>(v.parts.size())); });
}
Result<int64_t> posix_writev(Thread& t, int32_t fd, Borrowed<> buffers) {
  Vector v;
  TRY(to_vector(t, "writev", buffers, kBufferSimple, &v));
  return system_call(t, [&] { return writev(fd, v.parts.data(), static_cast<int>(v.parts.size())); });
}
Result<int64_t> posix_preadv(Thread& t, int32_t fd, Borrowed<> buffers, int64_t offset, int32_t flags) {
  Vector v;
  TRY(to_vector(t, "preadv", buffers, kBufferWritable, &v));
  return system_call(t, [&] { return preadv2(fd, v.parts.data(), static_cast<int>(v.parts.size()), offset, flags); });
}
Result<int64_t> posix_pwritev(Thread& t, int32_t fd, Borrowed<> buffers, int64_t offset, int32_t flags) {
  Vector v;
  TRY(to_vector(t, "pwritev", buffers, kBufferSimple, &v));
  return system_call(t, [&] { return pwritev2(fd, v.parts.data(), static_cast<int>(v.parts.size()), offset, flags); });
}

Result<int64_t> posix_lseek(Thread& t, int32_t fd, int64_t position, int32_t how) {
  return system_call(t, [&] { return lseek(fd, position, how); });
}
Result<int64_t> posix_dup(Thread& t, int32_t fd) {
  return system_call(t, [&] { return fcntl(fd, F_DUPFD_CLOEXEC, 0); });
}
Result<int64_t> posix_dup2(Thread& t, int32_t fd, int32_t fd2, bool inheritable) {
  if (fd < 0 || fd2 < 0) return raise_os_error(t, EBADF);
  if (inheritable || fd == fd2) return system_call(t, [&] { return dup2(fd, fd2); });
  return system_call(t, [&] { return dup3(fd, fd2, O_CLOEXEC); });
}
Result<Local<>> make_pipe(Thread& t, int flags) {
  int fds[2];
  TRY(system_check(t, [&] { return pipe2(fds, flags); }));
  return tuple_of_ints(t, {fds[0], fds[1]});
}
Result<Local<>> posix_pipe(Thread& t) { return make_pipe(t, O_CLOEXEC); }
Result<Local<>> posix_pipe2(Thread& t, int32_t flags) { return make_pipe(t, flags); }
Result<void> posix_ftruncate(Thread& t, int32_t fd, int64_t length) {
  return system_check(t, [&] { return ftruncate(fd, length); });
}
Result<void> posix_fsync(Thread& t, Borrowed<> v) {
  int fd = TRY(to_fd(t, v));
  return system_check(t, [&] { return fsync(fd); });
}
Result<void> posix_fdatasync(Thread& t, Borrowed<> v) {
  int fd = TRY(to_fd(t, v));
  return system_check(t, [&] { return fdatasync(fd); });
}
bool posix_isatty(Thread& t, int32_t fd) {
  Detached detached(t);
  return isatty(fd);
}
Result<Local<>> posix_ttyname(Thread& t, int32_t fd) {
  char name[4096];
  int error;
  {
    Detached detached(t);
    error = ttyname_r(fd, name, sizeof name);
  }
  if (error) return raise_os_error(t, error);
  return decode_file_name(t, name);
}
Result<int64_t> posix_tcgetpgrp(Thread& t, int32_t fd) {
  return system_call(t, [&] { return tcgetpgrp(fd); });
}
Result<void> posix_tcsetpgrp(Thread& t, int32_t fd, int32_t group) {
  return system_check(t, [&] { return tcsetpgrp(fd, group); });
}
Result<Local<>> posix_openpty(Thread& t) {
  auto open_both = [&](int* master, int* slave) -> int {
    *master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (*master < 0) return -1;
    char name[128];
    if (grantpt(*master) != 0 || unlockpt(*master) != 0 || ptsname_r(*master, name, sizeof name) != 0 ||
        (*slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0) {
      int error = errno;
      close(*master);
      errno = error;
      return -1;
    }
    return 0;
  };
  int master = -1, slave = -1;
  TRY(system_check(t, [&] { return open_both(&master, &slave); }));
  return tuple_of_ints(t, {master, slave});
}
Result<int64_t> posix_posix_openpt(Thread& t, int32_t flags) {
  return system_call(t, [&] { return posix_openpt(flags); });
}
Result<void> posix_grantpt(Thread& t, Borrowed<> v) {
  int fd = TRY(to_fd(t, v));
  return system_check(t, [&] { return grantpt(fd); });
}
Result<void> posix_unlockpt(Thread& t, Borrowed<> v) {
  int fd = TRY(to_fd(t, v));
  return system_check(t, [&] { return unlockpt(fd); });
}
Result<Local<>> posix_ptsname(Thread& t, Borrowed<> v) {
  int fd = TRY(to_fd(t, v));
  char name[256];
  int error = ptsname_r(fd, name, sizeof name);
  if (error) return raise_os_error(t, error);
  return decode_file_name(t, name);
}

Result<bool> posix_get_inheritable(Thread& t, int32_t fd) {
  int64_t flags = TRY(system_call(t, [&] { return fcntl(fd, F_GETFD); }));
  return !(flags & FD_CLOEXEC);
}
Result<void> posix_set_inheritable(Thread& t, int32_t fd, int32_t inheritable) {
  int64_t flags = TRY(system_call(t, [&] { return fcntl(fd, F_GETFD); }));
  int wanted = static_cast<int>(inheritable ? flags & ~FD_CLOEXEC : flags | FD_CLOEXEC);
  return system_check(t, [&] { return fcntl(fd, F_SETFD, wanted); });
}
Result<bool> posix_get_blocking(Thread& t, int32_t fd) {
  int64_t flags = TRY(system_call(t, [&] { return fcntl(fd, F_GETFL); }));
  return !(flags & O_NONBLOCK);
}
Result<void> posix_set_blocking(Thread& t, int32_t fd, bool blocking) {
  int64_t flags = TRY(system_call(t, [&] { return fcntl(fd, F_GETFL); }));
  int wanted = static_cast<int>(blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
  return system_check(t, [&] { return fcntl(fd, F_SETFL, wanted); });
}

Result<Local<>> posix_sendfile(Thread& t, int32_t out_fd, int32_t in_fd, Borrowed<> offset, Index count) {
  if (offset.value() == kNone) {
    int64_t n = TRY(system_call(t, [&] { return sendfile(out_fd, in_fd, nullptr, static_cast<size_t>(count.value)); }));
    return make_int(t, n);
  }
  off_t at = TRY(to_int64(t, offset));
  int64_t n = TRY(system_call(t, [&] { return sendfile(out_fd, in_fd, &at, static_cast<size_t>(count.value)); }));
  return make_int(t, n);
}
Result<int64_t> posix_copy_file_range(Thread& t, int32_t src, int32_t dst, Index count, Borrowed<> offset_src,
                                      Borrowed<> offset_dst) {
  if (count < 0) return raise(t, types::ValueError, "negative value for 'count' not allowed");
  off64_t from = 0, to = 0;
  if (offset_src.value() != kNone) from = TRY(to_int64(t, offset_src));
  if (offset_dst.value() != kNone) to = TRY(to_int64(t, offset_dst));
  return system_call(t, [&] {
    return copy_file_range(src, offset_src.value() == kNone ? nullptr : &from, dst,
                           offset_dst.value() == kNone ? nullptr : &to, static_cast<size_t>(count.value), 0);
  });
}
Result<int64_t> posix_splice(Thread& t, int32_t src, int32_t dst, Index count, Borrowed<> offset_src,
                             Borrowed<> offset_dst, int32_t flags) {
  if (count < 0) return raise(t, types::ValueError, "negative value for 'count' not allowed");
  off64_t from = 0, to = 0;
  if (offset_src.value() != kNone) from = TRY(to_int64(t, offset_src));
  if (offset_dst.value() != kNone) to = TRY(to_int64(t, offset_dst));
  return system_call(t, [&] {
    return splice(src, offset_src.value() == kNone ? nullptr : &from, dst,
                  offset_dst.value() == kNone ? nullptr : &to, static_cast<size_t>(count.value),
                  static_cast<unsigned>(flags));
  });
}
Result<int64_t> posix_memfd_create(Thread& t, Borrowed<> name, int64_t flags) {
  Path p;
  TRY(to_path(t, name, "memfd_create", "name", kPathOnly, &p));
  return system_call(t, [&] { return memfd_create(p.c_str(), static_cast<unsigned>(flags)); });
}
Result<int64_t> posix_eventfd(Thread& t, int64_t initval, int32_t flags) {
  return system_call(t, [&] { return eventfd(static_cast<unsigned>(initval), flags); });
}
Result<Local<>> posix_eventfd_read(Thread& t, Borrowed<> v) {
  int fd = TRY(to_fd(t, v));
  eventfd_t value;
  TRY(system_check(t, [&] { return eventfd_read(fd, &value); }));
  return make_uint(t, value);
}
Result<void> posix_eventfd_write(Thread& t, Borrowed<> v, Borrowed<> number) {
  int fd = TRY(to_fd(t, v));
  Local<> index = TRY(index_of(t, number));
  uint64_t value;
  if (!int_as_uint64(index.value(), &value)) return raise(t, types::OverflowError, "can't convert negative int to unsigned");
  return system_check(t, [&] { return eventfd_write(fd, value); });
}
Result<void> posix_lockf(Thread& t, int32_t fd, int32_t command, int64_t length) {
  return system_check(t, [&] { return lockf(fd, command, length); });
}
Result<void> posix_posix_fallocate(Thread& t, int32_t fd, int64_t offset, int64_t length) {
  for (;;) {
    int error;
    {
      Detached detached(t);
      error = posix_fallocate(fd, offset, length);
    }
    if (error == 0) return ok();
    if (error != EINTR) return raise_os_error(t, error);
    TRY(safepoint(t));
  }
}
Result<void> posix_posix_fadvise(Thread& t, int32_t fd, int64_t offset, int64_t length, int32_t advice) {
  int error;
  {
    Detached detached(t);
    error = posix_fadvise(fd, offset, length, advice);
  }
  if (error) return raise_os_error(t, error);
  return ok();
}

Result<Local<>> posix_get_terminal_size(Thread& t, Maybe<int32_t> fd) {
  winsize w;
  if (ioctl(fd.value_or(STDOUT_FILENO), TIOCGWINSZ, &w) != 0) return raise_os_error(t, errno);
  const Value values[] = {Value::fixnum(w.ws_col), Value::fixnum(w.ws_row)};
  return make_structseq(t, types::PosixTerminalSize, values, 2);
}
Result<Local<>> posix_device_encoding(Thread& t, int32_t fd) {
  bool terminal;
  {
    Detached detached(t);
    terminal = isatty(fd);
  }
  if (!terminal) return kNone;
  return make_str(t, "utf-8");
}

constexpr NativeDef kFunctions[] = {
    function<posix_open>("open(path, flags, mode=511, *, dir_fd=None)", "Open a file for low level IO.  Returns a file descriptor."),
    function<posix_close>("close(fd)", "Close a file descriptor."),
    function<posix_closerange>("closerange(fd_low, fd_high, /)", "Closes all file descriptors in [fd_low, fd_high), ignoring errors."),
    function<posix_read>("read(fd, length, /)", "Read from a file descriptor.  Returns a bytes object."),
    function<posix_readinto>("readinto(fd, buffer, /)", "Read into a buffer object from a file descriptor."),
    function<posix_pread>("pread(fd, length, offset, /)", "Read a number of bytes from a file descriptor starting at a particular offset."),
    function<posix_write>("write(fd, data, /)", "Write a bytes object to a file descriptor."),
    function<posix_pwrite>("pwrite(fd, buffer, offset, /)", "Write bytes to a file descriptor starting at a particular offset."),
    function<posix_readv>("readv(fd, buffers, /)", "Read from a file descriptor fd into an iterable of buffers."),
    function<posix_writev>("writev(fd, buffers, /)", "Iterate over buffers, and write the contents of each to a file descriptor."),
    function<posix_preadv>("preadv(fd, buffers, offset, flags=0, /)", "Reads from a file descriptor into a number of mutable bytes-like objects."),
    function<posix_pwritev>("pwritev(fd, buffers, offset, flags=0, /)", "Writes the contents of bytes-like objects to a file descriptor at a given offset."),
    function<posix_lseek>("lseek(fd, position, whence, /)", "Set the position of a file descriptor.  Return the new position."),
    function<posix_dup>("dup(fd, /)", "Return a duplicate of a file descriptor."),
    function<posix_dup2>("dup2(fd, fd2, inheritable=True)", "Duplicate file descriptor."),
    function<posix_pipe>("pipe()", "Create a pipe."),
    function<posix_pipe2>("pipe2(flags, /)", "Create a pipe with flags set atomically."),
    function<posix_ftruncate>("ftruncate(fd, length, /)", "Truncate a file, specified by file descriptor, to a specific length."),
    function<posix_fsync>("fsync(fd)", "Force write of fd to disk."),
    function<posix_fdatasync>("fdatasync(fd)", "Force write of fd to disk without forcing update of metadata."),
    function<posix_isatty>("isatty(fd, /)", "Return True if the fd is connected to a terminal."),
    function<posix_ttyname>("ttyname(fd, /)", "Return the name of the terminal device connected to 'fd'."),
    function<posix_tcgetpgrp>("tcgetpgrp(fd, /)", "Return the process group associated with the terminal specified by fd."),
    function<posix_tcsetpgrp>("tcsetpgrp(fd, pgid, /)", "Set the process group associated with the terminal specified by fd."),
    function<posix_openpty>("openpty()", "Open a pseudo-terminal."),
    function<posix_posix_openpt>("posix_openpt(oflag, /)", "Open and return a file descriptor for a master pseudo-terminal device."),
    function<posix_grantpt>("grantpt(fd, /)", "Grant access to the slave pseudo-terminal device."),
    function<posix_unlockpt>("unlockpt(fd, /)", "Unlock a pseudo-terminal master/slave pair."),
    function<posix_ptsname>("ptsname(fd, /)", "Return the name of the slave pseudo-terminal device."),
    function<posix_get_inheritable>("get_inheritable(fd, /)", "Get the close-on-exe flag of the specified file descriptor."),
    function<posix_set_inheritable>("set_inheritable(fd, inheritable, /)", "Set the inheritable flag of the specified file descriptor."),
    function<posix_get_blocking>("get_blocking(fd, /)", "Get the blocking mode of the file descriptor."),
    function<posix_set_blocking>("set_blocking(fd, blocking, /)", "Set the blocking mode of the specified file descriptor."),
    function<posix_sendfile>("sendfile(out_fd, in_fd, offset, count)", "Copy count bytes from file descriptor in_fd to file descriptor out_fd."),
    function<posix_copy_file_range>("copy_file_range(src, dst, count, offset_src=None, offset_dst=None)", "Copy count bytes from one file descriptor to another."),
    function<posix_splice>("splice(src, dst, count, offset_src=None, offset_dst=None, flags=0)", "Transfer count bytes from one pipe to a descriptor or vice versa."),
    function<posix_memfd_create>("memfd_create(name, flags=1)", nullptr),
    function<posix_eventfd>("eventfd(initval, flags=524288)", "Creates and returns an event notification file descriptor."),
    function<posix_eventfd_read>("eventfd_read(fd)", "Read eventfd value"),
    function<posix_eventfd_write>("eventfd_write(fd, value)", "Write eventfd value."),
    function<posix_lockf>("lockf(fd, command, length, /)", "Apply, test or remove a POSIX lock on an open file descriptor."),
    function<posix_posix_fallocate>("posix_fallocate(fd, offset, length, /)", "Ensure a file has allocated at least a particular number of bytes on disk."),
    function<posix_posix_fadvise>("posix_fadvise(fd, offset, length, advice, /)", "Announce an intention to access data in a specific pattern."),
    function<posix_get_terminal_size>("get_terminal_size(fd=None, /)", "Return the size of the terminal window as (columns, lines)."),
    function<posix_device_encoding>("device_encoding(fd)", "Return a string describing the encoding of a terminal's file descriptor."),
};

}  // namespace

Result<void> init_descriptors(Thread& t, Borrowed<Module> module) {
  TRY(module_add_structseq(t, module, types::PosixTerminalSize, kStructSeqPosixTerminalSize));
  return add_functions(t, module, kFunctions, std::size(kFunctions));
}

}  // namespace posix_module

}  // namespace orochi
