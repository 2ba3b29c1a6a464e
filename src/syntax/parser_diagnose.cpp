// The second pass: recognising mistakes that have an error text of their own. Every function here runs only with
// diagnose_ on, after the plain grammar has declined; it tries readings of the wrong input in a fixed order and raises
// for the first that fits. The order is observable: it decides which of several texts a wrong program gets.
#include "syntax/parser.h"

namespace orochi::syntax {
namespace {

const Location& location_of(const Node* node) { return static_cast<const LocatedNode*>(node)->location(); }

// The last expression of a comprehension's last clause.
const Location& last_of_comprehension(const Seq<Comprehension*>& clauses) {
  const Comprehension* last = clauses.back();
  return location_of(last->ifs.empty() ? last->iter : last->ifs.back());
}

}  // namespace

// After the operand `left` of an expression that began at `start`: is another expression next to it?
ExprNode* Parser::comma_error_check(ExprNode* left, const Token& start) {
  const Token* here = t_;
  bool name_string = start.kind == Tok::Name && (&start + 1)->kind == Tok::String;
  if (start.kind == Tok::String && (&start + 1)->kind != Tok::String) {
    // "a" b "c": quotes within a string?
    Silent silent(*this, /*shared=*/true);
    t_ = &start + 1;
    ExprNode* first = nullptr;
    ExprNode* last = nullptr;
    while (kind() != Tok::String && starts_expression(kind())) {
      ExprNode* e = expression_once();
      if (e == nullptr) break;
      if (first == nullptr) first = e;
      last = e;
    }
    if (first != nullptr && kind() == Tok::String && !raised_) {
      return raise_range(location_of(first), location_of(last),
                         "invalid syntax. Is this intended to be part of the string?");
    }
    t_ = here;
    if (raised_) return nullptr;
  }
  bool soft_keyword = start.kind == Tok::Name && start.soft != Soft::None && start.soft != Soft::Print &&
                      start.soft != Soft::Exec;
  if (!name_string && !soft_keyword && (starts_expression(kind()) || kind() == Tok::kwLambda)) {
    ExprNode* right;
    {
      Silent silent(*this, /*shared=*/true);
      right = expression_once();
    }
    if (raised_) return nullptr;
    if (right != nullptr && !is_legacy_name(left) && t_[-1].level != 0) {
      return raise_range(location_of(left), location_of(right), "invalid syntax. Perhaps you forgot a comma?");
    }
    t_ = here;
  }
  // "print x". What follows any name is looked at: the mistake may be further on.
  bool legacy = start.soft == Soft::Print || start.soft == Soft::Exec;
  if (start.kind == Tok::Name && (&start + 1)->kind != Tok::LeftParen) {
    t_ = &start + 1;
    bool operand = starts_expression(kind()) && kind() != Tok::LeftBracket && kind() != Tok::Plus &&
                   kind() != Tok::Minus && kind() != Tok::kwNot;
    if (operand || (legacy && (starts_expression(kind()) || kind() == Tok::Star))) {
      ExprNode* arguments = star_expressions();
      if (raised_) return nullptr;
      if (arguments != nullptr && legacy) {
        std::string name(names_.name(start.name));
        return raise_range(of(start), location_of(arguments),
                           "Missing parentheses in call to '" + name + "'. Did you mean " + name + "(...)?");
      }
    }
    t_ = here;
  }
  return left;
}

// "x = pass if a else b"
bool Parser::diagnose_statement_as_expression(const Token& start) {
  if (start.kind != Tok::kwPass && start.kind != Tok::kwBreak && start.kind != Tok::kwContinue) return false;
  if (t_ != &start) return false;
  if (peek_kind() != Tok::kwIf) {
    advance();  // seen, if not taken
    t_ = &start;
    return false;
  }
  advance();
  advance();
  ExprNode* test;
  {
    Silent silent(*this);
    test = disjunction();
  }
  if (test != nullptr && accept(Tok::kwElse)) {
    Silent silent(*this);
    if (simple_statement() != nullptr && !raised_) {
      raise_at(start, "expected expression before 'if', but statement is given");
    }
  }
  t_ = &start;
  return raised_;
}

// After a named expression `e` from `start`: '=' or ':=' where it cannot stand.
bool Parser::diagnose_named_expression(const Token& start, ExprNode* e) {
  const Token* here = t_;
  if (kind() == Tok::ColonEqual) {
    advance();
    ExprNode* value = expression();
    if (raised_) return true;
    if (value != nullptr) {
      raise(location_of(e), std::string("cannot use assignment expressions with ") + expr_name(e));
      return true;
    }
    t_ = here;
    return false;
  }
  if (kind() != Tok::Equal) return false;
  auto no_more = [&] { return kind() != Tok::Equal && kind() != Tok::ColonEqual; };
  if (start.kind == Tok::Name && peek_kind(static_cast<int>(&start - t_) + 1) == Tok::Equal) {
    advance();
    ExprNode* value = binary(1);
    if (raised_) return true;
    if (value != nullptr && no_more()) {
      raise_range(of(start), location_of(value), "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
      return true;
    }
    t_ = here;
  }
  switch (start.kind) {
    case Tok::kwTrue: case Tok::kwFalse: case Tok::kwNone: return false;
    default: break;
  }
  Silent silent(*this);
  t_ = &start;
  if (start.kind == Tok::LeftParen || start.kind == Tok::LeftBracket) {
    ExprNode* first = atom();
    if (first != nullptr && location_of(first).col_offset == start.col && location_of(first).lineno == start.lineno &&
        (first->kind == NodeKind::List || first->kind == NodeKind::Tuple || first->kind == NodeKind::GeneratorExp)) {
      t_ = here;
      return false;
    }
    t_ = &start;
  }
  ExprNode* target = binary(1);
  if (target != nullptr && kind() == Tok::Equal) {
    advance();
    ExprNode* value = binary(1);
    if (value != nullptr && no_more()) {
      raise(location_of(target), std::string("cannot assign to ") + expr_name(target) +
                                     " here. Maybe you meant '==' instead of '='?");
      return true;
    }
  }
  t_ = here;
  return raised_;
}

// One argument before it is read: keyword arguments written wrongly. True: raised. The position is kept otherwise.
bool Parser::diagnose_argument() {
  const Token* here = t_;
  const Token& start = cur();
  switch (start.kind) {
    case Tok::kwTrue: case Tok::kwFalse: case Tok::kwNone:
      if (peek_kind() == Tok::Equal) {
        raise_range(of(start), of(t_[1]), "cannot assign to " + std::string(token_text(start)));
        return true;
      }
      break;
    case Tok::DoubleStar: {
      advance();
      ExprNode* mapping = expression();
      if (mapping != nullptr && accept(Tok::Equal)) {
        ExprNode* value = expression();
        if (value != nullptr) {
          raise_range(of(start), location_of(value), "cannot assign to keyword argument unpacking");
        }
      }
      t_ = here;
      return raised_;
    }
    case Tok::Star: {
      advance();
      ExprNode* value = expression();
      if (value != nullptr && accept(Tok::Equal)) {
        ExprNode* assigned = expression();
        if (assigned != nullptr) {
          raise_range(of(start), location_of(assigned), "cannot assign to iterable argument unpacking");
        }
      } else if (value == nullptr && !raised_) {
        raise_last("Invalid star expression");
      }
      t_ = here;
      return raised_;
    }
    default: break;
  }
  if (start.kind == Tok::Name && peek_kind() == Tok::Equal) {
    advance();
    const Token& equal = advance();
    ExprNode* value = starts_expression(kind()) ? expression() : nullptr;
    if (value != nullptr && at_comprehension()) {
      Seq<Comprehension*> clauses = for_if_clauses();
      if (!clauses.empty()) {
        raise_range(of(start), of(equal), "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
      }
    }
    t_ = here;
    return raised_;
  }
  ExprNode* e = starts_expression(kind()) ? expression() : nullptr;
  if (e != nullptr && kind() == Tok::Equal) {
    raise_range(location_of(e), of(cur()), "expression cannot contain assignment, perhaps you meant \"==\"?");
  }
  t_ = here;
  return raised_;
}

// Reads as many arguments as the grammar allows in a row, without diagnosis; stops before a comma that none follows.
Parser::ArgumentPrefix Parser::argument_prefix() {
  ArgumentPrefix result;
  Silent silent(*this);
  const Token* end = t_;
  for (;;) {
    const Token& start = cur();
    ExprNode* value = nullptr;
    if (start.kind == Tok::Star) {
      if (result.double_star) break;
      advance();
      value = expression();
      if (value == nullptr) break;
      result.positional++;
      auto* starred = make<Starred>(from(start));
      starred->value = value;
      result.last_positional = starred;
    } else if (start.kind == Tok::DoubleStar) {
      advance();
      value = expression();
      if (value == nullptr) break;
      result.double_star = true;
      result.keywords++;
    } else if (start.kind == Tok::Name && peek_kind() == Tok::Equal) {
      advance();
      advance();
      value = expression();
      if (value == nullptr) break;
      result.keywords++;
    } else {
      if (result.keywords != 0 || !starts_expression(start.kind)) break;
      value = argument_expression();
      if (value == nullptr || kind() == Tok::Equal) break;
      result.positional++;
      result.last_positional = value;
    }
    result.count++;
    end = t_;
    if (!accept(Tok::Comma)) break;
  }
  t_ = end;
  return result;
}

// A call's arguments, at the first token after '('.
bool Parser::diagnose_call(const Token& open) {
  const Token* inside = t_;
  if (kind() == Tok::Star) {
    const Token& star = advance();
    ExprNode* value = expression();
    if (raised_) return true;
    if (value != nullptr && at_comprehension()) {
      Location where = from(star);
      if (!for_if_clauses().empty()) raise(where, "iterable unpacking cannot be used in comprehension");
      if (raised_) return true;
    }
    t_ = inside;
  }
  // "*" after "**"
  {
    ArgumentPrefix args = argument_prefix();
    if (args.double_star && kind() == Tok::Comma && peek_kind() == Tok::Star) {
      const Token& comma = advance();
      advance();
      if (expression() != nullptr) raise_range(of(comma), of(t_[-1]), "iterable argument unpacking follows keyword argument unpacking");
      if (raised_) return true;
    }
  }
  // f(x for x in y, ...)
  t_ = inside;
  if (starts_expression(kind())) {
    ExprNode* e = expression();
    if (raised_) return true;
    if (e != nullptr && at_comprehension()) {
      Seq<Comprehension*> clauses = for_if_clauses();
      if (raised_) return true;
      if (!clauses.empty() && accept(Tok::Comma)) {
        raise_range(location_of(e), last_of_comprehension(clauses), "Generator expression must be parenthesized");
        return true;
      }
    }
  }
  // f(a=b for b in c)
  t_ = inside;
  if (kind() == Tok::Name && peek_kind() == Tok::Equal) {
    if (diagnose_argument()) return true;
  }
  // f(a=) and f(x, a=)
  t_ = inside;
  {
    ArgumentPrefix args = argument_prefix();
    if (args.count != 0) accept(Tok::Comma);
    auto missing_value = [&] {
      if (kind() != Tok::Name || peek_kind() != Tok::Equal) return false;
      if (peek_kind(2) != Tok::Comma && peek_kind(2) != Tok::RightParen) return false;
      raise_range(of(cur()), of(t_[1]), "expected argument value expression");
      return true;
    };
    if (missing_value()) return true;
  }
  // f(a, x for x in y)
  t_ = inside;
  {
    ArgumentPrefix args = argument_prefix();
    if (args.count != 0) {
      const Token* after = t_;
      if (at_comprehension()) {
        Seq<Comprehension*> clauses = for_if_clauses();
        if (raised_) return true;
        if (!clauses.empty() && args.positional > 1) {
          raise_range(location_of(args.last_positional), last_of_comprehension(clauses),
                      "Generator expression must be parenthesized");
          return true;
        }
      }
      t_ = after;
      if (accept(Tok::Comma)) {
        const Token* second = t_;
        if (starts_expression(kind())) {
          ExprNode* e = expression();
          if (raised_) return true;
          if (e != nullptr && at_comprehension()) {
            Seq<Comprehension*> clauses = for_if_clauses();
            if (raised_) return true;
            if (!clauses.empty()) {
              raise_range(location_of(e), last_of_comprehension(clauses), "Generator expression must be parenthesized");
              return true;
            }
          }
        }
        t_ = second;
        ArgumentPrefix more = argument_prefix();
        if (more.count != 0) {
          raise_last(args.double_star ? "positional argument follows keyword argument unpacking"
                                      : "positional argument follows keyword argument");
          return true;
        }
      }
    }
  }
  return raised_;
}

// A statement that began at `start` and is no assignment that the grammar has.
bool Parser::diagnose_assignment(const Token& start) {
  // [a, b]: int   (a, b): int
  t_ = &start;
  if (start.kind == Tok::LeftBracket || start.kind == Tok::LeftParen) {
    Silent silent(*this);
    ExprNode* e = atom();
    if (raised_) return true;
    if (e != nullptr && (e->kind == NodeKind::List || e->kind == NodeKind::Tuple) && accept(Tok::Colon)) {
      if (expression() != nullptr) {
        raise(location_of(e), std::string("only single target (not ") + expr_name(e) + ") can be annotated");
        return true;
      }
    }
  }
  // a, b: int
  t_ = &start;
  if (start.kind != Tok::kwYield) {
    ExprNode* first = star_named_expression();
    if (raised_) return true;
    if (first != nullptr && accept(Tok::Comma)) {
      while (starts_expression(kind()) || kind() == Tok::Star) {
        ExprNode* item = star_named_expression();
        if (raised_) return true;
        if (item == nullptr) break;
        accept(Tok::Comma);
      }
      if (accept(Tok::Colon) && expression() != nullptr) {
        raise(location_of(first), "only single target (not tuple) can be annotated");
        return true;
      }
      if (raised_) return true;
    }
    // f(): int
    t_ = &start;
    ExprNode* e = kind() == Tok::Star ? nullptr : expression();
    if (raised_) return true;
    if (e != nullptr && accept(Tok::Colon) && expression() != nullptr) {
      raise(location_of(e), "illegal target for annotation");
      return true;
    }
    if (raised_) return true;
  }
  // a = f() = c
  t_ = &start;
  auto skip_targets = [&] {
    Silent silent(*this);
    for (;;) {
      const Token* here = t_;
      ExprNode* target = starts_expression(kind()) || kind() == Tok::Star ? targets() : nullptr;
      if (target == nullptr || !accept(Tok::Equal)) {
        t_ = here;
        return;
      }
    }
  };
  skip_targets();
  const Token* value_start = t_;
  if (kind() != Tok::kwYield) {
    ExprNode* value = star_expressions();
    if (raised_) return true;
    if (value != nullptr && kind() == Tok::Equal) {
      raise_invalid_target(value, TargetUse::Star);
      if (raised_) return true;
    }
  } else {
    ExprNode* value = yield_expression();
    if (raised_) return true;
    if (value != nullptr && kind() == Tok::Equal) {
      raise(location_of(value), "assignment to yield expression not possible");
      return true;
    }
  }
  (void)value_start;
  // f() += 1
  t_ = &start;
  if (start.kind != Tok::kwYield) {
    ExprNode* e = star_expressions();
    if (raised_) return true;
    if (e != nullptr && is_augmented_assignment(kind())) {
      advance();
      ExprNode* value = yield_or_star_expressions();
      if (raised_) return true;
      if (value != nullptr) {
        raise(location_of(e), std::string("'") + expr_name(e) + "' is an illegal expression for augmented assignment");
      }
    }
  }
  return raised_;
}

// Inside of brackets, at the token after `open`.
bool Parser::diagnose_collection(const Token& open) {
  const Token* inside = t_;
  if (open.kind == Tok::LeftBrace && diagnose_dict(open)) return true;
  if (kind() == Tok::Star) {
    advance();
    ExprNode* value = expression();
    if (raised_) return true;
    if (value == nullptr) {
      raise_last("Invalid star expression");
      return true;
    }
    t_ = inside;
  }
  if (open.kind == Tok::LeftParen) {
    if (kind() == Tok::Star) {
      const Token& star = advance();
      ExprNode* value = expression();
      if (raised_) return true;
      if (value != nullptr && kind() == Tok::RightParen) {
        raise(from(star), "cannot use starred expression here");
        return true;
      }
    } else if (kind() == Tok::DoubleStar) {
      const Token& stars = advance();
      ExprNode* value = expression();
      if (raised_) return true;
      if (value != nullptr && kind() == Tok::RightParen) {
        raise_at(stars, "cannot use double starred expression here");
        return true;
      }
    }
  }
  t_ = inside;
  if (kind() == Tok::Star) {
    const Token& star = advance();
    ExprNode* value = expression();
    if (raised_) return true;
    if (value != nullptr && at_comprehension()) {
      Location where = from(star);
      if (!for_if_clauses().empty()) {
        raise(where, "iterable unpacking cannot be used in comprehension");
        return true;
      }
      if (raised_) return true;
    }
  }
  if (open.kind == Tok::LeftParen) return raised_;
  t_ = inside;
  if (!starts_expression(kind()) && kind() != Tok::Star) return raised_;
  ExprNode* first = star_named_expression();
  if (raised_ || first == nullptr || kind() != Tok::Comma) return raised_;
  const Token& comma = advance();
  if (at_comprehension()) {
    if (!for_if_clauses().empty()) {
      raise_range(location_of(first), of(comma), "did you forget parentheses around the comprehension target?");
    }
    return raised_;
  }
  ExprNode* last = nullptr;
  while (starts_expression(kind()) || kind() == Tok::Star) {
    last = star_named_expression();
    if (raised_ || last == nullptr) return raised_;
    if (!accept(Tok::Comma)) break;
  }
  if (last != nullptr && at_comprehension() && !for_if_clauses().empty()) {
    raise_range(location_of(first), location_of(last), "did you forget parentheses around the comprehension target?");
  }
  return raised_;
}

// A dict display: keys without values and the like.
bool Parser::diagnose_dict(const Token& open) {
  const Token* inside = t_;
  auto bad_value = [&]() {  // at ':' after a key
    const Token& colon = advance();
    if (kind() == Tok::Star) {
      const Token& star = advance();
      if (binary(1) != nullptr) {
        raise_from(of(star), "cannot use a starred expression in a dictionary value");
      }
      return raised_;
    }
    if (kind() == Tok::DoubleStar) {
      const Token& star = advance();
      if (binary(1) != nullptr) {
        raise_from(of(star), "cannot use dict unpacking in a dictionary value");
      }
      return raised_;
    }
    if (kind() == Tok::RightBrace || kind() == Tok::Comma) {
      raise_at(colon, "expression expected after dictionary key and ':'");
    }
    return raised_;
  };
  // pairs that are right, then a wrong one
  bool any = false;
  const Token* pair_start = t_;
  for (;;) {
    pair_start = t_;
    bool fits = false;
    {
      Silent silent(*this);
      if (accept(Tok::DoubleStar)) {
        fits = binary(1) != nullptr;
      } else if (starts_expression(kind())) {
        ExprNode* key = expression();
        fits = key != nullptr && accept(Tok::Colon) && starts_expression(kind()) && expression() != nullptr;
      }
    }
    if (raised_) return true;
    if (!fits || kind() != Tok::Comma) {
      if (fits) {
        t_ = inside;
        any = false;
        pair_start = nullptr;
      }
      break;
    }
    any = true;
    advance();
  }
  if (any && pair_start != nullptr) {
    t_ = pair_start;
    if (starts_expression(kind())) {
      no_comma_check_ = true;
      ExprNode* key = expression();
      if (raised_) return true;
      if (key != nullptr && kind() != Tok::Colon) {
        const Location& where = location_of(key);
        raise({where.lineno, where.end_col_offset - 1, where.end_lineno, -1}, "':' expected after dictionary key");
        return true;
      }
      if (key != nullptr && bad_value()) return true;
    }
  }
  t_ = inside;
  if (starts_expression(kind())) {
    ExprNode* key = expression();
    if (raised_) return true;
    if (key != nullptr && kind() == Tok::Colon && bad_value()) return true;
  }
  t_ = inside;
  if (kind() == Tok::DoubleStar) {
    const Token& stars = advance();
    if (binary(1) != nullptr && at_comprehension() && !for_if_clauses().empty() && kind() == Tok::RightBrace) {
      raise_at(stars, "dict unpacking cannot be used in dict comprehension");
      return true;
    }
  }
  t_ = inside;
  return raised_;
}

// A replacement field, after its '{'.
bool Parser::diagnose_field(const Token& open, char letter) {
  std::string prefix = std::string(1, letter) + "-string: ";
  t_ = &open + 1;
  switch (kind()) {
    case Tok::Equal:
    case Tok::Exclamation:
    case Tok::Colon:
    case Tok::RightBrace:
      raise_at(cur(), prefix + "valid expression required before '" + std::string(token_text(cur())) + "'");
      return true;
    default: break;
  }
  ExprNode* value = nullptr;
  if (starts_expression(kind()) || kind() == Tok::Star || kind() == Tok::kwYield) value = yield_or_star_expressions();
  if (raised_) return true;
  if (value == nullptr) {
    t_ = &open + 1;
    raise_at(cur(), prefix + "expecting a valid expression after '{'");
    return true;
  }
  auto at_any = [&](std::initializer_list<Tok> kinds) {
    for (Tok wanted : kinds) {
      if (kind() == wanted) return true;
    }
    return false;
  };
  if (!at_any({Tok::Equal, Tok::Exclamation, Tok::Colon, Tok::RightBrace})) {
    if (kind() != Tok::Error) raise_at(cur(), prefix + "expecting '=', or '!', or ':', or '}'");
    return raised_;
  }
  if (accept(Tok::Equal) && !at_any({Tok::Exclamation, Tok::Colon, Tok::RightBrace})) {
    if (kind() != Tok::Error) raise_at(cur(), prefix + "expecting '!', or ':', or '}'");
    return raised_;
  }
  if (kind() == Tok::Exclamation) {
    const Token& mark = advance();
    if (at_any({Tok::Colon, Tok::RightBrace})) {
      raise_at(cur(), prefix + "missing conversion character");
      return true;
    }
    if (kind() != Tok::Name) {
      if (kind() != Tok::Error) raise_at(cur(), prefix + "invalid conversion character");
      return raised_;
    }
    (void)mark;
    advance();
    if (!at_any({Tok::Colon, Tok::RightBrace})) {
      if (kind() != Tok::Error) raise_at(cur(), prefix + "expecting ':' or '}'");
      return raised_;
    }
  }
  if (accept(Tok::Colon)) {
    std::vector<ExprNode*> parts;
    if (!string_parts(parts, Tok::RightBrace, false, false) && !raised_ && kind() != Tok::Error) {
      raise_at(cur(), prefix + "expecting '}', or format specs");
    }
    return raised_;
  }
  if (kind() != Tok::RightBrace && kind() != Tok::Error) raise_at(cur(), prefix + "expecting '}'");
  return raised_;
}

// After `as` in an import: what follows must be a name and the name's end.
bool Parser::diagnose_import_target(bool from_import) {
  if (kind() == Tok::Name) {
    Tok next = peek_kind();
    if (next == Tok::Comma || next == Tok::Newline || next == Tok::Semicolon ||
        (from_import && next == Tok::RightParen)) {
      return false;
    }
  }
  const Token* here = t_;
  ExprNode* e = starts_expression(kind()) ? expression() : nullptr;
  if (e != nullptr && !raised_) {
    raise(location_of(e), std::string("cannot use ") + expr_name(e) + " as import target");
    return true;
  }
  t_ = here;
  return raised_;
}

}  // namespace orochi::syntax
