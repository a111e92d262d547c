// SPDX-License-Identifier: Apache-2.0
#include "crypto/hkdf.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <memory>

#include "base/check.h"
#include "crypto/evp.h"

namespace writ {
namespace {

struct FreeKdf {
  void operator()(EVP_KDF* p) const { EVP_KDF_free(p); }
  void operator()(EVP_KDF_CTX* p) const { EVP_KDF_CTX_free(p); }
};

OSSL_PARAM Octets(const char* name, const void* bytes, size_t size_bytes) {
  // OSSL_PARAM has no const form; the parameter is only read.
  return OSSL_PARAM_construct_octet_string(name, const_cast<void*>(bytes),
                                           size_bytes);
}

}  // namespace

SecretBytes HkdfSha256(std::span<const std::byte> secret, std::string_view salt,
                       std::string_view info, size_t size_bytes) {
  WRIT_CHECK(!secret.empty() && size_bytes >= 1 && size_bytes <= 255 * 32);
  const std::unique_ptr<EVP_KDF, FreeKdf> kdf(
      EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  WRIT_CHECK(kdf != nullptr);
  const std::unique_ptr<EVP_KDF_CTX, FreeKdf> context(
      EVP_KDF_CTX_new(kdf.get()));
  WRIT_CHECK(context != nullptr);
  char digest[] = "SHA2-256";
  // A null pointer means "not given", which for salt is what RFC 5869 wants
  // and for info is an empty text.
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      Octets(OSSL_KDF_PARAM_KEY, secret.data(), secret.size()),
      Octets(OSSL_KDF_PARAM_SALT, salt.empty() ? "" : salt.data(), salt.size()),
      Octets(OSSL_KDF_PARAM_INFO, info.empty() ? "" : info.data(), info.size()),
      OSSL_PARAM_construct_end(),
  };
  SecretBytes derived(size_bytes);
  WRIT_CHECK(EVP_KDF_derive(context.get(), evp::Out(derived.data()),
                            derived.size(), params) == 1);
  return derived;
}

}  // namespace writ
