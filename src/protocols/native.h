// Declaring native functions, methods, properties, types and modules.
//
//   static Result<Local<>> math_gcd(Thread& t, Rest integers) {…}
//   constexpr NativeDef kFunctions[] = {function<math_gcd>("gcd(*integers)", "Greatest common divisor.")};
//   OROCHI_MODULE(math, "Mathematical functions.", kFunctions, init_math);
//
// The text is parsed at compile time against the C++ parameters: one C++ parameter per Python parameter, in order,
// after the capability (Thread& or Mutator&). A mismatch does not build. From the row come the calling stub, argument
// errors worded as Python's, __text_signature__, __doc__.
//
// C++ parameter types:
//   Borrowed<>      any object                      Borrowed<T>   a T (type checked; exact wording of the TypeError)
//   Index           via __index__                   int64_t, int32_t   via __index__, OverflowError
//   double          via __float__                   bool          truth value
//   Maybe<X>        X, or nothing if omitted        OrNone<X>     X, or nothing if omitted or None
//   Rest            *args                           KwRest        **kwargs
// Defaults in the text (None, True, False, integers) are used for Borrowed<>, Index, integers, double, bool; any other
// default needs Maybe or OrNone and is documentation. Arguments stay alive for the whole call.
#pragma once

#include <tuple>

#include "objects/exception.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/str.h"
#include "protocols/operators.h"

