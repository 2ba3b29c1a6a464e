// re.Match: spans of one match, and the text it was found in.
#include "modules/_sre/pattern.h"

namespace orochi {

Result<Local<Match>> make_match(Mutator& m, Borrowed<Pattern> pattern, Borrowed<> string,
                                const sre::MatchState& state) {
  auto count = static_cast<uint64_t>(pattern->groups) + 1;
  Local<Match> match =
      TRY(allocate<Match>(m, types::ReMatch.root_shape, sizeof(Match) + count * sizeof(Match::Span)));
  match->count = count;
  match->string.init_share(string);
  match->re.init_share(pattern);
  match->pos = state.pos();
  match->endpos = state.endpos();
  match->last_index = state.last_index();
  for (uint32_t g = 0; g < count; g++) match->spans()[g] = {state.group_start(g), state.group_end(g)};
  return match;
}

// The group a method argument means: an integer, or a name.
static Result<uint64_t> group_number(Thread& t, Borrowed<Match> self, Borrowed<> index) {
  Value v = index;
  int64_t number = -1;
  if (v.is_fixnum()) {
    number = v.as_fixnum();
  } else if (is_int(v) || type_of(v)->slots.index) {
    number = TRY(to_index_clipped(t, index));
  } else {
    Lookup<> named = dict_find(t, self->re.borrow()->group_index.borrow(), index);
    if (named.raised()) return Raised{};
    if (named.found() && (*named).value().is_fixnum()) number = (*named).value().as_fixnum();
  }
  if (number < 0 || static_cast<uint64_t>(number) >= self->count)
    return raise(t, types::IndexError, "no such group");
  return static_cast<uint64_t>(number);
}

static Result<Local<>> group_text(Thread& t, Borrowed<Match> self, const SubjectView& view, uint64_t group,
                                  Borrowed<> missing) {
  Match::Span span = self->spans()[group];
  if (span.start < 0) return Local<>::share(missing);
  return view.slice(t, span.start, span.end);
}

static Result<Local<>> one_group(Thread& t, Borrowed<Match> self, uint64_t group) {
  SubjectView view;
  TRY(view.open(t, self->string.borrow(), TextKind::Any));
  return group_text(t, self, view, group, Borrowed<>(kNone));
}

static Result<Local<>> match_group(Thread& t, Borrowed<Match> self, Rest groups) {
  if (groups.count == 0) return one_group(t, self, 0);
  if (groups.count == 1) {
    uint64_t group = TRY(group_number(t, self, groups[0]));
    return one_group(t, self, group);
  }
  SubjectView view;
  TRY(view.open(t, self->string.borrow(), TextKind::Any));
  Local<Tuple> all = TRY(make_tuple_uninitialised(t, groups.count));
  for (size_t i = 0; i < groups.count; i++) {
    uint64_t group = TRY(group_number(t, self, groups[i]));
    all->items()[i].init(TRY(group_text(t, self, view, group, Borrowed<>(kNone))));
  }
  return all;
}

static Result<Local<>> match_op_getitem(Thread& t, Borrowed<> object, Borrowed<> key) {
  Borrowed<Match> self = object.as<Match>();
  uint64_t group = TRY(group_number(t, self, key));
  return one_group(t, self, group);
}

static Result<Local<>> match_groups(Thread& t, Borrowed<Match> self, Borrowed<> default_value) {
  SubjectView view;
  TRY(view.open(t, self->string.borrow(), TextKind::Any));
  Local<Tuple> all = TRY(make_tuple_uninitialised(t, self->count - 1));
  for (uint64_t g = 1; g < self->count; g++)
    all->items()[g - 1].init(TRY(group_text(t, self, view, g, default_value)));
  return all;
}

static Result<Local<>> match_groupdict(Thread& t, Borrowed<Match> self, Borrowed<> default_value) {
  SubjectView view;
  TRY(view.open(t, self->string.borrow(), TextKind::Any));
  Local<Dict> named = TRY(make_dict(t));
  Borrowed<Dict> index = self->re.borrow()->group_index.borrow();
  size_t position = 0;
  Local<> name, number;
  while (dict_next(t, index, &position, &name, &number)) {
    uint64_t group = TRY(group_number(t, self, name));
    Local<> text = TRY(group_text(t, self, view, group, default_value));
    TRY(dict_set(t, named, name, text));
  }
  return named;
}

static Result<Local<>> match_start(Thread& t, Borrowed<Match> self, Borrowed<> group) {
  return make_int(t, self->spans()[TRY(group_number(t, self, group))].start);
}
static Result<Local<>> match_end(Thread& t, Borrowed<Match> self, Borrowed<> group) {
  return make_int(t, self->spans()[TRY(group_number(t, self, group))].end);
}
static Result<Local<Tuple>> span_tuple(Mutator& m, Match::Span span) {
  return make_tuple(m, {Value::fixnum(span.start), Value::fixnum(span.end)});
}
static Result<Local<>> match_span(Thread& t, Borrowed<Match> self, Borrowed<> group) {
  return span_tuple(t, self->spans()[TRY(group_number(t, self, group))]);
}

static Result<Local<>> match_expand(Thread& t, Borrowed<Match> self, Borrowed<> text) {
  Local<> compiled = TRY(compile_template(t, self->re.borrow(), text));
  Borrowed<Template> tmpl = compiled.borrow().as<Template>();
  if (tmpl->chunks.borrow()->length() == 1) return Local<>::share(tmpl->chunks.borrow()->at(0));
  SubjectView view;
  TRY(view.open(t, self->string.borrow(), TextKind::Any));
  PieceBuilder out(t, view);
  auto span = [&](int64_t g) {
    Match::Span s = self->spans()[g];
    if (s.end > view.length()) s.end = view.length();  // a buffer that shrank
    if (s.start > s.end) s.start = s.end;
    return s;
  };
  TRY(expand_template(t, tmpl, static_cast<int64_t>(self->count) - 1, out, span));
  return out.finish();
}

static Result<Local<>> match_copy(Thread&, Borrowed<Match> self) { return Local<>::share(self.value()); }
static Result<Local<>> match_deepcopy(Thread&, Borrowed<Match> self, Borrowed<>) {
  return Local<>::share(self.value());
}
static Result<Local<>> match_class_getitem(Thread& t, Borrowed<Type> cls, Borrowed<> item) {
  return generic_alias(t, cls, item);
}

static Result<Local<>> match_get_string(Thread&, Borrowed<Match> self) {
  return Local<>::share(self->string.borrow());
}
static Result<Local<>> match_get_re(Thread&, Borrowed<Match> self) {
  return Local<>::share(self->re.borrow().value());
}
static Result<Local<>> match_get_pos(Thread& t, Borrowed<Match> self) { return make_int(t, self->pos); }
static Result<Local<>> match_get_endpos(Thread& t, Borrowed<Match> self) { return make_int(t, self->endpos); }
static Result<Local<>> match_get_lastindex(Thread& t, Borrowed<Match> self) {
  if (self->last_index == 0) return kNone;
  return make_int(t, self->last_index);
}
static Result<Local<>> match_get_lastgroup(Thread&, Borrowed<Match> self) {
  Borrowed<Tuple> names = self->re.borrow()->index_group.borrow();
  if (self->last_index == 0 || static_cast<uint64_t>(self->last_index) >= names->length()) return kNone;
  return Local<>::share(names->at(static_cast<size_t>(self->last_index)));
}
static Result<Local<>> match_get_regs(Thread& t, Borrowed<Match> self) {
  Local<Tuple> all = TRY(make_tuple_uninitialised(t, self->count));
  for (uint64_t g = 0; g < self->count; g++) all->items()[g].init(TRY(span_tuple(t, self->spans()[g])));
  return all;
}

static Result<Local<>> match_op_repr(Thread& t, Borrowed<> object) {
  Borrowed<Match> self = object.as<Match>();
  Local<> text = TRY(one_group(t, self, 0));
  Local<Str> shown = TRY(repr_of(t, text));
  StrBuilder out(t);
  char span[80];
  std::snprintf(span, sizeof span, "span=(%lld, %lld), match=", static_cast<long long>(self->spans()[0].start),
                static_cast<long long>(self->spans()[0].end));
  out.append_ascii("<re.Match object; ");
  out.append_ascii(span);
  out.append(shown, 0, shown->length() < 50 ? shown->length() : 50);
  out.append_ascii(">");
  return out.finish();
}

static constexpr NativeDef kMatchMethods[] = {
    method<match_group>("group(self, /, *groups)",
                        "The text of one group, or a tuple for several. By number or name; 0 is the whole match."),
    method<match_groups>("groups(self, /, default=None)",
                         "A tuple of all groups from 1; `default` for those that did not take part."),
    method<match_groupdict>("groupdict(self, /, default=None)",
                            "A dict of all named groups; `default` for those that did not take part."),
    method<match_start>("start(self, group=0, /)", "Index where the group begins; -1 if it did not take part."),
    method<match_end>("end(self, group=0, /)", "Index after the group's end; -1 if it did not take part."),
    method<match_span>("span(self, group=0, /)", "The pair (start(group), end(group))."),
    method<match_expand>("expand(self, /, template)", "The template with group references replaced, as by sub()."),
    method<match_copy>("__copy__(self, /)", "The match itself: it never changes."),
    method<match_deepcopy>("__deepcopy__(self, memo, /)", "The match itself: it never changes."),
    class_method<match_class_getitem>("__class_getitem__(cls, item, /)",
                                      "Matches are generic in the kind of text: str or bytes."),
};
static constexpr GetSetDef kMatchGetSets[] = {
    getter<match_get_string>("string", "The string that was searched."),
    getter<match_get_re>("re", "The pattern that matched."),
    getter<match_get_pos>("pos", "Where in the string matching began."),
    getter<match_get_endpos>("endpos", "Where in the string matching had to end."),
    getter<match_get_lastindex>("lastindex", "Number of the group that closed last, or None."),
    getter<match_get_lastgroup>("lastgroup", "Name of the group that closed last, or None."),
    getter<match_get_regs>("regs", "The spans of all groups."),
};
static constexpr Layout kMatchLayout = layout_of<Match>("re.Match");
constexpr TypeDef kMatchDef = {
    .name = "re.Match",
    .doc = "What a pattern found: the result of match(), fullmatch() and search(). Always true.",
    .layout = &kMatchLayout,
    .flags = kTypeNoNew | kTypeImmutable,
    OROCHI_METHODS(kMatchMethods),
    OROCHI_GETSETS(kMatchGetSets),
    .slots = {.repr = match_op_repr, .getitem = match_op_getitem},
};
OROCHI_MODULE_TYPE(ReMatch)

}  // namespace orochi
