// Verification by abstract interpretation over the set of live consumable temps. The set must be the same however an
// instruction is reached; registers below first_temp are not tracked. Runs in time linear in the code for real programs:
// every instruction is visited once.
#include "bytecode/verifier.h"

#include <cstdio>

#include "base/check.h"

namespace orochi {
namespace {

// A set of temps, by index from first_temp.
struct Bits {
  std::vector<uint64_t> words;

  bool get(uint32_t i) const { return i / 64 < words.size() && (words[i / 64] >> (i % 64) & 1) != 0; }
  void set(uint32_t i, bool on) {
    if (i / 64 >= words.size()) {
      if (!on) return;
      words.resize(i / 64 + 1);
    }
    if (on) {
      words[i / 64] |= uint64_t{1} << (i % 64);
    } else {
      words[i / 64] &= ~(uint64_t{1} << (i % 64));
    }
  }
  void cut(uint32_t from) {
    for (uint32_t i = from; i < words.size() * 64; i++) set(i, false);
  }
  bool empty() const {
    for (uint64_t w : words) {
      if (w != 0) return false;
    }
    return true;
  }
  bool operator==(const Bits& other) const {
    size_t n = words.size() > other.words.size() ? words.size() : other.words.size();
    for (size_t i = 0; i < n; i++) {
      if ((i < words.size() ? words[i] : 0) != (i < other.words.size() ? other.words[i] : 0)) return false;
    }
    return true;
  }
};

struct Verifier {
  const CodeBlob& blob;
  std::string error;
  std::vector<int32_t> state_of;  // by word: -2 not an instruction start, -1 not reached, else index into states
  std::vector<Bits> states;
  std::vector<uint32_t> work;

  bool fail(size_t at, const std::string& what) {
    if (error.empty()) error = blob.qualname + " (line " + std::to_string(blob.firstlineno) + ") at " + std::to_string(at) + ": " + what;
    return false;
  }

  uint32_t count_of(Operand kind, Instruction in) const {
    switch (kind) {
      case Operand::W: case Operand::R: case Operand::K: case Operand::Z: return 1;
      case Operand::W2: case Operand::R2: case Operand::Z2: return 2;
      case Operand::R3: return 3;
      case Operand::W5: return 5;
      case Operand::RN: case Operand::WN: case Operand::ZN: return in.c();
      case Operand::RN2: return 2u * in.c();
      case Operand::RC: return 1u + in.c();
      case Operand::RM: return 2u + in.c();
      case Operand::RF: return uint32_t(__builtin_popcount(in.c()));
      case Operand::RI: return (in.c() & 16) != 0 ? 3 : 2;
      case Operand::WX: return (in.c() & 255u) + 1 + (in.c() >> 8);
      default: return 0;
    }
  }

  // Instruction starts, operand ranges, jump targets.
  bool shape() {
    if (blob.code.size() > INT32_MAX / 2) return fail(0, "too long");
    if (blob.locals.size() > blob.first_temp || blob.first_temp > blob.nregs || blob.nregs > 0xffff) return fail(0, "register counts");
    if (blob.nparams > blob.locals.size() || blob.argcount > blob.nparams || blob.posonlyargcount > blob.argcount) return fail(0, "parameter counts");
    uint64_t params = uint64_t(blob.argcount) + blob.kwonlyargcount + ((blob.flags & kCoVarArgs) != 0) + ((blob.flags & kCoVarKeywords) != 0);
    if (params != blob.nparams) return fail(0, "parameter counts");
    state_of.assign(blob.code.size(), -2);
    for (size_t at = 0; at < blob.code.size();) {
      Instruction in(blob.code[at]);
      if (int(in.op()) >= kEmittedOps) return fail(at, "opcode");
      const OpInfo& info = op_info(in.op());
      state_of[at] = -1;
      uint16_t fields[] = {in.a(), in.b(), in.c()};
      Operand kinds[] = {info.a, info.b, info.c};
      for (int i = 0; i < 3; i++) {
        uint32_t n = count_of(kinds[i], in);
        if (n != 0 && uint32_t(fields[i]) + n > blob.nregs) return fail(at, "register out of range");
        if (kinds[i] == Operand::N && fields[i] >= blob.names.size()) return fail(at, "name index");
        if (kinds[i] == Operand::F && fields[i] >= blob.freevars.size()) return fail(at, "free variable index");
        if (kinds[i] == Operand::KL && (in.bc() < 0 || size_t(in.bc()) >= blob.consts.size())) return fail(at, "constant index");
        if (kinds[i] == Operand::NL && (in.bc() < 0 || size_t(in.bc()) >= blob.names.size())) return fail(at, "name index");
      }
      size_t next = at + size_t(info.words());
      if (next > blob.code.size()) return fail(at, "truncated");
      if (info.has_data() && blob.code[next - 1] >= blob.consts.size()) return fail(at, "data word");
      if (in.op() == Op::MakeFunction && blob.consts[blob.code[next - 1]].kind != ConstKind::Code) return fail(at, "not code");
      if ((in.op() == Op::CallKw || in.op() == Op::CallMethodKw) && blob.consts[blob.code[next - 1]].kind != ConstKind::Tuple) return fail(at, "not names");
      if (in.op() == Op::CheckLocal && in.a() >= blob.locals.size()) return fail(at, "not a local");
      at = next;
    }
    uint32_t last = 0;
    for (const ExceptionEntry& e : blob.exceptions) {
      if (e.start < last || e.start >= e.end || e.end > blob.code.size()) return fail(e.start, "exception range");
      if (e.handler >= blob.code.size() || state_of[e.handler] == -2) return fail(e.start, "handler");
      if (e.clear_from > blob.nregs) return fail(e.start, "clear_from");
      if ((op_info(Instruction(blob.code[e.handler]).op()).effects & kEntry) == 0) return fail(e.handler, "handler does not start with an entry instruction");
      last = e.end;
    }
    return true;
  }

