// The collector's roots in threads: registers and frames exactly, the native stack and saved registers conservatively.
// Counted references need none of it; deferred objects (functions, code, classes) in registers and Locals do, and what
// is marked here need not be counted in the second phase.
#include "threads/registry.h"

#if OROCHI_ASAN
// Locals must be on the real stack for conservative scanning.
extern "C" [[gnu::used, gnu::visibility("default")]] const char* __asan_default_options() {
  return "detect_stack_use_after_return=0";
}
#endif

namespace orochi {

Value* (*register_top_hook)(Thread& t) = nullptr;

namespace threads_internal {

namespace {

void visit_frame(RootVisitor& roots, const Frame& frame) {
  if (frame.code != nullptr) roots.visit_value(Value(reinterpret_cast<uint64_t>(frame.code)));
  roots.visit_value(frame.function);
  roots.visit_value(frame.globals);
  roots.visit_value(frame.builtins);
  roots.visit_value(frame.locals);
  roots.visit_value(frame.handled);
  roots.visit_value(frame.frame_object);
  roots.visit_value(frame.generator);
}

void visit_thread(RootVisitor& roots, Thread& t) {
  // Registers of all frames lie side by side; the interpreter knows where those of the innermost one end.
  Value* top = t.frame != nullptr && register_top_hook != nullptr ? register_top_hook(t) : t.stack_top;
  for (Value* at = t.stack_base; at != nullptr && at < top; at++) roots.visit_value(*at);
  for (Frame* frame = t.frames_base; frame != nullptr && frame < t.frames_top; frame++) visit_frame(roots, *frame);
  for (Frame* frame = t.frame; frame != nullptr; frame = frame->previous) {
    // Frames of running generators lie in the generator objects.
    if (frame < t.frames_base || frame >= t.frames_top) visit_frame(roots, *frame);
  }
  for (Value value : {t.pending, t.context, t.trace_function, t.profile_function, t.async_gen_firstiter,
                      t.async_gen_finalizer, t.async_exception, t.thread_dict}) {
    roots.visit_value(value);
  }
}

[[gnu::noinline]] void visit_native_stack(RootVisitor& roots, const ThreadSlot& slot, uintptr_t low) {
  low &= ~uintptr_t{7};
  if (low < slot.stack_low || low >= slot.stack_high) return;
  roots.visit_conservatively(reinterpret_cast<const uint64_t*>(low), reinterpret_cast<const uint64_t*>(slot.stack_high));
}

}  // namespace

[[gnu::noinline]] void visit_thread_roots(RootVisitor& roots) {
  // The caller's registers: pushed by this function and those between, all of which are on the stack from here up.
  __builtin_unwind_init();
  struct Context {
    RootVisitor& roots;
    uintptr_t here;
  } context{roots, 0};
  uint64_t anchor = 0;
  asm volatile("" : "+m"(anchor));
  uintptr_t frame = reinterpret_cast<uintptr_t>(&anchor);
  uintptr_t stack_pointer;
  asm volatile("movq %%rsp, %0" : "=r"(stack_pointer));
  context.here = stack_pointer < frame ? stack_pointer : frame;
  for_each_thread(
      [](void* c, Thread& t) {
        auto& context = *static_cast<Context*>(c);
        visit_thread(context.roots, t);
        const ThreadSlot& slot = *t.slot;
        if (&t == tls_mutator) {
          visit_native_stack(context.roots, slot, context.here);
          return;
        }
        visit_native_stack(context.roots, slot, slot.saved_stack);
        context.roots.visit_conservatively(slot.saved_registers, slot.saved_registers + 6);
      },
      &context);
}

}  // namespace threads_internal

}  // namespace orochi
