// The _blake2 module: blake2b and blake2s objects.
#include "modules/_blake2/blake2.h"

#include <optional>

#include "objects/bytes.h"
#include "objects/dict.h"
#include "protocols/buffer.h"
#include "protocols/native.h"
#include "sync/byte_lock.h"
#include "threads/thread.h"

namespace orochi {

OROCHI_MODULE_TYPE(Blake2b)
OROCHI_MODULE_TYPE(Blake2s)

namespace blake2_module {

namespace {

template <typename V>
struct Hash : Object {
  static Type& python_type() {
    if constexpr (sizeof(typename V::Word) == 8) return types::Blake2b;
    else return types::Blake2s;
  }
  static constexpr const char* kName = sizeof(typename V::Word) == 8 ? "blake2b" : "blake2s";
  static constexpr const char* kTitle = sizeof(typename V::Word) == 8 ? "Blake2b" : "Blake2s";
  Blake2<V> state;   // under busy
  uint64_t busy;     // its first byte; the holder may be detached
  uint8_t* lock() { return reinterpret_cast<uint8_t*>(&busy); }
};

class BusyGuard {
 public:
  explicit BusyGuard(uint8_t* byte) : byte_(byte) { ByteLock::lock(byte); }
  ~BusyGuard() { ByteLock::unlock(byte_); }
  BusyGuard(const BusyGuard&) = delete;

