// _posixsubprocess: fork_exec, on which subprocess.Popen stands.
//
// Everything the child needs is prepared before the fork; between fork and exec the child makes only system calls
// (with preexec_fn, which is Python code, it becomes a runtime of one thread first). Without preexec_fn and changes of
// identity the child borrows this process's memory (vfork) with all signals blocked. Errors go to errpipe_write as
// "ExceptionName:hex errno:message", which subprocess.py reads.
#include <csignal>
#include <cstring>

#include <grp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/posix_support.h"
#include "runtime/start.h"
#include "threads/safepoint.h"

extern char** environ;

namespace orochi {

namespace {

using posix_module::Path;

struct Plan {
  std::vector<std::string> argument_texts, environment_texts, executables;
  std::vector<char*> argv, envp;
  std::vector<int> keep;              // sorted
  std::vector<gid_t> groups;
  Path directory;
  bool has_env = false, has_directory = false, has_groups = false, has_gid = false, has_uid = false;
  bool close_fds = false, restore_signals = false, new_session = false;
  int p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, errpipe_read, errpipe_write;
  int process_group = -1, mask = -1;
  gid_t gid = 0;
  uid_t uid = 0;
  Borrowed<> preexec;                 // empty: none
  Thread* thread = nullptr;
  bool shares_memory = false;
  sigset_t signals;                   // to be restored before exec
};

bool set_inheritable(int fd) {
  int flags = fcntl(fd, F_GETFD);
  return flags >= 0 && ((flags & FD_CLOEXEC) == 0 || fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC) == 0);
}

void write_all(int fd, const char* data, size_t size) {
  while (size > 0) {
    ssize_t n = write(fd, data, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    data += n;
    size -= static_cast<size_t>(n);
  }
}

[[noreturn]] void report_and_exit(const Plan& p, int error, const char* message) {
  if (error == 0) {
    write_all(p.errpipe_write, "SubprocessError:0:", 18);
  } else {
    char digits[20];
    int n = 0;
    for (int shift = 28; shift >= 0; shift -= 4) {
      int digit = (error >> shift) & 15;
      if (digit || n || shift == 0) digits[n++] = "0123456789ABCDEF"[digit];
    }
    digits[n++] = ':';
    write_all(p.errpipe_write, "OSError:", 8);
    write_all(p.errpipe_write, digits, static_cast<size_t>(n));
  }
  write_all(p.errpipe_write, message, std::strlen(message));
  _exit(255);
}

void close_between(int first, int last) {  // both included
  if (first > last) return;
  if (syscall(SYS_close_range, static_cast<unsigned>(first), static_cast<unsigned>(last), 0u) == 0) return;
  int64_t limit = sysconf(_SC_OPEN_MAX);
  if (limit < 0) limit = 65536;
  for (int fd = first; fd <= last && fd < limit; fd++) close(fd);
}
void close_all_but(const std::vector<int>& keep) {
  int first = 3;
  for (int fd : keep) {
    if (fd < first) continue;
    close_between(first, fd - 1);
    first = fd + 1;
  }
  close_between(first, INT32_MAX);
}

void reset_handlers() {  // handlers are code of this program: none may run in the child
  for (int s = 1; s < NSIG; s++) {
    struct sigaction action;
    if (sigaction(s, nullptr, &action) != 0) continue;
    if (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN) continue;
    action.sa_handler = SIG_DFL;
    action.sa_flags = 0;
    sigaction(s, &action, nullptr);
  }
}

// The standard stream `target` becomes `fd`. False: errno.
bool install_stream(int fd, int target) {
  if (fd == target) return set_inheritable(fd);
  return fd == -1 || dup2(fd, target) >= 0;
}

[[noreturn]] void run_child(const Plan& p) {
  const char* message = "noexec";
#define CHECK_CALL(...) if (!(__VA_ARGS__)) report_and_exit(p, errno, message)
  for (int fd : p.keep) {
    if (fd != p.errpipe_write) CHECK_CALL(set_inheritable(fd));
  }
  for (int fd : {p.p2cwrite, p.c2pread, p.errread, p.errpipe_read}) {
    if (fd != -1) CHECK_CALL(close(fd) == 0);
  }
  int output = p.c2pwrite, errors = p.errwrite;
  // Streams in the place of another would be overwritten by it.
  if (output == 0) CHECK_CALL((output = fcntl(output, F_DUPFD_CLOEXEC, 3)) >= 0);
  if (errors == 0 || errors == 1) CHECK_CALL((errors = fcntl(errors, F_DUPFD_CLOEXEC, 3)) >= 0);
  CHECK_CALL(install_stream(p.p2cread, 0));
  CHECK_CALL(install_stream(output, 1));
  CHECK_CALL(install_stream(errors, 2));

  if (p.has_directory) {
    message = "noexec:chdir";
    CHECK_CALL(chdir(p.directory.c_str()) == 0);
    message = "noexec";
  }
  if (p.mask >= 0) umask(static_cast<mode_t>(p.mask));
  if (p.restore_signals) {
    std::signal(SIGPIPE, SIG_DFL);
    std::signal(SIGXFSZ, SIG_DFL);
  }
  if (p.shares_memory) {
    reset_handlers();
    sigprocmask(SIG_SETMASK, &p.signals, nullptr);
  }
  if (p.new_session) CHECK_CALL(setsid() >= 0);
  if (p.process_group >= 0) CHECK_CALL(setpgid(0, p.process_group) == 0);
  // As system calls: the C library's functions would tell other threads.
  if (p.has_groups) CHECK_CALL(syscall(SYS_setgroups, p.groups.size(), p.groups.data()) == 0);
  if (p.has_gid) CHECK_CALL(syscall(SYS_setregid, p.gid, p.gid) == 0);
  if (p.has_uid) CHECK_CALL(syscall(SYS_setreuid, p.uid, p.uid) == 0);
  if (p.preexec && call(*p.thread, p.preexec).raised()) {
    clear_pending(*p.thread);
    report_and_exit(p, 0, "Exception occurred in preexec_fn.");
  }
  if (p.close_fds) close_all_but(p.keep);

  message = "";
  int error = 0;
  for (const std::string& executable : p.executables) {
    execve(executable.c_str(), p.argv.data(), p.has_env ? const_cast<char* const*>(p.envp.data()) : environ);
    if (errno != ENOENT && errno != ENOTDIR && error == 0) error = errno;
  }
  if (error) errno = error;
#undef CHECK_CALL
  report_and_exit(p, errno, message);
}

// Not inlined: the frame in which vfork returns twice holds nothing else.
[[gnu::noinline]] pid_t start_child(Plan& p, int* error) {
  sigset_t all;
  pid_t pid;
  if (p.shares_memory) {
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &p.signals);
    pid = vfork();
    if (pid == 0) run_child(p);
    *error = errno;
    pthread_sigmask(SIG_SETMASK, &p.signals, nullptr);
  } else {
    pid = fork();
    if (pid == 0) run_child(p);
    *error = errno;
  }
  return pid;
}

Result<void> read_texts(Thread& t, Borrowed<> sequence, std::vector<std::string>* out) {
  return for_each(t, sequence, [&](Local<> item) -> Result<bool> {
    Path path;
    TRY(posix_module::to_path(t, item, "fork_exec", "argument", posix_module::kPathOnly, &path));
    out->push_back(std::move(path.narrow));
    return true;
  });
}
std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& s : texts) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

