// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_STEP_BUDGET_H_
#define WRIT_AUTHZ_STEP_BUDGET_H_

#include <cstddef>
#include <cstdint>

namespace writ {

// The work one decision may still do: a step is a statement or a node looked
// at, a pattern or operand compared, or an instruction. Long texts of a request
// cost more: a step for every kBytesPerStep bytes of one of kLongTextBytes or
// more, each time that it is read or compared as a whole.
class StepBudget {
 public:
  static constexpr size_t kLongTextBytes = 1024;
  static constexpr size_t kBytesPerStep = 64;

  explicit StepBudget(uint64_t steps) : left_(steps) {}

  // Takes one step; false once there are none left.
  bool Step() { return Take(1); }
  bool Take(uint64_t steps) {
    if (steps > left_) {
      left_ = 0;
      exhausted_ = true;
      return false;
    }
    left_ -= steps;
    return true;
  }
  // For a text of the request that is about to be read.
  bool TakeText(size_t bytes) {
    return bytes < kLongTextBytes || Take(bytes / kBytesPerStep);
  }
  // A step was asked for that was not there.
  bool exhausted() const { return exhausted_; }

 private:
  uint64_t left_;
  bool exhausted_ = false;
};

}  // namespace writ

#endif  // WRIT_AUTHZ_STEP_BUDGET_H_
