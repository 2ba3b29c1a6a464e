// What the lexer asks of Unicode: which characters make identifiers, NFKC of a name, characters by name for \N{...}.
// Identifiers follow UAX #31 with Python's additions (PEP 3131): '_' starts a name, and a name is compared in NFKC.
#pragma once

#include <string>
#include <string_view>

namespace orochi::text {

// XID_Start and XID_Continue as in DerivedCoreProperties; '_' is a start character too.
bool is_xid_start(char32_t c);
bool is_xid_continue(char32_t c);

// True if c is printable as str.isprintable() has it (the lexer names non-printable characters in its errors).
bool is_printable(char32_t c);

// Appends nothing: `out` is replaced by NFKC(utf8). False if `utf8` is not valid UTF-8.
bool nfkc(std::string_view utf8, std::string& out);

// The character called `name` (any letter case), aliases included, named sequences not: what \N{name} accepts.
bool char_by_name(std::string_view name, char32_t& out);

// Appends c as UTF-8; lone surrogates are written as three bytes (WTF-8).
void append_utf8(std::string& out, char32_t c);

}  // namespace orochi::text
