// The _tracemalloc module. Orochi does not trace allocations: the queries answer so, and start() refuses.
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/native.h"

namespace orochi::tracemalloc_module {

namespace {

bool is_tracing(Thread&) { return false; }
Result<Local<>> clear_traces(Thread&) { return kNone; }
Result<Local<>> start(Thread& t, Index) { return raise(t, types::RuntimeError, "tracing allocations is not supported"); }
Result<Local<>> stop(Thread&) { return kNone; }
int64_t get_traceback_limit(Thread&) { return 1; }
int64_t get_memory(Thread&) { return 0; }
Result<Local<>> get_traced_memory(Thread& t) { return make_tuple(t, {Value::fixnum(0), Value::fixnum(0)}); }
Result<Local<>> reset_peak(Thread&) { return kNone; }
Result<Local<>> get_traces(Thread& t) { return make_list(t); }
Result<Local<>> get_object_traceback(Thread&, Borrowed<>) { return kNone; }

constexpr NativeDef kFunctions[] = {
    function<is_tracing>("is_tracing()", "Return True if the tracemalloc module is tracing Python memory allocations."),
    function<clear_traces>("clear_traces()", "Clear traces of memory blocks allocated by Python."),
    function<start>("start(nframe=1, /)", "Start tracing Python memory allocations."),
    function<stop>("stop()", "Stop tracing Python memory allocations."),
    function<get_traceback_limit>("get_traceback_limit()", "Get the maximum number of frames stored in a traceback."),
    function<get_memory>("get_tracemalloc_memory()", "Get the memory usage in bytes of the tracemalloc module."),
    function<get_traced_memory>("get_traced_memory()", "Get the current and peak size of traced memory blocks."),
    function<reset_peak>("reset_peak()", "Set the peak size of traced memory blocks to the current size."),
    function<get_traces>("_get_traces()", "Get traces of all memory blocks allocated by Python."),
    function<get_object_traceback>("_get_object_traceback(obj, /)", "Get the traceback where obj was allocated."),
};

}  // namespace

OROCHI_MODULE(_tracemalloc, "Trace memory allocations: not supported by this runtime.", kFunctions, nullptr)

}  // namespace orochi::tracemalloc_module
