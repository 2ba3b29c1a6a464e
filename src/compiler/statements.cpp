// Simple statements, loops, and leaving blocks by return, break and continue.
#include "compiler/compiler.h"

namespace orochi {

using namespace ast;

namespace {

constexpr size_t kMaxBlocks = 21;

constexpr Op kInplace[] = {Op::InplaceAdd, Op::InplaceSub, Op::InplaceMul, Op::InplaceMatMul, Op::InplaceTrueDiv,
                           Op::InplaceMod, Op::InplacePow, Op::InplaceLShift, Op::InplaceRShift, Op::InplaceOr,
                           Op::InplaceXor, Op::InplaceAnd, Op::InplaceFloorDiv};

// A condition that may be compiled twice: at the top and at the bottom of a loop.
bool simple_condition(ExprNode* e) {
  switch (e->kind) {
    case NodeKind::Name: case NodeKind::Constant: return true;
    case NodeKind::Attribute: return as_Attribute(e)->value->kind == NodeKind::Name;
    case NodeKind::UnaryOp: return simple_condition(as_UnaryOp(e)->operand);
    case NodeKind::Compare: {
      auto* c = as_Compare(e);
      return c->ops.size() == 1 && simple_condition(c->left) && simple_condition(c->comparators[0]);
    }
    case NodeKind::BinOp: {
      auto* b = as_BinOp(e);
      return b->left->kind == NodeKind::Name && (b->right->kind == NodeKind::Name || b->right->kind == NodeKind::Constant);
    }
    case NodeKind::BoolOp: {
      auto* b = as_BoolOp(e);
      if (b->values.size() > 2) return false;
      for (ExprNode* v : b->values) {
        if (v->kind == NodeKind::BoolOp || !simple_condition(v)) return false;
      }
      return true;
    }
    default: return false;
  }
}

}  // namespace

bool Compiler::statements(const Seq<StmtNode*>& body) {
  for (StmtNode* s : body) {
    if (!stmt(s)) return false;
  }
  return true;
}

// A module or class body: the docstring becomes __doc__.
bool Compiler::body_with_docstring(const Seq<StmtNode*>& body) {
  uint32_t i = 0;
  bool is_class = unit_->is_class;
  if (is_class && unit_->scope->annotation_block != nullptr && (future_ & kCoFutureAnnotations) != 0) {
    code().emit(Op::SetupAnnotations);
  }
  if (!body.empty()) {
    auto* e = try_as<Expr>(body[0]);
    if (e != nullptr && is<Constant>(e->value) && as_Constant(e->value)->value.kind == ConstantKind::Str) {
      i = 1;
      if (options_.optimize < 2) {
        at(*e->value);
        int32_t t = load_constant(clean_docstring(as_Constant(e->value)->value), kFresh);
        no_position();
        store_name("__doc__", t);
        code().depth = 0;
      }
    }
  }
  for (; i < body.size(); i++) {
    if (!stmt(body[i])) return false;
  }
  return true;
}

bool Compiler::stmt(StmtNode* s) {
  if (!stack_ok()) return false;
  DCHECK(code().depth == 0);
  Scoped<bool> walrus(walrus_here_, !table_.walrus_statements.empty() && table_.walrus_statements.contains(s));
  at(*s);
  switch (s->kind) {
    case NodeKind::Expr: return expression_statement(as_Expr(s));
    case NodeKind::Assign: return assign_statement(as_Assign(s));
    case NodeKind::If: return if_statement(as_If(s));
    case NodeKind::Return: return return_statement(as_Return(s));
    case NodeKind::FunctionDef: return function(as_FunctionDef(s), false);
    case NodeKind::AsyncFunctionDef: return function(as_AsyncFunctionDef(s), true);
    case NodeKind::ClassDef: return class_def(as_ClassDef(s));
    case NodeKind::For: return for_loop(as_For(s));
    case NodeKind::AsyncFor: return async_for(as_AsyncFor(s));
    case NodeKind::While: return while_loop(as_While(s));
    case NodeKind::With: return with_statement(as_With(s)->items, 0, as_With(s)->body, false, *s);
    case NodeKind::AsyncWith:
      if (!unit_->is_async && !top_level_await()) return fail(*s, "'async with' outside async function");
      return with_statement(as_AsyncWith(s)->items, 0, as_AsyncWith(s)->body, true, *s);
    case NodeKind::Try: return try_statement(as_Try(s));
    case NodeKind::TryStar: return try_star(as_TryStar(s));
    case NodeKind::Raise: return raise_statement(as_Raise(s));
    case NodeKind::Assert: return assert_statement(as_Assert(s));
    case NodeKind::Import: return import_statement(as_Import(s));
    case NodeKind::ImportFrom: return import_from(as_ImportFrom(s));
    case NodeKind::AugAssign: return aug_assign(as_AugAssign(s));
    case NodeKind::AnnAssign: return ann_assign(as_AnnAssign(s));
    case NodeKind::Delete:
      for (ExprNode* e : as_Delete(s)->targets) {
        if (!delete_target(e)) return false;
      }
      return true;
    case NodeKind::Match: return match_statement(as_Match(s));
    case NodeKind::TypeAlias: return type_alias(as_TypeAlias(s));
    case NodeKind::Break: return break_statement(s);
    case NodeKind::Continue: return continue_statement(s);
    case NodeKind::Pass:
      code().emit(Op::Nop);
      return true;
    default: return true;  // Global, Nonlocal
  }
}

bool Compiler::expression_statement(Expr* s) {
  Assembler& out = code();
  if (interactive_ && unit_->outer == nullptr) {
    int32_t r = expr(s->value, kAny);
    if (r == kFailed) return false;
    at(*s->value);
    int32_t t = finish_op(Op::CallIntrinsic1, kFresh, 0, int32_t(Intrinsic1::Print), r);
    no_position();
    clear(t);
    out.depth = 0;
    return true;
  }
  if (s->value->kind == NodeKind::Constant) {
    out.emit(Op::Nop);
    return true;
  }
  int32_t r = expr(s->value, kAny);
  if (r == kFailed) return false;
  if (is_temp(r)) clear(r);
  out.depth = 0;
  return true;
}

// ---- assignment ----

bool Compiler::assign_statement(Assign* s) {
  Assembler& out = code();
  auto elements_of = [](ExprNode* e) -> const Seq<ExprNode*>* {
    return e->kind == NodeKind::Tuple ? &as_Tuple(e)->elts : e->kind == NodeKind::List ? &as_List(e)->elts : nullptr;
  };
  if (s->targets.size() == 1) {
    ExprNode* target = s->targets[0];
    const Seq<ExprNode*>* to = elements_of(target);
    const Seq<ExprNode*>* from = to != nullptr && s->value->kind == NodeKind::Tuple ? &as_Tuple(s->value)->elts : nullptr;
    if (from != nullptr && from->size() == to->size() && to->size() > 0 && to->size() <= 8) {
      // a, b = x, y without a tuple.
      bool star = false;
      for (ExprNode* e : *from) star = star || e->kind == NodeKind::Starred;
      for (ExprNode* e : *to) star = star || e->kind == NodeKind::Starred;
      ConstantValue v;
      if (!star && (to->size() <= 3 || !fold(s->value, v))) {
        for (ExprNode* e : *from) {
          if (!fresh(e)) return false;
        }
        int32_t n = int32_t(to->size());
        for (int32_t i = 0; i < n; i++) {
          if (!assign((*to)[uint32_t(i)], kTemp + i)) return false;
        }
        out.depth = 0;
        return true;
      }
    }
    // A value that starts on another line is stored by an instruction of its own, for the target's line.
    int32_t direct = s->value->lineno == target->lineno ? direct_target(target) : -1;
    int32_t r = expr(s->value, direct >= 0 ? direct : kAny);
    if (r == kFailed) return false;
    if (direct < 0 && !assign(target, r)) return false;
    if (direct >= 0) note_write(direct);
    out.depth = 0;
    return true;
  }
  int32_t r = expr(s->value, kFresh);
  if (r == kFailed) return false;
  for (uint32_t i = 0; i < s->targets.size(); i++) {
    out.depth = 1;
    int32_t src = r;
    if (i + 1 < s->targets.size()) {
      src = out.push();
      at(*s);
      out.emit(Op::Copy, src, r);
    }
    if (!assign(s->targets[i], src)) return false;
  }
  out.depth = 0;
  return true;
}

bool Compiler::aug_assign(AugAssign* s) {
  Assembler& out = code();
  int32_t number;
  auto combine = [&](int32_t left, int32_t dst, int32_t depth) -> int32_t {
    if ((s->op == Operator::Add || s->op == Operator::Sub) && small_int(s->value, number)) {
      at(*s);
      return finish_op(s->op == Operator::Add ? Op::InplaceAddI : Op::InplaceSubI, dst, depth, left, number);
    }
    int32_t r = expr(s->value, kAny);
    if (r == kFailed) return kFailed;
    at(*s);
    return finish_op(kInplace[int(s->op)], dst, depth, left, r);
  };
  switch (s->target->kind) {
    case NodeKind::Name: {
      NameId name = names_.intern(as_Name(s->target)->id);
      at(*s->target);
      Place place = resolve(name);
      int32_t left = load_place(place, kAny);
      if (left == kFailed) return false;
      int32_t r = combine(left, place.kind == NameKind::Fast ? place.reg : kFresh, 0);
      if (r == kFailed) return false;
      if (place.kind != NameKind::Fast) {
        at(*s->target);
        store_place(place, r);
      }
      out.depth = 0;
      return true;
    }
    case NodeKind::Attribute: {
      auto* e = as_Attribute(s->target);
      note_static_attribute(e);
      int32_t object = expr(e->value, kAny);
      if (object == kFailed) return false;
      at(*e);
      int32_t depth = out.depth;
      int32_t from = object;
      if (is_temp(object)) {
        from = out.push();
        out.emit(Op::Copy, from, object);
      }
      int32_t name = attr_index(e->attr);
      int32_t left = finish_op(Op::LoadAttr, kFresh, depth, from, name);
      int32_t r = combine(left, kFresh, depth);
      if (r == kFailed) return false;
      at(*e);
      out.emit(Op::StoreAttr, object, name, r);
      out.depth = 0;
      return true;
    }
    case NodeKind::Subscript: {
      auto* e = as_Subscript(s->target);
      int32_t object = expr(e->value, kAny);
      if (object == kFailed) return false;
      int32_t key = expr(e->slice, kAny);
      if (key == kFailed) return false;
      at(*e);
      int32_t depth = out.depth;
      int32_t object_copy = object, key_copy = key;
      if (is_temp(object)) {
        object_copy = out.push();
        out.emit(Op::Copy, object_copy, object);
      }
      if (is_temp(key)) {
        key_copy = out.push();
        out.emit(Op::Copy, key_copy, key);
      }
      int32_t left = finish_op(Op::GetItem, kFresh, depth, object_copy, key_copy);
      int32_t r = combine(left, kFresh, depth);
      if (r == kFailed) return false;
      at(*e);
      out.emit(Op::SetItem, object, key, r);
      out.depth = 0;
      return true;
    }
    default: return fail(*s, "illegal expression for augmented assignment");
  }
}

bool Compiler::ann_assign(AnnAssign* s) {
  Assembler& out = code();
  if (s->value != nullptr) {
    int32_t direct = direct_target(s->target);
    int32_t r = expr(s->value, direct >= 0 ? direct : kAny);
    if (r == kFailed) return false;
    if (direct < 0 && !assign(s->target, r)) return false;
    out.depth = 0;
  }
  bool body = !unit_->scope->is_function_like();
  switch (s->target->kind) {
    case NodeKind::Name:
      if (s->simple == 0 && body && (future_ & kCoFutureAnnotations) == 0) return check_annotation(s->annotation);
      if (s->simple != 0 && body) {
        if ((future_ & kCoFutureAnnotations) != 0) {
          int32_t text;
          if (!annotation_string(s->annotation, text)) return false;
          at(*s);
          int32_t dict = load_name("__annotations__", kFresh);
          int32_t key = load_string(names_.text(mangled(names_.intern(as_Name(s->target)->id))), kFresh);
          out.emit(Op::SetItem, dict, key, text);
          out.depth = 0;
          return true;
        }
        bool conditional = unit_->scope->type == ScopeType::Module || unit_->in_conditional;
        int32_t index = conditional ? unit_->next_conditional++ : -1;
        unit_->deferred.push_back({s, index});
        if (conditional) {
          at(*s);
          int32_t set = load_name(conditional_name_, kFresh);
          int32_t number = out.push();
          out.emit(Op::LoadInt, number, index);
          out.emit(Op::SetAdd, set, number);
          clear(set);
          out.depth = 0;
        }
      }
      return true;
    case NodeKind::Attribute:
      if (s->value == nullptr) {
        int32_t r = expr(as_Attribute(s->target)->value, kAny);
        if (r == kFailed) return false;
        if (is_temp(r)) clear(r);
        out.depth = 0;
      }
      break;
    case NodeKind::Subscript:
      if (s->value == nullptr) {
        int32_t r = expr(as_Subscript(s->target)->value, kAny);
        if (r == kFailed) return false;
        if (is_temp(r)) clear(r);
        out.depth = 0;
        r = expr(as_Subscript(s->target)->slice, kAny);
        if (r == kFailed) return false;
        if (is_temp(r)) clear(r);
        out.depth = 0;
      }
      break;
    default: return fail(*s, "invalid node type for annotated assignment");
  }
  if (s->simple == 0 && body && (future_ & kCoFutureAnnotations) == 0) return check_annotation(s->annotation);
  return true;
}

// The annotation of a target that keeps none is not evaluated; it is compiled for its errors only.
bool Compiler::check_annotation(ExprNode* e) {
  Assembler& out = code();
  bool reachable = out.reachable;
  out.reachable = false;
  bool good = expr(e, kAny) != kFailed;
  out.reachable = reachable;
  out.depth = 0;
  return good;
}

bool Compiler::delete_target(ExprNode* e) {
  if (!stack_ok()) return false;
  Assembler& out = code();
  int32_t depth = out.depth;
  switch (e->kind) {
    case NodeKind::Name:
      at(*e);
      delete_name(names_.intern(as_Name(e)->id));
      return true;
    case NodeKind::Attribute: {
      int32_t object = expr(as_Attribute(e)->value, kAny);
      if (object == kFailed) return false;
      at(*e);
      out.emit(Op::DeleteAttr, object, attr_index(as_Attribute(e)->attr));
      out.depth = depth;
      return true;
    }
    case NodeKind::Subscript: {
      int32_t object = expr(as_Subscript(e)->value, kAny);
      if (object == kFailed) return false;
      int32_t key = expr(as_Subscript(e)->slice, kAny);
      if (key == kFailed) return false;
      at(*e);
      out.emit(Op::DelItem, object, key);
      out.depth = depth;
      return true;
    }
    case NodeKind::Tuple:
    case NodeKind::List:
      for (ExprNode* x : e->kind == NodeKind::Tuple ? as_Tuple(e)->elts : as_List(e)->elts) {
        if (!delete_target(x)) return false;
      }
      return true;
    default: return fail(*e, "cannot delete expression");
  }
}

// ---- control flow ----

bool Compiler::if_statement(If* s) {
  Assembler& out = code();
  Scoped<bool> conditional(unit_->in_conditional, true);
  // Long elif chains without recursion.
  Label end = out.new_label();
  for (If* at_if = s;;) {
    Label orelse = at_if->orelse.empty() ? end : out.new_label();
    if (!jump_if(at_if->test, orelse, false)) return false;
    if (!statements(at_if->body)) return false;
    if (at_if->orelse.empty()) break;
    no_position();
    if (!at_if->body.empty()) at(*at_if->body[at_if->body.size() - 1]);
    out.jump(end);
    out.bind(orelse);
    if (at_if->orelse.size() == 1 && at_if->orelse[0]->kind == NodeKind::If) {
      at_if = as_If(at_if->orelse[0]);
      continue;
    }
    if (!statements(at_if->orelse)) return false;
    break;
  }
  out.bind(end);
  return true;
}

bool Compiler::push_block(const Block& block, const Location& at) {
  if (unit_->blocks.size() >= kMaxBlocks) return fail(at, "too many statically nested blocks");
  unit_->blocks.push_back(block);
  return true;
}

bool Compiler::while_loop(While* s) {
  Assembler& out = code();
  Scoped<bool> conditional(unit_->in_conditional, true);
  Label body = out.new_label(), next = out.new_label(), orelse = out.new_label(), end = out.new_label();
  ConstantValue v;
  bool constant = fold(s->test, v);
  bool twice = constant || simple_condition(s->test);
  if (!twice) {
    out.bind(body);
    if (!jump_if(s->test, orelse, false)) return false;
  } else {
    if (!constant) {
      if (!jump_if(s->test, orelse, false)) return false;
    } else if (!truth_of(v)) {
      at(*s->test);
      out.jump(orelse);
    }
    if (constant) {
      at(*s->test);
      out.emit(Op::Nop);
    }
    out.bind(body);
  }
  if (!push_block({.kind = BlockKind::Loop, .continue_label = next, .break_label = end}, *s)) return false;
  {
    Scoped<bool> loop(unit_->finally_context.in_loop, true);
    if (!statements(s->body)) return false;
  }
  unit_->blocks.pop_back();
  out.bind(next);
  if (out.reachable) {
    at(*s->test);
    if (!twice || constant) {
      out.jump(body);
    } else if (!jump_if(s->test, body, true)) {
      return false;
    }
  }
  out.bind(orelse);
  if (!statements(s->orelse)) return false;
  out.bind(end);
  return true;
}

bool Compiler::for_loop(For* s) {
  Assembler& out = code();
  Scoped<bool> conditional(unit_->in_conditional, true);
  Label body = out.new_label(), next = out.new_label(), orelse = out.new_label(), end = out.new_label();
  int32_t pinned = out.pinned;
  int32_t iterator = out.pin();
  // A literal list is never seen by anyone else: iterate over a constant tuple.
  ConstantValue v;
  bool constant = false;
  if (s->iter->kind == NodeKind::List && !as_List(s->iter)->elts.empty()) {
    v = ConstantValue::of(ConstantKind::Tuple);
    const Seq<ExprNode*>& elements = as_List(s->iter)->elts;
    v.elements = arena_.make_array<ConstantValue>(elements.size());
    v.size = elements.size();
    constant = true;
    for (uint32_t i = 0; constant && i < elements.size(); i++) constant = elements[i]->kind != NodeKind::Starred && fold(elements[i], v.elements[i]);
  }
  at(*s->iter);
  int32_t r = constant ? load_constant(v, kAny) : expr(s->iter, kAny);
  if (r == kFailed) return false;
  at(*s->iter);
  out.emit(Op::GetIter, iterator, r);
  out.depth = 0;
  int32_t direct = direct_target(s->target);
  int32_t item = direct >= 0 ? direct : kTemp;
  out.emit(Op::ForIter, item, iterator, 0, orelse);
  if (direct < 0) out.push();
  out.bind(body);
  note_write(item);
  if (direct < 0 && !assign(s->target, item)) return false;
  out.depth = 0;
  if (!push_block({.kind = BlockKind::ForLoop, .continue_label = next, .break_label = end, .reg = iterator}, *s)) return false;
  {
    Scoped<bool> loop(unit_->finally_context.in_loop, true);
    if (!statements(s->body)) return false;
  }
  unit_->blocks.pop_back();
  out.bind(next);
  at(*s->iter);
  out.emit(Op::ForNext, item, iterator, 0, body);
  out.bind(orelse);
  out.pinned = pinned;
  if (!statements(s->orelse)) return false;
  out.bind(end);
  return true;
}

bool Compiler::async_for(AsyncFor* s) {
  Assembler& out = code();
  if (!unit_->is_async && !top_level_await()) return fail(*s, "'async for' outside async function");
  Scoped<bool> conditional(unit_->in_conditional, true);
  Label top = out.new_label(), next = out.new_label(), end = out.new_label();
  int32_t pinned = out.pinned;
  int32_t iterator = out.pin();
  int32_t r = expr(s->iter, kAny);
  if (r == kFailed) return false;
  at(*s->iter);
  out.emit(Op::GetAiter, iterator, r);
  out.depth = 0;
  int32_t handler = out.new_handler(kTemp);
  out.bind(top);
  int32_t outer = out.enter_region(handler);
  async_next(iterator);
  out.set_region(outer);
  if (!assign(s->target, kTemp)) return false;
  out.depth = 0;
  if (!push_block({.kind = BlockKind::AsyncForLoop, .continue_label = next, .break_label = end, .reg = iterator}, *s)) return false;
  {
    Scoped<bool> loop(unit_->finally_context.in_loop, true);
    if (!statements(s->body)) return false;
  }
  unit_->blocks.pop_back();
  out.bind(next);
  at(*s->iter);
  out.jump(top);
  out.bind_handler(handler);
  out.emit(Op::EndAsyncFor, iterator);
  out.pinned = pinned;
  if (!statements(s->orelse)) return false;
  out.bind(end);
  return true;
}

// What leaving one block needs. The block is no longer on the stack; its region is no longer current.
bool Compiler::unwind_block(const Block& block) {
  Assembler& out = code();
  switch (block.kind) {
    case BlockKind::Loop:
    case BlockKind::Try:
      return true;
    case BlockKind::ForLoop:
    case BlockKind::AsyncForLoop:
      clear(block.reg);
      return true;
    case BlockKind::Finally:
      return final_body(*block.finalbody);
    case BlockKind::FinallyEnd:
      out.emit(Op::LeaveHandler, block.reg);
      return true;
    case BlockKind::With:
    case BlockKind::AsyncWith: {
      at(*block.at);
      int32_t base = kTemp + out.depth;
      for (int i = 0; i < 5; i++) out.push();
      out.emit(Op::WithExitNone, base, block.reg);
      out.depth -= 5;
      int32_t r = finish_op(Op::CallMethod, kFresh, out.depth, base, 3);
      if (block.kind == BlockKind::AsyncWith) await_top(AwaitKind::AsyncExit);
      clear(r);
      out.depth--;
      return true;
    }
    case BlockKind::Handler:
      out.emit(Op::LeaveHandler, block.reg);
      if (block.name != kNoName) forget_exception_name(block.name);
      return true;
    case BlockKind::StarHandler:
      return true;
  }
  return true;
}

bool Compiler::unwind_to(size_t count, bool is_return) {
  Assembler& out = code();
  // The blocks stay known to the caller: they are put back afterwards.
  std::vector<Block> saved = unit_->blocks;
  int32_t region = out.region();
  bool good = true;
  // What only tidies registers may be left out when the frame goes away and no user code runs in between.
  size_t last_code = count;
  if (is_return) {
    last_code = saved.size();
    for (size_t i = count; i < saved.size(); i++) {
      BlockKind k = saved[i].kind;
      if (k == BlockKind::Finally || k == BlockKind::With || k == BlockKind::AsyncWith) {
        last_code = i;
        break;
      }
    }
  }
  Position where = out.position;
  while (good && unit_->blocks.size() > count) {
    Block block = unit_->blocks.back();
    unit_->blocks.pop_back();
    if (is_return && unit_->blocks.size() < last_code) continue;
    if (block.kind != BlockKind::Loop && block.kind != BlockKind::ForLoop && block.kind != BlockKind::AsyncForLoop) {
      out.set_region(block.outer_region);
    }
    at(where);
    good = unwind_block(block);
  }
  at(where);
  out.set_region(region);
  unit_->blocks = std::move(saved);
  return good;
}

bool Compiler::return_statement(Return* s) {
  Assembler& out = code();
  if (unit_->finally_context.in_finally) warn(*s, "'return' in a 'finally' block");
  if (unit_->scope->type != ScopeType::Function) return fail(*s, "'return' outside function");
  if (s->value != nullptr && (unit_->blob->flags & kCoAsyncGenerator) != 0) {
    return fail(*s, "'return' with value in async generator");
  }
  if (unit_->star_handlers > 0) {
    bool value = s->value != nullptr && s->value->kind == NodeKind::Constant && s->value->lineno == s->lineno;
    return fail(value ? s->value->location() : s->location(), "'break', 'continue' and 'return' cannot appear in an except* block");
  }
  bool unwinds = false;
  for (const Block& b : unit_->blocks) {
    unwinds = unwinds || b.kind == BlockKind::Finally || b.kind == BlockKind::With || b.kind == BlockKind::AsyncWith;
  }
  ConstantValue v;
  bool constant = s->value == nullptr || fold(s->value, v);
  if (s->value == nullptr) v = ConstantValue::of(ConstantKind::None);
  int32_t r = -1;
  int32_t pinned = out.pinned;
  if (!constant) {
    if (unwinds) {
      // The value outlives what runs on the way out.
      int32_t keep = out.pin();
      r = expr(s->value, keep);
      if (r == kFailed) return false;
    } else {
      r = expr(s->value, kAny);
      if (r == kFailed) return false;
    }
  }
  at(*s);
  if (unwinds) {
    out.depth = 0;
    // Sub-blocks of the unwinding code pin above the value.
    if (!unwind_to(0, true)) return false;
  }
  at(*s);
  out.set_region(out.region());
  if (constant) {
    if (v.kind == ConstantKind::None) {
      out.emit(Op::ReturnNone);
    } else {
      r = load_constant(v, kFresh);
      out.emit(Op::Return, r);
    }
  } else {
    out.emit(Op::Return, r);
  }
  out.depth = 0;
  out.pinned = pinned;
  return true;
}

bool Compiler::break_statement(StmtNode* s) {
  Assembler& out = code();
  if (unit_->finally_context.in_finally && !unit_->finally_context.in_loop) warn(*s, "'break' in a 'finally' block");
  for (size_t i = unit_->blocks.size(); i-- > 0;) {
    const Block& b = unit_->blocks[i];
    if (b.kind == BlockKind::StarHandler) return fail(*s, "'break', 'continue' and 'return' cannot appear in an except* block");
    if (b.break_label == kNoLabel) continue;
    Label target = b.break_label;
    out.emit(Op::Nop);
    if (!unwind_to(i, false)) return false;
    at(*s);
    out.jump(target);
    return true;
  }
  return fail(*s, "'break' outside loop");
}

bool Compiler::continue_statement(StmtNode* s) {
  Assembler& out = code();
  if (unit_->finally_context.in_finally && !unit_->finally_context.in_loop) warn(*s, "'continue' in a 'finally' block");
  for (size_t i = unit_->blocks.size(); i-- > 0;) {
    const Block& b = unit_->blocks[i];
    if (b.kind == BlockKind::StarHandler) return fail(*s, "'break', 'continue' and 'return' cannot appear in an except* block");
    if (b.continue_label == kNoLabel) continue;
    Label target = b.continue_label;
    out.emit(Op::Nop);
    if (!unwind_to(i + 1, false)) return false;
    at(*s);
    out.jump(target);
    return true;
  }
  return fail(*s, "'continue' not properly in loop");
}

bool Compiler::raise_statement(Raise* s) {
  Assembler& out = code();
  if (s->exc == nullptr) {
    out.emit(Op::RaiseBare);
    return true;
  }
  int32_t e = expr(s->exc, kAny);
  if (e == kFailed) return false;
  if (s->cause == nullptr) {
    at(*s);
    out.emit(Op::Raise, e);
  } else {
    int32_t c = expr(s->cause, kAny);
    if (c == kFailed) return false;
    at(*s);
    out.emit(Op::RaiseFrom, e, c);
  }
  out.depth = 0;
  return true;
}

bool Compiler::assert_statement(Assert* s) {
  Assembler& out = code();
  ConstantValue v;
  if (s->test->kind == NodeKind::Tuple ? !as_Tuple(s->test)->elts.empty()
                                       : s->test->kind == NodeKind::Constant && as_Constant(s->test)->value.kind == ConstantKind::Tuple &&
                                             as_Constant(s->test)->value.size > 0) {
    warn(*s, "assertion is always true, perhaps remove parentheses?");
  }
  if (options_.optimize > 0) return true;
  Label end = out.new_label();
  if (!jump_if(s->test, end, true)) return false;
  at(*s);
  int32_t t = out.push();
  out.emit(Op::LoadCommonConstant, t, int32_t(CommonConstant::AssertionError));
  if (s->msg != nullptr) {
    if (!fresh(s->msg)) return false;
    at(*s);
    finish_op(Op::Call, kFresh, 0, t, 1);
  }
  at(*s->test);
  out.emit(Op::Raise, t);
  out.depth = 0;
  out.bind(end);
  return true;
}

// ---- imports ----

bool Compiler::import_statement(Import* s) {
  Assembler& out = code();
  for (Alias* alias : s->names) {
    at(*s);
    int32_t level = out.push(), from = out.push();
    out.emit(Op::LoadInt, level, 0);
    out.emit(Op::LoadNone, from);
    int32_t name = name_index(names_.intern(alias->name));
    int32_t module = finish_op(Op::ImportName, kFresh, 0, level, name);
    if (!is_absent(alias->asname)) {
      // import a.b.c as d: each further part is an attribute, found the way `from` finds it.
      std::string_view rest = alias->name;
      size_t dot = rest.find('.');
      while (dot != std::string_view::npos) {
        rest = rest.substr(dot + 1);
        dot = rest.find('.');
        int32_t part = out.push();
        out.emit(Op::ImportFrom, part, module, name_index(names_.intern(rest.substr(0, dot))));
        clear(module);
        out.emit(Op::Move, module, part);
        out.depth = 1;
      }
      store_name(names_.intern(alias->asname), module);
    } else {
      store_name(names_.intern(alias->name.substr(0, alias->name.find('.'))), module);
    }
    out.depth = 0;
  }
  return true;
}

bool Compiler::import_from(ImportFrom* s) {
  Assembler& out = code();
  bool late = s->lineno != last_future_.lineno ? s->lineno > last_future_.lineno : s->col_offset > last_future_.col_offset;
  if (late && !is_absent(s->module) && s->module == "__future__" && s->level == 0) {
    return fail(*s, "from __future__ imports must occur at the beginning of the file");
  }
  int32_t level = out.push();
  out.emit(Op::LoadInt, level, s->level);
  Const names(ConstKind::Tuple);
  for (Alias* alias : s->names) {
    names.items.push_back(to_const(ConstantValue::of_text(ConstantKind::Str, alias->name)));
    names.items.back().interned = true;
  }
  load_const_index(add_const(std::move(names)), kFresh);
  int32_t module = finish_op(Op::ImportName, kFresh, 0, level, name_index(names_.intern(is_absent(s->module) ? "" : s->module)));
  for (Alias* alias : s->names) {
    if (alias->name == "*") {
      int32_t t = finish_op(Op::CallIntrinsic1, kFresh, 0, int32_t(Intrinsic1::ImportStar), module);
      clear(t);
      out.depth = 0;
      return true;
    }
    int32_t part = out.push();
    out.emit(Op::ImportFrom, part, module, name_index(names_.intern(alias->name)));
    store_name(names_.intern(is_absent(alias->asname) ? alias->name : alias->asname), part);
    out.depth = 1;
  }
  clear(module);
  out.depth = 0;
  return true;
}

}  // namespace orochi
