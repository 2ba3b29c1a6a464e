// Constants: folding with CPython 3.14's limits, and the constant table of a unit.
//
// Integers are folded up to 128 bits (in __int128); larger results are left to run time, as CPython leaves results of
// more than 128 bits for *, ** and <<. A fold that would raise is left to run time too.
#include <cmath>
#include <cstring>

#include "compiler/compiler.h"

namespace orochi {

using namespace ast;

namespace {

using Wide = __int128;
using CK = ConstantKind;

constexpr size_t kMaxCollection = 256;
constexpr size_t kMaxText = 4096;

bool is_integer(const ConstantValue& v) { return v.kind == CK::Int || v.kind == CK::True || v.kind == CK::False; }
int64_t small_integer(const ConstantValue& v) { return v.kind == CK::Int ? v.integer : v.kind == CK::True; }
bool is_number(const ConstantValue& v) { return is_integer(v) || v.kind == CK::Float || v.kind == CK::Complex; }

// Integers of at most about 126 bits.
bool wide_integer(const ConstantValue& v, Wide& out) {
  if (is_integer(v)) {
    out = small_integer(v);
    return true;
  }
  if (v.kind != CK::BigInt) return false;
  std::string_view text = v.text();
  bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  Wide value = 0;
  for (char ch : text) {
    int digit = ch <= '9' ? ch - '0' : (ch | 0x20) - 'a' + 10;
    if (value >> 121 != 0) return false;
    value = value * v.base + digit;
  }
  out = negative ? -value : value;
  return true;
}

ConstantValue from_wide(Arena& arena, Wide value) {
  if (value >= INT64_MIN && value <= INT64_MAX) return ConstantValue::of_int(int64_t(value));
  char digits[40];
  size_t at = sizeof digits;
  bool negative = value < 0;
  auto rest = negative ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
  for (; rest != 0; rest >>= 4) digits[--at] = "0123456789abcdef"[unsigned(rest & 15)];
  if (negative) digits[--at] = '-';
  return ConstantValue::of_text(CK::BigInt, arena.copy({digits + at, sizeof digits - at}), 16);
}

int bits_of(Wide v) {
  auto u = v < 0 ? -static_cast<unsigned __int128>(v) : static_cast<unsigned __int128>(v);
  int n = 0;
  for (; u != 0; u >>= 1) n++;
  return n;
}

Wide floor_div(Wide a, Wide b) {
  Wide q = a / b;
  return (a % b != 0 && (a < 0) != (b < 0)) ? q - 1 : q;
}

double to_double(const ConstantValue& v) { return v.kind == CK::Float ? v.real : double(small_integer(v)); }

double python_mod(double a, double b) {
  double m = std::fmod(a, b);
  if (m != 0) {
    if ((b < 0) != (m < 0)) m += b;
  } else {
    m = std::copysign(0.0, b);
  }
  return m;
}

std::string little_endian(std::string_view digits, int base) {
  std::vector<uint32_t> limbs;
  auto multiply_add = [&](uint64_t factor, uint64_t addend) {
    uint64_t carry = addend;
    for (uint32_t& limb : limbs) {
      uint64_t v = uint64_t(limb) * factor + carry;
      limb = uint32_t(v);
      carry = v >> 32;
    }
    if (carry != 0) limbs.push_back(uint32_t(carry));
  };
  size_t chunk = base == 10 ? 9 : base == 16 ? 7 : base == 8 ? 10 : 30;
  for (size_t at = 0; at < digits.size(); at += chunk) {
    uint64_t factor = 1, value = 0;
    for (char ch : digits.substr(at, chunk)) {
      int digit = ch <= '9' ? ch - '0' : (ch | 0x20) - 'a' + 10;
      factor *= unsigned(base);
      value = value * unsigned(base) + unsigned(digit);
    }
    multiply_add(factor, value);
  }
  std::string bytes(reinterpret_cast<const char*>(limbs.data()), limbs.size() * 4);
  while (!bytes.empty() && bytes.back() == 0) bytes.pop_back();
  return bytes;
}

// All characters of an identifier: the runtime interns such strings.
bool name_like(std::string_view text) {
  for (char ch : text) {
    if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '_')) return false;
  }
  return true;
}

