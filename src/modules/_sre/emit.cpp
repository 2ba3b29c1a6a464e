// Tree to program. Each node is emitted knowing its Follow: what can come after it on an accepting path.
// That decides, at compile time, where the machine needs no choice point:
// - a repeated character whose set is disjoint from what follows can never profitably give back (Op::Run);
// - an alternative that cannot start with the next character is not tried (branch tables).
#include <cstring>

#include "modules/_sre/code.h"
#include "modules/_sre/node.h"

namespace orochi::sre {
namespace {

// `set`: the next character of what follows, if it must consume one. `accept`: nothing may follow, and then the first
// way to get here is the one that counts (or the text must end here). `opaque`: nothing may follow, but a condition
// on the surroundings must hold.
struct Follow {
  FirstSet set;
  bool accept = false;
  bool opaque = false;

  bool may_stop() const { return accept || opaque; }
  FirstSet next() const {
    FirstSet f = set;
    if (may_stop()) {
      f.add_all();
      f.end = true;
    }
    return f;
  }
};

Follow before(const Node& n, const Follow& after) {
  Follow f;
  f.set = n.first;
  if (n.nullable) {
    f.set.merge(after.set);
    f.accept = after.accept && !n.opaque;
    f.opaque = after.opaque || (after.accept && n.opaque);
  }
  return f;
}

FirstSet start_of(const Node& n, const Follow& after) {
  FirstSet f = n.first;
  if (n.nullable) f.merge(after.next());
  return f;
}

bool disjoint_latin1(const FirstSet& a, const FirstSet& b) {
  return !((a.bits[0] & b.bits[0]) | (a.bits[1] & b.bits[1]) | (a.bits[2] & b.bits[2]) | (a.bits[3] & b.bits[3]));
}

class Emitter {
 public:
  Emitter(const Tree& tree, Program& program) : tree_(tree), p_(program) {}
  void run() {
    Follow end;
    end.accept = true;
    seq(tree_.root, end);
    put({.op = Op::Accept});
    leads();
  }

 private:
  const Node& at(uint32_t n) const { return tree_.nodes[n]; }
  uint32_t here() const { return static_cast<uint32_t>(p_.code.size()); }
  uint32_t put(Inst i) {
    p_.code.push_back(i);
    return here() - 1;
  }

  void seq(uint32_t n, const Follow& after);
  void node(uint32_t n, const Follow& after);
  void one(Matcher matcher, uint32_t arg);
  void alternatives(uint32_t n, const Follow& after);
  void repeat(const Node& n, const Follow& after);
  void repeat_one(const Node& n, const Follow& after);
  void group(const Node& n);
  bool peek(const Node& n);
  void condition(const Node& n, const Follow& after);
  uint32_t filter(const FirstSet& set, uint32_t& only);
  // A branch instruction over `starts`; the targets are filled in through target().
  Inst branch(const FirstSet* starts, size_t count);
  void target(const Inst& branch, size_t i, uint32_t where);
  void leads();

