// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "authz/program/opcode.h"
#include "authz/read_value.h"
#include "authz/text.h"
#include "compiler/emit.h"
#include "compiler/index.h"
#include "compiler/ir.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

template <typename Record>
std::string BytesOf(const Record& record) {
  return std::string(reinterpret_cast<const char*>(&record), sizeof(record));
}

std::string Number(std::string_view text) {
  DecimalConstant value;
  EXPECT_TRUE(ReadDecimal(text, &value)) << text;
  return BytesOf(value);
}

std::string Date(std::string_view text) {
  InstantConstant value;
  EXPECT_TRUE(ReadInstant(text, &value)) << text;
  return BytesOf(value);
}

// An address with fewer bits.
std::string Block(std::string_view address, uint8_t prefix_bits) {
  BlockConstant value;
  EXPECT_TRUE(ReadAddress(address, &value)) << address;
  value.prefix_bits = prefix_bits;
  for (size_t i = 0; i < value.bytes.size(); ++i) {
    for (size_t bit = 0; bit < 8; ++bit) {
      if (i * 8 + bit >= prefix_bits) {
        value.bytes[i] &= static_cast<uint8_t>(~(0x80u >> bit));
      }
    }
  }
  return BytesOf(value);
}

Image MakeImage(const std::vector<ir::Atom>& atoms) {
  ir::Program program;
  ir::Statement statement;
  statement.actions.patterns = {"*"};
  statement.resources.patterns = {"*"};
  for (const ir::Atom& atom : atoms) {
    statement.condition.push_back({program.Intern(atom), false});
  }
  ir::Policy policy;
  policy.statements.push_back(statement);
  program.policies.push_back(policy);
  Image image;
  const CompileBudget budget;
  EXPECT_TRUE(
      EmitTables(program, budget.image_bytes, budget.decide_steps, &image)
          .ok());
  CompileMeter meter(budget);
  EXPECT_TRUE(BuildIntervals({}, &meter, &image).ok());
  return image;
}

bool RankAccepted(const ProgramView& view, uint32_t atom, uint32_t rank) {
  const Run run = view.atom_ranges[atom].ranges;
  for (uint32_t i = 0; i < run.count; ++i) {
    const RankRange range = view.ranges[run.first + i];
    if (range.low <= rank && rank <= range.high) return true;
  }
  return false;
}

// compare(i) orders the value and point i: below, at or above it.
template <typename Compare>
uint32_t RankOf(Run points, Compare compare) {
  for (uint32_t i = 0; i < points.count; ++i) {
    const auto order = compare(points.first + i);
    if (order == 0) return 2 * i + 1;
    if (order < 0) return 2 * i;
  }
  return 2 * points.count;
}

// What the ranges of an atom say about a value that can be read.
bool ByRange(const ProgramView& view, uint32_t atom, std::string_view text) {
  const AxisRecord axis = view.axes[view.atom_ranges[atom].axis];
  EXPECT_EQ(axis.key, view.atoms[atom].key);
  uint32_t rank = 0;
  switch (static_cast<OperandKind>(axis.kind)) {
    case OperandKind::kDecimal: {
      DecimalConstant value;
      EXPECT_TRUE(ReadDecimal(text, &value));
      rank = RankOf(axis.points, [&](uint32_t i) {
        return CompareDecimals(value, view.decimals[view.points[i]]);
      });
      break;
    }
    case OperandKind::kInstant: {
      InstantConstant value;
      EXPECT_TRUE(ReadInstant(text, &value));
      rank = RankOf(axis.points, [&](uint32_t i) {
        return CompareInstants(value, view.instants[view.points[i]]);
      });
      break;
    }
    case OperandKind::kText:
    case OperandKind::kFolded:
      for (uint32_t i = 0; i < axis.points.count; ++i) {
        const std::string_view point =
            view.Text(view.texts[view.points[axis.points.first + i]]);
        if (static_cast<OperandKind>(axis.kind) == OperandKind::kText
                ? point == text
                : EqualFolded(point, text)) {
          rank = 2 * i + 1;
        }
      }
      break;
    case OperandKind::kBlock: {
      BlockConstant value;
      EXPECT_TRUE(ReadAddress(text, &value));
      uint8_t bytes[16] = {};
      std::copy_n(value.bytes.begin(), 16, bytes);
      if (value.is_v6 == 0) {
        std::fill_n(bytes, 10, uint8_t{0});
        bytes[10] = bytes[11] = 0xff;
        std::copy_n(value.bytes.begin(), 4, bytes + 12);
      }
      for (uint32_t i = 0; i < axis.points.count; ++i) {
        const AddressPoint point = view.address_points[axis.points.first + i];
        uint8_t other[16];
        for (size_t byte = 0; byte < 8; ++byte) {
          other[byte] = static_cast<uint8_t>(point.high >> (56 - 8 * byte));
          other[8 + byte] = static_cast<uint8_t>(point.low >> (56 - 8 * byte));
        }
        if (std::memcmp(other, bytes, 16) <= 0) rank = i + 1;
      }
      break;
    }
    case OperandKind::kGlob:
    case OperandKind::kTruth:
    case OperandKind::kNone:
    case OperandKind::kJump:
      ADD_FAILURE() << "an axis of kind " << axis.kind;
  }
  return RankAccepted(view, atom, rank);
}