void append_key(std::string& key, const Const& c) {
  key.push_back(char(c.kind));
  switch (c.kind) {
    case ConstKind::Int:
      key.append(reinterpret_cast<const char*>(&c.integer), 8);
      break;
    case ConstKind::BigInt:
      key.push_back(c.integer < 0 ? '-' : '+');
      [[fallthrough]];
    case ConstKind::Str:
    case ConstKind::Bytes: {
      uint64_t size = c.text.size();
      key.append(reinterpret_cast<const char*>(&size), 8);
      key += c.text;
      break;
    }
    case ConstKind::Float:
      key.append(reinterpret_cast<const char*>(&c.number), 8);
      break;
    case ConstKind::Complex:
      key.append(reinterpret_cast<const char*>(&c.number), 8);
      key.append(reinterpret_cast<const char*>(&c.imag), 8);
      break;
    case ConstKind::Tuple:
    case ConstKind::FrozenSet:
    case ConstKind::Slice: {
      uint64_t size = c.items.size();
      key.append(reinterpret_cast<const char*>(&size), 8);
      for (const Const& item : c.items) append_key(key, item);
      break;
    }
    default:
      break;
  }
}

}  // namespace

bool Compiler::truth_of(const ConstantValue& v) {
  switch (v.kind) {
    case CK::None: case CK::False: return false;
    case CK::True: case CK::Ellipsis: case CK::BigInt: return true;
    case CK::Int: return v.integer != 0;
    case CK::Float: return v.real != 0;
    case CK::Complex: return v.real != 0 || v.imag != 0;
    default: return v.size != 0;
  }
}

// ---- folding ----

bool Compiler::fold_unary(UnaryOperator op, const ConstantValue& v, ConstantValue& out) {
  if (op == UnaryOperator::Not) {
    out = ConstantValue::of(truth_of(v) ? CK::False : CK::True);
    return true;
  }
  Wide wide;
  if (is_integer(v) || v.kind == CK::BigInt) {
    if (!wide_integer(v, wide)) {
      if (op == UnaryOperator::UAdd) {
        out = v;
        return true;
      }
      if (op != UnaryOperator::USub) return false;
      std::string_view text = v.text();
      if (text.starts_with('-')) {
        out = ConstantValue::of_text(CK::BigInt, text.substr(1), v.base);
      } else {
        out = ConstantValue::of_text(CK::BigInt, arena_.copy("-" + std::string(text)), v.base);
      }
      return true;
    }
    if (op == UnaryOperator::Invert && v.kind != CK::Int && v.kind != CK::BigInt) return false;  // a warning at run time
    out = from_wide(arena_, op == UnaryOperator::USub ? -wide : op == UnaryOperator::Invert ? ~wide : wide);
    return true;
  }
  if (op == UnaryOperator::Invert) return false;
  if (v.kind == CK::Float) {
    out = ConstantValue::of_float(op == UnaryOperator::USub ? -v.real : v.real);
    return true;
  }
  if (v.kind == CK::Complex) {
    out = op == UnaryOperator::USub ? ConstantValue::of_complex(-v.real, -v.imag) : v;
    return true;
  }
  return false;
}

