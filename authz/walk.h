// SPDX-License-Identifier: Apache-2.0
//
// A resource trie is walked with the text of the request, not with the
// patterns, so what a walk costs follows from the text: each of the first three
// segments may be a literal or `*`, which makes at most eight ways, and each
// way reads the text once. For `fc:cn-a:7:functions/web`:
//
//   fc: -+- cn- -- a:7: -- functions/ -+- web        (kExact)
//        |                             +- suffixes   `functions/*b`: reads
//        "bew"
//        +- *  -- :7: -- functions/                  (kSegmentEdge, then kAny)
#ifndef WRIT_AUTHZ_WALK_H_
#define WRIT_AUTHZ_WALK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "authz/program/format.h"
#include "authz/step_budget.h"
#include "authz/text.h"

namespace writ {

// Where a walk came to an end.
enum class EndPlace : uint8_t {
  kInside,    // the text goes on
  kWhole,     // the text ends here
  kSuffix,    // in a trie of suffixes: the rest of the text is accounted for
  kFragment,  // in a trie of fragments: somewhere
};

// Walks the tries of one image with one text. Made for one call.
//
// kFold  the labels are in lower case, and so is what they are compared with
template <bool kFold>
class ResourceWalk {
 public:
  // subject   a request's resource behind `acs:`; borrowed
  // budget    takes a step for each node; the asker looks at it
  ResourceWalk(const ProgramView& view, std::string_view subject,
               StepBudget* budget)
      : nodes_(view.nodes.data()), subject_(subject), budget_(budget) {}

  // Calls `found(end, place)` for each end that the text comes to; an end of a
  // trie of fragments may come several times.
  //
  // root     in nodes
  // Cost     at most eight times the text, and for each trie of fragments its
  //          depth times the text, which the budget bounds; no allocation
  template <typename Found>
  void Run(uint32_t root, Found found);

 private:
  // The open ways: one for each segment before the relative id that may be
  // skipped, and room to spare.
  static constexpr size_t kMaxBranches = 8;
  struct Branch {
    uint32_t node;
    size_t position;
  };

  // A node, decoded.
  struct Node {
    NodeHead head;
    const char* label;
    const char* bytes;  // first ones of the children
    const char* edges;

    uint32_t Edge(uint32_t index) const {
      uint32_t node = 0;
      std::memcpy(&node, edges + size_t{index} * sizeof(node), sizeof(node));
      return node;
    }
  };

  static constexpr size_t Padded(size_t size) {
    return (size + 3) & ~size_t{3};
  }

  Node NodeAt(uint32_t offset) {
    ++visited_;
    return Decode(nodes_ + offset);
  }

  static Node Decode(const char* at) {
    Node node;
    std::memcpy(&node.head, at, sizeof(node.head));
    node.label = at + sizeof(node.head);
    node.bytes = node.label + Padded(node.head.label_bytes);
    node.edges = node.bytes + Padded(node.head.child_count);
    return node;
  }

  static char Fold(char byte) { return kFold ? FoldAscii(byte) : byte; }

  static bool LabelIsAt(const Node& node, std::string_view subject,
                        size_t position) {
    const size_t size = node.head.label_bytes;
    if (subject.size() - position < size) return false;
    if constexpr (kFold) {
      for (size_t i = 0; i < size; ++i) {
        if (node.label[i] != Fold(subject[position + i])) return false;
      }
      return true;
    }
    return EqualBytes(node.label, subject.data() + position, size);
  }

  // The child that begins with the byte, or kNoIndex.
  static uint32_t ChildOf(const Node& node, char byte) {
    const uint32_t count = node.head.child_count;
    // memchr pays off for wide nodes only.
    if (count > 8) {
      const void* at = std::memchr(node.bytes, byte, count);
      if (at == nullptr) return kNoIndex;
      return node.Edge(
          static_cast<uint32_t>(static_cast<const char*>(at) - node.bytes));
    }
    for (uint32_t i = 0; i < count; ++i) {
      if (node.bytes[i] == byte) return node.Edge(i);
    }
    return kNoIndex;
  }

