// The 16-byte header of every heap object, biased reference counts, and the types that carry the counting rule:
// Borrowed (counts nothing), Local (native stack) and Field (inside heap objects). See docs/design/lifetime.md.
//
//   word 0   shape:32 | lock:8 | gc:8 | aux:16           aux belongs to the concrete type
//   word 1   owner:16 | local:16 | shared:32
//
// The owner thread counts in `local` without atomics; every other thread counts in `shared` atomically, and has set
// kSharedMark there before it holds its first reference. So:
//   * no mark in `shared`  =>  only the owner holds references  =>  local == 0 means dead, no atomics needed;
//   * marked               =>  the last reference is found by an atomic merge (release_slow).
// (Choi, Shull, Torrellas, "Biased Reference Counting", 2018; PEP 703.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "heap/shape.h"
#include "heap/value.h"

namespace orochi {

class Mutator;

struct alignas(16) Object {
  uint32_t shape_word;
  uint8_t lock_byte;
  uint8_t gc_byte;
  uint16_t aux;
  uint16_t owner;
  uint16_t local_count;
  uint32_t shared_word;

  OROCHI_INLINE Shape* shape() const { return Shape::of_word(__atomic_load_n(&shape_word, __ATOMIC_RELAXED)); }
  OROCHI_INLINE Type* type() const { return shape()->type; }
  OROCHI_INLINE bool has(uint32_t shape_flags) const { return shape()->load_flags() & shape_flags; }
};
static_assert(sizeof(Object) == 16);

inline constexpr uint16_t kOwnerNone = 0;          // merged: all counts are in shared_word
inline constexpr uint16_t kOwnerMaxSlot = 0xfff0;  // thread slots are 1..kOwnerMaxSlot
inline constexpr uint16_t kOwnerSpread = 0xfffc;   // counted in per-thread tables: many threads use it all the time
inline constexpr uint16_t kOwnerDead = 0xfffd;     // freed block
inline constexpr uint16_t kOwnerDeferred = 0xfffe; // never counted; the collector frees it
inline constexpr uint16_t kOwnerImmortal = 0xffff;

// shared_word: bit 0 mark, bit 1 queued for merging, bit 2 merged (the owner is kOwnerNone), bits 3..31 signed count.
inline constexpr uint32_t kSharedMark = 1;
inline constexpr uint32_t kSharedQueued = 2;
inline constexpr uint32_t kSharedMerged = 4;
inline constexpr uint32_t kSharedOne = 8;

// The slot id of the running thread; 0 before a thread is attached. Written by attach/detach only.
extern thread_local constinit uint32_t tls_slot_id;
extern thread_local constinit Mutator* tls_mutator;

// True once a second thread has started (and until only one is left): then locks and shared reads are real.
// Written while single-threaded or the world is stopped.
extern uint32_t multi_threaded_flag;
OROCHI_INLINE bool multi_threaded() { return __atomic_load_n(&multi_threaded_flag, __ATOMIC_RELAXED); }

// Out-of-line parts, in counts.cpp. retain_slow needs the object alive for the duration of the call.
void retain_slow(Object* object);
void release_slow(Object* object);  // not the owner, or merged, deferred, immortal
void release_last(Object* object);  // the owner's local count became zero

OROCHI_INLINE void retain_object(Object* object, uint32_t slot_id) {
  uint32_t* word = reinterpret_cast<uint32_t*>(&object->owner);
  uint32_t counts = __atomic_load_n(word, __ATOMIC_RELAXED);
  uint32_t next;
  if (OROCHI_LIKELY((counts & 0xffff) == slot_id) && OROCHI_LIKELY(!__builtin_add_overflow(counts, 0x10000u, &next))) {
    __atomic_store_n(word, next, __ATOMIC_RELAXED);
    return;
  }
  retain_slow(object);
}

OROCHI_INLINE void release_object(Object* object, uint32_t slot_id) {
  uint32_t* word = reinterpret_cast<uint32_t*>(&object->owner);
  uint32_t counts = __atomic_load_n(word, __ATOMIC_RELAXED);
  if (OROCHI_LIKELY((counts & 0xffff) == slot_id)) {
    DCHECK(counts >> 16);
    counts -= 0x10000u;
    __atomic_store_n(word, counts, __ATOMIC_RELAXED);
    if (OROCHI_UNLIKELY(counts < 0x10000u)) release_last(object);
    return;
  }
  release_slow(object);
}

OROCHI_INLINE void retain(Value v, uint32_t slot_id) {
  if (v.is_heap()) retain_object(v.as_object(), slot_id);
}
OROCHI_INLINE void release(Value v, uint32_t slot_id) {
  if (v.is_heap()) release_object(v.as_object(), slot_id);
}
OROCHI_INLINE void retain(Value v) {
  if (v.is_heap()) retain_object(v.as_object(), tls_slot_id);
}
OROCHI_INLINE void release(Value v) {
  if (v.is_heap()) release_object(v.as_object(), tls_slot_id);
}

struct Any;  // tag: any value, immediate or heap

template <typename T>
inline constexpr bool kIsAny = std::is_same_v<T, Any>;
template <typename T, typename U>
inline constexpr bool kConvertsTo = kIsAny<U> || std::is_base_of_v<U, T>;

// A value that someone below us on the stack keeps alive. Counts nothing; only goes down the stack.
template <typename T = Any>
class Borrowed {
 public:
  constexpr Borrowed() = default;
  explicit(!kIsAny<T>) constexpr Borrowed(Value v) : value_(v) {}
  Borrowed(const T* object)
    requires(!kIsAny<T>)
      : value_(reinterpret_cast<uint64_t>(object)) {}
  Borrowed(const Object* object)
    requires(kIsAny<T>)
      : value_(object) {}
  template <typename U>
    requires(!std::is_same_v<U, T> && kConvertsTo<U, T>)
  Borrowed(Borrowed<U> other) : value_(other.value()) {}

