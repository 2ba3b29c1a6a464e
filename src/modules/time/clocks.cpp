// time: the clocks and sleep(). Sleeping counts towards a deadline of the monotonic clock, so a signal in between only
// makes the rest of it shorter (PEP 475).
#include <cerrno>
#include <cmath>

#include <pthread.h>

#include "modules/time/time_module.h"
#include "platform/clock.h"
#include "protocols/attr.h"
#include "protocols/call.h"

namespace orochi::time_module {

namespace {

double seconds_of(int64_t ns) {
  // Whole and fraction apart, so that the result is as near as a double can be.
  return static_cast<double>(ns / 1'000'000'000) + static_cast<double>(ns % 1'000'000'000) * 1e-9;
}
int64_t ns_of(const timespec& ts) { return ts.tv_sec * 1'000'000'000 + ts.tv_nsec; }

}  // namespace

Result<int64_t> ns_from_seconds(Thread& t, Borrowed<> v, Rounding rounding) {
  if (is_float(v)) {
    double d = float_value(v);
    if (std::isnan(d)) return raise(t, types::ValueError, "Invalid value NaN (not a number)");
    double ns = d * 1e9;
    ns = rounding == Rounding::Up ? (ns >= 0 ? std::ceil(ns) : std::floor(ns)) : std::floor(ns);
    if (!(ns >= -9223372036854775808.0 && ns < 9223372036854775808.0)) {
      return raise(t, types::OverflowError, "timestamp out of range for C PyTime_t");
    }
    return static_cast<int64_t>(ns);
  }
  if (!is_int(v) && !type_of(v)->slots.index) {
    return raise(t, types::TypeError, "'{}' object cannot be interpreted as an integer or float", TypeName(v));
  }
  Local<> index = TRY(index_of(t, v));
  int64_t seconds, ns;
  if (!int_as_int64(index.value(), &seconds) || __builtin_mul_overflow(seconds, int64_t{1'000'000'000}, &ns)) {
    return raise(t, types::OverflowError, "timestamp out of range for C PyTime_t");
  }
  return ns;
}

Result<void> time_sleep(Thread& t, Borrowed<> seconds) {
  int64_t ns = TRY(ns_from_seconds(t, seconds, Rounding::Up));
  if (ns < 0) return raise(t, types::ValueError, "sleep length must be non-negative");
  int64_t deadline = platform::deadline_after(ns);
  timespec until{deadline / 1'000'000'000, deadline % 1'000'000'000};
  for (;;) {
    int error;
    {
      Detached detached(t);
      error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    }
    if (error == 0) return ok();
    if (error != EINTR) return raise_os_error(t, error);
    TRY(safepoint(t));
  }
}

double time_time(Thread&) { return seconds_of(platform::realtime_ns()); }
int64_t time_time_ns(Thread&) { return platform::realtime_ns(); }
double time_monotonic(Thread&) { return seconds_of(platform::monotonic_ns()); }
int64_t time_monotonic_ns(Thread&) { return platform::monotonic_ns(); }
double time_process_time(Thread&) { return seconds_of(platform::process_cpu_ns()); }
int64_t time_process_time_ns(Thread&) { return platform::process_cpu_ns(); }
double time_thread_time(Thread&) { return seconds_of(platform::thread_cpu_ns()); }
int64_t time_thread_time_ns(Thread&) { return platform::thread_cpu_ns(); }

Result<int64_t> time_clock_gettime_ns(Thread& t, int32_t clock) {
  timespec ts;
  if (clock_gettime(clock, &ts) != 0) return raise_os_error(t, errno);
  return ns_of(ts);
}
Result<double> time_clock_gettime(Thread& t, int32_t clock) {
  int64_t ns = TRY(time_clock_gettime_ns(t, clock));
  return seconds_of(ns);
}
Result<double> time_clock_getres(Thread& t, int32_t clock) {
  timespec ts;
  if (clock_getres(clock, &ts) != 0) return raise_os_error(t, errno);
  return static_cast<double>(ts.tv_sec) + static_cast<double>(ts.tv_nsec) * 1e-9;
}

Result<void> time_clock_settime_ns(Thread& t, int32_t clock, int64_t ns) {
  int64_t fraction = ns % 1'000'000'000;
  if (fraction < 0) fraction += 1'000'000'000;
  timespec ts{(ns - fraction) / 1'000'000'000, fraction};
  if (clock_settime(clock, &ts) != 0) return raise_os_error(t, errno);
  return ok();
}
Result<void> time_clock_settime(Thread& t, int32_t clock, Borrowed<> seconds) {
  int64_t ns = TRY(ns_from_seconds(t, seconds, Rounding::Down));
  return time_clock_settime_ns(t, clock, ns);
}

Result<int64_t> time_pthread_getcpuclockid(Thread& t, Borrowed<> thread_id) {
  Local<> id = TRY(index_of(t, thread_id));
  uint64_t ident;
  // Only for the calling thread: libc would follow any other number as a pointer.
  if (!int_as_uint64(id.value(), &ident) || ident != t.ident) return raise_os_error(t, ESRCH);
  clockid_t clock;
  if (int error = pthread_getcpuclockid(pthread_self(), &clock)) return raise_os_error(t, error);
  return static_cast<int64_t>(clock);
}

Result<Local<>> time_get_clock_info(Thread& t, Borrowed<Str> name) {
  struct Clock {
    const char* name;
    clockid_t id;
    const char* implementation;
    bool monotonic, adjustable;
  };
  static constexpr Clock kClocks[] = {
      {"time", CLOCK_REALTIME, "clock_gettime(CLOCK_REALTIME)", false, true},
      {"monotonic", CLOCK_MONOTONIC, "clock_gettime(CLOCK_MONOTONIC)", true, false},
      {"perf_counter", CLOCK_MONOTONIC, "clock_gettime(CLOCK_MONOTONIC)", true, false},
      {"process_time", CLOCK_PROCESS_CPUTIME_ID, "clock_gettime(CLOCK_PROCESS_CPUTIME_ID)", true, false},
      {"thread_time", CLOCK_THREAD_CPUTIME_ID, "clock_gettime(CLOCK_THREAD_CPUTIME_ID)", true, false},
  };
  for (const Clock& clock : kClocks) {
    if (!name->equals_ascii(clock.name)) continue;
    double resolution = TRY(time_clock_getres(t, clock.id));
    Local<Str> implementation = TRY(make_str(t, clock.implementation));
    Local<> res = TRY(make_float(t, resolution));
    Local<> types_module = TRY(import_module(t, "types"_n));
    Local<> simple_namespace = TRY(get_attr(t, types_module, "SimpleNamespace"_n));
    const Value values[] = {implementation.value(), Value::boolean(clock.monotonic), Value::boolean(clock.adjustable),
                            res.value()};
    Local<Tuple> names = TRY(make_tuple(t, {"implementation"_n.value(), "monotonic"_n.value(), "adjustable"_n.value(),
                                            "resolution"_n.value()}));
    return call_with(t, simple_namespace, CallArgs{values, 0, names});
  }
  return raise(t, types::ValueError, "unknown clock");
}

}  // namespace orochi::time_module
