// Operators over type slots: the dispatch order of Python's data model (reflected methods, sequence fallbacks), and
// conversions to native numbers.
#include "protocols/operators.h"

#include "objects/dict.h"
#include "objects/iterators.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/dunder_slots.h"
#include "protocols/native.h"

namespace orochi {

namespace {

constexpr const char* kSymbols[kBinaryOpCount] = {"+", "-", "*", "@", "/", "//", "%", "** or pow()", "<<", ">>",
                                                  "&", "|", "^", "divmod()"};
constexpr const char* kInplaceSymbols[kBinaryOpCount] = {"+=", "-=", "*=", "@=", "/=", "//=", "%=",
                                                         "**=", "<<=", ">>=", "&=", "|=", "^=", ""};

// The number slots of both operands; NotImplemented if neither knows the other.
Result<Local<>> try_binary(Thread& t, int op, Borrowed<> a, Borrowed<> b) {
  Type* ta = type_of(a);
  Type* tb = type_of(b);
  BinaryFn fa = ta->slots.binary[op];
  BinaryFn fb = ta == tb ? nullptr : tb->slots.binary[op];
  if (fb == fa) fb = nullptr;
  if (fa) {
    if (fb && is_subtype(tb, ta)) {
      Local<> r = TRY(fb(t, a, b));
      if (r.value() != kNotImplemented) return r;
      fb = nullptr;
    }
    Local<> r = TRY(fa(t, a, b));
    if (r.value() != kNotImplemented) return r;
  }
  if (fb) return fb(t, a, b);
  return kNotImplemented;
}

Raised raise_unsupported(Thread& t, const char* symbol, Borrowed<> a, Borrowed<> b) {
  return raise(t, types::TypeError, "unsupported operand type(s) for {}: '{}' and '{}'", symbol, TypeName(a),
               TypeName(b));
}

Result<Local<>> repeat_sequence(Thread& t, RepeatFn repeat, Borrowed<> sequence, Borrowed<> count) {
  if (!type_of(count)->slots.index) {
    return raise(t, types::TypeError, "can't multiply sequence by non-int of type '{}'", TypeName(count));
  }
  int64_t n = TRY(to_index(t, count));
  return repeat(t, sequence, n);
}

}  // namespace

const char* operator_symbol(BinaryOp op) { return kSymbols[static_cast<int>(op)]; }

Result<Local<>> binary_op(Thread& t, BinaryOp op, Borrowed<> a, Borrowed<> b) {
  Local<> r = TRY(try_binary(t, static_cast<int>(op), a, b));
  if (OROCHI_LIKELY(r.value() != kNotImplemented)) return r;
  if (op == BinaryOp::Add) {
    if (BinaryFn concat = type_of(a)->slots.concat) return concat(t, a, b);
  } else if (op == BinaryOp::Multiply) {
    if (RepeatFn repeat = type_of(a)->slots.repeat) return repeat_sequence(t, repeat, a, b);
    if (RepeatFn repeat = type_of(b)->slots.repeat) return repeat_sequence(t, repeat, b, a);
  } else if (op == BinaryOp::RightShift && type_of(a)->name.borrow()->equals_ascii("builtin_function_or_method")) {
    return raise(t, types::TypeError,
                 "unsupported operand type(s) for >>: '{}' and '{}'. Did you mean \"print(<message>, file=<output_stream>)\"?",
                 TypeName(a), TypeName(b));
  }
  return raise_unsupported(t, kSymbols[static_cast<int>(op)], a, b);
}

Result<Local<>> inplace_op(Thread& t, BinaryOp op, Borrowed<> a, Borrowed<> b) {
  int i = static_cast<int>(op);
  Type* ta = type_of(a);
  if (BinaryFn fn = ta->slots.inplace[i]) {
    Local<> r = TRY(fn(t, a, b));
    if (r.value() != kNotImplemented) return r;
  }
  Local<> r = TRY(try_binary(t, i, a, b));
  if (OROCHI_LIKELY(r.value() != kNotImplemented)) return r;
  if (op == BinaryOp::Add) {
    if (BinaryFn concat = ta->slots.inplace_concat ? ta->slots.inplace_concat : ta->slots.concat) return concat(t, a, b);
  } else if (op == BinaryOp::Multiply) {
    if (RepeatFn repeat = ta->slots.inplace_repeat ? ta->slots.inplace_repeat : ta->slots.repeat) {
      return repeat_sequence(t, repeat, a, b);
    }
    if (RepeatFn repeat = type_of(b)->slots.repeat) return repeat_sequence(t, repeat, b, a);
  }
  return raise_unsupported(t, kInplaceSymbols[i], a, b);
}

Result<Local<>> power3(Thread& t, Borrowed<> base, Borrowed<> exponent, Borrowed<> modulus) {
  if (modulus.value() == kNone) return binary_op(t, BinaryOp::Power, base, exponent);
  const Borrowed<> operands[] = {base, exponent, modulus};
  TernaryFn tried[3] = {};
  for (int i = 0; i < 3; i++) {
    TernaryFn fn = type_of(operands[i])->slots.power;
    if (!fn || fn == tried[0] || fn == tried[1]) continue;
    tried[i] = fn;
    Local<> r = TRY(fn(t, base, exponent, modulus));
    if (r.value() != kNotImplemented) return r;
  }
  return raise(t, types::TypeError, "unsupported operand type(s) for ** or pow(): '{}', '{}', '{}'", TypeName(base),
               TypeName(exponent), TypeName(modulus));
}

#define UNARY(name, member, symbol)                                                                           \
  Result<Local<>> name(Thread& t, Borrowed<> v) {                                                             \
    if (UnaryFn fn = type_of(v)->slots.member) return fn(t, v);                                               \
    return raise(t, types::TypeError, "bad operand type for " symbol ": '{}'", TypeName(v));                  \
  }
UNARY(negative, negative, "unary -")
UNARY(positive, positive, "unary +")
UNARY(absolute, absolute, "abs()")
UNARY(invert, invert, "unary ~")
#undef UNARY

Result<Local<>> rich_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  static constexpr CompareOp kSwapped[] = {CompareOp::Gt, CompareOp::Ge, CompareOp::Eq,
                                           CompareOp::Ne, CompareOp::Lt, CompareOp::Le};
  static constexpr const char* kNames[] = {"<", "<=", "==", "!=", ">", ">="};
  ENTER_RECURSION(t, " in comparison");
  Type* ta = type_of(a);
  Type* tb = type_of(b);
  CompareOp swapped = kSwapped[static_cast<int>(op)];
  bool tried_reflected = false;
  if (ta != tb && tb->slots.compare && is_subtype(tb, ta)) {
    tried_reflected = true;
    Local<> r = TRY(tb->slots.compare(t, b, a, swapped));
    if (r.value() != kNotImplemented) return r;
  }
  if (ta->slots.compare) {
    Local<> r = TRY(ta->slots.compare(t, a, b, op));
    if (r.value() != kNotImplemented) return r;
  }
  if (!tried_reflected && tb->slots.compare) {
    Local<> r = TRY(tb->slots.compare(t, b, a, swapped));
    if (r.value() != kNotImplemented) return r;
  }
  if (op == CompareOp::Eq) return Value::boolean(a.value() == b.value());
  if (op == CompareOp::Ne) return Value::boolean(a.value() != b.value());
  return raise(t, types::TypeError, "'{}' not supported between instances of '{}' and '{}'",
               kNames[static_cast<int>(op)], TypeName(a), TypeName(b));
}

