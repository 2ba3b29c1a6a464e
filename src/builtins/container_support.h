// Small things that the container types share.
#pragma once

#include "builtins/type_type.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/native.h"

namespace orochi {

// cls[item] of generic containers.
inline Result<Local<>> generic_class_getitem(Thread& t, Borrowed<Type> cls, Borrowed<> item) {
  return make_generic_alias_hook(t, cls, item);
}
inline constexpr const char* kClassGetItemDoc = "See PEP 585";

inline Result<Local<>> builtin_named(Thread& t, Borrowed<Str> name) {
  Local<> builtins = TRY(import_builtins(t));
  return get_attr(t, builtins, name);
}

// A Field of an object that other threads may change, held for a while: counts only if there are other threads.
template <typename T>
class Pinned {
 public:
  Pinned(Field<T>& field, Object* holder) {
    if (multi_threaded()) {
      owned_ = field.load(holder);
      borrowed_ = owned_.borrow();
    } else {
      borrowed_ = field.borrow();
    }
  }
  explicit operator bool() const { return static_cast<bool>(borrowed_); }
  T* operator->() const { return borrowed_.get(); }
  operator Borrowed<T>() const { return borrowed_; }
  Borrowed<T> borrow() const { return borrowed_; }

 private:
  Local<T> owned_;
  Borrowed<T> borrowed_;
};

OROCHI_INLINE uint64_t load_counter(const uint64_t& counter) { return __atomic_load_n(&counter, __ATOMIC_RELAXED); }
OROCHI_INLINE void store_counter(uint64_t& counter, uint64_t value) {
  __atomic_store_n(&counter, value, __ATOMIC_RELAXED);  // positions of shared iterators: a hint, checked at use
}

inline Result<Local<>> iter_self(Thread&, Borrowed<> self) { return Local<>::share(self); }

// iter(callable, sentinel)
Result<Local<>> make_callable_iterator(Thread& t, Borrowed<> callable, Borrowed<> sentinel);

// slice.indices(length) for any int >= 0: (start, stop, step).
struct Slice;
Result<Local<Tuple>> slice_indices_of(Thread& t, Borrowed<Slice> slice, Borrowed<> length);

// type(self).__name__ or __qualname__ for messages and reprs.
inline Local<Str> type_name_of(Value v) { return type_of(v)->name.load(type_of(v)); }

// Compares two lengths (or the outcome of a comparison of lengths).
inline bool compare_lengths(size_t a, size_t b, CompareOp op) {
  switch (op) {
    case CompareOp::Lt: return a < b;
    case CompareOp::Le: return a <= b;
    case CompareOp::Eq: return a == b;
    case CompareOp::Ne: return a != b;
    case CompareOp::Gt: return a > b;
    case CompareOp::Ge: return a >= b;
  }
  return false;
}

// No keyword arguments, and a count of positional ones in [min, max]; worded for the constructor of `name`.
inline Result<void> check_arguments(Thread& t, const char* name, const CallArgs& args, size_t min, size_t max) {
  if (args.has_names() && args.names->length() > 0) {
    return raise(t, types::TypeError, "{}() takes no keyword arguments", name);
  }
  if (args.count < min) {
    return raise(t, types::TypeError, "{} expected {}{} argument{}, got {}", name, min == max ? "" : "at least ", min,
                 min == 1 ? "" : "s", args.count);
  }
  if (args.count > max) {
    return raise(t, types::TypeError, "{} expected {}{} argument{}, got {}", name, min == max ? "" : "at most ", max,
                 max == 1 ? "" : "s", args.count);
  }
  return ok();
}

}  // namespace orochi
