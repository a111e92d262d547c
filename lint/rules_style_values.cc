// SPDX-License-Identifier: Apache-2.0
//
// Rules about how the lists of statements are written.
#include <algorithm>
#include <cstddef>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/check_scope.h"
#include "lint/edit.h"
#include "lint/style.h"

namespace writ {
namespace {

// Lists of fewer items are as short as a name for them.
constexpr size_t kLeastItemsOfSet = 3;

std::string_view SuccessorOf(std::string_view op) {
  if (op == "IpAddressIncludeBorder") return "IpAddress";
  if (op == "NotIpAddressIncludeBorder") return "NotIpAddress";
  return "";
}

// Goes through the lists of one file.
class ValueStyle {
 public:
  ValueStyle(const PolicyFile& file, const Catalogue& catalogue,
             Diagnostics* found)
      : file_(file), catalogue_(catalogue), found_(found) {}

  void Judge(const ast::Policy& policy, ast::PolicyKind kind) {
    const CheckScope root(kind, file_.is_json, found_);
    for (size_t i = 0; i < policy.statements.size(); ++i) {
      const ast::Statement& statement = policy.statements[i];
      const CheckScope scope = root.In("Statement").In(i);
      if (statement.action) {
        JudgePatterns(*statement.action, "Action", scope);
      }
      if (statement.resource) {
        JudgePatterns(*statement.resource, "Resource", scope);
      }
      if (statement.condition) {
        JudgeCondition(*statement.condition, scope.In("Condition"));
      }
    }
    if (file_.is_json) {
      JudgeMix(policy, &ast::Statement::action, "Action", root);
      JudgeMix(policy, &ast::Statement::resource, "Resource", root);
    }
  }

 private:
  void JudgePatterns(const ast::PatternList& list, std::string_view name,
                     const CheckScope& scope) {
    const std::string member = (list.negated ? "Not" : "") + std::string(name);
    JudgeOrder(list.values, member, scope.In(member));
    JudgeRepetition(list.values, scope.In(member));
  }

  void JudgeCondition(const ast::Condition& condition,
                      const CheckScope& scope) {
    for (const ast::ConditionOperator& one : condition.operators) {
      const CheckScope inner = scope.In(one.name.text);
      JudgeOperator(condition, one, inner);
      for (const ast::ConditionTest& test : one.tests) {
        const CheckScope place = inner.In(test.key.text);
        JudgeKey(one, test, place);
        JudgeOrder(test.values, test.key.text, place);
        JudgeRepetition(test.values, place);
      }
    }
  }

  // W-STY-002.
  void JudgeOrder(const ast::Values& values, std::string_view name,
                  const CheckScope& scope) {
    const std::vector<ast::Value>& items = values.items;
    const auto before = [](const ast::Value& a, const ast::Value& b) {
      return a.text < b.text;
    };
    const auto late = std::is_sorted_until(items.begin(), items.end(), before);
    if (late == items.end() || !file_.source.Owns(values.span)) return;
    Diagnostic finding = scope.Draft(
        DiagnosticId::kUnsortedValues, late->span,
        {Excerpt(name), Excerpt(std::prev(late)->text), Excerpt(late->text)});
    if (auto edits = Reordered(values)) {
      finding.fix = Fix{"sort the list", true, *std::move(edits)};
    }
    scope.Add(std::move(finding));
  }

  // Each item written where it belongs. A comment in the list is about one of
  // its items, and nobody can tell which: then there is no fix.
  std::optional<std::vector<TextEdit>> Reordered(const ast::Values& values) {
    const std::string_view list = file_.source.TextOf(values.span);
    if (!file_.is_json && list.find("//") != list.npos) return std::nullopt;
    std::vector<size_t> order(values.items.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return values.items[a].text < values.items[b].text;
    });
    std::vector<TextEdit> edits;
    for (size_t i = 0; i < order.size(); ++i) {
      const Span here = values.items[i].span;
      const Span there = values.items[order[i]].span;
      // An item that a set or a constant put there has no text of its own.
      const bool plain = file_.source.Owns(here) &&
                         values.span.begin < here.begin &&
                         here.end <= values.span.end && here.begin < here.end &&
                         (i == 0 || values.items[i - 1].span.end <= here.begin);
      if (!plain) return std::nullopt;
      if (order[i] == i) continue;
      edits.push_back({here, std::string(file_.source.TextOf(there))});
    }
    for (const TextEdit& edit : edits) {
      if (edit.text.starts_with("$")) return std::nullopt;
    }
    return edits;
  }

