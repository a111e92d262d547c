// SPDX-License-Identifier: Apache-2.0
//
// Tests the generator of the differential test: a reference evaluator with one
// wrong line must be caught by its cases, or the generator is too tame.
#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <map>
#include <string>

#include "tests/support/request_generator.h"
#include "tests/support/two_answers.h"

namespace writ {
namespace {

using reference::Mutant;

constexpr uint64_t kSeed = 7;
constexpr int kCases = 10000;

TEST(Mutants, EachDiesWithinTenThousandCases) {
  const uint64_t seed = NumberFromEnvironment("WRIT_SEED", kSeed);
  std::map<int, std::string> alive;
  for (int m = 1; m <= static_cast<int>(Mutant::kLast); ++m) alive[m] = "";
  ASSERT_GE(alive.size(), 8u);
  reference::CaseGenerator generator(seed);
  for (int i = 0; i < kCases && !alive.empty(); ++i) {
    const TwoAnswers answers(generator.Edited(generator.Make()).Line("m"));
    if (!answers.refusal().empty()) continue;
    const std::string right = answers.Reference();
    for (auto it = alive.begin(); it != alive.end();) {
      if (answers.Reference(static_cast<Mutant>(it->first)) == right) {
        ++it;
        continue;
      }
      std::cout << "mutant " << it->first << " died at case " << i << "\n";
      it = alive.erase(it);
    }
  }
  for (const auto& [mutant, unused] : alive) {
    ADD_FAILURE() << "mutant " << mutant << " lives (seed " << seed << ")";
  }
}

}  // namespace
}  // namespace writ
