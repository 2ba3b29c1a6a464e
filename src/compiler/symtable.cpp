// The walk over the tree that records uses of names. The resolution pass is in resolve.cpp.
#include "compiler/symtable.h"

#include "compiler/resolve.h"

namespace orochi {

using namespace ast;

NameId mangle(NameTable& names, NameId class_name, NameId name) {
  if (class_name == kNoName) return name;
  const std::string& text = names.text(name);
  if (text.size() < 3 || text[0] != '_' || text[1] != '_') return name;
  if (text.ends_with("__") || text.find('.') != std::string::npos) return name;
  const std::string& owner = names.text(class_name);
  size_t skip = owner.find_first_not_of('_');
  if (skip == std::string::npos) return name;
  return names.intern("_" + owner.substr(skip) + text);
}

NameId mangle_in(NameTable& names, const Scope* scope, NameId class_name, NameId name) {
  if (class_name == kNoName) return name;
  if (scope->has_mangled_names) {
    bool listed = false;
    for (NameId id : scope->mangled_names) listed = listed || id == name;
    if (!listed) return name;
  }
  return mangle(names, class_name, name);
}

namespace {

class Collector {
 public:
  Collector(const SymbolTableInput& input, SymbolTable& table, SyntaxErrorInfo& error)
      : names_(*input.names), table_(table), error_(error), future_annotations_(input.future_annotations),
        top_level_await_(input.top_level_await),
        stack_limit_(input.stack_limit), class_(names_.intern("__class__")), classdict_(names_.intern("__classdict__")),
        conditional_(names_.intern("__conditional_annotations__")), super_(names_.intern("super")),
        debug_(names_.intern("__debug__")), format_(names_.intern(".format")) {}

  bool run(ModNode* mod) {
    table_.top = enter(names_.intern("top"), ScopeType::Module, mod, Location{});
    switch (mod->kind) {
      case NodeKind::Module:
        table_.top->has_docstring = has_docstring(as_Module(mod)->body);
        return statements(as_Module(mod)->body);
      case NodeKind::Interactive:
        return statements(as_Interactive(mod)->body);
      case NodeKind::Expression:
        return expression(as_Expression(mod)->body);
      default:
        return fail(Location{}, "this compiler does not handle FunctionTypes");
    }
  }

 private:
  NameTable& names_;
  SymbolTable& table_;
  SyntaxErrorInfo& error_;
  bool future_annotations_;
  bool top_level_await_;
  uintptr_t stack_limit_;
  NameId class_, classdict_, conditional_, super_, debug_, format_;
  NameId private_ = kNoName;
  Scope* current_ = nullptr;
  StmtNode* statement_ = nullptr;

  bool fail(const Location& at, std::string message) {
    error_ = {};
    error_.message = std::move(message);
    error_.lineno = at.lineno;
    error_.col = at.col_offset + 1;
    error_.end_lineno = at.end_lineno;
    error_.end_col = at.end_col_offset + 1;
    return false;
  }
  std::string quoted(NameId name) const { return "'" + names_.text(name) + "'"; }

  bool stack_ok() {
    if (reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) > stack_limit_) [[likely]] return true;
    error_ = {};
    error_.kind = SyntaxErrorKind::RecursionError;
    error_.message = "maximum recursion depth exceeded during compilation";
    return false;
  }

  static bool has_docstring(const Seq<StmtNode*>& body) {
    if (body.empty()) return false;
    auto* expr = try_as<Expr>(body[0]);
    if (expr == nullptr) return false;
    auto* constant = try_as<Constant>(expr->value);
    return constant != nullptr && constant->value.kind == ConstantKind::Str;
  }

  Scope* enter(NameId name, ScopeType type, const void* key, const Location& at) {
    Scope& scope = table_.scopes.emplace_back();
    scope.name = name;
    scope.type = type;
    scope.key = key;
    scope.location = at;
    scope.parent = current_;
    scope.unit = &scope;
    scope.private_name = private_;
    if (current_ != nullptr) {
      scope.nested = current_->nested || current_->is_function_like();
      current_->children.push_back(&scope);
      Scope* owner = current_->type == ScopeType::TypeParameters ? current_->parent : current_;
      scope.is_method = type == ScopeType::Function && owner->type == ScopeType::Class;
      scope.discarded = current_->discarded;
      scope.comprehension_iterable = current_->comprehension_iterable;
    }
    if (key != nullptr) table_.by_key[key] = &scope;
    current_ = &scope;
    if (type == ScopeType::Annotation || type == ScopeType::TypeVariable || type == ScopeType::TypeAlias) {
      add(format_, kDefParam, at);
    }
    return &scope;
  }
  void leave() { current_ = current_->parent; }

