// Running code from outside the interpreter, and what other layers ask it about the running frames.
// Calling a Python function: call_with() reaches it through the type's slot (objects/function.h, call_function).
#pragma once

#include "objects/frame_object.h"
#include "objects/generator.h"
#include "objects/traceback.h"

namespace orochi {

// Once, at start-up: installs the hooks that lower layers call.
void init_interpreter();

// exec() and eval(): runs module-like code. `builtins` may be empty: then they come from the globals.
Result<Local<>> eval_code(Thread& t, Borrowed<Code> code, Borrowed<> globals, Borrowed<> locals,
                          Borrowed<Tuple> closure = {}, Borrowed<> builtins = {});

// The register and frame stacks of a thread: reserved at its first use, given back when it ends.
bool ensure_stacks(Thread& t);
void release_stacks(Thread& t);

// sys.setrecursionlimit. The current depth is the number of frames.
// (the limit itself: recursion_limit, protocols/call.h)
void set_recursion_limit(Thread& t, int32_t limit);
int32_t frame_depth(const Thread& t);

// warnings.warn as native code calls it: category, message, stack level, source. Installed by the warnings module.
extern Result<void> (*warn_hook)(Thread& t, Type& category, Borrowed<> message, int stack_level, Borrowed<> source);

// The exception being handled (sys.exception()), or empty.
Local<> current_handled(Mutator& m);

// super() without arguments: the class cell and first argument of the calling frame. RuntimeError if it has none.
Result<void> super_arguments(Thread& t, Local<>* cls, Local<>* self);

}  // namespace orochi
