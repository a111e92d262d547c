// SPDX-License-Identifier: Apache-2.0
//
// Laws that hold for every policy set and request, tried on random cases.
#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "authz/program/program.h"
#include "compiler/compile.h"
#include "tests/support/request_generator.h"
#include "tests/support/two_answers.h"

namespace writ {
namespace {

using reference::CaseGenerator;
using reference::GeneratedCase;
using reference::GeneratedPolicy;
using reference::GeneratedStatement;

constexpr uint64_t kSeed = 11;
constexpr int kCases = 5000;

class Laws : public testing::Test {
 protected:
  Laws() { std::cout << "WRIT_SEED=" << seed_ << "\n"; }

  static bool Allows(const TwoAnswers& answers) {
    return answers.refusal().empty() && answers.Engine().starts_with("ALLOW ");
  }

  const uint64_t seed_ = NumberFromEnvironment("WRIT_SEED", kSeed);
  CaseGenerator generator_{seed_};
  reference::Random random_{seed_};
};

TEST_F(Laws, AddingADenyNeverTurnsADenyIntoAnAllow) {
  int tried = 0;
  for (int i = 0; i < kCases; ++i) {
    GeneratedCase one = generator_.Edited(generator_.Make());
    const TwoAnswers before(one.Line("before"));
    if (one.policies.empty() || !before.refusal().empty() || Allows(before)) {
      continue;
    }
    // A Deny made for another case may stand in any policy of its kind.
    const GeneratedCase donor = generator_.Make();
    for (const GeneratedPolicy& policy : donor.policies) {
      for (GeneratedPolicy& mine : one.policies) {
        if (mine.kind != policy.kind) continue;
        GeneratedStatement deny = policy.statements[0];
        deny.deny = true;
        mine.statements.push_back(std::move(deny));
      }
    }
    const TwoAnswers after(one.Line("after"));
    if (!after.refusal().empty()) continue;
    ++tried;
    EXPECT_FALSE(Allows(after)) << before.line() << "\n" << after.line();
  }
  EXPECT_GT(tried, kCases / 4);
}

TEST_F(Laws, RemovingAnAllowNeverAddsAnAllow) {
  int tried = 0;
  for (int i = 0; i < kCases; ++i) {
    GeneratedCase one = generator_.Edited(generator_.Make());
    const TwoAnswers before(one.Line("before"));
    if (one.policies.empty() || !before.refusal().empty() || Allows(before)) {
      continue;
    }
    GeneratedPolicy& policy = one.policies[random_.Below(one.policies.size())];
    auto& statements = policy.statements;
    for (size_t s = statements.size(); s-- > 0 && statements.size() > 1;) {
      if (statements[s].deny) continue;
      statements.erase(statements.begin() + static_cast<std::ptrdiff_t>(s));
      ++tried;
      break;
    }
    const TwoAnswers after(one.Line("after"));
    EXPECT_FALSE(Allows(after)) << before.line() << "\n" << after.line();
  }
  EXPECT_GT(tried, kCases / 10);
}

TEST_F(Laws, CompilingIsDeterministicAndEveryImageVerifies) {
  int compiled = 0;
  for (int i = 0; i < kCases; ++i) {
    const std::string line = generator_.Edited(generator_.Make()).Line("c");
    const TwoAnswers first(line);
    const TwoAnswers second(line);
    if (first.trees().size() != first.read().policies.size()) continue;
    std::vector<PolicyInput> inputs, again;
    for (size_t p = 0; p < first.trees().size(); ++p) {
      const ast::PolicyKind kind = first.read().policies[p].kind;
      inputs.push_back({&first.trees()[p], kind});
      again.push_back({&second.trees()[p], kind});
    }
    auto image = CompileProgram(inputs);
    ASSERT_TRUE(image.ok()) << image.status().ToString() << "\n" << line;
    const auto repeated = CompileProgram(again);
    ASSERT_TRUE(repeated.ok());
    ASSERT_EQ(*image, *repeated) << line;
    const auto program = Program::Load(std::move(image).value());
    ASSERT_TRUE(program.ok()) << program.status().ToString() << "\n" << line;
    ++compiled;
  }
  EXPECT_GT(compiled, kCases * 9 / 10);
}

}  // namespace
}  // namespace writ
