// _contextvars: Context, ContextVar, Token (PEP 567).
//
// A Context owns a dict {ContextVar: value} that only the thread running inside the context changes; copying a context
// copies the dict (one consistent snapshot, so another thread may copy it at any time). Thread::context is the running
// thread's context, empty until somebody asks.
#include <vector>

#include "builtins/type_type.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/dunder_slots.h"
#include "protocols/native.h"
#include "protocols/operators.h"

namespace orochi {

namespace types {
extern ::orochi::Type Context, ContextVar, ContextToken, ContextTokenMissing;
}

struct Context : Object {
  static Type& python_type() { return types::Context; }
  Field<Dict> vars;
  uint64_t entered;  // atomic: 1 while some thread runs inside
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<Context*>(o)->vars); }
};
struct ContextVar : Object {
  static Type& python_type() { return types::ContextVar; }
  Field<Str> name;
  Field<> default_value;  // empty: none
  int64_t hash;
  static void trace(Object* o, Visitor& v) {
    v.visit(static_cast<ContextVar*>(o)->name);
    v.visit(static_cast<ContextVar*>(o)->default_value);
  }
};
struct ContextToken : Object {
  static Type& python_type() { return types::ContextToken; }
  Field<Context> context;
  Field<ContextVar> var;
  Field<> old_value;  // empty: there was none
  uint64_t used;      // atomic
  static void trace(Object* o, Visitor& v) {
    auto* k = static_cast<ContextToken*>(o);
    v.visit(k->context);
    v.visit(k->var);
    v.visit(k->old_value);
  }
};
struct ContextTokenMissing : Object {
  static Type& python_type() { return types::ContextTokenMissing; }
};

