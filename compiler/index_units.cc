// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "authz/program/opcode.h"
#include "compiler/index.h"
#include "compiler/resource_trie.h"

namespace writ {
namespace {

using Trie = PatternPlaces::Trie;

// One statement at one end.
struct Posted {
  uint32_t rank;  // of the pattern that leads to the end
  uint32_t cell;  // orders the cells of an end; see UnitBuilder::CellOrder
  PostingRecord posting;
  auto Order() const {
    return std::tuple(rank, cell, posting.ordinal & ~PostingRecord::kCheckRest);
  }
};

// What a statement is in every unit that has it.
struct IndexedStatement {
  uint32_t action_set;
  uint32_t condition;
};

uint64_t KeyOf(uint32_t high, uint32_t low) {
  return uint64_t{high} << 32 | low;
}

// Instructions of a block of code that the emitter wrote.
uint32_t CountInstructions(std::string_view code) {
  uint32_t count = 0;
  for (size_t pc = 0; pc < code.size(); ++count) {
    const OpcodeInfo* info = FindOpcode(static_cast<uint8_t>(code[pc]));
    WRIT_CHECK(info != nullptr);
    pc += InstructionBytes(info->operand);
  }
  return count;
}

// True without looking at the request.
bool IsAlwaysTrue(std::string_view code) {
  return code.size() == 2 && code[0] == static_cast<char>(Opcode::kPushTrue) &&
         code[1] == static_cast<char>(Opcode::kHalt);
}

// Makes the units of one image; made for one call.
class UnitBuilder {
 public:
  UnitBuilder(const CompileOptions& options, CompileMeter* meter,
              std::vector<UnitCost>* costs, Image* image)
      : options_(options),
        meter_(meter),
        costs_(costs),
        image_(image),
        view_(image->View()),
        deny_first_(options.passes.Has(Pass::kDenyFirst)),
        tries_(options.passes.Has(Pass::kIndex) &&
               options.passes.Has(Pass::kResourceTries)) {}

  Status Run() {
    costs_->clear();
    IndexStatements();
    if (tries_) {
      resources_.emplace(view_, Trie::kResources);
      roles_.emplace(view_, Trie::kRoles);
      if (!meter_->Step(view_.strings.size())) return meter_->Exhausted();
    }
    if (options_.units.empty()) {
      for (uint32_t i = 0; i < view_.policies.size(); ++i) {
        WRIT_RETURN_IF_ERROR(AddUnit({&i, 1}));
      }
    }
    for (const std::vector<uint32_t>& unit : options_.units) {
      WRIT_RETURN_IF_ERROR(AddUnit(unit));
    }
    return OkStatus();
  }

 private:
  void IndexStatements();
  Status AddUnit(std::span<const uint32_t> policies);
  Status CheckUnit(std::span<const uint32_t> policies) const;
  void PostStatement(uint32_t statement, uint32_t ordinal);
  Result<uint32_t> AddTrie(const PatternPlaces& places, Trie trie,
                           std::vector<Posted>* posted, UnitCost* cost);
  void AddEnd(EndKind kind, uint32_t pattern, std::span<const Posted> posted,
              UnitCost* cost);

  Status TooLarge() const {
    return ResourceExhausted("the program image would pass the limit of " +
                             std::to_string(options_.budget.image_bytes) +
                             " bytes");
  }

  template <typename Record>
  uint32_t CountOf(Section section) const {
    return static_cast<uint32_t>((*image_)[section].size() / sizeof(Record));
  }

  // Cells of one end in their order.
  uint32_t CellOrder(uint32_t action_set, bool deny) const {
    return deny_first_ ? (deny ? 0 : kAllowOrder) | action_set
                       : action_set << 1 | (deny ? 1 : 0);
  }
  static constexpr uint32_t kAllowOrder = 0x80000000u;

