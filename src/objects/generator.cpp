// Generators and the helpers of async generators: layouts. See generator.h.
#include "objects/generator.h"

namespace orochi {

void Generator::trace(Object* object, Visitor& v) {
  auto* g = static_cast<Generator*>(object);
  v.visit(g->code);
  v.visit(g->function);
  v.visit(g->handled);
  v.visit(g->frame_object);
  v.visit(g->name);
  v.visit(g->qualname);
  v.visit(g->origin);
  v.visit(g->finalizer);
  v.visit_slots(g->regs(), g->reg_count);
}

void CoroutineWrapper::trace(Object* object, Visitor& v) {
  v.visit(static_cast<CoroutineWrapper*>(object)->coroutine);
}

void AsyncGenAwaitable::trace(Object* object, Visitor& v) {
  v.visit(static_cast<AsyncGenAwaitable*>(object)->generator);
  v.visit(static_cast<AsyncGenAwaitable*>(object)->argument);
}

void AsyncGenWrappedValue::trace(Object* object, Visitor& v) {
  v.visit(static_cast<AsyncGenWrappedValue*>(object)->value);
}

const char* generator_kind(Borrowed<Generator> generator) {
  const Type* type = generator->type();
  return type == &types::Coroutine ? "coroutine" : type == &types::AsyncGenerator ? "async generator" : "generator";
}

}  // namespace orochi
