// Hash objects over OpenSSL's EVP: one C++ layout behind _hashlib.HASH and the types of _md5, _sha1, _sha2 and _sha3.
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "objects/bytes.h"
#include "protocols/buffer.h"
#include "protocols/native.h"
#include "sync/byte_lock.h"

namespace orochi {
namespace types {
extern ::orochi::Type HashlibHash, HashlibHashXof, HashlibHmac, HashlibUnsupported;
}
}  // namespace orochi

namespace orochi::hash_module {

// Data of this size and more is hashed detached.
inline constexpr size_t kDetachSize = 2048;

struct Hash : Object {
  EVP_MD_CTX* context;   // under busy
  uint8_t busy;
  uint8_t padding[7];
  static void destroy(Object* o) { EVP_MD_CTX_free(static_cast<Hash*>(o)->context); }
};

class BusyGuard {
 public:
  explicit BusyGuard(uint8_t* byte) : byte_(byte) { ByteLock::lock(byte); }
  ~BusyGuard() { ByteLock::unlock(byte_); }
  BusyGuard(const BusyGuard&) = delete;

 private:
  uint8_t* byte_;
};

// What `data`, `string` and their absence mean: TypeError when both are given.
Result<Borrowed<>> data_argument(Thread& t, Maybe<Borrowed<>> data, OrNone<Borrowed<>> string);
// A buffer to hash: no str.
Result<Buffer> hash_buffer(Thread& t, Borrowed<> v);

// OpenSSL's digest for a Python name ("sha3_256", "SHA512_224", …), or null.
const EVP_MD* find_digest(std::string_view name);
// The name Python shows.
const char* python_name(const EVP_MD* md);

Raised raise_openssl(Thread& t, Type& type, const char* otherwise);

Result<Local<Hash>> make_hash(Thread& t, Type& type, const EVP_MD* md, Borrowed<> data);
Result<void> hash_update(Thread& t, Borrowed<Hash> h, Borrowed<> data);
Result<Local<Hash>> hash_copy(Thread& t, Borrowed<Hash> h);
// XOFs take a length, others -1.
Result<Local<Bytes>> hash_digest(Thread& t, Borrowed<Hash> h, int64_t length);
Result<Local<>> hex_of(Thread& t, Borrowed<Bytes> bytes);

Result<void> add_hmac(Thread& t, Borrowed<Module> module);
Result<Local<>> hashlib_hmac_new(Thread& t, Borrowed<> key, Maybe<Borrowed<>> msg, Borrowed<> digestmod);
Result<Local<>> hashlib_hmac_digest(Thread& t, Borrowed<> key, Borrowed<> msg, Borrowed<> digest);
Result<Local<>> hashlib_pbkdf2_hmac(Thread& t, Borrowed<Str> hash_name, Borrowed<> password, Borrowed<> salt,
                                    Borrowed<> iterations, Borrowed<> dklen);
Result<Local<>> hashlib_scrypt(Thread& t, Borrowed<> password, Borrowed<> salt, Borrowed<> n, Borrowed<> r, Borrowed<> p,
                               Index maxmem, Index dklen);
// A str name or one of _hashlib's functions; UnsupportedDigestmodError.
Result<const EVP_MD*> digest_of(Thread& t, Borrowed<> v);

}  // namespace orochi::hash_module
