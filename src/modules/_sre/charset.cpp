// Character sets: evaluation of set words, and their tables.
// A set is a list of items tried in order; NEGATE flips the answer of the items after it, FAILURE ends the list.
#include <cstring>

#include "modules/_sre/char_class.h"
#include "modules/_sre/node.h"

namespace orochi::sre {

bool in_set_words(const uint32_t* w, uint32_t c) {
  bool answer = true;
  for (;;) {
    switch (*w++) {
      case kNegate: answer = !answer; break;
      case kLiteral:
        if (c == *w++) return answer;
        break;
      case kRange:
        if (w[0] <= c && c <= w[1]) return answer;
        w += 2;
        break;
      case kRangeUniIgnore: {
        if (w[0] <= c && c <= w[1]) return answer;
        uint32_t upper = unicode_upper(c);
        if (w[0] <= upper && upper <= w[1]) return answer;
        w += 2;
        break;
      }
      case kCategory:
        if (in_category(*w++, c)) return answer;
        break;
      case kCharset:
        if (c < 256 && (w[c >> 5] >> (c & 31)) & 1) return answer;
        w += 8;
        break;
      case kBigCharset: {
        uint32_t blocks = *w++;
        if (c < 65536) {
          uint32_t block = (w[c >> 10] >> ((c >> 8) % 4 * 8)) & 255;
          if ((w[64 + block * 8 + ((c & 255) >> 5)] >> (c & 31)) & 1) return answer;
        }
        w += 64 + static_cast<size_t>(blocks) * 8;
        break;
      }
      default: return !answer;  // FAILURE
    }
  }
}

bool in_wide_set(const Program& program, const CharSet& set, uint32_t c) {
  switch (set.wide) {
    case WideKind::None: return false;
    case WideKind::All: return true;
    case WideKind::Category: return in_category(set.items, c);
    case WideKind::Items: return in_set_words(&program.words[set.items], set.fold ? unicode_lower(c) : c);
  }
  return false;
}

bool matches_locale(const Program& program, uint32_t item, uint32_t c) {
  const LocaleItem& it = program.locale_items[item];
  auto same = [&] { return c == it.arg || locale_lower(c) == it.arg || locale_upper(c) == it.arg; };
  switch (it.kind) {
    case LocaleItem::Literal: return same();
    case LocaleItem::NotLiteral: return !same();
    case LocaleItem::Set: return in_set_words(&program.words[it.arg], c);
    case LocaleItem::SetIgnore: {
      uint32_t lower = locale_lower(c), upper = locale_upper(c);
      const uint32_t* words = &program.words[it.arg];
      return in_set_words(words, lower) || (upper != lower && in_set_words(words, upper));
    }
  }
  return false;
}

static uint8_t wide_class(uint32_t c) {
  if (unicode_digit(c)) return kWideDigit;
  if (unicode_word(c)) return kWideWord;
  return unicode_space(c) ? kWideSpace : kWideOther;
}

static uint8_t category_classes(uint32_t category) {
  uint8_t mask = 0;
  switch (category & ~1u) {
    case kUniDigit: mask = kWideDigit; break;
    case kUniSpace: mask = kWideSpace; break;
    case kUniWord: mask = kWideDigit | kWideWord; break;
    case kUniLineBreak: return kWideAll;  // U+2028 alone would not tell; both answers stay possible
    default: break;
  }
  return (category & 1) ? kWideAll & ~mask : mask;
}

// What a set says of characters above 255, when that is simple.
static void describe_wide(CharSet& set, const uint32_t* w, const uint32_t* end, BackrefFold fold) {
  set.wide = WideKind::Items;
  set.wide_mask = kWideAll;
  set.fold = fold == kFoldUnicode;
  if (fold == kFoldUnicode) return;  // a lower case mapping can lead anywhere
  bool negative = false;
  if (w < end && *w == kNegate) {
    negative = true;
    w++;
  }
  if (end - w == 3 && w[0] == kCategory) {
    set.wide = WideKind::Category;
    set.items = w[1] ^ static_cast<uint32_t>(negative);
    set.wide_mask = category_classes(set.items);
    return;
  }
  uint8_t mask = 0;
  while (w < end && *w != kFailure) {
    switch (*w++) {
      case kNegate: return;
      case kLiteral:
        if (*w > 255) mask |= wide_class(*w);
        w++;
        break;
      case kRange:
      case kRangeUniIgnore:
        if (w[1] > 255 && w[0] <= w[1]) mask = kWideAll;
        if (w[-1] == kRangeUniIgnore) mask = kWideAll;
        w += 2;
        break;
      case kCategory: mask |= category_classes(*w++); break;
      case kCharset: w += 8; break;
      default: return;
    }
  }
  if (mask == 0) {
    set.wide = negative ? WideKind::All : WideKind::None;
    set.wide_mask = negative ? kWideAll : 0;
  } else if (!negative) {
    set.wide_mask = mask;
  }
}

uint32_t make_set(Program& program, const SetSource& source) {
  CharSet set;
  std::memset(set.nibbles, 0, sizeof set.nibbles);
  for (uint32_t c = 0; c < 256; c++) {
    uint32_t folded = source.fold == kFoldAscii ? ascii_lower(c) : source.fold == kFoldUnicode ? unicode_lower(c) : c;
    set.latin1[c] = in_set_words(source.words, folded);
    if (set.latin1[c]) set.nibbles[c >> 7][c & 15] |= static_cast<uint8_t>(1 << ((c >> 4) & 7));
  }
  describe_wide(set, source.words, source.words + source.length, source.fold);
  // Equal sets share a table; an Items set is equal only if its words are.
  for (uint32_t i = 0; i < program.sets.size() && i < 64; i++) {
    const CharSet& other = program.sets[i];
    if (other.wide == set.wide && set.wide != WideKind::Items && other.items == set.items &&
        std::memcmp(other.latin1, set.latin1, 256) == 0)
      return i;
  }
  if (set.wide == WideKind::Items) {
    set.items = static_cast<uint32_t>(program.words.size());
    program.words.insert(program.words.end(), source.words, source.words + source.length);
  }
  program.sets.push_back(set);
  return static_cast<uint32_t>(program.sets.size() - 1);
}

FirstSet first_of(const Program& program, Matcher matcher, uint32_t arg) {
  FirstSet first;
  switch (matcher) {
    case Matcher::All:
    case Matcher::NotNewline:
    case Matcher::NotChar:
      first.add_all();
      if (matcher == Matcher::NotNewline) arg = '\n';
      if (matcher != Matcher::All && arg < 256) first.bits[arg >> 6] &= ~(uint64_t{1} << (arg & 63));
      break;
    case Matcher::Char:
      if (arg < 256)
        first.add(arg);
      else
        first.wide = wide_class(arg);
      break;
    case Matcher::Set:
      for (uint32_t c = 0; c < 256; c++)
        if (program.sets[arg].latin1[c]) first.add(c);
      first.wide = program.sets[arg].wide_mask;
      break;
    case Matcher::Locale: first.add_all(); break;
  }
  return first;
}

}  // namespace orochi::sre
