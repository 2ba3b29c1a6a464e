// _warnings: warn() and warn_explicit() for native code and importlib. They hand over to the library's own
// implementation; the other names of CPython's accelerator are absent on purpose, so that warnings.py keeps its
// pure-Python state as the only one.
#include "interpreter/interpret.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/native.h"

namespace orochi {

namespace {

Result<Local<>> forward(Thread& t, Borrowed<Str> name, Rest args, KwRest kwargs) {
  Local<> module = TRY(import_module(t, "warnings"_n));
  Local<> function = TRY(get_attr(t, module, name));
  Local<Tuple> all = TRY(make_tuple_uninitialised(t, args.count + kwargs.count));
  for (size_t i = 0; i < args.count; i++) all->items()[i].init_share(args[i]);
  for (size_t i = 0; i < kwargs.count; i++) all->items()[args.count + i].init_share(Borrowed<>(kwargs.values[i]));
  Local<Tuple> names = TRY(make_tuple(t, kwargs.names, kwargs.count));
  return call_with(t, function, CallArgs{all->values(), args.count, kwargs.count ? names.borrow() : Borrowed<Tuple>()});
}
Result<Local<>> warnings_warn(Thread& t, Rest args, KwRest kwargs) { return forward(t, "warn"_n, args, kwargs); }
Result<Local<>> warnings_warn_explicit(Thread& t, Rest args, KwRest kwargs) {
  return forward(t, "warn_explicit"_n, args, kwargs);
}

constexpr NativeDef kFunctions[] = {
    function<warnings_warn>("warn(*args, **kwargs)", "Issue a warning, or maybe ignore it or raise an exception."),
    function<warnings_warn_explicit>("warn_explicit(*args, **kwargs)", "Issue a warning, or maybe ignore it or raise an exception."),
};

Result<void> warn_from_native(Thread& t, Type& category, Borrowed<> message, int stack_level, Borrowed<> source) {
  Local<> module = TRY(import_module(t, "warnings"_n));
  Local<> function = TRY(get_attr(t, module, "warn"_n));
  (void)TRY(call(t, function, message, Borrowed<>(&category), Value::fixnum(stack_level),
                 source ? source : Borrowed<>(kNone)));
  return ok();
}

Result<void> init_warnings(Thread&, Borrowed<Module>) {
  warn_hook = warn_from_native;
  return ok();
}

}  // namespace

OROCHI_MODULE(_warnings, "_warnings provides basic warning filtering support.", kFunctions, init_warnings)

}  // namespace orochi
