// SPDX-License-Identifier: Apache-2.0
#include "cases/explain.h"

#include <string>
#include <vector>

#include "cases/case_decision.h"
#include "cases/probe.h"
#include "gtest/gtest.h"
#include "tests/support/request_generator.h"
#include "tests/support/two_answers.h"

namespace writ {
namespace {

std::vector<const ast::Policy*> TreesOf(const TwoAnswers& answers) {
  std::vector<const ast::Policy*> trees;
  for (const ast::Policy& tree : answers.trees()) trees.push_back(&tree);
  return trees;
}

Result<Trace> TraceOf(const TwoAnswers& answers) {
  const Case& one = answers.read();
  const auto compiled = CompileCase(one.policies, answers.trees());
  EXPECT_TRUE(compiled.ok());
  const RequestView view(one.request);
  return TraceDecision(view.request(), one.policies, TreesOf(answers),
                       compiled->attachments, {.find_flip = false});
}

// The clauses of a trace, in the author's words and order, are those that the
// probes of the same tree ask one by one.
TEST(CaseTrace, ClausesOfTheTreeHaveTheTruthOfTheirProbes) {
  reference::CaseGenerator generator(20261201);
  const uint64_t count = NumberFromEnvironment("WRIT_EXPLAIN_CASES", 2000);
  uint64_t clauses = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const auto one = generator.Edited(generator.Make());
    const TwoAnswers answers(one.Line(std::to_string(i)));
    if (!answers.refusal().empty()) continue;
    SCOPED_TRACE(answers.line());
    const auto trace = TraceOf(answers);
    if (!trace.ok()) continue;
    const RequestView view(answers.read().request);
    for (const LayerTrace& layer : trace->layers) {
      for (const StatementTrace& statement : layer.statements) {
        const uint32_t policy = statement.ref.policy;
        const auto probes = PolicyProbes::Compile(
            answers.trees()[policy], answers.read().policies[policy].kind);
        ASSERT_TRUE(probes.ok());
        const std::vector<Truth> truths =
            probes->Ask(view.request(), trace->resource);
        size_t clause = 0;
        for (size_t k = 0; k < truths.size(); ++k) {
          const StatementPart& part = probes->parts()[k];
          if (part.statement != statement.ref.statement || part.is_value ||
              part.clause == StatementPart::Clause::kWhole) {
            continue;
          }
          ASSERT_LT(clause, statement.clauses.size());
          EXPECT_EQ(statement.clauses[clause].text, part.text);
          EXPECT_EQ(statement.clauses[clause].truth, truths[k]) << part.text;
          ++clause;
          ++clauses;
        }
        EXPECT_EQ(clause, statement.clauses.size());
      }
    }
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(clauses, count);
}

TEST(CaseTrace, NamesTheClauseThatFailedAsItsAuthorWroteIt) {
  const TwoAnswers answers(
      R"({"id":"x","policies":[{"kind":"identity","document":{"Version":"1","Statement":[)"
      R"({"Effect":"Allow","Action":"oss:GetObject","Resource":"*","Condition":{"Bool":{"acs:MFAPresent":"true"},"IpAddress":{"acs:SourceIp":["192.0.2.0/24","10.0.0.0/8"]}}},)"
      R"({"Effect":"Allow","Action":"fc:*","Resource":"*"}]}},)"
      R"({"kind":"trust","document":{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::1:root"]}}]}}],)"
      R"("request":{"principal":"acs:ram::1:user/a","action":"oss:GetObject","resource":["acs:oss:c:1:b/k"],"context":{"acs:MFAPresent":"true","acs:SourceIp":"203.0.113.7"}}})");
  ASSERT_EQ(answers.refusal(), "");
  const Case& one = answers.read();
  const auto compiled = CompileCase(one.policies, answers.trees());
  ASSERT_TRUE(compiled.ok());
  const RequestView view(one.request);
  const auto trace = TraceDecision(view.request(), one.policies,
                                   TreesOf(answers), compiled->attachments);
  ASSERT_TRUE(trace.ok());
  ASSERT_TRUE(trace->nearest.has_value());
  EXPECT_EQ(trace->nearest->ref, (StatementRef{0, 0}));
  EXPECT_EQ(trace->nearest->failing, 1u);
  EXPECT_EQ(trace->nearest->clause.text,
            "acs:SourceIp within [192.0.2.0/24, 10.0.0.0/8]");
  EXPECT_EQ(trace->nearest->clause.actual, "acs:SourceIp is 203.0.113.7");
  ASSERT_EQ(trace->flip.size(), 1u);
  EXPECT_EQ(trace->flip[0].substr(0, 20), "set acs:SourceIp to ");
  // A trust policy has no say in reading an object.
  EXPECT_EQ(trace->not_asked, std::vector<uint32_t>{1});
}

// R43: nobody is asked, so there is no clause to point at.
TEST(CaseTrace, SaysWhatIsWrongWithARequestThatNobodyIsAskedAbout) {
  struct {
    std::string_view principal, action, resource, words;
  } const kRequests[] = {
      {"bob", "oss:GetObject", "acs:oss:c:1:b/k", "the principal `bob`"},
      {"acs:ram::1:user/a", "GetObject", "acs:oss:c:1:b/k",
       "the action `GetObject`"},
      {"acs:ram::1:user/a", "oss:GetObject", "b/k", "the resource `b/k`"},
  };
  for (const auto& [principal, action, resource, words] : kRequests) {
    const TwoAnswers answers(
        R"({"id":"x","policies":[{"kind":"identity","document":{"Version":"1",)"
        R"("Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}}],)"
        R"("request":{"principal":")" +
        std::string(principal) + R"(","action":")" + std::string(action) +
        R"(","resource":[")" + std::string(resource) + R"("]}})");
    ASSERT_EQ(answers.refusal(), "");
    const auto trace = TraceOf(answers);
    ASSERT_TRUE(trace.ok());
    EXPECT_EQ(trace->malformed.substr(0, words.size()), words);
    const std::vector<std::string> names = {"p"};
    EXPECT_EQ(WhyNotText(*trace, names, TreesOf(answers)),
              "the request is wrong: " + trace->malformed + "\n");
  }
}

}  // namespace
}  // namespace writ