  template <typename Found>
  void WalkSuffixes(uint32_t root, size_t position, Found& found);
  template <typename Found>
  void WalkFragments(uint32_t root, size_t position, Found& found);

  const char* const nodes_;
  const std::string_view subject_;
  StepBudget* const budget_;
  uint64_t visited_ = 0;  // nodes not yet taken from the budget
};

template <bool kFold>
template <typename Found>
void ResourceWalk<kFold>::Run(uint32_t root, Found found) {
  std::array<Branch, kMaxBranches> open;
  size_t open_count = 0;
  // Copies, since `found` might change what the members say for all that the
  // compiler can tell.
  const char* const nodes = nodes_;
  const std::string_view subject = subject_;
  uint64_t visited = 0;
  Branch at = {root, 0};
  while (true) {
    const Node node = Decode(nodes + at.node);
    ++visited;
    uint32_t next = kNoIndex;
    if (LabelIsAt(node, subject, at.position)) {
      size_t position = at.position + node.head.label_bytes;
      const bool at_end = position == subject.size();
      const EndPlace place = at_end ? EndPlace::kWhole : EndPlace::kInside;
      for (uint32_t i = 0; i < node.head.end_count; ++i) {
        found(node.head.first_end + i, place);
      }
      if (node.head.flags != 0) {
        uint32_t edge = node.head.child_count;
        if ((node.head.flags & NodeHead::kSegmentEdge) != 0) {
          const uint32_t behind = node.Edge(edge++);
          const size_t colon = FindNear(subject, ':', position);
          // SAFETY: at most three segments lie before the relative id, and the
          // verifier saw to it that the edge stands before them.
          if (colon != std::string_view::npos && open_count < kMaxBranches) {
            open[open_count++] = {behind, colon};
          }
        }
        if ((node.head.flags & NodeHead::kSuffixEdge) != 0) {
          WalkSuffixes(node.Edge(edge++), position, found);
        }
        if ((node.head.flags & NodeHead::kFragmentEdge) != 0) {
          WalkFragments(node.Edge(edge), position, found);
        }
      }
      if (!at_end) {
        next = ChildOf(node, Fold(subject[position]));
        at = {next, position};
      }
    }
    if (next != kNoIndex) continue;
    if (open_count == 0) break;
    at = open[--open_count];
  }
  budget_->Take(visited_ + visited);
}

template <bool kFold>
template <typename Found>
void ResourceWalk<kFold>::WalkSuffixes(uint32_t root, size_t position,
                                       Found& found) {
  size_t left = subject_.size() - position;  // bytes not read yet
  for (uint32_t next = root; next != kNoIndex;) {
    const Node node = NodeAt(next);
    const size_t size = node.head.label_bytes;
    if (left < size) return;
    const char* const last = subject_.data() + position + left;
    for (size_t i = 0; i < size; ++i) {
      if (node.label[i] != Fold(last[-1 - static_cast<ptrdiff_t>(i)])) return;
    }
    left -= size;
    for (uint32_t i = 0; i < node.head.end_count; ++i) {
      found(node.head.first_end + i, EndPlace::kSuffix);
    }
    next = left == 0 ? kNoIndex
                     : ChildOf(node, Fold(subject_[position + left - 1]));
  }
}

template <bool kFold>
template <typename Found>
void ResourceWalk<kFold>::WalkFragments(uint32_t root, size_t position,
                                        Found& found) {
  for (size_t start = position; start < subject_.size(); ++start) {
    // Long texts and deep tries are what the budget is for.
    if (!budget_->Take(visited_)) return;
    visited_ = 0;
    size_t at = start;
    for (uint32_t next = root; next != kNoIndex;) {
      const Node node = NodeAt(next);
      visited_ += node.head.label_bytes / StepBudget::kBytesPerStep;
      if (!LabelIsAt(node, subject_, at)) break;
      at += node.head.label_bytes;
      for (uint32_t i = 0; i < node.head.end_count; ++i) {
        found(node.head.first_end + i, EndPlace::kFragment);
      }
      next =
          at == subject_.size() ? kNoIndex : ChildOf(node, Fold(subject_[at]));
    }
  }
}

}  // namespace writ

#endif  // WRIT_AUTHZ_WALK_H_
