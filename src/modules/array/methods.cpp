// array: construction, pickling, and methods.
#include <bit>
#include <cstring>

#include "builtins/number_support.h"
#include "modules/array/array_object.h"
#include "objects/int_big.h"
#include "protocols/attr.h"
#include "protocols/buffer.h"
#include "protocols/call.h"
#include "protocols/slicing.h"

namespace orochi::array_module {

namespace {

Result<const Descr*> typecode_argument(Thread& t, Borrowed<> v) {
  if (!is_str(v)) {
    return raise(t, types::TypeError, "array() argument 1 must be a unicode character, not {}", TypeName(v));
  }
  auto s = v.as<Str>();
  if (s->length() != 1) {
    return raise(t, types::TypeError, "array() argument 1 must be a unicode character, not a string of length {}",
                 s->length());
  }
  const Descr* d = find_descr(s->at(0));
  if (!d) {
    return raise(t, types::ValueError, "bad typecode (must be b, B, u, w, h, H, i, I, l, L, q, Q, f or d)");
  }
  return d;
}

}  // namespace

Result<Local<>> array_op_new(Thread& t, Borrowed<Type> cls, const CallArgs& args) {
  if (args.has_names() && args.names->length() && cls.get() == &types::ArrayArray) {
    return raise(t, types::TypeError, "array.array() takes no keyword arguments");
  }
  if (args.count == 0) return raise(t, types::TypeError, "array() takes at least 1 argument (0 given)");
  if (args.count > 2) return raise(t, types::TypeError, "array() takes at most 2 arguments ({} given)", args.count);
  const Descr& d = *TRY(typecode_argument(t, args[0]));
  if (d.code == 'u') {
    Local<Str> message = TRY(make_str(t, "The 'u' type code is deprecated and will be removed in Python 3.16"));
    TRY(warn(t, types::DeprecationWarning, message));
  }
  Local<Array> a = TRY(make_array(t, cls, d, 0));
  if (args.count == 1) return a;
  Borrowed<> initial = args[1];
  if (d.kind != Kind::Text) {
    if (is_str(initial)) {
      return raise(t, types::TypeError, "cannot use a str to initialize an array with typecode '{}'",
                   CharArg(static_cast<uint32_t>(d.code)));
    }
    if (is_a<Array>(initial) && initial.as<Array>()->descr->kind == Kind::Text) {
      return raise(t, types::TypeError, "cannot use a unicode array to initialize an array with typecode '{}'",
                   CharArg(static_cast<uint32_t>(d.code)));
    }
  }
  if (is_str(initial)) {
    TRY(append_text(t, a, initial.as<Str>()));
  } else if (is_bytes(initial) || has_flag(initial, kShapeIsByteArray)) {
    Buffer buffer = TRY(Buffer::get(t, initial));
    TRY(append_bytes(t, a, buffer.view()));
  } else if (is_a<Array>(initial) && initial.as<Array>()->descr != &d) {
    Local<> list = TRY(array_to_list(t, initial.as<Array>()));
    TRY(extend_from(t, a, list));
  } else {
    TRY(extend_from(t, a, initial));
  }
  return a;
}

Result<Local<>> array_reconstructor(Thread& t, Borrowed<> cls, Borrowed<Str> typecode, int32_t mformat_code,
                                    Borrowed<> items) {
  if (!is_type(cls)) {
    return raise(t, types::TypeError, "first argument must be a type object, not {}", TypeName(cls));
  }
  auto type = cls.as<Type>();
  if (!is_subtype(type.get(), &types::ArrayArray)) {
    return raise(t, types::TypeError, "{} is not a subtype of {}", type, "array.array");
  }
  const Descr* d = typecode->length() == 1 ? find_descr(typecode->at(0)) : nullptr;
  if (!d) return raise(t, types::ValueError, "second argument must be a valid type code");
  if (mformat_code < 0 || mformat_code > 21) {
    return raise(t, types::ValueError, "third argument must be a valid machine format code.");
  }
  if (!is_bytes(items)) return raise(t, types::TypeError, "fourth argument should be bytes, not {}", TypeName(items));
  std::string_view bytes = items.as<Bytes>()->view();
  Local<Array> a = TRY(make_array(t, type, *d, 0));
  if (mformat_code == d->machine_format) {
    TRY(append_bytes(t, a, bytes));
    return a;
  }
  // Written by another kind of machine.
  static constexpr uint8_t kSizes[22] = {1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 8, 8, 8, 8, 4, 4, 8, 8, 2, 2, 4, 4};
  size_t size = kSizes[mformat_code];
  bool big = mformat_code >= 2 && mformat_code % 2 == 1;
  if (bytes.size() % size) return raise(t, types::ValueError, "bytes length not a multiple of item size");
  bool text = mformat_code >= 18;
  if (text != (d->kind == Kind::Text)) {
    if (text) {
      return raise(t, types::TypeError, "cannot use a str to initialize an array with typecode '{}'",
                   CharArg(static_cast<uint32_t>(d->code)));
    }
  }
  uint32_t high = 0;
  for (size_t i = 0; i < bytes.size(); i += size) {
    uint8_t raw[8] = {};
    for (size_t k = 0; k < size; k++) raw[k] = static_cast<uint8_t>(bytes[i + (big ? size - 1 - k : k)]);
    uint64_t bits;
    std::memcpy(&bits, raw, 8);
    Local<> v;
    if (text) {
      auto c = static_cast<uint32_t>(bits);
      if (size == 2 && c >= 0xd800 && c < 0xdc00 && i + 2 < bytes.size()) {
        high = c;
        continue;
      }
      if (high) {
        if (c >= 0xdc00 && c < 0xe000) c = 0x10000 + ((high - 0xd800) << 10) + (c - 0xdc00);
        high = 0;
      }
      v = TRY(make_str_char(t, c > 0x10ffff ? 0xfffd : c));
    } else if (mformat_code >= 14) {
      v = TRY(make_float(t, size == 8 ? std::bit_cast<double>(bits)
                                      : static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(bits)))));
    } else if (mformat_code == 1 || (mformat_code & ~1) == 4 || (mformat_code & ~1) == 8 || (mformat_code & ~1) == 12) {
      unsigned shift = 64u - 8u * static_cast<unsigned>(size);
      v = TRY(make_int(t, static_cast<int64_t>(bits << shift) >> shift));
    } else {
      v = TRY(make_uint(t, bits));
    }
    TRY(append_item(t, a, v));
  }
  return a;
}

