// `bytearray`: mutation, operators and buffer export. Every access to the contents holds the object's lock; what another
// object provides (buffers, iterables, numbers) is collected before the lock is taken.
#include "builtins/bytes_common.h"
#include "builtins/container_support.h"
#include "objects/slice.h"
#include "protocols/dunder_slots.h"
#include "objects/tuple.h"
#include "text/escape.h"
#include "text/search.h"
#include "text/units.h"

namespace orochi {

extern const Layout kByteArrayLayout;

namespace {

Borrowed<ByteArray> as_bytearray(Borrowed<> v) { return v.as<ByteArray>(); }

Result<void> set_contents(Mutator& m, Borrowed<ByteArray> self, std::string_view data) {
  ObjectLock lock(m, self.get());
  return bytearray_replace_locked(m, self.get(), 0, self->length_, byte_pointer(data), data.size());
}

Result<void> bytearray_init(Thread& t, Borrowed<ByteArray> self, Maybe<Borrowed<>> source, Maybe<Borrowed<Str>> encoding,
                            Maybe<Borrowed<Str>> errors) {
  {
    ObjectLock lock(t, self.get());
    if (self->length_) TRY(bytearray_resize_locked(t, self.get(), 0));
  }
  text::ByteBuffer out;
  TRY(collect_bytes(t, BytesArguments{source, encoding, errors}, "bytearray", out));
  return set_contents(t, self, view_of(out));
}
constexpr NativeDef kByteArrayInit =
    arguments<bytearray_init>("bytearray(self, source=b'', encoding='utf-8', errors='strict')");

Result<Local<>> bytearray_op_new(Thread& t, Borrowed<Type> cls, const CallArgs&) { return allocate_instance(t, cls); }

Result<Local<>> bytearray_op_repr(Thread& t, Borrowed<> self) {
  text::ByteBuffer out;
  {
    Reading<ByteArray> in(t, as_bytearray(self));
    text::bytes_repr(byte_pointer(in.view), in.view.size(), out);
  }
  if (out.failed()) return raise_no_memory(t);
  if (out.size() > 1 && out[1] == '"') {  // single quotes are escaped even between double ones
    text::ByteBuffer escaped;
    for (uint8_t c : out) {
      if (c == '\'') escaped.push('\\');
      escaped.push(c);
    }
    out = std::move(escaped);
    if (out.failed()) return raise_no_memory(t);
  }
  Local<Str> contents = TRY(make_str_latin1(t, out.data(), out.size()));
  return format_str(t, "{}({})", type_of(self), contents);
}

Result<int64_t> bytearray_op_len(Thread&, Borrowed<> self) {
  return static_cast<int64_t>(__atomic_load_n(&as_bytearray(self)->length_, __ATOMIC_RELAXED));
}

Result<Local<>> bytearray_op_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (!is_bytearray(a) || !has_buffer(b)) return kNotImplemented;
  Buffer right = TRY(Buffer::get(t, b));
  Reading<ByteArray> in(t, as_bytearray(a));
  int c = in.view.compare(right.view());
  switch (op) {
    case CompareOp::Eq: return Value::boolean(c == 0);
    case CompareOp::Ne: return Value::boolean(c != 0);
    case CompareOp::Lt: return Value::boolean(c < 0);
    case CompareOp::Le: return Value::boolean(c <= 0);
    case CompareOp::Gt: return Value::boolean(c > 0);
    default: return Value::boolean(c >= 0);
  }
}

Result<int64_t> index_key(Thread& t, Borrowed<> key) {
  if (OROCHI_LIKELY(key.value().is_fixnum())) return key.value().as_fixnum();
  if (!is_int(key) && !type_of(key)->slots.index) {
    return raise(t, types::TypeError, "bytearray indices must be integers or slices, not {}", TypeName(key));
  }
  return to_index(t, key, types::IndexError);
}

// The numbers of a slice before they are clipped: __index__ runs here, clipping happens under the lock.
SliceBounds clip(const SliceBounds& raw, bool no_start, bool no_stop, int64_t length) {
  SliceBounds s = raw;
  int64_t low = s.step < 0 ? -1 : 0, high = s.step < 0 ? length - 1 : length;
  auto fit = [&](int64_t v) {
    if (v < 0) {
      v += length;
      return v < low ? low : v;
    }
    return v > high ? high : v;
  };
  s.start = no_start ? (s.step < 0 ? high : low) : fit(s.start);
  s.stop = no_stop ? (s.step < 0 ? low : high) : fit(s.stop);
  s.length = 0;
  if (s.step < 0) {
    if (s.stop < s.start) s.length = (s.start - s.stop - 1) / (-s.step) + 1;
  } else if (s.start < s.stop) {
    s.length = (s.stop - s.start - 1) / s.step + 1;
  }
  return s;
}
struct RawSlice {
  SliceBounds numbers;
  bool no_start, no_stop;
  SliceBounds in(size_t length) const { return clip(numbers, no_start, no_stop, static_cast<int64_t>(length)); }
};
Result<RawSlice> raw_slice(Thread& t, Borrowed<Slice> slice) {
  RawSlice raw{};
  auto number = [&](Borrowed<> v, int64_t* out) -> Result<bool> {
    if (v.value() == kNone) return true;
    if (!is_int(v) && !type_of(v)->slots.index) {
      return raise(t, types::TypeError, "slice indices must be integers or None or have an __index__ method");
    }
    *out = TRY(to_index_clipped(t, v));
    return false;
  };
  raw.numbers.step = 1;
  bool no_step = TRY(number(slice->step.borrow(), &raw.numbers.step));
  if (!no_step && raw.numbers.step == 0) return raise(t, types::ValueError, "slice step cannot be zero");
  if (raw.numbers.step < -INT64_MAX) raw.numbers.step = -INT64_MAX;
  raw.no_start = TRY(number(slice->start.borrow(), &raw.numbers.start));
  raw.no_stop = TRY(number(slice->stop.borrow(), &raw.numbers.stop));
  return raw;
}

Result<Local<>> bytearray_op_getitem(Thread& t, Borrowed<> self, Borrowed<> key) {
  Borrowed<ByteArray> b = as_bytearray(self);
  if (is_slice(key)) {
    RawSlice raw = TRY(raw_slice(t, key.as<Slice>()));
    Reading<ByteArray> in(t, b);
    SliceBounds s = raw.in(in.view.size());
    if (s.length <= 0) return make_bytearray(t, {});
    if (s.step == 1) {
      return make_bytearray(t, in.view.substr(static_cast<size_t>(s.start), static_cast<size_t>(s.length)));
    }
    Local<ByteArray> out = TRY(make_bytearray_uninitialised(t, static_cast<size_t>(s.length)));
    text::copy_strided(out->start, text::Kind::One, bytes_text(in.view), static_cast<size_t>(s.start),
                       static_cast<ptrdiff_t>(s.step), static_cast<size_t>(s.length));
    return out;
  }
  int64_t i = TRY(index_key(t, key));
  Reading<ByteArray> in(t, b);
  auto n = static_cast<int64_t>(in.view.size());
  if (i < 0) i += n;
  if (i < 0 || i >= n) return raise(t, types::IndexError, "bytearray index out of range");
  return Value::fixnum(static_cast<uint8_t>(in.view[static_cast<size_t>(i)]));
}

// What a slice is assigned: a buffer's bytes or an iterable's, copied.
Result<void> assigned_bytes(Thread& t, Borrowed<> value, text::ByteBuffer& out) {
  if (has_buffer(value)) {
    Buffer buffer = TRY(Buffer::get(t, value));
    out.append(buffer.data(), buffer.size());
    if (out.failed()) return raise_no_memory(t);
    return ok();
  }
  bool number = is_int(value) || is_float(value) || type_of(value)->slots.index || type_of(value)->slots.float_;
  if (number || is_str(value)) {
    return raise(t, types::TypeError, "can assign only bytes, buffers, or iterables of ints in range(0, 256)");
  }
  BytesArguments arguments;
  arguments.source.present = true;
  arguments.source.value = value;
  return collect_bytes(t, arguments, "bytearray", out);
}

Result<void> assign_slice(Thread& t, Borrowed<ByteArray> b, Borrowed<Slice> slice, Borrowed<> value) {
  text::ByteBuffer data;
  if (value) TRY(assigned_bytes(t, value, data));
  RawSlice raw = TRY(raw_slice(t, slice));
  ObjectLock lock(t, b.get());
  SliceBounds s = raw.in(b->length_);
  auto start = static_cast<size_t>(s.start), count = static_cast<size_t>(s.length);
  if (s.step == 1) {
    if (s.start > s.stop) s.stop = s.start;
    return bytearray_replace_locked(t, b.get(), start, static_cast<size_t>(s.stop), data.data(), data.size());
  }
  if (value && data.size() == 0 && count) {
    // Assigning nothing to an extended slice deletes it, like `del`.
    value = Borrowed<>();
  }
  if (value) {
    if (data.size() != count) {
      return raise(t, types::ValueError, "attempt to assign bytes of size {} to extended slice of size {}", data.size(),
                   count);
    }
    for (size_t k = 0; k < count; k++) b->start[s.start + static_cast<int64_t>(k) * s.step] = data[k];
    return ok();
  }
  if (count == 0) return ok();
  if (__atomic_load_n(&b->exports, __ATOMIC_ACQUIRE) > 0) {
    return raise(t, types::BufferError, "Existing exports of data: object cannot be re-sized");
  }
  if (s.step < 0) {
    s.start = s.start + (s.length - 1) * s.step;
    s.step = -s.step;
  }
  size_t to = static_cast<size_t>(s.start), next = to;
  size_t removed = 0;
  for (size_t from = to; from < b->length_; from++) {
    if (removed < count && from == next) {
      removed++;
      next += static_cast<size_t>(s.step);
    } else {
      b->start[to++] = b->start[from];
    }
  }
  return bytearray_resize_locked(t, b.get(), to);
}

Result<void> bytearray_op_setitem(Thread& t, Borrowed<> self, Borrowed<> key, Borrowed<> value) {
  Borrowed<ByteArray> b = as_bytearray(self);
  if (is_slice(key)) return assign_slice(t, b, key.as<Slice>(), value);
  int64_t i = TRY(index_key(t, key));
  {
    // The index is checked before the value is converted, and again after.
    auto n = static_cast<int64_t>(__atomic_load_n(&b->length_, __ATOMIC_RELAXED));
    int64_t at = i < 0 ? i + n : i;
    if (at < 0 || at >= n) return raise(t, types::IndexError, "bytearray index out of range");
  }
  uint8_t byte = 0;
  if (value) byte = TRY(byte_of(t, value));
  ObjectLock lock(t, b.get());
  auto n = static_cast<int64_t>(b->length_);
  if (i < 0) i += n;
  if (i < 0 || i >= n) return raise(t, types::IndexError, "bytearray index out of range");
  if (!value) {
    return bytearray_replace_locked(t, b.get(), static_cast<size_t>(i), static_cast<size_t>(i) + 1, nullptr, 0);
  }
  b->start[i] = byte;
  return ok();
}

Result<bool> bytearray_op_contains(Thread& t, Borrowed<> self, Borrowed<> item) {
  Needle needle = TRY(Needle::of(t, item, true));
  Reading<ByteArray> in(t, as_bytearray(self));
  return text::find(bytes_text(in.view), needle.text()) != text::kNotFound;
}

Result<Local<>> bytearray_op_concat(Thread& t, Borrowed<> a, Borrowed<> b) {
  if (!has_buffer(b)) {
    return raise(t, types::TypeError, "can't concat {} to {}", TypeName(b), TypeName(a));
  }
  Buffer right = TRY(Buffer::get(t, b));
  Reading<ByteArray> in(t, as_bytearray(a));
  Local<ByteArray> out = TRY(make_bytearray_uninitialised(t, in.view.size() + right.size()));
  if (!in.view.empty()) std::memcpy(out->start, in.view.data(), in.view.size());
  if (right.size()) std::memcpy(out->start + in.view.size(), right.data(), right.size());
  return out;
}

Result<void> extend_locked(Mutator& m, ByteArray* b, const uint8_t* data, size_t count) {
  size_t old = b->length_;
  if (count == 0) return ok();
  if (count > (size_t{1} << 46)) return raise_no_memory(m);
  TRY(bytearray_resize_locked(m, b, old + count));
  std::memcpy(b->start + old, data, count);
  return ok();
}

Result<void> extend_with_self(Mutator& m, Borrowed<ByteArray> self) {
  ObjectLock lock(m, self.get());
  size_t n = self->length_;
  if (n == 0) return ok();
  TRY(bytearray_resize_locked(m, self.get(), 2 * n));
  std::memcpy(self->start + n, self->start, n);
  return ok();
}

Result<Local<>> bytearray_op_inplace_concat(Thread& t, Borrowed<> a, Borrowed<> b) {
  if (a.value() == b.value()) {
    TRY(extend_with_self(t, as_bytearray(a)));
    return Local<>::share(a);
  }
  if (!has_buffer(b)) return raise(t, types::TypeError, "can't concat {} to {}", TypeName(b), TypeName(a));
  Buffer right = TRY(Buffer::get(t, b));
  ObjectLock lock(t, as_bytearray(a).get());
  TRY(extend_locked(t, as_bytearray(a).get(), right.data(), right.size()));
  return Local<>::share(a);
}

// The contents times over; `total` is known to fit.
void fill_repeated(uint8_t* to, size_t unit, size_t total) {
  for (size_t done = unit; done < total;) {
    size_t part = done < total - done ? done : total - done;
    std::memcpy(to + done, to, part);
    done += part;
  }
}

Result<Local<>> bytearray_op_repeat(Thread& t, Borrowed<> self, int64_t times) {
  Reading<ByteArray> in(t, as_bytearray(self));
  size_t n = in.view.size();
  if (times <= 0 || n == 0) return make_bytearray(t, {});
  if (n > static_cast<size_t>(INT64_MAX / times)) return raise_no_memory(t);
  size_t total = n * static_cast<size_t>(times);
  Local<ByteArray> out = TRY(make_bytearray_uninitialised(t, total));
  std::memcpy(out->start, in.view.data(), n);
  fill_repeated(out->start, n, total);
  return out;
}

Result<Local<>> bytearray_op_inplace_repeat(Thread& t, Borrowed<> self, int64_t times) {
  Borrowed<ByteArray> b = as_bytearray(self);
  ObjectLock lock(t, b.get());
  size_t n = b->length_;
  if (times < 0) times = 0;
  if (times != 1 && n) {
    if (times && n > static_cast<size_t>(INT64_MAX / times)) return raise_no_memory(t);
    size_t total = n * static_cast<size_t>(times);
    TRY(bytearray_resize_locked(t, b.get(), total));
    if (total) fill_repeated(b->start, n, total);
  }
  return Local<>::share(self);
}

Result<Local<>> bytearray_op_mod(Thread& t, Borrowed<> left, Borrowed<> right) {
  if (!is_bytearray(left)) return kNotImplemented;
  Snapshot<ByteArray> format(t, as_bytearray(left));
  if (format.failed()) return raise_no_memory(t);
  text::ByteBuffer out;
  TRY(bytes_percent(t, format.view, right, out));
  return make_like<ByteArray>(t, out);
}

Result<void> bytearray_op_get_buffer(Thread& t, Borrowed<> self, BufferInfo* out, int) {
  Borrowed<ByteArray> b = as_bytearray(self);
  ObjectLock lock(t, b.get());
  static uint8_t nothing[1] = {0};
  out->data = b->start ? b->start : nothing;
  out->length = static_cast<int64_t>(b->length_);
  out->readonly = false;
  __atomic_fetch_add(&b->exports, 1, __ATOMIC_ACQ_REL);
  return ok();
}
void bytearray_op_release_buffer(Borrowed<> self, BufferInfo*) {
  // Pairs with the look at `exports` before a change of size.
  __atomic_fetch_sub(&as_bytearray(self)->exports, 1, __ATOMIC_RELEASE);
}

}  // namespace

