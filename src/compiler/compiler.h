// The code generator: walks the tree once, one Unit for each code object under construction. Split by subject over
// compiler.cpp (units, names, modules), expressions.cpp, calls.cpp, comprehensions.cpp, statements.cpp, exceptions.cpp,
// functions.cpp, patterns.cpp; constants.cpp folds.
//
// Conventions for registers: expr(e, dst) leaves the value in the register it returns. dst is kAny (a bound local may be
// returned as is, without a move), kFresh (a new temp: the next free one at entry), or a register below kTemp to write.
// On return `depth` is the entry depth, plus one if the result is a temp. Operands are consumed by resetting `depth`.
// All functions return false (or kFailed) after fail().
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "compiler/assembler.h"
#include "compiler/compile.h"
#include "compiler/symtable.h"

namespace orochi {

inline constexpr int32_t kAny = -1;
inline constexpr int32_t kFresh = -2;
inline constexpr int32_t kFailed = -9;

enum class BlockKind : uint8_t { Loop, ForLoop, AsyncForLoop, Try, Finally, FinallyEnd, With, AsyncWith, Handler, StarHandler };

// A syntactic construct that a jump out of it must unwind.
struct Block {
  BlockKind kind;
  Label continue_label = kNoLabel;
  Label break_label = kNoLabel;
  int32_t reg = -1;         // iterator, exit function pair, or handler pair
  int32_t outer_region = -1;  // the region around the construct
  const ast::Seq<ast::StmtNode*>* finalbody = nullptr;
  const ast::Location* at = nullptr;
  NameId name = kNoName;    // of an except clause
};

struct FinallyContext {
  bool in_finally = false;
  bool in_loop = false;
};

struct DeferredAnnotation {
  ast::AnnAssign* node;
  int32_t index;  // or -1: unconditional
};

struct Unit {
  Unit* outer = nullptr;
  Scope* scope = nullptr;         // of the code object
  Scope* names_scope = nullptr;   // innermost: `scope`, or an inlined comprehension in it
  std::unique_ptr<CodeBlob> blob;
  Assembler code;
  std::unordered_map<std::string, int32_t> const_index;
  std::vector<int32_t> name_index;     // by NameId
  IdMap names;
  IdMap free_index;                    // NameId -> free variable index
  std::vector<Block> blocks;
  NameId private_name = kNoName;
  std::unordered_set<std::string> static_attributes;
  std::vector<DeferredAnnotation> deferred;
  int32_t next_conditional = 0;
  bool in_conditional = false;
  bool is_async = false;               // async def
  bool is_lambda = false;
  bool is_class = false;
  FinallyContext finally_context;
  int32_t class_cell = -1;
  int32_t classdict_cell = -1;
  int32_t conditional_cell = -1;
  IdMap hidden_pool;                   // NameId -> a free hidden register
  size_t annotation_slot = 0;
  int32_t star_handlers = 0;
  int32_t first_statement_line = 1;    // of a module
};

class Compiler {
 public:
  Compiler(ast::ModNode* mod, const CompileOptions& options, CompileResult& result);
  bool run();

 private:
  using ExprNode = ast::ExprNode;
  using StmtNode = ast::StmtNode;
  template <typename T>
  using Seq = ast::Seq<T>;

  // ---- compiler.cpp ----
  bool fail(const ast::Location& at, std::string message);
  bool fail_kind(SyntaxErrorKind kind, std::string message);
  void warn(const ast::Location& at, std::string message, const char* category = "SyntaxWarning");
  bool stack_ok();
  bool future_statements(const Seq<StmtNode*>& body);
  bool module(const Seq<StmtNode*>& body);

  void enter_unit(Unit& unit, Scope* scope, std::string_view name, int32_t line);
  // The start of a unit's code: cells, generator, Resume.
  void prologue();
  void close_generator();
  std::unique_ptr<CodeBlob> leave_unit();
  void set_qualname(Unit& unit, std::string_view name);

