// Attach, detach, the stop-the-world protocol, and the global lock of GIL mode.
#include "threads/safepoint.h"

#include <cstddef>

#include "platform/clock.h"
#include "platform/futex.h"
#include "platform/membarrier.h"
#include "platform/os_thread.h"
#include "threads/registry.h"

namespace orochi {

namespace threads_internal {
constinit Mutex registry_lock{LockRank::ThreadRegistry};
constinit bool world_stopping = false;      // guarded by registry_lock
constinit Shared<uint32_t> stop_progress{0};  // futex: changes when a thread stands still
}  // namespace threads_internal

using namespace threads_internal;

namespace {

constinit Mutex world_lock{LockRank::World};

// --- GIL mode ---
constinit bool gil_on = false;  // fixed by initialise_threads
constinit uint8_t gil_byte = 0;
constinit Shared<uint32_t> gil_holder{0};  // slot id; a hint
constinit Shared<int64_t> gil_interval{5 * platform::kMillisecond};

void gil_acquire(ThreadSlot& slot) {
  while (ByteLock::lock_until(&gil_byte, platform::deadline_after(gil_interval.load_relaxed()), ParkMode::Raw) !=
         LockResult::Acquired) {
    uint32_t holder = gil_holder.load_relaxed();
    if (holder == 0 || holder == slot.id) continue;
    ThreadSlot& held_by = *thread_slot(holder);
    MutexGuard guard(held_by.merge_lock);  // keeps its mutator there
    if (held_by.mutator != nullptr) held_by.mutator->request(kPollGil);
  }
  gil_holder.store_relaxed(slot.id);
}

void gil_release() {
  gil_holder.store_relaxed(0);
  ByteLock::unlock(&gil_byte);
}

// --- leaving and entering the attached state ---

// The world may stop while the thread is away, and its native stack is then scanned from the frame that left. What that
// frame and its callers keep in callee-saved registers must be on record, unchanged by any function in between, so the
// ways out are small assembly entries: they note the registers and the stack pointer of their caller, then call
// orochi_leave(mutator or null, new state, registers).

}  // namespace

extern "C" [[gnu::used]] bool orochi_leave(Mutator* m, uint32_t state, const uint64_t* registers) {
  if (m == nullptr) {  // from a blocking sleep: whoever the thread is
    m = tls_mutator;
    if (m == nullptr || m->slot == nullptr || m->slot->state.load_relaxed() != kSlotAttached) return false;
    if (holds_world(*m)) return false;  // nobody else runs; what we wait for is not a thread of ours
  }
  ThreadSlot& slot = *m->slot;
  DCHECK(slot.state.load_relaxed() == kSlotAttached);
  for (int i = 0; i < 6; i++) slot.saved_registers[i] = registers[i];
  slot.saved_stack = reinterpret_cast<uintptr_t>(registers + 7);  // above the return address
  qsbr_offline(&slot.qsbr);
  slot.state.store_seq_cst(state);  // releases everything we wrote; pairs with the claims of stopper and merger
  if ((m->load_poll() & kPollStop) != 0) {
    stop_progress.count_relaxed(1);
    platform::futex_wake(stop_progress.address());
  }
  if (gil_on) gil_release();
  return true;
}

namespace {

#define OROCHI_LEAVE                 \
  "pushq %%r15\n\t"                  \
  "pushq %%r14\n\t"                  \
  "pushq %%r13\n\t"                  \
  "pushq %%r12\n\t"                  \
  "pushq %%rbp\n\t"                  \
  "pushq %%rbx\n\t"                  \
  "movq %%rsp, %%rdx\n\t"            \
  "subq $8, %%rsp\n\t" /* aligned */ \
  "call orochi_leave\n\t"            \
  "addq $56, %%rsp\n\t"              \
  "ret\n\t"

[[gnu::naked, gnu::noinline]] bool leave(Mutator*, uint32_t) { asm volatile(OROCHI_LEAVE ::: "memory"); }

[[gnu::naked, gnu::noinline]] bool detach_to_block() {
  asm volatile("xorl %%edi, %%edi\n\t"
               "xorl %%esi, %%esi\n\t" OROCHI_LEAVE ::: "memory");
}
static_assert(kSlotDetached == 0);

void enter(Mutator& m) {
  ThreadSlot& slot = *m.slot;
  for (;;) {
    if (gil_on) gil_acquire(slot);
    uint32_t state = kSlotDetached;
    if (slot.state.claim_seq_cst(state, kSlotAttached)) break;  // pairs with the stores of start_the_world and merger
    if (gil_on) gil_release();
    platform::futex_wait(slot.state.address(), state);
  }
  qsbr_online(&slot.qsbr);
}

void attach_after_block() { enter(*tls_mutator); }

void nudge_readers() { request_all(kPollMerge); }  // any poll bit brings a thread to a quiescent point

}  // namespace

namespace threads_internal {

constinit Shared<uint32_t> world_owner{0};

// The stop may be over already, so the state changes under the lock under which the stopper starts the world.
void stand_still(Mutator& m) {
  registry_lock.lock();
  bool stopping = world_stopping;
  if (!stopping) m.withdraw(kPollStop);
  registry_lock.unlock();
  if (!stopping) return;
  leave(&m, kSlotSuspended);
  registry_lock.lock();
  // Started between our look and our store: nobody will wake us.
  uint32_t suspended = kSlotSuspended;
  if (!world_stopping) m.slot->state.claim_seq_cst(suspended, kSlotDetached);
  registry_lock.unlock();
  enter(m);
}

void yield_gil(Mutator& m) {
  m.withdraw(kPollGil);
  if (!gil_on) return;
  leave(&m, kSlotDetached);
  enter(m);
}

void install_hooks(GilMode gil) {
  gil_on = gil == GilMode::On;
  set_block_hooks({detach_to_block, attach_after_block});
  set_qsbr_nudge(nudge_readers);
  ByteLock::initialise();
}

void reset_locks_after_fork(Thread& t) NO_THREAD_SAFETY_ANALYSIS {
  ByteLock::after_fork_child();
  gil_byte = gil_on ? ByteLock::kLocked : 0;
  gil_holder.store_relaxed(gil_on ? t.slot_id : 0);
}

}  // namespace threads_internal

bool gil_enabled() { return gil_on; }
void set_switch_interval(int64_t ns) { gil_interval.store_relaxed(ns < 1000 ? 1000 : ns); }
int64_t switch_interval() { return gil_interval.load_relaxed(); }

[[gnu::naked]] void detach_thread(Thread&) {
  asm volatile("xorl %%esi, %%esi\n\t" OROCHI_LEAVE ::: "memory");
}
void attach_thread(Thread& t) { enter(t); }
bool is_attached(const Thread& t) { return t.slot != nullptr && t.slot->state.load_relaxed() == kSlotAttached; }


bool holds_world(const Mutator& m) { return world_owner.load_relaxed() == m.slot_id && m.slot_id != 0; }

void stop_the_world(Mutator& m) NO_THREAD_SAFETY_ANALYSIS {
  DCHECK(!holds_world(m));
  world_lock.lock();  // waits detached: another stopper may be at work
  {
    MutexGuard guard(registry_lock);
    world_stopping = true;
    uint32_t count = thread_slot_count.load_acquire();
    for (uint32_t id = 1; id <= count; id++) {
      ThreadSlot& slot = *thread_slot(id);
      if (slot.mutator != nullptr && slot.mutator != &m) slot.mutator->request(kPollStop);
    }
  }
  for (;;) {
    uint32_t progress = stop_progress.load_acquire();
    bool all = true;
    {
      MutexGuard guard(registry_lock);
      uint32_t count = thread_slot_count.load_acquire();
      for (uint32_t id = 1; id <= count; id++) {
        ThreadSlot& slot = *thread_slot(id);
        // A slot without a thread matters too: its last one may still be cleaning up.
        if (&slot == m.slot || (slot.mutator == nullptr && slot.state.load_seq_cst() == kSlotDetached)) continue;
        uint32_t state = kSlotDetached;
        if (!slot.state.claim_seq_cst(state, kSlotSuspended) && state != kSlotSuspended) all = false;
      }
    }
    if (all) break;
    platform::futex_wait(stop_progress.address(), progress, platform::deadline_after(platform::kMillisecond));
  }
  world_owner.store_relaxed(m.slot_id);
}

void start_the_world(Mutator& m) NO_THREAD_SAFETY_ANALYSIS {
  world_owner.store_relaxed(0);
  {
    MutexGuard guard(registry_lock);
    world_stopping = false;
    uint32_t count = thread_slot_count.load_acquire();
    for (uint32_t id = 1; id <= count; id++) {
      ThreadSlot& slot = *thread_slot(id);
      if (&slot == m.slot) continue;
      if (slot.mutator != nullptr) slot.mutator->withdraw(kPollStop);
      uint32_t suspended = kSlotSuspended;
      if (slot.state.claim_seq_cst(suspended, kSlotDetached)) wake_slot(slot);
    }
  }
  world_lock.unlock();
}

}  // namespace orochi
