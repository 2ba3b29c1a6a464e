// posix: processes: identity, signals, fork, exec, wait, scheduling.
#include "runtime/posix_support.h"

#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <grp.h>
#include <sched.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "threads/safepoint.h"

extern char** environ;

namespace orochi {

namespace {
constexpr StructSeqField kWaitidFields[] = {{"si_pid"}, {"si_uid"}, {"si_signo"}, {"si_status"}, {"si_code"}};
constexpr StructSeqField kSchedParamFields[] = {{"sched_priority", "the scheduling priority"}};
constexpr StructSeqField kRusageFields[] = {
    {"ru_utime"},  {"ru_stime"},  {"ru_maxrss"}, {"ru_ixrss"},  {"ru_idrss"},    {"ru_isrss"},
    {"ru_minflt"}, {"ru_majflt"}, {"ru_nswap"},  {"ru_inblock"}, {"ru_oublock"}, {"ru_msgsnd"},
    {"ru_msgrcv"}, {"ru_nsignals"}, {"ru_nvcsw"}, {"ru_nivcsw"}};
}  // namespace
OROCHI_STRUCTSEQ(PosixWaitid, kWaitidFields, 5, "posix.waitid_result", "waitid_result: Result from waitid.", 0)
OROCHI_STRUCTSEQ(PosixSchedParam, kSchedParamFields, 1, "posix.sched_param",
                 "Currently has only one field: sched_priority", 0)
OROCHI_STRUCTSEQ(PosixRusage, kRusageFields, 16, "resource.struct_rusage", "struct_rusage: Result from getrusage.", 0)

namespace posix_module {

namespace {

// ---- identity

int64_t posix_getpid(Thread&) { return getpid(); }
int64_t posix_getppid(Thread&) { return getppid(); }
int64_t posix_getuid(Thread&) { return getuid(); }
int64_t posix_geteuid(Thread&) { return geteuid(); }
int64_t posix_getgid(Thread&) { return getgid(); }
int64_t posix_getegid(Thread&) { return getegid(); }
int64_t posix_getpgrp(Thread&) { return getpgrp(); }
Result<int64_t> posix_getpgid(Thread& t, int32_t pid) {
  return system_call(t, [&] { return getpgid(pid); });
}
Result<int64_t> posix_getsid(Thread& t, int32_t pid) {
  return system_call(t, [&] { return getsid(pid); });
}
Result<void> posix_setsid(Thread& t) {
  return system_check(t, [&] { return setsid(); });
}
Result<void> posix_setpgid(Thread& t, int32_t pid, int32_t group) {
  return system_check(t, [&] { return setpgid(pid, group); });
}
Result<void> posix_setpgrp(Thread& t) {
  return system_check(t, [&] { return setpgid(0, 0); });
}
template <typename F>
Result<void> set_id(Thread& t, Borrowed<> v, const char* what, F f) {
  auto id = static_cast<uid_t>(TRY(to_id(t, v, what)));
  return system_check(t, [&] { return f(id); });
}
Result<void> posix_setuid(Thread& t, Borrowed<> v) { return set_id(t, v, "uid", setuid); }
Result<void> posix_setgid(Thread& t, Borrowed<> v) { return set_id(t, v, "gid", setgid); }
Result<void> posix_seteuid(Thread& t, Borrowed<> v) { return set_id(t, v, "uid", seteuid); }
Result<void> posix_setegid(Thread& t, Borrowed<> v) { return set_id(t, v, "gid", setegid); }
Result<void> posix_setreuid(Thread& t, Borrowed<> a, Borrowed<> b) {
  auto x = static_cast<uid_t>(TRY(to_id(t, a, "uid"))), y = static_cast<uid_t>(TRY(to_id(t, b, "uid")));
  return system_check(t, [&] { return setreuid(x, y); });
}
Result<void> posix_setregid(Thread& t, Borrowed<> a, Borrowed<> b) {
  auto x = static_cast<gid_t>(TRY(to_id(t, a, "gid"))), y = static_cast<gid_t>(TRY(to_id(t, b, "gid")));
  return system_check(t, [&] { return setregid(x, y); });
}
Result<void> posix_setresuid(Thread& t, Borrowed<> a, Borrowed<> b, Borrowed<> c) {
  auto x = static_cast<uid_t>(TRY(to_id(t, a, "uid"))), y = static_cast<uid_t>(TRY(to_id(t, b, "uid"))),
       z = static_cast<uid_t>(TRY(to_id(t, c, "uid")));
  return system_check(t, [&] { return setresuid(x, y, z); });
}
Result<void> posix_setresgid(Thread& t, Borrowed<> a, Borrowed<> b, Borrowed<> c) {
  auto x = static_cast<gid_t>(TRY(to_id(t, a, "gid"))), y = static_cast<gid_t>(TRY(to_id(t, b, "gid"))),
       z = static_cast<gid_t>(TRY(to_id(t, c, "gid")));
  return system_check(t, [&] { return setresgid(x, y, z); });
}
Result<Local<>> posix_getresuid(Thread& t) {
  uid_t a, b, c;
  TRY(system_check(t, [&] { return getresuid(&a, &b, &c); }));
  return tuple_of_ints(t, {a, b, c});
}
Result<Local<>> posix_getresgid(Thread& t) {
  gid_t a, b, c;
  TRY(system_check(t, [&] { return getresgid(&a, &b, &c); }));
  return tuple_of_ints(t, {a, b, c});
}
Result<Local<>> group_list(Thread& t, const std::vector<gid_t>& groups) {
  Local<List> out = TRY(make_list(t, groups.size()));
  for (gid_t g : groups) TRY(list_append(t, out, TRY(make_int(t, g))));
  return out;
}
Result<Local<>> posix_getgroups(Thread& t) {
  int64_t n = TRY(system_call(t, [&] { return getgroups(0, nullptr); }));
  std::vector<gid_t> groups(static_cast<size_t>(n) + 16);
  n = TRY(system_call(t, [&] { return getgroups(static_cast<int>(groups.size()), groups.data()); }));
  groups.resize(static_cast<size_t>(n));
  return group_list(t, groups);
}
Result<Local<>> posix_getgrouplist(Thread& t, Borrowed<Str> user, Borrowed<> group) {
  Utf8 name = TRY(str_utf8(t, user, Surrogates::Escape));
  auto gid = static_cast<gid_t>(TRY(to_id(t, group, "gid")));
  int n = 64;
  std::vector<gid_t> groups(64);
  while (getgrouplist(name.c_str(), gid, groups.data(), &n) < 0) groups.resize(static_cast<size_t>(n = n > static_cast<int>(groups.size()) ? n : static_cast<int>(groups.size()) * 2));
  groups.resize(static_cast<size_t>(n));
  return group_list(t, groups);
}
Result<void> posix_setgroups(Thread& t, Borrowed<> v) {
  std::vector<gid_t> groups;
  if (!type_of(v)->slots.len || !type_of(v)->slots.getitem) {
    return raise(t, types::TypeError, "setgroups argument must be a sequence");
  }
  TRY(for_each(t, v, [&](Local<> item) -> Result<bool> {
    if (!is_int(item.value())) return raise(t, types::TypeError, "groups must be integers");
    groups.push_back(static_cast<gid_t>(TRY(to_id(t, item, "gid"))));
    return true;
  }));
  return system_check(t, [&] { return setgroups(groups.size(), groups.data()); });
}
Result<void> posix_initgroups(Thread& t, Borrowed<> user, Borrowed<> gid_value) {
  Path p;
  TRY(to_path(t, user, "initgroups", "username", kPathOnly, &p));
  auto gid = static_cast<gid_t>(TRY(to_id(t, gid_value, "gid")));
  return system_check(t, [&] { return initgroups(p.c_str(), gid); });
}

// ---- signals

Result<void> posix_kill(Thread& t, int32_t pid, int32_t signal) {
  TRY(system_check(t, [&] { return kill(pid, signal); }));
  return safepoint(t);
}
Result<void> posix_killpg(Thread& t, int32_t group, int32_t signal) {
  return system_check(t, [&] { return killpg(group, signal); });
}
Result<int64_t> posix_pidfd_open(Thread& t, int32_t pid, int32_t flags) {
  return system_call(t, [&] { return syscall(SYS_pidfd_open, pid, flags); });
}

// ---- fork

Value fork_hooks[3];  // lists: before, after_in_child, after_in_parent; made once, for the life of the process

Result<void> posix_register_at_fork(Thread& t, Maybe<Borrowed<>> before, Maybe<Borrowed<>> after_in_child,
                                    Maybe<Borrowed<>> after_in_parent) {
  const Maybe<Borrowed<>> given[] = {before, after_in_child, after_in_parent};
  static constexpr const char* kNames[] = {"before", "after_in_child", "after_in_parent"};
  if (!before && !after_in_child && !after_in_parent) {
    return raise(t, types::TypeError, "At least one argument is required.");
  }
  for (int i = 0; i < 3; i++) {
    if (given[i] && !is_callable(*given[i])) {
      return raise(t, types::TypeError, "'{}' must be callable, not {}", kNames[i], TypeName(*given[i]));
    }
  }
  for (int i = 0; i < 3; i++) {
    if (given[i]) TRY(list_append(t, Borrowed<List>(fork_hooks[i]), Local<>::share(*given[i])));
  }
  return ok();
}

void run_hooks(Thread& t, int which, bool reverse) {
  auto hooks = Borrowed<List>(fork_hooks[which]);
  auto n = static_cast<int64_t>(hooks->length());
  for (int64_t i = 0; i < n; i++) {
    Lookup<> hook = list_get(t, hooks, reverse ? n - 1 - i : i);
    if (!hook.found()) continue;
    if (call(t, *hook).raised()) report_unraisable(t, "Exception ignored in", *hook);
  }
}

Result<void> warn_threads(Thread& t, const char* name) {
  if (registered_threads() <= 1) return ok();
  Local<Str> text = TRY(format_str(t,
                                   "This process (pid={}) is multi-threaded, use of {}() may lead to deadlocks in the child.",
                                   static_cast<int64_t>(getpid()), name));
  Local<> module = TRY(import_module(t, "warnings"_n));
  Local<> function = TRY(get_attr(t, module, "warn"_n));
  auto r = call(t, function, text, Borrowed<>(&types::DeprecationWarning), Borrowed<>(Value::fixnum(1)));
  if (r.raised()) return Raised{};
  return ok();
}

Result<int64_t> posix_fork(Thread& t) {
  run_hooks(t, 0, true);
  before_fork(t);
  pid_t pid = fork();
  int error = errno;
  if (pid == 0) {
    after_fork_child(t);
    run_hooks(t, 1, false);
    return 0;
  }
  after_fork_parent(t);
  run_hooks(t, 2, false);
  if (pid < 0) return raise_os_error(t, error);
  TRY(warn_threads(t, "fork"));
  return pid;
}

Result<Local<>> posix_forkpty(Thread& t) {
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0) return raise_os_error(t, errno);
  char name[128];
  if (grantpt(master) || unlockpt(master) || ptsname_r(master, name, sizeof name)) {
    int error = errno;
    close(master);
    return raise_os_error(t, error);
  }
  run_hooks(t, 0, true);
  before_fork(t);
  pid_t pid = fork();
  int error = errno;
  if (pid == 0) {
    setsid();
    int slave = open(name, O_RDWR);
    if (slave >= 0) {
      for (int fd = 0; fd < 3; fd++) dup2(slave, fd);
      if (slave > 2) close(slave);
    }
    close(master);
    after_fork_child(t);
    run_hooks(t, 1, false);
    return tuple_of_ints(t, {0, -1});
  }
  after_fork_parent(t);
  run_hooks(t, 2, false);
  if (pid < 0) {
    close(master);
    return raise_os_error(t, error);
  }
  TRY(warn_threads(t, "forkpty"));
  return tuple_of_ints(t, {pid, master});
}

[[noreturn]] void exit_now(int status) { _exit(status); }
Result<void> posix__exit(Thread&, int32_t status) { exit_now(status); }
Result<void> posix_abort(Thread&) { abort(); }

// ---- exec

struct Strings {
  std::vector<std::string> texts;
  std::vector<char*> pointers;
  char** finish() {
    pointers.clear();
    for (auto& s : texts) pointers.push_back(s.data());
    pointers.push_back(nullptr);
    return pointers.data();
  }
};
Result<void> to_strings(Thread& t, const char* function, Borrowed<> v, Strings* out) {
  if (!is_list(v) && !is_tuple(v)) {
    return raise(t, types::TypeError, "{}() arg 2 must be a tuple or list", function);
  }
  TRY(for_each(t, v, [&](Local<> item) -> Result<bool> {
    Path p;
    TRY(to_path(t, item, function, "arg", kPathOnly, &p));
    out->texts.push_back(std::move(p.narrow));
    return true;
  }));
  if (out->texts.empty()) return raise(t, types::ValueError, "{}() arg 2 must not be empty", function);
  if (out->texts[0].empty()) return raise(t, types::ValueError, "{}() arg 2 first element cannot be empty", function);
  return ok();
}
Result<void> to_environment(Thread& t, const char* function, Borrowed<> env, Strings* out) {
  Local<> keys = TRY(call_method(t, env, "keys"_n));
  Local<> key_list = TRY(list_from(t, keys));
  auto list = key_list.borrow().as<List>();
  for (size_t i = 0; i < list->length(); i++) {
    Lookup<> key = list_get(t, list, static_cast<int64_t>(i));
    if (!key.found()) break;
    Local<> value = TRY(get_item(t, env, *key));
    Path k, v;
    TRY(to_path(t, *key, function, "env", kPathOnly, &k));
    TRY(to_path(t, value, function, "env", kPathOnly, &v));
    if (k.narrow.empty() || k.narrow.find('=', 1) != std::string::npos || k.narrow[0] == '=') {
      return raise(t, types::ValueError, "illegal environment variable name");
    }
    out->texts.push_back(k.narrow + "=" + v.narrow);
  }
  return ok();
}

Result<void> posix_execv(Thread& t, Borrowed<> path, Borrowed<> argv) {
  Path p;
  TRY(to_path(t, path, "execv", "path", kPathOnly, &p));
  Strings args;
  TRY(to_strings(t, "execv", argv, &args));
  execv(p.c_str(), args.finish());
  return raise_os_error(t, errno);
}
Result<void> posix_execve(Thread& t, Borrowed<> path, Borrowed<> argv, Borrowed<> env) {
  Path p;
  TRY(to_path(t, path, "execve", "path", kPathOrFd, &p));
  Strings args, variables;
  TRY(to_strings(t, "execve", argv, &args));
  if (!has_attr(t, env, "keys"_n).take()) {
    return raise(t, types::TypeError, "execve: environment must be a mapping object");
  }
  TRY(to_environment(t, "execve", env, &variables));
  if (p.is_fd) fexecve(p.fd, args.finish(), variables.finish());
  else execve(p.c_str(), args.finish(), variables.finish());
  return raise_os_error(t, errno, path);
}

// ---- wait

Result<Local<>> posix_waitpid(Thread& t, int32_t pid, int32_t options) {
  int status = 0;
  int64_t r = TRY(system_call(t, [&] { return waitpid(pid, &status, options); }));
  return tuple_of_ints(t, {r, status});
}
Result<Local<>> posix_wait(Thread& t) {
  int status = 0;
  int64_t r = TRY(system_call(t, [&] { return wait(&status); }));
  return tuple_of_ints(t, {r, status});
}
Result<Local<>> make_rusage(Thread& t, const rusage& u) {
  Local<> owned[16];
  auto seconds = [](const timeval& v) { return static_cast<double>(v.tv_sec) + 1e-6 * static_cast<double>(v.tv_usec); };
  owned[0] = TRY(make_float(t, seconds(u.ru_utime)));
  owned[1] = TRY(make_float(t, seconds(u.ru_stime)));
  const long numbers[] = {u.ru_maxrss,  u.ru_ixrss,   u.ru_idrss,  u.ru_isrss,  u.ru_minflt,   u.ru_majflt, u.ru_nswap,
                          u.ru_inblock, u.ru_oublock, u.ru_msgsnd, u.ru_msgrcv, u.ru_nsignals, u.ru_nvcsw,  u.ru_nivcsw};
  Value values[16] = {owned[0].value(), owned[1].value()};
  for (size_t i = 0; i < 14; i++) {
    owned[i + 2] = TRY(make_int(t, numbers[i]));
    values[i + 2] = owned[i + 2].value();
  }
  return make_structseq(t, types::PosixRusage, values, 16);
}
Result<Local<>> wait_usage(Thread& t, int32_t pid, int32_t options) {
  int status = 0;
  rusage usage{};
  int64_t r = TRY(system_call(t, [&] { return wait4(pid, &status, options, &usage); }));
  Local<> first = TRY(make_int(t, r));
  Local<> third = TRY(make_rusage(t, usage));
  return make_tuple(t, {first.value(), Value::fixnum(status), third.value()});
}
Result<Local<>> posix_wait3(Thread& t, int32_t options) { return wait_usage(t, -1, options); }
Result<Local<>> posix_wait4(Thread& t, int32_t pid, int32_t options) { return wait_usage(t, pid, options); }
Result<Local<>> posix_waitid(Thread& t, int32_t idtype, int64_t id, int32_t options) {
  siginfo_t info{};
  TRY(system_check(t, [&] { return waitid(static_cast<idtype_t>(idtype), static_cast<id_t>(id), &info, options); }));
  if (info.si_pid == 0) return kNone;
  const Value values[] = {Value::fixnum(info.si_pid), Value::fixnum(info.si_uid), Value::fixnum(info.si_signo),
                          Value::fixnum(info.si_status), Value::fixnum(info.si_code)};
  return make_structseq(t, types::PosixWaitid, values, 5);
}
Result<int64_t> posix_waitstatus_to_exitcode(Thread& t, Borrowed<> v) {
  if (is_float(v)) return raise(t, types::TypeError, "integer argument expected, got float");
  int status = TRY(to_int32(t, v));
  if (WIFEXITED(status)) {
    if (WEXITSTATUS(status) < 0) return raise(t, types::ValueError, "invalid WEXITSTATUS: {}", WEXITSTATUS(status));
    return WEXITSTATUS(status);
  }
  if (WIFSIGNALED(status)) {
    if (WTERMSIG(status) <= 0) return raise(t, types::ValueError, "invalid WTERMSIG: {}", WTERMSIG(status));
    return -WTERMSIG(status);
  }
  if (WIFSTOPPED(status)) {
    return raise(t, types::ValueError, "process stopped by delivery of signal {}", WSTOPSIG(status));
  }
  return raise(t, types::ValueError, "invalid wait status: {}", status);
}
bool posix_WCOREDUMP(Thread&, int32_t status) { return WCOREDUMP(status); }
bool posix_WIFCONTINUED(Thread&, int32_t status) { return WIFCONTINUED(status); }
bool posix_WIFSTOPPED(Thread&, int32_t status) { return WIFSTOPPED(status); }
bool posix_WIFSIGNALED(Thread&, int32_t status) { return WIFSIGNALED(status); }
bool posix_WIFEXITED(Thread&, int32_t status) { return WIFEXITED(status); }
int64_t posix_WEXITSTATUS(Thread&, int32_t status) { return WEXITSTATUS(status); }
int64_t posix_WTERMSIG(Thread&, int32_t status) { return WTERMSIG(status); }
int64_t posix_WSTOPSIG(Thread&, int32_t status) { return WSTOPSIG(status); }

Result<int64_t> posix_system(Thread& t, Borrowed<> command) {
  Path p;
  TRY(to_path(t, command, "system", "command", kPathOnly, &p));
  int r;
  {
    Detached detached(t);
    r = system(p.c_str());
  }
  return r;
}

// ---- scheduling

Result<int64_t> posix_nice(Thread& t, int32_t increment) {
  errno = 0;
  int r = nice(increment);
  if (r == -1 && errno != 0) return raise_os_error(t, errno);
  return r;
}
Result<int64_t> posix_getpriority(Thread& t, int32_t which, int32_t who) {
  errno = 0;
  int r = getpriority(static_cast<__priority_which_t>(which), static_cast<id_t>(who));
  if (r == -1 && errno != 0) return raise_os_error(t, errno);
  return r;
}
Result<void> posix_setpriority(Thread& t, int32_t which, int32_t who, int32_t priority) {
  return system_check(t, [&] { return setpriority(static_cast<__priority_which_t>(which), static_cast<id_t>(who), priority); });
}
Result<void> posix_sched_yield(Thread& t) {
  return system_check(t, [&] { return sched_yield(); });
}
Result<int64_t> posix_sched_get_priority_max(Thread& t, int32_t policy) {
  return system_call(t, [&] { return sched_get_priority_max(policy); });
}
Result<int64_t> posix_sched_get_priority_min(Thread& t, int32_t policy) {
  return system_call(t, [&] { return sched_get_priority_min(policy); });
}
Result<int64_t> posix_sched_getscheduler(Thread& t, int32_t pid) {
  return system_call(t, [&] { return sched_getscheduler(pid); });
}
Result<int> priority_of(Thread& t, Borrowed<> v) {
  if (type_of(v) != &types::PosixSchedParam) return raise(t, types::TypeError, "must have a sched_param object");
  return to_int32(t, v.as<Tuple>()->at(0));
}
Result<void> posix_sched_setscheduler(Thread& t, int32_t pid, int32_t policy, Borrowed<> v) {
  sched_param p{};
  p.sched_priority = TRY(priority_of(t, v));
  return system_check(t, [&] { return sched_setscheduler(pid, policy, &p); });
}
Result<Local<>> posix_sched_getparam(Thread& t, int32_t pid) {
  sched_param p{};
  TRY(system_check(t, [&] { return sched_getparam(pid, &p); }));
  const Value values[] = {Value::fixnum(p.sched_priority)};
  return make_structseq(t, types::PosixSchedParam, values, 1);
}
Result<void> posix_sched_setparam(Thread& t, int32_t pid, Borrowed<> v) {
  sched_param p{};
  p.sched_priority = TRY(priority_of(t, v));
  return system_check(t, [&] { return sched_setparam(pid, &p); });
}
Result<double> posix_sched_rr_get_interval(Thread& t, int32_t pid) {
  timespec ts{};
  TRY(system_check(t, [&] { return sched_rr_get_interval(pid, &ts); }));
  return static_cast<double>(ts.tv_sec) + 1e-9 * static_cast<double>(ts.tv_nsec);
}
Result<Local<>> posix_sched_getaffinity(Thread& t, int32_t pid) {
  std::vector<unsigned long> mask(1024 / 64 * 16);
  TRY(system_check(t, [&] {
    return sched_getaffinity(pid, mask.size() * sizeof(unsigned long), reinterpret_cast<cpu_set_t*>(mask.data()));
  }));
  Local<> set = TRY(call(t, Borrowed<>(&types::Set)));
  for (size_t i = 0; i < mask.size() * 64; i++) {
    if (mask[i / 64] >> (i % 64) & 1) {
      (void)TRY(call_method(t, set, "add"_n, Borrowed<>(Value::fixnum(static_cast<int64_t>(i)))));
    }
  }
  return set;
}
Result<void> posix_sched_setaffinity(Thread& t, int32_t pid, Borrowed<> cpus) {
  std::vector<unsigned long> mask(16);
  TRY(for_each(t, cpus, [&](Local<> item) -> Result<bool> {
    if (!is_int(item.value())) {
      return raise(t, types::TypeError, "expected an iterator of ints, but iterator yielded {}", TypeName(item.value()));
    }
    int64_t cpu = TRY(to_int64(t, item));
    if (cpu < 0) return raise(t, types::ValueError, "negative CPU number");
    if (cpu > INT_MAX - 1) return raise(t, types::OverflowError, "CPU number too large");
    auto word = static_cast<size_t>(cpu) / 64;
    if (word >= 65536) return raise_os_error(t, EINVAL);
    if (word >= mask.size()) mask.resize(word + 1);
    mask[word] |= 1UL << (cpu % 64);
    return true;
  }));
  return system_check(t, [&] {
    return sched_setaffinity(pid, mask.size() * sizeof(unsigned long), reinterpret_cast<cpu_set_t*>(mask.data()));
  });
}
Result<void> posix_unshare(Thread& t, int32_t flags) {
  return system_check(t, [&] { return unshare(flags); });
}
Result<void> posix_setns(Thread& t, Borrowed<> v, int32_t nstype) {
  int fd = TRY(to_fd(t, v));
  return system_check(t, [&] { return setns(fd, nstype); });
}

constexpr NativeDef kFunctions[] = {
    function<posix_getpid>("getpid()", "Return the current process id."),
    function<posix_getppid>("getppid()", "Return the parent's process id."),
    function<posix_getuid>("getuid()", "Return the current process's user id."),
    function<posix_geteuid>("geteuid()", "Return the current process's effective user id."),
    function<posix_getgid>("getgid()", "Return the current process's group id."),
    function<posix_getegid>("getegid()", "Return the current process's effective group id."),
    function<posix_getpgrp>("getpgrp()", "Return the current process group id."),
    function<posix_getpgid>("getpgid(pid)", "Call the system call getpgid(), and return the result."),
    function<posix_getsid>("getsid(pid, /)", "Call the system call getsid(pid) and return the result."),
    function<posix_setsid>("setsid()", "Call the system call setsid()."),
    function<posix_setpgid>("setpgid(pid, pgrp, /)", "Call the system call setpgid(pid, pgrp)."),
    function<posix_setpgrp>("setpgrp()", "Make the current process the leader of its process group."),
    function<posix_setuid>("setuid(uid, /)", "Set the current process's user id."),
    function<posix_setgid>("setgid(gid, /)", "Set the current process's group id."),
    function<posix_seteuid>("seteuid(euid, /)", "Set the current process's effective user id."),
    function<posix_setegid>("setegid(egid, /)", "Set the current process's effective group id."),
    function<posix_setreuid>("setreuid(ruid, euid, /)", "Set the current process's real and effective user ids."),
    function<posix_setregid>("setregid(rgid, egid, /)", "Set the current process's real and effective group ids."),
    function<posix_setresuid>("setresuid(ruid, euid, suid, /)", "Set the current process's real, effective, and saved user ids."),
    function<posix_setresgid>("setresgid(rgid, egid, sgid, /)", "Set the current process's real, effective, and saved group ids."),
    function<posix_getresuid>("getresuid()", "Return a tuple of the current process's real, effective, and saved user ids."),
    function<posix_getresgid>("getresgid()", "Return a tuple of the current process's real, effective, and saved group ids."),
    function<posix_getgroups>("getgroups()", "Return list of supplemental group IDs for the process."),
    function<posix_getgrouplist>("getgrouplist(user, group, /)", "Returns a list of groups to which a user belongs."),
    function<posix_setgroups>("setgroups(groups, /)", "Set the groups of the current process to list."),
    function<posix_initgroups>("initgroups(username, gid, /)", "Initialize the group access list."),
    function<posix_kill>("kill(pid, signal, /)", "Kill a process with a signal."),
    function<posix_killpg>("killpg(pgid, signal, /)", "Kill a process group with a signal."),
    function<posix_pidfd_open>("pidfd_open(pid, flags=0)", "Return a file descriptor referring to the process *pid*."),
    function<posix_register_at_fork>("register_at_fork(*, before=..., after_in_child=..., after_in_parent=...)",
                                     "Register callables to be called when forking a new process."),
    function<posix_fork>("fork()", "Fork a child process."),
    function<posix_forkpty>("forkpty()", "Fork a new process with a new pseudo-terminal as controlling tty."),
    function<posix__exit>("_exit(status)", "Exit to the system with specified status, without normal exit processing."),
    function<posix_abort>("abort()", "Abort the interpreter immediately."),
    function<posix_execv>("execv(path, argv, /)", "Execute an executable path with arguments, replacing current process."),
    function<posix_execve>("execve(path, argv, env)", "Execute an executable path with arguments, replacing current process."),
    function<posix_waitpid>("waitpid(pid, options, /)", "Wait for completion of a given child process."),
    function<posix_wait>("wait()", "Wait for completion of a child process."),
    function<posix_wait3>("wait3(options)", "Wait for completion of a child process."),
    function<posix_wait4>("wait4(pid, options)", "Wait for completion of a specific child process."),
    function<posix_waitid>("waitid(idtype, id, options, /)", "Returns the result of waiting for a process or processes."),
    function<posix_waitstatus_to_exitcode>("waitstatus_to_exitcode(status)", "Convert a wait status to an exit code."),
    function<posix_WCOREDUMP>("WCOREDUMP(status, /)", "Return True if the process returning status was dumped to a core file."),
    function<posix_WIFCONTINUED>("WIFCONTINUED(status)", "Return True if a particular process was continued from a job control stop."),
    function<posix_WIFSTOPPED>("WIFSTOPPED(status)", "Return True if the process returning status was stopped."),
    function<posix_WIFSIGNALED>("WIFSIGNALED(status)", "Return True if the process returning status was terminated by a signal."),
    function<posix_WIFEXITED>("WIFEXITED(status)", "Return True if the process returning status exited via the exit() system call."),
    function<posix_WEXITSTATUS>("WEXITSTATUS(status)", "Return the process return code from status."),
    function<posix_WTERMSIG>("WTERMSIG(status)", "Return the signal that terminated the process that provided the status value."),
    function<posix_WSTOPSIG>("WSTOPSIG(status)", "Return the signal that stopped the process that provided the status value."),
    function<posix_system>("system(command)", "Execute the command in a subshell."),
    function<posix_nice>("nice(increment, /)", "Add increment to the priority of process and return the new priority."),
    function<posix_getpriority>("getpriority(which, who)", "Return program scheduling priority."),
    function<posix_setpriority>("setpriority(which, who, priority)", "Set program scheduling priority."),
    function<posix_sched_yield>("sched_yield()", "Voluntarily relinquish the CPU."),
    function<posix_sched_get_priority_max>("sched_get_priority_max(policy)", "Get the maximum scheduling priority for policy."),
    function<posix_sched_get_priority_min>("sched_get_priority_min(policy)", "Get the minimum scheduling priority for policy."),
    function<posix_sched_getscheduler>("sched_getscheduler(pid, /)", "Get the scheduling policy for the process identified by pid."),
    function<posix_sched_setscheduler>("sched_setscheduler(pid, policy, param, /)", "Set the scheduling policy for the process identified by pid."),
    function<posix_sched_getparam>("sched_getparam(pid, /)", "Returns scheduling parameters for the process identified by pid."),
    function<posix_sched_setparam>("sched_setparam(pid, param, /)", "Set scheduling parameters for the process identified by pid."),
    function<posix_sched_rr_get_interval>("sched_rr_get_interval(pid, /)", "Return the round-robin quantum for the process identified by pid, in seconds."),
    function<posix_sched_getaffinity>("sched_getaffinity(pid, /)", "Return the affinity of the process identified by pid (or the current process if zero)."),
    function<posix_sched_setaffinity>("sched_setaffinity(pid, mask, /)", "Set the CPU affinity of the process identified by pid to mask."),
    function<posix_unshare>("unshare(flags)", "Disassociate parts of a process (or thread) execution context."),
    function<posix_setns>("setns(fd, nstype=0)", "Move the calling thread into different namespaces."),
};

}  // namespace

void run_fork_hooks(Thread& t, int which, bool reverse) { run_hooks(t, which, reverse); }

Result<void> init_processes(Thread& t, Borrowed<Module> module) {
  for (Value& hooks : fork_hooks) {
    if (!hooks) hooks = TRY(make_list(t)).release();
  }
  TRY(module_add_structseq(t, module, types::PosixWaitid, kStructSeqPosixWaitid));
  TRY(module_add_structseq(t, module, types::PosixSchedParam, kStructSeqPosixSchedParam));
  TRY(ensure_structseq(t, types::PosixRusage, kStructSeqPosixRusage));
  return add_functions(t, module, kFunctions, std::size(kFunctions));
}

}  // namespace posix_module

}  // namespace orochi
