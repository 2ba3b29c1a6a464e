// From Python special methods to type slots: one dispatching function per table row, and update_slots(), which decides
// for every slot of a class between the base's native function and a dispatcher.
//
// A slot takes the native function directly when every special method of that slot that the class sees is a wrapper
// around that same function; anything else goes through the dispatcher, which looks the method up at each call.
#include "protocols/dunder_slots.h"

#include <cstring>

#include "objects/dict.h"
#include "objects/int.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/buffer.h"
#include "protocols/call.h"
#include "protocols/native.h"
#include "protocols/operators.h"

namespace orochi {

namespace {

Raised absent_special(Thread& t, Borrowed<> self, Borrowed<Str> name) {
  return raise(t, types::TypeError, "'{}' object has no method '{}'", TypeName(self), name);
}

Result<Local<>> call_present(Thread& t, Borrowed<> self, Borrowed<Str> name, const Value* args = nullptr,
                             size_t count = 0) {
  Lookup<> r = call_special(t, self, name, args, count);
  if (r.raised()) return Raised{};
  if (r.absent()) return absent_special(t, self, name);
  return r.take();
}

template <FixedText Name>
Result<Local<>> dispatch_unary(Thread& t, Borrowed<> self) {
  return call_present(t, self, operator""_n<Name>());
}

Result<int64_t> dispatch_hash(Thread& t, Borrowed<> self) {
  Local<> r = TRY(call_present(t, self, "__hash__"_n));
  if (!is_int(r.value())) return raise(t, types::TypeError, "__hash__ method should return an integer");
  int64_t h;
  if (!int_as_int64(r.value(), &h)) h = int_hash(r.value());
  return h == -1 ? -2 : h;
}

Result<void> dispatch_setattr(Thread& t, Borrowed<> self, Borrowed<Str> name, Borrowed<> value) {
  if (!value) {
    const Value args[] = {name};
    (void)TRY(call_present(t, self, "__delattr__"_n, args, 1));
  } else {
    const Value args[] = {name, value};
    (void)TRY(call_present(t, self, "__setattr__"_n, args, 2));
  }
  return ok();
}

Borrowed<Str> compare_name(CompareOp op) {
  switch (op) {
    case CompareOp::Lt: return "__lt__"_n;
    case CompareOp::Le: return "__le__"_n;
    case CompareOp::Eq: return "__eq__"_n;
    case CompareOp::Ne: return "__ne__"_n;
    case CompareOp::Gt: return "__gt__"_n;
    case CompareOp::Ge: return "__ge__"_n;
  }
  OROCHI_UNREACHABLE();
}

Result<Local<>> dispatch_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  const Value args[] = {b};
  Lookup<> r = call_special(t, a, compare_name(op), args, 1);
  if (r.raised()) return Raised{};
  if (r.absent()) return kNotImplemented;
  return r.take();
}

Result<Local<>> dispatch_descr_get(Thread& t, Borrowed<> descr, Borrowed<> instance, Borrowed<> owner) {
  const Value args[] = {instance ? instance.value() : kNone, owner ? owner.value() : kNone};
  return call_present(t, descr, "__get__"_n, args, 2);
}

Result<void> dispatch_descr_set(Thread& t, Borrowed<> descr, Borrowed<> instance, Borrowed<> value) {
  const Value args[] = {instance, value};
  if (value) {
    Lookup<> r = call_special(t, descr, "__set__"_n, args, 2);
    if (r.raised()) return Raised{};
    if (r.absent()) return raise(t, types::AttributeError, "__set__");
  } else {
    Lookup<> r = call_special(t, descr, "__delete__"_n, args, 1);
    if (r.raised()) return Raised{};
    if (r.absent()) return raise(t, types::AttributeError, "__delete__");
  }
  return ok();
}

void dispatch_finalize(Thread& t, Borrowed<> self) {
  Lookup<> r = call_special(t, self, "__del__"_n);
  if (r.raised() && report_unraisable) {
    Lookup<> method = type_lookup(t, type_of(self), "__del__"_n);
    report_unraisable(t, "Exception ignored while calling deallocator ", method.found() ? Borrowed<>(*method) : self);
  }
}

Result<bool> dispatch_bool(Thread& t, Borrowed<> self) {
  Local<> r = TRY(call_present(t, self, "__bool__"_n));
  if (r.value() == kTrue) return true;
  if (r.value() == kFalse) return false;
  return raise(t, types::TypeError, "__bool__ should return bool, returned {}", TypeName(r.value()));
}

Result<int64_t> dispatch_len(Thread& t, Borrowed<> self) {
  Local<> r = TRY(call_present(t, self, "__len__"_n));
  Local<> index = TRY(index_of(t, r));
  if (int_sign(index.value()) < 0) return raise(t, types::ValueError, "__len__() should return >= 0");
  int64_t n;
  if (!int_as_int64(index.value(), &n)) {
    return raise(t, types::OverflowError, "cannot fit 'int' into an index-sized integer");
  }
  return n;
}

Result<Local<>> dispatch_getitem(Thread& t, Borrowed<> self, Borrowed<> key) {
  const Value args[] = {key};
  return call_present(t, self, "__getitem__"_n, args, 1);
}

Result<void> dispatch_setitem(Thread& t, Borrowed<> self, Borrowed<> key, Borrowed<> value) {
  const Value args[] = {key, value};
  Lookup<> r = value ? call_special(t, self, "__setitem__"_n, args, 2) : call_special(t, self, "__delitem__"_n, args, 1);
  if (r.raised()) return Raised{};
  if (r.absent()) {
    return value ? raise(t, types::TypeError, "'{}' object does not support item assignment", TypeName(self))
                 : raise(t, types::TypeError, "'{}' object does not support item deletion", TypeName(self));
  }
  return ok();
}

Result<bool> dispatch_contains(Thread& t, Borrowed<> self, Borrowed<> item) {
  Lookup<> method = type_lookup(t, type_of(self), "__contains__"_n);
  if (method.raised()) return Raised{};
  if (method.found() && (*method).value() == kNone) {
    return raise(t, types::TypeError, "'{}' object is not a container", TypeName(self));
  }
  const Value args[] = {item};
  Local<> r = TRY(call_present(t, self, "__contains__"_n, args, 1));
  return is_true(t, r);
}

// ---- binary operators ----

struct BinaryNames {
  Borrowed<Str> (*left)();
  Borrowed<Str> (*right)();
  Borrowed<Str> (*inplace)();
};
template <FixedText Name>
Borrowed<Str> name_cell() {
  return operator""_n<Name>();
}
constexpr BinaryNames kBinaryNames[kBinaryOpCount] = {
    {name_cell<"__add__">, name_cell<"__radd__">, name_cell<"__iadd__">},
    {name_cell<"__sub__">, name_cell<"__rsub__">, name_cell<"__isub__">},
    {name_cell<"__mul__">, name_cell<"__rmul__">, name_cell<"__imul__">},
    {name_cell<"__matmul__">, name_cell<"__rmatmul__">, name_cell<"__imatmul__">},
    {name_cell<"__truediv__">, name_cell<"__rtruediv__">, name_cell<"__itruediv__">},
    {name_cell<"__floordiv__">, name_cell<"__rfloordiv__">, name_cell<"__ifloordiv__">},
    {name_cell<"__mod__">, name_cell<"__rmod__">, name_cell<"__imod__">},
    {name_cell<"__pow__">, name_cell<"__rpow__">, name_cell<"__ipow__">},
    {name_cell<"__lshift__">, name_cell<"__rlshift__">, name_cell<"__ilshift__">},
    {name_cell<"__rshift__">, name_cell<"__rrshift__">, name_cell<"__irshift__">},
    {name_cell<"__and__">, name_cell<"__rand__">, name_cell<"__iand__">},
    {name_cell<"__or__">, name_cell<"__ror__">, name_cell<"__ior__">},
    {name_cell<"__xor__">, name_cell<"__rxor__">, name_cell<"__ixor__">},
    {name_cell<"__divmod__">, name_cell<"__rdivmod__">, nullptr},
};

// The operator methods of one operand, or NotImplemented if it has none.
Result<Local<>> try_operand(Thread& t, Borrowed<> self, Borrowed<Str> name, Borrowed<> other) {
  const Value args[] = {other};
  Lookup<> r = call_special(t, self, name, args, 1);
  if (r.raised()) return Raised{};
  if (r.absent()) return kNotImplemented;
  return r.take();
}

// Whether `right`'s type overrides the reflected method that `left`'s type has.
Result<bool> overrides_reflected(Thread& t, Borrowed<> left, Borrowed<> right, Borrowed<Str> name) {
  Lookup<> r = type_lookup(t, type_of(right), name);
  if (r.raised()) return Raised{};
  if (r.absent()) return false;
  Lookup<> l = type_lookup(t, type_of(left), name);
  if (l.raised()) return Raised{};
  if (l.absent()) return true;
  return (*l).value() != (*r).value();
}

template <int Op>
Result<Local<>> dispatch_binary(Thread& t, Borrowed<> left, Borrowed<> right) {
  const BinaryNames& names = kBinaryNames[Op];
  Type* lt = type_of(left);
  Type* rt = type_of(right);
  bool try_right = lt != rt && rt->slots.binary[Op] == &dispatch_binary<Op>;
  if (lt->slots.binary[Op] == &dispatch_binary<Op>) {
    if (try_right && is_subtype(rt, lt) && TRY(overrides_reflected(t, left, right, names.right()))) {
      Local<> r = TRY(try_operand(t, right, names.right(), left));
      if (r.value() != kNotImplemented) return r;
      try_right = false;
    }
    Local<> r = TRY(try_operand(t, left, names.left(), right));
    if (r.value() != kNotImplemented || lt == rt) return r;
  }
  if (try_right) return try_operand(t, right, names.right(), left);
  return kNotImplemented;
}

template <int Op>
Result<Local<>> dispatch_inplace(Thread& t, Borrowed<> left, Borrowed<> right) {
  return try_operand(t, left, kBinaryNames[Op].inplace(), right);
}

Result<Local<>> dispatch_power3(Thread& t, Borrowed<> base, Borrowed<> exponent, Borrowed<> modulus) {
  const Value args[] = {exponent, modulus};
  Lookup<> r = kAbsent;
  if (type_of(base)->slots.power == &dispatch_power3) {
    r = call_special(t, base, "__pow__"_n, args, 2);
    if (r.raised()) return Raised{};
    if (r.found() && (*r).value() != kNotImplemented) return r.take();
  }
  if (type_of(exponent) != type_of(base) && type_of(exponent)->slots.power == &dispatch_power3) {
    const Value reflected[] = {base, modulus};
    r = call_special(t, exponent, "__rpow__"_n, reflected, 2);
    if (r.raised()) return Raised{};
    if (r.found()) return r.take();
  }
  return kNotImplemented;
}

// ---- the table ----

#define DISPATCH_Unary(name, member) (void*)&dispatch_unary<name>
#define DISPATCH_Hash(name, member) (void*)&dispatch_hash
#define DISPATCH_Call(name, member) (void*)&dispatch_call
#define DISPATCH_GetAttr(name, member) (void*)&dispatch_getattr
#define DISPATCH_SetAttr(name, member) (void*)&dispatch_setattr
#define DISPATCH_DelAttr(name, member) (void*)&dispatch_setattr
#define DISPATCH_CompareLt(name, member) (void*)&dispatch_compare
#define DISPATCH_CompareLe(name, member) (void*)&dispatch_compare
#define DISPATCH_CompareEq(name, member) (void*)&dispatch_compare
#define DISPATCH_CompareNe(name, member) (void*)&dispatch_compare
#define DISPATCH_CompareGt(name, member) (void*)&dispatch_compare
#define DISPATCH_CompareGe(name, member) (void*)&dispatch_compare
#define DISPATCH_Next(name, member) (void*)&dispatch_next
#define DISPATCH_DescrGet(name, member) (void*)&dispatch_descr_get
#define DISPATCH_DescrSet(name, member) (void*)&dispatch_descr_set
#define DISPATCH_DescrDelete(name, member) (void*)&dispatch_descr_set
#define DISPATCH_Init(name, member) (void*)&dispatch_init
#define DISPATCH_New(name, member) (void*)&dispatch_new
#define DISPATCH_Finalize(name, member) (void*)&dispatch_finalize
#define DISPATCH_Bool(name, member) (void*)&dispatch_bool
#define DISPATCH_BinaryLeft(name, member) (void*)&dispatch_binary<op_index(offsetof(TypeSlots, member))>
#define DISPATCH_BinaryRight(name, member) (void*)&dispatch_binary<op_index(offsetof(TypeSlots, member))>
#define DISPATCH_PowerLeft(name, member) (void*)&dispatch_binary<static_cast<int>(BinaryOp::Power)>
#define DISPATCH_PowerRight(name, member) (void*)&dispatch_binary<static_cast<int>(BinaryOp::Power)>
#define DISPATCH_Inplace(name, member) (void*)&dispatch_inplace<inplace_index(offsetof(TypeSlots, member))>
#define DISPATCH_Len(name, member) (void*)&dispatch_len
#define DISPATCH_GetItem(name, member) (void*)&dispatch_getitem
#define DISPATCH_SetItem(name, member) (void*)&dispatch_setitem
#define DISPATCH_DelItem(name, member) (void*)&dispatch_setitem
#define DISPATCH_Contains(name, member) (void*)&dispatch_contains
#define DISPATCH_GetBuffer(name, member) (void*)&dispatch_get_buffer
#define DISPATCH_ReleaseBuffer(name, member) nullptr
#define DISPATCH_ConcatWrap(name, member) nullptr
#define DISPATCH_RepeatWrap(name, member) nullptr

constexpr int op_index(size_t offset) {
  return static_cast<int>((offset - offsetof(TypeSlots, binary)) / sizeof(BinaryFn));
}
constexpr int inplace_index(size_t offset) {
  return static_cast<int>((offset - offsetof(TypeSlots, inplace)) / sizeof(BinaryFn));
}

}  // namespace

