// types.GenericAlias and typing.Union: what `list[int]` and `int | str` make.
#pragma once

#include "objects/tuple.h"
#include "protocols/native.h"

namespace orochi {

struct GenericAlias : Object {
  static Type& python_type();
  Field<> origin;
  Field<Tuple> args;
  Field<Tuple> parameters;   // made on first use
  uint64_t starred;          // *alias
  static void trace(Object* object, Visitor& v) {
    auto* a = static_cast<GenericAlias*>(object);
    v.visit(a->origin);
    v.visit(a->args);
    v.visit(a->parameters);
  }
};
struct Union : Object {
  static Type& python_type();
  Field<Tuple> args;         // at least two, each once
  Field<Tuple> parameters;   // made on first use
  static void trace(Object* object, Visitor& v) {
    v.visit(static_cast<Union*>(object)->args);
    v.visit(static_cast<Union*>(object)->parameters);
  }
};
namespace types {
extern ::orochi::Type GenericAlias, Union;
}
inline Type& GenericAlias::python_type() { return types::GenericAlias; }
inline Type& Union::python_type() { return types::Union; }

Result<Local<>> make_generic_alias(Thread& t, Borrowed<> origin, Borrowed<> args);
// left | right; NotImplemented if one of them cannot be in a union.
Result<Local<>> make_union(Thread& t, Borrowed<> left, Borrowed<> right);
// Union[args]: flattens, drops duplicates; a single member is returned as it is.
Result<Local<>> make_union_of(Thread& t, const Value* args, size_t count);

// The type variables in `args`, in order of first use.
Result<Local<Tuple>> collect_type_parameters(Thread& t, Borrowed<Tuple> args);
// `args` with `parameters` replaced by `item` (one, or a tuple of them); `self` is what was subscripted.
Result<Local<Tuple>> substitute_type_parameters(Thread& t, Borrowed<> self, Borrowed<Tuple> args,
                                                Borrowed<Tuple> parameters, Borrowed<> item);
// As annotations show a type: qualified name for classes, "..." for Ellipsis, else its repr.
Result<void> append_type_repr(Thread& t, StrBuilder& out, Borrowed<> type);

}  // namespace orochi
