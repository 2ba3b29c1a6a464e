// Shared by the bigint files only: the check before GMP allocates, and mpz_t handles for the few operations that GMP
// offers only there (modular power, inverse, gcd, factorial, binomials).
#pragma once

#include "numeric/bigint.h"

namespace orochi {

// Whether malloc can give this much now. GMP aborts when its scratch allocation fails; we ask first.
bool scratch_available(size_t limbs);

struct Mpz {
  mpz_t z;
  Mpz() { mpz_init(z); }
  ~Mpz() { mpz_clear(z); }
  Mpz(const Mpz&) = delete;
  Mpz& operator=(const Mpz&) = delete;
  [[nodiscard]] BigStatus copy_to(BigBuf& out) const {
    size_t size = mpz_size(z);
    if (size > kMaxLimbs) return BigStatus::TooLarge;
    return out.assign({mpz_limbs_read(z), static_cast<uint32_t>(size), mpz_sgn(z) < 0});
  }
};

// A view as an mpz_t that GMP only reads; owns nothing.
struct ReadOnlyMpz {
  mpz_t z;
  explicit ReadOnlyMpz(BigView a) {
    mp_size_t size = a.size;
    mpz_roinit_n(z, a.limbs, a.negative ? -size : size);
  }
};

}  // namespace orochi
