// str.format, str.format_map and str.__format__ (PEP 3101), and the parsers they share with `_string`.
#include "builtins/format_parser.h"
#include "builtins/str_common.h"
#include "numeric/format_spec.h"
#include "objects/dict.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "text/unicode_data.h"
#include "text/units.h"

namespace orochi {

// ---- parsing ----

Result<bool> FormatParser::next(Mutator& m, FormatPiece* out) {
  if (at_ >= end_) return false;
  *out = FormatPiece{};
  out->literal_start = at_;
  while (at_ < end_) {
    uint32_t c = text_->at(at_++);
    if (c != '{' && c != '}') continue;
    bool last = at_ >= end_;
    if (c == '}' && (last || text_->at(at_) != '}')) {
      return raise(m, types::ValueError, "Single '}}' encountered in format string");
    }
    if (last) return raise(m, types::ValueError, "Single '{{' encountered in format string");
    if (text_->at(at_) == c) {  // doubled: the literal ends with one brace, and there is no field
      out->literal_end = at_;
      at_++;
      return true;
    }
    out->literal_end = at_ - 1;
    out->has_field = true;
    TRY(parse_field(m, out));
    return true;
  }
  out->literal_end = end_;
  return true;
}

Result<void> FormatParser::parse_field(Mutator& m, FormatPiece* out) {
  out->name_start = at_;
  bool in_brackets = false;
  uint32_t c = 0;
  while (at_ < end_) {
    c = text_->at(at_++);
    if (c == '[') {
      in_brackets = true;
    } else if (c == ']') {
      in_brackets = false;
    } else if (!in_brackets) {
      if (c == '{') return raise(m, types::ValueError, "unexpected '{{' in field name");
      if (c == '}' || c == ':' || c == '!') break;
    }
    c = 0;
  }
  if (c == 0) return raise(m, types::ValueError, "expected '}}' before end of string");
  out->name_end = at_ - 1;
  out->spec_start = out->spec_end = at_;
  if (c == '}') return ok();
  if (c == '!') {
    if (at_ >= end_) return raise(m, types::ValueError, "end of string while looking for conversion specifier");
    out->conversion = text_->at(at_++);
    if (at_ < end_) {
      c = text_->at(at_++);
      if (c == '}') return ok();
      if (c != ':') return raise(m, types::ValueError, "expected ':' after conversion specifier");
    }
  }
  out->spec_start = at_;
  for (int depth = 1; at_ < end_;) {
    c = text_->at(at_++);
    if (c == '{') {
      out->spec_nested = true;
      depth++;
    } else if (c == '}' && --depth == 0) {
      out->spec_end = at_ - 1;
      return ok();
    }
  }
  return raise(m, types::ValueError, "unmatched '{{' in format spec");
}

namespace {

// The number that [start, end) spells in decimal digits of any script; -1: it is not a number.
Result<int64_t> field_number(Mutator& m, Borrowed<Str> text, size_t start, size_t end) {
  if (start == end) return int64_t{-1};
  int64_t n = 0;
  for (size_t i = start; i < end; i++) {
    int digit = text::decimal_value(text->at(i));
    if (digit < 0) return int64_t{-1};
    if (n > (INT64_MAX - digit) / 10) return raise(m, types::ValueError, "Too many decimal digits in format string");
    n = n * 10 + digit;
  }
  return n;
}

}  // namespace

Result<FieldPart> FieldNameParser::first(Mutator& m) {
  FieldPart part{};
  part.start = at_;
  while (at_ < end_ && text_->at(at_) != '.' && text_->at(at_) != '[') at_++;
  part.end = at_;
  part.index = TRY(field_number(m, text_, part.start, part.end));
  return part;
}

Result<bool> FieldNameParser::next(Mutator& m, FieldPart* part) {
  if (at_ >= end_) return false;
  uint32_t c = text_->at(at_++);
  if (c == '.') {
    part->is_attribute = true;
    part->start = at_;
    while (at_ < end_ && text_->at(at_) != '.' && text_->at(at_) != '[') at_++;
    part->end = at_;
    part->index = -1;
  } else if (c == '[') {
    part->is_attribute = false;
    part->start = at_;
    while (at_ < end_ && text_->at(at_) != ']') at_++;
    if (at_ >= end_) return raise(m, types::ValueError, "Missing ']' in format string");
    part->end = at_++;
    part->index = TRY(field_number(m, text_, part->start, part->end));
  } else {
    return raise(m, types::ValueError, "Only '.' or '[' may follow ']' in format field specifier");
  }
  if (part->start == part->end) return raise(m, types::ValueError, "Empty attribute in format string");
  return true;
}

// ---- str.format ----

namespace {

class Formatter {
 public:
  Formatter(Thread& t, Borrowed<Str> text, StrBuilder& out) : t_(t), text_(text), out_(out) {}
  Rest args;
  KwRest kwargs;
  Borrowed<> mapping;   // format_map

