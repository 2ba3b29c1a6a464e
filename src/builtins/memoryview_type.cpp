// memoryview (PEP 3118) and the buffer protocol of Python classes (PEP 688).
//
//   MemoryView --counted--> ManagedBuffer (one acquired buffer, shared by a view, its slices and casts) --> exporter
//
// A view's geometry is fixed when it is made; release() only takes its reference to the ManagedBuffer. Every operation
// holds a reference of its own while it touches memory, so a release by another thread takes effect after it. The
// buffer goes back to the exporter when the last reference to the ManagedBuffer goes: at once if the exporter is a leaf
// (bytes, bytearray, array, …: giving back runs no Python code), else by a finalizer, or by an explicit last release().
#include <cstring>

#include "builtins/bytes_common.h"
#include "builtins/container_support.h"
#include "builtins/memoryview_items.h"
#include "builtins/str_common.h"
#include "objects/list.h"
#include "objects/slice.h"
#include "objects/tuple.h"
#include "text/escape.h"

namespace orochi {

namespace types {
extern ::orochi::Type ManagedBuffer, ManagedBufferFinal, MemoryIterator;
}

namespace {

constexpr int kMaxDims = 64;

// `info.owner` is counted by hand. With a leaf exporter nothing is traced (a leaf is in no cycle).
struct ManagedBuffer : Object {
  static Type& python_type() { return types::ManagedBuffer; }
  BufferInfo info;
  ReleaseBufferFn release;
  int64_t views;      // atomic: views not released explicitly
  int64_t busy;       // atomic: operations under way
  uint32_t released;  // atomic
  uint32_t reserved;

  void give_back() {  // once; the reference to the exporter stays
    if (__atomic_exchange_n(&released, 1, __ATOMIC_ACQ_REL)) return;
    if (release && !info.owner.is_empty()) release(Borrowed<>(info.owner), &info);
  }
  static void destroy_leaf(Object* o) {
    auto* b = static_cast<ManagedBuffer*>(o);
    if (b->info.owner.is_empty()) return;
    b->give_back();
    orochi::release(b->info.owner);
  }
  static void trace_final(Object* o, Visitor& v) { v.visit_slot(&static_cast<ManagedBuffer*>(o)->info.owner); }
};
constexpr Layout kManagedLayout{"managedbuffer", sizeof(ManagedBuffer), 0, nullptr, ManagedBuffer::destroy_leaf, nullptr,
                                nullptr};
constexpr Layout kManagedFinalLayout{"managedbuffer", sizeof(ManagedBuffer), 0, ManagedBuffer::trace_final, nullptr,
                                     nullptr, nullptr};
void managed_finalize(Thread&, Borrowed<> self) { self.as<ManagedBuffer>()->give_back(); }

const TypeDef kManagedDef = {.name = "managedbuffer", .layout = &kManagedLayout, .flags = kTypeNoNew};
const TypeDef kManagedFinalDef = {.name = "_managed_buffer",
                                  .layout = &kManagedFinalLayout,
                                  .flags = kTypeNoNew,
                                  .shape_flags = kShapeHasFinalizer,
                                  .slots = {.finalize = managed_finalize}};

struct MemoryView : Object {
  static Type& python_type() { return types::MemoryView; }
  Field<ManagedBuffer> managed;   // empty: released
  BufferInfo view;                // fixed; owner empty; shape, strides, suboffsets lie in `dims`
  int64_t* dims;                  // owned raw memory
  int64_t exports;                // atomic: buffers taken from this view
  int64_t hash_cache;             // atomic; 0: not known
  char own_format[8];             // after a cast
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<MemoryView*>(o)->managed); }
  static void destroy(Object* o) { free_raw(static_cast<MemoryView*>(o)->dims); }
};
constexpr Layout kMemoryViewLayout = layout_of<MemoryView>("memoryview");

// Memory may be touched while this lives.
class Access {
 public:
  static Result<Access> of(Thread& t, Borrowed<MemoryView> self) {
    Access a;
    a.managed_ = self->managed.load(self.get());
    if (a.managed_) {
      __atomic_fetch_add(&a.managed_->busy, 1, __ATOMIC_SEQ_CST);  // pairs with memoryview_release
      if (!__atomic_load_n(&a.managed_->released, __ATOMIC_SEQ_CST)) return a;
    }
    return raise(t, types::ValueError, "operation forbidden on released memoryview object");
  }
  Access() = default;
  Access(Access&& o) noexcept : managed_(std::move(o.managed_)) {}
  ~Access() {
    if (managed_) __atomic_fetch_sub(&managed_->busy, 1, __ATOMIC_SEQ_CST);
  }
  Borrowed<ManagedBuffer> managed() const { return managed_; }

 private:
  Local<ManagedBuffer> managed_;
};
// While it lives, release() raises BufferError: for operations that run Python code in the middle.
class ExportHold {
 public:
  explicit ExportHold(Borrowed<MemoryView> view) : view_(view) { __atomic_fetch_add(&view->exports, 1, __ATOMIC_ACQ_REL); }
  ~ExportHold() { __atomic_fetch_sub(&view_->exports, 1, __ATOMIC_ACQ_REL); }
  ExportHold(const ExportHold&) = delete;

 private:
  Borrowed<MemoryView> view_;
};
Result<void> check_alive(Thread& t, Borrowed<MemoryView> self) {
  (void)TRY(Access::of(t, self));
  return ok();
}

