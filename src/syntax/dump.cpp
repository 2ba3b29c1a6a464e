// ast.dump: the tree as text, driven by node_info(). The text is that of Python's ast.dump, byte for byte.
// A tree deeper than kMaxDepth is cut with "...": the dump recurses on the native stack.
#include <charconv>
#include <cstdio>
#include <cstring>

#include "syntax/ast.h"
#include "syntax/lexer_chars.h"
#include "syntax/parse.h"
#include "text/identifiers.h"

namespace orochi {
namespace {

using namespace ast;  // NOLINT

constexpr int kMaxDepth = 5000;

std::string repr_str(std::string_view text) {
  bool single = text.find('\'') != std::string_view::npos;
  bool both = single && text.find('"') != std::string_view::npos;
  char quote = single && !both ? '"' : '\'';
  std::string out(1, quote);
  char code[16];
  while (!text.empty()) {
    uint32_t length = 0;
    char32_t c = syntax::decode_utf8(text, length);
    if (c == static_cast<char32_t>(quote) || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c < 0x80 ? c < 0x20 || c == 0x7f : !text::is_printable(c) || (c >= 0xd800 && c < 0xe000)) {
      snprintf(code, sizeof code, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x",
               static_cast<unsigned>(c));
      out += code;
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return out + quote;
}

std::string repr_bytes(std::string_view text) {
  bool single = text.find('\'') != std::string_view::npos;
  bool both = single && text.find('"') != std::string_view::npos;
  char quote = single && !both ? '"' : '\'';
  std::string out = "b";
  out += quote;
  char code[8];
  for (unsigned char c : text) {
    if (c == static_cast<unsigned char>(quote) || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c < 0x20 || c >= 0x7f) {
      snprintf(code, sizeof code, "\\x%02x", c);
      out += code;
    } else {
      out += static_cast<char>(c);
    }
  }
  return out + quote;
}

// repr(float): the shortest digits that read back, with an exponent below 1e-4 and from 1e16.
std::string repr_float(double value, bool add_dot) {
  if (value != value) return "nan";
  if (value == __builtin_inf()) return "inf";
  if (value == -__builtin_inf()) return "-inf";
  char buffer[64];
  auto result = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  std::string_view text(buffer, static_cast<size_t>(result.ptr - buffer));
  std::string sign;
  if (text[0] == '-') {
    sign = "-";
    text.remove_prefix(1);
  }
  size_t e = text.find('e');
  std::string digits;
  for (char c : text.substr(0, e)) {
    if (c != '.') digits += c;
  }
  int exponent = 0;
  std::string_view exponent_text = text.substr(e + 1);
  bool negative = exponent_text[0] == '-';
  exponent_text.remove_prefix(1);
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
  if (negative) exponent = -exponent;
  if (exponent < -4 || exponent >= 16) {
    std::string out = sign + digits.substr(0, 1);
    if (digits.size() > 1) out += "." + digits.substr(1);
    char tail[16];
    snprintf(tail, sizeof tail, "e%c%02d", exponent < 0 ? '-' : '+', exponent < 0 ? -exponent : exponent);
    return out + tail;
  }
  if (exponent < 0) return sign + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  auto whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() <= whole) {
    return sign + digits + std::string(whole - digits.size(), '0') + (add_dot ? ".0" : "");
  }
  return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

// Digits in any base to decimal, in groups of nine digits.
std::string decimal_digits(std::string_view text, int base) {
  if (base == 10) return std::string(text);
  std::string sign;
  if (text.starts_with('-')) {
    sign = "-";
    text.remove_prefix(1);
  }
  std::vector<uint32_t> groups{0};
  for (char c : text) {
    uint64_t carry = static_cast<uint64_t>(syntax::hex_value(c));
    for (uint32_t& group : groups) {
      uint64_t value = uint64_t{group} * static_cast<uint64_t>(base) + carry;
      group = static_cast<uint32_t>(value % 1000000000);
      carry = value / 1000000000;
    }
    if (carry != 0) groups.push_back(static_cast<uint32_t>(carry));
  }
  std::string out = sign + std::to_string(groups.back());
  char nine[16];
  for (size_t i = groups.size() - 1; i-- > 0;) {
    snprintf(nine, sizeof nine, "%09u", groups[i]);
    out += nine;
  }
  return out;
}

std::string repr_constant(const ConstantValue& value) {
  switch (value.kind) {
    case ConstantKind::None: return "None";
    case ConstantKind::True: return "True";
    case ConstantKind::False: return "False";
    case ConstantKind::Ellipsis: return "Ellipsis";
    case ConstantKind::Int: return std::to_string(value.integer);
    case ConstantKind::BigInt: return decimal_digits(value.text(), value.base);
    case ConstantKind::Float: return repr_float(value.real, true);
    case ConstantKind::Complex: {
      std::string imag = repr_float(value.imag, false) + "j";
      if (value.real == 0 && !__builtin_signbit(value.real)) return imag;
      return "(" + repr_float(value.real, false) + (imag[0] == '-' ? "" : "+") + imag + ")";
    }
    case ConstantKind::Str: return repr_str(value.text());
    case ConstantKind::Bytes: return repr_bytes(value.text());
    case ConstantKind::Tuple:
    case ConstantKind::FrozenSet: {
      std::string out = value.kind == ConstantKind::Tuple ? "(" : "frozenset({";
      for (size_t i = 0; i < value.items().size(); ++i) {
        if (i != 0) out += ", ";
        out += repr_constant(value.items()[i]);
      }
      if (value.kind == ConstantKind::Tuple && value.items().size() == 1) out += ",";
      return out + (value.kind == ConstantKind::Tuple ? ")" : "})");
    }
  }
  return "";
}

class Dumper {
 public:
  explicit Dumper(const DumpOptions& options) : options_(options) {}

  // Appends the node; true if it has no fields to show.
  bool node(std::string& out, const Node* n, int level) {
    if (level > kMaxDepth) {
      out += "...";
      return true;
    }
    const NodeInfo& info = node_info(n->kind);
    ++level;
    std::vector<std::string> args;
    bool all_simple = true;
    for (int i = 0; i < info.field_count; ++i) field(args, all_simple, n, info.fields[i], level);
    if (options_.include_attributes && info.located) {
      const auto* located = static_cast<const LocatedNode*>(n);
      args.push_back("lineno=" + std::to_string(located->lineno));
      args.push_back("col_offset=" + std::to_string(located->col_offset));
      args.push_back("end_lineno=" + std::to_string(located->end_lineno));
      args.push_back("end_col_offset=" + std::to_string(located->end_col_offset));
    }
    out += info.name;
    out += '(';
    bool one_line = all_simple && args.size() <= 3;
    join(out, args, one_line ? -1 : level);
    out += ')';
    return one_line && args.empty();
  }

 private:
  void join(std::string& out, const std::vector<std::string>& args, int level) {
    bool lines = options_.indent >= 0 && level >= 0;
    auto line = [&] {
      out += '\n';
      out.append(static_cast<size_t>(options_.indent) * static_cast<size_t>(level), ' ');
    };
    for (size_t i = 0; i < args.size(); ++i) {
      if (i != 0) out += lines ? "," : ", ";
      if (lines) line();
      out += args[i];
    }
  }

  template <typename T>
  static const T& at(const Node* n, const FieldInfo& f) {
    return *reinterpret_cast<const T*>(reinterpret_cast<const char*>(n) + f.offset);
  }

  static bool is_scalar(FieldType type) {
    return type == FieldType::asdl_identifier || type == FieldType::asdl_string || type == FieldType::asdl_int ||
           type == FieldType::asdl_constant;
  }

  void field(std::vector<std::string>& args, bool& all_simple, const Node* n, const FieldInfo& f, int level) {
    std::string text = std::string(f.name) + "=";
    bool simple = true;
    auto names = enum_names(f.type);
    if (f.cardinality == Cardinality::List || f.cardinality == Cardinality::OptionalList) {
      // Every list has the same head: a pointer and a count.
      uint32_t count = at<Seq<char>>(n, f).count;
      if (count == 0) {
        if (!options_.show_empty) return;
        args.push_back(text + "[]");
        return;
      }
      std::vector<std::string> items;
      for (uint32_t i = 0; i < count; ++i) {
        std::string item;
        if (f.type == FieldType::asdl_identifier) {
          item = repr_str(at<Seq<Identifier>>(n, f)[i]);
        } else if (!names.empty()) {
          item = std::string(names[at<Seq<uint8_t>>(n, f)[i]]) + "()";
        } else if (const Node* child = at<Seq<const Node*>>(n, f)[i]) {
          node(item, child, level + 1);
        } else {
          item = "None";
        }
        items.push_back(std::move(item));
      }
      text += '[';
      join(text, items, level + 1);
      text += ']';
      simple = false;
    } else if (!names.empty()) {
      text += names[at<uint8_t>(n, f)];
      text += "()";
    } else if (f.type == FieldType::asdl_int) {
      text += std::to_string(at<int32_t>(n, f));
    } else if (f.type == FieldType::asdl_constant) {
      text += repr_constant(at<ConstantValue>(n, f));
    } else if (is_scalar(f.type)) {
      const auto& value = at<std::string_view>(n, f);
      if (is_absent(value)) return;
      text += repr_str(value);
    } else {
      const Node* child = at<const Node*>(n, f);
      if (child == nullptr) {
        if (f.cardinality == Cardinality::Optional) return;
        text += "None";
      } else {
        simple = node(text, child, level);
      }
    }
    all_simple = all_simple && simple;
    args.push_back(std::move(text));
  }

  const DumpOptions& options_;
};

}  // namespace

std::string dump(const ast::Node* node, const DumpOptions& options) {
  std::string out;
  Dumper(options).node(out, node, 0);
  return out;
}

}  // namespace orochi