  bool add_to(Scope* scope, NameId raw, uint32_t flags, const Location& at) {
    NameId name = mangle_in(names_, scope, private_, raw);
    Symbol& symbol = scope->get(name);
    if ((flags & kDefParam) != 0 && (symbol.flags & kDefParam) != 0) {
      return fail(at, "duplicate argument " + quoted(name) + " in function definition");
    }
    if ((flags & kDefTypeParam) != 0 && (symbol.flags & kDefTypeParam) != 0) {
      return fail(at, "duplicate type parameter " + quoted(name));
    }
    uint32_t value = symbol.flags | flags;
    if (scope->comprehension_target) {
      // Only the targets of a comprehension's generators come here while this is set.
      if ((value & (kDefGlobal | kDefNonlocal)) != 0) {
        return fail(at, "comprehension inner loop cannot rebind assignment expression target " + quoted(name));
      }
      value |= kDefCompIter;
    }
    symbol.flags = value;
    if ((flags & kDefParam) != 0) {
      scope->parameters.push_back(name);
    } else if ((flags & kDefGlobal) != 0 && scope != table_.top) {
      table_.top->get(name).flags |= kDefGlobal;
    }
    return true;
  }
  bool add(NameId raw, uint32_t flags, const Location& at) { return add_to(current_, raw, flags, at); }
  bool add(Identifier name, uint32_t flags, const Location& at) { return add(names_.intern(name), flags, at); }

  bool check_store(Identifier name, const Location& at) {
    if (name == "__debug__") return fail(at, "cannot assign to __debug__");
    return true;
  }
  bool check_name(Identifier name, const Location& at, ExprContext context) {
    if (name != "__debug__" || context == ExprContext::Load) return true;
    return fail(at, context == ExprContext::Del ? "cannot delete __debug__" : "cannot assign to __debug__");
  }

  // ---- statements ----

  bool statements(const Seq<StmtNode*>& body) {
    for (StmtNode* stmt : body) {
      if (!statement(stmt)) return false;
    }
    return true;
  }
  bool conditional_statements(const Seq<StmtNode*>& body) {
    bool saved = current_->in_conditional_block;
    current_->in_conditional_block = true;
    Scope* scope = current_;
    bool good = statements(body);
    scope->in_conditional_block = saved;
    return good;
  }
  bool expressions(const Seq<ExprNode*>& list) {
    for (ExprNode* e : list) {
      if (e != nullptr && !expression(e)) return false;
    }
    return true;
  }
  bool optional(ExprNode* e) { return e == nullptr || expression(e); }

  template <typename F>
  bool function(F* s, bool is_async) {
    if (!check_store(s->name, *s) || !add(s->name, kDefLocal, *s)) return false;
    if (!expressions(s->args->defaults) || !expressions(s->args->kw_defaults)) return false;
    if (!expressions(s->decorator_list)) return false;
    NameId name = names_.intern(s->name);
    if (!s->type_params.empty()) {
      bool kw = false;
      for (ExprNode* e : s->args->kw_defaults) kw = kw || e != nullptr;
      if (!enter_type_params(name, &s->type_params, !s->args->defaults.empty(), kw, false, *s)) return false;
      if (!type_params(s->type_params)) return false;
    }
    if (!function_annotations(s->args, s->returns, *s)) return false;
    Scope* scope = enter(name, ScopeType::Function, s, *s);
    scope->has_docstring = has_docstring(s->body);
    if (is_async) scope->coroutine = true;
    if (!arguments(s->args) || !statements(s->body)) return false;
    leave();
    if (!s->type_params.empty()) leave();
    return true;
  }

  bool enter_type_params(NameId name, const void* key, bool defaults, bool kwdefaults, bool is_class, const Location& at) {
    bool in_class = current_->type == ScopeType::Class;
    enter(name, ScopeType::TypeParameters, key, at);
    if (in_class) {
      current_->can_see_class_scope = true;
      if (!add(classdict_, kUse, at)) return false;
    }
    if (is_class) {
      if (!add(".type_params", kDefLocal | kUse, at) || !add(".generic_base", kDefLocal | kUse, at)) return false;
    }
    if (defaults && !add(".defaults", kDefParam, at)) return false;
    if (kwdefaults && !add(".kwdefaults", kDefParam, at)) return false;
    return true;
  }

