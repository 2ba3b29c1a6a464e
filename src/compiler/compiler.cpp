// Units, names and modules.
#include "compiler/compiler.h"

#include <algorithm>

#include "bytecode/verifier.h"

namespace orochi {

using namespace ast;

Compiler::Compiler(ModNode* mod, const CompileOptions& options, CompileResult& result)
    : mod_(mod), options_(options), result_(result), class_name_(names_.intern("__class__")),
      classdict_name_(names_.intern("__classdict__")), conditional_name_(names_.intern("__conditional_annotations__")) {
  size_t budget = options.stack_budget != 0 ? options.stack_budget : 400 * 1024;
  auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  stack_limit_ = here > budget ? here - budget : 0;
}

bool Compiler::fail(const Location& at, std::string message) {
  if (!result_.error.message.empty()) return false;
  SyntaxErrorInfo& e = result_.error;
  e = {};
  e.message = std::move(message);
  e.lineno = at.lineno;
  e.col = at.col_offset + 1;
  e.end_lineno = at.end_lineno;
  e.end_col = at.end_col_offset + 1;
  return false;
}

bool Compiler::fail_kind(SyntaxErrorKind kind, std::string message) {
  if (!result_.error.message.empty()) return false;
  result_.error = {};
  result_.error.kind = kind;
  result_.error.message = std::move(message);
  return false;
}

void Compiler::warn(const Location& at, std::string message, const char* category) {
  // The same statement may be compiled more than once (finally bodies).
  std::string key = std::to_string(at.lineno) + ":" + std::to_string(at.col_offset) + ":" + message;
  if (!warned_.insert(std::move(key)).second) return;
  result_.warnings.push_back({category, std::move(message), at.lineno, at.col_offset + 1, at.end_lineno, at.end_col_offset + 1});
}

bool Compiler::stack_ok() {
  if (reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) > stack_limit_) [[likely]] return true;
  return fail_kind(SyntaxErrorKind::RecursionError, "maximum recursion depth exceeded during compilation");
}

// ---- future statements ----

bool Compiler::future_statements(const Seq<StmtNode*>& body) {
  struct Feature {
    std::string_view name;
    uint32_t flag;
  };
  static constexpr Feature kFeatures[] = {
      {"nested_scopes", 0}, {"generators", 0}, {"division", 0}, {"absolute_import", 0}, {"with_statement", 0},
      {"print_function", 0}, {"unicode_literals", 0}, {"barry_as_FLUFL", kCoFutureBarryAsBdfl}, {"generator_stop", 0},
      {"annotations", kCoFutureAnnotations}};
  bool docstring_allowed = true;
  for (StmtNode* s : body) {
    if (s->kind == NodeKind::ImportFrom && as_ImportFrom(s)->module == "__future__" && as_ImportFrom(s)->level == 0) {
      for (Alias* alias : as_ImportFrom(s)->names) {
        bool known = false;
        for (const Feature& feature : kFeatures) {
          if (alias->name != feature.name) continue;
          future_ |= feature.flag;
          known = true;
        }
        if (!known && alias->name == "braces") return fail(*alias, "not a chance");
        if (!known) return fail(*alias, "future feature " + std::string(alias->name.substr(0, 100)) + " is not defined");
      }
      last_future_ = *s;
      docstring_allowed = false;
      continue;
    }
    auto* e = try_as<Expr>(s);
    if (docstring_allowed && e != nullptr && is<Constant>(e->value) && as_Constant(e->value)->value.kind == ConstantKind::Str) {
      docstring_allowed = false;
      continue;
    }
    break;
  }
  return true;
}

// ---- units ----

