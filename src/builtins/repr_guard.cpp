// The guards of a thread form a chain on its native stack; nesting is bounded by the recursion limit.
#include "builtins/repr_guard.h"

namespace orochi {

namespace {
thread_local constinit ReprGuard* innermost = nullptr;
}  // namespace

ReprGuard::ReprGuard(Borrowed<> object) : object_(object.value()), previous_(innermost), recursive_(false) {
  for (ReprGuard* g = innermost; g; g = g->previous_) {
    if (g->object_ == object_) {
      recursive_ = true;
      break;
    }
  }
  innermost = this;
}

ReprGuard::~ReprGuard() { innermost = previous_; }

}  // namespace orochi
