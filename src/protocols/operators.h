// Operators and conversions on any values: what `a + b`, `a < b`, `a[i]`, `len(a)`, `str(a)` … do. All may run Python.
#pragma once

#include "objects/exception.h"
#include "objects/int.h"
#include "objects/float.h"
#include "objects/str.h"

namespace orochi {

Result<Local<>> binary_op(Thread& t, BinaryOp op, Borrowed<> a, Borrowed<> b);
Result<Local<>> inplace_op(Thread& t, BinaryOp op, Borrowed<> a, Borrowed<> b);
Result<Local<>> power3(Thread& t, Borrowed<> base, Borrowed<> exponent, Borrowed<> modulus);
Result<Local<>> negative(Thread& t, Borrowed<> v);
Result<Local<>> positive(Thread& t, Borrowed<> v);
Result<Local<>> absolute(Thread& t, Borrowed<> v);
Result<Local<>> invert(Thread& t, Borrowed<> v);
const char* operator_symbol(BinaryOp op);   // "+", "divmod()", …

Result<Local<>> rich_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op);
Result<bool> compare_bool(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op);
// `a is b or a == b`, as containers compare.
Result<bool> equals(Thread& t, Borrowed<> a, Borrowed<> b);

Result<bool> is_true(Thread& t, Borrowed<> v);
Result<int64_t> hash_of(Thread& t, Borrowed<> v);
Result<Local<Str>> repr_of(Thread& t, Borrowed<> v);
Result<Local<Str>> str_of(Thread& t, Borrowed<> v);
Result<Local<Str>> ascii_of(Thread& t, Borrowed<> v);
Result<Local<>> format_of(Thread& t, Borrowed<> v, Borrowed<Str> spec);   // format(v, spec), a str

Result<int64_t> length_of(Thread& t, Borrowed<> v);                       // TypeError: object of type 'x' has no len()
Result<int64_t> length_hint(Thread& t, Borrowed<> v, int64_t default_value);
Result<Local<>> get_item(Thread& t, Borrowed<> v, Borrowed<> key);
Result<void> set_item(Thread& t, Borrowed<> v, Borrowed<> key, Borrowed<> value);
Result<void> delete_item(Thread& t, Borrowed<> v, Borrowed<> key);
Result<bool> contains(Thread& t, Borrowed<> container, Borrowed<> item);

Result<Local<>> get_iter(Thread& t, Borrowed<> v);                        // TypeError: 'x' object is not iterable
Lookup<> iter_next(Thread& t, Borrowed<> iterator);                       // absent at the end
bool is_iterator(Value v);
// for_each(t, iterable, [&](Local<> item) -> Result<bool>): false stops early. Lists and tuples take a fast path.
template <typename Body>
Result<void> for_each(Thread& t, Borrowed<> iterable, Body&& body) {
  Local<> iterator = TRY(get_iter(t, iterable));
  for (;;) {
    Lookup<> item = iter_next(t, iterator);
    if (item.raised()) return Raised{};
    if (item.absent()) return ok();
    if (!TRY(body(item.take()))) return ok();
  }
}
Result<Local<Tuple>> tuple_from(Thread& t, Borrowed<> iterable);
Result<Local<>> list_from(Thread& t, Borrowed<> iterable);                // always a new list

// Integers. index_of: the int itself (via __index__). to_index: clipped never; OverflowError with `overflow` type.
Result<Local<>> index_of(Thread& t, Borrowed<> v);                        // 'x' object cannot be interpreted as an integer
Result<int64_t> to_index(Thread& t, Borrowed<> v, Type& overflow_error = types::OverflowError);
Result<int64_t> to_index_clipped(Thread& t, Borrowed<> v);                // slice-like: saturates
Result<int64_t> to_int64(Thread& t, Borrowed<> v);
Result<int32_t> to_int32(Thread& t, Borrowed<> v);
Result<double> to_double(Thread& t, Borrowed<> v);                        // float(), __float__, __index__
Result<Local<>> to_int(Thread& t, Borrowed<> v);                          // int(v) for numbers: __int__, __index__, __trunc__ no

// isinstance / issubclass with __instancecheck__ hooks, tuples and unions.
Result<bool> instance_check(Thread& t, Borrowed<> v, Borrowed<> cls);
Result<bool> subclass_check(Thread& t, Borrowed<> derived, Borrowed<> cls);

// type.__instancecheck__ and type.__subclasscheck__.
Result<bool> default_instance_check(Thread& t, Borrowed<> v, Borrowed<> cls);
Result<bool> default_subclass_check(Thread& t, Borrowed<> derived, Borrowed<> cls);

// Installed by builtins: the iterator over objects that only have __getitem__.
extern Result<Local<>> (*make_sequence_iterator_hook)(Thread& t, Borrowed<> sequence);

// Slice arithmetic as slice.indices does.
struct SliceBounds {
  int64_t start, stop, step, length;
};
struct Slice;
Result<SliceBounds> slice_bounds(Thread& t, Borrowed<Slice> slice, int64_t length);

}  // namespace orochi
