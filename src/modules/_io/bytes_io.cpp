// _io.BytesIO: bytes in memory. Every operation is one step under the object's lock. While a buffer is exported
// (getbuffer) the size cannot change.
#include <cstring>

#include "modules/_io/io_module.h"
#include "objects/dict.h"
#include "protocols/attr.h"

namespace orochi {

OROCHI_MODULE_TYPE(IoBytesIO)
OROCHI_MODULE_TYPE(IoBytesIOBuffer)

namespace io_module {

namespace {

struct BytesIOBuffer : Object {
  static Type& python_type() { return types::IoBytesIOBuffer; }
  Field<BytesIO> source;
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<BytesIOBuffer*>(o)->source); }
};

Result<void> check(Mutator& m, BytesIO* b) {
  if (!b->open) return raise(m, types::ValueError, "I/O operation on closed file.");
  return ok();
}
Result<void> check_exports(Mutator& m, BytesIO* b) {
  TRY(check(m, b));
  if (b->exports > 0) return raise(m, types::BufferError, "Existing exports of data: object cannot be re-sized");
  return ok();
}

Result<void> reserve(Mutator& m, BytesIO* b, size_t wanted) {
  if (wanted <= b->capacity) return ok();
  size_t capacity = b->capacity + b->capacity / 2 + 64;
  if (capacity < wanted) capacity = wanted;
  void* p = reallocate_raw(b->data, capacity);
  if (!p) return raise_no_memory(m);
  b->data = static_cast<uint8_t*>(p);
  b->capacity = capacity;
  return ok();
}

Result<void> put(Mutator& m, BytesIO* b, const uint8_t* data, size_t size) {
  TRY(check_exports(m, b));
  if (size == 0) return ok();
  auto pos = static_cast<size_t>(b->pos);
  size_t end;
  if (__builtin_add_overflow(pos, size, &end) || end > PTRDIFF_MAX) {
    return raise(m, types::OverflowError, "new buffer size too large");
  }
  TRY(reserve(m, b, end));
  if (pos > b->size) memset(b->data + b->size, 0, pos - b->size);
  memcpy(b->data + pos, data, size);
  b->pos = static_cast<int64_t>(end);
  if (end > b->size) b->size = end;
  return ok();
}

size_t available(const BytesIO* b) {
  auto pos = static_cast<size_t>(b->pos);
  return pos < b->size ? b->size - pos : 0;
}

Result<Local<>> take(Mutator& m, BytesIO* b, size_t n) {
  Local<Bytes> out = TRY(make_bytes(m, {reinterpret_cast<char*>(b->data ? b->data + b->pos : nullptr), n}));
  b->pos += static_cast<int64_t>(n);
  return out;
}

size_t line_length(const BytesIO* b) {
  size_t n = available(b);
  if (n == 0) return 0;
  const void* end = memchr(b->data + b->pos, '\n', n);
  return end ? static_cast<size_t>(static_cast<const uint8_t*>(end) - (b->data + b->pos)) + 1 : n;
}

Result<Local<>> bytesio_op_new(Thread& t, Borrowed<Type> cls, const CallArgs&) {
  Local<BytesIO> b = TRY(allocate_for<BytesIO>(t, cls));
  b->open = 1;
  return b;
}
Result<void> bytesio_init(Thread& t, Borrowed<BytesIO> self, Borrowed<> initial) {
  Buffer source;
  if (initial.value() != kNone) source = TRY(Buffer::get(t, initial));
  ObjectLock guard(t, self.get());
  if (self->exports > 0) return raise(t, types::BufferError, "Existing exports of data: object cannot be re-sized");
  self->open = 1;
  self->size = 0;
  self->pos = 0;
  if (source.size()) {
    TRY(put(t, self.get(), source.data(), source.size()));
    self->pos = 0;
  }
  return ok();
}
constexpr NativeDef kInitNone = arguments<bytesio_init>("BytesIO(self, initial_bytes=None)");

Result<Local<>> bytesio_read(Thread& t, Borrowed<BytesIO> self, Borrowed<> size_value) {
  int64_t n = TRY(size_argument(t, size_value));
  ObjectLock guard(t, self.get());
  TRY(check(t, self.get()));
  size_t have = available(self.get());
  return take(t, self.get(), n < 0 || static_cast<size_t>(n) > have ? have : static_cast<size_t>(n));
}

Result<Local<>> bytesio_readline(Thread& t, Borrowed<BytesIO> self, Borrowed<> size_value) {
  int64_t limit = TRY(size_argument(t, size_value));
  ObjectLock guard(t, self.get());
  TRY(check(t, self.get()));
  size_t n = line_length(self.get());
  if (limit >= 0 && static_cast<size_t>(limit) < n) n = static_cast<size_t>(limit);
  return take(t, self.get(), n);
}

Lookup<> bytesio_op_next(Thread& t, Borrowed<> v) {
  auto self = v.as<BytesIO>();
  ObjectLock guard(t, self.get());
  if (check(t, self.get()).raised()) return Raised{};
  size_t n = line_length(self.get());
  if (n == 0) return kAbsent;
  return take(t, self.get(), n);
}
Result<Local<>> bytesio_op_iter(Thread& t, Borrowed<> v) {
  TRY(check(t, v.as<BytesIO>().get()));
  return Local<>::share(v);
}

Result<Local<>> bytesio_readlines(Thread& t, Borrowed<BytesIO> self, Borrowed<> hint_value) {
  if (hint_value.value() != kNone && !is_int(hint_value) && !type_of(hint_value)->slots.index) {
    return raise(t, types::TypeError, "integer argument expected, got '{}'", TypeName(hint_value));
  }
  int64_t hint = TRY(size_argument(t, hint_value));
  TRY(check(t, self.get()));
  Local<List> lines = TRY(make_list(t));
  int64_t total = 0;
  for (;;) {
    Local<> line;
    {
      ObjectLock guard(t, self.get());
      TRY(check(t, self.get()));
      size_t n = line_length(self.get());
      if (n == 0) break;
      line = TRY(take(t, self.get(), n));
      total += static_cast<int64_t>(n);
    }
    TRY(list_append(t, lines, std::move(line)));
    if (hint > 0 && total >= hint) break;
  }
  return lines;
}

Result<Local<>> bytesio_readinto(Thread& t, Borrowed<BytesIO> self, Borrowed<> target) {
  Buffer space = TRY(Buffer::get(t, target, kBufferWritable));
  ObjectLock guard(t, self.get());
  TRY(check(t, self.get()));
  size_t n = available(self.get());
  if (n > space.size()) n = space.size();
  if (n) memmove(space.writable_data(), self->data + self->pos, n);
  self->pos += static_cast<int64_t>(n);
  return make_int(t, static_cast<int64_t>(n));
}

Result<Local<>> bytesio_write(Thread& t, Borrowed<BytesIO> self, Borrowed<> data) {
  TRY(check(t, self.get()));
  Buffer source = TRY(Buffer::get(t, data));
  size_t n = source.size();
  ObjectLock guard(t, self.get());
  TRY(put(t, self.get(), source.data(), n));
  return make_int(t, static_cast<int64_t>(n));
}
Result<void> bytesio_writelines(Thread& t, Borrowed<BytesIO> self, Borrowed<> lines) {
  TRY(check(t, self.get()));
  return for_each(t, lines, [&](Local<> line) -> Result<bool> {
    (void)TRY(bytesio_write(t, self, line));
    return true;
  });
}

Result<Local<>> bytesio_getvalue(Thread& t, Borrowed<BytesIO> self) {
  ObjectLock guard(t, self.get());
  TRY(check(t, self.get()));
  return make_bytes(t, {reinterpret_cast<char*>(self->data), self->size});
}

Result<Local<>> bytesio_getbuffer(Thread& t, Borrowed<BytesIO> self) {
  TRY(check(t, self.get()));
  Local<BytesIOBuffer> exporter = TRY(make_object<BytesIOBuffer>(t));
  exporter->source.init_share(self);
  Local<> builtins = TRY(import_builtins(t));
  Local<> view = TRY(get_attr(t, builtins, "memoryview"_n));
  return call(t, view, exporter);
}

Result<Local<>> bytesio_seek(Thread& t, Borrowed<BytesIO> self, Borrowed<> pos_value, int32_t whence) {
  TRY(check(t, self.get()));
  int64_t pos = TRY(to_index(t, pos_value));
  ObjectLock guard(t, self.get());
  TRY(check(t, self.get()));
  if (pos < 0 && whence == 0) return raise(t, types::ValueError, "negative seek value {}", pos);
  int64_t base = whence == 1 ? self->pos : whence == 2 ? static_cast<int64_t>(self->size) : 0;
  if (whence < 0 || whence > 2) return raise(t, types::ValueError, "invalid whence ({}, should be 0, 1 or 2)", whence);
  if (__builtin_add_overflow(base, pos, &pos)) return raise(t, types::OverflowError, "new position too large");
  self->pos = pos < 0 ? 0 : pos;
  return make_int(t, self->pos);
}
Result<Local<>> bytesio_tell(Thread& t, Borrowed<BytesIO> self) {
  ObjectLock guard(t, self.get());
  TRY(check(t, self.get()));
  return make_int(t, self->pos);
}
Result<Local<>> bytesio_truncate(Thread& t, Borrowed<BytesIO> self, Borrowed<> size_value) {
  TRY(check(t, self.get()));
  int64_t size = self->pos;
  if (size_value.value() != kNone) size = TRY(to_index(t, size_value));
  if (size < 0) return raise(t, types::ValueError, "negative size value {}", size);
  ObjectLock guard(t, self.get());
  TRY(check_exports(t, self.get()));
  if (static_cast<size_t>(size) < self->size) self->size = static_cast<size_t>(size);
  return make_int(t, size);
}

Result<void> bytesio_close(Thread& t, Borrowed<BytesIO> self) {
  ObjectLock guard(t, self.get());
  if (self->exports > 0) return raise(t, types::BufferError, "Existing exports of data: object cannot be re-sized");
  self->open = 0;
  if (self->data) free_raw(self->data);
  self->data = nullptr;
  self->capacity = self->size = 0;
  self->pos = 0;
  return ok();
}
bool bytesio_closed(Thread&, Borrowed<BytesIO> self) { return !self->open; }
Result<bool> bytesio_true(Thread& t, Borrowed<BytesIO> self) {
  TRY(check(t, self.get()));
  return true;
}
Result<bool> bytesio_isatty(Thread& t, Borrowed<BytesIO> self) {
  TRY(check(t, self.get()));
  return false;
}
Result<void> bytesio_flush(Thread& t, Borrowed<BytesIO> self) { return check(t, self.get()); }

Result<Local<>> bytesio_getstate(Thread& t, Borrowed<BytesIO> self) {
  Local<> value = TRY(bytesio_getvalue(t, self));
  Local<> attributes = immediate(kNone);
  if (Lookup<Dict> dict = instance_dict(t, self); dict.found()) {
    attributes = TRY(dict_copy(t, *dict));
  }
  Local<> pos = TRY(make_int(t, self->pos));
  return make_tuple(t, {value.value(), pos.value(), attributes.value()});
}
Result<void> bytesio_setstate(Thread& t, Borrowed<BytesIO> self, Borrowed<> state) {
  TRY(check(t, self.get()));
  if (!is_tuple(state) || state.as<Tuple>()->length() < 3) {
    return raise(t, types::TypeError, "{}.__setstate__ argument should be 3-tuple, got {}", TypeName(self),
                 TypeName(state));
  }
  auto items = state.as<Tuple>();
  TRY(bytesio_init(t, self, items->at(0)));
  if (!is_int(items->at(1))) {
    return raise(t, types::TypeError, "second item of state must be an integer, not {}", TypeName(items->at(1)));
  }
  int64_t pos = TRY(to_index(t, items->at(1)));
  if (pos < 0) return raise(t, types::ValueError, "position value cannot be negative");
  self->pos = pos;
  if (items->at(2).value() != kNone) {
    if (!is_dict(items->at(2))) {
      return raise(t, types::TypeError, "third item of state should be a dict, got a {}", TypeName(items->at(2)));
    }
    size_t at = 0;
    Local<> key, value;
    while (dict_next(t, items->at(2).as<Dict>(), &at, &key, &value)) {
      if (is_str(key.value())) TRY(set_attr(t, self, key.borrow().as<Str>(), value));
    }
  }
  return ok();
}
int64_t bytesio_sizeof(Thread&, Borrowed<BytesIO> self) {
  return static_cast<int64_t>(sizeof(BytesIO) + self->capacity);
}

Result<void> export_buffer(Thread& t, Borrowed<> v, BufferInfo* out, int) {
  auto exporter = v.as<BytesIOBuffer>();
  BytesIO* b = exporter->source.borrow().get();
  ObjectLock guard(t, b);
  TRY(check(t, b));
  static uint8_t nothing[1];
  out->data = b->data ? b->data : nothing;
  out->length = static_cast<int64_t>(b->size);
  out->readonly = false;
  b->exports++;
  return ok();
}
void release_export(Borrowed<> v, BufferInfo*) {
  BytesIO* b = v.as<BytesIOBuffer>()->source.borrow().get();
  ObjectLock guard(*tls_mutator, b);
  b->exports--;
}

constexpr NativeDef kMethods[] = {
    method<bytesio_read>("read(self, size=-1, /)", nullptr),
    method<bytesio_read>("read1(self, size=-1, /)", nullptr),
    method<bytesio_readline>("readline(self, size=-1, /)", nullptr),
    method<bytesio_readlines>("readlines(self, size=None, /)", nullptr),
    method<bytesio_readinto>("readinto(self, buffer, /)", nullptr),
    method<bytesio_write>("write(self, b, /)", nullptr),
    method<bytesio_writelines>("writelines(self, lines, /)", nullptr),
    method<bytesio_getvalue>("getvalue(self, /)", "Retrieve the entire contents of the BytesIO object."),
    method<bytesio_getbuffer>("getbuffer(self, /)", "Get a read-write view over the contents of the BytesIO object."),
    method<bytesio_seek>("seek(self, pos, whence=0, /)", nullptr),
    method<bytesio_tell>("tell(self, /)", nullptr),
    method<bytesio_truncate>("truncate(self, size=None, /)", nullptr),
    method<bytesio_close>("close(self, /)", nullptr),
    method<bytesio_flush>("flush(self, /)", nullptr),
    method<bytesio_true>("readable(self, /)", nullptr),
    method<bytesio_true>("writable(self, /)", nullptr),
    method<bytesio_true>("seekable(self, /)", nullptr),
    method<bytesio_isatty>("isatty(self, /)", nullptr),
    method<bytesio_getstate>("__getstate__(self, /)", nullptr),
    method<bytesio_setstate>("__setstate__(self, state, /)", nullptr),
    method<bytesio_sizeof>("__sizeof__(self, /)", nullptr),
};
constexpr GetSetDef kGetSets[] = {getter<bytesio_closed>("closed", "True if the file is closed.")};
constexpr Layout kLayout = layout_of<BytesIO>("BytesIO");
constexpr TypeDef kDef{.name = "_io.BytesIO",
                       .signature = "(initial_bytes=b'')",
                       .doc = "Buffered I/O implementation using an in-memory bytes buffer.",
                       .base = &types::IoBufferedBase,
                       .layout = &kLayout,
                       .flags = kTypeSubclassable | kTypeHasDict | kTypeWeakrefable,
                       OROCHI_METHODS(kMethods),
                       OROCHI_GETSETS(kGetSets),
                       .slots = {.iter = bytesio_op_iter, .next = bytesio_op_next, .init = init_slot<kInitNone>,
                                 .new_ = bytesio_op_new}};
constexpr Layout kBufferLayout = layout_of<BytesIOBuffer>("_BytesIOBuffer");
constexpr TypeDef kBufferDef{.name = "_io._BytesIOBuffer",
                             .layout = &kBufferLayout,
                             .flags = kTypeNoNew,
                             .slots = {.get_buffer = export_buffer, .release_buffer = release_export}};

}  // namespace

Result<void> init_bytes(Thread& t, Borrowed<Module> module) {
  TRY(module_add_type(t, module, types::IoBytesIOBuffer, kBufferDef));
  return module_add_type(t, module, types::IoBytesIO, kDef);
}

}  // namespace io_module

}  // namespace orochi
