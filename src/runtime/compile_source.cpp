// See compile_source.h.
#include "runtime/compile_source.h"

#include <cstring>

#include "builtins/codec_registry.h"
#include "objects/bytes.h"
#include "objects/int_big.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/native.h"
#include "runtime/make_code.h"

namespace orochi {

int default_optimize = 0;

namespace {

Type& error_type(SyntaxErrorKind kind) {
  switch (kind) {
    case SyntaxErrorKind::SyntaxError: return types::SyntaxError;
    case SyntaxErrorKind::IndentationError: return types::IndentationError;
    case SyntaxErrorKind::TabError: return types::TabError;
    case SyntaxErrorKind::IncompleteInput: return types::_IncompleteInputError;
    case SyntaxErrorKind::MemoryError: return types::MemoryError;
    case SyntaxErrorKind::RecursionError: return types::RecursionError;
    case SyntaxErrorKind::ValueError: return types::ValueError;
    case SyntaxErrorKind::UnicodeDecodeError: return types::UnicodeDecodeError;
    case SyntaxErrorKind::OverflowError: return types::OverflowError;
  }
  return types::SyntaxError;
}

// Source encodings beyond the parser's own go through the codec registry.
bool decode_source(void* context, std::string_view name, std::string_view bytes, std::string& utf8, std::string& error) {
  Thread& t = *static_cast<Thread*>(context);
  auto text = decode_text(t, bytes, name, "strict");
  if (text.raised()) {
    if (pending_matches(t, types::LookupError)) {
      error = "unknown encoding: " + std::string(name);
    } else {
      error = "encoding problem: " + std::string(name);
    }
    clear_pending(t);
    return false;
  }
  auto out = str_utf8(t, *text, Surrogates::Pass);
  if (out.raised()) {
    clear_pending(t);
    error = "out of memory";
    return false;
  }
  utf8.assign((*out).view);
  return true;
}

ParseOptions parse_options(Thread& t, std::string_view filename, const SourceOptions& options) {
  ParseOptions p;
  p.filename = filename;
  p.mode = options.mode;
  p.type_comments = options.type_comments;
  p.allow_top_level_await = options.flags & kCompileAllowTopLevelAwait;
  p.allow_incomplete_input = options.allow_incomplete_input;
  p.dont_imply_dedent = options.dont_imply_dedent;
  p.barry_as_flufl = options.flags & 0x400000;
  p.source_is_utf8 = options.source_is_str;
  p.feature_version = options.feature_version;
  p.max_str_digits = int_max_str_digits;
  p.decoder = {decode_source, &t};
  auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  size_t left = here > t.native_limit ? here - t.native_limit : 0;
  p.stack_budget = left;
  return p;
}

}  // namespace

Raised raise_syntax_error(Thread& t, const SyntaxErrorInfo& info, Borrowed<Str> filename) {
  Type& type = error_type(info.kind);
  auto message = make_str(t, info.message);
  if (message.raised()) return {};
  if (!is_subtype(&type, &types::SyntaxError)) return raise_value(t, type, *message);
  auto number = [](int32_t n) { return n < 0 ? kNone : Value::fixnum(n); };
  Local<> text = immediate(kNone);
  if (info.has_text) {
    auto line = make_str(t, info.text);
    if (line.raised()) return {};
    text = line.take();
  }
  auto details = make_tuple(t, {filename.value(), Value::fixnum(info.lineno), number(info.col), text.value(),
                                number(info.end_lineno), number(info.end_col)});
  if (details.raised()) return {};
  auto e = call(t, Borrowed<>(&type), *message, *details);
  if (e.raised()) return {};
  return raise_exception(t, e.take());
}

Result<void> report_source_warnings(Thread& t, const std::vector<ParseWarning>& warnings, Borrowed<Str> filename) {
  for (const ParseWarning& w : warnings) {
    Type& category = std::strcmp(w.category, "SyntaxWarning") == 0 ? types::SyntaxWarning : types::DeprecationWarning;
    Local<Str> message = TRY(make_str(t, w.message));
    auto module = import_module(t, "_warnings"_n);
    if (module.raised()) {
      clear_pending(t);
      return ok();  // during start-up nobody listens
    }
    Local<> warn = TRY(get_attr(t, *module, "warn_explicit"_n));
    auto r = call(t, warn, message, Borrowed<>(&category), filename, Value::fixnum(w.lineno));
    if (!r.raised()) continue;
    if (!pending_matches(t, category)) return Raised{};
    clear_pending(t);  // a filter made it an error: it is reported as a SyntaxError with the place
    SyntaxErrorInfo info;
    info.message = w.message;
    info.lineno = w.lineno;
    info.col = w.col;
    info.end_lineno = w.end_lineno;
    info.end_col = w.end_col;
    return raise_syntax_error(t, info, filename);
  }
  return ok();
}

Result<ParseResult> parse_source(Thread& t, std::string_view source, Borrowed<Str> filename,
                                 const SourceOptions& options) {
  Utf8 name = TRY(str_utf8(t, filename, Surrogates::Escape));
  ParseResult parsed = parse(source, parse_options(t, name.view, options));
  if (!parsed) return raise_syntax_error(t, parsed.error, filename);
  TRY(report_source_warnings(t, parsed.warnings, filename));
  return parsed;
}

Result<Local<Code>> compile_tree(Thread& t, ast::ModNode* tree, Borrowed<Str> filename, const SourceOptions& options) {
  Utf8 name = TRY(str_utf8(t, filename, Surrogates::Escape));
  CompileOptions c;
  c.filename = name.view;
  c.flags = options.flags;
  c.optimize = options.optimize < 0 ? default_optimize : options.optimize;
  auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  c.stack_budget = here > t.native_limit + 16384 ? here - t.native_limit : 16384;
  CompileResult compiled = compile(tree, c);
  if (!compiled) return raise_syntax_error(t, compiled.error, filename);
  TRY(report_source_warnings(t, compiled.warnings, filename));
  return make_code(t, *compiled.blob);
}

Result<Local<Code>> compile_source(Thread& t, std::string_view source, Borrowed<Str> filename,
                                   const SourceOptions& options) {
  ParseResult parsed = TRY(parse_source(t, source, filename, options));
  return compile_tree(t, parsed.mod, filename, options);
}

}  // namespace orochi
