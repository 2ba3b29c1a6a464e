// chain, islice, accumulate, batched, pairwise, zip_longest.
#include "modules/itertools/itertools_module.h"

namespace orochi {

OROCHI_MODULE_TYPE(ItertoolsChain)
OROCHI_MODULE_TYPE(ItertoolsISlice)
OROCHI_MODULE_TYPE(ItertoolsAccumulate)
OROCHI_MODULE_TYPE(ItertoolsBatched)
OROCHI_MODULE_TYPE(ItertoolsPairwise)
OROCHI_MODULE_TYPE(ItertoolsZipLongest)

namespace itertools_module {

namespace {

struct Chain : Object {
  static Type& python_type() { return types::ItertoolsChain; }
  Field<> source;   // iterator of iterables; empty: exhausted
  Field<> active;   // iterator; empty: take the next one
  static void trace(Object* o, Visitor& v) {
    v.visit(static_cast<Chain*>(o)->source);
    v.visit(static_cast<Chain*>(o)->active);
  }
};
struct ISlice : Object {
  static Type& python_type() { return types::ItertoolsISlice; }
  Field<> iterator;   // empty: exhausted
  // Atomic relaxed. `next` is the position to give next, `count` how many were taken; stop -1: no end.
  int64_t next, stop, step, count;
  uint64_t reserved;
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<ISlice*>(o)->iterator); }
};
struct Accumulate : Object {
  static Type& python_type() { return types::ItertoolsAccumulate; }
  Field<> iterator;
  Field<> function;   // empty: addition
  Field<> total;      // empty: nothing taken yet
  Field<> initial;    // taken by the first next
  static void trace(Object* o, Visitor& v) {
    auto* it = static_cast<Accumulate*>(o);
    v.visit(it->iterator);
    v.visit(it->function);
    v.visit(it->total);
    v.visit(it->initial);
  }
};
struct Batched : Object {
  static Type& python_type() { return types::ItertoolsBatched; }
  Field<> iterator;   // empty: exhausted
  int64_t n;
  uint64_t strict;
  uint64_t reserved;
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<Batched*>(o)->iterator); }
};
struct Pairwise : Object {
  static Type& python_type() { return types::ItertoolsPairwise; }
  Field<> iterator;   // empty: exhausted
  Field<> old;
  static void trace(Object* o, Visitor& v) {
    v.visit(static_cast<Pairwise*>(o)->iterator);
    v.visit(static_cast<Pairwise*>(o)->old);
  }
};
struct ZipLongest : Object {
  static Type& python_type() { return types::ItertoolsZipLongest; }
  Field<List> iterators;   // NotImplemented in place of an exhausted one
  Field<> fill;
  int64_t active;          // atomic
  uint64_t reserved;
  static void trace(Object* o, Visitor& v) {
    v.visit(static_cast<ZipLongest*>(o)->iterators);
    v.visit(static_cast<ZipLongest*>(o)->fill);
  }
};

int64_t load64(const int64_t& n) { return __atomic_load_n(&n, __ATOMIC_RELAXED); }
void store64(int64_t& n, int64_t v) { __atomic_store_n(&n, v, __ATOMIC_RELAXED); }

// ---- chain ----

Result<Local<>> chain_of(Thread& t, Borrowed<Type> cls, Borrowed<> iterables) {
  Local<> source = TRY(get_iter(t, iterables));
  Local<Chain> it = TRY(allocate_for<Chain>(t, cls));
  it->source.init(std::move(source));
  return it;
}
Result<Local<>> chain_new(Thread& t, Borrowed<Type> cls, Rest iterables) {
  Local<Tuple> all = TRY(make_tuple(t, iterables.values, iterables.count));
  return chain_of(t, cls, all);
}
constexpr NativeDef kChainNew = arguments<chain_new>("chain(type, /, *iterables)");