// A view of `managed` with the geometry of `from`.
Result<Local<MemoryView>> make_view(Mutator& m, Borrowed<ManagedBuffer> managed, const BufferInfo& from, int ndim) {
  Local<MemoryView> v = TRY(make_object<MemoryView>(m));
  v->view = from;
  v->view.owner = Value();
  v->view.internal = nullptr;
  v->view.ndim = ndim;
  int64_t* dims = static_cast<int64_t*>(allocate_raw_zeroed(sizeof(int64_t) * 3 * static_cast<size_t>(ndim ? ndim : 1)));
  if (!dims) return raise_no_memory(m);
  v->dims = dims;
  v->view.shape = dims;
  v->view.strides = dims + ndim;
  v->view.suboffsets = nullptr;
  if (ndim == from.ndim) {
    for (int d = 0; d < ndim; d++) {
      dims[d] = from.shape ? from.shape[d] : from.item_size ? from.length / from.item_size : 0;
      if (from.strides) dims[ndim + d] = from.strides[d];
    }
    if (!from.strides) {
      int64_t stride = from.item_size;
      for (int d = ndim - 1; d >= 0; d--) {
        dims[ndim + d] = stride;
        stride *= dims[d];
      }
    }
    if (from.suboffsets) {
      v->view.suboffsets = dims + 2 * ndim;
      std::memcpy(v->view.suboffsets, from.suboffsets, sizeof(int64_t) * static_cast<size_t>(ndim));
    }
  }
  v->managed.init_share(managed);
  __atomic_fetch_add(&managed->views, 1, __ATOMIC_RELAXED);
  return v;
}
Result<Local<MemoryView>> make_view(Mutator& m, Borrowed<ManagedBuffer> managed, const BufferInfo& from) {
  return make_view(m, managed, from, from.ndim);
}

}  // namespace

Result<Local<>> make_memoryview(Thread& t, Borrowed<> exporter, BufferFn get, ReleaseBufferFn release, int flags) {
  if (type_of(exporter) == &types::MemoryView) {
    Borrowed<MemoryView> view = exporter.as<MemoryView>();
    Access access = TRY(Access::of(t, view));
    if ((flags & kBufferWritable) && view->view.readonly) {
      return raise(t, types::BufferError, "memoryview: underlying buffer is not writable");
    }
    Local<MemoryView> copy = TRY(make_view(t, access.managed(), view->view));
    if (view->view.format == view->own_format) {
      std::memcpy(copy->own_format, view->own_format, sizeof copy->own_format);
      copy->view.format = copy->own_format;
    }
    return copy;
  }
  BufferInfo info;
  TRY(get(t, exporter, &info, flags));
  if (info.owner.is_empty()) {
    info.owner = Local<>::share(exporter).release();
  } else {
    release = type_of(info.owner)->slots.release_buffer;
  }
  bool leaf = info.owner.is_heap() && info.owner.as_object()->has(kShapeLeaf);
  Type& type = leaf ? types::ManagedBuffer : types::ManagedBufferFinal;
  auto managed = allocate<ManagedBuffer>(t, type.root_shape, sizeof(ManagedBuffer));
  if (managed.raised()) {
    if (release) release(Borrowed<>(info.owner), &info);
    orochi::release(info.owner);
    return Raised{};
  }
  (*managed)->info = info;
  (*managed)->release = release;
  if (info.ndim > kMaxDims) {
    return raise(t, types::ValueError, "memoryview: number of dimensions must not exceed 64");
  }
  return make_view(t, *managed, info);
}

