// sys: functions and constants. Its dict is also reachable from C++ as sys_dict (runtime/start.h).
#include <dirent.h>

#include <limits>

#include "builtins/namespace_type.h"
#include "builtins/structseq.h"
#include "builtins/type_type.h"
#include "heap/collector.h"
#include "interpreter/interpret.h"
#include "modules/sys/hooks.h"
#include "numeric/fixnum_math.h"
#include "objects/dict.h"
#include "objects/frame_object.h"
#include "objects/int_big.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/operators.h"
#include "runtime/import.h"
#include "runtime/start.h"
#include "threads/safepoint.h"

namespace orochi {

namespace {

constexpr int64_t kHexVersion = 0x030e00f0;

}  // namespace

// ---- struct sequences ----

constexpr StructSeqField kFlagsFields[] = {
    {"debug", "-d"}, {"inspect", "-i"}, {"interactive", "-i"}, {"optimize", "-O or -OO"}, {"dont_write_bytecode", "-B"},
    {"no_user_site", "-s"}, {"no_site", "-S"}, {"ignore_environment", "-E"}, {"verbose", "-v"}, {"bytes_warning", "-b"},
    {"quiet", "-q"}, {"hash_randomization", "-R"}, {"isolated", "-I"}, {"dev_mode", "-X dev"}, {"utf8_mode", "-X utf8"},
    {"warn_default_encoding", "-X warn_default_encoding"}, {"safe_path", "-P"}, {"int_max_str_digits", "-X int_max_str_digits"},
    {"gil", "-X gil"}, {"thread_inherit_context", "-X thread_inherit_context"},
    {"context_aware_warnings", "-X context_aware_warnings"}};
OROCHI_STRUCTSEQ(SysFlags, kFlagsFields, 18, "sys.flags", "Flags provided through command line arguments or environment vars.", 0)

constexpr StructSeqField kVersionFields[] = {{"major"}, {"minor"}, {"micro"}, {"releaselevel"}, {"serial"}};
OROCHI_STRUCTSEQ(SysVersionInfo, kVersionFields, 5, "sys.version_info", "Version information as a named tuple.", 0)

constexpr StructSeqField kFloatFields[] = {{"max"}, {"max_exp"}, {"max_10_exp"}, {"min"}, {"min_exp"}, {"min_10_exp"},
                                           {"dig"}, {"mant_dig"}, {"epsilon"}, {"radix"}, {"rounds"}};
OROCHI_STRUCTSEQ(SysFloatInfo, kFloatFields, 11, "sys.float_info", "A named tuple holding information about the float type.", 0)

constexpr StructSeqField kIntFields[] = {{"bits_per_digit"}, {"sizeof_digit"}, {"default_max_str_digits"},
                                         {"str_digits_check_threshold"}};
OROCHI_STRUCTSEQ(SysIntInfo, kIntFields, 4, "sys.int_info", "A named tuple that holds information about Python's internal representation of integers.", 0)

constexpr StructSeqField kHashFields[] = {{"width"}, {"modulus"}, {"inf"}, {"nan"}, {"imag"}, {"algorithm"},
                                          {"hash_bits"}, {"seed_bits"}, {"cutoff"}};
OROCHI_STRUCTSEQ(SysHashInfo, kHashFields, 9, "sys.hash_info", "A named tuple providing parameters used for computing hashes.", 0)

constexpr StructSeqField kThreadFields[] = {{"name"}, {"lock"}, {"version"}};
OROCHI_STRUCTSEQ(SysThreadInfo, kThreadFields, 3, "sys.thread_info", "A named tuple holding information about the thread implementation.", 0)

constexpr StructSeqField kHooksFields[] = {{"firstiter"}, {"finalizer"}};
OROCHI_STRUCTSEQ(SysAsyncGenHooks, kHooksFields, 2, "sys.asyncgen_hooks", "Hooks of asynchronous generators.", 0)

namespace {

// ---- exceptions and exit ----

Result<Local<>> sys_exc_info(Thread& t) {
  Local<> e = current_handled(t);
  if (!e) return make_tuple(t, {kNone, kNone, kNone});
  Local<> tb = static_cast<Exception*>(e.value().as_object())->traceback.load(e.value().as_object());
  return make_tuple(t, {Value(type_of(e.value())), e.value(), tb ? tb.value() : kNone});
}
Result<Local<>> sys_exception(Thread& t) {
  Local<> e = current_handled(t);
  if (!e) return kNone;
  return e;
}
Result<Local<>> sys_exit(Thread& t, Borrowed<> status) {
  Value args[] = {status};
  Local<> e = TRY(call_with(t, Borrowed<>(&types::SystemExit), CallArgs{args, status.value() == kNone ? 0u : 1u, {}}));
  return raise_exception(t, std::move(e));
}

// ---- recursion, frames ----

int64_t sys_getrecursionlimit(Thread&) { return recursion_limit; }
Result<void> sys_setrecursionlimit(Thread& t, int32_t limit) {
  if (limit < 1) return raise(t, types::ValueError, "recursion limit must be greater or equal than 1");
  if (frame_depth(t) >= limit) {
    return raise(t, types::RecursionError,
                 "cannot set the recursion limit to {} at the recursion depth {}: the limit is too low", limit,
                 frame_depth(t));
  }
  set_recursion_limit(t, limit);
  return ok();
}
Result<Local<>> sys_getframe(Thread& t, int64_t depth) { return frame_at_depth(t, depth < 0 ? 0 : depth); }
Result<Local<>> sys_getframemodulename(Thread& t, int64_t depth) {
  auto frame = frame_at_depth(t, depth < 0 ? 0 : depth);
  if (frame.raised()) {
    clear_pending(t);
    return kNone;
  }
  Local<> globals = TRY(get_attr(t, *frame, "f_globals"_n));
  if (!is_dict(globals.value())) return kNone;
  Lookup<> name = dict_find_str(t, globals.borrow().as<Dict>(), "__name__"_n);
  if (name.raised()) return Raised{};
  if (name.absent()) return kNone;
  return name.take();
}

// ---- objects ----

Result<Local<>> sys_intern(Thread& t, Borrowed<> s) {
  if (!is_str(s)) return raise(t, types::TypeError, "intern() argument must be str, not {}", TypeName(s));
  if (!is_exact_str(s)) return raise(t, types::TypeError, "can't intern {}", TypeName(s));
  return intern(t, s.as<Str>());
}
bool sys_is_interned(Thread&, Borrowed<Str> s) { return s->is_interned(); }
bool sys_is_immortal(Thread&, Borrowed<> v) { return !v.value().is_heap() || v.value().as_object()->owner == kOwnerImmortal; }
Result<Local<>> sys_getsizeof(Thread& t, Borrowed<> object, Maybe<Borrowed<>> default_value) {
  Lookup<> r = call_special(t, object, "__sizeof__"_n);
  if (r.raised()) {
    if (default_value && clear_pending_if(t, types::TypeError)) return Local<>::share(default_value.value);
    return Raised{};
  }
  if (r.absent()) {
    if (default_value) return Local<>::share(default_value.value);
    return raise(t, types::TypeError, "Type {} doesn't define __sizeof__", TypeName(object));
  }
  int64_t size = TRY(to_index(t, *r));
  if (size < 0) return raise(t, types::ValueError, "__sizeof__() should return >= 0");
  return make_int(t, size);
}
int64_t sys_getrefcount(Thread&, Borrowed<> object) {
  if (!object.value().is_heap()) return 0xffffffff;
  Object* o = object.value().as_object();
  if (o->owner >= kOwnerDeferred) return 0xffffffff;
  auto shared = static_cast<int32_t>(__atomic_load_n(&o->shared_word, __ATOMIC_RELAXED)) >> 2;
  return o->local_count + shared;
}

// ---- settings ----

Result<Local<>> sys_getdefaultencoding(Thread& t) { return make_str(t, "utf-8"); }
Result<Local<>> sys_getfilesystemencoding(Thread& t) { return make_str(t, "utf-8"); }
Result<Local<>> sys_getfilesystemencodeerrors(Thread& t) { return make_str(t, "surrogateescape"); }
int64_t sys_get_int_max_str_digits(Thread&) { return int_max_str_digits; }
Result<void> sys_set_int_max_str_digits(Thread& t, int64_t maxdigits) {
  if (maxdigits != 0 && maxdigits < 640) {
    return raise(t, types::ValueError, "maxdigits must be >= 640 or 0 for unlimited");
  }
  if (maxdigits > INT32_MAX) return raise(t, types::OverflowError, "Python int too large to convert to C int");
  __atomic_store_n(&int_max_str_digits, static_cast<int32_t>(maxdigits), __ATOMIC_RELAXED);  // a setting
  return ok();
}
double sys_getswitchinterval(Thread&) { return static_cast<double>(switch_interval()) / 1e9; }
Result<void> sys_setswitchinterval(Thread& t, double interval) {
  if (!(interval > 0)) return raise(t, types::ValueError, "switch interval must be strictly positive");
  set_switch_interval(static_cast<int64_t>(interval * 1e9));
  return ok();
}
bool sys_is_finalizing(Thread& t) { return t.finalizing; }
bool sys_is_gil_enabled(Thread&) { return gil_enabled(); }
int64_t sys_getallocatedblocks(Thread&) { return static_cast<int64_t>(collector_state.live_bytes.load_relaxed() / 64); }
int64_t sys_getunicodeinternedsize(Thread&, bool) { return 0; }
bool sys_is_stack_trampoline_active(Thread&) { return false; }
bool sys_is_remote_debug_enabled(Thread&) { return false; }
Result<Local<>> sys_clear_caches(Thread&) { return kNone; }

Result<Local<>> sys_get_asyncgen_hooks(Thread& t) {
  Value values[] = {t.async_gen_firstiter ? t.async_gen_firstiter : kNone,
                    t.async_gen_finalizer ? t.async_gen_finalizer : kNone};
  return make_structseq(t, types::SysAsyncGenHooks, values, 2);
}
Result<Local<>> sys_set_asyncgen_hooks(Thread& t, Maybe<Borrowed<>> firstiter, Maybe<Borrowed<>> finalizer) {
  auto check = [&](const Maybe<Borrowed<>>& v, const char* name) -> Result<void> {
    if (!v || v.value.value() == kNone || is_callable(v.value)) return ok();
    return raise(t, types::TypeError, "callable {} expected, got {}", name, TypeName(v.value));
  };
  TRY(check(finalizer, "finalizer"));
  TRY(check(firstiter, "firstiter"));
  auto put = [](Value& slot, const Maybe<Borrowed<>>& v) {
    if (!v) return;
    Local<> old = Local<>::adopt(slot);
    slot = v.value.value() == kNone ? Value() : Local<>::share(v.value).release();
  };
  put(t.async_gen_firstiter, firstiter);
  put(t.async_gen_finalizer, finalizer);
  return kNone;
}
int64_t sys_get_coroutine_origin_tracking_depth(Thread& t) { return t.coroutine_origin_depth; }
Result<void> sys_set_coroutine_origin_tracking_depth(Thread& t, int32_t depth) {
  if (depth < 0) return raise(t, types::ValueError, "depth must be >= 0");
  t.coroutine_origin_depth = depth;
  return ok();
}

int64_t sys_get_cpu_count_config(Thread&) { return -1; }  // -X cpu_count: not given

// What dataclass(slots=True) asks for: the old class lets go of its __dict__ and __weakref__ properties.
Result<Local<>> sys_clear_type_descriptors(Thread& t, Borrowed<Type> type) {
  if (!type->is_heap_type()) return raise(t, types::TypeError, "argument is immutable");
  (void)TRY(dict_delete_str(t, type->dict.borrow(), "__dict__"_n));
  (void)TRY(dict_delete_str(t, type->dict.borrow(), "__weakref__"_n));
  type_modified(type.get());
  return kNone;
}

// Tracing is not there yet: refusing is better than a debugger that never stops.
Result<Local<>> sys_gettrace(Thread&) { return kNone; }
Result<Local<>> sys_settrace(Thread& t, Borrowed<> function) {
  if (function.value() == kNone) return kNone;
  return raise(t, types::NotImplementedError, "tracing and profiling are not supported yet");
}

// All threads' innermost frames, by ident.
Result<Local<>> sys_current_frames(Thread& t) {
  Local<Dict> out = TRY(make_dict(t));
  Local<> ident = TRY(make_uint(t, t.ident));
  Local<FrameObject> frame = TRY(frame_at_depth(t, 0));
  TRY(dict_set(t, out, ident, frame));
  return out;
}

// ---- audit hooks ----

Result<Local<>> sys_addaudithook(Thread& t, Borrowed<> hook) {
  Lookup<> list = sys_get(t, "__audit_hooks__");
  if (list.raised()) return Raised{};
  Local<> hooks;
  if (list.absent()) {
    hooks = TRY(make_list(t));
    TRY(sys_set(t, "__audit_hooks__", hooks));
  } else {
    hooks = list.take();
  }
  TRY(list_append(t, hooks.borrow().as<List>(), Local<>::share(hook)));
  return kNone;
}
Result<Local<>> sys_audit(Thread& t, Borrowed<Str> event, Rest args) {
  Lookup<> list = sys_get(t, "__audit_hooks__");
  if (list.raised()) return Raised{};
  if (list.absent()) return kNone;
  Local<Tuple> tuple = TRY(make_tuple(t, args.values, args.count));
  TRY(for_each(t, *list, [&](Local<> hook) -> Result<bool> {
    (void)TRY(call(t, hook, event, tuple));
    return true;
  }));
  return kNone;
}

constexpr NativeDef kFunctions[] = {
    function<sys_displayhook>("displayhook(object, /)", "Print an object to sys.stdout and also save it in builtins._"),
    function<sys_excepthook>("excepthook(exctype, value, traceback, /)", "Handle an exception by displaying it with a traceback on sys.stderr."),
    function<sys_unraisablehook>("unraisablehook(unraisable, /)", "Handle an unraisable exception."),
    function<sys_breakpointhook>("breakpointhook(*args, **kws)", "This hook function is called by built-in breakpoint()."),
    function<sys_exc_info>("exc_info()", "Return current exception information: (type, value, traceback)."),
    function<sys_exception>("exception()", "Return the current exception."),
    function<sys_exit>("exit(status=None, /)", "Exit the interpreter by raising SystemExit(status)."),
    function<sys_getrecursionlimit>("getrecursionlimit()", "Return the current value of the recursion limit."),
    function<sys_setrecursionlimit>("setrecursionlimit(limit, /)", "Set the maximum depth of the Python interpreter stack to n."),
    function<sys_getframe>("_getframe(depth=0, /)", "Return a frame object from the call stack."),
    function<sys_getframemodulename>("_getframemodulename(depth=0)", "Return the name of the module for a calling frame."),
    function<sys_intern>("intern(string, /)", "``Intern'' the given string."),
    function<sys_is_interned>("_is_interned(string, /)", "Return True if the given string is \"interned\"."),
    function<sys_is_immortal>("_is_immortal(op, /)", "Return True if the given object is \"immortal\"."),
    function<sys_getsizeof>("getsizeof(object, default=<none>)", "Return the size of object in bytes."),
    function<sys_getrefcount>("getrefcount(object, /)", "Return the reference count of object."),
    function<sys_getdefaultencoding>("getdefaultencoding()", "Return the current default encoding used by the Unicode implementation."),
    function<sys_getfilesystemencoding>("getfilesystemencoding()", "Return the encoding used to convert Unicode filenames to OS filenames."),
    function<sys_getfilesystemencodeerrors>("getfilesystemencodeerrors()", "Return the error mode used for Unicode to OS filename conversion."),
    function<sys_get_int_max_str_digits>("get_int_max_str_digits()", "Return the maximum string digits limit for non-binary int<->str conversions."),
    function<sys_set_int_max_str_digits>("set_int_max_str_digits(maxdigits)", "Set the maximum string digits limit for non-binary int<->str conversions."),
    function<sys_getswitchinterval>("getswitchinterval()", "Return the current thread switch interval."),
    function<sys_setswitchinterval>("setswitchinterval(interval, /)", "Set the ideal thread switching delay inside the Python interpreter."),
    function<sys_is_finalizing>("is_finalizing()", "Return True if Python is exiting."),
    function<sys_is_gil_enabled>("_is_gil_enabled()", "Return True if the GIL is currently enabled."),
    function<sys_getallocatedblocks>("getallocatedblocks()", "Return the number of memory blocks currently allocated."),
    function<sys_getunicodeinternedsize>("getunicodeinternedsize(*, _only_immortal=False)", "Return the number of elements of the unicode interned dictionary"),
    function<sys_is_stack_trampoline_active>("is_stack_trampoline_active()", "Return *True* if a stack profiler trampoline is active."),
    function<sys_is_remote_debug_enabled>("is_remote_debug_enabled()", "Return True if remote debugging is enabled, False otherwise."),
    function<sys_clear_caches>("_clear_internal_caches()", "Clear all internal performance-related caches."),
    function<sys_get_asyncgen_hooks>("get_asyncgen_hooks()", "Return the installed asynchronous generators hooks."),
    function<sys_set_asyncgen_hooks>("set_asyncgen_hooks(firstiter=<none>, finalizer=<none>)", "Set a finalizer for async generators objects."),
    function<sys_get_coroutine_origin_tracking_depth>("get_coroutine_origin_tracking_depth()", "Check status of origin tracking for coroutine objects in this thread."),
    function<sys_set_coroutine_origin_tracking_depth>("set_coroutine_origin_tracking_depth(depth)", "Enable or disable origin tracking for coroutine objects in this thread."),
    function<sys_get_cpu_count_config>("_get_cpu_count_config()", "Private function for getting PyConfig.cpu_count"),
    function<sys_clear_type_descriptors>("_clear_type_descriptors(type, /)", "Private function for clearing certain descriptors from a type's dictionary"),
    function<sys_gettrace>("gettrace()", "Return the global debug tracing function set with sys.settrace."),
    function<sys_gettrace>("getprofile()", "Return the profiling function set with sys.setprofile."),
    function<sys_settrace>("settrace(function, /)", "Set the global debug tracing function."),
    function<sys_settrace>("setprofile(function, /)", "Set the profiling function."),
    function<sys_current_frames>("_current_frames()", "Return a dict mapping each thread's thread id to its current stack frame."),
    function<sys_addaudithook>("addaudithook(hook)", "Adds a new audit hook callback."),
    function<sys_audit>("audit(event, /, *args)", "Passes the event to any hooks that are attached."),
};

// ---- constants ----

Result<Local<>> strings(Thread& t, const std::vector<std::string>& items) {
  Local<List> list = TRY(make_list(t));
  for (const std::string& item : items) TRY(list_append(t, list, TRY(decode_file_name(t, item))));
  return list;
}

Result<Local<>> version_tuple(Thread& t) {
  Local<Str> level = TRY(intern(t, std::string_view("final")));
  const Value values[] = {Value::fixnum(3), Value::fixnum(14), Value::fixnum(0), level.value(), Value::fixnum(0)};
  return make_structseq(t, types::SysVersionInfo, values, 5);
}

Result<void> set_flags(Thread& t, Borrowed<Module> module) {
  auto n = [](int64_t i) { return Value::fixnum(i); };
  auto b = [](bool v) { return Value::boolean(v); };
  const Value values[] = {n(config.debug), n(config.inspect), n(config.interactive), n(config.optimize),
                          n(config.dont_write_bytecode), n(config.no_user_site), n(config.no_site),
                          n(!config.use_environment), n(config.verbose), n(config.bytes_warning), n(config.quiet),
                          n(config.hash_seed != "0"), n(config.isolated), b(config.dev_mode), n(config.utf8_mode),
                          n(config.warn_default_encoding), b(config.safe_path), n(config.int_max_str_digits),
                          n(config.gil), n(1), n(1)};
  Local<> flags = TRY(make_structseq(t, types::SysFlags, values, std::size(values)));
  return module_set(t, module, "flags", flags);
}

Result<void> set_number_facts(Thread& t, Borrowed<Module> module) {
  using D = std::numeric_limits<double>;
  Local<> maximum = TRY(make_float(t, D::max())), minimum = TRY(make_float(t, D::min())), epsilon = TRY(make_float(t, D::epsilon()));
  const Value floats[] = {maximum.value(), Value::fixnum(D::max_exponent), Value::fixnum(D::max_exponent10),
                          minimum.value(), Value::fixnum(D::min_exponent), Value::fixnum(D::min_exponent10),
                          Value::fixnum(D::digits10), Value::fixnum(D::digits), epsilon.value(), Value::fixnum(2),
                          Value::fixnum(1)};
  TRY(module_set(t, module, "float_info", TRY(make_structseq(t, types::SysFloatInfo, floats, 11))));
  const Value ints[] = {Value::fixnum(30), Value::fixnum(4), Value::fixnum(4300), Value::fixnum(640)};
  TRY(module_set(t, module, "int_info", TRY(make_structseq(t, types::SysIntInfo, ints, 4))));
  Local<Str> algorithm = TRY(make_str(t, "siphash13"));
  const Value hashes[] = {Value::fixnum(64), Value::fixnum(static_cast<int64_t>(kHashModulus)), Value::fixnum(314159),
                          Value::fixnum(0), Value::fixnum(1000003), algorithm.value(), Value::fixnum(64),
                          Value::fixnum(128), Value::fixnum(0)};
  TRY(module_set(t, module, "hash_info", TRY(make_structseq(t, types::SysHashInfo, hashes, 9))));
  Local<Str> pthread = TRY(make_str(t, "pthread"));
  const Value threads[] = {pthread.value(), kNone, kNone};
  TRY(module_set(t, module, "thread_info", TRY(make_structseq(t, types::SysThreadInfo, threads, 3))));
  Local<> maxsize = TRY(make_int(t, INT64_MAX));
  TRY(module_set(t, module, "maxsize", maxsize));
  return module_set_int(t, module, "maxunicode", 0x10ffff);
}

Result<void> set_implementation(Thread& t, Borrowed<Module> module) {
  Local<Dict> facts = TRY(make_dict(t));
  auto put = [&](const char* name, Local<> value) -> Result<void> {
    Local<Str> key = TRY(intern(t, std::string_view(name)));
    return dict_set_str(t, facts, key, std::move(value));
  };
  TRY(put("name", TRY(make_str(t, "orochi"))));
  TRY(put("cache_tag", TRY(make_str(t, "orochi-314"))));
  TRY(put("version", TRY(version_tuple(t))));
  TRY(put("hexversion", immediate(Value::fixnum(kHexVersion))));
  TRY(put("_multiarch", TRY(make_str(t, "x86_64-linux-gnu"))));
  TRY(put("supports_isolated_interpreters", immediate(kFalse)));
  Local<> ns = TRY(make_namespace(t, facts));
  return module_set(t, module, "implementation", ns);
}

Result<void> set_module_names(Thread& t, Borrowed<Module> module) {
  Local<List> names = TRY(make_list(t));
  struct Context {
    Thread& t;
    Borrowed<List> names;
  } context{t, names};
  for_each_native_module(
      [](const ModuleDef& def, void* c) {
        auto* context = static_cast<Context*>(c);
        auto name = intern(context->t, std::string_view(def.name));
        if (!name.raised()) (void)list_append(context->t, context->names, name.take());
      },
      &context);
  (void)TRY(call_method(t, names, "sort"_n));
  Local<Tuple> tuple = TRY(list_to_tuple(t, names));
  return module_set(t, module, "builtin_module_names", tuple);
}

// The library's own top-level modules and the native ones.
Result<void> set_library_names(Thread& t, Borrowed<Module> module) {
  Local<List> names = TRY(make_list(t));
  if (DIR* dir = opendir(config.stdlib_dir.c_str())) {
    while (dirent* entry = readdir(dir)) {
      std::string_view name = entry->d_name;
      if (name.ends_with(".py")) name.remove_suffix(3);
      else if (name.find('.') != std::string_view::npos || name.starts_with("__py") || name == "test" ||
               name.find('-') != std::string_view::npos) continue;
      auto text = intern(t, name);
      if (text.raised() || list_append(t, names, text.take()).raised()) {
        closedir(dir);
        return Raised{};
      }
    }
    closedir(dir);
  }
  Lookup<> native = dict_find_str(t, module->dict.borrow(), "builtin_module_names"_n);
  if (native.found() && is_tuple((*native).value())) {
    auto tuple = (*native).borrow().as<Tuple>();
    TRY(list_extend_values(t, names, tuple->values(), tuple->length()));
  }
  Local<> set = TRY(call(t, Borrowed<>(&types::FrozenSet), names));
  return module_set(t, module, "stdlib_module_names", set);
}

Result<void> init_sys(Thread& t, Borrowed<Module> module) {
  sys_dict = module->dict.load(module.get()).release();
  TRY(module_add_structseq(t, module, types::SysFlags, kStructSeqSysFlags));
  TRY(module_add_structseq(t, module, types::SysVersionInfo, kStructSeqSysVersionInfo));
  TRY(module_add_structseq(t, module, types::SysFloatInfo, kStructSeqSysFloatInfo));
  TRY(module_add_structseq(t, module, types::SysIntInfo, kStructSeqSysIntInfo));
  TRY(module_add_structseq(t, module, types::SysHashInfo, kStructSeqSysHashInfo));
  TRY(module_add_structseq(t, module, types::SysThreadInfo, kStructSeqSysThreadInfo));
  TRY(module_add_structseq(t, module, types::SysAsyncGenHooks, kStructSeqSysAsyncGenHooks));
  TRY(init_sys_hooks(t, module));
  TRY(set_flags(t, module));
  TRY(set_number_facts(t, module));
  TRY(module_set(t, module, "version_info", TRY(version_tuple(t))));
  TRY(set_implementation(t, module));
  TRY(set_module_names(t, module));
  TRY(set_library_names(t, module));
  TRY(module_set_str(t, module, "version", "3.14.0 (Orochi 0.1) [Clang 19]"));
  TRY(module_set_int(t, module, "hexversion", kHexVersion));
  TRY(module_set_int(t, module, "api_version", 1013));
  TRY(module_set_str(t, module, "copyright", "Copyright (c) 2026 The Orochi developers.\nAll Rights Reserved."));
  TRY(module_set_str(t, module, "platform", "linux"));
  TRY(module_set_str(t, module, "byteorder", "little"));
  TRY(module_set_str(t, module, "abiflags", "t"));
  TRY(module_set_str(t, module, "float_repr_style", "short"));
  TRY(module_set_str(t, module, "platlibdir", config.platlibdir));
  for (const char* name : {"prefix", "exec_prefix", "base_prefix", "base_exec_prefix"}) {
    Local<Str> prefix = TRY(decode_file_name(t, config.prefix));
    TRY(module_set(t, module, name, prefix));
  }
  Local<Str> executable = TRY(decode_file_name(t, config.executable));
  TRY(module_set(t, module, "executable", executable));
  TRY(module_set(t, module, "_base_executable", executable));
  Local<Str> stdlib = TRY(decode_file_name(t, config.stdlib_dir));
  TRY(module_set(t, module, "_stdlib_dir", stdlib));
  TRY(module_set_str(t, module, "_framework", ""));
  Local<Str> none = TRY(make_str(t, ""));
  Local<Str> name = TRY(make_str(t, "CPython"));
  Local<Tuple> git = TRY(make_tuple(t, {name.value(), none.value(), none.value()}));
  TRY(module_set(t, module, "_git", git));
  TRY(module_set(t, module, "argv", TRY(strings(t, config.argv))));
  TRY(module_set(t, module, "orig_argv", TRY(strings(t, config.orig_argv))));
  TRY(module_set(t, module, "warnoptions", TRY(strings(t, config.warn_options))));
  Local<Dict> x_options = TRY(make_dict(t));
  for (const std::string& option : config.x_options) {
    size_t equals_sign = option.find('=');
    Local<Str> key = TRY(decode_file_name(t, std::string_view(option).substr(0, equals_sign)));
    Local<> value = immediate(kTrue);
    if (equals_sign != std::string::npos) value = TRY(decode_file_name(t, std::string_view(option).substr(equals_sign + 1)));
    TRY(dict_set_str(t, x_options, key, std::move(value)));
  }
  TRY(module_set(t, module, "_xoptions", x_options));
  TRY(module_set(t, module, "dont_write_bytecode", Borrowed<>(Value::boolean(config.dont_write_bytecode))));
  if (config.pycache_prefix.empty()) {
    TRY(module_set(t, module, "pycache_prefix", Borrowed<>(kNone)));
  } else {
    Local<Str> prefix = TRY(decode_file_name(t, config.pycache_prefix));
    TRY(module_set(t, module, "pycache_prefix", prefix));
  }
  TRY(module_set(t, module, "meta_path", TRY(make_list(t))));
  TRY(module_set(t, module, "path_hooks", TRY(make_list(t))));
  TRY(module_set(t, module, "path_importer_cache", TRY(make_dict(t))));
  return ok();
}

}  // namespace

OROCHI_MODULE(sys, "This module provides access to some objects used or maintained by the\ninterpreter and to functions that interact strongly with the interpreter.", kFunctions, init_sys)

}  // namespace orochi
