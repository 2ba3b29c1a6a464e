// select: waiting for descriptors: select(), poll objects, epoll objects. Interrupted waits go on with what is left of
// the time (PEP 475).
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cmath>
#include <vector>

#include "objects/dict.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "platform/clock.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/native.h"

namespace orochi {

OROCHI_MODULE_TYPE(SelectPoll)
OROCHI_MODULE_TYPE(SelectEpoll)

namespace select_module {

namespace {

struct Poll : Object {
  static Type& python_type() { return types::SelectPoll; }
  Field<Dict> registered;   // fd: events
  uint64_t polling;         // atomic: a poll() is running
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<Poll*>(o)->registered); }
};
struct Epoll : Object {
  static Type& python_type() { return types::SelectEpoll; }
  int32_t fd;               // -1: closed; atomic
  int32_t padding;
  static void destroy(Object* o) {
    auto* e = static_cast<Epoll*>(o);
    if (e->fd > 0) close(e->fd);
  }
};

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

constexpr int64_t kForever = -1;

// A timeout argument, in units of `unit_ns`, rounded up; kForever for None (and, if negatives wait, for those).
Result<int64_t> timeout_ns(Thread& t, Borrowed<> v, int64_t unit_ns, const char* message) {
  if (v.value() == kNone) return kForever;
  if (is_float(v)) {
    double d = float_value(v);
    if (std::isnan(d)) return raise(t, types::ValueError, "Invalid value NaN (not a number)");
    double ns = std::ceil(d * static_cast<double>(unit_ns));
    if (!(ns >= -9223372036854775808.0 && ns < 9223372036854775808.0)) {
      return raise(t, types::OverflowError, "timestamp too large to convert to C PyTime_t");
    }
    return d < 0 ? -2 : static_cast<int64_t>(ns);
  }
  if (!is_int(v) && !type_of(v)->slots.index) return raise(t, types::TypeError, message);
  Local<> index = TRY(index_of(t, v));
  int64_t n, ns;
  if (!int_as_int64(index.value(), &n) || __builtin_mul_overflow(n, unit_ns, &ns)) {
    return raise(t, types::OverflowError, "timestamp too large to convert to C PyTime_t");
  }
  return ns < 0 ? -2 : ns;
}

// Calls f(ms left, or -1) until it is not interrupted or the time is over.
template <typename F>
Result<int> wait_loop(Thread& t, int64_t ns, F f) {
  int64_t deadline = ns >= 0 ? platform::monotonic_ns() + ns : 0;
  int64_t left = ns;
  for (;;) {
    int r, error;
    {
      Detached detached(t);
      r = f(left);
      error = errno;
    }
    if (r >= 0) return r;
    if (error != EINTR) return raise_os_error(t, error);
    TRY(safepoint(t));
    if (ns >= 0) {
      left = deadline - platform::monotonic_ns();
      if (left < 0) return 0;
    }
  }
}
int to_ms(int64_t ns) {
  if (ns < 0) return -1;
  int64_t ms = ns / 1000000 + (ns % 1000000 != 0);
  return ms > INT_MAX ? INT_MAX : static_cast<int>(ms);
}

// ---- select()

struct FdList {
  std::vector<int> fds;
  Local<Tuple> objects;
};
Result<void> read_list(Thread& t, Borrowed<> v, FdList* out, fd_set* set, int* highest) {
  FD_ZERO(set);
  auto items = tuple_from(t, v);
  if (items.raised()) {
    if (clear_pending_if(t, types::TypeError)) return raise(t, types::TypeError, "arguments 1-3 must be sequences");
    return Raised{};
  }
  out->objects = items.take();
  for (size_t i = 0; i < out->objects->length(); i++) {
    int fd = TRY(to_fd(t, out->objects->at(i)));
    if (fd >= FD_SETSIZE) return raise(t, types::ValueError, "filedescriptor out of range in select()");
    FD_SET(fd, set);
    if (fd > *highest) *highest = fd;
    out->fds.push_back(fd);
  }
  return ok();
}
Result<Local<>> ready_list(Thread& t, const FdList& list, const fd_set* set, bool none) {
  Local<List> out = TRY(make_list(t));
  for (size_t i = 0; !none && i < list.fds.size(); i++) {
    if (FD_ISSET(list.fds[i], set)) TRY(list_append(t, out, Local<>::share(list.objects->at(i))));
  }
  return out;
}
Result<Local<>> select_select(Thread& t, Borrowed<> r, Borrowed<> w, Borrowed<> x, Borrowed<> timeout) {
  int64_t ns = TRY(timeout_ns(t, timeout, 1000000000, "timeout must be a float or None"));
  if (ns == -2) return raise(t, types::ValueError, "timeout must be non-negative");
  FdList lists[3];
  fd_set sets[3], work[3];
  int highest = -1;
  TRY(read_list(t, r, &lists[0], &sets[0], &highest));
  TRY(read_list(t, w, &lists[1], &sets[1], &highest));
  TRY(read_list(t, x, &lists[2], &sets[2], &highest));
  int n = TRY(wait_loop(t, ns, [&](int64_t left) {
    for (int i = 0; i < 3; i++) work[i] = sets[i];
    timeval tv{left / 1000000000, (left % 1000000000 + 999) / 1000};
    if (tv.tv_usec >= 1000000) {
      tv.tv_sec++;
      tv.tv_usec -= 1000000;
    }
    return select(highest + 1, &work[0], &work[1], &work[2], ns < 0 ? nullptr : &tv);
  }));
  Local<> a = TRY(ready_list(t, lists[0], &work[0], n == 0));
  Local<> b = TRY(ready_list(t, lists[1], &work[1], n == 0));
  Local<> c = TRY(ready_list(t, lists[2], &work[2], n == 0));
  return make_tuple(t, {a.value(), b.value(), c.value()});
}

// ---- poll objects

Result<Local<>> select_poll(Thread& t) {
  Local<Poll> p = TRY(make_object<Poll>(t));
  p->registered.init(TRY(make_dict(t)));
  return p;
}
Result<int64_t> event_mask(Thread& t, Borrowed<> v) {
  Local<> index = TRY(index_of(t, v));
  int64_t n;
  if (!int_as_int64(index.value(), &n) || n > USHRT_MAX) {
    return raise(t, types::OverflowError, "Python int too large to convert to C unsigned short");
  }
  if (n < 0) return raise(t, types::ValueError, "value must be positive");
  return n;
}
Result<void> poll_register(Thread& t, Borrowed<Poll> self, Borrowed<> file, Maybe<Borrowed<>> events) {
  int fd = TRY(to_fd(t, file));
  int64_t mask = POLLIN | POLLPRI | POLLOUT;
  if (events) mask = TRY(event_mask(t, *events));
  return dict_set(t, self->registered.borrow(), Value::fixnum(fd), Value::fixnum(mask));
}
Result<void> poll_modify(Thread& t, Borrowed<Poll> self, Borrowed<> file, Borrowed<> events) {
  int fd = TRY(to_fd(t, file));
  int64_t mask = TRY(event_mask(t, events));
  bool known = TRY(dict_contains(t, self->registered.borrow(), Value::fixnum(fd)));
  if (!known) return raise_os_error(t, ENOENT);
  return dict_set(t, self->registered.borrow(), Value::fixnum(fd), Value::fixnum(mask));
}
Result<void> poll_unregister(Thread& t, Borrowed<Poll> self, Borrowed<> file) {
  int fd = TRY(to_fd(t, file));
  bool was = TRY(dict_delete(t, self->registered.borrow(), Value::fixnum(fd)));
  if (!was) return raise_key_error(t, Value::fixnum(fd));
  return ok();
}
Result<Local<>> poll_poll(Thread& t, Borrowed<Poll> self, Borrowed<> timeout) {
  int64_t ns = TRY(timeout_ns(t, timeout, 1000000, "timeout must be an integer or None"));
  if (ns == -2) ns = kForever;
  if (ns >= 0 && ns / 1000000 > INT_MAX) return raise(t, types::OverflowError, "timeout is too large");
  if (__atomic_exchange_n(&self->polling, 1, __ATOMIC_ACQUIRE)) {
    return raise(t, types::RuntimeError, "concurrent poll() invocation");
  }
  std::vector<pollfd> fds;
  size_t at = 0;
  Local<> key, value;
  while (dict_next(t, self->registered.borrow(), &at, &key, &value)) {
    fds.push_back({static_cast<int>(key.value().as_fixnum()), static_cast<short>(value.value().as_fixnum()), 0});
  }
  auto r = wait_loop(t, ns, [&](int64_t left) { return poll(fds.data(), fds.size(), ns < 0 ? -1 : to_ms(left)); });
  __atomic_store_n(&self->polling, 0, __ATOMIC_RELEASE);
  if (r.raised()) return Raised{};
  Local<List> out = TRY(make_list(t));
  for (const pollfd& p : fds) {
    if (!p.revents) continue;
    Local<Tuple> pair =
        TRY(make_tuple(t, {Value::fixnum(p.fd), Value::fixnum(static_cast<unsigned short>(p.revents))}));
    TRY(list_append(t, out, std::move(pair)));
  }
  return out;
}

// ---- epoll objects

Result<int> epoll_fd(Thread& t, Borrowed<Epoll> self) {
  int fd = __atomic_load_n(&self->fd, __ATOMIC_RELAXED);
  if (fd < 0) return raise(t, types::ValueError, "I/O operation on closed epoll object");
  return fd;
}
Result<Local<>> epoll_new(Thread& t, Borrowed<Type> cls, int32_t sizehint, int32_t flags) {
  if (sizehint < -1 || sizehint == 0) return raise(t, types::ValueError, "sizehint must be positive or -1");
  if (flags && flags != EPOLL_CLOEXEC) return raise(t, types::OSError, "invalid flags");
  Local<Epoll> e = TRY(allocate_for<Epoll>(t, cls));
  e->fd = -1;
  int fd = epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) return raise_os_error(t, errno);
  e->fd = fd;
  return e;
}
constexpr NativeDef kEpollNew = arguments<epoll_new>("epoll(cls, sizehint=-1, flags=0)");

