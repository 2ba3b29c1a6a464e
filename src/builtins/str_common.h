// What the files of `str` share: kernel results to objects, slice arguments, formatting entry points.
#pragma once

#include "objects/str_text.h"
#include "protocols/native.h"
#include "text/text_builder.h"

namespace orochi {

// A new str of these characters, in the narrowest unit.
Result<Local<Str>> str_from_text(Mutator& m, text::AnyText view);
inline Result<Local<Str>> str_from_builder(Mutator& m, const text::TextBuilder& out) {
  if (out.failed()) return raise_no_memory(m);
  return str_from_text(m, out.view());
}
inline Result<Local<Str>> str_from_chars(Mutator& m, const text::CharBuffer& out) {
  if (out.failed()) return raise_no_memory(m);
  return make_str_ucs4(m, reinterpret_cast<const uint32_t*>(out.data()), out.size());
}
// `s` itself, or an exact copy of an instance of a subclass.
Result<Local<Str>> exact_str(Mutator& m, Borrowed<Str> s);
// An instance of `cls`, a subclass of str, with the characters of `s`.
Result<Local<>> str_for_class(Mutator& m, Borrowed<Type> cls, Borrowed<Str> s);

// One bound of a slice given to a method: None is `omitted`, anything else by __index__, saturating.
Result<int64_t> slice_argument(Thread& t, Borrowed<> v, int64_t omitted);
// [start, end) as slices clip it; start may stay beyond the length or the end.
struct Range {
  size_t start, end;
  bool valid(size_t length) const { return start <= end && start <= length; }
};
Result<Range> slice_arguments(Thread& t, Borrowed<> start, Borrowed<> end, size_t length);

Result<Local<Str>> str_join(Thread& t, Borrowed<Str> separator, Borrowed<> iterable);
Result<Local<Str>> str_repeat(Mutator& m, Borrowed<Str> s, int64_t times);

// str % args, str.format(), str.format_map(), str.__format__.
Result<Local<>> str_op_mod(Thread& t, Borrowed<> left, Borrowed<> right);
Result<Local<Str>> str_format(Thread& t, Borrowed<Str> self, Rest args, KwRest kwargs);
Result<Local<Str>> str_format_map(Thread& t, Borrowed<Str> self, Borrowed<> mapping);
Result<Local<Str>> str_dunder_format(Thread& t, Borrowed<Str> self, Borrowed<Str> spec);

inline constexpr size_t kStrMethodCount = 50;
extern const NativeDef kStrMethods[kStrMethodCount];

namespace types {
extern ::orochi::Type Slice;
}

}  // namespace orochi
