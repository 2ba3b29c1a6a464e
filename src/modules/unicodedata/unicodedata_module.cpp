// `unicodedata`: the Unicode Character Database, and `ucd_3_2_0`, the same questions to Unicode 3.2.0 (as IDNA 2003 asks
// them). One set of functions serves both: as module functions they answer for the current version, as methods of UCD
// for 3.2.0.
#include "builtins/str_common.h"
#include "objects/float.h"
#include "text/names.h"
#include "text/normalize.h"
#include "text/unicode_data.h"
#include "text/units.h"

namespace orochi {

namespace types {
extern ::orochi::Type UCD;
}

namespace {

struct UCD : Object {
  static Type& python_type() { return types::UCD; }
};
constexpr Layout kUCDLayout = layout_of<UCD>("unicodedata.UCD");

enum class Version { Current, V3_2 };

Result<char32_t> one_char(Thread& t, const char* name, Borrowed<> v, bool numbered) {
  const char* which = numbered ? " 1" : "";
  if (!is_str(v)) {
    return raise(t, types::TypeError, "{}() argument{} must be a unicode character, not {}", name, which, TypeName(v));
  }
  if (v.as<Str>()->length() != 1) {
    return raise(t, types::TypeError, "{}(): argument{} must be a unicode character, not a string of length {}", name,
                 which, v.as<Str>()->length());
  }
  return static_cast<char32_t>(v.as<Str>()->at(0));
}

// ---- numbers ----

template <Version V>
Result<Local<>> decimal_of(Thread& t, Borrowed<> chr, Maybe<Borrowed<>> otherwise) {
  char32_t c = TRY(one_char(t, "decimal", chr, true));
  int d = V == Version::Current ? text::decimal_value(c) : text::properties_3_2(c).decimal;
  if (d >= 0) return Value::fixnum(d);
  if (otherwise) return Local<>::share(*otherwise);
  return raise(t, types::ValueError, "not a decimal");
}
template <Version V>
Result<Local<>> digit_of(Thread& t, Borrowed<> chr, Maybe<Borrowed<>> otherwise) {
  char32_t c = TRY(one_char(t, "digit", chr, true));
  int d = V == Version::Current ? text::digit_value(c) : text::properties_3_2(c).digit;
  if (d >= 0) return Value::fixnum(d);
  if (otherwise) return Local<>::share(*otherwise);
  return raise(t, types::ValueError, "not a digit");
}
template <Version V>
Result<Local<>> numeric_of(Thread& t, Borrowed<> chr, Maybe<Borrowed<>> otherwise) {
  char32_t c = TRY(one_char(t, "numeric", chr, true));
  double value = 0;
  bool found;
  if (V == Version::Current) {
    found = text::numeric_value(c, value);
  } else {
    text::Properties32 p = text::properties_3_2(c);
    found = p.has_numeric;
    value = p.numeric;
  }
  if (found) return make_float(t, value);
  if (otherwise) return Local<>::share(*otherwise);
  return raise(t, types::ValueError, "not a numeric character");
}

// ---- properties ----

template <Version V>
Result<Local<Str>> category_of(Thread& t, Borrowed<> chr) {
  char32_t c = TRY(one_char(t, "category", chr, false));
  return make_str(t, V == Version::Current ? text::category(c) : text::properties_3_2(c).category);
}
template <Version V>
Result<Local<Str>> bidirectional_of(Thread& t, Borrowed<> chr) {
  char32_t c = TRY(one_char(t, "bidirectional", chr, false));
  return make_str(t, V == Version::Current ? text::bidirectional(c) : text::properties_3_2(c).bidirectional);
}
template <Version V>
Result<Local<Str>> east_asian_width_of(Thread& t, Borrowed<> chr) {
  char32_t c = TRY(one_char(t, "east_asian_width", chr, false));
  return make_str(t, V == Version::Current ? text::east_asian_width(c) : text::properties_3_2(c).east_asian_width);
}
template <Version V>
Result<int64_t> combining_of(Thread& t, Borrowed<> chr) {
  char32_t c = TRY(one_char(t, "combining", chr, false));
  return int64_t{V == Version::Current ? text::record_of(c).combining : text::properties_3_2(c).combining};
}
template <Version V>
Result<int64_t> mirrored_of(Thread& t, Borrowed<> chr) {
  char32_t c = TRY(one_char(t, "mirrored", chr, false));
  return int64_t{V == Version::Current ? text::has_flag(c, text::kMirrored) : text::properties_3_2(c).mirrored};
}
template <Version V>
Result<Local<Str>> decomposition_of(Thread& t, Borrowed<> chr) {
  char32_t c = TRY(one_char(t, "decomposition", chr, false));
  StrBuilder out(t);
  auto put = [&](char32_t piece) {
    char hex[16];
    int n = __builtin_snprintf(hex, sizeof hex, "%04X", static_cast<unsigned>(piece));
    if (out.length()) out.append_char(' ');
    out.append_ascii(std::string_view(hex, static_cast<size_t>(n)));
  };
  if (V == Version::V3_2) {
    if (!text::properties_3_2(c).assigned) return out.finish();
    if (char32_t original = text::original_decomposition_3_2(c)) {
      put(original);
      return out.finish();
    }
  }
  char32_t jamo[3];
  if (size_t n = text::hangul_decomposition(c, jamo)) {
    for (size_t i = 0; i < n; i++) put(jamo[i]);
    return out.finish();
  }
  text::Decomposition d = text::decomposition(c);
  if (d.length == 0) return out.finish();
  out.append_ascii(d.tag);
  for (uint32_t i = 0; i < d.length; i++) put(d.chars[i]);
  return out.finish();
}

// ---- normalisation ----

Result<text::NormalForm> form_of(Thread& t, Borrowed<Str> form) {
  if (form->equals_ascii("NFC")) return text::NormalForm::NFC;
  if (form->equals_ascii("NFKC")) return text::NormalForm::NFKC;
  if (form->equals_ascii("NFD")) return text::NormalForm::NFD;
  if (form->equals_ascii("NFKD")) return text::NormalForm::NFKD;
  return raise(t, types::ValueError, "invalid normalization form");
}
template <Version V>
constexpr text::UnicodeVersion kTextVersion =
    V == Version::Current ? text::UnicodeVersion::Current : text::UnicodeVersion::V3_2;

Result<void> widen(Mutator& m, Borrowed<Str> s, text::CharBuffer& out) {
  char32_t* units = out.extend(s->length() + 1);
  if (!units) return raise_no_memory(m);
  text::copy_units(units, text::Kind::Four, text_of(s));
  out.truncate(s->length());
  return ok();
}
template <Version V>
Result<Local<Str>> normalize_of(Thread& t, Borrowed<Str> form_name, Borrowed<Str> s) {
  text::NormalForm form = TRY(form_of(t, form_name));
  if (s->is_ascii()) return exact_str(t, s);
  text::CharBuffer in, out;
  TRY(widen(t, s, in));
  if (text::is_normalized(form, in.data(), in.size(), kTextVersion<V>)) return exact_str(t, s);
  text::normalize(form, in.data(), in.size(), out, kTextVersion<V>);
  return str_from_chars(t, out);
}
template <Version V>
Result<bool> is_normalized_of(Thread& t, Borrowed<Str> form_name, Borrowed<Str> s) {
  text::NormalForm form = TRY(form_of(t, form_name));
  if (s->is_ascii()) return true;
  text::CharBuffer in;
  TRY(widen(t, s, in));
  return text::is_normalized(form, in.data(), in.size(), kTextVersion<V>);
}

// ---- names ----

template <Version V>
Result<Local<>> name_of(Thread& t, Borrowed<> chr, Maybe<Borrowed<>> otherwise) {
  char32_t c = TRY(one_char(t, "name", chr, true));
  char name[text::kLongestCharName];
  size_t n = V == Version::V3_2 && !text::properties_3_2(c).assigned ? 0 : text::name_of_char(c, name);
  if (n) return make_str(t, std::string_view(name, n));
  if (otherwise) return Local<>::share(*otherwise);
  return raise(t, types::ValueError, "no such name");
}
template <Version V>
Result<Local<Str>> lookup_name(Thread& t, Borrowed<> name) {
  Local<Str> text;
  if (is_str(name)) text = Local<Str>::share(name.as<Str>());
  else return raise(t, types::TypeError, "a bytes-like object is required, not '{}'", TypeName(name));
  Utf8 utf8 = TRY(str_utf8(t, text));
  if (utf8.view.size() > 256) return raise(t, types::KeyError, "name too long");
  char32_t chars[text::kLongestSequence];
  size_t n = text::chars_by_name(utf8.view, V == Version::Current ? text::NameScope::WithAliasesAndSequences
                                                                  : text::NameScope::Characters, chars);
  if (n == 0) return raise(t, types::KeyError, "undefined character name '{}'", text);
  return make_str_ucs4(t, reinterpret_cast<const uint32_t*>(chars), n);
}

#define ROWS(ROW)                                                                                                     \
  ROW(decimal_of, "decimal", "chr, default=0",                                                                        \
      "Converts a Unicode character into its equivalent decimal value.")                                              \
  ROW(digit_of, "digit", "chr, default=0", "Converts a Unicode character into its equivalent digit value.")           \
  ROW(numeric_of, "numeric", "chr, default=0", "Converts a Unicode character into its equivalent numeric value.")     \
  ROW(category_of, "category", "chr", "Returns the general category assigned to the character chr as string.")        \
  ROW(bidirectional_of, "bidirectional", "chr", "Returns the bidirectional class assigned to the character chr.")     \
  ROW(combining_of, "combining", "chr", "Returns the canonical combining class assigned to the character chr.")       \
  ROW(mirrored_of, "mirrored", "chr", "Returns the mirrored property assigned to the character chr as integer.")      \
  ROW(east_asian_width_of, "east_asian_width", "chr",                                                                 \
      "Returns the east asian width assigned to the character chr as string.")                                        \
  ROW(decomposition_of, "decomposition", "chr", "Returns the character decomposition mapping assigned to the "        \
                                                "character chr.")                                                     \
  ROW(is_normalized_of, "is_normalized", "form, input", "Return whether the Unicode string is in the normal form.")   \
  ROW(normalize_of, "normalize", "form, unistr", "Return the normal form 'form' for the Unicode string unistr.")      \
  ROW(name_of, "name", "chr, default=''", "Returns the name assigned to the character chr as a string.")              \
  ROW(lookup_name, "lookup", "name", "Look up character by name.")

#define MODULE_ROW(fn, name, parameters, doc) function<fn<Version::Current>>(name "(" parameters ", /)", doc),
constexpr NativeDef kFunctions[] = {ROWS(MODULE_ROW)};

// The same for methods: the instance is not looked at.
template <auto Fn, typename Signature = decltype(Fn)>
struct AsMethod;
template <auto Fn, typename R, typename... P>
struct AsMethod<Fn, R (*)(Thread&, P...)> {
  static R call(Thread& t, Borrowed<UCD>, P... args) { return Fn(t, args...); }
};
#define METHOD_ROW(fn, name, parameters, doc) \
  method<AsMethod<&fn<Version::V3_2>>::call>(name "(self, " parameters ", /)", doc),
constexpr NativeDef kMethods[] = {ROWS(METHOD_ROW)};

Result<Local<Str>> ucd_version(Thread& t, Borrowed<UCD>) { return make_str(t, "3.2.0"); }
constexpr GetSetDef kGetSets[] = {getter<ucd_version>("unidata_version", "")};

const TypeDef kUCDDef = {
    .name = "unicodedata.UCD",
    .layout = &kUCDLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kMethods),
    OROCHI_GETSETS(kGetSets),
};

Result<void> init(Thread& t, Borrowed<Module> module) {
  TRY(module_add_type(t, module, types::UCD, kUCDDef));
  Local<UCD> old = TRY(make_object<UCD>(t));
  TRY(module_set(t, module, "ucd_3_2_0", old));
  return module_set_str(t, module, "unidata_version", "16.0.0");
}

}  // namespace

OROCHI_MODULE_TYPE(UCD)
OROCHI_MODULE(unicodedata,
              "This module provides access to the Unicode Character Database which\ndefines character properties for all "
              "Unicode characters.",
              kFunctions, init)

}  // namespace orochi