Result<void> bytearray_append(Thread& t, Borrowed<ByteArray> self, Borrowed<> item) {
  uint8_t byte = TRY(byte_of(t, item));
  ObjectLock lock(t, self.get());
  return extend_locked(t, self.get(), &byte, 1);
}
Result<void> bytearray_clear(Mutator& m, Borrowed<ByteArray> self) {
  ObjectLock lock(m, self.get());
  return bytearray_resize_locked(m, self.get(), 0);
}
Result<Local<ByteArray>> bytearray_copy(Mutator& m, Borrowed<ByteArray> self) {
  Reading<ByteArray> in(m, self);
  return make_bytearray(m, in.view);
}
Result<void> bytearray_extend(Thread& t, Borrowed<ByteArray> self, Borrowed<> items) {
  if (items.value() == self.value()) return extend_with_self(t, self);
  text::ByteBuffer data;
  if (has_buffer(items)) {
    Buffer buffer = TRY(Buffer::get(t, items));
    ObjectLock lock(t, self.get());
    return extend_locked(t, self.get(), buffer.data(), buffer.size());
  }
  if (is_str(items)) {
    return raise(t, types::TypeError, "expected iterable of integers; got: 'str'");
  }
  if (!type_of(items)->slots.iter && !type_of(items)->slots.getitem) {
    return raise(t, types::TypeError, "can't extend bytearray with {}", TypeName(items));
  }
  TRY(append_from_iterable(t, items, data, "byte must be in range(0, 256)"));
  ObjectLock lock(t, self.get());
  return extend_locked(t, self.get(), data.data(), data.size());
}
Result<void> bytearray_insert(Thread& t, Borrowed<ByteArray> self, Index index, Borrowed<> item) {
  uint8_t byte = TRY(byte_of(t, item));
  ObjectLock lock(t, self.get());
  auto n = static_cast<int64_t>(self->length_);
  int64_t i = index < 0 ? index + n : index.value;
  if (i < 0) i = 0;
  if (i > n) i = n;
  return bytearray_replace_locked(t, self.get(), static_cast<size_t>(i), static_cast<size_t>(i), &byte, 1);
}
Result<Local<>> bytearray_pop(Thread& t, Borrowed<ByteArray> self, Index index) {
  ObjectLock lock(t, self.get());
  auto n = static_cast<int64_t>(self->length_);
  if (n == 0) return raise(t, types::IndexError, "pop from empty bytearray");
  int64_t i = index < 0 ? index + n : index.value;
  if (i < 0 || i >= n) return raise(t, types::IndexError, "pop index out of range");
  uint8_t byte = self->start[i];
  TRY(bytearray_replace_locked(t, self.get(), static_cast<size_t>(i), static_cast<size_t>(i) + 1, nullptr, 0));
  return Value::fixnum(byte);
}
Result<void> bytearray_remove(Thread& t, Borrowed<ByteArray> self, Borrowed<> value) {
  uint8_t byte = TRY(byte_of(t, value));
  ObjectLock lock(t, self.get());
  const void* found = self->length_ ? std::memchr(self->start, byte, self->length_) : nullptr;
  if (!found) return raise(t, types::ValueError, "value not found in bytearray");
  auto i = static_cast<size_t>(static_cast<const uint8_t*>(found) - self->start);
  return bytearray_replace_locked(t, self.get(), i, i + 1, nullptr, 0);
}
void bytearray_reverse(Mutator& m, Borrowed<ByteArray> self) {
  ObjectLock lock(m, self.get());
  for (size_t i = 0, j = self->length_; i + 1 < j; i++) {
    j--;
    if (i < j) std::swap(self->start[i], self->start[j]);
  }
}
Result<void> bytearray_resize(Thread& t, Borrowed<ByteArray> self, Index size) {
  if (size < 0) return raise(t, types::ValueError, "Can only resize to positive sizes, got {}", size.value);
  ObjectLock lock(t, self.get());
  size_t old = self->length_;
  TRY(bytearray_resize_locked(t, self.get(), static_cast<size_t>(size.value)));
  if (self->length_ > old) std::memset(self->start + old, 0, self->length_ - old);
  return ok();
}
int64_t bytearray_alloc(Mutator& m, Borrowed<ByteArray> self) {
  ObjectLock lock(m, self.get());
  return static_cast<int64_t>(self->capacity);
}
int64_t bytearray_sizeof(Mutator& m, Borrowed<ByteArray> self) {
  ObjectLock lock(m, self.get());
  return static_cast<int64_t>(sizeof(ByteArray) + self->capacity);
}

