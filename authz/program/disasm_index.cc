// SPDX-License-Identifier: Apache-2.0
//
// The index of an image as text. Nodes are listed as they lie: parents before
// children, each with the offsets that its edges lead to.
#include <algorithm>
#include <cstring>

#include "authz/constant_text.h"
#include "authz/program/listing.h"

namespace writ::listing {
namespace {

std::string Number(uint64_t value) { return std::to_string(value); }

std::string_view EndKindName(uint32_t kind) {
  switch (static_cast<EndKind>(kind)) {
    case EndKind::kAny:
      return "any";
    case EndKind::kExact:
      return "exact";
    case EndKind::kSuffix:
      return "suffix";
    case EndKind::kVerify:
      return "verify";
  }
  return "";
}

class IndexLister {
 public:
  IndexLister(const ProgramView& view, std::string* out)
      : view_(view), out_(*out) {}

  void Units() {
    for (uint32_t i = 0; i < view_.units.size() && !IsFull(out_); ++i) Unit(i);
    for (uint32_t i = 0; i < view_.conditions.size() && !IsFull(out_); ++i) {
      const ConditionRecord row = view_.conditions[i];
      out_ += "condition c" + Number(i) + " at " + Offset(row.code.first) +
              ", " + Number(row.steps) + " steps\n";
    }
  }
  void Actions();
  void Intervals();
  void Rulings();

 private:
  void Unit(uint32_t index);
  void Trie(std::string_view name, uint32_t root);
  uint32_t NodeAt(uint32_t at, uint32_t* edges);
  void End(uint32_t index);
  void Cell(uint32_t index);
  void Axis(uint32_t index);
  void AtomRanges(uint32_t index);

  template <typename Record>
  Record At(uint32_t offset) const {
    Record record;
    std::memcpy(&record, view_.nodes.data() + offset, sizeof(record));
    return record;
  }

