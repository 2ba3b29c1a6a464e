// Attribute access. All may run Python code.
#pragma once

#include "objects/exception.h"
#include "objects/str.h"

namespace orochi {

Result<Local<>> get_attr(Thread& t, Borrowed<> object, Borrowed<Str> name);   // AttributeError when absent
Lookup<> find_attr(Thread& t, Borrowed<> object, Borrowed<Str> name);         // absent instead of AttributeError
Result<void> set_attr(Thread& t, Borrowed<> object, Borrowed<Str> name, Borrowed<> value);
Result<void> delete_attr(Thread& t, Borrowed<> object, Borrowed<Str> name);
Result<bool> has_attr(Thread& t, Borrowed<> object, Borrowed<Str> name);

// The default implementations (object.__getattribute__, …): slots of `object` and of most types.
Lookup<> generic_getattr(Thread& t, Borrowed<> self, Borrowed<Str> name);
Result<void> generic_setattr(Thread& t, Borrowed<> self, Borrowed<Str> name, Borrowed<> value);
Lookup<> type_getattr(Thread& t, Borrowed<> self, Borrowed<Str> name);        // type.__getattribute__
Result<void> type_setattr(Thread& t, Borrowed<> self, Borrowed<Str> name, Borrowed<> value);

// Looks `name` up along the mro; no descriptor binding, no Python code. Cached per type.
Lookup<> type_lookup(Mutator& m, Borrowed<Type> type, Borrowed<Str> name);
// A special method as the interpreter looks it up: on the type, bound to the object.
Lookup<> find_special(Thread& t, Borrowed<> object, Borrowed<Str> name);

// For method calls without making a bound method: on success *function is what to call; *self_needed says whether the
// object goes first. Raises AttributeError when absent.
Result<void> get_method(Thread& t, Borrowed<> object, Borrowed<Str> name, Local<>* function, bool* self_needed);

// The object's __dict__ (switching it to dictionary mode); absent if it has none.
Lookup<Dict> instance_dict(Mutator& m, Borrowed<> object);
// Own attribute of an instance (slots or dict), no type lookup, no Python code.
Lookup<> instance_find(Mutator& m, Borrowed<> object, Borrowed<Str> name);
Result<void> instance_set(Mutator& m, Borrowed<> object, Borrowed<Str> name, Local<> value);
Result<bool> instance_delete(Mutator& m, Borrowed<> object, Borrowed<Str> name);

// AttributeError worded as Python's, with name and obj set for suggestions.
Raised raise_no_attribute(Thread& t, Borrowed<> object, Borrowed<Str> name);

}  // namespace orochi
