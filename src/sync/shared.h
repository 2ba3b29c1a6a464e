// Shared<T>: a field that several threads access at once, with operations named by what they are for.
// Memory order is part of the name, so an access site says which guarantee it relies on (STYLE section 9).
// For plain words (an object's header) the same operations exist as free functions on pointers.
#pragma once

#include <cstdint>
#include <type_traits>

#include "base/compiler.h"

namespace orochi {

template <class T>
OROCHI_INLINE T load_relaxed(const T* p) {
  return __atomic_load_n(p, __ATOMIC_RELAXED);
}
template <class T>
OROCHI_INLINE T load_acquire(const T* p) {
  return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}
template <class T>
OROCHI_INLINE T load_seq_cst(const T* p) {
  return __atomic_load_n(p, __ATOMIC_SEQ_CST);
}
template <class T>
OROCHI_INLINE void store_relaxed(T* p, std::type_identity_t<T> value) {
  __atomic_store_n(p, value, __ATOMIC_RELAXED);
}
template <class T>
OROCHI_INLINE void publish_release(T* p, std::type_identity_t<T> value) {
  __atomic_store_n(p, value, __ATOMIC_RELEASE);
}
template <class T>
OROCHI_INLINE void store_seq_cst(T* p, std::type_identity_t<T> value) {
  __atomic_store_n(p, value, __ATOMIC_SEQ_CST);
}
template <class T>
OROCHI_INLINE T exchange_acq_rel(T* p, std::type_identity_t<T> value) {
  return __atomic_exchange_n(p, value, __ATOMIC_ACQ_REL);
}
// Strong compare and swap, acquire-release; `expected` receives what was there when it fails.
template <class T>
OROCHI_INLINE bool claim(T* p, T& expected, std::type_identity_t<T> desired) {
  return __atomic_compare_exchange_n(p, &expected, desired, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}
template <class T>
OROCHI_INLINE bool claim_relaxed(T* p, T& expected, std::type_identity_t<T> desired) {
  return __atomic_compare_exchange_n(p, &expected, desired, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}
template <class T>
OROCHI_INLINE bool claim_seq_cst(T* p, T& expected, std::type_identity_t<T> desired) {
  return __atomic_compare_exchange_n(p, &expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

// A full fence between this thread's earlier and later accesses. (A read-modify-write rather than a fence instruction
// under ThreadSanitizer, which does not follow fences.)
OROCHI_INLINE void fence_seq_cst() {
#if OROCHI_TSAN
  static unsigned word;
  __atomic_fetch_add(&word, 0u, __ATOMIC_SEQ_CST);
#else
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

// Inside a spin loop.
OROCHI_INLINE void spin_pause() { __builtin_ia32_pause(); }

template <class T>
class Shared {
 public:
  constexpr Shared() = default;
  constexpr explicit Shared(T value) : value_(value) {}
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  T load_relaxed() const { return orochi::load_relaxed(&value_); }
  T load_acquire() const { return orochi::load_acquire(&value_); }
  T load_seq_cst() const { return orochi::load_seq_cst(&value_); }
  void store_relaxed(T value) { orochi::store_relaxed(&value_, value); }
  void publish_release(T value) { orochi::publish_release(&value_, value); }
  void store_seq_cst(T value) { orochi::store_seq_cst(&value_, value); }
  T exchange_acq_rel(T value) { return orochi::exchange_acq_rel(&value_, value); }
  bool claim(T& expected, T desired) { return orochi::claim(&value_, expected, desired); }
  bool claim_relaxed(T& expected, T desired) { return orochi::claim_relaxed(&value_, expected, desired); }
  bool claim_seq_cst(T& expected, T desired) { return orochi::claim_seq_cst(&value_, expected, desired); }

  // Counters and bit sets; all return the value before.
  T count_relaxed(T delta) { return __atomic_fetch_add(&value_, delta, __ATOMIC_RELAXED); }
  T count_acq_rel(T delta) { return __atomic_fetch_add(&value_, delta, __ATOMIC_ACQ_REL); }
  T count_seq_cst(T delta) { return __atomic_fetch_add(&value_, delta, __ATOMIC_SEQ_CST); }
  T set_bits(T bits) { return __atomic_fetch_or(&value_, bits, __ATOMIC_ACQ_REL); }
  T set_bits_seq_cst(T bits) { return __atomic_fetch_or(&value_, bits, __ATOMIC_SEQ_CST); }
  T clear_bits(T bits) { return __atomic_fetch_and(&value_, static_cast<T>(~bits), __ATOMIC_ACQ_REL); }

  // For single-threaded phases (start-up, after fork) and for futexes.
  T* address() { return &value_; }
  const T* address() const { return &value_; }

 private:
  T value_{};
};

}  // namespace orochi
