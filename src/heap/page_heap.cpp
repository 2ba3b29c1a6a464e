// The page heap behind page_heap.h: the pool of page runs (boundary tags and bins by length), the refilling of
// allocation lists, remote frees, retirement.
#include "heap/page_heap.h"

#include <cstring>

#include "base/check.h"
#include "platform/pages.h"
#include "sync/mutex.h"
#include "sync/qsbr.h"

#if OROCHI_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace orochi {

HeapRange heap_range;  // written once, before the second thread

namespace {

constexpr size_t kCarveBytes = 4096;
constexpr size_t kBins = 24;
constexpr size_t kDirtyPagesKept = 128;          // pages in the pool whose memory is not given back at once
constexpr size_t kLargeKept = 16;                // larger runs lose their memory when freed, before QSBR
constexpr size_t kCheckedBytes = size_t{64} << 20;
[[maybe_unused]] constexpr size_t kDeadBytes = 24;  // header and link of a dead block stay accessible
[[maybe_unused]] constexpr unsigned char kPoison = 0xDB;

// --- poisoning ---

void poison([[maybe_unused]] void* block, [[maybe_unused]] size_t bytes) {
#if OROCHI_PARANOID
  std::memset(static_cast<char*>(block) + kDeadBytes, kPoison, bytes - kDeadBytes);
#endif
#if OROCHI_ASAN
  __asan_poison_memory_region(static_cast<char*>(block) + kDeadBytes, bytes - kDeadBytes);
#endif
}

void unpoison([[maybe_unused]] void* block, [[maybe_unused]] size_t bytes) {
#if OROCHI_ASAN
  __asan_unpoison_memory_region(block, bytes);
#endif
#if OROCHI_PARANOID
  auto* payload = static_cast<unsigned char*>(block);
  for (size_t i = kDeadBytes; i < bytes; i++) PARANOID_CHECK(payload[i] == kPoison);  // written to after it was freed
#endif
}

// --- the pool of page runs ---

struct Pool {
  Mutex lock{LockRank::PageRuns};
  size_t top GUARDED_BY(lock) = 0;        // pages ever handed out are below
  size_t limit GUARDED_BY(lock) = 0;
  size_t dirty_pages GUARDED_BY(lock) = 0;
  Page* bins[kBins] GUARDED_BY(lock) = {};
  Page* retired_runs GUARDED_BY(lock) = nullptr;  // Large pages that wait for QSBR; newest first
  Shared<uint32_t> retired_run_count{0};
};
constinit Pool pool;

size_t bin_of(size_t pages) { return 63 - static_cast<size_t>(__builtin_clzll(pages)); }
Page* page_at(size_t index) { return &heap_range.pages[index]; }
size_t index_of(const Page* page) { return static_cast<size_t>(page - heap_range.pages); }

void bin_remove(Page* run) REQUIRES(pool.lock) {
  if (run->previous != nullptr) {
    run->previous->next = run->next;
  } else {
    pool.bins[bin_of(run->run_pages)] = run->next;
  }
  if (run->next != nullptr) run->next->previous = run->previous;
  if (run->dirty) pool.dirty_pages -= run->run_pages;
}

void bin_insert(Page* run, size_t pages, bool dirty) REQUIRES(pool.lock) {
  Page* last = run + pages - 1;
  run->state = last->state = PageState::Free;
  run->run_pages = last->run_pages = static_cast<uint32_t>(pages);
  run->dirty = dirty;
  Page*& head = pool.bins[bin_of(pages)];
  run->previous = nullptr;
  run->next = head;
  if (head != nullptr) head->previous = run;
  head = run;
  if (dirty) pool.dirty_pages += pages;
}

void give_run(Page* run, size_t pages, bool dirty) REQUIRES(pool.lock) {
  run->state = (run + pages - 1)->state = PageState::Free;
#if OROCHI_ASAN
  __asan_unpoison_memory_region(page_start(run), pages << kPageShift);
#endif
  if (dirty && pool.dirty_pages + pages > kDirtyPagesKept) {
    platform::decommit_pages(page_start(run), pages << kPageShift);
    dirty = false;
  }
  size_t index = index_of(run);
  if (index + pages < pool.top && page_at(index + pages)->state == PageState::Free) {
    Page* after = page_at(index + pages);
    bin_remove(after);
    dirty |= after->dirty;
    pages += after->run_pages;
  }
  if (index > 0 && page_at(index - 1)->state == PageState::Free) {
    Page* before = page_at(index - page_at(index - 1)->run_pages);
    bin_remove(before);
    dirty |= before->dirty;
    pages += before->run_pages;
    run = before;
  }
  if (index_of(run) + pages == pool.top && !dirty) {
    pool.top = index_of(run);
    return;
  }
  bin_insert(run, pages, dirty);
}

void free_passed_runs() REQUIRES(pool.lock) {
  Page** link = &pool.retired_runs;
  while (*link != nullptr) {
    Page* run = *link;
    if (multi_threaded() && !qsbr_passed(run->goal)) {
      link = &run->next;
      continue;
    }
    *link = run->next;
    pool.retired_run_count.count_relaxed(static_cast<uint32_t>(-1));
    bool kept = run->run_pages <= kLargeKept;
    if (!kept) platform::decommit_pages(page_start(run), platform::kSystemPage);
    give_run(run, run->run_pages, kept);
  }
}

Page* find_run(size_t pages) REQUIRES(pool.lock) {
  for (size_t bin = bin_of(pages); bin < kBins; bin++) {
    int tries = 0;
    for (Page* run = pool.bins[bin]; run != nullptr && tries < 32; run = run->next, tries++) {
      if (run->run_pages >= pages) return run;
    }
  }
  return nullptr;
}

// The pages of the run come back in state Interior with `dirty` of the first saying whether memory may be non-zero.
Page* take_run(size_t pages) {
  if (pages == 0 || pages >= (size_t{1} << kBins)) return nullptr;
  MutexGuard guard(pool.lock);
  if (pool.retired_run_count.load_relaxed() != 0) free_passed_runs();
  Page* run = find_run(pages);
  if (run != nullptr) {
    bin_remove(run);
    size_t have = run->run_pages;
    if (have > pages) bin_insert(run + pages, have - pages, run->dirty);
  } else {
    if (pool.limit - pool.top < pages) return nullptr;
    run = page_at(pool.top);
    run->dirty = false;
    pool.top += pages;
  }
  // No page of a run in use may look free to its neighbours.
  run->state = (run + pages - 1)->state = PageState::Interior;
  return run;
}

void return_run(Page* run, size_t pages, bool dirty) {
  MutexGuard guard(pool.lock);
  give_run(run, pages, dirty);
}

// --- queues of a heap ---

ThreadHeap::List& list_of(ThreadHeap& heap, const Page* page) {
  return heap.lists[static_cast<size_t>(page->kind)][page->size_class];
}

void queue_push(ThreadHeap::List& list, Page* page) {
  page->state = PageState::Queued;
  page->previous = nullptr;
  page->next = list.queue;
  if (list.queue != nullptr) list.queue->previous = page;
  list.queue = page;
}

void queue_remove(ThreadHeap::List& list, Page* page) {
  if (page->previous != nullptr) {
    page->previous->next = page->next;
  } else {
    list.queue = page->next;
  }
  if (page->next != nullptr) page->next->previous = page->previous;
}

void retire_page(ThreadHeap& heap, Page* page) {
  DCHECK(page->used == 0 && page->state == PageState::Queued);
  if (page->notifying.load_acquire() != 0) return;  // still known to ThreadHeap::notified: tidy_heap comes back
  queue_remove(list_of(heap, page), page);
  if (!multi_threaded()) {
    page->heap = nullptr;
    return_run(page, 1, true);
    return;
  }
  page->state = PageState::Retired;
  page->goal = qsbr_goal();
  page->previous = nullptr;
  page->next = heap.retired;
  heap.retired = page;
  heap.retired_count++;
}

void account(ThreadHeap& heap, PageKind kind, int64_t bytes) {
  int64_t& live = heap.live_bytes[static_cast<size_t>(kind)];
  live += bytes;
  if (kind == PageKind::Traced && bytes > 0 && heap.collect_at != 0 && live > heap.collect_at && heap.poll != nullptr) {
    heap.collect_at += heap.collect_at / 8;  // ask again only after some more
    __atomic_fetch_or(heap.poll, heap.poll_bit, __ATOMIC_SEQ_CST);
  }
}

// Moves what other threads freed to page->free. True if there was anything.
bool collect_remote(ThreadHeap& heap, Page* page) {
  if (page->remote.load_relaxed() <= 1) return false;
  auto* block = reinterpret_cast<FreeBlock*>(page->remote.exchange_acq_rel(0) & ~uintptr_t{1});  // pairs with free_remote
  uint32_t count = 0;
  FreeBlock* last = block;
  for (FreeBlock* b = block; b != nullptr; b = b->next) {
    last = b;
    count++;
  }
  last->next = page->free;
  page->free = block;
  page->free_count += count;
  page->used -= count;
  account(heap, page->kind, -static_cast<int64_t>(count) * page->block_bytes);
  return true;
}

void free_remote(Page* page, FreeBlock* block) {
  uintptr_t old = page->remote.load_relaxed();
  do {
    block->next = reinterpret_cast<FreeBlock*>(old & ~uintptr_t{1});
  } while (!page->remote.claim(old, reinterpret_cast<uintptr_t>(block)));  // pairs with collect_remote
  if ((old & 1) == 0) return;
  // The owner took the page off its queues: tell it. The page cannot go away before our next quiescent point.
  if (page->notifying.exchange_acq_rel(1) != 0) return;
  ThreadHeap* heap = page->heap;
  Page* head = heap->notified.load_relaxed();
  do {
    page->notify_next = head;
  } while (!heap->notified.claim(head, page));  // pairs with drain_notified
}

void drain_notified(ThreadHeap& heap) {
  if (heap.notified.load_relaxed() == nullptr) return;
  Page* page = heap.notified.exchange_acq_rel(nullptr);
  while (page != nullptr) {
    Page* next = page->notify_next;
    page->notifying.exchange_acq_rel(0);  // before collecting: a free after this notifies again
    if (collect_remote(heap, page) && page->state == PageState::Full) queue_push(list_of(heap, page), page);
    page = next;
  }
}

void start_page(ThreadHeap& heap, Page* page, PageKind kind, size_t size_class) {
  page->free = nullptr;
  page->remote.store_relaxed(0);
  page->notifying.store_relaxed(0);
  page->heap = &heap;
  page->block_bytes = static_cast<uint32_t>(size_of_class(size_class));
  page->reciprocal = static_cast<uint32_t>(((uint64_t{1} << 32) + page->block_bytes - 1) / page->block_bytes);
  page->capacity = static_cast<uint32_t>(kPageBytes / page->block_bytes);
  page->carved = page->used = page->free_count = 0;
  page->run_pages = 1;
  page->references = nullptr;
  page->size_class = static_cast<uint16_t>(size_class);
  page->kind = kind;
}

// A retired page of the same class needs no waiting: its memory keeps its shape.
Page* reuse_retired(ThreadHeap& heap, PageKind kind, size_t size_class) {
  for (Page** link = &heap.retired; *link != nullptr; link = &(*link)->next) {
    Page* page = *link;
    if (page->kind != kind || page->size_class != size_class) continue;
    *link = page->next;
    heap.retired_count--;
    return page;
  }
  return nullptr;
}

void release_passed_pages(ThreadHeap& heap) {
  Page** link = &heap.retired;
  while (*link != nullptr) {
    Page* page = *link;
    if ((multi_threaded() && !qsbr_passed(page->goal)) || page->notifying.load_acquire() != 0) {
      link = &page->next;
      continue;
    }
    *link = page->next;
    heap.retired_count--;
    page->heap = nullptr;
    return_run(page, 1, true);
  }
}

// Blocks for the list from its current page, or null.
FreeBlock* take_blocks(ThreadHeap& heap, Page* page) {
  if (page->free == nullptr) collect_remote(heap, page);
  if (page->free != nullptr) {
    FreeBlock* first = page->free;
    account(heap, page->kind, static_cast<int64_t>(page->free_count) * page->block_bytes);
    page->used += page->free_count;
    page->free = nullptr;
    page->free_count = 0;
    return first;
  }
  uint32_t count = static_cast<uint32_t>(kCarveBytes / page->block_bytes);
  if (count == 0) count = 1;
  if (count > page->capacity - page->carved) count = page->capacity - page->carved;
  if (count == 0) return nullptr;
  FreeBlock* first = nullptr;
  char* start = page_start(page);
  for (uint32_t i = count; i-- > 0;) {
    auto* block = reinterpret_cast<FreeBlock*>(start + static_cast<size_t>(page->carved + i) * page->block_bytes);
    block->word0 = 0;
    block->word1 = kOwnerDead;
    block->next = first;
    poison(block, page->block_bytes);
    first = block;
  }
  page->carved += count;
  page->used += count;
  account(heap, page->kind, static_cast<int64_t>(count) * page->block_bytes);
  return first;
}

FreeBlock* refill(ThreadHeap& heap, PageKind kind, size_t size_class) {
  ThreadHeap::List& list = heap.lists[static_cast<size_t>(kind)][size_class];
  for (;;) {
    Page* page = list.page;
    if (page != nullptr) {
      if (FreeBlock* blocks = take_blocks(heap, page)) return blocks;
      uintptr_t nothing = 0;
      if (!page->remote.claim(nothing, 1)) continue;  // freed meanwhile
      page->state = PageState::Full;
      list.page = nullptr;
    }
    if (list.queue == nullptr) drain_notified(heap);
    page = list.queue;
    if (page != nullptr) {
      queue_remove(list, page);
    } else {
      page = reuse_retired(heap, kind, size_class);
      if (page == nullptr) {
        if (heap.retired != nullptr) release_passed_pages(heap);
        page = take_run(1);
        if (page == nullptr) return nullptr;
        start_page(heap, page, kind, size_class);
      }
    }
    page->state = PageState::Current;
    list.page = page;
  }
}

void* allocate_large(ThreadHeap& heap, size_t bytes, PageKind kind) {
  if (bytes > heap_range.bytes) return nullptr;
  // The reservation is never refused, so refuse here what the system would refuse as obviously too much.
  if (bytes > kCheckedBytes && bytes > platform::machine_memory()) return nullptr;
  size_t pages = (bytes + kPageBytes - 1) >> kPageShift;
  Page* run = take_run(pages);
  if (run == nullptr) return nullptr;
  for (size_t i = 1; i < pages; i++) {
    run[i].run_offset = static_cast<uint32_t>(i);
    run[i].state = PageState::Interior;
  }
  run->free = nullptr;
  run->remote.store_relaxed(0);
  run->notifying.store_relaxed(0);
  run->heap = &heap;
  run->block_bytes = 0;
  run->reciprocal = 0;  // every offset is in block 0
  run->capacity = run->carved = run->used = 1;
  run->free_count = 0;
  run->run_pages = static_cast<uint32_t>(pages);
  run->large_bytes = pages << kPageShift;
  run->references = nullptr;
  run->size_class = kLargeClass;
  run->kind = kind;
  auto* block = reinterpret_cast<FreeBlock*>(page_start(run));
  block->word0 = 0;
  block->word1 = kOwnerDead;
  run->state = PageState::Large;
  account(heap, kind, static_cast<int64_t>(run->large_bytes));
  return block;
}

void free_large(ThreadHeap& heap, Page* run) {
  account(heap, run->kind, -static_cast<int64_t>(run->large_bytes));
  if (run->run_pages > kLargeKept) {  // the header's system page stays: it must remain readable
    platform::decommit_pages(page_start(run) + platform::kSystemPage, run->large_bytes - platform::kSystemPage);
  }
  uint64_t goal = multi_threaded() ? qsbr_goal() : 0;
  MutexGuard guard(pool.lock);
  run->goal = goal;
  run->used = 0;
  run->next = pool.retired_runs;
  pool.retired_runs = run;
  pool.retired_run_count.count_relaxed(1);
  free_passed_runs();
}

}  // namespace

