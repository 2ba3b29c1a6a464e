// The page heap alone: blocks, classes, remote frees, retirement, large runs, walking. Headers are written by hand.
#include "heap/page_heap.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "platform/pages.h"
#include "sync/mutex.h"
#include "sync/qsbr.h"

namespace orochi {
namespace {

std::vector<void*>* immortals = new std::vector<void*>;  // what lives for ever, as thread slots do

ThreadHeap* new_heap() {
  CHECK(initialise_heap());
  auto* heap = new ThreadHeap;
  immortals->push_back(heap);
  return heap;
}

QsbrSlot* new_online_slot() {
  auto* slot = new QsbrSlot;
  immortals->push_back(slot);
  qsbr_register(slot);
  qsbr_online(slot);
  return slot;
}

struct MultiThreaded {
  uint32_t before = multi_threaded_flag;
  MultiThreaded() { multi_threaded_flag = 1; }
  ~MultiThreaded() { multi_threaded_flag = before; }
};

void* make(ThreadHeap& heap, size_t bytes, PageKind kind = PageKind::Traced) {
  auto* object = static_cast<Object*>(allocate(heap, bytes, kind));
  if (object == nullptr) return nullptr;
  std::memset(static_cast<void*>(object), 0, 16);
  object->shape_word = 64;
  object->owner = 1;
  std::memset(reinterpret_cast<char*>(object) + 16, 0x5A, bytes - 16);
  return object;
}

size_t count_live(PageKind kind) {
  size_t count = 0;
  for_each_block(kind, [](void* n, void*) { ++*static_cast<size_t*>(n); }, &count);
  return count;
}

TEST(PageHeap, SizeClassesFit) {
  for (size_t bytes = 16; bytes <= kMediumLimit; bytes++) {
    size_t size_class = size_class_of(bytes);
    ASSERT_LT(size_class, kSizeClasses);
    ASSERT_GE(size_of_class(size_class), bytes);
    if (size_class > 2) ASSERT_LT(size_of_class(size_class - 1), bytes);
    ASSERT_EQ(size_of_class(size_class) % 16, 0u);
  }
}

TEST(PageHeap, BlocksAreDistinctAndFoundByAddress) {
  ThreadHeap& heap = *new_heap();
  std::mt19937 random(1);
  std::vector<std::pair<char*, size_t>> blocks;
  size_t live_before = count_live(PageKind::Traced);
  for (int i = 0; i < 20000; i++) {
    size_t bytes = 32 + random() % (i % 50 == 0 ? 100000 : 2000);
    char* block = static_cast<char*>(make(heap, bytes));
    ASSERT_NE(block, nullptr);
    ASSERT_EQ(reinterpret_cast<uintptr_t>(block) % 16, 0u);
    ASSERT_GE(block_bytes(block), bytes);
    blocks.emplace_back(block, bytes);
    if (blocks.size() > 500 && random() % 2 == 0) {
      size_t victim = random() % blocks.size();
      free_block(heap, blocks[victim].first);
      blocks[victim] = blocks.back();
      blocks.pop_back();
    }
  }
  check_heap();
  EXPECT_EQ(count_live(PageKind::Traced) - live_before, blocks.size());
  for (auto [block, bytes] : blocks) {
    ASSERT_EQ(block_of_address(block), block);
    ASSERT_EQ(block_of_address(block + random() % bytes), block);
    for (size_t i = 16; i < bytes; i++) ASSERT_EQ(block[i], 0x5A);
  }
  for (auto [block, bytes] : blocks) free_block(heap, block);
  for (auto [block, bytes] : blocks) EXPECT_EQ(block_of_address(block), nullptr);
  check_heap();
  EXPECT_EQ(count_live(PageKind::Traced), live_before);
  tidy_heap(heap);
  check_heap();
}

TEST(PageHeap, LeafBlocksAreApart) {
  ThreadHeap& heap = *new_heap();
  size_t traced = count_live(PageKind::Traced);
  size_t leaves = count_live(PageKind::Leaf);
  void* a = make(heap, 48, PageKind::Leaf);
  void* b = make(heap, 48, PageKind::Traced);
  EXPECT_NE(page_of(a), page_of(b));
  EXPECT_EQ(count_live(PageKind::Traced), traced + 1);
  EXPECT_EQ(count_live(PageKind::Leaf), leaves + 1);
  free_block(heap, a);
  free_block(heap, b);
}

TEST(PageHeap, FreedHeadersReadAsDead) {
  MultiThreaded mode;
  ThreadHeap& heap = *new_heap();
  QsbrSlot* reader = new_online_slot();
  std::vector<Object*> objects;
  for (int i = 0; i < 5000; i++) objects.push_back(static_cast<Object*>(make(heap, 256)));
  auto* large = static_cast<Object*>(make(heap, 5 << 20));
  for (Object* object : objects) free_block(heap, object);
  free_block(heap, large);
  tidy_heap(heap);
  tidy_pool();
  // Other classes and kinds need memory now, but no page may change before the reader is quiescent.
  std::vector<void*> others;
  for (int i = 0; i < 3000; i++) others.push_back(make(heap, 640, PageKind::Leaf));
  for (Object* object : objects) {
    ASSERT_EQ(object->shape_word, 0u);
    ASSERT_EQ(object->owner, kOwnerDead);
  }
  EXPECT_EQ(large->owner, kOwnerDead);
  qsbr_quiescent(reader);
  qsbr_offline(reader);
  tidy_heap(heap);
  tidy_pool();
  for (void* other : others) free_block(heap, other);
  check_heap();
  EXPECT_LE(heap.retired_count, 100u);
}

TEST(PageHeap, RemoteFreesComeBack) {
  MultiThreaded mode;
  ThreadHeap& mine = *new_heap();
  ThreadHeap& other = *new_heap();
  constexpr int kRounds = 20, kBlocks = 4000;
  std::atomic<size_t> pages_after_first{0};
  for (int round = 0; round < kRounds; round++) {
    std::vector<void*> blocks(kBlocks);
    for (auto& block : blocks) block = make(mine, 96);
    std::thread freer([&] {
      for (size_t i = 0; i < blocks.size(); i++) free_block(other, blocks[i]);
    });
    // The owner allocates and frees meanwhile.
    std::vector<void*> own;
    for (int i = 0; i < 3000; i++) own.push_back(make(mine, 96));
    for (void* block : own) free_block(mine, block);
    freer.join();
    if (round == 1) pages_after_first = heap_statistics().pages;
  }
  check_heap();
  EXPECT_LE(heap_statistics().pages, pages_after_first + 10);  // memory is used again
  tidy_heap(mine);
  check_heap();
}

TEST(PageHeap, LargeBlocksReturnTheirMemory) {
  ThreadHeap& heap = *new_heap();
  size_t before = platform::resident_bytes();
  constexpr size_t kBytes = size_t{256} << 20;
  for (int i = 0; i < 3; i++) {
    void* block = make(heap, kBytes);
    ASSERT_NE(block, nullptr);
    EXPECT_GE(platform::resident_bytes(), before + kBytes / 2);
    EXPECT_EQ(block_of_address(static_cast<char*>(block) + kBytes - 1), block);
    free_block(heap, block);
    tidy_pool();
  }
#if !OROCHI_ASAN && !OROCHI_TSAN
  EXPECT_LE(platform::resident_bytes(), before + (size_t{16} << 20));
#endif
  EXPECT_EQ(allocate(heap, heap_range.bytes + 1, PageKind::Leaf), nullptr);
  EXPECT_EQ(allocate(heap, SIZE_MAX - 100, PageKind::Leaf), nullptr);
}

TEST(PageHeap, AsksForCollection) {
  ThreadHeap& heap = *new_heap();
  uint32_t poll = 0;
  heap.poll = &poll;
  heap.poll_bit = 32;
  heap.collect_at = 1 << 20;
  for (int i = 0; i < 1000; i++) make(heap, 64);
  EXPECT_EQ(poll, 0u);
  for (int i = 0; i < 20000; i++) make(heap, 64);
  EXPECT_EQ(poll, 32u);
}

// Threads pass blocks around and free what others made.
TEST(PageHeap, StressAcrossThreads) {
  MultiThreaded mode;
  constexpr int kThreads = 4;
  struct Mailbox {
    Mutex lock{LockRank::TestOuter};
    std::vector<void*> blocks;
  };
  static Mailbox mailboxes[kThreads];
  std::vector<std::thread> threads;
  std::vector<ThreadHeap*> heaps;
  for (int i = 0; i < kThreads; i++) heaps.push_back(new_heap());
  for (int me = 0; me < kThreads; me++) {
    threads.emplace_back([&, me] {
      QsbrSlot* slot = new_online_slot();
      std::mt19937 random(me);
      for (int i = 0; i < 30000; i++) {
        void* block = make(*heaps[me], 32 + random() % 600, random() % 2 ? PageKind::Traced : PageKind::Leaf);
        Mailbox& box = mailboxes[random() % kThreads];
        {
          MutexGuard guard(box.lock);
          box.blocks.push_back(block);
        }
        if (i % 8 == 0) {
          std::vector<void*> mail;
          {
            MutexGuard guard(mailboxes[me].lock);
            mail.swap(mailboxes[me].blocks);
          }
          for (void* b : mail) free_block(*heaps[me], b);
          qsbr_quiescent(slot);
        }
        if (i % 5000 == 0) tidy_heap(*heaps[me]);
      }
      qsbr_offline(slot);
    });
  }
  for (auto& thread : threads) thread.join();
  check_heap();
  for (auto& box : mailboxes) {
    for (void* block : box.blocks) free_block(*heaps[0], block);
    box.blocks.clear();
  }
  for (ThreadHeap* heap : heaps) tidy_heap(*heap);
  check_heap();
}

}  // namespace
}  // namespace orochi
