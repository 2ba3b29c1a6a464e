// The order of starting: shape arena, threads, types, names, sys and builtins, importlib, standard streams, site. And of
// stopping: threads joined, atexit, streams flushed; memory is left to the operating system.
#include "runtime/start.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bytecode/instruction.h"
#include "heap/collector.h"
#include "interpreter/interpret.h"
#include "objects/bytes.h"
#include "objects/dict.h"
#include "objects/function.h"
#include "objects/int_big.h"
#include "objects/list.h"
#include "objects/shape_table.h"
#include "objects/str_text.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/type_ready.h"
#include "runtime/cached_code.h"
#include "runtime/compile_source.h"
#include "runtime/import.h"
#include "runtime/pending_work.h"
#include "threads/safepoint.h"

namespace orochi {

Config config;
Value sys_dict;  // set once at start-up

Result<void> finish_exception_types(Thread& t);

namespace {

bool is_file(const std::string& path) {
  struct stat st;
  return stat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode);
}

void choose_hash_key() {
  if (!config.hash_seed.empty() && config.hash_seed != "random") {
    // The same numbers for the same seed, spread over the key (SplitMix64).
    uint64_t x = strtoull(config.hash_seed.c_str(), nullptr, 10);
    if (x == 0) {
      hash_key = HashKey{};
      return;
    }
    auto next = [&x] {
      x += 0x9e3779b97f4a7c15u;
      uint64_t z = x;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
      return z ^ (z >> 31);
    };
    uint64_t k0 = next(), k1 = next();
    hash_key = HashKey{k0, k1};
    return;
  }
  if (getrandom(&hash_key, sizeof hash_key, 0) != sizeof hash_key) {
    hash_key = HashKey{static_cast<uint64_t>(getpid()) * 0x9e3779b97f4a7c15u, reinterpret_cast<uint64_t>(&hash_key)};
  }
}

void visit_runtime_roots(RootVisitor& roots) {
  visit_static_types(roots);
  roots.visit_value(sys_modules);
  roots.visit_value(sys_dict);
  roots.visit_value(importlib_bootstrap);
  roots.visit_value(default_builtins);
}

Result<Local<>> import_module_by_name(Thread& t, Borrowed<Str> name) { return import_by_name(t, name); }

// Runs a module of the library that importlib itself is made of, before there is an importer.
Result<Local<Module>> run_bootstrap_module(Thread& t, const char* module_name, const char* file) {
  std::string path = config.stdlib_dir + "/importlib/" + file + ".py";
  Local<Str> name = TRY(intern(t, std::string_view(module_name)));
  Local<Code> code = TRY(load_cached_code(t, path, std::string("<frozen importlib.") + file + ">"));
  Local<Module> module = TRY(make_module(t, name));
  Borrowed<Dict> dict = module->dict.borrow();
  TRY(dict_set_str(t, dict, "__builtins__"_n, Local<>::share(default_builtins)));
  (void)TRY(eval_code(t, code, dict, dict));
  TRY(dict_set_str(t, Borrowed<Dict>(sys_modules), name, module.dup()));
  return module;
}

Result<Local<>> native(Thread& t, const char* name) {
  Local<Str> n = TRY(intern(t, std::string_view(name)));
  return import_by_name(t, n);
}

Result<Local<>> file_name_list(Thread& t, const std::vector<std::string>& items) {
  Local<List> list = TRY(make_list(t));
  for (const std::string& item : items) TRY(list_append(t, list, TRY(decode_file_name(t, item))));
  return list;
}

Result<void> set_up_path(Thread& t) {
  std::vector<std::string> path = config.python_path;
  path.push_back(config.prefix + "/lib/python314.zip");
  path.push_back(config.stdlib_dir);
  path.push_back(config.stdlib_dir + "/lib-dynload");
  Local<> list = TRY(file_name_list(t, path));
  return sys_set(t, "path", list);
}

Result<void> set_up_import(Thread& t) {
  Local<Module> bootstrap = TRY(run_bootstrap_module(t, "_frozen_importlib", "_bootstrap"));
  Local<> sys = TRY(native(t, "sys"));
  Local<> imp = TRY(native(t, "_imp"));
  Local<> install = TRY(get_attr(t, bootstrap, "_install"_n));
  (void)TRY(call(t, install, sys, imp));
  Local<Module> external = TRY(run_bootstrap_module(t, "_frozen_importlib_external", "_bootstrap_external"));
  Local<> finish = TRY(get_attr(t, bootstrap, "_install_external_importers"_n));
  importlib_bootstrap = Local<>::share(bootstrap.value()).release();  // kept for the life of the process
  (void)TRY(call(t, finish));
  Lookup<> hooks = sys_get(t, "path_hooks");
  if (hooks.raised()) return Raised{};
  if (!hooks.found() || !is_list((*hooks).value())) return ok();
  Local<> archives = TRY(get_attr(t, imp, "_archive_hook"_n));
  return list_insert_at(t, (*hooks).borrow().as<List>(), 0, std::move(archives));
}

// One of stdin, stdout, stderr; None when the descriptor is closed.
Result<Local<>> open_standard_stream(Thread& t, int fd, const char* name, bool writing) {
  struct stat st;
  if (fstat(fd, &st) != 0) return kNone;
  Local<> io = TRY(native(t, "_io"));
  Local<> open = TRY(get_attr(t, io, "open"_n));
  bool terminal = isatty(fd);
  bool is_stderr = fd == 2;
  Local<Str> mode = TRY(make_str(t, writing ? "wb" : "rb"));
  // Unbuffered streams write through: the text layer gets the raw file.
  bool raw = config.unbuffered && writing;
  Local<Tuple> names = TRY(make_tuple(t, {"closefd"_n.value(), "buffering"_n.value()}));
  const Value values[] = {Value::fixnum(fd), mode.value(), kFalse, Value::fixnum(raw ? 0 : -1)};
  Local<> buffer = TRY(call_with(t, open, CallArgs{values, 2, names}));
  Local<> raw_file = raw ? buffer.dup() : TRY(get_attr(t, buffer, "raw"_n));
  Local<Str> shown = TRY(make_str(t, name));
  TRY(set_attr(t, raw_file, "name"_n, shown));
  Local<> wrapper = TRY(get_attr(t, io, "TextIOWrapper"_n));
  std::string encoding = config.stdio_encoding.empty() ? "utf-8" : config.stdio_encoding;
  std::string errors = is_stderr ? "backslashreplace" : config.stdio_errors.empty() ? "surrogateescape" : config.stdio_errors;
  if (!is_stderr && config.stdio_errors.empty() && !config.stdio_encoding.empty()) errors = "strict";
  Local<Str> encoding_text = TRY(make_str(t, encoding));
  Local<Str> errors_text = TRY(make_str(t, errors));
  Local<Str> newline = TRY(make_str(t, "\n"));
  Local<Tuple> wrapper_names =
      TRY(make_tuple(t, {"encoding"_n.value(), "errors"_n.value(), "newline"_n.value(), "line_buffering"_n.value(),
                         "write_through"_n.value()}));
  bool line_buffering = writing && !raw && (terminal || is_stderr || config.interactive);
  const Value wrapper_values[] = {buffer.value(), encoding_text.value(), errors_text.value(),
                                  writing ? newline.value() : kNone, Value::boolean(line_buffering || is_stderr),
                                  Value::boolean(raw)};
  Local<> stream = TRY(call_with(t, wrapper, CallArgs{wrapper_values, 1, wrapper_names}));
  Local<Str> mode_text = TRY(make_str(t, writing ? "w" : "r"));
  TRY(set_attr(t, stream, "mode"_n, mode_text));
  return stream;
}

Result<void> set_up_streams(Thread& t) {
  // builtins.open is io.open.
  Local<> io = TRY(native(t, "_io"));
  Local<> open = TRY(get_attr(t, io, "open"_n));
  Local<> builtins = TRY(native(t, "builtins"));
  TRY(set_attr(t, builtins, "open"_n, open));
  struct Stream {
    const char* name;
    const char* original;
    const char* shown;
  };
  static constexpr Stream kStreams[] = {{"stdin", "__stdin__", "<stdin>"},
                                        {"stdout", "__stdout__", "<stdout>"},
                                        {"stderr", "__stderr__", "<stderr>"}};
  // stderr first: errors in the others can then be shown.
  for (int fd : {2, 0, 1}) {
    Local<> stream = TRY(open_standard_stream(t, fd, kStreams[fd].shown, fd != 0));
    TRY(sys_set(t, kStreams[fd].name, stream));
    TRY(sys_set(t, kStreams[fd].original, stream));
  }
  return ok();
}

Result<void> set_up(Thread& t) {
  TRY(intern_name_cells(t));
  TRY(init_empty_bytes(t));
  TRY(ready_builtin_types(t));
  TRY(finish_exception_types(t));
  Local<Dict> modules = TRY(make_dict(t));
  sys_modules = modules.release();
  Lookup<> builtins = load_native_module(t, "builtins");
  if (builtins.raised()) return Raised{};
  Local<> builtins_module = builtins.take();
  TRY(dict_set_str(t, Borrowed<Dict>(sys_modules), "builtins"_n, builtins_module.dup()));
  default_builtins = builtins_module.borrow().as<Module>()->dict.load(builtins_module.value().as_object()).release();
  init_interpreter();
  install_pending_work();
  Lookup<> sys = load_native_module(t, "sys");
  if (sys.raised()) return Raised{};
  Local<> sys_module = sys.take();
  TRY(dict_set_str(t, Borrowed<Dict>(sys_modules), "sys"_n, sys_module.dup()));
  TRY(sys_set(t, "modules", Borrowed<>(sys_modules)));
  TRY(set_up_path(t));
  TRY(set_up_import(t));
  (void)TRY(native(t, "encodings"));
  TRY(set_up_streams(t));
  (void)TRY(native(t, "_signal"));
  return ok();
}

Result<void> import_site(Thread& t) {
  if (config.no_site) return ok();
  (void)TRY(native(t, "site"));
  return ok();
}

// Flushes sys.stdout and sys.stderr; false if stdout could not be written.
bool flush_streams(Thread& t) {
  bool good = true;
  for (const char* name : {"stdout", "stderr"}) {
    Lookup<> stream = sys_get(t, name);
    if (stream.raised()) clear_pending(t);
    if (!stream.found() || (*stream).value() == kNone) continue;
    auto closed = get_attr(t, *stream, "closed"_n);
    if (closed.raised()) {
      clear_pending(t);
    } else if (closed->value() == kTrue) {
      continue;
    }
    auto r = call_method(t, *stream, "flush"_n);
    if (r.raised()) {
      bool is_out = std::strcmp(name, "stdout") == 0;
      if (is_out) {
        good = false;
        if (report_unraisable) report_unraisable(t, "Exception ignored while flushing sys.stdout", *stream);
      }
      clear_pending(t);
    }
  }
  return good;
}

// Drops what the program's own modules hold, so that their objects' finalizers run; the library's modules stay as they
// are (their finalizers would find nothing to do, and walking them costs time at every exit).
void clear_program_modules(Thread& t) {
  auto list = dict_values_list(t, Borrowed<Dict>(sys_modules));
  if (list.raised()) {
    clear_pending(t);
    return;
  }
  auto modules = list->borrow().as<List>();
  for (size_t i = 0; i < modules->length(); i++) {
    Lookup<> module = list_get(t, modules, static_cast<int64_t>(i));
    if (!module.found() || !is_a<Module>((*module).value())) continue;
    auto m = (*module).borrow().as<Module>();
    if (m->def) continue;
    Local<Dict> dict = m->dict.load(m.get());
    if (!dict) continue;
    Lookup<> file = dict_find_str(t, dict, "__file__"_n);
    if (file.found() && is_str((*file).value())) {
      auto text = str_utf8(t, (*file).borrow().as<Str>(), Surrogates::Pass);
      if (!text.raised() && (*text).view.starts_with(config.stdlib_dir)) continue;
    } else if (file.absent()) {
      Lookup<> name = dict_find_str(t, dict, "__name__"_n);
      if (!name.found() || !is_str((*name).value()) || !(*name).borrow().as<Str>()->equals_ascii("__main__")) continue;
    }
    // Names with one underscore first, then the rest, as Python does; __builtins__ stays for finalizers.
    for (bool private_names : {true, false}) {
      size_t position = 0;
      Local<> key, value;
      while (dict_next(t, dict, &position, &key, &value)) {
        if (!is_str(key.value())) continue;
        auto k = key.borrow().as<Str>();
        bool is_private = k->length() > 0 && k->at(0) == '_' && !(k->length() > 1 && k->at(1) == '_');
        if (is_private != private_names || k->equals_ascii("__builtins__") || value.value() == kNone) continue;
        value = Local<>();
        if (dict_set_str(t, dict, k, immediate(kNone)).raised()) clear_pending(t);
        if (safepoint(t).raised()) clear_pending(t);
      }
    }
  }
}

}  // namespace

