// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "compiler/action_automaton.h"
#include "compiler/index.h"

namespace writ {
namespace {

// Moving a place is a few instructions; this much is 10 to 20 ms.
constexpr uint64_t kMaxPlaceMoves = 1u << 22;

// The rows of action sets may take this much, else there are none.
constexpr uint64_t kRowBytesPerStatement = 64;
constexpr uint64_t kRowBytes = 64u << 10;

template <typename Record>
void Deliver(const std::vector<Record>& records, std::string* bytes) {
  bytes->assign(reinterpret_cast<const char*>(records.data()),
                records.size() * sizeof(Record));
}

// The distinct action patterns of all sets, but for the bare `*`, and which
// sets hold each of them.
struct Patterns {
  std::vector<std::string_view> texts;         // in the order of first use
  std::vector<std::vector<uint32_t>> holders;  // of each text: sets
  // The answer to an action that no pattern but `*` matches: a bit of each set.
  std::vector<uint64_t> row;
};

void FlipBit(uint32_t bit, std::vector<uint64_t>* row) {
  (*row)[bit / 64] ^= uint64_t{1} << (bit % 64);
}

Patterns GatherPatterns(const ProgramView& view) {
  Patterns patterns;
  std::vector<uint32_t> numbers(view.action_patterns.size(), kNoIndex);
  patterns.row.resize((view.action_sets.size() + 63) / 64);
  for (uint32_t set = 0; set < view.action_sets.size(); ++set) {
    const ActionSet record = view.action_sets[set];
    bool all = false;
    for (uint32_t i = 0; i < record.actions.count; ++i) {
      const uint32_t index = view.action_lists[record.actions.first + i];
      const ActionPattern pattern = view.action_patterns[index];
      if (pattern.colon == 0) {
        all = true;
        continue;
      }
      if (numbers[index] == kNoIndex) {
        numbers[index] = static_cast<uint32_t>(patterns.texts.size());
        patterns.texts.push_back(view.Text(pattern.text));
        patterns.holders.emplace_back();
      }
      patterns.holders[numbers[index]].push_back(set);
    }
    // With `*` the other patterns of the list change nothing.
    if (all) {
      for (auto& holders : patterns.holders) {
        if (!holders.empty() && holders.back() == set) holders.pop_back();
      }
    }
    if (all != (record.negated != 0)) FlipBit(set, &patterns.row);
  }
  return patterns;
}

// Rows by the list of patterns that match: an action's class is which sets
// hold it.
class RowTable {
 public:
  RowTable(const Patterns& patterns, uint64_t max_bytes)
      : patterns_(patterns), max_bytes_(max_bytes) {}

  // The class of the actions that exactly these patterns match; kNoIndex when
  // its row would pass the bound.
  uint32_t ClassOf(const std::vector<uint32_t>& matching) {
    std::vector<uint64_t> row = patterns_.row;
    touched_.clear();
    for (const uint32_t pattern : matching) {
      const std::vector<uint32_t>& holders = patterns_.holders[pattern];
      touched_.insert(touched_.end(), holders.begin(), holders.end());
    }
    std::sort(touched_.begin(), touched_.end());
    touched_.erase(std::unique(touched_.begin(), touched_.end()),
                   touched_.end());
    for (const uint32_t set : touched_) FlipBit(set, &row);
    const auto [at, fresh] =
        known_.try_emplace(row, static_cast<uint32_t>(known_.size()));
    if (!fresh) return at->second;
    if ((rows_.size() + row.size()) * sizeof(uint64_t) > max_bytes_) {
      return kNoIndex;
    }
    rows_.insert(rows_.end(), row.begin(), row.end());
    return at->second;
  }

  // What ClassOf costs at most, in steps.
  uint64_t CostOf(const std::vector<uint32_t>& matching) const {
    uint64_t cost = patterns_.row.size() + 1;
    for (const uint32_t pattern : matching) {
      cost += patterns_.holders[pattern].size();
    }
    return cost;
  }
  const std::vector<uint64_t>& rows() const { return rows_; }

 private:
  const Patterns& patterns_;
  const uint64_t max_bytes_;
  std::map<std::vector<uint64_t>, uint32_t> known_;
  std::vector<uint64_t> rows_;
  std::vector<uint32_t> touched_;
};

}  // namespace

Status BuildActionClasses(const CompileOptions&, CompileMeter* meter,
                          Image* image) {
  const ProgramView view = image->View();
  if (view.action_sets.size() == 0) return OkStatus();
  const Patterns patterns = GatherPatterns(view);
  std::optional<ActionAutomaton> made =
      MakeActionAutomaton(patterns.texts, {kMaxActionStates, kMaxPlaceMoves});
  if (!made) return OkStatus();
  RowTable rows(patterns,
                view.statements.size() * kRowBytesPerStatement + kRowBytes);
  std::vector<uint32_t> classes;
  classes.reserve(made->accepts.size());
  for (const std::vector<uint32_t>& matching : made->accepts) {
    if (!meter->Step(rows.CostOf(matching))) {
      return meter->Exhausted();
    }
    const uint32_t number = rows.ClassOf(matching);
    if (number == kNoIndex) return OkStatus();
    classes.push_back(number);
  }
  for (uint32_t& state : made->states) state = classes[state];
  MergeStates(&*made);
  // A move is the place of a row, so that a decision need not multiply.
  if (made->moves.size() > size_t{UINT16_MAX} + 1) return OkStatus();
  for (uint16_t& move : made->moves) {
    move = static_cast<uint16_t>(move * made->columns);
  }
  if (!meter->Step(made->moves.size()) ||
      !meter->State(static_cast<uint32_t>(made->states.size()))) {
    return meter->Exhausted();
  }
  (*image)[Section::kActionBytes].assign(
      reinterpret_cast<const char*>(made->bytes.data()), made->bytes.size());
  Deliver(made->moves, &(*image)[Section::kActionMoves]);
  Deliver(made->states, &(*image)[Section::kActionStates]);
  Deliver(rows.rows(), &(*image)[Section::kActionRows]);
  return OkStatus();
}

}  // namespace writ
