// Encodings of source (PEP 263, PEP 3120) and newline translation.
#include "syntax/source.h"

#include <cstring>

#include "syntax/lexer.h"
#include "syntax/lexer_chars.h"
#include "text/identifiers.h"

namespace orochi::syntax {
namespace {

// The offset of the first byte that is not UTF-8 (surrogates are allowed if wtf8); npos if all is well.
size_t find_invalid_utf8(std::string_view text, bool wtf8) {
  const auto* s = reinterpret_cast<const unsigned char*>(text.data());
  size_t n = text.size();
  for (size_t i = 0; i < n;) {
    if (s[i] < 0x80) {
      while (i + 8 <= n) {
        uint64_t word;
        std::memcpy(&word, s + i, 8);
        if ((word & 0x8080808080808080u) != 0) break;
        i += 8;
      }
      while (i < n && s[i] < 0x80) ++i;
      continue;
    }
    auto tail = [&](size_t k) { return i + k < n && (s[i + k] & 0xc0) == 0x80; };
    if (s[i] >= 0xc2 && s[i] < 0xe0 && tail(1)) {
      i += 2;
    } else if (s[i] >= 0xe0 && s[i] < 0xf0 && tail(1) && tail(2) && !(s[i] == 0xe0 && s[i + 1] < 0xa0) &&
               (wtf8 || !(s[i] == 0xed && s[i + 1] >= 0xa0))) {
      i += 3;
    } else if (s[i] >= 0xf0 && s[i] < 0xf5 && tail(1) && tail(2) && tail(3) && !(s[i] == 0xf0 && s[i + 1] < 0x90) &&
               !(s[i] == 0xf4 && s[i + 1] >= 0x90)) {
      i += 4;
    } else {
      return i;
    }
  }
  return std::string_view::npos;
}

// What Python calls the names it knows itself; others unchanged.
std::string normal_encoding_name(std::string_view name) {
  std::string lower;
  for (char c : name.substr(0, 12)) {
    lower += c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  auto is = [&](std::string_view wanted) {
    return lower == wanted || (lower.starts_with(wanted) && lower[wanted.size()] == '-');
  };
  if (is("utf-8")) return "utf-8";
  if (is("latin-1") || is("iso-8859-1") || is("iso-latin-1")) return "iso-8859-1";
  return std::string(name);
}

bool is_blank_or_comment(std::string_view line) {
  for (char c : line) {
    if (c == '#' || c == '\n' || c == '\r') return true;
    if (c != ' ' && c != '\t' && c != '\f') return false;
  }
  return true;
}

std::string_view line_at(std::string_view text, size_t begin) {
  size_t end = text.find_first_of("\r\n", begin);
  return text.substr(begin, end == std::string_view::npos ? end : end - begin);
}

}  // namespace

std::string find_encoding_cookie(std::string_view line) {
  size_t i = 0;
  while (i < line.size() && (line[i] == ' ' || line[i] == '\t' || line[i] == '\f')) ++i;
  if (i >= line.size() || line[i] != '#') return {};
  for (; (i = line.find("coding", i)) != std::string_view::npos; i += 6) {
    size_t at = i + 6;
    if (at >= line.size() || (line[at] != ':' && line[at] != '=')) continue;
    do ++at;
    while (at < line.size() && (line[at] == ' ' || line[at] == '\t'));
    size_t begin = at;
    while (at < line.size() && (is_alphanumeric(static_cast<unsigned char>(line[at])) || line[at] == '-' ||
                                line[at] == '_' || line[at] == '.')) {
      ++at;
    }
    if (at > begin) return normal_encoding_name(line.substr(begin, at - begin));
  }
  return {};
}

DecodedSource decode_source(std::string_view bytes, const ParseOptions& options, Arena& arena) {
  DecodedSource result;
  result.encoding = "utf-8";
  auto fail = [&](std::string message, int32_t lineno, int32_t col, int32_t end_col, std::string_view text) {
    result.error.message = std::move(message);
    result.error.lineno = lineno;
    result.error.col = col;
    result.error.end_lineno = text.data() != nullptr ? lineno : -1;
    result.error.end_col = end_col;
    if (text.data() != nullptr) {
      result.error.text = text;
      result.error.has_text = true;
    }
    return result;
  };
  if (bytes.find('\0') != std::string_view::npos) {
    return fail("source code string cannot contain null bytes", 0, -1, -1, {});
  }
  if (bytes.size() > 0x7fffff00) {
    result.error.kind = SyntaxErrorKind::OverflowError;
    return fail("source is too long", 0, -1, -1, {});
  }
  std::string converted;
  if (!options.source_is_utf8) {
    bool bom = bytes.starts_with("\xef\xbb\xbf");
    if (bom) bytes.remove_prefix(3);
    std::string_view first = line_at(bytes, 0);
    std::string cookie = find_encoding_cookie(first);
    std::string_view cookie_line = first;
    int32_t cookie_lineno = 1;
    if (cookie.empty() && is_blank_or_comment(first) && first.size() < bytes.size()) {
      size_t next = first.size() + (bytes.substr(first.size()).starts_with("\r\n") ? 2 : 1);
      if (next <= bytes.size()) {
        cookie_line = line_at(bytes, next);
        cookie = find_encoding_cookie(cookie_line);
        cookie_lineno = 2;
      }
    }
    if (bom && !cookie.empty() && cookie != "utf-8") {
      return fail("encoding problem: " + cookie + " with BOM", cookie_lineno, 0,
                  static_cast<int32_t>(cookie_line.size()), cookie_line);
    }
    if (!cookie.empty()) result.encoding = cookie;
    if (result.encoding == "utf-8" || result.encoding == "utf8") {
      size_t bad = find_invalid_utf8(bytes, false);
      if (bad != std::string_view::npos) {
        if (cookie == "utf8") {  // not the normal name: read by the codec, whose error this is
          char message[96];
          snprintf(message, sizeof message, "'utf-8' codec can't decode byte 0x%02x in position %zu: "
                   "invalid start byte", static_cast<unsigned char>(bytes[bad]), bad);
          return fail(message, 0, -1, -1, {});
        }
        int32_t lineno = 1;
        size_t begin = 0;
        for (size_t i = 0; i < bad; ++i) {
          if (bytes[i] == '\n' || (bytes[i] == '\r' && (i + 1 >= bytes.size() || bytes[i + 1] != '\n'))) {
            ++lineno;
            begin = i + 1;
          }
        }
        char code[8];
        snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned char>(bytes[bad]));
        int32_t col = count_characters(bytes.substr(begin, bad - begin)) + 1;
        // The shown line has U+FFFD for what cannot be read.
        std::string shown;
        std::string_view line = line_at(bytes, begin);
        while (!line.empty()) {
          size_t at = find_invalid_utf8(line, false);
          shown += line.substr(0, at);
          if (at == std::string_view::npos) break;
          shown += "\xef\xbf\xbd";
          // One mark for a lead byte and the tails that fit it.
          auto lead = static_cast<unsigned char>(line[at]);
          size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
          size_t bad_size = 1;
          while (bad_size < length && at + bad_size < line.size() && (line[at + bad_size] & 0xc0) == 0x80) ++bad_size;
          line.remove_prefix(at + (bad_size == length ? 1 : bad_size));
        }
        return fail(std::string("Non-UTF-8 code starting with '") + code + "' on line " + std::to_string(lineno) +
                        ", but no encoding declared; see https://peps.python.org/pep-0263/ for details",
                    lineno, col, col, shown);
      }
    } else if (result.encoding == "iso-8859-1" || result.encoding == "latin1") {
      for (char c : bytes) text::append_utf8(converted, static_cast<unsigned char>(c));
      bytes = converted;
    } else if (result.encoding == "ascii" || result.encoding == "us-ascii") {
      for (size_t i = 0; i < bytes.size(); ++i) {
        if (static_cast<unsigned char>(bytes[i]) < 0x80) continue;
        char message[96];
        snprintf(message, sizeof message, "'ascii' codec can't decode byte 0x%02x in position %zu: ordinal not in range(128)",
                 static_cast<unsigned char>(bytes[i]), i);
        return fail(message, 0, -1, -1, {});
      }
    } else {
      std::string error = "unknown encoding: " + result.encoding;
      const SourceDecoder& decoder = options.decoder;
      if (decoder.decode == nullptr ||
          !decoder.decode(decoder.context, result.encoding, bytes, converted, error)) {
        return fail(std::move(error), 0, -1, -1, {});
      }
      bytes = converted;
      if (bytes.find('\0') != std::string_view::npos) {
        return fail("source code string cannot contain null bytes", 0, -1, -1, {});
      }
    }
  }
  size_t size = bytes.size();
  char* out = static_cast<char*>(arena.allocate(size + 8, 1));
  size_t written = 0;
  if (bytes.find('\r') == std::string_view::npos) {
    if (size != 0) std::memcpy(out, bytes.data(), size);
    written = size;
  } else {
    for (size_t i = 0; i < size; ++i) {
      char c = bytes[i];
      if (c == '\r') {
        c = '\n';
        if (i + 1 < size && bytes[i + 1] == '\n') ++i;
      }
      out[written++] = c;
    }
  }
  // A source that does not end in a newline is read as if it did. An empty one stays empty.
  if (written != 0 && out[written - 1] != '\n') {
    out[written++] = '\n';
    result.newline_added = true;
  }
  out[written] = 0;
  result.text = {out, written};
  result.ok = true;
  return result;
}

}  // namespace orochi::syntax
