// The weak-reference side table: open addressing by referent address in 64 shards. An entry is the head of the
// referent's list of WeakRefs, newest first. Everything in a shard changes under its lock; targets are also read
// without it (weak_get).
#include "heap/weak_references.h"

#include "heap/thread_slot.h"

namespace orochi {

namespace {

struct Entry {
  uint64_t key;  // 0 empty, 1 deleted
  WeakRef* first;
};

struct Shard {
  Mutex lock{LockRank::WeakReferences};
  Entry* entries GUARDED_BY(lock) = nullptr;
  size_t capacity GUARDED_BY(lock) = 0;
  size_t filled GUARDED_BY(lock) = 0;  // live and deleted
};

constexpr size_t kShards = 64;
constinit Shard shards[kShards];

uint64_t hash_of(uint64_t key) { return (key >> 4) * 0x9E3779B97F4A7C15ull; }
Shard& shard_of(uint64_t key) { return shards[hash_of(key) >> 58]; }
uint64_t key_of(const Object* object) { return reinterpret_cast<uint64_t>(object); }

Entry* find_entry(Shard& shard, uint64_t key) REQUIRES(shard.lock) {
  if (shard.capacity == 0) return nullptr;
  for (size_t i = hash_of(key) >> 16;; i++) {
    Entry& entry = shard.entries[i & (shard.capacity - 1)];
    if (entry.key == key) return &entry;
    if (entry.key == 0) return nullptr;
  }
}

bool reserve(Shard& shard) REQUIRES(shard.lock) {
  if (shard.filled * 4 < shard.capacity * 3) return true;
  size_t live = 0;
  for (size_t i = 0; i < shard.capacity; i++) live += shard.entries[i].key > 1;
  size_t capacity = 16;
  while (capacity < live * 2 + 2) capacity *= 2;
  auto* entries = static_cast<Entry*>(allocate_raw_zeroed(capacity * sizeof(Entry)));
  if (entries == nullptr) return false;
  for (size_t i = 0; i < shard.capacity; i++) {
    Entry& old = shard.entries[i];
    if (old.key <= 1) continue;
    size_t at = hash_of(old.key) >> 16;
    while (entries[at & (capacity - 1)].key != 0) at++;
    entries[at & (capacity - 1)] = old;
  }
  free_raw(shard.entries);
  shard.entries = entries;
  shard.capacity = capacity;
  shard.filled = live;
  return true;
}

void set_target(WeakRef* ref, Value target) { store_seq_cst(&ref->target.bits, target.bits); }

}  // namespace

bool weak_register(WeakRef* ref, Object* target) {
  // Both pointers are used uncounted from now on: their deaths must be atomic (try_retain).
  mark_shared(target);
  mark_shared(ref);
  uint64_t key = key_of(target);
  Shard& shard = shard_of(key);
  MutexGuard guard(shard.lock);
  Entry* entry = find_entry(shard, key);
  if (entry == nullptr) {
    if (!reserve(shard)) return false;
    size_t at = hash_of(key) >> 16;
    while (shard.entries[at & (shard.capacity - 1)].key != 0) at++;
    entry = &shard.entries[at & (shard.capacity - 1)];
    *entry = {key, nullptr};
    shard.filled++;
  }
  ref->key = key;
  ref->previous = nullptr;
  ref->next = entry->first;
  if (entry->first != nullptr) entry->first->previous = ref;
  entry->first = ref;
  set_target(ref, Value(target));
  __atomic_fetch_or(&target->gc_byte, uint8_t{kGcHasWeakrefs}, __ATOMIC_RELAXED);  // the death's merge orders it
  return true;
}

void weak_unregister(WeakRef* ref) {
  uint64_t key = load_acquire(&ref->key);  // pairs with weak_clear
  if (key == 0) return;
  Shard& shard = shard_of(key);
  MutexGuard guard(shard.lock);
  if (ref->key == 0) return;  // the referent died first
  store_relaxed(&ref->key, uint64_t{0});
  set_target(ref, Value());
  if (ref->next != nullptr) ref->next->previous = ref->previous;
  if (ref->previous != nullptr) {
    ref->previous->next = ref->next;
    return;
  }
  Entry* entry = find_entry(shard, key);
  entry->first = ref->next;
  if (entry->first == nullptr) entry->key = 1;
}

Local<> weak_get(WeakRef* ref) {
  for (;;) {
    Value target(load_seq_cst(&ref->target.bits));
    if (target.is_empty()) return {};
    if (!try_retain(target.as_object())) {
      if (Value(load_seq_cst(&ref->target.bits)) == target) return {};  // dying now
      continue;
    }
    Local<> result = Local<>::adopt(target);
    if (Value(load_seq_cst(&ref->target.bits)) == target) return result;
  }
}

Local<> weak_find_plain(Object* target, const Shape* shape) {
  if ((load_relaxed(&target->gc_byte) & kGcHasWeakrefs) == 0) return {};
  uint64_t key = key_of(target);
  Shard& shard = shard_of(key);
  MutexGuard guard(shard.lock);
  Entry* entry = find_entry(shard, key);
  if (entry == nullptr) return {};
  for (WeakRef* ref = entry->first; ref != nullptr; ref = ref->next) {
    if (ref->shape() != shape || !ref->callback.is_empty()) continue;
    if (try_retain(ref)) return Local<>::adopt(Value(static_cast<Object*>(ref)));
  }
  return {};
}

size_t weak_count(Object* target) {
  size_t count = 0;
  uint64_t key = key_of(target);
  Shard& shard = shard_of(key);
  MutexGuard guard(shard.lock);
  Entry* entry = find_entry(shard, key);
  if (entry == nullptr) return 0;
  for (WeakRef* ref = entry->first; ref != nullptr; ref = ref->next) count++;
  return count;
}

void weak_list(Object* target, void (*add)(void* context, Local<> ref), void* context) {
  ObjectQueue found;  // collected under the lock, handed out after it
  {
    uint64_t key = key_of(target);
    Shard& shard = shard_of(key);
    MutexGuard guard(shard.lock);
    Entry* entry = find_entry(shard, key);
    if (entry == nullptr) return;
    for (WeakRef* ref = entry->first; ref != nullptr; ref = ref->next) {
      if (try_retain(ref) && !found.push(ref)) break;  // out of memory: one reference too many is kept
    }
  }
  while (Object* ref = found.pop()) add(context, Local<>::adopt(Value(ref)));
}

void weak_clear(Object* target, ThreadSlot& slot, bool skip_garbage) {
  uint64_t key = key_of(target);
  Shard& shard = shard_of(key);
  bool callbacks = false;
  {
    MutexGuard guard(shard.lock);
    Entry* entry = find_entry(shard, key);
    if (entry != nullptr) {
      for (WeakRef* ref = entry->first; ref != nullptr;) {
        WeakRef* next = ref->next;
        set_target(ref, Value());
        ref->next = ref->previous = nullptr;
        bool wanted = !ref->callback.is_empty() &&
                      !(skip_garbage && (load_relaxed(&ref->gc_byte) & kGcGarbage) != 0);
        if (wanted && try_retain(ref)) callbacks |= slot.weak_callbacks.push(ref);
        publish_release(&ref->key, uint64_t{0});  // our last touch: it may be freed from here; pairs with weak_unregister
        ref = next;
      }
      entry->key = 1;
      entry->first = nullptr;
    }
  }
  __atomic_fetch_and(&target->gc_byte, static_cast<uint8_t>(~kGcHasWeakrefs), __ATOMIC_RELAXED);
  if (callbacks && tls_mutator != nullptr) tls_mutator->request(kPollFinalizers);
}

void weak_after_fork_child() {
  for (Shard& shard : shards) shard.lock.reset_after_fork();
}

}  // namespace orochi
