// The one place an invariant failure ends the process: say where, then abort so that a core or a debugger sees it.
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace orochi {

void check_failed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "orochi: %s:%d: invariant violated: %s\n", file, line, condition);
  std::abort();
}

}  // namespace orochi
