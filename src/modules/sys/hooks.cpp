// See hooks.h. Tracebacks are printed by the library's own traceback module; if that fails, a plain one is printed here.
#include "modules/sys/hooks.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "builtins/structseq.h"
#include "objects/dict.h"
#include "objects/traceback.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "runtime/import.h"
#include "runtime/start.h"

namespace orochi {

constexpr StructSeqField kUnraisableFields[] = {{"exc_type"}, {"exc_value"}, {"exc_traceback"}, {"err_msg"}, {"object"}};
OROCHI_STRUCTSEQ(SysUnraisableHookArgs, kUnraisableFields, 5, "sys.UnraisableHookArgs", "Arguments of sys.unraisablehook.", 0)

namespace {

Lookup<> standard_error(Thread& t) {
  Lookup<> err = sys_get(t, "stderr");
  if (err.raised()) {
    clear_pending(t);
    return kAbsent;
  }
  if (err.found() && (*err).value() == kNone) return kAbsent;
  return err;
}

// The last resort: type and message only, on the process's stderr.
void print_plainly(Thread& t, Borrowed<> exception) {
  std::string text = "Traceback unavailable\n";
  Type* type = type_of(exception);
  if (Local<Str> name = type->name.load(type)) {
    if (auto u = str_utf8(t, name, Surrogates::Pass); !u.raised()) text = std::string((*u).view);
  }
  auto shown = str_of(t, exception);
  if (!shown.raised()) {
    if (auto u = str_utf8(t, *shown, Surrogates::Pass); !u.raised() && !(*u).view.empty()) {
      text += ": " + std::string((*u).view);
    }
  }
  if (t.has_pending()) clear_pending(t);
  std::fprintf(stderr, "%s\n", text.c_str());
}

// traceback._print_exception_bltin(exception) to sys.stderr.
Result<void> print_with_library(Thread& t, Borrowed<> exception) {
  Local<> module = TRY(import_module(t, "traceback"_n));
  Local<> print = TRY(get_attr(t, module, "_print_exception_bltin"_n));
  (void)TRY(call(t, print, exception));
  return ok();
}

Result<void> write_text(Thread& t, Borrowed<> file, Borrowed<Str> text) {
  (void)TRY(call_method(t, file, "write"_n, text));
  return ok();
}

// What sys.unraisablehook prints.
Result<void> print_unraisable(Thread& t, Borrowed<> type, Borrowed<> value, Borrowed<> traceback, Borrowed<> message,
                              Borrowed<> object) {
  Lookup<> err = standard_error(t);
  if (!err.found()) return ok();
  bool has_message = message && message.value() != kNone;
  bool has_object = object && object.value() != kNone;
  if (has_object) {
    auto shown = repr_of(t, object);
    Local<Str> text;
    if (shown.raised()) {
      clear_pending(t);
      text = TRY(make_str(t, "<object repr() failed>"));
    } else {
      text = shown.take();
    }
    Local<Str> head = has_message ? TRY(str_of(t, message)) : TRY(make_str(t, "Exception ignored in"));
    TRY(write_text(t, *err, TRY(format_str(t, "{}: {}\n", head, text))));
  } else if (has_message) {
    Local<Str> head = TRY(str_of(t, message));
    TRY(write_text(t, *err, TRY(format_str(t, "{}:\n", head))));
  }
  if (is_exception(value)) {
    Local<> module = TRY(import_module(t, "traceback"_n));
    Local<> print = TRY(get_attr(t, module, "print_exception"_n));
    (void)TRY(call(t, print, type, value, traceback));
  }
  return ok();
}

void report(Thread& t, const char* what, Borrowed<> object) {
  Local<> e = take_pending(t);
  if (!e) return;
  auto run = [&]() -> Result<void> {
    Local<> tb = static_cast<Exception*>(e.value().as_object())->traceback.load(e.value().as_object());
    Local<> message = immediate(kNone);
    if (what) message = TRY(make_str(t, what));
    Value values[] = {Value(type_of(e.value())), e.value(), tb ? tb.value() : kNone, message.value(),
                      object ? object.value() : kNone};
    Local<> args = TRY(make_structseq(t, types::SysUnraisableHookArgs, values, 5));
    Lookup<> hook = sys_get(t, "unraisablehook");
    if (hook.raised()) return Raised{};
    if (hook.absent() || (*hook).value() == kNone) return ok();
    (void)TRY(call(t, *hook, args));
    return ok();
  };
  if (run().raised()) {
    Local<> second = take_pending(t);
    std::fprintf(stderr, "Exception ignored in sys.unraisablehook\n");
    print_plainly(t, second ? second.borrow() : e.borrow());
  }
}

}  // namespace

void print_exception(Thread& t, Borrowed<> exception) {
  Lookup<> err = sys_get(t, "stderr");
  if (err.raised()) clear_pending(t);
  if (err.absent()) return print_plainly(t, exception);  // starting: there are no streams yet
  if (err.found() && (*err).value() == kNone) return;
  if (print_with_library(t, exception).raised()) {
    clear_pending(t);
    print_plainly(t, exception);
  }
}

Result<Local<>> sys_displayhook(Thread& t, Borrowed<> object) {
  Local<> builtins = TRY(import_builtins(t));
  if (object.value() == kNone) return kNone;
  TRY(set_attr(t, builtins, "_"_n, Borrowed<>(kNone)));
  Lookup<> out = sys_get(t, "stdout");
  if (out.raised()) return Raised{};
  if (out.absent() || (*out).value() == kNone) return raise(t, types::RuntimeError, "lost sys.stdout");
  Local<Str> text = TRY(repr_of(t, object));
  auto written = call_method(t, *out, "write"_n, text);
  if (written.raised()) {
    if (!clear_pending_if(t, types::UnicodeEncodeError)) return Raised{};
    Local<> encoding = TRY(get_attr(t, *out, "encoding"_n));
    Local<Str> errors = TRY(make_str(t, "backslashreplace"));
    Local<> bytes = TRY(call_method(t, text, "encode"_n, encoding, errors));
    Local<Str> strict = TRY(make_str(t, "strict"));
    Local<> shown = TRY(call_method(t, bytes, "decode"_n, encoding, strict));
    (void)TRY(call_method(t, *out, "write"_n, shown));
  }
  Local<Str> newline = TRY(make_str(t, "\n"));
  (void)TRY(call_method(t, *out, "write"_n, newline));
  TRY(set_attr(t, builtins, "_"_n, object));
  return kNone;
}

Result<Local<>> sys_excepthook(Thread& t, Borrowed<> type, Borrowed<> value, Borrowed<> traceback) {
  if (!is_exception(value)) {
    Lookup<> err = standard_error(t);
    if (!err.found()) return kNone;
    Local<Str> text = TRY(format_str(t, "TypeError: print_exception(): Exception expected for value, {} found\n", TypeName(value)));
    TRY(write_text(t, *err, text));
    return kNone;
  }
  auto e = value.as<Exception>();
  if (is_a<Traceback>(traceback) && e->traceback.is_empty()) e->traceback.set_share(traceback);
  print_exception(t, value);
  return kNone;
}

Result<Local<>> sys_unraisablehook(Thread& t, Borrowed<> unraisable) {
  if (type_of(unraisable) != &types::SysUnraisableHookArgs) {
    return raise(t, types::TypeError, "sys.unraisablehook argument type must be UnraisableHookArgs");
  }
  auto v = unraisable.as<Tuple>();
  TRY(print_unraisable(t, v->at(0), v->at(1), v->at(2), v->at(3), v->at(4)));
  return kNone;
}

Result<Local<>> sys_breakpointhook(Thread& t, Rest args, KwRest kwargs) {
  const char* wanted = config.use_environment ? std::getenv("PYTHONBREAKPOINT") : nullptr;
  std::string target = wanted && *wanted ? wanted : "pdb.set_trace";
  if (target == "0") return kNone;
  size_t dot = target.rfind('.');
  std::string module_name = dot == std::string::npos ? "builtins" : target.substr(0, dot);
  std::string function = dot == std::string::npos ? target : target.substr(dot + 1);
  Local<Str> name = TRY(make_str(t, module_name));
  auto module = import_module(t, name);
  Local<> hook;
  if (!module.raised()) {
    Local<Str> attribute = TRY(make_str(t, function));
    Lookup<> found = find_attr(t, *module, attribute);
    if (found.raised()) return Raised{};
    if (found.found()) hook = found.take();
  } else if (!clear_pending_if(t, types::ImportError)) {
    return Raised{};
  }
  if (!hook) {
    Local<Str> message = TRY(format_str(t, "Ignoring unimportable $PYTHONBREAKPOINT: \"{}\"", std::string_view(target)));
    Local<> warn = TRY(get_attr(t, TRY(import_module(t, "warnings"_n)), "warn"_n));
    (void)TRY(call(t, warn, message, Borrowed<>(&types::RuntimeWarning)));
    return kNone;
  }
  Local<Tuple> all = TRY(make_tuple_uninitialised(t, args.count + kwargs.count));
  for (size_t i = 0; i < args.count; i++) all->items()[i].init_share(args[i]);
  for (size_t i = 0; i < kwargs.count; i++) all->items()[args.count + i].init_share(Borrowed<>(kwargs.values[i]));
  Local<Tuple> names = TRY(make_tuple(t, kwargs.names, kwargs.count));
  return call_with(t, hook, CallArgs{all->values(), args.count, kwargs.count ? names.borrow() : Borrowed<Tuple>()});
}

int report_top_level_exception(Thread& t) {
  Local<> e = take_pending(t);
  if (!e) return 0;
  if (is_instance(e.value(), types::SystemExit)) {
    Local<> code = exception_extra(e.borrow().as<Exception>(), 0);
    Lookup<> attribute = find_attr(t, e, "code"_n);
    if (attribute.raised()) clear_pending(t);
    if (attribute.found()) code = attribute.take();
    if (code.value() == kNone) return 0;
    int64_t status;
    if (is_int(code.value()) && int_as_int64(code.value(), &status)) return static_cast<int>(status & 0xff);
    Lookup<> err = standard_error(t);
    auto text = str_of(t, code);
    if (!text.raised() && err.found()) {
      Local<Str> line = text.take();
      if (write_text(t, *err, line).raised()) clear_pending(t);
      auto newline = make_str(t, "\n");
      if (!newline.raised() && write_text(t, *err, *newline).raised()) clear_pending(t);
    } else {
      clear_pending(t);
    }
    return 1;
  }
  Local<> tb = static_cast<Exception*>(e.value().as_object())->traceback.load(e.value().as_object());
  // For interactive use and post-mortem debuggers.
  if (sys_set(t, "last_exc", e).raised() || sys_set(t, "last_type", Borrowed<>(type_of(e.value()))).raised() ||
      sys_set(t, "last_value", e).raised() ||
      sys_set(t, "last_traceback", tb ? tb.borrow() : Borrowed<>(kNone)).raised()) {
    clear_pending(t);
  }
  Lookup<> hook = sys_get(t, "excepthook");
  if (hook.raised()) clear_pending(t);
  if (hook.found() && (*hook).value() != kNone) {
    auto r = call(t, *hook, Borrowed<>(type_of(e.value())), e, tb ? tb.borrow() : Borrowed<>(kNone));
    if (r.raised()) {
      if (pending_matches(t, types::SystemExit)) return report_top_level_exception(t);
      Local<> second = take_pending(t);
      std::fprintf(stderr, "Error in sys.excepthook:\n");
      print_exception(t, second);
      std::fprintf(stderr, "\nOriginal exception was:\n");
      print_exception(t, e);
    }
  } else {
    print_exception(t, e);
  }
  return is_instance(e.value(), types::KeyboardInterrupt) ? 130 : 1;
}

Result<void> init_sys_hooks(Thread& t, Borrowed<Module> module) {
  TRY(module_add_structseq(t, module, types::SysUnraisableHookArgs, kStructSeqSysUnraisableHookArgs));
  report_unraisable = report;
  for (const char* name : {"displayhook", "excepthook", "unraisablehook", "breakpointhook"}) {
    Local<Str> key = TRY(intern(t, std::string_view(name)));
    Lookup<> f = dict_find_str(t, module->dict.borrow(), key);
    if (!f.found()) continue;
    std::string original = std::string("__") + name + "__";
    TRY(module_set(t, module, original.c_str(), *f));
  }
  return ok();
}

}  // namespace orochi
