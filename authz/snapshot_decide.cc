// SPDX-License-Identifier: Apache-2.0
//
// Decide alone, so that a program that measures what a decision costs can link
// another one in its place.
#include "authz/snapshot.h"
#include "authz/snapshot_gathering.h"

namespace writ {

Decision Snapshot::Decide(const Request& request, std::span<StatementRef> all,
                          const Attachment* session) const noexcept {
  Decision decision;
  decision.reason = Reason::kMalformedRequest;
  SnapshotGathering gathering(tables_, request, session);
  if (!gathering.Read()) return decision;
  Request question = request;
  question.principal.in_management_account = gathering.in_management_account();
  // A refused request leaves an implicit deny behind, which is the answer.
  static_cast<void>(
      DecideFor(gathering.caller(), question, gathering, &decision, all));
  return decision;
}

}  // namespace writ
