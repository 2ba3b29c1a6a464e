// tuple: immutable, items inline. Items may be set by the maker before publication only.
#pragma once

#include <initializer_list>

#include "objects/type.h"

namespace orochi {

struct Tuple : Object {
  static constexpr uint32_t kShapeFlag = kShapeIsTuple;
  static Type& python_type() { return types::Tuple; }
  uint64_t length_;
  int64_t hash_cache;  // 0 = unknown; atomic relaxed
  // then: length Fields
  size_t length() const { return length_; }
  Field<>* items() { return reinterpret_cast<Field<>*>(this + 1); }
  const Field<>* items() const { return reinterpret_cast<const Field<>*>(this + 1); }
  const Value* values() const { return reinterpret_cast<const Value*>(this + 1); }
  Borrowed<> at(size_t i) const {
    DCHECK(i < length_);
    return values()[i];
  }
};
static_assert(sizeof(Tuple) == 32);

Borrowed<Tuple> empty_tuple();
Result<Local<Tuple>> make_tuple_uninitialised(Mutator& m, size_t length);  // items empty; length 0 gives empty_tuple
Result<Local<Tuple>> make_tuple(Mutator& m, const Value* items, size_t length);  // shares each
Result<Local<Tuple>> make_tuple(Mutator& m, std::initializer_list<Value> items);  // shares each

}  // namespace orochi