 private:
  uint8_t* byte_;
};

Result<Buffer> hash_buffer(Thread& t, Borrowed<> v) {
  if (is_str(v)) return raise(t, types::TypeError, "Strings must be encoded before hashing");
  if (!has_buffer(v)) return raise(t, types::TypeError, "object supporting the buffer API required");
  return Buffer::get(t, v);
}

template <typename V>
Result<void> update(Thread& t, Borrowed<Hash<V>> h, Borrowed<> data) {
  Buffer buffer = TRY(hash_buffer(t, data));
  BusyGuard guard(h->lock());
  std::optional<Detached> detached;
  if (buffer.size() >= 2048) detached.emplace(t);
  h->state.update(buffer.data(), buffer.size());
  return ok();
}

Result<uint64_t> natural(Thread& t, Borrowed<> v, const char* c_type) {
  Local<> index = TRY(index_of(t, v));
  if (int_sign(index.value()) < 0) return raise(t, types::ValueError, "Cannot convert negative int");
  uint64_t n;
  if (!int_as_uint64(index.value(), &n)) return raise(t, types::OverflowError, "Python int too large for C {}", c_type);
  return n;
}

Result<void> fill(Thread& t, Maybe<Borrowed<>> v, const char* what, uint8_t* out, size_t room, size_t* used = nullptr) {
  if (!v) return ok();
  Buffer buffer = TRY(Buffer::get(t, *v));
  if (buffer.size() > room) return raise(t, types::ValueError, "maximum {} length is {} bytes", what, room);
  if (buffer.size()) std::memcpy(out, buffer.data(), buffer.size());
  if (used) *used = buffer.size();
  return ok();
}

template <typename V>
Result<Local<>> blake2_new(Thread& t, Borrowed<Type> cls, Maybe<Borrowed<>> data, Maybe<int32_t> digest_size,
                           Maybe<Borrowed<>> key, Maybe<Borrowed<>> salt, Maybe<Borrowed<>> person, int32_t fanout,
                           int32_t depth, Borrowed<> leaf_size, Borrowed<> node_offset, int32_t node_depth,
                           int32_t inner_size, bool last_node, bool, OrNone<Borrowed<>> string) {
  using H = Hash<V>;
  constexpr int kMax = static_cast<int>(Blake2<V>::kMaxDigest);
  if (data && string) {
    return raise(t, types::TypeError,
                 "'data' and 'string' are mutually exclusive and support for 'string' keyword parameter is slated for "
                 "removal in a future version.");
  }
  Borrowed<> source = data ? *data : string ? *string : Borrowed<>();
  Parameters p{};
  int size = digest_size.value_or(kMax);
  if (size <= 0 || size > kMax) {
    return raise(t, types::ValueError, "digest_size for {} must be between 1 and {} bytes, here it is {}", H::kTitle,
                 kMax, size);
  }
  p.digest_size = static_cast<uint8_t>(size);
  TRY(fill(t, salt, "salt", p.salt, Blake2<V>::kSaltSize));
  TRY(fill(t, person, "person", p.person, Blake2<V>::kSaltSize));
  if (fanout < 0 || fanout > 255) return raise(t, types::ValueError, "fanout must be between 0 and 255");
  if (depth <= 0 || depth > 255) return raise(t, types::ValueError, "depth must be between 1 and 255");
  p.fanout = static_cast<uint8_t>(fanout);
  p.depth = static_cast<uint8_t>(depth);
  uint64_t leaf = TRY(natural(t, leaf_size, "unsigned long"));
  if (leaf > UINT32_MAX) return raise(t, types::OverflowError, "leaf_size is too large");
  p.leaf_size = static_cast<uint32_t>(leaf);
  p.node_offset = TRY(natural(t, node_offset, "unsigned long long"));
  if (kMax == 32 && p.node_offset > 0xffffffffffff) return raise(t, types::OverflowError, "node_offset is too large");
  if (node_depth < 0 || node_depth > 255) return raise(t, types::ValueError, "node_depth must be between 0 and 255");
  if (inner_size < 0 || inner_size > kMax) {
    return raise(t, types::ValueError, "inner_size must be between 0 and is {}", kMax);
  }
  p.node_depth = static_cast<uint8_t>(node_depth);
  p.inner_size = static_cast<uint8_t>(inner_size);
  uint8_t key_bytes[Blake2<V>::kMaxDigest] = {};
  size_t key_size = 0;
  TRY(fill(t, key, "key", key_bytes, Blake2<V>::kMaxDigest, &key_size));
  p.key_size = static_cast<uint8_t>(key_size);
  Local<H> h = TRY(allocate_for<H>(t, cls));
  h->state.init(p, key_bytes, last_node);
  if (source) TRY(update<V>(t, h, source));
  return h;
}
#define BLAKE2_TEXT(size)                                                                                          \
  "blake2(cls, data=b'', *, digest_size=" size ", key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0, " \
  "node_offset=0, node_depth=0, inner_size=0, last_node=False, usedforsecurity=True, string=None)"
constexpr NativeDef kNewB = arguments<blake2_new<B>>(BLAKE2_TEXT("_blake2.blake2b.MAX_DIGEST_SIZE"));
constexpr NativeDef kNewS = arguments<blake2_new<S>>(BLAKE2_TEXT("_blake2.blake2s.MAX_DIGEST_SIZE"));

template <typename V>
Result<Local<>> blake2_update(Thread& t, Borrowed<Hash<V>> self, Borrowed<> data) {
  TRY(update<V>(t, self, data));
  return kNone;
}
template <typename V>
Result<Local<>> blake2_copy(Thread& t, Borrowed<Hash<V>> self) {
  Local<Hash<V>> copy = TRY(allocate_for<Hash<V>>(t, type_of(self)));
  BusyGuard guard(self->lock());
  copy->state = self->state;
  return copy;
}
template <typename V>
size_t finish(Borrowed<Hash<V>> self, uint8_t* out) {
  Blake2<V> copy;
  {
    BusyGuard guard(self->lock());
    copy = self->state;
  }
  copy.finish(out);
  return copy.digest_size();
}
template <typename V>
Result<Local<>> blake2_digest(Thread& t, Borrowed<Hash<V>> self) {
  uint8_t out[Blake2<V>::kMaxDigest];
  size_t n = finish<V>(self, out);
  return make_bytes(t, std::string_view(reinterpret_cast<char*>(out), n));
}
template <typename V>
Result<Local<>> blake2_hexdigest(Thread& t, Borrowed<Hash<V>> self) {
  static constexpr char kDigits[] = "0123456789abcdef";
  uint8_t out[Blake2<V>::kMaxDigest];
  size_t n = finish<V>(self, out);
  char text[2 * Blake2<V>::kMaxDigest];
  for (size_t i = 0; i < n; i++) {
    text[2 * i] = kDigits[out[i] >> 4];
    text[2 * i + 1] = kDigits[out[i] & 15];
  }
  return make_str(t, std::string_view(text, 2 * n));
}
template <typename V>
Result<Local<>> blake2_name(Thread& t, Borrowed<Hash<V>>) {
  return make_str(t, Hash<V>::kName);
}
template <typename V>
int64_t blake2_block_size(Thread&, Borrowed<Hash<V>>) {
  return static_cast<int64_t>(Blake2<V>::kBlock);
}
template <typename V>
int64_t blake2_digest_size(Thread&, Borrowed<Hash<V>> self) {
  return static_cast<int64_t>(self->state.digest_size());
}

template <typename V>
constexpr NativeDef kMethods[] = {
    method<blake2_copy<V>>("copy(self, /)", "Return a copy of the hash object."),
    method<blake2_digest<V>>("digest(self, /)", "Return the digest value as a bytes object."),
    method<blake2_hexdigest<V>>("hexdigest(self, /)", "Return the digest value as a string of hexadecimal digits."),
    method<blake2_update<V>>("update(self, data, /)", "Update this hash object's state with the bytes-like object."),
};
template <typename V>
constexpr GetSetDef kGetSets[] = {
    getter<blake2_name<V>>("name", nullptr),
    getter<blake2_block_size<V>>("block_size", nullptr),
    getter<blake2_digest_size<V>>("digest_size", nullptr),
};
constexpr Layout kLayoutB = layout_of<Hash<B>>("blake2b");
constexpr Layout kLayoutS = layout_of<Hash<S>>("blake2s");

const TypeDef kBlake2bDef = {.name = "_blake2.blake2b",
                             .doc = "Return a new BLAKE2b hash object.",
                             .layout = &kLayoutB,
                             .flags = kTypeSubclassable,
                             OROCHI_METHODS(kMethods<B>),
                             OROCHI_GETSETS(kGetSets<B>),
                             .slots = {.new_ = new_slot<kNewB>}};
const TypeDef kBlake2sDef = {.name = "_blake2.blake2s",
                             .doc = "Return a new BLAKE2s hash object.",
                             .layout = &kLayoutS,
                             .flags = kTypeSubclassable,
                             OROCHI_METHODS(kMethods<S>),
                             OROCHI_GETSETS(kGetSets<S>),
                             .slots = {.new_ = new_slot<kNewS>}};

template <typename V>
Result<void> add(Thread& t, Borrowed<Module> module, Type& type, const TypeDef& def, const char* const (&names)[4]) {
  TRY(module_add_type(t, module, type, def));
  constexpr int64_t kValues[] = {Blake2<V>::kSaltSize, Blake2<V>::kSaltSize, Blake2<V>::kMaxDigest,
                                 Blake2<V>::kMaxDigest};
  static constexpr const char* kAttributes[] = {"SALT_SIZE", "PERSON_SIZE", "MAX_KEY_SIZE", "MAX_DIGEST_SIZE"};
  for (int i = 0; i < 4; i++) {
    TRY(module_set_int(t, module, names[i], kValues[i]));
    Local<Str> name = TRY(intern(t, std::string_view(kAttributes[i])));
    TRY(dict_set_str(t, type.dict.borrow(), name, immediate(Value::fixnum(kValues[i]))));
  }
  return ok();
}

Result<void> init(Thread& t, Borrowed<Module> module) {
  static constexpr const char* kNamesB[] = {"BLAKE2B_SALT_SIZE", "BLAKE2B_PERSON_SIZE", "BLAKE2B_MAX_KEY_SIZE",
                                            "BLAKE2B_MAX_DIGEST_SIZE"};
  static constexpr const char* kNamesS[] = {"BLAKE2S_SALT_SIZE", "BLAKE2S_PERSON_SIZE", "BLAKE2S_MAX_KEY_SIZE",
                                            "BLAKE2S_MAX_DIGEST_SIZE"};
  TRY(add<B>(t, module, types::Blake2b, kBlake2bDef, kNamesB));
  TRY(add<S>(t, module, types::Blake2s, kBlake2sDef, kNamesS));
  return module_set_int(t, module, "_GIL_MINSIZE", 2048);
}

constinit const ModuleDef kModuleDef{"_blake2", "BLAKE2 hash functions.", nullptr, 0, init};
[[gnu::section("orochi_modules"), gnu::used, gnu::retain]] constinit const ModuleDef* const kModulePointer = &kModuleDef;

}  // namespace

}  // namespace blake2_module

}  // namespace orochi