  enum class NameKind : uint8_t { Fast, Deref, Free, Global, Name, ClassFree, ClassGlobal };
  struct Place {
    NameKind kind;
    int32_t reg = -1;  // Fast, Deref: register; Free, ClassFree: index
    NameId name = kNoName;
    bool walrus = false;
  };
  Place resolve(NameId raw);
  SymbolScope scope_of(NameId mangled);
  int32_t load_place(const Place& place, int32_t dst);
  int32_t load_name(NameId raw, int32_t dst) { return load_place(resolve(raw), dst); }
  int32_t load_name(std::string_view name, int32_t dst) { return load_name(names_.intern(name), dst); }
  void store_place(const Place& place, int32_t src);
  void store_name(NameId raw, int32_t src) { store_place(resolve(raw), src); }
  void store_name(std::string_view name, int32_t src) { store_name(names_.intern(name), src); }
  void delete_name(NameId raw);
  void load_classdict(int32_t dst_temp);
  void emit_cell(NameId name);  // pushes the cell for a child's free variable
  NameId mangled(NameId raw) { return mangle_in(names_, unit_->names_scope, unit_->private_name, raw); }

  int32_t name_index(NameId mangled);
  int32_t attr_index(std::string_view name);

  Assembler& code() { return unit_->code; }
  void at(const ast::Location& loc) {
    code().position = {loc.lineno, loc.end_lineno, loc.col_offset, loc.end_col_offset};
  }
  void at(const Position& p) { code().position = p; }
  // An attribute over several lines is where its name is, so that a chain of calls reads well in a traceback.
  void at_attribute(const ast::Attribute& e) {
    at(e);
    if (e.lineno == e.end_lineno) return;
    auto width = int32_t(e.attr.size());
    bool fits = width <= e.end_col_offset;
    code().position = {e.end_lineno, e.end_lineno, fits ? e.end_col_offset - width : -1, fits ? e.end_col_offset : -1};
  }
  void no_position() { code().position = {}; }
  int32_t take(int32_t dst) { return dst < 0 ? code().push() : dst; }
  static bool is_temp(int32_t r) { return r >= kTemp; }
  // Emit `op dst, b, c` with dst chosen after the operands are consumed down to `depth`.
  int32_t finish_op(Op op, int32_t dst, int32_t depth, int32_t b = 0, int32_t c = 0, Label target = kNoLabel, int32_t data = 0) {
    code().depth = depth;
    int32_t r = take(dst);
    code().emit(op, r, b, c, target, data);
    note_write(r);
    return r;
  }
  void note_write(int32_t r) {
    if (r >= 0 && r < kPinned && code().reachable) code().set_bound(r, true);
  }
  void clear(int32_t r) { code().emit(Op::Clear, r); }
  void move(int32_t dst, int32_t src) {
    if (dst == src) return;
    code().emit(Op::Move, dst, src);
    note_write(dst);
  }

  // ---- constants.cpp ----
  int32_t add_const(Const value);
  Const to_const(const ast::ConstantValue& value);
  int32_t load_constant(const ast::ConstantValue& value, int32_t dst);
  int32_t load_string(std::string_view text, int32_t dst);
  int32_t load_const_index(int32_t index, int32_t dst);
  // Whether `e` is a constant, perhaps after folding.
  bool fold(ExprNode* e, ast::ConstantValue& out);
  bool fold_binary(ast::Operator op, const ast::ConstantValue& l, const ast::ConstantValue& r, ast::ConstantValue& out);
  bool fold_unary(ast::UnaryOperator op, const ast::ConstantValue& v, ast::ConstantValue& out);
  bool fold_subscript(const ast::ConstantValue& v, const ast::ConstantValue& i, ast::ConstantValue& out);
  ast::ConstantValue clean_docstring(const ast::ConstantValue& doc);
  static bool truth_of(const ast::ConstantValue& v);

