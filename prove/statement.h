// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_PROVE_STATEMENT_H_
#define WRIT_PROVE_STATEMENT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "grammar/ast.h"
#include "prove/condition.h"
#include "prove/proof.h"

namespace writ::prove {

// Shows that a row of the statement table means what the tree's statement does.
class StatementProof {
 public:
  StatementProof(Proof* proof, ConditionProof* conditions)
      : proof_(*proof), conditions_(*conditions) {}

  // place  "policy 1, statement 2"
  Status Compare(const std::string& place, const ast::Statement& statement,
                 const StatementRecord& row);

  // Shows that the lists of patterns match the same actions or resources.
  Status CompareActions(const std::string& place,
                        const std::vector<std::string_view>& wanted,
                        const std::vector<std::string_view>& found);
  Status CompareResources(const std::string& place,
                          const std::vector<std::string_view>& wanted,
                          const std::vector<std::string_view>& found);

 private:
  Status Actions(const std::string& place, const ast::Statement& statement,
                 const StatementRecord& row);
  Status Resources(const std::string& place, const ast::Statement& statement,
                   const StatementRecord& row);
  Status Principals(const std::string& place, const ast::Statement& statement,
                    const StatementRecord& row);
  Status CheckActionPattern(const std::string& place, uint32_t index) const;
  Status CheckResourcePattern(const std::string& place, uint32_t index) const;

  Proof& proof_;
  ConditionProof& conditions_;
};

}  // namespace writ::prove

#endif  // WRIT_PROVE_STATEMENT_H_
