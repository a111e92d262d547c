// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes.h"

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "authz/match_glob.h"
#include "authz/read_value.h"
#include "compiler/pattern_cover.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

using Texts = std::vector<std::string>;

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

// A block of the address with its last bits cleared already.
std::string Block(std::string_view address, uint8_t prefix_bits) {
  BlockConstant value;
  EXPECT_TRUE(ReadAddress(address, &value)) << address;
  value.prefix_bits = prefix_bits;
  return BytesOf(value);
}

ir::Program WithStatement(const ir::Statement& statement) {
  ir::Program program;
  ir::Policy policy;
  policy.statements.push_back(statement);
  program.policies.push_back(policy);
  return program;
}

Texts NormalisedActions(const Texts& patterns) {
  ir::Statement statement;
  statement.actions.patterns = patterns;
  ir::Program program = WithStatement(statement);
  Normalise(&program);
  return program.policies[0].statements[0].actions.patterns;
}

Texts NormalisedResources(const Texts& patterns) {
  ir::Statement statement;
  statement.resources.patterns = patterns;
  ir::Program program = WithStatement(statement);
  Normalise(&program);
  return program.policies[0].statements[0].resources.patterns;
}

Texts NormalisedOperands(Opcode op, const Texts& operands) {
  ir::Program program;
  ir::Statement statement;
  statement.condition = {{program.Intern({"d:k", op, operands}), true}};
  program.policies.push_back({});
  program.policies[0].statements.push_back(statement);
  Normalise(&program);
  const ir::Literal literal = program.policies[0].statements[0].condition[0];
  EXPECT_TRUE(literal.negated);
  EXPECT_EQ(program.atoms()[literal.atom].op, op);
  EXPECT_EQ(program.atoms()[literal.atom].key, "d:k");
  return program.atoms()[literal.atom].operands;
}

TEST(Normalise, CoveredActionsGo) {
  EXPECT_EQ(NormalisedActions({"fc:*", "fc:get*", "fc:getfunction", "oss:x"}),
            (Texts{"fc:*", "oss:x"}));
  EXPECT_EQ(NormalisedActions({"*", "fc:*"}), (Texts{"*"}));
  EXPECT_EQ(NormalisedActions({"a:?b", "a:xb", "a:xyb"}),
            (Texts{"a:?b", "a:xyb"}));
  EXPECT_EQ(NormalisedActions({"a*:x", "ab:x", "ab:y"}),
            (Texts{"a*:x", "ab:y"}));
  EXPECT_EQ(NormalisedActions({"a:x", "a:y"}), (Texts{"a:x", "a:y"}));
}

TEST(Normalise, OfTwoSpellingsOfOnePatternOneStays) {
  EXPECT_EQ(NormalisedActions({"a:**", "a:*"}).size(), 1u);
  EXPECT_EQ(NormalisedActions({"a:*?", "a:?*"}).size(), 2u)
      << "equal, but not by laying one over the other";
}

TEST(Normalise, NoStarReachesOverAColonOfAResource) {
  EXPECT_EQ(NormalisedResources(
                {"acs:oss:*:*:b/*", "acs:oss:cn:1:b/x", "acs:oss:cn:1:c/x"}),
            (Texts{"acs:oss:*:*:b/*", "acs:oss:cn:1:c/x"}));
  const Texts apart = {"acs:oss:*:b:x", "acs:oss:a:a:b:x"};
  EXPECT_EQ(NormalisedResources(apart), apart);
  const Texts any = {"acs:*:*:*:*", "acs:a:b:c:d:e"};
  EXPECT_EQ(NormalisedResources(any), (Texts{"acs:*:*:*:*"}));
  EXPECT_EQ(NormalisedResources({"*", "acs:*:*:*:*"}), (Texts{"*"}));
}

TEST(Normalise, CoveredOperandsGo) {
  EXPECT_EQ(NormalisedOperands(Opcode::kStrLike, {"a*", "abc", "b"}),
            (Texts{"a*", "b"}));
  EXPECT_EQ(NormalisedOperands(Opcode::kNumLt, {Number("10"), Number("5")}),
            (Texts{Number("10")}));
  EXPECT_EQ(NormalisedOperands(Opcode::kNumGe, {Number("10"), Number("-5")}),
            (Texts{Number("-5")}));
  EXPECT_EQ(NormalisedOperands(Opcode::kDateLe, {Date("2019-01-01T00:00:00Z"),
                                                 Date("2020-01-01T00:00:00Z")}),
            (Texts{Date("2020-01-01T00:00:00Z")}));
  EXPECT_EQ(NormalisedOperands(Opcode::kDateGt, {Date("2019-01-01T00:00:00Z"),
                                                 Date("2020-01-01T00:00:00Z")}),
            (Texts{Date("2019-01-01T00:00:00Z")}));
  EXPECT_EQ(NormalisedOperands(Opcode::kIpIn,
                               {Block("10.0.0.0", 16), Block("10.0.0.0", 8),
                                Block("10.1.0.0", 16), Block("11.0.0.0", 8)}),
            (Texts{Block("10.0.0.0", 8), Block("11.0.0.0", 8)}));
}

