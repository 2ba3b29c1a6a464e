// _socket: the socket type and what makes sockets. socket.py makes it public.
//
// A socket with a timeout is in non-blocking mode; its operations poll until a deadline first. Every system call that
// may block runs detached; after EINTR signal handlers run and the call is made again (PEP 475).
#include <cmath>
#include <cstring>
#include <vector>

#include <netinet/in.h>
#include <poll.h>
#include <sys/un.h>
#include <unistd.h>

#include "modules/_socket/socket_module.h"

namespace orochi {

OROCHI_MODULE_TYPE(Socket)
OROCHI_MODULE_TYPE(SocketHerror)
OROCHI_MODULE_TYPE(SocketGaierror)

namespace socket_module {

namespace {

using Self = Borrowed<Socket>;
using platform::kForever;

int64_t default_timeout = -1;  // atomic

int64_t deadline_of(Self s) {
  int64_t timeout = s->timeout();
  return timeout < 0 ? kForever : platform::deadline_after(timeout);
}

// Waits until the socket is ready. False: timed out.
Result<bool> wait_ready(Thread& t, int fd, short events, int64_t deadline) {
  if (fd < 0) return true;  // closed: the call that follows says so
  for (;;) {
    int64_t left = deadline == kForever ? -1 : deadline - platform::monotonic_ns();
    if (deadline != kForever && left < 0) left = 0;
    int64_t ms = left < 0 ? -1 : (left + platform::kMillisecond - 1) / platform::kMillisecond;
    if (ms > INT32_MAX) ms = INT32_MAX;
    pollfd p{fd, events, 0};
    int r, error;
    {
      Detached detached(t);
      r = poll(&p, 1, static_cast<int>(ms));
      error = errno;
    }
    if (r > 0) return true;
    if (r == 0 && deadline != kForever && platform::monotonic_ns() >= deadline) return false;
    if (r < 0 && error != EINTR) return raise_os_error(t, error);
    TRY(safepoint(t));
  }
}

template <typename F>
Result<int64_t> transfer(Thread& t, Self s, short events, int64_t deadline, F&& f) {
  for (;;) {
    bool timed = s->timeout() > 0;
    if (timed && !TRY(wait_ready(t, s->fd(), events, deadline))) return raise(t, types::TimeoutError, "timed out");
    int64_t r;
    int error;
    {
      Detached detached(t);
      r = static_cast<int64_t>(f(s->fd()));
      error = errno;
    }
    if (r >= 0) return r;
    if (error == EINTR) {
      TRY(safepoint(t));
      continue;
    }
    if (timed && (error == EAGAIN || error == EWOULDBLOCK)) continue;
    return raise_os_error(t, error);
  }
}
template <typename F>
Result<int64_t> receive(Thread& t, Self s, F&& f) { return transfer(t, s, POLLIN, deadline_of(s), f); }
template <typename F>
Result<int64_t> transmit(Thread& t, Self s, F&& f) { return transfer(t, s, POLLOUT, deadline_of(s), f); }

bool set_blocking_mode(int fd, bool blocking) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return false;
  int wanted = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
  return wanted == flags || fcntl(fd, F_SETFL, wanted) == 0;
}

Result<int64_t> to_timeout(Thread& t, Borrowed<> v) {
  if (v.value() == kNone) return int64_t{-1};
  double seconds = TRY(to_double(t, v));
  if (std::isnan(seconds)) return raise(t, types::ValueError, "Invalid value NaN (not a number)");
  if (seconds < 0) return raise(t, types::ValueError, "Timeout value out of range");
  if (seconds > 9.2e9) return raise(t, types::OverflowError, "timeout doesn't fit into C timeval");
  return static_cast<int64_t>(std::ceil(seconds * 1e9));
}
Result<Local<>> from_timeout(Thread& t, int64_t ns) {
  if (ns < 0) return kNone;
  return make_float(t, static_cast<double>(ns) / 1e9);
}

// ---- life

Result<Local<>> socket_new(Thread& t, Borrowed<Type> cls, Rest, KwRest) {
  Local<Socket> s = TRY(allocate_for<Socket>(t, cls));
  s->fd_ = -1;
  s->timeout_ = -1;
  return s;
}
constexpr NativeDef kNew = arguments<socket_new>("socket(cls, *args, **kwargs)");

int option_of(int fd, int option, int otherwise) {
  int value = 0;
  socklen_t n = sizeof value;
  return getsockopt(fd, SOL_SOCKET, option, &value, &n) == 0 ? value : otherwise;
}

Result<void> socket_init(Thread& t, Self s, int32_t family, int32_t type, int32_t proto, Borrowed<> fileno) {
  int fd;
  if (fileno && fileno.value() != kNone) {
    if (!is_int(fileno) && !type_of(fileno)->slots.index) {
      return raise(t, types::TypeError, "integer argument expected, got {}", TypeName(fileno));
    }
    fd = TRY(to_int32(t, fileno));
    if (fd < 0) return raise(t, types::ValueError, "negative file descriptor");
    Address a;
    if (getsockname(fd, a.get(), &a.length) < 0) {
      if (family == -1 || errno == EBADF || errno == ENOTSOCK) return raise_os_error(t, errno);
    } else if (family == -1) {
      family = a.storage.ss_family;
    }
    if (type == -1) type = option_of(fd, SO_TYPE, SOCK_STREAM);
    if (proto == -1) proto = option_of(fd, SO_PROTOCOL, 0);
  } else {
    if (family == -1) family = AF_INET;
    if (type == -1) type = SOCK_STREAM;
    if (proto == -1) proto = 0;
    fd = static_cast<int>(TRY(posix_module::system_call(t, [&] { return socket(family, type | SOCK_CLOEXEC, proto); })));
  }
  int old = s->take_fd();
  if (old >= 0) close(old);
  s->family = family;
  s->type = type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK);
  s->proto = proto;
  int64_t timeout = __atomic_load_n(&default_timeout, __ATOMIC_RELAXED);
  if (type & SOCK_NONBLOCK) timeout = 0;
  else if (timeout >= 0) (void)set_blocking_mode(fd, false);
  __atomic_store_n(&s->timeout_, timeout, __ATOMIC_RELAXED);
  __atomic_store_n(&s->fd_, fd, __ATOMIC_RELEASE);
  return ok();
}
constexpr NativeDef kInit = arguments<socket_init>("socket(self, family=-1, type=-1, proto=-1, fileno=None)");

Result<Local<>> socket_op_repr(Thread& t, Borrowed<> v) {
  auto s = v.as<Socket>();
  return format_str(t, "<socket object, fd={}, family={}, type={}, proto={}>", s->fd(), s->family, s->type, s->proto);
}

void socket_finalize(Thread& t, Borrowed<> v) {
  auto s = v.as<Socket>();
  if (s->fd() < 0) return;
  Local<> before;
  if (t.has_pending()) before = take_pending(t);
  auto warn = [&]() -> Result<void> {
    Local<Str> shown = TRY(repr_of(t, v));
    Local<Str> text = TRY(format_str(t, "unclosed {}", shown));
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
  int fd = s->take_fd();
  if (fd >= 0) close(fd);
  if (before) set_pending(t, std::move(before));
}

Result<void> socket_close(Thread& t, Self s) {
  int fd = s->take_fd();
  if (fd < 0) return ok();
  int r, error;
  {
    Detached detached(t);
    r = close(fd);
    error = errno;
  }
  if (r < 0 && error != ECONNRESET && error != EINTR) return raise_os_error(t, error);
  return ok();
}
int64_t socket_detach(Thread&, Self s) { return s->take_fd(); }
int64_t socket_fileno(Thread&, Self s) { return s->fd(); }

// ---- modes and options

Result<void> apply_timeout(Thread& t, Self s, int64_t timeout) {
  if (!set_blocking_mode(s->fd(), timeout < 0)) return raise_os_error(t, errno);
  __atomic_store_n(&s->timeout_, timeout, __ATOMIC_RELAXED);
  return ok();
}
Result<void> socket_setblocking(Thread& t, Self s, bool blocking) { return apply_timeout(t, s, blocking ? -1 : 0); }
Result<void> socket_settimeout(Thread& t, Self s, Borrowed<> v) { return apply_timeout(t, s, TRY(to_timeout(t, v))); }
Result<Local<>> socket_gettimeout(Thread& t, Self s) { return from_timeout(t, s->timeout()); }
bool socket_getblocking(Thread&, Self s) { return s->timeout() != 0; }

Result<Local<>> socket_getsockopt(Thread& t, Self s, int32_t level, int32_t option, int32_t size) {
  if (size == 0) {
    int value = 0;
    socklen_t n = sizeof value;
    if (getsockopt(s->fd(), level, option, &value, &n) < 0) return raise_os_error(t, errno);
    return Value::fixnum(value);
  }
  if (size < 0 || size > 1024) return raise(t, types::OSError, "getsockopt buflen out of range");
  char data[1024];
  auto n = static_cast<socklen_t>(size);
  if (getsockopt(s->fd(), level, option, data, &n) < 0) return raise_os_error(t, errno);
  return make_bytes(t, {data, n});
}
Result<void> socket_setsockopt(Thread& t, Self s, int32_t level, int32_t option, Borrowed<> value, Maybe<int32_t> size) {
  int r;
  if (value.value() == kNone) {
    if (!size) return raise(t, types::TypeError, "setsockopt() with None needs optlen");
    r = setsockopt(s->fd(), level, option, nullptr, static_cast<socklen_t>(*size));
  } else if (size) {
    return raise(t, types::TypeError, "setsockopt() argument 3 must be None when optlen is given");
  } else if (is_int(value) || type_of(value)->slots.index) {
    int number = TRY(to_int32(t, value));
    r = setsockopt(s->fd(), level, option, &number, sizeof number);
  } else {
    Buffer b = TRY(Buffer::get(t, value));
    r = setsockopt(s->fd(), level, option, b.data(), static_cast<socklen_t>(b.size()));
  }
  if (r < 0) return raise_os_error(t, errno);
  return ok();
}

// ---- connections

Result<void> socket_bind(Thread& t, Self s, Borrowed<> address) {
  Address a;
  TRY(to_address(t, s->family, address, "bind", &a));
  return posix_module::system_check(t, [&] { return bind(s->fd(), a.get(), a.length); });
}
Result<void> socket_listen(Thread& t, Self s, Maybe<int32_t> backlog) {
  int n = backlog ? *backlog : 128;
  if (n < 0) n = 0;
  return posix_module::system_check(t, [&] { return listen(s->fd(), n); });
}
// 0, or errno; -1 when the time is over.
Result<int> do_connect(Thread& t, Self s, Address& a) {
  int64_t deadline = deadline_of(s);
  int r, error;
  {
    Detached detached(t);
    r = connect(s->fd(), a.get(), a.length);
    error = errno;
  }
  if (r == 0) return 0;
  bool wait = error == EINTR ? s->timeout() != 0 : error == EINPROGRESS && s->timeout() > 0;
  if (error == EINTR) TRY(safepoint(t));
  if (!wait) return error;
  if (!TRY(wait_ready(t, s->fd(), POLLOUT, deadline))) return -1;
  error = 0;
  socklen_t n = sizeof error;
  if (getsockopt(s->fd(), SOL_SOCKET, SO_ERROR, &error, &n) < 0) error = errno;
  return error == EISCONN ? 0 : error;
}
Result<void> socket_connect(Thread& t, Self s, Borrowed<> address) {
  Address a;
  TRY(to_address(t, s->family, address, "connect", &a));
  int error = TRY(do_connect(t, s, a));
  if (error == -1) return raise(t, types::TimeoutError, "timed out");
  if (error) return raise_os_error(t, error);
  return ok();
}
Result<int64_t> socket_connect_ex(Thread& t, Self s, Borrowed<> address) {
  Address a;
  TRY(to_address(t, s->family, address, "connect_ex", &a));
  int error = TRY(do_connect(t, s, a));
  return int64_t{error == -1 ? EWOULDBLOCK : error};
}
Result<Local<>> socket_accept(Thread& t, Self s) {
  Address a;
  int64_t fd = TRY(receive(t, s, [&](int from) {
    a.length = sizeof a.storage;
    return accept4(from, a.get(), &a.length, SOCK_CLOEXEC);
  }));
  Result<Local<>> address = from_address(t, a);
  if (address.raised()) {
    close(static_cast<int>(fd));
    return Raised{};
  }
  return make_tuple(t, {Value::fixnum(fd), (*address).value()});
}
Result<void> socket_shutdown(Thread& t, Self s, int32_t how) {
  return posix_module::system_check(t, [&] { return shutdown(s->fd(), how); });
}
Result<Local<>> socket_getsockname(Thread& t, Self s) {
  Address a;
  if (getsockname(s->fd(), a.get(), &a.length) < 0) return raise_os_error(t, errno);
  return from_address(t, a);
}
Result<Local<>> socket_getpeername(Thread& t, Self s) {
  Address a;
  if (getpeername(s->fd(), a.get(), &a.length) < 0) return raise_os_error(t, errno);
  return from_address(t, a);
}

// ---- data

Result<Local<>> shortened(Thread& t, Local<Bytes> data, size_t n) {
  if (n == data->length()) return data;
  return make_bytes(t, data->view().substr(0, n));
}
Result<Local<>> socket_recv(Thread& t, Self s, Index size, int32_t flags) {
  if (size < 0) return raise(t, types::ValueError, "negative buffersize in recv");
  Local<Bytes> data = TRY(make_bytes_uninitialised(t, static_cast<size_t>(size.value)));
  int64_t n = TRY(receive(t, s, [&](int fd) { return recv(fd, data->mutable_data(), data->length(), flags); }));
  return shortened(t, std::move(data), static_cast<size_t>(n));
}
Result<Local<>> socket_recvfrom(Thread& t, Self s, Index size, int32_t flags) {
  if (size < 0) return raise(t, types::ValueError, "negative buffersize in recvfrom");
  Local<Bytes> data = TRY(make_bytes_uninitialised(t, static_cast<size_t>(size.value)));
  Address a;
  int64_t n = TRY(receive(t, s, [&](int fd) {
    a.length = sizeof a.storage;
    return recvfrom(fd, data->mutable_data(), data->length(), flags, a.get(), &a.length);
  }));
  Local<> got = TRY(shortened(t, std::move(data), static_cast<size_t>(n)));
  Local<> address = TRY(from_address(t, a));
  return make_tuple(t, {got.value(), address.value()});
}
Result<size_t> room(Thread& t, const Buffer& b, int64_t wanted, const char* function) {
  if (wanted < 0) return raise(t, types::ValueError, "negative buffersize in {}", function);
  if (wanted == 0) return b.size();
  if (static_cast<size_t>(wanted) > b.size()) {
    return raise(t, types::ValueError, std::strcmp(function, "recv_into") == 0
                                           ? "buffer too small for requested bytes"
                                           : "nbytes is greater than the length of the buffer");
  }
  return static_cast<size_t>(wanted);
}
Result<int64_t> socket_recv_into(Thread& t, Self s, Borrowed<> buffer, Index size, int32_t flags) {
  Buffer b = TRY(Buffer::get(t, buffer, kBufferWritable));
  size_t n = TRY(room(t, b, size, "recv_into"));
  return receive(t, s, [&](int fd) { return recv(fd, b.writable_data(), n, flags); });
}
Result<Local<>> socket_recvfrom_into(Thread& t, Self s, Borrowed<> buffer, Index size, int32_t flags) {
  Buffer b = TRY(Buffer::get(t, buffer, kBufferWritable));
  size_t n = TRY(room(t, b, size, "recvfrom_into"));
  Address a;
  int64_t got = TRY(receive(t, s, [&](int fd) {
    a.length = sizeof a.storage;
    return recvfrom(fd, b.writable_data(), n, flags, a.get(), &a.length);
  }));
  Local<> address = TRY(from_address(t, a));
  return make_tuple(t, {Value::fixnum(got), address.value()});
}
Result<int64_t> socket_send(Thread& t, Self s, Borrowed<> data, int32_t flags) {
  Buffer b = TRY(Buffer::get(t, data));
  return transmit(t, s, [&](int fd) { return send(fd, b.data(), b.size(), flags | MSG_NOSIGNAL); });
}
Result<void> socket_sendall(Thread& t, Self s, Borrowed<> data, int32_t flags) {
  Buffer b = TRY(Buffer::get(t, data));
  int64_t deadline = deadline_of(s);
  size_t done = 0;
  do {
    done += static_cast<size_t>(TRY(transfer(t, s, POLLOUT, deadline, [&](int fd) {
      return send(fd, b.data() + done, b.size() - done, flags | MSG_NOSIGNAL);
    })));
    TRY(safepoint(t));
  } while (done < b.size());
  return ok();
}
Result<int64_t> socket_sendto(Thread& t, Self s, Borrowed<> data, Borrowed<> second, Maybe<Borrowed<>> third) {
  int flags = 0;
  if (third) flags = TRY(to_int32(t, second));
  Buffer b = TRY(Buffer::get(t, data));
  Address a;
  TRY(to_address(t, s->family, third ? *third : second, "sendto", &a));
  return transmit(t, s, [&](int fd) {
    return sendto(fd, b.data(), b.size(), flags | MSG_NOSIGNAL, a.get(), a.length);
  });
}

struct Vectors {
  std::vector<Buffer> buffers;
  std::vector<iovec> parts;
};
Result<void> to_vectors(Thread& t, Borrowed<> sequence, int flags, Vectors* out) {
  TRY(for_each(t, sequence, [&](Local<> item) -> Result<bool> {
    Buffer b = TRY(Buffer::get(t, item, flags));
    out->parts.push_back({b.writable_data(), b.size()});
    out->buffers.push_back(std::move(b));
    return true;
  }));
  return ok();
}

Result<Local<>> finish_recvmsg(Thread& t, msghdr& m, Address& a, Borrowed<> data) {
  Local<List> ancillary = TRY(make_list(t));
  for (cmsghdr* c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
    auto* start = CMSG_DATA(c);
    auto* end = reinterpret_cast<unsigned char*>(c) + c->cmsg_len;
    auto* limit = static_cast<unsigned char*>(m.msg_control) + m.msg_controllen;
    if (end > limit) end = limit;
    size_t length = end > start ? static_cast<size_t>(end - start) : 0;
    Local<Bytes> bytes = TRY(make_bytes(t, {reinterpret_cast<char*>(start), length}));
    TRY(list_append(t, ancillary, TRY(make_tuple(t, {Value::fixnum(c->cmsg_level), Value::fixnum(c->cmsg_type), bytes.value()}))));
  }
  a.length = m.msg_namelen;
  Local<> address = TRY(from_address(t, a));
  return make_tuple(t, {data.value(), ancillary.value(), Value::fixnum(m.msg_flags), address.value()});
}
Result<int64_t> do_recvmsg(Thread& t, Self s, msghdr& m, Address& a, iovec* parts, size_t count, Local<Bytes>& control,
                           int64_t control_size, int flags) {
  if (control_size < 0 || control_size > INT32_MAX) return raise(t, types::ValueError, "invalid ancillary data buffer length");
  control = TRY(make_bytes_uninitialised(t, static_cast<size_t>(control_size)));
  return receive(t, s, [&](int fd) {
    m = {};
    m.msg_name = &a.storage;
    m.msg_namelen = sizeof a.storage;
    m.msg_iov = parts;
    m.msg_iovlen = count;
    m.msg_control = control_size ? control->mutable_data() : nullptr;
    m.msg_controllen = static_cast<size_t>(control_size);
    return recvmsg(fd, &m, flags);
  });
}
Result<Local<>> socket_recvmsg(Thread& t, Self s, Index size, Index control_size, int32_t flags) {
  if (size < 0) return raise(t, types::ValueError, "negative buffer size in recvmsg()");
  Local<Bytes> data = TRY(make_bytes_uninitialised(t, static_cast<size_t>(size.value))), control;
  iovec part{data->mutable_data(), data->length()};
  msghdr m;
  Address a;
  int64_t n = TRY(do_recvmsg(t, s, m, a, &part, 1, control, control_size, flags));
  Local<> got = TRY(shortened(t, std::move(data), static_cast<size_t>(n)));
  return finish_recvmsg(t, m, a, got);
}
Result<Local<>> socket_recvmsg_into(Thread& t, Self s, Borrowed<> buffers, Index control_size, int32_t flags) {
  Vectors v;
  TRY(to_vectors(t, buffers, kBufferWritable, &v));
  Local<Bytes> control;
  msghdr m;
  Address a;
  int64_t n = TRY(do_recvmsg(t, s, m, a, v.parts.data(), v.parts.size(), control, control_size, flags));
  return finish_recvmsg(t, m, a, Borrowed<>(Value::fixnum(n)));
}
Result<int64_t> socket_sendmsg(Thread& t, Self s, Borrowed<> buffers, Maybe<Borrowed<>> ancillary, int32_t flags,
                               OrNone<Borrowed<>> address) {
  Vectors v;
  TRY(to_vectors(t, buffers, kBufferSimple, &v));
  Address a;
  if (address) TRY(to_address(t, s->family, *address, "sendmsg", &a));
  std::string control;
  if (ancillary) {
    TRY(for_each(t, *ancillary, [&](Local<> item) -> Result<bool> {
      Local<Tuple> entry = TRY(tuple_from(t, item));
      if (entry->length() != 3) return raise(t, types::TypeError, "[sendmsg() ancillary data items] must be a 3-tuple");
      cmsghdr header = {};
      header.cmsg_level = TRY(to_int32(t, entry->at(0)));
      header.cmsg_type = TRY(to_int32(t, entry->at(1)));
      Buffer b = TRY(Buffer::get(t, entry->at(2)));
      if (b.size() > INT32_MAX / 2 || control.size() > INT32_MAX / 2) {
        return raise(t, types::OSError, "too much ancillary data");
      }
      header.cmsg_len = CMSG_LEN(b.size());
      size_t start = control.size();
      control.resize(start + CMSG_SPACE(b.size()));
      std::memcpy(control.data() + start, &header, sizeof header);
      std::memcpy(control.data() + start + CMSG_LEN(0), b.data(), b.size());
      return true;
    }));
  }
  msghdr m = {};
  m.msg_name = address ? a.get() : nullptr;
  m.msg_namelen = address ? a.length : 0;
  m.msg_iov = v.parts.data();
  m.msg_iovlen = v.parts.size();
  m.msg_control = control.empty() ? nullptr : control.data();
  m.msg_controllen = control.size();
  return transmit(t, s, [&](int fd) { return sendmsg(fd, &m, flags | MSG_NOSIGNAL); });
}

int64_t get_family(Thread&, Self s) { return s->family; }
int64_t get_type(Thread&, Self s) { return s->type; }
int64_t get_proto(Thread&, Self s) { return s->proto; }

constexpr NativeDef kMethods[] = {
    method<socket_accept>("_accept(self, /)", "Wait for an incoming connection."),
    method<socket_bind>("bind(self, address, /)", "Bind the socket to a local address."),
    method<socket_close>("close(self, /)", "Close the socket.  It cannot be used after this call."),
    method<socket_connect>("connect(self, address, /)", "Connect the socket to a remote address."),
    method<socket_connect_ex>("connect_ex(self, address, /)", "Like connect(address), but return an error code instead of raising."),
    method<socket_detach>("detach(self, /)", "Close the socket object without closing the underlying file descriptor."),
    method<socket_fileno>("fileno(self, /)", "Return the integer file descriptor of the socket."),
    method<socket_getpeername>("getpeername(self, /)", "Return the address of the remote endpoint."),
    method<socket_getsockname>("getsockname(self, /)", "Return the address of the local endpoint."),
    method<socket_getsockopt>("getsockopt(self, level, option, buffersize=0, /)", "Get a socket option."),
    method<socket_setsockopt>("setsockopt(self, level, option, value, optlen=..., /)", "Set a socket option."),
    method<socket_listen>("listen(self, backlog=..., /)", "Enable a server to accept connections."),
    method<socket_recv>("recv(self, buffersize, flags=0, /)", "Receive up to buffersize bytes from the socket."),
    method<socket_recv_into>("recv_into(self, buffer, nbytes=0, flags=0)", "Like recv(), but store the data into a buffer."),
    method<socket_recvfrom>("recvfrom(self, buffersize, flags=0, /)", "Like recv(), but also return the sender's address."),
    method<socket_recvfrom_into>("recvfrom_into(self, buffer, nbytes=0, flags=0)", "Like recvfrom(), but store the data into a buffer."),
    method<socket_recvmsg>("recvmsg(self, bufsize, ancbufsize=0, flags=0, /)", "Receive normal and ancillary data."),
    method<socket_recvmsg_into>("recvmsg_into(self, buffers, ancbufsize=0, flags=0, /)", "Like recvmsg(), into buffers."),
    method<socket_send>("send(self, data, flags=0, /)", "Send data; return the number of bytes sent."),
    method<socket_sendall>("sendall(self, data, flags=0, /)", "Send all of data."),
    method<socket_sendto>("sendto(self, data, flags_or_address, address=..., /)", "Send data to an address."),
    method<socket_sendmsg>("sendmsg(self, buffers, ancdata=(), flags=0, address=None, /)", "Send normal and ancillary data."),
    method<socket_setblocking>("setblocking(self, flag, /)", "Set the socket to blocking or non-blocking mode."),
    method<socket_getblocking>("getblocking(self, /)", "Return whether the socket is in blocking mode."),
    method<socket_settimeout>("settimeout(self, timeout, /)", "Set a timeout on socket operations."),
    method<socket_gettimeout>("gettimeout(self, /)", "Return the timeout in seconds, or None."),
    method<socket_shutdown>("shutdown(self, flag, /)", "Shut down one or both sides of the connection."),
};
constexpr GetSetDef kGetSets[] = {
    getter<get_family>("family", "the socket family"),
    getter<get_type>("type", "the socket type"),
    getter<get_proto>("proto", "the socket protocol"),
    getter<socket_gettimeout>("timeout", "the socket timeout"),
};
constexpr Layout kLayout = layout_of<Socket>("socket");
const TypeDef kSocketDef = {
    .name = "_socket.socket",
    .doc = "socket(family=AF_INET, type=SOCK_STREAM, proto=0) -> socket object\n\nOpen a socket of the given type.",
    .layout = &kLayout,
    .flags = kTypeSubclassable,
    OROCHI_METHODS(kMethods),
    OROCHI_GETSETS(kGetSets),
    .slots = {.repr = socket_op_repr, .init = init_slot<kInit>, .new_ = new_slot<kNew>, .finalize = socket_finalize}};
const TypeDef kHerrorDef = {.name = "socket.herror", .base = &types::OSError, .flags = kTypeSubclassable};
const TypeDef kGaierrorDef = {.name = "socket.gaierror", .base = &types::OSError, .flags = kTypeSubclassable};

// ---- functions

Result<Local<>> module_socketpair(Thread& t, int32_t family, int32_t type, int32_t proto) {
  int fds[2];
  TRY(posix_module::system_check(t, [&] { return socketpair(family, type | SOCK_CLOEXEC, proto, fds); }));
  auto make = [&](int fd) -> Result<Local<>> {
    return call(t, Borrowed<>(&types::Socket), Borrowed<>(Value::fixnum(family)), Borrowed<>(Value::fixnum(type)),
                Borrowed<>(Value::fixnum(proto)), Borrowed<>(Value::fixnum(fd)));
  };
  Result<Local<>> a = make(fds[0]);
  if (a.raised()) {
    close(fds[0]);
    close(fds[1]);
    return Raised{};
  }
  Result<Local<>> b = make(fds[1]);
  if (b.raised()) {
    close(fds[1]);
    return Raised{};
  }
  return make_tuple(t, {(*a).value(), (*b).value()});
}
Result<void> module_close(Thread& t, Borrowed<> v) {
  int fd = TRY(to_int32(t, v));
  int r, error;
  {
    Detached detached(t);
    r = close(fd);
    error = errno;
  }
  if (r < 0 && error != ECONNRESET && error != EINTR) return raise_os_error(t, error);
  return ok();
}
Result<int64_t> module_dup(Thread& t, Borrowed<> v) {
  int fd = TRY(to_int32(t, v));
  return posix_module::system_call(t, [&] { return fcntl(fd, F_DUPFD_CLOEXEC, 0); });
}
Result<Local<>> module_getdefaulttimeout(Thread& t) {
  return from_timeout(t, __atomic_load_n(&default_timeout, __ATOMIC_RELAXED));
}
Result<void> module_setdefaulttimeout(Thread& t, Borrowed<> v) {
  int64_t timeout = TRY(to_timeout(t, v));
  __atomic_store_n(&default_timeout, timeout, __ATOMIC_RELAXED);
  return ok();
}
Result<int64_t> module_cmsg_len(Thread& t, Index n) {
  if (n < 0 || n > INT32_MAX) return raise(t, types::OverflowError, "CMSG_LEN() argument out of range");
  return static_cast<int64_t>(CMSG_LEN(static_cast<size_t>(n.value)));
}
Result<int64_t> module_cmsg_space(Thread& t, Index n) {
  if (n < 0 || n > INT32_MAX) return raise(t, types::OverflowError, "CMSG_SPACE() argument out of range");
  return static_cast<int64_t>(CMSG_SPACE(static_cast<size_t>(n.value)));
}

constexpr NativeDef kFunctions[] = {
    function<module_socketpair>("socketpair(family=1, type=1, proto=0, /)", "Create a pair of socket objects."),
    function<module_close>("close(fd, /)", "Close an integer socket file descriptor."),
    function<module_dup>("dup(fd, /)", "Duplicate an integer socket file descriptor."),
    function<module_getdefaulttimeout>("getdefaulttimeout()", "Returns the default timeout in seconds for new socket objects."),
    function<module_setdefaulttimeout>("setdefaulttimeout(timeout, /)", "Set the default timeout in seconds for new socket objects."),
    function<module_cmsg_len>("CMSG_LEN(length, /)", "Return the total length of an ancillary data item with that much data."),
    function<module_cmsg_space>("CMSG_SPACE(length, /)", "Return the buffer size needed for an ancillary data item."),
};

Result<void> init(Thread& t, Borrowed<Module> module) {
  TRY(module_add_type(t, module, types::Socket, kSocketDef));
  TRY(module_set(t, module, "SocketType", Borrowed<>(&types::Socket)));
  TRY(module_add_type(t, module, types::SocketHerror, kHerrorDef));
  TRY(module_add_type(t, module, types::SocketGaierror, kGaierrorDef));
  TRY(module_set(t, module, "error", Borrowed<>(&types::OSError)));
  TRY(module_set(t, module, "timeout", Borrowed<>(&types::TimeoutError)));
  TRY(init_constants(t, module));
  return init_names(t, module);
}

}  // namespace

}  // namespace socket_module

using socket_module::kFunctions;
using socket_module::init;
OROCHI_MODULE(_socket, "Implementation module for socket operations.", kFunctions, init)

}  // namespace orochi
