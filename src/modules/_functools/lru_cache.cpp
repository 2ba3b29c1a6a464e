// lru_cache: a dict from the arguments to a link that holds the result. Links of a bounded cache form a list, most
// recently used first; the list is changed under the cache's lock and counts its links, so that a link that another
// thread drops from the dict stays whole while it is listed. No lock is held while Python code runs.
#include <vector>

#include "builtins/container_support.h"
#include "modules/_functools/functools_module.h"
#include "objects/dict.h"
#include "objects/function.h"
#include "objects/tuple.h"

namespace orochi {

OROCHI_MODULE_TYPE(LruCache)
OROCHI_MODULE_TYPE(LruLink)

namespace functools_module {

namespace {

struct Link : Object {
  static Type& python_type() { return types::LruLink; }
  Field<> key;
  Field<> result;
  Value next;       // counted; under the cache's lock
  Link* previous;   // not counted; under the cache's lock
  int64_t hash;
  uint64_t listed;  // under the cache's lock
  static void trace(Object* o, Visitor& v) {
    auto* l = static_cast<Link*>(o);
    v.visit(l->key);
    v.visit(l->result);
    v.visit_slot(&l->next);
  }
};
struct LruCache : Object {
  static Type& python_type() { return types::LruCache; }
  Field<> function;
  Field<Dict> cache;
  Field<> info_type;
  Value head;        // counted: the most recent link; under the lock
  Link* tail;        // under the lock
  int64_t maxsize;   // -1: unbounded
  uint64_t typed;
  int64_t hits;      // atomic
  int64_t misses;    // atomic
  uint64_t listed;   // number of links in the list; under the lock
  static void trace(Object* o, Visitor& v) {
    auto* c = static_cast<LruCache*>(o);
    v.visit(c->function);
    v.visit(c->cache);
    v.visit(c->info_type);
    v.visit_slot(&c->head);
  }
};

Value keyword_mark;   // separates positional from keyword arguments in a key; an object of its own

// ---- the list, under the lock ----

Link* link_of(Value v) { return v.is_empty() ? nullptr : static_cast<Link*>(v.as_object()); }

// Takes the link out; its reference goes to the caller.
Local<Link> unlink(LruCache* c, Link* link) {
  Value mine(link);
  Link* next = link_of(link->next);
  if (link->previous) link->previous->next = link->next;
  else c->head = link->next;
  if (next) next->previous = link->previous;
  else c->tail = link->previous;
  link->next = Value();
  link->previous = nullptr;
  link->listed = 0;
  c->listed--;
  return Local<Link>::adopt(mine);
}
void push_front(LruCache* c, Local<Link> link) {
  Link* raw = link.get();
  raw->next = c->head;
  raw->previous = nullptr;
  if (Link* old = link_of(c->head)) old->previous = raw;
  else c->tail = raw;
  c->head = link.release();
  raw->listed = 1;
  c->listed++;
}

// ---- keys ----

Result<Local<>> make_key(Mutator& m, Borrowed<LruCache> c, const CallArgs& args) {
  size_t names = args.has_names() ? args.names->length() : 0;
  if (!c->typed && names == 0 && args.count == 1) {
    Value only = args.values[0];
    if (is_exact_str(only) || (is_int(only) && type_of(only) == &types::Int)) return Local<>::share(only);
  }
  size_t n = args.count + (names ? 1 + 2 * names : 0) + (c->typed ? args.count + names : 0);
  Local<Tuple> key = TRY(make_tuple_uninitialised(m, n));
  size_t at = 0;
  auto put = [&](Value v) { key->items()[at++].init_share(Borrowed<>(v)); };
  for (size_t i = 0; i < args.count; i++) put(args.values[i]);
  if (names) {
    put(keyword_mark);
    for (size_t i = 0; i < names; i++) {
      put(args.names->at(i));
      put(args.values[args.count + i]);
    }
  }
  if (c->typed) {
    for (size_t i = 0; i < args.count + names; i++) put(Value(type_of(args.values[i])));
  }
  return key;
}

void count(int64_t& n) { __atomic_fetch_add(&n, 1, __ATOMIC_RELAXED); }

Result<Local<>> lru_call(Thread& t, Borrowed<> self, const CallArgs& args) {
  auto c = self.as<LruCache>();
  Borrowed<> function = c->function.borrow();
  if (c->maxsize == 0) {
    count(c->misses);
    return call_with(t, function, args);
  }
  Local<> key = TRY(make_key(t, c, args));
  int64_t hash = TRY(hash_of(t, key));
  Borrowed<Dict> cache = c->cache.borrow();
  Lookup<> found = dict_find_hashed(t, cache, key, hash);
  if (found.raised()) return Raised{};
  if (found.found()) {
    count(c->hits);
    if (c->maxsize < 0) return found.take();
    Link* link = link_of((*found).value());
    {
      ObjectLock lock(t, c.get());
      if (link->listed && link->previous) push_front(c.get(), unlink(c.get(), link));
    }
    return Local<>::share(link->result.borrow());
  }
  count(c->misses);
  Local<> result = TRY(call_with(t, function, args));
  if (c->maxsize < 0) {
    TRY(dict_set_hashed(t, cache, key, hash, result));
    return result;
  }
  Lookup<> again = dict_find_hashed(t, cache, key, hash);
  if (again.raised()) return Raised{};
  if (again.found()) return result;   // the call, or another thread, has put it in
  Local<Link> link = TRY(make_object<Link>(t));
  link->key.init_share(key.borrow());
  link->result.init_share(result.borrow());
  link->hash = hash;
  for (;;) {
    Local<Link> oldest;
    {
      ObjectLock lock(t, c.get());
      if (c->listed >= static_cast<uint64_t>(c->maxsize)) oldest = unlink(c.get(), c->tail);
    }
    if (!oldest) break;
    // An equal key may stand for a newer link by now; then that one leaves the list when its turn comes.
    Local<> old_key = Local<>::share(oldest->key.borrow());
    (void)TRY(dict_delete(t, cache, old_key));
  }
  TRY(dict_set_hashed(t, cache, key, hash, link));
  {
    ObjectLock lock(t, c.get());
    push_front(c.get(), std::move(link));
  }
  return result;
}

Result<Local<>> lru_new(Thread& t, Borrowed<Type> cls, Borrowed<> function, Borrowed<> maxsize, bool typed,
                        Borrowed<> info_type) {
  if (!is_callable(function)) return raise(t, types::TypeError, "the first argument must be callable");
  int64_t limit = -1;
  if (maxsize.value() != kNone) {
    if (!is_int(maxsize) && !type_of(maxsize)->slots.index) {
      return raise(t, types::TypeError, "maxsize should be integer or None");
    }
    limit = TRY(to_index(t, maxsize));
    if (limit < 0) limit = 0;
  }
  Local<Dict> cache = TRY(make_dict(t));
  Local<LruCache> c = TRY(allocate_for<LruCache>(t, cls));
  c->function.init_share(function);
  c->cache.init(std::move(cache));
  c->info_type.init_share(info_type);
  c->maxsize = limit;
  c->typed = typed;
  return c;
}
constexpr NativeDef kLruNew =
    arguments<lru_new>("_lru_cache_wrapper(type, user_function, maxsize, typed, cache_info_type)");

Result<Local<>> lru_info(Thread& t, Borrowed<LruCache> c) {
  Local<> hits = TRY(make_int(t, __atomic_load_n(&c->hits, __ATOMIC_RELAXED)));
  Local<> misses = TRY(make_int(t, __atomic_load_n(&c->misses, __ATOMIC_RELAXED)));
  Local<> maxsize = c->maxsize < 0 ? immediate(kNone) : TRY(make_int(t, c->maxsize));
  Local<> size = TRY(make_int(t, static_cast<int64_t>(c->cache.borrow()->length())));
  return call(t, c->info_type.borrow(), hits, misses, maxsize, size);
}
Result<void> lru_clear(Mutator& m, Borrowed<LruCache> c) {
  std::vector<Value> links;
  {
    ObjectLock lock(m, c.get());
    while (c->tail) links.push_back(unlink(c.get(), c->tail).release());
  }
  __atomic_store_n(&c->hits, 0, __ATOMIC_RELAXED);
  __atomic_store_n(&c->misses, 0, __ATOMIC_RELAXED);
  dict_clear(m, c->cache.borrow());
  for (Value v : links) release(v);
  return ok();
}
Result<Local<>> lru_self(Thread&, Borrowed<LruCache> c) { return Local<>::share(c); }
Result<Local<>> lru_deepcopy(Thread&, Borrowed<LruCache> c, Borrowed<>) { return Local<>::share(c); }
Result<Local<>> lru_reduce(Thread& t, Borrowed<> self) { return get_attr(t, self, "__qualname__"_n); }
Result<Local<>> lru_get(Thread& t, Borrowed<> self, Borrowed<> instance, Borrowed<>) {
  if (!instance || instance.value() == kNone) return Local<>::share(self);
  return make_method(t, self, instance);
}

constexpr NativeDef kLruMethods[] = {
    method<lru_info>("cache_info(self, /)", "Report cache statistics"),
    method<lru_clear>("cache_clear(self, /)", "Clear the cache and cache statistics"),
    method<lru_reduce>("__reduce__(self, /)", nullptr),
    method<lru_self>("__copy__(self, /)", nullptr),
    method<lru_deepcopy>("__deepcopy__(self, memo, /)", nullptr),
};
constexpr GetSetDef kLruGetSets[] = {getset<instance_get_dict, instance_set_dict>("__dict__", nullptr)};
constexpr Layout kLruLayout = layout_of<LruCache>("_lru_cache_wrapper");
constexpr Layout kLinkLayout = layout_of<Link>("_lru_list_elem");
const TypeDef kLruDef = {
    .name = "functools._lru_cache_wrapper",
    .doc = "Create a cached callable that wraps another function.\n\nuser_function:      the function being "
           "cached\n\nmaxsize:  0         for no caching\n          None      for unlimited cache size\n          n       "
           "  for a bounded cache\n\ntyped:    False     cache f(3) and f(3.0) as identical calls\n          True      "
           "cache f(3) and f(3.0) as distinct calls\n\ncache_info_type:    namedtuple class with the fields:\n             "
           "               hits misses currsize maxsize",
    .layout = &kLruLayout,
    .flags = kTypeSubclassable | kTypeHasDict | kTypeWeakrefable | kTypeMethodDescriptor,
    OROCHI_METHODS(kLruMethods),
    OROCHI_GETSETS(kLruGetSets),
    .slots = {.call = lru_call, .descr_get = lru_get, .new_ = new_slot<kLruNew>},
};
const TypeDef kLinkDef = {.name = "functools._lru_list_elem", .layout = &kLinkLayout, .flags = kTypeNoNew};

}  // namespace

Result<void> add_lru_cache(Thread& t, Borrowed<Module> module) {
  TRY(ensure_type(t, types::LruLink, kLinkDef));
  if (keyword_mark.is_empty()) {
    Local<> mark = TRY(call(t, Borrowed<>(&types::Object)));
    keyword_mark = mark.release();
  }
  return module_add_type(t, module, types::LruCache, kLruDef);
}

}  // namespace functools_module

}  // namespace orochi
