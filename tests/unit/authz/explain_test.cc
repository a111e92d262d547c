// SPDX-License-Identifier: Apache-2.0
#include "authz/explain.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "authz/constant_text.h"
#include "authz/explain_text.h"
#include "authz/program/program.h"
#include "authz/read_value.h"
#include "tests/unit/authz/policy_set.h"

namespace writ {
namespace {

using testing::Ask;
using testing::AskedRequest;
using testing::kAlice;
using testing::kObject;
using testing::kWeb;
using testing::kWorker;
using testing::PolicySet;

Explanation ExplainAsk(const PolicySet& set, const Ask& ask) {
  const AskedRequest asked(ask);
  Result<Explanation> explanation = Explain(asked.request(), set.attachments());
  EXPECT_TRUE(explanation.ok()) << explanation.status().ToString();
  return explanation.ok() ? *std::move(explanation) : Explanation();
}

// "set acs:mfapresent to true; ..."
std::string FlipText(const Explanation& explanation) {
  std::string text;
  for (const Change& change : explanation.flip) {
    text += (text.empty() ? "" : "; ") + ChangeText(change);
  }
  return text;
}

TEST(Explain, NamesTheClauseThatFailsAndTheKeyThatMendsIt) {
  PolicySet set;
  set.Identity(
      R"({"Effect":"Allow","Action":"oss:GetObject","Resource":"*"},)"
      R"({"Effect":"Allow","Action":"fc:Invoke*","Resource":"*","Condition":)"
      R"({"Bool":{"acs:MFAPresent":"true"},)"
      R"("IpAddress":{"acs:SourceIp":"10.0.0.0/8"}}})");
  const Ask ask = {.context = {{"acs:MFAPresent", {"false"}},
                               {"acs:SourceIp", {"10.1.2.3"}}}};
  const Explanation why = ExplainAsk(set, ask);
  EXPECT_EQ(why.decision.verdict, Verdict::kImplicitDeny);
  ASSERT_EQ(why.near_misses.size(), 2u);
  const NearMiss& nearest = why.near_misses[0];
  const ExplainedStatement& statement =
      why.units[nearest.unit].statements[nearest.statement];
  EXPECT_EQ(statement.ref, (StatementRef{0, 1}));
  EXPECT_EQ(nearest.failing, 1u);
  EXPECT_EQ(nearest.distance, 1u);
  const ProgramView& view = set.attachments()[0].program->view();
  const ExplainedClause& clause = statement.clauses[nearest.clause];
  EXPECT_EQ(ClauseText(view, view.statements[statement.row], clause),
            "acs:mfapresent is true");
  const AskedRequest asked(ask);
  EXPECT_EQ(ActualText(view, clause, asked.request(), 0),
            "acs:MFAPresent is false");
  EXPECT_EQ(why.near_misses[1].distance, 10000u);
  EXPECT_EQ(FlipText(why), "set acs:MFAPresent to true");
}

TEST(Explain, SaysWhichTestsAreAbsentOrUnreadable) {
  PolicySet set;
  set.Identity(
      R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":)"
      R"({"NumericLessThan":{"x:n":"5"},"StringEquals":{"x:s":"a"}}})");
  const Explanation why = ExplainAsk(set, {.context = {{"x:n", {"many"}}}});
  ASSERT_EQ(why.units.size(), 1u);
  const ExplainedStatement& statement = why.units[0].statements[0];
  ASSERT_EQ(statement.clauses.size(), 4u);
  for (const ExplainedClause& clause : statement.clauses) {
    if (clause.kind != ClauseKind::kTest) {
      EXPECT_EQ(clause.truth, Truth::kTrue);
      continue;
    }
    EXPECT_EQ(clause.truth, clause.absent ? Truth::kFalse : Truth::kUnreadable);
  }
  EXPECT_EQ(why.flip.size(), 2u) << FlipText(why);
}

TEST(Explain, SeveralTestsOfOneKeyAreMendedByOneValue) {
  PolicySet set;
  set.Identity(
      R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{)"
      R"("DateGreaterThan":{"acs:CurrentTime":"2026-01-01T00:00:00Z"},)"
      R"("DateLessThan":{"acs:CurrentTime":"2026-01-02T00:00:00Z"}}})");
  EXPECT_EQ(FlipText(ExplainAsk(set, {})),
            "set acs:currenttime to 2026-01-01T00:00:01Z");
}

TEST(Explain, DenyIsFlippedByTheKeyItAsksForElseByLeavingItOut) {
  PolicySet set;
  set.Identity(R"({"Effect":"Allow","Action":"*","Resource":"*"},)"
               R"({"Effect":"Deny","Action":"fc:*","Resource":"*","Condition":)"
               R"({"StringNotEquals":{"acs:MFAPresent":"true"}}})");
  EXPECT_EQ(FlipText(ExplainAsk(set, {})), "set acs:mfapresent to true");
  set.Identity(R"({"Effect":"Deny","Action":"fc:Invoke*","Resource":"*"})");
  const Explanation why = ExplainAsk(set, {});
  EXPECT_EQ(why.decision.statement_count, 2u);
  ASSERT_EQ(why.flip.size(), 2u);
  EXPECT_EQ(FlipText(why),
            "set acs:mfapresent to true; leave out statement 1 of policy 2");
  EXPECT_EQ(why.flip[1].statement, (StatementRef{1, 0}));
}

TEST(Explain, ResourceIsMadeToMatchTheNearestPattern) {
  PolicySet set;
  set.Identity(R"({"Effect":"Allow","Action":"oss:GetObject",)"
               R"("Resource":"acs:oss:*:*:photos/*"})");
  EXPECT_EQ(FlipText(ExplainAsk(
                set, {.action = "oss:GetObject", .resources = {kObject}})),
            "a resource matching acs:oss:*:*:photos/*, such as "
            "acs:oss:oss-cn-hangzhou:1000000000000001:photos/x");
}

TEST(Explain, LayerBehindTheFirstDenialIsMendedToo) {
  PolicySet set;
  set.Add(AttachmentKind::kSession,
          R"({"Effect":"Allow","Action":"fc:*","Resource":"*","Condition":)"
          R"({"StringEquals":{"x:a":"1"}}})");
  set.Identity(
      R"({"Effect":"Allow","Action":"fc:*","Resource":"*","Condition":)"
      R"({"StringEquals":{"x:b":"2"}}})");
  const Explanation why = ExplainAsk(set, {.principal = kWorker});
  EXPECT_EQ(why.decision.layer, Layer::kSession);
  ASSERT_EQ(why.units.size(), 1u);
  EXPECT_TRUE(why.units[0].decided);
  EXPECT_EQ(FlipText(why), "set x:a to 1; set x:b to 2");
}

TEST(Explain, NothingIsProposedWhereNothingAllows) {
  PolicySet set;
  set.Identity(R"({"Effect":"Deny","Action":"*","Resource":"*"})");
  const Explanation why = ExplainAsk(set, {});
  EXPECT_TRUE(why.flip.empty()) << FlipText(why);
  EXPECT_TRUE(why.near_misses.empty());
}

TEST(Explain, WrongRequestIsTheErrorOfDecide) {
  PolicySet set;
  set.Identity(R"({"Effect":"Allow","Action":"*","Resource":"*"})");
  const AskedRequest asked({.context = {{"x:a", {"1"}}, {"X:a", {"1"}}}});
  const Result<Explanation> why = Explain(asked.request(), set.attachments());
  ASSERT_FALSE(why.ok());
  EXPECT_EQ(why.status().code(), StatusCode::kInvalidArgument);
}

TEST(ConstantText, IsReadBackAsTheSameValue) {
  for (const char* text : {"0", "5", "-12.5", "0.001", "1e40", "-1.5e-30",
                           "123456789012345678901234567890"}) {
    DecimalConstant value = {};
    ASSERT_TRUE(ReadDecimal(text, &value)) << text;
    DecimalConstant again = {};
    ASSERT_TRUE(ReadDecimal(DecimalText(value), &again)) << DecimalText(value);
    EXPECT_TRUE(CompareDecimals(value, again) == 0) << text;
  }
  for (const char* text : {"2026-12-01T08:00:00+08:00", "0001-01-01T00:00:00Z",
                           "2024-02-29T23:59:59.25Z", "9999-12-31T23:59:59Z"}) {
    InstantConstant value = {};
    ASSERT_TRUE(ReadInstant(text, &value)) << text;
    InstantConstant again = {};
    ASSERT_TRUE(ReadInstant(InstantText(value), &again)) << InstantText(value);
    EXPECT_TRUE(CompareInstants(value, again) == 0) << text;
  }
  for (const char* text : {"10.1.2.3", "fc00::1", "::ffff:10.0.0.1"}) {
    BlockConstant value = {};
    ASSERT_TRUE(ReadAddress(text, &value)) << text;
    BlockConstant again = {};
    ASSERT_TRUE(ReadAddress(AddressText(value), &again)) << AddressText(value);
    EXPECT_TRUE(BlockHolds(value, again)) << text;
  }
}

}  // namespace
}  // namespace writ
