// The match statement. The subject and every part taken out of it live in pinned registers, so a failing pattern just
// jumps away; names are stored only once the whole pattern has matched, as the language demands.
#include "compiler/compiler.h"
#include "compiler/unparse.h"

namespace orochi {

using namespace ast;

namespace {

bool is_wildcard(PatternNode* p) {
  auto* a = try_as<MatchAs>(p);
  return a != nullptr && a->pattern == nullptr && is_absent(a->name);
}
bool is_wildcard_star(PatternNode* p) {
  auto* s = try_as<MatchStar>(p);
  return s != nullptr && is_absent(s->name);
}

}  // namespace

bool Compiler::capture(Identifier name, int32_t reg, PatternState& state, const Location& where) {
  if (is_absent(name)) return true;
  NameId id = names_.intern(name);
  for (const Capture& c : state.captures) {
    if (c.name == id) return fail(where, "multiple assignments to name '" + std::string(name) + "' in pattern");
  }
  state.captures.push_back({id, reg});
  return true;
}

bool Compiler::subpatterns(const Seq<PatternNode*>& list, int32_t first, Label fail_label, PatternState& state) {
  for (uint32_t i = 0; i < list.size(); i++) {
    if (is_wildcard(list[i])) continue;
    Scoped<bool> irrefutable(state.allow_irrefutable, true);
    if (!pattern(list[i], first + int32_t(i), fail_label, state)) return false;
  }
  return true;
}

bool Compiler::pattern(PatternNode* p, int32_t subject, Label fail_label, PatternState& state) {
  if (!stack_ok()) return false;
  Assembler& out = code();
  switch (p->kind) {
    case NodeKind::MatchValue: {
      ExprNode* value = as_MatchValue(p)->value;
      ConstantValue v;
      if (value->kind != NodeKind::Attribute && !fold(value, v)) {
        return fail(*p, "patterns may only match literals and attribute lookups");
      }
      int32_t number;
      if (small_int(value, number)) {
        at(*p);
        out.emit(Op::JumpIfNotEqI, subject, number, 0, fail_label);
        return true;
      }
      int32_t r = expr(value, kAny);
      if (r == kFailed) return false;
      at(*p);
      out.depth = 0;
      out.emit(Op::JumpIfNotEq, subject, r, 0, fail_label);
      return true;
    }
    case NodeKind::MatchSingleton: {
      at(*p);
      int32_t r = load_constant(as_MatchSingleton(p)->value, kFresh);
      out.depth = 0;
      out.emit(Op::JumpIfIsNot, subject, r, 0, fail_label);
      return true;
    }
    case NodeKind::MatchAs: {
      auto* a = as_MatchAs(p);
      if (a->pattern == nullptr) {
        if (!state.allow_irrefutable) {
          if (is_absent(a->name)) return fail(*p, "wildcard makes remaining patterns unreachable");
          return fail(*p, "name capture '" + std::string(a->name) + "' makes remaining patterns unreachable");
        }
        if (is_absent(a->name)) {
          at(*p);
          out.emit(Op::Nop);
        }
        return capture(a->name, subject, state, *p);
      }
      if (!pattern(a->pattern, subject, fail_label, state)) return false;
      return capture(a->name, subject, state, *p);
    }
    case NodeKind::MatchStar: return capture(as_MatchStar(p)->name, subject, state, *p);
    case NodeKind::MatchSequence: return sequence_pattern(as_MatchSequence(p), subject, fail_label, state);
    case NodeKind::MatchMapping: return mapping_pattern(as_MatchMapping(p), subject, fail_label, state);
    case NodeKind::MatchClass: return class_pattern(as_MatchClass(p), subject, fail_label, state);
    case NodeKind::MatchOr: return or_pattern(as_MatchOr(p), subject, fail_label, state);
    default: return fail(*p, "unexpected pattern");
  }
}

bool Compiler::sequence_pattern(MatchSequence* p, int32_t subject, Label fail_label, PatternState& state) {
  Assembler& out = code();
  uint32_t n = p->patterns.size();
  uint32_t star = UINT32_MAX;
  bool only_wildcards = true, star_wildcard = false;
  for (uint32_t i = 0; i < n; i++) {
    PatternNode* sub = p->patterns[i];
    if (sub->kind == NodeKind::MatchStar) {
      if (star != UINT32_MAX) return fail(*p, "multiple starred names in sequence pattern");
      star = i;
      star_wildcard = is_wildcard_star(sub);
      only_wildcards = only_wildcards && star_wildcard;
    } else {
      only_wildcards = only_wildcards && is_wildcard(sub);
    }
  }
  if (star != UINT32_MAX && (star >= 256 || n - star - 1 >= 256)) return fail(*p, "too many expressions in star-unpacking sequence pattern");
  if (n > 30000) return fail_kind(SyntaxErrorKind::OverflowError, "too many patterns");
  at(*p);
  int32_t t = out.push();
  out.depth = 0;
  out.emit(Op::MatchSequence, t, subject);
  out.emit(Op::JumpIfFalse, t, 0, 0, fail_label);
  if (star == UINT32_MAX) {
    out.emit(Op::GetLen, t, subject);
    out.emit(Op::JumpIfNotEqI, t, int32_t(n), 0, fail_label);
  } else if (n > 1) {
    out.emit(Op::GetLen, t, subject);
    out.emit(Op::JumpIfNotGeI, t, int32_t(n) - 1, 0, fail_label);
  }
  if (only_wildcards) return true;
  int32_t first = out.pin(int32_t(n));
  if (star_wildcard) {
    // The rest is not wanted: take the items one by one.
    for (uint32_t i = 0; i < n; i++) {
      if (i == star || is_wildcard(p->patterns[i])) continue;
      at(*p);
      int32_t item = first + int32_t(i);
      if (i < star) {
        out.emit(Op::GetItemI, item, subject, int32_t(i));
      } else {
        out.emit(Op::GetLen, t, subject);
        out.emit(Op::SubI, t, t, int32_t(n - i));
        out.emit(Op::GetItem, item, subject, t);
      }
      Scoped<bool> irrefutable(state.allow_irrefutable, true);
      if (!pattern(p->patterns[i], item, fail_label, state)) return false;
    }
    return true;
  }
  if (star == UINT32_MAX) {
    out.emit(Op::UnpackSequence, subject, first, int32_t(n));
  } else {
    out.emit(Op::UnpackEx, subject, first, int32_t(star | (n - star - 1) << 8));
  }
  return subpatterns(p->patterns, first, fail_label, state);
}

bool Compiler::mapping_pattern(MatchMapping* p, int32_t subject, Label fail_label, PatternState& state) {
  Assembler& out = code();
  uint32_t n = p->keys.size();
  if (n != p->patterns.size()) return fail(*p, "keys (" + std::to_string(n) + ") / patterns (" + std::to_string(p->patterns.size()) + ") length mismatch in mapping pattern");
  bool has_rest = !is_absent(p->rest);
  at(*p);
  int32_t t = out.push();
  out.depth = 0;
  out.emit(Op::MatchMapping, t, subject);
  out.emit(Op::JumpIfFalse, t, 0, 0, fail_label);
  if (n == 0 && !has_rest) return true;
  if (n > 30000) return fail_kind(SyntaxErrorKind::OverflowError, "too many patterns");
  if (n > 0) {
    out.emit(Op::GetLen, t, subject);
    out.emit(Op::JumpIfNotGeI, t, int32_t(n), 0, fail_label);
  }
  int32_t keys = out.pin();
  std::unordered_set<std::string> seen;
  for (ExprNode* key : p->keys) {
    ConstantValue v;
    if (fold(key, v)) {
      // Equal numbers are equal keys, whatever their type.
      Const c = to_const(v);
      std::string text;
      switch (c.kind) {
        case ConstKind::Int: text = "n" + std::to_string(double(c.integer)) + (double(c.integer) > 9e15 || double(c.integer) < -9e15 ? std::to_string(c.integer) : ""); break;
        case ConstKind::True: text = "n" + std::to_string(1.0); break;
        case ConstKind::False: text = "n" + std::to_string(0.0); break;
        case ConstKind::Float: text = "n" + std::to_string(c.number + 0.0) + (c.number == double(int64_t(c.number)) ? "" : std::to_string(c.number * 1e6)); break;
        case ConstKind::Complex: text = "n" + std::to_string(c.number + 0.0) + (c.imag == 0 ? "" : "+" + std::to_string(c.imag)); break;
        default: text = std::to_string(int(c.kind)) + ":" + c.text;
      }
      if (!seen.insert(text).second) {
        std::string shown = v.kind == ConstantKind::Str ? "'" + std::string(v.text()) + "'" : v.kind == ConstantKind::Int ? std::to_string(v.integer)
                            : v.kind == ConstantKind::None ? "None" : v.kind == ConstantKind::True ? "True" : v.kind == ConstantKind::False ? "False" : v.kind == ConstantKind::Float || v.kind == ConstantKind::Complex ? unparse(key) : std::string(v.kind == ConstantKind::Bytes ? "b'" + std::string(v.text()) + "'" : "...");
        return fail(*p, "mapping pattern checks duplicate key (" + shown + ")");
      }
    } else if (key->kind != NodeKind::Attribute) {
      return fail(*p, "mapping pattern keys may only match literals and attribute lookups");
    }
    if (n <= 250) {
      if (!fresh(key)) return false;
    }
  }
  at(*p);
  if (n <= 250) {
    out.depth = 0;
    out.emit(Op::BuildTuple, keys, kTemp, int32_t(n));
  } else {
    int32_t list = out.push();
    out.emit(Op::BuildList, list, list, 0);
    for (ExprNode* key : p->keys) {
      int32_t r = expr(key, kAny);
      if (r == kFailed) return false;
      out.emit(Op::ListAppend, list, r);
      out.depth = 1;
    }
    out.emit(Op::ListToTuple, keys, list);
    out.depth = 0;
  }
  int32_t values = out.pin();
  out.emit(Op::MatchKeys, values, subject, keys);
  out.emit(Op::JumpIfNone, values, 0, 0, fail_label);
  if (n > 0) {
    int32_t first = out.pin(int32_t(n));
    out.emit(Op::UnpackSequence, values, first, int32_t(n));
    if (!subpatterns(p->patterns, first, fail_label, state)) return false;
  }
  if (has_rest) {
    at(*p);
    int32_t rest = out.pin();
    int32_t dict = out.push();
    out.emit(Op::BuildMap, rest, dict, 0);
    out.emit(Op::DictUpdate, rest, subject);
    for (uint32_t i = 0; i < n; i++) {
      out.emit(Op::GetItemI, dict, keys, int32_t(i));
      out.emit(Op::DelItem, rest, dict);
    }
    out.depth = 0;
    if (!capture(p->rest, rest, state, *p)) return false;
  }
  return true;
}

bool Compiler::class_pattern(MatchClass* p, int32_t subject, Label fail_label, PatternState& state) {
  Assembler& out = code();
  uint32_t positional = p->patterns.size(), named = p->kwd_attrs.size();
  if (named != p->kwd_patterns.size()) return fail(*p, "kwd_attrs (" + std::to_string(named) + ") / kwd_patterns (" + std::to_string(p->kwd_patterns.size()) + ") length mismatch in class pattern");
  for (uint32_t i = 0; i < named; i++) {
    for (uint32_t j = i + 1; j < named; j++) {
      if (p->kwd_attrs[i] == p->kwd_attrs[j]) {
        return fail(*p->kwd_patterns[j], "attribute name repeated in class pattern: " + std::string(p->kwd_attrs[i]));
      }
    }
  }
  uint32_t n = positional + named;
  if (n > 30000) return fail_kind(SyntaxErrorKind::OverflowError, "too many patterns");
  at(*p);
  int32_t base = out.push();
  out.emit(Op::Move, base, subject);
  if (!fresh(p->cls)) return false;
  at(*p);
  Const names(ConstKind::Tuple);
  for (Identifier name : p->kwd_attrs) {
    names.items.push_back(to_const(ConstantValue::of_text(ConstantKind::Str, name)));
    names.items.back().interned = true;
  }
  load_const_index(add_const(std::move(names)), kFresh);
  int32_t values = out.pin();
  out.depth = 0;
  out.emit(Op::MatchClass, values, base, int32_t(positional));
  out.emit(Op::JumpIfNone, values, 0, 0, fail_label);
  if (n == 0) return true;
  int32_t first = out.pin(int32_t(n));
  out.emit(Op::UnpackSequence, values, first, int32_t(n));
  return subpatterns(p->patterns, first, fail_label, state) &&
         subpatterns(p->kwd_patterns, first + int32_t(positional), fail_label, state);
}

bool Compiler::or_pattern(MatchOr* p, int32_t subject, Label fail_label, PatternState& state) {
  Assembler& out = code();
  Label matched = out.new_label();
  std::vector<Capture> chosen;  // where every alternative leaves its captures
  size_t outer = state.captures.size();
  bool allow = state.allow_irrefutable;
  for (uint32_t i = 0; i < p->patterns.size(); i++) {
    bool last = i + 1 == p->patterns.size();
    Label next = out.new_label();
    PatternState alternative;
    alternative.allow_irrefutable = last && allow;
    if (!pattern(p->patterns[i], subject, next, alternative)) return false;
    if (i == 0) {
      for (const Capture& c : alternative.captures) chosen.push_back({c.name, out.pin()});
    } else {
      bool same = alternative.captures.size() == chosen.size();
      for (const Capture& c : alternative.captures) {
        bool found = false;
        for (const Capture& other : chosen) found = found || other.name == c.name;
        same = same && found;
      }
      if (!same) return fail(*p, "alternative patterns bind different names");
    }
    at(*p->patterns[i]);
    for (const Capture& c : alternative.captures) {
      for (const Capture& other : chosen) {
        if (other.name == c.name) out.emit(Op::Move, other.reg, c.reg);
      }
    }
    out.jump(matched);
    out.bind(next);
    if (last) out.jump(fail_label);
  }
  out.bind(matched);
  for (const Capture& c : chosen) {
    for (size_t i = 0; i < outer; i++) {
      if (state.captures[i].name == c.name) return fail(*p, "multiple assignments to name '" + names_.text(c.name) + "' in pattern");
    }
    state.captures.push_back(c);
  }
  return true;
}

bool Compiler::match_statement(Match* s) {
  Assembler& out = code();
  Scoped<bool> conditional(unit_->in_conditional, true);
  int32_t pinned = out.pinned;
  int32_t subject = out.pin();
  if (expr(s->subject, subject) == kFailed) return false;
  out.depth = 0;
  Label end = out.new_label();
  for (uint32_t i = 0; i < s->cases.size(); i++) {
    MatchCase* c = s->cases[i];
    bool last = i + 1 == s->cases.size();
    Label next = out.new_label();
    PatternState state;
    state.allow_irrefutable = c->guard != nullptr || last;
    int32_t parts = out.pinned;
    if (!pattern(c->pattern, subject, next, state)) return false;
    for (const Capture& captured : state.captures) {
      at(*c->pattern);
      store_name(captured.name, captured.reg);
    }
    if (c->guard != nullptr && !jump_if(c->guard, next, false)) return false;
    no_position();
    out.emit(Op::ClearRange, subject, 0, out.pinned - subject + kPinned);
    int32_t used = out.pinned;
    out.pinned = pinned;
    if (!statements(c->body)) return false;
    no_position();
    out.jump(end);
    out.pinned = parts;
    out.bind(next);
    if (last) {
      out.emit(Op::ClearRange, subject, 0, used - subject + kPinned);
    } else if (used > parts) {
      out.emit(Op::ClearRange, kPinned + parts, 0, used - parts);
    }
  }
  out.pinned = pinned;
  out.bind(end);
  return true;
}

}  // namespace orochi