void Compiler::enter_unit(Unit& unit, Scope* scope, std::string_view name, int32_t line) {
  unit.outer = unit_;
  unit.scope = unit.names_scope = scope;
  unit.is_class = scope->type == ScopeType::Class;
  unit.blob = std::make_unique<CodeBlob>();
  unit.blob->name = name;
  unit.blob->filename = options_.filename;
  unit.blob->firstlineno = line;
  unit.private_name = unit_ != nullptr ? unit_->private_name : kNoName;
  set_qualname(unit, name);
  unit_ = &unit;

  CodeBlob& blob = *unit.blob;
  bool optimized = scope->is_function_like();
  if (optimized) {
    blob.flags |= kCoOptimized | kCoNewLocals;
    if (scope->nested) blob.flags |= kCoNested;
    if (scope->varargs) blob.flags |= kCoVarArgs;
    if (scope->varkeywords) blob.flags |= kCoVarKeywords;
    if (scope->is_method) blob.flags |= kCoMethod;
  }
  blob.flags |= future_ | (options_.flags & kCoFutureBarryAsBdfl);

  // Locals: parameters first.
  auto add_local = [&](NameId id, uint8_t kind) {
    blob.locals.push_back({names_.text(id), kind});
    return int32_t(blob.locals.size()) - 1;
  };
  if (optimized) {
    for (NameId id : scope->parameters) {
      Symbol* symbol = scope->find(id);
      symbol->reg = add_local(id, uint8_t(kLocalParam | (symbol->scope == SymbolScope::Cell ? kLocalCell : 0)));
      unit.code.set_bound(symbol->reg, true);
      if ((symbol->flags & kSymbolDeleted) != 0) unit.code.set_deletable(symbol->reg);
    }
    blob.nparams = uint32_t(scope->parameters.size());
    for (Symbol& symbol : scope->symbols) {
      if ((symbol.flags & kDefParam) != 0) continue;
      if (symbol.scope != SymbolScope::Local && symbol.scope != SymbolScope::Cell) continue;
      symbol.reg = add_local(symbol.name, symbol.scope == SymbolScope::Cell ? kLocalCell : kLocalPlain);
      if ((symbol.flags & kSymbolDeleted) != 0) unit.code.set_deletable(symbol.reg);
    }
  } else if (unit.is_class) {
    if (scope->needs_class_closure) unit.class_cell = add_local(class_name_, kLocalCell);
    if (scope->needs_classdict) unit.classdict_cell = add_local(classdict_name_, kLocalCell);
    if (scope->has_conditional_annotations) unit.conditional_cell = add_local(conditional_name_, kLocalCell);
  }
  std::vector<NameId> free;
  for (Symbol& symbol : scope->symbols) {
    if (symbol.scope == SymbolScope::Free || (symbol.flags & kDefFreeClass) != 0) free.push_back(symbol.name);
  }
  std::sort(free.begin(), free.end(), [&](NameId a, NameId b) { return names_.text(a) < names_.text(b); });
  for (NameId id : free) {
    unit.free_index.at(id) = uint32_t(blob.freevars.size());
    blob.freevars.push_back(names_.text(id));
  }
}

void Compiler::set_qualname(Unit& unit, std::string_view name) {
  CodeBlob& blob = *unit.blob;
  blob.qualname = name;
  Unit* outer = unit.outer;
  if (outer == nullptr || outer->scope->type == ScopeType::Module) return;
  // Hidden scopes of type parameters do not show.
  if (outer->scope->type == ScopeType::TypeParameters) {
    outer = outer->outer;
    if (outer == nullptr || outer->scope->type == ScopeType::Module) return;
  }
  if (unit.scope->type == ScopeType::Function || unit.scope->type == ScopeType::Class) {
    NameId id = mangle(names_, unit.outer->private_name, names_.intern(name));
    Symbol* symbol = outer->scope->find(id);
    if (symbol != nullptr && symbol->scope == SymbolScope::GlobalExplicit && unit.scope->comprehension == ComprehensionType::None) return;
  }
  bool function_like = outer->scope->type == ScopeType::Function && outer->scope->comprehension == ComprehensionType::None;
  blob.qualname = outer->blob->qualname + (function_like ? ".<locals>." : ".") + std::string(name);
}

void Compiler::prologue() {
  Unit& unit = *unit_;
  Assembler& code = unit.code;
  code.position = {unit.blob->firstlineno, unit.blob->firstlineno, 0, 0};
  for (size_t i = 0; i < unit.blob->locals.size(); i++) {
    if ((unit.blob->locals[i].kind & kLocalCell) != 0) {
      no_position();
      code.emit(Op::MakeCell, int32_t(i));
    }
  }
  int32_t line = unit.scope->type == ScopeType::Module ? 0 : unit.blob->firstlineno;
  code.position = {line, line, 0, 0};
  bool generator = (unit.blob->flags & (kCoGenerator | kCoCoroutine | kCoAsyncGenerator)) != 0;
  if (generator) {
    code.emit(Op::ReturnGenerator);
    code.enter_region(code.new_handler(kPinned));
  }
  code.emit(Op::Resume);
}