bool Compiler::fold_binary(Operator op, const ConstantValue& l, const ConstantValue& r, ConstantValue& out) {
  Wide a, b;
  if (wide_integer(l, a) && wide_integer(r, b)) {
    bool both_bool = l.kind != CK::Int && r.kind != CK::Int && l.kind != CK::BigInt && r.kind != CK::BigInt;
    Wide v;
    switch (op) {
      case Operator::Add: v = a + b; break;
      case Operator::Sub: v = a - b; break;
      case Operator::Mult:
        if (a != 0 && b != 0 && bits_of(a) + bits_of(b) > 126) return false;
        v = a * b;
        break;
      case Operator::FloorDiv:
        if (b == 0) return false;
        v = floor_div(a, b);
        break;
      case Operator::Mod:
        if (b == 0) return false;
        v = a - floor_div(a, b) * b;
        break;
      case Operator::Div:
        if (b == 0 || !is_integer(l) || !is_integer(r)) return false;
        if (bits_of(a) > 53 || bits_of(b) > 53) return false;  // correct rounding is the runtime's business
        out = ConstantValue::of_float(double(int64_t(a)) / double(int64_t(b)));
        return true;
      case Operator::Pow: {
        if (b < 0 || b > 128) return false;
        if (a != 0 && bits_of(a) * int(b) > 126) return false;
        v = 1;
        for (int i = 0; i < int(b); i++) v *= a;
        break;
      }
      case Operator::LShift:
        if (b < 0 || b > 128 || (a != 0 && bits_of(a) + int(b) > 126)) return false;
        v = a == 0 ? 0 : a * (Wide(1) << int(b));
        break;
      case Operator::RShift:
        if (b < 0) return false;
        v = b > 126 ? (a < 0 ? -1 : 0) : a >> int(b);
        break;
      case Operator::BitOr: v = a | b; break;
      case Operator::BitXor: v = a ^ b; break;
      case Operator::BitAnd: v = a & b; break;
      default: return false;
    }
    if (both_bool && (op == Operator::BitOr || op == Operator::BitXor || op == Operator::BitAnd)) {
      out = ConstantValue::of(v != 0 ? CK::True : CK::False);
      return true;
    }
    out = from_wide(arena_, v);
    return true;
  }
  if (is_number(l) && is_number(r) && (l.kind == CK::Complex || r.kind == CK::Complex)) {
    // 3.14 has mixed-mode complex arithmetic: a real operand is not widened for + and -.
    bool lc = l.kind == CK::Complex, rc = r.kind == CK::Complex;
    double lr = lc ? l.real : to_double(l), li = lc ? l.imag : 0, rr = rc ? r.real : to_double(r), ri = rc ? r.imag : 0;
    switch (op) {
      case Operator::Add:
        out = ConstantValue::of_complex(lr + rr, lc && rc ? li + ri : lc ? li : ri);
        return true;
      case Operator::Sub:
        out = ConstantValue::of_complex(lr - rr, lc && rc ? li - ri : lc ? li : -ri);
        return true;
      case Operator::Mult:
        if (lc && rc) return false;
        out = lc ? ConstantValue::of_complex(lr * rr, li * rr) : ConstantValue::of_complex(lr * rr, lr * ri);
        return true;
      default:
        return false;
    }
  }
  if (is_number(l) && is_number(r)) {
    if ((is_integer(l) && std::abs(double(small_integer(l))) > 9e15) || (is_integer(r) && std::abs(double(small_integer(r))) > 9e15)) return false;
    double a2 = to_double(l), b2 = to_double(r), v;
    switch (op) {
      case Operator::Add: v = a2 + b2; break;
      case Operator::Sub: v = a2 - b2; break;
      case Operator::Mult: v = a2 * b2; break;
      case Operator::Div:
        if (b2 == 0) return false;
        v = a2 / b2;
        break;
      case Operator::Mod:
        if (b2 == 0) return false;
        v = python_mod(a2, b2);
        break;
      case Operator::FloorDiv: {
        if (b2 == 0) return false;
        double mod = python_mod(a2, b2);
        double div = (a2 - mod) / b2;
        if (div != 0) {
          double floored = std::floor(div);
          v = div - floored > 0.5 ? floored + 1.0 : floored;
        } else {
          v = std::copysign(0.0, a2 / b2);
        }
        break;
      }
      case Operator::Pow:
        if (a2 <= 0 || !std::isfinite(a2) || !std::isfinite(b2)) return false;
        v = std::pow(a2, b2);
        if (!std::isfinite(v)) return false;  // OverflowError at run time
        break;
      default: return false;
    }
    out = ConstantValue::of_float(v);
    return true;
  }
  auto join = [&](CK kind, const ConstantValue& x, const ConstantValue& y) {
    out = ConstantValue::of_text(kind, arena_.copy(std::string(x.text()) + std::string(y.text())));
    return true;
  };
  if (op == Operator::Add && l.kind == r.kind && (l.kind == CK::Str || l.kind == CK::Bytes)) {
    if (size_t(l.size) + r.size > kMaxText * 16) return false;
    // Two surrogate halves must not meet: leave odd texts alone.
    if (l.kind == CK::Str && l.size >= 3 && r.size >= 3 && uint8_t(l.characters[l.size - 3]) == 0xed && uint8_t(r.characters[0]) == 0xed) return false;
    return join(l.kind, l, r);
  }
  if (op == Operator::Add && l.kind == CK::Tuple && r.kind == CK::Tuple) {
    size_t n = size_t(l.size) + r.size;
    if (n > kMaxCollection * 16) return false;
    auto* items = arena_.make_array<ConstantValue>(n);
    for (uint32_t i = 0; i < l.size; i++) items[i] = l.elements[i];
    for (uint32_t i = 0; i < r.size; i++) items[l.size + i] = r.elements[i];
    out = ConstantValue::of(CK::Tuple);
    out.elements = items;
    out.size = uint32_t(n);
    return true;
  }
  if (op == Operator::Mult) {
    const ConstantValue* sequence = &l;
    const ConstantValue* count = &r;
    if (is_integer(l)) std::swap(sequence, count);
    if (!is_integer(*count)) return false;
    int64_t n = small_integer(*count);
    if (sequence->kind == CK::Str || sequence->kind == CK::Bytes) {
      if (n < 0) n = 0;
      if (sequence->size != 0 && uint64_t(n) > kMaxText / sequence->size) return false;
      std::string text;
      for (int64_t i = 0; sequence->size != 0 && i < n; i++) text += sequence->text();
      if (sequence->kind == CK::Str && text.find('\xed') != std::string::npos) return false;
      out = ConstantValue::of_text(sequence->kind, arena_.copy(text));
      return true;
    }
    if (sequence->kind == CK::Tuple) {
      if (n < 0) n = 0;
      if (sequence->size != 0 && uint64_t(n) > kMaxCollection / sequence->size) return false;
      for (const ConstantValue& item : sequence->items()) {
        if (item.kind == CK::Tuple || item.kind == CK::FrozenSet) return false;  // sizes multiply
      }
      size_t total = size_t(n) * sequence->size;
      auto* items = arena_.make_array<ConstantValue>(total);
      for (size_t i = 0; i < total; i++) items[i] = sequence->elements[i % sequence->size];
      out = ConstantValue::of(CK::Tuple);
      out.elements = items;
      out.size = uint32_t(total);
      return true;
    }
  }
  return false;
}

