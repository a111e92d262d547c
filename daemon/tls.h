// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_DAEMON_TLS_H_
#define WRIT_DAEMON_TLS_H_

#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "crypto/x509.h"

namespace writ {

// The public authority of an installation (P32): made once, the same ever
// after (P03), its key readable by root alone.
//
// directory_fd  the tls/ directory of the data: ca.pem (0644), ca-key.pem
// (0600) Errors   kDataLoss  one of the two files is missing or they do not
// belong
//                     together; nothing is replaced
Result<CertifiedKey> OpenAuthority(int directory_fd, WallTime now);

// A certificate for the endpoint on this machine, good from now on for as long
// as a platform may run without a restart.
Result<CertifiedKey> IssueEndpointCertificate(const CertifiedKey& authority,
                                              WallTime now);

}  // namespace writ

#endif  // WRIT_DAEMON_TLS_H_
