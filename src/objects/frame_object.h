// Frame objects: the Python view of an activation, made when somebody asks. While the activation lives, `live` points
// to it; when it ends, its registers move into the object. For a suspended generator `generator` is set.
#pragma once

#include "objects/function.h"

namespace orochi {

namespace types {
extern ::orochi::Type Frame, FrameLocalsProxy;
}

struct FrameObject : Object {
  static Type& python_type() { return types::Frame; }
  Frame* live;            // atomic; nullptr once the activation has ended or is suspended
  Thread* thread;         // whose stack `live` is on
  uint32_t reg_count;     // fixed
  uint32_t trace_lines;
  uint32_t trace_opcodes;
  int32_t lineno;         // set through f_lineno while tracing; 0: none
  uint64_t last_pc;       // word offset, when not live
  Field<Code> code;
  Field<Function> function;
  Field<> locals;         // mapping of class and module bodies
  Field<> back;           // the caller's frame object, fixed when the activation ends
  struct Generator* generator;  // while suspended or running; uncounted, unlinked under this object's lock when it ends
  Field<> trace_function;
  Field<> extra_locals;   // Dict of names written through f_locals that are not variables
  Value* regs() { return reinterpret_cast<Value*>(this + 1); }
  Frame* load_live() const { return __atomic_load_n(&live, __ATOMIC_ACQUIRE); }

  static constexpr uint32_t kItemSize = sizeof(Value);
  static size_t item_count(const Object* object) { return static_cast<const FrameObject*>(object)->reg_count; }
  static void trace(Object* object, Visitor& v);
};
static_assert(sizeof(FrameObject) % 8 == 0);

// PEP 667: the write-through view.
struct FrameLocalsProxy : Object {
  static Type& python_type() { return types::FrameLocalsProxy; }
  Field<FrameObject> frame;
  static void trace(Object* object, Visitor& v);
};

// The frame object of a live frame of this thread, made if there is none. The frame owns one reference to it.
Result<Local<FrameObject>> ensure_frame_object(Thread& t, Frame* frame);
// Ends the link of a frame that is about to go: its registers move into the object. `frame->frame_object` is dropped.
void detach_frame_object(Thread& t, Frame* frame);
// The variables now, as a new dict (functions), or the mapping itself (class and module bodies).
Result<Local<>> frame_locals_snapshot(Thread& t, Borrowed<FrameObject> frame);
Result<Local<>> frame_get_locals(Thread& t, Borrowed<FrameObject> frame);   // f_locals: the mapping or a proxy
int32_t frame_line(Borrowed<FrameObject> frame);
uint32_t frame_offset(Borrowed<FrameObject> frame);
Local<> frame_back(Thread& t, Borrowed<FrameObject> frame);                 // FrameObject or None
// A variable by name: found, absent (no such name, or unbound).
Lookup<> frame_find_variable(Mutator& m, Borrowed<FrameObject> frame, Borrowed<Str> name);
Result<bool> frame_set_variable(Mutator& m, Borrowed<FrameObject> frame, Borrowed<Str> name, Borrowed<> value);
Result<void> frame_clear(Thread& t, Borrowed<FrameObject> frame);
// For the locals() builtin and sys._getframe: `depth` frames up from the innermost one; ValueError if too deep.
Result<Local<FrameObject>> frame_at_depth(Thread& t, int64_t depth);
// locals(): a snapshot dict in functions, else the mapping.
Result<Local<>> current_locals(Thread& t);
Local<> current_globals(Thread& t);    // Dict, or empty when no Python code runs
Local<> current_builtins(Thread& t);

}  // namespace orochi
