// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/compiler/trie_walk.h"

#include <cstring>
#include <string>
#include <vector>

#include "authz/match_resource.h"
#include "authz/text.h"
#include "gtest/gtest.h"

namespace writ::testing {
namespace {

uint32_t WordAt(std::string_view bytes, size_t at) {
  uint32_t word = 0;
  EXPECT_LE(at + sizeof(word), bytes.size());
  if (at + sizeof(word) <= bytes.size()) {
    std::memcpy(&word, bytes.data() + at, sizeof(word));
  }
  return word;
}

size_t Padded(size_t size) { return (size + 3) / 4 * 4; }

// A node, read out.
struct Node {
  NodeHead head = {};
  std::string_view label;
  std::string_view first_bytes;
  std::vector<uint32_t> children;
  uint32_t segment = kNoIndex;
  uint32_t suffix = kNoIndex;
  uint32_t fragment = kNoIndex;
  size_t size_bytes = 0;
};

Node ReadNode(const ProgramView& view, uint32_t offset) {
  const std::string_view nodes = view.nodes.bytes();
  Node node;
  EXPECT_EQ(offset % 4, 0u);
  EXPECT_LE(offset + sizeof(NodeHead), nodes.size());
  if (offset + sizeof(NodeHead) > nodes.size()) return node;
  std::memcpy(&node.head, nodes.data() + offset, sizeof(NodeHead));
  size_t at = offset + sizeof(NodeHead);
  node.label = nodes.substr(at, node.head.label_bytes);
  at += Padded(node.head.label_bytes);
  node.first_bytes = nodes.substr(at, node.head.child_count);
  at += Padded(node.head.child_count);
  for (size_t i = 0; i < node.head.child_count; ++i, at += 4) {
    node.children.push_back(WordAt(nodes, at));
  }
  for (const auto& [flag, edge] :
       {std::pair(NodeHead::kSegmentEdge, &node.segment),
        std::pair(NodeHead::kSuffixEdge, &node.suffix),
        std::pair(NodeHead::kFragmentEdge, &node.fragment)}) {
    if ((node.head.flags & flag) == 0) continue;
    *edge = WordAt(nodes, at);
    at += 4;
  }
  node.size_bytes = at - offset;
  return node;
}

// One walk; made for one call.
class Walk {
 public:
  Walk(const ProgramView& view, bool roles, std::string_view resource)
      : view_(view), roles_(roles), subject_(resource.substr(4)) {
    EXPECT_TRUE(ReadResource(resource, &resource_));
    EXPECT_TRUE(!roles || resource_.fold_bytes > 0);
    for (char& byte : subject_) {
      if (roles) byte = FoldAscii(byte);
    }
    segments_.insert(0);
    for (size_t at = 0, i = 0; i < 2; ++i) {
      at = subject_.find(':', at) + 1;
      segments_.insert(at);
    }
  }

  void Forwards(uint32_t offset, size_t at) {
    const Node node = ReadNode(view_, offset);
    if (subject_.compare(at, node.label.size(), node.label) != 0) return;
    at += node.label.size();
    for (uint32_t i = 0; i < node.head.end_count; ++i) {
      const uint32_t end = node.head.first_end + i;
      switch (KindOf(end)) {
        case EndKind::kAny:
          found_.insert(end);
          break;
        case EndKind::kExact:
          if (at == subject_.size()) found_.insert(end);
          break;
        case EndKind::kSuffix:
          ADD_FAILURE() << "kSuffix in a forward trie";
          break;
        case EndKind::kVerify:
          Verify(end);
          break;
      }
    }
    if (node.segment != kNoIndex) {
      EXPECT_TRUE(segments_.contains(at)) << "segment edge inside a segment";
      const size_t colon = subject_.find(':', at);
      if (colon != std::string::npos) {
        EXPECT_TRUE(ReadNode(view_, node.segment).label.starts_with(':'));
        Forwards(node.segment, colon);
      }
    }
    if (node.suffix != kNoIndex) Backwards(node.suffix, subject_.size(), at);
    if (node.fragment != kNoIndex) {
      for (size_t from = at; from <= subject_.size(); ++from) {
        Fragment(node.fragment, from);
      }
    }
    if (at == subject_.size()) return;
    const size_t child = node.first_bytes.find(subject_[at]);
    if (child != std::string_view::npos) Forwards(node.children[child], at);
  }

