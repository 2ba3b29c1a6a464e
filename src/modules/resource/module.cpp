// resource: limits and usage of resources.
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>

#include "builtins/structseq.h"

namespace orochi {

namespace {
constexpr StructSeqField kRusageFields[] = {
    {"ru_utime", "user time used"},        {"ru_stime", "system time used"},
    {"ru_maxrss", "max. resident set size"}, {"ru_ixrss", "shared memory size"},
    {"ru_idrss", "unshared data size"},    {"ru_isrss", "unshared stack size"},
    {"ru_minflt", "page faults not requiring I/O"}, {"ru_majflt", "page faults requiring I/O"},
    {"ru_nswap", "number of swap outs"},   {"ru_inblock", "block input operations"},
    {"ru_oublock", "block output operations"}, {"ru_msgsnd", "IPC messages sent"},
    {"ru_msgrcv", "IPC messages received"}, {"ru_nsignals", "signals received"},
    {"ru_nvcsw", "voluntary context switches"}, {"ru_nivcsw", "involuntary context switches"}};
}  // namespace
OROCHI_STRUCTSEQ(ResourceRusage, kRusageFields, 16, "resource.struct_rusage", "struct_rusage: Result from getrusage.", 0)

namespace resource_module {

namespace {

Result<Local<>> resource_getrusage(Thread& t, int32_t who) {
  rusage u;
  if (getrusage(static_cast<__rusage_who_t>(who), &u) != 0) {
    if (errno == EINVAL) return raise(t, types::ValueError, "invalid who parameter");
    return raise_os_error(t, errno);
  }
  auto seconds = [](const timeval& v) { return static_cast<double>(v.tv_sec) + 1e-6 * static_cast<double>(v.tv_usec); };
  const long numbers[] = {u.ru_maxrss,  u.ru_ixrss,   u.ru_idrss,  u.ru_isrss,  u.ru_minflt,   u.ru_majflt, u.ru_nswap,
                          u.ru_inblock, u.ru_oublock, u.ru_msgsnd, u.ru_msgrcv, u.ru_nsignals, u.ru_nvcsw,  u.ru_nivcsw};
  Local<> owned[16];
  Value values[16];
  owned[0] = TRY(make_float(t, seconds(u.ru_utime)));
  owned[1] = TRY(make_float(t, seconds(u.ru_stime)));
  for (size_t i = 0; i < 14; i++) owned[i + 2] = TRY(make_int(t, numbers[i]));
  for (size_t i = 0; i < 16; i++) values[i] = owned[i].value();
  return make_structseq(t, types::ResourceRusage, values, 16);
}

Result<Local<>> limit_pair(Thread& t, const rlimit& r) {
  auto one = [&](rlim_t v) { return v == RLIM_INFINITY ? make_int(t, -1) : make_uint(t, v); };
  Local<> a = TRY(one(r.rlim_cur)), b = TRY(one(r.rlim_max));
  return make_tuple(t, {a.value(), b.value()});
}
Result<rlimit> to_limits(Thread& t, Borrowed<> v) {
  Local<Tuple> pair = TRY(tuple_from(t, v));
  if (pair->length() != 2) return raise(t, types::ValueError, "expected a tuple of 2 integers");
  rlimit r;
  for (size_t i = 0; i < 2; i++) {
    Local<> index = TRY(index_of(t, pair->at(i)));
    uint64_t n;
    int64_t small;
    if (int_as_int64(index.value(), &small)) {
      if (small < -1) return raise(t, types::ValueError, "Cannot convert negative int");
      n = static_cast<uint64_t>(small);
    } else if (!int_as_uint64(index.value(), &n)) {
      return raise(t, types::OverflowError, "int too large to convert to C rlim_t");
    }
    (i ? r.rlim_max : r.rlim_cur) = n;
  }
  return r;
}
Result<void> check_resource(Thread& t, int32_t resource) {
  if (resource < 0 || resource >= RLIM_NLIMITS) return raise(t, types::ValueError, "invalid resource specified");
  return ok();
}
Result<Local<>> resource_getrlimit(Thread& t, int32_t resource) {
  TRY(check_resource(t, resource));
  rlimit r;
  if (getrlimit(static_cast<__rlimit_resource_t>(resource), &r) != 0) return raise_os_error(t, errno);
  return limit_pair(t, r);
}
Result<void> resource_setrlimit(Thread& t, int32_t resource, Borrowed<> limits) {
  TRY(check_resource(t, resource));
  rlimit r = TRY(to_limits(t, limits));
  if (setrlimit(static_cast<__rlimit_resource_t>(resource), &r) != 0) {
    if (errno == EINVAL) return raise(t, types::ValueError, "current limit exceeds maximum limit");
    if (errno == EPERM) return raise(t, types::ValueError, "not allowed to raise maximum limit");
    return raise_os_error(t, errno);
  }
  return ok();
}
Result<Local<>> resource_prlimit(Thread& t, int32_t pid, int32_t resource, Maybe<Borrowed<>> limits) {
  TRY(check_resource(t, resource));
  rlimit fresh{}, old{};
  bool set = limits && (*limits).value() != kNone;
  if (set) fresh = TRY(to_limits(t, *limits));
  if (prlimit(pid, static_cast<__rlimit_resource>(resource), set ? &fresh : nullptr, &old) != 0) {
    if (errno == EINVAL) return raise(t, types::ValueError, "current limit exceeds maximum limit");
    return raise_os_error(t, errno);
  }
  return limit_pair(t, old);
}
int64_t resource_getpagesize(Thread&) { return sysconf(_SC_PAGESIZE); }

constexpr NativeDef kFunctions[] = {
    function<resource_getrusage>("getrusage(who, /)", nullptr),
    function<resource_getrlimit>("getrlimit(resource, /)", nullptr),
    function<resource_setrlimit>("setrlimit(resource, limits, /)", nullptr),
    function<resource_prlimit>("prlimit(pid, resource, limits=None, /)", nullptr),
    function<resource_getpagesize>("getpagesize()", nullptr),
};
Result<void> init(Thread& t, Borrowed<Module> module) {
  TRY(module_add_structseq(t, module, types::ResourceRusage, kStructSeqResourceRusage));
  TRY(module_set(t, module, "error", Borrowed<>(&types::OSError)));
  static constexpr struct {
    const char* name;
    int64_t value;
  } kConstants[] = {
#define C(n) {#n, static_cast<int64_t>(n)},
      C(RLIMIT_CPU) C(RLIMIT_FSIZE) C(RLIMIT_DATA) C(RLIMIT_STACK) C(RLIMIT_CORE) C(RLIMIT_NOFILE) C(RLIMIT_AS)
      C(RLIMIT_RSS) C(RLIMIT_NPROC) C(RLIMIT_MEMLOCK) C(RLIMIT_MSGQUEUE) C(RLIMIT_NICE) C(RLIMIT_RTPRIO)
      C(RLIMIT_RTTIME) C(RLIMIT_SIGPENDING) C(RUSAGE_SELF) C(RUSAGE_CHILDREN) C(RUSAGE_THREAD)
#undef C
      {"RLIMIT_OFILE", RLIMIT_NOFILE}, {"RLIM_INFINITY", -1}};
  for (auto& c : kConstants) TRY(module_set_int(t, module, c.name, c.value));
  return ok();
}
OROCHI_MODULE(resource, "Limits and usage of system resources.", kFunctions, init)

}  // namespace

}  // namespace resource_module

}  // namespace orochi
