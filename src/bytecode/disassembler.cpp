// Disassembly: one line an instruction, with operands spelt from opcodes.def. Registers print as the local's name, h3
// (hidden), p0 (pinned) or t0 (consumable temp).
#include "bytecode/disassembler.h"

#include <cstdio>

namespace orochi {
namespace {

void append_number(std::string& out, double v) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.17g", v);
  out += buffer;
}

void append_quoted(std::string& out, const std::string& s) {
  out += '\'';
  for (char ch : s) {
    uint8_t c = uint8_t(ch);
    if (c == '\'' || c == '\\') {
      out += '\\';
      out += ch;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < 0x20 || c == 0x7f) {
      char buffer[8];
      std::snprintf(buffer, sizeof buffer, "\\x%02x", c);
      out += buffer;
    } else {
      out += ch;
    }
  }
  out += '\'';
}

struct Printer {
  const CodeBlob& blob;
  std::string out;

  std::string reg(uint32_t r) const {
    if (r < blob.locals.size()) return blob.locals[r].name.empty() ? "h" + std::to_string(r) : blob.locals[r].name;
    if (r < blob.first_temp) return "p" + std::to_string(r - blob.locals.size());
    return "t" + std::to_string(r - blob.first_temp);
  }
  std::string range(uint32_t first, uint32_t count) const {
    if (count == 0) return "[]";
    if (count == 1) return "[" + reg(first) + "]";
    return "[" + reg(first) + ".." + reg(first + count - 1) + "]";
  }
  std::string name(size_t i) const { return i < blob.names.size() ? blob.names[i] : "name?" + std::to_string(i); }

  std::string operand(Operand kind, Instruction in, uint16_t v, size_t next) const {
    switch (kind) {
      case Operand::_: return "";
      case Operand::W: case Operand::R: case Operand::K: case Operand::Z: return reg(v);
      case Operand::W2: case Operand::R2: case Operand::Z2: return range(v, 2);
      case Operand::R3: return range(v, 3);
      case Operand::W5: return range(v, 5);
      case Operand::RN: case Operand::WN: case Operand::ZN: return range(v, in.c());
      case Operand::RN2: return range(v, 2u * in.c());
      case Operand::RC: return range(v, 1u + in.c());
      case Operand::RM: return range(v, 2u + in.c());
      case Operand::RF: return range(v, uint32_t(__builtin_popcount(in.c())));
      case Operand::RI: return range(v, (in.c() & 16) != 0 ? 3 : 2);
      case Operand::WX: return range(v, (in.c() & 255u) + 1 + (in.c() >> 8));
      case Operand::U: return std::to_string(v);
      case Operand::I: return std::to_string(int16_t(v));
      case Operand::N: return "." + name(v);
      case Operand::F: return "free:" + (v < blob.freevars.size() ? blob.freevars[v] : std::to_string(v));
      case Operand::J: return "->" + std::to_string(int64_t(next) + int16_t(v));
      case Operand::JL: return "->" + std::to_string(int64_t(next) + in.bc());
      case Operand::KL: {
        size_t i = size_t(in.bc());
        return i < blob.consts.size() ? repr_const(blob.consts[i]) : "const?" + std::to_string(i);
      }
      case Operand::NL: return "." + name(size_t(in.bc()));
      case Operand::IL: return std::to_string(in.bc());
    }
    return "";
  }

