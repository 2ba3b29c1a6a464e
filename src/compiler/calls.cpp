// Calls: positional, keyword, unpacking, methods and super().
#include "compiler/compiler.h"

namespace orochi {

using namespace ast;

const char* infer_type(const ExprNode* e);

namespace {
constexpr uint32_t kMaxDirectArguments = 250;  // beyond, the arguments go through a tuple and a dict
}

void Compiler::warn_call(ExprNode* func) {
  switch (func->kind) {
    case NodeKind::Constant: case NodeKind::Tuple: case NodeKind::List: case NodeKind::ListComp: case NodeKind::Dict:
    case NodeKind::DictComp: case NodeKind::Set: case NodeKind::SetComp: case NodeKind::GeneratorExp:
    case NodeKind::JoinedStr: case NodeKind::TemplateStr: case NodeKind::FormattedValue: case NodeKind::Interpolation:
      warn(*func, std::string("'") + infer_type(func) + "' object is not callable; perhaps you missed a comma?");
      break;
    default: break;
  }
}

bool Compiler::check_keywords(const Seq<Keyword*>& keywords) {
  for (uint32_t i = 0; i < keywords.size(); i++) {
    if (is_absent(keywords[i]->arg)) continue;
    for (uint32_t j = i + 1; j < keywords.size(); j++) {
      if (!is_absent(keywords[j]->arg) && keywords[i]->arg == keywords[j]->arg) {
        return fail(*keywords[j], "keyword argument repeated: " + std::string(keywords[j]->arg));
      }
    }
    if (i > 2000) break;  // quadratic; the call raises TypeError then
  }
  return true;
}

bool Compiler::is_super_call(ExprNode* e) {
  auto* c = try_as<Call>(e);
  if (c == nullptr || c->func->kind != NodeKind::Name || as_Name(c->func)->id != "super" || !c->keywords.empty()) return false;
  if (!unit_->scope->is_function_like()) return false;
  Place super = resolve(names_.intern("super"));
  if (super.kind != NameKind::Global) return false;
  Symbol* top = table_.top->find(names_.intern("super"));
  if (top != nullptr && (top->flags & kDefBound) != 0) return false;  // the module has its own
  if (c->args.size() == 2) {
    return c->args[0]->kind != NodeKind::Starred && c->args[1]->kind != NodeKind::Starred;
  }
  if (!c->args.empty() || unit_->scope->type != ScopeType::Function) return false;
  if (unit_->blob->argcount == 0) return false;
  return resolve(class_name_).kind == NameKind::Free;
}

// super, class and instance in three new temps.
int32_t Compiler::super_operands(Call* e, bool& two) {
  int32_t base = kTemp + code().depth;
  two = !e->args.empty();
  if (!fresh(e->func)) return kFailed;
  if (two) {
    if (!fresh(e->args[0]) || !fresh(e->args[1])) return kFailed;
    return base;
  }
  at(*e);
  load_name(class_name_, kFresh);
  Symbol* first = unit_->scope->find(unit_->scope->parameters[0]);
  Place place{first->scope == SymbolScope::Cell ? NameKind::Deref : NameKind::Fast, first->reg, first->name};
  load_place(place, kFresh);
  return base;
}

// All positional arguments as one tuple or iterable in a new temp. `trailing`: a register appended last.
bool Compiler::positional_tuple(const Seq<ExprNode*>& args, int32_t extra, int32_t trailing) {
  Assembler& out = code();
  Position where = out.position;
  if (args.size() == 1 && args[0]->kind == NodeKind::Starred && extra == 0 && trailing < 0) return fresh(as_Starred(args[0])->value);
  int32_t depth = out.depth - extra;  // `extra` temps on top are the first elements
  uint32_t i = 0;
  for (; i < args.size() && i < kMaxDirectArguments && args[i]->kind != NodeKind::Starred; i++) {
    if (!fresh(args[i])) return false;
  }
  at(where);
  if (i == args.size() && trailing < 0) {
    finish_op(Op::BuildTuple, kFresh, depth, kTemp + depth, int32_t(i) + extra);
    return true;
  }
  int32_t t = finish_op(Op::BuildList, kFresh, depth, kTemp + depth, int32_t(i) + extra);
  for (; i < args.size(); i++) {
    bool star = args[i]->kind == NodeKind::Starred;
    int32_t r = expr(star ? as_Starred(args[i])->value : args[i], kAny);
    if (r == kFailed) return false;
    at(where);
    out.emit(star ? Op::ListExtend : Op::ListAppend, t, r);
    out.depth = depth + 1;
  }
  if (trailing >= 0) out.emit(Op::ListAppend, t, trailing);
  at(where);
  finish_op(Op::ListToTuple, kFresh, depth, t);
  return true;
}

bool Compiler::keyword_dict(int32_t callable, const Seq<Keyword*>& keywords) {
  Assembler& out = code();
  Position where = out.position;
  int32_t depth = out.depth;
  uint32_t i = 0;
  auto named_run = [&]() -> bool {
    uint32_t count = 0;
    int32_t start = out.depth;
    for (; i < keywords.size() && !is_absent(keywords[i]->arg) && count < 64; i++, count++) {
      at(*keywords[i]);
      load_string(names_.text(mangled(names_.intern(keywords[i]->arg))), kFresh);
      if (!fresh(keywords[i]->value)) return false;
    }
    at(where);
    finish_op(Op::BuildMap, kFresh, start, kTemp + start, int32_t(count));
    return true;
  };
  if (!named_run()) return false;
  int32_t t = kTemp + depth;
  while (i < keywords.size()) {
    if (is_absent(keywords[i]->arg)) {
      int32_t r = expr(keywords[i]->value, kAny);
      if (r == kFailed) return false;
      at(where);
      out.emit(Op::DictMerge, t, r, callable);
      i++;
    } else {
      if (!named_run()) return false;
      out.emit(Op::DictMerge, t, kTemp + depth + 1, callable);
    }
    out.depth = depth + 1;
  }
  return true;
}

// `extra`: temps already pushed as leading positional arguments; `trailing`: a register to pass as last positional one.
int32_t Compiler::call_arguments(int32_t base, bool is_method, const Seq<ExprNode*>& args, const Seq<Keyword*>& keywords,
                                 int32_t dst, const Location& where, int32_t extra, int32_t trailing) {
  if (!check_keywords(keywords)) return kFailed;
  Assembler& out = code();
  int32_t depth = base - kTemp;
  bool unpacking = args.size() + keywords.size() + uint32_t(extra) > kMaxDirectArguments;
  for (ExprNode* a : args) unpacking = unpacking || a->kind == NodeKind::Starred;
  for (Keyword* k : keywords) unpacking = unpacking || is_absent(k->arg);
  if (unpacking) {
    DCHECK(!is_method);
    at(where);
    if (!positional_tuple(args, extra, trailing)) return kFailed;
    at(where);
    if (keywords.empty()) {
      out.emit(Op::LoadEmpty, out.push());
    } else if (!keyword_dict(base, keywords)) {
      return kFailed;
    }
    at(where);
    return finish_op(Op::CallEx, dst, depth, base);
  }
  for (ExprNode* a : args) {
    if (!fresh(a)) return kFailed;
  }
  int32_t count = int32_t(args.size()) + extra;
  if (trailing >= 0) {
    int32_t t = out.push();
    out.emit(Op::Move, t, trailing);
    count++;
  }
  if (keywords.empty()) {
    at(where);
    return finish_op(is_method ? Op::CallMethod : Op::Call, dst, depth, base, count);
  }
  Const names(ConstKind::Tuple);
  for (Keyword* k : keywords) {
    if (!fresh(k->value)) return kFailed;
    names.items.push_back(to_const(ConstantValue::of_text(ConstantKind::Str, names_.text(mangled(names_.intern(k->arg))))));
    names.items.back().interned = true;
  }
  at(where);
  if (!out.reachable) {
    out.depth = depth;
    return take(dst);
  }
  int32_t index = add_const(std::move(names));
  return finish_op(is_method ? Op::CallMethodKw : Op::CallKw, dst, depth, base, count + int32_t(keywords.size()), kNoLabel, index);
}

int32_t Compiler::call(Call* e, int32_t dst) {
  Assembler& out = code();
  warn_call(e->func);
  int32_t base = kTemp + out.depth;
  auto* attr = try_as<Attribute>(e->func);
  bool plain = e->args.size() + e->keywords.size() <= kMaxDirectArguments;
  for (ExprNode* a : e->args) plain = plain && a->kind != NodeKind::Starred;
  for (Keyword* k : e->keywords) plain = plain && !is_absent(k->arg);
  if (attr != nullptr && plain) {
    int32_t depth = out.depth;
    Op op = Op::LoadMethod;
    int32_t object;
    if (is_super_call(attr->value)) {
      bool two;
      object = super_operands(as_Call(attr->value), two);
      op = two ? Op::LoadSuperMethod2 : Op::LoadSuperMethod;
    } else {
      object = expr(attr->value, kAny);
    }
    if (object == kFailed) return kFailed;
    at_attribute(*attr);
    out.depth = depth;
    out.push();
    out.push();
    out.emit(op, base, object, attr_index(attr->attr));
    Location where = *e;
    if (attr->lineno != attr->end_lineno) {
      auto width = int32_t(attr->attr.size());
      if (width <= attr->end_col_offset) {
        where.lineno = attr->end_lineno;
        where.col_offset = attr->end_col_offset - width;
      }
    }
    return call_arguments(base, true, e->args, e->keywords, dst, where);
  }
  if (!fresh(e->func)) return kFailed;
  return call_arguments(base, false, e->args, e->keywords, dst, *e);
}

}  // namespace orochi