Result<bool> compare_bool(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  Local<> r = TRY(rich_compare(t, a, b, op));
  return is_true(t, r);
}

Result<bool> equals(Thread& t, Borrowed<> a, Borrowed<> b) {
  if (a.value() == b.value()) return true;
  if (a.value().is_fixnum() && b.value().is_fixnum()) return false;
  if (is_exact_str(a) && is_exact_str(b)) return str_equal(a.as<Str>(), b.as<Str>());
  return compare_bool(t, a, b, CompareOp::Eq);
}

Result<bool> is_true(Thread& t, Borrowed<> v) {
  Value w = v.value();
  if (w == kTrue) return true;
  if (w == kFalse || w == kNone) return false;
  if (w.is_fixnum()) return w.as_fixnum() != 0;
  Type* type = type_of(w);
  if (BoolFn fn = type->slots.bool_) return fn(t, v);
  if (LenFn fn = type->slots.len) return TRY(fn(t, v)) != 0;
  return true;
}

Result<int64_t> hash_of(Thread& t, Borrowed<> v) {
  if (v.value().is_fixnum()) return int_hash(v);
  if (is_exact_str(v)) return str_hash(v.as<Str>());
  HashFn fn = type_of(v)->slots.hash;
  if (!fn) return hash_not_implemented(t, v);
  return fn(t, v);
}