  bool type_params(const Seq<TypeParamNode*>& params) {
    for (TypeParamNode* p : params) {
      switch (p->kind) {
        case NodeKind::TypeVar: {
          auto* tv = as_TypeVar(p);
          if (!type_param_name(tv->name, *p)) return false;
          if (tv->bound != nullptr) {
            bool tuple = is<Tuple>(tv->bound);
            if (!type_variable_scope(tv->bound, tv->name, p, tuple ? "a TypeVar constraint" : "a TypeVar bound")) return false;
          }
          if (!type_param_default(tv->default_value, tv->name, p, "a TypeVar default")) return false;
          break;
        }
        case NodeKind::ParamSpec:
          if (!type_param_name(as_ParamSpec(p)->name, *p)) return false;
          if (!type_param_default(as_ParamSpec(p)->default_value, as_ParamSpec(p)->name, p, "a ParamSpec default")) return false;
          break;
        default:
          if (!type_param_name(as_TypeVarTuple(p)->name, *p)) return false;
          if (!type_param_default(as_TypeVarTuple(p)->default_value, as_TypeVarTuple(p)->name, p, "a TypeVarTuple default")) return false;
      }
    }
    return true;
  }
  bool type_param_name(Identifier name, const Location& at) {
    if (name == "__classdict__" || name == "__class__" || name == "__conditional_annotations__") {
      return fail(at, "reserved name '" + std::string(name) + "' cannot be used for type parameter");
    }
    if (current_->has_mangled_names) current_->mangled_names.push_back(names_.intern(name));
    return check_store(name, at) && add(name, kDefTypeParam | kDefLocal, at);
  }
  bool type_param_default(ExprNode* value, Identifier name, TypeParamNode* p, const char* place) {
    if (value == nullptr) return true;
    return type_variable_scope(value, name, reinterpret_cast<const char*>(p) + 1, place);
  }
  bool type_variable_scope(ExprNode* value, Identifier name, const void* key, const char* place) {
    bool in_class = current_->can_see_class_scope;
    enter(names_.intern(name), ScopeType::TypeVariable, key, *value);
    current_->place = place;
    if (in_class) {
      current_->can_see_class_scope = true;
      if (!add(classdict_, kUse, *value)) return false;
    }
    if (!expression(value)) return false;
    leave();
    return true;
  }

  bool function_annotations(Arguments* args, ExprNode* returns, const Location& at) {
    bool is_class = !future_annotations_ && (current_->type == ScopeType::Class || current_->can_see_class_scope);
    enter(names_.intern("__annotate__"), ScopeType::Annotation, args, at);
    current_->discarded = current_->discarded || future_annotations_;
    if (is_class) {
      current_->can_see_class_scope = true;
      if (!add(classdict_, kUse, at)) return false;
    }
    auto list = [&](const Seq<Arg*>& items) {
      for (Arg* a : items) {
        if (!annotation_of(a)) return false;
      }
      return true;
    };
    if (!list(args->posonlyargs) || !list(args->args) || !annotation_of(args->vararg) || !annotation_of(args->kwarg) ||
        !list(args->kwonlyargs)) {
      return false;
    }
    if (returns != nullptr) {
      current_->annotations_used = true;
      if (!expression(returns)) return false;
    }
    leave();
    return true;
  }
  bool annotation_of(Arg* a) {
    if (a == nullptr || a->annotation == nullptr) return true;
    current_->annotations_used = true;
    return expression(a->annotation);
  }

  bool arguments(Arguments* args) {
    auto list = [&](const Seq<Arg*>& items) {
      for (Arg* a : items) {
        if (!check_store(a->arg, *a) || !add(a->arg, kDefParam, *a)) return false;
      }
      return true;
    };
    auto one = [&](Arg* a) { return check_store(a->arg, *a) && add(a->arg, kDefParam, *a); };
    if (!list(args->posonlyargs) || !list(args->args) || !list(args->kwonlyargs)) return false;
    if (args->vararg != nullptr) {
      if (!one(args->vararg)) return false;
      current_->varargs = true;
    }
    if (args->kwarg != nullptr) {
      if (!one(args->kwarg)) return false;
      current_->varkeywords = true;
    }
    return true;
  }