  const ProgramView& view_;
  std::string& out_;
  writ::Run members_ = {};  // of the unit being listed
};

void IndexLister::Unit(uint32_t index) {
  const UnitRecord unit = view_.units[index];
  members_ = unit.policies;
  out_ += "unit " + Number(index) + "  policies";
  for (uint32_t i = 0; i < members_.count && !IsFull(out_); ++i) {
    out_ += " " + Number(view_.unit_policies[members_.first + i].policy);
  }
  out_ += "  max steps " + Number(unit.max_steps) + "\n";
  if (unit.anywhere != kNoIndex) {
    out_ += "  anywhere\n";
    End(unit.anywhere);
  }
  Trie("resources", unit.resources);
  Trie("roles", unit.roles);
}

void IndexLister::Trie(std::string_view name, uint32_t root) {
  if (root == kNoIndex) return;
  out_ += "  " + std::string(name) + "\n";
  uint32_t at = root;
  // The trie is over when every edge has met its node.
  for (uint32_t pending = 1; pending > 0 && !IsFull(out_); --pending) {
    uint32_t edges = 0;
    at = NodeAt(at, &edges);
    pending += edges;
  }
}

// Returns where the next node begins.
uint32_t IndexLister::NodeAt(uint32_t at, uint32_t* edges) {
  constexpr uint32_t kWord = sizeof(uint32_t);
  const auto padded = [](uint32_t bytes) {
    return (bytes + kWord - 1) / kWord * kWord;
  };
  const auto head = At<NodeHead>(at);
  const uint32_t label = at + uint32_t{sizeof(head)};
  const uint32_t children = padded(label + head.label_bytes);
  const uint32_t first_edge = padded(children + head.child_count);
  uint32_t edge = first_edge;
  const std::string_view bytes = view_.nodes.bytes();
  out_ += "    " + Offset(at) + "  " +
          Quoted(bytes.substr(label, head.label_bytes));
  for (uint32_t i = 0; i < head.child_count; ++i, edge += kWord) {
    out_ += " " + Quoted(bytes.substr(children + i, 1)) + ">" +
            Offset(At<uint32_t>(edge));
  }
  constexpr struct {
    uint8_t flag;
    std::string_view name;
  } kEdges[] = {{NodeHead::kSegmentEdge, "segment"},
                {NodeHead::kSuffixEdge, "suffixes"},
                {NodeHead::kFragmentEdge, "fragments"}};
  for (const auto& [flag, name] : kEdges) {
    if ((head.flags & flag) == 0) continue;
    out_ += " " + std::string(name) + ">" + Offset(At<uint32_t>(edge));
    edge += kWord;
  }
  out_ += "\n";
  for (uint32_t i = 0; i < head.end_count && !IsFull(out_); ++i) {
    End(head.first_end + i);
  }
  *edges = (edge - first_edge) / kWord;
  return edge;
}

void IndexLister::End(uint32_t index) {
  const EndRecord end = view_.ends[index];
  out_ += "      end " + std::string(EndKindName(end.kind));
  if (end.pattern != kNoIndex) {
    out_ += " " + Quoted(view_.Text(view_.resource_patterns[end.pattern].text));
  }
  out_ += "\n";
  const uint32_t count =
      (end.deny_count == kNoIndex ? 0 : end.deny_count) + end.allow_count;
  for (uint32_t i = 0; i < count && !IsFull(out_); ++i)
    Cell(end.first_cell + i);
}

// Each posting as policy.statement of the unit.
void IndexLister::Cell(uint32_t index) {
  const CellRecord cell = view_.cells[index];
  out_ += (cell.count_and_effect & CellRecord::kDeny) != 0 ? "        deny s"
                                                           : "        allow s";
  out_ += Number(cell.action_set);
  for (uint32_t i = 0; i < cell.count_and_effect / 2 && !IsFull(out_); ++i) {
    const PostingRecord posting = view_.postings[cell.first_posting + i];
    const uint32_t ordinal = posting.ordinal & ~PostingRecord::kCheckRest;
    uint32_t member = 0;
    for (uint32_t past = members_.count; past - member > 1;) {
      const uint32_t middle = member + (past - member) / 2;
      const bool before =
          view_.unit_policies[members_.first + middle].first_ordinal <= ordinal;
      (before ? member : past) = middle;
    }
    out_ += " " + Number(member) + "." +
            Number(ordinal -
                   view_.unit_policies[members_.first + member].first_ordinal);
    if (posting.condition != kNoIndex) {
      out_ += "?c" + Number(posting.condition);
    }
    if (ordinal != posting.ordinal) out_ += "+rest";
  }
  out_ += "\n";
}

void IndexLister::Actions() {
  for (uint32_t i = 0; i < view_.action_sets.size() && !IsFull(out_); ++i) {
    const ActionSet set = view_.action_sets[i];
    out_ += "actions s" + Number(i) + (set.negated != 0 ? " not" : "");
    for (uint32_t k = 0; k < set.actions.count && !IsFull(out_); ++k) {
      const uint32_t at = view_.action_lists[set.actions.first + k];
      out_ += " " + Quoted(view_.Text(view_.action_patterns[at].text));
    }
    out_ += "\n";
  }
  if (view_.action_states.size() == 0) return;
  const uint32_t words = (view_.action_sets.size() + 63) / 64;
  out_ += "action automaton  " +
          Number(view_.action_moves.size() / view_.action_states.size()) +
          " columns, " + Number(view_.action_states.size()) + " states, " +
          Number(view_.action_rows.size() / words) + " classes\n";
  uint32_t known = 0;
  for (uint32_t i = 0; i < view_.action_names.size(); ++i) {
    known += view_.action_names[i].text.size_bytes > 0 ? 1 : 0;
  }
  out_ += "known actions  " + Number(known) + " in " +
          Number(view_.action_names.size()) + " slots, " +
          Number(view_.action_seeds.size()) + " seeds\n";
}

std::string AddressPointText(const AddressPoint& point) {
  BlockConstant block = {};
  const bool v4 = point.high == 0 && point.low >> 32 == 0xffff;
  block.is_v6 = v4 ? 0 : 1;
  for (size_t i = 0; i < 8; ++i) {
    const auto shift = 56 - 8 * i;
    block.bytes[i] = static_cast<uint8_t>(point.high >> shift);
    block.bytes[8 + i] = static_cast<uint8_t>(point.low >> shift);
  }
  if (v4) std::copy_n(block.bytes.begin() + 12, 4, block.bytes.begin());
  return AddressText(block);
}

void IndexLister::Axis(uint32_t index) {
  const AxisRecord axis = view_.axes[index];
  const auto kind = static_cast<OperandKind>(axis.kind);
  out_ += "axis x" + Number(index) + "  " +
          Quoted(view_.Text(view_.keys[axis.key].text)) + " [";
  for (uint32_t i = 0; i < axis.points.count && !IsFull(out_); ++i) {
    if (i > 0) out_ += ", ";
    out_ +=
        kind == OperandKind::kBlock
            ? AddressPointText(view_.address_points[axis.points.first + i])
            : ConstantText(view_, kind, view_.points[axis.points.first + i]);
  }
  out_ += "]\n";
}

void IndexLister::AtomRanges(uint32_t index) {
  const AtomRange row = view_.atom_ranges[index];
  if (row.axis == kNoIndex) return;
  out_ += "ranks a" + Number(index) + " of x" + Number(row.axis);
  for (uint32_t i = 0; i < row.ranges.count && !IsFull(out_); ++i) {
    const RankRange ranks = view_.ranges[row.ranges.first + i];
    out_ += " " + Number(ranks.low) + ".." + Number(ranks.high);
  }
  out_ += "\n";
}

void IndexLister::Intervals() {
  for (uint32_t i = 0; i < view_.axes.size() && !IsFull(out_); ++i) Axis(i);
  for (uint32_t i = 0; i < view_.atom_ranges.size() && !IsFull(out_); ++i) {
    AtomRanges(i);
  }
}

void IndexLister::Rulings() {
  for (uint32_t i = 0; i < view_.rulings.size() && !IsFull(out_); ++i) {
    const RulingTag tag = view_.rulings[i];
    out_ += tag.ruling < 10 ? "ruling R0" : "ruling R";
    out_ += Number(tag.ruling) + "  row " + Number(tag.statement);
    if (tag.atom != kNoIndex) out_ += " a" + Number(tag.atom);
    out_ += "\n";
  }
}

}  // namespace

void ListIndex(const ProgramView& view, std::string* out) {
  IndexLister lister(view, out);
  lister.Units();
  lister.Actions();
  lister.Intervals();
  lister.Rulings();
}

}  // namespace writ::listing
