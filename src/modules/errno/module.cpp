// The errno module: the numbers of <errno.h> that this system has, and errorcode, their names by number.
#include <cerrno>

#include "objects/dict.h"
#include "protocols/native.h"

namespace orochi::errno_module {

namespace {

struct Code {
  const char* name;
  int number;
};
// Names that share a number: the last one is the one errorcode shows.
constexpr Code kCodes[] = {
#define CODE(name) {#name, name},
    CODE(EPERM) CODE(ENOENT) CODE(ESRCH) CODE(EINTR) CODE(EIO) CODE(ENXIO) CODE(E2BIG) CODE(ENOEXEC) CODE(EBADF)
    CODE(ECHILD) CODE(EAGAIN) CODE(ENOMEM) CODE(EACCES) CODE(EFAULT) CODE(ENOTBLK) CODE(EBUSY) CODE(EEXIST) CODE(EXDEV)
    CODE(ENODEV) CODE(ENOTDIR) CODE(EISDIR) CODE(EINVAL) CODE(ENFILE) CODE(EMFILE) CODE(ENOTTY) CODE(ETXTBSY) CODE(EFBIG)
    CODE(ENOSPC) CODE(ESPIPE) CODE(EROFS) CODE(EMLINK) CODE(EPIPE) CODE(EDOM) CODE(ERANGE) CODE(EDEADLK)
    CODE(ENAMETOOLONG) CODE(ENOLCK) CODE(ENOSYS) CODE(ENOTEMPTY) CODE(ELOOP) CODE(ENOMSG) CODE(EIDRM) CODE(ECHRNG)
    CODE(EL2NSYNC) CODE(EL3HLT) CODE(EL3RST) CODE(ELNRNG) CODE(EUNATCH) CODE(ENOCSI) CODE(EL2HLT) CODE(EBADE) CODE(EBADR)
    CODE(EXFULL) CODE(ENOANO) CODE(EBADRQC) CODE(EBADSLT) CODE(EBFONT) CODE(ENOSTR) CODE(ENODATA) CODE(ETIME) CODE(ENOSR)
    CODE(ENONET) CODE(ENOPKG) CODE(EREMOTE) CODE(ENOLINK) CODE(EADV) CODE(ESRMNT) CODE(ECOMM) CODE(EPROTO)
    CODE(EMULTIHOP) CODE(EDOTDOT) CODE(EBADMSG) CODE(EOVERFLOW) CODE(ENOTUNIQ) CODE(EBADFD) CODE(EREMCHG) CODE(ELIBACC)
    CODE(ELIBBAD) CODE(ELIBSCN) CODE(ELIBMAX) CODE(ELIBEXEC) CODE(EILSEQ) CODE(ERESTART) CODE(ESTRPIPE) CODE(EUSERS)
    CODE(ENOTSOCK) CODE(EDESTADDRREQ) CODE(EMSGSIZE) CODE(EPROTOTYPE) CODE(ENOPROTOOPT) CODE(EPROTONOSUPPORT)
    CODE(ESOCKTNOSUPPORT) CODE(EOPNOTSUPP) CODE(EPFNOSUPPORT) CODE(EAFNOSUPPORT) CODE(EADDRINUSE) CODE(EADDRNOTAVAIL)
    CODE(ENETDOWN) CODE(ENETUNREACH) CODE(ENETRESET) CODE(ECONNABORTED) CODE(ECONNRESET) CODE(ENOBUFS) CODE(EISCONN)
    CODE(ENOTCONN) CODE(ESHUTDOWN) CODE(ETOOMANYREFS) CODE(ETIMEDOUT) CODE(ECONNREFUSED) CODE(EHOSTDOWN)
    CODE(EHOSTUNREACH) CODE(EALREADY) CODE(EINPROGRESS) CODE(ESTALE) CODE(EUCLEAN) CODE(ENOTNAM) CODE(ENAVAIL)
    CODE(EISNAM) CODE(EREMOTEIO) CODE(EDQUOT) CODE(ENOMEDIUM) CODE(EMEDIUMTYPE) CODE(ECANCELED) CODE(ENOKEY)
    CODE(EKEYEXPIRED) CODE(EKEYREVOKED) CODE(EKEYREJECTED) CODE(EOWNERDEAD) CODE(ENOTRECOVERABLE) CODE(ERFKILL)
    CODE(EHWPOISON)
#undef CODE
    {"EWOULDBLOCK", EWOULDBLOCK}, {"EDEADLOCK", EDEADLOCK}, {"ENOTSUP", ENOTSUP},
};

Result<void> init(Thread& t, Borrowed<Module> module) {
  Local<Dict> names = TRY(make_dict(t, std::size(kCodes)));
  for (const Code& code : kCodes) {
    TRY(module_set_int(t, module, code.name, code.number));
    if (code.number == EAGAIN && code.name[1] == 'W') continue;
    Local<Str> name = TRY(intern(t, std::string_view(code.name)));
    TRY(dict_set(t, names, Borrowed<>(Value::fixnum(code.number)), name));
  }
  return module_set(t, module, "errorcode", names);
}

}  // namespace

static constinit const ModuleDef kModuleDef{"errno", "Error numbers of the system, and errorcode, which maps them to names.", nullptr, 0, init};
[[gnu::section("orochi_modules"), gnu::used, gnu::retain]] static constinit const ModuleDef* const kModulePointer =
    &kModuleDef;

}  // namespace orochi::errno_module
