// re.Pattern: its methods that match, and what it says about itself.
#include "modules/_sre/pattern.h"

#include <cstring>

#include "base/hash.h"

namespace orochi {

void Pattern::destroy(Object* o) {
  auto* p = static_cast<Pattern*>(o);
  delete p->program;
  free_raw(p->words);
}

static int64_t end_or_all(Maybe<Index> endpos) { return endpos ? (*endpos).value : INT64_MAX; }

template <sre::Outcome (sre::MatchState::*Run)()>
static Result<Local<>> match_once(Thread& t, Borrowed<Pattern> self, Borrowed<> string, Index pos,
                                  Maybe<Index> endpos) {
  SubjectView view;
  TRY(view.open(t, string, self->kind));
  sre::MatchState state(*self->program, view.subject(), pos, end_or_all(endpos), periodic_check(t));
  if (!TRY(matched(t, (state.*Run)()))) return kNone;
  return make_match(t, self, string, state);
}

static Result<Local<>> pattern_match(Thread& t, Borrowed<Pattern> self, Borrowed<> string, Index pos,
                                     Maybe<Index> endpos) {
  return match_once<&sre::MatchState::match>(t, self, string, pos, endpos);
}
static Result<Local<>> pattern_fullmatch(Thread& t, Borrowed<Pattern> self, Borrowed<> string, Index pos,
                                         Maybe<Index> endpos) {
  return match_once<&sre::MatchState::fullmatch>(t, self, string, pos, endpos);
}
static Result<Local<>> pattern_search(Thread& t, Borrowed<Pattern> self, Borrowed<> string, Index pos,
                                      Maybe<Index> endpos) {
  return match_once<&sre::MatchState::search>(t, self, string, pos, endpos);
}

static Result<Local<>> group_or_empty(Thread& t, const SubjectView& view, const sre::MatchState& state,
                                      uint32_t group) {
  int64_t start = state.group_start(group);
  return start < 0 ? view.slice(t, 0, 0) : view.slice(t, start, state.group_end(group));
}

static Result<Local<>> pattern_findall(Thread& t, Borrowed<Pattern> self, Borrowed<> string, Index pos,
                                       Maybe<Index> endpos) {
  SubjectView view;
  TRY(view.open(t, string, self->kind));
  sre::MatchState state(*self->program, view.subject(), pos, end_or_all(endpos), periodic_check(t));
  Local<List> found = TRY(make_list(t));
  auto groups = static_cast<uint32_t>(self->groups);
  while (TRY(matched(t, state.search()))) {
    if (groups <= 1) {
      TRY(list_append(t, found, TRY(group_or_empty(t, view, state, groups))));
    } else {
      Local<Tuple> all = TRY(make_tuple_uninitialised(t, groups));
      for (uint32_t g = 0; g < groups; g++) all->items()[g].init(TRY(group_or_empty(t, view, state, g + 1)));
      TRY(list_append(t, found, std::move(all)));
    }
    state.advance();
    TRY(safepoint(t));
  }
  return found;
}

static Result<Local<>> pattern_split(Thread& t, Borrowed<Pattern> self, Borrowed<> string, Index maxsplit) {
  SubjectView view;
  TRY(view.open(t, string, self->kind));
  sre::MatchState state(*self->program, view.subject(), 0, INT64_MAX, periodic_check(t));
  Local<List> parts = TRY(make_list(t));
  int64_t last = 0;
  for (int64_t n = 0; maxsplit == 0 || n < maxsplit; n++) {
    if (!TRY(matched(t, state.search()))) break;
    TRY(list_append(t, parts, TRY(view.slice(t, last, state.start()))));
    for (uint32_t g = 1; g <= static_cast<uint32_t>(self->groups); g++) {
      int64_t start = state.group_start(g);
      Local<> part = immediate(kNone);
      if (start >= 0) part = TRY(view.slice(t, start, state.group_end(g)));
      TRY(list_append(t, parts, std::move(part)));
    }
    last = state.end();
    state.advance();
    TRY(safepoint(t));
  }
  TRY(list_append(t, parts, TRY(view.slice(t, last, view.length()))));
  return parts;
}

static Result<Local<>> pattern_copy(Thread&, Borrowed<Pattern> self) { return Local<>::share(self.value()); }
static Result<Local<>> pattern_deepcopy(Thread&, Borrowed<Pattern> self, Borrowed<>) {
  return Local<>::share(self.value());
}
static Result<Local<>> pattern_class_getitem(Thread& t, Borrowed<Type> cls, Borrowed<> item) {
  return generic_alias(t, cls, item);
}

static Result<Local<>> pattern_get_pattern(Thread&, Borrowed<Pattern> self) {
  return Local<>::share(self->pattern.borrow());
}
static Result<Local<>> pattern_get_flags(Thread& t, Borrowed<Pattern> self) { return make_int(t, self->flags); }
static Result<Local<>> pattern_get_groups(Thread& t, Borrowed<Pattern> self) { return make_int(t, self->groups); }

// A read-only view, of the type that types have as their __dict__.
static Result<Local<>> pattern_get_groupindex(Thread& t, Borrowed<Pattern> self) {
  Local<> some_view = TRY(get_attr(t, Borrowed<>(&types::Object), "__dict__"_n));
  return call(t, Borrowed<>(type_of(some_view.value())), self->group_index.borrow());
}

static Result<Local<>> pattern_op_repr(Thread& t, Borrowed<> object) {
  static constexpr struct {
    const char* name;
    int32_t bit;
  } kFlags[] = {{"re.IGNORECASE", 2}, {"re.LOCALE", 4},  {"re.MULTILINE", 8}, {"re.DOTALL", 16},
                {"re.UNICODE", 32},   {"re.VERBOSE", 64}, {"re.DEBUG", 128},  {"re.ASCII", 256}};
  Borrowed<Pattern> self = object.as<Pattern>();
  int32_t flags = self->flags;
  // UNICODE is what a str pattern means without saying so.
  if (self->kind == TextKind::Str && (flags & (4 | 32 | 256)) == 32) flags &= ~32;
  Local<Str> text = TRY(repr_of(t, self->pattern.borrow()));
  StrBuilder out(t);
  out.append_ascii("re.compile(");
  out.append(text, 0, text->length() < 200 ? text->length() : 200);
  const char* separator = ", ";
  for (auto& flag : kFlags) {
    if (!(flags & flag.bit)) continue;
    out.append_ascii(separator);
    out.append_ascii(flag.name);
    separator = "|";
    flags &= ~flag.bit;
  }
  if (flags) {
    char hex[16];
    std::snprintf(hex, sizeof hex, "0x%x", static_cast<unsigned>(flags));
    out.append_ascii(separator);
    out.append_ascii(hex);
  }
  out.append_ascii(")");
  return out.finish();
}

static Result<int64_t> pattern_op_hash(Thread& t, Borrowed<> object) {
  Borrowed<Pattern> self = object.as<Pattern>();
  auto h = static_cast<uint64_t>(TRY(hash_of(t, self->pattern.borrow())));
  uint64_t code = 0xcbf29ce484222325;  // FNV-1a
  for (uint64_t i = 0; i < self->word_count; i++) code = (code ^ self->words[i]) * 0x100000001b3;
  h ^= code ^ static_cast<uint64_t>(static_cast<uint32_t>(self->flags)) ^ static_cast<uint64_t>(self->kind);
  auto hash = static_cast<int64_t>(h);
  return hash == -1 ? -2 : hash;
}

// The code is compared besides the pattern: with re.LOCALE the same pattern can compile differently.
static Result<Local<>> pattern_op_compare(Thread& t, Borrowed<> left, Borrowed<> right, CompareOp op) {
  if ((op != CompareOp::Eq && op != CompareOp::Ne) || !is_a<Pattern>(left) || !is_a<Pattern>(right))
    return kNotImplemented;
  Borrowed<Pattern> a = left.as<Pattern>(), b = right.as<Pattern>();
  bool same = a.get() == b.get();
  if (!same && a->flags == b->flags && a->kind == b->kind && a->word_count == b->word_count &&
      std::memcmp(a->words, b->words, a->word_count * sizeof(uint32_t)) == 0)
    same = TRY(equals(t, a->pattern.borrow(), b->pattern.borrow()));
  return Value::boolean(same == (op == CompareOp::Eq));
}

static constexpr NativeDef kPatternMethods[] = {
    method<pattern_match>("match(self, /, string, pos=0, endpos=sys.maxsize)",
                          "Match at the start of the string; a Match, or None."),
    method<pattern_fullmatch>("fullmatch(self, /, string, pos=0, endpos=sys.maxsize)",
                              "Match the whole string; a Match, or None."),
    method<pattern_search>("search(self, /, string, pos=0, endpos=sys.maxsize)",
                           "Find the first match anywhere in the string; a Match, or None."),
    method<pattern_findall>("findall(self, /, string, pos=0, endpos=sys.maxsize)",
                            "A list of the text, or the groups, of all matches that do not overlap."),
    method<pattern_finditer>("finditer(self, /, string, pos=0, endpos=sys.maxsize)",
                             "An iterator over the Match objects of all matches that do not overlap."),
    method<pattern_split>("split(self, /, string, maxsplit=0)", "Split the string where the pattern matches."),
    method<pattern_sub>("sub(self, /, repl, string, count=0)",
                        "Replace the leftmost matches that do not overlap by repl."),
    method<pattern_subn>("subn(self, /, repl, string, count=0)",
                         "The same as sub(), and how many matches were replaced: (new_string, number)."),
    method<pattern_scanner>("scanner(self, /, string, pos=0, endpos=sys.maxsize)",
                            "A scanner that matches again and again from where it stopped."),
    method<pattern_copy>("__copy__(self, /)", "The pattern itself: it never changes."),
    method<pattern_deepcopy>("__deepcopy__(self, memo, /)", "The pattern itself: it never changes."),
    class_method<pattern_class_getitem>("__class_getitem__(cls, item, /)",
                                        "Patterns are generic in the kind of text they match: str or bytes."),
};
static constexpr GetSetDef kPatternGetSets[] = {
    getter<pattern_get_pattern>("pattern", "The text the pattern was compiled from."),
    getter<pattern_get_flags>("flags", "The flags that hold for the pattern."),
    getter<pattern_get_groups>("groups", "How many groups capture."),
    getter<pattern_get_groupindex>("groupindex", "A read-only mapping of group names to group numbers."),
};
static constexpr Layout kPatternLayout = layout_of<Pattern>("re.Pattern");
constexpr TypeDef kPatternDef = {
    .name = "re.Pattern",
    .doc = "Compiled regular expression object.",
    .layout = &kPatternLayout,
    .flags = kTypeNoNew | kTypeImmutable | kTypeWeakrefable,
    OROCHI_METHODS(kPatternMethods),
    OROCHI_GETSETS(kPatternGetSets),
    .slots = {.repr = pattern_op_repr, .hash = pattern_op_hash, .compare = pattern_op_compare},
};
OROCHI_MODULE_TYPE(RePattern)

}  // namespace orochi
