// SPDX-License-Identifier: Apache-2.0
//
// All constants that tests of one key compare with, of one type, in order: the
// place of a value among them answers each of these tests. `NumericLessThan 10`
// and `NumericGreaterThanEquals 5` of one key make the points 5 and 10; a value
// of 7 lies between them, rank 2; the first test holds for ranks 0 to 2, the
// second for ranks 1 to 4.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "authz/program/opcode.h"
#include "authz/read_value.h"
#include "compiler/index.h"

namespace writ {
namespace {

__extension__ using Address = unsigned __int128;

// First and last address.
struct AddressRange {
  Address first;
  Address last;
};

// IPv4 addresses among the IPv6 ones: ::ffff:0:0/96.
constexpr Address kFirstMapped = 0xffff00000000u;
constexpr Address kLastMapped = 0xffffffffffffu;
constexpr Address kLastAddress = ~Address{0};

// The addresses of a block, ascending; an IPv6 block holds none of IPv4 (R09).
std::vector<AddressRange> RangesOf(const BlockConstant& block) {
  Address first = 0;
  for (size_t i = 0; i < (block.is_v6 != 0 ? 16 : 4); ++i) {
    first = first << 8 | block.bytes[i];
  }
  if (block.is_v6 == 0) {
    first |= kFirstMapped;
    return {{first, first | (UINT64_C(0xffffffff) >> block.prefix_bits)}};
  }
  const Address last = block.prefix_bits == 128
                           ? first
                           : first | (kLastAddress >> block.prefix_bits);
  std::vector<AddressRange> ranges;
  if (first < kFirstMapped) {
    ranges.push_back({first, std::min(last, kFirstMapped - 1)});
  }
  if (last > kLastMapped) {
    ranges.push_back({std::max(first, kLastMapped + 1), last});
  }
  return ranges;
}

// The atoms of one key whose operands are of one kind.
struct Axis {
  uint32_t key;
  OperandKind kind;
  std::vector<uint32_t> atoms;  // ascending
};

bool HasAxis(OperandKind kind) {
  switch (kind) {
    case OperandKind::kText:
    case OperandKind::kFolded:
    case OperandKind::kDecimal:
    case OperandKind::kInstant:
    case OperandKind::kBlock:
      return true;
    case OperandKind::kGlob:
    case OperandKind::kTruth:
    case OperandKind::kNone:
    case OperandKind::kJump:
      break;
  }
  return false;
}

OperandKind KindOf(const AtomRecord& atom) {
  const OpcodeInfo* info = FindOpcode(static_cast<uint8_t>(atom.opcode));
  return info == nullptr ? OperandKind::kNone : info->operand;
}

// Ascending, touching ranges joined.
std::vector<RankRange> Joined(std::vector<RankRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const RankRange& a, const RankRange& b) {
              return std::tie(a.low, a.high) < std::tie(b.low, b.high);
            });
  std::vector<RankRange> joined;
  for (const RankRange& range : ranges) {
    if (!joined.empty() && range.low <= joined.back().high + 1) {
      joined.back().high = std::max(joined.back().high, range.high);
    } else {
      joined.push_back(range);
    }
  }
  return joined;
}

// The ranks of the values that a test accepts for one operand: point `at` of
// `points`.
RankRange RanksOf(Opcode op, uint32_t at, uint32_t points) {
  switch (op) {
    case Opcode::kNumLt:
    case Opcode::kDateLt:
      return {0, 2 * at};
    case Opcode::kNumLe:
    case Opcode::kDateLe:
      return {0, 2 * at + 1};
    case Opcode::kNumGt:
    case Opcode::kDateGt:
      return {2 * at + 2, 2 * points};
    case Opcode::kNumGe:
    case Opcode::kDateGe:
      return {2 * at + 1, 2 * points};
    case Opcode::kStrEq:
    case Opcode::kStrEqFold:
    case Opcode::kNumEq:
    case Opcode::kDateEq:
    case Opcode::kStrLike:
    case Opcode::kBoolEq:
    case Opcode::kIpIn:
    case Opcode::kHalt:
    case Opcode::kPushTrue:
    case Opcode::kNot:
    case Opcode::kAnd:
    case Opcode::kJumpIfFalse:
      break;
  }
  return {2 * at + 1, 2 * at + 1};
}

class IntervalBuilder {
 public:
  explicit IntervalBuilder(const ProgramView& view)
      : view_(view), rows_(view.atoms.size(), AtomRange{kNoIndex, {0, 0}}) {}

  // What Run costs at most, in steps: the sorting of all operands.
  uint64_t Cost() const {
    uint64_t operands = 0;
    for (uint32_t i = 0; i < view_.atoms.size(); ++i) {
      operands += uint64_t{1} + view_.atoms[i].operand_count;
    }
    return operands * std::bit_width(operands);
  }

  void Run() {
    for (const Axis& axis : GatherAxes()) {
      switch (axis.kind) {
        case OperandKind::kText:
        case OperandKind::kFolded:
          AddAxis(axis, [this](uint32_t a, uint32_t b) {
            return view_.Text(view_.texts[a])
                .compare(view_.Text(view_.texts[b]));
          });
          break;
        case OperandKind::kDecimal:
          AddAxis(axis, [this](uint32_t a, uint32_t b) {
            return CompareDecimals(view_.decimals[a], view_.decimals[b]);
          });
          break;
        case OperandKind::kInstant:
          AddAxis(axis, [this](uint32_t a, uint32_t b) {
            return CompareInstants(view_.instants[a], view_.instants[b]);
          });
          break;
        case OperandKind::kBlock:
          AddAddressAxis(axis);
          break;
        case OperandKind::kGlob:
        case OperandKind::kTruth:
        case OperandKind::kNone:
        case OperandKind::kJump:
          break;
      }
    }
  }

