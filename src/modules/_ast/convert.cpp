// Trees to ast objects and back, driven by the tables of syntax/nodes.def.
#include <string>
#include <unordered_map>
#include <vector>

#include "modules/_ast/ast_module.h"
#include "objects/bytes.h"
#include "objects/list.h"
#include "objects/set.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/operators.h"

namespace orochi::ast_objects {
namespace {

using ast::Cardinality;
using ast::ConstantKind;
using ast::ConstantValue;
using ast::FieldInfo;
using ast::FieldType;
using ast::NodeInfo;
using ast::NodeKind;

using Items = ast::Seq<char>;  // any Seq: the layout does not depend on the element

bool is_enumeration(FieldType type) { return !ast::enum_names(type).empty(); }

// ---- to objects ----

Result<Local<>> constant_object(Thread& t, const ConstantValue& c) {
  ENTER_RECURSION(t, " during ast construction");
  switch (c.kind) {
    case ConstantKind::None: return kNone;
    case ConstantKind::True: return kTrue;
    case ConstantKind::False: return kFalse;
    case ConstantKind::Ellipsis: return kEllipsis;
    case ConstantKind::Int: return make_int(t, c.integer);
    case ConstantKind::BigInt: {
      Local<Str> digits = TRY(make_str(t, c.text()));
      return call(t, Borrowed<>(&types::Int), digits, Borrowed<>(Value::fixnum(c.base)));
    }
    case ConstantKind::Float: return make_float(t, c.real);
    case ConstantKind::Complex: return make_complex(t, c.real, c.imag);
    case ConstantKind::Str: return make_str(t, c.text());
    case ConstantKind::Bytes: return make_bytes(t, c.text());
    case ConstantKind::Tuple:
    case ConstantKind::FrozenSet: {
      Local<List> list = TRY(make_list(t, c.size));
      for (const ConstantValue& item : c.items()) {
        Local<> object = TRY(constant_object(t, item));
        TRY(list_append(t, list, std::move(object)));
      }
      if (c.kind == ConstantKind::FrozenSet) return call(t, Borrowed<>(&types::FrozenSet), list);
      return list_to_tuple(t, list);
    }
  }
  return kNone;
}

Result<Local<>> text_object(Thread& t, FieldType type, std::string_view text) {
  if (ast::is_absent(text)) return kNone;
  if (type == FieldType::asdl_identifier) return intern(t, text);
  return make_str(t, text);
}
Result<Local<>> one_object(Thread& t, FieldType type, const char* at) {
  switch (type) {
    case FieldType::asdl_identifier:
    case FieldType::asdl_string: return text_object(t, type, *reinterpret_cast<const std::string_view*>(at));
    case FieldType::asdl_int: return make_int(t, *reinterpret_cast<const int32_t*>(at));
    case FieldType::asdl_constant: return constant_object(t, *reinterpret_cast<const ConstantValue*>(at));
    default: break;
  }
  if (is_enumeration(type)) {
    return Local<>::share(classes.singletons[static_cast<int>(type)][*reinterpret_cast<const uint8_t*>(at)]);
  }
  return to_object(t, *reinterpret_cast<ast::Node* const*>(at));
}
size_t element_size(FieldType type) {
  switch (type) {
    case FieldType::asdl_identifier:
    case FieldType::asdl_string: return sizeof(std::string_view);
    case FieldType::asdl_int: return sizeof(int32_t);
    case FieldType::asdl_constant: return sizeof(ConstantValue);
    default: return is_enumeration(type) ? 1 : sizeof(void*);
  }
}
Result<Local<>> field_object(Thread& t, const FieldInfo& field, const char* at) {
  if (field.cardinality == Cardinality::One || field.cardinality == Cardinality::Optional) {
    return one_object(t, field.type, at);
  }
  const Items& items = *reinterpret_cast<const Items*>(at);
  Local<List> list = TRY(make_list(t, items.count));
  size_t step = element_size(field.type);
  for (uint32_t i = 0; i < items.count; i++) {
    Local<> item = TRY(one_object(t, field.type, items.items + i * step));
    TRY(list_append(t, list, std::move(item)));
  }
  return list;
}
Result<void> put_int(Thread& t, Borrowed<> object, Borrowed<Str> name, int64_t n) {
  Local<> value = TRY(make_int(t, n));
  return instance_set(t, object, name, std::move(value));
}

// ---- to a tree ----

struct Builder {
  Thread& t;
  Arena& arena;
  std::unordered_map<std::string_view, std::string_view> names;  // into the arena

