// SPDX-License-Identifier: Apache-2.0
#include "tests/property/directory_changes.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>

#include "compiler/compile.h"

namespace writ::testing {
namespace {

constexpr int kGeneratedCases = 600;

}  // namespace

std::string Answer(const Snapshot& snapshot, const Request& request,
                   const Attachment* session) {
  std::vector<StatementRef> all(200);
  const Decision decision = snapshot.Decide(request, all, session);
  std::set<std::string> names;
  for (uint32_t i = 0; i < decision.statement_count; ++i) {
    names.insert(LabelText(snapshot.FindPolicy(all[i].policy)) + "#" +
                 std::to_string(all[i].statement));
  }
  std::string text = std::string(VerdictName(decision.verdict)) + " " +
                     std::string(LayerName(decision.layer)) + " " +
                     std::string(ReasonName(decision.reason)) + " " +
                     std::to_string(decision.resource);
  for (const std::string& name : names) text += " " + name;
  return text;
}

Material::Material(uint64_t seed) {
  reference::CaseGenerator generator(seed);
  for (int i = 0; i < kGeneratedCases; ++i) {
    auto one = std::make_unique<TwoAnswers>(generator.Make().Line("x"));
    if (!one->refusal().empty()) continue;
    for (size_t p = 0; p < one->trees().size(); ++p) {
      trees[one->read().policies[p].kind].push_back(
          std::make_shared<const ast::Policy>(one->trees()[p]));
    }
    cases.push_back(std::move(one));
  }
  for (const Tree& tree : trees[ast::PolicyKind::kSession]) {
    const PolicyInput input[] = {{tree.get(), ast::PolicyKind::kSession}};
    sessions.emplace_back(tree.get(),
                          Program::Load(CompileProgram(input).value()).value());
  }
}

Material::Asked Material::Pick(reference::Random* random) const {
  Asked asked = {random->Pick(cases).get(), nullptr, std::nullopt};
  const RequestView view(asked.one->read().request);
  if (view.request().principal.name.find(":role/") != std::string_view::npos &&
      random->Percent(20)) {
    const auto& [tree, program] = random->Pick(sessions);
    asked.session_tree = tree;
    asked.session =
        Attachment{.program = program.get(), .kind = AttachmentKind::kSession};
  }
  return asked;
}

Changes::Changes(uint64_t seed, const Material* material)
    : random_(seed), material_(*material) {
  SnapshotCompiler::Options options;
  // Some never fold before they must.
  if (random_.Percent(50)) options.fold_statements = 0;
  compiler_ = std::make_unique<SnapshotCompiler>(options);
  for (const std::string& account : kAccounts) PutAccount(account);
  for (int i = 0; i < 120; ++i) ChangeOnce();
}

void Changes::ChangeOnce() {
  const std::string& account = kAccounts[random_.Percent(80) ? 0 : 1];
  const size_t what = random_.Below(100);
  if (what < 25) return ChangeHolders(account);
  if (what < 75) return ChangePolicies(account);
  if (what < 88) return ChangeControl(account);
  return ChangeResources(account);
}

void Changes::PutAccount(const std::string& account) {
  World::Account entry;
  entry.management = random_.Percent(10);
  if (random_.Percent(60)) entry.folder = random_.Pick(kFolders);
  const bool possible =
      entry.folder.empty() || world_.folders.contains(entry.folder);
  Same(compiler_->PutAccount(account, entry.management, entry.folder),
       possible);
  if (possible) world_.accounts[account] = entry;
  if (!possible && !world_.accounts.contains(account)) {
    Same(compiler_->PutAccount(account), true);
    world_.accounts[account] = {};
  }
}

void Changes::ChangeHolders(const std::string& account) {
  const std::string& user = random_.Pick(kUsers);
  const std::string& group = random_.Pick(kGroups);
  const std::string& role = random_.Pick(kRoles);
  const World::Named named_user(account, user);
  const World::Named named_group(account, group);
  const World::Named named_role(account, Lower(role));
  const bool here = world_.accounts.contains(account);
  const bool member = world_.groups.contains(named_group) &&
                      world_.groups[named_group].contains(user);
  const size_t what = random_.Below(100);
  if (what < 20) {
    const std::string& id = random_.Pick(kIds);
    Same(compiler_->PutUser(account, user, id), here);
    if (here) world_.users[named_user] = id;
  } else if (what < 25) {
    Same(compiler_->RemoveUser(account, user),
         world_.users.erase(named_user) > 0);
    world_.Forget(account, HolderKind::kUser, user);
    for (auto& [name, members] : world_.groups) {
      if (name.first == account) members.erase(user);
    }
  } else if (what < 35) {
    Same(compiler_->PutGroup(account, group), here);
    if (here) world_.groups.try_emplace(named_group);
  } else if (what < 38) {
    Same(compiler_->RemoveGroup(account, group),
         world_.groups.erase(named_group) > 0);
    world_.Forget(account, HolderKind::kGroup, group);
  } else if (what < 58) {
    const bool possible = world_.groups.contains(named_group) &&
                          world_.users.contains(named_user);
    Same(compiler_->AddMember(account, group, user), possible);
    if (possible) world_.groups[named_group].insert(user);
  } else if (what < 68) {
    Same(compiler_->RemoveMember(account, group, user), member);
    if (member) world_.groups[named_group].erase(user);
  } else if (what < 92) {
    World::Role entry = {role, random_.Pick(kIds), nullptr,
                         random_.Percent(15)};
    if (random_.Percent(85)) entry.trust = AnyTree(ast::PolicyKind::kTrust);
    Same(compiler_->PutRole(account, role, entry.id, entry.trust,
                            entry.service_linked),
         here);
    if (here) world_.roles[named_role] = entry;
  } else if (what < 97) {
    Same(compiler_->RemoveRole(account, role),
         world_.roles.erase(named_role) > 0);
    world_.Forget(account, HolderKind::kRole, Lower(role));
  } else if (random_.Percent(20)) {
    Same(compiler_->RemoveAccount(account), here);
    world_.RemoveAccount(account);
  } else {
    PutAccount(account);
  }
}

void Changes::ChangePolicies(const std::string& account) {
  const std::string& policy = random_.Pick(kPolicies);
  const World::Named named(account, policy);
  const bool here = world_.accounts.contains(account);
  const size_t what = random_.Below(100);
  if (what < 40) {
    const Tree& tree = AnyTree(ast::PolicyKind::kIdentity);
    Same(compiler_->PutPolicy(account, policy, tree), here);
    if (here) world_.policies[named] = tree;
    return;
  }
  if (what < 43) {
    Same(compiler_->RemovePolicy(account, policy),
         world_.policies.erase(named) > 0);
    std::erase_if(world_.attached, [&](const World::Attached& a) {
      return std::get<0>(a) == account && std::get<3>(a) == policy;
    });
    return;
  }
  const HolderKind kind = random_.Percent(50)   ? HolderKind::kUser
                          : random_.Percent(50) ? HolderKind::kGroup
                                                : HolderKind::kRole;
  const std::string& holder = kind == HolderKind::kUser ? random_.Pick(kUsers)
                              : kind == HolderKind::kGroup
                                  ? random_.Pick(kGroups)
                                  : random_.Pick(kRoles);
  const std::string& scope = random_.Pick(kScopes);
  const World::Attached attached(
      account, kind, kind == HolderKind::kRole ? Lower(holder) : holder, policy,
      scope);
  if (what < 80) {
    const bool possible =
        world_.policies.contains(named) && world_.Has(account, kind, holder);
    Same(compiler_->Attach(account, kind, holder, policy, scope), possible);
    if (possible) world_.attached.insert(attached);
  } else {
    Same(compiler_->Detach(account, kind, holder, policy, scope),
         world_.attached.erase(attached) > 0);
  }
}

void Changes::ChangeControl(const std::string& account) {
  const std::string& policy = random_.Pick(kControls);
  const std::string& folder = random_.Pick(kFolders);
  const size_t what = random_.Below(100);
  if (what < 25) {
    const Tree& tree = AnyTree(ast::PolicyKind::kControl);
    Same(compiler_->PutControlPolicy(policy, tree), true);
    world_.control[policy] = tree;
    return;
  }
  if (what < 30) {
    Same(compiler_->RemoveControlPolicy(policy),
         world_.control.erase(policy) > 0);
    std::erase_if(world_.controlled,
                  [&](const auto& c) { return std::get<2>(c) == policy; });
    return;
  }
  if (what < 50) {
    // f2 may lie in f1, never the other way round.
    const std::string parent =
        folder == "f2" && random_.Percent(50) ? "f1" : "";
    const bool possible = parent.empty() || world_.folders.contains(parent);
    Same(compiler_->PutFolder(folder, parent), possible);
    if (possible) world_.folders[folder] = parent;
    return;
  }
  if (what < 53) {
    const bool used =
        std::ranges::any_of(
            world_.accounts,
            [&](const auto& entry) { return entry.second.folder == folder; }) ||
        std::ranges::any_of(world_.folders, [&](const auto& entry) {
          return entry.second == folder;
        });
    const bool possible = world_.folders.contains(folder) && !used;
    Same(compiler_->RemoveFolder(folder), possible);
    if (!possible) return;
    world_.folders.erase(folder);
    std::erase_if(world_.controlled, [&](const auto& c) {
      return std::get<0>(c) == ControlTarget::kFolder &&
             std::get<1>(c) == folder;
    });
    return;
  }
  if (what < 60) return PutAccount(account);
  const ControlTarget kind = random_.Percent(33)   ? ControlTarget::kRoot
                             : random_.Percent(50) ? ControlTarget::kFolder
                                                   : ControlTarget::kAccount;
  const std::string target = kind == ControlTarget::kRoot     ? ""
                             : kind == ControlTarget::kFolder ? folder
                                                              : account;
  const auto attached = std::tuple(kind, target, policy);
  if (what < 75) {
    const bool possible =
        world_.control.contains(policy) && world_.HasTarget(kind, target);
    Same(compiler_->AttachControl(kind, target, policy), possible);
    if (possible) world_.controlled.insert(attached);
  } else {
    Same(compiler_->DetachControl(kind, target, policy),
         world_.controlled.erase(attached) > 0);
  }
}

void Changes::ChangeResources(const std::string& account) {
  const size_t what = random_.Below(100);
  const std::string bucket = random_.Percent(80) ? "b" : "b2";
  if (what < 50) {
    const Tree& tree = AnyTree(ast::PolicyKind::kResource);
    const auto found = world_.buckets.find(bucket);
    const bool possible =
        world_.accounts.contains(account) &&
        (found == world_.buckets.end() || found->second.account == account);
    Same(compiler_->PutBucketPolicy(account, bucket, tree), possible);
    if (possible) world_.buckets[bucket] = {account, tree};
  } else if (what < 65) {
    Same(compiler_->RemoveBucketPolicy(bucket),
         world_.buckets.erase(bucket) > 0);
  } else {
    const auto& one = random_.Pick(material_.cases);
    const std::string& arn = one->read().request.resources[0];
    if (Segments(arn).size() != 5 || !arn.starts_with("acs:")) return;
    if (what < 90) {
      const std::string group = random_.Percent(60) ? "rg-1" : "rg-2";
      Same(compiler_->PutResource(arn, group), true);
      world_.resources[arn] = group;
    } else {
      Same(compiler_->RemoveResource(arn), world_.resources.erase(arn) > 0);
    }
  }
}

}  // namespace writ::testing
