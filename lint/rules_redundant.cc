// SPDX-License-Identifier: Apache-2.0
//
// What a policy says twice. Items of a list are compared one with another, and
// whole statements too; that several together cover one is not looked for.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "compiler/check_scope.h"
#include "grammar/value.h"
#include "lint/edit.h"
#include "lint/lint.h"
#include "lint/pattern.h"
#include "lint/relation.h"

namespace writ {
namespace {

// Judges one policy; made for one call.
class RedundancyRules {
 public:
  RedundancyRules(const LintSubject& subject, Diagnostics* found)
      : file_(subject.file),
        policy_(subject.policy),
        scope_(subject.kind, subject.file.is_json, found),
        budget_(kMaxLintQuestions) {}

  void Run() {
    for (size_t i = 0; i < policy_.statements.size(); ++i) {
      Lists(policy_.statements[i], At(i));
    }
    Statements();
  }

 private:
  CheckScope At(size_t statement) const {
    return scope_.In("Statement").In(statement);
  }

  void Lists(const ast::Statement& statement, const CheckScope& at) {
    if (statement.action) {
      Patterns(PatternKind::kAction, DiagnosticId::kRedundantAction,
               *statement.action,
               at.In(statement.action->negated ? "NotAction" : "Action"));
    }
    if (statement.resource) {
      Patterns(PatternKind::kResource, DiagnosticId::kRedundantResource,
               *statement.resource,
               at.In(statement.resource->negated ? "NotResource" : "Resource"));
    }
    if (statement.principal) Principals(*statement.principal, at);
    if (statement.condition) Conditions(*statement.condition, at);
  }

  void Patterns(PatternKind kind, DiagnosticId id, const ast::PatternList& list,
                const CheckScope& at) {
    Items(id, list.values, at, [&](const auto& outer, const auto& inner) {
      return budget_.Covers(kind, outer, inner);
    });
  }

  void Principals(const ast::Principal& principal, const CheckScope& at) {
    const auto judge = [&](std::string_view type, const ast::Values& values,
                           const CheckScope& place) {
      Items(DiagnosticId::kRedundantPrincipal, values, place,
            [type](const auto& outer, const auto& inner) {
              return PrincipalCovers(type, outer, inner);
            });
    };
    const CheckScope place = at.In("Principal");
    if (principal.form == ast::Principal::Form::kBare) {
      judge("", principal.bare, place);
      return;
    }
    for (const ast::Principal::Typed& typed : principal.typed) {
      judge(typed.type.text, typed.values, place.In(typed.type.text));
    }
  }

  void Conditions(const ast::Condition& condition, const CheckScope& at) {
    for (const ast::ConditionOperator& op : condition.operators) {
      // Two truth values are another rule's matter.
      if (!op.op || *op.op == Operator::kBool) continue;
      const OperatorInfo& info = InfoOf(*op.op);
      for (const ast::ConditionTest& test : op.tests) {
        Items(DiagnosticId::kRedundantValue, test.values,
              at.In("Condition").In(op.name.text).In(test.key.text),
              [&info](const auto& outer, const auto& inner) {
                return ValueCovers(info, outer, inner);
              });
      }
    }
  }

  // Reports each item that another one covers; of two that mean the same the
  // first stays.
  template <typename Covers>
  void Items(DiagnosticId id, const ast::Values& values, const CheckScope& at,
             Covers covers) {
    const std::vector<ast::Value>& items = values.items;
    if (items.size() < 2) return;
    std::vector<bool> gone(items.size());
    for (size_t i = 0; i < items.size(); ++i) {
      for (size_t j = 0; j < items.size(); ++j) {
        if (i == j || gone[j] || !budget_.Ask()) continue;
        if (!covers(items[j].text, items[i].text)) continue;
        if (i < j && covers(items[i].text, items[j].text)) continue;
        gone[i] = true;
        ReportItem(id, values, i, j, at.Item(values, i));
        break;
      }
    }
  }

  void ReportItem(DiagnosticId id, const ast::Values& values, size_t item,
                  size_t by, const CheckScope& at) {
    const ast::Value& value = values.items[item];
    const bool same = value.text == values.items[by].text;
    Diagnostic finding = at.Draft(
        id, value.span, {Excerpt(value.text), Excerpt(values.items[by].text)});
    finding.label = same ? "again" : "means nothing more";
    finding.others.push_back(
        {values.items[by].span, same ? "first here" : "covers it"});
    const size_t items[] = {item};
    if (auto edits = RemoveItems(file_, values, items)) {
      finding.fix =
          Fix{"remove `" + Excerpt(value.text) + "`", true, *std::move(edits)};
    }
    at.Add(std::move(finding));
  }

