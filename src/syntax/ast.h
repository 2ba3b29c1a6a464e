// The abstract syntax tree: plain structs made from nodes.def, allocated in an Arena, told apart by `kind`.
// Node classes have the Python names (ast::FunctionDef, ast::Name); base classes are StmtNode, ExprNode, PatternNode...;
// classes without a base are Arguments, Arg, Keyword, Alias, WithItem, MatchCase, Comprehension.
//
//   switch (node->kind) { case NodeKind::Name: use(as_Name(node)->id); ... }     as_X checks the kind in debug builds
//
// (Constant has a field of its own called kind, the 'u' of u"": use the kind of its ExprNode, or value.kind.)
// An absent optional node is nullptr; an absent identifier or string has data() == nullptr (see is_absent).
// Identifiers are interned in the tree's arena: two equal identifiers of one tree have the same data().
// node_info(kind) describes classes and fields at run time, for dumps and for the ast module.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "base/check.h"

namespace orochi::ast {

// ---- vocabulary --------------------------------------------------------------------------------------------------

using Identifier = std::string_view;
using String = std::string_view;
inline bool is_absent(std::string_view text) { return text.data() == nullptr; }

// A list of nodes, identifiers or operators in the arena. The elements may be replaced, the length is fixed.
template <typename T>
struct Seq {
  T* items = nullptr;
  uint32_t count = 0;

  uint32_t size() const { return count; }
  bool empty() const { return count == 0; }
  T* begin() const { return items; }
  T* end() const { return items + count; }
  T& operator[](uint32_t i) const {
    DCHECK(i < count);
    return items[i];
  }
  T& front() const { return (*this)[0]; }
  T& back() const { return (*this)[count - 1]; }
  std::span<T> span() const { return {items, count}; }
};

enum class ConstantKind : uint8_t {
  None, True, False, Ellipsis,
  Int,       // fits int64_t: integer
  BigInt,    // text: digits without prefix and underscores, in `base`; non-negative from the parser, may start with '-'
  Float,     // real
  Complex,   // real, imag (from the parser real is 0)
  Str,       // text: UTF-8, lone surrogates as three bytes (WTF-8)
  Bytes,     // text
  Tuple,     // items: never from the parser; from folding and from the ast module
  FrozenSet, // items: likewise
};

struct ConstantValue {
  ConstantKind kind = ConstantKind::None;
  uint8_t base = 10;
  uint32_t size = 0;  // of characters or items
  union {
    int64_t integer;
    struct {
      double real;
      double imag;
    };
    const char* characters;
    ConstantValue* elements;
  };

  ConstantValue() : real(0), imag(0) {}
  static ConstantValue of(ConstantKind kind) {
    ConstantValue v;
    v.kind = kind;
    return v;
  }
  static ConstantValue of_int(int64_t i) {
    ConstantValue v = of(ConstantKind::Int);
    v.integer = i;
    return v;
  }
  static ConstantValue of_float(double d) {
    ConstantValue v = of(ConstantKind::Float);
    v.real = d;
    return v;
  }
  static ConstantValue of_complex(double real, double imag) {
    ConstantValue v = of(ConstantKind::Complex);
    v.real = real;
    v.imag = imag;
    return v;
  }
  // Str, Bytes, BigInt; the text must outlive the tree.
  static ConstantValue of_text(ConstantKind kind, std::string_view text, uint8_t base = 10) {
    ConstantValue v = of(kind);
    v.characters = text.data();
    v.size = static_cast<uint32_t>(text.size());
    v.base = base;
    return v;
  }
  std::string_view text() const { return {characters, size}; }
  std::span<ConstantValue> items() const { return {elements, size}; }
};

// ---- kinds -------------------------------------------------------------------------------------------------------

enum class NodeKind : uint8_t {
#define NODE_BEGIN(Name, asdl_base, CppBase) Name,
#define PRODUCT_BEGIN(asdl, Cpp, located) Cpp,
#include "syntax/nodes.def"
};

inline constexpr int kNodeKindCount = 0
#define NODE_BEGIN(Name, asdl_base, CppBase) +1
#define PRODUCT_BEGIN(asdl, Cpp, located) +1
#include "syntax/nodes.def"
    ;

// Operators and contexts: enum classes ExprContext, BoolOperator, Operator, UnaryOperator, CmpOperator.
#define ENUM_BEGIN(asdl, Cpp) enum class Cpp : uint8_t {
#define ENUM_VALUE(asdl, Cpp, Name) Name,
#define ENUM_END(asdl, Cpp) };
#include "syntax/nodes.def"

// ---- nodes -------------------------------------------------------------------------------------------------------

// Lines from 1; columns from 0, in UTF-8 bytes.
struct Location {
  int32_t lineno = 0;
  int32_t col_offset = 0;
  int32_t end_lineno = 0;
  int32_t end_col_offset = 0;
};

struct Node {
  NodeKind kind;
};
struct UnlocatedNode : Node {};
struct LocatedNode : Node, Location {
  const Location& location() const { return *this; }
};

#define SUM(asdl, Cpp, located) struct Cpp : located##Node {};
#define PRODUCT_BEGIN(asdl, Cpp, located) struct Cpp;
#define NODE_BEGIN(Name, asdl_base, CppBase) struct Name;
#include "syntax/nodes.def"

// What a FIELD's type column means in C++.
namespace field_types {
using asdl_identifier = Identifier;
using asdl_string = String;
using asdl_int = int32_t;
using asdl_constant = ConstantValue;
#define SUM(asdl, Cpp, located) using asdl_##asdl = Cpp*;
#define PRODUCT_BEGIN(asdl, Cpp, located) using asdl_##asdl = Cpp*;
#define ENUM_BEGIN(asdl, Cpp) using asdl_##asdl = Cpp;
#include "syntax/nodes.def"
}  // namespace field_types

#define OROCHI_AST_One(type) type
#define OROCHI_AST_Optional(type) type
#define OROCHI_AST_List(type) Seq<type>
#define OROCHI_AST_OptionalList(type) Seq<type>
#define NODE_BEGIN(Name, asdl_base, CppBase) \
  struct Name : CppBase {                    \
    static constexpr NodeKind kKind = NodeKind::Name;
#define NODE_END(Name, asdl_base, CppBase) \
  }                                        \
  ;
#define PRODUCT_BEGIN(asdl, Cpp, located) \
  struct Cpp : located##Node {            \
    static constexpr NodeKind kKind = NodeKind::Cpp;
#define PRODUCT_END(asdl, Cpp, located) \
  }                                     \
  ;
