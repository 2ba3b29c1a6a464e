// Iterators over built-in sequences. An exhausted one lets go of its sequence. Positions are relaxed atomics: threads that
// share an iterator may get an item twice, never a torn state.
#pragma once

#include "objects/dict.h"
#include "objects/list.h"
#include "objects/tuple.h"

namespace orochi {

struct ListIterator : Object {
  static Type& python_type();
  Field<List> list;
  uint64_t index;
};
struct ListReverseIterator : Object {
  static Type& python_type();
  Field<List> list;
  uint64_t index;   // of the next item + 1
};
struct TupleIterator : Object {
  static Type& python_type();
  Field<Tuple> tuple;
  uint64_t index;
};
// iter() of an object that only has __getitem__.
struct SequenceIterator : Object {
  static Type& python_type();
  Field<> sequence;
  uint64_t index;
};
// iter(callable, sentinel)
struct CallableIterator : Object {
  static Type& python_type();
  Field<> callable;
  Field<> sentinel;
};
// reversed() of any sequence.
struct Reversed : Object {
  static Type& python_type();
  Field<> sequence;
  int64_t index;    // of the next item; -1: exhausted
};
// range: ints of any size, length computed once. Immutable.
struct Range : Object {
  static Type& python_type();
  Field<> start;
  Field<> stop;
  Field<> step;
  Field<> length;
};
// Over a range whose parts are fixnums.
struct RangeIterator : Object {
  static Type& python_type();
  int64_t start;
  int64_t step;
  uint64_t remaining;   // atomic; the next value is start + (count - remaining) * step
  uint64_t count;
};

// Over keys, values or items of a dict, forwards or backwards: five more types with this layout (Object::aux is unused;
// the type says which). `expected` is the size at the start, kDictChanged once it was found different.
struct DictIterator : Object {
  Field<Dict> dict;
  uint64_t position;   // next entry; backwards: entries before it are left
  uint64_t expected;
  uint64_t remaining;
};
inline constexpr uint64_t kDictChanged = UINT64_MAX;
// dict_keys, dict_values, dict_items
struct DictView : Object {
  Field<Dict> dict;
};

// Over any other range.
struct LongRangeIterator : Object {
  static Type& python_type();
  Field<> next;        // empty: exhausted
  Field<> step;
  Field<> remaining;
};

namespace types {
extern ::orochi::Type DictKeyIterator, DictValueIterator, DictItemIterator, DictReverseKeyIterator,
    DictReverseValueIterator, DictReverseItemIterator, DictKeys, DictValues, DictItems;
extern ::orochi::Type ListIterator, ListReverseIterator, TupleIterator, SequenceIterator, CallableIterator, Reversed,
    RangeIterator, Range, LongRangeIterator;
}
inline Type& ListIterator::python_type() { return types::ListIterator; }
inline Type& ListReverseIterator::python_type() { return types::ListReverseIterator; }
inline Type& TupleIterator::python_type() { return types::TupleIterator; }
inline Type& SequenceIterator::python_type() { return types::SequenceIterator; }
inline Type& CallableIterator::python_type() { return types::CallableIterator; }
inline Type& Reversed::python_type() { return types::Reversed; }
inline Type& Range::python_type() { return types::Range; }
inline Type& LongRangeIterator::python_type() { return types::LongRangeIterator; }
inline Type& RangeIterator::python_type() { return types::RangeIterator; }

}  // namespace orochi