  void Statements() {
    const std::vector<ast::Statement>& all = policy_.statements;
    const size_t count = std::min<size_t>(all.size(), kMaxComparedStatements);
    std::vector<bool> gone(count);
    for (size_t i = 0; i < count; ++i) {
      for (size_t j = 0; j < count; ++j) {
        if (i == j || gone[j] || !budget_.Ask()) continue;
        if (!StatementWithin(all[i], all[j], &budget_)) continue;
        const bool same = StatementWithin(all[j], all[i], &budget_);
        if (same && i < j) continue;
        gone[i] = true;
        ReportStatement(same ? DiagnosticId::kDuplicateStatement
                             : DiagnosticId::kShadowedStatement,
                        i, j);
        break;
      }
    }
    for (size_t i = 0; i < count; ++i) {
      for (size_t j = 0; j < i && !gone[i]; ++j) {
        if (gone[j] || !budget_.Ask() || !Merge(i, j)) continue;
        gone[i] = true;
      }
    }
  }

  // "`read`" or "the statement on line 7".
  std::string Named(size_t statement) const {
    const ast::Statement& one = policy_.statements[statement];
    if (one.label) return "`" + Excerpt(one.label->text) + "`";
    return "the statement on line " +
           std::to_string(file_.source.Locate(one.span.begin).line);
  }

  void ReportStatement(DiagnosticId id, size_t statement, size_t by) {
    const ast::Statement& one = policy_.statements[statement];
    const bool deny = one.effect == ast::Effect::kDeny;
    const CheckScope at = At(statement);
    Diagnostic finding =
        at.Draft(id, one.effect_span, {Named(by), deny ? "denies" : "allows"});
    finding.others.push_back(
        {policy_.statements[by].effect_span, "this one stays"});
    if (auto edit = RemoveStatement(file_, policy_, statement)) {
      finding.fix = Fix{"remove the statement", true, {*std::move(edit)}};
    }
    at.Add(std::move(finding));
  }

  enum class Part : uint8_t { kNone, kAction, kResource, kSeveral };

  // The one list in which two statements differ, when it can be joined.
  Part Difference(const ast::Statement& a, const ast::Statement& b) {
    const auto same = [this](auto within, const auto& x, const auto& y) {
      return within(x, y, &budget_) && within(y, x, &budget_);
    };
    if (a.effect != b.effect || !a.foreign.empty() || !b.foreign.empty() ||
        !a.action || !b.action || !a.resource || !b.resource) {
      return Part::kSeveral;
    }
    Part part = Part::kNone;
    const auto differs = [&](PatternKind kind, const ast::PatternList& x,
                             const ast::PatternList& y, Part which) {
      if (ListWithin(kind, x, y, &budget_) &&
          ListWithin(kind, y, x, &budget_)) {
        return;
      }
      part = part == Part::kNone && !x.negated && !y.negated ? which
                                                             : Part::kSeveral;
    };
    differs(PatternKind::kAction, *a.action, *b.action, Part::kAction);
    differs(PatternKind::kResource, *a.resource, *b.resource, Part::kResource);
    if (part == Part::kNone || part == Part::kSeveral) return Part::kSeveral;
    if (!same(PrincipalWithin, a.principal, b.principal) ||
        !same(ConditionWithin, a.condition, b.condition)) {
      return Part::kSeveral;
    }
    return part;
  }

  // Whether `later` could be part of `first`; says so. A statement with a name
  // of its own is left alone: its author wants to tell it apart.
  bool Merge(size_t later, size_t first) {
    const ast::Statement& gone = policy_.statements[later];
    const ast::Statement& stays = policy_.statements[first];
    if (gone.sid || gone.label || !gone.annotations.empty()) return false;
    const Part part = Difference(gone, stays);
    if (part == Part::kSeveral) return false;
    const bool action = part == Part::kAction;
    const ast::Values& from =
        action ? gone.action->values : gone.resource->values;
    const ast::Values& into =
        action ? stays.action->values : stays.resource->values;
    const CheckScope at = At(later);
    Diagnostic finding =
        at.Draft(DiagnosticId::kMergeableStatements, gone.effect_span,
                 {Named(first), action ? "actions" : "resources"});
    finding.others.push_back({stays.effect_span, "joins this one"});
    const PatternKind kind =
        action ? PatternKind::kAction : PatternKind::kResource;
    std::vector<std::string> added;
    for (const ast::Value& value : from.items) {
      const bool there = std::any_of(
          into.items.begin(), into.items.end(), [&](const ast::Value& item) {
            return PatternCovers(kind, item.text, value.text);
          });
      if (!there) added.push_back(value.text);
    }
    auto removed = RemoveStatement(file_, policy_, later);
    auto appended = AppendPatterns(file_, into, added);
    if (removed && appended) {
      finding.fix = Fix{"join the two statements",
                        true,
                        {*std::move(appended), *std::move(removed)}};
    }
    at.Add(std::move(finding));
    return true;
  }

  const PolicyFile& file_;
  const ast::Policy& policy_;
  const CheckScope scope_;
  QuestionBudget budget_;
};

}  // namespace

void LintRedundant(const LintSubject& subject, Diagnostics* found) {
  RedundancyRules(subject, found).Run();
}

}  // namespace writ
