// The parking lot: threads sleep in queues keyed by an address, so that a lock needs only the bits that say whether
// anybody sleeps (WebKit's WTF::ParkingLot; rust parking_lot). Queues are FIFO per address.
//
// park() puts the caller into the queue only if `validate` still says so under the bucket's lock; unpark_one() runs
// `decide` under the same lock, so a lock's parked bit and its queue change together.
// A thread that is attached to the runtime detaches around the sleep: the block hooks do that (set_block_hooks).
#pragma once

#include <cstdint>

#include "platform/clock.h"
#include "sync/shared.h"

namespace orochi {

enum class ParkResult : uint8_t {
  Unparked,     // taken out of the queue by unpark; see Parked::token
  Refused,      // validate said no; the thread never slept
  TimedOut,     // deadline passed
  Interrupted,  // interrupt_park() was called, or a signal arrived while the mode is Interruptible
};

enum class ParkMode : uint8_t {
  Raw,            // sleep as we are: only for waits that need no safepoint of ours to end
  Detach,         // call the block hooks around the sleep
  Interruptible,  // Detach, and a signal ends the sleep
};

struct Parked {
  ParkResult result;
  uint32_t token;  // what unpark's caller handed over
};

// What unpark_one tells about the thread it is about to wake (under the bucket's lock).
struct UnparkInfo {
  bool found;     // a thread sleeps on the address
  bool more;      // and after it another one
  bool starving;  // it has waited for more than about a millisecond: hand the lock over
};

using ValidatePark = bool (*)(void* context);
using BeforeSleep = void (*)(void* context);
using DecideUnpark = uint32_t (*)(void* context, UnparkInfo info);  // returns the token

// `waiting_since`: when the caller began to wait, if it has slept before (for UnparkInfo::starving).
Parked park(const void* address, ValidatePark validate, void* context, ParkMode mode,
            int64_t deadline = platform::kForever, BeforeSleep before_sleep = nullptr, int64_t waiting_since = 0);

// Wakes the longest waiter on `address`. `decide` is always called, also when none is found.
void unpark_one(const void* address, DecideUnpark decide, void* context);
// Wakes all, with token 0. Returns how many.
uint32_t unpark_all(const void* address);

// The sleeping place of one thread, for waking it whatever it waits for.
struct Parker;
Parker* current_parker();
// Ends the sleep of `parker` if it is in an interruptible one. Safe in a signal handler. The parker must be alive.
void interrupt_park(Parker* parker);

// Called around every detaching sleep. `detach` says whether the thread was attached (then `attach` is called after).
struct BlockHooks {
  bool (*detach)();
  void (*attach)();
};
void set_block_hooks(BlockHooks hooks);
BlockHooks block_hooks();

// Before a fork: takes all bucket locks so that the child gets consistent ones; after it, in the parent: releases them;
// in the child: nobody sleeps any more.
void parking_lot_before_fork();
void parking_lot_after_fork_parent();
void parking_lot_after_fork_child();

}  // namespace orochi
