// The time module: its table.
#include "modules/time/time_module.h"

namespace orochi::time_module {

namespace {

constexpr NativeDef kFunctions[] = {
    function<time_time>("time()", "Return the current time in seconds since the Epoch."),
    function<time_time_ns>("time_ns()", "Return the current time in nanoseconds since the Epoch."),
    function<time_monotonic>("monotonic()", "Monotonic clock, cannot go backward."),
    function<time_monotonic_ns>("monotonic_ns()", "Monotonic clock, cannot go backward, as nanoseconds."),
    function<time_monotonic>("perf_counter()", "Performance counter for benchmarking."),
    function<time_monotonic_ns>("perf_counter_ns()", "Performance counter for benchmarking as nanoseconds."),
    function<time_process_time>("process_time()", "CPU time of the process, kernel and user-space."),
    function<time_process_time_ns>("process_time_ns()", "CPU time of the process in nanoseconds."),
    function<time_thread_time>("thread_time()", "CPU time of the thread, kernel and user-space."),
    function<time_thread_time_ns>("thread_time_ns()", "CPU time of the thread in nanoseconds."),
    function<time_sleep>("sleep(seconds, /)", "Delay execution for a given number of seconds."),
    function<time_clock_gettime>("clock_gettime(clk_id, /)", "Return the time of the specified clock as a float."),
    function<time_clock_gettime_ns>("clock_gettime_ns(clk_id, /)", "Return the time of the specified clock in ns."),
    function<time_clock_getres>("clock_getres(clk_id, /)", "Return the resolution of the specified clock."),
    function<time_clock_settime>("clock_settime(clk_id, time, /)", "Set the time of the specified clock."),
    function<time_clock_settime_ns>("clock_settime_ns(clk_id, time, /)", "Set the specified clock, in nanoseconds."),
    function<time_pthread_getcpuclockid>("pthread_getcpuclockid(thread_id, /)",
                                         "Return the clk_id of the calling thread's CPU time clock."),
    function<time_get_clock_info>("get_clock_info(name, /)", "Get information of the specified clock."),
    function<time_gmtime>("gmtime(seconds=None, /)", "Convert seconds since the Epoch to a time tuple in UTC."),
    function<time_localtime>("localtime(seconds=None, /)", "Convert seconds since the Epoch to local time."),
    function<time_asctime>("asctime(tuple=None, /)", "Convert a time tuple to a string, e.g. 'Sat Jun 06 16:26:11 1998'."),
    function<time_ctime>("ctime(seconds=None, /)", "Convert seconds since the Epoch to a string in local time."),
    function<time_mktime>("mktime(tuple, /)", "Convert a time tuple in local time to seconds since the Epoch."),
    function<time_strftime>("strftime(format, tuple=None, /)", "Convert a time tuple to a string by a format."),
    function<time_strptime>("strptime(*args)", "Parse a string to a time tuple according to a format."),
    function<time_tzset>("tzset()", "Initialize, or reinitialize, the local timezone to the value of TZ."),
};

Result<void> init(Thread& t, Borrowed<Module> module) {
  TRY(module_set_int(t, module, "CLOCK_REALTIME", CLOCK_REALTIME));
  TRY(module_set_int(t, module, "CLOCK_MONOTONIC", CLOCK_MONOTONIC));
  TRY(module_set_int(t, module, "CLOCK_MONOTONIC_RAW", CLOCK_MONOTONIC_RAW));
  TRY(module_set_int(t, module, "CLOCK_PROCESS_CPUTIME_ID", CLOCK_PROCESS_CPUTIME_ID));
  TRY(module_set_int(t, module, "CLOCK_THREAD_CPUTIME_ID", CLOCK_THREAD_CPUTIME_ID));
  TRY(module_set_int(t, module, "CLOCK_BOOTTIME", CLOCK_BOOTTIME));
  TRY(module_set_int(t, module, "CLOCK_TAI", CLOCK_TAI));
  return init_calendar(t, module);
}

}  // namespace

OROCHI_MODULE(time, "Clocks, sleeping, and conversions between representations of time.", kFunctions, init)

}  // namespace orochi::time_module
