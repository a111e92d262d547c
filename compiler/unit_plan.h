// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_COMPILER_UNIT_PLAN_H_
#define WRIT_COMPILER_UNIT_PLAN_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "compiler/policy_lists.h"

// How the policies of a whole directory become units of one program. Internal
// to the snapshot compiler.
namespace writ {

// A program, and the units that make up each set of policies.
struct PlannedProgram {
  std::string image;
  std::vector<std::vector<uint32_t>> units_of;  // by set; ascending
};

// Compiles the policies into one program. Each set becomes one unit, or, where
// that would take too much, several:
//   - policies that many sets have would be in the index as many times; when
//     that passes kMaxSpread times the statements, or the budget, policies that
//     are in exactly the same sets make a unit, which those sets share;
//   - a unit that passes the budget alone is halved until it does not.
//
// policies  policy i of the program is policies[i]; each is in some set
// sets      of one kind each; ascending numbers of policies; none is empty
// Errors    as CompileProgram; the message names the policy if one alone is to
//           blame
Result<PlannedProgram> CompileSets(
    std::span<const ListedPolicy* const> policies,
    std::span<const std::vector<uint32_t>> sets,
    const PolicyLists::Limits& limits);

}  // namespace writ

#endif  // WRIT_COMPILER_UNIT_PLAN_H_
