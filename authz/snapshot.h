// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_SNAPSHOT_H_
#define WRIT_AUTHZ_SNAPSHOT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authz/authorizer.h"
#include "authz/decision.h"
#include "authz/program/program.h"
#include "authz/request.h"
#include "base/status.h"

namespace writ {

// One RAM user of a snapshot. All views are into the snapshot that holds it.
struct SnapshotUser {
  std::string_view account;
  std::string_view name;
  std::string_view id;  // numeric
  // What Decide is given for this user, in the order of the Attach calls; a
  // program of several policies gives one attachment for each of them.
  std::vector<Attachment> attachments;
  // policy_names[i] is the policy behind attachments[i].
  std::vector<std::string_view> policy_names;
};

// What a deciding process holds: the directory and the programs at one
// revision. Immutable: any number of threads may decide with it at once; to
// change it build a new one and swap the pointer that askers hold.
class Snapshot {
 public:
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  uint64_t revision() const { return revision_; }

  // Decides with the policies attached to the principal that `request` names.
  // An unknown user has none, so is denied; the root of an account, which needs
  // none, is decided by ram.md part 11 alone. When the request brings no
  // principal id the snapshot's is used.
  //
  // Returns  StatementRef::policy indexes FindUser(...)->attachments. A request
  //          that is itself wrong is an implicit deny, `malformed-request`.
  // Cost     two tree look-ups and Decide; no allocation
  Decision Decide(const Request& request) const noexcept;

  // The user, or null. Borrowed from the snapshot.
  const SnapshotUser* FindUser(std::string_view account,
                               std::string_view name) const noexcept;

 private:
  friend class SnapshotBuilder;

  struct Account {
    std::map<std::string, std::string, std::less<>> user_ids;
    std::map<std::string_view, SnapshotUser> users;
    std::map<std::string, std::shared_ptr<const Program>, std::less<>> policies;
  };

  explicit Snapshot(uint64_t revision) : revision_(revision) {}

  const SnapshotUser* FindUserByArn(std::string_view arn) const noexcept;

  const uint64_t revision_;
  std::map<std::string, Account, std::less<>> accounts_;
};

// Collects what a snapshot is made of. Not thread-safe. Cheap to run again
// after each change: programs are shared, never copied.
class SnapshotBuilder {
 public:
  explicit SnapshotBuilder(uint64_t revision);
  ~SnapshotBuilder();
  SnapshotBuilder(const SnapshotBuilder&) = delete;
  SnapshotBuilder& operator=(const SnapshotBuilder&) = delete;

  // Optional: AddUser and AddPolicy make the account they name.
  void AddAccount(std::string_view account);

  // A second call for the same name replaces the id.
  void AddUser(std::string_view account, std::string_view name,
               std::string_view id);

  // A second call for the same name replaces the program.
  //
  // program  not null; every policy of it is an identity policy of the account
  void AddPolicy(std::string_view account, std::string_view policy,
                 std::shared_ptr<const Program> program);

  // Attaches an account-level identity policy to a user. Attaching the same
  // policy again changes nothing.
  //
  // Errors   kNotFound  the account has no such user or no such policy
  Status Attach(std::string_view account, std::string_view user,
                std::string_view policy);

  // Returns the snapshot and leaves the builder empty, at the same revision.
  std::shared_ptr<const Snapshot> Build();

 private:
  struct Attached {
    std::string account;
    std::string user;
    std::string policy;
  };

  const uint64_t revision_;
  std::unique_ptr<Snapshot> snapshot_;
  std::vector<Attached> attached_;
};

}  // namespace writ

#endif  // WRIT_AUTHZ_SNAPSHOT_H_
