// UTF-8, UTF-16, UTF-32, Latin-1, ASCII and charmap kernels. Valid stretches go through tight loops; everything unusual
// is an early return with an error.
#include <algorithm>

#include "text/codecs_internal.h"
#include "text/utf8.h"

namespace orochi::text {

Outcome decode_utf8(DecodeState& s, TextBuilder& out, CodecError& error) {
  const uint8_t* p = s.data;
  while (s.position < s.size) {
    size_t left = s.size - s.position;
    if (p[s.position] < 0x80) {
      size_t run = ascii_prefix(p + s.position, left);
      out.append({p + s.position, run});
      s.position += run;
      continue;
    }
    Utf8Char next = utf8_next(p + s.position, left);
    if (next.step == Utf8Step::Char) {
      out.push(next.c);
      s.position += next.size;
      continue;
    }
    if (next.step == Utf8Step::UnexpectedEnd && !s.final) return Outcome::Done;
    // The start of an encoded surrogate waits for its last byte, which surrogatepass would want to see.
    if (!s.final && left == 2 && p[s.position] == 0xED && (p[s.position + 1] & 0xE0) == 0xA0) return Outcome::Done;
    error = {s.position, s.position + next.size,
             next.step == Utf8Step::InvalidStart          ? "invalid start byte"
             : next.step == Utf8Step::InvalidContinuation ? "invalid continuation byte"
                                                          : "unexpected end of data"};
    return Outcome::Error;
  }
  return Outcome::Done;
}

Outcome decode_utf16(DecodeState& s, ByteOrder order, TextBuilder& out, CodecError& error) {
  const uint8_t* p = s.data;
  if (order == ByteOrder::Unknown) {
    if (s.byte_order == ByteOrder::Unknown) {
      if (s.position == 0 && s.size >= 2) {
        int mark = p[0] | p[1] << 8;
        if (mark == 0xFEFF || mark == 0xFFFE) s.position = 2;
        s.byte_order = mark == 0xFFFE ? ByteOrder::Big : ByteOrder::Little;
        if (mark != 0xFEFF && mark != 0xFFFE && !s.final) s.byte_order = ByteOrder::Unknown;
      } else if (s.size < 2 && !s.final) {
        return Outcome::Done;
      }
    }
    order = s.byte_order == ByteOrder::Unknown ? ByteOrder::Little : s.byte_order;
  }
  int high = order == ByteOrder::Big ? 0 : 1;
  auto unit = [&](size_t at) { return static_cast<char32_t>(p[at + high] << 8 | p[at + 1 - high]); };
  out.reserve_more((s.size - s.position) / 2);
  while (s.position < s.size) {
    size_t at = s.position, left = s.size - at;
    if (left < 2) {
      if (!s.final) return Outcome::Done;
      error = {at, s.size, "truncated data"};
      return Outcome::Error;
    }
    char32_t c = unit(at);
    if (c - 0xD800 >= 0x800) {
      out.push(c);
      s.position += 2;
      continue;
    }
    if (c >= 0xDC00) {
      error = {at, at + 2, "illegal encoding"};
      return Outcome::Error;
    }
    if (left < 4) {
      if (!s.final) return Outcome::Done;
      error = {at, s.size, "unexpected end of data"};
      return Outcome::Error;
    }
    char32_t low = unit(at + 2);
    if (low - 0xDC00 >= 0x400) {
      error = {at, at + 2, "illegal UTF-16 surrogate"};
      return Outcome::Error;
    }
    out.push(0x10000 + ((c - 0xD800) << 10 | (low - 0xDC00)));
    s.position += 4;
  }
  return Outcome::Done;
}

Outcome decode_utf32(DecodeState& s, ByteOrder order, TextBuilder& out, CodecError& error) {
  const uint8_t* p = s.data;
  auto read = [&](size_t at, bool big) {
    return big ? static_cast<char32_t>(p[at]) << 24 | p[at + 1] << 16 | p[at + 2] << 8 | p[at + 3]
               : static_cast<char32_t>(p[at + 3]) << 24 | p[at + 2] << 16 | p[at + 1] << 8 | p[at];
  };
  if (order == ByteOrder::Unknown) {
    if (s.byte_order == ByteOrder::Unknown) {
      if (s.position == 0 && s.size >= 4) {
        char32_t mark = read(0, false);
        if (mark == 0xFEFF || mark == 0xFFFE0000) s.position = 4;
        s.byte_order = mark == 0xFFFE0000 ? ByteOrder::Big : ByteOrder::Little;
        if (mark != 0xFEFF && mark != 0xFFFE0000 && !s.final) s.byte_order = ByteOrder::Unknown;
      } else if (s.size < 4 && !s.final) {
        return Outcome::Done;
      }
    }
    order = s.byte_order == ByteOrder::Unknown ? ByteOrder::Little : s.byte_order;
  }
  bool big = order == ByteOrder::Big;
  while (s.position < s.size) {
    size_t at = s.position;
    if (s.size - at < 4) {
      if (!s.final) return Outcome::Done;
      error = {at, s.size, "truncated data"};
      return Outcome::Error;
    }
    char32_t c = read(at, big);
    if (c - 0xD800 < 0x800 || c > 0x10FFFF) {
      error = {at, at + 4, c > 0x10FFFF ? "code point not in range(0x110000)"
                                        : "code point in surrogate code point range(0xd800, 0xe000)"};
      return Outcome::Error;
    }
    out.push(c);
    s.position += 4;
  }
  return Outcome::Done;
}

Outcome decode_latin1(DecodeState& s, TextBuilder& out) {
  out.append({s.data + s.position, s.size - s.position});
  s.position = s.size;
  return Outcome::Done;
}

Outcome decode_ascii(DecodeState& s, TextBuilder& out, CodecError& error) {
  size_t run = ascii_prefix(s.data + s.position, s.size - s.position);
  out.append({s.data + s.position, run});
  s.position += run;
  if (s.position == s.size) return Outcome::Done;
  error = {s.position, s.position + 1, "ordinal not in range(128)"};
  return Outcome::Error;
}

Outcome decode_charmap(DecodeState& s, TextBuilder& out, CodecError& error) {
  for (; s.position < s.size; s.position++) {
    size_t index = s.data[s.position];
    char32_t c = index < s.table.length ? s.table[index] : 0xFFFE;
    if (c == 0xFFFE) {
      error = {s.position, s.position + 1, "character maps to <undefined>"};
      return Outcome::Error;
    }
    out.push(c);
  }
  return Outcome::Done;
}

// ---- encoders ----

Outcome encode_utf8(EncodeState& s, ByteBuffer& out, CodecError& error) {
  AnyText rest = s.text.slice(s.position, s.text.length);
  size_t stop = rest.length, end = rest.length;  // the first run of surrogates
  if (rest.kind != Kind::One) {
    with_units(rest, [&](auto* p) {
      size_t i = 0;
      while (i < rest.length && static_cast<char32_t>(p[i]) - 0xD800 >= 0x800) i++;
      stop = i;
      while (i < rest.length && static_cast<char32_t>(p[i]) - 0xD800 < 0x800) i++;
      end = i;
    });
  }
  AnyText good = rest.slice(0, stop);
  size_t bytes = utf8_encoded_size(good).bytes;
  uint8_t* to = out.extend(bytes);
  if (!to && bytes) return Outcome::NoMemory;
  utf8_encode_unchecked(good, to);
  s.position += stop;
  if (stop == rest.length) return Outcome::Done;
  error = {s.position, s.position + (end - stop), "surrogates not allowed"};
  return Outcome::Error;
}

namespace {
void put16(ByteBuffer& out, char32_t c, bool big) {
  uint8_t b[2] = {static_cast<uint8_t>(big ? c >> 8 : c), static_cast<uint8_t>(big ? c : c >> 8)};
  out.append(b, 2);
}
void put32(ByteBuffer& out, char32_t c, bool big) {
  uint8_t b[4];
  for (int i = 0; i < 4; i++) b[i] = static_cast<uint8_t>(c >> 8 * (big ? 3 - i : i));
  out.append(b, 4);
}
}  // namespace

Outcome encode_utf16(EncodeState& s, ByteOrder order, ByteBuffer& out, CodecError& error) {
  bool big = order == ByteOrder::Big;
  size_t n = s.text.length;
  if (n - s.position > PTRDIFF_MAX / 4 || !out.reserve_more((n - s.position) * 2 + 2)) return Outcome::NoMemory;
  if (order == ByteOrder::Unknown && s.position == 0 && out.empty()) put16(out, 0xFEFF, big);
  return with_units(s.text, [&](auto* p) {
    for (; s.position < n; s.position++) {
      char32_t c = p[s.position];
      if (c - 0xD800 < 0x800) {
        error = {s.position, s.position + 1, "surrogates not allowed"};
        return Outcome::Error;
      }
      if (c < 0x10000) {
        put16(out, c, big);
      } else {
        put16(out, 0xD800 + ((c - 0x10000) >> 10), big);
        put16(out, 0xDC00 + ((c - 0x10000) & 0x3FF), big);
      }
    }
    return Outcome::Done;
  });
}

Outcome encode_utf32(EncodeState& s, ByteOrder order, ByteBuffer& out, CodecError& error) {
  bool big = order == ByteOrder::Big;
  size_t n = s.text.length;
  if (n - s.position > PTRDIFF_MAX / 8 || !out.reserve_more((n - s.position) * 4 + 4)) return Outcome::NoMemory;
  if (order == ByteOrder::Unknown && s.position == 0 && out.empty()) put32(out, 0xFEFF, big);
  return with_units(s.text, [&](auto* p) {
    for (; s.position < n; s.position++) {
      char32_t c = p[s.position];
      if (c - 0xD800 < 0x800) {
        error = {s.position, s.position + 1, "surrogates not allowed"};
        return Outcome::Error;
      }
      put32(out, c, big);
    }
    return Outcome::Done;
  });
}

// Latin-1 and ASCII: characters below `limit` are their own byte.
Outcome encode_narrow(EncodeState& s, char32_t limit, ByteBuffer& out, CodecError& error) {
  size_t n = s.text.length;
  return with_units(s.text, [&](auto* p) {
    size_t i = s.position;
    while (i < n && static_cast<char32_t>(p[i]) < limit) i++;
    uint8_t* to = out.extend(i - s.position);
    if (!to && i > s.position) return Outcome::NoMemory;
    for (size_t j = s.position; j < i; j++) to[j - s.position] = static_cast<uint8_t>(p[j]);
    s.position = i;
    if (i == n) return Outcome::Done;
    while (i < n && static_cast<char32_t>(p[i]) >= limit) i++;
    error = {s.position, i, limit == 0x80 ? "ordinal not in range(128)" : "ordinal not in range(256)"};
    return Outcome::Error;
  });
}

Outcome encode_charmap(EncodeState& s, ByteBuffer& out, CodecError& error) {
  size_t n = s.text.length;
  for (; s.position < n; s.position++) {
    int byte = s.map ? s.map->find(s.text[s.position]) : -1;
    if (byte >= 0) {
      out.push(static_cast<uint8_t>(byte));
      continue;
    }
    size_t end = s.position + 1;
    while (end < n && (!s.map || s.map->find(s.text[end]) < 0)) end++;
    error = {s.position, end, "character maps to <undefined>"};
    return Outcome::Error;
  }
  return Outcome::Done;
}

bool ByteMap::build(AnyText table) {
  size_t used = 0;
  for (size_t byte = 0; byte < table.length && byte < 256; byte++) {
    char32_t c = table[byte];
    if (c == 0xFFFE) continue;
    if (c > 0xFFFF || (pages_[c >> 8] == 0 && used == 255)) {
      wide_.push({c, static_cast<int>(byte)});
      continue;
    }
    if (pages_[c >> 8] == 0) {
      pages_[c >> 8] = static_cast<uint8_t>(++used);
      entries_.append_fill(256, -1);
      if (entries_.failed()) return false;
    }
    entries_[static_cast<size_t>(pages_[c >> 8] - 1) * 256 + (c & 0xFF)] = static_cast<int16_t>(byte);
  }
  return !wide_.failed();
}

int ByteMap::find_wide(char32_t c) const {
  for (size_t i = wide_.size(); i-- > 0;)
    if (wide_[i].c == c) return wide_[i].byte;
  return -1;
}

}  // namespace orochi::text