namespace orochi {

struct Index {
  int64_t value;
  operator int64_t() const { return value; }
};
template <typename X>
struct Maybe {
  bool present = false;
  X value{};
  explicit operator bool() const { return present; }
  X operator*() const { return value; }
  const X* operator->() const { return &value; }
  X value_or(X other) const { return present ? value : other; }
};
template <typename X>
struct OrNone : Maybe<X> {};
struct Rest {
  const Value* values = nullptr;
  size_t count = 0;
  Borrowed<> operator[](size_t i) const { return values[i]; }
  const Value* begin() const { return values; }
  const Value* end() const { return values + count; }
};
struct KwRest {  // names are str
  const Value* names = nullptr;
  const Value* values = nullptr;
  size_t count = 0;
};

enum class ParamKind : uint8_t { PositionalOnly, Normal, KeywordOnly, Rest, KwRest };
enum class DefaultKind : uint8_t { Required, None, True, False, Int, Opaque };

struct ParamInfo {
  uint16_t name_start = 0;   // into NativeDef::text
  uint8_t name_length = 0;
  ParamKind kind = ParamKind::Normal;
  DefaultKind default_kind = DefaultKind::Required;
  int32_t default_int = 0;
};
inline constexpr int kMaxParams = 18;

struct SignatureInfo {
  uint8_t name_length = 0;
  uint8_t count = 0;              // all parameters
  uint8_t positional = 0;         // positional-only and normal ones
  uint8_t positional_only = 0;
  uint8_t required = 0;           // leading positional parameters without default
  bool has_rest = false;
  bool has_kwrest = false;
  bool required_keywords = false; // some keyword-only parameter has no default
  ParamInfo params[kMaxParams];
};

enum NativeFlag : uint8_t {
  kNativeMethod = 1,   // first parameter is the instance
  kNativeStatic = 2,
  kNativeClass = 4,    // first parameter is the class
  kNativeLockSelf = 8,
  kNativeHidden = 16,  // no __text_signature__
};
enum class Locks : uint8_t { None = 0, Self = kNativeLockSelf };

struct NativeDef {
  using Stub = Value (*)(Thread& t, const NativeDef& def, const CallArgs& args);  // owned result or empty
  const char* text;
  const char* doc;
  Stub stub;
  uint8_t flags;
  SignatureInfo signature;
  std::string_view name() const { return {text, signature.name_length}; }
  std::string_view param_name(int i) const {
    return {text + signature.params[i].name_start, signature.params[i].name_length};
  }
  bool is_method() const { return flags & (kNativeMethod | kNativeClass); }
};

// The general argument binder: keywords, *args, wrong counts. False: raised.
struct Binding {
  Value bound[kMaxParams] = {};   // empty: omitted
  Rest rest;
  KwRest kwrest;
  Value* owned_names = nullptr;   // freed by the destructor
  ~Binding();
};
bool bind_slow(Thread& t, const NativeDef& def, const CallArgs& args, Binding* out);
Raised raise_argument_type(Thread& t, const NativeDef& def, int param, const Type& expected, Value got);
Raised raise_arity(Thread& t, const NativeDef& def, const CallArgs& args);

namespace native_detail {

// Undefined on purpose: naming one in a consteval function is the compile-time complaint.
void the_signature_text_is_malformed();
void parameter_count_differs_from_the_signature_text();
void too_many_parameters();

consteval bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

consteval SignatureInfo parse_signature(const char* text) {
  SignatureInfo s;
  int i = 0;
  while (is_name_char(text[i])) i++;
  s.name_length = static_cast<uint8_t>(i);
  if (text[i] != '(') the_signature_text_is_malformed();
  i++;
  bool keyword_only = false;
  while (true) {
    while (text[i] == ' ') i++;
    if (text[i] == ')') break;
    if (text[i] == '\0') the_signature_text_is_malformed();
    if (text[i] == '/') {
      for (int k = 0; k < s.count; k++) {
        if (s.params[k].kind == ParamKind::Normal) {
          s.params[k].kind = ParamKind::PositionalOnly;
          s.positional_only++;
        }
      }
      i++;
    } else if (text[i] == '*' && (text[i + 1] == ',' || text[i + 1] == ' ')) {
      keyword_only = true;
      i++;
    } else {
      if (s.count == kMaxParams) too_many_parameters();
      ParamInfo& p = s.params[s.count++];
      p.kind = keyword_only ? ParamKind::KeywordOnly : ParamKind::Normal;
      if (text[i] == '*' && text[i + 1] == '*') {
        p.kind = ParamKind::KwRest;
        s.has_kwrest = true;
        i += 2;
      } else if (text[i] == '*') {
        p.kind = ParamKind::Rest;
        s.has_rest = true;
        keyword_only = true;
        i++;
      }
      p.name_start = static_cast<uint16_t>(i);
      while (is_name_char(text[i])) i++;
      p.name_length = static_cast<uint8_t>(i - p.name_start);
      if (p.name_length == 0) the_signature_text_is_malformed();
      if (text[i] == '=') {
        i++;
        int start = i, depth = 0;
        char quote = 0;
        while (text[i] != '\0' && (quote || depth > 0 || (text[i] != ',' && text[i] != ')'))) {
          if (quote) {
            if (text[i] == '\\') i++;
            else if (text[i] == quote) quote = 0;
          } else if (text[i] == '\'' || text[i] == '"') {
            quote = text[i];
          } else if (text[i] == '(' || text[i] == '[' || text[i] == '{') {
            depth++;
          } else if (text[i] == ')' || text[i] == ']' || text[i] == '}') {
            depth--;
          }
          i++;
        }
        std::string_view d(text + start, static_cast<size_t>(i - start));
        p.default_kind = DefaultKind::Opaque;
        if (d == "None") p.default_kind = DefaultKind::None;
        else if (d == "True") p.default_kind = DefaultKind::True;
        else if (d == "False") p.default_kind = DefaultKind::False;
        else if (!d.empty()) {
          size_t k = d[0] == '-' ? 1 : 0;
          int64_t n = 0;
          bool digits = k < d.size();
          for (; k < d.size(); k++) {
            if (d[k] < '0' || d[k] > '9') digits = false;
            else n = n * 10 + (d[k] - '0');
          }
          if (digits) {
            p.default_kind = DefaultKind::Int;
            p.default_int = static_cast<int32_t>(d[0] == '-' ? -n : n);
          }
        }
      }
      if (p.kind == ParamKind::Normal) {
        s.positional++;
        if (p.default_kind == DefaultKind::Required) s.required = s.positional;
      } else if (p.kind == ParamKind::KeywordOnly && p.default_kind == DefaultKind::Required) {
        s.required_keywords = true;
      }
    }
    while (text[i] == ' ') i++;
    if (text[i] == ',') i++;
    else if (text[i] != ')') the_signature_text_is_malformed();
  }
  return s;
}

inline Value default_value(const ParamInfo& p) {
  switch (p.default_kind) {
    case DefaultKind::None: return kNone;
    case DefaultKind::True: return kTrue;
    case DefaultKind::False: return kFalse;
    case DefaultKind::Int: return Value::fixnum(p.default_int);
    default: return Value();
  }
}

// Conversions. from() gets a present argument; missing() fills from the default.
template <typename P>
struct Convert;

template <typename T>
struct Convert<Borrowed<T>> {
  using Storage = Borrowed<T>;
  static bool from(Thread& t, const NativeDef& def, int i, Value v, Storage& out) {
    if constexpr (!kIsAny<T>) {
      if (OROCHI_UNLIKELY(!is_a<T>(v))) {
        (void)raise_argument_type(t, def, i, T::python_type(), v);
        return false;
      }
    }
    out = Borrowed<T>(v);
    return true;
  }
  static void missing(const ParamInfo& p, Storage& out) { out = Borrowed<T>(default_value(p)); }
};
template <>
struct Convert<Index> {
  using Storage = Index;
  static bool from(Thread& t, const NativeDef&, int, Value v, Storage& out) {
    if (OROCHI_LIKELY(v.is_fixnum())) {
      out.value = v.as_fixnum();
      return true;
    }
    auto r = to_index(t, v);
    if (r.raised()) return false;
    out.value = *r;
    return true;
  }
  static void missing(const ParamInfo& p, Storage& out) { out.value = p.default_int; }
};
template <>
struct Convert<int64_t> {
  using Storage = int64_t;
  static bool from(Thread& t, const NativeDef&, int, Value v, Storage& out) {
    auto r = to_int64(t, v);
    if (r.raised()) return false;
    out = *r;
    return true;
  }
  static void missing(const ParamInfo& p, Storage& out) { out = p.default_int; }
};
template <>
struct Convert<int32_t> {
  using Storage = int32_t;
  static bool from(Thread& t, const NativeDef&, int, Value v, Storage& out) {
    auto r = to_int32(t, v);
    if (r.raised()) return false;
    out = *r;
    return true;
  }
  static void missing(const ParamInfo& p, Storage& out) { out = static_cast<int32_t>(p.default_int); }
};
template <>
struct Convert<double> {
  using Storage = double;
  static bool from(Thread& t, const NativeDef&, int, Value v, Storage& out) {
    if (OROCHI_LIKELY(v.is_tagged_float())) {
      out = v.as_tagged_float();
      return true;
    }
    auto r = to_double(t, v);
    if (r.raised()) return false;
    out = *r;
    return true;
  }
  static void missing(const ParamInfo& p, Storage& out) { out = static_cast<double>(p.default_int); }
};
template <>
struct Convert<bool> {
  using Storage = bool;
  static bool from(Thread& t, const NativeDef&, int, Value v, Storage& out) {
    auto r = is_true(t, v);
    if (r.raised()) return false;
    out = *r;
    return true;
  }
  static void missing(const ParamInfo& p, Storage& out) {
    out = p.default_kind == DefaultKind::True || p.default_int != 0;
  }
};
template <typename X>
struct Convert<Maybe<X>> {
  using Storage = Maybe<X>;
  static bool from(Thread& t, const NativeDef& def, int i, Value v, Storage& out) {
    out.present = true;
    return Convert<X>::from(t, def, i, v, out.value);
  }
  static void missing(const ParamInfo&, Storage&) {}
};
template <typename X>
struct Convert<OrNone<X>> {
  using Storage = OrNone<X>;
  static bool from(Thread& t, const NativeDef& def, int i, Value v, Storage& out) {
    if (v == kNone) return true;
    out.present = true;
    return Convert<X>::from(t, def, i, v, out.value);
  }
  static void missing(const ParamInfo&, Storage&) {}
};
template <>
struct Convert<Rest> {
  using Storage = Rest;
};
template <>
struct Convert<KwRest> {
  using Storage = KwRest;
};

// Results to an owned word (empty: raised).
inline Value to_word(Thread&, Raised) { return Value(); }
template <typename T>
Value to_word(Thread&, Result<Local<T>>&& r) {
  return r.release();
}
template <typename T>
Value to_word(Thread&, Local<T>&& l) {
  return l.release();
}
inline Value to_word(Thread&, Value immediate) { return immediate; }
inline Value to_word(Thread&, bool b) { return Value::boolean(b); }
inline Value to_word(Thread& t, int64_t i) { return make_int(t, i).release(); }
inline Value to_word(Thread& t, double d) { return make_float(t, d).release(); }
inline Value to_word(Thread&, Result<void>&& r) { return r.raised() ? Value() : kNone; }
inline Value to_word(Thread&, Result<bool>&& r) { return r.raised() ? Value() : Value::boolean(*r); }
inline Value to_word(Thread& t, Result<int64_t>&& r) { return r.raised() ? Value() : make_int(t, *r).release(); }
inline Value to_word(Thread& t, Result<double>&& r) { return r.raised() ? Value() : make_float(t, *r).release(); }

template <auto Fn, typename Signature = decltype(Fn)>
struct Stub;

template <auto Fn, typename R, typename C, typename... P>
struct Stub<Fn, R (*)(C, P...)> {
  static constexpr int kCount = sizeof...(P);

