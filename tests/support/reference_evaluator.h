// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_SUPPORT_REFERENCE_EVALUATOR_H_
#define WRIT_TESTS_SUPPORT_REFERENCE_EVALUATOR_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "authz/authorizer.h"
#include "authz/decision.h"
#include "authz/request.h"
#include "grammar/ast.h"

// The executable form of docs/spec/semantics.md: walks the trees, knows no
// index and no program, and shares no code with authz/ or compiler/ (only the
// words of their interfaces). It is what the engine is tested against, and it
// never ships.
namespace writ::reference {

// One policy that concerns the request; the members mean what those of
// writ::Attachment mean.
struct Attached {
  const ast::Policy* policy;
  AttachmentKind kind = AttachmentKind::kIdentity;
  bool resource_group_scope = false;
  std::string_view group = {};
  ControlLevel level = ControlLevel::kMember;
  uint32_t depth = 0;
  std::string_view account = {};
};

struct Answer {
  // The request itself is wrong; the rest then says implicit deny.
  bool request_error = false;
  Verdict verdict = Verdict::kImplicitDeny;
  Layer layer = Layer::kDefault;
  Reason reason = Reason::kNoMatch;
  std::vector<StatementRef> statements = {};  // sorted
  uint32_t resource = 0;
};

// A mistake to make on purpose, one line each. A test that cannot tell a
// mutant from the real evaluator is too weak.
enum class Mutant : uint8_t {
  kNone,
  kActionCaseSensitive,
  kStarCrossesSegments,
  kNegatedNeedsOneMiss,
  kAllValuesMustMatch,
  kAbsentFailsNegated,
  kAllowBeatsDeny,
  kDateComparedAsText,
  kNumberComparedAsText,
  kUnreadableIsFalse,
  kGroupDenyAlwaysSeen,
  kStarResourceMatchesAnyPattern,
  kRoleNameCaseSensitive,
  kMappedAddressIsIpv6,
  kKeyCaseSensitive,
  kControlLevelsMerged,
  kControlBindsOwnerOnly,
  kSessionIgnored,
  kTrustIsEnough,
  kForeignAllowCounts,
  kRootIgnoresBucketPolicy,
  kLast = kRootIgnoresBucketPolicy,
};

// Decides `request` under `attached` (semantics.md part 6). The order of
// `attached` is what StatementRef::policy counts in. The trees must be free of
// errors.
Answer Evaluate(const Request& request, std::span<const Attached> attached,
                Mutant mutant = Mutant::kNone);

}  // namespace writ::reference

#endif  // WRIT_TESTS_SUPPORT_REFERENCE_EVALUATOR_H_
