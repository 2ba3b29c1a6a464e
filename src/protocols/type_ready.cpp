// See type_ready.h.
#include "protocols/type_ready.h"

#include <cstring>

#include "objects/dict.h"
#include "objects/shape_table.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/dunder_slots.h"

namespace orochi {

namespace {

// T.__new__(S, …): S must be a subtype of T, and T must be the nearest built-in S allocates as; otherwise a program
// could make an object whose memory is not what its type believes.
Result<Local<>> native_new(Thread& t, Borrowed<> self, Rest args, KwRest) {
  OROCHI_UNREACHABLE();  // NativeFunction's call slot handles kNewFunction itself
}

Result<Local<Tuple>> bases_of(Thread& t, Type& type) {
  Type* base = type.base.borrow().get();
  if (!base) return Local<Tuple>::share(empty_tuple());
  return make_tuple(t, {Value(base)});
}

Result<void> ready(Thread& t, Type& type, const TypeDef& def) {
  if (type.load_type_flags() & kTypeReady) return ok();
  if (Type* base = type.base.borrow().get()) {
    if (!(base->load_type_flags() & kTypeReady)) TRY(ready(t, *base, *base->def));
  }
  type.type_flags |= kTypeReady;
  std::string_view name = def.name;
  std::string_view module = "builtins";
  if (size_t dot = name.rfind('.'); dot != std::string_view::npos) {
    module = name.substr(0, dot);
    name = name.substr(dot + 1);
  }
  Local<Str> interned = TRY(intern(t, name));
  type.name.init_share(interned);
  type.qualname.init_share(interned);
  type.module.init(TRY(intern(t, module)));
  type.bases.init(TRY(bases_of(t, type)));
  type.mro.init(TRY(compute_mro(t, Borrowed<Type>(&type), type.bases.borrow())));
  type.dict.init(TRY(make_dict(t, def.method_count + def.getset_count + 4)));
  {
    TypeLock lock;
    if (Type* base = type.base.borrow().get()) add_subclass(base, &type);
  }
  std::memcpy(&type.slots, &def.slots, sizeof(TypeSlots));
  Borrowed<Dict> dict = type.dict.borrow();
  for (size_t i = 0; i < def.method_count; i++) TRY(add_native_method(t, type, def.methods[i]));
  for (size_t i = 0; i < def.getset_count; i++) {
    Local<GetSetDescriptor> d = TRY(make_object<GetSetDescriptor>(t));
    d->def = &def.getsets[i];
    d->owner.init_share(Borrowed<Type>(&type));
    Local<Str> key = TRY(intern(t, std::string_view(def.getsets[i].name)));
    TRY(dict_set_str(t, dict, key, std::move(d)));
  }
  TRY(add_slot_wrappers(t, type, def));
  if (def.slots.new_ && !(def.flags & kTypeNoNew)) {
    Local<NativeFunction> f = TRY(make_native_function(t, kNewFunction, Borrowed<>(&type), Borrowed<>()));
    f->owner.init_share(Borrowed<Type>(&type));
    TRY(dict_set_str(t, dict, "__new__"_n, std::move(f)));
  }
  Lookup<> doc = dict_find_str(t, dict, "__doc__"_n);
  if (doc.raised()) return Raised{};
  if (doc.absent()) {
    Local<> text = immediate(kNone);
    if (def.doc) text = TRY(make_str(t, def.doc));
    TRY(dict_set_str(t, dict, "__doc__"_n, std::move(text)));
  }
  inherit_slots(type);
  if (def.flags & kTypeNoNew) type.slots.new_ = nullptr;
  return ok();
}

}  // namespace

constinit const NativeDef kNewFunction = []() consteval {
  NativeDef d = function<native_new>("__new__(type, *args, **kwargs)", "Create and return a new object.  See help(type) for accurate signature.");
  return d;
}();

Result<void> add_native_method(Thread& t, Type& type, const NativeDef& def) {
  Local<Str> key = TRY(intern(t, def.name()));
  Borrowed<Dict> dict = type.dict.borrow();
  if (def.flags & kNativeStatic) {
    Local<NativeFunction> f = TRY(make_native_function(t, def, Borrowed<>(), Borrowed<>()));
    f->owner.init_share(Borrowed<Type>(&type));
    Local<StaticMethod> wrapper = TRY(make_object<StaticMethod>(t));
    wrapper->callable.init(std::move(f));
    return dict_set_str(t, dict, key, std::move(wrapper));
  }
  Type& kind = def.flags & kNativeClass ? types::ClassMethodDescriptor : types::MethodDescriptor;
  Local<NativeFunction> f = TRY(allocate<NativeFunction>(t, kind.root_shape));
  f->def = &def;
  f->owner.init_share(Borrowed<Type>(&type));
  return dict_set_str(t, dict, key, std::move(f));
}

Result<void> ready_builtin_types(Thread& t) {
  struct Context {
    Thread& t;
    bool failed = false;
  } context{t};
  for_each_registered_type(
      [](Type& type, const TypeDef& def, void* c) {
        auto* context = static_cast<Context*>(c);
        if (!context->failed && ready(context->t, type, def).raised()) context->failed = true;
      },
      &context);
  if (context.failed) return Raised{};
  return ok();
}

Result<void> ensure_type(Thread& t, Type& type, const TypeDef& def) {
  {
    TypeLock lock;
    bootstrap_type(type, def);
  }
  return ready(t, type, def);
}

Result<void> module_add_type(Thread& t, Borrowed<Module> module, Type& type, const TypeDef& def) {
  TRY(ensure_type(t, type, def));
  const char* dot = std::strrchr(def.name, '.');
  return module_set(t, module, dot ? dot + 1 : def.name, Borrowed<>(&type));
}

}  // namespace orochi
