// Special methods and type slots: the table, wrapping a built-in's slots as methods, and filling a Python class's slots
// with functions that call its special methods.
#pragma once

#include "objects/str.h"
#include "objects/type.h"

namespace orochi {

enum class SlotKind : uint8_t {
  Unary, Hash, Call, GetAttr, SetAttr, DelAttr, CompareLt, CompareLe, CompareEq, CompareNe, CompareGt, CompareGe, Next,
  DescrGet, DescrSet, DescrDelete, Init, New, Finalize, Bool, BinaryLeft, BinaryRight, PowerLeft, PowerRight, Inplace,
  Len, GetItem, SetItem, DelItem, Contains, GetBuffer, ReleaseBuffer, ConcatWrap, RepeatWrap
};

struct SlotRow {
  const char* name;
  const char* signature;
  const char* doc;
  Borrowed<Str> (*interned_name)();
  void* dispatcher;         // calls the special method; nullptr: never dispatched
  uint16_t offset;          // in TypeSlots
  SlotKind kind;
};
extern const SlotRow kSlotRows[];
extern const size_t kSlotRowCount;

inline void*& slot_at(TypeSlots& slots, uint16_t offset) {
  return *reinterpret_cast<void**>(reinterpret_cast<char*>(&slots) + offset);
}

// `int.__add__`: a slot of a built-in type as a method.
struct SlotWrapper : Object {
  static Type& python_type();
  const SlotRow* row;
  void* function;
  Field<Type> owner;
};
// `(1).__add__`
struct MethodWrapper : Object {
  static Type& python_type();
  Field<SlotWrapper> wrapper;
  Field<> self;
};

bool is_special_name(Borrowed<Str> name);   // __x__
// Fills all slots of a class from its special methods and bases, and of all its subclasses.
Result<void> update_slots(Thread& t, Borrowed<Type> type);
// Adds `__len__` and so on to a built-in's dict for each slot its definition has.
Result<void> add_slot_wrappers(Thread& t, Type& type, const TypeDef& def);
// Fills empty slots of a built-in from its mro.
void inherit_slots(Type& type);

Result<int64_t> hash_not_implemented(Thread& t, Borrowed<> self);   // the slot of unhashable types
Lookup<> dispatch_next(Thread& t, Borrowed<> self);                 // the slot of Python iterators (drops StopIteration's value)
Result<Local<>> dispatch_call(Thread& t, Borrowed<> self, const CallArgs& args);   // __call__ of Python classes
Result<void> dispatch_init(Thread& t, Borrowed<> self, const CallArgs& args);
Result<Local<>> dispatch_new(Thread& t, Borrowed<Type> type, const CallArgs& args);
Lookup<> dispatch_getattr(Thread& t, Borrowed<> self, Borrowed<Str> name);

}  // namespace orochi