Lookup<> chain_next(Thread& t, Borrowed<> self) {
  auto it = self.as<Chain>();
  for (;;) {
    Local<> source = it->source.load(it.get());
    if (!source) return kAbsent;
    Local<> active = it->active.load(it.get());
    if (!active) {
      Lookup<> iterable = iter_next(t, source);
      if (!iterable.found()) {
        it->source.set(Local<>());
        return iterable;
      }
      auto made = get_iter(t, *iterable);
      if (made.raised()) {
        it->source.set(Local<>());
        return Raised{};
      }
      active = made.take();
      it->active.set(active.dup());
    }
    Lookup<> item = iter_next(t, active);
    if (item.found() || item.raised()) return item;
    it->active.set(Local<>());
    TRY(safepoint(t));
  }
}
constexpr NativeDef kChainMethods[] = {
    class_method<chain_of>("from_iterable(type, iterable, /)",
                           "Alternative chain() constructor taking a single iterable argument that evaluates lazily."),
    class_method<generic_class_getitem>("__class_getitem__(type, object, /)", kClassGetItemDoc),
};

// ---- islice ----

Result<int64_t> slice_number(Thread& t, Borrowed<> v, int64_t if_none, const char* message) {
  if (v.value() == kNone) return if_none;
  auto r = to_index(t, v);
  if (r.raised()) {
    if (!clear_pending_if(t, types::Exception)) return Raised{};
    return raise(t, types::ValueError, message);
  }
  if (*r < 0) return raise(t, types::ValueError, message);
  return *r;
}
Result<Local<>> islice_new(Thread& t, Borrowed<Type> cls, const CallArgs& args) {
  if (args.has_names() || args.count < 2 || args.count > 4) TRY(check_arguments(t, "islice", args, 2, 4));
  constexpr const char* kIndices = "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
  int64_t start = 0, stop = -1, step = 1;
  if (args.count == 2) {
    stop = TRY(slice_number(t, args[1], -1,
                            "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize."));
  } else {
    start = TRY(slice_number(t, args[1], 0, kIndices));
    stop = TRY(slice_number(t, args[2], -1,
                            "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize."));
    if (args.count == 4) {
      constexpr const char* kStep = "Step for islice() must be a positive integer or None.";
      step = TRY(slice_number(t, args[3], 1, kStep));
      if (step < 1) return raise(t, types::ValueError, kStep);
    }
  }
  Local<> iterator = TRY(get_iter(t, args[0]));
  Local<ISlice> it = TRY(allocate_for<ISlice>(t, cls));
  it->iterator.init(std::move(iterator));
  it->next = start;
  it->stop = stop;
  it->step = step;
  return it;
}
Lookup<> islice_next(Thread& t, Borrowed<> self) {
  auto it = self.as<ISlice>();
  Local<> iterator = it->iterator.load(it.get());
  if (!iterator) return kAbsent;
  int64_t stop = load64(it->stop);
  int64_t wanted = load64(it->next);
  auto finish = [&] {
    it->iterator.set(Local<>());
    return kAbsent;
  };
  while (load64(it->count) < wanted) {
    // Past the stop only the items before it are taken.
    if (stop >= 0 && load64(it->count) >= stop) break;
    Lookup<> skipped = iter_next(t, iterator);
    if (skipped.raised()) return skipped;
    if (skipped.absent()) return finish();
    store64(it->count, load64(it->count) + 1);
    TRY(safepoint(t));
  }
  if (stop >= 0 && load64(it->count) >= stop) return finish();
  Lookup<> item = iter_next(t, iterator);
  if (item.raised()) return item;
  if (item.absent()) return finish();
  store64(it->count, load64(it->count) + 1);
  int64_t next;
  if (__builtin_add_overflow(wanted, load64(it->step), &next) || (stop >= 0 && next > stop)) {
    next = stop >= 0 ? stop : INT64_MAX;
  }
  store64(it->next, next);
  return item;
}

// ---- accumulate ----

Result<Local<>> accumulate_new(Thread& t, Borrowed<Type> cls, Borrowed<> iterable, Borrowed<> function,
                               Borrowed<> initial) {
  Local<> iterator = TRY(get_iter(t, iterable));
  Local<Accumulate> it = TRY(allocate_for<Accumulate>(t, cls));
  it->iterator.init(std::move(iterator));
  if (function.value() != kNone) it->function.init_share(function);
  if (initial.value() != kNone) it->initial.init_share(initial);
  return it;
}
constexpr NativeDef kAccumulateNew =
    arguments<accumulate_new>("accumulate(type, iterable, func=None, *, initial=None)");
