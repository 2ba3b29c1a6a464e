// Layout: what the heap must know about a kind of object: its size, how to find its Fields, how to destroy it.
// Fixed at compile time; several Python types share one layout (a subclass uses its base's).
//
// Memory of an instance:   [ header 16 | rest of the C++ struct | variable part or inline attribute slots ]
// A layout with item_size == 0 is followed directly by shape->slot_capacity inline slots (at basic_size); one with a
// variable part has them after that part (attr_slots() in objects/shape_table.h finds them in both cases).
#pragma once

#include "heap/object.h"

namespace orochi {

// Calls back for each Field of an object. Not virtual: one function pointer, so that a trace function compiles once.
class Visitor {
 public:
  using Visit = void (*)(Visitor&, Value* slot);
  explicit Visitor(Visit visit) : visit_(visit) {}
  template <typename T>
  void visit(Field<T>& field) {
    visit_(*this, field.slot());
  }
  void visit_slot(Value* slot) { visit_(*this, slot); }
  void visit_slots(Value* first, size_t count) {
    for (size_t i = 0; i < count; i++) visit_(*this, first + i);
  }

 private:
  Visit visit_;
};

struct Layout {
  const char* name;
  uint32_t basic_size;  // bytes of the C++ struct; a multiple of 8
  uint32_t item_size;   // bytes of one item of the variable part, 0 if there is none
  // Visits every Field of the struct and the variable part (not the inline attribute slots: the heap does those).
  // nullptr: no Fields. Called with the world stopped, or on a dead object. Must tolerate a half-built object (all
  // bytes after the header are zero until set).
  void (*trace)(Object*, Visitor&);
  // Frees raw memory after all Fields have been dropped. nullptr: nothing to free. Never runs Python, never allocates
  // objects. Runs on any thread.
  void (*destroy)(Object*);
  // Number of items in the variable part; nullptr if item_size == 0.
  size_t (*item_count)(const Object*);
  // Bytes the object holds outside its block (list array, dict table), for sys.getsizeof; nullptr: none.
  size_t (*extra_size)(const Object*);
};

// Bits of Object::gc_byte. Changed with atomic or/and: several threads may do so.
enum GcBit : uint8_t {
  kGcMarked = 1,       // collector only, world stopped
  kGcHasWeakrefs = 2,  // the weak-reference side table has an entry for this object
  kGcFinalized = 4,    // __del__ has run (PEP 442: once)
  kGcUntracked = 8,    // gc.is_tracked() says no
  kGcPending = 16,     // waits in a finalizer queue
  kGcFrozen = 64,      // gc.freeze(): always alive for the collector
  kGcGarbage = 32,     // the collector found it unreachable and is about to finalize or free it
};

}  // namespace orochi
