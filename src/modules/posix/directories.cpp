// posix: directories: listdir, scandir and its entries, mkdir, rmdir, the working directory.
#include "runtime/posix_support.h"

#include <climits>
#include <cstring>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

namespace orochi {

OROCHI_MODULE_TYPE(PosixDirEntry)
OROCHI_MODULE_TYPE(PosixScandirIterator)

namespace posix_module {

namespace {

struct DirEntry : Object {
  static Type& python_type() { return types::PosixDirEntry; }
  Field<> name;
  Field<> path;
  Field<> stat_result;    // made on first use; empty: not yet
  Field<> lstat_result;
  uint64_t inode;
  int32_t dir_fd;         // AT_FDCWD, or of the scanned descriptor: the name is relative to it
  uint8_t type;           // d_type
  uint8_t padding[3];
  static void trace(Object* o, Visitor& v) {
    auto* e = static_cast<DirEntry*>(o);
    v.visit(e->name);
    v.visit(e->path);
    v.visit(e->stat_result);
    v.visit(e->lstat_result);
  }
};

struct ScandirIterator : Object {
  static Type& python_type() { return types::PosixScandirIterator; }
  DIR* dir;               // under the lock; nullptr: exhausted or closed
  Field<> path;           // as given: joined to the names; None: "."
  int32_t fd;             // >= 0: the program's descriptor
  uint8_t is_bytes, busy;
  uint8_t padding[2];
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<ScandirIterator*>(o)->path); }
  static void destroy(Object* o) {
    auto* s = static_cast<ScandirIterator*>(o);
    if (s->dir) closedir(s->dir);
  }
};

// ---- entries

Result<Local<>> entry_lstat(Thread& t, Borrowed<DirEntry> self);

Result<Local<>> entry_fetch(Thread& t, Borrowed<DirEntry> self, bool follow) {
  Local<> path = self->dir_fd == AT_FDCWD ? self->path.load(self.get()) : self->name.load(self.get());
  Path p;
  TRY(to_path(t, path, "stat", "path", kPathOnly, &p));
  struct stat st;
  Local<> shown = self->path.load(self.get());
  TRY(system_check(t, [&] { return fstatat(self->dir_fd, p.c_str(), &st, follow ? 0 : AT_SYMLINK_NOFOLLOW); }, shown));
  return make_stat(t, st);
}

Result<bool> entry_is_link(Thread& t, Borrowed<DirEntry> self) {
  if (self->type != DT_UNKNOWN) return self->type == DT_LNK;
  Local<> st = TRY(entry_lstat(t, self));
  int64_t mode = TRY(to_int64(t, st.borrow().as<Tuple>()->at(0)));
  return S_ISLNK(static_cast<mode_t>(mode));
}

Result<Local<>> entry_lstat(Thread& t, Borrowed<DirEntry> self) {
  Local<> known = self->lstat_result.load(self.get());
  if (known) return known;
  Local<> st = TRY(entry_fetch(t, self, false));
  self->lstat_result.set(st.dup());
  return st;
}

Result<Local<>> entry_stat(Thread& t, Borrowed<DirEntry> self, bool follow_symlinks) {
  if (!follow_symlinks) return entry_lstat(t, self);
  Local<> known = self->stat_result.load(self.get());
  if (known) return known;
  bool link = TRY(entry_is_link(t, self));
  Local<> st = link ? TRY(entry_fetch(t, self, true)) : TRY(entry_lstat(t, self));
  self->stat_result.set(st.dup());
  return st;
}

Result<bool> entry_test(Thread& t, Borrowed<DirEntry> self, bool follow, mode_t wanted) {
  bool link = self->type == DT_LNK;
  bool need_stat = self->type == DT_UNKNOWN || (follow && link);
  if (!need_stat) {
    if (wanted == S_IFDIR) return self->type == DT_DIR;
    return self->type == DT_REG;
  }
  auto st = entry_stat(t, self, follow);
  if (st.raised()) {
    if (clear_pending_if(t, types::FileNotFoundError)) return false;
    return Raised{};
  }
  int64_t mode = TRY(to_int64(t, st->borrow().as<Tuple>()->at(0)));
  return (static_cast<mode_t>(mode) & S_IFMT) == wanted;
}
Result<bool> entry_is_dir(Thread& t, Borrowed<DirEntry> self, bool follow_symlinks) {
  return entry_test(t, self, follow_symlinks, S_IFDIR);
}
Result<bool> entry_is_file(Thread& t, Borrowed<DirEntry> self, bool follow_symlinks) {
  return entry_test(t, self, follow_symlinks, S_IFREG);
}
Result<bool> entry_is_symlink(Thread& t, Borrowed<DirEntry> self) { return entry_is_link(t, self); }
bool entry_is_junction(Thread&, Borrowed<DirEntry>) { return false; }
Result<Local<>> entry_inode(Thread& t, Borrowed<DirEntry> self) { return make_uint(t, self->inode); }
Result<Local<>> entry_fspath(Thread&, Borrowed<DirEntry> self) { return self->path.load(self.get()); }
Result<Local<>> entry_name(Thread&, Borrowed<DirEntry> self) { return self->name.load(self.get()); }
Result<Local<>> entry_reduce(Thread& t, Borrowed<> self) {
  return raise(t, types::TypeError, "cannot pickle '{}' object", TypeName(self));
}
Result<Local<>> entry_op_repr(Thread& t, Borrowed<> v) {
  Local<> name = v.as<DirEntry>()->name.load(v.as<DirEntry>().get());
  Local<Str> shown = TRY(repr_of(t, name));
  return format_str(t, "<DirEntry {}>", shown);
}
Result<Local<>> class_getitem(Thread& t, Borrowed<Type> cls, Borrowed<> item) {
  Local<> module = TRY(import_module(t, "types"_n));
  Local<> alias = TRY(get_attr(t, module, "GenericAlias"_n));
  return call(t, alias, Borrowed<>(cls), item);
}

constexpr NativeDef kEntryMethods[] = {
    method<entry_is_dir>("is_dir(self, *, follow_symlinks=True)", "Return True if the entry is a directory; cached per entry."),
    method<entry_is_file>("is_file(self, *, follow_symlinks=True)", "Return True if the entry is a file; cached per entry."),
    method<entry_is_symlink>("is_symlink(self, /)", "Return True if the entry is a symbolic link; cached per entry."),
    method<entry_is_junction>("is_junction(self, /)", "Return True if the entry is a junction; cached per entry."),
    method<entry_stat>("stat(self, *, follow_symlinks=True)", "Return stat_result object for the entry; cached per entry."),
    method<entry_inode>("inode(self, /)", "Return inode of the entry; cached per entry."),
    method<entry_fspath>("__fspath__(self, /)", "Returns the path for the entry."),
    method<entry_reduce>("__reduce__(self, /)", nullptr),
    class_method<class_getitem>("__class_getitem__(cls, object, /)", "See PEP 585"),
};
constexpr GetSetDef kEntryGetSets[] = {
    getter<entry_name>("name", "the entry's base filename, relative to scandir() \"path\" argument"),
    getter<entry_fspath>("path", "the entry's full path name; equivalent to os.path.join(scandir_path, entry.name)"),
};
constexpr Layout kEntryLayout = layout_of<DirEntry>("DirEntry");
constexpr TypeDef kEntryDef{.name = "posix.DirEntry",
                            .layout = &kEntryLayout,
                            .flags = kTypeNoNew,
                            OROCHI_METHODS(kEntryMethods),
                            OROCHI_GETSETS(kEntryGetSets),
                            .slots = {.repr = entry_op_repr}};

// ---- the iterator

Result<Local<>> joined(Thread& t, Borrowed<> directory, std::string_view name, bool as_bytes) {
  std::string path;
  if (is_str(directory)) {
    Utf8 text = TRY(str_utf8(t, directory.as<Str>(), Surrogates::Escape));
    path.assign(text.view);
  } else if (is_bytes(directory)) {
    path.assign(directory.as<Bytes>()->view());
  } else {
    path = ".";
  }
  if (!path.empty() && path.back() != '/') path += '/';
  path += name;
  return path_result(t, path, as_bytes);
}

bool is_dots(const char* name) { return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0)); }

