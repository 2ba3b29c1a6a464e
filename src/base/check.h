// Assertions. CHECK holds in every build, DCHECK in debug and sanitizer builds, PARANOID_CHECK in the paranoid build.
// They state invariants of the runtime: nothing a Python program does may trip one.
#pragma once

namespace orochi {
[[noreturn, gnu::cold]] void check_failed(const char* file, int line, const char* condition);
}

#define CHECK(condition)                                                              \
  do {                                                                                \
    if (!(condition)) [[unlikely]] ::orochi::check_failed(__FILE__, __LINE__, #condition); \
  } while (false)

#if OROCHI_DEBUG_CHECKS
#define DCHECK(condition) CHECK(condition)
#else
#define DCHECK(condition)            \
  do {                               \
    if (false) (void)(condition);    \
  } while (false)
#endif

#if OROCHI_PARANOID
#define PARANOID_CHECK(condition) CHECK(condition)
#else
#define PARANOID_CHECK(condition)    \
  do {                               \
    if (false) (void)(condition);    \
  } while (false)
#endif

#define OROCHI_UNREACHABLE() ::orochi::check_failed(__FILE__, __LINE__, "unreachable")
