// MT19937: initialisation, the twist, and bit strings. See the header.
#include "numeric/random_mt.h"

#include <algorithm>
#include <cstdlib>

namespace orochi {

namespace {
constexpr size_t kShift = 397;
}

void MersenneTwister::seed(uint32_t value) {
  state_[0] = value;
  for (uint32_t i = 1; i < kSize; ++i) state_[i] = 1812433253u * (state_[i - 1] ^ (state_[i - 1] >> 30)) + i;
  index_ = kSize;
}

void MersenneTwister::seed(std::span<const uint32_t> key) {
  DCHECK(!key.empty());
  seed(19650218u);
  uint32_t* s = state_;
  size_t i = 1, j = 0;
  auto advance = [&] {
    if (++i == kSize) {
      s[0] = s[kSize - 1];
      i = 1;
    }
  };
  for (size_t k = std::max(kSize, key.size()); k > 0; --k) {
    s[i] = (s[i] ^ ((s[i - 1] ^ (s[i - 1] >> 30)) * 1664525u)) + key[j] + static_cast<uint32_t>(j);
    advance();
    if (++j == key.size()) j = 0;
  }
  for (size_t k = kSize - 1; k > 0; --k) {
    s[i] = (s[i] ^ ((s[i - 1] ^ (s[i - 1] >> 30)) * 1566083941u)) - static_cast<uint32_t>(i);
    advance();
  }
  s[0] = 0x80000000u;  // never all zero
}

BigStatus MersenneTwister::seed(BigView value) {
  // Little-endian words without leading zeros, at least one.
  size_t count = std::max<size_t>(1, (big_bit_length(value) + 31) / 32);
  uint32_t small[64];
  uint32_t* key = small;
  if (count > std::size(small)) {
    key = static_cast<uint32_t*>(malloc(count * sizeof(uint32_t)));
    if (key == nullptr) return BigStatus::NoMemory;
  }
  key[0] = 0;
  for (size_t i = 0; i < count && i / 2 < value.size; ++i) {
    key[i] = static_cast<uint32_t>(value.limbs[i / 2] >> (i % 2 * 32));
  }
  seed(std::span<const uint32_t>(key, count));
  if (key != small) free(key);
  return BigStatus::Ok;
}

void MersenneTwister::refill() {
  auto twist = [&](size_t i, size_t next, size_t far) {
    uint32_t y = (state_[i] & 0x80000000u) | (state_[next] & 0x7fffffffu);
    state_[i] = state_[far] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0);
  };
  for (size_t i = 0; i < kSize - kShift; ++i) twist(i, i + 1, i + kShift);
  for (size_t i = kSize - kShift; i < kSize - 1; ++i) twist(i, i + 1, i + kShift - kSize);
  twist(kSize - 1, 0, kShift - 1);
  index_ = 0;
}

uint64_t MersenneTwister::bits64(unsigned count) {
  DCHECK(count <= 64);
  if (count == 0) return 0;
  if (count <= 32) return next() >> (32 - count);
  uint64_t low = next();
  uint64_t high = next() >> (64 - count);
  return high << 32 | low;
}

BigStatus MersenneTwister::bits(uint64_t count, BigBuf& out) {
  uint64_t limbs = count / 64 + (count % 64 != 0);
  if (limbs > kMaxLimbs) return BigStatus::TooLarge;
  if (auto status = out.prepare(limbs + 1); status != BigStatus::Ok) return status;
  // Words are drawn from the lowest up; the last one keeps its high bits.
  for (uint64_t i = 0; i < limbs; ++i) {
    out.limbs()[i] = bits64(static_cast<unsigned>(std::min<uint64_t>(64, count - i * 64)));
  }
  out.normalize(limbs, false);
  return BigStatus::Ok;
}

}  // namespace orochi
