// str: immutable text, one allocation, 1-, 2- or 4-byte code units by the widest character; a NUL unit follows.
// aux: bits 0-1 log2 of the unit size, bit 2 ASCII only, bit 3 interned. The hash is computed once (0: not yet).
#pragma once

#include <string_view>

#include "objects/type.h"

namespace orochi {

struct Str : Object {
  static constexpr uint32_t kShapeFlag = kShapeIsStr;
  static Type& python_type() { return types::Str; }

  int64_t hash_cache;  // atomic relaxed; 0 = unknown
  uint64_t length_;    // in code points
  // then: (length + 1) units

  static constexpr uint16_t kUnitMask = 3;
  static constexpr uint16_t kAscii = 4;
  static constexpr uint16_t kInterned = 8;

  size_t length() const { return length_; }
  int unit_shift() const { return aux & kUnitMask; }   // 0, 1, 2
  size_t unit_size() const { return size_t{1} << unit_shift(); }
  bool is_ascii() const { return aux & kAscii; }
  bool is_interned() const { return __atomic_load_n(&aux, __ATOMIC_RELAXED) & kInterned; }
  const void* data() const { return this + 1; }
  void* mutable_data() { return this + 1; }            // only before publication
  const uint8_t* latin1() const { return reinterpret_cast<const uint8_t*>(this + 1); }
  const uint16_t* ucs2() const { return reinterpret_cast<const uint16_t*>(this + 1); }
  const uint32_t* ucs4() const { return reinterpret_cast<const uint32_t*>(this + 1); }
  uint32_t at(size_t i) const {
    return unit_shift() == 0 ? latin1()[i] : unit_shift() == 1 ? ucs2()[i] : ucs4()[i];
  }
  // Only for ASCII strings.
  std::string_view ascii_view() const {
    DCHECK(is_ascii());
    return {reinterpret_cast<const char*>(latin1()), length_};
  }
  bool equals_ascii(std::string_view text) const { return is_ascii() && ascii_view() == text; }
};
static_assert(sizeof(Str) == 32);

// Constructors. make_str takes valid UTF-8 (WTF-8 surrogates allowed); invalid bytes become U+FFFD.
Result<Local<Str>> make_str(Mutator& m, std::string_view utf8);
Result<Local<Str>> make_str_latin1(Mutator& m, const uint8_t* data, size_t length);
Result<Local<Str>> make_str_ucs2(Mutator& m, const uint16_t* data, size_t length);  // narrowed if possible
Result<Local<Str>> make_str_ucs4(Mutator& m, const uint32_t* data, size_t length);  // narrowed if possible
Result<Local<Str>> make_str_char(Mutator& m, uint32_t code_point);                  // Latin-1 ones are shared
// Uninitialised text of this length for units of 1 << shift bytes; fill it before publishing. `ascii` must be right.
Result<Local<Str>> make_str_uninitialised(Mutator& m, size_t length, int unit_shift, bool ascii);
Borrowed<Str> empty_str();

// Interned, immortal.
Result<Local<Str>> intern(Mutator& m, Borrowed<Str> s);
Result<Local<Str>> intern(Mutator& m, std::string_view utf8);
// The interned string equal to `s`, or empty. Never makes one.
Borrowed<Str> find_interned(Borrowed<Str> s);
// Start-up: interns every "name"_n cell of the program.
Result<void> intern_name_cells(Mutator& m);

int64_t str_hash(Borrowed<Str> s);                        // keyed SipHash-1-3, cached; never -1
bool str_equal(Borrowed<Str> a, Borrowed<Str> b);
int str_compare(Borrowed<Str> a, Borrowed<Str> b);        // <0, 0, >0, by code point
Result<Local<Str>> str_concat(Mutator& m, Borrowed<Str> a, Borrowed<Str> b);
Result<Local<Str>> str_substring(Mutator& m, Borrowed<Str> s, size_t start, size_t end);
int64_t str_find(Borrowed<Str> haystack, Borrowed<Str> needle, size_t start, size_t end);  // -1: not found

// UTF-8 of a string. Surrogates: Strict raises UnicodeEncodeError; Pass encodes them as WTF-8.
enum class Surrogates : uint8_t { Strict, Pass, Escape /* surrogateescape: file names, argv, environ */ };
struct Utf8 {  // owns a copy only if the string is not ASCII
  std::string_view view;
  char* owned = nullptr;
  Utf8() = default;
  Utf8(Utf8&& o) noexcept : view(o.view), owned(o.owned) { o.owned = nullptr; }
  Utf8& operator=(Utf8&&) = delete;
  ~Utf8();
  const char* c_str() const { return view.data(); }  // NUL-terminated
};
Result<Utf8> str_utf8(Mutator& m, Borrowed<Str> s, Surrogates surrogates = Surrogates::Strict);
Result<Local<Str>> decode_file_name(Mutator& m, std::string_view bytes);  // UTF-8, surrogateescape

// Builds a string piece by piece, keeping the narrowest unit. Errors are kept until finish().
class StrBuilder {
 public:
  explicit StrBuilder(Mutator& m) : m_(m) {}
  ~StrBuilder();
  StrBuilder(const StrBuilder&) = delete;
  StrBuilder& operator=(const StrBuilder&) = delete;
  void append(Borrowed<Str> s);
  void append(Borrowed<Str> s, size_t start, size_t end);
  void append_ascii(std::string_view text);
  void append_utf8(std::string_view text);
  void append_char(uint32_t code_point);
  void append_repeat(uint32_t code_point, size_t times);
  size_t length() const { return length_; }
  Result<Local<Str>> finish();

 private:
  bool reserve(size_t extra, int shift);
  Mutator& m_;
  uint8_t* data_ = nullptr;
  size_t length_ = 0;
  size_t capacity_ = 0;  // units
  int shift_ = 0;
  bool ascii_ = true;
  bool failed_ = false;
  uint8_t inline_[96];
};

// "append"_n: an interned, immortal name. The linker merges equal cells; start-up interns the whole section.
struct NameCell {
  uint64_t bits;
  const char* text;
  uint64_t length;
};
template <size_t N>
struct FixedText {
  char text[N];
  consteval FixedText(const char (&s)[N]) {
    for (size_t i = 0; i < N; i++) text[i] = s[i];
  }
};
template <FixedText S>
struct NameHolder {
  [[gnu::section("orochi_names"), gnu::used, gnu::retain]] static inline constinit NameCell cell{0, S.text,
                                                                                                sizeof(S.text) - 1};
};
template <FixedText S>
OROCHI_INLINE Borrowed<Str> operator""_n() {
  return Borrowed<Str>(Value(NameHolder<S>::cell.bits));
}

}  // namespace orochi
