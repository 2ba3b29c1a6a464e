// The engine against results observed on the reference implementation, in every width of code unit that can hold the
// subject, and its limits: malformed code, bounded memory, the periodic check.
#include "modules/_sre/engine.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "modules/_sre/code.h"

namespace orochi::sre {
namespace {

struct Row {
  const char* pattern;  // nullptr: a case of the pattern above
  int groups;
  const char* words;
  const char* subject;
  size_t subject_size;
  char mode;
  const char* expected;
};

#define PATTERN(text, groups, words) {text, groups, words, nullptr, 0, 0, nullptr},
#define CASE(subject, mode, expected) {nullptr, 0, nullptr, subject, sizeof(subject) - 1, mode, expected},
const Row kRows[] = {
#include "modules/_sre/engine_cases.inc"
};
#undef PATTERN
#undef CASE

std::vector<uint32_t> words_of(const char* text) {
  std::vector<uint32_t> words;
  while (*text) {
    char* end;
    auto n = static_cast<uint32_t>(std::strtoul(text, &end, 10));
    uint32_t times = 1;
    if (*end == '*') {
      times = n;
      n = static_cast<uint32_t>(std::strtoul(end + 1, &end, 10));
    }
    words.insert(words.end(), times, n);
    text = *end ? end + 1 : end;
  }
  return words;
}

std::vector<uint32_t> decode(const char* s, size_t size) {
  std::vector<uint32_t> out;
  for (size_t i = 0; i < size;) {
    auto b = static_cast<uint8_t>(s[i]);
    int more = b < 0x80 ? 0 : b < 0xE0 ? 1 : b < 0xF0 ? 2 : 3;
    uint32_t c = more == 0 ? b : b & (0x3Fu >> more);
    for (int k = 1; k <= more; k++) c = c << 6 | (static_cast<uint8_t>(s[i + static_cast<size_t>(k)]) & 63);
    out.push_back(c);
    i += static_cast<size_t>(more) + 1;
  }
  return out;
}

std::string describe(MatchState& state, char mode) {
  std::string out;
  auto add = [&] {
    for (uint32_t g = 0; g <= state.program().groups; g++)
      out += (out.empty() ? "" : " ") + std::to_string(state.group_start(g)) + " " + std::to_string(state.group_end(g));
    out += " " + std::to_string(state.last_index());
  };
  if (mode == 'i') {
    while (state.search() == Outcome::Match) {
      add();
      state.advance();
    }
    return out;
  }
  Outcome o = mode == 'm' ? state.match() : mode == 'f' ? state.fullmatch() : state.search();
  if (o == Outcome::Match) add();
  return o == Outcome::NoMemory ? "no memory" : out;
}

template <class C>
void check(const Program& program, const std::vector<uint32_t>& subject, const Row& row, const char* pattern,
           UnitWidth width) {
  // An exact heap block: reading past it is seen by the address sanitizer.
  std::vector<C> units(subject.begin(), subject.end());
  MatchState state(program, {units.data(), static_cast<int64_t>(units.size()), width}, 0, INT64_MAX);
  EXPECT_EQ(describe(state, row.mode), row.expected)
      << "pattern " << pattern << " subject " << row.subject << " mode " << row.mode << " width " << sizeof(C);
}

TEST(Sre, AgreesWithObservedResults) {
  Program program;
  const char* pattern = nullptr;
  int cases = 0;
  for (const Row& row : kRows) {
    if (row.pattern) {
      pattern = row.pattern;
      auto words = words_of(row.words);
      ASSERT_EQ(compile(words.data(), words.size(), static_cast<uint32_t>(row.groups), program), CompileStatus::Ok)
          << pattern;
      continue;
    }
    auto subject = decode(row.subject, row.subject_size);
    uint32_t widest = 0;
    for (uint32_t c : subject) widest |= c;
    if (widest < 0x100) check<uint8_t>(program, subject, row, pattern, UnitWidth::One);
    if (widest < 0x10000) check<uint16_t>(program, subject, row, pattern, UnitWidth::Two);
    check<uint32_t>(program, subject, row, pattern, UnitWidth::Four);
    cases++;
  }
  EXPECT_GT(cases, 500);
}

CompileStatus status_of(std::vector<uint32_t> words, uint32_t groups = 0) {
  Program program;
  return compile(words.data(), words.size(), groups, program);
}

TEST(Sre, RejectsMalformedCode) {
  EXPECT_EQ(status_of({kSuccess}), CompileStatus::Ok);
  EXPECT_EQ(status_of({}), CompileStatus::Invalid);
  EXPECT_EQ(status_of({kFailure}), CompileStatus::Invalid);
  EXPECT_EQ(status_of({kLiteral, 97}), CompileStatus::Invalid);
  EXPECT_EQ(status_of({kLiteral, kSuccess}), CompileStatus::Invalid);
  EXPECT_EQ(status_of({99, kSuccess}), CompileStatus::Invalid);
  EXPECT_EQ(status_of({kMark, 0, kMark, 1, kSuccess}, 0), CompileStatus::Invalid);
  EXPECT_EQ(status_of({kMark, 0, kMark, 1, kSuccess}, 1), CompileStatus::Ok);
  EXPECT_EQ(status_of({kGroupRef, 1, kSuccess}, 1), CompileStatus::Invalid);
  EXPECT_EQ(status_of({kAt, 99, kSuccess}), CompileStatus::Invalid);
  EXPECT_EQ(status_of({kMaxUntil, kSuccess}), CompileStatus::Invalid);
  EXPECT_EQ(status_of({kJump, 1, kSuccess}), CompileStatus::Invalid);
  EXPECT_EQ(status_of({kRepeatOne, 6, 3, 2, kLiteral, 97, kSuccess, kSuccess}), CompileStatus::Invalid);
  EXPECT_EQ(status_of({kRepeatOne, 0xFFFFFFFF, 0, 1, kLiteral, 97, kSuccess, kSuccess}), CompileStatus::Invalid);
  EXPECT_EQ(status_of({kIn, 100, kLiteral, 97, kFailure, kSuccess}), CompileStatus::Invalid);
  EXPECT_EQ(status_of({kIn, 4, kCategory, 99, kFailure, kSuccess}), CompileStatus::Invalid);
  EXPECT_EQ(status_of({kBranch, 4, kLiteral, 97, kJump, 2, 0, kSuccess}), CompileStatus::Invalid);
}

// Every single-word change of a valid pattern is either rejected or matches something without harm.
TEST(Sre, SurvivesChangedWords) {
  const char subject[] = "aab c\nA_1bbca abcab";
  int valid = 0;
  auto poll = [](void* n) { return ++*static_cast<int*>(n) < 10; };
  int patterns = 0;
  for (const Row& row : kRows) {
    if (!row.pattern || ++patterns % 4) continue;
    auto words = words_of(row.words);
    for (size_t i = 0; i < words.size() && i < 60; i++) {
      for (uint32_t change : {0u, 1u, 7u, 15u, 26u, words[i] + 1, words[i] - 1, 0x7FFFFFFFu, 0xFFFFFFFFu}) {
        auto changed = words;
        changed[i] = change;
        Program program;
        if (compile(changed.data(), changed.size(), static_cast<uint32_t>(row.groups), program) != CompileStatus::Ok)
          continue;
        valid++;
        int polls = 0;
        MatchState state(program, {subject, sizeof subject - 1, UnitWidth::One}, 0, INT64_MAX, {poll, &polls});
        state.set_memory_limit(1 << 22);
        if (state.search() == Outcome::Match) {
          EXPECT_GE(state.start(), 0);
          EXPECT_LE(state.end(), static_cast<int64_t>(sizeof subject));
        }
      }
    }
  }
  EXPECT_GT(valid, 100);
}

TEST(Sre, MemoryIsBounded) {
  auto words = words_of("23 8 0 4294967295 17 0 2 17 1 18 2 16 98 1");  // (.)*.b: frames for every character
  Program program;
  ASSERT_EQ(compile(words.data(), words.size(), 1, program), CompileStatus::Ok);
  std::string subject(200000, 'a');
  MatchState state(program, {subject.data(), static_cast<int64_t>(subject.size()), UnitWidth::One}, 0, INT64_MAX);
  state.set_memory_limit(1 << 16);
  EXPECT_EQ(state.match(), Outcome::NoMemory);
  state.set_memory_limit(size_t{1} << 30);
  EXPECT_EQ(state.match(), Outcome::NoMatch);
}

TEST(Sre, PeriodicCheckAborts) {
  // (?:a|a)*b is exponential in the number of a.
  auto words = words_of("23 15 0 4294967295 7 5 16 97 15 7 5 16 97 15 2 0 18 16 98 1");
  Program program;
  ASSERT_EQ(compile(words.data(), words.size(), 0, program), CompileStatus::Ok);
  std::string subject(64, 'a');
  int polls = 0;
  MatchState state(program, {subject.data(), 64, UnitWidth::One}, 0, INT64_MAX,
                   {[](void* n) { return ++*static_cast<int*>(n) < 5; }, &polls});
  EXPECT_EQ(state.match(), Outcome::Aborted);
  EXPECT_EQ(polls, 5);
}

TEST(Sre, PosAndEndpos) {
  auto words = words_of("6 0 16 97 6 5 1");  // ^a$
  Program program;
  ASSERT_EQ(compile(words.data(), words.size(), 0, program), CompileStatus::Ok);
  const char subject[] = "aab";
  MatchState whole(program, {subject, 3, UnitWidth::One}, 0, 1);
  EXPECT_EQ(whole.search(), Outcome::Match);  // the text ends at endpos
  MatchState later(program, {subject, 3, UnitWidth::One}, 1, 2);
  EXPECT_EQ(later.search(), Outcome::NoMatch);  // it does not begin at pos
  MatchState inverted(program, {subject, 3, UnitWidth::One}, 2, 1);
  EXPECT_EQ(inverted.search(), Outcome::NoMatch);
}

}  // namespace
}  // namespace orochi::sre
