// The text of an expression as CPython's compiler writes annotations under `from __future__ import annotations`: the
// least parentheses, single quotes where possible, one space around operators.
#include "compiler/unparse.h"

#include <charconv>
#include <cmath>
#include <cstdio>

namespace orochi {

using namespace ast;

namespace {

enum Precedence { kTuplePrec, kTestPrec, kOrPrec, kAndPrec, kNotPrec, kComparePrec, kBitOr, kBitXor, kBitAnd, kShift,
                  kArith, kTerm, kFactor, kPower, kAwaitPrec, kAtom };

struct Writer {
  std::string out;

  void group(bool parens, auto body) {
    if (parens) out += '(';
    body();
    if (parens) out += ')';
  }

  void text(std::string_view s, bool bytes) {
    bool single = s.find('\'') != std::string_view::npos && s.find('"') == std::string_view::npos;
    char quote = single ? '"' : '\'';
    if (bytes) out += 'b';
    out += quote;
    escaped(s, bytes, quote);
    out += quote;
  }
  void escaped(std::string_view s, bool bytes, char quote) {
    for (size_t i = 0; i < s.size(); i++) {
      uint8_t c = uint8_t(s[i]);
      char buffer[8];
      if (c == uint8_t(quote) || c == '\\') {
        out += '\\';
        out += char(c);
      } else if (c == '\n') {
        out += "\\n";
      } else if (c == '\r') {
        out += "\\r";
      } else if (c == '\t') {
        out += "\\t";
      } else if (c < 0x20 || c == 0x7f || (bytes && c >= 0x80)) {
        std::snprintf(buffer, sizeof buffer, "\\x%02x", c);
        out += buffer;
      } else {
        out += char(c);
      }
    }
  }
  void number(double v, bool imaginary) {
    if (std::isinf(v)) {
      out += v < 0 ? "-1e309" : "1e309";
    } else {
      // The shortest digits that read back; positional between 1e-4 and 1e16 as repr() has it.
      char buffer[64];
      double a = std::fabs(v);
      auto format = a != 0 && (a >= 1e16 || a < 1e-4) ? std::chars_format::scientific : std::chars_format::fixed;
      auto end = std::to_chars(buffer, buffer + sizeof buffer, v, format).ptr;
      std::string_view digits(buffer, size_t(end - buffer));
      out += digits;
      if (!imaginary && digits.find_first_of(".en") == std::string_view::npos) out += ".0";
    }
    if (imaginary) out += 'j';
  }
  void constant(const ConstantValue& v) {
    switch (v.kind) {
      case ConstantKind::None: out += "None"; break;
      case ConstantKind::True: out += "True"; break;
      case ConstantKind::False: out += "False"; break;
      case ConstantKind::Ellipsis: out += "..."; break;
      case ConstantKind::Int: out += std::to_string(v.integer); break;
      case ConstantKind::BigInt:
        if (v.base == 16) out += "0x";
        if (v.base == 8) out += "0o";
        if (v.base == 2) out += "0b";
        out += v.text();
        break;
      case ConstantKind::Float: number(v.real, false); break;
      case ConstantKind::Complex: number(v.imag, true); break;
      case ConstantKind::Str: text(v.text(), false); break;
      case ConstantKind::Bytes: text(v.text(), true); break;
      case ConstantKind::Tuple:
      case ConstantKind::FrozenSet: {
        out += '(';
        bool first = true;
        for (const ConstantValue& item : v.items()) {
          if (!first) out += ", ";
          first = false;
          constant(item);
        }
        out += v.size == 1 ? ",)" : ")";
        break;
      }
    }
  }