  template <size_t I, typename Param>
  OROCHI_INLINE static bool convert_one(Thread& t, const NativeDef& def, const Value* values, size_t given,
                                        const Binding* binding, typename Convert<Param>::Storage& out) {
    if constexpr (std::is_same_v<Param, Rest>) {
      if (binding) out = binding->rest;
      return true;
    } else if constexpr (std::is_same_v<Param, KwRest>) {
      if (binding) out = binding->kwrest;
      return true;
    } else {
      Value v = I < given ? values[I] : Value();
      if (v.is_empty()) {
        Convert<Param>::missing(def.signature.params[I], out);
        return true;
      }
      return Convert<Param>::from(t, def, static_cast<int>(I), v, out);
    }
  }

  template <size_t... I>
  OROCHI_INLINE static Value run(Thread& t, const NativeDef& def, const Value* values, size_t given,
                                 const Binding* binding, std::index_sequence<I...>) {
    std::tuple<typename Convert<P>::Storage...> storage{};
    if (!(convert_one<I, P>(t, def, values, given, binding, std::get<I>(storage)) && ...)) return Value();
    if constexpr (std::is_same_v<C, Mutator&> && kCount > 0) {
      ObjectLock guard(t, def.flags & kNativeLockSelf ? values[0].as_object() : nullptr);
      return finish(t, storage, std::index_sequence<I...>());
    } else {
      return finish(t, storage, std::index_sequence<I...>());
    }
  }
  template <typename S, size_t... I>
  OROCHI_INLINE static Value finish(Thread& t, S& storage, std::index_sequence<I...>) {
    if constexpr (std::is_void_v<R>) {
      Fn(t, std::get<I>(storage)...);
      return kNone;
    } else {
      return to_word(t, Fn(t, std::get<I>(storage)...));
    }
  }

