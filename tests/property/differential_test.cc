// SPDX-License-Identifier: Apache-2.0
//
// Random cases decided by the compiled program and by the reference evaluator:
// verdict, layer, reason and determining statements must be the same.
// WRIT_SEED and WRIT_CASES choose others; a failure prints the case, which
// `writ eval --cases -` takes as it is.
#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <set>
#include <string>

#include "grammar/operators.h"
#include "tests/support/request_generator.h"
#include "tests/support/two_answers.h"

namespace writ {
namespace {

constexpr uint64_t kSeed = 20261201;
constexpr uint64_t kCases = 50000;
constexpr uint64_t kEnoughForCoverage = 20000;
constexpr int kFailuresShown = 5;
constexpr int kEdits = 4;

std::string Word(const std::string& text) {
  return text.substr(0, text.find(' '));
}

// What the cases have met so far.
struct Coverage {
  std::set<Operator> operators;
  std::set<std::string> verdicts, layers, reasons;

  void Add(const TwoAnswers& answers, const std::string& text) {
    for (const ast::Policy& tree : answers.trees()) {
      for (const ast::Statement& statement : tree.statements) {
        if (!statement.condition) continue;
        for (const auto& block : statement.condition->operators) {
          operators.insert(*block.op);
        }
      }
    }
    const size_t first = text.find(' ');
    const size_t second = text.find(' ', first + 1);
    verdicts.insert(text.substr(0, first));
    layers.insert(text.substr(first + 1, second - first - 1));
    const size_t third = text.find(' ', second + 1);
    reasons.insert(text.substr(second + 1, third - second - 1));
  }
};

TEST(Differential, ProgramAndReferenceAgreeOnRandomCases) {
  const uint64_t seed = NumberFromEnvironment("WRIT_SEED", kSeed);
  const uint64_t count = NumberFromEnvironment("WRIT_CASES", kCases);
  std::cout << "WRIT_SEED=" << seed << " WRIT_CASES=" << count << "\n";
  reference::CaseGenerator generator(seed);
  Coverage coverage;
  uint64_t refused = 0;
  uint64_t decided_by_one_clause = 0;
  int failures = 0;
  for (uint64_t i = 0; i < count && failures < kFailuresShown; ++i) {
    const std::string id = std::to_string(i);
    const reference::GeneratedCase made = generator.Make();
    const TwoAnswers original(made.Line(id));
    const std::string before =
        original.refusal().empty() ? original.Reference() : "";
    // The first of a few edits that changes the verdict, else the last: then
    // one clause alone decides.
    std::unique_ptr<TwoAnswers> answers;
    std::string reference;
    bool one_clause = false;
    for (int edit = 0; edit < kEdits && !one_clause; ++edit) {
      answers = std::make_unique<TwoAnswers>(generator.Edited(made).Line(id));
      if (!answers->refusal().empty()) continue;
      reference = answers->Reference();
      one_clause = !before.empty() && Word(before) != Word(reference);
    }
    if (!answers->refusal().empty()) {
      ++refused;
      continue;
    }
    decided_by_one_clause += one_clause ? 1 : 0;
    const std::string engine = answers->Engine();
    if (engine != reference) {
      ++failures;
      ADD_FAILURE() << "program:   " << engine << "\nreference: " << reference
                    << "\n"
                    << answers->line();
    }
    coverage.Add(*answers, reference);
  }
  std::cout << "refused " << refused << ", decided by one clause "
            << decided_by_one_clause << " of " << count << "\n";
  EXPECT_LE(refused * 20, count) << "the generator makes too many bad cases";
  if (count < kEnoughForCoverage || failures > 0) return;
  EXPECT_GE(decided_by_one_clause * 4, count);
  EXPECT_EQ(coverage.operators.size(), std::size(kOperators));
  EXPECT_EQ(coverage.layers,
            (std::set<std::string>{"default", "root", "control", "session",
                                   "identity", "resource-group", "resource",
                                   "trust"}));
  for (const char* reason : {"allowed", "denied", "no-match",
                             "unreadable-value", "malformed-request"}) {
    EXPECT_TRUE(coverage.reasons.contains(reason)) << reason;
  }
}

}  // namespace
}  // namespace writ
