// _socket: addresses and names: what Python's address tuples are to the system, getaddrinfo() and its relatives.
#include <cstring>

#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

#include "modules/_socket/socket_module.h"

namespace orochi::socket_module {

namespace {

Raised raise_pair(Thread& t, Type& type, int code, const char* text) {
  Local<Str> message = TRY(make_str(t, text));
  Local<> e = TRY(call(t, Borrowed<>(&type), Borrowed<>(Value::fixnum(code)), message));
  return raise_exception(t, std::move(e));
}

struct AddrInfo {
  addrinfo* list = nullptr;
  ~AddrInfo() {
    if (list) freeaddrinfo(list);
  }
};
Result<void> look_up(Thread& t, const char* host, const char* service, const addrinfo& hints, AddrInfo* out) {
  int error, saved;
  {
    Detached detached(t);
    error = getaddrinfo(host, service, &hints, &out->list);
    saved = errno;
  }
  if (error == 0) return ok();
  out->list = nullptr;
  if (error == EAI_SYSTEM && saved) return raise_os_error(t, saved);
  return raise_gai(t, error);
}

Result<int> to_port(Thread& t, Borrowed<> v, const char* function) {
  Local<> index = TRY(index_of(t, v));
  int64_t port;
  if (!int_as_int64(index.value(), &port) || port < 0 || port > 65535) {
    return raise(t, types::OverflowError, "{}(): port must be 0-65535.", function);
  }
  return static_cast<int>(port);
}

Result<std::string> to_text(Thread& t, Borrowed<> v, const char* what) {  // str or bytes, no NUL
  std::string out;
  if (is_str(v)) {
    Utf8 text = TRY(str_utf8(t, v.as<Str>()));
    out.assign(text.view);
  } else if (is_bytes(v)) {
    out.assign(v.as<Bytes>()->view());
  } else {
    return raise(t, types::TypeError, "{} must be str or bytes, not {}", what, TypeName(v));
  }
  if (out.find('\0') != std::string::npos) return raise(t, types::ValueError, "embedded null character");
  return out;
}

}  // namespace

Raised raise_gai(Thread& t, int error) { return raise_pair(t, types::SocketGaierror, error, gai_strerror(error)); }

Result<std::string> to_host(Thread& t, Borrowed<> v, const char* function) {
  Local<> given = Local<>::share(v);
  if (is_str(v) && !v.as<Str>()->is_ascii()) given = TRY(call_method(t, v, "encode"_n, "idna"_n));
  std::string out;
  if (is_str(given.value())) {
    out.assign(given.borrow().as<Str>()->ascii_view());
  } else if (is_bytes(given.value()) || is_a<ByteArray>(given.value())) {
    Buffer b = TRY(Buffer::get(t, given));
    out.assign(b.view());
  } else {
    return raise(t, types::TypeError, "{}() argument 1 must be str, bytes or bytearray, not {}", function, TypeName(v));
  }
  if (out.find('\0') != std::string::npos) return raise(t, types::TypeError, "host name must not contain null character");
  return out;
}

Result<void> resolve(Thread& t, const std::string& host, int family, Address* out) {
  if (host == "<broadcast>" && family != AF_INET6) {
    auto* in = reinterpret_cast<sockaddr_in*>(&out->storage);
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = htonl(INADDR_BROADCAST);
    out->length = sizeof(sockaddr_in);
    return ok();
  }
  addrinfo hints = {};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = host.empty() ? AI_PASSIVE : 0;
  AddrInfo found;
  TRY(look_up(t, host.empty() ? nullptr : host.c_str(), host.empty() ? "0" : nullptr, hints, &found));
  if (!found.list || found.list->ai_addrlen > sizeof out->storage) return raise_gai(t, EAI_NONAME);
  std::memcpy(&out->storage, found.list->ai_addr, found.list->ai_addrlen);
  out->length = found.list->ai_addrlen;
  return ok();
}

Result<void> to_address(Thread& t, int family, Borrowed<> v, const char* function, Address* out) {
  *out = Address();
  if (family == AF_UNIX) {
    std::string path;
    if (is_str(v)) {
      Utf8 text = TRY(str_utf8(t, v.as<Str>(), Surrogates::Escape));
      path.assign(text.view);
    } else {
      Buffer b = TRY(Buffer::get(t, v));
      path.assign(b.view());
    }
    auto* un = reinterpret_cast<sockaddr_un*>(&out->storage);
    bool abstract = !path.empty() && path[0] == '\0';
    if (abstract ? path.size() > sizeof un->sun_path : path.size() >= sizeof un->sun_path) {
      return raise(t, types::OSError, "AF_UNIX path too long");
    }
    un->sun_family = AF_UNIX;
    std::memcpy(un->sun_path, path.data(), path.size());
    out->length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (abstract || path.empty() ? 0 : 1));
    return ok();
  }
  if (family != AF_INET && family != AF_INET6) return raise(t, types::OSError, "{}(): bad family", function);
  const char* name = family == AF_INET ? "AF_INET" : "AF_INET6";
  if (!is_tuple(v)) {
    return raise(t, types::TypeError, "{}(): {} address must be tuple, not {}", function, name, TypeName(v));
  }
  auto tuple = v.as<Tuple>();
  size_t n = tuple->length();
  if (family == AF_INET ? n != 2 : n < 2 || n > 4) {
    return raise(t, types::TypeError,
                 family == AF_INET ? "{}(): AF_INET address must be a pair (host, port)"
                                   : "{}(): AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])",
                 function);
  }
  std::string host = TRY(to_host(t, tuple->at(0), function));
  int port = TRY(to_port(t, tuple->at(1), function));
  int64_t flow = 0, scope = 0;
  if (n > 2) flow = TRY(to_int64(t, tuple->at(2)));
  if (n > 3) scope = TRY(to_int64(t, tuple->at(3)));
  if (flow < 0 || flow > 0xfffff) return raise(t, types::OverflowError, "{}(): flowinfo must be 0-1048575.", function);
  if (scope < 0 || scope > UINT32_MAX) return raise(t, types::OverflowError, "{}(): scope_id out of range", function);
  auto* in = reinterpret_cast<sockaddr_in*>(&out->storage);
  auto* in6 = reinterpret_cast<sockaddr_in6*>(&out->storage);
  if (family == AF_INET && inet_pton(AF_INET, host.c_str(), &in->sin_addr) == 1) {
    in->sin_family = AF_INET;
    out->length = sizeof(sockaddr_in);
  } else if (family == AF_INET6 && inet_pton(AF_INET6, host.c_str(), &in6->sin6_addr) == 1) {
    in6->sin6_family = AF_INET6;
    out->length = sizeof(sockaddr_in6);
  } else {
    TRY(resolve(t, host, family, out));
  }
  if (family == AF_INET) {
    in->sin_port = htons(static_cast<uint16_t>(port));
  } else {
    in6->sin6_port = htons(static_cast<uint16_t>(port));
    in6->sin6_flowinfo = htonl(static_cast<uint32_t>(flow));
    if (n > 3 || in6->sin6_scope_id == 0) in6->sin6_scope_id = static_cast<uint32_t>(scope);
  }
  return ok();
}

