// array: operators, iterator, buffer export, and the module.
#include <cstring>

#include "modules/array/array_object.h"
#include "protocols/attr.h"
#include "protocols/buffer.h"
#include "protocols/call.h"
#include "protocols/dunder_slots.h"
#include "protocols/slicing.h"

namespace orochi {

OROCHI_MODULE_TYPE(ArrayArray)
OROCHI_MODULE_TYPE(ArrayIterator)

namespace array_module {

namespace {

struct ArrayIterator : Object {
  static Type& python_type() { return types::ArrayIterator; }
  Field<Array> array;   // empty when exhausted
  int64_t index;        // atomic
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<ArrayIterator*>(o)->array); }
};

constexpr Layout kArrayLayout = layout_of<Array>("array");
constexpr Layout kIteratorLayout = layout_of<ArrayIterator>("arrayiterator");

Borrowed<Array> as_array(Borrowed<> v) { return v.as<Array>(); }

Result<Local<>> array_op_repr(Thread& t, Borrowed<> v) {
  auto self = as_array(v);
  auto code = CharArg(static_cast<uint32_t>(self->descr->code));
  if (self->length() == 0) return format_str(t, "{}('{}')", TypeName(v), code);
  Local<> contents;
  if (self->descr->kind == Kind::Text) contents = TRY(array_to_text(t, self));
  else contents = TRY(array_to_list(t, self));
  Local<Str> shown = TRY(repr_of(t, contents));
  return format_str(t, "{}('{}', {})", TypeName(v), code, shown);
}

Result<int64_t> array_op_len(Thread&, Borrowed<> v) { return static_cast<int64_t>(as_array(v)->length()); }

Lookup<> item_at(Thread& t, Borrowed<Array> self, int64_t i) {
  Item item;
  {
    ObjectLock lock(t, self.get());
    if (i < 0 || i >= static_cast<int64_t>(self->length_)) return kAbsent;
    std::memcpy(item.bytes, self->data + static_cast<size_t>(i) * self->descr->size, self->descr->size);
  }
  return value_of(t, *self->descr, item.bytes);
}

Result<Local<>> array_op_getitem(Thread& t, Borrowed<> v, Borrowed<> key) {
  auto self = as_array(v);
  if (is_a<Slice>(key)) {
    SliceParts parts = TRY(slice_parts(t, key.as<Slice>()));
    Snapshot s = TRY(Snapshot::of(t, self.get()));
    SliceBounds b = slice_adjust(parts, static_cast<int64_t>(s.length()));
    Local<Array> out = TRY(make_array(t, Borrowed<Type>(&types::ArrayArray), *self->descr, static_cast<size_t>(b.length)));
    size_t size = self->descr->size;
    for (int64_t i = 0, at = b.start; i < b.length; i++, at += b.step) {
      std::memcpy(out->data + static_cast<size_t>(i) * size, s.data() + static_cast<size_t>(at) * size, size);
    }
    return out;
  }
  if (!is_int(key) && !type_of(key)->slots.index) {
    return raise(t, types::TypeError, "array indices must be integers");
  }
  int64_t i = TRY(to_index(t, key, types::IndexError));
  if (i < 0) i += static_cast<int64_t>(self->length());
  Lookup<> r = item_at(t, self, i);
  if (r.raised()) return Raised{};
  if (r.absent()) return raise(t, types::IndexError, "array index out of range");
  return r.take();
}

Result<void> set_slice(Thread& t, Borrowed<Array> self, Borrowed<Slice> slice, Borrowed<> value) {
  SliceParts parts = TRY(slice_parts(t, slice));
  Snapshot source;
  if (value) {
    if (!is_a<Array>(value)) {
      return raise(t, types::TypeError, "can only assign array (not \"{}\") to array slice", TypeName(value));
    }
    if (as_array(value)->descr != self->descr) {
      return raise(t, types::TypeError, "bad argument type for built-in operation");
    }
    source = TRY(Snapshot::of(t, as_array(value).get()));
  }
  ObjectLock lock(t, self.get());
  SliceBounds b = slice_adjust(parts, static_cast<int64_t>(self->length_));
  size_t size = self->descr->size, needed = source.length();
  if (b.step == 1) {
    return splice_locked(t, self.get(), static_cast<size_t>(b.start), static_cast<size_t>(b.length), source.data(), needed);
  }
  if (value) {
    if (needed != static_cast<size_t>(b.length)) {
      return raise(t, types::ValueError, "attempt to assign array of size {} to extended slice of size {}", needed,
                   b.length);
    }
    for (int64_t i = 0, at = b.start; i < b.length; i++, at += b.step) {
      std::memcpy(self->data + static_cast<size_t>(at) * size, source.data() + static_cast<size_t>(i) * size, size);
    }
    return ok();
  }
  if (b.length == 0) return ok();
  if (__atomic_load_n(&self->exports, __ATOMIC_ACQUIRE) > 0) {
    return raise(t, types::BufferError, "cannot resize an array that is exporting buffers");
  }
  if (b.step < 0) {
    b.start += b.step * (b.length - 1);
    b.step = -b.step;
  }
  size_t write = static_cast<size_t>(b.start);
  int64_t removed = 0;
  for (size_t read = write; read < self->length_; read++) {
    if (removed < b.length && read == static_cast<size_t>(b.start + removed * b.step)) {
      removed++;
      continue;
    }
    std::memmove(self->data + write++ * size, self->data + read * size, size);
  }
  return resize_locked(t, self.get(), write);
}

Result<void> array_op_setitem(Thread& t, Borrowed<> v, Borrowed<> key, Borrowed<> value) {
  auto self = as_array(v);
  if (is_a<Slice>(key)) return set_slice(t, self, key.as<Slice>(), value);
  if (!is_int(key) && !type_of(key)->slots.index) {
    return raise(t, types::TypeError, "array indices must be integers");
  }
  int64_t i = TRY(to_index(t, key, types::IndexError));
  if (i < 0) i += static_cast<int64_t>(self->length());
  Item item{};
  bool in_range = i >= 0 && i < static_cast<int64_t>(self->length());
  if (value && in_range) item = TRY(item_from(t, *self->descr, value));
  ObjectLock lock(t, self.get());
  if (i < 0 || i >= static_cast<int64_t>(self->length_)) {
    return raise(t, types::IndexError, "array assignment index out of range");
  }
  if (!value) return splice_locked(t, self.get(), static_cast<size_t>(i), 1, nullptr, 0);
  std::memcpy(self->data + static_cast<size_t>(i) * self->descr->size, item.bytes, self->descr->size);
  return ok();
}

Result<bool> array_op_contains(Thread& t, Borrowed<> v, Borrowed<> wanted) {
  auto self = as_array(v);
  for (int64_t i = 0;; i++) {
    Lookup<> each = item_at(t, self, i);
    if (each.raised()) return Raised{};
    if (each.absent()) return false;
    if (TRY(equals(t, *each, wanted))) return true;
  }
}

Result<Local<>> array_op_concat(Thread& t, Borrowed<> a, Borrowed<> b) {
  if (!is_a<Array>(b)) {
    return raise(t, types::TypeError, "can only append array (not \"{}\") to array", TypeName(b));
  }
  if (as_array(a)->descr != as_array(b)->descr) {
    return raise(t, types::TypeError, "bad argument type for built-in operation");
  }
  Snapshot x = TRY(Snapshot::of(t, as_array(a).get()));
  Snapshot y = TRY(Snapshot::of(t, as_array(b).get()));
  const Descr& d = *as_array(a)->descr;
  Local<Array> out = TRY(make_array(t, Borrowed<Type>(&types::ArrayArray), d, x.length() + y.length()));
  if (x.length()) std::memcpy(out->data, x.data(), x.length() * d.size);
  if (y.length()) std::memcpy(out->data + x.length() * d.size, y.data(), y.length() * d.size);
  return out;
}
Result<Local<>> array_op_inplace_concat(Thread& t, Borrowed<> a, Borrowed<> b) {
  if (!is_a<Array>(b)) {
    return raise(t, types::TypeError, "can only extend array with array (not \"{}\")", TypeName(b));
  }
  TRY(extend_from(t, as_array(a), b));
  return Local<>::share(a);
}

Result<size_t> repeated_length(Mutator& m, size_t length, int64_t times, size_t size) {
  if (times < 0) times = 0;
  size_t total;
  if (__builtin_mul_overflow(length, static_cast<size_t>(times), &total) || total > (size_t{1} << 46) / size) {
    return raise_no_memory(m);
  }
  return total;
}
Result<Local<>> array_op_repeat(Thread& t, Borrowed<> v, int64_t times) {
  auto self = as_array(v);
  Snapshot s = TRY(Snapshot::of(t, self.get()));
  size_t size = self->descr->size, total = TRY(repeated_length(t, s.length(), times, size));
  Local<Array> out = TRY(make_array(t, Borrowed<Type>(&types::ArrayArray), *self->descr, total));
  size_t bytes = s.length() * size;
  for (size_t at = 0; bytes && at < total * size; at += bytes) std::memcpy(out->data + at, s.data(), bytes);
  return out;
}
Result<Local<>> array_op_inplace_repeat(Thread& t, Borrowed<> v, int64_t times) {
  auto self = as_array(v);
  {
    ObjectLock lock(t, self.get());
    size_t size = self->descr->size, length = self->length_;
    size_t total = TRY(repeated_length(t, length, times, size));
    TRY(resize_locked(t, self.get(), total));
    for (size_t at = length; length && at < total; at += length) {
      std::memcpy(self->data + at * size, self->data, length * size);
    }
  }
  return Local<>::share(v);
}

Result<Local<>> array_op_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (!is_a<Array>(a) || !is_a<Array>(b)) return kNotImplemented;
  const Descr &da = *as_array(a)->descr, &db = *as_array(b)->descr;
  Snapshot x = TRY(Snapshot::of(t, as_array(a).get()));
  Snapshot y = TRY(Snapshot::of(t, as_array(b).get()));
  bool equality = op == CompareOp::Eq || op == CompareOp::Ne;
  if (equality && x.length() != y.length()) return Value::boolean(op == CompareOp::Ne);
  if (equality && &da == &db && da.kind != Kind::Real) {
    bool same = std::memcmp(x.data(), y.data(), x.length() * da.size) == 0;
    return Value::boolean(same == (op == CompareOp::Eq));
  }
  size_t n = x.length() < y.length() ? x.length() : y.length();
  for (size_t i = 0; i < n; i++) {
    Local<> p = TRY(value_of(t, da, x.data() + i * da.size));
    Local<> q = TRY(value_of(t, db, y.data() + i * db.size));
    if (TRY(compare_bool(t, p, q, CompareOp::Eq))) continue;
    if (equality) return Value::boolean(op == CompareOp::Ne);
    return rich_compare(t, p, q, op);
  }
  auto order = x.length() < y.length() ? -1 : x.length() > y.length();
  switch (op) {
    case CompareOp::Lt: return Value::boolean(order < 0);
    case CompareOp::Le: return Value::boolean(order <= 0);
    case CompareOp::Eq: return Value::boolean(order == 0);
    case CompareOp::Ne: return Value::boolean(order != 0);
    case CompareOp::Gt: return Value::boolean(order > 0);
    case CompareOp::Ge: return Value::boolean(order >= 0);
  }
  OROCHI_UNREACHABLE();
}