Result<Local<Str>> repr_of(Thread& t, Borrowed<> v) {
  ENTER_RECURSION(t, " while getting the repr of an object");
  TRY(safepoint(t));
  UnaryFn fn = type_of(v)->slots.repr;
  if (!fn) return format_str(t, "<{} object at {}>", TypeName(v), AddressArg(v));
  Local<> r = TRY(fn(t, v));
  if (!is_str(r.value())) {
    return raise(t, types::TypeError, "__repr__ returned non-string (type {})", TypeName(r.value()));
  }
  return std::move(r).as<Str>();
}

Result<Local<Str>> str_of(Thread& t, Borrowed<> v) {
  if (is_exact_str(v)) return Local<Str>::share(v.as<Str>());
  UnaryFn fn = type_of(v)->slots.str;
  if (!fn) return repr_of(t, v);
  ENTER_RECURSION(t, " while getting the str of an object");
  Local<> r = TRY(fn(t, v));
  if (!is_str(r.value())) {
    return raise(t, types::TypeError, "__str__ returned non-string (type {})", TypeName(r.value()));
  }
  return std::move(r).as<Str>();
}

Result<Local<Str>> ascii_of(Thread& t, Borrowed<> v) {
  Local<Str> r = TRY(repr_of(t, v));
  if (r->is_ascii()) return r;
  StrBuilder out(t);
  static constexpr char kHex[] = "0123456789abcdef";
  for (size_t i = 0; i < r->length(); i++) {
    uint32_t c = r->at(i);
    if (c < 0x80) {
      out.append_char(c);
      continue;
    }
    int digits = c < 0x100 ? 2 : c < 0x10000 ? 4 : 8;
    out.append_char('\\');
    out.append_char(digits == 2 ? 'x' : digits == 4 ? 'u' : 'U');
    for (int k = digits - 1; k >= 0; k--) out.append_char(kHex[(c >> (4 * k)) & 15]);
  }
  return out.finish();
}

// What __format__ of int, float and str does; in builtins/number_support.cpp and str_format.cpp.
Result<Local<>> format_int_value(Thread& t, Borrowed<> v, Borrowed<Str> spec);
Result<Local<>> format_float_value(Thread& t, Borrowed<> v, Borrowed<Str> spec);
Result<Local<Str>> str_dunder_format(Thread& t, Borrowed<Str> self, Borrowed<Str> spec);

Result<Local<>> format_of(Thread& t, Borrowed<> v, Borrowed<Str> spec) {
  Value w = v.value();
  if (w.is_fixnum()) return spec->length() == 0 ? Result<Local<>>(int_to_str(t, v)) : format_int_value(t, v, spec);
  if (w.is_tagged_float()) return format_float_value(t, v, spec);
  if (is_exact_str(v)) {
    if (spec->length() == 0) return Local<>::share(v);
    return str_dunder_format(t, v.as<Str>(), spec);
  }
  const Value args[] = {spec};
  Lookup<> r = call_special(t, v, "__format__"_n, args, 1);
  if (r.raised()) return Raised{};
  if (r.absent()) return raise(t, types::TypeError, "Type {} doesn't define __format__", TypeName(v));
  if (!is_str((*r).value())) {
    return raise(t, types::TypeError, "__format__ must return a str, not {}", TypeName((*r).value()));
  }
  return r.take();
}

