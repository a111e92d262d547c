// SPDX-License-Identifier: Apache-2.0
#include "control/call.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/log.h"

namespace writ {

Reply JsonReply(std::string json) {
  Reply reply;
  reply.body = std::move(json);
  reply.headers = {{"content-type", "application/json; charset=utf-8"},
                   {"cache-control", "no-store"}};
  return reply;
}

Reply EmptyReply(int status) {
  Reply reply;
  reply.status = status;
  return reply;
}

Reply Refuse(int status, std::string_view code, std::string_view message) {
  Reply reply;
  reply.status = status;
  reply.code = code;
  reply.message = message;
  return reply;
}

Reply StoreFailed(const Status& status) {
  Log(LogLevel::kError, "store_failed", {{"error", status.ToString()}});
  return Refuse(503, "ServiceUnavailable",
                "The store cannot be used at the moment; nothing was "
                "answered from it. Try again.");
}

std::optional<Reply> Call::Confirm(const DirectoryState& current) {
  if (admission.permit.has_value() &&
      Gate::IsCurrent(*admission.permit, current)) {
    return std::nullopt;
  }
  Result<Admission> again =
      parts.gate->Admit(caller, operation, parameters, origin);
  // The parameters named their resources when the call was admitted.
  WRIT_CHECK(again.ok());
  admission = std::move(again).value();
  if (admission.allowed()) return std::nullopt;
  Reply reply;
  reply.denied = true;
  return reply;
}

Reply CommitAndAcknowledge(Call* call, Directory::Change* change,
                           const Mutation& mutation) {
  const Result<uint64_t> revision =
      change->Commit(*call->admission.permit, mutation);
  if (!revision.ok()) return StoreFailed(revision.status());
  const nlohmann::json body = {{"RequestId", call->request_id}};
  return JsonReply(body.dump());
}

Reply NoSuchUser(std::string_view name) {
  return Refuse(404, "EntityNotExist.User",
                "The user does not exist: " + std::string(name) + ".");
}

Reply NoSuchPolicy(std::string_view name) {
  return Refuse(404, "EntityNotExist.Policy",
                "The policy does not exist: " + std::string(name) + ".");
}

Reply NoSuchFunction(std::string_view name) {
  return Refuse(404, "FunctionNotFound",
                "The function does not exist: " + std::string(name) + ".");
}

std::optional<Reply> CheckPolicyType(const Call& call, bool required) {
  const std::string_view type = call.Text("PolicyType");
  if (type.empty() && required) {
    return Refuse(400, "MissingParameter",
                  "The parameter PolicyType is missing.");
  }
  if (type.empty() || type == "Custom") return std::nullopt;
  if (type == "System") return NoSuchPolicy(call.Text("PolicyName"));
  return Refuse(400, "InvalidParameter.PolicyType",
                "The parameter PolicyType must be Custom or System.");
}

Result<MarkerQuery> ReadMarkerQuery(const Call& call) {
  MarkerQuery query;
  query.after = call.Text("Marker");
  const std::string_view text = call.Text("MaxItems");
  if (text.empty()) return query;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), query.limit);
  if (error != std::errc() || end != text.data() + text.size() ||
      query.limit < 1 || query.limit > 1000) {
    return InvalidArgument("MaxItems");
  }
  return query;
}

}  // namespace writ
