// Making and raising exceptions without running Python code, and the thread's pending exception.
// Invariant: an exception that is pending is always an instance, its __context__ already linked.
#include "objects/exception.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "objects/shape_table.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/int.h"

namespace orochi {

void (*report_unraisable)(Thread& t, const char* what, Borrowed<> object) = nullptr;
Local<> (*current_handled_hook)(Mutator& m) = nullptr;

namespace {

void trace_exception(Object* object, Visitor& v) {
  auto* e = static_cast<Exception*>(object);
  v.visit(e->args);
  v.visit(e->traceback);
  v.visit(e->context);
  v.visit(e->cause);
  if (e->extra) {
    for (int i = 0; i < kExceptionExtras; i++) v.visit(e->extra[i]);
  }
}

void destroy_exception(Object* object) { free_raw(static_cast<Exception*>(object)->extra); }

// The one MemoryError that needs no memory. Immortal; carries no traceback.
alignas(16) constinit Exception memory_error{};

void append_arg(StrBuilder& out, const FormatArg& arg) {
  char digits[24];
  switch (arg.kind) {
    case FormatArg::Text:
      out.append_utf8(arg.text);
      break;
    case FormatArg::Signed:
      out.append_ascii({digits, static_cast<size_t>(snprintf(digits, sizeof digits, "%lld",
                                                             static_cast<long long>(arg.number)))});
      break;
    case FormatArg::Unsigned:
      out.append_ascii({digits, static_cast<size_t>(snprintf(digits, sizeof digits, "%llu",
                                                             static_cast<unsigned long long>(arg.number)))});
      break;
    case FormatArg::StrObject:
      if (arg.value) out.append(Borrowed<Str>(arg.value));
      break;
    case FormatArg::TypeNameOf:
    case FormatArg::TypeObject: {
      Type* type = arg.kind == FormatArg::TypeNameOf ? type_of(arg.value) : Borrowed<Type>(arg.value).get();
      Local<Str> name = type->name.load(type);
      if (name) out.append(name);
      break;
    }
    case FormatArg::Hex:
      out.append_ascii({digits, static_cast<size_t>(snprintf(digits, sizeof digits, "0x%llx",
                                                             static_cast<unsigned long long>(arg.number)))});
      break;
    case FormatArg::Char:
      out.append_char(static_cast<uint32_t>(arg.number));
      break;
  }
}

}  // namespace

extern const Layout kExceptionLayout;
constinit const Layout kExceptionLayout{"BaseException", sizeof(Exception), 0, trace_exception, destroy_exception,
                                        nullptr, nullptr};

Raised raise_no_memory(Mutator& m) {
  if (!memory_error.shape_word) {
    memory_error.shape_word = types::MemoryError.root_shape->word();
    memory_error.owner = kOwnerImmortal;
  }
  clear_pending(m);
  m.pending = Value(&memory_error);
  return {};
}

Result<Local<Str>> format_message(Mutator& m, const char* format, const FormatArg* args, size_t count) {
  StrBuilder out(m);
  size_t next = 0;
  const char* run = format;
  const char* p = format;
  for (; *p; p++) {
    if (p[0] == '{' && p[1] == '}') {
      out.append_utf8({run, static_cast<size_t>(p - run)});
      DCHECK(next < count);
      if (next < count) append_arg(out, args[next++]);
      run = p + 2;
      p++;
    } else if ((p[0] == '{' && p[1] == '{') || (p[0] == '}' && p[1] == '}')) {
      out.append_utf8({run, static_cast<size_t>(p + 1 - run)});
      run = p + 2;
      p++;
    }
  }
  out.append_utf8({run, static_cast<size_t>(p - run)});
  return out.finish();
}

Result<Local<Exception>> make_exception(Mutator& m, Type& type, const Value* args, size_t count) {
  Local<Tuple> tuple = TRY(make_tuple(m, args, count));
  const Shape* shape = type.root_shape;
  Local<Exception> e = TRY(allocate<Exception>(m, shape, instance_size(shape, 0)));
  e->args.init(std::move(tuple));
  if (count > 0 && (&type == &types::StopIteration || &type == &types::SystemExit)) {
    TRY(set_exception_extra(m, e, 0, args[0]));
  } else if (count > 0 && (is_subtype(&type, &types::ImportError) || is_subtype(&type, &types::SyntaxError))) {
    TRY(set_exception_extra(m, e, 0, args[0]));
  }
  return e;
}

Raised raise_formatted(Mutator& m, Type& type, const char* format, const FormatArg* args, size_t count) {
  auto message = format_message(m, format, args, count);
  if (message.raised()) return {};
  return raise_value(m, type, *message);
}

Raised raise_value(Mutator& m, Type& type, Borrowed<> argument) {
  Value args[] = {argument};
  auto e = make_exception(m, type, args, argument ? 1 : 0);
  if (e.raised()) return {};
  return raise_exception(m, e.take());
}

Raised raise_exception(Mutator& m, Local<> exception) {
  DCHECK(is_exception(exception.value()));
  auto* e = static_cast<Exception*>(exception.value().as_object());
  if (m.has_pending()) clear_pending(m);
  if (current_handled_hook && e != &memory_error) {
    Local<> handled = current_handled_hook(m);
    if (handled && handled.value() != exception.value()) {
      // Break a cycle: if the new exception is already in the handled one's context chain, cut it there.
      // Brent's algorithm keeps this finite even if somebody made the chain circular by hand.
      Local<> at = handled.dup();
      Local<> slow = handled.dup();
      bool move_slow = false;
      for (;;) {
        Local<> next = static_cast<Exception*>(at.value().as_object())->context.load(at.value().as_object());
        if (!next) break;
        if (next.value() == exception.value()) {
          static_cast<Exception*>(at.value().as_object())->context.set({});
          break;
        }
        at = std::move(next);
        if (at.value() == slow.value()) break;
        if (move_slow) slow = static_cast<Exception*>(slow.value().as_object())->context.load(slow.value().as_object());
        move_slow = !move_slow;
      }
      e->context.set(std::move(handled));
    }
  }
  m.pending = exception.release();
  return {};
}

Raised raise_key_error(Mutator& m, Borrowed<> key) { return raise_value(m, types::KeyError, key); }

Raised raise_stop_iteration(Mutator& m, Borrowed<> value) {
  return raise_value(m, types::StopIteration, value.value() == kNone ? Borrowed<>() : value);
}

Type& os_error_type(int error_number) {
  switch (error_number) {
    case EAGAIN: case EALREADY: case EINPROGRESS: return types::BlockingIOError;
    case EPIPE: case ESHUTDOWN: return types::BrokenPipeError;
    case ECHILD: return types::ChildProcessError;
    case ECONNABORTED: return types::ConnectionAbortedError;
    case ECONNREFUSED: return types::ConnectionRefusedError;
    case ECONNRESET: return types::ConnectionResetError;
    case EEXIST: return types::FileExistsError;
    case ENOENT: return types::FileNotFoundError;
    case EISDIR: return types::IsADirectoryError;
    case ENOTDIR: return types::NotADirectoryError;
    case EINTR: return types::InterruptedError;
    case EACCES: case EPERM: return types::PermissionError;
    case ESRCH: return types::ProcessLookupError;
    case ETIMEDOUT: return types::TimeoutError;
    default: return types::OSError;
  }
}

Raised raise_os_error(Mutator& m, int error_number, Borrowed<> filename, Borrowed<> filename2) {
  auto text = make_str(m, std::strerror(error_number));
  if (text.raised()) return {};
  Value args[] = {Value::fixnum(error_number), text->value()};
  auto e = make_exception(m, os_error_type(error_number), args, 2);
  if (e.raised()) return {};
  const Borrowed<> extras[] = {Borrowed<>(args[0]), Borrowed<>(args[1]), filename, filename2};
  for (int i = 0; i < 4; i++) {
    if (extras[i] && set_exception_extra(m, *e, i, extras[i]).raised()) return {};
  }
  return raise_exception(m, e.take());
}

Local<> take_pending(Mutator& m) {
  Local<> e = Local<>::adopt(m.pending);
  m.pending = Value();
  return e;
}

void set_pending(Mutator& m, Local<> exception) {
  DCHECK(!m.has_pending());
  m.pending = exception.release();
}

bool pending_matches(Mutator& m, const Type& type) { return m.has_pending() && is_instance(m.pending, type); }

bool clear_pending_if(Mutator& m, const Type& type) {
  if (!pending_matches(m, type)) return false;
  clear_pending(m);
  return true;
}

void clear_pending(Mutator& m) { Local<> dropped = take_pending(m); }

Local<> exception_extra(Borrowed<Exception> e, int i) {
  Field<>* extra = __atomic_load_n(&e->extra, __ATOMIC_ACQUIRE);  // pairs with set_exception_extra
  if (!extra) return immediate(kNone);
  Local<> v = extra[i].load(e.get());
  if (!v) return immediate(kNone);
  return v;
}

Result<void> set_exception_extra(Mutator& m, Borrowed<Exception> e, int i, Borrowed<> value) {
  Field<>* extra = __atomic_load_n(&e->extra, __ATOMIC_ACQUIRE);  // pairs with the exchange below
  if (!extra) {
    auto* fresh = static_cast<Field<>*>(allocate_raw_zeroed(sizeof(Field<>) * kExceptionExtras));
    if (!fresh) return raise_no_memory(m);
    Field<>* expected = nullptr;
    if (__atomic_compare_exchange_n(&e->extra, &expected, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
      extra = fresh;
    } else {
      free_raw(fresh);
      extra = expected;
    }
  }
  extra[i].set_share(value);
  return ok();
}

}  // namespace orochi
