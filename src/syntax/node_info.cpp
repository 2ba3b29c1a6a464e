// The run-time description of the AST classes, made from nodes.def: names, fields, offsets.
#include <cstddef>
#include <iterator>

#include "syntax/ast.h"

#pragma clang diagnostic ignored "-Winvalid-offsetof"  // single inheritance without virtuals: the offsets are fixed

namespace orochi::ast {
namespace {

// Each table ends in a row without a name, so that a class without fields has a table too.
#define NODE_BEGIN(Name, asdl_base, CppBase) \
  constexpr FieldInfo fields_of(const Name*, int index) { \
    using Owner = Name;                                   \
    const FieldInfo fields[] = {
#define FIELD(type, cardinality, name) \
  {#name, FieldType::asdl_##type, Cardinality::cardinality, static_cast<uint16_t>(offsetof(Owner, name))},
#define NODE_END(Name, asdl_base, CppBase)                                                   \
  {nullptr, FieldType::asdl_identifier, Cardinality::One, static_cast<uint16_t>(sizeof(Owner))}, \
  }                                                                                          \
  ;                                                                                          \
  return fields[index];                                                                      \
  }
#define PRODUCT_BEGIN(asdl, Cpp, located)                \
  constexpr FieldInfo fields_of(const Cpp*, int index) { \
    using Owner = Cpp;                                   \
    const FieldInfo fields[] = {
#define PRODUCT_END(asdl, Cpp, located)                                                       \
  {nullptr, FieldType::asdl_identifier, Cardinality::One, static_cast<uint16_t>(sizeof(Owner))}, \
  }                                                                                          \
  ;                                                                                          \
  return fields[index];                                                                      \
  }
#include "syntax/nodes.def"

template <typename T>
struct Fields {
  static constexpr int count() {
    int n = 0;
    while (fields_of(static_cast<const T*>(nullptr), n).name != nullptr) ++n;
    return n;
  }
  struct Table {
    FieldInfo rows[count() + 1];
  };
  static constexpr Table make() {
    Table table{};
    for (int i = 0; i <= count(); ++i) table.rows[i] = fields_of(static_cast<const T*>(nullptr), i);
    return table;
  }
  static constexpr Table kTable = make();
};

constexpr NodeInfo kNodes[] = {
#define NODE_BEGIN(Name, asdl_base, CppBase)                                                              \
  {#Name, #asdl_base, FieldType::asdl_##asdl_base, std::is_base_of_v<LocatedNode, Name>, sizeof(Name),    \
   Fields<Name>::count(), Fields<Name>::kTable.rows},
#define PRODUCT_BEGIN(asdl, Cpp, located)                                                          \
  {#asdl, "AST", FieldType::asdl_##asdl, std::is_base_of_v<LocatedNode, Cpp>, sizeof(Cpp),          \
   Fields<Cpp>::count(), Fields<Cpp>::kTable.rows},
#include "syntax/nodes.def"
};
static_assert(std::size(kNodes) == kNodeKindCount);

constexpr const char* kFieldTypes[] = {
    "identifier", "string", "int", "constant",
#define SUM(asdl, Cpp, located) #asdl,
#define PRODUCT_BEGIN(asdl, Cpp, located) #asdl,
#define ENUM_BEGIN(asdl, Cpp) #asdl,
#include "syntax/nodes.def"
};

#define ENUM_BEGIN(asdl, Cpp) constexpr const char* k##Cpp##Names[] = {
#define ENUM_VALUE(asdl, Cpp, Name) #Name,
#define ENUM_END(asdl, Cpp) \
  }                         \
  ;
#include "syntax/nodes.def"

}  // namespace

const NodeInfo& node_info(NodeKind kind) { return kNodes[static_cast<int>(kind)]; }

std::span<const char* const> enum_names(FieldType type) {
  switch (type) {
#define ENUM_BEGIN(asdl, Cpp) \
  case FieldType::asdl_##asdl: return k##Cpp##Names;
#include "syntax/nodes.def"
    default: return {};
  }
}

const char* field_type_name(FieldType type) { return kFieldTypes[static_cast<int>(type)]; }

}  // namespace orochi::ast
