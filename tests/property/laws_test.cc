// SPDX-License-Identifier: Apache-2.0
//
// Laws that hold for every policy set and request, tried on random cases.
#include <gtest/gtest.h>

#include <algorithm>
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

// Adds the first statement of each of the donor's policies, as a Deny or an
// Allow, to every policy of its kind.
void AddStatements(const GeneratedCase& donor, bool deny, GeneratedCase* one) {
  for (const GeneratedPolicy& policy : donor.policies) {
    for (GeneratedPolicy& mine : one->policies) {
      if (mine.kind != policy.kind) continue;
      GeneratedStatement statement = policy.statements[0];
      statement.deny = deny;
      mine.statements.push_back(std::move(statement));
    }
  }
}

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
    AddStatements(donor, true, &one);
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

// Verdict, layer and reason, without the statements.
std::string WithoutStatements(const std::string& answer) {
  size_t end = 0;
  for (int words = 0; words < 3 && end != std::string::npos; ++words) {
    end = answer.find(' ', end + (words > 0 ? 1 : 0));
  }
  return answer.substr(0, end);
}

TEST_F(Laws, WithoutAPolicyNobodyButRootIsAllowed) {
  int tried = 0;
  for (int i = 0; i < kCases; ++i) {
    GeneratedCase one = generator_.Edited(generator_.Make());
    one.policies.clear();
    const TwoAnswers answers(one.Line("none"));
    if (!answers.refusal().empty()) continue;
    ++tried;
    const std::string answer = answers.Engine();
    EXPECT_TRUE(!answer.starts_with("ALLOW ") ||
                answer.starts_with("ALLOW root "))
        << answer << "\n"
        << answers.line();
  }
  EXPECT_GT(tried, kCases * 9 / 10);
}

TEST_F(Laws, ADenyOfEverythingBesideAnAllowIsAnExplicitDeny) {
  int tried = 0;
  for (int i = 0; i < kCases; ++i) {
    GeneratedCase one = generator_.Make();
    const TwoAnswers before(one.Line("before"));
    if (!before.refusal().empty() || !Allows(before)) continue;
    // Into the document whose statement carried the allow.
    const std::string answer = before.Engine();
    const size_t slash = answer.find('/');
    if (slash == std::string::npos) continue;  // root
    const size_t space = answer.rfind(' ', slash);
    const size_t policy = std::stoul(answer.substr(space + 1));
    GeneratedStatement deny = one.policies[policy].statements[0];
    deny.deny = true;
    deny.not_action = deny.not_resource = false;
    deny.actions = {"*"};
    if (!deny.resources.empty()) deny.resources = {"*"};
    deny.tests.clear();
    if (!deny.principal_form.empty()) continue;
    one.policies[policy].statements.push_back(deny);
    const TwoAnswers after(one.Line("after"));
    if (!after.refusal().empty()) continue;
    ++tried;
    EXPECT_TRUE(after.Engine().starts_with("EXPLICIT_DENY "))
        << after.Engine() << "\n"
        << after.line();
  }
  EXPECT_GT(tried, kCases / 10);
}

TEST_F(Laws, OrderOfStatementsMeansNothing) {
  int tried = 0;
  for (int i = 0; i < kCases; ++i) {
    GeneratedCase one = generator_.Edited(generator_.Make());
    const TwoAnswers before(one.Line("before"));
    if (!before.refusal().empty()) continue;
    bool moved = false;
    for (GeneratedPolicy& policy : one.policies) {
      moved = moved || policy.statements.size() > 1;
      std::reverse(policy.statements.begin(), policy.statements.end());
    }
    if (!moved) continue;
    const TwoAnswers after(one.Line("after"));
    ++tried;
    EXPECT_EQ(WithoutStatements(before.Engine()),
              WithoutStatements(after.Engine()))
        << before.line();
  }
  EXPECT_GT(tried, kCases / 10);
}

