// Statements: simple ones, blocks, and everything that a compound statement's header may hold.
// A compound statement ends with its block's last token that is not a newline or a change of indentation.
#include "syntax/parser.h"

namespace orochi::syntax {

// ---- statement lists ---------------------------------------------------------------------------------------------

bool Parser::statement(Collector<StmtNode>& out) {
  switch (kind()) {
    case Tok::kwIf: case Tok::kwWhile: case Tok::kwFor: case Tok::kwWith: case Tok::kwTry: case Tok::kwDef:
    case Tok::kwClass: case Tok::kwAsync: case Tok::At: {
      StmtNode* node = compound_statement();
      if (node == nullptr) return false;
      out.add(node);
      return true;
    }
    case Tok::Name:
      if (at_soft(Soft::Match)) {
        StmtNode* node = match_statement();
        if (node != nullptr) {
          out.add(node);
          return true;
        }
        if (raised_) return false;
      }
      [[fallthrough]];
    default: return simple_statements(out);
  }
}

bool Parser::simple_statements(Collector<StmtNode>& out) {
  for (;;) {
    StmtNode* node = simple_statement();
    if (node == nullptr) return false;
    out.add(node);
    if (OROCHI_LIKELY(accept(Tok::Newline))) return true;
    if (!accept(Tok::Semicolon)) return false;
    if (accept(Tok::Newline)) return true;
  }
}

StmtNode* Parser::compound_statement() {
  if (!check_stack()) return nullptr;
  const Token& start = cur();
  switch (start.kind) {
    case Tok::kwIf: return if_statement();
    case Tok::kwWhile: return while_statement();
    case Tok::kwFor: return for_statement(start, false);
    case Tok::kwWith: return with_statement(start, false);
    case Tok::kwTry: return try_statement();
    case Tok::kwDef: return function_definition(start, false, {});
    case Tok::kwClass: return class_definition({});
    case Tok::At: return decorated();
    case Tok::kwAsync:
      advance();
      if (kind() == Tok::kwDef) return function_definition(start, true, {});
      if (kind() == Tok::kwFor) return for_statement(start, true);
      if (kind() == Tok::kwWith) return with_statement(start, true);
      return nullptr;
    default: return nullptr;
  }
}

// After ':': an indented block or statements on the same line. `what` and `lineno` are for the error.
bool Parser::block(Seq<StmtNode*>& body, const char* what, int32_t lineno) {
  Collector<StmtNode> statements(*this);
  if (accept(Tok::Newline)) {
    if (!accept(Tok::Indent)) {
      if (diagnose_) no_block_error(what, lineno);
      return false;
    }
    while (kind() != Tok::Dedent) {
      if (kind() == Tok::EndMarker) return false;
      if (!statement(statements)) return false;
    }
    advance();
  } else if (!simple_statements(statements)) {
    return false;
  }
  body = statements.finish();
  return true;
}

String Parser::type_comment() {
  if (kind() != Tok::TypeComment) return {};
  return arena_.copy(token_text(advance()));
}

// After the ':' of a def: on the same line, or alone on the next one.
String Parser::function_type_comment() {
  if (kind() == Tok::Newline && peek_kind() == Tok::TypeComment && peek_kind(2) == Tok::Newline &&
      peek_kind(3) == Tok::Indent) {
    advance();
    return type_comment();
  }
  if (diagnose_ && kind() == Tok::TypeComment && peek_kind(1) == Tok::Newline && peek_kind(2) == Tok::TypeComment &&
      peek_kind(3) == Tok::Newline && peek_kind(4) == Tok::Indent) {
    for (int i = 0; i < 4; ++i) advance();
    raise_last("Cannot have two type comments on def");
    return {};
  }
  return type_comment();
}

// ---- simple statements -------------------------------------------------------------------------------------------

StmtNode* Parser::simple_statement() {
  const Token& start = cur();
  auto keyword_only = [&]<typename T>() -> StmtNode* {
    advance();
    return make<T>(from(start));
  };
  switch (start.kind) {
    case Tok::kwReturn: return return_statement();
    case Tok::kwImport: return import_statement();
    case Tok::kwFrom: return import_from_statement();
    case Tok::kwRaise: return raise_statement();
    case Tok::kwPass: return keyword_only.template operator()<Pass>();
    case Tok::kwDel: return delete_statement();
    case Tok::kwAssert: return assert_statement();
    case Tok::kwBreak: return keyword_only.template operator()<Break>();
    case Tok::kwContinue: return keyword_only.template operator()<Continue>();
    case Tok::kwGlobal:
    case Tok::kwNonlocal: return scope_statement();
    case Tok::Name:
      if (at_soft(Soft::Type) && peek_kind() == Tok::Name) return type_statement();
      [[fallthrough]];
    default: return expression_statement();
  }
}

namespace {

bool augmented_operator(Tok kind, Operator& op) {
  switch (kind) {
    case Tok::PlusEqual: op = Operator::Add; return true;
    case Tok::MinusEqual: op = Operator::Sub; return true;
    case Tok::StarEqual: op = Operator::Mult; return true;
    case Tok::AtEqual: op = Operator::MatMult; return true;
    case Tok::SlashEqual: op = Operator::Div; return true;
    case Tok::PercentEqual: op = Operator::Mod; return true;
    case Tok::AmpersandEqual: op = Operator::BitAnd; return true;
    case Tok::VerticalBarEqual: op = Operator::BitOr; return true;
    case Tok::CircumflexEqual: op = Operator::BitXor; return true;
    case Tok::LeftShiftEqual: op = Operator::LShift; return true;
    case Tok::RightShiftEqual: op = Operator::RShift; return true;
    case Tok::DoubleStarEqual: op = Operator::Pow; return true;
    case Tok::DoubleSlashEqual: op = Operator::FloorDiv; return true;
    default: return false;
  }
}

bool is_single_target(const ExprNode* e) {
  return e->kind == NodeKind::Name || e->kind == NodeKind::Attribute || e->kind == NodeKind::Subscript;
}

}  // namespace

bool Parser::is_augmented_assignment(Tok kind) {
  Operator op;
  return augmented_operator(kind, op);
}

// An expression, or an assignment once '=', ':' or an augmented operator follows it.
StmtNode* Parser::expression_statement() {
  const Token& start = cur();
  bool yields = start.kind == Tok::kwYield;
  ExprNode* first = yields ? yield_expression() : star_expressions();
  if (first == nullptr) {
    if (diagnose_ && !raised_) diagnose_assignment(start);
    return nullptr;
  }
  Operator op;
  StmtNode* assigned = nullptr;
  bool is_assignment = true;
  if (kind() == Tok::Equal) {
    assigned = assignment(start, first);
  } else if (kind() == Tok::Colon && !yields) {
    assigned = annotated_assignment(start, first);
  } else if (augmented_operator(kind(), op)) {
    assigned = augmented_assignment(start, first, op);
  } else {
    is_assignment = false;
  }
  if (OROCHI_UNLIKELY(diagnose_) && assigned == nullptr && !raised_ && kind() != Tok::Newline &&
      kind() != Tok::Semicolon) {
    const Token* here = t_;
    if (diagnose_assignment(start)) return nullptr;
    t_ = here;
  }
  if (is_assignment) return assigned;
  auto* node = make<Expr>(from(start));
  node->value = first;
  return node;
}

StmtNode* Parser::assignment(const Token& start, ExprNode* first) {
  Collector<ExprNode> targets(*this);
  ExprNode* value = first;
  while (kind() == Tok::Equal) {
    if (!is_star_target(value) || !set_context(value, ExprContext::Store)) {
      return nullptr;
    }
    targets.add(value);
    advance();
    value = yield_or_star_expressions();
    if (value == nullptr) return nullptr;
  }
  String comment = type_comment();
  auto* node = make<Assign>(from(start));
  node->targets = targets.finish();
  node->value = value;
  node->type_comment = comment;
  return node;
}

StmtNode* Parser::annotated_assignment(const Token& start, ExprNode* target) {
  if (!is_single_target(target)) return nullptr;
  // `(x).y: int` starts with a parenthesis too, but only a parenthesised name is not simple.
  bool simple = target->kind == NodeKind::Name && start.kind == Tok::Name;
  advance();
  ExprNode* annotation = expression();
  if (annotation == nullptr) return nullptr;
  ExprNode* value = nullptr;
  if (kind() == Tok::Equal) {
    const Token* before = t_;
    advance();
    value = yield_or_star_expressions();
    if (value == nullptr && !give_back(before)) return nullptr;
  }
  if (!check_version(6, "Variable annotation syntax is")) return nullptr;
  set_context(target, ExprContext::Store);
  auto* node = make<AnnAssign>(from(start));
  node->target = target;
  node->annotation = annotation;
  node->value = value;
  node->simple = simple;
  return node;
}

StmtNode* Parser::augmented_assignment(const Token& start, ExprNode* target, Operator op) {
  if (!is_single_target(target)) return nullptr;
  advance();
  ExprNode* value = yield_or_star_expressions();
  if (value == nullptr) return nullptr;
  if (op == Operator::MatMult && !check_version(5, "The '@' operator is")) return nullptr;
  set_context(target, ExprContext::Store);
  auto* node = make<AugAssign>(from(start));
  node->target = target;
  node->op = op;
  node->value = value;
  return node;
}

StmtNode* Parser::return_statement() {
  const Token& start = advance();
  ExprNode* value = nullptr;
  if (starts_expression(kind()) || kind() == Tok::Star) {
    value = star_expressions();
    if (value == nullptr) return nullptr;
  }
  auto* node = make<Return>(from(start));
  node->value = value;
  return node;
}

StmtNode* Parser::raise_statement() {
  const Token& start = advance();
  auto* node = make<Raise>(of(start));
  if (starts_expression(kind())) {
    node->exc = expression();
    if (node->exc == nullptr) return nullptr;
    if (kind() == Tok::kwFrom) {
      advance();
      node->cause = expression();
      if (node->cause == nullptr) return nullptr;
    }
    static_cast<Location&>(*node) = from(start);
  }
  return node;
}

StmtNode* Parser::delete_statement() {
  const Token& start = advance();
  const Token* inside = t_;
  Collector<ExprNode> targets(*this);
  bool fits = true;
  auto is_target = [&](auto&& self, const ExprNode* e) -> bool {
    if (e->kind == NodeKind::Tuple || e->kind == NodeKind::List) {
      for (const ExprNode* item : e->kind == NodeKind::Tuple ? as_Tuple(e)->elts : as_List(e)->elts) {
        if (!self(self, item)) return false;
      }
      return true;
    }
    return is_single_target(e);
  };
  do {
    if (targets.size() != 0 && !starts_expression(kind())) break;
    ExprNode* target = starts_expression(kind()) ? primary() : nullptr;
    fits = target != nullptr && is_target(is_target, target);
    if (!fits) break;
    set_context(target, ExprContext::Del);
    targets.add(target);
  } while (accept(Tok::Comma));
  if (!fits || (kind() != Tok::Newline && kind() != Tok::Semicolon)) {
    if (diagnose_ && !raised_) {
      t_ = inside;
      ExprNode* all = star_expressions();
      if (all != nullptr) raise_invalid_target(all, TargetUse::Del);
    }
    return nullptr;
  }
  auto* node = make<Delete>(from(start));
  node->targets = targets.finish();
  return node;
}

StmtNode* Parser::assert_statement() {
  const Token& start = advance();
  ExprNode* test = expression();
  if (test == nullptr) return nullptr;
  ExprNode* message = nullptr;
  if (accept(Tok::Comma)) {
    message = expression();
    if (message == nullptr) return nullptr;
  }
  auto* node = make<Assert>(from(start));
  node->test = test;
  node->msg = message;
  return node;
}

// global and nonlocal
StmtNode* Parser::scope_statement() {
  const Token& start = advance();
  std::vector<Identifier> names;
  do {
    if (kind() != Tok::Name) return nullptr;
    names.push_back(identifier(advance()));
  } while (accept(Tok::Comma));
  Seq<Identifier> list = make_list<Identifier>(arena_, static_cast<uint32_t>(names.size()));
  for (uint32_t i = 0; i < list.count; ++i) list.items[i] = names[i];
  if (start.kind == Tok::kwGlobal) {
    auto* node = make<Global>(from(start));
    node->names = list;
    return node;
  }
  auto* node = make<Nonlocal>(from(start));
  node->names = list;
  return node;
}

StmtNode* Parser::type_statement() {
  const Token& start = advance();
  auto* node = make<TypeAlias>(of(start));
  const Token* name = t_;
  node->name = make_name(advance(), ExprContext::Store);
  if (!type_params(node->type_params, /*is_alias=*/true)) {
    if (diagnose_ && !raised_) {  // read as "type x", two expressions
      t_ = name;
      star_expressions();
    }
    return nullptr;
  }
  if (!expect(Tok::Equal)) {
    if (diagnose_) {
      t_ = name;
      star_expressions();
    }
    return nullptr;
  }
  node->value = expression();
  if (node->value == nullptr || !check_version(12, "Type statement is")) return nullptr;
  static_cast<Location&>(*node) = from(start);
  return node;
}

// ---- imports -----------------------------------------------------------------------------------------------------

bool Parser::dotted_name(Identifier& out) {
  if (kind() != Tok::Name) return false;
  out = identifier(advance());
  if (kind() != Tok::Dot) return true;
  std::string joined(out);
  while (kind() == Tok::Dot && peek_kind() == Tok::Name) {
    advance();
    joined += '.';
    joined += identifier(advance());
  }
  if (kind() == Tok::Dot) {
    advance();
    return false;
  }
  out = names_.name(names_.intern(joined));
  return true;
}

StmtNode* Parser::import_statement() {
  const Token& start = advance();
  Collector<Alias> aliases(*this);
  if (diagnose_ && kind() == Tok::Newline) {
    return raise_from(of(cur()), "Expected one or more names after 'import'");
  }
  do {
    const Token& first = cur();
    Identifier name;
    if (!dotted_name(name)) return nullptr;
    Identifier asname;
    if (accept(Tok::kwAs)) {
      if (diagnose_ && diagnose_import_target(false)) return nullptr;
      if (kind() != Tok::Name) return nullptr;
      asname = identifier(advance());
    }
    auto* alias = make<Alias>(from(first));
    alias->name = name;
    alias->asname = asname;
    aliases.add(alias);
  } while (accept(Tok::Comma));
  if (diagnose_ && kind() == Tok::kwFrom) {
    advance();
    Identifier module;
    if (dotted_name(module)) return raise_from(of(start), "Did you mean to use 'from ... import ...' instead?");
    return nullptr;
  }
  auto* node = make<Import>(from(start));
  node->names = aliases.finish();
  return node;
}

StmtNode* Parser::import_from_statement() {
  const Token& start = advance();
  int level = 0;
  for (;;) {
    if (accept(Tok::Dot)) {
      ++level;
    } else if (accept(Tok::Ellipsis)) {
      level += 3;
    } else {
      break;
    }
  }
  Identifier module;
  if (kind() == Tok::Name) {
    if (!dotted_name(module)) return nullptr;
  } else if (level == 0) {
    return nullptr;
  }
  if (!expect(Tok::kwImport)) return nullptr;
  Collector<Alias> aliases(*this);
  if (kind() == Tok::Star) {
    const Token& star = advance();
    auto* alias = make<Alias>(of(star));
    alias->name = names_.name(names_.intern("*"));
    aliases.add(alias);
  } else {
    bool parenthesized = accept(Tok::LeftParen);
    if (diagnose_ && !parenthesized && kind() == Tok::Newline) {
      return raise_from(of(cur()), "Expected one or more names after 'import'");
    }
    for (;;) {
      if (kind() != Tok::Name) return nullptr;
      const Token& name = advance();
      Identifier asname;
      if (accept(Tok::kwAs)) {
        if (diagnose_ && diagnose_import_target(true)) return nullptr;
        if (kind() != Tok::Name) return nullptr;
        asname = identifier(advance());
      }
      auto* alias = make<Alias>(from(name));
      alias->name = identifier(name);
      alias->asname = asname;
      aliases.add(alias);
      if (!accept(Tok::Comma)) break;
      if (parenthesized && kind() == Tok::RightParen) break;
      if (diagnose_ && !parenthesized && kind() == Tok::Newline) {
        return raise_last("trailing comma not allowed without surrounding parentheses");
      }
    }
    if (parenthesized && !expect(Tok::RightParen)) return nullptr;
  }
  auto* node = make<ImportFrom>(from(start));
  node->module = module;
  node->names = aliases.finish();
  node->level = level;
  if (level == 0 && module == "__future__") {
    for (Alias* alias : node->names) {
      if (alias->name == "barry_as_FLUFL") barry_as_flufl_ = true;
    }
  }
  return node;
}

// ---- if, while, for, with ----------------------------------------------------------------------------------------

bool Parser::else_block(Seq<StmtNode*>& body) {
  if (kind() != Tok::kwElse) return true;
  const Token& start = advance();
  return expect_forced(Tok::Colon, ":") && block(body, "'else' statement", start.lineno);
}

// Clauses are linked in a loop, not by recursion: an elif chain may be thousands long.
StmtNode* Parser::if_statement() {
  Collector<If> clauses(*this);
  Seq<StmtNode*> orelse;
  for (;;) {
    const Token& start = advance();
    bool first = clauses.size() == 0;
    ExprNode* test = named_expression();
    if (test == nullptr || !expect_colon(nullptr)) return nullptr;
    auto* node = make<If>(of(start));
    node->test = test;
    if (!block(node->body, first ? "'if' statement" : "'elif' statement", start.lineno)) return nullptr;
    clauses.add(node);
    if (kind() != Tok::kwElif) break;
  }
  if (!else_block(orelse)) return nullptr;
  if (diagnose_ && kind() == Tok::kwElif) return raise_last("'elif' block follows an 'else' block");
  const Token& last = previous_significant();
  for (uint32_t i = clauses.size(); i-- > 0;) {
    If* node = clauses[i];
    node->end_lineno = last.end_lineno;
    node->end_col_offset = last.end_col;
    node->orelse = orelse;
    orelse = one<StmtNode*>(node);
  }
  return clauses[0];
}

StmtNode* Parser::while_statement() {
  const Token& start = advance();
  ExprNode* test = named_expression();
  if (test == nullptr || !expect_colon(nullptr)) return nullptr;
  auto* node = make<While>(of(start));
  node->test = test;
  if (!block(node->body, "'while' statement", start.lineno) || !else_block(node->orelse)) return nullptr;
  static_cast<Location&>(*node) = from_block(start);
  return node;
}

StmtNode* Parser::for_statement(const Token& start, bool is_async) {
  const Token& keyword = advance();
  const Token* at_target = t_;
  ExprNode* target = targets();
  if (target == nullptr || kind() != Tok::kwIn) {
    if (diagnose_ && !raised_) {
      t_ = at_target;
      ExprNode* all = star_expressions();
      if (all != nullptr) raise_invalid_target(all, TargetUse::For);
    }
    return nullptr;
  }
  advance();
  ExprNode* iter = star_expressions();
  if (iter == nullptr || !expect_colon(nullptr)) return nullptr;
  String comment = type_comment();
  Seq<StmtNode*> body;
  Seq<StmtNode*> orelse;
  if (!block(body, "'for' statement", keyword.lineno) || !else_block(orelse)) return nullptr;
  auto fill = [&](auto* node) -> StmtNode* {
    node->target = target;
    node->iter = iter;
    node->body = body;
    node->orelse = orelse;
    node->type_comment = comment;
    return node;
  };
  if (!is_async) return fill(make<For>(from_block(start)));
  if (!check_version(5, "Async for loops are")) return nullptr;
  return fill(make<AsyncFor>(from_block(start)));
}

WithItem* Parser::with_item() {
  ExprNode* context = expression();
  if (context == nullptr) return nullptr;
  auto* item = make_node<WithItem>(arena_);
  item->context_expr = context;
  if (!accept(Tok::kwAs)) return item;
  const Token* at_target = t_;
  ExprNode* target = single_star_target();
  if (target == nullptr || (kind() != Tok::Comma && kind() != Tok::RightParen && kind() != Tok::Colon)) {
    if (diagnose_ && !raised_) {
      t_ = at_target;
      ExprNode* e = expression();
      if (e != nullptr && (kind() == Tok::Comma || kind() == Tok::RightParen || kind() == Tok::Colon)) {
        raise_invalid_target(e, TargetUse::Star);
      }
    }
    // Without a fitting target the item ends before `as`, which nothing accepts either.
    if (target != nullptr && kind() == Tok::Newline) {
      item->optional_vars = target;
      return item;
    }
    return nullptr;
  }
  item->optional_vars = target;
  return item;
}

bool Parser::with_items(Collector<WithItem>& items) {
  do {
    if (items.size() != 0 && kind() == Tok::RightParen) break;
    WithItem* item = with_item();
    if (item == nullptr) return false;
    items.add(item);
  } while (accept(Tok::Comma));
  return true;
}

StmtNode* Parser::with_statement(const Token& start, bool is_async) {
  const Token& keyword = advance();
  Collector<WithItem> items(*this);
  Seq<WithItem*> list;
  bool found = false;
  if (kind() == Tok::LeftParen) {
    // Parentheses around all items, or the start of an expression: the ':' after the bracket decides.
    const Token* open = t_;
    advance();
    Collector<WithItem> inner(*this);
    if (with_items(inner) && accept(Tok::RightParen)) {
      if (kind() == Tok::Colon) {
        found = true;
        list = inner.finish();
        if (!check_version(9, "Parenthesized context managers are")) return nullptr;
      } else if (diagnose_ && kind() == Tok::Newline) {
        return raise_last("expected ':'");
      }
    }
    if (raised_) return nullptr;
    if (!found) t_ = open;
  }
  if (!found) {
    if (!with_items(items)) return nullptr;
    list = items.finish();
  }
  if (!expect_colon(nullptr)) return nullptr;
  String comment = type_comment();
  Seq<StmtNode*> body;
  if (!block(body, "'with' statement", keyword.lineno)) return nullptr;
  auto fill = [&](auto* node) -> StmtNode* {
    node->items = list;
    node->body = body;
    node->type_comment = comment;
    return node;
  };
  if (!is_async) return fill(make<With>(from_block(start)));
  if (!check_version(5, "Async with statements are")) return nullptr;
  return fill(make<AsyncWith>(from_block(start)));
}

// ---- try ---------------------------------------------------------------------------------------------------------

StmtNode* Parser::try_statement() {
  const Token& start = advance();
  if (!expect_forced(Tok::Colon, ":")) return nullptr;
  Seq<StmtNode*> body;
  Seq<StmtNode*> orelse;
  Seq<StmtNode*> finalbody;
  if (!block(body, "'try' statement", start.lineno)) return nullptr;
  if (kind() != Tok::kwExcept && kind() != Tok::kwFinally) {
    if (diagnose_) raise_last("expected 'except' or 'finally' block");
    return nullptr;
  }
  Collector<ExceptHandlerNode> handlers(*this);
  bool star = false;
  while (kind() == Tok::kwExcept) {
    bool is_star = peek_kind() == Tok::Star;
    if (handlers.size() != 0 && is_star != star) {
      if (diagnose_) {
        const Token* clause = t_;
        Silent silent(*this);
        if (except_clause(is_star) != nullptr) {
          raise_range(of(*clause), of(clause[is_star]), "cannot have both 'except' and 'except*' on the same 'try'");
        }
      } else {
        advance();
      }
      return nullptr;
    }
    ExceptHandlerNode* handler = except_clause(is_star);
    if (handler == nullptr) return nullptr;
    star = is_star;
    handlers.add(handler);
  }
  if (handlers.size() != 0 && !else_block(orelse)) return nullptr;
  if (kind() == Tok::kwFinally) {
    const Token& finally = advance();
    if (!expect_forced(Tok::Colon, ":") || !block(finalbody, "'finally' statement", finally.lineno)) return nullptr;
  }
  auto fill = [&](auto* node) -> StmtNode* {
    node->body = body;
    node->handlers = handlers.finish();
    node->orelse = orelse;
    node->finalbody = finalbody;
    return node;
  };
  if (!star) return fill(make<Try>(from_block(start)));
  if (!check_version(11, "Exception groups are")) return nullptr;
  return fill(make<TryStar>(from_block(start)));
}

ExceptHandlerNode* Parser::except_clause(bool& is_star) {
  const Token& start = advance();
  is_star = accept(Tok::Star);
  auto* node = make<ExceptHandler>(of(start));
  const char* what = is_star ? "'except*' statement" : "'except' statement";
  if (kind() != Tok::Colon) {
    if (diagnose_ && kind() == Tok::Newline) {
      return raise_last(is_star ? "expected one or more exception types" : "expected ':'"), nullptr;
    }
    const Token& first = cur();
    ExprNode* type = expression();
    if (type == nullptr) return nullptr;
    if (kind() == Tok::Comma) {
      // PEP 758: several types without parentheses, but then no name.
      Collector<ExprNode> types(*this);
      types.add(type);
      while (accept(Tok::Comma)) {
        if (!starts_expression(kind())) break;
        ExprNode* next = expression();
        if (next == nullptr) return nullptr;
        types.add(next);
      }
      auto* tuple = make<Tuple>(from(first));
      tuple->elts = types.finish();
      type = tuple;
      if (diagnose_ && kind() == Tok::kwAs) {
        if (peek_kind() == Tok::Name && peek_kind(2) == Tok::Colon) {
          advance();
          advance();
          raise_from(of(first), "multiple exception types must be parenthesized when using 'as'");
        }
        return nullptr;
      }
      if (!check_version(14, "except expressions without parentheses are")) return nullptr;
    } else if (accept(Tok::kwAs)) {
      if (diagnose_ && (kind() != Tok::Name || (peek_kind() != Tok::Colon && peek_kind() != Tok::Newline)) &&
          starts_expression(kind())) {
        ExprNode* name = expression();
        Seq<StmtNode*> body;
        if (name != nullptr && name->kind != NodeKind::Name && accept(Tok::Colon) &&
            block(body, what, start.lineno) && !raised_) {
          raise(static_cast<LocatedNode*>(name)->location(),
                std::string("cannot use ") + (is_star ? "except*" : "except") + " statement with " + expr_name(name));
        }
        return nullptr;
      }
      if (kind() != Tok::Name) return nullptr;
      node->name = identifier(advance());
    }
    node->type = type;
  } else if (is_star) {
    if (diagnose_) raise_last("expected one or more exception types");
    return nullptr;
  }
  if (!expect_colon(nullptr) || !block(node->body, what, start.lineno)) return nullptr;
  static_cast<Location&>(*node) = from_block(start);
  return node;
}

// ---- functions and classes ---------------------------------------------------------------------------------------

StmtNode* Parser::decorated() {
  Collector<ExprNode> decorators(*this);
  while (accept(Tok::At)) {
    ExprNode* e = named_expression();
    if (e == nullptr || !expect(Tok::Newline)) return nullptr;
    decorators.add(e);
  }
  Seq<ExprNode*> list = decorators.finish();
  const Token& start = cur();
  if (start.kind == Tok::kwClass) return class_definition(list);
  if (start.kind == Tok::kwDef) return function_definition(start, false, list);
  if (start.kind == Tok::kwAsync && peek_kind() == Tok::kwDef) {
    advance();
    return function_definition(start, true, list);
  }
  return nullptr;
}

StmtNode* Parser::function_definition(const Token& start, bool is_async, Seq<ExprNode*> decorators) {
  const Token& def = advance();
  if (kind() != Tok::Name) return nullptr;
  Identifier name = identifier(advance());
  Seq<TypeParamNode*> params;
  const Token* after_name = t_;
  if (!type_params(params)) {
    if (!raised_) t_ = after_name;  // then they are no type parameters, and '(' is missing
    if (!raised_) expect_forced(Tok::LeftParen, "(");
    return nullptr;
  }
  if (!expect_forced(Tok::LeftParen, "(")) return nullptr;
  Arguments* args = parameters(/*in_lambda=*/false);
  if (args == nullptr || !expect(Tok::RightParen)) return nullptr;
  ExprNode* returns = nullptr;
  if (kind() == Tok::RightArrow) {
    const Token* arrow = t_;
    advance();
    returns = expression();
    if (returns == nullptr) {
      if (raised_) return nullptr;
      // The ':' is missing where the longest expression that fits ends.
      t_ = arrow + 1;
      bool saved = second_pass_;
      second_pass_ = true;
      returns = expression_once();
      second_pass_ = saved;
      if (raised_) return nullptr;
      if (returns == nullptr) t_ = arrow;
    }
  }
  if (!expect_forced(Tok::Colon, ":")) return nullptr;
  String comment = function_type_comment();
  Seq<StmtNode*> body;
  if (!block(body, "function definition", def.lineno)) return nullptr;
  auto fill = [&](auto* node) -> StmtNode* {
    node->name = name;
    node->args = args;
    node->body = body;
    node->decorator_list = decorators;
    node->returns = returns;
    node->type_comment = comment;
    node->type_params = params;
    return node;
  };
  if (!is_async) return fill(make<FunctionDef>(from_block(start)));
  if (!check_version(5, "Async functions are")) return nullptr;
  return fill(make<AsyncFunctionDef>(from_block(start)));
}

StmtNode* Parser::class_definition(Seq<ExprNode*> decorators) {
  const Token& start = advance();
  if (kind() != Tok::Name) return nullptr;
  auto* node = make<ClassDef>(of(start));
  node->name = identifier(advance());
  node->decorator_list = decorators;
  if (!type_params(node->type_params)) return nullptr;
  if (kind() == Tok::LeftParen) {
    const Token& open = advance();
    const Token* inside = t_;
    Collector<ExprNode> bases(*this);
    if (!arguments_list(bases, node->keywords, nullptr, open) || !expect(Tok::RightParen)) {
      if (diagnose_ && !raised_) {
        t_ = inside;
        diagnose_call(open);
      }
      return nullptr;
    }
    node->bases = bases.finish();
  }
  if (!expect_colon(nullptr)) return nullptr;
  if (!block(node->body, "class definition", start.lineno)) return nullptr;
  static_cast<Location&>(*node) = from_block(start);
  return node;
}

bool Parser::type_params(Seq<TypeParamNode*>& out, bool is_alias) {
  if (kind() != Tok::LeftBracket) return true;
  advance();
  if (diagnose_ && kind() == Tok::RightBracket) {
    const Token& close = cur();
    if (is_alias) advance();
    raise_from(of(close), "Type parameter list cannot be empty");
    return false;
  }
  Collector<TypeParamNode> params(*this);
  for (;;) {
    TypeParamNode* param = type_param();
    if (param == nullptr) return false;
    params.add(param);
    if (!accept(Tok::Comma)) break;
    if (kind() == Tok::RightBracket) break;
  }
  if (!expect(Tok::RightBracket) || !check_version(12, "Type parameter lists are")) return false;
  out = params.finish();
  return true;
}

TypeParamNode* Parser::type_param() {
  const Token& start = cur();
  bool star = accept(Tok::Star);
  bool double_star = !star && accept(Tok::DoubleStar);
  if (kind() != Tok::Name) return nullptr;
  Identifier name = identifier(advance());
  ExprNode* bound = nullptr;
  if (kind() == Tok::Colon) {
    const Token& colon = cur();
    if (star || double_star) {
      if (diagnose_) {
        advance();
        ExprNode* e = expression();
        if (e == nullptr) return nullptr;
        return raise_from(of(colon), std::string("cannot use ") +
                                         (e->kind == NodeKind::Tuple ? "constraints" : "bound") + " with " +
                                         (star ? "TypeVarTuple" : "ParamSpec"));
      }
      return nullptr;
    }
    advance();
    bound = expression();
    if (bound == nullptr) return nullptr;
  }
  ExprNode* default_value = nullptr;
  if (accept(Tok::Equal)) {
    default_value = star ? star_expression() : expression();
    if (default_value == nullptr || !check_version(13, "Type parameter defaults are")) return nullptr;
  }
  auto fill = [&](auto* node) -> TypeParamNode* {
    node->name = name;
    node->default_value = default_value;
    return node;
  };
  if (star) return fill(make<TypeVarTuple>(from(start)));
  if (double_star) return fill(make<ParamSpec>(from(start)));
  auto* node = make<TypeVar>(from(start));
  node->bound = bound;
  return fill(node);
}

// ---- parameters --------------------------------------------------------------------------------------------------

Arg* Parser::parameter(bool in_lambda, bool star_annotation) {
  if (kind() != Tok::Name) return nullptr;
  const Token& start = advance();
  ExprNode* annotation = nullptr;
  if (!in_lambda && accept(Tok::Colon)) {
    annotation = star_annotation && kind() == Tok::Star ? star_expression() : expression();
    if (annotation == nullptr) return nullptr;
  }
  auto* arg = make<Arg>(from(start));
  arg->arg = identifier(start);
  arg->annotation = annotation;
  return arg;
}

// The parameters of a def (up to but without ')') or of a lambda (up to but without ':').
Arguments* Parser::parameters(bool in_lambda) {
  const Tok end = in_lambda ? Tok::Colon : Tok::RightParen;
  auto* result = make_node<Arguments>(arena_);
  if (kind() == end) return result;

  Collector<Arg> args(*this);             // then posonlyargs, args: split at `slash`
  std::vector<ExprNode*> defaults;
  std::vector<Arg*> keyword_only;
  std::vector<ExprNode*> keyword_defaults;  // nullptr: none
  uint32_t slash = UINT32_MAX;
  enum class State : uint8_t { Positional, KeywordOnly, Done } state = State::Positional;
  bool after_bare_star = false;           // a name must follow

  auto complain = [&](const Token& token, const char* message) -> Arguments* {
    if (diagnose_) raise_at(token, message);
    return nullptr;
  };
  // In a lambda the error is at the token after the star that shows it.
  auto bare_star = [&](const Token& star, int ahead) -> Arguments* {
    const char* message = "named arguments must follow bare *";
    if (!in_lambda) return complain(star, message);
    if (ahead != 0) advance();
    return raise_last(message), nullptr;
  };
  auto take_comment = [&](Arg* arg) {
    if (!in_lambda && kind() == Tok::TypeComment) arg->type_comment = type_comment();
  };
  while (kind() != end) {
    const Token& start = cur();
    Arg* arg = nullptr;
    switch (start.kind) {
      case Tok::Slash:
        if (state == State::Done) return complain(start, "arguments cannot follow var-keyword argument");
        if (slash != UINT32_MAX) return complain(start, "/ may appear only once");
        if (state == State::KeywordOnly) return complain(start, "/ must be ahead of *");
        if (args.size() == 0) {
          if (peek_kind() != Tok::Comma) return nullptr;
          return complain(start, "at least one argument must precede /");
        }
        advance();
        if (!check_version(8, "Positional-only parameters are")) return nullptr;
        slash = args.size();
        if (diagnose_ && kind() == Tok::Star) return complain(cur(), "expected comma between / and *");
        break;
      case Tok::Star: {
        if (state == State::Done) return complain(start, "arguments cannot follow var-keyword argument");
        if (state == State::KeywordOnly) return complain(start, "* argument may appear only once");
        state = State::KeywordOnly;
        advance();
        if (kind() == Tok::Comma) {
          after_bare_star = true;
          if (diagnose_ && !in_lambda && peek_kind() == Tok::TypeComment) {
            advance();
            return raise_last("bare * has associated type comment"), nullptr;
          }
          if (diagnose_ && (peek_kind() == end || peek_kind() == Tok::DoubleStar)) return bare_star(start, 1);
          break;
        }
        if (diagnose_ && kind() == end) return bare_star(start, 0);
        result->vararg = arg = parameter(in_lambda, /*star_annotation=*/true);
        if (arg == nullptr) return nullptr;
        if (kind() == Tok::Equal && arg->annotation != nullptr && arg->annotation->kind == NodeKind::Starred) {
          return nullptr;
        }
        if (kind() == Tok::Equal) return complain(cur(), "var-positional argument cannot have default value");
        break;
      }
      case Tok::DoubleStar:
        if (state == State::Done) return complain(start, "arguments cannot follow var-keyword argument");
        if (after_bare_star) return nullptr;
        state = State::Done;
        advance();
        result->kwarg = arg = parameter(in_lambda, false);
        if (arg == nullptr) return nullptr;
        if (kind() == Tok::Equal) return complain(cur(), "var-keyword argument cannot have default value");
        break;
      default: {
        if (start.kind == Tok::LeftParen && diagnose_) {
          // "def f((a, b))": only if it is a list of names in parentheses
          const Token* at = t_;
          advance();
          bool names = kind() == Tok::Name;
          while (kind() == Tok::Name) {
            if (parameter(in_lambda, false) == nullptr) return nullptr;
            if (!accept(Tok::Comma)) break;
          }
          if (names && kind() == Tok::RightParen && state == State::Positional && defaults.empty()) {
            return raise_range(of(*at), of(cur()),
                               in_lambda ? "Lambda expression parameters cannot be parenthesized"
                                         : "Function parameters cannot be parenthesized"),
                   nullptr;
          }
          return nullptr;
        }
        if (start.kind == Tok::Name && state == State::Done) {
          return complain(start, "arguments cannot follow var-keyword argument");
        }
        arg = parameter(in_lambda, false);
        if (arg == nullptr) return nullptr;
        ExprNode* value = nullptr;
        if (kind() == Tok::Equal) {
          const Token& equal = advance();
          if (diagnose_ && (kind() == end || kind() == Tok::Comma)) {
            return complain(equal, "expected default value expression");
          }
          value = expression();
          if (value == nullptr) return nullptr;
        }
        if (state == State::KeywordOnly) {
          after_bare_star = false;
          keyword_only.push_back(arg);
          keyword_defaults.push_back(value);
        } else {
          if (value == nullptr && !defaults.empty()) {
            bool ends = kind() == Tok::Comma || kind() == end || kind() == Tok::TypeComment;
            if (diagnose_ && ends) raise(arg->location(), "parameter without a default follows parameter with a default");
            return nullptr;
          }
          args.add(arg);
          if (value != nullptr) defaults.push_back(value);
        }
        break;
      }
    }
    bool comma = accept(Tok::Comma);
    if (arg != nullptr && (comma || kind() == Tok::TypeComment)) take_comment(arg);
    if (!comma) break;
  }
  if (after_bare_star) return nullptr;
  if (kind() != end) {
    return nullptr;
  }
  uint32_t split = slash == UINT32_MAX ? 0 : slash;
  result->posonlyargs = make_list<Arg*>(arena_, split);
  for (uint32_t i = 0; i < split; ++i) result->posonlyargs.items[i] = args[i];
  result->args = make_list<Arg*>(arena_, args.size() - split);
  for (uint32_t i = split; i < args.size(); ++i) result->args.items[i - split] = args[i];
  auto copy = [&](auto& from_vector, auto& list) {
    list.count = static_cast<uint32_t>(from_vector.size());
    list.items = arena_.make_array<std::remove_reference_t<decltype(from_vector[0])>>(list.count);
    for (uint32_t i = 0; i < list.count; ++i) list.items[i] = from_vector[i];
  };
  copy(keyword_only, result->kwonlyargs);
  copy(keyword_defaults, result->kw_defaults);
  copy(defaults, result->defaults);
  return result;
}

}  // namespace orochi::syntax
