// SPDX-License-Identifier: Apache-2.0
#include "cli/json_difference.h"

#include <map>
#include <utility>

namespace writ {
namespace {

using Index = JsonTree::Index;

class Comparison {
 public:
  Comparison(const JsonTree& before, const JsonTree& after, size_t limit)
      : before_(before), after_(after), limit_(limit) {}

  // Recursion is bounded: ReadJson refuses more than kMaxJsonDepth levels.
  void Compare(const std::string& pointer, Index before, Index after) {
    if (found_.size() >= limit_) return;
    const JsonType type = before_.at(before).type;
    if (type != after_.at(after).type) {
      Add(pointer, before_.Compact(before), after_.Compact(after));
    } else if (type == JsonType::kObject) {
      CompareObjects(pointer, before, after);
    } else if (type == JsonType::kArray) {
      CompareArrays(pointer, before, after);
    } else if (type == JsonType::kString
                   ? before_.String(before) != after_.String(after)
                   : before_.Raw(before) != after_.Raw(after)) {
      Add(pointer, before_.Compact(before), after_.Compact(after));
    }
  }

  std::vector<JsonDifference> Take() { return std::move(found_); }

 private:
  void Add(std::string pointer, std::string before, std::string after) {
    if (found_.size() >= limit_) return;
    found_.push_back({std::move(pointer), std::move(before), std::move(after)});
  }

  // Where the value of each member stands.
  static std::map<std::string, Index> MembersOf(const JsonTree& tree,
                                                Index object) {
    std::map<std::string, Index> members;
    for (Index i = tree.First(object); i != tree.at(object).next;) {
      members.emplace(tree.String(i), i + 1);
      i = tree.at(i + 1).next;
    }
    return members;
  }

  void CompareObjects(const std::string& pointer, Index before, Index after) {
    const std::map<std::string, Index> old_members = MembersOf(before_, before);
    const std::map<std::string, Index> new_members = MembersOf(after_, after);
    for (const auto& [name, value] : old_members) {
      const auto found = new_members.find(name);
      if (found == new_members.end()) {
        Add(PointerTo(pointer, name), before_.Compact(value), "");
      } else {
        Compare(PointerTo(pointer, name), value, found->second);
      }
    }
    for (const auto& [name, value] : new_members) {
      if (old_members.contains(name)) continue;
      Add(PointerTo(pointer, name), "", after_.Compact(value));
    }
  }

  void CompareArrays(const std::string& pointer, Index before, Index after) {
    Index i = before_.First(before);
    Index j = after_.First(after);
    const Index i_end = before_.at(before).next;
    const Index j_end = after_.at(after).next;
    for (size_t at = 0; i != i_end || j != j_end; ++at) {
      const std::string element = PointerTo(pointer, at);
      if (j == j_end) {
        Add(element, before_.Compact(i), "");
      } else if (i == i_end) {
        Add(element, "", after_.Compact(j));
      } else {
        Compare(element, i, j);
      }
      if (i != i_end) i = before_.at(i).next;
      if (j != j_end) j = after_.at(j).next;
    }
  }

  const JsonTree& before_;
  const JsonTree& after_;
  const size_t limit_;
  std::vector<JsonDifference> found_;
};

}  // namespace

std::vector<JsonDifference> JsonDifferences(const JsonTree& before,
                                            const JsonTree& after,
                                            size_t limit) {
  Comparison comparison(before, after, limit);
  comparison.Compare("", JsonTree::kRoot, JsonTree::kRoot);
  return comparison.Take();
}

}  // namespace writ
