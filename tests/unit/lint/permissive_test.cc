// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/unit/lint/lint_findings.h"

namespace writ::testing {
namespace {

std::string Codes(const std::string& statements, LintOptions options = {}) {
  const LintFindings found(Identity(statements),
                           {LintPermissive, LintEscalation},
                           std::move(options));
  EXPECT_TRUE(found.valid()) << statements;
  return found.Codes();
}

TEST(Permissive, EverythingIsOneFinding) {
  EXPECT_EQ(Codes("allow * on *;"), "W-PER-001");
  EXPECT_EQ(Codes("allow [*:*, oss:GetObject, ram:PassRole] on *;"),
            "W-PER-001");
  EXPECT_EQ(Codes("allow * on * when acs:MFAPresent is true;"), "W-PER-001");
}

TEST(Permissive, EverythingButWhatIsAskedOnStarIsEverything) {
  EXPECT_EQ(Codes("allow * on acs:*:*:*:*;"), "W-PER-001");
}

TEST(Permissive, EverythingInOneRegionIsNotEverything) {
  EXPECT_EQ(Codes("allow * on acs:ecs:cn-qingdao:*:instance/*;"), "");
}

TEST(Permissive, AWholeServiceSilencesWhatItIsPartOf) {
  // Of itself `oss:*` reads data, exposes buckets and can be limited.
  EXPECT_EQ(Codes("allow oss:* on *;"), "W-PER-002");
  EXPECT_EQ(Codes("allow oss:* on acs:oss:*:*:*;"), "W-PER-002");
  EXPECT_EQ(Codes("allow [oss:*, kms:*, fc:*] on *;"), "W-PER-002");
  EXPECT_EQ(Codes("allow oss:* on *; allow kms:* on *;"),
            "W-PER-002 W-PER-002");
}

TEST(Permissive, AllOfWhatIsNamedIsFine) {
  EXPECT_EQ(Codes("allow oss:* on [acs:oss:*:*:a, acs:oss:*:*:a/*];"), "");
  EXPECT_EQ(Codes("allow ecs:* on acs:ecs:*:*:instance/i-a1;"), "");
}

TEST(Permissive, AConditionThatChoosesResourcesNarrows) {
  EXPECT_EQ(Codes("allow ecs:* on * when ecs:tag/team == \"dev\";"), "");
  EXPECT_EQ(Codes("allow ecs:* on * when ecs:tag/team != \"dev\";"),
            "W-PER-002");
  EXPECT_EQ(Codes("allow ecs:* on * when ecs:tag/team like \"*\";"),
            "W-PER-002");
}

TEST(Permissive, AnActionIsReportedAsTheWorstThatItIs) {
  // Exposes, is sensitive and could be limited.
  EXPECT_EQ(
      Codes("allow oss:PutBucketPolicy on * when acs:MFAPresent is true;"),
      "W-PER-014");
  EXPECT_EQ(Codes("allow oss:GetObject on *;"), "W-PER-008");
  // Reaches changes and content.
  EXPECT_EQ(Codes("allow oss:*Object* on *;"), "W-PER-007");
}

TEST(Permissive, ReadingEverythingIsOneFindingAboutContent) {
  const LintFindings found(
      Identity("allow [*:Describe*, *:List*, *:Get*] on *;"), {LintPermissive});
  EXPECT_EQ(found.Codes(), "W-PER-008");
  EXPECT_EQ(found.TextAt(found.all()[0]), "*:Get*");
  EXPECT_NE(found.all()[0].label.find("includes `"), std::string::npos);
}

TEST(Permissive, ListingOnStarIsFine) {
  EXPECT_EQ(Codes("allow [fc:ListFunctions, ecs:Describe*] on *;"), "");
}

TEST(Permissive, ADenyIsNeverTooWide) {
  EXPECT_EQ(Codes("deny * on *; deny oss:* on acs:oss:*:*:*;"
                  "deny all except ram:* on all except acs:oss:*:*:a;"
                  "deny ram:PassRole on * when acs:SourceIp within 0.0.0.0/0;"),
            "");
}

TEST(Permissive, ControlAndSessionPoliciesGrantNothing) {
  for (const std::string kind : {"control", "session"}) {
    const LintFindings found(
        "writ 1;\npolicy p " + kind +
            " {\n allow * on *; allow oss:* on *; allow sts:AssumeRole on *; "
            "}\n",
        {LintPermissive, LintEscalation, LintTrust});
    EXPECT_TRUE(found.valid());
    EXPECT_EQ(found.Codes(), "") << kind;
  }
}

TEST(Permissive, ThePlaceOfTheStarIsTheCause) {
  const LintFindings found(
      "{\"Version\": \"1\", \"Statement\": [{\"Effect\": \"Allow\", "
      "\"Action\": [\"fc:ListFunctions\", \"fc:InvokeFunction\"], "
      "\"Resource\": [\"acs:fc:*:*:functions/a\", \"*\"]}]}",
      {LintPermissive});
  ASSERT_EQ(found.Codes(), "W-PER-003");
  const Diagnostic& finding = found.all()[0];
  EXPECT_EQ(finding.pointer, "/Statement/0/Resource/1");
  EXPECT_EQ(found.TextAt(finding), "\"*\"");
  ASSERT_EQ(finding.others.size(), 1u);
  EXPECT_EQ(finding.help,
            "name the resources, in the shape of "
            "`acs:fc:*:*:functions/*`");
}

TEST(Permissive, AGuardInTheSamePolicyIsASecondFactor) {
  const std::string allow =
      "allow kms:ScheduleKeyDeletion on acs:kms:*:*:key/a;";
  EXPECT_EQ(Codes(allow), "W-PER-012");
  EXPECT_EQ(Codes(allow + "deny kms:* on * when acs:MFAPresent is false;"), "");
  EXPECT_EQ(Codes(allow + "deny oss:* on * when acs:MFAPresent is false;"),
            "W-PER-012");
  EXPECT_EQ(Codes("allow kms:ScheduleKeyDeletion on acs:kms:*:*:key/a "
                  "when acs:MFAPresent is false;"),
            "W-PER-012");
}

TEST(Permissive, TheConfigurationSaysWhatIsSensitive) {
  LintOptions options;
  options.sensitive_actions = {"fc:Delete*"};
  EXPECT_EQ(
      Codes("allow fc:DeleteFunction on acs:fc:*:*:functions/a;", options),
      "W-PER-012");
  EXPECT_EQ(Codes("allow fc:DeleteFunction on acs:fc:*:*:functions/a;"), "");
}

TEST(Permissive, TheConfigurationSaysWhatIsAWideNetwork) {
  const std::string statement =
      "allow oss:GetObject on acs:oss:*:*:a/* when acs:SourceIp within "
      "[10.0.0.0/8, 8.0.0.0/7];";
  const LintFindings found(Identity(statement), {LintPermissive});
  ASSERT_EQ(found.Codes(), "W-PER-013");
  EXPECT_EQ(found.TextAt(found.all()[0]), "8.0.0.0/7");
  LintOptions options;
  options.shortest_ipv4_prefix = 16;
  EXPECT_EQ(Codes(statement, options), "W-PER-013 W-PER-013");
}

TEST(Permissive, EveryFindingSaysMoreThanItsMessage) {
  const std::string statements =
      "allow * on *; allow oss:* on *; allow fc:InvokeFunction on *;"
      "allow oss:ListObjects on acs:oss:*:*:*; allow all except ram:* on *;"
      "allow oss:GetObject on all except acs:oss:*:*:a/*;"
      "allow ecs:*SecurityGroup* on *; allow kms:GetSecretValue on *;"
      "allow ram:CreateAccessKey on acs:ram:*:*:user/a-*;"
      "allow kms:DisableKey on acs:kms:*:*:key/a;"
      "allow oss:PutBucketAcl on *; allow actiontrail:StopLogging on *;";
  const LintFindings found(Identity(statements), {LintPermissive});
  EXPECT_GE(found.all().size(), 12u) << found.Codes();
  for (const Diagnostic& finding : found.all()) {
    EXPECT_FALSE(finding.notes.empty() && finding.label.empty() &&
                 finding.others.empty())
        << finding.message;
    EXPECT_FALSE(finding.help.empty()) << finding.message;
  }
}

TEST(Permissive, ManyPatternsAreJudgedInBoundedTime) {
  std::string text = "{\"Version\": \"1\", \"Statement\": [";
  for (int i = 0; i < 20000; ++i) {
    if (i > 0) text += ',';
    text += "{\"Effect\": \"Allow\", \"Action\": \"*:*" + std::to_string(i) +
            "*\", \"Resource\": \"acs:oss:*:*:a" + std::to_string(i) + "*\"}";
  }
  text += "]}";
  const auto begin = std::chrono::steady_clock::now();
  const LintFindings found(text, {LintPermissive, LintEscalation});
  const auto spent = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(found.Codes(), "");
  EXPECT_LT(spent, std::chrono::seconds(20));
}

}  // namespace
}  // namespace writ::testing
