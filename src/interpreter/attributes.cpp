// Handlers of global names, attributes, methods and items with their inline caches, and the specialising that fills
// them. See cache.h for the words, docs/design/interpreter.md for the guards.
//
// Every guard is on a stamp or version that any relevant change of a class or dictionary replaces; data that is only
// right for one state of the world stands in the same word as the stamp, or in an immutable record beside it.
#include "builtins/type_type.h"
#include "interpreter/cache.h"
#include "interpreter/ops.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/shape_table.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/dunder_slots.h"
#include "protocols/native.h"
#include "protocols/operators.h"
#include "protocols/type_ready.h"
#include "sync/shared.h"

namespace orochi {

// ---- cache words ----

CacheRecord* new_record(RecordKind kind) {
  auto* record = static_cast<CacheRecord*>(allocate_raw_zeroed(sizeof(CacheRecord)));
  if (record) record->kind = kind;
  return record;
}

void replace_cache(const uint64_t* pc, uint64_t word) {
  uint64_t old = __atomic_exchange_n(const_cast<uint64_t*>(pc + 1), word, __ATOMIC_ACQ_REL);
  if (old > 0xffff && (old >> 48) == 0) free_raw_shared(reinterpret_cast<void*>(old));
}

static constexpr uint64_t kCounterTag = uint64_t{kCacheCounter} << 48;

// Counter words: bits 0..15 executions to wait, bits 16..19 log2 of the last wait.
bool should_specialise(Thread& t, const uint64_t* pc, Op generic) {
  uint64_t word = load_cache(pc);
  auto now = static_cast<Op>(load_word(pc) & 0xffff);
  if (now != generic) return (++t.cache_misses & 7) == 0;  // a specialised form missed
  if (word == 0) {                                         // the second execution specialises
    __atomic_store_n(const_cast<uint64_t*>(pc + 1), kCounterTag, __ATOMIC_RELAXED);
    return false;
  }
  if ((word >> 48) != kCacheCounter) return false;  // somebody else is at it
  if ((word & 0xffff) == 0) return true;
  __atomic_store_n(const_cast<uint64_t*>(pc + 1), word - 1, __ATOMIC_RELAXED);
  return false;
}

void give_up_specialising(const uint64_t* pc, Op generic) {
  uint64_t word = load_cache(pc);
  uint64_t log = (word >> 48) == kCacheCounter ? (word >> 16) & 15 : 5;
  log = log < 6 ? 6 : log < 13 ? log + 1 : 13;
  quicken(pc, generic);
  replace_cache(pc, kCounterTag | log << 16 | ((uint64_t{1} << log) - 1));
}

static bool install(const uint64_t* pc, Op op, CacheRecord* record) {
  if (!record) return false;
  replace_cache(pc, reinterpret_cast<uint64_t>(record));
  quicken(pc, op);
  return true;
}
static bool install(const uint64_t* pc, Op op, CacheKind kind, uint32_t key, uint32_t index) {
  if (key == 0 || index > 0xffff) return false;
  replace_cache(pc, packed_cache(kind, key, index));
  quicken(pc, op);
  return true;
}

// A class attribute may be used without counting when it can not die while we look: it is never counted, or nobody
// can change the class.
static bool is_stable(Value v, const Type* holder) {
  if (!v.is_heap()) return true;
  if (v.as_object()->owner >= kOwnerDeferred) return true;
  return holder && (holder->load_type_flags() & kTypeImmutable);
}
OROCHI_INLINE bool usable(const CacheRecord* record) { return OROCHI_LIKELY(!multi_threaded()) || record->stable; }

// ---- global names ----

OROCHI_INLINE DictTable* dict_table(Value dict) {
  return __atomic_load_n(&static_cast<Dict*>(dict.as_object())->table, __ATOMIC_ACQUIRE);
}
OROCHI_INLINE uint32_t table_version(const DictTable* table) {
  return table ? __atomic_load_n(&table->keys_version, __ATOMIC_ACQUIRE) : 0;
}
// An owned value, or empty.
OROCHI_INLINE Value load_entry(Thread* t, Value dict, DictTable* table, uint32_t index) {
  Value* slot = &table->entries()[index].value;
  if (OROCHI_LIKELY(!multi_threaded())) {
    Value v = *slot;
    keep(t, v);
    return v;
  }
  return load_slot_shared(slot, dict.as_object());
}

// The value comes from the same table that was checked. A version that changes meanwhile only means that the name was
// read just before.
#define LOAD_GLOBAL_MODULE(self, slow)                                              \
  HANDLER(self) {                                                                   \
    uint64_t cache = load_cache(pc);                                                \
    DictTable* table_ = dict_table(frame->globals);                                 \
    if (OROCHI_LIKELY(cache_matches(cache, kCacheGlobal, table_version(table_)))) { \
      Value v = load_entry(t, frame->globals, table_, cache_index(cache));          \
      if (OROCHI_LIKELY(!v.is_empty())) WRITE_NEXT(A_, v, 2);                       \
    }                                                                               \
    GO(slow);                                                                       \
  }
#define LOAD_GLOBAL_BUILTIN(self, slow)                                                              \
  HANDLER(self) {                                                                                    \
    const CacheRecord* record = cache_record(load_cache(pc), kRecordBuiltin);                        \
    if (OROCHI_LIKELY(record && record->stamp == table_version(dict_table(frame->globals)))) {       \
      DictTable* table_ = dict_table(frame->builtins);                                               \
      if (OROCHI_LIKELY(record->version == table_version(table_))) {                                 \
        Value v = load_entry(t, frame->builtins, table_, record->index);                             \
        if (OROCHI_LIKELY(!v.is_empty())) WRITE_NEXT(A_, v, 2);                                      \
      }                                                                                              \
    }                                                                                                \
    GO(slow);                                                                                        \
  }

static void specialise_global(const OpContext& o, Op generic, Op module, Op builtin) {
  Value globals = o.frame->globals, builtins = o.frame->builtins;
  if (!is_exact_dict(globals) || (builtins && !is_exact_dict(builtins))) return give_up_specialising(o.pc, generic);
  Borrowed<Str> name = o.name(static_cast<uint32_t>(o.bc()));
  DictSlot at = dict_locate_str(o.t, Borrowed<Dict>(globals), name);
  if (at.version != 0 && at.entry != UINT32_MAX) {
    if (!install(o.pc, module, kCacheGlobal, at.version, at.entry)) give_up_specialising(o.pc, generic);
    return;
  }
  if (at.version == 0 || !builtins) return give_up_specialising(o.pc, generic);
  DictSlot in = dict_locate_str(o.t, Borrowed<Dict>(builtins), name);
  if (in.version == 0 || in.entry == UINT32_MAX) return give_up_specialising(o.pc, generic);
  CacheRecord* record = new_record(kRecordBuiltin);
  if (!record) return;
  record->stamp = at.version;
  record->version = in.version;
  record->index = in.entry;
  install(o.pc, builtin, record);
}

HANDLER(LoadGlobal) {
  frame->pc = pc;
  OpContext o{*t, frame, regs, word, pc};
  if (!do_LoadGlobal(o)) GO(unwind);
  if (should_specialise(*t, pc, Op::LoadGlobal)) {
    specialise_global(o, Op::LoadGlobal, Op::LoadGlobalModule, Op::LoadGlobalBuiltin);
  }
  table = t->dispatch;
  SLOW_NEXT(2);
}
LOAD_GLOBAL_MODULE(LoadGlobalModule, op_LoadGlobal)
LOAD_GLOBAL_BUILTIN(LoadGlobalBuiltin, op_LoadGlobal)

HANDLER(LoadName) {
  frame->pc = pc;
  OpContext o{*t, frame, regs, word, pc};
  if (!do_LoadName(o)) GO(unwind);
  if (frame->locals.is_empty() || frame->locals == frame->globals) {
    if (should_specialise(*t, pc, Op::LoadName)) {
      specialise_global(o, Op::LoadName, Op::LoadNameModule, Op::LoadNameBuiltin);
    }
  }
  table = t->dispatch;
  SLOW_NEXT(2);
}
static HANDLER_FUNCTION(load_name_module) {
  uint64_t cache = load_cache(pc);
  DictTable* table_ = dict_table(frame->globals);
  if (OROCHI_LIKELY(cache_matches(cache, kCacheGlobal, table_version(table_)))) {
    Value v = load_entry(t, frame->globals, table_, cache_index(cache));
    if (OROCHI_LIKELY(!v.is_empty())) WRITE_NEXT(A_, v, 2);
  }
  GO(op_LoadName);
}
// One code object may run with other locals (exec).
HANDLER(LoadNameModule) {
  if (OROCHI_UNLIKELY(frame->locals && frame->locals != frame->globals)) GO(op_LoadName);
  if (OROCHI_UNLIKELY(!is_exact_dict(frame->globals))) GO(op_LoadName);
  GO(load_name_module);
}
LOAD_GLOBAL_BUILTIN(load_name_builtin_, op_LoadName)
HANDLER(LoadNameBuiltin) {
  if (OROCHI_UNLIKELY(frame->locals && frame->locals != frame->globals)) GO(op_LoadName);
  if (OROCHI_UNLIKELY(!is_exact_dict(frame->globals))) GO(op_LoadName);
  GO(op_load_name_builtin_);
}

HANDLER(StoreGlobal) {
  frame->pc = pc;
  OpContext o{*t, frame, regs, word, pc};
  if (!do_StoreGlobal(o)) GO(unwind);
  if (should_specialise(*t, pc, Op::StoreGlobal)) {
    DictSlot at{0, UINT32_MAX};
    if (is_exact_dict(frame->globals)) {
      at = dict_locate_str(*t, Borrowed<Dict>(frame->globals), o.name(static_cast<uint32_t>(BC_)));
    }
    if (at.entry == UINT32_MAX || !install(pc, Op::StoreGlobalModule, kCacheStoreGlobal, at.version, at.entry)) {
      give_up_specialising(pc, Op::StoreGlobal);
    }
  }
  table = t->dispatch;
  SLOW_NEXT(2);
}
HANDLER(StoreGlobalModule) {
  uint64_t cache = load_cache(pc);
  DictTable* table_ = dict_table(frame->globals);
  if (OROCHI_UNLIKELY(multi_threaded() || !cache_matches(cache, kCacheStoreGlobal, table_version(table_)))) {
    GO(op_StoreGlobal);
  }
  Value* slot = &table_->entries()[cache_index(cache)].value;
  Value v = regs[A_], old = *slot;
  if (OROCHI_UNLIKELY(old.is_empty())) GO(op_StoreGlobal);
  if (A_ >= frame->first_temp) regs[A_] = Value();
  else keep(t, v);
  *slot = v;
  DROP_NEXT(old, 2);
}

// ---- attributes ----

// What happens to the receiver register of a load once the owned result is there.
#define LOADED_NEXT(value_)                                   \
  do {                                                        \
    Value loaded_ = (value_);                                 \
    if (B_ >= frame->first_temp) {                            \
      Value receiver_ = regs[B_];                             \
      regs[B_] = Value();                                     \
      drop(t, receiver_);                                     \
    }                                                         \
    WRITE_NEXT(A_, loaded_, 2);                               \
  } while (false)

// Reads an inline slot of `object`, whose shape was `shape` when the guard passed. Empty: go the slow way.
OROCHI_INLINE Value load_attr_slot(Thread* t, Object* object, const Shape* shape, uint32_t offset) {
  auto* slot = reinterpret_cast<Value*>(reinterpret_cast<char*>(object) + offset);
  if (OROCHI_LIKELY(!multi_threaded())) {
    Value v = *slot;
    keep(t, v);
    return v;
  }
  Value v = load_slot_shared(slot, object);
  // It may have gone to dictionary mode meanwhile; then the slot means something else.
  if (OROCHI_UNLIKELY(__atomic_load_n(&object->shape_word, __ATOMIC_ACQUIRE) != shape->word())) {
    release(v);
    return Value();
  }
  return v;
}

HANDLER(LoadAttrSlot) {
  Value receiver = regs[B_];
  if (OROCHI_LIKELY(is_object(receiver))) {
    Object* object = receiver.as_object();
    const Shape* shape = object->shape();
    uint64_t cache = load_cache(pc);
    if (OROCHI_LIKELY(cache_matches(cache, kCacheSlot, shape->load_stamp()))) {
      Value v = load_attr_slot(t, object, shape, cache_index(cache));
      if (OROCHI_LIKELY(!v.is_empty())) LOADED_NEXT(v);
    }
  }
  GO(op_LoadAttr);
}

HANDLER(LoadAttrClassValue) {
  Value receiver = regs[B_];
  const CacheRecord* record = cache_record(load_cache(pc), kRecordValue);
  if (OROCHI_LIKELY(is_object(receiver) && record && usable(record) &&
                    record->stamp == receiver.as_object()->shape()->load_stamp())) {
    Value v = record->value;
    keep(t, v);
    LOADED_NEXT(v);
  }
  GO(op_LoadAttr);
}

HANDLER(LoadAttrModule) {
  Value receiver = regs[B_];
  if (OROCHI_LIKELY(is_object(receiver) && receiver.as_object()->type() == &types::Module)) {
    Value dict = *static_cast<Module*>(receiver.as_object())->dict.slot();
    uint64_t cache = load_cache(pc);
    if (OROCHI_LIKELY(!dict.is_empty())) {
      DictTable* table_ = dict_table(dict);
      if (OROCHI_LIKELY(cache_matches(cache, kCacheModule, table_version(table_)))) {
        Value v = load_entry(t, dict, table_, cache_index(cache));
        if (OROCHI_LIKELY(!v.is_empty())) LOADED_NEXT(v);
      }
    }
  }
  GO(op_LoadAttr);
}

HANDLER(LoadAttrType) {
  Value receiver = regs[B_];
  const CacheRecord* record = cache_record(load_cache(pc), kRecordType);
  if (OROCHI_LIKELY(is_object(receiver) && record && usable(record))) {
    const Shape* shape = receiver.as_object()->shape();
    if (OROCHI_LIKELY(shape->load_stamp() == record->stamp && (shape->load_flags() & kShapeIsType) &&
                      __atomic_load_n(&static_cast<Type*>(receiver.as_object())->version, __ATOMIC_ACQUIRE) ==
                          record->version)) {
      Value v = record->value;
      keep(t, v);
      LOADED_NEXT(v);
    }
  }
  GO(op_LoadAttr);
}

// A property whose getter is a Python function of one argument: its frame is pushed like a call's.
HANDLER(LoadAttrProperty) {
  Value receiver = regs[B_];
  const CacheRecord* record = cache_record(load_cache(pc), kRecordProperty);
  if (OROCHI_UNLIKELY(!(is_object(receiver) && record && usable(record) &&
                        record->stamp == receiver.as_object()->shape()->load_stamp()))) {
    GO(op_LoadAttr);
  }
  Value getter = record->value;
  auto* code = reinterpret_cast<Code*>(static_cast<Function*>(getter.as_object())->code.slot()->bits);
  Value* callee = frame->regs + frame->code->nregs;
  if (OROCHI_UNLIKELY(code->exact_args != 1 || frame + 1 >= t->frames_limit ||
                      callee + code->nregs > t->stack_limit)) {
    GO(op_LoadAttr);
  }
  keep(t, receiver);
  keep(t, getter);
  callee[0] = receiver;
  zero_locals(code, callee, 1);
  if (B_ >= frame->first_temp) {
    regs[B_] = Value();
    drop(t, receiver);
  }
  frame->pc = pc;
  frame = push_frame(t, frame, getter, code, callee, A_, 2, 0);
  regs = callee;
  pc = code->code;
  DISPATCH();
}

namespace {

// An instance attribute that its shape names, or a class attribute that no instance attribute hides.
struct Found {
  Local<> value;     // from the class; empty: none
  uint32_t slot = kNoSlot;
  bool data = false;  // the class attribute is a data descriptor
};

// False: cannot be cached.
bool look_up(const OpContext& o, Object* object, Shape* shape, Borrowed<Str> name, Found* out) {
  Type* type = shape->type;
  Lookup<> on_class = type_lookup(o.t, type, name);
  if (on_class.raised()) {
    clear_pending(o.t);
    return false;
  }
  if (on_class.found()) {
    out->value = on_class.take();
    out->data = type_of(out->value.value())->slots.descr_set != nullptr;
  }
  if (out->data) return true;
  if (shape->load_flags() & kShapeDictMode) return false;
  if (shape->load_flags() & kShapeHasSlots) out->slot = shape_find(shape, name);
  return true;
}

uint32_t slot_offset(Object* object, const Shape* shape, uint32_t slot) {
  if (shape->layout->item_size != 0) return UINT32_MAX;
  return static_cast<uint32_t>(reinterpret_cast<char*>(attr_slots(object, shape) + slot) - reinterpret_cast<char*>(object));
}

bool specialise_load_attr(const OpContext& o, Value receiver, Borrowed<Str> name, bool method) {
  if (!receiver.is_heap() || !name->is_interned()) return false;
  Object* object = receiver.as_object();
  Shape* shape = object->shape();
  uint32_t stamp = shape->load_stamp();
  Type* type = shape->type;
  if (stamp == 0) return false;
  if (type == &types::Module) {
    Borrowed<Dict> dict = static_cast<Module*>(object)->dict.borrow();
    if (!dict) return false;
    DictSlot at = dict_locate_str(o.t, dict, name);
    return at.entry != UINT32_MAX &&
           install(o.pc, method ? Op::LoadMethodModule : Op::LoadAttrModule, kCacheModule, at.version, at.entry);
  }
  if (shape->load_flags() & kShapeIsType) {
    if (type->slots.getattr != type_getattr) return false;
    auto* cls = static_cast<Type*>(object);
    uint32_t version = __atomic_load_n(&cls->version, __ATOMIC_ACQUIRE);
    if (version == 0) return false;
    Lookup<> meta = type_lookup(o.t, type, name);
    if (meta.raised()) {
      clear_pending(o.t);
      return false;
    }
    if (meta.found() && type_of((*meta).value())->slots.descr_set) return false;
    Lookup<> own = type_lookup(o.t, cls, name);
    if (own.raised()) {
      clear_pending(o.t);
      return false;
    }
    if (own.absent()) return false;
    Local<> v = own.take();
    Type* kind = type_of(v.value());
    // Functions and method descriptors come out of a class as they are.
    if (kind == &types::StaticMethod) {
      auto* wrapper = static_cast<StaticMethod*>(v.value().as_object());
      v = wrapper->callable.load(wrapper);
      if (!v) return false;
    } else if (kind->slots.descr_get && kind != &types::Function && kind != &types::MethodDescriptor) {
      return false;
    }
    CacheRecord* record = new_record(kRecordType);
    if (!record) return false;
    record->stamp = stamp;
    record->version = version;
    record->value = v.value();
    record->stable = is_stable(v.value(), cls);
    return install(o.pc, method ? Op::LoadMethodType : Op::LoadAttrType, record);
  }
  // __getattr__ only matters when nothing is found.
  bool plain = type->slots.getattr == generic_getattr;
  if (!plain && type->slots.getattr == dispatch_getattr) {
    Lookup<> custom = type_lookup(o.t, type, "__getattribute__"_n);
    if (custom.raised()) {
      clear_pending(o.t);
      return false;
    }
    plain = custom.absent() || !is_function((*custom).value());
    if (custom.found()) {
      Lookup<> standard = type_lookup(o.t, &types::Object, "__getattribute__"_n);
      plain = standard.found() && (*standard).value() == (*custom).value();
    }
  }
  if (!plain) return false;
  Found found;
  if (!look_up(o, object, shape, name, &found)) return false;
  Value v = found.value.value();
  if (found.data) {
    if (type_of(v) == &types::MemberDescriptor && !method) {
      auto* member = static_cast<MemberDescriptor*>(v.as_object());
      uint32_t offset = slot_offset(object, shape, static_cast<uint32_t>(member->slot));
      return offset <= 0xffff && install(o.pc, Op::LoadAttrSlot, kCacheSlot, stamp, offset);
    }
    if (type_of(v) == &types::Property && !method) {
      Value getter = *reinterpret_cast<Value*>(v.as_object() + 1);  // its first Field is fget
      if (!is_function(getter) || static_cast<Function*>(getter.as_object())->code.borrow()->exact_args != 1) return false;
      CacheRecord* record = new_record(kRecordProperty);
      if (!record) return false;
      record->stamp = stamp;
      record->value = getter;
      record->stable = is_stable(getter, nullptr) && is_stable(v, type);
      return install(o.pc, Op::LoadAttrProperty, record);
    }
    return false;
  }
  if (found.slot != kNoSlot) {
    if (method) return false;
    uint32_t offset = slot_offset(object, shape, found.slot);
    return offset <= 0xffff && install(o.pc, Op::LoadAttrSlot, kCacheSlot, stamp, offset);
  }
  if (v.is_empty()) return false;
  Type* kind = type_of(v);
  if (method) {
    if (!(kind->load_type_flags() & kTypeMethodDescriptor)) return false;
    CacheRecord* record = new_record(kRecordMethod);
    if (!record) return false;
    record->stamp = stamp;
    record->value = v;
    record->stable = is_stable(v, type);
    return install(o.pc, Op::LoadMethodClass, record);
  }
  if (kind->slots.descr_get) return false;
  CacheRecord* record = new_record(kRecordValue);
  if (!record) return false;
  record->stamp = stamp;
  record->value = v;
  record->stable = is_stable(v, type);
  return install(o.pc, Op::LoadAttrClassValue, record);
}

}  // namespace

// Specialising looks at the receiver before the load consumes it; the load itself may run Python code.
static bool load_attr_generic(const OpContext& o) {
  if (should_specialise(o.t, o.pc, Op::LoadAttr)) {
    if (!specialise_load_attr(o, o.regs[o.b()], o.name(o.c()), false)) give_up_specialising(o.pc, Op::LoadAttr);
  }
  return do_LoadAttr(o);
}
HANDLER(LoadAttr) {
  frame->pc = pc;
  if (!load_attr_generic(OpContext{*t, frame, regs, word, pc})) GO(unwind);
  table = t->dispatch;
  SLOW_NEXT(2);
}

// ---- methods ----

HANDLER(LoadMethodClass) {
  Value receiver = regs[B_];
  const CacheRecord* record = cache_record(load_cache(pc), kRecordMethod);
  if (OROCHI_LIKELY(is_object(receiver) && record && usable(record) &&
                    record->stamp == receiver.as_object()->shape()->load_stamp())) {
    Value function = record->value;
    keep(t, function);
    if (B_ >= frame->first_temp) regs[B_] = Value();
    else keep(t, receiver);
    // Both targets are temps, so nothing is dropped.
    regs[A_] = function;
    regs[A_ + 1] = receiver;
    NEXT(2);
  }
  GO(op_LoadMethod);
}

#define METHOD_LOADED_NEXT(value_)          \
  do {                                      \
    Value loaded_ = (value_);               \
    Value receiver_;                        \
    if (B_ >= frame->first_temp) {          \
      receiver_ = regs[B_];                 \
      regs[B_] = Value();                   \
    }                                       \
    regs[A_] = loaded_;                     \
    regs[A_ + 1] = Value();                 \
    DROP_NEXT(receiver_, 2);                \
  } while (false)

HANDLER(LoadMethodModule) {
  Value receiver = regs[B_];
  if (OROCHI_LIKELY(is_object(receiver) && receiver.as_object()->type() == &types::Module)) {
    Value dict = *static_cast<Module*>(receiver.as_object())->dict.slot();
    uint64_t cache = load_cache(pc);
    if (OROCHI_LIKELY(!dict.is_empty())) {
      DictTable* table_ = dict_table(dict);
      if (OROCHI_LIKELY(cache_matches(cache, kCacheModule, table_version(table_)))) {
        Value v = load_entry(t, dict, table_, cache_index(cache));
        if (OROCHI_LIKELY(!v.is_empty())) METHOD_LOADED_NEXT(v);
      }
    }
  }
  GO(op_LoadMethod);
}

HANDLER(LoadMethodType) {
  Value receiver = regs[B_];
  const CacheRecord* record = cache_record(load_cache(pc), kRecordType);
  if (OROCHI_LIKELY(is_object(receiver) && record && usable(record))) {
    const Shape* shape = receiver.as_object()->shape();
    if (OROCHI_LIKELY(shape->load_stamp() == record->stamp && (shape->load_flags() & kShapeIsType) &&
                      __atomic_load_n(&static_cast<Type*>(receiver.as_object())->version, __ATOMIC_ACQUIRE) ==
                          record->version)) {
      Value v = record->value;
      keep(t, v);
      METHOD_LOADED_NEXT(v);
    }
  }
  GO(op_LoadMethod);
}

static bool load_method_generic(const OpContext& o) {
  if (should_specialise(o.t, o.pc, Op::LoadMethod)) {
    if (!specialise_load_attr(o, o.regs[o.b()], o.name(o.c()), true)) give_up_specialising(o.pc, Op::LoadMethod);
  }
  return do_LoadMethod(o);
}
HANDLER(LoadMethod) {
  frame->pc = pc;
  if (!load_method_generic(OpContext{*t, frame, regs, word, pc})) GO(unwind);
  table = t->dispatch;
  SLOW_NEXT(2);
}

// ---- stores ----

HANDLER(StoreAttrSlot) {
  Value receiver = regs[A_];
  if (OROCHI_LIKELY(is_object(receiver) && !multi_threaded())) {
    Object* object = receiver.as_object();
    uint64_t cache = load_cache(pc);
    if (OROCHI_LIKELY(cache_matches(cache, kCacheStoreSlot, object->shape()->load_stamp()))) {
      auto* slot = reinterpret_cast<Value*>(reinterpret_cast<char*>(object) + cache_index(cache));
      Value v = regs[C_], old = *slot;
      if (C_ >= frame->first_temp) regs[C_] = Value();
      else keep(t, v);
      *slot = v;
      if (A_ >= frame->first_temp) {
        regs[A_] = Value();
        drop(t, receiver);
      }
      DROP_NEXT(old, 2);
    }
  }
  GO(op_StoreAttr);
}

HANDLER(StoreAttrAdd) {
  Value receiver = regs[A_];
  const CacheRecord* record = cache_record(load_cache(pc), kRecordAdd);
  if (OROCHI_LIKELY(is_object(receiver) && record && !multi_threaded())) {
    Object* object = receiver.as_object();
    if (OROCHI_LIKELY(object->shape() == record->from && record->from->load_stamp() == record->stamp)) {
      auto* slot = reinterpret_cast<Value*>(reinterpret_cast<char*>(object) + record->index);
      Value v = regs[C_];
      if (C_ >= frame->first_temp) regs[C_] = Value();
      else keep(t, v);
      *slot = v;
      __atomic_store_n(&object->shape_word, record->to->word(), __ATOMIC_RELAXED);  // single-threaded
      if (A_ >= frame->first_temp) {
        regs[A_] = Value();
        DROP_NEXT(receiver, 2);
      }
      NEXT(2);
    }
  }
  GO(op_StoreAttr);
}

static bool specialise_store_attr(const OpContext& o, Value receiver, Borrowed<Str> name) {
  if (!receiver.is_heap() || !name->is_interned()) return false;
  Object* object = receiver.as_object();
  Shape* shape = object->shape();
  uint32_t stamp = shape->load_stamp();
  Type* type = shape->type;
  if (stamp == 0 || type->slots.setattr != generic_setattr || (shape->load_flags() & kShapeIsModule)) return false;
  Found found;
  if (!look_up(o, object, shape, name, &found)) return false;
  if (found.data) {
    if (type_of(found.value.value()) != &types::MemberDescriptor) return false;
    auto* member = static_cast<MemberDescriptor*>(found.value.value().as_object());
    uint32_t offset = slot_offset(object, shape, static_cast<uint32_t>(member->slot));
    return offset <= 0xffff && install(o.pc, Op::StoreAttrSlot, kCacheStoreSlot, stamp, offset);
  }
  if (!has_attr_room(shape)) return false;
  if (found.slot != kNoSlot) {
    uint32_t offset = slot_offset(object, shape, found.slot);
    return offset <= 0xffff && install(o.pc, Op::StoreAttrSlot, kCacheStoreSlot, stamp, offset);
  }
  Shape* next = shape_with(shape, name);
  uint32_t offset = next ? slot_offset(object, shape, shape->slot_count) : UINT32_MAX;
  if (offset == UINT32_MAX) return false;
  CacheRecord* record = new_record(kRecordAdd);
  if (!record) return false;
  record->stamp = stamp;
  record->index = offset;
  record->from = shape;
  record->to = next;
  return install(o.pc, Op::StoreAttrAdd, record);
}

// In multi-threaded mode the cached forms still save the lookup; the write takes the object's lock.
static bool store_attr_locked(const OpContext& o, bool* done) {
  *done = false;
  Value receiver = o.regs[o.a()];
  if (!multi_threaded() || !receiver.is_heap()) return true;
  Object* object = receiver.as_object();
  Shape* shape = object->shape();
  uint64_t cache = load_cache(o.pc);
  if (cache_matches(cache, kCacheStoreSlot, shape->load_stamp())) {
    Local<> keep = o.take(o.a()), value = o.take(o.c());
    auto* slot = reinterpret_cast<Value*>(reinterpret_cast<char*>(object) + cache_index(cache));
    *done = slots_store_cached(o.t, object, shape, slot, value);
    if (*done) return true;
    *done = true;
    return !set_attr(o.t, keep, o.name(o.b()), value).raised();
  }
  if (const CacheRecord* record = cache_record(cache, kRecordAdd)) {
    if (record->from != shape || shape->load_stamp() != record->stamp) return true;
    Local<> keep = o.take(o.a()), value = o.take(o.c());
    *done = true;
    if (slots_add_cached(o.t, object, shape, record->to, value)) return true;
    return !set_attr(o.t, keep, o.name(o.b()), value).raised();
  }
  return true;
}

static bool store_attr_generic(const OpContext& o) {
  bool done;
  if (!store_attr_locked(o, &done)) return false;
  if (done) return true;
  if (should_specialise(o.t, o.pc, Op::StoreAttr)) {
    if (!specialise_store_attr(o, o.regs[o.a()], o.name(o.b()))) give_up_specialising(o.pc, Op::StoreAttr);
  }
  return do_StoreAttr(o);
}
HANDLER(StoreAttr) {
  frame->pc = pc;
  if (!store_attr_generic(OpContext{*t, frame, regs, word, pc})) GO(unwind);
  table = t->dispatch;
  SLOW_NEXT(2);
}

// ---- super ----

static bool super_attr(const OpContext& o, bool two_arguments, bool method) {
  Thread& t = o.t;
  Local<> super = o.take_temp(o.b()), cls = o.take_temp(o.b() + 1), self = o.take_temp(o.b() + 2);
  Borrowed<Str> name = o.name(o.c());
  if (super.value() == Value(&types::Super) && is_type(cls.value()) && !str_equal(name, "__class__"_n)) {
    Type* wanted = cls.borrow().as<Type>().get();
    Local<> start;
    if (is_type(self.value()) && is_subtype(self.borrow().as<Type>().get(), wanted)) start = self.dup();
    else if (is_subtype(type_of(self.value()), wanted)) start = Local<>::share(Value(type_of(self.value())));
    if (start) {
      auto* type = static_cast<Type*>(start.value().as_object());
      Local<Tuple> mro = type->mro.load(type);
      size_t i = 0, n = mro->length();
      while (i < n && mro->at(i).value() != cls.value()) i++;
      for (i++; i < n; i++) {
        Lookup<> found = dict_find_str(t, mro->at(i).as<Type>()->dict.borrow(), name);
        if (found.raised()) return false;
        if (found.absent()) continue;
        Local<> v = found.take();
        Type* kind = type_of(v.value());
        bool bound = start.value() != self.value();
        if (method && bound && (kind->load_type_flags() & kTypeMethodDescriptor)) {
          o.put(o.a(), std::move(v));
          o.put(o.a() + 1, std::move(self));
          return true;
        }
        if (DescrGetFn get = kind->slots.descr_get) {
          auto r = get(t, v, bound ? self.borrow() : Borrowed<>(), start);
          if (r.raised()) return false;
          v = r.take();
        }
        o.put(o.a(), std::move(v));
        if (method) o.put(o.a() + 1, Local<>());
        return true;
      }
    }
  }
  // Another callable under that name, or an error: as written.
  bool ours = super.value() == Value(&types::Super);
  auto made = two_arguments || ours ? call(t, super, cls, self) : call(t, super);
  if (made.raised()) return false;
  auto r = get_attr(t, *made, name);
  if (r.raised()) return false;
  o.put(o.a(), r.take());
  if (method) o.put(o.a() + 1, Local<>());
  return true;
}
bool do_LoadSuperAttr(const OpContext& o) { return super_attr(o, false, false); }
bool do_LoadSuperAttr2(const OpContext& o) { return super_attr(o, true, false); }
bool do_LoadSuperMethod(const OpContext& o) { return super_attr(o, false, true); }
bool do_LoadSuperMethod2(const OpContext& o) { return super_attr(o, true, true); }

// ---- items ----

#define GET_ITEM_SLOW(name)                                             \
  static HANDLER_FUNCTION(slow_##name) {                                \
    frame->pc = pc;                                                     \
    if (!do_##name(OpContext{*t, frame, regs, word, pc})) GO(unwind);   \
    table = t->dispatch;                                                \
    SLOW_NEXT(2);                                                       \
  }
GET_ITEM_SLOW(GetItem)
GET_ITEM_SLOW(GetItemI)
GET_ITEM_SLOW(SetItem)

// The list may change under us: its own reader secures the item.
OROCHI_NOINLINE static Value list_item_shared(Thread* t, List* list, int64_t index) {
  if (index < 0) index += static_cast<int64_t>(list->length());
  if (index < 0) return Value();
  Value v = list_get(*t, Borrowed<List>(list), index).release();
  return v == kAbsentWord ? Value() : v;
}

// Owned item of an exact list or tuple at a fixnum index, or empty.
OROCHI_INLINE Value sequence_item(Thread* t, Value container, int64_t index) {
  Object* object = container.as_object();
  const Type* type = object->type();
  if (type == &types::List) {
    auto* list = static_cast<List*>(object);
    if (OROCHI_UNLIKELY(multi_threaded())) return list_item_shared(t, list, index);
    auto n = static_cast<int64_t>(list->length_);
    if (index < 0) index += n;
    if (OROCHI_UNLIKELY(static_cast<uint64_t>(index) >= static_cast<uint64_t>(n))) return Value();
    Value v = list->array->items[index];
    keep(t, v);
    return v;
  }
  if (type == &types::Tuple) {
    auto* tuple = static_cast<Tuple*>(object);
    auto n = static_cast<int64_t>(tuple->length_);
    if (index < 0) index += n;
    if (OROCHI_UNLIKELY(static_cast<uint64_t>(index) >= static_cast<uint64_t>(n))) return Value();
    Value v = tuple->values()[index];
    keep(t, v);
    return v;
  }
  return Value();
}

static HANDLER_FUNCTION(get_item_mapping);

HANDLER(GetItem) {
  Value container = regs[B_], key = regs[C_];
  if (OROCHI_LIKELY(is_object(container))) {
    if (key.is_fixnum()) {
      Value v = sequence_item(t, container, key.as_fixnum());
      if (OROCHI_LIKELY(!v.is_empty())) LOADED_NEXT(v);
    } else if (container.as_object()->type() == &types::Dict) {
      GO(get_item_mapping);
    }
  }
  GO(slow_GetItem);
}
HANDLER(GetItemI) {
  Value container = regs[B_];
  if (OROCHI_LIKELY(is_object(container))) {
    Value v = sequence_item(t, container, SC_);
    if (OROCHI_LIKELY(!v.is_empty())) LOADED_NEXT(v);
  }
  GO(slow_GetItemI);
}

// An exact dict with an exact str key: no Python code can run.
static HANDLER_FUNCTION(get_item_mapping) {
  Value container = regs[B_], key = regs[C_];
  if (!is_exact_str(key) || B_ >= frame->first_temp || C_ >= frame->first_temp) GO(slow_GetItem);
  Value v = dict_find_str(*t, Borrowed<Dict>(container), Borrowed<Str>(key)).release();
  if (OROCHI_UNLIKELY(v.is_empty())) {
    frame->pc = pc;
    GO(unwind);
  }
  if (OROCHI_UNLIKELY(v == kAbsentWord)) GO(slow_GetItem);
  table = t->dispatch;
  WRITE_NEXT(A_, v, 2);
}

HANDLER(SetItem) {
  Value container = regs[A_], key = regs[B_];
  if (OROCHI_LIKELY(is_object(container) && key.is_fixnum() && !multi_threaded()) &&
      container.as_object()->type() == &types::List) {
    auto* list = static_cast<List*>(container.as_object());
    auto n = static_cast<int64_t>(list->length_);
    int64_t index = key.as_fixnum();
    if (index < 0) index += n;
    if (OROCHI_LIKELY(static_cast<uint64_t>(index) < static_cast<uint64_t>(n))) {
      Value v = regs[C_];
      if (C_ >= frame->first_temp) regs[C_] = Value();
      else keep(t, v);
      Value* slot = &list->array->items[index];
      Value old = *slot;
      *slot = v;
      if (A_ >= frame->first_temp) {
        regs[A_] = Value();
        drop(t, container);
      }
      DROP_NEXT(old, 2);
    }
  }
  GO(slow_SetItem);
}

}  // namespace orochi
