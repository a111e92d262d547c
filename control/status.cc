// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/call.h"

// The operator's own API: what runs, and who did what.
namespace writ {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kMaxAuditPage = 1000;

// A number in [least, most], or `fallback` when the parameter is absent.
std::optional<uint64_t> ReadNumber(const Call& call, std::string_view name,
                                   uint64_t least, uint64_t most,
                                   uint64_t fallback) {
  const std::string_view text = call.Text(name);
  if (text.empty()) return fallback;
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value < least || value > most) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

Reply HandleGetStatus(Call* call) {
  const auto state = call->parts.directory->state();
  size_t functions = 0;
  size_t users = 0;
  for (const auto& [account, tables] : state->accounts) {
    functions += tables.functions->size();
    users += tables.identity->users.size();
  }
  Json body;
  body["RequestId"] = call->request_id;
  body["Ready"] = true;
  body["AccountId"] = call->parts.account;
  body["Region"] = call->parts.directory->region();
  body["Revision"] = state->revision;
  body["AuditSequence"] = call->parts.store->audit_sequence();
  body["Functions"] = functions;
  body["Users"] = users;
  body["Time"] = FormatRfc3339(call->parts.clock->Now());
  Json& roles = body["Roles"] = Json::array();
  if (call->parts.roles) {
    for (const RoleStatus& role : call->parts.roles()) {
      Json item;
      item["Name"] = role.name;
      item["Pid"] = role.pid;
      item["State"] = role.state;
      roles.push_back(std::move(item));
    }
  }
  return JsonReply(body.dump());
}

Reply HandleListAuditRecords(Call* call) {
  const std::optional<uint64_t> limit =
      ReadNumber(*call, "limit", 1, kMaxAuditPage, 100);
  const std::optional<uint64_t> before =
      ReadNumber(*call, "before", 1, UINT64_MAX, 0);
  if (!limit.has_value() || !before.has_value()) {
    return Refuse(400, "InvalidArgument",
                  "The parameter limit must be 1 to 1000, before a sequence "
                  "number.");
  }
  const Result<std::vector<AuditTrail::Line>> lines =
      call->parts.audit->Read(static_cast<size_t>(*limit), *before);
  if (!lines.ok()) return StoreFailed(lines.status());
  Json body;
  body["RequestId"] = call->request_id;
  Json& records = body["Records"] = Json::array();
  for (const AuditTrail::Line& line : *lines) {
    Json record;
    record["Sequence"] = line.sequence;
    const Json fields = Json::parse(line.json, nullptr, false);
    if (!fields.is_object()) {
      return StoreFailed(DataLoss("an audit record is not readable"));
    }
    for (const auto& [name, value] : fields.items()) record[name] = value;
    records.push_back(std::move(record));
  }
  return JsonReply(body.dump());
}

}  // namespace writ