TEST_F(Laws, ADocumentTwiceMeansWhatItMeansOnce) {
  int tried = 0;
  for (int i = 0; i < kCases; ++i) {
    GeneratedCase one = generator_.Edited(generator_.Make());
    const TwoAnswers before(one.Line("before"));
    if (!before.refusal().empty() || one.policies.empty()) continue;
    one.policies.push_back(one.policies[random_.Below(one.policies.size())]);
    GeneratedPolicy& policy = one.policies[random_.Below(one.policies.size())];
    policy.statements.push_back(policy.statements[0]);
    const TwoAnswers after(one.Line("after"));
    if (!after.refusal().empty()) continue;
    ++tried;
    EXPECT_EQ(WithoutStatements(before.Engine()),
              WithoutStatements(after.Engine()))
        << before.line();
  }
  EXPECT_GT(tried, kCases / 2);
}

bool SamePlace(const GeneratedPolicy& a, const GeneratedPolicy& b) {
  return a.kind == b.kind && a.group_scope == b.group_scope &&
         a.group == b.group && a.level == b.level && a.depth == b.depth &&
         a.account == b.account;
}

TEST_F(Laws, DocumentsOfOneUnitMayBeMerged) {
  int tried = 0;
  for (int i = 0; i < kCases; ++i) {
    GeneratedCase one = generator_.Edited(generator_.Make());
    // A second document in the place of one of them, from another case.
    const GeneratedCase donor = generator_.Make();
    bool added = false;
    for (size_t p = 0; p < donor.policies.size() && !added; ++p) {
      for (const GeneratedPolicy& mine : one.policies) {
        if (mine.kind != donor.policies[p].kind) continue;
        GeneratedPolicy second = mine;
        second.statements = donor.policies[p].statements;
        one.policies.push_back(std::move(second));
        added = true;
        break;
      }
    }
    const TwoAnswers before(one.Line("before"));
    if (!added || !before.refusal().empty()) continue;
    GeneratedCase merged = one;
    merged.policies.clear();
    for (const GeneratedPolicy& policy : one.policies) {
      GeneratedPolicy* place = nullptr;
      for (GeneratedPolicy& held : merged.policies) {
        if (SamePlace(held, policy)) place = &held;
      }
      if (place == nullptr) {
        merged.policies.push_back(policy);
      } else {
        place->statements.insert(place->statements.end(),
                                 policy.statements.begin(),
                                 policy.statements.end());
      }
    }
    const TwoAnswers after(merged.Line("after"));
    if (!after.refusal().empty()) continue;
    ++tried;
    EXPECT_EQ(WithoutStatements(before.Engine()),
              WithoutStatements(after.Engine()))
        << before.line();
  }
  EXPECT_GT(tried, kCases / 2);
}

TEST_F(Laws, AnAllowInADocumentNeverTakesAnAllowAway) {
  int tried = 0;
  for (int i = 0; i < kCases; ++i) {
    GeneratedCase one = generator_.Make();
    const TwoAnswers before(one.Line("before"));
    if (!before.refusal().empty() || !Allows(before)) continue;
    const GeneratedCase donor = generator_.Make();
    AddStatements(donor, false, &one);
    const TwoAnswers after(one.Line("after"));
    if (!after.refusal().empty()) continue;
    ++tried;
    EXPECT_TRUE(Allows(after)) << before.line() << "\n" << after.line();
  }
  EXPECT_GT(tried, kCases / 10);
}

TEST_F(Laws, APolicyOfAnotherServiceChangesNothing) {
  int tried = 0;
  for (int i = 0; i < kCases; ++i) {
    GeneratedCase one = generator_.Edited(generator_.Make());
    const TwoAnswers before(one.Line("before"));
    if (!before.refusal().empty() || one.policies.empty()) continue;
    // Beside the others of its kind: a level of control without any policy is
    // passed, one with an unrelated policy is not.
    GeneratedPolicy other = one.policies[random_.Below(one.policies.size())];
    for (GeneratedStatement& statement : other.statements) {
      statement.not_action = false;
      statement.actions = {"unheardof:*"};
      statement.deny = random_.Percent(50);
    }
    one.policies.push_back(std::move(other));
    const TwoAnswers after(one.Line("after"));
    if (!after.refusal().empty()) continue;
    ++tried;
    EXPECT_EQ(before.Engine(), after.Engine()) << before.line();
  }
  EXPECT_GT(tried, kCases / 2);
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
