// `str`: construction, operators and the iterator. Methods are in str_methods.cpp, formatting in str_format.cpp and
// str_percent.cpp. Text is immutable, so nothing here needs a lock; the iterator's position is one atomic word.
#include <cstring>

#include "builtins/codec_registry.h"
#include "builtins/str_common.h"
#include "objects/bytes.h"
#include "objects/shape_table.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/buffer.h"
#include "protocols/call.h"
#include "text/escape.h"
#include "text/search.h"
#include "text/units.h"

namespace orochi {

extern const Layout kStrLayout;

namespace types {
extern ::orochi::Type StrIterator;
}

Result<Local<Str>> str_from_text(Mutator& m, text::AnyText view) {
  if (view.kind == text::Kind::One) return make_str_latin1(m, view.bytes(), view.length);
  if (view.kind == text::Kind::Two) return make_str_ucs2(m, static_cast<const uint16_t*>(view.data), view.length);
  return make_str_ucs4(m, static_cast<const uint32_t*>(view.data), view.length);
}

Result<Local<Str>> exact_str(Mutator& m, Borrowed<Str> s) {
  if (is_exact_str(s)) return Local<Str>::share(s);
  return str_from_text(m, text_of(s));
}

Result<Local<>> str_for_class(Mutator& m, Borrowed<Type> cls, Borrowed<Str> s) {
  size_t bytes = (s->length() + 1) << s->unit_shift();
  Local<Str> copy = TRY(allocate_for<Str>(m, cls, bytes));
  copy->length_ = s->length();
  copy->aux = s->aux & (Str::kUnitMask | Str::kAscii);
  copy->hash_cache = __atomic_load_n(&s->hash_cache, __ATOMIC_RELAXED);
  std::memcpy(copy->mutable_data(), s->data(), bytes);
  return copy;
}

Result<int64_t> slice_argument(Thread& t, Borrowed<> v, int64_t omitted) {
  if (v.value() == kNone || !v) return omitted;
  if (v.value().is_fixnum()) return v.value().as_fixnum();
  if (!is_int(v) && !type_of(v)->slots.index) {
    return raise(t, types::TypeError, "slice indices must be integers or None or have an __index__ method");
  }
  return to_index_clipped(t, v);
}

Result<Range> slice_arguments(Thread& t, Borrowed<> start, Borrowed<> end, size_t length) {
  auto n = static_cast<int64_t>(length);
  int64_t from = TRY(slice_argument(t, start, 0));
  int64_t to = TRY(slice_argument(t, end, n));
  if (to > n) to = n;
  if (to < 0) to = to + n < 0 ? 0 : to + n;
  if (from < 0) from = from + n < 0 ? 0 : from + n;
  return Range{static_cast<size_t>(from), static_cast<size_t>(to)};
}

Result<Local<Str>> str_repeat(Mutator& m, Borrowed<Str> s, int64_t times) {
  if (times <= 0 || s->length() == 0) return Local<Str>::share(empty_str());
  if (times == 1) return exact_str(m, s);
  if (s->length() > static_cast<size_t>(INT64_MAX / times)) {
    return raise(m, types::OverflowError, "repeated string is too long");
  }
  size_t count = static_cast<size_t>(times);
  size_t unit = s->length() << s->unit_shift();
  Local<Str> out = TRY(make_str_uninitialised(m, s->length() * count, s->unit_shift(), s->is_ascii()));
  auto* to = static_cast<char*>(out->mutable_data());
  size_t total = unit * count;
  if (unit == 1) {
    std::memset(to, *static_cast<const uint8_t*>(s->data()), total);
    return out;
  }
  std::memcpy(to, s->data(), unit);
  for (size_t done = unit; done < total;) {
    size_t part = done < total - done ? done : total - done;
    std::memcpy(to + done, to, part);
    done += part;
  }
  return out;
}

namespace {

Borrowed<Str> as_str(Borrowed<> v) { return v.as<Str>(); }

Result<Local<>> str_new(Thread& t, Borrowed<Type> cls, Maybe<Borrowed<>> object, Maybe<Borrowed<Str>> encoding,
                        Maybe<Borrowed<Str>> errors) {
  Local<Str> s;
  if (!object.present) {
    s = Local<Str>::share(empty_str());
  } else if (!encoding && !errors) {
    s = TRY(str_of(t, *object));
    // str(x) may be an instance of a subclass of str when __str__ gives one.
    if (cls.value() == Value(&types::Str)) return s;
  } else {
    if (is_str(*object)) return raise(t, types::TypeError, "decoding str is not supported");
    if (!has_buffer(*object)) {
      return raise(t, types::TypeError, "decoding to str: need a bytes-like object, {} found", TypeName(*object));
    }
    Buffer buffer = TRY(Buffer::get(t, *object));
    Local<> decoded = TRY(decode_object(t, *object, buffer.view(), encoding.value, errors.value));
    s = Local<Str>::adopt(decoded.release());
  }
  if (cls.value() == Value(&types::Str)) return s;
  return str_for_class(t, cls, s);
}
constexpr NativeDef kStrNew = arguments<str_new>("str(cls, object='', encoding='utf-8', errors='strict')");

Result<Local<>> str_op_repr(Thread& t, Borrowed<> self) {
  text::AnyText view = text_of(as_str(self));
  text::ReprPlan plan;
  if (!text::plan_repr(view, text::ReprStyle::Repr, plan)) {
    return raise(t, types::OverflowError, "string is too long to generate repr");
  }
  int shift = plan.max_char < 0x100 ? 0 : plan.max_char < 0x10000 ? 1 : 2;
  Local<Str> out = TRY(make_str_uninitialised(t, plan.length, shift, plan.max_char < 0x80));
  text::write_repr(view, plan, out->mutable_data(), static_cast<text::Kind>(1 << shift));
  return out;
}

Result<Local<>> str_op_str(Thread& t, Borrowed<> self) { return exact_str(t, as_str(self)); }
Result<int64_t> str_op_hash(Thread&, Borrowed<> self) { return str_hash(as_str(self)); }
Result<int64_t> str_op_len(Thread&, Borrowed<> self) { return static_cast<int64_t>(as_str(self)->length()); }

Result<Local<>> str_op_compare(Thread&, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (!is_str(a) || !is_str(b)) return kNotImplemented;
  if (op == CompareOp::Eq) return Value::boolean(str_equal(as_str(a), as_str(b)));
  if (op == CompareOp::Ne) return Value::boolean(!str_equal(as_str(a), as_str(b)));
  int c = a.value() == b.value() ? 0 : str_compare(as_str(a), as_str(b));
  switch (op) {
    case CompareOp::Lt: return Value::boolean(c < 0);
    case CompareOp::Le: return Value::boolean(c <= 0);
    case CompareOp::Gt: return Value::boolean(c > 0);
    default: return Value::boolean(c >= 0);
  }
}

Result<Local<>> str_op_concat(Thread& t, Borrowed<> a, Borrowed<> b) {
  if (!is_str(b)) return raise(t, types::TypeError, "can only concatenate str (not \"{}\") to str", TypeName(b));
  return str_concat(t, as_str(a), as_str(b));
}

Result<Local<>> str_op_repeat(Thread& t, Borrowed<> self, int64_t times) { return str_repeat(t, as_str(self), times); }

Result<bool> str_op_contains(Thread& t, Borrowed<> self, Borrowed<> item) {
  if (!is_str(item)) {
    return raise(t, types::TypeError, "'in <string>' requires string as left operand, not {}", TypeName(item));
  }
  return text::find(text_of(as_str(self)), text_of(as_str(item))) != text::kNotFound;
}

Result<Local<>> str_slice(Thread& t, Borrowed<Str> s, const SliceBounds& b) {
  if (b.length <= 0) return Local<Str>::share(empty_str());
  if (b.step == 1) return str_substring(t, s, static_cast<size_t>(b.start), static_cast<size_t>(b.start + b.length));
  auto n = static_cast<size_t>(b.length);
  if (n == 1) return make_str_char(t, s->at(static_cast<size_t>(b.start)));
  int shift = s->unit_shift();
  Local<Str> part = TRY(make_str_uninitialised(t, n, shift, s->is_ascii()));
  text::copy_strided(part->mutable_data(), static_cast<text::Kind>(1 << shift), text_of(s), static_cast<size_t>(b.start),
                     static_cast<ptrdiff_t>(b.step), n);
  if (s->is_ascii()) return part;
  return str_from_text(t, text_of(part));  // the part may be narrower than the whole
}

Result<Local<>> str_op_getitem(Thread& t, Borrowed<> self, Borrowed<> key) {
  Borrowed<Str> s = as_str(self);
  auto n = static_cast<int64_t>(s->length());
  int64_t i;
  if (OROCHI_LIKELY(key.value().is_fixnum())) {
    i = key.value().as_fixnum();
  } else if (is_exactly(key, types::Slice)) {
    SliceBounds bounds = TRY(slice_bounds(t, key.as<Slice>(), n));
    return str_slice(t, s, bounds);
  } else if (is_int(key) || type_of(key)->slots.index) {
    i = TRY(to_index(t, key, types::IndexError));
  } else {
    return raise(t, types::TypeError, "string indices must be integers, not '{}'", TypeName(key));
  }
  if (i < 0) i += n;
  if (i < 0 || i >= n) return raise(t, types::IndexError, "string index out of range");
  return make_str_char(t, s->at(static_cast<size_t>(i)));
}

// ---- iterator ----

struct StrIterator : Object {
  static Type& python_type() { return types::StrIterator; }
  Field<Str> text;   // never changes
  uint64_t index;    // atomic; kExhausted once the end was seen
  static constexpr uint64_t kExhausted = UINT64_MAX;
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<StrIterator*>(o)->text); }
};
constexpr Layout kStrIteratorLayout = layout_of<StrIterator>("str_iterator");