  bool class_def(ClassDef* s) {
    if (!check_store(s->name, *s) || !add(s->name, kDefLocal, *s) || !expressions(s->decorator_list)) return false;
    NameId name = names_.intern(s->name);
    NameId saved = private_;
    if (!s->type_params.empty()) {
      if (!enter_type_params(name, &s->type_params, false, false, true, *s)) return false;
      current_->has_mangled_names = true;
      private_ = name;
      if (!type_params(s->type_params)) return false;
    }
    if (!expressions(s->bases) || !keywords(s->keywords)) return false;
    private_ = name;
    Scope* scope = enter(name, ScopeType::Class, s, *s);
    scope->has_docstring = has_docstring(s->body);
    if (!s->type_params.empty()) {
      if (!add("__type_params__", kDefLocal, *s) || !add(".type_params", kUse, *s)) return false;
    }
    if (!statements(s->body)) return false;
    leave();
    if (!s->type_params.empty()) leave();
    private_ = saved;
    return true;
  }
  bool keywords(const Seq<Keyword*>& list) {
    for (Keyword* k : list) {
      if (!is_absent(k->arg) && !check_store(k->arg, *k)) return false;
      if (!expression(k->value)) return false;
    }
    return true;
  }

  bool declaration(const Seq<Identifier>& list, const Location& at, bool is_global) {
    for (Identifier text : list) {
      NameId name = names_.intern(text);
      Symbol* symbol = current_->find(mangle_in(names_, current_, private_, name));
      uint32_t flags = symbol != nullptr ? symbol->flags : 0;
      if ((flags & (kDefParam | kDefLocal | kUse | kDefAnnot)) != 0) {
        std::string word = is_global ? "global" : "nonlocal";
        std::string q = quoted(name);
        if ((flags & kDefParam) != 0) return fail(at, "name " + q + " is parameter and " + word);
        if ((flags & kUse) != 0) return fail(at, "name " + q + " is used prior to " + word + " declaration");
        if ((flags & kDefAnnot) != 0) return fail(at, "annotated name " + q + " can't be " + word);
        return fail(at, "name " + q + " is assigned to before " + word + " declaration");
      }
      if (!add(name, is_global ? kDefGlobal : kDefNonlocal, at)) return false;
      set_location(name, at);
    }
    return true;
  }
  // Where a declaration stood, for the errors of the resolution pass.
  void set_location(NameId name, const Location& at) {
    directives_.push_back({current_, mangle_in(names_, current_, private_, name), at});
  }

 public:
  struct Directive {
    Scope* scope;
    NameId name;
    Location at;
  };
  std::vector<Directive> directives_;

 private:
  bool annotation(ExprNode* e) {
    Scope* owner = current_;
    if ((owner->type == ScopeType::Class && owner->in_conditional_block) || owner->type == ScopeType::Module) {
      if (!owner->has_conditional_annotations) {
        owner->has_conditional_annotations = true;
        if (!add(conditional_, kUse, *e)) return false;
      }
    }
    if (owner->annotation_block == nullptr) {
      enter(names_.intern("__annotate__"), ScopeType::Annotation, nullptr, *e);
      owner->annotation_block = current_;
      current_->discarded = current_->discarded || future_annotations_;
      if (owner->type == ScopeType::Class && !future_annotations_) {
        current_->can_see_class_scope = true;
        if (!add(classdict_, kUse, *e)) return false;
      }
    } else {
      current_ = owner->annotation_block;
    }
    bool unevaluated = owner->type == ScopeType::Function;
    current_->in_unevaluated_annotation = unevaluated;
    if (!expression(e)) return false;
    current_->in_unevaluated_annotation = false;
    current_ = owner;
    return true;
  }

  bool handlers(const Seq<ExceptHandlerNode*>& list) {
    for (ExceptHandlerNode* node : list) {
      auto* h = as_ExceptHandler(node);
      if (!optional(h->type)) return false;
      if (!is_absent(h->name)) {
        if (!check_store(h->name, *h) || !add(h->name, kDefLocal | kSymbolDeleted, *h)) return false;
      }
      if (!conditional_statements(h->body)) return false;
    }
    return true;
  }
  template <typename T>
  bool try_statement(T* s) {
    return conditional_statements(s->body) && handlers(s->handlers) && conditional_statements(s->orelse) &&
           conditional_statements(s->finalbody);
  }
  template <typename T>
  bool for_statement(T* s) {
    return expression(s->target) && expression(s->iter) && conditional_statements(s->body) &&
           conditional_statements(s->orelse);
  }
  template <typename T>
  bool with_statement(T* s) {
    for (WithItem* item : s->items) {
      if (!expression(item->context_expr) || !optional(item->optional_vars)) return false;
    }
    return conditional_statements(s->body);
  }

