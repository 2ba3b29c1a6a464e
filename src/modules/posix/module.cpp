// posix: the module, path arguments, environ. What is here is for os.py, which makes it public.
#include "runtime/posix_support.h"

#include <climits>
#include <cstring>


extern char** environ;

namespace orochi::posix_module {

Result<Local<>> fs_path(Thread& t, Borrowed<> path) {
  if (is_str(path) || is_bytes(path)) return Local<>::share(path);
  Lookup<> r = call_special(t, path, "__fspath__"_n);
  if (r.raised()) return Raised{};
  if (r.absent()) {
    return raise(t, types::TypeError, "expected str, bytes or os.PathLike object, not {}", TypeName(path));
  }
  if (!is_str((*r).value()) && !is_bytes((*r).value())) {
    return raise(t, types::TypeError, "expected {}.__fspath__() to return str or bytes, not {}", TypeName(path),
                 TypeName((*r).value()));
  }
  return r.take();
}

Result<void> to_path(Thread& t, Borrowed<> v, const char* function, const char* argument, int flags, Path* out) {
  out->object = Local<>::share(v);  // replaced below by what __fspath__ gives
  Local<> text = Local<>::share(v);
  if (v.value() == kNone && (flags & kPathOrNone)) {
    out->is_none = true;
    out->narrow = ".";
    return ok();
  }
  if (!is_str(v) && !is_bytes(v)) {
    if ((flags & kPathOrFd) && (is_int(v) || type_of(v)->slots.index)) {
      Local<> index = TRY(index_of(t, v));
      int64_t n;
      if (!int_as_int64(index.value(), &n) || n > INT_MAX) {
        return raise(t, types::OverflowError, "fd is greater than maximum");
      }
      if (n < INT_MIN) return raise(t, types::OverflowError, "fd is less than minimum");
      out->fd = static_cast<int>(n);
      out->is_fd = true;
      return ok();
    }
    Lookup<> r = call_special(t, v, "__fspath__"_n);
    if (r.raised()) return Raised{};
    if (r.absent()) {
      const char* allowed = (flags & (kPathOrFd | kPathOrNone)) == (kPathOrFd | kPathOrNone)
                                ? "string, bytes, os.PathLike, integer or None"
                            : flags & kPathOrFd   ? "string, bytes, os.PathLike or integer"
                            : flags & kPathOrNone ? "string, bytes, os.PathLike or None"
                                                  : "string, bytes or os.PathLike";
      return raise(t, types::TypeError, "{}: {} should be {}, not {}", function, argument, allowed, TypeName(v));
    }
    text = r.take();
    if (!is_str(text.value()) && !is_bytes(text.value())) {
      return raise(t, types::TypeError, "expected {}.__fspath__() to return str or bytes, not {}", TypeName(v),
                   TypeName(text.value()));
    }
    out->object = text.dup();
  }
  if (is_str(text.value())) {
    Utf8 narrow = TRY(str_utf8(t, text.borrow().as<Str>(), Surrogates::Escape));
    out->narrow.assign(narrow.view);
  } else {
    out->narrow.assign(text.borrow().as<Bytes>()->view());
    out->is_bytes = true;
  }
  if (out->narrow.find('\0') != std::string::npos) {
    return raise(t, types::ValueError, "{}: embedded null character in {}", function, argument);
  }
  return ok();
}

Result<int> to_dir_fd(Thread& t, Borrowed<> v) {
  if (v.value() == kNone) return AT_FDCWD;
  if (!is_int(v) && !type_of(v)->slots.index) {
    return raise(t, types::TypeError, "argument should be integer or None, not {}", TypeName(v));
  }
  int fd = TRY(to_int32(t, v));
  return fd;
}

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

Result<Local<>> path_result(Thread& t, std::string_view name, bool as_bytes) {
  if (as_bytes) return make_bytes(t, name);
  return decode_file_name(t, name);
}

Result<void> add_functions(Thread& t, Borrowed<Module> module, const NativeDef* defs, size_t count) {
  for (size_t i = 0; i < count; i++) {
    Local<NativeFunction> f = TRY(make_native_function(t, defs[i], module, "posix"_n));
    Local<Str> key = TRY(intern(t, defs[i].name()));
    TRY(dict_set_str(t, module->dict.borrow(), key, std::move(f)));
  }
  return ok();
}

Result<Local<>> tuple_of_ints(Thread& t, std::initializer_list<int64_t> values) {
  Local<Tuple> out = TRY(make_tuple_uninitialised(t, values.size()));
  size_t i = 0;
  for (int64_t v : values) out->items()[i++].init(TRY(make_int(t, v)));
  return out;
}

Result<int64_t> to_id(Thread& t, Borrowed<> v, const char* what) {
  if (!is_int(v) && !type_of(v)->slots.index) {
    return raise(t, types::TypeError, "{} should be integer, not {}", what, TypeName(v));
  }
  Local<> index = TRY(index_of(t, v));
  int64_t n;
  if (!int_as_int64(index.value(), &n)) {
    return raise(t, types::OverflowError, int_sign(index.value()) < 0 ? "{} is less than minimum" : "{} is greater than maximum", what);
  }
  if (n < -1) return raise(t, types::OverflowError, "{} is less than minimum", what);
  if (n > UINT32_MAX) return raise(t, types::OverflowError, "{} is greater than maximum", what);
  return n;
}

namespace {

Result<Local<>> make_environ(Thread& t) {
  Local<Dict> dict = TRY(make_dict(t));
  for (char** p = environ; p && *p; p++) {
    const char* equals = std::strchr(*p, '=');
    if (!equals) continue;
    Local<Bytes> key = TRY(make_bytes(t, {*p, static_cast<size_t>(equals - *p)}));
    Local<Bytes> value = TRY(make_bytes(t, equals + 1));
    bool known = TRY(dict_contains(t, dict, key));
    if (!known) TRY(dict_set(t, dict, key, value));
  }
  return dict;
}

Result<Local<>> posix_create_environ(Thread& t) { return make_environ(t); }

Result<void> posix_putenv(Thread& t, Borrowed<> name, Borrowed<> value) {
  Path n, v;
  TRY(to_path(t, name, "putenv", "name", kPathOnly, &n));
  TRY(to_path(t, value, "putenv", "value", kPathOnly, &v));
  if (n.narrow.find('=') != std::string::npos) return raise(t, types::ValueError, "illegal environment variable name");
  if (setenv(n.c_str(), v.c_str(), 1) != 0) return raise_os_error(t, errno);
  return ok();
}
Result<void> posix_unsetenv(Thread& t, Borrowed<> name) {
  Path n;
  TRY(to_path(t, name, "unsetenv", "name", kPathOnly, &n));
  if (unsetenv(n.c_str()) != 0) return raise_os_error(t, errno);
  return ok();
}

Result<Local<>> posix_fspath(Thread& t, Borrowed<> path) { return fs_path(t, path); }

// os.path.normpath and splitroot, as documented there.
Result<Local<>> posix_path_normpath(Thread& t, Borrowed<> path) {
  Local<> given = TRY(fs_path(t, path));
  bool as_bytes = is_bytes(given.value());
  std::string in;
  if (as_bytes) {
    in.assign(given.borrow().as<Bytes>()->view());
  } else {
    Utf8 text = TRY(str_utf8(t, given.borrow().as<Str>(), Surrogates::Pass));
    in.assign(text.view);
  }
  size_t slashes = 0;
  while (slashes < in.size() && in[slashes] == '/') slashes++;
  std::string out(slashes == 2 ? "//" : slashes ? "/" : "");
  size_t root = out.size();
  size_t depth = 0;  // components that .. can take back
  for (size_t i = slashes; i < in.size();) {
    size_t end = in.find('/', i);
    if (end == std::string::npos) end = in.size();
    std::string_view part(in.data() + i, end - i);
    i = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (depth > 0) {
        size_t cut = out.rfind('/');
        out.resize(cut == std::string::npos || cut < root ? root : cut);
        depth--;
        continue;
      }
      if (root) continue;
    } else {
      depth++;
    }
    if (out.size() > root) out += '/';
    out += part;
  }
  if (out.empty()) out = ".";
  if (as_bytes) return make_bytes(t, out);
  return make_str(t, out);
}

Result<Local<>> posix_path_splitroot_ex(Thread& t, Borrowed<> path) {
  Local<> given = TRY(fs_path(t, path));
  if (is_bytes(given.value())) {
    std::string_view p = given.borrow().as<Bytes>()->view();
    size_t n = p.substr(0, 1) != "/" ? 0 : p.substr(1, 1) != "/" || p.substr(1, 2) == "//" ? 1 : 2;
    Local<Bytes> root = TRY(make_bytes(t, p.substr(0, n)));
    Local<Bytes> tail = TRY(make_bytes(t, p.substr(n)));
    return make_tuple(t, {empty_bytes().value(), root.value(), tail.value()});
  }
  auto p = given.borrow().as<Str>();
  auto slash = [&](size_t i) { return i < p->length() && p->at(i) == '/'; };
  size_t n = !slash(0) ? 0 : !slash(1) || slash(2) ? 1 : 2;
  Local<Str> root = TRY(str_substring(t, p, 0, n));
  Local<Str> tail = TRY(str_substring(t, p, n, p->length()));
  return make_tuple(t, {empty_str().value(), root.value(), tail.value()});
}

constexpr NativeDef kFunctions[] = {
    function<posix_create_environ>("_create_environ()", "Create the environment dictionary."),
    function<posix_putenv>("putenv(name, value, /)", "Change or add an environment variable."),
    function<posix_unsetenv>("unsetenv(name, /)", "Delete an environment variable."),
    function<posix_fspath>("fspath(path)", "Return the file system path representation of the object."),
    function<posix_path_normpath>("_path_normpath(path)", "Normalize path, eliminating double slashes, etc."),
    function<posix_path_splitroot_ex>("_path_splitroot_ex(p, /)", "Split a pathname into drive, root and tail."),
};

Result<void> init(Thread& t, Borrowed<Module> module) {
  TRY(init_constants(t, module));
  Local<> env = TRY(make_environ(t));
  TRY(module_set(t, module, "environ", env));
  TRY(module_set(t, module, "error", Borrowed<>(&types::OSError)));
  static constexpr const char* kHave[] = {
      "HAVE_EVENTFD",    "HAVE_FACCESSAT",  "HAVE_FCHDIR",     "HAVE_FCHMOD",        "HAVE_FCHMODAT",
      "HAVE_FCHOWN",     "HAVE_FCHOWNAT",   "HAVE_FEXECVE",    "HAVE_FDOPENDIR",     "HAVE_FPATHCONF",
      "HAVE_FSTATAT",    "HAVE_FSTATVFS",   "HAVE_FTRUNCATE",  "HAVE_FUTIMENS",      "HAVE_FUTIMES",
      "HAVE_FUTIMESAT",  "HAVE_LINKAT",     "HAVE_LCHOWN",     "HAVE_LSTAT",         "HAVE_LUTIMES",
      "HAVE_MEMFD_CREATE", "HAVE_MKDIRAT",  "HAVE_MKFIFOAT",   "HAVE_MKNODAT",       "HAVE_OPENAT",
      "HAVE_READLINKAT", "HAVE_RENAMEAT",   "HAVE_SYMLINKAT",  "HAVE_UNLINKAT",      "HAVE_UTIMENSAT"};
  Local<List> have = TRY(make_list(t));
  for (const char* name : kHave) TRY(list_append(t, have, TRY(make_str(t, name))));
  TRY(module_set(t, module, "_have_functions", have));
  TRY(init_files(t, module));
  TRY(init_directories(t, module));
  TRY(init_descriptors(t, module));
  TRY(init_processes(t, module));
  TRY(init_spawn(t, module));
  return init_system(t, module);
}

OROCHI_MODULE(posix, "The functions of the operating system, as POSIX has them. Use os instead.", kFunctions, init)

}  // namespace

}  // namespace orochi::posix_module
