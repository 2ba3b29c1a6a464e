// Arena: a bump allocator whose memory is freed all at once. Objects in it are never destroyed one by one, so only
// trivially destructible types may live here. Not thread safe: one arena belongs to one thread at a time.
// Memory handed out is zeroed: a node's unset fields read as "none", "0" or the empty list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/compiler.h"

namespace orochi {

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  Arena(Arena&& other) noexcept { swap(other); }
  Arena& operator=(Arena&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Arena() {
    for (Chunk* chunk = chunks_; chunk != nullptr;) {
      Chunk* next = chunk->next;
      std::free(chunk);
      chunk = next;
    }
  }

  void swap(Arena& other) noexcept {
    std::swap(chunks_, other.chunks_);
    std::swap(cursor_, other.cursor_);
    std::swap(limit_, other.limit_);
    std::swap(next_chunk_, other.next_chunk_);
  }

  // Zeroed memory of `size` bytes; align is a power of two of at most 16.
  OROCHI_INLINE void* allocate(size_t size, size_t align = 8) {
    uintptr_t at = (cursor_ + (align - 1)) & ~(align - 1);
    if (OROCHI_UNLIKELY(at > limit_ || size > limit_ - at)) return allocate_slow(size);
    cursor_ = at + size;
    return reinterpret_cast<void*>(at);
  }

  template <typename T, typename... Args>
  OROCHI_INLINE T* make(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= 16);
    return new (allocate(sizeof(T), alignof(T))) T{std::forward<Args>(args)...};
  }

  // An array of `count` zeroed elements; nullptr for none.
  template <typename T>
  T* make_array(size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= 16);
    if (count == 0) return nullptr;
    return static_cast<T*>(allocate(sizeof(T) * count, alignof(T)));
  }

  // A copy of `text` that lives as long as the arena; its data() is never null.
  std::string_view copy(std::string_view text) {
    char* to = static_cast<char*>(allocate(text.size() + 1, 1));
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }

 private:
  struct alignas(16) Chunk {
    Chunk* next;
    size_t size;
  };

  OROCHI_NOINLINE void* allocate_slow(size_t size) {
    size_t body = (size + 15) & ~size_t{15};
    bool own_chunk = body > next_chunk_ / 4;  // a large block does not end the current chunk
    size_t want = own_chunk ? body : next_chunk_;
    auto* chunk = static_cast<Chunk*>(std::calloc(1, sizeof(Chunk) + want));
    CHECK(chunk != nullptr);
    chunk->size = want;
    chunk->next = chunks_;
    chunks_ = chunk;
    auto start = reinterpret_cast<uintptr_t>(chunk + 1);
    if (!own_chunk) {
      cursor_ = start + body;
      limit_ = start + want;
      if (next_chunk_ < kMaxChunk) next_chunk_ *= 2;
    }
    return reinterpret_cast<void*>(start);
  }

  static constexpr size_t kFirstChunk = 8 * 1024 - sizeof(Chunk);
  static constexpr size_t kMaxChunk = 512 * 1024;

  Chunk* chunks_ = nullptr;
  uintptr_t cursor_ = 0;
  uintptr_t limit_ = 0;
  size_t next_chunk_ = kFirstChunk;
};

}  // namespace orochi
