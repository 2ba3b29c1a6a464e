// Functions, classes, type parameters and annotations (PEP 649, 695, 696, 749).
#include "compiler/compiler.h"

#include <algorithm>

#include "compiler/unparse.h"

namespace orochi {

using namespace ast;

// Push a function of `blob`. The operands of `flags` stand in the temps from `base` on; the closure is added here.
int32_t Compiler::make_function(std::unique_ptr<CodeBlob> blob, int32_t base, int32_t flags, int32_t dst) {
  Assembler& out = code();
  if (!blob->freevars.empty()) {
    int32_t start = out.depth;
    for (const std::string& name : blob->freevars) emit_cell(names_.intern(name));
    finish_op(Op::BuildTuple, kFresh, start, kTemp + start, int32_t(blob->freevars.size()));
    flags |= kFunctionClosure;
  }
  if (!result_.error.message.empty()) return kFailed;
  if (!out.reachable) {
    out.depth = base - kTemp;
    return take(dst);
  }
  Const c(ConstKind::Code);
  c.code = std::move(blob);
  int32_t index = add_const(std::move(c));
  return finish_op(Op::MakeFunction, dst, base - kTemp, base, flags, kNoLabel, index);
}

bool Compiler::decorators(const Seq<ExprNode*>& list) {
  for (ExprNode* d : list) {
    if (!fresh(d)) return false;
  }
  return true;
}

// The decorators stand in the temps from 0 on, the decorated object above them.
void Compiler::apply_decorators(const Seq<ExprNode*>& list) {
  Assembler& out = code();
  for (uint32_t i = list.size(); i-- > 0;) {
    at(*list[i]);
    int32_t base = kTemp + out.depth - 2;
    finish_op(Op::Call, kFresh, out.depth - 2, base, 1);
  }
}

bool Compiler::default_arguments(Arguments* args, int32_t& flags) {
  Assembler& out = code();
  if (!args->defaults.empty()) {
    int32_t depth = out.depth;
    ConstantValue all = ConstantValue::of(ConstantKind::Tuple);
    all.elements = arena_.make_array<ConstantValue>(args->defaults.size());
    all.size = args->defaults.size();
    bool constant = true;
    for (uint32_t i = 0; constant && i < all.size; i++) constant = fold(args->defaults[i], all.elements[i]);
    if (constant) {
      at(*args->defaults[0]);
      load_constant(all, kFresh);
    } else {
      for (ExprNode* e : args->defaults) {
        if (!fresh(e)) return false;
      }
      finish_op(Op::BuildTuple, kFresh, depth, kTemp + depth, int32_t(args->defaults.size()));
    }
    flags |= kFunctionDefaults;
  }
  int32_t depth = out.depth;
  int32_t count = 0;
  for (uint32_t i = 0; i < args->kw_defaults.size(); i++) {
    ExprNode* e = args->kw_defaults[i];
    if (e == nullptr) continue;
    at(*e);
    load_string(names_.text(mangled(names_.intern(args->kwonlyargs[i]->arg))), kFresh);
    if (!fresh(e)) return false;
    count++;
  }
  if (count > 0) {
    finish_op(Op::BuildMap, kFresh, depth, kTemp + depth, count);
    flags |= kFunctionKwDefaults;
  }
  return true;
}

void Compiler::set_arguments(Unit& unit, Arguments* args) {
  CodeBlob& b = *unit.blob;
  b.posonlyargcount = args->posonlyargs.size();
  b.argcount = b.posonlyargcount + args->args.size();
  b.kwonlyargcount = args->kwonlyargs.size();
}

bool Compiler::annotation_string(ExprNode* e, int32_t& result) {
  at(*e);
  result = load_string(arena_.copy(unparse(e)), kFresh);
  return true;
}

// Names and values of a signature's annotations, pushed alternately.
bool Compiler::annotation_pairs(Arguments* args, ExprNode* returns, int32_t& count, bool as_strings) {
  count = 0;
  auto one = [&](std::string_view name, ExprNode* e) -> bool {
    if (e == nullptr) return true;
    at(*e);
    load_string(names_.text(mangled(names_.intern(name))), kFresh);
    count++;
    int32_t text;
    if (as_strings) return annotation_string(e, text);
    if (e->kind == NodeKind::Starred) {
      // *args: *Ts
      int32_t depth = code().depth;
      int32_t r = expr(as_Starred(e)->value, kAny);
      if (r == kFailed) return false;
      at(*e);
      code().depth = depth;
      int32_t t = code().push();
      code().emit(Op::UnpackSequence, r, t, 1);
      return true;
    }
    return fresh(e);
  };
  auto list = [&](const Seq<Arg*>& items) {
    for (Arg* a : items) {
      if (!one(a->arg, a->annotation)) return false;
    }
    return true;
  };
  if (!list(args->args) || !list(args->posonlyargs)) return false;
  if (args->vararg != nullptr && !one(args->vararg->arg, args->vararg->annotation)) return false;
  if (!list(args->kwonlyargs)) return false;
  if (args->kwarg != nullptr && !one(args->kwarg->arg, args->kwarg->annotation)) return false;
  return one("return", returns);
}

// if format > VALUE_WITH_FAKE_GLOBALS: raise NotImplementedError
void Compiler::annotation_format_check() {
  Assembler& out = code();
  Label good = out.new_label();
  out.emit(Op::JumpIfNotGtI, 0, 2, 0, good);
  int32_t t = out.push();
  out.emit(Op::LoadCommonConstant, t, int32_t(CommonConstant::NotImplementedError));
  out.emit(Op::Raise, t);
  out.depth = 0;
  out.bind(good);
}

bool Compiler::function_annotations(Arguments* args, ExprNode* returns, const Location& where, int32_t& flags) {
  Scope* scope = table_.find(args);
  if (scope == nullptr || !scope->annotations_used) return true;
  Assembler& out = code();
  bool as_strings = (future_ & kCoFutureAnnotations) != 0;
  std::unique_ptr<CodeBlob> blob;
  {
    Unit unit;
    enter_unit(unit, scope, "__annotate__", where.lineno);
    unit.blob->argcount = unit.blob->posonlyargcount = 1;
    unit.blob->locals[0].name = "format";
    prologue();
    at(where);
    annotation_format_check();
    int32_t count;
    if (!annotation_pairs(args, returns, count, as_strings)) return false;
    at(where);
    int32_t t = finish_op(Op::BuildMap, kFresh, 0, kTemp, count);
    unit.code.emit(Op::Return, t);
    unit.code.depth = 0;
    blob = leave_unit();
    if (blob == nullptr) return false;
  }
  at(where);
  if (make_function(std::move(blob), kTemp + out.depth, 0, kFresh) == kFailed) return false;
  flags |= kFunctionAnnotate;
  return true;
}

// The annotate function of a module or class body; stored in its namespace.
bool Compiler::deferred_annotations(const char* stored_as) {
  Unit* owner = unit_;
  Scope* scope = owner->scope->annotation_block;
  if (scope == nullptr || owner->deferred.empty()) return true;
  std::unique_ptr<CodeBlob> blob;
  Location where;
  int32_t line = owner->is_class ? owner->blob->firstlineno : owner->first_statement_line;
  where.lineno = where.end_lineno = line;
  {
    Unit unit;
    enter_unit(unit, scope, "__annotate__", line);
    unit.blob->argcount = unit.blob->posonlyargcount = 1;
    unit.blob->locals[0].name = "format";
    prologue();
    at(where);
    annotation_format_check();
    Assembler& out = unit.code;
    int32_t dict = finish_op(Op::BuildMap, kFresh, 0, kTemp, 0);
    // The list can not grow here: nothing in an annotation is a statement.
    for (const DeferredAnnotation& d : owner->deferred) {
      Label skip = out.new_label();
      at(*d.node);
      if (d.index >= 0) {
        int32_t number = out.push();
        out.emit(Op::LoadInt, number, d.index);
        int32_t set;
        uint32_t free = unit.free_index.find(conditional_name_);
        if (free != UINT32_MAX) {
          set = finish_op(Op::LoadFree, kFresh, out.depth, int32_t(free));
        } else {
          set = finish_op(Op::LoadGlobal, kFresh, out.depth, name_index(conditional_name_));
        }
        out.depth = 1;
        out.emit(Op::JumpIfNotIn, number, set, 0, skip);
      }
      int32_t value = expr(d.node->annotation, kFresh);
      if (value == kFailed) return false;
      at(where);
      int32_t key = load_string(names_.text(mangled(names_.intern(as_Name(d.node->target)->id))), kFresh);
      out.emit(Op::MapAdd, dict, key, value);
      out.depth = 1;
      out.bind(skip);
    }
    at(where);
    out.emit(Op::Return, dict);
    out.depth = 0;
    blob = leave_unit();
    if (blob == nullptr) return false;
  }
  at(where);
  int32_t t = make_function(std::move(blob), kTemp + code().depth, 0, kFresh);
  if (t == kFailed) return false;
  store_name(stored_as, t);
  code().depth = 0;
  return true;
}

template <typename F>
std::unique_ptr<CodeBlob> Compiler::function_body(F* s, bool is_async, int32_t line) {
  Scope* scope = table_.find(s);
  Unit unit;
  enter_unit(unit, scope, s->name, line);
  unit.is_async = is_async;
  CodeBlob& b = *unit.blob;
  set_arguments(unit, s->args);
  if (scope->generator) b.flags |= is_async ? kCoAsyncGenerator : kCoGenerator;
  else if (is_async) b.flags |= kCoCoroutine;
  uint32_t first = 0;
  if (scope->has_docstring) {
    if (options_.optimize < 2) {
      b.flags |= kCoHasDocstring;
      add_const(to_const(clean_docstring(as_Constant(as_Expr(s->body[0])->value)->value)));
    }
    first = 1;
  }
  prologue();
  for (uint32_t i = first; i < s->body.size(); i++) {
    if (!stmt(s->body[i])) return nullptr;
  }
  no_position();
  unit.code.emit(Op::ReturnNone);
  close_generator();
  return leave_unit();
}

template <typename F>
bool Compiler::function(F* s, bool is_async) {
  Assembler& out = code();
  if (!decorators(s->decorator_list)) return false;
  int32_t line = s->decorator_list.empty() ? s->lineno : s->decorator_list[0]->lineno;
  int32_t start = out.depth;
  Location where = *s;
  at(where);
  bool generic = !s->type_params.empty();
  int32_t base;
  if (generic) {
    // The defaults are evaluated here and passed to the hidden function.
    int32_t fn = out.push();
    int32_t flags = 0;
    if (!default_arguments(s->args, flags)) return false;
    int32_t nargs = out.depth - start - 1;
    std::unique_ptr<CodeBlob> hidden;
    {
      Unit unit;
      Scope* scope = table_.find(&s->type_params);
      enter_unit(unit, scope, "<generic parameters of " + std::string(s->name) + ">", line);
      unit.blob->argcount = unit.blob->nparams;
      prologue();
      at(where);
      if (!type_params(s->type_params)) return false;
      int32_t params = kTemp;  // the tuple of parameters
      int32_t inner = unit.code.depth;
      int32_t inner_flags = 0, argument = 0;
      if ((flags & kFunctionDefaults) != 0) unit.code.emit(Op::Move, unit.code.push(), argument++);
      if ((flags & kFunctionKwDefaults) != 0) unit.code.emit(Op::Move, unit.code.push(), argument++);
      inner_flags = flags;
      if (!function_annotations(s->args, s->returns, where, inner_flags)) return false;
      auto blob = function_body(s, is_async, line);
      if (blob == nullptr) return false;
      at(where);
      int32_t f = make_function(std::move(blob), kTemp + inner, inner_flags, kFresh);
      if (f == kFailed) return false;
      int32_t pair = unit.code.push();
      unit.code.push();
      unit.code.emit(Op::Move, pair, f);
      unit.code.emit(Op::Move, pair + 1, params);
      unit.code.emit(Op::CallIntrinsic2, params, int32_t(Intrinsic2::SetFunctionTypeParams), pair);
      unit.code.emit(Op::Return, params);
      unit.code.depth = 0;
      hidden = leave_unit();
      if (hidden == nullptr) return false;
    }
    at(where);
    // The callable's slot is below its arguments and still empty: make the function above, then move it down.
    int32_t above = kTemp + out.depth;
    int32_t made = make_function(std::move(hidden), above, 0, kFresh);
    if (made == kFailed) return false;
    out.emit(Op::Move, fn, made);
    base = finish_op(Op::Call, kFresh, start, fn, nargs);
  } else {
    int32_t flags = 0;
    if (!default_arguments(s->args, flags)) return false;
    if (!function_annotations(s->args, s->returns, where, flags)) return false;
    auto blob = function_body(s, is_async, line);
    if (blob == nullptr) return false;
    at(where);
    base = make_function(std::move(blob), kTemp + start, flags, kFresh);
    if (base == kFailed) return false;
  }
  apply_decorators(s->decorator_list);
  at(where);
  store_name(names_.intern(s->name), kTemp);
  out.depth = 0;
  return true;
}
template bool Compiler::function(FunctionDef*, bool);
template bool Compiler::function(AsyncFunctionDef*, bool);

int32_t Compiler::lambda(Lambda* e, int32_t dst) {
  Assembler& out = code();
  int32_t base = kTemp + out.depth;
  int32_t flags = 0;
  if (!default_arguments(e->args, flags)) return kFailed;
  std::unique_ptr<CodeBlob> blob;
  {
    Scope* scope = table_.find(e);
    Unit unit;
    enter_unit(unit, scope, "<lambda>", e->lineno);
    unit.is_lambda = true;
    set_arguments(unit, e->args);
    if (scope->generator) unit.blob->flags |= kCoGenerator;
    prologue();
    int32_t r = expr(e->body, kAny);
    if (r == kFailed) return kFailed;
    at(*e->body);
    if (scope->generator) {
      // The value of a generator lambda is the generator's return value.
      unit.code.emit(Op::Return, r);
    } else {
      unit.code.emit(Op::Return, r);
    }
    unit.code.depth = 0;
    close_generator();
    blob = leave_unit();
    if (blob == nullptr) return kFailed;
  }
  at(*e);
  return make_function(std::move(blob), base, flags, dst);
}

// ---- classes ----

bool Compiler::class_body(ClassDef* s, std::unique_ptr<CodeBlob>& blob) {
  Scope* scope = table_.find(s);
  int32_t line = s->decorator_list.empty() ? s->lineno : s->decorator_list[0]->lineno;
  Unit unit;
  enter_unit(unit, scope, s->name, line);
  unit.private_name = names_.intern(s->name);
  prologue();
  Assembler& out = unit.code;
  out.position = {line, line, 0, 0};
  auto store = [&](std::string_view name, int32_t t) {
    store_name(name, t);
    out.depth = 0;
  };
  store("__module__", load_name("__name__", kFresh));
  store("__qualname__", load_string(arena_.copy(unit.blob->qualname), kFresh));
  store("__firstlineno__", load_constant(ConstantValue::of_int(line), kFresh));
  if (!s->type_params.empty()) store("__type_params__", load_name(".type_params", kFresh));
  if (unit.classdict_cell >= 0) {
    int32_t t = out.push();
    out.emit(Op::LoadLocals, t);
    out.emit(Op::StoreDeref, unit.classdict_cell, t);
    out.depth = 0;
  }
  if (unit.conditional_cell >= 0) {
    int32_t t = out.push();
    out.emit(Op::BuildSet, t, t, 0);
    out.emit(Op::StoreDeref, unit.conditional_cell, t);
    out.depth = 0;
  }
  if (!body_with_docstring(s->body)) return false;
  out.position = {line, line, 0, 0};
  if (!deferred_annotations("__annotate_func__")) return false;
  out.position = {line, line, 0, 0};
  std::vector<std::string> attributes(unit.static_attributes.begin(), unit.static_attributes.end());
  std::sort(attributes.begin(), attributes.end());
  Const tuple(ConstKind::Tuple);
  for (const std::string& name : attributes) {
    tuple.items.push_back(to_const(ConstantValue::of_text(ConstantKind::Str, names_.text(mangle(names_, unit.private_name, names_.intern(name))))));
  }
  if (out.reachable) store("__static_attributes__", load_const_index(add_const(std::move(tuple)), kFresh));
  if (unit.classdict_cell >= 0) {
    int32_t t = out.push();
    out.emit(Op::Copy, t, unit.classdict_cell);
    store("__classdictcell__", t);
  }
  if (unit.class_cell >= 0) {
    int32_t t = out.push();
    out.emit(Op::Copy, t, unit.class_cell);
    store("__classcell__", t);
    t = out.push();
    out.emit(Op::Copy, t, unit.class_cell);
    out.emit(Op::Return, t);
    out.depth = 0;
  } else {
    out.emit(Op::ReturnNone);
  }
  blob = leave_unit();
  return blob != nullptr;
}

bool Compiler::class_def(ClassDef* s) {
  Assembler& outer_code = code();
  if (!decorators(s->decorator_list)) return false;
  int32_t start = outer_code.depth;
  Location where = *s;
  at(where);
  bool generic = !s->type_params.empty();
  Unit hidden;
  int32_t generic_base = -1;
  if (generic) {
    Scope* scope = table_.find(&s->type_params);
    int32_t line = s->decorator_list.empty() ? s->lineno : s->decorator_list[0]->lineno;
    enter_unit(hidden, scope, "<generic parameters of " + std::string(s->name) + ">", line);
    hidden.private_name = names_.intern(s->name);
    prologue();
    at(where);
    if (!type_params(s->type_params)) return false;
    store_name(".type_params", kTemp);
    code().depth = 0;
  }
  Assembler& out = code();
  int32_t base = out.push();
  at(where);
  out.emit(Op::LoadBuildClass, base);
  std::unique_ptr<CodeBlob> blob;
  if (!class_body(s, blob)) return false;
  at(where);
  if (make_function(std::move(blob), kTemp + out.depth, 0, kFresh) == kFailed) return false;
  load_string(s->name, kFresh);
  if (generic) {
    int32_t depth = out.depth;
    int32_t params = load_name(".type_params", kFresh);
    int32_t t = finish_op(Op::CallIntrinsic1, kFresh, depth, int32_t(Intrinsic1::SubscriptGeneric), params);
    Place place = resolve(names_.intern(".generic_base"));
    store_place(place, t);
    out.depth = depth;
    generic_base = place.reg;
  }
  int32_t r = call_arguments(base, false, s->bases, s->keywords, kFresh, where, 2, generic_base);
  if (r == kFailed) return false;
  if (generic) {
    at(where);
    out.emit(Op::Return, r);
    out.depth = 0;
    auto wrapper = leave_unit();
    if (wrapper == nullptr) return false;
    at(where);
    int32_t fn = make_function(std::move(wrapper), kTemp + start, 0, kFresh);
    if (fn == kFailed) return false;
    finish_op(Op::Call, kFresh, start, fn, 0);
  }
  apply_decorators(s->decorator_list);
  at(where);
  store_name(names_.intern(s->name), kTemp);
  code().depth = 0;
  return true;
}

// ---- type parameters ----

// A lazily evaluated expression as a function, pushed.
bool Compiler::type_param_evaluator(ExprNode* value, const void* key, std::string_view name, bool allow_starred,
                                    const Location& where) {
  Assembler& out = code();
  int32_t base = kTemp + out.depth;
  at(*value);
  ConstantValue one = ConstantValue::of(ConstantKind::Tuple);
  one.elements = arena_.make_array<ConstantValue>(1);
  one.elements[0] = ConstantValue::of_int(1);  // annotationlib.Format.VALUE
  one.size = 1;
  load_constant(one, kFresh);
  std::unique_ptr<CodeBlob> blob;
  {
    Unit unit;
    enter_unit(unit, table_.find(key), name, where.lineno);
    unit.blob->argcount = unit.blob->posonlyargcount = 1;
    prologue();
    at(where);
    annotation_format_check();
    int32_t r;
    if (allow_starred && value->kind == NodeKind::Starred) {
      int32_t source = expr(as_Starred(value)->value, kAny);
      if (source == kFailed) return false;
      at(*value);
      unit.code.depth = 0;
      r = unit.code.push();
      unit.code.emit(Op::UnpackSequence, source, r, 1);
    } else {
      r = expr(value, kAny);
      if (r == kFailed) return false;
    }
    at(*value);
    unit.code.emit(Op::Return, r);
    unit.code.depth = 0;
    blob = leave_unit();
    if (blob == nullptr) return false;
  }
  at(*value);
  return make_function(std::move(blob), base, kFunctionDefaults, kFresh) != kFailed;
}

// Each parameter is stored under its name; the tuple of all is left in a new temp.
bool Compiler::type_params(const Seq<TypeParamNode*>& params) {
  Assembler& out = code();
  int32_t depth = out.depth;
  bool seen_default = false;
  for (TypeParamNode* p : params) {
    int32_t d = out.depth;
    std::string_view name;
    ExprNode* default_value;
    at(*p);
    int32_t t;
    if (p->kind == NodeKind::TypeVar) {
      auto* tv = as_TypeVar(p);
      name = tv->name;
      default_value = tv->default_value;
      load_string(name, kFresh);
      if (tv->bound != nullptr) {
        if (!type_param_evaluator(tv->bound, p, name, false, *tv->bound)) return false;
        at(*p);
        t = finish_op(Op::CallIntrinsic2, kFresh, d,
                      int32_t(is<Tuple>(tv->bound) ? Intrinsic2::TypeVarWithConstraints : Intrinsic2::TypeVarWithBound), kTemp + d);
      } else {
        t = finish_op(Op::CallIntrinsic1, kFresh, d, int32_t(Intrinsic1::TypeVar), kTemp + d);
      }
    } else {
      bool spec = p->kind == NodeKind::ParamSpec;
      name = spec ? as_ParamSpec(p)->name : as_TypeVarTuple(p)->name;
      default_value = spec ? as_ParamSpec(p)->default_value : as_TypeVarTuple(p)->default_value;
      load_string(name, kFresh);
      t = finish_op(Op::CallIntrinsic1, kFresh, d, int32_t(spec ? Intrinsic1::ParamSpec : Intrinsic1::TypeVarTuple), kTemp + d);
    }
    if (default_value != nullptr) {
      seen_default = true;
      if (!type_param_evaluator(default_value, reinterpret_cast<const char*>(p) + 1, name, p->kind == NodeKind::TypeVarTuple, *default_value)) return false;
      at(*p);
      t = finish_op(Op::CallIntrinsic2, kFresh, d, int32_t(Intrinsic2::SetTypeParamDefault), kTemp + d);
    } else if (seen_default) {
      return fail(*p, "non-default type parameter '" + std::string(name) + "' follows default type parameter");
    }
    int32_t copy = out.push();
    out.emit(Op::Copy, copy, t);
    store_name(names_.intern(name), copy);
    out.depth = d + 1;
  }
  finish_op(Op::BuildTuple, kFresh, depth, kTemp + depth, int32_t(params.size()));
  return true;
}

bool Compiler::type_alias(TypeAlias* s) {
  if (s->name->kind != NodeKind::Name) return fail(*s->name, "expected a name");
  std::string_view name = as_Name(s->name)->id;
  Location where = *s;
  bool generic = !s->type_params.empty();
  Unit hidden;
  if (generic) {
    enter_unit(hidden, table_.find(&s->type_params), "<generic parameters of " + std::string(name) + ">", s->lineno);
    prologue();
    at(where);
  }
  Assembler& out = code();
  load_string(name, kFresh);
  if (generic) {
    if (!type_params(s->type_params)) return false;
  } else {
    out.emit(Op::LoadNone, out.push());
  }
  if (!type_param_evaluator(s->value, s, name, false, where)) return false;
  at(where);
  int32_t t = finish_op(Op::BuildTuple, kFresh, 0, kTemp, 3);
  t = finish_op(Op::CallIntrinsic1, kFresh, 0, int32_t(Intrinsic1::TypeAlias), t);
  if (generic) {
    out.emit(Op::Return, t);
    out.depth = 0;
    auto blob = leave_unit();
    if (blob == nullptr) return false;
    at(where);
    int32_t fn = make_function(std::move(blob), kTemp, 0, kFresh);
    if (fn == kFailed) return false;
    finish_op(Op::Call, kFresh, 0, fn, 0);
  }
  store_name(names_.intern(name), kTemp);
  code().depth = 0;
  return true;
}

}  // namespace orochi
