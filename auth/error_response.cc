// SPDX-License-Identifier: Apache-2.0
#include "auth/error_response.h"

#include <nlohmann/json.hpp>

namespace writ {

HttpResponse ErrorResponse(int http_status, std::string_view code,
                           std::string_view message,
                           std::string_view request_id,
                           const AccessDeniedDetail* detail) {
  nlohmann::ordered_json body;
  body["Code"] = code;
  body["Message"] = message;
  body["RequestId"] = request_id;
  if (detail != nullptr) {
    nlohmann::ordered_json& members = body["AccessDeniedDetail"];
    const auto add = [&members](const char* name, const std::string& value) {
      if (!value.empty()) members[name] = value;
    };
    add("AuthAction", detail->auth_action);
    add("AuthPrincipalType", detail->auth_principal_type);
    add("AuthPrincipalOwnerId", detail->auth_principal_owner_id);
    add("AuthPrincipalDisplayName", detail->auth_principal_display_name);
    add("PolicyType", detail->policy_type);
    add("NoPermissionType", detail->no_permission_type);
  }
  HttpResponse response;
  response.status = http_status;
  response.headers = {{"content-type", "application/json; charset=utf-8"},
                      {"cache-control", "no-store"}};
  // Names come from requests: bytes that are not UTF-8 are replaced.
  response.body = body.dump(-1, ' ', false,
                            nlohmann::ordered_json::error_handler_t::replace);
  return response;
}

}  // namespace writ