bool Compiler::fold_subscript(const ConstantValue& v, const ConstantValue& i, ConstantValue& out) {
  if (!is_integer(i)) return false;
  int64_t index = small_integer(i);
  int64_t size = v.size;
  if (v.kind == CK::Str) {
    for (char ch : v.text()) {
      if ((ch & 0x80) != 0) return false;
    }
  } else if (v.kind != CK::Tuple && v.kind != CK::Bytes) {
    return false;
  }
  if (index < 0) index += size;
  if (index < 0 || index >= size) return false;
  if (v.kind == CK::Tuple) {
    out = v.elements[index];
  } else if (v.kind == CK::Bytes) {
    out = ConstantValue::of_int(uint8_t(v.characters[index]));
  } else {
    out = ConstantValue::of_text(CK::Str, v.text().substr(size_t(index), 1));
  }
  return true;
}

bool Compiler::fold(ExprNode* e, ConstantValue& out) {
  switch (e->kind) {
    case NodeKind::Constant:
      out = as_Constant(e)->value;
      return true;
    case NodeKind::Name:
      if (as_Name(e)->id == "__debug__" && as_Name(e)->ctx == ExprContext::Load) {
        out = ConstantValue::of(options_.optimize == 0 ? CK::True : CK::False);
        return true;
      }
      return false;
    case NodeKind::UnaryOp: {
      ConstantValue v;
      if (reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) <= stack_limit_) return false;
      if (unfoldable_.contains(e)) return false;
      if (fold(as_UnaryOp(e)->operand, v) && fold_unary(as_UnaryOp(e)->op, v, out)) return true;
      if (as_UnaryOp(e)->operand->kind != NodeKind::Name) unfoldable_.insert(e);
      return false;
    }
    case NodeKind::BinOp: {
      auto* b = as_BinOp(e);
      ConstantValue l, r;
      if (reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) <= stack_limit_) return false;
      // The right operand first: in a long chain it is the cheap one.
      if (b->right->kind == NodeKind::Name && as_Name(b->right)->id != "__debug__") return false;
      if (unfoldable_.contains(e)) return false;
      if (fold(b->right, r) && fold(b->left, l) && fold_binary(b->op, l, r, out)) return true;
      unfoldable_.insert(e);
      return false;
    }
    case NodeKind::Subscript: {
      auto* s = as_Subscript(e);
      ConstantValue v, i;
      if (s->ctx != ExprContext::Load || (s->value->kind != NodeKind::Constant && s->value->kind != NodeKind::Tuple)) return false;
      if (unfoldable_.contains(e)) return false;
      if (fold(s->slice, i) && fold(s->value, v) && fold_subscript(v, i, out)) return true;
      unfoldable_.insert(e);
      return false;
    }
    case NodeKind::Tuple: {
      auto* t = as_Tuple(e);
      if (t->ctx != ExprContext::Load) return false;
      // A quick no for the usual case.
      for (ExprNode* item : t->elts) {
        if (item->kind == NodeKind::Name || item->kind == NodeKind::Call || item->kind == NodeKind::Attribute) return false;
      }
      if (reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) <= stack_limit_ || unfoldable_.contains(e)) return false;
      auto* items = arena_.make_array<ConstantValue>(t->elts.size());
      for (uint32_t i = 0; i < t->elts.size(); i++) {
        if (!fold(t->elts[i], items[i])) {
          unfoldable_.insert(e);
          return false;
        }
      }
      out = ConstantValue::of(CK::Tuple);
      out.elements = items;
      out.size = t->elts.size();
      return true;
    }
    default:
      return false;
  }
}

