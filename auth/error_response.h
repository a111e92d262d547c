// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTH_ERROR_RESPONSE_H_
#define WRIT_AUTH_ERROR_RESPONSE_H_

#include <string>
#include <string_view>

#include "auth/request_head.h"

namespace writ {

// Why a call was denied, in the members that the clients' models carry
// (ram.md part 7). Empty members are left out.
struct AccessDeniedDetail {
  std::string auth_action;                  // "fc:InvokeFunction"
  std::string auth_principal_type;          // SubUser, RootUser
  std::string auth_principal_owner_id;      // account
  std::string auth_principal_display_name;  // user id
  std::string policy_type;                  // AccountLevelIdentityBasedPolicy
  std::string no_permission_type;           // ImplicitDeny, ExplicitDeny
};

// Makes the JSON error body {Code, Message, RequestId[, AccessDeniedDetail]}
// (P20) with its headers; `detail` may be null.
HttpResponse ErrorResponse(int http_status, std::string_view code,
                           std::string_view message,
                           std::string_view request_id,
                           const AccessDeniedDetail* detail = nullptr);

}  // namespace writ

#endif  // WRIT_AUTH_ERROR_RESPONSE_H_
