// SPDX-License-Identifier: Apache-2.0
//
// A pattern is found by what it says plainly: its text up to the first
// wildcard (the path), and what stands behind the last one (the ending). So
// `fc:cn:*:functions/a*z` has the path `fc:cn:*:functions/a` and the ending
// `z`, and only resources that have both are shown to it. A pattern with
// neither ending nor a rare path, `*a*b*`, is worth a look at every character
// of the resource only when it would else be one of many tried in vain: then
// its longest inner text goes into the trie of fragments of its node.
//
// Sorted paths are a trie written down: the patterns below a node are
// neighbours, and what the first and the last of them share is its label.
#include "compiler/resource_trie.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "authz/match_glob.h"
#include "authz/text.h"

namespace writ {
namespace {

constexpr size_t kPrefixBytes = 4;  // acs:
// So many patterns are tried one after the other before fragments pay.
constexpr size_t kMaxPlainVerifies = 8;
constexpr size_t kMaxLabelBytes = UINT16_MAX;
constexpr size_t kNodeAlignment = 4;

bool IsWildcard(char byte) { return byte == '*' || byte == '?'; }

// Where the first wildcard at or behind `from` stands; text.size() if none.
size_t FindWildcard(std::string_view text, size_t from = 0) {
  while (from < text.size() && !IsWildcard(text[from])) ++from;
  return from;
}

// Pieces of the buffer of PatternPlaces, which moves while it grows.
struct Piece {
  size_t begin = 0;
  size_t size = 0;
  std::string_view In(const std::string& bytes) const {
    return std::string_view(bytes).substr(begin, size);
  }
};

struct RawPlace {
  EndKind kind = EndKind::kVerify;
  Piece path, ending, fragment;
};

// Appends the pieces of one pattern to `bytes`.
//
// text    the pattern behind `acs:`
// colons  its first three colons
RawPlace ReadPattern(std::string_view text, std::span<const uint32_t, 3> colons,
                     std::string* bytes) {
  RawPlace place;
  place.path.begin = bytes->size();
  size_t first = 0;  // wildcard that ends the path
  bool in_segment = false;
  for (const uint32_t colon : colons) {
    const std::string_view segment = text.substr(first, colon - first);
    const size_t wildcard = FindWildcard(segment);
    if (segment == "*") {
      bytes->push_back(kWholeSegment);
      bytes->push_back(':');
    } else if (wildcard != segment.size()) {
      bytes->append(segment.substr(0, wildcard));
      first += wildcard;
      in_segment = true;
      break;
    } else {
      bytes->append(text.substr(first, segment.size() + 1));
    }
    first = size_t{colon} + 1;
  }
  if (!in_segment) {
    const size_t end = FindWildcard(text, first);
    bytes->append(text.substr(first, end - first));
    first = end;
  }
  place.path.size = bytes->size() - place.path.begin;
  if (first == text.size()) {
    place.kind = EndKind::kExact;
    return place;
  }
  size_t last = text.size() - 1;
  while (!IsWildcard(text[last])) --last;
  if (!in_segment && first == last && text[first] == '*') {
    place.kind = last + 1 == text.size() ? EndKind::kAny : EndKind::kSuffix;
  }
  place.ending = {bytes->size(), text.size() - last - 1};
  bytes->append(text.rbegin(),
                text.rbegin() + static_cast<std::ptrdiff_t>(place.ending.size));
  std::string_view longest;
  for (size_t at = first + 1; at < last;) {
    const size_t end = FindWildcard(text, at);
    if (end - at > longest.size()) longest = text.substr(at, end - at);
    at = end + 1;
  }
  place.fragment = {bytes->size(), longest.size()};
  bytes->append(longest);
  return place;
}

// Whether some resource of a RAM role might match. May say yes too often.
bool MayMatchRole(std::string_view text, std::span<const uint32_t, 3> colons) {
  constexpr std::string_view kRole = "role/";
  if (!MatchGlob(text.substr(0, colons[0]), "ram")) return false;
  const std::string_view relative = text.substr(size_t{colons[2]} + 1);
  for (size_t i = 0; i < std::min(kRole.size(), relative.size()); ++i) {
    if (IsWildcard(relative[i])) return true;
    if (FoldAscii(relative[i]) != kRole[i]) return false;
  }
  return relative.size() >= kRole.size();
}

// Text that leads to a pattern from the root of one of the tries of a node.
struct Item {
  std::string_view key;
  uint32_t rank;
};

// Writes one trie; made for one call.
class TrieWriter {
 public:
  TrieWriter(std::span<const PatternPlace> places, PatternPlaces::Trie trie,
             uint32_t first_end, CompileMeter* meter, std::string* nodes,
             std::vector<TrieEnd>* ends)
      : places_(places),
        roles_(trie == PatternPlaces::Trie::kRoles),
        ends_before_(first_end - static_cast<uint32_t>(ends->size())),
        meter_(meter),
        nodes_(nodes),
        ends_(ends) {}

