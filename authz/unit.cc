// SPDX-License-Identifier: Apache-2.0
#include "authz/unit.h"

#include <algorithm>

#include "authz/bound_request.h"
#include "authz/indexed_unit.h"
#include "authz/program/program.h"
#include "authz/vm.h"

namespace writ {
namespace {

// Whether one of the patterns of a list matches; false when the budget ran out.
template <typename Pattern, typename Matches>
bool AnyMatches(const ImageTable<uint32_t>& lists, Run list,
                const ImageTable<Pattern>& patterns, StepBudget* budget,
                Matches matches) {
  for (uint32_t i = 0; i < list.count; ++i) {
    if (!budget->Step()) return false;
    if (matches(patterns[lists[list.first + i]])) return true;
  }
  return false;
}

bool ActionApplies(const UnitQuestion& question, const ProgramView& view,
                   const StatementRecord& row) {
  StepBudget* const budget = question.budget;
  const bool action =
      AnyMatches(view.action_lists, row.actions, view.action_patterns, budget,
                 [&](const ActionPattern& pattern) {
                   return budget->TakeText(question.action.text.size()) &&
                          MatchAction(view, pattern, question.action);
                 });
  return action != ((row.flags & StatementRecord::kNotAction) != 0);
}

}  // namespace

bool RestApplies(const UnitQuestion& question, const ProgramView& view,
                 const StatementRecord& row) noexcept {
  StepBudget* const budget = question.budget;
  if ((row.flags & StatementRecord::kHasResource) != 0) {
    const bool resource = AnyMatches(
        view.resource_lists, row.resources, view.resource_patterns, budget,
        [&](const ResourcePattern& pattern) {
          return budget->TakeText(question.resource.subject.size()) &&
                 MatchResource(view, pattern, question.resource);
        });
    if (resource == ((row.flags & StatementRecord::kNotResource) != 0)) {
      return false;
    }
  }
  return (row.flags & StatementRecord::kHasPrincipal) == 0 ||
         AnyMatches(view.principal_lists, row.principals,
                    view.principal_patterns, budget,
                    [&](const PrincipalPattern& pattern) {
                      return MatchPrincipal(view, pattern, question.caller,
                                            question.resource);
                    });
}

namespace {

// Tries the statements of one policy of the program, one after the other.
//
// policy   what StatementRef::policy says for it
// without  of the unit's statements, those that do not count; it has this
//          policy alone
void TryStatements(const UnitQuestion& question, const ProgramView& view,
                   Run rows, uint32_t policy,
                   std::span<const StatementRef> without, bool keep_allows,
                   UnitOutcome* outcome) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    if (!question.budget->Step()) return;
    if (std::ranges::binary_search(without, StatementRef{0, i})) continue;
    const StatementRecord row = view.statements[rows.first + i];
    const bool denies = (row.flags & StatementRecord::kDeny) != 0;
    // Once denied, no Allow matters.
    if (!denies && outcome->verdict == Verdict::kExplicitDeny) continue;
    if (!ActionApplies(question, view, row) ||
        !RestApplies(question, view, row)) {
      continue;
    }
    const Truth truth =
        RunCondition(view, row.code, question.context, question.budget);
    if (question.budget->exhausted()) return;
    if (truth == Truth::kFalse) continue;
    AddMatch(question, {policy, i}, denies, truth == Truth::kUnreadable,
             keep_allows, outcome);
  }
}

}  // namespace

void AddToUnit(const UnitQuestion& question, const Attachment& attachment,
               uint32_t place, bool keep_allows,
               UnitOutcome* outcome) noexcept {
  // What the tables mean. A new row of semantics.def does not compile until it
  // has its arm here.
  switch (attachment.program->semantics()) {
    case Semantics::k1:
      break;
  }
  const ProgramView& view = attachment.program->view();
  const uint32_t first = attachment.first_policy == Attachment::kOwnPlace
                             ? place
                             : attachment.first_policy;
  if (view.units.size() == 0) {
    return TryStatements(question, view,
                         view.policies[attachment.unit].statements, first,
                         attachment.without_statements, keep_allows, outcome);
  }
  if (question.bound != nullptr) {
    // Nearer while the action is looked up.
    const UnitRecord unit = view.units.At(attachment.unit);
    if (unit.resources != kNoIndex) {
      __builtin_prefetch(view.nodes.data() + unit.resources);
    }
    question.bound->Bind(view);
    return AddIndexed(question, attachment, first, keep_allows, question.bound,
                      outcome);
  }
  BoundRequest bound(question.action, question.context, question.budget);
  bound.Bind(view);
  AddIndexed(question, attachment, first, keep_allows, &bound, outcome);
}

}  // namespace writ
