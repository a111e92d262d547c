// SPDX-License-Identifier: Apache-2.0
// What BuildDirectory refuses, and how it says so.
#include "directory/findings.h"

#include <string>
#include <string_view>

#include "base/limits.h"
#include "gtest/gtest.h"
#include "tests/unit/directory/directory_folder.h"

namespace writ {
namespace {

class DirectoryFindingsTest : public ::testing::Test {
 protected:
  DirectoryFindingsTest() { folder_.WriteExample(); }

  // The findings after one change of the example; `from` stands in it.
  std::string After(std::string_view from, std::string_view to) {
    std::string text(kDirectory);
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    if (at != std::string::npos) text.replace(at, from.size(), to);
    folder_.Write("directory.json", text);
    return folder_.Findings();
  }

  DirectoryFolder folder_;
};

#define EXPECT_SAYS(text, what) \
  EXPECT_NE((text).find(what), std::string::npos) << (text)

TEST_F(DirectoryFindingsTest, TheExampleHasNone) {
  EXPECT_EQ(folder_.Findings(), "");
}

TEST_F(DirectoryFindingsTest, NamesUnknownMembersAndWhatWasMeant) {
  EXPECT_SAYS(After("\"roles\"", "\"rolls\""), "did you mean `roles`?");
  EXPECT_SAYS(After("\"roles\"", "\"rolls\""), "/accounts/1001/rolls: ");
  EXPECT_SAYS(After("\"roles\"", "\"zzzzzzzzz\""), "there are `management`");
  EXPECT_SAYS(After("\"serviceLinked\"", "\"servicelinked\""),
              "did you mean `serviceLinked`?");
  EXPECT_SAYS(After("\"resourceGroup\": \"rg-studio\"}\n          ]",
                    "\"resourcegroup\": \"rg-studio\"}\n          ]"),
              "/accounts/1001/users/ada/policies/1/resourcegroup: ");
}

TEST_F(DirectoryFindingsTest, SaysLineAndColumn) {
  EXPECT_SAYS(After("\"version\": 1", "\"version\": 2"),
              "directory.json:2:14: error: /version: version 2 of the format");
}

TEST_F(DirectoryFindingsTest, RefusesOtherTypes) {
  EXPECT_SAYS(After("\"2001\"", "2001"),
              "/accounts/1001/users/ada/id: a number in quotes is wanted here, "
              "not a number");
  EXPECT_SAYS(After("\"2001\"", "\"ada\""), "not `ada`");
  EXPECT_SAYS(After("false", "\"no\""), "`true` or `false` is wanted here");
  EXPECT_SAYS(After("[\"grace\"]", "\"grace\""), "a list is wanted here");
  EXPECT_SAYS(After("\"grace\": {}", "\"grace\": null"),
              "an object is wanted here, not null");
  EXPECT_SAYS(After("\"version\": 1", "\"version\": \"1\""),
              "the number 1 is wanted here");
  EXPECT_SAYS(After("\"1002\": {", "\"acme\": {"), "an account is named by");
}

TEST_F(DirectoryFindingsTest, RefusesNamesGivenTwice) {
  EXPECT_SAYS(After("\"grace\": {}", "\"ada\": {}"),
              "/accounts/1001/users/ada: stands here twice");
  EXPECT_SAYS(After("[\"grace\"]", "[\"grace\", \"grace\"]"),
              "/members/1: the user stands in this list twice");
  EXPECT_SAYS(After("[\"read-photos\"]", "[\"read-photos\", \"read-photos\"]"),
              "/policies/1: the policy stands in this list twice");
  EXPECT_SAYS(After("\"deployer\": {", "\"Deployer\": {}, \"deployer\": {"),
              "another role has this name");
  EXPECT_SAYS(After("\"linus\": {}}",
                    "\"linus\": {}}, \"buckets\": {\"photos\": {\"policy\": "
                    "\"photos-bucket\"}}"),
              "the bucket belongs to account 1001 already");
}

TEST_F(DirectoryFindingsTest, RefusesNamesThatAreNotDeclared) {
  EXPECT_SAYS(After("[\"grace\"]", "[\"grac\"]"),
              "no user `grac` in this account; did you mean `grace`?");
  EXPECT_SAYS(
      After("\"folder\": \"production-eu\"", "\"folder\": \"production-us\""),
      "no folder `production-us`; did you mean `production-eu`?");
  EXPECT_SAYS(After("\"parent\": \"production\"", "\"parent\": \"nowhere\""),
              "/folders/production-eu/parent: no folder `nowhere`");
  EXPECT_SAYS(After("\"trust\": \"trust-ada\"", "\"trust\": \"trust-adda\""),
              "no policy `trust-adda`: there is neither "
              "policies/trust-adda.writ nor policies/trust-adda.ram.json; did "
              "you mean `trust-ada`?");
  EXPECT_SAYS(After("\"trust\": \"trust-ada\"", "\"trust\": \"../x\""),
              "cannot name a policy");
}

TEST_F(DirectoryFindingsTest, RefusesFoldersThatLieInThemselves) {
  EXPECT_SAYS(After("\"production\": {",
                    "\"production\": {\"parent\": "
                    "\"production-eu\", "),
              "the folder lies in itself");
  EXPECT_SAYS(
      After("\"parent\": \"production\"", "\"parent\": \"production-eu\""),
      "the folder lies in itself");
}

TEST_F(DirectoryFindingsTest, BoundsTheDepthOfFolders) {
  std::string folders = "\"folders\": {\"f1\": {}, ";
  for (uint32_t i = 2; i <= kMaxFolderDepth; ++i) {
    folders += "\"f" + std::to_string(i) + "\": {\"parent\": \"f" +
               std::to_string(i - 1) + "\"}, ";
  }
  EXPECT_EQ(After("\"folders\": {", folders), "");
  folders +=
      "\"g\": {\"parent\": \"f" + std::to_string(kMaxFolderDepth) + "\"}, ";
  EXPECT_SAYS(After("\"folders\": {", folders), "/folders/g: the folder lies");
}

TEST_F(DirectoryFindingsTest, RefusesNamesThatNoArnCouldHold) {
  EXPECT_SAYS(After("\"grace\": {}", "\"grace\": {}, \"a/b:c\": {}"),
              "/accounts/1001/users/a~1b:c: ");
  EXPECT_SAYS(After("acs:oss:*:1001:photos/a", "photos/a"),
              "/resources/photos~1a: ");
}

TEST_F(DirectoryFindingsTest, RefusesTextThatIsNoJson) {
  EXPECT_SAYS(After("\"version\": 1,", "\"version\": 1"), "not JSON: ");
  EXPECT_SAYS(After("\"version\": 1,", "\"version\": 1,, "),
              "directory.json:2:");
  EXPECT_SAYS(After("\n}\n", "\n}\n}"), "more text after the value");
  folder_.Write("directory.json", "");
  EXPECT_SAYS(folder_.Findings(), "not JSON");
  folder_.Write("directory.json", "[]");
  EXPECT_SAYS(folder_.Findings(), "an object is wanted here, not a list");
}

TEST_F(DirectoryFindingsTest, WantsWhatAnEntryCannotBeWithout) {
  EXPECT_SAYS(After("\"version\": 1,", ""), "`version` is missing");
  EXPECT_SAYS(After("{\"policy\": \"photos-bucket\"}", "{}"),
              "/accounts/1001/buckets/photos: `policy` is missing");
  EXPECT_SAYS(After("{\"policy\": \"read-photos\", ", "{"),
              "/policies/1: `policy` is missing");
  EXPECT_SAYS(After("\"acs:oss:*:1001:photos/a\": {\"resourceGroup\": "
                    "\"rg-studio\"}",
                    "\"acs:oss:*:1001:photos/a\": {}"),
              "`resourceGroup` is missing");
}

TEST_F(DirectoryFindingsTest, RefusesAPolicyInBothLanguages) {
  folder_.Write("policies/read-photos.ram.json", kNoDeletes);
  EXPECT_SAYS(folder_.Findings(),
              "read-photos.ram.json: error: the policy is "
              "also in `");
}

TEST_F(DirectoryFindingsTest, RefusesFilesThatNobodyNames) {
  folder_.Write("policies/more.writ", "writ 1;\n");
  EXPECT_SAYS(folder_.Findings(),
              "policies/more.writ: error: nothing in directory.json names");
  folder_.Remove("policies/more.writ");
  folder_.Write("policies/more.json", kNoDeletes);
  EXPECT_SAYS(folder_.Findings(), "policies/more.json: error: not the file");
}

TEST_F(DirectoryFindingsTest, WantsOnePolicyOfTheFilesName) {
  folder_.Write("policies/read-photos.writ",
                "writ 1;\npolicy photos identity {\n  allow oss:GetObject on "
                "*;\n}\n");
  EXPECT_SAYS(folder_.Findings(),
              "the policy is called `photos`; in this file it is "
              "`read-photos`");
  folder_.Write("policies/read-photos.writ",
                std::string(kReadPhotos) +
                    "policy more identity {\n  allow oss:GetObject on *;\n}\n");
  EXPECT_SAYS(folder_.Findings(), "holds 2 policies of its own");
}

TEST_F(DirectoryFindingsTest, JudgesPoliciesByTheirUse) {
  EXPECT_SAYS(After("\"trust\": \"trust-ada\"", "\"trust\": \"read-photos\""),
              "`read-photos` is an identity policy; a trust policy is wanted "
              "here");
  // RAM JSON does not say its kind, so its text is judged.
  EXPECT_SAYS(After("\"trust\": \"trust-ada\"", "\"trust\": \"no-deletes\""),
              "policies/no-deletes.ram.json:");
}

TEST_F(DirectoryFindingsTest, ShowsFindingsInPoliciesWithTheirText) {
  folder_.Write("policies/read-photos.writ",
                "writ 1;\npolicy read-photos identity {\n  allow oss on *;\n}"
                "\n");
  const std::string findings = folder_.Findings();
  EXPECT_SAYS(findings, "error[W-TYP-001]: `oss` is not an action");
  EXPECT_SAYS(findings, "policies/read-photos.writ:3:9");
  EXPECT_SAYS(findings, "allow oss on *;");
}

TEST_F(DirectoryFindingsTest, CountsWhatDoesNotFit) {
  std::string users = "\"grace\": {}";
  for (uint32_t i = 0; i < kMaxDiagnostics + 5; ++i) {
    users += ", \"u" + std::to_string(i) + "\": []";
  }
  EXPECT_SAYS(After("\"grace\": {}", users), "and 5 more findings");
}

}  // namespace
}  // namespace writ
