// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_COMPILER_PATTERN_COVER_H_
#define WRIT_COMPILER_PATTERN_COVER_H_

#include <cstdint>
#include <string_view>

namespace writ {

// Characters of patterns that may still be compared.
class CoverBudget {
 public:
  explicit CoverBudget(uint64_t steps) : left_(steps) {}

  // Takes one step; false when there are none left.
  bool Step() {
    if (left_ == 0) return false;
    --left_;
    return true;
  }
  bool exhausted() const { return left_ == 0; }

 private:
  uint64_t left_;
};

// Whether whatever `inner` matches, `outer` matches too, for two valid patterns
// of one sort. True is proved: the wildcards of `outer` can be laid over the
// characters and wildcards of `inner`. False may mean that it is not so, that
// it is so for another reason, or that the budget is spent.
//
// Cost    at most the product of their lengths
// Source  ram.md 1.2, 1.3, R19, R41, R42
bool CoversText(std::string_view outer, std::string_view inner,
                CoverBudget* budget);
// Patterns of actions, in lower case.
bool CoversAction(std::string_view outer, std::string_view inner,
                  CoverBudget* budget);
bool CoversResource(std::string_view outer, std::string_view inner,
                    CoverBudget* budget);

}  // namespace writ

#endif  // WRIT_COMPILER_PATTERN_COVER_H_
