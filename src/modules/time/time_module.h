// Between the files of the time module.
#pragma once

#include <ctime>

#include "builtins/structseq.h"
#include "protocols/native.h"

namespace orochi::time_module {

Result<void> init_calendar(Thread& t, Borrowed<Module> module);
Result<void> set_timezone_constants(Thread& t, Borrowed<Module> module);
Result<Local<>> time_tzset(Thread& t);

// Nanoseconds from seconds as float or int. Up: away from too short (sleeping); Down: towards minus infinity.
enum class Rounding : uint8_t { Down, Up };
Result<int64_t> ns_from_seconds(Thread& t, Borrowed<> v, Rounding rounding);

// clocks.cpp
Result<void> time_sleep(Thread& t, Borrowed<> seconds);
double time_time(Thread&);
int64_t time_time_ns(Thread&);
double time_monotonic(Thread&);
int64_t time_monotonic_ns(Thread&);
double time_process_time(Thread&);
int64_t time_process_time_ns(Thread&);
double time_thread_time(Thread&);
int64_t time_thread_time_ns(Thread&);
Result<double> time_clock_gettime(Thread& t, int32_t clock);
Result<int64_t> time_clock_gettime_ns(Thread& t, int32_t clock);
Result<double> time_clock_getres(Thread& t, int32_t clock);
Result<void> time_clock_settime(Thread& t, int32_t clock, Borrowed<> seconds);
Result<void> time_clock_settime_ns(Thread& t, int32_t clock, int64_t ns);
Result<int64_t> time_pthread_getcpuclockid(Thread& t, Borrowed<> thread_id);
Result<Local<>> time_get_clock_info(Thread& t, Borrowed<Str> name);

Result<Local<>> time_gmtime(Thread& t, Maybe<Borrowed<>> seconds);
Result<Local<>> time_localtime(Thread& t, Maybe<Borrowed<>> seconds);
Result<Local<>> time_asctime(Thread& t, Maybe<Borrowed<>> tuple);
Result<Local<>> time_ctime(Thread& t, Maybe<Borrowed<>> seconds);
Result<double> time_mktime(Thread& t, Borrowed<> tuple);
Result<Local<>> time_strftime(Thread& t, Borrowed<Str> format, Maybe<Borrowed<>> tuple);
Result<Local<>> time_strptime(Thread& t, Rest args);

}  // namespace orochi::time_module
