// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_DIRECTORY_TABLE_H_
#define WRIT_AUTHZ_DIRECTORY_TABLE_H_

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authz/authorizer.h"
#include "authz/match_principal.h"
#include "authz/program/program.h"
#include "authz/shared_table.h"
#include "base/limits.h"

// The entries of a snapshot. Immutable once a snapshot holds them, and shared
// between snapshots as long as they do not change.
namespace writ {

// What a policy of a snapshot is called.
struct PolicyLabel {
  AttachmentKind kind = AttachmentKind::kIdentity;
  std::string account;  // empty: of the resource directory (control)
  std::string name;     // of a trust policy the role's, of a bucket policy the
                        // bucket's
};

// A unit of a program. Its policies are numbered through the snapshot, so that
// a StatementRef is enough to name them.
struct PolicyUnit {
  std::shared_ptr<const Program> program;
  uint32_t unit = 0;
  uint32_t first_policy = 0;  // a multiple of UnitPage::kPolicies
  std::vector<std::shared_ptr<const PolicyLabel>> policies;  // by place
};

// Finds units by the numbers of their policies.
struct UnitPage {
  static constexpr uint32_t kPolicies = 16;
  // The key of the page that holds the policy of this number.
  static std::array<char, sizeof(uint32_t)> KeyOf(uint32_t policy) {
    const uint32_t page = policy / kPolicies;
    std::array<char, sizeof(page)> bytes = {};
    std::memcpy(bytes.data(), &page, sizeof(page));
    return bytes;
  }
  std::string_view key() const { return {bytes.data(), bytes.size()}; }

  std::array<char, sizeof(uint32_t)> bytes = {};
  std::shared_ptr<const PolicyUnit> unit;
};

// Policies that are decided together: a unit of most of them, and what came
// later beside it.
struct PolicyList {
  // What Decide takes; attachments[i] is of units[i] and borrows without[i].
  std::vector<Attachment> attachments;
  std::vector<std::shared_ptr<const PolicyUnit>> units;
  std::vector<std::vector<uint32_t>> without;
  std::string group;  // of a scope
};

// A user, or a role.
struct PrincipalEntry {
  std::string_view key() const { return text; }

  // The user's ARN; of a role RoleKey().
  std::string text;
  std::string id;
  // Of a user: read from `text`, with `id`.
  Caller caller;
  bool service_linked = false;
  // Attached to the account as a whole, own and the groups'; may be null.
  std::shared_ptr<const PolicyList> policies;
  // With the scope of resource groups, in the order of their names.
  std::vector<std::shared_ptr<const PolicyList>> scoped;
  // Who may assume the role; may be null.
  std::shared_ptr<const PolicyList> trust;
};

struct AccountEntry {
  std::string_view key() const { return id; }

  std::string id;
  bool management = false;
  // The control policies of all levels; may be empty.
  std::vector<Attachment> control;
  std::vector<std::shared_ptr<const PolicyList>>
      held;  // what `control` borrows
};

struct BucketEntry {
  std::string_view key() const { return name; }

  std::string name;
  std::shared_ptr<const PolicyList> policy;
};

// A resource and the group that it lies in.
struct ResourceEntry {
  std::string_view key() const { return arn; }

  std::string arn;
  std::string group;
};

// What roles are found by: the ARN without the session, in lower case, as role
// names compare without ASCII case (R33). A fixed buffer, so that a decision
// can make one.
class RoleKey {
 public:
  static constexpr size_t kMaxBytes = kMaxRoleKeyBytes;
  // Nothing when the key would be longer than kMaxBytes: no table holds it.
  static std::optional<RoleKey> Of(std::string_view account,
                                   std::string_view name) noexcept;
  std::string_view text() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, kMaxBytes> bytes_;
  size_t size_ = 0;
};

}  // namespace writ

#endif  // WRIT_AUTHZ_DIRECTORY_TABLE_H_
