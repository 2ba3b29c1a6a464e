// The modules _hashlib, _md5, _sha1, _sha2 and _sha3: hash types and their constructors, all over OpenSSL.
#include <openssl/err.h>

#include "modules/_hashlib/hash_object.h"
#include "objects/dict.h"
#include "objects/tuple.h"
#include "protocols/attr.h"
#include "protocols/call.h"
#include "protocols/type_ready.h"

namespace orochi {

namespace types {
extern ::orochi::Type FrozenSet, MappingProxy;
}

OROCHI_MODULE_TYPE(HashlibHash)
OROCHI_MODULE_TYPE(HashlibHashXof)
OROCHI_MODULE_TYPE(HashlibUnsupported)
OROCHI_MODULE_TYPE(HashMd5)
OROCHI_MODULE_TYPE(HashSha1)
OROCHI_MODULE_TYPE(HashSha224)
OROCHI_MODULE_TYPE(HashSha256)
OROCHI_MODULE_TYPE(HashSha384)
OROCHI_MODULE_TYPE(HashSha512)
OROCHI_MODULE_TYPE(HashSha3_224)
OROCHI_MODULE_TYPE(HashSha3_256)
OROCHI_MODULE_TYPE(HashSha3_384)
OROCHI_MODULE_TYPE(HashSha3_512)
OROCHI_MODULE_TYPE(HashShake128)
OROCHI_MODULE_TYPE(HashShake256)

namespace hash_module {

namespace {

constexpr Layout kHashLayout = layout_of<Hash>("HASH");

const EVP_MD* md_of(Borrowed<> self) { return EVP_MD_CTX_get0_md(self.as<Hash>()->context); }
bool is_xof(const EVP_MD* md) { return EVP_MD_get_flags(md) & EVP_MD_FLAG_XOF; }

// ---- methods (the descriptor has checked the type of self)

Result<Local<>> h_copy(Thread& t, Borrowed<> self) { return hash_copy(t, self.as<Hash>()); }
Result<Local<>> h_digest(Thread& t, Borrowed<> self) { return hash_digest(t, self.as<Hash>(), -1); }
Result<Local<>> h_hexdigest(Thread& t, Borrowed<> self) {
  Local<Bytes> digest = TRY(hash_digest(t, self.as<Hash>(), -1));
  return hex_of(t, digest);
}
Result<Local<>> h_update(Thread& t, Borrowed<> self, Borrowed<> data) {
  TRY(hash_update(t, self.as<Hash>(), data));
  return kNone;
}
Result<int64_t> xof_length(Thread& t, Borrowed<> v) {
  Local<> index = TRY(index_of(t, v));
  if (int_sign(index.value()) < 0) return raise(t, types::ValueError, "Cannot convert negative int");
  uint64_t n;
  if (!int_as_uint64(index.value(), &n)) {
    return raise(t, types::OverflowError, "Python int too large for C unsigned long");
  }
  if (n >= (uint64_t{1} << 29)) return raise(t, types::ValueError, "length is too large");
  return static_cast<int64_t>(n);
}
Result<Local<>> x_digest(Thread& t, Borrowed<> self, Borrowed<> length) {
  int64_t n = TRY(xof_length(t, length));
  return hash_digest(t, self.as<Hash>(), n);
}
Result<Local<>> x_hexdigest(Thread& t, Borrowed<> self, Borrowed<> length) {
  int64_t n = TRY(xof_length(t, length));
  Local<Bytes> digest = TRY(hash_digest(t, self.as<Hash>(), n));
  return hex_of(t, digest);
}
Result<Local<>> ossl_length_digest(Thread& t, Borrowed<> self, Index length) {
  if (length < 0 || length > (int64_t{1} << 31)) return raise_no_memory(t);
  return hash_digest(t, self.as<Hash>(), length);
}
Result<Local<>> ossl_length_hexdigest(Thread& t, Borrowed<> self, Index length) {
  if (length < 0 || length > (int64_t{1} << 31)) return raise_no_memory(t);
  Local<Bytes> digest = TRY(hash_digest(t, self.as<Hash>(), length));
  return hex_of(t, digest);
}

int64_t h_digest_size(Thread&, Borrowed<> self) {
  const EVP_MD* md = md_of(self);
  return is_xof(md) ? 0 : EVP_MD_get_size(md);
}
int64_t h_block_size(Thread&, Borrowed<> self) { return EVP_MD_get_block_size(md_of(self)); }
Result<Local<>> h_name(Thread& t, Borrowed<> self) { return make_str(t, python_name(md_of(self))); }
int64_t sha3_rate(Thread&, Borrowed<> self) { return 8 * EVP_MD_get_block_size(md_of(self)); }
int64_t sha3_capacity(Thread&, Borrowed<> self) { return 1600 - 8 * EVP_MD_get_block_size(md_of(self)); }
Result<Local<>> sha3_suffix(Thread& t, Borrowed<> self) { return make_bytes(t, is_xof(md_of(self)) ? "\x1f" : "\x06"); }

Result<Local<>> hash_op_repr(Thread& t, Borrowed<> self) {
  return format_str(t, "<{} {} object @ {}>", python_name(md_of(self)),
                    type_of(self) == &types::HashlibHashXof ? "_hashlib.HASHXOF" : "_hashlib.HASH", AddressArg(self));
}

constexpr NativeDef kMethods[] = {
    method<h_copy>("copy(self, /)", "Return a copy of the hash object."),
    method<h_digest>("digest(self, /)", "Return the digest value as a bytes object."),
    method<h_hexdigest>("hexdigest(self, /)", "Return the digest value as a string of hexadecimal digits."),
    method<h_update>("update(self, obj, /)", "Update this hash object's state with the provided string."),
};
constexpr NativeDef kXofMethods[] = {
    method<h_copy>("copy(self, /)", "Return a copy of the hash object."),
    method<x_digest>("digest(self, /, length)", "Return the digest value as a bytes object."),
    method<x_hexdigest>("hexdigest(self, /, length)", "Return the digest value as a string of hexadecimal digits."),
    method<h_update>("update(self, data, /)", "Update this hash object's state with the provided bytes-like object."),
};
constexpr NativeDef kOpensslXofMethods[] = {
    method<ossl_length_digest>("digest(self, /, length)", "Return the digest value as a bytes object."),
    method<ossl_length_hexdigest>("hexdigest(self, /, length)", "Return the digest value as hexadecimal digits."),
};
constexpr GetSetDef kGetSets[] = {
    getter<h_digest_size>("digest_size", nullptr),
    getter<h_block_size>("block_size", nullptr),
    getter<h_name>("name", "algorithm name."),
};
constexpr GetSetDef kSha3GetSets[] = {
    getter<h_digest_size>("digest_size", nullptr),    getter<h_block_size>("block_size", nullptr),
    getter<h_name>("name", nullptr),                  getter<sha3_rate>("_rate_bits", nullptr),
    getter<sha3_capacity>("_capacity_bits", nullptr), getter<sha3_suffix>("_suffix", nullptr),
};
constexpr GetSetDef kXofGetSets[] = {getter<h_digest_size>("digest_size", nullptr)};

const TypeDef kHashDef = {
    .name = "_hashlib.HASH",
    .signature = "(name, string=b'')",
    .doc = "A hash is an object used to calculate a checksum of a string of information.",
    .layout = &kHashLayout,
    .flags = kTypeNoNew | kTypeSubclassable,
    OROCHI_METHODS(kMethods),
    OROCHI_GETSETS(kGetSets),
    .slots = {.repr = hash_op_repr},
};
const TypeDef kHashXofDef = {
    .name = "_hashlib.HASHXOF",
    .signature = "(name, string=b'')",
    .doc = "A hash whose digest can have any length.",
    .base = &types::HashlibHash,
    .flags = kTypeNoNew | kTypeSubclassable,
    OROCHI_METHODS(kOpensslXofMethods),
    OROCHI_GETSETS(kXofGetSets),
};
const TypeDef kUnsupportedDef = {
    .name = "_hashlib.UnsupportedDigestmodError", .base = &types::ValueError, .flags = kTypeSubclassable};

constexpr TypeDef plain_def(const char* name) {
  TypeDef d{};
  d.name = name;
  d.layout = &kHashLayout;
  d.flags = kTypeNoNew;
  d.methods = kMethods;
  d.method_count = std::size(kMethods);
  d.getsets = kGetSets;
  d.getset_count = std::size(kGetSets);
  return d;
}

// ---- constructors

Raised raise_unsupported(Thread& t) { return raise_openssl(t, types::HashlibUnsupported, "unsupported hash type"); }

Result<Local<>> new_openssl(Thread& t, const EVP_MD* md, Maybe<Borrowed<>> data, OrNone<Borrowed<>> string) {
  Borrowed<> v = TRY(data_argument(t, data, string));
  if (!md) return raise_unsupported(t);
  return make_hash(t, is_xof(md) ? types::HashlibHashXof : types::HashlibHash, md, v);
}

struct DigestName {
  char text[16];
  template <size_t N>
  consteval DigestName(const char (&s)[N]) : text{} {
    for (size_t i = 0; i < N; i++) text[i] = s[i];
  }
};

template <DigestName Name>
Result<Local<>> openssl_new(Thread& t, Maybe<Borrowed<>> data, bool, OrNone<Borrowed<>> string) {
  return new_openssl(t, find_digest(Name.text), data, string);
}
template <DigestName Name, Type& T>
Result<Local<>> plain_new(Thread& t, Maybe<Borrowed<>> data, bool, OrNone<Borrowed<>> string) {
  Borrowed<> v = TRY(data_argument(t, data, string));
  const EVP_MD* md = find_digest(Name.text);
  if (!md) return raise_openssl(t, types::ValueError, "unsupported hash type");
  return make_hash(t, T, md, v);
}
template <DigestName Name>
Result<Local<>> sha3_new(Thread& t, Borrowed<Type> cls, Maybe<Borrowed<>> data, bool, OrNone<Borrowed<>> string) {
  Borrowed<> v = TRY(data_argument(t, data, string));
  const EVP_MD* md = find_digest(Name.text);
  if (!md) return raise_openssl(t, types::ValueError, "unsupported hash type");
  return make_hash(t, *cls.get(), md, v);
}

Result<Local<>> hashlib_new(Thread& t, Borrowed<Str> name, Maybe<Borrowed<>> data, bool, OrNone<Borrowed<>> string) {
  Utf8 text = TRY(str_utf8(t, name));
  ERR_clear_error();
  const EVP_MD* md = find_digest(text.view);
  if (!md) return raise(t, types::HashlibUnsupported, "[digital envelope routines] unsupported");
  return new_openssl(t, md, data, string);
}

Result<Local<>> hashlib_compare_digest(Thread& t, Borrowed<> a, Borrowed<> b) {
  Buffer first, second;
  std::string_view x, y;
  if (is_str(a) && is_str(b)) {
    if (!a.as<Str>()->is_ascii() || !b.as<Str>()->is_ascii()) {
      return raise(t, types::TypeError, "comparing strings with non-ASCII characters is not supported");
    }
    x = a.as<Str>()->ascii_view();
    y = b.as<Str>()->ascii_view();
  } else {
    if (!has_buffer(a) && !has_buffer(b)) {
      return raise(t, types::TypeError, "unsupported operand types(s) or combination of types: '{}' and '{}'",
                   TypeName(a), TypeName(b));
    }
    first = TRY(Buffer::get(t, a));
    second = TRY(Buffer::get(t, b));
    x = first.view();
    y = second.view();
  }
  // Time depends on the length of b alone.
  volatile uint8_t difference = x.size() != y.size();
  const char* left = x.size() == y.size() ? x.data() : y.data();
  for (size_t i = 0; i < y.size(); i++) difference = difference | static_cast<uint8_t>(left[i] ^ y[i]);
  return Value::boolean(difference == 0);
}

int64_t hashlib_get_fips_mode(Thread&) { return EVP_default_properties_is_fips_enabled(nullptr); }

#define CONSTRUCTOR_TEXT(name) name "(data=b'', *, usedforsecurity=True, string=None)"
constexpr NativeDef kOpensslFunctions[] = {
    function<hashlib_new>("new(name, data=b'', *, usedforsecurity=True, string=None)",
                          "Return a new hash object using the named algorithm."),
    function<openssl_new<"md5">>(CONSTRUCTOR_TEXT("openssl_md5"), "A md5 hash object."),
    function<openssl_new<"sha1">>(CONSTRUCTOR_TEXT("openssl_sha1"), "A sha1 hash object."),
    function<openssl_new<"sha224">>(CONSTRUCTOR_TEXT("openssl_sha224"), "A sha224 hash object."),
    function<openssl_new<"sha256">>(CONSTRUCTOR_TEXT("openssl_sha256"), "A sha256 hash object."),
    function<openssl_new<"sha384">>(CONSTRUCTOR_TEXT("openssl_sha384"), "A sha384 hash object."),
    function<openssl_new<"sha512">>(CONSTRUCTOR_TEXT("openssl_sha512"), "A sha512 hash object."),
    function<openssl_new<"sha3_224">>(CONSTRUCTOR_TEXT("openssl_sha3_224"), "A sha3-224 hash object."),
    function<openssl_new<"sha3_256">>(CONSTRUCTOR_TEXT("openssl_sha3_256"), "A sha3-256 hash object."),
    function<openssl_new<"sha3_384">>(CONSTRUCTOR_TEXT("openssl_sha3_384"), "A sha3-384 hash object."),
    function<openssl_new<"sha3_512">>(CONSTRUCTOR_TEXT("openssl_sha3_512"), "A sha3-512 hash object."),
    function<openssl_new<"shake_128">>(CONSTRUCTOR_TEXT("openssl_shake_128"), "A shake-128 hash object."),
    function<openssl_new<"shake_256">>(CONSTRUCTOR_TEXT("openssl_shake_256"), "A shake-256 hash object."),
    function<hashlib_compare_digest>("compare_digest(a, b, /)", "Return 'a == b', in constant time."),
    function<hashlib_get_fips_mode>("get_fips_mode()", "Whether OpenSSL runs in FIPS mode."),
    function<hashlib_hmac_new>("hmac_new(key, msg=b'', digestmod=None)", "Return a new hmac object."),
    function<hashlib_hmac_digest>("hmac_digest(key, msg, digest)", "Single-shot HMAC."),
    function<hashlib_pbkdf2_hmac>("pbkdf2_hmac(hash_name, password, salt, iterations, dklen=None)",
                                  "Password based key derivation function 2 (PKCS #5 v2.0) with HMAC."),
    function<hashlib_scrypt>("scrypt(password, *, salt, n, r, p, maxmem=0, dklen=64)",
                             "scrypt password-based key derivation function."),
};

Result<void> add_openssl_names(Thread& t, Borrowed<Module> module) {
  static constexpr const char* kNames[] = {"md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512_224",
                                           "sha512_256", "sha3_224", "sha3_256", "sha3_384", "sha3_512", "shake_128",
                                           "shake_256", "blake2b", "blake2s", "md5-sha1", "ripemd160", "sm3"};
  Local<Tuple> names = TRY(make_tuple_uninitialised(t, std::size(kNames)));
  size_t count = 0;
  for (const char* name : kNames) {
    if (!find_digest(name)) continue;
    Local<Str> text = TRY(intern(t, std::string_view(name)));
    names->items()[count++].init(std::move(text));
  }
  ERR_clear_error();
  Local<Tuple> found = TRY(make_tuple(t, names->values(), count));
  Local<> set = TRY(call(t, Borrowed<>(&types::FrozenSet), found));
  TRY(module_set(t, module, "openssl_md_meth_names", set));
  Local<Dict> constructors = TRY(make_dict(t));
  for (const NativeDef& def : kOpensslFunctions) {
    std::string_view name = def.name();
    if (!name.starts_with("openssl_")) continue;
    Local<Str> attr = TRY(intern(t, name));
    Lookup<> f = dict_find_str(t, module->dict.borrow(), attr);
    if (f.raised()) return Raised{};
    if (f.absent()) continue;
    Local<Str> digest = TRY(intern(t, name.substr(8)));
    TRY(dict_set(t, constructors, *f, digest));
  }
  Local<> proxy = TRY(call(t, Borrowed<>(&types::MappingProxy), constructors));
  return module_set(t, module, "_constructors", proxy);
}

Result<void> init_hashlib(Thread& t, Borrowed<Module> module) {
  TRY(module_add_type(t, module, types::HashlibUnsupported, kUnsupportedDef));
  TRY(module_add_type(t, module, types::HashlibHash, kHashDef));
  TRY(module_add_type(t, module, types::HashlibHashXof, kHashXofDef));
  TRY(add_hmac(t, module));
  TRY(module_set_int(t, module, "_GIL_MINSIZE", kDetachSize));
  return add_openssl_names(t, module);
}

constexpr NativeDef kMd5Functions[] = {
    function<plain_new<"md5", types::HashMd5>>(CONSTRUCTOR_TEXT("md5"), "Return a new MD5 hash object.")};
constexpr NativeDef kSha1Functions[] = {
    function<plain_new<"sha1", types::HashSha1>>(CONSTRUCTOR_TEXT("sha1"), "Return a new SHA1 hash object.")};
constexpr NativeDef kSha2Functions[] = {
    function<plain_new<"sha224", types::HashSha224>>(CONSTRUCTOR_TEXT("sha224"), "Return a new SHA-224 hash object."),
    function<plain_new<"sha256", types::HashSha256>>(CONSTRUCTOR_TEXT("sha256"), "Return a new SHA-256 hash object."),
    function<plain_new<"sha384", types::HashSha384>>(CONSTRUCTOR_TEXT("sha384"), "Return a new SHA-384 hash object."),
    function<plain_new<"sha512", types::HashSha512>>(CONSTRUCTOR_TEXT("sha512"), "Return a new SHA-512 hash object."),
};
constexpr TypeDef kMd5Def = plain_def("_md5.md5");
constexpr TypeDef kSha1Def = plain_def("_sha1.sha1");
constexpr TypeDef kSha224Def = plain_def("_sha2.SHA224Type");
constexpr TypeDef kSha256Def = plain_def("_sha2.SHA256Type");
constexpr TypeDef kSha384Def = plain_def("_sha2.SHA384Type");
constexpr TypeDef kSha512Def = plain_def("_sha2.SHA512Type");

Result<void> init_md5(Thread& t, Borrowed<Module> module) {
  TRY(ensure_type(t, types::HashMd5, kMd5Def));
  TRY(module_set(t, module, "MD5Type", Borrowed<>(&types::HashMd5)));
  return module_set_int(t, module, "_GIL_MINSIZE", kDetachSize);
}
Result<void> init_sha1(Thread& t, Borrowed<Module> module) {
  TRY(ensure_type(t, types::HashSha1, kSha1Def));
  TRY(module_set(t, module, "SHA1Type", Borrowed<>(&types::HashSha1)));
  return module_set_int(t, module, "_GIL_MINSIZE", kDetachSize);
}
Result<void> init_sha2(Thread& t, Borrowed<Module> module) {
  TRY(module_add_type(t, module, types::HashSha224, kSha224Def));
  TRY(module_add_type(t, module, types::HashSha256, kSha256Def));
  TRY(module_add_type(t, module, types::HashSha384, kSha384Def));
  TRY(module_add_type(t, module, types::HashSha512, kSha512Def));
  return module_set_int(t, module, "_GIL_MINSIZE", kDetachSize);
}

// ---- _sha3: the types are the constructors

#define SHA3_TEXT "sha3(cls, data=b'', *, usedforsecurity=True, string=None)"
template <DigestName Name>
constexpr NativeDef kSha3New = arguments<sha3_new<Name>>(SHA3_TEXT);

template <DigestName Name>
constexpr TypeDef sha3_def(const char* name, bool xof) {
  TypeDef d = plain_def(name);
  d.flags = 0;
  if (xof) {
    d.methods = kXofMethods;
    d.method_count = std::size(kXofMethods);
  }
  d.getsets = kSha3GetSets;
  d.getset_count = std::size(kSha3GetSets);
  d.slots.new_ = new_slot<kSha3New<Name>>;
  return d;
}
constexpr TypeDef kSha3_224Def = sha3_def<"sha3_224">("_sha3.sha3_224", false);
constexpr TypeDef kSha3_256Def = sha3_def<"sha3_256">("_sha3.sha3_256", false);
constexpr TypeDef kSha3_384Def = sha3_def<"sha3_384">("_sha3.sha3_384", false);
constexpr TypeDef kSha3_512Def = sha3_def<"sha3_512">("_sha3.sha3_512", false);
constexpr TypeDef kShake128Def = sha3_def<"shake_128">("_sha3.shake_128", true);
constexpr TypeDef kShake256Def = sha3_def<"shake_256">("_sha3.shake_256", true);

Result<void> init_sha3(Thread& t, Borrowed<Module> module) {
  TRY(module_add_type(t, module, types::HashSha3_224, kSha3_224Def));
  TRY(module_add_type(t, module, types::HashSha3_256, kSha3_256Def));
  TRY(module_add_type(t, module, types::HashSha3_384, kSha3_384Def));
  TRY(module_add_type(t, module, types::HashSha3_512, kSha3_512Def));
  TRY(module_add_type(t, module, types::HashShake128, kShake128Def));
  TRY(module_add_type(t, module, types::HashShake256, kShake256Def));
  TRY(module_set_str(t, module, "implementation", "OpenSSL"));
  return module_set_int(t, module, "_GIL_MINSIZE", kDetachSize);
}

constinit const ModuleDef kSha3ModuleDef{"_sha3", "SHA-3 and SHAKE.", nullptr, 0, init_sha3};
[[gnu::section("orochi_modules"), gnu::used, gnu::retain]] constinit const ModuleDef* const kSha3ModulePointer =
    &kSha3ModuleDef;

}  // namespace

Result<const EVP_MD*> digest_of(Thread& t, Borrowed<> v) {
  const EVP_MD* md = nullptr;
  if (is_str(v)) {
    Utf8 text = TRY(str_utf8(t, v.as<Str>()));
    md = find_digest(text.view);
    ERR_clear_error();
    if (!md) return raise(t, types::HashlibUnsupported, "[digital envelope routines] unsupported");
    return md;
  }
  if (is_a<NativeFunction>(v)) {
    const NativeDef* def = v.as<NativeFunction>()->def;
    if (def >= kOpensslFunctions && def < kOpensslFunctions + std::size(kOpensslFunctions) &&
        def->name().starts_with("openssl_")) {
      md = find_digest(def->name().substr(8));
    }
  }
  if (!md) {
    Local<Str> shown = TRY(repr_of(t, v));
    return raise(t, types::HashlibUnsupported, "Unsupported digestmod {}", shown);
  }
  return md;
}

OROCHI_MODULE(_hashlib, "OpenSSL interface for the hashlib module.", kOpensslFunctions, init_hashlib)
OROCHI_MODULE(_md5, "MD5.", kMd5Functions, init_md5)
OROCHI_MODULE(_sha1, "SHA-1.", kSha1Functions, init_sha1)
OROCHI_MODULE(_sha2, "SHA-2.", kSha2Functions, init_sha2)

}  // namespace hash_module

}  // namespace orochi
