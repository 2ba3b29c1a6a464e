// The _operator module: Python's operators as functions; itemgetter, attrgetter, methodcaller.
#include <vector>

#include "builtins/container_support.h"
#include "builtins/repr_guard.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/buffer.h"

namespace orochi {

OROCHI_MODULE_TYPE(ItemGetter)
OROCHI_MODULE_TYPE(AttrGetter)
OROCHI_MODULE_TYPE(MethodCaller)

namespace operator_module {

namespace {

template <CompareOp Op>
Result<Local<>> compare(Thread& t, Borrowed<> a, Borrowed<> b) {
  return rich_compare(t, a, b, Op);
}
template <BinaryOp Op>
Result<Local<>> binary(Thread& t, Borrowed<> a, Borrowed<> b) {
  return binary_op(t, Op, a, b);
}
template <BinaryOp Op>
Result<Local<>> inplace(Thread& t, Borrowed<> a, Borrowed<> b) {
  return inplace_op(t, Op, a, b);
}
template <auto Fn>
Result<Local<>> unary(Thread& t, Borrowed<> v) {
  return Fn(t, v);
}
Result<bool> not_(Thread& t, Borrowed<> v) { return !TRY(is_true(t, v)); }
Result<bool> truth(Thread& t, Borrowed<> v) { return is_true(t, v); }
bool is_(Thread&, Borrowed<> a, Borrowed<> b) { return a.value() == b.value(); }
bool is_not(Thread&, Borrowed<> a, Borrowed<> b) { return a.value() != b.value(); }
bool is_none(Thread&, Borrowed<> a) { return a.value() == kNone; }
bool is_not_none(Thread&, Borrowed<> a) { return a.value() != kNone; }
Result<bool> contains_(Thread& t, Borrowed<> a, Borrowed<> b) { return contains(t, a, b); }
Result<Local<>> getitem(Thread& t, Borrowed<> a, Borrowed<> b) { return get_item(t, a, b); }
Result<Local<>> setitem(Thread& t, Borrowed<> a, Borrowed<> b, Borrowed<> c) {
  TRY(set_item(t, a, b, c));
  return kNone;
}
Result<Local<>> delitem(Thread& t, Borrowed<> a, Borrowed<> b) {
  TRY(delete_item(t, a, b));
  return kNone;
}

template <bool Inplace>
Result<Local<>> concat(Thread& t, Borrowed<> a, Borrowed<> b) {
  const TypeSlots& s = type_of(a)->slots;
  if (!s.concat && !(s.getitem && type_of(b)->slots.getitem)) {
    return raise(t, types::TypeError, "'{}' object can't be concatenated", TypeName(a));
  }
  return Inplace ? inplace_op(t, BinaryOp::Add, a, b) : binary_op(t, BinaryOp::Add, a, b);
}

Result<int64_t> count_of(Thread& t, Borrowed<> a, Borrowed<> b) {
  int64_t n = 0;
  TRY(for_each(t, a, [&](Local<> item) -> Result<bool> {
    if (TRY(equals(t, item, b))) n++;
    return true;
  }));
  return n;
}
Result<int64_t> index_of_(Thread& t, Borrowed<> a, Borrowed<> b) {
  int64_t at = 0;
  bool found = false;
  TRY(for_each(t, a, [&](Local<> item) -> Result<bool> {
    found = TRY(equals(t, item, b));
    if (!found) at++;
    return !found;
  }));
  if (!found) return raise(t, types::ValueError, "sequence.index(x): x not in sequence");
  return at;
}
Result<int64_t> length_hint_(Thread& t, Borrowed<> v, Borrowed<> default_value) {
  if (!is_int(default_value)) {
    return raise(t, types::TypeError, "'{}' object cannot be interpreted as an integer", TypeName(default_value));
  }
  return length_hint(t, v, TRY(to_index(t, default_value)));
}

Result<Local<>> compare_digest(Thread& t, Borrowed<> a, Borrowed<> b) {
  Buffer first, second;
  std::string_view x, y;
  if (is_str(a) && is_str(b)) {
    if (!a.as<Str>()->is_ascii() || !b.as<Str>()->is_ascii()) {
      return raise(t, types::TypeError, "comparing strings with non-ASCII characters is not supported");
    }
    x = a.as<Str>()->ascii_view();
    y = b.as<Str>()->ascii_view();
  } else {
    if (!has_buffer(a) && !has_buffer(b)) {
      return raise(t, types::TypeError, "unsupported operand types(s) or combination of types: '{}' and '{}'",
                   TypeName(a), TypeName(b));
    }
    first = TRY(Buffer::get(t, a));
    second = TRY(Buffer::get(t, b));
    x = first.view();
    y = second.view();
  }
  // Time depends on the length of b alone.
  volatile uint8_t difference = x.size() != y.size();
  const char* left = x.size() == y.size() ? x.data() : y.data();
  for (size_t i = 0; i < y.size(); i++) difference = difference | static_cast<uint8_t>(left[i] ^ y[i]);
  return Value::boolean(difference == 0);
}

Result<Local<>> call_(Thread& t, Borrowed<> f, Rest args, KwRest kwargs) {
  if (kwargs.count == 0) return call_with(t, f, CallArgs{args.values, args.count, {}});
  Local<Tuple> names = TRY(make_tuple(t, kwargs.names, kwargs.count));
  std::vector<Value> values(args.values, args.values + args.count);
  values.insert(values.end(), kwargs.values, kwargs.values + kwargs.count);
  return call_with(t, f, CallArgs{values.data(), args.count, names});
}

// ---- itemgetter, attrgetter, methodcaller: immutable once made ----

struct Getter : Object {   // itemgetter: keys; attrgetter: dotted names, and each split up
  Field<Tuple> items;
  Field<Tuple> paths;      // attrgetter: a tuple of tuples of interned names
  static void trace(Object* o, Visitor& v) {
    v.visit(static_cast<Getter*>(o)->items);
    v.visit(static_cast<Getter*>(o)->paths);
  }
};
struct Caller : Object {
  Field<Str> name;
  Field<Tuple> args;
  Field<Tuple> keyword_names;   // empty: none
  Field<Tuple> keyword_values;
  static void trace(Object* o, Visitor& v) {
    auto* c = static_cast<Caller*>(o);
    v.visit(c->name);
    v.visit(c->args);
    v.visit(c->keyword_names);
    v.visit(c->keyword_values);
  }
};

Result<void> one_argument(Thread& t, const char* name, const CallArgs& args) {
  if (args.has_names() && args.names->length()) {
    return raise(t, types::TypeError, "{}() takes no keyword arguments", name);
  }
  if (args.count == 1) return ok();
  return raise(t, types::TypeError, "{} expected 1 argument, got {}", name, args.count);
}

Result<Local<>> itemgetter_new(Thread& t, Borrowed<Type> cls, const CallArgs& args) {
  if (args.has_names() && args.names->length()) {
    return raise(t, types::TypeError, "itemgetter() takes no keyword arguments");
  }
  if (args.count < 1) return raise(t, types::TypeError, "itemgetter expected at least 1 argument, got 0");
  Local<Tuple> items = TRY(make_tuple(t, args.values, args.count));
  Local<Getter> g = TRY(allocate_for<Getter>(t, cls));
  g->items.init(std::move(items));
  return g;
}
Result<Local<>> itemgetter_call(Thread& t, Borrowed<> self, const CallArgs& args) {
  TRY(one_argument(t, "itemgetter", args));
  auto items = self.as<Getter>()->items.borrow();
  size_t n = items->length();
  if (n == 1) {
    Borrowed<> key = items->at(0);
    if (key.value().is_fixnum() && key.value().as_fixnum() >= 0 && is_exact_tuple(args[0])) {
      auto tuple = args[0].as<Tuple>();
      auto i = static_cast<size_t>(key.value().as_fixnum());
      if (i < tuple->length()) return Local<>::share(tuple->at(i));
    }
    return get_item(t, args[0], key);
  }
  Local<Tuple> row = TRY(make_tuple_uninitialised(t, n));
  for (size_t i = 0; i < n; i++) {
    Local<> item = TRY(get_item(t, args[0], items->at(i)));
    row->items()[i].init(std::move(item));
  }
  return row;
}

Result<Local<Tuple>> split_name(Thread& t, Borrowed<Str> name) {
  Local<Str> dot = TRY(make_str(t, "."));
  Local<> parts = TRY(call_method(t, name, "split"_n, dot));
  Local<Tuple> tuple = TRY(tuple_from(t, parts));
  Local<Tuple> out = TRY(make_tuple_uninitialised(t, tuple->length()));
  for (size_t i = 0; i < tuple->length(); i++) {
    Local<Str> interned = TRY(intern(t, tuple->at(i).as<Str>()));
    out->items()[i].init(std::move(interned));
  }
  return out;
}
Result<Local<>> attrgetter_new(Thread& t, Borrowed<Type> cls, const CallArgs& args) {
  if (args.has_names() && args.names->length()) {
    return raise(t, types::TypeError, "attrgetter() takes no keyword arguments");
  }
  if (args.count < 1) return raise(t, types::TypeError, "attrgetter expected at least 1 argument, got 0");
  Local<Tuple> paths = TRY(make_tuple_uninitialised(t, args.count));
  for (size_t i = 0; i < args.count; i++) {
    if (!is_str(args[i])) return raise(t, types::TypeError, "attribute name must be a string");
    Local<Tuple> path = TRY(split_name(t, args[i].as<Str>()));
    paths->items()[i].init(std::move(path));
  }
  Local<Tuple> items = TRY(make_tuple(t, args.values, args.count));
  Local<Getter> g = TRY(allocate_for<Getter>(t, cls));
  g->items.init(std::move(items));
  g->paths.init(std::move(paths));
  return g;
}
Result<Local<>> follow(Thread& t, Borrowed<> object, Borrowed<Tuple> path) {
  Local<> now = Local<>::share(object);
  for (size_t i = 0; i < path->length(); i++) now = TRY(get_attr(t, now, path->at(i).as<Str>()));
  return now;
}
Result<Local<>> attrgetter_call(Thread& t, Borrowed<> self, const CallArgs& args) {
  TRY(one_argument(t, "attrgetter", args));
  auto paths = self.as<Getter>()->paths.borrow();
  size_t n = paths->length();
  if (n == 1) return follow(t, args[0], paths->at(0).as<Tuple>());
  Local<Tuple> row = TRY(make_tuple_uninitialised(t, n));
  for (size_t i = 0; i < n; i++) {
    Local<> item = TRY(follow(t, args[0], paths->at(i).as<Tuple>()));
    row->items()[i].init(std::move(item));
  }
  return row;
}
Result<Local<>> getter_repr(Thread& t, Borrowed<> self) {
  ENTER_RECURSION(t, " while getting the repr of an object");
  ReprGuard guard(self);
  Local<Str> name = type_name_of(self);
  if (guard.recursive()) return format_str(t, "operator.{}(...)", name);
  auto items = self.as<Getter>()->items.borrow();
  StrBuilder out(t);
  out.append_ascii("operator.");
  out.append(name);
  out.append_ascii("(");
  for (size_t i = 0; i < items->length(); i++) {
    if (i) out.append_ascii(", ");
    out.append(TRY(repr_of(t, items->at(i))));
  }
  out.append_ascii(")");
  return out.finish();
}
Result<Local<>> getter_reduce(Thread& t, Borrowed<> self) {
  return make_tuple(t, {Value(type_of(self)), self.as<Getter>()->items.raw()});
}

Result<Local<>> caller_new(Thread& t, Borrowed<Type> cls, const CallArgs& args) {
  if (args.count < 1) {
    return raise(t, types::TypeError, "methodcaller needs at least one argument, the method name");
  }
  if (!is_str(args[0])) return raise(t, types::TypeError, "method name must be a string");
  Local<Str> name = TRY(intern(t, args[0].as<Str>()));
  Local<Tuple> rest = TRY(make_tuple(t, args.values + 1, args.count - 1));
  Local<Tuple> values;
  if (args.has_names()) values = TRY(make_tuple(t, args.values + args.count, args.names->length()));
  Local<Caller> c = TRY(allocate_for<Caller>(t, cls));
  c->name.init(std::move(name));
  c->args.init(std::move(rest));
  if (args.has_names()) {
    c->keyword_names.init_share(args.names);
    c->keyword_values.init(std::move(values));
  }
  return c;
}
Result<Local<>> caller_call(Thread& t, Borrowed<> self, const CallArgs& args) {
  TRY(one_argument(t, "methodcaller", args));
  auto c = self.as<Caller>();
  auto rest = c->args.borrow();
  size_t names = c->keyword_names.is_empty() ? 0 : c->keyword_names.borrow()->length();
  size_t total = 1 + rest->length() + names;
  Value small[12];
  std::vector<Value> large;
  Value* values = small;
  if (total > std::size(small)) {
    large.resize(total);
    values = large.data();
  }
  values[0] = args.values[0];
  for (size_t i = 0; i < rest->length(); i++) values[1 + i] = rest->at(i);
  for (size_t i = 0; i < names; i++) values[1 + rest->length() + i] = c->keyword_values.borrow()->at(i);
  return call_method_with(t, c->name.borrow(),
                          CallArgs{values, 1 + rest->length(), names ? c->keyword_names.borrow() : Borrowed<Tuple>()});
}
Result<Local<>> caller_repr(Thread& t, Borrowed<> self) {
  ENTER_RECURSION(t, " while getting the repr of an object");
  ReprGuard guard(self);
  Local<Str> name = type_name_of(self);
  if (guard.recursive()) return format_str(t, "operator.{}(...)", name);
  auto c = self.as<Caller>();
  StrBuilder out(t);
  out.append_ascii("operator.");
  out.append(name);
  out.append_ascii("(");
  out.append(TRY(repr_of(t, c->name.borrow())));
  for (size_t i = 0; i < c->args.borrow()->length(); i++) {
    out.append_ascii(", ");
    out.append(TRY(repr_of(t, c->args.borrow()->at(i))));
  }
  size_t names = c->keyword_names.is_empty() ? 0 : c->keyword_names.borrow()->length();
  for (size_t i = 0; i < names; i++) {
    out.append_ascii(", ");
    out.append(c->keyword_names.borrow()->at(i).as<Str>());
    out.append_ascii("=");
    out.append(TRY(repr_of(t, c->keyword_values.borrow()->at(i))));
  }
  out.append_ascii(")");
  return out.finish();
}
Result<Local<>> caller_reduce(Thread& t, Borrowed<> self) {
  auto c = self.as<Caller>();
  auto args = c->args.borrow();
  if (c->keyword_names.is_empty()) {
    std::vector<Value> all{c->name.raw()};
    all.insert(all.end(), args->values(), args->values() + args->length());
    Local<Tuple> tuple = TRY(make_tuple(t, all.data(), all.size()));
    return make_tuple(t, {Value(type_of(self)), tuple.value()});
  }
  Local<> functools = TRY(import_module(t, "functools"_n));
  Local<> partial = TRY(get_attr(t, functools, "partial"_n));
  Local<Dict> keywords = TRY(make_dict(t));
  for (size_t i = 0; i < c->keyword_names.borrow()->length(); i++) {
    TRY(dict_set(t, keywords, c->keyword_names.borrow()->at(i), c->keyword_values.borrow()->at(i)));
  }
  Local<Tuple> first = TRY(make_tuple(t, {Value(type_of(self)), c->name.raw()}));
  Local<> constructor = TRY(call_tuple_dict(t, partial, first, keywords));
  return make_tuple(t, {constructor.value(), args.value()});
}

constexpr NativeDef kGetterMethods[] = {
    method<getter_reduce>("__reduce__(self, /)", "Return state information for pickling")};
constexpr NativeDef kCallerMethods[] = {
    method<caller_reduce>("__reduce__(self, /)", "Return state information for pickling")};
constexpr Layout kGetterLayout = layout_of<Getter>("operator getter");
constexpr Layout kCallerLayout = layout_of<Caller>("methodcaller");
const TypeDef kItemGetterDef = {
    .name = "operator.itemgetter",
    .signature = "(item, /, *items)",
    .doc = "Return a callable object that fetches the given item(s) from its operand.\nAfter f = itemgetter(2), the "
           "call f(r) returns r[2].\nAfter g = itemgetter(2, 5, 3), the call g(r) returns (r[2], r[5], r[3])",
    .layout = &kGetterLayout,
    OROCHI_METHODS(kGetterMethods),
    .slots = {.repr = getter_repr, .call = itemgetter_call, .new_ = itemgetter_new},
};
const TypeDef kAttrGetterDef = {
    .name = "operator.attrgetter",
    .signature = "(attr, /, *attrs)",
    .doc = "Return a callable object that fetches the given attribute(s) from its operand.\nAfter f = "
           "attrgetter('name'), the call f(r) returns r.name.\nAfter g = attrgetter('name', 'date'), the call g(r) "
           "returns (r.name, r.date).\nAfter h = attrgetter('name.first', 'name.last'), the call h(r) "
           "returns\n(r.name.first, r.name.last).",
    .layout = &kGetterLayout,
    OROCHI_METHODS(kGetterMethods),
    .slots = {.repr = getter_repr, .call = attrgetter_call, .new_ = attrgetter_new},
};
const TypeDef kCallerDef = {
    .name = "operator.methodcaller",
    .signature = "(name, /, *args, **kwargs)",
    .doc = "Return a callable object that calls the given method on its operand.\nAfter f = methodcaller('name'), the "
           "call f(r) returns r.name().\nAfter g = methodcaller('name', 'date', foo=1), the call g(r) "
           "returns\nr.name('date', foo=1).",
    .layout = &kCallerLayout,
    OROCHI_METHODS(kCallerMethods),
    .slots = {.repr = caller_repr, .call = caller_call, .new_ = caller_new},
};

#define BINARY(name, Op, text) \
  function<binary<BinaryOp::Op>>(#name "(a, b, /)", "Same as a " text " b.")
#define INPLACE(name, Op, text) \
  function<inplace<BinaryOp::Op>>(#name "(a, b, /)", "Same as a " text "= b.")
constexpr NativeDef kFunctions[] = {
    function<compare<CompareOp::Lt>>("lt(a, b, /)", "Same as a < b."),
    function<compare<CompareOp::Le>>("le(a, b, /)", "Same as a <= b."),
    function<compare<CompareOp::Eq>>("eq(a, b, /)", "Same as a == b."),
    function<compare<CompareOp::Ne>>("ne(a, b, /)", "Same as a != b."),
    function<compare<CompareOp::Gt>>("gt(a, b, /)", "Same as a > b."),
    function<compare<CompareOp::Ge>>("ge(a, b, /)", "Same as a >= b."),
    BINARY(add, Add, "+"),
    BINARY(sub, Subtract, "-"),
    BINARY(mul, Multiply, "*"),
    BINARY(matmul, MatrixMultiply, "@"),
    BINARY(truediv, TrueDivide, "/"),
    BINARY(floordiv, FloorDivide, "//"),
    BINARY(mod, Remainder, "%"),
    BINARY(pow, Power, "**"),
    BINARY(lshift, LeftShift, "<<"),
    BINARY(rshift, RightShift, ">>"),
    BINARY(and_, And, "&"),
    BINARY(or_, Or, "|"),
    BINARY(xor, Xor, "^"),
    INPLACE(iadd, Add, "+"),
    INPLACE(isub, Subtract, "-"),
    INPLACE(imul, Multiply, "*"),
    INPLACE(imatmul, MatrixMultiply, "@"),
    INPLACE(itruediv, TrueDivide, "/"),
    INPLACE(ifloordiv, FloorDivide, "//"),
    INPLACE(imod, Remainder, "%"),
    INPLACE(ipow, Power, "**"),
    INPLACE(ilshift, LeftShift, "<<"),
    INPLACE(irshift, RightShift, ">>"),
    INPLACE(iand, And, "&"),
    INPLACE(ior, Or, "|"),
    INPLACE(ixor, Xor, "^"),
    function<unary<negative>>("neg(a, /)", "Same as -a."),
    function<unary<positive>>("pos(a, /)", "Same as +a."),
    function<unary<absolute>>("abs(a, /)", "Same as abs(a)."),
    function<unary<invert>>("inv(a, /)", "Same as ~a."),
    function<unary<invert>>("invert(a, /)", "Same as ~a."),
    function<unary<index_of>>("index(a, /)", "Same as a.__index__()"),
    function<not_>("not_(a, /)", "Same as not a."),
    function<truth>("truth(a, /)", "Return True if a is true, False otherwise."),
    function<is_>("is_(a, b, /)", "Same as a is b."),
    function<is_not>("is_not(a, b, /)", "Same as a is not b."),
    function<is_none>("is_none(a, /)", "Same as a is None."),
    function<is_not_none>("is_not_none(a, /)", "Same as a is not None."),
    function<contains_>("contains(a, b, /)", "Same as b in a (note reversed operands)."),
    function<getitem>("getitem(a, b, /)", "Same as a[b]."),
    function<setitem>("setitem(a, b, c, /)", "Same as a[b] = c."),
    function<delitem>("delitem(a, b, /)", "Same as del a[b]."),
    function<concat<false>>("concat(a, b, /)", "Same as a + b, for a and b sequences."),
    function<concat<true>>("iconcat(a, b, /)", "Same as a += b, for a and b sequences."),
    function<count_of>("countOf(a, b, /)", "Return the number of items in a which are, or which equal, b."),
    function<index_of_>("indexOf(a, b, /)", "Return the first index of b in a."),
    function<length_hint_>("length_hint(obj, default=0, /)",
                           "Return an estimate of the number of items in obj.\n\nThis is useful for presizing containers "
                           "when building from an iterable.\n\nIf the object supports len(), the result will be "
                           "exact.\nOtherwise, it may over- or under-estimate by an arbitrary amount."),
    function<compare_digest>("_compare_digest(a, b, /)", "Return 'a == b', in constant time."),
    function<call_>("call(obj, /, *args, **kwargs)", "Same as obj(*args, **kwargs)."),
};

Result<void> init(Thread& t, Borrowed<Module> module) {
  TRY(module_add_type(t, module, types::ItemGetter, kItemGetterDef));
  TRY(module_add_type(t, module, types::AttrGetter, kAttrGetterDef));
  return module_add_type(t, module, types::MethodCaller, kCallerDef);
}

}  // namespace

OROCHI_MODULE(_operator, "Operator interface: Python's operators as functions.", kFunctions, init)

}  // namespace operator_module

}  // namespace orochi
