// SPDX-License-Identifier: Apache-2.0
#include "lint/relation.h"

#include <gtest/gtest.h>

namespace writ {
namespace {

const OperatorInfo& Of(Operator op) { return InfoOf(op); }

TEST(RelationTest, ValuesCoverAsTheirOperatorCompares) {
  EXPECT_TRUE(ValueCovers(Of(Operator::kNumericLessThan), "10", "5"));
  EXPECT_FALSE(ValueCovers(Of(Operator::kNumericLessThan), "5", "10"));
  EXPECT_TRUE(ValueCovers(Of(Operator::kNumericEquals), "1e1", "10.0"));
  EXPECT_FALSE(ValueCovers(Of(Operator::kStringEquals), "1e1", "10.0"));
  EXPECT_TRUE(ValueCovers(Of(Operator::kDateEquals),
                          "2026-01-01T08:00:00+08:00", "2026-01-01T00:00:00Z"));
  EXPECT_TRUE(ValueCovers(Of(Operator::kIpAddress), "10.0.0.0/8", "10.1.2.3"));
  EXPECT_TRUE(
      ValueCovers(Of(Operator::kIpAddress), "10.0.0.0/8", "::ffff:10.1.2.3"));
  EXPECT_FALSE(ValueCovers(Of(Operator::kIpAddress), "0.0.0.0/0", "::1"));
  EXPECT_FALSE(ValueCovers(Of(Operator::kStringEquals), "*", "a"));
  EXPECT_TRUE(ValueCovers(Of(Operator::kStringLike), "*", "a?"));
}

TEST(RelationTest, ValuesExcludeOnlyWhereNoneIsLeftBetween) {
  const OperatorInfo& less = Of(Operator::kNumericLessThan);
  const OperatorInfo& greater_equal = Of(Operator::kNumericGreaterThanEquals);
  const OperatorInfo& less_equal = Of(Operator::kNumericLessThanEquals);
  EXPECT_TRUE(ValuesExclude(less, "5", greater_equal, "5"));
  EXPECT_FALSE(ValuesExclude(less_equal, "5", greater_equal, "5"));
  EXPECT_FALSE(ValuesExclude(less, "6", greater_equal, "5"));
  EXPECT_TRUE(ValuesExclude(Of(Operator::kStringEquals), "b",
                            Of(Operator::kStringLike), "a*"));
  EXPECT_FALSE(ValuesExclude(Of(Operator::kStringLike), "*b",
                             Of(Operator::kStringLike), "a*"));
}

TEST(RelationTest, PrincipalsCoverAsTheyAreNamed) {
  EXPECT_TRUE(PrincipalCovers("RAM", "acs:ram::1:root", "acs:ram::1:user/a"));
  EXPECT_FALSE(PrincipalCovers("RAM", "acs:ram::1:root", "acs:ram::2:user/a"));
  EXPECT_TRUE(
      PrincipalCovers("RAM", "acs:ram::1:role/R", "acs:ram::1:role/r/s"));
  EXPECT_FALSE(
      PrincipalCovers("RAM", "acs:ram::1:user/A", "acs:ram::1:user/a"));
  EXPECT_TRUE(PrincipalCovers("", "*", "27"));
  EXPECT_TRUE(PrincipalCovers("", "1", "acs:ram::1:role/r"));
  // In a resource policy's list a root ARN names nobody.
  EXPECT_FALSE(PrincipalCovers("", "acs:ram::1:root", "acs:ram::1:user/a"));
}

TEST(RelationTest, ASpentBudgetAnswersNo) {
  QuestionBudget budget(1);
  EXPECT_TRUE(budget.Covers(PatternKind::kAction, "*", "a:b"));
  EXPECT_FALSE(budget.Covers(PatternKind::kAction, "*", "a:b"));
}

}  // namespace
}  // namespace writ
