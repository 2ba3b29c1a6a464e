// Blobs as bytes for the code cache: a plain depth-first record, varints and length-prefixed strings. The reader trusts
// nothing: every length is checked, nesting is bounded, and the caller verifies the blob before running it.
#include <bit>
#include <cstring>

#include "bytecode/code_blob.h"

namespace orochi {
namespace {

constexpr uint64_t kFormatVersion = 1;  // of this file's layout; the opcode table has its own hash
constexpr int kMaxDepth = 200;

struct Writer {
  std::string out;

  void number(uint64_t v) {
    while (v >= 0x80) {
      out.push_back(char(v | 0x80));
      v >>= 7;
    }
    out.push_back(char(v));
  }
  void fixed(uint64_t v) { out.append(reinterpret_cast<const char*>(&v), 8); }
  void text(const std::string& s) {
    number(s.size());
    out += s;
  }
  void value(const Const& c) {
    out.push_back(char(uint8_t(c.kind) | (c.interned ? 0x80 : 0)));
    switch (c.kind) {
      case ConstKind::None:
      case ConstKind::False:
      case ConstKind::True:
      case ConstKind::Ellipsis:
        break;
      case ConstKind::Int:
        fixed(uint64_t(c.integer));
        break;
      case ConstKind::BigInt:
        out.push_back(c.integer < 0 ? 1 : 0);
        text(c.text);
        break;
      case ConstKind::Float:
        fixed(std::bit_cast<uint64_t>(c.number));
        break;
      case ConstKind::Complex:
        fixed(std::bit_cast<uint64_t>(c.number));
        fixed(std::bit_cast<uint64_t>(c.imag));
        break;
      case ConstKind::Str:
      case ConstKind::Bytes:
        text(c.text);
        break;
      case ConstKind::Tuple:
      case ConstKind::FrozenSet:
      case ConstKind::Slice:
        number(c.items.size());
        for (const Const& item : c.items) value(item);
        break;
      case ConstKind::Code:
        blob(*c.code);
        break;
    }
  }
  void blob(const CodeBlob& b) {
    text(b.name);
    text(b.qualname);
    text(b.filename);
    for (uint64_t v : {uint64_t(b.firstlineno), uint64_t(b.argcount), uint64_t(b.posonlyargcount),
                       uint64_t(b.kwonlyargcount), uint64_t(b.flags), uint64_t(b.nparams), uint64_t(b.nregs),
                       uint64_t(b.first_temp)}) {
      number(v);
    }
    number(b.locals.size());
    for (const LocalInfo& local : b.locals) {
      text(local.name);
      out.push_back(char(local.kind));
    }
    number(b.freevars.size());
    for (const std::string& name : b.freevars) text(name);
    number(b.consts.size());
    for (const Const& c : b.consts) value(c);
    number(b.names.size());
    for (const std::string& name : b.names) text(name);
    number(b.code.size());
    out.append(reinterpret_cast<const char*>(b.code.data()), b.code.size() * 8);
    number(b.exceptions.size());
    for (const ExceptionEntry& e : b.exceptions) {
      for (uint32_t v : {e.start, e.end, e.handler, e.clear_from}) number(v);
    }
    text(b.positions);
  }
};

struct Reader {
  const char* at;
  const char* end;
  bool good = true;

  size_t left() const { return size_t(end - at); }
  uint8_t byte() {
    if (at >= end) {
      good = false;
      return 0;
    }
    return uint8_t(*at++);
  }
  uint64_t number() {
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      uint8_t b = byte();
      v |= uint64_t(b & 0x7f) << shift;
      if ((b & 0x80) == 0) return v;
    }
    good = false;
    return 0;
  }
  uint32_t number32() {
    uint64_t v = number();
    if (v > UINT32_MAX) good = false;
    return uint32_t(v);
  }
  // A count of things that take at least `size` bytes each.
  size_t count(size_t size = 1) {
    uint64_t v = number();
    if (v > left() / size) {
      good = false;
      return 0;
    }
    return size_t(v);
  }
  uint64_t fixed() {
    uint64_t v = 0;
    if (left() < 8) {
      good = false;
      return 0;
    }
    std::memcpy(&v, at, 8);
    at += 8;
    return v;
  }
  std::string text() {
    size_t n = count();
    std::string s(at, n);
    at += n;
    return s;
  }
  Const value(int depth) {
    uint8_t head = byte();
    Const c(ConstKind(head & 0x7f));
    c.interned = (head & 0x80) != 0;
    if (depth > kMaxDepth) good = false;
    if (!good) return c;
    switch (c.kind) {
      case ConstKind::None:
      case ConstKind::False:
      case ConstKind::True:
      case ConstKind::Ellipsis:
        break;
      case ConstKind::Int:
        c.integer = int64_t(fixed());
        break;
      case ConstKind::BigInt:
        c.integer = byte() != 0 ? -1 : 1;
        c.text = text();
        break;
      case ConstKind::Float:
        c.number = std::bit_cast<double>(fixed());
        break;
      case ConstKind::Complex:
        c.number = std::bit_cast<double>(fixed());
        c.imag = std::bit_cast<double>(fixed());
        break;
      case ConstKind::Str:
      case ConstKind::Bytes:
        c.text = text();
        break;
      case ConstKind::Tuple:
      case ConstKind::FrozenSet:
      case ConstKind::Slice: {
        size_t n = count();
        if (c.kind == ConstKind::Slice && n != 3) good = false;
        c.items.reserve(n);
        for (size_t i = 0; i < n && good; i++) c.items.push_back(value(depth + 1));
        break;
      }
      case ConstKind::Code:
        c.code = blob(depth + 1);
        break;
      default:
        good = false;
    }
    return c;
  }
  std::unique_ptr<CodeBlob> blob(int depth) {
    auto b = std::make_unique<CodeBlob>();
    b->name = text();
    b->qualname = text();
    b->filename = text();
    b->firstlineno = int32_t(number());
    b->argcount = number32();
    b->posonlyargcount = number32();
    b->kwonlyargcount = number32();
    b->flags = number32();
    b->nparams = number32();
    b->nregs = number32();
    b->first_temp = number32();
    size_t n = count(2);
    b->locals.resize(n);
    for (LocalInfo& local : b->locals) {
      local.name = text();
      local.kind = byte();
    }
    b->freevars.resize(count());
    for (std::string& name : b->freevars) name = text();
    n = count();
    b->consts.reserve(n);
    for (size_t i = 0; i < n && good; i++) b->consts.push_back(value(depth + 1));
    b->names.resize(count());
    for (std::string& name : b->names) name = text();
    n = count(8);
    b->code.resize(n);
    if (n != 0) std::memcpy(b->code.data(), at, n * 8);
    at += n * 8;
    b->exceptions.resize(count(4));
    for (ExceptionEntry& e : b->exceptions) {
      e.start = number32();
      e.end = number32();
      e.handler = number32();
      e.clear_from = number32();
    }
    b->positions = text();
    return b;
  }
};

}  // namespace

std::string serialize(const CodeBlob& blob) {
  Writer writer;
  writer.blob(blob);
  return std::move(writer.out);
}

std::unique_ptr<CodeBlob> deserialize(std::string_view bytes) {
  Reader reader{bytes.data(), bytes.data() + bytes.size()};
  auto blob = reader.blob(0);
  if (!reader.good || reader.at != reader.end) return nullptr;
  return blob;
}

uint64_t bytecode_magic() { return opcode_table_hash() * 31 + kFormatVersion; }

}  // namespace orochi