  constexpr Value value() const { return value_; }
  constexpr operator Value() const { return value_; }
  explicit constexpr operator bool() const { return value_.bits != 0; }
  T* get() const
    requires(!kIsAny<T>)
  {
    return reinterpret_cast<T*>(value_.bits);
  }
  T* operator->() const
    requires(!kIsAny<T>)
  {
    return get();
  }
  // The caller has checked the type.
  template <typename U>
  Borrowed<U> as() const {
    return Borrowed<U>(value_);
  }
  bool is(Value other) const { return value_ == other; }

 private:
  Value value_;
};

// Keeps its value alive; lives on the native stack only; move-only; one register.
template <typename T = Any>
class [[clang::trivial_abi, nodiscard]] Local {
 public:
  constexpr Local() = default;
  Local(const Local&) = delete;
  Local& operator=(const Local&) = delete;
  OROCHI_INLINE Local(Local&& other) noexcept : value_(other.value_) { other.value_ = Value(); }
  template <typename U>
    requires(!std::is_same_v<U, T> && kConvertsTo<U, T>)
  OROCHI_INLINE Local(Local<U>&& other) noexcept : value_(other.release()) {}
  Local& operator=(Local&& other) noexcept {
    Value old = value_;
    value_ = other.value_;
    other.value_ = Value();
    orochi::release(old);
    return *this;
  }
  ~Local() { orochi::release(value_); }

  // Takes over a reference the caller owns (or an immediate, or empty).
  static Local adopt(Value v) {
    Local l;
    l.value_ = v;
    return l;
  }
  static Local adopt(T* object)
    requires(!kIsAny<T>)
  {
    return adopt(Value(reinterpret_cast<uint64_t>(object)));
  }
  // Makes a new reference.
  static Local share(Value v) {
    retain(v);
    return adopt(v);
  }
  template <typename U>
    requires(kConvertsTo<U, T> || std::is_same_v<U, T>)
  static Local share(Borrowed<U> b) {
    return share(b.value());
  }
  static Local share(T* object)
    requires(!kIsAny<T>)
  {
    return share(Value(reinterpret_cast<uint64_t>(object)));
  }
  // An immediate needs no counting.
  static Local immediate(Value v) {
    DCHECK(v.is_immediate());
    return adopt(v);
  }