Result<void> array_op_get_buffer(Thread& t, Borrowed<> v, BufferInfo* out, int) {
  static uint8_t nothing[8];
  auto self = as_array(v);
  ObjectLock lock(t, self.get());
  __atomic_fetch_add(&self->exports, 1, __ATOMIC_ACQ_REL);
  out->data = self->data ? self->data : nothing;
  out->length = static_cast<int64_t>(self->length_ * self->descr->size);
  out->item_size = self->descr->size;
  out->readonly = false;
  out->format = self->descr->format;
  return ok();
}
void array_op_release_buffer(Borrowed<> v, BufferInfo*) {
  __atomic_fetch_sub(&as_array(v)->exports, 1, __ATOMIC_RELEASE);  // pairs with resize_locked
}

Result<Local<>> array_get_typecode(Thread& t, Borrowed<Array> self) {
  return make_str_char(t, static_cast<uint32_t>(self->descr->code));
}
int64_t array_get_itemsize(Thread&, Borrowed<Array> self) { return self->descr->size; }
constexpr GetSetDef kGetSets[] = {
    getter<array_get_typecode>("typecode", "the typecode character used to create the array"),
    getter<array_get_itemsize>("itemsize", "the size, in bytes, of one array item"),
};

// ---- the iterator

Result<Local<>> array_op_iter(Thread& t, Borrowed<> v) {
  Local<ArrayIterator> it = TRY(make_object<ArrayIterator>(t));
  it->array.init_share(as_array(v));
  return it;
}
Lookup<> iterator_op_next(Thread& t, Borrowed<> v) {
  auto it = v.as<ArrayIterator>();
  Local<Array> array = it->array.load(it.get());
  if (!array) return kAbsent;
  Lookup<> r = item_at(t, array, __atomic_fetch_add(&it->index, 1, __ATOMIC_RELAXED));
  if (r.absent()) it->array.set(Local<Array>());
  return r;
}
Result<Local<>> iterator_op_iter(Thread&, Borrowed<> v) { return Local<>::share(v); }
Result<Local<>> iterator_reduce(Thread& t, Borrowed<ArrayIterator> it) {
  Local<> iter = TRY(get_attr(t, TRY(import_builtins(t)), "iter"_n));
  Local<Array> array = it->array.load(it.get());
  if (!array) {
    Local<> empty = TRY(make_list(t));
    Local<> args = TRY(make_tuple(t, {empty.value()}));
    return make_tuple(t, {iter.value(), args.value()});
  }
  Local<> args = TRY(make_tuple(t, {array.value()}));
  return make_tuple(t, {iter.value(), args.value(), Value::fixnum(__atomic_load_n(&it->index, __ATOMIC_RELAXED))});
}
Result<Local<>> iterator_setstate(Thread& t, Borrowed<ArrayIterator> it, Borrowed<> state) {
  int64_t index = TRY(to_index(t, state));
  __atomic_store_n(&it->index, index < 0 ? 0 : index, __ATOMIC_RELAXED);
  return kNone;
}
constexpr NativeDef kIteratorMethods[] = {
    method<iterator_reduce>("__reduce__(self, /)", "Return state information for pickling."),
    method<iterator_setstate>("__setstate__(self, state, /)", "Set state information for unpickling."),
};
const TypeDef kIteratorDef = {
    .name = "array.arrayiterator",
    .layout = &kIteratorLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kIteratorMethods),
    .slots = {.iter = iterator_op_iter, .next = iterator_op_next},
};

