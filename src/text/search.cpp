// Search proceeds in two gears. First: jump to the next occurrence of the needle's first character (vectorised), check
// the last one, compare. Each failed comparison is charged; when the charge exceeds the distance covered by a constant
// factor, the rest is done by two-way matching, so that no input makes it quadratic.
#include "text/search.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "text/units.h"

namespace orochi::text {

namespace {

// First position of c in p[from..n), n if none.
template <typename Unit>
size_t scan(const Unit* p, size_t from, size_t n, Unit c) {
  if constexpr (sizeof(Unit) == 1) {
    if (from >= n) return n;
    const void* hit = memchr(p + from, c, n - from);
    return hit ? static_cast<size_t>(static_cast<const Unit*>(hit) - p) : n;
  } else {
    constexpr size_t kBlock = 64 / sizeof(Unit);
    size_t i = from;
    for (; i + kBlock <= n; i += kBlock) {
      Unit any = 0;  // vectorises to compares and ors
      for (size_t j = 0; j < kBlock; j++) any |= static_cast<Unit>(p[i + j] == c);
      if (any) break;
    }
    while (i < n && p[i] != c) i++;
    return i;
  }
}

template <typename Unit>
size_t scan_back(const Unit* p, size_t n, Unit c) {
  if constexpr (sizeof(Unit) == 1) {
    const void* hit = n ? memrchr(p, c, n) : nullptr;
    return hit ? static_cast<size_t>(static_cast<const Unit*>(hit) - p) : kNotFound;
  } else {
    constexpr size_t kBlock = 64 / sizeof(Unit);
    size_t i = n;
    for (; i >= kBlock; i -= kBlock) {
      Unit any = 0;
      for (size_t j = 1; j <= kBlock; j++) any |= static_cast<Unit>(p[i - j] == c);
      if (any) break;
    }
    while (i > 0)
      if (p[--i] == c) return i;
    return kNotFound;
  }
}

// Reads forwards or backwards, so that rfind is find on the mirror image.
template <typename Unit, bool kReverse>
struct Reader {
  const Unit* p;
  size_t n;
  char32_t operator[](size_t i) const { return kReverse ? p[n - 1 - i] : p[i]; }
};

// Start and period of the maximal suffix of the needle, for the order `<` or, inverted, `>`.
template <typename Needle>
std::pair<size_t, size_t> maximal_suffix(Needle needle, size_t m, bool inverted) {
  size_t suffix = 0, candidate = 1, k = 0, period = 1;
  while (candidate + k < m) {
    char32_t a = needle[candidate + k], b = needle[suffix + k];
    if (a == b) {
      if (k + 1 == period) {
        candidate += period;
        k = 0;
      } else {
        k++;
      }
    } else if (inverted ? a > b : a < b) {
      candidate += k + 1;
      k = 0;
      period = candidate - suffix;
    } else {
      suffix = candidate;
      candidate = suffix + 1;
      k = 0;
      period = 1;
    }
  }
  return {suffix, period};
}

// Precomputed critical factorisation of a needle, and the matcher.
template <typename Needle>
struct TwoWay {
  Needle needle;
  size_t m;
  size_t critical;
  size_t period;
  bool periodic;

  TwoWay(Needle n, size_t length) : needle(n), m(length) {
    auto [s1, p1] = maximal_suffix(n, length, false);
    auto [s2, p2] = maximal_suffix(n, length, true);
    critical = s1 > s2 ? s1 : s2;
    period = s1 > s2 ? p1 : p2;
    periodic = critical + period <= m;
    for (size_t i = 0; periodic && i < critical; i++) periodic = needle[i] == needle[i + period];
    if (!periodic) period = std::max(critical, m - critical) + 1;
  }

