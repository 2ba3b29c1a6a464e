// _signal: Python-level signal handlers. The C handler only notes the signal, wakes the main thread (poll bit, its
// parked wait, the wakeup fd); the Python handler runs at the main thread's next safepoint.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "interpreter/interpret.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/set.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/native.h"
#include "runtime/import.h"
#include "runtime/pending_work.h"
#include "sync/byte_lock.h"
#include "sync/parking_lot.h"
#include "threads/safepoint.h"

namespace orochi {

namespace {

constexpr int kSignals = 65;
// Written by signal handlers, read and cleared by the main thread; atomic.
uint8_t arrived[kSignals];
uint32_t any_arrived;
Thread* main_thread;          // fixed at import
Parker* main_parker;          // fixed at import
int wakeup_fd = -1;           // atomic
bool warn_on_full_buffer = true;
Value handlers;               // owned Dict: signal number -> handler; the main thread writes it

void on_signal(int number) {
  int saved = errno;
  __atomic_store_n(&arrived[number], uint8_t{1}, __ATOMIC_RELAXED);
  __atomic_store_n(&any_arrived, 1u, __ATOMIC_SEQ_CST);
  main_thread->request(kPollSignal);
  int fd = __atomic_load_n(&wakeup_fd, __ATOMIC_RELAXED);
  if (fd >= 0) {
    auto byte = static_cast<unsigned char>(number);
    (void)!write(fd, &byte, 1);
  }
  if (main_parker) interrupt_park(main_parker);
  errno = saved;
}

bool signal_is_waiting() { return __atomic_load_n(&any_arrived, __ATOMIC_SEQ_CST) && tls_mutator == main_thread; }

Result<void> run_handlers(Thread& t) {
  if (&t != main_thread) {
    main_thread->request(kPollSignal);
    return ok();
  }
  if (!__atomic_exchange_n(&any_arrived, 0u, __ATOMIC_SEQ_CST)) return ok();
  for (int n = 1; n < kSignals; n++) {
    if (!__atomic_exchange_n(&arrived[n], uint8_t{0}, __ATOMIC_RELAXED)) continue;
    Lookup<> handler = dict_find(t, Borrowed<Dict>(handlers), Value::fixnum(n));
    if (handler.raised()) return Raised{};
    if (!handler.found() || !is_callable((*handler).value())) continue;
    Local<> frame = immediate(kNone);
    auto current = frame_at_depth(t, 0);
    if (current.raised()) clear_pending(t);
    else frame = current.take();
    auto r = call(t, *handler, Value::fixnum(n), frame);
    if (r.raised()) {
      // The other signals are handled at the next safepoint.
      __atomic_store_n(&any_arrived, 1u, __ATOMIC_SEQ_CST);
      t.request(kPollSignal);
      return Raised{};
    }
  }
  return ok();
}

Result<void> check_number(Thread& t, int64_t n) {
  if (n < 1 || n >= kSignals) return raise(t, types::ValueError, "signal number out of range");
  return ok();
}

Result<Local<>> signal_signal(Thread& t, int64_t number, Borrowed<> handler) {
  if (!t.is_main) {
    return raise(t, types::ValueError, "signal only works in main thread of the main interpreter");
  }
  TRY(check_number(t, number));
  struct sigaction action;
  std::memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  bool is_default = false;
  int64_t as_number = -1;
  if (is_int(handler)) (void)int_as_int64(handler, &as_number);
  if (as_number == 0) {
    action.sa_handler = SIG_DFL;
    is_default = true;
  } else if (as_number == 1) {
    action.sa_handler = SIG_IGN;
  } else if (is_callable(handler)) {
    action.sa_handler = on_signal;
  } else {
    return raise(t, types::TypeError,
                 "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object");
  }
  (void)is_default;
  TRY(safepoint(t));
  if (sigaction(static_cast<int>(number), &action, nullptr) != 0) return raise_os_error(t, errno);
  Lookup<> old = dict_find(t, Borrowed<Dict>(handlers), Value::fixnum(number));
  if (old.raised()) return Raised{};
  TRY(dict_set(t, Borrowed<Dict>(handlers), Value::fixnum(number), handler));
  if (old.absent()) return kNone;
  return old.take();
}
Result<Local<>> signal_getsignal(Thread& t, int64_t number) {
  TRY(check_number(t, number));
  Lookup<> old = dict_find(t, Borrowed<Dict>(handlers), Value::fixnum(number));
  if (old.raised()) return Raised{};
  if (old.absent()) return kNone;
  return old.take();
}
Result<Local<>> signal_default_int_handler(Thread& t, Borrowed<>, Borrowed<>) {
  return raise_value(t, types::KeyboardInterrupt, Borrowed<>());
}
Result<Local<>> signal_raise(Thread& t, int64_t number) {
  TRY(check_number(t, number));
  if (::raise(static_cast<int>(number)) != 0) return raise_os_error(t, errno);
  TRY(safepoint(t));
  return kNone;
}
Result<Local<>> signal_pthread_kill(Thread& t, Borrowed<> ident, int64_t number) {
  int64_t id = TRY(to_int64(t, ident));
  int error = pthread_kill(static_cast<pthread_t>(id), static_cast<int>(number));
  if (error) return raise_os_error(t, error);
  TRY(safepoint(t));
  return kNone;
}
int64_t signal_alarm(Thread&, int64_t seconds) { return alarm(static_cast<unsigned>(seconds)); }
Result<Local<>> signal_pause(Thread& t) {
  {
    Detached detached(t);
    pause();
  }
  TRY(safepoint(t));
  return kNone;
}
Result<Local<>> signal_siginterrupt(Thread& t, int64_t number, bool flag) {
  TRY(check_number(t, number));
  struct sigaction action;
  if (sigaction(static_cast<int>(number), nullptr, &action) != 0) return raise_os_error(t, errno);
  if (flag) action.sa_flags &= ~SA_RESTART;
  else action.sa_flags |= SA_RESTART;
  if (sigaction(static_cast<int>(number), &action, nullptr) != 0) return raise_os_error(t, errno);
  return kNone;
}
Result<Local<>> signal_strsignal(Thread& t, int64_t number) {
  TRY(check_number(t, number));
  const char* text = strsignal(static_cast<int>(number));
  if (!text || std::strncmp(text, "Unknown signal", 14) == 0) return kNone;
  return make_str(t, text);
}
Result<Local<>> signal_set_wakeup_fd(Thread& t, int64_t fd, bool warn) {
  if (!t.is_main) return raise(t, types::ValueError, "set_wakeup_fd only works in main thread of the main interpreter");
  if (fd != -1) {
    int flags = fcntl(static_cast<int>(fd), F_GETFL);
    if (flags < 0) return raise_os_error(t, errno);
    if (!(flags & O_NONBLOCK)) return raise(t, types::ValueError, "the fd {} must be in non-blocking mode", fd);
  }
  warn_on_full_buffer = warn;
  return make_int(t, __atomic_exchange_n(&wakeup_fd, static_cast<int>(fd), __ATOMIC_RELAXED));
}

Result<Local<>> timer_pair(Thread& t, const itimerval& v) {
  auto seconds = [](const timeval& tv) { return static_cast<double>(tv.tv_sec) + static_cast<double>(tv.tv_usec) * 1e-6; };
  Local<> value = TRY(make_float(t, seconds(v.it_value))), interval = TRY(make_float(t, seconds(v.it_interval)));
  return make_tuple(t, {value.value(), interval.value()});
}
Result<Local<>> signal_setitimer(Thread& t, int64_t which, double seconds, double interval) {
  auto to_timeval = [](double s) {
    timeval tv{static_cast<time_t>(s), static_cast<suseconds_t>((s - static_cast<double>(static_cast<time_t>(s))) * 1e6)};
    if (s > 0 && tv.tv_sec == 0 && tv.tv_usec == 0) tv.tv_usec = 1;
    return tv;
  };
  itimerval fresh{to_timeval(interval), to_timeval(seconds)}, old{};
  if (setitimer(static_cast<__itimer_which_t>(which), &fresh, &old) != 0) return raise_os_error(t, errno);
  return timer_pair(t, old);
}
Result<Local<>> signal_getitimer(Thread& t, int64_t which) {
  itimerval now{};
  if (getitimer(static_cast<__itimer_which_t>(which), &now) != 0) return raise_os_error(t, errno);
  return timer_pair(t, now);
}

Result<Local<>> set_of(Thread& t, const sigset_t& mask) {
  Local<Set> out = TRY(make_set(t));
  for (int n = 1; n < kSignals; n++) {
    if (sigismember(&mask, n) == 1) (void)TRY(set_add(t, out, Value::fixnum(n)));
  }
  return out;
}
Result<void> read_mask(Thread& t, Borrowed<> iterable, sigset_t* mask) {
  sigemptyset(mask);
  return for_each(t, iterable, [&](Local<> item) -> Result<bool> {
    int64_t n = TRY(to_int64(t, item));
    if (n < 1 || n >= kSignals) return raise(t, types::ValueError, "signal number {} out of range [1; 64]", n);
    sigaddset(mask, static_cast<int>(n));
    return true;
  });
}
Result<Local<>> signal_pthread_sigmask(Thread& t, int64_t how, Borrowed<> mask) {
  sigset_t wanted, old;
  TRY(read_mask(t, mask, &wanted));
  int error = pthread_sigmask(static_cast<int>(how), &wanted, &old);
  if (error) return raise_os_error(t, error);
  TRY(safepoint(t));
  return set_of(t, old);
}
Result<Local<>> signal_sigpending(Thread& t) {
  sigset_t mask;
  if (sigpending(&mask) != 0) return raise_os_error(t, errno);
  return set_of(t, mask);
}
Result<Local<>> signal_sigwait(Thread& t, Borrowed<> sigset) {
  sigset_t wanted;
  TRY(read_mask(t, sigset, &wanted));
  int number = 0, error;
  {
    Detached detached(t);
    error = sigwait(&wanted, &number);
  }
  if (error) return raise_os_error(t, error);
  return Value::fixnum(number);
}
Result<Local<>> signal_valid_signals(Thread& t) {
  sigset_t mask;
  sigfillset(&mask);
  return set_of(t, mask);
}

constexpr NativeDef kFunctions[] = {
    function<signal_signal>("signal(signalnum, handler, /)", "Set the action for the given signal."),
    function<signal_getsignal>("getsignal(signalnum, /)", "Return the current action for the given signal."),
    function<signal_default_int_handler>("default_int_handler(signalnum, frame, /)", "The default handler for SIGINT installed by Python."),
    function<signal_raise>("raise_signal(signalnum, /)", "Send a signal to the executing process."),
    function<signal_pthread_kill>("pthread_kill(thread_id, signalnum, /)", "Send a signal to a thread."),
    function<signal_alarm>("alarm(seconds, /)", "Arrange for SIGALRM to arrive after the given number of seconds."),
    function<signal_pause>("pause()", "Wait until a signal arrives."),
    function<signal_siginterrupt>("siginterrupt(signalnum, flag, /)", "Change system call restart behaviour."),
    function<signal_strsignal>("strsignal(signalnum, /)", "Return the system description of the given signal."),
    function<signal_set_wakeup_fd>("set_wakeup_fd(fd, /, *, warn_on_full_buffer=True)", "Sets the fd to be written to (with the signal number) when a signal comes in."),
    function<signal_setitimer>("setitimer(which, seconds, interval=0, /)", "Sets given itimer (one of ITIMER_REAL, ITIMER_VIRTUAL or ITIMER_PROF)."),
    function<signal_getitimer>("getitimer(which, /)", "Returns current value of given itimer."),
    function<signal_pthread_sigmask>("pthread_sigmask(how, mask, /)", "Fetch and/or change the signal mask of the calling thread."),
    function<signal_sigpending>("sigpending()", "Examine pending signals."),
    function<signal_sigwait>("sigwait(sigset, /)", "Wait for a signal."),
    function<signal_valid_signals>("valid_signals()", "Return a set of valid signal numbers on this platform."),
};

struct Number {
  const char* name;
  int value;
};
constexpr Number kNumbers[] = {
    {"SIGHUP", SIGHUP}, {"SIGINT", SIGINT}, {"SIGQUIT", SIGQUIT}, {"SIGILL", SIGILL}, {"SIGTRAP", SIGTRAP},
    {"SIGABRT", SIGABRT}, {"SIGIOT", SIGIOT}, {"SIGBUS", SIGBUS}, {"SIGFPE", SIGFPE}, {"SIGKILL", SIGKILL},
    {"SIGUSR1", SIGUSR1}, {"SIGSEGV", SIGSEGV}, {"SIGUSR2", SIGUSR2}, {"SIGPIPE", SIGPIPE}, {"SIGALRM", SIGALRM},
    {"SIGTERM", SIGTERM}, {"SIGSTKFLT", SIGSTKFLT}, {"SIGCHLD", SIGCHLD}, {"SIGCLD", SIGCHLD}, {"SIGCONT", SIGCONT},
    {"SIGSTOP", SIGSTOP}, {"SIGTSTP", SIGTSTP}, {"SIGTTIN", SIGTTIN}, {"SIGTTOU", SIGTTOU}, {"SIGURG", SIGURG},
    {"SIGXCPU", SIGXCPU}, {"SIGXFSZ", SIGXFSZ}, {"SIGVTALRM", SIGVTALRM}, {"SIGPROF", SIGPROF}, {"SIGWINCH", SIGWINCH},
    {"SIGIO", SIGIO}, {"SIGPOLL", SIGIO}, {"SIGPWR", SIGPWR}, {"SIGSYS", SIGSYS}, {"SIG_DFL", 0}, {"SIG_IGN", 1},
    {"SIG_BLOCK", SIG_BLOCK}, {"SIG_UNBLOCK", SIG_UNBLOCK}, {"SIG_SETMASK", SIG_SETMASK}, {"ITIMER_REAL", ITIMER_REAL},
    {"ITIMER_VIRTUAL", ITIMER_VIRTUAL}, {"ITIMER_PROF", ITIMER_PROF}, {"NSIG", kSignals}};

Result<void> init_signal(Thread& t, Borrowed<Module> module) {
  for (const Number& n : kNumbers) TRY(module_set_int(t, module, n.name, n.value));
  TRY(module_set_int(t, module, "SIGRTMIN", SIGRTMIN));
  TRY(module_set_int(t, module, "SIGRTMAX", SIGRTMAX));
  TRY(module_set(t, module, "ItimerError", Borrowed<>(&types::OSError)));
  main_thread = &t;
  main_parker = current_parker();
  Local<Dict> table = TRY(make_dict(t));
  Lookup<> int_handler = dict_find_str(t, module->dict.borrow(), "default_int_handler"_n);
  for (int n = 1; n < kSignals; n++) {
    struct sigaction action;
    if (sigaction(n, nullptr, &action) != 0) continue;
    Value v = action.sa_handler == SIG_DFL ? Value::fixnum(0) : action.sa_handler == SIG_IGN ? Value::fixnum(1) : kNone;
    if (n == SIGINT && action.sa_handler == SIG_DFL && int_handler.found()) {
      action.sa_handler = on_signal;
      sigemptyset(&action.sa_mask);
      action.sa_flags = 0;
      sigaction(n, &action, nullptr);
      v = (*int_handler).value();
    }
    TRY(dict_set(t, table, Value::fixnum(n), Borrowed<>(v)));
  }
  handlers = table.dup().release();
  module->state.set(std::move(table));
  signal_handlers_hook = run_handlers;
  set_interrupt_pending_hook(signal_is_waiting);
  return ok();
}

}  // namespace

OROCHI_MODULE(_signal, "This module provides mechanisms to use signal handlers in Python.", kFunctions, init_signal)

}  // namespace orochi
