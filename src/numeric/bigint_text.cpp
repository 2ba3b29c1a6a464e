// Big integers from and to text. GMP's mpn_set_str and mpn_get_str are sub-quadratic; they work on digit values, so
// this file only maps characters, checks Python's underscore and prefix rules, and applies the conversion limit.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "numeric/bigint.h"
#include "numeric/bigint_internal.h"

namespace orochi {

using enum BigStatus;

namespace {

constexpr uint8_t kNotDigit = 255;

constexpr uint8_t digit_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'a' && c <= 'z') return static_cast<uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'Z') return static_cast<uint8_t>(c - 'A' + 10);
  return kNotDigit;
}

int prefix_base(char c) {
  switch (c) {
    case 'x': case 'X': return 16;
    case 'o': case 'O': return 8;
    case 'b': case 'B': return 2;
    default: return 0;
  }
}

bool is_power_of_two(int base) { return (base & (base - 1)) == 0; }

// A malloc'ed byte array with a small inline part.
class Bytes {
 public:
  ~Bytes() {
    if (data_ != inline_) free(data_);
  }
  unsigned char* allocate(size_t size) {
    if (size > sizeof inline_) data_ = static_cast<unsigned char*>(malloc(size));
    return data_;
  }

 private:
  unsigned char inline_[256];
  unsigned char* data_ = inline_;
};

}  // namespace

BigParse big_parse(std::string_view text, int base, uint64_t max_digits, BigBuf& out) {
  DCHECK(base == 0 || (base >= 2 && base <= 36));
  size_t i = 0;
  bool negative = false;
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) negative = text[i++] == '-';
  bool leading_zero_forbidden = false;
  bool prefixed = false;
  if (i + 1 < text.size() && text[i] == '0') {
    int named = prefix_base(text[i + 1]);
    if (named != 0 && (base == 0 || base == named)) {
      base = named;
      i += 2;
      prefixed = true;
    }
  }
  if (base == 0) {
    base = 10;
    leading_zero_forbidden = i < text.size() && text[i] == '0';
  }
  if (prefixed && i < text.size() && text[i] == '_') ++i;

  // Check the shape, count digits, and take the value while it fits one limb.
  size_t start = i;
  size_t digits = 0;
  uint64_t value = 0;
  bool small = true;
  char previous = '_';
  for (; i < text.size(); ++i) {
    char c = text[i];
    if (c == '_') {
      if (previous == '_') return {Syntax, digits};
      previous = c;
      continue;
    }
    uint8_t digit = digit_value(c);
    if (digit >= base) break;
    previous = c;
    ++digits;
    if (small) {
      uint64_t next;
      if (__builtin_mul_overflow(value, static_cast<uint64_t>(base), &next) ||
          __builtin_add_overflow(next, uint64_t{digit}, &next)) {
        small = false;
      } else {
        value = next;
      }
    }
  }
  if (previous == '_') return {Syntax, digits};
  if (max_digits != 0 && digits > max_digits && !is_power_of_two(base)) return {TooManyDigits, digits};
  if (i != text.size()) return {Syntax, digits};
  if (leading_zero_forbidden && !(small && value == 0)) return {Syntax, digits};
  if (small) {
    out.set_uint64(value);
    out.set_negative(negative);
    return {Ok, digits};
  }

  double bits = static_cast<double>(digits) * std::log2(static_cast<double>(base));
  if (bits < 126) {
    unsigned __int128 wide = 0;
    for (i = start; i < text.size(); ++i) {
      if (text[i] != '_') wide = wide * static_cast<unsigned>(base) + digit_value(text[i]);
    }
    out.set_int128(static_cast<__int128>(wide));
    out.set_negative(negative);
    return {Ok, digits};
  }
  if (bits / 64 > kMaxLimbs) return {TooLarge, digits};
  size_t limbs = static_cast<size_t>(bits / 64) + 3;
  Bytes values;
  unsigned char* d = values.allocate(digits);
  if (d == nullptr) return {NoMemory, digits};
  size_t count = 0;
  for (i = start; i < text.size(); ++i) {
    if (text[i] == '_') continue;
    uint8_t digit = digit_value(text[i]);
    if (count == 0 && digit == 0) continue;
    d[count++] = digit;
  }
  if (auto status = out.prepare(limbs); status != Ok) return {status, digits};
  if (!scratch_available(limbs * 8)) return {NoMemory, digits};
  mp_size_t size = mpn_set_str(out.limbs(), d, count, base);
  out.normalize(static_cast<size_t>(size), negative);
  return {Ok, digits};
}

