// Source bytes to what the lexer reads: UTF-8 with '\n' newlines, a newline at the end, a NUL after it.
// Encodings: a byte order mark, a PEP 263 cookie in the first two lines, else UTF-8. UTF-8, Latin-1 and ASCII are
// decoded here, others by the caller's SourceDecoder.
#pragma once

#include <string>
#include <string_view>

#include "base/arena.h"
#include "syntax/parse.h"

namespace orochi::syntax {

struct DecodedSource {
  bool ok = false;
  std::string_view text;   // without the NUL that follows it
  std::string encoding;
  bool newline_added = false;  // the source did not end in a newline
  SyntaxErrorInfo error;
};
DecodedSource decode_source(std::string_view bytes, const ParseOptions& options, Arena& arena);

// The encoding cookie of a line ("# -*- coding: latin-1 -*-"), normalised; empty if it has none.
std::string find_encoding_cookie(std::string_view line);

}  // namespace orochi::syntax