namespace {

Result<Local<>> array_append(Thread& t, Borrowed<Array> self, Borrowed<> v) {
  TRY(append_item(t, self, v));
  return kNone;
}
Result<Local<>> array_extend(Thread& t, Borrowed<Array> self, Borrowed<> bb) {
  TRY(extend_from(t, self, bb));
  return kNone;
}
Result<Local<>> array_insert(Thread& t, Borrowed<Array> self, Index i, Borrowed<> v) {
  Item item = TRY(item_from(t, *self->descr, v));
  ObjectLock lock(t, self.get());
  auto length = static_cast<int64_t>(self->length_);
  int64_t at = i < 0 ? i + length : i.value;
  if (at < 0) at = 0;
  if (at > length) at = length;
  TRY(splice_locked(t, self.get(), static_cast<size_t>(at), 0, item.bytes, 1));
  return kNone;
}
Result<Local<>> array_pop(Thread& t, Borrowed<Array> self, Index i) {
  Item item;
  {
    ObjectLock lock(t, self.get());
    auto length = static_cast<int64_t>(self->length_);
    if (length == 0) return raise(t, types::IndexError, "pop from empty array");
    int64_t at = i < 0 ? i + length : i.value;
    if (at < 0 || at >= length) return raise(t, types::IndexError, "pop index out of range");
    std::memcpy(item.bytes, self->data + static_cast<size_t>(at) * self->descr->size, self->descr->size);
    TRY(splice_locked(t, self.get(), static_cast<size_t>(at), 1, nullptr, 0));
  }
  return value_of(t, *self->descr, item.bytes);
}

Result<int64_t> find_item(Thread& t, Borrowed<Array> self, Borrowed<> v, int64_t start, int64_t stop) {
  size_t size = self->descr->size;
  for (int64_t i = start; i < stop; i++) {
    Item item;
    {
      ObjectLock lock(t, self.get());
      if (i >= static_cast<int64_t>(self->length_)) break;
      std::memcpy(item.bytes, self->data + static_cast<size_t>(i) * size, size);
    }
    Local<> each = TRY(value_of(t, *self->descr, item.bytes));
    if (TRY(equals(t, each, v))) return i;
  }
  return -1;
}
Result<Local<>> array_index(Thread& t, Borrowed<Array> self, Borrowed<> v, Maybe<Borrowed<>> start, Maybe<Borrowed<>> stop) {
  int64_t from = start ? TRY(slice_index_argument(t, *start)) : 0;
  int64_t to = stop ? TRY(slice_index_argument(t, *stop)) : INT64_MAX;
  auto length = static_cast<int64_t>(self->length());
  if (from < 0) from = from + length < 0 ? 0 : from + length;
  if (to < 0) to += length;
  int64_t at = TRY(find_item(t, self, v, from, to));
  if (at < 0) return raise(t, types::ValueError, "array.index(x): x not in array");
  return make_int(t, at);
}
Result<Local<>> array_remove(Thread& t, Borrowed<Array> self, Borrowed<> v) {
  int64_t at = TRY(find_item(t, self, v, 0, INT64_MAX));
  if (at < 0) return raise(t, types::ValueError, "array.remove(x): x not in array");
  ObjectLock lock(t, self.get());
  if (static_cast<uint64_t>(at) < self->length_) TRY(splice_locked(t, self.get(), static_cast<size_t>(at), 1, nullptr, 0));
  return kNone;
}
Result<int64_t> array_count(Thread& t, Borrowed<Array> self, Borrowed<> v) {
  Snapshot s = TRY(Snapshot::of(t, self.get()));
  int64_t n = 0;
  for (size_t i = 0; i < s.length(); i++) {
    Local<> each = TRY(value_of(t, *self->descr, s.data() + i * self->descr->size));
    n += TRY(equals(t, each, v));
  }
  return n;
}
Result<Local<>> array_clear(Thread& t, Borrowed<Array> self) {
  ObjectLock lock(t, self.get());
  TRY(resize_locked(t, self.get(), 0));
  return kNone;
}
Result<Local<>> array_copy(Thread& t, Borrowed<Array> self) {
  Snapshot s = TRY(Snapshot::of(t, self.get()));
  Local<Array> copy = TRY(make_array(t, Borrowed<Type>(&types::ArrayArray), *self->descr, s.length()));
  if (s.length()) std::memcpy(copy->data, s.data(), s.length() * self->descr->size);
  return copy;
}
Result<Local<>> array_deepcopy(Thread& t, Borrowed<Array> self, Borrowed<>) { return array_copy(t, self); }

Result<Local<>> array_reverse(Thread& t, Borrowed<Array> self) {
  ObjectLock lock(t, self.get());
  size_t size = self->descr->size, n = self->length_;
  for (size_t i = 0; i < n / 2; i++) {
    uint8_t held[8], *a = self->data + i * size, *b = self->data + (n - 1 - i) * size;
    std::memcpy(held, a, size);
    std::memcpy(a, b, size);
    std::memcpy(b, held, size);
  }
  return kNone;
}
Result<Local<>> array_byteswap(Thread& t, Borrowed<Array> self) {
  ObjectLock lock(t, self.get());
  size_t size = self->descr->size;
  for (size_t i = 0; i < self->length_; i++) {
    uint8_t* at = self->data + i * size;
    for (size_t k = 0; k < size / 2; k++) std::swap(at[k], at[size - 1 - k]);
  }
  return kNone;
}
Result<Local<>> array_buffer_info(Thread& t, Borrowed<Array> self) {
  uint64_t address;
  size_t length;
  {
    ObjectLock lock(t, self.get());
    address = reinterpret_cast<uint64_t>(self->data);
    length = self->length_;
  }
  Local<> where = TRY(make_uint(t, address));
  return make_tuple(t, {where.value(), Value::fixnum(static_cast<int64_t>(length))});
}

Result<Local<>> array_fromlist(Thread& t, Borrowed<Array> self, Borrowed<> list) {
  if (!is_list(list)) return raise(t, types::TypeError, "arg must be list");
  auto source = list.as<List>();
  Local<Array> items = TRY(make_array(t, Borrowed<Type>(&types::ArrayArray), *self->descr, 0));
  size_t length = source->length();
  for (size_t i = 0; i < length; i++) {
    Lookup<> each = list_get(t, source, static_cast<int64_t>(i));
    if (each.raised()) return Raised{};
    if (each.absent()) break;
    TRY(append_item(t, items, *each));
    if (source->length() != length) return raise(t, types::RuntimeError, "list changed size during iteration");
  }
  TRY(extend_from(t, self, items));  // all or nothing
  return kNone;
}
Result<Local<>> array_frombytes(Thread& t, Borrowed<Array> self, Borrowed<> buffer) {
  Local<Bytes> copy;
  {
    Buffer b = TRY(Buffer::get(t, buffer));
    if (b.info().item_size != 1) return raise(t, types::TypeError, "a bytes-like object is required");
    copy = TRY(make_bytes(t, b.view()));
  }
  TRY(append_bytes(t, self, copy->view()));
  return kNone;
}
Result<Local<>> array_fromunicode(Thread& t, Borrowed<Array> self, Borrowed<Str> ustr) {
  if (self->descr->kind != Kind::Text) {
    return raise(t, types::ValueError, "fromunicode() may only be called on unicode type arrays ('u' or 'w')");
  }
  TRY(append_text(t, self, ustr));
  return kNone;
}
Result<Local<>> array_tounicode(Thread& t, Borrowed<Array> self) {
  if (self->descr->kind != Kind::Text) {
    return raise(t, types::ValueError, "tounicode() may only be called on unicode type arrays ('u' or 'w')");
  }
  return array_to_text(t, self);
}
Result<Local<>> array_fromfile(Thread& t, Borrowed<Array> self, Borrowed<> f, Index n) {
  if (n < 0) return raise(t, types::ValueError, "negative count");
  int64_t wanted;
  if (__builtin_mul_overflow(n.value, static_cast<int64_t>(self->descr->size), &wanted)) return raise_no_memory(t);
  Local<> count = TRY(make_int(t, wanted));
  Local<> data = TRY(call_method(t, f, "read"_n, count));
  if (!is_bytes(data.value())) return raise(t, types::TypeError, "read() didn't return bytes");
  auto bytes = data.borrow().as<Bytes>();
  bool enough = static_cast<int64_t>(bytes->length()) == wanted;
  TRY(append_bytes(t, self, bytes->view()));
  if (!enough) return raise(t, types::EOFError, "read() didn't return enough bytes");
  return kNone;
}
Result<Local<>> array_tofile(Thread& t, Borrowed<Array> self, Borrowed<> f) {
  Snapshot s = TRY(Snapshot::of(t, self.get()));
  constexpr size_t kBlock = 64 * 1024;
  size_t total = s.length() * self->descr->size;
  size_t at = 0;
  do {
    size_t n = total - at < kBlock ? total - at : kBlock;
    if (n == 0 && total != 0) break;
    Local<Bytes> piece = TRY(make_bytes(t, std::string_view(reinterpret_cast<const char*>(s.data()) + at, n)));
    (void)TRY(call_method(t, f, "write"_n, piece));
    at += n;
  } while (at < total);
  return kNone;
}

Result<Local<>> array_reduce_ex(Thread& t, Borrowed<Array> self, Borrowed<> value) {
  if (!is_int(value)) return raise(t, types::TypeError, "__reduce_ex__ argument should be an integer");
  int64_t protocol = TRY(to_int64(t, value));
  Local<> state = immediate(kNone);
  if (type_of(self) != &types::ArrayArray) {
    Lookup<> dict = find_attr(t, self, "__dict__"_n);
    if (dict.raised()) return Raised{};
    if (dict.found()) state = dict.take();
  }
  Local<Str> code = TRY(make_str_char(t, static_cast<uint32_t>(self->descr->code)));
  if (protocol < 3) {
    Local<> list = TRY(array_to_list(t, self));
    Local<> args = TRY(make_tuple(t, {code.value(), list.value()}));
    return make_tuple(t, {Value(type_of(self)), args.value(), state.value()});
  }
  Local<> module = TRY(import_module(t, "array"_n));
  Local<> maker = TRY(get_attr(t, module, "_array_reconstructor"_n));
  Local<> bytes = TRY(array_to_bytes(t, self));
  Local<> args = TRY(make_tuple(
      t, {Value(type_of(self)), code.value(), Value::fixnum(self->descr->machine_format), bytes.value()}));
  return make_tuple(t, {maker.value(), args.value(), state.value()});
}
int64_t array_sizeof(Thread&, Borrowed<Array> self) {
  return static_cast<int64_t>(sizeof(Array) + self->length() * self->descr->size);
}
Result<Local<>> array_class_getitem(Thread& t, Borrowed<Type> cls, Borrowed<> args) {
  Local<> alias = TRY(get_attr(t, TRY(import_module(t, "types"_n)), "GenericAlias"_n));
  return call(t, alias, cls, args);
}

}  // namespace