#define FIELD(type, cardinality, name) OROCHI_AST_##cardinality(field_types::asdl_##type) name{};
#include "syntax/nodes.def"
#undef OROCHI_AST_One
#undef OROCHI_AST_Optional
#undef OROCHI_AST_List
#undef OROCHI_AST_OptionalList

// ---- casts -------------------------------------------------------------------------------------------------------

template <typename T>
bool is(const Node* node) {
  return node->kind == T::kKind;
}
template <typename T>
T* as(Node* node) {
  DCHECK(node->kind == T::kKind);
  return static_cast<T*>(node);
}
template <typename T>
const T* as(const Node* node) {
  DCHECK(node->kind == T::kKind);
  return static_cast<const T*>(node);
}
// nullptr if `node` is null or of another kind.
template <typename T, typename N>
T* try_as(N* node) {
  return node != nullptr && static_cast<const Node*>(node)->kind == T::kKind ? static_cast<T*>(node) : nullptr;
}

#define NODE_BEGIN(Name, asdl_base, CppBase)                        \
  inline Name* as_##Name(Node* node) { return as<Name>(node); }     \
  inline const Name* as_##Name(const Node* node) { return as<Name>(node); }
#include "syntax/nodes.def"

// A node of class T at `location`, its other fields empty.
template <typename T>
T* make_node(Arena& arena, const Location& location) {
  T* node = static_cast<T*>(arena.allocate(sizeof(T), alignof(T)));
  new (node) T{};
  static_cast<Node*>(node)->kind = T::kKind;
  static_cast<Location&>(*node) = location;
  return node;
}
template <typename T>
T* make_node(Arena& arena) {
  T* node = static_cast<T*>(arena.allocate(sizeof(T), alignof(T)));
  new (node) T{};
  static_cast<Node*>(node)->kind = T::kKind;
  return node;
}
template <typename T>
Seq<T> make_list(Arena& arena, uint32_t count) {
  return {arena.make_array<T>(count), count};
}

// ---- run-time description ----------------------------------------------------------------------------------------

enum class FieldType : uint8_t {
  asdl_identifier, asdl_string, asdl_int, asdl_constant,  // the prefix keeps `int` and `operator` spellable
#define SUM(asdl, Cpp, located) asdl_##asdl,
#define PRODUCT_BEGIN(asdl, Cpp, located) asdl_##asdl,
#define ENUM_BEGIN(asdl, Cpp) asdl_##asdl,
#include "syntax/nodes.def"
};
enum class Cardinality : uint8_t { One, Optional, List, OptionalList };

struct FieldInfo {
  const char* name;
  FieldType type;
  Cardinality cardinality;
  uint16_t offset;  // of the field in its node
};
struct NodeInfo {
  const char* name;   // the Python class: "FunctionDef", "arguments"
  const char* base;   // "stmt", or "AST" for a class without a base of its own
  FieldType type;     // the asdl type it belongs to
  bool located;
  uint16_t size;      // of the C++ struct
  uint16_t field_count;
  const FieldInfo* fields;
};
const NodeInfo& node_info(NodeKind kind);

// The names of an enumeration's values ("Load"...), indexed by the enum; empty if `type` is no enumeration.
std::span<const char* const> enum_names(FieldType type);
// The asdl name: "stmt", "expr_context", "identifier".
const char* field_type_name(FieldType type);

}  // namespace orochi::ast