  Result<uint32_t> Run(std::span<const uint32_t> ranks) {
    items_.reserve(ranks.size());
    for (const uint32_t rank : ranks) {
      items_.push_back({places_[rank].path, rank});
    }
    frames_.push_back({0, items_.size(), 0, kNoSlot, true});
    uint32_t count = 0;
    while (!frames_.empty()) {
      const Frame frame = frames_.back();
      frames_.pop_back();
      if (!meter_->State() || !meter_->Step(frame.high - frame.low)) {
        return meter_->Exhausted();
      }
      WriteNode(frame);
      ++count;
    }
    return count;
  }

 private:
  static constexpr size_t kNoSlot = SIZE_MAX;

  // A node to be written: the items below it, how much of their keys the nodes
  // above have read, and where its offset belongs.
  struct Frame {
    size_t low;
    size_t high;
    size_t depth;
    size_t slot;
    bool forwards;  // of the trie of paths
  };

  void WriteNode(const Frame& frame);
  void SortEnds(size_t low, size_t high);
  void PushEnd(uint32_t rank) {
    ends_->push_back({roles_ ? EndKind::kVerify : places_[rank].kind, rank});
  }
  void Pad() {
    nodes_->append(
        (kNodeAlignment - nodes_->size() % kNodeAlignment) % kNodeAlignment,
        '\0');
  }
  // Makes room for an offset and the node that it will name.
  void PushFrame(size_t low, size_t high, size_t depth, bool forwards) {
    frames_.push_back({low, high, depth, nodes_->size(), forwards});
    nodes_->append(sizeof(uint32_t), '\0');
  }