  void print() {
    out += "code " + blob.qualname + " (args " + std::to_string(blob.argcount) + " posonly " +
           std::to_string(blob.posonlyargcount) + " kwonly " + std::to_string(blob.kwonlyargcount) + " flags " +
           std::to_string(blob.flags) + " line " + std::to_string(blob.firstlineno) + " regs " +
           std::to_string(blob.nregs) + " first_temp " + std::to_string(blob.first_temp) + ")\n";
    if (!blob.locals.empty()) {
      out += "  locals:";
      for (const LocalInfo& local : blob.locals) {
        out += " " + local.name;
        if ((local.kind & kLocalCell) != 0) out += "(cell)";
        if ((local.kind & kLocalComprehension) != 0) out += "(comp)";
        if ((local.kind & kLocalHidden) != 0) out += "(hidden)";
      }
      out += "\n";
    }
    if (!blob.freevars.empty()) {
      out += "  free:";
      for (const std::string& name : blob.freevars) out += " " + name;
      out += "\n";
    }
    PositionReader positions(blob.positions, blob.firstlineno);
    uint64_t covered = 0;
    int32_t last_line = -2;
    for (size_t at = 0; at < blob.code.size();) {
      Instruction in(blob.code[at]);
      if (int(in.op()) >= kOpCount) {
        out += "  bad opcode\n";
        return;
      }
      const OpInfo& info = op_info(in.op());
      while (covered <= at && positions.next()) covered += positions.words;
      int32_t line = positions.position.line;
      char head[64];
      if (line != last_line) {
        std::snprintf(head, sizeof head, "%6d %5zu  ", line, at);
      } else {
        std::snprintf(head, sizeof head, "       %5zu  ", at);
      }
      last_line = line;
      out += head;
      out += info.name;
      size_t next = at + size_t(info.words());
      std::string operands;
      for (auto [kind, v] : {std::pair{info.a, in.a()}, std::pair{info.b, in.b()}, std::pair{info.c, in.c()}}) {
        std::string text = operand(kind, in, v, next);
        if (text.empty()) continue;
        operands += operands.empty() ? " " : ", ";
        operands += text;
        if (info.has_long() && kind == info.b) break;
      }
      if (info.has_data()) {
        size_t data = at + 1 + size_t(info.has_cache());
        size_t i = data < blob.code.size() ? size_t(blob.code[data]) : 0;
        operands += ", " + (i < blob.consts.size() ? repr_const(blob.consts[i]) : "const?" + std::to_string(i));
      }
      if (!operands.empty()) out.append(info.name.size() < 18 ? 18 - info.name.size() : 0, ' ');
      out += operands + "\n";
      at = next;
    }
    for (const ExceptionEntry& e : blob.exceptions) {
      out += "  except " + std::to_string(e.start) + ".." + std::to_string(e.end) + " -> " + std::to_string(e.handler) +
             " clear from " + reg(e.clear_from) + "\n";
    }
    for (const Const& c : blob.consts) {
      if (c.kind != ConstKind::Code) continue;
      out += "\n" + disassemble(*c.code);
    }
  }
};

}  // namespace

std::string repr_const(const Const& value) {
  std::string out;
  switch (value.kind) {
    case ConstKind::None: return "None";
    case ConstKind::False: return "False";
    case ConstKind::True: return "True";
    case ConstKind::Ellipsis: return "Ellipsis";
    case ConstKind::Int: return std::to_string(value.integer);
    case ConstKind::BigInt: {
      out = value.integer < 0 ? "-0x" : "0x";
      for (size_t i = value.text.size(); i-- > 0;) {
        char buffer[4];
        std::snprintf(buffer, sizeof buffer, "%02x", uint8_t(value.text[i]));
        out += buffer;
      }
      return out;
    }
    case ConstKind::Float: append_number(out, value.number); return out;
    case ConstKind::Complex:
      out = "(";
      append_number(out, value.number);
      out += " + ";
      append_number(out, value.imag);
      return out + "j)";
    case ConstKind::Bytes: out = "b"; [[fallthrough]];
    case ConstKind::Str: append_quoted(out, value.text); return out;
    case ConstKind::Tuple:
    case ConstKind::FrozenSet:
    case ConstKind::Slice: {
      out = value.kind == ConstKind::Tuple ? "(" : value.kind == ConstKind::FrozenSet ? "frozenset(" : "slice(";
      bool first = true;
      for (const Const& item : value.items) {
        if (!first) out += ", ";
        first = false;
        out += repr_const(item);
      }
      if (value.kind == ConstKind::Tuple && value.items.size() == 1) out += ",";
      return out + ")";
    }
    case ConstKind::Code: return "<code " + value.code->qualname + ">";
  }
  return out;
}

std::string disassemble(const CodeBlob& blob) {
  Printer printer{blob, {}};
  printer.print();
  return std::move(printer.out);
}

}  // namespace orochi
