// Tight loops over code units: skip members of a set, find a member, find a character or a literal string.
// The 16-byte steps test membership of any set of bytes with two table shuffles: the low nibble picks a row of eight
// bits, the high nibble a bit of it (Langdale and Lemire, *Parsing Gigabytes of JSON per Second*, 2019).
#pragma once

#include <cstdint>
#include <cstring>
#include <cwchar>

#if defined(__SSSE3__)
#include <tmmintrin.h>
#define OROCHI_SRE_SIMD 1
#else
#define OROCHI_SRE_SIMD 0
#endif

#include "base/compiler.h"
#include "modules/_sre/program.h"

namespace orochi::sre {

#if OROCHI_SRE_SIMD
// Bit i set: byte i of the 16 at p is a member.
OROCHI_INLINE unsigned member_mask(const uint8_t (*nibbles)[16], const uint8_t* p) {
  const __m128i low_half = _mm_load_si128(reinterpret_cast<const __m128i*>(nibbles[0]));
  const __m128i high_half = _mm_load_si128(reinterpret_cast<const __m128i*>(nibbles[1]));
  const __m128i bit_of = _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  const __m128i nibble = _mm_set1_epi8(15);
  __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  __m128i low = _mm_and_si128(v, nibble);
  __m128i bit = _mm_shuffle_epi8(bit_of, _mm_and_si128(_mm_srli_epi16(v, 4), nibble));
  // A shuffle index with its top bit set yields zero: each half answers for its own bytes only.
  __m128i top = _mm_and_si128(v, _mm_set1_epi8(-128));
  __m128i row_low = _mm_shuffle_epi8(low_half, _mm_or_si128(low, top));
  __m128i row_high = _mm_shuffle_epi8(high_half, _mm_or_si128(low, _mm_xor_si128(top, _mm_set1_epi8(-128))));
  __m128i hit = _mm_and_si128(_mm_or_si128(row_low, row_high), bit);
  return 0xFFFF ^ static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(hit, _mm_setzero_si128())));
}
#endif

// First position in [p, end) whose byte is (Want) or is not (!Want) in the table; else end.
template <bool Want>
OROCHI_INLINE const uint8_t* scan_bytes(const uint8_t* table, const uint8_t (*nibbles)[16], const uint8_t* p,
                                        const uint8_t* end) {
#if OROCHI_SRE_SIMD
  const uint8_t* near = end - p > 16 ? p + 16 : end;
  for (; p < near; p++)
    if ((table[*p] != 0) == Want) return p;
  for (; end - p >= 16; p += 16) {
    unsigned mask = member_mask(nibbles, p);
    if (!Want) mask ^= 0xFFFF;
    if (mask) return p + __builtin_ctz(mask);
  }
#endif
  for (; p < end; p++)
    if ((table[*p] != 0) == Want) return p;
  return end;
}

template <class C>
OROCHI_INLINE bool in_set(const Program& program, const CharSet& set, C c) {
  if constexpr (sizeof(C) == 1) {
    return set.latin1[c];
  } else {
    return c < 256 ? set.latin1[c] != 0 : in_wide_set(program, set, c);
  }
}

template <class C>
OROCHI_INLINE const C* skip_set(const Program& program, const CharSet& set, const C* p, const C* end) {
  if constexpr (sizeof(C) == 1) {
    return scan_bytes<false>(set.latin1, set.nibbles, p, end);
  } else {
    while (p < end && in_set(program, set, *p)) p++;
    return p;
  }
}

// First c in [p, end), or end.
template <class C>
inline const C* find_char(const C* p, const C* end, uint32_t c) {
  if constexpr (sizeof(C) == 1) {
    if (c > 255 || p >= end) return end;
    auto hit = static_cast<const C*>(std::memchr(p, static_cast<int>(c), static_cast<size_t>(end - p)));
    return hit ? hit : end;
  } else if constexpr (sizeof(C) == 4 && sizeof(wchar_t) == 4) {
    if (p >= end) return end;
    auto hit = std::wmemchr(reinterpret_cast<const wchar_t*>(p), static_cast<wchar_t>(c), static_cast<size_t>(end - p));
    return hit ? reinterpret_cast<const C*>(hit) : end;
  } else {
    if (c > 0xFFFF) return end;
#if OROCHI_SRE_SIMD
    const __m128i want = _mm_set1_epi16(static_cast<short>(c));
    for (; end - p >= 8; p += 8) {
      __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
      auto mask = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi16(v, want)));
      if (mask) return p + __builtin_ctz(mask) / 2;
    }
#endif
    while (p < end && *p != c) p++;
    return p;
  }
}

template <class C>
OROCHI_INLINE bool equals_literal(const C* p, const uint32_t* literal, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (p[i] != literal[i]) return false;
  return true;
}

// First occurrence of literal[0..length) in [p, end), or end. Two of its characters, the first and literal[rare],
// are compared for many positions at a time.
template <class C>
inline const C* find_literal(const C* p, const C* end, const uint32_t* literal, size_t length, size_t rare) {
  constexpr uint64_t kMost = sizeof(C) == 1 ? 0xFF : sizeof(C) == 2 ? 0xFFFF : 0xFFFFFFFF;
  if (static_cast<size_t>(end - p) < length) return end;
  for (size_t i = 0; i < length; i++)
    if (literal[i] > kMost) return end;
  const C* last = end - length;  // last position worth looking at
#if OROCHI_SRE_SIMD
  constexpr int kLanes = 16 / sizeof(C);
  auto splat = [](uint32_t c) {
    if constexpr (sizeof(C) == 1) return _mm_set1_epi8(static_cast<char>(c));
    if constexpr (sizeof(C) == 2) return _mm_set1_epi16(static_cast<short>(c));
    return _mm_set1_epi32(static_cast<int>(c));
  };
  auto same = [](__m128i a, __m128i b) {
    if constexpr (sizeof(C) == 1) return _mm_cmpeq_epi8(a, b);
    if constexpr (sizeof(C) == 2) return _mm_cmpeq_epi16(a, b);
    return _mm_cmpeq_epi32(a, b);
  };
  const __m128i first = splat(literal[0]), second = splat(literal[rare]);
  // Lanes p .. p + kLanes - 1 read up to p + kLanes - 1 + rare, inside the text while p + kLanes - 1 <= last.
  for (; last - p >= kLanes - 1; p += kLanes) {
    __m128i a = same(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)), first);
    __m128i b = same(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p + rare)), second);
    auto mask = static_cast<unsigned>(_mm_movemask_epi8(_mm_and_si128(a, b)));
    while (mask) {
      unsigned bit = static_cast<unsigned>(__builtin_ctz(mask));
      const C* at = p + bit / sizeof(C);
      if (equals_literal(at, literal, length)) return at;
      mask &= ~(((1u << sizeof(C)) - 1) << bit);
    }
  }
#endif
  for (; p <= last; p++)
    if (*p == literal[0] && equals_literal(p, literal, length)) return p;
  return end;
}

}  // namespace orochi::sre
