// See array_object.h.
#include "modules/array/array_object.h"

#include <cstring>

#include "objects/int_big.h"

namespace orochi::array_module {

namespace {
constexpr Descr kDescrs[] = {
    {'b', 1, Kind::Signed, 1, "b", "signed char"},
    {'B', 1, Kind::Unsigned, 0, "B", "unsigned byte integer"},
    {'u', 4, Kind::Text, 20, "w", ""},
    {'w', 4, Kind::Text, 20, "w", ""},
    {'h', 2, Kind::Signed, 4, "h", "signed short integer"},
    {'H', 2, Kind::Unsigned, 2, "H", "unsigned short"},
    {'i', 4, Kind::Signed, 8, "i", "signed integer"},
    {'I', 4, Kind::Unsigned, 6, "I", "unsigned int"},
    {'l', 8, Kind::Signed, 12, "l", "long"},
    {'L', 8, Kind::Unsigned, 10, "L", "unsigned long"},
    {'q', 8, Kind::Signed, 12, "q", "long long"},
    {'Q', 8, Kind::Unsigned, 10, "Q", "unsigned long long"},
    {'f', 4, Kind::Real, 14, "f", "float"},
    {'d', 8, Kind::Real, 16, "d", "double"},
};
}  // namespace

const Descr* find_descr(uint32_t code) {
  for (const Descr& d : kDescrs) {
    if (static_cast<uint32_t>(d.code) == code) return &d;
  }
  return nullptr;
}

Result<Item> item_from(Thread& t, const Descr& d, Borrowed<> v) {
  Item item{};
  switch (d.kind) {
    case Kind::Real: {
      double x = TRY(to_double(t, v));
      auto f = static_cast<float>(x);
      if (d.size == 8) std::memcpy(item.bytes, &x, 8);
      else std::memcpy(item.bytes, &f, 4);
      return item;
    }
    case Kind::Text: {
      if (!is_str(v)) {
        return raise(t, types::TypeError, "array item must be a unicode character, not {}", TypeName(v));
      }
      auto s = v.as<Str>();
      if (s->length() != 1) {
        return raise(t, types::TypeError, "array item must be a unicode character, not a string of length {}",
                     s->length());
      }
      uint32_t c = s->at(0);
      std::memcpy(item.bytes, &c, 4);
      return item;
    }
    default: break;
  }
  Local<> held;
  int64_t n;
  if (v.value().is_fixnum()) {
    n = v.value().as_fixnum();
  } else {
    held = TRY(index_of(t, v));
    bool wide = d.code == 'q' || d.code == 'Q';
    if (d.kind == Kind::Unsigned && d.size >= 4) {
      uint64_t u;
      if (int_sign(held.value()) < 0) {
        return raise(t, types::OverflowError, wide ? "can't convert negative int to unsigned"
                                                   : "can't convert negative value to unsigned int");
      }
      if (!int_as_uint64(held.value(), &u)) {
        if (wide) return raise(t, types::OverflowError, "int too big to convert");
        return raise(t, types::OverflowError, "Python int too large to convert to C unsigned long");
      }
      if (d.size == 4 && u > UINT32_MAX) return raise(t, types::OverflowError, "unsigned int is greater than maximum");
      std::memcpy(item.bytes, &u, 8);
      return item;
    }
    if (!int_as_int64(held.value(), &n)) {
      if (wide) return raise(t, types::OverflowError, "int too big to convert");
      return raise(t, types::OverflowError, "Python int too large to convert to C long");
    }
  }
  if (d.kind == Kind::Signed) {
    unsigned shift = 64u - 8u * d.size;
    int64_t top = INT64_MAX >> shift;
    if (n > top) return raise(t, types::OverflowError, "{} is greater than maximum", d.name);
    if (n < -top - 1) return raise(t, types::OverflowError, "{} is less than minimum", d.name);
  } else {
    if (n < 0) {
      if (d.size < 4) return raise(t, types::OverflowError, "{} is less than minimum", d.name);
      return raise(t, types::OverflowError, d.code == 'Q' ? "can't convert negative int to unsigned"
                                                          : "can't convert negative value to unsigned int");
    }
    if (d.size < 8 && n >> (8 * d.size)) return raise(t, types::OverflowError, "{} is greater than maximum", d.name);
  }
  std::memcpy(item.bytes, &n, 8);
  return item;
}

Result<Local<>> value_of(Mutator& m, const Descr& d, const uint8_t* at) {
  uint64_t bits = 0;
  std::memcpy(&bits, at, d.size);
  switch (d.kind) {
    case Kind::Signed: {
      unsigned shift = 64u - 8u * d.size;
      return make_int(m, static_cast<int64_t>(bits << shift) >> shift);
    }
    case Kind::Unsigned: return make_uint(m, bits);
    case Kind::Text:
      if (bits > 0x10ffff) {
        return raise(m, types::ValueError, "character U+{} is not in range [U+0000; U+10ffff]", bits);
      }
      return make_str_char(m, static_cast<uint32_t>(bits));
    case Kind::Real: break;
  }
  if (d.size == 8) {
    double x;
    std::memcpy(&x, at, 8);
    return make_float(m, x);
  }
  float f;
  std::memcpy(&f, at, 4);
  return make_float(m, static_cast<double>(f));
}

Result<Local<Array>> make_array(Mutator& m, Borrowed<Type> cls, const Descr& d, size_t length) {
  if (length > (size_t{1} << 46) / d.size) return raise_no_memory(m);
  Local<Array> a = TRY(allocate_for<Array>(m, cls));
  a->descr = &d;
  if (length) {
    a->data = static_cast<uint8_t*>(allocate_raw(length * d.size));
    if (!a->data) return raise_no_memory(m);
    a->capacity = length * d.size;
    a->length_ = length;
  }
  return a;
}

Result<void> resize_locked(Mutator& m, Array* a, size_t length) {
  if (length == a->length_) return ok();
  if (__atomic_load_n(&a->exports, __ATOMIC_ACQUIRE) > 0) {
    return raise(m, types::BufferError, "cannot resize an array that is exporting buffers");
  }
  if (length > (size_t{1} << 46) / a->descr->size) return raise_no_memory(m);
  size_t bytes = length * a->descr->size;
  if (bytes > a->capacity || bytes < a->capacity / 2) {
    size_t wanted = bytes == 0 ? 0 : bytes + bytes / 8 + (length > a->length_ ? 16 : 0);
    if (wanted == 0) {
      free_raw(a->data);
      a->data = nullptr;
    } else {
      auto* grown = static_cast<uint8_t*>(reallocate_raw(a->data, wanted));
      if (!grown) return raise_no_memory(m);
      a->data = grown;
    }
    a->capacity = wanted;
  }
  __atomic_store_n(&a->length_, length, __ATOMIC_RELAXED);
  return ok();
}

Result<void> splice_locked(Mutator& m, Array* a, size_t start, size_t removed, const uint8_t* source, size_t count) {
  size_t size = a->descr->size, tail = a->length_ - start - removed;
  if (count < removed) {
    // Shrinking may be refused: ask before moving anything.
    if (__atomic_load_n(&a->exports, __ATOMIC_ACQUIRE) > 0) {
      return raise(m, types::BufferError, "cannot resize an array that is exporting buffers");
    }
    std::memmove(a->data + (start + count) * size, a->data + (start + removed) * size, tail * size);
    TRY(resize_locked(m, a, start + count + tail));
  } else if (count > removed) {
    TRY(resize_locked(m, a, start + count + tail));
    std::memmove(a->data + (start + count) * size, a->data + (start + removed) * size, tail * size);
  }
  if (count) std::memcpy(a->data + start * size, source, count * size);
  return ok();
}

Result<Snapshot> Snapshot::of(Mutator& m, Array* a) {
  Snapshot s;
  ObjectLock lock(m, a);
  s.length_ = a->length_;
  s.data_ = static_cast<uint8_t*>(allocate_raw(s.length_ * a->descr->size + 1));
  if (!s.data_) return raise_no_memory(m);
  if (s.length_) std::memcpy(s.data_, a->data, s.length_ * a->descr->size);
  return s;
}

Result<void> append_item(Thread& t, Borrowed<Array> self, Borrowed<> v) {
  Item item = TRY(item_from(t, *self->descr, v));
  ObjectLock lock(t, self.get());
  return splice_locked(t, self.get(), self->length_, 0, item.bytes, 1);
}

Result<void> append_bytes(Thread& t, Borrowed<Array> self, std::string_view bytes) {
  size_t size = self->descr->size;
  if (bytes.size() % size) return raise(t, types::ValueError, "bytes length not a multiple of item size");
  ObjectLock lock(t, self.get());
  return splice_locked(t, self.get(), self->length_, 0, reinterpret_cast<const uint8_t*>(bytes.data()),
                       bytes.size() / size);
}

Result<void> append_text(Thread& t, Borrowed<Array> self, Borrowed<Str> text) {
  ObjectLock lock(t, self.get());
  size_t at = self->length_, n = text->length();
  TRY(resize_locked(t, self.get(), at + n));
  for (size_t i = 0; i < n; i++) {
    uint32_t c = text->at(i);
    std::memcpy(self->data + (at + i) * 4, &c, 4);
  }
  return ok();
}

Result<void> extend_from(Thread& t, Borrowed<Array> self, Borrowed<> iterable) {
  if (is_a<Array>(iterable)) {
    auto other = iterable.as<Array>();
    if (other->descr != self->descr) return raise(t, types::TypeError, "can only extend with array of same kind");
    Snapshot s = TRY(Snapshot::of(t, other.get()));
    ObjectLock lock(t, self.get());
    return splice_locked(t, self.get(), self->length_, 0, s.data(), s.length());
  }
  return for_each(t, iterable, [&](Local<> item) -> Result<bool> {
    TRY(append_item(t, self, item));
    return true;
  });
}

Result<Local<>> array_to_list(Thread& t, Borrowed<Array> self) {
  Snapshot s = TRY(Snapshot::of(t, self.get()));
  Local<List> list = TRY(make_list(t, s.length()));
  for (size_t i = 0; i < s.length(); i++) {
    Local<> v = TRY(value_of(t, *self->descr, s.data() + i * self->descr->size));
    TRY(list_append(t, list, std::move(v)));
  }
  return list;
}

Result<Local<>> array_to_bytes(Thread& t, Borrowed<Array> self) {
  Snapshot s = TRY(Snapshot::of(t, self.get()));
  return make_bytes(t, std::string_view(reinterpret_cast<const char*>(s.data()), s.length() * self->descr->size));
}

Result<Local<Str>> array_to_text(Thread& t, Borrowed<Array> self) {
  Snapshot s = TRY(Snapshot::of(t, self.get()));
  auto* units = reinterpret_cast<const uint32_t*>(s.data());
  for (size_t i = 0; i < s.length(); i++) {
    if (units[i] > 0x10ffff) {
      return raise(t, types::ValueError, "character U+{} is not in range [U+0000; U+10ffff]", units[i]);
    }
  }
  return make_str_ucs4(t, units, s.length());
}

}  // namespace orochi::array_module
