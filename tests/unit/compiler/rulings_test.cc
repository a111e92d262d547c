// SPDX-License-Identifier: Apache-2.0
#include "compiler/rulings.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "authz/program/program.h"
#include "grammar/parse_json.h"

namespace writ {
namespace {

ast::Policy Parse(const std::string& statements) {
  const SourceText source(
      "policy", R"({"Version":"1","Statement":[)" + statements + "]}");
  Diagnostics diagnostics;
  auto policy = ParseJsonPolicy(source, &diagnostics);
  EXPECT_TRUE(policy.has_value());
  return policy ? *std::move(policy) : ast::Policy{};
}

// "0:14 0:20 0/0.0:1": statement, operator and test, ruling.
std::string Uses(const std::string& statements, ast::PolicyKind kind) {
  std::string text;
  for (const RulingUse& use : RulingsOf(Parse(statements), kind)) {
    EXPECT_NE(FindRuling(use.ruling), nullptr) << use.ruling;
    if (!text.empty()) text += " ";
    text += std::to_string(use.statement);
    if (use.test) {
      text += "/" + std::to_string(use.test->op) + "." +
              std::to_string(use.test->test);
    }
    text += ":" + std::to_string(use.ruling);
  }
  return text;
}

std::string Identity(const std::string& statements) {
  return Uses(statements, ast::PolicyKind::kIdentity);
}

std::string WithCondition(const std::string& condition) {
  return Identity(
      R"({"Effect":"Allow","Action":"fc:A","Resource":"*","Condition":)" +
      condition + "}");
}

TEST(Rulings, PlainStatementRestsOnNone) {
  EXPECT_EQ(Identity(R"({"Effect":"Allow","Action":["fc:Get*"],)"
                     R"("Resource":["acs:fc:*:1:functions/*"]})"),
            "");
  EXPECT_EQ(WithCondition(R"({"StringEquals":{"acs:x":"a"}})"), "");
}

TEST(Rulings, StatementsShowThemInTheirTargets) {
  EXPECT_EQ(Identity(R"({"Effect":"Allow","Action":"fc:A","Sid":"s",)"
                     R"("NotResource":"acs:ram:*:1:role/a?"})"),
            "0:11 0:13 0:14 0:20 0:42");
  EXPECT_EQ(Identity(R"({"Effect":"Allow","Action":"fc:A",)"
                     R"("NotResource":["*"]})"),
            "0:14");
  EXPECT_EQ(Identity(R"({"Effect":"Allow","Action":"fc:A",)"
                     R"("Resource":["acs:o*s:*:*:b/${u}","acs:*:*:*:*"]})"),
            "0:19 0:20 0:22");
  EXPECT_EQ(Identity(R"({"Effect":"Deny","Action":"oss:*",)"
                     R"("Resource":"acs:oss:*:*:b/*"})"),
            "0:28");
}

TEST(Rulings, TestsShowThemInOperatorsAndValues) {
  EXPECT_EQ(WithCondition(R"({"StringNotEquals":{"acs:Tag/a":[]}})"),
            "0/0.0:1 0/0.0:2 0/0.0:10 0/0.0:18");
  EXPECT_EQ(WithCondition(R"({"IpAddress":{"acs:SourceIp":"10.0.0.1/32"}})"),
            "0/0.0:7 0/0.0:39");
  EXPECT_EQ(WithCondition(R"({"NotIpAddressIncludeBorder":{"acs:SourceIp":)"
                          R"(["10.0.0.0/8","fc00::/7"]}})"),
            "0/0.0:1 0/0.0:2 0/0.0:6 0/0.0:8 0/0.0:9 0/0.0:39");
  EXPECT_EQ(WithCondition(R"({"Bool":{"acs:MFAPresent":true},)"
                          R"("NumericEquals":{"x:n":1.5}})"),
            "0/0.0:24 0/0.0:39 0/1.0:24 0/1.0:39 0/1.0:44");
  EXPECT_EQ(
      WithCondition(R"({"Bool":{"acs:MFAPresent":"TRUE"},)"
                    R"("DateLessThan":{"x:d":"2026-01-01T00:00:00.5Z"}})"),
      "0/0.0:25 0/0.0:39 0/1.0:27 0/1.0:39");
  EXPECT_EQ(WithCondition(R"({"StringLike":{"x:a":"\\*${a}"}})"),
            "0/0.0:22 0/0.0:23");
}

TEST(Rulings, KindsAndPrincipalsShowThem) {
  EXPECT_EQ(Uses(R"({"Effect":"Deny","Action":"*","Resource":"*"})",
                 ast::PolicyKind::kControl),
            "0:29");
  EXPECT_EQ(
      Uses(
          R"({"Effect":"Deny","Action":"sts:AssumeRole","Principal":)"
          R"({"Service":["fc.aliyuncs.com"],"Federated":["acs:ram::1:saml-provider/p"]}})",
          ast::PolicyKind::kTrust),
      "0:31 0:32 0:38");
  EXPECT_EQ(Uses(R"({"Effect":"Allow","Action":"oss:*","Resource":"*",)"
                 R"("Principal":["123","45:s","acs:ram::1:role/r"]})",
                 ast::PolicyKind::kResource),
            "0:33 0:45");
  EXPECT_EQ(Uses(R"({"Effect":"Deny","Action":"oss:*","Resource":"*",)"
                 R"("Principal":[]})",
                 ast::PolicyKind::kResource),
            "0:18 0:32 0:45");
}

TEST(Rulings, ProgramTagsTheAtomsOfItsTests) {
  const ast::Policy policy = Parse(
      R"({"Effect":"Allow","Action":"fc:A","Resource":"*"},)"
      R"({"Effect":"Allow","Action":"fc:A","Sid":"s","Resource":"*","Condition":)"
      R"({"StringLike":{"x:a":"a*"},"StringNotEquals":{"x:b":"b"}}})");
  const PolicyInput input = {&policy, ast::PolicyKind::kIdentity};
  Result<std::string> image = CompileProgram({&input, 1});
  ASSERT_TRUE(image.ok());
  const auto program = Program::Load(*std::move(image));
  ASSERT_TRUE(program.ok()) << program.status().ToString();
  const ProgramView& view = program.value()->view();
  ASSERT_EQ(view.rulings.size(), 3u);
  EXPECT_EQ(view.rulings[0].statement, 1u);
  EXPECT_EQ(view.rulings[0].ruling, 13u);
  EXPECT_EQ(view.rulings[0].atom, kNoIndex);
  for (const uint32_t i : {1u, 2u}) {
    const RulingTag tag = view.rulings[i];
    EXPECT_EQ(tag.statement, 1u);
    EXPECT_EQ(tag.ruling, i);
    ASSERT_LT(tag.atom, view.atoms.size());
    EXPECT_EQ(view.Text(view.keys[view.atoms[tag.atom].key].text), "x:b");
  }
}

TEST(Rulings, ProgramWithoutIndexHasNoTags) {
  const ast::Policy policy =
      Parse(R"({"Effect":"Allow","Action":"fc:A","Sid":"s","Resource":"*"})");
  const PolicyInput input = {&policy, ast::PolicyKind::kIdentity};
  Result<std::string> image =
      CompileProgram({&input, 1}, {.passes = PassSet::None()});
  ASSERT_TRUE(image.ok());
  const auto program = Program::Load(*std::move(image));
  ASSERT_TRUE(program.ok());
  EXPECT_EQ(program.value()->view().rulings.size(), 0u);
}

}  // namespace
}  // namespace writ
