// Expressions, conditions and assignment targets.
#include "compiler/compiler.h"

namespace orochi {

using namespace ast;

namespace {

constexpr Op kBinary[] = {Op::Add, Op::Sub, Op::Mul, Op::MatMul, Op::TrueDiv, Op::Mod, Op::Pow,
                          Op::LShift, Op::RShift, Op::Or, Op::Xor, Op::And, Op::FloorDiv};
constexpr Op kCompare[] = {Op::Eq, Op::Ne, Op::Lt, Op::Le, Op::Gt, Op::Ge, Op::Is, Op::IsNot, Op::In, Op::NotIn};
constexpr Op kJumpTrue[] = {Op::JumpIfEq, Op::JumpIfNe, Op::JumpIfLt, Op::JumpIfLe, Op::JumpIfGt,
                            Op::JumpIfGe, Op::JumpIfIs, Op::JumpIfIsNot, Op::JumpIfIn, Op::JumpIfNotIn};
constexpr Op kJumpFalse[] = {Op::JumpIfNotEq, Op::JumpIfNotNe, Op::JumpIfNotLt, Op::JumpIfNotLe, Op::JumpIfNotGt,
                             Op::JumpIfNotGe, Op::JumpIfIsNot, Op::JumpIfIs, Op::JumpIfNotIn, Op::JumpIfIn};
constexpr Op kJumpTrueI[] = {Op::JumpIfEqI, Op::JumpIfNeI, Op::JumpIfLtI, Op::JumpIfLeI, Op::JumpIfGtI, Op::JumpIfGeI};
constexpr Op kJumpFalseI[] = {Op::JumpIfNotEqI, Op::JumpIfNotNeI, Op::JumpIfNotLtI,
                              Op::JumpIfNotLeI, Op::JumpIfNotGtI, Op::JumpIfNotGeI};

Op immediate_form(Operator op) {
  switch (op) {
    case Operator::Add: return Op::AddI;
    case Operator::Sub: return Op::SubI;
    case Operator::Mult: return Op::MulI;
    case Operator::FloorDiv: return Op::FloorDivI;
    case Operator::Mod: return Op::ModI;
    case Operator::LShift: return Op::LShiftI;
    case Operator::RShift: return Op::RShiftI;
    case Operator::BitAnd: return Op::AndI;
    default: return Op::Nop;
  }
}

const char* constant_type(const ConstantValue& v) {
  switch (v.kind) {
    case ConstantKind::None: return "NoneType";
    case ConstantKind::True: case ConstantKind::False: return "bool";
    case ConstantKind::Ellipsis: return "ellipsis";
    case ConstantKind::Int: case ConstantKind::BigInt: return "int";
    case ConstantKind::Float: return "float";
    case ConstantKind::Complex: return "complex";
    case ConstantKind::Str: return "str";
    case ConstantKind::Bytes: return "bytes";
    case ConstantKind::Tuple: return "tuple";
    case ConstantKind::FrozenSet: return "frozenset";
  }
  return "object";
}

}  // namespace

// The type a display or literal certainly has, or null.
const char* infer_type(const ExprNode* e) {
  switch (e->kind) {
    case NodeKind::Tuple: return "tuple";
    case NodeKind::List: case NodeKind::ListComp: return "list";
    case NodeKind::Dict: case NodeKind::DictComp: return "dict";
    case NodeKind::Set: case NodeKind::SetComp: return "set";
    case NodeKind::GeneratorExp: return "generator";
    case NodeKind::Lambda: return "function";
    case NodeKind::TemplateStr: return "string.templatelib.Template";
    case NodeKind::Interpolation: return "string.templatelib.Interpolation";
    case NodeKind::JoinedStr: case NodeKind::FormattedValue: return "str";
    case NodeKind::Constant: return constant_type(as_Constant(e)->value);
    default: return nullptr;
  }
}

bool Compiler::small_int(ExprNode* e, int32_t& value) {
  ConstantValue v;
  if (e->kind == NodeKind::Name || e->kind == NodeKind::Call || e->kind == NodeKind::Attribute) return false;
  if (!fold(e, v) || v.kind != ConstantKind::Int || v.integer < INT16_MIN || v.integer > INT16_MAX) return false;
  value = int32_t(v.integer);
  return true;
}

int32_t Compiler::expr(ExprNode* e, int32_t dst) {
  if (!stack_ok()) return kFailed;
  switch (e->kind) {
    case NodeKind::Constant:
      at(*e);
      return load_constant(as_Constant(e)->value, dst);
    case NodeKind::Name: {
      at(*e);
      ConstantValue v;
      if (fold(e, v)) return load_constant(v, dst);
      return load_name(as_Name(e)->id, dst);
    }
    case NodeKind::Attribute: return attribute(as_Attribute(e), dst);
    case NodeKind::Call: return call(as_Call(e), dst);
    case NodeKind::Subscript: return subscript(as_Subscript(e), dst);
    case NodeKind::BinOp: return binary(as_BinOp(e), dst);
    case NodeKind::UnaryOp: return unary(as_UnaryOp(e), dst);
    case NodeKind::BoolOp: return bool_op(as_BoolOp(e), dst);
    case NodeKind::Compare: return compare(as_Compare(e), dst);
    case NodeKind::IfExp: return if_exp(as_IfExp(e), dst);
    case NodeKind::NamedExpr: {
      auto* n = as_NamedExpr(e);
      int32_t r = expr(n->value, kFresh);
      if (r == kFailed) return kFailed;
      at(*e);
      int32_t copy = code().push();
      code().emit(Op::Copy, copy, r);
      at(*n->target);
      if (!assign(n->target, copy)) return kFailed;
      code().depth = r - kTemp;
      if (dst >= 0) {
        move(dst, r);
        return dst;
      }
      return code().push();
    }
    case NodeKind::Tuple: {
      ConstantValue v;
      if (fold(e, v)) {
        at(*e);
        return load_constant(v, dst);
      }
      return sequence(e, as_Tuple(e)->elts, dst);
    }
    case NodeKind::List: return sequence(e, as_List(e)->elts, dst);
    case NodeKind::Set: return sequence(e, as_Set(e)->elts, dst);
    case NodeKind::Dict: return dict(as_Dict(e), dst);
    case NodeKind::JoinedStr: return joined(e, as_JoinedStr(e)->values, dst);
    case NodeKind::FormattedValue: return formatted(as_FormattedValue(e), dst);
    case NodeKind::TemplateStr: return template_string(as_TemplateStr(e), dst);
    case NodeKind::Interpolation: return interpolation(as_Interpolation(e), dst);
    case NodeKind::Lambda: return lambda(as_Lambda(e), dst);
    case NodeKind::ListComp:
      return comprehension({e, ComprehensionType::List, &as_ListComp(e)->generators, as_ListComp(e)->elt, nullptr}, dst);
    case NodeKind::SetComp:
      return comprehension({e, ComprehensionType::Set, &as_SetComp(e)->generators, as_SetComp(e)->elt, nullptr}, dst);
    case NodeKind::DictComp:
      return comprehension({e, ComprehensionType::Dict, &as_DictComp(e)->generators, as_DictComp(e)->key, as_DictComp(e)->value}, dst);
    case NodeKind::GeneratorExp:
      return comprehension({e, ComprehensionType::Generator, &as_GeneratorExp(e)->generators, as_GeneratorExp(e)->elt, nullptr}, dst);
    case NodeKind::Yield:
    case NodeKind::YieldFrom: return yield(e, dst);
    case NodeKind::Await: return await_expr(as_Await(e), dst);
    case NodeKind::Slice: {
      int32_t depth = code().depth;
      int32_t r = slice_key(e);
      if (r == kFailed) return kFailed;
      if (dst < 0) return r;
      move(dst, r);
      code().depth = depth;
      return dst;
    }
    case NodeKind::Starred:
      fail(*e, "can't use starred expression here");
      return kFailed;
    default:
      fail(*e, "unexpected expression");
      return kFailed;
  }
}

int32_t Compiler::binary(BinOp* e, int32_t dst) {
  ConstantValue v;
  if (fold(e, v)) {
    at(*e);
    return load_constant(v, dst);
  }
  // Down the left spine without recursion, then back up.
  std::vector<BinOp*> chain;
  ExprNode* left = e;
  while (left->kind == NodeKind::BinOp && (chain.empty() || !fold(left, v))) {
    chain.push_back(as_BinOp(left));
    left = as_BinOp(left)->left;
  }
  int32_t depth = code().depth;
  bool copy = chain.size() == 1 && needs_left_copy(left, chain[0]->right);
  int32_t l = expr(left, copy ? kFresh : kAny);
  if (l == kFailed) return kFailed;
  for (size_t i = chain.size(); i-- > 0;) {
    BinOp* b = chain[i];
    int32_t to = i == 0 ? dst : kFresh;
    int32_t number;
    Op op = immediate_form(b->op);
    if (op != Op::Nop && small_int(b->right, number)) {
      at(*b);
      l = finish_op(op, to, depth, l, number);
      continue;
    }
    int32_t r = expr(b->right, kAny);
    if (r == kFailed) return kFailed;
    at(*b);
    l = finish_op(kBinary[int(b->op)], to, depth, l, r);
  }
  return l;
}

// Names that can be assigned inside an expression are always copied (Place::walrus), so the rest is safe in place.
bool Compiler::needs_left_copy(ExprNode*, ExprNode*) { return false; }

int32_t Compiler::unary(UnaryOp* e, int32_t dst) {
  ConstantValue v;
  if (fold(e, v)) {
    at(*e);
    return load_constant(v, dst);
  }
  int32_t depth = code().depth;
  if (e->op == UnaryOperator::Not && e->operand->kind == NodeKind::Compare && as_Compare(e->operand)->ops.size() == 1) {
    // not a is b, not a in b
    auto* c = as_Compare(e->operand);
    if (c->ops[0] >= CmpOperator::Is) {
      warn_compare(c);
      int32_t l = expr(c->left, kAny);
      if (l == kFailed) return kFailed;
      int32_t r = expr(c->comparators[0], kAny);
      if (r == kFailed) return kFailed;
      at(*c);
      return finish_op(kCompare[int(c->ops[0]) ^ ((int(CmpOperator::Is) & 1) == 0 ? 1 : 0)], dst, depth, l, r);
    }
  }
  int32_t r = expr(e->operand, kAny);
  if (r == kFailed) return kFailed;
  at(*e);
  Op op = e->op == UnaryOperator::Invert ? Op::Invert : e->op == UnaryOperator::Not ? Op::Not
          : e->op == UnaryOperator::UAdd ? Op::Pos : Op::Neg;
  return finish_op(op, dst, depth, r);
}
static_assert((int(CmpOperator::Is) & 1) == 0 && int(CmpOperator::NotIn) == int(CmpOperator::In) + 1);

int32_t Compiler::bool_op(BoolOp* e, int32_t dst) {
  Assembler& out = code();
  int32_t depth = out.depth;
  Label end = out.new_label();
  bool is_or = e->op == BoolOperator::Or;
  int32_t result = kTemp + depth;
  uint32_t n = e->values.size();
  bool stopped = false;
  for (uint32_t i = 0; i < n; i++) {
    ConstantValue v;
    bool constant = fold(e->values[i], v);
    if (constant && i + 1 < n && !stopped) {
      // The value of a constant is known: either it is the result, or it is skipped.
      if (truth_of(v) != is_or) continue;
      at(*e->values[i]);
      load_constant(v, kFresh);
      stopped = true;
      out.jump(end);
      out.depth = depth;
      continue;
    }
    if (!fresh(e->values[i])) return kFailed;
    if (i + 1 == n) break;
    at(*e);
    out.emit(is_or ? Op::JumpIfTrueKeep : Op::JumpIfFalseKeep, result, 0, 0, end);
    out.depth = depth;
  }
  out.depth = depth + 1;
  out.bind(end);
  if (dst >= 0) {
    at(*e);
    move(dst, result);
    out.depth = depth;
    return dst;
  }
  return result;
}

// ---- comparisons ----

void Compiler::warn_compare(Compare* e) {
  auto literal = [](ExprNode* x) -> const char* {
    if (x->kind == NodeKind::Constant) {
      switch (as_Constant(x)->value.kind) {
        case ConstantKind::None: case ConstantKind::True: case ConstantKind::False: case ConstantKind::Ellipsis: return nullptr;
        default: return infer_type(x);
      }
    }
    return nullptr;
  };
  auto type_of = [&](ExprNode* x) -> const char* {
    if (const char* type = literal(x)) return type;
    ConstantValue v;
    return x->kind == NodeKind::Tuple && fold(x, v) ? "tuple" : nullptr;
  };
  ExprNode* left = e->left;
  for (uint32_t i = 0; i < e->ops.size(); i++) {
    CmpOperator op = e->ops[i];
    ExprNode* right = e->comparators[i];
    if (op == CmpOperator::Is || op == CmpOperator::IsNot) {
      const char* type = type_of(left);
      if (type == nullptr) type = type_of(right);
      if (type != nullptr) {
        std::string name = type;
        warn(*e, op == CmpOperator::Is ? "\"is\" with '" + name + "' literal. Did you mean \"==\"?"
                                       : "\"is not\" with '" + name + "' literal. Did you mean \"!=\"?");
        return;
      }
    }
    left = right;
  }
}

namespace {
// `x in [1, 2]` and `x in {1, 2}` test against a constant.
bool constant_container(CmpOperator op, ExprNode* right) {
  return (op == CmpOperator::In || op == CmpOperator::NotIn) && (right->kind == NodeKind::List || right->kind == NodeKind::Set);
}
}  // namespace

int32_t Compiler::compare(Compare* e, int32_t dst) {
  warn_compare(e);
  Assembler& out = code();
  int32_t depth = out.depth;
  auto right_operand = [&](uint32_t i) -> int32_t {
    ExprNode* right = e->comparators[i];
    if (constant_container(e->ops[i], right)) {
      const Seq<ExprNode*>& elements = right->kind == NodeKind::List ? as_List(right)->elts : as_Set(right)->elts;
      ConstantValue v = ConstantValue::of(right->kind == NodeKind::List ? ConstantKind::Tuple : ConstantKind::FrozenSet);
      v.elements = arena_.make_array<ConstantValue>(elements.size());
      v.size = elements.size();
      bool all = elements.size() > 0;
      for (uint32_t k = 0; all && k < elements.size(); k++) all = elements[k]->kind != NodeKind::Starred && fold(elements[k], v.elements[k]);
      if (all) {
        at(*right);
        return load_constant(v, kAny);
      }
    }
    return expr(right, kAny);
  };
  if (e->ops.size() == 1) {
    int32_t l = expr(e->left, kAny);
    if (l == kFailed) return kFailed;
    int32_t r = right_operand(0);
    if (r == kFailed) return kFailed;
    at(*e);
    return finish_op(kCompare[int(e->ops[0])], dst, depth, l, r);
  }
  // A chain: middle operands are used twice, so temps move to a pinned register.
  Label end = out.new_label();
  int32_t saved = out.pinned;
  int32_t result = kTemp + depth;
  int32_t l = expr(e->left, kAny);
  if (l == kFailed) return kFailed;
  int32_t keep = -1;
  for (uint32_t i = 0; i < e->ops.size(); i++) {
    bool last = i + 1 == e->ops.size();
    int32_t r = right_operand(i);
    if (r == kFailed) return kFailed;
    int32_t next = r;
    if (!last && is_temp(r)) {
      next = out.pin();
      if (keep < 0) keep = next;
      at(*e->comparators[i]);
      move(next, r);
    }
    at(*e);
    finish_op(kCompare[int(e->ops[i])], kFresh, depth, l, next);
    if (!last) {
      out.emit(Op::JumpIfFalseKeep, result, 0, 0, end);
      out.depth = depth;
      l = next;
    }
  }
  out.bind(end);
  if (out.pinned > saved) out.emit(Op::ClearRange, kPinned + saved, 0, out.pinned - saved);
  out.pinned = saved;
  out.depth = depth + 1;
  if (dst >= 0) {
    move(dst, result);
    out.depth = depth;
    return dst;
  }
  return result;
}

bool Compiler::jump_compare(Compare* e, Label target, bool condition) {
  Assembler& out = code();
  int32_t depth = out.depth;
  if (e->ops.size() == 1) {
    warn_compare(e);
    CmpOperator op = e->ops[0];
    ExprNode* right = e->comparators[0];
    int32_t number;
    int32_t l = expr(e->left, kAny);
    if (l == kFailed) return false;
    if (op <= CmpOperator::GtE && small_int(right, number)) {
      at(*e);
      out.depth = depth;
      out.emit((condition ? kJumpTrueI : kJumpFalseI)[int(op)], l, number, 0, target);
      return true;
    }
    if (right->kind == NodeKind::Constant && as_Constant(right)->value.kind == ConstantKind::None &&
        (op == CmpOperator::Is || op == CmpOperator::IsNot)) {
      at(*e);
      out.depth = depth;
      out.emit((op == CmpOperator::Is) == condition ? Op::JumpIfNone : Op::JumpIfNotNone, l, 0, 0, target);
      return true;
    }
    int32_t r;
    if (constant_container(op, right)) {
      // compare() knows how to make the constant; only the jump is not fused.
      out.depth = depth;
      const Seq<ExprNode*>& elements = right->kind == NodeKind::List ? as_List(right)->elts : as_Set(right)->elts;
      ConstantValue v = ConstantValue::of(right->kind == NodeKind::List ? ConstantKind::Tuple : ConstantKind::FrozenSet);
      v.elements = arena_.make_array<ConstantValue>(elements.size());
      v.size = elements.size();
      bool all = elements.size() > 0;
      for (uint32_t k = 0; all && k < elements.size(); k++) all = elements[k]->kind != NodeKind::Starred && fold(elements[k], v.elements[k]);
      if (is_temp(l)) out.depth = depth + 1;
      if (all) {
        at(*right);
        r = load_constant(v, kAny);
      } else {
        r = expr(right, kAny);
      }
    } else {
      r = expr(right, kAny);
    }
    if (r == kFailed) return false;
    at(*e);
    out.depth = depth;
    out.emit((condition ? kJumpTrue : kJumpFalse)[int(op)], l, r, 0, target);
    return true;
  }
  int32_t r = compare(e, kFresh);
  if (r == kFailed) return false;
  at(*e);
  out.depth = depth;
  out.emit(condition ? Op::JumpIfTrue : Op::JumpIfFalse, r, 0, 0, target);
  return true;
}

bool Compiler::jump_if(ExprNode* e, Label target, bool condition) {
  if (!stack_ok()) return false;
  Assembler& out = code();
  ConstantValue v;
  if (fold(e, v)) {
    at(*e);
    out.emit(Op::Nop);
    if (truth_of(v) == condition) out.jump(target);
    return true;
  }
  switch (e->kind) {
    case NodeKind::UnaryOp:
      if (as_UnaryOp(e)->op == UnaryOperator::Not) return jump_if(as_UnaryOp(e)->operand, target, !condition);
      break;
    case NodeKind::BoolOp: {
      auto* b = as_BoolOp(e);
      // `and` jumping on false and `or` jumping on true go straight to the target.
      bool direct = (b->op == BoolOperator::Or) == condition;
      Label skip = direct ? target : out.new_label();
      for (uint32_t i = 0; i < b->values.size(); i++) {
        bool last = i + 1 == b->values.size();
        if (last) {
          if (!jump_if(b->values[i], target, condition)) return false;
        } else if (!jump_if(b->values[i], skip, b->op == BoolOperator::Or)) {
          return false;
        }
      }
      if (!direct) out.bind(skip);
      return true;
    }
    case NodeKind::IfExp: {
      auto* c = as_IfExp(e);
      Label orelse = out.new_label(), end = out.new_label();
      if (!jump_if(c->test, orelse, false) || !jump_if(c->body, target, condition)) return false;
      out.jump(end);
      out.bind(orelse);
      if (!jump_if(c->orelse, target, condition)) return false;
      out.bind(end);
      return true;
    }
    case NodeKind::Compare: return jump_compare(as_Compare(e), target, condition);
    default: break;
  }
  int32_t depth = out.depth;
  int32_t r = expr(e, kAny);
  if (r == kFailed) return false;
  at(*e);
  out.depth = depth;
  out.emit(condition ? Op::JumpIfTrue : Op::JumpIfFalse, r, 0, 0, target);
  return true;
}

int32_t Compiler::if_exp(IfExp* e, int32_t dst) {
  Assembler& out = code();
  int32_t depth = out.depth;
  if (dst == kAny) dst = kFresh;
  Label orelse = out.new_label(), end = out.new_label();
  if (!jump_if(e->test, orelse, false)) return kFailed;
  int32_t r = expr(e->body, dst);
  if (r == kFailed) return kFailed;
  at(*e);
  out.jump(end);
  out.bind(orelse);
  out.depth = depth;
  r = expr(e->orelse, dst);
  if (r == kFailed) return kFailed;
  out.bind(end);
  note_write(r);
  return r;
}

// ---- attributes and items ----

int32_t Compiler::attribute(Attribute* e, int32_t dst) {
  int32_t depth = code().depth;
  if (is_super_call(e->value)) {
    bool two;
    int32_t base = super_operands(as_Call(e->value), two);
    if (base == kFailed) return kFailed;
    at_attribute(*e);
    return finish_op(two ? Op::LoadSuperAttr2 : Op::LoadSuperAttr, dst, depth, base, attr_index(e->attr));
  }
  // Long chains a.b.c… without recursion.
  std::vector<Attribute*> chain;
  ExprNode* value = e;
  while (value->kind == NodeKind::Attribute && (chain.empty() || !is_super_call(as_Attribute(value)->value))) {
    chain.push_back(as_Attribute(value));
    value = as_Attribute(value)->value;
  }
  int32_t r = expr(value, kAny);
  if (r == kFailed) return kFailed;
  for (size_t i = chain.size(); i-- > 0;) {
    at_attribute(*chain[i]);
    r = finish_op(Op::LoadAttr, i == 0 ? dst : kFresh, depth, r, attr_index(chain[i]->attr));
  }
  return r;
}

void Compiler::warn_subscript(Subscript* e) {
  const char* type = infer_type(e->value);
  bool bad = false;
  switch (e->value->kind) {
    case NodeKind::Constant: {
      ConstantKind k = as_Constant(e->value)->value.kind;
      bad = k != ConstantKind::Str && k != ConstantKind::Bytes && k != ConstantKind::Tuple;
      break;
    }
    case NodeKind::Set: case NodeKind::SetComp: case NodeKind::GeneratorExp: case NodeKind::TemplateStr:
    case NodeKind::Interpolation: case NodeKind::Lambda:
      bad = true;
      break;
    default: break;
  }
  if (bad) {
    warn(*e, std::string("'") + type + "' object is not subscriptable; perhaps you missed a comma?");
    return;
  }
  const char* index = infer_type(e->slice);
  if (index == nullptr || std::string_view(index) == "int" || std::string_view(index) == "bool") return;
  switch (e->value->kind) {
    case NodeKind::Constant: case NodeKind::Tuple: case NodeKind::List: case NodeKind::ListComp:
    case NodeKind::JoinedStr: case NodeKind::FormattedValue:
      warn(*e, std::string(type) + " indices must be integers or slices, not " + index + "; perhaps you missed a comma?");
      break;
    default: break;
  }
}

bool Compiler::bound_or_none(ExprNode* e) {
  if (e != nullptr) return fresh(e);
  code().emit(Op::LoadNone, code().push());
  return true;
}

// A slice object in a new temp.
int32_t Compiler::slice_key(ExprNode* e) {
  auto* s = as_Slice(e);
  int32_t depth = code().depth;
  ConstantValue parts[3];
  bool constant = true;
  ExprNode* nodes[] = {s->lower, s->upper, s->step};
  for (int i = 0; i < 3 && constant; i++) {
    if (nodes[i] != nullptr) constant = fold(nodes[i], parts[i]);
  }
  at(*e);
  if (constant) {
    Const c(ConstKind::Slice);
    for (auto& part : parts) c.items.push_back(to_const(part));
    return load_const_index(add_const(std::move(c)), kFresh);
  }
  if (!bound_or_none(s->lower) || !bound_or_none(s->upper)) return kFailed;
  int32_t n = 2;
  if (s->step != nullptr) {
    if (!fresh(s->step)) return kFailed;
    n = 3;
  }
  at(*e);
  return finish_op(Op::BuildSlice, kFresh, depth, kTemp + depth, n);
}

namespace {
// x[a:b] with bounds that are not all constant: no slice object is made.
bool plain_slice(ExprNode* slice) {
  auto* s = try_as<Slice>(slice);
  if (s == nullptr || s->step != nullptr) return false;
  auto constant = [](ExprNode* e) { return e == nullptr || e->kind == NodeKind::Constant; };
  return !(constant(s->lower) && constant(s->upper));
}
}  // namespace

int32_t Compiler::subscript(Subscript* e, int32_t dst) {
  ConstantValue v;
  warn_subscript(e);
  if (fold(e, v)) {
    at(*e);
    return load_constant(v, dst);
  }
  int32_t depth = code().depth;
  if (plain_slice(e->slice)) {
    auto* s = as_Slice(e->slice);
    if (!fresh(e->value) || !bound_or_none(s->lower) || !bound_or_none(s->upper)) return kFailed;
    at(*e);
    return finish_op(Op::GetSlice, dst, depth, kTemp + depth);
  }
  int32_t object = expr(e->value, kAny);
  if (object == kFailed) return kFailed;
  int32_t number;
  if (e->slice->kind != NodeKind::Slice && small_int(e->slice, number)) {
    at(*e);
    return finish_op(Op::GetItemI, dst, depth, object, number);
  }
  int32_t key = expr(e->slice, kAny);
  if (key == kFailed) return kFailed;
  at(*e);
  return finish_op(Op::GetItem, dst, depth, object, key);
}

// ---- displays ----

int32_t Compiler::sequence(ExprNode* e, const Seq<ExprNode*>& elements, int32_t dst) {
  Assembler& out = code();
  int32_t depth = out.depth;
  uint32_t n = elements.size();
  bool is_set = e->kind == NodeKind::Set, is_tuple = e->kind == NodeKind::Tuple;
  bool star = false;
  for (ExprNode* x : elements) star = star || x->kind == NodeKind::Starred;
  if (!star && !is_tuple && n > 2) {
    ConstantValue all = ConstantValue::of(is_set ? ConstantKind::FrozenSet : ConstantKind::Tuple);
    bool constant = true;
    ConstantValue one;
    for (uint32_t i = 0; constant && i < n; i++) constant = fold(elements[i], one);
    if (constant) {
      all.elements = arena_.make_array<ConstantValue>(n);
      all.size = n;
      for (uint32_t i = 0; i < n; i++) fold(elements[i], all.elements[i]);
      at(*e);
      int32_t t = finish_op(is_set ? Op::BuildSet : Op::BuildList, kFresh, depth, kTemp + depth, 0);
      int32_t c = load_constant(all, kFresh);
      out.emit(is_set ? Op::SetUpdate : Op::ListExtend, t, c);
      out.depth = depth + 1;
      if (dst < 0) return t;
      move(dst, t);
      out.depth = depth;
      return dst;
    }
  }
  if (!star && n <= 250) {
    for (ExprNode* x : elements) {
      if (!fresh(x)) return kFailed;
    }
    at(*e);
    return finish_op(is_set ? Op::BuildSet : is_tuple ? Op::BuildTuple : Op::BuildList, dst, depth, kTemp + depth, int32_t(n));
  }
  at(*e);
  // Elements up to the first star in one go, then one by one.
  uint32_t i = 0;
  if (n <= 250) {
    for (; i < n && elements[i]->kind != NodeKind::Starred; i++) {
      if (!fresh(elements[i])) return kFailed;
    }
  }
  at(*e);
  int32_t t = finish_op(is_set ? Op::BuildSet : Op::BuildList, kFresh, depth, kTemp + depth, int32_t(i));
  for (; i < n; i++) {
    ExprNode* x = elements[i];
    bool starred = x->kind == NodeKind::Starred;
    int32_t r = expr(starred ? as_Starred(x)->value : x, kAny);
    if (r == kFailed) return kFailed;
    at(*e);
    out.emit(starred ? (is_set ? Op::SetUpdate : Op::ListExtend) : (is_set ? Op::SetAdd : Op::ListAppend), t, r);
    out.depth = depth + 1;
  }
  if (is_tuple) return finish_op(Op::ListToTuple, dst, depth, t);
  if (dst < 0) return t;
  move(dst, t);
  out.depth = depth;
  return dst;
}

int32_t Compiler::dict(Dict* e, int32_t dst) {
  Assembler& out = code();
  int32_t depth = out.depth;
  uint32_t n = e->keys.size();
  uint32_t i = 0;
  for (; i < n && i < 64 && e->keys[i] != nullptr; i++) {
    if (!fresh(e->keys[i]) || !fresh(e->values[i])) return kFailed;
  }
  at(*e);
  if (i == n) return finish_op(Op::BuildMap, dst, depth, kTemp + depth, int32_t(i));
  int32_t t = finish_op(Op::BuildMap, kFresh, depth, kTemp + depth, int32_t(i));
  for (; i < n; i++) {
    if (e->keys[i] == nullptr) {
      int32_t r = expr(e->values[i], kAny);
      if (r == kFailed) return kFailed;
      at(*e);
      out.emit(Op::DictUpdate, t, r);
    } else {
      int32_t k = expr(e->keys[i], kAny);
      if (k == kFailed) return kFailed;
      int32_t r = expr(e->values[i], kAny);
      if (r == kFailed) return kFailed;
      at(*e);
      out.emit(Op::MapAdd, t, k, r);
    }
    out.depth = depth + 1;
  }
  if (dst < 0) return t;
  move(dst, t);
  out.depth = depth;
  return dst;
}

// ---- formatted strings ----

int32_t Compiler::joined(ExprNode* e, const Seq<ExprNode*>& values, int32_t dst) {
  Assembler& out = code();
  int32_t depth = out.depth;
  at(*e);
  if (values.empty()) return load_string("", dst);
  if (values.size() == 1 && values[0]->kind != NodeKind::Constant) return expr(values[0], dst);
  for (ExprNode* x : values) {
    if (out.depth - depth >= 500) {
      at(*e);
      finish_op(Op::BuildString, kFresh, depth, kTemp + depth, out.depth - depth);
    }
    if (!fresh(x)) return kFailed;
  }
  at(*e);
  return finish_op(Op::BuildString, dst, depth, kTemp + depth, out.depth - depth);
}

namespace {
int conversion_kind(int conversion) {
  return conversion == 's' ? 1 : conversion == 'r' ? 2 : conversion == 'a' ? 3 : 0;
}
}  // namespace

int32_t Compiler::formatted(FormattedValue* e, int32_t dst) {
  int32_t depth = code().depth;
  int32_t r = expr(e->value, kAny);
  if (r == kFailed) return kFailed;
  if (int kind = conversion_kind(e->conversion); kind != 0) {
    at(*e);
    r = finish_op(Op::ConvertValue, kFresh, depth, r, kind);
  }
  if (e->format_spec != nullptr) {
    int32_t spec = expr(e->format_spec, kAny);
    if (spec == kFailed) return kFailed;
    at(*e);
    return finish_op(Op::FormatWithSpec, dst, depth, r, spec);
  }
  at(*e);
  return finish_op(Op::FormatSimple, dst, depth, r);
}

int32_t Compiler::interpolation(Interpolation* e, int32_t dst) {
  int32_t depth = code().depth;
  if (!fresh(e->value)) return kFailed;
  at(*e);
  load_constant(e->str, kFresh);
  int32_t flags = conversion_kind(e->conversion);
  if (e->format_spec != nullptr) {
    if (!fresh(e->format_spec)) return kFailed;
    flags |= 16;
  }
  at(*e);
  return finish_op(Op::BuildInterpolation, dst, depth, kTemp + depth, flags);
}

int32_t Compiler::template_string(TemplateStr* e, int32_t dst) {
  int32_t depth = code().depth;
  // Strings and interpolations alternate, starting and ending with a string.
  std::vector<std::string> strings(1);
  std::vector<ExprNode*> parts;
  for (ExprNode* x : e->values) {
    if (x->kind == NodeKind::Constant) {
      strings.back() += as_Constant(x)->value.text();
    } else {
      parts.push_back(x);
      strings.emplace_back();
    }
  }
  ConstantValue tuple = ConstantValue::of(ConstantKind::Tuple);
  tuple.size = uint32_t(strings.size());
  tuple.elements = arena_.make_array<ConstantValue>(strings.size());
  for (size_t i = 0; i < strings.size(); i++) tuple.elements[i] = ConstantValue::of_text(ConstantKind::Str, arena_.copy(strings[i]));
  at(*e);
  int32_t first = load_constant(tuple, kFresh);
  int32_t second;
  Assembler& out = code();
  if (parts.size() <= 250) {
    for (ExprNode* x : parts) {
      if (!fresh(x)) return kFailed;
    }
    at(*e);
    second = finish_op(Op::BuildTuple, kFresh, depth + 1, kTemp + depth + 1, int32_t(parts.size()));
  } else {
    int32_t list = finish_op(Op::BuildList, kFresh, depth + 1, kTemp + depth + 1, 0);
    for (ExprNode* x : parts) {
      int32_t r = expr(x, kAny);
      if (r == kFailed) return kFailed;
      out.emit(Op::ListAppend, list, r);
      out.depth = depth + 2;
    }
    at(*e);
    second = finish_op(Op::ListToTuple, kFresh, depth + 1, list);
  }
  return finish_op(Op::BuildTemplate, dst, depth, first, second);
}

// ---- yield and await ----

bool Compiler::top_level_await() const {
  return (options_.flags & kCompileAllowTopLevelAwait) != 0 && unit_->scope->type == ScopeType::Module;
}

int32_t Compiler::yield(ExprNode* e, int32_t dst) {
  if (!unit_->scope->is_function_like() || unit_->scope->type != ScopeType::Function) {
    fail(*e, e->kind == NodeKind::YieldFrom ? "'yield from' outside function" : "'yield' outside function");
    return kFailed;
  }
  int32_t depth = code().depth;
  if (auto* y = try_as<Yield>(e)) {
    int32_t r;
    if (y->value != nullptr) {
      r = expr(y->value, kAny);
      if (r == kFailed) return kFailed;
    } else {
      at(*e);
      r = code().push();
      code().emit(Op::LoadNone, r);
    }
    at(*e);
    if ((unit_->blob->flags & kCoAsyncGenerator) != 0) r = finish_op(Op::AsyncGenWrap, kFresh, depth, r);
    return finish_op(Op::Yield, dst, depth, r);
  }
  if (unit_->is_async) {
    fail(*e, "'yield from' inside async function");
    return kFailed;
  }
  int32_t r = expr(as_YieldFrom(e)->value, kAny);
  if (r == kFailed) return kFailed;
  at(*e);
  int32_t iterator = finish_op(Op::GetYieldFromIter, kFresh, depth, r);
  int32_t value = code().push();
  code().emit(Op::LoadNone, value);
  return finish_op(Op::YieldFrom, dst, depth, iterator, value);
}

void Compiler::await_top(AwaitKind kind) {
  Assembler& out = code();
  int32_t t = kTemp + out.depth - 1;
  out.emit(Op::GetAwaitable, t, t, int32_t(kind));
  int32_t value = out.push();
  out.emit(Op::LoadNone, value);
  out.emit(Op::YieldFrom, t, t, value);
  out.depth--;
}

int32_t Compiler::await_expr(Await* e, int32_t dst) {
  if (!top_level_await()) {
    if (!unit_->scope->is_function_like()) {
      fail(*e, "'await' outside function");
      return kFailed;
    }
    if (!unit_->is_async && unit_->scope->comprehension == ComprehensionType::None) {
      fail(*e, "'await' outside async function");
      return kFailed;
    }
  }
  int32_t depth = code().depth;
  if (!fresh(e->value)) return kFailed;
  at(*e);
  await_top(AwaitKind::Await);
  if (dst < 0) return kTemp + depth;
  move(dst, kTemp + depth);
  code().depth = depth;
  return dst;
}

// ---- assignment targets ----

int32_t Compiler::direct_target(ExprNode* target) {
  if (target->kind != NodeKind::Name) return -1;
  Place place = resolve(names_.intern(as_Name(target)->id));
  return place.kind == NameKind::Fast ? place.reg : -1;
}

void Compiler::note_static_attribute(Attribute* e) {
  if (e->value->kind != NodeKind::Name || as_Name(e->value)->id != "self") return;
  for (Unit* u = unit_; u != nullptr; u = u->outer) {
    if (u->is_class) {
      u->static_attributes.insert(std::string(e->attr));
      return;
    }
  }
}

bool Compiler::assign(ExprNode* target, int32_t src) {
  if (!stack_ok()) return false;
  Assembler& out = code();
  int32_t depth = out.depth;
  switch (target->kind) {
    case NodeKind::Name:
      at(*target);
      store_name(names_.intern(as_Name(target)->id), src);
      return true;
    case NodeKind::Attribute: {
      auto* e = as_Attribute(target);
      note_static_attribute(e);
      int32_t object = expr(e->value, kAny);
      if (object == kFailed) return false;
      at_attribute(*e);
      out.emit(Op::StoreAttr, object, attr_index(e->attr), src);
      out.depth = depth;
      return true;
    }
    case NodeKind::Subscript: {
      auto* e = as_Subscript(target);
      if (plain_slice(e->slice)) {
        auto* s = as_Slice(e->slice);
        if (!fresh(e->value) || !bound_or_none(s->lower) || !bound_or_none(s->upper)) return false;
        at(*target);
        out.emit(Op::SetSlice, kTemp + depth, src);
        out.depth = depth;
        return true;
      }
      int32_t object = expr(e->value, kAny);
      if (object == kFailed) return false;
      int32_t key = expr(e->slice, kAny);
      if (key == kFailed) return false;
      at(*target);
      out.emit(Op::SetItem, object, key, src);
      out.depth = depth;
      return true;
    }
    case NodeKind::Tuple: return unpack(target, as_Tuple(target)->elts, src);
    case NodeKind::List: return unpack(target, as_List(target)->elts, src);
    case NodeKind::Starred: return fail(*target, "starred assignment target must be in a list or tuple");
    default: return fail(*target, "cannot assign to expression");
  }
}

bool Compiler::unpack(ExprNode* target, const Seq<ExprNode*>& elements, int32_t src) {
  Assembler& out = code();
  int32_t depth = out.depth;
  uint32_t n = elements.size();
  uint32_t star = UINT32_MAX;
  for (uint32_t i = 0; i < n; i++) {
    if (elements[i]->kind != NodeKind::Starred) continue;
    if (star != UINT32_MAX) return fail(*target, "multiple starred expressions in assignment");
    star = i;
    if (i >= 256 || n - i - 1 >= 256) return fail(*target, "too many expressions in star-unpacking assignment");
  }
  at(*target);
  if (n > 30000) return fail_kind(SyntaxErrorKind::OverflowError, "too many targets in one assignment");
  if (star == UINT32_MAX) {
    // Into locals that stand side by side: no temps.
    int32_t first = n > 0 ? direct_target(elements[0]) : -1;
    bool adjacent = first >= 0;
    for (uint32_t i = 1; adjacent && i < n; i++) adjacent = direct_target(elements[i]) == first + int32_t(i);
    if (adjacent) {
      out.emit(Op::UnpackSequence, src, first, int32_t(n));
      for (uint32_t i = 0; i < n; i++) note_write(first + int32_t(i));
      return true;
    }
  }
  // The temps start above everything live; a consumed source temp leaves a hole, which does no harm.
  int32_t base = kTemp + depth;
  for (uint32_t i = 0; i < n; i++) out.push();
  if (star == UINT32_MAX) {
    out.emit(Op::UnpackSequence, src, base, int32_t(n));
  } else {
    out.emit(Op::UnpackEx, src, base, int32_t(star | (n - star - 1) << 8));
  }
  for (uint32_t i = 0; i < n; i++) {
    ExprNode* element = elements[i];
    if (element->kind == NodeKind::Starred) element = as_Starred(element)->value;
    if (!assign(element, base + int32_t(i))) return false;
  }
  out.depth = depth;
  return true;
}

}  // namespace orochi