Result<void> epoll_close(Thread& t, Borrowed<Epoll> self) {
  int fd = __atomic_exchange_n(&self->fd, -1, __ATOMIC_ACQ_REL);
  if (fd < 0) return ok();
  int r, error;
  {
    Detached detached(t);
    r = close(fd);
    error = errno;
  }
  if (r != 0) return raise_os_error(t, error);
  return ok();
}
bool epoll_closed(Thread&, Borrowed<Epoll> self) { return __atomic_load_n(&self->fd, __ATOMIC_RELAXED) < 0; }
Result<int64_t> epoll_fileno(Thread& t, Borrowed<Epoll> self) {
  int fd = TRY(epoll_fd(t, self));
  return fd;
}
Result<void> epoll_control(Thread& t, Borrowed<Epoll> self, int operation, Borrowed<> file, int64_t events) {
  int fd = TRY(to_fd(t, file));
  int epfd = TRY(epoll_fd(t, self));
  epoll_event event{};
  event.events = static_cast<uint32_t>(events);
  event.data.fd = fd;
  if (epoll_ctl(epfd, operation, fd, &event) != 0) return raise_os_error(t, errno);
  return ok();
}
Result<void> epoll_register(Thread& t, Borrowed<Epoll> self, Borrowed<> file, Maybe<int64_t> events) {
  return epoll_control(t, self, EPOLL_CTL_ADD, file, events.value_or(EPOLLIN | EPOLLPRI | EPOLLOUT));
}
Result<void> epoll_modify(Thread& t, Borrowed<Epoll> self, Borrowed<> file, int64_t events) {
  return epoll_control(t, self, EPOLL_CTL_MOD, file, events);
}
Result<void> epoll_unregister(Thread& t, Borrowed<Epoll> self, Borrowed<> file) {
  return epoll_control(t, self, EPOLL_CTL_DEL, file, 0);
}
Result<Local<>> epoll_poll(Thread& t, Borrowed<Epoll> self, Borrowed<> timeout, int32_t maxevents) {
  int epfd = TRY(epoll_fd(t, self));
  int64_t ns = TRY(timeout_ns(t, timeout, 1000000000, "timeout must be an integer or None"));
  if (ns == -2) ns = kForever;
  if (ns >= 0 && ns / 1000000 > INT_MAX) return raise(t, types::OverflowError, "timeout is too large");
  if (maxevents == -1) maxevents = FD_SETSIZE - 1;
  else if (maxevents < 1) {
    return raise(t, types::ValueError, "maxevents must be greater than 0, got {}", maxevents);
  }
  if (maxevents > (1 << 20)) maxevents = 1 << 20;
  std::vector<epoll_event> events(static_cast<size_t>(maxevents));
  int n = TRY(wait_loop(t, ns, [&](int64_t left) {
    return epoll_wait(epfd, events.data(), maxevents, ns < 0 ? -1 : to_ms(left));
  }));
  Local<List> out = TRY(make_list(t, static_cast<size_t>(n)));
  for (int i = 0; i < n; i++) {
    Local<Tuple> pair = TRY(make_tuple(t, {Value::fixnum(events[static_cast<size_t>(i)].data.fd),
                                           Value::fixnum(events[static_cast<size_t>(i)].events)}));
    TRY(list_append(t, out, std::move(pair)));
  }
  return out;
}
Result<Local<>> epoll_enter(Thread& t, Borrowed<Epoll> self) {
  TRY(epoll_fd(t, self));
  return Local<>::share(self);
}
Result<void> epoll_exit(Thread& t, Borrowed<Epoll> self, Rest) { return epoll_close(t, self); }
Result<Local<>> epoll_fromfd(Thread& t, Borrowed<Type> cls, int32_t fd) {
  Local<Epoll> e = TRY(allocate_for<Epoll>(t, cls));
  e->fd = fd;
  return e;
}

