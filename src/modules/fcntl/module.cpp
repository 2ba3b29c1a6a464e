// fcntl: control of descriptors, and file locks.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>

#include "objects/bytes.h"
#include "protocols/attr.h"
#include "protocols/buffer.h"
#include "protocols/call.h"
#include "protocols/native.h"

namespace orochi::fcntl_module {

namespace {

constexpr size_t kMaxArgument = 1024;

Result<int> to_fd(Thread& t, Borrowed<> v) {
  Local<> number;
  if (is_int(v)) {
    number = Local<>::share(v);
  } else {
    Lookup<> method = find_attr(t, v, "fileno"_n);
    if (method.raised()) return Raised{};
    if (method.absent()) return raise(t, types::TypeError, "argument must be an int, or have a fileno() method.");
    number = TRY(call(t, *method));
    if (!is_int(number.value())) return raise(t, types::TypeError, "fileno() returned a non-integer");
  }
  int fd = TRY(to_int32(t, number));
  if (fd < 0) return raise(t, types::ValueError, "file descriptor cannot be a negative integer ({})", fd);
  return fd;
}

template <typename F>
Result<int64_t> retry(Thread& t, F f) {
  for (;;) {
    int64_t r;
    int error;
    {
      Detached detached(t);
      r = f();
      error = errno;
    }
    if (r >= 0) return r;
    if (error != EINTR) return raise_os_error(t, error);
    TRY(safepoint(t));
  }
}

// The third argument as a machine word.
Result<unsigned long> word_of(Thread& t, Borrowed<> v) {
  Local<> index = TRY(index_of(t, v));
  int64_t n;
  uint64_t u;
  if (int_as_int64(index.value(), &n)) return static_cast<unsigned long>(n);
  if (int_as_uint64(index.value(), &u)) return static_cast<unsigned long>(u);
  return raise(t, types::OverflowError, "Python int too large to convert to C long");
}

Result<Local<>> fcntl_fcntl(Thread& t, Borrowed<> file, int32_t command, Borrowed<> arg) {
  int fd = TRY(to_fd(t, file));
  if (is_int(arg)) {
    unsigned long word = TRY(word_of(t, arg));
    int64_t r = TRY(retry(t, [&] { return fcntl(fd, command, word); }));
    return make_int(t, r);
  }
  if (is_str(arg) || has_buffer(arg)) {
    alignas(16) char space[kMaxArgument + 8];
    size_t size;
    if (is_str(arg)) {
      Utf8 text = TRY(str_utf8(t, arg.as<Str>(), Surrogates::Strict));
      size = text.view.size();
      if (size > kMaxArgument) return raise(t, types::ValueError, "fcntl argument 3 is too long");
      memcpy(space, text.view.data(), size);
    } else {
      Buffer b = TRY(Buffer::get(t, arg));
      size = b.size();
      if (size > kMaxArgument) return raise(t, types::ValueError, "fcntl argument 3 is too long");
      memcpy(space, b.data(), size);
    }
    memset(space + size, 0, 8);
    TRY(retry(t, [&] { return fcntl(fd, command, space); }));
    return make_bytes(t, {space, size});
  }
  return raise(t, types::TypeError, "fcntl argument 3 must be an integer, a bytes-like object, or a string");
}

Result<Local<>> fcntl_ioctl(Thread& t, Borrowed<> file, Borrowed<> request_value, Borrowed<> arg, bool mutate) {
  int fd = TRY(to_fd(t, file));
  unsigned long request = TRY(word_of(t, request_value));
  if (is_int(arg)) {
    unsigned long word = TRY(word_of(t, arg));
    int64_t r = TRY(retry(t, [&] { return ioctl(fd, request, word); }));
    return make_int(t, r);
  }
  if (!is_str(arg) && !has_buffer(arg)) {
    return raise(t, types::TypeError, "ioctl argument 3 must be an integer, a bytes-like object, or a string");
  }
  alignas(16) char space[kMaxArgument + 8];
  if (!is_str(arg) && !is_bytes(arg) && mutate) {
    Result<Buffer> writable = Buffer::get(t, arg, kBufferWritable);
    if (!writable.raised()) {
      Buffer b = writable.take();
      if (b.size() <= kMaxArgument) {
        memcpy(space, b.data(), b.size());
        memset(space + b.size(), 0, 8);
        int64_t r = TRY(retry(t, [&] { return ioctl(fd, request, space); }));
        memcpy(b.writable_data(), space, b.size());
        return make_int(t, r);
      }
      int64_t r = TRY(retry(t, [&] { return ioctl(fd, request, b.writable_data()); }));
      return make_int(t, r);
    }
    clear_pending(t);
  }
  size_t size;
  if (is_str(arg)) {
    Utf8 text = TRY(str_utf8(t, arg.as<Str>(), Surrogates::Strict));
    size = text.view.size();
    if (size > kMaxArgument) return raise(t, types::ValueError, "ioctl argument 3 is too long");
    memcpy(space, text.view.data(), size);
  } else {
    Buffer b = TRY(Buffer::get(t, arg));
    size = b.size();
    if (size > kMaxArgument) return raise(t, types::ValueError, "ioctl argument 3 is too long");
    memcpy(space, b.data(), size);
  }
  memset(space + size, 0, 8);
  TRY(retry(t, [&] { return ioctl(fd, request, space); }));
  return make_bytes(t, {space, size});
}

Result<void> fcntl_flock(Thread& t, Borrowed<> file, int32_t operation) {
  int fd = TRY(to_fd(t, file));
  TRY(retry(t, [&] { return flock(fd, operation); }));
  return ok();
}

Result<void> fcntl_lockf(Thread& t, Borrowed<> file, int32_t command, Borrowed<> length, Borrowed<> start, int32_t whence) {
  int fd = TRY(to_fd(t, file));
  struct flock l{};
  if (command == LOCK_UN) l.l_type = F_UNLCK;
  else if (command & LOCK_SH) l.l_type = F_RDLCK;
  else if (command & LOCK_EX) l.l_type = F_WRLCK;
  else return raise(t, types::ValueError, "unrecognized lockf argument");
  l.l_len = TRY(to_int64(t, length));
  l.l_start = TRY(to_int64(t, start));
  l.l_whence = static_cast<short>(whence);
  TRY(retry(t, [&] { return fcntl(fd, command & LOCK_NB ? F_SETLK : F_SETLKW, &l); }));
  return ok();
}

constexpr NativeDef kFunctions[] = {
    function<fcntl_fcntl>("fcntl(fd, cmd, arg=0, /)", "Perform the operation cmd on file descriptor fd."),
    function<fcntl_ioctl>("ioctl(fd, request, arg=0, mutate_flag=True, /)", "Perform the operation request on file descriptor fd."),
    function<fcntl_flock>("flock(fd, operation, /)", "Perform the lock operation on file descriptor fd."),
    function<fcntl_lockf>("lockf(fd, cmd, len=0, start=0, whence=0, /)", "A wrapper around the fcntl() locking calls."),
};

Result<void> init(Thread& t, Borrowed<Module> module) {
  static constexpr struct {
    const char* name;
    int64_t value;
  } kConstants[] = {
#define C(n) {#n, static_cast<int64_t>(n)},
      C(LOCK_SH) C(LOCK_EX) C(LOCK_NB) C(LOCK_UN) C(LOCK_MAND) C(LOCK_READ) C(LOCK_WRITE) C(LOCK_RW) C(F_DUPFD)
      C(F_DUPFD_CLOEXEC) C(F_GETFD) C(F_SETFD) C(F_GETFL) C(F_SETFL) C(F_GETLK) C(F_SETLK) C(F_SETLKW) C(F_OFD_GETLK)
      C(F_OFD_SETLK) C(F_OFD_SETLKW) C(F_GETOWN) C(F_SETOWN) C(F_GETSIG) C(F_SETSIG) C(F_RDLCK) C(F_WRLCK) C(F_UNLCK)
      C(F_EXLCK) C(F_SHLCK) C(F_SETLEASE) C(F_GETLEASE) C(F_NOTIFY) C(F_SETPIPE_SZ) C(F_GETPIPE_SZ) C(F_ADD_SEALS)
      C(F_GET_SEALS) C(F_SEAL_SEAL) C(F_SEAL_SHRINK) C(F_SEAL_GROW) C(F_SEAL_WRITE) C(F_GETOWN_EX) C(F_SETOWN_EX)
      C(F_OWNER_TID) C(F_OWNER_PID) C(F_OWNER_PGRP) C(F_GET_RW_HINT) C(F_SET_RW_HINT) C(F_GET_FILE_RW_HINT)
      C(F_SET_FILE_RW_HINT) C(RWH_WRITE_LIFE_NOT_SET) C(RWH_WRITE_LIFE_NONE) C(RWH_WRITE_LIFE_SHORT)
      C(RWH_WRITE_LIFE_MEDIUM) C(RWH_WRITE_LIFE_LONG) C(RWH_WRITE_LIFE_EXTREME) C(FD_CLOEXEC) C(FASYNC) C(DN_ACCESS)
      C(DN_MODIFY) C(DN_CREATE) C(DN_DELETE) C(DN_RENAME) C(DN_ATTRIB) C(DN_MULTISHOT) C(FICLONE) C(FICLONERANGE)
#undef C
      {"F_GETLK64", F_GETLK}, {"F_SETLK64", F_SETLK}, {"F_SETLKW64", F_SETLKW}};
  for (auto& c : kConstants) TRY(module_set_int(t, module, c.name, c.value));
  return ok();
}

OROCHI_MODULE(fcntl, "Control of file descriptors, and file locks.", kFunctions, init)

}  // namespace

}  // namespace orochi::fcntl_module
