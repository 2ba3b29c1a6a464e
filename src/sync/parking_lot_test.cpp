// Locks, conditions, events and the parking lot under contention.
#include "sync/parking_lot.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "platform/os_thread.h"
#include "sync/byte_lock.h"
#include "sync/mutex.h"

namespace orochi {
namespace {

void exclude_across_threads() {
  uint8_t byte = 0;
  int64_t counter = 0;
  constexpr int kThreads = 4, kRounds = 50000;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; i++) {
    threads.emplace_back([&] {
      for (int n = 0; n < kRounds; n++) {
        ByteLock::lock(&byte);
        counter++;
        ByteLock::unlock(&byte);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(counter, int64_t{kThreads} * kRounds);
  EXPECT_EQ(byte, 0);
}

TEST(ByteLock, ExcludesAcrossThreads) {
  exclude_across_threads();  // unlocking with a fence
  ByteLock::initialise();
  for (int i = 0; i < 5; i++) exclude_across_threads();  // without
}

TEST(ByteLock, TriesAndTimesOut) {
  uint8_t byte = 0;
  ASSERT_TRUE(ByteLock::try_lock(&byte));
  EXPECT_FALSE(ByteLock::try_lock(&byte));
  int64_t start = platform::monotonic_ns();
  LockResult result = LockResult::Acquired;
  std::thread([&] {
    result = ByteLock::lock_until(&byte, platform::deadline_after(20 * platform::kMillisecond), ParkMode::Detach);
  }).join();
  EXPECT_EQ(result, LockResult::TimedOut);
  EXPECT_GE(platform::monotonic_ns() - start, 20 * platform::kMillisecond);
  ByteLock::unlock(&byte);
  EXPECT_EQ(byte, 0);
}

TEST(ByteLock, HandsOverToAStarvingWaiter) {
  // One thread holds the lock nearly all the time; a waiter still gets its turn.
  uint8_t byte = 0;
  std::atomic<bool> stop{false};
  std::thread hog([&] {
    while (!stop.load()) {
      ByteLock::lock(&byte);
      int64_t until = platform::deadline_after(2 * platform::kMillisecond);
      while (platform::monotonic_ns() < until) {
      }
      ByteLock::unlock(&byte);
    }
  });
  std::thread waiter([&] {
    for (int i = 0; i < 5; i++) {
      ByteLock::lock(&byte);
      ByteLock::unlock(&byte);
    }
  });
  waiter.join();
  stop.store(true);
  hog.join();
  EXPECT_EQ(byte, 0);
}

std::atomic<int> detached{0};
std::atomic<int> attached_again{0};

TEST(ByteLock, BlockedThreadDetaches) {
  BlockHooks before = block_hooks();
  set_block_hooks({[] {
                     detached++;
                     return true;
                   },
                   [] { attached_again++; }});
  uint8_t byte = 0;
  ByteLock::lock(&byte);
  std::thread waiter([&] {
    ByteLock::lock(&byte);
    ByteLock::unlock(&byte);
  });
  while (detached.load() == 0) platform::yield_thread();
  EXPECT_EQ(attached_again.load(), 0);
  ByteLock::unlock(&byte);
  waiter.join();
  EXPECT_EQ(attached_again.load(), 1);
  set_block_hooks(before);
}

TEST(ParkingLot, InterruptEndsAnInterruptibleSleep) {
  uint8_t byte = 1;
  std::atomic<Parker*> parker{nullptr};
  std::atomic<bool> done{false};
  LockResult result = LockResult::Acquired;
  std::thread waiter([&] {
    parker = current_parker();
    result = ByteLock::lock_until(&byte, platform::kForever, ParkMode::Interruptible);
    done = true;
    while (parker.load() != nullptr) platform::yield_thread();
  });
  while (parker.load() == nullptr) platform::yield_thread();
  while (!done.load()) {
    interrupt_park(parker.load());
    platform::yield_thread();
  }
  parker = nullptr;
  waiter.join();
  EXPECT_EQ(result, LockResult::Interrupted);
}

TEST(Mutex, ConditionPassesABaton) {
  Mutex mutex(LockRank::TestOuter);
  Condition condition;
  int turn = 0;
  std::vector<std::thread> threads;
  constexpr int kThreads = 3, kRounds = 500;
  for (int me = 0; me < kThreads; me++) {
    threads.emplace_back([&, me] {
      for (int i = 0; i < kRounds; i++) {
        MutexGuard guard(mutex);
        while (turn % kThreads != me) condition.wait(mutex);
        turn++;
        condition.notify_all();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(turn, kThreads * kRounds);
}

TEST(Mutex, ConditionTimesOut) {
  Mutex mutex(LockRank::TestOuter);
  Condition condition;
  MutexGuard guard(mutex);
  EXPECT_FALSE(condition.wait(mutex, platform::deadline_after(5 * platform::kMillisecond)));
}

#if OROCHI_DEBUG_CHECKS && GTEST_HAS_DEATH_TEST
TEST(MutexDeathTest, RanksOnlyGrow) {
  Mutex outer(LockRank::TestOuter);
  Mutex inner(LockRank::TestInner);
  {
    MutexGuard a(outer);
    MutexGuard b(inner);
  }
  EXPECT_DEATH(
      {
        MutexGuard a(inner);
        MutexGuard b(outer);
      },
      "invariant");
}
#endif

TEST(Event, WakesAllWaiters) {
  Event event;
  std::atomic<int> woken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++) {
    threads.emplace_back([&] {
      if (event.wait() == LockResult::Acquired) woken++;
    });
  }
  EXPECT_EQ(event.wait(platform::deadline_after(platform::kMillisecond)), LockResult::TimedOut);
  event.set();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(woken.load(), 4);
  EXPECT_EQ(event.wait(), LockResult::Acquired);
}

TEST(Once, RunsOnceAndOthersWait) {
  Once once;
  int runs = 0;
  std::atomic<int> saw{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; i++) {
    threads.emplace_back([&] {
      once.call([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        runs++;
      });
      if (runs == 1) saw++;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(saw.load(), 6);
}

}  // namespace
}  // namespace orochi
