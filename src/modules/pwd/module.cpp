// pwd: the user database.
#include <pwd.h>

#include <cerrno>
#include <climits>
#include <string>

#include "builtins/structseq.h"
#include "objects/list.h"
#include "sync/mutex.h"

namespace orochi {

namespace {
constexpr StructSeqField kPasswdFields[] = {
    {"pw_name", "user name"}, {"pw_passwd", "password"}, {"pw_uid", "user id"}, {"pw_gid", "group id"},
    {"pw_gecos", "real name"}, {"pw_dir", "home directory"}, {"pw_shell", "shell program"}};
}  // namespace
OROCHI_STRUCTSEQ(PwdPasswd, kPasswdFields, 7, "pwd.struct_passwd", "pwd.struct_passwd: Results from getpw*() routines.", 0)

namespace pwd_module {

namespace {

constinit Mutex database_lock(LockRank::Module);  // getpwent has one position in the process

Result<Local<>> make_entry(Thread& t, const passwd& p) {
  const char* texts[] = {p.pw_name, p.pw_passwd, nullptr, nullptr, p.pw_gecos, p.pw_dir, p.pw_shell};
  Local<> owned[7];
  Value values[7];
  for (int i = 0; i < 7; i++) {
    if (i == 2) owned[i] = TRY(make_int(t, p.pw_uid));
    else if (i == 3) owned[i] = TRY(make_int(t, p.pw_gid));
    else owned[i] = TRY(decode_file_name(t, texts[i] ? texts[i] : ""));
    values[i] = owned[i].value();
  }
  return make_structseq(t, types::PwdPasswd, values, 7);
}

// Runs the reentrant lookup with a buffer that is large enough. found: whether there is an entry.
template <typename F>
Result<bool> look_up(Thread& t, F f, passwd* entry, std::string* buffer) {
  buffer->resize(1024);
  for (;;) {
    passwd* found = nullptr;
    int error;
    {
      Detached detached(t);
      error = f(entry, buffer->data(), buffer->size(), &found);
    }
    if (error == ERANGE && buffer->size() < (1u << 24)) {
      buffer->resize(buffer->size() * 2);
      continue;
    }
    if (error == EINTR) continue;
    if (error && error != ENOENT && error != ESRCH && error != EBADF && error != EPERM) return raise_os_error(t, error);
    return found != nullptr;
  }
}

Result<Local<>> pwd_getpwuid(Thread& t, Borrowed<> uid_value) {
  Local<> index = TRY(index_of(t, uid_value));
  int64_t uid;
  passwd entry;
  std::string buffer;
  bool found = false;
  if (int_as_int64(index.value(), &uid) && uid >= -1 && uid <= UINT32_MAX) {
    found = TRY(look_up(t, [&](passwd* e, char* b, size_t n, passwd** r) {
      return getpwuid_r(static_cast<uid_t>(uid), e, b, n, r);
    }, &entry, &buffer));
  }
  if (found) return make_entry(t, entry);
  Local<Str> shown = TRY(repr_of(t, index));
  return raise(t, types::KeyError, "getpwuid(): uid not found: {}", shown);
}

Result<Local<>> pwd_getpwnam(Thread& t, Borrowed<Str> name) {
  Utf8 text = TRY(str_utf8(t, name, Surrogates::Escape));
  if (text.view.find('\0') != std::string_view::npos) return raise(t, types::ValueError, "embedded null byte");
  passwd entry;
  std::string buffer;
  bool found = TRY(look_up(t, [&](passwd* e, char* b, size_t n, passwd** r) {
    return getpwnam_r(text.c_str(), e, b, n, r);
  }, &entry, &buffer));
  if (found) return make_entry(t, entry);
  Local<Str> shown = TRY(repr_of(t, name));
  return raise(t, types::KeyError, "getpwnam(): name not found: {}", shown);
}

Result<Local<>> pwd_getpwall(Thread& t) {
  Local<List> out = TRY(make_list(t));
  MutexGuard guard(database_lock);
  setpwent();
  while (passwd* p = getpwent()) {
    auto entry = make_entry(t, *p);
    if (entry.raised() || list_append(t, out, entry.take()).raised()) {
      endpwent();
      return Raised{};
    }
  }
  endpwent();
  return out;
}

constexpr NativeDef kFunctions[] = {
    function<pwd_getpwuid>("getpwuid(uidobj, /)", "Return the password database entry for the given numeric user ID."),
    function<pwd_getpwnam>("getpwnam(name, /)", "Return the password database entry for the given user name."),
    function<pwd_getpwall>("getpwall()", "Return a list of all available password database entries, in arbitrary order."),
};
Result<void> init(Thread& t, Borrowed<Module> module) {
  return module_add_structseq(t, module, types::PwdPasswd, kStructSeqPwdPasswd);
}
OROCHI_MODULE(pwd, "This module provides access to the Unix password database.", kFunctions, init)

}  // namespace

}  // namespace pwd_module

}  // namespace orochi
