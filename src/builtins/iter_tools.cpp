// enumerate, zip, map, filter: iterators over iterators. Shared between threads they may repeat or skip; every item
// they give is a whole one.
#include "builtins/container_support.h"
#include "objects/tuple.h"

namespace orochi {

namespace {

struct Enumerate : Object {
  static Type& python_type();
  Field<> iterator;
  Field<> count;   // int
  static void trace(Object* object, Visitor& v) {
    v.visit(static_cast<Enumerate*>(object)->iterator);
    v.visit(static_cast<Enumerate*>(object)->count);
  }
};
struct Zip : Object {
  static Type& python_type();
  Field<Tuple> iterators;
  uint64_t strict;   // atomic relaxed
  static void trace(Object* object, Visitor& v) { v.visit(static_cast<Zip*>(object)->iterators); }
};
struct Map : Object {
  static Type& python_type();
  Field<> function;
  Field<Tuple> iterators;
  uint64_t strict;   // atomic relaxed
  static void trace(Object* object, Visitor& v) {
    v.visit(static_cast<Map*>(object)->function);
    v.visit(static_cast<Map*>(object)->iterators);
  }
};
struct Filter : Object {
  static Type& python_type();
  Field<> function;
  Field<> iterator;
  static void trace(Object* object, Visitor& v) {
    v.visit(static_cast<Filter*>(object)->function);
    v.visit(static_cast<Filter*>(object)->iterator);
  }
};

}  // namespace

namespace types {
extern ::orochi::Type Enumerate, Zip, Map, Filter;
}

namespace {

Type& Enumerate::python_type() { return types::Enumerate; }
Type& Zip::python_type() { return types::Zip; }
Type& Map::python_type() { return types::Map; }
Type& Filter::python_type() { return types::Filter; }

// ---- enumerate ----

Result<Local<>> enumerate_new(Thread& t, Borrowed<Type> cls, Borrowed<> iterable, Borrowed<> start) {
  Local<> count = TRY(index_of(t, start));
  Local<> iterator = TRY(get_iter(t, iterable));
  Local<Enumerate> it = TRY(allocate_for<Enumerate>(t, cls));
  it->iterator.init(std::move(iterator));
  it->count.init(std::move(count));
  return it;
}
constexpr NativeDef kEnumerateNew = arguments<enumerate_new>("enumerate(type, iterable, start=0)");

Lookup<> enumerate_op_next(Thread& t, Borrowed<> self) {
  auto it = self.as<Enumerate>();
  Lookup<> item = iter_next(t, it->iterator.borrow());
  if (!item.found()) return item;
  Local<> count = it->count.load(it.get());
  Local<> next = TRY(int_add(t, count.value(), Value::fixnum(1)));
  it->count.set(std::move(next));
  Local<Tuple> pair = TRY(make_tuple_uninitialised(t, 2));
  pair->items()[0].init(std::move(count));
  pair->items()[1].init(item.take());
  return pair;
}
Result<Local<>> enumerate_reduce(Thread& t, Borrowed<Enumerate> it) {
  Local<> count = it->count.load(it.get());
  Local<Tuple> args = TRY(make_tuple(t, {it->iterator.raw(), count.value()}));
  return make_tuple(t, {Value(type_of(it)), args.value()});
}

// ---- zip and map ----

Result<Local<Tuple>> iterators_of(Thread& t, const Value* values, size_t count) {
  Local<Tuple> iterators = TRY(make_tuple_uninitialised(t, count));
  for (size_t i = 0; i < count; i++) {
    Local<> each = TRY(get_iter(t, Borrowed<>(values[i])));
    iterators->items()[i].init(std::move(each));
  }
  return iterators;
}

// Argument `ended` is exhausted, those before it are not (strict mode): an error unless it is the first and all others
// are exhausted too.
Lookup<> strict_end(Thread& t, Borrowed<Tuple> iterators, size_t ended, const char* name) {
  if (ended > 0) {
    const char* many = ended == 1 ? " " : "s 1-";
    return raise(t, types::ValueError, "{}() argument {} is shorter than argument{}{}", name, ended + 1, many, ended);
  }
  for (size_t i = 1; i < iterators->length(); i++) {
    Lookup<> item = iter_next(t, iterators->at(i));
    if (item.raised()) return Raised{};
    if (item.found()) {
      const char* many = i == 1 ? " " : "s 1-";
      return raise(t, types::ValueError, "{}() argument {} is longer than argument{}{}", name, i + 1, many, i);
    }
  }
  return kAbsent;
}

bool load_strict(const uint64_t& strict) { return __atomic_load_n(&strict, __ATOMIC_RELAXED) != 0; }

Result<Local<>> zip_new(Thread& t, Borrowed<Type> cls, Rest iterables, bool strict) {
  Local<Tuple> iterators = TRY(iterators_of(t, iterables.values, iterables.count));
  Local<Zip> it = TRY(allocate_for<Zip>(t, cls));
  it->iterators.init(std::move(iterators));
  it->strict = strict;
  return it;
}
constexpr NativeDef kZipNew = arguments<zip_new>("zip(type, /, *iterables, strict=False)");

Lookup<> zip_op_next(Thread& t, Borrowed<> self) {
  auto it = self.as<Zip>();
  Borrowed<Tuple> iterators = it->iterators.borrow();
  size_t n = iterators->length();
  if (n == 0) return kAbsent;
  Local<Tuple> row = TRY(make_tuple_uninitialised(t, n));
  for (size_t i = 0; i < n; i++) {
    Lookup<> item = iter_next(t, iterators->at(i));
    if (item.raised()) return Raised{};
    if (item.absent()) {
      if (load_strict(it->strict)) return strict_end(t, iterators, i, "zip");
      return kAbsent;
    }
    row->items()[i].init(item.take());
  }
  return row;
}
Result<Local<>> zip_reduce(Thread& t, Borrowed<Zip> it) {
  if (load_strict(it->strict)) return make_tuple(t, {Value(type_of(it)), it->iterators.raw(), kTrue});
  return make_tuple(t, {Value(type_of(it)), it->iterators.raw()});
}
Result<void> zip_setstate(Thread& t, Borrowed<Zip> it, bool strict) {
  __atomic_store_n(&it->strict, uint64_t{strict}, __ATOMIC_RELAXED);
  return ok();
}

Result<Local<>> map_new(Thread& t, Borrowed<Type> cls, Rest args, bool strict) {
  if (args.count < 2) return raise(t, types::TypeError, "map() must have at least two arguments.");
  Local<Tuple> iterators = TRY(iterators_of(t, args.values + 1, args.count - 1));
  Local<Map> it = TRY(allocate_for<Map>(t, cls));
  it->function.init_share(args[0]);
  it->iterators.init(std::move(iterators));
  it->strict = strict;
  return it;
}
constexpr NativeDef kMapNew = arguments<map_new>("map(type, /, *args, strict=False)");

Lookup<> map_op_next(Thread& t, Borrowed<> self) {
  auto it = self.as<Map>();
  Borrowed<Tuple> iterators = it->iterators.borrow();
  size_t n = iterators->length();
  if (n == 1) {
    Lookup<> item = iter_next(t, iterators->at(0));
    if (!item.found()) return item;
    return call(t, it->function.borrow(), *item);
  }
  Local<Tuple> row = TRY(make_tuple_uninitialised(t, n));
  for (size_t i = 0; i < n; i++) {
    Lookup<> item = iter_next(t, iterators->at(i));
    if (item.raised()) return Raised{};
    if (item.absent()) {
      if (load_strict(it->strict)) return strict_end(t, iterators, i, "map");
      return kAbsent;
    }
    row->items()[i].init(item.take());
  }
  return call_with(t, it->function.borrow(), CallArgs{row->values(), n, {}});
}
Result<Local<>> map_reduce(Thread& t, Borrowed<Map> it) {
  Borrowed<Tuple> iterators = it->iterators.borrow();
  Local<Tuple> args = TRY(make_tuple_uninitialised(t, iterators->length() + 1));
  args->items()[0].init_share(it->function.borrow());
  for (size_t i = 0; i < iterators->length(); i++) args->items()[i + 1].init_share(iterators->at(i));
  if (load_strict(it->strict)) return make_tuple(t, {Value(type_of(it)), args.value(), kTrue});
  return make_tuple(t, {Value(type_of(it)), args.value()});
}
Result<void> map_setstate(Thread& t, Borrowed<Map> it, bool strict) {
  __atomic_store_n(&it->strict, uint64_t{strict}, __ATOMIC_RELAXED);
  return ok();
}

// ---- filter ----

Result<Local<>> filter_op_new(Thread& t, Borrowed<Type> cls, const CallArgs& args) {
  if (args.has_names() && args.names->length() &&
      (cls.get() == &types::Filter || cls->slots.init == types::Filter.slots.init)) {
    return raise(t, types::TypeError, "filter() takes no keyword arguments");
  }
  if (args.count != 2) return raise(t, types::TypeError, "filter expected 2 arguments, got {}", args.count);
  Local<> iterator = TRY(get_iter(t, args[1]));
  Local<Filter> it = TRY(allocate_for<Filter>(t, cls));
  it->function.init_share(args[0]);
  it->iterator.init(std::move(iterator));
  return it;
}
Lookup<> filter_op_next(Thread& t, Borrowed<> self) {
  auto it = self.as<Filter>();
  Borrowed<> function = it->function.borrow();
  bool truth_only = function.value() == kNone || function.value() == Value(&types::Bool);
  for (;;) {
    Lookup<> item = iter_next(t, it->iterator.borrow());
    if (!item.found()) return item;
    bool keep;
    if (truth_only) {
      keep = TRY(is_true(t, *item));
    } else {
      Local<> answer = TRY(call(t, function, *item));
      keep = TRY(is_true(t, answer));
    }
    if (keep) return item;
    TRY(safepoint(t));
  }
}
Result<Local<>> filter_reduce(Thread& t, Borrowed<Filter> it) {
  Local<Tuple> args = TRY(make_tuple(t, {it->function.raw(), it->iterator.raw()}));
  return make_tuple(t, {Value(type_of(it)), args.value()});
}

constexpr NativeDef kEnumerateMethods[] = {
    method<enumerate_reduce>("__reduce__(self, /)", "Return state information for pickling."),
    class_method<generic_class_getitem>("__class_getitem__(type, object, /)",
                                        "'enumerate' objects are generic over the type of their values"),
};
constexpr NativeDef kZipMethods[] = {
    method<zip_reduce>("__reduce__(self, /)", "Return state information for pickling."),
    method<zip_setstate>("__setstate__(self, object, /)", "Set state information for unpickling."),
};
constexpr NativeDef kMapMethods[] = {
    method<map_reduce>("__reduce__(self, /)", "Return state information for pickling."),
    method<map_setstate>("__setstate__(self, object, /)", "Set state information for unpickling."),
};
constexpr NativeDef kFilterMethods[] = {
    method<filter_reduce>("__reduce__(self, /)", "Return state information for pickling."),
};

constinit const Layout kEnumerateLayout = layout_of<Enumerate>("enumerate");
constinit const Layout kZipLayout = layout_of<Zip>("zip");
constinit const Layout kMapLayout = layout_of<Map>("map");
constinit const Layout kFilterLayout = layout_of<Filter>("filter");

const TypeDef kEnumerateDef = {
    .name = "enumerate",
    .signature = "(iterable, start=0)",
    .doc = "Return an enumerate object.\n\n  iterable\n    an object supporting iteration\n\nThe enumerate object yields "
           "pairs containing a count (from start, which\ndefaults to zero) and a value yielded by the iterable "
           "argument.\n\nenumerate is useful for obtaining an indexed list:\n    (0, seq[0]), (1, seq[1]), (2, seq[2]), "
           "...",
    .layout = &kEnumerateLayout,
    .flags = kTypeSubclassable,
    OROCHI_METHODS(kEnumerateMethods),
    .slots = {.iter = iter_self, .next = enumerate_op_next, .new_ = new_slot<kEnumerateNew>},
};
const TypeDef kZipDef = {
    .name = "zip",
    .signature = "(*iterables, strict=False)",
    .doc = "The zip object yields n-length tuples, where n is the number of\niterables passed as positional arguments to "
           "zip().  The i-th element\nin every tuple comes from the i-th iterable argument to zip().  This\ncontinues "
           "until the shortest argument is exhausted.\n\nIf strict is true and one of the arguments is exhausted before "
           "the\nothers, raise a ValueError.\n\n   >>> list(zip('abcdefg', range(3), range(4)))\n   [('a', 0, 0), ('b', "
           "1, 1), ('c', 2, 2)]",
    .layout = &kZipLayout,
    .flags = kTypeSubclassable,
    OROCHI_METHODS(kZipMethods),
    .slots = {.iter = iter_self, .next = zip_op_next, .new_ = new_slot<kZipNew>},
};
const TypeDef kMapDef = {
    .name = "map",
    .signature = "(function, iterable, /, *iterables, strict=False)",
    .doc = "Make an iterator that computes the function using arguments from\neach of the iterables.  Stops when the "
           "shortest iterable is exhausted.\n\nIf strict is true and one of the arguments is exhausted before "
           "the\nothers, raise a ValueError.",
    .layout = &kMapLayout,
    .flags = kTypeSubclassable,
    OROCHI_METHODS(kMapMethods),
    .slots = {.iter = iter_self, .next = map_op_next, .new_ = new_slot<kMapNew>},
};
const TypeDef kFilterDef = {
    .name = "filter",
    .signature = "(function, iterable, /)",
    .doc = "Return an iterator yielding those items of iterable for which\nfunction(item) is true.  If function is None, "
           "return the items that\nare true.",
    .layout = &kFilterLayout,
    .flags = kTypeSubclassable,
    OROCHI_METHODS(kFilterMethods),
    .slots = {.iter = iter_self, .next = filter_op_next, .new_ = filter_op_new},
};

}  // namespace

OROCHI_TYPE(Enumerate, kEnumerateDef)
OROCHI_TYPE(Zip, kZipDef)
OROCHI_TYPE(Map, kMapDef)
OROCHI_TYPE(Filter, kFilterDef)

}  // namespace orochi
