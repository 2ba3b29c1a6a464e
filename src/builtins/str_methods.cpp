// The methods of `str`: arguments and result objects; the work is in the kernels of src/text. A method that changes
// nothing returns the string itself, or an exact copy of an instance of a subclass.
#include <cstring>

#include "builtins/codec_registry.h"
#include "builtins/str_common.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "text/case.h"
#include "text/replace.h"
#include "text/search.h"
#include "text/split.h"
#include "text/units.h"

namespace orochi {

namespace {

Result<Local<Str>> span_of(Mutator& m, Borrowed<Str> s, text::Span span) {
  return str_substring(m, s, span.start, span.end);
}

// ---- searching ----

enum class Direction { Forward, Backward };

template <Direction D>
Result<int64_t> find_with(Thread& t, Borrowed<Str> self, Borrowed<Str> sub, Borrowed<> start, Borrowed<> end) {
  Range r = TRY(slice_arguments(t, start, end, self->length()));
  size_t at = D == Direction::Forward ? text::find_in(text_of(self), text_of(sub), r.start, r.end)
                                      : text::rfind_in(text_of(self), text_of(sub), r.start, r.end);
  return at == text::kNotFound ? int64_t{-1} : static_cast<int64_t>(at);
}
Result<int64_t> str_method_find(Thread& t, Borrowed<Str> self, Borrowed<Str> sub, Borrowed<> start, Borrowed<> end) {
  return find_with<Direction::Forward>(t, self, sub, start, end);
}
Result<int64_t> str_rfind(Thread& t, Borrowed<Str> self, Borrowed<Str> sub, Borrowed<> start, Borrowed<> end) {
  return find_with<Direction::Backward>(t, self, sub, start, end);
}
Result<int64_t> str_index(Thread& t, Borrowed<Str> self, Borrowed<Str> sub, Borrowed<> start, Borrowed<> end) {
  int64_t at = TRY(find_with<Direction::Forward>(t, self, sub, start, end));
  if (at < 0) return raise(t, types::ValueError, "substring not found");
  return at;
}
Result<int64_t> str_rindex(Thread& t, Borrowed<Str> self, Borrowed<Str> sub, Borrowed<> start, Borrowed<> end) {
  int64_t at = TRY(find_with<Direction::Backward>(t, self, sub, start, end));
  if (at < 0) return raise(t, types::ValueError, "substring not found");
  return at;
}
Result<int64_t> str_count(Thread& t, Borrowed<Str> self, Borrowed<Str> sub, Borrowed<> start, Borrowed<> end) {
  Range r = TRY(slice_arguments(t, start, end, self->length()));
  if (!r.valid(self->length())) return int64_t{0};
  return static_cast<int64_t>(text::count(text_of(self).slice(r.start, r.end), text_of(sub)));
}

bool edge_matches(Borrowed<Str> self, Borrowed<Str> edge, Range r, bool suffix) {
  if (!r.valid(self->length())) return false;
  text::AnyText part = text_of(self).slice(r.start, r.end);
  return suffix ? text::ends_with(part, text_of(edge)) : text::starts_with(part, text_of(edge));
}

Result<bool> edge_test(Thread& t, Borrowed<Str> self, Borrowed<> edge, Borrowed<> start, Borrowed<> end, bool suffix) {
  const char* name = suffix ? "endswith" : "startswith";
  Range r = TRY(slice_arguments(t, start, end, self->length()));
  if (is_tuple(edge)) {
    Borrowed<Tuple> all = edge.as<Tuple>();
    for (size_t i = 0; i < all->length(); i++) {
      if (!is_str(all->at(i))) {
        return raise(t, types::TypeError, "tuple for {} must only contain str, not {}", name, TypeName(all->at(i)));
      }
      if (edge_matches(self, all->at(i).as<Str>(), r, suffix)) return true;
    }
    return false;
  }
  if (!is_str(edge)) {
    return raise(t, types::TypeError, "{} first arg must be str or a tuple of str, not {}", name, TypeName(edge));
  }
  return edge_matches(self, edge.as<Str>(), r, suffix);
}
Result<bool> str_startswith(Thread& t, Borrowed<Str> self, Borrowed<> prefix, Borrowed<> start, Borrowed<> end) {
  return edge_test(t, self, prefix, start, end, false);
}
Result<bool> str_endswith(Thread& t, Borrowed<Str> self, Borrowed<> suffix, Borrowed<> start, Borrowed<> end) {
  return edge_test(t, self, suffix, start, end, true);
}

Result<Local<Str>> str_removeprefix(Mutator& m, Borrowed<Str> self, Borrowed<Str> prefix) {
  if (!text::starts_with(text_of(self), text_of(prefix))) return exact_str(m, self);
  return str_substring(m, self, prefix->length(), self->length());
}
Result<Local<Str>> str_removesuffix(Mutator& m, Borrowed<Str> self, Borrowed<Str> suffix) {
  if (!text::ends_with(text_of(self), text_of(suffix))) return exact_str(m, self);
  return str_substring(m, self, 0, self->length() - suffix->length());
}

// ---- cutting ----

Result<Local<>> list_of_spans(Mutator& m, Borrowed<Str> self, const text::SpanBuffer& spans) {
  if (spans.failed()) return raise_no_memory(m);
  Local<List> list = TRY(make_list(m, spans.size()));
  for (text::Span span : spans) TRY(list_append(m, list, TRY(span_of(m, self, span))));
  return list;
}

template <Direction D>
Result<Local<>> split_with(Thread& t, Borrowed<Str> self, Borrowed<> sep, int64_t maxsplit) {
  size_t limit = maxsplit < 0 ? SIZE_MAX : static_cast<size_t>(maxsplit);
  text::SpanBuffer spans;
  text::AnyText view = text_of(self);
  if (sep.value() == kNone) {
    if (D == Direction::Forward) text::split_space(view, limit, text::Alphabet::Text, spans);
    else text::rsplit_space(view, limit, text::Alphabet::Text, spans);
    return list_of_spans(t, self, spans);
  }
  if (!is_str(sep)) return raise(t, types::TypeError, "must be str or None, not {}", TypeName(sep));
  text::AnyText separator = text_of(sep.as<Str>());
  if (separator.length == 0) return raise(t, types::ValueError, "empty separator");
  if (D == Direction::Forward) text::split_by(view, separator, limit, spans);
  else text::rsplit_by(view, separator, limit, spans);
  return list_of_spans(t, self, spans);
}
Result<Local<>> str_split(Thread& t, Borrowed<Str> self, Borrowed<> sep, Index maxsplit) {
  return split_with<Direction::Forward>(t, self, sep, maxsplit);
}
Result<Local<>> str_rsplit(Thread& t, Borrowed<Str> self, Borrowed<> sep, Index maxsplit) {
  return split_with<Direction::Backward>(t, self, sep, maxsplit);
}
Result<Local<>> str_splitlines(Mutator& m, Borrowed<Str> self, bool keepends) {
  text::SpanBuffer spans;
  text::split_lines(text_of(self), keepends ? text::LineEnds::Keep : text::LineEnds::Drop, text::Alphabet::Text, spans);
  return list_of_spans(m, self, spans);
}

template <Direction D>
Result<Local<>> partition_with(Thread& t, Borrowed<Str> self, Borrowed<> sep) {
  if (!is_str(sep)) return raise(t, types::TypeError, "must be str, not {}", TypeName(sep));
  text::AnyText view = text_of(self), separator = text_of(sep.as<Str>());
  if (separator.length == 0) return raise(t, types::ValueError, "empty separator");
  size_t at = D == Direction::Forward ? text::find(view, separator) : text::rfind(view, separator);
  Value empty = empty_str();
  if (at == text::kNotFound) {
    Local<Str> whole = TRY(exact_str(t, self));
    if (D == Direction::Forward) return make_tuple(t, {whole.value(), empty, empty});
    return make_tuple(t, {empty, empty, whole.value()});
  }
  Local<Str> left = TRY(str_substring(t, self, 0, at));
  Local<Str> middle = TRY(exact_str(t, sep.as<Str>()));
  Local<Str> right = TRY(str_substring(t, self, at + separator.length, self->length()));
  return make_tuple(t, {left.value(), middle.value(), right.value()});
}
Result<Local<>> str_partition(Thread& t, Borrowed<Str> self, Borrowed<> sep) {
  return partition_with<Direction::Forward>(t, self, sep);
}
Result<Local<>> str_rpartition(Thread& t, Borrowed<Str> self, Borrowed<> sep) {
  return partition_with<Direction::Backward>(t, self, sep);
}

template <text::Side S>
Result<Local<>> strip_with(Thread& t, Borrowed<Str> self, Borrowed<> chars) {
  text::AnyText view = text_of(self);
  if (chars.value() == kNone) return span_of(t, self, text::strip_space(view, S, text::Alphabet::Text));
  if (!is_str(chars)) {
    return raise(t, types::TypeError, "{} arg must be None or str",
                 S == text::Side::Both ? "strip" : S == text::Side::Left ? "lstrip" : "rstrip");
  }
  return span_of(t, self, text::strip_chars(view, text_of(chars.as<Str>()), S));
}

// ---- case ----

template <text::Casing C>
Result<Local<Str>> case_with(Mutator& m, Borrowed<Str> self) {
  if (self->is_ascii()) {
    Local<Str> out = TRY(make_str_uninitialised(m, self->length(), 0, true));
    text::map_case_ascii(C, self->latin1(), self->length(), static_cast<uint8_t*>(out->mutable_data()));
    return out;
  }
  text::CharBuffer out;
  text::map_case(C, text_of(self), out);
  return str_from_chars(m, out);
}

template <text::TextTest T>
bool test_with(Mutator&, Borrowed<Str> self) {
  return text::test_text(T, text_of(self));
}
bool str_isascii(Mutator&, Borrowed<Str> self) { return self->is_ascii(); }

// ---- padding ----

int shift_of_char(uint32_t c) { return c < 0x100 ? 0 : c < 0x10000 ? 1 : 2; }

Result<Local<Str>> pad(Mutator& m, Borrowed<Str> s, size_t left, size_t right, uint32_t fill) {
  if (left == 0 && right == 0) return exact_str(m, s);
  size_t n = s->length();
  if (left > INT64_MAX - n || right > INT64_MAX - n - left) {
    return raise(m, types::OverflowError, "padded string is too long");
  }
  int shift = s->unit_shift() > shift_of_char(fill) ? s->unit_shift() : shift_of_char(fill);
  auto kind = static_cast<text::Kind>(1 << shift);
  Local<Str> out = TRY(make_str_uninitialised(m, left + n + right, shift, s->is_ascii() && fill < 0x80));
  void* to = out->mutable_data();
  text::fill_units(to, kind, left, fill);
  text::copy_units(text::unit_at(to, kind, left), kind, text_of(s));
  text::fill_units(text::unit_at(to, kind, left + n), kind, right, fill);
  return out;
}

Result<uint32_t> fill_char(Thread& t, Borrowed<> v) {
  if (!v) return uint32_t{' '};
  if (!is_str(v)) return raise(t, types::TypeError, "The fill character must be a unicode character, not {}", TypeName(v));
  if (v.as<Str>()->length() != 1) {
    return raise(t, types::TypeError, "The fill character must be exactly one character long");
  }
  return v.as<Str>()->at(0);
}
Result<Local<Str>> str_center(Thread& t, Borrowed<Str> self, Index width, Maybe<Borrowed<>> fillchar) {
  uint32_t fill = TRY(fill_char(t, fillchar.value));
  auto n = static_cast<int64_t>(self->length());
  if (width <= n) return exact_str(t, self);
  size_t left = text::center_left(self->length(), static_cast<size_t>(width.value));
  return pad(t, self, left, static_cast<size_t>(width - n) - left, fill);
}
Result<Local<Str>> str_ljust(Thread& t, Borrowed<Str> self, Index width, Maybe<Borrowed<>> fillchar) {
  uint32_t fill = TRY(fill_char(t, fillchar.value));
  auto n = static_cast<int64_t>(self->length());
  return pad(t, self, 0, width <= n ? 0 : static_cast<size_t>(width - n), fill);
}
Result<Local<Str>> str_rjust(Thread& t, Borrowed<Str> self, Index width, Maybe<Borrowed<>> fillchar) {
  uint32_t fill = TRY(fill_char(t, fillchar.value));
  auto n = static_cast<int64_t>(self->length());
  return pad(t, self, width <= n ? 0 : static_cast<size_t>(width - n), 0, fill);
}
Result<Local<Str>> str_zfill(Mutator& m, Borrowed<Str> self, Index width) {
  auto n = static_cast<int64_t>(self->length());
  if (width <= n) return exact_str(m, self);
  auto zeros = static_cast<size_t>(width - n);
  Local<Str> out = TRY(pad(m, self, zeros, 0, '0'));
  if (text::zfill_position(text_of(self)) == 1) {  // the sign goes first
    auto kind = static_cast<text::Kind>(out->unit_size());
    text::fill_units(out->mutable_data(), kind, 1, self->at(0));
    text::fill_units(text::unit_at(out->mutable_data(), kind, zeros), kind, 1, '0');
  }
  return out;
}
Result<Local<Str>> str_expandtabs(Thread& t, Borrowed<Str> self, Index tabsize) {
  if (tabsize > INT32_MAX || tabsize < INT32_MIN) {
    return raise(t, types::OverflowError, "Python int too large to convert to C int");
  }
  if (text::find_char(text_of(self), '\t') == text::kNotFound) return exact_str(t, self);
  size_t size, tab = tabsize < 0 ? 0 : static_cast<size_t>(tabsize.value);
  if (!text::expanded_tabs_size(text_of(self), tab, size) || size > INT64_MAX) {
    return raise(t, types::OverflowError, "new string is too long");
  }
  Local<Str> out = TRY(make_str_uninitialised(t, size, self->unit_shift(), self->is_ascii()));
  text::expand_tabs(text_of(self), tab, out->mutable_data(), static_cast<text::Kind>(self->unit_size()));
  return out;
}

// ---- replacing ----

Result<Local<Str>> str_replace(Thread& t, Borrowed<Str> self, Borrowed<Str> old, Borrowed<Str> with, Index count) {
  text::ReplacePlan plan;
  size_t limit = count < 0 ? SIZE_MAX : static_cast<size_t>(count.value);
  if (!text::plan_replace(text_of(self), text_of(old), text_of(with), limit, plan) || plan.length > INT64_MAX) {
    return raise(t, types::OverflowError, "replace string is too long");
  }
  if (plan.count == 0) return exact_str(t, self);
  int shift = self->unit_shift() > with->unit_shift() ? self->unit_shift() : with->unit_shift();
  auto kind = static_cast<text::Kind>(1 << shift);
  bool ascii = self->is_ascii() && with->is_ascii();
  Local<Str> out = TRY(make_str_uninitialised(t, plan.length, shift, ascii));
  text::write_replaced(text_of(self), text_of(old), text_of(with), plan, out->mutable_data(), kind);
  if (ascii || old->is_ascii()) return out;
  return str_from_text(t, text_of(out));  // the widest character may be gone
}

Result<Local<Str>> str_translate(Thread& t, Borrowed<Str> self, Borrowed<> table) {
  text::AnyText view = text_of(self);
  text::TextBuilder out;
  text::TranslateCache cache;
  for (size_t i = 0;;) {
    i = cache.run(view, i, out);
    if (i >= view.length) break;
    char32_t c = view[i++];
    auto got = get_item(t, table, Value::fixnum(static_cast<int64_t>(c)));
    if (got.raised()) {
      if (!clear_pending_if(t, types::LookupError)) return Raised{};
      cache.remember(c, c);
      out.push(c);
      continue;
    }
    Value to = got->value();
    if (to == kNone) {
      cache.remember(c, text::TranslateCache::kDrop);
    } else if (is_int(to)) {
      int64_t n;
      if (!int_as_int64(to, &n) || n < 0 || n > 0x10ffff) {
        return raise(t, types::ValueError, "character mapping must be in range(0x110000)");
      }
      cache.remember(c, static_cast<uint32_t>(n));
      out.push(static_cast<char32_t>(n));
    } else if (is_str(to)) {
      Borrowed<Str> piece(to);
      if (piece->length() == 1) cache.remember(c, piece->at(0));
      out.append(text_of(piece));
    } else {
      return raise(t, types::TypeError, "character mapping must return integer, None or str");
    }
  }
  return str_from_builder(t, out);
}

Result<Local<>> str_maketrans(Thread& t, Borrowed<> x, Maybe<Borrowed<Str>> y, Maybe<Borrowed<Str>> z) {
  Local<Dict> table = TRY(make_dict(t));
  if (!y) {
    if (!is_exact_dict(x)) {
      return raise(t, types::TypeError, "if you give only one argument to maketrans it must be a dict");
    }
    size_t position = 0;
    Local<> key, value;
    while (dict_next(t, x.as<Dict>(), &position, &key, &value)) {
      if (is_str(key.value())) {
        Borrowed<Str> s(key.value());
        if (s->length() != 1) {
          return raise(t, types::ValueError, "string keys in translatetable must be of length 1");
        }
        TRY(dict_set(t, table, Value::fixnum(s->at(0)), value));
      } else if (is_int(key.value())) {
        TRY(dict_set(t, table, key, value));
      } else {
        return raise(t, types::TypeError, "keys in translate table mustbe strings or integers");
      }
    }
    return table;
  }
  if (!is_str(x)) {
    return raise(t, types::TypeError, "first maketrans argument must be a string if there is a second argument");
  }
  Borrowed<Str> from = x.as<Str>(), to = *y;
  if (from->length() != to->length()) {
    return raise(t, types::ValueError, "the first two maketrans arguments must have equal length");
  }
  for (size_t i = 0; i < from->length(); i++) {
    TRY(dict_set(t, table, Value::fixnum(from->at(i)), Value::fixnum(to->at(i))));
  }
  if (z) {
    Borrowed<Str> drop = *z;
    for (size_t i = 0; i < drop->length(); i++) TRY(dict_set(t, table, Value::fixnum(drop->at(i)), kNone));
  }
  return table;
}

// ---- the rest ----

Result<Local<Str>> join_values(Thread& t, Borrowed<Str> separator, const Value* items, size_t count) {
  if (count == 0) return Local<Str>::share(empty_str());
  if (count == 1 && is_exact_str(items[0])) return Local<Str>::share(Borrowed<Str>(items[0]));
  size_t length = 0;
  int shift = count > 1 && separator->length() ? separator->unit_shift() : 0;
  bool ascii = count < 2 || separator->is_ascii();
  if (count > 1 && separator->length() > static_cast<size_t>(INT64_MAX / 2) / count) return raise_no_memory(t);
  length = separator->length() * (count - 1);
  for (size_t i = 0; i < count; i++) {
    if (!is_str(items[i])) {
      return raise(t, types::TypeError, "sequence item {}: expected str instance, {} found", i, TypeName(items[i]));
    }
    Borrowed<Str> s(items[i]);
    if (s->length() > static_cast<size_t>(INT64_MAX) - length) {
      return raise(t, types::OverflowError, "join() result is too long for a Python string");
    }
    length += s->length();
    if (s->unit_shift() > shift) shift = s->unit_shift();
    ascii = ascii && s->is_ascii();
  }
  Local<Str> out = TRY(make_str_uninitialised(t, length, shift, ascii));
  auto kind = static_cast<text::Kind>(1 << shift);
  auto* to = static_cast<char*>(out->mutable_data());
  auto put = [&](Borrowed<Str> s) {
    if (s->unit_shift() == shift) {
      std::memcpy(to, s->data(), s->length() << shift);
    } else {
      text::copy_units(to, kind, text_of(s));
    }
    to += s->length() << shift;
  };
  for (size_t i = 0; i < count; i++) {
    if (i && separator->length()) put(separator);
    put(Borrowed<Str>(items[i]));
  }
  return out;
}

Result<Local<Str>> str_method_join(Thread& t, Borrowed<Str> self, Borrowed<> iterable) {
  return str_join(t, self, iterable);
}

Result<Local<Bytes>> str_encode(Thread& t, Borrowed<Str> self, Maybe<Borrowed<Str>> encoding,
                                Maybe<Borrowed<Str>> errors) {
  auto name = [&](Maybe<Borrowed<Str>> v, Utf8* out) -> Result<void> {
    if (!v) return ok();
    if (text::find_char(text_of(*v), 0) != text::kNotFound) {
      return raise(t, types::ValueError, "embedded null character");
    }
    auto r = str_utf8(t, *v);
    if (r.raised()) return Raised{};
    out->view = (*r).view;
    std::swap(out->owned, (*r).owned);
    return ok();
  };
  Utf8 encoding_name, errors_name;
  TRY(name(encoding, &encoding_name));
  TRY(name(errors, &errors_name));
  return encode_text(t, self, encoding_name.view, errors_name.view);
}

Result<Local<>> str_getnewargs(Mutator& m, Borrowed<Str> self) {
  Local<Str> copy = TRY(str_from_text(m, text_of(self)));  // always another object, as pickle's memo expects
  return make_tuple(m, {copy.value()});
}
int64_t str_sizeof(Mutator&, Borrowed<Str> self) {
  return static_cast<int64_t>(sizeof(Str) + ((self->length() + 1) << self->unit_shift()));
}

}  // namespace

Result<Local<Str>> str_join(Thread& t, Borrowed<Str> separator, Borrowed<> iterable) {
  if (is_exact_tuple(iterable)) {
    return join_values(t, separator, iterable.as<Tuple>()->values(), iterable.as<Tuple>()->length());
  }
  if (is_exact_list(iterable) && !multi_threaded()) {  // nothing below runs Python code
    Borrowed<List> list = iterable.as<List>();
    return join_values(t, separator, list->length() ? list->array->items : nullptr, list->length());
  }
  auto items = tuple_from(t, iterable);
  if (items.raised()) {
    if (pending_matches(t, types::TypeError) && !type_of(iterable)->slots.iter && !type_of(iterable)->slots.getitem) {
      clear_pending(t);
      return raise(t, types::TypeError, "can only join an iterable");
    }
    return Raised{};
  }
  return join_values(t, separator, (*items)->values(), (*items)->length());
}

constexpr NativeDef kStrMethods[kStrMethodCount] = {
    method<str_encode>("encode(self, /, encoding='utf-8', errors='strict')",
                       "Encode the string using the codec registered for encoding.\n\n"
                       "  encoding\n    The encoding in which to encode the string.\n"
                       "  errors\n    The error handling scheme to use for encoding errors.\n"
                       "    The default is 'strict' meaning that encoding errors raise a\n"
                       "    UnicodeEncodeError.  Other possible values are 'ignore', 'replace' and\n"
                       "    'xmlcharrefreplace' as well as any other name registered with\n"
                       "    codecs.register_error that can handle UnicodeEncodeErrors."),
    method<str_replace>("replace(self, old, new, /, count=-1)",
                        "Return a copy with all occurrences of substring old replaced by new."),
    method<str_split>("split(self, /, sep=None, maxsplit=-1)",
                      "Return a list of the substrings in the string, using sep as the separator string."),
    method<str_rsplit>("rsplit(self, /, sep=None, maxsplit=-1)",
                       "Return a list of the substrings in the string, using sep as the separator string,\n"
                       "splitting from the end."),
    method<str_method_join>("join(self, iterable, /)",
                            "Concatenate any number of strings.\n\n"
                            "The string whose method is called is inserted in between each given string.\n"
                            "The result is returned as a new string.\n\n"
                            "Example: '.'.join(['ab', 'pq', 'rs']) -> 'ab.pq.rs'"),
    method<case_with<text::Casing::Capitalize>>("capitalize(self, /)", "Return a capitalized version of the string."),
    method<case_with<text::Casing::Fold>>("casefold(self, /)",
                                          "Return a version of the string suitable for caseless comparisons."),
    method<case_with<text::Casing::Title>>("title(self, /)",
                                           "Return a version of the string where each word is titlecased."),
    method<str_center>("center(self, width, fillchar=' ', /)", "Return a centered string of length width."),
    method<str_count>("count(self, sub, start=None, end=None, /)",
                      "Return the number of non-overlapping occurrences of substring sub in string S[start:end]."),
    method<str_expandtabs>("expandtabs(self, /, tabsize=8)",
                           "Return a copy where all tab characters are expanded using spaces."),
    method<str_method_find>("find(self, sub, start=None, end=None, /)",
                            "Return the lowest index in S where substring sub is found, such that sub is\n"
                            "contained within S[start:end]."),
    method<str_partition>("partition(self, sep, /)", "Partition the string into three parts using the given separator."),
    method<str_index>("index(self, sub, start=None, end=None, /)",
                      "Return the lowest index in S where substring sub is found, such that sub is\n"
                      "contained within S[start:end]."),
    method<str_ljust>("ljust(self, width, fillchar=' ', /)", "Return a left-justified string of length width."),
    method<case_with<text::Casing::Lower>>("lower(self, /)", "Return a copy of the string converted to lowercase."),
    method<strip_with<text::Side::Left>>("lstrip(self, chars=None, /)",
                                         "Return a copy of the string with leading whitespace removed."),
    method<str_rfind>("rfind(self, sub, start=None, end=None, /)",
                      "Return the highest index in S where substring sub is found, such that sub is\n"
                      "contained within S[start:end]."),
    method<str_rindex>("rindex(self, sub, start=None, end=None, /)",
                       "Return the highest index in S where substring sub is found, such that sub is\n"
                       "contained within S[start:end]."),
    method<str_rjust>("rjust(self, width, fillchar=' ', /)", "Return a right-justified string of length width."),
    method<strip_with<text::Side::Right>>("rstrip(self, chars=None, /)",
                                          "Return a copy of the string with trailing whitespace removed."),
    method<str_rpartition>("rpartition(self, sep, /)",
                           "Partition the string into three parts using the given separator."),
    method<str_splitlines>("splitlines(self, /, keepends=False)",
                           "Return a list of the lines in the string, breaking at line boundaries."),
    method<strip_with<text::Side::Both>>("strip(self, chars=None, /)",
                                         "Return a copy of the string with leading and trailing whitespace removed."),
    method<case_with<text::Casing::Swap>>(
        "swapcase(self, /)", "Convert uppercase characters to lowercase and lowercase characters to uppercase."),
    method<str_translate>("translate(self, table, /)",
                          "Replace each character in the string using the given translation table."),
    method<case_with<text::Casing::Upper>>("upper(self, /)", "Return a copy of the string converted to uppercase."),
    method<str_startswith>("startswith(self, prefix, start=None, end=None, /)",
                           "Return True if the string starts with the specified prefix, False otherwise."),
    method<str_endswith>("endswith(self, suffix, start=None, end=None, /)",
                         "Return True if the string ends with the specified suffix, False otherwise."),
    method<str_removeprefix>("removeprefix(self, prefix, /)",
                             "Return a str with the given prefix string removed if present."),
    method<str_removesuffix>("removesuffix(self, suffix, /)",
                             "Return a str with the given suffix string removed if present."),
    method<str_isascii>("isascii(self, /)", "Return True if all characters in the string are ASCII, False otherwise."),
    method<test_with<text::TextTest::Lower>>("islower(self, /)",
                                             "Return True if the string is a lowercase string, False otherwise."),
    method<test_with<text::TextTest::Upper>>("isupper(self, /)",
                                             "Return True if the string is an uppercase string, False otherwise."),
    method<test_with<text::TextTest::Title>>("istitle(self, /)",
                                             "Return True if the string is a title-cased string, False otherwise."),
    method<test_with<text::TextTest::Space>>("isspace(self, /)",
                                             "Return True if the string is a whitespace string, False otherwise."),
    method<test_with<text::TextTest::Decimal>>("isdecimal(self, /)",
                                               "Return True if the string is a decimal string, False otherwise."),
    method<test_with<text::TextTest::Digit>>("isdigit(self, /)",
                                             "Return True if the string is a digit string, False otherwise."),
    method<test_with<text::TextTest::Numeric>>("isnumeric(self, /)",
                                               "Return True if the string is a numeric string, False otherwise."),
    method<test_with<text::TextTest::Alpha>>("isalpha(self, /)",
                                             "Return True if the string is an alphabetic string, False otherwise."),
    method<test_with<text::TextTest::Alnum>>("isalnum(self, /)",
                                             "Return True if the string is an alpha-numeric string, False otherwise."),
    method<test_with<text::TextTest::Identifier>>(
        "isidentifier(self, /)", "Return True if the string is a valid Python identifier, False otherwise."),
    method<test_with<text::TextTest::Printable>>(
        "isprintable(self, /)", "Return True if all characters in the string are printable, False otherwise."),
    method<str_zfill>("zfill(self, width, /)",
                      "Pad a numeric string with zeros on the left, to fill a field of the given width."),
    method<str_format>("format(self, /, *args, **kwargs)",
                       "Return a formatted version of the string, using substitutions from args and kwargs.\n\n"
                       "The substitutions are identified by braces ('{' and '}')."),
    method<str_format_map>("format_map(self, mapping, /)",
                           "Return a formatted version of the string, using substitutions from mapping.\n\n"
                           "The substitutions are identified by braces ('{' and '}')."),
    method<str_dunder_format>("__format__(self, format_spec, /)",
                              "Return a formatted version of the string as described by format_spec."),
    static_method<str_maketrans>("maketrans(x, y='', z='', /)",
                                 "Return a translation table usable for str.translate()."),
    method<str_sizeof>("__sizeof__(self, /)", "Return the size of the string in memory, in bytes."),
    method<str_getnewargs>("__getnewargs__(self, /)", ""),
};
static_assert(kStrMethods[kStrMethodCount - 1].text != nullptr, "kStrMethodCount is the number of rows");

}  // namespace orochi
