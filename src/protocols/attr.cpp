// Attribute lookup: type attributes along the mro, descriptors, instance slots (Python data model, "Implementing
// descriptors" and "Invoking descriptors").
#include "protocols/attr.h"

#include "objects/dict.h"
#include "objects/shape_table.h"
#include "objects/tuple.h"
#include "protocols/call.h"
#include "protocols/dunder_slots.h"
#include "protocols/native.h"

namespace orochi {

namespace {

// Per-thread cache of type_lookup, keyed by the type's version and the interned name. Values are not counted: an entry
// counts only while the version is current, so the value is still in a class dictionary. In multi-threaded mode another
// thread may drop it between our check and our retain, so then only values that are never counted are taken from here.
struct TypeCacheEntry {
  uint32_t version;
  Value name;
  Value value;  // kAbsentWord: no such attribute
};
constexpr size_t kTypeCacheSize = 1024;
thread_local constinit TypeCacheEntry type_cache[kTypeCacheSize] = {};

bool is_uncounted(Value v) { return !v.is_heap() || v.as_object()->owner >= kOwnerDeferred; }

Lookup<> type_lookup_slow(Mutator& m, Borrowed<Type> type, Borrowed<Str> name) {
  Borrowed<Tuple> mro = type->mro.borrow();
  if (!mro) return kAbsent;
  Local<Tuple> keep = multi_threaded() ? type->mro.load(type.get()) : Local<Tuple>();
  if (keep) mro = keep.borrow();
  for (size_t i = 0, n = mro->length(); i < n; i++) {
    Borrowed<Dict> dict = mro->at(i).as<Type>()->dict.borrow();  // set once, before the type is published
    if (!dict) continue;
    Lookup<> found = dict_find_str(m, dict, name);
    if (!found.absent()) return found;
  }
  return kAbsent;
}

OROCHI_INLINE bool is_data_descriptor(Value descr) { return type_of(descr)->slots.descr_set != nullptr; }

Lookup<> bind(Thread& t, Local<> descr, Borrowed<> instance, Borrowed<> owner) {
  DescrGetFn get = type_of(descr.value())->slots.descr_get;
  if (!get) return descr;
  return get(t, descr, instance, owner);
}

}  // namespace

Lookup<> type_lookup(Mutator& m, Borrowed<Type> type, Borrowed<Str> name) {
  uint32_t version = __atomic_load_n(&type->version, __ATOMIC_ACQUIRE);  // pairs with type_modified
  if (version == 0 || !name->is_interned()) return type_lookup_slow(m, type, name);
  size_t at = (version * 2654435761u ^ static_cast<uint32_t>(name.value().bits >> 4)) & (kTypeCacheSize - 1);
  TypeCacheEntry& entry = type_cache[at];
  if (OROCHI_LIKELY(entry.version == version && entry.name == name.value())) {
    if (entry.value == kAbsentWord) return kAbsent;
    if (!multi_threaded() || is_uncounted(entry.value)) return Local<>::share(entry.value);
  }
  Lookup<> found = type_lookup_slow(m, type, name);
  if (!found.raised() && __atomic_load_n(&type->version, __ATOMIC_ACQUIRE) == version) {
    entry = {version, name, found.absent() ? kAbsentWord : (*found).value()};
  }
  return found;
}

Lookup<> generic_getattr(Thread& t, Borrowed<> self, Borrowed<Str> name) {
  Type* type = type_of(self);
  Lookup<> descr = type_lookup(t, type, name);
  if (descr.raised()) return Raised{};
  if (descr.found() && is_data_descriptor((*descr).value()) && type_of((*descr).value())->slots.descr_get) {
    return bind(t, descr.take(), self, Borrowed<>(type));
  }
  if (self.value().is_heap()) {
    Object* object = self.value().as_object();
    if (object->has(kShapeHasSlots)) {
      Lookup<> own = instance_find(t, self, name);
      if (!own.absent()) return own;
    }
  }
  if (descr.found()) return bind(t, descr.take(), self, Borrowed<>(type));
  return kAbsent;
}

Result<void> generic_setattr(Thread& t, Borrowed<> self, Borrowed<Str> name, Borrowed<> value) {
  Type* type = type_of(self);
  Lookup<> descr = type_lookup(t, type, name);
  if (descr.raised()) return Raised{};
  if (descr.found()) {
    if (DescrSetFn set = type_of((*descr).value())->slots.descr_set) return set(t, *descr, self, value);
  }
  if (self.value().is_heap() && has_attr_room(self.value().as_object()->shape())) {
    if (value) return instance_set(t, self, name, Local<>::share(value));
    if (TRY(instance_delete(t, self, name))) return ok();
    return raise_no_attribute(t, self, name);
  }
  Local<Exception> e;
  Local<Str> message;
  if (descr.found()) {
    message = TRY(format_str(t, "'{}' object attribute '{}' is read-only", type, name));
  } else if (value) {
    message = TRY(format_str(t, "'{}' object has no attribute '{}' and no __dict__ for setting new attributes", type, name));
  } else {
    message = TRY(format_str(t, "'{}' object has no attribute '{}'", type, name));
  }
  Value args[] = {message.value()};
  e = TRY(make_exception(t, types::AttributeError, args, 1));
  TRY(set_exception_extra(t, e, 0, name));
  TRY(set_exception_extra(t, e, 1, self));
  return raise_exception(t, std::move(e));
}

Lookup<> type_getattr(Thread& t, Borrowed<> self, Borrowed<Str> name) {
  Borrowed<Type> type = self.as<Type>();
  Type* meta = type_of(self);
  Lookup<> from_meta = type_lookup(t, meta, name);
  if (from_meta.raised()) return Raised{};
  if (from_meta.found() && is_data_descriptor((*from_meta).value()) && type_of((*from_meta).value())->slots.descr_get) {
    return bind(t, from_meta.take(), self, Borrowed<>(meta));
  }
  Lookup<> own = type_lookup(t, type, name);
  if (own.raised()) return Raised{};
  if (own.found()) return bind(t, own.take(), Borrowed<>(), self);
  if (from_meta.found()) return bind(t, from_meta.take(), self, Borrowed<>(meta));
  return kAbsent;
}

Result<void> type_setattr(Thread& t, Borrowed<> self, Borrowed<Str> name, Borrowed<> value) {
  Borrowed<Type> type = self.as<Type>();
  if (type->load_type_flags() & kTypeImmutable) {
    return raise(t, types::TypeError, "cannot set '{}' attribute of immutable type '{}'", name, type);
  }
  Type* meta = type_of(self);
  Lookup<> descr = type_lookup(t, meta, name);
  if (descr.raised()) return Raised{};
  if (descr.found()) {
    if (DescrSetFn set = type_of((*descr).value())->slots.descr_set) return set(t, *descr, self, value);
  }
  Local<Str> key = TRY(intern(t, name));
  Local<Dict> dict = type->dict.load(type.get());
  if (value) {
    TRY(dict_set_str(t, dict, key, Local<>::share(value)));
  } else if (!TRY(dict_delete_str(t, dict, key))) {
    return raise_no_attribute(t, self, name);
  }
  type_modified(type.get());
  if (is_special_name(key)) return update_slots(t, type);
  return ok();
}

Lookup<> find_attr(Thread& t, Borrowed<> object, Borrowed<Str> name) {
  Type* type = type_of(object);
  GetAttrFn get = type->slots.getattr;
  Lookup<> found = get ? get(t, object, name) : generic_getattr(t, object, name);
  if (found.raised() && clear_pending_if(t, types::AttributeError)) return kAbsent;
  return found;
}

Result<Local<>> get_attr(Thread& t, Borrowed<> object, Borrowed<Str> name) {
  GetAttrFn get = type_of(object)->slots.getattr;
  Lookup<> found = get ? get(t, object, name) : generic_getattr(t, object, name);
  if (OROCHI_LIKELY(found.found())) return found.take();
  if (found.raised()) return Raised{};
  return raise_no_attribute(t, object, name);
}

Result<void> set_attr(Thread& t, Borrowed<> object, Borrowed<Str> name, Borrowed<> value) {
  SetAttrFn set = type_of(object)->slots.setattr;
  return set ? set(t, object, name, value) : generic_setattr(t, object, name, value);
}

Result<void> delete_attr(Thread& t, Borrowed<> object, Borrowed<Str> name) {
  return set_attr(t, object, name, Borrowed<>());
}

Result<bool> has_attr(Thread& t, Borrowed<> object, Borrowed<Str> name) {
  Lookup<> found = find_attr(t, object, name);
  if (found.raised()) return Raised{};
  return found.found();
}

Lookup<> find_special(Thread& t, Borrowed<> object, Borrowed<Str> name) {
  Type* type = type_of(object);
  Lookup<> descr = type_lookup(t, type, name);
  if (!descr.found()) return descr;
  return bind(t, descr.take(), object, Borrowed<>(type));
}

Result<void> get_method(Thread& t, Borrowed<> object, Borrowed<Str> name, Local<>* function, bool* self_needed) {
  Type* type = type_of(object);
  *self_needed = false;
  if (type->slots.getattr == generic_getattr || !type->slots.getattr) {
    Lookup<> descr = type_lookup(t, type, name);
    if (descr.raised()) return Raised{};
    if (descr.found() && (type_of((*descr).value())->load_type_flags() & kTypeMethodDescriptor)) {
      if (object.value().is_heap() && object.value().as_object()->has(kShapeHasSlots)) {
        Lookup<> own = instance_find(t, object, name);
        if (own.raised()) return Raised{};
        if (own.found()) {
          *function = own.take();
          return ok();
        }
      }
      *function = descr.take();
      *self_needed = true;
      return ok();
    }
  }
  *function = TRY(get_attr(t, object, name));
  return ok();
}

Lookup<Dict> instance_dict(Mutator& m, Borrowed<> object) {
  if (!object.value().is_heap()) return kAbsent;
  Object* o = object.value().as_object();
  if (o->has(kShapeIsModule)) {
    Local<Dict> dict = static_cast<Module*>(o)->dict.load(o);
    if (!dict) return kAbsent;
    return dict;
  }
  if (!has_attr_room(o->shape())) return kAbsent;
  return ensure_instance_dict(m, o);
}

Lookup<> instance_find(Mutator& m, Borrowed<> object, Borrowed<Str> name) {
  Object* o = object.value().as_object();
  Borrowed<Str> key = name;
  if (!name->is_interned()) {
    key = find_interned(name);
    if (!key) {  // no shape names it; only a dictionary can hold it
      Local<Dict> dict = existing_instance_dict(o);
      if (!dict) return kAbsent;
      return dict_find_str(m, dict, name);
    }
  }
  return slots_find(m, o, key);
}

Result<void> instance_set(Mutator& m, Borrowed<> object, Borrowed<Str> name, Local<> value) {
  Object* o = object.value().as_object();
  if (name->is_interned()) return slots_set(m, o, name, std::move(value));
  if (Local<Dict> dict = existing_instance_dict(o)) return dict_set_str(m, dict, name, std::move(value));
  Local<Str> key = TRY(intern(m, name));
  return slots_set(m, o, key, std::move(value));
}

Result<bool> instance_delete(Mutator& m, Borrowed<> object, Borrowed<Str> name) {
  Object* o = object.value().as_object();
  if (Local<Dict> dict = existing_instance_dict(o)) return dict_delete_str(m, dict, name);
  Borrowed<Str> key = name->is_interned() ? name : find_interned(name);
  if (!key) return false;
  return slots_delete(m, o, key);
}

Raised raise_no_attribute(Thread& t, Borrowed<> object, Borrowed<Str> name) {
  Local<Str> message;
  if (is_type(object)) {
    auto r = format_str(t, "type object '{}' has no attribute '{}'", object.as<Type>(), name);
    if (r.raised()) return {};
    message = r.take();
  } else {
    auto r = format_str(t, "'{}' object has no attribute '{}'", TypeName(object), name);
    if (r.raised()) return {};
    message = r.take();
  }
  Value args[] = {message.value()};
  auto e = make_exception(t, types::AttributeError, args, 1);
  if (e.raised()) return {};
  if (set_exception_extra(t, *e, 0, name).raised()) return {};
  if (set_exception_extra(t, *e, 1, object).raised()) return {};
  return raise_exception(t, e.take());
}

}  // namespace orochi