// Takes the stream out so that nobody else uses it meanwhile.
DIR* take_dir(Thread& t, Borrowed<ScandirIterator> self) {
  ObjectLock guard(t, self.get());
  DIR* dir = self->dir;
  self->dir = nullptr;
  if (dir) self->busy = 1;
  return dir;
}
void close_dir(Thread& t, Borrowed<ScandirIterator> self, DIR* dir) {
  Detached detached(t);
  if (self->fd >= 0) rewinddir(dir);
  closedir(dir);
}

Lookup<> scandir_op_next(Thread& t, Borrowed<> v) {
  auto self = v.as<ScandirIterator>();
  DIR* dir = take_dir(t, self);
  if (!dir) return kAbsent;
  for (;;) {
    dirent* entry;
    int error;
    {
      Detached detached(t);
      errno = 0;
      entry = readdir(dir);
      error = errno;
    }
    if (!entry) {
      self->busy = 0;
      close_dir(t, self, dir);
      if (error) {
        Local<> path = self->path.load(self.get());
        return raise_os_error(t, error, path);
      }
      return kAbsent;
    }
    if (is_dots(entry->d_name)) continue;
    auto make = [&]() -> Result<Local<>> {
      std::string_view text(entry->d_name);
      Local<> path = self->path.load(self.get());
      Local<DirEntry> e = TRY(make_object<DirEntry>(t));
      e->name.init(TRY(path_result(t, text, self->is_bytes)));
      e->path.init(self->fd >= 0 ? e->name.load(e.get()) : TRY(joined(t, path, text, self->is_bytes)));
      e->inode = entry->d_ino;
      e->type = entry->d_type;
      e->dir_fd = self->fd >= 0 ? self->fd : AT_FDCWD;
      return e;
    };
    auto made = make();
    ObjectLock guard(t, self.get());
    self->dir = dir;
    self->busy = 0;
    return made;
  }
}
Result<Local<>> scandir_op_iter(Thread&, Borrowed<> v) { return Local<>::share(v); }
Result<void> scandir_close(Thread& t, Borrowed<ScandirIterator> self) {
  DIR* dir = take_dir(t, self);
  if (dir) {
    self->busy = 0;
    close_dir(t, self, dir);
  }
  return ok();
}
Result<Local<>> scandir_enter(Thread&, Borrowed<ScandirIterator> self) { return Local<>::share(self); }
Result<void> scandir_exit(Thread& t, Borrowed<ScandirIterator> self, Rest) { return scandir_close(t, self); }

