// _tracemalloc: allocations are not traced. Everything that asks gets the answers of a tracer that is off, and turning
// it on is refused.
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/native.h"

namespace orochi {
namespace {

bool is_tracing(Thread&) { return false; }
Result<void> nothing(Thread&) { return ok(); }
Result<Local<>> start(Thread& t, int32_t frames) {
  if (frames < 1 || frames > 65535) return raise(t, types::ValueError, "the number of frames must be in range [1; 65535]");
  return raise(t, types::RuntimeError, "tracing of memory allocations is not supported");
}
int64_t traceback_limit(Thread&) { return 1; }
int64_t tracemalloc_memory(Thread&) { return 0; }
Result<Local<>> traced_memory(Thread& t) { return make_tuple(t, {Value::fixnum(0), Value::fixnum(0)}); }
Result<Local<>> get_traces(Thread& t) { return make_list(t); }
Result<Local<>> object_traceback(Thread&, Borrowed<>) { return kNone; }

constexpr NativeDef kFunctions[] = {
    function<is_tracing>("is_tracing()", "Return True if the tracemalloc module is tracing Python memory allocations."),
    function<nothing>("clear_traces()", "Clear traces of memory blocks allocated by Python."),
    function<get_traces>("_get_traces()", "Get traces of all memory blocks allocated by Python."),
    function<object_traceback>("_get_object_traceback(obj, /)",
                               "Get the traceback where the Python object obj was allocated."),
    function<start>("start(nframe=1, /)", "Start tracing Python memory allocations."),
    function<nothing>("stop()", "Stop tracing Python memory allocations."),
    function<traceback_limit>("get_traceback_limit()",
                              "Get the maximum number of frames stored in the traceback of a trace."),
    function<tracemalloc_memory>("get_tracemalloc_memory()",
                                 "Get the memory usage in bytes of the tracemalloc module."),
    function<traced_memory>("get_traced_memory()",
                            "Get the current size and peak size of memory blocks traced by tracemalloc."),
    function<nothing>("reset_peak()", "Set the peak size of memory blocks traced by tracemalloc to the current size."),
};

}  // namespace

OROCHI_MODULE(_tracemalloc, "Debug module to trace memory blocks allocated by Python.", kFunctions, nullptr)

}  // namespace orochi
