// atexit: functions called, last registered first, when the process ends normally.
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/call.h"
#include "protocols/native.h"

namespace orochi {

namespace {

// The module's state Field: a list of (function, args, kwargs).
Result<Local<List>> entries(Thread& t) {
  Local<> module = TRY(import_module(t, "atexit"_n));
  Local<> list = module.borrow().as<Module>()->state.load(module.value().as_object());
  if (!list) return raise(t, types::RuntimeError, "atexit is not initialised");
  return std::move(list).as<List>();
}

Result<Local<>> atexit_register(Thread& t, Borrowed<> func, Rest args, KwRest kwargs) {
  if (!is_callable(func)) return raise(t, types::TypeError, "the first argument must be callable");
  Local<Tuple> positional = TRY(make_tuple(t, args.values, args.count));
  Local<Dict> named = TRY(make_dict(t));
  for (size_t i = 0; i < kwargs.count; i++) TRY(dict_set(t, named, Borrowed<>(kwargs.names[i]), Borrowed<>(kwargs.values[i])));
  Local<Tuple> entry = TRY(make_tuple(t, {func.value(), positional.value(), named.value()}));
  TRY(list_append(t, TRY(entries(t)), std::move(entry)));
  return Local<>::share(func);
}

Result<Local<>> atexit_run(Thread& t) {
  Local<List> list = TRY(entries(t));
  while (size_t n = list->length()) {
    Lookup<> entry = list_get(t, list, static_cast<int64_t>(n - 1));
    if (entry.raised()) return Raised{};
    if (entry.absent()) continue;
    (void)TRY(call_method(t, list, "pop"_n));
    auto e = (*entry).borrow().as<Tuple>();
    auto r = call_tuple_dict(t, e->at(0), e->at(1).as<Tuple>(), e->at(2).as<Dict>());
    if (r.raised()) {
      if (report_unraisable) report_unraisable(t, "Exception ignored in atexit callback", e->at(0));
      else clear_pending(t);
    }
  }
  return kNone;
}
Result<Local<>> atexit_clear(Thread& t) {
  Local<List> list = TRY(entries(t));
  list_clear_items(t, list);
  return kNone;
}
Result<Local<>> atexit_ncallbacks(Thread& t) {
  Local<List> list = TRY(entries(t));
  return make_int(t, static_cast<int64_t>(list->length()));
}
Result<Local<>> atexit_unregister(Thread& t, Borrowed<> func) {
  Local<List> list = TRY(entries(t));
  for (size_t i = list->length(); i-- > 0;) {
    Lookup<> entry = list_get(t, list, static_cast<int64_t>(i));
    if (entry.raised()) return Raised{};
    if (entry.absent()) continue;
    if (TRY(equals(t, (*entry).borrow().as<Tuple>()->at(0), func))) {
      (void)TRY(call_method(t, list, "pop"_n, Value::fixnum(static_cast<int64_t>(i))));
    }
  }
  return kNone;
}

constexpr NativeDef kFunctions[] = {
    function<atexit_register>("register(func, /, *args, **kwargs)", "Register a function to be executed upon normal program termination"),
    function<atexit_run>("_run_exitfuncs()", "Run all registered exit functions."),
    function<atexit_clear>("_clear()", "Clear the list of previously registered exit functions."),
    function<atexit_ncallbacks>("_ncallbacks()", "Return the number of registered exit functions."),
    function<atexit_unregister>("unregister(func, /)", "Unregister an exit function which was previously registered using atexit.register"),
};
Result<void> init_atexit(Thread& t, Borrowed<Module> module) {
  module->state.set(TRY(make_list(t)));
  return ok();
}

}  // namespace

OROCHI_MODULE(atexit, "allow programmer to define multiple exit functions to be executed\nupon normal program termination.", kFunctions, init_atexit)

}  // namespace orochi
