// Counts, weak references, the collector and stopping the world, on small made-up object types.
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "heap/weak_references.h"
#include "platform/os_thread.h"
#include "platform/pages.h"
#include "threads/safepoint.h"

namespace orochi {
namespace {

std::atomic<int64_t> destroyed{0};
std::atomic<int> finalized{0};
std::atomic<int> called_back{0};

struct Node : Object {
  Field<> left;
  Field<> right;
  uint64_t tag;
};

void trace_node(Object* object, Visitor& v) {
  auto* node = static_cast<Node*>(object);
  v.visit(node->left);
  v.visit(node->right);
}
void destroy_node(Object* object) {
  destroyed++;
  EXPECT_EQ(static_cast<Node*>(object)->tag % 7, 0u);
}
void trace_weak(Object* object, Visitor& v) { v.visit(static_cast<WeakRef*>(object)->callback); }
void destroy_weak(Object* object) { weak_unregister(static_cast<WeakRef*>(object)); }

constexpr Layout kNodeLayout{"node", sizeof(Node), 0, trace_node, destroy_node, nullptr, nullptr};
constexpr Layout kWeakLayout{"weak", sizeof(WeakRef), 0, trace_weak, destroy_weak, nullptr, nullptr};
constexpr Layout kTypeLayout{"type", 16, 0, nullptr, nullptr, nullptr, nullptr};

struct Shapes {
  Shape node, final_node, deferred, weak, type;
};
Object fake_type;
Local<>* resurrected = nullptr;

Shapes& shapes() {
  static Shapes* made = [] {
    uintptr_t at = 0x20000000;
    void* memory = nullptr;
    while (memory == nullptr) {
      memory = platform::reserve_pages_at(reinterpret_cast<void*>(at), 1 << 16);
      at += 1 << 20;
    }
    auto* s = static_cast<Shapes*>(memory);
    auto* type = reinterpret_cast<Type*>(&fake_type);
    s->node = {type, &kNodeLayout, 1, 0};
    s->final_node = {type, &kNodeLayout, 2, kShapeHasFinalizer};
    s->deferred = {type, &kNodeLayout, 3, kShapeDeferred};
    s->weak = {type, &kWeakLayout, 4, 0};
    s->type = {type, &kTypeLayout, 5, 0};
    fake_type.shape_word = s->type.word();
    fake_type.owner = kOwnerImmortal;
    return s;
  }();
  return *made;
}

// Every test runs on a thread of its own that is registered; the heap and hooks are set up once.
class Runtime : public ::testing::Test {
 protected:
  void SetUp() override {
    static bool initialised = [] {
      EXPECT_TRUE(initialise_threads(GilMode::Off));
      SafepointHooks hooks{};
      hooks.finalize = [](Thread&, Borrowed<> object) {
        finalized++;
        if (resurrected != nullptr) *resurrected = Local<>::share(object);
      };
      hooks.weak_callback = [](Thread&, Borrowed<>) { called_back++; };
      set_safepoint_hooks(hooks);
      return true;
    }();
    ASSERT_TRUE(initialised);
    shapes();
    ASSERT_TRUE(register_thread(t));
    collector_state.enabled.store_relaxed(0);
    collect_garbage(t, 2);
    destroyed = 0;
    finalized = 0;
    called_back = 0;
  }
  void TearDown() override {
    collect_garbage(t, 2);
    check_heap();
    unregister_thread(t);
  }
  Thread t;
};

Local<Node> make_node(Mutator& m, const Shape& shape = shapes().node) {
  auto* node = static_cast<Node*>(allocate_object(m, &shape, sizeof(Node)));
  node->tag = 7;
  return Local<Node>::adopt(node);
}

// Starts a registered thread that runs `body`.
template <typename F>
std::thread start(F body) {
  note_thread_starting();
  return std::thread([body] {
    Thread t;
    CHECK(register_thread(t));
    body(t);
    unregister_thread(t);
  });
}

void join(Thread& t, std::thread& thread) {
  Detached detached(t);
  thread.join();
}

TEST_F(Runtime, CountsFreeAtOnce) {
  {
    Local<Node> a = make_node(t);
    a->left.init(make_node(t));
    a->right.init_share(a->left.borrow());
    EXPECT_EQ(reference_count(a.get()), 1);
    EXPECT_EQ(reference_count(a->left.raw().as_object()), 2);
    EXPECT_EQ(destroyed, 0);
  }
  EXPECT_EQ(destroyed, 2);
}

TEST_F(Runtime, DeepStructuresDieWithoutRecursion) {
  constexpr int kDepth = 1000000;
  {
    Local<Node> list = make_node(t);
    for (int i = 1; i < kDepth; i++) {
      Local<Node> next = make_node(t);
      next->left.init(std::move(list));
      list = std::move(next);
    }
  }
  EXPECT_EQ(destroyed, kDepth);
}

TEST_F(Runtime, ManyReferencesOverflowIntoShared) {
  Local<Node> a = make_node(t);
  std::vector<Local<Node>> references;
  for (int i = 0; i < 200000; i++) references.push_back(a.dup());
  EXPECT_EQ(reference_count(a.get()), 200001);
  references.clear();
  EXPECT_EQ(reference_count(a.get()), 1);
  a = Local<Node>();
  EXPECT_EQ(destroyed, 1);
}

TEST_F(Runtime, CyclesAreCollected) {
  for (int i = 0; i < 100; i++) {
    Local<Node> a = make_node(t);
    Local<Node> b = make_node(t);
    a->left.init_share(b);
    b->left.init_share(a);
  }
  Local<Node> kept = make_node(t);
  kept->left.init(make_node(t));
  kept->left.borrow().as<Node>()->right.init_share(kept);
  EXPECT_EQ(destroyed, 0);
  EXPECT_EQ(collect_garbage(t, 2), 200u);
  EXPECT_EQ(destroyed, 200);
  EXPECT_EQ(kept->left.borrow().as<Node>()->tag, 7u);
  kept->left.set(Local<>());
  EXPECT_EQ(destroyed, 201);
}

TEST_F(Runtime, DeferredObjectsLiveWhileReachable) {
  Value registers[4];
  t.stack_base = registers;
  t.stack_top = registers + 1;
  registers[0] = Value(static_cast<Object*>(make_node(t, shapes().deferred).get()));
  collect_garbage(t, 2);
  EXPECT_EQ(destroyed, 0);
  {
    Local<Node> owner = make_node(t);
    owner->left.init(Local<>::share(registers[0]));
    registers[0] = Value();
    collect_garbage(t, 2);
    EXPECT_EQ(destroyed, 0);
  }
  EXPECT_EQ(destroyed, 1);
  [] { volatile char wipe[4096]; for (auto& c : wipe) c = 0; }();
  collect_garbage(t, 2);
  // A stale word on the native stack may keep one alive a little longer; what it reaches is intact then.
  EXPECT_GE(destroyed, 1);
  t.stack_base = t.stack_top = nullptr;
}

TEST_F(Runtime, DeferredLocalsAreFoundOnTheNativeStack) {
  Local<Node> function = make_node(t, shapes().deferred);
  collect_garbage(t, 2);
  EXPECT_EQ(destroyed, 0);
  EXPECT_EQ(function->tag, 7u);
}

TEST_F(Runtime, FinalizersRunOnceAndMayResurrect) {
  { Local<Node> a = make_node(t, shapes().final_node); }
  EXPECT_EQ(finalized, 0);
  EXPECT_FALSE(safepoint(t).raised());
  EXPECT_EQ(finalized, 1);
  EXPECT_EQ(destroyed, 1);

  Local<> saved;
  resurrected = &saved;
  { Local<Node> b = make_node(t, shapes().final_node); }
  EXPECT_FALSE(safepoint(t).raised());
  resurrected = nullptr;
  EXPECT_EQ(finalized, 2);
  EXPECT_EQ(destroyed, 1);
  ASSERT_TRUE(saved);
  saved = Local<>();
  EXPECT_FALSE(safepoint(t).raised());
  EXPECT_EQ(finalized, 2);  // not again
  EXPECT_EQ(destroyed, 2);

  // In a cycle: everything the finalizer can reach survives its run.
  {
    Local<Node> a = make_node(t, shapes().final_node);
    Local<Node> b = make_node(t);
    a->left.init_share(b);
    b->left.init_share(a);
  }
  resurrected = &saved;
  collect_garbage(t, 2);
  resurrected = nullptr;
  EXPECT_EQ(finalized, 3);
  EXPECT_EQ(destroyed, 2);
  saved = Local<>();
  EXPECT_EQ(collect_garbage(t, 2), 2u);
  EXPECT_EQ(finalized, 3);
  EXPECT_EQ(destroyed, 4);
}

Local<WeakRef> make_weak(Mutator& m, Object* target, bool callback) {
  auto* ref = static_cast<WeakRef*>(allocate_object(m, &shapes().weak, sizeof(WeakRef)));
  if (callback) ref->callback.init(Local<>::immediate(kTrue));
  EXPECT_TRUE(weak_register(ref, target));
  return Local<WeakRef>::adopt(ref);
}

TEST_F(Runtime, WeakReferencesAreCleared) {
  Local<WeakRef> ref, other;
  {
    Local<Node> a = make_node(t);
    ref = make_weak(t, a.get(), true);
    other = make_weak(t, a.get(), false);
    EXPECT_TRUE(weak_get(ref.get()).is(Value(static_cast<Object*>(a.get()))));
    EXPECT_EQ(weak_count(a.get()), 2u);
    EXPECT_TRUE(weak_find_plain(a.get(), &shapes().weak).is(other.value()));
  }
  EXPECT_EQ(destroyed, 1);
  EXPECT_FALSE(weak_get(ref.get()));
  EXPECT_FALSE(weak_get(other.get()));
  EXPECT_FALSE(safepoint(t).raised());
  EXPECT_EQ(called_back, 1);
  // In garbage.
  {
    Local<Node> a = make_node(t);
    a->left.init_share(a);
    ref = make_weak(t, a.get(), true);
    a->right.init(make_weak(t, a.get(), true));  // garbage itself: no callback
  }
  EXPECT_TRUE(weak_get(ref.get()));
  collect_garbage(t, 2);
  EXPECT_FALSE(weak_get(ref.get()));
  EXPECT_EQ(called_back, 2);
}

TEST_F(Runtime, OtherThreadsDropOurObjects) {
  Local<Node> holder = make_node(t);
  for (int i = 0; i < 300; i++) {
    Local<Node> a = make_node(t);
    a->left.init(holder->left.take());
    holder->left.init(std::move(a));
  }
  std::thread other = start([&](Thread& mine) { holder->left.set(Local<>()); });
  join(t, other);
  EXPECT_FALSE(safepoint(t).raised());
  EXPECT_EQ(destroyed, 300);
  EXPECT_EQ(reference_count(holder.get()), 1);
}

TEST_F(Runtime, ObjectsOfEndedThreadsDie) {
  Local<Node> holder = make_node(t);
  std::thread other = start([&](Thread& mine) {
    holder->left.init(make_node(mine));
    holder->right.init(make_node(mine));
  });
  join(t, other);
  holder->left.set(Local<>());
  EXPECT_EQ(destroyed, 1);
  std::thread adopter = start([&](Thread& mine) { holder->right.set(Local<>()); });
  join(t, adopter);
  EXPECT_EQ(destroyed, 2);
}

// Threads read and overwrite the slots of shared nodes; every reader must get a live object.
TEST_F(Runtime, SharedSlotsStress) {
  constexpr int kThreads = 4, kHolders = 8, kRounds = 40000;
  std::vector<Local<Node>> holders;
  for (int i = 0; i < kHolders; i++) {
    holders.push_back(make_node(t));
    holders.back()->left.init(make_node(t));
  }
  std::atomic<int64_t> made{0};
  std::atomic<int64_t> reads{0};
  std::vector<std::thread> threads;
  for (int n = 0; n < kThreads; n++) {
    threads.push_back(start([&, n](Thread& mine) {
      std::mt19937 random(n);
      int64_t my_made = 0, my_reads = 0;
      for (int i = 0; i < kRounds; i++) {
        Node* holder = holders[random() % kHolders].get();
        Local<> value;
        switch (random() % 4) {
          case 0: {  // as attributes: an exchange
            Local<Node> fresh = make_node(mine);
            my_made++;
            holder->left.set(std::move(fresh));
            break;
          }
          case 1: {  // as lists: under the lock, with a plain store, dropped under it
            Local<> fresh = make_node(mine);
            my_made++;
            ObjectLock lock(mine, holder);
            Value old = holder->right.raw();
            publish_release(&holder->right.slot()->bits, fresh.release().bits);
            release(old);
            break;
          }
          case 2:
            value = holder->left.load(holder);
            break;
          default:
            value = holder->right.load(holder);
            break;
        }
        if (value) {
          my_reads++;
          CHECK(value.value().as_object()->shape() == &shapes().node);
          CHECK(static_cast<Node*>(value.value().as_object())->tag == 7);
          CHECK(reference_count(value.value().as_object()) > 0);
        }
        (void)safepoint(mine);
        if (i % 1000 == 0) {
          Detached detached(mine);
          platform::yield_thread();
        }
        if (i % 8000 == 7999) collect_garbage(mine, 2);
      }
      made += my_made;
      reads += my_reads;
    }));
  }
  for (auto& thread : threads) join(t, thread);
  EXPECT_FALSE(safepoint(t).raised());
  for (auto& holder : holders) {
    holder->left.set(Local<>());
    holder->right.set(Local<>());
  }
  EXPECT_FALSE(safepoint(t).raised());
  collect_garbage(t, 2);
  EXPECT_GT(reads.load(), 0);
  EXPECT_EQ(destroyed.load(), made.load() + kHolders);
  check_heap();
}

// Many threads reference the same objects all the time: their counts spread, and come together again.
TEST_F(Runtime, HotObjectsSpreadTheirCounts) {
  constexpr int kThreads = 3, kRounds = 100000;
  Local<Node> holder = make_node(t);
  holder->left.init(make_node(t));
  std::vector<std::thread> threads;
  std::atomic<uint32_t> most_spread{0};
  std::atomic<int> ready{0};
  for (int n = 0; n < kThreads; n++) {
    threads.push_back(start([&](Thread& mine) {
      std::vector<Local<>> kept;
      ready++;
      while (ready.load() < kThreads) {
        Detached detached(mine);
        platform::yield_thread();
      }
      for (int i = 0; i < kRounds; i++) {
        Local<> value = holder->left.load(holder.get());
        CHECK(static_cast<Node*>(value.value().as_object())->tag == 7);
        if (i % 100 == 0) kept.push_back(value.dup());
        if (i % 3000 == 0) kept.clear();
        if (spread_count() > most_spread.load()) most_spread = spread_count();
        (void)safepoint(mine);
        if (i % 40000 == 39999) collect_garbage(mine, 2);
      }
    }));
  }
  for (auto& thread : threads) join(t, thread);
  EXPECT_GT(most_spread.load(), 0u);
  EXPECT_FALSE(safepoint(t).raised());
  settle_shared_counts(t);
  EXPECT_EQ(spread_count(), 0u);
  EXPECT_EQ(reference_count(holder->left.raw().as_object()), 1);
  EXPECT_EQ(destroyed, 0);
  holder->left.set(Local<>());
  EXPECT_EQ(destroyed, 1);
}

TEST_F(Runtime, StoppingTheWorldStopsEverybody) {
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> ticks{0};
  std::vector<std::thread> threads;
  for (int n = 0; n < 3; n++) {
    threads.push_back(start([&, n](Thread& mine) {
      while (!stop.load()) {
        ticks++;
        (void)safepoint(mine);
        if (n == 0) {
          Detached detached(mine);
          platform::yield_thread();
        }
        if (n == 1 && ticks % 64 == 0) {
          WorldStopped stopped(mine);
        }
      }
    }));
  }
  for (int i = 0; i < 100; i++) {
    {
      WorldStopped stopped(t);
      uint64_t before = ticks.load();
      for (int k = 0; k < 5; k++) platform::yield_thread();
      EXPECT_EQ(ticks.load(), before);
    }
    (void)safepoint(t);
    uint64_t before = ticks.load();
    Detached detached(t);
    while (ticks.load() == before) platform::yield_thread();
  }
  stop = true;
  for (auto& thread : threads) join(t, thread);
  EXPECT_EQ(registered_threads(), 1u);
  (void)safepoint(t);
  EXPECT_FALSE(multi_threaded());
}

TEST_F(Runtime, WeakReferencesStress) {
  constexpr int kThreads = 3, kRounds = 20000;
  Local<Node> holder = make_node(t);
  holder->left.init(make_node(t));
  std::vector<std::thread> threads;
  for (int n = 0; n < kThreads; n++) {
    threads.push_back(start([&](Thread& mine) {
      Local<WeakRef> ref;
      for (int i = 0; i < kRounds; i++) {
        if (i % 3 == 0) holder->left.set(make_node(mine));
        Local<> value = holder->left.load(holder.get());
        if (i % 5 == 0) ref = make_weak(mine, value.value().as_object(), i % 2 == 0);
        value = Local<>();
        if (ref) {
          Local<> target = weak_get(ref.get());
          if (target) CHECK(static_cast<Node*>(target.value().as_object())->tag == 7);
        }
        (void)safepoint(mine);
      }
    }));
  }
  for (auto& thread : threads) join(t, thread);
}

TEST_F(Runtime, AutomaticCollectionBoundsCyclicGarbage) {
  set_collector_enabled(t, true);
  [[maybe_unused]] size_t before = platform::resident_bytes();
  for (int i = 0; i < 2000000; i++) {
    Local<Node> a = make_node(t);
    a->left.init_share(a);
    a->right.init(Local<>::adopt(Value::fixnum(i)));
    (void)safepoint(t);
  }
  EXPECT_GT(destroyed.load(), 1000000);
#if !OROCHI_ASAN && !OROCHI_TSAN
  EXPECT_LT(platform::resident_bytes(), before + (size_t{64} << 20));
#endif
  set_collector_enabled(t, false);
}

#if !OROCHI_TSAN  // forks with threads
TEST_F(Runtime, ForkKeepsOneThread) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  Local<Node> holder = make_node(t);
  for (int n = 0; n < 3; n++) {
    threads.push_back(start([&](Thread& mine) {
      while (!stop.load()) {
        holder->left.set(make_node(mine));
        (void)safepoint(mine);
      }
    }));
  }
  for (int round = 0; round < 10; round++) {
    before_fork(t);
    pid_t child = fork();
    if (child == 0) {
      after_fork_child(t);
      if (registered_threads() != 1 || multi_threaded()) _exit(2);
      holder->left.set(make_node(t));
      for (int i = 0; i < 10000; i++) {
        Local<Node> a = make_node(t);
        a->left.init_share(a);
      }
      collect_garbage(t, 2);
      check_heap();
      std::thread another = start([&](Thread& mine) { holder->right.init(make_node(mine)); });
      join(t, another);
      (void)safepoint(t);
      _exit(holder->right.is_empty() ? 3 : 0);
    }
    ASSERT_GT(child, 0);
    after_fork_parent(t);
    int status = 0;
    {
      Detached detached(t);
      waitpid(child, &status, 0);
    }
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
  }
  stop = true;
  for (auto& thread : threads) join(t, thread);
}

TEST(GilMode, OneThreadAtATime) {
  pid_t child = fork();
  if (child == 0) {
    if (!initialise_threads(GilMode::On)) _exit(2);
    set_switch_interval(platform::kMillisecond / 10);
    shapes();
    Thread t;
    if (!register_thread(t)) _exit(3);
    int64_t counter = 0;  // not atomic on purpose
    int64_t turns[3] = {};
    std::vector<std::thread> threads;
    int64_t until = platform::deadline_after(100 * platform::kMillisecond);
    for (int n = 0; n < 3; n++) {
      threads.push_back(start([&, n](Thread& mine) {
        while (platform::monotonic_ns() < until) {
          for (int i = 0; i < 100; i++) {
            int64_t seen = load_relaxed(&counter);
            store_relaxed(&counter, seen + 1);
            turns[n]++;
          }
          (void)safepoint(mine);
        }
      }));
    }
    for (auto& thread : threads) join(t, thread);
    bool fair = turns[0] > 0 && turns[1] > 0 && turns[2] > 0;
    _exit(counter == turns[0] + turns[1] + turns[2] && fair ? 0 : 4);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}
#endif

TEST_F(Runtime, GcQueries) {
  Local<Node> a = make_node(t);
  Local<Node> b = make_node(t);
  a->left.init_share(b);
  std::vector<Value> found;
  auto sink = [](void* f, Local<> object) { static_cast<std::vector<Value>*>(f)->push_back(object.value()); };
  Value target = b.value();
  gc_referrers(t, &target, 1, sink, &found);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0], a.value());
  found.clear();
  gc_referents(t, a.get(), sink, &found);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0], b.value());
  found.clear();
  gc_for_each_object(t, sink, &found);
  EXPECT_GE(found.size(), 2u);
  gc_freeze(t);
  EXPECT_GE(collector_state.frozen.load_relaxed(), 2u);
  gc_unfreeze(t);
}

}  // namespace
}  // namespace orochi