void scandir_finalize(Thread& t, Borrowed<> v) {
  auto self = v.as<ScandirIterator>();
  if (!self->dir) return;
  Local<> before;
  if (t.has_pending()) before = take_pending(t);
  auto warn = [&]() -> Result<void> {
    Local<Str> shown = TRY(repr_of(t, v));
    Local<Str> text = TRY(format_str(t, "unclosed scandir iterator {}", shown));
    Local<> module = TRY(import_module(t, "warnings"_n));
    Local<> function = TRY(get_attr(t, module, "warn"_n));
    auto r = call(t, function, text, Borrowed<>(&types::ResourceWarning), Borrowed<>(Value::fixnum(1)), v);
    if (r.raised()) return Raised{};
    return ok();
  };
  if (warn().raised()) {
    if (pending_matches(t, types::Warning)) report_unraisable(t, "Exception ignored in", v);
    else clear_pending(t);
  }
  if (scandir_close(t, self).raised()) clear_pending(t);
  if (before) set_pending(t, std::move(before));
}

constexpr NativeDef kScandirMethods[] = {
    method<scandir_enter>("__enter__(self, /)", nullptr),
    method<scandir_exit>("__exit__(self, /, *args)", nullptr),
    method<scandir_close>("close(self, /)", nullptr),
    method<entry_reduce>("__reduce__(self, /)", nullptr),
};
constexpr Layout kScandirLayout = layout_of<ScandirIterator>("ScandirIterator");
constexpr TypeDef kScandirDef{.name = "posix.ScandirIterator",
                              .layout = &kScandirLayout,
                              .flags = kTypeNoNew,
                              OROCHI_METHODS(kScandirMethods),
                              .slots = {.iter = scandir_op_iter, .next = scandir_op_next, .finalize = scandir_finalize}};

Result<DIR*> open_directory(Thread& t, const Path& p, Borrowed<> shown) {
  for (;;) {
    DIR* dir;
    int error;
    {
      Detached detached(t);
      int fd = p.is_fd ? fcntl(p.fd, F_DUPFD_CLOEXEC, 0) : -1;
      dir = p.is_fd ? (fd < 0 ? nullptr : fdopendir(fd)) : opendir(p.c_str());
      error = errno;
      if (p.is_fd && fd >= 0 && !dir) close(fd);
      if (dir && p.is_fd) rewinddir(dir);
    }
    if (dir) return dir;
    if (error != EINTR) return raise_os_error(t, error, shown);
    TRY(safepoint(t));
  }
}

Result<Local<>> posix_scandir(Thread& t, Borrowed<> path) {
  Path p;
  TRY(to_path(t, path, "scandir", "path", kPathOrFd | kPathOrNone, &p));
  Local<ScandirIterator> s = TRY(make_object<ScandirIterator>(t));
  s->fd = p.is_fd ? p.fd : -1;
  s->is_bytes = p.is_bytes;
  Local<> shown = p.is_none ? immediate(kNone) : p.is_fd ? Local<>::share(path) : TRY(fs_path(t, path));
  s->path.init(shown.dup());
  s->dir = TRY(open_directory(t, p, path));
  return s;
}