const SlotRow kSlotRows[] = {
#define SLOT(name, member, kind, signature, doc) \
  {name, signature, doc, name_cell<name>, DISPATCH_##kind(name, member), offsetof(TypeSlots, member), SlotKind::kind},
#include "protocols/slots.def"
#undef SLOT
};
const size_t kSlotRowCount = std::size(kSlotRows);

Result<int64_t> hash_not_implemented(Thread& t, Borrowed<> self) {
  return raise(t, types::TypeError, "unhashable type: '{}'", TypeName(self));
}

Lookup<> dispatch_next(Thread& t, Borrowed<> self) {
  auto r = call_present(t, self, "__next__"_n);
  if (r.raised() && clear_pending_if(t, types::StopIteration)) return kAbsent;
  return r;
}

Result<Local<>> dispatch_call(Thread& t, Borrowed<> self, const CallArgs& args) {
  Lookup<> descr = type_lookup(t, type_of(self), "__call__"_n);
  if (descr.raised()) return Raised{};
  if (descr.absent()) return raise(t, types::TypeError, "'{}' object is not callable", TypeName(self));
  Local<> method = descr.take();
  Type* kind = type_of(method.value());
  if (!(kind->load_type_flags() & kTypeMethodDescriptor)) {
    if (DescrGetFn get = kind->slots.descr_get) method = TRY(get(t, method, self, Borrowed<>(type_of(self))));
    ENTER_RECURSION(t, " while calling a Python object");
    return call_with(t, method, args);
  }
  size_t names = args.has_names() ? args.names->length() : 0;
  size_t total = args.count + names;
  Value inline_values[10];
  Value* values = total + 1 <= std::size(inline_values)
                      ? inline_values
                      : static_cast<Value*>(allocate_raw((total + 1) * sizeof(Value)));
  if (!values) return raise_no_memory(t);
  values[0] = self;
  for (size_t i = 0; i < total; i++) values[i + 1] = args.values[i];
  auto r = call_with(t, method, CallArgs{values, args.count + 1, args.names});
  if (values != inline_values) free_raw(values);
  return r;
}

Result<void> dispatch_init(Thread& t, Borrowed<> self, const CallArgs& args) {
  Local<> method = TRY(([&]() -> Result<Local<>> {
    Lookup<> found = find_special(t, self, "__init__"_n);
    if (found.raised()) return Raised{};
    if (found.absent()) return absent_special(t, self, "__init__"_n);
    return found.take();
  })());
  Local<> r = TRY(call_with(t, method, args));
  if (r.value() != kNone) {
    return raise(t, types::TypeError, "__init__() should return None, not '{}'", TypeName(r.value()));
  }
  return ok();
}

Result<Local<>> dispatch_new(Thread& t, Borrowed<Type> type, const CallArgs& args) {
  Lookup<> descr = type_lookup(t, type, "__new__"_n);
  if (descr.raised()) return Raised{};
  if (descr.absent()) return raise(t, types::TypeError, "cannot create '{}' instances", type);
  Local<> function = descr.take();
  if (DescrGetFn get = type_of(function.value())->slots.descr_get) {
    function = TRY(get(t, function, Borrowed<>(), type));
  }
  size_t total = args.count + (args.has_names() ? args.names->length() : 0);
  Value inline_values[10];
  Value* values = total + 1 <= std::size(inline_values)
                      ? inline_values
                      : static_cast<Value*>(allocate_raw((total + 1) * sizeof(Value)));
  if (!values) return raise_no_memory(t);
  values[0] = type;
  for (size_t i = 0; i < total; i++) values[i + 1] = args.values[i];
  auto r = call_with(t, function, CallArgs{values, args.count + 1, args.names});
  if (values != inline_values) free_raw(values);
  return r;
}

Lookup<> dispatch_getattr(Thread& t, Borrowed<> self, Borrowed<Str> name) {
  Type* type = type_of(self);
  Lookup<> get = type_lookup(t, type, "__getattribute__"_n);
  if (get.raised()) return Raised{};
  Lookup<> found = kAbsent;
  bool native = get.absent() || type_of((*get).value()) == &SlotWrapper::python_type();
  if (native) {
    auto fn = get.absent() ? &generic_getattr
                           : reinterpret_cast<GetAttrFn>(Borrowed<SlotWrapper>((*get).value())->function);
    found = fn(t, self, name);
  } else {
    const Value args[] = {name};
    found = call_special(t, self, "__getattribute__"_n, args, 1);
  }
  if (found.found()) return found;
  if (found.raised() && !pending_matches(t, types::AttributeError)) return Raised{};
  Lookup<> fallback = type_lookup(t, type, "__getattr__"_n);
  if (fallback.raised()) return Raised{};
  if (fallback.absent()) return found;
  clear_pending(t);
  const Value args[] = {name};
  return call_special(t, self, "__getattr__"_n, args, 1);
}

bool is_special_name(Borrowed<Str> name) {
  size_t n = name->length();
  return n > 4 && name->is_ascii() && name->ascii_view().starts_with("__") && name->ascii_view().ends_with("__");
}

namespace {

// What a class sees under a special method's name, as far as slots care.
Result<void> resolve_slot(Thread& t, Borrowed<Type> type, uint16_t offset, void** result) {
  void* native = nullptr;
  bool found_any = false;
  bool need_dispatch = false;
  void* dispatcher = nullptr;
  for (size_t i = 0; i < kSlotRowCount; i++) {
    const SlotRow& row = kSlotRows[i];
    if (row.offset != offset) continue;
    Lookup<> found = type_lookup(t, type, row.interned_name());
    if (found.raised()) return Raised{};
    if (found.absent()) continue;
    Value v = (*found).value();
    if (row.dispatcher) dispatcher = row.dispatcher;
    if (type_of(v) == &SlotWrapper::python_type()) {
      auto wrapper = Borrowed<SlotWrapper>(v);
      if (wrapper->row->offset != offset) {
        // A sequence form of the same method name; or another method under this name: __str__ = int.__repr__.
        if (wrapper->row->interned_name().value() == row.interned_name().value()) continue;
        found_any = need_dispatch = true;
        continue;
      }
      found_any = true;
      bool usable = is_subtype(type.get(), wrapper->owner.borrow().get());
      if (!usable || (native && native != wrapper->function)) need_dispatch = true;
      native = wrapper->function;
      continue;
    }
    if (row.kind == SlotKind::New && type_of(v) == &NativeFunction::python_type()) {
      // A built-in's own __new__, bound to that type: take its slot.
      Value self = Borrowed<NativeFunction>(v)->self.raw();
      if (self.is_heap() && is_type(self)) {
        found_any = true;
        native = slot_at(Borrowed<Type>(self)->slots, offset);
        continue;
      }
    }
    if (row.kind == SlotKind::Hash && v == kNone) {
      *result = reinterpret_cast<void*>(&hash_not_implemented);
      return ok();
    }
    if (row.kind == SlotKind::ConcatWrap || row.kind == SlotKind::RepeatWrap) {
      *result = nullptr;  // overridden by a Python method: the number slot dispatches
      return ok();
    }
    if (row.kind == SlotKind::Unary && v == kNone) {  // __iter__ = None and friends: the operation is refused
      found_any = true;
      need_dispatch = false;
      *result = nullptr;
      return ok();
    }
    found_any = true;
    need_dispatch = true;
  }
  if (need_dispatch) {
    *result = dispatcher;
  } else if (found_any) {
    *result = native;
  } else {
    // Slots without special methods (buffers, native finalizers) come from the base.
    Type* base = type->base.borrow().get();
    bool has_rows_only_here = false;
    for (size_t i = 0; i < kSlotRowCount; i++) {
      if (kSlotRows[i].offset == offset && kSlotRows[i].dispatcher && kSlotRows[i].kind != SlotKind::Finalize) {
        has_rows_only_here = true;
      }
    }
    *result = base && !has_rows_only_here ? slot_at(base->slots, offset) : nullptr;
  }
  return ok();
}

Result<void> fill_slots(Thread& t, Type* type) {
  for (size_t offset = 0; offset < sizeof(TypeSlots); offset += sizeof(void*)) {
    auto slot = static_cast<uint16_t>(offset);
    if (slot == offsetof(TypeSlots, power)) continue;
    void* fn = nullptr;
    TRY(resolve_slot(t, type, slot, &fn));
    __atomic_store_n(&slot_at(type->slots, slot), fn, __ATOMIC_RELEASE);  // readers take one word
  }
  // pow() with three arguments has no row of its own: it follows **.
  TernaryFn power = nullptr;
  BinaryFn two = type->slots.binary[static_cast<int>(BinaryOp::Power)];
  if (two == &dispatch_binary<static_cast<int>(BinaryOp::Power)>) {
    power = &dispatch_power3;
  } else {
    Borrowed<Tuple> mro = type->mro.borrow();
    for (size_t i = 1; mro && i < mro->length() && !power; i++) power = mro->at(i).as<Type>()->slots.power;
  }
  type->slots.power = power;
  uint32_t finalizer = type->slots.finalize ? kShapeHasFinalizer : 0;
  for (Shape* s = type->shapes; s; s = s->next_of_type) {
    if (finalizer) {
      __atomic_fetch_or(&s->flags, finalizer, __ATOMIC_RELAXED);
    } else {
      __atomic_fetch_and(&s->flags, ~static_cast<uint32_t>(kShapeHasFinalizer), __ATOMIC_RELAXED);
    }
  }
  return ok();
}

}  // namespace

Result<void> update_slots(Thread& t, Borrowed<Type> type) {
  // Subclasses are collected first: filling may take locks and allocate.
  struct Collected {
    Type** items = nullptr;
    size_t count = 0, capacity = 0;
    bool failed = false;
    ~Collected() { free_raw(items); }
  } all;
  {
    TypeLock lock;
    for_type_tree(
        type.get(),
        [](Type* each, void* context) {
          auto* c = static_cast<Collected*>(context);
          if (c->count == c->capacity) {
            size_t capacity = c->capacity ? c->capacity * 2 : 8;
            auto* items = static_cast<Type**>(reallocate_raw(c->items, capacity * sizeof(Type*)));
            if (!items) {
              c->failed = true;
              return;
            }
            c->items = items;
            c->capacity = capacity;
          }
          c->items[c->count++] = each;
        },
        &all);
  }
  if (all.failed) return raise_no_memory(t);
  for (size_t i = 0; i < all.count; i++) {
    if (all.items[i]->mro.borrow()) TRY(fill_slots(t, all.items[i]));
  }
  return ok();
}

Result<void> add_slot_wrappers(Thread& t, Type& type, const TypeDef& def) {
  auto& slots = const_cast<TypeSlots&>(def.slots);  // slot_at only reads here
  Borrowed<Dict> dict = type.dict.borrow();
  for (size_t i = 0; i < kSlotRowCount; i++) {
    const SlotRow& row = kSlotRows[i];
    void* fn = slot_at(slots, row.offset);
    if (!fn || row.kind == SlotKind::New || row.signature[0] == '\0') continue;
    if (row.kind == SlotKind::GetAttr && fn == reinterpret_cast<void*>(&dispatch_getattr)) continue;
    Borrowed<Str> name = row.interned_name();
    Lookup<> existing = dict_find_str(t, dict, name);
    if (existing.raised()) return Raised{};
    if (existing.found()) continue;
    if (row.kind == SlotKind::Hash && fn == reinterpret_cast<void*>(&hash_not_implemented)) {
      TRY(dict_set_str(t, dict, name, immediate(kNone)));
      continue;
    }
    Local<SlotWrapper> w = TRY(make_object<SlotWrapper>(t));
    w->row = &row;
    w->function = fn;
    w->owner.init_share(Borrowed<Type>(&type));
    TRY(dict_set_str(t, dict, name, std::move(w)));
  }
  return ok();
}

void inherit_slots(Type& type) {
  Borrowed<Tuple> mro = type.mro.borrow();
  bool own_equality = type.def && type.def->slots.compare;
  for (size_t i = 1; i < mro->length(); i++) {
    Type* base = mro->at(i).as<Type>().get();
    for (size_t offset = 0; offset < sizeof(TypeSlots); offset += sizeof(void*)) {
      auto slot = static_cast<uint16_t>(offset);
      void*& mine = slot_at(type.slots, slot);
      if (mine) continue;
      if (slot == offsetof(TypeSlots, hash) && own_equality) {
        mine = reinterpret_cast<void*>(&hash_not_implemented);  // __eq__ without __hash__
        continue;
      }
      mine = slot_at(base->slots, slot);
    }
  }
  if (type.slots.finalize) {
    for (Shape* s = type.shapes; s; s = s->next_of_type) s->flags |= kShapeHasFinalizer;
  }
}

}  // namespace orochi
