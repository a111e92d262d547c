// SPDX-License-Identifier: Apache-2.0
//
// The small changes that a mutant of a policy is made of.
#include <array>
#include <optional>
#include <utility>

#include "cases/mutants.h"
#include "cases/probe.h"
#include "grammar/value.h"

namespace writ {
namespace {

// Pairs of operators that a slip of the pen confuses.
constexpr std::pair<Operator, Operator> kSwaps[] = {
    {Operator::kStringEquals, Operator::kStringNotEquals},
    {Operator::kStringEqualsIgnoreCase, Operator::kStringNotEqualsIgnoreCase},
    {Operator::kStringLike, Operator::kStringNotLike},
    {Operator::kNumericEquals, Operator::kNumericNotEquals},
    {Operator::kNumericLessThan, Operator::kNumericLessThanEquals},
    {Operator::kNumericGreaterThan, Operator::kNumericGreaterThanEquals},
    {Operator::kDateEquals, Operator::kDateNotEquals},
    {Operator::kDateLessThan, Operator::kDateLessThanEquals},
    {Operator::kDateGreaterThan, Operator::kDateGreaterThanEquals},
    {Operator::kIpAddress, Operator::kNotIpAddress},
    {Operator::kIpAddressIncludeBorder, Operator::kNotIpAddressIncludeBorder},
};

std::optional<Operator> SwapOf(Operator op) {
  for (const auto& [one, other] : kSwaps) {
    if (op == one) return other;
    if (op == other) return one;
  }
  return std::nullopt;
}

std::string Quoted(std::string_view text) { return "`" + Excerpt(text) + "`"; }

// `oss:GetObject` to `oss:*`, `…:photos/a` to `…:*`; nothing where there is
// nothing to widen.
std::optional<std::string> Wider(const std::string& pattern) {
  const size_t colon = pattern.rfind(':');
  if (colon == std::string::npos || pattern.substr(colon + 1) == "*") {
    return std::nullopt;
  }
  return pattern.substr(0, colon + 1) + "*";
}

// `oss:Get*` to `oss:Get`: the text before the last star alone.
std::optional<std::string> Narrower(const std::string& pattern) {
  if (pattern.size() < 2 || !pattern.ends_with('*') ||
      pattern.ends_with(":*")) {
    return std::nullopt;
  }
  return pattern.substr(0, pattern.size() - 1);
}

// Another value of the same type.
std::optional<std::string> OtherValue(const ast::ConditionOperator& op,
                                      const std::string& text) {
  if (!op.op) return std::nullopt;
  switch (InfoOf(*op.op).family) {
    case OperandFamily::kBool: {
      const auto value = ParseBool(text);
      if (!value) return std::nullopt;
      return *value ? "false" : "true";
    }
    case OperandFamily::kNumeric:
      return text == "0" ? "1" : "0";
    case OperandFamily::kDate:
      return text.starts_with("2000-01-01T00:00:00Z") ? "2001-01-01T00:00:00Z"
                                                      : "2000-01-01T00:00:00Z";
    case OperandFamily::kIp:
      return text == "0.0.0.0" ? "255.255.255.255" : "0.0.0.0";
    case OperandFamily::kString:
      return text + "~";
  }
  return std::nullopt;
}

// Walks over the changes of a policy in order; builds number `wanted` and
// counts all.
class ChangeWalk {
 public:
  ChangeWalk(const ast::Policy& policy, ast::PolicyKind kind, size_t wanted)
      : policy_(policy), kind_(kind), wanted_(wanted) {}

  size_t count() const { return count_; }
  PolicyChange TakeChange() { return std::move(change_); }

  void Run() {
    for (size_t i = 0; i < policy_.statements.size(); ++i) {
      const ast::Statement& statement = policy_.statements[i];
      index_ = i;
      if (policy_.statements.size() > 1 &&
          Offer([&] { return std::string("drop the statement"); },
                statement.span)) {
        change_.policy.statements.erase(change_.policy.statements.begin() +
                                        static_cast<ptrdiff_t>(i));
      }
      const bool allow = statement.effect == ast::Effect::kAllow;
      if (Offer(
              [&] {
                return std::string(allow ? "make `allow` a `deny`"
                                         : "make `deny` an `allow`");
              },
              statement.effect_span)) {
        Here().effect = allow ? ast::Effect::kDeny : ast::Effect::kAllow;
      }
      if (statement.principal) WalkPrincipal(*statement.principal);
      WalkPatterns(statement.action, "action", &ast::Statement::action);
      WalkPatterns(statement.resource, "resource", &ast::Statement::resource);
      if (statement.condition) WalkCondition(*statement.condition);
    }
  }

 private:
  // Counts one change; true when it is the one to build, and then the policy
  // is there to be changed.
  //
  // text  gives the words; asked for that one change only
  template <typename Text>
  bool Offer(Text text, Span span) {
    if (count_++ != wanted_) return false;
    change_ = {text(), span, policy_};
    return true;
  }
  ast::Statement& Here() { return change_.policy.statements[index_]; }

  static void Erase(ast::Values* values, size_t index) {
    values->items.erase(values->items.begin() + static_cast<ptrdiff_t>(index));
  }

