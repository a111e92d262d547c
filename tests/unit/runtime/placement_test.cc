// SPDX-License-Identifier: Apache-2.0
#include "runtime/placement.h"

#include <array>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace writ {
namespace {

std::vector<NodeView> MakeNodes(const std::vector<std::string>& ids) {
  std::vector<NodeView> nodes;
  for (const std::string& id : ids) nodes.push_back({id, true, 4});
  return nodes;
}

TEST(PlaceInstance, FindsNothingWithoutALivingNodeWithRoom) {
  EXPECT_FALSE(PlaceInstance({}, "a", "f"));
  const std::array<NodeView, 2> nodes = {NodeView{"dead", false, 4},
                                         NodeView{"full", true, 0}};
  EXPECT_FALSE(PlaceInstance(nodes, "a", "f"));
}

TEST(PlaceInstance, AFunctionKeepsItsNode) {
  const std::vector<std::string> ids = {"n1", "n2", "n3"};
  const std::vector<NodeView> nodes = MakeNodes(ids);
  const auto first = PlaceInstance(nodes, "a", "f");
  ASSERT_TRUE(first);
  // In whatever order the nodes are listed.
  const std::vector<std::string> turned = {"n3", "n1", "n2"};
  const auto second = PlaceInstance(MakeNodes(turned), "a", "f");
  ASSERT_TRUE(second);
  EXPECT_EQ(ids[*first], turned[*second]);
}

TEST(PlaceInstance, AFullNodeMovesOnlyItsOwnFunctions) {
  const std::vector<std::string> ids = {"n1", "n2", "n3"};
  std::vector<NodeView> nodes = MakeNodes(ids);
  std::vector<size_t> before;
  for (int i = 0; i < 200; ++i) {
    before.push_back(*PlaceInstance(nodes, "a", "f" + std::to_string(i)));
  }
  nodes[1].free_slots = 0;
  for (int i = 0; i < 200; ++i) {
    const size_t now = *PlaceInstance(nodes, "a", "f" + std::to_string(i));
    EXPECT_NE(now, 1u);
    if (before[static_cast<size_t>(i)] != 1) {
      EXPECT_EQ(now, before[static_cast<size_t>(i)]);
    }
  }
}

TEST(PlaceInstance, SpreadsFunctionsOverNodes) {
  const std::vector<std::string> ids = {"n1", "n2", "n3", "n4"};
  const std::vector<NodeView> nodes = MakeNodes(ids);
  std::array<int, 4> counts = {};
  for (int i = 0; i < 400; ++i) {
    ++counts[*PlaceInstance(nodes, "a", "f" + std::to_string(i))];
  }
  for (const int count : counts) EXPECT_GT(count, 60);
}

}  // namespace
}  // namespace writ
