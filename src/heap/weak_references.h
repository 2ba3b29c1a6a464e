// Weak references: a side table from object to the WeakRefs that point at it. Objects pay one header bit; the table is
// sharded by address and locked by shard.
//
// WeakRef::target is not counted. It is emptied when the referent dies, before its memory can be used again, so a
// reader takes the pointer, tries to retain the object, and looks at target again (weak_get).
#pragma once

#include "heap/layout.h"
#include "heap/result.h"

namespace orochi {

struct ThreadSlot;

// The common head of weakref.ref and the proxies. The concrete types' layouts must begin with it, call
// weak_unregister() in `destroy`, and visit `callback` in `trace`.
struct WeakRef : Object {
  Value target;         // atomic; empty: dead or not yet registered
  Field<> callback;     // empty: none
  int64_t hash;         // hash of the referent once asked for; -1: not yet
  WeakRef* next;        // the referent's other WeakRefs; guarded by the shard
  WeakRef* previous;
  uint64_t key;         // address of the referent while listed, else 0; guarded by the shard
};

// Lists `ref` (target not yet set) at `target`. False when out of memory. The caller holds both.
bool weak_register(WeakRef* ref, Object* target);
void weak_unregister(WeakRef* ref);

// The referent; absent when it is dead.
Local<> weak_get(WeakRef* ref);

// A listed WeakRef of exactly this shape without callback, for sharing; empty if there is none.
Local<> weak_find_plain(Object* target, const Shape* shape);

// weakref.getweakrefcount, getweakrefs: calls back for each listed one, retained.
size_t weak_count(Object* target);
void weak_list(Object* target, void (*add)(void* context, Local<> ref), void* context);

// The referent dies (or is garbage): empties its WeakRefs. Those with a callback that are alive go to the slot's
// weak_callbacks. `skip_marked_external`: leave out callbacks of WeakRefs that are garbage themselves.
void weak_clear(Object* target, ThreadSlot& slot, bool skip_garbage);

void weak_after_fork_child();

}  // namespace orochi
