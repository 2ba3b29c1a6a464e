// mappingproxy: a read-only view of a mapping (what a class's __dict__ shows).
#pragma once

#include "objects/type.h"

namespace orochi {

struct MappingProxy : Object {
  static Type& python_type();
  Field<> mapping;
};
namespace types {
extern ::orochi::Type MappingProxy;
}
inline Type& MappingProxy::python_type() { return types::MappingProxy; }

Result<Local<>> make_mapping_proxy(Mutator& m, Borrowed<> mapping);

}  // namespace orochi