bool initialise_heap() {
  if (heap_range.base != 0) return true;
  for (size_t bytes = size_t{256} << 30; bytes >= size_t{64} << 20; bytes >>= 1) {
    void* base = platform::reserve_pages(bytes, kPageBytes);
    if (base == nullptr) continue;
    size_t count = bytes >> kPageShift;
    void* pages = platform::reserve_pages(count * sizeof(Page));
    if (pages == nullptr) {
      platform::release_pages(base, bytes);
      continue;
    }
    heap_range.base = reinterpret_cast<uintptr_t>(base);
    heap_range.bytes = bytes;
    heap_range.pages = static_cast<Page*>(pages);  // all zero: PageState::Free
    MutexGuard guard(pool.lock);
    pool.limit = count;
    return true;
  }
  return false;
}
static_assert(static_cast<int>(PageState::Free) == 0);

void* allocate_slow(ThreadHeap& heap, size_t bytes, PageKind kind) {
#if OROCHI_PARANOID
  if (++heap.allocations == heap.fail_at) return nullptr;
  if (heap.allocations % 4096 == 0 && heap.poll != nullptr) __atomic_fetch_or(heap.poll, heap.poll_bit, __ATOMIC_SEQ_CST);
#endif
  if (bytes > kMediumLimit) return allocate_large(heap, bytes, kind);
  size_t size_class = size_class_of(bytes);
  ThreadHeap::List& list = heap.lists[static_cast<size_t>(kind)][size_class];
  FreeBlock* block = list.head;
  if (block == nullptr) {
    block = refill(heap, kind, size_class);
    if (block == nullptr) return nullptr;
  }
  list.head = block->next;
  unpoison(block, size_of_class(size_class));
  return block;
}