  bool flow(size_t from, int64_t to, const Bits& state) {
    if (to < 0 || size_t(to) >= blob.code.size() || state_of[size_t(to)] == -2) return fail(from, "jump target or end " + std::to_string(to));
    int32_t& slot = state_of[size_t(to)];
    if (slot == -1) {
      slot = int32_t(states.size());
      states.push_back(state);
      work.push_back(uint32_t(to));
      return true;
    }
    if (!(states[size_t(slot)] == state)) return fail(from, "live temps differ at " + std::to_string(to));
    return true;
  }

  bool step(uint32_t at) {
    Instruction in(blob.code[at]);
    const OpInfo& info = op_info(in.op());
    Bits state = states[size_t(state_of[at])];
    uint32_t base = blob.first_temp;
    uint16_t fields[] = {in.a(), in.b(), in.c()};
    Operand kinds[] = {info.a, info.b, info.c};
    Bits before = state;
    for (int i = 0; i < 3; i++) {
      uint32_t n = count_of(kinds[i], in);
      uint32_t first = fields[i];
      switch (kinds[i]) {
        case Operand::K:
          if (first >= base && !before.get(first - base)) return fail(at, "reads a dead temp");
          break;
        case Operand::Z: case Operand::Z2: case Operand::ZN:
        case Operand::R: case Operand::R2: case Operand::R3: case Operand::RN: case Operand::RN2: case Operand::RC:
        case Operand::RM: case Operand::RF: case Operand::RI:
          for (uint32_t r = first; r < first + n; r++) {
            if (kinds[i] >= Operand::R2 && kinds[i] != Operand::Z && kinds[i] != Operand::Z2 && kinds[i] != Operand::ZN && r < base) return fail(at, "range of registers below first_temp");
            if (r < base) continue;
            if (!state.get(r - base)) return fail(at, "consumes a dead temp t" + std::to_string(r - base));
            state.set(r - base, false);
          }
          break;
        default:
          break;
      }
    }
    // A raise happens after the operands are gone and before anything is written.
    if ((info.effects & kRaises) != 0 && (info.effects & kEntry) == 0) {
      if (const ExceptionEntry* e = find_handler(blob.exceptions.data(), blob.exceptions.size(), at)) {
        Bits at_handler = state;
        at_handler.cut(e->clear_from > base ? e->clear_from - base : 0);
        if (!flow(at, e->handler, at_handler)) return false;
      }
    } else if ((info.effects & kEntry) != 0 && in.op() != Op::EnterHandler) {
      if (const ExceptionEntry* e = find_handler(blob.exceptions.data(), blob.exceptions.size(), at)) {
        Bits at_handler = state;
        at_handler.cut(e->clear_from > base ? e->clear_from - base : 0);
        if (!flow(at, e->handler, at_handler)) return false;
      }
    }
    Bits jump_state = state;
    for (int i = 0; i < 3; i++) {
      Operand k = kinds[i];
      if (k != Operand::W && k != Operand::W2 && k != Operand::W5 && k != Operand::WN && k != Operand::WX) continue;
      uint32_t n = count_of(k, in);
      for (uint32_t r = fields[i]; r < fields[i] + n; r++) {
        if (r < base) continue;
        if (state.get(r - base)) return fail(at, "writes a live temp t" + std::to_string(r - base));
        state.set(r - base, true);
      }
    }
    if (in.op() == Op::ForNext) {
      std::swap(state, jump_state);  // dst is written on the jump
    } else if (in.op() == Op::JumpIfTrueKeep || in.op() == Op::JumpIfFalseKeep) {
      jump_state.set(in.a() - base, true);
    }
    uint32_t next = at + uint32_t(info.words());
    if ((info.effects & kJumps) != 0) {
      int64_t offset = info.has_long() ? in.bc() : in.sc();
      if (!flow(at, int64_t(next) + offset, jump_state)) return false;
      if (in.op() == Op::Jump && offset < 0) return fail(at, "Jump goes back");
    }
    if (in.op() == Op::Return || in.op() == Op::ReturnNone) {
      if (!state.empty()) return fail(at, "returns with live temps");
    }
    if ((info.effects & kEnds) == 0) return flow(at, next, state);
    return true;
  }

  bool run() {
    if (!shape()) return false;
    if (blob.code.empty()) return fail(0, "no code");
    if (!flow(0, 0, Bits{})) return false;
    while (!work.empty()) {
      uint32_t at = work.back();
      work.pop_back();
      if (!step(at)) return false;
    }
    return true;
  }
};

std::string verify_constant(const Const& c) {
  if (c.kind == ConstKind::Code) return c.code ? verify(*c.code) : "missing code";
  for (const Const& item : c.items) {
    if (item.kind == ConstKind::Code) return "code inside a tuple";
  }
  return "";
}

}  // namespace

std::string verify(const CodeBlob& blob) {
  Verifier verifier{blob, {}, {}, {}, {}};
  if (!verifier.run()) return verifier.error;
  for (const Const& c : blob.consts) {
    std::string error = verify_constant(c);
    if (!error.empty()) return error;
  }
  return "";
}

}  // namespace orochi
