// The tree between code words and program: what parse.cpp makes and emit.cpp walks.
// Every node knows how it can start (FirstSet), its width, and whether it can match nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "modules/_sre/program.h"

namespace orochi::sre {

enum class NodeKind : uint8_t {
  Empty, Fail,
  Char,      // a: character
  One,       // matcher, a: argument
  Mark,      // a: mark index
  At,        // a: AtCode
  Seq,       // children
  Alt,       // children
  Repeat,    // one child; a: min, b: max, flavour
  RepeatOne, // one matcher; a: argument, b: min, c: max, flavour
  Atomic, Look, LookNot,  // one child; a: width to step back
  Backref,   // a: group, b: BackrefFold
  Cond,      // a: group; children: yes, no
};

enum class Flavour : uint8_t { Greedy, Lazy, Possessive };

inline constexpr uint32_t kNoNode = 0xFFFFFFFF;

struct Node {
  NodeKind kind = NodeKind::Empty;
  Matcher matcher = Matcher::All;
  Flavour flavour = Flavour::Greedy;
  bool nullable = false;   // can match nothing
  bool opaque = false;     // can match nothing and then depends on what is around it
  bool has_marks = false;
  bool mandatory = false;  // Mark: on every accepting path
  uint32_t a = 0, b = 0, c = 0;
  uint32_t child = kNoNode, next = kNoNode;
  uint64_t min_width = 0;
  FirstSet first;
};

struct Tree {
  std::vector<Node> nodes;
  uint32_t root = kNoNode;
  bool marks_need_undo = false;  // a group may be looked at before it is set
  bool has_backrefs = false;     // or conditions on groups
};

// Adds the words of a set to the program and gives its index in Program::sets.
struct SetSource {
  const uint32_t* words;
  size_t length;
  BackrefFold fold;
};
uint32_t make_set(Program& program, const SetSource& source);

CompileStatus parse(const uint32_t* code, size_t length, uint32_t groups, Program& program, Tree& tree);
void emit(const Tree& tree, Program& program);

// FirstSet of one character matched by (matcher, arg).
FirstSet first_of(const Program& program, Matcher matcher, uint32_t arg);

}  // namespace orochi::sre