  // ---- expressions.cpp ----
  int32_t expr(ExprNode* e, int32_t dst);
  // In a new temp at the current depth.
  bool fresh(ExprNode* e) { return expr(e, kFresh) != kFailed; }
  bool jump_if(ExprNode* e, Label target, bool condition);
  int32_t binary(ast::BinOp* e, int32_t dst);
  int32_t unary(ast::UnaryOp* e, int32_t dst);
  int32_t bool_op(ast::BoolOp* e, int32_t dst);
  int32_t compare(ast::Compare* e, int32_t dst);
  bool jump_compare(ast::Compare* e, Label target, bool condition);
  int32_t if_exp(ast::IfExp* e, int32_t dst);
  int32_t attribute(ast::Attribute* e, int32_t dst);
  int32_t subscript(ast::Subscript* e, int32_t dst);
  int32_t slice_key(ExprNode* e);
  bool bound_or_none(ExprNode* e);
  int32_t sequence(ExprNode* e, const Seq<ExprNode*>& elements, int32_t dst);
  int32_t dict(ast::Dict* e, int32_t dst);
  int32_t joined(ExprNode* e, const Seq<ExprNode*>& values, int32_t dst);
  int32_t formatted(ast::FormattedValue* e, int32_t dst);
  int32_t template_string(ast::TemplateStr* e, int32_t dst);
  int32_t interpolation(ast::Interpolation* e, int32_t dst);
  int32_t yield(ExprNode* e, int32_t dst);
  // The value to await is in the top temp; the result replaces it.
  void await_top(AwaitKind kind);
  int32_t await_expr(ast::Await* e, int32_t dst);
  bool top_level_await() const;
  bool small_int(ExprNode* e, int32_t& value);
  bool needs_left_copy(ExprNode* left, ExprNode* right);
  // Assign register `src` to a target; a temp src is consumed, depth is the caller's to set.
  bool assign(ExprNode* target, int32_t src);
  bool unpack(ExprNode* target, const Seq<ExprNode*>& elements, int32_t src);
  // A register that a loop or assignment can write directly for this target, or -1.
  int32_t direct_target(ExprNode* target);
  bool check_subscripter(ExprNode* e);
  void warn_subscript(ast::Subscript* e);
  void warn_compare(ast::Compare* e);
  void note_static_attribute(ast::Attribute* e);

  // ---- calls.cpp ----
  int32_t call(ast::Call* e, int32_t dst);
  // Arguments after the callable in the top temp(s) at `base`; is_method: base and base + 1 hold what LoadMethod left.
  int32_t call_arguments(int32_t base, bool is_method, const Seq<ExprNode*>& args, const Seq<ast::Keyword*>& keywords,
                         int32_t dst, const ast::Location& where, int32_t extra = 0, int32_t trailing = -1);
  bool is_super_call(ExprNode* e);
  int32_t super_operands(ast::Call* e, bool& two);
  bool positional_tuple(const Seq<ExprNode*>& args, int32_t extra, int32_t trailing);
  bool keyword_dict(int32_t callable, const Seq<ast::Keyword*>& keywords);
  bool check_keywords(const Seq<ast::Keyword*>& keywords);
  void warn_call(ExprNode* func);

  // ---- comprehensions.cpp ----
  struct Comp {
    ExprNode* node;
    ComprehensionType type;
    const Seq<ast::Comprehension*>* generators;
    ExprNode* element;
    ExprNode* value;
  };
  int32_t comprehension(const Comp& comp, int32_t dst);
  bool generators(const Comp& comp, uint32_t index, int32_t result, int32_t iterator);
  bool comprehension_element(const Comp& comp, int32_t result);
  void bind_hidden(Scope* scope);
  void release_hidden(Scope* scope);
  void async_next(int32_t iterator);

  // ---- statements.cpp ----
  bool stmt(StmtNode* s);
  bool statements(const Seq<StmtNode*>& body);
  bool body_with_docstring(const Seq<StmtNode*>& body);
  bool assign_statement(ast::Assign* s);
  bool aug_assign(ast::AugAssign* s);
  bool ann_assign(ast::AnnAssign* s);
  bool check_annotation(ExprNode* e);
  bool delete_target(ExprNode* e);
  bool for_loop(ast::For* s);
  bool async_for(ast::AsyncFor* s);
  bool while_loop(ast::While* s);
  bool if_statement(ast::If* s);
  bool return_statement(ast::Return* s);
  bool break_statement(StmtNode* s);
  bool continue_statement(StmtNode* s);
  bool assert_statement(ast::Assert* s);
  bool raise_statement(ast::Raise* s);
  bool import_statement(ast::Import* s);
  bool import_from(ast::ImportFrom* s);
  bool expression_statement(ast::Expr* s);
  bool push_block(const Block& block, const ast::Location& at);
  bool unwind_block(const Block& block);
  // Emit what leaving the blocks from the top down to `count` left needs.
  bool unwind_to(size_t count, bool is_return);