namespace {

Result<Local<>> reduce_state(Thread& t, Borrowed<> self) {
  Lookup<> method = find_attr(t, self, "__getstate__"_n);
  if (method.raised()) return Raised{};
  if (method.absent()) return kNone;
  return call(t, *method);
}
Result<Local<>> reduce_with(Thread& t, Borrowed<ByteArray> self, int64_t protocol) {
  Local<> state = TRY(reduce_state(t, self));
  Local<Tuple> args;
  Snapshot<ByteArray> in(t, self);
  if (in.failed()) return raise_no_memory(t);
  if (protocol >= 3) {
    Local<Bytes> data = TRY(make_bytes(t, in.view));
    if (in.view.empty()) args = Local<Tuple>::share(empty_tuple());
    else args = TRY(make_tuple(t, {data.value()}));
  } else if (in.view.empty()) {
    args = Local<Tuple>::share(empty_tuple());
  } else {
    Local<Str> data = TRY(make_str_latin1(t, byte_pointer(in.view), in.view.size()));
    Local<Str> encoding = TRY(make_str(t, "latin-1"));
    args = TRY(make_tuple(t, {data.value(), encoding.value()}));
  }
  return make_tuple(t, {Value(type_of(self)), args.value(), state.value()});
}

}  // namespace

Result<Local<>> bytearray_reduce(Thread& t, Borrowed<ByteArray> self) { return reduce_with(t, self, 2); }
Result<Local<>> bytearray_reduce_ex(Thread& t, Borrowed<ByteArray> self, int64_t protocol) {
  return reduce_with(t, self, protocol);
}

