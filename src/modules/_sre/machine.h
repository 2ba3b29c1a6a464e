// The matching machine for one width of code unit, instantiated in machine_1.cpp, machine_2.cpp and machine_4.cpp.
//
// A backtracking interpreter. `pc` and `at` are the state; everything that must be undone or tried later is a Frame on
// the stack. Failing pops frames from the top: undo frames restore what they hold and go on popping, choice frames
// resume at their alternative. When the stack is empty the attempt has failed and every mark is as it was.
//
//   frame           at            extra            popped
//   Choice          position      -                go on at pc
//   Rest8/Rest64    position      untried mask     go on at the lowest alternative left
//   Greedy          position      least position   give one character back
//   Lazy            position      limit            take one character more
//   Mark            old value     old lastindex    restore mark pc
//   Repeat          old last      old count        restore repeat slot pc
//   MaxTail         position      old last         take back one iteration, go on with the tail
//   MinBody         position      -                try one more iteration
//
// Invariant: base <= sp <= top; every PUSH checks it.
#pragma once

#include "modules/_sre/char_class.h"
#include "modules/_sre/engine.h"
#include "modules/_sre/scan.h"

namespace orochi::sre {

inline constexpr int kCheckInterval = 16384;

template <class C>
class Machine {
 public:
  explicit Machine(MatchState& s)
      : s_(s),
        p_(s.program_),
        begin_(static_cast<const C*>(s.subject_.units)),
        end_(begin_ + s.end_) {}

  Outcome search(const C* start);
  Outcome begin_at(const C* start) {
    if (s_.must_advance_) forbidden_end_ = start;
    return attempt(start);
  }
  void set_full(bool full) { full_ = full; }

 private:
  enum Kind : uint32_t { Choice, Rest8, Rest64, Greedy, Lazy, Mark, Repeat, MaxTail, MinBody };

  bool one(const Inst& i, C c) const { return matches(static_cast<Matcher>(i.x), i.a, c); }
  OROCHI_INLINE bool matches(Matcher m, uint32_t arg, C c) const {
    switch (m) {
      case Matcher::All: return true;
      case Matcher::NotNewline: return c != '\n';
      case Matcher::Char: return c == arg;
      case Matcher::NotChar: return c != arg;
      case Matcher::Set: return in_set<C>(p_, p_.sets[arg], c);
      case Matcher::Locale: return matches_locale(p_, arg, c);
    }
    return false;
  }
  OROCHI_INLINE const C* skip(Matcher m, uint32_t arg, const C* at, const C* limit) const {
    switch (m) {
      case Matcher::All: return limit;
      case Matcher::NotNewline: return find_char(at, limit, '\n');
      case Matcher::Char:
        while (at < limit && *at == arg) at++;
        return at;
      case Matcher::NotChar: return find_char(at, limit, arg);
      case Matcher::Set: return skip_set<C>(p_, p_.sets[arg], at, limit);
      case Matcher::Locale:
        while (at < limit && matches_locale(p_, arg, *at)) at++;
        return at;
    }
    return at;
  }
  OROCHI_INLINE const C* limit(const C* at, uint32_t max) const {
    return max >= static_cast<uint64_t>(end_ - at) ? end_ : at + max;
  }
  OROCHI_INLINE bool passes(const Filter& f, const C* at) const {
    if (at == end_) return f.end;
    if constexpr (sizeof(C) == 1) return f.latin1[*at];
    return *at < 256 ? f.latin1[*at] != 0 : f.wide;
  }
  // Greatest position in [least, at] where what follows can start; null if none.
  const C* back_to(const Inst& i, const C* at, const C* least) const;
  // Least position in [at, limit] where it can, through characters the repeat takes; null if none.
  const C* forward_to(const Inst& i, const C* at, const C* limit) const;
  template <class Mask>
  OROCHI_INLINE Mask candidates(const BranchTable<Mask>& t, const C* at) const {
    if (at == end_) return t.end;
    if constexpr (sizeof(C) == 1) return t.latin1[*at];
    return *at < 256 ? t.latin1[*at] : t.wide;
  }
  bool at_position(uint8_t code, const C* at) const;
  bool same_text(uint8_t fold, const C* a, const C* b, size_t n) const;
  const C* candidate(const C* at, const C* last) const;
  Outcome attempt(const C* start);
  Frame* cut(Frame* from, Frame* sp, bool keep_marks) const;

