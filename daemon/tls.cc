// SPDX-License-Identifier: Apache-2.0
#include "daemon/tls.h"

#include <chrono>
#include <utility>

#include "base/file.h"

namespace writ {
namespace {

constexpr uint64_t kMaxPemBytes = 64u << 10;
constexpr std::chrono::hours kDay{24};
// Clients whose clock is behind must accept a certificate that is new.
constexpr std::chrono::hours kBackdate = kDay;
constexpr std::chrono::hours kAuthorityLife = 3650 * kDay;
constexpr std::chrono::hours kEndpointLife = 397 * kDay;

}  // namespace

Result<CertifiedKey> OpenAuthority(int directory_fd, WallTime now) {
  Result<std::string> certificate =
      ReadFileAt(directory_fd, "ca.pem", kMaxPemBytes);
  Result<std::string> key =
      ReadFileAt(directory_fd, "ca-key.pem", kMaxPemBytes);
  const bool no_certificate =
      certificate.status().code() == StatusCode::kNotFound;
  const bool no_key = key.status().code() == StatusCode::kNotFound;
  if (no_certificate && (no_key || key.ok())) {
    // The certificate is written last: a key alone is an unfinished start.
    WRIT_ASSIGN_OR_RETURN(
        CertifiedKey made,
        MakeCertificateAuthority("Writ local authority",
                                 {now - kBackdate, now + kAuthorityLife}));
    WRIT_RETURN_IF_ERROR(WriteFileAtomicAt(directory_fd, "ca-key.pem",
                                           made.private_key_pem.text(), 0600));
    WRIT_RETURN_IF_ERROR(
        WriteFileAtomicAt(directory_fd, "ca.pem", made.certificate_pem, 0644));
    return made;
  }
  if (no_key) {
    return DataLoss(
        "`tls/ca-key.pem` is missing; restore it, or remove `tls/ca.pem` to "
        "have a new authority");
  }
  WRIT_RETURN_IF_ERROR(certificate.status());
  WRIT_RETURN_IF_ERROR(key.status());
  CertifiedKey authority;
  authority.certificate_pem = *certificate;
  authority.private_key_pem = SecretBytes::CopyOf(*key);
  WipeMemory(key->data(), key->size());
  return authority;
}

Result<CertifiedKey> IssueEndpointCertificate(const CertifiedKey& authority,
                                              WallTime now) {
  Result<CertifiedKey> issued =
      IssueServerCertificate(authority, "Writ endpoint", LoopbackNames(),
                             {now - kBackdate, now + kEndpointLife});
  if (!issued.ok()) {
    return DataLoss("`tls/` cannot issue a certificate: " +
                    std::string(issued.status().message()));
  }
  return issued;
}

}  // namespace writ
