// Making and finding shapes, and the inline attribute slots they describe.
//
// A type has one root shape for new instances. Adding attribute `x` follows the transition `x` of the current shape,
// made on first use. An instance leaves its shape chain for good when an attribute is deleted, when its inline slots
// are full, or when somebody asks for its __dict__: then it is in dictionary mode, and the slot after the type's
// __slots__ descriptors holds a Dict. Readers re-check the shape after reading a slot (docs/design/shapes.md).
#pragma once

#include "objects/type.h"

namespace orochi {

inline constexpr int kMaxInlineSlots = 62;
inline constexpr uint32_t kNoSlot = UINT32_MAX;

void init_shape_arena();                 // once, before any type is made ready
bool address_is_shape(const void* p);    // for conservative scanning and checks

// A fresh root; chained to the type. nullptr when the arena is full.
Shape* make_shape(Type* type, const Layout* layout, uint32_t flags, uint32_t slot_capacity, uint32_t slot_count);
// `from` plus attribute `name` (interned). nullptr: no inline slot left, or no memory; use dictionary mode.
Shape* shape_with(Shape* from, Borrowed<Str> name);
// The slot of `name` (interned), or kNoSlot.
uint32_t shape_find(const Shape* shape, Borrowed<Str> name);
// The type's dictionary-mode shape, made on first use.
Shape* dict_mode_shape(Shape* shape);

// Process-wide unique; 0 when they have run out.
uint32_t fresh_stamp();
// New stamps for all shapes of `type` (not of its subclasses). Caller holds the type lock.
void restamp_shapes(Type* type);

// The first inline slot of an object whose shape has slots.
OROCHI_INLINE Value* attr_slots(Object* object, const Shape* shape) {
  const Layout* layout = shape->layout;
  size_t offset = layout->basic_size;
  if (layout->item_size) offset += (layout->item_count(object) * layout->item_size + 7) & ~size_t{7};
  return reinterpret_cast<Value*>(reinterpret_cast<char*>(object) + offset);
}

// Bytes of an instance, block size for allocation.
inline size_t instance_size(const Shape* shape, size_t items) {
  return shape->layout->basic_size + ((items * shape->layout->item_size + 7) & ~size_t{7}) +
         sizeof(Value) * shape->slot_capacity;
}

// Own attributes of an instance. None runs Python code; all are safe on any thread.
Lookup<> slots_find(Mutator& m, Object* object, Borrowed<Str> interned_name);
Result<void> slots_set(Mutator& m, Object* object, Borrowed<Str> interned_name, Local<> value);
Result<bool> slots_delete(Mutator& m, Object* object, Borrowed<Str> interned_name);   // false: was not there
// Adds attribute number shape->slot_count with the transition old_shape -> new_shape if the object still has
// old_shape; false if it has not (then take the general path). Drops nothing. For inline caches.
bool slots_add_cached(Mutator& m, Object* object, Shape* old_shape, Shape* new_shape, Local<>& value);
// Overwrites slot `index` if the object still has `shape`; the old value is handed back in `value`. For inline caches.
bool slots_store_cached(Mutator& m, Object* object, Shape* shape, Value* slot, Local<>& value);

// The __dict__ of an instance: switches it to dictionary mode. Only for shapes with room for attributes.
Result<Local<Dict>> ensure_instance_dict(Mutator& m, Object* object);
// Replaces the __dict__ (obj.__dict__ = d).
Result<void> replace_instance_dict(Mutator& m, Object* object, Local<Dict> dict);
// The Dict if the object is in dictionary mode already.
Local<Dict> existing_instance_dict(Object* object);
bool has_attr_room(const Shape* shape);   // instances of it can have attributes of their own

// Visits the names and values in order, for dir(), copy and debugging: fills a new Dict.
Result<Local<Dict>> copy_instance_attributes(Mutator& m, Object* object);

}  // namespace orochi
