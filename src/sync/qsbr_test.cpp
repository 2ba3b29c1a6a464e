// QSBR: nothing is freed while a reader may hold it, everything is freed afterwards.
#include "sync/qsbr.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

namespace orochi {
namespace {

std::atomic<int> freed{0};
void count_free(void* pointer) {
  freed++;
  std::free(pointer);
}

// Slots live for ever.
QsbrSlot* new_slot() {
  auto* slot = new QsbrSlot;
  qsbr_register(slot);
  return slot;
}

TEST(Qsbr, WaitsForOnlineReaders) {
  freed = 0;
  QsbrSlot* writer = new_slot();
  QsbrSlot* reader = new_slot();
  qsbr_online(writer);
  qsbr_online(reader);
  qsbr_retire(writer, std::malloc(8), count_free);
  qsbr_quiescent(writer);
  qsbr_quiescent(writer);
  EXPECT_EQ(freed.load(), 0);
  qsbr_quiescent(reader);
  qsbr_quiescent(writer);
  EXPECT_EQ(freed.load(), 1);

  qsbr_retire(writer, std::malloc(8), count_free);
  qsbr_offline(reader);
  qsbr_quiescent(writer);
  EXPECT_EQ(freed.load(), 2);

  // What an ending thread leaves is freed by another.
  qsbr_online(reader);
  qsbr_retire(writer, std::malloc(8), count_free);
  qsbr_abandon(writer);
  qsbr_offline(writer);
  EXPECT_EQ(writer->pending, 0u);
  qsbr_process(reader);
  EXPECT_EQ(freed.load(), 3);
  qsbr_offline(reader);
}

TEST(Qsbr, ReadersNeverSeeFreedMemory) {
  struct Node {
    uint64_t value = 1;
  };
  static constexpr uint64_t kDead = 0xDEADDEADDEADDEAD;
  Shared<Node*> shared(new Node);
  std::atomic<bool> stop{false};
  std::atomic<int> bad{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; i++) {
    readers.emplace_back([&] {
      QsbrSlot* slot = new_slot();
      qsbr_online(slot);
      for (int n = 0; !stop.load(std::memory_order_relaxed); n++) {
        Node* node = shared.load_acquire();
        for (int k = 0; k < 20; k++) {
          if (load_relaxed(&node->value) != 1) bad++;
        }
        qsbr_quiescent(slot);
        if (n % 64 == 0) {
          qsbr_offline(slot);
          std::this_thread::yield();
          qsbr_online(slot);
        }
      }
      qsbr_offline(slot);
    });
  }
  QsbrSlot* slot = new_slot();
  qsbr_online(slot);
  for (int i = 0; i < 20000; i++) {
    Node* old = shared.exchange_acq_rel(new Node);
    qsbr_retire(slot, old, [](void* p) {
      store_relaxed(&static_cast<Node*>(p)->value, kDead);
      delete static_cast<Node*>(p);
    });
    qsbr_quiescent(slot);
  }
  stop = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(bad.load(), 0);
  qsbr_quiescent(slot);
  EXPECT_EQ(slot->pending, 0u);
  qsbr_offline(slot);
  delete shared.load_relaxed();
}

TEST(Qsbr, GoalsPass) {
  QsbrSlot* slot = new_slot();
  qsbr_online(slot);
  uint64_t goal = qsbr_goal();
  EXPECT_FALSE(qsbr_passed(goal));
  qsbr_quiescent(slot);
  EXPECT_TRUE(qsbr_passed(goal));
  qsbr_offline(slot);
}

}  // namespace
}  // namespace orochi
