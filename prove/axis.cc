// SPDX-License-Identifier: Apache-2.0
#include "prove/axis.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "authz/program/opcode.h"
#include "prove/value_set.h"

namespace writ::prove {
namespace {

// What the ranks of one axis stand for: 2i+1 for point i, 2i for what lies
// between the points i-1 and i; for addresses, r for those with r points at or
// below them.
struct Axis {
  AxisRecord record;
  OperandKind kind;
  std::vector<std::string> texts;  // kText, kFolded
  std::vector<Scalar> scalars;     // kDecimal, kInstant
  std::vector<Address> addresses;  // kBlock
};

template <typename Item>
bool Ascends(const std::vector<Item>& items) {
  return std::ranges::adjacent_find(items, std::greater_equal<>()) ==
         items.end();
}

Status ReadAxis(const ProgramView& view, uint32_t index, Axis* axis) {
  const std::string place = "axis " + std::to_string(index);
  axis->record = view.axes[index];
  axis->kind = static_cast<OperandKind>(axis->record.kind);
  const Run points = axis->record.points;
  const bool blocks = axis->kind == OperandKind::kBlock;
  if (blocks ? !view.address_points.Holds(points)
             : !view.points.Holds(points)) {
    return Differ(place, "a point is not there");
  }
  for (uint32_t i = points.first; i < points.first + points.count; ++i) {
    if (blocks) {
      const AddressPoint point = view.address_points[i];
      axis->addresses.push_back(Address{point.high} << 64 | point.low);
      continue;
    }
    const uint32_t constant = view.points[i];
    switch (axis->kind) {
      case OperandKind::kText:
      case OperandKind::kFolded:
        if (constant >= view.texts.size()) {
          return Differ(place, "a point has no constant");
        }
        axis->texts.emplace_back(view.Text(view.texts[constant]));
        break;
      case OperandKind::kDecimal:
        if (constant >= view.decimals.size()) {
          return Differ(place, "a point has no constant");
        }
        axis->scalars.push_back(ScalarOf(view.decimals[constant]));
        break;
      case OperandKind::kInstant:
        if (constant >= view.instants.size()) {
          return Differ(place, "a point has no constant");
        }
        axis->scalars.push_back(ScalarOf(view.instants[constant]));
        break;
      default:
        return Differ(place, "its kind has no order");
    }
  }
  if (!Ascends(axis->texts) || !Ascends(axis->scalars) ||
      !Ascends(axis->addresses)) {
    return Differ(place, "its points do not ascend");
  }
  if (axis->kind == OperandKind::kFolded &&
      std::ranges::any_of(axis->texts, [](const std::string& text) {
        return text != Folded(text);
      })) {
    return Differ(place, "a point is not in lower case");
  }
  return OkStatus();
}

// The end of the line below a rank, or above it.
Cut CutAt(const Axis& axis, uint32_t rank, bool below) {
  using Side = Cut::Side;
  if (rank % 2 == 1) {
    return {below ? Side::kBefore : Side::kBehind, axis.scalars[rank / 2]};
  }
  if (below) {
    return rank == 0 ? Cut{Side::kBegin, {}}
                     : Cut{Side::kBehind, axis.scalars[rank / 2 - 1]};
  }
  return rank / 2 == axis.scalars.size()
             ? Cut{Side::kEnd, {}}
             : Cut{Side::kBefore, axis.scalars[rank / 2]};
}

// The values whose ranks lie in the ranges; nothing if the ranks are not those
// of a set that the reading can have.
std::optional<ValueSet> SetOfRanges(const Axis& axis,
                                    const std::vector<RankRange>& ranges) {
  switch (axis.kind) {
    case OperandKind::kText:
    case OperandKind::kFolded: {
      std::vector<std::string> texts;
      for (const RankRange& range : ranges) {
        // Rank 0 is all texts that are no point.
        if (range.low == 0) return std::nullopt;
        for (uint32_t rank = range.low | 1; rank <= range.high; rank += 2) {
          texts.push_back(axis.texts[rank / 2]);
        }
      }
      return TextSet(axis.kind == OperandKind::kFolded
                         ? TextRelation::kSameNoCase
                         : TextRelation::kSame,
                     std::move(texts));
    }
    case OperandKind::kDecimal:
    case OperandKind::kInstant: {
      std::vector<std::pair<Cut, Cut>> stretches;
      for (const RankRange& range : ranges) {
        stretches.emplace_back(CutAt(axis, range.low, true),
                               CutAt(axis, range.high, false));
      }
      return StretchSet(axis.kind == OperandKind::kDecimal ? Reading::kNumber
                                                           : Reading::kDate,
                        std::move(stretches));
    }
    case OperandKind::kBlock: {
      std::vector<std::pair<Address, Address>> addresses;
      const std::vector<Address>& points = axis.addresses;
      for (const RankRange& range : ranges) {
        // Nothing has no point below it if the first point is zero.
        const bool none = range.high == 0 && !points.empty() && points[0] == 0;
        if (none) continue;
        addresses.emplace_back(
            range.low == 0 ? 0 : points[range.low - 1],
            range.high == points.size() ? ~Address{0} : points[range.high] - 1);
      }
      return AddressSet(std::move(addresses));
    }
    default:
      return std::nullopt;
  }
}

Status CheckAtom(Proof* proof, ConditionProof* conditions,
                 const std::vector<Axis>& axes, uint32_t atom) {
  const ProgramView& view = proof->view;
  const std::string place = "atom " + std::to_string(atom);
  const AtomRange row = view.atom_ranges[atom];
  if (row.axis >= axes.size()) return Differ(place, "its axis is not there");
  const Axis& axis = axes[row.axis];
  const AtomRecord record = view.atoms[atom];
  const OpcodeInfo* info = FindOpcode(static_cast<uint8_t>(record.opcode));
  if (axis.record.key != record.key || info == nullptr ||
      axis.kind != info->operand) {
    return Differ(place, "its axis is that of another key or reading");
  }
  if (!view.ranges.Holds(row.ranges)) {
    return Differ(place, "its ranges are not there");
  }
  const size_t last = axis.kind == OperandKind::kBlock
                          ? axis.addresses.size()
                          : 2 * size_t{axis.record.points.count};
  std::vector<RankRange> ranges;
  for (uint32_t i = 0; i < row.ranges.count; ++i) {
    const RankRange range = view.ranges[row.ranges.first + i];
    const bool sound = range.low <= range.high && range.high <= last &&
                       (ranges.empty() || range.low > ranges.back().high);
    if (!sound) return Differ(place, "its ranges are out of order");
    ranges.push_back(range);
  }
  if (!proof->budget.Spend(1 + ranges.size() + record.operand_count)) {
    return GaveUp(place);
  }
  const std::optional<ValueSet> found = SetOfRanges(axis, ranges);
  const ValueSet& wanted = conditions->SetOf(atom);
  if (!found || *found != wanted) {
    return Differ(place, "its ranges hold " +
                             (found ? Describe(*found) : "other texts") +
                             ", its operands " + Describe(wanted));
  }
  ++proof->certificate.obligations;
  return OkStatus();
}

}  // namespace

Status ProveRanges(Proof* proof, ConditionProof* conditions) {
  const ProgramView& view = proof->view;
  if (view.atom_ranges.size() == 0) return OkStatus();
  if (view.atom_ranges.size() != view.atoms.size()) {
    return Differ("atom ranges", "there is not one for each atom");
  }
  std::vector<Axis> axes(view.axes.size());
  for (uint32_t i = 0; i < view.axes.size(); ++i) {
    WRIT_RETURN_IF_ERROR(ReadAxis(view, i, &axes[i]));
  }
  for (uint32_t atom = 0; atom < view.atoms.size(); ++atom) {
    if (view.atom_ranges[atom].axis == kNoIndex) continue;
    WRIT_RETURN_IF_ERROR(CheckAtom(proof, conditions, axes, atom));
  }
  return OkStatus();
}

}  // namespace writ::prove
