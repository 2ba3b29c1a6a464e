// Type: a Python class. Built-in types are statically allocated at fixed addresses (`types::Int`); classes made by
// Python code come from the heap. Both are deferred objects: never counted, freed only by the collector.
//
// Sharing: `def`, `layout`, `flags` of a built-in are fixed. Everything a class statement or attribute assignment can
// change (mro, bases, dict, slots, subclasses) is written under `type_lock()` and published with release; caches notice
// through shape stamps (type_modified).
#pragma once

#include <cstdint>

#include "heap/layout.h"
#include "heap/mutator.h"
#include "threads/thread.h"

namespace orochi {

struct Str;
struct Tuple;
struct Dict;
struct Type;
struct BufferInfo;
struct NativeDef;
struct GetSetDef;
struct MemberDef;

// The arguments of a call: `count` positional values, then one value per name in `names` (a tuple of str, or empty).
// Borrowed from the caller for the duration of the call.
struct CallArgs {
  const Value* values = nullptr;
  size_t count = 0;
  Borrowed<Tuple> names;
  Borrowed<> operator[](size_t i) const { return values[i]; }
  bool has_names() const { return static_cast<bool>(names); }
};

enum class CompareOp : uint8_t { Lt, Le, Eq, Ne, Gt, Ge };

enum class BinaryOp : uint8_t {
  Add, Subtract, Multiply, MatrixMultiply, TrueDivide, FloorDivide, Remainder, Power,
  LeftShift, RightShift, And, Or, Xor, DivMod
};
inline constexpr int kBinaryOpCount = 14;   // in-place forms exist for all but DivMod

using UnaryFn = Result<Local<>> (*)(Thread&, Borrowed<> self);
// Called as op(left, right) if either operand's type has it; returns NotImplemented for operands it does not know.
using BinaryFn = Result<Local<>> (*)(Thread&, Borrowed<> left, Borrowed<> right);
using TernaryFn = Result<Local<>> (*)(Thread&, Borrowed<>, Borrowed<>, Borrowed<>);
using BoolFn = Result<bool> (*)(Thread&, Borrowed<> self);
using LenFn = Result<int64_t> (*)(Thread&, Borrowed<> self);
using HashFn = Result<int64_t> (*)(Thread&, Borrowed<> self);
using CompareFn = Result<Local<>> (*)(Thread&, Borrowed<> left, Borrowed<> right, CompareOp op);
using NextFn = Lookup<> (*)(Thread&, Borrowed<> self);  // absent: exhausted (no StopIteration is made)
using CallFn = Result<Local<>> (*)(Thread&, Borrowed<> callable, const CallArgs& args);
using NewFn = Result<Local<>> (*)(Thread&, Borrowed<Type> type, const CallArgs& args);
using InitFn = Result<void> (*)(Thread&, Borrowed<> self, const CallArgs& args);
using GetAttrFn = Lookup<> (*)(Thread&, Borrowed<> self, Borrowed<Str> name);  // absent: no such attribute, nothing raised
using SetAttrFn = Result<void> (*)(Thread&, Borrowed<> self, Borrowed<Str> name, Borrowed<> value);  // empty: delete
using GetItemFn = Result<Local<>> (*)(Thread&, Borrowed<> self, Borrowed<> key);
using SetItemFn = Result<void> (*)(Thread&, Borrowed<> self, Borrowed<> key, Borrowed<> value);  // empty: delete
using ContainsFn = Result<bool> (*)(Thread&, Borrowed<> self, Borrowed<> item);
// instance may be empty (access through the class), owner too.
using DescrGetFn = Result<Local<>> (*)(Thread&, Borrowed<> descr, Borrowed<> instance, Borrowed<> owner);
using DescrSetFn = Result<void> (*)(Thread&, Borrowed<> descr, Borrowed<> instance, Borrowed<> value);
using RepeatFn = Result<Local<>> (*)(Thread&, Borrowed<> self, int64_t times);
using BufferFn = Result<void> (*)(Thread&, Borrowed<> self, BufferInfo* out, int flags);
using ReleaseBufferFn = void (*)(Borrowed<> self, BufferInfo* info);

// One function per operation; nullptr where the type does not have it. A built-in's TypeDef fills it with designated
// initialisers; init_type inherits the rest from the bases. A class statement's dunder methods put the dispatching
// functions of protocols/dunder_slots.cpp here.
struct TypeSlots {
  UnaryFn repr = nullptr;
  UnaryFn str = nullptr;
  HashFn hash = nullptr;           // hash_not_implemented for unhashable types
  CallFn call = nullptr;
  GetAttrFn getattr = nullptr;
  SetAttrFn setattr = nullptr;
  CompareFn compare = nullptr;
  UnaryFn iter = nullptr;
  NextFn next = nullptr;
  DescrGetFn descr_get = nullptr;
  DescrSetFn descr_set = nullptr;  // value empty: __delete__
  InitFn init = nullptr;
  NewFn new_ = nullptr;
  BoolFn bool_ = nullptr;
  UnaryFn int_ = nullptr;
  UnaryFn float_ = nullptr;
  UnaryFn index = nullptr;
  UnaryFn negative = nullptr;
  UnaryFn positive = nullptr;
  UnaryFn absolute = nullptr;
  UnaryFn invert = nullptr;
  BinaryFn binary[kBinaryOpCount] = {};   // by BinaryOp
  BinaryFn inplace[kBinaryOpCount] = {};
  TernaryFn power = nullptr;              // three-argument pow(); two-argument is binary[Power]
  LenFn len = nullptr;                    // __len__
  GetItemFn getitem = nullptr;            // __getitem__, any key
  SetItemFn setitem = nullptr;            // __setitem__ and __delitem__
  ContainsFn contains = nullptr;
  BinaryFn concat = nullptr;              // sequence +, tried after binary[Add]
  BinaryFn inplace_concat = nullptr;
  RepeatFn repeat = nullptr;              // sequence *, tried after binary[Multiply]
  RepeatFn inplace_repeat = nullptr;
  UnaryFn await = nullptr;
  UnaryFn aiter = nullptr;
  UnaryFn anext = nullptr;
  BufferFn get_buffer = nullptr;
  ReleaseBufferFn release_buffer = nullptr;
  void (*finalize)(Thread&, Borrowed<> self) = nullptr;  // __del__; runs at a safepoint, errors are reported unraisable
};

enum TypeFlag : uint32_t {
  kTypeSubclassable = 1u << 0,   // Py_TPFLAGS_BASETYPE
  kTypeHeap = 1u << 1,           // made at run time (class statement, type())
  kTypeImmutable = 1u << 2,      // attributes cannot be set (built-ins)
  kTypeAbstract = 1u << 3,       // has __abstractmethods__
  kTypeHasDict = 1u << 4,        // instances have attributes (__dict__)
  kTypeWeakrefable = 1u << 5,
  kTypeSequence = 1u << 6,       // matches sequence patterns
  kTypeMapping = 1u << 7,        // matches mapping patterns
  kTypeNoNew = 1u << 8,          // cannot create 'x' instances
  kTypeDeferredInstances = 1u << 9,
  kTypeMethodDescriptor = 1u << 10,  // LOAD_METHOD may skip binding: calling f(self, …) equals binding then calling
  kTypeMatchSelf = 1u << 11,     // class pattern int(x) captures the subject itself
  kTypeReady = 1u << 12,
  kTypeManagedSlots = 1u << 13,
};

// What a built-in type is made from; one constant beside its methods.
struct TypeDef {
  const char* name;                    // "list"; with a dot the part before the last is __module__: "re.Pattern"
  const char* signature = nullptr;     // "(iterable=(), /)" for __text_signature__
  const char* doc = nullptr;
  Type* base = nullptr;                // nullptr: object
  const Layout* layout = nullptr;      // nullptr: the base's
  uint32_t flags = 0;                  // TypeFlag
  uint32_t shape_flags = 0;            // ShapeFlag of all instances (inherited by subclasses except kShapeExact)
  const NativeDef* methods = nullptr;  // arrays with their lengths; see span helpers in protocols/native.h
  size_t method_count = 0;
  const GetSetDef* getsets = nullptr;
  size_t getset_count = 0;
  TypeSlots slots = {};
};

struct Type : Object {
  const TypeDef* def;          // nullptr for classes made at run time
  const Layout* layout;
  Shape* root_shape;           // what new instances start with
  Shape* shapes;               // all shapes of this type, chained by next_of_type; under type_lock
  uint32_t type_flags;         // TypeFlag; atomic relaxed
  uint32_t fixed_slots;        // inline slots taken by __slots__ descriptors (of all bases)
  uint32_t wanted_slots;       // inline capacity for new instances, learned
  uint32_t version;            // == root_shape stamp epoch; 0: not cacheable
  Field<Str> name;
  Field<Str> qualname;
  Field<Type> base;            // "best base"
  Field<Tuple> bases;
  Field<Tuple> mro;
  Field<Dict> dict;
  Field<> module;              // str; heap types: __module__ lives in dict, this is for built-ins
  Field<> weak_dict;           // unused by built-ins; the class's own `__dict__` proxy, made on demand
  Type** subclass_items;       // direct subclasses, uncounted; under the type lock; an entry goes when its type dies
  uint32_t subclass_count;
  uint32_t subclass_capacity;
  Type** raw_bases;            // the bases again, uncounted, for taking this type out of their lists when it dies
  uint32_t raw_base_count;
  uint32_t reserved;
  TypeSlots slots;

