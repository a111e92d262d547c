// SPDX-License-Identifier: Apache-2.0
//
// Rules about several policies of one run: a deny that nothing answers to, and
// statements that another policy makes useless.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "compiler/check_scope.h"
#include "lint/lint.h"
#include "lint/pattern.h"

namespace writ {
namespace {

// One statement of the run.
struct Place {
  size_t file;
  size_t policy;
  size_t index;
  const ast::Statement* statement;
  ast::PolicyKind kind;
};

class SetRules {
 public:
  SetRules(std::span<const PolicyFile> files, const Catalogue& catalogue,
           std::span<Diagnostics> found)
      : files_(files), catalogue_(catalogue), found_(found) {
    for (size_t f = 0; f < files.size(); ++f) {
      const PolicyFile& file = files[f];
      if (!file.parsed || file.diagnostics.has_errors()) continue;
      for (size_t p = 0; p < file.content.own_policies; ++p) {
        const auto& statements = file.content.policies[p].statements;
        for (size_t s = 0; s < statements.size(); ++s) {
          places_.push_back({f, p, s, &statements[s], file.kinds[p]});
        }
      }
    }
  }

  void Run() {
    for (const Place& place : places_) {
      JudgeDeny(place);
      JudgeShadow(place);
    }
  }

 private:
  CheckScope ScopeOf(const Place& place) const {
    return CheckScope(place.kind, files_[place.file].is_json,
                      &found_[place.file])
        .In("Statement")
        .In(place.index);
  }

  // The pattern names a service whose actions are all known, and matches none
  // of them.
  bool MatchesNoKnownAction(std::string_view pattern) const {
    const size_t colon = pattern.find(':');
    if (colon == pattern.npos) return false;
    const CatalogueService* service =
        catalogue_.FindService(pattern.substr(0, colon));
    return service != nullptr && service->actions_are_complete &&
           catalogue_.Matching(pattern).empty();
  }

  bool IsAllowedSomewhere(std::string_view pattern) {
    return std::any_of(places_.begin(), places_.end(), [&](const Place& other) {
      const ast::Statement& statement = *other.statement;
      return statement.effect == ast::Effect::kAllow && statement.action &&
             (!Spend() ||
              ListReaches(PatternKind::kAction, *statement.action, pattern));
    });
  }

  // W-INE-010: every action of a Deny is one that no service has and that no
  // Allow of the run grants.
  void JudgeDeny(const Place& place) {
    const ast::Statement& statement = *place.statement;
    if (statement.effect != ast::Effect::kDeny || !statement.action ||
        statement.action->negated || statement.action->values.items.empty()) {
      return;
    }
    const std::vector<ast::Value>& items = statement.action->values.items;
    for (const ast::Value& item : items) {
      if (!MatchesNoKnownAction(item.text)) return;
    }
    for (const ast::Value& item : items) {
      if (IsAllowedSomewhere(item.text)) return;
    }
    const CheckScope scope = ScopeOf(place);
    const std::string nearest = catalogue_.NearestAction(items.front().text);
    Diagnostic finding =
        scope.Draft(DiagnosticId::kDenyNeverBites, statement.effect_span,
                    {Excerpt(items.front().text),
                     nearest.empty() ? "check the spelling of its actions"
                                     : "did you mean `" + nearest + "`?"});
    finding.others.push_back(
        {items.front().span, "no service has this action"});
    scope.Add(std::move(finding));
  }

  static bool IsCoveredList(PatternKind kind,
                            const std::optional<ast::PatternList>& outer,
                            const std::optional<ast::PatternList>& inner) {
    if (!outer || !inner || inner->negated) return false;
    const auto& items = inner->values.items;
    return std::all_of(items.begin(), items.end(), [&](const ast::Value& item) {
      return ListCovers(kind, *outer, item.text);
    });
  }

  // W-RED-007: another policy of the run says the same or more, without a
  // condition.
  void JudgeShadow(const Place& place) {
    const ast::Statement& statement = *place.statement;
    if (statement.principal || place.kind == ast::PolicyKind::kResource ||
        place.kind == ast::PolicyKind::kTrust) {
      return;
    }
    for (const Place& other : places_) {
      if (other.file == place.file && other.policy == place.policy) continue;
      const ast::Statement& wider = *other.statement;
      if (other.kind != place.kind || wider.effect != statement.effect ||
          (wider.condition && !wider.condition->operators.empty())) {
        continue;
      }
      if (!Spend()) return;
      if (!IsCoveredList(PatternKind::kAction, wider.action,
                         statement.action) ||
          !IsCoveredList(PatternKind::kResource, wider.resource,
                         statement.resource)) {
        continue;
      }
      // Of two that say the same, the later one is told.
      const bool mutual =
          (!statement.condition || statement.condition->operators.empty()) &&
          IsCoveredList(PatternKind::kAction, statement.action, wider.action) &&
          IsCoveredList(PatternKind::kResource, statement.resource,
                        wider.resource);
      if (mutual && &place < &other) continue;
      const PolicyFile& file = files_[other.file];
      ScopeOf(place).Report(
          DiagnosticId::kShadowedAcross, statement.effect_span,
          {Excerpt(file.content.policies[other.policy].name),
           Excerpt(file.source.name()),
           std::to_string(file.source.Locate(wider.effect_span.begin).line)});
      return;
    }
  }

  // Counts one comparison of two statements; false when the run has had its
  // share.
  bool Spend() {
    if (comparisons_ >= kMaxSetComparisons) return false;
    ++comparisons_;
    return true;
  }

  std::span<const PolicyFile> files_;
  const Catalogue& catalogue_;
  std::span<Diagnostics> found_;
  std::vector<Place> places_;
  size_t comparisons_ = 0;
};

}  // namespace

void LintSet(std::span<const PolicyFile> files, const Catalogue& catalogue,
             std::span<Diagnostics> found) {
  SetRules(files, catalogue, found).Run();
}

}  // namespace writ
