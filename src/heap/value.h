// Value: one 64-bit word that is a fixnum, a self-tagged float, a constant, or a pointer to a heap object.
//
//   …1     fixnum, 63-bit signed           …10    float, exponent in about [1e-77, 1e77], and 0.0
//   …100   constant (None, False, …)       …000   heap object, 16-byte aligned; the zero word is "no value"
//
// Float encoding (Ruby's flonum; Melançon, Serrano, Feeley, "Float Self-Tagging", 2025): rotating the double left by
// three brings exponent bits 62 and 61 to the tag position. For the common exponents they are 01 (and bit 60 is 1) or
// 10 (and bit 60 is 0), so overwriting them with the tag 10 loses nothing: bit 60, now bit 63, tells which it was.
// Invariant: an integer that fits a fixnum and a double that fits the tag are never heap objects.
#pragma once

#include <bit>
#include <cstdint>

#include "base/check.h"
#include "base/compiler.h"

namespace orochi {

struct Object;

struct Value {
  uint64_t bits = 0;

  static constexpr uint64_t kFixnumTag = 1;
  static constexpr uint64_t kFloatTag = 2;
  static constexpr uint64_t kConstantTag = 4;
  static constexpr uint64_t kZeroFloat = 0x8000000000000002;
  static constexpr int64_t kFixnumMax = INT64_MAX >> 1;
  static constexpr int64_t kFixnumMin = INT64_MIN >> 1;

  constexpr Value() = default;
  explicit constexpr Value(uint64_t raw) : bits(raw) {}
  explicit Value(const Object* object) : bits(reinterpret_cast<uint64_t>(object)) {}

  static constexpr Value fixnum(int64_t i) { return Value((static_cast<uint64_t>(i) << 1) | kFixnumTag); }
  static constexpr bool fits_fixnum(int64_t i) { return i >= kFixnumMin && i <= kFixnumMax; }
  static constexpr Value boolean(bool b);

  // True if `d` can be tagged; then *out is its word.
  static OROCHI_INLINE bool try_float(double d, Value* out) {
    uint64_t raw = std::bit_cast<uint64_t>(d);
    uint64_t top = (raw >> 60) & 7;  // exponent bits 62..60: 011 or 100 are the common ones
    if (OROCHI_LIKELY((top == 3 || top == 4) && raw != 0x3000000000000000)) {
      out->bits = (std::rotl(raw, 3) & ~uint64_t{3}) | kFloatTag;
      return true;
    }
    if (raw == 0) {
      out->bits = kZeroFloat;
      return true;
    }
    return false;
  }

  constexpr bool is_empty() const { return bits == 0; }
  explicit constexpr operator bool() const { return bits != 0; }
  constexpr bool is_fixnum() const { return bits & kFixnumTag; }
  constexpr bool is_tagged_float() const { return (bits & 3) == kFloatTag; }
  constexpr bool is_constant() const { return (bits & 7) == kConstantTag; }
  constexpr bool is_immediate() const { return bits & 7; }
  constexpr bool is_heap() const { return (bits & 7) == 0 && bits != 0; }

  constexpr int64_t as_fixnum() const { return static_cast<int64_t>(bits) >> 1; }
  OROCHI_INLINE double as_tagged_float() const {
    if (OROCHI_UNLIKELY(bits == kZeroFloat)) return 0.0;
    uint64_t restored = (uint64_t{2} - (bits >> 63)) | (bits & ~uint64_t{3});
    return std::bit_cast<double>(std::rotr(restored, 3));
  }
  Object* as_object() const {
    DCHECK(is_heap());
    return reinterpret_cast<Object*>(bits);
  }

  constexpr bool operator==(const Value& other) const = default;
};

constexpr Value constant_value(uint64_t index) { return Value((index << 3) | Value::kConstantTag); }

inline constexpr Value kNone = constant_value(1);
inline constexpr Value kFalse = constant_value(2);
inline constexpr Value kTrue = constant_value(3);
inline constexpr Value kEllipsis = constant_value(4);
inline constexpr Value kNotImplemented = constant_value(5);
// Internal sentinels, never visible to Python code.
inline constexpr Value kAbsentWord = constant_value(16);
inline constexpr Value kDeletedEntry = constant_value(17);

constexpr Value Value::boolean(bool b) { return Value(kFalse.bits + (uint64_t{b} << 3)); }
static_assert(kTrue.bits - kFalse.bits == 8, "boolean() adds");

}  // namespace orochi
