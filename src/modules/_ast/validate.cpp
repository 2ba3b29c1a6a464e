// What the compiler takes for granted of a tree, checked on trees made by Python code: one node at a time, its children
// being valid already.
#include "modules/_ast/ast_module.h"

namespace orochi::ast_objects {
namespace {

using ast::Cardinality;
using ast::ExprContext;
using ast::ExprNode;
using ast::FieldType;
using ast::NodeKind;

const char* context_name(ExprContext c) { return ast::enum_names(FieldType::asdl_expr_context)[static_cast<size_t>(c)]; }

Result<void> check_context(Thread& t, const ExprNode* e, ExprContext wanted) {
  if (!e) return ok();
  ExprContext actual = ExprContext::Load;
  switch (static_cast<const ast::Node*>(e)->kind) {
    case NodeKind::Attribute: actual = ast::as_Attribute(e)->ctx; break;
    case NodeKind::Subscript: actual = ast::as_Subscript(e)->ctx; break;
    case NodeKind::Starred: actual = ast::as_Starred(e)->ctx; break;
    case NodeKind::Name: actual = ast::as_Name(e)->ctx; break;
    case NodeKind::List: actual = ast::as_List(e)->ctx; break;
    case NodeKind::Tuple: actual = ast::as_Tuple(e)->ctx; break;
    default:
      if (wanted == ExprContext::Load) return ok();
      return raise(t, types::ValueError, "expression which can't be assigned to in {} context", context_name(wanted));
  }
  if (actual == wanted) return ok();
  return raise(t, types::ValueError, "expression must have {} context but has {} instead", context_name(wanted),
               context_name(actual));
}
// The context the expressions in a node's field must have.
ExprContext wanted_context(const ast::Node* node, std::string_view field) {
  switch (node->kind) {
    case NodeKind::Assign: return field == "targets" ? ExprContext::Store : ExprContext::Load;
    case NodeKind::AugAssign:
    case NodeKind::AnnAssign:
    case NodeKind::For:
    case NodeKind::AsyncFor:
    case NodeKind::NamedExpr:
    case NodeKind::Comprehension: return field == "target" ? ExprContext::Store : ExprContext::Load;
    case NodeKind::TypeAlias: return field == "name" ? ExprContext::Store : ExprContext::Load;
    case NodeKind::WithItem: return field == "optional_vars" ? ExprContext::Store : ExprContext::Load;
    case NodeKind::Delete: return ExprContext::Del;
    case NodeKind::List: return static_cast<const ast::List*>(node)->ctx;
    case NodeKind::Tuple: return static_cast<const ast::Tuple*>(node)->ctx;
    case NodeKind::Starred: return static_cast<const ast::Starred*>(node)->ctx;
    default: return ExprContext::Load;
  }
}
Result<void> check_name(Thread& t, std::string_view name) {
  if (name == "None" || name == "True" || name == "False") {
    return raise(t, types::ValueError, "identifier field can't represent '{}' constant", name);
  }
  return ok();
}
Result<void> not_empty(Thread& t, size_t count, const char* what, const ast::Node* owner) {
  if (count) return ok();
  return raise(t, types::ValueError, "empty {} on {}", what, ast::node_info(owner->kind).name);
}

}  // namespace

Result<void> validate(Thread& t, const ast::Node* node) {
  const ast::NodeInfo& info = ast::node_info(node->kind);
  for (int i = 0; i < info.field_count; i++) {
    const ast::FieldInfo& f = info.fields[i];
    if (f.type != FieldType::asdl_expr) continue;
    const char* at = reinterpret_cast<const char*>(node) + f.offset;
    ExprContext wanted = wanted_context(node, f.name);
    if (f.cardinality == Cardinality::One || f.cardinality == Cardinality::Optional) {
      TRY(check_context(t, *reinterpret_cast<ExprNode* const*>(at), wanted));
    } else {
      for (const ExprNode* e : *reinterpret_cast<const ast::Seq<ExprNode*>*>(at)) TRY(check_context(t, e, wanted));
    }
  }
  // Statements that need a body, targets or names.
#define NEEDS(Kind, field, what) \
  case NodeKind::Kind: return not_empty(t, static_cast<const ast::Kind*>(node)->field.count, what, node);
  switch (node->kind) {
    NEEDS(FunctionDef, body, "body")
    NEEDS(AsyncFunctionDef, body, "body")
    NEEDS(ClassDef, body, "body")
    NEEDS(Delete, targets, "targets")
    NEEDS(Assign, targets, "targets")
    NEEDS(For, body, "body")
    NEEDS(AsyncFor, body, "body")
    NEEDS(While, body, "body")
    NEEDS(If, body, "body")
    NEEDS(Match, cases, "cases")
    NEEDS(MatchCase, body, "body")
    NEEDS(ExceptHandler, body, "body")
    NEEDS(Import, names, "names")
    NEEDS(Global, names, "names")
    NEEDS(Nonlocal, names, "names")
    case NodeKind::With:
    case NodeKind::AsyncWith: {
      auto* n = static_cast<const ast::With*>(node);  // both have these two fields first
      if (node->kind == NodeKind::AsyncWith) {
        auto* a = static_cast<const ast::AsyncWith*>(node);
        TRY(not_empty(t, a->items.count, "items", node));
        return not_empty(t, a->body.count, "body", node);
      }
      TRY(not_empty(t, n->items.count, "items", node));
      return not_empty(t, n->body.count, "body", node);
    }
    case NodeKind::TypeAlias:
      if (static_cast<const ast::Node*>(static_cast<const ast::TypeAlias*>(node)->name)->kind != NodeKind::Name) {
        return raise(t, types::TypeError, "TypeAlias with non-Name name");
      }
      return ok();
    case NodeKind::NamedExpr:
      if (static_cast<const ast::Node*>(static_cast<const ast::NamedExpr*>(node)->target)->kind != NodeKind::Name) {
        return raise(t, types::TypeError, "NamedExpr target must be a Name");
      }
      return ok();
    case NodeKind::AnnAssign: {
      auto* n = static_cast<const ast::AnnAssign*>(node);
      NodeKind target = static_cast<const ast::Node*>(n->target)->kind;
      if (n->simple && target != NodeKind::Name) return raise(t, types::TypeError, "AnnAssign with simple non-Name target");
      if (target != NodeKind::Name && target != NodeKind::Attribute && target != NodeKind::Subscript) {
        return raise(t, types::ValueError, "AnnAssign with an invalid target");
      }
      return ok();
    }
    case NodeKind::AugAssign: {
      NodeKind target = static_cast<const ast::Node*>(static_cast<const ast::AugAssign*>(node)->target)->kind;
      if (target != NodeKind::Name && target != NodeKind::Attribute && target != NodeKind::Subscript) {
        return raise(t, types::ValueError, "AugAssign with an invalid target");
      }
      return ok();
    }
    case NodeKind::Raise: {
      auto* n = static_cast<const ast::Raise*>(node);
      if (!n->exc && n->cause) return raise(t, types::ValueError, "Raise with cause but no exception");
      return ok();
    }
    case NodeKind::Try: {
      auto* n = static_cast<const ast::Try*>(node);
      TRY(not_empty(t, n->body.count, "body", node));
      if (!n->handlers.count && !n->finalbody.count) {
        return raise(t, types::ValueError, "Try has neither handlers nor finalbody");
      }
      if (!n->handlers.count && n->orelse.count) {
        return raise(t, types::ValueError, "Try has orelse but no except handlers");
      }
      return ok();
    }
    case NodeKind::TryStar: {
      auto* n = static_cast<const ast::TryStar*>(node);
      TRY(not_empty(t, n->body.count, "body", node));
      if (!n->handlers.count && !n->finalbody.count) {
        return raise(t, types::ValueError, "TryStar has neither handlers nor finalbody");
      }
      if (!n->handlers.count && n->orelse.count) {
        return raise(t, types::ValueError, "TryStar has orelse but no except handlers");
      }
      for (const auto* handler : n->handlers) {
        if (!static_cast<const ast::ExceptHandler*>(static_cast<const ast::Node*>(handler))->type) {
          return raise(t, types::ValueError, "TryStar handler without a type");
        }
      }
      return ok();
    }
    case NodeKind::ImportFrom: {
      auto* n = static_cast<const ast::ImportFrom*>(node);
      if (n->level < 0) return raise(t, types::ValueError, "Negative ImportFrom level");
      return not_empty(t, n->names.count, "names", node);
    }
    case NodeKind::BoolOp:
      if (static_cast<const ast::BoolOp*>(node)->values.count < 2) {
        return raise(t, types::ValueError, "BoolOp with less than 2 values");
      }
      return ok();
    case NodeKind::Dict: {
      auto* n = static_cast<const ast::Dict*>(node);
      if (n->keys.count != n->values.count) {
        return raise(t, types::ValueError, "Dict doesn't have the same number of keys as values");
      }
      return ok();
    }
#define GENERATORS(Kind)                                                        \
  case NodeKind::Kind:                                                          \
    if (static_cast<const ast::Kind*>(node)->generators.count) return ok();     \
    return raise(t, types::ValueError, "comprehension with no generators");
    GENERATORS(ListComp)
    GENERATORS(SetComp)
    GENERATORS(DictComp)
    GENERATORS(GeneratorExp)
    case NodeKind::Compare: {
      auto* n = static_cast<const ast::Compare*>(node);
      if (!n->comparators.count) return raise(t, types::ValueError, "Compare has no comparators");
      if (n->comparators.count != n->ops.count) {
        return raise(t, types::ValueError, "Compare has a different number of comparators and operands");
      }
      return ok();
    }
    case NodeKind::Name: return check_name(t, static_cast<const ast::Name*>(node)->id);
    case NodeKind::Arguments: {
      auto* n = static_cast<const ast::Arguments*>(node);
      if (n->defaults.count > n->posonlyargs.count + n->args.count) {
        return raise(t, types::ValueError, "more positional defaults than args on arguments");
      }
      if (n->kw_defaults.count != n->kwonlyargs.count) {
        return raise(t, types::ValueError, "length of kwonlyargs is not the same as kw_defaults on arguments");
      }
      return ok();
    }
    case NodeKind::MatchSingleton: {
      auto kind = static_cast<const ast::MatchSingleton*>(node)->value.kind;
      if (kind == ast::ConstantKind::None || kind == ast::ConstantKind::True || kind == ast::ConstantKind::False) return ok();
      return raise(t, types::ValueError, "MatchSingleton can only contain True, False and None");
    }
    case NodeKind::MatchMapping: {
      auto* n = static_cast<const ast::MatchMapping*>(node);
      if (n->keys.count == n->patterns.count) return ok();
      return raise(t, types::ValueError, "MatchMapping doesn't have the same number of keys as patterns");
    }
    case NodeKind::MatchClass: {
      auto* n = static_cast<const ast::MatchClass*>(node);
      if (n->kwd_attrs.count == n->kwd_patterns.count) return ok();
      return raise(t, types::ValueError, "MatchClass doesn't have the same number of keyword attributes as patterns");
    }
    case NodeKind::MatchAs: {
      auto* n = static_cast<const ast::MatchAs*>(node);
      if (n->pattern && ast::is_absent(n->name)) {
        return raise(t, types::ValueError, "MatchAs must specify a target name if a pattern is given");
      }
      return ok();
    }
    case NodeKind::MatchOr:
      if (static_cast<const ast::MatchOr*>(node)->patterns.count < 2) {
        return raise(t, types::ValueError, "MatchOr requires at least 2 patterns");
      }
      return ok();
    default: return ok();
  }
}

}  // namespace orochi::ast_objects
