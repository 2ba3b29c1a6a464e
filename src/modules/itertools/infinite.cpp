// count, cycle, repeat.
#include "modules/itertools/itertools_module.h"
#include "objects/int.h"

namespace orochi {

OROCHI_MODULE_TYPE(ItertoolsCount)
OROCHI_MODULE_TYPE(ItertoolsCycle)
OROCHI_MODULE_TYPE(ItertoolsRepeat)

namespace itertools_module {

namespace {

struct Count : Object {
  static Type& python_type() { return types::ItertoolsCount; }
  Field<> current;
  Field<> step;
  static void trace(Object* o, Visitor& v) {
    v.visit(static_cast<Count*>(o)->current);
    v.visit(static_cast<Count*>(o)->step);
  }
};
struct Cycle : Object {
  static Type& python_type() { return types::ItertoolsCycle; }
  Field<> iterator;    // empty: replaying
  Field<List> saved;
  uint64_t index;      // atomic
  static void trace(Object* o, Visitor& v) {
    v.visit(static_cast<Cycle*>(o)->iterator);
    v.visit(static_cast<Cycle*>(o)->saved);
  }
};
struct Repeat : Object {
  static Type& python_type() { return types::ItertoolsRepeat; }
  Field<> object;
  int64_t left;        // atomic; negative: for ever
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<Repeat*>(o)->object); }
};

bool is_number(Value v) {
  if (is_int(v) || is_float(v)) return true;
  const TypeSlots& s = type_of(v)->slots;
  return s.index || s.int_ || s.float_ || is_instance(v, types::Complex);
}

Result<Local<>> count_new(Thread& t, Borrowed<Type> cls, Borrowed<> start, Borrowed<> step) {
  if (!is_number(start) || !is_number(step)) return raise(t, types::TypeError, "a number is required");
  Local<Count> it = TRY(allocate_for<Count>(t, cls));
  it->current.init_share(start);
  it->step.init_share(step);
  return it;
}
constexpr NativeDef kCountNew = arguments<count_new>("count(type, start=0, step=1)");

Lookup<> count_next(Thread& t, Borrowed<> self) {
  auto it = self.as<Count>();
  Borrowed<> step = it->step.borrow();
  if (step.value().is_fixnum()) {
    ObjectLock lock(t, it.get());
    Value now = it->current.raw();
    if (now.is_fixnum()) {
      int64_t sum;
      if (!__builtin_add_overflow(now.as_fixnum(), step.value().as_fixnum(), &sum) && Value::fits_fixnum(sum)) {
        it->current.set(Local<>::immediate(Value::fixnum(sum)));
        return now;
      }
    }
  }
  Local<> now = it->current.load(it.get());
  Local<> next = TRY(binary_op(t, BinaryOp::Add, now, step));
  it->current.set(std::move(next));
  return now;
}

Result<Local<>> count_repr(Thread& t, Borrowed<> self) {
  auto it = self.as<Count>();
  Local<> now = it->current.load(it.get());
  Local<Str> name = type_name_of(self);
  Local<Str> text = TRY(repr_of(t, now));
  if (it->step.raw() == Value::fixnum(1)) return format_str(t, "{}({})", name, text);
  Local<Str> step = TRY(repr_of(t, it->step.borrow()));
  return format_str(t, "{}({}, {})", name, text, step);
}

Result<Local<>> cycle_new(Thread& t, Borrowed<Type> cls, Borrowed<> iterable) {
  Local<> iterator = TRY(get_iter(t, iterable));
  Local<List> saved = TRY(make_list(t));
  Local<Cycle> it = TRY(allocate_for<Cycle>(t, cls));
  it->iterator.init(std::move(iterator));
  it->saved.init(std::move(saved));
  return it;
}
constexpr NativeDef kCycleNew = arguments<cycle_new>("cycle(type, iterable, /)");

Lookup<> cycle_next(Thread& t, Borrowed<> self) {
  auto it = self.as<Cycle>();
  Borrowed<List> saved = it->saved.borrow();
  Local<> iterator = it->iterator.load(it.get());
  if (iterator) {
    Lookup<> item = iter_next(t, iterator);
    if (item.raised()) return item;
    if (item.found()) {
      TRY(list_append(t, saved, (*item).dup()));
      return item;
    }
    it->iterator.set(Local<>());
  }
  size_t n = saved->length();
  if (n == 0) return kAbsent;
  uint64_t i = load_counter(it->index);
  if (i >= n) i = 0;
  store_counter(it->index, i + 1 >= n ? 0 : i + 1);
  return list_get(t, saved, static_cast<int64_t>(i));
}

Result<Local<>> repeat_new(Thread& t, Borrowed<Type> cls, Borrowed<> object, Maybe<Index> times) {
  Local<Repeat> it = TRY(allocate_for<Repeat>(t, cls));
  it->object.init_share(object);
  it->left = -1;
  if (times) it->left = (*times).value < 0 ? 0 : (*times).value;
  return it;
}
constexpr NativeDef kRepeatNew = arguments<repeat_new>("repeat(type, object, times=...)");

Lookup<> repeat_next(Thread&, Borrowed<> self) {
  auto it = self.as<Repeat>();
  int64_t left = __atomic_load_n(&it->left, __ATOMIC_RELAXED);
  while (left > 0) {
    if (__atomic_compare_exchange_n(&it->left, &left, left - 1, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) break;
  }
  if (left == 0) return kAbsent;
  return Local<>::share(it->object.borrow());
}
Result<Local<>> repeat_repr(Thread& t, Borrowed<> self) {
  auto it = self.as<Repeat>();
  Local<Str> name = type_name_of(self);
  Local<Str> text = TRY(repr_of(t, it->object.borrow()));
  int64_t left = __atomic_load_n(&it->left, __ATOMIC_RELAXED);
  if (left < 0) return format_str(t, "{}({})", name, text);
  return format_str(t, "{}({}, {})", name, text, left);
}
Result<int64_t> repeat_length_hint(Thread& t, Borrowed<Repeat> it) {
  int64_t left = __atomic_load_n(&it->left, __ATOMIC_RELAXED);
  if (left < 0) return raise(t, types::TypeError, "len() of unsized object");
  return left;
}
constexpr NativeDef kRepeatMethods[] = {
    method<repeat_length_hint>("__length_hint__(self, /)", "Private method returning an estimate of len(list(it)).")};

constexpr Layout kCountLayout = layout_of<Count>("count");
constexpr Layout kCycleLayout = layout_of<Cycle>("cycle");
constexpr Layout kRepeatLayout = layout_of<Repeat>("repeat");

constexpr TypeDef kCountDef = [] {
  TypeDef d = iterator_def<Count>("itertools.count", "(start=0, step=1)",
                                  "Return a count object whose .__next__() method returns consecutive values.",
                                  &kCountLayout, count_next, new_slot<kCountNew>);
  d.slots.repr = count_repr;
  return d;
}();
constexpr TypeDef kCycleDef = iterator_def<Cycle>(
    "itertools.cycle", "(iterable, /)",
    "Return elements from the iterable until it is exhausted. Then repeat the sequence indefinitely.", &kCycleLayout,
    cycle_next, new_slot<kCycleNew>);
constexpr TypeDef kRepeatDef = [] {
  TypeDef d = iterator_def<Repeat>("itertools.repeat", "(object, times=-1)",
                                   "Make an iterator that returns object over and over: times times, or endlessly.",
                                   &kRepeatLayout, repeat_next, new_slot<kRepeatNew>);
  d.slots.repr = repeat_repr;
  d.methods = kRepeatMethods;
  d.method_count = std::size(kRepeatMethods);
  return d;
}();

}  // namespace

Result<void> add_infinite(Thread& t, Borrowed<Module> module) {
  TRY(module_add_type(t, module, types::ItertoolsCount, kCountDef));
  TRY(module_add_type(t, module, types::ItertoolsCycle, kCycleDef));
  return module_add_type(t, module, types::ItertoolsRepeat, kRepeatDef);
}

}  // namespace itertools_module

}  // namespace orochi
