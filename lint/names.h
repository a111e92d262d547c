// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_LINT_NAMES_H_
#define WRIT_LINT_NAMES_H_

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "compiler/check_scope.h"
#include "grammar/ast.h"
#include "lint/lint.h"

// The parts of the group W-TYP: what names mean and whether types agree.
namespace writ {

// One policy under judgement and what was already said about it. Sets and
// templates put the same text in several statements: a place is judged once.
struct NamesPass {
  const LintSubject& subject;
  std::unordered_set<std::string> unknown_services;
  std::unordered_set<uint64_t> reported;

  // Adds the finding, unless the same one stands at its place already.
  void Add(const CheckScope& scope, Diagnostic finding);
  // A fix that writes `text` in the place of a pattern.
  std::optional<Fix> Replacing(const ast::Value& value,
                               std::string_view text) const;
};

// W-TYP-002 to 006: service and name of an action pattern.
void JudgeAction(const ast::Value& value, const CheckScope& scope,
                 NamesPass* pass);
// W-TYP-009, 010: region and account of a resource pattern.
void JudgeResource(const ast::Value& value, const CheckScope& scope,
                   NamesPass* pass);
// W-TYP-010 for the accounts that a principal names.
void JudgePrincipal(const ast::Principal& principal, const CheckScope& scope,
                    NamesPass* pass);
// W-TYP-011, 012: whether the actions of a statement meet its resources.
void JudgeResourcesOfActions(const ast::Statement& statement,
                             const CheckScope& scope, NamesPass* pass);
// W-TYP-015 to 017: condition keys.
void JudgeKeys(const ast::Statement& statement, const CheckScope& scope,
               NamesPass* pass);

// Whether some resource is both of the shape (CatalogueResource) and matched by
// the pattern. Upper and lower case count as equal. Cost: product of the
// lengths.
bool ShapeReaches(std::string_view shape, std::string_view pattern);

// The edits that write the operator `to` in the place of that of `test`, its
// values in the form that goes with it; nothing when the text does not allow
// it. `test` is one of `op` in `condition`.
std::optional<std::vector<TextEdit>> ReplaceOperator(
    const PolicyFile& file, const ast::Condition& condition,
    const ast::ConditionOperator& op, const ast::ConditionTest& test,
    const OperatorInfo& to);

}  // namespace writ

#endif  // WRIT_LINT_NAMES_H_