  const CompileOptions& options_;
  CompileMeter* const meter_;
  std::vector<UnitCost>* const costs_;
  Image* const image_;
  const ProgramView view_;  // of the tables, which stay as they are
  const bool deny_first_;
  const bool tries_;
  std::vector<IndexedStatement> statements_;
  std::vector<ActionSet> action_sets_;
  std::vector<uint32_t> condition_steps_;
  std::optional<PatternPlaces> resources_;
  std::optional<PatternPlaces> roles_;
  // Of the unit being made.
  std::vector<uint32_t> row_of_;  // statement by ordinal
  std::vector<Posted> anywhere_;
  std::vector<Posted> at_resources_;
  std::vector<Posted> at_roles_;
};

// Numbers action sets and conditions in the order of their first use.
void UnitBuilder::IndexStatements() {
  std::unordered_map<uint64_t, uint32_t> sets[2];
  std::unordered_map<uint64_t, uint32_t> conditions;
  statements_.reserve(view_.statements.size());
  for (uint32_t i = 0; i < view_.statements.size(); ++i) {
    const StatementRecord row = view_.statements[i];
    const uint32_t negated =
        (row.flags & StatementRecord::kNotAction) != 0 ? 1 : 0;
    const auto [set, fresh_set] =
        sets[negated].try_emplace(KeyOf(row.actions.first, row.actions.count),
                                  static_cast<uint32_t>(action_sets_.size()));
    if (fresh_set) {
      action_sets_.push_back({row.actions, negated});
      image_->Append(Section::kActionSets, action_sets_.back());
    }
    const auto [condition, fresh_condition] =
        conditions.try_emplace(KeyOf(row.code.first, row.code.count),
                               static_cast<uint32_t>(condition_steps_.size()));
    if (fresh_condition) {
      const std::string_view code =
          view_.code.bytes().substr(row.code.first, row.code.count);
      if (IsAlwaysTrue(code)) {
        condition->second = kNoIndex;
      } else {
        condition_steps_.push_back(CountInstructions(code));
        image_->Append(Section::kConditions,
                       ConditionRecord{row.code, condition_steps_.back()});
      }
    }
    statements_.push_back({set->second, condition->second});
  }
}

Status UnitBuilder::CheckUnit(std::span<const uint32_t> policies) const {
  const std::string name =
      "unit " + std::to_string(CountOf<UnitRecord>(Section::kUnits));
  if (policies.empty()) return InvalidArgument(name + " has no policies");
  for (const uint32_t policy : policies) {
    if (policy >= view_.policies.size()) {
      return InvalidArgument(name + " has policy " + std::to_string(policy) +
                             " of " + std::to_string(view_.policies.size()));
    }
    if (view_.policies[policy].kind != view_.policies[policies[0]].kind) {
      return InvalidArgument(name + " has policies of several kinds");
    }
  }
  return OkStatus();
}

void UnitBuilder::PostStatement(uint32_t statement, uint32_t ordinal) {
  const StatementRecord row = view_.statements[statement];
  const IndexedStatement& indexed = statements_[statement];
  Posted posted = {
      0,
      CellOrder(indexed.action_set, (row.flags & StatementRecord::kDeny) != 0),
      {ordinal, indexed.condition}};
  if (!tries_ || (row.flags & (StatementRecord::kHasPrincipal |
                               StatementRecord::kNotResource)) != 0) {
    posted.posting.ordinal |= PostingRecord::kCheckRest;
  }
  bool anywhere = !tries_ || row.resources.count == 0 ||
                  (row.flags & StatementRecord::kNotResource) != 0;
  const auto pattern = [&](uint32_t i) {
    return view_.resource_lists[row.resources.first + i];
  };
  for (uint32_t i = 0; i < row.resources.count && !anywhere; ++i) {
    anywhere = view_.resource_patterns[pattern(i)].colons[0] == 0;
  }
  if (anywhere) {
    anywhere_.push_back(posted);
    return;
  }
  for (uint32_t i = 0; i < row.resources.count; ++i) {
    posted.rank = resources_->RankOf(pattern(i));
    at_resources_.push_back(posted);
    posted.rank = roles_->RankOf(pattern(i));
    if (posted.rank != kNoIndex) at_roles_.push_back(posted);
  }
}

// Appends an end with its cells and postings.
//
// posted  of one rank, sorted, each once
void UnitBuilder::AddEnd(EndKind kind, uint32_t pattern,
                         std::span<const Posted> posted, UnitCost* cost) {
  EndRecord end = {static_cast<uint32_t>(kind), pattern,
                   CountOf<CellRecord>(Section::kCells),
                   deny_first_ ? 0 : kNoIndex, 0};
  cost->steps += kind == EndKind::kVerify ? 2 : 1;
  for (size_t i = 0; i < posted.size();) {
    const uint32_t order = posted[i].cell;
    const bool deny =
        deny_first_ ? (order & kAllowOrder) == 0 : (order & 1) != 0;
    const uint32_t set = deny_first_ ? order & ~kAllowOrder : order >> 1;
    CellRecord cell = {set, CountOf<PostingRecord>(Section::kPostings),
                       deny ? CellRecord::kDeny : 0};
    cost->steps += 1;
    cost->action_steps += action_sets_[set].actions.count;
    for (; i < posted.size() && posted[i].cell == order; ++i) {
      const PostingRecord& posting = posted[i].posting;
      image_->Append(Section::kPostings, posting);
      cell.count_and_effect += 2;
      cost->steps += 1;
      if (posting.condition != kNoIndex) {
        cost->steps += condition_steps_[posting.condition];
      }
      if ((posting.ordinal & PostingRecord::kCheckRest) != 0) {
        const StatementRecord row =
            view_.statements[row_of_[posting.ordinal &
                                     ~PostingRecord::kCheckRest]];
        cost->steps += row.resources.count + row.principals.count;
      }
    }
    image_->Append(Section::kCells, cell);
    ++(deny && deny_first_ ? end.deny_count : end.allow_count);
  }
  image_->Append(Section::kEnds, end);
}

// Returns the root, kNoIndex if `posted` is empty.
Result<uint32_t> UnitBuilder::AddTrie(const PatternPlaces& places, Trie trie,
                                      std::vector<Posted>* posted,
                                      UnitCost* cost) {
  if (posted->empty()) return kNoIndex;
  std::ranges::sort(*posted, {}, &Posted::Order);
  posted->erase(std::unique(posted->begin(), posted->end(),
                            [](const Posted& a, const Posted& b) {
                              return a.Order() == b.Order();
                            }),
                posted->end());
  std::vector<uint32_t> ranks;
  std::vector<size_t> begins;  // in `posted`, by place in `ranks`
  for (size_t i = 0; i < posted->size(); ++i) {
    if (!ranks.empty() && ranks.back() == (*posted)[i].rank) continue;
    ranks.push_back((*posted)[i].rank);
    begins.push_back(i);
  }
  begins.push_back(posted->size());
  std::string& nodes = (*image_)[Section::kNodes];
  const auto root = static_cast<uint32_t>(nodes.size());
  std::vector<TrieEnd> ends;
  WRIT_ASSIGN_OR_RETURN(
      const uint32_t node_count,
      WriteTrie(places.places(), trie, ranks,
                CountOf<EndRecord>(Section::kEnds), meter_, &nodes, &ends));
  cost->steps += node_count;
  for (const TrieEnd& end : ends) {
    const auto at = static_cast<size_t>(
        std::ranges::lower_bound(ranks, end.rank) - ranks.begin());
    AddEnd(end.kind, places.places()[end.rank].pattern,
           std::span(*posted).subspan(begins[at], begins[at + 1] - begins[at]),
           cost);
  }
  return root;
}

Status UnitBuilder::AddUnit(std::span<const uint32_t> policies) {
  WRIT_RETURN_IF_ERROR(CheckUnit(policies));
  UnitRecord unit = {{CountOf<UnitPolicy>(Section::kUnitPolicies),
                      static_cast<uint32_t>(policies.size())},
                     kNoIndex,
                     kNoIndex,
                     kNoIndex,
                     0};
  row_of_.clear();
  anywhere_.clear();
  at_resources_.clear();
  at_roles_.clear();
  for (const uint32_t policy : policies) {
    const writ::Run rows = view_.policies[policy].statements;
    image_->Append(Section::kUnitPolicies,
                   UnitPolicy{policy, static_cast<uint32_t>(row_of_.size())});
    for (uint32_t i = 0; i < rows.count; ++i) {
      const auto ordinal = static_cast<uint32_t>(row_of_.size());
      row_of_.push_back(rows.first + i);
      PostStatement(rows.first + i, ordinal);
    }
    // Bounds what a list of units can make of few policies.
    if (!meter_->Step(rows.count)) return meter_->Exhausted();
    if (row_of_.size() >= PostingRecord::kCheckRest) return TooLarge();
  }
  UnitCost cost;
  if (!anywhere_.empty()) {
    unit.anywhere = CountOf<EndRecord>(Section::kEnds);
    std::ranges::sort(anywhere_, {}, &Posted::Order);
    AddEnd(EndKind::kAny, kNoIndex, anywhere_, &cost);
  }
  if (tries_) {
    WRIT_ASSIGN_OR_RETURN(unit.resources, AddTrie(*resources_, Trie::kResources,
                                                  &at_resources_, &cost));
    WRIT_ASSIGN_OR_RETURN(unit.roles,
                          AddTrie(*roles_, Trie::kRoles, &at_roles_, &cost));
  }
  image_->Append(Section::kUnits, unit);
  costs_->push_back(cost);
  if (image_->size_bytes() > options_.budget.image_bytes) {
    return TooLarge();
  }
  return OkStatus();
}

}  // namespace

Status CompileMeter::Exhausted() const {
  return states_exhausted_
             ? ResourceExhausted("compiling would pass the limit of " +
                                 std::to_string(budget_.matcher_states) +
                                 " matcher states")
             : ResourceExhausted("compiling would pass the limit of " +
                                 std::to_string(budget_.steps) + " steps");
}

Status BuildUnits(const CompileOptions& options, CompileMeter* meter,
                  std::vector<UnitCost>* costs, Image* image) {
  return UnitBuilder(options, meter, costs, image).Run();
}

Status BoundUnits(const CompileOptions& options,
                  std::span<const UnitCost> costs, Image* image) {
  const bool compares_actions = (*image)[Section::kActionRows].empty();
  const uint64_t limit =
      std::min<uint64_t>(options.budget.decide_steps, kMaxDecideSteps);
  std::string& units = (*image)[Section::kUnits];
  for (size_t i = 0; i < costs.size(); ++i) {
    const uint64_t steps =
        costs[i].steps + (compares_actions ? costs[i].action_steps : 0);
    if (steps > limit) {
      return ResourceExhausted("a decision by unit " + std::to_string(i) +
                               " would take " + std::to_string(steps) +
                               " steps, more than the limit of " +
                               std::to_string(limit));
    }
    const auto stored = static_cast<uint32_t>(steps);
    std::memcpy(
        units.data() + i * sizeof(UnitRecord) + offsetof(UnitRecord, max_steps),
        &stored, sizeof(stored));
  }
  return OkStatus();
}

}  // namespace writ
