// _io: open(), open_code(), text_encoding(), BufferedRWPair, and the module.
#include <cerrno>
#include <cstring>

#include "modules/_io/io_module.h"
#include "runtime/import.h"
#include "runtime/start.h"

namespace orochi {

OROCHI_MODULE_TYPE(IoBufferedRWPair)

namespace io_module {

namespace {

// ---- BufferedRWPair

Result<Local<>> pair_op_new(Thread& t, Borrowed<Type> cls, const CallArgs&) { return allocate_for<RWPair>(t, cls); }
Result<void> pair_init(Thread& t, Borrowed<RWPair> self, Borrowed<> reader, Borrowed<> writer, Index size) {
  TRY(check_attribute(t, reader, "readable"_n, "File or stream is not readable."));
  TRY(check_attribute(t, writer, "writable"_n, "File or stream is not writable."));
  Local<> r = TRY(make_buffered(t, types::IoBufferedReader, reader, size));
  Local<> w = TRY(make_buffered(t, types::IoBufferedWriter, writer, size));
  self->reader.set(std::move(r));
  self->writer.set(std::move(w));
  return ok();
}
constexpr NativeDef kPairInit = arguments<pair_init>("BufferedRWPair(self, reader, writer, buffer_size=131072, /)");

Result<Local<>> half(Thread& t, Borrowed<RWPair> self, bool writer) {
  Local<> v = (writer ? self->writer : self->reader).load(self.get());
  if (!v) return raise(t, types::ValueError, "I/O operation on uninitialized object");
  return v;
}
Result<Local<>> forward(Thread& t, Borrowed<RWPair> self, bool writer, Borrowed<Str> name, Rest args) {
  Local<> target = TRY(half(t, self, writer));
  Local<> method = TRY(get_attr(t, target, name));
  return call_with(t, method, CallArgs{args.values, args.count, {}});
}
Result<Local<>> pair_read(Thread& t, Borrowed<RWPair> s, Rest a) { return forward(t, s, false, "read"_n, a); }
Result<Local<>> pair_read1(Thread& t, Borrowed<RWPair> s, Rest a) { return forward(t, s, false, "read1"_n, a); }
Result<Local<>> pair_peek(Thread& t, Borrowed<RWPair> s, Rest a) { return forward(t, s, false, "peek"_n, a); }
Result<Local<>> pair_readinto(Thread& t, Borrowed<RWPair> s, Rest a) { return forward(t, s, false, "readinto"_n, a); }
Result<Local<>> pair_readinto1(Thread& t, Borrowed<RWPair> s, Rest a) { return forward(t, s, false, "readinto1"_n, a); }
Result<Local<>> pair_write(Thread& t, Borrowed<RWPair> s, Rest a) { return forward(t, s, true, "write"_n, a); }
Result<Local<>> pair_flush(Thread& t, Borrowed<RWPair> s, Rest a) { return forward(t, s, true, "flush"_n, a); }
Result<Local<>> pair_readable(Thread& t, Borrowed<RWPair> s, Rest a) { return forward(t, s, false, "readable"_n, a); }
Result<Local<>> pair_writable(Thread& t, Borrowed<RWPair> s, Rest a) { return forward(t, s, true, "writable"_n, a); }
Result<Local<>> pair_isatty(Thread& t, Borrowed<RWPair> s, Rest a) {
  Local<> r = TRY(forward(t, s, true, "isatty"_n, a));
  if (r.value() != kFalse) return r;
  return forward(t, s, false, "isatty"_n, a);
}
Result<Local<>> pair_close(Thread& t, Borrowed<RWPair> self) {
  Local<> writer = TRY(half(t, self, true));
  Local<> reader = TRY(half(t, self, false));
  Local<> error;
  if (call_method(t, writer, "close"_n).raised()) error = take_pending(t);
  auto r = call_method(t, reader, "close"_n);
  if (error) {
    chain_pending(t, std::move(error));
    return Raised{};
  }
  return r;
}
Result<Local<>> pair_closed(Thread& t, Borrowed<RWPair> self) {
  Local<> writer = self->writer.load(self.get());
  if (!writer) return raise(t, types::RuntimeError, "the BufferedRWPair object is being garbage-collected");
  return get_attr(t, writer, "closed"_n);
}
constexpr NativeDef kPairMethods[] = {
    method<pair_read>("read(self, /, *args)", nullptr),
    method<pair_read1>("read1(self, /, *args)", nullptr),
    method<pair_peek>("peek(self, /, *args)", nullptr),
    method<pair_readinto>("readinto(self, /, *args)", nullptr),
    method<pair_readinto1>("readinto1(self, /, *args)", nullptr),
    method<pair_write>("write(self, /, *args)", nullptr),
    method<pair_flush>("flush(self, /, *args)", nullptr),
    method<pair_readable>("readable(self, /, *args)", nullptr),
    method<pair_writable>("writable(self, /, *args)", nullptr),
    method<pair_isatty>("isatty(self, /, *args)", nullptr),
    method<pair_close>("close(self, /)", nullptr),
};
constexpr GetSetDef kPairGetSets[] = {getter<pair_closed>("closed", nullptr)};
constexpr Layout kPairLayout = layout_of<RWPair>("BufferedRWPair");
constexpr TypeDef kPairDef{.name = "_io.BufferedRWPair",
                           .signature = "(reader, writer, buffer_size=131072, /)",
                           .doc = "A buffered reader and writer object together.",
                           .base = &types::IoBufferedBase,
                           .layout = &kPairLayout,
                           .flags = kTypeSubclassable | kTypeHasDict | kTypeWeakrefable,
                           OROCHI_METHODS(kPairMethods),
                           OROCHI_GETSETS(kPairGetSets),
                           .slots = {.init = init_slot<kPairInit>, .new_ = pair_op_new}};

// ---- open

Result<Local<>> io_open(Thread& t, Borrowed<> file, Maybe<Borrowed<Str>> mode_value, Index buffering_value,
                        Borrowed<> encoding, Borrowed<> errors, Borrowed<> newline, bool closefd, Borrowed<> opener) {
  int64_t buffering = buffering_value;
  Local<> path = Local<>::share(file);
  if (!is_int(file) && !is_str(file) && !is_bytes(file)) {
    Lookup<> r = call_special(t, file, "__fspath__"_n);
    if (r.raised()) return Raised{};
    if (r.absent()) {
      if (!type_of(file)->slots.index) {
        return raise(t, types::TypeError, "expected str, bytes or os.PathLike object, not {}", TypeName(file));
      }
    } else {
      path = r.take();
      if (!is_str(path.value()) && !is_bytes(path.value())) {
        return raise(t, types::TypeError, "expected {}.__fspath__() to return str or bytes, not {}", TypeName(file),
                     TypeName(path.value()));
      }
    }
  }
  auto check_str = [&](Borrowed<> v, const char* name) -> Result<void> {
    if (v.value() == kNone || is_str(v)) return ok();
    return raise(t, types::TypeError, "open() argument '{}' must be str or None, not {}", name, TypeName(v));
  };
  TRY(check_str(encoding, "encoding"));
  TRY(check_str(errors, "errors"));
  TRY(check_str(newline, "newline"));
  Local<Str> mode = mode_value ? Local<Str>::share(*mode_value) : TRY(make_str(t, "r"));
  bool creating = false, reading = false, writing = false, appending = false, updating = false, text = false,
       binary = false;
  char raw_mode[8];
  for (size_t i = 0; i < mode->length(); i++) {
    uint32_t c = mode->at(i);
    bool repeated = false;
    for (size_t k = 0; k < i; k++) repeated |= mode->at(k) == c;
    switch (c) {
      case 'x': creating = true; break;
      case 'r': reading = true; break;
      case 'w': writing = true; break;
      case 'a': appending = true; break;
      case '+': updating = true; break;
      case 't': text = true; break;
      case 'b': binary = true; break;
      default: repeated = true;
    }
    if (repeated) {
      Local<Str> shown = TRY(repr_of(t, mode));
      return raise(t, types::ValueError, "invalid mode: {}", shown);
    }
  }
  size_t n = 0;
  if (creating) raw_mode[n++] = 'x';
  if (reading) raw_mode[n++] = 'r';
  if (writing) raw_mode[n++] = 'w';
  if (appending) raw_mode[n++] = 'a';
  if (updating) raw_mode[n++] = '+';
  if (text && binary) return raise(t, types::ValueError, "can't have text and binary mode at once");
  if (creating + reading + writing + appending != 1) {
    return raise(t, types::ValueError, "must have exactly one of create/read/write/append mode");
  }
  if (binary && encoding.value() != kNone) {
    return raise(t, types::ValueError, "binary mode doesn't take an encoding argument");
  }
  if (binary && errors.value() != kNone) {
    return raise(t, types::ValueError, "binary mode doesn't take an errors argument");
  }
  if (binary && newline.value() != kNone) {
    return raise(t, types::ValueError, "binary mode doesn't take a newline argument");
  }
  if (binary && buffering == 1) {
    TRY(warn(t, types::RuntimeWarning,
             "line buffering (buffering=1) isn't supported in binary mode, the default buffer size will be used"));
  }
  Local<Str> raw_mode_text = TRY(make_str(t, std::string_view(raw_mode, n)));
  Local<> result = TRY(make_file(t, path, raw_mode_text, closefd, opener));
  auto build = [&]() -> Result<void> {
    Local<> raw = result.dup();
    bool terminal = false;
    if (buffering < 0) {
      Local<> answer = TRY(call_method(t, raw, "_isatty_open_only"_n));
      terminal = TRY(is_true(t, answer));
    }
    bool line_buffering = buffering == 1 || terminal;
    if (binary && buffering == 1) buffering = -1, line_buffering = false;
    if (buffering == 1) buffering = -1;
    if (buffering < 0) {
      int64_t block = raw.borrow().as<FileIO>()->block_size;
      buffering = block > kDefaultBufferSize ? (block < 8 * 1024 * 1024 ? block : 8 * 1024 * 1024) : kDefaultBufferSize;
    }
    if (buffering == 0) {
      if (!binary) return raise(t, types::ValueError, "can't have unbuffered text I/O");
      return ok();
    }
    Type& type = updating ? types::IoBufferedRandom
                 : creating || writing || appending ? types::IoBufferedWriter
                                                    : types::IoBufferedReader;
    result = TRY(make_buffered(t, type, raw, buffering));
    if (binary) return ok();
    Local<> wrapper = TRY(call(t, Borrowed<>(&types::IoTextIOWrapper), result, encoding, errors, newline,
                               Borrowed<>(Value::boolean(line_buffering))));
    result = std::move(wrapper);
    return set_attr(t, result, "mode"_n, mode);
  };
  if (build().raised()) {
    Local<> error = take_pending(t);
    if (call_method(t, result, "close"_n).raised()) {
      chain_pending(t, std::move(error));
      return Raised{};
    }
    set_pending(t, std::move(error));
    return Raised{};
  }
  return result;
}

Result<Local<>> io_open_code(Thread& t, Borrowed<> path) {
  if (!is_str(path)) {
    return raise(t, types::TypeError, "open_code() argument 'path' must be str, not {}", TypeName(path));
  }
  Local<Str> mode = TRY(make_str(t, "rb"));
  return io_open(t, path, Maybe<Borrowed<Str>>{true, mode}, Index{-1}, kNone, kNone, kNone, true, kNone);
}

Result<Local<>> io_text_encoding(Thread& t, Borrowed<> encoding, Index) {
  if (encoding.value() == kNone) return make_str(t, config.utf8_mode ? "utf-8" : "locale");
  return Local<>::share(encoding);
}

constexpr NativeDef kFunctions[] = {
    function<io_open>("open(file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, "
                      "opener=None)",
                      "Open file and return a stream.  Raise OSError upon failure."),
    function<io_open_code>("open_code(path)", "Opens the provided file with the intent to import the contents."),
    function<io_text_encoding>("text_encoding(encoding, stacklevel=2, /)",
                               "A helper function to choose the text encoding."),
};

Result<void> init(Thread& t, Borrowed<Module> module) {
  TRY(module_set_int(t, module, "DEFAULT_BUFFER_SIZE", kDefaultBufferSize));
  TRY(init_base(t, module));
  TRY(init_file(t, module));
  TRY(init_buffered(t, module));
  TRY(module_add_type(t, module, types::IoBufferedRWPair, kPairDef));
  TRY(init_newlines(t, module));
  TRY(init_text(t, module));
  TRY(init_bytes(t, module));
  return init_string(t, module);
}

}  // namespace

}  // namespace io_module

namespace io_module {
namespace {
OROCHI_MODULE(_io, "The io module provides the Python interfaces to stream handling.", kFunctions, init)
}  // namespace
}  // namespace io_module

}  // namespace orochi
