// types.ModuleType. A module keeps its attributes in its own dict (not in slots): globals of its code are that dict.
#include "builtins/type_type.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/type_ready.h"

namespace orochi {

Type& Module::python_type() { return types::Module; }

namespace {

void trace_module(Object* object, Visitor& v) {
  auto* m = static_cast<Module*>(object);
  v.visit(m->dict);
  v.visit(m->state);
}
constinit const Layout kModuleLayout{"module", sizeof(Module), 0, trace_module, nullptr, nullptr, nullptr};

Result<Local<Dict>> dict_of(Thread& t, Borrowed<Module> m) {
  Local<Dict> d = m->dict.load(m.get());
  if (d) return d;
  d = TRY(make_dict(t));
  m->dict.set(d.dup());
  return d;
}

Result<void> fill(Thread& t, Borrowed<Module> m, Borrowed<Str> name, Borrowed<> doc) {
  Local<Dict> dict = TRY(dict_of(t, m));
  TRY(dict_set_str(t, dict, "__name__"_n, Local<>::share(name)));
  TRY(dict_set_str(t, dict, "__doc__"_n, doc ? Local<>::share(doc) : immediate(kNone)));
  TRY(dict_set_str(t, dict, "__package__"_n, immediate(kNone)));
  TRY(dict_set_str(t, dict, "__loader__"_n, immediate(kNone)));
  TRY(dict_set_str(t, dict, "__spec__"_n, immediate(kNone)));
  return ok();
}

Result<Local<>> module_new(Thread& t, Borrowed<Type> cls, Rest, KwRest) {
  Local<Module> m = TRY(allocate_for<Module>(t, cls));
  m->dict.init(TRY(make_dict(t)));
  return m;
}
constexpr NativeDef kModuleNew = arguments<module_new>("module(cls, *args, **kwargs)");

Result<Local<>> module_init(Thread& t, Borrowed<Module> self, Borrowed<Str> name, Borrowed<> doc) {
  TRY(fill(t, self, name, doc));
  return kNone;
}
constexpr NativeDef kModuleInit = arguments<module_init>("module(self, name, doc=None)");

Lookup<Str> module_name(Thread& t, Borrowed<Module> m) {
  Local<Dict> dict = TRY(dict_of(t, m));
  Lookup<> name = dict_find_str(t, dict, "__name__"_n);
  if (name.raised()) return Raised{};
  if (name.absent() || !is_str((*name).value())) return kAbsent;
  return name.take().as<Str>();
}

Raised raise_module_attribute(Thread& t, Borrowed<Module> self, Borrowed<Str> name, Local<Str> message) {
  Value args[] = {message.value()};
  auto e = make_exception(t, types::AttributeError, args, 1);
  if (e.raised()) return {};
  if (set_exception_extra(t, *e, 0, name).raised() || set_exception_extra(t, *e, 1, self).raised()) return {};
  return raise_exception(t, e.take());
}

// The "has no attribute" message: a module that is still being imported, or that hides one of the library, says so.
Result<Local<Str>> missing_message(Thread& t, Borrowed<Module> self, Borrowed<Str> name) {
  Lookup<Str> module = module_name(t, self);
  if (module.raised()) return Raised{};
  if (module.absent()) return format_str(t, "module has no attribute '{}'", name);
  Local<Dict> dict = TRY(dict_of(t, self));
  Lookup<> spec = dict_find_str(t, dict, "__spec__"_n);
  if (spec.raised()) return Raised{};
  bool initializing = false;
  Local<Str> origin;
  if (spec.found() && (*spec).value() != kNone) {
    Lookup<> flag = find_attr(t, *spec, "_initializing"_n);
    if (flag.raised()) return Raised{};
    initializing = flag.found() && TRY(is_true(t, *flag));
    Lookup<> file = find_attr(t, *spec, "origin"_n);
    if (file.raised()) return Raised{};
    if (file.found() && is_str((*file).value())) origin = file.take().as<Str>();
  }
  if (initializing && origin) {
    return format_str(t, "partially initialized module '{}' from '{}' has no attribute '{}' (most likely due to a circular import)",
                      *module, origin, name);
  }
  if (initializing) {
    return format_str(t, "partially initialized module '{}' has no attribute '{}' (most likely due to a circular import)",
                      *module, name);
  }
  return format_str(t, "module '{}' has no attribute '{}'", *module, name);
}

Lookup<> module_op_getattr(Thread& t, Borrowed<> self, Borrowed<Str> name) {
  auto m = self.as<Module>();
  Type* type = type_of(self);
  Lookup<> descr = type_lookup(t, type, name);
  if (descr.raised()) return Raised{};
  if (descr.found() && type_of((*descr).value())->slots.descr_set) {
    if (DescrGetFn get = type_of((*descr).value())->slots.descr_get) return get(t, *descr, self, Borrowed<>(type));
  }
  Local<Dict> dict = TRY(dict_of(t, m));
  Lookup<> own = dict_find_str(t, dict, name);
  if (!own.absent()) return own;
  if (descr.found()) {
    if (DescrGetFn get = type_of((*descr).value())->slots.descr_get) return get(t, *descr, self, Borrowed<>(type));
    return descr;
  }
  Lookup<> fallback = dict_find_str(t, dict, "__getattr__"_n);  // PEP 562
  if (fallback.raised()) return Raised{};
  if (fallback.found()) return call(t, *fallback, name);
  Local<Str> message = TRY(missing_message(t, m, name));
  return raise_module_attribute(t, m, name, std::move(message));
}

Result<void> module_op_setattr(Thread& t, Borrowed<> self, Borrowed<Str> name, Borrowed<> value) {
  Lookup<> descr = type_lookup(t, type_of(self), name);
  if (descr.raised()) return Raised{};
  if (descr.found()) {
    if (DescrSetFn set = type_of((*descr).value())->slots.descr_set) return set(t, *descr, self, value);
  }
  Local<Dict> dict = TRY(dict_of(t, self.as<Module>()));
  if (value) {
    Local<Str> key = TRY(intern(t, name));
    return dict_set_str(t, dict, key, Local<>::share(value));
  }
  if (TRY(dict_delete_str(t, dict, name))) return ok();
  Local<Str> message = TRY(missing_message(t, self.as<Module>(), name));
  return raise_module_attribute(t, self.as<Module>(), name, std::move(message));
}

Result<Local<>> module_op_repr(Thread& t, Borrowed<> self) {
  Local<> importlib = TRY(import_module(t, "_frozen_importlib"_n));
  return call_method(t, importlib, "_module_repr"_n, self);
}

Result<Local<>> module_get_dict(Thread& t, Borrowed<Module> self) { return dict_of(t, self); }
Result<Local<>> module_get_annotations(Thread& t, Borrowed<Module> self) {
  Local<Dict> dict = TRY(dict_of(t, self));
  Lookup<> found = dict_find_str(t, dict, "__annotations__"_n);
  if (found.raised()) return Raised{};
  if (found.found()) return found.take();
  Lookup<> annotate = dict_find_str(t, dict, "__annotate__"_n);
  if (annotate.raised()) return Raised{};
  Local<> annotations;
  if (annotate.found() && is_callable((*annotate).value())) {
    annotations = TRY(call(t, *annotate, Value::fixnum(1)));
    if (!is_dict(annotations.value())) {
      return raise(t, types::TypeError, "__annotate__() must return a dict, not {}", TypeName(annotations.value()));
    }
  } else {
    annotations = TRY(make_dict(t));
  }
  TRY(dict_set_str(t, dict, "__annotations__"_n, annotations.dup()));
  return annotations;
}
Result<void> module_set_annotations(Thread& t, Borrowed<Module> self, Borrowed<> value) {
  Local<Dict> dict = TRY(dict_of(t, self));
  if (value) {
    TRY(dict_set_str(t, dict, "__annotations__"_n, Local<>::share(value)));
  } else if (!TRY(dict_delete_str(t, dict, "__annotations__"_n))) {
    return raise(t, types::AttributeError, "__annotations__");
  }
  (void)TRY(dict_delete_str(t, dict, "__annotate__"_n));
  return ok();
}
Result<Local<>> module_get_annotate(Thread& t, Borrowed<Module> self) {
  Local<Dict> dict = TRY(dict_of(t, self));
  Lookup<> found = dict_find_str(t, dict, "__annotate__"_n);
  if (found.raised()) return Raised{};
  if (found.found()) return found.take();
  TRY(dict_set_str(t, dict, "__annotate__"_n, immediate(kNone)));
  return kNone;
}
Result<void> module_set_annotate(Thread& t, Borrowed<Module> self, Borrowed<> value) {
  if (!value) return raise(t, types::TypeError, "cannot delete __annotate__ attribute");
  if (value.value() != kNone && !is_callable(value)) {
    return raise(t, types::TypeError, "__annotate__ must be callable or None");
  }
  Local<Dict> dict = TRY(dict_of(t, self));
  TRY(dict_set_str(t, dict, "__annotate__"_n, Local<>::share(value)));
  if (value.value() != kNone) (void)TRY(dict_delete_str(t, dict, "__annotations__"_n));
  return ok();
}
Result<Local<>> module_dir(Thread& t, Borrowed<Module> self) {
  Local<> dict = TRY(get_attr(t, self, "__dict__"_n));
  if (!is_dict(dict.value())) return raise(t, types::TypeError, "<module>.__dict__ is not a dictionary");
  Lookup<> custom = dict_find_str(t, dict.borrow().as<Dict>(), "__dir__"_n);
  if (custom.raised()) return Raised{};
  if (custom.found()) return call(t, *custom);
  return dict_keys_list(t, dict.borrow().as<Dict>());
}

constexpr NativeDef kModuleMethods[] = {method<module_dir>("__dir__(self, /)", "__dir__() -> list")};
constexpr GetSetDef kModuleGetSets[] = {
    getter<module_get_dict>("__dict__", nullptr),
    getset<module_get_annotations, module_set_annotations>("__annotations__", nullptr),
    getset<module_get_annotate, module_set_annotate>("__annotate__", nullptr),
};
const TypeDef kModuleTypeDef = {
    .name = "module",
    .signature = "(name, doc=None)",
    .doc = "Create a module object.\n\nThe name must be a string; the optional docstring can have any type.",
    .layout = &kModuleLayout,
    .flags = kTypeSubclassable | kTypeWeakrefable,
    .shape_flags = kShapeIsModule,
    OROCHI_METHODS(kModuleMethods),
    OROCHI_GETSETS(kModuleGetSets),
    .slots = {.repr = module_op_repr,
              .getattr = module_op_getattr,
              .setattr = module_op_setattr,
              .init = init_slot<kModuleInit>,
              .new_ = new_slot<kModuleNew>},
};

}  // namespace

Result<Local<Module>> make_module(Thread& t, Borrowed<Str> name) {
  Local<Module> m = TRY(make_object<Module>(t));
  TRY(fill(t, m, name, Borrowed<>()));
  return m;
}

OROCHI_TYPE(Module, kModuleTypeDef)

}  // namespace orochi