TEST(Normalise, WhatIsNotCoveredStays) {
  for (const Opcode op : {Opcode::kStrEq, Opcode::kStrEqFold}) {
    EXPECT_EQ(NormalisedOperands(op, {"a*", "abc"}), (Texts{"a*", "abc"}));
  }
  const Texts numbers = {Number("10"), Number("5")};
  EXPECT_EQ(NormalisedOperands(Opcode::kNumEq, numbers), numbers);
  const Texts blocks = {Block("::", 0), Block("10.0.0.0", 8)};
  EXPECT_EQ(NormalisedOperands(Opcode::kIpIn, blocks), blocks)
      << "families never meet (R09)";
  EXPECT_EQ(NormalisedOperands(Opcode::kNumLt, {}), Texts{})
      << "no operand is not no test (R39)";
}

TEST(Normalise, TestsThatBecomeEqualAreOne) {
  ir::Program program;
  ir::Statement statement;
  statement.condition = {
      {program.Intern({"d:k", Opcode::kStrLike, {"a*", "ab"}}), false},
      {program.Intern({"d:m", Opcode::kStrEq, {"x"}}), false},
      {program.Intern({"d:k", Opcode::kStrLike, {"a*", "ac"}}), false},
      {program.Intern({"d:k", Opcode::kStrLike, {"a*"}}), true}};
  program.policies.push_back({});
  program.policies[0].statements.push_back(statement);
  Normalise(&program);
  EXPECT_EQ(program.atoms().size(), 2u);
  EXPECT_EQ(program.policies[0].statements[0].condition,
            (std::vector<ir::Literal>{{0, false}, {1, false}, {0, true}}));
}

// Each subject that the inner pattern matches, the outer one matches too.
TEST(PatternCover, IsNeverClaimedWronglyAndOftenFound) {
  std::mt19937 random(20261122);
  const Texts parts = {"a", "b", "*", "?", "\xc3\xa9", "*"};
  const Texts characters = {"a", "b", "\xc3\xa9", "\xc3", "\xa9", "\xff"};
  const auto make = [&random](const Texts& from, size_t max_size) {
    std::string text;
    const size_t size = random() % (max_size + 1);
    for (size_t i = 0; i < size; ++i) text += from[random() % from.size()];
    return text;
  };
  Texts subjects;
  for (int i = 0; i < 400; ++i) subjects.push_back(make(characters, 6));
  size_t covered = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::string outer = make(parts, 4);
    const std::string inner = make(parts, 5);
    CoverBudget budget(1000);
    if (!CoversText(outer, inner, &budget)) continue;
    ++covered;
    for (const std::string& subject : subjects) {
      ASSERT_TRUE(!MatchGlob(inner, subject) || MatchGlob(outer, subject))
          << "`" << outer << "` over `" << inner << "` at `" << subject << "`";
    }
  }
  EXPECT_GT(covered, 2000u);
}

TEST(PatternCover, OnlyTheBareStarCoversTheBareStar) {
  CoverBudget budget(1000);
  EXPECT_TRUE(CoversAction("*", "*", &budget));
  EXPECT_TRUE(CoversResource("*", "acs:*:*:*:*", &budget));
  EXPECT_FALSE(CoversAction("*:*", "*", &budget));
  EXPECT_FALSE(CoversResource("acs:*:*:*:*", "*", &budget));
}

TEST(PatternCover, GivesUpWhenTheBudgetIsSpent) {
  CoverBudget little(3);
  EXPECT_FALSE(CoversText("abc*", "abcd", &little));
  EXPECT_TRUE(little.exhausted());
  CoverBudget enough(100);
  EXPECT_TRUE(CoversText("abc*", "abcd", &enough));
}

TEST(OrderConditions, CheapTestsComeFirstInAnOrderOfTheirOwn) {
  ir::Program program;
  const uint32_t like = program.Intern({"d:a", Opcode::kStrLike, {"a*"}});
  const uint32_t date = program.Intern({"d:b", Opcode::kDateEq, {}});
  const uint32_t truth = program.Intern({"d:c", Opcode::kBoolEq, {"1234"}});
  const uint32_t two = program.Intern({"d:d", Opcode::kStrEq, {"a", "b"}});
  const uint32_t one = program.Intern({"d:e", Opcode::kStrEq, {"a"}});
  ir::Statement first;
  first.condition = {{like, false}, {date, true}, {truth, false},
                     {two, false},  {one, true},  {one, false}};
  ir::Statement second = first;
  std::swap(second.condition[0], second.condition[5]);
  program.policies.push_back({});
  program.policies[0].statements = {first, second};
  OrderConditions(&program);
  const std::vector<ir::Literal> expected = {{truth, false}, {one, false},
                                             {one, true},    {two, false},
                                             {date, true},   {like, false}};
  EXPECT_EQ(program.policies[0].statements[0].condition, expected);
  EXPECT_EQ(program.policies[0].statements[1].condition, expected);
}

}  // namespace
}  // namespace writ