  bool statement(StmtNode* node) {
    if (!stack_ok()) return false;
    StmtNode* outer = statement_;
    statement_ = node;
    bool good = statement_body(node);
    statement_ = outer;
    return good;
  }
  bool statement_body(StmtNode* node) {
    switch (node->kind) {
      case NodeKind::FunctionDef: return function(as_FunctionDef(node), false);
      case NodeKind::AsyncFunctionDef: return function(as_AsyncFunctionDef(node), true);
      case NodeKind::ClassDef: return class_def(as_ClassDef(node));
      case NodeKind::Return:
        if (as_Return(node)->value != nullptr) {
          if (!expression(as_Return(node)->value)) return false;
          current_->returns_value = true;
        }
        return true;
      case NodeKind::Delete: return expressions(as_Delete(node)->targets);
      case NodeKind::Assign: return expressions(as_Assign(node)->targets) && expression(as_Assign(node)->value);
      case NodeKind::TypeAlias: {
        auto* s = as_TypeAlias(node);
        if (!expression(s->name)) return false;
        NameId name = names_.intern(is<Name>(s->name) ? as_Name(s->name)->id : Identifier("?"));
        bool in_class = current_->type == ScopeType::Class;
        bool generic = !s->type_params.empty();
        if (generic) {
          if (!enter_type_params(name, &s->type_params, false, false, false, *s) || !type_params(s->type_params)) return false;
        }
        enter(name, ScopeType::TypeAlias, s, *s);
        if (in_class) {
          current_->can_see_class_scope = true;
          if (!add(classdict_, kUse, *s->value)) return false;
        }
        if (!expression(s->value)) return false;
        leave();
        if (generic) leave();
        return true;
      }
      case NodeKind::AugAssign: return expression(as_AugAssign(node)->target) && expression(as_AugAssign(node)->value);
      case NodeKind::AnnAssign: {
        auto* s = as_AnnAssign(node);
        current_->annotations_used = true;
        if (auto* target = try_as<Name>(s->target)) {
          NameId name = names_.intern(target->id);
          Symbol* symbol = current_->find(mangle_in(names_, current_, private_, name));
          uint32_t flags = symbol != nullptr ? symbol->flags : 0;
          if ((flags & (kDefGlobal | kDefNonlocal)) != 0 && current_ != table_.top && s->simple != 0) {
            return fail(*s, "annotated name " + quoted(name) + " can't be " + ((flags & kDefGlobal) != 0 ? "global" : "nonlocal"));
          }
          if (!check_store(target->id, *target)) return false;
          if (s->simple != 0) {
            if (!add(name, kDefAnnot | kDefLocal, *target)) return false;
          } else if (s->value != nullptr) {
            if (!add(name, kDefLocal, *target)) return false;
          }
        } else if (!expression(s->target)) {
          return false;
        }
        return annotation(s->annotation) && optional(s->value);
      }
      case NodeKind::For: return for_statement(as_For(node));
      case NodeKind::AsyncFor:
        if (!in_coroutine(*node, "'async for' outside async function")) return false;
        return for_statement(as_AsyncFor(node));
      case NodeKind::While:
        return expression(as_While(node)->test) && conditional_statements(as_While(node)->body) &&
               conditional_statements(as_While(node)->orelse);
      case NodeKind::If:
        return expression(as_If(node)->test) && conditional_statements(as_If(node)->body) &&
               conditional_statements(as_If(node)->orelse);
      case NodeKind::With: return with_statement(as_With(node));
      case NodeKind::AsyncWith:
        if (!in_coroutine(*node, "'async with' outside async function")) return false;
        return with_statement(as_AsyncWith(node));
      case NodeKind::Match: {
        auto* s = as_Match(node);
        if (!expression(s->subject)) return false;
        for (MatchCase* c : s->cases) {
          if (!pattern(c->pattern) || !optional(c->guard) || !conditional_statements(c->body)) return false;
        }
        return true;
      }
      case NodeKind::Raise: return optional(as_Raise(node)->exc) && optional(as_Raise(node)->cause);
      case NodeKind::Try: return try_statement(as_Try(node));
      case NodeKind::TryStar: return try_statement(as_TryStar(node));
      case NodeKind::Assert: return expression(as_Assert(node)->test) && optional(as_Assert(node)->msg);
      case NodeKind::Import: return aliases(as_Import(node)->names);
      case NodeKind::ImportFrom: return aliases(as_ImportFrom(node)->names);
      case NodeKind::Global: return declaration(as_Global(node)->names, *node, true);
      case NodeKind::Nonlocal: return declaration(as_Nonlocal(node)->names, *node, false);
      case NodeKind::Expr: return expression(as_Expr(node)->value);
      default: return true;
    }
  }