Result<Local<>> posix_listdir(Thread& t, Borrowed<> path) {
  Path p;
  TRY(to_path(t, path, "listdir", "path", kPathOrFd | kPathOrNone, &p));
  DIR* dir = TRY(open_directory(t, p, path));
  std::string names;  // NUL-terminated each
  int error;
  {
    Detached detached(t);
    for (;;) {
      errno = 0;
      dirent* entry = readdir(dir);
      error = errno;
      if (!entry) break;
      if (!is_dots(entry->d_name)) names.append(entry->d_name, strlen(entry->d_name) + 1);
    }
    if (p.is_fd) rewinddir(dir);
    closedir(dir);
  }
  if (error) return raise_os_error(t, error, path);
  Local<List> out = TRY(make_list(t));
  for (size_t i = 0; i < names.size();) {
    std::string_view name(names.c_str() + i);
    TRY(list_append(t, out, TRY(path_result(t, name, p.is_bytes))));
    i += name.size() + 1;
  }
  return out;
}

Result<void> posix_mkdir(Thread& t, Borrowed<> path, int32_t mode, Borrowed<> dir_fd) {
  Path p;
  TRY(to_path(t, path, "mkdir", "path", kPathOnly, &p));
  int dir = TRY(to_dir_fd(t, dir_fd));
  return system_check(t, [&] { return mkdirat(dir, p.c_str(), static_cast<mode_t>(mode)); }, path);
}
Result<void> posix_rmdir(Thread& t, Borrowed<> path, Borrowed<> dir_fd) {
  Path p;
  TRY(to_path(t, path, "rmdir", "path", kPathOnly, &p));
  int dir = TRY(to_dir_fd(t, dir_fd));
  return system_check(t, [&] { return unlinkat(dir, p.c_str(), AT_REMOVEDIR); }, path);
}
Result<void> posix_chdir(Thread& t, Borrowed<> path) {
  Path p;
  TRY(to_path(t, path, "chdir", "path", kPathOrFd, &p));
  return system_check(t, [&] { return p.is_fd ? fchdir(p.fd) : chdir(p.c_str()); }, path);
}
Result<void> posix_fchdir(Thread& t, Borrowed<> fd_value) {
  int fd = TRY(to_fd(t, fd_value));
  return system_check(t, [&] { return fchdir(fd); });
}
Result<void> posix_chroot(Thread& t, Borrowed<> path) {
  Path p;
  TRY(to_path(t, path, "chroot", "path", kPathOnly, &p));
  return system_check(t, [&] { return chroot(p.c_str()); }, path);
}
Result<Local<>> current_directory(Thread& t, bool as_bytes) {
  for (size_t size = 1024;; size *= 2) {
    std::string buffer(size, '\0');
    char* r;
    int error;
    {
      Detached detached(t);
      r = getcwd(buffer.data(), size);
      error = errno;
    }
    if (r) return path_result(t, buffer.c_str(), as_bytes);
    if (error != ERANGE) return raise_os_error(t, error);
  }
}
Result<Local<>> posix_getcwd(Thread& t) { return current_directory(t, false); }
Result<Local<>> posix_getcwdb(Thread& t) { return current_directory(t, true); }

constexpr NativeDef kFunctions[] = {
    function<posix_scandir>("scandir(path=None)", "Return an iterator of DirEntry objects for given path."),
    function<posix_listdir>("listdir(path=None)", "Return a list containing the names of the files in the directory."),
    function<posix_mkdir>("mkdir(path, mode=511, *, dir_fd=None)", "Create a directory."),
    function<posix_rmdir>("rmdir(path, *, dir_fd=None)", "Remove a directory."),
    function<posix_chdir>("chdir(path)", "Change the current working directory to the specified path."),
    function<posix_fchdir>("fchdir(fd)", "Change to the directory of the given file descriptor."),
    function<posix_chroot>("chroot(path)", "Change root directory to path."),
    function<posix_getcwd>("getcwd()", "Return a unicode string representing the current working directory."),
    function<posix_getcwdb>("getcwdb()", "Return a bytes string representing the current working directory."),
};

}  // namespace

Result<void> init_directories(Thread& t, Borrowed<Module> module) {
  TRY(module_add_type(t, module, types::PosixDirEntry, kEntryDef));
  TRY(ensure_type(t, types::PosixScandirIterator, kScandirDef));
  return add_functions(t, module, kFunctions, std::size(kFunctions));
}

}  // namespace posix_module

}  // namespace orochi