  static Value invoke(Thread& t, const NativeDef& def, const CallArgs& args) {
    const SignatureInfo& s = def.signature;
    if (OROCHI_LIKELY(!args.has_names() && args.count <= s.positional && args.count >= s.required && !s.has_rest &&
                      !s.required_keywords)) {
      return run(t, def, args.values, args.count, nullptr, std::make_index_sequence<sizeof...(P)>());
    }
    return invoke_slow(t, def, args);
  }
  OROCHI_NOINLINE static Value invoke_slow(Thread& t, const NativeDef& def, const CallArgs& args) {
    Binding binding;
    if (!bind_slow(t, def, args, &binding)) return Value();
    return run(t, def, binding.bound, kCount, &binding, std::make_index_sequence<sizeof...(P)>());
  }
};

template <auto Fn>
consteval NativeDef make_def(const char* text, const char* doc, uint8_t flags) {
  using S = Stub<Fn>;
  SignatureInfo info = parse_signature(text);
  if (info.count != S::kCount) parameter_count_differs_from_the_signature_text();
  return NativeDef{text, doc, &S::invoke, flags, info};
}

template <typename T>
Borrowed<T> self_as(Borrowed<> self, Borrowed<T>*) {
  return self.template as<T>();
}
template <auto Fn, typename Signature = decltype(Fn)>
struct GetterStub;
template <auto Fn, typename R, typename C, typename S>
struct GetterStub<Fn, R (*)(C, S)> {
  static Result<Local<>> invoke(Thread& t, Borrowed<> self) {
    return Result<Local<>>::adopt(to_word(t, Fn(t, self_as(self, static_cast<S*>(nullptr)))));
  }
};
template <auto Fn, typename Signature = decltype(Fn)>
struct SetterStub;
template <auto Fn, typename C, typename S>
struct SetterStub<Fn, Result<void> (*)(C, S, Borrowed<>)> {
  static Result<void> invoke(Thread& t, Borrowed<> self, Borrowed<> value) {
    return Fn(t, self_as(self, static_cast<S*>(nullptr)), value);
  }
};

}  // namespace native_detail

// A module-level function.
template <auto Fn>
consteval NativeDef function(const char* text, const char* doc) {
  return native_detail::make_def<Fn>(text, doc, 0);
}
// A method; the first parameter of text and Fn is self. Locks::Self: Fn takes Mutator& and runs under self's lock.
template <auto Fn>
consteval NativeDef method(const char* text, const char* doc, Locks locks = Locks::None) {
  return native_detail::make_def<Fn>(text, doc, static_cast<uint8_t>(kNativeMethod | static_cast<uint8_t>(locks)));
}
template <auto Fn>
consteval NativeDef class_method(const char* text, const char* doc) {  // first parameter: Borrowed<Type> cls
  return native_detail::make_def<Fn>(text, doc, kNativeClass);
}
template <auto Fn>
consteval NativeDef static_method(const char* text, const char* doc) {
  return native_detail::make_def<Fn>(text, doc, kNativeStatic);
}

// A property of a native type. Setter gets an empty value for `del`; nullptr setter: read-only.
struct GetSetDef {
  const char* name;
  const char* doc;
  Result<Local<>> (*get)(Thread&, Borrowed<> self);
  Result<void> (*set)(Thread&, Borrowed<> self, Borrowed<> value);
};
template <auto Get>
constexpr GetSetDef getter(const char* name, const char* doc) {
  return {name, doc, &native_detail::GetterStub<Get>::invoke, nullptr};
}
template <auto Get, auto Set>
constexpr GetSetDef getset(const char* name, const char* doc) {
  return {name, doc, &native_detail::GetterStub<Get>::invoke, &native_detail::SetterStub<Set>::invoke};
}

// In a TypeDef: OROCHI_METHODS(kMethods), OROCHI_GETSETS(kGetSets)
#define OROCHI_METHODS(array) .methods = array, .method_count = std::size(array)
#define OROCHI_GETSETS(array) .getsets = array, .getset_count = std::size(array)

// For `new_` and `init` slots: bind the arguments of a type call with a NativeDef made by arguments<Fn>(…), where Fn's
// first parameter is the class (new) or the instance (init):
//   static Result<Local<>> list_iter_new(Thread& t, Borrowed<Type> cls, Borrowed<> iterable) {…}
//   .new_ = new_slot<list_new>  with  constexpr NativeDef kListNew = arguments<list_new>("list(cls, iterable=(), /)");
template <auto Fn>
consteval NativeDef arguments(const char* text) {
  return native_detail::make_def<Fn>(text, nullptr, kNativeClass);
}
// Calls def's function with `first` put before args (names kept).
Value invoke_with_first(Thread& t, const NativeDef& def, Borrowed<> first, const CallArgs& args);
template <const NativeDef& Def>
Result<Local<>> new_slot(Thread& t, Borrowed<Type> cls, const CallArgs& args) {
  return Result<Local<>>::adopt(invoke_with_first(t, Def, cls, args));
}
template <const NativeDef& Def>
Result<void> init_slot(Thread& t, Borrowed<> self, const CallArgs& args) {
  Local<> r = Local<>::adopt(invoke_with_first(t, Def, self, args));
  if (!r) return Raised{};
  return ok();
}

// ---- Native function objects ------------------------------------------------------------------------------------
struct NativeFunction : Object {  // builtin_function_or_method, method_descriptor, classmethod_descriptor
  static Type& python_type();
  const NativeDef* def;
  Field<> self;      // bound instance, module or class; empty: unbound
  Field<> module;    // module name (str) or None
  Field<Type> owner; // the type it was declared in, or empty
};
Result<Local<NativeFunction>> make_native_function(Mutator& m, const NativeDef& def, Borrowed<> self, Borrowed<> module);

// A new instance of a native type for `new_` slots: allocates for cls (which may be a Python subclass, with attribute
// slots), everything after the header zero.
Result<Local<>> allocate_instance(Mutator& m, Borrowed<Type> cls, size_t variable_items = 0);
template <typename T>
Result<Local<T>> allocate_for(Mutator& m, Borrowed<Type> cls, size_t variable_items = 0) {
  return Result<Local<T>>::adopt(allocate_instance(m, cls, variable_items).release());
}
// A plain instance of a built-in type.
template <typename T>
Result<Local<T>> make_object(Mutator& m) {
  const Shape* shape = T::python_type().root_shape;  // instances of types with a __dict__ have attribute slots behind
  return allocate<T>(m, shape, sizeof(T) + sizeof(Value) * shape->slot_capacity);
}

// ---- Modules ----------------------------------------------------------------------------------------------------
struct Module : Object {
  static Type& python_type();
  Field<Dict> dict;
  const struct ModuleDef* def;  // native modules only
  Field<> state;                // native modules: whatever they keep
};
struct ModuleDef {
  const char* name;
  const char* doc;
  const NativeDef* functions;
  size_t function_count;
  Result<void> (*init)(Thread& t, Borrowed<Module> module);  // adds types and constants; may be nullptr
};
// In src/modules/<name>/: registers the module for import. `functions` is an array (OROCHI_NO_FUNCTIONS for none).
#define OROCHI_MODULE(module_name, doc, functions, init)                                                        \
  static constinit const ::orochi::ModuleDef kModuleDef_##module_name{#module_name, doc, functions,             \
                                                                      std::size(functions), init};              \
  [[gnu::section("orochi_modules"), gnu::used, gnu::retain]] static constinit const ::orochi::ModuleDef* const  \
      kModulePointer_##module_name = &kModuleDef_##module_name;