// ---- containers ----

Result<int64_t> length_of(Thread& t, Borrowed<> v) {
  if (LenFn fn = type_of(v)->slots.len) return fn(t, v);
  return raise(t, types::TypeError, "object of type '{}' has no len()", TypeName(v));
}

Result<int64_t> length_hint(Thread& t, Borrowed<> v, int64_t default_value) {
  if (LenFn fn = type_of(v)->slots.len) {
    auto n = fn(t, v);
    if (!n.raised()) return n;
    if (!clear_pending_if(t, types::TypeError)) return Raised{};
  }
  Lookup<> r = call_special(t, v, "__length_hint__"_n);
  if (r.raised()) {
    if (clear_pending_if(t, types::TypeError)) return default_value;
    return Raised{};
  }
  if (r.absent() || (*r).value() == kNotImplemented) return default_value;
  if (!is_int((*r).value())) {
    return raise(t, types::TypeError, "__length_hint__ must be an integer, not {}", TypeName((*r).value()));
  }
  int64_t n = TRY(to_index(t, *r));
  if (n < 0) return raise(t, types::ValueError, "__length_hint__() should return >= 0");
  return n;
}

Result<Local<>> get_item(Thread& t, Borrowed<> v, Borrowed<> key) {
  if (GetItemFn fn = type_of(v)->slots.getitem) return fn(t, v, key);
  if (is_type(v)) {
    if (v.value() == Value(&types::Type)) {  // type[int]
      Local<> alias = TRY(get_attr(t, TRY(import_module(t, "types"_n)), "GenericAlias"_n));
      return call(t, alias, v, key);
    }
    Lookup<> method = find_attr(t, v, "__class_getitem__"_n);
    if (method.raised()) return Raised{};
    if (method.found() && (*method).value() != kNone) return call(t, *method, key);
    return raise(t, types::TypeError, "type '{}' is not subscriptable", v.as<Type>());
  }
  return raise(t, types::TypeError, "'{}' object is not subscriptable", TypeName(v));
}

Result<void> set_item(Thread& t, Borrowed<> v, Borrowed<> key, Borrowed<> value) {
  if (SetItemFn fn = type_of(v)->slots.setitem) return fn(t, v, key, value);
  return raise(t, types::TypeError, "'{}' object does not support item assignment", TypeName(v));
}

Result<void> delete_item(Thread& t, Borrowed<> v, Borrowed<> key) {
  if (SetItemFn fn = type_of(v)->slots.setitem) return fn(t, v, key, Borrowed<>());
  return raise(t, types::TypeError, "'{}' object doesn't support item deletion", TypeName(v));
}

Result<bool> contains(Thread& t, Borrowed<> container, Borrowed<> item) {
  if (ContainsFn fn = type_of(container)->slots.contains) return fn(t, container, item);
  if (!type_of(container)->slots.iter && !type_of(container)->slots.getitem) {
    return raise(t, types::TypeError, "argument of type '{}' is not a container or iterable", TypeName(container));
  }
  bool found = false;
  TRY(for_each(t, container, [&](Local<> each) -> Result<bool> {
    found = TRY(equals(t, each, item));
    return !found;
  }));
  return found;
}

Result<Local<>> get_iter(Thread& t, Borrowed<> v) {
  Type* type = type_of(v);
  if (UnaryFn fn = type->slots.iter) {
    Local<> it = TRY(fn(t, v));
    if (!type_of(it.value())->slots.next) {
      return raise(t, types::TypeError, "iter() returned non-iterator of type '{}'", TypeName(it.value()));
    }
    return it;
  }
  if (type->slots.getitem && !is_dict(v) && make_sequence_iterator_hook) {
    // `__iter__ = None` refuses iteration even with __getitem__.
    Lookup<> own = type_lookup(t, type, "__iter__"_n);
    if (own.raised()) return Raised{};
    if (own.absent()) return make_sequence_iterator_hook(t, v);
  }
  return raise(t, types::TypeError, "'{}' object is not iterable", TypeName(v));
}

