// product, combinations, combinations_with_replacement, permutations. The indices of the current row lie in a raw array
// used under the object's lock; making a row needs no Python code, so a whole step happens under it.
// Algorithms: lexicographic successors, as the library reference of these functions gives them in Python.
#include "modules/itertools/itertools_module.h"

namespace orochi {

OROCHI_MODULE_TYPE(ItertoolsProduct)
OROCHI_MODULE_TYPE(ItertoolsCombinations)
OROCHI_MODULE_TYPE(ItertoolsCombinationsWithReplacement)
OROCHI_MODULE_TYPE(ItertoolsPermutations)

namespace itertools_module {

namespace {

enum : uint64_t { kNotStarted, kRunning, kDone };

struct Combining : Object {
  Field<Tuple> pool;    // product: a tuple of tuples
  int64_t* indices;     // permutations: n indices, then r cycles
  uint64_t r;
  uint64_t state;
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<Combining*>(o)->pool); }
  static void destroy(Object* o) { free_raw(static_cast<Combining*>(o)->indices); }
  static size_t extra_size(const Object* o) {
    return static_cast<const Combining*>(o)->r * sizeof(int64_t);
  }
};
constexpr Layout kCombiningLayout = layout_of<Combining>("itertools combination");

Result<Local<Combining>> make(Thread& t, Borrowed<Type> cls, Local<Tuple> pool, size_t index_count, size_t r) {
  if (index_count > (size_t{1} << 40)) return raise_no_memory(t);
  auto* indices = static_cast<int64_t*>(allocate_raw_zeroed((index_count + 1) * sizeof(int64_t)));
  if (!indices) return raise_no_memory(t);
  auto made = allocate_for<Combining>(t, cls);
  if (made.raised()) {
    free_raw(indices);
    return Raised{};
  }
  Local<Combining> it = made.take();
  it->pool.init(std::move(pool));
  it->indices = indices;
  it->r = r;
  return it;
}

Result<Local<Tuple>> row_of(Mutator& m, Borrowed<Tuple> pool, const int64_t* indices, size_t r) {
  Local<Tuple> row = TRY(make_tuple_uninitialised(m, r));
  for (size_t i = 0; i < r; i++) row->items()[i].init_share(pool->at(static_cast<size_t>(indices[i])));
  return row;
}

// ---- product ----

Result<Local<>> product_new(Thread& t, Borrowed<Type> cls, Rest iterables, Index repeat) {
  if (repeat < 0) return raise(t, types::ValueError, "repeat argument cannot be negative");
  size_t times = static_cast<size_t>(repeat.value), each = times == 0 ? 0 : iterables.count, total;
  if (__builtin_mul_overflow(each, times, &total) || total > (size_t{1} << 40)) {
    return raise(t, types::OverflowError, "repeat argument too large");
  }
  Local<Tuple> pools = TRY(make_tuple_uninitialised(t, total));
  bool empty = false;
  for (size_t i = 0; i < each; i++) {
    Local<Tuple> pool = TRY(tuple_from(t, iterables[i]));
    empty = empty || pool->length() == 0;
    for (size_t k = 0; k < times; k++) pools->items()[k * each + i].init_share(pool.borrow());
  }
  Local<Combining> it = TRY(make(t, cls, std::move(pools), total, total));
  if (empty) it->state = kDone;
  return it;
}
constexpr NativeDef kProductNew = arguments<product_new>("product(type, /, *iterables, repeat=1)");

Lookup<> product_next(Thread& t, Borrowed<> self) {
  auto it = self.as<Combining>();
  Borrowed<Tuple> pools = it->pool.borrow();
  size_t n = pools->length();
  ObjectLock lock(t, it.get());
  if (it->state == kDone) return kAbsent;
  if (it->state == kRunning) {
    size_t i = n;
    for (;;) {
      if (i == 0) {
        it->state = kDone;
        return kAbsent;
      }
      i--;
      if (++it->indices[i] < static_cast<int64_t>(pools->at(i).as<Tuple>()->length())) break;
      it->indices[i] = 0;
    }
  }
  it->state = kRunning;
  Local<Tuple> row = TRY(make_tuple_uninitialised(t, n));
  for (size_t i = 0; i < n; i++) {
    row->items()[i].init_share(pools->at(i).as<Tuple>()->at(static_cast<size_t>(it->indices[i])));
  }
  return row;
}

// ---- combinations ----

template <bool Replacement>
Result<Local<>> combinations_make(Thread& t, Borrowed<Type> cls, Borrowed<> iterable, Index r) {
  Local<Tuple> pool = TRY(tuple_from(t, iterable));
  if (r < 0) return raise(t, types::ValueError, "r must be non-negative");
  size_t n = pool->length(), width = static_cast<size_t>(r.value);
  bool none = Replacement ? n == 0 && width > 0 : width > n;
  Local<Combining> it = TRY(make(t, cls, std::move(pool), none ? 0 : width, none ? 0 : width));
  if (none) it->state = kDone;
  if (!Replacement && !none) {
    for (size_t i = 0; i < width; i++) it->indices[i] = static_cast<int64_t>(i);
  }
  return it;
}
constexpr NativeDef kCombinationsNew = arguments<combinations_make<false>>("combinations(type, iterable, r)");
constexpr NativeDef kCombinationsReplacementNew =
    arguments<combinations_make<true>>("combinations_with_replacement(type, iterable, r)");

template <bool Replacement>
Lookup<> combinations_next(Thread& t, Borrowed<> self) {
  auto it = self.as<Combining>();
  Borrowed<Tuple> pool = it->pool.borrow();
  int64_t n = static_cast<int64_t>(pool->length()), r = static_cast<int64_t>(it->r);
  ObjectLock lock(t, it.get());
  if (it->state == kDone) return kAbsent;
  if (it->state == kRunning) {
    int64_t i = r - 1;
    // The rightmost index that is not at its maximum.
    while (i >= 0 && it->indices[i] == (Replacement ? n - 1 : i + n - r)) i--;
    if (i < 0) {
      it->state = kDone;
      return kAbsent;
    }
    int64_t index = ++it->indices[i];
    for (int64_t k = i + 1; k < r; k++) it->indices[k] = Replacement ? index : ++index;
  }
  it->state = kRunning;
  return row_of(t, pool, it->indices, it->r);
}

// ---- permutations ----

Result<Local<>> permutations_make(Thread& t, Borrowed<Type> cls, Borrowed<> iterable, Borrowed<> r) {
  Local<Tuple> pool = TRY(tuple_from(t, iterable));
  size_t n = pool->length(), width = n;
  if (r.value() != kNone) {
    if (!is_int(r)) return raise(t, types::TypeError, "Expected int as r");
    int64_t wanted = TRY(to_index(t, r));
    if (wanted < 0) return raise(t, types::ValueError, "r must be non-negative");
    width = static_cast<size_t>(wanted);
  }
  bool none = width > n;
  Local<Combining> it = TRY(make(t, cls, std::move(pool), none ? 0 : n + width, none ? 0 : width));
  if (none) {
    it->state = kDone;
  } else {
    for (size_t i = 0; i < n; i++) it->indices[i] = static_cast<int64_t>(i);
    for (size_t i = 0; i < width; i++) it->indices[n + i] = static_cast<int64_t>(n - i);
  }
  return it;
}
constexpr NativeDef kPermutationsNew = arguments<permutations_make>("permutations(type, iterable, r=None)");

Lookup<> permutations_next(Thread& t, Borrowed<> self) {
  auto it = self.as<Combining>();
  Borrowed<Tuple> pool = it->pool.borrow();
  size_t n = pool->length(), r = it->r;
  ObjectLock lock(t, it.get());
  if (it->state == kDone) return kAbsent;
  if (it->state == kRunning) {
    int64_t* cycles = it->indices + n;
    size_t i = r;
    for (;;) {
      if (i == 0) {
        it->state = kDone;
        return kAbsent;
      }
      i--;
      if (--cycles[i] == 0) {
        // Rotate indices[i:] left by one.
        int64_t first = it->indices[i];
        for (size_t k = i; k + 1 < n; k++) it->indices[k] = it->indices[k + 1];
        it->indices[n - 1] = first;
        cycles[i] = static_cast<int64_t>(n - i);
      } else {
        std::swap(it->indices[i], it->indices[n - static_cast<size_t>(cycles[i])]);
        break;
      }
    }
  }
  it->state = kRunning;
  return row_of(t, pool, it->indices, r);
}

constexpr TypeDef kProductDef = iterator_def<Combining>(
    "itertools.product", "(*iterables, repeat=1)",
    "Cartesian product of input iterables.  Equivalent to nested for-loops.", &kCombiningLayout, product_next,
    new_slot<kProductNew>);
constexpr TypeDef kCombinationsDef = iterator_def<Combining>(
    "itertools.combinations", "(iterable, r)",
    "Return successive r-length combinations of elements in the iterable.\n\ncombinations(range(4), 3) --> (0,1,2), "
    "(0,1,3), (0,2,3), (1,2,3)",
    &kCombiningLayout, combinations_next<false>, new_slot<kCombinationsNew>);
constexpr TypeDef kCombinationsReplacementDef = iterator_def<Combining>(
    "itertools.combinations_with_replacement", "(iterable, r)",
    "Return successive r-length combinations of elements in the iterable allowing individual elements to have successive "
    "repeats.",
    &kCombiningLayout, combinations_next<true>, new_slot<kCombinationsReplacementNew>);
constexpr TypeDef kPermutationsDef = iterator_def<Combining>(
    "itertools.permutations", "(iterable, r=None)",
    "Return successive r-length permutations of elements in the iterable.\n\npermutations(range(3), 2) --> (0,1), (0,2), "
    "(1,0), (1,2), (2,0), (2,1)",
    &kCombiningLayout, permutations_next, new_slot<kPermutationsNew>);

}  // namespace

Result<void> add_combinatoric(Thread& t, Borrowed<Module> module) {
  TRY(module_add_type(t, module, types::ItertoolsProduct, kProductDef));
  TRY(module_add_type(t, module, types::ItertoolsCombinations, kCombinationsDef));
  TRY(module_add_type(t, module, types::ItertoolsCombinationsWithReplacement, kCombinationsReplacementDef));
  return module_add_type(t, module, types::ItertoolsPermutations, kPermutationsDef);
}

}  // namespace itertools_module

}  // namespace orochi
