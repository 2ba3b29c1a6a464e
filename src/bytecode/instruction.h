// Instruction words: opcode:16 | a:16 | b:16 | c:16 from the low end, or opcode | a | bc:32 (signed). Everything here is
// derived from opcodes.def. An instruction may be followed by a cache word and then a data word (see OpInfo).
#pragma once

#include <cstdint>
#include <string_view>

namespace orochi {

enum class Op : uint16_t {
#define OP(name, a, b, c, extra, effects) name,
#define QUICK(name, family) name,
#include "bytecode/opcodes.def"
};

// Everything below kEmittedOps may come from the compiler; above are specialised forms.
inline constexpr int kOpCount = 0
#define OP(name, a, b, c, extra, effects) +1
#define QUICK(name, family) +1
#include "bytecode/opcodes.def"
    ;
inline constexpr int kEmittedOps = 0
#define OP(name, a, b, c, extra, effects) +1
#include "bytecode/opcodes.def"
    ;

// What an operand field holds; the letters of opcodes.def.
enum class Operand : uint8_t {
  _, W, W2, W5, R, R2, R3, K, Z, Z2, ZN, U, I, N, F, J, RN, RN2, RC, RM, RF, RI, WN, WX, JL, KL, NL, IL,
};

enum Effect : uint8_t {
  kRaises = 1,
  kCalls = 2,
  kJumps = 4,
  kEnds = 8,
  kEntry = 16,
  kSuspends = 32,
};

enum class Extra : uint8_t { E0 = 0, EC = 1, ED = 2, ECD = 3 };  // bit 0: cache word, bit 1: data word

struct OpInfo {
  std::string_view name;
  Operand a, b, c;
  Extra extra;
  uint8_t effects;
  Op family;  // itself unless specialised

  constexpr bool has_cache() const { return (uint8_t(extra) & 1) != 0; }
  constexpr bool has_data() const { return (uint8_t(extra) & 2) != 0; }
  constexpr int words() const { return 1 + int(has_cache()) + int(has_data()); }
  // B and C form one signed 32-bit operand.
  constexpr bool has_long() const { return b >= Operand::JL; }
};

const OpInfo& op_info(Op op);
// A hash over every row: the format version of anything that stores instructions.
uint64_t opcode_table_hash();

struct Instruction {
  uint64_t word = 0;

  constexpr Instruction() = default;
  constexpr explicit Instruction(uint64_t w) : word(w) {}
  static constexpr Instruction abc(Op op, uint16_t a, uint16_t b, uint16_t c) {
    return Instruction(uint64_t(op) | uint64_t(a) << 16 | uint64_t(b) << 32 | uint64_t(c) << 48);
  }
  static constexpr Instruction along(Op op, uint16_t a, int32_t bc) {
    return Instruction(uint64_t(op) | uint64_t(a) << 16 | uint64_t(uint32_t(bc)) << 32);
  }
  constexpr Op op() const { return Op(uint16_t(word)); }
  constexpr uint16_t a() const { return uint16_t(word >> 16); }
  constexpr uint16_t b() const { return uint16_t(word >> 32); }
  constexpr uint16_t c() const { return uint16_t(word >> 48); }
  constexpr int16_t sb() const { return int16_t(b()); }
  constexpr int16_t sc() const { return int16_t(c()); }
  constexpr int32_t bc() const { return int32_t(word >> 32); }
};
static_assert(sizeof(Instruction) == 8);

// LoadCommonConstant
enum class CommonConstant : uint16_t { AssertionError, NotImplementedError, BuiltinTuple, BuiltinAll, BuiltinAny };

// CallIntrinsic1: one argument
enum class Intrinsic1 : uint16_t {
  Print,             // expression statement in interactive mode: sys.displayhook(value)
  ImportStar,        // from module import *: into the frame's locals; result None
  TypeVar,           // TypeVar(name), name str
  ParamSpec,         // ParamSpec(name)
  TypeVarTuple,      // TypeVarTuple(name)
  SubscriptGeneric,  // Generic[params], params a tuple (typing._GenericAlias)
  TypeAlias,         // tuple (name, type params tuple or None, compute function)
};

// CallIntrinsic2: two arguments
enum class Intrinsic2 : uint16_t {
  PrepReraiseStar,          // original exception, list of raised/unhandled: exception to raise, or None
  TypeVarWithBound,         // name, evaluate function
  TypeVarWithConstraints,   // name, evaluate function
  SetFunctionTypeParams,    // function, tuple of params: function
  SetTypeParamDefault,      // type param, evaluate function: type param
};

enum class AwaitKind : uint16_t { Await, AsyncEnter, AsyncExit, AsyncNext };

// MakeFunction: which temps follow, in this order.
enum MakeFunctionFlag : uint16_t {
  kFunctionDefaults = 1,
  kFunctionKwDefaults = 2,
  kFunctionAnnotations = 4,
  kFunctionAnnotate = 8,
  kFunctionClosure = 16,
};

}  // namespace orochi
