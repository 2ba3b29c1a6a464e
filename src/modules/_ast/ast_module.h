// The Python side of the AST: the classes made from syntax/nodes.def, and trees to objects and back.
#pragma once

#include "objects/type.h"
#include "protocols/native.h"
#include "runtime/compile_source.h"
#include "syntax/ast.h"

namespace orochi {

namespace types {
extern ::orochi::Type AstNode;
}

namespace ast_objects {

// Owned by the process; made once, before any tree is converted.
struct Classes {
  Value nodes[ast::kNodeKindCount];  // by NodeKind
  Value bases[64];                   // by FieldType: sums and enumerations; products: the class itself
  Value singletons[64][16];          // by FieldType and enum value: instances
  Value values[64][16];              // likewise: classes
};
extern Classes classes;

Result<Local<>> to_object(Thread& t, const ast::Node* node);
// Validates. The tree lives in `arena`.
Result<ast::Node*> to_tree(Thread& t, Arena& arena, Borrowed<> object, ast::NodeKind kind);
// Whether the node just filled makes sense: what the compiler relies on.
Result<void> validate(Thread& t, const ast::Node* node);

}  // namespace ast_objects
}  // namespace orochi
