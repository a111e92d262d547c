// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_COMPILER_RULINGS_H_
#define WRIT_COMPILER_RULINGS_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "compiler/compile.h"
#include "compiler/image.h"
#include "grammar/ast.h"

namespace writ {

enum class RulingBasis : uint8_t { kOurs, kUnverified };

struct RulingInfo {
  uint32_t number;
  RulingBasis basis;
  std::string_view summary;
};

// In the order of their numbers.
inline constexpr RulingInfo kRulings[] = {
#define RULING(number, basis, summary) {number, RulingBasis::k##basis, summary},
#include "compiler/rulings.def"
#undef RULING
};

// The row with this number, or null.
const RulingInfo* FindRuling(uint32_t number);

// That the effect of a statement rests on a ruling.
struct RulingUse {
  // A test, by its place in ast::Condition.
  struct Place {
    uint32_t op = 0;
    uint32_t test = 0;
    auto operator<=>(const Place&) const = default;
  };
  uint32_t statement = 0;
  std::optional<Place> test;  // nothing: the statement as a whole
  uint32_t ruling = 0;
  Span span;  // what shows it
};

// What the statements of a policy rest on; by statement, test (the statement as
// a whole first) and ruling, each once.
//
// policy  free of errors
std::vector<RulingUse> RulingsOf(const ast::Policy& policy,
                                 ast::PolicyKind kind);

// Writes the section of rulings: what the statements of `inputs` rest on, with
// the atoms that stand for their tests. The tables of `image` are those of
// `inputs`.
void TagRulings(std::span<const PolicyInput> inputs, Image* image);

}  // namespace writ

#endif  // WRIT_COMPILER_RULINGS_H_
