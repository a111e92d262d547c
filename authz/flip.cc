// SPDX-License-Identifier: Apache-2.0
//
// What would have to be different for a denial to be an ALLOW. Starting from no
// change, the cheapest set of changes that was not tried yet is decided again;
// if it is still a denial, it is extended:
//
//   explicit deny   by one way out of one Deny that decided: a context key that
//                   makes its condition false, or leaving the statement out
//   implicit deny   by all that one of the nearest Allow statements still asks
//
// Whatever is returned was an ALLOW of the engine itself.
#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "authz/likely_values.h"
#include "authz/program/program.h"
#include "authz/what_if.h"

namespace writ {
namespace {

using Kind = Change::Kind;

constexpr size_t kScenariosTried = 256;
constexpr size_t kMissesTried = 6;      // of one denial
constexpr uint32_t kPatternsTried = 8;  // of one list

// One change more always costs more than another kind of change.
uint32_t CostOf(Kind kind) {
  constexpr uint32_t kOne = 1000;
  switch (kind) {
    case Kind::kSetKey:
      return kOne;
    case Kind::kRemoveKey:
      return kOne + 1;
    case Kind::kRemoveStatement:
      return kOne + 2;
    case Kind::kResource:
      return kOne + 10;
    case Kind::kAction:
      return kOne + 40;
    case Kind::kPrincipal:
      break;
  }
  return kOne + 160;
}

using Scenario = std::vector<Change>;

uint32_t CostOf(const Scenario& scenario) {
  uint32_t cost = 0;
  for (const Change& change : scenario) cost += CostOf(change.kind);
  return cost;
}

bool IsKey(const Change& change) {
  return change.kind == Kind::kSetKey || change.kind == Kind::kRemoveKey;
}

// Whether the later change leaves nothing of the earlier one.
bool Replaces(const Change& later, const Change& earlier) {
  if (IsKey(later)) {
    return IsKey(earlier) && SameContextKey(later.name, earlier.name);
  }
  if (later.kind != earlier.kind) return false;
  switch (later.kind) {
    case Kind::kRemoveStatement:
      return later.attachment == earlier.attachment &&
             later.place == earlier.place;
    case Kind::kResource:
      return later.resource == earlier.resource;
    case Kind::kAction:
    case Kind::kPrincipal:
      return true;
    case Kind::kSetKey:
    case Kind::kRemoveKey:
      break;
  }
  return false;
}

// Two scenarios that change the same have the same text.
std::string TextOf(const Scenario& scenario) {
  std::vector<std::string> parts;
  for (const Change& change : scenario) {
    std::string part = std::to_string(static_cast<int>(change.kind));
    for (const uint32_t number :
         {change.resource, change.attachment, change.place.policy,
          change.place.statement}) {
      part += "," + std::to_string(number);
    }
    for (const std::string& text :
         {change.name, change.value, change.id, change.account}) {
      part += "," + std::to_string(text.size()) + ":" + text;
    }
    parts.push_back(std::move(part));
  }
  std::ranges::sort(parts);
  std::string all;
  for (const std::string& part : parts) all += part + ";";
  return all;
}

// Tests of one key of one statement.
struct KeyTests {
  std::string key;  // as the request spells it, else as the program does
  bool present = false;
  bool failing = false;  // one of them is not true
  std::vector<ExplainedClause> tests;
};

std::vector<KeyTests> KeysOf(const ProgramView& view,
                             const ExplainedStatement& statement,
                             std::span<const ContextEntry> context) {
  std::vector<KeyTests> keys;
  for (const ExplainedClause& clause : statement.clauses) {
    if (clause.kind != ClauseKind::kTest) continue;
    const std::string_view name =
        view.Text(view.keys[view.atoms[clause.atom].key].text);
    auto at = std::ranges::find_if(keys, [&](const KeyTests& known) {
      return SameContextKey(known.key, name);
    });
    if (at == keys.end()) {
      const ContextEntry* entry = FindKey(context, name);
      keys.push_back({std::string(entry == nullptr ? name : entry->key),
                      entry != nullptr,
                      false,
                      {}});
      at = keys.end() - 1;
    }
    at->failing = at->failing || clause.truth != Truth::kTrue;
    at->tests.push_back(clause);
  }
  return keys;
}

class FlipSearch {
 public:
  FlipSearch(const Request& request, std::span<const Attachment> attachments,
             StepBudget* budget)
      : request_(request), attachments_(attachments), budget_(budget) {}

