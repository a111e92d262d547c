// SPDX-License-Identifier: Apache-2.0
#include "lint/agreement.h"

#include <gtest/gtest.h>

#include <string>

#include "lint/policy_file.h"

namespace writ {
namespace {

Agreement Compare(const std::string& before, const std::string& after,
                  ast::PolicyKind kind) {
  PolicyFile files[] = {ParsePolicyText("a.json", before),
                        ParsePolicyText("b.json", after)};
  for (PolicyFile& file : files) {
    CheckFile(kind, &file);
    EXPECT_TRUE(file.parsed && !file.diagnostics.has_errors())
        << file.source.text();
  }
  const Result<Agreement> agreement = CompareDecisions(
      files[0].content.policies[0], files[1].content.policies[0], kind);
  EXPECT_TRUE(agreement.ok());
  return agreement.ok() ? *agreement : Agreement();
}

std::string Policy(const std::string& statements) {
  return R"({"Version":"1","Statement":[)" + statements + "]}";
}

std::string Identity(const std::string& rest) {
  return Policy(R"({"Effect":"Allow",)" + rest + "}");
}

struct Change {
  const char* before;
  const char* after;
};

TEST(AgreementTest, EveryPartOfAStatementIsReached) {
  const Change changes[] = {
      {R"("Action":["a:b","c:d"],"Resource":"*")",
       R"("Action":["a:b"],"Resource":"*")"},
      {R"("Action":"a:b*","Resource":"*")", R"("Action":"a:b","Resource":"*")"},
      {R"("Action":"a:b?","Resource":"*")",
       R"("Action":"a:b*","Resource":"*")"},
      {R"("NotAction":["a:b","a:c"],"Resource":"*")",
       R"("NotAction":"a:b","Resource":"*")"},
      {R"("Action":"*","Resource":"*")",
       R"("Action":"*","Resource":"acs:*:*:*:*")"},
      {R"("Action":"*","Resource":"acs:ram:*:*:role/a")",
       R"("Action":"*","Resource":"acs:ram:*:*:user/a")"},
      {R"("Action":"*","Resource":"acs:oss:*:*:a")",
       R"("Action":"*","Resource":"acs:oss:*:*:A")"},
      {R"("Action":"*","Resource":"*","Condition":{"StringEquals":{"a:b":"x"}})",
       R"("Action":"*","Resource":"*")"},
      {R"("Action":"*","Resource":"*","Condition":{"StringEquals":{"a:b":"x"}})",
       R"("Action":"*","Resource":"*",
          "Condition":{"StringEqualsIgnoreCase":{"a:b":"x"}})"},
      {R"("Action":"*","Resource":"*","Condition":{"StringLike":{"a:b":"*"}})",
       R"("Action":"*","Resource":"*")"},
      {R"("Action":"*","Resource":"*",
          "Condition":{"StringLike":{"a:b":["x*","y"]}})",
       R"("Action":"*","Resource":"*","Condition":{"StringLike":{"a:b":"x*"}})"},
      {R"("Action":"*","Resource":"*",
          "Condition":{"NumericLessThan":{"a:b":"5"}})",
       R"("Action":"*","Resource":"*",
          "Condition":{"NumericLessThanEquals":{"a:b":"5"}})"},
      {R"("Action":"*","Resource":"*",
          "Condition":{"DateLessThan":{"a:b":"2026-01-01T00:00:00Z"}})",
       R"("Action":"*","Resource":"*",
          "Condition":{"DateLessThan":{"a:b":"2026-01-01T00:00:00.000000001Z"}})"},
      {R"("Action":"*","Resource":"*",
          "Condition":{"IpAddress":{"acs:SourceIp":"10.0.0.0/8"}})",
       R"("Action":"*","Resource":"*",
          "Condition":{"IpAddress":{"acs:SourceIp":"10.0.0.0/9"}})"},
      {R"("Action":"*","Resource":"*",
          "Condition":{"NotIpAddress":{"acs:SourceIp":"10.0.0.0/8"}})",
       R"("Action":"*","Resource":"*",
          "Condition":{"NotIpAddress":{"acs:SourceIp":["10.0.0.0/8","11.0.0.1"]}})"},
      {R"("Action":"*","Resource":"*","Condition":{"Bool":{"a:b":"true"}})",
       R"("Action":"*","Resource":"*",
          "Condition":{"StringEqualsIgnoreCase":{"a:b":"true"}})"},
      {R"("Action":"*","Resource":"*",
          "Condition":{"StringNotEquals":{"a:b":"x"}})",
       R"("Action":"*","Resource":"*",
          "Condition":{"StringNotEquals":{"a:b":["x","y"]}})"},
  };
  for (const Change& change : changes) {
    EXPECT_TRUE(Compare(Identity(change.before), Identity(change.before),
                        ast::PolicyKind::kIdentity)
                    .same);
    const Agreement there =
        Compare(Identity(change.before), Identity(change.after),
                ast::PolicyKind::kIdentity);
    EXPECT_FALSE(there.same) << change.before << " and " << change.after;
    EXPECT_TRUE(there.witness.has_value());
    EXPECT_FALSE(Compare(Identity(change.after), Identity(change.before),
                         ast::PolicyKind::kIdentity)
                     .same);
  }
}

