// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_SNAPSHOT_GATHERING_H_
#define WRIT_AUTHZ_SNAPSHOT_GATHERING_H_

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "authz/authorizer.h"
#include "authz/match_principal.h"
#include "authz/match_resource.h"
#include "authz/request.h"
#include "authz/snapshot.h"

namespace writ {

// Who asks, and what the directory holds for the request. Made for one
// decision; borrows tables, request and session policy. Never allocates.
class SnapshotGathering final : public AttachmentSource {
 public:
  // session  may be null; one without numbers of its own gets the first page,
  //          which is no unit's
  SnapshotGathering(const DirectoryTables& tables, const Request& request,
                    const Attachment* session);

  // Reads the principal; false when it is of no known form. Before all below.
  bool Read() noexcept;
  const Caller& caller() const { return caller_; }
  bool in_management_account() const { return in_management_account_; }

  // The group that the resource lies in, as far as directory or asker know.
  std::string_view GroupOf(const RequestResource& resource) const noexcept;

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

}  // namespace writ

#endif  // WRIT_AUTHZ_SNAPSHOT_GATHERING_H_
