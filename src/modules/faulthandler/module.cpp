// faulthandler: tracebacks of Python code written straight to a file descriptor: on request, after a timeout, and when
// the process gets a fatal signal.
//
// On request the other threads stand still while their frames are read. A fatal signal's handler reads only the frames
// of the thread that got it, takes no lock, and gives the signal back to whoever had it before.
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "objects/code.h"
#include "platform/os_thread.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/native.h"
#include "runtime/import.h"
#include "threads/safepoint.h"

namespace orochi {
namespace {

constexpr int kMaxFrames = 100;

class Out {  // a small buffer over write(2); safe in a signal handler
 public:
  explicit Out(int fd) : fd_(fd) {}
  ~Out() { flush(); }
  Out(const Out&) = delete;
  void text(std::string_view s) {
    for (char c : s) put(c);
  }
  void number(uint64_t n, unsigned base, int width = 0) {
    char digits[24];
    int count = 0;
    do {
      digits[count++] = "0123456789abcdef"[n % base];
      n /= base;
    } while (n);
    while (count < width && count < 24) digits[count++] = '0';
    while (count) put(digits[--count]);
  }
  void flush() {
    size_t done = 0;
    while (done < used_) {
      ssize_t n = ::write(fd_, buffer_ + done, used_ - done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      done += static_cast<size_t>(n);
    }
    used_ = 0;
  }

 private:
  void put(char c) {
    if (used_ == sizeof(buffer_)) flush();
    buffer_[used_++] = c;
  }
  int fd_;
  size_t used_ = 0;
  char buffer_[512];
};

void put_str(Mutator& m, Out& out, const Field<Str>& field) {
  Borrowed<Str> s = field.borrow();
  auto utf8 = s ? str_utf8(m, s, Surrogates::Pass) : Result<Utf8>(Utf8());
  if (utf8.raised()) {
    clear_pending(m);
    out.text("???");
    return;
  }
  for (char c : (*utf8).view) {
    if (static_cast<unsigned char>(c) < 0x80) {
      out.text({&c, 1});
    } else {
      out.text("\\x");
      out.number(static_cast<unsigned char>(c), 16, 2);
    }
  }
}
void put_frames(Mutator& m, Out& out, const Thread& t) {
  int count = 0;
  if (!t.frame) out.text("  <no Python frame>\n");
  for (const Frame* f = t.frame; f; f = f->previous) {
    if (count++ == kMaxFrames) {
      out.text("  ...\n");
      return;
    }
    out.text("  File \"");
    put_str(m, out, f->code->filename);
    out.text("\", line ");
    int32_t line = f->pc ? code_line(f->code, f->code->offset_of(f->pc)) : -1;
    if (line >= 0) out.number(static_cast<uint64_t>(line), 10);
    else out.text("???");
    out.text(" in ");
    put_str(m, out, f->code->name);
    out.text("\n");
  }
}
void put_thread(Mutator& m, Out& out, const Thread& t, bool current) {
  out.text(current ? "Current thread 0x" : "Thread 0x");
  out.number(t.ident, 16, 16);
  out.text(" (most recent call first):\n");
  put_frames(m, out, t);
}

struct Dump {
  Mutator& m;
  Out& out;
  const Mutator* current;  // shown as the current thread
  const Mutator* skip;     // not shown
  bool first = true;
};
// The world is stopped.
void put_all_threads(Dump& dump) {
  for_each_thread([](void* context, Thread& other) {
    auto& d = *static_cast<Dump*>(context);
    if (&other == d.skip) return;
    if (!d.first) d.out.text("\n");
    d.first = false;
    put_thread(d.m, d.out, other, &other == d.current);
  }, &dump);
}

// The descriptor of `file`: an int, an object with fileno(), sys.stderr if None or absent.
Result<int32_t> descriptor_of(Thread& t, Borrowed<> file) {
  Local<> target = Local<>::share(file ? file : Borrowed<>(kNone));
  if (target.is(kNone)) {
    Local<> sys = TRY(import_by_name(t, "sys"_n));
    Lookup<> err = find_attr(t, sys, "stderr"_n);
    if (err.raised()) return Raised{};
    if (err.absent()) return raise(t, types::RuntimeError, "unable to get sys.stderr");
    if ((*err).is(kNone)) return raise(t, types::RuntimeError, "sys.stderr is None");
    target = err.take();
  }
  if (is_int(target.value())) {
    int32_t fd = TRY(to_int32(t, target));
    if (fd < 0) return raise(t, types::ValueError, "file is not a valid file descripter");
    return fd;
  }
  Local<> number = TRY(call_method(t, target, "fileno"_n));
  if (!is_int(number.value())) return raise(t, types::RuntimeError, "file.fileno() is not a valid file descriptor");
  int32_t fd = TRY(to_int32(t, number));
  if (fd < 0) return raise(t, types::RuntimeError, "file.fileno() is not a valid file descriptor");
  if (call_method(t, target, "flush"_n).raised()) clear_pending(t);
  return fd;
}

Result<void> dump_traceback(Thread& t, Borrowed<> file, bool all_threads) {
  int32_t fd = TRY(descriptor_of(t, file));
  Out out(fd);
  if (!all_threads) {
    out.text("Stack (most recent call first):\n");
    put_frames(t, out, t);
    return ok();
  }
  WorldStopped stopped(t);
  Dump dump{t, out, &t, nullptr};
  put_all_threads(dump);
  return ok();
}

// ---- fatal signals ----

struct Fatal {
  int number;
  const char* name;
  struct sigaction previous;
  bool installed;
};
Fatal fatal_signals[] = {{SIGBUS, "Bus error", {}, false},
                         {SIGILL, "Illegal instruction", {}, false},
                         {SIGFPE, "Floating-point exception", {}, false},
                         {SIGABRT, "Aborted", {}, false},
                         {SIGSEGV, "Segmentation fault", {}, false}};
int fatal_fd = -1;    // atomic
int fatal_enabled = 0;  // atomic

void on_fatal(int number) {
  int saved = errno;
  for (Fatal& f : fatal_signals) {
    if (f.number != number) continue;
    if (f.installed) sigaction(number, &f.previous, nullptr);
    f.installed = false;
    Out out(__atomic_load_n(&fatal_fd, __ATOMIC_RELAXED));
    out.text("Fatal Python error: ");
    out.text(f.name);
    out.text("\n\n");
    out.flush();
    if (tls_mutator) put_thread(*tls_mutator, out, *static_cast<Thread*>(tls_mutator), true);
  }
  errno = saved;
  ::raise(number);
}
bool disable_fatal() {
  if (!__atomic_exchange_n(&fatal_enabled, 0, __ATOMIC_ACQ_REL)) return false;
  for (Fatal& f : fatal_signals) {
    if (f.installed) sigaction(f.number, &f.previous, nullptr);
    f.installed = false;
  }
  return true;
}
Result<void> enable(Thread& t, Borrowed<> file, bool, bool) {
  int32_t fd = TRY(descriptor_of(t, file));
  __atomic_store_n(&fatal_fd, fd, __ATOMIC_RELAXED);
  if (__atomic_exchange_n(&fatal_enabled, 1, __ATOMIC_ACQ_REL)) return ok();
  for (Fatal& f : fatal_signals) {
    struct sigaction action = {};
    action.sa_handler = on_fatal;
    action.sa_flags = SA_NODEFER | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    if (sigaction(f.number, &action, &f.previous) != 0) return raise_os_error(t, errno);
    f.installed = true;
  }
  return ok();
}
bool disable(Thread&) { return disable_fatal(); }
bool is_enabled(Thread&) { return __atomic_load_n(&fatal_enabled, __ATOMIC_ACQUIRE) != 0; }

// ---- after a timeout ----

struct Watchdog {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
  uint64_t generation = 0;  // under mutex: a watchdog of an older one ends
} watchdog;

struct Watch {
  uint64_t generation;
  int64_t timeout_ns;
  bool repeat;
  bool exit;
  int fd;
  char header[64];
};

void dump_from_outside(int fd, const char* header) {
  note_thread_starting();
  void* memory = std::aligned_alloc(64, (sizeof(Thread) + 63) & ~size_t{63});
  Thread* thread = memory ? new (memory) Thread : nullptr;
  if (thread && register_thread(*thread)) {
    {
      WorldStopped stopped(*thread);
      Out out(fd);
      out.text(header);
      Dump dump{*thread, out, nullptr, thread};
      put_all_threads(dump);
    }
    unregister_thread(*thread);
  } else {
    note_thread_start_failed();
  }
  if (thread) thread->~Thread();
  std::free(memory);
}
void watch_main(void* argument) {
  auto* w = static_cast<Watch*>(argument);
  timespec deadline;
  clock_gettime(CLOCK_REALTIME, &deadline);
  for (;;) {
    int64_t ns = deadline.tv_nsec + w->timeout_ns % 1000000000;
    deadline.tv_sec += w->timeout_ns / 1000000000 + ns / 1000000000;
    deadline.tv_nsec = ns % 1000000000;
    pthread_mutex_lock(&watchdog.mutex);
    int r = 0;
    while (watchdog.generation == w->generation && r != ETIMEDOUT) {
      r = pthread_cond_timedwait(&watchdog.changed, &watchdog.mutex, &deadline);
    }
    bool cancelled = watchdog.generation != w->generation;
    pthread_mutex_unlock(&watchdog.mutex);
    if (cancelled) break;
    dump_from_outside(w->fd, w->header);
    if (w->exit) _exit(1);
    if (!w->repeat) break;
  }
  std::free(w);
}
uint64_t cancel_watch() {
  pthread_mutex_lock(&watchdog.mutex);
  uint64_t generation = ++watchdog.generation;
  pthread_cond_broadcast(&watchdog.changed);
  pthread_mutex_unlock(&watchdog.mutex);
  return generation;
}
Result<void> dump_traceback_later(Thread& t, double timeout, bool repeat, Borrowed<> file, bool exit) {
  if (!(timeout > 0)) return raise(t, types::ValueError, "timeout must be greater than 0");
  if (timeout > 4e9) return raise(t, types::OverflowError, "timeout value is too large");
  int32_t fd = TRY(descriptor_of(t, file));
  auto* w = static_cast<Watch*>(std::calloc(1, sizeof(Watch)));
  if (!w) return raise_no_memory(t);
  w->timeout_ns = static_cast<int64_t>(timeout * 1e9);
  w->repeat = repeat;
  w->exit = exit;
  w->fd = fd;
  auto seconds = static_cast<int64_t>(timeout);
  auto micros = static_cast<int64_t>((timeout - static_cast<double>(seconds)) * 1e6);
  int n = std::snprintf(w->header, sizeof(w->header), "Timeout (%lld:%02lld:%02lld", static_cast<long long>(seconds / 3600),
                        static_cast<long long>(seconds / 60 % 60), static_cast<long long>(seconds % 60));
  if (micros) n += std::snprintf(w->header + n, sizeof(w->header) - static_cast<size_t>(n), ".%06lld", static_cast<long long>(micros));
  std::snprintf(w->header + n, sizeof(w->header) - static_cast<size_t>(n), ")!\n");
  w->generation = cancel_watch();
  platform::SignalsBlocked blocked;
  if (platform::start_thread(watch_main, w, 0) != 0) {
    std::free(w);
    return raise(t, types::RuntimeError, "unable to start watchdog thread");
  }
  return ok();
}
Result<void> cancel_dump_traceback_later(Thread&) {
  (void)cancel_watch();
  return ok();
}

constexpr NativeDef kFunctions[] = {
    function<enable>("enable(file=None, all_threads=True, c_stack=True)", "Enable the fault handler."),
    function<disable>("disable()", "Disable the fault handler."),
    function<is_enabled>("is_enabled()", "Check if the handler is enabled."),
    function<dump_traceback>("dump_traceback(file=None, all_threads=True)",
                             "Dump the traceback of the current thread, or of all threads if all_threads is True, into file."),
    function<dump_traceback_later>("dump_traceback_later(timeout, repeat=False, file=None, exit=False)",
                                   "Dump the traceback of all threads in timeout seconds."),
    function<cancel_dump_traceback_later>("cancel_dump_traceback_later()",
                                          "Cancel the previous call to dump_traceback_later()."),
};

}  // namespace

OROCHI_MODULE(faulthandler, "faulthandler module.", kFunctions, nullptr)

}  // namespace orochi
