// SPDX-License-Identifier: Apache-2.0
#include "cases/mutants.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <utility>

#include "base/limits.h"
#include "cases/coverage.h"
#include "compiler/check.h"
#include "compiler/compile.h"
#include "grammar/render.h"
#include "lint/agreement.h"

namespace writ {
namespace {

// A policy and every suite that puts it in force.
struct Subject {
  struct Use {
    const SuiteResult* result;
    size_t policy;  // into the policies of that suite
  };
  const SuitePolicy* policy = nullptr;
  std::vector<Use> uses;
  size_t changes = 0;
};

std::vector<Subject> SubjectsOf(std::span<const SuiteResult> results) {
  std::vector<Subject> subjects;
  std::map<std::string, size_t> known;
  for (const SuiteResult& result : results) {
    const TestSuite& suite = *result.suite;
    std::vector<bool> used(suite.policies.size(), false);
    for (const CheckResult& check : result.checks) {
      if (!check.passed) continue;
      for (const InForce& one : check.check->in_force) used[one.policy] = true;
    }
    for (size_t i = 0; i < suite.policies.size(); ++i) {
      if (!used[i]) continue;
      const SuitePolicy& policy = suite.policies[i];
      const SourceText::Place place =
          policy.file->source.Find(policy.tree().span.begin);
      const std::string key = std::filesystem::path(place.source->name())
                                  .lexically_normal()
                                  .string() +
                              '\0' + std::to_string(place.offset) + '\0' +
                              policy.tree().name;
      const auto [slot, is_new] = known.try_emplace(key, subjects.size());
      if (is_new) {
        Subject& subject = subjects.emplace_back();
        subject.policy = &policy;
        subject.changes = CountChanges(policy.tree(), policy.meaning.kind);
      }
      subjects[slot->second].uses.push_back({&result, i});
    }
  }
  return subjects;
}

// Whether some check that passed does not pass with the changed policy.
bool IsNoticed(const Subject& subject, const Program& changed) {
  for (const Subject::Use& use : subject.uses) {
    for (const CheckResult& check : use.result->checks) {
      if (!check.passed) continue;
      const auto in_force = [&](const InForce& one) {
        return one.policy == use.policy;
      };
      if (!std::ranges::any_of(check.check->in_force, in_force)) continue;
      const CaseOutcome outcome =
          DecideCheck(*use.result->suite, *check.check, use.policy, &changed);
      if (!MeetsExpectation(*check.check, outcome)) return true;
    }
  }
  return false;
}

MutantFate FateOf(const Subject& subject, const ast::Policy& changed) {
  const ast::PolicyKind kind = subject.policy->meaning.kind;
  Diagnostics findings;
  CheckPolicy(subject.policy->file->source, changed, kind, &findings);
  if (findings.has_errors()) return MutantFate::kInvalid;
  const PolicyInput input = {&changed, kind};
  Result<std::string> image = CompileProgram({&input, 1});
  if (!image.ok()) return MutantFate::kInvalid;
  const auto program = Program::Load(std::move(image).value());
  if (!program.ok()) return MutantFate::kInvalid;
  if (IsNoticed(subject, **program)) return MutantFate::kKilled;
  const auto agreement =
      CompareDecisions(subject.policy->tree(), changed, kind);
  return agreement.ok() && agreement->same ? MutantFate::kEquivalent
                                           : MutantFate::kSurvived;
}

std::string Percent(double percent) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f", percent);
  return text;
}

}  // namespace

size_t MutationReport::CountOf(MutantFate fate) const {
  return static_cast<size_t>(std::ranges::count(
      mutants, fate, [](const MutantResult& mutant) { return mutant.fate; }));
}

double MutationReport::score() const {
  const size_t killed = CountOf(MutantFate::kKilled);
  const size_t all = killed + CountOf(MutantFate::kSurvived);
  if (all == 0) return 100;
  return 100.0 * static_cast<double>(killed) / static_cast<double>(all);
}

