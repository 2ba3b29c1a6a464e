// posix: files by path: stat, links, renames, permissions, times.
#include "runtime/posix_support.h"

#include <climits>
#include <cmath>
#include <cstdio>

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <linux/limits.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace orochi {

namespace {
constexpr StructSeqField kStatFields[] = {
    {"st_mode", "protection bits"},
    {"st_ino", "inode"},
    {"st_dev", "device"},
    {"st_nlink", "number of hard links"},
    {"st_uid", "user ID of owner"},
    {"st_gid", "group ID of owner"},
    {"st_size", "total size, in bytes"},
    {nullptr, "integer time of last access"},
    {nullptr, "integer time of last modification"},
    {nullptr, "integer time of last change"},
    {"st_atime", "time of last access", 7},
    {"st_mtime", "time of last modification", 8},
    {"st_ctime", "time of last change", 9},
    {"st_atime_ns", "time of last access in nanoseconds"},
    {"st_mtime_ns", "time of last modification in nanoseconds"},
    {"st_ctime_ns", "time of last change in nanoseconds"},
    {"st_blksize", "blocksize for filesystem I/O"},
    {"st_blocks", "number of blocks allocated"},
    {"st_rdev", "device type (if inode device)"},
};
constexpr StructSeqField kStatvfsFields[] = {
    {"f_bsize"}, {"f_frsize"}, {"f_blocks"}, {"f_bfree"},   {"f_bavail"}, {"f_files"},
    {"f_ffree"}, {"f_favail"}, {"f_flag"},   {"f_namemax"}, {"f_fsid"},
};
}  // namespace

OROCHI_STRUCTSEQ(PosixStat, kStatFields, 10, "os.stat_result", "stat_result: Result from stat, fstat, or lstat.", 0)
OROCHI_STRUCTSEQ(PosixStatvfs, kStatvfsFields, 10, "os.statvfs_result",
                 "statvfs_result: Result from statvfs or fstatvfs.", 0)

namespace posix_module {

namespace {

Result<Local<>> ns_int(Thread& t, const timespec& ts) {
  int64_t ns;
  if (!__builtin_mul_overflow(ts.tv_sec, int64_t{1000000000}, &ns) && !__builtin_add_overflow(ns, ts.tv_nsec, &ns)) {
    return make_int(t, ns);
  }
  Local<> seconds = TRY(make_int(t, ts.tv_sec));
  Local<> scaled = TRY(int_multiply(t, seconds.value(), Value::fixnum(1000000000)));
  return int_add(t, scaled.value(), Value::fixnum(ts.tv_nsec));
}

}  // namespace

Result<Local<>> make_stat(Thread& t, const struct stat& st) {
  Local<> owned[19];
  size_t n = 0;
  auto add = [&](Result<Local<>> r) -> bool {
    if (r.raised()) return false;
    owned[n++] = r.take();
    return true;
  };
  bool fine = add(make_int(t, st.st_mode)) && add(make_uint(t, st.st_ino)) && add(make_uint(t, st.st_dev)) &&
              add(make_uint(t, st.st_nlink)) && add(make_int(t, st.st_uid)) && add(make_int(t, st.st_gid)) &&
              add(make_int(t, st.st_size)) && add(make_int(t, st.st_atim.tv_sec)) &&
              add(make_int(t, st.st_mtim.tv_sec)) && add(make_int(t, st.st_ctim.tv_sec));
  for (const timespec* ts : {&st.st_atim, &st.st_mtim, &st.st_ctim}) {
    fine = fine && add(make_float(t, static_cast<double>(ts->tv_sec) + 1e-9 * static_cast<double>(ts->tv_nsec)));
  }
  for (const timespec* ts : {&st.st_atim, &st.st_mtim, &st.st_ctim}) fine = fine && add(ns_int(t, *ts));
  fine = fine && add(make_int(t, st.st_blksize)) && add(make_int(t, st.st_blocks)) && add(make_uint(t, st.st_rdev));
  if (!fine) return Raised{};
  Value values[19];
  for (size_t i = 0; i < n; i++) values[i] = owned[i].value();
  return make_structseq(t, types::PosixStat, values, n);
}

namespace {

Result<Local<>> do_stat(Thread& t, const char* function, Borrowed<> path, Borrowed<> dir_fd, bool follow) {
  Path p;
  TRY(to_path(t, path, function, "path", function[0] == 'l' ? kPathOnly : kPathOrFd, &p));
  int dir = TRY(to_dir_fd(t, dir_fd));
  struct stat st;
  if (p.is_fd) {
    if (dir != AT_FDCWD) return raise(t, types::ValueError, "{}: can't specify dir_fd without matching path", function);
    if (!follow) return raise(t, types::ValueError, "{}: cannot use fd and follow_symlinks together", function);
    TRY(system_check(t, [&] { return fstat(p.fd, &st); }));
  } else {
    TRY(system_check(t, [&] { return fstatat(dir, p.c_str(), &st, follow ? 0 : AT_SYMLINK_NOFOLLOW); }, p.object));
  }
  return make_stat(t, st);
}

Result<Local<>> posix_stat(Thread& t, Borrowed<> path, Borrowed<> dir_fd, bool follow_symlinks) {
  return do_stat(t, "stat", path, dir_fd, follow_symlinks);
}
Result<Local<>> posix_lstat(Thread& t, Borrowed<> path, Borrowed<> dir_fd) {
  return do_stat(t, "lstat", path, dir_fd, false);
}
Result<Local<>> posix_fstat(Thread& t, int32_t fd) {
  struct stat st;
  TRY(system_check(t, [&] { return fstat(fd, &st); }));
  return make_stat(t, st);
}

Result<Local<>> make_statvfs(Thread& t, const struct statvfs& s) {
  const uint64_t numbers[] = {s.f_bsize, s.f_frsize, s.f_blocks, s.f_bfree,   s.f_bavail, s.f_files,
                              s.f_ffree, s.f_favail, s.f_flag,   s.f_namemax, s.f_fsid};
  Local<> owned[11];
  Value values[11];
  for (size_t i = 0; i < 11; i++) {
    owned[i] = TRY(make_uint(t, numbers[i]));
    values[i] = owned[i].value();
  }
  return make_structseq(t, types::PosixStatvfs, values, 11);
}
Result<Local<>> posix_statvfs(Thread& t, Borrowed<> path) {
  Path p;
  TRY(to_path(t, path, "statvfs", "path", kPathOrFd, &p));
  struct statvfs s;
  TRY(system_check(t, [&] { return p.is_fd ? fstatvfs(p.fd, &s) : statvfs(p.c_str(), &s); }, path));
  return make_statvfs(t, s);
}
Result<Local<>> posix_fstatvfs(Thread& t, int32_t fd) {
  struct statvfs s;
  TRY(system_check(t, [&] { return fstatvfs(fd, &s); }));
  return make_statvfs(t, s);
}

Result<bool> posix_access(Thread& t, Borrowed<> path, int32_t mode, Borrowed<> dir_fd, bool effective_ids,
                          bool follow_symlinks) {
  Path p;
  TRY(to_path(t, path, "access", "path", kPathOnly, &p));
  int dir = TRY(to_dir_fd(t, dir_fd));
  int flags = (effective_ids ? AT_EACCESS : 0) | (follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW);
  Detached detached(t);
  return faccessat(dir, p.c_str(), mode, flags) == 0;
}

Result<void> posix_chmod(Thread& t, Borrowed<> path, int32_t mode, Borrowed<> dir_fd, bool follow_symlinks) {
  Path p;
  TRY(to_path(t, path, "chmod", "path", kPathOrFd, &p));
  int dir = TRY(to_dir_fd(t, dir_fd));
  auto bits = static_cast<mode_t>(mode);
  if (p.is_fd) return system_check(t, [&] { return fchmod(p.fd, bits); }, path);
  if (!follow_symlinks) {
    int r, error;
    {
      Detached detached(t);
      r = fchmodat(dir, p.c_str(), bits, AT_SYMLINK_NOFOLLOW);
      error = errno;
    }
    if (r != 0 && error == EOPNOTSUPP) {
      if (dir != AT_FDCWD) return raise(t, types::ValueError, "chmod: cannot use dir_fd and follow_symlinks together");
      return raise(t, types::NotImplementedError, "chmod: follow_symlinks unavailable on this platform");
    }
    if (r != 0) return raise_os_error(t, error, path);
    return ok();
  }
  return system_check(t, [&] { return fchmodat(dir, p.c_str(), bits, 0); }, path);
}
Result<void> posix_fchmod(Thread& t, int32_t fd, int32_t mode) {
  return system_check(t, [&] { return fchmod(fd, static_cast<mode_t>(mode)); });
}

Result<void> posix_chown(Thread& t, Borrowed<> path, Borrowed<> uid_value, Borrowed<> gid_value, Borrowed<> dir_fd,
                         bool follow_symlinks) {
  Path p;
  TRY(to_path(t, path, "chown", "path", kPathOrFd, &p));
  auto uid = static_cast<uid_t>(TRY(to_id(t, uid_value, "uid")));
  auto gid = static_cast<gid_t>(TRY(to_id(t, gid_value, "gid")));
  int dir = TRY(to_dir_fd(t, dir_fd));
  if (p.is_fd) {
    if (dir != AT_FDCWD) return raise(t, types::ValueError, "chown: can't specify both dir_fd and fd");
    if (!follow_symlinks) return raise(t, types::ValueError, "chown: cannot use fd and follow_symlinks together");
    return system_check(t, [&] { return fchown(p.fd, uid, gid); }, path);
  }
  return system_check(t, [&] { return fchownat(dir, p.c_str(), uid, gid, follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW); },
                      path);
}
Result<void> posix_fchown(Thread& t, int32_t fd, Borrowed<> uid_value, Borrowed<> gid_value) {
  auto uid = static_cast<uid_t>(TRY(to_id(t, uid_value, "uid")));
  auto gid = static_cast<gid_t>(TRY(to_id(t, gid_value, "gid")));
  return system_check(t, [&] { return fchown(fd, uid, gid); });
}
Result<void> posix_lchown(Thread& t, Borrowed<> path, Borrowed<> uid_value, Borrowed<> gid_value) {
  Path p;
  TRY(to_path(t, path, "lchown", "path", kPathOnly, &p));
  auto uid = static_cast<uid_t>(TRY(to_id(t, uid_value, "uid")));
  auto gid = static_cast<gid_t>(TRY(to_id(t, gid_value, "gid")));
  return system_check(t, [&] { return lchown(p.c_str(), uid, gid); }, path);
}

Result<void> posix_link(Thread& t, Borrowed<> src, Borrowed<> dst, Borrowed<> src_dir_fd, Borrowed<> dst_dir_fd,
                        bool follow_symlinks) {
  Path a, b;
  TRY(to_path(t, src, "link", "src", kPathOnly, &a));
  TRY(to_path(t, dst, "link", "dst", kPathOnly, &b));
  int from = TRY(to_dir_fd(t, src_dir_fd)), to = TRY(to_dir_fd(t, dst_dir_fd));
  return system_check(t, [&] { return linkat(from, a.c_str(), to, b.c_str(), follow_symlinks ? AT_SYMLINK_FOLLOW : 0); },
                      src, dst);
}
Result<void> posix_symlink(Thread& t, Borrowed<> src, Borrowed<> dst, bool, Borrowed<> dir_fd) {
  Path a, b;
  TRY(to_path(t, src, "symlink", "src", kPathOnly, &a));
  TRY(to_path(t, dst, "symlink", "dst", kPathOnly, &b));
  int dir = TRY(to_dir_fd(t, dir_fd));
  return system_check(t, [&] { return symlinkat(a.c_str(), dir, b.c_str()); }, src, dst);
}
Result<Local<>> posix_readlink(Thread& t, Borrowed<> path, Borrowed<> dir_fd) {
  Path p;
  TRY(to_path(t, path, "readlink", "path", kPathOnly, &p));
  int dir = TRY(to_dir_fd(t, dir_fd));
  char buffer[PATH_MAX + 1];
  int64_t n = TRY(system_call(t, [&] { return readlinkat(dir, p.c_str(), buffer, PATH_MAX); }, path));
  return path_result(t, {buffer, static_cast<size_t>(n)}, p.is_bytes);
}

Result<void> do_rename(Thread& t, const char* function, Borrowed<> src, Borrowed<> dst, Borrowed<> src_dir_fd,
                       Borrowed<> dst_dir_fd) {
  Path a, b;
  TRY(to_path(t, src, function, "src", kPathOnly, &a));
  TRY(to_path(t, dst, function, "dst", kPathOnly, &b));
  int from = TRY(to_dir_fd(t, src_dir_fd)), to = TRY(to_dir_fd(t, dst_dir_fd));
  return system_check(t, [&] { return renameat(from, a.c_str(), to, b.c_str()); }, src, dst);
}
Result<void> posix_rename(Thread& t, Borrowed<> src, Borrowed<> dst, Borrowed<> from, Borrowed<> to) {
  return do_rename(t, "rename", src, dst, from, to);
}
Result<void> posix_replace(Thread& t, Borrowed<> src, Borrowed<> dst, Borrowed<> from, Borrowed<> to) {
  return do_rename(t, "replace", src, dst, from, to);
}
Result<void> posix_unlink(Thread& t, Borrowed<> path, Borrowed<> dir_fd) {
  Path p;
  TRY(to_path(t, path, "unlink", "path", kPathOnly, &p));
  int dir = TRY(to_dir_fd(t, dir_fd));
  return system_check(t, [&] { return unlinkat(dir, p.c_str(), 0); }, path);
}
Result<void> posix_remove(Thread& t, Borrowed<> path, Borrowed<> dir_fd) {
  Path p;
  TRY(to_path(t, path, "remove", "path", kPathOnly, &p));
  int dir = TRY(to_dir_fd(t, dir_fd));
  return system_check(t, [&] { return unlinkat(dir, p.c_str(), 0); }, path);
}
Result<void> posix_truncate(Thread& t, Borrowed<> path, int64_t length) {
  Path p;
  TRY(to_path(t, path, "truncate", "path", kPathOrFd, &p));
  return system_check(t, [&] { return p.is_fd ? ftruncate(p.fd, length) : truncate(p.c_str(), length); }, path);
}
Result<void> posix_mkfifo(Thread& t, Borrowed<> path, int32_t mode, Borrowed<> dir_fd) {
  Path p;
  TRY(to_path(t, path, "mkfifo", "path", kPathOnly, &p));
  int dir = TRY(to_dir_fd(t, dir_fd));
  return system_check(t, [&] { return mkfifoat(dir, p.c_str(), static_cast<mode_t>(mode)); }, path);
}
Result<void> posix_mknod(Thread& t, Borrowed<> path, int32_t mode, int64_t device, Borrowed<> dir_fd) {
  Path p;
  TRY(to_path(t, path, "mknod", "path", kPathOnly, &p));
  int dir = TRY(to_dir_fd(t, dir_fd));
  return system_check(
      t, [&] { return mknodat(dir, p.c_str(), static_cast<mode_t>(mode), static_cast<dev_t>(device)); }, path);
}
int64_t posix_major(Thread&, int64_t device) { return major(static_cast<dev_t>(device)); }
int64_t posix_minor(Thread&, int64_t device) { return minor(static_cast<dev_t>(device)); }
int64_t posix_makedev(Thread&, int64_t a, int64_t b) {
  return static_cast<int64_t>(makedev(static_cast<unsigned>(a), static_cast<unsigned>(b)));
}

// ---- utime

Result<void> time_from_seconds(Thread& t, Borrowed<> v, timespec* out) {
  if (is_float(v)) {
    double d = float_value(v);
    if (std::isnan(d)) return raise(t, types::ValueError, "Invalid value NaN (not a number)");
    double whole = std::floor(d);
    if (!(whole >= -9223372036854775808.0 && whole < 9223372036854775808.0)) {
      return raise(t, types::OverflowError, "timestamp out of range for platform time_t");
    }
    double fraction = std::floor((d - whole) * 1e9);
    out->tv_sec = static_cast<time_t>(whole);
    out->tv_nsec = static_cast<long>(fraction);
    if (out->tv_nsec >= 1000000000) {
      out->tv_nsec -= 1000000000;
      out->tv_sec++;
    }
    return ok();
  }
  Local<> index = TRY(index_of(t, v));
  int64_t seconds;
  if (!int_as_int64(index.value(), &seconds)) {
    return raise(t, types::OverflowError, "timestamp out of range for platform time_t");
  }
  out->tv_sec = seconds;
  out->tv_nsec = 0;
  return ok();
}

Result<void> time_from_ns(Thread& t, Borrowed<> v, timespec* out) {
  Local<> index = TRY(index_of(t, v));
  Local<> seconds = TRY(int_floor_divide(t, index.value(), Value::fixnum(1000000000)));
  Local<> rest = TRY(int_remainder(t, index.value(), Value::fixnum(1000000000)));
  int64_t s, ns;
  if (!int_as_int64(seconds.value(), &s) || !int_as_int64(rest.value(), &ns)) {
    return raise(t, types::OverflowError, "timestamp out of range for platform time_t");
  }
  out->tv_sec = s;
  out->tv_nsec = ns;
  return ok();
}

Result<void> posix_utime(Thread& t, Borrowed<> path, Borrowed<> times, Maybe<Borrowed<>> ns, Borrowed<> dir_fd,
                         bool follow_symlinks) {
  Path p;
  TRY(to_path(t, path, "utime", "path", kPathOrFd, &p));
  int dir = TRY(to_dir_fd(t, dir_fd));
  timespec both[2];
  bool now = false;
  if (times.value() != kNone && ns) {
    return raise(t, types::ValueError, "utime: you may specify either 'times' or 'ns' but not both");
  }
  if (times.value() != kNone) {
    if (!is_tuple(times) || times.as<Tuple>()->length() != 2) {
      return raise(t, types::TypeError, "utime: 'times' must be either a tuple of two ints or None");
    }
    TRY(time_from_seconds(t, times.as<Tuple>()->at(0), &both[0]));
    TRY(time_from_seconds(t, times.as<Tuple>()->at(1), &both[1]));
  } else if (ns) {
    if (!is_tuple(*ns) || (*ns).as<Tuple>()->length() != 2) {
      return raise(t, types::TypeError, "utime: 'ns' must be a tuple of two ints");
    }
    TRY(time_from_ns(t, (*ns).as<Tuple>()->at(0), &both[0]));
    TRY(time_from_ns(t, (*ns).as<Tuple>()->at(1), &both[1]));
  } else {
    now = true;
  }
  if (p.is_fd) {
    if (dir != AT_FDCWD) return raise(t, types::ValueError, "utime: can't specify dir_fd without matching path");
    if (!follow_symlinks) return raise(t, types::ValueError, "utime: cannot use fd and follow_symlinks together");
    return system_check(t, [&] { return futimens(p.fd, now ? nullptr : both); }, path);
  }
  int flags = follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW;
  return system_check(t, [&] { return utimensat(dir, p.c_str(), now ? nullptr : both, flags); }, path);
}

// ---- extended attributes

Result<Local<>> posix_getxattr(Thread& t, Borrowed<> path, Borrowed<> attribute, bool follow_symlinks) {
  Path p, a;
  TRY(to_path(t, path, "getxattr", "path", kPathOrFd, &p));
  TRY(to_path(t, attribute, "getxattr", "attribute", kPathOnly, &a));
  if (p.is_fd && !follow_symlinks) {
    return raise(t, types::ValueError, "getxattr: cannot use fd and follow_symlinks together");
  }
  Local<Bytes> out = TRY(make_bytes_uninitialised(t, XATTR_SIZE_MAX));
  auto* data = out->mutable_data();
  int64_t n = TRY(system_call(t, [&] {
    return p.is_fd ? fgetxattr(p.fd, a.c_str(), data, XATTR_SIZE_MAX)
           : follow_symlinks ? getxattr(p.c_str(), a.c_str(), data, XATTR_SIZE_MAX)
                             : lgetxattr(p.c_str(), a.c_str(), data, XATTR_SIZE_MAX);
  }, path));
  return make_bytes(t, out->view().substr(0, static_cast<size_t>(n)));
}
Result<void> posix_setxattr(Thread& t, Borrowed<> path, Borrowed<> attribute, Borrowed<> value, int32_t flags,
                            bool follow_symlinks) {
  Path p, a;
  TRY(to_path(t, path, "setxattr", "path", kPathOrFd, &p));
  TRY(to_path(t, attribute, "setxattr", "attribute", kPathOnly, &a));
  Buffer data = TRY(Buffer::get(t, value));
  if (p.is_fd && !follow_symlinks) {
    return raise(t, types::ValueError, "setxattr: cannot use fd and follow_symlinks together");
  }
  return system_check(t, [&] {
    return p.is_fd ? fsetxattr(p.fd, a.c_str(), data.data(), data.size(), flags)
           : follow_symlinks ? setxattr(p.c_str(), a.c_str(), data.data(), data.size(), flags)
                             : lsetxattr(p.c_str(), a.c_str(), data.data(), data.size(), flags);
  }, path);
}
Result<void> posix_removexattr(Thread& t, Borrowed<> path, Borrowed<> attribute, bool follow_symlinks) {
  Path p, a;
  TRY(to_path(t, path, "removexattr", "path", kPathOrFd, &p));
  TRY(to_path(t, attribute, "removexattr", "attribute", kPathOnly, &a));
  if (p.is_fd && !follow_symlinks) {
    return raise(t, types::ValueError, "removexattr: cannot use fd and follow_symlinks together");
  }
  return system_check(t, [&] {
    return p.is_fd ? fremovexattr(p.fd, a.c_str())
           : follow_symlinks ? removexattr(p.c_str(), a.c_str())
                             : lremovexattr(p.c_str(), a.c_str());
  }, path);
}
Result<Local<>> posix_listxattr(Thread& t, Borrowed<> path, bool follow_symlinks) {
  Path p;
  TRY(to_path(t, path, "listxattr", "path", kPathOrFd | kPathOrNone, &p));
  if (p.is_fd && !follow_symlinks) {
    return raise(t, types::ValueError, "listxattr: cannot use fd and follow_symlinks together");
  }
  std::string names(65536, '\0');
  int64_t n = TRY(system_call(t, [&] {
    return p.is_fd ? flistxattr(p.fd, names.data(), names.size())
           : follow_symlinks ? listxattr(p.c_str(), names.data(), names.size())
                             : llistxattr(p.c_str(), names.data(), names.size());
  }, path));
  Local<List> out = TRY(make_list(t));
  for (size_t i = 0; i < static_cast<size_t>(n);) {
    size_t end = names.find('\0', i);
    TRY(list_append(t, out, TRY(decode_file_name(t, std::string_view(names).substr(i, end - i)))));
    i = end + 1;
  }
  return out;
}

constexpr NativeDef kFunctions[] = {
    function<posix_stat>("stat(path, *, dir_fd=None, follow_symlinks=True)", "Perform a stat system call on the given path."),
    function<posix_lstat>("lstat(path, *, dir_fd=None)",
                          "Perform a stat system call on the given path, without following symbolic links."),
    function<posix_fstat>("fstat(fd)", "Perform a stat system call on the given file descriptor."),
    function<posix_statvfs>("statvfs(path)", "Perform a statvfs system call on the given path."),
    function<posix_fstatvfs>("fstatvfs(fd, /)", "Perform an fstatvfs system call on the given fd."),
    function<posix_access>("access(path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True)",
                           "Use the real uid/gid to test for access to a path."),
    function<posix_chmod>("chmod(path, mode, *, dir_fd=None, follow_symlinks=True)", "Change the access permissions of a file."),
    function<posix_fchmod>("fchmod(fd, mode)", "Change the access permissions of the file given by file descriptor fd."),
    function<posix_chown>("chown(path, uid, gid, *, dir_fd=None, follow_symlinks=True)",
                          "Change the owner and group id of path to the numeric uid and gid."),
    function<posix_fchown>("fchown(fd, uid, gid)", "Change the owner and group id of the file specified by file descriptor."),
    function<posix_lchown>("lchown(path, uid, gid)", "Change the owner and group id of path to the numeric uid and gid."),
    function<posix_link>("link(src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=True)",
                         "Create a hard link to a file."),
    function<posix_symlink>("symlink(src, dst, target_is_directory=False, *, dir_fd=None)",
                            "Create a symbolic link pointing to src named dst."),
    function<posix_readlink>("readlink(path, *, dir_fd=None)",
                             "Return a string representing the path to which the symbolic link points."),
    function<posix_rename>("rename(src, dst, *, src_dir_fd=None, dst_dir_fd=None)", "Rename a file or directory."),
    function<posix_replace>("replace(src, dst, *, src_dir_fd=None, dst_dir_fd=None)",
                            "Rename a file or directory, overwriting the destination."),
    function<posix_unlink>("unlink(path, *, dir_fd=None)", "Remove a file (same as remove())."),
    function<posix_remove>("remove(path, *, dir_fd=None)", "Remove a file (same as unlink())."),
    function<posix_truncate>("truncate(path, length)", "Truncate a file, specified by path, to a specific length."),
    function<posix_mkfifo>("mkfifo(path, mode=438, *, dir_fd=None)", "Create a \"fifo\" (a POSIX named pipe)."),
    function<posix_mknod>("mknod(path, mode=384, device=0, *, dir_fd=None)", "Create a node in the file system."),
    function<posix_major>("major(device, /)", "Extracts a device major number from a raw device number."),
    function<posix_minor>("minor(device, /)", "Extracts a device minor number from a raw device number."),
    function<posix_makedev>("makedev(major, minor, /)", "Composes a raw device number from the major and minor device numbers."),
    function<posix_utime>("utime(path, times=None, *, ns=..., dir_fd=None, follow_symlinks=True)",
                          "Set the access and modified time of path."),
    function<posix_getxattr>("getxattr(path, attribute, *, follow_symlinks=True)", "Return the value of extended attribute attribute on path."),
    function<posix_setxattr>("setxattr(path, attribute, value, flags=0, *, follow_symlinks=True)", "Set extended attribute attribute on path to value."),
    function<posix_removexattr>("removexattr(path, attribute, *, follow_symlinks=True)", "Remove extended attribute attribute on path."),
    function<posix_listxattr>("listxattr(path=None, *, follow_symlinks=True)", "Return a list of extended attributes on path."),
};

}  // namespace

Result<void> init_files(Thread& t, Borrowed<Module> module) {
  TRY(module_add_structseq(t, module, types::PosixStat, kStructSeqPosixStat));
  TRY(module_add_structseq(t, module, types::PosixStatvfs, kStructSeqPosixStatvfs));
  return add_functions(t, module, kFunctions, std::size(kFunctions));
}

}  // namespace posix_module

}  // namespace orochi