  const Tree& tree_;
  Program& p_;
  int loop_depth_ = 0;
};

void Emitter::one(Matcher matcher, uint32_t arg) {
  if (matcher == Matcher::Char)
    put({.op = Op::Char, .a = arg});
  else
    put({.op = Op::One, .x = static_cast<uint8_t>(matcher), .a = arg});
}

void Emitter::seq(uint32_t n, const Follow& after) {
  std::vector<uint32_t> list;
  for (uint32_t c = at(n).child; c != kNoNode; c = at(c).next) list.push_back(c);
  std::vector<Follow> follows(list.size());
  Follow f = after;
  for (size_t i = list.size(); i-- > 0;) {
    follows[i] = f;
    f = before(at(list[i]), f);
  }
  for (size_t i = 0; i < list.size();) {
    size_t run = i;
    while (run < list.size() && at(list[run]).kind == NodeKind::Char) run++;
    if (run - i >= 2) {
      auto offset = static_cast<uint32_t>(p_.chars.size());
      for (size_t k = i; k < run; k++) p_.chars.push_back(at(list[k]).a);
      put({.op = Op::String, .a = offset, .b = static_cast<uint32_t>(run - i)});
      i = run;
      continue;
    }
    node(list[i], follows[i]);
    i++;
  }
}

Inst Emitter::branch(const FirstSet* starts, size_t count) {
  auto first = static_cast<uint32_t>(p_.targets.size());
  p_.targets.resize(p_.targets.size() + count);
  auto fill = [&](auto& table) {
    std::memset(&table, 0, sizeof table);
    table.first_target = first;
    for (size_t i = 0; i < count; i++) {
      auto bit = static_cast<std::remove_reference_t<decltype(table.wide)>>(uint64_t{1} << i);
      for (uint32_t c = 0; c < 256; c++)
        if (starts[i].has(c)) table.latin1[c] |= bit;
      if (starts[i].wide) table.wide |= bit;
      if (starts[i].end) table.end |= bit;
    }
  };
  if (count <= 8) {
    p_.branches8.emplace_back();
    fill(p_.branches8.back());
    return {.op = Op::Branch8, .a = static_cast<uint32_t>(p_.branches8.size() - 1)};
  }
  p_.branches64.emplace_back();
  fill(p_.branches64.back());
  return {.op = Op::Branch64, .a = static_cast<uint32_t>(p_.branches64.size() - 1)};
}

void Emitter::target(const Inst& branch, size_t i, uint32_t where) {
  uint32_t first = branch.op == Op::Branch8 ? p_.branches8[branch.a].first_target : p_.branches64[branch.a].first_target;
  p_.targets[first + i] = where;
}

// More alternatives than a table holds are chained: the last entry of a table stands for all that remain.
void Emitter::alternatives(uint32_t n, const Follow& after) {
  std::vector<uint32_t> list;
  for (uint32_t c = at(n).child; c != kNoNode; c = at(c).next) list.push_back(c);
  constexpr size_t kMost = 64, kStride = kMost - 1;
  std::vector<FirstSet> rest(list.size() / kStride + 1);  // starts of all alternatives from i * kStride
  for (size_t i = list.size(); i-- > 0;) {
    size_t chunk = i / kStride;
    if (i % kStride == kStride - 1 && chunk + 1 < rest.size()) rest[chunk] = rest[chunk + 1];
    rest[chunk].merge(start_of(at(list[i]), after));
  }
  std::vector<uint32_t> jumps;
  for (size_t from = 0; from < list.size();) {
    size_t left = list.size() - from;
    bool chained = left > kMost;
    size_t count = chained ? kMost : left;
    size_t own = chained ? kStride : count;
    if (count == 1) {
      seq(list[from], after);
      break;
    }
    std::vector<FirstSet> starts(count);
    bool useful = false;
    for (size_t i = 0; i < count; i++) {
      starts[i] = i < own ? start_of(at(list[from + i]), after) : rest[from / kStride + 1];
      useful |= !starts[i].is_everything();
    }
    Inst inst;
    uint32_t split = kNoNode;
    if (count == 2 && !useful) {
      split = put({.op = Op::Split});
    } else {
      inst = branch(starts.data(), count);
      put(inst);
    }
    for (size_t i = 0; i < own; i++) {
      if (split == kNoNode)
        target(inst, i, here());
      else
        (i == 0 ? p_.code[split].a : p_.code[split].b) = here();
      seq(list[from + i], after);
      if (chained || i + 1 < count) jumps.push_back(put({.op = Op::Jump}));
    }
    if (chained) target(inst, own, here());
    from += own;
  }
  for (uint32_t j : jumps) p_.code[j].a = here();
}

uint32_t Emitter::filter(const FirstSet& set, uint32_t& only) {
  only = kNoChar;
  if (set.is_everything()) return 0;
  Filter f;
  std::memset(&f, 0, sizeof f);
  uint32_t count = 0;
  for (uint32_t c = 0; c < 256; c++) {
    if (!set.has(c)) continue;
    f.latin1[c] = 1;
    f.nibbles[c >> 7][c & 15] |= static_cast<uint8_t>(1 << ((c >> 4) & 7));
    count++;
    only = c;
  }
  f.wide = set.wide != 0;
  f.end = set.end;
  if (count != 1 || f.wide || f.end) only = kNoChar;
  p_.filters.push_back(f);
  return static_cast<uint32_t>(p_.filters.size());
}

void Emitter::repeat_one(const Node& n, const Follow& after) {
  if (n.c == 0) return;
  if (n.b == 1 && n.c == 1) return one(n.matcher, n.a);
  Inst inst{.op = Op::Run, .x = static_cast<uint8_t>(n.matcher), .a = n.a, .b = n.b, .c = n.c};
  if (n.flavour != Flavour::Possessive && n.b != n.c) {
    // Stopping early leaves a character of the set in front of what follows; if nothing that follows starts so, the
    // only count worth trying is the greatest one. At an accept the greatest count is what a greedy repeat tries
    // first, and no smaller count ends later.
    bool greedy = n.flavour == Flavour::Greedy;
    bool stop_ok = greedy ? !after.opaque : !after.may_stop();
    bool narrow = stop_ok && disjoint_latin1(n.first, after.set);
    bool wide = narrow && (n.first.wide & after.set.wide) == 0;
    if (!wide) {
      inst.op = greedy ? Op::Greedy : Op::Lazy;
      inst.y = narrow;
      inst.d = filter(after.next(), inst.e);
    }
  }
  put(inst);
}

void Emitter::repeat(const Node& n, const Follow& after) {
  const Node& body = at(n.child);
  uint32_t min = n.a, max = n.b;
  if (max == 0) return;
  Follow committed;  // after a possessive iteration
  committed.accept = true;
  if (n.flavour == Flavour::Possessive) {
    uint32_t slot = p_.repeat_slots++, guard = p_.guard_slots++;
    put({.op = Op::PossessInit, .a = slot});
    uint32_t next = put({.op = Op::PossessNext, .a = slot, .b = min, .c = max, .e = guard});
    loop_depth_++;
    seq(n.child, committed);
    loop_depth_--;
    put({.op = Op::PossessEnd, .x = body.has_marks, .a = next, .d = guard});
    p_.code[next].d = here();
    return;
  }
  if (min == 1 && max == 1) return seq(n.child, after);
  bool greedy = n.flavour == Flavour::Greedy;

  Follow around = after;  // what follows an iteration: another one, or the rest
  if (max > 1) {
    around.set.merge(body.first);
    // An iteration that may match nothing is followed by whatever comes then; all of it is in `around` but for a
    // condition in the body.
    if (body.nullable && body.opaque && around.accept) around.opaque = true;
  }

  bool simple = max == 1 || (max == kNoChar && min <= 1 && body.min_width > 0);
  if (simple) {
    FirstSet starts[2];
    starts[greedy ? 0 : 1] = start_of(body, around);
    starts[greedy ? 1 : 0] = after.next();
    size_t body_at = greedy ? 0 : 1, tail_at = 1 - body_at;
    bool useful = !starts[0].is_everything() || !starts[1].is_everything();
    Inst inst = useful ? branch(starts, 2) : Inst{.op = Op::Split};
    uint32_t first = kNoNode, last = kNoNode;
    if (min == 0) first = put(inst);
    uint32_t body_pc = here();
    loop_depth_ += max > 1;
    seq(n.child, around);
    loop_depth_ -= max > 1;
    if (max > 1) last = put(inst);
    uint32_t tail_pc = here();
    if (useful) {
      target(inst, body_at, body_pc);
      target(inst, tail_at, tail_pc);
    } else {
      for (uint32_t s : {first, last}) {
        if (s == kNoNode) continue;
        p_.code[s].a = greedy ? body_pc : tail_pc;
        p_.code[s].b = greedy ? tail_pc : body_pc;
      }
    }
    return;
  }

  uint32_t slot = p_.repeat_slots++;
  put({.op = Op::RepeatInit, .x = loop_depth_ > 0, .a = slot});
  uint32_t jump = put({.op = Op::Jump});
  uint32_t body_pc = here();
  loop_depth_++;
  seq(n.child, around);
  loop_depth_--;
  p_.code[jump].a = here();
  uint32_t until = put({.op = greedy ? Op::RepeatMax : Op::RepeatMin, .a = slot, .b = min, .c = max, .d = body_pc});
  p_.code[until].e = here();
}

// A look-around of one character needs no machinery.
bool Emitter::peek(const Node& n) {
  const Node& body = at(n.child);
  if (body.child == kNoNode || at(body.child).next != kNoNode) return false;
  const Node& c = at(body.child);
  if (c.kind != NodeKind::Char && c.kind != NodeKind::One) return false;
  if (n.a > 1) return false;
  put({.op = n.a ? Op::PeekBehind : Op::PeekAhead,
       .x = static_cast<uint8_t>(c.matcher),
       .y = n.kind == NodeKind::LookNot,
       .a = c.a});
  return true;
}

void Emitter::group(const Node& n) {
  const Node& body = at(n.child);
  Follow committed;
  committed.accept = true;
  if (n.kind != NodeKind::Atomic && peek(n)) return;
  uint32_t guard = p_.guard_slots++;
  uint8_t marks = body.has_marks;
  switch (n.kind) {
    case NodeKind::Atomic:
      put({.op = Op::AtomicBegin, .d = guard});
      seq(n.child, committed);
      put({.op = Op::AtomicEnd, .x = marks, .d = guard});
      break;
    case NodeKind::Look:
      put({.op = Op::LookBegin, .b = n.a, .d = guard});
      seq(n.child, committed);
      put({.op = Op::LookEnd, .x = marks, .d = guard});
      break;
    default: {
      uint32_t begin = put({.op = Op::NotBegin, .b = n.a, .d = guard});
      seq(n.child, committed);
      put({.op = Op::NotEnd, .d = guard});
      p_.code[begin].a = here();
      break;
    }
  }
}

void Emitter::condition(const Node& n, const Follow& after) {
  uint32_t test = put({.op = Op::IfGroup, .a = n.a});
  uint32_t yes = n.child, no = at(yes).next;
  seq(yes, after);
  uint32_t jump = put({.op = Op::Jump});
  p_.code[test].b = here();
  seq(no, after);
  p_.code[jump].a = here();
}

void Emitter::node(uint32_t index, const Follow& after) {
  const Node& n = at(index);
  switch (n.kind) {
    case NodeKind::Empty: break;
    case NodeKind::Fail: put({.op = Op::Fail}); break;
    case NodeKind::Char:
    case NodeKind::One: one(n.matcher, n.a); break;
    case NodeKind::Mark: {
      bool undo = !n.mandatory || tree_.marks_need_undo;
      p_.undo_marks |= undo;
      put({.op = undo ? Op::MarkUndo : Op::MarkSet, .a = n.a});
      break;
    }
    case NodeKind::At: put({.op = Op::At, .x = static_cast<uint8_t>(n.a)}); break;
    case NodeKind::Seq: seq(index, after); break;
    case NodeKind::Alt: alternatives(index, after); break;
    case NodeKind::Repeat: repeat(n, after); break;
    case NodeKind::RepeatOne: repeat_one(n, after); break;
    case NodeKind::Atomic:
    case NodeKind::Look:
    case NodeKind::LookNot: group(n); break;
    case NodeKind::Backref: put({.op = Op::Backref, .x = static_cast<uint8_t>(n.b), .a = n.a}); break;
    case NodeKind::Cond: condition(n, after); break;
  }
}

// Rough frequency of a character in program text and prose: the rarer one of a prefix finds it with fewer false stops.
int commonness(uint32_t c) {
  if (c > 255) return 0;
  if (c == ' ' || c == 'e' || c == '\n') return 9;
  if (c < 128 && std::strchr("tainosrlcdu", static_cast<int>(c)) && c) return 8;
  if (c >= 'a' && c <= 'z') return 6;
  if (c < 128 && std::strchr("0123456789_.,()=\"'-:/", static_cast<int>(c)) && c) return 5;
  if (c >= 'A' && c <= 'Z') return 4;
  return 2;
}

// How a search can skip positions: see Lead.
void Emitter::leads() {
  const Node& root = at(tree_.root);
  p_.min_width = root.min_width;
  bool plain = true;      // nothing before the current child but characters
  bool only_chars = true;
  uint32_t c = root.child;
  for (; c != kNoNode; c = at(c).next) {
    const Node& n = at(c);
    if (n.kind == NodeKind::Char) {
      p_.prefix.push_back(n.a);
      continue;
    }
    if (n.kind == NodeKind::Mark) {
      only_chars = false;
      continue;
    }
    bool zero_width = n.kind == NodeKind::At || n.kind == NodeKind::Look || n.kind == NodeKind::LookNot;
    if (!zero_width) break;
    only_chars = plain = false;
    if (n.kind == NodeKind::At && p_.prefix.empty() && p_.lead == Lead::Any) {
      if (n.a == kAtBeginning || n.a == kAtBeginningString) p_.lead = Lead::TextStart;
      if (n.a == kAtBeginningLine) p_.lead = Lead::LineStart;
    }
  }
  if (c != kNoNode) {
    only_chars = false;
    const Node& n = at(c);
    // X{m,} at the very start: if an attempt at s fails, so does one at any s' that s reaches through X, because from s
    // the repeat could have covered that stretch too. (Backreferences would see a different group.)
    if (plain && p_.prefix.empty() && n.kind == NodeKind::RepeatOne && n.c == kMaxRepeat && !tree_.has_backrefs) {
      p_.skip_run = true;
      p_.run_matcher = n.matcher;
      p_.run_arg = n.a;
    }
  }
  if (p_.lead != Lead::Any) {
    p_.prefix.clear();
    return;
  }
  if (!p_.prefix.empty()) {
    p_.literal = only_chars;
    p_.lead = p_.prefix.size() == 1 ? Lead::Char : Lead::String;
    p_.lead_char = p_.prefix[0];
    int best = 100;
    for (uint32_t i = 1; i < p_.prefix.size() && i < 32; i++)
      if (int common = commonness(p_.prefix[i]); common < best) {
        best = common;
        p_.rare = i;
      }
    return;
  }
  Follow end;
  end.accept = true;
  FirstSet first = start_of(root, end);
  // A positive look-ahead at the start narrows it: both must hold at the same place.
  for (uint32_t l = root.child; l != kNoNode && at(l).nullable && at(l).opaque; l = at(l).next) {
    const Node& look = at(l);
    if (look.kind != NodeKind::Look || look.a != 0) continue;
    FirstSet ahead = start_of(at(look.child), end);
    for (int i = 0; i < 4; i++) first.bits[i] &= ahead.bits[i];
    first.wide &= ahead.wide;
    first.end &= ahead.end;
  }
  if (first.end) return;
  int members = 0;
  for (uint64_t bits : first.bits) members += __builtin_popcountll(bits);
  if (members > 250) return;
  p_.lead = Lead::Set;
  std::memset(&p_.lead_set, 0, sizeof p_.lead_set);
  for (uint32_t ch = 0; ch < 256; ch++) {
    if (!first.has(ch)) continue;
    p_.lead_set.latin1[ch] = 1;
    p_.lead_set.nibbles[ch >> 7][ch & 15] |= static_cast<uint8_t>(1 << ((ch >> 4) & 7));
  }
  p_.lead_set.wide_mask = first.wide;
}

}  // namespace

void emit(const Tree& tree, Program& program) { Emitter(tree, program).run(); }

CompileStatus compile(const uint32_t* code, size_t length, uint32_t groups, Program& out) {
  Tree tree;
  out = Program{};
  out.groups = groups;
  CompileStatus status = parse(code, length, groups, out, tree);
  if (status == CompileStatus::Ok) emit(tree, out);
  return status;
}

}  // namespace orochi::sre