// What comparing with one operand after the other says.
bool ByOperands(const ProgramView& view, uint32_t atom, std::string_view text) {
  const AtomRecord record = view.atoms[atom];
  const auto op = static_cast<Opcode>(record.opcode);
  const auto any = [&](auto holds) {
    for (uint32_t i = 0; i < record.operand_count; ++i) {
      if (holds(record.operand_first + i)) return true;
    }
    return false;
  };
  const auto ordered = [op](auto order, Opcode less, Opcode less_equal,
                            Opcode equal, Opcode greater_equal) {
    if (op == less) return order < 0;
    if (op == less_equal) return order <= 0;
    if (op == equal) return order == 0;
    if (op == greater_equal) return order >= 0;
    return order > 0;
  };
  if (op == Opcode::kStrEq) {
    return any([&](uint32_t i) { return view.Text(view.texts[i]) == text; });
  }
  if (op == Opcode::kStrEqFold) {
    return any([&](uint32_t i) {
      return EqualFolded(view.Text(view.texts[i]), text);
    });
  }
  if (op == Opcode::kIpIn) {
    BlockConstant value;
    EXPECT_TRUE(ReadAddress(text, &value));
    return any([&](uint32_t i) { return BlockHolds(view.blocks[i], value); });
  }
  DecimalConstant number;
  if (ReadDecimal(text, &number)) {
    return any([&](uint32_t i) {
      return ordered(CompareDecimals(number, view.decimals[i]), Opcode::kNumLt,
                     Opcode::kNumLe, Opcode::kNumEq, Opcode::kNumGe);
    });
  }
  InstantConstant instant;
  EXPECT_TRUE(ReadInstant(text, &instant));
  return any([&](uint32_t i) {
    return ordered(CompareInstants(instant, view.instants[i]), Opcode::kDateLt,
                   Opcode::kDateLe, Opcode::kDateEq, Opcode::kDateGe);
  });
}

// Atoms of one key with random operands; every value must be judged alike.
void ExpectRangesAgree(const std::vector<Opcode>& ops,
                       const std::vector<std::string>& operands,
                       const std::vector<std::string>& values) {
  std::mt19937 random(20261122);
  for (int round = 0; round < 200; ++round) {
    std::vector<ir::Atom> atoms;
    const size_t count = 1 + random() % 4;
    for (size_t i = 0; i < count; ++i) {
      ir::Atom atom = {"d:k", ops[random() % ops.size()], {}};
      const size_t operand_count = random() % 4;
      for (size_t j = 0; j < operand_count; ++j) {
        atom.operands.push_back(operands[random() % operands.size()]);
      }
      std::sort(atom.operands.begin(), atom.operands.end());
      atom.operands.erase(
          std::unique(atom.operands.begin(), atom.operands.end()),
          atom.operands.end());
      atoms.push_back(atom);
    }
    const Image image = MakeImage(atoms);
    const ProgramView view = image.View();
    for (uint32_t atom = 0; atom < view.atom_ranges.size(); ++atom) {
      if (view.atom_ranges[atom].axis == kNoIndex) {
        EXPECT_EQ(view.atoms[atom].operand_count, 0u);
        continue;
      }
      for (const std::string& value : values) {
        ASSERT_EQ(ByRange(view, atom, value), ByOperands(view, atom, value))
            << value << " opcode " << view.atoms[atom].opcode;
      }
      const Run run = view.atom_ranges[atom].ranges;
      for (uint32_t i = 1; i < run.count; ++i) {
        ASSERT_GT(view.ranges[run.first + i].low,
                  view.ranges[run.first + i - 1].high + 1);
      }
    }
  }
}

TEST(Intervals, NumbersFallWhereTheyCompare) {
  const std::vector<std::string> texts = {"-0",
                                          "0",
                                          "1",
                                          "-1",
                                          "1e1",
                                          "10.0",
                                          "2.5",
                                          "-2.50",
                                          "9007199254740992",
                                          "9007199254740993",
                                          "1e-999"};
  std::vector<std::string> operands;
  for (const std::string& text : texts) operands.push_back(Number(text));
  std::vector<std::string> values = texts;
  values.insert(values.end(), {"3", "-3", "1e300", "0.000001", "9.99"});
  ExpectRangesAgree({Opcode::kNumEq, Opcode::kNumLt, Opcode::kNumLe,
                     Opcode::kNumGt, Opcode::kNumGe},
                    operands, values);
}

