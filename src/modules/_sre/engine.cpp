// MatchState: memory of a match, and the choice of the machine by width of code unit.
#include "modules/_sre/engine.h"

#include <cstdlib>
#include <cstring>

#include "modules/_sre/machine.h"

namespace orochi::sre {

extern template class Machine<uint8_t>;
extern template class Machine<uint16_t>;
extern template class Machine<uint32_t>;

MatchState::MatchState(const Program& program, Subject subject, int64_t pos, int64_t endpos, PeriodicCheck check)
    : program_(program), subject_(subject), check_(check), budget_(kCheckInterval) {
  if (pos < 0) pos = 0;
  if (pos > subject.length) pos = subject.length;
  if (endpos < 0) endpos = 0;
  if (endpos > subject.length) endpos = subject.length;
  // A mark of 0 means unset, so an empty subject needs an address too.
  static constexpr uint32_t kNothing = 0;
  if (!subject_.units) subject_.units = &kNothing;
  pos_ = start_ = pos;
  end_ = endpos;
  size_t words = 2 * size_t{program.groups} + 2 * size_t{program.repeat_slots} + 2 * size_t{program.guard_slots};
  uint64_t* block = inline_words_;
  if (words > kInlineWords) block = block_ = static_cast<uint64_t*>(std::malloc(words * sizeof(uint64_t)));
  if (!block) return;  // run() answers NoMemory
  marks_ = block;
  repeats_ = reinterpret_cast<RepeatSlot*>(marks_ + 2 * size_t{program.groups});
  guards_ = reinterpret_cast<GuardSlot*>(repeats_ + program.repeat_slots);
}

MatchState::~MatchState() {
  if (frames_ != inline_frames_) std::free(frames_);
  std::free(block_);
}

void MatchState::clear_marks() {
  std::memset(marks_, 0, 2 * size_t{program_.groups} * sizeof(uint64_t));
  last_index_ = 0;
}

bool MatchState::grow() {
  size_t capacity = capacity_ * 2;
  if (capacity * sizeof(Frame) > memory_limit_) return false;
  bool was_inline = frames_ == inline_frames_;
  auto* frames = static_cast<Frame*>(std::realloc(was_inline ? nullptr : frames_, capacity * sizeof(Frame)));
  if (!frames) return false;
  if (was_inline) std::memcpy(frames, inline_frames_, sizeof inline_frames_);
  frames_ = frames;
  capacity_ = capacity;
  return true;
}

int64_t MatchState::span(uint32_t group, int which) const {
  if (group == 0) return which ? match_end_ : match_start_;
  if (group > program_.groups) return -1;
  uint64_t from = marks_[2 * (group - 1)], to = marks_[2 * (group - 1) + 1];
  if (!from || !to || to < from) return -1;
  auto distance = static_cast<int64_t>((which ? to : from) - reinterpret_cast<uint64_t>(units_at_match_));
  return distance / static_cast<int64_t>(subject_.width);
}

Outcome MatchState::run(Mode mode) {
  if (!marks_) return Outcome::NoMemory;
  if (start_ > end_) return Outcome::NoMatch;
  clear_marks();
  units_at_match_ = static_cast<const char*>(subject_.units);
  auto go = [&]<class C>() {
    Machine<C> machine(*this);
    const C* start = static_cast<const C*>(subject_.units) + start_;
    if (mode == Mode::Search) return machine.search(start);
    machine.set_full(mode == Mode::FullMatch);
    return machine.begin_at(start);
  };
  switch (subject_.width) {
    case UnitWidth::One: return go.template operator()<uint8_t>();
    case UnitWidth::Two: return go.template operator()<uint16_t>();
    case UnitWidth::Four: return go.template operator()<uint32_t>();
  }
  return Outcome::NoMatch;
}

}  // namespace orochi::sre
