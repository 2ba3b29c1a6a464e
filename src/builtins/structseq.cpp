// See structseq.h. Memory: a Tuple whose length_ is the number of visible fields; `aux` counts all of them, and the
// invisible ones follow the items.
#include "builtins/structseq.h"

#include <cstring>

#include "objects/dict.h"
#include "objects/list.h"
#include "objects/shape_table.h"

namespace orochi {

namespace {

void trace_structseq(Object* object, Visitor& v) {
  auto* tuple = static_cast<Tuple*>(object);
  v.visit_slots(reinterpret_cast<Value*>(tuple->items()), tuple->aux);
}
size_t count_fields(const Object* object) { return object->aux; }

const StructSeqDef& def_of(const Type* type) {
  // The TypeDef of a structseq is the first member of its StructSeqDef.
  return *reinterpret_cast<const StructSeqDef*>(type->def);
}
static_assert(offsetof(StructSeqDef, type) == 0);

std::string_view short_name(const StructSeqDef& def) { return def.type.name; }

}  // namespace

constinit const Layout kStructSeqLayout{"structseq", sizeof(Tuple), sizeof(Value), trace_structseq, nullptr,
                                        count_fields, nullptr};

Result<Local<>> make_structseq(Mutator& m, Type& type, const Value* values, size_t count) {
  const StructSeqDef& def = def_of(&type);
  DCHECK(count <= def.count);
  Local<Tuple> r = TRY(allocate<Tuple>(m, type.root_shape, sizeof(Tuple) + def.count * sizeof(Value)));
  r->aux = def.count;
  r->length_ = def.visible;
  for (size_t i = 0; i < def.count; i++) {
    Value v = i < count ? values[i] : Value();
    if ((!v || v == kNone) && i >= def.visible && def.fields[i].copy_from >= 0) {
      v = r->values()[def.fields[i].copy_from];
    }
    r->items()[i].init_share(v ? v : kNone);
  }
  return r;
}

namespace {

Result<Local<>> structseq_new(Thread& t, Borrowed<Type> cls, Borrowed<> sequence, Maybe<Borrowed<>> extra) {
  const StructSeqDef& def = def_of(cls.get());
  if (!type_of(sequence)->slots.iter && !type_of(sequence)->slots.getitem) {
    return raise(t, types::TypeError, "constructor requires a sequence");
  }
  Local<Tuple> items = TRY(tuple_from(t, sequence));
  Borrowed<Dict> dict;
  if (extra && (*extra).value() != kNone) {
    if (!is_dict(*extra)) {
      return raise(t, types::TypeError, "{}() takes a dict as second arg, if any", short_name(def));
    }
    dict = (*extra).as<Dict>();
  }
  size_t given = items->length();
  if (given < def.visible || given > def.count) {
    const char* bound = def.visible == def.count ? "a" : given < def.visible ? "an at least" : "an at most";
    return raise(t, types::TypeError, "{}() takes {} {}-sequence ({}-sequence given)", short_name(def), bound,
                 given < def.visible ? def.visible : def.count, given);
  }
  Value values[kMaxStructSeqFields];
  Local<> held[kMaxStructSeqFields];
  for (size_t i = 0; i < given; i++) values[i] = items->at(i);
  size_t found = 0;
  if (dict) {
    for (size_t i = given; i < def.count; i++) {
      if (!def.fields[i].name) continue;
      Local<Str> name = TRY(intern(t, std::string_view(def.fields[i].name)));
      Lookup<> v = dict_find(t, dict, name);
      if (v.raised()) return Raised{};
      if (v.absent()) continue;
      held[i] = v.take();
      values[i] = held[i].value();
      found++;
    }
    if (found < dict->length()) {
      return raise(t, types::TypeError, "{}() got duplicate or unexpected field name(s)", short_name(def));
    }
  }
  return make_structseq(t, *cls.get(), values, def.count);
}
constexpr NativeDef kStructSeqNew = arguments<structseq_new>("structseq(cls, sequence, dict=None)");

Result<Local<>> visible_tuple(Thread& t, Borrowed<Tuple> self) { return make_tuple(t, self->values(), self->length()); }

Result<Local<>> structseq_reduce(Thread& t, Borrowed<Tuple> self) {
  const StructSeqDef& def = def_of(type_of(self));
  Local<> items = TRY(visible_tuple(t, self));
  Local<Dict> extra = TRY(make_dict(t));
  for (size_t i = def.visible; i < def.count; i++) {
    if (!def.fields[i].name) continue;
    Local<Str> name = TRY(intern(t, std::string_view(def.fields[i].name)));
    TRY(dict_set_str(t, extra, name, Local<>::share(self->values()[i])));
  }
  Local<Tuple> args = TRY(make_tuple(t, {items.value(), extra.value()}));
  return make_tuple(t, {Value(type_of(self)), args.value()});
}

Result<Local<>> structseq_replace(Thread& t, Borrowed<Tuple> self, Rest positional, KwRest changes) {
  const StructSeqDef& def = def_of(type_of(self));
  if (positional.count) return raise(t, types::TypeError, "__replace__() takes no positional arguments");
  Value values[kMaxStructSeqFields];
  for (size_t i = 0; i < def.count; i++) {
    if (!def.fields[i].name) {
      return raise(t, types::TypeError, "__replace__() is not supported for {} because it has unnamed field(s)",
                   short_name(def));
    }
    values[i] = self->values()[i];
  }
  Local<List> unexpected;
  for (size_t k = 0; k < changes.count; k++) {
    auto name = Borrowed<Str>(changes.names[k]);
    size_t i = 0;
    while (i < def.count && !name->equals_ascii(def.fields[i].name)) i++;
    if (i < def.count) {
      values[i] = changes.values[k];
    } else {
      if (!unexpected) unexpected = TRY(make_list(t));
      TRY(list_append(t, unexpected, Local<>::share(name)));
    }
  }
  if (unexpected) {
    Local<Str> shown = TRY(repr_of(t, unexpected));
    return raise(t, types::TypeError, "Got unexpected field name(s): {}", shown);
  }
  return make_structseq(t, *type_of(self), values, def.count);
}

}  // namespace

constinit const NativeDef kStructSeqMethods[] = {
    method<structseq_reduce>("__reduce__(self, /)", nullptr),
    method<structseq_replace>("__replace__(self, /, *args, **changes)",
                              "Return a copy of the structure with new values for the specified fields."),
};
static_assert(std::size(kStructSeqMethods) == kStructSeqMethodCount);

Result<Local<>> structseq_op_new(Thread& t, Borrowed<Type> cls, const CallArgs& args) {
  return Result<Local<>>::adopt(invoke_with_first(t, kStructSeqNew, cls, args));
}

Result<Local<>> structseq_op_repr(Thread& t, Borrowed<> v) {
  auto self = v.as<Tuple>();
  const StructSeqDef& def = def_of(type_of(v));
  StrBuilder out(t);
  out.append_utf8(def.type.name);
  out.append_char('(');
  size_t field = 0;  // names are counted over the named fields, as unnamed items repeat later ones
  for (size_t i = 0; i < def.visible; i++, field++) {
    while (field < def.count && !def.fields[field].name) field++;
    if (i) out.append_ascii(", ");
    if (field < def.count) out.append_utf8(def.fields[field].name);
    out.append_char('=');
    Local<Str> item = TRY(repr_of(t, self->at(i)));
    out.append(item);
  }
  out.append_char(')');
  return out.finish();
}

Result<void> ensure_structseq(Thread& t, Type& type, const StructSeqDef& def) {
  TRY(ensure_type(t, type, def.type));
  Borrowed<Dict> dict = type.dict.borrow();
  size_t unnamed = 0, matched = 0;
  Value names[kMaxStructSeqFields];
  for (size_t i = 0; i < def.count; i++) {
    if (!def.fields[i].name) {
      unnamed++;
    } else if (i < def.visible) {
      Local<Str> name = TRY(intern(t, std::string_view(def.fields[i].name)));
      names[matched++] = name.value();  // immortal
    }
  }
  TRY(dict_set_str(t, dict, "n_sequence_fields"_n, immediate(Value::fixnum(def.visible))));
  TRY(dict_set_str(t, dict, "n_fields"_n, immediate(Value::fixnum(def.count))));
  TRY(dict_set_str(t, dict, "n_unnamed_fields"_n, immediate(Value::fixnum(static_cast<int64_t>(unnamed)))));
  Local<Tuple> match_args = TRY(make_tuple(t, names, matched));
  return dict_set_str(t, dict, "__match_args__"_n, std::move(match_args));
}

Result<void> module_add_structseq(Thread& t, Borrowed<Module> module, Type& type, const StructSeqDef& def) {
  TRY(ensure_structseq(t, type, def));
  const char* dot = std::strrchr(def.type.name, '.');
  return module_set(t, module, dot ? dot + 1 : def.type.name, Borrowed<>(&type));
}

}  // namespace orochi
