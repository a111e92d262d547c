// SPDX-License-Identifier: Apache-2.0
//
// Atoms as intervals: the points of an axis ascend, so that a value's rank can
// be found by bisection, and the ranges of an atom ascend, so that a rank can.
// Also the tags of rulings, which people read.
#include <algorithm>
#include <compare>

#include "authz/program/opcode.h"
#include "authz/program/verify_parts.h"
#include "authz/read_value.h"
#include "base/limits.h"

namespace writ::verify {
namespace {

class IntervalChecker {
 public:
  explicit IntervalChecker(const ProgramView& view) : view_(view) {}

  Status CheckAxes();
  Status CheckRanges();

 private:
  Status CheckPoints(uint32_t index, const AxisRecord& axis);
  bool Ascends(OperandKind kind, uint32_t point);
  bool TextsAscend(std::string_view a, std::string_view b);
  uint32_t LastRank(const AxisRecord& axis) const;

  const ProgramView& view_;
  uint32_t next_point_ = 0;
  uint32_t next_address_ = 0;
  uint64_t compared_bytes_ = 0;
};

bool IsSearched(OperandKind kind) {
  switch (kind) {
    case OperandKind::kText:
    case OperandKind::kFolded:
    case OperandKind::kDecimal:
    case OperandKind::kInstant:
    case OperandKind::kBlock:
      return true;
    case OperandKind::kNone:
    case OperandKind::kJump:
    case OperandKind::kGlob:
    case OperandKind::kTruth:
      break;
  }
  return false;
}

bool IsText(OperandKind kind) {
  return kind == OperandKind::kText || kind == OperandKind::kFolded;
}

// How many constants of that kind there are.
uint32_t ConstantsOf(const ProgramView& view, OperandKind kind) {
  return kind == OperandKind::kDecimal   ? view.decimals.size()
         : kind == OperandKind::kInstant ? view.instants.size()
                                         : view.texts.size();
}

// Texts of a hostile image may overlap, so that comparing neighbours is not
// linear in it: what it takes is counted.
bool IntervalChecker::TextsAscend(std::string_view a, std::string_view b) {
  compared_bytes_ += std::min(a.size(), b.size());
  return compared_bytes_ <= kMaxCompileSteps && a < b;
}

// point  of points, and not the first of its axis
bool IntervalChecker::Ascends(OperandKind kind, uint32_t point) {
  const uint32_t a = view_.points[point - 1];
  const uint32_t b = view_.points[point];
  if (kind == OperandKind::kDecimal) {
    return CompareDecimals(view_.decimals[a], view_.decimals[b]) < 0;
  }
  if (kind == OperandKind::kInstant) {
    return CompareInstants(view_.instants[a], view_.instants[b]) < 0;
  }
  // Folded constants are stored in lower case: their bytes are their order.
  return TextsAscend(view_.Text(view_.texts[a]), view_.Text(view_.texts[b]));
}

Status IntervalChecker::CheckPoints(uint32_t index, const AxisRecord& axis) {
  const auto kind = static_cast<OperandKind>(axis.kind);
  const uint32_t end = axis.points.first + axis.points.count;
  if (kind == OperandKind::kBlock) {
    if (axis.points.first != next_address_ ||
        !view_.address_points.Holds(axis.points)) {
      return Refuse("axes", index, "points out of order");
    }
    for (uint32_t i = axis.points.first + 1; i < end; ++i) {
      const AddressPoint a = view_.address_points[i - 1];
      const AddressPoint b = view_.address_points[i];
      if (a.high > b.high || (a.high == b.high && a.low >= b.low)) {
        return Refuse("address points", i, "out of order");
      }
    }
    next_address_ = end;
    return OkStatus();
  }
  if (axis.points.first != next_point_ || !view_.points.Holds(axis.points)) {
    return Refuse("axes", index, "points out of order");
  }
  const uint32_t constants = ConstantsOf(view_, kind);
  for (uint32_t i = axis.points.first; i < end; ++i) {
    if (view_.points[i] >= constants) {
      return Refuse("points", i, "index out of range");
    }
    if (i > axis.points.first && !Ascends(kind, i)) {
      return Refuse("points", i, "out of order");
    }
  }
  next_point_ = end;
  return OkStatus();
}

Status IntervalChecker::CheckAxes() {
  for (uint32_t i = 0; i < view_.axes.size(); ++i) {
    const AxisRecord axis = view_.axes[i];
    if (axis.key >= view_.keys.size()) return Refuse("axes", i, "bad key");
    if (axis.kind > static_cast<uint32_t>(OperandKind::kBlock) ||
        !IsSearched(static_cast<OperandKind>(axis.kind))) {
      return Refuse("axes", i, "bad kind");
    }
    // Ranks are numbers of 32 bits: twice the points and one.
    if (axis.points.count > INT32_MAX) return Refuse("axes", i, "too long");
    WRIT_RETURN_IF_ERROR(CheckPoints(i, axis));
  }
  if (next_point_ != view_.points.size()) {
    return Refuse("points", next_point_, "belongs to no axis");
  }
  if (next_address_ != view_.address_points.size()) {
    return Refuse("address points", next_address_, "belongs to no axis");
  }
  return OkStatus();
}

uint32_t IntervalChecker::LastRank(const AxisRecord& axis) const {
  const auto kind = static_cast<OperandKind>(axis.kind);
  const uint32_t points = axis.points.count;
  if (kind == OperandKind::kBlock) return points;
  if (IsText(kind)) return points == 0 ? 0 : 2 * points - 1;
  return 2 * points;
}

Status IntervalChecker::CheckRanges() {
  if (view_.atom_ranges.size() != view_.atoms.size()) {
    return Refuse("atom ranges", 0, "not one for each atom");
  }
  // Runs that shared ranges would be more than there are.
  uint64_t count = 0;
  for (uint32_t i = 0; i < view_.atom_ranges.size(); ++i) {
    const AtomRange range = view_.atom_ranges[i];
    if (range.axis == kNoIndex) {
      if (!(range.ranges == Run{0, 0})) {
        return Refuse("atom ranges", i, "ranges without an axis");
      }
      continue;
    }
    if (range.axis >= view_.axes.size()) {
      return Refuse("atom ranges", i, "axis out of range");
    }
    const AxisRecord axis = view_.axes[range.axis];
    const AtomRecord atom = view_.atoms[i];
    // SAFETY: CheckTables knows the opcode of every atom.
    const OpcodeInfo& info = *FindOpcode(static_cast<uint8_t>(atom.opcode));
    if (axis.key != atom.key ||
        axis.kind != static_cast<uint32_t>(info.operand)) {
      return Refuse("atom ranges", i, "axis of another key or kind");
    }
    if (!view_.ranges.Holds(range.ranges)) {
      return Refuse("atom ranges", i, "ranges out of range");
    }
    count += range.ranges.count;
    if (count > view_.ranges.size()) break;
    const uint32_t end = range.ranges.first + range.ranges.count;
    const uint32_t last_rank = LastRank(axis);
    for (uint32_t k = range.ranges.first; k < end; ++k) {
      const RankRange ranks = view_.ranges[k];
      const bool apart = k == range.ranges.first ||
                         uint64_t{view_.ranges[k - 1].high} + 1 < ranks.low;
      if (!apart || ranks.low > ranks.high || ranks.high > last_rank) {
        return Refuse("ranges", k, "out of order");
      }
    }
  }
  if (count != view_.ranges.size()) {
    return Refuse("ranges", 0, "not one atom's each");
  }
  return OkStatus();
}

}  // namespace

Status CheckIntervals(const ProgramView& view) {
  if (view.atom_ranges.size() == 0) {
    if (uint64_t{view.axes.size()} + view.points.size() +
            view.address_points.size() + view.ranges.size() >
        0) {
      return Refuse("atom ranges", 0, "missing, and other tables need them");
    }
    return OkStatus();
  }
  IntervalChecker checker(view);
  WRIT_RETURN_IF_ERROR(checker.CheckAxes());
  return checker.CheckRanges();
}

Status CheckRulings(const ProgramView& view) {
  constexpr uint32_t kMostRuling = 9999;
  for (uint32_t i = 0; i < view.rulings.size(); ++i) {
    const RulingTag tag = view.rulings[i];
    if (tag.statement >= view.statements.size() ||
        (tag.atom != kNoIndex && tag.atom >= view.atoms.size())) {
      return Refuse("rulings", i, "index out of range");
    }
    if (tag.ruling == 0 || tag.ruling > kMostRuling) {
      return Refuse("rulings", i, "bad number");
    }
  }
  return OkStatus();
}

}  // namespace writ::verify
