// SPDX-License-Identifier: Apache-2.0
#include "cases/coverage.h"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace writ {
namespace {

using Clause = StatementPart::Clause;
using Kind = CoverageItem::Kind;

// Truths of one statement's parts, which stand together.
struct StatementTruths {
  std::span<const StatementPart> parts;
  std::span<const Truth> truths;

  // All clauses but number `except` hold.
  bool OthersHold(size_t except) const {
    for (size_t i = 1; i < parts.size(); ++i) {
      if (i == except || parts[i].is_value) continue;
      if (truths[i] != Truth::kTrue) return false;
    }
    return true;
  }
  bool TargetHolds() const {
    for (size_t i = 1; i < parts.size(); ++i) {
      if (parts[i].is_value || parts[i].clause == Clause::kCondition) continue;
      if (truths[i] != Truth::kTrue) return false;
    }
    return true;
  }
};

// Counts one question for the items of one statement.
void CountStatement(const StatementTruths& statement, bool deny,
                    std::span<CoverageItem> items) {
  size_t item = 0;
  size_t clause = 0;  // the clause whose values come next
  for (size_t i = 0; i < statement.parts.size(); ++i) {
    const StatementPart& part = statement.parts[i];
    const Truth truth = statement.truths[i];
    if (part.clause == Clause::kWhole) {
      // An unreadable value makes a Deny hold (R39).
      const bool matched =
          truth == Truth::kTrue || (deny && truth == Truth::kUnreadable);
      items[item++].hits += matched ? 1 : 0;
      continue;
    }
    if (part.is_value) {
      const bool reached =
          truth == Truth::kTrue && statement.OthersHold(clause);
      items[item++].hits += reached ? 1 : 0;
      continue;
    }
    clause = i;
    if (part.clause != Clause::kCondition) continue;
    const bool asked = statement.TargetHolds();
    items[item++].hits += asked && truth == Truth::kTrue ? 1 : 0;
    items[item++].hits += asked && truth == Truth::kFalse ? 1 : 0;
  }
}

std::vector<CoverageItem> ItemsOf(const PolicyProbes& probes) {
  std::vector<CoverageItem> items;
  for (const StatementPart& part : probes.parts()) {
    if (part.clause == Clause::kWhole) {
      items.push_back({Kind::kMatched, part, 0});
    } else if (part.is_value) {
      items.push_back({Kind::kValue, part, 0});
    } else if (part.clause == Clause::kCondition) {
      items.push_back({Kind::kTrue, part, 0});
      items.push_back({Kind::kFalse, part, 0});
    }
  }
  return items;
}

void CountPolicy(const ast::Policy& tree, const PolicyProbes& probes,
                 const std::vector<Truth>& truths,
                 std::span<CoverageItem> items) {
  const std::span<const StatementPart> parts = probes.parts();
  size_t item = 0;
  for (size_t begin = 0; begin < parts.size();) {
    size_t end = begin;
    size_t item_end = item;
    while (end < parts.size() &&
           parts[end].statement == parts[begin].statement) {
      ++end;
    }
    while (item_end < items.size() &&
           items[item_end].part.statement == parts[begin].statement) {
      ++item_end;
    }
    const StatementTruths statement = {
        parts.subspan(begin, end - begin),
        std::span<const Truth>(truths).subspan(begin, end - begin)};
    CountStatement(
        statement,
        tree.statements[parts[begin].statement].effect == ast::Effect::kDeny,
        items.subspan(item, item_end - item));
    begin = end;
    item = item_end;
  }
}

}  // namespace

double CoverageTally::percent() const {
  if (total == 0) return 100;
  return 100.0 * static_cast<double>(covered) / static_cast<double>(total);
}

CoverageTally& CoverageTally::operator+=(const CoverageTally& other) {
  covered += other.covered;
  total += other.total;
  return *this;
}

CoverageTally PolicyCoverage::TallyOf(CoverageItem::Kind kind) const {
  CoverageTally tally;
  for (const CoverageItem& item : items) {
    if (item.kind != kind) continue;
    ++tally.total;
    if (item.hits > 0) ++tally.covered;
  }
  return tally;
}