  void list(const Seq<ExprNode*>& items, int precedence = kTestPrec) {
    for (uint32_t i = 0; i < items.size(); i++) {
      if (i != 0) out += ", ";
      write(items[i], precedence);
    }
  }
  void generators(const Seq<Comprehension*>& list) {
    for (Comprehension* g : list) {
      out += g->is_async != 0 ? " async for " : " for ";
      write(g->target, kTuplePrec);
      out += " in ";
      write(g->iter, kTestPrec + 1);
      for (ExprNode* test : g->ifs) {
        out += " if ";
        write(test, kTestPrec + 1);
      }
    }
  }
  void arguments(const Arguments* a) {
    bool first = true;
    auto comma = [&] {
      if (!first) out += ", ";
      first = false;
    };
    uint32_t positional = a->posonlyargs.size() + a->args.size();
    for (uint32_t i = 0; i < positional; i++) {
      comma();
      out += (i < a->posonlyargs.size() ? a->posonlyargs[i] : a->args[i - a->posonlyargs.size()])->arg;
      if (i + a->defaults.size() >= positional) {
        out += '=';
        write(a->defaults[i + a->defaults.size() - positional], kTestPrec);
      }
      if (i + 1 == a->posonlyargs.size()) out += ", /";
    }
    if (a->vararg != nullptr || !a->kwonlyargs.empty()) {
      comma();
      out += '*';
      if (a->vararg != nullptr) out += a->vararg->arg;
    }
    for (uint32_t i = 0; i < a->kwonlyargs.size(); i++) {
      comma();
      out += a->kwonlyargs[i]->arg;
      if (a->kw_defaults[i] != nullptr) {
        out += '=';
        write(a->kw_defaults[i], kTestPrec);
      }
    }
    if (a->kwarg != nullptr) {
      comma();
      out += "**";
      out += a->kwarg->arg;
    }
  }
  void formatted_part(ExprNode* e, std::string& body) {
    Writer inner;
    if (e->kind == NodeKind::Constant) {
      for (char c : as_Constant(e)->value.text()) {
        body += c;
        if (c == '{' || c == '}') body += c;
      }
      return;
    }
    ExprNode* value;
    int conversion;
    ExprNode* spec;
    if (auto* f = try_as<FormattedValue>(e)) {
      value = f->value;
      conversion = f->conversion;
      spec = f->format_spec;
    } else if (auto* i = try_as<Interpolation>(e)) {
      value = i->value;
      conversion = i->conversion;
      spec = i->format_spec;
    } else {
      for (ExprNode* x : as_JoinedStr(e)->values) formatted_part(x, body);
      return;
    }
    inner.write(value, kTestPrec + 1);
    body += inner.out.starts_with('{') ? "{ " : "{";
    body += inner.out;
    if (conversion > 0) {
      body += '!';
      body += char(conversion);
    }
    if (spec != nullptr) {
      body += ':';
      formatted_part(spec, body);
    }
    body += '}';
  }
  void joined(char prefix, const Seq<ExprNode*>& values) {
    std::string body;
    for (ExprNode* x : values) formatted_part(x, body);
    out += prefix;
    text(body, false);
  }

