// See hash_object.h.
#include "modules/_hashlib/hash_object.h"

#include <cstring>
#include <optional>

#include <openssl/err.h>

#include "threads/thread.h"

namespace orochi::hash_module {

namespace {

struct NamePair {
  const char* python;
  const char* openssl;
};
constexpr NamePair kNames[] = {
    {"md5", "MD5"},           {"sha1", "SHA1"},          {"sha224", "SHA224"},         {"sha256", "SHA256"},
    {"sha384", "SHA384"},     {"sha512", "SHA512"},      {"sha512_224", "SHA512-224"}, {"sha512_256", "SHA512-256"},
    {"sha3_224", "SHA3-224"}, {"sha3_256", "SHA3-256"},  {"sha3_384", "SHA3-384"},     {"sha3_512", "SHA3-512"},
    {"shake_128", "SHAKE128"}, {"shake_256", "SHAKE256"}, {"blake2b", "BLAKE2b512"},    {"blake2s", "BLAKE2s256"},
    {"md5-sha1", "MD5-SHA1"}, {"ripemd160", "RIPEMD160"}, {"sm3", "SM3"},
};

}  // namespace

Result<Borrowed<>> data_argument(Thread& t, Maybe<Borrowed<>> data, OrNone<Borrowed<>> string) {
  if (data && string) {
    return raise(t, types::TypeError,
                 "'data' and 'string' are mutually exclusive and support for 'string' keyword parameter is slated for "
                 "removal in a future version.");
  }
  return data ? *data : string ? *string : Borrowed<>();
}

Result<Buffer> hash_buffer(Thread& t, Borrowed<> v) {
  if (is_str(v)) return raise(t, types::TypeError, "Strings must be encoded before hashing");
  if (!has_buffer(v)) return raise(t, types::TypeError, "object supporting the buffer API required");
  return Buffer::get(t, v);
}

const EVP_MD* find_digest(std::string_view name) {
  char lower[32];
  if (name.size() >= sizeof lower) return nullptr;
  for (size_t i = 0; i < name.size(); i++) {
    char c = name[i];
    lower[i] = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  }
  std::string_view wanted(lower, name.size());
  for (const NamePair& pair : kNames) {
    if (wanted == pair.python) {
      // Fetched once per process and kept: fetching takes a lock in the library.
      static const EVP_MD* fetched[std::size(kNames)];
      const EVP_MD*& slot = fetched[&pair - kNames];
      const EVP_MD* md = __atomic_load_n(&slot, __ATOMIC_ACQUIRE);  // pairs with the store below
      if (!md) {
        md = EVP_MD_fetch(nullptr, pair.openssl, nullptr);
        if (md) __atomic_store_n(&slot, md, __ATOMIC_RELEASE);
      }
      return md;
    }
  }
  char copy[32];
  std::memcpy(copy, name.data(), name.size());
  copy[name.size()] = 0;
  return EVP_get_digestbyname(copy);
}

const char* python_name(const EVP_MD* md) {
  for (const NamePair& pair : kNames) {
    if (EVP_MD_is_a(md, pair.openssl)) return pair.python;
  }
  const char* name = EVP_MD_get0_name(md);
  return name ? name : "unknown";
}

Raised raise_openssl(Thread& t, Type& type, const char* otherwise) {
  unsigned long code = ERR_peek_last_error();
  const char* library = code ? ERR_lib_error_string(code) : nullptr;
  const char* reason = code ? ERR_reason_error_string(code) : nullptr;
  ERR_clear_error();
  if (library && reason) return raise(t, type, "[{}] {}", library, reason);
  return raise(t, type, "{}", reason ? reason : otherwise);
}

Result<Local<Hash>> make_hash(Thread& t, Type& type, const EVP_MD* md, Borrowed<> data) {
  Buffer buffer;
  if (data) buffer = TRY(hash_buffer(t, data));
  Local<Hash> h = TRY(allocate<Hash>(t, type.root_shape, sizeof(Hash)));
  h->context = EVP_MD_CTX_new();
  if (!h->context) return raise_no_memory(t);
  if (!EVP_DigestInit_ex(h->context, md, nullptr)) return raise_openssl(t, types::ValueError, "no reason supplied");
  if (data && buffer.size()) {
    std::optional<Detached> detached;
    if (buffer.size() >= kDetachSize) detached.emplace(t);
    EVP_DigestUpdate(h->context, buffer.data(), buffer.size());
  }
  return h;
}

Result<void> hash_update(Thread& t, Borrowed<Hash> h, Borrowed<> data) {
  Buffer buffer = TRY(hash_buffer(t, data));
  int good;
  {
    BusyGuard guard(&h->busy);
    std::optional<Detached> detached;
    if (buffer.size() >= kDetachSize) detached.emplace(t);
    good = EVP_DigestUpdate(h->context, buffer.data(), buffer.size());
  }
  if (!good) return raise_openssl(t, types::ValueError, "no reason supplied");
  return ok();
}

Result<Local<Hash>> hash_copy(Thread& t, Borrowed<Hash> h) {
  Local<Hash> copy = TRY(allocate<Hash>(t, type_of(h)->root_shape, sizeof(Hash)));
  copy->context = EVP_MD_CTX_new();
  if (!copy->context) return raise_no_memory(t);
  BusyGuard guard(&h->busy);
  if (!EVP_MD_CTX_copy_ex(copy->context, h->context)) return raise_openssl(t, types::ValueError, "no reason supplied");
  return copy;
}

Result<Local<Bytes>> hash_digest(Thread& t, Borrowed<Hash> h, int64_t length) {
  EVP_MD_CTX* copy = EVP_MD_CTX_new();
  if (!copy) return raise_no_memory(t);
  struct Freed {
    EVP_MD_CTX* c;
    ~Freed() { EVP_MD_CTX_free(c); }
  } freed{copy};
  {
    BusyGuard guard(&h->busy);
    if (!EVP_MD_CTX_copy_ex(copy, h->context)) return raise_openssl(t, types::ValueError, "no reason supplied");
  }
  if (length >= 0) {
    Local<Bytes> out = TRY(make_bytes_uninitialised(t, static_cast<size_t>(length)));
    if (length && !EVP_DigestFinalXOF(copy, out->mutable_data(), static_cast<size_t>(length))) {
      return raise_openssl(t, types::ValueError, "no reason supplied");
    }
    return out;
  }
  unsigned char text[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!EVP_DigestFinal_ex(copy, text, &size)) return raise_openssl(t, types::ValueError, "no reason supplied");
  return make_bytes(t, std::string_view(reinterpret_cast<char*>(text), size));
}

Result<Local<>> hex_of(Thread& t, Borrowed<Bytes> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  Local<Str> out = TRY(make_str_uninitialised(t, bytes->length() * 2, 0, true));
  if (bytes->length() == 0) return out;
  auto* at = static_cast<uint8_t*>(out->mutable_data());
  for (size_t i = 0; i < bytes->length(); i++) {
    *at++ = static_cast<uint8_t>(kDigits[bytes->data()[i] >> 4]);
    *at++ = static_cast<uint8_t>(kDigits[bytes->data()[i] & 15]);
  }
  return out;
}

}  // namespace orochi::hash_module
