// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_UNIT_H_
#define WRIT_AUTHZ_UNIT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "authz/authorizer.h"
#include "authz/decision.h"
#include "authz/match_action.h"
#include "authz/match_principal.h"
#include "authz/match_resource.h"
#include "authz/request.h"
#include "authz/vm.h"

namespace writ {

// The determining statements of a decision, sorted and each once, in storage
// that others own: the array of the Decision and the asker's.
class StatementList {
 public:
  StatementList(std::span<StatementRef> first, std::span<StatementRef> all)
      : rooms_{first, all} {}

  // Keeps the smallest that fit. A statement that fits nowhere is counted each
  // time it is added.
  void Add(StatementRef ref) noexcept;
  void Clear() { count_ = 0; }
  // Added so far; may be more than fit.
  uint32_t count() const { return count_; }

 private:
  std::span<StatementRef> rooms_[2];
  uint32_t count_ = 0;
};

// One question about one resource, with everything read that can be read once.
struct Question {
  std::span<const Attachment> attachments;
  std::span<const ContextEntry> context;
  Caller caller = {};
  RequestAction action = {};
  RequestResource resource = {};
  std::string_view resource_group = {};
  StepBudget* budget;         // of the whole decision
  StatementList* statements;  // of the whole decision
};

struct UnitOutcome {
  Verdict verdict = Verdict::kImplicitDeny;
  // Explicit deny: no Deny held plainly. Implicit deny: R39 kept an Allow from
  // matching.
  bool unreadable = false;
};

// Looks at the statements of one attachment; call it for each attachment that
// is decided together with others, with the same outcome.
//
// attachment   index into question.attachments; its statements are added to
//              question.statements: Allows if `keep_allows`; the first Deny
//              ends the matter and clears the list
void AddToUnit(const Question& question, uint32_t attachment, bool keep_allows,
               UnitOutcome* outcome) noexcept;

// Decides the unit of all attachments that `belongs` (ram.md part 11).
template <typename Belongs>
UnitOutcome DecideUnit(const Question& question, bool keep_allows,
                       Belongs belongs) noexcept {
  UnitOutcome outcome;
  for (uint32_t i = 0; i < question.attachments.size(); ++i) {
    if (belongs(question.attachments[i])) {
      AddToUnit(question, i, keep_allows, &outcome);
    }
  }
  return outcome;
}

}  // namespace writ

#endif  // WRIT_AUTHZ_UNIT_H_
