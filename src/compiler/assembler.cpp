// Labels, jump threading, register numbering, layout and encoding.
//
// Layout: conditional jumps with a 16-bit offset that turn out too far are emitted as the same jump over a long one. The
// set of such jumps only grows, so the loop ends.
#include "compiler/assembler.h"

#include <algorithm>

namespace orochi {

void Assembler::bind(Label label) {
  LabelInfo& info = labels_[size_t(label)];
  DCHECK(info.at < 0);
  info.at = int32_t(code_.size());
  if (info.used) {
    if (reachable) {
      bound.intersect(info.bound);
    } else {
      bound = info.bound;
      reachable = true;
    }
  } else if (reachable) {
    // A loop head, or a label nothing jumps to: later jumps come from below.
    bound.remove(deletable_);
    info.used = true;
  }
}

void Assembler::bind_handler(int32_t handler) {
  HandlerInfo& info = handlers_[size_t(handler)];
  DCHECK(!reachable);
  labels_[size_t(info.label)].at = int32_t(code_.size());
  if (!info.used) return;
  reachable = true;
  bound = info.bound;
  bound.remove(deletable_);
}

void Assembler::move_code(size_t from, size_t slot) {
  auto count = int32_t(code_.size() - from);
  if (count == 0) return;
  std::rotate(code_.begin() + ptrdiff_t(slot), code_.begin() + ptrdiff_t(from), code_.end());
  for (LabelInfo& label : labels_) {
    if (label.at < 0) continue;
    if (label.at >= int32_t(from)) {
      label.at -= int32_t(from - slot);
    } else if (label.at >= int32_t(slot)) {
      label.at += count;
    }
  }
}

void Assembler::thread_jumps() {
  for (Ins& in : code_) {
    if (in.target == kNoLabel) continue;
    for (int hops = 0; hops < 10; hops++) {
      size_t at = size_t(labels_[size_t(in.target)].at);
      while (at < code_.size() && code_[at].op == Op::Nop && code_[at].position.line < 0) at++;
      if (at >= code_.size() || code_[at].op != Op::Jump || &code_[at] == &in) break;
      // A backward jump may not become a plain forward one and the other way round.
      if (in.op == Op::JumpBack) break;
      in.target = code_[at].target;
    }
  }
}

// An implicit return has the position of whatever ran before it: each way to get there gets its own.
void Assembler::place_returns() {
  size_t n = code_.size();
  for (size_t i = 0; i < n; i++) {
    if (code_[i].target == kNoLabel) continue;
    size_t at = size_t(labels_[size_t(code_[i].target)].at);
    if (at >= code_.size() || code_[at].op != Op::ReturnNone) continue;
    Position position = code_[at].position.line >= 0 ? code_[at].position : code_[i].position;
    if (code_[i].op == Op::Jump) {
      code_[i] = {Op::ReturnNone, 0, 0, 0, kNoLabel, 0, -1, position};
    } else if (code_[at].position.line < 0 && position.line >= 0 && code_[i].op != Op::JumpBack) {
      Label copy = new_label();
      labels_[size_t(copy)].at = int32_t(code_.size());
      code_.push_back({Op::ReturnNone, 0, 0, 0, kNoLabel, 0, -1, position});
      code_[i].target = copy;
    }
  }
  Position last;
  for (Ins& in : code_) {
    if (in.op == Op::ReturnNone && in.position.line < 0) in.position = last;
    if (in.position.line >= 0) last = in.position;
  }
}

bool Assembler::finish(CodeBlob& blob, const char*& what) {
  DCHECK(!reachable);
  thread_jumps();
  place_returns();
  size_t nlocals = blob.locals.size();
  for (LocalInfo& local : hidden_) blob.locals.push_back(std::move(local));
  size_t pinned_base = blob.locals.size();
  size_t first_temp = pinned_base + size_t(max_pinned_);
  size_t nregs = first_temp + size_t(max_depth_);
  if (nlocals >= size_t(kHidden) || nregs > 0xfff0) {
    what = "too many registers in one code object";
    return false;
  }
  blob.first_temp = uint32_t(first_temp);
  blob.nregs = uint32_t(nregs);
  auto reg = [&](int32_t r) -> uint32_t {
    if (r >= kTemp) return uint32_t(r - kTemp) + uint32_t(first_temp);
    if (r >= kPinned) return uint32_t(r - kPinned) + uint32_t(pinned_base);
    if (r >= kHidden) return uint32_t(r - kHidden) + uint32_t(nlocals);
    return uint32_t(r);
  };

  size_t n = code_.size();
  // Drop jumps to the next instruction and positions-only Nops next to an instruction of the same line.
  std::vector<uint8_t> dead(n, 0);
  for (size_t i = 0; i < n; i++) {
    const Ins& in = code_[i];
    if (in.op == Op::Jump && size_t(labels_[size_t(in.target)].at) == i + 1) {
      dead[i] = 1;
    }
  }
  for (size_t i = 0; i < n; i++) {
    if (code_[i].op != Op::Nop) continue;
    size_t next = i + 1;
    while (next < n && dead[next] != 0) next++;
    if (next < n && code_[next].position.line == code_[i].position.line) dead[i] = 1;
  }
  std::vector<uint8_t> far(n, 0);
  std::vector<uint32_t> offset(n + 1);
  auto layout = [&] {
    uint32_t at = 0;
    for (size_t i = 0; i < n; i++) {
      offset[i] = at;
      if (dead[i] == 0) at += uint32_t(op_info(code_[i].op).words()) + (far[i] != 0 ? 2 : 0);
    }
    offset[n] = at;
  };
  layout();
  if (offset[n] > 30000) {
    for (bool again = true; again;) {
      again = false;
      for (size_t i = 0; i < n; i++) {
        const Ins& in = code_[i];
        if (far[i] != 0 || op_info(in.op).c != Operand::J) continue;
        int64_t distance = int64_t(offset[size_t(labels_[size_t(in.target)].at)]) - int64_t(offset[i]);
        if (distance > 32000 || distance < -32000) {
          far[i] = 1;
          again = true;
        }
      }
      if (again) layout();
    }
  }
  if (offset[n] > (1u << 29)) {
    what = "code object too large";
    return false;
  }

  blob.code.reserve(offset[n]);
  PositionWriter positions(blob.firstlineno);
  for (size_t i = 0; i < n; i++) {
    if (dead[i] != 0) continue;
    const Ins& in = code_[i];
    const OpInfo& info = op_info(in.op);
    bool good = true;
    auto field = [&](Operand kind, int32_t v) -> uint16_t {
      switch (kind) {
        case Operand::_: return 0;
        case Operand::N: case Operand::F: case Operand::U: good = good && uint32_t(v) <= 0xffff; return uint16_t(v);
        case Operand::I: return uint16_t(v);
        default: return uint16_t(reg(v));
      }
    };
    uint32_t words = uint32_t(info.words());
    int32_t next = int32_t(offset[i] + words);
    if (info.has_long()) {
      int32_t bc = info.b == Operand::JL ? int32_t(offset[size_t(labels_[size_t(in.target)].at)]) - next : in.b;
      blob.code.push_back(Instruction::along(in.op, field(info.a, in.a), bc).word);
    } else {
      uint16_t c;
      if (info.c == Operand::J) {
        c = far[i] != 0 ? 1 : uint16_t(int32_t(offset[size_t(labels_[size_t(in.target)].at)]) - next);
      } else {
        c = field(info.c, in.c);
      }
      blob.code.push_back(Instruction::abc(in.op, field(info.a, in.a), field(info.b, in.b), c).word);
    }
    if (!good) {
      what = "too many names in one code object";
      return false;
    }
    if (info.has_cache()) blob.code.push_back(0);
    if (info.has_data()) blob.code.push_back(uint64_t(uint32_t(in.data)));
    if (far[i] != 0) {
      // op -> L1; Jump L2; L1: Jump target; L2:
      blob.code.push_back(Instruction::along(Op::Jump, 0, 1).word);
      int32_t distance = int32_t(offset[size_t(labels_[size_t(in.target)].at)]) - (next + 2);
      blob.code.push_back(Instruction::along(distance < 0 ? Op::JumpBack : Op::Jump, 0, distance).word);
      words += 2;
    }
    positions.add(words, in.position);
    if (in.handler >= 0) {
      const HandlerInfo& handler = handlers_[size_t(in.handler)];
      int32_t target = labels_[size_t(handler.label)].at;
      if (handler.used && target >= 0) {
        uint32_t to = offset[size_t(target)];
        uint32_t clear = reg(handler.clear_from);
        auto& table = blob.exceptions;
        if (!table.empty() && table.back().end == offset[i] && table.back().handler == to && table.back().clear_from == clear) {
          table.back().end = offset[i] + words;
        } else {
          table.push_back({offset[i], offset[i] + words, to, clear});
        }
      }
    }
  }
  blob.positions = positions.finish();
  return true;
}

}  // namespace orochi
