// The Mersenne Twister MT19937 as random.Random uses it: same seeds, same sequences. No locking: the owner of the state
// synchronises. Source: M. Matsumoto, T. Nishimura, "Mersenne Twister" (1998), with their 2002 initialisation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "numeric/bigint.h"

namespace orochi {

class MersenneTwister {
 public:
  static constexpr size_t kSize = 624;

  void seed(uint32_t value);
  void seed(std::span<const uint32_t> key);  // at least one word
  [[nodiscard]] BigStatus seed(BigView value);  // random.seed(int): the magnitude's 32-bit words

  uint32_t next() {
    if (index_ >= kSize) refill();
    uint32_t y = state_[index_++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
  }
  // random(): 53 bits in [0, 1).
  double random() {
    uint32_t a = next() >> 5, b = next() >> 6;
    return (a * 67108864.0 + b) * (1.0 / 9007199254740992.0);
  }
  uint64_t bits64(unsigned count);  // getrandbits for 0..64 bits
  [[nodiscard]] BigStatus bits(uint64_t count, BigBuf& out);

  // getstate() and setstate(): the words and the position 0..624.
  std::span<uint32_t, kSize> words() { return state_; }
  uint32_t index() const { return index_; }
  void set_index(uint32_t index) { index_ = index < kSize ? index : kSize; }

 private:
  void refill();

  uint32_t state_[kSize] = {};
  uint32_t index_ = kSize;
};

}  // namespace orochi
