// Between the files of the math module.
#pragma once

#include "protocols/native.h"

namespace orochi::math_module {

// integers.cpp
Result<Local<>> math_comb(Thread& t, Borrowed<> n, Borrowed<> k);
Result<Local<>> math_perm(Thread& t, Borrowed<> n, Borrowed<> k);
Result<Local<>> math_factorial(Thread& t, Borrowed<> n);
Result<Local<>> math_gcd(Thread& t, Rest integers);
Result<Local<>> math_lcm(Thread& t, Rest integers);
Result<Local<>> math_isqrt(Thread& t, Borrowed<> n);

// sums.cpp
Result<Local<>> math_fsum(Thread& t, Borrowed<> seq);
Result<Local<>> math_prod(Thread& t, Borrowed<> iterable, Maybe<Borrowed<>> start);
Result<Local<>> math_sumprod(Thread& t, Borrowed<> p, Borrowed<> q);
Result<Local<>> math_dist(Thread& t, Borrowed<> p, Borrowed<> q);
Result<Local<>> math_hypot(Thread& t, Rest coordinates);

}  // namespace orochi::math_module
