// SPDX-License-Identifier: Apache-2.0
//
// The tries of resources. One walk over the section from front to back sees
// every node: it begins where the one before ended, some edge of an earlier
// node or a root has pointed at it, and no other may. So the nodes are a
// forest without sharing, orphans or gaps, and since edges only lead onwards,
// every walk of the engine ends.
//
// What a node inherits from its parent is a byte beside its place: which trie
// it belongs to, and how many of the colons in front of the relative id its
// text has.
#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "authz/program/verify_parts.h"

namespace writ::verify {
namespace {

constexpr uint32_t kNodeAlignment = 4;
// Colons of a resource behind `acs:`: service, region and account end with one.
constexpr uint32_t kSegments = 3;

// The byte beside a node's place; zero: nothing points there.
class Place {
 public:
  enum Trie : uint8_t { kForwards = 0, kSuffixes = 1, kFragments = 2 };
  constexpr Place() = default;
  constexpr Place(Trie trie, uint32_t colons)
      : bits_(static_cast<uint8_t>(0x80u | (uint32_t{trie} << 2) | colons)) {}
  constexpr bool taken() const { return bits_ != 0; }
  constexpr Trie trie() const { return static_cast<Trie>((bits_ >> 2) & 3); }
  // Of kSegments, in the text in front of the node; no more are counted.
  constexpr uint32_t colons() const { return bits_ & 3; }

 private:
  uint8_t bits_ = 0;
};

constexpr uint64_t Padded(uint64_t bytes) {
  return (bytes + kNodeAlignment - 1) / kNodeAlignment * kNodeAlignment;
}

bool IsZero(std::string_view bytes) {
  return std::ranges::all_of(bytes, [](char byte) { return byte == '\0'; });
}

class NodeChecker {
 public:
  NodeChecker(const ProgramView& view, NodeFacts* facts)
      : view_(view),
        bytes_(view.nodes.bytes()),
        places_(bytes_.size() / kNodeAlignment),
        facts_(*facts) {}

  Status CheckAll() {
    if (bytes_.size() % kNodeAlignment != 0) {
      return Refuse("nodes", bytes_.size(), "not a multiple of 4");
    }
    for (unit_ = 0; unit_ < view_.units.size(); ++unit_) {
      const UnitRecord unit = view_.units[unit_];
      anywhere_ = unit.anywhere;
      TakeAnywhere();
      WRIT_RETURN_IF_ERROR(CheckTrie(unit.resources, false));
      TakeAnywhere();
      WRIT_RETURN_IF_ERROR(CheckTrie(unit.roles, true));
      TakeAnywhere();
      if (anywhere_ != kNoIndex) {
        return Refuse("units", unit_, "anywhere out of order");
      }
      facts_.last_end[unit_] = next_end_;
    }
    if (at_ != bytes_.size()) return Refuse("nodes", at_, "belongs to no unit");
    if (next_end_ != view_.ends.size()) {
      return Refuse("ends", next_end_, "belongs to no node");
    }
    return OkStatus();
  }

 private:
  // The node being looked at.
  struct Node {
    NodeHead head;
    Place::Trie trie;
    std::string_view label;
    std::string_view children;
    uint32_t colons;      // of kSegments, up to the end of its label
    bool segment_begins;  // one of the first segments begins where it ends
    uint64_t edges;       // where its offsets lie
    uint64_t end;
  };

  // The end for `anywhere` stands before, between or behind those of the tries.
  void TakeAnywhere() {
    if (anywhere_ == kNoIndex || anywhere_ != next_end_ ||
        next_end_ == view_.ends.size()) {
      return;
    }
    ++next_end_;
    anywhere_ = kNoIndex;
  }

  Status CheckTrie(uint32_t root, bool roles);
  Status ReadNode(Node* node) const;
  Status CheckLabel(const Node& node, bool roles) const;
  Status CheckEdges(const Node& node);
  Status CheckEnds(const Node& node, bool roles);
  bool TakeEdge(uint64_t slot, uint64_t* last, Place place);
  bool BeginsWith(uint64_t node, char byte) const;
  uint32_t OffsetAt(uint64_t slot) const {
    uint32_t offset = 0;
    std::memcpy(&offset, bytes_.data() + slot, sizeof(offset));
    return offset;
  }

