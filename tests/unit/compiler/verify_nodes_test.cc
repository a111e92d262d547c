// SPDX-License-Identifier: Apache-2.0
// What the verifier demands of the tries, broken rule by rule.
#include <algorithm>
#include <bit>
#include <string>
#include <string_view>
#include <vector>

#include "authz/program/program.h"
#include "gtest/gtest.h"
#include "tests/unit/compiler/index_image.h"

namespace writ::testing {
namespace {

// A node of an image, and where its parts lie in the section.
struct Node {
  uint32_t at;
  NodeHead head;
  uint32_t label;
  uint32_t children;
  uint32_t edges;
  uint32_t end;
};

uint32_t Padded(uint32_t bytes) { return (bytes + 3) / 4 * 4; }

std::vector<Node> NodesOf(const std::string& image) {
  std::vector<Node> nodes;
  const SectionEntry section = EntryOf(image, Section::kNodes);
  for (uint32_t at = 0; at < section.size_bytes; at = nodes.back().end) {
    Node node = {};
    node.at = at;
    std::memcpy(&node.head, image.data() + section.offset + at,
                sizeof(node.head));
    node.label = at + uint32_t{sizeof(NodeHead)};
    node.children = Padded(node.label + node.head.label_bytes);
    node.edges = Padded(node.children + node.head.child_count);
    const auto further =
        static_cast<uint32_t>(std::popcount(uint32_t{node.head.flags}));
    node.end = node.edges + (node.head.child_count + further) * 4;
    nodes.push_back(node);
  }
  return nodes;
}

class VerifyNodes : public ::testing::Test {
 protected:
  const std::string sound_ = IndexImage();
  const std::vector<Node> nodes_ = NodesOf(sound_);

  // The first node that `wanted`; there must be one.
  template <typename Wanted>
  const Node& Find(Wanted wanted) const {
    const auto found = std::ranges::find_if(nodes_, wanted);
    EXPECT_NE(found, nodes_.end()) << "no such node";
    return found == nodes_.end() ? nodes_[0] : *found;
  }
  const Node& WithFlag(uint8_t flag) const {
    return Find(
        [=](const Node& node) { return (node.head.flags & flag) != 0; });
  }
  const Node& At(uint32_t offset) const {
    return Find([=](const Node& node) { return node.at == offset; });
  }
  // The node of an edge: the children's come first, then those of the flags.
  const Node& Target(const Node& node, uint32_t edge) const {
    return At(Get<uint32_t>(sound_, Section::kNodes, node.edges / 4 + edge));
  }