std::string_view MutantFateName(MutantFate fate) {
  switch (fate) {
    case MutantFate::kKilled:
      return "killed";
    case MutantFate::kSurvived:
      return "survived";
    case MutantFate::kEquivalent:
      return "equivalent";
    case MutantFate::kInvalid:
      return "invalid";
  }
  return "";
}

MutationReport TryMutants(std::span<const SuiteResult> results,
                          const ForEach& for_each) {
  const std::vector<Subject> subjects = SubjectsOf(results);
  MutationReport report;
  for (const Subject& subject : subjects) report.possible += subject.changes;
  // Every k-th, so that each part of each policy has its share.
  size_t checks = 0;
  for (const SuiteResult& result : results) checks += result.checks.size();
  const size_t most = std::clamp<size_t>(
      kMaxMutantDecisions / std::max<size_t>(checks, 1), 1, kMaxMutants);
  const size_t step = (report.possible + most - 1) / most;
  std::vector<std::pair<const Subject*, size_t>> tried;
  size_t number = 0;
  for (const Subject& subject : subjects) {
    for (size_t i = 0; i < subject.changes; ++i) {
      if (number++ % std::max<size_t>(step, 1) == 0) {
        tried.emplace_back(&subject, i);
      }
    }
  }
  report.mutants.resize(tried.size());
  for_each(tried.size(), [&](size_t i) {
    const auto& [subject, change_number] = tried[i];
    const SuitePolicy& policy = *subject->policy;
    const PolicyChange change =
        NthChange(policy.tree(), policy.meaning.kind, change_number);
    report.mutants[i] = {policy.file, policy.tree().name, change.text,
                         change.span, FateOf(*subject, change.policy)};
  });
  return report;
}

std::string MutationText(const MutationReport& report) {
  std::string text =
      "mutants: " + std::to_string(report.CountOf(MutantFate::kKilled)) +
      " killed, " + std::to_string(report.CountOf(MutantFate::kSurvived)) +
      " survived, " + std::to_string(report.CountOf(MutantFate::kEquivalent)) +
      " equivalent, score " + Percent(report.score()) + " %\n";
  if (report.possible > report.mutants.size()) {
    text += "tried " + std::to_string(report.mutants.size()) + " of " +
            std::to_string(report.possible) + " changes, evenly spread\n";
  }
  for (const MutantResult& mutant : report.mutants) {
    if (mutant.fate != MutantFate::kSurvived) continue;
    const SourceLine line = LineOf(*mutant.file, mutant.span);
    text += Printable(line.source->name()) + ":" +
            std::to_string(line.at.line) + ":" +
            std::to_string(line.at.column) + ": " + Printable(mutant.policy) +
            ": " + mutant.change + ": no test notices\n";
  }
  return text;
}

std::string MutationJson(const MutationReport& report) {
  std::string json = "{\"score\":" + Percent(report.score()) +
                     ",\"possible\":" + std::to_string(report.possible);
  for (const MutantFate fate :
       {MutantFate::kKilled, MutantFate::kSurvived, MutantFate::kEquivalent,
        MutantFate::kInvalid}) {
    json += ",\"" + std::string(MutantFateName(fate)) +
            "\":" + std::to_string(report.CountOf(fate));
  }
  json += ",\"survivors\":[";
  bool first = true;
  for (const MutantResult& mutant : report.mutants) {
    if (mutant.fate != MutantFate::kSurvived) continue;
    const SourceLine line = LineOf(*mutant.file, mutant.span);
    json += first ? "" : ",";
    first = false;
    json += "{\"file\":" + JsonQuote(line.source->name()) +
            ",\"line\":" + std::to_string(line.at.line) +
            ",\"column\":" + std::to_string(line.at.column) +
            ",\"policy\":" + JsonQuote(mutant.policy) +
            ",\"change\":" + JsonQuote(mutant.change) + "}";
  }
  return json + "]}";
}

}  // namespace writ
