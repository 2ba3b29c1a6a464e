// Case mapping by chapter 3.13 of the Unicode Standard, default case algorithms, without language tailoring. The one
// context rule is final sigma: U+03A3 lowers to U+03C2 at the end of a word, else to U+03C3.
#include "text/case.h"

#include "text/unicode_data.h"
#include "text/utf8.h"

namespace orochi::text {

namespace {

bool ascii_lower(uint32_t c) { return c - 'a' < 26; }
bool ascii_upper(uint32_t c) { return c - 'A' < 26; }
bool ascii_alpha(uint32_t c) { return (c | 0x20) - 'a' < 26; }
bool ascii_digit(uint32_t c) { return c - '0' < 10; }
bool ascii_space(uint32_t c) { return c == ' ' || (c >= 9 && c <= 13); }

// Final_Sigma: preceded by a cased letter and not followed by one, case-ignorable characters between not counting.
template <typename Unit>
char32_t lower_sigma(const Unit* p, size_t n, size_t at) {
  size_t i = at;
  bool before = false;
  while (i > 0) {
    uint32_t flags = record_of(p[--i]).flags;
    if (flags & kCaseIgnorable) continue;
    before = (flags & kCased) != 0;
    break;
  }
  if (!before) return 0x3C3;
  for (i = at + 1; i < n; i++) {
    uint32_t flags = record_of(p[i]).flags;
    if (flags & kCaseIgnorable) continue;
    return flags & kCased ? 0x3C3 : 0x3C2;
  }
  return 0x3C2;
}

inline int32_t simple_delta(const CharRecord& r, CaseMap map) {
  return map == CaseMap::Upper ? r.upper : map == CaseMap::Lower ? r.lower : map == CaseMap::Title ? r.title : r.fold;
}

inline void push_full(char32_t c, CaseMap map, CharBuffer& out) {
  const CharRecord& r = record_of(c);
  if (!(r.flags & kFullCase)) return out.push(c + static_cast<char32_t>(simple_delta(r, map)));
  char32_t mapped[3];
  out.append(mapped, static_cast<size_t>(full_case(c, map, mapped)));
}

template <typename Unit>
void push_lower(const Unit* p, size_t n, size_t i, CharBuffer& out) {
  if (p[i] == static_cast<Unit>(0x3A3) && sizeof(Unit) > 1) out.push(lower_sigma(p, n, i));
  else push_full(p[i], CaseMap::Lower, out);
}

// Each casing gets a loop of its own: the switch below is resolved at compile time.
template <Casing casing, typename Unit>
void map_units(const Unit* p, size_t n, CharBuffer& out) {
  bool in_word = false;
  for (size_t i = 0; i < n; i++) {
    switch (casing) {
      case Casing::Upper: push_full(p[i], CaseMap::Upper, out); break;
      case Casing::Lower: push_lower(p, n, i, out); break;
      case Casing::Fold: push_full(p[i], CaseMap::Fold, out); break;
      case Casing::Swap:
        if (is_upper(p[i])) push_lower(p, n, i, out);
        else if (is_lower(p[i])) push_full(p[i], CaseMap::Upper, out);
        else out.push(p[i]);
        break;
      case Casing::Title:
        if (in_word) push_lower(p, n, i, out);
        else push_full(p[i], CaseMap::Title, out);
        in_word = has_flag(p[i], kCased);
        break;
      case Casing::Capitalize:
        if (i > 0) push_lower(p, n, i, out);
        else push_full(p[i], CaseMap::Title, out);
        break;
    }
  }
}

// A word starts with an upper- or title-case letter and goes on in lower case; at least one word.
template <typename Upper, typename Lower>
bool is_titled(size_t n, Upper upper, Lower lower) {
  bool in_word = false, any = false;
  for (size_t i = 0; i < n; i++) {
    if (upper(i)) {
      if (in_word) return false;
      in_word = any = true;
    } else if (lower(i)) {
      if (!in_word) return false;
    } else {
      in_word = false;
    }
  }
  return any;
}

}  // namespace

void map_case(Casing casing, AnyText text, CharBuffer& out) {
  if (!out.reserve_more(text.length)) return;
  with_units(text, [&](auto* p) {
    switch (casing) {
      case Casing::Upper: return map_units<Casing::Upper>(p, text.length, out);
      case Casing::Lower: return map_units<Casing::Lower>(p, text.length, out);
      case Casing::Title: return map_units<Casing::Title>(p, text.length, out);
      case Casing::Swap: return map_units<Casing::Swap>(p, text.length, out);
      case Casing::Capitalize: return map_units<Casing::Capitalize>(p, text.length, out);
      case Casing::Fold: return map_units<Casing::Fold>(p, text.length, out);
    }
  });
}

void map_case_ascii(Casing casing, const uint8_t* in, size_t size, uint8_t* out) {
  auto upper = [](uint8_t c) { return static_cast<uint8_t>(c ^ (ascii_lower(c) ? 0x20 : 0)); };
  auto lower = [](uint8_t c) { return static_cast<uint8_t>(c ^ (ascii_upper(c) ? 0x20 : 0)); };
  bool in_word = false;
  switch (casing) {
    case Casing::Upper:
      for (size_t i = 0; i < size; i++) out[i] = upper(in[i]);
      return;
    case Casing::Lower:
    case Casing::Fold:
      for (size_t i = 0; i < size; i++) out[i] = lower(in[i]);
      return;
    case Casing::Swap:
      for (size_t i = 0; i < size; i++) out[i] = static_cast<uint8_t>(in[i] ^ (ascii_alpha(in[i]) ? 0x20 : 0));
      return;
    case Casing::Capitalize:
      for (size_t i = 0; i < size; i++) out[i] = i == 0 ? upper(in[i]) : lower(in[i]);
      return;
    case Casing::Title:
      for (size_t i = 0; i < size; i++) {
        bool letter = ascii_alpha(in[i]);
        out[i] = in_word ? lower(in[i]) : upper(in[i]);
        in_word = letter;
      }
      return;
  }
}

bool test_bytes(TextTest test, const uint8_t* p, size_t n) {
  if (n == 0) return false;
  auto all = [&](auto predicate) {
    for (size_t i = 0; i < n; i++)
      if (!predicate(p[i])) return false;
    return true;
  };
  // Cased letters, all of one case and at least one.
  auto cased = [&](auto wanted, auto other) {
    bool any = false;
    for (size_t i = 0; i < n; i++) {
      if (other(p[i])) return false;
      any |= wanted(p[i]);
    }
    return any;
  };
  switch (test) {
    case TextTest::Alpha: return all(ascii_alpha);
    case TextTest::Alnum: return all([](uint8_t c) { return ascii_alpha(c) || ascii_digit(c); });
    case TextTest::Decimal:
    case TextTest::Numeric:
    case TextTest::Digit: return all(ascii_digit);
    case TextTest::Space: return all(ascii_space);
    case TextTest::Lower: return cased(ascii_lower, ascii_upper);
    case TextTest::Upper: return cased(ascii_upper, ascii_lower);
    case TextTest::Title:
      return is_titled(n, [&](size_t i) { return ascii_upper(p[i]); }, [&](size_t i) { return ascii_lower(p[i]); });
    case TextTest::Printable: return all([](uint8_t c) { return c >= 0x20 && c < 0x7F; });
    case TextTest::Identifier:
      return !ascii_digit(p[0]) && all([](uint8_t c) { return ascii_alpha(c) || ascii_digit(c) || c == '_'; });
  }
  return false;
}

bool test_text(TextTest test, AnyText text) {
  size_t n = text.length;
  if (n == 0) return test == TextTest::Printable;
  return with_units(text, [&](auto* p) {
    auto all = [&](uint32_t flags) {
      for (size_t i = 0; i < n; i++)
        if (!(record_of(p[i]).flags & flags)) return false;
      return true;
    };
    auto cased = [&](uint32_t wanted, uint32_t other) {
      uint32_t seen = 0;
      for (size_t i = 0; i < n; i++) {
        seen |= record_of(p[i]).flags;
        if (seen & other) return false;
      }
      return (seen & wanted) != 0;
    };
    switch (test) {
      case TextTest::Alpha: return all(kAlpha);
      case TextTest::Alnum: return all(kAlpha | kDecimal | kDigit | kNumeric);
      case TextTest::Decimal: return all(kDecimal);
      case TextTest::Digit: return all(kDigit);
      case TextTest::Numeric: return all(kNumeric);
      case TextTest::Space: return all(kSpace);
      case TextTest::Printable: return all(kPrintable);
      case TextTest::Lower: return cased(kLower, kUpper | kTitle);
      case TextTest::Upper: return cased(kUpper, kLower | kTitle);
      case TextTest::Title:
        return is_titled(n, [&](size_t i) { return has_flag(p[i], kUpper | kTitle); },
                         [&](size_t i) { return has_flag(p[i], kLower); });
      case TextTest::Identifier:
        if (!has_flag(p[0], kXidStart)) return false;
        for (size_t i = 1; i < n; i++)
          if (!has_flag(p[i], kXidContinue)) return false;
        return true;
    }
    return false;
  });
}

}  // namespace orochi::text