Lookup<> accumulate_next(Thread& t, Borrowed<> self) {
  auto it = self.as<Accumulate>();
  if (!it->initial.is_empty()) {
    Local<> first = it->initial.take();
    if (first) {
      it->total.set(first.dup());
      return first;
    }
  }
  Lookup<> item = iter_next(t, it->iterator.borrow());
  if (!item.found()) return item;
  Local<> total = it->total.load(it.get());
  if (!total) {
    it->total.set((*item).dup());
    return item;
  }
  Local<> sum = it->function.is_empty() ? TRY(binary_op(t, BinaryOp::Add, total, *item))
                                        : TRY(call(t, it->function.borrow(), total, *item));
  it->total.set(sum.dup());
  return sum;
}

// ---- batched ----

Result<Local<>> batched_new(Thread& t, Borrowed<Type> cls, Borrowed<> iterable, Index n, bool strict) {
  if (n < 1) return raise(t, types::ValueError, "n must be at least one");
  Local<> iterator = TRY(get_iter(t, iterable));
  Local<Batched> it = TRY(allocate_for<Batched>(t, cls));
  it->iterator.init(std::move(iterator));
  it->n = n;
  it->strict = strict;
  return it;
}
constexpr NativeDef kBatchedNew = arguments<batched_new>("batched(type, iterable, n, *, strict=False)");
Lookup<> batched_next(Thread& t, Borrowed<> self) {
  auto it = self.as<Batched>();
  Local<> iterator = it->iterator.load(it.get());
  if (!iterator) return kAbsent;
  Local<List> items = TRY(make_list(t));
  for (int64_t i = 0; i < it->n; i++) {
    Lookup<> item = iter_next(t, iterator);
    if (item.raised()) {
      it->iterator.set(Local<>());
      return item;
    }
    if (item.absent()) {
      it->iterator.set(Local<>());
      if (i == 0) return kAbsent;
      if (it->strict) return raise(t, types::ValueError, "batched(): incomplete batch");
      break;
    }
    TRY(list_append(t, items, item.take()));
  }
  return list_to_tuple(t, items);
}

// ---- pairwise ----

Result<Local<>> pairwise_new(Thread& t, Borrowed<Type> cls, Borrowed<> iterable) {
  Local<> iterator = TRY(get_iter(t, iterable));
  Local<Pairwise> it = TRY(allocate_for<Pairwise>(t, cls));
  it->iterator.init(std::move(iterator));
  return it;
}
constexpr NativeDef kPairwiseNew = arguments<pairwise_new>("pairwise(type, iterable, /)");
Lookup<> pairwise_next(Thread& t, Borrowed<> self) {
  auto it = self.as<Pairwise>();
  Local<> iterator = it->iterator.load(it.get());
  if (!iterator) return kAbsent;
  auto finish = [&](Lookup<> end) {
    it->iterator.set(Local<>());
    it->old.set(Local<>());
    return end;
  };
  Local<> old = it->old.load(it.get());
  if (!old) {
    Lookup<> first = iter_next(t, iterator);
    if (!first.found()) return finish(std::move(first));
    old = first.take();
    it->old.set(old.dup());
    iterator = it->iterator.load(it.get());   // the first step may have used this iterator up
    if (!iterator) return finish(kAbsent);
  }
  Lookup<> next = iter_next(t, iterator);
  if (!next.found()) return finish(std::move(next));
  it->old.set((*next).dup());
  return make_tuple(t, {old.value(), (*next).value()});
}

// ---- zip_longest ----

