// The builtins module: functions (the types and exceptions are put in by start-up from the type registry).
#include <cstring>

#include "builtins/container_support.h"
#include "builtins/type_type.h"
#include "interpreter/interpret.h"
#include "modules/builtins/build_class.h"
#include "numeric/math_functions.h"
#include "objects/bytes.h"
#include "objects/dict.h"
#include "objects/frame_object.h"
#include "objects/function.h"
#include "objects/generator.h"
#include "objects/int_big.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/buffer.h"
#include "protocols/call.h"
#include "protocols/dunder_slots.h"
#include "protocols/native.h"
#include "protocols/operators.h"
#include "runtime/compile_source.h"
#include "runtime/import.h"

namespace orochi {

namespace {

Result<Local<>> builtins_abs(Thread& t, Borrowed<> number) { return absolute(t, number); }

Result<bool> builtins_all(Thread& t, Borrowed<> iterable) {
  bool result = true;
  TRY(for_each(t, iterable, [&](Local<> item) -> Result<bool> {
    result = TRY(is_true(t, item));
    return result;
  }));
  return result;
}
Result<bool> builtins_any(Thread& t, Borrowed<> iterable) {
  bool result = false;
  TRY(for_each(t, iterable, [&](Local<> item) -> Result<bool> {
    result = TRY(is_true(t, item));
    return !result;
  }));
  return result;
}

Result<Local<>> builtins_ascii(Thread& t, Borrowed<> object) { return ascii_of(t, object); }

Result<Local<>> in_base(Thread& t, Borrowed<> number, int base, const char* prefix) {
  Local<> index = TRY(index_of(t, number));
  bool negative = int_sign(index.value()) < 0;
  CharBuf digits;
  BigStatus status = big_print(IntView(index.value()).view().absolute(), base, 0, digits);
  if (status != BigStatus::Ok) return raise_big_status(t, status);
  return format_str(t, "{}{}{}", negative ? "-" : "", prefix, digits.view());
}
Result<Local<>> builtins_bin(Thread& t, Borrowed<> number) { return in_base(t, number, 2, "0b"); }
Result<Local<>> builtins_oct(Thread& t, Borrowed<> number) { return in_base(t, number, 8, "0o"); }
Result<Local<>> builtins_hex(Thread& t, Borrowed<> number) { return in_base(t, number, 16, "0x"); }

Result<Local<>> builtins_breakpoint(Thread& t, Rest args, KwRest kwargs) {
  Local<> hook = TRY(get_attr(t, TRY(import_module(t, "sys"_n)), "breakpointhook"_n));
  Local<Tuple> all = TRY(make_tuple_uninitialised(t, args.count + kwargs.count));
  for (size_t i = 0; i < args.count; i++) all->items()[i].init_share(args[i]);
  for (size_t i = 0; i < kwargs.count; i++) all->items()[args.count + i].init_share(Borrowed<>(kwargs.values[i]));
  Local<Tuple> names = TRY(make_tuple(t, kwargs.names, kwargs.count));
  return call_with(t, hook, CallArgs{all->values(), args.count, kwargs.count ? names.borrow() : Borrowed<Tuple>()});
}

bool builtins_callable(Thread&, Borrowed<> object) { return is_callable(object); }

Result<Local<>> builtins_chr(Thread& t, Borrowed<> i) {
  int64_t n = TRY(to_index_clipped(t, i));
  if (n < 0 || n > 0x10ffff) return raise(t, types::ValueError, "chr() arg not in range(0x110000)");
  return make_str_char(t, static_cast<uint32_t>(n));
}

Result<Local<>> builtins_ord(Thread& t, Borrowed<> c) {
  if (is_str(c)) {
    if (c.as<Str>()->length() == 1) return Value::fixnum(c.as<Str>()->at(0));
    return raise(t, types::TypeError, "ord() expected a character, but string of length {} found", c.as<Str>()->length());
  }
  if (is_bytes(c)) {
    if (c.as<Bytes>()->length() == 1) return Value::fixnum(c.as<Bytes>()->data()[0]);
    return raise(t, types::TypeError, "ord() expected a character, but string of length {} found", c.as<Bytes>()->length());
  }
  if (is_a<ByteArray>(c)) {
    int64_t n = TRY(length_of(t, c));
    if (n == 1) return get_item(t, c, Value::fixnum(0));
    return raise(t, types::TypeError, "ord() expected a character, but string of length {} found", n);
  }
  return raise(t, types::TypeError, "ord() expected string of length 1, but {} found", TypeName(c));
}

Result<void> builtins_delattr(Thread& t, Borrowed<> object, Borrowed<> name) {
  if (!is_str(name)) return raise(t, types::TypeError, "attribute name must be string, not '{}'", TypeName(name));
  return delete_attr(t, object, name.as<Str>());
}
Result<void> builtins_setattr(Thread& t, Borrowed<> object, Borrowed<> name, Borrowed<> value) {
  if (!is_str(name)) return raise(t, types::TypeError, "attribute name must be string, not '{}'", TypeName(name));
  return set_attr(t, object, name.as<Str>(), value);
}
Result<Local<>> builtins_getattr(Thread& t, Borrowed<> object, Borrowed<> name, Maybe<Borrowed<>> default_value) {
  if (!is_str(name)) return raise(t, types::TypeError, "attribute name must be string, not '{}'", TypeName(name));
  if (!default_value) return get_attr(t, object, name.as<Str>());
  Lookup<> found = find_attr(t, object, name.as<Str>());
  if (found.raised()) return Raised{};
  if (found.absent()) return Local<>::share(default_value.value);
  return found.take();
}
Result<bool> builtins_hasattr(Thread& t, Borrowed<> object, Borrowed<> name) {
  if (!is_str(name)) return raise(t, types::TypeError, "attribute name must be string, not '{}'", TypeName(name));
  return has_attr(t, object, name.as<Str>());
}

Result<Local<>> builtins_dir(Thread& t, Maybe<Borrowed<>> object) {
  Local<> names;
  if (!object) {
    Local<> locals = TRY(current_locals(t));
    names = TRY(call_method(t, locals, "keys"_n));
    names = TRY(list_from(t, names));
  } else {
    Lookup<> r = call_special(t, object.value, "__dir__"_n);
    if (r.raised()) return Raised{};
    if (r.absent()) return raise(t, types::TypeError, "object does not provide __dir__");
    names = TRY(list_from(t, *r));
  }
  (void)TRY(call_method(t, names, "sort"_n));
  return names;
}

Result<Local<>> builtins_divmod(Thread& t, Borrowed<> x, Borrowed<> y) { return binary_op(t, BinaryOp::DivMod, x, y); }

Result<Local<>> builtins_format(Thread& t, Borrowed<> value, Maybe<Borrowed<>> spec) {
  if (spec && !is_str(spec.value)) {
    return raise(t, types::TypeError, "format() argument 2 must be str, not {}", TypeName(spec.value));
  }
  return format_of(t, value, spec ? spec.value.as<Str>() : empty_str());
}

Result<Local<>> globals_now(Thread& t) {
  Local<> g = current_globals(t);
  if (!g) return kNone;
  return g;
}
Result<Local<>> builtins_globals(Thread& t) { return globals_now(t); }
Result<Local<>> builtins_locals(Thread& t) { return current_locals(t); }
Result<Local<>> builtins_vars(Thread& t, Maybe<Borrowed<>> object) {
  if (!object) return current_locals(t);
  Lookup<> dict = find_attr(t, object.value, "__dict__"_n);
  if (dict.raised()) return Raised{};
  if (dict.absent()) return raise(t, types::TypeError, "vars() argument must have __dict__ attribute");
  return dict.take();
}

Result<int64_t> builtins_hash(Thread& t, Borrowed<> object) { return hash_of(t, object); }
Result<Local<>> builtins_id(Thread& t, Borrowed<> object) { return make_uint(t, object.value().bits); }

Result<Local<>> builtins_input(Thread& t, Borrowed<> prompt) {
  Local<> sys = TRY(import_module(t, "sys"_n));
  Lookup<> in = find_attr(t, sys, "stdin"_n);
  Lookup<> out = find_attr(t, sys, "stdout"_n);
  if (in.raised() || out.raised()) return Raised{};
  if (in.absent() || (*in).value() == kNone) return raise(t, types::RuntimeError, "input(): lost sys.stdin");
  if (out.absent() || (*out).value() == kNone) return raise(t, types::RuntimeError, "input(): lost sys.stdout");
  if (Lookup<> err = find_attr(t, sys, "stderr"_n); err.found() && (*err).value() != kNone) {
    if (call_method(t, *err, "flush"_n).raised()) clear_pending(t);
  }
  if (prompt && prompt.value() != kNone) {
    Local<Str> text = TRY(str_of(t, prompt));
    (void)TRY(call_method(t, *out, "write"_n, text));
  }
  if (call_method(t, *out, "flush"_n).raised()) clear_pending(t);
  Local<> line = TRY(call_method(t, *in, "readline"_n));
  if (!is_str(line.value())) return raise(t, types::TypeError, "object.readline() returned non-string");
  auto s = line.borrow().as<Str>();
  if (s->length() == 0) return raise(t, types::EOFError, "EOF when reading a line");
  if (s->at(s->length() - 1) == '\n') return str_substring(t, s, 0, s->length() - 1);
  return line;
}

Result<bool> builtins_isinstance(Thread& t, Borrowed<> object, Borrowed<> cls) { return instance_check(t, object, cls); }
Result<bool> builtins_issubclass(Thread& t, Borrowed<> cls, Borrowed<> base) { return subclass_check(t, cls, base); }

Result<Local<>> builtins_iter(Thread& t, Borrowed<> object, Maybe<Borrowed<>> sentinel) {
  if (!sentinel) return get_iter(t, object);
  if (!is_callable(object)) return raise(t, types::TypeError, "iter(v, w): v must be callable");
  return make_callable_iterator(t, object, sentinel.value);
}

Result<Local<>> builtins_next(Thread& t, Borrowed<> iterator, Maybe<Borrowed<>> default_value) {
  NextFn next = type_of(iterator)->slots.next;
  if (!next) return raise(t, types::TypeError, "'{}' object is not an iterator", TypeName(iterator));
  if (default_value) {
    Lookup<> item = next(t, iterator);
    if (item.raised()) return Raised{};
    if (item.found()) return item.take();
    return Local<>::share(default_value.value);
  }
  Local<> result;
  Lookup<> item = send_to_iterator(t, iterator, Borrowed<>(kNone), &result);
  if (item.raised()) return Raised{};
  if (item.found()) return item.take();
  return raise_stop_iteration(t, result);
}

Result<Local<>> builtins_aiter(Thread& t, Borrowed<> iterable) {
  UnaryFn fn = type_of(iterable)->slots.aiter;
  if (!fn) return raise(t, types::TypeError, "'{}' object is not an async iterable", TypeName(iterable));
  Local<> it = TRY(fn(t, iterable));
  if (!type_of(it.value())->slots.anext) {
    return raise(t, types::TypeError, "aiter() returned not an async iterator of type '{}'", TypeName(it.value()));
  }
  return it;
}
Result<Local<>> builtins_anext(Thread& t, Borrowed<> iterator, Maybe<Borrowed<>> default_value) {
  UnaryFn fn = type_of(iterator)->slots.anext;
  if (!fn) return raise(t, types::TypeError, "'{}' object is not an async iterator", TypeName(iterator));
  Local<> awaitable = TRY(fn(t, iterator));
  if (!default_value) return awaitable;
  return make_anext_awaitable(t, awaitable, default_value.value);
}

Result<int64_t> builtins_len(Thread& t, Borrowed<> object) { return length_of(t, object); }

// ---- max and min ----

Result<Local<>> extreme(Thread& t, const char* name, CompareOp better, Rest args, Borrowed<> key,
                        Maybe<Borrowed<>> default_value) {
  if (args.count == 0) return raise(t, types::TypeError, "{} expected at least 1 argument, got 0", name);
  if (args.count > 1 && default_value) {
    return raise(t, types::TypeError, "Cannot specify a default for {}() with multiple positional arguments", name);
  }
  bool has_key = key && key.value() != kNone;
  Local<> best, best_key;
  auto consider = [&](Local<> item) -> Result<bool> {
    Local<> k = has_key ? TRY(call(t, key, item)) : item.dup();
    if (!best) {
      best = std::move(item);
      best_key = std::move(k);
    } else if (TRY(compare_bool(t, k, best_key, better))) {
      best = std::move(item);
      best_key = std::move(k);
    }
    return true;
  };
  if (args.count > 1) {
    for (size_t i = 0; i < args.count; i++) TRY(consider(Local<>::share(args[i])));
  } else {
    TRY(for_each(t, args[0], consider));
  }
  if (best) return best;
  if (default_value) return Local<>::share(default_value.value);
  return raise(t, types::ValueError, "{}() iterable argument is empty", name);
}
Result<Local<>> builtins_max(Thread& t, Rest args, Borrowed<> key, Maybe<Borrowed<>> default_value) {
  return extreme(t, "max", CompareOp::Gt, args, key, default_value);
}
Result<Local<>> builtins_min(Thread& t, Rest args, Borrowed<> key, Maybe<Borrowed<>> default_value) {
  return extreme(t, "min", CompareOp::Lt, args, key, default_value);
}

Result<Local<>> builtins_pow(Thread& t, Borrowed<> base, Borrowed<> exp, Borrowed<> mod) {
  return power3(t, base, exp, mod);
}

Result<void> builtins_print(Thread& t, Rest args, Borrowed<> sep, Borrowed<> end, Borrowed<> file, bool flush) {
  Local<> out;
  if (!file || file.value() == kNone) {
    Lookup<> found = find_attr(t, TRY(import_module(t, "sys"_n)), "stdout"_n);
    if (found.raised()) return Raised{};
    if (found.absent()) return raise(t, types::RuntimeError, "lost sys.stdout");
    out = found.take();
    if (out.value() == kNone) return ok();
  } else {
    out = Local<>::share(file);
  }
  auto check = [&](Borrowed<> v, const char* name) -> Result<void> {
    if (!v || v.value() == kNone || is_str(v)) return ok();
    return raise(t, types::TypeError, "{} must be None or a string, not {}", name, TypeName(v));
  };
  TRY(check(sep, "sep"));
  TRY(check(end, "end"));
  Local<Str> newline = TRY(make_str(t, "\n"));
  Local<Str> space = TRY(make_str(t, " "));
  Local<> write = TRY(get_attr(t, out, "write"_n));
  for (size_t i = 0; i < args.count; i++) {
    if (i > 0) (void)TRY(call(t, write, sep && sep.value() != kNone ? sep : Borrowed<>(space)));
    Local<Str> text = TRY(str_of(t, args[i]));
    (void)TRY(call(t, write, text));
  }
  (void)TRY(call(t, write, end && end.value() != kNone ? end : Borrowed<>(newline)));
  if (flush) (void)TRY(call_method(t, out, "flush"_n));
  return ok();
}

Result<Local<>> builtins_repr(Thread& t, Borrowed<> object) { return repr_of(t, object); }

Result<Local<>> builtins_round(Thread& t, Borrowed<> number, Borrowed<> ndigits) {
  const Value args[] = {ndigits ? ndigits.value() : kNone};
  bool given = ndigits && ndigits.value() != kNone;
  Lookup<> r = call_special(t, number, "__round__"_n, args, given ? 1 : 0);
  if (r.raised()) return Raised{};
  if (r.absent()) return raise(t, types::TypeError, "type {} doesn't define __round__ method", TypeName(number));
  return r.take();
}

Result<Local<>> builtins_sorted(Thread& t, Borrowed<> iterable, Borrowed<> key, Borrowed<> reverse) {
  Local<> list = TRY(list_from(t, iterable));
  Local<Tuple> names = TRY(make_tuple(t, {"key"_n.value(), "reverse"_n.value()}));
  const Value values[] = {list.value(), key ? key.value() : kNone, reverse ? reverse.value() : kFalse};
  (void)TRY(call_method_with(t, "sort"_n, CallArgs{values, 1, names}));
  return list;
}

Result<Local<>> builtins_sum(Thread& t, Borrowed<> iterable, Borrowed<> start) {
  if (is_str(start)) return raise(t, types::TypeError, "sum() can't sum strings [use ''.join(seq) instead]");
  if (is_bytes(start)) return raise(t, types::TypeError, "sum() can't sum bytes [use b''.join(seq) instead]");
  if (is_a<ByteArray>(start)) return raise(t, types::TypeError, "sum() can't sum bytearray [use b''.join(seq) instead]");
  Local<> total = start ? Local<>::share(start) : immediate(Value::fixnum(0));
  Local<> it = TRY(get_iter(t, iterable));
  // Ints first, then floats with a compensated sum, as long as the items allow; anything else by `+`.
  bool all_ints = total.value().is_fixnum();
  int64_t small = all_ints ? total.value().as_fixnum() : 0;
  bool in_floats = false;
  CompensatedSum floats;
  auto leave_fast = [&]() -> Result<void> {
    if (in_floats) total = TRY(make_float(t, floats.value()));
    else if (all_ints) total = TRY(make_int(t, small));
    all_ints = in_floats = false;
    return ok();
  };
  if (type_of(total.value()) == &types::Float) {
    in_floats = true;
    floats.add(float_value(total.value()));
  }
  for (;;) {
    Lookup<> next = iter_next(t, it);
    if (next.raised()) return Raised{};
    if (next.absent()) break;
    Value v = (*next).value();
    if (all_ints && (v.is_fixnum() || v == kTrue || v == kFalse)) {
      int64_t x = v.is_fixnum() ? v.as_fixnum() : v == kTrue;
      if (!__builtin_add_overflow(small, x, &small)) continue;
      small -= x;
    }
    if (all_ints && type_of(v) == &types::Float) {
      all_ints = false;
      in_floats = true;
      floats.add(static_cast<double>(small));
    }
    if (in_floats) {
      if (type_of(v) == &types::Float) {
        floats.add(float_value(v));
        continue;
      }
      if (v.is_fixnum()) {
        floats.add(static_cast<double>(v.as_fixnum()));
        continue;
      }
    }
    TRY(leave_fast());
    total = TRY(binary_op(t, BinaryOp::Add, total, *next));
  }
  TRY(leave_fast());
  return total;
}

// ---- compile, eval, exec ----

// The text of a str, bytes-like or other source argument.
struct SourceText {
  Utf8 utf8;
  Buffer buffer;
  std::string_view view;
  bool is_text = false;
};
Result<void> read_source(Thread& t, Borrowed<> source, const char* function, const char* what, SourceText* out) {
  if (is_str(source)) {
    auto utf8 = str_utf8(t, source.as<Str>(), Surrogates::Strict);
    if (utf8.raised()) return Raised{};
    new (&out->utf8) Utf8((*utf8).view.data() ? std::move(*utf8) : Utf8());
    out->view = out->utf8.view;
    out->is_text = true;
  } else if (has_buffer(source)) {
    out->buffer = TRY(Buffer::get(t, source));
    out->view = out->buffer.view();
  } else {
    return raise(t, types::TypeError, "{}() arg 1 must be a {} object", function, what);
  }
  if (out->view.find('\0') != std::string_view::npos) {
    return raise(t, types::SyntaxError, "source code string cannot contain null bytes");
  }
  return ok();
}

Result<Local<>> builtins_compile(Thread& t, Borrowed<> source, Borrowed<> filename, Borrowed<> mode, int32_t flags,
                                 bool dont_inherit, int32_t optimize, int32_t feature_version) {
  constexpr int32_t kDontImplyDedent = 0x200, kOnlyAst = 0x400, kTypeComments = 0x1000, kAllowIncomplete = 0x4000,
                    kOptimizedAst = 0x8000 | kOnlyAst, kTopLevelAwait = 0x2000, kIgnoreCookie = 0x0100;
  constexpr int32_t kFutures = 0x1fe0000;
  Local<> name = TRY(fs_path_text(t, filename, "compile() argument 'filename'"));
  if (!is_str(mode)) return raise(t, types::TypeError, "compile() argument 'mode' must be str, not {}", TypeName(mode));
  if (flags & ~(kDontImplyDedent | kOnlyAst | kTypeComments | kAllowIncomplete | kOptimizedAst | kTopLevelAwait |
                kFutures | kIgnoreCookie | 0x10)) {
    return raise(t, types::ValueError, "compile(): unrecognised flags");
  }
  if (optimize < -1 || optimize > 2) return raise(t, types::ValueError, "compile(): invalid optimize value");
  SourceOptions options;
  auto m = mode.as<Str>();
  if (m->equals_ascii("exec")) options.mode = ParseMode::Exec;
  else if (m->equals_ascii("eval")) options.mode = ParseMode::Eval;
  else if (m->equals_ascii("single")) options.mode = ParseMode::Single;
  else if (m->equals_ascii("func_type")) {
    if (!(flags & kOnlyAst)) {
      return raise(t, types::ValueError, "compile() mode 'func_type' requires flag PyCF_ONLY_AST");
    }
    options.mode = ParseMode::FuncType;
  } else {
    return raise(t, types::ValueError, (flags & kOnlyAst)
                     ? "compile() mode must be 'exec', 'eval', 'single' or 'func_type'"
                     : "compile() mode must be 'exec', 'eval' or 'single'");
  }
  options.flags = static_cast<uint32_t>(flags & (kFutures | kTopLevelAwait));
  if (!dont_inherit) options.flags |= current_future_flags(t);
  options.optimize = optimize;
  options.type_comments = flags & kTypeComments;
  options.allow_incomplete_input = flags & kAllowIncomplete;
  options.dont_imply_dedent = flags & kDontImplyDedent;
  if (feature_version >= 0) options.feature_version = feature_version;
  if (compile_ast_hook) {
    Lookup<> compiled = compile_ast_hook(t, source, name.borrow().as<Str>(), options, flags & kOnlyAst);
    if (!compiled.absent()) {
      if (compiled.raised()) return Raised{};
      return compiled.take();
    }
  }
  SourceText text;
  TRY(read_source(t, source, "compile", "string, bytes or AST", &text));
  options.source_is_str = text.is_text;
  if (flags & kOnlyAst) {
    if (!parse_ast_hook) (void)TRY(import_module(t, "_ast"_n));
    if (!parse_ast_hook) return raise(t, types::RuntimeError, "the _ast module is not available");
    return parse_ast_hook(t, text.view, name.borrow().as<Str>(), options);
  }
  return compile_source(t, text.view, name.borrow().as<Str>(), options);
}

Result<void> ensure_builtins(Thread& t, Borrowed<> globals) {
  if (!is_dict(globals)) return ok();
  Lookup<> present = dict_find_str(t, globals.as<Dict>(), "__builtins__"_n);
  if (present.raised()) return Raised{};
  if (present.found()) return ok();
  return dict_set_str(t, globals.as<Dict>(), "__builtins__"_n, current_builtins(t));
}

Result<void> pick_namespaces(Thread& t, const char* function, Borrowed<> globals, Borrowed<> locals, Local<>* g, Local<>* l) {
  bool has_g = globals && globals.value() != kNone, has_l = locals && locals.value() != kNone;
  if (has_g && !is_dict(globals)) {
    if (std::strcmp(function, "eval") == 0 && type_of(globals)->slots.getitem) {
      return raise(t, types::TypeError, "globals must be a real dict; try eval(code, {{}}, mapping)");
    }
    return raise(t, types::TypeError, std::strcmp(function, "eval") == 0 ? "globals must be a dict"
                                          : "exec() globals must be a dict, not {}", TypeName(globals));
  }
  if (has_l && !type_of(locals)->slots.getitem) {
    if (std::strcmp(function, "eval") == 0) return raise(t, types::TypeError, "locals must be a mapping");
    return raise(t, types::TypeError, "locals must be a mapping or None, not {}", TypeName(locals));
  }
  if (has_g) {
    *g = Local<>::share(globals);
    *l = has_l ? Local<>::share(locals) : Local<>::share(globals);
  } else {
    *g = TRY(globals_now(t));
    if (g->value() == kNone) return raise(t, types::SystemError, "globals and locals cannot be NULL");
    *l = has_l ? Local<>::share(locals) : TRY(current_locals(t));
  }
  return ensure_builtins(t, *g);
}

Result<Local<>> builtins_eval(Thread& t, Borrowed<> source, Borrowed<> globals, Borrowed<> locals) {
  Local<> g, l;
  TRY(pick_namespaces(t, "eval", globals, locals, &g, &l));
  if (is_a<Code>(source)) {
    if (source.as<Code>()->freevars.borrow()->length() > 0) {
      return raise(t, types::TypeError, "code object passed to eval() may not contain free variables");
    }
    return eval_code(t, source.as<Code>(), g, l);
  }
  SourceText text;
  TRY(read_source(t, source, "eval", "string, bytes or code", &text));
  while (!text.view.empty() && (text.view[0] == ' ' || text.view[0] == '\t')) text.view.remove_prefix(1);
  SourceOptions options;
  options.mode = ParseMode::Eval;
  options.flags = current_future_flags(t);
  options.source_is_str = text.is_text;
  Local<Str> name = TRY(make_str(t, "<string>"));
  Local<Code> code = TRY(compile_source(t, text.view, name, options));
  return eval_code(t, code, g, l);
}

Result<Local<>> builtins_exec(Thread& t, Borrowed<> source, Borrowed<> globals, Borrowed<> locals, Borrowed<> closure) {
  Local<> g, l;
  TRY(pick_namespaces(t, "exec", globals, locals, &g, &l));
  bool has_closure = closure && closure.value() != kNone;
  if (is_a<Code>(source)) {
    size_t wanted = source.as<Code>()->freevars.borrow()->length();
    if (wanted == 0) {
      if (has_closure) {
        return raise(t, types::TypeError, "cannot use a closure with this code object");
      }
    } else {
      bool good = has_closure && is_tuple(closure) && closure.as<Tuple>()->length() == wanted;
      for (size_t i = 0; good && i < wanted; i++) good = is_cell(closure.as<Tuple>()->at(i));
      if (!good) {
        if (!has_closure) {
          return raise(t, types::TypeError, "code object requires a closure of exactly length {}", wanted);
        }
        return raise(t, types::TypeError, "code object requires a closure of exactly length {}", wanted);
      }
    }
    (void)TRY(eval_code(t, source.as<Code>(), g, l, has_closure ? closure.as<Tuple>() : Borrowed<Tuple>()));
    return kNone;
  }
  if (has_closure) return raise(t, types::TypeError, "closure argument can only be used with code objects");
  SourceText text;
  TRY(read_source(t, source, "exec", "string, bytes or code", &text));
  SourceOptions options;
  options.flags = current_future_flags(t);
  options.source_is_str = text.is_text;
  Local<Str> name = TRY(make_str(t, "<string>"));
  Local<Code> code = TRY(compile_source(t, text.view, name, options));
  (void)TRY(eval_code(t, code, g, l));
  return kNone;
}

Result<Local<>> builtins_import(Thread& t, Borrowed<> name, Borrowed<> globals, Borrowed<>, Borrowed<> fromlist,
                                int32_t level) {
  if (!is_str(name)) return raise(t, types::TypeError, "module name must be a string");
  return import_name(t, name.as<Str>(), globals && globals.value() != kNone ? globals : Borrowed<>(),
                     fromlist ? fromlist : Borrowed<>(empty_tuple()), level);
}

constexpr NativeDef kFunctions[] = {
    function<builtins_abs>("abs(number, /)", "Return the absolute value of the argument."),
    function<builtins_all>("all(iterable, /)", "Return True if bool(x) is True for all values x in the iterable.\n\nIf the iterable is empty, return True."),
    function<builtins_any>("any(iterable, /)", "Return True if bool(x) is True for any x in the iterable.\n\nIf the iterable is empty, return False."),
    function<builtins_ascii>("ascii(obj, /)", "Return an ASCII-only representation of an object."),
    function<builtins_bin>("bin(number, /)", "Return the binary representation of an integer."),
    function<builtins_breakpoint>("breakpoint(*args, **kws)", "Call sys.breakpointhook(*args, **kws)."),
    function<builtins_callable>("callable(obj, /)", "Return whether the object is callable (i.e., some kind of function)."),
    function<builtins_chr>("chr(i, /)", "Return a Unicode string of one character with ordinal i; 0 <= i <= 0x10ffff."),
    function<builtins_compile>("compile(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)",
                               "Compile source into a code object that can be executed by exec() or eval()."),
    function<builtins_delattr>("delattr(obj, name, /)", "Deletes the named attribute from the given object."),
    function<builtins_dir>("dir(object=<current scope>, /)", "Show attributes of an object."),
    function<builtins_divmod>("divmod(x, y, /)", "Return the tuple (x//y, x%y).  Invariant: div*y + mod == x."),
    function<builtins_eval>("eval(source, /, globals=None, locals=None)", "Evaluate the given source in the context of globals and locals."),
    function<builtins_exec>("exec(source, /, globals=None, locals=None, *, closure=None)", "Execute the given source in the context of globals and locals."),
    function<builtins_format>("format(value, format_spec='', /)", "Return type(value).__format__(value, format_spec)"),
    function<builtins_getattr>("getattr(object, name, default=<none>, /)", "Get a named attribute from an object."),
    function<builtins_globals>("globals()", "Return the dictionary containing the current scope's global variables."),
    function<builtins_hasattr>("hasattr(obj, name, /)", "Return whether the object has an attribute with the given name."),
    function<builtins_hash>("hash(obj, /)", "Return the hash value for the given object."),
    function<builtins_hex>("hex(number, /)", "Return the hexadecimal representation of an integer."),
    function<builtins_id>("id(obj, /)", "Return the identity of an object."),
    function<builtins_input>("input(prompt='', /)", "Read a string from standard input.  The trailing newline is stripped."),
    function<builtins_isinstance>("isinstance(obj, class_or_tuple, /)", "Return whether an object is an instance of a class or of a subclass thereof."),
    function<builtins_issubclass>("issubclass(cls, class_or_tuple, /)", "Return whether 'cls' is derived from another class or is the same class."),
    function<builtins_iter>("iter(object, sentinel=<none>, /)", "Get an iterator from an object."),
    function<builtins_aiter>("aiter(async_iterable, /)", "Return an AsyncIterator for an AsyncIterable object."),
    function<builtins_anext>("anext(aiterator, default=<none>, /)", "Return the next item from the async iterator."),
    function<builtins_len>("len(obj, /)", "Return the number of items in a container."),
    function<builtins_locals>("locals()", "Return a dictionary containing the current scope's local variables."),
    function<builtins_max>("max(*args, key=None, default=<none>)", "With a single iterable argument, return its biggest item."),
    function<builtins_min>("min(*args, key=None, default=<none>)", "With a single iterable argument, return its smallest item."),
    function<builtins_next>("next(iterator, default=<none>, /)", "Return the next item from the iterator."),
    function<builtins_oct>("oct(number, /)", "Return the octal representation of an integer."),
    function<builtins_ord>("ord(character, /)", "Return the ordinal value of a character."),
    function<builtins_pow>("pow(base, exp, mod=None)", "Equivalent to base**exp with 2 arguments or base**exp % mod with 3 arguments."),
    function<builtins_print>("print(*args, sep=' ', end='\\n', file=None, flush=False)", "Prints the values to a stream, or to sys.stdout by default."),
    function<builtins_repr>("repr(obj, /)", "Return the canonical string representation of the object."),
    function<builtins_round>("round(number, ndigits=None)", "Round a number to a given precision in decimal digits."),
    function<builtins_setattr>("setattr(obj, name, value, /)", "Sets the named attribute on the given object to the specified value."),
    function<builtins_sorted>("sorted(iterable, /, *, key=None, reverse=False)", "Return a new list containing all items from the iterable in ascending order."),
    function<builtins_sum>("sum(iterable, /, start=0)", "Return the sum of a 'start' value (default: 0) plus an iterable of numbers"),
    function<builtins_vars>("vars(object=<current scope>, /)", "Show vars."),
    function<builtins_import>("__import__(name, globals=None, locals=None, fromlist=(), level=0)", "Import a module."),
    function<builtins_build_class>("__build_class__(func, name, /, *bases, **kwds)", "Internal helper function used by the class statement."),
};

Result<void> init_builtins(Thread& t, Borrowed<Module> module) {
  struct Context {
    Thread& t;
    Borrowed<Module> module;
    bool failed = false;
  } context{t, module};
  // Types that Python code finds in builtins.
  static constexpr const char* kTypes[] = {
      "object", "type", "int", "bool", "float", "complex", "str", "bytes", "bytearray", "memoryview", "tuple", "list",
      "dict", "set", "frozenset", "range", "slice", "enumerate", "zip", "map", "filter", "reversed", "property",
      "staticmethod", "classmethod", "super", "BaseException", "ExceptionGroup"};
  for_each_registered_type(
      [](Type& type, const TypeDef& def, void* c) {
        auto* context = static_cast<Context*>(c);
        bool wanted = is_subtype(&type, &types::BaseException) && def.name[0] != '_';
        for (const char* name : kTypes) wanted |= std::strcmp(name, def.name) == 0;
        if (wanted && !context->failed) {
          context->failed = module_set(context->t, context->module, def.name, Borrowed<>(&type)).raised();
        }
      },
      &context);
  if (context.failed) return Raised{};
  TRY(module_set(t, module, "EnvironmentError", Borrowed<>(&types::OSError)));
  TRY(module_set(t, module, "IOError", Borrowed<>(&types::OSError)));
  TRY(module_set(t, module, "None", Borrowed<>(kNone)));
  TRY(module_set(t, module, "True", Borrowed<>(kTrue)));
  TRY(module_set(t, module, "False", Borrowed<>(kFalse)));
  TRY(module_set(t, module, "Ellipsis", Borrowed<>(kEllipsis)));
  TRY(module_set(t, module, "NotImplemented", Borrowed<>(kNotImplemented)));
  TRY(module_set(t, module, "__debug__", Borrowed<>(Value::boolean(default_optimize == 0))));
  return ok();
}

}  // namespace

OROCHI_MODULE(builtins, "Built-in functions, types, exceptions, and other objects.", kFunctions, init_builtins)

}  // namespace orochi
