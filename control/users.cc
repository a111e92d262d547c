// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <utility>

#include "base/limits.h"
#include "control/accounts.h"
#include "control/call.h"
#include "control/names.h"
#include "control/record_format.h"
#include "grammar/utf8.h"

// RAM users. The root of an account is no user: no operation here can name it.
namespace writ {
namespace {

using Json = nlohmann::ordered_json;

// The texts that a client may set, and how long they may be.
struct UserText {
  std::string_view parameter;  // without "New"
  std::string StoredUser::*member;
  size_t max_chars;
};
constexpr UserText kUserTexts[] = {
    {"DisplayName", &StoredUser::display_name, 128},
    {"Comments", &StoredUser::comments, 128},
    {"Email", &StoredUser::email, 128},
    {"MobilePhone", &StoredUser::mobile_phone, 64},
};

Json UserJson(std::string_view name, const StoredUser& record, bool updated) {
  Json user;
  user["UserId"] = record.id;
  user["UserName"] = name;
  user["DisplayName"] = record.display_name;
  user["Comments"] = record.comments;
  user["Email"] = record.email;
  user["MobilePhone"] = record.mobile_phone;
  user["CreateDate"] = record.created;
  if (updated) user["UpdateDate"] = record.updated;
  return user;
}

// Sets the texts of `record` that the call names; `prefix` is "" or "New".
std::optional<Reply> ReadTexts(const Call& call, std::string_view prefix,
                               StoredUser* record) {
  for (const UserText& text : kUserTexts) {
    const std::string name = std::string(prefix) + std::string(text.parameter);
    const std::string* value = call.parameters.Find(name);
    if (value == nullptr) continue;
    if (CountCodePoints(*value) > text.max_chars) {
      return Refuse(400, "InvalidParameter." + name + ".Length",
                    "The parameter " + name + " must be at most " +
                        std::to_string(text.max_chars) + " characters.");
    }
    record->*text.member = *value;
  }
  return std::nullopt;
}

Result<StoredUser> ReadUser(const Call& call, std::string_view name,
                            uint64_t* version) {
  WRIT_ASSIGN_OR_RETURN(
      const Record stored,
      call.parts.store->Get(Table::kUser, call.caller.account, name));
  *version = stored.version;
  return DecodeRecord<StoredUser>(stored.value.text());
}

Reply UserReply(const Call& call, std::string_view name,
                const StoredUser& record, bool updated) {
  Json body;
  body["RequestId"] = call.request_id;
  body["User"] = UserJson(name, record, updated);
  return JsonReply(body.dump());
}

}  // namespace

Reply HandleCreateUser(Call* call) {
  const std::string name(call->Text("UserName"));
  const std::string& account = call->caller.account;
  StoredUser record;
  record.id = MakeNumericId(18);
  record.created = FormatRfc3339(call->parts.clock->Now());
  record.updated = record.created;
  record.display_name = name;
  if (auto refusal = ReadTexts(*call, "", &record)) return *refusal;

  Directory::Change change(call->parts.directory);
  if (auto refusal = call->Confirm(change.current())) return *refusal;
  const IdentityTable& identity = call->Identity(change.current());
  if (identity.users.contains(name)) {
    return Refuse(409, "EntityAlreadyExists.User",
                  "The user already exists: " + name + ".");
  }
  if (identity.users.size() >= kMaxUsersPerAccount) {
    return Refuse(409, "LimitExceeded.User",
                  "The account has as many users as it may have: " +
                      std::to_string(kMaxUsersPerAccount) + ".");
  }
  change.EditIdentity(account)->users[name].id = record.id;
  Mutation mutation;
  mutation.Put(Table::kUser, account, name, EncodeRecord(record).text(),
               Mutation::kAbsent);
  const Result<uint64_t> revision =
      change.Commit(*call->admission.permit, mutation);
  if (!revision.ok()) return StoreFailed(revision.status());
  return UserReply(*call, name, record, false);
}

Reply HandleGetUser(Call* call) {
  const std::string_view name = call->Text("UserName");
  uint64_t version = 0;
  const Result<StoredUser> record = ReadUser(*call, name, &version);
  if (record.status().code() == StatusCode::kNotFound) return NoSuchUser(name);
  if (!record.ok()) return StoreFailed(record.status());
  return UserReply(*call, name, *record, true);
}

Reply HandleUpdateUser(Call* call) {
  const std::string name(call->Text("UserName"));
  const std::string_view new_name = call->Text("NewUserName");
  if (!new_name.empty() && new_name != name) {
    return Refuse(400, "InvalidParameter.NewUserName",
                  "Users cannot be renamed yet: create another one.");
  }
  Directory::Change change(call->parts.directory);
  if (auto refusal = call->Confirm(change.current())) return *refusal;
  if (!call->Identity(change.current()).users.contains(name)) {
    return NoSuchUser(name);
  }
  uint64_t version = 0;
  Result<StoredUser> record = ReadUser(*call, name, &version);
  if (!record.ok()) return StoreFailed(record.status());
  if (auto refusal = ReadTexts(*call, "New", &*record)) return *refusal;
  record->updated = FormatRfc3339(call->parts.clock->Now());
  Mutation mutation;
  mutation.Put(Table::kUser, call->caller.account, name,
               EncodeRecord(*record).text(), version);
  const Result<uint64_t> revision =
      change.Commit(*call->admission.permit, mutation);
  if (!revision.ok()) return StoreFailed(revision.status());
  return UserReply(*call, name, *record, true);
}

Reply HandleDeleteUser(Call* call) {
  const std::string name(call->Text("UserName"));
  const std::string& account = call->caller.account;
  Directory::Change change(call->parts.directory);
  if (auto refusal = call->Confirm(change.current())) return *refusal;
  const IdentityTable& identity = call->Identity(change.current());
  const auto user = identity.users.find(name);
  if (user == identity.users.end()) return NoSuchUser(name);
  if (!user->second.policies.empty()) {
    return Refuse(409, "DeleteConflict.User.Policy",
                  "The user has policies attached; detach them first.");
  }
  if (!user->second.keys.empty()) {
    return Refuse(409, "DeleteConflict.User.AccessKey",
                  "The user has access keys; delete them first.");
  }
  change.EditIdentity(account)->users.erase(name);
  Mutation mutation;
  mutation.Delete(Table::kUser, account, name, Mutation::kAnyVersion);
  return CommitAndAcknowledge(call, &change, mutation);
}

Reply HandleListUsers(Call* call) {
  const auto state = call->parts.directory->state();
  const Result<MarkerPage> page = PageOf(call->Identity(*state).users, *call);
  if (!page.ok()) {
    return Refuse(400, "InvalidParameter.MaxItems",
                  "MaxItems must be a number from 1 to 1000.");
  }
  Json body;
  body["RequestId"] = call->request_id;
  body["IsTruncated"] = page->truncated;
  if (page->truncated) body["Marker"] = page->marker;
  Json& users = body["Users"]["User"] = Json::array();
  for (const std::string& name : page->names) {
    uint64_t version = 0;
    const Result<StoredUser> record = ReadUser(*call, name, &version);
    // Deleted since the state was taken.
    if (record.status().code() == StatusCode::kNotFound) continue;
    if (!record.ok()) return StoreFailed(record.status());
    users.push_back(UserJson(name, *record, true));
  }
  return JsonReply(body.dump());
}

}  // namespace writ
