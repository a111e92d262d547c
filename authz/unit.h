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
#include "authz/statement_list.h"
#include "authz/step_budget.h"
#include "authz/trace.h"

namespace writ {

class BoundRequest;

// What kinds of attachments a decision has, so that a layer without any need
// not look for them. A value.
class AttachmentKinds {
 public:
  void Add(const Attachment& attachment) {
    bits_ |= 1u << static_cast<uint32_t>(attachment.kind);
    if (attachment.resource_group_scope) bits_ |= kScoped;
  }
  bool Has(AttachmentKind kind) const {
    return (bits_ >> static_cast<uint32_t>(kind) & 1) != 0;
  }
  bool HasScoped() const { return (bits_ & kScoped) != 0; }

 private:
  static constexpr uint32_t kScoped = 1u << 31;
  uint32_t bits_ = 0;
};

// One question about one resource, with everything read that can be read once.
struct UnitQuestion {
  AttachmentLists attachments = {};
  AttachmentKinds kinds = {};
  std::span<const ContextEntry> context = {};
  Caller caller = {};
  RequestAction action = {};
  RequestResource resource = {};
  std::string_view resource_group = {};
  StepBudget* budget = nullptr;         // of the whole decision
  StatementList* statements = nullptr;  // of the whole decision
  uint32_t resource_index = 0;
  DecisionTrace* trace = nullptr;
  // What the whole decision knows of action and context; may be null: then each
  // attachment finds it out anew.
  BoundRequest* bound = nullptr;
  // Add no statement twice, though several of its resource patterns match, at
  // the price of looking at all of them.
  bool each_once = false;
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
void AddToUnit(const UnitQuestion& question, const Attachment& attachment,
               uint32_t place, bool keep_allows, UnitOutcome* outcome) noexcept;

// What AddToUnit does about one statement, whichever way it was found.

// Whether resource and principal match; the asker looks at the budget.
bool RestApplies(const UnitQuestion& question, const ProgramView& view,
                 const StatementRecord& row) noexcept;

// Adds a statement that concerns the request and whose condition is not false.
inline void AddMatch(const UnitQuestion& question, StatementRef ref,
                     bool denies, bool unreadable, bool keep_allows,
                     UnitOutcome* outcome) {
  if (denies) {
    if (outcome->verdict != Verdict::kExplicitDeny) {
      *outcome = {Verdict::kExplicitDeny, true};
      question.statements->Clear();
    }
    outcome->unreadable = outcome->unreadable && unreadable;
    question.statements->Add(ref);
  } else if (outcome->verdict == Verdict::kExplicitDeny) {
    // Once denied, no Allow matters.
  } else if (unreadable) {
    if (outcome->verdict == Verdict::kImplicitDeny) outcome->unreadable = true;
  } else {
    *outcome = {Verdict::kAllow, false};
    if (keep_allows) question.statements->Add(ref);
  }
}

// Decides the unit of all attachments that `belongs` (ram.md part 11).
//
// layer  in which the unit is asked: for the trace
template <typename Belongs>
UnitOutcome DecideUnit(const UnitQuestion& question, Layer layer,
                       bool keep_allows, Belongs belongs) noexcept {
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