void free_block_slow(ThreadHeap& heap, Page* page, void* memory) {
  auto* block = static_cast<FreeBlock*>(memory);
  if (page->size_class == kLargeClass) {
    free_large(heap, page);
    return;
  }
  poison(block, page->block_bytes);
  if (page->heap != &heap) {
    free_remote(page, block);
    return;
  }
  ThreadHeap::List& list = list_of(heap, page);
  if (page->state == PageState::Current) {
    block->next = list.head;
    list.head = block;
    return;
  }
  block->next = page->free;
  page->free = block;
  page->free_count++;
  page->used--;
  account(heap, page->kind, -static_cast<int64_t>(page->block_bytes));
  if (page->state == PageState::Full) {
    page->remote.clear_bits(1);  // no notice needed any more
    queue_push(list, page);
  }
  if (page->used == 0 && (page->next != nullptr || page->previous != nullptr)) retire_page(heap, page);
}

size_t block_bytes(const void* block) {
  const Page* page = page_of(block);
  return page->size_class == kLargeClass ? page->large_bytes : page->block_bytes;
}

void tidy_heap(ThreadHeap& heap) {
  drain_notified(heap);
  for (auto& kind : heap.lists) {
    for (ThreadHeap::List& list : kind) {
      for (Page* page = list.queue; page != nullptr;) {
        Page* next = page->next;
        collect_remote(heap, page);
        if (page->used == 0) retire_page(heap, page);
        page = next;
      }
    }
  }
  release_passed_pages(heap);
}