constinit const NativeDef kArrayMethods[] = {
    method<array_append>("append(self, v, /)", "Append new value v to the end of the array."),
    method<array_buffer_info>("buffer_info(self, /)", "The address and the length in items of the contents."),
    method<array_byteswap>("byteswap(self, /)", "Byteswap all items of the array."),
    method<array_clear>("clear(self, /)", "Remove all items from the array."),
    method<array_copy>("__copy__(self, /)", "Return a copy of the array."),
    method<array_count>("count(self, v, /)", "Return number of occurrences of v in the array."),
    method<array_deepcopy>("__deepcopy__(self, unused, /)", "Return a copy of the array."),
    method<array_extend>("extend(self, bb, /)", "Append items to the end of the array."),
    method<array_fromfile>("fromfile(self, f, n, /)", "Read n items from the file object f and append them."),
    method<array_fromlist>("fromlist(self, list, /)", "Append items to array from list."),
    method<array_frombytes>("frombytes(self, buffer, /)", "Append items as if read from a file of machine values."),
    method<array_fromunicode>("fromunicode(self, ustr, /)", "Extend a text array with the characters of ustr."),
    method<array_index>("index(self, v, start=0, stop=sys.maxsize, /)", "Index of first occurrence of v."),
    method<array_insert>("insert(self, i, v, /)", "Insert a new item v into the array before position i."),
    method<array_pop>("pop(self, i=-1, /)", "Return the i-th element and delete it from the array."),
    method<array_reduce_ex>("__reduce_ex__(self, value, /)", "Return state information for pickling."),
    method<array_remove>("remove(self, v, /)", "Remove the first occurrence of v in the array."),
    method<array_reverse>("reverse(self, /)", "Reverse the order of the items in the array."),
    method<array_tofile>("tofile(self, f, /)", "Write all items as machine values to the file object f."),
    method<array_to_list>("tolist(self, /)", "Convert array to an ordinary list with the same items."),
    method<array_to_bytes>("tobytes(self, /)", "The array as machine values."),
    method<array_tounicode>("tounicode(self, /)", "The characters of a text array as a str."),
    method<array_sizeof>("__sizeof__(self, /)", "Size of the array in memory, in bytes."),
    class_method<array_class_getitem>("__class_getitem__(type, object, /)", "Arrays are generic over their items."),
};
const size_t kArrayMethodCount = std::size(kArrayMethods);

}  // namespace orochi::array_module
