// The types function, method and cell.
#include "objects/function.h"

#include "builtins/type_type.h"
#include "objects/generator.h"
#include "objects/shape_table.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/dunder_slots.h"
#include "protocols/native.h"
#include "protocols/operators.h"
#include "protocols/type_ready.h"

namespace orochi {

namespace {

Result<Local<>> or_none(Local<> v) {
  if (!v) return kNone;
  return v;
}

// ---- function ----

constinit const Layout kFunctionLayout{"function", sizeof(Function), 0, Function::trace, nullptr, nullptr, nullptr};

Result<Local<>> function_op_repr(Thread& t, Borrowed<> self) {
  auto f = self.as<Function>();
  return format_str(t, "<function {} at {}>", f->qualname.load(f.get()), AddressArg(self.value()));
}

Result<Local<>> function_op_get(Thread& t, Borrowed<> self, Borrowed<> instance, Borrowed<>) {
  if (!instance || instance.value() == kNone) {
    if (!instance) return Local<>::share(self);
  }
  return make_method(t, self, instance);
}

Result<Local<>> function_code(Thread&, Borrowed<Function> f) { return f->code.load(f.get()); }
Result<void> function_set_code(Thread& t, Borrowed<Function> f, Borrowed<> value) {
  if (!value || !is_a<Code>(value)) return raise(t, types::TypeError, "__code__ must be set to a code object");
  size_t wanted = value.as<Code>()->freevars.borrow()->length();
  size_t have = f->closure.borrow() ? f->closure.borrow()->length() : 0;
  if (wanted != have) {
    return raise(t, types::ValueError, "{}() requires a code object with {} free vars, not {}", f->name.load(f.get()),
                 have, wanted);
  }
  f->code.set_share(value.as<Code>());
  return ok();
}

Result<Local<>> function_defaults(Thread&, Borrowed<Function> f) { return or_none(f->defaults.load(f.get())); }
Result<void> function_set_defaults(Thread& t, Borrowed<Function> f, Borrowed<> value) {
  if (!value || value.value() == kNone) {
    f->defaults.set({});
    return ok();
  }
  if (!is_tuple(value)) return raise(t, types::TypeError, "__defaults__ must be set to a tuple object");
  f->defaults.set_share(value.as<Tuple>());
  return ok();
}

Result<Local<>> function_kwdefaults(Thread&, Borrowed<Function> f) { return or_none(f->kwdefaults.load(f.get())); }
Result<void> function_set_kwdefaults(Thread& t, Borrowed<Function> f, Borrowed<> value) {
  if (!value || value.value() == kNone) {
    f->kwdefaults.set({});
    return ok();
  }
  if (!is_dict(value)) return raise(t, types::TypeError, "__kwdefaults__ must be set to a dict object");
  f->kwdefaults.set_share(value.as<Dict>());
  return ok();
}

Result<Local<>> function_name(Thread&, Borrowed<Function> f) { return f->name.load(f.get()); }
Result<void> function_set_name(Thread& t, Borrowed<Function> f, Borrowed<> value) {
  if (!value || !is_str(value)) return raise(t, types::TypeError, "__name__ must be set to a string object");
  f->name.set_share(value.as<Str>());
  return ok();
}
Result<Local<>> function_qualname(Thread&, Borrowed<Function> f) { return f->qualname.load(f.get()); }
Result<void> function_set_qualname(Thread& t, Borrowed<Function> f, Borrowed<> value) {
  if (!value || !is_str(value)) return raise(t, types::TypeError, "__qualname__ must be set to a string object");
  f->qualname.set_share(value.as<Str>());
  return ok();
}

Result<Local<>> function_doc(Thread&, Borrowed<Function> f) {
  Local<> doc = f->doc.load(f.get());
  if (doc) return doc;
  Local<Code> code = f->code.load(f.get());
  if ((code->flags & kCoHasDocstring) && code->consts.borrow()->length() > 0) {
    return Local<>::share(code->consts.borrow()->at(0));
  }
  return kNone;
}
Result<void> function_set_doc(Thread&, Borrowed<Function> f, Borrowed<> value) {
  f->doc.set(value ? Local<>::share(value) : immediate(kNone));
  return ok();
}

Result<Local<>> function_module(Thread&, Borrowed<Function> f) { return or_none(f->module.load(f.get())); }
Result<void> function_set_module(Thread&, Borrowed<Function> f, Borrowed<> value) {
  f->module.set(value ? Local<>::share(value) : immediate(kNone));
  return ok();
}

Result<Local<>> function_closure(Thread&, Borrowed<Function> f) { return or_none(f->closure.load(f.get())); }
Result<Local<>> function_globals(Thread&, Borrowed<Function> f) { return f->globals.load(f.get()); }
Result<Local<>> function_builtins(Thread&, Borrowed<Function> f) { return or_none(f->builtins.load(f.get())); }

// PEP 649: __annotations__ is what __annotate__(1) returns, kept. With `from __future__ import annotations` the compiler
// hands over a ready dict.
Result<Local<>> function_annotations(Thread& t, Borrowed<Function> f) {
  Local<> known = f->annotations.load(f.get());
  if (known && is_dict(known.value())) return known;
  if (known && is_tuple(known.value())) {  // name, value, name, value, …
    Borrowed<Tuple> pairs = known.borrow().as<Tuple>();
    Local<Dict> dict = TRY(make_dict(t));
    for (size_t i = 0; i + 1 < pairs->length(); i += 2) TRY(dict_set(t, dict, pairs->at(i), pairs->at(i + 1)));
    f->annotations.set_share(dict);
    return dict;
  }
  Local<> annotate = f->annotate.load(f.get());
  Local<> dict;
  if (annotate && annotate.value() != kNone) {
    dict = TRY(call(t, annotate, Borrowed<>(Value::fixnum(1))));
    if (!is_dict(dict.value())) {
      return raise(t, types::TypeError, "__annotate__() must return a dict, not {}", TypeName(dict.value()));
    }
  } else {
    dict = TRY(make_dict(t));
  }
  f->annotations.set(dict.dup());
  return dict;
}
Result<void> function_set_annotations(Thread& t, Borrowed<Function> f, Borrowed<> value) {
  if (!value || value.value() == kNone) {
    f->annotations.set({});
    f->annotate.set({});
    return ok();
  }
  if (!is_dict(value)) return raise(t, types::TypeError, "__annotations__ must be set to a dict object");
  f->annotations.set_share(value);
  f->annotate.set({});
  return ok();
}
Result<Local<>> function_annotate(Thread&, Borrowed<Function> f) { return or_none(f->annotate.load(f.get())); }
Result<void> function_set_annotate(Thread& t, Borrowed<Function> f, Borrowed<> value) {
  if (!value) return raise(t, types::TypeError, "__annotate__ cannot be deleted");
  if (value.value() == kNone) {
    f->annotate.set(immediate(kNone));
    return ok();
  }
  if (!is_callable(value)) return raise(t, types::TypeError, "__annotate__ must be callable or None");
  f->annotate.set_share(value);
  f->annotations.set({});
  return ok();
}
Result<Local<>> function_type_params(Thread&, Borrowed<Function> f) {
  Local<> params = f->type_params.load(f.get());
  if (params) return params;
  return Local<>::share(empty_tuple());
}
Result<void> function_set_type_params(Thread& t, Borrowed<Function> f, Borrowed<> value) {
  if (!value || !is_tuple(value)) return raise(t, types::TypeError, "__type_params__ must be set to a tuple");
  f->type_params.set_share(value);
  return ok();
}

Result<Local<>> function_new(Thread& t, Borrowed<Type> cls, Borrowed<> code, Borrowed<> globals, Borrowed<> name,
                             Borrowed<> argdefs, Borrowed<> closure, Borrowed<> kwdefaults) {
  if (!is_a<Code>(code)) {
    return raise(t, types::TypeError, "function() argument 'code' must be code, not {}", TypeName(code));
  }
  if (!is_dict(globals)) {
    return raise(t, types::TypeError, "function() argument 'globals' must be dict, not {}", TypeName(globals));
  }
  if (name.value() != kNone && !is_str(name)) return raise(t, types::TypeError, "arg 3 (name) must be None or string");
  if (argdefs.value() != kNone && !is_tuple(argdefs)) {
    return raise(t, types::TypeError, "arg 4 (defaults) must be None or tuple");
  }
  size_t wanted = code.as<Code>()->freevars.borrow()->length();
  if (!is_tuple(closure)) {
    if (wanted && closure.value() == kNone) return raise(t, types::TypeError, "arg 5 (closure) must be tuple");
    if (closure.value() != kNone) return raise(t, types::TypeError, "arg 5 (closure) must be None or tuple");
  }
  size_t have = is_tuple(closure) ? closure.as<Tuple>()->length() : 0;
  if (wanted != have) {
    return raise(t, types::ValueError, "{} requires closure of length {}, not {}", code.as<Code>()->name.borrow(),
                 wanted, have);
  }
  for (size_t i = 0; i < have; i++) {
    if (!is_cell(closure.as<Tuple>()->at(i))) {
      return raise(t, types::TypeError, "arg 5 (closure) expected cell, found {}", TypeName(closure.as<Tuple>()->at(i)));
    }
  }
  if (kwdefaults.value() != kNone && !is_dict(kwdefaults)) {
    return raise(t, types::TypeError, "arg 6 (kwdefaults) must be None or dict");
  }
  Local<> builtins = builtins_of_globals(t, globals);
  Local<Function> f = TRY(make_function(t, code.as<Code>(), globals, builtins));
  if (name.value() != kNone) f->name.set_share(name.as<Str>());
  if (argdefs.value() != kNone) f->defaults.set_share(argdefs.as<Tuple>());
  if (have) f->closure.set_share(closure.as<Tuple>());
  if (kwdefaults.value() != kNone) f->kwdefaults.set_share(kwdefaults.as<Dict>());
  return f;
}
constexpr NativeDef kFunctionNew = arguments<function_new>(
    "function(cls, code, globals, name=None, argdefs=None, closure=None, kwdefaults=None)");

constexpr GetSetDef kFunctionGetSets[] = {
    getset<function_code, function_set_code>("__code__", nullptr),
    getset<function_defaults, function_set_defaults>("__defaults__", nullptr),
    getset<function_kwdefaults, function_set_kwdefaults>("__kwdefaults__", nullptr),
    getset<function_annotations, function_set_annotations>("__annotations__", "Dict of annotations in a function object."),
    getset<function_annotate, function_set_annotate>("__annotate__", "Get the code object for a function."),
    getset<function_name, function_set_name>("__name__", nullptr),
    getset<function_qualname, function_set_qualname>("__qualname__", nullptr),
    getset<function_type_params, function_set_type_params>("__type_params__", nullptr),
    getset<function_doc, function_set_doc>("__doc__", nullptr),
    getset<function_module, function_set_module>("__module__", nullptr),
    getter<function_closure>("__closure__", nullptr),
    getter<function_globals>("__globals__", nullptr),
    getter<function_builtins>("__builtins__", nullptr),
    GetSetDef{"__dict__", nullptr,
              [](Thread& t, Borrowed<> self) { return kInstanceDictGetSet.get(t, self); },
              [](Thread& t, Borrowed<> self, Borrowed<> value) { return kInstanceDictGetSet.set(t, self, value); }},
};

const TypeDef kFunctionDef = {
    .name = "function",
    .doc = "Create a function object.",
    .layout = &kFunctionLayout,
    .flags = kTypeHasDict | kTypeWeakrefable | kTypeMethodDescriptor,
    OROCHI_GETSETS(kFunctionGetSets),
    .slots = {.repr = function_op_repr,
              .call = call_function,
              .descr_get = function_op_get,
              .new_ = new_slot<kFunctionNew>},
};

// ---- method ----

constinit const Layout kMethodLayout{"method", sizeof(Method), 0, Method::trace, nullptr, nullptr, nullptr};

Local<> method_target(Borrowed<Method> m) { return m->function.load(m.get()); }

Result<Local<>> method_new(Thread& t, Borrowed<Type>, Borrowed<> function, Borrowed<> instance) {
  if (!is_callable(function)) return raise(t, types::TypeError, "first argument must be callable");
  if (instance.value() == kNone) return raise(t, types::TypeError, "instance must not be None");
  return make_method(t, function, instance);
}
constexpr NativeDef kMethodNew = arguments<method_new>("method(cls, function, instance, /)");

Result<Local<>> method_op_repr(Thread& t, Borrowed<> self) {
  auto m = self.as<Method>();
  Local<> name;
  for (auto attribute : {"__qualname__"_n, "__name__"_n}) {
    Lookup<> found = find_attr(t, method_target(m), attribute);
    if (found.raised()) return Raised{};
    if (found.found() && is_str((*found).value())) {
      name = found.take();
      break;
    }
  }
  if (!name) name = TRY(make_str(t, "?"));
  Local<Str> inner = TRY(repr_of(t, m->self.load(m.get())));
  return format_str(t, "<bound method {} of {}>", name.borrow().as<Str>(), inner);
}
Result<Local<>> method_op_compare(Thread&, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if ((op != CompareOp::Eq && op != CompareOp::Ne) || !is_method(a) || !is_method(b)) return kNotImplemented;
  auto x = a.as<Method>(), y = b.as<Method>();
  bool same = x->function.raw() == y->function.raw() && x->self.raw() == y->self.raw();
  return Value::boolean(same == (op == CompareOp::Eq));
}
Result<int64_t> method_op_hash(Thread&, Borrowed<> self) {
  auto m = self.as<Method>();
  uint64_t h = (m->self.raw().bits >> 4) * 0x9e3779b97f4a7c15u ^ (m->function.raw().bits >> 4);
  auto result = static_cast<int64_t>(h >> 4);
  return result == -1 ? -2 : result;
}
// Attributes that the method does not have are the function's.
Lookup<> method_op_getattr(Thread& t, Borrowed<> self, Borrowed<Str> name) {
  Lookup<> own = type_lookup(t, &types::Method, name);
  if (own.raised()) return Raised{};
  if (own.found()) return generic_getattr(t, self, name);
  return find_attr(t, method_target(self.as<Method>()), name);
}
Result<Local<>> method_op_get(Thread&, Borrowed<> self, Borrowed<>, Borrowed<>) { return Local<>::share(self); }
Result<Local<>> method_func(Thread&, Borrowed<Method> m) { return method_target(m); }
Result<Local<>> method_self(Thread&, Borrowed<Method> m) { return m->self.load(m.get()); }
Result<Local<>> method_doc(Thread& t, Borrowed<Method> m) { return get_attr(t, method_target(m), "__doc__"_n); }
Result<Local<>> method_reduce(Thread& t, Borrowed<Method> m) {
  Local<> getattr = TRY(get_attr(t, TRY(import_builtins(t)), "getattr"_n));
  Local<> name = TRY(get_attr(t, method_target(m), "__name__"_n));
  Local<> self = m->self.load(m.get());
  Local<Tuple> args = TRY(make_tuple(t, {self.value(), name.value()}));
  return make_tuple(t, {getattr.value(), args.value()});
}
constexpr NativeDef kMethodMethods[] = {method<method_reduce>("__reduce__(self, /)", nullptr)};
constexpr GetSetDef kMethodGetSets[] = {
    getter<method_func>("__func__", "the function (or other callable) implementing a method"),
    getter<method_self>("__self__", "the instance to which a method is bound"),
    getter<method_doc>("__doc__", nullptr),
};
const TypeDef kMethodDef = {
    .name = "method",
    .doc = "Create a bound instance method object.",
    .layout = &kMethodLayout,
    .flags = kTypeWeakrefable,
    OROCHI_METHODS(kMethodMethods),
    OROCHI_GETSETS(kMethodGetSets),
    .slots = {.repr = method_op_repr,
              .hash = method_op_hash,
              .call = call_method_object,
              .getattr = method_op_getattr,
              .compare = method_op_compare,
              .descr_get = method_op_get,
              .new_ = new_slot<kMethodNew>},
};

// ---- cell ----

constinit const Layout kCellLayout{"cell", sizeof(Cell), 0, Cell::trace, nullptr, nullptr, nullptr};

Result<Local<>> cell_new(Thread& t, Borrowed<Type>, Maybe<Borrowed<>> contents) {
  return make_cell(t, contents ? Local<>::share(*contents) : Local<>());
}
constexpr NativeDef kCellNew = arguments<cell_new>("cell(cls, contents=<x>, /)");

Result<Local<>> cell_op_repr(Thread& t, Borrowed<> self) {
  auto c = self.as<Cell>();
  Local<> v = c->value.load(c.get());
  if (!v) return format_str(t, "<cell at {}: empty>", AddressArg(self.value()));
  return format_str(t, "<cell at {}: {} object at {}>", AddressArg(self.value()), TypeName(v.value()), AddressArg(v.value()));
}
Result<Local<>> cell_op_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (!is_cell(a) || !is_cell(b)) return kNotImplemented;
  Local<> x = a.as<Cell>()->value.load(a.as<Cell>().get()), y = b.as<Cell>()->value.load(b.as<Cell>().get());
  if (x && y) return rich_compare(t, x, y, op);
  // An empty cell is less than any other.
  int c = (x ? 1 : 0) - (y ? 1 : 0);
  bool r = false;
  switch (op) {
    case CompareOp::Lt: r = c < 0; break;
    case CompareOp::Le: r = c <= 0; break;
    case CompareOp::Eq: r = c == 0; break;
    case CompareOp::Ne: r = c != 0; break;
    case CompareOp::Gt: r = c > 0; break;
    case CompareOp::Ge: r = c >= 0; break;
  }
  return Value::boolean(r);
}
Result<Local<>> cell_contents(Thread& t, Borrowed<Cell> c) {
  Local<> v = c->value.load(c.get());
  if (!v) return raise(t, types::ValueError, "cell is empty");
  return v;
}
Result<void> cell_set_contents(Thread&, Borrowed<Cell> c, Borrowed<> value) {
  c->value.set(value ? Local<>::share(value) : Local<>());
  return ok();
}
constexpr GetSetDef kCellGetSets[] = {getset<cell_contents, cell_set_contents>("cell_contents", nullptr)};
const TypeDef kCellDef = {
    .name = "cell",
    .doc = "Create a new cell object.\n\n  contents\n    the contents of the cell. If not specified, the cell will be empty,\n"
           "    and \n further attempts to access its cell_contents attribute will\n    raise a ValueError.",
    .layout = &kCellLayout,
    OROCHI_GETSETS(kCellGetSets),
    .slots = {.repr = cell_op_repr, .hash = hash_not_implemented, .compare = cell_op_compare, .new_ = new_slot<kCellNew>},
};

}  // namespace

OROCHI_TYPE(Function, kFunctionDef)
OROCHI_TYPE(Method, kMethodDef)
OROCHI_TYPE(Cell, kCellDef)

}  // namespace orochi
