// SPDX-License-Identifier: Apache-2.0
#include "http/tls_context.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <climits>
#include <cstddef>

namespace writ {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;
using Certificate = std::unique_ptr<X509, FreeX509>;

Bio Reader(std::string_view text) {
  if (text.size() > INT_MAX) return nullptr;
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// A key with a password is refused: without this the library would ask for it
// at the terminal.
int NoPassword(char*, int, int, void*) { return -1; }

// The certificates of a text, which may hold other things between them; none
// when one of them cannot be read.
std::vector<Certificate> ReadCertificates(std::string_view pem) {
  std::vector<Certificate> certificates;
  const Bio bio = Reader(pem);
  if (bio == nullptr) return {};
  while (X509* const certificate =
             PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr)) {
    certificates.emplace_back(certificate);
  }
  const bool at_end =
      ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) certificates.clear();
  return certificates;
}

Status UseOwnCertificate(std::string_view certificate_pem,
                         const SecretBytes& private_key_pem, SSL_CTX* context) {
  std::vector<Certificate> chain = ReadCertificates(certificate_pem);
  if (chain.empty() ||
      SSL_CTX_use_certificate(context, chain.front().get()) != 1) {
    ERR_clear_error();
    return InvalidArgument("the endpoint's certificate is no PEM");
  }
  for (size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) {
      ERR_clear_error();
      return InvalidArgument("the endpoint's certificate chain is not usable");
    }
  }
  const Bio bio = Reader(private_key_pem.text());
  const std::unique_ptr<EVP_PKEY, FreeKey> key(
      bio == nullptr
          ? nullptr
          : PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  const bool usable = key != nullptr &&
                      SSL_CTX_use_PrivateKey(context, key.get()) == 1 &&
                      SSL_CTX_check_private_key(context) == 1;
  ERR_clear_error();
  if (!usable) {
    return InvalidArgument(
        "the endpoint's key is no PEM or is another certificate's");
  }
  return OkStatus();
}

Status AskForClients(std::string_view client_ca_pem, SSL_CTX* context) {
  const std::vector<Certificate> authorities = ReadCertificates(client_ca_pem);
  if (authorities.empty()) {
    return InvalidArgument("the clients' authorities are no PEM");
  }
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  for (const Certificate& authority : authorities) {
    if (X509_STORE_add_cert(store, authority.get()) != 1 ||
        SSL_CTX_add_client_CA(context, authority.get()) != 1) {
      ERR_clear_error();
      return InvalidArgument("an authority of the clients is not usable");
    }
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                     nullptr);
  // A resumed session would vouch for a certificate that has expired since.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
  return OkStatus();
}

// A name as text; empty when it could be taken for another one.
std::string NameText(const ASN1_STRING* text) {
  std::string name(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                   static_cast<size_t>(ASN1_STRING_length(text)));
  return name.find('\0') == std::string::npos ? name : "";
}

std::string CommonName(const X509* certificate) {
  X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return "";
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(
      &utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (size < 0) return "";
  std::string name(reinterpret_cast<const char*>(utf8),
                   static_cast<size_t>(size));
  OPENSSL_free(utf8);
  const bool misleading = name.find('\0') != std::string::npos ||
                          name.starts_with("URI:") || name.starts_with("DNS:");
  return misleading ? "" : name;
}

}  // namespace

Result<TlsContext> MakeServerTlsContext(std::string_view certificate_pem,
                                        const SecretBytes& private_key_pem,
                                        std::string_view client_ca_pem) {
  TlsContext context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (context == nullptr) return InternalError("cannot make a TLS context");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION |
                                         SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_set_cipher_list(context.get(),
                              "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL") != 1) {
    return InternalError("the TLS library knows no acceptable cipher");
  }
  WRIT_RETURN_IF_ERROR(
      UseOwnCertificate(certificate_pem, private_key_pem, context.get()));
  if (!client_ca_pem.empty()) {
    WRIT_RETURN_IF_ERROR(AskForClients(client_ca_pem, context.get()));
  }
  return context;
}

std::vector<std::string> VerifiedPeerNames(const SSL* connection) {
  const X509* const certificate = SSL_get0_peer_certificate(connection);
  if (certificate == nullptr ||
      SSL_get_verify_result(connection) != X509_V_OK) {
    return {};
  }
  std::vector<std::string> names;
  const std::unique_ptr<GENERAL_NAMES, FreeNames> alternatives(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(
          certificate, NID_subject_alt_name, nullptr, nullptr)));
  const int count =
      alternatives == nullptr ? 0 : sk_GENERAL_NAME_num(alternatives.get());
  for (int i = 0; i < count; ++i) {
    const GENERAL_NAME* const name =
        sk_GENERAL_NAME_value(alternatives.get(), i);
    const bool uri = name->type == GEN_URI;
    if (!uri && name->type != GEN_DNS) continue;
    const std::string text =
        NameText(uri ? name->d.uniformResourceIdentifier : name->d.dNSName);
    if (!text.empty()) names.push_back((uri ? "URI:" : "DNS:") + text);
  }
  if (names.empty()) {
    std::string common_name = CommonName(certificate);
    if (!common_name.empty()) names.push_back(std::move(common_name));
  }
  return names;
}

}  // namespace writ
