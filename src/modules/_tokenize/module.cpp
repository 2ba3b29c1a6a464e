// _tokenize.TokenizerIter: the compiler's own lexer as an iterator of (type, string, start, end, line), for the tokenize
// module. The whole input is read and lexed at the first step; tokens are handed out one by one.
//
// Sharing: the tokens are a list made once under the object's lock; each step takes the next index atomically.
#include <string>
#include <vector>

#include "base/arena.h"
#include "builtins/codec_registry.h"
#include "objects/bytes.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/call.h"
#include "protocols/native.h"
#include "runtime/compile_source.h"
#include "syntax/lexer.h"

namespace orochi {

namespace types {
extern ::orochi::Type TokenizerIter;
}

struct TokenizerIter : Object {
  static Type& python_type() { return types::TokenizerIter; }
  Field<> readline;
  Field<> encoding;       // str, or empty: readline gives str
  Field<> tokens;         // List, once lexed
  Field<> error;          // exception to raise after the tokens, or empty
  uint64_t next_index;    // atomic
  uint64_t extra_tokens;
  static void trace(Object* o, Visitor& v) {
    auto* t = static_cast<TokenizerIter*>(o);
    v.visit(t->readline);
    v.visit(t->encoding);
    v.visit(t->tokens);
    v.visit(t->error);
  }
};

namespace {

constexpr Layout kTokenizerLayout = layout_of<TokenizerIter>("TokenizerIter");

Result<Local<>> tokenizer_new(Thread& t, Borrowed<Type> cls, Borrowed<> readline, Borrowed<> encoding, bool extra_tokens) {
  Local<TokenizerIter> it = TRY(allocate_for<TokenizerIter>(t, cls));
  it->readline.init_share(readline);
  if (encoding && encoding.value() != kNone) it->encoding.init_share(encoding);
  it->extra_tokens = extra_tokens;
  return it;
}
constexpr NativeDef kTokenizerNew = arguments<tokenizer_new>("TokenizerIter(cls, readline, /, *, encoding=None, extra_tokens=False)");

// All lines as UTF-8.
Result<void> read_all(Thread& t, Borrowed<TokenizerIter> self, std::string* out) {
  Local<> encoding = self->encoding.load(self.get());
  std::string name = "utf-8";
  if (encoding && is_str(encoding.value())) {
    Utf8 text = TRY(str_utf8(t, encoding.borrow().as<Str>()));
    name = std::string(text.view);
  }
  for (;;) {
    auto line = call(t, self->readline.load(self.get()));
    if (line.raised()) {
      if (clear_pending_if(t, types::StopIteration)) return ok();
      return Raised{};
    }
    Local<Str> text;
    if (is_str(line->value())) {
      text = line.take().as<Str>();
    } else if (is_bytes(line->value())) {
      text = TRY(decode_text(t, line->borrow().as<Bytes>()->view(), name, "strict"));
    } else {
      return raise(t, types::TypeError, "readline() returned a non-string object");
    }
    if (text->length() == 0) return ok();
    Utf8 utf8 = TRY(str_utf8(t, text, Surrogates::Pass));
    out->append(utf8.view);
  }
}

// Byte column to character column within a line.
int64_t characters(std::string_view line, int32_t bytes) {
  int64_t n = 0;
  for (int32_t i = 0; i < bytes && static_cast<size_t>(i) < line.size(); i++) {
    if ((static_cast<uint8_t>(line[static_cast<size_t>(i)]) & 0xc0) != 0x80) n++;
  }
  return n;
}

Result<void> lex(Thread& t, Borrowed<TokenizerIter> self) {
  std::string source;
  TRY(read_all(t, self, &source));
  bool implicit_newline = source.empty() || source.back() != '\n';
  bool was_empty = source.empty();
  std::vector<std::string_view> lines;
  if (implicit_newline && !was_empty) source.push_back('\n');
  size_t length = source.size();
  source.push_back('\0');
  std::string_view text(source.data(), length);
  for (size_t at = 0; at < length;) {
    size_t end = text.find('\n', at);
    end = end == std::string_view::npos ? length : end + 1;
    lines.push_back(text.substr(at, end - at));
    at = end;
  }
  Arena arena;
  syntax::NameTable names(arena);
  syntax::LexerOptions options;
  options.extra_tokens = self->extra_tokens != 0;
  options.newline_added = implicit_newline;
  syntax::Lexer lexer(text, names, options);
  std::vector<syntax::Token> tokens;
  bool good = lexer.run(tokens);
  Local<List> out = TRY(make_list(t, tokens.size()));
  auto line_of = [&](int32_t number) {
    return number >= 1 && static_cast<size_t>(number) <= lines.size() ? lines[static_cast<size_t>(number) - 1]
                                                                      : std::string_view();
  };
  for (const syntax::Token& token : tokens) {
    std::string_view kind_name = syntax::token_name(token.kind);
    if (kind_name == "ERRORTOKEN" || (!good && &token == &tokens.back())) break;
    int number = syntax::token_number(token.kind);
    std::string_view piece = text.substr(token.begin, token.end - token.begin);
    if (options.extra_tokens && number >= 7 && number <= 54 && kind_name != "OP" && number != 56) number = 54;
    bool added = implicit_newline && token.end == length && kind_name == "NEWLINE";
    if (added) piece = "";
    std::string_view shown = line_of(token.lineno);
    std::string whole;
    if (token.end_lineno > token.lineno) {
      for (int32_t n = token.lineno; n <= token.end_lineno; n++) whole += line_of(n);
      shown = whole;
    }
    if (implicit_newline && !shown.empty() && shown.data() + shown.size() == text.data() + length) shown.remove_suffix(1);
    Local<Str> string = TRY(make_str(t, piece)), line = TRY(make_str(t, shown));
    int64_t start_col = characters(line_of(token.lineno), token.col);
    int64_t end_col = characters(line_of(token.end_lineno), token.end_col);
    Local<Tuple> start = TRY(make_tuple(t, {Value::fixnum(token.lineno), Value::fixnum(start_col)}));
    Local<Tuple> end = TRY(make_tuple(t, {Value::fixnum(token.end_lineno), Value::fixnum(end_col)}));
    Local<Tuple> item = TRY(make_tuple(t, {Value::fixnum(number), string.value(), start.value(), end.value(), line.value()}));
    TRY(list_append(t, out, std::move(item)));
  }
  if (!good) {
    const syntax::LexerError& e = lexer.error();
    SyntaxErrorInfo info;
    info.kind = e.kind;
    info.message = e.set ? e.message : "unexpected EOF in multi-line statement";
    info.lineno = e.set ? e.lineno : static_cast<int32_t>(lines.size());
    info.col = e.col;
    info.end_lineno = info.lineno;
    info.end_col = e.end_col;
    info.text = std::string(line_of(info.lineno));
    info.has_text = true;
    Local<Str> name = TRY(make_str(t, "<string>"));
    (void)raise_syntax_error(t, info, name);
    self->error.set(take_pending(t));
  }
  self->tokens.set(std::move(out));
  return ok();
}

Result<Local<>> tokenizer_op_iter(Thread&, Borrowed<> self) { return Local<>::share(self); }
Lookup<> tokenizer_op_next(Thread& t, Borrowed<> self) {
  auto it = self.as<TokenizerIter>();
  if (it->tokens.is_empty()) TRY(lex(t, it));
  uint64_t index = __atomic_fetch_add(&it->next_index, 1, __ATOMIC_RELAXED);  // each token goes to one caller
  Local<> tokens = it->tokens.load(it.get());
  Lookup<> token = list_get(t, tokens.borrow().as<List>(), static_cast<int64_t>(index));
  if (!token.absent()) return token;
  Local<> error = it->error.take();
  if (error) return raise_exception(t, std::move(error));
  return kAbsent;
}

const TypeDef kTokenizerIterDef = {.name = "_tokenize.TokenizerIter",
                                   .layout = &kTokenizerLayout,
                                   .flags = kTypeSubclassable,
                                   .slots = {.iter = tokenizer_op_iter, .next = tokenizer_op_next, .new_ = new_slot<kTokenizerNew>}};

// The module has a type only; the table wants an array.
bool tokenize_available(Thread&) { return true; }
constexpr NativeDef kFunctions[] = {function<tokenize_available>("_available()", nullptr)};
Result<void> init_tokenize(Thread& t, Borrowed<Module> module) {
  return module_set(t, module, "TokenizerIter", Borrowed<>(&types::TokenizerIter));
}

}  // namespace

OROCHI_TYPE(TokenizerIter, kTokenizerIterDef)
OROCHI_MODULE(_tokenize, "Python's own tokenizer.", kFunctions, init_tokenize)

}  // namespace orochi
