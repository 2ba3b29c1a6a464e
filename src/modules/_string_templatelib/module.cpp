// string.templatelib's Template and Interpolation (PEP 750): what t"…" evaluates to. Both immutable.
#include "builtins/type_type.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/native.h"

namespace orochi {

namespace types {
extern ::orochi::Type Template, Interpolation, TemplateIterator;
}

struct Interpolation : Object {
  static Type& python_type() { return types::Interpolation; }
  Field<> value;
  Field<> expression;
  Field<> conversion;   // "a", "r", "s" or None
  Field<> format_spec;
  static void trace(Object* o, Visitor& v) {
    auto* i = static_cast<Interpolation*>(o);
    v.visit(i->value);
    v.visit(i->expression);
    v.visit(i->conversion);
    v.visit(i->format_spec);
  }
};

// strings has one item more than interpolations.
struct Template : Object {
  static Type& python_type() { return types::Template; }
  Field<Tuple> strings;
  Field<Tuple> interpolations;
  static void trace(Object* o, Visitor& v) {
    v.visit(static_cast<Template*>(o)->strings);
    v.visit(static_cast<Template*>(o)->interpolations);
  }
};

struct TemplateIterator : Object {
  static Type& python_type() { return types::TemplateIterator; }
  Field<Template> source;
  uint64_t next_part;  // atomic; even: a string, odd: an interpolation
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<TemplateIterator*>(o)->source); }
};

