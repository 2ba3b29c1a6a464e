// The words of a compiled pattern as the standard library's re._compiler emits them: opcodes, position codes and
// category codes, in the order of re._constants (magic 20230612). `_sre.compile` receives a list of these words from
// anybody, so nothing here is trusted: parse.cpp checks every word before the engine sees a program.
#pragma once

#include <cstdint>

namespace orochi::sre {

inline constexpr uint32_t kMagic = 20230612;
inline constexpr uint32_t kMaxRepeat = 0xFFFFFFFF;  // "no upper bound" of a repeat
inline constexpr uint32_t kMaxGroups = 0x3FFFFFFF;

enum Code : uint32_t {
  kFailure, kSuccess,
  kAny, kAnyAll,
  kAssert, kAssertNot,
  kAt,
  kBranch,
  kCategory,
  kCharset, kBigCharset,
  kGroupRef, kGroupRefExists,
  kIn,
  kInfo,
  kJump,
  kLiteral,
  kMark,
  kMaxUntil,
  kMinUntil,
  kNotLiteral,
  kNegate,
  kRange,
  kRepeat,
  kRepeatOne,
  kSubpattern,
  kMinRepeatOne,
  kAtomicGroup,
  kPossessiveRepeat,
  kPossessiveRepeatOne,
  kGroupRefIgnore, kInIgnore, kLiteralIgnore, kNotLiteralIgnore,
  kGroupRefLocIgnore, kInLocIgnore, kLiteralLocIgnore, kNotLiteralLocIgnore,
  kGroupRefUniIgnore, kInUniIgnore, kLiteralUniIgnore, kNotLiteralUniIgnore,
  kRangeUniIgnore,
  kCodeCount
};
static_assert(kCodeCount == 43);

enum AtCode : uint32_t {
  kAtBeginning, kAtBeginningLine, kAtBeginningString,
  kAtBoundary, kAtNonBoundary,
  kAtEnd, kAtEndLine, kAtEndString,
  kAtLocBoundary, kAtLocNonBoundary,
  kAtUniBoundary, kAtUniNonBoundary,
  kAtCodeCount
};

// An odd code is the negation of the even one before it.
enum CategoryCode : uint32_t {
  kDigit, kNotDigit,
  kSpace, kNotSpace,
  kWord, kNotWord,
  kLineBreak, kNotLineBreak,
  kLocWord, kLocNotWord,
  kUniDigit, kUniNotDigit,
  kUniSpace, kUniNotSpace,
  kUniWord, kUniNotWord,
  kUniLineBreak, kUniNotLineBreak,
  kCategoryCount
};

}  // namespace orochi::sre
