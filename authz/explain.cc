// SPDX-License-Identifier: Apache-2.0
#include "authz/explain.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "authz/program/program.h"
#include "authz/text.h"
#include "authz/trace.h"
#include "authz/what_if.h"

namespace writ {
namespace {

// Whether two attachments that were asked one after the other in one layer were
// asked together: control policies are, level by level and chain by chain.
bool AskedTogether(const Attachment& a, const Attachment& b,
                   std::string_view owner) {
  if (a.kind != AttachmentKind::kControl) return true;
  const auto account = [&](const Attachment& attachment) {
    return attachment.account.empty() ? owner : attachment.account;
  };
  return a.level == b.level && account(a) == account(b) &&
         (a.level != ControlLevel::kFolder || a.depth == b.depth);
}

std::string_view OwnerOf(const Subject& subject) {
  const std::string_view named = subject.resource.account();
  return named.empty() || named == "*" ? subject.caller.account : named;
}

// The steps of the trace, gathered into units without their statements.
std::vector<ExplainedUnit> UnitsOf(const DecisionTrace& trace,
                                   const Request& request,
                                   std::span<const Attachment> attachments) {
  std::vector<ExplainedUnit> units;
  for (const TraceStep& step : trace.steps()) {
    Subject subject;
    ReadSubject(request, step.resource, &subject);
    const bool same_unit =
        !units.empty() && units.back().resource == step.resource &&
        units.back().layer == step.layer &&
        AskedTogether(attachments[units.back().attachments.back()],
                      attachments[step.attachment], OwnerOf(subject));
    if (!same_unit) {
      ExplainedUnit& unit = units.emplace_back();
      unit.resource = step.resource;
      unit.layer = step.layer;
    }
    units.back().attachments.push_back(step.attachment);
    units.back().verdict = step.verdict;
    units.back().unreadable = step.unreadable;
  }
  return units;
}

// Marks what the decision names. Of the control levels that is the last one
// asked.
void MarkDecided(const Decision& decision, std::vector<ExplainedUnit>* units) {
  for (size_t i = 0; i < units->size(); ++i) {
    ExplainedUnit& unit = (*units)[i];
    if (unit.resource != decision.resource || unit.layer != decision.layer) {
      continue;
    }
    unit.decided = unit.layer != Layer::kControl || i + 1 == units->size();
  }
}

// Asks the statements of one attachment; false when the budget ran out.
bool AskAttachment(const Subject& subject, uint32_t index,
                   const Attachment& attachment,
                   std::span<const StatementRef> determining,
                   StepBudget* budget, ExplainedUnit* unit) {
  const ProgramView& view = attachment.program->view();
  const bool has_units = view.units.size() > 0;
  const Run members =
      has_units ? view.units[attachment.unit].policies : Run{0, 1};
  const uint32_t first = attachment.first_policy == Attachment::kOwnPlace
                             ? index
                             : attachment.first_policy;
  for (uint32_t i = 0; i < members.count; ++i) {
    if (std::ranges::binary_search(attachment.without, i)) continue;
    const uint32_t policy = has_units
                                ? view.unit_policies[members.first + i].policy
                                : attachment.unit;
    const Run rows = view.policies[policy].statements;
    for (uint32_t k = 0; k < rows.count; ++k) {
      const StatementRef place = {i, k};
      if (std::ranges::binary_search(attachment.without_statements, place)) {
        continue;
      }
      if (!budget->Step()) return false;
      const StatementRecord row = view.statements[rows.first + k];
      StatementAnswer answer = AskStatement(view, row, subject, budget);
      if (budget->exhausted()) return false;
      ExplainedStatement& statement = unit->statements.emplace_back();
      statement.ref = {first + i, k};
      statement.attachment = index;
      statement.place = place;
      statement.row = rows.first + k;
      statement.deny = (row.flags & StatementRecord::kDeny) != 0;
      statement.unreadable = answer.condition == Truth::kUnreadable;
      statement.matched =
          answer.target && (answer.condition == Truth::kTrue ||
                            (statement.deny && statement.unreadable));
      statement.determining =
          statement.matched &&
          std::ranges::binary_search(determining, statement.ref);
      statement.clauses = std::move(answer.clauses);
    }
  }
  return true;
}

// How many characters the text shares with the start of a pattern, but for
// ASCII case.
uint32_t SharedStart(std::string_view pattern, std::string_view text) {
  uint32_t shared = 0;
  while (shared < pattern.size() && shared < text.size() &&
         FoldAscii(pattern[shared]) == FoldAscii(text[shared])) {
    ++shared;
  }
  return shared;
}

uint32_t DistanceOf(ClauseKind kind) {
  switch (kind) {
    case ClauseKind::kAction:
      return 10000;
    case ClauseKind::kResource:
    case ClauseKind::kPrincipal:
      return 1000;
    case ClauseKind::kTest:
      break;
  }
  return 1;
}

// The most that a pattern of the statement's actions, and of its resources, has
// in common with the request.
std::pair<uint32_t, uint32_t> Likeness(const ProgramView& view,
                                       const StatementRecord& row,
                                       const Request& request,
                                       uint32_t resource) {
  uint32_t action = 0;
  for (uint32_t i = 0; i < row.actions.count; ++i) {
    const ActionPattern pattern =
        view.action_patterns[view.action_lists[row.actions.first + i]];
    action =
        std::max(action, SharedStart(view.Text(pattern.text), request.action));
  }
  uint32_t shared = 0;
  for (uint32_t i = 0; i < row.resources.count; ++i) {
    const ResourcePattern pattern =
        view.resource_patterns[view.resource_lists[row.resources.first + i]];
    shared = std::max(shared, SharedStart(view.Text(pattern.text),
                                          request.resources[resource]));
  }
  return {action, shared};
}

Status TooLarge() {
  return ResourceExhausted(
      "the statements to look at take more steps than an explanation may");
}

}  // namespace

Result<Explanation> ExplainUnits(const Request& request,
                                 std::span<const Attachment> attachments,
                                 StepBudget* budget) {
  Explanation explanation;
  DecisionTrace trace;
  explanation.statements.resize(kMaxDeterminingStatements);
  WRIT_RETURN_IF_ERROR(DecideTraced(request, attachments, &explanation.decision,
                                    explanation.statements, &trace));
  const Decision& decision = explanation.decision;
  if (decision.statement_count > explanation.statements.size()) {
    explanation.statements.resize(decision.statement_count);
    WRIT_RETURN_IF_ERROR(Decide(request, attachments, &explanation.decision,
                                explanation.statements));
  }
  explanation.statements.resize(decision.statement_count);
  explanation.units = UnitsOf(trace, request, attachments);
  MarkDecided(decision, &explanation.units);
  if (!decision.allowed()) {
    // Those before it were allowed (R21).
    std::erase_if(explanation.units, [&](const ExplainedUnit& unit) {
      return unit.resource != decision.resource;
    });
  }
  for (ExplainedUnit& unit : explanation.units) {
    Subject subject;
    ReadSubject(request, unit.resource, &subject);
    for (const uint32_t index : unit.attachments) {
      if (!AskAttachment(subject, index, attachments[index],
                         explanation.statements, budget, &unit)) {
        return TooLarge();
      }
    }
  }
  return explanation;
}

std::vector<NearMiss> NearMissesOf(const Explanation& explanation,
                                   const Request& request,
                                   std::span<const Attachment> attachments) {
  struct Placed {
    NearMiss miss;
    uint32_t action;
    uint32_t resource;
    auto Key() const {
      return std::tuple(miss.distance, UINT32_MAX - action,
                        UINT32_MAX - resource);
    }
  };
  std::vector<Placed> found;
  for (uint32_t u = 0; u < explanation.units.size(); ++u) {
    const ExplainedUnit& unit = explanation.units[u];
    const auto allows = [](const ExplainedStatement& statement) {
      return !statement.deny && statement.matched;
    };
    if (std::ranges::any_of(unit.statements, allows)) continue;
    for (uint32_t s = 0; s < unit.statements.size(); ++s) {
      const ExplainedStatement& statement = unit.statements[s];
      if (statement.deny) continue;
      Placed placed = {{.unit = u, .statement = s}, 0, 0};
      for (uint32_t c = 0; c < statement.clauses.size(); ++c) {
        const ExplainedClause& clause = statement.clauses[c];
        if (clause.truth == Truth::kTrue) continue;
        if (placed.miss.failing++ == 0) placed.miss.clause = c;
        placed.miss.distance += DistanceOf(clause.kind);
      }
      // Code of another compiler may be false although every test holds.
      if (placed.miss.failing == 0) continue;
      const ProgramView& view =
          attachments[statement.attachment].program->view();
      std::tie(placed.action, placed.resource) = Likeness(
          view, view.statements[statement.row], request, unit.resource);
      found.push_back(placed);
    }
  }
  std::ranges::stable_sort(found, [](const Placed& a, const Placed& b) {
    return a.Key() < b.Key();
  });
  std::vector<NearMiss> misses;
  for (const Placed& placed : found) misses.push_back(placed.miss);
  return misses;
}

Result<Explanation> Explain(const Request& request,
                            std::span<const Attachment> attachments,
                            const ExplainOptions& options) {
  StepBudget budget(kMaxExplainSteps);
  WRIT_ASSIGN_OR_RETURN(Explanation explanation,
                        ExplainUnits(request, attachments, &budget));
  if (explanation.decision.allowed()) return explanation;
  explanation.near_misses = NearMissesOf(explanation, request, attachments);
  if (options.find_flip) {
    explanation.flip = FindFlip(request, attachments, &budget);
  }
  return explanation;
}

}  // namespace writ
