// Comprehensions. List, set and dict comprehensions are inlined into the surrounding code (PEP 709): their variables get
// hidden registers of their own, so nothing of the surrounding function has to be saved. Generator expressions, and
// comprehensions in annotation scopes of a class, are functions called at once.
#include "compiler/compiler.h"

namespace orochi {

using namespace ast;

// Give every variable of an inlined comprehension a register.
void Compiler::bind_hidden(Scope* scope) {
  Assembler& out = code();
  bool body = !unit_->scope->is_function_like();
  for (Symbol& symbol : scope->symbols) {
    if ((symbol.flags & kDefParam) != 0) continue;
    if (symbol.scope != SymbolScope::Local && symbol.scope != SymbolScope::Cell) continue;
    bool cell = symbol.scope == SymbolScope::Cell;
    uint32_t& pooled = unit_->hidden_pool.at(symbol.name * 2 + uint32_t(cell));
    if (pooled != UINT32_MAX && pooled != UINT32_MAX - 1) {
      symbol.reg = int32_t(pooled);
      pooled = UINT32_MAX - 1;
    } else {
      symbol.reg = out.new_hidden(names_.text(symbol.name), uint8_t(kLocalComprehension | (cell ? kLocalCell : 0) | (body ? kLocalHidden : 0)));
    }
    if (cell) {
      clear(symbol.reg);  // an exception may have left the last run's cell
      out.emit(Op::MakeCell, symbol.reg);
    } else if (out.reachable) {
      out.set_bound(symbol.reg, false);
    }
  }
}

void Compiler::release_hidden(Scope* scope) {
  for (Symbol& symbol : scope->symbols) {
    if ((symbol.flags & kDefParam) != 0) continue;
    if (symbol.scope != SymbolScope::Local && symbol.scope != SymbolScope::Cell) continue;
    clear(symbol.reg);
    if (code().reachable) code().set_bound(symbol.reg, false);
    unit_->hidden_pool.at(symbol.name * 2 + uint32_t(symbol.scope == SymbolScope::Cell)) = uint32_t(symbol.reg);
  }
}

bool Compiler::comprehension_element(const Comp& comp, int32_t result) {
  Assembler& out = code();
  int32_t depth = out.depth;
  if (comp.type == ComprehensionType::Dict) {
    int32_t k = expr(comp.element, kAny);
    if (k == kFailed) return false;
    int32_t v = expr(comp.value, kAny);
    if (v == kFailed) return false;
    at(*comp.element);
    out.position.end_line = comp.value->end_lineno;
    out.position.end_column = comp.value->end_col_offset;
    out.emit(Op::MapAdd, result, k, v);
    out.depth = depth;
    return true;
  }
  int32_t v = expr(comp.element, kAny);
  if (v == kFailed) return false;
  at(*comp.element);
  if (comp.type == ComprehensionType::Generator) {
    if ((unit_->blob->flags & kCoAsyncGenerator) != 0) v = finish_op(Op::AsyncGenWrap, kFresh, depth, v);
    v = finish_op(Op::Yield, kFresh, depth, v);
    clear(v);
  } else {
    out.emit(comp.type == ComprehensionType::List ? Op::ListAppend : Op::SetAdd, result, v);
  }
  out.depth = depth;
  return true;
}

// The next item of an asynchronous iterator in a new temp.
void Compiler::async_next(int32_t iterator) {
  Assembler& out = code();
  int32_t t = out.push();
  out.emit(Op::GetAnext, t, iterator);
  int32_t value = out.push();
  out.emit(Op::LoadNone, value);
  out.emit(Op::YieldFrom, t, t, value);
  out.depth--;
}

// Loop `index` and those inside it. `iterator`: the register of the first loop's iterator.
bool Compiler::generators(const Comp& comp, uint32_t index, int32_t result, int32_t iterator) {
  if (!stack_ok()) return false;
  Assembler& out = code();
  Comprehension* g = (*comp.generators)[index];
  int32_t pinned = out.pinned, depth = out.depth;
  Label next = out.new_label(), end = out.new_label();

  auto inner = [&]() -> bool {
    for (ExprNode* test : g->ifs) {
      if (!jump_if(test, next, false)) return false;
    }
    return index + 1 < comp.generators->size() ? generators(comp, index + 1, result, -1) : comprehension_element(comp, result);
  };

  if (index > 0 && g->is_async == 0) {
    // `for x in [value]` is an assignment.
    const Seq<ExprNode*>* elements = g->iter->kind == NodeKind::List    ? &as_List(g->iter)->elts
                                     : g->iter->kind == NodeKind::Tuple ? &as_Tuple(g->iter)->elts
                                                                        : nullptr;
    if (elements != nullptr && elements->size() == 1 && (*elements)[0]->kind != NodeKind::Starred) {
      int32_t direct = direct_target(g->target);
      int32_t r = expr((*elements)[0], direct >= 0 ? direct : kAny);
      if (r == kFailed) return false;
      if (direct < 0 && !assign(g->target, r)) return false;
      out.depth = depth;
      if (!inner()) return false;
      out.bind(next);
      return true;
    }
  }

  if (index > 0) {
    iterator = out.pin();
    int32_t r = expr(g->iter, kAny);
    if (r == kFailed) return false;
    at(*g->iter);
    out.emit(g->is_async != 0 ? Op::GetAiter : Op::GetIter, iterator, r);
    out.depth = depth;
  }
  if (g->is_async != 0) {
    Label top = out.new_label();
    int32_t handler = out.new_handler(kTemp + depth);
    out.bind(top);
    at(*g->iter);
    int32_t outer = out.enter_region(handler);
    async_next(iterator);
    out.set_region(outer);
    if (!assign(g->target, kTemp + depth)) return false;
    out.depth = depth;
    if (!inner()) return false;
    out.bind(next);
    at(*g->iter);
    out.jump(top);
    out.bind_handler(handler);
    out.emit(Op::EndAsyncFor, iterator);
    out.bind(end);
  } else {
    Label body = out.new_label();
    int32_t direct = direct_target(g->target);
    int32_t item = direct >= 0 ? direct : kTemp + depth;
    at(*g->iter);
    out.emit(Op::ForIter, item, iterator, 0, end);
    if (direct < 0) out.push();
    out.bind(body);
    note_write(item);
    if (direct < 0 && !assign(g->target, item)) return false;
    out.depth = depth;
    if (!inner()) return false;
    out.bind(next);
    at(*g->iter);
    out.emit(Op::ForNext, item, iterator, 0, body);
    out.bind(end);
  }
  out.pinned = pinned;
  return true;
}

int32_t Compiler::comprehension(const Comp& comp, int32_t dst) {
  Scope* scope = table_.find(comp.node);
  if (scope == nullptr) {
    fail(*comp.node, "internal: comprehension without a scope");
    return kFailed;
  }
  Assembler& out = code();
  int32_t depth = out.depth;
  Comprehension* first = (*comp.generators)[0];
  bool is_generator = comp.type == ComprehensionType::Generator;
  bool is_async = scope->coroutine;
  bool in_async = unit_->is_async || unit_->scope->comprehension != ComprehensionType::None || top_level_await();
  if (is_async && !is_generator && !in_async) {
    fail(*comp.node, "asynchronous comprehension outside of an asynchronous function");
    return kFailed;
  }

  if (scope->inlined) {
    int32_t pinned = out.pinned;
    int32_t iterator = out.pin();
    int32_t r = expr(first->iter, kAny);
    if (r == kFailed) return kFailed;
    at(*first->iter);
    out.emit(first->is_async != 0 ? Op::GetAiter : Op::GetIter, iterator, r);
    at(*comp.node);
    Op build = comp.type == ComprehensionType::List ? Op::BuildList : comp.type == ComprehensionType::Set ? Op::BuildSet : Op::BuildMap;
    int32_t result = finish_op(build, kFresh, depth, kTemp + depth, 0);
    bind_hidden(scope);
    {
      Scoped<Scope*> inside(unit_->names_scope, scope);
      if (!generators(comp, 0, result, iterator)) return kFailed;
    }
    at(*comp.node);
    release_hidden(scope);
    out.pinned = pinned;
    out.depth = depth + 1;
    if (dst < 0) return result;
    move(dst, result);
    out.depth = depth;
    return dst;
  }

  static constexpr const char* kNames[] = {"", "<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>"};
  std::unique_ptr<CodeBlob> blob;
  {
    Unit unit;
    bool outer_async = unit_->is_async || top_level_await();
    enter_unit(unit, scope, kNames[int(comp.type)], comp.node->lineno);
    unit.is_async = is_async || outer_async;
    CodeBlob& b = *unit.blob;
    b.argcount = 1;
    if (is_generator) {
      b.flags |= is_async ? kCoAsyncGenerator : kCoGenerator;
    } else if (is_async) {
      b.flags |= kCoCoroutine;
    }
    prologue();
    at(*comp.node);
    int32_t result = -1;
    if (!is_generator) {
      Op build = comp.type == ComprehensionType::List ? Op::BuildList : comp.type == ComprehensionType::Set ? Op::BuildSet : Op::BuildMap;
      result = finish_op(build, kFresh, 0, kTemp, 0);
    }
    if (!generators(comp, 0, result, 0)) return kFailed;
    at(*comp.node);
    if (is_generator) {
      unit.code.emit(Op::ReturnNone);
    } else {
      unit.code.emit(Op::Return, result);
    }
    unit.code.depth = 0;
    close_generator();
    blob = leave_unit();
    if (blob == nullptr) return kFailed;
  }
  at(*comp.node);
  int32_t base = kTemp + depth;
  if (make_function(std::move(blob), base, 0, kFresh) == kFailed) return kFailed;
  int32_t r = expr(first->iter, kAny);
  if (r == kFailed) return kFailed;
  at(*comp.node);
  finish_op(first->is_async != 0 ? Op::GetAiter : Op::GetIter, kFresh, depth + 1, r);
  bool awaited = is_async && !is_generator;
  r = finish_op(Op::Call, awaited ? kFresh : dst, depth, base, 1);
  if (!awaited) return r;
  await_top(AwaitKind::Await);
  if (dst < 0) return r;
  move(dst, r);
  out.depth = depth;
  return dst;
}

}  // namespace orochi
