// math: sums, products and norms over iterables.
#include "modules/math/math_module.h"
#include "numeric/math_functions.h"
#include "objects/tuple.h"

namespace orochi::math_module {

namespace {

// malloc'ed doubles: vectors of the standard library abort without memory.
class Doubles {
 public:
  ~Doubles() {
    if (data_ != inline_) free_raw(data_);
  }
  bool reserve(size_t n) {
    if (n <= std::size(inline_)) return true;
    data_ = static_cast<double*>(allocate_raw(n * sizeof(double)));
    return data_ != nullptr;
  }
  double& operator[](size_t i) { return data_[i]; }
  std::span<const double> span(size_t n) const { return {data_, n}; }

 private:
  double inline_[16];
  double* data_ = inline_;
};

bool is_exact_int(Value v) { return v.is_fixnum() || (v.is_heap() && type_of(v) == &types::Int); }
bool is_plain_int(Value v) { return is_exact_int(v) || v == kTrue || v == kFalse; }
bool is_exact_float(Value v) { return v.is_tagged_float() || (v.is_heap() && type_of(v) == &types::Float); }

}  // namespace

Result<Local<>> math_fsum(Thread& t, Borrowed<> seq) {
  ExactSum sum;
  TRY(for_each(t, seq, [&](Local<> item) -> Result<bool> {
    double d = TRY(to_double(t, item));
    if (sum.add(d) != MathError::None) {
      if (sum.failed()) return raise_no_memory(t);
      return raise(t, types::OverflowError, "intermediate overflow in fsum");
    }
    return true;
  }));
  MathResult r = sum.value();
  if (r.error == MathError::Domain) return raise(t, types::ValueError, "-inf + inf in fsum");
  if (r.error == MathError::Range) return raise(t, types::OverflowError, "intermediate overflow in fsum");
  return make_float(t, r.value);
}

Result<Local<>> math_prod(Thread& t, Borrowed<> iterable, Maybe<Borrowed<>> start) {
  Local<> result = start ? Local<>::share(*start) : immediate(Value::fixnum(1));
  TRY(for_each(t, iterable, [&](Local<> item) -> Result<bool> {
    Value a = result.value(), b = item.value();
    if (is_exact_int(a) && is_exact_int(b)) {
      result = TRY(int_multiply(t, a, b));
    } else if (is_exact_float(a) && is_exact_float(b)) {
      result = TRY(make_float(t, float_value(a) * float_value(b)));
    } else {
      result = TRY(binary_op(t, BinaryOp::Multiply, result, item));
    }
    return true;
  }));
  return result;
}

Result<Local<>> math_sumprod(Thread& t, Borrowed<> p, Borrowed<> q) {
  Local<> ps = TRY(get_iter(t, p));
  Local<> qs = TRY(get_iter(t, q));
  Local<> total = immediate(Value::fixnum(0));
  Local<> int_total = immediate(Value::fixnum(0));
  bool ints = true, int_used = false;       // products of exact ints so far
  bool floats = true, float_used = false;   // then products with floats, in extended precision
  ExactDot dot;
  for (;;) {
    Lookup<> a = iter_next(t, ps);
    if (a.raised()) return Raised{};
    Lookup<> b = iter_next(t, qs);
    if (b.raised()) return Raised{};
    if (a.absent() != b.absent()) return raise(t, types::ValueError, "Inputs are not the same length");
    bool finished = a.absent();
    Local<> x, y;
    if (!finished) {
      x = a.take();
      y = b.take();
    }
    if (ints) {
      if (!finished && is_exact_int(x.value()) && is_exact_int(y.value())) {
        Local<> product = TRY(int_multiply(t, x.value(), y.value()));
        int_total = TRY(int_add(t, int_total.value(), product.value()));
        int_used = true;
        continue;
      }
      ints = false;
      if (int_used) total = TRY(binary_op(t, BinaryOp::Add, total, int_total));
    }
    if (floats) {
      if (!finished) {
        bool fx = is_exact_float(x.value()), fy = is_exact_float(y.value());
        bool ok = (fx && (fy || is_plain_int(y.value()))) || (fy && is_plain_int(x.value()));
        double dx = 0, dy = 0;
        if (ok) {
          bool overflow = false, overflow2 = false;
          dx = fx ? float_value(x.value()) : int_to_double(x.value(), &overflow);
          dy = fy ? float_value(y.value()) : int_to_double(y.value(), &overflow2);
          if (!overflow && !overflow2) {
            dot.add(dx, dy);
            float_used = true;
            continue;
          }
        }
      }
      floats = false;
      if (float_used) {
        Local<> sum = TRY(make_float(t, dot.value()));
        total = TRY(binary_op(t, BinaryOp::Add, total, sum));
      }
    }
    if (finished) return total;
    Local<> product = TRY(binary_op(t, BinaryOp::Multiply, x, y));
    total = TRY(binary_op(t, BinaryOp::Add, total, product));
  }
}

Result<Local<>> math_dist(Thread& t, Borrowed<> p, Borrowed<> q) {
  Local<Tuple> a = TRY(tuple_from(t, p));
  Local<Tuple> b = TRY(tuple_from(t, q));
  size_t n = a->length();
  if (n != b->length()) {
    return raise(t, types::ValueError, "both points must have the same number of dimensions");
  }
  Doubles d;
  if (!d.reserve(n)) return raise_no_memory(t);
  for (size_t i = 0; i < n; i++) {
    double x = TRY(to_double(t, a->at(i)));
    double y = TRY(to_double(t, b->at(i)));
    d[i] = x - y;
  }
  return make_float(t, orochi::math_hypot(d.span(n)));
}

Result<Local<>> math_hypot(Thread& t, Rest coordinates) {
  Doubles d;
  if (!d.reserve(coordinates.count)) return raise_no_memory(t);
  for (size_t i = 0; i < coordinates.count; i++) d[i] = TRY(to_double(t, coordinates[i]));
  return make_float(t, orochi::math_hypot(d.span(coordinates.count)));
}

}  // namespace orochi::math_module