Result<Local<>> zip_longest_new(Thread& t, Borrowed<Type> cls, Rest iterables, Borrowed<> fill) {
  Local<List> iterators = TRY(make_list(t, iterables.count));
  for (size_t i = 0; i < iterables.count; i++) TRY(list_append(t, iterators, TRY(get_iter(t, iterables[i]))));
  Local<ZipLongest> it = TRY(allocate_for<ZipLongest>(t, cls));
  it->iterators.init(std::move(iterators));
  it->fill.init_share(fill);
  it->active = static_cast<int64_t>(iterables.count);
  return it;
}
constexpr NativeDef kZipLongestNew = arguments<zip_longest_new>("zip_longest(type, /, *iterables, fillvalue=None)");
Lookup<> zip_longest_next(Thread& t, Borrowed<> self) {
  auto it = self.as<ZipLongest>();
  Borrowed<List> iterators = it->iterators.borrow();
  size_t n = iterators->length();
  if (n == 0 || load64(it->active) <= 0) return kAbsent;
  Local<Tuple> row = TRY(make_tuple_uninitialised(t, n));
  for (size_t i = 0; i < n; i++) {
    Lookup<> iterator = list_get(t, iterators, static_cast<int64_t>(i));
    if (!iterator.found()) return iterator;
    if ((*iterator).value() == kNotImplemented) {
      row->items()[i].init_share(it->fill.borrow());
      continue;
    }
    Lookup<> item = iter_next(t, *iterator);
    if (item.raised()) {
      store64(it->active, 0);
      return item;
    }
    if (item.absent()) {
      (void)list_set(t, iterators, static_cast<int64_t>(i), Local<>::immediate(kNotImplemented));
      if (__atomic_sub_fetch(&it->active, 1, __ATOMIC_RELAXED) <= 0) return kAbsent;
      row->items()[i].init_share(it->fill.borrow());
      continue;
    }
    row->items()[i].init(item.take());
  }
  return row;
}

constexpr Layout kChainLayout = layout_of<Chain>("chain");
constexpr Layout kISliceLayout = layout_of<ISlice>("islice");
constexpr Layout kAccumulateLayout = layout_of<Accumulate>("accumulate");
constexpr Layout kBatchedLayout = layout_of<Batched>("batched");
constexpr Layout kPairwiseLayout = layout_of<Pairwise>("pairwise");
constexpr Layout kZipLongestLayout = layout_of<ZipLongest>("zip_longest");

constexpr TypeDef kChainDef = [] {
  TypeDef d = iterator_def<Chain>(
      "itertools.chain", "(*iterables)",
      "Return a chain object whose .__next__() method returns elements from the\nfirst iterable until it is exhausted, "
      "then elements from the next\niterable, until all of the iterables are exhausted.",
      &kChainLayout, chain_next, new_slot<kChainNew>);
  d.methods = kChainMethods;
  d.method_count = std::size(kChainMethods);
  return d;
}();
constexpr TypeDef kISliceDef = iterator_def<ISlice>(
    "itertools.islice", nullptr,
    "islice(iterable, stop) --> islice object\nislice(iterable, start, stop[, step]) --> islice object\n\nReturn an "
    "iterator whose next() method returns selected values from an\niterable.",
    &kISliceLayout, islice_next, islice_new);
constexpr TypeDef kAccumulateDef = iterator_def<Accumulate>(
    "itertools.accumulate", "(iterable, func=None, *, initial=None)",
    "Return series of accumulated sums (or other binary function results).", &kAccumulateLayout, accumulate_next,
    new_slot<kAccumulateNew>);
constexpr TypeDef kBatchedDef = iterator_def<Batched>(
    "itertools.batched", "(iterable, n, *, strict=False)",
    "Batch data into tuples of length n. The last batch may be shorter than n.", &kBatchedLayout, batched_next,
    new_slot<kBatchedNew>);
constexpr TypeDef kPairwiseDef = iterator_def<Pairwise>(
    "itertools.pairwise", "(iterable, /)", "Return an iterator of overlapping pairs taken from the input iterator.",
    &kPairwiseLayout, pairwise_next, new_slot<kPairwiseNew>);
constexpr TypeDef kZipLongestDef = iterator_def<ZipLongest>(
    "itertools.zip_longest", "(*iterables, fillvalue=None)",
    "Return a zip_longest object whose .__next__() method returns a tuple where\nthe i-th element comes from the i-th "
    "iterable argument.",
    &kZipLongestLayout, zip_longest_next, new_slot<kZipLongestNew>);

}  // namespace

Result<void> add_sequences(Thread& t, Borrowed<Module> module) {
  TRY(module_add_type(t, module, types::ItertoolsChain, kChainDef));
  TRY(module_add_type(t, module, types::ItertoolsISlice, kISliceDef));
  TRY(module_add_type(t, module, types::ItertoolsAccumulate, kAccumulateDef));
  TRY(module_add_type(t, module, types::ItertoolsBatched, kBatchedDef));
  TRY(module_add_type(t, module, types::ItertoolsPairwise, kPairwiseDef));
  return module_add_type(t, module, types::ItertoolsZipLongest, kZipLongestDef);
}

}  // namespace itertools_module

}  // namespace orochi
