// The replacement-field syntax of str.format (PEP 3101), as positions in the format string: shared by str.format and
// the `_string` module. Nothing here runs Python code.
#pragma once

#include "objects/exception.h"
#include "objects/str.h"

namespace orochi {

// One step through a format string: literal text, then perhaps a field.
struct FormatPiece {
  size_t literal_start, literal_end;
  bool has_field;
  size_t name_start, name_end;
  size_t spec_start, spec_end;
  bool spec_nested;      // the spec has braces of its own
  uint32_t conversion;   // 0: none
};

class FormatParser {
 public:
  FormatParser(Borrowed<Str> text, size_t start, size_t end) : text_(text), at_(start), end_(end) {}
  // False at the end of the text.
  Result<bool> next(Mutator& m, FormatPiece* out);
  size_t position() const { return at_; }

 private:
  Result<void> parse_field(Mutator& m, FormatPiece* out);
  Borrowed<Str> text_;
  size_t at_, end_;
};

// "first.attr[key]…": the first part, then one accessor at a time.
struct FieldPart {
  size_t start, end;
  int64_t index;       // -1: not a number
  bool is_attribute;
};
class FieldNameParser {
 public:
  FieldNameParser(Borrowed<Str> text, size_t start, size_t end) : text_(text), at_(start), end_(end) {}
  Result<FieldPart> first(Mutator& m);
  Result<bool> next(Mutator& m, FieldPart* out);   // false at the end
  size_t position() const { return at_; }

 private:
  Borrowed<Str> text_;
  size_t at_, end_;
};

}  // namespace orochi
