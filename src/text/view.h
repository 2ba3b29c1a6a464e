// Text as the kernels see it: code points in units of 1, 2 or 4 bytes, not owned. A str keeps the narrowest kind that
// holds its widest character; the kernels accept any kind unless they say "canonical" (narrowest).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace orochi::text {

enum class Kind : uint8_t { One = 1, Two = 2, Four = 4 };  // the value is the unit's size in bytes

inline constexpr Kind kind_for(char32_t max_char) {
  return max_char < 0x100 ? Kind::One : max_char < 0x10000 ? Kind::Two : Kind::Four;
}

struct AnyText {
  const void* data = nullptr;
  size_t length = 0;
  Kind kind = Kind::One;

  AnyText() = default;
  AnyText(const void* d, size_t n, Kind k) : data(d), length(n), kind(k) {}
  explicit AnyText(std::string_view latin1) : data(latin1.data()), length(latin1.size()), kind(Kind::One) {}
  AnyText(const uint8_t* d, size_t n) : data(d), length(n), kind(Kind::One) {}
  AnyText(const char16_t* d, size_t n) : data(d), length(n), kind(Kind::Two) {}
  AnyText(const char32_t* d, size_t n) : data(d), length(n), kind(Kind::Four) {}

  char32_t operator[](size_t i) const {
    if (kind == Kind::One) return static_cast<const uint8_t*>(data)[i];
    if (kind == Kind::Two) return static_cast<const char16_t*>(data)[i];
    return static_cast<const char32_t*>(data)[i];
  }
  const uint8_t* bytes() const { return static_cast<const uint8_t*>(data); }
  size_t size_bytes() const { return length * static_cast<size_t>(kind); }
  AnyText slice(size_t start, size_t end) const {
    return {static_cast<const char*>(data) + start * static_cast<size_t>(kind), end - start, kind};
  }
};

struct Span {
  size_t start, end;
};

inline constexpr size_t kNotFound = SIZE_MAX;

// Calls f with a typed pointer to the units.
template <typename F>
inline decltype(auto) with_units(AnyText t, F&& f) {
  if (t.kind == Kind::One) return f(static_cast<const uint8_t*>(t.data));
  if (t.kind == Kind::Two) return f(static_cast<const char16_t*>(t.data));
  return f(static_cast<const char32_t*>(t.data));
}
template <typename F>
inline decltype(auto) with_units_out(void* data, Kind kind, F&& f) {
  if (kind == Kind::One) return f(static_cast<uint8_t*>(data));
  if (kind == Kind::Two) return f(static_cast<char16_t*>(data));
  return f(static_cast<char32_t*>(data));
}

}  // namespace orochi::text
