// SPDX-License-Identifier: Apache-2.0
#include "directory/directory_document.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "authz/request.h"
#include "authz/snapshot_image.h"
#include "gtest/gtest.h"
#include "tests/unit/directory/directory_folder.h"

namespace writ {
namespace {

class DirectoryBuildTest : public ::testing::Test {
 protected:
  DirectoryBuildTest() { folder_.WriteExample(); }

  DirectoryBuild Build() {
    Result<DirectoryBuild> build = BuildDirectory(folder_.path(), {});
    EXPECT_TRUE(build.ok()) << build.status().ToString();
    if (!build.ok()) return {};
    for (const DirectoryFinding& finding : build->findings) {
      ADD_FAILURE() << finding.text;
    }
    return std::move(build).value();
  }

  std::shared_ptr<const SnapshotImage> Load(const DirectoryBuild& build) {
    auto image =
        SnapshotImage::Load(1, build.packed.directory, build.packed.program);
    EXPECT_TRUE(image.ok()) << image.status().ToString();
    return image.ok() ? *image : nullptr;
  }

  DirectoryFolder folder_;
};

bool Allows(const SnapshotImage& image, std::string_view principal,
            std::string_view action, std::string_view resource) {
  Request request;
  request.principal.name = principal;
  request.action = action;
  const std::string_view resources[] = {resource};
  request.resources = resources;
  return image.snapshot()->Decide(request).allowed();
}

TEST_F(DirectoryBuildTest, MakesASnapshotOfEverythingInTheFile) {
  const DirectoryBuild build = Build();
  EXPECT_TRUE(build.warnings.empty());
  EXPECT_EQ(build.packed.accounts, 2u);
  EXPECT_EQ(build.packed.principals, 4u);
  const auto image = Load(build);
  ASSERT_NE(image, nullptr);
  const std::vector<std::string_view> principals(image->principals().begin(),
                                                 image->principals().end());
  EXPECT_EQ(principals,
            (std::vector<std::string_view>{
                "acs:ram::1001:user/ada", "acs:ram::1001:user/grace",
                "acs:ram::1002:user/linus", "acs:ram::1001:role/deployer"}));
}

TEST_F(DirectoryBuildTest, AttachesPoliciesToUsersGroupsAndRoles) {
  const auto image = Load(Build());
  ASSERT_NE(image, nullptr);
  constexpr std::string_view kObject = "acs:oss:cn-hangzhou:1001:photos/a";
  EXPECT_TRUE(
      Allows(*image, "acs:ram::1001:user/ada", "oss:GetObject", kObject));
  EXPECT_TRUE(
      Allows(*image, "acs:ram::1001:user/grace", "oss:GetObject", kObject));
  EXPECT_TRUE(Allows(*image, "acs:ram::1001:role/deployer/s1", "oss:GetObject",
                     kObject));
  EXPECT_FALSE(
      Allows(*image, "acs:ram::1001:user/nobody", "oss:GetObject", kObject));
  EXPECT_FALSE(
      Allows(*image, "acs:ram::1001:user/ada", "oss:PutObject", kObject));
}

TEST_F(DirectoryBuildTest, PutsControlPoliciesOnRootFoldersAndAccounts) {
  constexpr std::string_view kAll =
      R"json({"Version": "1", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"}]})json";
  folder_.Write("policies/all.ram.json", kAll);
  std::string text(kDirectory);
  const auto replace = [&text](std::string_view from, std::string_view to) {
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
  };
  replace(R"("grace": {})", R"("grace": {"policies": ["all"]})");
  replace(R"("linus": {})", R"("linus": {"policies": ["all"]})");
  // Where the policy is attached, one place after the other is left.
  const std::string_view places[] = {
      R"("root": {"controlPolicies": ["no-deletes"]})",
      R"("production": {"controlPolicies": ["no-deletes"]})",
      R"("controlPolicies": ["no-deletes"],
      "users")"};
  const std::string_view without[] = {R"("root": {})", R"("production": {})",
                                      R"("users")"};
  const std::string full = text;
  for (size_t kept = 0; kept < std::size(places); ++kept) {
    text = full;
    for (size_t i = 0; i < std::size(places); ++i) {
      if (i != kept) replace(places[i], without[i]);
    }
    folder_.Write("directory.json", text);
    const auto image = Load(Build());
    ASSERT_NE(image, nullptr);
    const auto deletes = [&](std::string_view user, std::string_view object) {
      return Allows(*image, user, "oss:DeleteObject", object);
    };
    EXPECT_FALSE(deletes("acs:ram::1001:user/grace", "acs:oss:cn:1001:b/o"))
        << kept;
    // The management account is above control policies.
    EXPECT_TRUE(deletes("acs:ram::1002:user/linus", "acs:oss:cn:1002:b/o"))
        << kept;
  }
}

