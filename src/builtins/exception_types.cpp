// BaseException and its subclasses as Python types: constructors, attributes, str() of each family, exception groups
// (PEP 654), notes (PEP 678). One layout for all (objects/exception.h).
#include <cstdio>

#include "builtins/type_type.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "objects/traceback.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/operators.h"
#include "protocols/type_ready.h"

namespace orochi {

extern const Layout kExceptionLayout;

namespace {

Local<> or_none(Local<> v) {
  if (!v) return immediate(kNone);
  return v;
}

Local<Tuple> args_of(Borrowed<Exception> e) {
  Local<Tuple> args = e->args.load(e.get());
  if (!args) return Local<Tuple>::share(empty_tuple());
  return args;
}

Result<void> no_keywords(Thread& t, Borrowed<> self, const CallArgs& args) {
  if (args.has_names() && args.names->length()) {
    return raise(t, types::TypeError, "{}() takes no keyword arguments", TypeName(self));
  }
  return ok();
}

// ---- BaseException ----

Result<Local<>> exception_op_new(Thread& t, Borrowed<Type> cls, const CallArgs& args) {
  Local<Exception> e = TRY(allocate_for<Exception>(t, cls));
  e->args.init(TRY(make_tuple(t, args.values, args.count)));
  return e;
}

Result<void> exception_op_init(Thread& t, Borrowed<> self, const CallArgs& args) {
  TRY(no_keywords(t, self, args));
  self.as<Exception>()->args.set(TRY(make_tuple(t, args.values, args.count)));
  return ok();
}

Result<Local<>> exception_op_str(Thread& t, Borrowed<> self) {
  Local<Tuple> args = args_of(self.as<Exception>());
  if (args->length() == 0) return Local<>::share(empty_str());
  if (args->length() == 1) return str_of(t, args->at(0));
  return str_of(t, args);
}

Result<Local<>> exception_op_repr(Thread& t, Borrowed<> self) {
  Local<Tuple> args = args_of(self.as<Exception>());
  if (args->length() == 1) {
    Local<Str> inner = TRY(repr_of(t, args->at(0)));
    return format_str(t, "{}({})", TypeName(self), inner);
  }
  Local<Str> shown = TRY(repr_of(t, args));
  return format_str(t, "{}{}", TypeName(self), shown);
}

Result<Local<>> exception_args(Thread& t, Borrowed<Exception> e) { return args_of(e); }
Result<void> exception_set_args(Thread& t, Borrowed<Exception> e, Borrowed<> v) {
  if (!v) return raise(t, types::TypeError, "args may not be deleted");
  e->args.set(TRY(tuple_from(t, v)));
  return ok();
}
Result<Local<>> exception_traceback(Thread& t, Borrowed<Exception> e) { return or_none(e->traceback.load(e.get())); }
Result<void> exception_set_traceback(Thread& t, Borrowed<Exception> e, Borrowed<> v) {
  if (!v) return raise(t, types::TypeError, "__traceback__ may not be deleted");
  if (v.value() != kNone && !is_a<Traceback>(v)) {
    return raise(t, types::TypeError, "__traceback__ must be a traceback or None");
  }
  e->traceback.set(v.value() == kNone ? Local<>() : Local<>::share(v));
  return ok();
}
Result<Local<>> exception_context(Thread& t, Borrowed<Exception> e) { return or_none(e->context.load(e.get())); }
Result<void> exception_set_context(Thread& t, Borrowed<Exception> e, Borrowed<> v) {
  if (!v) return raise(t, types::TypeError, "__context__ may not be deleted");
  if (v.value() != kNone && !is_exception(v)) {
    return raise(t, types::TypeError, "exception context must be None or derive from BaseException");
  }
  e->context.set(v.value() == kNone ? Local<>() : Local<>::share(v));
  return ok();
}
Result<Local<>> exception_cause(Thread& t, Borrowed<Exception> e) { return or_none(e->cause.load(e.get())); }
Result<void> exception_set_cause(Thread& t, Borrowed<Exception> e, Borrowed<> v) {
  if (!v) return raise(t, types::TypeError, "__cause__ may not be deleted");
  if (v.value() != kNone && !is_exception(v)) {
    return raise(t, types::TypeError, "exception cause must be None or derive from BaseException");
  }
  e->cause.set(v.value() == kNone ? Local<>() : Local<>::share(v));
  __atomic_store_n(&e->suppress_context, 1u, __ATOMIC_RELAXED);
  return ok();
}
bool exception_suppress(Thread& t, Borrowed<Exception> e) { return __atomic_load_n(&e->suppress_context, __ATOMIC_RELAXED); }
Result<void> exception_set_suppress(Thread& t, Borrowed<Exception> e, Borrowed<> v) {
  if (!v) return raise(t, types::TypeError, "can't delete numeric/char attribute");
  if (v.value() != kTrue && v.value() != kFalse) return raise(t, types::TypeError, "attribute value type must be bool");
  __atomic_store_n(&e->suppress_context, v.value() == kTrue ? 1u : 0u, __ATOMIC_RELAXED);
  return ok();
}

Result<Local<>> exception_with_traceback(Thread& t, Borrowed<Exception> e, Borrowed<> tb) {
  TRY(exception_set_traceback(t, e, tb));
  return Local<>::share(e);
}
Result<Local<>> exception_add_note(Thread& t, Borrowed<Exception> e, Borrowed<Str> note) {
  Lookup<> notes = find_attr(t, e, "__notes__"_n);
  if (notes.raised()) return Raised{};
  if (notes.absent()) {
    Local<> list = TRY(make_list(t));
    TRY(set_attr(t, e, "__notes__"_n, list));
    TRY(list_append(t, list.borrow().as<List>(), Local<>::share(note)));
    return kNone;
  }
  if (!is_list((*notes).value())) {
    return raise(t, types::TypeError, "Cannot add note: __notes__ is not a list");
  }
  TRY(list_append(t, (*notes).borrow().as<List>(), Local<>::share(note)));
  return kNone;
}
Result<Local<>> exception_reduce(Thread& t, Borrowed<Exception> e) {
  Local<Tuple> args = args_of(e);
  Local<Dict> attributes;
  if (Lookup<Dict> dict = instance_dict(t, e); dict.found()) attributes = dict.take();
  if (attributes && attributes->length()) return make_tuple(t, {Value(type_of(e)), args.value(), attributes.value()});
  return make_tuple(t, {Value(type_of(e)), args.value()});
}
Result<Local<>> exception_setstate(Thread& t, Borrowed<Exception> e, Borrowed<> state) {
  if (state.value() == kNone) return kNone;
  if (!is_dict(state)) return raise(t, types::TypeError, "state is not a dictionary");
  size_t position = 0;
  Local<> key, value;
  while (dict_next(t, state.as<Dict>(), &position, &key, &value)) {
    if (!is_str(key.value())) return raise(t, types::TypeError, "attribute name must be string");
    TRY(set_attr(t, e, key.borrow().as<Str>(), value));
  }
  return kNone;
}

constexpr NativeDef kBaseMethods[] = {
    method<exception_with_traceback>("with_traceback(self, object, /)", "Set self.__traceback__ to tb and return self."),
    method<exception_add_note>("add_note(self, object, /)", "Add a note to the exception"),
    method<exception_reduce>("__reduce__(self, /)", nullptr),
    method<exception_setstate>("__setstate__(self, object, /)", nullptr),
};
constexpr GetSetDef kBaseGetSets[] = {
    getset<exception_args, exception_set_args>("args", nullptr),
    getset<exception_traceback, exception_set_traceback>("__traceback__", nullptr),
    getset<exception_context, exception_set_context>("__context__", "exception context"),
    getset<exception_cause, exception_set_cause>("__cause__", "exception cause"),
    getset<exception_suppress, exception_set_suppress>("__suppress_context__", nullptr),
    getset<instance_get_dict, instance_set_dict>("__dict__", nullptr),
};

// ---- attributes kept in `extra` ----

template <int I>
Result<Local<>> extra_get(Thread& t, Borrowed<Exception> e) {
  return exception_extra(e, I);
}
template <int I>
Result<void> extra_set(Thread& t, Borrowed<Exception> e, Borrowed<> v) {
  return set_exception_extra(t, e, I, v ? v : Borrowed<>(kNone));
}
template <int I>
constexpr GetSetDef extra(const char* name, const char* doc = nullptr) {
  return getset<extra_get<I>, extra_set<I>>(name, doc);
}

// Keyword-only attributes of an exception's constructor: name=…, obj=…
Result<void> take_keywords(Thread& t, Borrowed<Exception> e, const CallArgs& args, const char* const* names,
                           const int* slots, size_t count) {
  size_t given = args.has_names() ? args.names->length() : 0;
  for (size_t k = 0; k < given; k++) {
    Borrowed<Str> name = args.names->at(k).as<Str>();
    bool known = false;
    for (size_t i = 0; i < count && !known; i++) {
      if (!name->equals_ascii(names[i])) continue;
      TRY(set_exception_extra(t, e, slots[i], Borrowed<>(args.values[args.count + k])));
      known = true;
    }
    if (!known) {
      return raise(t, types::TypeError, "{}() got an unexpected keyword argument '{}'", TypeName(e), name);
    }
  }
  return ok();
}

Result<void> set_args(Thread& t, Borrowed<Exception> e, const CallArgs& args) {
  e->args.set(TRY(make_tuple(t, args.values, args.count)));
  return ok();
}

Result<void> first_argument_init(Thread& t, Borrowed<> self, const CallArgs& args) {  // StopIteration, SystemExit
  TRY(exception_op_init(t, self, args));
  auto e = self.as<Exception>();
  if (args.count == 0) return set_exception_extra(t, e, 0, Borrowed<>(kNone));
  if (args.count == 1 || is_subtype(type_of(self), &types::StopIteration)) return set_exception_extra(t, e, 0, args[0]);
  return set_exception_extra(t, e, 0, args_of(e));
}
constexpr GetSetDef kStopIterationGetSets[] = {extra<0>("value", "generator return value")};
constexpr GetSetDef kSystemExitGetSets[] = {extra<0>("code", "exception code")};

Result<void> name_error_init(Thread& t, Borrowed<> self, const CallArgs& args) {
  static constexpr const char* kNames[] = {"name"};
  static constexpr int kSlots[] = {0};
  TRY(set_args(t, self.as<Exception>(), args));
  return take_keywords(t, self.as<Exception>(), args, kNames, kSlots, 1);
}
constexpr GetSetDef kNameErrorGetSets[] = {extra<0>("name", "name")};

Result<void> attribute_error_init(Thread& t, Borrowed<> self, const CallArgs& args) {
  static constexpr const char* kNames[] = {"name", "obj"};
  static constexpr int kSlots[] = {0, 1};
  TRY(set_args(t, self.as<Exception>(), args));
  return take_keywords(t, self.as<Exception>(), args, kNames, kSlots, 2);
}
Result<Local<>> attribute_error_getstate(Thread& t, Borrowed<Exception> e) {
  Local<Dict> state = TRY(make_dict(t));
  if (Lookup<Dict> dict = instance_dict(t, e); dict.found()) TRY(dict_update_from_dict(t, state, *dict));
  Local<> name = exception_extra(e, 0);
  if (name.value() != kNone) TRY(dict_set_str(t, state, "name"_n, std::move(name)));
  if (state->length() == 0) return kNone;
  return state;
}
Result<Local<>> attribute_error_reduce(Thread& t, Borrowed<Exception> e) {
  Local<Tuple> args = args_of(e);
  Local<> state = TRY(attribute_error_getstate(t, e));
  return make_tuple(t, {Value(type_of(e)), args.value(), state.value()});
}
constexpr NativeDef kAttributeErrorMethods[] = {
    method<attribute_error_getstate>("__getstate__(self, /)", nullptr),
    method<attribute_error_reduce>("__reduce__(self, /)", nullptr),
};
constexpr GetSetDef kAttributeErrorGetSets[] = {extra<0>("name", "attribute name"), extra<1>("obj", "object")};

Result<void> import_error_init(Thread& t, Borrowed<> self, const CallArgs& args) {
  static constexpr const char* kNames[] = {"name", "path", "name_from"};
  static constexpr int kSlots[] = {1, 2, 3};
  auto e = self.as<Exception>();
  TRY(set_args(t, e, args));
  if (args.count == 1) TRY(set_exception_extra(t, e, 0, args[0]));
  return take_keywords(t, e, args, kNames, kSlots, 3);
}
Result<Local<>> import_error_op_str(Thread& t, Borrowed<> self) {
  Local<> msg = exception_extra(self.as<Exception>(), 0);
  if (is_exact_str(msg.value())) return msg;
  return exception_op_str(t, self);
}
Result<Local<>> import_error_reduce(Thread& t, Borrowed<Exception> e) {
  Local<Dict> state = TRY(make_dict(t));
  if (Lookup<Dict> dict = instance_dict(t, e); dict.found()) TRY(dict_update_from_dict(t, state, *dict));
  static constexpr const char* kNames[] = {"name", "path", "name_from"};
  for (int i = 0; i < 3; i++) {
    Local<> v = exception_extra(e, i + 1);
    if (v.value() == kNone) continue;
    Local<Str> key = TRY(intern(t, std::string_view(kNames[i])));
    TRY(dict_set_str(t, state, key, std::move(v)));
  }
  Local<Tuple> args = args_of(e);
  if (state->length()) return make_tuple(t, {Value(type_of(e)), args.value(), state.value()});
  return make_tuple(t, {Value(type_of(e)), args.value()});
}
constexpr NativeDef kImportErrorMethods[] = {method<import_error_reduce>("__reduce__(self, /)", nullptr)};
constexpr GetSetDef kImportErrorGetSets[] = {
    extra<0>("msg", "exception message"), extra<1>("name", "module name"), extra<2>("path", "module path"),
    extra<3>("name_from", "name imported from module")};

// ---- OSError: the class depends on errno ----

Result<void> os_error_fill(Thread& t, Borrowed<Exception> e, const CallArgs& args) {
  TRY(set_args(t, e, args));
  if (args.count < 2 || args.count > 5) return ok();
  TRY(set_exception_extra(t, e, 0, args[0]));
  TRY(set_exception_extra(t, e, 1, args[1]));
  if (args.count >= 3) {
    if (is_subtype(type_of(e), &types::BlockingIOError) && is_int(args[2])) {
      TRY(set_exception_extra(t, e, 4, args[2]));
      return ok();
    }
    TRY(set_exception_extra(t, e, 2, args[2]));
    e->args.set(TRY(make_tuple(t, args.values, 2)));
  }
  if (args.count >= 5) TRY(set_exception_extra(t, e, 3, args[4]));
  return ok();
}

bool has_own_init(Type* type) { return type->slots.init != types::OSError.slots.init; }

Result<Local<>> os_error_op_new(Thread& t, Borrowed<Type> cls, const CallArgs& args) {
  Type* actual = cls.get();
  if (actual == &types::OSError && args.count >= 2 && args[0].value().is_fixnum()) {
    actual = &os_error_type(static_cast<int>(args[0].value().as_fixnum()));
  }
  Local<Exception> e = TRY(allocate_for<Exception>(t, Borrowed<Type>(actual)));
  // A subclass with an __init__ of its own but no __new__ is filled here; others in __init__.
  if (!has_own_init(actual)) TRY(no_keywords(t, e, args));
  TRY(os_error_fill(t, e, args));
  return e;
}
Result<void> os_error_op_init(Thread& t, Borrowed<> self, const CallArgs& args) {
  if (type_of(self)->slots.new_ == os_error_op_new && !has_own_init(type_of(self))) return ok();
  TRY(no_keywords(t, self, args));
  return os_error_fill(t, self.as<Exception>(), args);
}
Result<Local<>> os_error_op_str(Thread& t, Borrowed<> self) {
  auto e = self.as<Exception>();
  Local<> number = exception_extra(e, 0), text = exception_extra(e, 1), file = exception_extra(e, 2),
          file2 = exception_extra(e, 3);
  bool has_pair = number.value() != kNone && text.value() != kNone;
  if (file.value() != kNone) {
    Local<Str> n = TRY(str_of(t, number)), s = TRY(str_of(t, text)), f = TRY(repr_of(t, file));
    if (file2.value() != kNone) {
      Local<Str> f2 = TRY(repr_of(t, file2));
      return format_str(t, "[Errno {}] {}: {} -> {}", n, s, f, f2);
    }
    return format_str(t, "[Errno {}] {}: {}", n, s, f);
  }
  if (has_pair) {
    Local<Str> n = TRY(str_of(t, number)), s = TRY(str_of(t, text));
    return format_str(t, "[Errno {}] {}", n, s);
  }
  return exception_op_str(t, self);
}
Result<Local<>> os_error_reduce(Thread& t, Borrowed<Exception> e) {
  Local<Tuple> args = args_of(e);
  Local<> file = exception_extra(e, 2), file2 = exception_extra(e, 3);
  if (args->length() == 2 && file.value() != kNone) {
    if (file2.value() != kNone) {
      args = TRY(make_tuple(t, {args->at(0).value(), args->at(1).value(), file.value(), kNone, file2.value()}));
    } else {
      args = TRY(make_tuple(t, {args->at(0).value(), args->at(1).value(), file.value()}));
    }
  }
  if (Lookup<Dict> dict = instance_dict(t, e); dict.found() && (*dict)->length()) {
    return make_tuple(t, {Value(type_of(e)), args.value(), (*dict).value()});
  }
  return make_tuple(t, {Value(type_of(e)), args.value()});
}
Result<Local<>> os_error_written(Thread& t, Borrowed<Exception> e) {
  Local<> v = exception_extra(e, 4);
  if (v.value() == kNone) return raise(t, types::AttributeError, "characters_written");
  return v;
}
Result<void> os_error_set_written(Thread& t, Borrowed<Exception> e, Borrowed<> v) {
  if (!v) {
    if (exception_extra(e, 4).value() == kNone) return raise(t, types::AttributeError, "characters_written");
    return set_exception_extra(t, e, 4, Borrowed<>(kNone));
  }
  Local<> n = TRY(index_of(t, v));
  return set_exception_extra(t, e, 4, n);
}
constexpr NativeDef kOsErrorMethods[] = {method<os_error_reduce>("__reduce__(self, /)", nullptr)};
constexpr GetSetDef kOsErrorGetSets[] = {
    extra<0>("errno", "POSIX exception code"), extra<1>("strerror", "exception strerror"),
    extra<2>("filename", "exception filename"), extra<3>("filename2", "second exception filename"),
    getset<os_error_written, os_error_set_written>("characters_written", nullptr)};

// ---- SyntaxError ----

Result<void> syntax_error_init(Thread& t, Borrowed<> self, const CallArgs& args) {
  TRY(exception_op_init(t, self, args));
  auto e = self.as<Exception>();
  if (args.count >= 1) TRY(set_exception_extra(t, e, 0, args[0]));
  if (args.count != 2) return ok();
  Local<Tuple> info = TRY(tuple_from(t, args[1]));
  size_t n = info->length();
  if (n != 4 && n != 6 && n != 7) {
    if (n == 5) return raise(t, types::TypeError, "end_offset must be provided when end_lineno is provided");
    return raise(t, types::TypeError, "function takes {} {} arguments ({} given)", n < 4 ? "at least" : "at most",
                 n < 4 ? 4 : 7, n);
  }
  static constexpr int kSlots[] = {1, 2, 3, 4, 6, 7, 8};
  for (size_t i = 0; i < n; i++) TRY(set_exception_extra(t, e, kSlots[i], info->at(i)));
  return ok();
}
Result<Local<>> syntax_error_op_str(Thread& t, Borrowed<> self) {
  auto e = self.as<Exception>();
  Local<> msg = exception_extra(e, 0), file = exception_extra(e, 1), line = exception_extra(e, 2);
  Local<Str> text = TRY(str_of(t, msg));
  bool has_file = is_str(file.value()), has_line = is_int(line.value());
  if (!has_file && !has_line) return text;
  Local<Str> base = TRY(make_str(t, ""));
  if (has_file) {
    Borrowed<Str> path = file.borrow().as<Str>();
    size_t start = path->length();
    while (start > 0 && path->at(start - 1) != '/') start--;
    base = TRY(str_substring(t, path, start, path->length()));
  }
  if (has_file && has_line) {
    Local<Str> n = TRY(str_of(t, line));
    return format_str(t, "{} ({}, line {})", text, base, n);
  }
  if (has_file) return format_str(t, "{} ({})", text, base);
  Local<Str> n = TRY(str_of(t, line));
  return format_str(t, "{} (line {})", text, n);
}
constexpr GetSetDef kSyntaxErrorGetSets[] = {
    extra<0>("msg", "exception msg"),        extra<1>("filename", "exception filename"),
    extra<2>("lineno", "exception lineno"),  extra<3>("offset", "exception offset"),
    extra<4>("text", "exception text"),      extra<5>("print_file_and_line", "exception print_file_and_line"),
    extra<6>("end_lineno", "exception end lineno"), extra<7>("end_offset", "exception end offset"),
    extra<8>("_metadata", "exception private metadata")};

// ---- KeyError shows the repr of its argument ----

Result<Local<>> key_error_op_str(Thread& t, Borrowed<> self) {
  Local<Tuple> args = args_of(self.as<Exception>());
  if (args->length() == 1) return repr_of(t, args->at(0));
  return exception_op_str(t, self);
}

// ---- Unicode errors ----

Result<void> unicode_error_fill(Thread& t, Borrowed<> self, const CallArgs& args, bool decode) {
  TRY(exception_op_init(t, self, args));
  auto e = self.as<Exception>();
  if (args.count != 5) {
    return raise(t, types::TypeError, "function takes exactly 5 arguments ({} given)", args.count);
  }
  static constexpr const char* kWanted[] = {"str", nullptr, "int", "int", "str"};
  for (int i = 0; i < 5; i++) {
    bool good = i == 0 || i == 4 ? is_str(args[i]) : i == 1 ? (decode || is_str(args[i])) : is_int(args[i]);
    if (!good) {
      return raise(t, types::TypeError, "argument {} must be {}, not {}", i + 1, i == 1 ? "str" : kWanted[i],
                   TypeName(args[i]));
    }
    Local<> v = Local<>::share(args[i]);
    if (i == 1 && decode && !is_bytes(v.value())) {
      Local<> bytes_type = Local<>::share(Value(&types::Bytes));
      if (!type_of(v.value())->slots.get_buffer) {
        return raise(t, types::TypeError, "a bytes-like object is required, not '{}'", TypeName(v.value()));
      }
      v = TRY(call(t, bytes_type, v));
    }
    TRY(set_exception_extra(t, e, i, v));
  }
  return ok();
}
Result<void> unicode_decode_error_init(Thread& t, Borrowed<> self, const CallArgs& args) {
  return unicode_error_fill(t, self, args, true);
}
Result<void> unicode_encode_error_init(Thread& t, Borrowed<> self, const CallArgs& args) {
  return unicode_error_fill(t, self, args, false);
}
Result<void> unicode_translate_error_init(Thread& t, Borrowed<> self, const CallArgs& args) {
  TRY(exception_op_init(t, self, args));
  auto e = self.as<Exception>();
  if (args.count != 4) {
    return raise(t, types::TypeError, "function takes exactly 4 arguments ({} given)", args.count);
  }
  for (int i = 0; i < 4; i++) {
    bool good = i == 0 || i == 3 ? is_str(args[i]) : is_int(args[i]);
    if (!good) {
      return raise(t, types::TypeError, "argument {} must be {}, not {}", i + 1, i == 0 || i == 3 ? "str" : "int",
                   TypeName(args[i]));
    }
    TRY(set_exception_extra(t, e, i + 1, args[i]));
  }
  return ok();
}

Result<int64_t> extra_number(Thread& t, Borrowed<Exception> e, int i, int64_t minimum, int64_t maximum) {
  Local<> v = exception_extra(e, i);
  int64_t n = is_int(v.value()) ? TRY(to_index_clipped(t, v)) : 0;
  return n < minimum ? minimum : n > maximum ? maximum : n;
}

Result<Local<>> unicode_error_op_str(Thread& t, Borrowed<> self) {
  auto e = self.as<Exception>();
  Local<> object = exception_extra(e, 1);
  if (object.value() == kNone) return Local<>::share(empty_str());
  bool decode = is_bytes(object.value());
  bool translate = is_subtype(type_of(self), &types::UnicodeTranslateError);
  Local<Str> encoding = TRY(str_of(t, exception_extra(e, 0)));
  Local<Str> reason = TRY(str_of(t, exception_extra(e, 4)));
  int64_t length = TRY(length_of(t, object));
  int64_t start = TRY(extra_number(t, e, 2, 0, length > 0 ? length - 1 : 0));
  int64_t end = TRY(extra_number(t, e, 3, length > 0 ? 1 : 0, length));
  if (start < length && end == start + 1) {
    char text[16];
    if (decode) {
      Local<> byte = TRY(get_item(t, object, Value::fixnum(start)));
      snprintf(text, sizeof text, "0x%02x", static_cast<unsigned>(byte.value().as_fixnum()));
      return format_str(t, "'{}' codec can't decode byte {} in position {}: {}", encoding, text, start, reason);
    }
    uint32_t c = object.borrow().as<Str>()->at(static_cast<size_t>(start));
    snprintf(text, sizeof text, c <= 0xff ? "\\x%02x" : c <= 0xffff ? "\\u%04x" : "\\U%08x", c);
    if (translate) return format_str(t, "can't translate character '{}' in position {}: {}", text, start, reason);
    return format_str(t, "'{}' codec can't encode character '{}' in position {}: {}", encoding, text, start, reason);
  }
  if (translate) {
    return format_str(t, "can't translate characters in position {}-{}: {}", start, end - 1, reason);
  }
  return format_str(t, "'{}' codec can't {} in position {}-{}: {}", encoding,
                    decode ? "decode bytes" : "encode characters", start, end - 1, reason);
}
constexpr GetSetDef kUnicodeErrorGetSets[] = {
    extra<0>("encoding", "exception encoding"), extra<1>("object", "exception object"),
    extra<2>("start", "exception start"), extra<3>("end", "exception end"), extra<4>("reason", "exception reason")};

// ---- exception groups ----

Result<Local<>> group_op_new(Thread& t, Borrowed<Type> cls, const CallArgs& args) {
  if (args.count != 2) {
    return raise(t, types::TypeError, "BaseExceptionGroup.__new__() takes exactly 2 arguments ({} given)", args.count);
  }
  if (!is_str(args[0])) {
    return raise(t, types::TypeError, "BaseExceptionGroup.__new__() argument 1 must be str, not {}", TypeName(args[0]));
  }
  if (!type_of(args[1])->slots.getitem || is_dict(args[1])) {
    return raise(t, types::TypeError, "second argument (exceptions) must be a sequence");
  }
  Local<Tuple> members = TRY(tuple_from(t, args[1]));
  if (members->length() == 0) {
    return raise(t, types::ValueError, "second argument (exceptions) must be a non-empty sequence");
  }
  bool all_plain = true;
  for (size_t i = 0; i < members->length(); i++) {
    if (!is_exception(members->at(i))) {
      return raise(t, types::ValueError, "Item {} of second argument (exceptions) is not an exception", i);
    }
    if (!is_instance(members->at(i), types::Exception)) all_plain = false;
  }
  Type* actual = cls.get();
  if (actual == &types::BaseExceptionGroup) {
    if (all_plain) actual = &types::ExceptionGroup;
  } else if (!all_plain && is_subtype(actual, &types::Exception)) {
    if (actual == &types::ExceptionGroup) {
      return raise(t, types::TypeError, "Cannot nest BaseExceptions in an ExceptionGroup");
    }
    return raise(t, types::TypeError, "Cannot nest BaseExceptions in '{}'", actual);
  }
  Local<Exception> e = TRY(allocate_for<Exception>(t, Borrowed<Type>(actual)));
  e->args.init(TRY(make_tuple(t, args.values, 2)));
  TRY(set_exception_extra(t, e, 0, args[0]));
  TRY(set_exception_extra(t, e, 1, members));
  return e;
}
Result<Local<>> group_op_str(Thread& t, Borrowed<> self) {
  auto e = self.as<Exception>();
  Local<Str> message = TRY(str_of(t, exception_extra(e, 0)));
  int64_t n = TRY(length_of(t, exception_extra(e, 1)));
  return format_str(t, "{} ({} sub-exception{})", message, n, n == 1 ? "" : "s");
}
Result<Local<>> group_op_repr(Thread& t, Borrowed<> self) {
  auto e = self.as<Exception>();
  Local<Str> message = TRY(repr_of(t, exception_extra(e, 0)));
  Local<Tuple> args = args_of(e);
  Local<> members = exception_extra(e, 1);
  if (args->length() == 2 && is_list(args->at(1))) members = TRY(list_from(t, members));
  Local<Str> shown = TRY(repr_of(t, members));
  return format_str(t, "{}({}, {})", TypeName(self), message, shown);
}
Result<Local<>> group_derive(Thread& t, Borrowed<Exception> self, Borrowed<> members) {
  Local<> message = exception_extra(self, 0);
  return call(t, Borrowed<>(&types::BaseExceptionGroup), message, members);
}
// A group like `self` with other members: traceback, cause, context and notes go along.
Result<Local<>> derive_like(Thread& t, Borrowed<Exception> self, Borrowed<List> members) {
  if (members->length() == 0) return kNone;
  Local<> fresh = TRY(call_method(t, self, "derive"_n, members));
  if (!is_instance(fresh.value(), types::BaseExceptionGroup)) {
    return raise(t, types::TypeError, "derive must return an instance of BaseExceptionGroup");
  }
  auto g = fresh.borrow().as<Exception>();
  g->traceback.set(self->traceback.load(self.get()));
  g->context.set(self->context.load(self.get()));
  g->cause.set(self->cause.load(self.get()));
  g->suppress_context = self->suppress_context;
  Lookup<> notes = find_attr(t, self, "__notes__"_n);
  if (notes.raised()) return Raised{};
  if (notes.found() && is_list((*notes).value())) {
    Local<> copy = TRY(list_from(t, *notes));
    TRY(set_attr(t, g, "__notes__"_n, copy));
  }
  return fresh;
}
Result<bool> group_matches(Thread& t, Borrowed<> e, Borrowed<> condition) {
  if (is_type(condition) || is_tuple(condition)) return instance_check(t, e, condition);
  Local<> r = TRY(call(t, condition, e));
  return is_true(t, r);
}
Result<void> check_condition(Thread& t, Borrowed<> condition) {
  auto is_exception_type = [](Value v) { return is_type(v) && is_subtype(Borrowed<Type>(v).get(), &types::BaseException); };
  bool good = is_exception_type(condition);
  if (is_tuple(condition)) {
    good = true;
    auto tuple = condition.as<Tuple>();
    for (size_t i = 0; i < tuple->length(); i++) good &= is_exception_type(tuple->at(i));
  } else if (!is_type(condition) && is_callable(condition)) {
    good = true;
  }
  if (good) return ok();
  return raise(t, types::TypeError, "expected an exception type, a tuple of exception types, or a callable (other than a class)");
}
// Fills *matching and *rest (None when empty); rest may be nullptr.
Result<void> split_group(Thread& t, Borrowed<> e, Borrowed<> condition, Local<>* matching, Local<>* rest) {
  ENTER_RECURSION(t, " in exceptiongroup_split_recursive");
  *matching = immediate(kNone);
  if (rest) *rest = immediate(kNone);
  if (TRY(group_matches(t, e, condition))) {
    *matching = Local<>::share(e);
    return ok();
  }
  if (!is_instance(e, types::BaseExceptionGroup)) {
    if (rest) *rest = Local<>::share(e);
    return ok();
  }
  auto self = e.as<Exception>();
  Local<List> yes = TRY(make_list(t)), no = TRY(make_list(t));
  Local<> members = exception_extra(self, 1);
  auto tuple = members.borrow().as<Tuple>();
  for (size_t i = 0; i < tuple->length(); i++) {
    Local<> m, r;
    TRY(split_group(t, tuple->at(i), condition, &m, rest ? &r : nullptr));
    if (m.value() != kNone) TRY(list_append(t, yes, std::move(m)));
    if (rest && r.value() != kNone) TRY(list_append(t, no, std::move(r)));
  }
  *matching = TRY(derive_like(t, self, yes));
  if (rest) *rest = TRY(derive_like(t, self, no));
  return ok();
}
Result<Local<>> group_split(Thread& t, Borrowed<Exception> self, Borrowed<> condition) {
  TRY(check_condition(t, condition));
  Local<> matching, rest;
  TRY(split_group(t, self, condition, &matching, &rest));
  return make_tuple(t, {matching.value(), rest.value()});
}
Result<Local<>> group_subgroup(Thread& t, Borrowed<Exception> self, Borrowed<> condition) {
  TRY(check_condition(t, condition));
  Local<> matching;
  TRY(split_group(t, self, condition, &matching, nullptr));
  return matching;
}
Result<Local<>> group_class_getitem(Thread& t, Borrowed<Type> cls, Borrowed<> item) {
  return make_generic_alias_hook(t, cls, item);
}
Result<void> group_op_init(Thread& t, Borrowed<> self, const CallArgs& args) { return no_keywords(t, self, args); }
constexpr NativeDef kGroupMethods[] = {
    method<group_derive>("derive(self, excs, /)", nullptr),
    method<group_split>("split(self, matcher_value, /)", nullptr),
    method<group_subgroup>("subgroup(self, matcher_value, /)", nullptr),
    class_method<group_class_getitem>("__class_getitem__(cls, item, /)", "See PEP 585"),
};
constexpr GetSetDef kGroupGetSets[] = {getter<extra_get<0>>("message", "exception message"),
                                       getter<extra_get<1>>("exceptions", "nested exceptions")};

const TypeDef kBaseExceptionDef = {
    .name = "BaseException",
    .doc = "Common base class for all exceptions",
    .layout = &kExceptionLayout,
    .flags = kTypeSubclassable | kTypeHasDict | kTypeWeakrefable,
    .shape_flags = kShapeIsException,
    OROCHI_METHODS(kBaseMethods),
    OROCHI_GETSETS(kBaseGetSets),
    .slots = {.repr = exception_op_repr, .str = exception_op_str, .init = exception_op_init, .new_ = exception_op_new},
};

// What an exception type has beyond its base.
struct Extras {
  const char* name;
  const char* doc;
  TypeSlots slots;
  const GetSetDef* getsets;
  size_t getset_count;
  const NativeDef* methods;
  size_t method_count;
};
constexpr Extras kExtras[] = {
    {"BaseExceptionGroup", "A combination of multiple unrelated exceptions.",
     {.repr = group_op_repr, .str = group_op_str, .init = group_op_init, .new_ = group_op_new},
     kGroupGetSets, std::size(kGroupGetSets), kGroupMethods, std::size(kGroupMethods)},
    {"SystemExit", "Request to exit from the interpreter.", {.init = first_argument_init}, kSystemExitGetSets, 1, nullptr, 0},
    {"StopIteration", "Signal the end from iterator.__next__().", {.init = first_argument_init}, kStopIterationGetSets, 1, nullptr, 0},
    {"NameError", "Name not found globally.", {.init = name_error_init}, kNameErrorGetSets, 1, nullptr, 0},
    {"AttributeError", "Attribute not found.", {.init = attribute_error_init}, kAttributeErrorGetSets, 2,
     kAttributeErrorMethods, std::size(kAttributeErrorMethods)},
    {"ImportError", "Import can't find module, or can't find name in module.",
     {.str = import_error_op_str, .init = import_error_init}, kImportErrorGetSets, std::size(kImportErrorGetSets),
     kImportErrorMethods, 1},
    {"OSError", "Base class for I/O related errors.",
     {.str = os_error_op_str, .init = os_error_op_init, .new_ = os_error_op_new}, kOsErrorGetSets,
     std::size(kOsErrorGetSets), kOsErrorMethods, 1},
    {"SyntaxError", "Invalid syntax.", {.str = syntax_error_op_str, .init = syntax_error_init}, kSyntaxErrorGetSets,
     std::size(kSyntaxErrorGetSets), nullptr, 0},
    {"KeyError", "Mapping key not found.", {.str = key_error_op_str}, nullptr, 0, nullptr, 0},
    {"UnicodeDecodeError", "Unicode decoding error.",
     {.str = unicode_error_op_str, .init = unicode_decode_error_init}, kUnicodeErrorGetSets, std::size(kUnicodeErrorGetSets), nullptr, 0},
    {"UnicodeEncodeError", "Unicode encoding error.",
     {.str = unicode_error_op_str, .init = unicode_encode_error_init}, kUnicodeErrorGetSets, std::size(kUnicodeErrorGetSets), nullptr, 0},
    {"UnicodeTranslateError", "Unicode translation error.",
     {.str = unicode_error_op_str, .init = unicode_translate_error_init}, kUnicodeErrorGetSets, std::size(kUnicodeErrorGetSets), nullptr, 0},
};

constexpr bool same(const char* a, const char* b) {
  for (; *a && *a == *b; a++, b++) {
  }
  return *a == *b;
}

constexpr TypeDef make_exception_def(const char* name, Type* base) {
  TypeDef def{};
  def.name = name;
  def.base = base;
  def.flags = kTypeSubclassable;
  for (const Extras& e : kExtras) {
    if (!same(e.name, name)) continue;
    def.doc = e.doc;
    def.slots = e.slots;
    def.getsets = e.getsets;
    def.getset_count = e.getset_count;
    def.methods = e.methods;
    def.method_count = e.method_count;
  }
  return def;
}

// ExceptionGroup has two bases; the start-up code links the second one (Exception) into its mro.
#define EXCEPTION(Name, Base) constinit const TypeDef k##Name##Def = make_exception_def(#Name, &types::Base);
#include "objects/exceptions.def"
#undef EXCEPTION
constinit const TypeDef kExceptionGroupDef = make_exception_def("ExceptionGroup", &types::BaseExceptionGroup);

}  // namespace

// Gives ExceptionGroup its second base. Called once at start-up, after ready_builtin_types().
Result<void> finish_exception_types(Thread& t) {
  Type& type = types::ExceptionGroup;
  Local<Tuple> bases = TRY(make_tuple(t, {Value(&types::BaseExceptionGroup), Value(&types::Exception)}));
  type.bases.set(bases.dup());
  type.mro.set(TRY(compute_mro(t, Borrowed<Type>(&type), bases)));
  TypeLock lock;
  add_subclass(&types::Exception, &type);
  return ok();
}

OROCHI_TYPE(BaseException, kBaseExceptionDef)
#define EXCEPTION(Name, Base) OROCHI_TYPE(Name, k##Name##Def)
#include "objects/exceptions.def"
#undef EXCEPTION
OROCHI_TYPE(ExceptionGroup, kExceptionGroupDef)

}  // namespace orochi