Result<void> sys_set(Thread& t, const char* name, Borrowed<> value) {
  Local<Str> key = TRY(intern(t, std::string_view(name)));
  return dict_set_str(t, Borrowed<Dict>(sys_dict), key, Local<>::share(value));
}

Lookup<> sys_get(Thread& t, const char* name) {
  Local<Str> key = TRY(intern(t, std::string_view(name)));
  return dict_find_str(t, Borrowed<Dict>(sys_dict), key);
}

uint32_t pyc_magic_token() {
  // Our own numbers start far above CPython's, then the format's hash; "\r\n" on top as in every Python.
  uint32_t version = 20000u + (static_cast<uint32_t>(opcode_table_hash()) % 40000u);
  return version | 0x0a0d0000u;
}

std::string find_stdlib() {
  auto has_library = [](const std::string& dir) { return is_file(dir + "/os.py"); };
  auto use = [&](const std::string& prefix, const std::string& dir) {
    config.prefix = prefix;
    return dir;
  };
  if (!config.home.empty()) {
    std::string dir = config.home + "/lib/python3.14";
    if (has_library(dir)) return use(config.home, dir);
    return "";
  }
  char resolved[PATH_MAX];
  std::string here = realpath(config.executable.c_str(), resolved) ? resolved : config.executable;
  // From the executable's folder upwards: a build tree's unpacked library, or an installation prefix.
  for (size_t slash = here.rfind('/'); slash != std::string::npos && slash > 0; slash = here.rfind('/', slash - 1)) {
    std::string dir = here.substr(0, slash);
    std::string unpacked = dir + "/stdlib/usr/lib/python3.14";
    if (has_library(unpacked)) return use(dir + "/stdlib/usr", unpacked);
    std::string installed = dir + "/lib/python3.14";
    if (has_library(installed)) return use(dir, installed);
  }
  if (const char* fallback = getenv("OROCHI_STDLIB")) {
    std::string dir = std::string(fallback) + "/usr/lib/python3.14";
    if (has_library(dir)) return use(std::string(fallback) + "/usr", dir);
  }
  if (has_library("/usr/lib/python3.14")) return use("/usr", "/usr/lib/python3.14");
  return "";
}

