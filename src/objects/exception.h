// Exceptions: one layout for all built-in exception types (so that any two combine under multiple inheritance), and
// raise(), which makes the exception at once and leaves it pending on the thread.
#pragma once

#include <string_view>

#include "objects/type.h"

namespace orochi {

// What the `extra` fields hold, by type:
//   StopIteration: value · SystemExit: code · NameError: name · AttributeError: name, obj
//   ImportError: msg, name, path, name_from
//   OSError: errno, strerror, filename, filename2, characters_written
//   SyntaxError: msg, filename, lineno, offset, text, print_file_and_line, end_lineno, end_offset, metadata
//   UnicodeError: encoding, object, start, end, reason · BaseExceptionGroup: message, exceptions (tuple)
inline constexpr int kExceptionExtras = 9;

struct Exception : Object {
  static constexpr uint32_t kShapeFlag = kShapeIsException;
  static Type& python_type();
  Field<Tuple> args;
  Field<> traceback;   // Traceback or None/empty
  Field<> context;     // exception or empty
  Field<> cause;       // exception or empty
  Field<>* extra;      // kExceptionExtras Fields, raw memory allocated on first use; published with release
  uint32_t suppress_context;
  uint32_t reserved;
};

namespace types {
extern ::orochi::Type BaseException, ExceptionGroup;
#define EXCEPTION(Name, Base) extern ::orochi::Type Name;
#include "objects/exceptions.def"
#undef EXCEPTION
}  // namespace types

inline Type& Exception::python_type() { return types::BaseException; }

// One argument of a message: converted without running Python code.
struct FormatArg {
  enum Kind : uint8_t { Text, Signed, Unsigned, StrObject, TypeNameOf, TypeObject, Char, Hex };
  Kind kind;
  std::string_view text;
  uint64_t number = 0;
  Value value;
  FormatArg(const char* s) : kind(Text), text(s) {}
  FormatArg(std::string_view s) : kind(Text), text(s) {}
  template <typename I>
    requires(std::is_integral_v<I>)
  FormatArg(I i) : kind(std::is_signed_v<I> ? Signed : Unsigned), number(static_cast<uint64_t>(i)) {}
  FormatArg(Borrowed<Str> s) : kind(StrObject), value(s.value()) {}
  FormatArg(const Local<Str>& s) : kind(StrObject), value(s.value()) {}
  FormatArg(const Type* type) : kind(TypeObject), value(reinterpret_cast<uint64_t>(type)) {}
  FormatArg(Borrowed<Type> type) : kind(TypeObject), value(type.value()) {}

 protected:
  FormatArg(Kind k, Value v) : kind(k), value(v) {}
  FormatArg(Kind k, uint64_t n) : kind(k), number(n) {}
};
// The name of a value's type: raise(m, types::TypeError, "'{}' object is not iterable", TypeName(v)).
struct TypeName : FormatArg {
  explicit TypeName(Value v) : FormatArg(TypeNameOf, v) {}
};
struct CharArg : FormatArg {
  explicit CharArg(uint32_t c) : FormatArg(Char, static_cast<uint64_t>(c)) {}
};

// "0x7f…": the address repr() shows.
struct AddressArg : FormatArg {
  explicit AddressArg(Value v) : FormatArg(Hex, v.bits) {}
};

Result<Local<Str>> format_message(Mutator& m, const char* format, const FormatArg* args, size_t count);
Raised raise_formatted(Mutator& m, Type& type, const char* format, const FormatArg* args, size_t count);

// Raises type(message). `{}` in the format takes the next argument; `{{` and `}}` are literal braces.
template <typename... Args>
[[gnu::noinline]] Raised raise(Mutator& m, Type& type, const char* format, Args&&... args) {
  if constexpr (sizeof...(Args) == 0) {
    return raise_formatted(m, type, format, nullptr, 0);
  } else {
    const FormatArg list[] = {FormatArg(static_cast<Args&&>(args))...};
    return raise_formatted(m, type, format, list, sizeof...(Args));
  }
}
template <typename... Args>
Result<Local<Str>> format_str(Mutator& m, const char* format, Args&&... args) {
  if constexpr (sizeof...(Args) == 0) {
    return format_message(m, format, nullptr, 0);
  } else {
    const FormatArg list[] = {FormatArg(static_cast<Args&&>(args))...};
    return format_message(m, format, list, sizeof...(Args));
  }
}

Raised raise_value(Mutator& m, Type& type, Borrowed<> argument);          // type(argument): KeyError(key), …
Raised raise_exception(Mutator& m, Local<> exception);                     // an exception instance; sets __context__
Raised raise_key_error(Mutator& m, Borrowed<> key);
Raised raise_stop_iteration(Mutator& m, Borrowed<> value);                 // empty or None: no argument
Raised raise_os_error(Mutator& m, int error_number, Borrowed<> filename = {}, Borrowed<> filename2 = {});
// OSError subclass by errno (FileNotFoundError, …).
Type& os_error_type(int error_number);

// An instance without running Python code (built-in types, args given).
Result<Local<Exception>> make_exception(Mutator& m, Type& type, const Value* args, size_t count);

// The pending exception. take_ leaves none pending; set_ puts one back as it was (no context, no traceback change).
Local<> take_pending(Mutator& m);
void set_pending(Mutator& m, Local<> exception);
bool pending_matches(Mutator& m, const Type& type);   // by mro
// True if pending and an instance of type: then it is dropped.
bool clear_pending_if(Mutator& m, const Type& type);
void clear_pending(Mutator& m);

// `extra` access; i as listed above. get returns None if unset.
Local<> exception_extra(Borrowed<Exception> e, int i);
Result<void> set_exception_extra(Mutator& m, Borrowed<Exception> e, int i, Borrowed<> value);

// Reports an exception that cannot be raised (finalizers, callbacks) through sys.unraisablehook; the pending exception
// is consumed. Installed by the runtime layer.
extern void (*report_unraisable)(Thread& t, const char* what, Borrowed<> object);
// The exception being handled by the running frames (sys.exception()), or empty; installed by the interpreter. Gives
// new exceptions their __context__.
extern Local<> (*current_handled_hook)(Mutator& m);

}  // namespace orochi
