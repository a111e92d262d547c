// SPDX-License-Identifier: Apache-2.0
// The explanation of a decision and the decision never disagree.
#include "cases/explain.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "cases/case_decision.h"
#include "gtest/gtest.h"
#include "tests/support/request_generator.h"
#include "tests/support/two_answers.h"

namespace writ {
namespace {

struct Explained {
  CaseOutcome outcome;
  Trace trace;
};

Explained ExplainCase(const TwoAnswers& answers) {
  const Case& one = answers.read();
  const auto compiled = CompileCase(one.policies, answers.trees());
  EXPECT_TRUE(compiled.ok());
  const RequestView view(one.request);
  Explained result;
  result.outcome = DecideCompiled(view.request(), *compiled);
  std::vector<PolicyProbes> probes;
  std::vector<const ast::Policy*> trees;
  std::vector<const PolicyProbes*> asked;
  probes.reserve(answers.trees().size());
  for (size_t i = 0; i < answers.trees().size(); ++i) {
    auto compiled_probes =
        PolicyProbes::Compile(answers.trees()[i], one.policies[i].kind);
    EXPECT_TRUE(compiled_probes.ok());
    probes.push_back(std::move(compiled_probes).value());
    trees.push_back(&answers.trees()[i]);
    asked.push_back(&probes.back());
  }
  result.trace = Explain(view.request(), one.policies, trees, asked,
                         result.outcome.decision, result.outcome.statements);
  return result;
}

// What decided is shown as matching; what is shown as matching in the layer
// that denied is what decided; a statement matches just when its clauses hold.
void ExpectAgreement(const TwoAnswers& answers) {
  const Explained explained = ExplainCase(answers);
  const Decision& decision = explained.outcome.decision;
  size_t determining = 0;
  for (const LayerTrace& layer : explained.trace.layers) {
    std::set<StatementRef> denied;
    for (const StatementTrace& statement : layer.statements) {
      const bool all_hold =
          std::ranges::all_of(statement.clauses, [](const ClauseTrace& clause) {
            return clause.truth == Truth::kTrue;
          });
      const bool none_fails = std::ranges::none_of(
          statement.clauses, [](const ClauseTrace& clause) {
            return clause.truth == Truth::kFalse;
          });
      const bool deny = statement.effect == ast::Effect::kDeny;
      ASSERT_EQ(statement.matched, deny ? none_fails : all_hold)
          << answers.line();
      if (statement.matched && deny) denied.insert(statement.ref);
      if (!statement.determining) continue;
      ++determining;
      // An ALLOW of several resources names statements of all of them.
      if (answers.read().request.resources.size() == 1) {
        ASSERT_TRUE(statement.matched) << answers.line();
      }
    }
    if (layer.decided && decision.verdict == Verdict::kExplicitDeny) {
      const std::set<StatementRef> named(explained.outcome.statements.begin(),
                                         explained.outcome.statements.end());
      ASSERT_TRUE(std::ranges::includes(named, denied)) << answers.line();
      ASSERT_FALSE(denied.empty()) << answers.line();
    }
  }
  ASSERT_EQ(determining, explained.outcome.statements.size()) << answers.line();
}

TEST(Explain, NeverDisagreesWithTheDecision) {
  reference::CaseGenerator generator(20261201);
  const uint64_t count = NumberFromEnvironment("WRIT_EXPLAIN_CASES", 5000);
  uint64_t explained = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const auto one = generator.Edited(generator.Make());
    const TwoAnswers answers(one.Line(std::to_string(i)));
    if (!answers.refusal().empty()) continue;
    const CaseOutcome outcome = DecideCase(answers.read());
    if (outcome.error || outcome.decision.reason == Reason::kMalformedRequest) {
      continue;
    }
    ExpectAgreement(answers);
    ++explained;
    if (::testing::Test::HasFatalFailure()) return;
  }
  EXPECT_GT(explained, count / 2);
}

TEST(Explain, NamesTheClauseThatFailed) {
  const TwoAnswers answers(
      R"({"id":"x","policies":[{"kind":"identity","document":{"Version":"1","Statement":[)"
      R"({"Effect":"Allow","Action":"oss:GetObject","Resource":"*","Condition":{"Bool":{"acs:MFAPresent":"true"},"IpAddress":{"acs:SourceIp":["10.0.0.0/8","192.0.2.0/24"]}}},)"
      R"({"Effect":"Allow","Action":"fc:*","Resource":"*"}]}}],)"
      R"("request":{"principal":"acs:ram::1:user/a","action":"oss:GetObject","resource":["acs:oss:c:1:b/k"],"context":{"acs:MFAPresent":"true","acs:SourceIp":"203.0.113.7"}}})");
  ASSERT_EQ(answers.refusal(), "");
  const Explained explained = ExplainCase(answers);
  const auto miss = NearestMiss(explained.trace);
  ASSERT_TRUE(miss.has_value());
  EXPECT_EQ(miss->ref, (StatementRef{0, 0}));
  EXPECT_EQ(miss->clause.part.text,
            "acs:SourceIp within [10.0.0.0/8, 192.0.2.0/24]");
  EXPECT_EQ(miss->clause.actual, "acs:SourceIp is 203.0.113.7");
}

}  // namespace
}  // namespace writ