Result<Local<>> from_address(Thread& t, Address& a) {
  if (a.length == 0) return kNone;
  char text[INET6_ADDRSTRLEN] = "";
  switch (a.storage.ss_family) {
    case AF_INET: {
      auto* in = reinterpret_cast<sockaddr_in*>(&a.storage);
      inet_ntop(AF_INET, &in->sin_addr, text, sizeof text);
      Local<Str> host = TRY(make_str(t, text));
      return make_tuple(t, {host.value(), Value::fixnum(ntohs(in->sin_port))});
    }
    case AF_INET6: {
      auto* in = reinterpret_cast<sockaddr_in6*>(&a.storage);
      inet_ntop(AF_INET6, &in->sin6_addr, text, sizeof text);
      Local<Str> host = TRY(make_str(t, text));
      return make_tuple(t, {host.value(), Value::fixnum(ntohs(in->sin6_port)), Value::fixnum(ntohl(in->sin6_flowinfo)),
                            Value::fixnum(in->sin6_scope_id)});
    }
    case AF_UNIX: {
      auto* un = reinterpret_cast<sockaddr_un*>(&a.storage);
      size_t start = offsetof(sockaddr_un, sun_path);
      size_t length = a.length > start ? a.length - start : 0;
      if (length > sizeof un->sun_path) length = sizeof un->sun_path;
      if (length > 0 && un->sun_path[0] == '\0') return make_bytes(t, {un->sun_path, length});
      return decode_file_name(t, {un->sun_path, strnlen(un->sun_path, length)});
    }
    default: {
      size_t start = offsetof(sockaddr, sa_data);
      size_t length = a.length > start ? a.length - start : 0;
      if (length > sizeof a.storage - start) length = sizeof a.storage - start;
      Local<Bytes> data = TRY(make_bytes(t, {a.get()->sa_data, length}));
      return make_tuple(t, {Value::fixnum(a.storage.ss_family), data.value()});
    }
  }
}

