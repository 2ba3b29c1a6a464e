// groupby and tee.
//
// tee: a linked list with one node per item taken; each tee iterator points at the node of its next item. The last node
// is empty, and only one thread at a time (the one that set `running`) may fill it.
#include "modules/itertools/itertools_module.h"

namespace orochi {

OROCHI_MODULE_TYPE(ItertoolsGroupBy)
OROCHI_MODULE_TYPE(ItertoolsGrouper)
OROCHI_MODULE_TYPE(ItertoolsTee)
OROCHI_MODULE_TYPE(ItertoolsTeeNode)

namespace itertools_module {

namespace {

struct GroupBy : Object {
  static Type& python_type() { return types::ItertoolsGroupBy; }
  Field<> iterator;
  Field<> key_function;
  Field<> target_key;      // of the group being given out
  Field<> current_key;     // of the item read ahead; empty: none
  Field<> current_value;
  uint64_t group;          // atomic; number of the group being given out
  static void trace(Object* o, Visitor& v) {
    auto* g = static_cast<GroupBy*>(o);
    v.visit(g->iterator);
    v.visit(g->key_function);
    v.visit(g->target_key);
    v.visit(g->current_key);
    v.visit(g->current_value);
  }
};
struct Grouper : Object {
  static Type& python_type() { return types::ItertoolsGrouper; }
  Field<GroupBy> parent;
  Field<> key;
  uint64_t group;
  uint64_t reserved;
  static void trace(Object* o, Visitor& v) {
    v.visit(static_cast<Grouper*>(o)->parent);
    v.visit(static_cast<Grouper*>(o)->key);
  }
};
struct TeeNode : Object {
  static Type& python_type() { return types::ItertoolsTeeNode; }
  Field<> iterator;
  Field<> value;
  Field<TeeNode> next;   // empty: this node has no item yet
  uint64_t running;      // atomic
  static void trace(Object* o, Visitor& v) {
    auto* n = static_cast<TeeNode*>(o);
    v.visit(n->iterator);
    v.visit(n->value);
    v.visit(n->next);
  }
};
struct Tee : Object {
  static Type& python_type() { return types::ItertoolsTee; }
  Field<TeeNode> node;
  uint64_t reserved;
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<Tee*>(o)->node); }
};

// ---- groupby ----

Result<Local<>> groupby_new(Thread& t, Borrowed<Type> cls, Borrowed<> iterable, Borrowed<> key) {
  Local<> iterator = TRY(get_iter(t, iterable));
  Local<GroupBy> g = TRY(allocate_for<GroupBy>(t, cls));
  g->iterator.init(std::move(iterator));
  g->key_function.init_share(key);
  return g;
}
constexpr NativeDef kGroupByNew = arguments<groupby_new>("groupby(type, iterable, key=None)");

// Reads one item ahead. Absent: none left.
Lookup<> groupby_step(Thread& t, Borrowed<GroupBy> g) {
  Lookup<> item = iter_next(t, g->iterator.borrow());
  if (!item.found()) return item;
  Local<> key = g->key_function.raw() == kNone ? (*item).dup() : TRY(call(t, g->key_function.borrow(), *item));
  g->current_value.set(item.take());
  g->current_key.set(std::move(key));
  return kNone;
}

Lookup<> groupby_next(Thread& t, Borrowed<> self) {
  auto g = self.as<GroupBy>();
  uint64_t group = __atomic_add_fetch(&g->group, 1, __ATOMIC_RELAXED);
  Local<> key;
  for (;;) {
    key = g->current_key.load(g.get());
    if (key) {
      Local<> target = g->target_key.load(g.get());
      if (!target) break;
      if (!TRY(equals(t, target, key))) break;
    }
    Lookup<> step = groupby_step(t, g);
    if (!step.found()) return step;
    TRY(safepoint(t));
  }
  g->target_key.set(key.dup());
  Local<Grouper> grouper = TRY(make_object<Grouper>(t));
  grouper->parent.init_share(g);
  grouper->key.init_share(key.borrow());
  grouper->group = group;
  return make_tuple(t, {key.value(), grouper.value()});
}

Lookup<> grouper_next(Thread& t, Borrowed<> self) {
  auto it = self.as<Grouper>();
  Borrowed<GroupBy> g = it->parent.borrow();
  if (load_counter(g->group) != it->group) return kAbsent;
  if (g->current_value.is_empty()) {
    Lookup<> step = groupby_step(t, g);
    if (!step.found()) return step;
  }
  Local<> key = g->current_key.load(g.get());
  if (!key) return kAbsent;
  if (!TRY(equals(t, it->key.borrow(), key))) return kAbsent;
  Local<> value = g->current_value.take();
  g->current_key.set(Local<>());
  if (!value) return kAbsent;   // another thread took it
  return value;
}

Result<Local<>> grouper_new(Thread& t, Borrowed<Type>, Borrowed<> parent, Borrowed<> key) {
  if (!is_instance(parent, types::ItertoolsGroupBy)) {
    return raise(t, types::TypeError, "argument 1 must be itertools.groupby, not {}", TypeName(parent));
  }
  auto g = parent.as<GroupBy>();
  Local<Grouper> grouper = TRY(make_object<Grouper>(t));
  grouper->parent.init_share(g);
  grouper->key.init_share(key);
  grouper->group = __atomic_add_fetch(&g->group, 1, __ATOMIC_RELAXED);
  return grouper;
}
constexpr NativeDef kGrouperNew = arguments<grouper_new>("_grouper(type, parent, tgtkey, /)");

// ---- tee ----

Result<Local<>> tee_at(Mutator& m, Borrowed<TeeNode> node) {
  Local<Tee> it = TRY(make_object<Tee>(m));
  it->node.init_share(node);
  return it;
}
Result<Local<>> tee_of(Thread& t, Borrowed<> iterable) {
  Local<> iterator = TRY(get_iter(t, iterable));
  if (is_instance(iterator.value(), types::ItertoolsTee)) {
    Local<TeeNode> node = iterator.borrow().as<Tee>()->node.load(iterator.value().as_object());
    return tee_at(t, node);
  }
  Local<TeeNode> node = TRY(make_object<TeeNode>(t));
  node->iterator.init(std::move(iterator));
  return tee_at(t, node);
}
Result<Local<>> tee_new(Thread& t, Borrowed<Type>, Borrowed<> iterable) { return tee_of(t, iterable); }
constexpr NativeDef kTeeNew = arguments<tee_new>("_tee(type, iterable, /)");

Lookup<> tee_next(Thread& t, Borrowed<> self) {
  auto it = self.as<Tee>();
  Local<TeeNode> node = it->node.load(it.get());
  if (node->next.is_empty()) {
    if (__atomic_exchange_n(&node->running, 1, __ATOMIC_ACQUIRE)) {
      return raise(t, types::RuntimeError, "cannot re-enter the tee iterator");
    }
    Lookup<> item = kAbsent;
    if (node->next.is_empty()) {
      item = iter_next(t, node->iterator.borrow());
      if (item.found()) {
        auto next = make_object<TeeNode>(t);
        if (next.raised()) {
          __atomic_store_n(&node->running, 0, __ATOMIC_RELEASE);
          return Raised{};
        }
        (*next)->iterator.init_share(node->iterator.borrow());
        node->value.set(item.take());
        node->next.set(next.take());
      }
    }
    __atomic_store_n(&node->running, 0, __ATOMIC_RELEASE);
    if (item.raised()) return Raised{};
    if (node->next.is_empty()) return kAbsent;
  }
  it->node.set(Local<TeeNode>::share(node->next.borrow()));
  return Local<>::share(node->value.borrow());
}
Result<Local<>> tee_copy(Thread& t, Borrowed<Tee> it) {
  Local<TeeNode> node = it->node.load(it.get());
  return tee_at(t, node);
}

constexpr NativeDef kTeeMethods[] = {
    method<tee_copy>("__copy__(self, /)", "Returns an independent iterator."),
};
constexpr Layout kGroupByLayout = layout_of<GroupBy>("groupby");
constexpr Layout kGrouperLayout = layout_of<Grouper>("_grouper");
constexpr Layout kTeeLayout = layout_of<Tee>("_tee");
constexpr Layout kTeeNodeLayout = layout_of<TeeNode>("_tee_dataobject");

constexpr TypeDef kGroupByDef = iterator_def<GroupBy>(
    "itertools.groupby", "(iterable, key=None)",
    "make an iterator that returns consecutive keys and groups from the iterable\n\n  iterable\n    Elements to divide "
    "into groups according to the key function.\n  key\n    A function for computing the group category for each "
    "element.\n    If the key function is not specified or is None, the element itself\n    is used for grouping.",
    &kGroupByLayout, groupby_next, new_slot<kGroupByNew>);
constexpr TypeDef kGrouperDef = iterator_def<Grouper>("itertools._grouper", nullptr, nullptr, &kGrouperLayout,
                                                      grouper_next, new_slot<kGrouperNew>);
constexpr TypeDef kTeeDef = [] {
  TypeDef d = iterator_def<Tee>("itertools._tee", nullptr,
                                "Iterator wrapped to make it copyable.", &kTeeLayout, tee_next, new_slot<kTeeNew>);
  d.methods = kTeeMethods;
  d.method_count = std::size(kTeeMethods);
  d.flags = kTypeWeakrefable;
  return d;
}();
constexpr TypeDef kTeeNodeDef = {
    .name = "itertools._tee_dataobject", .layout = &kTeeNodeLayout, .flags = kTypeNoNew};

}  // namespace

