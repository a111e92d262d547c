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
#include "authz/trace.h"
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
  AttachmentLists attachments;
  std::span<const ContextEntry> context;
  Caller caller = {};
  RequestAction action = {};
  RequestResource resource = {};
  std::string_view resource_group = {};
  StepBudget* budget;         // of the whole decision
  StatementList* statements;  // of the whole decision
  uint32_t resource_index = 0;
  DecisionTrace* trace = nullptr;
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
// place  of the attachment in question.attachments, counted through the lists
//
// Its statements are added to question.statements: Allows if `keep_allows`; the
// first Deny ends the matter and clears the list.
void AddToUnit(const Question& question, const Attachment& attachment,
               uint32_t place, bool keep_allows, UnitOutcome* outcome) noexcept;

// Decides the unit of all attachments that `belongs` (ram.md part 11).
//
// layer  in which the unit is asked: for the trace
template <typename Belongs>
UnitOutcome DecideUnit(const Question& question, Layer layer, bool keep_allows,
                       Belongs belongs) noexcept {
  UnitOutcome outcome;
  uint32_t place = 0;
  for (const std::span<const Attachment> list : question.attachments) {
    for (const Attachment& attachment : list) {
      if (belongs(attachment)) {
        AddToUnit(question, attachment, place, keep_allows, &outcome);
        if (question.trace != nullptr) {
          question.trace->Add({question.resource_index, layer, place,
                               outcome.verdict, outcome.unreadable});
        }
      }
      ++place;
    }
  }
  return outcome;
}

}  // namespace writ

#endif  // WRIT_AUTHZ_UNIT_H_
