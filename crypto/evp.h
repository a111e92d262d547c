// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CRYPTO_EVP_H_
#define WRIT_CRYPTO_EVP_H_

#include <openssl/err.h>
#include <openssl/evp.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace writ::evp {

// Private to crypto/: owners of OpenSSL's objects, and its idea of bytes.

struct Free {
  void operator()(EVP_MD* p) const { EVP_MD_free(p); }
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
  void operator()(EVP_CIPHER* p) const { EVP_CIPHER_free(p); }
  void operator()(EVP_CIPHER_CTX* p) const { EVP_CIPHER_CTX_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(EVP_PKEY_CTX* p) const { EVP_PKEY_CTX_free(p); }
};
template <typename T>
using Ptr = std::unique_ptr<T, Free>;

inline const unsigned char* In(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
inline const unsigned char* In(std::span<const std::byte> bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
inline unsigned char* Out(void* bytes) {
  return static_cast<unsigned char*>(bytes);
}

// Empties this thread's queue of OpenSSL errors. Called where a failure is
// expected and reported by us: TLS code on the same thread would take what is
// left there for its own.
inline void ForgetErrors() { ERR_clear_error(); }

// SHA-256 as a fetched algorithm: looked up once, so that each use is spared
// the search through the providers. Never null.
const EVP_MD* Sha256Algorithm();

}  // namespace writ::evp

#endif  // WRIT_CRYPTO_EVP_H_
