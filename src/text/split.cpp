// Cutting strings. Every loop is typed by unit and alphabet; the predicates have ASCII fast paths of their own.
#include "text/split.h"

#include <algorithm>

#include "text/search.h"
#include "text/unicode_data.h"
#include "text/units.h"

namespace orochi::text {

namespace {

struct TextRules {
  static bool space(char32_t c) { return is_space(c); }
  static bool line(char32_t c) { return is_line_break(c); }
};
struct ByteRules {
  static bool space(char32_t c) { return c == ' ' || (c >= 9 && c <= 13); }
  static bool line(char32_t c) { return c == '\n' || c == '\r'; }
};

template <typename F>
auto dispatch(AnyText text, Alphabet alphabet, F f) {
  return with_units(text, [&](auto* p) {
    return alphabet == Alphabet::Text ? f(p, TextRules()) : f(p, ByteRules());
  });
}

void reverse(SpanBuffer& out, size_t from) { std::reverse(out.begin() + from, out.end()); }

// Membership of a set of characters: a bitmap for the first 256, a search for the rest.
struct CharSet {
  AnyText chars;
  uint64_t low[4] = {};
  bool has_high = false;
  explicit CharSet(AnyText t) : chars(t) {
    for (size_t i = 0; i < t.length; i++) {
      char32_t c = t[i];
      if (c < 256) low[c >> 6] |= uint64_t{1} << (c & 63);
      else has_high = true;
    }
  }
  bool contains(char32_t c) const {
    if (c < 256) return low[c >> 6] >> (c & 63) & 1;
    return has_high && find_char(chars, c) != kNotFound;
  }
};

}  // namespace

void split_space(AnyText text, size_t limit, Alphabet alphabet, SpanBuffer& out) {
  size_t n = text.length;
  dispatch(text, alphabet, [&](auto* p, auto rules) {
    size_t i = 0;
    while (true) {
      while (i < n && rules.space(p[i])) i++;
      if (i == n) return;
      if (limit == 0) break;
      limit--;
      size_t start = i;
      while (i < n && !rules.space(p[i])) i++;
      out.push({start, i});
    }
    out.push({i, n});
  });
}

void rsplit_space(AnyText text, size_t limit, Alphabet alphabet, SpanBuffer& out) {
  size_t from = out.size();
  dispatch(text, alphabet, [&](auto* p, auto rules) {
    size_t i = text.length;
    while (true) {
      while (i > 0 && rules.space(p[i - 1])) i--;
      if (i == 0) return;
      if (limit == 0) break;
      limit--;
      size_t end = i;
      while (i > 0 && !rules.space(p[i - 1])) i--;
      out.push({i, end});
    }
    out.push({0, i});
  });
  reverse(out, from);
}

void split_by(AnyText text, AnyText separator, size_t limit, SpanBuffer& out) {
  size_t start = 0;
  while (limit-- > 0) {
    size_t at = find(text.slice(start, text.length), separator);
    if (at == kNotFound) break;
    out.push({start, start + at});
    start += at + separator.length;
  }
  out.push({start, text.length});
}

void rsplit_by(AnyText text, AnyText separator, size_t limit, SpanBuffer& out) {
  size_t from = out.size();
  size_t end = text.length;
  while (limit-- > 0) {
    size_t at = rfind(text.slice(0, end), separator);
    if (at == kNotFound) break;
    out.push({at + separator.length, end});
    end = at;
  }
  out.push({0, end});
  reverse(out, from);
}

void split_lines(AnyText text, LineEnds ends, Alphabet alphabet, SpanBuffer& out) {
  size_t n = text.length;
  dispatch(text, alphabet, [&](auto* p, auto rules) {
    for (size_t i = 0; i < n;) {
      size_t start = i;
      while (i < n && !rules.line(p[i])) i++;
      size_t end = i;
      if (i < n) i += p[i] == '\r' && i + 1 < n && p[i + 1] == '\n' ? 2 : 1;
      out.push({start, ends == LineEnds::Keep ? i : end});
    }
  });
}

Span strip_space(AnyText text, Side side, Alphabet alphabet) {
  return dispatch(text, alphabet, [&](auto* p, auto rules) {
    size_t start = 0, end = text.length;
    if (side != Side::Right)
      while (start < end && rules.space(p[start])) start++;
    if (side != Side::Left)
      while (end > start && rules.space(p[end - 1])) end--;
    return Span{start, end};
  });
}

Span strip_chars(AnyText text, AnyText chars, Side side) {
  CharSet set(chars);
  return with_units(text, [&](auto* p) {
    size_t start = 0, end = text.length;
    if (side != Side::Right)
      while (start < end && set.contains(p[start])) start++;
    if (side != Side::Left)
      while (end > start && set.contains(p[end - 1])) end--;
    return Span{start, end};
  });
}

bool expanded_tabs_size(AnyText text, size_t tab_size, size_t& size) {
  return with_units(text, [&](auto* p) {
    size_t column = 0, total = 0;
    for (size_t i = 0; i < text.length; i++) {
      size_t more = 1;
      if (p[i] == '\t') {
        more = tab_size > 0 ? tab_size - column % tab_size : 0;
        column += more;
      } else {
        column = p[i] == '\n' || p[i] == '\r' ? 0 : column + 1;
      }
      if (more > PTRDIFF_MAX - total) return false;
      total += more;
    }
    size = total;
    return true;
  });
}

void expand_tabs(AnyText text, size_t tab_size, void* out, Kind kind) {
  with_units(text, [&](auto* p) {
    with_units_out(out, kind, [&](auto* to) {
      using Out = std::remove_cvref_t<decltype(*to)>;
      size_t column = 0;
      for (size_t i = 0; i < text.length; i++) {
        if (p[i] == '\t') {
          size_t more = tab_size > 0 ? tab_size - column % tab_size : 0;
          column += more;
          while (more-- > 0) *to++ = ' ';
          continue;
        }
        column = p[i] == '\n' || p[i] == '\r' ? 0 : column + 1;
        *to++ = static_cast<Out>(p[i]);
      }
    });
  });
}

}  // namespace orochi::text