Result<Local<>> str_op_iter(Thread& t, Borrowed<> self) {
  Local<StrIterator> it = TRY(make_object<StrIterator>(t));
  it->text.init_share(as_str(self));
  return it;
}

Lookup<> str_iterator_op_next(Thread& t, Borrowed<> self) {
  auto it = self.as<StrIterator>();
  Borrowed<Str> s = it->text.borrow();
  uint64_t i = __atomic_load_n(&it->index, __ATOMIC_RELAXED);
  if (i >= s->length()) {
    __atomic_store_n(&it->index, StrIterator::kExhausted, __ATOMIC_RELAXED);
    return kAbsent;
  }
  __atomic_store_n(&it->index, i + 1, __ATOMIC_RELAXED);
  return make_str_char(t, s->at(i));
}

int64_t str_iterator_length_hint(Thread&, Borrowed<StrIterator> self) {
  uint64_t i = __atomic_load_n(&self->index, __ATOMIC_RELAXED);
  uint64_t n = self->text.borrow()->length();
  return i >= n ? 0 : static_cast<int64_t>(n - i);
}
Result<Local<>> str_iterator_reduce(Thread& t, Borrowed<StrIterator> self) {
  Local<> builtins = TRY(import_builtins(t));
  Local<> iter = TRY(get_attr(t, builtins, "iter"_n));
  uint64_t i = __atomic_load_n(&self->index, __ATOMIC_RELAXED);
  bool done = i == StrIterator::kExhausted;
  Local<Tuple> args = TRY(make_tuple(t, {done ? empty_str().value() : self->text.borrow().value()}));
  if (done) return make_tuple(t, {iter.value(), args.value()});
  return make_tuple(t, {iter.value(), args.value(), Value::fixnum(static_cast<int64_t>(i))});
}
Result<void> str_iterator_setstate(Thread& t, Borrowed<StrIterator> self, Index state) {
  if (__atomic_load_n(&self->index, __ATOMIC_RELAXED) == StrIterator::kExhausted) return ok();
  auto n = static_cast<int64_t>(self->text.borrow()->length());
  int64_t i = state < 0 ? 0 : state > n ? n : state.value;
  __atomic_store_n(&self->index, static_cast<uint64_t>(i), __ATOMIC_RELAXED);
  return ok();
}

