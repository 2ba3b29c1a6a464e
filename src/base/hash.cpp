// SipHash with one compression round a word and three finalisation rounds.
#include "base/hash.h"

#include <cstring>

namespace orochi {

namespace {
struct SipState {
  uint64_t v0, v1, v2, v3;
  static uint64_t rotate(uint64_t x, int n) { return x << n | x >> (64 - n); }
  void round() {
    v0 += v1, v2 += v3;
    v1 = rotate(v1, 13) ^ v0, v3 = rotate(v3, 16) ^ v2;
    v0 = rotate(v0, 32);
    v2 += v1, v0 += v3;
    v1 = rotate(v1, 17) ^ v2, v3 = rotate(v3, 21) ^ v0;
    v2 = rotate(v2, 32);
  }
  void absorb(uint64_t word) {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};
}  // namespace

uint64_t siphash13(HashKey key, const void* data, size_t size) {
  SipState s{key.k0 ^ 0x736f6d6570736575u, key.k1 ^ 0x646f72616e646f6du, key.k0 ^ 0x6c7967656e657261u,
             key.k1 ^ 0x7465646279746573u};
  auto* p = static_cast<const unsigned char*>(data);
  size_t left = size;
  for (; left >= 8; left -= 8, p += 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    s.absorb(word);
  }
  uint64_t last = static_cast<uint64_t>(size) << 56;
  for (size_t i = 0; i < left; i++) last |= static_cast<uint64_t>(p[i]) << (8 * i);
  s.absorb(last);
  s.v2 ^= 0xFF;
  s.round();
  s.round();
  s.round();
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

}  // namespace orochi
