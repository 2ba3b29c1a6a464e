// compress, dropwhile, takewhile, filterfalse, starmap.
#include "modules/itertools/itertools_module.h"

namespace orochi {

OROCHI_MODULE_TYPE(ItertoolsCompress)
OROCHI_MODULE_TYPE(ItertoolsDropWhile)
OROCHI_MODULE_TYPE(ItertoolsTakeWhile)
OROCHI_MODULE_TYPE(ItertoolsFilterFalse)
OROCHI_MODULE_TYPE(ItertoolsStarMap)

namespace itertools_module {

namespace {

// All five: a function (for compress: the iterator of selectors), an iterator, and a state.
struct Filtering : Object {
  Field<> function;
  Field<> iterator;
  uint64_t state;   // atomic; dropwhile: started, takewhile: stopped
  uint64_t reserved;
  static void trace(Object* o, Visitor& v) {
    v.visit(static_cast<Filtering*>(o)->function);
    v.visit(static_cast<Filtering*>(o)->iterator);
  }
};
constexpr Layout kFilteringLayout = layout_of<Filtering>("itertools filter");

Result<Local<>> make(Thread& t, Borrowed<Type> cls, Borrowed<> function, Borrowed<> iterable) {
  Local<> iterator = TRY(get_iter(t, iterable));
  Local<Filtering> it = TRY(allocate_for<Filtering>(t, cls));
  it->function.init_share(function);
  it->iterator.init(std::move(iterator));
  return it;
}
Result<Local<>> compress_make(Thread& t, Borrowed<Type> cls, Borrowed<> data, Borrowed<> selectors) {
  Local<> items = TRY(get_iter(t, data));
  Local<> chosen = TRY(get_iter(t, selectors));
  Local<Filtering> it = TRY(allocate_for<Filtering>(t, cls));
  it->function.init(std::move(chosen));
  it->iterator.init(std::move(items));
  return it;
}
constexpr NativeDef kCompressNew = arguments<compress_make>("compress(type, data, selectors)");
constexpr NativeDef kDropWhileNew = arguments<make>("dropwhile(type, predicate, iterable, /)");
constexpr NativeDef kTakeWhileNew = arguments<make>("takewhile(type, predicate, iterable, /)");
constexpr NativeDef kFilterFalseNew = arguments<make>("filterfalse(type, function, iterable, /)");
constexpr NativeDef kStarMapNew = arguments<make>("starmap(type, function, iterable, /)");

Lookup<> compress_next(Thread& t, Borrowed<> self) {
  auto it = self.as<Filtering>();
  for (;;) {
    TRY(safepoint(t));
    Lookup<> item = iter_next(t, it->iterator.borrow());
    if (!item.found()) return item;
    Lookup<> selector = iter_next(t, it->function.borrow());
    if (!selector.found()) return selector;
    if (TRY(is_true(t, *selector))) return item;
  }
}

Result<bool> test(Thread& t, Borrowed<> function, Borrowed<> item) {
  if (function.value() == kNone || function.is(Value(&types::Bool))) return is_true(t, item);
  Local<> r = TRY(call(t, function, item));
  return is_true(t, r);
}

Lookup<> dropwhile_next(Thread& t, Borrowed<> self) {
  auto it = self.as<Filtering>();
  for (;;) {
    Lookup<> item = iter_next(t, it->iterator.borrow());
    if (!item.found() || load_counter(it->state)) return item;
    Local<> r = TRY(call(t, it->function.borrow(), *item));
    if (!TRY(is_true(t, r))) {
      store_counter(it->state, 1);
      return item;
    }
    TRY(safepoint(t));
  }
}

Lookup<> takewhile_next(Thread& t, Borrowed<> self) {
  auto it = self.as<Filtering>();
  if (load_counter(it->state)) return kAbsent;
  Lookup<> item = iter_next(t, it->iterator.borrow());
  if (!item.found()) return item;
  Local<> r = TRY(call(t, it->function.borrow(), *item));
  if (TRY(is_true(t, r))) return item;
  store_counter(it->state, 1);
  return kAbsent;
}

Lookup<> filterfalse_next(Thread& t, Borrowed<> self) {
  auto it = self.as<Filtering>();
  for (;;) {
    Lookup<> item = iter_next(t, it->iterator.borrow());
    if (!item.found()) return item;
    if (!TRY(test(t, it->function.borrow(), *item))) return item;
    TRY(safepoint(t));
  }
}

Lookup<> starmap_next(Thread& t, Borrowed<> self) {
  auto it = self.as<Filtering>();
  Lookup<> item = iter_next(t, it->iterator.borrow());
  if (!item.found()) return item;
  Local<Tuple> args = is_exact_tuple((*item).value()) ? item.take().as<Tuple>() : TRY(tuple_from(t, *item));
  return call_with(t, it->function.borrow(), CallArgs{args->values(), args->length(), {}});
}

constexpr TypeDef kCompressDef = iterator_def<Filtering>(
    "itertools.compress", "(data, selectors)",
    "Return data elements corresponding to true selector elements.\n\nForms a shorter iterator from selected data "
    "elements using the selectors to\nchoose the data elements.",
    &kFilteringLayout, compress_next, new_slot<kCompressNew>);
constexpr TypeDef kDropWhileDef = iterator_def<Filtering>(
    "itertools.dropwhile", "(predicate, iterable, /)",
    "Drop items from the iterable while predicate(item) is true.\n\nAfterwards, return every element until the iterable "
    "is exhausted.",
    &kFilteringLayout, dropwhile_next, new_slot<kDropWhileNew>);
constexpr TypeDef kTakeWhileDef = iterator_def<Filtering>(
    "itertools.takewhile", "(predicate, iterable, /)",
    "Return successive entries from an iterable as long as the predicate evaluates to true for each entry.",
    &kFilteringLayout, takewhile_next, new_slot<kTakeWhileNew>);
constexpr TypeDef kFilterFalseDef = iterator_def<Filtering>(
    "itertools.filterfalse", "(function, iterable, /)",
    "Return those items of iterable for which function(item) is false.\n\nIf function is None, return the items that are "
    "false.",
    &kFilteringLayout, filterfalse_next, new_slot<kFilterFalseNew>);
constexpr TypeDef kStarMapDef = iterator_def<Filtering>(
    "itertools.starmap", "(function, iterable, /)",
    "Return an iterator whose values are returned from the function evaluated with an argument tuple taken from the "
    "given sequence.",
    &kFilteringLayout, starmap_next, new_slot<kStarMapNew>);

}  // namespace

Result<void> add_filters(Thread& t, Borrowed<Module> module) {
  TRY(module_add_type(t, module, types::ItertoolsCompress, kCompressDef));
  TRY(module_add_type(t, module, types::ItertoolsDropWhile, kDropWhileDef));
  TRY(module_add_type(t, module, types::ItertoolsTakeWhile, kTakeWhileDef));
  TRY(module_add_type(t, module, types::ItertoolsFilterFalse, kFilterFalseDef));
  return module_add_type(t, module, types::ItertoolsStarMap, kStarMapDef);
}

}  // namespace itertools_module

}  // namespace orochi
