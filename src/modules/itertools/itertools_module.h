// The types of the itertools module, by file. All are iterators; shared between threads they may repeat or skip items
// but never tear: every Field is read owned, positions are atomics, index arrays are used under the object's lock.
#pragma once

#include "builtins/container_support.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/call.h"
#include "protocols/native.h"

namespace orochi::itertools_module {

Result<void> add_infinite(Thread& t, Borrowed<Module> module);       // count, cycle, repeat
Result<void> add_filters(Thread& t, Borrowed<Module> module);        // compress, dropwhile, …
Result<void> add_sequences(Thread& t, Borrowed<Module> module);      // chain, islice, accumulate, …
Result<void> add_groups(Thread& t, Borrowed<Module> module);         // groupby, tee
Result<void> add_combinatoric(Thread& t, Borrowed<Module> module);   // product, permutations, …
Result<Local<>> tee(Thread& t, Borrowed<> iterable, Index n);

inline constexpr uint32_t kIteratorFlags = kTypeSubclassable;

template <typename T>
consteval TypeDef iterator_def(const char* name, const char* signature, const char* doc, const Layout* layout,
                               NextFn next, NewFn make) {
  TypeDef d{.name = name, .signature = signature, .doc = doc, .layout = layout, .flags = kIteratorFlags};
  d.slots.iter = iter_self;
  d.slots.next = next;
  d.slots.new_ = make;
  return d;
}


}  // namespace orochi::itertools_module
