// posix: the system: uname, times, randomness, limits; and posix_spawn.
#include "runtime/posix_support.h"

#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <sched.h>
#include <spawn.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace orochi {

namespace {
constexpr StructSeqField kUnameFields[] = {
    {"sysname", "operating system name"},
    {"nodename", "name of machine on network (implementation-defined)"},
    {"release", "operating system release"},
    {"version", "operating system version"},
    {"machine", "hardware identifier"},
};
constexpr StructSeqField kTimesFields[] = {
    {"user", "user time"},
    {"system", "system time"},
    {"children_user", "user time of children"},
    {"children_system", "system time of children"},
    {"elapsed", "elapsed time since an arbitrary point in the past"},
};
}  // namespace
OROCHI_STRUCTSEQ(PosixUname, kUnameFields, 5, "posix.uname_result", "uname_result: Result from os.uname().", 0)
OROCHI_STRUCTSEQ(PosixTimes, kTimesFields, 5, "posix.times_result", "times_result: Result from os.times().", 0)

namespace posix_module {

namespace {

Result<Local<>> posix_uname(Thread& t) {
  utsname u;
  TRY(system_check(t, [&] { return uname(&u); }));
  const char* texts[] = {u.sysname, u.nodename, u.release, u.version, u.machine};
  Local<> owned[5];
  Value values[5];
  for (int i = 0; i < 5; i++) {
    owned[i] = TRY(decode_file_name(t, texts[i]));
    values[i] = owned[i].value();
  }
  return make_structseq(t, types::PosixUname, values, 5);
}

Result<Local<>> posix_times(Thread& t) {
  tms u{};
  clock_t now = times(&u);
  if (now == static_cast<clock_t>(-1)) return raise_os_error(t, errno);
  auto hz = static_cast<double>(sysconf(_SC_CLK_TCK));
  const clock_t ticks[] = {u.tms_utime, u.tms_stime, u.tms_cutime, u.tms_cstime, now};
  Local<> owned[5];
  Value values[5];
  for (int i = 0; i < 5; i++) {
    owned[i] = TRY(make_float(t, static_cast<double>(ticks[i]) / hz));
    values[i] = owned[i].value();
  }
  return make_structseq(t, types::PosixTimes, values, 5);
}

Result<Local<>> posix_cpu_count(Thread&) {
  long n = sysconf(_SC_NPROCESSORS_ONLN);
  if (n < 1) return kNone;
  return Value::fixnum(n);
}

Result<Local<>> random_bytes(Thread& t, Index size, int flags, bool all) {
  if (size < 0) {
    if (all) return raise(t, types::ValueError, "negative argument not allowed");
    return raise_os_error(t, EINVAL);
  }
  Local<Bytes> out = TRY(make_bytes_uninitialised(t, static_cast<size_t>(size.value)));
  auto* data = out->mutable_data();
  int64_t done = 0;
  while (done < size) {
    auto left = static_cast<size_t>(size.value - done);
    int64_t n = TRY(system_call(t, [&] { return getrandom(data + done, left, static_cast<unsigned>(flags)); }));
    done += n;
    if (!all) break;
  }
  if (done == size) return out;
  return make_bytes(t, out->view().substr(0, static_cast<size_t>(done)));
}
Result<Local<>> posix_urandom(Thread& t, Index size) { return random_bytes(t, size, 0, true); }
Result<Local<>> posix_getrandom(Thread& t, Index size, int32_t flags) { return random_bytes(t, size, flags, false); }

Result<Local<>> posix_strerror(Thread& t, int32_t code) { return decode_file_name(t, std::strerror(code)); }
int64_t posix_umask(Thread&, int32_t mask) { return umask(static_cast<mode_t>(mask)); }
Result<Local<>> posix_getlogin(Thread& t) {
  char name[256];
  int error = getlogin_r(name, sizeof name);
  if (error) return raise_os_error(t, error);
  return decode_file_name(t, name);
}
Result<Local<>> posix_getloadavg(Thread& t) {
  double v[3];
  if (getloadavg(v, 3) != 3) return raise(t, types::OSError, "Load averages are unobtainable");
  Local<> a = TRY(make_float(t, v[0])), b = TRY(make_float(t, v[1])), c = TRY(make_float(t, v[2]));
  return make_tuple(t, {a.value(), b.value(), c.value()});
}
Result<Local<>> posix_ctermid(Thread& t) {
  char name[L_ctermid];
  return decode_file_name(t, ctermid(name));
}
void posix_sync(Thread& t) {
  Detached detached(t);
  sync();
}

// ---- names of limits

Result<int> name_number(Thread& t, Borrowed<> v, Borrowed<Str> table_name) {
  if (is_int(v)) return to_int32(t, v);
  if (!is_str(v)) return raise(t, types::TypeError, "configuration names must be strings or integers");
  Local<> module = TRY(import_module(t, "posix"_n));
  Local<> table = TRY(get_attr(t, module, table_name));
  if (!is_dict(table.value())) return raise(t, types::ValueError, "unrecognized configuration name");
  Lookup<> number = dict_find(t, table.borrow().as<Dict>(), v);
  if (number.raised()) return Raised{};
  if (number.absent()) return raise(t, types::ValueError, "unrecognized configuration name");
  return to_int32(t, *number);
}
Result<int64_t> posix_sysconf(Thread& t, Borrowed<> name) {
  int n = TRY(name_number(t, name, "sysconf_names"_n));
  errno = 0;
  long r = sysconf(n);
  if (r == -1 && errno != 0) return raise_os_error(t, errno);
  return r;
}
Result<int64_t> posix_pathconf(Thread& t, Borrowed<> path, Borrowed<> name) {
  Path p;
  TRY(to_path(t, path, "pathconf", "path", kPathOrFd, &p));
  int n = TRY(name_number(t, name, "pathconf_names"_n));
  errno = 0;
  long r = p.is_fd ? fpathconf(p.fd, n) : pathconf(p.c_str(), n);
  if (r == -1 && errno != 0) return raise_os_error(t, errno, path);
  return r;
}
Result<int64_t> posix_fpathconf(Thread& t, Borrowed<> v, Borrowed<> name) {
  int fd = TRY(to_fd(t, v));
  int n = TRY(name_number(t, name, "pathconf_names"_n));
  errno = 0;
  long r = fpathconf(fd, n);
  if (r == -1 && errno != 0) return raise_os_error(t, errno);
  return r;
}
Result<Local<>> posix_confstr(Thread& t, Borrowed<> name) {
  int n = TRY(name_number(t, name, "confstr_names"_n));
  errno = 0;
  size_t size = confstr(n, nullptr, 0);
  if (size == 0) {
    if (errno) return raise_os_error(t, errno);
    return kNone;
  }
  std::string text(size, '\0');
  confstr(n, text.data(), size);
  text.resize(size - 1);
  return decode_file_name(t, text);
}

// ---- posix_spawn

struct Actions {
  posix_spawn_file_actions_t value;
  bool ready = false;
  std::vector<std::string> paths;
  ~Actions() {
    if (ready) posix_spawn_file_actions_destroy(&value);
  }
};
struct Attributes {
  posix_spawnattr_t value;
  bool ready = false;
  ~Attributes() {
    if (ready) posix_spawnattr_destroy(&value);
  }
};

Result<void> add_actions(Thread& t, Borrowed<> list, Actions* out) {
  posix_spawn_file_actions_init(&out->value);
  out->ready = true;
  if (!is_list(list) && !is_tuple(list)) return raise(t, types::TypeError, "file_actions must be a sequence or None");
  return for_each(t, list, [&](Local<> item) -> Result<bool> {
    if (!is_tuple(item.value()) || item.borrow().as<Tuple>()->length() == 0) {
      return raise(t, types::TypeError, "Each file_actions element must be a non-empty tuple");
    }
    auto action = item.borrow().as<Tuple>();
    int kind = TRY(to_int32(t, action->at(0)));
    auto need = [&](size_t n, const char* what) -> Result<void> {
      if (action->length() == n) return ok();
      return raise(t, types::TypeError, "A {} file_action tuple must have {} elements", what, n);
    };
    int error = 0;
    if (kind == 0) {
      TRY(need(5, "open"));
      int fd = TRY(to_int32(t, action->at(1)));
      Path p;
      TRY(to_path(t, action->at(2), "posix_spawn", "path", kPathOnly, &p));
      int flags = TRY(to_int32(t, action->at(3)));
      int mode = TRY(to_int32(t, action->at(4)));
      error = posix_spawn_file_actions_addopen(&out->value, fd, p.c_str(), flags, static_cast<mode_t>(mode));
    } else if (kind == 1) {
      TRY(need(2, "close"));
      error = posix_spawn_file_actions_addclose(&out->value, TRY(to_int32(t, action->at(1))));
    } else if (kind == 2) {
      TRY(need(3, "dup2"));
      int a = TRY(to_int32(t, action->at(1))), b = TRY(to_int32(t, action->at(2)));
      error = posix_spawn_file_actions_adddup2(&out->value, a, b);
    } else if (kind == 3) {
      TRY(need(2, "closefrom"));
      error = posix_spawn_file_actions_addclosefrom_np(&out->value, TRY(to_int32(t, action->at(1))));
    } else {
      return raise(t, types::TypeError, "Unknown file_actions identifier");
    }
    if (error) return raise_os_error(t, error);
    return true;
  });
}

Result<void> to_signals(Thread& t, Borrowed<> v, sigset_t* out) {
  sigemptyset(out);
  return for_each(t, v, [&](Local<> item) -> Result<bool> {
    int64_t n = TRY(to_int64(t, item));
    if (n < 1 || n > 64) return raise(t, types::ValueError, "signal number {} out of range [1; 64]", n);
    sigaddset(out, static_cast<int>(n));
    return true;
  });
}

Result<int64_t> do_spawn(Thread& t, const char* function, bool search, Borrowed<> path, Borrowed<> argv, Borrowed<> env,
                         Borrowed<> file_actions, Maybe<Borrowed<>> setpgroup, bool resetids, bool setsid,
                         Maybe<Borrowed<>> setsigmask, Maybe<Borrowed<>> setsigdef, Maybe<Borrowed<>> scheduler) {
  Path p;
  TRY(to_path(t, path, function, "path", kPathOnly, &p));
  std::vector<std::string> args, variables;
  if (!is_list(argv) && !is_tuple(argv)) return raise(t, types::TypeError, "{}: argv must be a tuple or list", function);
  TRY(for_each(t, argv, [&](Local<> item) -> Result<bool> {
    Path a;
    TRY(to_path(t, item, function, "argv", kPathOnly, &a));
    args.push_back(std::move(a.narrow));
    return true;
  }));
  if (args.empty()) return raise(t, types::ValueError, "{}: argv must not be empty", function);
  if (args[0].empty()) return raise(t, types::ValueError, "{}: argv first element cannot be empty", function);
  bool inherit = env.value() == kNone;
  if (!inherit) {
    bool mapping = TRY(has_attr(t, env, "keys"_n));
    if (!mapping) return raise(t, types::TypeError, "{}: environment must be a mapping object or None", function);
    Local<> keys = TRY(call_method(t, env, "keys"_n));
    TRY(for_each(t, keys, [&](Local<> key) -> Result<bool> {
      Local<> value = TRY(get_item(t, env, key));
      Path k, v;
      TRY(to_path(t, key, function, "env", kPathOnly, &k));
      TRY(to_path(t, value, function, "env", kPathOnly, &v));
      if (k.narrow.empty() || k.narrow.find('=') != std::string::npos) {
        return raise(t, types::ValueError, "illegal environment variable name");
      }
      variables.push_back(k.narrow + "=" + v.narrow);
      return true;
    }));
  }
  Actions actions;
  if (file_actions.value() != kNone) TRY(add_actions(t, file_actions, &actions));
  Attributes attributes;
  posix_spawnattr_init(&attributes.value);
  attributes.ready = true;
  short flags = 0;
  if (setpgroup) {
    int group = TRY(to_int32(t, *setpgroup));
    posix_spawnattr_setpgroup(&attributes.value, group);
    flags |= POSIX_SPAWN_SETPGROUP;
  }
  if (resetids) flags |= POSIX_SPAWN_RESETIDS;
  if (setsid) flags |= POSIX_SPAWN_SETSID;
  if (setsigmask) {
    sigset_t set;
    TRY(to_signals(t, *setsigmask, &set));
    posix_spawnattr_setsigmask(&attributes.value, &set);
    flags |= POSIX_SPAWN_SETSIGMASK;
  }
  if (setsigdef) {
    sigset_t set;
    TRY(to_signals(t, *setsigdef, &set));
    posix_spawnattr_setsigdefault(&attributes.value, &set);
    flags |= POSIX_SPAWN_SETSIGDEF;
  }
  if (scheduler) {
    if (!is_tuple(*scheduler) || (*scheduler).as<Tuple>()->length() != 2) {
      return raise(t, types::TypeError, "{}: scheduler must be a tuple or None", function);
    }
    auto pair = (*scheduler).as<Tuple>();
    if (pair->at(0).value() != kNone) {
      posix_spawnattr_setschedpolicy(&attributes.value, TRY(to_int32(t, pair->at(0))));
      flags |= POSIX_SPAWN_SETSCHEDULER;
    }
    if (!is_tuple(pair->at(1)) || pair->at(1).as<Tuple>()->length() != 1) {
      return raise(t, types::TypeError, "must have a sched_param object");
    }
    sched_param param{};
    param.sched_priority = TRY(to_int32(t, pair->at(1).as<Tuple>()->at(0)));
    posix_spawnattr_setschedparam(&attributes.value, &param);
    flags |= POSIX_SPAWN_SETSCHEDPARAM;
  }
  posix_spawnattr_setflags(&attributes.value, flags);
  auto pointers = [](std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (auto& s : texts) out.push_back(s.data());
    out.push_back(nullptr);
    return out;
  };
  std::vector<char*> argument_pointers = pointers(args), variable_pointers = pointers(variables);
  char** envp = inherit ? environ : variable_pointers.data();
  pid_t pid;
  int error;
  {
    Detached detached(t);
    auto* a = actions.ready ? &actions.value : nullptr;
    error = search ? posix_spawnp(&pid, p.c_str(), a, &attributes.value, argument_pointers.data(), envp)
                   : posix_spawn(&pid, p.c_str(), a, &attributes.value, argument_pointers.data(), envp);
  }
  if (error) return raise_os_error(t, error, path);
  return pid;
}

Result<int64_t> spawn_plain(Thread& t, Borrowed<> path, Borrowed<> argv, Borrowed<> env, Borrowed<> file_actions,
                            Maybe<Borrowed<>> setpgroup, bool resetids, bool setsid, Maybe<Borrowed<>> setsigmask,
                            Maybe<Borrowed<>> setsigdef, Maybe<Borrowed<>> scheduler) {
  return do_spawn(t, "posix_spawn", false, path, argv, env, file_actions, setpgroup, resetids, setsid, setsigmask,
                  setsigdef, scheduler);
}
Result<int64_t> spawn_search(Thread& t, Borrowed<> path, Borrowed<> argv, Borrowed<> env, Borrowed<> file_actions,
                             Maybe<Borrowed<>> setpgroup, bool resetids, bool setsid, Maybe<Borrowed<>> setsigmask,
                             Maybe<Borrowed<>> setsigdef, Maybe<Borrowed<>> scheduler) {
  return do_spawn(t, "posix_spawnp", true, path, argv, env, file_actions, setpgroup, resetids, setsid, setsigmask,
                  setsigdef, scheduler);
}

constexpr NativeDef kFunctions[] = {
    function<posix_uname>("uname()", "Return an object identifying the current operating system."),
    function<posix_times>("times()", "Return a collection containing process timing information."),
    function<posix_cpu_count>("cpu_count()", "Return the number of logical CPUs in the system."),
    function<posix_urandom>("urandom(size, /)", "Return a bytes object containing random bytes suitable for cryptographic use."),
    function<posix_getrandom>("getrandom(size, flags=0)", "Obtain a series of random bytes."),
    function<posix_strerror>("strerror(code, /)", "Translate an error code to a message string."),
    function<posix_umask>("umask(mask, /)", "Set the current numeric umask and return the previous umask."),
    function<posix_getlogin>("getlogin()", "Return the actual login name."),
    function<posix_getloadavg>("getloadavg()", "Return average recent system load information."),
    function<posix_ctermid>("ctermid()", "Return the name of the controlling terminal for this process."),
    function<posix_sync>("sync()", "Force write of everything to disk."),
    function<posix_sysconf>("sysconf(name, /)", "Return an integer-valued system configuration variable."),
    function<posix_pathconf>("pathconf(path, name)", "Return the configuration limit name for the file or directory path."),
    function<posix_fpathconf>("fpathconf(fd, name, /)", "Return the configuration limit name for the file descriptor fd."),
    function<posix_confstr>("confstr(name, /)", "Return a string-valued system configuration variable."),
};
constexpr NativeDef kSpawnFunctions[] = {
    function<spawn_plain>("posix_spawn(path, argv, env, /, *, file_actions=None, setpgroup=..., resetids=False, "
                          "setsid=False, setsigmask=..., setsigdef=..., scheduler=...)",
                          "Execute the program specified by path in a new process."),
    function<spawn_search>("posix_spawnp(path, argv, env, /, *, file_actions=None, setpgroup=..., resetids=False, "
                           "setsid=False, setsigmask=..., setsigdef=..., scheduler=...)",
                           "Execute the program specified by path in a new process."),
};

}  // namespace

Result<void> init_system(Thread& t, Borrowed<Module> module) {
  TRY(module_add_structseq(t, module, types::PosixUname, kStructSeqPosixUname));
  TRY(module_add_structseq(t, module, types::PosixTimes, kStructSeqPosixTimes));
  return add_functions(t, module, kFunctions, std::size(kFunctions));
}
Result<void> init_spawn(Thread& t, Borrowed<Module> module) {
  return add_functions(t, module, kSpawnFunctions, std::size(kSpawnFunctions));
}

}  // namespace posix_module

}  // namespace orochi
