// The object heap: pages of 64 KiB, one size class and one kind a page, owned by the heap of a thread slot (after
// mimalloc: Leijen, Zorn, de Moura, 2019). Everything lies in one reserved range, so the page of an address is a shift
// and an add.
//
// A block is live or dead, and its header says which (dead: shape_word 0 and owner kOwnerDead). Memory is type-stable:
// a dead block stays readable as a dead header until every thread has passed a quiescent point; only then may its page
// change size class or go back to the system. The free-list link is in bytes 16..23, which is why no block is smaller
// than 32 bytes.
//
//   allocate      pops ThreadHeap::lists[kind][class].head: blocks of that list's current page
//   free_block    own heap, current page: pushes there again (hot memory first); own heap, other page: page->free;
//                 foreign page: page->remote, an atomic list that the owner empties when it needs blocks
//
// A page is Current (its free blocks are in the list), Queued (has free blocks), Full, or Retired (empty; waits for
// QSBR). carved == used + free_count, where blocks in the list and remotely freed ones count as used; see check_heap().
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/compiler.h"
#include "heap/object.h"
#include "sync/shared.h"

namespace orochi {

class ThreadHeap;

inline constexpr size_t kPageShift = 16;
inline constexpr size_t kPageBytes = size_t{1} << kPageShift;
inline constexpr size_t kSmallLimit = 1024;        // classes in steps of 16
inline constexpr size_t kMediumLimit = 16 * 1024;  // four classes for each doubling
inline constexpr size_t kSizeClasses = kSmallLimit / 16 + 1 + 16;
inline constexpr uint16_t kLargeClass = 0xffff;

enum class PageKind : uint8_t { Traced = 0, Leaf = 1 };
inline constexpr size_t kPageKinds = 2;

enum class PageState : uint8_t {
  Free,      // in the pool, or never used
  Current,   // a list of its heap allocates from it
  Queued,    // in its class's queue
  Full,      // in no queue; comes back by a free
  Retired,   // empty, waits for QSBR
  Large,     // first page of a run that holds one block
  Interior,  // another page of such a run
};

// A dead block.
struct FreeBlock {
  uint64_t word0;
  uint64_t word1;
  FreeBlock* next;
  uint64_t rest;
};

struct Page {
  FreeBlock* free;                // owner only
  Shared<uintptr_t> remote;       // FreeBlock*, bit 0: the owner wants to hear of the first free (page is Full)
  Page* next;                     // class queue, retired list or pool bin
  Page* previous;
  ThreadHeap* heap;               // fixed while the page is in use
  Page* notify_next;              // ThreadHeap::notified
  Shared<uint32_t> notifying;     // is in that list, or about to be
  int32_t* references;            // collector scratch: one counter a block
  uint32_t block_bytes;
  uint16_t size_class;            // kLargeClass for a run of its own
  PageKind kind;
  PageState state;
  uint32_t reciprocal;            // 2^32 / block_bytes, rounded up: index = offset * reciprocal >> 32
  uint32_t capacity;
  uint32_t carved;                // blocks ever made here; those after them are untouched
  uint32_t used;
  uint32_t free_count;
  uint32_t run_pages;             // length of a large run, or of a free run (at its first and last page)
  uint32_t run_offset;            // Interior: distance to the first page
  uint64_t goal;                  // Retired: QSBR number
  uint64_t large_bytes;           // Large: bytes of the block
  bool dirty;                     // Free: memory may be non-zero
};

// The pages' reservation. Fixed after initialise_heap().
struct HeapRange {
  uintptr_t base = 0;
  size_t bytes = 0;
  Page* pages = nullptr;
};
extern HeapRange heap_range;

OROCHI_INLINE bool in_heap(const void* address) {
  return reinterpret_cast<uintptr_t>(address) - heap_range.base < heap_range.bytes;
}
OROCHI_INLINE Page* page_of(const void* block) {
  return &heap_range.pages[(reinterpret_cast<uintptr_t>(block) - heap_range.base) >> kPageShift];
}
OROCHI_INLINE char* page_start(const Page* page) {
  return reinterpret_cast<char*>(heap_range.base + (static_cast<size_t>(page - heap_range.pages) << kPageShift));
}
OROCHI_INLINE uint32_t block_index(const Page* page, const void* block) {
  uint64_t offset = static_cast<uint64_t>(static_cast<const char*>(block) - page_start(page));
  return static_cast<uint32_t>((offset * page->reciprocal) >> 32);
}

// A live block's object was made and not yet freed.
OROCHI_INLINE bool is_live_block(const void* block) {
  auto* object = static_cast<const Object*>(block);
  return __atomic_load_n(&object->owner, __ATOMIC_RELAXED) != kOwnerDead;
}

constexpr size_t size_class_of(size_t bytes) {
  if (bytes <= kSmallLimit) return bytes <= 32 ? 2 : (bytes + 15) >> 4;
  uint64_t last = bytes - 1;
  uint32_t top = 63 - static_cast<uint32_t>(__builtin_clzll(last));
  return kSmallLimit / 16 + 1 + (top - 10) * 4 + ((last >> (top - 2)) & 3);
}
constexpr size_t size_of_class(size_t size_class) {
  if (size_class <= kSmallLimit / 16) return size_class * 16;
  size_t step = size_class - (kSmallLimit / 16 + 1);
  return (5 + step % 4) << (step / 4 + 8);
}
static_assert(size_of_class(size_class_of(1025)) == 1280 && size_of_class(size_class_of(2048)) == 2048);
static_assert(size_class_of(kMediumLimit) == kSizeClasses - 1 && size_of_class(kSizeClasses - 1) == kMediumLimit);

struct HeapStatistics {
  size_t traced_bytes = 0;  // in live blocks (estimate: blocks in allocation lists count as live)
  size_t leaf_bytes = 0;
  size_t large_bytes = 0;   // part of both
  size_t pages = 0;
};

// The heap of one thread slot. Used by the slot's thread only, except where said.
class ThreadHeap {
 public:
  struct List {
    FreeBlock* head = nullptr;
    Page* page = nullptr;    // Current
    Page* queue = nullptr;   // Queued pages
  };

