// tuple: making them. Immutable after publication, so nothing here needs a lock; the collector may see a half-built one
// (length set, items empty).
#include "objects/tuple.h"

#include "objects/exception.h"

namespace orochi {

namespace {

void trace_tuple(Object* object, Visitor& v) {
  auto* tuple = static_cast<Tuple*>(object);
  v.visit_slots(reinterpret_cast<Value*>(tuple->items()), tuple->length());
}

size_t count_items(const Object* object) { return static_cast<const Tuple*>(object)->length(); }

// The one empty tuple; immortal. Its shape is set at first use, while the program is still single-threaded.
alignas(16) constinit Tuple the_empty_tuple{};

constexpr size_t kMaxTupleLength = (size_t{1} << 46) / sizeof(Value);

}  // namespace

extern const Layout kTupleLayout;
constinit const Layout kTupleLayout{"tuple", sizeof(Tuple), sizeof(Value), trace_tuple, nullptr, count_items, nullptr};

Borrowed<Tuple> empty_tuple() {
  if (OROCHI_UNLIKELY(!the_empty_tuple.shape_word)) {
    the_empty_tuple.owner = kOwnerImmortal;
    the_empty_tuple.shared_word = kSharedMark;
    if (types::Tuple.root_shape) {
      __atomic_store_n(&the_empty_tuple.shape_word, types::Tuple.root_shape->word(), __ATOMIC_RELAXED);
    }
  }
  return Borrowed<Tuple>(&the_empty_tuple);
}

Result<Local<Tuple>> make_tuple_uninitialised(Mutator& m, size_t length) {
  if (length == 0) return Local<Tuple>::share(empty_tuple());
  if (OROCHI_UNLIKELY(length > kMaxTupleLength)) return raise_no_memory(m);
  Local<Tuple> tuple =
      TRY(allocate<Tuple>(m, types::Tuple.root_shape, sizeof(Tuple) + length * sizeof(Value)));
  tuple->length_ = length;
  return tuple;
}

Result<Local<Tuple>> make_tuple(Mutator& m, const Value* items, size_t length) {
  Local<Tuple> tuple = TRY(make_tuple_uninitialised(m, length));
  Field<>* to = tuple->items();
  for (size_t i = 0; i < length; i++) to[i].init_share(Borrowed<>(items[i]));
  return tuple;
}

Result<Local<Tuple>> make_tuple(Mutator& m, std::initializer_list<Value> items) {
  return make_tuple(m, items.begin(), items.size());
}

}  // namespace orochi
