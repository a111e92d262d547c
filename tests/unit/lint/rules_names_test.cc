// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lint/lint.h"
#include "lint/name_fixes.h"
#include "lint/names.h"
#include "lint/policy_file.h"

namespace writ {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// What the group finds in a text, a line each: code and message.
std::string Found(const std::string& name, const std::string& text,
                  const Catalogue& catalogue = Catalogue::BuiltIn()) {
  PolicyFile file = ParsePolicyText(name, text);
  CheckFile(std::nullopt, &file);
  EXPECT_FALSE(file.diagnostics.has_errors());
  const LintOptions options;
  Diagnostics found;
  for (size_t i = 0; i < file.content.policies.size(); ++i) {
    LintNames(
        {file, file.content.policies[i], file.kinds[i], catalogue, options},
        &found);
  }
  std::string lines;
  for (const Diagnostic& finding : found.all()) {
    lines +=
        std::string(InfoOf(finding.id).code) + " " + finding.message + "\n";
  }
  return lines;
}

TEST(ShapeReachesTest, ANameHoldsNoSlashAndAPathAny) {
  const std::string_view bucket = "acs:oss:*:*:*";
  const std::string_view object = "acs:oss:*:*:*/**";
  EXPECT_TRUE(ShapeReaches(bucket, "acs:oss:*:*:photos"));
  EXPECT_TRUE(ShapeReaches(bucket, "acs:oss:*:*:photos*"));
  EXPECT_TRUE(ShapeReaches(bucket, "acs:oss:*:*:*"));
  EXPECT_TRUE(ShapeReaches(bucket, "*"));
  EXPECT_FALSE(ShapeReaches(bucket, "acs:oss:*:*:photos/*"));
  EXPECT_FALSE(ShapeReaches(bucket, "acs:oss:*:*:*/*"));
  EXPECT_TRUE(ShapeReaches(object, "acs:oss:*:*:photos/*"));
  EXPECT_TRUE(ShapeReaches(object, "acs:oss:*:*:photos/2026/a.jpg"));
  EXPECT_TRUE(ShapeReaches(object, "acs:oss:*:*:photos?a"));
  EXPECT_TRUE(ShapeReaches(object, "acs:oss:*:*:photos*"));
  EXPECT_FALSE(ShapeReaches(object, "acs:oss:*:*:photos"));
}

TEST(ShapeReachesTest, LettersBetweenNamesMustBeThere) {
  const std::string_view trigger = "acs:fc:*:*:functions/*/triggers/*";
  EXPECT_TRUE(
      ShapeReaches(trigger, "acs:fc:cn-hangzhou:1:functions/f/triggers/t"));
  EXPECT_TRUE(ShapeReaches(trigger, "acs:fc:*:*:functions/*"));
  EXPECT_TRUE(ShapeReaches(trigger, "acs:fc:*:*:*/t"));
  EXPECT_TRUE(ShapeReaches(trigger, "acs:fc:*:*:FUNCTIONS/f/*"));
  EXPECT_FALSE(ShapeReaches(trigger, "acs:fc:*:*:functions/f/t"));
  EXPECT_FALSE(ShapeReaches(trigger, "acs:fc:*:*:functions/f/aliases/*"));
  EXPECT_FALSE(ShapeReaches(trigger, "acs:fc:*:*:"));
}

TEST(ShapeReachesTest, SegmentsBeforeTheNameMustMeet) {
  const std::string_view role = "acs:ram:*:*:role/*";
  EXPECT_TRUE(ShapeReaches(role, "acs:ram::1000000000000001:role/app"));
  EXPECT_TRUE(ShapeReaches(role, "acs:*:*cn-beijing*:*:*"));
  EXPECT_FALSE(ShapeReaches(role, "acs:oss:*:*:role/app"));
  EXPECT_FALSE(ShapeReaches(role, "acs:r?m2:*:*:role/app"));
}

TEST(LintNamesTest, AServiceIsReportedOncePerPolicy) {
  const std::string text = R"(
policy a identity { allow [os:Get, os:Put] on *; deny os:Delete on *; }
policy b identity { allow os:Get on *; }
)";
  EXPECT_EQ(Found("a.writ", text),
            "W-TYP-002 no service is known as `os`\n"
            "W-TYP-002 no service is known as `os`\n");
}

TEST(LintNamesTest, AFileOfOnesOwnIsBelieved) {
  const SourceText photos("photos.json", R"({"version": 1,
    "service": "photos", "title": "Photo Albums", "actions_are_complete": true,
    "resources": {"album": "acs:photos:*:*:album/*"},
    "actions": {"GetAlbum": {"access": "read", "resources": ["album"]}}})");
  const Result<Catalogue> mine = Catalogue::WithFiles({&photos, 1});
  ASSERT_TRUE(mine.ok());
  const std::string text =
      "policy p identity { allow photos:GetAlbum on acs:photos:*:*:x; }";
  EXPECT_EQ(Found("p.writ", text),
            "W-TYP-002 no service is known as "
            "`photos`\n");
  EXPECT_EQ(Found("p.writ", text, *mine),
            "W-TYP-011 `photos:GetAlbum` works on `acs:photos:*:*:album/NAME`, "
            "and the statement names no such resource\n");
}

TEST(LintNamesTest, ATextThatSeveralStatementsShareIsJudgedOnce) {
  PolicyFile file = ParsePolicyText(
      "a.writ", "policy a identity { allow oss:GetObjects on *; }");
  CheckFile(std::nullopt, &file);
  // As a set or a template does.
  ast::Policy& policy = file.content.policies.front();
  policy.statements.push_back(policy.statements.front());
  const LintOptions options;
  Diagnostics found;
  LintNames({file, policy, file.kinds[0], Catalogue::BuiltIn(), options},
            &found);
  ASSERT_EQ(found.all().size(), 1u);
  EXPECT_EQ(found.all()[0].message,
            "Object Storage Service has no action `GetObjects`");
}

TEST(LintNamesTest, ManyUnknownNamesTakeBoundedTime) {
  std::string text =
      "{\"Version\": \"1\", \"Statement\": [{\"Effect\": \"Allow\", "
      "\"Resource\": \"*\", \"Action\": [\"oss:GetObject\"";
  for (int i = 0; i < 300; ++i) {
    text += ", \"ecs:Frob" + std::to_string(i) + "*\"";
  }
  EXPECT_THAT(Found("a.ram.json", text + "]}]}"),
              AllOf(HasSubstr("`ecs:Frob0*` matches no action"),
                    Not(HasSubstr("`ecs:Frob250*`"))));
}

}  // namespace
}  // namespace writ
