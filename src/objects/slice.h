// slice: three immutable values. Their arithmetic is in protocols/slicing.h.
#pragma once

#include "objects/type.h"

namespace orochi {

struct Slice : Object {
  static Type& python_type();
  Field<> start;
  Field<> stop;
  Field<> step;
  static void trace(Object* object, Visitor& v);
};
namespace types {
extern ::orochi::Type Slice;
}
inline Type& Slice::python_type() { return types::Slice; }
inline bool is_slice(Value v) { return v.is_heap() && v.as_object()->type() == &types::Slice; }

Result<Local<Slice>> make_slice(Mutator& m, Borrowed<> start, Borrowed<> stop, Borrowed<> step);

}  // namespace orochi
