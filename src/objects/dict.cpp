// dict: the table, and everything that never runs Python code. See dict_table.h for the protocol between readers and
// writers.
#include "objects/dict.h"

#include "objects/dict_table.h"
#include "objects/exception.h"
#include "objects/list.h"
#include "objects/list_storage.h"
#include "objects/tuple.h"

namespace orochi {

namespace {

// Versions are process-wide unique; 0 when they have run out. Any thread, atomic.
uint32_t next_keys_version = 1;

void trace_dict(Object* object, Visitor& v) {
  DictTable* table = static_cast<Dict*>(object)->table;
  if (!table) return;
  DictEntry* entries = table->entries();
  for (uint32_t e = table->head; e < table->used_entries; e++) {
    v.visit_slot(&entries[e].key);
    v.visit_slot(&entries[e].value);
  }
}
void destroy_dict(Object* object) { free_raw(static_cast<Dict*>(object)->table); }
size_t extra_dict(const Object* object) {
  DictTable* table = load_table(static_cast<const Dict*>(object));
  return table ? dict_table_bytes(table) : 0;
}

size_t entries_for(int log2_slots) { return ((size_t{1} << log2_slots) * 2) / 3; }

// The dict's entries move to `fresh`; nobody else writes. Publishes it and retires the old table.
void move_entries(Dict* dict, DictTable* fresh) {
  DictTable* old = dict->table;
  uint32_t n = 0;
  if (old) {
    DictEntry* from = old->entries();
    DictEntry* to = fresh->entries();
    for (uint32_t e = old->head; e < old->used_entries; e++) {
      if (from[e].value.is_empty()) continue;
      to[n] = from[e];
      DictProbe probe(fresh, from[e].hash);
      while (probe.load()) probe.next();
      probe.store(++n);
    }
    fresh->all_str_keys = old->all_str_keys;
    forget_version(old);
  }
  fresh->used_entries = n;
  fresh->tail = n;
  publish_table(dict, fresh);
  if (!old) return;
  bool shared = others_may_read(dict);
  if (shared) {
    DictEntry* from = old->entries();
    for (uint32_t e = 0; e < old->used_entries; e++) {
      __atomic_store_n(&from[e].key.bits, uint64_t{0}, __ATOMIC_RELEASE);
      __atomic_store_n(&from[e].value.bits, uint64_t{0}, __ATOMIC_SEQ_CST);  // pairs with load_slot
    }
  }
  free_buffer(old, shared);
}

}  // namespace

extern const Layout kDictLayout;
constinit const Layout kDictLayout{"dict", sizeof(Dict), 0, trace_dict, destroy_dict, nullptr, extra_dict};

size_t dict_table_bytes(const DictTable* table) {
  return sizeof(DictTable) + table->capacity * sizeof(DictEntry) +
         (size_t{1} << (table->log2_slots + table->log2_index_bytes));
}

DictTable* make_dict_table(size_t entries) {
  int log2_slots = 3;
  while (entries_for(log2_slots) < entries) {
    if (++log2_slots > kMaxLog2Slots) return nullptr;
  }
  DictTable header{};
  header.log2_slots = static_cast<uint8_t>(log2_slots);
  header.log2_index_bytes = log2_slots <= 8 ? 0 : log2_slots <= 16 ? 1 : 2;
  header.capacity = static_cast<uint32_t>(entries_for(log2_slots));
  header.all_str_keys = 1;
  size_t bytes = dict_table_bytes(&header);
  size_t index_bytes = size_t{1} << (header.log2_slots + header.log2_index_bytes);
  // Entries need no zeroing: none is looked at before it is written.
  auto* table = static_cast<DictTable*>(allocate_raw(bytes));
  if (!table) return nullptr;
  *table = header;
  std::memset(static_cast<void*>(table->entries() + table->capacity), 0, index_bytes);
  return table;
}

uint32_t find_str_locked(const DictTable* table, Borrowed<Str> key, int64_t hash) {
  if (!table) return kNoEntry;
  const DictEntry* entries = table->entries();
  for (DictProbe probe(table, hash);; probe.next()) {
    uint32_t ix = probe.load();
    if (!ix) return kNoEntry;
    const DictEntry& entry = entries[ix - 1];
    if (entry.key == key.value()) return ix - 1;
    if (entry.hash == hash && is_str(entry.key) && str_equal(Borrowed<Str>(entry.key), key)) return ix - 1;
  }
}

bool reserve_dict_entry(Dict* dict) {
  DictTable* table = dict->table;
  if (OROCHI_LIKELY(table && table->used_entries < table->capacity)) return true;
  size_t wanted = dict->live < 5 ? 5 : dict->live * 2;
  if (!table) wanted = 1;
  DictTable* fresh = make_dict_table(wanted);
  if (!fresh) return false;
  move_entries(dict, fresh);
  return true;
}

bool insert_new_locked(Dict* dict, Borrowed<> key, int64_t hash, Local<>&& value) {
  if (!reserve_dict_entry(dict)) return false;
  DictTable* table = dict->table;
  if (table->keys_version) forget_version(table);
  if (table->all_str_keys && !is_exact_str(key)) __atomic_store_n(&table->all_str_keys, uint8_t{0}, __ATOMIC_RELEASE);
  uint32_t e = table->used_entries;
  DictEntry& entry = table->entries()[e];
  entry.hash = hash;
  retain(key.value());
  publish_slot(&entry.key, key.value());
  publish_slot(&entry.value, value.release());
  DictProbe probe(table, hash);
  while (probe.load()) probe.next();
  probe.store(e + 1);
  __atomic_store_n(&table->used_entries, e + 1, __ATOMIC_RELEASE);  // pairs with load_used
  table->tail = e + 1;
  store_live(dict, dict->live + 1);
  return true;
}

DictItem remove_entry_locked(Dict* dict, uint32_t e) {
  DictTable* table = dict->table;
  DictEntry& entry = table->entries()[e];
  if (table->keys_version) forget_version(table);
  DictItem item;
  item.value = Local<>::adopt(exchange_slot(&entry.value, Value()));
  item.key = Local<>::adopt(exchange_slot(&entry.key, Value()));
  store_live(dict, dict->live - 1);
  // Hints that skip emptied entries at both ends: deleting in order costs no search.
  if (e == table->head) {
    uint32_t head = e + 1;
    while (head < table->used_entries && table->entries()[head].value.is_empty()) head++;
    __atomic_store_n(&table->head, head, __ATOMIC_RELAXED);
  }
  if (e + 1 == table->tail) table->tail = e;
  return item;
}

void drop_dict_table(Dict* dict, DictTable* table) {
  if (!table) return;
  bool shared = others_may_read(dict);
  DictEntry* entries = table->entries();
  for (uint32_t e = table->head; e < table->used_entries; e++) {
    release(exchange_slot(&entries[e].value, Value()));
    release(exchange_slot(&entries[e].key, Value()));
  }
  free_buffer(table, shared);
}

#if OROCHI_TSAN
__attribute__((no_sanitize("thread")))
#endif
StrMatch match_str_slot(const Value* slot, Borrowed<Str> key, bool any_str) {
  for (;;) {
    Value v = peek_slot_acquire(slot);
    if (!v.is_heap()) return StrMatch::NotStr;
    auto* other = reinterpret_cast<const Str*>(v.bits);
    uint32_t shape_word = __atomic_load_n(&other->shape_word, __ATOMIC_RELAXED);
    if (shape_word != 0) {
      const Shape* shape = Shape::of_word(shape_word);
      bool comparable = any_str ? (shape->load_flags() & kShapeIsStr) != 0 : shape->type == &types::Str;
      StrMatch result = StrMatch::NotStr;
      if (comparable) {
        size_t length = __atomic_load_n(&other->length_, __ATOMIC_RELAXED);
        bool same = length == key->length_ && other->unit_shift() == key->unit_shift();
        if (same) {
          const char* a = static_cast<const char*>(other->data());
          const char* b = static_cast<const char*>(key->data());
          same = std::memcmp(a, b, length << key->unit_shift()) == 0;
        }
        result = same ? StrMatch::Equal : StrMatch::Different;
      }
      __atomic_thread_fence(__ATOMIC_ACQUIRE);  // the slot is looked at after the text
      if (peek_slot_acquire(slot) == v) return result;
    } else {
      __builtin_ia32_pause();
    }
  }
}

Result<Local<Dict>> make_dict(Mutator& m, size_t expected) {
  Local<Dict> dict = TRY(allocate<Dict>(m, types::Dict.root_shape));
  if (expected) {
    DictTable* table = make_dict_table(expected);
    if (!table) return raise_no_memory(m);
    dict->table = table;
  }
  return dict;
}

Lookup<> dict_find_str(Mutator&, Borrowed<Dict> dict, Borrowed<Str> key) {
  int64_t hash = str_hash(key);
  if (OROCHI_LIKELY(!multi_threaded())) {
    uint32_t e = find_str_locked(dict->table, key, hash);
    if (e == kNoEntry) return kAbsent;
    return Local<>::share(dict->table->entries()[e].value);
  }
restart:
  DictTable* table = load_table(dict.get());
  if (!table) return kAbsent;
  DictEntry* entries = table->entries();
  for (DictProbe probe(table, hash);; probe.next()) {
    uint32_t ix = probe.load();
    if (!ix) {
      if (load_table(dict.get()) != table) goto restart;
      return kAbsent;
    }
    DictEntry& entry = entries[ix - 1];
    if (peek_slot_acquire(&entry.key) != key.value()) {
      if (entry.hash != hash || match_str_slot(&entry.key, key, true) != StrMatch::Equal) continue;
    }
    Value v = load_slot(&entry.value, dict.get());
    if (OROCHI_LIKELY(!v.is_empty())) return Local<>::adopt(v);
    if (load_table(dict.get()) != table) goto restart;
  }
}

Result<void> dict_set_str(Mutator& m, Borrowed<Dict> dict, Borrowed<Str> key, Local<> value) {
  int64_t hash = str_hash(key);
  Local<> old;
  ObjectLock guard(m, dict.get());
  uint32_t e = find_str_locked(dict->table, key, hash);
  if (e != kNoEntry) {
    old = replace_value_locked(dict->table, e, std::move(value));
  } else if (!insert_new_locked(dict.get(), key, hash, std::move(value))) {
    guard.release();
    return raise_no_memory(m);
  }
  guard.release();
  return ok();
}

Result<bool> dict_delete_str(Mutator& m, Borrowed<Dict> dict, Borrowed<Str> key) {
  int64_t hash = str_hash(key);
  DictItem old;
  ObjectLock guard(m, dict.get());
  uint32_t e = find_str_locked(dict->table, key, hash);
  if (e == kNoEntry) return false;
  old = remove_entry_locked(dict.get(), e);
  guard.release();
  return true;
}

Result<Local<Dict>> dict_copy(Mutator& m, Borrowed<Dict> dict) {
  Local<Dict> out = TRY(make_dict(m));
  ObjectLock guard(m, dict.get());
  DictTable* table = dict->table;
  if (!table || dict->live == 0) return out;
  if (dict->live == table->used_entries) {  // no holes: the same table again
    size_t bytes = dict_table_bytes(table);
    auto* fresh = static_cast<DictTable*>(allocate_raw(bytes));
    if (!fresh) return raise_no_memory(m);
    std::memcpy(static_cast<void*>(fresh), table, bytes);
    fresh->keys_version = 0;
    for (uint32_t e = 0; e < fresh->used_entries; e++) {
      retain(fresh->entries()[e].key);
      retain(fresh->entries()[e].value);
    }
    out->table = fresh;
    out->live = dict->live;
    return out;
  }
  out->table = make_dict_table(dict->live);
  if (!out->table) return raise_no_memory(m);
  for (uint32_t e = table->head; e < table->used_entries; e++) {
    DictEntry& entry = table->entries()[e];
    if (entry.value.is_empty()) continue;
    if (!insert_new_locked(out.get(), Borrowed<>(entry.key), entry.hash, Local<>::share(entry.value))) {
      return raise_no_memory(m);
    }
  }
  return out;
}

void dict_clear(Mutator& m, Borrowed<Dict> dict) {
  ObjectLock guard(m, dict.get());
  DictTable* table = dict->table;
  if (table) forget_version(table);
  store_live(dict.get(), 0);
  publish_table(dict.get(), nullptr);
  guard.release();
  drop_dict_table(dict.get(), table);
}

bool dict_next(Mutator&, Borrowed<Dict> dict, size_t* position, Local<>* key, Local<>* value, int64_t* hash) {
  size_t at = *position;
  for (;;) {
    DictTable* table = load_table(dict.get());
    if (!table) return false;
    uint32_t used = load_used(table);
    uint32_t head = __atomic_load_n(&table->head, __ATOMIC_RELAXED);
    if (at < head) at = head;
    DictEntry* entries = table->entries();
    bool replaced = false;
    for (; at < used; at++) {
      DictEntry& entry = entries[at];
      if (!multi_threaded()) {
        if (entry.value.is_empty()) continue;
        if (key) *key = Local<>::share(entry.key);
        if (value) *value = Local<>::share(entry.value);
      } else {
        Local<> k = Local<>::adopt(load_slot(&entry.key, dict.get()));
        Local<> v;
        if (k && value) v = Local<>::adopt(load_slot(&entry.value, dict.get()));
        if (!k || (value && !v)) {
          replaced = load_table(dict.get()) != table;
          if (replaced) break;
          continue;
        }
        if (key) *key = std::move(k);
        if (value) *value = std::move(v);
      }
      if (hash) *hash = entry.hash;
      *position = at + 1;
      return true;
    }
    if (!replaced) {
      *position = at;
      return false;
    }
  }
}

namespace {

enum class Part : uint8_t { Keys, Values, Items };

Result<Local<>> list_of(Mutator& m, Borrowed<Dict> dict, Part part) {
  for (;;) {
    size_t count = dict->length();
    Local<List> out = TRY(make_list(m, count));
    Local<List> pairs;  // made before the lock is taken: allocation is allowed under it, but not needed there
    if (part == Part::Items) {
      pairs = TRY(make_list(m, count));
      for (size_t i = 0; i < count; i++) {
        Local<Tuple> pair = TRY(make_tuple_uninitialised(m, 2));
        pairs->array->items[i] = pair.release();
        pairs->length_ = i + 1;
      }
    }
    ObjectLock guard(m, dict.get());
    if (dict->live != count) continue;
    DictTable* table = dict->table;
    size_t n = 0;
    for (uint32_t e = table ? table->head : 0; table && e < table->used_entries; e++) {
      DictEntry& entry = table->entries()[e];
      if (entry.value.is_empty()) continue;
      if (part == Part::Items) {
        Borrowed<Tuple> pair(pairs->array->items[n]);
        pair->items()[0].init_share(Borrowed<>(entry.key));
        pair->items()[1].init_share(Borrowed<>(entry.value));
        n++;
      } else {
        Value v = part == Part::Keys ? entry.key : entry.value;
        retain(v);
        out->array->items[n++] = v;
      }
    }
    DCHECK(n == count);
    guard.release();
    if (part == Part::Items) return pairs;
    out->length_ = n;
    return out;
  }
}

}  // namespace

Result<Local<>> dict_keys_list(Mutator& m, Borrowed<Dict> dict) { return list_of(m, dict, Part::Keys); }
Result<Local<>> dict_values_list(Mutator& m, Borrowed<Dict> dict) { return list_of(m, dict, Part::Values); }
Result<Local<>> dict_items_list(Mutator& m, Borrowed<Dict> dict) { return list_of(m, dict, Part::Items); }

DictSlot dict_locate_str(Mutator& m, Borrowed<Dict> dict, Borrowed<Str> key) {
  int64_t hash = str_hash(key);
  ObjectLock guard(m, dict.get());
  DictTable* table = dict->table;
  if (!table) return {0, kNoEntry};
  uint32_t e = find_str_locked(table, key, hash);
  uint32_t version = table->keys_version;
  if (version == 0) {
    version = __atomic_load_n(&next_keys_version, __ATOMIC_RELAXED);  // a counter: only uniqueness matters
    do {
      if (version == 0) return {0, e};
    } while (!__atomic_compare_exchange_n(&next_keys_version, &version, version + 1, false, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
    __atomic_store_n(&table->keys_version, version, __ATOMIC_RELEASE);  // pairs with the guard in global caches
  }
  return {version, e};
}

}  // namespace orochi
