// CodeBlob: what the compiler hands to the runtime, free of heap objects. One blob per code object; nested blobs are
// constants. Invariant: a blob that left the compiler passes verify() (verifier.h).
//
// Registers of a frame:  [ parameters | other locals | hidden | pinned temporaries | consumable temporaries )
//                        0            ^ nparams      ^ nlocals (locals.size())      ^ first_temp            ^ nregs
// Parameters stand in the order positional-only, positional, keyword-only, *args, **kwargs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bytecode/instruction.h"

namespace orochi {

struct CodeBlob;

enum class ConstKind : uint8_t { None, False, True, Ellipsis, Int, BigInt, Float, Complex, Str, Bytes, Tuple, FrozenSet, Slice, Code };

// A constant. Which fields count depends on the kind:
//   Int integer | BigInt text = magnitude, little-endian bytes without leading zeros, integer = sign (1 or -1)
//   Float number | Complex number, imag | Str text (WTF-8) | Bytes text | Tuple, FrozenSet, Slice (3) items | Code code
struct Const {
  ConstKind kind = ConstKind::None;
  bool interned = false;  // Str: the runtime interns it (identifier-like, as CPython does)
  union {
    int64_t integer = 0;
    double number;
  };
  double imag = 0;
  std::string text;
  std::vector<Const> items;
  std::unique_ptr<CodeBlob> code;

  Const();
  explicit Const(ConstKind k);
  Const(Const&&);
  Const& operator=(Const&&);
  ~Const();
};

// co_flags, values as CPython's.
enum CodeFlag : uint32_t {
  kCoOptimized = 0x1,
  kCoNewLocals = 0x2,
  kCoVarArgs = 0x4,
  kCoVarKeywords = 0x8,
  kCoNested = 0x10,
  kCoGenerator = 0x20,
  kCoCoroutine = 0x80,
  kCoIterableCoroutine = 0x100,
  kCoAsyncGenerator = 0x200,
  kCoFutureDivision = 0x20000,
  kCoFutureAbsoluteImport = 0x40000,
  kCoFutureWithStatement = 0x80000,
  kCoFuturePrintFunction = 0x100000,
  kCoFutureUnicodeLiterals = 0x200000,
  kCoFutureBarryAsBdfl = 0x400000,
  kCoFutureGeneratorStop = 0x800000,
  kCoFutureAnnotations = 0x1000000,
  kCoHasDocstring = 0x4000000,
  kCoMethod = 0x8000000,
};

enum LocalKind : uint8_t {
  kLocalPlain = 0,
  kLocalCell = 1,           // the register holds a cell (after its MakeCell)
  kLocalParam = 2,          // one of the first nparams
  kLocalComprehension = 4,  // a variable of an inlined comprehension; shadows an outer local of the same name while bound
  kLocalHidden = 8,         // comprehension variable in a class or module body: not part of locals()
};

struct LocalInfo {
  std::string name;
  uint8_t kind = kLocalPlain;  // LocalKind bits
};

// Exceptions raised by instructions whose word offset lies in [start, end) continue at `handler`, after the registers
// from `clear_from` up have been dropped. Entries are sorted by start and do not overlap: the innermost one wins.
struct ExceptionEntry {
  uint32_t start, end, handler;
  uint32_t clear_from;
};

// Source position of an instruction; lines from 1, columns in UTF-8 bytes from 0, -1 = unknown.
struct Position {
  int32_t line = -1, end_line = -1, column = -1, end_column = -1;
  bool operator==(const Position&) const = default;
};

// Compact position table: a run of entries, each covering a number of instruction words (extra words included). See
// positions.cpp for the encoding.
struct PositionReader {
  explicit PositionReader(std::string_view table, int32_t firstlineno);
  // The next run: false at the end. `words` instruction words from the last end have position `position`.
  bool next();
  uint32_t words = 0;
  Position position;

 private:
  const uint8_t* at_;
  const uint8_t* end_;
  int32_t line_;
};

struct PositionWriter {
  explicit PositionWriter(int32_t firstlineno) : line_(firstlineno) {}
  void add(uint32_t words, const Position& position);
  std::string finish();

 private:
  void flush();
  std::string out_;
  Position last_;
  uint32_t pending_ = 0;
  int32_t line_;
};

Position position_at(const CodeBlob& blob, uint32_t offset);
// The same from the parts, for the runtime's code object.
Position position_at(std::string_view table, int32_t firstlineno, uint32_t offset);

struct CodeBlob {
  std::string name;
  std::string qualname;
  std::string filename;
  int32_t firstlineno = 1;
  uint32_t argcount = 0;         // positional, including positional-only
  uint32_t posonlyargcount = 0;
  uint32_t kwonlyargcount = 0;
  uint32_t flags = 0;            // CodeFlag
  uint32_t nparams = 0;          // argcount + kwonlyargcount + (*args) + (**kwargs)
  uint32_t nregs = 0;
  uint32_t first_temp = 0;
  std::vector<LocalInfo> locals;     // registers [0, locals.size())
  std::vector<std::string> freevars; // closure tuple order
  std::vector<Const> consts;         // with kCoHasDocstring, consts[0] is the docstring
  std::vector<std::string> names;
  std::vector<uint64_t> code;        // instruction, cache and data words
  std::vector<ExceptionEntry> exceptions;
  std::string positions;
};

// The entry that covers a word offset, or null.
const ExceptionEntry* find_handler(const ExceptionEntry* entries, size_t count, uint32_t offset);

// Bytes for the code cache, and back; null when the bytes are not a valid blob. The caller checks the magic number.
std::string serialize(const CodeBlob& blob);
std::unique_ptr<CodeBlob> deserialize(std::string_view bytes);
uint64_t bytecode_magic();

}  // namespace orochi
