// Code words to tree. Every index is checked against the block it lies in, blocks nest strictly, and every group, mark,
// category and position code is in range: a tree that comes out of here cannot send the machine out of bounds.
// Recursion is bounded by kMaxDepth; each level consumes words, so time is linear in the number of words.
#include <string>
#include <unordered_map>

#include "modules/_sre/char_class.h"
#include "modules/_sre/node.h"

namespace orochi::sre {
namespace {

constexpr int kMaxDepth = 1000;
constexpr uint64_t kWidthCap = uint64_t{1} << 60;

uint64_t add_width(uint64_t a, uint64_t b) { return a + b > kWidthCap ? kWidthCap : a + b; }
uint64_t times_width(uint64_t a, uint64_t b) {
  if (a == 0 || b == 0) return 0;
  return a > kWidthCap / b ? kWidthCap : a * b;
}

enum class JumpAtEnd : uint8_t { No, Allowed, Required };

class Parser {
 public:
  Parser(const uint32_t* code, uint32_t groups, Program& program, Tree& tree)
      : code_(code), groups_(groups), program_(program), tree_(tree) {}

  // The block [begin, end) as a Seq node, or kNoNode. With JumpAtEnd the last two words may be a JUMP; `jumped` tells.
  uint32_t block(size_t begin, size_t end, bool mandatory, JumpAtEnd jump, bool* jumped);
  bool too_deep() const { return too_deep_; }

 private:
  uint32_t node(NodeKind kind) {
    tree_.nodes.emplace_back();
    tree_.nodes.back().kind = kind;
    return static_cast<uint32_t>(tree_.nodes.size() - 1);
  }
  Node& at(uint32_t n) { return tree_.nodes[n]; }

  // Parses one item at `i`, sets `i` after it.
  uint32_t item(size_t& i, size_t end, bool mandatory);
  uint32_t branch(size_t& i, size_t end);
  uint32_t repeat(size_t& i, size_t end);
  uint32_t repeat_one(size_t& i, size_t end);
  uint32_t look(size_t& i, size_t end);
  uint32_t condition(size_t& i, size_t end);
  bool single(size_t& i, size_t end, Matcher& matcher, uint32_t& arg);
  bool check_set(size_t begin, size_t end, bool& locale) const;
  uint32_t set_of(const uint32_t* words, size_t length, BackrefFold fold);
  uint32_t locale_item(LocaleItem::Kind kind, uint32_t arg);
  uint32_t copy_words(const uint32_t* words, size_t length);
  void finish_seq(uint32_t seq);

