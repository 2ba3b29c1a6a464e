// _io.StringIO: text in memory, in units as wide as its widest character. Every operation is one step under the object's
// lock.
#include <cstring>

#include "modules/_io/text_io.h"
#include "objects/dict.h"
#include "text/units.h"

namespace orochi {

OROCHI_MODULE_TYPE(IoStringIO)

namespace io_module {

namespace {

struct StringIO : Object {
  static Type& python_type() { return types::IoStringIO; }
  void* data;          // all under the object's lock
  size_t capacity;     // units
  size_t size;
  int64_t pos;
  Field<> newline;     // as given to __init__
  uint8_t shift, open, ready, read_universal, read_translate, pending_cr, seen, reserved;
  ReadNewline read_newline;
  WriteNewline write_newline;
  uint8_t padding[6];
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<StringIO*>(o)->newline); }
  static void destroy(Object* o) {
    auto* s = static_cast<StringIO*>(o);
    if (s->data) free_raw(s->data);
  }
  static size_t extra_size(const Object* o) {
    auto* s = static_cast<const StringIO*>(o);
    return s->capacity << s->shift;
  }
};

Result<void> check(Mutator& m, const StringIO* s) {
  if (!s->ready) return raise(m, types::ValueError, "I/O operation on uninitialized object");
  if (!s->open) return raise(m, types::ValueError, "I/O operation on closed file");
  return ok();
}

constexpr text::Kind kind_of(int shift) {
  return shift == 0 ? text::Kind::One : shift == 1 ? text::Kind::Two : text::Kind::Four;
}

Result<void> reserve(Mutator& m, StringIO* s, size_t wanted, int shift) {
  if (shift < s->shift) shift = s->shift;
  if (wanted <= s->capacity && shift == s->shift) return ok();
  size_t capacity = s->capacity;
  if (wanted > capacity) {
    capacity = capacity + capacity / 2 + 64;
    if (capacity < wanted) capacity = wanted;
  }
  if (capacity > (static_cast<size_t>(PTRDIFF_MAX) >> shift)) return raise_no_memory(m);
  if (shift == s->shift) {
    void* p = reallocate_raw(s->data, capacity << shift);
    if (!p) return raise_no_memory(m);
    s->data = p;
  } else {
    void* p = allocate_raw(capacity << shift);
    if (!p) return raise_no_memory(m);
    if (s->size) text::copy_units(p, kind_of(shift), text::AnyText(s->data, s->size, kind_of(s->shift)));
    if (s->data) free_raw(s->data);
    s->data = p;
    s->shift = static_cast<uint8_t>(shift);
  }
  s->capacity = capacity;
  return ok();
}

void* unit_at(StringIO* s, size_t i) { return static_cast<char*>(s->data) + (i << s->shift); }

Result<void> put(Mutator& m, StringIO* s, Local<Str> text) {
  if (s->read_universal) text = TRY(translate_newlines(m, std::move(text), s->read_translate, true, &s->pending_cr, &s->seen));
  text = TRY(expand_newlines(m, std::move(text), s->write_newline));
  size_t n = text->length();
  if (n == 0) return ok();
  auto pos = static_cast<size_t>(s->pos);
  size_t end;
  if (__builtin_add_overflow(pos, n, &end)) return raise(m, types::OverflowError, "new position too large");
  TRY(reserve(m, s, end, text->unit_shift()));
  if (pos > s->size) memset(unit_at(s, s->size), 0, (pos - s->size) << s->shift);
  text::copy_units(unit_at(s, pos), kind_of(s->shift), text::AnyText(text->data(), n, kind_of(text->unit_shift())));
  s->pos = static_cast<int64_t>(end);
  if (end > s->size) s->size = end;
  return ok();
}

Result<Local<Str>> slice(Mutator& m, StringIO* s, size_t start, size_t end) {
  if (start >= end) return Local<Str>::share(empty_str());
  size_t n = end - start;
  switch (s->shift) {
    case 0: return make_str_latin1(m, static_cast<uint8_t*>(s->data) + start, n);
    case 1: return make_str_ucs2(m, static_cast<uint16_t*>(s->data) + start, n);
    default: return make_str_ucs4(m, static_cast<uint32_t*>(s->data) + start, n);
  }
}

size_t available(const StringIO* s) {
  auto pos = static_cast<size_t>(s->pos);
  return pos < s->size ? s->size - pos : 0;
}

template <typename Unit>
size_t line_end(const StringIO* s, size_t limit) {
  auto* units = static_cast<const Unit*>(s->data);
  auto pos = static_cast<size_t>(s->pos);
  size_t end = pos + limit;
  for (size_t i = pos; i < end; i++) {
    Unit c = units[i];
    if (c > '\r') continue;
    if (s->read_translate || (!s->read_universal && s->read_newline == ReadNewline::Lf)) {
      if (c == '\n') return i + 1;
    } else if (s->read_universal) {
      if (c == '\n') return i + 1;
      if (c == '\r') return i + 1 < end && units[i + 1] == '\n' ? i + 2 : i + 1;
    } else if (s->read_newline == ReadNewline::Cr) {
      if (c == '\r') return i + 1;
    } else if (c == '\r' && i + 1 < end && units[i + 1] == '\n') {
      return i + 2;
    }
  }
  return end;
}

Result<Local<Str>> take_line(Mutator& m, StringIO* s, int64_t limit) {
  size_t n = available(s);
  if (limit >= 0 && static_cast<size_t>(limit) < n) n = static_cast<size_t>(limit);
  if (n == 0) return Local<Str>::share(empty_str());
  size_t end = s->shift == 0 ? line_end<uint8_t>(s, n) : s->shift == 1 ? line_end<uint16_t>(s, n) : line_end<uint32_t>(s, n);
  auto start = static_cast<size_t>(s->pos);
  s->pos = static_cast<int64_t>(end);
  return slice(m, s, start, end);
}

Result<Local<>> stringio_op_new(Thread& t, Borrowed<Type> cls, const CallArgs&) { return allocate_for<StringIO>(t, cls); }

Result<void> stringio_init(Thread& t, Borrowed<StringIO> self, Maybe<Borrowed<>> initial, Maybe<Borrowed<>> newline) {
  NewlineMode mode;
  if (newline) {
    if ((*newline).value() != kNone && !is_str(*newline)) {
      return raise(t, types::TypeError, "StringIO() argument 'newline' must be str or None, not {}", TypeName(*newline));
    }
    mode = TRY(newline_mode(t, *newline));
  }
  if (initial && (*initial).value() != kNone && !is_str(*initial)) {
    return raise(t, types::TypeError, "initial_value must be str or None, not {}", TypeName(*initial));
  }
  Local<> given = newline ? Local<>::share(*newline) : Local<>(TRY(make_str(t, "\n")));
  self->newline.set(std::move(given));
  ObjectLock guard(t, self.get());
  self->read_universal = mode.read_universal;
  self->read_translate = mode.read_translate;
  self->read_newline = mode.read;
  // Here None means: what comes in is translated to \n.
  self->write_newline = mode.write;
  self->pending_cr = self->seen = 0;
  self->size = 0;
  self->pos = 0;
  self->ready = self->open = 1;
  if (initial && is_str(*initial)) {
    TRY(put(t, self.get(), Local<Str>::share((*initial).as<Str>())));
    self->pos = 0;
  }
  return ok();
}
constexpr NativeDef kInit = arguments<stringio_init>("StringIO(self, initial_value='', newline='\\n')");

Result<Local<>> stringio_read(Thread& t, Borrowed<StringIO> self, Borrowed<> size_value) {
  int64_t n = TRY(size_argument(t, size_value));
  ObjectLock guard(t, self.get());
  TRY(check(t, self.get()));
  size_t have = available(self.get());
  if (n >= 0 && static_cast<size_t>(n) < have) have = static_cast<size_t>(n);
  auto start = static_cast<size_t>(self->pos);
  self->pos += static_cast<int64_t>(have);
  return slice(t, self.get(), start, start + have);
}
Result<Local<>> stringio_readline(Thread& t, Borrowed<StringIO> self, Borrowed<> size_value) {
  int64_t limit = TRY(size_argument(t, size_value));
  ObjectLock guard(t, self.get());
  TRY(check(t, self.get()));
  return take_line(t, self.get(), limit);
}
Lookup<> stringio_op_next(Thread& t, Borrowed<> v) {
  auto self = v.as<StringIO>();
  Local<> line;
  if (type_of(v) == &types::IoStringIO) {
    ObjectLock guard(t, self.get());
    TRY(check(t, self.get()));
    line = TRY(take_line(t, self.get(), -1));
  } else {
    TRY(check(t, self.get()));
    line = TRY(call_method(t, v, "readline"_n));
    if (!is_str(line.value())) {
      return raise(t, types::OSError, "readline() should have returned a str object, not '{}'", TypeName(line.value()));
    }
  }
  if (line.borrow().as<Str>()->length() == 0) return kAbsent;
  return line;
}
Result<Local<>> stringio_write(Thread& t, Borrowed<StringIO> self, Borrowed<> text) {
  TRY(check(t, self.get()));
  if (!is_str(text)) return raise(t, types::TypeError, "string argument expected, got '{}'", TypeName(text));
  ObjectLock guard(t, self.get());
  TRY(check(t, self.get()));
  auto s = text.as<Str>();
  TRY(put(t, self.get(), Local<Str>::share(s)));
  return make_int(t, static_cast<int64_t>(s->length()));
}
Result<Local<>> stringio_getvalue(Thread& t, Borrowed<StringIO> self) {
  ObjectLock guard(t, self.get());
  TRY(check(t, self.get()));
  return slice(t, self.get(), 0, self->size);
}
Result<Local<>> stringio_tell(Thread& t, Borrowed<StringIO> self) {
  ObjectLock guard(t, self.get());
  TRY(check(t, self.get()));
  return make_int(t, self->pos);
}
Result<Local<>> stringio_seek(Thread& t, Borrowed<StringIO> self, Borrowed<> pos_value, int32_t whence) {
  TRY(check(t, self.get()));
  int64_t pos = TRY(to_index(t, pos_value));
  ObjectLock guard(t, self.get());
  TRY(check(t, self.get()));
  if (whence < 0 || whence > 2) return raise(t, types::ValueError, "Invalid whence ({}, should be 0, 1 or 2)", whence);
  if (pos < 0 && whence == 0) return raise(t, types::ValueError, "Negative seek position {}", pos);
  if (whence != 0 && pos != 0) return raise(t, types::OSError, "Can't do nonzero cur-relative seeks");
  if (whence == 1) pos = self->pos;
  else if (whence == 2) pos = static_cast<int64_t>(self->size);
  self->pos = pos;
  return make_int(t, pos);
}
Result<Local<>> stringio_truncate(Thread& t, Borrowed<StringIO> self, Borrowed<> size_value) {
  TRY(check(t, self.get()));
  int64_t size = self->pos;
  if (size_value.value() != kNone) size = TRY(to_index(t, size_value));
  if (size < 0) return raise(t, types::ValueError, "Negative size value {}", size);
  ObjectLock guard(t, self.get());
  TRY(check(t, self.get()));
  if (static_cast<size_t>(size) < self->size) self->size = static_cast<size_t>(size);
  return make_int(t, size);
}
Result<void> stringio_close(Thread& t, Borrowed<StringIO> self) {
  ObjectLock guard(t, self.get());
  self->open = 0;
  if (self->data) free_raw(self->data);
  self->data = nullptr;
  self->capacity = self->size = 0;
  return ok();
}
Result<bool> stringio_true(Thread& t, Borrowed<StringIO> self) {
  TRY(check(t, self.get()));
  return true;
}
Result<bool> stringio_closed(Thread& t, Borrowed<StringIO> self) {
  if (!self->ready) return raise(t, types::ValueError, "I/O operation on uninitialized object");
  return !self->open;
}
Result<bool> stringio_line_buffering(Thread& t, Borrowed<StringIO> self) {
  TRY(check(t, self.get()));
  return false;
}
Result<Local<>> stringio_newlines(Thread& t, Borrowed<StringIO> self) {
  TRY(check(t, self.get()));
  return newlines_seen(t, self->seen);
}

Result<Local<>> stringio_getstate(Thread& t, Borrowed<StringIO> self) {
  Local<> value = TRY(stringio_getvalue(t, self));
  Local<> newline = self->newline.load(self.get());
  Local<> pos = TRY(make_int(t, self->pos));
  Local<> attributes = immediate(kNone);
  if (Lookup<Dict> dict = instance_dict(t, self); dict.found()) attributes = TRY(dict_copy(t, *dict));
  return make_tuple(t, {value.value(), newline.value(), pos.value(), attributes.value()});
}
Result<void> stringio_setstate(Thread& t, Borrowed<StringIO> self, Borrowed<> state) {
  if (self->ready) TRY(check(t, self.get()));
  if (!is_tuple(state) || state.as<Tuple>()->length() < 4) {
    return raise(t, types::TypeError, "{}.__setstate__ argument should be 4-tuple, got {}", TypeName(self),
                 TypeName(state));
  }
  auto items = state.as<Tuple>();
  if (!is_str(items->at(0))) {
    return raise(t, types::TypeError, "initial_value must be str or None, not {}", TypeName(items->at(0)));
  }
  TRY(stringio_init(t, self, Maybe<Borrowed<>>{}, Maybe<Borrowed<>>{true, items->at(1)}));
  if (!is_int(items->at(2))) {
    return raise(t, types::TypeError, "third item of state must be an integer, got {}", TypeName(items->at(2)));
  }
  int64_t pos = TRY(to_index(t, items->at(2)));
  if (pos < 0) return raise(t, types::ValueError, "position value cannot be negative");
  {
    // The value was translated when it was written: it goes back as it is.
    ObjectLock guard(t, self.get());
    auto text = items->at(0).as<Str>();
    TRY(reserve(t, self.get(), text->length(), text->unit_shift()));
    if (text->length()) {
      text::copy_units(self->data, kind_of(self->shift),
                       text::AnyText(text->data(), text->length(), kind_of(text->unit_shift())));
    }
    self->size = text->length();
    self->pos = pos;
  }
  if (items->at(3).value() != kNone) {
    if (!is_dict(items->at(3))) {
      return raise(t, types::TypeError, "fourth item of state should be a dict, got a {}", TypeName(items->at(3)));
    }
    size_t at = 0;
    Local<> key, value;
    while (dict_next(t, items->at(3).as<Dict>(), &at, &key, &value)) {
      if (is_str(key.value())) TRY(set_attr(t, self, key.borrow().as<Str>(), value));
    }
  }
  return ok();
}

constexpr NativeDef kMethods[] = {
    method<stringio_read>("read(self, size=-1, /)", nullptr),
    method<stringio_readline>("readline(self, size=-1, /)", nullptr),
    method<stringio_write>("write(self, s, /)", nullptr),
    method<stringio_getvalue>("getvalue(self, /)", "Retrieve the entire contents of the object."),
    method<stringio_tell>("tell(self, /)", nullptr),
    method<stringio_seek>("seek(self, pos, whence=0, /)", nullptr),
    method<stringio_truncate>("truncate(self, pos=None, /)", nullptr),
    method<stringio_close>("close(self, /)", nullptr),
    method<stringio_true>("readable(self, /)", nullptr),
    method<stringio_true>("writable(self, /)", nullptr),
    method<stringio_true>("seekable(self, /)", nullptr),
    method<stringio_getstate>("__getstate__(self, /)", nullptr),
    method<stringio_setstate>("__setstate__(self, state, /)", nullptr),
};
constexpr GetSetDef kGetSets[] = {
    getter<stringio_closed>("closed", nullptr),
    getter<stringio_newlines>("newlines", nullptr),
    getter<stringio_line_buffering>("line_buffering", nullptr),
};
constexpr Layout kLayout = layout_of<StringIO>("StringIO");
constexpr TypeDef kDef{.name = "_io.StringIO",
                       .signature = "(initial_value='', newline='\\n')",
                       .doc = "Text I/O implementation using an in-memory buffer.",
                       .base = &types::IoTextBase,
                       .layout = &kLayout,
                       .flags = kTypeSubclassable | kTypeHasDict | kTypeWeakrefable,
                       OROCHI_METHODS(kMethods),
                       OROCHI_GETSETS(kGetSets),
                       .slots = {.next = stringio_op_next, .init = init_slot<kInit>, .new_ = stringio_op_new}};

}  // namespace

Result<void> init_string(Thread& t, Borrowed<Module> module) {
  return module_add_type(t, module, types::IoStringIO, kDef);
}

}  // namespace io_module

}  // namespace orochi
