// Shape (hidden class): what the 32-bit first word of every object names. It gives the type and, for instances, which
// attribute lies in which inline slot. Shapes live in one arena reserved below 4 GiB, so the word *is* the address.
//
// Each shape carries a `stamp`, a process-wide unique 32-bit number that inline caches compare. Changing a class gives
// new stamps to all shapes of it and of its subclasses, which invalidates every cache at once
// (docs/design/shapes.md). Stamp 0 is never cached.
//
// Sharing: all fields but `stamp`, `flags` and the transition/index pointers are fixed before publication; those are
// written under the shape table's lock and published with release.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/value.h"

namespace orochi {

struct Type;
struct Layout;
struct ShapeTransitions;
struct ShapeIndex;

// Facts about a type that hot paths test through one load from the shape.
enum ShapeFlag : uint32_t {
  kShapeHasSlots = 1u << 0,      // instances keep attributes in inline slots
  kShapeDictMode = 1u << 1,      // instances keep attributes in a Dict, held by inline slot 0
  kShapeHasFinalizer = 1u << 2,  // the type defines __del__ (or a native finalizer that may run Python)
  kShapeLeaf = 1u << 3,          // no references: the collector never looks
  kShapeIsType = 1u << 4,        // instances are types (metaclasses)
  kShapeIsInt = 1u << 5,         // int and subclasses
  kShapeIsStr = 1u << 6,
  kShapeIsBytes = 1u << 7,
  kShapeIsTuple = 1u << 8,
  kShapeIsList = 1u << 9,
  kShapeIsDict = 1u << 10,
  kShapeIsException = 1u << 11,  // BaseException and subclasses
  kShapeIsFloat = 1u << 12,
  kShapeIsSet = 1u << 13,
  kShapeIsFrozenSet = 1u << 14,
  kShapeIsByteArray = 1u << 15,
  kShapeIsComplex = 1u << 16,
  kShapeExact = 1u << 17,        // the built-in type itself, not a subclass
  kShapeDeferred = 1u << 18,     // instances are not counted; only the collector frees them
  kShapeWeakrefable = 1u << 19,
  kShapeIsModule = 1u << 20,
};

struct Shape {
  Type* type;
  const Layout* layout;
  uint32_t stamp;          // atomic; 0 = do not cache
  uint32_t flags;          // ShapeFlag; atomic relaxed (class modification may set kShapeHasFinalizer)
  uint16_t slot_count;     // attributes this shape names
  uint16_t slot_capacity;  // inline slots in the instance
  uint32_t parent;         // word of the shape without the last attribute; 0 for a root
  Value name;              // the last attribute's name (immortal interned Str); empty for a root
  ShapeTransitions* transitions;
  ShapeIndex* index;       // name -> slot, built on first need
  Shape* dict_shape;       // same type, dictionary mode
  Shape* next_of_type;     // chain of all shapes of a type, from Type::shapes

  uint32_t word() const { return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(this)); }
  static OROCHI_INLINE Shape* of_word(uint32_t word) { return reinterpret_cast<Shape*>(static_cast<uintptr_t>(word)); }
  uint32_t load_stamp() const { return __atomic_load_n(&stamp, __ATOMIC_RELAXED); }
  uint32_t load_flags() const { return __atomic_load_n(&flags, __ATOMIC_RELAXED); }
};

}  // namespace orochi