TEST(Intervals, DatesFallWhereTheyCompare) {
  const std::vector<std::string> texts = {
      "2019-08-12T17:00:00+08:00", "2019-08-12T09:00:00Z",
      "2019-08-12T09:00:00.000000001Z", "0001-01-01T00:00:00Z",
      "9999-12-31T23:59:59Z"};
  std::vector<std::string> operands;
  for (const std::string& text : texts) operands.push_back(Date(text));
  std::vector<std::string> values = texts;
  values.insert(values.end(), {"2019-08-12T08:59:59Z", "2020-01-01T00:00:00Z"});
  ExpectRangesAgree({Opcode::kDateEq, Opcode::kDateLt, Opcode::kDateLe,
                     Opcode::kDateGt, Opcode::kDateGe},
                    operands, values);
}

TEST(Intervals, TextsFallOnTheirPoints) {
  const std::vector<std::string> texts = {"a", "b", "B", "", "ab", "\xc3\xa9"};
  ExpectRangesAgree({Opcode::kStrEq}, texts, {"a", "A", "b", "", "abc", "zz"});
  ExpectRangesAgree({Opcode::kStrEqFold}, {"a", "b", "ab", ""},
                    {"a", "A", "AB", "", "abc", "\xc3\x89"});
}

TEST(Intervals, AddressesFallIntoTheirBlocks) {
  const std::vector<std::string> operands = {
      Block("10.0.0.0", 8),
      Block("10.1.0.0", 16),
      Block("0.0.0.0", 0),
      Block("255.255.255.255", 32),
      Block("10.0.0.7", 32),
      Block("::", 0),
      Block("::", 64),
      Block("::ffff:0:0:0", 80),
      Block("2001:db8::", 32),
      Block("ffff::", 16),
      Block("::1", 128),
      Block("::fffe:ffff:ffff", 128),
      Block("::1:0:0:0", 128),
      Block("ffff:ffff:ffff:ffff:ffff:ffff:ffff:"
            "ffff",
            128)};
  ExpectRangesAgree(
      {Opcode::kIpIn}, operands,
      {"10.0.0.0", "10.0.0.7", "10.1.2.3", "9.255.255.255", "11.0.0.0",
       "0.0.0.0", "255.255.255.255", "::ffff:10.0.0.7", "::", "::1",
       "::fffe:ffff:ffff", "::1:0:0:0", "2001:db8::1",
       "2001:db9::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
       "fffe:ffff::", "::ffff:0:1", "0:0:0:ffff::1"});
}

// An image of another compiler may hold one; no address is ever in it.
TEST(Intervals, AnIpv6BlockOfMappedAddressesHoldsNothing) {
  BlockConstant block = {};
  block.bytes[10] = block.bytes[11] = 0xff;
  block.bytes[12] = 10;
  block.prefix_bits = 104;
  block.is_v6 = 1;
  const Image image = MakeImage({{"d:k", Opcode::kIpIn, {Block("10.0.0.0", 8)}},
                                 {"d:k", Opcode::kIpIn, {BytesOf(block)}}});
  const ProgramView view = image.View();
  EXPECT_TRUE(ByRange(view, 0, "10.0.0.7"));
  EXPECT_FALSE(ByRange(view, 1, "10.0.0.7"));
  EXPECT_EQ(view.atom_ranges[1].ranges.count, 0u);
}

TEST(Intervals, KeysAndTypesHaveAxesOfTheirOwn) {
  const Image image = MakeImage({{"d:k", Opcode::kStrEq, {"1"}},
                                 {"d:k", Opcode::kNumEq, {Number("1")}},
                                 {"d:m", Opcode::kNumLt, {Number("1")}},
                                 {"d:m", Opcode::kNumGe, {Number("2")}},
                                 {"d:m", Opcode::kStrLike, {"a*"}},
                                 {"d:n", Opcode::kNumEq, {}}});
  const ProgramView view = image.View();
  EXPECT_EQ(view.axes.size(), 3u);
  ASSERT_EQ(view.atom_ranges.size(), 6u);
  EXPECT_EQ(view.atom_ranges[2].axis, view.atom_ranges[3].axis);
  EXPECT_EQ(view.atom_ranges[4].axis, kNoIndex) << "wildcards have no order";
  EXPECT_EQ(view.atom_ranges[5].axis, kNoIndex) << "nothing to compare with";
}

TEST(Intervals, ABudgetOfStepsIsKept) {
  Image image = MakeImage({});
  ir::Atom atom = {"d:k", Opcode::kStrEq, {}};
  for (int i = 0; i < 100; ++i) atom.operands.push_back(std::to_string(i));
  image = MakeImage({atom});
  CompileBudget budget;
  budget.steps = 50;
  CompileMeter meter(budget);
  EXPECT_EQ(BuildIntervals({}, &meter, &image).code(),
            StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace writ
