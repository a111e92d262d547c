// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CRYPTO_X509_H_
#define WRIT_CRYPTO_X509_H_

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "base/status.h"

namespace writ {

// A certificate and the key it speaks for.
struct CertifiedKey {
  std::string certificate_pem;
  SecretBytes private_key_pem;  // PKCS #8
};

// From when to when a certificate is good.
struct Validity {
  WallTime not_before;
  WallTime not_after;
};

// Makes a self-signed authority (ECDSA P-256, SHA-256, path length 0) that may
// sign certificates and nothing else.
Result<CertifiedKey> MakeCertificateAuthority(std::string_view common_name,
                                              const Validity& validity);

// The names a server certificate is good for.
struct ServerNames {
  std::vector<std::string> ip_addresses;  // "127.0.0.1", "::1"
  std::vector<std::string> dns_names;     // "localhost"
};

// The names that every endpoint on this machine has (P03).
ServerNames LoopbackNames();

// Issues a server certificate with a new P-256 key, signed by `authority`.
//
// Errors   kInvalidArgument  the authority's texts are no PEM or do not belong
//                            together, or a name is no address
Result<CertifiedKey> IssueServerCertificate(const CertifiedKey& authority,
                                            std::string_view common_name,
                                            const ServerNames& names,
                                            const Validity& validity);

// What a certificate says about itself; for status lines and tests.
struct CertificateSummary {
  std::string subject_common_name;
  std::string issuer_common_name;
  Validity validity;
  bool is_authority = false;
  std::vector<std::string>
      alternative_names;  // "IP:127.0.0.1", "DNS:localhost"
};

// Errors   kInvalidArgument  not one certificate in PEM
Result<CertificateSummary> ReadCertificate(std::string_view certificate_pem);

// Errors   kInvalidArgument   not PEM, or the key is another one's
//          kUnauthenticated   not signed by `authority_pem`, or not valid at
//                             `now`
Status VerifyCertificate(const CertifiedKey& server,
                         std::string_view authority_pem, WallTime now);

}  // namespace writ

#endif  // WRIT_CRYPTO_X509_H_
