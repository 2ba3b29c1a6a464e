// The objects of the re module: Pattern, Match, the scanner, replacement templates.
// Patterns, matches and templates are immutable once made, so threads share them freely; a scanner is claimed by the
// thread that runs it. What a match works on (text, buffer, stack) lives in the call: see SubjectView, MatchState.
#pragma once

#include "modules/_sre/engine.h"
#include "objects/bytes.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/buffer.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/native.h"

namespace orochi {

namespace types {
extern ::orochi::Type RePattern, ReMatch, ReScanner, ReTemplate, ReMatchIterator, ReBufferHolder;
}

enum class TextKind : int32_t { Any = -1, Str = 0, Bytes = 1 };

struct Pattern : Object {
  static Type& python_type() { return types::RePattern; }
  Field<> pattern;          // str, bytes-like, or None
  Field<Dict> group_index;  // name: number
  Field<Tuple> index_group; // names by number, None where there is none
  sre::Program* program;
  uint32_t* words;          // the code list, for comparing patterns
  uint64_t word_count;
  int64_t groups;
  int32_t flags;
  TextKind kind;
  uint64_t reserved;

  static void trace(Object* o, Visitor& v) {
    auto* p = static_cast<Pattern*>(o);
    v.visit(p->pattern);
    v.visit(p->group_index);
    v.visit(p->index_group);
  }
  static void destroy(Object* o);
};

struct Match : Object {
  static Type& python_type() { return types::ReMatch; }
  Field<> string;
  Field<Pattern> re;
  int64_t pos, endpos;
  int64_t last_index;  // 0: none
  uint64_t count;      // groups, the whole match included
  // then: count pairs (start, end); -1, -1 for a group that did not take part
  struct Span {
    int64_t start, end;
  };
  static constexpr uint32_t kItemSize = sizeof(Span);
  Span* spans() { return reinterpret_cast<Span*>(this + 1); }
  const Span* spans() const { return reinterpret_cast<const Span*>(this + 1); }
  static size_t item_count(const Object* o) { return static_cast<const Match*>(o)->count; }
  static void trace(Object* o, Visitor& v) {
    v.visit(static_cast<Match*>(o)->string);
    v.visit(static_cast<Match*>(o)->re);
  }
};

// Also the layout of the iterator that finditer() returns.
struct Scanner : Object {
  static Type& python_type() { return types::ReScanner; }
  Field<Pattern> pattern;
  Field<> string;
  Field<> holder;       // keeps a buffer exported, for strings that are neither str nor bytes
  int64_t pos, endpos;
  int64_t start;        // of the next match; -1: exhausted. Written by the thread that has `executing`
  uint32_t must_advance;
  uint32_t executing;   // atomic: 1 while a thread runs it
  static void trace(Object* o, Visitor& v) {
    auto* s = static_cast<Scanner*>(o);
    v.visit(s->pattern);
    v.visit(s->string);
    v.visit(s->holder);
  }
};

// A buffer export whose end may run Python code, so it is given up by a finalizer.
struct BufferHolder : Object {
  static Type& python_type() { return types::ReBufferHolder; }
  Buffer* buffer;
  uint64_t reserved;
};

struct Template : Object {
  static Type& python_type() { return types::ReTemplate; }
  Field<Tuple> chunks;  // literal, group, literal, group, …, literal
  uint64_t reserved;
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<Template*>(o)->chunks); }
};

// The text of one call. Borrows the string, which the caller keeps alive.
class SubjectView {
 public:
  // Raises TypeError if the string is not text of the given kind.
  Result<void> open(Thread& t, Borrowed<> string, TextKind kind);
  bool is_str() const { return is_str_; }
  int64_t length() const { return length_; }
  Borrowed<> string() const { return string_; }
  sre::Subject subject() const { return {data_, length_, width_}; }
  const uint8_t* bytes() const { return static_cast<const uint8_t*>(data_); }
  // string[start:end] as str or bytes; bounds are clipped (a buffer may have shrunk since they were taken).
  Result<Local<>> slice(Mutator& m, int64_t start, int64_t end) const;
  bool needs_holder() const { return buffered_; }
  Buffer take_buffer() { return std::move(buffer_); }

 private:
  Borrowed<> string_;
  const void* data_ = nullptr;
  int64_t length_ = 0;
  sre::UnitWidth width_ = sre::UnitWidth::One;
  bool is_str_ = false;
  bool buffered_ = false;
  Buffer buffer_;
};

// Lets a long match notice signals and safepoints.
sre::PeriodicCheck periodic_check(Thread& t);
// Outcome of a run: true for a match, false for none, else raises.
Result<bool> matched(Thread& t, sre::Outcome outcome);

Result<Local<Match>> make_match(Mutator& m, Borrowed<Pattern> pattern, Borrowed<> string,
                                const sre::MatchState& state);

// The pieces a template expands to are appended to an output of either kind of text.
class PieceBuilder {
 public:
  PieceBuilder(Thread& t, const SubjectView& view) : t_(t), view_(view), text_(t) {}
  ~PieceBuilder();
  PieceBuilder(const PieceBuilder&) = delete;
  // A part of the subject. Empty parts count as a piece too.
  Result<void> append_slice(int64_t start, int64_t end);
  // A str or bytes-like piece; anything else raises as join() would.
  Result<void> append(Borrowed<> piece);
  Result<Local<>> finish();

 private:
  Result<void> append_bytes(const void* data, size_t size);
  Thread& t_;
  const SubjectView& view_;
  StrBuilder text_;
  uint8_t* bytes_ = nullptr;
  size_t size_ = 0, capacity_ = 0;
  int64_t pieces_ = 0;
};

// `span(group)` gives where a group matched.
template <class SpanOf>
Result<void> expand_template(Thread& t, Borrowed<Template> tmpl, int64_t groups, PieceBuilder& out, SpanOf span) {
  Borrowed<Tuple> chunks = tmpl->chunks.borrow();
  for (size_t i = 0; i < chunks->length(); i++) {
    Borrowed<> chunk = chunks->at(i);
    if (i % 2 == 0) {
      TRY(out.append(chunk));
      continue;
    }
    int64_t group = chunk.value().as_fixnum();
    if (group > groups) return raise(t, types::IndexError, "no such group");
    auto [start, end] = span(group);
    if (start >= 0) TRY(out.append_slice(start, end));
  }
  return ok();
}

// re._compile_template(pattern, template): a Template.
Result<Local<>> compile_template(Thread& t, Borrowed<Pattern> pattern, Borrowed<> text);
Result<Local<>> generic_alias(Thread& t, Borrowed<Type> cls, Borrowed<> item);

Result<Local<>> pattern_sub(Thread& t, Borrowed<Pattern> self, Borrowed<> repl, Borrowed<> string, Index count);
Result<Local<>> pattern_subn(Thread& t, Borrowed<Pattern> self, Borrowed<> repl, Borrowed<> string, Index count);
Result<Local<>> pattern_scanner(Thread& t, Borrowed<Pattern> self, Borrowed<> string, Index pos, Maybe<Index> endpos);
Result<Local<>> pattern_finditer(Thread& t, Borrowed<Pattern> self, Borrowed<> string, Index pos, Maybe<Index> endpos);
Result<Local<>> sre_template(Thread& t, Borrowed<Pattern> pattern, Borrowed<List> chunks);

// Declared in their files, made ready by the module.
extern const TypeDef kPatternDef, kMatchDef, kScannerDef, kMatchIteratorDef, kTemplateDef, kBufferHolderDef;

}  // namespace orochi