  void WalkPrincipal(const ast::Principal& principal) {
    const auto drop_each = [&](const ast::Values& values, auto list) {
      if (values.items.size() < 2) return;
      for (size_t k = 0; k < values.items.size(); ++k) {
        if (Offer(
                [&] {
                  return std::string("drop " + Quoted(values.items[k].text) +
                                     " from the principals");
                },
                values.items[k].span)) {
          Erase(list(&*Here().principal), k);
        }
      }
    };
    drop_each(principal.bare, [](ast::Principal* one) { return &one->bare; });
    for (size_t t = 0; t < principal.typed.size(); ++t) {
      if (principal.typed.size() > 1 &&
          Offer(
              [&] {
                return std::string("drop " +
                                   Quoted(principal.typed[t].type.text) +
                                   " from the principals");
              },
              principal.typed[t].values.span)) {
        auto& typed = Here().principal->typed;
        typed.erase(typed.begin() + static_cast<ptrdiff_t>(t));
      }
      drop_each(principal.typed[t].values,
                [t](ast::Principal* one) { return &one->typed[t].values; });
    }
  }

  void WalkPatterns(const std::optional<ast::PatternList>& list,
                    const std::string& name,
                    std::optional<ast::PatternList> ast::Statement::*member) {
    if (!list) return;
    const auto& items = list->values.items;
    if (list->negated &&
        Offer(
            [&] {
              return std::string("drop `all except` of the " + name + "s");
            },
            list->values.span)) {
      (Here().*member)->negated = false;
    }
    for (size_t k = 0; k < items.size(); ++k) {
      const std::string& text = items[k].text;
      const auto replace = [&](const std::optional<std::string>& other,
                               std::string_view how) {
        if (other && Offer(
                         [&] {
                           return std::string(std::string(how) + " the " +
                                              name + " " + Quoted(text) +
                                              " to " + Quoted(*other));
                         },
                         items[k].span)) {
          (Here().*member)->values.items[k].text = *other;
        }
      };
      if (items.size() > 1 &&
          Offer(
              [&] {
                return std::string("drop the " + name + " " + Quoted(text));
              },
              items[k].span)) {
        Erase(&(Here().*member)->values, k);
      }
      // A trust policy is about one action only.
      if (kind_ == ast::PolicyKind::kTrust) continue;
      replace(Wider(text), "widen");
      replace(Narrower(text), "narrow");
    }
  }

  void WalkCondition(const ast::Condition& condition) {
    for (size_t o = 0; o < condition.operators.size(); ++o) {
      const ast::ConditionOperator& op = condition.operators[o];
      for (size_t t = 0; t < op.tests.size(); ++t) {
        const ast::ConditionTest& test = op.tests[t];
        const std::string text = Quoted(ConditionText(op, test));
        const Span span = {test.key.span.begin, test.key.span.end};
        if (Offer([&] { return std::string("drop " + text); }, span))
          DropTest(o, t);
        if (const auto other = op.op ? SwapOf(*op.op) : std::nullopt) {
          const OperatorInfo& info = InfoOf(*other);
          if (Offer(
                  [&] {
                    return std::string("change the operator of " + text +
                                       " to `" + std::string(info.dsl) + "`");
                  },
                  span)) {
            SwapTest(o, t, info);
          }
        }
        WalkValues(op, test, o, t);
      }
    }
  }

  void WalkValues(const ast::ConditionOperator& op,
                  const ast::ConditionTest& test, size_t o, size_t t) {
    const auto& items = test.values.items;
    for (size_t k = 0; k < items.size(); ++k) {
      if (items.size() > 1) {
        if (Offer(
                [&] {
                  return std::string("drop the value " + Quoted(items[k].text));
                },
                items[k].span)) {
          Erase(&Here().condition->operators[o].tests[t].values, k);
        }
        continue;
      }
      const auto other = OtherValue(op, items[k].text);
      if (other && Offer(
                       [&] {
                         return std::string("replace the value " +
                                            Quoted(items[k].text) + " by " +
                                            Quoted(*other));
                       },
                       items[k].span)) {
        Here().condition->operators[o].tests[t].values.items[k].text = *other;
      }
    }
  }

  void DropTest(size_t o, size_t t) {
    auto& operators = Here().condition->operators;
    operators[o].tests.erase(operators[o].tests.begin() +
                             static_cast<ptrdiff_t>(t));
    if (!operators[o].tests.empty()) return;
    operators.erase(operators.begin() + static_cast<ptrdiff_t>(o));
    if (operators.empty()) Here().condition.reset();
  }

  // Puts one test under another operator.
  void SwapTest(size_t o, size_t t, const OperatorInfo& info) {
    ast::ConditionTest moved = Here().condition->operators[o].tests[t];
    DropTest(o, t);
    if (!Here().condition) Here().condition.emplace();
    auto& operators = Here().condition->operators;
    for (ast::ConditionOperator& op : operators) {
      if (op.op != info.op) continue;
      op.tests.push_back(std::move(moved));
      return;
    }
    ast::ConditionOperator& op = operators.emplace_back();
    op.name.text = info.json;
    op.op = info.op;
    op.tests.push_back(std::move(moved));
  }

  const ast::Policy& policy_;
  const ast::PolicyKind kind_;
  const size_t wanted_;
  size_t index_ = 0;
  size_t count_ = 0;
  PolicyChange change_;
};

}  // namespace

size_t CountChanges(const ast::Policy& policy, ast::PolicyKind kind) {
  ChangeWalk walk(policy, kind, SIZE_MAX);
  walk.Run();
  return walk.count();
}

PolicyChange NthChange(const ast::Policy& policy, ast::PolicyKind kind,
                       size_t n) {
  ChangeWalk walk(policy, kind, n);
  walk.Run();
  return walk.TakeChange();
}

}  // namespace writ