void tidy_pool() {
  MutexGuard guard(pool.lock);
  free_passed_runs();
}

// --- world stopped ---

void* block_of_address(const void* address) {
  if (!in_heap(address)) return nullptr;
  Page* page = page_of(address);
  if (page->state == PageState::Interior) {
    Page* first = page - page->run_offset;
    if (first->state != PageState::Large || page >= first + first->run_pages) return nullptr;
    page = first;
  }
  char* start = page_start(page);
  switch (page->state) {
    case PageState::Large:
      return is_live_block(start) ? start : nullptr;
    case PageState::Current:
    case PageState::Queued:
    case PageState::Full: {
      uint32_t index = block_index(page, address);
      if (index >= page->carved) return nullptr;
      char* block = start + static_cast<size_t>(index) * page->block_bytes;
      return is_live_block(block) ? block : nullptr;
    }
    default:
      return nullptr;
  }
}

void for_each_page(void (*visit)(void* context, Page* page), void* context) {
  size_t top;
  {
    MutexGuard guard(pool.lock);
    top = pool.top;
  }
  for (size_t i = 0; i < top; i++) {
    Page* page = page_at(i);
    switch (page->state) {
      case PageState::Large:
        visit(context, page);
        i += page->run_pages - 1;
        break;
      case PageState::Current:
      case PageState::Queued:
      case PageState::Full:
        visit(context, page);
        break;
      default:
        break;
    }
  }
}

