// _locale: the C library's locale, for the locale module.
#include <clocale>
#include <langinfo.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <cwchar>
#include <string>
#include <vector>

#include "objects/dict.h"
#include "objects/list.h"
#include "protocols/call.h"
#include "protocols/native.h"
#include "runtime/start.h"

namespace orochi::locale_module {

namespace {

constinit Value error_type;   // the class locale.Error; made once, for the life of the process

Result<Local<>> locale_setlocale(Thread& t, int32_t category, Borrowed<> name) {
  if (category < 0 || category > LC_ALL + 6) {
    return raise(t, *reinterpret_cast<Type*>(error_type.bits), "invalid locale category");
  }
  if (name.value() == kNone) {
    const char* now = setlocale(category, nullptr);
    if (!now) return raise(t, *reinterpret_cast<Type*>(error_type.bits), "locale query failed");
    return decode_file_name(t, now);
  }
  if (!is_str(name)) {
    return raise(t, types::TypeError, "setlocale() argument 2 must be str or None, not {}", TypeName(name));
  }
  Utf8 text = TRY(str_utf8(t, name.as<Str>()));
  if (text.view.find('\0') != std::string_view::npos) return raise(t, types::ValueError, "embedded null character");
  const char* now = setlocale(category, text.c_str());
  if (!now) return raise(t, *reinterpret_cast<Type*>(error_type.bits), "unsupported locale setting");
  return decode_file_name(t, now);
}

Result<Local<>> grouping(Thread& t, const char* s) {
  Local<List> out = TRY(make_list(t));
  if (!s[0]) return out;
  for (size_t i = 0;; i++) {
    int v = s[i];
    TRY(list_append(t, out, immediate(Value::fixnum(v))));
    if (v == 0 || v == CHAR_MAX) return out;
  }
}

Result<Local<>> locale_localeconv(Thread& t) {
  lconv l = *localeconv();
  Local<Dict> out = TRY(make_dict(t));
  auto text = [&](Borrowed<Str> key, const char* s) -> Result<void> {
    Local<Str> v = TRY(decode_file_name(t, s));
    return dict_set_str(t, out, key, std::move(v));
  };
  auto number = [&](Borrowed<Str> key, char v) -> Result<void> {
    return dict_set_str(t, out, key, immediate(Value::fixnum(v)));
  };
  TRY(text("decimal_point"_n, l.decimal_point));
  TRY(text("thousands_sep"_n, l.thousands_sep));
  Local<> groups = TRY(grouping(t, l.grouping));
  TRY(dict_set_str(t, out, "grouping"_n, std::move(groups)));
  TRY(text("int_curr_symbol"_n, l.int_curr_symbol));
  TRY(text("currency_symbol"_n, l.currency_symbol));
  TRY(text("mon_decimal_point"_n, l.mon_decimal_point));
  TRY(text("mon_thousands_sep"_n, l.mon_thousands_sep));
  Local<> money = TRY(grouping(t, l.mon_grouping));
  TRY(dict_set_str(t, out, "mon_grouping"_n, std::move(money)));
  TRY(text("positive_sign"_n, l.positive_sign));
  TRY(text("negative_sign"_n, l.negative_sign));
  TRY(number("int_frac_digits"_n, l.int_frac_digits));
  TRY(number("frac_digits"_n, l.frac_digits));
  TRY(number("p_cs_precedes"_n, l.p_cs_precedes));
  TRY(number("p_sep_by_space"_n, l.p_sep_by_space));
  TRY(number("n_cs_precedes"_n, l.n_cs_precedes));
  TRY(number("n_sep_by_space"_n, l.n_sep_by_space));
  TRY(number("p_sign_posn"_n, l.p_sign_posn));
  TRY(number("n_sign_posn"_n, l.n_sign_posn));
  return out;
}

std::vector<wchar_t> wide(Borrowed<Str> s) {
  std::vector<wchar_t> out(s->length() + 1);
  for (size_t i = 0; i < s->length(); i++) out[i] = static_cast<wchar_t>(s->at(i));
  return out;
}
Result<int64_t> locale_strcoll(Thread&, Borrowed<Str> a, Borrowed<Str> b) {
  return wcscoll(wide(a).data(), wide(b).data());
}
Result<Local<>> locale_strxfrm(Thread& t, Borrowed<Str> s) {
  for (size_t i = 0; i < s->length(); i++) {
    if (s->at(i) == 0) return raise(t, types::ValueError, "embedded null character");
  }
  auto in = wide(s);
  std::vector<wchar_t> out(in.size() * 2 + 16);
  size_t n = wcsxfrm(out.data(), in.data(), out.size());
  if (n >= out.size()) {
    out.resize(n + 1);
    n = wcsxfrm(out.data(), in.data(), out.size());
  }
  StrBuilder b(t);
  for (size_t i = 0; i < n; i++) {
    auto c = static_cast<uint32_t>(out[i]);
    b.append_char(c <= 0x10FFFF ? c : 0xFFFD);
  }
  return b.finish();
}

struct Item {
  const char* name;
  int64_t value;
};
constexpr Item kItems[] = {
#define C(n) {#n, n},
    C(ABDAY_1) C(ABDAY_2) C(ABDAY_3) C(ABDAY_4) C(ABDAY_5) C(ABDAY_6) C(ABDAY_7) C(ABMON_1) C(ABMON_2) C(ABMON_3)
    C(ABMON_4) C(ABMON_5) C(ABMON_6) C(ABMON_7) C(ABMON_8) C(ABMON_9) C(ABMON_10) C(ABMON_11) C(ABMON_12) C(ALT_DIGITS)
    C(AM_STR) C(CODESET) C(CRNCYSTR) C(DAY_1) C(DAY_2) C(DAY_3) C(DAY_4) C(DAY_5) C(DAY_6) C(DAY_7) C(D_FMT) C(D_T_FMT)
    C(ERA) C(ERA_D_FMT) C(ERA_D_T_FMT) C(ERA_T_FMT) C(MON_1) C(MON_2) C(MON_3) C(MON_4) C(MON_5) C(MON_6) C(MON_7)
    C(MON_8) C(MON_9) C(MON_10) C(MON_11) C(MON_12) C(NOEXPR) C(PM_STR) C(RADIXCHAR) C(THOUSEP) C(T_FMT) C(T_FMT_AMPM)
    C(YESEXPR) C(_DATE_FMT)
#undef C
};
Result<Local<>> locale_nl_langinfo(Thread& t, int32_t key) {
  for (const Item& item : kItems) {
    if (item.value == key) return decode_file_name(t, nl_langinfo(key));
  }
  return raise(t, types::ValueError, "unsupported langinfo constant");
}
Result<Local<>> locale_getencoding(Thread& t) { return make_str(t, "UTF-8"); }

constexpr NativeDef kFunctions[] = {
    function<locale_setlocale>("setlocale(category, locale=None, /)", "Activates/queries locale processing."),
    function<locale_localeconv>("localeconv()", "Returns numeric and monetary locale-specific parameters."),
    function<locale_strcoll>("strcoll(os1, os2, /)", "Compares two strings according to the locale."),
    function<locale_strxfrm>("strxfrm(string, /)", "Return a string that can be used as a key for locale-aware comparisons."),
    function<locale_nl_langinfo>("nl_langinfo(key, /)", "Return the value for the locale information associated with key."),
    function<locale_getencoding>("getencoding()", "Get the current locale encoding."),
};

Result<void> init(Thread& t, Borrowed<Module> module) {
  for (const Item& item : kItems) TRY(module_set_int(t, module, item.name, item.value));
  constexpr Item kCategories[] = {{"LC_CTYPE", LC_CTYPE}, {"LC_TIME", LC_TIME}, {"LC_COLLATE", LC_COLLATE},
                                  {"LC_MONETARY", LC_MONETARY}, {"LC_MESSAGES", LC_MESSAGES},
                                  {"LC_NUMERIC", LC_NUMERIC}, {"LC_ALL", LC_ALL}, {"CHAR_MAX", CHAR_MAX}};
  for (const Item& item : kCategories) TRY(module_set_int(t, module, item.name, item.value));
  if (!error_type) {
    Local<Str> name = TRY(make_str(t, "Error"));
    Local<Tuple> bases = TRY(make_tuple(t, {Value(&types::Exception)}));
    Local<Dict> ns = TRY(make_dict(t));
    Local<Str> module_name = TRY(make_str(t, "locale"));
    TRY(dict_set_str(t, ns, "__module__"_n, std::move(module_name)));
    error_type = TRY(call(t, Borrowed<>(&types::Type), name, bases, ns)).release();
  }
  return module_set(t, module, "Error", Borrowed<>(error_type));
}

OROCHI_MODULE(_locale, "Support for POSIX locales.", kFunctions, init)

}  // namespace

}  // namespace orochi::locale_module
