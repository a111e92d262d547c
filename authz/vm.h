// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_VM_H_
#define WRIT_AUTHZ_VM_H_

#include <cstdint>
#include <span>

#include "authz/program/format.h"
#include "authz/request.h"
#include "authz/step_budget.h"
#include "authz/value_ranks.h"

namespace writ {

class BoundRequest;

// Runs the condition in `code`, a block that the verifier has passed, on the
// keys and values of a request. Recursion-free, no allocation; each instruction
// runs at most once.
//
// Returns  kFalse when the budget ran out: ask it
Truth RunCondition(const ProgramView& view, Run code,
                   std::span<const ContextEntry> context,
                   StepBudget* budget) noexcept;

// The same with what is known of the request already: its index tells tests
// that have an axis.
Truth RunCondition(const ProgramView& view, Run code, BoundRequest* request,
                   StepBudget* budget) noexcept;

// Compares every value of the atom's key with every operand.
//
// Returns  kFalse when the budget ran out: ask it
Truth CompareOperands(const ProgramView& view, const AtomRecord& atom,
                      std::span<const ContextEntry> context,
                      StepBudget* budget) noexcept;

}  // namespace writ

#endif  // WRIT_AUTHZ_VM_H_
