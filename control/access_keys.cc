// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <utility>

#include "base/limits.h"
#include "control/accounts.h"
#include "control/call.h"
#include "control/record_format.h"

// Access keys of RAM users. A secret leaves the platform once: in the answer
// that makes it.
namespace writ {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

Reply HandleCreateAccessKey(Call* call) {
  const std::string name(call->Text("UserName"));
  const std::string& account = call->caller.account;
  Directory::Change change(call->parts.directory);
  if (auto refusal = call->Confirm(change.current())) return *refusal;
  const IdentityTable& identity = call->Identity(change.current());
  const auto user = identity.users.find(name);
  if (user == identity.users.end()) return NoSuchUser(name);
  if (user->second.keys.size() >= kMaxAccessKeysPerUser) {
    return Refuse(409, "LimitExceeded.User.AccessKey",
                  "The user has as many access keys as it may have: " +
                      std::to_string(kMaxAccessKeysPerUser) + ".");
  }
  NewAccessKey key = MakeAccessKey();
  StoredAccessKey record;
  record.account = account;
  record.user = name;
  record.created = FormatRfc3339(call->parts.clock->Now());
  record.secret = key.secret.Clone();
  change.EditIdentity(account)->users[name].keys.insert(key.id);
  change.EditKeys()->emplace(key.id, KeyEntry{account, name, true, 0});
  Mutation mutation;
  mutation.Put(Table::kAccessKey, kPlatformAccount, key.id,
               EncodeRecord(record).text(), Mutation::kAbsent);
  const Result<uint64_t> revision =
      change.Commit(*call->admission.permit, mutation);
  if (!revision.ok()) return StoreFailed(revision.status());
  Json body;
  body["RequestId"] = call->request_id;
  Json& answer = body["AccessKey"];
  answer["AccessKeyId"] = key.id;
  answer["AccessKeySecret"] = std::string(key.secret.text());
  answer["Status"] = "Active";
  answer["CreateDate"] = record.created;
  return JsonReply(body.dump());
}

Reply HandleDeleteAccessKey(Call* call) {
  const std::string name(call->Text("UserName"));
  const std::string id(call->Text("UserAccessKeyId"));
  const std::string& account = call->caller.account;
  if (id.empty()) {
    return Refuse(400, "MissingParameter",
                  "The parameter UserAccessKeyId is missing.");
  }
  Directory::Change change(call->parts.directory);
  if (auto refusal = call->Confirm(change.current())) return *refusal;
  const IdentityTable& identity = call->Identity(change.current());
  const auto user = identity.users.find(name);
  if (user == identity.users.end()) return NoSuchUser(name);
  // Only among this user's keys: one that belongs to another does not exist.
  if (!user->second.keys.contains(id)) {
    return Refuse(404, "EntityNotExist.User.AccessKey",
                  "The user has no such access key.");
  }
  change.EditIdentity(account)->users[name].keys.erase(id);
  change.EditKeys()->erase(id);
  Mutation mutation;
  mutation.Delete(Table::kAccessKey, kPlatformAccount, id,
                  Mutation::kAnyVersion);
  return CommitAndAcknowledge(call, &change, mutation);
}

Reply HandleListAccessKeys(Call* call) {
  const std::string_view name = call->Text("UserName");
  const auto state = call->parts.directory->state();
  const IdentityTable& identity = call->Identity(*state);
  const auto user = identity.users.find(name);
  if (user == identity.users.end()) return NoSuchUser(name);
  Json body;
  body["RequestId"] = call->request_id;
  Json& keys = body["AccessKeys"]["AccessKey"] = Json::array();
  for (const std::string& id : user->second.keys) {
    const Result<Record> stored =
        call->parts.store->Get(Table::kAccessKey, kPlatformAccount, id);
    if (stored.status().code() == StatusCode::kNotFound) continue;
    if (!stored.ok()) return StoreFailed(stored.status());
    const Result<StoredAccessKey> record =
        DecodeRecord<StoredAccessKey>(stored->value.text());
    if (!record.ok()) return StoreFailed(record.status());
    Json key;
    key["AccessKeyId"] = id;
    key["Status"] = record->active ? "Active" : "Inactive";
    key["CreateDate"] = record->created;
    keys.push_back(std::move(key));
  }
  return JsonReply(body.dump());
}

}  // namespace writ
