// The parser: recursive descent over the token vector, one function per construct, precedence climbing for operators.
//
// Two passes. The first only accepts or declines: a function returns nullptr when the input does not fit, and the
// furthest token looked at is where a plain "invalid syntax" points. If it declines, a second pass parses again with
// diagnose_ on, and the functions look for the mistakes that have an error text of their own; the first one found wins.
// raised_ is the end of either pass. Every recursive function checks the native stack that is left.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/compiler.h"
#include "syntax/ast.h"
#include "syntax/lexer.h"
#include "syntax/parse.h"

namespace orochi::syntax {

using namespace ast;  // NOLINT: the parser makes nodes of every class

// What a construct read at a token came to, in the second pass: diagnosis reads the same input many times over, and
// without this the time would be exponential in the nesting. Open addressing; key 0 is a free slot.
class MemoTable {
 public:
  struct Entry {
    uint64_t key;
    ast::ExprNode* node;
    const Token* end;
  };
  const Entry* find(uint64_t key) const {
    if (slots_.empty()) return nullptr;
    for (size_t at = slot(key);; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].key == key) return &slots_[at];
      if (slots_[at].key == 0) return nullptr;
    }
  }
  void add(uint64_t key, ast::ExprNode* node, const Token* end) {
    if ((count_ + 1) * 2 > slots_.size()) grow();
    ++count_;
    insert({key, node, end});
  }

 private:
  size_t slot(uint64_t key) const { return (key * 0x9e3779b97f4a7c15u >> 20) & (slots_.size() - 1); }
  void insert(const Entry& entry) {
    size_t at = slot(entry.key);
    while (slots_[at].key != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = entry;
  }
  void grow() {
    std::vector<Entry> old(std::move(slots_));
    slots_.assign(old.empty() ? 256 : old.size() * 2, Entry{0, nullptr, nullptr});
    for (const Entry& entry : old) {
      if (entry.key != 0) insert(entry);
    }
  }
  std::vector<Entry> slots_;
  size_t count_ = 0;
};

// A syntax error in terms of tokens: lines from 1, columns in bytes from 0; -1 = unknown.
struct RaisedError {
  SyntaxErrorKind kind;
  std::string message;
  int32_t lineno;
  int32_t col;
  int32_t end_lineno;
  int32_t end_col;
};

class Parser {
 public:
  Parser(std::string_view source, std::vector<Token>& tokens, Lexer& lexer, NameTable& names, Arena& arena,
         const ParseOptions& options, std::vector<ParseWarning>& warnings);

  // nullptr: error() says why, or the lexer does (lexer_failed()).
  ModNode* run();
  const RaisedError& error() const { return error_; }
  bool lexer_failed() const { return lexer_failed_; }
  // The input may be the beginning of something longer: the parser got to its end and wanted more.
  bool incomplete_input() const { return incomplete_; }
  // SyntaxError.text has its newline unless the parser had read past the line.
  bool error_shows_newline() const { return furthest_->end_lineno <= error_.lineno; }

 private:
  friend class StringParts;
  enum class TargetUse : uint8_t { Star, Del, For };

  // ---- tokens
  const Token& cur() const { return *t_; }
  Tok kind() const { return t_->kind; }
  Tok peek_kind(int ahead = 1) const {
    return t_ + ahead <= last_token_ ? t_[ahead].kind : Tok::EndMarker;
  }
  OROCHI_INLINE const Token& advance() {
    const Token& taken = *t_;
    if (t_ < last_token_) ++t_;
    if (t_ > furthest_) furthest_ = t_;
    return taken;
  }
  OROCHI_INLINE bool accept(Tok wanted) {
    if (t_->kind != wanted) return false;
    advance();
    return true;
  }
  bool expect(Tok wanted) { return accept(wanted); }
  bool expect_forced(Tok wanted, const char* text);
  bool at_soft(Soft soft) const { return t_->soft == soft; }
  std::string_view token_text(const Token& token) const {
    return {source_.data() + token.begin, token.end - token.begin};
  }
  Identifier identifier(const Token& token) { return names_.normalized(token.name); }

