// The assembler of one code object: instructions with virtual registers and labels in, a CodeBlob out.
//
// Reachability and definite assignment are tracked while emitting. Nothing is emitted where control cannot come, so dead
// code never exists. Each label carries the set of locals that are bound on every jump to it; binding a label that is
// jumped to only from behind (a loop head) keeps the current set minus the locals that can become unbound.
//
// Virtual registers: [0, kHidden) locals; kHidden + i variables of inlined comprehensions; kPinned + i; kTemp + i. The
// counts are known only at the end, when finish() renumbers them.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "bytecode/code_blob.h"

namespace orochi {

inline constexpr int32_t kHidden = 0x10000;
inline constexpr int32_t kPinned = 0x20000;
inline constexpr int32_t kTemp = 0x30000;

// A set of small numbers; missing words are zero.
class LocalSet {
 public:
  bool get(uint32_t i) const {
    if (i < 64) return (first_ >> i & 1) != 0;
    size_t w = i / 64 - 1;
    return w < more_.size() && (more_[w] >> (i % 64) & 1) != 0;
  }
  void set(uint32_t i, bool on) {
    uint64_t* word = &first_;
    if (i >= 64) {
      size_t w = i / 64 - 1;
      if (w >= more_.size()) {
        if (!on) return;
        more_.resize(w + 1);
      }
      word = &more_[w];
    }
    if (on) {
      *word |= uint64_t{1} << (i % 64);
    } else {
      *word &= ~(uint64_t{1} << (i % 64));
    }
  }
  void intersect(const LocalSet& other) {
    first_ &= other.first_;
    if (more_.size() > other.more_.size()) more_.resize(other.more_.size());
    for (size_t i = 0; i < more_.size(); i++) more_[i] &= other.more_[i];
  }
  void remove(const LocalSet& other) {
    first_ &= ~other.first_;
    for (size_t i = 0; i < more_.size() && i < other.more_.size(); i++) more_[i] &= ~other.more_[i];
  }

 private:
  uint64_t first_ = 0;
  std::vector<uint64_t> more_;
};

using Label = int32_t;
inline constexpr Label kNoLabel = -1;

class Assembler {
 public:
  struct Ins {
    Op op;
    int32_t a, b, c;   // b is the 32-bit operand of long forms
    Label target;      // of a jump
    int32_t data;      // the data word
    int32_t handler;   // index into handlers_, or -1
    Position position;
  };

  // ---- emission ----
  Label new_label() {
    labels_.push_back({});
    return Label(labels_.size()) - 1;
  }
  // -1 when nothing can get here.
  int32_t emit(Op op, int32_t a = 0, int32_t b = 0, int32_t c = 0, Label target = kNoLabel, int32_t data = 0) {
    if (!reachable) return -1;
    const OpInfo& info = op_info(op);
    if (handler_ >= 0 && (info.effects & (kRaises | kEntry)) != 0) handlers_[size_t(handler_)].used = true;
    if ((info.effects & kJumps) != 0) merge(target);
    code_.push_back({op, a, b, c, target, data, handler_, position});
    if ((info.effects & kEnds) != 0) reachable = false;
    return int32_t(code_.size()) - 1;
  }
  void jump(Label target) { emit(labels_[size_t(target)].at >= 0 ? Op::JumpBack : Op::Jump, 0, 0, 0, target); }
  void bind(Label label);
  bool is_bound(Label label) const { return labels_[size_t(label)].at >= 0; }
  // Whether a forward label has been jumped to, or is bound where control comes.
  bool is_used(Label label) const { return labels_[size_t(label)].used; }

  // ---- exception regions ----
  // A handler: while it is current, raising instructions continue at bind_handler()'s place.
  int32_t new_handler(int32_t clear_from) {
    handlers_.push_back({new_label(), clear_from, false, {}});
    return int32_t(handlers_.size()) - 1;
  }
  int32_t enter_region(int32_t handler) {
    if (!handlers_[size_t(handler)].entered) {
      handlers_[size_t(handler)].bound = bound;
      handlers_[size_t(handler)].entered = true;
    }
    int32_t outer = handler_;
    handler_ = handler;
    return outer;
  }
  void set_region(int32_t handler) { handler_ = handler; }
  int32_t region() const { return handler_; }
  // Control arrives here if the region could raise.
  void bind_handler(int32_t handler);

  // ---- registers ----
  int32_t push() {
    int32_t r = kTemp + depth;
    depth++;
    if (depth > max_depth_) max_depth_ = depth;
    return r;
  }
  int32_t pin(int32_t count = 1) {
    int32_t r = kPinned + pinned;
    pinned += count;
    if (pinned > max_pinned_) max_pinned_ = pinned;
    return r;
  }
  int32_t new_hidden(std::string name, uint8_t kind) {
    hidden_.push_back({std::move(name), kind});
    return kHidden + int32_t(hidden_.size()) - 1;
  }
  // Index of a local or hidden register in `bound`.
  uint32_t bound_index(int32_t reg) const { return reg < kHidden ? uint32_t(reg) * 2 : uint32_t(reg - kHidden) * 2 + 1; }
  bool is_local_bound(int32_t reg) const { return !reachable || bound.get(bound_index(reg)); }
  void set_bound(int32_t reg, bool on) { bound.set(bound_index(reg), on); }
  void set_deletable(int32_t reg) { deletable_.set(bound_index(reg), true); }

  // Move code emitted since `from` to `slot`, an earlier place no jump crosses.
  void move_code(size_t from, size_t slot);
  size_t size() const { return code_.size(); }
  Ins& at(size_t i) { return code_[i]; }

  // Fills in code, exceptions, positions, register counts and hidden locals. False: too large, `what` says what.
  bool finish(CodeBlob& blob, const char*& what);

  bool reachable = true;
  int32_t depth = 0;   // live temps
  int32_t pinned = 0;  // live pinned registers
  Position position;
  LocalSet bound;

 private:
  struct LabelInfo {
    int32_t at = -1;
    bool used = false;
    LocalSet bound;
  };
  struct HandlerInfo {
    Label label;
    int32_t clear_from;
    bool used;
    LocalSet bound;
    bool entered = false;
  };
  void merge(Label target) {
    LabelInfo& label = labels_[size_t(target)];
    if (label.at >= 0) return;
    if (label.used) {
      label.bound.intersect(bound);
    } else {
      label.bound = bound;
      label.used = true;
    }
  }
  void thread_jumps();
  void place_returns();

  std::vector<Ins> code_;
  std::vector<LabelInfo> labels_;
  std::vector<HandlerInfo> handlers_;
  std::vector<LocalInfo> hidden_;
  LocalSet deletable_;
  int32_t handler_ = -1;
  int32_t max_depth_ = 0;
  int32_t max_pinned_ = 0;
};

}  // namespace orochi