void print_int64(int64_t value, CharBuf& out) {
  if (!out.reserve(24)) return;
  char text[24];
  auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(std::string_view(text, static_cast<size_t>(end - text)));
}

BigStatus big_print(BigView a, int base, uint64_t max_digits, CharBuf& out, bool upper) {
  DCHECK(base >= 2 && base <= 36);
  const char* alphabet = upper ? "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" : "0123456789abcdefghijklmnopqrstuvwxyz";
  if (a.size <= 1) {
    char text[64];
    char* p = text + sizeof text;
    uint64_t value = a.size ? a.limbs[0] : 0;
    auto b = static_cast<uint64_t>(base);
    if (base == 10) {
      do *--p = static_cast<char>('0' + value % 10);
      while (value /= 10);
    } else {
      do *--p = alphabet[value % b];
      while (value /= b);
    }
    if (a.negative) out.append('-');
    out.append(std::string_view(p, static_cast<size_t>(text + sizeof text - p)));
    return out.failed() ? NoMemory : Ok;
  }
  if (a.size == 2 && base == 10 && (max_digits == 0 || max_digits >= 39)) {
    constexpr uint64_t kChunk = 10'000'000'000'000'000'000u;  // 10^19, the largest power in a limb
    char text[48];
    char* p = text + sizeof text;
    auto value = static_cast<unsigned __int128>(a.limbs[1]) << 64 | a.limbs[0];
    while (value >= kChunk) {
      auto low = static_cast<uint64_t>(value % kChunk);
      value /= kChunk;
      for (int i = 0; i < 19; ++i, low /= 10) *--p = static_cast<char>('0' + low % 10);
    }
    for (auto high = static_cast<uint64_t>(value); high != 0; high /= 10) *--p = static_cast<char>('0' + high % 10);
    if (a.negative) out.append('-');
    out.append(std::string_view(p, static_cast<size_t>(text + sizeof text - p)));
    return out.failed() ? NoMemory : Ok;
  }
  bool limited = max_digits != 0 && !is_power_of_two(base);
  if (limited) {
    double least = static_cast<double>(big_bit_length(a) - 1) / std::log2(static_cast<double>(base));
    if (least > static_cast<double>(max_digits) + 1) return TooManyDigits;
  }
  size_t most = mpn_sizeinbase(a.limbs, a.size, base);
  size_t before = out.size();
  if (a.negative) out.append('-');
  size_t first = out.size();
  auto* digits = reinterpret_cast<unsigned char*>(out.extend(most + 1));
  if (digits == nullptr) return NoMemory;
  BigBuf copy;
  const mp_limb_t* limbs = a.limbs;
  if (!is_power_of_two(base)) {
    // mpn_get_str destroys its operand unless the base is a power of two.
    if (auto status = copy.prepare(size_t{a.size} + 1); status != Ok) return status;
    std::copy_n(a.limbs, a.size, copy.limbs());
    limbs = copy.limbs();
  }
  if (!scratch_available(size_t{a.size} * 8)) return NoMemory;
  size_t count = mpn_get_str(digits, base, const_cast<mp_limb_t*>(limbs), a.size);
  size_t skip = 0;
  while (skip + 1 < count && digits[skip] == 0) ++skip;
  if (limited && count - skip > max_digits) {
    out.truncate(before);
    return TooManyDigits;
  }
  for (size_t i = skip; i < count; ++i) digits[i - skip] = static_cast<unsigned char>(alphabet[digits[i]]);
  out.truncate(first + count - skip);
  return Ok;
}

}  // namespace orochi