namespace {

constexpr TypeSlots make_bytearray_slots() {
  TypeSlots s{};
  s.repr = bytearray_op_repr;
  s.str = bytearray_op_repr;
  s.compare = bytearray_op_compare;
  s.hash = hash_not_implemented;
  s.iter = make_bytes_iterator<ByteArray>;
  s.init = init_slot<kByteArrayInit>;
  s.new_ = bytearray_op_new;
  s.len = bytearray_op_len;
  s.getitem = bytearray_op_getitem;
  s.setitem = bytearray_op_setitem;
  s.contains = bytearray_op_contains;
  s.concat = bytearray_op_concat;
  s.inplace_concat = bytearray_op_inplace_concat;
  s.repeat = bytearray_op_repeat;
  s.inplace_repeat = bytearray_op_inplace_repeat;
  s.binary[static_cast<int>(BinaryOp::Remainder)] = bytearray_op_mod;
  s.get_buffer = bytearray_op_get_buffer;
  s.release_buffer = bytearray_op_release_buffer;
  return s;
}

const TypeDef kByteArrayDef = {
    .name = "bytearray",
    .doc = "bytearray(iterable_of_ints) -> bytearray\nbytearray(string, encoding[, errors]) -> bytearray\n"
           "bytearray(bytes_or_buffer) -> mutable copy of bytes_or_buffer\n"
           "bytearray(int) -> bytes array of size given by the parameter initialized with null bytes\n"
           "bytearray() -> empty bytes array\n\nConstruct a mutable bytearray object from:\n"
           "  - an iterable yielding integers in range(256)\n"
           "  - a text string encoded using the specified encoding\n"
           "  - a bytes or a buffer object\n  - any object implementing the buffer API.\n  - an integer",
    .layout = &kByteArrayLayout,
    .flags = kTypeSubclassable | kTypeMatchSelf,
    .shape_flags = kShapeIsByteArray,
    .methods = kByteArrayMethods,
    .method_count = kByteArrayMethodCount,
    .slots = make_bytearray_slots(),
};

}  // namespace

OROCHI_TYPE(ByteArray, kByteArrayDef)

}  // namespace orochi