  // ---- locations
  const Token& previous_significant() const;
  Location from(const Token& start) const {
    const Token& last = t_[-1];
    return {start.lineno, start.col, last.end_lineno, last.end_col};
  }
  Location from(const Location& start) const {
    const Token& last = t_[-1];
    return {start.lineno, start.col_offset, last.end_lineno, last.end_col};
  }
  Location from_block(const Token& start) const {
    const Token& last = previous_significant();
    return {start.lineno, start.col, last.end_lineno, last.end_col};
  }
  static Location of(const Token& token) { return {token.lineno, token.col, token.end_lineno, token.end_col}; }
  template <typename T>
  T* make(const Location& location) {
    return make_node<T>(arena_, location);
  }

  // ---- lists: collected on a shared stack, then copied to the arena. Collectors nest: while an inner one is alive,
  // the outer one takes nothing.
  template <typename T>
  class Collector {
   public:
    explicit Collector(Parser& p) : p_(p), mark_(p.scratch_.size()) {}
    ~Collector() { p_.scratch_.resize(mark_); }
    void add(T* node) { p_.scratch_.push_back(node); }
    uint32_t size() const { return static_cast<uint32_t>(p_.scratch_.size() - mark_); }
    T* operator[](uint32_t i) const { return static_cast<T*>(p_.scratch_[mark_ + i]); }
    T* back() const { return static_cast<T*>(p_.scratch_.back()); }
    Seq<T*> finish() {
      Seq<T*> list = make_list<T*>(p_.arena_, size());
      for (uint32_t i = 0; i < list.count; ++i) list.items[i] = static_cast<T*>(p_.scratch_[mark_ + i]);
      return list;
    }

   private:
    Parser& p_;
    size_t mark_;
  };
  template <typename T>
  Seq<T> one(T item) {
    Seq<T> list = make_list<T>(arena_, 1);
    list.items[0] = item;
    return list;
  }

