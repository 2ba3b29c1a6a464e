// Calls. All may run Python code.
#pragma once

#include "objects/exception.h"
#include "objects/str.h"
#include "objects/tuple.h"

namespace orochi {

Result<Local<>> call_with(Thread& t, Borrowed<> callable, const CallArgs& args);

template <typename... Args>
Result<Local<>> call(Thread& t, Borrowed<> callable, const Args&... args) {
  const Value values[sizeof...(Args) + 1] = {Borrowed<>(args).value()..., Value()};
  return call_with(t, callable, CallArgs{values, sizeof...(Args), {}});
}

// object.name(args…) without making a bound method. values[0] is the object.
Result<Local<>> call_method_with(Thread& t, Borrowed<Str> name, const CallArgs& args);

template <typename... Args>
Result<Local<>> call_method(Thread& t, Borrowed<> object, Borrowed<Str> name, const Args&... args) {
  const Value values[sizeof...(Args) + 1] = {object.value(), Borrowed<>(args).value()...};
  return call_method_with(t, name, CallArgs{values, sizeof...(Args) + 1, {}});
}

// object.__name__(args…) looked up on the type, as operators do. Absent: the type does not define it.
Lookup<> call_special(Thread& t, Borrowed<> object, Borrowed<Str> name, const Value* args = nullptr, size_t count = 0);

// callable(*args, **kwargs); kwargs may be empty or a Dict with str keys (TypeError otherwise).
Result<Local<>> call_tuple_dict(Thread& t, Borrowed<> callable, Borrowed<Tuple> args, Borrowed<Dict> kwargs);

bool is_callable(Value v);

extern int32_t recursion_limit;   // sys.setrecursionlimit; atomic relaxed

// Guards recursion through native code (repr, compare, copy, …): raises RecursionError when too deep.
class NativeRecursion {
 public:
  NativeRecursion(Thread& t, const char* where = "");   // " while calling a Python object"
  ~NativeRecursion() { t_.native_depth--; }
  NativeRecursion(const NativeRecursion&) = delete;
  bool raised() const { return raised_; }

 private:
  Thread& t_;
  bool raised_;
};
#define ENTER_RECURSION(t, where)              \
  ::orochi::NativeRecursion recursion_(t, where); \
  if (recursion_.raised()) return ::orochi::Raised{}

}  // namespace orochi