namespace {

Raised raise_not_bytes_like(Thread& t, Borrowed<> v) {
  return raise(t, types::TypeError, "memoryview: a bytes-like object is required, not '{}'", TypeName(v));
}

Result<Local<>> view_of_object(Thread& t, Borrowed<> object, int flags) {
  const TypeSlots& slots = type_of(object)->slots;
  if (!slots.get_buffer) return raise_not_bytes_like(t, object);
  return make_memoryview(t, object, slots.get_buffer, slots.release_buffer, flags);
}
Result<Local<>> memoryview_new(Thread& t, Borrowed<Type>, Borrowed<> object) {
  return view_of_object(t, object, kBufferFullReadOnly);
}
constexpr NativeDef kMemoryViewNew = arguments<memoryview_new>("memoryview(cls, object)");
Result<Local<>> memoryview_from_flags(Thread& t, Borrowed<Type>, Borrowed<> object, int32_t flags) {
  return view_of_object(t, object, flags);
}

Borrowed<MemoryView> as_view(Borrowed<> v) { return v.as<MemoryView>(); }

Result<Local<>> memoryview_op_repr(Thread& t, Borrowed<> self) {
  const char* state = as_view(self)->managed.is_empty() ? "released " : "";
  return format_str(t, "<{}memory at {}>", state, AddressArg(self));
}

// ---- items ----

const uint8_t* step_into(const BufferInfo& v, const uint8_t* at, int dim, int64_t index) {
  at += v.strides[dim] * index;
  if (v.suboffsets && v.suboffsets[dim] >= 0) at = *reinterpret_cast<uint8_t* const*>(at) + v.suboffsets[dim];
  return at;
}
Result<const uint8_t*> locate(Thread& t, const BufferInfo& v, const uint8_t* at, int dim, int64_t index) {
  int64_t n = v.shape[dim];
  if (index < 0) index += n;
  if (index < 0 || index >= n) return raise(t, types::IndexError, "index out of bounds on dimension {}", dim + 1);
  return step_into(v, at, dim, index);
}

bool is_index(Value v) { return is_int(v) || type_of(v)->slots.index; }
enum class KeyKind { Other, Index, Slice, IndexTuple, SliceTuple, Ellipsis };
KeyKind kind_of_key(Borrowed<> key) {
  if (key.value() == kEllipsis) return KeyKind::Ellipsis;
  if (is_slice(key)) return KeyKind::Slice;
  if (is_tuple(key)) {
    Borrowed<Tuple> all = key.as<Tuple>();
    bool indexes = true, slices = all->length() > 0;
    for (size_t i = 0; i < all->length(); i++) {
      indexes = indexes && is_index(all->at(i));
      slices = slices && is_slice(all->at(i));
    }
    return indexes ? KeyKind::IndexTuple : slices ? KeyKind::SliceTuple : KeyKind::Other;
  }
  return is_index(key) ? KeyKind::Index : KeyKind::Other;
}

// The item that an index or a tuple of indexes names.
Result<const uint8_t*> find_item(Thread& t, const BufferInfo& v, Borrowed<> key, KeyKind kind) {
  auto* at = static_cast<const uint8_t*>(v.data);
  if (kind == KeyKind::Index) {
    if (v.ndim > 1) return raise(t, types::NotImplementedError, "multi-dimensional sub-views are not implemented");
    int64_t i = TRY(to_index(t, key, types::IndexError));
    return locate(t, v, at, 0, i);
  }
  Borrowed<Tuple> all = key.as<Tuple>();
  auto n = static_cast<int>(all->length());
  if (n < v.ndim) return raise(t, types::NotImplementedError, "sub-views are not implemented");
  if (n > v.ndim) {
    return raise(t, types::TypeError, "cannot index {}-dimension view with {}-element tuple", v.ndim, n);
  }
  for (int d = 0; d < n; d++) {
    int64_t i = TRY(to_index(t, all->at(static_cast<size_t>(d)), types::IndexError));
    at = TRY(locate(t, v, at, d, i));
  }
  return at;
}

Result<Local<MemoryView>> slice_view(Thread& t, Borrowed<MemoryView> self, const Access& access, Borrowed<Slice> slice) {
  SliceBounds b = TRY(slice_bounds(t, slice, self->view.shape[0]));
  TRY(check_alive(t, self));
  Local<MemoryView> part = TRY(make_view(t, access.managed(), self->view));
  BufferInfo& v = part->view;
  if (self->view.format == self->own_format) {
    std::memcpy(part->own_format, self->own_format, sizeof part->own_format);
    v.format = part->own_format;
  }
  v.data = static_cast<uint8_t*>(v.data) + b.start * v.strides[0];
  v.shape[0] = b.length;
  v.strides[0] *= b.step;
  v.length = v.item_size;
  for (int d = 0; d < v.ndim; d++) v.length *= v.shape[d];
  return part;
}

// The value is converted first, which may run Python code that releases the view; only then is memory written.
Result<void> store_item(Thread& t, Borrowed<MemoryView> m, uint8_t* at, Borrowed<> value) {
  uint8_t bytes[8] = {};
  TRY(pack_item(t, m->view.format, bytes, value));
  TRY(check_alive(t, m));
  std::memcpy(at, bytes, static_cast<size_t>(m->view.item_size));
  return ok();
}

Result<Local<>> memoryview_op_getitem(Thread& t, Borrowed<> self, Borrowed<> key) {
  Borrowed<MemoryView> m = as_view(self);
  Access access = TRY(Access::of(t, m));
  const BufferInfo& v = m->view;
  if (key.value().is_fixnum() && v.ndim == 1) {
    const uint8_t* at = TRY(locate(t, v, static_cast<const uint8_t*>(v.data), 0, key.value().as_fixnum()));
    return unpack_item(t, v.format, at);
  }
  KeyKind kind = kind_of_key(key);
  if (v.ndim == 0) {
    if (kind == KeyKind::IndexTuple && key.as<Tuple>()->length() == 0) {
      return unpack_item(t, v.format, static_cast<const uint8_t*>(v.data));
    }
    if (kind == KeyKind::Ellipsis) return Local<>::share(self);
    return raise(t, types::TypeError, "invalid indexing of 0-dim memory");
  }
  switch (kind) {
    case KeyKind::Index: case KeyKind::IndexTuple: {
      const uint8_t* at = TRY(find_item(t, v, key, kind));
      TRY(check_alive(t, m));
      return unpack_item(t, v.format, at);
    }
    case KeyKind::Slice: return slice_view(t, m, access, key.as<Slice>());
    case KeyKind::SliceTuple:
      return raise(t, types::NotImplementedError, "multi-dimensional slicing is not implemented");
    default: return raise(t, types::TypeError, "memoryview: invalid slice key");
  }
}

bool same_format(const char* a, const char* b) {
  if (a[0] == '@') a++;
  if (b[0] == '@') b++;
  return std::strcmp(a, b) == 0;
}
bool same_shape(const BufferInfo& a, const BufferInfo& b) {
  if (a.ndim != b.ndim) return false;
  for (int d = 0; d < a.ndim; d++) {
    if (a.shape[d] != b.shape[d]) return false;
    if (a.shape[d] == 0) break;
  }
  return true;
}

void copy_items(const BufferInfo& to, int d, uint8_t* at, const uint8_t*& from) {
  if (to.ndim == 0) {
    std::memcpy(at, from, static_cast<size_t>(to.item_size));
    return;
  }
  for (int64_t i = 0; i < to.shape[d]; i++) {
    auto* item = const_cast<uint8_t*>(step_into(to, at, d, i));
    if (d + 1 < to.ndim) {
      copy_items(to, d + 1, item, from);
    } else {
      std::memcpy(item, from, static_cast<size_t>(to.item_size));
      from += to.item_size;
    }
  }
}

Result<void> assign_from(Thread& t, const BufferInfo& to, Borrowed<> value) {
  const TypeSlots& slots = type_of(value)->slots;
  if (!slots.get_buffer) return raise(t, types::TypeError, "a bytes-like object is required, not '{}'", TypeName(value));
  Local<> other = TRY(make_memoryview(t, value, slots.get_buffer, slots.release_buffer, kBufferFullReadOnly));
  Borrowed<MemoryView> source = as_view(other);
  Access access = TRY(Access::of(t, source));
  const BufferInfo& from = source->view;
  if (!same_format(to.format, from.format) || to.item_size != from.item_size || !same_shape(to, from)) {
    return raise(t, types::ValueError, "memoryview assignment: lvalue and rvalue have different structures");
  }
  text::ByteBuffer copy;  // the two may overlap
  uint8_t* data = copy.extend(static_cast<size_t>(from.length) + 1);
  if (!data) return raise_no_memory(t);
  copy_to_contiguous(from, data);
  const uint8_t* read = data;
  copy_items(to, 0, static_cast<uint8_t*>(to.data), read);
  return ok();
}

Result<void> memoryview_op_setitem(Thread& t, Borrowed<> self, Borrowed<> key, Borrowed<> value) {
  Borrowed<MemoryView> m = as_view(self);
  Access access = TRY(Access::of(t, m));
  const BufferInfo& v = m->view;
  if (v.readonly) return raise(t, types::TypeError, "cannot modify read-only memory");
  if (!value) return raise(t, types::TypeError, "cannot delete memory");
  KeyKind kind = kind_of_key(key);
  if (v.ndim == 0) {
    if (kind == KeyKind::Ellipsis || (kind == KeyKind::IndexTuple && key.as<Tuple>()->length() == 0)) {
      return store_item(t, m, static_cast<uint8_t*>(v.data), value);
    }
    return raise(t, types::TypeError, "invalid indexing of 0-dim memory");
  }
  switch (kind) {
    case KeyKind::Index: case KeyKind::IndexTuple: {
      const uint8_t* at = TRY(find_item(t, v, key, kind));
      return store_item(t, m, const_cast<uint8_t*>(at), value);
    }
    case KeyKind::Slice: {
      if (v.ndim > 1) {
        return raise(t, types::NotImplementedError,
                     "memoryview slice assignments are currently restricted to ndim = 1");
      }
      Local<MemoryView> part = TRY(slice_view(t, m, access, key.as<Slice>()));
      return assign_from(t, part->view, value);
    }
    case KeyKind::SliceTuple:
      return raise(t, types::NotImplementedError, "multi-dimensional slicing is not implemented");
    default: return raise(t, types::TypeError, "memoryview: invalid slice key");
  }
}

Result<int64_t> memoryview_op_len(Thread& t, Borrowed<> self) {
  TRY(check_alive(t, as_view(self)));
  if (as_view(self)->view.ndim == 0) return raise(t, types::TypeError, "0-dim memory has no length");
  return as_view(self)->view.shape[0];
}

Result<Local<>> list_of_items(Thread& t, const BufferInfo& v, int d, const uint8_t* at) {
  if (v.ndim == 0) return unpack_item(t, v.format, at);
  Local<List> list = TRY(make_list(t, static_cast<size_t>(v.shape[d])));
  for (int64_t i = 0; i < v.shape[d]; i++) {
    const uint8_t* item = step_into(v, at, d, i);
    Local<> each = d + 1 < v.ndim ? TRY(list_of_items(t, v, d + 1, item)) : TRY(unpack_item(t, v.format, item));
    TRY(list_append(t, list, std::move(each)));
  }
  return list;
}
Result<Local<>> memoryview_tolist(Thread& t, Borrowed<MemoryView> self) {
  Access access = TRY(Access::of(t, self));
  if (native_item_size(self->view.format) == 0) {
    return raise(t, types::NotImplementedError, "memoryview: format {} not supported", self->view.format);
  }
  return list_of_items(t, self->view, 0, static_cast<const uint8_t*>(self->view.data));
}

// ---- comparison ----

// How items of one side are read for comparison: natively, or by struct for other formats.
struct Reader {
  const BufferInfo* v;
  bool native;
  Local<> unpack;   // struct.Struct(format).unpack
  Result<Local<>> item(Thread& t, const uint8_t* at) const {
    if (native) return unpack_item(t, v->format, at);
    Local<Bytes> raw =
        TRY(make_bytes(t, std::string_view(reinterpret_cast<const char*>(at), static_cast<size_t>(v->item_size))));
    Local<> all = TRY(call(t, unpack, raw));
    if (is_tuple(all.value()) && Borrowed<Tuple>(all.value())->length() == 1) {
      return Local<>::share(Borrowed<Tuple>(all.value())->at(0));
    }
    return all;
  }
};
// False: the format is not understood; then the views are not equal.
Result<bool> make_reader(Thread& t, const BufferInfo& v, Reader* out) {
  out->v = &v;
  out->native = native_item_size(v.format) == v.item_size;
  if (out->native) return true;
  auto unpack = [&]() -> Result<Local<>> {
    Local<> module = TRY(import_module(t, "struct"_n));
    Local<Str> format = TRY(make_str(t, v.format));
    Local<> compiled = TRY(call_method(t, module, "Struct"_n, format));
    Local<> size = TRY(get_attr(t, compiled, "size"_n));
    if (size.value() != Value::fixnum(v.item_size)) return raise(t, types::ValueError, "size");
    return get_attr(t, compiled, "unpack"_n);
  }();
  if (unpack.raised()) {
    if (!clear_pending_if(t, types::Exception)) return Raised{};
    return false;
  }
  out->unpack = unpack.take();
  return true;
}
Result<bool> equal_items(Thread& t, const Reader& a, const Reader& b, int d, const uint8_t* x, const uint8_t* y) {
  if (a.v->ndim == 0) {
    Local<> left = TRY(a.item(t, x)), right = TRY(b.item(t, y));
    return compare_bool(t, left, right, CompareOp::Eq);
  }
  for (int64_t i = 0; i < a.v->shape[d]; i++) {
    const uint8_t* p = step_into(*a.v, x, d, i);
    const uint8_t* q = step_into(*b.v, y, d, i);
    bool same;
    if (d + 1 < a.v->ndim) {
      same = TRY(equal_items(t, a, b, d + 1, p, q));
    } else {
      Local<> left = TRY(a.item(t, p)), right = TRY(b.item(t, q));
      same = TRY(compare_bool(t, left, right, CompareOp::Eq));
    }
    if (!same) return false;
  }
  return true;
}

Result<Local<>> memoryview_op_compare(Thread& t, Borrowed<> a, Borrowed<> b, CompareOp op) {
  if (op != CompareOp::Eq && op != CompareOp::Ne) return kNotImplemented;
  if (type_of(a) != &types::MemoryView) return kNotImplemented;
  auto answer = [&](bool same) { return Value::boolean(same == (op == CompareOp::Eq)); };
  Borrowed<MemoryView> left = as_view(a);
  auto left_access = Access::of(t, left);
  bool right_is_view = type_of(b) == &types::MemoryView;
  if (left_access.raised() || (right_is_view && as_view(b)->managed.is_empty())) {
    if (t.has_pending()) clear_pending(t);
    return answer(a.value() == b.value());
  }
  if (!has_buffer(b)) return kNotImplemented;
  const TypeSlots& slots = type_of(b)->slots;
  auto other = make_memoryview(t, b, slots.get_buffer, slots.release_buffer, kBufferFullReadOnly);
  if (other.raised()) {
    clear_pending(t);
    return kNotImplemented;
  }
  Borrowed<MemoryView> right = as_view(*other);
  Access right_access = TRY(Access::of(t, right));
  const BufferInfo& v = left->view;
  const BufferInfo& w = right->view;
  if (!same_shape(v, w)) return answer(false);
  char code = native_code(v.format);
  bool plain = native_item_size(v.format) == v.item_size && same_format(v.format, w.format) && code != 'f' &&
               code != 'd' && code != 'e' && code != '?';
  if (plain && is_c_contiguous(v) && is_c_contiguous(w)) {
    return answer(std::memcmp(v.data, w.data, static_cast<size_t>(v.length)) == 0);
  }
  Reader x, y;
  if (!TRY(make_reader(t, v, &x)) || !TRY(make_reader(t, w, &y))) return answer(false);
  return answer(TRY(equal_items(t, x, y, 0, static_cast<const uint8_t*>(v.data), static_cast<const uint8_t*>(w.data))));
}

// ---- contents ----

Result<void> contents_of(Thread& t, const BufferInfo& v, text::ByteBuffer& out) {
  uint8_t* to = out.extend(static_cast<size_t>(v.length) + 1);
  if (!to) return raise_no_memory(t);
  copy_to_contiguous(v, to);
  out.truncate(static_cast<size_t>(v.length));
  return ok();
}
bool is_fortran(const BufferInfo& v) {
  if (v.suboffsets) return false;
  if (v.length == 0) return true;
  int64_t expected = v.item_size;
  for (int d = 0; d < v.ndim; d++) {
    if (v.shape[d] > 1 && v.strides[d] != expected) return false;
    expected *= v.shape[d];
  }
  return true;
}
Result<Local<>> memoryview_tobytes(Thread& t, Borrowed<MemoryView> self, OrNone<Borrowed<Str>> order) {
  Access access = TRY(Access::of(t, self));
  char kind = 'C';
  if (order) {
    Borrowed<Str> s = *order;
    if (!s->equals_ascii("C") && !s->equals_ascii("F") && !s->equals_ascii("A")) {
      return raise(t, types::ValueError, "order must be 'C', 'F' or 'A'");
    }
    kind = s->ascii_view()[0];
  }
  const BufferInfo& v = self->view;
  if (kind == 'A') kind = is_fortran(v) && !is_c_contiguous(v) ? 'F' : 'C';
  Local<Bytes> out = TRY(make_bytes_uninitialised(t, static_cast<size_t>(v.length)));
  if (v.length == 0) return out;
  if (kind == 'C' || v.ndim < 2) {
    copy_to_contiguous(v, out->mutable_data());
    return out;
  }
  // Column by column: the first index runs fastest.
  int64_t index[kMaxDims] = {};
  uint8_t* to = out->mutable_data();
  for (int64_t done = 0; done < v.length; done += v.item_size) {
    auto* at = static_cast<const uint8_t*>(v.data);
    for (int d = 0; d < v.ndim; d++) at = step_into(v, at, d, index[d]);
    std::memcpy(to, at, static_cast<size_t>(v.item_size));
    to += v.item_size;
    for (int d = 0; d < v.ndim && ++index[d] == v.shape[d]; d++) index[d] = 0;
  }
  return out;
}
Result<Local<Str>> memoryview_hex(Thread& t, Borrowed<MemoryView> self, Maybe<Borrowed<>> sep, Index bytes_per_sep) {
  text::ByteBuffer data;
  {
    Access access = TRY(Access::of(t, self));
    TRY(contents_of(t, self->view, data));
  }
  ExportHold hold(self);
  return hex_of_bytes(t, view_of(data), sep.value, bytes_per_sep);
}
Result<int64_t> memoryview_op_hash(Thread& t, Borrowed<> self) {
  Borrowed<MemoryView> m = as_view(self);
  if (int64_t cached = __atomic_load_n(&m->hash_cache, __ATOMIC_RELAXED)) return cached;  // racing writers agree
  Access access = TRY(Access::of(t, m));
  if (!m->view.readonly) return raise(t, types::ValueError, "cannot hash writable memoryview object");
  char code = native_code(m->view.format);
  if (native_item_size(m->view.format) != 1 || code == '?') {
    return raise(t, types::ValueError, "memoryview: hashing is restricted to formats 'B', 'b' or 'c'");
  }
  ExportHold hold(m);
  (void)TRY(hash_of(t, access.managed()->info.owner));
  text::ByteBuffer data;
  TRY(contents_of(t, m->view, data));
  int64_t h = hash_of_bytes(view_of(data));
  __atomic_store_n(&m->hash_cache, h, __ATOMIC_RELAXED);
  return h;
}

// ---- release ----

Result<void> memoryview_release(Thread& t, Borrowed<MemoryView> self) {
  int64_t exports = __atomic_load_n(&self->exports, __ATOMIC_ACQUIRE);
  if (exports > 0) {
    return raise(t, types::BufferError, "memoryview has {} exported buffer{}", exports, exports == 1 ? "" : "s");
  }
  Local<ManagedBuffer> managed = self->managed.take();
  if (!managed) return ok();
  bool last = __atomic_sub_fetch(&managed->views, 1, __ATOMIC_ACQ_REL) == 0;
  // With others at work in the memory it goes back when their references go.
  if (last && type_of(managed.value()) == &types::ManagedBufferFinal &&
      __atomic_load_n(&managed->busy, __ATOMIC_SEQ_CST) == 0) {
    managed->give_back();
    if (t.has_pending()) return Raised{};
  }
  return ok();
}
Result<Local<>> memoryview_enter(Thread& t, Borrowed<MemoryView> self) {
  TRY(check_alive(t, self));
  return Local<>::share(self);
}
Result<void> memoryview_exit(Thread& t, Borrowed<MemoryView> self, Rest) { return memoryview_release(t, self); }

Result<Local<>> memoryview_toreadonly(Thread& t, Borrowed<MemoryView> self) {
  Local<> copy = TRY(make_memoryview(t, self, nullptr, nullptr, kBufferFullReadOnly));
  as_view(copy)->view.readonly = true;
  return copy;
}

// ---- cast ----

Result<Local<>> memoryview_cast(Thread& t, Borrowed<MemoryView> self, Borrowed<Str> format, Maybe<Borrowed<>> shape) {
  Access access = TRY(Access::of(t, self));
  const BufferInfo& v = self->view;
  if (!is_c_contiguous(v)) return raise(t, types::TypeError, "memoryview: casts are restricted to C-contiguous views");
  if ((shape || v.ndim != 1)) {
    for (int d = 0; d < v.ndim; d++) {
      if (v.shape[d] == 0) return raise(t, types::TypeError, "memoryview: cannot cast view with zeros in shape or strides");
    }
  }
  Borrowed<Tuple> dims;
  Local<Tuple> dims_owner;
  int ndim = 1;
  if (shape) {
    if (!is_tuple(*shape) && !is_list(*shape)) return raise(t, types::TypeError, "shape must be a list or a tuple");
    dims_owner = TRY(tuple_from(t, *shape));
    dims = dims_owner;
    if (dims->length() > kMaxDims) {
      return raise(t, types::ValueError, "memoryview: number of dimensions must not exceed 64");
    }
    ndim = static_cast<int>(dims->length());
    if (v.ndim != 1 && ndim != 1) {
      return raise(t, types::TypeError, "memoryview: cast must be 1D -> ND or ND -> 1D");
    }
  }
  char code[8] = {};
  bool good = format->is_ascii() && format->length() >= 1 && format->length() <= 2;
  if (good) std::memcpy(code, format->latin1(), format->length());
  int64_t size = good ? native_item_size(code) : 0;
  if (size == 0) {
    return raise(t, types::ValueError,
                 "memoryview: destination format must be a native single character format prefixed with an optional '@'");
  }
  auto byte_format = [](const char* f) {
    char c = native_code(f);
    return native_item_size(f) == 1 && c != '?';
  };
  if (native_item_size(v.format) == 0) {
    return raise(t, types::ValueError,
                 "memoryview: source format must be a native single character format prefixed with an optional '@'");
  }
  if (!byte_format(v.format) && !byte_format(code)) {
    return raise(t, types::TypeError, "memoryview: cannot cast between two non-byte formats");
  }
  if (v.length % size) return raise(t, types::TypeError, "memoryview: length is not a multiple of itemsize");
  int64_t sizes[kMaxDims];
  if (dims) {
    int64_t product = size;
    for (int d = 0; d < ndim; d++) {
      Borrowed<> each = dims->at(static_cast<size_t>(d));
      if (!is_int(each)) {
        return raise(t, types::TypeError, "memoryview.cast(): elements of shape must be integers");
      }
      int64_t n;
      if (!int_as_int64(each, &n) || n <= 0) {
        return raise(t, types::ValueError, "memoryview.cast(): elements of shape must be integers > 0");
      }
      if (__builtin_mul_overflow(product, n, &product)) {
        return raise(t, types::ValueError, "memoryview.cast(): product(shape) > SSIZE_MAX");
      }
      sizes[d] = n;
    }
    if (product != v.length) return raise(t, types::TypeError, "memoryview: product(shape) * itemsize != buffer size");
  } else {
    sizes[0] = v.length / size;
  }
  BufferInfo flat = v;
  flat.ndim = -1;
  flat.item_size = size;
  flat.suboffsets = nullptr;
  Local<MemoryView> out = TRY(make_view(t, access.managed(), flat, ndim));
  std::memcpy(out->own_format, code, sizeof code);
  out->view.format = out->own_format;
  int64_t stride = size;
  for (int d = ndim - 1; d >= 0; d--) {
    out->view.shape[d] = sizes[d];
    out->view.strides[d] = stride;
    stride *= sizes[d];
  }
  return out;
}

// ---- sequence methods ----

Result<int64_t> memoryview_count(Thread& t, Borrowed<MemoryView> self, Borrowed<> value) {
  Local<> iterator = TRY(get_iter(t, self));
  int64_t n = 0;
  TRY(for_each(t, iterator, [&](Local<> item) -> Result<bool> {
    n += TRY(equals(t, item, value));
    return true;
  }));
  return n;
}
Result<int64_t> memoryview_index(Thread& t, Borrowed<MemoryView> self, Borrowed<> value, Maybe<Borrowed<>> start,
                                 Maybe<Borrowed<>> stop) {
  int64_t from = start ? TRY(slice_argument(t, *start, 0)) : 0;
  int64_t to = stop ? TRY(slice_argument(t, *stop, INT64_MAX)) : INT64_MAX;
  TRY(check_alive(t, self));
  if (self->view.ndim == 0) return raise(t, types::TypeError, "invalid lookup on 0-dim memory");
  if (self->view.ndim > 1) return raise(t, types::NotImplementedError, "multi-dimensional lookup is not implemented");
  int64_t n = self->view.shape[0];
  if (from < 0) from = from + n < 0 ? 0 : from + n;
  if (to < 0) to = to + n < 0 ? 0 : to + n;
  if (to > n) to = n;
  for (int64_t i = from; i < to; i++) {
    Local<> item = TRY(memoryview_op_getitem(t, self, Value::fixnum(i)));
    if (TRY(equals(t, item, value))) return i;
  }
  return raise(t, types::ValueError, "memoryview.index(x): x not found");
}

// ---- attributes ----

Result<Local<>> tuple_of(Mutator& m, const int64_t* values, int count) {
  Local<Tuple> tuple = TRY(make_tuple_uninitialised(m, static_cast<size_t>(count)));
  for (int i = 0; i < count; i++) tuple->items()[i].init(TRY(make_int(m, values[i])));
  return tuple;
}
Result<Local<>> memoryview_get_obj(Thread& t, Borrowed<MemoryView> self) {
  Access access = TRY(Access::of(t, self));
  return Local<>::share(access.managed()->info.owner);
}
#define ATTRIBUTE(name, expression)                                         \
  Result<Local<>> memoryview_get_##name(Thread& t, Borrowed<MemoryView> self) { \
    TRY(check_alive(t, self));                                              \
    const BufferInfo& v = self->view;                                       \
    return expression;                                                      \
  }