constexpr NativeDef kStrIteratorMethods[] = {
    method<str_iterator_length_hint>("__length_hint__(self, /)",
                                     "Private method returning an estimate of len(list(it))."),
    method<str_iterator_reduce>("__reduce__(self, /)", "Return state information for pickling."),
    method<str_iterator_setstate>("__setstate__(self, state, /)", "Set state information for unpickling."),
};
Result<Local<>> iterator_op_iter(Thread&, Borrowed<> self) { return Local<>::share(self); }

const TypeDef kStrIteratorDef = {
    .name = "str_iterator",
    .layout = &kStrIteratorLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kStrIteratorMethods),
    .slots = {.iter = iterator_op_iter, .next = str_iterator_op_next},
};

constexpr TypeSlots make_str_slots() {
  TypeSlots s{};
  s.repr = str_op_repr;
  s.str = str_op_str;
  s.hash = str_op_hash;
  s.compare = str_op_compare;
  s.iter = str_op_iter;
  s.new_ = new_slot<kStrNew>;
  s.len = str_op_len;
  s.getitem = str_op_getitem;
  s.contains = str_op_contains;
  s.concat = str_op_concat;
  s.repeat = str_op_repeat;
  s.binary[static_cast<int>(BinaryOp::Remainder)] = str_op_mod;
  return s;
}

const TypeDef kStrDef = {
    .name = "str",
    .doc = "str(object='') -> str\nstr(bytes_or_buffer[, encoding[, errors]]) -> str\n\n"
           "Create a new string object from the given object. If encoding or\n"
           "errors is specified, then the object must expose a data buffer\n"
           "that will be decoded using the given encoding and error handler.\n"
           "Otherwise, returns the result of object.__str__() (if defined)\n"
           "or repr(object).\nencoding defaults to 'utf-8'.\nerrors defaults to 'strict'.",
    .layout = &kStrLayout,
    .flags = kTypeSubclassable | kTypeMatchSelf,
    .shape_flags = kShapeIsStr | kShapeLeaf,
    .methods = kStrMethods,
    .method_count = kStrMethodCount,
    .slots = make_str_slots(),
};

}  // namespace

OROCHI_TYPE(StrIterator, kStrIteratorDef)
OROCHI_TYPE(Str, kStrDef)

}  // namespace orochi
