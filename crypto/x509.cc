// SPDX-License-Identifier: Apache-2.0
#include "crypto/x509.h"

#include <arpa/inet.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstring>
#include <ctime>
#include <memory>
#include <optional>

#include "base/check.h"
#include "crypto/evp.h"
#include "crypto/random.h"

namespace writ {
namespace {

struct Free {
  void operator()(X509* p) const { X509_free(p); }
  void operator()(BIO* p) const { BIO_free_all(p); }
  void operator()(GENERAL_NAMES* p) const { GENERAL_NAMES_free(p); }
  void operator()(X509_STORE* p) const { X509_STORE_free(p); }
  void operator()(X509_STORE_CTX* p) const { X509_STORE_CTX_free(p); }
};
template <typename T>
using Ptr = std::unique_ptr<T, Free>;

constexpr long kVersion3 = 2;  // versions count from zero
constexpr size_t kSerialBytes = 16;

time_t Seconds(WallTime time) {
  return std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(time));
}

evp::Ptr<EVP_PKEY> NewKey() {
  evp::Ptr<EVP_PKEY> key(EVP_EC_gen("P-256"));
  WRIT_CHECK(key != nullptr);
  return key;
}

Ptr<BIO> ReadOnly(std::string_view text) {
  WRIT_CHECK(text.size() <= INT32_MAX);
  Ptr<BIO> bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  WRIT_CHECK(bio != nullptr);
  return bio;
}

std::string_view Written(BIO* bio) {
  char* text = nullptr;
  const long size_bytes = BIO_get_mem_data(bio, &text);
  return {text, static_cast<size_t>(size_bytes)};
}

// Nobody is asked for a passphrase: our keys have none.
int NoPassphrase(char*, int, int, void*) { return -1; }

Result<Ptr<X509>> ParseCertificate(std::string_view pem) {
  Ptr<X509> certificate(
      PEM_read_bio_X509(ReadOnly(pem).get(), nullptr, NoPassphrase, nullptr));
  if (certificate == nullptr) {
    evp::ForgetErrors();
    return InvalidArgument("not a certificate in PEM");
  }
  return certificate;
}

Result<evp::Ptr<EVP_PKEY>> ParsePrivateKey(const SecretBytes& pem) {
  evp::Ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(
      ReadOnly(pem.text()).get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr) {
    evp::ForgetErrors();
    return InvalidArgument("not a private key in PEM");
  }
  return key;
}

CertifiedKey ToPem(X509* certificate, EVP_PKEY* key) {
  const Ptr<BIO> certificate_text(BIO_new(BIO_s_mem()));
  // The buffer of a secure-memory BIO is cleared when it is freed.
  const Ptr<BIO> key_text(BIO_new(BIO_s_secmem()));
  WRIT_CHECK(certificate_text != nullptr && key_text != nullptr);
  WRIT_CHECK(PEM_write_bio_X509(certificate_text.get(), certificate) == 1);
  WRIT_CHECK(PEM_write_bio_PKCS8PrivateKey(key_text.get(), key, nullptr,
                                           nullptr, 0, nullptr, nullptr) == 1);
  CertifiedKey result;
  result.certificate_pem = Written(certificate_text.get());
  result.private_key_pem = SecretBytes::CopyOf(Written(key_text.get()));
  return result;
}

// A certificate with everything but issuer, extensions and signature.
Ptr<X509> NewCertificate(std::string_view common_name, EVP_PKEY* key,
                         const Validity& validity) {
  Ptr<X509> certificate(X509_new());
  WRIT_CHECK(certificate != nullptr);
  X509* const raw = certificate.get();
  WRIT_CHECK(X509_set_version(raw, kVersion3) == 1);
  std::array<std::byte, kSerialBytes> serial;
  RandomBytes(serial);
  // Positive, and never short because of leading zeros.
  serial[0] = (serial[0] & std::byte{0x7f}) | std::byte{0x40};
  BIGNUM* const number = BN_bin2bn(evp::In(serial), kSerialBytes, nullptr);
  WRIT_CHECK(number != nullptr);
  WRIT_CHECK(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(raw)) != nullptr);
  BN_free(number);
  WRIT_CHECK(ASN1_TIME_set(X509_getm_notBefore(raw),
                           Seconds(validity.not_before)) != nullptr);
  WRIT_CHECK(ASN1_TIME_set(X509_getm_notAfter(raw),
                           Seconds(validity.not_after)) != nullptr);
  X509_NAME* const subject = X509_get_subject_name(raw);
  WRIT_CHECK(X509_NAME_add_entry_by_txt(
                 subject, "CN", MBSTRING_UTF8, evp::In(common_name),
                 static_cast<int>(common_name.size()), -1, 0) == 1);
  WRIT_CHECK(X509_set_pubkey(raw, key) == 1);
  return certificate;
}

