// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_VALUE_RANKS_H_
#define WRIT_AUTHZ_VALUE_RANKS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "authz/program/format.h"
#include "authz/request.h"
#include "authz/step_budget.h"

namespace writ {

// What a condition comes to (R39).
enum class Truth : uint8_t { kFalse, kTrue, kUnreadable };

// The entry of a key, or null when the request does not have it.
//
// Cost  a comparison for each entry; of many entries a step for each
//       StepBudget::kBytesPerStep
const ContextEntry* FindEntry(const ProgramView& view, uint32_t key,
                              std::span<const ContextEntry> context,
                              StepBudget* budget) noexcept;

// Whether two context keys are one key (R10).
bool SameContextKey(std::string_view a, std::string_view b) noexcept;

// Where the values of a request lie among the constants of one program: each
// value is read once for each axis (AxisRecord), and a test is then a
// comparison of ranks. Of a fixed size: when a request has more values than
// there is room for, those of a further axis are read again for each test.
class ValueRanks {
 public:
  // context  borrowed
  ValueRanks(std::span<const ContextEntry> context, StepBudget* budget)
      : context_(context), budget_(budget) {
    Reset();
  }
  ValueRanks(const ValueRanks&) = delete;
  ValueRanks& operator=(const ValueRanks&) = delete;

  // Forgets the ranks among the constants of the last program.
  void Reset() noexcept {
    axes_.fill(kNoIndex);
    pool_used_ = 0;
  }

  // Tests an atom that has an axis.
  //
  // Returns  kFalse when the budget ran out: ask it
  Truth Test(const ProgramView& view, const AtomRange& atom) noexcept;

 private:
  static constexpr size_t kSlots = 8;
  static constexpr size_t kPool = 64;

  enum class State : uint8_t { kAbsent, kUnreadable, kOne, kSome, kMany };
  // What is known of an axis.
  struct Slot {
    State state;
    uint32_t rank;   // kOne: the rank. kSome: its first one in the pool
    uint32_t count;  // kSome: how many
    const ContextEntry* entry;  // kMany
  };

  void Read(const ProgramView& view, uint32_t axis, Slot* slot) noexcept;
  Truth TestMany(const ProgramView& view, const AtomRange& atom,
                 const ContextEntry& entry) noexcept;

  const std::span<const ContextEntry> context_;
  StepBudget* const budget_;
  // Direct-mapped: slot i knows axis axes_[i].
  std::array<uint32_t, kSlots> axes_;
  std::array<Slot, kSlots> slots_;
  std::array<uint32_t, kPool> pool_;
  uint32_t pool_used_ = 0;
};

}  // namespace writ

#endif  // WRIT_AUTHZ_VALUE_RANKS_H_
