// Class creation, shared by type(), __build_class__ and native code that makes classes.
#pragma once

#include "protocols/native.h"

namespace orochi {

// One __slots__ entry: an inline slot at a fixed index.
struct MemberDescriptor : Object {
  static Type& python_type();
  Field<Str> name;
  Field<Type> owner;
  uint64_t slot;
};
namespace types {
extern ::orochi::Type MemberDescriptor;
}

// type.__new__: `keywords.names` go to __init_subclass__ (values after `keywords.count`). Copies `ns`.
Result<Local<>> type_new(Thread& t, Borrowed<Type> metatype, Borrowed<Str> name, Borrowed<Tuple> bases,
                         Borrowed<Dict> ns, const CallArgs& keywords);
Result<void> install_custom_mro(Thread& t, Borrowed<Type> type);
Result<Local<>> type_module(Thread& t, Borrowed<Type> type);   // __module__, or None
Result<void> add_property(Thread& t, Borrowed<Dict> ns, Borrowed<Type> owner, const GetSetDef& def);
// The `__dict__` property of instances, for getset<> in other tables.
Result<Local<>> instance_get_dict(Thread& t, Borrowed<> self);
Result<void> instance_set_dict(Thread& t, Borrowed<> self, Borrowed<> value);
extern const GetSetDef kInstanceDictGetSet;
extern const GetSetDef kWeakrefGetSet;

// super(cls, object).name: searches start's mro after cls and binds. `start` is the class of object (or object itself).
Lookup<> super_lookup(Thread& t, Borrowed<Type> cls, Borrowed<Type> start, Borrowed<> object, Borrowed<Str> name);

// Installed by higher layers.
// The arguments of a zero-argument super(): the __class__ cell's content and the first argument of the running frame.
extern Result<void> (*super_from_frame_hook)(Thread& t, Local<>* cls, Local<>* object);
extern Result<Local<>> (*make_generic_alias_hook)(Thread& t, Borrowed<> origin, Borrowed<> args);
extern Result<Local<>> (*make_union_hook)(Thread& t, Borrowed<> left, Borrowed<> right);
extern Result<Local<>> (*caller_module_hook)(Thread& t);   // the running frame's __name__ global, or None

}  // namespace orochi