ATTRIBUTE(nbytes, make_int(t, v.length))
ATTRIBUTE(readonly, Value::boolean(v.readonly))
ATTRIBUTE(itemsize, make_int(t, v.item_size))
ATTRIBUTE(format, make_str(t, v.format))
ATTRIBUTE(ndim, Value::fixnum(v.ndim))
ATTRIBUTE(shape, tuple_of(t, v.shape, v.ndim))
ATTRIBUTE(strides, tuple_of(t, v.strides, v.ndim))
ATTRIBUTE(suboffsets, tuple_of(t, v.suboffsets, v.suboffsets ? v.ndim : 0))
ATTRIBUTE(c_contiguous, Value::boolean(is_c_contiguous(v)))
ATTRIBUTE(f_contiguous, Value::boolean(is_fortran(v)))
ATTRIBUTE(contiguous, Value::boolean(is_c_contiguous(v) || is_fortran(v)))
#undef ATTRIBUTE

// ---- buffers of a view ----

Result<void> memoryview_op_get_buffer(Thread& t, Borrowed<> self, BufferInfo* out, int flags) {
  Borrowed<MemoryView> m = as_view(self);
  Access access = TRY(Access::of(t, m));
  if ((flags & kBufferWritable) && m->view.readonly) {
    return raise(t, types::BufferError, "memoryview: underlying buffer is not writable");
  }
  bool strided = (flags & kBufferStrides) == kBufferStrides;
  if (!strided && !is_c_contiguous(m->view)) {
    return raise(t, types::BufferError, "memoryview: underlying buffer is not C-contiguous");
  }
  if (m->view.suboffsets && !(flags & 0x100)) {
    return raise(t, types::BufferError, "memoryview: underlying buffer requires suboffsets");
  }
  *out = m->view;
  __atomic_fetch_add(&m->exports, 1, __ATOMIC_ACQ_REL);
  return ok();
}
void memoryview_op_release_buffer(Borrowed<> self, BufferInfo*) {
  __atomic_fetch_sub(&as_view(self)->exports, 1, __ATOMIC_ACQ_REL);
}

