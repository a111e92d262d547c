// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_AUTHORIZER_H_
#define WRIT_AUTHZ_AUTHORIZER_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "authz/decision.h"
#include "authz/match_principal.h"
#include "authz/match_resource.h"
#include "authz/request.h"
#include "authz/trace.h"
#include "base/status.h"

namespace writ {

class Program;

// What a policy is to the request at hand. Mirrors the members of a case file.
enum class AttachmentKind : uint8_t {
  kIdentity,
  kResource,
  kTrust,
  kSession,
  kControl,
};
enum class ControlLevel : uint8_t { kMember, kFolder, kRoot };

// Compiled policies that concern the request: the asker gathers those of the
// principal, its groups, the resource, the session and the resource directory.
// Borrowed for the length of the call.
struct Attachment {
  const Program* program;  // verified (Program::Load)
  // Of the program: one policy, or several that are evaluated together.
  uint32_t unit = 0;
  AttachmentKind kind = AttachmentKind::kIdentity;
  // kIdentity: attached with the scope of a resource group (R35); `group` may
  // be empty: then the resource lies in the document's group.
  bool resource_group_scope = false;
  std::string_view group = {};
  // kControl: the level, a folder's depth (larger is further inside), and the
  // account whose chain this is (empty: the owner's).
  ControlLevel level = ControlLevel::kMember;
  uint32_t depth = 0;
  std::string_view account = {};
  // What StatementRef::policy says for the unit's first policy; the others
  // follow. kOwnPlace: the attachment's place in the list handed to Decide.
  static constexpr uint32_t kOwnPlace = UINT32_MAX;
  uint32_t first_policy = kOwnPlace;
  // Policies of the unit, by their place in it, that do not count any more:
  // ascending.
  std::span<const uint32_t> without = {};
  // Statements that do not count, ascending; `policy` is the place in the unit.
  // For what-if questions; found with the index all the same.
  std::span<const StatementRef> without_statements = {};
};

// Decides `request` under `attachments`: ram.md part 11. Total and fail-closed:
// never throws, never allocates, never "no answer".
//
// attachments  StatementRef::policy of the decision indexes this list
// all          room for every determining statement, sorted; may be empty.
//              Decision::statement_count may exceed it.
// Errors       kInvalidArgument: the request itself is wrong (a session
//              document for a caller that has no session, two spellings of one
//              context key, a list over kMaxContextValues). `*decision` is then
//              an implicit deny.
Status Decide(const Request& request, std::span<const Attachment> attachments,
              Decision* decision, std::span<StatementRef> all = {}) noexcept;

// Decide, by the same evaluation, with a step added to `trace` after each
// attachment that was asked.
Status DecideTraced(const Request& request,
                    std::span<const Attachment> attachments, Decision* decision,
                    std::span<StatementRef> all, DecisionTrace* trace) noexcept;

// Several lists that are one: without copying, those of the principal, of a
// control chain, of a resource.
using AttachmentLists = std::span<const std::span<const Attachment>>;

// Gathers what concerns a resource while a request is being decided.
class AttachmentSource {
 public:
  // The attachments for a decision about `resource`, in any order, and the same
  // when asked again. Called for each resource of the request in turn.
  //
  // Returns  borrowed until the next call
  virtual AttachmentLists ListsFor(
      const RequestResource& resource) const noexcept = 0;

 protected:
  ~AttachmentSource() = default;
};

// Decide for a caller that has been read (ReadPrincipal): of
// `request.principal` only `in_management_account` counts.
//
// source  Attachment::kOwnPlace is the place in the lists of one resource, one
//         list after the other
// trace   may be null; TraceStep::attachment is that place too
Status DecideFor(const Caller& caller, const Request& request,
                 const AttachmentSource& source, Decision* decision,
                 std::span<StatementRef> all = {},
                 DecisionTrace* trace = nullptr) noexcept;

}  // namespace writ

#endif  // WRIT_AUTHZ_AUTHORIZER_H_