  // ---- errors (parser_errors.cpp)
  const Token& furthest() const { return first_furthest_ > furthest_ ? *first_furthest_ : *furthest_; }
  std::nullptr_t raise(const Location& where, std::string message,
                       SyntaxErrorKind kind = SyntaxErrorKind::SyntaxError);
  std::nullptr_t raise_at(const Token& token, std::string message);
  std::nullptr_t raise_range(const Location& first, const Location& last, std::string message);
  std::nullptr_t raise_from(const Location& first, std::string message);  // to the last token seen
  std::nullptr_t raise_last(std::string message, SyntaxErrorKind kind = SyntaxErrorKind::SyntaxError);
  std::nullptr_t raise_too_deep();
  bool check_stack() {
    // Not the address of a local: a sanitizer may keep those elsewhere.
    if (OROCHI_LIKELY(reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) > stack_limit_)) return true;
    raise_too_deep();
    return false;
  }
  bool lexer_ends_open() const { return lexer_.at_eof() || lexer_.in_string_at_eof(); }
  bool check_version(int minor, const char* what);
  void generic_error(const Token& last);
  bool unclosed_bracket_error(int32_t after_line);
  static const char* expr_name(const ExprNode* e);
  ExprNode* invalid_target(ExprNode* e, TargetUse use);
  std::nullptr_t raise_invalid_target(ExprNode* e, TargetUse use);
  bool is_legacy_name(const ExprNode* e) const;
  bool expect_colon(const char* after);           // "expected ':'" at the end of a line
  bool no_block_error(const char* what, int32_t lineno);

  // ---- expressions (parser_expressions.cpp)
  static bool starts_expression(Tok kind);
  ExprNode* star_expressions();
  ExprNode* star_expression();
  ExprNode* star_named_expression();
  ExprNode* named_expression();
  ExprNode* expression() { return OROCHI_UNLIKELY(second_pass_) ? memoized<&Parser::expression_once>(1) : expression_once(); }
  ExprNode* primary() { return OROCHI_UNLIKELY(second_pass_) ? memoized<&Parser::primary_once>(2) : primary_once(); }
  ExprNode* disjunction() {
    return OROCHI_UNLIKELY(second_pass_) ? memoized<&Parser::disjunction_once>(3) : disjunction_once();
  }
  ExprNode* expression_once();
  ExprNode* primary_once();
  ExprNode* disjunction_once();
  template <ExprNode* (Parser::*parse)()>
  ExprNode* memoized(uint64_t rule) {
    uint64_t key = static_cast<uint64_t>(t_ - first_token_ + 1) << 4 | rule << 2 | uint64_t{own_silence_} << 1 |
                   uint64_t{no_comma_check_};
    if (const MemoTable::Entry* entry = memo_.find(key)) {
      no_comma_check_ = false;
      t_ = entry->end;
      return entry->node;
    }
    ExprNode* node = (this->*parse)();
    if (!raised_) memo_.add(key, node, t_);
    return node;
  }
  ExprNode* conjunction();
  ExprNode* inversion();
  ExprNode* comparison();
  ExprNode* binary(int min_precedence);
  ExprNode* factor();
  ExprNode* power();
  ExprNode* atom();
  ExprNode* lambda();
  ExprNode* yield_expression();
  ExprNode* yield_or_star_expressions();
  ExprNode* paren_atom();
  ExprNode* list_atom();
  ExprNode* brace_atom();
  ExprNode* number();
  ExprNode* call(ExprNode* callee);
  bool arguments_list(Collector<ExprNode>& args, Seq<Keyword*>& keywords, bool* lone_generator, const Token& open);
  ExprNode* slices();
  ExprNode* slice();
  Seq<Comprehension*> for_if_clauses();
  bool at_comprehension() {
    if (OROCHI_LIKELY(t_->kind != Tok::kwAsync)) return t_->kind == Tok::kwFor;
    if (peek_kind() == Tok::kwFor) return true;
    if (t_ + 1 > furthest_ && t_ < last_token_) furthest_ = t_ + 1;
    return false;
  }
  ExprNode* targets();        // for loop and comprehension targets; Store context
  ExprNode* single_star_target();
  bool set_context(ExprNode* e, ExprContext context);
  bool is_star_target(const ExprNode* e) const;
  ExprNode* make_name(const Token& token, ExprContext context);
  // In the second pass an operator whose right side declines is not taken: the expression ends before it, as a reader
  // who looks for the longest sensible prefix would have it, and the position is that of the operator.
  bool give_back(const Token* before) {
    if (!second_pass_ || raised_) return false;
    t_ = before;
    return true;
  }
  ExprNode* comma_error_check(ExprNode* left, const Token& start);
  ExprNode* conditional_tail(ExprNode* body, const Token& start);
  ExprNode* argument_expression();
  static bool is_augmented_assignment(Tok kind);

  // ---- diagnosis (parser_diagnose.cpp); true or non-null means an error was raised
  bool diagnose_named_expression(const Token& start, ExprNode* e);
  struct ArgumentPrefix {
    int count = 0;
    int positional = 0;
    int keywords = 0;
    bool double_star = false;
    ExprNode* last_positional = nullptr;
  };
  bool diagnose_argument();
  bool diagnose_statement_as_expression(const Token& start);
  ArgumentPrefix argument_prefix();
  bool diagnose_call(const Token& open);
  bool diagnose_assignment(const Token& start);
  bool diagnose_collection(const Token& open);
  bool diagnose_dict(const Token& open);
  bool diagnose_field(const Token& open, char letter);
  bool diagnose_import_target(bool from_import);

  // ---- strings (parser_strings.cpp)
  ExprNode* strings();
  ExprNode* fstring(const Token& start, bool is_template);
  bool string_parts(std::vector<ExprNode*>& parts, Tok end, bool raw, bool is_template);
  bool replacement_field(std::vector<ExprNode*>& parts, bool raw, bool is_template);
  bool decode_string(const Token& token, std::string_view body, bool raw, bool bytes, std::string_view& out);
  ExprNode* text_constant(const Token& token, bool raw);
  Seq<ExprNode*> merge_parts(std::vector<ExprNode*>& parts);
  void warn_escape(const Token& token, std::string_view body, size_t at, std::string_view sequence, bool octal);

  // ---- statements (parser_statements.cpp)
  bool statement(Collector<StmtNode>& out);
  bool simple_statements(Collector<StmtNode>& out);
  StmtNode* simple_statement();
  StmtNode* compound_statement();
  StmtNode* expression_statement();
  StmtNode* annotated_assignment(const Token& start, ExprNode* target);
  StmtNode* augmented_assignment(const Token& start, ExprNode* target, Operator op);
  StmtNode* assignment(const Token& start, ExprNode* first);
  StmtNode* return_statement();
  StmtNode* raise_statement();
  StmtNode* delete_statement();
  StmtNode* assert_statement();
  StmtNode* import_statement();
  StmtNode* import_from_statement();
  StmtNode* scope_statement();
  StmtNode* type_statement();
  StmtNode* if_statement();
  StmtNode* while_statement();
  StmtNode* for_statement(const Token& start, bool is_async);
  StmtNode* with_statement(const Token& start, bool is_async);
  StmtNode* try_statement();
  StmtNode* function_definition(const Token& start, bool is_async, Seq<ExprNode*> decorators);
  StmtNode* class_definition(Seq<ExprNode*> decorators);
  StmtNode* decorated();
  StmtNode* match_statement();
  ExceptHandlerNode* except_clause(bool& is_star);
  WithItem* with_item();
  bool with_items(Collector<WithItem>& items);
  bool else_block(Seq<StmtNode*>& body);
  bool block(Seq<StmtNode*>& body, const char* what, int32_t lineno);
  bool dotted_name(Identifier& out);
  Arguments* parameters(bool in_lambda);
  Arg* parameter(bool in_lambda, bool star_annotation);
  bool type_params(Seq<TypeParamNode*>& out, bool is_alias = false);
  TypeParamNode* type_param();
  String type_comment();
  String function_type_comment();

  // ---- patterns (parser_patterns.cpp)
  MatchCase* case_block();
  ExprNode* subject_expression();
  PatternNode* patterns();
  PatternNode* maybe_star_pattern();
  PatternNode* pattern();
  PatternNode* or_pattern();
  PatternNode* closed_pattern();
  PatternNode* sequence_pattern();
  PatternNode* mapping_pattern();
  PatternNode* class_pattern(ExprNode* cls, const Token& start);
  ExprNode* name_or_attr();
  ExprNode* literal_expression();
  ExprNode* signed_number();

  // ---- state
  std::string_view source_;
  const Token* first_token_;
  const Token* last_token_;   // EndMarker or Error
  const Token* t_;
  const Token* furthest_;        // of this pass
  const Token* first_furthest_;  // of the first pass
  Lexer& lexer_;
  NameTable& names_;
  Arena& arena_;
  const ParseOptions& options_;
  std::vector<ParseWarning>& warnings_;
  std::vector<void*> scratch_;
  uintptr_t stack_limit_;
  bool diagnose_ = false;
  bool second_pass_ = false;
  bool own_silence_ = false;      // in a Silent that is not shared
  MemoTable memo_;
  bool no_comma_check_ = false;   // for the next expression only
  bool raised_ = false;
  bool lexer_failed_ = false;
  char string_letter_ = 'f';  // of the innermost f-string or t-string being parsed
  bool incomplete_ = false;
  bool barry_as_flufl_ = false;
  RaisedError error_{};

  // Tries a construct without diagnosis; the position is restored unless it fits.
  struct Silent {
    Parser& p;
    bool saved;
    bool saved_own;
    // shared: what is read silently counts as read, mistakes and all, when diagnosis comes to it later.
    explicit Silent(Parser& parser, bool shared = false)
        : p(parser), saved(parser.diagnose_), saved_own(parser.own_silence_) {
      p.diagnose_ = false;
      if (!shared) p.own_silence_ = true;
    }
    ~Silent() {
      p.diagnose_ = saved;
      p.own_silence_ = saved_own;
    }
  };
};

}  // namespace orochi::syntax
