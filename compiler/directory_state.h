// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_COMPILER_DIRECTORY_STATE_H_
#define WRIT_COMPILER_DIRECTORY_STATE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authz/snapshot.h"
#include "base/status.h"
#include "compiler/policy_lists.h"
#include "compiler/snapshot_compiler.h"

// What a SnapshotCompiler knows: the directory as it was put, and the tables
// made of it. Internal to the snapshot compiler.
namespace writ {

template <typename Value>
using ByName = std::map<std::string, Value, std::less<>>;

struct DirectoryPrincipal;

// What identity policies are attached to.
struct PolicyHolder {
  // By the resource group of their scope; "" is the account as a whole.
  ByName<ListedSet> attached;
  // Whom they serve: the user or role itself, or the group's members.
  std::set<DirectoryPrincipal*> serves;
};

// An identity policy under its name, whatever its document is at the moment.
struct PolicySlot {
  std::unique_ptr<const ListedPolicy> policy;
  // Where it is attached, with the resource group of the scope.
  std::set<std::pair<PolicyHolder*, std::string>> places;
};

// A user or a role.
struct DirectoryPrincipal {
  bool is_role = false;
  std::string key;  // PrincipalEntry::text
  std::string arn;  // as it was put; of a role without a session
  std::string id;
  bool service_linked = false;
  PolicyHolder own;
  std::set<PolicyHolder*> groups;
  std::unique_ptr<const ListedPolicy> trust;
  // What the tables hold of it, by resource group.
  ByName<std::shared_ptr<PolicyLists::List>> lists;
  std::shared_ptr<PolicyLists::List> trust_list;
};

// The control policies of one account, one folder, or the root.
struct ControlNode {
  ListedSet attached;
  std::shared_ptr<PolicyLists::List> list;
};

struct ControlSlot {
  std::unique_ptr<const ListedPolicy> policy;
  std::set<std::pair<ControlTarget, std::string>> places;
};

struct DirectoryFolder {
  std::string parent;
  ControlNode control;
};

struct DirectoryAccount {
  bool management = false;
  std::string folder;
  ControlNode control;
  ByName<DirectoryPrincipal> users;
  ByName<DirectoryPrincipal> roles;  // by the name in lower case
  ByName<PolicyHolder> groups;
  ByName<PolicySlot> policies;
};

struct DirectoryBucket {
  std::string account;
  std::unique_ptr<const ListedPolicy> policy;
  std::shared_ptr<PolicyLists::List> list;
};

struct SnapshotCompiler::State {
  explicit State(const Options& options);

  // Null when there is none.
  DirectoryAccount* FindAccount(std::string_view account);
  DirectoryPrincipal* FindUser(DirectoryAccount* account,
                               std::string_view name);
  DirectoryPrincipal* FindRole(DirectoryAccount* account,
                               std::string_view name);
  PolicyHolder* FindHolder(DirectoryAccount* account, HolderKind kind,
                           std::string_view name);
  ControlNode* FindControl(ControlTarget kind, std::string_view target);

  std::unique_ptr<const ListedPolicy> MakePolicy(
      AttachmentKind kind, std::string_view account, std::string_view name,
      std::shared_ptr<const ast::Policy> tree);

  // Says that the table entries of these have to be made anew.
  void Touch(DirectoryPrincipal* principal);
  void Touch(const PolicyHolder& holder);
  void TouchControl(ControlTarget kind, std::string_view target);

  // Puts another policy in the place of this one, or none (null).
  void Replace(PolicySlot* slot, std::unique_ptr<const ListedPolicy> policy);
  void Replace(ControlSlot* slot, std::unique_ptr<const ListedPolicy> policy);

  // Attaching again changes nothing; what is detached must be attached.
  void Attach(PolicySlot* slot, PolicyHolder* holder, std::string_view group);
  void Detach(PolicySlot* slot, PolicyHolder* holder, std::string_view group);
  void AttachControl(ControlSlot* slot, ControlTarget kind,
                     std::string_view target);
  void DetachControl(ControlSlot* slot, ControlTarget kind,
                     std::string_view target);
  void DetachAll(DirectoryAccount* account, PolicyHolder* holder);
  void DetachAllControl(ControlTarget kind, std::string_view target);
  // Before a principal is erased.
  void Forget(DirectoryAccount* account, DirectoryPrincipal* principal);

  // Makes the table entries of everything touched. What fails stays touched.
  Status Refresh();
  // Makes one unit of every list, and refreshes.
  Status FoldAll();

  // A node of an account's chain, from the inside out.
  struct ControlPlace {
    ControlNode* node;
    ControlLevel level;
    uint32_t depth = 0;
  };
  std::vector<ControlPlace> ChainOf(DirectoryAccount* account);
  // The policies of the principal and of its groups, by resource group.
  static ByName<ListedSet> SetsOf(const DirectoryPrincipal& principal);
  Status RefreshPrincipal(DirectoryPrincipal* principal, uint64_t* budget);
  Status RefreshControl(ControlNode* node, uint64_t* budget);
  Status RefreshAccount(const std::string& name, uint64_t* budget);
  Status RefreshBucket(const std::string& name, uint64_t* budget);
  Status FoldPrincipal(DirectoryPrincipal* principal);

  const Options options;
  PolicyLists lists;  // before all that holds lists
  ByName<DirectoryAccount> accounts;
  ByName<DirectoryFolder> folders;
  ByName<DirectoryBucket> buckets;
  ByName<std::string> resources;  // group
  ByName<ControlSlot> control_policies;
  ControlNode root;
  uint64_t next_policy_id = 1;

  // By key, so that what happens does not depend on addresses.
  ByName<DirectoryPrincipal*> touched;
  std::set<std::string, std::less<>> touched_accounts;
  std::set<std::string, std::less<>> touched_buckets;

  SharedTableEditor<PrincipalEntry> principal_table;
  SharedTableEditor<AccountEntry> account_table;
  SharedTableEditor<BucketEntry> bucket_table;
  SharedTableEditor<ResourceEntry> resource_table;
  std::set<std::string, std::less<>> controlled_accounts;
};

}  // namespace writ

#endif  // WRIT_COMPILER_DIRECTORY_STATE_H_
