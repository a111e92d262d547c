// SPDX-License-Identifier: Apache-2.0
#include "prove/trie.h"

#include <cstring>

namespace writ::prove {
namespace {

constexpr size_t kPrefixBytes = 4;  // `acs:`

size_t Padded(size_t size) { return (size + 3) & ~size_t{3}; }

bool IsWildcard(char c) { return c == '*' || c == '?'; }

bool IsStars(std::string_view text) {
  return !text.empty() && text.find_first_not_of('*') == std::string_view::npos;
}

}  // namespace

bool TrieReader::IsLiteral(char pattern, uint16_t symbol) const {
  if (IsWildcard(pattern)) return false;
  const auto byte = static_cast<unsigned char>(pattern);
  return (folded_ ? LowerSymbol(byte) : byte) == symbol;
}

size_t TrieReader::Spelled(std::string_view pattern, size_t relative,
                           size_t path_end, bool exactly) const {
  size_t at = 0;
  for (size_t i = 0; i < path_end; ++i) {
    if (path_[i] != kSkip) {
      if (at == pattern.size() || !IsLiteral(pattern[at], path_[i])) {
        return kNone;
      }
      ++at;
      continue;
    }
    // Only the first three segments have a colon behind them.
    if (at >= relative) return kNone;
    const size_t colon = pattern.find(':', at);
    const bool whole = at == 0 || pattern[at - 1] == ':';
    if (exactly && !(whole && IsStars(pattern.substr(at, colon - at)))) {
      return kNone;
    }
    at = colon;
  }
  return at;
}

// Whether the branch of the path, read backwards, is a literal end of `rest`.
bool TrieReader::EndsWith(std::string_view rest, size_t branch) const {
  const size_t size = path_.size() - branch;
  if (rest.size() < size) return false;
  for (size_t i = 0; i < size; ++i) {
    if (!IsLiteral(rest[rest.size() - 1 - i], path_[branch + i])) return false;
  }
  return true;
}

// Whether the branch of the path stands somewhere in `rest`, literally.
bool TrieReader::Holds(std::string_view rest, size_t branch) const {
  const size_t size = path_.size() - branch;
  if (size == 0) return false;  // a walk asks for at least one character
  for (size_t from = 0; from + size <= rest.size(); ++from) {
    size_t i = 0;
    while (i < size && IsLiteral(rest[from + i], path_[branch + i])) ++i;
    if (i == size) return true;
  }
  return false;
}

Status TrieReader::CheckEnd(const std::string& place, uint32_t index,
                            const Frame& frame,
                            std::vector<TrieEnd>* ends) const {
  const EndRecord end = proof_.view.ends[index];
  const std::string where = place + ", end " + std::to_string(index);
  if (end.pattern >= proof_.view.resource_patterns.size()) {
    return Differ(where, "it has no pattern");
  }
  const ResourcePattern pattern = proof_.view.resource_patterns[end.pattern];
  if (pattern.colons[0] == 0) return Differ(where, "`*` is in a trie");
  const std::string_view text = proof_.Text(pattern.text).substr(kPrefixBytes);
  const size_t relative = pattern.colons[3] + 1 - kPrefixBytes;
  const auto kind = static_cast<EndKind>(end.kind);
  const bool further = frame.part != TriePart::kForwards;
  const size_t branch = further ? frame.branch : path_.size();
  const size_t spelled =
      Spelled(text, relative, branch, kind != EndKind::kVerify);
  bool sound = spelled != kNone && (!folded_ || kind == EndKind::kVerify);
  const std::string_view rest = sound ? text.substr(spelled) : "";
  switch (kind) {
    case EndKind::kAny:
      sound = sound && !further && spelled >= relative && IsStars(rest);
      break;
    case EndKind::kExact:
      sound = sound && !further && rest.empty() && spelled >= relative;
      break;
    case EndKind::kSuffix:
      sound = sound && frame.part == TriePart::kSuffixes &&
              spelled >= relative && EndsWith(rest, branch) &&
              IsStars(rest.substr(0, rest.size() - (path_.size() - branch)));
      break;
    case EndKind::kVerify:
      if (frame.part == TriePart::kSuffixes) {
        sound = sound && EndsWith(rest, branch);
      } else if (frame.part == TriePart::kFragments) {
        sound = sound && Holds(rest, branch);
      }
      break;
    default:
      sound = false;
  }
  if (!sound) {
    return Differ(where, "the walk does not come there as pattern `" +
                             std::string(proof_.Text(pattern.text)) +
                             "` demands");
  }
  ++proof_.certificate.obligations;
  ends->push_back({index, end.pattern});
  return OkStatus();
}

Status TrieReader::ReadNode(const std::string& place, const Frame& frame,
                            std::vector<TrieEnd>* ends) {
  const std::string_view nodes = proof_.view.nodes.bytes();
  const std::string where = place + ", node " + std::to_string(frame.node);
  const auto read = [&](size_t at, auto* value) {
    if (at > nodes.size() || nodes.size() - at < sizeof(*value)) return false;
    std::memcpy(value, nodes.data() + at, sizeof(*value));
    return true;
  };
  NodeHead head;
  if (!read(frame.node, &head)) return Differ(where, "there is none");
  const size_t label = size_t{frame.node} + sizeof(head);
  const size_t bytes = label + Padded(head.label_bytes);
  const size_t edges = bytes + Padded(head.child_count);
  const bool forwards = frame.part == TriePart::kForwards;
  const size_t edge_count = size_t{head.child_count} +
                            ((head.flags & NodeHead::kSegmentEdge) != 0) +
                            ((head.flags & NodeHead::kSuffixEdge) != 0) +
                            ((head.flags & NodeHead::kFragmentEdge) != 0);
  if (edges + edge_count * sizeof(uint32_t) > nodes.size() ||
      (!forwards && head.flags != 0)) {
    return Differ(where, "its head is wrong");
  }
  path_.resize(frame.path_bytes);
  if (frame.skip) path_.push_back(kSkip);
  for (size_t i = 0; i < head.label_bytes; ++i) {
    path_.push_back(static_cast<unsigned char>(nodes[label + i]));
  }
  if (frame.first_byte >= 0 &&
      (head.label_bytes == 0 ||
       static_cast<unsigned char>(nodes[label]) != frame.first_byte)) {
    return Differ(where, "its label begins with another byte than its edge");
  }
  for (uint32_t i = 0; i < head.end_count; ++i) {
    if (head.first_end + i >= proof_.view.ends.size()) {
      return Differ(where, "it has an end that is not there");
    }
    WRIT_RETURN_IF_ERROR(CheckEnd(place, head.first_end + i, frame, ends));
  }
  size_t edge = edges;
  const auto push = [&](TriePart part, int first_byte, bool skip) {
    Frame next = {0,    frame.node, path_.size(), frame.branch,
                  part, first_byte, skip};
    if (part != frame.part) next.branch = path_.size();
    read(edge, &next.node);
    edge += sizeof(uint32_t);
    frames_.push_back(next);
  };
  for (size_t i = 0; i < head.child_count; ++i) {
    push(frame.part, static_cast<unsigned char>(nodes[bytes + i]), false);
  }
  if ((head.flags & NodeHead::kSegmentEdge) != 0) {
    push(TriePart::kForwards, ':', true);
  }
  if ((head.flags & NodeHead::kSuffixEdge) != 0) {
    push(TriePart::kSuffixes, -1, false);
  }
  if ((head.flags & NodeHead::kFragmentEdge) != 0) {
    push(TriePart::kFragments, -1, false);
  }
  return OkStatus();
}

Status TrieReader::Read(const std::string& place, uint32_t root,
                        std::vector<TrieEnd>* ends) {
  path_.clear();
  frames_.assign(1, {root, 0, 0, 0, TriePart::kForwards, -1, false});
  bool is_root = true;
  while (!frames_.empty()) {
    const Frame frame = frames_.back();
    frames_.pop_back();
    if (!is_root && frame.node <= frame.parent) {
      return Differ(place, "node " + std::to_string(frame.node) +
                               " does not follow the one above it");
    }
    is_root = false;
    if (!proof_.budget.Spend(1 + path_.size() / 8)) return GaveUp(place);
    WRIT_RETURN_IF_ERROR(ReadNode(place, frame, ends));
    ++proof_.certificate.automata_states;
  }
  return OkStatus();
}

}  // namespace writ::prove
