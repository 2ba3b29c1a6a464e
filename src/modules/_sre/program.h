// The internal program that code words are translated into, once, when a pattern is compiled.
//
// A Program is immutable afterwards and shared by threads. Instructions are 24-byte records in one array; character
// sets are 256-byte membership tables for Latin-1 plus a description of what lies above; branches are tables that say,
// for each next character, which alternatives can start with it. What the machine does with them: machine.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace orochi::sre {

// Characters above 255 by disjoint classes; a mask of them over-approximates a set of characters.
enum WideClass : uint8_t { kWideDigit = 1, kWideWord = 2, kWideSpace = 4, kWideOther = 8, kWideAll = 15 };

// If something matches at p, then p is the end (only if `end`) or the character at p is in this set.
struct FirstSet {
  uint64_t bits[4] = {};
  uint8_t wide = 0;
  bool end = false;

  bool has(uint32_t c) const { return (bits[c >> 6] >> (c & 63)) & 1; }
  void add(uint32_t c) { bits[c >> 6] |= uint64_t{1} << (c & 63); }
  void add_all() {
    for (auto& b : bits) b = ~uint64_t{0};
    wide = kWideAll;
  }
  void merge(const FirstSet& other) {
    for (int i = 0; i < 4; i++) bits[i] |= other.bits[i];
    wide |= other.wide;
    end |= other.end;
  }
  bool is_everything() const {
    return end && wide == kWideAll && !(~bits[0] | ~bits[1] | ~bits[2] | ~bits[3]);
  }
};

enum class WideKind : uint8_t { None, All, Category, Items };

struct CharSet {
  alignas(16) uint8_t latin1[256];   // 1: member
  alignas(16) uint8_t nibbles[2][16];  // bit h of nibbles[h >> 3][low nibble]: character h << 4 | low is a member
  WideKind wide = WideKind::None;
  bool fold = false;      // Items: look at the Unicode lower case
  uint8_t wide_mask = 0;  // WideClass bits, an over-approximation
  uint32_t items = 0;     // Items: offset of set words in Program::words; Category: a CategoryCode
};

// Which alternatives (bit i: the i-th) can match given the next character. Latin-1 characters have their own masks.
template <class Mask>
struct BranchTable {
  Mask latin1[256];
  Mask wide;  // next character above 255
  Mask end;   // no next character
  uint32_t first_target;  // into Program::targets
};

// What can follow a repeated character: the machine stops only where the rest has a chance.
struct Filter {
  alignas(16) uint8_t latin1[256];
  alignas(16) uint8_t nibbles[2][16];
  bool wide;
  bool end;
};

enum class Matcher : uint8_t { All, NotNewline, Char, NotChar, Set, Locale };

enum class Op : uint8_t {
  Fail,           // backtrack
  Accept,         // whole pattern matched
  Char,           // a: character
  String,         // a: offset, b: length in Program::chars
  One,            // matcher(x, a)
  MarkUndo,       // a: mark; the old value is restored on backtracking
  MarkSet,        // a: mark that every accepting path sets again; nothing to restore
  At,             // x: AtCode
  Jump,           // a: target
  Branch8,        // a: index in Program::branches8
  Branch64,       // a: index in Program::branches64
  Split,          // a: first target, b: second target
  Run,            // matcher(x, a), b: min, c: max; takes all it can and never gives back
  Greedy,         // the same, gives back; d: filter + 1, e: the single character that can follow, or kNoChar
  Lazy,           // the same, takes more only when asked
  RepeatInit,     // a: repeat slot; x: 1 if the slot may be live in outer iterations
  RepeatMax,      // a: slot, b: min, c: max, d: body, e: tail
  RepeatMin,
  PossessInit,    // a: repeat slot
  PossessNext,    // a: repeat slot, b: min, c: max, d: tail, e: guard slot; body follows
  PossessEnd,     // a: target (PossessNext), d: guard slot, x: 1 if the body has marks
  AtomicBegin,    // d: guard slot
  AtomicEnd,      // d: guard slot, x: body has marks
  LookBegin,      // d: guard slot, b: width to step back
  LookEnd,        // d: guard slot, x: body has marks
  NotBegin,       // d: guard slot, b: width to step back, a: target when the body does not match
  NotEnd,         // d: guard slot
  PeekAhead,      // matcher(x, a), y: 1 if negative
  PeekBehind,
  Backref,        // a: group, x: BackrefFold
  IfGroup,        // a: group, b: target if not set
};

enum BackrefFold : uint8_t { kFoldNone, kFoldAscii, kFoldLocale, kFoldUnicode };

inline constexpr uint32_t kNoChar = 0xFFFFFFFF;

struct Inst {
  Op op;
  uint8_t x = 0;
  uint16_t y = 0;
  uint32_t a = 0, b = 0, c = 0, d = 0, e = 0;
};
static_assert(sizeof(Inst) == 24);

// Locale-dependent single characters are evaluated when matching: one literal or one set, with or without case.
struct LocaleItem {
  enum Kind : uint8_t { Literal, NotLiteral, Set, SetIgnore } kind;
  uint32_t arg;  // character, or offset of set words in Program::words
};

enum class Lead : uint8_t { Any, String, Char, Set, TextStart, LineStart };

struct Program {
  std::vector<Inst> code;
  std::vector<CharSet> sets;
  std::vector<Filter> filters;
  std::vector<BranchTable<uint8_t>> branches8;
  std::vector<BranchTable<uint64_t>> branches64;
  std::vector<uint32_t> targets;
  std::vector<LocaleItem> locale_items;
  std::vector<uint32_t> words;   // copies of set words
  std::vector<uint32_t> chars;   // literal strings
  uint32_t groups = 0;
  uint32_t repeat_slots = 0;
  uint32_t guard_slots = 0;
  uint64_t min_width = 0;
  bool undo_marks = false;       // some mark is not set on every accepting path

  // How a search finds positions worth trying.
  Lead lead = Lead::Any;
  std::vector<uint32_t> prefix;  // Lead::String
  uint32_t lead_char = 0;
  uint32_t rare = 0;             // index of the character of `prefix` to look for besides the first
  CharSet lead_set;              // Lead::Set; its wide part is only wide_mask
  bool literal = false;          // the pattern is `prefix` and nothing else
  bool skip_run = false;         // a failed attempt excludes the rest of a run of lead_run characters
  Matcher run_matcher = Matcher::All;
  uint32_t run_arg = 0;
};

// True if character c is in the set described by set words (which parse.cpp has checked).
bool in_set_words(const uint32_t* words, uint32_t c);
bool in_wide_set(const Program& program, const CharSet& set, uint32_t c);
bool matches_locale(const Program& program, uint32_t item, uint32_t c);

enum class CompileStatus : uint8_t { Ok, Invalid, TooDeep };

// Checks and translates `code`. On anything but Ok `out` is unusable.
CompileStatus compile(const uint32_t* code, size_t length, uint32_t groups, Program& out);

}  // namespace orochi::sre
