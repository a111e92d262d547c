// SPDX-License-Identifier: Apache-2.0
#include "compiler/unit_plan.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <utility>

#include "compiler/compile.h"

namespace writ {
namespace {

// Statements in all units for each statement of the program, beyond what is
// small anyway.
constexpr uint64_t kMaxSpread = 4;
constexpr uint64_t kSmallSpread = 4096;

using Unit = std::vector<uint32_t>;  // numbers of policies, ascending

class Planner {
 public:
  Planner(std::span<const ListedPolicy* const> policies,
          std::span<const Unit> sets, const PolicyLists::Limits& limits)
      : policies_(policies), sets_(sets), limits_(limits) {}

  Result<PlannedProgram> Run();

 private:
  bool IsSpread() const;
  void PlanWholeSets();
  void PlanSharedUnits();
  // Halves what passes the budget alone; false when nothing does.
  Result<bool> Halve();
  Result<PlannedProgram> Compile() const;
  Result<std::string> CompileAlone(const Unit& unit) const;
  // What is wrong with one of the policies, or `status`.
  Status Blame(const Status& status) const;

  const std::span<const ListedPolicy* const> policies_;
  const std::span<const Unit> sets_;
  const PolicyLists::Limits& limits_;
  std::vector<std::vector<Unit>> plan_;  // by set
};

bool Planner::IsSpread() const {
  uint64_t statements = 0;
  for (const ListedPolicy* policy : policies_) statements += policy->statements;
  uint64_t spread = 0;
  for (const Unit& set : sets_) {
    for (const uint32_t policy : set) spread += policies_[policy]->statements;
  }
  return spread > kMaxSpread * statements + kSmallSpread;
}

void Planner::PlanWholeSets() {
  plan_.clear();
  for (const Unit& set : sets_) plan_.push_back({set});
}

void Planner::PlanSharedUnits() {
  std::vector<std::vector<uint32_t>> sets_of(policies_.size());
  for (uint32_t i = 0; i < sets_.size(); ++i) {
    for (const uint32_t policy : sets_[i]) sets_of[policy].push_back(i);
  }
  std::map<std::vector<uint32_t>, Unit> units;
  for (uint32_t policy = 0; policy < policies_.size(); ++policy) {
    units[sets_of[policy]].push_back(policy);
  }
  plan_.assign(sets_.size(), {});
  for (const auto& [sets, unit] : units) {
    for (const uint32_t set : sets) plan_[set].push_back(unit);
  }
}

Result<bool> Planner::Halve() {
  std::map<Unit, std::vector<Unit>> halves;
  for (const std::vector<Unit>& units : plan_) {
    for (const Unit& unit : units) halves.try_emplace(unit);
  }
  bool halved = false;
  for (auto& [whole, parts] : halves) {
    std::vector<Unit> open = {whole};
    while (!open.empty()) {
      const Unit unit = std::move(open.back());
      open.pop_back();
      const Status status = CompileAlone(unit).status();
      if (status.ok()) {
        parts.push_back(unit);
      } else if (status.code() != StatusCode::kResourceExhausted ||
                 unit.size() == 1) {
        return Blame(status);
      } else {
        const auto middle =
            unit.begin() + static_cast<std::ptrdiff_t>(unit.size() / 2);
        open.emplace_back(middle, unit.end());
        open.emplace_back(unit.begin(), middle);
        halved = true;
      }
    }
  }
  for (std::vector<Unit>& units : plan_) {
    std::vector<Unit> finer;
    for (const Unit& unit : units) {
      std::ranges::copy(halves.at(unit), std::back_inserter(finer));
    }
    units = std::move(finer);
  }
  return halved;
}

Result<PlannedProgram> Planner::Compile() const {
  std::map<Unit, uint32_t> numbers;
  for (const std::vector<Unit>& units : plan_) {
    for (const Unit& unit : units) numbers.try_emplace(unit);
  }
  std::vector<Unit> units;
  units.reserve(numbers.size());
  for (auto& [unit, number] : numbers) {
    number = static_cast<uint32_t>(units.size());
    units.push_back(unit);
  }
  std::vector<PolicyInput> inputs;
  inputs.reserve(policies_.size());
  for (const ListedPolicy* policy : policies_) {
    inputs.push_back({policy->tree.get(), TreeKindOf(policy->label->kind)});
  }
  CompileOptions options;
  options.passes = limits_.passes;
  options.budget = limits_.budget;
  options.known_actions = limits_.known_actions;
  options.units = units;
  PlannedProgram program;
  WRIT_ASSIGN_OR_RETURN(program.image, CompileProgram(inputs, options));
  for (const std::vector<Unit>& of_set : plan_) {
    std::vector<uint32_t>& placed = program.units_of.emplace_back();
    for (const Unit& unit : of_set) placed.push_back(numbers.at(unit));
    std::ranges::sort(placed);
  }
  return program;
}

Result<std::string> Planner::CompileAlone(const Unit& unit) const {
  std::vector<PolicyInput> inputs;
  Unit all;
  for (const uint32_t policy : unit) {
    all.push_back(static_cast<uint32_t>(inputs.size()));
    inputs.push_back({policies_[policy]->tree.get(),
                      TreeKindOf(policies_[policy]->label->kind)});
  }
  CompileOptions options;
  options.passes = limits_.passes;
  options.budget = limits_.budget;
  options.known_actions = limits_.known_actions;
  options.units = {&all, 1};
  return CompileProgram(inputs, options);
}

Status Planner::Blame(const Status& status) const {
  for (uint32_t i = 0; i < policies_.size(); ++i) {
    const Status alone = CompileAlone({i}).status();
    if (alone.ok()) continue;
    return Status(alone.code(), "`" + policies_[i]->label->name +
                                    "`: " + std::string(alone.message()));
  }
  return Status(status.code(), "all policies of the directory together: " +
                                   std::string(status.message()));
}

Result<PlannedProgram> Planner::Run() {
  bool shared = IsSpread();
  while (true) {
    shared ? PlanSharedUnits() : PlanWholeSets();
    Result<PlannedProgram> program = Compile();
    const auto exhausted = [&] {
      return program.status().code() == StatusCode::kResourceExhausted;
    };
    if (!program.ok() && exhausted()) {
      WRIT_ASSIGN_OR_RETURN(const bool halved, Halve());
      if (halved) program = Compile();
    }
    if (program.ok()) return program;
    if (shared || !exhausted()) return Blame(program.status());
    shared = true;
  }
}

}  // namespace

Result<PlannedProgram> CompileSets(
    std::span<const ListedPolicy* const> policies,
    std::span<const std::vector<uint32_t>> sets,
    const PolicyLists::Limits& limits) {
  return Planner(policies, sets, limits).Run();
}

}  // namespace writ
