// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_GRPC_CREDENTIALS_H_
#define WRIT_SIDECAR_GRPC_CREDENTIALS_H_

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_context.h>

#include <memory>

#include "base/status.h"
#include "sidecar/asker.h"
#include "sidecar/config.h"

namespace writ {

// What a gRPC listener speaks: plain text, TLS, or TLS with client
// certificates. Files are read again within seconds of a change; while they do
// not fit together, the last good ones stay.
//
// Errors  kInvalidArgument  a file that is no PEM, or key and certificate that
//                           do not belong together
//         kNotFound         a file that is not there; others as open says
Result<std::shared_ptr<grpc::ServerCredentials>> ListenerCredentials(
    const TlsFiles& files);

// Who makes this call, by its metadata and certificate.
//
// Errors  as Identify
Result<Asker> IdentifyCaller(const ListenerConfig& listener,
                             const grpc::ServerContext& context);

}  // namespace writ

#endif  // WRIT_SIDECAR_GRPC_CREDENTIALS_H_
