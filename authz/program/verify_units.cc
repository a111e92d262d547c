// SPDX-License-Identifier: Apache-2.0
//
// Units and what hangs from them: ends, cells, postings, conditions. Each of
// these tables is a row of runs that fill the next one, so that whatever a
// decision finds belongs to one end of one unit, and what the worst request
// costs is one sum.
//
// A posting says again what its statement says: the effect and the actions (by
// its cell) and the condition. Both must be the same, so that a decision by the
// index and the explanation by the tables rest on the same rows.
#include <algorithm>
#include <vector>

#include "authz/program/opcode.h"
#include "authz/program/verify_parts.h"
#include "base/limits.h"

namespace writ::verify {
namespace {

class UnitChecker {
 public:
  UnitChecker(const ProgramView& view, const TableFacts& facts,
              const VerifyOptions& options)
      : view_(view),
        facts_(facts),
        options_(options),
        lists_compared_(view.action_rows.size() == 0) {}

  Status CheckAll();

 private:
  // What the cells of one end have in common.
  struct Cell {
    CellRecord record;
    ActionSet set;
    bool denies;
  };

  Status CheckConditions();
  Status CheckMembers(uint32_t index, const UnitRecord& unit);
  Status CheckSteps(uint32_t index, const UnitRecord& unit, uint64_t steps);
  Status CheckEnd(uint32_t index, bool anywhere, uint64_t* steps);
  Status CheckCell(uint32_t index, uint64_t* steps, Cell* cell);
  Status CheckPosting(uint32_t index, const Cell& cell, uint64_t* steps);
  StatementRecord StatementAt(uint32_t ordinal);
  bool HoldsAlways(Run code) const;

