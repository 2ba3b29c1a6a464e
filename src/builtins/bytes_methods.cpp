// The methods that bytes and bytearray share, each a template over the two. Arguments are converted before the bytes
// are looked at: see Reading and Snapshot in bytes_common.h.
#include "builtins/bytes_common.h"
#include "builtins/codec_registry.h"
#include "builtins/str_common.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "text/case.h"
#include "text/escape.h"
#include "text/replace.h"
#include "text/search.h"
#include "text/split.h"
#include "text/units.h"

namespace orochi {

Result<uint8_t> byte_of(Thread& t, Borrowed<> v, const char* message) {
  int64_t n = TRY(to_index_clipped(t, v));
  if (n < 0 || n > 255) return raise(t, types::ValueError, message);
  return static_cast<uint8_t>(n);
}

Result<Needle> Needle::of(Thread& t, Borrowed<> v, bool operator_in) {
  Needle needle;
  if (has_buffer(v)) {
    needle.buffer_ = TRY(Buffer::get(t, v));
    return needle;
  }
  if (!is_int(v) && !type_of(v)->slots.index) {
    if (operator_in) return raise(t, types::TypeError, "a bytes-like object is required, not '{}'", TypeName(v));
    return raise(t, types::TypeError, "argument should be integer or bytes-like object, not '{}'", TypeName(v));
  }
  needle.byte_ = TRY(byte_of(t, v));
  needle.is_byte_ = true;
  return needle;
}

Result<Local<Str>> hex_of_bytes(Thread& t, std::string_view data, Borrowed<> sep, int64_t group) {
  uint8_t separator = 0;
  if (sep && sep.value() != kNone) {
    int64_t n = TRY(length_of(t, sep));
    if (n != 1) return raise(t, types::ValueError, "sep must be length 1.");
    uint32_t c;
    if (is_str(sep)) {
      c = sep.as<Str>()->at(0);
    } else if (is_bytes(sep)) {
      c = sep.as<Bytes>()->data()[0];
    } else {
      return raise(t, types::TypeError, "sep must be str or bytes.");
    }
    if (c > 127) return raise(t, types::ValueError, "sep must be ASCII.");
    separator = static_cast<uint8_t>(c);
  } else {
    group = 0;
  }
  if (group > INT32_MAX || group < INT32_MIN) {
    return raise(t, types::OverflowError, "Python int too large to convert to C int");
  }
  text::ByteBuffer out;
  text::hex_bytes(byte_pointer(data), data.size(), separator, static_cast<ptrdiff_t>(group), out);
  if (out.failed()) return raise_no_memory(t);
  return make_str_latin1(t, out.data(), out.size());
}

namespace {

enum class Direction { Forward, Backward };

// ---- searching ----

template <typename T, Direction D>
Result<int64_t> find_with(Thread& t, Borrowed<T> self, Borrowed<> sub, Borrowed<> start, Borrowed<> end) {
  Needle needle = TRY(Needle::of(t, sub, false));
  int64_t from = TRY(slice_argument(t, start, 0));
  int64_t to = TRY(slice_argument(t, end, INT64_MAX));
  Reading<T> in(t, self);
  auto n = static_cast<int64_t>(in.view.size());
  if (to > n) to = n;
  if (to < 0) to = to + n < 0 ? 0 : to + n;
  if (from < 0) from = from + n < 0 ? 0 : from + n;
  auto text = bytes_text(in.view);
  size_t at = D == Direction::Forward
                  ? text::find_in(text, needle.text(), static_cast<size_t>(from), static_cast<size_t>(to))
                  : text::rfind_in(text, needle.text(), static_cast<size_t>(from), static_cast<size_t>(to));
  return at == text::kNotFound ? int64_t{-1} : static_cast<int64_t>(at);
}
template <typename T, Direction D>
Result<int64_t> index_with(Thread& t, Borrowed<T> self, Borrowed<> sub, Borrowed<> start, Borrowed<> end) {
  int64_t at = TRY((find_with<T, D>(t, self, sub, start, end)));
  if (at < 0) return raise(t, types::ValueError, "subsection not found");
  return at;
}

struct Bounds {
  int64_t from, to;
  Range in(size_t length) const {
    auto n = static_cast<int64_t>(length);
    int64_t a = from, b = to > n ? n : to;
    if (b < 0) b = b + n < 0 ? 0 : b + n;
    if (a < 0) a = a + n < 0 ? 0 : a + n;
    return {static_cast<size_t>(a), static_cast<size_t>(b)};
  }
};
Result<Bounds> bounds_of(Thread& t, Borrowed<> start, Borrowed<> end) {
  int64_t from = TRY(slice_argument(t, start, 0));
  int64_t to = TRY(slice_argument(t, end, INT64_MAX));
  return Bounds{from, to};
}

template <typename T>
Result<int64_t> count_of(Thread& t, Borrowed<T> self, Borrowed<> sub, Borrowed<> start, Borrowed<> end) {
  Needle needle = TRY(Needle::of(t, sub, false));
  Bounds bounds = TRY(bounds_of(t, start, end));
  Reading<T> in(t, self);
  Range r = bounds.in(in.view.size());
  if (!r.valid(in.view.size())) return int64_t{0};
  return static_cast<int64_t>(text::count(bytes_text(in.view).slice(r.start, r.end), needle.text()));
}

template <typename T>
Result<bool> edge_matches(Thread& t, Borrowed<T> self, Borrowed<> edge, const Bounds& bounds, bool suffix) {
  Buffer buffer = TRY(Buffer::get(t, edge));
  Reading<T> in(t, self);
  Range r = bounds.in(in.view.size());
  if (!r.valid(in.view.size())) return false;
  std::string_view part = in.view.substr(r.start, r.end - r.start);
  return suffix ? part.ends_with(buffer.view()) : part.starts_with(buffer.view());
}
template <typename T>
Result<bool> edge_test(Thread& t, Borrowed<T> self, Borrowed<> edge, Borrowed<> start, Borrowed<> end, bool suffix) {
  Bounds bounds = TRY(bounds_of(t, start, end));
  if (is_tuple(edge)) {
    Borrowed<Tuple> all = edge.as<Tuple>();
    for (size_t i = 0; i < all->length(); i++) {
      if (TRY(edge_matches(t, self, all->at(i), bounds, suffix))) return true;
    }
    return false;
  }
  if (!has_buffer(edge)) {
    return raise(t, types::TypeError, "{} first arg must be bytes or a tuple of bytes, not {}",
                 suffix ? "endswith" : "startswith", TypeName(edge));
  }
  return edge_matches(t, self, edge, bounds, suffix);
}
template <typename T>
Result<bool> bytes_startswith(Thread& t, Borrowed<T> self, Borrowed<> prefix, Borrowed<> start, Borrowed<> end) {
  return edge_test(t, self, prefix, start, end, false);
}
template <typename T>
Result<bool> bytes_endswith(Thread& t, Borrowed<T> self, Borrowed<> suffix, Borrowed<> start, Borrowed<> end) {
  return edge_test(t, self, suffix, start, end, true);
}
template <typename T>
Result<Local<T>> bytes_removeprefix(Thread& t, Borrowed<T> self, Borrowed<> prefix) {
  Buffer buffer = TRY(Buffer::get(t, prefix));
  Reading<T> in(t, self);
  if (!in.view.starts_with(buffer.view()) || buffer.size() == 0) return unchanged(t, self, in.view);
  return make_like<T>(t, in.view.substr(buffer.size()));
}
template <typename T>
Result<Local<T>> bytes_removesuffix(Thread& t, Borrowed<T> self, Borrowed<> suffix) {
  Buffer buffer = TRY(Buffer::get(t, suffix));
  Reading<T> in(t, self);
  if (!in.view.ends_with(buffer.view()) || buffer.size() == 0) return unchanged(t, self, in.view);
  return make_like<T>(t, in.view.substr(0, in.view.size() - buffer.size()));
}

// ---- cutting ----

template <typename T>
Result<Local<>> list_of_spans(Mutator& m, Borrowed<T> self, std::string_view view, const text::SpanBuffer& spans) {
  if (spans.failed()) return raise_no_memory(m);
  Local<List> list = TRY(make_list(m, spans.size()));
  for (text::Span span : spans) {
    bool whole = span.start == 0 && span.end == view.size();
    Local<T> piece = whole ? TRY(unchanged(m, self, view))
                           : TRY(make_like<T>(m, view.substr(span.start, span.end - span.start)));
    TRY(list_append(m, list, std::move(piece)));
  }
  return list;
}
template <typename T, Direction D>
Result<Local<>> split_with(Thread& t, Borrowed<T> self, Borrowed<> sep, Index maxsplit) {
  size_t limit = maxsplit < 0 ? SIZE_MAX : static_cast<size_t>(maxsplit.value);
  text::SpanBuffer spans;
  Buffer separator;
  if (sep.value() != kNone) {
    separator = TRY(Buffer::get(t, sep));
    if (separator.size() == 0) return raise(t, types::ValueError, "empty separator");
  }
  Snapshot<T> in(t, self);
  if (in.failed()) return raise_no_memory(t);
  text::AnyText text = bytes_text(in.view);
  if (sep.value() == kNone) {
    if (D == Direction::Forward) text::split_space(text, limit, text::Alphabet::Bytes, spans);
    else text::rsplit_space(text, limit, text::Alphabet::Bytes, spans);
  } else {
    if (D == Direction::Forward) text::split_by(text, bytes_text(separator.view()), limit, spans);
    else text::rsplit_by(text, bytes_text(separator.view()), limit, spans);
  }
  return list_of_spans(t, self, in.view, spans);
}
template <typename T>
Result<Local<>> bytes_splitlines(Thread& t, Borrowed<T> self, bool keepends) {
  Snapshot<T> in(t, self);
  if (in.failed()) return raise_no_memory(t);
  text::SpanBuffer spans;
  text::split_lines(bytes_text(in.view), keepends ? text::LineEnds::Keep : text::LineEnds::Drop, text::Alphabet::Bytes,
                    spans);
  return list_of_spans(t, self, in.view, spans);
}
template <typename T, Direction D>
Result<Local<>> partition_with(Thread& t, Borrowed<T> self, Borrowed<> sep) {
  Buffer separator = TRY(Buffer::get(t, sep));
  if (separator.size() == 0) return raise(t, types::ValueError, "empty separator");
  Snapshot<T> in(t, self);
  if (in.failed()) return raise_no_memory(t);
  size_t at = D == Direction::Forward ? text::find(bytes_text(in.view), bytes_text(separator.view()))
                                      : text::rfind(bytes_text(in.view), bytes_text(separator.view()));
  if (at == text::kNotFound) {
    Local<T> whole = TRY(unchanged(t, self, in.view));
    Local<T> one = TRY(make_like<T>(t, std::string_view())), two = TRY(make_like<T>(t, std::string_view()));
    if (D == Direction::Forward) return make_tuple(t, {whole.value(), one.value(), two.value()});
    return make_tuple(t, {one.value(), two.value(), whole.value()});
  }
  Local<T> left = TRY(make_like<T>(t, in.view.substr(0, at)));
  Local<> middle;
  if (std::is_same_v<T, Bytes> && type_of(sep) == &types::Bytes) middle = Local<>::share(sep);
  else middle = TRY(make_like<T>(t, separator.view()));
  Local<T> right = TRY(make_like<T>(t, in.view.substr(at + separator.size())));
  return make_tuple(t, {left.value(), middle.value(), right.value()});
}
template <typename T, text::Side S>
Result<Local<T>> strip_with(Thread& t, Borrowed<T> self, Borrowed<> chars) {
  Buffer set;
  if (chars.value() != kNone) set = TRY(Buffer::get(t, chars));
  Reading<T> in(t, self);
  text::Span span = chars.value() == kNone ? text::strip_space(bytes_text(in.view), S, text::Alphabet::Bytes)
                                           : text::strip_chars(bytes_text(in.view), bytes_text(set.view()), S);
  if (span.start == 0 && span.end == in.view.size()) return unchanged(t, self, in.view);
  return make_like<T>(t, in.view.substr(span.start, span.end - span.start));
}

// ---- case and tests ----

template <typename T, text::Casing C>
Result<Local<T>> case_with(Mutator& m, Borrowed<T> self) {
  Reading<T> in(m, self);
  Local<T> out = TRY(make_like_uninitialised<T>(m, in.view.size()));
  if (!in.view.empty()) text::map_case_ascii(C, byte_pointer(in.view), in.view.size(), fresh_data(out));
  return out;
}
template <typename T, text::TextTest Test>
bool test_with(Mutator& m, Borrowed<T> self) {
  Reading<T> in(m, self);
  return text::test_bytes(Test, byte_pointer(in.view), in.view.size());
}
template <typename T>
bool bytes_isascii(Mutator& m, Borrowed<T> self) {
  Reading<T> in(m, self);
  return text::is_ascii(bytes_text(in.view));
}

// ---- padding ----

template <typename T>
Result<Local<T>> pad(Mutator& m, Borrowed<T> self, std::string_view view, size_t left, size_t right, uint8_t fill) {
  if (left == 0 && right == 0) return unchanged(m, self, view);
  if (left + right > (size_t{1} << 46)) return raise_no_memory(m);
  Local<T> out = TRY(make_like_uninitialised<T>(m, left + view.size() + right));
  uint8_t* to = fresh_data(out);
  std::memset(to, fill, left);
  if (!view.empty()) std::memcpy(to + left, view.data(), view.size());
  std::memset(to + left + view.size(), fill, right);
  return out;
}
Result<uint8_t> fill_byte(Thread& t, const char* name, Maybe<Borrowed<>> v) {
  if (!v) return static_cast<uint8_t>(' ');
  uint8_t copy = 0;
  size_t length = 0;
  if (is_bytes(*v)) {
    length = (*v).as<Bytes>()->length();
    if (length) copy = (*v).as<Bytes>()->data()[0];
  } else if (is_bytearray(*v)) {
    Reading<ByteArray> in(t, (*v).as<ByteArray>());
    length = in.view.size();
    if (length) copy = static_cast<uint8_t>(in.view[0]);
  } else {
    return raise(t, types::TypeError, "{}() argument 2 must be a byte string of length 1, not {}", name, TypeName(*v));
  }
  if (length != 1) {
    return raise(t, types::TypeError, "{}(): argument 2 must be a byte string of length 1, not a {} object of length {}",
                 name, TypeName(*v), length);
  }
  return copy;
}
template <typename T>
Result<Local<T>> bytes_center(Thread& t, Borrowed<T> self, Index width, Maybe<Borrowed<>> fillchar) {
  uint8_t fill = TRY(fill_byte(t, "center", fillchar));
  Reading<T> in(t, self);
  if (width <= static_cast<int64_t>(in.view.size())) return unchanged(t, self, in.view);
  size_t left = text::center_left(in.view.size(), static_cast<size_t>(width.value));
  return pad(t, self, in.view, left, static_cast<size_t>(width.value) - in.view.size() - left, fill);
}
template <typename T>
Result<Local<T>> bytes_ljust(Thread& t, Borrowed<T> self, Index width, Maybe<Borrowed<>> fillchar) {
  uint8_t fill = TRY(fill_byte(t, "ljust", fillchar));
  Reading<T> in(t, self);
  if (width <= static_cast<int64_t>(in.view.size())) return unchanged(t, self, in.view);
  return pad(t, self, in.view, 0, static_cast<size_t>(width.value) - in.view.size(), fill);
}
template <typename T>
Result<Local<T>> bytes_rjust(Thread& t, Borrowed<T> self, Index width, Maybe<Borrowed<>> fillchar) {
  uint8_t fill = TRY(fill_byte(t, "rjust", fillchar));
  Reading<T> in(t, self);
  if (width <= static_cast<int64_t>(in.view.size())) return unchanged(t, self, in.view);
  return pad(t, self, in.view, static_cast<size_t>(width.value) - in.view.size(), 0, fill);
}
template <typename T>
Result<Local<T>> bytes_zfill(Mutator& m, Borrowed<T> self, Index width) {
  Reading<T> in(m, self);
  if (width <= static_cast<int64_t>(in.view.size())) return unchanged(m, self, in.view);
  size_t zeros = static_cast<size_t>(width.value) - in.view.size();
  Local<T> out = TRY(pad(m, self, in.view, zeros, 0, '0'));
  if (text::zfill_position(bytes_text(in.view)) == 1) {
    fresh_data(out)[0] = static_cast<uint8_t>(in.view[0]);
    fresh_data(out)[zeros] = '0';
  }
  return out;
}
template <typename T>
Result<Local<T>> bytes_expandtabs(Thread& t, Borrowed<T> self, Index tabsize) {
  if (tabsize > INT32_MAX || tabsize < INT32_MIN) {
    return raise(t, types::OverflowError, "Python int too large to convert to C int");
  }
  Reading<T> in(t, self);
  size_t size, tab = tabsize < 0 ? 0 : static_cast<size_t>(tabsize.value);
  if (!text::expanded_tabs_size(bytes_text(in.view), tab, size) || size > INT64_MAX) {
    return raise(t, types::OverflowError, "result too long");
  }
  if (size > (size_t{1} << 46)) return raise_no_memory(t);
  Local<T> out = TRY(make_like_uninitialised<T>(t, size));
  if (size) text::expand_tabs(bytes_text(in.view), tab, fresh_data(out), text::Kind::One);
  return out;
}

// ---- replacing ----

template <typename T>
Result<Local<T>> bytes_replace(Thread& t, Borrowed<T> self, Borrowed<> old_bytes, Borrowed<> new_bytes, Index count) {
  Buffer old = TRY(Buffer::get(t, old_bytes));
  Buffer with = TRY(Buffer::get(t, new_bytes));
  Reading<T> in(t, self);
  text::ReplacePlan plan;
  size_t limit = count < 0 ? SIZE_MAX : static_cast<size_t>(count.value);
  if (!text::plan_replace(bytes_text(in.view), bytes_text(old.view()), bytes_text(with.view()), limit, plan) ||
      plan.length > INT64_MAX) {
    return raise(t, types::OverflowError, "replace bytes is too long");
  }
  if (plan.count == 0) return unchanged(t, self, in.view);
  if (plan.length > (size_t{1} << 46)) return raise_no_memory(t);
  Local<T> out = TRY(make_like_uninitialised<T>(t, plan.length));
  if (plan.length) {
    text::write_replaced(bytes_text(in.view), bytes_text(old.view()), bytes_text(with.view()), plan, fresh_data(out),
                         text::Kind::One);
  }
  return out;
}
template <typename T>
Result<Local<T>> bytes_translate(Thread& t, Borrowed<T> self, Borrowed<> table, Maybe<Borrowed<>> deleted) {
  Buffer map, drop;
  const uint8_t* map_data = nullptr;
  text::ByteSet set;
  if (table.value() != kNone) {
    map = TRY(Buffer::get(t, table));
    if (map.size() != 256) return raise(t, types::ValueError, "translation table must be 256 characters long");
    map_data = map.data();
  }
  if (deleted) {
    drop = TRY(Buffer::get(t, *deleted));
    for (uint8_t b : drop.view()) set.add(b);
  }
  Reading<T> in(t, self);
  text::ByteBuffer out;
  uint8_t* room = out.extend(in.view.size() + 1);
  if (!room) return raise_no_memory(t);
  size_t n = text::translate_bytes(byte_pointer(in.view), in.view.size(), map_data, deleted ? &set : nullptr, room);
  std::string_view result(reinterpret_cast<const char*>(room), n);
  if (result == in.view) return unchanged(t, self, in.view);
  return make_like<T>(t, result);
}
Result<Local<Bytes>> bytes_maketrans(Thread& t, Borrowed<> from_bytes, Borrowed<> to_bytes) {
  Buffer from = TRY(Buffer::get(t, from_bytes));
  Buffer to = TRY(Buffer::get(t, to_bytes));
  if (from.size() != to.size()) return raise(t, types::ValueError, "maketrans arguments must have same length");
  Local<Bytes> table = TRY(make_bytes_uninitialised(t, 256));
  uint8_t* data = table->mutable_data();
  for (int i = 0; i < 256; i++) data[i] = static_cast<uint8_t>(i);
  for (size_t i = 0; i < from.size(); i++) data[from.data()[i]] = to.data()[i];
  return table;
}

// ---- the rest ----

template <typename T>
Result<Local<T>> bytes_join(Thread& t, Borrowed<T> self, Borrowed<> iterable) {
  auto items = tuple_from(t, iterable);
  if (items.raised()) {
    if (pending_matches(t, types::TypeError) && !type_of(iterable)->slots.iter && !type_of(iterable)->slots.getitem) {
      clear_pending(t);
      return raise(t, types::TypeError, "can only join an iterable");
    }
    return Raised{};
  }
  Borrowed<Tuple> all = *items;
  size_t n = all->length();
  if (n == 0) return make_like<T>(t, std::string_view());
  if (n == 1 && std::is_same_v<T, Bytes> && type_of(all->at(0)) == &types::Bytes) {
    return Local<T>::adopt(Local<>::share(all->at(0)).release());
  }
  Snapshot<T> separator(t, self);
  if (separator.failed()) return raise_no_memory(t);
  bool plain = true;
  size_t length = separator.view.size() * (n - 1);
  for (size_t i = 0; i < n && plain; i++) {
    plain = type_of(all->at(i)) == &types::Bytes;
    if (plain) length += all->at(i).as<Bytes>()->length();
  }
  if (plain) {
    if (length > (size_t{1} << 46)) return raise_no_memory(t);
    Local<T> out = TRY(make_like_uninitialised<T>(t, length));
    uint8_t* to = fresh_data(out);
    auto put = [&](std::string_view piece) {
      if (piece.empty()) return;
      std::memcpy(to, piece.data(), piece.size());
      to += piece.size();
    };
    for (size_t i = 0; i < n; i++) {
      if (i) put(separator.view);
      put(all->at(i).as<Bytes>()->view());
    }
    return out;
  }
  text::ByteBuffer out;
  for (size_t i = 0; i < n; i++) {
    if (!has_buffer(all->at(i))) {
      return raise(t, types::TypeError, "sequence item {}: expected a bytes-like object, {} found", i,
                   TypeName(all->at(i)));
    }
    Buffer piece = TRY(Buffer::get(t, all->at(i)));
    if (i) out.append(byte_pointer(separator.view), separator.view.size());
    out.append(piece.data(), piece.size());
  }
  return make_like<T>(t, out);
}

template <typename T>
Result<Local<>> bytes_decode(Thread& t, Borrowed<T> self, Maybe<Borrowed<Str>> encoding, Maybe<Borrowed<Str>> errors) {
  if constexpr (std::is_same_v<T, Bytes>) {
    return decode_object(t, self, self->view(), encoding.value, errors.value);
  } else {
    Buffer buffer = TRY(Buffer::get(t, self));
    return decode_object(t, self, buffer.view(), encoding.value, errors.value);
  }
}

template <typename T>
Result<Local<Str>> bytes_hex(Thread& t, Borrowed<T> self, Maybe<Borrowed<>> sep, Index bytes_per_sep) {
  Snapshot<T> in(t, self);
  if (in.failed()) return raise_no_memory(t);
  return hex_of_bytes(t, in.view, sep.value, bytes_per_sep);
}

template <typename T>
Result<Local<>> bytes_fromhex(Thread& t, Borrowed<Type> cls, Borrowed<> string) {
  text::ByteBuffer out;
  size_t position = 0;
  Buffer buffer;
  text::AnyText digits;
  if (is_str(string)) {
    digits = text_of(string.as<Str>());
  } else if (has_buffer(string)) {
    buffer = TRY(Buffer::get(t, string));
    digits = bytes_text(buffer.view());
  } else {
    return raise(t, types::TypeError, "fromhex() argument must be str or bytes-like, not {}", TypeName(string));
  }
  if (!text::unhex(digits, out, position)) {
    if (position == text::kNotFound) {
      return raise(t, types::ValueError, "fromhex() arg must contain an even number of hexadecimal digits");
    }
    return raise(t, types::ValueError, "non-hexadecimal number found in fromhex() arg at position {}", position);
  }
  Local<T> result = TRY(make_like<T>(t, out));
  if (cls.value() == Value(&T::python_type())) return result;
  return call(t, cls, result);
}

Result<Local<>> bytes_getnewargs(Mutator& m, Borrowed<Bytes> self) {
  Local<Bytes> copy = TRY(unchanged(m, self, self->view()));
  return make_tuple(m, {copy.value()});
}
Result<Local<Bytes>> bytes_dunder_bytes(Mutator& m, Borrowed<Bytes> self) { return unchanged(m, self, self->view()); }
int64_t bytes_sizeof(Mutator&, Borrowed<Bytes> self) { return static_cast<int64_t>(sizeof(Bytes) + self->length() + 1); }

// The rows that both have; 41 of them.
#define SHARED_METHODS(T)                                                                                             \
  method<case_with<T, text::Casing::Capitalize>>(                                                                     \
      "capitalize(self, /)",                                                                                          \
      "B.capitalize() -> copy of B\n\nReturn a copy of B with only its first character capitalized (ASCII)\n"         \
      "and the rest lower-cased."),                                                                                   \
      method<bytes_center<T>>("center(self, width, fillchar=b' ', /)",                                                \
                              "Return a centered string of length width.\n\n"                                         \
                              "Padding is done using the specified fill character."),                                 \
      method<count_of<T>>("count(self, sub, start=None, end=None, /)",                                                \
                          "Return the number of non-overlapping occurrences of subsection 'sub' in bytes "            \
                          "B[start:end]."),                                                                           \
      method<bytes_decode<T>>("decode(self, /, encoding='utf-8', errors='strict')",                                   \
                              "Decode the bytes using the codec registered for encoding."),                           \
      method<bytes_endswith<T>>("endswith(self, suffix, start=None, end=None, /)",                                    \
                                "Return True if the bytes ends with the specified suffix, False otherwise."),         \
      method<bytes_expandtabs<T>>("expandtabs(self, /, tabsize=8)",                                                   \
                                  "Return a copy where all tab characters are expanded using spaces."),               \
      method<find_with<T, Direction::Forward>>("find(self, sub, start=None, end=None, /)",                            \
                                               "Return the lowest index in B where subsection 'sub' is found, such "  \
                                               "that 'sub' is contained within B[start,end]."),                       \
      class_method<bytes_fromhex<T>>("fromhex(cls, string, /)",                                                       \
                                     "Create a bytes object from a string of hexadecimal numbers."),                  \
      method<bytes_hex<T>>("hex(self, sep=None, bytes_per_sep=1)",                                                    \
                           "Create a string of hexadecimal numbers from a bytes object."),                            \
      method<index_with<T, Direction::Forward>>("index(self, sub, start=None, end=None, /)",                          \
                                                "Return the lowest index in B where subsection 'sub' is found."),     \
      method<test_with<T, text::TextTest::Alnum>>(                                                                    \
          "isalnum(self, /)", "B.isalnum() -> bool\n\nReturn True if all characters in B are alphanumeric\n"          \
                              "and there is at least one character in B, False otherwise."),                          \
      method<test_with<T, text::TextTest::Alpha>>(                                                                    \
          "isalpha(self, /)", "B.isalpha() -> bool\n\nReturn True if all characters in B are alphabetic\n"            \
                              "and there is at least one character in B, False otherwise."),                          \
      method<bytes_isascii<T>>("isascii(self, /)",                                                                    \
                               "B.isascii() -> bool\n\nReturn True if B is empty or all characters in B are ASCII,\n" \
                               "False otherwise."),                                                                   \
      method<test_with<T, text::TextTest::Digit>>(                                                                    \
          "isdigit(self, /)", "B.isdigit() -> bool\n\nReturn True if all characters in B are digits\n"                \
                              "and there is at least one character in B, False otherwise."),                          \
      method<test_with<T, text::TextTest::Lower>>(                                                                    \
          "islower(self, /)", "B.islower() -> bool\n\nReturn True if all cased characters in B are lowercase and "    \
                              "there is\nat least one cased character in B, False otherwise."),                       \
      method<test_with<T, text::TextTest::Space>>(                                                                    \
          "isspace(self, /)", "B.isspace() -> bool\n\nReturn True if all characters in B are whitespace\n"            \
                              "and there is at least one character in B, False otherwise."),                          \
      method<test_with<T, text::TextTest::Title>>(                                                                    \
          "istitle(self, /)", "B.istitle() -> bool\n\nReturn True if B is a titlecased string and there is at "       \
                              "least one\ncharacter in B, False otherwise."),                                         \
      method<test_with<T, text::TextTest::Upper>>(                                                                    \
          "isupper(self, /)", "B.isupper() -> bool\n\nReturn True if all cased characters in B are uppercase and "    \
                              "there is\nat least one cased character in B, False otherwise."),                       \
      method<bytes_join<T>>("join(self, iterable_of_bytes, /)", "Concatenate any number of bytes objects."),          \
      method<bytes_ljust<T>>("ljust(self, width, fillchar=b' ', /)",                                                  \
                             "Return a left-justified string of length width."),                                      \
      method<case_with<T, text::Casing::Lower>>(                                                                      \
          "lower(self, /)",                                                                                           \
          "B.lower() -> copy of B\n\nReturn a copy of B with all ASCII characters converted to lowercase."),          \
      method<strip_with<T, text::Side::Left>>("lstrip(self, bytes=None, /)",                                          \
                                              "Strip leading bytes contained in the argument."),                      \
      static_method<bytes_maketrans>("maketrans(frm, to, /)",                                                         \
                                     "Return a translation table usable for the bytes or bytearray translate "        \
                                     "method."),                                                                      \
      method<partition_with<T, Direction::Forward>>("partition(self, sep, /)",                                        \
                                                    "Partition the bytes into three parts using the given "           \
                                                    "separator."),                                                    \
      method<bytes_replace<T>>("replace(self, old, new, count=-1, /)",                                                \
                               "Return a copy with all occurrences of substring old replaced by new."),               \
      method<bytes_removeprefix<T>>("removeprefix(self, prefix, /)",                                                  \
                                    "Return a bytes object with the given prefix string removed if present."),        \
      method<bytes_removesuffix<T>>("removesuffix(self, suffix, /)",                                                  \
                                    "Return a bytes object with the given suffix string removed if present."),        \
      method<find_with<T, Direction::Backward>>("rfind(self, sub, start=None, end=None, /)",                          \
                                                "Return the highest index in B where subsection 'sub' is found, "     \
                                                "such that 'sub' is contained within B[start,end]."),                 \
      method<index_with<T, Direction::Backward>>("rindex(self, sub, start=None, end=None, /)",                        \
                                                 "Return the highest index in B where subsection 'sub' is found."),   \
      method<bytes_rjust<T>>("rjust(self, width, fillchar=b' ', /)",                                                  \
                             "Return a right-justified string of length width."),                                     \
      method<partition_with<T, Direction::Backward>>("rpartition(self, sep, /)",                                      \
                                                     "Partition the bytes into three parts using the given "          \
                                                     "separator."),                                                   \
      method<split_with<T, Direction::Backward>>("rsplit(self, /, sep=None, maxsplit=-1)",                            \
                                                 "Return a list of the sections in the bytes, using sep as the "      \
                                                 "delimiter."),                                                       \
      method<strip_with<T, text::Side::Right>>("rstrip(self, bytes=None, /)",                                         \
                                               "Strip trailing bytes contained in the argument."),                    \
      method<split_with<T, Direction::Forward>>("split(self, /, sep=None, maxsplit=-1)",                              \
                                                "Return a list of the sections in the bytes, using sep as the "       \
                                                "delimiter."),                                                        \
      method<bytes_splitlines<T>>("splitlines(self, /, keepends=False)",                                              \
                                  "Return a list of the lines in the bytes, breaking at line boundaries."),           \
      method<bytes_startswith<T>>("startswith(self, prefix, start=None, end=None, /)",                                \
                                  "Return True if the bytes starts with the specified prefix, False otherwise."),     \
      method<strip_with<T, text::Side::Both>>("strip(self, bytes=None, /)",                                           \
                                              "Strip leading and trailing bytes contained in the argument."),         \
      method<case_with<T, text::Casing::Swap>>(                                                                       \
          "swapcase(self, /)", "B.swapcase() -> copy of B\n\nReturn a copy of B with uppercase ASCII characters "     \
                               "converted\nto lowercase ASCII and vice versa."),                                      \
      method<case_with<T, text::Casing::Title>>(                                                                      \
          "title(self, /)", "B.title() -> copy of B\n\nReturn a titlecased version of B, i.e. ASCII words start "     \
                            "with uppercase\ncharacters, all remaining cased characters have lowercase."),            \
      method<bytes_translate<T>>("translate(self, table, /, delete=b'')",                                             \
                                 "Return a copy with each character mapped by the given translation table."),         \
      method<case_with<T, text::Casing::Upper>>(                                                                      \
          "upper(self, /)",                                                                                           \
          "B.upper() -> copy of B\n\nReturn a copy of B with all ASCII characters converted to uppercase."),          \
      method<bytes_zfill<T>>("zfill(self, width, /)",                                                                 \
                             "Pad a numeric string with zeros on the left, to fill a field of the given width.")

}  // namespace

constexpr NativeDef kBytesMethods[kBytesMethodCount] = {
    SHARED_METHODS(Bytes),
    method<bytes_getnewargs>("__getnewargs__(self, /)", ""),
    method<bytes_dunder_bytes>("__bytes__(self, /)", "Convert this value to exact type bytes."),
    method<bytes_sizeof>("__sizeof__(self, /)", "Size of object in memory, in bytes."),
};
static_assert(kBytesMethods[kBytesMethodCount - 1].text != nullptr, "kBytesMethodCount is the number of rows");

constexpr NativeDef kByteArrayMethods[kByteArrayMethodCount] = {
    SHARED_METHODS(ByteArray),
    method<bytearray_append>("append(self, item, /)", "Append a single item to the end of the bytearray."),
    method<bytearray_clear>("clear(self, /)", "Remove all items from the bytearray."),
    method<bytearray_copy>("copy(self, /)", "Return a copy of B."),
    method<bytearray_extend>("extend(self, iterable_of_ints, /)",
                             "Append all the items from the iterator or sequence to the end of the bytearray."),
    method<bytearray_insert>("insert(self, index, item, /)",
                             "Insert a single item into the bytearray before the given index."),
    method<bytearray_pop>("pop(self, index=-1, /)",
                          "Remove and return a single item from B.\n\nIf no index argument is given, will pop the last "
                          "item."),
    method<bytearray_remove>("remove(self, value, /)", "Remove the first occurrence of a value in the bytearray."),
    method<bytearray_reverse>("reverse(self, /)", "Reverse the order of the values in B in place."),
    method<bytearray_resize>("resize(self, size, /)", "Resize the internal buffer of bytearray to len."),
    method<bytearray_alloc>("__alloc__(self, /)",
                            "B.__alloc__() -> int\n\nReturn the number of bytes actually allocated."),
    method<bytearray_reduce>("__reduce__(self, /)", "Return state information for pickling."),
    method<bytearray_reduce_ex>("__reduce_ex__(self, proto=0, /)", "Return state information for pickling."),
    method<bytearray_sizeof>("__sizeof__(self, /)", "Returns the size of the bytearray object in memory, in bytes."),
};
static_assert(kByteArrayMethods[kByteArrayMethodCount - 1].text != nullptr, "the number of rows");

}  // namespace orochi
