// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_SIDECAR_CLIENT_CERTIFICATE_H_
#define WRIT_TESTS_UNIT_SIDECAR_CLIENT_CERTIFICATE_H_

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "base/check.h"
#include "crypto/x509.h"

namespace writ::testing {

// A certificate for TLS clients and its key, both in PEM.
struct ClientCertificate {
  std::string certificate_pem;
  std::string key_pem;
};

// names  as OpenSSL's configuration writes them: "URI:spiffe://a/b,DNS:c"
inline ClientCertificate IssueClientCertificate(const CertifiedKey& authority,
                                                const std::string& common_name,
                                                const std::string& names) {
  const auto read = [](std::string_view pem) {
    return std::unique_ptr<BIO, decltype(&BIO_free_all)>(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
        &BIO_free_all);
  };
  const auto text_of = [](BIO* bio) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio, &bytes);
    return std::string(bytes, static_cast<size_t>(size));
  };
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
  using Memory = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
  const auto issuer_pem = read(authority.certificate_pem);
  const auto issuer_key_pem = read(authority.private_key_pem.text());
  const Certificate issuer(
      PEM_read_bio_X509(issuer_pem.get(), nullptr, nullptr, nullptr),
      &X509_free);
  const Key issuer_key(
      PEM_read_bio_PrivateKey(issuer_key_pem.get(), nullptr, nullptr, nullptr),
      &EVP_PKEY_free);
  const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const Certificate made(X509_new(), &X509_free);
  X509* const raw = made.get();
  X509_set_version(raw, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(raw), 77);
  X509_gmtime_adj(X509_getm_notBefore(raw), -3600);
  X509_gmtime_adj(X509_getm_notAfter(raw), 86400);
  X509_set_pubkey(raw, key.get());
  X509_NAME_add_entry_by_txt(
      X509_get_subject_name(raw), "CN", MBSTRING_UTF8,
      reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  X509_set_issuer_name(raw, X509_get_subject_name(issuer.get()));
  const auto add = [&](int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer.get(), raw, nullptr, nullptr, 0);
    X509_EXTENSION* const extension =
        X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    WRIT_CHECK(extension != nullptr);
    X509_add_ext(raw, extension, -1);
    X509_EXTENSION_free(extension);
  };
  add(NID_ext_key_usage, "clientAuth");
  if (!names.empty()) add(NID_subject_alt_name, names);
  WRIT_CHECK(X509_sign(raw, issuer_key.get(), EVP_sha256()) != 0);
  const Memory certificate_out(BIO_new(BIO_s_mem()), &BIO_free_all);
  const Memory key_out(BIO_new(BIO_s_mem()), &BIO_free_all);
  PEM_write_bio_X509(certificate_out.get(), raw);
  PEM_write_bio_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0,
                           nullptr, nullptr);
  return {text_of(certificate_out.get()), text_of(key_out.get())};
}

}  // namespace writ::testing

#endif  // WRIT_TESTS_UNIT_SIDECAR_CLIENT_CERTIFICATE_H_
