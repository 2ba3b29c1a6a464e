// Traceback entries: a linked list, innermost last. `line` is found out from the code when asked (-1: not yet).
#pragma once

#include "objects/frame_object.h"

namespace orochi {

namespace types {
extern ::orochi::Type Traceback;
}

struct Traceback : Object {
  static Type& python_type() { return types::Traceback; }
  Field<> next;              // Traceback or empty
  Field<FrameObject> frame;
  int64_t offset;            // word offset, tb_lasti / 2 as CPython's instruction is two bytes
  int32_t line;              // atomic; kNoLine: compute
  uint32_t reserved;
  static constexpr int32_t kNoLine = -2;
  static void trace(Object* object, Visitor& v);
};

Result<Local<Traceback>> make_traceback(Mutator& m, Borrowed<> next, Borrowed<FrameObject> frame, int64_t offset,
                                        int32_t line);
int32_t traceback_line(Borrowed<Traceback> traceback);
// Puts an entry for this frame, which is at word `offset`, in front of the pending exception's traceback. Failing to
// allocate loses the entry only.
void add_traceback(Thread& t, Frame* frame, uint32_t offset);

}  // namespace orochi
