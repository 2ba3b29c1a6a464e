// The _csv module: dialects, reader, writer. The reader is a state machine over the characters of each line; a reader or
// writer that threads share must not be used by two at once (a line is the unit of work; its buffer is local).
#include <vector>

#include "builtins/container_support.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/tuple.h"

namespace orochi {

OROCHI_MODULE_TYPE(CsvDialect)
OROCHI_MODULE_TYPE(CsvReader)
OROCHI_MODULE_TYPE(CsvWriter)
OROCHI_MODULE_TYPE(CsvError)

namespace csv_module {

namespace {

enum Quoting : int64_t { kMinimal, kAll, kNonNumeric, kNone_, kStrings, kNotNull };
constexpr int32_t kNoChar = -1;

struct Dialect : Object {   // immutable
  static Type& python_type() { return types::CsvDialect; }
  Field<Str> line_end;
  int32_t delimiter, quote, escape;
  uint32_t quoting;
  uint8_t double_quote, skip_space, strict;
  uint8_t padding[5];
  uint64_t reserved;
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<Dialect*>(o)->line_end); }
};
struct Reader : Object {
  static Type& python_type() { return types::CsvReader; }
  Field<> lines;
  Field<Dialect> dialect;
  int64_t line_number;   // atomic
  uint64_t reserved;
  static void trace(Object* o, Visitor& v) {
    v.visit(static_cast<Reader*>(o)->lines);
    v.visit(static_cast<Reader*>(o)->dialect);
  }
};
struct Writer : Object {
  static Type& python_type() { return types::CsvWriter; }
  Field<> write;
  Field<Dialect> dialect;
  static void trace(Object* o, Visitor& v) {
    v.visit(static_cast<Writer*>(o)->write);
    v.visit(static_cast<Writer*>(o)->dialect);
  }
};

int64_t field_limit = 128 * 1024;   // atomic
Value dialects;                      // name -> Dialect, a dict; held by this word

// ---- dialects ----

Result<int32_t> char_option(Thread& t, const char* name, Borrowed<> v, int32_t if_absent, bool optional) {
  if (!v) return if_absent;
  if (optional && v.value() == kNone) return kNoChar;
  const char* none = optional ? " or None" : "";
  if (!is_str(v)) {
    return raise(t, types::TypeError, "\"{}\" must be a unicode character{}, not {}", name, none, TypeName(v));
  }
  if (v.as<Str>()->length() != 1) {
    return raise(t, types::TypeError, "\"{}\" must be a unicode character{}, not a string of length {}", name, none,
                 v.as<Str>()->length());
  }
  return static_cast<int32_t>(v.as<Str>()->at(0));
}
Result<bool> bool_option(Thread& t, Borrowed<> v, bool if_absent) {
  if (!v) return if_absent;
  return is_true(t, v);
}

Result<Local<>> find_dialect(Thread& t, Borrowed<> name) {
  Lookup<> found = dict_find(t, Borrowed<Dict>(dialects), name);
  if (found.raised()) return Raised{};
  if (found.absent()) return raise(t, types::CsvError, "unknown dialect");
  return found.take();
}

using Option = Maybe<Borrowed<>>;
Result<Local<>> dialect_new(Thread& t, Borrowed<Type> cls, Option base, Option delimiter, Option double_quote,
                            Option escape, Option line_end, Option quote, Option quoting, Option skip_space,
                            Option strict) {
  Local<> from;
  if (base && (*base).value() != kNone) {
    from = is_str(*base) ? TRY(find_dialect(t, *base)) : Local<>::share(*base);
    bool plain = !delimiter && !double_quote && !escape && !line_end && !quote && !quoting && !skip_space && !strict;
    if (plain && type_of(from.value()) == &types::CsvDialect) return from;
  }
  Local<> kept[8];
  auto pick = [&](Option given, Borrowed<Str> name, int slot) -> Result<Local<>> {
    if (given) return Local<>::share(*given);
    if (from) {
      Lookup<> found = find_attr(t, from, name);
      if (found.raised()) return Raised{};
      if (found.found()) return found.take();
    }
    return Local<>::adopt(kEllipsis);   // absent
  };
  Option given[] = {delimiter, double_quote, escape, line_end, quote, quoting, skip_space, strict};
  Borrowed<Str> names[] = {"delimiter"_n, "doublequote"_n, "escapechar"_n, "lineterminator"_n,
                           "quotechar"_n, "quoting"_n,     "skipinitialspace"_n, "strict"_n};
  for (int i = 0; i < 8; i++) {
    kept[i] = TRY(pick(given[i], names[i], i));
    if (kept[i].value() == kEllipsis) kept[i] = Local<>();
  }
  int32_t separator = TRY(char_option(t, "delimiter", kept[0], ',', false));
  bool doubled = TRY(bool_option(t, kept[1], true));
  int32_t escape_char = TRY(char_option(t, "escapechar", kept[2], kNoChar, true));
  Local<Str> end;
  if (!kept[3]) {
    end = TRY(make_str(t, "\r\n"));
  } else if (!is_str(kept[3].value())) {
    return raise(t, types::TypeError, "\"lineterminator\" must be a string, not {}", TypeName(kept[3].value()));
  } else {
    end = Local<Str>::share(kept[3].borrow().as<Str>());
  }
  int32_t quote_char = TRY(char_option(t, "quotechar", kept[4], '"', true));
  int64_t mode = kMinimal;
  if (kept[5]) {
    if (!is_int(kept[5].value())) {
      return raise(t, types::TypeError, "\"quoting\" must be an integer, not {}", TypeName(kept[5].value()));
    }
    mode = TRY(to_index(t, kept[5]));
  }
  if (mode < kMinimal || mode > kNotNull) return raise(t, types::TypeError, "bad \"quoting\" value");
  bool skips = TRY(bool_option(t, kept[6], false));
  bool strictly = TRY(bool_option(t, kept[7], false));
  if (!kept[5] && kept[4] && kept[4].value() == kNone) mode = kNone_;
  if (mode != kNone_ && quote_char == kNoChar) {
    return raise(t, types::TypeError, "quotechar must be set if quoting enabled");
  }
  auto bad = [&](int32_t c, bool space_too) { return c == '\n' || c == '\r' || (space_too && c == ' '); };
  if (bad(separator, false)) return raise(t, types::ValueError, "bad delimiter value");
  if (bad(escape_char, skips)) return raise(t, types::ValueError, "bad escapechar value");
  if (bad(quote_char, skips)) return raise(t, types::ValueError, "bad quotechar value");
  if (skips && separator == ' ') return raise(t, types::ValueError, "bad delimiter value");
  if (separator == quote_char) return raise(t, types::ValueError, "bad delimiter or quotechar value");
  if (separator == escape_char) return raise(t, types::ValueError, "bad delimiter or escapechar value");
  if (escape_char != kNoChar && escape_char == quote_char) {
    return raise(t, types::ValueError, "bad escapechar or quotechar value");
  }
  Local<Dialect> d = TRY(allocate_for<Dialect>(t, cls));
  d->line_end.init(std::move(end));
  d->delimiter = separator;
  d->quote = quote_char;
  d->escape = escape_char;
  d->quoting = static_cast<uint32_t>(mode);
  d->double_quote = doubled;
  d->skip_space = skips;
  d->strict = strictly;
  return d;
}
#define DIALECT_OPTIONS                                                                                    \
  "delimiter=',', doublequote=..., escapechar=..., lineterminator='\\r\\n', quotechar='\"', quoting=..., " \
  "skipinitialspace=..., strict=...)"
constexpr NativeDef kDialectNew = arguments<dialect_new>("Dialect(type, dialect=..., " DIALECT_OPTIONS);

// Dialect(dialect, **options).
Result<Local<Dialect>> dialect_from(Thread& t, Borrowed<> base, KwRest options) {
  Local<Dict> keywords = TRY(make_dict(t));
  for (size_t i = 0; i < options.count; i++) {
    TRY(dict_set(t, keywords, Borrowed<>(options.names[i]), Borrowed<>(options.values[i])));
  }
  Local<Tuple> args = base ? TRY(make_tuple(t, {base.value()})) : Local<Tuple>::share(empty_tuple());
  return TRY(call_tuple_dict(t, Borrowed<>(&types::CsvDialect), args, keywords)).as<Dialect>();
}

Result<Local<>> char_value(Thread& t, int32_t c) {
  if (c == kNoChar) return kNone;
  return make_str_char(t, static_cast<uint32_t>(c));
}
Result<Local<>> get_delimiter(Thread& t, Borrowed<Dialect> d) { return char_value(t, d->delimiter); }
Result<Local<>> get_quote(Thread& t, Borrowed<Dialect> d) { return char_value(t, d->quote); }
Result<Local<>> get_escape(Thread& t, Borrowed<Dialect> d) { return char_value(t, d->escape); }
Result<Local<>> get_line_end(Thread&, Borrowed<Dialect> d) { return Local<>::share(d->line_end.borrow()); }
Result<Local<>> get_quoting(Thread&, Borrowed<Dialect> d) { return Value::fixnum(d->quoting); }
Result<Local<>> get_double(Thread&, Borrowed<Dialect> d) { return Value::boolean(d->double_quote); }
Result<Local<>> get_skip(Thread&, Borrowed<Dialect> d) { return Value::boolean(d->skip_space); }
Result<Local<>> get_strict(Thread&, Borrowed<Dialect> d) { return Value::boolean(d->strict); }
constexpr GetSetDef kDialectGetSets[] = {
    getter<get_delimiter>("delimiter", nullptr), getter<get_quote>("quotechar", nullptr),
    getter<get_escape>("escapechar", nullptr),   getter<get_line_end>("lineterminator", nullptr),
    getter<get_quoting>("quoting", nullptr),     getter<get_double>("doublequote", nullptr),
    getter<get_skip>("skipinitialspace", nullptr), getter<get_strict>("strict", nullptr),
};

// ---- reading ----

enum class State : uint8_t { StartRecord, StartField, Escaped, InField, InQuoted, EscapedInQuoted, QuoteInQuoted, AfterEnd };

struct Parser {
  Thread& t;
  const Dialect* d;
  Local<List> fields;
  std::vector<uint32_t> text;
  State state = State::StartRecord;
  bool quoted = false;   // this field had quotes

