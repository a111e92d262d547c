// SPDX-License-Identifier: Apache-2.0
#include "authz/value_ranks.h"

#include <algorithm>
#include <compare>

#include "authz/program/opcode.h"
#include "authz/read_value.h"
#include "authz/text.h"

namespace writ {
namespace {

bool InRanges(const ProgramView& view, Run ranges, uint32_t rank) {
  uint32_t low = ranges.first;
  uint32_t high = low + ranges.count;
  // The first range that does not end before the rank.
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    const RankRange range = view.ranges.At(middle);
    if (range.high < rank) {
      low = middle + 1;
    } else if (range.low <= rank) {
      return true;
    } else {
      high = middle;
    }
  }
  return false;
}

// The rank among the points of an axis whose constant i compares to the value
// as `order(i)` says.
//
// off  the rank of what is no point, if they have one rank
template <typename Order>
uint32_t RankAmong(const ProgramView& view, Run points, bool ordered,
                   Order order) {
  uint32_t low = 0;
  uint32_t high = points.count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    const std::strong_ordering at =
        order(view.points.At(points.first + middle));
    if (at == 0) return 2 * middle + 1;
    if (at < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return ordered ? 2 * low : 0;
}

uint32_t RankOfAddress(const ProgramView& view, Run points,
                       const BlockConstant& address) {
  AddressPoint at = {};
  const auto word = [&](size_t first) {
    uint64_t value = 0;
    for (size_t i = first; i < first + 8; ++i) {
      value = value << 8 | address.bytes[i];
    }
    return value;
  };
  if (address.is_v6 != 0) {
    at = {word(0), word(8)};
  } else {
    at.low = uint64_t{0xffff} << 32 | word(0) >> 32;
  }
  // Without branches: where an address lies is anybody's guess.
  uint32_t low = 0;
  for (uint32_t left = points.count; left > 0;) {
    const uint32_t half = (left + 1) / 2;
    const AddressPoint point =
        view.address_points.At(points.first + low + half - 1);
    const bool below = (point.high < at.high) |
                       ((point.high == at.high) & (point.low <= at.low));
    low += below ? half : 0;
    left -= half;
  }
  return low;
}

// Folded text by its bytes in lower case.
std::strong_ordering CompareFolded(std::string_view a, std::string_view b) {
  const size_t both = std::min(a.size(), b.size());
  for (size_t i = 0; i < both; ++i) {
    const auto left = static_cast<unsigned char>(FoldAscii(a[i]));
    const auto right = static_cast<unsigned char>(FoldAscii(b[i]));
    if (left != right) return left <=> right;
  }
  return a.size() <=> b.size();
}

// Reads one value; false when it cannot be read as the kind of the axis.
bool ReadRank(const ProgramView& view, const AxisRecord& axis,
              std::string_view text, uint32_t* rank) {
  switch (static_cast<OperandKind>(axis.kind)) {
    case OperandKind::kDecimal: {
      DecimalConstant value;
      if (!ReadDecimal(text, &value)) return false;
      *rank = RankAmong(view, axis.points, true, [&](uint32_t point) {
        return CompareDecimals(view.decimals.At(point), value);
      });
      return true;
    }
    case OperandKind::kInstant: {
      InstantConstant value;
      if (!ReadInstant(text, &value)) return false;
      *rank = RankAmong(view, axis.points, true, [&](uint32_t point) {
        return CompareInstants(view.instants.At(point), value);
      });
      return true;
    }
    case OperandKind::kBlock: {
      BlockConstant value;
      if (!ReadAddress(text, &value)) return false;
      *rank = RankOfAddress(view, axis.points, value);
      return true;
    }
    case OperandKind::kText:
      *rank = RankAmong(view, axis.points, false, [&](uint32_t point) {
        return view.Text(view.texts.At(point)) <=> text;
      });
      return true;
    case OperandKind::kFolded:
      *rank = RankAmong(view, axis.points, false, [&](uint32_t point) {
        return CompareFolded(view.Text(view.texts.At(point)), text);
      });
      return true;
    case OperandKind::kNone:
    case OperandKind::kJump:
    case OperandKind::kGlob:
    case OperandKind::kTruth:
      break;
  }
  return false;
}

}  // namespace

const ContextEntry* FindEntry(const ProgramView& view, uint32_t key,
                              std::span<const ContextEntry> context,
                              StepBudget* budget) noexcept {
  const KeyRecord record = view.keys.At(key);
  const std::string_view name = view.Text(record.text);
  if (context.size() >= StepBudget::kBytesPerStep &&
      !budget->Take(context.size() / StepBudget::kBytesPerStep)) {
    return nullptr;
  }
  const size_t folded = record.folded_bytes;
  for (const ContextEntry& entry : context) {
    if (entry.key.size() != name.size()) continue;
    // Nearly always it is spelled alike.
    if (EqualBytes(entry.key, name)) return &entry;
    if (EqualFolded(entry.key.substr(0, folded), name.substr(0, folded)) &&
        (folded == name.size() ||
         entry.key.substr(folded) == name.substr(folded))) {
      return &entry;
    }
  }
  return nullptr;
}

bool SameContextKey(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  const size_t folded = std::min(a.find('/'), a.size());
  return EqualFolded(a.substr(0, folded), b.substr(0, folded)) &&
         a.substr(folded) == b.substr(folded);
}

void ValueRanks::Read(const ProgramView& view, uint32_t axis,
                      Slot* slot) noexcept {
  const AxisRecord record = view.axes.At(axis);
  slot->state = State::kAbsent;
  const ContextEntry* entry = FindEntry(view, record.key, context_, budget_);
  if (entry == nullptr || entry->values.empty()) return;
  const std::span<const std::string_view> values = entry->values;
  if (values.size() > kPool - pool_used_ && values.size() > 1) {
    slot->state = State::kMany;
    slot->entry = entry;
    return;
  }
  slot->state = State::kOne;
  if (values.size() > 1) {
    slot->state = State::kSome;
    slot->count = static_cast<uint32_t>(values.size());
  }
  const uint32_t first = pool_used_;
  for (const std::string_view text : values) {
    uint32_t rank = 0;
    if (!budget_->TakeText(text.size())) return;
    if (!ReadRank(view, record, text, &rank)) {
      slot->state = State::kUnreadable;
      pool_used_ = first;
      return;
    }
    slot->rank = rank;
    if (values.size() > 1) pool_[pool_used_++] = rank;
  }
  if (values.size() > 1) slot->rank = first;
}

Truth ValueRanks::TestMany(const ProgramView& view, const AtomRange& atom,
                           const ContextEntry& entry) noexcept {
  const AxisRecord record = view.axes.At(atom.axis);
  bool matched = false;
  for (const std::string_view text : entry.values) {
    uint32_t rank = 0;
    if (!budget_->Step() || !budget_->TakeText(text.size())) {
      return Truth::kFalse;
    }
    if (!ReadRank(view, record, text, &rank)) return Truth::kUnreadable;
    matched = matched || InRanges(view, atom.ranges, rank);
  }
  return matched ? Truth::kTrue : Truth::kFalse;
}

Truth ValueRanks::Test(const ProgramView& view,
                       const AtomRange& atom) noexcept {
  const size_t place = atom.axis % kSlots;
  Slot& slot = slots_[place];
  if (axes_[place] != atom.axis) {
    Read(view, atom.axis, &slot);
    axes_[place] = atom.axis;
  }
  switch (slot.state) {
    case State::kAbsent:
      return Truth::kFalse;
    case State::kUnreadable:
      return Truth::kUnreadable;
    case State::kOne:
      return InRanges(view, atom.ranges, slot.rank) ? Truth::kTrue
                                                    : Truth::kFalse;
    case State::kSome:
      if (!budget_->Take(slot.count)) return Truth::kFalse;
      for (uint32_t i = 0; i < slot.count; ++i) {
        if (InRanges(view, atom.ranges, pool_[slot.rank + i])) {
          return Truth::kTrue;
        }
      }
      return Truth::kFalse;
    case State::kMany:
      break;
  }
  return TestMany(view, atom, *slot.entry);
}

}  // namespace writ
