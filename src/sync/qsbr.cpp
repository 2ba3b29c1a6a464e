// QSBR queues. A slot's retired items are a chunked FIFO with non-decreasing goals, so processing stops at the first
// item whose goal has not passed. Goals are handed out in batches: an item's goal is one step ahead of the sequence,
// and the sequence is advanced when the slot has collected a batch or next looks at its queue.
#include "sync/qsbr.h"

#include <cstdlib>
#include <new>

#include "base/check.h"
#include "sync/mutex.h"

namespace orochi {

namespace {
constexpr size_t kChunkItems = 84;
constexpr size_t kBatch = 16;
constexpr size_t kNudgeEvery = 512;
constexpr uint64_t kStep = 2;

struct Retired {
  void* pointer;
  void (*deleter)(void*);
  uint64_t goal;
};
}  // namespace

struct RetiredChunk {
  RetiredChunk* next = nullptr;
  uint32_t begin = 0;
  uint32_t end = 0;
  Retired items[kChunkItems];
};

constinit Shared<uint64_t> qsbr_sequence{1};

namespace {

constinit Shared<QsbrSlot*> all_slots{nullptr};
constinit Shared<uint64_t> known_passed{0};  // a lower bound of what qsbr_passed would compute; only a cache
constinit Shared<void (*)()> nudge_hook{nullptr};

Mutex orphans_lock{LockRank::Retired};
RetiredChunk* orphans GUARDED_BY(orphans_lock) = nullptr;
constinit Shared<uint32_t> orphan_chunks{0};  // a hint: is it worth taking the lock?

uint64_t lowest_seen() {
  uint64_t lowest = qsbr_sequence.load_acquire();
  for (QsbrSlot* slot = all_slots.load_acquire(); slot != nullptr; slot = slot->next) {
    uint64_t seen = slot->seen.load_acquire();  // pairs with qsbr_quiescent and qsbr_offline: its reads are over
    if (seen != 0 && seen < lowest) lowest = seen;
  }
  return lowest;
}

void advance_to(uint64_t goal) {
  uint64_t now = qsbr_sequence.load_acquire();
  while (now < goal && !qsbr_sequence.claim_seq_cst(now, goal)) {
  }
}

// Frees the passed items of a chunk list; returns how many.
size_t free_passed(RetiredChunk*& first, RetiredChunk** last, bool everything) {
  size_t freed = 0;
  while (first != nullptr) {
    RetiredChunk* chunk = first;
    while (chunk->begin != chunk->end) {
      Retired item = chunk->items[chunk->begin];
      if (!everything && !qsbr_passed(item.goal)) return freed;
      chunk->begin++;
      freed++;
      item.deleter(item.pointer);
    }
    if (chunk->next == nullptr && last != nullptr) {  // keep one for the next retire
      chunk->begin = chunk->end = 0;
      return freed;
    }
    first = chunk->next;
    std::free(chunk);
  }
  return freed;
}

void process_orphans(bool everything) {
  if (orphan_chunks.load_relaxed() == 0) return;
  RetiredChunk* mine;
  {
    MutexGuard guard(orphans_lock);
    mine = orphans;
    orphans = nullptr;
    orphan_chunks.store_relaxed(0);
  }
  RetiredChunk* kept = nullptr;
  uint32_t kept_count = 0;
  while (mine != nullptr) {  // chunks of several threads: each has its own order
    RetiredChunk* chunk = mine;
    mine = chunk->next;
    chunk->next = nullptr;
    RetiredChunk* one = chunk;
    free_passed(one, nullptr, everything);
    if (one == nullptr) continue;
    one->next = kept;
    kept = one;
    kept_count++;
  }
  if (kept == nullptr) return;
  MutexGuard guard(orphans_lock);
  RetiredChunk** end = &orphans;
  while (*end != nullptr) end = &(*end)->next;
  *end = kept;
  orphan_chunks.count_relaxed(kept_count);
}

}  // namespace

void qsbr_register(QsbrSlot* slot) {
  QsbrSlot* head = all_slots.load_relaxed();
  do {
    slot->next = head;
  } while (!all_slots.claim(head, slot));  // pairs with lowest_seen
}

void qsbr_online(QsbrSlot* slot) {
  slot->seen.store_relaxed(qsbr_sequence.load_acquire());
  fence_seq_cst();  // our mark is visible before our first read; pairs with the fence in qsbr_retire and qsbr_goal
}

void qsbr_offline(QsbrSlot* slot) { slot->seen.publish_release(0); }  // pairs with lowest_seen: our reads are over

void qsbr_retire(QsbrSlot* slot, void* pointer, void (*deleter)(void*)) {
  RetiredChunk* chunk = slot->last;
  if (chunk == nullptr || chunk->end == kChunkItems) {
    auto* memory = std::malloc(sizeof(RetiredChunk));
    if (memory == nullptr) return;  // out of memory: keeping it for ever is the only safe answer left
    auto* fresh = new (memory) RetiredChunk;
    if (chunk != nullptr) {
      chunk->next = fresh;
    } else {
      slot->first = fresh;
    }
    slot->last = chunk = fresh;
  }
  fence_seq_cst();  // the caller's unlinking comes before reading the sequence; pairs with qsbr_quiescent
  uint64_t goal = qsbr_sequence.load_acquire() + kStep;
  chunk->items[chunk->end++] = {pointer, deleter, goal};
  slot->last_goal = goal;
  slot->pending++;
  if (slot->pending % kBatch == 0) advance_to(goal);
  if (slot->pending % kNudgeEvery == 0) {
    void (*nudge)() = nudge_hook.load_relaxed();  // set once at start-up
    if (nudge != nullptr) nudge();
  }
}

void qsbr_process(QsbrSlot* slot) {
  if (slot->pending != 0) advance_to(slot->last_goal);
  slot->seen.publish_release(qsbr_sequence.load_acquire());  // the caller is at a quiescent point
  if (slot->pending != 0) slot->pending -= free_passed(slot->first, &slot->last, false);
  process_orphans(false);
}

uint64_t qsbr_goal() { return qsbr_sequence.count_seq_cst(kStep) + kStep; }

bool qsbr_passed(uint64_t goal) {
  if (known_passed.load_acquire() >= goal) return true;
  if (qsbr_sequence.load_acquire() < goal) return false;
  uint64_t lowest = lowest_seen();
  uint64_t known = known_passed.load_relaxed();
  while (known < lowest && !known_passed.claim(known, lowest)) {
  }
  return lowest >= goal;
}

void qsbr_abandon(QsbrSlot* slot) {
  if (slot->pending == 0) return;
  advance_to(slot->last_goal);
  uint32_t count = 0;
  for (RetiredChunk* chunk = slot->first; chunk != nullptr; chunk = chunk->next) count++;
  MutexGuard guard(orphans_lock);
  slot->last->next = orphans;
  orphans = slot->first;
  orphan_chunks.count_relaxed(count);
  slot->first = slot->last = nullptr;
  slot->pending = 0;
}

void set_qsbr_nudge(void (*nudge)()) { nudge_hook.store_relaxed(nudge); }

void qsbr_drain_world_stopped() {
  for (QsbrSlot* slot = all_slots.load_acquire(); slot != nullptr; slot = slot->next) {
    if (slot->pending != 0) slot->pending -= free_passed(slot->first, &slot->last, true);
  }
  process_orphans(true);
}

void qsbr_after_fork_child(QsbrSlot* current) {
  orphans_lock.reset_after_fork();
  for (QsbrSlot* slot = all_slots.load_acquire(); slot != nullptr; slot = slot->next) {
    if (slot != current) slot->seen.store_relaxed(0);
  }
}

}  // namespace orochi
