// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <utility>

#include "base/limits.h"
#include "control/call.h"
#include "control/names.h"
#include "control/policy_text.h"
#include "control/record_format.h"
#include "grammar/utf8.h"

// Custom policies. A document is compiled when it is stored; what does not
// compile is not stored.
namespace writ {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxDescriptionChars = 1024;

Json PolicyJson(std::string_view name, const StoredPolicy& record) {
  Json policy;
  policy["PolicyName"] = name;
  policy["PolicyType"] = "Custom";
  policy["Description"] = record.description;
  policy["DefaultVersion"] = kPolicyVersion;
  policy["CreateDate"] = record.created;
  return policy;
}

Result<StoredPolicy> ReadPolicy(const Call& call, std::string_view name) {
  WRIT_ASSIGN_OR_RETURN(
      const Record stored,
      call.parts.store->Get(Table::kPolicy, call.caller.account, name));
  return DecodeRecord<StoredPolicy>(stored.value.text());
}

}  // namespace

Reply HandleCreatePolicy(Call* call) {
  const std::string name(call->Text("PolicyName"));
  const std::string document(call->Text("PolicyDocument"));
  const std::string& account = call->caller.account;
  if (document.empty()) {
    return Refuse(400, "MissingParameter",
                  "The parameter PolicyDocument is missing.");
  }
  if (!call->Text("Tag").empty()) {
    return Refuse(400, "InvalidParameter.Tag",
                  "Tags of policies are not served yet.");
  }
  StoredPolicy record;
  record.document = document;
  record.description = call->Text("Description");
  if (CountCodePoints(record.description) > kMaxDescriptionChars) {
    return Refuse(400, "InvalidParameter.Description.Length",
                  "The parameter Description must be at most " +
                      std::to_string(kMaxDescriptionChars) + " characters.");
  }
  record.created = FormatRfc3339(call->parts.clock->Now());
  record.updated = record.created;
  Result<std::shared_ptr<const ast::Policy>> tree =
      ReadIdentityPolicy(name, document);
  if (!tree.ok()) {
    if (tree.status().code() != StatusCode::kInvalidArgument &&
        tree.status().code() != StatusCode::kResourceExhausted) {
      return StoreFailed(tree.status());
    }
    return Refuse(400, "MalformedPolicyDocument",
                  "The policy document is not valid: " +
                      std::string(tree.status().message()) + ".");
  }

  Directory::Change change(call->parts.directory);
  if (auto refusal = call->Confirm(change.current())) return *refusal;
  const IdentityTable& identity = call->Identity(change.current());
  if (identity.policies.contains(name)) {
    return Refuse(409, "EntityAlreadyExists.Policy",
                  "The policy already exists: " + name + ".");
  }
  if (identity.policies.size() >= kMaxPoliciesPerAccount) {
    return Refuse(409, "LimitExceeded.Policy",
                  "The account has as many policies as it may have: " +
                      std::to_string(kMaxPoliciesPerAccount) + ".");
  }
  change.EditIdentity(account)->policies[name].tree = std::move(tree).value();
  Mutation mutation;
  mutation.Put(Table::kPolicy, account, name, EncodeRecord(record).text(),
               Mutation::kAbsent);
  const Result<uint64_t> revision =
      change.Commit(*call->admission.permit, mutation);
  if (!revision.ok()) return StoreFailed(revision.status());
  Json body;
  body["RequestId"] = call->request_id;
  body["Policy"] = PolicyJson(name, record);
  return JsonReply(body.dump());
}

Reply HandleGetPolicy(Call* call) {
  const std::string_view name = call->Text("PolicyName");
  if (auto refusal = CheckPolicyType(*call, true)) return *refusal;
  const auto state = call->parts.directory->state();
  const IdentityTable& identity = call->Identity(*state);
  const auto entry = identity.policies.find(name);
  if (entry == identity.policies.end()) return NoSuchPolicy(name);
  const Result<StoredPolicy> record = ReadPolicy(*call, name);
  if (record.status().code() == StatusCode::kNotFound) {
    return NoSuchPolicy(name);
  }
  if (!record.ok()) return StoreFailed(record.status());
  Json body;
  body["RequestId"] = call->request_id;
  Json& policy = body["Policy"] = PolicyJson(name, *record);
  policy["UpdateDate"] = record->updated;
  policy["AttachmentCount"] = entry->second.attachments;
  policy["PolicyDocument"] = record->document;
  Json& version = body["DefaultPolicyVersion"];
  version["VersionId"] = kPolicyVersion;
  version["IsDefaultVersion"] = true;
  version["PolicyDocument"] = record->document;
  version["CreateDate"] = record->created;
  return JsonReply(body.dump());
}

Reply HandleDeletePolicy(Call* call) {
  const std::string name(call->Text("PolicyName"));
  const std::string& account = call->caller.account;
  Directory::Change change(call->parts.directory);
  if (auto refusal = call->Confirm(change.current())) return *refusal;
  const IdentityTable& identity = call->Identity(change.current());
  const auto entry = identity.policies.find(name);
  if (entry == identity.policies.end()) return NoSuchPolicy(name);
  if (entry->second.attachments > 0) {
    return Refuse(409, "DeleteConflict.Policy.User",
                  "The policy is attached to users; detach it first.");
  }
  change.EditIdentity(account)->policies.erase(name);
  Mutation mutation;
  mutation.Delete(Table::kPolicy, account, name, Mutation::kAnyVersion);
  return CommitAndAcknowledge(call, &change, mutation);
}

Reply HandleListPolicies(Call* call) {
  const std::string_view type = call->Text("PolicyType");
  if (!type.empty() && type != "Custom" && type != "System") {
    return Refuse(400, "InvalidParameter.PolicyType",
                  "The parameter PolicyType must be Custom or System.");
  }
  const auto state = call->parts.directory->state();
  const IdentityTable& identity = call->Identity(*state);
  Result<MarkerPage> page = PageOf(identity.policies, *call);
  if (!page.ok()) {
    return Refuse(400, "InvalidParameter.MaxItems",
                  "MaxItems must be a number from 1 to 1000.");
  }
  if (type == "System") *page = MarkerPage{};
  Json body;
  body["RequestId"] = call->request_id;
  body["IsTruncated"] = page->truncated;
  if (page->truncated) body["Marker"] = page->marker;
  Json& policies = body["Policies"]["Policy"] = Json::array();
  for (const std::string& name : page->names) {
    const Result<StoredPolicy> record = ReadPolicy(*call, name);
    if (record.status().code() == StatusCode::kNotFound) continue;
    if (!record.ok()) return StoreFailed(record.status());
    Json policy = PolicyJson(name, *record);
    policy["UpdateDate"] = record->updated;
    policy["AttachmentCount"] =
        identity.policies.find(name)->second.attachments;
    policies.push_back(std::move(policy));
  }
  return JsonReply(body.dump());
}

}  // namespace writ