  const ProgramView& view_;
  const std::string_view bytes_;
  std::vector<Place> places_;
  NodeFacts& facts_;
  uint32_t unit_ = 0;
  uint32_t anywhere_ = kNoIndex;  // of the unit; kNoIndex once it is passed
  uint32_t next_end_ = 0;
  uint64_t at_ = 0;       // where the next node begins
  uint64_t pending_ = 0;  // nodes of the trie that are still to come
};

// A trie begins where the last one ended, and is over when every edge has met
// its node.
Status NodeChecker::CheckTrie(uint32_t root, bool roles) {
  if (root == kNoIndex) return OkStatus();
  if (root != at_ || at_ == bytes_.size() ||
      places_[at_ / kNodeAlignment].taken()) {
    return Refuse("units", unit_, "root in the wrong place");
  }
  places_[at_ / kNodeAlignment] = Place(Place::kForwards, 0);
  for (pending_ = 1; pending_ > 0; --pending_) {
    if (at_ == bytes_.size() || !places_[at_ / kNodeAlignment].taken()) {
      return Refuse("nodes", at_, "nothing leads to it");
    }
    Node node;
    WRIT_RETURN_IF_ERROR(ReadNode(&node));
    WRIT_RETURN_IF_ERROR(CheckLabel(node, roles));
    WRIT_RETURN_IF_ERROR(CheckEdges(node));
    WRIT_RETURN_IF_ERROR(CheckEnds(node, roles));
    ++facts_.nodes[unit_];
    at_ = node.end;
  }
  return OkStatus();
}

Status NodeChecker::ReadNode(Node* node) const {
  NodeHead& head = node->head;
  if (bytes_.size() - at_ < sizeof(head)) {
    return Refuse("nodes", at_, "cut short");
  }
  std::memcpy(&head, bytes_.data() + at_, sizeof(head));
  if ((head.flags & ~NodeHead::kAllFlags) != 0) {
    return Refuse("nodes", at_, "unknown flag");
  }
  const uint64_t label_end = sizeof(head) + uint64_t{head.label_bytes};
  const uint64_t children = Padded(label_end);
  const uint64_t children_end = children + head.child_count;
  const uint64_t edges = Padded(children_end);
  const auto further =
      static_cast<uint32_t>(std::popcount(uint32_t{head.flags}));
  const uint64_t size =
      edges + uint64_t{head.child_count + further} * sizeof(uint32_t);
  if (bytes_.size() - at_ < size) return Refuse("nodes", at_, "cut short");
  const std::string_view body = bytes_.substr(at_, size);
  if (!IsZero(body.substr(label_end, children - label_end)) ||
      !IsZero(body.substr(children_end, edges - children_end))) {
    return Refuse("nodes", at_, "padding is not zero");
  }
  node->label = body.substr(sizeof(head), head.label_bytes);
  node->children = body.substr(children, head.child_count);
  node->edges = at_ + edges;
  node->end = at_ + size;
  const Place place = places_[at_ / kNodeAlignment];
  node->trie = place.trie();
  node->colons = place.colons();
  node->segment_begins = false;
  if (node->trie == Place::kForwards && node->colons < kSegments) {
    const auto colons =
        static_cast<uint64_t>(std::ranges::count(node->label, ':'));
    node->colons = static_cast<uint32_t>(
        std::min<uint64_t>(colons + node->colons, kSegments));
    // Only a root may have no label: CheckEdges sees to that.
    node->segment_begins = node->colons < kSegments &&
                           (node->label.empty() || node->label.back() == ':');
  }
  return OkStatus();
}

Status NodeChecker::CheckLabel(const Node& node, bool roles) const {
  for (size_t i = 0; i < node.children.size(); ++i) {
    const auto byte = static_cast<uint8_t>(node.children[i]);
    const int before = i == 0 ? 0 : static_cast<uint8_t>(node.children[i - 1]);
    if (byte <= before) return Refuse("nodes", at_, "children out of order");
  }
  // The subject is folded, so that nothing could lead through such a label.
  if (roles && std::ranges::any_of(node.label, [](char byte) {
        return byte >= 'A' && byte <= 'Z';
      })) {
    return Refuse("nodes", at_, "upper case in a trie of roles");
  }
  return OkStatus();
}

// Whether a node may lie at the offset and its label begins with the byte.
bool NodeChecker::BeginsWith(uint64_t node, char byte) const {
  NodeHead head;
  if (bytes_.size() - node <= sizeof(head)) return false;
  std::memcpy(&head, bytes_.data() + node, sizeof(head));
  return head.label_bytes > 0 && bytes_[node + sizeof(head)] == byte;
}

// The offset at `slot` leads to a place behind `*last` that nothing else leads
// to.
bool NodeChecker::TakeEdge(uint64_t slot, uint64_t* last, Place place) {
  const uint64_t target = OffsetAt(slot);
  if (target <= *last || target % kNodeAlignment != 0 ||
      target >= bytes_.size()) {
    return false;
  }
  Place& there = places_[target / kNodeAlignment];
  if (there.taken()) return false;
  there = place;
  *last = target;
  ++pending_;
  return true;
}

Status NodeChecker::CheckEdges(const Node& node) {
  const bool forwards = node.trie == Place::kForwards;
  if ((!forwards && node.head.flags != 0) ||
      ((node.head.flags & NodeHead::kSegmentEdge) != 0 &&
       !node.segment_begins)) {
    return Refuse("nodes", at_, "edge where none may be");
  }
  uint64_t last = at_;
  uint64_t slot = node.edges;
  const Place inside(node.trie, node.colons);
  for (const char byte : node.children) {
    if (!TakeEdge(slot, &last, inside) || !BeginsWith(last, byte)) {
      return Refuse("nodes", at_, "bad child");
    }
    slot += sizeof(uint32_t);
  }
  for (const uint8_t flag : {NodeHead::kSegmentEdge, NodeHead::kSuffixEdge,
                             NodeHead::kFragmentEdge}) {
    if ((node.head.flags & flag) == 0) continue;
    const bool segment = flag == NodeHead::kSegmentEdge;
    const Place::Trie trie = segment ? Place::kForwards
                             : flag == NodeHead::kSuffixEdge
                                 ? Place::kSuffixes
                                 : Place::kFragments;
    if (!TakeEdge(slot, &last, Place(trie, node.colons)) ||
        (segment && !BeginsWith(last, ':'))) {
      return Refuse("nodes", at_, "bad edge");
    }
    slot += sizeof(uint32_t);
  }
  return OkStatus();
}

// A kind that ends the walk without a look at the pattern may only stand where
// the trie has settled the first segments and reads text as the request has it.
Status NodeChecker::CheckEnds(const Node& node, bool roles) {
  const Run ends = {node.head.first_end, node.head.end_count};
  if (ends.first != next_end_ || !view_.ends.Holds(ends)) {
    return Refuse("nodes", at_, "ends out of order");
  }
  next_end_ += ends.count;
  const bool settled = !roles && node.colons == kSegments;
  for (uint32_t i = ends.first; i < next_end_; ++i) {
    const EndRecord end = view_.ends[i];
    bool sound = false;
    switch (static_cast<EndKind>(end.kind)) {
      case EndKind::kAny:
      case EndKind::kExact:
        sound = settled && node.trie == Place::kForwards;
        break;
      case EndKind::kSuffix:
        sound = settled && node.trie == Place::kSuffixes;
        break;
      case EndKind::kVerify:
        sound = true;
        break;
    }
    if (!sound) return Refuse("ends", i, "kind where it may not stand");
    if (end.pattern >= view_.resource_patterns.size() ||
        view_.resource_patterns[end.pattern].colons[0] == 0) {
      return Refuse("ends", i, "bad pattern");
    }
  }
  return OkStatus();
}

}  // namespace

Status CheckNodes(const ProgramView& view, NodeFacts* facts) {
  facts->nodes.assign(view.units.size(), 0);
  facts->last_end.assign(view.units.size(), 0);
  return NodeChecker(view, facts).CheckAll();
}

}  // namespace writ::verify