namespace {

constinit const Layout kContextLayout = layout_of<Context>("Context");
constinit const Layout kContextVarLayout = layout_of<ContextVar>("ContextVar");
constinit const Layout kTokenLayout = layout_of<ContextToken>("Token");
constinit const Layout kMissingLayout = layout_of<ContextTokenMissing>("Token.MISSING");

// The one Token.MISSING, owned by the process; made by the module's init.
uint64_t missing_bits = 0;
Value missing_word() { return Value(__atomic_load_n(&missing_bits, __ATOMIC_ACQUIRE)); }

Result<Local<Context>> new_context(Thread& t, Borrowed<Dict> vars) {
  Local<Dict> copy = vars ? TRY(dict_copy(t, vars)) : TRY(make_dict(t));
  Local<Context> context = TRY(make_object<Context>(t));
  context->vars.init(std::move(copy));
  return context;
}
void set_thread_context(Thread& t, Local<> context) {
  Local<> old = Local<>::adopt(t.context);
  t.context = context.release();
  t.context_version++;
}
Result<Local<Context>> current_context(Thread& t) {
  if (t.context.is_empty()) {
    Local<Context> fresh = TRY(new_context(t, {}));
    set_thread_context(t, std::move(fresh));
  }
  return Local<Context>::share(t.context);
}
Local<Dict> vars_of(Borrowed<Context> c) { return Local<Dict>::share(c->vars.borrow()); }  // never replaced

Lookup<> find_var(Thread& t, Borrowed<Context> context, Borrowed<ContextVar> var) {
  return dict_find_hashed(t, context->vars.borrow(), var, var->hash);
}

// ---- Context ----

Result<Local<>> context_new(Thread& t, Borrowed<Type>, const CallArgs& args) {
  if (args.count || (args.has_names() && args.names->length())) {
    return raise(t, types::TypeError, "Context() does not accept any arguments");
  }
  return new_context(t, {});
}
Result<void> context_init(Thread&, Borrowed<>, const CallArgs&) { return ok(); }

Result<Local<>> context_run(Thread& t, Borrowed<Context> self, Rest args, KwRest keywords) {
  if (args.count == 0) return raise(t, types::TypeError, "run() missing 1 required positional argument");
  uint64_t expected = 0;
  if (!__atomic_compare_exchange_n(&self->entered, &expected, 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
    Local<Str> repr = TRY(repr_of(t, self));
    return raise(t, types::RuntimeError, "cannot enter context: {} is already entered", repr);
  }
  Value previous = t.context;  // the reference moves here, back at the end
  Local<> kept = Local<>::adopt(previous);
  t.context = Local<>::share(self).release();
  t.context_version++;
  Result<Local<>> result = [&]() -> Result<Local<>> {
    if (keywords.count == 0) return call_with(t, args[0], CallArgs{args.values + 1, args.count - 1, {}});
    Local<Tuple> names = TRY(make_tuple(t, keywords.names, keywords.count));
    std::vector<Value> values(args.values + 1, args.values + args.count);
    values.insert(values.end(), keywords.values, keywords.values + keywords.count);
    return call_with(t, args[0], CallArgs{values.data(), args.count - 1, names});
  }();
  Local<> inside = Local<>::adopt(t.context);
  t.context = kept.release();
  t.context_version++;
  __atomic_store_n(&self->entered, 0, __ATOMIC_RELEASE);
  return result;
}
Result<Local<>> context_copy(Thread& t, Borrowed<Context> self) { return new_context(t, self->vars.borrow()); }

Result<void> check_key(Thread& t, Borrowed<> key) {
  if (type_of(key) == &types::ContextVar) return ok();
  Local<Str> repr = TRY(repr_of(t, key));
  return raise(t, types::TypeError, "a ContextVar key was expected, got {}", repr);
}
Result<Local<>> context_get(Thread& t, Borrowed<Context> self, Borrowed<> key, Borrowed<> fallback) {
  TRY(check_key(t, key));
  Lookup<> v = find_var(t, self, key.as<ContextVar>());
  if (v.raised()) return Raised{};
  if (v.absent()) return Local<>::share(fallback);
  return v.take();
}
Result<Local<>> context_getitem(Thread& t, Borrowed<> self, Borrowed<> key) {
  TRY(check_key(t, key));
  Lookup<> v = find_var(t, self.as<Context>(), key.as<ContextVar>());
  if (v.raised()) return Raised{};
  if (v.absent()) return raise_key_error(t, key);
  return v.take();
}
Result<bool> context_contains(Thread& t, Borrowed<> self, Borrowed<> key) {
  TRY(check_key(t, key));
  Lookup<> v = find_var(t, self.as<Context>(), key.as<ContextVar>());
  if (v.raised()) return Raised{};
  return v.found();
}
Result<int64_t> context_len(Thread&, Borrowed<> self) {
  return static_cast<int64_t>(self.as<Context>()->vars.borrow()->length());
}
// Iterators go over a snapshot.
Result<Local<>> context_keys(Thread& t, Borrowed<Context> self) {
  Local<> list = TRY(dict_keys_list(t, self->vars.borrow()));
  return get_iter(t, list);
}
Result<Local<>> context_values(Thread& t, Borrowed<Context> self) {
  Local<> list = TRY(dict_values_list(t, self->vars.borrow()));
  return get_iter(t, list);
}
Result<Local<>> context_items(Thread& t, Borrowed<Context> self) {
  Local<> list = TRY(dict_items_list(t, self->vars.borrow()));
  return get_iter(t, list);
}
Result<Local<>> context_iter(Thread& t, Borrowed<> self) { return context_keys(t, self.as<Context>()); }
Result<Local<>> context_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if ((op != CompareOp::Eq && op != CompareOp::Ne) || type_of(a) != &types::Context || type_of(b) != &types::Context) {
    return kNotImplemented;
  }
  return rich_compare(t, a.as<Context>()->vars.borrow(), b.as<Context>()->vars.borrow(), op);
}

constexpr NativeDef kContextMethods[] = {
    method<context_run>("run(self, /, *args, **kwargs)", nullptr),
    method<context_copy>("copy(self, /)", "Return a shallow copy of the context object."),
    method<context_get>("get(self, key, default=None, /)",
                        "Return the value for `key` if `key` has the value in the context object."),
    method<context_keys>("keys(self, /)", "Return a list of all variables in the context object."),
    method<context_values>("values(self, /)", "Return a list of all variables' values in the context object."),
    method<context_items>("items(self, /)", "Return all variables and their values in the context object."),
};
const TypeDef kContextDef = {
    .name = "_contextvars.Context",
    .layout = &kContextLayout,
    .flags = kTypeWeakrefable,
    OROCHI_METHODS(kContextMethods),
    .slots = {.hash = hash_not_implemented, .compare = context_compare, .iter = context_iter, .init = context_init,
              .new_ = context_new, .len = context_len, .getitem = context_getitem, .contains = context_contains},
};

// ---- ContextVar ----

Result<Local<>> var_new(Thread& t, Borrowed<Type>, Borrowed<> name, Borrowed<> default_value) {
  if (!is_str(name.value())) return raise(t, types::TypeError, "context variable name must be a str");
  Local<ContextVar> var = TRY(make_object<ContextVar>(t));
  var->name.init_share(name.as<Str>());
  if (default_value) var->default_value.init_share(default_value);
  uint64_t mixed = var.value().bits * 0x9e3779b97f4a7c15ull;
  var->hash = static_cast<int64_t>((mixed ^ (mixed >> 32)) >> 1);
  return var;
}
constexpr NativeDef kVarNew = arguments<var_new>("ContextVar(cls, name, /, *, default=...)");
Result<void> var_init(Thread&, Borrowed<>, const CallArgs&) { return ok(); }
Result<int64_t> var_hash(Thread&, Borrowed<> self) { return self.as<ContextVar>()->hash; }
Result<Local<>> var_repr(Thread& t, Borrowed<> self) {
  auto var = self.as<ContextVar>();
  Local<Str> name = TRY(repr_of(t, var->name.borrow()));
  if (!var->default_value.is_empty()) {
    ENTER_RECURSION(t, " while getting the repr of an object");
    Local<Str> value = TRY(repr_of(t, var->default_value.borrow()));
    return format_str(t, "<ContextVar name={} default={} at {}>", name, value, AddressArg(self));
  }
  return format_str(t, "<ContextVar name={} at {}>", name, AddressArg(self));
}
Result<Local<>> var_get(Thread& t, Borrowed<ContextVar> self, Borrowed<> fallback) {
  if (!t.context.is_empty()) {
    Lookup<> v = find_var(t, Borrowed<Context>(t.context), self);
    if (v.raised()) return Raised{};
    if (v.found()) return v.take();
  }
  if (fallback) return Local<>::share(fallback);
  if (!self->default_value.is_empty()) return Local<>::share(self->default_value.borrow());
  return raise_value(t, types::LookupError, self);
}
Result<Local<>> var_set(Thread& t, Borrowed<ContextVar> self, Borrowed<> value) {
  Local<Context> context = TRY(current_context(t));
  Lookup<> old = find_var(t, context, self);
  if (old.raised()) return Raised{};
  Local<ContextToken> token = TRY(make_object<ContextToken>(t));
  token->context.init_share(context.borrow());
  token->var.init_share(self);
  if (old.found()) token->old_value.init(old.take());
  TRY(dict_set_hashed(t, vars_of(context), self, self->hash, value));
  return token;
}
Result<void> var_reset(Thread& t, Borrowed<ContextVar> self, Borrowed<> token_value) {
  if (type_of(token_value) != &types::ContextToken) {
    Local<Str> repr = TRY(repr_of(t, token_value));
    return raise(t, types::TypeError, "expected an instance of Token, got {}", repr);
  }
  auto token = token_value.as<ContextToken>();
  if (__atomic_load_n(&token->used, __ATOMIC_ACQUIRE)) {
    Local<Str> repr = TRY(repr_of(t, token));
    return raise(t, types::RuntimeError, "{} has already been used once", repr);
  }
  if (token->var.borrow().value() != self.value()) {
    Local<Str> repr = TRY(repr_of(t, token));
    return raise(t, types::ValueError, "{} was created by a different ContextVar", repr);
  }
  Local<Context> context = TRY(current_context(t));
  if (token->context.borrow().value() != context.value()) {
    Local<Str> repr = TRY(repr_of(t, token));
    return raise(t, types::ValueError, "{} was created in a different Context", repr);
  }
  __atomic_store_n(&token->used, 1, __ATOMIC_RELEASE);
  if (token->old_value.is_empty()) {
    (void)TRY(dict_delete(t, vars_of(context), self));
    return ok();
  }
  return dict_set_hashed(t, vars_of(context), self, self->hash, token->old_value.borrow());
}
Result<Local<>> var_name(Thread&, Borrowed<ContextVar> self) { return Local<Str>::share(self->name.borrow()); }
Result<Local<>> class_getitem(Thread& t, Borrowed<Type> cls, Borrowed<> item) {
  return make_generic_alias_hook(t, cls, item);
}

constexpr NativeDef kVarMethods[] = {
    method<var_get>("get(self, default=..., /)", "Return a value for the context variable for the current context."),
    method<var_set>("set(self, value, /)",
                    "Call to set a new value for the context variable in the current context."),
    method<var_reset>("reset(self, token, /)", "Reset the context variable."),
    class_method<class_getitem>("__class_getitem__(cls, item, /)", "See PEP 585"),
};
constexpr GetSetDef kVarGetSets[] = {getter<var_name>("name", nullptr)};
const TypeDef kContextVarDef = {
    .name = "_contextvars.ContextVar",
    .layout = &kContextVarLayout,
    OROCHI_METHODS(kVarMethods),
    OROCHI_GETSETS(kVarGetSets),
    .slots = {.repr = var_repr, .hash = var_hash, .init = var_init, .new_ = new_slot<kVarNew>},
};

// ---- Token ----

Result<Local<>> token_new(Thread& t, Borrowed<Type>, const CallArgs&) {
  return raise(t, types::RuntimeError, "Tokens can only be created by ContextVars");
}
Result<Local<>> token_repr(Thread& t, Borrowed<> self) {
  auto token = self.as<ContextToken>();
  Local<Str> var = TRY(repr_of(t, token->var.borrow()));
  return format_str(t, "<Token{} var={} at {}>", __atomic_load_n(&token->used, __ATOMIC_ACQUIRE) ? " used" : "", var,
                    AddressArg(self));
}
Result<Local<>> token_var(Thread&, Borrowed<ContextToken> self) { return Local<ContextVar>::share(self->var.borrow()); }
Result<Local<>> token_old_value(Thread&, Borrowed<ContextToken> self) {
  if (self->old_value.is_empty()) return Local<>::share(missing_word());
  return Local<>::share(self->old_value.borrow());
}
Result<Local<>> token_enter(Thread&, Borrowed<ContextToken> self) { return Local<>::share(self); }
Result<void> token_exit(Thread& t, Borrowed<ContextToken> self, Borrowed<>, Borrowed<>, Borrowed<>) {
  return var_reset(t, self->var.borrow(), self);
}
constexpr NativeDef kTokenMethods[] = {
    class_method<class_getitem>("__class_getitem__(cls, item, /)", "See PEP 585"),
    method<token_enter>("__enter__(self, /)", "Enter into Token context manager."),
    method<token_exit>("__exit__(self, type, value, traceback, /)",
                       "Exit from Token context manager, restore the linked ContextVar."),
};
constexpr GetSetDef kTokenGetSets[] = {getter<token_var>("var", nullptr),
                                       getter<token_old_value>("old_value", nullptr)};
const TypeDef kContextTokenDef = {
    .name = "_contextvars.Token",
    .layout = &kTokenLayout,
    OROCHI_METHODS(kTokenMethods),
    OROCHI_GETSETS(kTokenGetSets),
    .slots = {.repr = token_repr, .hash = hash_not_implemented, .new_ = token_new},
};

Result<Local<>> missing_repr(Thread& t, Borrowed<>) { return make_str(t, "<Token.MISSING>"); }
const TypeDef kContextTokenMissingDef = {
    .name = "Token.MISSING",
    .layout = &kMissingLayout,
    .flags = kTypeNoNew,
    .slots = {.repr = missing_repr},
};

Result<Local<>> copy_context(Thread& t) {
  Local<Context> context = TRY(current_context(t));
  return new_context(t, vars_of(context));
}
constexpr NativeDef kFunctions[] = {function<copy_context>("copy_context()", nullptr)};

Result<void> init_contextvars(Thread& t, Borrowed<Module> module) {
  TRY(module_set(t, module, "Context", Borrowed<>(&types::Context)));
  TRY(module_set(t, module, "ContextVar", Borrowed<>(&types::ContextVar)));
  TRY(module_set(t, module, "Token", Borrowed<>(&types::ContextToken)));
  if (missing_word().is_empty()) {
    Local<ContextTokenMissing> missing = TRY(make_object<ContextTokenMissing>(t));
    Local<Dict> dict = types::ContextToken.dict.load(&types::ContextToken);
    TRY(dict_set_str(t, dict, "MISSING"_n, Local<>::share(missing.value())));
    type_modified(&types::ContextToken);
    __atomic_store_n(&missing_bits, missing.release().bits, __ATOMIC_RELEASE);
  }
  return ok();
}

}  // namespace

OROCHI_TYPE(Context, kContextDef)
OROCHI_TYPE(ContextVar, kContextVarDef)
OROCHI_TYPE(ContextToken, kContextTokenDef)
OROCHI_TYPE(ContextTokenMissing, kContextTokenMissingDef)
OROCHI_MODULE(_contextvars, "Context Variables", kFunctions, init_contextvars)

}  // namespace orochi
