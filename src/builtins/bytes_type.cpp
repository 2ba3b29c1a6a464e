// `bytes`: construction, operators, buffer export, iterators of bytes and bytearray, and what the two constructors
// share. bytes are immutable, so nothing here needs a lock.
#include "builtins/bytes_common.h"
#include "builtins/codec_registry.h"
#include "builtins/str_common.h"
#include "objects/list.h"
#include "objects/slice.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "text/escape.h"
#include "text/search.h"
#include "text/units.h"

namespace orochi {

extern const Layout kBytesLayout;

namespace types {
extern ::orochi::Type BytesIterator, ByteArrayIterator;
}

Result<void> append_from_iterable(Thread& t, Borrowed<> v, text::ByteBuffer& out, const char* range_message) {
  TRY(for_each(t, v, [&](Local<> item) -> Result<bool> {
    out.push(TRY(byte_of(t, item, range_message)));
    return true;
  }));
  if (out.failed()) return raise_no_memory(t);
  return ok();
}

Result<void> collect_bytes(Thread& t, const BytesArguments& args, const char* type_name, text::ByteBuffer& out) {
  if (!args.source) {
    if (args.encoding) return raise(t, types::TypeError, "encoding without a string argument");
    if (args.errors) return raise(t, types::TypeError, "errors without a string argument");
    return ok();
  }
  Borrowed<> source = *args.source;
  if (args.encoding) {
    if (!is_str(source)) return raise(t, types::TypeError, "encoding without a string argument");
    Utf8 encoding = TRY(str_utf8(t, *args.encoding));
    Utf8 errors;
    if (args.errors) {
      auto r = str_utf8(t, *args.errors);
      if (r.raised()) return Raised{};
      errors.view = (*r).view;
      std::swap(errors.owned, (*r).owned);
    }
    Local<Bytes> encoded = TRY(encode_text(t, source.as<Str>(), encoding.view, errors.view));
    out.append(encoded->data(), encoded->length());
    return out.failed() ? Result<void>(raise_no_memory(t)) : ok();
  }
  if (args.errors) {
    return raise(t, types::TypeError,
                 is_str(source) ? "string argument without an encoding" : "errors without a string argument");
  }
  if (is_str(source)) return raise(t, types::TypeError, "string argument without an encoding");
  if (is_int(source) || type_of(source)->slots.index) {
    auto size = to_index(t, source);
    if (size.raised()) {
      if (!clear_pending_if(t, types::TypeError)) return Raised{};
    } else {
      if (*size < 0) return raise(t, types::ValueError, "negative count");
      if (*size > (int64_t{1} << 46)) return raise_no_memory(t);
      out.append_fill(static_cast<size_t>(*size), 0);
      return out.failed() ? Result<void>(raise_no_memory(t)) : ok();
    }
  }
  if (has_buffer(source)) {
    Buffer buffer = TRY(Buffer::get(t, source));
    out.append(buffer.data(), buffer.size());
    return out.failed() ? Result<void>(raise_no_memory(t)) : ok();
  }
  if (!type_of(source)->slots.iter && !type_of(source)->slots.getitem) {
    return raise(t, types::TypeError, "cannot convert '{}' object to {}", TypeName(source), type_name);
  }
  return append_from_iterable(t, source, out,
                              type_name[4] == 's' ? "bytes must be in range(0, 256)" : "byte must be in range(0, 256)");
}

namespace {

Borrowed<Bytes> as_bytes(Borrowed<> v) { return v.as<Bytes>(); }

Result<Local<>> bytes_for_class(Mutator& m, Borrowed<Type> cls, std::string_view data) {
  if (cls.value() == Value(&types::Bytes)) return make_bytes(m, data);
  Local<Bytes> b = TRY(allocate_for<Bytes>(m, cls, data.size() + 1));
  b->length_ = data.size();
  if (!data.empty()) std::memcpy(b->mutable_data(), data.data(), data.size());
  b->mutable_data()[data.size()] = 0;
  return b;
}

Result<Local<>> bytes_new(Thread& t, Borrowed<Type> cls, Maybe<Borrowed<>> source, Maybe<Borrowed<Str>> encoding,
                          Maybe<Borrowed<Str>> errors) {
  if (source && !encoding && !errors) {
    if (type_of(*source) == &types::Bytes && cls.value() == Value(&types::Bytes)) return Local<>::share(*source);
    if (type_of(*source) != &types::Bytes) {
      Lookup<> converted = call_special(t, *source, "__bytes__"_n);
      if (converted.raised()) return Raised{};
      if (converted.found()) {
        if (!is_bytes((*converted).value())) {
          return raise(t, types::TypeError, "__bytes__ returned non-bytes (type {})", TypeName((*converted).value()));
        }
        if (cls.value() == Value(&types::Bytes)) return converted.take();
        return bytes_for_class(t, cls, Borrowed<Bytes>((*converted).value())->view());
      }
    }
  }
  text::ByteBuffer out;
  TRY(collect_bytes(t, BytesArguments{source, encoding, errors}, "bytes", out));
  return bytes_for_class(t, cls, view_of(out));
}
constexpr NativeDef kBytesNew = arguments<bytes_new>("bytes(cls, source=b'', encoding='utf-8', errors='strict')");

Result<Local<>> bytes_op_repr(Thread& t, Borrowed<> self) {
  text::ByteBuffer out;
  text::bytes_repr(as_bytes(self)->data(), as_bytes(self)->length(), out);
  if (out.failed()) return raise_no_memory(t);
  return make_str_latin1(t, out.data(), out.size());
}

Result<int64_t> bytes_op_hash(Thread&, Borrowed<> self) {
  Borrowed<Bytes> b = as_bytes(self);
  int64_t cached = __atomic_load_n(&b->hash_cache, __ATOMIC_RELAXED);  // a pure function: racing writers agree
  if (cached) return cached;
  int64_t h = hash_of_bytes(b->view());
  __atomic_store_n(&b->hash_cache, h, __ATOMIC_RELAXED);
  return h;
}

Result<int64_t> bytes_op_len(Thread&, Borrowed<> self) { return static_cast<int64_t>(as_bytes(self)->length()); }

Result<Local<>> bytes_op_compare(Thread&, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (!is_bytes(a) || !is_bytes(b)) return kNotImplemented;
  std::string_view x = as_bytes(a)->view(), y = as_bytes(b)->view();
  switch (op) {
    case CompareOp::Eq: return Value::boolean(x == y);
    case CompareOp::Ne: return Value::boolean(x != y);
    case CompareOp::Lt: return Value::boolean(x < y);
    case CompareOp::Le: return Value::boolean(x <= y);
    case CompareOp::Gt: return Value::boolean(x > y);
    default: return Value::boolean(x >= y);
  }
}

Result<Local<>> bytes_op_getitem(Thread& t, Borrowed<> self, Borrowed<> key) {
  Borrowed<Bytes> b = as_bytes(self);
  auto n = static_cast<int64_t>(b->length());
  int64_t i;
  if (OROCHI_LIKELY(key.value().is_fixnum())) {
    i = key.value().as_fixnum();
  } else if (is_slice(key)) {
    SliceBounds s = TRY(slice_bounds(t, key.as<Slice>(), n));
    if (s.length <= 0) return Local<>::share(empty_bytes());
    if (s.step == 1) {
      if (s.length == n) return unchanged(t, b, b->view());
      return make_bytes(t, b->view().substr(static_cast<size_t>(s.start), static_cast<size_t>(s.length)));
    }
    Local<Bytes> out = TRY(make_bytes_uninitialised(t, static_cast<size_t>(s.length)));
    text::copy_strided(out->mutable_data(), text::Kind::One, bytes_text(b->view()), static_cast<size_t>(s.start),
                       static_cast<ptrdiff_t>(s.step), static_cast<size_t>(s.length));
    return out;
  } else if (is_int(key) || type_of(key)->slots.index) {
    i = TRY(to_index(t, key, types::IndexError));
  } else {
    return raise(t, types::TypeError, "byte indices must be integers or slices, not {}", TypeName(key));
  }
  if (i < 0) i += n;
  if (i < 0 || i >= n) return raise(t, types::IndexError, "index out of range");
  return Value::fixnum(b->data()[i]);
}

Result<bool> bytes_op_contains(Thread& t, Borrowed<> self, Borrowed<> item) {
  Needle needle = TRY(Needle::of(t, item, true));
  return text::find(bytes_text(as_bytes(self)->view()), needle.text()) != text::kNotFound;
}

Result<Local<>> bytes_op_concat(Thread& t, Borrowed<> a, Borrowed<> b) {
  if (!has_buffer(b)) return raise(t, types::TypeError, "can't concat {} to bytes", TypeName(b));
  Borrowed<Bytes> left = as_bytes(a);
  Buffer right = TRY(Buffer::get(t, b));
  if (left->length() == 0 && type_of(b) == &types::Bytes) return Local<>::share(b);
  if (right.size() == 0) return unchanged(t, left, left->view());
  if (right.size() > static_cast<size_t>(INT64_MAX) - left->length()) return raise_no_memory(t);
  Local<Bytes> out = TRY(make_bytes_uninitialised(t, left->length() + right.size()));
  std::memcpy(out->mutable_data(), left->data(), left->length());
  std::memcpy(out->mutable_data() + left->length(), right.data(), right.size());
  return out;
}

Result<Local<>> bytes_op_repeat(Thread& t, Borrowed<> self, int64_t times) {
  Borrowed<Bytes> b = as_bytes(self);
  size_t n = b->length();
  if (times <= 0 || n == 0) return Local<>::share(empty_bytes());
  if (times == 1) return unchanged(t, b, b->view());
  if (n > static_cast<size_t>(INT64_MAX / times)) {
    return raise(t, types::OverflowError, "repeated bytes are too long");
  }
  size_t total = n * static_cast<size_t>(times);
  Local<Bytes> out = TRY(make_bytes_uninitialised(t, total));
  uint8_t* to = out->mutable_data();
  if (n == 1) {
    std::memset(to, b->data()[0], total);
    return out;
  }
  std::memcpy(to, b->data(), n);
  for (size_t done = n; done < total;) {
    size_t part = done < total - done ? done : total - done;
    std::memcpy(to + done, to, part);
    done += part;
  }
  return out;
}

Result<Local<>> bytes_op_mod(Thread& t, Borrowed<> left, Borrowed<> right) {
  if (!is_bytes(left)) return kNotImplemented;
  text::ByteBuffer out;
  TRY(bytes_percent(t, as_bytes(left)->view(), right, out));
  return make_like<Bytes>(t, out);
}

Result<void> bytes_op_get_buffer(Thread& t, Borrowed<> self, BufferInfo* out, int flags) {
  if (flags & kBufferWritable) return raise(t, types::BufferError, "Object is not writable.");
  out->data = as_bytes(self)->mutable_data();
  out->length = static_cast<int64_t>(as_bytes(self)->length());
  return ok();
}

// ---- iterators ----

template <typename T>
struct Iterator : Object {
  static Type& python_type() { return std::is_same_v<T, Bytes> ? types::BytesIterator : types::ByteArrayIterator; }
  Field<T> bytes;   // never changes
  uint64_t index;   // atomic; kExhausted once the end was seen
  static constexpr uint64_t kExhausted = UINT64_MAX;
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<Iterator*>(o)->bytes); }
};
constexpr Layout kBytesIteratorLayout = layout_of<Iterator<Bytes>>("bytes_iterator");
constexpr Layout kByteArrayIteratorLayout = layout_of<Iterator<ByteArray>>("bytearray_iterator");

