// The match statement and its patterns (PEP 634).
#include "syntax/parser.h"

namespace orochi::syntax {

// At the name `match`. nullptr without raised_: it was no match statement after all, and the position is restored.
StmtNode* Parser::match_statement() {
  // Quick refusal: what follows a plain name most often.
  switch (peek_kind()) {
    case Tok::Equal: case Tok::Dot: case Tok::Comma: case Tok::Colon: case Tok::RightParen: case Tok::Newline:
    case Tok::EndMarker: case Tok::Semicolon:
      return nullptr;
    default: break;
  }
  const Token& start = advance();
  ExprNode* subject = nullptr;
  if (starts_expression(kind()) || kind() == Tok::Star) subject = subject_expression();
  auto decline = [&]() -> StmtNode* {
    t_ = &start;
    return nullptr;
  };
  if (subject == nullptr) return decline();
  if (kind() != Tok::Colon) {
    if (diagnose_ && kind() == Tok::Newline) return raise_last("expected ':'");
    return decline();
  }
  advance();
  if (kind() != Tok::Newline) return decline();
  advance();
  if (kind() != Tok::Indent) {
    if (diagnose_) no_block_error("'match' statement", start.lineno);
    return decline();
  }
  advance();
  if (!at_soft(Soft::Case)) return decline();
  if (!check_version(10, "Pattern matching is")) return nullptr;
  Collector<MatchCase> cases(*this);
  while (at_soft(Soft::Case)) {
    MatchCase* item = case_block();
    if (item == nullptr) return decline();
    cases.add(item);
  }
  if (!expect(Tok::Dedent)) return decline();
  auto* node = make<Match>(from_block(start));
  node->subject = subject;
  node->cases = cases.finish();
  return node;
}

ExprNode* Parser::subject_expression() {
  const Token& start = cur();
  ExprNode* first = star_named_expression();
  if (first == nullptr) return nullptr;
  if (kind() != Tok::Comma) return first->kind == NodeKind::Starred ? nullptr : first;
  Collector<ExprNode> items(*this);
  items.add(first);
  while (accept(Tok::Comma)) {
    if (!starts_expression(kind()) && kind() != Tok::Star) break;
    ExprNode* item = star_named_expression();
    if (item == nullptr) return nullptr;
    items.add(item);
  }
  auto* tuple = make<Tuple>(from(start));
  tuple->elts = items.finish();
  return tuple;
}

MatchCase* Parser::case_block() {
  const Token& start = advance();
  auto* node = make_node<MatchCase>(arena_);
  node->pattern = patterns();
  if (node->pattern == nullptr) return nullptr;
  if (accept(Tok::kwIf)) {
    node->guard = named_expression();
    if (node->guard == nullptr) return nullptr;
  }
  if (!expect_colon(nullptr) || !block(node->body, "'case' statement", start.lineno)) return nullptr;
  return node;
}

PatternNode* Parser::patterns() {
  const Token& start = cur();
  PatternNode* first = maybe_star_pattern();
  if (first == nullptr) return nullptr;
  if (kind() != Tok::Comma) return first->kind == NodeKind::MatchStar ? nullptr : first;
  Collector<PatternNode> items(*this);
  items.add(first);
  while (accept(Tok::Comma)) {
    if (kind() == Tok::kwIf || kind() == Tok::Colon) break;
    PatternNode* item = maybe_star_pattern();
    if (item == nullptr) return nullptr;
    items.add(item);
  }
  auto* node = make<MatchSequence>(from(start));
  node->patterns = items.finish();
  return node;
}

PatternNode* Parser::maybe_star_pattern() {
  if (kind() != Tok::Star) return pattern();
  const Token& start = advance();
  if (kind() != Tok::Name) return nullptr;
  const Token& name = advance();
  if (name.soft != Soft::Underscore &&
      (kind() == Tok::Dot || kind() == Tok::LeftParen || kind() == Tok::Equal)) {
    return nullptr;
  }
  auto* node = make<MatchStar>(from(start));
  if (name.soft != Soft::Underscore) node->name = identifier(name);
  return node;
}

PatternNode* Parser::pattern() {
  if (!check_stack()) return nullptr;
  const Token& start = cur();
  PatternNode* inner = or_pattern();
  if (inner == nullptr || kind() != Tok::kwAs) return inner;
  advance();
  const Token& name = cur();
  if (name.kind != Tok::Name || name.soft == Soft::Underscore || peek_kind() == Tok::Dot ||
      peek_kind() == Tok::LeftParen || peek_kind() == Tok::Equal) {
    if (diagnose_) {
      if (name.soft == Soft::Underscore) return raise_at(name, "cannot use '_' as a target");
      ExprNode* e = starts_expression(name.kind) ? expression() : nullptr;
      if (e != nullptr) {
        return raise(static_cast<LocatedNode*>(e)->location(),
                     std::string("cannot use ") + expr_name(e) + " as pattern target");
      }
    }
    return nullptr;
  }
  advance();
  auto* node = make<MatchAs>(from(start));
  node->pattern = inner;
  node->name = identifier(name);
  return node;
}

PatternNode* Parser::or_pattern() {
  const Token& start = cur();
  PatternNode* first = closed_pattern();
  if (first == nullptr || kind() != Tok::VerticalBar) return first;
  Collector<PatternNode> items(*this);
  items.add(first);
  while (accept(Tok::VerticalBar)) {
    PatternNode* item = closed_pattern();
    if (item == nullptr) return nullptr;
    items.add(item);
  }
  auto* node = make<MatchOr>(from(start));
  node->patterns = items.finish();
  return node;
}

PatternNode* Parser::closed_pattern() {
  const Token& start = cur();
  auto value = [&](ExprNode* e) -> PatternNode* {
    if (e == nullptr) return nullptr;
    auto* node = make<MatchValue>(from(start));
    node->value = e;
    return node;
  };
  auto singleton = [&](ConstantKind constant) -> PatternNode* {
    advance();
    auto* node = make<MatchSingleton>(from(start));
    node->value = ConstantValue::of(constant);
    return node;
  };
  switch (start.kind) {
    case Tok::kwNone: return singleton(ConstantKind::None);
    case Tok::kwTrue: return singleton(ConstantKind::True);
    case Tok::kwFalse: return singleton(ConstantKind::False);
    case Tok::Number:
    case Tok::Minus: return value(signed_number());
    case Tok::String:
    case Tok::FStringStart:
    case Tok::TStringStart: return value(strings());
    case Tok::LeftBrace: return mapping_pattern();
    case Tok::LeftParen:
    case Tok::LeftBracket: return sequence_pattern();
    case Tok::Name: break;
    default: return nullptr;
  }
  if (start.soft == Soft::Underscore) {
    advance();
    return make<MatchAs>(from(start));
  }
  ExprNode* e = name_or_attr();
  if (e == nullptr) return nullptr;
  if (kind() == Tok::LeftParen) return class_pattern(e, start);
  if (kind() == Tok::Equal) return nullptr;
  if (e->kind == NodeKind::Attribute) return value(e);
  auto* node = make<MatchAs>(from(start));
  node->name = as_Name(e)->id;
  return node;
}

ExprNode* Parser::name_or_attr() {
  const Token& start = cur();
  if (start.kind != Tok::Name) return nullptr;
  ExprNode* e = make_name(advance(), ExprContext::Load);
  while (accept(Tok::Dot)) {
    if (kind() != Tok::Name) return nullptr;
    Identifier attr = identifier(advance());
    auto* node = make<Attribute>(from(start));
    node->value = e;
    node->attr = attr;
    e = node;
  }
  return e;
}

// ['-'] number [('+' | '-') number]: the second one imaginary.
ExprNode* Parser::signed_number() {
  const Token& start = cur();
  auto is_complex = [](const ExprNode* e) { return as_Constant(e)->value.kind == ConstantKind::Complex; };
  bool negative = accept(Tok::Minus);
  if (kind() != Tok::Number) return nullptr;
  ExprNode* e = number();
  if (e == nullptr) return nullptr;
  bool left_complex = is_complex(e);
  const ExprNode* left = e;
  if (negative) {
    auto* node = make<UnaryOp>(from(start));
    node->op = UnaryOperator::USub;
    node->operand = e;
    e = node;
  }
  if (kind() != Tok::Plus && kind() != Tok::Minus) return e;
  Operator op = advance().kind == Tok::Plus ? Operator::Add : Operator::Sub;
  if (kind() != Tok::Number) return nullptr;
  if (left_complex) {
    return raise(static_cast<const LocatedNode*>(left)->location(), "real number required in complex literal");
  }
  ExprNode* imaginary = number();
  if (imaginary == nullptr) return nullptr;
  if (!is_complex(imaginary)) {
    return raise(static_cast<LocatedNode*>(imaginary)->location(), "imaginary number required in complex literal");
  }
  auto* node = make<BinOp>(from(start));
  node->left = e;
  node->op = op;
  node->right = imaginary;
  return node;
}

// A literal or dotted name as the key of a mapping pattern.
ExprNode* Parser::literal_expression() {
  auto constant = [&](ConstantKind value) {
    auto* e = make<Constant>(of(advance()));
    e->value = ConstantValue::of(value);
    return e;
  };
  switch (kind()) {
    case Tok::kwNone: return constant(ConstantKind::None);
    case Tok::kwTrue: return constant(ConstantKind::True);
    case Tok::kwFalse: return constant(ConstantKind::False);
    case Tok::Number:
    case Tok::Minus: return signed_number();
    case Tok::String:
    case Tok::FStringStart:
    case Tok::TStringStart: return strings();
    case Tok::Name: {
      ExprNode* e = name_or_attr();
      return e != nullptr && e->kind == NodeKind::Attribute ? e : nullptr;
    }
    default: return nullptr;
  }
}

PatternNode* Parser::sequence_pattern() {
  if (!check_stack()) return nullptr;
  const Token& open = advance();
  Tok close = open.kind == Tok::LeftParen ? Tok::RightParen : Tok::RightBracket;
  Collector<PatternNode> items(*this);
  bool comma = false;
  while (kind() != close) {
    PatternNode* item = maybe_star_pattern();
    if (item == nullptr) return nullptr;
    items.add(item);
    if (!accept(Tok::Comma)) break;
    comma = true;
  }
  bool group = close == Tok::RightParen && items.size() == 1 && !comma;
  if (group && items[0]->kind == NodeKind::MatchStar) return nullptr;
  if (!expect(close)) return nullptr;
  if (group) return items[0];
  auto* node = make<MatchSequence>(from(open));
  node->patterns = items.finish();
  return node;
}

PatternNode* Parser::mapping_pattern() {
  if (!check_stack()) return nullptr;
  const Token& open = advance();
  std::vector<ExprNode*> keys;
  Collector<PatternNode> values(*this);
  Identifier rest;
  while (kind() != Tok::RightBrace) {
    if (accept(Tok::DoubleStar)) {
      if (kind() != Tok::Name || at_soft(Soft::Underscore)) return nullptr;
      rest = identifier(advance());
      accept(Tok::Comma);
      break;
    }
    ExprNode* key = literal_expression();
    if (key == nullptr || !expect(Tok::Colon)) return nullptr;
    PatternNode* value = pattern();
    if (value == nullptr) return nullptr;
    keys.push_back(key);
    values.add(value);
    if (!accept(Tok::Comma)) break;
  }
  if (!expect(Tok::RightBrace)) return nullptr;
  auto* node = make<MatchMapping>(from(open));
  node->keys = make_list<ExprNode*>(arena_, static_cast<uint32_t>(keys.size()));
  for (uint32_t i = 0; i < node->keys.count; ++i) node->keys.items[i] = keys[i];
  node->patterns = values.finish();
  node->rest = rest;
  return node;
}

PatternNode* Parser::class_pattern(ExprNode* cls, const Token& start) {
  if (!check_stack()) return nullptr;
  advance();
  Collector<PatternNode> positional(*this);
  std::vector<Identifier> names;
  std::vector<PatternNode*> keyword_values;
  PatternNode* first_misplaced = nullptr;
  PatternNode* last_misplaced = nullptr;
  while (kind() != Tok::RightParen) {
    if (kind() == Tok::Name && peek_kind() == Tok::Equal) {
      names.push_back(identifier(advance()));
      advance();
      PatternNode* value = pattern();
      if (value == nullptr) return nullptr;
      keyword_values.push_back(value);
    } else {
      PatternNode* value = pattern();
      if (value == nullptr) return nullptr;
      if (!names.empty()) {
        if (!diagnose_) return nullptr;
        if (first_misplaced == nullptr) first_misplaced = value;
        last_misplaced = value;
        if (kind() == Tok::Comma && peek_kind() == Tok::Name && peek_kind(2) == Tok::Equal) break;
      } else {
        positional.add(value);
      }
    }
    if (!accept(Tok::Comma)) break;
  }
  if (first_misplaced != nullptr) {
    return raise_range(first_misplaced->location(), last_misplaced->location(),
                       "positional patterns follow keyword patterns");
  }
  if (!expect(Tok::RightParen)) return nullptr;
  auto* node = make<MatchClass>(from(start));
  node->cls = cls;
  node->patterns = positional.finish();
  uint32_t count = static_cast<uint32_t>(names.size());
  node->kwd_attrs = make_list<Identifier>(arena_, count);
  node->kwd_patterns = make_list<PatternNode*>(arena_, count);
  for (uint32_t i = 0; i < count; ++i) {
    node->kwd_attrs.items[i] = names[i];
    node->kwd_patterns.items[i] = keyword_values[i];
  }
  return node;
}

}  // namespace orochi::syntax
