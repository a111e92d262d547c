// SPDX-License-Identifier: Apache-2.0
#include "authz/snapshot.h"

#include <optional>
#include <string_view>
#include <utility>

#include "authz/match_action.h"
#include "authz/match_principal.h"
#include "authz/match_resource.h"

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

// Who asks, and what the directory holds for the request.
class Gathered final : public AttachmentSource {
 public:
  Gathered(const DirectoryTables& tables, const Request& request,
           const Attachment* session)
      : tables_(tables), request_(request) {
    if (session == nullptr) return;
    session_ = *session;
    // The first page of numbers is no unit's.
    if (session_->first_policy == Attachment::kOwnPlace) {
      session_->first_policy = 0;
    }
  }

  // Reads the principal; false when it is of no known form.
  bool Read();
  const Caller& caller() const { return caller_; }
  bool in_management_account() const { return in_management_account_; }

  AttachmentLists ListsFor(
      const RequestResource& resource) const noexcept override;

 private:
  void Add(std::span<const Attachment> list) const {
    if (!list.empty()) lists_[count_++] = list;
  }
  void AddScoped(const RequestResource& resource) const;
  void AddControl(std::string_view owner) const;
  void AddTrust(const RequestResource& resource, std::string_view owner) const;
  void AddBucket(const RequestResource& resource) const;

  const DirectoryTables& tables_;
  const Request& request_;
  std::optional<Attachment> session_;
  Caller caller_;
  const PrincipalEntry* principal_ = nullptr;
  const AccountEntry* account_ = nullptr;
  bool in_management_account_ = false;
  bool assumes_role_ = false;
  // Own, session, scoped, the owner's and the caller's control, trust, bucket.
  mutable std::array<std::span<const Attachment>, 7> lists_;
  mutable size_t count_ = 0;
};

bool Gathered::Read() {
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

AttachmentLists Gathered::ListsFor(
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

void Gathered::AddScoped(const RequestResource& resource) const {
  const ResourceEntry* const entry = tables_.resources.Find(TextOf(resource));
  const std::string_view group =
      entry == nullptr ? request_.resource_group : entry->group;
  for (const auto& list : principal_->scoped) {
    if (list->group == group) return Add(list->attachments);
  }
}

void Gathered::AddControl(std::string_view owner) const {
  const AccountEntry* const entry =
      owner == caller_.account ? account_ : tables_.accounts.Find(owner);
  if (entry != nullptr) Add(entry->control);
  if (entry != account_ && account_ != nullptr) Add(account_->control);
}

void Gathered::AddTrust(const RequestResource& resource,
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

void Gathered::AddBucket(const RequestResource& resource) const {
  const std::string_view object = resource.segments[3];
  const BucketEntry* const entry =
      tables_.buckets.Find(object.substr(0, object.find('/')));
  if (entry != nullptr) Add(AttachmentsOf(entry->policy));
}

}  // namespace

Decision Snapshot::Decide(const Request& request, std::span<StatementRef> all,
                          const Attachment* session) const noexcept {
  Decision decision;
  decision.reason = Reason::kMalformedRequest;
  Gathered gathered(tables_, request, session);
  if (!gathered.Read()) return decision;
  Request question = request;
  question.principal.in_management_account = gathered.in_management_account();
  // A refused request leaves an implicit deny behind, which is the answer.
  static_cast<void>(
      DecideFor(gathered.caller(), question, gathered, &decision, all));
  return decision;
}

const PolicyLabel* Snapshot::FindPolicy(uint32_t policy) const noexcept {
  const auto key = UnitPage::KeyOf(policy);
  const UnitPage* const page = tables_.units.Find({key.data(), key.size()});
  if (page == nullptr) return nullptr;
  const uint32_t place = policy - page->unit->first_policy;
  if (place >= page->unit->policies.size()) return nullptr;
  return page->unit->policies[place].get();
}

std::shared_ptr<const Snapshot> SnapshotHolder::Current() const {
  MutexLock lock(&mu_);
  return current_;
}

void SnapshotHolder::Publish(std::shared_ptr<const Snapshot> snapshot) {
  // What was in force is destroyed behind the lock.
  MutexLock lock(&mu_);
  current_.swap(snapshot);
}

}  // namespace writ