  MatchState& s_;
  const Program& p_;
  const C* const begin_;
  const C* const end_;
  const C* forbidden_end_ = nullptr;  // an empty match here is not accepted
  bool full_ = false;
};

template <class C>
const C* Machine<C>::back_to(const Inst& i, const C* at, const C* least) const {
  const Filter& f = p_.filters[i.d - 1];
  if (at == end_) {
    if (f.end) return at;
    if (at == least) return nullptr;
    at--;
  }
  if constexpr (sizeof(C) == 1) {
    if (i.e != kNoChar) return static_cast<const C*>(::memrchr(least, static_cast<int>(i.e), static_cast<size_t>(at - least) + 1));
  }
  for (;; at--) {
    if (passes(f, at)) return at;
    if (at == least) return nullptr;
  }
}

template <class C>
const C* Machine<C>::forward_to(const Inst& i, const C* at, const C* limit) const {
  auto m = static_cast<Matcher>(i.x);
  if (i.e != kNoChar && m != Matcher::Set && m != Matcher::Locale && m != Matcher::Char) {
    // `.*?x`: the next x, unless a character the repeat refuses comes first. Chunked, so that many short lazy repeats
    // on one line do not each look at all the rest.
    for (;;) {
      const C* chunk = limit - at > 4096 ? at + 4096 : limit;
      const C* to = chunk < end_ ? chunk + 1 : chunk;
      const C* hit = find_char(at, to, i.e);
      if (m != Matcher::All) {
        const C* stop = find_char(at, hit, m == Matcher::NotNewline ? '\n' : i.a);
        if (stop < hit) return nullptr;
      }
      if (hit < to) return hit;
      if (chunk == limit) return nullptr;
      at = chunk + 1;
      if (at > limit) return nullptr;
    }
  }
  const Filter& f = p_.filters[i.d - 1];
  for (;; at++) {
    if (passes(f, at)) return at;
    if (at >= limit || !matches(m, i.a, *at)) return nullptr;
  }
}

template <class C>
bool Machine<C>::at_position(uint8_t code, const C* at) const {
  auto boundary = [&](auto word) {
    bool before = at > begin_ && word(static_cast<uint32_t>(at[-1]));
    bool after = at < end_ && word(static_cast<uint32_t>(*at));
    return before != after;
  };
  switch (code) {
    case kAtBeginning:
    case kAtBeginningString: return at == begin_;
    case kAtBeginningLine: return at == begin_ || at[-1] == '\n';
    case kAtEnd: return at == end_ || (at + 1 == end_ && *at == '\n');
    case kAtEndLine: return at == end_ || *at == '\n';
    case kAtEndString: return at == end_;
    case kAtBoundary: return boundary(ascii_word);
    case kAtNonBoundary: return !boundary(ascii_word);
    case kAtLocBoundary: return boundary(locale_word);
    case kAtLocNonBoundary: return !boundary(locale_word);
    case kAtUniBoundary: return boundary(unicode_word);
    case kAtUniNonBoundary: return !boundary(unicode_word);
    default: return false;
  }
}

template <class C>
bool Machine<C>::same_text(uint8_t fold, const C* a, const C* b, size_t n) const {
  auto same = [&](auto map) {
    for (size_t i = 0; i < n; i++)
      if (a[i] != b[i] && map(static_cast<uint32_t>(a[i])) != map(static_cast<uint32_t>(b[i]))) return false;
    return true;
  };
  switch (fold) {
    case kFoldAscii: return same(ascii_lower);
    case kFoldLocale: return same(locale_lower);
    case kFoldUnicode: return same(unicode_lower);
    default: return std::memcmp(a, b, n * sizeof(C)) == 0;
  }
}

// Drops the choices in [from, sp). What restores marks stays: a later failure still has to undo them. Repeat slots of
// what is cut are dead until their repeat is entered anew.
template <class C>
Frame* Machine<C>::cut(Frame* from, Frame* sp, bool keep_marks) const {
  if (!keep_marks) return from;
  Frame* to = from;
  for (Frame* f = from; f < sp; f++)
    if (f->kind == Mark) *to++ = *f;
  return to;
}

template <class C>
Outcome Machine<C>::attempt(const C* start) {
  const Inst* const code = p_.code.data();
  const Inst* pc = code;
  const C* at = start;
  Frame* base = s_.frames_;
  Frame* sp = base;
  Frame* top = base + s_.capacity_;
  uint64_t* const marks = s_.marks_;
  RepeatSlot* const repeats = s_.repeats_;
  GuardSlot* const guards = s_.guards_;
  int budget = s_.budget_;
  Outcome outcome;

  auto word = [](const C* p) { return reinterpret_cast<uint64_t>(p); };
  auto text = [](uint64_t w) { return reinterpret_cast<const C*>(w); };

#define PUSH(kind_, pc_, at_, extra_)                                                              \
  do {                                                                                             \
    if (OROCHI_UNLIKELY(sp == top)) {                                                              \
      auto used = sp - base;                                                                       \
      if (!s_.grow()) {                                                                            \
        outcome = Outcome::NoMemory;                                                               \
        goto done;                                                                                 \
      }                                                                                            \
      base = s_.frames_;                                                                           \
      top = base + s_.capacity_;                                                                   \
      sp = base + used;                                                                            \
    }                                                                                              \
    *sp++ = Frame{(kind_), (pc_), (at_), (extra_)};                                                \
  } while (false)
#define PC_OF(inst) static_cast<uint32_t>((inst) - code)
#define POLL()                                                        \
  do {                                                                \
    if (OROCHI_UNLIKELY(--budget <= 0)) {                             \
      budget = kCheckInterval;                                        \
      if (s_.check_.poll && !s_.check_.poll(s_.check_.context)) {     \
        outcome = Outcome::Aborted;                                   \
        goto done;                                                    \
      }                                                               \
    }                                                                 \
  } while (false)

next:
  switch (pc->op) {
    case Op::Fail: goto fail;

    case Op::Accept:
      if (full_ && at != end_) goto fail;
      if (at == forbidden_end_ && start == at) goto fail;
      s_.match_start_ = start - begin_;
      s_.match_end_ = at - begin_;
      outcome = Outcome::Match;
      goto done;

    case Op::Char:
      if (at == end_ || *at != pc->a) goto fail;
      at++;
      pc++;
      goto next;

    case Op::String: {
      size_t n = pc->b;
      if (static_cast<size_t>(end_ - at) < n || !equals_literal(at, &p_.chars[pc->a], n)) goto fail;
      at += n;
      pc++;
      goto next;
    }

    case Op::One:
      if (at == end_ || !one(*pc, *at)) goto fail;
      at++;
      pc++;
      goto next;

    case Op::MarkUndo:
      if (sp != base) PUSH(Mark, pc->a, marks[pc->a], static_cast<uint64_t>(s_.last_index_));
      marks[pc->a] = word(at);
      if (pc->a & 1) s_.last_index_ = pc->a / 2 + 1;
      pc++;
      goto next;

    case Op::MarkSet:
      marks[pc->a] = word(at);
      if (pc->a & 1) s_.last_index_ = pc->a / 2 + 1;
      pc++;
      goto next;

    case Op::At:
      if (!at_position(pc->x, at)) goto fail;
      pc++;
      goto next;

    case Op::Jump:
      pc = code + pc->a;
      goto next;

    case Op::Branch8: {
      POLL();
      const auto& t = p_.branches8[pc->a];
      unsigned mask = candidates(t, at);
      if (mask == 0) goto fail;
      unsigned rest = mask & (mask - 1);
      if (rest) PUSH(Rest8, pc->a, word(at), rest);
      pc = code + p_.targets[t.first_target + static_cast<unsigned>(__builtin_ctz(mask))];
      goto next;
    }

    case Op::Branch64: {
      POLL();
      const auto& t = p_.branches64[pc->a];
      uint64_t mask = candidates(t, at);
      if (mask == 0) goto fail;
      uint64_t rest = mask & (mask - 1);
      if (rest) PUSH(Rest64, pc->a, word(at), rest);
      pc = code + p_.targets[t.first_target + static_cast<unsigned>(__builtin_ctzll(mask))];
      goto next;
    }

    case Op::Split:
      POLL();
      PUSH(Choice, pc->b, word(at), 0);
      pc = code + pc->a;
      goto next;

    case Op::Run: {
      const C* to = skip(static_cast<Matcher>(pc->x), pc->a, at, limit(at, pc->c));
      if (static_cast<uint64_t>(to - at) < pc->b) goto fail;
      at = to;
      pc++;
      goto next;
    }

    case Op::Greedy: {
      const C* to = skip(static_cast<Matcher>(pc->x), pc->a, at, limit(at, pc->c));
      if (static_cast<uint64_t>(to - at) < pc->b) goto fail;
      if (sizeof(C) == 1 && pc->y) {
        at = to;
        pc++;
        goto next;
      }
      const C* least = at + pc->b;
      if (pc->d) {
        to = back_to(*pc, to, least);
        if (!to) goto fail;
      }
      if (to > least) PUSH(Greedy, PC_OF(pc), word(to), word(least));
      at = to;
      pc++;
      goto next;
    }

    case Op::Lazy: {
      const C* most = limit(at, pc->c);
      if (static_cast<uint64_t>(most - at) < pc->b) goto fail;
      if (pc->b) {
        const C* least = at + pc->b;
        if (skip(static_cast<Matcher>(pc->x), pc->a, at, least) != least) goto fail;
        at = least;
      }
      if (pc->d) {
        at = forward_to(*pc, at, most);
        if (!at) goto fail;
      }
      if (at < most) PUSH(Lazy, PC_OF(pc), word(at), word(most));
      pc++;
      goto next;
    }

    case Op::RepeatInit: {
      RepeatSlot& r = repeats[pc->a];
      if (pc->x && sp != base) PUSH(Repeat, pc->a, r.last, r.count);
      r.count = 0;
      r.last = 0;
      pc++;
      goto next;
    }

    case Op::RepeatMax: {
      POLL();
      RepeatSlot& r = repeats[pc->a];
      if (r.count < pc->b) {
        PUSH(Repeat, pc->a, r.last, r.count);
        r.count++;
        pc = code + pc->d;
      } else if ((r.count < pc->c || pc->c == kMaxRepeat) && r.last != word(at)) {
        PUSH(MaxTail, PC_OF(pc), word(at), r.last);
        r.count++;
        r.last = word(at);
        pc = code + pc->d;
      } else {
        pc = code + pc->e;
      }
      goto next;
    }

    case Op::RepeatMin: {
      POLL();
      RepeatSlot& r = repeats[pc->a];
      if (r.count < pc->b) {
        PUSH(Repeat, pc->a, r.last, r.count);
        r.count++;
        pc = code + pc->d;
      } else {
        PUSH(MinBody, PC_OF(pc), word(at), 0);
        pc = code + pc->e;
      }
      goto next;
    }

    case Op::PossessInit:
      repeats[pc->a] = {0, 0};
      pc++;
      goto next;

    case Op::PossessNext: {
      POLL();
      RepeatSlot& r = repeats[pc->a];
      guards[pc->e].height = static_cast<uint64_t>(sp - base);
      if (r.count < pc->b) {
        r.count++;
        pc++;
      } else if ((r.count < pc->c || pc->c == kMaxRepeat) && r.last != word(at)) {
        PUSH(Choice, pc->d, word(at), 0);
        r.count++;
        r.last = word(at);
        pc++;
      } else {
        pc = code + pc->d;
      }
      goto next;
    }

    case Op::PossessEnd:
      sp = cut(base + guards[pc->d].height, sp, pc->x);
      pc = code + pc->a;
      goto next;

    case Op::AtomicBegin:
      guards[pc->d].height = static_cast<uint64_t>(sp - base);
      pc++;
      goto next;

    case Op::AtomicEnd:
      sp = cut(base + guards[pc->d].height, sp, pc->x);
      pc++;
      goto next;

    case Op::LookBegin:
      if (static_cast<uint64_t>(at - begin_) < pc->b) goto fail;
      guards[pc->d] = {static_cast<uint64_t>(sp - base), word(at)};
      at -= pc->b;
      pc++;
      goto next;

    case Op::LookEnd:
      sp = cut(base + guards[pc->d].height, sp, pc->x);
      at = text(guards[pc->d].at);
      pc++;
      goto next;

    case Op::NotBegin:
      if (static_cast<uint64_t>(at - begin_) < pc->b) {
        pc = code + pc->a;
        goto next;
      }
      guards[pc->d].height = static_cast<uint64_t>(sp - base);
      PUSH(Choice, pc->a, word(at), 0);
      at -= pc->b;
      pc++;
      goto next;

    case Op::NotEnd:
      for (Frame* from = base + guards[pc->d].height; sp > from;) {
        sp--;
        if (sp->kind == Mark) {
          marks[sp->pc] = sp->at;
          s_.last_index_ = static_cast<int64_t>(sp->extra);
        }
      }
      goto fail;

    case Op::PeekAhead:
      if ((at < end_ && one(*pc, *at)) == (pc->y != 0)) goto fail;
      pc++;
      goto next;

    case Op::PeekBehind:
      if ((at > begin_ && one(*pc, at[-1])) == (pc->y != 0)) goto fail;
      pc++;
      goto next;

    case Op::Backref: {
      const C* from = text(marks[2 * pc->a]);
      const C* to = text(marks[2 * pc->a + 1]);
      if (!from || !to || to < from) goto fail;
      auto n = static_cast<size_t>(to - from);
      if (static_cast<size_t>(end_ - at) < n || !same_text(pc->x, at, from, n)) goto fail;
      at += n;
      pc++;
      goto next;
    }

    case Op::IfGroup: {
      uint64_t from = marks[2 * pc->a], to = marks[2 * pc->a + 1];
      pc = from && to && from <= to ? pc + 1 : code + pc->b;
      goto next;
    }
  }

fail:
  POLL();
  if (sp == base) {
    outcome = Outcome::NoMatch;
    goto done;
  }
  {
    Frame& f = sp[-1];
    switch (static_cast<Kind>(f.kind)) {
      case Choice:
        sp--;
        at = text(f.at);
        pc = code + f.pc;
        goto next;

      case Rest8: {
        auto mask = static_cast<unsigned>(f.extra);
        unsigned rest = mask & (mask - 1);
        at = text(f.at);
        pc = code + p_.targets[p_.branches8[f.pc].first_target + static_cast<unsigned>(__builtin_ctz(mask))];
        f.extra = rest;
        if (!rest) sp--;
        goto next;
      }

      case Rest64: {
        uint64_t mask = f.extra, rest = mask & (mask - 1);
        at = text(f.at);
        pc = code + p_.targets[p_.branches64[f.pc].first_target + static_cast<unsigned>(__builtin_ctzll(mask))];
        f.extra = rest;
        if (!rest) sp--;
        goto next;
      }

      case Greedy: {
        pc = code + f.pc;
        at = text(f.at) - 1;
        const C* least = text(f.extra);
        if (pc->d) {
          at = back_to(*pc, at, least);
          if (!at) {
            sp--;
            goto fail;
          }
        }
        if (at == least)
          sp--;
        else
          f.at = word(at);
        pc++;
        goto next;
      }

      case Lazy: {
        pc = code + f.pc;
        at = text(f.at);
        const C* most = text(f.extra);
        if (!one(*pc, *at)) {
          sp--;
          goto fail;
        }
        at++;
        if (pc->d) {
          at = forward_to(*pc, at, most);
          if (!at) {
            sp--;
            goto fail;
          }
        }
        if (at == most)
          sp--;
        else
          f.at = word(at);
        pc++;
        goto next;
      }

      case Mark:
        sp--;
        marks[f.pc] = f.at;
        s_.last_index_ = static_cast<int64_t>(f.extra);
        goto fail;

      case Repeat:
        sp--;
        repeats[f.pc].last = f.at;
        repeats[f.pc].count = f.extra;
        goto fail;

      case MaxTail: {
        sp--;
        const Inst& i = code[f.pc];
        RepeatSlot& r = repeats[i.a];
        r.count--;
        r.last = f.extra;
        at = text(f.at);
        pc = code + i.e;
        goto next;
      }

      case MinBody: {
        const Inst& i = code[f.pc];
        RepeatSlot& r = repeats[i.a];
        if ((r.count >= i.c && i.c != kMaxRepeat) || r.last == f.at) {
          sp--;
          goto fail;
        }
        at = text(f.at);
        f = Frame{Repeat, i.a, r.last, r.count};
        r.count++;
        r.last = word(at);
        pc = code + i.d;
        goto next;
      }
    }
  }
  goto fail;

done:
  s_.budget_ = budget;
  return outcome;
#undef PUSH
#undef PC_OF
#undef POLL
}

// The next position in [at, last] where an attempt is worth making; null if none.
template <class C>
const C* Machine<C>::candidate(const C* at, const C* last) const {
  if (at > last) return nullptr;
  switch (p_.lead) {
    case Lead::Any: return at;
    case Lead::TextStart: return at == begin_ ? at : nullptr;
    case Lead::LineStart: {
      if (at == begin_ || at[-1] == '\n') return at;
      const C* newline = find_char(at, last, '\n');
      return newline < last ? newline + 1 : nullptr;
    }
    case Lead::Char: {
      const C* hit = find_char(at, last < end_ ? last + 1 : end_, p_.lead_char);
      return hit <= last && hit < end_ ? hit : nullptr;
    }
    case Lead::String: {
      const C* hit = find_literal(at, end_, p_.prefix.data(), p_.prefix.size(), p_.rare);
      return hit < end_ && hit <= last ? hit : nullptr;
    }
    case Lead::Set: {
      const C* stop = last < end_ ? last + 1 : end_;
      const CharSet& set = p_.lead_set;
      if constexpr (sizeof(C) == 1) {
        at = scan_bytes<true>(set.latin1, set.nibbles, at, stop);
      } else {
        while (at < stop && !(*at < 256 ? set.latin1[*at] : set.wide_mask)) at++;
      }
      return at < stop ? at : nullptr;
    }
  }
  return at;
}

template <class C>
Outcome Machine<C>::search(const C* start) {
  if (s_.must_advance_) forbidden_end_ = start;
  if (p_.min_width > static_cast<uint64_t>(end_ - start)) return Outcome::NoMatch;
  const C* last = end_ - p_.min_width;
  for (const C* at = start;; at++) {
    at = candidate(at, last);
    if (!at) return Outcome::NoMatch;
    if (p_.literal) {
      s_.match_start_ = at - begin_;
      s_.match_end_ = at - begin_ + static_cast<int64_t>(p_.prefix.size());
      return Outcome::Match;
    }
    Outcome o = attempt(at);
    if (o != Outcome::NoMatch) return o;
    // Marks set while the stack was empty have left nothing behind that undoes them.
    if (p_.undo_marks) s_.clear_marks();
    if (p_.skip_run) {
      const C* to = skip(p_.run_matcher, p_.run_arg, at, end_);
      if (to > at) at = to - 1;
    }
  }
}

}  // namespace orochi::sre
