// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_VM_H_
#define WRIT_AUTHZ_VM_H_

#include <cstdint>
#include <span>

#include "authz/program/format.h"
#include "authz/request.h"

namespace writ {

// What a condition comes to (R39).
enum class Truth : uint8_t { kFalse, kTrue, kUnreadable };

// The work one decision may still do: a step is a statement looked at, a
// pattern or operand compared, or an instruction.
class StepBudget {
 public:
  explicit StepBudget(uint64_t steps) : left_(steps) {}

  // Takes one step; false once there are none left.
  bool Step() {
    if (left_ == 0) {
      exhausted_ = true;
      return false;
    }
    --left_;
    return true;
  }
  // A step was asked for that was not there.
  bool exhausted() const { return exhausted_; }

 private:
  uint64_t left_;
  bool exhausted_ = false;
};

// Runs the condition in `code`, a block that the verifier has passed, on the
// keys and values of a request. Recursion-free, no allocation; each instruction
// runs at most once.
//
// Returns  kFalse when the budget ran out: ask it
Truth RunCondition(const ProgramView& view, Run code,
                   std::span<const ContextEntry> context,
                   StepBudget* budget) noexcept;

// Whether two context keys are one key (R10).
bool SameContextKey(std::string_view a, std::string_view b) noexcept;

}  // namespace writ

#endif  // WRIT_AUTHZ_VM_H_