  const uint32_t* code_;
  uint32_t groups_;
  Program& program_;
  Tree& tree_;
  int depth_ = 0;
  bool too_deep_ = false;
  std::unordered_map<std::string, uint32_t> sets_;
  std::unordered_map<uint32_t, bool> closed_;
};

bool Parser::check_set(size_t begin, size_t end, bool& locale) const {
  if (end <= begin || code_[end - 1] != kFailure) return false;
  size_t i = begin, last = end - 1;
  while (i < last) {
    size_t left = last - i - 1;  // words after the opcode
    switch (code_[i++]) {
      case kNegate: break;
      case kLiteral:
        if (left < 1) return false;
        i++;
        break;
      case kRange:
      case kRangeUniIgnore:
        if (left < 2) return false;
        i += 2;
        break;
      case kCategory:
        if (left < 1 || code_[i] >= kCategoryCount) return false;
        if ((code_[i] & ~1u) == kLocWord) locale = true;
        i++;
        break;
      case kCharset:
        if (left < 8) return false;
        i += 8;
        break;
      case kBigCharset: {
        if (left < 65) return false;
        size_t blocks = code_[i++];
        for (int w = 0; w < 64; w++)
          for (int b = 0; b < 4; b++)
            if (((code_[i + static_cast<size_t>(w)] >> (8 * b)) & 255) >= blocks) return false;
        i += 64;
        if (blocks > 256 || last - i < blocks * 8) return false;
        i += blocks * 8;
        break;
      }
      default: return false;
    }
  }
  return i == last;
}

uint32_t Parser::copy_words(const uint32_t* words, size_t length) {
  auto offset = static_cast<uint32_t>(program_.words.size());
  program_.words.insert(program_.words.end(), words, words + length);
  return offset;
}

uint32_t Parser::set_of(const uint32_t* words, size_t length, BackrefFold fold) {
  std::string key(reinterpret_cast<const char*>(words), length * 4);
  key.push_back(static_cast<char>(fold));
  auto [it, fresh] = sets_.try_emplace(std::move(key), 0);
  if (fresh) it->second = make_set(program_, {words, length, fold});
  return it->second;
}

uint32_t Parser::locale_item(LocaleItem::Kind kind, uint32_t arg) {
  program_.locale_items.push_back({kind, arg});
  return static_cast<uint32_t>(program_.locale_items.size() - 1);
}

// Items that match exactly one character. False: not one, or malformed.
bool Parser::single(size_t& i, size_t end, Matcher& matcher, uint32_t& arg) {
  uint32_t op = code_[i];
  size_t left = end - i - 1;
  switch (op) {
    case kFailure: {
      const uint32_t words[] = {kFailure};
      matcher = Matcher::Set;
      arg = set_of(words, 1, kFoldNone);
      i += 1;
      return true;
    }
    case kAny:
    case kAnyAll:
      matcher = op == kAny ? Matcher::NotNewline : Matcher::All;
      arg = 0;
      i += 1;
      return true;
    case kLiteral:
    case kNotLiteral:
      if (left < 1) return false;
      matcher = op == kLiteral ? Matcher::Char : Matcher::NotChar;
      arg = code_[i + 1];
      i += 2;
      return true;
    case kLiteralIgnore:
    case kNotLiteralIgnore:
    case kLiteralUniIgnore:
    case kNotLiteralUniIgnore: {
      if (left < 1) return false;
      const uint32_t words[] = {kNegate, kLiteral, code_[i + 1], kFailure};
      bool negative = op == kNotLiteralIgnore || op == kNotLiteralUniIgnore;
      bool ascii = op == kLiteralIgnore || op == kNotLiteralIgnore;
      matcher = Matcher::Set;
      arg = set_of(words + !negative, negative ? 4 : 3, ascii ? kFoldAscii : kFoldUnicode);
      i += 2;
      return true;
    }
    case kLiteralLocIgnore:
    case kNotLiteralLocIgnore:
      if (left < 1) return false;
      matcher = Matcher::Locale;
      arg = locale_item(op == kLiteralLocIgnore ? LocaleItem::Literal : LocaleItem::NotLiteral, code_[i + 1]);
      i += 2;
      return true;
    case kCategory: {
      if (left < 1 || code_[i + 1] >= kCategoryCount) return false;
      const uint32_t words[] = {kCategory, code_[i + 1], kFailure};
      if ((code_[i + 1] & ~1u) == kLocWord) {
        matcher = Matcher::Locale;
        arg = locale_item(LocaleItem::Set, copy_words(words, 3));
      } else {
        matcher = Matcher::Set;
        arg = set_of(words, 3, kFoldNone);
      }
      i += 2;
      return true;
    }
    case kIn:
    case kInIgnore:
    case kInUniIgnore:
    case kInLocIgnore: {
      if (left < 1) return false;
      size_t skip = code_[i + 1];
      if (skip < 2 || skip > left) return false;
      size_t begin = i + 2, stop = i + 1 + skip;
      bool locale = false;
      if (!check_set(begin, stop, locale)) return false;
      if (op == kInLocIgnore || locale) {
        // A set cannot be both case-insensitive by Unicode and by locale in what re._compiler makes.
        matcher = Matcher::Locale;
        arg = locale_item(op == kInLocIgnore ? LocaleItem::SetIgnore : LocaleItem::Set,
                          copy_words(code_ + begin, stop - begin));
      } else {
        matcher = Matcher::Set;
        arg = set_of(code_ + begin, stop - begin,
                     op == kIn ? kFoldNone : op == kInIgnore ? kFoldAscii : kFoldUnicode);
      }
      i = stop;
      return true;
    }
    default: return false;
  }
}

uint32_t Parser::repeat_one(size_t& i, size_t end) {
  if (end - i < 5) return kNoNode;
  size_t skip = code_[i + 1];
  uint32_t min = code_[i + 2], max = code_[i + 3];
  if (skip < 4 || skip > end - i - 1 || min > max) return kNoNode;
  size_t stop = i + 1 + skip, inner = i + 4;
  if (code_[stop - 1] != kSuccess) return kNoNode;
  Matcher matcher;
  uint32_t arg;
  if (!single(inner, stop - 1, matcher, arg) || inner != stop - 1) return kNoNode;
  uint32_t n = node(NodeKind::RepeatOne);
  Node& r = at(n);
  r.flavour = code_[i] == kRepeatOne       ? Flavour::Greedy
              : code_[i] == kMinRepeatOne ? Flavour::Lazy
                                          : Flavour::Possessive;
  r.matcher = matcher;
  r.a = arg;
  r.b = min;
  r.c = max;
  r.min_width = min;
  r.nullable = min == 0;
  if (max > 0) r.first = first_of(program_, matcher, arg);
  i = stop;
  return n;
}

uint32_t Parser::repeat(size_t& i, size_t end) {
  if (end - i < 5) return kNoNode;
  bool possessive = code_[i] == kPossessiveRepeat;
  size_t skip = code_[i + 1];
  uint32_t min = code_[i + 2], max = code_[i + 3];
  if (skip < 3 || skip >= end - i - 1 || min > max) return kNoNode;
  size_t stop = i + 1 + skip;
  uint32_t until = code_[stop];
  if (possessive ? until != kSuccess : until != kMaxUntil && until != kMinUntil) return kNoNode;
  uint32_t body = block(i + 4, stop, false, JumpAtEnd::No, nullptr);
  if (body == kNoNode) return kNoNode;
  uint32_t n = node(NodeKind::Repeat);
  Node& r = at(n);
  const Node& b = at(body);
  r.flavour = possessive ? Flavour::Possessive : until == kMaxUntil ? Flavour::Greedy : Flavour::Lazy;
  r.child = body;
  r.a = min;
  r.b = max;
  r.min_width = times_width(min, b.min_width);
  r.nullable = min == 0 || b.nullable;
  r.opaque = b.opaque;
  r.has_marks = b.has_marks;
  if (max > 0) r.first = b.first;
  i = stop + 1;
  return n;
}

uint32_t Parser::branch(size_t& i, size_t end) {
  // BRANCH (skip body JUMP offset)* FAILURE
  size_t after = i + 1;
  while (after < end && code_[after] != 0) {
    if (code_[after] > end - after - 1) return kNoNode;
    after += code_[after];
  }
  if (after >= end) return kNoNode;
  after++;
  uint32_t n = node(NodeKind::Alt);
  uint32_t last = kNoNode;
  uint64_t min_width = kWidthCap;
  for (size_t at_skip = i + 1; code_[at_skip] != 0;) {
    size_t stop = at_skip + code_[at_skip];
    bool jumped = false;
    uint32_t alternative = block(at_skip + 1, stop, false, JumpAtEnd::Required, &jumped);
    if (alternative == kNoNode || !jumped || stop - 1 + code_[stop - 1] != after) return kNoNode;
    Node& alt = at(n);
    const Node& a = at(alternative);
    if (last == kNoNode)
      alt.child = alternative;
    else
      at(last).next = alternative;
    last = alternative;
    alt.first.merge(a.first);
    alt.nullable |= a.nullable;
    alt.opaque |= a.opaque;
    alt.has_marks |= a.has_marks;
    if (a.min_width < min_width) min_width = a.min_width;
    at_skip = stop;
  }
  if (last == kNoNode) return kNoNode;
  at(n).min_width = min_width;
  i = after;
  return n;
}

uint32_t Parser::look(size_t& i, size_t end) {
  // ASSERT skip back body SUCCESS; ATOMIC_GROUP skip body SUCCESS
  bool atomic = code_[i] == kAtomicGroup, negative = code_[i] == kAssertNot;
  size_t head = atomic ? 2 : 3;
  if (end - i < head + 1) return kNoNode;
  size_t skip = code_[i + 1];
  if (skip < head || skip > end - i - 1) return kNoNode;
  size_t stop = i + 1 + skip;
  if (code_[stop - 1] != kSuccess) return kNoNode;
  uint32_t body = block(i + head, stop - 1, false, JumpAtEnd::No, nullptr);
  if (body == kNoNode) return kNoNode;
  if (atomic) {  // (?>x*) is x*+
    uint32_t only = at(body).child;
    if (only != kNoNode && at(only).next == kNoNode && at(only).kind == NodeKind::RepeatOne) {
      if (at(only).flavour == Flavour::Lazy) at(only).c = at(only).b;
      at(only).flavour = Flavour::Possessive;
      i = stop;
      return only;
    }
  }
  uint32_t n = node(atomic ? NodeKind::Atomic : negative ? NodeKind::LookNot : NodeKind::Look);
  Node& r = at(n);
  const Node& b = at(body);
  r.child = body;
  r.has_marks = b.has_marks;
  if (atomic) {
    r.first = b.first;
    r.nullable = b.nullable;
    r.opaque = b.opaque;
    r.min_width = b.min_width;
  } else {
    r.a = code_[i + 2];
    r.nullable = r.opaque = true;
  }
  i = stop;
  return n;
}

uint32_t Parser::condition(size_t& i, size_t end) {
  // GROUPREF_EXISTS group skip yes [JUMP offset no]; `skip` counts from the group operand.
  if (end - i < 3) return kNoNode;
  uint32_t group = code_[i + 1];
  size_t skip = code_[i + 2];
  if (group >= groups_ || skip < 2 || skip > end - i - 1) return kNoNode;
  tree_.has_backrefs = tree_.marks_need_undo = true;
  size_t yes_end = i + 1 + skip, stop = yes_end;
  bool has_no = false;
  uint32_t yes = block(i + 3, yes_end, false, JumpAtEnd::Allowed, &has_no);
  if (yes == kNoNode) return kNoNode;
  uint32_t no;
  if (has_no) {
    size_t offset = code_[yes_end - 1];
    if (offset < 1 || offset > end - (yes_end - 1)) return kNoNode;
    stop = yes_end - 1 + offset;
    no = block(yes_end, stop, false, JumpAtEnd::No, nullptr);
  } else {
    no = block(yes_end, yes_end, false, JumpAtEnd::No, nullptr);
  }
  if (no == kNoNode) return kNoNode;
  uint32_t n = node(NodeKind::Cond);
  Node& r = at(n);
  at(yes).next = no;
  r.child = yes;
  r.a = group;
  for (uint32_t part : {yes, no}) {
    const Node& p = at(part);
    r.first.merge(p.first);
    r.nullable |= p.nullable;
    r.opaque |= p.opaque;
    r.has_marks |= p.has_marks;
  }
  r.min_width = at(yes).min_width < at(no).min_width ? at(yes).min_width : at(no).min_width;
  i = stop;
  return n;
}

uint32_t Parser::item(size_t& i, size_t end, bool mandatory) {
  size_t left = end - i - 1;
  switch (code_[i]) {
    case kFailure: {
      uint32_t n = node(NodeKind::Fail);
      at(n).min_width = 0;
      i++;
      return n;
    }
    case kMark: {
      if (left < 1 || code_[i + 1] / 2 >= groups_) return kNoNode;
      uint32_t mark = code_[i + 1];
      if (mark & 1) closed_[mark / 2] = true;
      uint32_t n = node(NodeKind::Mark);
      Node& r = at(n);
      r.a = mark;
      r.nullable = true;
      r.has_marks = true;
      r.mandatory = mandatory;
      i += 2;
      return n;
    }
    case kAt: {
      if (left < 1 || code_[i + 1] >= kAtCodeCount) return kNoNode;
      uint32_t n = node(NodeKind::At);
      Node& r = at(n);
      r.a = code_[i + 1];
      if (r.a == kAtEnd || r.a == kAtEndLine || r.a == kAtEndString) {
        r.first.end = true;
        if (r.a != kAtEndString) r.first.add('\n');
      } else {
        r.nullable = r.opaque = true;
      }
      i += 2;
      return n;
    }
    case kBranch: return branch(i, end);
    case kRepeat:
    case kPossessiveRepeat: return repeat(i, end);
    case kRepeatOne:
    case kMinRepeatOne:
    case kPossessiveRepeatOne: return repeat_one(i, end);
    case kAssert:
    case kAssertNot:
    case kAtomicGroup: return look(i, end);
    case kGroupRefExists: return condition(i, end);
    case kGroupRef:
    case kGroupRefIgnore:
    case kGroupRefLocIgnore:
    case kGroupRefUniIgnore: {
      if (left < 1 || code_[i + 1] >= groups_) return kNoNode;
      uint32_t n = node(NodeKind::Backref);
      Node& r = at(n);
      r.a = code_[i + 1];
      r.b = code_[i] == kGroupRef            ? kFoldNone
            : code_[i] == kGroupRefIgnore    ? kFoldAscii
            : code_[i] == kGroupRefLocIgnore ? kFoldLocale
                                             : kFoldUnicode;
      r.nullable = r.opaque = true;
      r.first.add_all();
      tree_.has_backrefs = true;
      if (!closed_.contains(r.a)) tree_.marks_need_undo = true;
      i += 2;
      return n;
    }
    default: {
      Matcher matcher;
      uint32_t arg;
      if (!single(i, end, matcher, arg)) return kNoNode;
      uint32_t n = node(matcher == Matcher::Char ? NodeKind::Char : NodeKind::One);
      Node& r = at(n);
      r.matcher = matcher;
      r.a = arg;
      r.min_width = 1;
      r.first = first_of(program_, matcher, arg);
      return n;
    }
  }
}

// What a sequence starts with, from its last child to its first.
void Parser::finish_seq(uint32_t seq) {
  Node& s = at(seq);
  s.nullable = true;
  for (uint32_t c = s.child; c != kNoNode; c = at(c).next) {
    const Node& n = at(c);
    if (s.nullable) {
      s.first.merge(n.first);
      s.nullable = n.nullable;
      s.opaque |= n.opaque;
    }
    s.has_marks |= n.has_marks;
    s.min_width = add_width(s.min_width, n.min_width);
  }
}

uint32_t Parser::block(size_t begin, size_t end, bool mandatory, JumpAtEnd jump, bool* jumped) {
  if (++depth_ > kMaxDepth) {
    too_deep_ = true;
    return kNoNode;
  }
  uint32_t seq = node(NodeKind::Seq);
  uint32_t last = kNoNode;
  size_t i = begin;
  while (i < end) {
    if (code_[i] == kJump) {
      if (jump == JumpAtEnd::No || i + 2 != end) return kNoNode;
      *jumped = true;
      break;
    }
    if (code_[i] == kInfo) {  // hints for a search; ours are derived from the tree
      if (end - i < 2 || code_[i + 1] > end - i - 1 || code_[i + 1] < 1) return kNoNode;
      i += 1 + static_cast<size_t>(code_[i + 1]);
      continue;
    }
    uint32_t n = item(i, end, mandatory);
    if (n == kNoNode) return kNoNode;
    if (last == kNoNode)
      at(seq).child = n;
    else
      at(last).next = n;
    last = n;
  }
  finish_seq(seq);
  depth_--;
  return seq;
}

}  // namespace

CompileStatus parse(const uint32_t* code, size_t length, uint32_t groups, Program& program, Tree& tree) {
  if (length == 0 || code[length - 1] != kSuccess || length > 0x7FFFFFFF || groups > kMaxGroups)
    return CompileStatus::Invalid;
  Parser parser(code, groups, program, tree);
  tree.root = parser.block(0, length - 1, true, JumpAtEnd::No, nullptr);
  if (tree.root == kNoNode) return parser.too_deep() ? CompileStatus::TooDeep : CompileStatus::Invalid;
  return CompileStatus::Ok;
}

}  // namespace orochi::sre