namespace {

constexpr Layout kInterpolationLayout = layout_of<Interpolation>("Interpolation");
constexpr Layout kTemplateLayout = layout_of<Template>("Template");
constexpr Layout kTemplateIteratorLayout = layout_of<TemplateIterator>("TemplateIter");

// ---- Interpolation ----

Result<Local<>> interpolation_new(Thread& t, Borrowed<Type> cls, Borrowed<> value, Maybe<Borrowed<Str>> expression,
                                  Borrowed<> conversion, Maybe<Borrowed<Str>> format_spec) {
  if (conversion.value() != kNone) {
    if (!is_str(conversion)) {
      return raise(t, types::TypeError, "Interpolation() argument 'conversion' must be str, not {}", TypeName(conversion));
    }
    auto c = conversion.as<Str>();
    if (!c->equals_ascii("a") && !c->equals_ascii("r") && !c->equals_ascii("s")) {
      return raise(t, types::ValueError, "Interpolation() argument 'conversion' must be one of 's', 'a' or 'r'");
    }
  }
  Local<Interpolation> i = TRY(allocate_for<Interpolation>(t, cls));
  i->value.init_share(value);
  i->expression.init_share(expression ? expression.value : empty_str());
  i->conversion.init_share(conversion);
  i->format_spec.init_share(format_spec ? format_spec.value : empty_str());
  return i;
}
constexpr NativeDef kInterpolationNew =
    arguments<interpolation_new>("Interpolation(cls, value, expression='', conversion=None, format_spec='')");

Result<Local<>> interpolation_value(Thread&, Borrowed<Interpolation> i) { return Local<>::share(i->value.borrow()); }
Result<Local<>> interpolation_expression(Thread&, Borrowed<Interpolation> i) { return Local<>::share(i->expression.borrow()); }
Result<Local<>> interpolation_conversion(Thread&, Borrowed<Interpolation> i) { return Local<>::share(i->conversion.borrow()); }
Result<Local<>> interpolation_format_spec(Thread&, Borrowed<Interpolation> i) { return Local<>::share(i->format_spec.borrow()); }
Result<Local<>> interpolation_op_repr(Thread& t, Borrowed<> self) {
  auto i = self.as<Interpolation>();
  Local<Str> a = TRY(repr_of(t, i->value.borrow())), b = TRY(repr_of(t, i->expression.borrow())),
             c = TRY(repr_of(t, i->conversion.borrow())), d = TRY(repr_of(t, i->format_spec.borrow()));
  return format_str(t, "{}({}, {}, {}, {})", TypeName(self), a, b, c, d);
}
Result<Local<>> interpolation_reduce(Thread& t, Borrowed<Interpolation> i) {
  Local<Tuple> args = TRY(make_tuple(t, {i->value.raw(), i->expression.raw(), i->conversion.raw(), i->format_spec.raw()}));
  return make_tuple(t, {Value(type_of(i)), args.value()});
}
Result<Local<>> interpolation_class_getitem(Thread& t, Borrowed<Type> cls, Borrowed<> item) {
  return make_generic_alias_hook(t, cls, item);
}
Result<Local<>> interpolation_match_args(Thread& t) {
  return make_tuple(t, {"value"_n.value(), "expression"_n.value(), "conversion"_n.value(), "format_spec"_n.value()});
}
constexpr NativeDef kInterpolationMethods[] = {
    method<interpolation_reduce>("__reduce__(self, /)", nullptr),
    class_method<interpolation_class_getitem>("__class_getitem__(cls, item, /)", "See PEP 585"),
};
constexpr GetSetDef kInterpolationGetSets[] = {
    getter<interpolation_value>("value", "Value"),
    getter<interpolation_expression>("expression", "Expression"),
    getter<interpolation_conversion>("conversion", "Conversion"),
    getter<interpolation_format_spec>("format_spec", "Format specifier"),
};
const TypeDef kInterpolationDef = {.name = "string.templatelib.Interpolation",
                                   .doc = "Interpolation object",
                                   .layout = &kInterpolationLayout,
                                   OROCHI_METHODS(kInterpolationMethods),
                                   OROCHI_GETSETS(kInterpolationGetSets),
                                   .slots = {.repr = interpolation_op_repr, .new_ = new_slot<kInterpolationNew>}};

// ---- Template ----

Result<Local<>> template_new(Thread& t, Borrowed<Type> cls, Rest args) {
  Local<List> strings = TRY(make_list(t)), interpolations = TRY(make_list(t));
  Local<Str> text = Local<Str>::share(empty_str());  // adjacent strings are joined
  for (size_t i = 0; i < args.count; i++) {
    if (is_str(args[i])) {
      text = TRY(str_concat(t, text, args[i].as<Str>()));
    } else if (is_a<Interpolation>(args[i])) {
      TRY(list_append(t, strings, std::move(text)));
      TRY(list_append(t, interpolations, Local<>::share(args[i])));
      text = Local<Str>::share(empty_str());
    } else {
      return raise(t, types::TypeError, "Template.__new__ *args need to be of type 'str' or 'Interpolation', got {}",
                   TypeName(args[i]));
    }
  }
  TRY(list_append(t, strings, std::move(text)));
  Local<Template> made = TRY(allocate_for<Template>(t, cls));
  made->strings.init(TRY(list_to_tuple(t, strings)));
  made->interpolations.init(TRY(list_to_tuple(t, interpolations)));
  return made;
}
constexpr NativeDef kTemplateNew = arguments<template_new>("Template(cls, /, *args)");

Result<Local<>> template_strings(Thread&, Borrowed<Template> s) { return Local<>::share(s->strings.borrow()); }
Result<Local<>> template_interpolations(Thread&, Borrowed<Template> s) { return Local<>::share(s->interpolations.borrow()); }
Result<Local<>> template_values(Thread& t, Borrowed<Template> s) {
  auto from = s->interpolations.borrow();
  Local<Tuple> values = TRY(make_tuple_uninitialised(t, from->length()));
  for (size_t i = 0; i < from->length(); i++) {
    values->items()[i].init_share(from->at(i).as<Interpolation>()->value.borrow());
  }
  return values;
}
Result<Local<>> template_op_repr(Thread& t, Borrowed<> self) {
  auto s = self.as<Template>();
  Local<Str> a = TRY(repr_of(t, s->strings.borrow())), b = TRY(repr_of(t, s->interpolations.borrow()));
  return format_str(t, "{}(strings={}, interpolations={})", TypeName(self), a, b);
}
Result<Local<>> template_op_iter(Thread& t, Borrowed<> self) {
  Local<TemplateIterator> it = TRY(make_object<TemplateIterator>(t));
  it->source.init_share(self.as<Template>());
  return it;
}
Result<Local<>> template_op_concat(Thread& t, Borrowed<> a, Borrowed<> b) {
  if (!is_a<Template>(a) || !is_a<Template>(b)) {
    return raise(t, types::TypeError, "can only concatenate string.templatelib.Template (not \"{}\") to string.templatelib.Template",
                 TypeName(b));
  }
  auto x = a.as<Template>(), y = b.as<Template>();
  size_t nx = x->strings.borrow()->length(), ny = y->strings.borrow()->length();
  Local<Tuple> strings = TRY(make_tuple_uninitialised(t, nx + ny - 1));
  for (size_t i = 0; i + 1 < nx; i++) strings->items()[i].init_share(x->strings.borrow()->at(i));
  Local<Str> joined = TRY(str_concat(t, x->strings.borrow()->at(nx - 1).as<Str>(), y->strings.borrow()->at(0).as<Str>()));
  strings->items()[nx - 1].init(std::move(joined));
  for (size_t i = 1; i < ny; i++) strings->items()[nx - 1 + i].init_share(y->strings.borrow()->at(i));
  Local<Tuple> parts = TRY(make_tuple_uninitialised(t, nx + ny - 2));
  for (size_t i = 0; i + 1 < nx; i++) parts->items()[i].init_share(x->interpolations.borrow()->at(i));
  for (size_t i = 0; i + 1 < ny; i++) parts->items()[nx - 1 + i].init_share(y->interpolations.borrow()->at(i));
  Local<Template> made = TRY(make_object<Template>(t));
  made->strings.init(std::move(strings));
  made->interpolations.init(std::move(parts));
  return made;
}
Result<Local<>> template_reduce(Thread& t, Borrowed<Template> s) {
  Local<> rebuild = TRY(get_attr(t, TRY(import_module(t, "string.templatelib"_n)), "_template_unpickle"_n));
  Local<Tuple> args = TRY(make_tuple(t, {s->strings.raw(), s->interpolations.raw()}));
  return make_tuple(t, {rebuild.value(), args.value()});
}
constexpr NativeDef kTemplateMethods[] = {method<template_reduce>("__reduce__(self, /)", nullptr)};
constexpr GetSetDef kTemplateGetSets[] = {
    getter<template_strings>("strings", "Strings"),
    getter<template_interpolations>("interpolations", "Interpolations"),
    getter<template_values>("values", "Values of interpolations"),
};
const TypeDef kTemplateDef = {.name = "string.templatelib.Template",
                              .doc = "Template object",
                              .layout = &kTemplateLayout,
                              OROCHI_METHODS(kTemplateMethods),
                              OROCHI_GETSETS(kTemplateGetSets),
                              .slots = {.repr = template_op_repr,
                                        .iter = template_op_iter,
                                        .new_ = new_slot<kTemplateNew>,
                                        .concat = template_op_concat}};

// Strings (empty ones left out) and interpolations in turn.
Lookup<> template_iterator_op_next(Thread&, Borrowed<> self) {
  auto it = self.as<TemplateIterator>();
  auto strings = it->source.borrow()->strings.borrow();
  auto parts = it->source.borrow()->interpolations.borrow();
  for (;;) {
    uint64_t n = __atomic_fetch_add(&it->next_part, 1, __ATOMIC_RELAXED);  // each part goes to one caller
    size_t i = n / 2;
    if (n % 2 == 0) {
      if (i >= strings->length()) return kAbsent;
      if (strings->at(i).as<Str>()->length() == 0) continue;
      return Local<>::share(strings->at(i));
    }
    if (i >= parts->length()) return kAbsent;
    return Local<>::share(parts->at(i));
  }
}
Result<Local<>> template_iterator_op_iter(Thread&, Borrowed<> self) { return Local<>::share(self); }
const TypeDef kTemplateIteratorDef = {.name = "string.templatelib.TemplateIter",
                                      .layout = &kTemplateIteratorLayout,
                                      .flags = kTypeNoNew,
                                      .slots = {.iter = template_iterator_op_iter, .next = template_iterator_op_next}};

constexpr NativeDef kFunctions[] = {
    function<interpolation_match_args>("_match_args()", "Interpolation.__match_args__, for the module's own set-up."),
};
Result<void> init_templatelib(Thread& t, Borrowed<Module> module) {
  Local<> names = TRY(interpolation_match_args(t));
  TRY(dict_set_str(t, types::Interpolation.dict.borrow(), "__match_args__"_n, std::move(names)));
  type_modified(&types::Interpolation);
  TRY(module_set(t, module, "Template", Borrowed<>(&types::Template)));
  return module_set(t, module, "Interpolation", Borrowed<>(&types::Interpolation));
}

}  // namespace

OROCHI_TYPE(Interpolation, kInterpolationDef)
OROCHI_TYPE(Template, kTemplateDef)
OROCHI_TYPE(TemplateIterator, kTemplateIteratorDef)
OROCHI_MODULE(_string_templatelib, "Types of template strings.", kFunctions, init_templatelib)

}  // namespace orochi