Lookup<> iter_next(Thread& t, Borrowed<> iterator) {
  NextFn fn = type_of(iterator)->slots.next;
  if (OROCHI_UNLIKELY(!fn)) {
    return raise(t, types::TypeError, "'{}' object is not an iterator", TypeName(iterator));
  }
  Lookup<> item = fn(t, iterator);
  // A native iterator with something to return (a generator) says so by StopIteration(value): here it is just the end.
  if (OROCHI_UNLIKELY(item.raised()) && clear_pending_if(t, types::StopIteration)) return kAbsent;
  return item;
}

bool is_iterator(Value v) { return type_of(v)->slots.next != nullptr; }

Result<Local<>> list_from(Thread& t, Borrowed<> iterable) {
  if (is_exact_list(iterable)) {
    return list_slice(t, iterable.as<List>(), 0, SIZE_MAX);
  }
  if (is_exact_tuple(iterable)) {
    return make_list(t, iterable.as<Tuple>()->values(), iterable.as<Tuple>()->length());
  }
  // A dict and its views are copied in one step, whatever other threads do to the dict.
  if (is_exact_dict(iterable)) return dict_keys_list(t, iterable.as<Dict>());
  if (Type* kind = type_of(iterable); kind == &types::DictItems || kind == &types::DictValues || kind == &types::DictKeys) {
    Local<Dict> dict = iterable.as<DictView>()->dict.load(iterable.value().as_object());
    if (is_exact_dict(dict.value())) {
      if (kind == &types::DictItems) return dict_items_list(t, dict);
      return kind == &types::DictValues ? dict_values_list(t, dict) : dict_keys_list(t, dict);
    }
  }
  int64_t hint = TRY(length_hint(t, iterable, 8));
  Local<List> list = TRY(make_list(t, hint > (1 << 24) ? 1 << 24 : static_cast<size_t>(hint)));
  TRY(for_each(t, iterable, [&](Local<> item) -> Result<bool> {
    TRY(list_append(t, list, std::move(item)));
    return true;
  }));
  return list;
}

Result<Local<Tuple>> tuple_from(Thread& t, Borrowed<> iterable) {
  if (is_exact_tuple(iterable)) return Local<Tuple>::share(iterable.as<Tuple>());
  if (is_exact_list(iterable)) return list_to_tuple(t, iterable.as<List>());
  Local<> list = TRY(list_from(t, iterable));
  return list_to_tuple(t, list.borrow().as<List>());
}

// ---- numbers ----

namespace {

// A conversion method gave an instance of a subclass: allowed still, but deprecated.
Result<void> warn_strict_subclass(Thread& t, const char* method, const char* wanted, Borrowed<> got) {
  Local<Str> message = TRY(format_str(
      t,
      "{} returned non-{} (type {}).  The ability to return an instance of a strict subclass of {} is deprecated, and "
      "may not be supported in a future version of Python.",
      method, wanted, TypeName(got), wanted));
  Local<> warnings = TRY(import_module(t, "warnings"_n));
  (void)TRY(call_method(t, warnings, "warn"_n, message, Borrowed<>(&types::DeprecationWarning),
                        Borrowed<>(Value::fixnum(1))));
  return ok();
}

}  // namespace

Result<Local<>> index_of(Thread& t, Borrowed<> v) {
  if (is_int(v)) return Local<>::share(v);
  UnaryFn fn = type_of(v)->slots.index;
  if (!fn) return raise(t, types::TypeError, "'{}' object cannot be interpreted as an integer", TypeName(v));
  Local<> r = TRY(fn(t, v));
  if (OROCHI_LIKELY(r.value().is_fixnum() || type_of(r.value()) == &types::Int)) return r;
  if (!is_int(r.value())) {
    return raise(t, types::TypeError, "__index__ returned non-int (type {})", TypeName(r.value()));
  }
  TRY(warn_strict_subclass(t, "__index__", "int", r));
  return r;
}

