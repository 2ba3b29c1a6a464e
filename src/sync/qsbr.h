// Quiescent-state based reclamation: memory that lock-free readers may still look at is freed only after every online
// thread has passed a point where it holds no such pointer (Hart, McKenney et al., 2007; FreeBSD's subr_smr).
//
// One global sequence number is advanced when something is retired. A slot that passes a quiescent point copies the
// number it sees; a slot that is offline (its thread is detached) holds 0 and is not waited for. A retired item carries
// the goal number: when every online slot has reached it, nobody can hold the item.
//   goal passed  <=>  for every slot: seen == 0 or seen >= goal
#pragma once

#include <cstddef>
#include <cstdint>

#include "sync/shared.h"

namespace orochi {

struct RetiredChunk;

// Part of a thread slot; lives for ever, passes from thread to thread.
struct QsbrSlot {
  Shared<uint64_t> seen{0};  // written by the slot's thread, read by all
  QsbrSlot* next = nullptr;  // all slots ever; fixed once registered
  // Owner only from here: what this slot's threads retired, oldest first.
  RetiredChunk* first = nullptr;
  RetiredChunk* last = nullptr;
  size_t pending = 0;
  uint64_t last_goal = 0;
};

extern Shared<uint64_t> qsbr_sequence;

// Once for every slot, before its first use.
void qsbr_register(QsbrSlot* slot);

void qsbr_online(QsbrSlot* slot);
void qsbr_offline(QsbrSlot* slot);

// Frees `pointer` with `deleter` when nobody can read it any more. `slot` is the calling thread's, and online.
// The deleter must not retire, block or run Python code.
void qsbr_retire(QsbrSlot* slot, void* pointer, void (*deleter)(void*));

// A quiescent point of the (online) caller; frees what can be freed now, also what ended threads left.
void qsbr_process(QsbrSlot* slot);

// The calling thread holds no pointer that it read without a lock.
OROCHI_INLINE void qsbr_quiescent(QsbrSlot* slot) {
  uint64_t now = qsbr_sequence.load_acquire();  // pairs with advancing: what was unlinked before it is invisible to us
  if (slot->seen.load_relaxed() != now) slot->seen.publish_release(now);  // pairs with qsbr_passed: our reads are over
  if (slot->pending != 0) [[unlikely]] qsbr_process(slot);
}

// For memory that keeps its own list (pages of the heap): the number to wait for, and whether it was reached.
// qsbr_goal() orders the caller's unlinking before it.
uint64_t qsbr_goal();
bool qsbr_passed(uint64_t goal);

// The thread ends: what it retired is left to all others.
void qsbr_abandon(QsbrSlot* slot);

// Called when much is waiting: should make all online threads pass a quiescent point soon.
void set_qsbr_nudge(void (*nudge)());

// While the world is stopped at points that are quiescent for everybody: frees everything that was retired.
void qsbr_drain_world_stopped();

// In the child of a fork: only `current` is still there.
void qsbr_after_fork_child(QsbrSlot* current);

}  // namespace orochi
