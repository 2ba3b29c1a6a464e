// A str as the text kernels see it.
#pragma once

#include "base/hash.h"
#include "objects/str.h"
#include "text/view.h"

namespace orochi {

inline text::AnyText text_of(Borrowed<Str> s) {
  return {s->data(), s->length(), static_cast<text::Kind>(1 << s->unit_shift())};
}

// The process's hash key (PYTHONHASHSEED, else random). Set once at start-up.
extern HashKey hash_key;

}  // namespace orochi
