// Result<X>: an X, or "raised" (the exception is on the Mutator). Lookup<T>: found, absent, or raised.
// Invariant: raised() if and only if an exception is pending on the calling thread.
#pragma once

#include "heap/object.h"

namespace orochi {

struct Raised {};  // what raise() returns; converts to any Result or Lookup
struct Absent {};
inline constexpr Absent kAbsent{};

template <typename X>
class [[nodiscard]] Result {
 public:
  Result(Raised) : value_{}, ok_(false) {}
  Result(X value) : value_(std::move(value)), ok_(true) {}
  bool raised() const { return !ok_; }
  X& operator*() { return value_; }
  X take() { return std::move(value_); }

 private:
  X value_;
  bool ok_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() : ok_(true) {}
  Result(Raised) : ok_(false) {}
  bool raised() const { return !ok_; }
  void take() {}

 private:
  bool ok_;
};
inline Result<void> ok() { return {}; }

// One word: the empty Local means raised.
template <typename T>
class [[clang::trivial_abi, nodiscard]] Result<Local<T>> {
 public:
  Result(Raised) {}
  Result(Local<T> value) : value_(std::move(value)) { DCHECK(value_); }
  template <typename U>
    requires(!std::is_same_v<U, T> && kConvertsTo<U, T>)
  Result(Local<U> value) : value_(std::move(value)) {}
  template <typename U>
    requires(!std::is_same_v<U, T> && kConvertsTo<U, T>)
  Result(Result<Local<U>> other) : value_(Local<T>::adopt(other.release())) {}
  // An immediate constant or number.
  Result(Value v)
    requires(kIsAny<T>)
      : value_(Local<T>::immediate(v)) {}
  static Result adopt(Value owned_or_empty) {
    Result r{Raised{}};
    r.value_ = Local<T>::adopt(owned_or_empty);
    return r;
  }
  bool raised() const { return !value_; }
  Local<T>& operator*() { return value_; }
  Local<T>* operator->() { return &value_; }
  Local<T> take() { return std::move(value_); }
  [[nodiscard]] Value release() { return value_.release(); }

 private:
  Local<T> value_;
};

// found() => take(); absent() => nothing there, no exception; raised() => exception pending. One word.
template <typename T = Any>
class [[clang::trivial_abi, nodiscard]] Lookup {
 public:
  Lookup(Raised) {}
  Lookup(Absent) : value_(Local<T>::adopt(kAbsentWord)) {}
  Lookup(Local<T> value) : value_(std::move(value)) {}
  template <typename U>
    requires(!std::is_same_v<U, T> && kConvertsTo<U, T>)
  Lookup(Local<U> value) : value_(std::move(value)) {}
  template <typename U>
    requires(kConvertsTo<U, T>)
  Lookup(Result<Local<U>> result) : value_(Local<T>::adopt(result.release())) {}
  Lookup(Value v)
    requires(kIsAny<T>)
      : value_(Local<T>::immediate(v)) {}
  static Lookup adopt(Value word) {
    Lookup l{Raised{}};
    l.value_ = Local<T>::adopt(word);
    return l;
  }
  bool raised() const { return !value_; }
  bool absent() const { return value_.value() == kAbsentWord; }
  bool found() const { return value_.value().bits != 0 && value_.value() != kAbsentWord; }
  Local<T>& operator*() { return value_; }
  Local<T> take() { return std::move(value_); }
  [[nodiscard]] Value release() { return value_.release(); }

 private:
  Local<T> value_;
};

// Unwraps a Result, or returns Raised from the enclosing function. On a Lookup: what it yields may be absent, so use
// raised()/found() instead.
#define TRY(...)                                                      \
  ({                                                                  \
    auto try_result_ = (__VA_ARGS__);                                 \
    if (try_result_.raised()) [[unlikely]] return ::orochi::Raised{}; \
    try_result_.take();                                               \
  })

}  // namespace orochi