template <typename T>
Lookup<> iterator_op_next(Thread& t, Borrowed<> self) {
  auto it = self.as<Iterator<T>>();
  uint64_t i = __atomic_load_n(&it->index, __ATOMIC_RELAXED);
  if (i != Iterator<T>::kExhausted) {
    Reading<T> in(t, it->bytes.borrow());
    if (i < in.view.size()) {
      __atomic_store_n(&it->index, i + 1, __ATOMIC_RELAXED);
      return Value::fixnum(static_cast<uint8_t>(in.view[i]));
    }
  }
  __atomic_store_n(&it->index, Iterator<T>::kExhausted, __ATOMIC_RELAXED);
  return kAbsent;
}
Result<Local<>> iterator_op_iter(Thread&, Borrowed<> self) { return Local<>::share(self); }

template <typename T>
int64_t iterator_length_hint(Thread& t, Borrowed<Iterator<T>> self) {
  uint64_t i = __atomic_load_n(&self->index, __ATOMIC_RELAXED);
  Reading<T> in(t, self->bytes.borrow());
  return i >= in.view.size() ? 0 : static_cast<int64_t>(in.view.size() - i);
}
template <typename T>
Result<Local<>> iterator_reduce(Thread& t, Borrowed<Iterator<T>> self) {
  Local<> builtins = TRY(import_builtins(t));
  Local<> iter = TRY(get_attr(t, builtins, "iter"_n));
  uint64_t i = __atomic_load_n(&self->index, __ATOMIC_RELAXED);
  if (i == Iterator<T>::kExhausted) {
    Local<Tuple> args = TRY(make_tuple(t, {empty_tuple().value()}));
    return make_tuple(t, {iter.value(), args.value()});
  }
  Local<Tuple> args = TRY(make_tuple(t, {self->bytes.borrow().value()}));
  return make_tuple(t, {iter.value(), args.value(), Value::fixnum(static_cast<int64_t>(i))});
}
template <typename T>
Result<void> iterator_setstate(Thread& t, Borrowed<Iterator<T>> self, Index state) {
  if (__atomic_load_n(&self->index, __ATOMIC_RELAXED) == Iterator<T>::kExhausted) return ok();
  int64_t n;
  {
    Reading<T> in(t, self->bytes.borrow());
    n = static_cast<int64_t>(in.view.size());
  }
  int64_t i = state < 0 ? 0 : state > n ? n : state.value;
  __atomic_store_n(&self->index, static_cast<uint64_t>(i), __ATOMIC_RELAXED);
  return ok();
}
template <typename T>
constexpr NativeDef kIteratorMethods[] = {
    method<iterator_length_hint<T>>("__length_hint__(self, /)",
                                    "Private method returning an estimate of len(list(it))."),
    method<iterator_reduce<T>>("__reduce__(self, /)", "Return state information for pickling."),
    method<iterator_setstate<T>>("__setstate__(self, state, /)", "Set state information for unpickling."),
};

