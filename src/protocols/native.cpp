// The argument binder of native functions: everything but the plain positional call, which the stubs do inline.
#include "protocols/native.h"

#include <cstring>

#include "objects/dict.h"
#include "objects/shape_table.h"
#include "objects/tuple.h"
#include "protocols/call.h"

namespace orochi {

Result<Local<>> (*import_module_hook)(Thread& t, Borrowed<Str> name) = nullptr;

Binding::~Binding() { free_raw(owned_names); }

namespace {

// How Python names the callee in messages: "pop" for most; methods' own instance does not count as an argument.
int hidden_params(const NativeDef& def) { return def.is_method() ? 1 : 0; }

bool all_positional_only(const SignatureInfo& s) { return s.positional == s.positional_only && s.count == s.positional; }

bool name_is(const NativeDef& def, int i, Borrowed<Str> name) { return name->equals_ascii(def.param_name(i)); }

}  // namespace

// "str." before a method's name, where Python's messages have it.
static Result<Local<Str>> method_prefix(Thread& t, const NativeDef& def, const CallArgs& args) {
  if (!(def.flags & kNativeMethod) || args.count == 0) return Local<Str>::share(empty_str());
  Type* type = type_of(args.values[0]);
  while (type->is_heap_type()) type = type->base.borrow().get();
  return format_str(t, "{}.", type);
}

Raised raise_arity(Thread& t, const NativeDef& def, const CallArgs& args) {
  const SignatureInfo& s = def.signature;
  int hidden = hidden_params(def);
  size_t given = args.count >= static_cast<size_t>(hidden) ? args.count - hidden : 0;
  int minimum = s.required - hidden, maximum = s.positional - hidden;
  if (minimum < 0) minimum = 0;
  std::string_view name = def.name();
  if (def.is_method() && args.count == 0) {
    return raise(t, types::TypeError, "unbound method {}() needs an argument", name);
  }
  if (all_positional_only(s)) {
    if (maximum == 0 || (minimum == 1 && maximum == 1)) {
      auto prefix = method_prefix(t, def, args);
      if (prefix.raised()) return {};
      const char* wanted = maximum == 0 ? "no arguments" : "exactly one argument";
      return raise(t, types::TypeError, "{}{}() takes {} ({} given)", *prefix, name, wanted, given);
    }
    const char* plural = [](int n) { return n == 1 ? "" : "s"; }(minimum == maximum || given < static_cast<size_t>(minimum) ? minimum : maximum);
    if (minimum == maximum) {
      return raise(t, types::TypeError, "{} expected {} argument{}, got {}", name, minimum, plural, given);
    }
    bool few = given < static_cast<size_t>(minimum);
    return raise(t, types::TypeError, "{} expected at {} {} argument{}, got {}", name, few ? "least" : "most",
                 few ? minimum : maximum, plural, given);
  }
  if (given > static_cast<size_t>(maximum)) {
    if (maximum == 0) return raise(t, types::TypeError, "{}() takes no positional arguments", name);
    size_t names = args.has_names() ? args.names->length() : 0;
    size_t total = given + names;
    bool keyword_only = s.count > s.positional;
    if (keyword_only && !names) {
      return raise(t, types::TypeError, "{}() takes {} {} positional argument{} ({} given)", name,
                   minimum == maximum ? "exactly" : "at most", maximum, maximum == 1 ? "" : "s", given);
    }
    return raise(t, types::TypeError, "{}() takes {} {} {}argument{} ({} given)", name,
                 minimum == maximum ? "exactly" : "at most", maximum, names ? "" : "", maximum == 1 ? "" : "s", total);
  }
  for (int i = static_cast<int>(args.count); i < s.required; i++) {
    return raise(t, types::TypeError, "{}() missing required argument '{}' (pos {})", name, def.param_name(i),
                 i + 1 - hidden);
  }
  return raise(t, types::TypeError, "{}() got bad arguments", name);
}

bool bind_slow(Thread& t, const NativeDef& def, const CallArgs& args, Binding* out) {
  const SignatureInfo& s = def.signature;
  int hidden = hidden_params(def);
  std::string_view name = def.name();
  size_t taken = args.count < s.positional ? args.count : s.positional;
  for (size_t i = 0; i < taken; i++) out->bound[i] = args.values[i];
  if (args.count > s.positional) {
    if (!s.has_rest) {
      (void)raise_arity(t, def, args);
      return false;
    }
    out->rest = Rest{args.values + s.positional, args.count - s.positional};
  }
  size_t names = args.has_names() ? args.names->length() : 0;
  if (names) {
    bool accepts_names = s.has_kwrest;
    for (int i = 0; i < s.count && !accepts_names; i++) {
      accepts_names = s.params[i].kind == ParamKind::Normal || s.params[i].kind == ParamKind::KeywordOnly;
    }
    if (!accepts_names) {
      (void)raise(t, types::TypeError, "{}() takes no keyword arguments", name);
      return false;
    }
    if (s.has_kwrest) {
      out->owned_names = static_cast<Value*>(allocate_raw(2 * names * sizeof(Value)));
      if (!out->owned_names) {
        (void)raise_no_memory(t);
        return false;
      }
      out->kwrest.names = out->owned_names;
      out->kwrest.values = out->owned_names + names;
    }
    for (size_t k = 0; k < names; k++) {
      Borrowed<> key = args.names->at(k);
      Value value = args.values[args.count + k];
      int found = -1;
      if (is_str(key)) {
        for (int i = 0; i < s.count && found < 0; i++) {
          ParamKind kind = s.params[i].kind;
          if ((kind == ParamKind::Normal || kind == ParamKind::KeywordOnly) && i >= hidden &&
              name_is(def, i, key.as<Str>())) {
            found = i;
          }
        }
      }
      if (found >= 0) {
        if (out->bound[found]) {
          if (static_cast<size_t>(found) < taken) {
            (void)raise(t, types::TypeError, "argument for {}() given by name ('{}') and position ({})", name,
                        key.as<Str>(), found + 1 - hidden);
          } else {
            (void)raise(t, types::TypeError, "{}() got multiple values for argument '{}'", name, key.as<Str>());
          }
          return false;
        }
        out->bound[found] = value;
      } else if (s.has_kwrest) {
        const_cast<Value*>(out->kwrest.names)[out->kwrest.count] = key;
        const_cast<Value*>(out->kwrest.values)[out->kwrest.count++] = value;
      } else {
        if (!is_str(key)) {
          (void)raise(t, types::TypeError, "keywords must be strings");
        } else {
          for (int i = hidden; i < s.count; i++) {
            if (s.params[i].kind == ParamKind::PositionalOnly && name_is(def, i, key.as<Str>())) {
              (void)raise(t, types::TypeError,
                          "{}() got some positional-only arguments passed as keyword arguments: '{}'", name,
                          key.as<Str>());
              return false;
            }
          }
          (void)raise(t, types::TypeError, "{}() got an unexpected keyword argument '{}'", name, key.as<Str>());
        }
        return false;
      }
    }
  }
  for (int i = 0; i < s.count; i++) {
    const ParamInfo& p = s.params[i];
    if (p.default_kind != DefaultKind::Required || out->bound[i]) continue;
    if (p.kind == ParamKind::Rest || p.kind == ParamKind::KwRest) continue;
    if (p.kind == ParamKind::KeywordOnly) {
      (void)raise(t, types::TypeError, "{}() missing required keyword-only argument '{}'", name, def.param_name(i));
    } else if (p.kind == ParamKind::PositionalOnly || args.count < static_cast<size_t>(hidden)) {
      (void)raise_arity(t, def, args);
    } else {
      (void)raise(t, types::TypeError, "{}() missing required argument '{}' (pos {})", name, def.param_name(i),
                  i + 1 - hidden);
    }
    return false;
  }
  return true;
}

Raised raise_argument_type(Thread& t, const NativeDef& def, int param, const Type& expected, Value got) {
  const SignatureInfo& s = def.signature;
  int hidden = hidden_params(def);
  if (param < hidden) {
    return raise(t, types::TypeError, "descriptor '{}' for '{}' objects doesn't apply to a '{}' object", def.name(),
                 &expected, TypeName(got));
  }
  const char* got_none = got == kNone ? "None" : nullptr;
  Local<Str> got_name = type_of(got)->name.load(type_of(got));
  int visible = s.count - hidden;
  FormatArg shown = got_none ? FormatArg(got_none) : FormatArg(got_name);
  if (s.params[param].kind == ParamKind::PositionalOnly) {
    if (visible == 1) {
      return raise(t, types::TypeError, "{}() argument must be {}, not {}", def.name(), &expected, shown);
    }
    return raise(t, types::TypeError, "{}() argument {} must be {}, not {}", def.name(), param + 1 - hidden, &expected,
                 shown);
  }
  return raise(t, types::TypeError, "{}() argument '{}' must be {}, not {}", def.name(), def.param_name(param),
               &expected, shown);
}

Value invoke_with_first(Thread& t, const NativeDef& def, Borrowed<> first, const CallArgs& args) {
  size_t total = args.count + (args.has_names() ? args.names->length() : 0);
  Value inline_values[10];
  Value* values = total + 1 <= std::size(inline_values)
                      ? inline_values
                      : static_cast<Value*>(allocate_raw((total + 1) * sizeof(Value)));
  if (!values) {
    (void)raise_no_memory(t);
    return Value();
  }
  values[0] = first;
  for (size_t i = 0; i < total; i++) values[i + 1] = args.values[i];
  Value r = def.stub(t, def, CallArgs{values, args.count + 1, args.names});
  if (values != inline_values) free_raw(values);
  return r;
}

Result<Local<NativeFunction>> make_native_function(Mutator& m, const NativeDef& def, Borrowed<> self,
                                                   Borrowed<> module) {
  Local<NativeFunction> f = TRY(make_object<NativeFunction>(m));
  f->def = &def;
  if (self) f->self.init_share(self);
  if (module) f->module.init_share(module);
  return f;
}

Result<Local<>> allocate_instance(Mutator& m, Borrowed<Type> cls, size_t variable_items) {
  Shape* shape = __atomic_load_n(&cls->root_shape, __ATOMIC_ACQUIRE);  // pairs with slots_set
  Object* object = allocate_object(m, shape, instance_size(shape, variable_items));
  if (!object) return raise_no_memory(m);
  return Local<>::adopt(Value(object));
}

Result<void> module_set(Thread& t, Borrowed<Module> module, const char* name, Borrowed<> value) {
  Local<Str> key = TRY(intern(t, std::string_view(name)));
  return dict_set_str(t, module->dict.borrow(), key, Local<>::share(value));
}
Result<void> module_set_int(Thread& t, Borrowed<Module> module, const char* name, int64_t value) {
  Local<> v = TRY(make_int(t, value));
  return module_set(t, module, name, v);
}
Result<void> module_set_str(Thread& t, Borrowed<Module> module, const char* name, std::string_view utf8) {
  Local<Str> v = TRY(make_str(t, utf8));
  return module_set(t, module, name, v);
}

}  // namespace orochi
