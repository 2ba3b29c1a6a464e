// Scanners and the iterator of finditer(): a pattern, a string, and a position that moves on. One thread at a time may
// run one; another that comes meanwhile gets ValueError.
#include <new>

#include "modules/_sre/pattern.h"

namespace orochi {

namespace {

class Executing {
 public:
  explicit Executing(Scanner* s) : scanner_(s), claimed_(__atomic_exchange_n(&s->executing, 1, __ATOMIC_ACQUIRE) == 0) {}
  ~Executing() {
    if (claimed_) __atomic_store_n(&scanner_->executing, 0, __ATOMIC_RELEASE);  // pairs with the exchange
  }
  Executing(const Executing&) = delete;
  bool claimed() const { return claimed_; }

 private:
  Scanner* scanner_;
  bool claimed_;
};

Result<Local<Scanner>> make_scanner(Thread& t, Type& type, Borrowed<Pattern> pattern, Borrowed<> string, Index pos,
                                    Maybe<Index> endpos) {
  SubjectView view;
  TRY(view.open(t, string, pattern->kind));
  // The state clips the positions as every match does.
  sre::MatchState state(*pattern->program, view.subject(), pos, endpos ? (*endpos).value : INT64_MAX);
  Local<Scanner> scanner = TRY(allocate<Scanner>(t, type.root_shape));
  scanner->pattern.init_share(pattern);
  scanner->string.init_share(string);
  scanner->pos = scanner->start = state.pos();
  scanner->endpos = state.endpos();
  if (view.needs_holder()) {
    Local<BufferHolder> holder = TRY(make_object<BufferHolder>(t));
    holder->buffer = new (std::nothrow) Buffer(view.take_buffer());
    if (!holder->buffer) return raise_no_memory(t);
    scanner->holder.init(std::move(holder));
  }
  return scanner;
}

// The next match, or absent.
Lookup<> scan(Thread& t, Borrowed<Scanner> self, sre::Outcome (sre::MatchState::*run)()) {
  Executing executing(self.get());
  if (!executing.claimed()) return raise(t, types::ValueError, "regular expression scanner already executing");
  if (self->start < 0) return kAbsent;
  Borrowed<Pattern> pattern = self->pattern.borrow();
  Borrowed<> string = self->string.borrow();
  sre::Subject subject;
  SubjectView view;
  if (self->holder.is_empty()) {
    if (view.open(t, string, TextKind::Any).raised()) return Raised{};
    subject = view.subject();
  } else {
    const Buffer* buffer = self->holder.borrow().as<BufferHolder>()->buffer;
    subject = {buffer->data(), static_cast<int64_t>(buffer->size()), sre::UnitWidth::One};
  }
  sre::MatchState state(*pattern->program, subject, self->pos, self->endpos, periodic_check(t));
  state.seek(self->start, self->must_advance != 0);
  Result<bool> found = matched(t, (state.*run)());
  if (found.raised()) return Raised{};
  if (!*found) {
    self->start = -1;
    return kAbsent;
  }
  Result<Local<Match>> match = make_match(t, pattern, string, state);
  if (match.raised()) return Raised{};
  state.advance();
  self->start = state.next_start();
  self->must_advance = state.must_advance();
  return match.take();
}

Result<Local<>> or_none(Lookup<> found) {
  if (found.raised()) return Raised{};
  if (found.absent()) return kNone;
  return found.take();
}

}  // namespace

Result<Local<>> pattern_scanner(Thread& t, Borrowed<Pattern> self, Borrowed<> string, Index pos, Maybe<Index> endpos) {
  return make_scanner(t, types::ReScanner, self, string, pos, endpos);
}
Result<Local<>> pattern_finditer(Thread& t, Borrowed<Pattern> self, Borrowed<> string, Index pos,
                                 Maybe<Index> endpos) {
  return make_scanner(t, types::ReMatchIterator, self, string, pos, endpos);
}

static Result<Local<>> scanner_match(Thread& t, Borrowed<Scanner> self) {
  return or_none(scan(t, self, &sre::MatchState::match));
}
static Result<Local<>> scanner_search(Thread& t, Borrowed<Scanner> self) {
  return or_none(scan(t, self, &sre::MatchState::search));
}
static Result<Local<>> scanner_get_pattern(Thread&, Borrowed<Scanner> self) {
  return Local<>::share(self->pattern.borrow().value());
}

static Lookup<> matchiterator_op_next(Thread& t, Borrowed<> self) {
  return scan(t, self.as<Scanner>(), &sre::MatchState::search);
}
static Result<Local<>> matchiterator_op_iter(Thread&, Borrowed<> self) { return Local<>::share(self); }

static void bufferholder_finalize(Thread&, Borrowed<> self) {
  BufferHolder* holder = self.as<BufferHolder>().get();
  delete holder->buffer;
  holder->buffer = nullptr;
}

static constexpr NativeDef kScannerMethods[] = {
    method<scanner_match>("match(self, /)", "Match at the current position; a Match, or None."),
    method<scanner_search>("search(self, /)", "Find the next match; a Match, or None."),
};
static constexpr GetSetDef kScannerGetSets[] = {
    getter<scanner_get_pattern>("pattern", "The pattern of the scanner."),
};
static constexpr Layout kScannerLayout = layout_of<Scanner>("re scanner");
constexpr TypeDef kScannerDef = {
    .name = "_sre.SRE_Scanner",
    .layout = &kScannerLayout,
    .flags = kTypeNoNew | kTypeImmutable,
    OROCHI_METHODS(kScannerMethods),
    OROCHI_GETSETS(kScannerGetSets),
};
constexpr TypeDef kMatchIteratorDef = {
    .name = "callable_iterator",
    .layout = &kScannerLayout,
    .flags = kTypeNoNew | kTypeImmutable,
    .slots = {.iter = matchiterator_op_iter, .next = matchiterator_op_next},
};
static constexpr Layout kBufferHolderLayout = layout_of<BufferHolder>("re buffer holder");
constexpr TypeDef kBufferHolderDef = {
    .name = "_sre.buffer_holder",
    .layout = &kBufferHolderLayout,
    .flags = kTypeNoNew | kTypeImmutable,
    .slots = {.finalize = bufferholder_finalize},
};
OROCHI_MODULE_TYPE(ReScanner)
OROCHI_MODULE_TYPE(ReMatchIterator)
OROCHI_MODULE_TYPE(ReBufferHolder)

}  // namespace orochi
