// SPDX-License-Identifier: Apache-2.0
#include "control/call.h"

// Code packages by temporary URL, and the row of invocations.
namespace writ {

// The URL is the right to read: whoever made it was asked for permission then.
// Every refusal is the same, and says nothing of what exists.
Reply HandleGetArtifact(Call* call) {
  Reply refused =
      Refuse(403, "AccessDenied",
             "The temporary URL is malformed, altered, expired or not for "
             "you; ask for another one.");
  const std::string node =
      call->parts.proven_node ? call->parts.proven_node(call->head) : "";
  const Result<TemporaryUrlGrant> grant = call->parts.urls->Verify(
      call->head.method, call->head.raw_path, call->head.raw_query, node,
      call->parts.clock->Now());
  if (!grant.ok()) return refused;
  const Result<SecretBytes> package =
      call->parts.artifacts->ReadWhole(grant->account, grant->sha256_hex);
  if (package.status().code() == StatusCode::kNotFound) return refused;
  if (!package.ok()) return StoreFailed(package.status());
  Reply reply;
  reply.body = package->text();
  reply.headers = {{"content-type", "application/zip"},
                   {"cache-control", "no-store"}};
  return reply;
}

// Invocations are served by the data plane, which has this row's decision made
// by the authority; nothing runs from here.
Reply HandleInvokeFunction(Call*) {
  return Refuse(503, "ServiceUnavailable",
                "Invocations are not served by this process.");
}

}  // namespace writ
