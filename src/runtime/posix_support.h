// Between the files of the posix module: arguments that name files, and calling the system.
#pragma once

#include <cerrno>
#include <string>

#include <fcntl.h>

#include "builtins/structseq.h"
#include "objects/bytes.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/buffer.h"
#include "protocols/call.h"
#include "protocols/native.h"

namespace orochi::posix_module {

// A path as str, bytes or os.PathLike; or a descriptor where that is allowed.
struct Path {
  Local<> object;        // as given: what exceptions show
  std::string narrow;    // for the system
  int fd = -1;
  bool is_fd = false;
  bool is_bytes = false; // results are bytes too
  bool is_none = false;
  const char* c_str() const { return narrow.c_str(); }
};
enum PathFlag : int { kPathOnly = 0, kPathOrFd = 1, kPathOrNone = 2 };
Result<void> to_path(Thread& t, Borrowed<> v, const char* function, const char* argument, int flags, Path* out);
// `dir_fd` arguments: None is AT_FDCWD.
Result<int> to_dir_fd(Thread& t, Borrowed<> v);
// An integer or an object with fileno().
Result<int> to_fd(Thread& t, Borrowed<> v);
Result<Local<>> path_result(Thread& t, std::string_view name, bool as_bytes);
Result<Local<>> fs_path(Thread& t, Borrowed<> path);

// Runs a system call detached until it is not interrupted (PEP 475). Negative: OSError with the file names.
template <typename F>
Result<int64_t> system_call(Thread& t, F&& f, Borrowed<> name1 = {}, Borrowed<> name2 = {}) {
  for (;;) {
    int64_t r;
    int error;
    {
      Detached detached(t);
      r = static_cast<int64_t>(f());
      error = errno;
    }
    if (r >= 0) return r;
    if (error != EINTR) return raise_os_error(t, error, name1, name2);
    TRY(safepoint(t));
  }
}
template <typename F>
Result<void> system_check(Thread& t, F&& f, Borrowed<> name1 = {}, Borrowed<> name2 = {}) {
  TRY(system_call(t, f, name1, name2));
  return ok();
}

struct IntConstant {
  const char* name;
  int64_t value;
};
Result<void> add_functions(Thread& t, Borrowed<Module> module, const NativeDef* defs, size_t count);
Result<Local<>> tuple_of_ints(Thread& t, std::initializer_list<int64_t> values);

// Values at full range: what does not fit 63 bits becomes a big int.
Result<int64_t> to_id(Thread& t, Borrowed<> v, const char* what);   // uid, gid; -1 allowed
inline Result<Local<>> id_int(Thread& t, uint32_t id) { return make_int(t, static_cast<int64_t>(id)); }

Result<Local<>> make_stat(Thread& t, const struct stat& st);
Result<int64_t> ns_from_number(Thread& t, Borrowed<> v);

Result<void> init_constants(Thread& t, Borrowed<Module> module);
Result<void> init_files(Thread& t, Borrowed<Module> module);
Result<void> init_directories(Thread& t, Borrowed<Module> module);
Result<void> init_descriptors(Thread& t, Borrowed<Module> module);
Result<void> init_processes(Thread& t, Borrowed<Module> module);
Result<void> init_system(Thread& t, Borrowed<Module> module);
Result<void> init_spawn(Thread& t, Borrowed<Module> module);

// What os.register_at_fork() was given: 0 before, 1 after in the child, 2 after in the parent.
void run_fork_hooks(Thread& t, int which, bool reverse);

}  // namespace orochi::posix_module