  // First match at or after `from`, kNotFound if none.
  template <typename Text>
  size_t next(Text text, size_t n, size_t from) const {
    size_t memory = 0;  // how much of the needle's prefix is known to match (periodic needles)
    for (size_t at = from; at + m <= n;) {
      size_t i = std::max(critical, memory);
      while (i < m && needle[i] == text[at + i]) i++;
      if (i < m) {
        at += i - critical + 1;
        memory = 0;
        continue;
      }
      size_t j = critical;
      while (j > memory && needle[j - 1] == text[at + j - 1]) j--;
      if (j <= memory) return at;
      at += period;
      memory = periodic ? m - period : 0;
    }
    return kNotFound;
  }
};

template <typename TextUnit, typename NeedleUnit>
bool same(const TextUnit* text, const NeedleUnit* needle, size_t n) {
  if constexpr (sizeof(TextUnit) == sizeof(NeedleUnit)) return memcmp(text, needle, n * sizeof(TextUnit)) == 0;
  for (size_t i = 0; i < n; i++)
    if (static_cast<char32_t>(text[i]) != static_cast<char32_t>(needle[i])) return false;
  return true;
}

// Calls hit(position) for each match that does not overlap the one before, until it returns false.
template <typename TextUnit, typename NeedleUnit, typename Hit>
void for_matches(const TextUnit* text, size_t n, const NeedleUnit* needle, size_t m, Hit hit) {
  auto first = static_cast<TextUnit>(needle[0]), last = static_cast<TextUnit>(needle[m - 1]);
  size_t charge = 0;
  size_t at = 0;
  while (at + m <= n) {
    at = scan(text, at, n - m + 1, first);
    if (at + m > n) return;
    if (text[at + m - 1] == last) {
      if (same(text + at, needle, m)) {
        if (!hit(at)) return;
        at += m;
        continue;
      }
      charge += m;
    } else {
      charge += 2;
    }
    at++;
    if (charge > 8 * at + 2048) {
      using ForwardNeedle = Reader<NeedleUnit, false>;
      TwoWay<ForwardNeedle> matcher(ForwardNeedle{needle, m}, m);
      while ((at = matcher.next(Reader<TextUnit, false>{text, n}, n, at)) != kNotFound) {
        if (!hit(at)) return;
        at += m;
      }
      return;
    }
  }
}

template <typename TextUnit, typename NeedleUnit>
size_t last_match(const TextUnit* text, size_t n, const NeedleUnit* needle, size_t m) {
  auto first = static_cast<TextUnit>(needle[0]), last = static_cast<TextUnit>(needle[m - 1]);
  size_t charge = 0;
  size_t limit = n - m + 1;  // matches start below
  while (limit > 0) {
    size_t at = scan_back(text, limit, first);
    if (at == kNotFound) return kNotFound;
    if (text[at + m - 1] == last) {
      if (same(text + at, needle, m)) return at;
      charge += m;
    } else {
      charge += 2;
    }
    limit = at;
    if (charge > 8 * (n - limit) + 2048) {
      using BackNeedle = Reader<NeedleUnit, true>;
      size_t rest = limit + m - 1;  // the mirrored text is text[0..rest)
      TwoWay<BackNeedle> matcher(BackNeedle{needle, m}, m);
      size_t found = matcher.next(Reader<TextUnit, true>{text, rest}, rest, 0);
      return found == kNotFound ? found : rest - found - m;
    }
  }
  return kNotFound;
}

// True if every character of the needle can occur in units of `kind`.
bool fits(AnyText needle, Kind kind) { return needle.kind <= kind || kind_for(max_char_class(needle)) <= kind; }

// Dispatches to typed code; a needle stored wider than the text is read through a narrowing comparison, which is sound
// because its first and last characters fit.
template <typename F>
auto dispatch(AnyText text, AnyText needle, F f) {
  return with_units(text, [&](auto* t) { return with_units(needle, [&](auto* d) { return f(t, d); }); });
}

}  // namespace

size_t find_char(AnyText text, char32_t c) {
  if (kind_for(c) > text.kind) return kNotFound;
  return with_units(text, [&](auto* p) {
    using Unit = std::remove_cvref_t<decltype(*p)>;
    size_t at = scan<Unit>(p, 0, text.length, static_cast<Unit>(c));
    return at == text.length ? kNotFound : at;
  });
}

size_t rfind_char(AnyText text, char32_t c) {
  if (kind_for(c) > text.kind) return kNotFound;
  return with_units(text, [&](auto* p) {
    using Unit = std::remove_cvref_t<decltype(*p)>;
    return scan_back<Unit>(p, text.length, static_cast<Unit>(c));
  });
}

size_t find(AnyText text, AnyText needle) {
  if (needle.length == 0) return 0;
  if (needle.length == 1) return find_char(text, needle[0]);
  if (needle.length > text.length || !fits(needle, text.kind)) return kNotFound;
  if (text.kind == Kind::One && needle.kind == Kind::One) {
    const void* hit = memmem(text.data, text.length, needle.data, needle.length);
    return hit ? static_cast<size_t>(static_cast<const uint8_t*>(hit) - text.bytes()) : kNotFound;
  }
  return dispatch(text, needle, [&](auto* t, auto* d) {
    size_t found = kNotFound;
    for_matches(t, text.length, d, needle.length, [&](size_t at) {
      found = at;
      return false;
    });
    return found;
  });
}

size_t rfind(AnyText text, AnyText needle) {
  if (needle.length == 0) return text.length;
  if (needle.length == 1) return rfind_char(text, needle[0]);
  if (needle.length > text.length || !fits(needle, text.kind)) return kNotFound;
  return dispatch(text, needle, [&](auto* t, auto* d) { return last_match(t, text.length, d, needle.length); });
}

size_t count_char(AnyText text, char32_t c) {
  if (kind_for(c) > text.kind) return 0;
  return with_units(text, [&](auto* p) {
    using Unit = std::remove_cvref_t<decltype(*p)>;
    size_t total = 0;
    for (size_t i = 0; i < text.length; i++) total += p[i] == static_cast<Unit>(c);
    return total;
  });
}

size_t count(AnyText text, AnyText needle, size_t limit) {
  if (needle.length == 0) return text.length < limit ? text.length + 1 : limit;
  if (limit == 0 || needle.length > text.length || !fits(needle, text.kind)) return 0;
  if (needle.length == 1) return std::min(count_char(text, needle[0]), limit);
  size_t total = 0;
  dispatch(text, needle, [&](auto* t, auto* d) {
    for_matches(t, text.length, d, needle.length, [&](size_t) { return ++total < limit; });
    return 0;
  });
  return total;
}

}  // namespace orochi::text
