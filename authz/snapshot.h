// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_SNAPSHOT_H_
#define WRIT_AUTHZ_SNAPSHOT_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "authz/decision.h"
#include "authz/directory_table.h"
#include "authz/explain.h"
#include "authz/request.h"
#include "authz/shared_table.h"
#include "base/mutex.h"
#include "base/status.h"

namespace writ {

// The tables of a snapshot. Copies share their entries.
struct DirectoryTables {
  SharedTable<PrincipalEntry> principals;
  SharedTable<AccountEntry> accounts;
  SharedTable<BucketEntry> buckets;
  SharedTable<ResourceEntry> resources;
  SharedTable<UnitPage> units;
  // Some account has control policies.
  bool has_control = false;
};

// An explanation with what it speaks of.
struct SnapshotExplanation {
  Explanation explanation;
  // What ExplainedUnit::attachments index; borrowed from the snapshot and, one
  // of them, from the session policy.
  std::vector<Attachment> attachments;
};

// What a deciding process holds: the directory and the programs at one
// revision. Immutable: any number of threads may decide with it at once; to
// change it make a new one (SnapshotCompiler) and swap the pointer that askers
// hold.
class Snapshot {
 public:
  Snapshot(uint64_t revision, DirectoryTables tables)
      : revision_(revision), tables_(std::move(tables)) {}
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  uint64_t revision() const { return revision_; }

  // Decides `request` by ram.md part 11 with everything that the directory
  // holds for it: the policies of the principal and of its groups, the control
  // policies of owner and caller, the trust policy of a role to be assumed, the
  // policy of the bucket that the resource lies in. What the directory knows
  // goes before what the request says: whether a role is service-linked, which
  // account manages the resource directory, in which group a resource lies.
  // When the request brings no principal id the directory's is used.
  //
  // An unknown user has no policies of its own; neither has the root of an
  // account, which needs none.
  //
  // all      room for every determining statement, sorted; may be empty
  // session  the session policy of a role session; borrowed for the call; may
  //          be null. It has one policy.
  // Returns  StatementRef::policy is a number that FindPolicy knows. A request
  //          that is itself wrong is an implicit deny, `malformed-request`.
  // Cost     one hash of the principal's name, a look-up for each other table
  //          that the resource concerns, and Decide; no allocation, no lock
  Decision Decide(const Request& request, std::span<StatementRef> all = {},
                  const Attachment* session = nullptr) const noexcept;

  // The decision of Decide, and why (Explain).
  //
  // Errors  as Explain; kInvalidArgument also for a principal of no known form
  Result<SnapshotExplanation> Explain(
      const Request& request, const ExplainOptions& options = {},
      const Attachment* session = nullptr) const;

  // What the policy of a StatementRef is called; null for a session policy and
  // for a number that this snapshot did not give. Borrowed from the snapshot.
  const PolicyLabel* FindPolicy(uint32_t policy) const noexcept;
  // The Sid of a statement of such a policy; empty when it has none. Borrowed
  // from the snapshot.
  std::string_view FindSid(StatementRef statement) const noexcept;

 private:
  const uint64_t revision_;
  const DirectoryTables tables_;
};

// The snapshot in force. Whoever decides takes it once for each request and
// keeps it as long as it needs; a snapshot goes when the last one lets go.
//
// Thread-safe. The lock is held for the copy of one pointer and never while a
// snapshot is made or destroyed, so a reader waits for no compilation.
// (std::atomic<std::shared_ptr> takes such a lock too, only where neither
// -Wthread-safety nor ThreadSanitizer sees it.)
class SnapshotHolder {
 public:
  SnapshotHolder() = default;
  explicit SnapshotHolder(std::shared_ptr<const Snapshot> snapshot)
      : current_(std::move(snapshot)) {}

  // Null until the first Publish.
  std::shared_ptr<const Snapshot> Current() const;
  void Publish(std::shared_ptr<const Snapshot> snapshot);

 private:
  mutable Mutex mu_;
  std::shared_ptr<const Snapshot> current_ WRIT_GUARDED_BY(mu_);
};

}  // namespace writ

#endif  // WRIT_AUTHZ_SNAPSHOT_H_
