// The hooks of sys: display, uncaught and unraisable exceptions, breakpoint().
#pragma once

#include "protocols/native.h"

namespace orochi {

Result<Local<>> sys_displayhook(Thread& t, Borrowed<> object);
Result<Local<>> sys_excepthook(Thread& t, Borrowed<> type, Borrowed<> value, Borrowed<> traceback);
Result<Local<>> sys_unraisablehook(Thread& t, Borrowed<> unraisable);
Result<Local<>> sys_breakpointhook(Thread& t, Rest args, KwRest kwargs);
Result<void> init_sys_hooks(Thread& t, Borrowed<Module> module);

}  // namespace orochi
