// _posixsubprocess: fork_exec(), for subprocess. Between fork() and exec() the child calls only what POSIX allows there,
// unless there is a preexec_fn. What goes wrong is reported through a pipe as "Type:errno in hex:message".
#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "objects/bytes.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/native.h"
#include "threads/safepoint.h"

extern char** environ;

namespace orochi::subprocess_module {

namespace {

struct Strings {
  std::vector<std::string> texts;
  std::vector<char*> pointers;
  char** finish() {
    for (auto& s : texts) pointers.push_back(s.data());
    pointers.push_back(nullptr);
    return pointers.data();
  }
};

struct Plan {
  Strings argv, environment, executables;
  char** args = nullptr;
  char** env = nullptr;
  bool close_fds = false, restore_signals = false, new_session = false;
  std::vector<int> keep;   // sorted
  std::string cwd;
  bool has_cwd = false;
  int p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, errpipe_read, errpipe_write;
  int process_group = -1, umask_value = -1;
  bool set_gid = false, set_groups = false, set_uid = false;
  gid_t gid = 0;
  uid_t uid = 0;
  std::vector<gid_t> groups;
};

Result<std::string> narrow(Thread& t, Borrowed<> given) {
  Local<> v = Local<>::share(given);
  if (!is_str(given) && !is_bytes(given)) {
    Lookup<> r = call_special(t, given, "__fspath__"_n);
    if (r.raised()) return Raised{};
    if (r.absent()) {
      return raise(t, types::TypeError, "expected str, bytes or os.PathLike object, not {}", TypeName(given));
    }
    v = r.take();
  }
  std::string out;
  if (is_str(v.value())) {
    Utf8 text = TRY(str_utf8(t, v.borrow().as<Str>(), Surrogates::Escape));
    out.assign(text.view);
  } else if (is_bytes(v.value())) {
    out.assign(v.borrow().as<Bytes>()->view());
  } else {
    return raise(t, types::TypeError, "expected str, bytes or os.PathLike object, not {}", TypeName(v.value()));
  }
  if (out.find('\0') != std::string::npos) return raise(t, types::ValueError, "embedded null byte");
  return out;
}
Result<void> fill(Thread& t, Borrowed<> sequence, Strings* out) {
  return for_each(t, sequence, [&](Local<> item) -> Result<bool> {
    out->texts.push_back(TRY(narrow(t, item)));
    return true;
  });
}

// ---- in the child

bool set_inheritable(int fd) {
  int flags = fcntl(fd, F_GETFD);
  return flags >= 0 && fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC) == 0;
}

void close_others(const Plan& p) {
  int low = 3;
  for (int fd : p.keep) {
    if (fd < low) continue;
    if (fd > low) close_range(static_cast<unsigned>(low), static_cast<unsigned>(fd - 1), 0);
    low = fd + 1;
  }
  close_range(static_cast<unsigned>(low), ~0u, 0);
}

bool move_fd(int from, int to) {
  if (from == to) return set_inheritable(from);
  if (from < 0) return true;
  return dup2(from, to) == to;
}

// Returns only on failure: the message, with errno set.
const char* run_child(Plan& p, Thread* t, Borrowed<> preexec) {
  for (int fd : p.keep) {
    if (fd != p.errpipe_write && !set_inheritable(fd)) return "";
  }
  if (p.p2cwrite >= 0) close(p.p2cwrite);
  if (p.c2pread >= 0) close(p.c2pread);
  if (p.errread >= 0) close(p.errread);
  close(p.errpipe_read);
  // Nothing that is still needed may lie at 0 to 2.
  if (p.c2pwrite == 0 && (p.c2pwrite = dup(0)) < 0) return "";
  while (p.errwrite == 0 || p.errwrite == 1) {
    if ((p.errwrite = dup(p.errwrite)) < 0) return "";
  }
  if (!move_fd(p.p2cread, 0) || !move_fd(p.c2pwrite, 1) || !move_fd(p.errwrite, 2)) return "";
  if (p.has_cwd && chdir(p.cwd.c_str()) != 0) return "noexec:chdir";
  if (p.umask_value >= 0) umask(static_cast<mode_t>(p.umask_value));
  if (p.restore_signals) {
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
  }
  if (p.new_session && setsid() < 0) return "";
  if (p.process_group >= 0 && setpgid(0, p.process_group) != 0) return "";
  if (p.set_groups && setgroups(p.groups.size(), p.groups.data()) != 0) return "";
  if (p.set_gid && setregid(p.gid, p.gid) != 0) return "";
  if (p.set_uid && setreuid(p.uid, p.uid) != 0) return "";
  if (t) {
    auto r = call(*t, preexec);
    if (r.raised()) {
      clear_pending(*t);
      errno = 0;
      return "Exception occurred in preexec_fn.";
    }
  }
  if (p.close_fds) close_others(p);
  int saved = 0;
  for (char* const* path = p.executables.pointers.data(); *path; path++) {
    if (p.env) execve(*path, p.args, p.env);
    else execv(*path, p.args);
    if (errno != ENOENT && errno != ENOTDIR && saved == 0) saved = errno;
  }
  if (saved) errno = saved;
  return "noexec";
}

[[noreturn]] void report_and_exit(const Plan& p, const char* message) {
  int error = errno;
  char text[128];
  char hex[16];
  size_t n = 0;
  for (unsigned v = static_cast<unsigned>(error); v; v >>= 4) hex[n++] = "0123456789ABCDEF"[v & 15];
  size_t length = 0;
  auto add = [&](const char* s) {
    while (*s && length < sizeof text - 1) text[length++] = *s++;
  };
  if (error) {
    add("OSError:");
    while (n) text[length++] = hex[--n];
    add(":");
    add(message);
  } else {
    add("SubprocessError:0:");
    add(message);
  }
  ssize_t ignored = write(p.errpipe_write, text, length);
  (void)ignored;
  _exit(255);
}

Result<int64_t> subprocess_fork_exec(Thread& t, Rest a) {
  if (a.count != 22) {
    return raise(t, types::TypeError, "fork_exec expected 22 arguments, got {}", a.count);
  }
  Plan p;
  bool has_args = a[0].value() != kNone;
  if (has_args) {
    TRY(fill(t, a[0], &p.argv));
    p.args = p.argv.finish();
  }
  TRY(fill(t, a[1], &p.executables));
  p.executables.finish();
  p.close_fds = TRY(is_true(t, a[2]));
  if (!is_tuple(a[3])) return raise(t, types::TypeError, "fork_exec() argument 4 must be tuple, not {}", TypeName(a[3]));
  int previous = -1;
  auto keep = a[3].as<Tuple>();
  for (size_t i = 0; i < keep->length(); i++) {
    int64_t fd;
    if (!is_int(keep->at(i)) || !int_as_int64(keep->at(i), &fd) || fd < 0 || fd <= previous || fd > INT32_MAX) {
      return raise(t, types::ValueError, "bad value(s) in fds_to_keep");
    }
    previous = static_cast<int>(fd);
    p.keep.push_back(previous);
  }
  if (a[4].value() != kNone) {
    p.cwd = TRY(narrow(t, a[4]));
    p.has_cwd = true;
  }
  if (a[5].value() != kNone) {
    TRY(fill(t, a[5], &p.environment));
    p.env = p.environment.finish();
  }
  int* fds[] = {&p.p2cread, &p.p2cwrite, &p.c2pread, &p.c2pwrite, &p.errread, &p.errwrite, &p.errpipe_read, &p.errpipe_write};
  for (size_t i = 0; i < 8; i++) *fds[i] = TRY(to_int32(t, a[6 + i]));
  if (p.close_fds && p.errpipe_write < 3) return raise(t, types::ValueError, "errpipe_write must be >= 3");
  p.restore_signals = TRY(is_true(t, a[14]));
  p.new_session = TRY(is_true(t, a[15]));
  p.process_group = TRY(to_int32(t, a[16]));
  if (a[17].value() != kNone) {
    p.gid = static_cast<gid_t>(TRY(to_int64(t, a[17])));
    p.set_gid = true;
  }
  if (a[18].value() != kNone) {
    if (!is_list(a[18])) return raise(t, types::TypeError, "setgroups argument must be a list");
    p.set_groups = true;
    TRY(for_each(t, a[18], [&](Local<> item) -> Result<bool> {
      p.groups.push_back(static_cast<gid_t>(TRY(to_int64(t, item))));
      return true;
    }));
  }
  if (a[19].value() != kNone) {
    p.uid = static_cast<uid_t>(TRY(to_int64(t, a[19])));
    p.set_uid = true;
  }
  p.umask_value = TRY(to_int32(t, a[20]));
  Borrowed<> preexec = a[21];
  bool python = preexec.value() != kNone;
  before_fork(t);
  pid_t pid = fork();
  int error = errno;
  if (pid == 0) {
    if (python) after_fork_child(t);
    report_and_exit(p, run_child(p, python ? &t : nullptr, preexec));
  }
  after_fork_parent(t);
  if (pid < 0) return raise_os_error(t, error);
  return pid;
}

constexpr NativeDef kFunctions[] = {
    function<subprocess_fork_exec>("fork_exec(*args)", "Spawn a fresh new child process."),
};
OROCHI_MODULE(_posixsubprocess, "A POSIX helper for the subprocess module.", kFunctions, nullptr)

}  // namespace

}  // namespace orochi::subprocess_module
