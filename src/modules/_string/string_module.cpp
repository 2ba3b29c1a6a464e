// `_string`: the parsers behind string.Formatter.
#include "builtins/format_parser.h"
#include "builtins/str_common.h"
#include "objects/tuple.h"

namespace orochi {

namespace types {
extern ::orochi::Type FormatterIterator, FieldNameIterator;
}

namespace {

// Both iterators: the text, and how far it has been read. `position` is atomic: two threads that share one iterator may
// see a piece twice, nothing worse.
template <bool Fields>
struct PieceIterator : Object {
  static Type& python_type() { return Fields ? types::FieldNameIterator : types::FormatterIterator; }
  Field<Str> text;
  uint64_t position;
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<PieceIterator*>(o)->text); }
};
using FormatterIterator = PieceIterator<false>;
using FieldNameIterator = PieceIterator<true>;
constexpr Layout kFormatterLayout = layout_of<FormatterIterator>("formatteriterator");
constexpr Layout kFieldNameLayout = layout_of<FieldNameIterator>("fieldnameiterator");

Lookup<> formatter_next(Thread& t, Borrowed<> self) {
  auto it = self.as<FormatterIterator>();
  Borrowed<Str> text = it->text.borrow();
  FormatParser parser(text, __atomic_load_n(&it->position, __ATOMIC_RELAXED), text->length());
  FormatPiece piece;
  if (!TRY(parser.next(t, &piece))) return kAbsent;
  __atomic_store_n(&it->position, parser.position(), __ATOMIC_RELAXED);
  Local<Str> literal = TRY(str_substring(t, text, piece.literal_start, piece.literal_end));
  if (!piece.has_field) return make_tuple(t, {literal.value(), kNone, kNone, kNone});
  Local<Str> name = TRY(str_substring(t, text, piece.name_start, piece.name_end));
  Local<Str> spec = TRY(str_substring(t, text, piece.spec_start, piece.spec_end));
  if (!piece.conversion) return make_tuple(t, {literal.value(), name.value(), spec.value(), kNone});
  Local<Str> conversion = TRY(make_str_char(t, piece.conversion));
  return make_tuple(t, {literal.value(), name.value(), spec.value(), conversion.value()});
}

Result<Local<>> part_value(Thread& t, Borrowed<Str> text, const FieldPart& part) {
  if (part.index >= 0) return make_int(t, part.index);
  return str_substring(t, text, part.start, part.end);
}

Lookup<> field_name_next(Thread& t, Borrowed<> self) {
  auto it = self.as<FieldNameIterator>();
  Borrowed<Str> text = it->text.borrow();
  FieldNameParser parser(text, __atomic_load_n(&it->position, __ATOMIC_RELAXED), text->length());
  FieldPart part;
  if (!TRY(parser.next(t, &part))) return kAbsent;
  __atomic_store_n(&it->position, parser.position(), __ATOMIC_RELAXED);
  Local<> value = TRY(part_value(t, text, part));
  return make_tuple(t, {Value::boolean(part.is_attribute), value.value()});
}

Result<Local<>> iterator_op_iter(Thread&, Borrowed<> self) { return Local<>::share(self); }

const TypeDef kFormatterDef = {.name = "formatteriterator",
                               .layout = &kFormatterLayout,
                               .flags = kTypeNoNew,
                               .slots = {.iter = iterator_op_iter, .next = formatter_next}};
const TypeDef kFieldNameDef = {.name = "fieldnameiterator",
                               .layout = &kFieldNameLayout,
                               .flags = kTypeNoNew,
                               .slots = {.iter = iterator_op_iter, .next = field_name_next}};

Result<Borrowed<Str>> text_argument(Thread& t, Borrowed<> v) {
  if (!is_str(v)) return raise(t, types::TypeError, "expected str, got {}", TypeName(v));
  return v.as<Str>();
}

Result<Local<>> string_formatter_parser(Thread& t, Borrowed<> string) {
  Borrowed<Str> text = TRY(text_argument(t, string));
  Local<FormatterIterator> it = TRY(make_object<FormatterIterator>(t));
  it->text.init_share(text);
  return it;
}

Result<Local<>> string_formatter_field_name_split(Thread& t, Borrowed<> string) {
  Borrowed<Str> text = TRY(text_argument(t, string));
  FieldNameParser parser(text, 0, text->length());
  FieldPart part = TRY(parser.first(t));
  Local<> first = TRY(part_value(t, text, part));
  Local<FieldNameIterator> rest = TRY(make_object<FieldNameIterator>(t));
  rest->text.init_share(text);
  rest->position = parser.position();
  return make_tuple(t, {first.value(), rest.value()});
}

constexpr NativeDef kFunctions[] = {
    function<string_formatter_parser>("formatter_parser(string, /)", "parse the argument as a format string"),
    function<string_formatter_field_name_split>("formatter_field_name_split(string, /)",
                                                "split the argument as a field name"),
};

Result<void> init(Thread& t, Borrowed<Module>) {
  TRY(ensure_type(t, types::FormatterIterator, kFormatterDef));
  return ensure_type(t, types::FieldNameIterator, kFieldNameDef);
}

}  // namespace

OROCHI_MODULE_TYPE(FormatterIterator)
OROCHI_MODULE_TYPE(FieldNameIterator)
OROCHI_MODULE(_string, "string helper module", kFunctions, init)

}  // namespace orochi