constexpr std::string_view kReads =
    "writ 1;\npolicy read-photos identity {\n  allow oss:Get* on *;\n}\n";

TEST_F(DirectoryBuildTest, KnowsActionsThatPatternsOfTheirServiceMean) {
  folder_.Write("policies/read-photos.writ", kReads);
  folder_.Write("directory.json", R"json({"version": 1, "accounts": {"1001": {
    "users": {"ada": {"policies": ["read-photos"]}}}}})json");
  for (const char* name : {"trust-ada", "no-deletes", "photos-bucket"}) {
    folder_.Remove("policies/" + std::string(name) + ".ram.json");
  }
  const auto image = Load(Build());
  ASSERT_NE(image, nullptr);
  const auto knows = [&](std::string_view action) {
    return std::ranges::count(image->actions(), action) == 1;
  };
  EXPECT_TRUE(knows("oss:getobject"));
  EXPECT_TRUE(knows("oss:getbucketacl"));
  EXPECT_FALSE(knows("fc:getfunction"));
}

TEST_F(DirectoryBuildTest, KnowsActionsOfAllServicesWhenAPolicySpeaksOfAll) {
  folder_.Write("policies/read-photos.writ",
                "writ 1;\npolicy read-photos identity {\n  allow *:Get* on *;"
                "\n}\n");
  const auto image = Load(Build());
  ASSERT_NE(image, nullptr);
  EXPECT_EQ(std::ranges::count(image->actions(), "fc:getfunction"), 1);
}

TEST_F(DirectoryBuildTest, IsIndependentOfTheOrderInTheFile) {
  const DirectoryBuild first = Build();
  std::string text(kDirectory);
  const size_t begin = text.find("\"users\": {\n");
  const size_t middle = text.find("\"groups\"");
  const size_t end = text.find("\"roles\"");
  text = text.substr(0, begin) + text.substr(middle, end - middle) +
         text.substr(begin, middle - begin) + text.substr(end);
  folder_.Write("directory.json", text);
  const DirectoryBuild second = Build();
  EXPECT_EQ(first.packed.directory, second.packed.directory);
  EXPECT_EQ(first.packed.program, second.packed.program);
}

TEST_F(DirectoryBuildTest, ReadsPoliciesThatImportOthers) {
  folder_.Write("policies/lib/sets.writ",
                "writ 1;\nset Reads = { oss:GetObject, oss:GetObjectAcl }\n");
  folder_.Write(
      "policies/read-photos.writ",
      "writ 1;\nimport \"lib/sets.writ\" as sets;\npolicy read-photos "
      "identity {\n  allow $sets.Reads on acs:oss:*:*:photos/*;\n}\n");
  const auto image = Load(Build());
  ASSERT_NE(image, nullptr);
  EXPECT_TRUE(Allows(*image, "acs:ram::1001:user/ada", "oss:GetObjectAcl",
                     "acs:oss:cn:1001:photos/a"));
}

TEST_F(DirectoryBuildTest, WarnsOfGroupsWithoutMembers) {
  std::string text(kDirectory);
  const std::string_view members = R"("members": ["grace"], )";
  text.erase(text.find(members), members.size());
  folder_.Write("directory.json", text);
  const DirectoryBuild build = Build();
  ASSERT_EQ(build.warnings.size(), 1u);
  EXPECT_NE(build.warnings[0].find("/accounts/1001/groups/studio"),
            std::string::npos)
      << build.warnings[0];
}

TEST_F(DirectoryBuildTest, HandsOnWarningsOfPolicies) {
  folder_.Write("policies/no-deletes.ram.json",
                R"json({"Version": "1", "Statement": [{"Effect": "Allow",
                  "Action": "*", "Resource": "*", "Condition": {"IpAddress":
                  {"acs:SourceIp": "10.1.2.3/8"}}}]})json");
  const Result<DirectoryBuild> build = BuildDirectory(folder_.path(), {});
  ASSERT_TRUE(build.ok());
  EXPECT_TRUE(build->findings.empty());
  EXPECT_FALSE(build->warnings.empty());
}

TEST_F(DirectoryBuildTest, HoldsOnePolicyToItsBudget) {
  DirectoryBuildOptions options;
  options.budget.steps = 1;
  EXPECT_EQ(BuildDirectory(folder_.path(), options).status().code(),
            StatusCode::kResourceExhausted);
}

TEST_F(DirectoryBuildTest, NeedsADirectoryFile) {
  folder_.Remove("directory.json");
  EXPECT_EQ(BuildDirectory(folder_.path(), {}).status().code(),
            StatusCode::kNotFound);
}

}  // namespace
}  // namespace writ
