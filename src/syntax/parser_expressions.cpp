// Expressions. Binary operators by precedence climbing; everything else one function per construct of the reference's
// grammar. Locations: a node spans from its first to its last token, brackets of a group not included.
#include <array>

#include "syntax/parser.h"

namespace orochi::syntax {
namespace {

struct BinaryOperator {
  uint8_t precedence = 0;  // 0 = none
  Operator op = Operator::Add;
};

consteval std::array<BinaryOperator, 256> make_binary_operators() {
  std::array<BinaryOperator, 256> table{};
  auto set = [&](Tok tok, uint8_t precedence, Operator op) { table[static_cast<int>(tok)] = {precedence, op}; };
  set(Tok::VerticalBar, 1, Operator::BitOr);
  set(Tok::Circumflex, 2, Operator::BitXor);
  set(Tok::Ampersand, 3, Operator::BitAnd);
  set(Tok::LeftShift, 4, Operator::LShift);
  set(Tok::RightShift, 4, Operator::RShift);
  set(Tok::Plus, 5, Operator::Add);
  set(Tok::Minus, 5, Operator::Sub);
  set(Tok::Star, 6, Operator::Mult);
  set(Tok::Slash, 6, Operator::Div);
  set(Tok::DoubleSlash, 6, Operator::FloorDiv);
  set(Tok::Percent, 6, Operator::Mod);
  set(Tok::At, 6, Operator::MatMult);
  return table;
}
constexpr auto kBinaryOperators = make_binary_operators();

consteval std::array<bool, 256> make_expression_starts() {
  std::array<bool, 256> table{};
  for (Tok tok : {Tok::Name, Tok::Number, Tok::String, Tok::LeftParen, Tok::LeftBracket, Tok::LeftBrace, Tok::Plus,
                  Tok::Minus, Tok::Tilde, Tok::Ellipsis, Tok::FStringStart, Tok::TStringStart, Tok::kwNone,
                  Tok::kwTrue, Tok::kwFalse, Tok::kwNot, Tok::kwLambda, Tok::kwAwait}) {
    table[static_cast<int>(tok)] = true;
  }
  return table;
}
constexpr auto kExpressionStarts = make_expression_starts();

}  // namespace

bool Parser::starts_expression(Tok kind) { return kExpressionStarts[static_cast<int>(kind)]; }

// ---- lists of expressions ----------------------------------------------------------------------------------------

// star_expression (',' star_expression)* [',']; a comma makes a tuple.
ExprNode* Parser::star_expressions() {
  const Token& start = cur();
  ExprNode* first = star_expression();
  if (first == nullptr || kind() != Tok::Comma) return first;
  Collector<ExprNode> items(*this);
  items.add(first);
  while (accept(Tok::Comma)) {
    if (!starts_expression(kind()) && kind() != Tok::Star) break;
    const Token* before = t_;
    ExprNode* item = star_expression();
    if (item == nullptr) {
      if (give_back(before)) break;
      return nullptr;
    }
    items.add(item);
  }
  auto* tuple = make<Tuple>(from(start));
  tuple->elts = items.finish();
  return tuple;
}

ExprNode* Parser::star_expression() {
  if (kind() != Tok::Star) return expression();
  const Token& start = advance();
  ExprNode* value = binary(1);
  if (value == nullptr) return nullptr;
  auto* starred = make<Starred>(from(start));
  starred->value = value;
  return starred;
}

ExprNode* Parser::star_named_expression() {
  return kind() == Tok::Star ? star_expression() : named_expression();
}

ExprNode* Parser::named_expression() {
  const Token& start = cur();
  if (start.kind == Tok::Name && peek_kind() == Tok::ColonEqual) {
    ExprNode* target = make_name(advance(), ExprContext::Store);
    advance();
    ExprNode* value = expression();
    if (value == nullptr || !check_version(8, "Assignment expressions are")) return nullptr;
    auto* named = make<NamedExpr>(from(start));
    named->target = target;
    named->value = value;
    return named;
  }
  ExprNode* e = expression();
  if (e == nullptr) return nullptr;
  if (OROCHI_UNLIKELY(diagnose_) && diagnose_named_expression(start, e)) return nullptr;
  return kind() == Tok::ColonEqual ? nullptr : e;
}

// ---- expression --------------------------------------------------------------------------------------------------

ExprNode* Parser::expression_once() {
  if (OROCHI_UNLIKELY(!check_stack())) return nullptr;
  const Token& start = cur();
  bool check_comma = !no_comma_check_;
  no_comma_check_ = false;
  if (start.kind == Tok::kwLambda) return lambda();
  ExprNode* body = disjunction();
  if (body == nullptr) {
    if (OROCHI_UNLIKELY(diagnose_) && !raised_) diagnose_statement_as_expression(start);
    return nullptr;
  }
  if (OROCHI_UNLIKELY(diagnose_) && check_comma) {
    body = comma_error_check(body, start);
    if (body == nullptr) return nullptr;
  }
  return kind() == Tok::kwIf ? conditional_tail(body, start) : body;
}

// body 'if' test 'else' orelse. Only a complete one is taken: `[x for x in a if b]` and guards end before the 'if'.
ExprNode* Parser::conditional_tail(ExprNode* body, const Token& start) {
  const Token* at_if = t_;
  advance();
  ExprNode* test = disjunction();
  if (test == nullptr) {
    if (!raised_) t_ = at_if;
    return raised_ ? nullptr : body;
  }
  if (kind() != Tok::kwElse) {
    if (diagnose_ && kind() != Tok::Colon) {
      return raise_range(static_cast<LocatedNode*>(body)->location(), static_cast<LocatedNode*>(test)->location(),
                         "expected 'else' after 'if' expression");
    }
    t_ = at_if;
    return body;
  }
  advance();
  const Token& else_start = cur();
  ExprNode* orelse = expression();
  if (orelse == nullptr) {
    if (diagnose_ && !raised_) raise_at(else_start, "expected expression after 'else', but statement is given");
    return give_back(at_if) ? body : nullptr;
  }
  auto* e = make<IfExp>(from(start));
  e->test = test;
  e->body = body;
  e->orelse = orelse;
  return e;
}

ExprNode* Parser::disjunction_once() {
  const Token& start = cur();
  ExprNode* first = conjunction();
  if (first == nullptr || OROCHI_LIKELY(kind() != Tok::kwOr)) return first;
  Collector<ExprNode> values(*this);
  values.add(first);
  while (kind() == Tok::kwOr) {
    const Token* before = t_;
    advance();
    ExprNode* value = conjunction();
    if (value == nullptr) {
      if (!give_back(before)) return nullptr;
      if (values.size() == 1) return first;
      break;
    }
    values.add(value);
  }
  auto* e = make<BoolOp>(from(start));
  e->op = BoolOperator::Or;
  e->values = values.finish();
  return e;
}

ExprNode* Parser::conjunction() {
  const Token& start = cur();
  ExprNode* first = inversion();
  if (first == nullptr || OROCHI_LIKELY(kind() != Tok::kwAnd)) return first;
  Collector<ExprNode> values(*this);
  values.add(first);
  while (kind() == Tok::kwAnd) {
    const Token* before = t_;
    advance();
    ExprNode* value = inversion();
    if (value == nullptr) {
      if (!give_back(before)) return nullptr;
      if (values.size() == 1) return first;
      break;
    }
    values.add(value);
  }
  auto* e = make<BoolOp>(from(start));
  e->op = BoolOperator::And;
  e->values = values.finish();
  return e;
}

ExprNode* Parser::inversion() {
  if (OROCHI_LIKELY(kind() != Tok::kwNot)) return comparison();
  if (!check_stack()) return nullptr;
  const Token& start = advance();
  ExprNode* operand = inversion();
  if (operand == nullptr) return nullptr;
  auto* e = make<UnaryOp>(from(start));
  e->op = UnaryOperator::Not;
  e->operand = operand;
  return e;
}

ExprNode* Parser::comparison() {
  const Token& start = cur();
  ExprNode* left = binary(1);
  if (left == nullptr) return nullptr;
  Collector<ExprNode> operands(*this);
  std::array<CmpOperator, 8> few;
  std::vector<CmpOperator> many;
  uint32_t count = 0;
  for (;;) {
    CmpOperator op;
    int length = 1;
    switch (kind()) {
      case Tok::EqualEqual: op = CmpOperator::Eq; break;
      case Tok::NotEqual:
        // "<>" is an operator only under barry_as_FLUFL, and "!=" only without it.
        if ((source_[cur().begin] == '<') != barry_as_flufl_) {
          if (barry_as_flufl_) return raise_last("with Barry as BDFL, use '<>' instead of '!='");
          if (diagnose_) return raise_at(cur(), "invalid syntax.  Maybe you meant '!=' instead of '<>'?");
          length = 0;
        }
        op = CmpOperator::NotEq;
        break;
      case Tok::Less: op = CmpOperator::Lt; break;
      case Tok::LessEqual: op = CmpOperator::LtE; break;
      case Tok::Greater: op = CmpOperator::Gt; break;
      case Tok::GreaterEqual: op = CmpOperator::GtE; break;
      case Tok::kwIn: op = CmpOperator::In; break;
      case Tok::kwIs:
        op = peek_kind() == Tok::kwNot ? CmpOperator::IsNot : CmpOperator::Is;
        if (op == CmpOperator::IsNot) length = 2;
        break;
      case Tok::kwNot:
        if (peek_kind() != Tok::kwIn) {
          if (t_ + 1 > furthest_ && t_ < last_token_) furthest_ = t_ + 1;
          length = 0;
        } else {
          length = 2;
        }
        op = CmpOperator::NotIn;
        break;
      default: length = 0; op = CmpOperator::Eq; break;
    }
    if (length == 0) break;
    const Token* before = t_;
    advance();
    if (length == 2) advance();
    ExprNode* right = binary(1);
    if (right == nullptr) {
      if (give_back(before)) break;
      return nullptr;
    }
    operands.add(right);
    if (count < few.size()) {
      few[count] = op;
    } else {
      if (count == few.size()) many.assign(few.begin(), few.end());
      many.push_back(op);
    }
    ++count;
  }
  if (OROCHI_LIKELY(count == 0)) return left;
  auto* e = make<Compare>(from(start));
  e->left = left;
  e->comparators = operands.finish();
  e->ops = make_list<CmpOperator>(arena_, count);
  const CmpOperator* ops = count <= few.size() ? few.data() : many.data();
  for (uint32_t i = 0; i < count; ++i) e->ops.items[i] = ops[i];
  return e;
}

// Left-associative operators of at least `min_precedence`: | ^ & shifts, + -, * / // % @.
ExprNode* Parser::binary(int min_precedence) {
  const Token& start = cur();
  ExprNode* left = factor();
  if (left == nullptr) return nullptr;
  for (;;) {
    BinaryOperator op = kBinaryOperators[static_cast<int>(kind())];
    if (op.precedence < min_precedence || op.precedence == 0) return left;
    const Token* before = t_;
    advance();
    if (OROCHI_UNLIKELY(diagnose_) && kind() == Tok::kwNot && op.precedence >= 5) {
      const Token& at_not = cur();
      if (ExprNode* operand = inversion()) {
        return raise_range(of(at_not), static_cast<LocatedNode*>(operand)->location(),
                           "'not' after an operator must be parenthesized");
      }
      return give_back(before) ? left : nullptr;
    }
    ExprNode* right = binary(op.precedence + 1);
    if (right == nullptr) return give_back(before) ? left : nullptr;
    if (op.op == Operator::MatMult && !check_version(5, "The '@' operator is")) return nullptr;
    auto* e = make<BinOp>(from(start));
    e->left = left;
    e->op = op.op;
    e->right = right;
    left = e;
  }
}

ExprNode* Parser::factor() {
  UnaryOperator op;
  switch (kind()) {
    case Tok::Plus: op = UnaryOperator::UAdd; break;
    case Tok::Minus: op = UnaryOperator::USub; break;
    case Tok::Tilde: op = UnaryOperator::Invert; break;
    default: return power();
  }
  if (!check_stack()) return nullptr;
  const Token& start = advance();
  if (OROCHI_UNLIKELY(diagnose_) && kind() == Tok::kwNot) {
    const Token& at_not = cur();
    if (ExprNode* operand = inversion()) {
      return raise_range(of(at_not), static_cast<LocatedNode*>(operand)->location(),
                         "'not' after an operator must be parenthesized");
    }
    return nullptr;
  }
  ExprNode* operand = factor();
  if (operand == nullptr) return nullptr;
  auto* e = make<UnaryOp>(from(start));
  e->op = op;
  e->operand = operand;
  return e;
}

ExprNode* Parser::power() {
  const Token& start = cur();
  ExprNode* base;
  if (start.kind == Tok::kwAwait) {
    advance();
    ExprNode* value = primary();
    if (value == nullptr || !check_version(5, "Await expressions are")) return nullptr;
    auto* e = make<Await>(from(start));
    e->value = value;
    base = e;
  } else {
    base = primary();
    if (base == nullptr) return nullptr;
  }
  if (OROCHI_LIKELY(kind() != Tok::DoubleStar)) return base;
  if (!check_stack()) return nullptr;
  const Token* before = t_;
  advance();
  ExprNode* exponent = factor();
  if (exponent == nullptr) return give_back(before) ? base : nullptr;
  auto* e = make<BinOp>(from(start));
  e->left = base;
  e->op = Operator::Pow;
  e->right = exponent;
  return e;
}

// ---- primaries and atoms -----------------------------------------------------------------------------------------

ExprNode* Parser::primary_once() {
  const Token& start = cur();
  ExprNode* e = atom();
  while (e != nullptr) {
    switch (kind()) {
      case Tok::Dot: {
        const Token* before = t_;
        advance();
        if (kind() != Tok::Name) return give_back(before) ? e : nullptr;
        Identifier attr = identifier(advance());
        auto* attribute = make<Attribute>(from(start));
        attribute->value = e;
        attribute->attr = attr;
        e = attribute;
        break;
      }
      case Tok::LeftParen: {
        const Token* before = t_;
        auto* call_node = static_cast<Call*>(call(e));
        if (call_node == nullptr) return give_back(before) ? e : nullptr;
        static_cast<Location&>(*call_node) = from(start);
        e = call_node;
        break;
      }
      case Tok::LeftBracket: {
        const Token* before = t_;
        advance();
        ExprNode* index = slices();
        if (index == nullptr || !expect(Tok::RightBracket)) return give_back(before) ? e : nullptr;
        auto* subscript = make<Subscript>(from(start));
        subscript->value = e;
        subscript->slice = index;
        e = subscript;
        break;
      }
      default:
        return e;
    }
  }
  return nullptr;
}

ExprNode* Parser::make_name(const Token& token, ExprContext context) {
  auto* name = make<Name>(of(token));
  name->id = identifier(token);
  name->ctx = context;
  return name;
}

ExprNode* Parser::atom() {
  auto constant = [&](ConstantKind value) {
    auto* e = make<Constant>(of(advance()));
    e->value = ConstantValue::of(value);
    return e;
  };
  switch (kind()) {
    case Tok::Name: return make_name(advance(), ExprContext::Load);
    case Tok::Number: return number();
    case Tok::String:
    case Tok::FStringStart:
    case Tok::TStringStart: return strings();
    case Tok::LeftParen: return paren_atom();
    case Tok::LeftBracket: return list_atom();
    case Tok::LeftBrace: return brace_atom();
    case Tok::kwNone: return constant(ConstantKind::None);
    case Tok::kwTrue: return constant(ConstantKind::True);
    case Tok::kwFalse: return constant(ConstantKind::False);
    case Tok::Ellipsis: return constant(ConstantKind::Ellipsis);
    default: return nullptr;
  }
}

// '(' ... ')': a group, a tuple, a generator expression, or a yield expression.
ExprNode* Parser::paren_atom() {
  if (!check_stack()) return nullptr;
  const Token& open = advance();
  if (accept(Tok::RightParen)) return make<Tuple>(from(open));
  if (kind() == Tok::kwYield) {
    ExprNode* e = yield_expression();
    return e != nullptr && expect(Tok::RightParen) ? e : nullptr;
  }
  const Token* inside = t_;
  ExprNode* first = star_named_expression();
  if (first != nullptr) {
    if (kind() == Tok::Comma) {
      Collector<ExprNode> items(*this);
      items.add(first);
      while (accept(Tok::Comma)) {
        if (!starts_expression(kind()) && kind() != Tok::Star) break;
        ExprNode* item = star_named_expression();
        if (item == nullptr) return nullptr;
        items.add(item);
      }
      if (expect(Tok::RightParen)) {
        auto* tuple = make<Tuple>(from(open));
        tuple->elts = items.finish();
        return tuple;
      }
    } else if (first->kind != NodeKind::Starred) {
      if (accept(Tok::RightParen)) return first;
      if (at_comprehension()) {
        Seq<Comprehension*> generators = for_if_clauses();
        if (generators.empty() || !expect(Tok::RightParen)) return nullptr;
        auto* e = make<GeneratorExp>(from(open));
        e->elt = first;
        e->generators = generators;
        return e;
      }
    }
  }
  if (diagnose_ && !raised_) {
    t_ = inside;
    diagnose_collection(open);
  }
  return nullptr;
}

ExprNode* Parser::list_atom() {
  if (!check_stack()) return nullptr;
  const Token& open = advance();
  Collector<ExprNode> items(*this);
  const Token* inside = t_;
  if (kind() != Tok::RightBracket) {
    ExprNode* first = star_named_expression();
    if (first != nullptr && at_comprehension() && first->kind != NodeKind::Starred) {
      Seq<Comprehension*> generators = for_if_clauses();
      if (generators.empty() || !expect(Tok::RightBracket)) return nullptr;
      auto* e = make<ListComp>(from(open));
      e->elt = first;
      e->generators = generators;
      return e;
    }
    bool fits = first != nullptr;
    if (fits) items.add(first);
    while (fits && accept(Tok::Comma)) {
      if (!starts_expression(kind()) && kind() != Tok::Star) break;
      ExprNode* item = star_named_expression();
      if (item == nullptr) {
        fits = false;
        break;
      }
      items.add(item);
    }
    if (!fits || kind() != Tok::RightBracket) {
      if (diagnose_ && !raised_) {
        t_ = inside;
        diagnose_collection(open);
      }
      return nullptr;
    }
  }
  advance();
  auto* list = make<List>(from(open));
  list->elts = items.finish();
  return list;
}

// '{' ... '}': dict, set, or a comprehension of either.
ExprNode* Parser::brace_atom() {
  if (!check_stack()) return nullptr;
  const Token& open = advance();
  if (accept(Tok::RightBrace)) return make<Dict>(from(open));
  const Token* inside = t_;
  auto decline = [&]() -> ExprNode* {
    if (diagnose_ && !raised_) {
      t_ = inside;
      diagnose_collection(open);
    }
    return nullptr;
  };

  ExprNode* first = nullptr;
  bool is_dict = kind() == Tok::DoubleStar;
  if (!is_dict) {
    first = star_named_expression();
    if (first == nullptr) return decline();
    is_dict = kind() == Tok::Colon && first->kind != NodeKind::Starred && first->kind != NodeKind::NamedExpr;
    if (kind() == Tok::Colon && first->kind == NodeKind::NamedExpr) {
      is_dict = inside->kind == Tok::LeftParen;
    }
  }
  if (!is_dict) {
    if (at_comprehension() && first->kind != NodeKind::Starred) {
      Seq<Comprehension*> generators = for_if_clauses();
      if (generators.empty() || !expect(Tok::RightBrace)) return nullptr;
      auto* e = make<SetComp>(from(open));
      e->elt = first;
      e->generators = generators;
      return e;
    }
    Collector<ExprNode> items(*this);
    items.add(first);
    while (accept(Tok::Comma)) {
      if (!starts_expression(kind()) && kind() != Tok::Star) break;
      ExprNode* item = star_named_expression();
      if (item == nullptr) return decline();
      items.add(item);
    }
    if (!accept(Tok::RightBrace)) return decline();
    auto* set = make<Set>(from(open));
    set->elts = items.finish();
    return set;
  }

  // Keys and values alternate on the collector; a `**mapping` has no key.
  Collector<ExprNode> pairs(*this);
  for (;;) {
    ExprNode* key = nullptr;
    ExprNode* value;
    if (accept(Tok::DoubleStar)) {
      value = binary(1);
    } else {
      if (diagnose_ && first == nullptr) no_comma_check_ = true;
      key = first != nullptr ? first : expression();
      first = nullptr;
      if (key == nullptr || !expect(Tok::Colon)) return decline();
      value = expression();
    }
    if (value == nullptr) return decline();
    if (pairs.size() == 0 && key != nullptr && at_comprehension()) {
      Seq<Comprehension*> generators = for_if_clauses();
      if (generators.empty() || !expect(Tok::RightBrace)) return nullptr;
      auto* e = make<DictComp>(from(open));
      e->key = key;
      e->value = value;
      e->generators = generators;
      return e;
    }
    pairs.add(key);
    pairs.add(value);
    if (!accept(Tok::Comma)) break;
    if (!starts_expression(kind()) && kind() != Tok::DoubleStar) break;
  }
  if (!accept(Tok::RightBrace)) return decline();
  auto* dict = make<Dict>(from(open));
  uint32_t count = pairs.size() / 2;
  dict->keys = make_list<ExprNode*>(arena_, count);
  dict->values = make_list<ExprNode*>(arena_, count);
  for (uint32_t i = 0; i < count; ++i) {
    dict->keys.items[i] = pairs[2 * i];
    dict->values.items[i] = pairs[2 * i + 1];
  }
  return dict;
}

// ---- calls and subscripts ----------------------------------------------------------------------------------------

// At '('. The caller sets the location.
ExprNode* Parser::call(ExprNode* callee) {
  if (!check_stack()) return nullptr;
  const Token& open = advance();
  auto* e = make<Call>(Location{});
  e->func = callee;
  if (accept(Tok::RightParen)) return e;
  const Token* inside = t_;
  Collector<ExprNode> args(*this);
  bool lone_generator = false;
  if (arguments_list(args, e->keywords, &lone_generator, open) && (lone_generator || accept(Tok::RightParen))) {
    e->args = args.finish();
    return e;
  }
  if (diagnose_ && !raised_) {
    t_ = inside;
    diagnose_call(open);
  }
  return nullptr;
}

// A positional argument: a named expression whose '=' is not looked at.
ExprNode* Parser::argument_expression() {
  if (kind() == Tok::Name && peek_kind() == Tok::ColonEqual) return named_expression();
  ExprNode* e = expression();
  return e == nullptr || kind() == Tok::ColonEqual ? nullptr : e;
}

// What stands between the parentheses of a call or class statement, up to but without ')'. A generator expression
// alone in a call includes the parentheses, and then they are taken (lone_generator; nullptr: not allowed).
bool Parser::arguments_list(Collector<ExprNode>& args, Seq<Keyword*>& keywords, bool* lone_generator,
                            const Token& open) {
  std::vector<Keyword*> named;
  bool after_double_star = false;
  for (;;) {
    const Token& start = cur();
    if (start.kind == Tok::RightParen) break;
    if (OROCHI_UNLIKELY(diagnose_) && diagnose_argument()) return false;
    if (start.kind == Tok::Star) {
      if (after_double_star) return false;
      advance();
      ExprNode* value = expression();
      if (value == nullptr) return false;
      auto* starred = make<Starred>(from(start));
      starred->value = value;
      args.add(starred);
    } else if (start.kind == Tok::DoubleStar) {
      advance();
      ExprNode* value = expression();
      if (value == nullptr) return false;
      auto* keyword = make<Keyword>(from(start));
      keyword->value = value;
      named.push_back(keyword);
      after_double_star = true;
    } else if (start.kind == Tok::Name && peek_kind() == Tok::Equal) {
      advance();
      advance();
      ExprNode* value = expression();
      if (value == nullptr) return false;
      auto* keyword = make<Keyword>(from(start));
      keyword->arg = identifier(start);
      keyword->value = value;
      named.push_back(keyword);
    } else {
      if (!named.empty()) return false;
      ExprNode* value = argument_expression();
      if (value == nullptr || kind() == Tok::Equal) return false;
      if (args.size() == 0 && lone_generator != nullptr && at_comprehension()) {
        Seq<Comprehension*> generators = for_if_clauses();
        if (generators.empty() || !accept(Tok::RightParen)) return false;
        auto* e = make<GeneratorExp>(from(open));
        e->elt = value;
        e->generators = generators;
        args.add(e);
        *lone_generator = true;
        return true;
      }
      args.add(value);
    }
    if (!accept(Tok::Comma)) break;
  }
  keywords = make_list<Keyword*>(arena_, static_cast<uint32_t>(named.size()));
  for (uint32_t i = 0; i < keywords.count; ++i) keywords.items[i] = named[i];
  return true;
}

ExprNode* Parser::slices() {
  if (!check_stack()) return nullptr;
  const Token& start = cur();
  auto item = [&]() -> ExprNode* {
    if (kind() != Tok::Star) return slice();
    const Token& star = advance();
    ExprNode* value = expression();
    if (value == nullptr) {
      if (diagnose_ && !raised_) raise_last("Invalid star expression");
      return nullptr;
    }
    auto* starred = make<Starred>(from(star));
    starred->value = value;
    return starred;
  };
  ExprNode* first = item();
  if (first == nullptr) return nullptr;
  if (kind() != Tok::Comma && first->kind != NodeKind::Starred) return first;
  Collector<ExprNode> items(*this);
  items.add(first);
  while (accept(Tok::Comma)) {
    if (!starts_expression(kind()) && kind() != Tok::Star && kind() != Tok::Colon) break;
    ExprNode* next = item();
    if (next == nullptr) return nullptr;
    items.add(next);
  }
  auto* tuple = make<Tuple>(from(start));
  tuple->elts = items.finish();
  return tuple;
}

ExprNode* Parser::slice() {
  const Token& start = cur();
  ExprNode* lower = nullptr;
  if (start.kind != Tok::Colon) {
    lower = named_expression();
    if (lower == nullptr || kind() != Tok::Colon) return lower;
    if (lower->kind == NodeKind::NamedExpr && start.kind != Tok::LeftParen) return lower;
  }
  advance();
  auto part = [&](ExprNode*& into) {
    if (!starts_expression(kind())) return true;
    into = expression();
    return into != nullptr;
  };
  ExprNode* upper = nullptr;
  ExprNode* step = nullptr;
  if (!part(upper)) return nullptr;
  if (accept(Tok::Colon) && !part(step)) return nullptr;
  auto* e = make<Slice>(from(start));
  e->lower = lower;
  e->upper = upper;
  e->step = step;
  return e;
}

// ---- comprehensions, targets -------------------------------------------------------------------------------------

// Empty: declined.
Seq<Comprehension*> Parser::for_if_clauses() {
  Collector<Comprehension> clauses(*this);
  while (at_comprehension()) {
    bool is_async = accept(Tok::kwAsync);
    advance();
    const Token* at_target = t_;
    ExprNode* target = targets();
    if (target == nullptr || kind() != Tok::kwIn) {
      if (diagnose_ && !raised_) {
        t_ = at_target;
        Silent silent(*this);
        // for_targets without 'in', else an expression that is no target
        ExprNode* first = binary(1);
        if (first != nullptr) {
          while (accept(Tok::Comma)) {
            if (binary(1) == nullptr) break;
          }
          if (kind() != Tok::kwIn) {
            silent.p.diagnose_ = silent.saved;
            raise_last("'in' expected after for-loop variables");
            return {};
          }
        }
        t_ = at_target;
        ExprNode* all = star_expressions();
        if (all != nullptr) raise_invalid_target(all, TargetUse::For);
      }
      return {};
    }
    advance();
    auto* clause = make_node<Comprehension>(arena_);
    clause->target = target;
    clause->iter = disjunction();
    if (clause->iter == nullptr) return {};
    {
      Collector<ExprNode> conditions(*this);
      while (accept(Tok::kwIf)) {
        ExprNode* condition = disjunction();
        if (condition == nullptr) return {};
        conditions.add(condition);
      }
      clause->ifs = conditions.finish();
    }
    clause->is_async = is_async;
    if (is_async && !check_version(6, "Async comprehensions are")) return {};
    clauses.add(clause);
  }
  return clauses.finish();
}

// star_targets, up to but without 'in': an operand, so that `in` is not read as a comparison.
ExprNode* Parser::targets() {
  const Token& start = cur();
  ExprNode* first = single_star_target();
  if (first == nullptr) return nullptr;
  if (kind() != Tok::Comma) return first;
  Collector<ExprNode> items(*this);
  items.add(first);
  while (accept(Tok::Comma)) {
    if (!starts_expression(kind()) && kind() != Tok::Star) break;
    ExprNode* item = single_star_target();
    if (item == nullptr) return nullptr;
    items.add(item);
  }
  auto* tuple = make<Tuple>(from(start));
  tuple->elts = items.finish();
  tuple->ctx = ExprContext::Store;
  return tuple;
}

ExprNode* Parser::single_star_target() {
  const Token* start = t_;
  ExprNode* e;
  if (kind() == Tok::Star) {
    e = star_expression();
  } else {
    e = primary();
  }
  if (e == nullptr) return nullptr;
  if (!is_star_target(e) || !set_context(e, ExprContext::Store)) {
    if (!diagnose_ && !raised_) t_ = start;
    return nullptr;
  }
  return e;
}

bool Parser::is_star_target(const ExprNode* e) const {
  switch (e->kind) {
    case NodeKind::Name:
    case NodeKind::Attribute:
    case NodeKind::Subscript: return true;
    case NodeKind::Starred: {
      const ExprNode* value = as_Starred(e)->value;
      return value->kind != NodeKind::Starred && is_star_target(value);
    }
    case NodeKind::Tuple:
      for (const ExprNode* item : as_Tuple(e)->elts) {
        if (!is_star_target(item)) return false;
      }
      return true;
    case NodeKind::List:
      for (const ExprNode* item : as_List(e)->elts) {
        if (!is_star_target(item)) return false;
      }
      return true;
    default: return false;
  }
}

// Turns what was read as a value into a target. False: it cannot be one.
bool Parser::set_context(ExprNode* e, ExprContext context) {
  switch (e->kind) {
    case NodeKind::Name: as_Name(e)->ctx = context; return true;
    case NodeKind::Attribute: as_Attribute(e)->ctx = context; return true;
    case NodeKind::Subscript: as_Subscript(e)->ctx = context; return true;
    case NodeKind::Starred:
      as_Starred(e)->ctx = context;
      return set_context(as_Starred(e)->value, context);
    case NodeKind::Tuple:
      as_Tuple(e)->ctx = context;
      for (ExprNode* item : as_Tuple(e)->elts) {
        if (!set_context(item, context)) return false;
      }
      return true;
    case NodeKind::List:
      as_List(e)->ctx = context;
      for (ExprNode* item : as_List(e)->elts) {
        if (!set_context(item, context)) return false;
      }
      return true;
    default: return false;
  }
}

// ---- lambda, yield -----------------------------------------------------------------------------------------------

ExprNode* Parser::lambda() {
  const Token& start = advance();
  Arguments* args = parameters(/*in_lambda=*/true);
  if (args == nullptr) return nullptr;
  if (diagnose_ && kind() == Tok::Colon && cur().quote_size != 0) {
    // The lexer took ':' for the start of a format spec.
    return raise_range(of(start), of(cur()),
                       std::string(1, static_cast<char>(cur().quote_size)) + "-string: lambda expressions are not allowed without parentheses");
  }
  if (!expect_forced(Tok::Colon, ":")) return nullptr;
  ExprNode* body = expression();
  if (body == nullptr) return nullptr;
  auto* e = make<Lambda>(from(start));
  e->args = args;
  e->body = body;
  return e;
}

ExprNode* Parser::yield_expression() {
  const Token& start = advance();
  if (accept(Tok::kwFrom)) {
    ExprNode* value = expression();
    if (value == nullptr) return nullptr;
    auto* e = make<YieldFrom>(from(start));
    e->value = value;
    return e;
  }
  ExprNode* value = nullptr;
  if (starts_expression(kind()) || kind() == Tok::Star) {
    value = star_expressions();
    if (value == nullptr) return nullptr;
  }
  auto* e = make<Yield>(from(start));
  e->value = value;
  return e;
}

ExprNode* Parser::yield_or_star_expressions() {
  return kind() == Tok::kwYield ? yield_expression() : star_expressions();
}

}  // namespace orochi::syntax
