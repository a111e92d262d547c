// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_BOUND_REQUEST_H_
#define WRIT_AUTHZ_BOUND_REQUEST_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "authz/match_action.h"
#include "authz/program/format.h"
#include "authz/request.h"
#include "authz/step_budget.h"
#include "authz/value_ranks.h"

namespace writ {

// A request's action and context as one program sees them: the class of the
// action, the ranks of the values, the conditions decided so far. Made once for
// a decision, on the stack, and bound to one program after the other. Of a
// fixed size; what it cannot remember it works out again.
class BoundRequest {
 public:
  // All borrowed.
  BoundRequest(const RequestAction& action,
               std::span<const ContextEntry> context, StepBudget* budget)
      : action_(action),
        context_(context),
        budget_(budget),
        ranks_(context, budget) {}
  BoundRequest(const BoundRequest&) = delete;
  BoundRequest& operator=(const BoundRequest&) = delete;

  // Asks about `view` from now on. Cheap when that is the last one.
  void Bind(const ProgramView& view) noexcept {
    if (view_ != &view) BindAnew(view);
  }

  // Whether the action set holds the action. False when the budget ran out.
  bool Holds(uint32_t action_set) noexcept {
    if (row_ == nullptr) return HoldsByList(action_set);
    uint64_t word = 0;
    std::memcpy(&word, row_ + size_t{action_set / 64} * sizeof(word),
                sizeof(word));
    return (word >> (action_set % 64) & 1) != 0;
  }
  // The words of the action's row, a bit for each set; null when sets are
  // compared one by one. Not aligned.
  const char* row() const { return row_; }

  // What a condition of the index comes to. kFalse when the budget ran out.
  Truth Condition(uint32_t condition) noexcept {
    if (memo_ready_) {
      const uint32_t entry = memo_[condition % kMemo];
      if (entry >> 2 == condition) return static_cast<Truth>(entry & 3);
    }
    return RunAnew(condition);
  }

  // What a test comes to.
  Truth TestAtom(uint32_t atom) noexcept;

 private:
  static constexpr size_t kMemo = 64;
  static constexpr size_t kAtomMemo = 16;
  static constexpr uint32_t kNoMemo = UINT32_MAX;
  // Longer actions are read by the automaton.
  static constexpr size_t kMaxFolded = 128;

  void BindAnew(const ProgramView& view) noexcept;
  void FoldAction() noexcept;
  bool FindName(uint32_t* action_class) const noexcept;
  uint32_t RunAutomaton() const noexcept;
  bool HoldsByList(uint32_t action_set) noexcept;
  Truth RunAnew(uint32_t condition) noexcept;

  const RequestAction& action_;
  const std::span<const ContextEntry> context_;
  StepBudget* const budget_;

  // The action in lower case, and its hash without a seed.
  uint32_t folded_bytes_ = 0;  // 0: not folded
  uint64_t folded_hash_ = 0;
  alignas(8) std::array<char, kMaxFolded> folded_;

  // Of the program bound.
  const ProgramView* view_ = nullptr;
  const char* row_ = nullptr;
  ValueRanks ranks_;
  bool memo_ready_ = false;
  // Direct-mapped: the condition times 4, plus its Truth.
  std::array<uint32_t, kMemo> memo_;
  // Likewise, of tests without an axis.
  std::array<uint32_t, kAtomMemo> atom_memo_;
};

}  // namespace writ

#endif  // WRIT_AUTHZ_BOUND_REQUEST_H_
