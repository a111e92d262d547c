// SPDX-License-Identifier: Apache-2.0
// Requests and patterns made to be slow. What bounds them is the step budget,
// which texts of a request take from by their length, so none of these tests
// needs a clock: without the bound they would not end.
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/authz/policy_set.h"

namespace writ::testing {
namespace {

constexpr size_t kMegabyte = size_t{1} << 20;

std::string Statement(std::string_view resource) {
  return R"({"Effect":"Allow","Action":"*","Resource":[)" +
         std::string(resource) + "]}";
}

TEST(HostileRequest, ManyStatementsOnALongResourceEndInADeny) {
  // No pattern covers another, and each must be matched as a whole: the text
  // has what leads to it.
  std::string patterns;
  for (int i = 1000; i < 2000; ++i) {
    patterns += (i > 1000 ? ",\"" : "\"") + std::string("acs:oss:*:*:*aaaaa*") +
                std::to_string(i) + "*b\"";
  }
  PolicySet set;
  set.Identity(Statement(patterns));
  const std::string resource =
      "acs:oss:r:1000000000000001:" + std::string(kMegabyte, 'a') + "b";
  EXPECT_EQ(Show(set.Decide({.resources = {resource}})),
            "IMPLICIT_DENY default step-limit");
  EXPECT_TRUE(
      set.Decide({.resources = {"acs:oss:r:1000000000000001:aaaaa1007b"}})
          .allowed());
}

TEST(HostileRequest, PatternsOfManyStarsAnswerAtOnce) {
  PolicySet set;
  set.Identity(Statement(R"("acs:fc:*:*:a*a*a*a*b")"));
  const std::string all_a =
      "acs:fc:r:1000000000000001:" + std::string(kMegabyte, 'a');
  EXPECT_EQ(Show(set.Decide({.resources = {all_a}})),
            "IMPLICIT_DENY default no-match");
  EXPECT_TRUE(set.Decide({.resources = {all_a + "b"}}).allowed());
}

TEST(HostileRequest, LongValuesTakeStepsForTheirLength) {
  std::string operands;
  for (int i = 0; i < 400; ++i) {
    operands += (i > 0 ? ",\"*x" : "\"*x") + std::to_string(i) + '"';
  }
  PolicySet set;
  set.Identity(R"({"Effect":"Allow","Action":"*","Resource":"*"})");
  set.Identity(R"({"Effect":"Deny","Action":"*","Resource":"*","Condition":)"
               R"({"StringLike":{"d:k":[)" +
               operands + "]}}}");
  const std::string value(kMegabyte, 'y');
  EXPECT_EQ(Show(set.Decide({.context = {{"d:k", {value}}}})),
            "IMPLICIT_DENY default step-limit");
  EXPECT_TRUE(set.Decide({.context = {{"d:k", {"y"}}}}).allowed());
}

TEST(HostileRequest, AThousandValuesOfAKeyAreRanked) {
  // Of several keys: more values than there is room for.
  PolicySet set;
  set.Identity(R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":)"
               R"({"NumericLessThan":{"d:a":"5","d:b":"5"},)"
               R"("StringEquals":{"d:c":"z"}}})");
  std::vector<std::string_view> numbers(1000, "7");
  std::vector<std::string_view> few(40, "7");
  std::vector<std::string_view> texts(40, "y");
  Ask ask;
  ask.context = {{"d:a", numbers}, {"d:b", few}, {"d:c", texts}};
  EXPECT_EQ(Show(set.Decide(ask)), "IMPLICIT_DENY default no-match");
  ask.context[0].second.back() = "4.5";
  ask.context[1].second.back() = "4";
  EXPECT_EQ(Show(set.Decide(ask)), "IMPLICIT_DENY default no-match");
  ask.context[2].second.back() = "z";
  EXPECT_TRUE(set.Decide(ask).allowed());
  ask.context[0].second.front() = "x";
  EXPECT_EQ(Show(set.Decide(ask)), "IMPLICIT_DENY default unreadable-value");
}

TEST(HostileRequest, AThousandKeysAreToldApart) {
  PolicySet set;
  set.Identity(R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":)"
               R"({"StringEquals":{"d:key999":"v"}}})");
  std::vector<std::string> keys;
  for (int i = 0; i < 1000; ++i) keys.push_back("d:Key" + std::to_string(i));
  Ask ask;
  for (const std::string& key : keys) ask.context.push_back({key, {"v"}});
  EXPECT_TRUE(set.Decide(ask).allowed());
  // Two spellings of one key, wherever they stand (R10).
  keys.push_back("D:kEY7");
  ask.context[500].first = keys.back();
  Decision decision;
  EXPECT_EQ(set.TryDecide(ask, &decision).code(), StatusCode::kInvalidArgument);
  EXPECT_FALSE(decision.allowed());
  // Behind a slash case counts.
  keys.back() = "d:Key7/a";
  ask.context[500].first = keys.back();
  ask.context[501].first = "d:Key7/A";
  EXPECT_TRUE(set.TryDecide(ask, &decision).ok());
  ask.context[501].first = "D:key7/a";
  EXPECT_FALSE(set.TryDecide(ask, &decision).ok());
}

TEST(HostileRequest, StatementsFoundByManyPatternsAreCountedOnce) {
  PolicySet set;
  std::string statements;
  for (int i = 0; i < 30; ++i) {
    statements += std::string(i > 0 ? "," : "") +
                  R"({"Effect":"Allow","Action":"fc:*","Resource":[)"
                  R"("acs:fc:*:*:functions/w*","acs:fc:*:*:functions/*b",)"
                  R"("acs:fc:cn-hangzhou:*:*e*"]})";
  }
  set.Identity(statements);
  const Decision decision = set.Decide({});
  EXPECT_TRUE(decision.allowed());
  EXPECT_EQ(decision.statement_count, 30u);
  for (uint32_t i = 0; i < kMaxDeterminingStatements; ++i) {
    EXPECT_EQ(decision.statements[i], (StatementRef{0, i}));
  }
}

TEST(HostileRequest, AnActionOfAMegabyteIsReadOnce) {
  PolicySet set;
  set.Identity(R"({"Effect":"Allow","Action":"fc:*z","Resource":"*"})");
  const std::string action = "fc:" + std::string(kMegabyte, 'Q');
  EXPECT_FALSE(set.Decide({.action = action}).allowed());
  EXPECT_TRUE(set.Decide({.action = action + "Z"}).allowed());
}

}  // namespace
}  // namespace writ::testing