  // ---- exceptions.cpp ----
  bool try_statement(ast::Try* s);
  bool try_except(const Seq<StmtNode*>& body, const Seq<ast::ExceptHandlerNode*>& handlers, const Seq<StmtNode*>& orelse);
  bool try_star(ast::TryStar* s);
  bool try_except_star(ast::TryStar* s);
  template <typename Inner>
  bool try_finally(const Seq<StmtNode*>& finalbody, const ast::Location& at, Inner inner);
  bool final_body(const Seq<StmtNode*>& body);
  bool with_statement(const Seq<ast::WithItem*>& items, uint32_t index, const Seq<StmtNode*>& body, bool is_async,
                      const ast::Location& at);
  void forget_exception_name(NameId name);
  bool check_star_handlers(const Seq<ast::ExceptHandlerNode*>& handlers);

  // ---- functions.cpp ----
  template <typename F>
  bool function(F* s, bool is_async);
  int32_t lambda(ast::Lambda* e, int32_t dst);
  bool class_def(ast::ClassDef* s);
  bool class_body(ast::ClassDef* s, std::unique_ptr<CodeBlob>& blob);
  bool type_alias(ast::TypeAlias* s);
  template <typename F>
  std::unique_ptr<CodeBlob> function_body(F* s, bool is_async, int32_t line);
  bool decorators(const Seq<ExprNode*>& list);
  void apply_decorators(const Seq<ExprNode*>& list);
  // Push the defaults tuple and the keyword defaults dict when there are any; adds their flags.
  bool default_arguments(ast::Arguments* args, int32_t& flags);
  bool function_annotations(ast::Arguments* args, ExprNode* returns, const ast::Location& at, int32_t& flags);
  bool annotation_pairs(ast::Arguments* args, ExprNode* returns, int32_t& count, bool as_strings);
  // Push a function made of `blob`: `base` is the temp of the first operand already pushed.
  int32_t make_function(std::unique_ptr<CodeBlob> blob, int32_t base, int32_t flags, int32_t dst);
  bool type_params(const Seq<ast::TypeParamNode*>& params);
  bool type_param_evaluator(ExprNode* value, const void* key, std::string_view name, bool allow_starred, const ast::Location& where);
  void annotation_format_check();
  void set_arguments(Unit& unit, ast::Arguments* args);
  bool deferred_annotations(const char* stored_as);
  bool annotation_string(ExprNode* e, int32_t& result);

  // ---- patterns.cpp ----
  struct Capture {
    NameId name;
    int32_t reg;
  };
  struct PatternState {
    std::vector<Capture> captures;
    bool allow_irrefutable = false;
  };
  bool match_statement(ast::Match* s);
  bool pattern(ast::PatternNode* p, int32_t subject, Label fail_label, PatternState& state);
  bool subpatterns(const Seq<ast::PatternNode*>& list, int32_t first, Label fail_label, PatternState& state);
  bool capture(ast::Identifier name, int32_t reg, PatternState& state, const ast::Location& at);
  bool sequence_pattern(ast::MatchSequence* p, int32_t subject, Label fail_label, PatternState& state);
  bool mapping_pattern(ast::MatchMapping* p, int32_t subject, Label fail_label, PatternState& state);
  bool class_pattern(ast::MatchClass* p, int32_t subject, Label fail_label, PatternState& state);
  bool or_pattern(ast::MatchOr* p, int32_t subject, Label fail_label, PatternState& state);

  ast::ModNode* mod_;
  const CompileOptions& options_;
  CompileResult& result_;
  NameTable names_;
  SymbolTable table_;
  Unit* unit_ = nullptr;
  Arena arena_;  // folded constants
  std::unordered_set<const void*> unfoldable_;
  std::unordered_set<std::string> warned_;
  uint32_t future_ = 0;
  ast::Location last_future_;
  bool interactive_ = false;
  bool walrus_here_ = false;  // the current statement contains an assignment expression
  uintptr_t stack_limit_ = 0;
  NameId class_name_, classdict_name_, conditional_name_;
};

// Temporarily another value.
template <typename T>
class Scoped {
 public:
  Scoped(T& slot, T value) : slot_(slot), saved_(slot) { slot_ = value; }
  ~Scoped() { slot_ = saved_; }
  Scoped(const Scoped&) = delete;

 private:
  T& slot_;
  T saved_;
};

}  // namespace orochi
