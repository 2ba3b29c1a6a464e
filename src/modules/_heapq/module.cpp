// The _heapq module: priority queues in lists. Comparisons run Python code, which may change the list: then
// RuntimeError. Items are read and stored one by one, each step atomic for other threads.
#include "objects/list_storage.h"
#include "protocols/native.h"

namespace orochi::heapq_module {

namespace {

enum class Order : uint8_t { Min, Max };

Result<Local<>> item_at(Thread& t, Borrowed<List> heap, size_t i) {
  Lookup<> item = list_get(t, heap, static_cast<int64_t>(i));
  if (item.raised()) return Raised{};
  if (item.absent()) return raise(t, types::RuntimeError, "list changed size during iteration");
  return item.take();
}

template <Order O>
Result<bool> before(Thread& t, Borrowed<List> heap, size_t length, Borrowed<> a, Borrowed<> b) {
  bool r = O == Order::Min ? TRY(compare_bool(t, a, b, CompareOp::Lt)) : TRY(compare_bool(t, b, a, CompareOp::Lt));
  if (heap->length() != length) return raise(t, types::RuntimeError, "list changed size during iteration");
  return r;
}

// Exchanges two items.
void swap_items(Mutator& m, Borrowed<List> heap, size_t i, size_t k) {
  Value a, b;
  {
    ObjectLock lock(m, heap.get());
    if (i >= heap->length_ || k >= heap->length_) return;
    Value* items = heap->array->items;
    a = items[i];
    b = items[k];
    // A reader that finds a slot empty or changed looks again; both references stay in the list.
    retain(a);
    (void)exchange_slot(&items[i], b);
    (void)exchange_slot(&items[k], a);
  }
  release(a);
}

// Moves the item at `at` towards the root until its parent comes first.
template <Order O>
Result<void> sift_up(Thread& t, Borrowed<List> heap, size_t start, size_t at) {
  size_t length = heap->length();
  while (at > start) {
    size_t parent = (at - 1) / 2;
    Local<> item = TRY(item_at(t, heap, at));
    Local<> above = TRY(item_at(t, heap, parent));
    if (!TRY(before<O>(t, heap, length, item, above))) break;
    swap_items(t, heap, at, parent);
    at = parent;
  }
  return ok();
}

// Moves the item at `at` down to a leaf, then up to its place: fewer comparisons than stopping early, since it mostly
// comes from a leaf (Knuth, volume 3, exercise 5.2.3-18).
template <Order O>
Result<void> sift_down(Thread& t, Borrowed<List> heap, size_t at) {
  size_t length = heap->length(), start = at;
  while (2 * at + 1 < length) {
    size_t child = 2 * at + 1;
    if (child + 1 < length) {
      Local<> left = TRY(item_at(t, heap, child));
      Local<> right = TRY(item_at(t, heap, child + 1));
      if (!TRY(before<O>(t, heap, length, left, right))) child++;
    }
    swap_items(t, heap, at, child);
    at = child;
  }
  return sift_up<O>(t, heap, start, at);
}

template <Order O>
Result<Local<>> heapify(Thread& t, Borrowed<List> heap) {
  for (size_t i = heap->length() / 2; i-- > 0;) TRY(sift_down<O>(t, heap, i));
  return kNone;
}

template <Order O>
Result<Local<>> heappush(Thread& t, Borrowed<List> heap, Borrowed<> item) {
  TRY(list_append(t, heap, Local<>::share(item)));
  size_t length = heap->length();
  if (length) TRY(sift_up<O>(t, heap, 0, length - 1));
  return kNone;
}

Lookup<> take_last(Mutator& m, Borrowed<List> heap) {
  ObjectLock lock(m, heap.get());
  size_t length = heap->length_;
  if (length == 0) return kAbsent;
  publish_length(heap.get(), length - 1);
  return Local<>::adopt(exchange_slot(&heap->array->items[length - 1], Value()));
}

template <Order O>
Result<Local<>> heappop(Thread& t, Borrowed<List> heap) {
  Lookup<> last = take_last(t, heap);
  if (last.raised()) return Raised{};
  if (last.absent()) return raise(t, types::IndexError, "index out of range");
  Local<> item = last.take();
  Lookup<> first = list_get(t, heap, 0);
  if (first.raised()) return Raised{};
  if (first.absent()) return item;
  if (!list_set(t, heap, 0, std::move(item))) return raise(t, types::IndexError, "index out of range");
  TRY(sift_down<O>(t, heap, 0));
  return first.take();
}

template <Order O>
Result<Local<>> heapreplace(Thread& t, Borrowed<List> heap, Borrowed<> item) {
  Lookup<> first = list_get(t, heap, 0);
  if (first.raised()) return Raised{};
  if (first.absent() || !list_set(t, heap, 0, Local<>::share(item))) {
    return raise(t, types::IndexError, "index out of range");
  }
  TRY(sift_down<O>(t, heap, 0));
  return first.take();
}

template <Order O>
Result<Local<>> heappushpop(Thread& t, Borrowed<List> heap, Borrowed<> item) {
  Lookup<> first = list_get(t, heap, 0);
  if (first.raised()) return Raised{};
  if (first.absent()) return Local<>::share(item);
  bool smaller = O == Order::Min ? TRY(compare_bool(t, *first, item, CompareOp::Lt))
                                 : TRY(compare_bool(t, item, *first, CompareOp::Lt));
  if (!smaller) return Local<>::share(item);
  return heapreplace<O>(t, heap, item);
}

constexpr NativeDef kFunctions[] = {
    function<heappush<Order::Min>>("heappush(heap, item, /)", "Push item onto heap."),
    function<heappop<Order::Min>>("heappop(heap, /)", "Pop the smallest item off the heap."),
    function<heapify<Order::Min>>("heapify(heap, /)", "Make a list a heap, in place, in linear time."),
    function<heapreplace<Order::Min>>("heapreplace(heap, item, /)", "Pop the smallest item, then push item."),
    function<heappushpop<Order::Min>>("heappushpop(heap, item, /)", "Push item, then pop the smallest item."),
    function<heappush<Order::Max>>("heappush_max(heap, item, /)", "Push item onto max heap."),
    function<heappop<Order::Max>>("heappop_max(heap, /)", "Pop the largest item off the max heap."),
    function<heapify<Order::Max>>("heapify_max(heap, /)", "Make a list a max heap, in place, in linear time."),
    function<heapreplace<Order::Max>>("heapreplace_max(heap, item, /)", "Pop the largest item, then push item."),
    function<heappushpop<Order::Max>>("heappushpop_max(heap, item, /)", "Push item, then pop the largest item."),
};

Result<void> init(Thread& t, Borrowed<Module> module) {
  return module_set_str(t, module, "__about__",
                        "Heap queues\n\nA heap is a list a in which a[k] <= a[2*k+1] and a[k] <= a[2*k+2] for all k, as "
                        "far as these\nitems exist; so a[0] is the smallest. Pushing and popping take logarithmic time.");
}

}  // namespace

OROCHI_MODULE(_heapq, "Heap queues: priority queues in lists.", kFunctions, init)

}  // namespace orochi::heapq_module
