// time: calendar times as struct_time, and their text.
#include <cerrno>
#include <climits>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "modules/time/time_module.h"
#include "platform/clock.h"
#include "protocols/attr.h"
#include "protocols/call.h"

namespace orochi {

namespace {
constexpr StructSeqField kTimeFields[] = {
    {"tm_year", "year, for example, 1993"},
    {"tm_mon", "month of year, range [1, 12]"},
    {"tm_mday", "day of month, range [1, 31]"},
    {"tm_hour", "hours, range [0, 23]"},
    {"tm_min", "minutes, range [0, 59]"},
    {"tm_sec", "seconds, range [0, 61])"},
    {"tm_wday", "day of week, range [0, 6], Monday is 0"},
    {"tm_yday", "day of year, range [1, 366]"},
    {"tm_isdst", "1 if summer time is in effect, 0 if not, and -1 if unknown"},
    {"tm_zone", "abbreviation of timezone name"},
    {"tm_gmtoff", "offset from UTC in seconds"},
};
}  // namespace

OROCHI_STRUCTSEQ(StructTime, kTimeFields, 9, "time.struct_time",
                 "A calendar time: what gmtime(), localtime() and strptime() return, and what\n"
                 "asctime(), mktime() and strftime() take. Also a tuple of 9 integers.",
                 0)

namespace time_module {

namespace {

Result<time_t> to_time_t(Thread& t, Borrowed<> v) {
  if (is_float(v)) {
    double d = float_value(v);
    if (std::isnan(d)) return raise(t, types::ValueError, "Invalid value NaN (not a number)");
    d = std::floor(d);
    if (!(d >= -9223372036854775808.0 && d < 9223372036854775808.0)) {
      return raise(t, types::OverflowError, "timestamp out of range for platform time_t");
    }
    return static_cast<time_t>(d);
  }
  Local<> index = TRY(index_of(t, v));
  int64_t seconds;
  if (!int_as_int64(index.value(), &seconds)) {
    return raise(t, types::OverflowError, "timestamp out of range for platform time_t");
  }
  return seconds;
}

Result<time_t> given_or_now(Thread& t, Maybe<Borrowed<>> seconds) {
  if (!seconds || (*seconds).value() == kNone) return static_cast<time_t>(platform::realtime_ns() / 1'000'000'000);
  return to_time_t(t, *seconds);
}

Result<Local<Str>> zone_name(Thread& t, const char* name) { return decode_file_name(t, name ? name : ""); }

Result<Local<>> make_struct_time(Thread& t, const tm& p) {
  Local<Str> zone = TRY(zone_name(t, p.tm_zone));
  const Value values[] = {Value::fixnum(int64_t{p.tm_year} + 1900), Value::fixnum(p.tm_mon + 1),
                          Value::fixnum(p.tm_mday), Value::fixnum(p.tm_hour), Value::fixnum(p.tm_min),
                          Value::fixnum(p.tm_sec), Value::fixnum((p.tm_wday + 6) % 7), Value::fixnum(p.tm_yday + 1),
                          Value::fixnum(p.tm_isdst), zone.value(), Value::fixnum(p.tm_gmtoff)};
  return make_structseq(t, types::StructTime, values, std::size(values));
}

Result<tm> broken_down(Thread& t, time_t when, bool local) {
  tm out{};
  errno = 0;
  if (!(local ? localtime_r(&when, &out) : gmtime_r(&when, &out))) return raise_os_error(t, errno ? errno : EINVAL);
  return out;
}

// The nine items of a tuple or struct_time. `zone` keeps the text that tm_zone points to.
Result<tm> tm_of(Thread& t, Borrowed<> v, const char* function, Local<Str>* zone) {
  if (!is_tuple(v)) return raise(t, types::TypeError, "Tuple or struct_time argument required");
  auto tuple = v.as<Tuple>();
  if (tuple->length() != 9) return raise(t, types::TypeError, "{}(): illegal time tuple argument", function);
  int32_t n[9];
  for (size_t i = 0; i < 9; i++) n[i] = TRY(to_int32(t, tuple->at(i)));
  if (n[0] < INT_MIN + 1900) return raise(t, types::OverflowError, "year out of range");
  // The fields wrap where a program gives nonsense; the checks come later, where they matter.
  tm p{};
  p.tm_year = n[0] - 1900;
  p.tm_mon = static_cast<int>(static_cast<unsigned>(n[1]) - 1u);
  p.tm_mday = n[2];
  p.tm_hour = n[3];
  p.tm_min = n[4];
  p.tm_sec = n[5];
  p.tm_wday = static_cast<int>((int64_t{n[6]} + 1) % 7);
  p.tm_yday = static_cast<int>(static_cast<unsigned>(n[7]) - 1u);
  p.tm_isdst = n[8];
  if (type_of(v) == &types::StructTime) {
    Value name = tuple->values()[9], offset = tuple->values()[10];
    if (is_str(name)) {
      *zone = Local<Str>::share(name);
      Utf8 text = TRY(str_utf8(t, *zone, Surrogates::Escape));
      if (text.owned) {  // not ASCII: libc would want bytes that outlive us
        *zone = Local<Str>();
      } else {
        p.tm_zone = text.c_str();
      }
    }
    if (offset != kNone && is_int(offset)) {
      int64_t seconds;
      if (int_as_int64(offset, &seconds)) p.tm_gmtoff = seconds;
    }
  }
  return p;
}

Result<void> check_tm(Thread& t, tm& p) {
  if (p.tm_mon == -1) p.tm_mon = 0;
  else if (p.tm_mon < 0 || p.tm_mon > 11) return raise(t, types::ValueError, "month out of range");
  if (p.tm_mday == 0) p.tm_mday = 1;
  else if (p.tm_mday < 0 || p.tm_mday > 31) return raise(t, types::ValueError, "day of month out of range");
  if (p.tm_hour < 0 || p.tm_hour > 23) return raise(t, types::ValueError, "hour out of range");
  if (p.tm_min < 0 || p.tm_min > 59) return raise(t, types::ValueError, "minute out of range");
  if (p.tm_sec < 0 || p.tm_sec > 61) return raise(t, types::ValueError, "seconds out of range");
  if (p.tm_wday < 0) return raise(t, types::ValueError, "day of week out of range");
  if (p.tm_yday == -1) p.tm_yday = 0;
  else if (p.tm_yday < 0 || p.tm_yday > 365) return raise(t, types::ValueError, "day of year out of range");
  return ok();
}

Result<Local<>> as_text(Thread& t, const tm& p) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char text[80];
  int n = snprintf(text, sizeof text, "%s %s%3d %.2d:%.2d:%.2d %lld", kDays[p.tm_wday], kMonths[p.tm_mon], p.tm_mday,
                   p.tm_hour, p.tm_min, p.tm_sec, 1900LL + p.tm_year);
  return make_str(t, std::string_view(text, static_cast<size_t>(n)));
}

}  // namespace

Result<Local<>> time_gmtime(Thread& t, Maybe<Borrowed<>> seconds) {
  time_t when = TRY(given_or_now(t, seconds));
  tm p = TRY(broken_down(t, when, false));
  return make_struct_time(t, p);
}
Result<Local<>> time_localtime(Thread& t, Maybe<Borrowed<>> seconds) {
  time_t when = TRY(given_or_now(t, seconds));
  tm p = TRY(broken_down(t, when, true));
  return make_struct_time(t, p);
}

Result<Local<>> time_asctime(Thread& t, Maybe<Borrowed<>> tuple) {
  tm p;
  Local<Str> zone;
  if (tuple) {
    p = TRY(tm_of(t, *tuple, "asctime", &zone));
    TRY(check_tm(t, p));
  } else {
    time_t now = TRY(given_or_now(t, {}));
    p = TRY(broken_down(t, now, true));
  }
  return as_text(t, p);
}
Result<Local<>> time_ctime(Thread& t, Maybe<Borrowed<>> seconds) {
  time_t when = TRY(given_or_now(t, seconds));
  tm p = TRY(broken_down(t, when, true));
  return as_text(t, p);
}

Result<double> time_mktime(Thread& t, Borrowed<> tuple) {
  Local<Str> zone;
  tm p = TRY(tm_of(t, tuple, "mktime", &zone));
  p.tm_wday = -1;  // libc sets it when the time is representable; -1 is a valid time
  time_t when = mktime(&p);
  if (when == -1 && p.tm_wday == -1) return raise(t, types::OverflowError, "mktime argument out of range");
  return static_cast<double>(when);
}

Result<Local<>> time_strftime(Thread& t, Borrowed<Str> format, Maybe<Borrowed<>> tuple) {
  tm p;
  Local<Str> zone;
  if (tuple) {
    p = TRY(tm_of(t, *tuple, "strftime", &zone));
    TRY(check_tm(t, p));
  } else {
    time_t now = TRY(given_or_now(t, {}));
    p = TRY(broken_down(t, now, true));
  }
  if (p.tm_isdst < -1) p.tm_isdst = -1;
  if (p.tm_isdst > 1) p.tm_isdst = 1;
  if (!p.tm_zone && tuple) {
    // As libc finds it for this time.
    tm copy = p;
    copy.tm_wday = -1;
    (void)mktime(&copy);
    p.tm_zone = copy.tm_zone;
    p.tm_gmtoff = copy.tm_gmtoff;
  }
  Utf8 text = TRY(str_utf8(t, format, Surrogates::Pass));
  StrBuilder out(t);
  std::string_view rest = text.view;
  while (true) {  // libc stops at a NUL: piece by piece
    size_t nul = rest.find('\0');
    std::string_view piece = rest.substr(0, nul);
    if (!piece.empty()) {
      size_t size = 256;
      char* pattern = static_cast<char*>(allocate_raw(piece.size() + 2));
      if (!pattern) return raise_no_memory(t);
      memcpy(pattern, piece.data(), piece.size());
      pattern[piece.size()] = 0;
      for (;;) {
        char* buffer = static_cast<char*>(allocate_raw(size));
        if (!buffer) {
          free_raw(pattern);
          return raise_no_memory(t);
        }
        size_t n = strftime(buffer, size, pattern, &p);
        if (n > 0 || size >= 256 * piece.size()) {
          Result<Local<Str>> decoded = make_str(t, std::string_view(buffer, n));
          free_raw(buffer);
          if (decoded.raised()) {
            free_raw(pattern);
            return Raised{};
          }
          out.append(*decoded);
          break;
        }
        free_raw(buffer);
        size *= 2;
      }
      free_raw(pattern);
    }
    if (nul == std::string_view::npos) break;
    out.append_char(0);
    rest.remove_prefix(nul + 1);
  }
  return out.finish();
}

Result<Local<>> time_strptime(Thread& t, Rest args) {
  Local<> module = TRY(import_module(t, "_strptime"_n));
  Local<> function = TRY(get_attr(t, module, "_strptime_time"_n));
  return call_with(t, function, CallArgs{args.values, args.count, {}});
}

Result<void> set_timezone_constants(Thread& t, Borrowed<Module> module) {
  constexpr time_t kYear = (365 * 24 + 6) * 3600;
  time_t january = platform::realtime_ns() / 1'000'000'000 / kYear * kYear;
  tm winter = TRY(broken_down(t, january, true));
  tm summer = TRY(broken_down(t, january + kYear / 2, true));
  bool reversed = -winter.tm_gmtoff < -summer.tm_gmtoff;  // southern hemisphere
  const tm& standard = reversed ? summer : winter;
  const tm& saving = reversed ? winter : summer;
  TRY(module_set_int(t, module, "timezone", -standard.tm_gmtoff));
  TRY(module_set_int(t, module, "altzone", -saving.tm_gmtoff));
  TRY(module_set_int(t, module, "daylight", standard.tm_gmtoff != saving.tm_gmtoff));
  Local<Str> first = TRY(zone_name(t, standard.tm_zone));
  Local<Str> second = TRY(zone_name(t, saving.tm_zone));
  Local<Tuple> names = TRY(make_tuple(t, {first.value(), second.value()}));
  return module_set(t, module, "tzname", names);
}

Result<Local<>> time_tzset(Thread& t) {
  Local<> module = TRY(import_module(t, "time"_n));
  tzset();
  if (is_a<Module>(module.value())) TRY(set_timezone_constants(t, module.borrow().as<Module>()));
  return kNone;
}

Result<void> init_calendar(Thread& t, Borrowed<Module> module) {
  tzset();
  TRY(module_add_structseq(t, module, types::StructTime, kStructSeqStructTime));
  TRY(module_set_int(t, module, "_STRUCT_TM_ITEMS", 11));
  return set_timezone_constants(t, module);
}

}  // namespace time_module

}  // namespace orochi