  Result<void> run() { return build(text_, 0, text_->length(), out_, 2); }

 private:
  enum class Numbering { Unknown, Automatic, Manual };

  Result<void> build(Borrowed<Str> text, size_t start, size_t end, StrBuilder& out, int depth) {
    if (depth <= 0) return raise(t_, types::ValueError, "Max string recursion exceeded");
    FormatParser parser(text, start, end);
    FormatPiece piece;
    while (TRY(parser.next(t_, &piece))) {
      if (piece.literal_end > piece.literal_start) out.append(text, piece.literal_start, piece.literal_end);
      if (piece.has_field) TRY(field(text, piece, out, depth));
    }
    return ok();
  }

  Result<Local<>> keyword(Borrowed<Str> text, const FieldPart& part) {
    Local<Str> key = TRY(str_substring(t_, text, part.start, part.end));
    if (mapping) return get_item(t_, mapping, key);
    for (size_t i = 0; i < kwargs.count; i++) {
      if (is_str(kwargs.names[i]) && str_equal(Borrowed<Str>(kwargs.names[i]), key)) {
        return Local<>::share(kwargs.values[i]);
      }
    }
    return raise_key_error(t_, key);
  }

  Result<Local<>> lookup(Borrowed<Str> text, const FormatPiece& piece) {
    FieldNameParser parser(text, piece.name_start, piece.name_end);
    FieldPart part = TRY(parser.first(t_));
    bool automatic = part.start == part.end;
    Local<> value;
    if (automatic || part.index >= 0) {
      if (automatic) {
        if (numbering_ == Numbering::Manual) {
          return raise(t_, types::ValueError,
                       "cannot switch from manual field specification to automatic field numbering");
        }
        numbering_ = Numbering::Automatic;
        part.index = next_number_++;
      } else {
        if (numbering_ == Numbering::Automatic) {
          return raise(t_, types::ValueError,
                       "cannot switch from automatic field numbering to manual field specification");
        }
        numbering_ = Numbering::Manual;
      }
      if (mapping) return raise(t_, types::ValueError, "Format string contains positional fields");
      if (static_cast<size_t>(part.index) >= args.count) {
        return raise(t_, types::IndexError, "Replacement index {} out of range for positional args tuple", part.index);
      }
      value = Local<>::share(args[static_cast<size_t>(part.index)]);
    } else {
      value = TRY(keyword(text, part));
    }
    while (TRY(parser.next(t_, &part))) {
      if (part.is_attribute) {
        Local<Str> name = TRY(str_substring(t_, text, part.start, part.end));
        value = TRY(get_attr(t_, value, name));
      } else if (part.index >= 0) {
        Local<> index = TRY(make_int(t_, part.index));
        value = TRY(get_item(t_, value, index));
      } else {
        Local<Str> key = TRY(str_substring(t_, text, part.start, part.end));
        value = TRY(get_item(t_, value, key));
      }
    }
    return value;
  }

  Result<Local<>> convert(Local<> value, uint32_t conversion) {
    if (conversion == 'r') return repr_of(t_, value);
    if (conversion == 's') return str_of(t_, value);
    if (conversion == 'a') return ascii_of(t_, value);
    if (conversion > 32 && conversion < 127) {
      return raise(t_, types::ValueError, "Unknown conversion specifier {}", CharArg(conversion));
    }
    char hex[16];
    int n = __builtin_snprintf(hex, sizeof hex, "%x", conversion);
    return raise(t_, types::ValueError, "Unknown conversion specifier \\x{}",
                 std::string_view(hex, static_cast<size_t>(n)));
  }

