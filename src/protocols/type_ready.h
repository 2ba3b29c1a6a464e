// Making built-in types usable: mro, dict with methods, properties and slot wrappers, inherited slots.
#pragma once

#include "protocols/native.h"

namespace orochi {

// A property of a native type.
struct GetSetDescriptor : Object {
  static Type& python_type();
  const GetSetDef* def;
  Field<Type> owner;
};

struct StaticMethod : Object {
  static Type& python_type();
  Field<> callable;
};
struct ClassMethod : Object {
  static Type& python_type();
  Field<> callable;
};
namespace types {
extern ::orochi::Type NativeFunction, MethodDescriptor, ClassMethodDescriptor, GetSetDescriptor, SlotWrapper,
    MethodWrapper, StaticMethod, ClassMethod, Property, Super, Module;
}

// Start-up, after bootstrap_types() and interning: everything in the orochi_types section.
Result<void> ready_builtin_types(Thread& t);
// Adds one method, class method or static method under its name.
Result<void> add_native_method(Thread& t, Type& type, const NativeDef& def);
// `__new__` of a built-in type: checks the class it is called with, then runs the type's new_ slot.
extern const NativeDef kNewFunction;

}  // namespace orochi