// ---- iterator ----

struct MemoryIterator : Object {
  static Type& python_type() { return types::MemoryIterator; }
  Field<MemoryView> view;   // never changes
  uint64_t index;           // atomic
  int64_t length;
  static void trace(Object* o, Visitor& v) { v.visit(static_cast<MemoryIterator*>(o)->view); }
};
constexpr Layout kMemoryIteratorLayout = layout_of<MemoryIterator>("memory_iterator");

Result<Local<>> memoryview_op_iter(Thread& t, Borrowed<> self) {
  Borrowed<MemoryView> m = as_view(self);
  TRY(check_alive(t, m));
  if (m->view.ndim == 0) return raise(t, types::TypeError, "invalid indexing of 0-dim memory");
  if (m->view.ndim > 1) {
    return raise(t, types::NotImplementedError, "multi-dimensional sub-views are not implemented");
  }
  Local<MemoryIterator> it = TRY(make_object<MemoryIterator>(t));
  it->view.init_share(m);
  it->length = m->view.shape[0];
  return it;
}
Lookup<> memory_iterator_op_next(Thread& t, Borrowed<> self) {
  auto it = self.as<MemoryIterator>();
  uint64_t i = __atomic_load_n(&it->index, __ATOMIC_RELAXED);
  if (static_cast<int64_t>(i) >= it->length) return kAbsent;
  __atomic_store_n(&it->index, i + 1, __ATOMIC_RELAXED);
  Borrowed<MemoryView> m = it->view.borrow();
  Access access = TRY(Access::of(t, m));
  const BufferInfo& v = m->view;
  return unpack_item(t, v.format, step_into(v, static_cast<const uint8_t*>(v.data), 0, static_cast<int64_t>(i)));
}
Result<Local<>> iterator_op_iter(Thread&, Borrowed<> self) { return Local<>::share(self); }