  const std::span<const PatternPlace> places_;
  const bool roles_;
  const uint32_t ends_before_;
  CompileMeter* const meter_;
  std::string* const nodes_;
  std::vector<TrieEnd>* const ends_;
  std::vector<Item> items_;
  std::vector<Frame> frames_;
  // Of the node being written, for the tries that hang from it.
  std::vector<Item> suffixes_;
  std::vector<Item> fragments_;
};

// Bytes that both have from `depth` on.
size_t CommonBytes(std::string_view a, std::string_view b, size_t depth) {
  const size_t end = std::min(a.size(), b.size());
  size_t at = depth;
  while (at < end && a[at] == b[at]) ++at;
  return at - depth;
}

// Which of the patterns whose path ends here end here themselves, and which go
// into the tries of suffixes and fragments.
void TrieWriter::SortEnds(size_t low, size_t high) {
  suffixes_.clear();
  fragments_.clear();
  for (size_t begin = low; begin < high;) {
    const std::string_view ending = places_[items_[begin].rank].ending;
    size_t end = begin;
    size_t verifies = 0;
    for (; end < high && places_[items_[end].rank].ending == ending; ++end) {
      if (places_[items_[end].rank].kind == EndKind::kVerify) ++verifies;
    }
    for (; begin < end; ++begin) {
      const uint32_t rank = items_[begin].rank;
      const PatternPlace& place = places_[rank];
      if (place.kind == EndKind::kVerify && verifies > kMaxPlainVerifies &&
          !place.fragment.empty()) {
        fragments_.push_back({place.fragment, rank});
      } else if (ending.empty()) {
        PushEnd(rank);
      } else {
        suffixes_.push_back({ending, rank});
      }
    }
  }
  std::ranges::sort(fragments_, {}, [](const Item& item) {
    return std::tuple(item.key, item.rank);
  });
}

void TrieWriter::WriteNode(const Frame& frame) {
  if (frame.slot != kNoSlot) {
    const auto offset = static_cast<uint32_t>(nodes_->size());
    std::memcpy(nodes_->data() + frame.slot, &offset, sizeof(offset));
  }
  const std::string_view first = items_[frame.low].key;
  size_t label_bytes =
      std::min(CommonBytes(first, items_[frame.high - 1].key, frame.depth),
               kMaxLabelBytes);
  if (frame.forwards) {
    label_bytes =
        std::min(label_bytes, first.substr(frame.depth).find(kWholeSegment));
  }
  const size_t depth = frame.depth + label_bytes;
  size_t below = frame.low;
  while (below < frame.high && items_[below].key.size() == depth) ++below;

  NodeHead head = {};
  head.label_bytes = static_cast<uint16_t>(label_bytes);
  head.first_end = ends_before_ + static_cast<uint32_t>(ends_->size());
  if (frame.forwards) {
    SortEnds(frame.low, below);
  } else {
    suffixes_.clear();
    fragments_.clear();
    for (size_t i = frame.low; i < below; ++i) PushEnd(items_[i].rank);
  }
  head.end_count =
      ends_before_ + static_cast<uint32_t>(ends_->size()) - head.first_end;

  // The byte behind the label begins each group of neighbours.
  std::string bytes;
  std::vector<size_t> groups;
  for (size_t i = below; i < frame.high; ++i) {
    const char byte = items_[i].key[depth];
    if (groups.empty() || byte != items_[i - 1].key[depth]) {
      groups.push_back(i);
      if (byte != kWholeSegment) bytes += byte;
    }
  }
  groups.push_back(frame.high);
  const bool segment = groups.size() > bytes.size() + 1;
  head.child_count = static_cast<uint8_t>(bytes.size());
  if (segment) head.flags |= NodeHead::kSegmentEdge;
  if (!suffixes_.empty()) head.flags |= NodeHead::kSuffixEdge;
  if (!fragments_.empty()) head.flags |= NodeHead::kFragmentEdge;

  nodes_->append(reinterpret_cast<const char*>(&head), sizeof(head));
  nodes_->append(first.substr(frame.depth, label_bytes));
  Pad();
  nodes_->append(bytes);
  Pad();
  const size_t frames_before = frames_.size();
  for (size_t i = segment ? 1 : 0; i + 1 < groups.size(); ++i) {
    PushFrame(groups[i], groups[i + 1], depth, frame.forwards);
  }
  if (segment) PushFrame(groups[0], groups[1], depth + 1, true);
  for (const std::vector<Item>* further : {&suffixes_, &fragments_}) {
    if (further->empty()) continue;
    const size_t low = items_.size();
    items_.insert(items_.end(), further->begin(), further->end());
    PushFrame(low, items_.size(), 0, false);
  }
  // The last frame is written next: the walk reads on in that order.
  std::reverse(frames_.begin() + static_cast<std::ptrdiff_t>(frames_before),
               frames_.end());
}

}  // namespace

PatternPlaces::PatternPlaces(const ProgramView& view, Trie trie)
    : ranks_(view.resource_patterns.size(), kNoIndex) {
  std::vector<RawPlace> raw;
  for (uint32_t i = 0; i < view.resource_patterns.size(); ++i) {
    const ResourcePattern pattern = view.resource_patterns[i];
    if (pattern.colons[0] == 0) continue;
    const std::string_view text = view.Text(pattern.text).substr(kPrefixBytes);
    const uint32_t colons[3] = {
        pattern.colons[1] - static_cast<uint32_t>(kPrefixBytes),
        pattern.colons[2] - static_cast<uint32_t>(kPrefixBytes),
        pattern.colons[3] - static_cast<uint32_t>(kPrefixBytes)};
    if (trie == Trie::kRoles && !MayMatchRole(text, colons)) continue;
    raw.push_back(ReadPattern(text, colons, &bytes_));
    places_.push_back({.pattern = i, .kind = raw.back().kind});
  }
  if (trie == Trie::kRoles) {
    for (char& byte : bytes_) byte = FoldAscii(byte);
  }
  for (size_t i = 0; i < raw.size(); ++i) {
    places_[i].path = raw[i].path.In(bytes_);
    places_[i].ending = raw[i].ending.In(bytes_);
    places_[i].fragment = raw[i].fragment.In(bytes_);
  }
  std::ranges::sort(places_, {}, [](const PatternPlace& place) {
    return std::tuple(place.path, place.ending, place.kind, place.pattern);
  });
  for (size_t rank = 0; rank < places_.size(); ++rank) {
    ranks_[places_[rank].pattern] = static_cast<uint32_t>(rank);
  }
}

Result<uint32_t> WriteTrie(std::span<const PatternPlace> places,
                           PatternPlaces::Trie trie,
                           std::span<const uint32_t> ranks, uint32_t first_end,
                           CompileMeter* meter, std::string* nodes,
                           std::vector<TrieEnd>* ends) {
  WRIT_CHECK(!ranks.empty() && nodes->size() % kNodeAlignment == 0);
  return TrieWriter(places, trie, first_end, meter, nodes, ends).Run(ranks);
}

}  // namespace writ
