// slice objects. Immutable: set before publication.
#include "objects/slice.h"

#include "objects/exception.h"

namespace orochi {

void Slice::trace(Object* object, Visitor& v) {
  auto* slice = static_cast<Slice*>(object);
  v.visit(slice->start);
  v.visit(slice->stop);
  v.visit(slice->step);
}

Result<Local<Slice>> make_slice(Mutator& m, Borrowed<> start, Borrowed<> stop, Borrowed<> step) {
  Local<Slice> slice = TRY(allocate<Slice>(m, types::Slice.root_shape));
  slice->start.init_share(start);
  slice->stop.init_share(stop);
  slice->step.init_share(step);
  return slice;
}

}  // namespace orochi