const TypeDef kMemoryIteratorDef = {
    .name = "memory_iterator",
    .layout = &kMemoryIteratorLayout,
    .flags = kTypeNoNew,
    .slots = {.iter = iterator_op_iter, .next = memory_iterator_op_next},
};

constexpr NativeDef kMethods[] = {
    method<memoryview_release>("release(self, /)", "Release the underlying buffer exposed by the memoryview object."),
    method<memoryview_tobytes>("tobytes(self, /, order='C')", "Return the data in the buffer as a byte string."),
    method<memoryview_hex>("hex(self, sep=None, bytes_per_sep=1)",
                           "Return the data in the buffer as a str of hexadecimal numbers."),
    method<memoryview_tolist>("tolist(self, /)", "Return the data in the buffer as a list of elements."),
    method<memoryview_cast>("cast(self, /, format, shape=())", "Cast a memoryview to a new format or shape."),
    method<memoryview_toreadonly>("toreadonly(self, /)", "Return a readonly version of the memoryview."),
    class_method<memoryview_from_flags>("_from_flags(cls, /, object, flags)",
                                        "Create a new memoryview object which references the given object."),
    method<memoryview_count>("count(self, value, /)", "Count the number of occurrences of a value."),
    method<memoryview_index>("index(self, value, start=0, stop=9223372036854775807, /)",
                             "Return the index of the first occurrence of a value.\n\n"
                             "Raises ValueError if the value is not present."),
    method<memoryview_enter>("__enter__(self, /)", ""),
    method<memoryview_exit>("__exit__(self, /, *exc_info)", ""),
    class_method<generic_class_getitem>("__class_getitem__(cls, object, /)", kClassGetItemDoc),
};
constexpr GetSetDef kGetSets[] = {
    getter<memoryview_get_obj>("obj", "The underlying object of the memoryview."),
    getter<memoryview_get_nbytes>("nbytes", "The amount of space in bytes that the array would use in\n a contiguous "
                                            "representation."),
    getter<memoryview_get_readonly>("readonly", "A bool indicating whether the memory is read only."),
    getter<memoryview_get_itemsize>("itemsize", "The size in bytes of each element of the memoryview."),
    getter<memoryview_get_format>("format", "A string containing the format (in struct module style)\n for each element "
                                            "in the view."),
    getter<memoryview_get_ndim>("ndim", "An integer indicating how many dimensions of a multi-dimensional\n array the "
                                        "memory represents."),
    getter<memoryview_get_shape>("shape", "A tuple of ndim integers giving the shape of the memory\n as an N-dimensional "
                                          "array."),
    getter<memoryview_get_strides>("strides", "A tuple of ndim integers giving the size in bytes to access\n each element "
                                              "for each dimension of the array."),
    getter<memoryview_get_suboffsets>("suboffsets", "A tuple of integers used internally for PIL-style arrays."),
    getter<memoryview_get_c_contiguous>("c_contiguous", "A bool indicating whether the memory is C contiguous."),
    getter<memoryview_get_f_contiguous>("f_contiguous", "A bool indicating whether the memory is Fortran contiguous."),
    getter<memoryview_get_contiguous>("contiguous", "A bool indicating whether the memory is contiguous."),
};