  const std::set<uint32_t>& found() const { return found_; }

 private:
  EndKind KindOf(uint32_t end) const {
    EXPECT_LT(end, view_.ends.size());
    const auto kind = static_cast<EndKind>(view_.ends[end].kind);
    EXPECT_TRUE(!roles_ || kind == EndKind::kVerify);
    return kind;
  }

  void Verify(uint32_t end) {
    const uint32_t pattern = view_.ends[end].pattern;
    if (MatchResource(view_, view_.resource_patterns[pattern], resource_)) {
      found_.insert(end);
    }
  }

  void Backwards(uint32_t offset, size_t end, size_t floor) {
    const Node node = ReadNode(view_, offset);
    for (const char byte : node.label) {
      if (end == floor || subject_[end - 1] != byte) return;
      --end;
    }
    for (uint32_t i = 0; i < node.head.end_count; ++i) {
      const uint32_t number = node.head.first_end + i;
      if (KindOf(number) == EndKind::kSuffix) {
        found_.insert(number);
      } else {
        EXPECT_EQ(KindOf(number), EndKind::kVerify);
        Verify(number);
      }
    }
    if (end == floor) return;
    const size_t child = node.first_bytes.find(subject_[end - 1]);
    if (child != std::string_view::npos) {
      Backwards(node.children[child], end, floor);
    }
  }

  void Fragment(uint32_t offset, size_t at) {
    const Node node = ReadNode(view_, offset);
    if (subject_.compare(at, node.label.size(), node.label) != 0) return;
    at += node.label.size();
    for (uint32_t i = 0; i < node.head.end_count; ++i) {
      EXPECT_EQ(KindOf(node.head.first_end + i), EndKind::kVerify);
      Verify(node.head.first_end + i);
    }
    if (at == subject_.size()) return;
    const size_t child = node.first_bytes.find(subject_[at]);
    if (child != std::string_view::npos) Fragment(node.children[child], at);
  }

  const ProgramView& view_;
  const bool roles_;
  std::string subject_;
  RequestResource resource_;
  std::set<size_t> segments_;  // where each of the first three begins
  std::set<uint32_t> found_;
};

}  // namespace

std::set<uint32_t> EndsThatMatch(const ProgramView& view, uint32_t root,
                                 bool roles, std::string_view resource) {
  Walk walk(view, roles, resource);
  walk.Forwards(root, 0);
  return walk.found();
}

std::set<uint32_t> EndsBelow(const ProgramView& view, uint32_t root,
                             size_t* bytes, uint32_t* count) {
  std::set<uint32_t> ends;
  std::set<uint32_t> seen;
  std::vector<uint32_t> open = {root};
  while (!open.empty()) {
    const uint32_t offset = open.back();
    open.pop_back();
    EXPECT_TRUE(seen.insert(offset).second) << "a node has two parents";
    const Node node = ReadNode(view, offset);
    *bytes += node.size_bytes;
    ++*count;
    for (uint32_t i = 0; i < node.head.end_count; ++i) {
      EXPECT_TRUE(ends.insert(node.head.first_end + i).second);
    }
    std::vector<uint32_t> below = node.children;
    for (size_t i = 0; i < below.size(); ++i) {
      const std::string_view label = ReadNode(view, below[i]).label;
      EXPECT_TRUE(label.starts_with(node.first_bytes[i]));
      if (i > 0) {
        EXPECT_LT(static_cast<uint8_t>(node.first_bytes[i - 1]),
                  static_cast<uint8_t>(node.first_bytes[i]));
      }
    }
    for (const uint32_t edge : {node.segment, node.suffix, node.fragment}) {
      if (edge != kNoIndex) below.push_back(edge);
    }
    for (const uint32_t next : below) EXPECT_GT(next, offset);
    open.insert(open.end(), below.begin(), below.end());
  }
  return ends;
}

}  // namespace writ::testing