  template <typename Record, typename Change>
  void Refused(std::string_view message, uint32_t at, Change change) const {
    std::string image = sound_;
    const SectionEntry section = EntryOf(image, Section::kNodes);
    Record record;
    char* const place = image.data() + section.offset + at;
    std::memcpy(&record, place, sizeof(record));
    change(&record);
    std::memcpy(place, &record, sizeof(record));
    FixChecksum(&image);
    const Status status = Program::Load(std::move(image)).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << message;
    EXPECT_NE(status.message().find(message), std::string_view::npos)
        << message << ": " << status.message();
  }
};

TEST_F(VerifyNodes, TheImageHasNodesOfEveryShape) {
  for (const uint8_t flag : {NodeHead::kSegmentEdge, NodeHead::kSuffixEdge,
                             NodeHead::kFragmentEdge}) {
    WithFlag(flag);
  }
  Find([](const Node& node) { return node.head.child_count > 1; });
  EXPECT_EQ(nodes_.back().end, EntryOf(sound_, Section::kNodes).size_bytes);
}

TEST_F(VerifyNodes, HeadsThatPromiseTooMuchAreRefused) {
  const uint32_t root = nodes_[0].at;
  Refused<NodeHead>(": unknown flag", root, [](auto* r) { r->flags |= 8; });
  Refused<NodeHead>("nodes[0]", root, [](auto* r) { r->label_bytes = 0xffff; });
  Refused<NodeHead>(
      "nodes[" + std::to_string(nodes_.back().at) + "]: cut short",
      nodes_.back().at, [](auto* r) { r->label_bytes = 0xffff; });
  Refused<NodeHead>(": ends out of order", root,
                    [](auto* r) { ++r->first_end; });
  Refused<NodeHead>(": ends out of order", nodes_.back().at,
                    [](auto* r) { r->end_count = UINT32_MAX; });
}

TEST_F(VerifyNodes, PaddingIsZero) {
  const Node& node = Find(
      [](const Node& n) { return n.label + n.head.label_bytes != n.children; });
  Refused<uint8_t>(": padding is not zero", node.children - 1,
                   [](auto* r) { *r = 1; });
  const Node& parent = Find(
      [](const Node& n) { return n.children + n.head.child_count != n.edges; });
  Refused<uint8_t>(": padding is not zero", parent.edges - 1,
                   [](auto* r) { *r = 1; });
}

TEST_F(VerifyNodes, ChildrenAscendAndAreWhatTheirLabelsBeginWith) {
  const Node& node = Find([](const Node& n) { return n.head.child_count > 1; });
  Refused<uint8_t>(": children out of order", node.children,
                   [](auto* r) { *r = 0; });
  Refused<uint8_t>(": children out of order", node.children,
                   [](auto* r) { *r = 0xff; });
  Refused<uint8_t>(": bad child", node.children, [](auto* r) { --*r; });
  const Node& child = Target(node, 0);
  Refused<NodeHead>(": bad child", child.at,
                    [](auto* r) { r->label_bytes = 0; });
}

TEST_F(VerifyNodes, EdgesLeadOnwardsToNodesThatAreNobodyElses) {
  const Node& node = Find([](const Node& n) { return n.head.child_count > 1; });
  const auto set = [](uint32_t to) { return [=](auto* r) { *r = to; }; };
  // To itself, to its parent, past the end, into itself, to a neighbour's.
  for (const uint32_t to :
       {node.at, nodes_[0].at, EntryOf(sound_, Section::kNodes).size_bytes,
        UINT32_MAX, node.at + 2}) {
    Refused<uint32_t>(": bad child", node.edges, set(to));
  }
  const auto second =
      Get<uint32_t>(sound_, Section::kNodes, node.edges / 4 + 1);
  Refused<uint32_t>(": bad child", node.edges, set(second));
  // Where no node begins.
  Refused<uint32_t>("nodes[", node.edges, set(second + 4));
  const auto segment = WithFlag(NodeHead::kSegmentEdge);
  Refused<uint32_t>(": bad edge", segment.edges + segment.head.child_count * 4,
                    set(segment.at));
}

TEST_F(VerifyNodes, ASubtreeBehindASegmentBeginsWithItsColon) {
  const Node& node = WithFlag(NodeHead::kSegmentEdge);
  Refused<uint8_t>(": bad edge", Target(node, node.head.child_count).label,
                   [](auto* r) { *r = ';'; });
}

TEST_F(VerifyNodes, SegmentsAreSkippedOnlyWhereOneOfTheFirstBegins) {
  // One byte less of the label, and the edge stands inside a segment.
  const Node& node = Find([](const Node& n) {
    return (n.head.flags & NodeHead::kSegmentEdge) != 0 &&
           n.head.label_bytes % 4 > 1;
  });
  Refused<uint8_t>(": edge where none may be",
                   node.label + node.head.label_bytes - 1u,
                   [](auto* r) { *r = ';'; });
}

TEST_F(VerifyNodes, TriesThatHangFromANodeHaveNoFurtherEdges) {
  for (const uint8_t flag : {NodeHead::kSuffixEdge, NodeHead::kFragmentEdge}) {
    const Node& node = WithFlag(flag);
    const Node& root = Target(
        node, node.head.child_count +
                  static_cast<uint32_t>(std::popcount(
                      static_cast<uint32_t>(node.head.flags & (flag - 1)))));
    // The edge that becomes one was a child's.
    Refused<NodeHead>("nodes[" + std::to_string(root.at) + "]", root.at,
                      [](auto* r) { r->flags = NodeHead::kSegmentEdge; });
  }
}

TEST_F(VerifyNodes, RolesAreLookedUpInLowerCase) {
  const auto unit = Get<UnitRecord>(sound_, Section::kUnits, 0);
  const Node& node = Find([&](const Node& n) {
    return n.at >= unit.roles && n.head.label_bytes > 2;
  });
  Refused<uint8_t>(": upper case in a trie of roles", node.label + 1,
                   [](auto* r) { *r = 'R'; });
}

TEST_F(VerifyNodes, EndsStandWhereTheirKindMay) {
  const auto kinds = [&](uint32_t wanted, uint32_t found) {
    for (const Node& node : nodes_) {
      for (uint32_t i = 0; i < node.head.end_count; ++i) {
        const uint32_t at = node.head.first_end + i;
        auto end = Get<EndRecord>(sound_, Section::kEnds, at);
        if (end.kind != found) continue;
        std::string image = sound_;
        end.kind = wanted;
        Put(&image, Section::kEnds, at, end);
        FixChecksum(&image);
        const Status status = Program::Load(std::move(image)).status();
        EXPECT_FALSE(status.ok()) << wanted << " for " << found;
        return;
      }
    }
    ADD_FAILURE() << "no end of kind " << found;
  };
  kinds(2, 0);  // kSuffix for kAny, outside a trie of suffixes
  kinds(0, 2);  // kAny for kSuffix, inside one
  kinds(1, 2);
  kinds(4, 3);
  kinds(0, 3);  // the bound on steps tells it
}

}  // namespace
}  // namespace writ::testing