const TypeDef kMemoryViewDef = {
    .name = "memoryview",
    .signature = "(object)",
    .doc = "Create a new memoryview object which references the given object.",
    .layout = &kMemoryViewLayout,
    .flags = kTypeWeakrefable | kTypeSequence,
    OROCHI_METHODS(kMethods),
    OROCHI_GETSETS(kGetSets),
    .slots = {.repr = memoryview_op_repr,
              .hash = memoryview_op_hash,
              .compare = memoryview_op_compare,
              .iter = memoryview_op_iter,
              .new_ = new_slot<kMemoryViewNew>,
              .len = memoryview_op_len,
              .getitem = memoryview_op_getitem,
              .setitem = memoryview_op_setitem,
              .get_buffer = memoryview_op_get_buffer,
              .release_buffer = memoryview_op_release_buffer},
};

// ---- PEP 688: what stands between a Python class's __buffer__ and who asked for a buffer ----

struct BufferWrapper : Object {
  static Type& python_type() { return types::BufferWrapper; }
  Field<> object;       // the exporter
  Field<MemoryView> view;   // what its __buffer__ returned
  static void trace(Object* o, Visitor& v) {
    v.visit(static_cast<BufferWrapper*>(o)->object);
    v.visit(static_cast<BufferWrapper*>(o)->view);
  }
};
constexpr Layout kBufferWrapperLayout = layout_of<BufferWrapper>("_buffer_wrapper");

