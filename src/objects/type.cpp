// The type lattice: linearisation (C3: Barrett et al., "A Monotonic Superclass Linearization for Dylan", 1996; as Python
// 2.3's MRO), layout compatibility, subclass lists, versions. Nothing here runs Python code.
#include "objects/type.h"

#include <cstring>

#include "objects/dict.h"
#include "objects/exception.h"
#include "objects/shape_table.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "sync/mutex.h"

extern "C" {
extern const orochi::TypeRegistration __start_orochi_types[];
extern const orochi::TypeRegistration __stop_orochi_types[];
}

namespace orochi {

namespace {

Mutex type_mutex(LockRank::Types);

struct StaticType {
  Type* type;
  const TypeDef* def;
};
// Every static type made ready so far; written under type_mutex, read by the collector with the world stopped.
constexpr size_t kMaxStaticTypes = 2048;
StaticType static_types[kMaxStaticTypes];
size_t static_type_count = 0;

void trace_type(Object* object, Visitor& v) {
  auto* type = static_cast<Type*>(object);
  v.visit(type->name);
  v.visit(type->qualname);
  v.visit(type->base);
  v.visit(type->bases);
  v.visit(type->mro);
  v.visit(type->dict);
  v.visit(type->module);
  v.visit(type->weak_dict);
}

void destroy_type(Object* object) {
  auto* type = static_cast<Type*>(object);
  for (uint32_t i = 0; i < type->raw_base_count; i++) {
    Type* base = type->raw_bases[i];
    if (base->owner != kOwnerDead) remove_subclass(base, type);
  }
  free_raw(type->raw_bases);
  free_raw(type->subclass_items);
  // Its shapes stay in the arena: a stale guard may still look at them. They name no live type any more.
}

Type* solid_base(Type* type) {
  for (;;) {
    Type* base = type->base.borrow().get();
    if (!base) return type;
    if (type->layout != base->layout || type->fixed_slots != base->fixed_slots) return type;
    type = base;
  }
}

}  // namespace

extern const Layout kTypeLayout;
constinit const Layout kTypeLayout{"type", sizeof(Type), 0, trace_type, destroy_type, nullptr, nullptr};

TypeLock::TypeLock() NO_THREAD_SAFETY_ANALYSIS { type_mutex.lock(); }
TypeLock::~TypeLock() NO_THREAD_SAFETY_ANALYSIS { type_mutex.unlock(); }

Type* type_of_immediate(Value v) {
  if (v.is_fixnum()) return &types::Int;
  if (v.is_tagged_float()) return &types::Float;
  if (v == kNone) return &types::NoneType;
  if (v == kTrue || v == kFalse) return &types::Bool;
  if (v == kEllipsis) return &types::EllipsisType;
  if (v == kNotImplemented) return &types::NotImplementedType;
  return &types::Object;
}

bool is_subtype(const Type* type, const Type* base) {
  if (type == base) return true;
  Borrowed<Tuple> mro = type->mro.borrow();  // replaced only together with retiring through QSBR
  if (!mro) {                                // during start-up: follow the bases
    for (const Type* t = type; t; t = t->base.borrow().get()) {
      if (t == base) return true;
    }
    return false;
  }
  const Value* items = mro->values();
  Value wanted(base);
  for (size_t i = 0, n = mro->length(); i < n; i++) {
    if (items[i] == wanted) return true;
  }
  return false;
}

Result<Local<Tuple>> compute_mro(Mutator& m, Borrowed<Type> self, Borrowed<Tuple> bases) {
  size_t n = bases->length();
  if (n == 1) {  // the common case: self, then the base's
    Borrowed<Tuple> tail = bases->at(0).as<Type>()->mro.borrow();
    Local<Tuple> mro = TRY(make_tuple_uninitialised(m, tail->length() + 1));
    mro->items()[0].init_share(self);
    for (size_t i = 0; i < tail->length(); i++) mro->items()[i + 1].init_share(tail->at(i));
    return mro;
  }
  // Lists to merge: each base's mro, then the bases themselves.
  struct Sequence {
    const Value* items;
    size_t length;
    size_t next;
  };
  size_t total = 1;
  auto* lists = static_cast<Sequence*>(allocate_raw((n + 1) * sizeof(Sequence)));
  if (!lists) return raise_no_memory(m);
  for (size_t i = 0; i < n; i++) {
    Borrowed<Tuple> mro = bases->at(i).as<Type>()->mro.borrow();
    lists[i] = {mro->values(), mro->length(), 0};
    total += mro->length();
  }
  lists[n] = {bases->values(), n, 0};
  auto* merged = static_cast<Value*>(allocate_raw(total * sizeof(Value)));
  if (!merged) {
    free_raw(lists);
    return raise_no_memory(m);
  }
  size_t count = 0;
  merged[count++] = self;
  bool failed = false;
  for (;;) {
    bool all_empty = true;
    Value candidate;
    for (size_t i = 0; i <= n && !candidate; i++) {
      if (lists[i].next == lists[i].length) continue;
      all_empty = false;
      Value head = lists[i].items[lists[i].next];
      bool in_tail = false;
      for (size_t k = 0; k <= n && !in_tail; k++) {
        for (size_t j = lists[k].next + 1; j < lists[k].length; j++) {
          if (lists[k].items[j] == head) {
            in_tail = true;
            break;
          }
        }
      }
      if (!in_tail) candidate = head;
    }
    if (all_empty) break;
    if (!candidate) {
      failed = true;
      break;
    }
    merged[count++] = candidate;
    for (size_t i = 0; i <= n; i++) {
      if (lists[i].next < lists[i].length && lists[i].items[lists[i].next] == candidate) lists[i].next++;
    }
  }
  if (failed) {
    Local<Str> names = TRY(make_str(m, ""));
    for (size_t i = 0; i <= n; i++) {
      if (i == n) break;
      if (lists[i].next == lists[i].length) continue;
      auto type = Borrowed<Type>(lists[i].items[lists[i].next]);
      names = TRY(format_str(m, "{}{}{}", names, names->length() ? ", " : "", type->name.borrow()));
    }
    free_raw(lists);
    free_raw(merged);
    return raise(m, types::TypeError, "Cannot create a consistent method resolution order (MRO) for bases {}", names);
  }
  auto result = make_tuple(m, merged, count);
  free_raw(lists);
  free_raw(merged);
  return result;
}

Result<Borrowed<Type>> best_base(Mutator& m, Borrowed<Tuple> bases) {
  Type* winner = nullptr;
  Type* base = nullptr;
  for (size_t i = 0; i < bases->length(); i++) {
    if (!is_type(bases->at(i))) return raise(m, types::TypeError, "bases must be types");
    Type* candidate = bases->at(i).as<Type>().get();
    if (!(candidate->load_type_flags() & kTypeSubclassable)) {
      return raise(m, types::TypeError, "type '{}' is not an acceptable base type", candidate);
    }
    Type* solid = solid_base(candidate);
    if (!winner || (solid != winner && is_subtype(solid, winner))) {
      winner = solid;
      base = candidate;
    } else if (!is_subtype(winner, solid)) {
      return raise(m, types::TypeError, "multiple bases have instance lay-out conflict");
    }
  }
  return Borrowed<Type>(base);
}

void add_subclass(Type* base, Type* derived) {
  if (base->subclass_count == base->subclass_capacity) {
    uint32_t capacity = base->subclass_capacity ? base->subclass_capacity * 2 : 4;
    auto* items = static_cast<Type**>(reallocate_raw(base->subclass_items, capacity * sizeof(Type*)));
    if (!items) return;  // it will not be listed in __subclasses__
    base->subclass_items = items;
    base->subclass_capacity = capacity;
  }
  base->subclass_items[base->subclass_count++] = derived;
}

void remove_subclass(Type* base, Type* derived) {
  for (uint32_t i = 0; i < base->subclass_count; i++) {
    if (base->subclass_items[i] != derived) continue;
    std::memmove(base->subclass_items + i, base->subclass_items + i + 1,
                 (base->subclass_count - i - 1) * sizeof(Type*));
    base->subclass_count--;
    return;
  }
}

void for_type_tree(Type* type, void (*f)(Type*, void*), void* context) {
  f(type, context);
  for (uint32_t i = 0; i < type->subclass_count; i++) for_type_tree(type->subclass_items[i], f, context);
}

void type_modified(Type* type) {
  TypeLock lock;
  for_type_tree(
      type,
      [](Type* t, void*) {
        restamp_shapes(t);
        __atomic_store_n(&t->version, fresh_stamp(), __ATOMIC_RELEASE);  // pairs with caches of class attributes
      },
      nullptr);
}

static uint32_t flags_of_instances(Type* type) {
  uint32_t flags = 0;
  if (Type* base = type->base.borrow().get()) flags = base->root_shape->load_flags() & ~(kShapeExact | kShapeLeaf);
  if (type->def) flags |= type->def->shape_flags | kShapeExact;
  uint32_t type_flags = type->load_type_flags();
  if (type_flags & kTypeWeakrefable) flags |= kShapeWeakrefable;
  if (type_flags & kTypeDeferredInstances) flags |= kShapeDeferred;
  return flags;
}

void bootstrap_type(Type& type, const TypeDef& def) {
  if (type.root_shape) return;
  Type* base = def.base ? def.base : (&type == &types::Object ? nullptr : &types::Object);
  if (base && !base->root_shape) {
    const TypeDef* base_def = nullptr;
    for (auto* r = __start_orochi_types; r < __stop_orochi_types; r++) {
      if (r->type == base) base_def = r->def;
    }
    CHECK(base_def);  // a module's base type must be made ready before the derived one
    bootstrap_type(*base, *base_def);
  }
  type.def = &def;
  type.layout = def.layout ? def.layout : base ? base->layout : nullptr;
  CHECK(type.layout);
  type.type_flags = def.flags | kTypeImmutable;
  if (base) {
    // Attributes, weak references and collection are inherited; the rest is said per type.
    type.type_flags |= base->type_flags & (kTypeHasDict | kTypeWeakrefable | kTypeSequence | kTypeMapping |
                                           kTypeMatchSelf | kTypeDeferredInstances | kTypeMethodDescriptor);
    type.base.init(Local<Type>::adopt(base));  // static types are immortal: nothing to count
  }
  type.owner = kOwnerImmortal;
  bool room = type.type_flags & kTypeHasDict;
  type.wanted_slots = room ? 2 : 0;
  uint32_t flags = flags_of_instances(&type);
  if (room) flags |= kShapeHasSlots;
  if (!room && !type.layout->trace) flags |= kShapeLeaf;
  type.root_shape = make_shape(&type, type.layout, flags, type.wanted_slots, 0);
  CHECK(type.root_shape);
  type.version = fresh_stamp();
  CHECK(static_type_count < kMaxStaticTypes);
  static_types[static_type_count++] = {&type, &def};
  if (types::Type.root_shape) type.shape_word = types::Type.root_shape->word();
}

void bootstrap_types() {
  for (auto* r = __start_orochi_types; r < __stop_orochi_types; r++) bootstrap_type(*r->type, *r->def);
  for (size_t i = 0; i < static_type_count; i++) {
    if (!static_types[i].type->shape_word) static_types[i].type->shape_word = types::Type.root_shape->word();
  }
}

void for_each_registered_type(void (*f)(Type&, const TypeDef&, void*), void* context) {
  for (size_t i = 0; i < static_type_count; i++) f(*static_types[i].type, *static_types[i].def, context);
}

void visit_static_types(Visitor& visitor) {
  for (size_t i = 0; i < static_type_count; i++) trace_type(static_types[i].type, visitor);
}

Result<Local<Type>> make_heap_type(Mutator& m, Borrowed<Type> metatype, Borrowed<Type> base, Borrowed<Tuple> bases,
                                   uint32_t fixed_slots, uint32_t wanted_slots, uint32_t type_flags) {
  Shape* metashape = metatype->root_shape;
  Local<Type> type = TRY(allocate<Type>(m, metashape, instance_size(metashape, 0)));
  type->layout = base->layout;
  type->type_flags = type_flags | kTypeHeap;
  type->fixed_slots = fixed_slots;
  uint32_t capacity = fixed_slots;
  if (type_flags & kTypeHasDict) {
    capacity = fixed_slots + (wanted_slots < 1 ? 1 : wanted_slots);
    // Blocks are multiples of 16 bytes: use what rounding gives away.
    if (base->layout->item_size == 0 && (base->layout->basic_size / 8 + capacity) % 2) capacity++;
    if (capacity > fixed_slots + kMaxInlineSlots) capacity = fixed_slots + kMaxInlineSlots;
  }
  type->wanted_slots = capacity;
  type->base.init_share(base);
  type->bases.init_share(bases);
  uint32_t flags = flags_of_instances(type.get());
  if (capacity) flags |= kShapeHasSlots;
  if (!capacity && !type->layout->trace) flags |= kShapeLeaf;
  type->root_shape = make_shape(type.get(), type->layout, flags, capacity, fixed_slots);
  if (!type->root_shape) return raise_no_memory(m);
  type->version = fresh_stamp();
  size_t n = bases->length();
  type->raw_bases = static_cast<Type**>(allocate_raw((n ? n : 1) * sizeof(Type*)));
  if (!type->raw_bases) return raise_no_memory(m);
  TypeLock lock;
  for (size_t i = 0; i < n; i++) {
    Type* b = bases->at(i).as<Type>().get();
    type->raw_bases[i] = b;
    add_subclass(b, type.get());
  }
  type->raw_base_count = static_cast<uint32_t>(n);
  return type;
}

}  // namespace orochi
