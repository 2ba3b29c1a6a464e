// Code objects: layout, comparison, positions. See code.h.
#include "objects/code.h"

#include <cstring>

#include "base/hash.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/bytes.h"
#include "objects/exception.h"

namespace orochi {

void Code::trace(Object* object, Visitor& v) {
  auto* c = static_cast<Code*>(object);
  v.visit(c->consts);
  v.visit(c->names);
  v.visit(c->locals);
  v.visit(c->freevars);
  v.visit(c->name);
  v.visit(c->qualname);
  v.visit(c->filename);
  v.visit(c->varnames);
  v.visit(c->cellvars);
}

void Code::destroy(Object* object) {
  auto* c = static_cast<Code*>(object);
  // Records of inline caches: a word whose upper 16 bits are zero and which is not a small number (interpreter/cache.h).
  for (uint32_t i = 0; c->code && i < c->code_words;) {
    Op op = static_cast<Op>(c->code[i] & 0xffff);
    const OpInfo& info = op_info(op);
    if (info.has_cache()) {
      uint64_t word = c->code[i + 1];
      if (word > 0xffff && (word >> 48) == 0) free_raw(reinterpret_cast<void*>(word));
    }
    i += static_cast<uint32_t>(info.words());
  }
  free_raw(c->code);
  free_raw(c->exceptions);
  free_raw(c->local_kinds);
  free_raw(c->positions);
  free_raw(c->original);
}

size_t Code::extra_size(const Object* object) {
  auto* c = static_cast<const Code*>(object);
  return c->code_words * 8 + c->exception_count * sizeof(ExceptionEntry) + c->nlocals + c->positions_length;
}

Result<Local<Code>> allocate_code(Mutator& m) { return allocate<Code>(m, types::Code.root_shape, sizeof(Code)); }

void finish_code(Code* code) {
  code->const_values = code->consts.borrow()->values();
  bool simple = !(code->flags & (kCoVarArgs | kCoVarKeywords)) && code->kwonlyargcount == 0;
  code->exact_args = simple ? code->argcount : kNotExact;
}

Position code_position(const Code* code, uint32_t offset) {
  return position_at(std::string_view(code->positions, code->positions_length), code->firstlineno, offset);
}

int32_t code_line(const Code* code, uint32_t offset) { return code_position(code, offset).line; }

static void* copy_raw(const void* source, size_t bytes) {
  void* p = allocate_raw(bytes ? bytes : 1);
  if (p && bytes) std::memcpy(p, source, bytes);
  return p;
}

Result<Local<Code>> copy_code(Mutator& m, Borrowed<Code> from) {
  Local<Code> to = TRY(allocate_code(m));
  Code* c = to.get();
  const Code* o = from.get();
  c->nregs = o->nregs;
  c->nlocals = o->nlocals;
  c->first_temp = o->first_temp;
  c->flags = o->flags;
  c->argcount = o->argcount;
  c->posonlyargcount = o->posonlyargcount;
  c->kwonlyargcount = o->kwonlyargcount;
  c->nparams = o->nparams;
  c->firstlineno = o->firstlineno;
  c->code = static_cast<uint64_t*>(allocate_raw((o->code_words ? o->code_words : 1) * 8));
  if (!c->code) return raise_no_memory(m);
  for (uint32_t i = 0; i < o->code_words;) {
    uint64_t word = __atomic_load_n(&o->code[i], __ATOMIC_RELAXED);
    const OpInfo& info = op_info(static_cast<Op>(word & 0xffff));
    c->code[i] = (word & ~uint64_t{0xffff}) | static_cast<uint16_t>(info.family);
    uint32_t at = i + 1;
    if (info.has_cache()) c->code[at++] = 0;
    if (info.has_data()) c->code[at] = o->code[at];
    i += static_cast<uint32_t>(info.words());
  }
  c->code_words = o->code_words;
  c->exceptions = static_cast<ExceptionEntry*>(copy_raw(o->exceptions, o->exception_count * sizeof(ExceptionEntry)));
  c->exception_count = o->exception_count;
  c->local_kinds = static_cast<uint8_t*>(copy_raw(o->local_kinds, o->nlocals));
  c->positions = static_cast<char*>(copy_raw(o->positions, o->positions_length));
  c->positions_length = o->positions_length;
  if (!c->exceptions || !c->local_kinds || !c->positions) {
    c->exception_count = 0;
    return raise_no_memory(m);
  }
  c->consts.init_share(o->consts.borrow());
  c->names.init_share(o->names.borrow());
  c->locals.init_share(o->locals.borrow());
  c->freevars.init_share(o->freevars.borrow());
  c->name.init_share(o->name.borrow());
  c->qualname.init_share(o->qualname.borrow());
  c->filename.init_share(o->filename.borrow());
  finish_code(c);
  return to;
}

// Type and value equality of constants; containers recursively.
static bool constant_equal(Value a, Value b, int depth) {
  if (a == b) return true;
  if (!a.is_heap() || !b.is_heap() || type_of(a) != type_of(b) || depth > 100) return false;
  if (is_str(a)) return str_equal(Borrowed<Str>(a), Borrowed<Str>(b));
  if (is_bytes(a)) return Borrowed<Bytes>(a)->view() == Borrowed<Bytes>(b)->view();
  if (is_exact_tuple(a)) {
    Borrowed<Tuple> x(a), y(b);
    if (x->length() != y->length()) return false;
    for (size_t i = 0; i < x->length(); i++) {
      if (!constant_equal(x->at(i), y->at(i), depth + 1)) return false;
    }
    return true;
  }
  if (is_int(a)) return int_compare(a, b) == 0;
  if (is_float(a)) {
    double x = float_value(a), y = float_value(b);
    return std::memcmp(&x, &y, sizeof x) == 0;
  }
  if (type_of(a) == &types::Complex) {
    return std::memcmp(&Borrowed<Complex>(a)->real, &Borrowed<Complex>(b)->real, 2 * sizeof(double)) == 0;
  }
  if (type_of(a) == &types::Code) return code_equal(Borrowed<Code>(a), Borrowed<Code>(b));
  return false;
}

bool code_equal(Borrowed<Code> a, Borrowed<Code> b) {
  const Code* x = a.get();
  const Code* y = b.get();
  if (x == y) return true;
  if (x->argcount != y->argcount || x->posonlyargcount != y->posonlyargcount ||
      x->kwonlyargcount != y->kwonlyargcount || x->flags != y->flags || x->firstlineno != y->firstlineno ||
      x->code_words != y->code_words || x->nregs != y->nregs || x->exception_count != y->exception_count ||
      x->positions_length != y->positions_length || x->nlocals != y->nlocals) {
    return false;
  }
  if (!str_equal(x->name.borrow(), y->name.borrow())) return false;
  for (uint32_t i = 0; i < x->code_words;) {
    uint64_t w = __atomic_load_n(&x->code[i], __ATOMIC_RELAXED), z = __atomic_load_n(&y->code[i], __ATOMIC_RELAXED);
    const OpInfo& info = op_info(static_cast<Op>(w & 0xffff));
    if (info.family != op_info(static_cast<Op>(z & 0xffff)).family || (w >> 16) != (z >> 16)) return false;
    if (info.has_data()) {
      uint32_t at = i + 1 + (info.has_cache() ? 1 : 0);
      if (x->code[at] != y->code[at]) return false;
    }
    i += static_cast<uint32_t>(info.words());
  }
  if (x->exception_count &&
      std::memcmp(x->exceptions, y->exceptions, x->exception_count * sizeof(ExceptionEntry)) != 0) {
    return false;
  }
  if (std::memcmp(x->positions, y->positions, x->positions_length) != 0) return false;
  return constant_equal(x->consts.raw(), y->consts.raw(), 0) && constant_equal(x->names.raw(), y->names.raw(), 0) &&
         constant_equal(x->locals.raw(), y->locals.raw(), 0) && constant_equal(x->freevars.raw(), y->freevars.raw(), 0);
}

int64_t code_hash(Borrowed<Code> code) {
  const Code* c = code.get();
  uint64_t h = static_cast<uint64_t>(str_hash(c->name.borrow()));
  for (uint64_t x : {uint64_t{c->argcount}, uint64_t{c->flags}, uint64_t{c->code_words},
                     static_cast<uint64_t>(c->firstlineno), uint64_t{c->nregs}, uint64_t{c->nlocals}}) {
    h = (h ^ x) * 0x100000001b3u;
    h ^= h >> 29;
  }
  auto result = static_cast<int64_t>(h >> 2);
  return result == -1 ? -2 : result;
}

static Result<Local<Tuple>> select_locals(Mutator& m, const Code* c, bool cells) {
  size_t count = 0;
  for (uint32_t i = 0; i < c->nlocals; i++) {
    uint8_t kind = c->local_kinds[i];
    if (kind & kLocalHidden) continue;
    if (cells ? (kind & kLocalCell) : (!(kind & kLocalCell) || (kind & kLocalParam))) count++;
  }
  Local<Tuple> result = TRY(make_tuple_uninitialised(m, count));
  size_t at = 0;
  for (uint32_t i = 0; i < c->nlocals; i++) {
    uint8_t kind = c->local_kinds[i];
    if (kind & kLocalHidden) continue;
    if (cells ? (kind & kLocalCell) : (!(kind & kLocalCell) || (kind & kLocalParam))) {
      result->items()[at++].init_share(c->locals.borrow()->at(i));
    }
  }
  return result;
}

Result<Local<Tuple>> code_varnames(Mutator& m, Borrowed<Code> code) {
  Local<> known = code->varnames.load(code.get());
  if (known) return std::move(known).as<Tuple>();
  Local<Tuple> made = TRY(select_locals(m, code.get(), false));
  code->varnames.set_share(made);
  return made;
}

Result<Local<Tuple>> code_cellvars(Mutator& m, Borrowed<Code> code) {
  Local<> known = code->cellvars.load(code.get());
  if (known) return std::move(known).as<Tuple>();
  Local<Tuple> made = TRY(select_locals(m, code.get(), true));
  code->cellvars.set_share(made);
  return made;
}

}  // namespace orochi
