// tuple. The hash combines the items' hashes with the round of xxHash64 (Collet, the XXH64 specification): good
// dispersion also for nested tuples of small ints.
#include "objects/tuple.h"

#include "builtins/container_support.h"
#include "builtins/repr_guard.h"
#include "objects/iterators.h"
#include "objects/shared_buffer.h"
#include "protocols/slicing.h"

namespace orochi {

extern const Layout kTupleLayout;

namespace {

// Keyword arguments are for a subclass that has an __init__ of its own.
Result<Local<>> tuple_op_new(Thread& t, Borrowed<Type> cls, const CallArgs& args) {
  if (cls.get() == &types::Tuple || cls->slots.init == types::Tuple.slots.init) {
    TRY(check_arguments(t, "tuple", args, 0, 1));
  }
  if (args.count > 1) return raise(t, types::TypeError, "tuple expected at most 1 argument, got {}", args.count);
  Local<Tuple> items = args.count ? TRY(tuple_from(t, args[0])) : Local<Tuple>::share(empty_tuple());
  if (cls.get() == &types::Tuple) return items;
  size_t n = items->length();
  Local<Tuple> tuple = TRY(allocate_for<Tuple>(t, cls, n));
  tuple->length_ = n;
  for (size_t i = 0; i < n; i++) tuple->items()[i].init_share(items->at(i));
  return tuple;
}

Result<Local<>> tuple_op_repr(Thread& t, Borrowed<> self) {
  auto tuple = self.as<Tuple>();
  size_t n = tuple->length();
  if (n == 0) return make_str(t, "()");
  ReprGuard guard(self);
  if (guard.recursive()) return make_str(t, "(...)");
  StrBuilder out(t);
  out.append_char('(');
  for (size_t i = 0; i < n; i++) {
    if (i) out.append_ascii(", ");
    Local<Str> item = TRY(repr_of(t, tuple->at(i)));
    out.append(item);
  }
  out.append_ascii(n == 1 ? ",)" : ")");
  return out.finish();
}

Result<int64_t> tuple_op_hash(Thread& t, Borrowed<> self) {
  auto tuple = self.as<Tuple>();
  int64_t known = __atomic_load_n(&tuple->hash_cache, __ATOMIC_RELAXED);  // one word, same for all who compute it
  if (known) return known;
  constexpr uint64_t kPrime1 = 11400714785074694791u, kPrime2 = 14029467366897019727u, kPrime5 = 2870177450012600261u;
  ENTER_RECURSION(t, " while hashing a tuple");
  uint64_t acc = kPrime5;
  size_t n = tuple->length();
  for (size_t i = 0; i < n; i++) {
    uint64_t lane = static_cast<uint64_t>(TRY(hash_of(t, tuple->at(i))));
    acc += lane * kPrime2;
    acc = std::rotl(acc, 31) * kPrime1;
  }
  acc += n ^ (kPrime5 ^ 3527539u);
  auto hash = static_cast<int64_t>(acc);
  if (hash == -1 || hash == 0) hash = 1546275796;
  __atomic_store_n(&tuple->hash_cache, hash, __ATOMIC_RELAXED);
  return hash;
}

Result<Local<>> tuple_op_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (!is_tuple(a) || !is_tuple(b)) return kNotImplemented;
  auto x = a.as<Tuple>();
  auto y = b.as<Tuple>();
  size_t n = x->length() < y->length() ? x->length() : y->length();
  for (size_t i = 0; i < n; i++) {
    if (x->at(i).value() == y->at(i).value()) continue;
    bool equal = TRY(equals(t, x->at(i), y->at(i)));
    if (equal) continue;
    if (op == CompareOp::Eq) return kFalse;
    if (op == CompareOp::Ne) return kTrue;
    return rich_compare(t, x->at(i), y->at(i), op);
  }
  return Value::boolean(compare_lengths(x->length(), y->length(), op));
}

Result<int64_t> tuple_op_len(Thread&, Borrowed<> self) { return static_cast<int64_t>(self.as<Tuple>()->length()); }

Result<Local<>> tuple_op_getitem(Thread& t, Borrowed<> self, Borrowed<> key) {
  auto tuple = self.as<Tuple>();
  auto n = static_cast<int64_t>(tuple->length());
  if (is_slice(key)) {
    SliceBounds b = TRY(slice_bounds(t, key.as<Slice>(), n));
    if (b.length <= 0) return Local<>::share(empty_tuple());
    if (b.step == 1) {
      if (b.length == n && is_exact_tuple(self)) return Local<>::share(self);
      return make_tuple(t, tuple->values() + b.start, static_cast<size_t>(b.length));
    }
    Local<Tuple> out = TRY(make_tuple_uninitialised(t, static_cast<size_t>(b.length)));
    for (int64_t i = 0, at = b.start; i < b.length; i++, at += b.step) {
      out->items()[i].init_share(tuple->at(static_cast<size_t>(at)));
    }
    return out;
  }
  if (!is_int(key) && !type_of(key)->slots.index) {
    return raise(t, types::TypeError, "tuple indices must be integers or slices, not {}", TypeName(key));
  }
  int64_t i = TRY(to_index(t, key, types::IndexError));
  if (i < 0) i += n;
  if (i < 0 || i >= n) return raise(t, types::IndexError, "tuple index out of range");
  return Local<>::share(tuple->at(static_cast<size_t>(i)));
}

Result<bool> tuple_op_contains(Thread& t, Borrowed<> self, Borrowed<> item) {
  auto tuple = self.as<Tuple>();
  for (size_t i = 0, n = tuple->length(); i < n; i++) {
    if (TRY(equals(t, tuple->at(i), item))) return true;
  }
  return false;
}

Result<Local<>> tuple_op_concat(Thread& t, Borrowed<> a, Borrowed<> b) {
  if (!is_tuple(b)) {
    return raise(t, types::TypeError, "can only concatenate tuple (not \"{}\") to tuple", TypeName(b));
  }
  auto x = a.as<Tuple>();
  auto y = b.as<Tuple>();
  if (x->length() == 0 && is_exact_tuple(b)) return Local<>::share(b);
  if (y->length() == 0 && is_exact_tuple(a)) return Local<>::share(a);
  Local<Tuple> out = TRY(make_tuple_uninitialised(t, x->length() + y->length()));
  for (size_t i = 0; i < x->length(); i++) out->items()[i].init_share(x->at(i));
  for (size_t i = 0; i < y->length(); i++) out->items()[x->length() + i].init_share(y->at(i));
  return out;
}

Result<Local<>> tuple_op_repeat(Thread& t, Borrowed<> self, int64_t times) {
  auto tuple = self.as<Tuple>();
  size_t n = tuple->length();
  if (times <= 0 || n == 0) {
    if (n == 0 && is_exact_tuple(self)) return Local<>::share(self);
    return Local<>::share(empty_tuple());
  }
  if (times == 1 && is_exact_tuple(self)) return Local<>::share(self);
  if (static_cast<uint64_t>(times) > static_cast<uint64_t>(INT64_MAX) / sizeof(Value) / n) return raise_no_memory(t);
  Local<Tuple> out = TRY(make_tuple_uninitialised(t, n * static_cast<size_t>(times)));
  Field<>* to = out->items();
  for (int64_t k = 0; k < times; k++) {
    for (size_t i = 0; i < n; i++) (to++)->init_share(tuple->at(i));
  }
  return out;
}

Result<Local<>> tuple_index(Thread& t, Borrowed<Tuple> self, Borrowed<> value, Borrowed<> start_argument,
                            Maybe<Borrowed<>> stop_argument) {
  int64_t start = TRY(slice_index_argument(t, start_argument));
  int64_t stop = stop_argument ? TRY(slice_index_argument(t, *stop_argument)) : INT64_MAX;
  auto n = static_cast<int64_t>(self->length());
  if (start < 0) start = start < -n ? 0 : start + n;
  if (stop < 0) stop = stop < -n ? 0 : stop + n;
  for (int64_t i = start; i < stop && i < n; i++) {
    if (TRY(equals(t, self->at(static_cast<size_t>(i)), value))) return make_int(t, i);
  }
  return raise(t, types::ValueError, "tuple.index(x): x not in tuple");
}

Result<int64_t> tuple_count(Thread& t, Borrowed<Tuple> self, Borrowed<> value) {
  int64_t count = 0;
  for (size_t i = 0, n = self->length(); i < n; i++) count += TRY(equals(t, self->at(i), value));
  return count;
}

Result<Local<>> tuple_getnewargs(Thread& t, Borrowed<Tuple> self) {
  Local<Tuple> items = TRY(make_tuple(t, self->values(), self->length()));
  return make_tuple(t, {items.value()});
}

Result<Local<>> tuple_op_iter(Thread& t, Borrowed<> self) {
  Local<TupleIterator> it = TRY(make_object<TupleIterator>(t));
  it->tuple.init_share(self.as<Tuple>());
  return it;
}

constexpr NativeDef kTupleMethods[] = {
    method<tuple_getnewargs>("__getnewargs__(self, /)", nullptr),
    method<tuple_index>("index(self, value, start=0, stop=sys.maxsize, /)",
                        "Return first index of value.\n\nRaises ValueError if the value is not present."),
    method<tuple_count>("count(self, value, /)", "Return number of occurrences of value."),
    class_method<generic_class_getitem>("__class_getitem__(type, object, /)",
                                        "Tuples are generic over the types of their contents.\n\n"
                                        "For example, use ``tuple[int, str]`` for a pair whose first element\n"
                                        "is an int and second element is a string.\n\n"
                                        "Tuples also support the form ``tuple[T, ...]`` to indicate\n"
                                        "an arbitrary length tuple of elements of type T."),
};

const TypeDef kTupleDef = {
    .name = "tuple",
    .signature = "(iterable=(), /)",
    .doc = "Built-in immutable sequence.\n\nIf no argument is given, the constructor returns an empty tuple.\n"
           "If iterable is specified the tuple is initialized from iterable's items.\n\n"
           "If the argument is a tuple, the return value is the same object.",
    .layout = &kTupleLayout,
    .flags = kTypeSubclassable | kTypeSequence | kTypeMatchSelf,
    .shape_flags = kShapeIsTuple | kShapeExact,
    OROCHI_METHODS(kTupleMethods),
    .slots = {.repr = tuple_op_repr,
              .hash = tuple_op_hash,
              .compare = tuple_op_compare,
              .iter = tuple_op_iter,
              .new_ = tuple_op_new,
              .len = tuple_op_len,
              .getitem = tuple_op_getitem,
              .contains = tuple_op_contains,
              .concat = tuple_op_concat,
              .repeat = tuple_op_repeat},
};

}  // namespace

OROCHI_TYPE(Tuple, kTupleDef)

}  // namespace orochi