  bool in_coroutine(const Location& at, const char* message) {
    if (top_level_await_ && current_->type == ScopeType::Module) current_->coroutine = true;
    return current_->coroutine || fail(at, message);
  }

  bool aliases(const Seq<Alias*>& list) {
    for (Alias* a : list) {
      Identifier stored = is_absent(a->asname) ? a->name : a->asname;
      if (stored == "*") {
        if (current_->type != ScopeType::Module) return fail(*a, "import * only allowed at module level");
        continue;
      }
      if (is_absent(a->asname)) stored = stored.substr(0, stored.find('.'));
      if (!check_store(stored, *a) || !add(stored, kDefImport, *a)) return false;
    }
    return true;
  }

  bool pattern(PatternNode* node) {
    if (!stack_ok()) return false;
    auto all = [&](const Seq<PatternNode*>& list) {
      for (PatternNode* p : list) {
        if (!pattern(p)) return false;
      }
      return true;
    };
    auto capture = [&](Identifier name) {
      return is_absent(name) || (check_store(name, *node) && add(name, kDefLocal, *node));
    };
    switch (node->kind) {
      case NodeKind::MatchValue: return expression(as_MatchValue(node)->value);
      case NodeKind::MatchSequence: return all(as_MatchSequence(node)->patterns);
      case NodeKind::MatchMapping:
        return expressions(as_MatchMapping(node)->keys) && all(as_MatchMapping(node)->patterns) &&
               capture(as_MatchMapping(node)->rest);
      case NodeKind::MatchClass: {
        auto* p = as_MatchClass(node);
        if (!expression(p->cls) || !all(p->patterns)) return false;
        for (Identifier name : p->kwd_attrs) {
          if (!check_store(name, *node)) return false;
        }
        return all(p->kwd_patterns);
      }
      case NodeKind::MatchStar: return capture(as_MatchStar(node)->name);
      case NodeKind::MatchAs:
        if (as_MatchAs(node)->pattern != nullptr && !pattern(as_MatchAs(node)->pattern)) return false;
        return capture(as_MatchAs(node)->name);
      case NodeKind::MatchOr: return all(as_MatchOr(node)->patterns);
      default: return true;
    }
  }

  // ---- expressions ----

  bool refuse_in_annotation(const char* what, const Location& at) {
    std::string text = what;
    switch (current_->type) {
      case ScopeType::Annotation: return fail(at, text + " cannot be used within an annotation");
      case ScopeType::TypeVariable: return fail(at, text + " cannot be used within " + current_->place);
      case ScopeType::TypeAlias: return fail(at, text + " cannot be used within a type alias");
      case ScopeType::TypeParameters: return fail(at, text + " cannot be used within the definition of a generic");
      default: return true;
    }
  }

  bool comprehension(ExprNode* e, const char* name, ComprehensionType type, const Seq<Comprehension*>& generators,
                     ExprNode* element, ExprNode* value) {
    Comprehension* first = generators[0];
    bool saved = current_->comprehension_iterable;
    current_->comprehension_iterable = true;
    Scope* outer = current_;
    if (!expression(first->iter)) return false;
    outer->comprehension_iterable = saved;
    Scope* scope = enter(names_.intern(name), ScopeType::Function, e, *e);
    scope->comprehension = type;
    // A comprehension in a conditional expression of a class must not see this class's private state.
    scope->inlined = type != ComprehensionType::Generator && !outer->can_see_class_scope;
    if (scope->inlined) scope->unit = outer->unit;
    if (!add(".0", kDefParam, *e)) return false;
    for (uint32_t i = 0; i < generators.size(); i++) {
      Comprehension* g = generators[i];
      if (g->is_async != 0) scope->coroutine = true;
      scope->comprehension_target = true;
      if (!expression(g->target)) return false;
      scope->comprehension_target = false;
      if (i != 0) {
        scope->comprehension_iterable = true;
        if (!expression(g->iter)) return false;
        scope->comprehension_iterable = false;
      }
      if (!expressions(g->ifs)) return false;
    }
    if (value != nullptr && !expression(value)) return false;
    if (!expression(element)) return false;
    if (type == ComprehensionType::Generator) scope->generator = true;
    leave();
    if (scope->coroutine && type != ComprehensionType::Generator) outer->coroutine = true;
    return true;
  }