TEST(AgreementTest, AnExplicitDenyIsNotAnImplicitOne) {
  const std::string allow =
      R"({"Effect":"Allow","Action":"a:b","Resource":"*"})";
  const std::string deny = R"({"Effect":"Deny","Action":"c:d","Resource":"*"})";
  EXPECT_FALSE(Compare(Policy(allow + "," + deny), Policy(allow),
                       ast::PolicyKind::kControl)
                   .same);
}

TEST(AgreementTest, ReorderedAndRepeatedStatementsAgree) {
  const std::string one = R"({"Effect":"Allow","Action":"a:b","Resource":"*"})";
  const std::string two = R"({"Effect":"Deny","Action":"c:*","Resource":"*"})";
  const Agreement same =
      Compare(Policy(one + "," + two), Policy(two + "," + one + "," + two),
              ast::PolicyKind::kSession);
  EXPECT_TRUE(same.same);
  EXPECT_GT(same.requests, 50U);
}

TEST(AgreementTest, PrincipalsOfTrustPoliciesAreReached) {
  const auto trust = [](const std::string& principal) {
    return Policy(
        R"({"Effect":"Allow","Action":"sts:AssumeRole","Principal":)" +
        principal + "}");
  };
  const Change changes[] = {
      {R"({"RAM":["acs:ram::1:root","acs:ram::2:user/a"]})",
       R"({"RAM":["acs:ram::1:root"]})"},
      {R"({"RAM":"acs:ram::1:role/a"})", R"({"RAM":"acs:ram::1:role/a/s"})"},
      {R"({"RAM":"acs:ram::1:root"})", R"({"RAM":"acs:ram::1:user/alice"})"},
      {R"({"Service":["fc.aliyuncs.com","ecs.aliyuncs.com"]})",
       R"({"Service":"fc.aliyuncs.com"})"},
      {R"({"RAM":"acs:ram::1:root","Federated":"acs:ram::1:saml-provider/p"})",
       R"({"RAM":"acs:ram::1:root"})"},
  };
  for (const Change& change : changes) {
    EXPECT_FALSE(Compare(trust(change.before), trust(change.after),
                         ast::PolicyKind::kTrust)
                     .same)
        << change.before;
  }
  EXPECT_TRUE(
      Compare(trust(R"({"RAM":["acs:ram::1:root","acs:ram::1:role/R"]})"),
              trust(R"({"RAM":["acs:ram::1:root"]})"), ast::PolicyKind::kTrust)
          .same);
}

TEST(AgreementTest, PrincipalsOfResourcePoliciesAreReached) {
  const auto bucket = [](const std::string& principal) {
    return Policy(
        R"({"Effect":"Allow","Action":"oss:*","Resource":"*","Principal":)" +
        principal + "}");
  };
  EXPECT_FALSE(Compare(bucket(R"(["*"])"), bucket(R"(["27"])"),
                       ast::PolicyKind::kResource)
                   .same);
  EXPECT_FALSE(Compare(bucket(R"(["27","28"])"), bucket(R"(["28"])"),
                       ast::PolicyKind::kResource)
                   .same);
  EXPECT_TRUE(
      Compare(bucket("[]"), bucket(R"(["*"])"), ast::PolicyKind::kResource)
          .same);
}

TEST(AgreementTest, AskingTwiceGivesTheSameRequests) {
  const PolicyFile file = ParsePolicyText(
      "a.json",
      Identity(R"("Action":["a:*","c:d?"],"Resource":"acs:*:*:*:x*")"));
  const ast::Policy* const policies[] = {&file.content.policies[0]};
  const auto once = SampleRequests(policies, ast::PolicyKind::kIdentity, 500);
  const auto twice = SampleRequests(policies, ast::PolicyKind::kIdentity, 500);
  ASSERT_EQ(once.size(), twice.size());
  EXPECT_LE(once.size(), 500U);
  for (size_t i = 0; i < once.size(); ++i) {
    EXPECT_EQ(once[i].action, twice[i].action);
    EXPECT_EQ(once[i].resource, twice[i].resource);
  }
}

}  // namespace
}  // namespace writ