// ---- the constant table ----

Const Compiler::to_const(const ConstantValue& v) {
  Const c;
  switch (v.kind) {
    case CK::None: c.kind = ConstKind::None; break;
    case CK::True: c.kind = ConstKind::True; break;
    case CK::False: c.kind = ConstKind::False; break;
    case CK::Ellipsis: c.kind = ConstKind::Ellipsis; break;
    case CK::Int:
      c.kind = ConstKind::Int;
      c.integer = v.integer;
      break;
    case CK::BigInt: {
      c.kind = ConstKind::BigInt;
      std::string_view text = v.text();
      c.integer = 1;
      if (text.starts_with('-')) {
        c.integer = -1;
        text.remove_prefix(1);
      }
      c.text = little_endian(text, v.base);
      if (c.text.size() <= 8) {
        uint64_t magnitude = 0;
        std::memcpy(&magnitude, c.text.data(), c.text.size());
        if (magnitude <= uint64_t(INT64_MAX) || (c.integer < 0 && magnitude == uint64_t(1) << 63)) {
          c.integer = c.integer < 0 ? int64_t(-magnitude) : int64_t(magnitude);
          c.kind = ConstKind::Int;
          c.text.clear();
        }
      }
      break;
    }
    case CK::Float:
      c.kind = ConstKind::Float;
      c.number = v.real;
      break;
    case CK::Complex:
      c.kind = ConstKind::Complex;
      c.number = v.real;
      c.imag = v.imag;
      break;
    case CK::Str:
      c.kind = ConstKind::Str;
      c.text = v.text();
      c.interned = name_like(c.text);
      break;
    case CK::Bytes:
      c.kind = ConstKind::Bytes;
      c.text = v.text();
      break;
    case CK::Tuple:
    case CK::FrozenSet:
      c.kind = v.kind == CK::Tuple ? ConstKind::Tuple : ConstKind::FrozenSet;
      for (const ConstantValue& item : v.items()) c.items.push_back(to_const(item));
      break;
  }
  return c;
}

