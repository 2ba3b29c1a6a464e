// grp: the group database.
#include <grp.h>

#include <cerrno>
#include <climits>
#include <string>

#include "builtins/structseq.h"
#include "objects/list.h"
#include "sync/mutex.h"

namespace orochi {

namespace {
constexpr StructSeqField kGroupFields[] = {
    {"gr_name", "group name"}, {"gr_passwd", "password"}, {"gr_gid", "group id"}, {"gr_mem", "group members"}};
}  // namespace
OROCHI_STRUCTSEQ(GrpGroup, kGroupFields, 4, "grp.struct_group", "grp.struct_group: Results from getgr*() routines.", 0)

namespace grp_module {

namespace {

constinit Mutex database_lock(LockRank::Module);  // getgrent has one position in the process

Result<Local<>> make_entry(Thread& t, const group& g) {
  Local<> name = TRY(decode_file_name(t, g.gr_name ? g.gr_name : ""));
  Local<> password = TRY(decode_file_name(t, g.gr_passwd ? g.gr_passwd : ""));
  Local<> gid = TRY(make_int(t, g.gr_gid));
  Local<List> members = TRY(make_list(t));
  for (char** m = g.gr_mem; m && *m; m++) TRY(list_append(t, members, TRY(decode_file_name(t, *m))));
  const Value values[] = {name.value(), password.value(), gid.value(), members.value()};
  return make_structseq(t, types::GrpGroup, values, 4);
}

template <typename F>
Result<bool> look_up(Thread& t, F f, group* entry, std::string* buffer) {
  buffer->resize(1024);
  for (;;) {
    group* found = nullptr;
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

Result<Local<>> grp_getgrgid(Thread& t, Borrowed<> id) {
  Local<> index = TRY(index_of(t, id));
  int64_t gid;
  group entry;
  std::string buffer;
  bool found = false;
  if (int_as_int64(index.value(), &gid) && gid >= -1 && gid <= UINT32_MAX) {
    found = TRY(look_up(t, [&](group* e, char* b, size_t n, group** r) {
      return getgrgid_r(static_cast<gid_t>(gid), e, b, n, r);
    }, &entry, &buffer));
  }
  if (found) return make_entry(t, entry);
  Local<Str> shown = TRY(repr_of(t, index));
  return raise(t, types::KeyError, "getgrgid(): gid not found: {}", shown);
}

Result<Local<>> grp_getgrnam(Thread& t, Borrowed<Str> name) {
  Utf8 text = TRY(str_utf8(t, name, Surrogates::Escape));
  if (text.view.find('\0') != std::string_view::npos) return raise(t, types::ValueError, "embedded null byte");
  group entry;
  std::string buffer;
  bool found = TRY(look_up(t, [&](group* e, char* b, size_t n, group** r) {
    return getgrnam_r(text.c_str(), e, b, n, r);
  }, &entry, &buffer));
  if (found) return make_entry(t, entry);
  Local<Str> shown = TRY(repr_of(t, name));
  return raise(t, types::KeyError, "getgrnam(): name not found: {}", shown);
}

Result<Local<>> grp_getgrall(Thread& t) {
  Local<List> out = TRY(make_list(t));
  MutexGuard guard(database_lock);
  setgrent();
  while (group* g = getgrent()) {
    auto entry = make_entry(t, *g);
    if (entry.raised() || list_append(t, out, entry.take()).raised()) {
      endgrent();
      return Raised{};
    }
  }
  endgrent();
  return out;
}

constexpr NativeDef kFunctions[] = {
    function<grp_getgrgid>("getgrgid(id)", "Return the group database entry for the given numeric group ID."),
    function<grp_getgrnam>("getgrnam(name)", "Return the group database entry for the given group name."),
    function<grp_getgrall>("getgrall()", "Return a list of all available group entries, in arbitrary order."),
};
Result<void> init(Thread& t, Borrowed<Module> module) {
  return module_add_structseq(t, module, types::GrpGroup, kStructSeqGrpGroup);
}
OROCHI_MODULE(grp, "Access to the Unix group database.", kFunctions, init)

}  // namespace

}  // namespace grp_module

}  // namespace orochi
