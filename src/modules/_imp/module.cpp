// _imp: what importlib asks of the interpreter. Built-in modules only; there are no frozen modules and no extension
// modules (their suffix list is empty).
#include <sys/stat.h>

#include <string>

#include "builtins/type_type.h"
#include "objects/bytes.h"
#include "objects/code.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "base/hash.h"
#include "protocols/attr.h"
#include "protocols/buffer.h"
#include "protocols/call.h"
#include "protocols/native.h"
#include "runtime/import.h"
#include "runtime/start.h"

namespace orochi {

namespace {

// The global import lock is only used by code that still asks for it (imp_lock users): a plain recursive lock would
// need the owner to be a Python thread, so it is counted per thread and never blocks; importlib's own module locks do
// the real work.
thread_local int lock_depth = 0;

void imp_acquire_lock(Thread&) { lock_depth++; }
Result<void> imp_release_lock(Thread& t) {
  if (lock_depth == 0) return raise(t, types::RuntimeError, "not holding the import lock");
  lock_depth--;
  return ok();
}
bool imp_lock_held(Thread&) { return lock_depth > 0; }

int64_t imp_is_builtin(Thread& t, Borrowed<Str> name) {
  return name->is_ascii() && is_native_module(name->ascii_view()) ? 1 : 0;
}
bool imp_is_frozen(Thread&, Borrowed<>) { return false; }
bool imp_is_frozen_package(Thread&, Borrowed<>) { return false; }
Result<Local<>> imp_find_frozen(Thread&, Borrowed<>, bool) { return kNone; }
Result<Local<>> imp_get_frozen_object(Thread& t, Borrowed<Str> name, Borrowed<>) {
  return raise(t, types::ImportError, "No such frozen object named {}", name);
}
Result<Local<>> imp_init_frozen(Thread&, Borrowed<>) { return kNone; }
Result<Local<>> imp_frozen_module_names(Thread& t) { return make_list(t); }
Result<Local<>> imp_extension_suffixes(Thread& t) { return make_list(t); }
int64_t imp_override_frozen(Thread&, int64_t) { return 0; }
int64_t imp_override_multi_interp(Thread&, int64_t) { return 0; }

Result<Local<>> imp_create_builtin(Thread& t, Borrowed<> spec) {
  Local<> name = TRY(get_attr(t, spec, "name"_n));
  if (!is_str(name.value())) return raise(t, types::TypeError, "name must be string");
  Lookup<> known = dict_find_str(t, Borrowed<Dict>(sys_modules), name.borrow().as<Str>());
  if (known.raised()) return Raised{};
  if (known.found()) return known.take();
  Utf8 text = TRY(str_utf8(t, name.borrow().as<Str>()));
  Lookup<> module = load_native_module(t, text.view);
  if (module.raised()) return Raised{};
  if (module.absent()) return kNone;
  return module.take();
}
int64_t imp_exec_builtin(Thread&, Borrowed<>) { return 0; }
Result<Local<>> imp_create_dynamic(Thread& t, Borrowed<> spec, Borrowed<>) {
  return raise(t, types::ImportError, "extension modules cannot be loaded");
}
int64_t imp_exec_dynamic(Thread&, Borrowed<>) { return 0; }

// Rewrites co_filename of a code object and everything nested in it.
Result<void> fix_filename(Thread& t, Borrowed<Code> code, Borrowed<Str> from, Borrowed<Str> to) {
  if (!str_equal(code->filename.borrow(), from)) return ok();
  code->filename.set_share(to);
  Borrowed<Tuple> consts = code->consts.borrow();
  for (size_t i = 0; i < consts->length(); i++) {
    if (is_a<Code>(consts->at(i))) TRY(fix_filename(t, consts->at(i).as<Code>(), from, to));
  }
  return ok();
}
Result<void> imp_fix_co_filename(Thread& t, Borrowed<Code> code, Borrowed<Str> path) {
  Local<Str> from = code->filename.load(code.get());
  if (str_equal(from, path)) return ok();
  return fix_filename(t, code, from, path);
}

Result<Local<>> imp_source_hash(Thread& t, int64_t key, Borrowed<> source) {
  Buffer buffer = TRY(Buffer::get(t, source));
  uint64_t h = siphash13(HashKey{static_cast<uint64_t>(key), 0}, buffer.data(), buffer.size());
  return make_bytes(t, std::string_view(reinterpret_cast<const char*>(&h), sizeof h));
}

// sys.path_hooks[0]: archives. The library's zipimport is only imported when a path is a plain file.
Result<Local<>> imp_archive_hook(Thread& t, Borrowed<> path) {
  Local<> text = TRY(fs_path_text(t, path, "path"));
  Utf8 name = TRY(str_utf8(t, text.borrow().as<Str>(), Surrogates::Escape));
  // The archive may be followed by a folder inside of it.
  std::string file(name.view);
  struct stat st;
  while (!file.empty() && stat(file.c_str(), &st) != 0) {
    size_t slash = file.rfind('/');
    file.resize(slash == std::string::npos ? 0 : slash);
  }
  if (file.empty() || !S_ISREG(st.st_mode)) return raise(t, types::ImportError, "not a Zip file: {}", text.borrow().as<Str>());
  // Finding zipimport itself asks the hooks about every entry of sys.path: the archive is no answer then.
  static thread_local bool importing = false;
  if (importing) return raise(t, types::ImportError, "zipimport is being imported");
  importing = true;
  auto module = import_module(t, "zipimport"_n);
  importing = false;
  if (module.raised()) return Raised{};
  Local<> importer = TRY(get_attr(t, *module, "zipimporter"_n));
  return call(t, importer, path);
}

constexpr NativeDef kFunctions[] = {
    function<imp_archive_hook>("_archive_hook(path, /)", "The path hook for Zip archives."),
    function<imp_acquire_lock>("acquire_lock()", "Acquires the interpreter's import lock for the current thread."),
    function<imp_release_lock>("release_lock()", "Release the interpreter's import lock."),
    function<imp_lock_held>("lock_held()", "Return True if the import lock is currently held, else False."),
    function<imp_is_builtin>("is_builtin(name, /)", "Returns True if the module name corresponds to a built-in module."),
    function<imp_is_frozen>("is_frozen(name, /)", "Returns True if the module name corresponds to a frozen module."),
    function<imp_is_frozen_package>("is_frozen_package(name, /)", "Returns True if the module name is of a frozen package."),
    function<imp_find_frozen>("find_frozen(name, /, *, withdata=False)", "Return info about the corresponding frozen module (if there is one) or None."),
    function<imp_get_frozen_object>("get_frozen_object(name, data=None, /)", "Create a code object for a frozen module."),
    function<imp_init_frozen>("init_frozen(name, /)", "Initializes a frozen module."),
    function<imp_frozen_module_names>("_frozen_module_names()", "Returns the list of available frozen modules."),
    function<imp_extension_suffixes>("extension_suffixes()", "Returns the list of file suffixes used to identify extension modules."),
    function<imp_override_frozen>("_override_frozen_modules_for_tests(override, /)", "(internal-only) Override PyConfig.use_frozen_modules."),
    function<imp_override_multi_interp>("_override_multi_interp_extensions_check(override, /)", "(internal-only) Override PyInterpreterConfig.check_multi_interp_extensions."),
    function<imp_create_builtin>("create_builtin(spec, /)", "Create an extension module."),
    function<imp_exec_builtin>("exec_builtin(mod, /)", "Initialize a built-in module."),
    function<imp_create_dynamic>("create_dynamic(spec, file=None, /)", "Create an extension module."),
    function<imp_exec_dynamic>("exec_dynamic(mod, /)", "Initialize an extension module."),
    function<imp_fix_co_filename>("_fix_co_filename(code, path, /)", "Changes code.co_filename to specify the passed-in path."),
    function<imp_source_hash>("source_hash(key, source)", nullptr),
};

Result<void> init_imp(Thread& t, Borrowed<Module> module) {
  TRY(module_set_str(t, module, "check_hash_based_pycs", "default"));
  // importlib reads the number and writes it, little-endian, in front of "\r\n".
  return module_set_int(t, module, "pyc_magic_number_token", static_cast<int64_t>(pyc_magic_token()));
}

}  // namespace

OROCHI_MODULE(_imp, "(Extremely) low-level import machinery bits as used by importlib.", kFunctions, init_imp)

}  // namespace orochi