  std::string_view interned(std::string_view text) {
    auto it = names.find(text);
    if (it != names.end()) return it->second;
    std::string_view kept = arena.copy(text);
    names.emplace(kept, kept);
    return kept;
  }
  Result<void> text(FieldType type, Borrowed<> value, std::string_view* out) {
    bool name = type == FieldType::asdl_identifier;
    if (!is_exact_str(value) && !(is_str(value) && !name)) {
      return raise(t, types::TypeError, name ? "AST identifier must be of type str" : "AST string must be of type str");
    }
    Utf8 utf8 = TRY(str_utf8(t, value.as<Str>(), Surrogates::Pass));
    *out = name ? interned(utf8.view) : arena.copy(utf8.view);
    return ok();
  }
  Result<int32_t> integer(Borrowed<> value) {
    if (!is_int(value)) {
      Local<Str> shown = TRY(repr_of(t, value));
      return raise(t, types::ValueError, "invalid integer value: {}", shown);
    }
    return to_int32(t, value);
  }
  Result<void> constant(Borrowed<> v, ConstantValue* out);
  Result<void> one(FieldType type, Borrowed<> value, char* at);
  Result<void> field(const NodeInfo& info, const FieldInfo& field, Borrowed<> object, char* at);
  Result<void> locations(const NodeInfo& info, Borrowed<> object, ast::Location* out);
  Result<ast::Node*> node(FieldType type, Borrowed<> object);
  Result<ast::Node*> node_of_kind(NodeKind kind, Borrowed<> object, const ast::Location& location);
};

Result<void> Builder::constant(Borrowed<> v, ConstantValue* out) {
  ENTER_RECURSION(t, " during compilation");
  if (v.is(kNone)) *out = ConstantValue::of(ConstantKind::None);
  else if (v.is(kTrue)) *out = ConstantValue::of(ConstantKind::True);
  else if (v.is(kFalse)) *out = ConstantValue::of(ConstantKind::False);
  else if (v.is(kEllipsis)) *out = ConstantValue::of(ConstantKind::Ellipsis);
  else if (v.value().is_fixnum()) *out = ConstantValue::of_int(v.value().as_fixnum());
  else if (is_exactly(v, types::Int)) {
    Local<Str> spec = TRY(make_str(t, "x"));
    Local<> hex = TRY(format_of(t, v, spec));
    Utf8 text = TRY(str_utf8(t, hex.borrow().as<Str>()));
    *out = ConstantValue::of_text(ConstantKind::BigInt, arena.copy(text.view), 16);
  } else if (is_exactly(v, types::Float)) {
    *out = ConstantValue::of_float(TRY(to_double(t, v)));
  } else if (is_exactly(v, types::Complex)) {
    auto c = v.as<Complex>();
    *out = ConstantValue::of_complex(c->real, c->imag);
  } else if (is_exact_str(v)) {
    Utf8 text = TRY(str_utf8(t, v.as<Str>(), Surrogates::Pass));
    *out = ConstantValue::of_text(ConstantKind::Str, arena.copy(text.view));
  } else if (is_exactly(v, types::Bytes)) {
    *out = ConstantValue::of_text(ConstantKind::Bytes, arena.copy(v.as<Bytes>()->view()));
  } else if (is_exact_tuple(v) || is_exactly(v, types::FrozenSet)) {
    Local<Tuple> items = TRY(tuple_from(t, v));
    *out = ConstantValue::of(is_exact_tuple(v) ? ConstantKind::Tuple : ConstantKind::FrozenSet);
    out->size = static_cast<uint32_t>(items->length());
    out->elements = arena.make_array<ConstantValue>(items->length());
    for (size_t i = 0; i < items->length(); i++) TRY(constant(items->at(i), out->elements + i));
  } else {
    return raise(t, types::TypeError, "got an invalid type in Constant: {}", TypeName(v));
  }
  return ok();
}

Result<void> Builder::one(FieldType type, Borrowed<> value, char* at) {
  switch (type) {
    case FieldType::asdl_identifier:
    case FieldType::asdl_string: return text(type, value, reinterpret_cast<std::string_view*>(at));
    case FieldType::asdl_int: *reinterpret_cast<int32_t*>(at) = TRY(integer(value)); return ok();
    case FieldType::asdl_constant: return constant(value, reinterpret_cast<ConstantValue*>(at));
    default: break;
  }
  if (is_enumeration(type)) {
    auto names = ast::enum_names(type);
    for (size_t i = 0; i < names.size(); i++) {
      if (is_subtype(type_of(value), Borrowed<Type>(classes.values[static_cast<int>(type)][i]).get())) {
        *reinterpret_cast<uint8_t*>(at) = static_cast<uint8_t>(i);
        return ok();
      }
    }
    Local<Str> shown = TRY(repr_of(t, value));
    return raise(t, types::TypeError, "expected some sort of {}, but got {}", ast::field_type_name(type), shown);
  }
  *reinterpret_cast<ast::Node**>(at) = TRY(node(type, value));
  return ok();
}

Result<void> Builder::field(const NodeInfo& info, const FieldInfo& f, Borrowed<> object, char* at) {
  Local<Str> name = TRY(intern(t, f.name));
  Lookup<> found = find_attr(t, object, name);
  if (found.raised()) return Raised{};
  if (f.cardinality == Cardinality::Optional) {
    if (found.absent() || (*found).is(kNone)) return ok();
    return one(f.type, *found, at);
  }
  if (f.cardinality == Cardinality::One) {
    if (found.absent()) return raise(t, types::TypeError, "required field \"{}\" missing from {}", f.name, info.name);
    if ((*found).is(kNone) && f.type != FieldType::asdl_constant && f.type != FieldType::asdl_int) {
      return raise(t, types::ValueError, "field '{}' is required for {}", f.name, info.name);
    }
    return one(f.type, *found, at);
  }
  if (found.absent()) return ok();
  if (!is_list((*found).value())) {
    return raise(t, types::TypeError, "{} field \"{}\" must be a list, not a {}", info.name, f.name,
                 TypeName((*found).value()));
  }
  Local<Tuple> values = TRY(list_to_tuple(t, (*found).borrow().as<List>()));
  size_t step = element_size(f.type), count = values->length();
  char* items = count ? static_cast<char*>(arena.allocate(step * count, 8)) : nullptr;
  for (size_t i = 0; i < count; i++) {
    if (values->at(i).is(kNone) && f.type != FieldType::asdl_constant) {
      if (f.cardinality == Cardinality::OptionalList) continue;
      const char* what = ast::field_type_name(f.type);
      if (f.type == FieldType::asdl_stmt) what = "statement";
      if (f.type == FieldType::asdl_expr) what = "expression";
      return raise(t, types::ValueError, "None disallowed in {} list", what);
    }
    TRY(one(f.type, values->at(i), items + i * step));
  }
  Items& out = *reinterpret_cast<Items*>(at);
  out.items = items;
  out.count = static_cast<uint32_t>(count);
  return ok();
}

Result<void> Builder::locations(const NodeInfo& info, Borrowed<> object, ast::Location* out) {
  const char* owner = std::string_view(info.base) == "AST" ? info.name : info.base;
  struct {
    Borrowed<Str> name;
    int32_t* to;
    const int32_t* otherwise;
  } rows[] = {{"lineno"_n, &out->lineno, nullptr},
              {"col_offset"_n, &out->col_offset, nullptr},
              {"end_lineno"_n, &out->end_lineno, &out->lineno},
              {"end_col_offset"_n, &out->end_col_offset, &out->col_offset}};
  for (auto& row : rows) {
    Lookup<> found = find_attr(t, object, row.name);
    if (found.raised()) return Raised{};
    if (found.absent() || ((*found).is(kNone) && row.otherwise)) {
      if (!row.otherwise) return raise(t, types::TypeError, "required field \"{}\" missing from {}", row.name, owner);
      *row.to = *row.otherwise;
    } else {
      *row.to = TRY(integer(*found));
    }
  }
  if (out->lineno > out->end_lineno) {
    return raise(t, types::ValueError, "AST node line range ({}, {}) is not valid", out->lineno, out->end_lineno);
  }
  if ((out->lineno < 0 && out->end_lineno != out->lineno) || (out->col_offset < 0 && out->col_offset != out->end_col_offset)) {
    return raise(t, types::ValueError, "AST node column range ({}, {}) for line range ({}, {}) is not valid",
                 out->col_offset, out->end_col_offset, out->lineno, out->end_lineno);
  }
  if (out->lineno == out->end_lineno && out->col_offset > out->end_col_offset) {
    return raise(t, types::ValueError, "line {}, column {}-{} is not a valid range", out->lineno, out->col_offset,
                 out->end_col_offset);
  }
  return ok();
}

Result<ast::Node*> Builder::node_of_kind(NodeKind kind, Borrowed<> object, const ast::Location& location) {
  const NodeInfo& info = ast::node_info(kind);
  auto* node = static_cast<ast::Node*>(arena.allocate(info.size, 8));
  node->kind = kind;
  if (info.located) static_cast<ast::Location&>(*static_cast<ast::LocatedNode*>(node)) = location;
  for (int i = 0; i < info.field_count; i++) {
    TRY(field(info, info.fields[i], object, reinterpret_cast<char*>(node) + info.fields[i].offset));
  }
  TRY(validate(t, node));
  return node;
}
Result<ast::Node*> Builder::node(FieldType type, Borrowed<> object) {
  ENTER_RECURSION(t, " during compilation");
  ast::Location location;
  bool located_read = false;
  for (int k = 0; k < ast::kNodeKindCount; k++) {
    NodeKind kind = static_cast<NodeKind>(k);
    const NodeInfo& info = ast::node_info(kind);
    if (info.type != type) continue;
    if (info.located && !located_read) {
      TRY(locations(info, object, &location));
      located_read = true;
    }
    if (std::string_view(info.base) == "AST" ||
        is_subtype(type_of(object), Borrowed<Type>(classes.nodes[k]).get())) {
      return node_of_kind(kind, object, location);
    }
  }
  Local<Str> shown = TRY(repr_of(t, object));
  return raise(t, types::TypeError, "expected some sort of {}, but got {}", ast::field_type_name(type), shown);
}

}  // namespace

Result<Local<>> to_object(Thread& t, const ast::Node* node) {
  if (node == nullptr) return kNone;
  ENTER_RECURSION(t, " during ast construction");
  const NodeInfo& info = ast::node_info(node->kind);
  Local<> object = TRY(allocate_instance(t, Borrowed<Type>(classes.nodes[static_cast<int>(node->kind)])));
  for (int i = 0; i < info.field_count; i++) {
    Local<> value = TRY(field_object(t, info.fields[i], reinterpret_cast<const char*>(node) + info.fields[i].offset));
    Local<Str> name = TRY(intern(t, info.fields[i].name));
    TRY(instance_set(t, object, name, std::move(value)));
  }
  if (info.located) {
    const ast::Location& at = *static_cast<const ast::LocatedNode*>(node);
    TRY(put_int(t, object, "lineno"_n, at.lineno));
    TRY(put_int(t, object, "col_offset"_n, at.col_offset));
    TRY(put_int(t, object, "end_lineno"_n, at.end_lineno));
    TRY(put_int(t, object, "end_col_offset"_n, at.end_col_offset));
  }
  return object;
}

Result<ast::Node*> to_tree(Thread& t, Arena& arena, Borrowed<> object, ast::NodeKind kind) {
  Builder builder{t, arena, {}};
  return builder.node_of_kind(kind, object, {});
}

}  // namespace orochi::ast_objects