  Scenario Run() {
    Push({});
    for (size_t i = 0; i < kScenariosTried && !open_.empty(); ++i) {
      const Scenario scenario = open_.extract(open_.begin()).value().changes;
      const ChangedQuestion question(request_, attachments_, scenario);
      if (Allows(question)) return Needed(scenario);
      const Result<Explanation> denial =
          ExplainUnits(question.request(), question.attachments(), budget_);
      // A change may make a request that is wrong; or the budget is used up.
      if (!denial.ok()) continue;
      Extend(scenario, *denial, question.request());
    }
    return {};
  }

 private:
  struct Open {
    uint32_t cost;
    size_t number;  // the earlier of equals comes first
    Scenario changes;
    bool operator<(const Open& other) const {
      return std::tie(cost, number) < std::tie(other.cost, other.number);
    }
  };

  static bool Allows(const ChangedQuestion& question) {
    Decision decision;
    return Decide(question.request(), question.attachments(), &decision).ok() &&
           decision.allowed();
  }

  // The changes without which it is no ALLOW.
  Scenario Needed(Scenario scenario) const {
    for (size_t i = 0; i < scenario.size();) {
      Scenario fewer = scenario;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      if (Allows(ChangedQuestion(request_, attachments_, fewer))) {
        scenario = std::move(fewer);
      } else {
        ++i;
      }
    }
    return scenario;
  }

  void Push(Scenario scenario) {
    if (!seen_.insert(TextOf(scenario)).second) return;
    open_.insert({CostOf(scenario), seen_.size(), std::move(scenario)});
  }

  void PushWith(const Scenario& scenario, const std::vector<Change>& more) {
    Scenario extended = scenario;
    for (const Change& change : more) {
      std::erase_if(extended, [&](const Change& earlier) {
        return Replaces(change, earlier);
      });
      extended.push_back(change);
    }
    Push(std::move(extended));
  }

  const ProgramView& ViewOf(const ExplainedStatement& statement) const {
    return attachments_[statement.attachment].program->view();
  }

  void Extend(const Scenario& scenario, const Explanation& denial,
              const Request& request) {
    if (denial.decision.verdict == Verdict::kExplicitDeny) {
      for (const ExplainedUnit& unit : denial.units) {
        const auto first = std::ranges::find_if(
            unit.statements, &ExplainedStatement::determining);
        if (first == unit.statements.end()) continue;
        for (const Change& way : WaysOut(*first, request)) {
          PushWith(scenario, {way});
        }
        return;
      }
      return;
    }
    const std::vector<NearMiss> misses =
        NearMissesOf(denial, request, attachments_);
    for (size_t i = 0; i < std::min(misses.size(), kMissesTried); ++i) {
      const ExplainedUnit& unit = denial.units[misses[i].unit];
      const auto missing =
          Missing(unit.statements[misses[i].statement], request, unit.resource);
      if (missing) PushWith(scenario, *missing);
    }
  }

  // Single changes, each of which keeps the Deny from matching.
  std::vector<Change> WaysOut(const ExplainedStatement& statement,
                              const Request& request) {
    const ProgramView& view = ViewOf(statement);
    std::vector<Change> ways;
    for (const KeyTests& key : KeysOf(view, statement, request.context)) {
      const auto fails = [&](std::span<const ContextEntry> context) {
        return std::ranges::any_of(key.tests, [&](const ExplainedClause& test) {
          return AskTest(view, test, context, budget_) == Truth::kFalse;
        });
      };
      if (auto value = ValueFor(view, key, fails)) ways.push_back(*value);
      if (key.present && fails({})) ways.push_back(Removal(key));
    }
    Change left_out;
    left_out.kind = Kind::kRemoveStatement;
    left_out.statement = statement.ref;
    left_out.attachment = statement.attachment;
    left_out.place = statement.place;
    ways.push_back(std::move(left_out));
    return ways;
  }

  // All that the Allow still asks, or nothing when something cannot be given.
  std::optional<std::vector<Change>> Missing(
      const ExplainedStatement& statement, const Request& request,
      uint32_t resource) {
    const ProgramView& view = ViewOf(statement);
    const StatementRecord row = view.statements[statement.row];
    Subject subject;
    if (!ReadSubject(request, resource, &subject)) return std::nullopt;
    std::vector<Change> changes;
    for (const ExplainedClause& clause : statement.clauses) {
      if (clause.truth == Truth::kTrue || clause.kind == ClauseKind::kTest) {
        continue;
      }
      std::optional<Change> change;
      // What would lie outside a list of exceptions is anybody's guess.
      if (!clause.negated) {
        change = TargetFor(clause.kind, view, row, request, subject, resource);
      }
      if (!change) return std::nullopt;
      changes.push_back(*std::move(change));
    }
    for (const KeyTests& key : KeysOf(view, statement, request.context)) {
      if (!key.failing) continue;
      const auto hold = [&](std::span<const ContextEntry> context) {
        return std::ranges::all_of(key.tests, [&](const ExplainedClause& test) {
          return AskTest(view, test, context, budget_) == Truth::kTrue;
        });
      };
      if (auto value = ValueFor(view, key, hold)) {
        changes.push_back(*std::move(value));
      } else if (key.present && hold({})) {
        changes.push_back(Removal(key));
      } else {
        return std::nullopt;
      }
    }
    return changes;
  }