const TypeDef kBytesIteratorDef = {
    .name = "bytes_iterator",
    .layout = &kBytesIteratorLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kIteratorMethods<Bytes>),
    .slots = {.iter = iterator_op_iter, .next = iterator_op_next<Bytes>},
};
const TypeDef kByteArrayIteratorDef = {
    .name = "bytearray_iterator",
    .layout = &kByteArrayIteratorLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kIteratorMethods<ByteArray>),
    .slots = {.iter = iterator_op_iter, .next = iterator_op_next<ByteArray>},
};

}  // namespace

template <typename T>
Result<Local<>> make_bytes_iterator(Thread& t, Borrowed<> self) {
  Local<Iterator<T>> it = TRY(make_object<Iterator<T>>(t));
  it->bytes.init_share(self.as<T>());
  return it;
}
template Result<Local<>> make_bytes_iterator<Bytes>(Thread& t, Borrowed<> self);
template Result<Local<>> make_bytes_iterator<ByteArray>(Thread& t, Borrowed<> self);

namespace {

constexpr TypeSlots make_bytes_slots() {
  TypeSlots s{};
  s.repr = bytes_op_repr;
  s.str = bytes_op_repr;
  s.hash = bytes_op_hash;
  s.compare = bytes_op_compare;
  s.iter = make_bytes_iterator<Bytes>;
  s.new_ = new_slot<kBytesNew>;
  s.len = bytes_op_len;
  s.getitem = bytes_op_getitem;
  s.contains = bytes_op_contains;
  s.concat = bytes_op_concat;
  s.repeat = bytes_op_repeat;
  s.binary[static_cast<int>(BinaryOp::Remainder)] = bytes_op_mod;
  s.get_buffer = bytes_op_get_buffer;
  return s;
}

const TypeDef kBytesDef = {
    .name = "bytes",
    .doc = "bytes(iterable_of_ints) -> bytes\nbytes(string, encoding[, errors]) -> bytes\n"
           "bytes(bytes_or_buffer) -> immutable copy of bytes_or_buffer\n"
           "bytes(int) -> bytes object of size given by the parameter initialized with null bytes\n"
           "bytes() -> empty bytes object\n\nConstruct an immutable array of bytes from:\n"
           "  - an iterable yielding integers in range(256)\n"
           "  - a text string encoded using the specified encoding\n"
           "  - any object implementing the buffer API.\n  - an integer",
    .layout = &kBytesLayout,
    .flags = kTypeSubclassable | kTypeMatchSelf,
    .shape_flags = kShapeIsBytes | kShapeLeaf,
    .methods = kBytesMethods,
    .method_count = kBytesMethodCount,
    .slots = make_bytes_slots(),
};

}  // namespace

OROCHI_TYPE(BytesIterator, kBytesIteratorDef)
OROCHI_TYPE(ByteArrayIterator, kByteArrayIteratorDef)
OROCHI_TYPE(Bytes, kBytesDef)

}  // namespace orochi