Result<int64_t> to_index(Thread& t, Borrowed<> v, Type& overflow_error) {
  if (v.value().is_fixnum()) return v.value().as_fixnum();
  Local<> index = TRY(index_of(t, v));
  int64_t out;
  if (!int_as_int64(index.value(), &out)) {
    return raise(t, overflow_error, "cannot fit '{}' into an index-sized integer", TypeName(v));
  }
  return out;
}

Result<int64_t> to_index_clipped(Thread& t, Borrowed<> v) {
  if (v.value().is_fixnum()) return v.value().as_fixnum();
  Local<> index = TRY(index_of(t, v));
  int64_t out;
  if (!int_as_int64(index.value(), &out)) return int_sign(index.value()) < 0 ? INT64_MIN : INT64_MAX;
  return out;
}

Result<int64_t> to_int64(Thread& t, Borrowed<> v) {
  if (v.value().is_fixnum()) return v.value().as_fixnum();
  Local<> index = TRY(index_of(t, v));
  int64_t out;
  if (!int_as_int64(index.value(), &out)) {
    return raise(t, types::OverflowError, "Python int too large to convert to C long");
  }
  return out;
}

Result<int32_t> to_int32(Thread& t, Borrowed<> v) {
  int64_t wide = TRY(to_int64(t, v));
  if (wide > INT32_MAX) return raise(t, types::OverflowError, "signed integer is greater than maximum");
  if (wide < INT32_MIN) return raise(t, types::OverflowError, "signed integer is less than minimum");
  return static_cast<int32_t>(wide);
}

Result<double> to_double(Thread& t, Borrowed<> v) {
  if (is_float(v)) return float_value(v);
  if (v.value().is_fixnum()) return static_cast<double>(v.value().as_fixnum());
  Type* type = type_of(v);
  if (type->slots.float_ && !is_int(v)) {
    Local<> r = TRY(type->slots.float_(t, v));
    if (!is_float(r.value())) {
      return raise(t, types::TypeError, "{}.__float__ returned non-float (type {})", type, TypeName(r.value()));
    }
    if (type_of(r.value()) != &types::Float) {
      Local<Str> where = TRY(format_str(t, "{}.__float__", type));
      Utf8 text = TRY(str_utf8(t, where, Surrogates::Pass));
      TRY(warn_strict_subclass(t, text.c_str(), "float", r));
    }
    return float_value(r.value());
  }
  if (!type->slots.index) return raise(t, types::TypeError, "must be real number, not {}", TypeName(v));
  Local<> index = TRY(index_of(t, v));
  bool overflow = false;
  double d = int_to_double(index.value(), &overflow);
  if (overflow) return raise(t, types::OverflowError, "int too large to convert to float");
  return d;
}

Result<Local<>> to_int(Thread& t, Borrowed<> v) {
  if (is_int(v) && (v.value().is_fixnum() || type_of(v) == &types::Int)) return Local<>::share(v);
  if (UnaryFn fn = type_of(v)->slots.int_) {
    Local<> r = TRY(fn(t, v));
    if (!is_int(r.value())) {
      return raise(t, types::TypeError, "__int__ returned non-int (type {})", TypeName(r.value()));
    }
    return r;
  }
  return index_of(t, v);
}

// ---- isinstance and issubclass ----

