// Between the files of the _socket module: the socket object, addresses, errors.
#pragma once

#include <sys/socket.h>

#include "runtime/posix_support.h"
#include "platform/clock.h"

namespace orochi {

namespace types {
extern ::orochi::Type Socket, SocketHerror, SocketGaierror;
}

struct Socket : Object {
  static Type& python_type() { return types::Socket; }
  int32_t fd_;        // -1: closed; atomic
  int32_t family;
  int32_t type;       // without the flags SOCK_CLOEXEC and SOCK_NONBLOCK
  int32_t proto;
  int64_t timeout_;   // ns; -1: none, 0: does not block; atomic
  int fd() const { return __atomic_load_n(&fd_, __ATOMIC_ACQUIRE); }
  int take_fd() { return __atomic_exchange_n(&fd_, -1, __ATOMIC_ACQ_REL); }
  int64_t timeout() const { return __atomic_load_n(&timeout_, __ATOMIC_RELAXED); }
};

namespace socket_module {

struct Address {
  sockaddr_storage storage = {};
  socklen_t length = sizeof(sockaddr_storage);
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};
// `function` is for messages: "connect".
Result<void> to_address(Thread& t, int family, Borrowed<> v, const char* function, Address* out);
Result<Local<>> from_address(Thread& t, Address& a);
Raised raise_gai(Thread& t, int error);
// A host name argument (str: IDNA when it is not ASCII; bytes, bytearray).
Result<std::string> to_host(Thread& t, Borrowed<> v, const char* function);
// The first address of a host.
Result<void> resolve(Thread& t, const std::string& host, int family, Address* out);

Result<void> init_names(Thread& t, Borrowed<Module> module);
Result<void> init_constants(Thread& t, Borrowed<Module> module);
Result<void> add_functions(Thread& t, Borrowed<Module> module, const NativeDef* defs, size_t count);

}  // namespace socket_module

}  // namespace orochi
