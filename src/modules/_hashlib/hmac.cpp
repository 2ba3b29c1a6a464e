// _hashlib: HMAC objects, key derivation.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "modules/_hashlib/hash_object.h"

#include <optional>

#include <openssl/err.h>
#include <openssl/kdf.h>

#include "threads/thread.h"

namespace orochi {

OROCHI_MODULE_TYPE(HashlibHmac)

namespace hash_module {

namespace {

struct Hmac : Object {
  static Type& python_type() { return types::HashlibHmac; }
  HMAC_CTX* context;   // under busy
  uint8_t busy;
  uint8_t padding[7];
  static void destroy(Object* o) { HMAC_CTX_free(static_cast<Hmac*>(o)->context); }
};
constexpr Layout kHmacLayout = layout_of<Hmac>("HMAC");

Result<void> update(Thread& t, Borrowed<Hmac> self, Borrowed<> msg) {
  Buffer buffer = TRY(hash_buffer(t, msg));
  int good;
  {
    BusyGuard guard(&self->busy);
    std::optional<Detached> detached;
    if (buffer.size() >= kDetachSize) detached.emplace(t);
    good = HMAC_Update(self->context, buffer.data(), buffer.size());
  }
  if (!good) return raise_openssl(t, types::ValueError, "no reason supplied");
  return ok();
}

Result<Local<>> hmac_update(Thread& t, Borrowed<Hmac> self, Borrowed<> msg) {
  TRY(update(t, self, msg));
  return kNone;
}

Result<Local<>> hmac_copy(Thread& t, Borrowed<Hmac> self) {
  Local<Hmac> copy = TRY(make_object<Hmac>(t));
  copy->context = HMAC_CTX_new();
  if (!copy->context) return raise_no_memory(t);
  BusyGuard guard(&self->busy);
  if (!HMAC_CTX_copy(copy->context, self->context)) return raise_openssl(t, types::ValueError, "no reason supplied");
  return copy;
}

Result<Local<Bytes>> finish(Thread& t, Borrowed<Hmac> self) {
  HMAC_CTX* copy = HMAC_CTX_new();
  if (!copy) return raise_no_memory(t);
  unsigned char text[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  int good;
  {
    BusyGuard guard(&self->busy);
    good = HMAC_CTX_copy(copy, self->context);
  }
  good = good && HMAC_Final(copy, text, &size);
  HMAC_CTX_free(copy);
  if (!good) return raise_openssl(t, types::ValueError, "no reason supplied");
  return make_bytes(t, std::string_view(reinterpret_cast<char*>(text), size));
}

Result<Local<>> hmac_digest(Thread& t, Borrowed<Hmac> self) { return finish(t, self); }
Result<Local<>> hmac_hexdigest(Thread& t, Borrowed<Hmac> self) {
  Local<Bytes> bytes = TRY(finish(t, self));
  return hex_of(t, bytes);
}
const EVP_MD* md_of(Borrowed<Hmac> self) { return HMAC_CTX_get_md(self->context); }
int64_t hmac_digest_size(Thread&, Borrowed<Hmac> self) { return EVP_MD_get_size(md_of(self)); }
int64_t hmac_block_size(Thread&, Borrowed<Hmac> self) { return EVP_MD_get_block_size(md_of(self)); }
Result<Local<>> hmac_name(Thread& t, Borrowed<Hmac> self) { return format_str(t, "hmac-{}", python_name(md_of(self))); }
Result<Local<>> hmac_op_repr(Thread& t, Borrowed<> self) {
  return format_str(t, "<{} HMAC object @ {}>", python_name(md_of(self.as<Hmac>())), AddressArg(self));
}

constexpr NativeDef kMethods[] = {
    method<hmac_copy>("copy(self, /)", "Return a copy of the HMAC object."),
    method<hmac_digest>("digest(self, /)", "Return the digest of the bytes passed to update() so far."),
    method<hmac_hexdigest>("hexdigest(self, /)", "Return the hexadecimal digest of the bytes so far."),
    method<hmac_update>("update(self, /, msg)", "Update the HMAC object with msg."),
};
constexpr GetSetDef kGetSets[] = {
    getter<hmac_digest_size>("digest_size", nullptr),
    getter<hmac_block_size>("block_size", nullptr),
    getter<hmac_name>("name", nullptr),
};
const TypeDef kHmacDef = {
    .name = "_hashlib.HMAC",
    .doc = "The object used to calculate HMAC of a message.",
    .layout = &kHmacLayout,
    .flags = kTypeNoNew | kTypeSubclassable,
    OROCHI_METHODS(kMethods),
    OROCHI_GETSETS(kGetSets),
    .slots = {.repr = hmac_op_repr},
};

Result<int> key_length(Thread& t, const Buffer& key) {
  if (key.size() > INT32_MAX) return raise(t, types::OverflowError, "key is too long.");
  return static_cast<int>(key.size());
}

}  // namespace

Result<void> add_hmac(Thread& t, Borrowed<Module> module) {
  return module_add_type(t, module, types::HashlibHmac, kHmacDef);
}

Result<Local<>> hashlib_hmac_new(Thread& t, Borrowed<> key_arg, Maybe<Borrowed<>> msg, Borrowed<> digestmod) {
  Buffer key = TRY(Buffer::get(t, key_arg));
  int length = TRY(key_length(t, key));
  if (digestmod.value() == kNone) return raise(t, types::TypeError, "Missing required parameter 'digestmod'.");
  const EVP_MD* md = TRY(digest_of(t, digestmod));
  Local<Hmac> h = TRY(make_object<Hmac>(t));
  h->context = HMAC_CTX_new();
  if (!h->context) return raise_no_memory(t);
  if (!HMAC_Init_ex(h->context, key.data(), length, md, nullptr)) {
    return raise_openssl(t, types::ValueError, "no reason supplied");
  }
  if (msg && (*msg).value() != kNone) TRY(update(t, h, *msg));
  return h;
}

Result<Local<>> hashlib_hmac_digest(Thread& t, Borrowed<> key_arg, Borrowed<> msg, Borrowed<> digest) {
  Buffer key = TRY(Buffer::get(t, key_arg));
  Buffer data = TRY(Buffer::get(t, msg));
  const EVP_MD* md = TRY(digest_of(t, digest));
  int length = TRY(key_length(t, key));
  unsigned char text[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  unsigned char* good;
  {
    std::optional<Detached> detached;
    if (data.size() >= kDetachSize) detached.emplace(t);
    good = HMAC(md, key.data(), length, data.data(), data.size(), text, &size);
  }
  if (!good) return raise_openssl(t, types::ValueError, "no reason supplied");
  return make_bytes(t, std::string_view(reinterpret_cast<char*>(text), size));
}

Result<Local<>> hashlib_pbkdf2_hmac(Thread& t, Borrowed<Str> hash_name, Borrowed<> password_arg, Borrowed<> salt_arg,
                                    Borrowed<> iterations_arg, Borrowed<> dklen_arg) {
  const EVP_MD* md = TRY(digest_of(t, hash_name));
  Buffer password = TRY(Buffer::get(t, password_arg));
  Buffer salt = TRY(Buffer::get(t, salt_arg));
  int64_t iterations = TRY(to_int64(t, iterations_arg));
  if (password.size() > INT32_MAX) return raise(t, types::OverflowError, "password is too long.");
  if (salt.size() > INT32_MAX) return raise(t, types::OverflowError, "salt is too long.");
  if (iterations < 1) return raise(t, types::ValueError, "iteration value must be greater than 0.");
  if (iterations > INT32_MAX) return raise(t, types::OverflowError, "iteration value is too great.");
  int64_t length = EVP_MD_get_size(md);
  if (dklen_arg.value() != kNone) length = TRY(to_int64(t, dklen_arg));
  if (length < 1) return raise(t, types::ValueError, "key length must be greater than 0.");
  if (length > INT32_MAX) return raise(t, types::OverflowError, "key length is too great.");
  Local<Bytes> out = TRY(make_bytes_uninitialised(t, static_cast<size_t>(length)));
  uint8_t* key = out->mutable_data();
  int good;
  {
    Detached detached(t);
    good = PKCS5_PBKDF2_HMAC(reinterpret_cast<const char*>(password.data()), static_cast<int>(password.size()),
                             salt.data(), static_cast<int>(salt.size()), static_cast<int>(iterations), md,
                             static_cast<int>(length), key);
  }
  if (!good) return raise_openssl(t, types::ValueError, "no reason supplied");
  return out;
}

Result<Local<>> hashlib_scrypt(Thread& t, Borrowed<> password_arg, Borrowed<> salt_arg, Borrowed<> n_arg,
                               Borrowed<> r_arg, Borrowed<> p_arg, Index maxmem, Index dklen) {
  Buffer password = TRY(Buffer::get(t, password_arg));
  Buffer salt = TRY(Buffer::get(t, salt_arg));
  int64_t n = TRY(to_int64(t, n_arg));
  int64_t r = TRY(to_int64(t, r_arg));
  int64_t p = TRY(to_int64(t, p_arg));
  if (password.size() > INT32_MAX) return raise(t, types::OverflowError, "password is too long.");
  if (salt.size() > INT32_MAX) return raise(t, types::OverflowError, "salt is too long.");
  if (n < 2 || (n & (n - 1))) return raise(t, types::ValueError, "n must be a power of 2.");
  if (maxmem < 0 || maxmem > INT32_MAX) {
    return raise(t, types::ValueError, "maxmem must be positive and smaller than {}", INT32_MAX);
  }
  if (dklen < 1 || dklen > INT32_MAX) {
    return raise(t, types::ValueError, "dklen must be greater than 0 and smaller than {}", INT32_MAX);
  }
  auto un = static_cast<uint64_t>(n), ur = static_cast<uint64_t>(r), up = static_cast<uint64_t>(p),
       memory = static_cast<uint64_t>(maxmem.value);
  if (!EVP_PBE_scrypt(nullptr, 0, nullptr, 0, un, ur, up, memory, nullptr, 0)) {
    return raise_openssl(t, types::ValueError, "Invalid parameter combination for n, r, p, maxmem.");
  }
  Local<Bytes> out = TRY(make_bytes_uninitialised(t, static_cast<size_t>(dklen.value)));
  uint8_t* key = out->mutable_data();
  int good;
  {
    Detached detached(t);
    good = EVP_PBE_scrypt(reinterpret_cast<const char*>(password.data()), password.size(), salt.data(), salt.size(), un,
                          ur, up, memory, key, static_cast<size_t>(dklen.value));
  }
  if (!good) return raise_openssl(t, types::ValueError, "no reason supplied");
  return out;
}

}  // namespace hash_module

}  // namespace orochi
