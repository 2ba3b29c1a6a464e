// Pattern.sub and subn, and the replacement templates that re._parser prepares for them.
#include "modules/_sre/pattern.h"

namespace orochi {

namespace {

// True if `repl` is text without a backslash: it stands for itself.
Result<bool> is_plain_text(Thread& t, Borrowed<> repl) {
  if (is_str(repl)) {
    const Str* s = repl.as<Str>().get();
    for (size_t i = 0; i < s->length(); i++)
      if (s->at(i) == '\\') return false;
    return true;
  }
  if (!has_buffer(repl)) return false;
  Buffer buffer = TRY(Buffer::get(t, repl));
  return buffer.view().find('\\') == std::string_view::npos;
}

struct Replaced {
  Local<> text;
  int64_t count = 0;
};

Result<Replaced> replace(Thread& t, Borrowed<Pattern> self, Borrowed<> repl, Borrowed<> string, int64_t count) {
  enum { Function, Literal, Expand } how = Function;
  Local<> prepared;  // the literal, or the Template
  if (!is_callable(repl)) {
    if (TRY(is_plain_text(t, repl))) {
      prepared = Local<>::share(repl);
      how = Literal;
    } else {
      prepared = TRY(compile_template(t, self, repl));
      Borrowed<Tuple> chunks = prepared.borrow().as<Template>()->chunks.borrow();
      how = chunks->length() == 1 ? Literal : Expand;
      if (how == Literal) prepared = Local<>::share(chunks->at(0));
    }
  }
  SubjectView view;
  TRY(view.open(t, string, self->kind));
  sre::MatchState state(*self->program, view.subject(), 0, INT64_MAX, periodic_check(t));
  PieceBuilder out(t, view);
  Replaced result;
  int64_t last = 0;
  while (count == 0 || result.count < count) {
    if (!TRY(matched(t, state.search()))) break;
    if (last < state.start()) TRY(out.append_slice(last, state.start()));
    switch (how) {
      case Literal: TRY(out.append(prepared)); break;
      case Expand:
        TRY(expand_template(t, prepared.borrow().as<Template>(), self->groups, out, [&](int64_t g) {
          auto group = static_cast<uint32_t>(g);
          return Match::Span{state.group_start(group), state.group_end(group)};
        }));
        break;
      case Function: {
        Local<Match> match = TRY(make_match(t, self, string, state));
        Local<> piece = TRY(call(t, repl, match));
        if (!piece.is(kNone)) TRY(out.append(piece));
        break;
      }
    }
    last = state.end();
    result.count++;
    state.advance();
    TRY(safepoint(t));
  }
  if (result.count == 0) {
    result.text = TRY(view.slice(t, 0, view.length()));
    return result;
  }
  if (last < view.length()) TRY(out.append_slice(last, view.length()));
  result.text = TRY(out.finish());
  return result;
}

}  // namespace

Result<Local<>> pattern_sub(Thread& t, Borrowed<Pattern> self, Borrowed<> repl, Borrowed<> string, Index count) {
  Replaced replaced = TRY(replace(t, self, repl, string, count));
  return std::move(replaced.text);
}

Result<Local<>> pattern_subn(Thread& t, Borrowed<Pattern> self, Borrowed<> repl, Borrowed<> string, Index count) {
  Replaced replaced = TRY(replace(t, self, repl, string, count));
  return make_tuple(t, {replaced.text.value(), Value::fixnum(replaced.count)});
}

// `chunks` alternates literals and group numbers and begins and ends with a literal.
Result<Local<>> sre_template(Thread& t, Borrowed<Pattern>, Borrowed<List> list) {
  Local<Tuple> chunks = TRY(list_to_tuple(t, list));
  if (chunks->length() % 2 == 0) return raise(t, types::TypeError, "invalid template");
  for (size_t i = 1; i < chunks->length(); i += 2) {
    Value group = chunks->at(i);
    if (!is_int(group)) return raise(t, types::TypeError, "an integer is required");
    if (!group.is_fixnum() || group.as_fixnum() < 0) return raise(t, types::TypeError, "invalid template");
  }
  Local<Template> result = TRY(make_object<Template>(t));
  result->chunks.init(std::move(chunks));
  return result;
}

static constexpr Layout kTemplateLayout = layout_of<Template>("re template");
constexpr TypeDef kTemplateDef = {
    .name = "_sre.SRE_Template",
    .layout = &kTemplateLayout,
    .flags = kTypeNoNew | kTypeImmutable,
};
OROCHI_MODULE_TYPE(ReTemplate)

}  // namespace orochi