bool start_runtime(Thread& t) {
  choose_hash_key();
  config.stdlib_dir = find_stdlib();
  if (config.stdlib_dir.empty()) {
    std::fprintf(stderr,
                 "orochi: cannot find the Python 3.14 standard library\n"
                 "  looked for lib/python3.14/os.py%s%s\n"
                 "  set PYTHONHOME to its prefix, or install libpython3.14-stdlib\n",
                 config.home.empty() ? " above " : " in PYTHONHOME=",
                 config.home.empty() ? config.executable.c_str() : config.home.c_str());
    return false;
  }
  init_shape_arena();
  if (!initialise_threads(config.gil ? GilMode::On : GilMode::Off)) {
    std::fprintf(stderr, "orochi: no address space for the heap\n");
    return false;
  }
  t.is_main = true;
  if (!register_thread(t)) {
    std::fprintf(stderr, "orochi: cannot register the main thread\n");
    return false;
  }
  bootstrap_types();
  import_module_hook = import_module_by_name;
  default_optimize = config.optimize;
  int_max_str_digits = config.int_max_str_digits;
  add_root_source(visit_runtime_roots);
  auto good = set_up(t);
  if (!good.raised()) good = import_site(t);
  if (good.raised()) {
    std::fprintf(stderr, "orochi: start-up failed\n");
    (void)report_top_level_exception(t);
    return false;
  }
  return true;
}

namespace {
uint32_t finalizing = 0;  // atomic; set once
}
bool runtime_finalizing() { return __atomic_load_n(&finalizing, __ATOMIC_RELAXED); }

int stop_runtime(Thread& t) {
  // Non-daemon threads first.
  Lookup<> threading = dict_find_str(t, Borrowed<Dict>(sys_modules), "threading"_n);
  if (threading.found()) {
    if (call_method(t, *threading, "_shutdown"_n).raised()) {
      if (report_unraisable) report_unraisable(t, "Exception ignored on threading shutdown", *threading);
      clear_pending(t);
    }
  }
  Lookup<> atexit = dict_find_str(t, Borrowed<Dict>(sys_modules), "atexit"_n);
  if (atexit.found()) {
    if (call_method(t, *atexit, "_run_exitfuncs"_n).raised()) clear_pending(t);
  }
  bool good = flush_streams(t);
  t.finalizing = true;
  __atomic_store_n(&finalizing, 1u, __ATOMIC_RELAXED);
  run_finalizers(t);
  clear_program_modules(t);
  run_finalizers(t);
  flush_streams(t);
  return good ? 0 : 120;
}

}  // namespace orochi
