// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_LINT_RELATION_H_
#define WRIT_LINT_RELATION_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "grammar/ast.h"
#include "grammar/operators.h"
#include "lint/pattern.h"

// When one part of a policy means no more than another, under the rulings of
// the language. Every answer of true is certain.
namespace writ {

// Questions that may still be asked about one policy, so that a hostile one
// takes bounded time. Once they are spent every answer is false.
class QuestionBudget {
 public:
  explicit QuestionBudget(uint64_t questions) : left_(questions) {}
  bool Ask() {
    if (left_ == 0) return false;
    --left_;
    return true;
  }
  // PatternCovers; what it has to try counts as questions.
  bool Covers(PatternKind kind, std::string_view outer,
              std::string_view inner) {
    if (!Ask()) return false;
    uint64_t spent = 0;
    const bool covers = PatternCovers(kind, outer, inner, &spent);
    left_ -= std::min(left_, spent / kStepsOfAQuestion);
    return covers;
  }

 private:
  static constexpr uint64_t kStepsOfAQuestion = 16;
  uint64_t left_;
};

// Every request value that satisfies `inner` satisfies `outer`, as values of
// one test of an operator's positive form.
bool ValueCovers(const OperatorInfo& op, std::string_view outer,
                 std::string_view inner);

// No single request value satisfies the positive forms of both, one value of
// each. Operators of different families are not told apart: false.
bool ValuesExclude(const OperatorInfo& a, std::string_view a_value,
                   const OperatorInfo& b, std::string_view b_value);

// Every request value that satisfies the positive form of `inner` with this
// value satisfies that of `outer` with that one.
bool ValueWithin(const OperatorInfo& inner, std::string_view inner_value,
                 const OperatorInfo& outer, std::string_view outer_value);

// Every caller whom `inner` names, `outer` names.
//
// type  "RAM", "Service", "Federated", or empty for a list of a resource policy
bool PrincipalCovers(std::string_view type, std::string_view outer,
                     std::string_view inner);

// What the members mean: all of `inner` is in `outer`.
bool ListWithin(PatternKind kind, const ast::PatternList& inner,
                const ast::PatternList& outer, QuestionBudget* budget);
bool PrincipalWithin(const std::optional<ast::Principal>& inner,
                     const std::optional<ast::Principal>& outer,
                     QuestionBudget* budget);
// A request that meets `inner` meets `outer`, and one that leaves neither
// plainly false in `inner` leaves it so in `outer` (R39).
bool ConditionWithin(const std::optional<ast::Condition>& inner,
                     const std::optional<ast::Condition>& outer,
                     QuestionBudget* budget);

// Of two statements with the same effect: whatever `inner` decides, `outer`
// decides too.
bool StatementWithin(const ast::Statement& inner, const ast::Statement& outer,
                     QuestionBudget* budget);

}  // namespace writ

#endif  // WRIT_LINT_RELATION_H_