  void write(const ExprNode* node, int level) {
    auto* e = const_cast<ExprNode*>(node);
    static constexpr const char* kOps[] = {" + ", " - ", " * ", " @ ", " / ", " % ", " ** ", " << ", " >> ", " | ", " ^ ", " & ", " // "};
    static constexpr int kOpPrec[] = {kArith, kArith, kTerm, kTerm, kTerm, kTerm, kPower, kShift, kShift, kBitOr, kBitXor, kBitAnd, kTerm};
    static constexpr const char* kCmp[] = {" == ", " != ", " < ", " <= ", " > ", " >= ", " is ", " is not ", " in ", " not in "};
    switch (e->kind) {
      case NodeKind::Constant:
        if (!is_absent(as_Constant(e)->kind)) out += as_Constant(e)->kind;
        constant(as_Constant(e)->value);
        break;
      case NodeKind::Name: out += as_Name(e)->id; break;
      case NodeKind::BoolOp: {
        auto* b = as_BoolOp(e);
        int p = b->op == BoolOperator::And ? kAndPrec : kOrPrec;
        group(level > p, [&] {
          for (uint32_t i = 0; i < b->values.size(); i++) {
            if (i != 0) out += b->op == BoolOperator::And ? " and " : " or ";
            write(b->values[i], p + 1);
          }
        });
        break;
      }
      case NodeKind::NamedExpr:
        group(level > kTuplePrec, [&] {
          write(as_NamedExpr(e)->target, kAtom);
          out += " := ";
          write(as_NamedExpr(e)->value, kAtom);
        });
        break;
      case NodeKind::BinOp: {
        auto* b = as_BinOp(e);
        int p = kOpPrec[int(b->op)];
        bool right = b->op == Operator::Pow;
        group(level > p, [&] {
          write(b->left, p + (right ? 1 : 0));
          out += kOps[int(b->op)];
          write(b->right, p + (right ? 0 : 1));
        });
        break;
      }
      case NodeKind::UnaryOp: {
        auto* u = as_UnaryOp(e);
        int p = u->op == UnaryOperator::Not ? kNotPrec : kFactor;
        group(level > p, [&] {
          out += u->op == UnaryOperator::Not ? "not " : u->op == UnaryOperator::Invert ? "~" : u->op == UnaryOperator::UAdd ? "+" : "-";
          write(u->operand, p);
        });
        break;
      }
      case NodeKind::Lambda:
        group(level > kTestPrec, [&] {
          auto* l = as_Lambda(e);
          Writer inner;
          inner.arguments(l->args);
          out += inner.out.empty() ? "lambda" : "lambda ";
          out += inner.out;
          out += ": ";
          write(l->body, kTestPrec);
        });
        break;
      case NodeKind::IfExp:
        group(level > kTestPrec, [&] {
          auto* i = as_IfExp(e);
          write(i->body, kTestPrec + 1);
          out += " if ";
          write(i->test, kTestPrec + 1);
          out += " else ";
          write(i->orelse, kTestPrec);
        });
        break;
      case NodeKind::Dict: {
        auto* d = as_Dict(e);
        out += '{';
        for (uint32_t i = 0; i < d->values.size(); i++) {
          if (i != 0) out += ", ";
          if (d->keys[i] == nullptr) {
            out += "**";
            write(d->values[i], kBitOr);
          } else {
            write(d->keys[i], kTestPrec);
            out += ": ";
            write(d->values[i], kTestPrec);
          }
        }
        out += '}';
        break;
      }
      case NodeKind::Set:
        out += '{';
        list(as_Set(e)->elts);
        out += '}';
        break;
      case NodeKind::ListComp:
        out += '[';
        write(as_ListComp(e)->elt, kTestPrec);
        generators(as_ListComp(e)->generators);
        out += ']';
        break;
      case NodeKind::SetComp:
        out += '{';
        write(as_SetComp(e)->elt, kTestPrec);
        generators(as_SetComp(e)->generators);
        out += '}';
        break;
      case NodeKind::DictComp:
        out += '{';
        write(as_DictComp(e)->key, kTestPrec);
        out += ": ";
        write(as_DictComp(e)->value, kTestPrec);
        generators(as_DictComp(e)->generators);
        out += '}';
        break;
      case NodeKind::GeneratorExp:
        out += '(';
        write(as_GeneratorExp(e)->elt, kTestPrec);
        generators(as_GeneratorExp(e)->generators);
        out += ')';
        break;
      case NodeKind::Await:
        group(level > kAwaitPrec, [&] {
          out += "await ";
          write(as_Await(e)->value, kAtom);
        });
        break;
      case NodeKind::Yield:
        out += "(yield";
        if (as_Yield(e)->value != nullptr) {
          out += ' ';
          write(as_Yield(e)->value, kTuplePrec);
        }
        out += ')';
        break;
      case NodeKind::YieldFrom:
        out += "(yield from ";
        write(as_YieldFrom(e)->value, kTestPrec);
        out += ')';
        break;
      case NodeKind::Compare: {
        auto* c = as_Compare(e);
        group(level > kComparePrec, [&] {
          write(c->left, kComparePrec + 1);
          for (uint32_t i = 0; i < c->ops.size(); i++) {
            out += kCmp[int(c->ops[i])];
            write(c->comparators[i], kComparePrec + 1);
          }
        });
        break;
      }
      case NodeKind::Call: {
        auto* c = as_Call(e);
        write(c->func, kAtom);
        if (c->args.size() == 1 && c->keywords.empty() && c->args[0]->kind == NodeKind::GeneratorExp) {
          write(c->args[0], kTestPrec);
          break;
        }
        out += '(';
        list(c->args);
        bool first = c->args.empty();
        for (Keyword* k : c->keywords) {
          if (!first) out += ", ";
          first = false;
          if (is_absent(k->arg)) {
            out += "**";
          } else {
            out += k->arg;
            out += '=';
          }
          write(k->value, kTestPrec);
        }
        out += ')';
        break;
      }
      case NodeKind::JoinedStr: joined('f', as_JoinedStr(e)->values); break;
      case NodeKind::TemplateStr: joined('t', as_TemplateStr(e)->values); break;
      case NodeKind::FormattedValue:
      case NodeKind::Interpolation: {
        std::string body;
        formatted_part(e, body);
        out += 'f';
        text(body, false);
        break;
      }
      case NodeKind::Attribute: {
        ExprNode* value = as_Attribute(e)->value;
        write(value, kAtom);
        if (value->kind == NodeKind::Constant && as_Constant(value)->value.kind == ConstantKind::Int) out += ' ';
        out += '.';
        out += as_Attribute(e)->attr;
        break;
      }
      case NodeKind::Starred:
        out += '*';
        write(as_Starred(e)->value, kBitOr);
        break;
      case NodeKind::Subscript:
        write(as_Subscript(e)->value, kAtom);
        out += '[';
        write(as_Subscript(e)->slice, kTuplePrec);
        out += ']';
        break;
      case NodeKind::List:
        out += '[';
        list(as_List(e)->elts);
        out += ']';
        break;
      case NodeKind::Tuple: {
        auto* t = as_Tuple(e);
        group(t->elts.empty() || level > kTuplePrec, [&] {
          list(t->elts);
          if (t->elts.size() == 1) out += ',';
        });
        break;
      }
      case NodeKind::Slice: {
        auto* s = as_Slice(e);
        if (s->lower != nullptr) write(s->lower, kTestPrec);
        out += ':';
        if (s->upper != nullptr) write(s->upper, kTestPrec);
        if (s->step != nullptr) {
          out += ':';
          write(s->step, kTestPrec);
        }
        break;
      }
      default: break;
    }
  }
};

}  // namespace

std::string unparse(const ExprNode* e) {
  Writer writer;
  writer.write(e, kTestPrec);
  return std::move(writer.out);
}

}  // namespace orochi