  bool named_in_comprehension(Name* target) {
    NameId raw = names_.intern(target->id);
    for (Scope* scope = current_; scope != nullptr; scope = scope->parent) {
      NameId name = mangle_in(names_, scope, private_, raw);
      Symbol* symbol = scope->find(name);
      uint32_t flags = symbol != nullptr ? symbol->flags : 0;
      if (scope->comprehension != ComprehensionType::None) {
        if ((flags & kDefCompIter) != 0 && (flags & kDefLocal) != 0) {
          return fail(*target, "assignment expression cannot rebind comprehension iteration variable " + quoted(raw));
        }
        continue;
      }
      switch (scope->type) {
        case ScopeType::Function:
          if (!add(raw, (flags & kDefGlobal) != 0 ? kDefGlobal : kDefNonlocal, *target)) return false;
          set_location(raw, *target);
          return add_to(scope, raw, kDefLocal | kSymbolWalrus, *target);
        case ScopeType::Module:
          if (!add(raw, kDefGlobal, *target)) return false;
          set_location(raw, *target);
          return add_to(scope, raw, kDefGlobal, *target);
        case ScopeType::Class:
          return fail(*target, "assignment expression within a comprehension cannot be used in a class body");
        case ScopeType::TypeVariable:
          return fail(*target, "assignment expression within a comprehension cannot be used in a TypeVar bound");
        case ScopeType::TypeAlias:
          return fail(*target, "assignment expression within a comprehension cannot be used in a type alias");
        case ScopeType::TypeParameters:
          return fail(*target, "assignment expression within a comprehension cannot be used within the definition of a generic");
        case ScopeType::Annotation:
          return fail(*target, "named expression cannot be used within an annotation");
      }
    }
    return true;
  }