const TypeDef kArrayDef = {
    .name = "array.array",
    .doc = "array(typecode [, initializer]) -> array\n\nA sequence of numbers or characters of one kind, given by the "
           "typecode:\nb B h H i I l L q Q for integers, f d for floats, w (and u) for characters.",
    .layout = &kArrayLayout,
    .flags = kTypeSubclassable | kTypeWeakrefable | kTypeSequence,
    .methods = kArrayMethods,
    .method_count = kArrayMethodCount,
    OROCHI_GETSETS(kGetSets),
    .slots = {.repr = array_op_repr,
              .hash = hash_not_implemented,
              .compare = array_op_compare,
              .iter = array_op_iter,
              .new_ = array_op_new,
              .len = array_op_len,
              .getitem = array_op_getitem,
              .setitem = array_op_setitem,
              .contains = array_op_contains,
              .concat = array_op_concat,
              .inplace_concat = array_op_inplace_concat,
              .repeat = array_op_repeat,
              .inplace_repeat = array_op_inplace_repeat,
              .get_buffer = array_op_get_buffer,
              .release_buffer = array_op_release_buffer},
};

constexpr NativeDef kFunctions[] = {
    function<array_reconstructor>("_array_reconstructor(arraytype, typecode, mformat_code, items, /)",
                                  "Internal. Used for pickling support."),
};

Result<void> init(Thread& t, Borrowed<Module> module) {
  TRY(ensure_type(t, types::ArrayIterator, kIteratorDef));
  TRY(module_add_type(t, module, types::ArrayArray, kArrayDef));
  TRY(module_set(t, module, "ArrayType", Borrowed<>(&types::ArrayArray)));
  TRY(module_set_str(t, module, "typecodes", "bBuwhHiIlLqQfd"));
  Local<> abc = TRY(import_module(t, "collections.abc"_n));
  Local<> sequence = TRY(get_attr(t, abc, "MutableSequence"_n));
  (void)TRY(call_method(t, sequence, "register"_n, Borrowed<>(&types::ArrayArray)));
  return ok();
}

}  // namespace

OROCHI_MODULE(array, "Arrays of numbers of one kind.", kFunctions, init)

}  // namespace array_module

}  // namespace orochi
