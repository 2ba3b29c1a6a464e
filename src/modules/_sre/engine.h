// Matching a compiled pattern against a span of code units.
//
//   Program program;
//   if (compile(code, length, groups, program) != CompileStatus::Ok) …
//   MatchState state(program, {data, length, UnitWidth::One}, pos, endpos, check);
//   Outcome o = state.search();       // or match(), fullmatch()
//   state.group_start(1) …
//
// The Program is shared and constant; a MatchState belongs to one caller and may be reused for the next match of a
// finditer, sub or scanner: advance() continues behind a match with the rule of Python 3.7 that a second empty match is
// not accepted at the place of an empty one. Backtracking uses a stack of the state's own, never the native one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "modules/_sre/program.h"

namespace orochi::sre {

enum class UnitWidth : uint8_t { One = 1, Two = 2, Four = 4 };

struct Subject {
  const void* units;
  int64_t length;
  UnitWidth width;
};

enum class Outcome : uint8_t { NoMatch, Match, NoMemory, Aborted };

// Called now and then during long matches; false ends the match with Outcome::Aborted.
struct PeriodicCheck {
  bool (*poll)(void* context) = nullptr;
  void* context = nullptr;
};

struct Frame {
  uint32_t kind;
  uint32_t pc;
  uint64_t at;     // a pointer into the subject
  uint64_t extra;
};

struct RepeatSlot {
  uint64_t count;
  uint64_t last;  // where the last optional iteration began
};

struct GuardSlot {
  uint64_t height;  // of the frame stack when the group was entered
  uint64_t at;
};

class MatchState {
 public:
  MatchState(const Program& program, Subject subject, int64_t pos, int64_t endpos, PeriodicCheck check = {});
  ~MatchState();
  MatchState(const MatchState&) = delete;
  MatchState& operator=(const MatchState&) = delete;

  // From the current position: the first call starts at `pos`, later ones behind the previous match.
  Outcome match() { return run(Mode::Match); }
  Outcome fullmatch() { return run(Mode::FullMatch); }
  Outcome search() { return run(Mode::Search); }

  // Moves the position to the end of the last match. If that match was empty the next one must not be empty there.
  void advance() {
    start_ = match_end_;
    must_advance_ = match_start_ == match_end_;
  }
  // Where the next match begins, for those who keep the position between calls themselves.
  int64_t next_start() const { return start_; }
  bool must_advance() const { return must_advance_; }
  void seek(int64_t start, bool must_advance) {
    start_ = start;
    must_advance_ = must_advance;
  }

  // All in code units from the start of the subject; -1, -1 for a group that did not take part.
  int64_t start() const { return match_start_; }
  int64_t end() const { return match_end_; }
  int64_t group_start(uint32_t group) const { return span(group, 0); }
  int64_t group_end(uint32_t group) const { return span(group, 1); }
  int64_t last_index() const { return last_index_; }  // 0: no group
  int64_t pos() const { return pos_; }
  int64_t endpos() const { return end_; }
  const Program& program() const { return program_; }
  const Subject& subject() const { return subject_; }

  // Bytes of backtracking stack after which a match fails with NoMemory.
  void set_memory_limit(size_t bytes) { memory_limit_ = bytes; }

 private:
  enum class Mode : uint8_t { Match, FullMatch, Search };
  template <class C>
  friend class Machine;

  Outcome run(Mode mode);
  bool grow();
  void clear_marks();
  int64_t span(uint32_t group, int which) const;

  static constexpr size_t kInlineFrames = 48;
  static constexpr size_t kInlineWords = 48;

  const Program& program_;
  Subject subject_;
  PeriodicCheck check_;
  int64_t pos_, end_, start_;
  bool must_advance_ = false;
  int64_t match_start_ = -1, match_end_ = -1;
  int64_t last_index_ = 0;
  size_t memory_limit_ = size_t{2} << 30;

  Frame* frames_ = inline_frames_;
  size_t capacity_ = kInlineFrames;
  uint64_t* marks_ = nullptr;      // pointers while matching, 0: unset
  RepeatSlot* repeats_ = nullptr;
  GuardSlot* guards_ = nullptr;
  uint64_t* block_ = nullptr;      // the allocation behind the three when they do not fit inline
  const char* units_at_match_ = nullptr;
  int budget_;
  Frame inline_frames_[kInlineFrames];
  uint64_t inline_words_[kInlineWords];
};

}  // namespace orochi::sre