void for_each_block(PageKind kind, void (*visit)(void* context, void* block), void* context) {
  struct Walk {
    PageKind kind;
    void (*visit)(void* context, void* block);
    void* context;
  } walk{kind, visit, context};
  for_each_page(
      [](void* w, Page* page) {
        auto& walk = *static_cast<Walk*>(w);
        if (page->kind != walk.kind) return;
        char* block = page_start(page);
        for (uint32_t i = 0; i < page->carved; i++, block += page->block_bytes) {
          if (is_live_block(block)) walk.visit(walk.context, block);
        }
      },
      &walk);
}

HeapStatistics heap_statistics() {
  HeapStatistics statistics;
  for_each_page(
      [](void* s, Page* page) {
        auto& statistics = *static_cast<HeapStatistics*>(s);
        bool large = page->state == PageState::Large;
        size_t bytes = large ? (is_live_block(page_start(page)) ? page->large_bytes : 0)
                             : static_cast<size_t>(page->used) * page->block_bytes;
        (page->kind == PageKind::Traced ? statistics.traced_bytes : statistics.leaf_bytes) += bytes;
        if (large) statistics.large_bytes += bytes;
        statistics.pages += large ? page->run_pages : 1;
      },
      &statistics);
  return statistics;
}

void check_heap() {
  for_each_page(
      [](void*, Page* page) {
        if (page->state == PageState::Large) return;
        uint32_t dead = 0;
        char* block = page_start(page);
        for (uint32_t i = 0; i < page->carved; i++, block += page->block_bytes) dead += !is_live_block(block);
        uint32_t listed = 0;
        auto on_page = [page](FreeBlock* b) { return page_of(b) == page && !is_live_block(b); };
        for (FreeBlock* b = page->free; b != nullptr; b = b->next, listed++) CHECK(on_page(b));
        CHECK(listed == page->free_count);
        CHECK(page->carved == page->used + page->free_count);
        CHECK(page->carved <= page->capacity);
        for (auto* b = reinterpret_cast<FreeBlock*>(page->remote.load_acquire() & ~uintptr_t{1}); b != nullptr;
             b = b->next, listed++) {
          CHECK(on_page(b));
        }
        if (page->state == PageState::Current) {
          for (FreeBlock* b = list_of(*page->heap, page).head; b != nullptr; b = b->next, listed++) CHECK(on_page(b));
        }
        CHECK(listed == dead);
        CHECK((page->state == PageState::Full) == ((page->remote.load_acquire() & 1) != 0) ||
              page->notifying.load_acquire() != 0);
      },
      nullptr);
}

void heap_before_fork() NO_THREAD_SAFETY_ANALYSIS { pool.lock.lock(); }
void heap_after_fork(bool child) NO_THREAD_SAFETY_ANALYSIS { pool.lock.unlock(); }

}  // namespace orochi