  // W-STY-007: the second and later lists with the same items.
  void JudgeRepetition(const ast::Values& values, const CheckScope& scope) {
    if (file_.is_json || values.items.size() < kLeastItemsOfSet) return;
    const std::string_view text = file_.source.TextOf(values.span);
    if (!file_.source.Owns(values.span) || !text.starts_with("[") ||
        text.find('$') != text.npos) {
      return;
    }
    std::string key;
    for (const ast::Value& item : values.items) key += item.text + '\n';
    const auto [first, is_new] = lists_.try_emplace(key, values.span);
    if (is_new || first->second == values.span) return;
    const LineColumn at = file_.source.Locate(first->second.begin);
    Diagnostic finding = scope.Draft(DiagnosticId::kPreferSet, values.span,
                                     {std::to_string(at.line)});
    finding.others.push_back({first->second, "the same list"});
    scope.Add(std::move(finding));
  }

  // W-STY-012, operators.
  void JudgeOperator(const ast::Condition& condition,
                     const ast::ConditionOperator& one,
                     const CheckScope& scope) {
    const std::string_view successor = SuccessorOf(one.name.text);
    if (successor.empty()) return;
    Diagnostic finding = scope.Draft(DiagnosticId::kDeprecated, one.name.span,
                                     {Excerpt(one.name.text), successor});
    // Two blocks of one operator would be a member twice.
    const bool free =
        std::none_of(condition.operators.begin(), condition.operators.end(),
                     [successor](const ast::ConditionOperator& other) {
                       return other.name.text == successor;
                     });
    const std::string quoted = "\"" + one.name.text + "\"";
    if (free && file_.source.Owns(one.name.span) &&
        file_.source.TextOf(one.name.span) == quoted) {
      finding.fix =
          Fix{"write `" + std::string(successor) + "`",
              true,
              {{one.name.span, "\"" + std::string(successor) + "\""}}};
    }
    scope.Add(std::move(finding));
  }

  // W-STY-012, keys: another key is another question, so there is a proposal
  // at most.
  void JudgeKey(const ast::ConditionOperator& one,
                const ast::ConditionTest& test, const CheckScope& scope) {
    const CatalogueKey* key = catalogue_.FindKey(test.key.text);
    if (key == nullptr || key->use_instead.empty()) return;
    Diagnostic finding =
        scope.Draft(DiagnosticId::kDeprecated, test.key.span,
                    {Excerpt(test.key.text), key->use_instead});
    const bool free = std::none_of(one.tests.begin(), one.tests.end(),
                                   [key](const ast::ConditionTest& t) {
                                     return t.key.text == key->use_instead;
                                   });
    std::optional<TextEdit> edit;
    if (free) edit = ReplaceKey(file_, test.key, key->use_instead);
    if (edit) {
      finding.fix =
          Fix{"write `" + key->use_instead + "`", false, {*std::move(edit)}};
    }
    scope.Add(std::move(finding));
  }

  // W-STY-006: one value as itself in one statement and in brackets in another.
  void JudgeMix(const ast::Policy& policy,
                std::optional<ast::PatternList> ast::Statement::*member,
                std::string_view name, const CheckScope& root) {
    const ast::Values* listed = nullptr;
    for (const ast::Statement& statement : policy.statements) {
      const auto& list = statement.*member;
      if (list && list->values.is_list && list->values.items.size() == 1) {
        listed = &list->values;
        break;
      }
    }
    if (listed == nullptr) return;
    const std::string line =
        std::to_string(file_.source.Locate(listed->span.begin).line);
    for (size_t i = 0; i < policy.statements.size(); ++i) {
      const auto& list = policy.statements[i].*member;
      if (!list || list->values.is_list || list->values.items.empty()) continue;
      const std::string full = (list->negated ? "Not" : "") + std::string(name);
      const Span span = list->values.items.front().span;
      const CheckScope scope = root.In("Statement").In(i).In(full);
      Diagnostic finding =
          scope.Draft(DiagnosticId::kScalarListMix, span, {full, line});
      finding.fix =
          Fix{"write a list",
              true,
              {{{span.begin, span.begin}, "["}, {{span.end, span.end}, "]"}}};
      scope.Add(std::move(finding));
    }
  }

  const PolicyFile& file_;
  const Catalogue& catalogue_;
  Diagnostics* found_;
  std::map<std::string, Span> lists_;  // where each list stands first
};

}  // namespace

void LintValues(const PolicyFile& file, const Catalogue& catalogue,
                Diagnostics* found) {
  ValueStyle style(file, catalogue, found);
  for (size_t i = 0; i < file.content.own_policies; ++i) {
    style.Judge(file.content.policies[i], file.kinds[i]);
  }
}

}  // namespace writ