  // The first likely value of the key for which `wanted` holds.
  template <typename Wanted>
  static std::optional<Change> ValueFor(const ProgramView& view,
                                        const KeyTests& key, Wanted wanted) {
    for (const ExplainedClause& test : key.tests) {
      for (std::string& value : ValuesNear(view, view.atoms[test.atom])) {
        const std::string_view values[] = {value};
        const ContextEntry context[] = {{key.key, values}};
        if (!wanted(std::span<const ContextEntry>(context))) continue;
        Change change;
        change.kind = Kind::kSetKey;
        change.name = key.key;
        change.value = std::move(value);
        return change;
      }
    }
    return std::nullopt;
  }

  static Change Removal(const KeyTests& key) {
    Change change;
    change.kind = Kind::kRemoveKey;
    change.name = key.key;
    return change;
  }

  std::optional<Change> TargetFor(ClauseKind kind, const ProgramView& view,
                                  const StatementRecord& row,
                                  const Request& request,
                                  const Subject& subject, uint32_t resource) {
    switch (kind) {
      case ClauseKind::kAction:
        return ActionFor(view, row, request);
      case ClauseKind::kResource:
        return ResourceFor(view, row, request, subject, resource);
      case ClauseKind::kPrincipal:
        return PrincipalFor(view, row, request, subject);
      case ClauseKind::kTest:
        break;
    }
    return std::nullopt;
  }

  static std::optional<Change> ActionFor(const ProgramView& view,
                                         const StatementRecord& row,
                                         const Request& request) {
    const uint32_t count = std::min(row.actions.count, kPatternsTried);
    for (uint32_t i = 0; i < count; ++i) {
      const ActionPattern pattern =
          view.action_patterns[view.action_lists[row.actions.first + i]];
      Change change;
      change.kind = Kind::kAction;
      change.pattern = view.Text(pattern.text);
      change.value = ActionLike(change.pattern, request.action);
      RequestAction action;
      if (ReadAction(change.value, &action) &&
          MatchAction(view, pattern, action)) {
        return change;
      }
    }
    return std::nullopt;
  }

  static std::optional<Change> ResourceFor(const ProgramView& view,
                                           const StatementRecord& row,
                                           const Request& request,
                                           const Subject& subject,
                                           uint32_t resource) {
    const uint32_t count = std::min(row.resources.count, kPatternsTried);
    for (uint32_t i = 0; i < count; ++i) {
      const ResourcePattern pattern =
          view.resource_patterns[view.resource_lists[row.resources.first + i]];
      Change change;
      change.kind = Kind::kResource;
      change.resource = resource;
      change.pattern = view.Text(pattern.text);
      change.value =
          ResourceLike(change.pattern, request.resources[resource], subject);
      RequestResource like;
      if (ReadResource(change.value, &like) &&
          MatchResource(view, pattern, like)) {
        return change;
      }
    }
    return std::nullopt;
  }

  static std::optional<Change> PrincipalFor(const ProgramView& view,
                                            const StatementRecord& row,
                                            const Request& request,
                                            const Subject& subject) {
    const uint32_t count = std::min(row.principals.count, kPatternsTried);
    for (uint32_t i = 0; i < count; ++i) {
      const PrincipalPattern pattern =
          view.principal_patterns[view.principal_lists[row.principals.first +
                                                       i]];
      Change change;
      if (!PrincipalLike(view, pattern, request, subject, &change)) continue;
      const RequestPrincipal principal = {.name = change.value,
                                          .id = change.id,
                                          .declared = change.declared,
                                          .account = change.account};
      Caller caller;
      if (ReadPrincipal(principal, &caller) &&
          MatchPrincipal(view, pattern, caller, subject.resource)) {
        return change;
      }
    }
    return std::nullopt;
  }

  const Request& request_;
  const std::span<const Attachment> attachments_;
  StepBudget* const budget_;
  std::set<Open> open_;
  std::set<std::string> seen_;
};

}  // namespace

std::vector<Change> FindFlip(const Request& request,
                             std::span<const Attachment> attachments,
                             StepBudget* budget) {
  return FlipSearch(request, attachments, budget).Run();
}

}  // namespace writ
