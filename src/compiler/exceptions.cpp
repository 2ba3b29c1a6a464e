// try, except, except*, finally and with. Every construct is a region of the exception table, the code of its handler,
// and a second region around the handler whose own handler (UnwindHandler) restores the previously handled exception.
#include "compiler/compiler.h"

namespace orochi {

using namespace ast;

void Compiler::forget_exception_name(NameId name) {
  Assembler& out = code();
  Place place = resolve(name);
  if (place.kind == NameKind::Fast) {
    clear(place.reg);
    if (out.reachable) out.set_bound(place.reg, false);
    return;
  }
  int32_t depth = out.depth;
  int32_t t = out.push();
  out.emit(Op::LoadNone, t);
  store_place(place, t);
  out.depth = depth;
  delete_name(name);
}

bool Compiler::final_body(const Seq<StmtNode*>& body) {
  Scoped<FinallyContext> inside(unit_->finally_context, FinallyContext{true, false});
  return statements(body);
}

template <typename Inner>
bool Compiler::try_finally(const Seq<StmtNode*>& finalbody, const Location& where, Inner inner) {
  Assembler& out = code();
  int32_t handler = out.new_handler(kPinned + out.pinned);
  int32_t outer = out.enter_region(handler);
  if (!push_block({.kind = BlockKind::Finally, .outer_region = outer, .finalbody = &finalbody}, where)) return false;
  if (!inner()) return false;
  unit_->blocks.pop_back();
  out.set_region(outer);
  // Left normally.
  no_position();
  if (!final_body(finalbody)) return false;
  Label end = out.new_label();
  no_position();
  out.jump(end);
  // Left by an exception.
  out.bind_handler(handler);
  int32_t pinned = out.pinned;
  int32_t p = out.pin(2);
  out.emit(Op::EnterHandler, p);
  int32_t unwind = out.new_handler(kPinned + out.pinned);
  out.enter_region(unwind);
  if (!push_block({.kind = BlockKind::FinallyEnd, .reg = p, .outer_region = outer}, where)) return false;
  if (!final_body(finalbody)) return false;
  unit_->blocks.pop_back();
  out.set_region(outer);
  no_position();
  out.emit(Op::ReraiseLeave, p);
  out.bind_handler(unwind);
  out.emit(Op::UnwindHandler, p);
  out.pinned = pinned;
  out.bind(end);
  return true;
}

bool Compiler::try_statement(Try* s) {
  Scoped<bool> conditional(unit_->in_conditional, true);
  code().emit(Op::Nop);
  if (s->finalbody.empty()) return try_except(s->body, s->handlers, s->orelse);
  return try_finally(s->finalbody, *s, [&] {
    return s->handlers.empty() ? statements(s->body) && statements(s->orelse) : try_except(s->body, s->handlers, s->orelse);
  });
}

bool Compiler::try_star(TryStar* s) {
  Scoped<bool> conditional(unit_->in_conditional, true);
  code().emit(Op::Nop);
  if (s->finalbody.empty()) return try_except_star(s);
  return try_finally(s->finalbody, *s, [&] { return try_except_star(s); });
}

bool Compiler::try_except(const Seq<StmtNode*>& body, const Seq<ExceptHandlerNode*>& handlers, const Seq<StmtNode*>& orelse) {
  Assembler& out = code();
  for (uint32_t i = 0; i + 1 < handlers.size(); i++) {
    if (as_ExceptHandler(handlers[i])->type == nullptr) return fail(*handlers[i], "default 'except:' must be last");
  }
  int32_t handler = out.new_handler(kPinned + out.pinned);
  int32_t outer = out.enter_region(handler);
  Location where = body.empty() ? Location{} : body[0]->location();
  if (!push_block({.kind = BlockKind::Try, .outer_region = outer}, where)) return false;
  if (!statements(body)) return false;
  unit_->blocks.pop_back();
  out.set_region(outer);
  if (!statements(orelse)) return false;
  Label end = out.new_label();
  no_position();
  out.jump(end);

  out.bind_handler(handler);
  int32_t pinned = out.pinned;
  int32_t p = out.pin(2);
  no_position();
  out.emit(Op::EnterHandler, p);
  int32_t unwind = out.new_handler(kPinned + out.pinned);
  out.enter_region(unwind);
  bool catch_all = false;
  for (ExceptHandlerNode* node : handlers) {
    auto* h = as_ExceptHandler(node);
    at(*h);
    Label next = out.new_label();
    if (h->type != nullptr) {
      int32_t type = expr(h->type, kAny);
      if (type == kFailed) return false;
      at(*h->type);
      int32_t t = finish_op(Op::CheckExcMatch, kFresh, 0, p + 1, type);
      out.depth = 0;
      out.emit(Op::JumpIfFalse, t, 0, 0, next);
    } else {
      catch_all = true;
      out.emit(Op::Nop);
    }
    NameId name = is_absent(h->name) ? kNoName : names_.intern(h->name);
    Block block{.kind = BlockKind::Handler, .reg = p, .outer_region = outer, .name = name};
    if (name == kNoName) {
      if (!push_block(block, *h)) return false;
      if (!statements(h->body)) return false;
      unit_->blocks.pop_back();
      no_position();
      out.emit(Op::LeaveHandler, p);
    } else {
      at(*h);
      store_name(name, p + 1);
      int32_t cleanup = out.new_handler(kPinned + out.pinned);
      out.enter_region(cleanup);
      if (!push_block(block, *h)) return false;
      if (!statements(h->body)) return false;
      unit_->blocks.pop_back();
      out.set_region(unwind);
      no_position();
      // Leaving is done outside `unwind`: it is no longer this handler's business.
      out.set_region(outer);
      out.emit(Op::LeaveHandler, p);
      forget_exception_name(name);
      out.jump(end);
      out.set_region(unwind);
      out.bind_handler(cleanup);
      int32_t inner = out.pinned;
      int32_t q = out.pin(2);
      out.emit(Op::EnterHandler, q);
      forget_exception_name(name);
      out.emit(Op::ReraiseLeave, q);
      out.pinned = inner;
    }
    out.set_region(outer);
    no_position();
    out.jump(end);
    out.set_region(unwind);
    out.bind(next);
  }
  out.set_region(outer);
  no_position();
  if (!catch_all) out.emit(Op::ReraiseLeave, p);
  out.bind_handler(unwind);
  out.emit(Op::UnwindHandler, p);
  out.pinned = pinned;
  out.bind(end);
  return true;
}

// except*: the exception is taken apart handler by handler; what is raised on the way is collected.
bool Compiler::try_except_star(TryStar* s) {
  Assembler& out = code();
  int32_t handler = out.new_handler(kPinned + out.pinned);
  int32_t outer = out.enter_region(handler);
  if (!push_block({.kind = BlockKind::Try, .outer_region = outer}, *s)) return false;
  if (!statements(s->body)) return false;
  unit_->blocks.pop_back();
  out.set_region(outer);
  if (!statements(s->orelse)) return false;
  Label end = out.new_label();
  no_position();
  out.jump(end);

  out.bind_handler(handler);
  int32_t pinned = out.pinned;
  int32_t p = out.pin(2);
  int32_t rest = out.pin(), raised = out.pin(), match = out.pin();
  no_position();
  out.emit(Op::EnterHandler, p);
  int32_t unwind = out.new_handler(p + 2);
  out.enter_region(unwind);
  out.emit(Op::Move, rest, p + 1);
  out.emit(Op::BuildList, raised, kTemp, 0);
  for (ExceptHandlerNode* node : s->handlers) {
    auto* h = as_ExceptHandler(node);
    at(*h);
    Label next = out.new_label();
    if (h->type != nullptr) {
      int32_t type = expr(h->type, kAny);
      if (type == kFailed) return false;
      at(*h->type);
      out.depth = 0;
      int32_t t = out.push();
      out.push();
      out.emit(Op::CheckExcGroupMatch, t, rest, type);
      out.emit(Op::Move, rest, t + 1);
      out.emit(Op::Move, match, t);
      out.depth = 0;
      out.emit(Op::JumpIfNone, match, 0, 0, next);
    }
    NameId name = is_absent(h->name) ? kNoName : names_.intern(h->name);
    if (name != kNoName) {
      at(*h);
      store_name(name, match);
    }
    int32_t cleanup = out.new_handler(kPinned + out.pinned);
    out.enter_region(cleanup);
    if (!push_block({.kind = BlockKind::StarHandler, .reg = p, .outer_region = outer, .name = name}, *h)) return false;
    unit_->star_handlers++;
    FinallyContext saved = unit_->finally_context;
    if (!statements(h->body)) return false;
    unit_->finally_context = saved;
    unit_->star_handlers--;
    unit_->blocks.pop_back();
    out.set_region(unwind);
    no_position();
    if (name != kNoName) forget_exception_name(name);
    out.jump(next);
    out.bind_handler(cleanup);
    int32_t inner = out.pinned;
    int32_t q = out.pin(2);
    out.emit(Op::EnterHandler, q);
    if (name != kNoName) forget_exception_name(name);
    out.emit(Op::ListAppend, raised, q + 1);
    out.emit(Op::LeaveHandler, q);
    out.pinned = inner;
    out.bind(next);
  }
  no_position();
  out.depth = 0;
  out.emit(Op::ListAppend, raised, rest);
  int32_t a = out.push(), b = out.push();
  out.emit(Op::Move, a, p + 1);
  out.emit(Op::Move, b, raised);
  out.emit(Op::CallIntrinsic2, match, int32_t(Intrinsic2::PrepReraiseStar), a);
  out.depth = 0;
  out.set_region(outer);
  out.emit(Op::LeaveHandler, p);
  out.emit(Op::ClearRange, rest, 0, 2);
  out.emit(Op::JumpIfNone, match, 0, 0, end);
  int32_t t = out.push();
  out.emit(Op::Move, t, match);
  clear(match);
  out.emit(Op::Reraise, t);
  out.depth = 0;
  out.bind_handler(unwind);
  out.emit(Op::UnwindHandler, p);
  out.pinned = pinned;
  out.bind(end);
  return true;
}

bool Compiler::with_statement(const Seq<WithItem*>& items, uint32_t index, const Seq<StmtNode*>& body, bool is_async,
                              const Location& where) {
  if (!stack_ok()) return false;
  Assembler& out = code();
  Scoped<bool> conditional(unit_->in_conditional, true);
  WithItem* item = items[index];
  int32_t pinned = out.pinned;
  int32_t manager = expr(item->context_expr, kAny);
  if (manager == kFailed) return false;
  at(*item->context_expr);
  int32_t p = out.pin(2);
  out.depth = 0;
  int32_t enter = out.push();
  out.push();
  out.emit(is_async ? Op::AsyncWithSetup : Op::WithSetup, enter, p, manager);
  int32_t direct = item->optional_vars != nullptr && !is_async ? direct_target(item->optional_vars) : -1;
  (void)direct;
  int32_t r = finish_op(Op::CallMethod, kFresh, 0, enter, 0);
  if (is_async) await_top(AwaitKind::AsyncEnter);
  int32_t handler = out.new_handler(kPinned + out.pinned);
  int32_t outer = out.enter_region(handler);
  Block block{.kind = is_async ? BlockKind::AsyncWith : BlockKind::With, .reg = p, .outer_region = outer, .at = &item->context_expr->location()};
  if (!push_block(block, where)) return false;
  if (item->optional_vars != nullptr) {
    if (!assign(item->optional_vars, r)) return false;
  } else {
    clear(r);
  }
  out.depth = 0;
  bool good = index + 1 < items.size() ? with_statement(items, index + 1, body, is_async, where) : statements(body);
  if (!good) return false;
  unit_->blocks.pop_back();
  out.set_region(outer);
  at(*item->context_expr);
  if (!unwind_block(block)) return false;
  Label end = out.new_label();
  no_position();
  out.jump(end);

  out.bind_handler(handler);
  int32_t q = out.pin(2);
  at(*item->context_expr);
  out.emit(Op::EnterHandler, q);
  int32_t unwind = out.new_handler(kPinned + out.pinned);
  out.enter_region(unwind);
  int32_t base = kTemp;
  for (int i = 0; i < 5; i++) out.push();
  out.emit(Op::WithExitException, base, p, q + 1);
  r = finish_op(Op::CallMethod, kFresh, 0, base, 3);
  if (is_async) await_top(AwaitKind::AsyncExit);
  Label suppressed = out.new_label();
  out.emit(Op::JumpIfTrue, r, 0, 0, suppressed);
  out.depth = 0;
  out.set_region(outer);
  out.emit(Op::ReraiseLeave, q);
  out.bind(suppressed);
  out.emit(Op::LeaveHandler, q);
  out.jump(end);
  out.bind_handler(unwind);
  no_position();
  out.emit(Op::UnwindHandler, q);
  out.pinned = pinned;
  out.bind(end);
  return true;
}

}  // namespace orochi