// The handler around a generator's whole body.
void Compiler::close_generator() {
  Unit& unit = *unit_;
  if ((unit.blob->flags & (kCoGenerator | kCoCoroutine | kCoAsyncGenerator)) == 0) return;
  unit.code.set_region(-1);
  unit.code.bind_handler(0);
  no_position();
  unit.code.emit(Op::GeneratorUnwind);
}

std::unique_ptr<CodeBlob> Compiler::leave_unit() {
  Unit& unit = *unit_;
  unit_ = unit.outer;
  if (!result_.error.message.empty()) return nullptr;
  const char* what = nullptr;
  if (!unit.code.finish(*unit.blob, what)) {
    fail_kind(SyntaxErrorKind::OverflowError, what);
    return nullptr;
  }
  return std::move(unit.blob);
}

// ---- names ----

Compiler::Place Compiler::resolve(NameId raw) {
  NameId id = mangled(raw);
  Scope* scope = unit_->names_scope;
  Place place{NameKind::Global, -1, id};
  // Inside inlined comprehensions.
  bool inlined = scope != unit_->scope;
  while (scope != unit_->scope) {
    Symbol* symbol = scope->find(id);
    if (symbol == nullptr) break;
    if (symbol->scope == SymbolScope::Local || symbol->scope == SymbolScope::Cell) {
      place.kind = symbol->scope == SymbolScope::Local ? NameKind::Fast : NameKind::Deref;
      place.reg = symbol->reg;  // nothing but the loop itself assigns it
      return place;
    }
    if (symbol->scope != SymbolScope::Free) return place;
    scope = scope->parent;
  }
  Scope* top = unit_->scope;
  if (inlined && !top->is_function_like()) {
    // A comprehension in a class or module body does not see the body's own names.
    uint32_t index = unit_->free_index.find(id);
    if (index != UINT32_MAX) {
      place.kind = NameKind::Free;
      place.reg = int32_t(index);
    }
    return place;
  }
  Symbol* symbol = top->find(id);
  if (unit_->conditional_cell >= 0 && id == conditional_name_) {
    place.kind = NameKind::Deref;
    place.reg = unit_->conditional_cell;
    return place;
  }
  switch (symbol == nullptr ? SymbolScope::None : symbol->scope) {
    case SymbolScope::Local:
      if (top->is_function_like()) {
        place.kind = NameKind::Fast;
        place.reg = symbol->reg;
        place.walrus = walrus_here_ && (symbol->flags & kSymbolWalrus) != 0;
      } else {
        place.kind = NameKind::Name;
      }
      return place;
    case SymbolScope::Cell:
      place.kind = NameKind::Deref;
      place.reg = symbol->reg;
      return place;
    case SymbolScope::Free:
      place.kind = unit_->is_class || top->can_see_class_scope ? NameKind::ClassFree : NameKind::Free;
      place.reg = int32_t(unit_->free_index.find(id));
      // An annotation scope reads __classdict__ itself directly.
      if (!unit_->is_class && id == classdict_name_) place.kind = NameKind::Free;
      return place;
    case SymbolScope::GlobalExplicit:
      return place;
    default:
      if (!top->is_function_like()) {
        place.kind = NameKind::Name;
      } else if (top->can_see_class_scope) {
        place.kind = NameKind::ClassGlobal;
      }
      return place;
  }
}

SymbolScope Compiler::scope_of(NameId id) {
  Symbol* symbol = unit_->names_scope->find(id);
  if (symbol == nullptr) symbol = unit_->scope->find(id);
  return symbol == nullptr ? SymbolScope::None : symbol->scope;
}

void Compiler::load_classdict(int32_t) {
  // In a new temp: the mapping in which a class-level annotation scope looks names up first.
  int32_t t = code().push();
  if (unit_->is_class) {
    code().emit(Op::LoadLocals, t);
  } else {
    code().emit(Op::LoadFree, t, int32_t(unit_->free_index.find(classdict_name_)));
  }
}

