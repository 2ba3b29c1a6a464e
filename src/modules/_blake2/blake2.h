// BLAKE2b and BLAKE2s with key, salt, personalisation and tree parameters (RFC 7693; J.-P. Aumasson, S. Neves,
// Z. Wilcox-O'Hearn, C. Winnerlein, "BLAKE2: simpler, smaller, fast as MD5", 2013). No objects, no locking.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace orochi::blake2_module {

struct B {
  using Word = uint64_t;
  static constexpr int kRounds = 12;
  static constexpr int kRotations[4] = {32, 24, 16, 63};
  static constexpr Word kIv[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                                  0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
};
struct S {
  using Word = uint32_t;
  static constexpr int kRounds = 10;
  static constexpr int kRotations[4] = {16, 12, 8, 7};
  static constexpr Word kIv[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
};

struct Parameters {
  uint8_t digest_size, key_size = 0, fanout = 1, depth = 1;
  uint32_t leaf_size = 0;
  uint64_t node_offset = 0;   // 48 bits for BLAKE2s
  uint8_t node_depth = 0, inner_size = 0;
  uint8_t salt[16] = {}, person[16] = {};
};

template <typename V>
class Blake2 {
 public:
  using Word = typename V::Word;
  static constexpr size_t kBlock = 16 * sizeof(Word);
  static constexpr size_t kMaxDigest = 8 * sizeof(Word);
  static constexpr size_t kSaltSize = 2 * sizeof(Word);

  void init(const Parameters& p, const uint8_t* key, bool last_node) {
    *this = Blake2();
    uint8_t block[kMaxDigest] = {p.digest_size, p.key_size, p.fanout, p.depth};
    std::memcpy(block + 4, &p.leaf_size, 4);
    size_t at = 8;
    if constexpr (sizeof(Word) == 8) {
      std::memcpy(block + 8, &p.node_offset, 8);
      block[16] = p.node_depth;
      block[17] = p.inner_size;
      at = 32;
    } else {
      std::memcpy(block + 8, &p.node_offset, 6);
      block[14] = p.node_depth;
      block[15] = p.inner_size;
      at = 16;
    }
    std::memcpy(block + at, p.salt, kSaltSize);
    std::memcpy(block + at + kSaltSize, p.person, kSaltSize);
    for (int i = 0; i < 8; i++) {
      Word w;
      std::memcpy(&w, block + static_cast<size_t>(i) * sizeof(Word), sizeof(Word));
      h_[i] = V::kIv[i] ^ w;
    }
    digest_size_ = p.digest_size;
    last_node_ = last_node;
    if (p.key_size) {
      uint8_t padded[kBlock] = {};
      std::memcpy(padded, key, p.key_size);
      update(padded, kBlock);
    }
  }

  void update(const uint8_t* data, size_t size) {
    while (size > 0) {
      if (used_ == kBlock) {  // a full block is compressed only when more follows: the last one is special
        count(kBlock);
        compress(buffer_, false);
        used_ = 0;
      }
      if (used_ == 0) {
        while (size > kBlock) {
          count(kBlock);
          compress(data, false);
          data += kBlock;
          size -= kBlock;
        }
      }
      size_t n = kBlock - used_ < size ? kBlock - used_ : size;
      std::memcpy(buffer_ + used_, data, n);
      used_ += n;
      data += n;
      size -= n;
    }
  }

  // Of a copy: the state is used up.
  void finish(uint8_t* out) {
    count(used_);
    std::memset(buffer_ + used_, 0, kBlock - used_);
    compress(buffer_, true);
    uint8_t full[kMaxDigest];
    std::memcpy(full, h_, kMaxDigest);
    std::memcpy(out, full, digest_size_);
  }
  size_t digest_size() const { return digest_size_; }

 private:
  void count(size_t n) {
    t_[0] += static_cast<Word>(n);
    if (t_[0] < n) t_[1]++;
  }

  void compress(const uint8_t* block, bool last) {
    static constexpr uint8_t kSigma[10][16] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
        {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
        {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
        {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
        {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};
    Word m[16], v[16];
    std::memcpy(m, block, kBlock);
    for (int i = 0; i < 8; i++) {
      v[i] = h_[i];
      v[i + 8] = V::kIv[i];
    }
    v[12] ^= t_[0];
    v[13] ^= t_[1];
    if (last) {
      v[14] = ~v[14];
      if (last_node_) v[15] = ~v[15];
    }
    auto mix = [&](int a, int b, int c, int d, Word x, Word y) {
      v[a] += v[b] + x;
      v[d] = std::rotr(v[d] ^ v[a], V::kRotations[0]);
      v[c] += v[d];
      v[b] = std::rotr(v[b] ^ v[c], V::kRotations[1]);
      v[a] += v[b] + y;
      v[d] = std::rotr(v[d] ^ v[a], V::kRotations[2]);
      v[c] += v[d];
      v[b] = std::rotr(v[b] ^ v[c], V::kRotations[3]);
    };
    for (int r = 0; r < V::kRounds; r++) {
      const uint8_t* s = kSigma[r % 10];
      mix(0, 4, 8, 12, m[s[0]], m[s[1]]);
      mix(1, 5, 9, 13, m[s[2]], m[s[3]]);
      mix(2, 6, 10, 14, m[s[4]], m[s[5]]);
      mix(3, 7, 11, 15, m[s[6]], m[s[7]]);
      mix(0, 5, 10, 15, m[s[8]], m[s[9]]);
      mix(1, 6, 11, 12, m[s[10]], m[s[11]]);
      mix(2, 7, 8, 13, m[s[12]], m[s[13]]);
      mix(3, 4, 9, 14, m[s[14]], m[s[15]]);
    }
    for (int i = 0; i < 8; i++) h_[i] ^= v[i] ^ v[i + 8];
  }

  Word h_[8] = {};
  Word t_[2] = {};
  uint8_t buffer_[kBlock] = {};
  size_t used_ = 0;
  size_t digest_size_ = 0;
  bool last_node_ = false;
};

}  // namespace orochi::blake2_module
