// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_HTTP_TEST_CERTIFICATES_H_
#define WRIT_TESTS_UNIT_HTTP_TEST_CERTIFICATES_H_

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <string>

#include "base/clock.h"
#include "crypto/x509.h"

namespace writ {

// What a client's certificate says; each may be what no good one says.
struct ClientCertificate {
  std::string common_name = "client";
  std::string alternative_names = {};  // "URI:spiffe://a,DNS:b"; empty: none
  std::string purpose = "clientAuth";
  int days = 1;  // how long it is valid; negative: it was until then
};

// An authority of clients.
class ClientAuthority {
 public:
  explicit ClientAuthority(const std::string& name = "client authority")
      : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    Begin(certificate_, name, 1);
    X509_set_issuer_name(certificate_, X509_get_subject_name(certificate_));
    X509_set_pubkey(certificate_, key_);
    Extend(certificate_, NID_basic_constraints, "critical,CA:TRUE");
    Extend(certificate_, NID_key_usage, "critical,keyCertSign");
    X509_sign(certificate_, key_, EVP_sha256());
  }
  ClientAuthority(const ClientAuthority&) = delete;
  ClientAuthority& operator=(const ClientAuthority&) = delete;
  ~ClientAuthority() {
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }

  std::string pem() const { return CertificatePem(certificate_); }

  CertifiedKey Issue(const ClientCertificate& wanted) const {
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const certificate = X509_new();
    Begin(certificate, wanted.common_name, wanted.days);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate_));
    X509_set_pubkey(certificate, key);
    Extend(certificate, NID_ext_key_usage, wanted.purpose);
    if (!wanted.alternative_names.empty()) {
      Extend(certificate, NID_subject_alt_name, wanted.alternative_names);
    }
    X509_sign(certificate, key_, EVP_sha256());
    CertifiedKey issued;
    issued.certificate_pem = CertificatePem(certificate);
    BIO* const bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
    issued.private_key_pem = SecretBytes::CopyOf(std::string_view(Take(bio)));
    X509_free(certificate);
    EVP_PKEY_free(key);
    return issued;
  }

 private:
  static void Begin(X509* certificate, const std::string& name, int days) {
    constexpr int64_t kDaySeconds = 86400;
    X509_set_version(certificate, X509_VERSION_3);
    static int64_t serial = 1;
    ASN1_INTEGER_set_int64(X509_get_serialNumber(certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -2 * kDaySeconds);
    X509_gmtime_adj(X509_getm_notAfter(certificate), days * kDaySeconds);
    X509_NAME_add_entry_by_txt(
        X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
        reinterpret_cast<const unsigned char*>(name.data()),
        static_cast<int>(name.size()), -1, 0);
  }

  void Extend(X509* certificate, int nid, const std::string& value) const {
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate_, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension =
        X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  static std::string Take(BIO* bio) {
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio, &text);
    std::string taken(text, static_cast<size_t>(size));
    BIO_free(bio);
    return taken;
  }

  static std::string CertificatePem(X509* certificate) {
    BIO* const bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate);
    return Take(bio);
  }

  EVP_PKEY* const key_;
  X509* const certificate_;
};

// A server's certificate for loopback, valid now.
inline CertifiedKey ServerCertificate(const std::string& name = "localhost") {
  const WallTime now = SystemClock().Now();
  const Validity validity = {now - std::chrono::hours(1),
                             now + std::chrono::hours(1)};
  const Result<CertifiedKey> authority =
      MakeCertificateAuthority("test authority", validity);
  Result<CertifiedKey> server = IssueServerCertificate(
      authority.value(), name, LoopbackNames(), validity);
  return std::move(server).value();
}

}  // namespace writ

#endif  // WRIT_TESTS_UNIT_HTTP_TEST_CERTIFICATES_H_
