// SipHash-1-3 (Aumasson, Bernstein, SipHash: a fast short-input PRF, 2012): keyed, so that a program's input cannot
// choose its collisions. str, bytes and memoryview hash their bytes with the process's key.
#pragma once

#include <cstddef>
#include <cstdint>

namespace orochi {

struct HashKey {
  uint64_t k0 = 0, k1 = 0;
};

uint64_t siphash13(HashKey key, const void* data, size_t size);

}  // namespace orochi
