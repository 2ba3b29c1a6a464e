// The _random module: the Mersenne Twister as an object. Each draw happens under the object's lock, so threads that
// share one generator share one sequence.
#include <new>

#include <sys/random.h>

#include "numeric/random_mt.h"
#include "objects/int_big.h"
#include "objects/tuple.h"
#include "platform/clock.h"
#include "protocols/native.h"

namespace orochi {

namespace random_module {
struct Random : Object {
  static Type& python_type();
  MersenneTwister state;   // under the lock
  uint32_t padding;
};
}  // namespace random_module

OROCHI_MODULE_TYPE(Random)

namespace random_module {

Type& Random::python_type() { return types::Random; }

namespace {

static_assert(sizeof(Random) % 8 == 0);
constexpr Layout kRandomLayout = layout_of<Random>("Random");

Result<void> seed(Thread& t, Borrowed<Random> self, Borrowed<> n) {
  if (!n || n.value() == kNone) {
    uint32_t words[MersenneTwister::kSize];
    ssize_t got = getrandom(words, sizeof words, GRND_NONBLOCK);
    if (got != static_cast<ssize_t>(sizeof words)) {
      uint64_t clocks[] = {static_cast<uint64_t>(platform::realtime_ns()),
                           static_cast<uint64_t>(platform::monotonic_ns()), reinterpret_cast<uint64_t>(self.get())};
      for (size_t i = 0; i < std::size(words); i++) words[i] ^= static_cast<uint32_t>(clocks[i % 3] >> (i % 32));
    }
    ObjectLock lock(t, self.get());
    self->state.seed(std::span<const uint32_t>(words));
    return ok();
  }
  BigStatus status;
  if (is_int(n)) {
    IntView view(n);
    ObjectLock lock(t, self.get());
    status = self->state.seed(view);
  } else {
    auto h = static_cast<uint64_t>(TRY(hash_of(t, n)));
    SmallBig value = SmallBig::of_unsigned(h);
    ObjectLock lock(t, self.get());
    status = self->state.seed(value);
  }
  if (status != BigStatus::Ok) return raise_big_status(t, status);
  return ok();
}

Result<Local<>> random_new(Thread& t, Borrowed<Type> cls, Maybe<Borrowed<>> x) {
  Local<Random> self = TRY(allocate_for<Random>(t, cls));
  new (&self->state) MersenneTwister();
  TRY(seed(t, self, x ? *x : Borrowed<>(kNone)));
  return self;
}
constexpr NativeDef kRandomNew = arguments<random_new>("Random(cls, x=None, /)");

// Subclasses pass their own arguments to __init__ of this type.
Result<Local<>> random_op_new(Thread& t, Borrowed<Type> cls, const CallArgs& args) {
  if (cls.get() == &types::Random) return Result<Local<>>::adopt(invoke_with_first(t, kRandomNew, cls, args));
  const Value* first = args.count ? args.values : nullptr;
  return random_new(t, cls, first ? Maybe<Borrowed<>>{true, first[0]} : Maybe<Borrowed<>>{});
}

double random_random(Mutator&, Borrowed<Random> self) { return self->state.random(); }

Result<Local<>> random_seed(Thread& t, Borrowed<Random> self, Borrowed<> n) {
  TRY(seed(t, self, n));
  return kNone;
}

Result<Local<>> random_getrandbits(Thread& t, Borrowed<Random> self, Borrowed<> k) {
  Local<> count = TRY(index_of(t, k));
  if (int_sign(count.value()) < 0) return raise(t, types::ValueError, "Cannot convert negative int");
  uint64_t bits;
  if (!int_as_uint64(count.value(), &bits)) {
    return raise(t, types::OverflowError, "Python int too large for C uint64_t");
  }
  if (bits <= 64) {
    uint64_t value;
    {
      ObjectLock lock(t, self.get());
      value = self->state.bits64(static_cast<unsigned>(bits));
    }
    return make_uint(t, value);
  }
  BigBuf out;
  BigStatus status;
  {
    ObjectLock lock(t, self.get());
    status = self->state.bits(bits, out);
  }
  if (status == BigStatus::TooLarge) return raise_no_memory(t);
  return int_result(t, status, out);
}

Result<Local<>> random_getstate(Thread& t, Borrowed<Random> self) {
  constexpr size_t n = MersenneTwister::kSize;
  uint32_t words[n];
  uint32_t index;
  {
    ObjectLock lock(t, self.get());
    std::copy(self->state.words().begin(), self->state.words().end(), words);
    index = self->state.index();
  }
  Local<Tuple> result = TRY(make_tuple_uninitialised(t, n + 1));
  for (size_t i = 0; i < n; i++) result->items()[i].init(immediate(Value::fixnum(words[i])));
  result->items()[n].init(immediate(Value::fixnum(index)));
  return result;
}

Result<Local<>> random_setstate(Thread& t, Borrowed<Random> self, Borrowed<> state) {
  constexpr size_t n = MersenneTwister::kSize;
  if (!is_tuple(state)) return raise(t, types::TypeError, "state vector must be a tuple");
  auto items = state.as<Tuple>();
  if (items->length() != n + 1) return raise(t, types::ValueError, "state vector is the wrong size");
  uint32_t words[n];
  for (size_t i = 0; i < n; i++) {
    Value v = items->at(i);
    if (!is_int(v)) return raise(t, types::TypeError, "an integer is required");
    if (int_sign(v) < 0) return raise(t, types::OverflowError, "can't convert negative value to unsigned int");
    uint64_t word;
    if (!int_as_uint64(v, &word)) {
      return raise(t, types::OverflowError, "Python int too large to convert to C unsigned long");
    }
    words[i] = static_cast<uint32_t>(word);
  }
  int64_t index = TRY(to_int64(t, items->at(n)));
  if (index < 0 || index > static_cast<int64_t>(n)) return raise(t, types::ValueError, "invalid state");
  ObjectLock lock(t, self.get());
  std::copy(words, words + n, self->state.words().begin());
  self->state.set_index(static_cast<uint32_t>(index));
  return kNone;
}

constexpr NativeDef kMethods[] = {
    method<random_random>("random(self, /)", "random() -> x in the interval [0, 1).", Locks::Self),
    method<random_seed>("seed(self, n=None, /)", "Start a sequence that depends on n, or a random one."),
    method<random_getstate>("getstate(self, /)", "A tuple that setstate() takes."),
    method<random_setstate>("setstate(self, state, /)", "Restore what getstate() gave."),
    method<random_getrandbits>("getrandbits(self, k, /)", "An int with k random bits."),
};

const TypeDef kRandomDef = {
    .name = "_random.Random",
    .signature = "(x=None, /)",
    .doc = "Random() -> create a random number generator with its own internal state.",
    .layout = &kRandomLayout,
    .flags = kTypeSubclassable,
    OROCHI_METHODS(kMethods),
    .slots = {.new_ = random_op_new},
};

Result<void> init(Thread& t, Borrowed<Module> module) { return module_add_type(t, module, types::Random, kRandomDef); }

constinit const ModuleDef kModuleDef{"_random", "The Mersenne Twister.", nullptr, 0, init};
[[gnu::section("orochi_modules"), gnu::used, gnu::retain]] constinit const ModuleDef* const kModulePointer = &kModuleDef;

}  // namespace

}  // namespace random_module

}  // namespace orochi
