// See import.h. The finders, loaders and locks are the unmodified library's importlib._bootstrap; here is only what must
// be native: the sys.modules fast path and the creation of built-in modules.
#include "runtime/import.h"

#include "objects/bytes.h"
#include "objects/code.h"
#include "objects/dict.h"
#include "objects/frame_object.h"
#include "objects/function.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/type_ready.h"
#include "runtime/compile_source.h"

extern "C" {
extern const orochi::ModuleDef* const __start_orochi_modules[];
extern const orochi::ModuleDef* const __stop_orochi_modules[];
}

namespace orochi {

// Written once by the starting thread before others exist.
Value sys_modules;
Value importlib_bootstrap;
Lookup<> (*compile_ast_hook)(Thread&, Borrowed<>, Borrowed<Str>, const SourceOptions&, bool) = nullptr;
Result<Local<>> (*parse_ast_hook)(Thread&, std::string_view, Borrowed<Str>, const SourceOptions&) = nullptr;

namespace {

const ModuleDef* find_native(std::string_view name) {
  for (auto* p = __start_orochi_modules; p < __stop_orochi_modules; p++) {
    if (name == (*p)->name) return *p;
  }
  return nullptr;
}

Lookup<> find_module(Thread& t, Borrowed<Str> name) {
  Local<> modules = modules_dict(t);
  if (is_exact_dict(modules.value())) return dict_find_str(t, modules.borrow().as<Dict>(), name);
  auto r = get_item(t, modules, name);
  if (r.raised() && clear_pending_if(t, types::KeyError)) return kAbsent;
  return r;
}

// A module that another thread is still importing: wait for it as importlib does.
Result<void> wait_if_initializing(Thread& t, Borrowed<> module, Borrowed<Str> name) {
  if (!importlib_bootstrap || !is_a<Module>(module)) return ok();
  Borrowed<Dict> dict = module.as<Module>()->dict.borrow();
  Lookup<> spec = dict_find_str(t, dict, "__spec__"_n);
  if (spec.raised()) return Raised{};
  if (spec.absent() || (*spec).value() == kNone) return ok();
  Lookup<> busy = find_attr(t, *spec, "_initializing"_n);
  if (busy.raised()) return Raised{};
  if (busy.absent() || !TRY(is_true(t, *busy))) return ok();
  (void)TRY(call_method(t, Borrowed<>(importlib_bootstrap), "_lock_unlock_module"_n, name));
  return ok();
}

// The absolute name for a relative import.
Result<Local<Str>> resolve_relative(Thread& t, Borrowed<Str> name, Borrowed<> globals, int32_t level) {
  if (!globals) return raise(t, types::KeyError, "'__name__' not in globals");
  Local<> package = TRY(call_method(t, Borrowed<>(importlib_bootstrap), "_calc___package__"_n, globals));
  if (!is_str(package.value())) return raise(t, types::TypeError, "__package__ must be set to a string");
  auto p = package.borrow().as<Str>();
  if (p->length() == 0) {
    return raise(t, types::ImportError, "attempted relative import with no known parent package");
  }
  size_t end = p->length();
  for (int32_t up = 1; up < level; up++) {
    size_t dot = end;
    while (dot > 0 && p->at(dot - 1) != '.') dot--;
    if (dot == 0) return raise(t, types::ImportError, "attempted relative import beyond top-level package");
    end = dot - 1;
  }
  Local<Str> base = TRY(str_substring(t, p, 0, end));
  if (name->length() == 0) return base;
  return format_str(t, "{}.{}", base, name);
}

}  // namespace

Local<> modules_dict(Thread& t) { return Local<>::share(sys_modules); }

bool is_native_module(std::string_view name) { return find_native(name) != nullptr; }

void for_each_native_module(void (*f)(const ModuleDef&, void*), void* context) {
  for (auto* p = __start_orochi_modules; p < __stop_orochi_modules; p++) f(**p, context);
}

Lookup<> load_native_module(Thread& t, std::string_view name) {
  const ModuleDef* def = find_native(name);
  if (!def) return kAbsent;
  Local<Str> text = TRY(intern(t, name));
  Local<Module> module = TRY(make_module(t, text));
  module->def = def;
  if (def->doc) TRY(module_set_str(t, module, "__doc__", def->doc));
  Borrowed<Dict> dict = module->dict.borrow();
  for (size_t i = 0; i < def->function_count; i++) {
    Local<NativeFunction> f = TRY(make_native_function(t, def->functions[i], module, text));
    Local<Str> key = TRY(intern(t, def->functions[i].name()));
    TRY(dict_set_str(t, dict, key, std::move(f)));
  }
  if (def->init) TRY(def->init(t, module));
  return module;
}

Result<Local<>> import_by_name(Thread& t, Borrowed<Str> name) {
  Lookup<> known = find_module(t, name);
  if (known.raised()) return Raised{};
  if (known.found() && (*known).value() != kNone) {
    TRY(wait_if_initializing(t, *known, name));
    return known.take();
  }
  if (!importlib_bootstrap) {
    Utf8 text = TRY(str_utf8(t, name));
    Lookup<> native = load_native_module(t, text.view);
    if (native.raised()) return Raised{};
    if (native.absent()) return raise(t, types::ImportError, "no module named '{}' while starting", name);
    Local<> module = native.take();
    TRY(dict_set_str(t, Borrowed<Dict>(sys_modules), name, module.dup()));
    return module;
  }
  Local<> find_and_load = TRY(get_attr(t, Borrowed<>(importlib_bootstrap), "_gcd_import"_n));
  return call(t, find_and_load, name);
}

Result<Local<>> import_name(Thread& t, Borrowed<Str> name, Borrowed<> globals, Borrowed<> fromlist, int32_t level) {
  if (level < 0) return raise(t, types::ValueError, "level must be >= 0");
  if (name->length() == 0 && level == 0) return raise(t, types::ValueError, "Empty module name");
  Local<Str> absolute = level > 0 ? TRY(resolve_relative(t, name, globals, level)) : Local<Str>::share(name);
  Local<> module = TRY(import_by_name(t, absolute));
  bool has_from = fromlist && fromlist.value() != kNone && TRY(is_true(t, fromlist));
  if (!has_from) {
    // The top-level package of what was written (not of the resolved name).
    size_t dot = 0;
    while (dot < name->length() && name->at(dot) != '.') dot++;
    if (dot == name->length() || name->length() == 0) return module;
    size_t cut = absolute->length() - name->length() + dot;
    Local<Str> top = TRY(str_substring(t, absolute, 0, cut));
    Lookup<> found = find_module(t, top);
    if (found.raised()) return Raised{};
    if (found.absent()) return raise(t, types::KeyError, "{} not in sys.modules as expected", top);
    return found.take();
  }
  Lookup<> path = find_attr(t, module, "__path__"_n);
  if (path.raised()) return Raised{};
  if (path.absent() || !importlib_bootstrap) return module;
  Local<> handle = TRY(get_attr(t, Borrowed<>(importlib_bootstrap), "_handle_fromlist"_n));
  Local<> importer = TRY(get_attr(t, Borrowed<>(importlib_bootstrap), "_gcd_import"_n));
  return call(t, handle, module, fromlist, importer);
}

Result<Local<>> fs_path_text(Thread& t, Borrowed<> path, const char* what) {
  Local<> p = Local<>::share(path);
  if (!is_str(path) && !is_bytes(path)) {
    Lookup<> r = call_special(t, path, "__fspath__"_n);
    if (r.raised()) return Raised{};
    if (r.absent()) {
      return raise(t, types::TypeError, "expected str, bytes or os.PathLike object, not {}", TypeName(path));
    }
    p = r.take();
  }
  if (is_str(p.value())) return p;
  if (is_bytes(p.value())) return decode_file_name(t, p.borrow().as<Bytes>()->view());
  return raise(t, types::TypeError, "expected {}.__fspath__() to return str or bytes, not {}", TypeName(path),
               TypeName(p.value()));
}

uint32_t current_future_flags(Thread& t) {
  constexpr uint32_t kFutures = 0x1fe0000;
  return t.frame ? t.frame->code->flags & kFutures : 0;
}

}  // namespace orochi