Result<void> make_plan(Thread& t, Rest a, Plan* p) {
  Local<Tuple> arguments = TRY(tuple_from(t, a[0]));
  TRY(read_texts(t, arguments, &p->argument_texts));
  p->argv = pointers_to(p->argument_texts);
  TRY(read_texts(t, a[1], &p->executables));
  p->close_fds = TRY(is_true(t, a[2]));
  if (!is_tuple(a[3])) {
    return raise(t, types::TypeError, "fork_exec() argument 4 must be tuple, not {}", TypeName(a[3]));
  }
  auto keep = a[3].as<Tuple>();
  for (size_t i = 0; i < keep->length(); i++) {
    Borrowed<> item = keep->at(i);
    int64_t fd;
    if (!is_int(item) || !int_as_int64(item.value(), &fd) || fd < 0 || fd > INT32_MAX ||
        (!p->keep.empty() && fd <= p->keep.back())) {
      return raise(t, types::ValueError, "bad value(s) in fds_to_keep");
    }
    p->keep.push_back(static_cast<int>(fd));
  }
  if (a[4].value() != kNone) {
    TRY(posix_module::to_path(t, a[4], "fork_exec", "cwd", posix_module::kPathOnly, &p->directory));
    p->has_directory = true;
  }
  if (a[5].value() != kNone) {
    TRY(read_texts(t, a[5], &p->environment_texts));
    p->envp = pointers_to(p->environment_texts);
    p->has_env = true;
  }
  int* const fds[] = {&p->p2cread, &p->p2cwrite, &p->c2pread,      &p->c2pwrite,
                      &p->errread, &p->errwrite, &p->errpipe_read, &p->errpipe_write};
  for (size_t i = 0; i < 8; i++) *fds[i] = TRY(to_int32(t, a[6 + i]));
  p->restore_signals = TRY(is_true(t, a[14]));
  p->new_session = TRY(is_true(t, a[15]));
  p->process_group = TRY(to_int32(t, a[16]));
  if (a[17].value() != kNone) {
    p->gid = static_cast<gid_t>(TRY(posix_module::to_id(t, a[17], "gid")));
    p->has_gid = true;
  }
  if (a[18].value() != kNone) {
    if (!is_list(a[18])) return raise(t, types::TypeError, "setgroups argument must be a list");
    TRY(for_each(t, a[18], [&](Local<> item) -> Result<bool> {
      p->groups.push_back(static_cast<gid_t>(TRY(posix_module::to_id(t, item, "gid"))));
      return true;
    }));
    if (p->groups.size() > 65536) return raise(t, types::ValueError, "too many extra_groups");
    p->has_groups = true;
  }
  if (a[19].value() != kNone) {
    p->uid = static_cast<uid_t>(TRY(posix_module::to_id(t, a[19], "uid")));
    p->has_uid = true;
  }
  p->mask = TRY(to_int32(t, a[20]));
  if (a[21].value() != kNone) p->preexec = a[21];
  if (p->close_fds && p->errpipe_write < 3) return raise(t, types::ValueError, "errpipe_write must be >= 3");
  return ok();
}

