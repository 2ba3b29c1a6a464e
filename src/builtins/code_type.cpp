// The type code. Offsets that Python code sees (co_lines, tb_lasti) count two for each of our words, so that tools that
// halve them index co_positions() rightly.
#include "objects/code.h"

#include "objects/bytes.h"
#include "objects/int.h"
#include "objects/list.h"
#include "protocols/native.h"
#include "protocols/operators.h"

namespace orochi {

namespace {

constinit const Layout kCodeLayout{"code", sizeof(Code), 0, Code::trace, Code::destroy, nullptr, Code::extra_size};

Result<Local<>> code_op_repr(Thread& t, Borrowed<> self) {
  auto c = self.as<Code>();
  return format_str(t, "<code object {} at {}, file \"{}\", line {}>", c->name.borrow(), AddressArg(self.value()),
                    c->filename.borrow(), c->firstlineno);
}
Result<int64_t> code_op_hash(Thread&, Borrowed<> self) { return code_hash(self.as<Code>()); }
Result<Local<>> code_op_compare(Thread&, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if ((op != CompareOp::Eq && op != CompareOp::Ne) || !is_a<Code>(a) || !is_a<Code>(b)) return kNotImplemented;
  return Value::boolean(code_equal(a.as<Code>(), b.as<Code>()) == (op == CompareOp::Eq));
}

int64_t code_argcount(Thread&, Borrowed<Code> c) { return c->argcount; }
int64_t code_posonlyargcount(Thread&, Borrowed<Code> c) { return c->posonlyargcount; }
int64_t code_kwonlyargcount(Thread&, Borrowed<Code> c) { return c->kwonlyargcount; }
Result<int64_t> code_nlocals(Thread& t, Borrowed<Code> c) {
  Local<Tuple> names = TRY(code_varnames(t, c));
  return static_cast<int64_t>(names->length());
}
int64_t code_stacksize(Thread&, Borrowed<Code> c) { return c->nregs - c->nlocals; }
int64_t code_flags(Thread&, Borrowed<Code> c) { return c->flags; }
int64_t code_firstlineno(Thread&, Borrowed<Code> c) { return c->firstlineno; }
Result<Local<>> code_consts(Thread&, Borrowed<Code> c) { return Local<>::share(c->consts.raw()); }
Result<Local<>> code_names(Thread&, Borrowed<Code> c) { return Local<>::share(c->names.raw()); }
Result<Local<>> code_get_varnames(Thread& t, Borrowed<Code> c) { return code_varnames(t, c); }
Result<Local<>> code_get_cellvars(Thread& t, Borrowed<Code> c) { return code_cellvars(t, c); }
Result<Local<>> code_freevars(Thread&, Borrowed<Code> c) { return Local<>::share(c->freevars.raw()); }
Result<Local<>> code_filename(Thread&, Borrowed<Code> c) { return Local<>::share(c->filename.raw()); }
Result<Local<>> code_name(Thread&, Borrowed<Code> c) { return Local<>::share(c->name.raw()); }
Result<Local<>> code_qualname(Thread&, Borrowed<Code> c) { return Local<>::share(c->qualname.raw()); }

// The words as the compiler made them: opcodes generic, caches zero.
Result<Local<>> code_code(Thread& t, Borrowed<Code> c) {
  Local<Bytes> bytes = TRY(make_bytes_uninitialised(t, size_t{c->code_words} * 8));
  auto* out = reinterpret_cast<uint64_t*>(bytes->mutable_data());
  for (uint32_t i = 0; i < c->code_words;) {
    uint64_t word = __atomic_load_n(&c->code[i], __ATOMIC_RELAXED);
    const OpInfo& info = op_info(static_cast<Op>(word & 0xffff));
    out[i] = (word & ~uint64_t{0xffff}) | static_cast<uint16_t>(info.family);
    uint32_t at = i + 1;
    if (info.has_cache()) out[at++] = 0;
    if (info.has_data()) out[at] = c->code[at];
    i += static_cast<uint32_t>(info.words());
  }
  return bytes;
}
Result<Local<>> code_linetable(Thread& t, Borrowed<Code> c) {
  return make_bytes(t, std::string_view(c->positions, c->positions_length));
}
Result<Local<>> code_exceptiontable(Thread& t, Borrowed<Code> c) {
  return make_bytes(t, std::string_view(reinterpret_cast<const char*>(c->exceptions),
                                        c->exception_count * sizeof(ExceptionEntry)));
}

Value number_or_none(int32_t n) { return n < 0 ? kNone : Value::fixnum(n); }

Result<Local<>> code_positions(Thread& t, Borrowed<Code> c) {
  Local<List> list = TRY(make_list(t, c->code_words));
  PositionReader reader(std::string_view(c->positions, c->positions_length), c->firstlineno);
  size_t done = 0;
  auto add = [&](const Position& p, size_t words) -> Result<void> {
    Local<Tuple> entry = TRY(make_tuple(t, {number_or_none(p.line), number_or_none(p.end_line), number_or_none(p.column),
                                            number_or_none(p.end_column)}));
    for (size_t i = 0; i < words && done < c->code_words; i++, done++) TRY(list_append(t, list, entry.dup()));
    return ok();
  };
  while (done < c->code_words && reader.next()) TRY(add(reader.position, reader.words));
  if (done < c->code_words) TRY(add(Position{}, c->code_words - done));
  return get_iter(t, list);
}

Result<Local<>> code_lines(Thread& t, Borrowed<Code> c) {
  Local<List> list = TRY(make_list(t));
  PositionReader reader(std::string_view(c->positions, c->positions_length), c->firstlineno);
  int64_t start = 0, at = 0;
  int32_t line = -2;
  auto flush = [&]() -> Result<void> {
    if (at > start) {
      Local<Tuple> entry = TRY(make_tuple(t, {Value::fixnum(start * 2), Value::fixnum(at * 2), number_or_none(line)}));
      TRY(list_append(t, list, std::move(entry)));
    }
    start = at;
    return ok();
  };
  while (reader.next()) {
    if (reader.position.line != line) {
      TRY(flush());
      line = reader.position.line;
    }
    at += reader.words;
  }
  TRY(flush());
  return get_iter(t, list);
}

Result<Local<>> code_branches(Thread& t, Borrowed<Code>) {
  Local<List> list = TRY(make_list(t));
  return get_iter(t, list);
}

Result<Local<>> code_varname_from_oparg(Thread& t, Borrowed<Code> c, Index i) {
  size_t n = c->locals.borrow()->length();
  if (i.value < 0 || static_cast<size_t>(i.value) >= n + c->freevars.borrow()->length()) {
    return raise(t, types::IndexError, "tuple index out of range");
  }
  auto at = static_cast<size_t>(i.value);
  return Local<>::share(at < n ? c->locals.borrow()->at(at) : c->freevars.borrow()->at(at - n));
}

Result<Local<>> code_replace(Thread& t, Borrowed<Code> self, KwRest changes) {
  Local<Code> made = TRY(copy_code(t, self));
  Code* c = made.get();
  for (size_t i = 0; i < changes.count; i++) {
    Borrowed<Str> name(changes.names[i]);
    Borrowed<> value(changes.values[i]);
    auto wants_str = [&](Field<Str>& field) -> Result<void> {
      if (!is_str(value)) return raise(t, types::TypeError, "replace() argument '{}' must be str, not {}", name, TypeName(value));
      field.set_share(value.as<Str>());
      return ok();
    };
    auto same_size = [&](Field<Tuple>& field) -> Result<void> {
      if (!is_tuple(value)) return raise(t, types::TypeError, "replace() argument '{}' must be tuple, not {}", name, TypeName(value));
      if (value.as<Tuple>()->length() < field.borrow()->length()) {
        return raise(t, types::ValueError, "code: {} is too small", name);
      }
      field.set_share(value.as<Tuple>());
      return ok();
    };
    if (name->equals_ascii("co_name")) TRY(wants_str(c->name));
    else if (name->equals_ascii("co_qualname")) TRY(wants_str(c->qualname));
    else if (name->equals_ascii("co_filename")) TRY(wants_str(c->filename));
    else if (name->equals_ascii("co_firstlineno")) c->firstlineno = TRY(to_int32(t, value));
    else if (name->equals_ascii("co_consts")) TRY(same_size(c->consts));
    else if (name->equals_ascii("co_names")) TRY(same_size(c->names));
    else if (name->equals_ascii("co_flags")) {
      // Which kind of function it is stands in the instructions too; only flags that do not change it are taken.
      uint32_t fixed = kCoVarArgs | kCoVarKeywords | kCoOptimized | kCoGenerator | kCoCoroutine | kCoAsyncGenerator;
      auto flags = static_cast<uint32_t>(TRY(to_int64(t, value)));
      if ((flags & fixed) != (c->flags & fixed)) return raise(t, types::ValueError, "code: co_flags do not fit co_code");
      c->flags = flags;
    } else if (name->equals_ascii("co_freevars") || name->equals_ascii("co_cellvars") || name->equals_ascii("co_varnames")) {
      if (!is_tuple(value)) return raise(t, types::TypeError, "replace() argument '{}' must be tuple, not {}", name, TypeName(value));
      Local<Tuple> now = name->equals_ascii("co_freevars")   ? c->freevars.load(c)
                         : name->equals_ascii("co_cellvars") ? TRY(code_cellvars(t, self))
                                                             : TRY(code_varnames(t, self));
      if (now->length() != value.as<Tuple>()->length()) return raise(t, types::ValueError, "code: {} is too small", name);
      if (name->equals_ascii("co_freevars")) {
        c->freevars.set_share(value.as<Tuple>());
      } else if (name->equals_ascii("co_varnames")) {
        Local<Tuple> locals = TRY(make_tuple(t, c->locals.borrow()->values(), c->nlocals));
        size_t at = 0;
        for (uint32_t k = 0; k < c->nlocals; k++) {
          uint8_t kind = c->local_kinds[k];
          if ((kind & kLocalHidden) || ((kind & kLocalCell) && !(kind & kLocalParam))) continue;
          locals->items()[k].set_share(value.as<Tuple>()->at(at++));
        }
        c->locals.set(std::move(locals));
      }
    } else if (name->equals_ascii("co_code") || name->equals_ascii("co_linetable") || name->equals_ascii("co_exceptiontable") ||
               name->equals_ascii("co_argcount") || name->equals_ascii("co_posonlyargcount") ||
               name->equals_ascii("co_kwonlyargcount") || name->equals_ascii("co_nlocals") || name->equals_ascii("co_stacksize")) {
      // Nothing that arrives from outside becomes instructions; the same value is fine.
      Local<> now = TRY([&]() -> Result<Local<>> {
        if (name->equals_ascii("co_code")) return code_code(t, self);
        if (name->equals_ascii("co_linetable")) return code_linetable(t, self);
        if (name->equals_ascii("co_exceptiontable")) return code_exceptiontable(t, self);
        if (name->equals_ascii("co_argcount")) return make_int(t, c->argcount);
        if (name->equals_ascii("co_posonlyargcount")) return make_int(t, c->posonlyargcount);
        if (name->equals_ascii("co_kwonlyargcount")) return make_int(t, c->kwonlyargcount);
        if (name->equals_ascii("co_nlocals")) return make_int(t, TRY(code_nlocals(t, self)));
        return make_int(t, code_stacksize(t, self));
      }());
      if (!TRY(equals(t, now, value))) {
        return raise(t, types::ValueError, "code: {} cannot be replaced by another value", name);
      }
    } else {
      return raise(t, types::TypeError, "replace() got an unexpected keyword argument '{}'", name);
    }
  }
  finish_code(c);
  return made;
}

Result<Local<>> code_new(Thread& t, Borrowed<Type>, Rest, KwRest) {
  return raise(t, types::NotImplementedError, "code objects are made by compile(), or from others by replace()");
}
constexpr NativeDef kCodeNew = arguments<code_new>("code(cls, *args, **kwargs)");

constexpr NativeDef kMethods[] = {
    method<code_positions>("co_positions(self, /)", nullptr),
    method<code_lines>("co_lines(self, /)", nullptr),
    method<code_branches>("co_branches(self, /)", nullptr),
    method<code_replace>("replace(self, /, **changes)", "Return a copy of the code object with new values for the specified fields."),
    method<code_replace>("__replace__(self, /, **changes)", "The same as replace()."),
    method<code_varname_from_oparg>("_varname_from_oparg(self, /, oparg)", nullptr),
};
constexpr GetSetDef kGetSets[] = {
    getter<code_argcount>("co_argcount", nullptr),
    getter<code_posonlyargcount>("co_posonlyargcount", nullptr),
    getter<code_kwonlyargcount>("co_kwonlyargcount", nullptr),
    getter<code_nlocals>("co_nlocals", nullptr),
    getter<code_stacksize>("co_stacksize", nullptr),
    getter<code_flags>("co_flags", nullptr),
    getter<code_code>("co_code", nullptr),
    getter<code_code>("_co_code_adaptive", nullptr),
    getter<code_consts>("co_consts", nullptr),
    getter<code_names>("co_names", nullptr),
    getter<code_get_varnames>("co_varnames", nullptr),
    getter<code_get_cellvars>("co_cellvars", nullptr),
    getter<code_freevars>("co_freevars", nullptr),
    getter<code_filename>("co_filename", nullptr),
    getter<code_name>("co_name", nullptr),
    getter<code_qualname>("co_qualname", nullptr),
    getter<code_firstlineno>("co_firstlineno", nullptr),
    getter<code_linetable>("co_linetable", nullptr),
    getter<code_linetable>("co_lnotab", nullptr),
    getter<code_exceptiontable>("co_exceptiontable", nullptr),
};
const TypeDef kCodeDef = {
    .name = "code",
    .doc = "Create a code object.  Not for mere mortals.",
    .layout = &kCodeLayout,
    .flags = kTypeWeakrefable | kTypeDeferredInstances,
    .shape_flags = kShapeDeferred,
    OROCHI_METHODS(kMethods),
    OROCHI_GETSETS(kGetSets),
    .slots = {.repr = code_op_repr, .hash = code_op_hash, .compare = code_op_compare, .new_ = new_slot<kCodeNew>},
};

}  // namespace

OROCHI_TYPE(Code, kCodeDef)

}  // namespace orochi