constexpr NativeDef kPollMethods[] = {
    method<poll_register>("register(self, fd, eventmask=..., /)", "Register a file descriptor with the polling object."),
    method<poll_modify>("modify(self, fd, eventmask, /)", "Modify an already registered file descriptor."),
    method<poll_unregister>("unregister(self, fd, /)", "Remove a file descriptor being tracked by the polling object."),
    method<poll_poll>("poll(self, timeout=None, /)", "Polls the set of registered file descriptors."),
};
constexpr Layout kPollLayout = layout_of<Poll>("poll");
constexpr TypeDef kPollDef{.name = "select.poll",
                           .layout = &kPollLayout,
                           .flags = kTypeNoNew,
                           OROCHI_METHODS(kPollMethods)};
constexpr NativeDef kEpollMethods[] = {
    method<epoll_close>("close(self, /)", "Close the epoll control file descriptor."),
    method<epoll_fileno>("fileno(self, /)", "Return the epoll control file descriptor."),
    method<epoll_register>("register(self, fd, eventmask=...)", "Registers a new fd or raises an OSError if the fd is already registered."),
    method<epoll_modify>("modify(self, fd, eventmask)", "Modify event mask for a registered file descriptor."),
    method<epoll_unregister>("unregister(self, fd)", "Remove a registered file descriptor from the epoll object."),
    method<epoll_poll>("poll(self, timeout=None, maxevents=-1)", "Wait for events on the epoll file descriptor."),
    method<epoll_enter>("__enter__(self, /)", nullptr),
    method<epoll_exit>("__exit__(self, /, *args)", nullptr),
    class_method<epoll_fromfd>("fromfd(cls, fd, /)", "Create an epoll object from a given control fd."),
};
constexpr GetSetDef kEpollGetSets[] = {getter<epoll_closed>("closed", "True if the epoll handler is closed")};
constexpr Layout kEpollLayout = layout_of<Epoll>("epoll");
constexpr TypeDef kEpollDef{.name = "select.epoll",
                            .signature = "(sizehint=-1, flags=0)",
                            .doc = "Returns an epolling object.",
                            .layout = &kEpollLayout,
                            OROCHI_METHODS(kEpollMethods),
                            OROCHI_GETSETS(kEpollGetSets),
                            .slots = {.new_ = new_slot<kEpollNew>}};

