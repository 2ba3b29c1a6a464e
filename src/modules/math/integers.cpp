// math: functions of integers.
#include "modules/math/math_module.h"
#include "objects/int_big.h"

namespace orochi::math_module {


Result<Local<>> math_comb(Thread& t, Borrowed<> n_arg, Borrowed<> k_arg) {
  Local<> n = TRY(index_of(t, n_arg));
  Local<> k = TRY(index_of(t, k_arg));
  if (int_sign(n.value()) < 0) return raise(t, types::ValueError, "n must be a non-negative integer");
  if (int_sign(k.value()) < 0) return raise(t, types::ValueError, "k must be a non-negative integer");
  if (int_compare(k.value(), n.value()) > 0) return Value::fixnum(0);
  Local<> other = TRY(int_subtract(t, n.value(), k.value()));
  if (int_compare(other.value(), k.value()) < 0) k = std::move(other);
  int64_t small;
  if (!int_as_int64(k.value(), &small)) {
    return raise(t, types::OverflowError, "min(n - k, k) must not exceed {}", INT64_MAX);
  }
  BigBuf out;
  BigStatus status = big_comb(IntView(n.value()), static_cast<uint64_t>(small), out);
  return int_result(t, status, out);
}

Result<Local<>> math_perm(Thread& t, Borrowed<> n_arg, Borrowed<> k_arg) {
  if (k_arg.value() == kNone) return math_factorial(t, n_arg);
  Local<> n = TRY(index_of(t, n_arg));
  Local<> k = TRY(index_of(t, k_arg));
  if (int_sign(n.value()) < 0) return raise(t, types::ValueError, "n must be a non-negative integer");
  if (int_sign(k.value()) < 0) return raise(t, types::ValueError, "k must be a non-negative integer");
  if (int_compare(k.value(), n.value()) > 0) return Value::fixnum(0);
  int64_t small;
  if (!int_as_int64(k.value(), &small)) return raise(t, types::OverflowError, "k must not exceed {}", INT64_MAX);
  BigBuf out;
  BigStatus status = big_perm(IntView(n.value()), static_cast<uint64_t>(small), out);
  return int_result(t, status, out);
}

Result<Local<>> math_factorial(Thread& t, Borrowed<> n_arg) {
  Local<> n = TRY(index_of(t, n_arg));
  if (int_sign(n.value()) < 0) {
    return raise(t, types::ValueError, "factorial() not defined for negative values");
  }
  int64_t small;
  if (!int_as_int64(n.value(), &small)) {
    return raise(t, types::OverflowError, "factorial() argument should not exceed {}", INT64_MAX);
  }
  BigBuf out;
  BigStatus status = big_factorial(static_cast<uint64_t>(small), out);
  return int_result(t, status, out);
}

template <auto Kernel>
static Result<Local<>> fold(Thread& t, Rest integers, int64_t start) {
  BigBuf result;
  result.set_int64(start);
  for (size_t i = 0; i < integers.count; i++) {
    Local<> n = TRY(index_of(t, integers[i]));
    BigBuf next;
    BigStatus status = Kernel(result, IntView(n.value()), next);
    if (status != BigStatus::Ok) return raise_big_status(t, status);
    result = std::move(next);
  }
  return int_result(t, BigStatus::Ok, result);
}

Result<Local<>> math_gcd(Thread& t, Rest integers) {
  if (integers.count == 2 && integers[0].value().is_fixnum() && integers[1].value().is_fixnum()) {
    return make_uint(t, gcd_u64(magnitude(integers[0].value().as_fixnum()), magnitude(integers[1].value().as_fixnum())));
  }
  return fold<big_gcd>(t, integers, 0);
}
Result<Local<>> math_lcm(Thread& t, Rest integers) { return fold<big_lcm>(t, integers, 1); }

Result<Local<>> math_isqrt(Thread& t, Borrowed<> n_arg) {
  Local<> n = TRY(index_of(t, n_arg));
  BigBuf out;
  BigStatus status = big_isqrt(IntView(n.value()), out);
  if (status == BigStatus::Negative) return raise(t, types::ValueError, "isqrt() argument must be nonnegative");
  return int_result(t, status, out);
}

}  // namespace orochi::math_module