  static Type& python_type();
  uint32_t load_type_flags() const { return __atomic_load_n(&type_flags, __ATOMIC_RELAXED); }
  bool is_heap_type() const { return load_type_flags() & kTypeHeap; }
};

// Defines the storage of a built-in type and registers it for start-up. Beside the TypeDef, in namespace orochi:
//     const TypeDef kListDef = {...};
//     OROCHI_TYPE(List, kListDef)            // makes types::List; declare it: namespace types { extern Type List; }
struct TypeRegistration {
  Type* type;
  const TypeDef* def;
};
#define OROCHI_TYPE(Name, definition)                                                              \
  namespace types {                                                                                \
  alignas(16) constinit ::orochi::Type Name{};                                                               \
  }                                                                                                \
  [[gnu::section("orochi_types"), gnu::used, gnu::retain]] static constinit const TypeRegistration \
      kRegister##Name{&types::Name, &definition};

namespace types {
extern Type Object;  // `object`
extern Type Type;
extern ::orochi::Type Int, Bool, Float, Complex, Str, Bytes, ByteArray, Tuple, List, Dict, Set, FrozenSet, NoneType,
    EllipsisType, NotImplementedType;
}  // namespace types

inline Type& Type::python_type() { return types::Type; }

// The type lattice. Functions marked [lock] want the type lock held (type_mutex in type.cpp, through TypeLock).
class TypeLock {
 public:
  TypeLock();
  ~TypeLock();
  TypeLock(const TypeLock&) = delete;
  TypeLock& operator=(const TypeLock&) = delete;
};
// C3 linearisation of `bases` for a type not yet linked; TypeError if there is none. A new tuple, `self` first.
Result<Local<Tuple>> compute_mro(Mutator& m, Borrowed<Type> self, Borrowed<Tuple> bases);
// The base whose layout the new type extends; TypeError on conflict or unsubclassable base.
Result<Borrowed<Type>> best_base(Mutator& m, Borrowed<Tuple> bases);
void add_subclass(Type* base, Type* derived);                     // [lock]
void remove_subclass(Type* base, Type* derived);                  // [lock]
// After any change that can alter attribute lookup on `type` or its subclasses: new stamps, slots recomputed by caller.
void type_modified(Type* type);
// Calls f(Type*) for the type and all its subclasses, each maybe more than once.
void for_type_tree(Type* type, void (*f)(Type*, void*), void* context);   // [lock]
// A heap type with header, layout, shape and lattice links; slots and dict are the caller's. Deferred object.
Result<Local<Type>> make_heap_type(Mutator& m, Borrowed<Type> metatype, Borrowed<Type> base, Borrowed<Tuple> bases,
                                   uint32_t fixed_slots, uint32_t wanted_slots, uint32_t type_flags);
// Start-up: header, layout and root shape of every registered type (no names, dicts or slots yet).
void bootstrap_types();
// The same for one type, with its def; idempotent.
void bootstrap_type(Type& type, const TypeDef& def);
void for_each_registered_type(void (*f)(Type&, const TypeDef&, void*), void* context);
// The collector's roots among static types.
void visit_static_types(Visitor& visitor);

// The type of any value; immediates included.
Type* type_of_immediate(Value v);
OROCHI_INLINE Type* type_of(Value v) {
  if (OROCHI_LIKELY(v.is_heap())) return v.as_object()->type();
  return type_of_immediate(v);
}
OROCHI_INLINE bool is_exactly(Value v, const Type& type) { return type_of(v) == &type; }

// No Python code: by mro (issubclass without __subclasscheck__).
bool is_subtype(const Type* type, const Type* base);
inline bool is_instance(Value v, const Type& type) { return type_of(v) == &type || is_subtype(type_of(v), &type); }

// Flag tests; immediates handled.
OROCHI_INLINE bool has_flag(Value v, uint32_t shape_flag) { return v.is_heap() && v.as_object()->has(shape_flag); }
OROCHI_INLINE bool is_str(Value v) { return has_flag(v, kShapeIsStr); }
OROCHI_INLINE bool is_tuple(Value v) { return has_flag(v, kShapeIsTuple); }
OROCHI_INLINE bool is_list(Value v) { return has_flag(v, kShapeIsList); }
OROCHI_INLINE bool is_dict(Value v) { return has_flag(v, kShapeIsDict); }
OROCHI_INLINE bool is_bytes(Value v) { return has_flag(v, kShapeIsBytes); }
OROCHI_INLINE bool is_type(Value v) { return has_flag(v, kShapeIsType); }
OROCHI_INLINE bool is_exception(Value v) { return has_flag(v, kShapeIsException); }
OROCHI_INLINE bool is_int(Value v) {  // bool included, as in Python
  return v.is_fixnum() || v == kTrue || v == kFalse || has_flag(v, kShapeIsInt);
}
OROCHI_INLINE bool is_float(Value v) { return v.is_tagged_float() || has_flag(v, kShapeIsFloat); }
OROCHI_INLINE bool is_set_or_frozenset(Value v) { return has_flag(v, kShapeIsSet | kShapeIsFrozenSet); }
OROCHI_INLINE bool is_exact_str(Value v) { return v.is_heap() && v.as_object()->type() == &types::Str; }
OROCHI_INLINE bool is_exact_tuple(Value v) { return v.is_heap() && v.as_object()->type() == &types::Tuple; }
OROCHI_INLINE bool is_exact_list(Value v) { return v.is_heap() && v.as_object()->type() == &types::List; }
OROCHI_INLINE bool is_exact_dict(Value v) { return v.is_heap() && v.as_object()->type() == &types::Dict; }

// is_a<T>(v): `v` may be used as Borrowed<T>.
template <typename T>
OROCHI_INLINE bool is_a(Value v) {
  if constexpr (requires { T::kShapeFlag; }) {
    return has_flag(v, T::kShapeFlag);
  } else {
    return is_instance(v, T::python_type());
  }
}

}  // namespace orochi
