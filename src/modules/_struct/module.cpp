// The _struct module: Struct objects, the iterator of iter_unpack, and the functions.
#include <cstring>

#include "modules/_struct/struct_format.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/buffer.h"

namespace orochi {

namespace struct_module {

struct Struct : Object {
  static Type& python_type();
  Field<Bytes> code;   // Compiled; empty until __init__
  Field<Str> format;
  static void trace(Object* o, Visitor& v) {
    v.visit(static_cast<Struct*>(o)->code);
    v.visit(static_cast<Struct*>(o)->format);
  }
};

struct UnpackIterator : Object {
  static Type& python_type();
  Field<Bytes> code;
  Field<> source;      // re-opened at each step; empty when exhausted
  int64_t offset;      // under the lock
  static void trace(Object* o, Visitor& v) {
    v.visit(static_cast<UnpackIterator*>(o)->code);
    v.visit(static_cast<UnpackIterator*>(o)->source);
  }
};

}  // namespace struct_module

OROCHI_MODULE_TYPE(Struct)
OROCHI_MODULE_TYPE(StructUnpackIterator)
OROCHI_MODULE_TYPE(StructError)

namespace struct_module {

Type& Struct::python_type() { return types::Struct; }
Type& UnpackIterator::python_type() { return types::StructUnpackIterator; }

namespace {

constexpr Layout kStructLayout = layout_of<Struct>("Struct");
constexpr Layout kIteratorLayout = layout_of<UnpackIterator>("unpack_iterator");

Result<Local<Bytes>> code_of(Thread& t, Borrowed<Struct> s) {
  Local<Bytes> code = s->code.load(s.get());
  if (!code) return raise(t, types::RuntimeError, "Struct object is not initialized");
  return code;
}

// ---- operations on a compiled format

Result<Local<>> pack(Thread& t, Borrowed<Bytes> code, const Value* values, size_t count, const char* name = "pack") {
  const Compiled& c = compiled(code);
  if (static_cast<int64_t>(count) != c.items) {
    return raise(t, types::StructError, "{} expected {} items for packing (got {})", name, c.items, count);
  }
  Local<Bytes> out = TRY(make_bytes_uninitialised(t, static_cast<size_t>(c.size)));
  if (c.size) TRY(pack_values(t, c, values, out->mutable_data()));
  else TRY([&]() -> Result<void> {
    uint8_t nothing[1];
    return pack_values(t, c, values, nothing);
  }());
  return out;
}

Result<Local<>> unpack(Thread& t, Borrowed<Bytes> code, Borrowed<> source) {
  Buffer buffer = TRY(Buffer::get(t, source));
  const Compiled& c = compiled(code);
  if (static_cast<int64_t>(buffer.size()) != c.size) {
    return raise(t, types::StructError, "unpack requires a buffer of {} bytes", c.size);
  }
  return unpack_values(t, c, buffer.data());
}

Result<int64_t> ssize(Thread& t, Borrowed<> v) {
  Local<> index = TRY(index_of(t, v));
  int64_t n;
  if (!int_as_int64(index.value(), &n)) {
    return raise(t, types::OverflowError, "Python int too large to convert to C ssize_t");
  }
  return n;
}

Result<int64_t> resolve_offset(Thread& t, int64_t offset, int64_t need, int64_t have, bool packing) {
  if (offset < 0) {
    if (offset + need > 0) {
      return raise(t, types::StructError, packing ? "no space to pack {} bytes at offset {}"
                                                  : "not enough data to unpack {} bytes at offset {}",
                   need, offset);
    }
    if (offset + have < 0) {
      return raise(t, types::StructError, "offset {} out of range for {}-byte buffer", offset, have);
    }
    offset += have;
  }
  if (have - offset < need) {
    uint64_t least = static_cast<uint64_t>(need) + static_cast<uint64_t>(offset);
    return raise(t, types::StructError,
                 packing ? "pack_into requires a buffer of at least {} bytes for packing {} bytes at offset {} "
                           "(actual buffer size is {})"
                         : "unpack_from requires a buffer of at least {} bytes for unpacking {} bytes at offset {} "
                           "(actual buffer size is {})",
                 least, need, offset, have);
  }
  return offset;
}

Result<Local<>> unpack_from(Thread& t, Borrowed<Bytes> code, Borrowed<> source, Maybe<Borrowed<>> offset_arg) {
  Buffer buffer = TRY(Buffer::get(t, source));
  int64_t offset = offset_arg ? TRY(ssize(t, *offset_arg)) : 0;
  const Compiled& c = compiled(code);
  offset = TRY(resolve_offset(t, offset, c.size, static_cast<int64_t>(buffer.size()), false));
  return unpack_values(t, c, buffer.data() + offset);
}

Result<Local<>> pack_into(Thread& t, Borrowed<Bytes> code, Rest args) {
  const Compiled& c = compiled(code);
  if (args.count == 0) return raise(t, types::StructError, "pack_into expected buffer argument");
  if (args.count == 1) return raise(t, types::StructError, "pack_into expected offset argument");
  if (static_cast<int64_t>(args.count - 2) != c.items) {
    return raise(t, types::StructError, "pack_into expected {} items for packing (got {})", c.items, args.count - 2);
  }
  if (is_bytes(args[0])) {
    return raise(t, types::TypeError, "argument must be read-write bytes-like object, not {}", TypeName(args[0]));
  }
  Buffer buffer = TRY(Buffer::get(t, args[0], kBufferWritable));
  int64_t offset = TRY(ssize(t, args[1]));
  offset = TRY(resolve_offset(t, offset, c.size, static_cast<int64_t>(buffer.size()), true));
  TRY(pack_values(t, c, args.values + 2, buffer.writable_data() + offset));
  return kNone;
}

Result<Local<>> iter_unpack(Thread& t, Borrowed<Bytes> code, Borrowed<> source) {
  const Compiled& c = compiled(code);
  if (c.size == 0) {
    return raise(t, types::StructError, "cannot iteratively unpack with a struct of length 0");
  }
  Buffer buffer = TRY(Buffer::get(t, source));
  if (static_cast<int64_t>(buffer.size()) % c.size != 0) {
    return raise(t, types::StructError, "iterative unpacking requires a buffer of a multiple of {} bytes", c.size);
  }
  Local<UnpackIterator> it = TRY(make_object<UnpackIterator>(t));
  it->code.init_share(code);
  it->source.init_share(source);
  return it;
}

// ---- Struct

Result<Local<>> struct_op_new(Thread& t, Borrowed<Type> cls, const CallArgs&) { return allocate_instance(t, cls); }

Result<Local<>> struct_init(Thread& t, Borrowed<Struct> self, Borrowed<> format) {
  Local<Str> text = TRY(format_text(t, format));
  Local<Bytes> code = TRY(compile_format(t, format, false));
  self->format.set(std::move(text));
  self->code.set(std::move(code));
  return kNone;
}
constexpr NativeDef kStructInit = arguments<struct_init>("Struct(self, format)");

Result<Local<>> struct_op_repr(Thread& t, Borrowed<> self) {
  auto s = self.as<Struct>();
  (void)TRY(code_of(t, s));
  Local<Str> format = s->format.load(s.get());
  Local<Str> shown = TRY(repr_of(t, format));
  return format_str(t, "{}({})", TypeName(self), shown);
}

Result<Local<>> struct_pack(Thread& t, Borrowed<Struct> self, Rest values) {
  Local<Bytes> code = TRY(code_of(t, self));
  return pack(t, code, values.values, values.count);
}
Result<Local<>> struct_pack_into(Thread& t, Borrowed<Struct> self, Rest args) {
  Local<Bytes> code = TRY(code_of(t, self));
  return pack_into(t, code, args);
}
Result<Local<>> struct_unpack(Thread& t, Borrowed<Struct> self, Borrowed<> buffer) {
  Local<Bytes> code = TRY(code_of(t, self));
  return unpack(t, code, buffer);
}
Result<Local<>> struct_unpack_from(Thread& t, Borrowed<Struct> self, Borrowed<> buffer, Maybe<Borrowed<>> offset) {
  Local<Bytes> code = TRY(code_of(t, self));
  return unpack_from(t, code, buffer, offset);
}
Result<Local<>> struct_iter_unpack(Thread& t, Borrowed<Struct> self, Borrowed<> buffer) {
  Local<Bytes> code = TRY(code_of(t, self));
  return iter_unpack(t, code, buffer);
}
Result<int64_t> struct_sizeof(Thread& t, Borrowed<Struct> self) {
  Local<Bytes> code = TRY(code_of(t, self));
  return static_cast<int64_t>(sizeof(Struct) + sizeof(Bytes) + code->length());
}
Result<Local<>> struct_get_format(Thread& t, Borrowed<Struct> self) {
  (void)TRY(code_of(t, self));
  return self->format.load(self.get());
}
int64_t struct_get_size(Thread&, Borrowed<Struct> self) {
  Local<Bytes> code = self->code.load(self.get());
  return code ? compiled(code).size : -1;
}

constexpr NativeDef kStructMethods[] = {
    method<struct_pack>("pack(self, /, *values)", "Bytes of the values packed by the format."),
    method<struct_pack_into>("pack_into(self, /, *args)", "Pack values into a writable buffer from an offset on."),
    method<struct_unpack>("unpack(self, buffer, /)", "A tuple of the values unpacked by the format."),
    method<struct_unpack_from>("unpack_from(self, /, buffer, offset=0)", "Unpack from a buffer from an offset on."),
    method<struct_iter_unpack>("iter_unpack(self, buffer, /)", "An iterator yielding tuples from equal chunks."),
    method<struct_sizeof>("__sizeof__(self, /)", "Size in memory, in bytes."),
};
constexpr GetSetDef kStructGetSets[] = {
    getter<struct_get_format>("format", "struct format string"),
    getter<struct_get_size>("size", "struct size in bytes"),
};
const TypeDef kStructDef = {
    .name = "_struct.Struct",
    .doc = "Struct(fmt): a compiled format for packing values into bytes and back.",
    .layout = &kStructLayout,
    .flags = kTypeSubclassable | kTypeWeakrefable,
    OROCHI_METHODS(kStructMethods),
    OROCHI_GETSETS(kStructGetSets),
    .slots = {.repr = struct_op_repr, .init = init_slot<kStructInit>, .new_ = struct_op_new},
};

// ---- the iterator

Lookup<> iterator_op_next(Thread& t, Borrowed<> self) {
  auto it = self.as<UnpackIterator>();
  Local<> source = it->source.load(it.get());
  if (!source) return kAbsent;
  Local<Bytes> code = it->code.load(it.get());
  const Compiled& c = compiled(code);
  Result<Buffer> got = Buffer::get(t, source);
  if (got.raised()) return Raised{};
  Buffer& buffer = *got;
  int64_t offset = __atomic_fetch_add(&it->offset, c.size, __ATOMIC_RELAXED);  // each step goes to one thread
  if (offset < 0 || offset > static_cast<int64_t>(buffer.size()) - c.size) {
    it->source.set(Local<>());
    return kAbsent;
  }
  return unpack_values(t, c, buffer.data() + offset);
}

Result<Local<>> iterator_op_iter(Thread&, Borrowed<> self) { return Local<>::share(self); }

Result<int64_t> iterator_length_hint(Thread& t, Borrowed<UnpackIterator> it) {
  Local<> source = it->source.load(it.get());
  if (!source) return 0;
  Local<Bytes> code = it->code.load(it.get());
  Buffer buffer = TRY(Buffer::get(t, source));
  int64_t left = static_cast<int64_t>(buffer.size()) - __atomic_load_n(&it->offset, __ATOMIC_RELAXED);
  return left > 0 ? left / compiled(code).size : 0;
}
constexpr NativeDef kIteratorMethods[] = {
    method<iterator_length_hint>("__length_hint__(self, /)", nullptr),
};
const TypeDef kIteratorDef = {
    .name = "_struct.unpack_iterator",
    .layout = &kIteratorLayout,
    .flags = kTypeNoNew,
    OROCHI_METHODS(kIteratorMethods),
    .slots = {.iter = iterator_op_iter, .next = iterator_op_next},
};

const TypeDef kErrorDef = {.name = "struct.error", .base = &types::Exception, .flags = kTypeSubclassable};

// ---- functions

Result<Local<>> struct_fn_pack(Thread& t, Borrowed<> format, Rest values) {
  Local<Bytes> code = TRY(compile_format(t, format, true));
  return pack(t, code, values.values, values.count);
}
Result<Local<>> struct_fn_pack_into(Thread& t, Borrowed<> format, Rest args) {
  Local<Bytes> code = TRY(compile_format(t, format, true));
  return pack_into(t, code, args);
}
Result<Local<>> struct_fn_unpack(Thread& t, Borrowed<> format, Borrowed<> buffer) {
  Local<Bytes> code = TRY(compile_format(t, format, true));
  return unpack(t, code, buffer);
}
Result<Local<>> struct_fn_unpack_from(Thread& t, Borrowed<> format, Borrowed<> buffer, Maybe<Borrowed<>> offset) {
  Local<Bytes> code = TRY(compile_format(t, format, true));
  return unpack_from(t, code, buffer, offset);
}
Result<Local<>> struct_fn_iter_unpack(Thread& t, Borrowed<> format, Borrowed<> buffer) {
  Local<Bytes> code = TRY(compile_format(t, format, true));
  return iter_unpack(t, code, buffer);
}
Result<int64_t> struct_fn_calcsize(Thread& t, Borrowed<> format) {
  Local<Bytes> code = TRY(compile_format(t, format, true));
  return compiled(code).size;
}
void struct_fn_clearcache(Thread&) {}

constexpr NativeDef kFunctions[] = {
    function<struct_fn_pack>("pack(format, /, *values)", "Return bytes containing values packed by the format."),
    function<struct_fn_pack_into>("pack_into(format, /, *args)", "Pack values into a writable buffer from an offset on."),
    function<struct_fn_unpack>("unpack(format, buffer, /)", "Return a tuple of values unpacked by the format."),
    function<struct_fn_unpack_from>("unpack_from(format, /, buffer, offset=0)",
                                    "Return a tuple of values unpacked from an offset on."),
    function<struct_fn_iter_unpack>("iter_unpack(format, buffer, /)",
                                    "Return an iterator yielding tuples unpacked from equal chunks."),
    function<struct_fn_calcsize>("calcsize(format, /)", "Return size in bytes of what the format describes."),
    function<struct_fn_clearcache>("_clearcache()", "Clear the internal cache."),
};

Result<void> init(Thread& t, Borrowed<Module> module) {
  TRY(module_add_type(t, module, types::StructError, kErrorDef));
  TRY(ensure_type(t, types::StructUnpackIterator, kIteratorDef));
  return module_add_type(t, module, types::Struct, kStructDef);
}

}  // namespace

OROCHI_MODULE(_struct, "Conversion between values and bytes by format strings.", kFunctions, init)

}  // namespace struct_module

}  // namespace orochi