CoverageTally PolicyCoverage::Tally() const {
  CoverageTally tally;
  for (const Kind kind :
       {Kind::kMatched, Kind::kTrue, Kind::kFalse, Kind::kValue}) {
    tally += TallyOf(kind);
  }
  return tally;
}

SourceLine LineOf(const PolicyFile& file, Span span) {
  const SourceText::Place place = file.source.Find(span.begin);
  return {place.source, file.source.Locate(span.begin)};
}

size_t Coverage::SlotOf(const SuitePolicy& policy) {
  const SourceText::Place place =
      policy.file->source.Find(policy.tree().span.begin);
  const std::string key =
      std::filesystem::path(place.source->name()).lexically_normal().string() +
      '\0' + std::to_string(place.offset) + '\0' + policy.tree().name;
  const auto [slot, is_new] = slots_.try_emplace(key, policies_.size());
  if (is_new) {
    policies_.push_back({.file = policy.file,
                         .index = policy.index,
                         .items = {},
                         .determined = std::vector<uint64_t>(
                             policy.tree().statements.size(), 0)});
  }
  return slot->second;
}

Status Coverage::AddPolicies(const TestSuite& suite) {
  for (size_t i = 0; i < suite.policies.size(); ++i) {
    if (!IsTested(suite, i)) continue;
    const SuitePolicy& policy = suite.policies[i];
    const size_t slot = SlotOf(policy);
    if (slot < probes_.size()) continue;
    WRIT_ASSIGN_OR_RETURN(
        PolicyProbes probes,
        PolicyProbes::Compile(policy.tree(), policy.meaning.kind));
    policies_[slot].items = ItemsOf(probes);
    probes_.push_back(std::move(probes));
  }
  return OkStatus();
}

Status Coverage::Count(const SuiteResult& result) {
  WRIT_RETURN_IF_ERROR(AddPolicies(*result.suite));
  std::vector<size_t> slots;
  for (size_t i = 0; i < result.suite->policies.size(); ++i) {
    // No check asks about the others.
    slots.push_back(IsTested(*result.suite, i)
                        ? SlotOf(result.suite->policies[i])
                        : SIZE_MAX);
  }
  for (const CheckResult& check : result.checks) {
    const RequestView view(check.check->request);
    const Request& request = view.request();
    for (const InForce& one : check.check->in_force) {
      PolicyCoverage& policy = policies_[slots[one.policy]];
      for (uint32_t i = 0; i < request.resources.size(); ++i) {
        CountPolicy(policy.tree(), probes_[slots[one.policy]],
                    probes_[slots[one.policy]].Ask(request, i), policy.items);
      }
    }
    for (const StatementRef& ref : check.outcome.statements) {
      ++policies_[slots[ref.policy]].determined[ref.statement];
    }
  }
  return OkStatus();
}

CoverageTally Coverage::Tally() const {
  CoverageTally tally;
  for (const PolicyCoverage& policy : policies_) tally += policy.Tally();
  return tally;
}

std::vector<UnreachedStatement> UnreachedStatements(const Coverage& coverage) {
  std::vector<UnreachedStatement> unreached;
  for (const PolicyCoverage& policy : coverage.policies()) {
    for (const CoverageItem& item : policy.items) {
      if (item.kind != Kind::kMatched || item.hits > 0) continue;
      std::string pointer;
      if (policy.file->is_json) {
        pointer =
            PointerTo(PointerTo("", "Statement"), size_t{item.part.statement});
      }
      Diagnostic finding =
          Diagnose(DiagnosticId::kTestNeverReached, item.part.span, pointer);
      unreached.push_back({policy.file, std::move(finding)});
    }
  }
  return unreached;
}

std::string ItemText(const CoverageItem& item) {
  std::string text = "`" + Excerpt(item.part.text) + "`";
  switch (item.kind) {
    case Kind::kMatched:
      return "no test matches this statement";
    case Kind::kTrue:
      return "no test meets " + text;
    case Kind::kFalse:
      return "no test fails " + text;
    case Kind::kValue:
      return "no test depends on the value " + text;
  }
  return text;
}

}  // namespace writ