int32_t Compiler::load_place(const Place& place, int32_t dst) {
  Assembler& out = code();
  switch (place.kind) {
    case NameKind::Fast:
      if (!out.is_local_bound(place.reg)) {
        out.emit(Op::CheckLocal, place.reg);
        out.set_bound(place.reg, true);
      }
      if (dst == place.reg || (dst == kAny && !place.walrus)) return place.reg;
      return finish_op(Op::Move, dst, out.depth, place.reg);
    case NameKind::Deref:
      return finish_op(Op::LoadDeref, dst, out.depth, place.reg);
    case NameKind::Free:
      return finish_op(Op::LoadFree, dst, out.depth, place.reg);
    case NameKind::Global:
      return finish_op(Op::LoadGlobal, dst, out.depth, name_index(place.name));
    case NameKind::Name:
      return finish_op(Op::LoadName, dst, out.depth, name_index(place.name));
    case NameKind::ClassFree:
    case NameKind::ClassGlobal: {
      int32_t depth = out.depth;
      load_classdict(0);
      int32_t index = place.kind == NameKind::ClassFree ? place.reg : name_index(place.name);
      if (index > 0xffff) fail_kind(SyntaxErrorKind::OverflowError, "too many names in one code object");
      return finish_op(place.kind == NameKind::ClassFree ? Op::LoadFromDictOrFree : Op::LoadFromDictOrGlobals, dst, depth,
                       kTemp + depth, index);
    }
  }
  return kFailed;
}

void Compiler::store_place(const Place& place, int32_t src) {
  Assembler& out = code();
  switch (place.kind) {
    case NameKind::Fast:
      move(place.reg, src);
      note_write(place.reg);
      return;
    case NameKind::Deref:
      out.emit(Op::StoreDeref, place.reg, src);
      return;
    case NameKind::Free:
    case NameKind::ClassFree:
      out.emit(Op::StoreFree, place.reg, src);
      return;
    case NameKind::Global:
    case NameKind::ClassGlobal:
      out.emit(Op::StoreGlobal, src, name_index(place.name));
      return;
    case NameKind::Name:
      out.emit(Op::StoreName, src, name_index(place.name));
      return;
  }
}

void Compiler::delete_name(NameId raw) {
  Place place = resolve(raw);
  Assembler& out = code();
  switch (place.kind) {
    case NameKind::Fast:
      out.emit(out.is_local_bound(place.reg) ? Op::Clear : Op::DeleteLocal, place.reg);
      if (out.reachable) out.set_bound(place.reg, false);
      return;
    case NameKind::Deref:
      out.emit(Op::DeleteDeref, place.reg);
      return;
    case NameKind::Free:
    case NameKind::ClassFree:
      out.emit(Op::DeleteFree, place.reg);
      return;
    case NameKind::Global:
    case NameKind::ClassGlobal:
      out.emit(Op::DeleteGlobal, 0, name_index(place.name));
      return;
    case NameKind::Name:
      out.emit(Op::DeleteName, 0, name_index(place.name));
      return;
  }
}

void Compiler::emit_cell(NameId id) {
  Assembler& out = code();
  int32_t t = out.push();
  if (!out.reachable) return;
  for (Scope* scope = unit_->names_scope; scope != unit_->scope; scope = scope->parent) {
    Symbol* symbol = scope->find(id);
    if (symbol != nullptr && symbol->scope == SymbolScope::Cell) {
      out.emit(Op::Copy, t, symbol->reg);
      return;
    }
  }
  if (unit_->is_class) {
    int32_t reg = id == class_name_ ? unit_->class_cell : id == classdict_name_ ? unit_->classdict_cell
                  : id == conditional_name_ ? unit_->conditional_cell : -1;
    if (reg >= 0) {
      out.emit(Op::Copy, t, reg);
      return;
    }
  } else {
    Symbol* symbol = unit_->scope->find(id);
    if (symbol != nullptr && symbol->scope == SymbolScope::Cell && symbol->reg >= 0) {
      out.emit(Op::Copy, t, symbol->reg);
      return;
    }
  }
  uint32_t index = unit_->free_index.find(id);
  if (index == UINT32_MAX) {
    fail_kind(SyntaxErrorKind::RecursionError, "internal: no cell for '" + names_.text(id) + "' in " + unit_->blob->qualname);
    return;
  }
  out.emit(Op::LoadClosure, t, int32_t(index));
}

int32_t Compiler::name_index(NameId id) {
  uint32_t& slot = unit_->names.at(id);
  if (slot == UINT32_MAX) {
    slot = uint32_t(unit_->blob->names.size());
    unit_->blob->names.push_back(names_.text(id));
  }
  return int32_t(slot);
}