namespace {

// issubclass by __bases__, for objects that are not types but pretend (abstract classes of the old kind).
Result<bool> abstract_subclass(Thread& t, Borrowed<> derived, Borrowed<> cls) {
  if (derived.value() == cls.value()) return true;
  ENTER_RECURSION(t, " in __issubclass__");
  Lookup<> bases = find_attr(t, derived, "__bases__"_n);
  if (bases.raised()) return Raised{};
  if (bases.absent() || !is_tuple((*bases).value())) return false;
  Borrowed<Tuple> tuple = (*bases).borrow().as<Tuple>();
  for (size_t i = 0; i < tuple->length(); i++) {
    if (TRY(abstract_subclass(t, tuple->at(i), cls))) return true;
  }
  return false;
}

Result<bool> has_bases(Thread& t, Borrowed<> cls) {
  Lookup<> bases = find_attr(t, cls, "__bases__"_n);
  if (bases.raised()) return Raised{};
  return bases.found() && is_tuple((*bases).value());
}

}  // namespace

Result<bool> default_instance_check(Thread& t, Borrowed<> v, Borrowed<> cls) {
  if (is_type(cls)) {
    if (is_instance(v, *cls.as<Type>().get())) return true;
    Lookup<> claimed = find_attr(t, v, "__class__"_n);
    if (claimed.raised()) return Raised{};
    if (claimed.found() && is_type((*claimed).value()) && (*claimed).value() != Value(type_of(v))) {
      return is_subtype((*claimed).borrow().as<Type>().get(), cls.as<Type>().get());
    }
    return false;
  }
  if (!TRY(has_bases(t, cls))) {
    return raise(t, types::TypeError, "isinstance() arg 2 must be a type, a tuple of types, or a union");
  }
  Lookup<> claimed = find_attr(t, v, "__class__"_n);
  if (claimed.raised()) return Raised{};
  if (claimed.absent()) return false;
  return abstract_subclass(t, *claimed, cls);
}

Result<bool> default_subclass_check(Thread& t, Borrowed<> derived, Borrowed<> cls) {
  if (is_type(derived) && is_type(cls)) return is_subtype(derived.as<Type>().get(), cls.as<Type>().get());
  if (!TRY(has_bases(t, derived))) return raise(t, types::TypeError, "issubclass() arg 1 must be a class");
  if (!TRY(has_bases(t, cls))) {
    return raise(t, types::TypeError, "issubclass() arg 2 must be a class, a tuple of classes, or a union");
  }
  return abstract_subclass(t, derived, cls);
}

Result<bool> instance_check(Thread& t, Borrowed<> v, Borrowed<> cls) {
  if (Value(type_of(v)) == cls.value()) return true;
  if (type_of(cls) == &types::Type) return default_instance_check(t, v, cls);
  if (is_tuple(cls)) {
    ENTER_RECURSION(t, " in __instancecheck__");
    Borrowed<Tuple> tuple = cls.as<Tuple>();
    for (size_t i = 0; i < tuple->length(); i++) {
      if (TRY(instance_check(t, v, tuple->at(i)))) return true;
    }
    return false;
  }
  ENTER_RECURSION(t, " in __instancecheck__");
  const Value args[] = {v};
  Lookup<> r = call_special(t, cls, "__instancecheck__"_n, args, 1);
  if (r.raised()) return Raised{};
  if (r.found()) return is_true(t, *r);
  return default_instance_check(t, v, cls);
}

Result<bool> subclass_check(Thread& t, Borrowed<> derived, Borrowed<> cls) {
  if (type_of(cls) == &types::Type) {
    if (derived.value() == cls.value()) return true;
    return default_subclass_check(t, derived, cls);
  }
  if (is_tuple(cls)) {
    ENTER_RECURSION(t, " in __subclasscheck__");
    Borrowed<Tuple> tuple = cls.as<Tuple>();
    for (size_t i = 0; i < tuple->length(); i++) {
      if (TRY(subclass_check(t, derived, tuple->at(i)))) return true;
    }
    return false;
  }
  ENTER_RECURSION(t, " in __subclasscheck__");
  const Value args[] = {derived};
  Lookup<> r = call_special(t, cls, "__subclasscheck__"_n, args, 1);
  if (r.raised()) return Raised{};
  if (r.found()) return is_true(t, *r);
  return default_subclass_check(t, derived, cls);
}

}  // namespace orochi
