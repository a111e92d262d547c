// SPDX-License-Identifier: Apache-2.0
#include "authz/unit.h"

#include <algorithm>

#include "authz/program/program.h"

namespace writ {
namespace {

// Puts `ref` in its place among the first `used` entries, dropping the largest
// when there is no room. Returns whether it was there already.
bool Insert(StatementRef ref, std::span<StatementRef> room, size_t used) {
  used = std::min(used, room.size());
  StatementRef* const begin = room.data();
  StatementRef* const end = begin + used;
  StatementRef* const at = std::lower_bound(begin, end, ref);
  if (at != end && *at == ref) return true;
  if (used == room.size()) {
    if (at == end) return false;
    std::move_backward(at, end - 1, end);
  } else {
    std::move_backward(at, end, end + 1);
  }
  *at = ref;
  return false;
}

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

// Whether principal, action and resource match; the caller asks the budget.
bool Applies(const Question& question, const ProgramView& view,
             const StatementRecord& row) {
  StepBudget* const budget = question.budget;
  const bool action =
      AnyMatches(view.action_lists, row.actions, view.action_patterns, budget,
                 [&](const ActionPattern& pattern) {
                   return MatchAction(view, pattern, question.action);
                 });
  if (action == ((row.flags & StatementRecord::kNotAction) != 0)) return false;
  if ((row.flags & StatementRecord::kHasResource) != 0) {
    const bool resource =
        AnyMatches(view.resource_lists, row.resources, view.resource_patterns,
                   budget, [&](const ResourcePattern& pattern) {
                     return MatchResource(view, pattern, question.resource);
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

}  // namespace

void StatementList::Add(StatementRef ref) noexcept {
  bool known = false;
  for (const std::span<StatementRef> room : rooms_) {
    known = Insert(ref, room, count_) || known;
  }
  if (!known) ++count_;
}

namespace {

// Tries the statements of one policy of the program, one after the other.
//
// policy   what StatementRef::policy says for it
// without  of the unit's statements, those that do not count
// place    of the policy in the unit
void TryStatements(const Question& question, const ProgramView& view, Run rows,
                   uint32_t policy, std::span<const StatementRef> without,
                   uint32_t place, bool keep_allows, UnitOutcome* outcome) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    if (!question.budget->Step()) return;
    if (std::ranges::binary_search(without, StatementRef{place, i})) continue;
    const StatementRecord row = view.statements[rows.first + i];
    const bool denies = (row.flags & StatementRecord::kDeny) != 0;
    // Once denied, no Allow matters.
    if (!denies && outcome->verdict == Verdict::kExplicitDeny) continue;
    if (!Applies(question, view, row)) continue;
    const Truth truth =
        RunCondition(view, row.code, question.context, question.budget);
    if (question.budget->exhausted()) return;
    if (truth == Truth::kFalse) continue;
    const bool unreadable = truth == Truth::kUnreadable;
    if (denies) {
      if (outcome->verdict != Verdict::kExplicitDeny) {
        *outcome = {Verdict::kExplicitDeny, true};
        question.statements->Clear();
      }
      outcome->unreadable = outcome->unreadable && unreadable;
      question.statements->Add({policy, i});
    } else if (unreadable) {
      if (outcome->verdict == Verdict::kImplicitDeny) {
        outcome->unreadable = true;
      }
    } else {
      *outcome = {Verdict::kAllow, false};
      if (keep_allows) question.statements->Add({policy, i});
    }
  }
}

}  // namespace

void AddToUnit(const Question& question, const Attachment& attachment,
               uint32_t place, bool keep_allows,
               UnitOutcome* outcome) noexcept {
  const ProgramView& view = attachment.program->view();
  const uint32_t first = attachment.first_policy == Attachment::kOwnPlace
                             ? place
                             : attachment.first_policy;
  if (view.units.size() == 0) {
    return TryStatements(
        question, view, view.policies[attachment.unit].statements, first,
        attachment.without_statements, 0, keep_allows, outcome);
  }
  const Run members = view.units[attachment.unit].policies;
  for (uint32_t i = 0; i < members.count; ++i) {
    if (std::ranges::binary_search(attachment.without, i)) continue;
    const uint32_t policy = view.unit_policies[members.first + i].policy;
    TryStatements(question, view, view.policies[policy].statements, first + i,
                  attachment.without_statements, i, keep_allows, outcome);
  }
}

}  // namespace writ
