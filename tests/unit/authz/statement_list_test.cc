// SPDX-License-Identifier: Apache-2.0
#include "authz/statement_list.h"

#include <array>
#include <vector>

#include "gtest/gtest.h"

namespace writ {
namespace {

using Refs = std::vector<StatementRef>;

TEST(StatementList, FinishSortsAndDropsWhatWasAddedTwice) {
  std::array<StatementRef, 2> first = {};
  std::array<StatementRef, 8> all = {};
  StatementList list(first, all);
  for (const uint32_t i : {5u, 1u, 5u, 3u, 1u}) list.Add({0, i});
  EXPECT_EQ(list.Finish(), 3u);
  EXPECT_FALSE(list.overflowed());
  EXPECT_EQ(Refs(all.begin(), all.begin() + 3), (Refs{{0, 1}, {0, 3}, {0, 5}}));
  EXPECT_EQ(Refs(first.begin(), first.end()), (Refs{{0, 1}, {0, 3}}));
}

TEST(StatementList, KeepsTheSmallestAndCountsTheRest) {
  std::array<StatementRef, 3> first = {};
  StatementList list(first, {});
  for (const uint32_t i : {9u, 7u, 8u, 1u, 9u, 2u, 1u}) list.Add({1, i});
  EXPECT_TRUE(list.overflowed());
  // 9 fell out when 1 came, so it is counted again.
  EXPECT_EQ(list.Finish(), 6u);
  EXPECT_EQ(Refs(first.begin(), first.end()), (Refs{{1, 1}, {1, 2}, {1, 7}}));
}

TEST(StatementList, ClearForgetsWhatDidNotFitToo) {
  std::array<StatementRef, 1> first = {};
  StatementList list(first, {});
  list.Add({0, 1});
  list.Add({0, 2});
  list.Clear();
  list.Add({3, 4});
  EXPECT_FALSE(list.overflowed());
  EXPECT_EQ(list.Finish(), 1u);
  EXPECT_EQ(first[0], (StatementRef{3, 4}));
}

TEST(StatementList, CountsWithoutAnyRoom) {
  StatementList list({}, {});
  list.Add({0, 1});
  list.Add({0, 2});
  EXPECT_EQ(list.Finish(), 2u);
}

}  // namespace
}  // namespace writ
