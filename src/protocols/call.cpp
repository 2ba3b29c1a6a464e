// Calling values from native code.
#include "protocols/call.h"

#include "objects/dict.h"
#include "protocols/attr.h"

namespace orochi {

int32_t recursion_limit = 1000;

namespace {

// A copy of an argument list with one value put in front. Small ones live on the stack.
class WithFirst {
 public:
  WithFirst(Borrowed<> first, const Value* values, size_t count) {
    data_ = count + 1 <= kInline ? inline_ : static_cast<Value*>(allocate_raw((count + 1) * sizeof(Value)));
    if (!data_) return;
    data_[0] = first;
    for (size_t i = 0; i < count; i++) data_[i + 1] = values[i];
  }
  ~WithFirst() {
    if (data_ != inline_) free_raw(data_);
  }
  const Value* data() const { return data_; }

 private:
  static constexpr size_t kInline = 12;
  Value inline_[kInline];
  Value* data_;
};

}  // namespace

NativeRecursion::NativeRecursion(Thread& t, const char* where) : t_(t), raised_(false) {
  t.native_depth++;
  // Native frames are bigger than Python ones, so the address is the limit that counts; the depth is a bound for
  // programs that expect RecursionError at about sys.getrecursionlimit().
  if (t.native_stack_low() || t.native_depth + t.recursion_depth > recursion_limit + 50) [[unlikely]] {
    raised_ = true;
    (void)raise(t, types::RecursionError, "maximum recursion depth exceeded{}", where);
  }
}

Result<Local<>> call_with(Thread& t, Borrowed<> callable, const CallArgs& args) {
  CallFn fn = type_of(callable)->slots.call;
  if (OROCHI_UNLIKELY(!fn)) return raise(t, types::TypeError, "'{}' object is not callable", TypeName(callable));
  if (OROCHI_UNLIKELY(t.native_stack_low())) {
    return raise(t, types::RecursionError, "maximum recursion depth exceeded");
  }
  return fn(t, callable, args);
}

bool is_callable(Value v) { return type_of(v)->slots.call != nullptr; }

Result<Local<>> call_method_with(Thread& t, Borrowed<Str> name, const CallArgs& args) {
  Local<> function;
  bool self_needed;
  TRY(get_method(t, args[0], name, &function, &self_needed));
  if (self_needed) return call_with(t, function, args);
  return call_with(t, function, CallArgs{args.values + 1, args.count - 1, args.names});
}

Lookup<> call_special(Thread& t, Borrowed<> object, Borrowed<Str> name, const Value* args, size_t count) {
  Type* type = type_of(object);
  Lookup<> descr = type_lookup(t, type, name);
  if (!descr.found()) return descr;
  Local<> function = descr.take();
  Type* kind = type_of(function.value());
  if (kind->load_type_flags() & kTypeMethodDescriptor) {
    WithFirst all(object, args, count);
    if (!all.data()) return raise_no_memory(t);
    return call_with(t, function, CallArgs{all.data(), count + 1, {}});
  }
  if (DescrGetFn get = kind->slots.descr_get) function = TRY(get(t, function, object, Borrowed<>(type)));
  return call_with(t, function, CallArgs{args, count, {}});
}

Result<Local<>> call_tuple_dict(Thread& t, Borrowed<> callable, Borrowed<Tuple> args, Borrowed<Dict> kwargs) {
  if (!kwargs || kwargs->length() == 0) return call_with(t, callable, CallArgs{args->values(), args->length(), {}});
  Local<Dict> snapshot = TRY(dict_copy(t, kwargs));  // the callee or another thread may change the original
  size_t n = snapshot->length();
  size_t total = args->length() + n;
  Local<Tuple> names = TRY(make_tuple_uninitialised(t, n));
  Local<Tuple> values = TRY(make_tuple_uninitialised(t, total));
  for (size_t i = 0; i < args->length(); i++) values->items()[i].init_share(args->at(i));
  size_t position = 0, i = 0;
  Local<> key, value;
  while (dict_next(t, snapshot, &position, &key, &value)) {
    if (!is_str(key.value())) return raise(t, types::TypeError, "keywords must be strings");
    names->items()[i].init(std::move(key));
    values->items()[args->length() + i].init(std::move(value));
    i++;
  }
  return call_with(t, callable, CallArgs{values->values(), args->length(), names});
}

}  // namespace orochi
