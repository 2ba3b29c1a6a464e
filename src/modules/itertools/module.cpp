// The itertools module.
#include "modules/itertools/itertools_module.h"

namespace orochi::itertools_module {

namespace {

constexpr NativeDef kFunctions[] = {
    function<tee>("tee(iterable, n=2, /)", "Returns a tuple of n independent iterators."),
};

Result<void> init(Thread& t, Borrowed<Module> module) {
  TRY(add_infinite(t, module));
  TRY(add_filters(t, module));
  TRY(add_sequences(t, module));
  TRY(add_groups(t, module));
  return add_combinatoric(t, module);
}

}  // namespace

OROCHI_MODULE(itertools, "Functional tools for creating and using iterators.", kFunctions, init)

}  // namespace orochi::itertools_module
