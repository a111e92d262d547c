// SPDX-License-Identifier: Apache-2.0
#include "authz/snapshot_gathering.h"

#include "authz/match_action.h"

namespace writ {
namespace {

using Declared = RequestPrincipal::Declared;

std::span<const Attachment> AttachmentsOf(
    const std::shared_ptr<const PolicyList>& list) {
  if (list == nullptr) return {};
  return list->attachments;
}

// The whole ARN again.
std::string_view TextOf(const RequestResource& resource) {
  constexpr size_t kPrefixBytes = 4;  // acs:
  const char* const begin = resource.segments[0].data() - kPrefixBytes;
  const char* const end =
      resource.segments[3].data() + resource.segments[3].size();
  return {begin, static_cast<size_t>(end - begin)};
}

}  // namespace

SnapshotGathering::SnapshotGathering(const DirectoryTables& tables,
                                     const Request& request,
                                     const Attachment* session)
    : tables_(tables), request_(request) {
  if (session == nullptr) return;
  session_ = *session;
  if (session_->first_policy == Attachment::kOwnPlace) {
    session_->first_policy = 0;
  }
}

bool SnapshotGathering::Read() noexcept {
  const RequestPrincipal& asked = request_.principal;
  const PrincipalEntry* const user = asked.declared == Declared::kByName
                                         ? tables_.principals.Find(asked.name)
                                         : nullptr;
  if (user != nullptr && user->caller.kind == PrincipalKind::kUser &&
      (asked.account.empty() || asked.account == user->caller.account)) {
    principal_ = user;
    caller_ = user->caller;
    if (!asked.id.empty()) caller_.id = asked.id;
  } else {
    if (!ReadPrincipal(asked, &caller_)) return false;
    if (caller_.is_session()) {
      const std::optional<RoleKey> key =
          RoleKey::Of(caller_.account, caller_.name);
      if (key) principal_ = tables_.principals.Find(key->text());
    }
    if (principal_ != nullptr) {
      caller_.kind = principal_->service_linked
                         ? PrincipalKind::kServiceLinkedRole
                         : PrincipalKind::kRoleSession;
      if (caller_.id.empty()) caller_.id = principal_->id;
    }
  }
  in_management_account_ = asked.in_management_account;
  if (tables_.has_control) {
    account_ = tables_.accounts.Find(caller_.account);
    if (account_ != nullptr) in_management_account_ = account_->management;
  }
  RequestAction action;
  assumes_role_ = ReadAction(request_.action, &action) && action.assume_role;
  return true;
}

AttachmentLists SnapshotGathering::ListsFor(
    const RequestResource& resource) const noexcept {
  count_ = 0;
  const std::string_view named = resource.account();
  const std::string_view owner =
      named.empty() || named == "*" ? caller_.account : named;
  if (principal_ != nullptr) {
    Add(AttachmentsOf(principal_->policies));
    if (!principal_->scoped.empty() && !resource.any) AddScoped(resource);
  }
  if (session_) Add({&*session_, 1});
  if (tables_.has_control) AddControl(owner);
  if (assumes_role_) AddTrust(resource, owner);
  if (resource.service() == "oss") AddBucket(resource);
  return {lists_.data(), count_};
}

std::string_view SnapshotGathering::GroupOf(
    const RequestResource& resource) const noexcept {
  if (resource.any) return request_.resource_group;
  const ResourceEntry* const entry = tables_.resources.Find(TextOf(resource));
  return entry == nullptr ? request_.resource_group : entry->group;
}

void SnapshotGathering::AddScoped(const RequestResource& resource) const {
  const std::string_view group = GroupOf(resource);
  for (const auto& list : principal_->scoped) {
    if (list->group == group) return Add(list->attachments);
  }
}

void SnapshotGathering::AddControl(std::string_view owner) const {
  const AccountEntry* const entry =
      owner == caller_.account ? account_ : tables_.accounts.Find(owner);
  if (entry != nullptr) Add(entry->control);
  if (entry != account_ && account_ != nullptr) Add(account_->control);
}

void SnapshotGathering::AddTrust(const RequestResource& resource,
                                 std::string_view owner) const {
  constexpr std::string_view kRolePrefix = "role/";
  const std::string_view role = resource.segments[3];
  if (resource.fold_bytes == 0 || resource.fold_bytes != role.size()) return;
  const std::optional<RoleKey> key =
      RoleKey::Of(owner, role.substr(kRolePrefix.size()));
  if (!key) return;
  const PrincipalEntry* const entry = tables_.principals.Find(key->text());
  if (entry != nullptr) Add(AttachmentsOf(entry->trust));
}

void SnapshotGathering::AddBucket(const RequestResource& resource) const {
  const std::string_view object = resource.segments[3];
  const BucketEntry* const entry =
      tables_.buckets.Find(object.substr(0, object.find('/')));
  if (entry != nullptr) Add(AttachmentsOf(entry->policy));
}

}  // namespace writ