  void Deliver(Image* image) const {
    if (axes_.empty()) return;
    for (const AxisRecord& axis : axes_) image->Append(Section::kAxes, axis);
    for (const uint32_t point : points_) {
      image->Append(Section::kPoints, point);
    }
    for (const AddressPoint& point : address_points_) {
      image->Append(Section::kAddressPoints, point);
    }
    for (const AtomRange& row : rows_) {
      image->Append(Section::kAtomRanges, row);
    }
    for (const RankRange& range : ranges_) {
      image->Append(Section::kRanges, range);
    }
  }

 private:
  // By key and kind.
  std::vector<Axis> GatherAxes() const {
    std::vector<std::tuple<uint32_t, OperandKind, uint32_t>> order;
    for (uint32_t i = 0; i < view_.atoms.size(); ++i) {
      const OperandKind kind = KindOf(view_.atoms[i]);
      if (HasAxis(kind)) order.emplace_back(view_.atoms[i].key, kind, i);
    }
    std::sort(order.begin(), order.end());
    std::vector<Axis> axes;
    for (const auto& [key, kind, atom] : order) {
      if (axes.empty() || axes.back().key != key || axes.back().kind != kind) {
        axes.push_back({key, kind, {}});
      }
      axes.back().atoms.push_back(atom);
    }
    return axes;
  }

  void SetRanges(uint32_t atom, std::vector<RankRange> ranges) {
    ranges = Joined(std::move(ranges));
    rows_[atom] = {static_cast<uint32_t>(axes_.size()),
                   {static_cast<uint32_t>(ranges_.size()),
                    static_cast<uint32_t>(ranges.size())}};
    if (ranges.empty()) rows_[atom].ranges.first = 0;
    ranges_.insert(ranges_.end(), ranges.begin(), ranges.end());
  }

  // compare  orders two constants of the axis by their indices
  template <typename Compare>
  void AddAxis(const Axis& axis, Compare compare) {
    const auto before = [&](uint32_t a, uint32_t b) {
      return compare(a, b) < 0;
    };
    std::vector<uint32_t> points;
    for (const uint32_t atom : axis.atoms) {
      const AtomRecord& record = view_.atoms[atom];
      for (uint32_t i = 0; i < record.operand_count; ++i) {
        points.push_back(record.operand_first + i);
      }
    }
    // Tests without operands read their values and are false: no ranks needed.
    if (points.empty()) return;
    std::stable_sort(points.begin(), points.end(), before);
    points.erase(
        std::unique(points.begin(), points.end(),
                    [&](uint32_t a, uint32_t b) { return compare(a, b) == 0; }),
        points.end());
    const auto count = static_cast<uint32_t>(points.size());
    for (const uint32_t atom : axis.atoms) {
      const AtomRecord& record = view_.atoms[atom];
      std::vector<RankRange> ranges;
      for (uint32_t i = 0; i < record.operand_count; ++i) {
        const auto at = std::lower_bound(points.begin(), points.end(),
                                         record.operand_first + i, before);
        ranges.push_back(RanksOf(static_cast<Opcode>(record.opcode),
                                 static_cast<uint32_t>(at - points.begin()),
                                 count));
      }
      SetRanges(atom, std::move(ranges));
    }
    axes_.push_back({axis.key,
                     static_cast<uint32_t>(axis.kind),
                     {static_cast<uint32_t>(points_.size()), count}});
    points_.insert(points_.end(), points.begin(), points.end());
  }

  void AddAddressAxis(const Axis& axis) {
    std::vector<Address> points;
    for (const uint32_t atom : axis.atoms) {
      const AtomRecord& record = view_.atoms[atom];
      for (uint32_t i = 0; i < record.operand_count; ++i) {
        for (const AddressRange& range :
             RangesOf(view_.blocks[record.operand_first + i])) {
          points.push_back(range.first);
          if (range.last != kLastAddress) points.push_back(range.last + 1);
        }
      }
    }
    if (points.empty()) return;
    std::sort(points.begin(), points.end());
    points.erase(std::unique(points.begin(), points.end()), points.end());
    const auto rank_of = [&points](Address address) {
      return static_cast<uint32_t>(
          std::upper_bound(points.begin(), points.end(), address) -
          points.begin());
    };
    for (const uint32_t atom : axis.atoms) {
      const AtomRecord& record = view_.atoms[atom];
      std::vector<RankRange> ranges;
      for (uint32_t i = 0; i < record.operand_count; ++i) {
        for (const AddressRange& range :
             RangesOf(view_.blocks[record.operand_first + i])) {
          ranges.push_back({rank_of(range.first), rank_of(range.last)});
        }
      }
      SetRanges(atom, std::move(ranges));
    }
    axes_.push_back({axis.key,
                     static_cast<uint32_t>(axis.kind),
                     {static_cast<uint32_t>(address_points_.size()),
                      static_cast<uint32_t>(points.size())}});
    for (const Address point : points) {
      address_points_.push_back(
          {static_cast<uint64_t>(point >> 64), static_cast<uint64_t>(point)});
    }
  }

  const ProgramView& view_;
  std::vector<AxisRecord> axes_;
  std::vector<uint32_t> points_;
  std::vector<AddressPoint> address_points_;
  std::vector<AtomRange> rows_;
  std::vector<RankRange> ranges_;
};

}  // namespace

Status BuildIntervals(const CompileOptions&, CompileMeter* meter,
                      Image* image) {
  const ProgramView view = image->View();
  IntervalBuilder builder(view);
  if (!meter->Step(builder.Cost())) {
    return meter->Exhausted();
  }
  builder.Run();
  builder.Deliver(image);
  return OkStatus();
}

}  // namespace writ