Result<int64_t> fork_exec(Thread& t, Rest a) {
  if (a.count != 22) return raise(t, types::TypeError, "fork_exec expected 22 arguments, got {}", a.count);
  Plan p;
  TRY(make_plan(t, a, &p));
  p.thread = &t;
  pid_t pid;
  int error = 0;
  if (p.preexec) {
    if (runtime_finalizing()) {
      return raise(t, types::PythonFinalizationError, "preexec_fn not supported at interpreter shutdown");
    }
    posix_module::run_fork_hooks(t, 0, true);
    before_fork(t);
    pid = fork();
    error = errno;
    if (pid == 0) {
      after_fork_child(t);
      posix_module::run_fork_hooks(t, 1, false);
      run_child(p);
    }
    after_fork_parent(t);
    posix_module::run_fork_hooks(t, 2, false);
  } else {
    p.shares_memory = !p.has_groups && !p.has_gid && !p.has_uid;
    Detached detached(t);
    pid = start_child(p, &error);
  }
  if (pid < 0) return raise_os_error(t, error);
  return pid;
}

constexpr NativeDef kFunctions[] = {
    function<fork_exec>("fork_exec(*args)", "Spawn a fresh new child process."),
};

OROCHI_MODULE(_posixsubprocess, "A POSIX helper for the subprocess module.", kFunctions, nullptr)

}  // namespace

}  // namespace orochi