Result<Local<Module>> make_module(Thread& t, Borrowed<Str> name);
// The builtins module, and any other through the import system (sys.modules first). Installed by the runtime layer.
extern Result<Local<>> (*import_module_hook)(Thread& t, Borrowed<Str> name);
inline Result<Local<>> import_module(Thread& t, Borrowed<Str> name) { return import_module_hook(t, name); }
inline Result<Local<>> import_builtins(Thread& t) { return import_module_hook(t, "builtins"_n); }
Result<void> module_set(Thread& t, Borrowed<Module> module, const char* name, Borrowed<> value);
Result<void> module_set_int(Thread& t, Borrowed<Module> module, const char* name, int64_t value);
Result<void> module_set_str(Thread& t, Borrowed<Module> module, const char* name, std::string_view utf8);

// Types that belong to a module: storage by OROCHI_MODULE_TYPE beside the TypeDef; made ready and added by
// module_add_type in the module's init.
#define OROCHI_MODULE_TYPE(Name)         \
  namespace types {                      \
  alignas(16) constinit ::orochi::Type Name{};     \
  }
Result<void> ensure_type(Thread& t, Type& type, const TypeDef& def);   // makes it ready; idempotent
Result<void> module_add_type(Thread& t, Borrowed<Module> module, Type& type, const TypeDef& def);

// Layout of a fixed-size object whose Fields are visited by T::trace(Visitor&):
//   struct Foo : Object { Field<> a; static void trace(Object* o, Visitor& v) { v.visit(static_cast<Foo*>(o)->a); } };
template <typename T>
consteval Layout layout_of(const char* name) {
  static_assert(sizeof(T) % 8 == 0);
  Layout l{};
  l.name = name;
  l.basic_size = sizeof(T);
  if constexpr (requires { &T::trace; }) l.trace = &T::trace;
  if constexpr (requires { &T::destroy; }) l.destroy = &T::destroy;
  if constexpr (requires { &T::extra_size; }) l.extra_size = &T::extra_size;
  if constexpr (requires { &T::item_count; }) {
    l.item_count = &T::item_count;
    l.item_size = T::kItemSize;
  }
  return l;
}

}  // namespace orochi
