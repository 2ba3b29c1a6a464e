// Traceback entries. See traceback.h.
#include "objects/traceback.h"

#include "objects/exception.h"

namespace orochi {

void Traceback::trace(Object* object, Visitor& v) {
  v.visit(static_cast<Traceback*>(object)->next);
  v.visit(static_cast<Traceback*>(object)->frame);
}

Result<Local<Traceback>> make_traceback(Mutator& m, Borrowed<> next, Borrowed<FrameObject> frame, int64_t offset,
                                        int32_t line) {
  Local<Traceback> tb = TRY(allocate<Traceback>(m, types::Traceback.root_shape, sizeof(Traceback)));
  if (next && next.value() != kNone) tb->next.init_share(next);
  tb->frame.init_share(frame);
  tb->offset = offset;
  tb->line = line;
  return tb;
}

int32_t traceback_line(Borrowed<Traceback> traceback) {
  int32_t line = __atomic_load_n(&traceback->line, __ATOMIC_RELAXED);
  if (line != Traceback::kNoLine) return line;
  Borrowed<Code> code = traceback->frame.borrow()->code.borrow();
  line = code_line(code.get(), static_cast<uint32_t>(traceback->offset));
  __atomic_store_n(&traceback->line, line, __ATOMIC_RELAXED);  // every thread computes the same
  return line;
}

void add_traceback(Thread& t, Frame* frame, uint32_t offset) {
  Local<> exception = take_pending(t);
  if (!exception) return;
  auto* e = static_cast<Exception*>(exception.value().as_object());
  if (e->owner == kOwnerImmortal) {  // the preallocated MemoryError is shared: it has no traceback
    set_pending(t, std::move(exception));
    return;
  }
  auto object = ensure_frame_object(t, frame);
  if (!object.raised()) {
    Local<> next = e->traceback.load(e);
    auto tb = make_traceback(t, next, *object, offset, Traceback::kNoLine);
    if (!tb.raised()) e->traceback.set(tb.take());
  }
  clear_pending(t);  // what failing to allocate left
  set_pending(t, std::move(exception));
}

}  // namespace orochi