  List lists[kPageKinds][kSizeClasses];
  Page* retired = nullptr;               // empty pages, oldest last
  size_t retired_count = 0;
  Shared<Page*> notified{nullptr};       // any thread pushes: Full pages that got their first remote free
  // Bytes handed to allocation lists less bytes given back, by kind: an estimate of what lives here. A remote thread
  // that frees a large block counts in its own heap, so single heaps may be off; sums are right.
  int64_t live_bytes[kPageKinds] = {0, 0};
  int64_t collect_at = 0;                // traced live_bytes at which a collection is asked for; 0: never
  uint32_t* poll = nullptr;              // where to ask: the running thread's poll word
  uint32_t poll_bit = 0;
#if OROCHI_PARANOID
  uint64_t allocations = 0;
  uint64_t fail_at = 0;                  // the n-th allocation fails; 0: none
#endif
};

// Reserves the range; false when the system refuses even a small one. Once, before anything else here.
bool initialise_heap();

OROCHI_COLD void* allocate_slow(ThreadHeap& heap, size_t bytes, PageKind kind);
OROCHI_COLD void free_block_slow(ThreadHeap& heap, Page* page, void* block);

// A block of at least `bytes`; its content is undefined (a dead header, old payload), its memory aligned to 16. Null
// when out of memory. The caller makes the header live before the next safepoint.
OROCHI_INLINE void* allocate(ThreadHeap& heap, size_t bytes, PageKind kind) {
#if !OROCHI_PARANOID && !OROCHI_ASAN
  if (OROCHI_LIKELY(bytes <= kSmallLimit)) {
    ThreadHeap::List& list = heap.lists[static_cast<size_t>(kind)][bytes <= 32 ? 2 : (bytes + 15) >> 4];
    FreeBlock* block = list.head;
    if (OROCHI_LIKELY(block != nullptr)) {
      list.head = block->next;
      return block;
    }
  }
#endif
  return allocate_slow(heap, bytes, kind);
}

// Makes the header dead and gives the block back. `heap` is the calling thread's, the block may be of any.
OROCHI_INLINE void free_block(ThreadHeap& heap, void* memory) {
  auto* block = static_cast<FreeBlock*>(memory);
  Page* page = page_of(block);
  // Readers without a lock may look at the header until the next quiescent point: 64-bit stores, never torn.
  store_relaxed(&block->word0, uint64_t{0});
  publish_release(&block->word1, uint64_t{kOwnerDead});
#if !OROCHI_PARANOID && !OROCHI_ASAN
  if (OROCHI_LIKELY(page->heap == &heap) && OROCHI_LIKELY(page->state == PageState::Current)) {
    ThreadHeap::List& list = heap.lists[static_cast<size_t>(page->kind)][page->size_class];
    block->next = list.head;
    list.head = block;
    return;
  }
#endif
  free_block_slow(heap, page, block);
}

// Bytes the block of `object` has room for.
size_t block_bytes(const void* block);

// Gives back what remote threads freed, retires empty pages, returns to the pool what has passed QSBR. Owner only.
void tidy_heap(ThreadHeap& heap);
// The same for large runs and the pool; any thread.
void tidy_pool();

// From here: only while no thread allocates or frees (the world is stopped).

// The live block that contains `address`, or null. For conservative stack scanning.
void* block_of_address(const void* address);

// Calls `visit(context, block)` for each live block of pages of `kind`.
void for_each_block(PageKind kind, void (*visit)(void* context, void* block), void* context);
// All pages in use (first pages of large runs included).
void for_each_page(void (*visit)(void* context, Page* page), void* context);

HeapStatistics heap_statistics();

// Walks every page and CHECKs the invariants above.
void check_heap();

// Around a fork.
void heap_before_fork();
void heap_after_fork(bool child);

}  // namespace orochi
