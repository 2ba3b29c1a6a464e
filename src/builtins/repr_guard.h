// Stops the repr of an object that contains itself: while one is being made on this thread, a nested attempt shows "...".
//
//   ReprGuard guard(self);
//   if (guard.recursive()) return make_str(t, "[...]");
#pragma once

#include "heap/object.h"

namespace orochi {

class ReprGuard {
 public:
  explicit ReprGuard(Borrowed<> object);
  ~ReprGuard();
  ReprGuard(const ReprGuard&) = delete;
  ReprGuard& operator=(const ReprGuard&) = delete;
  bool recursive() const { return recursive_; }

 private:
  Value object_;
  ReprGuard* previous_;
  bool recursive_;
};

}  // namespace orochi
