// The queue of objects that thread slots use.
#include "heap/thread_slot.h"

#include <cstring>
#include <utility>

namespace orochi {

bool ObjectQueue::push(Object* object) {
  if (end_ == capacity_) {
    if (begin_ > capacity_ / 2) {
      std::memmove(items_, items_ + begin_, (end_ - begin_) * sizeof(Object*));
      end_ -= begin_;
      begin_ = 0;
    } else {
      size_t capacity = capacity_ == 0 ? 32 : capacity_ * 2;
      auto* items = static_cast<Object**>(reallocate_raw(items_, capacity * sizeof(Object*)));
      if (items == nullptr) return false;
      items_ = items;
      capacity_ = capacity;
    }
  }
  items_[end_++] = object;
  return true;
}

Object* ObjectQueue::pop() {
  if (begin_ == end_) return nullptr;
  Object* object = items_[begin_++];
  if (begin_ == end_) begin_ = end_ = 0;
  return object;
}

void ObjectQueue::swap(ObjectQueue& other) {
  std::swap(items_, other.items_);
  std::swap(begin_, other.begin_);
  std::swap(end_, other.end_);
  std::swap(capacity_, other.capacity_);
}

ObjectQueue::~ObjectQueue() { free_raw(items_); }

}  // namespace orochi
