// Code blobs to code objects: constants become values, names are interned. See make_code.h.
#include "runtime/make_code.h"

#include <cstring>

#include "objects/bytes.h"
#include "objects/exception.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/set.h"
#include "objects/slice.h"
#include "objects/str.h"
#include "objects/tuple.h"

namespace orochi {

namespace {

struct Maker {
  Mutator& m;
  Local<Str> filename;

  Result<Local<Tuple>> name_tuple(const std::vector<std::string>& names) {
    Local<Tuple> tuple = TRY(make_tuple_uninitialised(m, names.size()));
    for (size_t i = 0; i < names.size(); i++) {
      Local<Str> s = TRY(intern(m, names[i]));
      tuple->items()[i].init(std::move(s));
    }
    return tuple;
  }

  Result<Local<Tuple>> items(const std::vector<Const>& consts, int depth) {
    Local<Tuple> tuple = TRY(make_tuple_uninitialised(m, consts.size()));
    for (size_t i = 0; i < consts.size(); i++) {
      Local<> v = TRY(constant(consts[i], depth + 1));
      tuple->items()[i].init(std::move(v));
    }
    return tuple;
  }

  Result<Local<>> constant(const Const& c, int depth) {
    if (depth > 200) return raise(m, types::RecursionError, "constants nested too deeply");
    switch (c.kind) {
      case ConstKind::None: return kNone;
      case ConstKind::False: return kFalse;
      case ConstKind::True: return kTrue;
      case ConstKind::Ellipsis: return kEllipsis;
      case ConstKind::Int: return make_int(m, c.integer);
      case ConstKind::BigInt: {
        std::vector<uint64_t> limbs((c.text.size() + 7) / 8, 0);
        if (!limbs.empty()) std::memcpy(limbs.data(), c.text.data(), c.text.size());
        size_t n = limbs.size();
        while (n > 0 && limbs[n - 1] == 0) n--;
        return make_int_from_limbs(m, limbs.data(), n, c.integer < 0);
      }
      case ConstKind::Float: return make_float(m, c.number);
      case ConstKind::Complex: return make_complex(m, c.number, c.imag);
      case ConstKind::Str:
        if (c.interned) return intern(m, c.text);
        return make_str(m, c.text);
      case ConstKind::Bytes: return make_bytes(m, c.text);
      case ConstKind::Tuple: return items(c.items, depth);
      case ConstKind::FrozenSet: {
        Local<Tuple> tuple = TRY(items(c.items, depth));
        return make_frozenset(static_cast<Thread&>(m), tuple->values(), tuple->length());
      }
      case ConstKind::Slice: {
        Local<Tuple> tuple = TRY(items(c.items, depth));
        return make_slice(m, tuple->at(0), tuple->at(1), tuple->at(2));
      }
      case ConstKind::Code: return code(*c.code, depth + 1);
    }
    OROCHI_UNREACHABLE();
  }

  static void* copy(const void* source, size_t bytes) {
    void* p = allocate_raw(bytes ? bytes : 1);
    if (p && bytes) std::memcpy(p, source, bytes);
    return p;
  }

  Result<Local<Code>> code(const CodeBlob& blob, int depth) {
    Local<Code> made = TRY(allocate_code(m));
    Code* c = made.get();
    c->nregs = blob.nregs;
    c->nlocals = static_cast<uint32_t>(blob.locals.size());
    c->first_temp = blob.first_temp;
    c->flags = blob.flags;
    c->argcount = blob.argcount;
    c->posonlyargcount = blob.posonlyargcount;
    c->kwonlyargcount = blob.kwonlyargcount;
    c->nparams = blob.nparams;
    c->firstlineno = blob.firstlineno;
    c->code = static_cast<uint64_t*>(copy(blob.code.data(), blob.code.size() * 8));
    if (!c->code) return raise_no_memory(m);
    c->code_words = static_cast<uint32_t>(blob.code.size());
    c->exceptions =
        static_cast<ExceptionEntry*>(copy(blob.exceptions.data(), blob.exceptions.size() * sizeof(ExceptionEntry)));
    c->local_kinds = static_cast<uint8_t*>(allocate_raw(blob.locals.size() + 1));
    c->positions = static_cast<char*>(copy(blob.positions.data(), blob.positions.size()));
    if (!c->exceptions || !c->local_kinds || !c->positions) return raise_no_memory(m);
    c->exception_count = static_cast<uint32_t>(blob.exceptions.size());
    c->positions_length = blob.positions.size();
    Local<Tuple> locals = TRY(make_tuple_uninitialised(m, blob.locals.size()));
    for (size_t i = 0; i < blob.locals.size(); i++) {
      c->local_kinds[i] = blob.locals[i].kind;
      Local<Str> s = TRY(intern(m, blob.locals[i].name));
      locals->items()[i].init(std::move(s));
    }
    c->locals.init(std::move(locals));
    Local<Tuple> names = TRY(name_tuple(blob.names));
    c->names.init(std::move(names));
    Local<Tuple> freevars = TRY(name_tuple(blob.freevars));
    c->freevars.init(std::move(freevars));
    Local<Str> name = TRY(intern(m, blob.name));
    c->name.init(std::move(name));
    Local<Str> qualname = TRY(intern(m, blob.qualname));
    c->qualname.init(std::move(qualname));
    c->filename.init_share(filename);
    Local<Tuple> consts = TRY(items(blob.consts, depth));
    c->consts.init(std::move(consts));
    finish_code(c);
    return made;
  }
};

}  // namespace

Result<Local<Code>> make_code(Mutator& m, const CodeBlob& blob, std::string_view filename) {
  Local<Str> name = TRY(make_str(m, filename.empty() ? std::string_view(blob.filename) : filename));
  Maker maker{m, std::move(name)};
  return maker.code(blob, 0);
}

Result<Local<>> make_constant(Mutator& m, const Const& c) {
  Maker maker{m, Local<Str>()};
  return maker.constant(c, 0);
}

}  // namespace orochi
