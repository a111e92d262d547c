// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_COMPILER_SNAPSHOT_COMPILER_H_
#define WRIT_COMPILER_SNAPSHOT_COMPILER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "authz/snapshot.h"
#include "base/status.h"
#include "compiler/compile.h"
#include "grammar/ast.h"

namespace writ {

// What attaches identity policies to principals. A group's are those of its
// members.
enum class HolderKind : uint8_t { kUser, kGroup, kRole };

// Where a control policy is attached.
enum class ControlTarget : uint8_t { kAccount, kFolder, kRoot };

// A snapshot as bytes, and how much is in it.
struct PackedSnapshot {
  std::string directory;
  std::string program;
  uint32_t accounts = 0;
  uint32_t principals = 0;
  uint32_t policies = 0;
  uint32_t statements = 0;
};

// Keeps a directory with the trees of its policies, takes changes, and makes
// snapshots of it.
//
// Policies that are decided together for a principal (ram.md R36), for a level
// of control, a role or a bucket are compiled into one unit, and principals
// with equal sets of policies share theirs. A change compiles the changed
// policy alone: lists that hold it get it beside their units, in which the old
// one is masked. When more than kMaxListPatches policies of a list stand alone,
// they become one unit, together with those before them that are not much
// larger: so a list has few units, and a policy is compiled again about as many
// times as the logarithm of its list's length says. Small lists are made whole
// at once, and Fold makes all of them whole.
//
// Snapshots share with each other what did not change. Whatever the order of
// the changes was, a snapshot decides like one of a fresh compiler that was
// told the same directory.
//
// Not thread-safe; the snapshots are. Names are compared as bytes, those of
// roles without ASCII case (R33). Trees are as CompileProgram wants them:
// without errors.
//
// Errors that all changes share: kNotFound names what does not exist,
// kInvalidArgument a name that no ARN could hold. A change that fails changes
// nothing. What is removed takes along what hangs on it: a user's memberships
// and attachments, a policy's attachments, everything of an account.
class SnapshotCompiler {
 public:
  struct Options {
    PassSet passes = PassSet::All();
    CompileBudget budget = {};
    // Of a catalogue; borrowed for the compiler's life (CompileOptions).
    std::span<const std::string_view> known_actions = {};
    // Of lists that are made whole on one Publish because they are small.
    uint32_t fold_statements = 64;
  };

  SnapshotCompiler();
  explicit SnapshotCompiler(const Options& options);
  ~SnapshotCompiler();
  SnapshotCompiler(const SnapshotCompiler&) = delete;
  SnapshotCompiler& operator=(const SnapshotCompiler&) = delete;

  // Accounts and the tree of folders. A second Put replaces; a folder of
  // `parent` "" lies directly under the root, and so does an account.
  //
  // Errors  kFailedPrecondition  the folder would lie in itself, or is not
  //                              empty when it is removed
  //         kResourceExhausted   folders deeper than kMaxFolderDepth
  Status PutAccount(std::string_view account, bool management = false,
                    std::string_view folder = {});
  Status RemoveAccount(std::string_view account);
  Status PutFolder(std::string_view folder, std::string_view parent = {});
  Status RemoveFolder(std::string_view folder);

  // Principals. The account must be there. A second Put replaces the id, and
  // of a role trust policy and mark.
  //
  // id     numeric; may be empty
  // trust  null: nobody may assume the role
  Status PutUser(std::string_view account, std::string_view name,
                 std::string_view id = {});
  Status RemoveUser(std::string_view account, std::string_view name);
  Status PutGroup(std::string_view account, std::string_view name);
  Status RemoveGroup(std::string_view account, std::string_view name);
  Status AddMember(std::string_view account, std::string_view group,
                   std::string_view user);
  Status RemoveMember(std::string_view account, std::string_view group,
                      std::string_view user);
  Status PutRole(std::string_view account, std::string_view name,
                 std::string_view id, std::shared_ptr<const ast::Policy> trust,
                 bool service_linked = false);
  Status RemoveRole(std::string_view account, std::string_view name);

  // Identity policies of an account. Attaching twice changes nothing.
  //
  // resource_group  empty: attached to the account as a whole; else with the
  //                 scope of that group (R35). The same policy may be attached
  //                 in both ways.
  Status PutPolicy(std::string_view account, std::string_view policy,
                   std::shared_ptr<const ast::Policy> tree);
  Status RemovePolicy(std::string_view account, std::string_view policy);
  Status Attach(std::string_view account, HolderKind kind,
                std::string_view holder, std::string_view policy,
                std::string_view resource_group = {});
  Status Detach(std::string_view account, HolderKind kind,
                std::string_view holder, std::string_view policy,
                std::string_view resource_group = {});

  // Control policies. They belong to the resource directory, not to an account.
  //
  // target  an account, a folder, or "" for the root
  Status PutControlPolicy(std::string_view policy,
                          std::shared_ptr<const ast::Policy> tree);
  Status RemoveControlPolicy(std::string_view policy);
  Status AttachControl(ControlTarget kind, std::string_view target,
                       std::string_view policy);
  Status DetachControl(ControlTarget kind, std::string_view target,
                       std::string_view policy);

  // The policy of a bucket. Bucket names are one name space for all accounts.
  //
  // Errors  kAlreadyExists  the bucket is another account's
  Status PutBucketPolicy(std::string_view account, std::string_view bucket,
                         std::shared_ptr<const ast::Policy> tree);
  Status RemoveBucketPolicy(std::string_view bucket);

  // Says in which resource group exactly this resource lies; for a resource
  // that is not put, the asker's word counts.
  //
  // arn  "acs:" and five segments, no wildcard
  Status PutResource(std::string_view arn, std::string_view resource_group);
  Status RemoveResource(std::string_view arn);

  // The snapshot of everything put so far.
  //
  // Errors  kResourceExhausted  a policy alone passes Options::budget; the
  //                             message names it. Nothing is lost: remove or
  //                             replace it and publish again.
  //         kInvalidArgument    a tree with errors
  // Cost    compiles what has changed, and merges (see above); then as many
  //         table entries as there are principals whose policies changed
  Result<std::shared_ptr<const Snapshot>> Publish(uint64_t revision);

  // The directory and one program of everything put so far, as bytes for a
  // bundle (SnapshotImage::Load reads them). Independent of the order of the
  // changes: the same directory gives the same bytes. Decides like Publish's
  // snapshot.
  //
  // Errors  as Publish, and kResourceExhausted when all policies together pass
  //         Options::budget
  // Cost    a compilation of all policies
  Result<PackedSnapshot> Pack() const;

  // Makes one unit of every list; the next Publish has the effect. Decisions
  // are a little faster then.
  //
  // Errors  as Publish
  // Cost    a compilation of all these lists
  Status Fold();

 private:
  struct State;
  class Packer;
  const std::unique_ptr<State> state_;
};

}  // namespace writ

#endif  // WRIT_COMPILER_SNAPSHOT_COMPILER_H_
