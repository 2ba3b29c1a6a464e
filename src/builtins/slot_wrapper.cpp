// `int.__add__` and `(1).__add__`: slots of built-in types as methods (wrapper_descriptor, method-wrapper).
#include "protocols/dunder_slots.h"

#include "objects/int.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/buffer.h"
#include "protocols/call.h"
#include "protocols/native.h"
#include "protocols/operators.h"
#include "protocols/type_ready.h"

namespace orochi {

Type& SlotWrapper::python_type() { return types::SlotWrapper; }
Type& MethodWrapper::python_type() { return types::MethodWrapper; }

namespace {

Result<void> want(Thread& t, const SlotRow& row, const CallArgs& args, size_t minimum, size_t maximum) {
  if (args.has_names() && args.names->length()) {
    return raise(t, types::TypeError, "wrapper {}() takes no keyword arguments", row.name);
  }
  if (args.count >= minimum && args.count <= maximum) return ok();
  if (minimum == maximum) {
    return raise(t, types::TypeError, "expected {} argument{}, got {}", minimum, minimum == 1 ? "" : "s", args.count);
  }
  bool few = args.count < minimum;
  size_t bound = few ? minimum : maximum;
  return raise(t, types::TypeError, "expected at {} {} argument{}, got {}", few ? "least" : "most", bound,
               bound == 1 ? "" : "s", args.count);
}

template <typename Fn>
Fn as(void* f) {
  return reinterpret_cast<Fn>(f);
}

// A wrapped __setattr__/__delattr__ of a base must not be used to get around a more specific built-in's own.
Result<void> guard_setattr(Thread& t, Borrowed<> self, void* function, const char* name) {
  Type* type = type_of(self);
  while (type && type->is_heap_type()) type = type->base.borrow().get();
  if (type && type->slots.setattr && reinterpret_cast<void*>(type->slots.setattr) != function) {
    return raise(t, types::TypeError, "can't apply this {} to {} object", name, TypeName(self));
  }
  return ok();
}

Result<Local<>> invoke(Thread& t, const SlotRow& row, void* f, Borrowed<> self, const CallArgs& args) {
  switch (row.kind) {
    case SlotKind::Unary:
      TRY(want(t, row, args, 0, 0));
      return as<UnaryFn>(f)(t, self);
    case SlotKind::Hash: {
      TRY(want(t, row, args, 0, 0));
      return make_int(t, TRY(as<HashFn>(f)(t, self)));
    }
    case SlotKind::Call:
      return as<CallFn>(f)(t, self, args);
    case SlotKind::GetAttr: {
      TRY(want(t, row, args, 1, 1));
      if (!is_str(args[0])) {
        return raise(t, types::TypeError, "attribute name must be string, not '{}'", TypeName(args[0]));
      }
      Lookup<> r = as<GetAttrFn>(f)(t, self, args[0].as<Str>());
      if (r.absent()) return raise_no_attribute(t, self, args[0].as<Str>());
      if (r.raised()) return Raised{};
      return r.take();
    }
    case SlotKind::SetAttr:
    case SlotKind::DelAttr: {
      bool set = row.kind == SlotKind::SetAttr;
      TRY(want(t, row, args, set ? 2 : 1, set ? 2 : 1));
      if (!is_str(args[0])) {
        return raise(t, types::TypeError, "attribute name must be string, not '{}'", TypeName(args[0]));
      }
      TRY(guard_setattr(t, self, f, row.name));
      TRY(as<SetAttrFn>(f)(t, self, args[0].as<Str>(), set ? args[1] : Borrowed<>()));
      return kNone;
    }
    case SlotKind::CompareLt:
    case SlotKind::CompareLe:
    case SlotKind::CompareEq:
    case SlotKind::CompareNe:
    case SlotKind::CompareGt:
    case SlotKind::CompareGe: {
      TRY(want(t, row, args, 1, 1));
      auto op = static_cast<CompareOp>(static_cast<int>(row.kind) - static_cast<int>(SlotKind::CompareLt));
      return as<CompareFn>(f)(t, self, args[0], op);
    }
    case SlotKind::Next: {
      TRY(want(t, row, args, 0, 0));
      Lookup<> r = as<NextFn>(f)(t, self);
      if (r.raised()) return Raised{};
      if (r.absent()) return raise_stop_iteration(t, Borrowed<>());
      return r.take();
    }
    case SlotKind::DescrGet: {
      TRY(want(t, row, args, 1, 2));
      Borrowed<> instance = args[0].value() == kNone ? Borrowed<>() : args[0];
      Borrowed<> owner = args.count > 1 && args[1].value() != kNone ? args[1] : Borrowed<>();
      if (!instance && !owner) return raise(t, types::TypeError, "__get__(None, None) is invalid");
      return as<DescrGetFn>(f)(t, self, instance, owner);
    }
    case SlotKind::DescrSet:
      TRY(want(t, row, args, 2, 2));
      TRY(as<DescrSetFn>(f)(t, self, args[0], args[1]));
      return kNone;
    case SlotKind::DescrDelete:
      TRY(want(t, row, args, 1, 1));
      TRY(as<DescrSetFn>(f)(t, self, args[0], Borrowed<>()));
      return kNone;
    case SlotKind::Init:
      TRY(as<InitFn>(f)(t, self, args));
      return kNone;
    case SlotKind::Finalize:
      TRY(want(t, row, args, 0, 0));
      as<void (*)(Thread&, Borrowed<>)>(f)(t, self);
      return kNone;
    case SlotKind::Bool:
      TRY(want(t, row, args, 0, 0));
      return Value::boolean(TRY(as<BoolFn>(f)(t, self)));
    case SlotKind::BinaryLeft:
      TRY(want(t, row, args, 1, 1));
      return as<BinaryFn>(f)(t, self, args[0]);
    case SlotKind::BinaryRight:
      TRY(want(t, row, args, 1, 1));
      return as<BinaryFn>(f)(t, args[0], self);
    case SlotKind::PowerLeft:
    case SlotKind::PowerRight: {
      TRY(want(t, row, args, 1, 2));
      bool left = row.kind == SlotKind::PowerLeft;
      Borrowed<> a = left ? self : args[0], b = left ? args[0] : self;
      if (args.count == 1 || args[1].value() == kNone) return as<BinaryFn>(f)(t, a, b);
      TernaryFn power = type_of(self)->slots.power;
      if (!power) return kNotImplemented;
      return power(t, a, b, args[1]);
    }
    case SlotKind::Inplace:
    case SlotKind::ConcatWrap:
      TRY(want(t, row, args, 1, 1));
      return as<BinaryFn>(f)(t, self, args[0]);
    case SlotKind::RepeatWrap: {
      TRY(want(t, row, args, 1, 1));
      int64_t n = TRY(to_index(t, args[0]));
      return as<RepeatFn>(f)(t, self, n);
    }
    case SlotKind::Len: {
      TRY(want(t, row, args, 0, 0));
      return make_int(t, TRY(as<LenFn>(f)(t, self)));
    }
    case SlotKind::GetItem:
      TRY(want(t, row, args, 1, 1));
      return as<GetItemFn>(f)(t, self, args[0]);
    case SlotKind::SetItem:
      TRY(want(t, row, args, 2, 2));
      TRY(as<SetItemFn>(f)(t, self, args[0], args[1]));
      return kNone;
    case SlotKind::DelItem:
      TRY(want(t, row, args, 1, 1));
      TRY(as<SetItemFn>(f)(t, self, args[0], Borrowed<>()));
      return kNone;
    case SlotKind::Contains:
      TRY(want(t, row, args, 1, 1));
      return Value::boolean(TRY(as<ContainsFn>(f)(t, self, args[0])));
    case SlotKind::GetBuffer: {
      TRY(want(t, row, args, 1, 1));
      int32_t flags = TRY(to_int32(t, args[0]));
      Type* native = type_of(self);
      while (native->is_heap_type()) native = native->base.borrow().get();
      return make_memoryview(t, self, as<BufferFn>(f), native->slots.release_buffer, flags);
    }
    case SlotKind::ReleaseBuffer: {
      TRY(want(t, row, args, 1, 1));
      return call_method(t, args[0], "release"_n);
    }
    case SlotKind::New:
      break;
  }
  OROCHI_UNREACHABLE();
}

Result<Local<>> slot_wrapper_op_call(Thread& t, Borrowed<> self, const CallArgs& args) {
  auto w = self.as<SlotWrapper>();
  Borrowed<Type> owner = w->owner.borrow();
  if (args.count == 0) {
    return raise(t, types::TypeError, "descriptor '{}' of '{}' object needs an argument", w->row->name, owner);
  }
  if (!is_instance(args[0], *owner.get())) {
    return raise(t, types::TypeError, "descriptor '{}' requires a '{}' object but received a '{}'", w->row->name, owner,
                 TypeName(args[0]));
  }
  ENTER_RECURSION(t, "");
  return invoke(t, *w->row, w->function, args[0], CallArgs{args.values + 1, args.count - 1, args.names});
}

Result<Local<>> slot_wrapper_op_get(Thread& t, Borrowed<> self, Borrowed<> instance, Borrowed<>) {
  if (!instance) return Local<>::share(self);
  auto w = self.as<SlotWrapper>();
  if (!is_instance(instance, *w->owner.borrow().get())) {
    return raise(t, types::TypeError, "descriptor '{}' for '{}' objects doesn't apply to a '{}' object", w->row->name,
                 w->owner.borrow(), TypeName(instance));
  }
  Local<MethodWrapper> bound = TRY(make_object<MethodWrapper>(t));
  bound->wrapper.init_share(w);
  bound->self.init_share(instance);
  return bound;
}

Result<Local<>> slot_wrapper_op_repr(Thread& t, Borrowed<> self) {
  auto w = self.as<SlotWrapper>();
  return format_str(t, "<slot wrapper '{}' of '{}' objects>", w->row->name, w->owner.borrow());
}

Result<Local<>> slot_wrapper_name(Thread& t, Borrowed<SlotWrapper> w) { return intern(t, std::string_view(w->row->name)); }
Result<Local<>> slot_wrapper_qualname(Thread& t, Borrowed<SlotWrapper> w) {
  Borrowed<Type> owner = w->owner.borrow();
  Local<Str> qualname = owner->qualname.load(owner.get());
  return format_str(t, "{}.{}", qualname, w->row->name);
}
Result<Local<>> slot_wrapper_doc(Thread& t, Borrowed<SlotWrapper> w) { return make_str(t, w->row->doc); }
Result<Local<>> slot_wrapper_signature(Thread& t, Borrowed<SlotWrapper> w) { return make_str(t, w->row->signature); }
Result<Local<>> slot_wrapper_objclass(Thread& t, Borrowed<SlotWrapper> w) { return Local<>::share(w->owner.borrow()); }
Result<Local<>> slot_wrapper_reduce(Thread& t, Borrowed<SlotWrapper> w) {
  Local<> getattr = TRY(get_attr(t, TRY(import_builtins(t)), "getattr"_n));
  Local<Str> name = TRY(intern(t, std::string_view(w->row->name)));
  Local<Tuple> args = TRY(make_tuple(t, {w->owner.raw(), name.value()}));
  return make_tuple(t, {getattr.value(), args.value()});
}

Result<Local<>> method_wrapper_op_call(Thread& t, Borrowed<> self, const CallArgs& args) {
  auto m = self.as<MethodWrapper>();
  auto w = m->wrapper.borrow();
  ENTER_RECURSION(t, "");
  return invoke(t, *w->row, w->function, m->self.borrow(), args);
}
Result<Local<>> method_wrapper_op_repr(Thread& t, Borrowed<> self) {
  auto m = self.as<MethodWrapper>();
  return format_str(t, "<method-wrapper '{}' of {} object at {}>", m->wrapper.borrow()->row->name,
                    TypeName(m->self.raw()), AddressArg(m->self.raw()));
}
Result<Local<>> method_wrapper_op_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if ((op != CompareOp::Eq && op != CompareOp::Ne) || type_of(a) != type_of(b)) return kNotImplemented;
  auto x = a.as<MethodWrapper>(), y = b.as<MethodWrapper>();
  bool same = x->wrapper.raw() == y->wrapper.raw() && x->self.raw() == y->self.raw();
  return Value::boolean(same == (op == CompareOp::Eq));
}
Result<int64_t> method_wrapper_op_hash(Thread& t, Borrowed<> self) {
  auto m = self.as<MethodWrapper>();
  return static_cast<int64_t>((m->wrapper.raw().bits >> 4) ^ ((m->self.raw().bits >> 3) * 0x9e3779b97f4a7c15u >> 2));
}
Result<Local<>> method_wrapper_self(Thread& t, Borrowed<MethodWrapper> m) { return Local<>::share(m->self.borrow()); }
Result<Local<>> method_wrapper_name(Thread& t, Borrowed<MethodWrapper> m) {
  return slot_wrapper_name(t, m->wrapper.borrow());
}
Result<Local<>> method_wrapper_qualname(Thread& t, Borrowed<MethodWrapper> m) {
  return slot_wrapper_qualname(t, m->wrapper.borrow());
}
Result<Local<>> method_wrapper_doc(Thread& t, Borrowed<MethodWrapper> m) { return slot_wrapper_doc(t, m->wrapper.borrow()); }
Result<Local<>> method_wrapper_signature(Thread& t, Borrowed<MethodWrapper> m) {
  return slot_wrapper_signature(t, m->wrapper.borrow());
}
Result<Local<>> method_wrapper_objclass(Thread& t, Borrowed<MethodWrapper> m) {
  return slot_wrapper_objclass(t, m->wrapper.borrow());
}
Result<Local<>> method_wrapper_reduce(Thread& t, Borrowed<MethodWrapper> m) {
  Local<> getattr = TRY(get_attr(t, TRY(import_builtins(t)), "getattr"_n));
  Local<Str> name = TRY(intern(t, std::string_view(m->wrapper.borrow()->row->name)));
  Local<Tuple> args = TRY(make_tuple(t, {m->self.raw(), name.value()}));
  return make_tuple(t, {getattr.value(), args.value()});
}

void trace_slot_wrapper(Object* object, Visitor& v) { v.visit(static_cast<SlotWrapper*>(object)->owner); }
constinit const Layout kSlotWrapperLayout{"wrapper_descriptor", sizeof(SlotWrapper), 0, trace_slot_wrapper, nullptr,
                                          nullptr, nullptr};
void trace_method_wrapper(Object* object, Visitor& v) {
  v.visit(static_cast<MethodWrapper*>(object)->wrapper);
  v.visit(static_cast<MethodWrapper*>(object)->self);
}
constinit const Layout kMethodWrapperLayout{"method-wrapper", sizeof(MethodWrapper), 0, trace_method_wrapper, nullptr,
                                            nullptr, nullptr};

constexpr GetSetDef kSlotWrapperGetSets[] = {
    getter<slot_wrapper_name>("__name__", nullptr),           getter<slot_wrapper_qualname>("__qualname__", nullptr),
    getter<slot_wrapper_doc>("__doc__", nullptr),             getter<slot_wrapper_signature>("__text_signature__", nullptr),
    getter<slot_wrapper_objclass>("__objclass__", nullptr),
};
constexpr NativeDef kSlotWrapperMethods[] = {method<slot_wrapper_reduce>("__reduce__(self, /)", nullptr)};
const TypeDef kSlotWrapperDef = {
    .name = "wrapper_descriptor",
    .layout = &kSlotWrapperLayout,
    .flags = kTypeNoNew | kTypeMethodDescriptor,
    .shape_flags = kShapeDeferred,
    OROCHI_METHODS(kSlotWrapperMethods),
    OROCHI_GETSETS(kSlotWrapperGetSets),
    .slots = {.repr = slot_wrapper_op_repr, .call = slot_wrapper_op_call, .descr_get = slot_wrapper_op_get},
};
constexpr GetSetDef kMethodWrapperGetSets[] = {
    getter<method_wrapper_self>("__self__", nullptr),         getter<method_wrapper_name>("__name__", nullptr),
    getter<method_wrapper_qualname>("__qualname__", nullptr), getter<method_wrapper_doc>("__doc__", nullptr),
    getter<method_wrapper_signature>("__text_signature__", nullptr),
    getter<method_wrapper_objclass>("__objclass__", nullptr),
};
constexpr NativeDef kMethodWrapperMethods[] = {method<method_wrapper_reduce>("__reduce__(self, /)", nullptr)};
const TypeDef kMethodWrapperDef = {
    .name = "method-wrapper",
    .layout = &kMethodWrapperLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kMethodWrapperMethods),
    OROCHI_GETSETS(kMethodWrapperGetSets),
    .slots = {.repr = method_wrapper_op_repr, .hash = method_wrapper_op_hash, .call = method_wrapper_op_call,
              .compare = method_wrapper_op_compare},
};

}  // namespace

OROCHI_TYPE(SlotWrapper, kSlotWrapperDef)
OROCHI_TYPE(MethodWrapper, kMethodWrapperDef)

}  // namespace orochi