Result<Local<>> tee(Thread& t, Borrowed<> iterable, Index n) {
  if (n < 0) return raise(t, types::ValueError, "n must be >= 0");
  if (n == 0) return Local<>::share(empty_tuple());
  if (n > (int64_t{1} << 32)) return raise_no_memory(t);
  Local<> first = TRY(get_iter(t, iterable));
  bool ours = is_instance(first.value(), types::ItertoolsTee);
  Lookup<> copier = kAbsent;
  if (!ours) {
    copier = find_attr(t, first, "__copy__"_n);
    if (copier.raised()) return Raised{};
  }
  if (!copier.found()) first = TRY(tee_of(t, first));
  Local<Tuple> all = TRY(make_tuple_uninitialised(t, static_cast<size_t>(n.value)));
  for (int64_t i = 1; i < n; i++) {
    Local<> each = copier.found() ? TRY(call(t, *copier)) : TRY(tee_copy(t, first.borrow().as<Tee>()));
    all->items()[i].init(std::move(each));
  }
  all->items()[0].init(std::move(first));
  return all;
}

Result<void> add_groups(Thread& t, Borrowed<Module> module) {
  TRY(module_add_type(t, module, types::ItertoolsGroupBy, kGroupByDef));
  TRY(module_add_type(t, module, types::ItertoolsGrouper, kGrouperDef));
  TRY(module_add_type(t, module, types::ItertoolsTee, kTeeDef));
  return module_add_type(t, module, types::ItertoolsTeeNode, kTeeNodeDef);
}

}  // namespace itertools_module

}  // namespace orochi
