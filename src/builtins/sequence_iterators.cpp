// Iterators over list, tuple, any sequence (__getitem__ only), a callable with a sentinel; reversed().
// An iterator that is exhausted lets go of its sequence and stays exhausted.
#include "builtins/container_support.h"
#include "objects/iterators.h"
#include "protocols/operators.h"

namespace orochi {

namespace {

// (iter, (content,), index), or (iter, (empty,)) when exhausted.
Result<Local<>> reduce_with(Thread& t, Borrowed<Str> function, Borrowed<> content, Maybe<int64_t> index) {
  Local<> callable = TRY(builtin_named(t, function));
  Local<Tuple> args = TRY(make_tuple(t, {content.value()}));
  if (!index) return make_tuple(t, {callable.value(), args.value()});
  Local<> position = TRY(make_int(t, *index));
  return make_tuple(t, {callable.value(), args.value(), position.value()});
}
Maybe<int64_t> some(uint64_t i) { return {true, static_cast<int64_t>(i)}; }

// ---- list ----

Lookup<> list_iterator_op_next(Thread& t, Borrowed<> self) {
  auto it = self.as<ListIterator>();
  Pinned<List> list(it->list, it.get());
  if (!list) return kAbsent;
  uint64_t i = load_counter(it->index);
  Lookup<> item = list_get(t, list, static_cast<int64_t>(i));
  if (OROCHI_LIKELY(item.found())) {
    store_counter(it->index, i + 1);
    return item;
  }
  if (!item.raised()) it->list.set(Local<List>());
  return item;
}
Result<Local<>> list_iterator_length_hint(Thread& t, Borrowed<ListIterator> it) {
  Pinned<List> list(it->list, it.get());
  if (!list) return Value::fixnum(0);
  auto left = static_cast<int64_t>(list->length() - load_counter(it->index));
  return make_int(t, left < 0 ? 0 : left);
}
Result<Local<>> list_iterator_reduce(Thread& t, Borrowed<ListIterator> it) {
  Local<List> list = it->list.load(it.get());
  if (list) return reduce_with(t, "iter"_n, list, some(load_counter(it->index)));
  Local<List> empty = TRY(make_list(t));
  return reduce_with(t, "iter"_n, empty, {});
}
Result<void> list_iterator_setstate(Thread&, Borrowed<ListIterator> it, Index state) {
  Local<List> list = it->list.load(it.get());
  if (!list) return ok();
  int64_t i = state.value < 0 ? 0 : state.value;
  auto n = static_cast<int64_t>(list->length());
  store_counter(it->index, static_cast<uint64_t>(i > n ? n : i));
  return ok();
}

Lookup<> list_reverse_iterator_op_next(Thread& t, Borrowed<> self) {
  auto it = self.as<ListReverseIterator>();
  Pinned<List> list(it->list, it.get());
  if (!list) return kAbsent;
  uint64_t i = load_counter(it->index);
  if (i > 0) {
    Lookup<> item = list_get(t, list, static_cast<int64_t>(i - 1));
    if (item.found()) {
      store_counter(it->index, i - 1);
      return item;
    }
  }
  store_counter(it->index, 0);
  it->list.set(Local<List>());
  return kAbsent;
}
Result<Local<>> list_reverse_iterator_length_hint(Thread& t, Borrowed<ListReverseIterator> it) {
  Pinned<List> list(it->list, it.get());
  uint64_t i = load_counter(it->index);
  if (!list || list->length() < i) return Value::fixnum(0);
  return make_int(t, static_cast<int64_t>(i));
}
Result<Local<>> list_reverse_iterator_reduce(Thread& t, Borrowed<ListReverseIterator> it) {
  Local<List> list = it->list.load(it.get());
  if (list) {
    Maybe<int64_t> at{true, static_cast<int64_t>(load_counter(it->index)) - 1};
    return reduce_with(t, "reversed"_n, list, at);
  }
  Local<List> empty = TRY(make_list(t));
  return reduce_with(t, "iter"_n, empty, {});
}
Result<void> list_reverse_iterator_setstate(Thread&, Borrowed<ListReverseIterator> it, Index state) {
  Local<List> list = it->list.load(it.get());
  if (!list) return ok();
  int64_t i = state.value < -1 ? -1 : state.value;
  auto n = static_cast<int64_t>(list->length());
  store_counter(it->index, static_cast<uint64_t>((i >= n ? n - 1 : i) + 1));
  return ok();
}

// ---- tuple ----

Lookup<> tuple_iterator_op_next(Thread&, Borrowed<> self) {
  auto it = self.as<TupleIterator>();
  Pinned<Tuple> tuple(it->tuple, it.get());
  if (!tuple) return kAbsent;
  uint64_t i = load_counter(it->index);
  if (i < tuple->length()) {
    store_counter(it->index, i + 1);
    return Local<>::share(tuple->at(i));
  }
  it->tuple.set(Local<Tuple>());
  return kAbsent;
}
Result<Local<>> tuple_iterator_length_hint(Thread& t, Borrowed<TupleIterator> it) {
  Pinned<Tuple> tuple(it->tuple, it.get());
  if (!tuple) return Value::fixnum(0);
  auto left = static_cast<int64_t>(tuple->length() - load_counter(it->index));
  return make_int(t, left < 0 ? 0 : left);
}
Result<Local<>> tuple_iterator_reduce(Thread& t, Borrowed<TupleIterator> it) {
  Local<Tuple> tuple = it->tuple.load(it.get());
  if (tuple) return reduce_with(t, "iter"_n, tuple, some(load_counter(it->index)));
  return reduce_with(t, "iter"_n, empty_tuple(), {});
}
Result<void> tuple_iterator_setstate(Thread&, Borrowed<TupleIterator> it, Index state) {
  Local<Tuple> tuple = it->tuple.load(it.get());
  if (!tuple) return ok();
  int64_t i = state.value < 0 ? 0 : state.value;
  auto n = static_cast<int64_t>(tuple->length());
  store_counter(it->index, static_cast<uint64_t>(i > n ? n : i));
  return ok();
}

// ---- any sequence ----

Lookup<> sequence_iterator_op_next(Thread& t, Borrowed<> self) {
  auto it = self.as<SequenceIterator>();
  Local<> sequence = it->sequence.load(it.get());
  if (!sequence) return kAbsent;
  uint64_t i = load_counter(it->index);
  if (i > static_cast<uint64_t>(INT64_MAX) - 1) return raise(t, types::OverflowError, "iter index too large");
  Local<> position = TRY(make_int(t, static_cast<int64_t>(i)));
  auto item = get_item(t, sequence, position);
  if (!item.raised()) {
    store_counter(it->index, i + 1);
    return item.take();
  }
  if (clear_pending_if(t, types::IndexError) || clear_pending_if(t, types::StopIteration)) {
    it->sequence.set(Local<>());
    return kAbsent;
  }
  return Raised{};
}
Result<Local<>> sequence_iterator_length_hint(Thread& t, Borrowed<SequenceIterator> it) {
  Local<> sequence = it->sequence.load(it.get());
  if (!sequence) return Value::fixnum(0);
  if (!type_of(sequence.value())->slots.len) return kNotImplemented;
  int64_t n = TRY(length_of(t, sequence));
  n -= static_cast<int64_t>(load_counter(it->index));
  return make_int(t, n < 0 ? 0 : n);
}
Result<Local<>> sequence_iterator_reduce(Thread& t, Borrowed<SequenceIterator> it) {
  Local<> sequence = it->sequence.load(it.get());
  if (sequence) return reduce_with(t, "iter"_n, sequence, some(load_counter(it->index)));
  return reduce_with(t, "iter"_n, empty_tuple(), {});
}
Result<void> sequence_iterator_setstate(Thread&, Borrowed<SequenceIterator> it, Index state) {
  if (!it->sequence.is_empty()) store_counter(it->index, static_cast<uint64_t>(state.value < 0 ? 0 : state.value));
  return ok();
}

Result<Local<>> make_sequence_iterator(Thread& t, Borrowed<> sequence) {
  Local<SequenceIterator> it = TRY(make_object<SequenceIterator>(t));
  it->sequence.init_share(sequence);
  return it;
}

// ---- callable and sentinel ----

Lookup<> callable_iterator_op_next(Thread& t, Borrowed<> self) {
  auto it = self.as<CallableIterator>();
  Local<> callable = it->callable.load(it.get());
  if (!callable) return kAbsent;
  auto result = call(t, callable);
  if (result.raised()) {
    if (!clear_pending_if(t, types::StopIteration)) return Raised{};
  } else {
    Local<> sentinel = it->sentinel.load(it.get());
    if (!sentinel) return kAbsent;  // exhausted by the call itself
    bool end = TRY(equals(t, sentinel, *result));
    if (!end) return result.take();
  }
  it->callable.set(Local<>());
  it->sentinel.set(Local<>());
  return kAbsent;
}
Result<Local<>> callable_iterator_reduce(Thread& t, Borrowed<CallableIterator> it) {
  Local<> iter = TRY(builtin_named(t, "iter"_n));
  Local<> callable = it->callable.load(it.get());
  Local<> sentinel = it->sentinel.load(it.get());
  if (!callable || !sentinel) {
    Local<Tuple> nothing = TRY(make_tuple(t, {Value(empty_tuple().get())}));
    return make_tuple(t, {iter.value(), nothing.value()});
  }
  Local<Tuple> args = TRY(make_tuple(t, {callable.value(), sentinel.value()}));
  return make_tuple(t, {iter.value(), args.value()});
}

// ---- reversed ----

Result<Local<>> reversed_op_new(Thread& t, Borrowed<Type> cls, const CallArgs& args) {
  TRY(check_arguments(t, "reversed", args, 1, 1));
  Lookup<> method = find_special(t, args[0], "__reversed__"_n);
  if (method.raised()) return Raised{};
  if (method.found()) {
    if ((*method).value() == kNone) {
      return raise(t, types::TypeError, "'{}' object is not reversible", TypeName(args[0]));
    }
    return call(t, *method);
  }
  Type* type = type_of(args[0]);
  if (!type->slots.getitem || !type->slots.len || is_dict(args[0])) {
    return raise(t, types::TypeError, "'{}' object is not reversible", TypeName(args[0]));
  }
  int64_t n = TRY(length_of(t, args[0]));
  Local<Reversed> it = TRY(allocate_for<Reversed>(t, cls));
  it->sequence.init_share(args[0]);
  it->index = n - 1;
  return it;
}
int64_t load_index(Borrowed<Reversed> it) { return __atomic_load_n(&it->index, __ATOMIC_RELAXED); }
Lookup<> reversed_op_next(Thread& t, Borrowed<> self) {
  auto it = self.as<Reversed>();
  int64_t i = load_index(it);
  Local<> sequence = it->sequence.load(it.get());
  if (i >= 0 && sequence) {
    Local<> position = TRY(make_int(t, i));
    auto item = get_item(t, sequence, position);
    if (!item.raised()) {
      __atomic_store_n(&it->index, i - 1, __ATOMIC_RELAXED);  // see iterators.h
      return item.take();
    }
    if (!clear_pending_if(t, types::IndexError) && !clear_pending_if(t, types::StopIteration)) return Raised{};
  }
  __atomic_store_n(&it->index, int64_t{-1}, __ATOMIC_RELAXED);
  it->sequence.set(Local<>());
  return kAbsent;
}
Result<Local<>> reversed_length_hint(Thread& t, Borrowed<Reversed> it) {
  Local<> sequence = it->sequence.load(it.get());
  if (!sequence) return Value::fixnum(0);
  int64_t i = load_index(it);
  int64_t n = TRY(length_of(t, sequence));
  return make_int(t, n < i + 1 ? 0 : i + 1);
}
Result<Local<>> reversed_reduce(Thread& t, Borrowed<Reversed> it) {
  Local<> sequence = it->sequence.load(it.get());
  Local<Tuple> args = TRY(make_tuple(t, {sequence ? sequence.value() : Value(empty_tuple().get())}));
  if (!sequence) return make_tuple(t, {Value(type_of(it)), args.value()});
  Local<> index = TRY(make_int(t, load_index(it)));
  return make_tuple(t, {Value(type_of(it)), args.value(), index.value()});
}
Result<void> reversed_setstate(Thread& t, Borrowed<Reversed> it, Index state) {
  Local<> sequence = it->sequence.load(it.get());
  if (!sequence) return ok();
  int64_t n = TRY(length_of(t, sequence));
  int64_t i = state.value < -1 ? -1 : state.value > n - 1 ? n - 1 : state.value;
  __atomic_store_n(&it->index, i, __ATOMIC_RELAXED);
  return ok();
}

#define TRACE_ONE(Name, field) \
  [](Object* object, Visitor& v) { v.visit(static_cast<Name*>(object)->field); }

constinit const Layout kListIteratorLayout{"list_iterator", sizeof(ListIterator), 0, TRACE_ONE(ListIterator, list),
                                           nullptr, nullptr, nullptr};
constinit const Layout kListReverseIteratorLayout{"list_reverseiterator", sizeof(ListReverseIterator), 0,
                                                  TRACE_ONE(ListReverseIterator, list), nullptr, nullptr, nullptr};
constinit const Layout kTupleIteratorLayout{"tuple_iterator", sizeof(TupleIterator), 0, TRACE_ONE(TupleIterator, tuple),
                                            nullptr, nullptr, nullptr};
constinit const Layout kSequenceIteratorLayout{"iterator", sizeof(SequenceIterator), 0,
                                               TRACE_ONE(SequenceIterator, sequence), nullptr, nullptr, nullptr};
constinit const Layout kCallableIteratorLayout{"callable_iterator", sizeof(CallableIterator), 0,
                                               [](Object* object, Visitor& v) {
                                                 v.visit(static_cast<CallableIterator*>(object)->callable);
                                                 v.visit(static_cast<CallableIterator*>(object)->sentinel);
                                               },
                                               nullptr, nullptr, nullptr};
constinit const Layout kReversedLayout{"reversed", sizeof(Reversed), 0, TRACE_ONE(Reversed, sequence), nullptr, nullptr,
                                       nullptr};
#undef TRACE_ONE

#define ITERATOR_METHODS(name)                                                                                       \
  method<name##_length_hint>("__length_hint__(self, /)", "Private method returning an estimate of len(list(it))."), \
      method<name##_reduce>("__reduce__(self, /)", "Return state information for pickling."),                        \
      method<name##_setstate>("__setstate__(self, state, /)", "Set state information for unpickling.")

constexpr NativeDef kListIteratorMethods[] = {ITERATOR_METHODS(list_iterator)};
constexpr NativeDef kListReverseIteratorMethods[] = {ITERATOR_METHODS(list_reverse_iterator)};
constexpr NativeDef kTupleIteratorMethods[] = {ITERATOR_METHODS(tuple_iterator)};
constexpr NativeDef kSequenceIteratorMethods[] = {ITERATOR_METHODS(sequence_iterator)};
constexpr NativeDef kCallableIteratorMethods[] = {
    method<callable_iterator_reduce>("__reduce__(self, /)", "Return state information for pickling.")};
constexpr NativeDef kReversedMethods[] = {ITERATOR_METHODS(reversed)};

const TypeDef kListIteratorDef = {
    .name = "list_iterator",
    .layout = &kListIteratorLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kListIteratorMethods),
    .slots = {.iter = iter_self, .next = list_iterator_op_next},
};
const TypeDef kListReverseIteratorDef = {
    .name = "list_reverseiterator",
    .layout = &kListReverseIteratorLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kListReverseIteratorMethods),
    .slots = {.iter = iter_self, .next = list_reverse_iterator_op_next},
};
const TypeDef kTupleIteratorDef = {
    .name = "tuple_iterator",
    .layout = &kTupleIteratorLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kTupleIteratorMethods),
    .slots = {.iter = iter_self, .next = tuple_iterator_op_next},
};
const TypeDef kSequenceIteratorDef = {
    .name = "iterator",
    .layout = &kSequenceIteratorLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kSequenceIteratorMethods),
    .slots = {.iter = iter_self, .next = sequence_iterator_op_next},
};
const TypeDef kCallableIteratorDef = {
    .name = "callable_iterator",
    .layout = &kCallableIteratorLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kCallableIteratorMethods),
    .slots = {.iter = iter_self, .next = callable_iterator_op_next},
};
const TypeDef kReversedDef = {
    .name = "reversed",
    .signature = "(sequence, /)",
    .doc = "Return a reverse iterator over the values of the given sequence.",
    .layout = &kReversedLayout,
    .flags = kTypeSubclassable,
    OROCHI_METHODS(kReversedMethods),
    .slots = {.iter = iter_self, .next = reversed_op_next, .new_ = reversed_op_new},
};

}  // namespace

Result<Local<>> make_callable_iterator(Thread& t, Borrowed<> callable, Borrowed<> sentinel) {
  Local<CallableIterator> it = TRY(make_object<CallableIterator>(t));
  it->callable.init_share(callable);
  it->sentinel.init_share(sentinel);
  return it;
}

Result<Local<>> (*make_sequence_iterator_hook)(Thread& t, Borrowed<> sequence) = make_sequence_iterator;

OROCHI_TYPE(ListIterator, kListIteratorDef)
OROCHI_TYPE(ListReverseIterator, kListReverseIteratorDef)
OROCHI_TYPE(TupleIterator, kTupleIteratorDef)
OROCHI_TYPE(SequenceIterator, kSequenceIteratorDef)
OROCHI_TYPE(CallableIterator, kCallableIteratorDef)
OROCHI_TYPE(Reversed, kReversedDef)

}  // namespace orochi
