// _io: the base types. Their methods only call other methods of the object, so Python classes may override any of them.
#include <cerrno>
#include <cstring>
#include <string>

#include "builtins/type_type.h"
#include "modules/_io/io_module.h"
#include "objects/dict.h"

namespace orochi {

OROCHI_MODULE_TYPE(IoBase)
OROCHI_MODULE_TYPE(IoRawBase)
OROCHI_MODULE_TYPE(IoBufferedBase)
OROCHI_MODULE_TYPE(IoTextBase)

namespace io_module {

Value unsupported_operation;

Raised raise_unsupported(Thread& t, const char* message) {
  return raise(t, *reinterpret_cast<Type*>(unsupported_operation.bits), message);
}

Raised raise_blocking(Thread& t, const char* message, int64_t written) {
  auto text = make_str(t, message);
  if (text.raised()) return {};
  auto e = call(t, Borrowed<>(&types::BlockingIOError), Borrowed<>(Value::fixnum(EAGAIN)), *text,
                Borrowed<>(Value::fixnum(written)));
  if (e.raised()) return {};
  return raise_exception(t, e.take());
}

void chain_pending(Thread& t, Local<> first) {
  if (!first) return;
  if (!t.has_pending()) {
    set_pending(t, std::move(first));
    return;
  }
  Local<> second = take_pending(t);
  if (is_exception(second.value()) && second.value() != first.value()) {
    auto e = second.borrow().as<Exception>();
    e->context.set(std::move(first));
  }
  set_pending(t, std::move(second));
}

Result<void> warn(Thread& t, Type& category, const char* message, int stacklevel) {
  Local<Str> text = TRY(make_str(t, message));
  Local<> module = TRY(import_module(t, "warnings"_n));
  Local<> function = TRY(get_attr(t, module, "warn"_n));
  auto r = call(t, function, text, Borrowed<>(&category), Borrowed<>(Value::fixnum(stacklevel)));
  if (r.raised()) return Raised{};
  return ok();
}

void warn_unclosed(Thread& t, Borrowed<> source) {
  auto step = [&]() -> Result<void> {
    Local<Str> shown = TRY(repr_of(t, source));
    Local<Str> text = TRY(format_str(t, "unclosed file {}", shown));
    Local<> module = TRY(import_module(t, "warnings"_n));
    Local<> function = TRY(get_attr(t, module, "warn"_n));
    auto r = call(t, function, text, Borrowed<>(&types::ResourceWarning), Borrowed<>(Value::fixnum(1)), source);
    if (r.raised()) return Raised{};
    return ok();
  };
  if (step().raised()) {
    // A warning turned into an error cannot stop a finalizer; at the end of the process warnings may be gone.
    if (pending_matches(t, types::Warning)) report_unraisable(t, "Exception ignored in", source);
    else clear_pending(t);
  }
}

Result<bool> is_closed(Thread& t, Borrowed<> self) {
  Local<> closed = TRY(get_attr(t, self, "closed"_n));
  return is_true(t, closed);
}

Result<bool> check_closed(Thread& t, Borrowed<> self, const char* message) {
  bool closed = TRY(is_closed(t, self));
  if (closed) return raise(t, types::ValueError, message ? message : "I/O operation on closed file.");
  return true;
}

Result<void> check_attribute(Thread& t, Borrowed<> self, Borrowed<Str> method, const char* message) {
  Local<> r = TRY(call_method(t, self, method));
  if (r.value() != kTrue) return raise_unsupported(t, message);
  return ok();
}

Result<int64_t> size_argument(Thread& t, Borrowed<> v) {
  if (!v || v.value() == kNone) return -1;
  if (!is_int(v) && !type_of(v)->slots.index) {
    return raise(t, types::TypeError, "argument should be integer or None, not '{}'", TypeName(v));
  }
  return to_index(t, v);
}

namespace {

// ---- _IOBase

Result<Local<>> iobase_seek(Thread& t, Borrowed<> self, Borrowed<>, Borrowed<>) { return raise_unsupported(t, "seek"); }
Result<Local<>> iobase_tell(Thread& t, Borrowed<> self) {
  return call_method(t, self, "seek"_n, Borrowed<>(Value::fixnum(0)), Borrowed<>(Value::fixnum(1)));
}
Result<Local<>> iobase_truncate(Thread& t, Borrowed<>, Borrowed<>) { return raise_unsupported(t, "truncate"); }
Result<Local<>> iobase_fileno(Thread& t, Borrowed<>) { return raise_unsupported(t, "fileno"); }

Result<bool> marked_closed(Thread& t, Borrowed<> self) { return has_attr(t, self, "__IOBase_closed"_n); }

Result<void> iobase_flush(Thread& t, Borrowed<> self) {
  bool closed = TRY(marked_closed(t, self));
  if (closed) return raise(t, types::ValueError, "I/O operation on closed file.");
  return ok();
}
Result<void> iobase_close(Thread& t, Borrowed<> self) {
  bool closed = TRY(marked_closed(t, self));
  if (closed) return ok();
  auto flushed = call_method(t, self, "flush"_n);
  Local<> error;
  if (flushed.raised()) error = take_pending(t);
  auto set = set_attr(t, self, "__IOBase_closed"_n, kTrue);
  if (error) {
    if (set.raised()) chain_pending(t, std::move(error));
    else set_pending(t, std::move(error));
    return Raised{};
  }
  return set;
}
Result<bool> iobase_closed(Thread& t, Borrowed<> self) { return marked_closed(t, self); }
bool iobase_false(Thread&, Borrowed<>) { return false; }
Result<bool> iobase_isatty(Thread& t, Borrowed<> self) {
  TRY(check_closed(t, self));
  return false;
}
Result<Local<>> iobase_check_closed(Thread& t, Borrowed<> self, Borrowed<>) {
  TRY(check_closed(t, self));
  return kNone;
}
Result<bool> iobase_check_readable(Thread& t, Borrowed<> self) {
  TRY(check_attribute(t, self, "readable"_n, "File or stream is not readable."));
  return true;
}
Result<bool> iobase_check_writable(Thread& t, Borrowed<> self) {
  TRY(check_attribute(t, self, "writable"_n, "File or stream is not writable."));
  return true;
}
Result<bool> iobase_check_seekable(Thread& t, Borrowed<> self) {
  TRY(check_attribute(t, self, "seekable"_n, "File or stream is not seekable."));
  return true;
}
Result<Local<>> iobase_enter(Thread& t, Borrowed<> self) {
  TRY(check_closed(t, self));
  return Local<>::share(self);
}
Result<Local<>> iobase_exit(Thread& t, Borrowed<> self, Rest) { return call_method(t, self, "close"_n); }

Result<Local<>> iobase_iter(Thread& t, Borrowed<> self) {
  TRY(check_closed(t, self));
  return Local<>::share(self);
}
Lookup<> iobase_next(Thread& t, Borrowed<> self) {
  Local<> line = TRY(call_method(t, self, "readline"_n));
  int64_t length = TRY(length_of(t, line));
  if (length <= 0) return kAbsent;
  return line;
}

Result<Local<>> iobase_readline(Thread& t, Borrowed<> self, Borrowed<> size_value) {
  int64_t limit = TRY(size_argument(t, size_value));
  Lookup<> peek = find_attr(t, self, "peek"_n);
  if (peek.raised()) return Raised{};
  bool can_peek = peek.found();
  std::string line;
  while (limit < 0 || static_cast<int64_t>(line.size()) < limit) {
    int64_t wanted = 1;
    if (can_peek) {
      Local<> seen;
      {
        auto r = call(t, *peek, Borrowed<>(Value::fixnum(1)));
        if (r.raised()) return Raised{};
        seen = r.take();
      }
      if (seen.value() != kNone && !is_bytes(seen.value())) {
        return raise(t, types::OSError, "peek() should have returned a bytes object, not '{}'", TypeName(seen.value()));
      }
      if (seen.value() != kNone && seen.borrow().as<Bytes>()->length() > 0) {
        std::string_view view = seen.borrow().as<Bytes>()->view();
        size_t at = view.find('\n');
        wanted = static_cast<int64_t>(at == std::string_view::npos ? view.size() : at + 1);
        if (limit >= 0 && wanted > limit - static_cast<int64_t>(line.size())) {
          wanted = limit - static_cast<int64_t>(line.size());
        }
      }
    }
    Local<> piece = TRY(call_method(t, self, "read"_n, Borrowed<>(Value::fixnum(wanted))));
    if (!is_bytes(piece.value())) {
      return raise(t, types::OSError, "read() should have returned a bytes object, not '{}'", TypeName(piece.value()));
    }
    std::string_view got = piece.borrow().as<Bytes>()->view();
    if (got.empty()) break;
    line.append(got);
    if (line.back() == '\n') break;
  }
  return make_bytes(t, line);
}

Result<Local<>> iobase_readlines(Thread& t, Borrowed<> self, Borrowed<> hint_value) {
  int64_t hint = TRY(size_argument(t, hint_value));
  if (hint <= 0) return list_from(t, self);
  Local<List> lines = TRY(make_list(t));
  int64_t total = 0;
  TRY(for_each(t, self, [&](Local<> line) -> Result<bool> {
    int64_t length = TRY(length_of(t, line));
    TRY(list_append(t, lines, std::move(line)));
    total += length;
    return length <= hint && total <= hint;
  }));
  return lines;
}

Result<void> iobase_writelines(Thread& t, Borrowed<> self, Borrowed<> lines) {
  TRY(check_closed(t, self));
  return for_each(t, lines, [&](Local<> line) -> Result<bool> {
    auto r = call_method(t, self, "write"_n, line);
    if (r.raised()) return Raised{};
    return true;
  });
}

constexpr NativeDef kBaseMethods[] = {
    method<iobase_seek>("seek(self, offset, whence=0, /)", "Change the stream position to the given byte offset."),
    method<iobase_tell>("tell(self, /)", "Return current stream position."),
    method<iobase_truncate>("truncate(self, size=None, /)", "Truncate file to size bytes."),
    method<iobase_fileno>("fileno(self, /)", "Return underlying file descriptor if one exists."),
    method<iobase_flush>("flush(self, /)", "Flush write buffers, if applicable."),
    method<iobase_close>("close(self, /)", "Flush and close the IO object."),
    method<iobase_false>("seekable(self, /)", "Return whether object supports random access."),
    method<iobase_false>("readable(self, /)", "Return whether object was opened for reading."),
    method<iobase_false>("writable(self, /)", "Return whether object was opened for writing."),
    method<iobase_isatty>("isatty(self, /)", "Return whether this is an 'interactive' stream."),
    method<iobase_check_closed>("_checkClosed(self, msg=None, /)", nullptr),
    method<iobase_check_readable>("_checkReadable(self, /)", nullptr),
    method<iobase_check_writable>("_checkWritable(self, /)", nullptr),
    method<iobase_check_seekable>("_checkSeekable(self, /)", nullptr),
    method<iobase_enter>("__enter__(self, /)", nullptr),
    method<iobase_exit>("__exit__(self, /, *args)", nullptr),
    method<iobase_readline>("readline(self, size=-1, /)", "Read and return a line from the stream."),
    method<iobase_readlines>("readlines(self, hint=-1, /)", "Return a list of lines from the stream."),
    method<iobase_writelines>("writelines(self, lines, /)", "Write a list of lines to stream."),
};
constexpr GetSetDef kBaseGetSets[] = {
    getter<iobase_closed>("closed", nullptr),
    getset<instance_get_dict, instance_set_dict>("__dict__", nullptr),
};

// ---- _RawIOBase

Result<Local<>> raw_read(Thread& t, Borrowed<> self, Index n) {
  if (n.value < 0) return call_method(t, self, "readall"_n);
  Local<ByteArray> space;
  {
    Local<Bytes> zeros = TRY(make_bytes_uninitialised(t, static_cast<size_t>(n.value)));
    memset(zeros->mutable_data(), 0, zeros->length());
    space = TRY(make_bytearray(t, zeros->view()));
  }
  Local<> got = TRY(call_method(t, self, "readinto"_n, space));
  if (got.value() == kNone) return kNone;
  int64_t count = TRY(to_index(t, got));
  Buffer view = TRY(Buffer::get(t, space));
  if (count < 0 || count > static_cast<int64_t>(view.size()) || count > n.value) {
    return raise(t, types::ValueError, "readinto returned {} outside buffer size {}", count, n.value);
  }
  return make_bytes(t, view.view().substr(0, static_cast<size_t>(count)));
}

Result<Local<>> raw_readall(Thread& t, Borrowed<> self) {
  std::string all;
  bool any = false;
  for (;;) {
    Local<> piece = TRY(call_method(t, self, "read"_n, Borrowed<>(Value::fixnum(kDefaultBufferSize))));
    if (piece.value() == kNone) {
      if (!any) return kNone;
      break;
    }
    if (!is_bytes(piece.value())) return raise(t, types::TypeError, "read() should return bytes");
    std::string_view got = piece.borrow().as<Bytes>()->view();
    if (got.empty()) break;
    any = true;
    all.append(got);
  }
  return make_bytes(t, all);
}
Result<Local<>> raw_readinto(Thread& t, Borrowed<>, Borrowed<>) {
  return raise(t, types::NotImplementedError, "");
}
constexpr NativeDef kRawMethods[] = {
    method<raw_read>("read(self, size=-1, /)", nullptr),
    method<raw_readall>("readall(self, /)", "Read until EOF, using multiple read() call."),
    method<raw_readinto>("readinto(self, buffer, /)", nullptr),
    method<raw_readinto>("write(self, b, /)", nullptr),
};

// ---- _BufferedIOBase

Result<Local<>> buffered_base_detach(Thread& t, Borrowed<>) { return raise_unsupported(t, "detach"); }
Result<Local<>> buffered_base_read(Thread& t, Borrowed<>, Borrowed<>) { return raise_unsupported(t, "read"); }
Result<Local<>> buffered_base_read1(Thread& t, Borrowed<>, Borrowed<>) { return raise_unsupported(t, "read1"); }
Result<Local<>> buffered_base_write(Thread& t, Borrowed<>, Borrowed<>) { return raise_unsupported(t, "write"); }
Result<Local<>> readinto_by(Thread& t, Borrowed<> self, Borrowed<> target, Borrowed<Str> name) {
  Buffer space = TRY(Buffer::get(t, target, kBufferWritable));
  Local<> length = TRY(make_int(t, static_cast<int64_t>(space.size())));
  Local<> data = TRY(call_method(t, self, name, length));
  if (!is_bytes(data.value())) return raise(t, types::TypeError, "read() should return bytes");
  std::string_view got = data.borrow().as<Bytes>()->view();
  if (got.size() > space.size()) {
    return raise(t, types::ValueError, "read() returned too much data: {} bytes requested, {} returned", space.size(),
                 got.size());
  }
  memcpy(space.writable_data(), got.data(), got.size());
  return make_int(t, static_cast<int64_t>(got.size()));
}
Result<Local<>> buffered_base_readinto(Thread& t, Borrowed<> self, Borrowed<> target) {
  return readinto_by(t, self, target, "read"_n);
}
Result<Local<>> buffered_base_readinto1(Thread& t, Borrowed<> self, Borrowed<> target) {
  return readinto_by(t, self, target, "read1"_n);
}
constexpr NativeDef kBufferedMethods[] = {
    method<buffered_base_detach>("detach(self, /)", "Disconnect this buffer from its underlying raw stream and return it."),
    method<buffered_base_read>("read(self, size=-1, /)", "Read and return up to n bytes."),
    method<buffered_base_read1>("read1(self, size=-1, /)", "Read and return up to size bytes."),
    method<buffered_base_readinto>("readinto(self, buffer, /)", nullptr),
    method<buffered_base_readinto1>("readinto1(self, buffer, /)", nullptr),
    method<buffered_base_write>("write(self, b, /)", "Write buffer b to the IO stream."),
};

// ---- _TextIOBase

Result<Local<>> text_base_readline(Thread& t, Borrowed<>, Borrowed<>) { return raise_unsupported(t, "readline"); }
Result<Local<>> text_base_none(Thread&, Borrowed<>) { return kNone; }
constexpr NativeDef kTextMethods[] = {
    method<buffered_base_detach>("detach(self, /)", "Separate the underlying buffer from the TextIOBase and return it."),
    method<buffered_base_read>("read(self, size=-1, /)", "Read at most size characters from stream."),
    method<text_base_readline>("readline(self, size=-1, /)", "Read until newline or EOF."),
    method<buffered_base_write>("write(self, s, /)", "Write string s to stream."),
};
constexpr GetSetDef kTextGetSets[] = {
    getter<text_base_none>("encoding", "Encoding of the text stream."),
    getter<text_base_none>("newlines", "Line endings translated so far."),
    getter<text_base_none>("errors", "The error setting of the decoder or encoder."),
};

Result<Local<>> base_op_new(Thread& t, Borrowed<Type> cls, const CallArgs&) { return allocate_instance(t, cls); }

constexpr TypeDef kBaseDef{.name = "_io._IOBase",
                           .doc = "The abstract base class for all I/O classes.",
                           .flags = kTypeSubclassable | kTypeHasDict | kTypeWeakrefable,
                           OROCHI_METHODS(kBaseMethods),
                           OROCHI_GETSETS(kBaseGetSets),
                           .slots = {.iter = iobase_iter, .next = iobase_next, .new_ = base_op_new,
                                     .finalize = iobase_finalize}};
constexpr TypeDef kRawDef{.name = "_io._RawIOBase",
                          .doc = "Base class for raw binary I/O.",
                          .base = &types::IoBase,
                          .flags = kTypeSubclassable | kTypeHasDict | kTypeWeakrefable,
                          OROCHI_METHODS(kRawMethods)};
constexpr TypeDef kBufferedDef{.name = "_io._BufferedIOBase",
                               .doc = "Base class for buffered IO objects.",
                               .base = &types::IoBase,
                               .flags = kTypeSubclassable | kTypeHasDict | kTypeWeakrefable,
                               OROCHI_METHODS(kBufferedMethods)};
constexpr TypeDef kTextDef{.name = "_io._TextIOBase",
                           .doc = "Base class for text I/O.",
                           .base = &types::IoBase,
                           .flags = kTypeSubclassable | kTypeHasDict | kTypeWeakrefable,
                           OROCHI_METHODS(kTextMethods),
                           OROCHI_GETSETS(kTextGetSets)};

}  // namespace

void iobase_finalize(Thread& t, Borrowed<> self) {
  Local<> error_before;
  if (t.has_pending()) error_before = take_pending(t);
  auto closed = is_closed(t, self);
  if (closed.raised()) {
    clear_pending(t);  // half made: nothing to close
  } else if (!*closed) {
    if (set_attr(t, self, "_finalizing"_n, kTrue).raised()) clear_pending(t);
    if (call_method(t, self, "close"_n).raised()) report_unraisable(t, "Exception ignored while finalizing file", self);
  }
  if (error_before) set_pending(t, std::move(error_before));
}

Result<void> init_base(Thread& t, Borrowed<Module> module) {
  TRY(module_add_type(t, module, types::IoBase, kBaseDef));
  TRY(module_add_type(t, module, types::IoRawBase, kRawDef));
  TRY(module_add_type(t, module, types::IoBufferedBase, kBufferedDef));
  TRY(module_add_type(t, module, types::IoTextBase, kTextDef));
  if (!unsupported_operation) {
    Local<Str> name = TRY(make_str(t, "UnsupportedOperation"));
    Local<Tuple> bases = TRY(make_tuple(t, {Value(&types::OSError), Value(&types::ValueError)}));
    Local<Dict> ns = TRY(make_dict(t));
    Local<Str> module_name = TRY(make_str(t, "io"));
    TRY(dict_set_str(t, ns, "__module__"_n, std::move(module_name)));
    Local<> cls = TRY(call(t, Borrowed<>(&types::Type), name, bases, ns));
    unsupported_operation = cls.release();  // for the life of the process
  }
  TRY(module_set(t, module, "UnsupportedOperation", Borrowed<>(unsupported_operation)));
  return module_set(t, module, "BlockingIOError", Borrowed<>(&types::BlockingIOError));
}

}  // namespace io_module

}  // namespace orochi