  const ProgramView& view_;
  const TableFacts& facts_;
  const VerifyOptions& options_;
  const bool lists_compared_;  // sets are not looked up but compared
  uint32_t next_policy_ = 0;   // of unit_policies
  uint32_t next_end_ = 0;
  uint32_t next_cell_ = 0;
  uint32_t next_posting_ = 0;
  // Of the unit being looked at.
  Run members_ = {};
  uint32_t statements_ = 0;
  uint32_t member_ = 0;  // of unit_policies: where the last statement was found
};

Status UnitChecker::CheckConditions() {
  for (uint32_t i = 0; i < view_.conditions.size(); ++i) {
    const ConditionRecord condition = view_.conditions[i];
    const uint32_t instructions = facts_.InstructionsOf(condition.code);
    if (instructions == 0) {
      return Refuse("conditions", i, "code is not a block");
    }
    if (instructions != condition.steps) {
      return Refuse("conditions", i, "wrong steps");
    }
  }
  return OkStatus();
}

Status UnitChecker::CheckMembers(uint32_t index, const UnitRecord& unit) {
  if (unit.policies.first != next_policy_ || unit.policies.count == 0 ||
      !view_.unit_policies.Holds(unit.policies)) {
    return Refuse("units", index, "policies out of order");
  }
  next_policy_ += unit.policies.count;
  uint64_t ordinal = 0;
  uint32_t kind = 0;
  for (uint32_t i = unit.policies.first; i < next_policy_; ++i) {
    const UnitPolicy member = view_.unit_policies[i];
    if (member.policy >= view_.policies.size()) {
      return Refuse("unit policies", i, "index out of range");
    }
    const PolicyRecord policy = view_.policies[member.policy];
    if (i == unit.policies.first) kind = policy.kind;
    if (policy.kind != kind) {
      return Refuse("unit policies", i, "of another kind");
    }
    if (member.first_ordinal != ordinal) {
      return Refuse("unit policies", i, "wrong first ordinal");
    }
    ordinal += policy.statements.count;
    if (ordinal >= PostingRecord::kCheckRest) {
      return Refuse("units", index, "too many statements");
    }
  }
  members_ = unit.policies;
  member_ = members_.first;
  statements_ = static_cast<uint32_t>(ordinal);
  return OkStatus();
}

// ordinal  less than statements_
StatementRecord UnitChecker::StatementAt(uint32_t ordinal) {
  const uint32_t last = members_.first + members_.count;
  const auto holds = [&](uint32_t member) {
    return view_.unit_policies[member].first_ordinal <= ordinal &&
           (member + 1 == last ||
            view_.unit_policies[member + 1].first_ordinal > ordinal);
  };
  if (!holds(member_)) {
    uint32_t low = members_.first;
    uint32_t high = last;
    while (high - low > 1) {
      const uint32_t middle = low + (high - low) / 2;
      (view_.unit_policies[middle].first_ordinal <= ordinal ? low : high) =
          middle;
    }
    member_ = low;
  }
  const UnitPolicy member = view_.unit_policies[member_];
  return view_.statements[view_.policies[member.policy].statements.first +
                          (ordinal - member.first_ordinal)];
}

bool UnitChecker::HoldsAlways(Run code) const {
  return code.count == 2 &&
         view_.code[code.first] == static_cast<uint8_t>(Opcode::kPushTrue) &&
         view_.code[code.first + 1] == static_cast<uint8_t>(Opcode::kHalt);
}

Status UnitChecker::CheckPosting(uint32_t index, const Cell& cell,
                                 uint64_t* steps) {
  const PostingRecord posting = view_.postings[index];
  const uint32_t ordinal = posting.ordinal & ~PostingRecord::kCheckRest;
  if (ordinal >= statements_) {
    return Refuse("postings", index, "statement out of range");
  }
  if (index > cell.record.first_posting &&
      ordinal <=
          (view_.postings[index - 1].ordinal & ~PostingRecord::kCheckRest)) {
    return Refuse("postings", index, "out of order");
  }
  const StatementRecord row = StatementAt(ordinal);
  const auto has = [&](uint32_t flag) { return (row.flags & flag) != 0; };
  const bool rest = ordinal != posting.ordinal;
  if (has(StatementRecord::kDeny) != cell.denies ||
      has(StatementRecord::kNotAction) != (cell.set.negated != 0) ||
      !(row.actions == cell.set.actions)) {
    return Refuse("postings", index, "statement of another cell");
  }
  if (!rest && (has(StatementRecord::kHasPrincipal) ||
                has(StatementRecord::kNotResource))) {
    return Refuse("postings", index, "the rest has to be checked");
  }
  *steps += 1;
  if (posting.condition == kNoIndex) {
    if (!HoldsAlways(row.code)) {
      return Refuse("postings", index, "condition left out");
    }
  } else {
    if (posting.condition >= view_.conditions.size() ||
        !(view_.conditions[posting.condition].code == row.code)) {
      return Refuse("postings", index, "condition of another statement");
    }
    *steps += view_.conditions[posting.condition].steps;
  }
  if (rest) *steps += uint64_t{row.resources.count} + row.principals.count;
  return OkStatus();
}

Status UnitChecker::CheckCell(uint32_t index, uint64_t* steps, Cell* cell) {
  cell->record = view_.cells[index];
  const Run postings = {cell->record.first_posting,
                        cell->record.count_and_effect / 2};
  if (cell->record.action_set >= view_.action_sets.size()) {
    return Refuse("cells", index, "set out of range");
  }
  if (postings.first != next_posting_ || postings.count == 0 ||
      !view_.postings.Holds(postings)) {
    return Refuse("cells", index, "postings out of order");
  }
  next_posting_ += postings.count;
  cell->set = view_.action_sets[cell->record.action_set];
  cell->denies = (cell->record.count_and_effect & CellRecord::kDeny) != 0;
  *steps += 1;
  if (lists_compared_) *steps += cell->set.actions.count;
  for (uint32_t i = postings.first; i < next_posting_; ++i) {
    WRIT_RETURN_IF_ERROR(CheckPosting(i, *cell, steps));
  }
  return OkStatus();
}

Status UnitChecker::CheckEnd(uint32_t index, bool anywhere, uint64_t* steps) {
  const EndRecord end = view_.ends[index];
  const auto kind = static_cast<EndKind>(end.kind);
  // Of all others the walk over the nodes has seen kind and pattern.
  if (anywhere && (kind != EndKind::kAny || end.pattern != kNoIndex)) {
    return Refuse("ends", index, "not one for anywhere");
  }
  const bool deny_first = end.deny_count != kNoIndex;
  const uint32_t deny_count = deny_first ? end.deny_count : 0;
  const uint64_t count = uint64_t{deny_count} + end.allow_count;
  if (end.first_cell != next_cell_ || count == 0 ||
      count > view_.cells.size() - next_cell_) {
    return Refuse("ends", index, "cells out of order");
  }
  next_cell_ += static_cast<uint32_t>(count);
  *steps += kind == EndKind::kVerify ? 2 : 1;
  Cell last = {};
  for (uint32_t i = end.first_cell; i < next_cell_; ++i) {
    Cell cell = {};
    WRIT_RETURN_IF_ERROR(CheckCell(i, steps, &cell));
    const uint32_t place = i - end.first_cell;
    if (deny_first && cell.denies != (place < deny_count)) {
      return Refuse("cells", i, "of the other effect");
    }
    const bool follows =
        place == 0 || cell.record.action_set > last.record.action_set ||
        (deny_first ? place == deny_count
                    : cell.record.action_set == last.record.action_set &&
                          cell.denies != last.denies);
    if (!follows) return Refuse("cells", i, "out of order");
    last = cell;
  }
  return OkStatus();
}

Status UnitChecker::CheckSteps(uint32_t index, const UnitRecord& unit,
                               uint64_t steps) {
  if (steps > kMaxDecideSteps) return Refuse("units", index, "too many steps");
  if (steps != unit.max_steps) return Refuse("units", index, "wrong max steps");
  if (steps > options_.max_steps) {
    return OverBudget("unit", index, steps, options_.max_steps);
  }
  return OkStatus();
}

Status UnitChecker::CheckAll() {
  WRIT_RETURN_IF_ERROR(CheckConditions());
  NodeFacts nodes;
  WRIT_RETURN_IF_ERROR(CheckNodes(view_, &nodes));
  for (uint32_t i = 0; i < view_.units.size(); ++i) {
    const UnitRecord unit = view_.units[i];
    WRIT_RETURN_IF_ERROR(CheckMembers(i, unit));
    uint64_t steps = nodes.nodes[i];
    for (; next_end_ < nodes.last_end[i]; ++next_end_) {
      WRIT_RETURN_IF_ERROR(
          CheckEnd(next_end_, next_end_ == unit.anywhere, &steps));
    }
    WRIT_RETURN_IF_ERROR(CheckSteps(i, unit, steps));
  }
  if (next_policy_ != view_.unit_policies.size()) {
    return Refuse("unit policies", next_policy_, "belongs to no unit");
  }
  if (next_cell_ != view_.cells.size()) {
    return Refuse("cells", next_cell_, "belongs to no end");
  }
  if (next_posting_ != view_.postings.size()) {
    return Refuse("postings", next_posting_, "belongs to no cell");
  }
  return OkStatus();
}

}  // namespace

Status CheckUnits(const ProgramView& view, const TableFacts& facts,
                  const VerifyOptions& options) {
  if (view.units.size() == 0 &&
      uint64_t{view.conditions.size()} + view.action_sets.size() > 0) {
    return Refuse("units", 0, "missing, and other tables need them");
  }
  return UnitChecker(view, facts, options).CheckAll();
}

}  // namespace writ::verify