  Result<void> field(Borrowed<Str> text, const FormatPiece& piece, StrBuilder& out, int depth) {
    Local<> value = TRY(lookup(text, piece));
    if (piece.conversion) value = TRY(convert(std::move(value), piece.conversion));
    if (piece.spec_start == piece.spec_end && is_exact_str(value.value())) {
      out.append(Borrowed<Str>(value.value()));
      return ok();
    }
    Local<Str> spec;
    if (piece.spec_nested) {
      StrBuilder nested(t_);
      TRY(build(text, piece.spec_start, piece.spec_end, nested, depth - 1));
      spec = TRY(nested.finish());
    } else {
      spec = TRY(str_substring(t_, text, piece.spec_start, piece.spec_end));
    }
    Local<> shown = TRY(format_of(t_, value, spec));
    out.append(Borrowed<Str>(shown.value()));
    return ok();
  }

  Thread& t_;
  Borrowed<Str> text_;
  StrBuilder& out_;
  Numbering numbering_ = Numbering::Unknown;
  int64_t next_number_ = 0;
};

}  // namespace

Result<Local<Str>> str_format(Thread& t, Borrowed<Str> self, Rest args, KwRest kwargs) {
  StrBuilder out(t);
  Formatter formatter(t, self, out);
  formatter.args = args;
  formatter.kwargs = kwargs;
  TRY(formatter.run());
  return out.finish();
}

Result<Local<Str>> str_format_map(Thread& t, Borrowed<Str> self, Borrowed<> mapping) {
  StrBuilder out(t);
  Formatter formatter(t, self, out);
  formatter.mapping = mapping;
  TRY(formatter.run());
  return out.finish();
}

namespace {

Raised raise_format_error(Mutator& m, const FormatError& error) {
  if (error.kind == FormatErrorKind::Memory) return raise_no_memory(m);
  return raise(m, error.kind == FormatErrorKind::Overflow ? types::OverflowError : types::ValueError, "{}",
               error.message.view());
}

}  // namespace

Result<Local<Str>> str_dunder_format(Thread& t, Borrowed<Str> self, Borrowed<Str> spec_text) {
  if (spec_text->length() == 0) return str_of(t, self);  // a subclass may define __str__
  FormatSpec spec;
  FormatError error;
  Local<Str> type_name = type_of(self)->name.load(type_of(self));
  Utf8 name = TRY(str_utf8(t, type_name, Surrogates::Pass));
  bool parsed;
  if (spec_text->is_ascii()) {
    parsed = parse_format_spec(spec_text->ascii_view(), name.view, 's', '<', spec, error);
  } else {
    text::CharBuffer wide;
    char32_t* units = wide.extend(spec_text->length());
    if (!units) return raise_no_memory(t);
    text::copy_units(units, text::Kind::Four, text_of(spec_text));
    parsed = parse_format_spec(std::u32string_view(units, spec_text->length()), name.view, 's', '<', spec, error);
  }
  if (!parsed) return raise_format_error(t, error);
  StrFormatPlan plan;
  if (!plan_str_format(spec, name.view, self->length(), plan, error)) return raise_format_error(t, error);
  text::AnyText kept = text_of(self).slice(0, plan.length);
  bool padded = plan.left + plan.right != 0;
  if (!padded) return str_substring(t, self, 0, plan.length);
  size_t total = plan.left + plan.length + plan.right;
  if (total > (size_t{1} << 46)) return raise_no_memory(t);
  int fill_shift = spec.fill < 0x100 ? 0 : spec.fill < 0x10000 ? 1 : 2;
  int shift = self->unit_shift() > fill_shift ? self->unit_shift() : fill_shift;
  auto kind = static_cast<text::Kind>(1 << shift);
  bool ascii = self->is_ascii() && spec.fill < 0x80;
  Local<Str> out = TRY(make_str_uninitialised(t, total, shift, ascii));
  void* to = out->mutable_data();
  text::fill_units(to, kind, plan.left, spec.fill);
  text::copy_units(text::unit_at(to, kind, plan.left), kind, kept);
  text::fill_units(text::unit_at(to, kind, plan.left + plan.length), kind, plan.right, spec.fill);
  if (ascii || plan.length == self->length()) return out;
  return str_from_text(t, text_of(out));  // the widest character may have been cut off
}

}  // namespace orochi