Result<void> add_functions(Thread& t, Borrowed<Module> module, const NativeDef* defs, size_t count) {
  for (size_t i = 0; i < count; i++) {
    Local<NativeFunction> f = TRY(make_native_function(t, defs[i], module, "_socket"_n));
    Local<Str> key = TRY(intern(t, defs[i].name()));
    TRY(dict_set_str(t, module->dict.borrow(), key, std::move(f)));
  }
  return ok();
}

namespace {

Result<Local<>> socket_getaddrinfo(Thread& t, Borrowed<> host, Borrowed<> port, int32_t family, int32_t type,
                                   int32_t proto, int32_t flags) {
  std::string host_text, port_text;
  bool has_host = host.value() != kNone, has_port = port.value() != kNone;
  if (has_host) host_text = TRY(to_host(t, host, "getaddrinfo"));
  if (is_int(port) || (has_port && type_of(port)->slots.index)) {
    Local<> number = TRY(index_of(t, port));
    Local<Str> digits = TRY(str_of(t, number));
    port_text.assign(digits->ascii_view());
  } else if (is_str(port) || is_bytes(port)) {
    port_text = TRY(to_text(t, port, "port"));
  } else if (has_port) {
    return raise(t, types::OSError, "Int or String expected");
  }
  addrinfo hints = {};
  hints.ai_family = family;
  hints.ai_socktype = type;
  hints.ai_protocol = proto;
  hints.ai_flags = flags;
  AddrInfo found;
  TRY(look_up(t, has_host ? host_text.c_str() : nullptr, has_port ? port_text.c_str() : nullptr, hints, &found));
  Local<List> out = TRY(make_list(t));
  for (addrinfo* i = found.list; i; i = i->ai_next) {
    Address a;
    if (i->ai_addrlen > sizeof a.storage) continue;
    std::memcpy(&a.storage, i->ai_addr, i->ai_addrlen);
    a.length = i->ai_addrlen;
    Local<> address = TRY(from_address(t, a));
    Local<Str> name = TRY(decode_file_name(t, i->ai_canonname ? i->ai_canonname : ""));
    Local<Tuple> entry = TRY(make_tuple(t, {Value::fixnum(i->ai_family), Value::fixnum(i->ai_socktype),
                                            Value::fixnum(i->ai_protocol), name.value(), address.value()}));
    TRY(list_append(t, out, std::move(entry)));
  }
  return out;
}

Result<Local<>> socket_getnameinfo(Thread& t, Borrowed<> address, int32_t flags) {
  if (!is_tuple(address)) return raise(t, types::TypeError, "getnameinfo() argument 1 must be a tuple");
  auto tuple = address.as<Tuple>();
  if (tuple->length() < 2 || tuple->length() > 4) {
    return raise(t, types::TypeError, "getnameinfo(): illegal sockaddr argument");
  }
  std::string host = TRY(to_host(t, tuple->at(0), "getnameinfo"));
  int port = TRY(to_port(t, tuple->at(1), "getnameinfo"));
  int64_t flow = 0, scope = 0;
  if (tuple->length() > 2) flow = TRY(to_int64(t, tuple->at(2)));
  if (tuple->length() > 3) scope = TRY(to_int64(t, tuple->at(3)));
  if (flow < 0 || flow > 0xfffff) return raise(t, types::OverflowError, "getnameinfo(): flowinfo must be 0-1048575.");
  addrinfo hints = {};
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_NUMERICHOST;
  AddrInfo found;
  std::string port_text = std::to_string(port);
  TRY(look_up(t, host.c_str(), port_text.c_str(), hints, &found));
  if (found.list->ai_next) return raise(t, types::OSError, "sockaddr resolved to multiple addresses");
  if (found.list->ai_family == AF_INET && tuple->length() != 2) {
    return raise(t, types::OSError, "IPv4 sockaddr must be 2 tuple");
  }
  if (found.list->ai_family == AF_INET6) {
    auto* in = reinterpret_cast<sockaddr_in6*>(found.list->ai_addr);
    in->sin6_flowinfo = htonl(static_cast<uint32_t>(flow));
    in->sin6_scope_id = static_cast<uint32_t>(scope);
  }
  char name[NI_MAXHOST], service[NI_MAXSERV];
  int error;
  {
    Detached detached(t);
    error = getnameinfo(found.list->ai_addr, found.list->ai_addrlen, name, sizeof name, service, sizeof service, flags);
  }
  if (error) return raise_gai(t, error);
  Local<Str> a = TRY(decode_file_name(t, name)), b = TRY(decode_file_name(t, service));
  return make_tuple(t, {a.value(), b.value()});
}

Result<Local<>> socket_gethostbyname(Thread& t, Borrowed<> v) {
  std::string host = TRY(to_host(t, v, "gethostbyname"));
  Address a;
  TRY(resolve(t, host, AF_INET, &a));
  char text[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in*>(&a.storage)->sin_addr, text, sizeof text);
  return make_str(t, text);
}

// What gethostbyname_r and gethostbyaddr_r give: (name, aliases, addresses).
template <typename F>
Result<Local<>> host_entry(Thread& t, F&& f) {
  std::string memory(4096, '\0');
  hostent entry;
  hostent* result = nullptr;
  int error = 0, code;
  {
    Detached detached(t);
    while ((code = f(&entry, memory.data(), memory.size(), &result, &error)) == ERANGE && memory.size() < (1u << 22)) {
      memory.resize(memory.size() * 2);
    }
  }
  if (code != 0 || !result) return raise_pair(t, types::SocketHerror, error, hstrerror(error));
  Local<List> aliases = TRY(make_list(t)), addresses = TRY(make_list(t));
  for (char** p = result->h_aliases; p && *p; p++) TRY(list_append(t, aliases, TRY(decode_file_name(t, *p))));
  for (char** p = result->h_addr_list; p && *p; p++) {
    char text[INET6_ADDRSTRLEN] = "";
    inet_ntop(result->h_addrtype, *p, text, sizeof text);
    TRY(list_append(t, addresses, TRY(make_str(t, text))));
  }
  Local<Str> name = TRY(decode_file_name(t, result->h_name ? result->h_name : ""));
  return make_tuple(t, {name.value(), aliases.value(), addresses.value()});
}
Result<Local<>> socket_gethostbyname_ex(Thread& t, Borrowed<> v) {
  std::string host = TRY(to_host(t, v, "gethostbyname_ex"));
  Address a;
  TRY(resolve(t, host, AF_INET, &a));  // reports what is no name at all
  return host_entry(t, [&](hostent* e, char* b, size_t n, hostent** r, int* error) {
    return gethostbyname_r(host.c_str(), e, b, n, r, error);
  });
}
Result<Local<>> socket_gethostbyaddr(Thread& t, Borrowed<> v) {
  std::string host = TRY(to_host(t, v, "gethostbyaddr"));
  Address a;
  TRY(resolve(t, host, AF_UNSPEC, &a));
  return host_entry(t, [&](hostent* e, char* b, size_t n, hostent** r, int* error) {
    if (a.storage.ss_family == AF_INET6) {
      return gethostbyaddr_r(&reinterpret_cast<sockaddr_in6*>(&a.storage)->sin6_addr, 16, AF_INET6, e, b, n, r, error);
    }
    return gethostbyaddr_r(&reinterpret_cast<sockaddr_in*>(&a.storage)->sin_addr, 4, AF_INET, e, b, n, r, error);
  });
}
Result<Local<>> socket_gethostname(Thread& t) {
  char name[1024];
  if (gethostname(name, sizeof name - 1) != 0) return raise_os_error(t, errno);
  name[sizeof name - 1] = '\0';
  return decode_file_name(t, name);
}
Result<void> socket_sethostname(Thread& t, Borrowed<> v) {
  std::string name = TRY(to_text(t, v, "name"));
  if (sethostname(name.data(), name.size()) != 0) return raise_os_error(t, errno);
  return ok();
}

Result<Local<>> socket_getservbyname(Thread& t, Borrowed<Str> name, Maybe<Borrowed<Str>> proto) {
  std::string n = TRY(to_text(t, name, "name")), p;
  if (proto) p = TRY(to_text(t, *proto, "protocol"));
  char memory[4096];
  servent entry, *found = nullptr;
  {
    Detached detached(t);
    (void)getservbyname_r(n.c_str(), proto ? p.c_str() : nullptr, &entry, memory, sizeof memory, &found);
  }
  if (!found) return raise(t, types::OSError, "service/proto not found");
  return Value::fixnum(ntohs(static_cast<uint16_t>(found->s_port)));
}
Result<Local<>> socket_getservbyport(Thread& t, Borrowed<> number, Maybe<Borrowed<Str>> proto) {
  int port = TRY(to_port(t, number, "getservbyport"));
  std::string p;
  if (proto) p = TRY(to_text(t, *proto, "protocol"));
  char memory[4096];
  servent entry, *found = nullptr;
  {
    Detached detached(t);
    (void)getservbyport_r(htons(static_cast<uint16_t>(port)), proto ? p.c_str() : nullptr, &entry, memory, sizeof memory, &found);
  }
  if (!found) return raise(t, types::OSError, "port/proto not found");
  return make_str(t, found->s_name);
}
Result<Local<>> socket_getprotobyname(Thread& t, Borrowed<Str> name) {
  std::string n = TRY(to_text(t, name, "name"));
  char memory[4096];
  protoent entry, *found = nullptr;
  {
    Detached detached(t);
    (void)getprotobyname_r(n.c_str(), &entry, memory, sizeof memory, &found);
  }
  if (!found) return raise(t, types::OSError, "protocol not found");
  return Value::fixnum(found->p_proto);
}

Result<Local<>> socket_inet_aton(Thread& t, Borrowed<Str> v) {
  std::string text = TRY(to_text(t, v, "address"));
  in_addr a;
  if (!inet_aton(text.c_str(), &a)) return raise(t, types::OSError, "illegal IP address string passed to inet_aton");
  return make_bytes(t, {reinterpret_cast<const char*>(&a), 4});
}
Result<Local<>> socket_inet_ntoa(Thread& t, Borrowed<> v) {
  Buffer b = TRY(Buffer::get(t, v));
  if (b.size() != 4) return raise(t, types::OSError, "packed IP wrong length");
  char text[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, b.data(), text, sizeof text);
  return make_str(t, text);
}
Result<Local<>> socket_inet_pton(Thread& t, int32_t family, Borrowed<Str> v) {
  std::string text = TRY(to_text(t, v, "address"));
  uint8_t packed[16];
  int r = inet_pton(family, text.c_str(), packed);
  if (r < 0) return raise_os_error(t, errno);
  if (r == 0) return raise(t, types::OSError, "illegal IP address string passed to inet_pton");
  return make_bytes(t, {reinterpret_cast<const char*>(packed), family == AF_INET ? size_t{4} : size_t{16}});
}
Result<Local<>> socket_inet_ntop(Thread& t, int32_t family, Borrowed<> v) {
  Buffer b = TRY(Buffer::get(t, v));
  if (family != AF_INET && family != AF_INET6) return raise(t, types::ValueError, "unknown address family {}", family);
  if (b.size() != (family == AF_INET ? 4u : 16u)) {
    return raise(t, types::ValueError, "invalid length of packed IP address string");
  }
  char text[INET6_ADDRSTRLEN];
  inet_ntop(family, b.data(), text, sizeof text);
  return make_str(t, text);
}

Result<int64_t> in_range(Thread& t, Borrowed<> v, const char* function, int bits) {
  Local<> index = TRY(index_of(t, v));
  int64_t n;
  bool fits = int_as_int64(index.value(), &n);
  if (int_sign(index.value()) < 0) {
    return raise(t, types::OverflowError, "{}: can't convert negative Python int to C {}-bit unsigned integer", function, bits);
  }
  if (!fits || n >> bits) {
    return raise(t, types::OverflowError, "{}: Python int too large to convert to C {}-bit unsigned integer", function, bits);
  }
  return n;
}
Result<int64_t> socket_htons(Thread& t, Borrowed<> v) { return int64_t{htons(static_cast<uint16_t>(TRY(in_range(t, v, "htons", 16))))}; }
Result<int64_t> socket_ntohs(Thread& t, Borrowed<> v) { return int64_t{ntohs(static_cast<uint16_t>(TRY(in_range(t, v, "ntohs", 16))))}; }
Result<int64_t> socket_htonl(Thread& t, Borrowed<> v) { return int64_t{htonl(static_cast<uint32_t>(TRY(in_range(t, v, "htonl", 32))))}; }
Result<int64_t> socket_ntohl(Thread& t, Borrowed<> v) { return int64_t{ntohl(static_cast<uint32_t>(TRY(in_range(t, v, "ntohl", 32))))}; }

Result<Local<>> socket_if_nameindex(Thread& t) {
  struct Names {
    struct if_nameindex* list = nullptr;
    ~Names() {
      if (list) if_freenameindex(list);
    }
  } names;
  names.list = if_nameindex();
  if (!names.list) return raise_os_error(t, errno);
  Local<List> out = TRY(make_list(t));
  for (auto* p = names.list; p->if_index && p->if_name; p++) {
    Local<Str> name = TRY(decode_file_name(t, p->if_name));
    TRY(list_append(t, out, TRY(make_tuple(t, {Value::fixnum(p->if_index), name.value()}))));
  }
  return out;
}
Result<int64_t> socket_if_nametoindex(Thread& t, Borrowed<> v) {
  std::string name = TRY(to_text(t, v, "name"));
  unsigned index = if_nametoindex(name.c_str());
  if (index == 0) return raise_os_error(t, errno);
  return int64_t{index};
}
Result<Local<>> socket_if_indextoname(Thread& t, Borrowed<> v) {
  int64_t index = TRY(in_range(t, v, "if_indextoname", 32));
  char name[IF_NAMESIZE + 1] = "";
  if (!if_indextoname(static_cast<unsigned>(index), name)) return raise_os_error(t, errno);
  return decode_file_name(t, name);
}

constexpr NativeDef kFunctions[] = {
    function<socket_getaddrinfo>("getaddrinfo(host, port, family=0, type=0, proto=0, flags=0)", "Resolve host and port into addrinfo structs."),
    function<socket_getnameinfo>("getnameinfo(sockaddr, flags, /)", "Get host and port for a sockaddr."),
    function<socket_gethostbyname>("gethostbyname(host, /)", "Return the IP address (a string of the form '255.255.255.255') for a host."),
    function<socket_gethostbyname_ex>("gethostbyname_ex(host, /)", "Return the true host name, a list of aliases, and a list of IP addresses."),
    function<socket_gethostbyaddr>("gethostbyaddr(host, /)", "Return the true host name, a list of aliases, and a list of IP addresses."),
    function<socket_gethostname>("gethostname()", "Return the current host name."),
    function<socket_sethostname>("sethostname(name, /)", "Sets the hostname to name."),
    function<socket_getservbyname>("getservbyname(servicename, protocolname='', /)", "Return a port number from a service name and protocol name."),
    function<socket_getservbyport>("getservbyport(port, protocolname='', /)", "Return the service name from a port number and protocol name."),
    function<socket_getprotobyname>("getprotobyname(name, /)", "Return the protocol number for the named protocol."),
    function<socket_inet_aton>("inet_aton(ip_addr, /)", "Convert an IP address in string format to the 32-bit packed binary format."),
    function<socket_inet_ntoa>("inet_ntoa(packed_ip, /)", "Convert an IP address from 32-bit packed binary format to string format."),
    function<socket_inet_pton>("inet_pton(af, ip, /)", "Convert an IP address from string format to a packed string."),
    function<socket_inet_ntop>("inet_ntop(af, packed_ip, /)", "Convert a packed IP address of the given family to string format."),
    function<socket_htons>("htons(x, /)", "Convert a 16-bit unsigned integer from host to network byte order."),
    function<socket_ntohs>("ntohs(x, /)", "Convert a 16-bit unsigned integer from network to host byte order."),
    function<socket_htonl>("htonl(x, /)", "Convert a 32-bit integer from host to network byte order."),
    function<socket_ntohl>("ntohl(x, /)", "Convert a 32-bit integer from network to host byte order."),
    function<socket_if_nameindex>("if_nameindex()", "Returns a list of network interface information (index, name) tuples."),
    function<socket_if_nametoindex>("if_nametoindex(oname, /)", "Returns the interface index corresponding to the interface name."),
    function<socket_if_indextoname>("if_indextoname(if_index, /)", "Returns the interface name corresponding to the interface index."),
};

}  // namespace

Result<void> init_names(Thread& t, Borrowed<Module> module) {
  return add_functions(t, module, kFunctions, std::size(kFunctions));
}

}  // namespace orochi::socket_module
