// Loops the compiler vectorises: one type a loop, no calls inside. Kinds are dispatched outside.
#include "text/units.h"

#include <cstring>

#include "text/utf8.h"

namespace orochi::text {

char32_t max_char_class(AnyText text) {
  if (text.kind == Kind::One) return ascii_prefix(text.bytes(), text.length) == text.length ? 0x7F : 0xFF;
  return with_units(text, [&](auto* p) -> char32_t {
    size_t n = text.length;
    char32_t all = 0;
    constexpr size_t kBlock = 256;
    // The top class cannot be exceeded: stop as soon as it is reached.
    constexpr char32_t kTop = sizeof(*p) == 2 ? 0x100 : 0x10000;
    for (size_t i = 0; i < n; i += kBlock) {
      size_t end = n - i < kBlock ? n : i + kBlock;
      char32_t block = 0;
      for (size_t j = i; j < end; j++) block |= p[j];
      all |= block;
      if (all >= kTop) break;
    }
    return all < 0x80 ? 0x7F : all < 0x100 ? 0xFF : all < 0x10000 ? 0xFFFF : 0x10FFFF;
  });
}

void copy_units(void* to, Kind kind, AnyText text) {
  if (text.length == 0) return;
  if (kind == text.kind) {
    memcpy(to, text.data, text.size_bytes());
    return;
  }
  with_units(text, [&](auto* from) {
    with_units_out(to, kind, [&](auto* out) {
      using Out = std::remove_reference_t<decltype(*out)>;
      for (size_t i = 0; i < text.length; i++) out[i] = static_cast<Out>(from[i]);
    });
  });
}

void fill_units(void* to, Kind kind, size_t count, char32_t c) {
  if (kind == Kind::One) {
    if (count) memset(to, static_cast<int>(c), count);
    return;
  }
  with_units_out(to, kind, [&](auto* out) {
    using Out = std::remove_reference_t<decltype(*out)>;
    for (size_t i = 0; i < count; i++) out[i] = static_cast<Out>(c);
  });
}

void copy_strided(void* to, Kind kind, AnyText text, size_t start, ptrdiff_t step, size_t count) {
  with_units(text, [&](auto* from) {
    with_units_out(to, kind, [&](auto* out) {
      using Out = std::remove_reference_t<decltype(*out)>;
      // Unsigned arithmetic: the last step may leave the text.
      size_t at = start;
      for (size_t i = 0; i < count; i++, at += static_cast<size_t>(step)) out[i] = static_cast<Out>(from[at]);
    });
  });
}

bool equal(AnyText a, AnyText b) {
  if (a.length != b.length) return false;
  if (a.length == 0) return true;
  if (a.kind == b.kind) return memcmp(a.data, b.data, a.size_bytes()) == 0;
  return with_units(a, [&](auto* x) {
    return with_units(b, [&](auto* y) {
      for (size_t i = 0; i < a.length; i++)
        if (static_cast<char32_t>(x[i]) != static_cast<char32_t>(y[i])) return false;
      return true;
    });
  });
}

int compare(AnyText a, AnyText b) {
  size_t common = a.length < b.length ? a.length : b.length;
  int order = 0;
  if (a.kind == Kind::One && b.kind == Kind::One) {
    order = common == 0 ? 0 : memcmp(a.data, b.data, common);
  } else {
    order = with_units(a, [&](auto* x) {
      return with_units(b, [&](auto* y) {
        for (size_t i = 0; i < common; i++) {
          char32_t c = x[i], d = y[i];
          if (c != d) return c < d ? -1 : 1;
        }
        return 0;
      });
    });
  }
  if (order != 0) return order < 0 ? -1 : 1;
  return a.length == b.length ? 0 : a.length < b.length ? -1 : 1;
}

bool starts_with(AnyText text, AnyText prefix) {
  return prefix.length <= text.length && equal(text.slice(0, prefix.length), prefix);
}

bool ends_with(AnyText text, AnyText suffix) {
  return suffix.length <= text.length && equal(text.slice(text.length - suffix.length, text.length), suffix);
}

}  // namespace orochi::text
