// How the parser reports: locations of errors, names of constructs, the generic error.
#include "syntax/parser.h"

namespace orochi::syntax {

Parser::Parser(std::string_view source, std::vector<Token>& tokens, Lexer& lexer, NameTable& names, Arena& arena,
               const ParseOptions& options, std::vector<ParseWarning>& warnings)
    : source_(source), first_token_(tokens.data() + 1), last_token_(tokens.data() + tokens.size() - 1),
      t_(first_token_), furthest_(first_token_), first_furthest_(first_token_), lexer_(lexer), names_(names), arena_(arena), options_(options),
      warnings_(warnings), barry_as_flufl_(options.barry_as_flufl) {
  auto top = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  stack_limit_ = top > options.stack_budget ? top - options.stack_budget : 0;
}

// The last token taken that carries text.
const Token& Parser::previous_significant() const {
  const Token* token = t_ - 1;
  while (token > first_token_ && (token->kind == Tok::Newline || token->kind == Tok::Indent ||
                                  token->kind == Tok::Dedent || token->kind == Tok::EndMarker)) {
    --token;
  }
  return *token;
}

std::nullptr_t Parser::raise(const Location& where, std::string message, SyntaxErrorKind kind) {
  if (raised_) return nullptr;
  raised_ = true;
  error_ = {kind, std::move(message), where.lineno, where.col_offset, where.end_lineno, where.end_col_offset};
  return nullptr;
}

std::nullptr_t Parser::raise_at(const Token& token, std::string message) { return raise(of(token), std::move(message)); }

std::nullptr_t Parser::raise_range(const Location& first, const Location& last, std::string message) {
  return raise({first.lineno, first.col_offset, last.end_lineno, last.end_col_offset}, std::move(message));
}

std::nullptr_t Parser::raise_from(const Location& first, std::string message) {
  const Token& last = furthest();
  return raise({first.lineno, first.col_offset, last.end_lineno, last.end_col - 1}, std::move(message));
}

// At the furthest token. A change of indentation has no columns of its own: the error is where the line's text begins.
std::nullptr_t Parser::raise_last(std::string message, SyntaxErrorKind kind) {
  const Token& last = furthest();
  if (last.col >= 0) return raise(of(last), std::move(message), kind);
  // At the end of the source that is after the last line.
  uint32_t end = last.begin;
  uint32_t line_begin = end;
  if (end == source_.size() && line_begin > 0) --line_begin;
  while (line_begin > 0 && source_[line_begin - 1] != '\n') --line_begin;
  if (end == source_.size() && options_.newline_added) --end;
  return raise({last.lineno, static_cast<int32_t>(end - line_begin) - 1, last.end_lineno, -2},
               std::move(message), kind);
}

std::nullptr_t Parser::raise_too_deep() {
  return raise({0, -2, 0, -2}, "Parser stack overflowed - Python source too complex to parse",
               SyntaxErrorKind::MemoryError);
}

bool Parser::expect_forced(Tok wanted, const char* text) {
  if (accept(wanted)) return true;
  if (t_->kind != Tok::Error) raise_at(*t_, std::string("expected '") + text + "'");
  return false;
}

bool Parser::expect_colon(const char*) {
  if (accept(Tok::Colon)) return true;
  if (diagnose_ && kind() == Tok::Newline) raise_last("expected ':'");
  return false;
}

bool Parser::no_block_error(const char* what, int32_t lineno) {
  raise_last(std::string("expected an indented block after ") + what + " on line " + std::to_string(lineno),
             SyntaxErrorKind::IndentationError);
  return true;
}

bool Parser::check_version(int minor, const char* what) {
  if (OROCHI_LIKELY(options_.feature_version >= minor)) return true;
  raise_last(std::string(what) + " only supported in Python 3." + std::to_string(minor) + " and greater");
  return false;
}

const char* Parser::expr_name(const ExprNode* e) {
  switch (e->kind) {
    case NodeKind::Attribute: return "attribute";
    case NodeKind::Subscript: return "subscript";
    case NodeKind::Starred: return "starred";
    case NodeKind::Name: return "name";
    case NodeKind::List: return "list";
    case NodeKind::Tuple: return "tuple";
    case NodeKind::Lambda: return "lambda";
    case NodeKind::Call: return "function call";
    case NodeKind::BoolOp:
    case NodeKind::BinOp:
    case NodeKind::UnaryOp: return "expression";
    case NodeKind::GeneratorExp: return "generator expression";
    case NodeKind::Yield:
    case NodeKind::YieldFrom: return "yield expression";
    case NodeKind::Await: return "await expression";
    case NodeKind::ListComp: return "list comprehension";
    case NodeKind::SetComp: return "set comprehension";
    case NodeKind::DictComp: return "dict comprehension";
    case NodeKind::Dict: return "dict literal";
    case NodeKind::Set: return "set display";
    case NodeKind::JoinedStr:
    case NodeKind::FormattedValue: return "f-string expression";
    case NodeKind::TemplateStr:
    case NodeKind::Interpolation: return "t-string expression";
    case NodeKind::Constant:
      switch (as_Constant(e)->value.kind) {
        case ConstantKind::None: return "None";
        case ConstantKind::True: return "True";
        case ConstantKind::False: return "False";
        case ConstantKind::Ellipsis: return "ellipsis";
        default: return "literal";
      }
    case NodeKind::Compare: return "comparison";
    case NodeKind::IfExp: return "conditional expression";
    case NodeKind::NamedExpr: return "named expression";
    default: return "expression";
  }
}

// The part of `e` that cannot be a target of this use; nullptr if all of it can.
ExprNode* Parser::invalid_target(ExprNode* e, TargetUse use) {
  switch (e->kind) {
    case NodeKind::List:
    case NodeKind::Tuple:
      for (ExprNode* item : e->kind == NodeKind::List ? as_List(e)->elts : as_Tuple(e)->elts) {
        if (ExprNode* bad = invalid_target(item, use)) return bad;
      }
      return nullptr;
    case NodeKind::Starred:
      return use == TargetUse::Del ? e : invalid_target(as_Starred(e)->value, use);
    case NodeKind::Compare:
      if (use == TargetUse::For) {
        // `for x + 1 in y` reads as a comparison.
        if (as_Compare(e)->ops[0] == CmpOperator::In) return invalid_target(as_Compare(e)->left, use);
        return nullptr;
      }
      return e;
    case NodeKind::Name:
    case NodeKind::Subscript:
    case NodeKind::Attribute: return nullptr;
    default: return e;
  }
}

std::nullptr_t Parser::raise_invalid_target(ExprNode* e, TargetUse use) {
  ExprNode* bad = invalid_target(e, use);
  if (bad == nullptr) return nullptr;
  return raise(bad->location(),
               std::string(use == TargetUse::Del ? "cannot delete " : "cannot assign to ") + expr_name(bad));
}

bool Parser::is_legacy_name(const ExprNode* e) const {
  auto* name = try_as<const Name>(e);
  return name != nullptr && (name->id == "print" || name->id == "exec");
}

bool Parser::unclosed_bracket_error(int32_t after_line) {
  Lexer::OpenBracket open = lexer_.open_bracket();
  if (open.character == 0 || after_line <= open.lineno) return false;
  raised_ = false;
  raise({open.lineno, open.col, open.lineno, -1}, std::string("'") + open.character + "' was never closed");
  return true;
}

void Parser::generic_error(const Token& last) {
  if (last.kind == Tok::Indent || last.kind == Tok::Dedent) {
    const Token* saved = first_furthest_;
    first_furthest_ = furthest_ = &last;
    raise_last(last.kind == Tok::Indent ? "unexpected indent" : "unexpected unindent",
               SyntaxErrorKind::IndentationError);
    first_furthest_ = saved;
    return;
  }
  raise_at(last, "invalid syntax");
}

namespace {

bool is_compound(const StmtNode* node) {
  switch (node->kind) {
    case NodeKind::FunctionDef: case NodeKind::AsyncFunctionDef: case NodeKind::ClassDef: case NodeKind::For:
    case NodeKind::AsyncFor: case NodeKind::While: case NodeKind::If: case NodeKind::With: case NodeKind::AsyncWith:
    case NodeKind::Match: case NodeKind::Try: case NodeKind::TryStar:
      return true;
    default: return false;
  }
}

}  // namespace

ModNode* Parser::run() {
  auto parse_mode = [&]() -> ModNode* {
    t_ = first_token_;
    switch (options_.mode) {
      case ParseMode::Exec: {
        Collector<StmtNode> body(*this);
        while (kind() != Tok::EndMarker) {
          if (!statement(body)) return nullptr;
        }
        auto* node = make_node<Module>(arena_);
        node->body = body.finish();
        auto& ignores = lexer_.type_ignores();
        node->type_ignores = make_list<TypeIgnoreNode*>(arena_, static_cast<uint32_t>(ignores.size()));
        for (uint32_t i = 0; i < node->type_ignores.count; ++i) {
          auto* ignore = make_node<TypeIgnore>(arena_);
          ignore->lineno = ignores[i].lineno;
          ignore->tag = arena_.copy(ignores[i].tag);
          node->type_ignores.items[i] = ignore;
        }
        return node;
      }
      case ParseMode::Single: {
        Collector<StmtNode> body(*this);
        if (kind() == Tok::EndMarker) return nullptr;
        if (kind() == Tok::Newline) {
          body.add(make<Pass>(of(advance())));
        } else {
          if (!statement(body)) return nullptr;
          // A compound statement ends in an empty line, for which the end of the input stands if it has a newline.
          if (is_compound(body[0])) {
            if (kind() != Tok::EndMarker) return nullptr;
            // Without a last newline, the end of the input ends only indented lines, and those if it may.
            if (options_.newline_added && (t_[-1].kind != Tok::Dedent || options_.dont_imply_dedent)) return nullptr;
          }
        }
        // Nothing may follow but blank lines and comments; this is asked of the text.
        for (size_t i = t_[-1].end; i < source_.size(); ++i) {
          char c = source_[i];
          if (c == '#') {
            while (i + 1 < source_.size() && source_[i + 1] != '\n') ++i;
          } else if (c != ' ' && c != '\t' && c != '\n' && c != '\f') {
            first_furthest_ = furthest_ = t_ - 1;
            return raise_at(t_[-1], "multiple statements found while compiling a single statement");
          }
        }
        auto* node = make_node<Interactive>(arena_);
        node->body = body.finish();
        return node;
      }
      case ParseMode::Eval: {
        auto* node = make_node<Expression>(arena_);
        const Token& start = cur();
        // expressions: no stars
        ExprNode* first = expression();
        if (first == nullptr) return nullptr;
        if (kind() == Tok::Comma) {
          Collector<ExprNode> items(*this);
          items.add(first);
          while (accept(Tok::Comma)) {
            if (!starts_expression(kind())) break;
            ExprNode* item = expression();
            if (item == nullptr) return nullptr;
            items.add(item);
          }
          auto* tuple = make<Tuple>(from(start));
          tuple->elts = items.finish();
          first = tuple;
        }
        node->body = first;
        while (accept(Tok::Newline)) {
        }
        return kind() == Tok::EndMarker ? node : nullptr;
      }
      case ParseMode::FuncType: {
        auto* node = make_node<FunctionType>(arena_);
        if (!expect(Tok::LeftParen)) return nullptr;
        Collector<ExprNode> types(*this);
        while (kind() != Tok::RightParen) {
          if (kind() == Tok::Star || kind() == Tok::DoubleStar) advance();
          ExprNode* type = expression();
          if (type == nullptr) return nullptr;
          types.add(type);
          if (!accept(Tok::Comma)) break;
        }
        if (!expect(Tok::RightParen) || !expect(Tok::RightArrow)) return nullptr;
        node->returns = expression();
        if (node->returns == nullptr) return nullptr;
        node->argtypes = types.finish();
        while (accept(Tok::Newline)) {
        }
        return kind() == Tok::EndMarker ? node : nullptr;
      }
    }
    return nullptr;
  };

  ModNode* mod = parse_mode();
  if (mod != nullptr && !raised_) return mod;
  if (raised_ && error_.kind == SyntaxErrorKind::MemoryError) return nullptr;
  incomplete_ = furthest_->kind == Tok::Error
                    ? lexer_ends_open()
                    : furthest_->begin >= source_.size() ||
                          (options_.newline_added && furthest_->end + 1 >= source_.size() &&
                           furthest_->kind != Tok::String && furthest_->kind != Tok::FStringEnd &&
                           furthest_->kind != Tok::TStringEnd);
  // An error of the first pass stands only if the second finds no better one. A lexical error likewise: a mistake
  // before it that has its own text is the one reported.
  bool first_raised = raised_;
  RaisedError first_error = error_;
  const Token& last = *furthest_;
  const bool lexer_reached = last.kind == Tok::Error;
  raised_ = false;
  diagnose_ = true;
  second_pass_ = true;
  first_furthest_ = furthest_;
  furthest_ = first_token_;
  scratch_.clear();
  barry_as_flufl_ = options_.barry_as_flufl;
  parse_mode();
  if (furthest_->kind == Tok::Error && (!raised_ || error_.kind != SyntaxErrorKind::MemoryError)) {
    raised_ = false;
    lexer_failed_ = true;
    return nullptr;
  }
  if (!raised_ && first_raised) {
    raised_ = true;
    error_ = first_error;
  }
  if (!raised_) {
    if (lexer_reached) {
      lexer_failed_ = true;
      return nullptr;
    }
    generic_error(last);
    if (last.col < 0 && last.kind != Tok::EndMarker) return nullptr;  // an indentation error stands
  }
  furthest_ = &furthest();
  if (lexer_reached || error_.kind == SyntaxErrorKind::MemoryError || last_token_->kind != Tok::Error) return nullptr;
  // The lexer's error further on is the more helpful one.
  const LexerError& lexical = lexer_.error();
  if (lexical.set && lexical.line_is_partial) {
    lexer_failed_ = lexical.fstring_start == 0 || (lexical.fstring_start > furthest_->begin &&
                                                   lexical.fstring_lineno == furthest_->end_lineno);
  } else if (lexer_.at_eof() && !lexical.set) {
    unclosed_bracket_error(furthest_->lineno);
  }
  return nullptr;
}

}  // namespace orochi::syntax