  Value value() const { return value_; }
  explicit operator bool() const { return value_.bits != 0; }
  Borrowed<T> borrow() const { return Borrowed<T>(value_); }
  operator Borrowed<T>() const { return Borrowed<T>(value_); }
  template <typename U>
    requires(!std::is_same_v<U, T> && kConvertsTo<T, U>)
  operator Borrowed<U>() const {
    return Borrowed<U>(value_);
  }
  T* get() const
    requires(!kIsAny<T>)
  {
    return reinterpret_cast<T*>(value_.bits);
  }
  T* operator->() const
    requires(!kIsAny<T>)
  {
    return get();
  }
  // Gives the reference to the caller.
  [[nodiscard]] Value release() {
    Value v = value_;
    value_ = Value();
    return v;
  }
  template <typename U>
  Local<U> as() && {
    return Local<U>::adopt(release());
  }
  Local dup() const { return share(value_); }
  bool is(Value other) const { return value_ == other; }

 private:
  Value value_;
};

inline Local<> immediate(Value v) { return Local<>::immediate(v); }

// Lock-free read of a slot that other threads may overwrite: an owned value that was in the slot at one moment of the
// call. `holder` is the object whose lock the slot's writers take, or null if all of them use an atomic exchange (see
// docs/design/heap.md, "securing"). Never blocks.
Value load_slot_shared(const Value* slot, Object* holder);

OROCHI_INLINE Value load_slot(const Value* slot, Object* holder) {
  if (OROCHI_LIKELY(!multi_threaded())) {
    Value v = *slot;
    retain(v);
    return v;
  }
  return load_slot_shared(slot, holder);
}

// An owning slot inside a heap object: always counted, visited by the layout's trace function. Any thread may use
// load and exchange at any time; init only before publication; borrow only under the stated conditions.
template <typename T = Any>
class Field {
 public:
  constexpr Field() = default;
  explicit constexpr Field(Value v) : value_(v) {}
  Field(const Field&) = delete;
  Field& operator=(const Field&) = delete;

  void init(Local<T>&& l) { value_ = l.release(); }
  void init_share(Borrowed<T> b) {
    retain(b.value());
    value_ = b.value();
  }

  // What it holds, without counting. Only where nothing can overwrite it meanwhile: the holder is immutable, or its
  // lock is held and the result is used up before unlocking, or only this thread can reach the holder.
  Borrowed<T> borrow() const { return Borrowed<T>(raw()); }
  Value raw() const { return Value(__atomic_load_n(&value_.bits, __ATOMIC_ACQUIRE)); }  // pairs with exchange
  bool is_empty() const { return raw().is_empty(); }

  // Safe against concurrent writers. May return empty.
  Local<T> load(const Object* holder) const {
    return Local<T>::adopt(load_slot(&value_, const_cast<Object*>(holder)));
  }

  // Overwrites; the old value comes back and is dropped by the caller.
  Local<T> exchange(Local<T>&& l) {
    Value fresh = l.release();
    if (!multi_threaded()) {
      Value old = value_;
      value_ = fresh;
      return Local<T>::adopt(old);
    }
    return Local<T>::adopt(Value(__atomic_exchange_n(&value_.bits, fresh.bits, __ATOMIC_SEQ_CST)));
  }
  void set(Local<T>&& l) { (void)exchange(std::move(l)); }
  void set_share(Borrowed<T> b) { (void)exchange(Local<T>::share(b)); }
  Local<T> take() { return exchange(Local<T>()); }

  Value* slot() { return &value_; }
  const Value* slot() const { return &value_; }

 private:
  Value value_;
};
static_assert(sizeof(Field<>) == 8);

}  // namespace orochi
