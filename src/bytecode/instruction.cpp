// The opcode table as data.
#include "bytecode/instruction.h"

namespace orochi {
namespace {

constexpr OpInfo kRows[] = {
#define OP(name, a, b, c, extra, effects) \
  {#name, Operand::a, Operand::b, Operand::c, Extra::extra, uint8_t(effects), Op::name},
#include "bytecode/opcodes.def"
};

constexpr Op kFamilies[] = {
#define OP(name, a, b, c, extra, effects) Op::name,
#define QUICK(name, family) Op::family,
#include "bytecode/opcodes.def"
};
constexpr std::string_view kNames[] = {
#define OP(name, a, b, c, extra, effects) #name,
#define QUICK(name, family) #name,
#include "bytecode/opcodes.def"
};

struct Table {
  OpInfo rows[kOpCount];
  consteval Table() : rows{} {
    for (int i = 0; i < kOpCount; i++) {
      // QUICK rows stand at the end of the table, so an emitted opcode's number is its row.
      rows[i] = kRows[int(kFamilies[i])];
      rows[i].name = kNames[i];
    }
  }
};
constexpr Table kTable;

}  // namespace

const OpInfo& op_info(Op op) { return kTable.rows[int(op)]; }

uint64_t opcode_table_hash() {
  uint64_t h = 0xcbf29ce484222325u;
  auto mix = [&](uint8_t byte) { h = (h ^ byte) * 0x100000001b3u; };
  for (int i = 0; i < kEmittedOps; i++) {
    const OpInfo& row = kTable.rows[i];
    for (char c : row.name) mix(uint8_t(c));
    for (uint8_t byte : {uint8_t(row.a), uint8_t(row.b), uint8_t(row.c), uint8_t(row.extra), row.effects}) mix(byte);
  }
  return h;
}

}  // namespace orochi
