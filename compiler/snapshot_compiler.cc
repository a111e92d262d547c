// SPDX-License-Identifier: Apache-2.0
#include "compiler/snapshot_compiler.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "authz/match_principal.h"
#include "authz/match_resource.h"
#include "base/limits.h"
#include "compiler/directory_state.h"

namespace writ {
namespace {

Status NoSuch(std::string_view what, std::string_view name) {
  return NotFound("no " + std::string(what) + " `" + std::string(name) + "`");
}

Status BadName(std::string_view what, std::string_view name) {
  return InvalidArgument("`" + std::string(name) + "` cannot be the name of " +
                         std::string(what));
}

std::string RamArn(std::string_view account, std::string_view kind,
                   std::string_view name) {
  std::string arn = "acs:ram::";
  arn.append(account).append(":").append(kind).append(name);
  return arn;
}

// Whether the ARN is read as what it was made of.
bool ReadsBack(const std::string& arn, PrincipalKind kind,
               std::string_view account, std::string_view name) {
  Caller caller;
  return ReadPrincipal({.name = arn}, &caller) && caller.kind == kind &&
         caller.account == account &&
         (kind == PrincipalKind::kRoot || caller.name == name);
}

std::string_view WordOf(HolderKind kind) {
  switch (kind) {
    case HolderKind::kUser:
      return "user";
    case HolderKind::kGroup:
      return "group";
    case HolderKind::kRole:
      return "role";
  }
  return "holder";
}

std::string_view WordOf(ControlTarget kind) {
  switch (kind) {
    case ControlTarget::kAccount:
      return "account";
    case ControlTarget::kFolder:
      return "folder";
    case ControlTarget::kRoot:
      return "root";
  }
  return "target";
}

}  // namespace

SnapshotCompiler::SnapshotCompiler() : SnapshotCompiler(Options()) {}

SnapshotCompiler::SnapshotCompiler(const Options& options)
    : state_(std::make_unique<State>(options)) {}

SnapshotCompiler::~SnapshotCompiler() = default;

Status SnapshotCompiler::PutAccount(std::string_view account, bool management,
                                    std::string_view folder) {
  if (!ReadsBack(RamArn(account, "root", ""), PrincipalKind::kRoot, account,
                 "")) {
    return BadName("an account", account);
  }
  if (!folder.empty() && !state_->folders.contains(folder)) {
    return NoSuch("folder", folder);
  }
  DirectoryAccount* const entry = &state_->accounts[std::string(account)];
  entry->management = management;
  entry->folder = folder;
  state_->touched_accounts.emplace(account);
  return OkStatus();
}

Status SnapshotCompiler::RemoveAccount(std::string_view account) {
  const auto found = state_->accounts.find(account);
  if (found == state_->accounts.end()) return NoSuch("account", account);
  DirectoryAccount* const entry = &found->second;
  for (auto& [name, user] : entry->users) state_->Forget(entry, &user);
  for (auto& [name, role] : entry->roles) state_->Forget(entry, &role);
  for (auto bucket = state_->buckets.begin();
       bucket != state_->buckets.end();) {
    const auto next = std::next(bucket);
    if (bucket->second.account == account) {
      static_cast<void>(RemoveBucketPolicy(std::string(bucket->first)));
    }
    bucket = next;
  }
  state_->DetachAllControl(ControlTarget::kAccount, account);
  state_->touched_accounts.erase(found->first);
  state_->controlled_accounts.erase(found->first);
  state_->account_table.Erase(account);
  state_->accounts.erase(found);
  return OkStatus();
}

Status SnapshotCompiler::PutFolder(std::string_view folder,
                                   std::string_view parent) {
  if (folder.empty()) return BadName("a folder", folder);
  if (!parent.empty() && !state_->folders.contains(parent)) {
    return NoSuch("folder", parent);
  }
  // Depth of the parent, and of what lies in the folder when it moves.
  uint32_t above = 0;
  for (std::string_view name = parent; !name.empty();
       name = state_->folders.find(name)->second.parent) {
    if (name == folder) {
      return FailedPrecondition("the folder `" + std::string(folder) +
                                "` would lie in itself");
    }
    ++above;
  }
  uint32_t below = 0;
  for (const auto& [inner, entry] : state_->folders) {
    uint32_t depth = 0;
    for (std::string_view name = inner; !name.empty();
         name = state_->folders.find(name)->second.parent) {
      ++depth;
      if (name == folder) below = std::max(below, depth - 1);
    }
  }
  if (above + 1 + below > kMaxFolderDepth) {
    return ResourceExhausted("folders deeper than " +
                             std::to_string(kMaxFolderDepth) + " levels");
  }
  state_->folders[std::string(folder)].parent = parent;
  state_->TouchControl(ControlTarget::kFolder, folder);
  return OkStatus();
}

Status SnapshotCompiler::RemoveFolder(std::string_view folder) {
  const auto found = state_->folders.find(folder);
  if (found == state_->folders.end()) return NoSuch("folder", folder);
  const bool used =
      std::ranges::any_of(
          state_->folders,
          [&](const auto& other) { return other.second.parent == folder; }) ||
      std::ranges::any_of(state_->accounts, [&](const auto& account) {
        return account.second.folder == folder;
      });
  if (used) {
    return FailedPrecondition("the folder `" + std::string(folder) +
                              "` is not empty");
  }
  state_->DetachAllControl(ControlTarget::kFolder, folder);
  state_->folders.erase(found);
  return OkStatus();
}

Status SnapshotCompiler::PutUser(std::string_view account,
                                 std::string_view name, std::string_view id) {
  DirectoryAccount* const holder = state_->FindAccount(account);
  if (holder == nullptr) return NoSuch("account", account);
  std::string arn = RamArn(account, "user/", name);
  if (!ReadsBack(arn, PrincipalKind::kUser, account, name)) {
    return BadName("a user", name);
  }
  DirectoryPrincipal* const user = &holder->users[std::string(name)];
  user->key = arn;
  user->arn = std::move(arn);
  user->id = id;
  user->own.serves.insert(user);
  state_->Touch(user);
  return OkStatus();
}

Status SnapshotCompiler::RemoveUser(std::string_view account,
                                    std::string_view name) {
  DirectoryAccount* const holder = state_->FindAccount(account);
  DirectoryPrincipal* const user = state_->FindUser(holder, name);
  if (user == nullptr) return NoSuch("user", name);
  state_->Forget(holder, user);
  holder->users.erase(holder->users.find(name));
  return OkStatus();
}

Status SnapshotCompiler::PutGroup(std::string_view account,
                                  std::string_view name) {
  DirectoryAccount* const holder = state_->FindAccount(account);
  if (holder == nullptr) return NoSuch("account", account);
  if (name.empty()) return BadName("a group", name);
  holder->groups.try_emplace(std::string(name));
  return OkStatus();
}

Status SnapshotCompiler::RemoveGroup(std::string_view account,
                                     std::string_view name) {
  DirectoryAccount* const holder = state_->FindAccount(account);
  PolicyHolder* const group =
      state_->FindHolder(holder, HolderKind::kGroup, name);
  if (group == nullptr) return NoSuch("group", name);
  state_->DetachAll(holder, group);
  for (DirectoryPrincipal* const member : group->serves) {
    member->groups.erase(group);
  }
  holder->groups.erase(holder->groups.find(name));
  return OkStatus();
}

Status SnapshotCompiler::AddMember(std::string_view account,
                                   std::string_view group,
                                   std::string_view user) {
  DirectoryAccount* const holder = state_->FindAccount(account);
  PolicyHolder* const found =
      state_->FindHolder(holder, HolderKind::kGroup, group);
  if (found == nullptr) return NoSuch("group", group);
  DirectoryPrincipal* const member = state_->FindUser(holder, user);
  if (member == nullptr) return NoSuch("user", user);
  if (!found->serves.insert(member).second) return OkStatus();
  member->groups.insert(found);
  state_->Touch(member);
  return OkStatus();
}

Status SnapshotCompiler::RemoveMember(std::string_view account,
                                      std::string_view group,
                                      std::string_view user) {
  DirectoryAccount* const holder = state_->FindAccount(account);
  PolicyHolder* const found =
      state_->FindHolder(holder, HolderKind::kGroup, group);
  if (found == nullptr) return NoSuch("group", group);
  DirectoryPrincipal* const member = state_->FindUser(holder, user);
  if (member == nullptr || found->serves.erase(member) == 0) {
    return NoSuch("member", user);
  }
  member->groups.erase(found);
  state_->Touch(member);
  return OkStatus();
}

Status SnapshotCompiler::PutRole(std::string_view account,
                                 std::string_view name, std::string_view id,
                                 std::shared_ptr<const ast::Policy> trust,
                                 bool service_linked) {
  DirectoryAccount* const holder = state_->FindAccount(account);
  if (holder == nullptr) return NoSuch("account", account);
  const std::optional<RoleKey> key = RoleKey::Of(account, name);
  if (!key || !ReadsBack(RamArn(account, "role/", name) + "/s",
                         PrincipalKind::kRoleSession, account, name)) {
    return BadName("a role", name);
  }
  std::string key_text(key->text());
  const std::string folded = key_text.substr(key_text.size() - name.size());
  DirectoryPrincipal* const role = &holder->roles[folded];
  role->is_role = true;
  role->key = std::move(key_text);
  role->arn = RamArn(account, "role/", name);
  role->id = id;
  role->service_linked = service_linked;
  role->trust = trust == nullptr
                    ? nullptr
                    : state_->MakePolicy(AttachmentKind::kTrust, account, name,
                                         std::move(trust));
  role->own.serves.insert(role);
  state_->Touch(role);
  return OkStatus();
}

Status SnapshotCompiler::RemoveRole(std::string_view account,
                                    std::string_view name) {
  DirectoryAccount* const holder = state_->FindAccount(account);
  DirectoryPrincipal* const role = state_->FindRole(holder, name);
  if (role == nullptr) return NoSuch("role", name);
  state_->Forget(holder, role);
  std::erase_if(holder->roles,
                [&](const auto& entry) { return &entry.second == role; });
  return OkStatus();
}

Status SnapshotCompiler::PutPolicy(std::string_view account,
                                   std::string_view policy,
                                   std::shared_ptr<const ast::Policy> tree) {
  WRIT_CHECK(tree != nullptr);
  DirectoryAccount* const holder = state_->FindAccount(account);
  if (holder == nullptr) return NoSuch("account", account);
  if (policy.empty()) return BadName("a policy", policy);
  state_->Replace(&holder->policies[std::string(policy)],
                  state_->MakePolicy(AttachmentKind::kIdentity, account, policy,
                                     std::move(tree)));
  return OkStatus();
}

Status SnapshotCompiler::RemovePolicy(std::string_view account,
                                      std::string_view policy) {
  DirectoryAccount* const holder = state_->FindAccount(account);
  if (holder == nullptr) return NoSuch("account", account);
  const auto found = holder->policies.find(policy);
  if (found == holder->policies.end()) return NoSuch("policy", policy);
  state_->Replace(&found->second, nullptr);
  holder->policies.erase(found);
  return OkStatus();
}

Status SnapshotCompiler::Attach(std::string_view account, HolderKind kind,
                                std::string_view holder,
                                std::string_view policy,
                                std::string_view resource_group) {
  DirectoryAccount* const entry = state_->FindAccount(account);
  PolicyHolder* const found = state_->FindHolder(entry, kind, holder);
  if (found == nullptr) return NoSuch(WordOf(kind), holder);
  const auto slot = entry->policies.find(policy);
  if (slot == entry->policies.end()) return NoSuch("policy", policy);
  state_->Attach(&slot->second, found, resource_group);
  return OkStatus();
}

Status SnapshotCompiler::Detach(std::string_view account, HolderKind kind,
                                std::string_view holder,
                                std::string_view policy,
                                std::string_view resource_group) {
  DirectoryAccount* const entry = state_->FindAccount(account);
  PolicyHolder* const found = state_->FindHolder(entry, kind, holder);
  if (found == nullptr) return NoSuch(WordOf(kind), holder);
  const auto slot = entry->policies.find(policy);
  if (slot == entry->policies.end() ||
      !slot->second.places.contains({found, std::string(resource_group)})) {
    return NoSuch("attachment of policy", policy);
  }
  state_->Detach(&slot->second, found, resource_group);
  return OkStatus();
}

Status SnapshotCompiler::PutControlPolicy(
    std::string_view policy, std::shared_ptr<const ast::Policy> tree) {
  WRIT_CHECK(tree != nullptr);
  if (policy.empty()) return BadName("a control policy", policy);
  state_->Replace(&state_->control_policies[std::string(policy)],
                  state_->MakePolicy(AttachmentKind::kControl, "", policy,
                                     std::move(tree)));
  return OkStatus();
}

Status SnapshotCompiler::RemoveControlPolicy(std::string_view policy) {
  const auto found = state_->control_policies.find(policy);
  if (found == state_->control_policies.end()) {
    return NoSuch("control policy", policy);
  }
  state_->Replace(&found->second, nullptr);
  state_->control_policies.erase(found);
  return OkStatus();
}

Status SnapshotCompiler::AttachControl(ControlTarget kind,
                                       std::string_view target,
                                       std::string_view policy) {
  if (state_->FindControl(kind, target) == nullptr) {
    return NoSuch(WordOf(kind), target);
  }
  const auto slot = state_->control_policies.find(policy);
  if (slot == state_->control_policies.end()) {
    return NoSuch("control policy", policy);
  }
  state_->AttachControl(&slot->second, kind, target);
  return OkStatus();
}

Status SnapshotCompiler::DetachControl(ControlTarget kind,
                                       std::string_view target,
                                       std::string_view policy) {
  const auto slot = state_->control_policies.find(policy);
  if (slot == state_->control_policies.end() ||
      !slot->second.places.contains({kind, std::string(target)})) {
    return NoSuch("attachment of control policy", policy);
  }
  state_->DetachControl(&slot->second, kind, target);
  return OkStatus();
}

Status SnapshotCompiler::PutBucketPolicy(
    std::string_view account, std::string_view bucket,
    std::shared_ptr<const ast::Policy> tree) {
  WRIT_CHECK(tree != nullptr);
  if (state_->FindAccount(account) == nullptr) {
    return NoSuch("account", account);
  }
  if (bucket.empty() || bucket.find('/') != std::string_view::npos) {
    return BadName("a bucket", bucket);
  }
  const auto [entry, added] = state_->buckets.try_emplace(std::string(bucket));
  if (!added && entry->second.account != account) {
    return AlreadyExists("the bucket `" + std::string(bucket) +
                         "` belongs to another account");
  }
  entry->second.account = account;
  entry->second.policy = state_->MakePolicy(AttachmentKind::kResource, account,
                                            bucket, std::move(tree));
  state_->touched_buckets.emplace(bucket);
  return OkStatus();
}

Status SnapshotCompiler::RemoveBucketPolicy(std::string_view bucket) {
  const auto found = state_->buckets.find(bucket);
  if (found == state_->buckets.end()) return NoSuch("bucket policy", bucket);
  state_->bucket_table.Erase(bucket);
  state_->touched_buckets.erase(found->first);
  state_->buckets.erase(found);
  return OkStatus();
}

Status SnapshotCompiler::PutResource(std::string_view arn,
                                     std::string_view resource_group) {
  RequestResource resource;
  if (!ReadResource(arn, &resource) || resource.any) {
    return BadName("a resource", arn);
  }
  if (resource_group.empty()) {
    return BadName("a resource group", resource_group);
  }
  state_->resources.insert_or_assign(std::string(arn),
                                     std::string(resource_group));
  state_->resource_table.Put(std::make_shared<ResourceEntry>(
      ResourceEntry{std::string(arn), std::string(resource_group)}));
  return OkStatus();
}

Status SnapshotCompiler::RemoveResource(std::string_view arn) {
  const auto found = state_->resources.find(arn);
  if (found == state_->resources.end()) return NoSuch("resource", arn);
  state_->resource_table.Erase(arn);
  state_->resources.erase(found);
  return OkStatus();
}

Result<std::shared_ptr<const Snapshot>> SnapshotCompiler::Publish(
    uint64_t revision) {
  WRIT_RETURN_IF_ERROR(state_->Refresh());
  DirectoryTables tables;
  tables.principals = state_->principal_table.Share();
  tables.accounts = state_->account_table.Share();
  tables.buckets = state_->bucket_table.Share();
  tables.resources = state_->resource_table.Share();
  tables.units = state_->lists.SharePages();
  tables.has_control = !state_->controlled_accounts.empty();
  return std::make_shared<const Snapshot>(revision, std::move(tables));
}

Status SnapshotCompiler::Fold() { return state_->FoldAll(); }

}  // namespace writ
