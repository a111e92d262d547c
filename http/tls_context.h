// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_HTTP_TLS_CONTEXT_H_
#define WRIT_HTTP_TLS_CONTEXT_H_

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "base/status.h"

namespace writ {

// What connections of a TLS server begin with. Immutable; shared by those that
// began with it.
using TlsContext = std::shared_ptr<SSL_CTX>;

// A server's settings: TLS 1.2 or later, forward secrecy, no renegotiation.
//
// certificate_pem  the server's own first, then those that lead to its
//                  authority
// client_ca_pem    authorities of clients: each client must show a certificate
//                  that leads to one of them, in every connection anew; empty:
//                  none is asked for
// Errors  kInvalidArgument  a text is no PEM, the key has a password or is
//                           another certificate's
Result<TlsContext> MakeServerTlsContext(std::string_view certificate_pem,
                                        const SecretBytes& private_key_pem,
                                        std::string_view client_ca_pem);

// The names of the verified peer: `URI:…` and `DNS:…` for each such alternative
// name of its certificate; with neither the subject's common name, unless it
// looks like one of those. Empty when the peer showed none.
std::vector<std::string> VerifiedPeerNames(const SSL* connection);

}  // namespace writ

#endif  // WRIT_HTTP_TLS_CONTEXT_H_