  Result<void> add(uint32_t c) {
    if (static_cast<int64_t>(text.size()) >= __atomic_load_n(&field_limit, __ATOMIC_RELAXED)) {
      return raise(t, types::CsvError, "field larger than field limit ({})",
                   __atomic_load_n(&field_limit, __ATOMIC_RELAXED));
    }
    text.push_back(c);
    return ok();
  }
  Result<void> save() {
    Local<> field = TRY(make_str_ucs4(t, text.data(), text.size()));
    bool empty = text.empty();
    text.clear();
    if (!quoted) {
      if (empty && (d->quoting == kNotNull || d->quoting == kStrings)) field = immediate(kNone);
      else if (d->quoting == kNonNumeric || d->quoting == kStrings) field = TRY(call(t, Borrowed<>(&types::Float), field));
    }
    quoted = false;
    return list_append(t, fields, std::move(field));
  }
  // One character; the end of a line comes as end = true.
  Result<void> feed(uint32_t c, bool end) {
    auto ch = static_cast<int32_t>(c);
    bool line_break = end || c == '\n' || c == '\r';
    switch (state) {
      case State::StartRecord:
        if (end) return ok();
        if (line_break) {
          state = State::AfterEnd;
          return ok();
        }
        state = State::StartField;
        [[fallthrough]];
      case State::StartField:
        if (line_break) {
          TRY(save());
          state = end ? State::StartRecord : State::AfterEnd;
        } else if (ch == d->quote && d->quoting != kNone_) {
          quoted = true;
          state = State::InQuoted;
        } else if (ch == d->escape) {
          state = State::Escaped;
        } else if (c == ' ' && d->skip_space) {
        } else if (ch == d->delimiter) {
          TRY(save());
        } else {
          TRY(add(c));
          state = State::InField;
        }
        return ok();
      case State::Escaped:
        if (end) c = '\n';
        TRY(add(c));
        state = State::InField;
        if (c == '\n' || c == '\r') state = State::InField;
        return ok();
      case State::InField:
        if (line_break) {
          TRY(save());
          state = end ? State::StartRecord : State::AfterEnd;
        } else if (ch == d->escape) {
          state = State::Escaped;
        } else if (ch == d->delimiter) {
          TRY(save());
          state = State::StartField;
        } else {
          TRY(add(c));
        }
        return ok();
      case State::InQuoted:
        if (end) return ok();
        if (ch == d->escape) state = State::EscapedInQuoted;
        else if (ch == d->quote && d->quoting != kNone_) state = d->double_quote ? State::QuoteInQuoted : State::InField;
        else TRY(add(c));
        return ok();
      case State::EscapedInQuoted:
        if (end) c = '\n';
        TRY(add(c));
        state = State::InQuoted;
        return ok();
      case State::QuoteInQuoted:
        if (ch == d->quote && !end) {
          TRY(add(c));
          state = State::InQuoted;
        } else if (ch == d->delimiter && !end) {
          TRY(save());
          state = State::StartField;
        } else if (line_break) {
          TRY(save());
          state = end ? State::StartRecord : State::AfterEnd;
        } else if (!d->strict) {
          TRY(add(c));
          state = State::InField;
        } else {
          Local<> delimiter = TRY(char_value(t, d->delimiter));
          Local<> quote = TRY(char_value(t, d->quote));
          return raise(t, types::CsvError, "'{}' expected after '{}'", delimiter.borrow().as<Str>(),
                       quote.borrow().as<Str>());
        }
        return ok();
      case State::AfterEnd:
        if (end) {
          state = State::StartRecord;
          return ok();
        }
        if (line_break) return ok();
        return raise(t, types::CsvError,
                     "new-line character seen in unquoted field - do you need to open the file with newline=''?");
    }
    return ok();
  }
};

Lookup<> reader_next(Thread& t, Borrowed<> self) {
  auto r = self.as<Reader>();
  Parser p{t, r->dialect.borrow().get(), TRY(make_list(t)), {}};
  do {
    Lookup<> line = iter_next(t, r->lines.borrow());
    if (line.raised()) return line;
    if (line.absent()) {
      if (p.text.empty() && p.state != State::InQuoted) return kAbsent;
      if (p.d->strict) return raise(t, types::CsvError, "unexpected end of data");
      TRY(p.save());
      break;
    }
    if (!is_str((*line).value())) {
      return raise(t, types::CsvError,
                   "iterator should return strings, not {} (the file should be opened in text mode)",
                   TypeName((*line).value()));
    }
    __atomic_fetch_add(&r->line_number, 1, __ATOMIC_RELAXED);
    auto text = (*line).borrow().as<Str>();
    for (size_t i = 0; i < text->length(); i++) TRY(p.feed(text->at(i), false));
    TRY(p.feed(0, true));
  } while (p.state != State::StartRecord);
  return std::move(p.fields);
}
Result<Local<>> reader_dialect(Thread&, Borrowed<Reader> r) { return Local<>::share(r->dialect.borrow()); }
int64_t reader_line(Thread&, Borrowed<Reader> r) { return __atomic_load_n(&r->line_number, __ATOMIC_RELAXED); }

Result<Local<>> make_reader(Thread& t, Borrowed<> lines, Maybe<Borrowed<>> dialect, KwRest options) {
  Local<> iterator = TRY(get_iter(t, lines));
  Local<Dialect> d = TRY(dialect_from(t, dialect ? *dialect : Borrowed<>(), options));
  Local<Reader> r = TRY(make_object<Reader>(t));
  r->lines.init(std::move(iterator));
  r->dialect.init(std::move(d));
  return r;
}

// ---- writing ----

bool needs_quotes(const Dialect* d, Borrowed<Str> text) {
  for (size_t i = 0; i < text->length(); i++) {
    auto c = static_cast<int32_t>(text->at(i));
    if (c == d->delimiter || c == d->escape || c == d->quote || c == '\n' || c == '\r') return true;
    Borrowed<Str> end = d->line_end.borrow();
    for (size_t k = 0; k < end->length(); k++) {
      if (static_cast<int32_t>(end->at(k)) == c) return true;
    }
  }
  return false;
}

Result<void> write_field(Thread& t, const Dialect* d, StrBuilder& out, Borrowed<Str> text, bool quoted) {
  if (!quoted && d->quoting != kNone_ && needs_quotes(d, text)) {
    bool only_escapes = true;   // an escaped character alone does not ask for quotes
    for (size_t i = 0; i < text->length(); i++) {
      auto c = static_cast<int32_t>(text->at(i));
      bool special = c == d->delimiter || c == '\n' || c == '\r' || (c == d->quote && d->double_quote);
      Borrowed<Str> end = d->line_end.borrow();
      for (size_t k = 0; k < end->length(); k++) special = special || static_cast<int32_t>(end->at(k)) == c;
      if (special) only_escapes = false;
    }
    quoted = !only_escapes;
  }
  if (quoted) out.append_char(static_cast<uint32_t>(d->quote));
  for (size_t i = 0; i < text->length(); i++) {
    auto c = static_cast<int32_t>(text->at(i));
    bool special = c == d->delimiter || c == d->escape || c == d->quote || c == '\n' || c == '\r';
    Borrowed<Str> end = d->line_end.borrow();
    for (size_t k = 0; !special && k < end->length(); k++) special = static_cast<int32_t>(end->at(k)) == c;
    if (special) {
      bool escape = false;
      if (d->quoting == kNone_) {
        escape = true;
      } else if (c == d->quote) {
        if (d->double_quote) out.append_char(static_cast<uint32_t>(c));
        else escape = true;
      } else if (c == d->escape) {
        escape = true;
      }
      if (escape) {
        if (d->escape == kNoChar) return raise(t, types::CsvError, "need to escape, but no escapechar set");
        out.append_char(static_cast<uint32_t>(d->escape));
      }
    }
    out.append_char(static_cast<uint32_t>(c));
  }
  if (quoted) out.append_char(static_cast<uint32_t>(d->quote));
  return ok();
}

Result<Local<>> writer_row(Thread& t, Borrowed<Writer> w, Borrowed<> row) {
  const Dialect* d = w->dialect.borrow().get();
  auto iterator = get_iter(t, row);
  if (iterator.raised()) {
    if (!clear_pending_if(t, types::TypeError)) return Raised{};
    return raise(t, types::CsvError, "iterable expected, not {}", TypeName(row));
  }
  StrBuilder out(t);
  size_t fields = 0;
  bool lone_empty = false;
  for (;;) {
    Lookup<> item = iter_next(t, *iterator);
    if (item.raised()) return Raised{};
    if (item.absent()) break;
    Value v = (*item).value();
    if (fields++) out.append_char(static_cast<uint32_t>(d->delimiter));
    bool quoted = false;
    switch (d->quoting) {
      case kNonNumeric: quoted = !is_int(v) && !is_float(v) && !type_of(v)->slots.float_; break;
      case kAll: quoted = true; break;
      case kStrings: quoted = is_str(v); break;
      case kNotNull: quoted = v != kNone; break;
      default: break;
    }
    Local<Str> text = v == kNone ? Local<Str>::share(empty_str()) : TRY(str_of(t, *item));
    if (text->length() == 0 && d->delimiter == ' ' && d->skip_space && !quoted) {
      if (d->quoting == kNone_ || (v == kNone && (d->quoting == kStrings || d->quoting == kNotNull))) {
        return raise(t, types::CsvError,
                     "empty field must be quoted if delimiter is a space and skipinitialspace is true");
      }
      quoted = true;
    }
    lone_empty = text->length() == 0 && !quoted;
    TRY(write_field(t, d, out, text, quoted));
    if (lone_empty && fields == 1 && v == kNone && (d->quoting == kStrings || d->quoting == kNotNull)) {
      // A single None cannot be told from an empty row.
      lone_empty = true;
    }
  }
  if (fields == 1 && lone_empty) {
    if (d->quoting == kNone_ || d->quoting == kStrings || d->quoting == kNotNull) {
      return raise(t, types::CsvError, "single empty field record must be quoted");
    }
    out.append_char(static_cast<uint32_t>(d->quote));
    out.append_char(static_cast<uint32_t>(d->quote));
  }
  out.append(d->line_end.borrow());
  Local<Str> line = TRY(out.finish());
  return call(t, w->write.borrow(), line);
}
Result<Local<>> writer_rows(Thread& t, Borrowed<Writer> w, Borrowed<> rows) {
  TRY(for_each(t, rows, [&](Local<> row) -> Result<bool> {
    (void)TRY(writer_row(t, w, row));
    return true;
  }));
  return kNone;
}
Result<Local<>> writer_dialect(Thread&, Borrowed<Writer> w) { return Local<>::share(w->dialect.borrow()); }
Result<Local<>> make_writer(Thread& t, Borrowed<> file, Maybe<Borrowed<>> dialect, KwRest options) {
  Local<Dialect> d = TRY(dialect_from(t, dialect ? *dialect : Borrowed<>(), options));
  Lookup<> write = find_attr(t, file, "write"_n);
  if (write.raised()) return Raised{};
  if (write.absent() || !is_callable((*write).value())) {
    return raise(t, types::TypeError, "argument 1 must have a \"write\" method");
  }
  Local<Writer> w = TRY(make_object<Writer>(t));
  w->write.init(write.take());
  w->dialect.init(std::move(d));
  return w;
}

// ---- the registry ----

Result<Local<>> register_dialect(Thread& t, Borrowed<> name, Maybe<Borrowed<>> dialect, KwRest options) {
  if (!is_str(name)) return raise(t, types::TypeError, "dialect name must be a string");
  Local<Dialect> d = TRY(dialect_from(t, dialect ? *dialect : Borrowed<>(), options));
  TRY(dict_set(t, Borrowed<Dict>(dialects), name, d));
  return kNone;
}
Result<Local<>> unregister_dialect(Thread& t, Borrowed<> name) {
  if (!TRY(dict_delete(t, Borrowed<Dict>(dialects), name))) return raise(t, types::CsvError, "unknown dialect");
  return kNone;
}
Result<Local<>> get_dialect(Thread& t, Borrowed<> name) { return find_dialect(t, name); }
Result<Local<>> list_dialects(Thread& t) { return dict_keys_list(t, Borrowed<Dict>(dialects)); }
Result<int64_t> field_size_limit(Thread& t, Maybe<Borrowed<>> limit) {
  int64_t old = __atomic_load_n(&field_limit, __ATOMIC_RELAXED);
  if (limit) {
    if (!is_int(*limit)) return raise(t, types::TypeError, "limit must be an integer");
    __atomic_store_n(&field_limit, TRY(to_int64(t, *limit)), __ATOMIC_RELAXED);
  }
  return old;
}

constexpr GetSetDef kReaderGetSets[] = {getter<reader_dialect>("dialect", nullptr),
                                        getter<reader_line>("line_num", nullptr)};
constexpr NativeDef kWriterMethods[] = {
    method<writer_row>("writerow(self, row, /)", "Construct and write a CSV record from an iterable of fields."),
    method<writer_rows>("writerows(self, rows, /)", "Construct and write a series of iterables to a csv file."),
};
constexpr GetSetDef kWriterGetSets[] = {getter<writer_dialect>("dialect", nullptr)};
constexpr Layout kDialectLayout = layout_of<Dialect>("Dialect");
constexpr Layout kReaderLayout = layout_of<Reader>("reader");
constexpr Layout kWriterLayout = layout_of<Writer>("writer");
const TypeDef kDialectDef = {.name = "_csv.Dialect",
                             .doc = "CSV dialect\n\nThe Dialect type records CSV dialect options.",
                             .layout = &kDialectLayout,
                             .flags = kTypeSubclassable,
                             OROCHI_GETSETS(kDialectGetSets),
                             .slots = {.new_ = new_slot<kDialectNew>}};
const TypeDef kReaderDef = {.name = "_csv.reader",
                            .layout = &kReaderLayout,
                            .flags = kTypeNoNew,
                            OROCHI_GETSETS(kReaderGetSets),
                            .slots = {.iter = iter_self, .next = reader_next}};
const TypeDef kWriterDef = {.name = "_csv.writer",
                            .layout = &kWriterLayout,
                            .flags = kTypeNoNew,
                            OROCHI_METHODS(kWriterMethods),
                            OROCHI_GETSETS(kWriterGetSets)};
const TypeDef kErrorDef = {.name = "_csv.Error", .base = &types::Exception, .flags = kTypeSubclassable};

constexpr NativeDef kFunctions[] = {
    function<make_reader>("reader(iterable, /, dialect='excel', **options)",
                          "Return a reader object that will process lines from the given iterable."),
    function<make_writer>("writer(fileobj, /, dialect='excel', **options)",
                          "Return a writer object that will write user data on the given file object."),
    function<register_dialect>("register_dialect(name, /, dialect='excel', **options)",
                               "Create a mapping from a string name to a CVS dialect."),
    function<unregister_dialect>("unregister_dialect(name)", "Delete the name/dialect mapping associated with a string name."),
    function<get_dialect>("get_dialect(name)", "Return the dialect instance associated with name."),
    function<list_dialects>("list_dialects()", "Return a list of all known dialect names."),
    function<field_size_limit>("field_size_limit(new_limit=...)", "Sets an upper limit on parsed fields."),
};

Result<void> init(Thread& t, Borrowed<Module> module) {
  TRY(module_add_type(t, module, types::CsvDialect, kDialectDef));
  TRY(ensure_type(t, types::CsvReader, kReaderDef));
  TRY(ensure_type(t, types::CsvWriter, kWriterDef));
  TRY(module_add_type(t, module, types::CsvError, kErrorDef));
  if (dialects.is_empty()) dialects = TRY(make_dict(t)).release();
  TRY(module_set(t, module, "_dialects", Borrowed<>(dialects)));
  constexpr const char* kNames[] = {"QUOTE_MINIMAL", "QUOTE_ALL", "QUOTE_NONNUMERIC", "QUOTE_NONE", "QUOTE_STRINGS",
                                    "QUOTE_NOTNULL"};
  for (int i = 0; i < 6; i++) TRY(module_set_int(t, module, kNames[i], i));
  return ok();
}

}  // namespace

OROCHI_MODULE(_csv, "CSV parsing and writing.", kFunctions, init)

}  // namespace csv_module

}  // namespace orochi
