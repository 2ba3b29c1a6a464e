// bool (the constants True and False) and the types of the singletons None, Ellipsis and NotImplemented.
#include "builtins/int_type.h"
#include "builtins/number_support.h"

namespace orochi {

namespace {

bool both_bool(Borrowed<> a, Borrowed<> b) {
  return (a.value() == kTrue || a.value() == kFalse) && (b.value() == kTrue || b.value() == kFalse);
}
Result<Local<>> bool_op_and(Thread& t, Borrowed<> a, Borrowed<> b) {
  if (!both_bool(a, b)) return int_op_and(t, a, b);
  return Value::boolean(a.value() == kTrue && b.value() == kTrue);
}
Result<Local<>> bool_op_or(Thread& t, Borrowed<> a, Borrowed<> b) {
  if (!both_bool(a, b)) return int_op_or(t, a, b);
  return Value::boolean(a.value() == kTrue || b.value() == kTrue);
}
Result<Local<>> bool_op_xor(Thread& t, Borrowed<> a, Borrowed<> b) {
  if (!both_bool(a, b)) return int_op_xor(t, a, b);
  return Value::boolean(a.value() != b.value());
}
Result<Local<>> bool_op_invert(Thread& t, Borrowed<> v) {
  Local<Str> message = TRY(make_str(
      t,
      "Bitwise inversion '~' on bool is deprecated and will be removed in Python 3.16. This returns the bitwise "
      "inversion of the underlying int object and is usually not what you expect from the negation of a bool object. "
      "Use the 'not' operator for boolean negation or ~int(x) for the bitwise inversion of the underlying int."));
  TRY(warn(t, types::DeprecationWarning, message));
  return int_op_invert(t, v);
}
Result<Local<>> bool_op_repr(Thread&, Borrowed<> v) {
  return v.value() == kTrue ? Local<>::share("True"_n) : Local<>::share("False"_n);
}
Result<Local<>> bool_new(Thread& t, Borrowed<Type>, bool value) { return Value::boolean(value); }
constexpr NativeDef kBoolNew = arguments<bool_new>("bool(cls, object=False, /)");

const TypeDef kBoolDef = {
    .name = "bool",
    .signature = "(object=False, /)",
    .doc = "Returns True when the argument is true, False otherwise. True and False are\n"
           "the only two instances; the class cannot be subclassed.",
    .base = &types::Int,
    .flags = kTypeMatchSelf,
    .shape_flags = kShapeIsInt,
    .slots = {.repr = bool_op_repr,
              .new_ = new_slot<kBoolNew>,
              .invert = bool_op_invert,
              .binary = {nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                         bool_op_and, bool_op_or, bool_op_xor, nullptr}},
};

// ---- None, Ellipsis, NotImplemented

struct Singleton : Object {};
constexpr Layout kSingletonLayout = layout_of<Singleton>("singleton");

Result<Local<>> take_no_arguments(Thread& t, const char* name, const CallArgs& args, Value value) {
  if (args.count || args.has_names()) return raise(t, types::TypeError, "{} takes no arguments", name);
  return value;
}

Result<Local<>> none_op_repr(Thread&, Borrowed<>) { return Local<>::share("None"_n); }
Result<int64_t> none_op_hash(Thread&, Borrowed<>) { return 0xFCA86420; }
Result<bool> none_op_bool(Thread&, Borrowed<>) { return false; }
Result<Local<>> none_op_compare(Thread&, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (a.value() != b.value() || (op != CompareOp::Eq && op != CompareOp::Ne)) return kNotImplemented;
  return Value::boolean(op == CompareOp::Eq);
}
Result<Local<>> none_op_new(Thread& t, Borrowed<Type>, const CallArgs& args) {
  return take_no_arguments(t, "NoneType", args, kNone);
}
const TypeDef kNoneTypeDef = {
    .name = "NoneType",
    .signature = "()",
    .doc = "The type of the None singleton.",
    .layout = &kSingletonLayout,
    .slots = {.repr = none_op_repr,
              .hash = none_op_hash,
              .compare = none_op_compare,
              .new_ = none_op_new,
              .bool_ = none_op_bool},
};

Result<Local<>> ellipsis_op_repr(Thread&, Borrowed<>) { return Local<>::share("Ellipsis"_n); }
Result<Local<>> ellipsis_reduce(Thread&, Borrowed<>) { return Local<>::share("Ellipsis"_n); }
Result<Local<>> ellipsis_op_new(Thread& t, Borrowed<Type>, const CallArgs& args) {
  return take_no_arguments(t, "EllipsisType", args, kEllipsis);
}
constexpr NativeDef kEllipsisMethods[] = {method<ellipsis_reduce>("__reduce__(self, /)", nullptr)};
const TypeDef kEllipsisDef = {
    .name = "ellipsis",
    .signature = "()",
    .doc = "The type of the Ellipsis singleton.",
    .layout = &kSingletonLayout,
    OROCHI_METHODS(kEllipsisMethods),
    .slots = {.repr = ellipsis_op_repr, .new_ = ellipsis_op_new},
};

Result<Local<>> not_implemented_op_repr(Thread&, Borrowed<>) { return Local<>::share("NotImplemented"_n); }
Result<Local<>> not_implemented_reduce(Thread&, Borrowed<>) { return Local<>::share("NotImplemented"_n); }
Result<bool> not_implemented_op_bool(Thread& t, Borrowed<>) {
  return raise(t, types::TypeError, "NotImplemented should not be used in a boolean context");
}
Result<Local<>> not_implemented_op_new(Thread& t, Borrowed<Type>, const CallArgs& args) {
  return take_no_arguments(t, "NotImplementedType", args, kNotImplemented);
}
constexpr NativeDef kNotImplementedMethods[] = {method<not_implemented_reduce>("__reduce__(self, /)", nullptr)};
const TypeDef kNotImplementedDef = {
    .name = "NotImplementedType",
    .signature = "()",
    .doc = "The type of the NotImplemented singleton.",
    .layout = &kSingletonLayout,
    OROCHI_METHODS(kNotImplementedMethods),
    .slots = {.repr = not_implemented_op_repr, .new_ = not_implemented_op_new, .bool_ = not_implemented_op_bool},
};

}  // namespace

OROCHI_TYPE(Bool, kBoolDef)
OROCHI_TYPE(NoneType, kNoneTypeDef)
OROCHI_TYPE(EllipsisType, kEllipsisDef)
OROCHI_TYPE(NotImplementedType, kNotImplementedDef)

}  // namespace orochi