void AddExtension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension =
      X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  WRIT_CHECK(extension != nullptr);
  WRIT_CHECK(X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

// The bytes of an address, or nothing when it is none.
std::optional<std::string> AddressBytes(const std::string& address) {
  unsigned char bytes[16];
  if (::inet_pton(AF_INET, address.c_str(), bytes) == 1) {
    return std::string(reinterpret_cast<const char*>(bytes), 4);
  }
  if (::inet_pton(AF_INET6, address.c_str(), bytes) == 1) {
    return std::string(reinterpret_cast<const char*>(bytes), 16);
  }
  return std::nullopt;
}

void AppendName(GENERAL_NAMES* names, int type, ASN1_STRING* value) {
  GENERAL_NAME* const name = GENERAL_NAME_new();
  WRIT_CHECK(name != nullptr);
  GENERAL_NAME_set0_value(name, type, value);
  WRIT_CHECK(sk_GENERAL_NAME_push(names, name) > 0);
}

ASN1_STRING* NewString(int type, std::string_view bytes) {
  ASN1_STRING* const text = ASN1_STRING_type_new(type);
  WRIT_CHECK(text != nullptr);
  WRIT_CHECK(
      ASN1_STRING_set(text, bytes.data(), static_cast<int>(bytes.size())) == 1);
  return text;
}

// Built by hand and not through OpenSSL's configuration text, in which a name
// with a comma would say something else.
Status AddAlternativeNames(X509* certificate, const ServerNames& names) {
  const Ptr<GENERAL_NAMES> list(GENERAL_NAMES_new());
  WRIT_CHECK(list != nullptr);
  for (const std::string& address : names.ip_addresses) {
    const std::optional<std::string> bytes = AddressBytes(address);
    if (!bytes.has_value()) {
      return InvalidArgument("`" + address + "` is no IP address");
    }
    AppendName(list.get(), GEN_IPADD, NewString(V_ASN1_OCTET_STRING, *bytes));
  }
  for (const std::string& dns_name : names.dns_names) {
    const bool plain =
        !dns_name.empty() && dns_name.size() <= 253 &&
        dns_name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.*") ==
            std::string::npos;
    if (!plain) {
      return InvalidArgument("`" + dns_name + "` is no lower-case host name");
    }
    AppendName(list.get(), GEN_DNS, NewString(V_ASN1_IA5STRING, dns_name));
  }
  WRIT_CHECK(X509_add1_ext_i2d(certificate, NID_subject_alt_name, list.get(), 0,
                               X509V3_ADD_APPEND) == 1);
  return OkStatus();
}

std::string CommonName(const X509_NAME* name) {
  char text[256] = "";
  const int size_bytes =
      X509_NAME_get_text_by_NID(name, NID_commonName, text, sizeof text);
  return size_bytes < 0 ? "" : std::string(text);
}

WallTime ToWallTime(const ASN1_TIME* time) {
  struct tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return WallTime();
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

std::string AddressText(const ASN1_STRING* bytes) {
  const int size_bytes = ASN1_STRING_length(bytes);
  const int family = size_bytes == 4 ? AF_INET : AF_INET6;
  char text[INET6_ADDRSTRLEN] = "";
  if (size_bytes == 4 || size_bytes == 16) {
    ::inet_ntop(family, ASN1_STRING_get0_data(bytes), text, sizeof text);
  }
  return text;
}

Status ValidateNames(std::string_view common_name, const Validity& validity) {
  if (common_name.empty() || common_name.size() > 64) {
    return InvalidArgument("a common name has 1 to 64 bytes");
  }
  if (validity.not_before >= validity.not_after) {
    return InvalidArgument("a certificate must end after it begins");
  }
  return OkStatus();
}

}  // namespace

ServerNames LoopbackNames() {
  return {.ip_addresses = {"127.0.0.1", "::1"}, .dns_names = {"localhost"}};
}

Result<CertifiedKey> MakeCertificateAuthority(std::string_view common_name,
                                              const Validity& validity) {
  WRIT_RETURN_IF_ERROR(ValidateNames(common_name, validity));
  const evp::Ptr<EVP_PKEY> key = NewKey();
  const Ptr<X509> authority = NewCertificate(common_name, key.get(), validity);
  X509* const raw = authority.get();
  WRIT_CHECK(X509_set_issuer_name(raw, X509_get_subject_name(raw)) == 1);
  AddExtension(raw, raw, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  AddExtension(raw, raw, NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(raw, raw, NID_subject_key_identifier, "hash");
  WRIT_CHECK(X509_sign(raw, key.get(), EVP_sha256()) > 0);
  return ToPem(raw, key.get());
}

Result<CertifiedKey> IssueServerCertificate(const CertifiedKey& authority,
                                            std::string_view common_name,
                                            const ServerNames& names,
                                            const Validity& validity) {
  WRIT_RETURN_IF_ERROR(ValidateNames(common_name, validity));
  WRIT_ASSIGN_OR_RETURN(const Ptr<X509> issuer,
                        ParseCertificate(authority.certificate_pem));
  WRIT_ASSIGN_OR_RETURN(const evp::Ptr<EVP_PKEY> issuer_key,
                        ParsePrivateKey(authority.private_key_pem));
  if (X509_check_private_key(issuer.get(), issuer_key.get()) != 1) {
    evp::ForgetErrors();
    return InvalidArgument("the authority's key is not its certificate's");
  }
  const evp::Ptr<EVP_PKEY> key = NewKey();
  const Ptr<X509> certificate =
      NewCertificate(common_name, key.get(), validity);
  X509* const raw = certificate.get();
  WRIT_CHECK(X509_set_issuer_name(raw, X509_get_subject_name(issuer.get())) ==
             1);
  AddExtension(raw, issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
  AddExtension(raw, issuer.get(), NID_key_usage, "critical,digitalSignature");
  AddExtension(raw, issuer.get(), NID_ext_key_usage, "serverAuth");
  AddExtension(raw, issuer.get(), NID_subject_key_identifier, "hash");
  AddExtension(raw, issuer.get(), NID_authority_key_identifier, "keyid");
  WRIT_RETURN_IF_ERROR(AddAlternativeNames(raw, names));
  WRIT_CHECK(X509_sign(raw, issuer_key.get(), EVP_sha256()) > 0);
  return ToPem(raw, key.get());
}

Result<CertificateSummary> ReadCertificate(std::string_view certificate_pem) {
  WRIT_ASSIGN_OR_RETURN(const Ptr<X509> certificate,
                        ParseCertificate(certificate_pem));
  X509* const raw = certificate.get();
  CertificateSummary summary;
  summary.subject_common_name = CommonName(X509_get_subject_name(raw));
  summary.issuer_common_name = CommonName(X509_get_issuer_name(raw));
  summary.validity = {ToWallTime(X509_get0_notBefore(raw)),
                      ToWallTime(X509_get0_notAfter(raw))};
  summary.is_authority = X509_check_ca(raw) == 1;
  const Ptr<GENERAL_NAMES> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(raw, NID_subject_alt_name, nullptr, nullptr)));
  const int count = names == nullptr ? 0 : sk_GENERAL_NAME_num(names.get());
  for (int i = 0; i < count; ++i) {
    int type = 0;
    const auto* value = static_cast<const ASN1_STRING*>(
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type));
    if (type == GEN_IPADD) {
      summary.alternative_names.push_back("IP:" + AddressText(value));
    } else if (type == GEN_DNS) {
      summary.alternative_names.emplace_back(
          "DNS:" + std::string(reinterpret_cast<const char*>(
                                   ASN1_STRING_get0_data(value)),
                               static_cast<size_t>(ASN1_STRING_length(value))));
    }
  }
  evp::ForgetErrors();
  return summary;
}

Status VerifyCertificate(const CertifiedKey& server,
                         std::string_view authority_pem, WallTime now) {
  WRIT_ASSIGN_OR_RETURN(const Ptr<X509> certificate,
                        ParseCertificate(server.certificate_pem));
  WRIT_ASSIGN_OR_RETURN(const evp::Ptr<EVP_PKEY> key,
                        ParsePrivateKey(server.private_key_pem));
  WRIT_ASSIGN_OR_RETURN(const Ptr<X509> authority,
                        ParseCertificate(authority_pem));
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    evp::ForgetErrors();
    return InvalidArgument("the private key is not the certificate's");
  }
  const Ptr<X509_STORE> store(X509_STORE_new());
  const Ptr<X509_STORE_CTX> context(X509_STORE_CTX_new());
  WRIT_CHECK(store != nullptr && context != nullptr);
  WRIT_CHECK(X509_STORE_add_cert(store.get(), authority.get()) == 1);
  WRIT_CHECK(X509_STORE_CTX_init(context.get(), store.get(), certificate.get(),
                                 nullptr) == 1);
  X509_STORE_CTX_set_time(context.get(), 0, Seconds(now));
  WRIT_CHECK(
      X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_SERVER) == 1);
  if (X509_verify_cert(context.get()) != 1) {
    const std::string why =
        X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
    evp::ForgetErrors();
    return Unauthenticated("certificate refused: " + why);
  }
  return OkStatus();
}

}  // namespace writ
