// The shape arena, transitions, and reads and writes of inline attribute slots. See shape_table.h.
//
// Locking: the arena, transitions and indexes are changed under shape_mutex and published with release; slots of an
// object are written under the object's own lock (in multi-threaded mode) and read without one.
#include "objects/shape_table.h"

#include <cstring>

#include "objects/dict.h"
#include "objects/str.h"
#include "platform/pages.h"
#include "sync/mutex.h"

namespace orochi {

struct ShapeTransitions {  // immutable once published; a longer one replaces it
  uint32_t count;
  struct Item {
    Value name;
    Shape* to;
  } items[];
};

struct ShapeIndex {  // open addressing by name address; immutable
  uint32_t mask;
  struct Item {
    Value name;
    uint32_t slot;
  } items[];
};

namespace {

constexpr uintptr_t kArenaBase = 0x10000000;
constexpr size_t kArenaSize = 0x30000000;  // below 1 GiB in all: decodes with no add, and far from sanitizer shadows

Mutex shape_mutex(LockRank::Shapes);
uintptr_t arena_next = 0;   // under shape_mutex
uintptr_t arena_start = 0;  // set once at start-up
uint32_t next_stamp = 1;    // atomic

constexpr uint32_t kLinearSearchMax = 8;

ShapeIndex* build_index(const Shape* shape) {
  uint32_t size = 4;
  while (size < shape->slot_count * 2u) size *= 2;
  size_t bytes = sizeof(ShapeIndex) + size * sizeof(ShapeIndex::Item);
  auto* index = static_cast<ShapeIndex*>(allocate_raw_zeroed(bytes));
  if (!index) return nullptr;
  index->mask = size - 1;
  for (const Shape* s = shape; s->parent; s = Shape::of_word(s->parent)) {
    uint32_t at = static_cast<uint32_t>(s->name.bits >> 5) & index->mask;
    while (index->items[at].name) at = (at + 1) & index->mask;
    index->items[at] = {s->name, static_cast<uint32_t>(s->slot_count - 1)};
  }
  return index;
}

Shape* allocate_shape() REQUIRES(shape_mutex) {
  if (arena_next + sizeof(Shape) > arena_start + kArenaSize) return nullptr;
  auto* shape = reinterpret_cast<Shape*>(arena_next);
  arena_next += (sizeof(Shape) + 15) & ~size_t{15};
  return shape;
}

void chain_to_type(Shape* shape) REQUIRES(shape_mutex) {
  shape->next_of_type = shape->type->shapes;
  __atomic_store_n(&shape->type->shapes, shape, __ATOMIC_RELEASE);  // pairs with restamp_shapes
}

OROCHI_INLINE void set_shape(Object* object, const Shape* shape) {
  __atomic_store_n(&object->shape_word, shape->word(), __ATOMIC_RELEASE);  // pairs with load_shape
}
OROCHI_INLINE Shape* load_shape(const Object* object) {
  return Shape::of_word(__atomic_load_n(&object->shape_word, __ATOMIC_ACQUIRE));
}
OROCHI_INLINE void store_slot(Value* slot, Value v) { __atomic_store_n(&slot->bits, v.bits, __ATOMIC_RELEASE); }
OROCHI_INLINE Value peek_slot(const Value* slot) { return Value(__atomic_load_n(&slot->bits, __ATOMIC_ACQUIRE)); }

Value* dict_slot(Object* object, const Shape* shape) { return attr_slots(object, shape) + shape->type->fixed_slots; }

// Caller holds the object's lock. Moves all attributes into a Dict. The old values keep their references, which move.
Result<void> enter_dict_mode_locked(Mutator& m, Object* object, Shape* shape) {
  Shape* target = dict_mode_shape(shape);
  if (!target) return raise_no_memory(m);
  Local<Dict> dict = TRY(make_dict(m, shape->slot_count));
  uint32_t fixed = shape->type->fixed_slots;
  const Shape* chain[kMaxInlineSlots + 1];
  size_t n = 0;
  for (const Shape* s = shape; s->parent; s = Shape::of_word(s->parent)) chain[n++] = s;
  Value* slots = attr_slots(object, shape);
  while (n > 0) {
    const Shape* s = chain[--n];
    Value v = peek_slot(slots + s->slot_count - 1);
    if (v.is_empty()) continue;
    TRY(dict_set_str(m, dict, Borrowed<Str>(s->name), Local<>::share(v)));
  }
  // From here on nothing fails. First the shape, then the slots: a reader that sees a changed slot sees the new shape.
  set_shape(object, target);
  Value displaced[kMaxInlineSlots];
  size_t count = 0;
  for (uint32_t i = fixed; i < shape->slot_count; i++) {
    displaced[count++] = peek_slot(slots + i);
    if (i != fixed) store_slot(slots + i, Value());
  }
  store_slot(slots + fixed, dict.release());
  for (size_t i = 0; i < count; i++) release(displaced[i]);
  return ok();
}

}  // namespace

void init_shape_arena() {
  uintptr_t base = kArenaBase;
  void* p = nullptr;
  // The usual place is free in an ordinary process; look upwards if a tool has mapped something there.
  for (; !p && base + kArenaSize <= 0x100000000; base += 0x10000000) {
    p = platform::reserve_pages_at(reinterpret_cast<void*>(base), kArenaSize);
  }
  CHECK(p);
  arena_start = reinterpret_cast<uintptr_t>(p);
  arena_next = arena_start + 64;  // word 0 and its neighbours stay "no shape"
}

bool address_is_shape(const void* p) {
  auto a = reinterpret_cast<uintptr_t>(p);
  return a >= arena_start && a < arena_start + kArenaSize;
}

uint32_t fresh_stamp() {
  uint32_t stamp = __atomic_fetch_add(&next_stamp, 1, __ATOMIC_RELAXED);  // uniqueness is all that is asked
  if (stamp >= 0xfff00000) [[unlikely]] {                                 // used up: nothing is cached any more
    __atomic_store_n(&next_stamp, 0xfff00000, __ATOMIC_RELAXED);
    return 0;
  }
  return stamp;
}

Shape* make_shape(Type* type, const Layout* layout, uint32_t flags, uint32_t slot_capacity, uint32_t slot_count) {
  MutexGuard guard(shape_mutex);
  Shape* shape = allocate_shape();
  if (!shape) return nullptr;
  shape->type = type;
  shape->layout = layout;
  shape->stamp = fresh_stamp();
  shape->flags = flags;
  shape->slot_capacity = static_cast<uint16_t>(slot_capacity);
  shape->slot_count = static_cast<uint16_t>(slot_count);
  chain_to_type(shape);
  return shape;
}

Shape* shape_with(Shape* from, Borrowed<Str> name) {
  DCHECK(name->is_interned());
  ShapeTransitions* known = __atomic_load_n(&from->transitions, __ATOMIC_ACQUIRE);  // pairs with the store below
  auto find = [&](ShapeTransitions* t) -> Shape* {
    for (uint32_t i = 0; t && i < t->count; i++) {
      if (t->items[i].name == name.value()) return t->items[i].to;
    }
    return nullptr;
  };
  if (Shape* to = find(known)) return to;
  if (from->slot_count >= from->slot_capacity) return nullptr;
  MutexGuard guard(shape_mutex);
  known = from->transitions;
  if (Shape* to = find(known)) return to;
  uint32_t count = known ? known->count : 0;
  if (count >= 64) return nullptr;  // too many different orders: dictionary mode is cheaper
  auto* longer = static_cast<ShapeTransitions*>(
      allocate_raw(sizeof(ShapeTransitions) + (count + 1) * sizeof(ShapeTransitions::Item)));
  if (!longer) return nullptr;
  Shape* shape = allocate_shape();
  if (!shape) {
    free_raw(longer);
    return nullptr;
  }
  shape->type = from->type;
  shape->layout = from->layout;
  shape->stamp = fresh_stamp();
  shape->flags = from->load_flags();
  shape->slot_capacity = from->slot_capacity;
  shape->slot_count = static_cast<uint16_t>(from->slot_count + 1);
  shape->parent = from->word();
  shape->name = name;
  chain_to_type(shape);
  longer->count = count + 1;
  if (known) std::memcpy(longer->items, known->items, count * sizeof(ShapeTransitions::Item));
  longer->items[count] = {name.value(), shape};
  __atomic_store_n(&from->transitions, longer, __ATOMIC_RELEASE);  // pairs with the load above
  if (known) free_raw_shared(known);
  return shape;
}

uint32_t shape_find(const Shape* shape, Borrowed<Str> name) {
  Value wanted = name.value();
  uint32_t named = shape->slot_count - shape->type->fixed_slots;
  if (named <= kLinearSearchMax) {
    for (const Shape* s = shape; s->parent; s = Shape::of_word(s->parent)) {
      if (s->name == wanted) return s->slot_count - 1u;
    }
    return kNoSlot;
  }
  ShapeIndex* index = __atomic_load_n(&shape->index, __ATOMIC_ACQUIRE);  // pairs with the store below
  if (!index) {
    MutexGuard guard(shape_mutex);
    index = shape->index;
    if (!index) {
      index = build_index(shape);
      if (!index) {  // no memory: search the chain
        for (const Shape* s = shape; s->parent; s = Shape::of_word(s->parent)) {
          if (s->name == wanted) return s->slot_count - 1u;
        }
        return kNoSlot;
      }
      __atomic_store_n(&const_cast<Shape*>(shape)->index, index, __ATOMIC_RELEASE);  // pairs with the load above
    }
  }
  for (uint32_t at = static_cast<uint32_t>(wanted.bits >> 5) & index->mask;; at = (at + 1) & index->mask) {
    if (index->items[at].name == wanted) return index->items[at].slot;
    if (!index->items[at].name) return kNoSlot;
  }
}

Shape* dict_mode_shape(Shape* shape) {
  Type* type = shape->type;
  Shape* root = shape;
  while (root->parent) root = Shape::of_word(root->parent);
  Shape* target = __atomic_load_n(&root->dict_shape, __ATOMIC_ACQUIRE);  // pairs with the store below
  if (target) return target;
  target = make_shape(type, root->layout, root->load_flags() | kShapeDictMode, root->slot_capacity, type->fixed_slots);
  if (!target) return nullptr;
  Shape* expected = nullptr;  // a second maker's shape stays unused: harmless
  __atomic_compare_exchange_n(&root->dict_shape, &expected, target, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
  return root->dict_shape;
}

void restamp_shapes(Type* type) {
  for (Shape* s = __atomic_load_n(&type->shapes, __ATOMIC_ACQUIRE); s; s = s->next_of_type) {
    __atomic_store_n(&s->stamp, fresh_stamp(), __ATOMIC_RELEASE);  // pairs with guards: they read the stamp, then data
  }
}

bool has_attr_room(const Shape* shape) {
  return (shape->load_flags() & kShapeHasSlots) && (shape->type->load_type_flags() & kTypeHasDict);
}

Local<Dict> existing_instance_dict(Object* object) {
  Shape* shape = load_shape(object);
  if (!(shape->load_flags() & kShapeDictMode)) return {};
  // The switch to this mode changes the shape, then the slot, under the lock: without it we could take an attribute's
  // value for the dictionary.
  if (!multi_threaded()) return Local<Dict>::share(peek_slot(dict_slot(object, shape)));
  ObjectLock guard(*tls_mutator, object);
  return Local<Dict>::share(peek_slot(dict_slot(object, load_shape(object))));
}

Lookup<> slots_find(Mutator& m, Object* object, Borrowed<Str> name) {
  for (;;) {
    Shape* shape = load_shape(object);
    uint32_t flags = shape->load_flags();
    if (flags & kShapeDictMode) {
      Local<Dict> dict = existing_instance_dict(object);
      if (!dict) return kAbsent;
      return dict_find_str(m, dict, name);
    }
    if (!(flags & kShapeHasSlots)) return kAbsent;
    uint32_t slot = shape_find(shape, name);
    if (slot == kNoSlot) return kAbsent;
    Local<> value = Local<>::adopt(load_slot(attr_slots(object, shape) + slot, object));
    if (multi_threaded() && load_shape(object) != shape) continue;  // it changed under us: look again
    if (!value) return kAbsent;
    return value;
  }
}

bool slots_store_cached(Mutator& m, Object* object, Shape* shape, Value* slot, Local<>& value) {
  ObjectLock guard(m, object);
  if (load_shape(object) != shape) return false;
  Value old = peek_slot(slot);
  store_slot(slot, value.release());
  value = Local<>::adopt(old);
  return true;
}

bool slots_add_cached(Mutator& m, Object* object, Shape* old_shape, Shape* new_shape, Local<>& value) {
  ObjectLock guard(m, object);
  if (load_shape(object) != old_shape) return false;
  store_slot(attr_slots(object, old_shape) + old_shape->slot_count, value.release());
  set_shape(object, new_shape);
  return true;
}

Result<void> slots_set(Mutator& m, Object* object, Borrowed<Str> name, Local<> value) {
  for (;;) {
    Shape* shape = load_shape(object);
    DCHECK(shape->load_flags() & kShapeHasSlots);
    if (shape->load_flags() & kShapeDictMode) {
      Local<Dict> dict = TRY(ensure_instance_dict(m, object));
      return dict_set_str(m, dict, name, std::move(value));
    }
    uint32_t slot = shape_find(shape, name);
    if (slot != kNoSlot) {
      if (slots_store_cached(m, object, shape, attr_slots(object, shape) + slot, value)) return ok();
      continue;
    }
    if (Shape* next = shape_with(shape, name)) {
      if (slots_add_cached(m, object, shape, next, value)) return ok();
      continue;
    }
    // Full: this one goes to dictionary mode, later instances get more room.
    Type* type = shape->type;
    uint32_t wanted = shape->slot_capacity * 2u;
    if (wanted > kMaxInlineSlots) wanted = kMaxInlineSlots;
    if (wanted > __atomic_load_n(&type->wanted_slots, __ATOMIC_RELAXED) && type->root_shape->slot_capacity < wanted &&
        shape->layout->item_size == 0) {
      Shape* root = make_shape(type, shape->layout, type->root_shape->load_flags(), wanted, type->fixed_slots);
      if (root) {
        __atomic_store_n(&type->wanted_slots, wanted, __ATOMIC_RELAXED);  // a hint
        __atomic_store_n(&type->root_shape, root, __ATOMIC_RELEASE);      // pairs with allocate_instance
      }
    }
    (void)TRY(ensure_instance_dict(m, object));
  }
}

Result<bool> slots_delete(Mutator& m, Object* object, Borrowed<Str> name) {
  Shape* shape = load_shape(object);
  if (!(shape->load_flags() & kShapeHasSlots)) return false;
  if (!(shape->load_flags() & kShapeDictMode) && shape_find(shape, name) == kNoSlot) return false;
  Local<Dict> dict = TRY(ensure_instance_dict(m, object));
  return dict_delete_str(m, dict, name);
}

Result<Local<Dict>> ensure_instance_dict(Mutator& m, Object* object) {
  for (;;) {
    Shape* shape = load_shape(object);
    DCHECK(has_attr_room(shape));
    if (!(shape->load_flags() & kShapeDictMode)) {
      ObjectLock guard(m, object);
      if (load_shape(object) != shape) continue;
      TRY(enter_dict_mode_locked(m, object, shape));
    }
    Local<Dict> dict = existing_instance_dict(object);
    if (dict) return dict;
    // Cleared by the collector or by `del obj.__dict__`: a new empty one.
    Local<Dict> fresh = TRY(make_dict(m));
    ObjectLock guard(m, object);
    Value* slot = dict_slot(object, load_shape(object));
    if (peek_slot(slot).is_empty()) store_slot(slot, fresh.release());
  }
}

Result<void> replace_instance_dict(Mutator& m, Object* object, Local<Dict> dict) {
  (void)TRY(ensure_instance_dict(m, object));
  ObjectLock guard(m, object);
  Value* slot = dict_slot(object, load_shape(object));
  Local<> old = Local<>::adopt(peek_slot(slot));
  store_slot(slot, dict.release());
  return ok();
}

Result<Local<Dict>> copy_instance_attributes(Mutator& m, Object* object) {
  Shape* shape = load_shape(object);
  if (shape->load_flags() & kShapeDictMode) {
    Local<Dict> dict = existing_instance_dict(object);
    if (!dict) return make_dict(m);
    return dict_copy(m, dict);
  }
  Local<Dict> copy = TRY(make_dict(m, shape->slot_count));
  if (!(shape->load_flags() & kShapeHasSlots)) return copy;
  const Shape* chain[kMaxInlineSlots + 1];
  size_t n = 0;
  for (const Shape* s = shape; s->parent; s = Shape::of_word(s->parent)) chain[n++] = s;
  while (n > 0) {
    Borrowed<Str> name(chain[--n]->name);
    Lookup<> v = slots_find(m, object, name);
    if (v.raised()) return Raised{};
    if (v.found()) TRY(dict_set_str(m, copy, name, v.take()));
  }
  return copy;
}

}  // namespace orochi
