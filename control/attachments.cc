// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <utility>

#include "base/limits.h"
#include "control/call.h"
#include "control/record_format.h"

// Which policies are attached to which users.
namespace writ {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

Reply HandleAttachPolicyToUser(Call* call) {
  const std::string user_name(call->Text("UserName"));
  const std::string policy_name(call->Text("PolicyName"));
  const std::string& account = call->caller.account;
  if (auto refusal = CheckPolicyType(*call, true)) return *refusal;
  if (!call->Text("ResourceGroupId").empty()) {
    return Refuse(400, "InvalidParameter.ResourceGroupId",
                  "Resource groups are not served yet.");
  }
  Directory::Change change(call->parts.directory);
  if (auto refusal = call->Confirm(change.current())) return *refusal;
  const IdentityTable& identity = call->Identity(change.current());
  const auto user = identity.users.find(user_name);
  if (user == identity.users.end()) return NoSuchUser(user_name);
  if (!identity.policies.contains(policy_name)) {
    return NoSuchPolicy(policy_name);
  }
  if (user->second.policies.contains(policy_name)) {
    return Refuse(409, "EntityAlreadyExists.User.Policy",
                  "The policy is attached to the user already.");
  }
  if (user->second.policies.size() >= kMaxPoliciesPerUser) {
    return Refuse(409, "LimitExceeded.User.Policy",
                  "The user has as many policies as it may have: " +
                      std::to_string(kMaxPoliciesPerUser) + ".");
  }
  IdentityTable* next = change.EditIdentity(account);
  next->users[user_name].policies.insert(policy_name);
  ++next->policies[policy_name].attachments;
  StoredAttachment record;
  record.created = FormatRfc3339(call->parts.clock->Now());
  Mutation mutation;
  mutation.Put(Table::kAttachment, account,
               AttachmentName(user_name, policy_name),
               EncodeRecord(record).text(), Mutation::kAbsent);
  return CommitAndAcknowledge(call, &change, mutation);
}

Reply HandleDetachPolicyFromUser(Call* call) {
  const std::string user_name(call->Text("UserName"));
  const std::string policy_name(call->Text("PolicyName"));
  const std::string& account = call->caller.account;
  if (auto refusal = CheckPolicyType(*call, true)) return *refusal;
  Directory::Change change(call->parts.directory);
  if (auto refusal = call->Confirm(change.current())) return *refusal;
  const IdentityTable& identity = call->Identity(change.current());
  const auto user = identity.users.find(user_name);
  if (user == identity.users.end()) return NoSuchUser(user_name);
  if (!identity.policies.contains(policy_name)) {
    return NoSuchPolicy(policy_name);
  }
  if (!user->second.policies.contains(policy_name)) {
    return Refuse(404, "EntityNotExist.User.Policy",
                  "The policy is not attached to the user.");
  }
  IdentityTable* next = change.EditIdentity(account);
  next->users[user_name].policies.erase(policy_name);
  --next->policies[policy_name].attachments;
  Mutation mutation;
  mutation.Delete(Table::kAttachment, account,
                  AttachmentName(user_name, policy_name),
                  Mutation::kAnyVersion);
  return CommitAndAcknowledge(call, &change, mutation);
}

Reply HandleListPoliciesForUser(Call* call) {
  const std::string user_name(call->Text("UserName"));
  const auto state = call->parts.directory->state();
  const IdentityTable& identity = call->Identity(*state);
  const auto user = identity.users.find(user_name);
  if (user == identity.users.end()) return NoSuchUser(user_name);
  Json body;
  body["RequestId"] = call->request_id;
  Json& policies = body["Policies"]["Policy"] = Json::array();
  for (const std::string& name : user->second.policies) {
    const Result<Record> stored =
        call->parts.store->Get(Table::kPolicy, call->caller.account, name);
    if (stored.status().code() == StatusCode::kNotFound) continue;
    if (!stored.ok()) return StoreFailed(stored.status());
    const Result<StoredPolicy> record =
        DecodeRecord<StoredPolicy>(stored->value.text());
    if (!record.ok()) return StoreFailed(record.status());
    const Result<Record> attachment =
        call->parts.store->Get(Table::kAttachment, call->caller.account,
                               AttachmentName(user_name, name));
    if (attachment.status().code() == StatusCode::kNotFound) continue;
    if (!attachment.ok()) return StoreFailed(attachment.status());
    const Result<StoredAttachment> attached =
        DecodeRecord<StoredAttachment>(attachment->value.text());
    if (!attached.ok()) return StoreFailed(attached.status());
    Json policy;
    policy["PolicyName"] = name;
    policy["PolicyType"] = "Custom";
    policy["Description"] = record->description;
    policy["DefaultVersion"] = kPolicyVersion;
    policy["AttachDate"] = attached->created;
    policies.push_back(std::move(policy));
  }
  return JsonReply(body.dump());
}

}  // namespace writ
