// SPDX-License-Identifier: Apache-2.0
#include "prove/value_set.h"

#include <algorithm>

#include "grammar/value.h"

namespace writ::prove {
namespace {

int SignOf(const Scalar& scalar) {
  if (scalar.digits.empty()) return 0;
  return scalar.negative ? -1 : 1;
}

std::strong_ordering CompareSizes(const Scalar& a, const Scalar& b) {
  if (a.point != b.point) return a.point <=> b.point;
  // Neither ends in a zero, so the longer of two that begin alike is larger.
  return a.digits.compare(b.digits) <=> 0;
}

bool HasLetter(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

constexpr Address kMappedFirst = Address{0xffff00000000u};
constexpr Address kMappedLast = Address{0xffffffffffffu};

// The addresses of a block; an IPv6 block never holds one of IPv4 (R09).
void AddBlock(bool is_v6, const uint8_t* bytes, unsigned prefix,
              std::vector<std::pair<Address, Address>>* ranges) {
  Address first = 0;
  const size_t size = is_v6 ? 16 : 4;
  for (size_t i = 0; i < size; ++i) first = first << 8 | bytes[i];
  const unsigned host = (is_v6 ? 128 : 32) - prefix;
  const Address mask = host == 128 ? ~Address{0} : (Address{1} << host) - 1;
  Address last = first | mask;
  if (!is_v6) {
    first += kMappedFirst;
    last += kMappedFirst;
    ranges->emplace_back(first, last);
    return;
  }
  if (last < kMappedFirst || first > kMappedLast) {
    ranges->emplace_back(first, last);
    return;
  }
  if (first < kMappedFirst) ranges->emplace_back(first, kMappedFirst - 1);
  if (last > kMappedLast) ranges->emplace_back(kMappedLast + 1, last);
}

std::optional<Relation> OrderOf(Opcode op) {
  switch (op) {
    case Opcode::kNumEq:
    case Opcode::kDateEq:
      return Relation::kEqual;
    case Opcode::kNumLt:
    case Opcode::kDateLt:
      return Relation::kLess;
    case Opcode::kNumLe:
    case Opcode::kDateLe:
      return Relation::kLessEqual;
    case Opcode::kNumGt:
    case Opcode::kDateGt:
      return Relation::kGreater;
    case Opcode::kNumGe:
    case Opcode::kDateGe:
      return Relation::kGreaterEqual;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::strong_ordering Scalar::operator<=>(const Scalar& other) const {
  if (seconds != other.seconds) return seconds <=> other.seconds;
  if (nanos != other.nanos) return nanos <=> other.nanos;
  const int sign = SignOf(*this);
  if (sign != SignOf(other)) return sign <=> SignOf(other);
  return sign >= 0 ? CompareSizes(*this, other) : CompareSizes(other, *this);
}

std::strong_ordering Cut::operator<=>(const Cut& other) const {
  const auto rank = [](const Cut& cut) {
    return cut.side == Side::kBegin ? 0 : cut.side == Side::kEnd ? 2 : 1;
  };
  if (rank(*this) != rank(other)) return rank(*this) <=> rank(other);
  if (rank(*this) != 1) return std::strong_ordering::equal;
  if (const auto order = value <=> other.value; order != 0) return order;
  return side <=> other.side;
}

bool ValueSet::empty() const {
  return texts.empty() && stretches.empty() && truths == 0 &&
         address_ranges.empty();
}

ValueSet TextSet(TextRelation relation, std::vector<std::string> operands) {
  ValueSet set;
  set.texts = std::move(operands);
  if (relation == TextRelation::kLike) {
    set.wild = std::ranges::any_of(set.texts, [](const std::string& text) {
      return text.find_first_of("*?") != std::string::npos;
    });
  }
  if (relation == TextRelation::kSameNoCase) {
    set.folded = std::ranges::any_of(set.texts, HasLetter);
    for (std::string& text : set.texts) text = Folded(text);
  }
  SortOnce(&set.texts);
  return set;
}

ValueSet StretchSet(Reading reading,
                    std::vector<std::pair<Cut, Cut>> stretches) {
  ValueSet set;
  set.reading = reading;
  std::ranges::sort(stretches);
  for (std::pair<Cut, Cut>& one : stretches) {
    if (one.first >= one.second) continue;
    if (set.stretches.empty() || one.first > set.stretches.back().second) {
      set.stretches.push_back(std::move(one));
    } else if (one.second > set.stretches.back().second) {
      set.stretches.back().second = std::move(one.second);
    }
  }
  return set;
}

ValueSet LineSet(Reading reading, Relation relation,
                 const std::vector<Scalar>& operands) {
  using Side = Cut::Side;
  std::vector<std::pair<Cut, Cut>> stretches;
  for (const Scalar& value : operands) {
    const Cut before = {Side::kBefore, value};
    const Cut behind = {Side::kBehind, value};
    const Cut begin = {Side::kBegin, {}};
    const Cut end = {Side::kEnd, {}};
    switch (relation) {
      case Relation::kEqual:
        stretches.emplace_back(before, behind);
        break;
      case Relation::kLess:
        stretches.emplace_back(begin, before);
        break;
      case Relation::kLessEqual:
        stretches.emplace_back(begin, behind);
        break;
      case Relation::kGreater:
        stretches.emplace_back(behind, end);
        break;
      case Relation::kGreaterEqual:
        stretches.emplace_back(before, end);
        break;
      case Relation::kEqualNoCase:
      case Relation::kLike:
      case Relation::kWithin:
        break;
    }
  }
  return StretchSet(reading, std::move(stretches));
}

ValueSet AddressSet(std::vector<std::pair<Address, Address>> ranges) {
  ValueSet set;
  set.reading = Reading::kAddress;
  std::ranges::sort(ranges);
  for (const auto& [first, last] : ranges) {
    if (!set.address_ranges.empty()) {
      auto& before = set.address_ranges.back();
      // Addresses are whole numbers: neighbours make one range.
      if (before.second == ~Address{0} || first <= before.second + 1) {
        before.second = std::max(before.second, last);
        continue;
      }
    }
    set.address_ranges.emplace_back(first, last);
  }
  return set;
}

Scalar ScalarOf(const DecimalConstant& constant) {
  Scalar scalar;
  scalar.negative = constant.sign < 0;
  scalar.point = constant.point;
  for (size_t i = 0; i < constant.digit_count && i < constant.digits.size();
       ++i) {
    scalar.digits.push_back(static_cast<char>('0' + constant.digits[i]));
  }
  return scalar;
}

Scalar ScalarOf(const InstantConstant& constant) {
  Scalar scalar;
  scalar.seconds = constant.seconds;
  scalar.nanos = constant.nanos;
  return scalar;
}

namespace {

std::optional<ValueSet> NumberSet(const OperatorInfo& info,
                                  const std::vector<std::string_view>& values) {
  std::vector<Scalar> operands;
  for (const std::string_view value : values) {
    const std::optional<Decimal> number = ParseDecimal(value);
    if (!number) return std::nullopt;
    Scalar scalar;
    scalar.negative = number->negative;
    scalar.point = number->point;
    scalar.digits = number->digits;
    operands.push_back(std::move(scalar));
  }
  return LineSet(Reading::kNumber, info.relation, operands);
}

std::optional<ValueSet> DateSet(const OperatorInfo& info,
                                const std::vector<std::string_view>& values) {
  std::vector<Scalar> operands;
  for (const std::string_view value : values) {
    const std::optional<Instant> instant = ParseInstant(value);
    if (!instant) return std::nullopt;
    Scalar scalar;
    scalar.seconds = instant->seconds;
    scalar.nanos = instant->nanos;
    operands.push_back(scalar);
  }
  return LineSet(Reading::kDate, info.relation, operands);
}

std::optional<ValueSet> TruthSet(const std::vector<std::string_view>& values) {
  ValueSet set;
  set.reading = Reading::kTruth;
  for (const std::string_view value : values) {
    const std::optional<bool> truth = ParseBool(value);
    if (!truth) return std::nullopt;
    set.truths |= *truth ? 2 : 1;
  }
  return set;
}

std::optional<ValueSet> BlocksSet(const std::vector<std::string_view>& values) {
  std::vector<std::pair<Address, Address>> ranges;
  for (const std::string_view value : values) {
    const std::optional<IpBlock> block = ParseCidr(value);
    if (!block) return std::nullopt;
    AddBlock(block->is_v6, block->bytes.data() + (block->is_v6 ? 0 : 12),
             block->prefix, &ranges);
  }
  return AddressSet(std::move(ranges));
}

}  // namespace

std::optional<ValueSet> SetOfTest(const OperatorInfo& info,
                                  const std::vector<std::string_view>& values) {
  switch (info.family) {
    case OperandFamily::kString: {
      const TextRelation relation =
          info.relation == Relation::kLike          ? TextRelation::kLike
          : info.relation == Relation::kEqualNoCase ? TextRelation::kSameNoCase
                                                    : TextRelation::kSame;
      return TextSet(relation, {values.begin(), values.end()});
    }
    case OperandFamily::kNumeric:
      return NumberSet(info, values);
    case OperandFamily::kDate:
      return DateSet(info, values);
    case OperandFamily::kBool:
      return TruthSet(values);
    case OperandFamily::kIp:
      return BlocksSet(values);
  }
  return std::nullopt;
}

ValueSet SetOfAtom(const ProgramView& view, const AtomRecord& atom) {
  const auto op = static_cast<Opcode>(atom.opcode);
  const uint32_t end = atom.operand_first + atom.operand_count;
  const OpcodeInfo* info = FindOpcode(static_cast<uint8_t>(atom.opcode));
  if (const std::optional<Relation> relation = OrderOf(op)) {
    const bool number = info->operand == OperandKind::kDecimal;
    std::vector<Scalar> operands;
    for (uint32_t i = atom.operand_first; i < end; ++i) {
      operands.push_back(number ? ScalarOf(view.decimals[i])
                                : ScalarOf(view.instants[i]));
    }
    return LineSet(number ? Reading::kNumber : Reading::kDate, *relation,
                   operands);
  }
  if (op == Opcode::kBoolEq) {
    ValueSet set;
    set.reading = Reading::kTruth;
    for (uint32_t i = atom.operand_first; i < end; ++i) {
      set.truths |= view.truths[i] != 0 ? 2 : 1;
    }
    return set;
  }
  if (op == Opcode::kIpIn) {
    std::vector<std::pair<Address, Address>> ranges;
    for (uint32_t i = atom.operand_first; i < end; ++i) {
      const BlockConstant block = view.blocks[i];
      AddBlock(block.is_v6 != 0, block.bytes.data(), block.prefix_bits,
               &ranges);
    }
    return AddressSet(std::move(ranges));
  }
  std::vector<std::string> texts;
  for (uint32_t i = atom.operand_first; i < end; ++i) {
    texts.emplace_back(view.Text(view.texts[i]));
  }
  return TextSet(op == Opcode::kStrLike     ? TextRelation::kLike
                 : op == Opcode::kStrEqFold ? TextRelation::kSameNoCase
                                            : TextRelation::kSame,
                 std::move(texts));
}

Verdict SameTexts(const ValueSet& a, const ValueSet& b, Budget* budget,
                  std::string* witness) {
  const auto patterns = [](const ValueSet& set) {
    std::vector<Pattern> read;
    for (const std::string& text : set.texts) {
      read.push_back(set.wild ? ReadText(text) : ReadLiteral(text, set.folded));
    }
    return read;
  };
  const std::vector<Pattern> of_a = patterns(a);
  const std::vector<Pattern> of_b = patterns(b);
  const auto holds = [&](const std::vector<Pattern>& outer,
                         const std::vector<Pattern>& inner) {
    for (const Pattern& pattern : inner) {
      Inclusion one = Includes(outer, pattern, Domain::kText, budget);
      if (one.verdict != Verdict::kHolds) {
        *witness = std::move(one.witness);
        return one.verdict;
      }
    }
    return Verdict::kHolds;
  };
  const Verdict there = holds(of_b, of_a);
  return there == Verdict::kHolds ? holds(of_a, of_b) : there;
}

namespace {

std::string Describe(const Scalar& scalar, Reading reading) {
  if (reading == Reading::kDate) {
    return std::to_string(scalar.seconds) + "s+" +
           std::to_string(scalar.nanos) + "ns";
  }
  if (scalar.digits.empty()) return "0";
  return std::string(scalar.negative ? "-" : "") + "0." + scalar.digits + "e" +
         std::to_string(scalar.point);
}

std::string Describe(Address address) {
  std::string text;
  for (int shift = 112; shift >= 0; shift -= 16) {
    constexpr char kHex[] = "0123456789abcdef";
    const auto group = static_cast<uint32_t>(address >> shift & 0xffff);
    for (int digit = 12; digit >= 0; digit -= 4) {
      if (group >> digit != 0 || digit == 0) {
        text.push_back(kHex[group >> digit & 15]);
      }
    }
    if (shift > 0) text.push_back(':');
  }
  return text;
}

}  // namespace

std::string Describe(const ValueSet& set) {
  constexpr size_t kShown = 120;
  std::string text;
  const auto add = [&text](const std::string& one) {
    if (text.size() < kShown) text += (text.empty() ? "" : ", ") + one;
  };
  for (const std::string& one : set.texts) {
    add("`" + one + "`" + (set.folded ? " in any case" : ""));
  }
  for (const auto& [from, to] : set.stretches) {
    using Side = Cut::Side;
    add((from.side == Side::kBehind ? "]" : "[") +
        (from.side == Side::kBegin ? "" : Describe(from.value, set.reading)) +
        " to " +
        (to.side == Side::kEnd ? "" : Describe(to.value, set.reading)) +
        (to.side == Side::kBefore ? "[" : "]"));
  }
  if ((set.truths & 1) != 0) add("false");
  if ((set.truths & 2) != 0) add("true");
  for (const auto& [first, last] : set.address_ranges) {
    add(Describe(first) + " to " + Describe(last));
  }
  return text.empty() ? "nothing" : text;
}

}  // namespace writ::prove