constexpr NativeDef kFunctions[] = {
    function<select_select>("select(rlist, wlist, xlist, timeout=None, /)", "Wait until one or more file descriptors are ready for some kind of I/O."),
    function<select_poll>("poll()", "Returns a polling object."),
};

Result<void> init(Thread& t, Borrowed<Module> module) {
  TRY(ensure_type(t, types::SelectPoll, kPollDef));
  TRY(module_add_type(t, module, types::SelectEpoll, kEpollDef));
  TRY(module_set(t, module, "error", Borrowed<>(&types::OSError)));
  static constexpr struct {
    const char* name;
    int64_t value;
  } kConstants[] = {
#define C(n) {#n, static_cast<int64_t>(static_cast<uint32_t>(n))},
      C(EPOLLERR) C(EPOLLET) C(EPOLLEXCLUSIVE) C(EPOLLHUP) C(EPOLLIN) C(EPOLLMSG) C(EPOLLONESHOT) C(EPOLLOUT) C(EPOLLPRI)
      C(EPOLLRDBAND) C(EPOLLRDHUP) C(EPOLLRDNORM) C(EPOLLWAKEUP) C(EPOLLWRBAND) C(EPOLLWRNORM) C(EPOLL_CLOEXEC)
      C(POLLERR) C(POLLHUP) C(POLLIN) C(POLLMSG) C(POLLNVAL) C(POLLOUT) C(POLLPRI) C(POLLRDBAND) C(POLLRDHUP)
      C(POLLRDNORM) C(POLLWRBAND) C(POLLWRNORM)
#undef C
      {"PIPE_BUF", 4096}};
  for (auto& c : kConstants) TRY(module_set_int(t, module, c.name, c.value));
  return ok();
}

OROCHI_MODULE(select, "Waiting for I/O on several descriptors.", kFunctions, init)

}  // namespace

}  // namespace select_module

}  // namespace orochi