void wrapper_op_release_buffer(Borrowed<> self, BufferInfo* info) {
  auto w = self.as<BufferWrapper>();
  Thread& t = current_thread();
  Local<> pending = take_pending(t);
  Borrowed<MemoryView> view = w->view.borrow();
  memoryview_op_release_buffer(view, info);
  const Value args[] = {view};
  Lookup<> done = call_special(t, w->object.borrow(), "__release_buffer__"_n, args, 1);
  if (done.raised() && report_unraisable) {
    report_unraisable(t, "Exception ignored in __release_buffer__ of", w->object.borrow());
  }
  if (t.has_pending()) clear_pending(t);
  if (memoryview_release(t, view).raised()) clear_pending(t);  // still exported by someone else
  if (pending) set_pending(t, std::move(pending));
}
Result<void> wrapper_op_get_buffer(Thread& t, Borrowed<> self, BufferInfo* out, int flags) {
  return memoryview_op_get_buffer(t, self.as<BufferWrapper>()->view.borrow(), out, flags);
}

const TypeDef kBufferWrapperDef = {
    .name = "_buffer_wrapper",
    .layout = &kBufferWrapperLayout,
    .flags = kTypeNoNew,
    .slots = {.get_buffer = wrapper_op_get_buffer, .release_buffer = wrapper_op_release_buffer},
};

}  // namespace

Result<void> dispatch_get_buffer(Thread& t, Borrowed<> self, BufferInfo* out, int flags) {
  const Value args[] = {Value::fixnum(flags)};
  Lookup<> r = call_special(t, self, "__buffer__"_n, args, 1);
  if (r.raised()) return Raised{};
  if (r.absent()) return raise(t, types::TypeError, "a bytes-like object is required, not '{}'", TypeName(self));
  if (type_of((*r).value()) != &types::MemoryView) {
    return raise(t, types::TypeError, "__buffer__ returned non-memoryview object");
  }
  Local<BufferWrapper> wrapper = TRY(make_object<BufferWrapper>(t));
  wrapper->object.init_share(self);
  wrapper->view.init_share(Borrowed<MemoryView>((*r).value()));
  TRY(memoryview_op_get_buffer(t, *r, out, flags));
  out->owner = wrapper.release();
  return ok();
}

OROCHI_TYPE(ManagedBuffer, kManagedDef)
OROCHI_TYPE(ManagedBufferFinal, kManagedFinalDef)
OROCHI_TYPE(MemoryIterator, kMemoryIteratorDef)
OROCHI_TYPE(MemoryView, kMemoryViewDef)
OROCHI_TYPE(BufferWrapper, kBufferWrapperDef)

}  // namespace orochi
