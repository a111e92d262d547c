// SPDX-License-Identifier: Apache-2.0
#include "compiler/directory_state.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "authz/match_principal.h"
#include "authz/text.h"
#include "base/limits.h"

namespace writ {
namespace {

std::string Folded(std::string_view text) {
  std::string folded(text);
  std::ranges::transform(folded, folded.begin(), FoldAscii);
  return folded;
}

template <typename Value>
Value* FindIn(ByName<Value>* values, std::string_view name) {
  const auto found = values->find(name);
  return found == values->end() ? nullptr : &found->second;
}

void Insert(const ListedPolicy* policy, ListedSet* set) {
  set->insert(std::ranges::lower_bound(*set, policy->id, {}, &ListedPolicy::id),
              policy);
}

void Remove(const ListedPolicy* policy, ListedSet* set) {
  set->erase(std::ranges::lower_bound(*set, policy->id, {}, &ListedPolicy::id));
}

ListedSet Union(const ListedSet& a, const ListedSet& b) {
  ListedSet both;
  both.reserve(a.size() + b.size());
  std::ranges::set_union(a, b, std::back_inserter(both), {}, &ListedPolicy::id,
                         &ListedPolicy::id);
  return both;
}

PolicyLists::Form FormOf(AttachmentKind kind, std::string_view group = {}) {
  return {.kind = kind,
          .resource_group_scope = !group.empty(),
          .group = std::string(group)};
}

}  // namespace

SnapshotCompiler::State::State(const Options& chosen)
    : options(chosen),
      lists({.passes = chosen.passes,
             .budget = chosen.budget,
             .known_actions = chosen.known_actions}) {}

DirectoryAccount* SnapshotCompiler::State::FindAccount(
    std::string_view account) {
  return FindIn(&accounts, account);
}

DirectoryPrincipal* SnapshotCompiler::State::FindUser(DirectoryAccount* account,
                                                      std::string_view name) {
  return account == nullptr ? nullptr : FindIn(&account->users, name);
}

DirectoryPrincipal* SnapshotCompiler::State::FindRole(DirectoryAccount* account,
                                                      std::string_view name) {
  return account == nullptr ? nullptr : FindIn(&account->roles, Folded(name));
}

PolicyHolder* SnapshotCompiler::State::FindHolder(DirectoryAccount* account,
                                                  HolderKind kind,
                                                  std::string_view name) {
  if (account == nullptr) return nullptr;
  if (kind == HolderKind::kGroup) return FindIn(&account->groups, name);
  DirectoryPrincipal* const principal = kind == HolderKind::kUser
                                            ? FindUser(account, name)
                                            : FindRole(account, name);
  return principal == nullptr ? nullptr : &principal->own;
}

ControlNode* SnapshotCompiler::State::FindControl(ControlTarget kind,
                                                  std::string_view target) {
  switch (kind) {
    case ControlTarget::kAccount: {
      DirectoryAccount* const account = FindAccount(target);
      return account == nullptr ? nullptr : &account->control;
    }
    case ControlTarget::kFolder: {
      DirectoryFolder* const folder = FindIn(&folders, target);
      return folder == nullptr ? nullptr : &folder->control;
    }
    case ControlTarget::kRoot:
      return target.empty() ? &root : nullptr;
  }
  return nullptr;
}

std::unique_ptr<const ListedPolicy> SnapshotCompiler::State::MakePolicy(
    AttachmentKind kind, std::string_view account, std::string_view name,
    std::shared_ptr<const ast::Policy> tree) {
  auto policy = std::make_unique<ListedPolicy>();
  policy->label = std::make_shared<PolicyLabel>(
      PolicyLabel{kind, std::string(account), std::string(name)});
  policy->id = next_policy_id++;
  policy->statements = tree->statements.size();
  policy->tree = std::move(tree);
  return policy;
}

void SnapshotCompiler::State::Touch(DirectoryPrincipal* principal) {
  touched.emplace(principal->key, principal);
}

void SnapshotCompiler::State::Touch(const PolicyHolder& holder) {
  for (DirectoryPrincipal* const principal : holder.serves) Touch(principal);
}

void SnapshotCompiler::State::TouchControl(ControlTarget kind,
                                           std::string_view target) {
  if (kind == ControlTarget::kAccount) {
    touched_accounts.emplace(target);
    return;
  }
  for (const auto& [name, account] : accounts) {
    bool below = kind == ControlTarget::kRoot;
    for (std::string_view folder = account.folder; !below && !folder.empty();
         folder = folders.find(folder)->second.parent) {
      below = folder == target;
    }
    if (below) touched_accounts.insert(name);
  }
}

void SnapshotCompiler::State::Replace(
    PolicySlot* slot, std::unique_ptr<const ListedPolicy> policy) {
  for (const auto& [holder, group] : slot->places) {
    ListedSet* const set = &holder->attached.find(group)->second;
    Remove(slot->policy.get(), set);
    if (policy != nullptr) Insert(policy.get(), set);
    Touch(*holder);
  }
  slot->policy = std::move(policy);
}

void SnapshotCompiler::State::Replace(
    ControlSlot* slot, std::unique_ptr<const ListedPolicy> policy) {
  for (const auto& [kind, target] : slot->places) {
    ListedSet* const set = &FindControl(kind, target)->attached;
    Remove(slot->policy.get(), set);
    if (policy != nullptr) Insert(policy.get(), set);
    TouchControl(kind, target);
  }
  slot->policy = std::move(policy);
}

void SnapshotCompiler::State::Attach(PolicySlot* slot, PolicyHolder* holder,
                                     std::string_view group) {
  if (!slot->places.emplace(holder, group).second) return;
  Insert(slot->policy.get(), &holder->attached[std::string(group)]);
  Touch(*holder);
}

void SnapshotCompiler::State::Detach(PolicySlot* slot, PolicyHolder* holder,
                                     std::string_view group) {
  slot->places.erase({holder, std::string(group)});
  Remove(slot->policy.get(), &holder->attached.find(group)->second);
  Touch(*holder);
}

void SnapshotCompiler::State::AttachControl(ControlSlot* slot,
                                            ControlTarget kind,
                                            std::string_view target) {
  if (!slot->places.emplace(kind, target).second) return;
  Insert(slot->policy.get(), &FindControl(kind, target)->attached);
  TouchControl(kind, target);
}

void SnapshotCompiler::State::DetachControl(ControlSlot* slot,
                                            ControlTarget kind,
                                            std::string_view target) {
  slot->places.erase({kind, std::string(target)});
  Remove(slot->policy.get(), &FindControl(kind, target)->attached);
  TouchControl(kind, target);
}

void SnapshotCompiler::State::DetachAll(DirectoryAccount* account,
                                        PolicyHolder* holder) {
  Touch(*holder);
  for (const auto& [group, set] : holder->attached) {
    for (const ListedPolicy* const policy : set) {
      account->policies.find(policy->label->name)
          ->second.places.erase({holder, group});
    }
  }
  holder->attached.clear();
}

void SnapshotCompiler::State::DetachAllControl(ControlTarget kind,
                                               std::string_view target) {
  ControlNode* const node = FindControl(kind, target);
  for (const ListedPolicy* const policy : node->attached) {
    control_policies.find(policy->label->name)
        ->second.places.erase({kind, std::string(target)});
  }
  node->attached.clear();
  TouchControl(kind, target);
}

void SnapshotCompiler::State::Forget(DirectoryAccount* account,
                                     DirectoryPrincipal* principal) {
  DetachAll(account, &principal->own);
  for (PolicyHolder* const group : principal->groups) {
    group->serves.erase(principal);
  }
  touched.erase(principal->key);
  principal_table.Erase(principal->key);
}

Status SnapshotCompiler::State::Refresh() {
  uint64_t budget = options.fold_statements;
  while (!touched.empty()) {
    WRIT_RETURN_IF_ERROR(RefreshPrincipal(touched.begin()->second, &budget));
    touched.erase(touched.begin());
  }
  while (!touched_accounts.empty()) {
    WRIT_RETURN_IF_ERROR(RefreshAccount(*touched_accounts.begin(), &budget));
    touched_accounts.erase(touched_accounts.begin());
  }
  while (!touched_buckets.empty()) {
    WRIT_RETURN_IF_ERROR(RefreshBucket(*touched_buckets.begin(), &budget));
    touched_buckets.erase(touched_buckets.begin());
  }
  return OkStatus();
}

ByName<ListedSet> SnapshotCompiler::State::SetsOf(
    const DirectoryPrincipal& principal) {
  ByName<ListedSet> sets = principal.own.attached;
  for (const PolicyHolder* const group : principal.groups) {
    for (const auto& [name, set] : group->attached) {
      ListedSet* const mine = &sets[name];
      *mine = Union(*mine, set);
    }
  }
  std::erase_if(sets, [](const auto& set) { return set.second.empty(); });
  return sets;
}

Status SnapshotCompiler::State::RefreshPrincipal(DirectoryPrincipal* principal,
                                                 uint64_t* budget) {
  ByName<std::shared_ptr<PolicyLists::List>> made;
  for (const auto& [group, set] : SetsOf(*principal)) {
    const auto before = principal->lists.find(group);
    WRIT_ASSIGN_OR_RETURN(
        made[group],
        lists.ListOf(
            FormOf(AttachmentKind::kIdentity, group), set,
            before == principal->lists.end() ? nullptr : before->second.get(),
            budget));
  }
  std::shared_ptr<PolicyLists::List> trust;
  if (principal->trust != nullptr) {
    WRIT_ASSIGN_OR_RETURN(
        trust, lists.ListOf(FormOf(AttachmentKind::kTrust),
                            {principal->trust.get()}, nullptr, budget));
  }
  auto entry = std::make_shared<PrincipalEntry>();
  entry->text = principal->key;
  entry->id = principal->id;
  entry->service_linked = principal->service_linked;
  for (const auto& [group, list] : made) {
    if (group.empty()) {
      entry->policies = list->published();
    } else {
      entry->scoped.push_back(list->published());
    }
  }
  if (trust != nullptr) entry->trust = trust->published();
  if (!principal->is_role) {
    WRIT_CHECK(
        ReadPrincipal({.name = entry->text, .id = entry->id}, &entry->caller));
  }
  principal_table.Put(std::move(entry));
  principal->lists = std::move(made);
  principal->trust_list = std::move(trust);
  return OkStatus();
}

Status SnapshotCompiler::State::RefreshControl(ControlNode* node,
                                               uint64_t* budget) {
  std::shared_ptr<PolicyLists::List> list;
  if (!node->attached.empty()) {
    WRIT_ASSIGN_OR_RETURN(
        list, lists.ListOf(FormOf(AttachmentKind::kControl), node->attached,
                           node->list.get(), budget));
  }
  node->list = std::move(list);
  return OkStatus();
}

std::vector<SnapshotCompiler::State::ControlPlace>
SnapshotCompiler::State::ChainOf(DirectoryAccount* account) {
  std::vector<ControlPlace> chain = {
      {&account->control, ControlLevel::kMember}};
  for (std::string_view name = account->folder; !name.empty();) {
    DirectoryFolder* const folder = FindIn(&folders, name);
    chain.push_back({&folder->control, ControlLevel::kFolder});
    name = folder->parent;
  }
  // Folders further inside are deeper.
  const auto depth = static_cast<uint32_t>(chain.size());
  for (uint32_t i = 1; i < depth; ++i) chain[i].depth = depth - i;
  chain.push_back({&root, ControlLevel::kRoot});
  return chain;
}

Status SnapshotCompiler::State::RefreshAccount(const std::string& name,
                                               uint64_t* budget) {
  DirectoryAccount* const account = FindAccount(name);
  auto entry = std::make_shared<AccountEntry>();
  entry->id = name;
  entry->management = account->management;
  for (const ControlPlace& place : ChainOf(account)) {
    WRIT_RETURN_IF_ERROR(RefreshControl(place.node, budget));
    if (place.node->list == nullptr) continue;
    const std::shared_ptr<const PolicyList>& list =
        place.node->list->published();
    for (Attachment attachment : list->attachments) {
      attachment.level = place.level;
      attachment.depth = place.depth;
      attachment.account = entry->id;
      entry->control.push_back(attachment);
    }
    entry->held.push_back(list);
  }
  if (entry->control.empty()) {
    controlled_accounts.erase(name);
  } else {
    controlled_accounts.insert(name);
  }
  account_table.Put(std::move(entry));
  return OkStatus();
}

Status SnapshotCompiler::State::RefreshBucket(const std::string& name,
                                              uint64_t* budget) {
  DirectoryBucket* const bucket = FindIn(&buckets, name);
  WRIT_ASSIGN_OR_RETURN(bucket->list,
                        lists.ListOf(FormOf(AttachmentKind::kResource),
                                     {bucket->policy.get()}, nullptr, budget));
  auto entry = std::make_shared<BucketEntry>();
  entry->name = name;
  entry->policy = bucket->list->published();
  bucket_table.Put(std::move(entry));
  return OkStatus();
}

Status SnapshotCompiler::State::FoldPrincipal(DirectoryPrincipal* principal) {
  const PrincipalEntry* const entry = principal_table.Find(principal->key);
  WRIT_CHECK(entry != nullptr);
  size_t current = 0;
  for (const auto& [group, set] : SetsOf(*principal)) {
    const std::shared_ptr<PolicyLists::List>& list =
        principal->lists.find(group)->second;
    WRIT_RETURN_IF_ERROR(lists.Fold(set, list.get()));
    const auto& held =
        group.empty() ? entry->policies : entry->scoped[current++];
    if (held != list->published()) Touch(principal);
  }
  return OkStatus();
}

Status SnapshotCompiler::State::FoldAll() {
  WRIT_RETURN_IF_ERROR(Refresh());
  std::vector<ControlNode*> nodes = {&root};
  for (auto& [name, folder] : folders) nodes.push_back(&folder.control);
  for (auto& [name, account] : accounts) {
    nodes.push_back(&account.control);
    for (auto& [user, principal] : account.users) {
      WRIT_RETURN_IF_ERROR(FoldPrincipal(&principal));
    }
    for (auto& [role, principal] : account.roles) {
      WRIT_RETURN_IF_ERROR(FoldPrincipal(&principal));
    }
  }
  for (ControlNode* const node : nodes) {
    if (node->list == nullptr) continue;
    const auto before = node->list->published();
    WRIT_RETURN_IF_ERROR(lists.Fold(node->attached, node->list.get()));
    if (before == node->list->published()) continue;
    for (const auto& [name, account] : accounts) touched_accounts.insert(name);
  }
  return Refresh();
}

}  // namespace writ
