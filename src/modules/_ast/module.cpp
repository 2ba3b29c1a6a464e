// _ast: the node classes, made at import from the tables of syntax/nodes.def, and the hooks of compile().
#include "modules/_ast/ast_module.h"

#include <string>
#include <vector>

#include "builtins/type_type.h"
#include "heap/collector.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/operators.h"
#include "runtime/import.h"

namespace orochi {

Result<void> warn(Thread& t, Type& category, Borrowed<Str> message, int stack_level);  // builtins/number_support.h

namespace ast_objects {

Classes classes;

namespace {

using ast::Cardinality;
using ast::FieldInfo;
using ast::FieldType;
using ast::NodeInfo;
using ast::NodeKind;

constexpr int kFieldTypeCount = 4
#define SUM(asdl, Cpp, located) +1
#define PRODUCT_BEGIN(asdl, Cpp, located) +1
#define ENUM_BEGIN(asdl, Cpp) +1
#include "syntax/nodes.def"
    ;
static_assert(kFieldTypeCount <= 64);

// ---- the AST base class ----

Result<Local<>> ast_new(Thread& t, Borrowed<Type> cls, const CallArgs&) { return allocate_instance(t, cls); }

Result<Local<Tuple>> fields_of(Thread& t, Borrowed<> self) {
  Lookup<> fields = find_attr(t, Borrowed<>(type_of(self)), "_fields"_n);
  if (fields.raised()) return Raised{};
  if (fields.absent()) return Local<Tuple>::share(empty_tuple());
  return tuple_from(t, *fields);
}
int64_t index_in(Borrowed<Tuple> names, Borrowed<> name) {
  if (!is_str(name)) return -1;
  for (size_t i = 0; i < names->length(); i++) {
    if (is_str(names->at(i)) && str_equal(names->at(i).as<Str>(), name.as<Str>())) return static_cast<int64_t>(i);
  }
  return -1;
}
template <typename... Args>
Result<void> deprecated(Thread& t, const char* format, const Args&... args) {
  Local<Str> message = TRY(format_str(t, format, args...));
  return warn(t, types::DeprecationWarning, message, 1);
}
// What a field not given to the constructor becomes.
Result<void> default_field(Thread& t, Borrowed<> self, Borrowed<Str> name, Borrowed<> field_types) {
  Lookup<> type = is_dict(field_types) ? dict_find(t, field_types.as<Dict>(), name) : Lookup<>(kAbsent);
  if (type.raised()) return Raised{};
  if (type.absent()) {
    Local<Str> shown = TRY(repr_of(t, name));
    return deprecated(t, "Field {} is missing from {}._field_types. This will become an error in Python 3.15.", shown,
                      TypeName(self));
  }
  const Type* kind_type = type_of((*type).value());
  std::string_view kind = kind_type->def ? kind_type->def->name : "";
  if (kind.ends_with("Union")) return ok();  // optional: the class has None
  if (kind.ends_with("GenericAlias")) {
    Local<List> list = TRY(make_list(t));
    return set_attr(t, self, name, list);
  }
  if ((*type).value() == classes.bases[static_cast<int>(FieldType::asdl_expr_context)]) {
    return set_attr(t, self, name, Borrowed<>(classes.singletons[static_cast<int>(FieldType::asdl_expr_context)][0]));
  }
  return deprecated(
      t, "{}.__init__ missing 1 required positional argument: '{}'. This will become an error in Python 3.15.",
      TypeName(self), name);
}
Result<void> ast_init(Thread& t, Borrowed<> self, const CallArgs& args) {
  Local<Tuple> fields = TRY(fields_of(t, self));
  size_t count = fields->length();
  if (args.count > count) {
    return raise(t, types::TypeError, "{} constructor takes at most {} positional argument{}", TypeName(self), count,
                 count == 1 ? "" : "s");
  }
  std::vector<bool> given(count);
  for (size_t i = 0; i < count; i++) {
    if (!is_str(fields->at(i))) return raise(t, types::TypeError, "attribute name must be string, not '{}'", TypeName(fields->at(i)));
    if (i >= args.count) continue;
    TRY(set_attr(t, self, fields->at(i).as<Str>(), args[i]));
    given[i] = true;
  }
  Local<Tuple> attributes;
  for (size_t k = 0; args.has_names() && k < args.names->length(); k++) {
    Borrowed<Str> name = args.names->at(k).as<Str>();
    int64_t i = index_in(fields, name);
    if (i >= 0) {
      if (given[static_cast<size_t>(i)]) {
        return raise(t, types::TypeError, "{} got multiple values for argument '{}'", TypeName(self), name);
      }
      given[static_cast<size_t>(i)] = true;
    } else {
      if (!attributes) {
        Local<> names = TRY(get_attr(t, Borrowed<>(type_of(self)), "_attributes"_n));
        attributes = TRY(tuple_from(t, names));
      }
      if (index_in(attributes, name) < 0) {
        TRY(deprecated(t, "{}.__init__ got an unexpected keyword argument '{}'. Support for arbitrary keyword arguments "
                          "is deprecated and will be removed in Python 3.15.", TypeName(self), name));
      }
    }
    TRY(set_attr(t, self, name, args.values[args.count + k]));
  }
  Local<> field_types;
  for (size_t i = 0; i < count; i++) {
    if (given[i]) continue;
    if (!field_types) {
      Lookup<> found = find_attr(t, Borrowed<>(type_of(self)), "_field_types"_n);
      if (found.raised()) return Raised{};
      if (found.absent()) return ok();
      field_types = found.take();
    }
    TRY(default_field(t, self, fields->at(i).as<Str>(), field_types));
  }
  return ok();
}

Result<Local<>> repr_node(Thread& t, Borrowed<> self, int depth);
Result<Local<Str>> repr_item(Thread& t, Borrowed<> v, int depth) {
  if (is_instance(v, types::AstNode)) {
    Local<> text = TRY(repr_node(t, v, depth));
    return std::move(text).as<Str>();
  }
  return repr_of(t, v);
}
Result<Local<>> repr_node(Thread& t, Borrowed<> self, int depth) {
  ENTER_RECURSION(t, " during ast construction");
  Local<Tuple> fields = TRY(fields_of(t, self));
  if (depth <= 0) return format_str(t, "{}(...)", TypeName(self));
  StrBuilder out(t);
  Local<Str> head = TRY(format_str(t, "{}(", TypeName(self)));
  out.append(head);
  for (size_t i = 0; i < fields->length(); i++) {
    if (!is_str(fields->at(i))) continue;
    Borrowed<Str> name = fields->at(i).as<Str>();
    Local<> value = TRY(get_attr(t, self, name));
    if (i) out.append_ascii(", ");
    out.append(name);
    out.append_ascii("=");
    if (is_list(value.value()) || is_tuple(value.value())) {
      Local<Tuple> items = TRY(tuple_from(t, value));
      size_t n = items->length();
      out.append_ascii(is_list(value.value()) ? "[" : "(");
      if (n) {
        Local<Str> first = TRY(repr_item(t, items->at(0), depth - 1));
        out.append(first);
        if (n > 2) out.append_ascii(", ...");
        if (n > 1) {
          Local<Str> last = TRY(repr_item(t, items->at(n - 1), depth - 1));
          out.append_ascii(", ");
          out.append(last);
        }
      }
      out.append_ascii(is_list(value.value()) ? "]" : ")");
    } else {
      Local<Str> text = TRY(repr_item(t, value, depth - 1));
      out.append(text);
    }
  }
  out.append_ascii(")");
  return out.finish();
}
Result<Local<>> ast_repr(Thread& t, Borrowed<> self) { return repr_node(t, self, 3); }

Result<Local<>> ast_reduce(Thread& t, Borrowed<> self) {
  Lookup<> found = find_attr(t, self, "__dict__"_n);
  if (found.raised()) return Raised{};
  if (found.absent() || !is_dict((*found).value())) {
    return make_tuple(t, {Value(type_of(self)), empty_tuple().value()});
  }
  Local<Dict> dict = TRY(dict_copy(t, (*found).borrow().as<Dict>()));
  Local<Tuple> fields = TRY(fields_of(t, self));
  size_t n = 0;  // leading fields are given to the constructor as None, so that it does not complain
  while (n < fields->length() && TRY(dict_contains(t, dict, fields->at(n)))) n++;
  std::vector<Value> nones(n, kNone);
  Local<Tuple> args = TRY(make_tuple(t, nones.data(), n));
  return make_tuple(t, {Value(type_of(self)), args.value(), dict.value()});
}
Result<Local<>> ast_replace(Thread& t, Borrowed<> self, Rest rest, KwRest changes) {
  if (rest.count) {
    return raise(t, types::TypeError, "__replace__() takes at most 0 positional arguments ({} given)", rest.count);
  }
  Local<Tuple> fields = TRY(fields_of(t, self));
  Local<> attributes_value = TRY(get_attr(t, Borrowed<>(type_of(self)), "_attributes"_n));
  Local<Tuple> attributes = TRY(tuple_from(t, attributes_value));
  Local<Dict> state = TRY(make_dict(t));
  Lookup<> own = find_attr(t, self, "__dict__"_n);
  if (own.raised()) return Raised{};
  if (own.found() && is_dict((*own).value())) TRY(dict_update_from_dict(t, state, (*own).borrow().as<Dict>()));
  for (size_t i = 0; i < changes.count; i++) {
    Borrowed<> name(changes.names[i]);
    if (index_in(fields, name) < 0 && index_in(attributes, name) < 0) {
      return raise(t, types::TypeError, "{}.__replace__ got an unexpected keyword argument '{}'.", TypeName(self),
                   name.as<Str>());
    }
    TRY(dict_set(t, state, name, Borrowed<>(changes.values[i])));
  }
  for (size_t i = 0; i < fields->length(); i++) {
    if (TRY(dict_contains(t, state, fields->at(i)))) continue;
    Lookup<> inherited = find_attr(t, Borrowed<>(type_of(self)), fields->at(i).as<Str>());
    if (inherited.raised()) return Raised{};
    if (inherited.absent()) {
      Local<Str> shown = TRY(repr_of(t, fields->at(i)));
      return raise(t, types::TypeError, "{}.__replace__ missing 1 keyword argument: {}.", TypeName(self), shown);
    }
  }
  return call_tuple_dict(t, Borrowed<>(type_of(self)), empty_tuple(), state);
}

constexpr NativeDef kAstMethods[] = {
    method<ast_reduce>("__reduce__(self, /)", nullptr),
    method<ast_replace>("__replace__(self, /, *rest, **fields)",
                        "Return a copy of the AST node with new values for the specified fields."),
};
constexpr GetSetDef kAstGetSets[] = {{"__dict__", nullptr, instance_get_dict, instance_set_dict}};
const TypeDef kAstNodeDef = {
    .name = "ast.AST",
    .flags = kTypeSubclassable | kTypeHasDict | kTypeWeakrefable,
    OROCHI_METHODS(kAstMethods),
    OROCHI_GETSETS(kAstGetSets),
    .slots = {.repr = ast_repr, .init = ast_init, .new_ = ast_new},
};

// ---- making the classes ----

Result<Local<Tuple>> names_tuple(Thread& t, const char* const* names, size_t count) {
  Local<List> list = TRY(make_list(t, count));
  for (size_t i = 0; i < count; i++) {
    Local<Str> name = TRY(intern(t, names[i]));
    TRY(list_append(t, list, std::move(name)));
  }
  return list_to_tuple(t, list);
}
constexpr const char* kLocationNames[] = {"lineno", "col_offset", "end_lineno", "end_col_offset"};

const char* cardinality_mark(Cardinality c) {
  switch (c) {
    case Cardinality::One: return "";
    case Cardinality::Optional: return "?";
    case Cardinality::List: return "*";
    case Cardinality::OptionalList: return "?*";
  }
  return "";
}
std::string signature_of(const NodeInfo& info) {
  std::string text = info.name;
  if (info.field_count == 0) return text;
  text += "(";
  for (int i = 0; i < info.field_count; i++) {
    if (i) text += ", ";
    text += ast::field_type_name(info.fields[i].type);
    text += cardinality_mark(info.fields[i].cardinality);
    text += " ";
    text += info.fields[i].name;
  }
  return text + ")";
}
std::string sum_doc(FieldType type) {
  std::string head = ast::field_type_name(type), text = head + " = ";
  std::string separator = "\n" + std::string(head.size() + 1, ' ') + "| ";
  bool first = true;
  for (int k = 0; k < ast::kNodeKindCount; k++) {
    const NodeInfo& info = ast::node_info(static_cast<NodeKind>(k));
    if (info.type != type || std::string_view(info.base) == "AST") continue;
    if (!first) text += separator;
    first = false;
    text += signature_of(info);
  }
  return text;
}

struct ClassText {
  const char* name;
  std::string doc;
  const NodeInfo* info = nullptr;
};
Result<Local<>> make_class(Thread& t, Borrowed<Module> module, Borrowed<> base, const ClassText& text, int located) {
  Local<Dict> ns = TRY(make_dict(t));
  const char* fields[16] = {};
  size_t count = 0;
  if (text.info) {
    for (int i = 0; i < text.info->field_count; i++) fields[count++] = text.info->fields[i].name;
  }
  Local<Tuple> names = TRY(names_tuple(t, fields, count));
  TRY(dict_set(t, ns, "_fields"_n, names));
  TRY(dict_set(t, ns, "__match_args__"_n, names));
  TRY(dict_set(t, ns, "__module__"_n, "ast"_n));
  Local<Str> doc = TRY(make_str(t, text.doc));
  TRY(dict_set(t, ns, "__doc__"_n, doc));
  if (located >= 0) {
    Local<Tuple> attributes = TRY(names_tuple(t, kLocationNames, located ? 4 : 0));
    TRY(dict_set(t, ns, "_attributes"_n, attributes));
    if (located) {
      TRY(dict_set(t, ns, "end_lineno"_n, Borrowed<>(kNone)));
      TRY(dict_set(t, ns, "end_col_offset"_n, Borrowed<>(kNone)));
    }
  }
  if (text.info) {
    for (int i = 0; i < text.info->field_count; i++) {
      if (text.info->fields[i].cardinality != Cardinality::Optional) continue;
      Local<Str> name = TRY(intern(t, text.info->fields[i].name));
      TRY(dict_set(t, ns, name, Borrowed<>(kNone)));
    }
  }
  Local<Str> name = TRY(intern(t, text.name));
  Local<Tuple> bases = TRY(make_tuple(t, {base.value()}));
  Local<> cls = TRY(type_new(t, &types::Type, name, bases, ns, CallArgs{}));
  TRY(module_set(t, module, text.name, cls));
  return cls;
}
Value keep(Local<>&& value) { return value.release(); }

Result<Local<>> type_of_field(Thread& t, const FieldInfo& field) {
  Value cls;
  switch (field.type) {
    case FieldType::asdl_identifier:
    case FieldType::asdl_string: cls = Value(&types::Str); break;
    case FieldType::asdl_int: cls = Value(&types::Int); break;
    case FieldType::asdl_constant: cls = Value(&types::Object); break;
    default: cls = classes.bases[static_cast<int>(field.type)];
  }
  switch (field.cardinality) {
    case Cardinality::One: return Local<>::share(cls);
    case Cardinality::Optional: return binary_op(t, BinaryOp::Or, Borrowed<>(cls), kNone);
    default: return make_generic_alias_hook(t, Borrowed<>(&types::List), Borrowed<>(cls));
  }
}
Result<void> set_field_types(Thread& t, Borrowed<> cls, const NodeInfo* info) {
  Local<Dict> field_types = TRY(make_dict(t)), annotations = TRY(make_dict(t));
  for (int i = 0; info && i < info->field_count; i++) {
    Local<Str> name = TRY(intern(t, info->fields[i].name));
    Local<> type = TRY(type_of_field(t, info->fields[i]));
    TRY(dict_set(t, field_types, name, type));
    TRY(dict_set(t, annotations, name, type));
  }
  TRY(set_attr(t, cls, "_field_types"_n, field_types));
  return set_attr(t, cls, "__annotations__"_n, annotations);
}

Result<void> make_classes(Thread& t, Borrowed<Module> module) {
  Borrowed<> root(&types::AstNode);
  Local<Tuple> none = Local<Tuple>::share(empty_tuple());
  {
    Local<Dict> dict = types::AstNode.dict.load(&types::AstNode);
    TRY(dict_set(t, dict, "_fields"_n, none));
    TRY(dict_set(t, dict, "__match_args__"_n, none));
    TRY(dict_set(t, dict, "_attributes"_n, none));
    type_modified(&types::AstNode);
  }
  TRY(module_set(t, module, "AST", root));
#define SUM(asdl, Cpp, located)                                                                              \
  classes.bases[static_cast<int>(FieldType::asdl_##asdl)] =                                                  \
      keep(TRY(make_class(t, module, root, {#asdl, sum_doc(FieldType::asdl_##asdl)},                         \
                          std::is_base_of_v<ast::LocatedNode, ast::Cpp>)));
#include "syntax/nodes.def"
#define ENUM_BEGIN(asdl, Cpp)                                                                                \
  {                                                                                                          \
    int type = static_cast<int>(FieldType::asdl_##asdl);                                                     \
    std::string doc = #asdl " = ";                                                                           \
    for (const char* value : ast::enum_names(FieldType::asdl_##asdl)) {                                      \
      if (doc.back() != ' ') doc += " | ";                                                                   \
      doc += value;                                                                                          \
    }                                                                                                        \
    classes.bases[type] = keep(TRY(make_class(t, module, root, {#asdl, doc}, 0)));                           \
    int i = 0;                                                                                               \
    for (const char* value : ast::enum_names(FieldType::asdl_##asdl)) {                                      \
      Local<> cls = TRY(make_class(t, module, Borrowed<>(classes.bases[type]), {value, value}, -1));         \
      TRY(set_field_types(t, cls, nullptr));                                                                 \
      classes.singletons[type][i] = keep(TRY(allocate_instance(t, cls.borrow().as<Type>())));                \
      classes.values[type][i++] = keep(std::move(cls));                                                      \
    }                                                                                                        \
  }
#include "syntax/nodes.def"
  for (int k = 0; k < ast::kNodeKindCount; k++) {
    const NodeInfo& info = ast::node_info(static_cast<NodeKind>(k));
    bool product = std::string_view(info.base) == "AST";
    Borrowed<> base = product ? root : Borrowed<>(classes.bases[static_cast<int>(info.type)]);
    Local<> cls = TRY(make_class(t, module, base, {info.name, signature_of(info), &info}, product ? info.located : -1));
    if (product) classes.bases[static_cast<int>(info.type)] = cls.value();
    classes.nodes[k] = keep(std::move(cls));
  }
  for (int k = 0; k < ast::kNodeKindCount; k++) {
    TRY(set_field_types(t, Borrowed<>(classes.nodes[k]), &ast::node_info(static_cast<NodeKind>(k))));
  }
  return ok();
}
void visit_classes(RootVisitor& roots) {  // classes are not counted
  for (Value v : classes.nodes) roots.visit_value(v);
  for (Value v : classes.bases) roots.visit_value(v);
  for (auto& row : classes.values) {
    for (Value v : row) roots.visit_value(v);
  }
  for (auto& row : classes.singletons) {
    for (Value v : row) roots.visit_value(v);
  }
}

// ---- compile() ----

Lookup<> compile_ast(Thread& t, Borrowed<> source, Borrowed<Str> filename, const SourceOptions& options, bool only_ast) {
  if (!is_instance(source, types::AstNode)) return kAbsent;
  if (only_ast) return Local<>::share(source);
  NodeKind kind = NodeKind::Module;
  if (options.mode == ParseMode::Eval) kind = NodeKind::Expression;
  if (options.mode == ParseMode::Single) kind = NodeKind::Interactive;
  if (options.mode == ParseMode::FuncType) kind = NodeKind::FunctionType;
  if (!is_subtype(type_of(source), Borrowed<Type>(classes.nodes[static_cast<int>(kind)]).get())) {
    return raise(t, types::TypeError, "expected {} node, got {}", ast::node_info(kind).name, TypeName(source));
  }
  Arena arena;
  ast::Node* tree = TRY(to_tree(t, arena, source, kind));
  return compile_tree(t, static_cast<ast::ModNode*>(tree), filename, options);
}
Result<Local<>> parse_to_objects(Thread& t, std::string_view source, Borrowed<Str> filename,
                                 const SourceOptions& options) {
  ParseResult parsed = TRY(parse_source(t, source, filename, options));
  return to_object(t, parsed.mod);
}

Result<void> init_ast(Thread& t, Borrowed<Module> module) {
  add_root_source(visit_classes);
  TRY(make_classes(t, module));
  TRY(module_set_int(t, module, "PyCF_ONLY_AST", 0x400));
  TRY(module_set_int(t, module, "PyCF_TYPE_COMMENTS", 0x1000));
  TRY(module_set_int(t, module, "PyCF_ALLOW_TOP_LEVEL_AWAIT", 0x2000));
  TRY(module_set_int(t, module, "PyCF_OPTIMIZED_AST", 0x8400));
  compile_ast_hook = compile_ast;
  parse_ast_hook = parse_to_objects;
  return ok();
}

}  // namespace
}  // namespace ast_objects

OROCHI_TYPE(AstNode, ast_objects::kAstNodeDef)
// OROCHI_MODULE for a module without functions.
static constinit const ModuleDef kModuleDef_ast{"_ast", nullptr, nullptr, 0, ast_objects::init_ast};
[[gnu::section("orochi_modules"), gnu::used, gnu::retain]] static constinit const ModuleDef* const kModulePointer_ast =
    &kModuleDef_ast;

}  // namespace orochi