int32_t Compiler::attr_index(std::string_view name) {
  int32_t index = name_index(mangled(names_.intern(name)));
  if (index > 0xffff) fail_kind(SyntaxErrorKind::OverflowError, "too many names in one code object");
  return index;
}

// ---- modules ----

bool Compiler::module(const Seq<StmtNode*>& body) {
  Scope* scope = unit_->scope;
  bool deferred = scope->annotation_block != nullptr && (future_ & kCoFutureAnnotations) == 0;
  code().position = {1, 1, 0, 0};
  if (scope->annotation_block != nullptr && !deferred) code().emit(Op::SetupAnnotations);
  if (deferred) {
    unit_->annotation_slot = code().size();
    if (!body.empty()) {
      at(*body[0]);
      unit_->first_statement_line = body[0]->lineno;
    }
    int32_t t = code().push();
    code().emit(Op::BuildSet, t, t, 0);
    store_name(conditional_name_, t);
    code().depth = 0;
  }
  if (interactive_) {
    if (!statements(body)) return false;
  } else if (!body_with_docstring(body)) {
    return false;
  }
  no_position();
  code().emit(Op::ReturnNone);
  if (deferred && !unit_->deferred.empty()) {
    // The function stands at the start, so that a module that is still being executed has it.
    size_t from = code().size();
    code().reachable = true;
    if (!deferred_annotations("__annotate__")) return false;
    code().reachable = false;
    code().move_code(from, unit_->annotation_slot);
  }
  return true;
}

bool Compiler::run() {
  future_ = options_.flags & (kCoFutureAnnotations | kCoFutureBarryAsBdfl);
  const Seq<StmtNode*>* body = mod_->kind == NodeKind::Module        ? &as_Module(mod_)->body
                               : mod_->kind == NodeKind::Interactive ? &as_Interactive(mod_)->body
                                                                     : nullptr;
  interactive_ = mod_->kind == NodeKind::Interactive;
  if (body != nullptr && !future_statements(*body)) return false;
  result_.flags = options_.flags | future_;
  SymbolTableInput input{mod_, &names_, (future_ & kCoFutureAnnotations) != 0,
                         (options_.flags & kCompileAllowTopLevelAwait) != 0, stack_limit_};
  if (!build_symbol_table(input, table_, result_.error)) return false;

  Unit unit;
  enter_unit(unit, table_.top, "<module>", 1);
  CodeBlob& blob = *unit.blob;
  if ((options_.flags & kCompileAllowTopLevelAwait) != 0 && table_.top->coroutine) blob.flags |= kCoCoroutine;
  unit.is_async = (options_.flags & kCompileAllowTopLevelAwait) != 0;
  prologue();
  bool good = false;
  if (body != nullptr) {
    good = module(*body);
  } else if (mod_->kind == NodeKind::Expression) {
    ExprNode* e = as_Expression(mod_)->body;
    walrus_here_ = !table_.walrus_statements.empty();
    at(*e);
    int32_t r = expr(e, kAny);
    good = r != kFailed;
    if (good) {
      at(*e);
      code().emit(Op::Return, r);
      code().depth = 0;
    }
  }
  if (!good) {
    unit_ = nullptr;
    return false;
  }
  close_generator();
  result_.blob = leave_unit();
  return result_.blob != nullptr;
}

CompileResult compile(ModNode* mod, const CompileOptions& options) {
  CompileResult result;
  Compiler compiler(mod, options, result);
  if (!compiler.run() && result.error.message.empty()) {
    result.error.kind = SyntaxErrorKind::RecursionError;
    result.error.message = "internal: the compiler gave up without an error";
  }
  if (!result.error.message.empty()) result.blob.reset();
  // CPython finds jumps out of `finally` in a pass of its own, before all other warnings.
  std::vector<ParseWarning> ordered;
  for (bool about_finally : {true, false}) {
    for (ParseWarning& w : result.warnings) {
      if (w.message.ends_with("in a 'finally' block") == about_finally) ordered.push_back(w);
    }
  }
  result.warnings = std::move(ordered);
#if OROCHI_DEBUG_CHECKS
  if (result.blob != nullptr) {
    std::string problem = verify(*result.blob);
    if (!problem.empty()) {
      result.blob.reset();
      result.error = {};
      result.error.message = "internal: " + problem;
    }
  }
#endif
  return result;
}

}  // namespace orochi
