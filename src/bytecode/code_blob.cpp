// Construction, handler lookup and the compact position table.
//
// Position table: entries of the form  head, [words varint], fields.  head = kind (3 bits) | words << 3, where words == 0
// means a varint follows. Kinds: 0 no position | 1 same line, column, length | 2 signed line step, column, length |
// 3 signed line step, end line - line, column + 1, end column + 1 | 4 signed line step, no columns.
#include "bytecode/code_blob.h"

#include "base/check.h"

namespace orochi {

Const::Const() = default;
Const::Const(ConstKind k) : kind(k) {}
Const::Const(Const&&) = default;
Const& Const::operator=(Const&&) = default;
Const::~Const() = default;

const ExceptionEntry* find_handler(const ExceptionEntry* entries, size_t count, uint32_t offset) {
  size_t low = 0, high = count;
  while (low < high) {
    size_t mid = (low + high) / 2;
    if (entries[mid].end <= offset) {
      low = mid + 1;
    } else {
      high = mid;
    }
  }
  return low < count && entries[low].start <= offset ? &entries[low] : nullptr;
}

namespace {

enum PositionKind : uint8_t { kNone, kSameLine, kLineStep, kLong, kLineOnly };

void put_varint(std::string& out, uint32_t v) {
  while (v >= 0x80) {
    out.push_back(char(v | 0x80));
    v >>= 7;
  }
  out.push_back(char(v));
}
void put_signed(std::string& out, int32_t v) { put_varint(out, (uint32_t(v) << 1) ^ uint32_t(v >> 31)); }

uint32_t get_varint(const uint8_t*& at, const uint8_t* end) {
  uint32_t v = 0;
  for (int shift = 0; at < end && shift < 35; shift += 7) {
    uint8_t byte = *at++;
    v |= uint32_t(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) break;
  }
  return v;
}
int32_t get_signed(const uint8_t*& at, const uint8_t* end) {
  uint32_t v = get_varint(at, end);
  return int32_t(v >> 1) ^ -int32_t(v & 1);
}

}  // namespace

PositionReader::PositionReader(std::string_view table, int32_t firstlineno)
    : at_(reinterpret_cast<const uint8_t*>(table.data())), end_(at_ + table.size()), line_(firstlineno) {}

bool PositionReader::next() {
  if (at_ >= end_) return false;
  uint8_t head = *at_++;
  words = head >> 3;
  if (words == 0) words = get_varint(at_, end_);
  position = {};
  switch (head & 7) {
    case kNone:
      return true;
    case kLineStep:
      line_ += get_signed(at_, end_);
      [[fallthrough]];
    case kSameLine:
      position.line = position.end_line = line_;
      position.column = int32_t(get_varint(at_, end_));
      position.end_column = position.column + int32_t(get_varint(at_, end_));
      return true;
    case kLong:
      line_ += get_signed(at_, end_);
      position.line = line_;
      position.end_line = line_ + get_signed(at_, end_);
      position.column = int32_t(get_varint(at_, end_)) - 1;
      position.end_column = int32_t(get_varint(at_, end_)) - 1;
      return true;
    default:
      line_ += get_signed(at_, end_);
      position.line = position.end_line = line_;
      return true;
  }
}

void PositionWriter::add(uint32_t words, const Position& position) {
  if (pending_ != 0 && !(position == last_)) flush();
  last_ = position;
  pending_ += words;
}

void PositionWriter::flush() {
  const Position& p = last_;
  uint8_t kind;
  if (p.line < 0) {
    kind = kNone;
  } else if (p.column < 0 && p.end_line == p.line) {
    kind = kLineOnly;
  } else if (p.end_line == p.line && p.column >= 0 && p.end_column >= p.column) {
    kind = p.line == line_ ? kSameLine : kLineStep;
  } else {
    kind = kLong;
  }
  out_.push_back(char(kind | (pending_ < 32 ? pending_ << 3 : 0)));
  if (pending_ >= 32) put_varint(out_, pending_);
  if (kind >= kLineStep) put_signed(out_, p.line - line_);
  if (kind == kSameLine || kind == kLineStep) {
    put_varint(out_, uint32_t(p.column));
    put_varint(out_, uint32_t(p.end_column - p.column));
  } else if (kind == kLong) {
    put_signed(out_, p.end_line - p.line);
    put_varint(out_, uint32_t(p.column + 1));
    put_varint(out_, uint32_t(p.end_column + 1));
  }
  if (kind != kNone) line_ = p.line;
  pending_ = 0;
}

std::string PositionWriter::finish() {
  if (pending_ != 0) flush();
  return std::move(out_);
}

Position position_at(std::string_view table, int32_t firstlineno, uint32_t offset) {
  PositionReader reader(table, firstlineno);
  uint64_t at = 0;
  while (reader.next()) {
    at += reader.words;
    if (offset < at) return reader.position;
  }
  return {};
}

Position position_at(const CodeBlob& blob, uint32_t offset) {
  return position_at(blob.positions, blob.firstlineno, offset);
}

}  // namespace orochi
