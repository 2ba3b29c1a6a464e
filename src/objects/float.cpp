// Float and Complex objects: the doubles that do not fit a tagged word.
#include "objects/float.h"

#include <cmath>

#include "numeric/float_text.h"
#include "objects/exception.h"

namespace orochi {

extern const Layout kFloatLayout;
constinit const Layout kFloatLayout{"float", sizeof(Float), 0, nullptr, nullptr, nullptr, nullptr};
extern const Layout kComplexLayout;
constinit const Layout kComplexLayout{"complex", sizeof(Complex), 0, nullptr, nullptr, nullptr, nullptr};

Result<Local<>> make_float(Mutator& m, double d) {
  Value v;
  if (OROCHI_LIKELY(Value::try_float(d, &v))) return v;
  Local<Float> f = TRY(allocate<Float>(m, types::Float.root_shape));
  f->value = d;
  return f;
}

int64_t float_hash(double d, Value identity) {
  if (std::isnan(d)) {
    auto h = static_cast<int64_t>(identity.bits >> 4 | identity.bits << 60);
    return h == -1 ? -2 : h;
  }
  return hash_double(d);
}

Result<Local<Complex>> make_complex(Mutator& m, double real, double imag) {
  Local<Complex> c = TRY(allocate<Complex>(m, types::Complex.root_shape));
  c->real = real;
  c->imag = imag;
  return c;
}

}  // namespace orochi
