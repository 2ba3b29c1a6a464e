// Names for what the compiler can be told: inlining, tail calls, thread-safety analysis.
#pragma once

#define OROCHI_INLINE __attribute__((always_inline)) inline
#define OROCHI_NOINLINE __attribute__((noinline))
#define OROCHI_COLD __attribute__((cold, noinline))
#define OROCHI_LIKELY(x) __builtin_expect(!!(x), 1)
#define OROCHI_UNLIKELY(x) __builtin_expect(!!(x), 0)

#define CAPABILITY(x) __attribute__((capability(x)))
#define SCOPED_CAPABILITY __attribute__((scoped_lockable))
#define GUARDED_BY(x) __attribute__((guarded_by(x)))
#define REQUIRES(...) __attribute__((requires_capability(__VA_ARGS__)))
#define ACQUIRE(...) __attribute__((acquire_capability(__VA_ARGS__)))
#define RELEASE(...) __attribute__((release_capability(__VA_ARGS__)))
#define TRY_ACQUIRE(...) __attribute__((try_acquire_capability(__VA_ARGS__)))
#define NO_THREAD_SAFETY_ANALYSIS __attribute__((no_thread_safety_analysis))

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OROCHI_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define OROCHI_TSAN 1
#endif
#endif
