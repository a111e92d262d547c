// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "control/call.h"

namespace writ {

// Needs no permission: it tells a caller what its own signature proves.
Reply HandleGetCallerIdentity(Call* call) {
  const bool root = call->caller.kind == CallerKind::kRoot;
  nlohmann::ordered_json body;
  body["RequestId"] = call->request_id;
  body["AccountId"] = call->caller.account;
  body["Arn"] = call->caller.arn;
  body["IdentityType"] = root ? "Account" : "RAMUser";
  body["PrincipalId"] = call->caller.user_id;
  if (!root) body["UserId"] = call->caller.user_id;
  return JsonReply(body.dump());
}

}  // namespace writ
