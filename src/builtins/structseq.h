// Tuples with named fields, like os.stat_result: a tuple subclass made from one table of fields. The first `visible`
// fields are the tuple's items; the rest are attributes only. A field without name is an item only.
//
//   constexpr StructSeqField kTimeFields[] = {{"tm_year", "year"}, …};
//   OROCHI_STRUCTSEQ(StructTime, kTimeFields, 9, "time.struct_time", "The time value.", 0)     // in namespace orochi
//   … in the module's init:   TRY(module_add_structseq(t, module, types::StructTime, kStructSeqStructTime));
//   … anywhere:               make_structseq(t, types::StructTime, values, count)
#pragma once

#include <array>

#include "objects/tuple.h"
#include "protocols/native.h"

namespace orochi {

struct StructSeqField {
  const char* name;      // nullptr: unnamed
  const char* doc = nullptr;
  int copy_from = -1;    // when nothing is given for it: take this field's value (else None)
};

struct StructSeqDef {
  TypeDef type;
  const StructSeqField* fields;
  uint16_t count;
  uint16_t visible;
};

inline constexpr size_t kMaxStructSeqFields = 32;
using StructSeqGet = Result<Local<>> (*)(Thread&, Borrowed<> self);
extern const Layout kStructSeqLayout;
extern const NativeDef kStructSeqMethods[];
inline constexpr size_t kStructSeqMethodCount = 2;

template <size_t I>
Result<Local<>> structseq_get(Thread&, Borrowed<> self) {
  Value v = self.as<Tuple>()->values()[I];
  return v ? Local<>::share(v) : immediate(kNone);
}

namespace structseq_detail {
template <const auto& Fields>
consteval size_t named_count() {
  size_t n = 0;
  for (const StructSeqField& f : Fields) n += f.name != nullptr;
  return n;
}
template <size_t... I>
consteval std::array<StructSeqGet, sizeof...(I)> getters(std::index_sequence<I...>) {
  return {structseq_get<I>...};
}
template <const auto& Fields>
consteval auto make_getsets() {
  constexpr auto functions = getters(std::make_index_sequence<std::size(Fields)>());
  std::array<GetSetDef, named_count<Fields>()> out{};
  size_t n = 0;
  for (size_t i = 0; i < std::size(Fields); i++) {
    if (Fields[i].name) out[n++] = GetSetDef{Fields[i].name, Fields[i].doc, functions[i], nullptr};
  }
  return out;
}
template <const auto& Fields>
inline constexpr auto kGetSets = make_getsets<Fields>();
}  // namespace structseq_detail

Result<Local<>> structseq_op_new(Thread& t, Borrowed<Type> cls, const CallArgs& args);
Result<Local<>> structseq_op_repr(Thread& t, Borrowed<> self);

template <const auto& Fields>
constexpr StructSeqDef make_structseq_def(const char* name, const char* doc, size_t visible, uint32_t flags) {
  static_assert(std::size(Fields) <= kMaxStructSeqFields);
  StructSeqDef d{};
  d.type.name = name;
  d.type.doc = doc;
  d.type.base = &types::Tuple;
  d.type.layout = &kStructSeqLayout;
  d.type.flags = flags;
  d.type.shape_flags = kShapeIsTuple;
  d.type.methods = kStructSeqMethods;
  d.type.method_count = kStructSeqMethodCount;
  d.type.getsets = structseq_detail::kGetSets<Fields>.data();
  d.type.getset_count = structseq_detail::kGetSets<Fields>.size();
  d.type.slots.repr = structseq_op_repr;
  d.type.slots.new_ = structseq_op_new;
  d.fields = Fields;
  d.count = static_cast<uint16_t>(std::size(Fields));
  d.visible = static_cast<uint16_t>(visible);
  return d;
}

// `flags`: kTypeNoNew when programs may not make instances.
#define OROCHI_STRUCTSEQ(Name, fields, visible, python_name, doc, flags) \
  OROCHI_MODULE_TYPE(Name)                                               \
  [[maybe_unused]] static constinit const StructSeqDef kStructSeq##Name = \
      make_structseq_def<fields>(python_name, doc, visible, flags);

Result<void> ensure_structseq(Thread& t, Type& type, const StructSeqDef& def);
Result<void> module_add_structseq(Thread& t, Borrowed<Module> module, Type& type, const StructSeqDef& def);
// An instance with these fields (shared), in table order; what is missing at the end is None, or copied.
Result<Local<>> make_structseq(Mutator& m, Type& type, const Value* values, size_t count);

}  // namespace orochi
