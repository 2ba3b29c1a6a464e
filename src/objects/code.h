// Code objects: one per code blob. Deferred (never counted). The instruction words are shared by all threads and are
// rewritten in place by quickening (docs/design/interpreter.md); everything else is fixed once the object is published,
// except the lazily made `co_*` tuples, which are Fields.
#pragma once

#include "bytecode/code_blob.h"
#include "objects/str.h"
#include "objects/tuple.h"

namespace orochi {

namespace types {
extern ::orochi::Type Code;
}

inline constexpr uint32_t kNotExact = UINT32_MAX;

struct Code : Object {
  static Type& python_type() { return types::Code; }
  // Read by every call.
  uint64_t* code;            // instruction, cache and data words; raw memory
  const Value* const_values; // == consts->values()
  uint32_t exact_args;       // argcount when a call with exactly that many positional arguments needs no binding
  uint32_t nregs;
  uint32_t nlocals;
  uint32_t first_temp;
  uint32_t flags;            // CodeFlag
  uint32_t argcount;
  uint32_t posonlyargcount;
  uint32_t kwonlyargcount;
  uint32_t nparams;
  uint32_t code_words;
  int32_t firstlineno;
  uint32_t exception_count;
  ExceptionEntry* exceptions;  // raw memory
  uint8_t* local_kinds;        // raw memory, one LocalKind a local
  char* positions;             // raw memory
  uint64_t positions_length;
  Field<Tuple> consts;
  Field<Tuple> names;          // interned
  Field<Tuple> locals;         // names of registers [0, nlocals), interned
  Field<Tuple> freevars;       // interned
  Field<Str> name;
  Field<Str> qualname;
  Field<Str> filename;
  Field<> varnames;            // co_varnames, made on demand
  Field<> cellvars;            // co_cellvars, made on demand
  uint64_t* original;          // the words as the compiler emitted them (caches zero) when co_code was asked for

  const Value* name_values() const { return names.borrow()->values(); }
  bool is_generator_like() const { return flags & (kCoGenerator | kCoCoroutine | kCoAsyncGenerator); }
  uint32_t offset_of(const uint64_t* pc) const { return static_cast<uint32_t>(pc - code); }

  static void trace(Object* object, Visitor& v);
  static void destroy(Object* object);
  static size_t extra_size(const Object* object);
};

// All bytes after the header zero; the maker fills it. Takes over nothing.
Result<Local<Code>> allocate_code(Mutator& m);
// Sets const_values and exact_args from the other fields; the last step of making one.
void finish_code(Code* code);
// Source position of the instruction at word `offset`.
Position code_position(const Code* code, uint32_t offset);
int32_t code_line(const Code* code, uint32_t offset);
// A copy with the words reset to what the compiler emitted.
Result<Local<Code>> copy_code(Mutator& m, Borrowed<Code> code);
// Are the two the same constant (type and value, as code comparison wants)? Runs no Python code.
bool code_equal(Borrowed<Code> a, Borrowed<Code> b);
int64_t code_hash(Borrowed<Code> code);
Result<Local<Tuple>> code_varnames(Mutator& m, Borrowed<Code> code);
Result<Local<Tuple>> code_cellvars(Mutator& m, Borrowed<Code> code);

}  // namespace orochi
