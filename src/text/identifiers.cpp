// The lexer's view of Unicode, over the tables and the normaliser.
#include "text/identifiers.h"

#include "text/normalize.h"
#include "text/unicode_data.h"
#include "text/utf8.h"

namespace orochi::text {

bool is_xid_start(char32_t c) { return c <= kMaxChar && has_flag(c, kXidStart); }
bool is_xid_continue(char32_t c) { return c <= kMaxChar && has_flag(c, kXidContinue); }
bool is_printable(char32_t c) { return c <= kMaxChar && has_flag(c, kPrintable); }

void append_utf8(std::string& out, char32_t c) {
  uint8_t bytes[4];
  size_t n = put_utf8(c, bytes);
  out.append(reinterpret_cast<const char*>(bytes), n);
}

bool nfkc(std::string_view utf8, std::string& out) {
  auto* bytes = reinterpret_cast<const uint8_t*>(utf8.data());
  Utf8Info info = utf8_decoded_info(bytes, utf8.size());
  if (!info.valid) return false;
  out.clear();
  if (info.max_char < 0x80) {
    out.assign(utf8);
    return true;
  }
  CharBuffer chars, normal;
  char32_t* decoded = chars.extend(info.length);
  if (!decoded) return false;
  utf8_decode_unchecked(bytes, utf8.size(), decoded);
  normalize(NormalForm::NFKC, chars.data(), chars.size(), normal);
  if (normal.failed()) return false;
  for (char32_t c : normal) append_utf8(out, c);
  return true;
}

}  // namespace orochi::text