  bool expression(ExprNode* node) {
    if (!stack_ok()) return false;
    switch (node->kind) {
      case NodeKind::Name: {
        auto* e = as_Name(node);
        if (!check_name(e->id, *e, e->ctx)) return false;
        if (current_->in_unevaluated_annotation) return true;
        uint32_t flags = e->ctx == ExprContext::Load ? kUse
                         : e->ctx == ExprContext::Del ? (kDefLocal | kSymbolDeleted)
                                                      : uint32_t(kDefLocal);
        NameId id = names_.intern(e->id);
        if (!add(id, flags, *e)) return false;
        if (id == super_ && e->ctx == ExprContext::Load && current_->is_function_like()) return add(class_, kUse, *e);
        return true;
      }
      case NodeKind::Constant: return true;
      case NodeKind::Attribute:
        return check_name(as_Attribute(node)->attr, *node, as_Attribute(node)->ctx) && expression(as_Attribute(node)->value);
      case NodeKind::Call: {
        auto* e = as_Call(node);
        return expression(e->func) && expressions(e->args) && keywords(e->keywords);
      }
      case NodeKind::BinOp: {
        // The left spine of a long chain is walked without recursion.
        auto* e = as_BinOp(node);
        std::vector<ExprNode*> rights;
        ExprNode* left = e;
        while (left->kind == NodeKind::BinOp) {
          rights.push_back(as_BinOp(left)->right);
          left = as_BinOp(left)->left;
        }
        if (!expression(left)) return false;
        for (size_t i = rights.size(); i-- > 0;) {
          if (!expression(rights[i])) return false;
        }
        return true;
      }
      case NodeKind::Subscript: return expression(as_Subscript(node)->value) && expression(as_Subscript(node)->slice);
      case NodeKind::BoolOp: return expressions(as_BoolOp(node)->values);
      case NodeKind::NamedExpr: {
        auto* e = as_NamedExpr(node);
        if (!refuse_in_annotation("named expression", *e)) return false;
        table_.walrus_statements.insert(statement_);
        if (current_->comprehension_iterable) {
          return fail(*e, "assignment expression cannot be used in a comprehension iterable expression");
        }
        if (current_->comprehension != ComprehensionType::None && !named_in_comprehension(as_Name(e->target))) return false;
        if (!expression(e->value)) return false;
        auto* target = as_Name(e->target);
        if (!check_store(target->id, *target)) return false;
        return add(target->id, kDefLocal | kSymbolWalrus, *target);
      }
      case NodeKind::UnaryOp: return expression(as_UnaryOp(node)->operand);
      case NodeKind::Lambda: {
        auto* e = as_Lambda(node);
        if (!expressions(e->args->defaults) || !expressions(e->args->kw_defaults)) return false;
        enter(names_.intern("lambda"), ScopeType::Function, e, *e);
        if (!arguments(e->args) || !expression(e->body)) return false;
        leave();
        return true;
      }
      case NodeKind::IfExp: {
        auto* e = as_IfExp(node);
        return expression(e->test) && expression(e->body) && expression(e->orelse);
      }
      case NodeKind::Dict: return expressions(as_Dict(node)->keys) && expressions(as_Dict(node)->values);
      case NodeKind::Set: return expressions(as_Set(node)->elts);
      case NodeKind::ListComp:
        return comprehension(node, "<listcomp>", ComprehensionType::List, as_ListComp(node)->generators, as_ListComp(node)->elt, nullptr);
      case NodeKind::SetComp:
        return comprehension(node, "<setcomp>", ComprehensionType::Set, as_SetComp(node)->generators, as_SetComp(node)->elt, nullptr);
      case NodeKind::DictComp:
        return comprehension(node, "<dictcomp>", ComprehensionType::Dict, as_DictComp(node)->generators, as_DictComp(node)->key,
                             as_DictComp(node)->value);
      case NodeKind::GeneratorExp:
        return comprehension(node, "<genexpr>", ComprehensionType::Generator, as_GeneratorExp(node)->generators,
                             as_GeneratorExp(node)->elt, nullptr);
      case NodeKind::Await:
        if (!refuse_in_annotation("await expression", *node)) return false;
        if (!top_level_await_ || current_->type != ScopeType::Module) {
          if (!current_->is_function_like()) return fail(*node, "'await' outside function");
          if (!current_->coroutine && current_->comprehension == ComprehensionType::None) return fail(*node, "'await' outside async function");
        }
        if (!expression(as_Await(node)->value)) return false;
        current_->coroutine = true;
        return true;
      case NodeKind::Yield:
        return refuse_in_annotation("yield expression", *node) && optional(as_Yield(node)->value) && yields(node);
      case NodeKind::YieldFrom:
        return refuse_in_annotation("yield expression", *node) && expression(as_YieldFrom(node)->value) && yields(node);
      case NodeKind::Compare: return expression(as_Compare(node)->left) && expressions(as_Compare(node)->comparators);
      case NodeKind::FormattedValue: return expression(as_FormattedValue(node)->value) && optional(as_FormattedValue(node)->format_spec);
      case NodeKind::Interpolation: return expression(as_Interpolation(node)->value) && optional(as_Interpolation(node)->format_spec);
      case NodeKind::JoinedStr: return expressions(as_JoinedStr(node)->values);
      case NodeKind::TemplateStr: return expressions(as_TemplateStr(node)->values);
      case NodeKind::Starred: return expression(as_Starred(node)->value);
      case NodeKind::List: return expressions(as_List(node)->elts);
      case NodeKind::Tuple: return expressions(as_Tuple(node)->elts);
      case NodeKind::Slice: return optional(as_Slice(node)->lower) && optional(as_Slice(node)->upper) && optional(as_Slice(node)->step);
      default: return true;
    }
  }

  bool yields(ExprNode* node) {
    current_->generator = true;
    switch (current_->comprehension) {
      case ComprehensionType::None: return true;
      case ComprehensionType::List: return fail(*node, "'yield' inside list comprehension");
      case ComprehensionType::Set: return fail(*node, "'yield' inside set comprehension");
      case ComprehensionType::Dict: return fail(*node, "'yield' inside dict comprehension");
      case ComprehensionType::Generator: return fail(*node, "'yield' inside generator expression");
    }
    return true;
  }
};

}  // namespace

bool build_symbol_table(const SymbolTableInput& input, SymbolTable& table, SyntaxErrorInfo& error) {
  Collector collector(input, table, error);
  if (!collector.run(input.mod)) return false;
  ResolveError problem;
  if (resolve_names(table, *input.names, problem)) return true;
  Location at = problem.scope->location;
  for (const auto& directive : collector.directives_) {
    if (directive.scope == problem.scope && directive.name == problem.name) {
      at = directive.at;
      break;
    }
  }
  error = {};
  error.message = problem.message;
  error.lineno = at.lineno;
  error.col = at.col_offset + 1;
  error.end_lineno = at.end_lineno;
  error.end_col = at.end_col_offset + 1;
  return false;
}

}  // namespace orochi
