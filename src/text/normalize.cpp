// Normalisation by the definitions of UAX #15 and the Unicode Standard section 3.11-3.12. One pass decomposes into
// `out` and notes whether any mark is out of order; a second orders the runs of marks (stable, by combining class);
// a third composes in place. Cost is linear except for long runs of marks, which are merge sorted.
#include "text/normalize.h"

#include <algorithm>

namespace orochi::text {

namespace {

constexpr char32_t kSBase = 0xAC00, kLBase = 0x1100, kVBase = 0x1161, kTBase = 0x11A7;
constexpr char32_t kLCount = 19, kVCount = 21, kTCount = 28, kSCount = kLCount * kVCount * kTCount;

bool is_compatibility(NormalForm form) { return form == NormalForm::NFKD || form == NormalForm::NFKC; }
bool is_composed(NormalForm form) { return form == NormalForm::NFC || form == NormalForm::NFKC; }

// Recursion depth is that of the data: at most 4.
void decompose_char(char32_t c, bool compatibility, UnicodeVersion version, CharBuffer& out) {
  char32_t jamo[3];
  if (size_t n = hangul_decomposition(c, jamo)) return out.append(jamo, n);
  if (version == UnicodeVersion::V3_2) {
    if (!has_flag(c, kIn32)) return out.push(c);
    if (char32_t original = original_decomposition_3_2(c)) return decompose_char(original, compatibility, version, out);
  }
  Decomposition d = decomposition(c);
  if (d.length == 0 || (d.tag[0] && !compatibility)) return out.push(c);
  for (uint32_t i = 0; i < d.length; i++) decompose_char(d.chars[i], compatibility, version, out);
}

// Ordering and composition use today's data also for 3.2.0; only decompositions ask for the version.
uint8_t combining_class(char32_t c) { return record_of(c).combining; }

struct ClassLess {
  bool operator()(char32_t a, char32_t b) const { return record_of(a).combining < record_of(b).combining; }
};

// Stable merge sort with scratch space from a Buffer (std::stable_sort would allocate through operator new).
void sort_marks(char32_t* marks, size_t count, CharBuffer& scratch) {
  if (count <= 24) {
    for (size_t i = 1; i < count; i++) {
      char32_t c = marks[i];
      uint8_t ccc = record_of(c).combining;
      size_t j = i;
      for (; j > 0 && record_of(marks[j - 1]).combining > ccc; j--) marks[j] = marks[j - 1];
      marks[j] = c;
    }
    return;
  }
  size_t half = count / 2;
  sort_marks(marks, half, scratch);
  sort_marks(marks + half, count - half, scratch);
  scratch.clear();
  scratch.append(marks, half);
  if (scratch.failed()) return;
  std::merge(scratch.begin(), scratch.end(), marks + half, marks + count, marks, ClassLess());
}

void order_marks(char32_t* text, size_t length, CharBuffer& scratch) {
  for (size_t i = 0; i < length;) {
    if (combining_class(text[i]) == 0) {
      i++;
      continue;
    }
    size_t first = i;
    while (i < length && combining_class(text[i]) != 0) i++;
    if (i - first > 1) sort_marks(text + first, i - first, scratch);
  }
}

char32_t compose_two(char32_t first, char32_t second) {
  if (first - kLBase < kLCount && second - kVBase < kVCount)
    return kSBase + ((first - kLBase) * kVCount + (second - kVBase)) * kTCount;
  if (first - kSBase < kSCount && (first - kSBase) % kTCount == 0 && second - kTBase - 1 < kTCount - 1)
    return first + (second - kTBase);
  if (!has_flag(first, kComposesFirst) || !has_flag(second, kComposesSecond)) return 0;
  return compose_pair(first, second);
}

size_t compose(char32_t* text, size_t length) {
  size_t to = 0;
  size_t starter = SIZE_MAX;  // index in the output
  uint8_t last_class = 0;     // of the last character kept after the starter
  for (size_t i = 0; i < length; i++) {
    char32_t c = text[i];
    uint8_t ccc = combining_class(c);
    if (starter != SIZE_MAX) {
      // Not blocked: adjacent to the starter, or every character kept between has a lower nonzero class.
      bool adjacent = to == starter + 1;
      if (adjacent || (last_class != 0 && last_class < ccc)) {
        if (char32_t composite = compose_two(text[starter], c)) {
          text[starter] = composite;
          continue;
        }
      }
    }
    if (ccc == 0) starter = to;
    last_class = ccc;
    text[to++] = c;
  }
  return to;
}

}  // namespace

size_t hangul_decomposition(char32_t c, char32_t (&out)[3]) {
  if (c - kSBase >= kSCount) return 0;
  char32_t index = c - kSBase;
  out[0] = kLBase + index / (kVCount * kTCount);
  out[1] = kVBase + index % (kVCount * kTCount) / kTCount;
  out[2] = kTBase + index % kTCount;
  return index % kTCount ? 3 : 2;
}

QuickCheck quick_check(NormalForm form, const char32_t* text, size_t length) {
  unsigned shift = 2 * static_cast<unsigned>(form);
  uint8_t last_class = 0;
  QuickCheck result = kQuickYes;
  for (size_t i = 0; i < length; i++) {
    if (text[i] < 0xA0) {
      last_class = 0;
      continue;
    }
    const CharRecord& r = record_of(text[i]);
    if (r.combining != 0 && last_class > r.combining) return kQuickNo;
    last_class = r.combining;
    auto check = static_cast<QuickCheck>(r.quick_check >> shift & 3);
    if (check == kQuickNo) return kQuickNo;
    if (check == kQuickMaybe) result = kQuickMaybe;
  }
  return result;
}

void normalize(NormalForm form, const char32_t* text, size_t length, CharBuffer& out, UnicodeVersion version) {
  if (version == UnicodeVersion::Current && quick_check(form, text, length) == kQuickYes)
    return out.append(text, length);
  size_t start = out.size();
  bool compatibility = is_compatibility(form);
  if (!out.reserve_more(length)) return;
  for (size_t i = 0; i < length; i++) {
    if (text[i] < 0xA0) out.push(text[i]);
    else decompose_char(text[i], compatibility, version, out);
  }
  CharBuffer scratch;
  if (out.failed()) return;
  order_marks(out.data() + start, out.size() - start, scratch);
  if (is_composed(form)) out.truncate(start + compose(out.data() + start, out.size() - start));
}

bool is_normalized(NormalForm form, const char32_t* text, size_t length, UnicodeVersion version) {
  if (version == UnicodeVersion::Current) {
    QuickCheck check = quick_check(form, text, length);
    if (check != kQuickMaybe) return check == kQuickYes;
  }
  CharBuffer normal;
  normalize(form, text, length, normal, version);
  return !normal.failed() && normal.size() == length &&
         (length == 0 || memcmp(normal.data(), text, length * sizeof(char32_t)) == 0);
}

}  // namespace orochi::text