int32_t Compiler::add_const(Const value) {
  auto& consts = unit_->blob->consts;
  if (value.kind == ConstKind::Code) {
    consts.push_back(std::move(value));
    return int32_t(consts.size()) - 1;
  }
  std::string key;
  append_key(key, value);
  auto [it, is_new] = unit_->const_index.try_emplace(std::move(key), int32_t(consts.size()));
  if (is_new) consts.push_back(std::move(value));
  return it->second;
}

int32_t Compiler::load_const_index(int32_t index, int32_t dst) {
  return finish_op(Op::LoadConst, dst, code().depth, index);
}

int32_t Compiler::load_constant(const ConstantValue& v, int32_t dst) {
  int32_t depth = code().depth;
  switch (v.kind) {
    case CK::None: return finish_op(Op::LoadNone, dst, depth);
    case CK::True: return finish_op(Op::LoadTrue, dst, depth);
    case CK::False: return finish_op(Op::LoadFalse, dst, depth);
    case CK::Int:
      if (v.integer >= INT32_MIN && v.integer <= INT32_MAX) return finish_op(Op::LoadInt, dst, depth, int32_t(v.integer));
      break;
    default:
      break;
  }
  if (!code().reachable) return take(dst);
  return load_const_index(add_const(to_const(v)), dst);
}

// A docstring without the indentation of its block, as inspect.cleandoc() would have it except for blank lines at the
// ends, which stay.
ConstantValue Compiler::clean_docstring(const ConstantValue& doc) {
  std::string text;
  if (doc.text().find('\t') == std::string_view::npos) {
    text = doc.text();
  } else {
    size_t column = 0;
    for (char c : doc.text()) {
      if (c == '\t') {
        size_t width = 8 - column % 8;
        text.append(width, ' ');
        column += width;
        continue;
      }
      text += c;
      if (c == '\n' || c == '\r') {
        column = 0;
      } else if ((uint8_t(c) & 0xc0) != 0x80) {
        column++;
      }
    }
  }
  size_t first_end = text.find('\n');
  size_t margin = SIZE_MAX;
  for (size_t at = first_end; at != std::string::npos; at = text.find('\n', at)) {
    at++;
    size_t start = text.find_first_not_of(' ', at);
    if (start == std::string::npos) break;
    if (text[start] != '\n' && start - at < margin) margin = start - at;
    at = start;
  }
  if (margin == SIZE_MAX) margin = 0;
  size_t at = text.find_first_not_of(' ');
  if (at == std::string::npos) at = text.size();
  if (at == 0 && margin == 0) return ConstantValue::of_text(ConstantKind::Str, arena_.copy(text));
  std::string out;
  while (at < text.size()) {
    size_t end = text.find('\n', at);
    end = end == std::string::npos ? text.size() : end + 1;
    out.append(text, at, end - at);
    at = end;
    for (size_t i = 0; i < margin && at < text.size() && text[at] == ' '; i++) at++;
  }
  return ConstantValue::of_text(ConstantKind::Str, arena_.copy(out));
}

int32_t Compiler::load_string(std::string_view text, int32_t dst) {
  return load_constant(ConstantValue::of_text(CK::Str, text), dst);
}

}  // namespace orochi
