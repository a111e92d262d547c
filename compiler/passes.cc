// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "authz/read_value.h"
#include "compiler/pattern_cover.h"

namespace writ {
namespace {

// Pairs of one list are compared, so a list of wildcards alone would cost its
// square: what is left when the work is done stays as it is written.
constexpr uint64_t kMaxCoverSteps = 1u << 24;

// Drops every item that another one kept covers.
//
// covers(a, b)  a, which is not b, makes b superfluous
template <typename Item, typename Covers>
bool DropCovered(std::vector<Item>* items, const CoverBudget& budget,
                 Covers covers) {
  std::vector<bool> dropped;  // empty as long as nothing is
  for (size_t outer = 0; outer < items->size(); ++outer) {
    if (!dropped.empty() && dropped[outer]) continue;
    for (size_t inner = 0; inner < items->size(); ++inner) {
      if (budget.exhausted()) break;
      if (inner == outer || (!dropped.empty() && dropped[inner]) ||
          !covers((*items)[outer], (*items)[inner])) {
        continue;
      }
      dropped.resize(items->size(), false);
      dropped[inner] = true;
    }
  }
  if (dropped.empty()) return false;
  size_t kept = 0;
  for (size_t i = 0; i < items->size(); ++i) {
    if (dropped[i]) continue;
    if (kept != i) (*items)[kept] = std::move((*items)[i]);
    ++kept;
  }
  items->resize(kept);
  return true;
}

bool HasWildcard(std::string_view pattern) {
  return pattern.find('*') != std::string_view::npos ||
         pattern.find('?') != std::string_view::npos;
}

// The same for patterns, of which only one with a wildcard covers others.
template <typename Covers>
bool DropCoveredPatterns(std::vector<std::string>* patterns,
                         CoverBudget* budget, Covers covers) {
  if (patterns->size() < 2 || std::ranges::none_of(*patterns, HasWildcard)) {
    return false;
  }
  if (std::ranges::find(*patterns, "*") != patterns->end()) {
    *patterns = {"*"};
    return true;
  }
  return DropCovered(
      patterns, *budget,
      [&](const std::string& outer, const std::string& inner) {
        // Most pairs differ at once, but there may be very many.
        if (!budget->Step()) return false;
        if (outer[0] != inner[0] && outer[0] != '*' && outer[0] != '?') {
          return false;
        }
        return HasWildcard(outer) && covers(outer, inner, budget);
      });
}

template <typename Record>
Record RecordOf(const std::string& bytes) {
  Record record;
  std::memcpy(&record, bytes.data(), sizeof(record));
  return record;
}

bool LessNumber(const std::string& a, const std::string& b) {
  return CompareDecimals(RecordOf<DecimalConstant>(a),
                         RecordOf<DecimalConstant>(b)) < 0;
}
bool LessDate(const std::string& a, const std::string& b) {
  return CompareInstants(RecordOf<InstantConstant>(a),
                         RecordOf<InstantConstant>(b)) < 0;
}

// One operand is enough for a test that one of them must pass: the largest if
// values lie below it, else the smallest.
template <typename Less>
bool KeepOne(bool largest, Less less, std::vector<std::string>* operands) {
  if (operands->size() < 2) return false;
  const auto at =
      largest ? std::max_element(operands->begin(), operands->end(), less)
              : std::min_element(operands->begin(), operands->end(), less);
  *operands = {std::string(*at)};
  return true;
}

bool CoversBlock(const std::string& outer, const std::string& inner,
                 CoverBudget* budget) {
  if (!budget->Step()) return false;
  const auto block = RecordOf<BlockConstant>(outer);
  const auto other = RecordOf<BlockConstant>(inner);
  return block.prefix_bits <= other.prefix_bits && BlockHolds(block, other);
}

// Whether operands were dropped. R39 reads the values of the key whatever the
// operands are, so only which of them match may depend on them.
bool NormaliseAtom(ir::Atom* atom, CoverBudget* budget) {
  switch (atom->op) {
    case Opcode::kStrLike:
      return DropCoveredPatterns(&atom->operands, budget, CoversText);
    case Opcode::kNumLt:
    case Opcode::kNumLe:
      return KeepOne(true, LessNumber, &atom->operands);
    case Opcode::kNumGt:
    case Opcode::kNumGe:
      return KeepOne(false, LessNumber, &atom->operands);
    case Opcode::kDateLt:
    case Opcode::kDateLe:
      return KeepOne(true, LessDate, &atom->operands);
    case Opcode::kDateGt:
    case Opcode::kDateGe:
      return KeepOne(false, LessDate, &atom->operands);
    case Opcode::kIpIn:
      if (atom->operands.size() < 2) return false;
      return DropCovered(
          &atom->operands, *budget,
          [budget](const std::string& outer, const std::string& inner) {
            return CoversBlock(outer, inner, budget);
          });
    case Opcode::kStrEq:
    case Opcode::kStrEqFold:
    case Opcode::kNumEq:
    case Opcode::kDateEq:
    case Opcode::kBoolEq:
    case Opcode::kHalt:
    case Opcode::kPushTrue:
    case Opcode::kNot:
    case Opcode::kAnd:
    case Opcode::kJumpIfFalse:
      break;
  }
  return false;
}

// What one value costs a test, in an order of tests: reading it, above all.
int CostOf(Opcode op) {
  switch (op) {
    case Opcode::kBoolEq:
      return 0;
    case Opcode::kStrEq:
      return 1;
    case Opcode::kStrEqFold:
      return 2;
    case Opcode::kNumEq:
    case Opcode::kNumLt:
    case Opcode::kNumLe:
    case Opcode::kNumGt:
    case Opcode::kNumGe:
      return 3;
    case Opcode::kIpIn:
      return 4;
    case Opcode::kDateEq:
    case Opcode::kDateLt:
    case Opcode::kDateLe:
    case Opcode::kDateGt:
    case Opcode::kDateGe:
      return 5;
    case Opcode::kStrLike:
    case Opcode::kHalt:
    case Opcode::kPushTrue:
    case Opcode::kNot:
    case Opcode::kAnd:
    case Opcode::kJumpIfFalse:
      break;
  }
  return 6;
}

}  // namespace

void DropRepeated(std::vector<ir::Literal>* condition) {
  if (condition->size() < 2) return;
  // Sorted by literal, so that a long condition does not cost its square.
  std::vector<std::tuple<uint32_t, bool, size_t>> places;
  places.reserve(condition->size());
  for (const ir::Literal& literal : *condition) {
    places.emplace_back(literal.atom, literal.negated, places.size());
  }
  std::ranges::sort(places);
  std::vector<size_t> kept;
  for (size_t i = 0; i < places.size(); ++i) {
    const auto& [atom, negated, place] = places[i];
    if (i > 0 && std::get<0>(places[i - 1]) == atom &&
        std::get<1>(places[i - 1]) == negated) {
      continue;
    }
    kept.push_back(place);
  }
  std::ranges::sort(kept);
  for (size_t i = 0; i < kept.size(); ++i) {
    (*condition)[i] = (*condition)[kept[i]];
  }
  condition->resize(kept.size());
}

void Normalise(ir::Program* program) {
  CoverBudget budget(kMaxCoverSteps);
  for (ir::Policy& policy : program->policies) {
    for (ir::Statement& statement : policy.statements) {
      DropCoveredPatterns(&statement.actions.patterns, &budget, CoversAction);
      DropCoveredPatterns(&statement.resources.patterns, &budget,
                          CoversResource);
    }
  }
  std::vector<ir::Atom> atoms;
  for (uint32_t i = 0; i < program->atoms().size(); ++i) {
    // Copied only once there is something to change.
    if (program->atoms()[i].operands.size() < 2) continue;
    ir::Atom atom = program->atoms()[i];
    if (!NormaliseAtom(&atom, &budget)) continue;
    if (atoms.empty()) atoms = program->atoms();
    atoms[i] = std::move(atom);
  }
  if (atoms.empty()) return;
  program->ReplaceAtoms(std::move(atoms));
  for (ir::Policy& policy : program->policies) {
    for (ir::Statement& statement : policy.statements) {
      DropRepeated(&statement.condition);
    }
  }
}

void OrderConditions(ir::Program* program) {
  // Equal costs in the order of the atoms: the same tests written in another
  // order are then the same condition.
  const auto key = [program](const ir::Literal& literal) {
    const ir::Atom& atom = program->atoms()[literal.atom];
    return std::tuple(CostOf(atom.op), atom.operands.size(), literal.atom,
                      literal.negated);
  };
  for (ir::Policy& policy : program->policies) {
    for (ir::Statement& statement : policy.statements) {
      std::ranges::sort(statement.condition, {}, key);
    }
  }
}

}  // namespace writ
